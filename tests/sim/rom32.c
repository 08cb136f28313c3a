/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ESP32 family's ROM loader: its own operations next to those that it shares with the ESP8266
 * (SYNC, READ_REG, WRITE_REG in rom_loader.c). esp-serial-protocol.md 1.3, 1.4 and 2. What the
 * document takes from the ESP8266's design (limits, numbers of blocks, the answer to an unknown
 * operation) is played as there.
 *
 * Not played: code that is loaded into RAM. These processors are not simulated; MEM_END with an
 * entry is answered and leads to silence, so that a stub never greets.
 */
#include "simint.h"

#include <stdlib.h>
#include <string.h>

#define OP_FLASH_BEGIN 0x02
#define OP_FLASH_DATA  0x03
#define OP_FLASH_END   0x04
#define OP_MEM_BEGIN   0x05
#define OP_MEM_END     0x06
#define OP_MEM_DATA    0x07
#define OP_SYNC	       0x08
#define OP_WRITE_REG   0x09
#define OP_READ_REG    0x0A
#define OP_SPI_PARAMS  0x0B
#define OP_SPI_ATTACH  0x0D
#define OP_READ_SLOW   0x0E
#define OP_CHANGE_BAUD 0x0F
#define OP_DEFL_BEGIN  0x10
#define OP_DEFL_DATA   0x11
#define OP_DEFL_END    0x12
#define OP_MD5	       0x13
#define OP_SECURITY    0x14

#define ERR_FORMAT	5
#define ERR_RESULT	6
#define BLOCK_MAX	0x1800u
#define SECURE_DOWNLOAD 4u
#define RATE_MAX	5000000u

/* --- the clock -------------------------------------------------------------------------------- */

/* In the loader the UART runs from the crystal: with it esptool's estimate (1.1) comes out right. */
uint32_t sim_rom32_uart_hz(const struct sim_device *dev)
{
	uint32_t mhz = dev->cfg.crystal_mhz ? dev->cfg.crystal_mhz : dev->row->xtal_mhz;

	return mhz * 1000000;
}

uint32_t sim_rom32_believed_hz(const struct sim_device *dev)
{
	uint32_t hz = sim_rom32_uart_hz(dev);

	if (dev->row->rom_mhz)
		return dev->row->rom_mhz * 1000000u;
	if (dev->row->chip != SIM_ESP32)
		return hz;
	/* Measured against an oscillator that drifts. */
	return dev->cfg.rom_khz ? dev->cfg.rom_khz * 1000 : hz / 100 * 101;
}

uint32_t sim_rom32_clkdiv(uint32_t hz, uint32_t baud)
{
	uint64_t sixteenths = baud ? ((uint64_t)hz * 16 + baud / 2) / baud : 16;

	if (sixteenths < 16)
		sixteenths = 16;
	return (uint32_t)(sixteenths / 16 & 0xFFFFF) | (uint32_t)(sixteenths & 15) << 20;
}

/* The divider comes from what the ROM takes for the clock, the rate from what it is (2.7). */
static void change_baud(struct sim_device *dev, uint16_t len)
{
	uint32_t baud = sim_loader_word(dev, 0);

	if (len != 8 || baud == 0 || baud > RATE_MAX) {
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return;
	}
	sim_loader_answer(dev, 0, 0);
	dev->rom32.next_clkdiv = sim_rom32_clkdiv(sim_rom32_believed_hz(dev), baud);
}

void sim_rom32_drained(struct sim_device *dev)
{
	uint32_t div = dev->rom32.next_clkdiv;

	dev->rom32.next_clkdiv = 0;
	sim_device_set_clkdiv(dev, div);
}

/* --- operations ------------------------------------------------------------------------------- */

static void security_info(struct sim_device *dev)
{
	struct sim_rom32 *r = &dev->rom32;

	memset(r->data, 0, sizeof(r->data));
	r->data[0] = dev->cfg.secure_download ? SECURE_DOWNLOAD : 0;
	r->data[12] = (uint8_t)dev->row->id;
	r->data[13] = (uint8_t)(dev->row->id >> 8);
	r->data_len = dev->row->security;
	sim_loader_answer(dev, 0, 0);
}

/* CLK 6, Q 17, D 8, HD 11, CS 16. */
uint32_t sim_rom32_flash_pins(const struct sim_device *dev)
{
	return dev->cfg.in_package ? 11u << 24 | 16u << 18 | 8u << 12 | 17u << 6 | 6u : 0;
}

/* The ESP32's ROM does not find a flash in the package by itself (4.2): the host names the pins. */
static void spi_attach(struct sim_device *dev, uint16_t len)
{
	if (len != 8) {
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return;
	}
	dev->rom.attached = sim_loader_word(dev, 0) == sim_rom32_flash_pins(dev);
	sim_loader_answer(dev, 0, 0);
}

static void mem_begin(struct sim_device *dev, uint16_t len)
{
	struct sim_xfer x = {.begun = true};

	x.size = sim_loader_word(dev, 0);
	x.blocks = sim_loader_word(dev, 1);
	x.block_size = sim_loader_word(dev, 2);
	if (len != 16 || x.block_size > BLOCK_MAX) {
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return;
	}
	dev->rom.mem = x;
	sim_loader_answer(dev, 0, 0);
}

static void mem_data(struct sim_device *dev, uint16_t len)
{
	uint8_t err = sim_xfer_check(dev, &dev->rom.mem, len);

	if (!err)
		dev->rom.mem.got += sim_loader_word(dev, 0);
	sim_loader_answer(dev, err ? 1 : 0, err);
}

static void mem_end(struct sim_device *dev, uint16_t len)
{
	struct sim_xfer *x = &dev->rom.mem;
	bool matches = x->begun && x->expected == x->blocks && x->got >= x->size;
	uint32_t stay = sim_loader_word(dev, 0);

	x->begun = false;
	if (len != 8 || !matches) {
		sim_loader_answer(dev, 1, len != 8 ? ERR_FORMAT : ERR_RESULT);
		return;
	}
	sim_loader_answer(dev, 0, 0);
	if (stay)
		return;
	sim_device_trace(dev, dev->now, "ram entry %08x: not played", sim_loader_word(dev, 1));
	sim_device_set_mode(dev, SIM_MODE_HANG);
}

/* --- which there are -------------------------------------------------------------------------- */

/* What Secure Download Mode leaves (2.8). */
static bool secure_op(uint8_t op)
{
	switch (op) {
	case OP_SYNC:
	case OP_SPI_ATTACH:
	case OP_SPI_PARAMS:
	case OP_CHANGE_BAUD:
	case OP_FLASH_BEGIN:
	case OP_FLASH_DATA:
	case OP_FLASH_END:
	case OP_SECURITY:
		return true;
	default:
		return false;
	}
}

bool sim_rom32_knows(const struct sim_device *dev, uint8_t op)
{
	if (op == OP_SECURITY)
		return dev->row->security > 0;
	if (dev->cfg.secure_download && !secure_op(op))
		return false;
	return op >= OP_FLASH_BEGIN && op <= OP_MD5 && op != 0x0C;
}

void sim_rom32_dispatch(struct sim_device *dev, uint8_t op, uint16_t len)
{
	static void (*const todo[])(struct sim_device *, uint16_t) = {
	    [OP_FLASH_BEGIN] = sim_flash32_begin,
	    [OP_FLASH_DATA] = sim_flash32_data,
	    [OP_FLASH_END] = sim_flash32_end,
	    [OP_MEM_BEGIN] = mem_begin,
	    [OP_MEM_END] = mem_end,
	    [OP_MEM_DATA] = mem_data,
	    [OP_SPI_PARAMS] = sim_flash32_params,
	    [OP_SPI_ATTACH] = spi_attach,
	    [OP_READ_SLOW] = sim_flash32_read,
	    [OP_CHANGE_BAUD] = change_baud,
	    [OP_DEFL_BEGIN] = sim_defl32_begin,
	    [OP_DEFL_DATA] = sim_defl32_data,
	    [OP_DEFL_END] = sim_defl32_end,
	    [OP_MD5] = sim_flash32_md5,
	};

	if (op == OP_SECURITY)
		security_info(dev);
	else
		todo[op](dev, len);
}

void sim_rom32_tick(struct sim_device *dev)
{
	sim_flash32_tick(dev);
}

/* --- resets ----------------------------------------------------------------------------------- */

void sim_rom32_reset(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;
	struct sim_rom32 *r = &dev->rom32;

	if (rom->job == SIM_JOB_ERASE) {
		sim_flash_erase_torn(&dev->flash, rom->op_addr, rom->op_len);
		sim_device_trace(dev, dev->now, "torn at %06x", rom->op_addr);
	} else if (rom->job == SIM_JOB_PROGRAM) {
		sim_flash_program(&dev->flash, rom->op_addr, r->plain, r->plain_len / 2);
		sim_device_trace(dev, dev->now, "torn at %06x", rom->op_addr);
	}
	sim_defl32_drop(dev);
	free(r->plain);
	r->plain = NULL;
	r->plain_len = 0;
	r->next_clkdiv = 0;
	r->data_len = 0;
	r->wdt_at = SIM_NEVER;
	r->swd_at = SIM_NEVER;
}

void sim_rom32_fini(struct sim_device *dev)
{
	sim_defl32_drop(dev);
	free(dev->rom32.plain);
	dev->rom32.plain = NULL;
}

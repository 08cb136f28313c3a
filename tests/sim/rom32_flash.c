/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ESP32 family's flash operations in the ROM: BEGIN that erases exactly what is announced, DATA
 * with a read-back, END, parameters, MD5 and slow reading (esp-serial-protocol.md 2, 2.3, 2.5,
 * 2.6, 4.2). Numbers and checksums follow the rules of the ESP8266, from which the document derives
 * these.
 */
#include "simint.h"

#include "md5.h"

#include <stdlib.h>
#include <string.h>

#define ERR_FORMAT	5
#define ERR_RESULT	6
#define ERR_FLASH_WRITE 8
#define ERR_FLASH_READ	9

#define BLOCK_MAX      0x1800u
#define PAYLOAD	       24
#define FLASH_MAX      0x1000000u
#define SLOW_MAX       64u
#define MD5_US_PER_KIB 250 /* a quarter of a second per MB: the upper end of 7.1's list */

/* --- erasing ---------------------------------------------------------------------------------- */

static void erase_next(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;
	uint32_t per_block = SIM_BLOCK / SIM_SECTOR, sectors = 1;

	if (rom->erase_rest == 0) {
		sim_loader_answer(dev, 0, 0);
		return;
	}
	if (rom->erase_sector % per_block == 0 && rom->erase_rest >= per_block)
		sectors = per_block;
	rom->op_addr = rom->erase_sector * SIM_SECTOR;
	rom->op_len = sectors * SIM_SECTOR;
	rom->erase_sector += sectors;
	rom->erase_rest -= sectors;
	rom->job = SIM_JOB_ERASE;
	rom->busy_until =
	    dev->now + (sectors == 1 ? dev->flash.times.sector_us : dev->flash.times.block_us);
	dev->flash.busy_us += rom->busy_until - dev->now;
	if (sim_faults_event(&dev->faults, SIM_FAULT_BROWNOUT_ERASE))
		sim_device_supply_dip(dev);
}

static void erase_done(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;
	bool ok = sim_flash_erase(&dev->flash, rom->op_addr, rom->op_len);

	sim_device_trace(
	    dev, dev->now, "erase %06x %u%s", rom->op_addr, rom->op_len, ok ? "" : " refused");
	erase_next(dev);
}

void sim_flash32_erase(struct sim_device *dev, uint32_t start, uint32_t size)
{
	struct sim_rom *rom = &dev->rom;

	if (!dev->flash.write_protect)
		dev->flash.status &= (uint8_t)~SIM_FLASH_BP;
	rom->erase_sector = start / SIM_SECTOR;
	rom->erase_rest = (uint32_t)(((uint64_t)size + SIM_SECTOR - 1) / SIM_SECTOR);
	erase_next(dev);
}

/* --- writing ---------------------------------------------------------------------------------- */

bool sim_flash32_accept(struct sim_device *dev, uint16_t len, struct sim_xfer *x)
{
	struct sim_rom *rom = &dev->rom;

	*x = (struct sim_xfer){.size = sim_loader_word(dev, 0),
	    .blocks = sim_loader_word(dev, 1),
	    .block_size = sim_loader_word(dev, 2),
	    .addr = sim_loader_word(dev, 3)};
	rom->flash.begun = false;
	dev->rom32.deflated.begun = false;
	sim_defl32_drop(dev);
	if (len != (dev->row->five_words ? 20 : 16) || x->block_size > BLOCK_MAX) {
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return false;
	}
	/* Before the pins are attached no flash answers; the size is what the host told, or 2 MB. */
	if (!rom->attached || x->addr % SIM_SECTOR != 0 ||
	    (uint64_t)x->addr + x->size > rom->chip_size) {
		sim_device_trace(dev, dev->now, "refused: %s",
		    rom->attached ? "not within the flash" : "no flash attached");
		sim_loader_answer(dev, 1, ERR_RESULT);
		return false;
	}
	x->begun = true;
	return true;
}

void sim_flash32_begin(struct sim_device *dev, uint16_t len)
{
	struct sim_xfer x;

	if (!sim_flash32_accept(dev, len, &x))
		return;
	dev->rom.flash = x;
	sim_flash32_erase(dev, x.addr, x.size);
}

void sim_flash32_program(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;
	int64_t us = sim_flash_program_us(&dev->flash, rom->op_addr, dev->rom32.plain_len);

	rom->op_len = (uint32_t)dev->rom32.plain_len;
	rom->job = SIM_JOB_PROGRAM;
	rom->busy_until = dev->now + us;
	dev->flash.busy_us += us;
}

void sim_flash32_data(struct sim_device *dev, uint16_t len)
{
	struct sim_rom *rom = &dev->rom;
	struct sim_rom32 *r = &dev->rom32;
	uint32_t n = sim_loader_word(dev, 0);
	uint8_t err = sim_xfer_check(dev, &rom->flash, len);

	/* The last block may be filled up past what was announced, but not past the flash. */
	if (!err && (uint64_t)rom->flash.addr + n > rom->chip_size)
		err = ERR_RESULT;
	if (err) {
		sim_loader_answer(dev, 1, err);
		return;
	}
	free(r->plain);
	r->plain = malloc(n ? n : 1);
	if (!r->plain)
		abort();
	memcpy(r->plain, rom->msg + PAYLOAD, n);
	r->plain_len = n;
	rom->op_addr = rom->flash.addr;
	rom->flash.addr += n;
	rom->flash.got += n;
	sim_flash32_program(dev);
}

/* The read-back is an XOR, as on the ESP8266. */
static bool stored_right(struct sim_device *dev)
{
	const struct sim_rom32 *r = &dev->rom32;
	uint8_t want = sim_xfer_xor(r->plain, r->plain_len), got = sim_xfer_xor(NULL, 0), byte;

	for (size_t i = 0; i < r->plain_len; i++) {
		sim_flash_read(&dev->flash, dev->rom.op_addr + (uint32_t)i, &byte, 1);
		got ^= byte;
	}
	return want == got;
}

static void program_done(struct sim_device *dev)
{
	struct sim_rom32 *r = &dev->rom32;
	bool right;

	sim_flash_program(&dev->flash, dev->rom.op_addr, r->plain, r->plain_len);
	sim_device_trace(dev, dev->now, "program %06x %zu", dev->rom.op_addr, r->plain_len);
	right = stored_right(dev);
	free(r->plain);
	r->plain = NULL;
	r->plain_len = 0;
	sim_loader_answer(dev, right ? 0 : 1, ERR_FLASH_WRITE);
}

void sim_flash32_leave(struct sim_device *dev, bool reset)
{
	if (!reset) {
		sim_boot32_flash(dev);
		return;
	}
	dev->next_mode = SIM_MODE_RESET;
	sim_device_set_mode(dev, SIM_MODE_ROM_TEXT);
}

void sim_flash32_end(struct sim_device *dev, uint16_t len)
{
	struct sim_xfer *x = &dev->rom.flash;
	bool matches = x->begun && x->expected == x->blocks && x->got >= x->size;
	bool reset = sim_loader_word(dev, 0) == 0;

	if (len != 4) {
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return;
	}
	x->begun = false;
	sim_loader_answer(dev, matches ? 0 : 1, ERR_RESULT);
	sim_flash32_leave(dev, reset);
}

void sim_flash32_params(struct sim_device *dev, uint16_t len)
{
	if (len != 24) {
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return;
	}
	/* More than these chips can address by three bytes is not believed. */
	dev->rom.chip_size = sim_loader_word(dev, 1);
	if (dev->rom.chip_size > FLASH_MAX)
		dev->rom.chip_size = FLASH_MAX;
	sim_loader_answer(dev, 0, 0);
}

/* --- reading ---------------------------------------------------------------------------------- */

void sim_flash32_read(struct sim_device *dev, uint16_t len)
{
	uint32_t addr = sim_loader_word(dev, 0), n = sim_loader_word(dev, 1);
	struct sim_rom32 *r = &dev->rom32;

	if (len != 8 || n > SLOW_MAX) {
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return;
	}
	if (!dev->rom.attached || (uint64_t)addr + n > dev->rom.chip_size) {
		sim_loader_answer(dev, 1, ERR_FLASH_READ);
		return;
	}
	/* What was not asked for is whatever the buffer held. */
	memset(r->data, 0xA5, sizeof(r->data));
	sim_flash_read(&dev->flash, addr, r->data, n);
	r->data_len = SLOW_MAX;
	sim_loader_answer(dev, 0, 0);
}

static void md5_of_flash(struct sim_device *dev, uint32_t addr, uint32_t n)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t *bytes = malloc(n ? n : 1), sum[16];

	if (!bytes)
		abort();
	sim_flash_read(&dev->flash, addr, bytes, n);
	sim_md5(bytes, n, sum);
	free(bytes);
	for (size_t i = 0; i < 16; i++) {
		dev->rom32.data[2 * i] = (uint8_t)hex[sum[i] >> 4];
		dev->rom32.data[2 * i + 1] = (uint8_t)hex[sum[i] & 15];
	}
	dev->rom32.data_len = 32;
}

void sim_flash32_md5(struct sim_device *dev, uint16_t len)
{
	struct sim_rom *rom = &dev->rom;
	uint32_t addr = sim_loader_word(dev, 0), n = sim_loader_word(dev, 1);

	if (len != 16) {
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return;
	}
	if (!rom->attached || (uint64_t)addr + n > rom->chip_size) {
		sim_loader_answer(dev, 1, ERR_FLASH_READ);
		return;
	}
	rom->op_addr = addr;
	rom->op_len = n;
	rom->job = SIM_JOB_MD5;
	rom->busy_until = dev->now + (int64_t)n * MD5_US_PER_KIB / 1024;
}

/* --- when it is over -------------------------------------------------------------------------- */

void sim_flash32_tick(struct sim_device *dev)
{
	if (dev->rom.job == SIM_JOB_ERASE) {
		erase_done(dev);
	} else if (dev->rom.job == SIM_JOB_PROGRAM) {
		program_done(dev);
	} else {
		md5_of_flash(dev, dev->rom.op_addr, dev->rom.op_len);
		sim_loader_answer(dev, 0, 0);
	}
}

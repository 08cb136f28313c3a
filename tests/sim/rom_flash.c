/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ROM's flash download: BEGIN with its erase bug, DATA with the read-back, END that always
 * leaves, and the chip parameters (esp-serial-protocol.md 2.5, 3.2 to 3.4 and 11).
 */
#include "simint.h"

#include <assert.h>

#define ERR_FORMAT	5
#define ERR_RESULT	6
#define ERR_CHECKSUM	7
#define ERR_FLASH_WRITE 8

#define BLOCK_MAX	  0x1800u
#define DATA_MAX	  0x1810u
#define SUB_HEADER	  16
#define PAYLOAD		  (8 + SUB_HEADER)
#define SECTORS_PER_BLOCK (SIM_BLOCK / SIM_SECTOR)

uint8_t sim_xfer_xor(const uint8_t *bytes, size_t n)
{
	uint8_t sum = 0xEF;

	for (size_t i = 0; i < n; i++)
		sum ^= bytes[i];
	return sum;
}

uint8_t sim_xfer_check(struct sim_device *dev, struct sim_xfer *x, uint16_t len)
{
	if (sim_loader_word(dev, 0) % 4 != 0)
		return ERR_FORMAT;
	return sim_xfer_check_any(dev, x, len);
}

uint8_t sim_xfer_check_any(struct sim_device *dev, struct sim_xfer *x, uint16_t len)
{
	const uint8_t *msg = dev->rom.msg;
	uint32_t n = sim_loader_word(dev, 0), number = sim_loader_word(dev, 1);

	if (!x->begun || len > DATA_MAX || n > x->block_size)
		return ERR_FORMAT;
	if (number != x->expected)
		return ERR_FORMAT;
	/* The number is used up before the sum is looked at: a block whose sum was wrong cannot
	 * come again under its own number. */
	x->expected++;
	if (sim_xfer_xor(msg + PAYLOAD, n) != msg[4])
		return ERR_CHECKSUM;
	return 0;
}

/* --- erasing ---------------------------------------------------------------------------- */

static sim_time op_us(const struct sim_device *dev, uint32_t len)
{
	return len == SIM_BLOCK ? dev->flash.times.block_us : dev->flash.times.sector_us;
}

/* Starts the next single erase of the area, or answers when there is none left. */
static void erase_next(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;
	uint32_t sectors = 1;

	if (rom->erase_head == 0 && rom->erase_rest == 0) {
		sim_loader_answer(dev, 0, 0);
		return;
	}
	if (rom->erase_head > 0) {
		rom->erase_head--;
	} else {
		if (rom->erase_rest > SECTORS_PER_BLOCK)
			sectors = SECTORS_PER_BLOCK;
		rom->erase_rest -= sectors;
	}
	if (rom->erase_sector >= rom->chip_size / SIM_SECTOR) {
		sim_loader_answer(dev, 1, ERR_RESULT);
		return;
	}
	rom->op_addr = rom->erase_sector * SIM_SECTOR;
	rom->op_len = sectors * SIM_SECTOR;
	rom->erase_sector += sectors;
	rom->job = SIM_JOB_ERASE;
	rom->busy_until = dev->now + op_us(dev, rom->op_len);
	dev->flash.busy_us += op_us(dev, rom->op_len);
	if (sim_faults_event(&dev->faults, SIM_FAULT_BROWNOUT_ERASE)) {
		/* The dip comes half way; a reset tears the erase (sim_romflash_torn). */
		sim_device_supply_dip(dev);
	}
}

static void erase_done(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;
	bool ok = sim_flash_erase(&dev->flash, rom->op_addr, rom->op_len);

	sim_device_trace(
	    dev, dev->now, "erase %06x %u%s", rom->op_addr, rom->op_len, ok ? "" : " refused");
	erase_next(dev);
}

/* SPIEraseArea: the sectors up to the first 64 KiB boundary are erased one by one, but with
 * their count as the loop's counter, so that they are not taken off the total afterwards:
 * n + min(n, 16 - first % 16) sectors are erased. */
static void erase_area(struct sim_device *dev, uint32_t start, uint32_t size)
{
	struct sim_rom *rom = &dev->rom;
	uint32_t first = start / SIM_SECTOR;
	uint32_t n = (uint32_t)(((uint64_t)size + SIM_SECTOR - 1) / SIM_SECTOR);
	uint32_t to_boundary = SECTORS_PER_BLOCK - first % SECTORS_PER_BLOCK;

	rom->erase_sector = first;
	rom->erase_head = n < to_boundary ? n : to_boundary;
	rom->erase_rest = n;
	erase_next(dev);
}

void sim_romflash_begin(struct sim_device *dev, uint16_t len)
{
	struct sim_rom *rom = &dev->rom;
	struct sim_xfer x = {.begun = true};

	x.size = sim_loader_word(dev, 0);
	x.blocks = sim_loader_word(dev, 1);
	x.block_size = sim_loader_word(dev, 2);
	x.addr = sim_loader_word(dev, 3);
	if (len != 16 || x.block_size > BLOCK_MAX) {
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return;
	}
	rom->attached = true;
	rom->flash = x; /* also when refused below: DATA then goes to where nothing is */
	if (x.addr % SIM_SECTOR != 0 || (uint64_t)x.addr + x.size > rom->chip_size) {
		sim_loader_answer(dev, 1, ERR_RESULT);
		return;
	}
	/* Not in the documents, but a chip that END had locked can be flashed again. */
	if (!dev->flash.write_protect)
		dev->flash.status &= (uint8_t)~SIM_FLASH_BP;
	erase_area(dev, x.addr, x.size);
}

/* --- writing ---------------------------------------------------------------------------- */

void sim_romflash_data(struct sim_device *dev, uint16_t len)
{
	struct sim_rom *rom = &dev->rom;
	uint8_t err = sim_xfer_check(dev, &rom->flash, len);
	sim_time us = 0;

	if (err) {
		sim_loader_answer(dev, 1, err);
		return;
	}
	rom->op_addr = rom->flash.addr;
	rom->op_len = sim_loader_word(dev, 0);
	rom->job = SIM_JOB_PROGRAM;
	if ((uint64_t)rom->op_addr + rom->op_len <= rom->chip_size)
		us = sim_flash_program_us(&dev->flash, rom->op_addr, rom->op_len);
	rom->busy_until = dev->now + us;
	dev->flash.busy_us += us;
}

static void program_done(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;
	uint8_t *data = rom->msg + PAYLOAD;
	bool inside = (uint64_t)rom->op_addr + rom->op_len <= rom->chip_size;

	if (inside) {
		sim_flash_program(&dev->flash, rom->op_addr, data, rom->op_len);
		/* Read back over the message itself. */
		sim_flash_read(&dev->flash, rom->op_addr, data, rom->op_len);
	}
	/* Beyond the chip both calls fail unnoticed, the buffer still holds the host's bytes, and
	 * the sum is right. */
	sim_device_trace(dev, dev->now, "program %06x %u%s", rom->op_addr, rom->op_len,
	    inside ? "" : " outside");
	if (sim_xfer_xor(data, rom->op_len) != rom->msg[4]) {
		sim_loader_answer(dev, 1, ERR_FLASH_WRITE);
		return;
	}
	rom->flash.addr += rom->op_len;
	rom->flash.got += rom->op_len;
	sim_loader_answer(dev, 0, 0);
}

void sim_romflash_end(struct sim_device *dev)
{
	struct sim_xfer *x = &dev->rom.flash;
	bool matches = x->begun && x->expected == x->blocks && x->got >= x->size;

	sim_loader_answer(dev, matches ? 0 : 1, ERR_RESULT);
	if (matches && !dev->flash.write_protect)
		dev->flash.status |= SIM_FLASH_BP;
	x->begun = false;
	/* Whatever was answered, and without a banner: on to the application. */
	sim_boot_flash(dev);
}

void sim_romflash_params(struct sim_device *dev, uint16_t len)
{
	if (len != 24) {
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return;
	}
	dev->rom.chip_size = sim_loader_word(dev, 1);
	sim_loader_answer(dev, 0, 0);
}

void sim_romflash_tick(struct sim_device *dev)
{
	if (dev->rom.job == SIM_JOB_ERASE)
		erase_done(dev);
	else
		program_done(dev);
}

void sim_romflash_torn(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;

	if (rom->job == SIM_JOB_ERASE)
		sim_flash_erase_torn(&dev->flash, rom->op_addr, rom->op_len);
	else if (rom->job == SIM_JOB_PROGRAM &&
		 (uint64_t)rom->op_addr + rom->op_len <= rom->chip_size)
		sim_flash_program(&dev->flash, rom->op_addr, rom->msg + PAYLOAD, rom->op_len / 2);
	else
		return;
	sim_device_trace(dev, dev->now, "torn at %06x", rom->op_addr);
}

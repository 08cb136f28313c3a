/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A serial NOR flash: a memory image with the chip's rules. Programming only clears bits, erasing
 * sets a whole sector; block-protect bits (0x1C) and a write protect refuse both silently, as the
 * chip does. Addresses wrap at the chip's size: a real chip ignores the address bits that it does
 * not have. Time is not kept here, only told (sim_flash_*_us).
 */
#ifndef SIM_FLASH_H
#define SIM_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_SECTOR	  0x1000u
#define SIM_BLOCK	  0x10000u
#define SIM_PAGE	  0x100u
#define SIM_FLASH_BP	  0x1Cu /* block protect bits 0..2 of the status register */
#define SIM_FLASH_NO_WORN UINT32_MAX

/* Times in microseconds; zero means "the default" in a configuration (45 ms, 150 ms, 0.7 ms:
 * the typical values of esp-serial-protocol.md 7.2). */
struct sim_flash_times {
	uint32_t sector_us;
	uint32_t block_us;
	uint32_t page_us;
};

struct sim_flash {
	uint8_t *mem;
	uint32_t size;
	uint8_t status;
	bool write_protect;   /* a fault: nothing can be changed */
	uint32_t worn_sector; /* a fault: a byte of this sector stays 0; or SIM_FLASH_NO_WORN */
	struct sim_flash_times times;
	uint64_t programs, erases; /* how many were carried out */
	int64_t busy_us;	   /* how long the ROM waited for the chip, all in all */
	/* Told of each area that changed, to write it back to a file. May be NULL. */
	void (*changed)(void *ctx, uint32_t addr, const uint8_t *bytes, size_t n);
	void *changed_ctx;
};

/* size: a power of two. The chip is blank. */
void sim_flash_init(struct sim_flash *f, uint32_t size, const struct sim_flash_times *times);
void sim_flash_fini(struct sim_flash *f);

void sim_flash_read(const struct sim_flash *f, uint32_t addr, void *dst, size_t n);
/* Programs n bytes; false when protected (nothing stored). */
bool sim_flash_program(struct sim_flash *f, uint32_t addr, const void *src, size_t n);
/* Erases from addr, which is rounded down to a sector, n bytes. */
bool sim_flash_erase(struct sim_flash *f, uint32_t addr, uint32_t n);
/* An erase that lost its power half way: the first half is blank, the rest is half erased. */
void sim_flash_erase_torn(struct sim_flash *f, uint32_t addr, uint32_t n);
/* Puts bytes into the chip as a programmer on the bench would, whatever it held. */
void sim_flash_load(struct sim_flash *f, uint32_t addr, const void *src, size_t n);

/* The three JEDEC bytes: maker in the lowest (0xEF), type, capacity. */
uint32_t sim_flash_jedec(const struct sim_flash *f);
/* Time to program n bytes from addr: each page that is touched costs page_us. */
int64_t sim_flash_program_us(const struct sim_flash *f, uint32_t addr, size_t n);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A serial NOR flash; see flash.h. */
#include "flash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Where a worn sector has its dead byte. */
#define WORN_OFFSET 0x10u

void sim_flash_init(struct sim_flash *f, uint32_t size, const struct sim_flash_times *times)
{
	assert(size >= SIM_BLOCK && (size & (size - 1)) == 0);
	memset(f, 0, sizeof(*f));
	f->mem = malloc(size);
	if (!f->mem)
		abort();
	memset(f->mem, 0xFF, size);
	f->size = size;
	f->worn_sector = SIM_FLASH_NO_WORN;
	f->times.sector_us = times->sector_us ? times->sector_us : 45000;
	f->times.block_us = times->block_us ? times->block_us : 150000;
	f->times.page_us = times->page_us ? times->page_us : 700;
}

void sim_flash_fini(struct sim_flash *f)
{
	free(f->mem);
	f->mem = NULL;
}

void sim_flash_read(const struct sim_flash *f, uint32_t addr, void *dst, size_t n)
{
	uint8_t *d = dst;

	for (size_t i = 0; i < n; i++)
		d[i] = f->mem[(addr + i) & (f->size - 1)];
}

static bool is_protected(const struct sim_flash *f)
{
	return f->write_protect || (f->status & SIM_FLASH_BP) != 0;
}

/* Tells of a change that may wrap at the chip's end. */
static void tell(struct sim_flash *f, uint32_t addr, size_t n)
{
	if (!f->changed)
		return;
	while (n > 0) {
		uint32_t at = addr & (f->size - 1);
		size_t part = n < f->size - at ? n : f->size - at;

		f->changed(f->changed_ctx, at, f->mem + at, part);
		addr += (uint32_t)part;
		n -= part;
	}
}

static void apply_wear(struct sim_flash *f)
{
	uint32_t at;

	if (f->worn_sector == SIM_FLASH_NO_WORN || f->worn_sector >= f->size / SIM_SECTOR)
		return;
	at = f->worn_sector * SIM_SECTOR + WORN_OFFSET;
	if (f->mem[at] == 0)
		return;
	f->mem[at] = 0;
	tell(f, at, 1);
}

bool sim_flash_program(struct sim_flash *f, uint32_t addr, const void *src, size_t n)
{
	const uint8_t *s = src;

	if (is_protected(f))
		return false;
	for (size_t i = 0; i < n; i++)
		f->mem[(addr + i) & (f->size - 1)] &= s[i];
	f->programs++;
	tell(f, addr, n);
	apply_wear(f);
	return true;
}

bool sim_flash_erase(struct sim_flash *f, uint32_t addr, uint32_t n)
{
	addr &= ~(SIM_SECTOR - 1);
	if (is_protected(f))
		return false;
	for (uint32_t i = 0; i < n; i++)
		f->mem[(addr + i) & (f->size - 1)] = 0xFF;
	f->erases++;
	tell(f, addr, n);
	apply_wear(f);
	return true;
}

void sim_flash_erase_torn(struct sim_flash *f, uint32_t addr, uint32_t n)
{
	addr &= ~(SIM_SECTOR - 1);
	if (is_protected(f))
		return;
	for (uint32_t i = 0; i < n; i++)
		f->mem[(addr + i) & (f->size - 1)] |= i < n / 2 ? 0xFF : 0xA5;
	tell(f, addr, n);
}

void sim_flash_load(struct sim_flash *f, uint32_t addr, const void *src, size_t n)
{
	const uint8_t *s = src;

	for (size_t i = 0; i < n; i++)
		f->mem[(addr + i) & (f->size - 1)] = s[i];
	tell(f, addr, n);
}

uint32_t sim_flash_jedec(const struct sim_flash *f)
{
	uint32_t capacity = 0;

	while ((1u << capacity) < f->size)
		capacity++;
	return 0xEFu | 0x40u << 8 | capacity << 16;
}

int64_t sim_flash_program_us(const struct sim_flash *f, uint32_t addr, size_t n)
{
	uint32_t first = addr / SIM_PAGE;
	uint32_t last;

	if (n == 0)
		return 0;
	last = (uint32_t)((addr + n - 1) / SIM_PAGE);
	return (int64_t)(last - first + 1) * f->times.page_us;
}

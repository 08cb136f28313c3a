/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the flash held before. While a plan of differences is carried out, the sectors ahead are read
 * before they are erased, into the instruction RAM behind the stub: what lies STUB_OLD_BACK before
 * the sector that is being unpacked and STUB_OLD_KEPT from there. That RAM takes whole words only.
 */
#include "stub.h"

#ifdef __XTENSA__
#pragma GCC optimize("O2", "no-tree-loop-distribute-patterns") /* for speed: here it counts */
#endif

#define CHUNKS_AT_ONCE 16u

/* The word of the store that holds an address. */
static uint32_t *old_word(const struct stub *s, uint32_t addr)
{
	uint32_t at = addr - s->old_lap;

	if (addr < s->old_lap)
		at += STUB_OLD_KEPT;
	return chip_store() + at / 4u;
}

/* What is kept while the sector for that address is unpacked; where it begins. */
static uint32_t keep(struct stub *s, uint32_t addr)
{
	uint32_t from = addr > STUB_OLD_BACK ? addr - STUB_OLD_BACK : 0;

	s->old_limit = from + STUB_OLD_KEPT < s->flash_size ? from + STUB_OLD_KEPT : s->flash_size;
	if (s->old_to < from)
		s->old_to = s->old_lap = from;
	return from;
}

/* Where the next sector of the stream goes to; there is one. */
static void place(struct stub *s)
{
	const struct run *r = &s->runs[s->make_run];

	while (r->len & STUB_RUN_ERASE || s->make_addr >= r->addr + r->len) {
		r = &s->runs[++s->make_run];
		s->make_addr = r->addr;
	}
}

void delta_begin(struct stub *s)
{
	s->make_run = s->old_to = s->old_lap = 0;
	s->make_addr = s->runs[0].addr;
	if (s->total)
		place(s);
	(void)keep(s, s->make_addr);
}

bool delta_may_erase(const struct stub *s)
{
	return !(s->plan_flags & STUB_PLAN_DELTA) || s->ready == s->total ||
	       s->erase_addr + s->unit_left * SECTOR <= s->old_to;
}

bool delta_read(struct stub *s)
{
	if (!(s->plan_flags & STUB_PLAN_DELTA) || s->old_to >= s->old_limit)
		return false;
	if (s->old_to == s->old_lap + STUB_OLD_KEPT)
		s->old_lap = s->old_to;
	flash_read_fast(s, s->old_to, old_word(s, s->old_to), CHUNKS_AT_ONCE);
	s->old_to += CHUNKS_AT_ONCE * CHUNK;
	return true;
}

bool delta_sector(struct stub *s, uint32_t parts)
{
	uint32_t from, length, at, i, sum = 0, to = 0;

	place(s);
	s->old_from = from = keep(s, s->make_addr);
	s->make_addr += SECTOR;
	s->piece_end = s->made + SECTOR;
	s->parts = parts;
	for (i = 0; i < parts; i++) {
		length = s->part[i] & 0xFFFFu;
		at = s->part[i] >> 16;
		sum += length;
		if (!length)
			return false;
		if (at != STUB_PART_PLAIN && from + at + length > to)
			to = from + at + length;
	}
	if ((parts && sum != SECTOR) || to > s->old_limit)
		return false;
	while (to > s->old_to) {
		if (s->status)
			return false;
		stub_tick_busy(s, s->flashed, s->total);
	}
	return true;
}

/* The old bytes from addr on are added. */
static uint8_t *add(struct stub *s, uint8_t *p, uint32_t addr, uint32_t n)
{
	uint32_t word = *old_word(s, addr) >> addr % 4u * 8u;

	while (n--) {
		*p = (uint8_t)(*p + word);
		p++;
		word >>= 8;
		if (++addr % 4u || !n)
			continue;
		word = *old_word(s, addr);
		if (addr % CHUNK == 0)
			stub_tick(s);
	}
	return p;
}

void delta_add(struct stub *s)
{
	uint8_t *p = (uint8_t *)s->dict + s->ready % DICT_SIZE;
	uint32_t i, length, at;

	for (i = 0; i < s->parts; i++) {
		length = s->part[i] & 0xFFFFu;
		at = s->part[i] >> 16;
		if (at == STUB_PART_PLAIN)
			p += length;
		else
			p = add(s, p, s->old_from + at, length);
	}
	s->ready = s->made;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of line numbers: blocks of bits. */
#include "lineset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"

static uint32_t ones(uint64_t w)
{
	return (uint32_t)__builtin_popcountll(w);
}

void lineset_fini(struct lineset *s)
{
	lineset_clear(s);
	free(s->blocks);
	memset(s, 0, sizeof(*s));
}

void lineset_clear(struct lineset *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->blocks[i]);
	s->count = 0;
	s->base = s->first = s->total = 0;
}

/* Clears the bits below `bit` of a block. */
static void drop_bits(struct lineset *s, struct lineset_block *b, uint32_t bit)
{
	uint32_t w, gone = 0;

	for (w = 0; w < bit / 64; w++) {
		gone += ones(b->bits[w]);
		b->bits[w] = 0;
	}
	if (bit % 64) {
		uint64_t low = b->bits[w] & (((uint64_t)1 << bit % 64) - 1);

		gone += ones(low);
		b->bits[w] ^= low;
	}
	b->count -= gone;
	s->total -= gone;
}

void lineset_drop(struct lineset *s, uint64_t first)
{
	size_t gone = 0;

	if (first <= s->first)
		return;
	s->first = first;
	while (gone < s->count && (s->base + gone + 1) * LINESET_LINES <= first) {
		if (s->blocks[gone])
			s->total -= s->blocks[gone]->count;
		free(s->blocks[gone++]);
	}
	s->count -= gone;
	s->base += gone;
	if (gone)
		memmove(s->blocks, s->blocks + gone, s->count * sizeof(s->blocks[0]));
	if (s->count && s->base == first / LINESET_LINES && s->blocks[0])
		drop_bits(s, s->blocks[0], (uint32_t)(first % LINESET_LINES));
}

/* Makes the table reach from block `from` to block `to`. */
static void reach(struct lineset *s, uint64_t from, uint64_t to)
{
	size_t want, before;

	if (!s->count)
		s->base = from;
	if (from > s->base)
		from = s->base;
	before = (size_t)(s->base - from);
	want = (size_t)(to + 1 - from);
	if (want < s->count + before)
		want = s->count + before;
	if (want > s->cap) {
		s->cap = want + want / 2 + 16;
		s->blocks = xreallocarray(s->blocks, s->cap, sizeof(s->blocks[0]));
	}
	if (before)
		memmove(s->blocks + before, s->blocks, s->count * sizeof(s->blocks[0]));
	memset(s->blocks, 0, before * sizeof(s->blocks[0]));
	for (size_t i = s->count + before; i < want; i++)
		s->blocks[i] = NULL;
	s->count = want;
	s->base = from;
}

static struct lineset_block *block_of(const struct lineset *s, uint64_t line)
{
	uint64_t n = line / LINESET_LINES;

	return n < s->base || n - s->base >= s->count ? NULL : s->blocks[n - s->base];
}

bool lineset_add(struct lineset *s, uint64_t line)
{
	uint64_t n = line / LINESET_LINES, bit = (uint64_t)1 << line % 64;
	struct lineset_block *b;
	uint64_t *w;

	if (line < s->first)
		return false;
	b = block_of(s, line);
	if (!b) {
		/* From the first line on, so that going backwards doesn't shift it each time. */
		reach(s, s->first / LINESET_LINES < n ? s->first / LINESET_LINES : n, n);
		b = xcalloc(1, sizeof(*b));
		s->blocks[n - s->base] = b;
	}
	w = &b->bits[line % LINESET_LINES / 64];
	if (*w & bit)
		return false;
	*w |= bit;
	b->count++;
	s->total++;
	return true;
}

size_t lineset_add_bits(struct lineset *s, uint64_t first, const uint64_t *bits, size_t count)
{
	uint64_t before = s->total;

	for (size_t i = 0; i < count; i += 64)
		for (uint64_t w = bits[i / 64]; w; w &= w - 1)
			lineset_add(s, first + i + (uint64_t)__builtin_ctzll(w));
	return (size_t)(s->total - before);
}

bool lineset_has(const struct lineset *s, uint64_t line)
{
	const struct lineset_block *b = block_of(s, line);

	return b && b->bits[line % LINESET_LINES / 64] >> line % 64 & 1;
}

/* Members of a block below bit `end`. */
static uint64_t count_below(const struct lineset_block *b, uint32_t end)
{
	uint64_t n = 0;
	uint32_t w;

	if (!b)
		return 0;
	if (end == LINESET_LINES)
		return b->count;
	for (w = 0; w < end / 64; w++)
		n += ones(b->bits[w]);
	if (end % 64)
		n += ones(b->bits[w] & (((uint64_t)1 << end % 64) - 1));
	return n;
}

uint64_t lineset_count(const struct lineset *s, uint64_t from, uint64_t to)
{
	uint64_t begin = s->base * LINESET_LINES, end = begin + s->count * LINESET_LINES, n = 0;

	if (from < begin)
		from = begin;
	if (to > end)
		to = end;
	if (from >= to)
		return 0;
	for (uint64_t i = from / LINESET_LINES; i * LINESET_LINES < to; i++) {
		uint64_t at = i * LINESET_LINES;
		uint64_t stop = to - at < LINESET_LINES ? to - at : LINESET_LINES;

		n += count_below(s->blocks[i - s->base], (uint32_t)stop);
		if (from > at)
			n -= count_below(s->blocks[i - s->base], (uint32_t)(from - at));
	}
	return n;
}

bool lineset_next(const struct lineset *s, uint64_t line, uint64_t *out)
{
	uint64_t begin = s->base * LINESET_LINES, end = begin + s->count * LINESET_LINES;

	if (line < begin)
		line = begin;
	while (line < end) {
		const struct lineset_block *b = block_of(s, line);
		uint64_t w;

		if (!b || !b->count) {
			line = (line / LINESET_LINES + 1) * LINESET_LINES;
			continue;
		}
		w = b->bits[line % LINESET_LINES / 64] >> line % 64;
		if (w) {
			*out = line + (uint64_t)__builtin_ctzll(w);
			return true;
		}
		line = (line / 64 + 1) * 64;
	}
	return false;
}

bool lineset_prev(const struct lineset *s, uint64_t line, uint64_t *out)
{
	uint64_t begin = s->base * LINESET_LINES, end = begin + s->count * LINESET_LINES;

	if (line >= end)
		line = end - 1; /* an empty set has no end above its beginning: see below */
	while (begin < end && line >= begin) {
		const struct lineset_block *b = block_of(s, line);
		uint64_t at = b && b->count ? line / 64 * 64 : line / LINESET_LINES * LINESET_LINES;
		uint64_t w = 0;

		if (b && b->count)
			w = b->bits[line % LINESET_LINES / 64] << (63 - line % 64);
		if (w) {
			*out = line - (uint64_t)__builtin_clzll(w);
			return true;
		}
		if (at == 0)
			break;
		line = at - 1;
	}
	return false;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set of line numbers, a bit for each line of the log, in blocks that are made when the first of
 * theirs is put in: an eight-hundredth of a log of 100 bytes a line. Numbers are only put in one by
 * one or dropped from the front.
 */
#ifndef TASMITE_CORE_LINESET_H
#define TASMITE_CORE_LINESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINESET_LINES 4096 /* of a block */
#define LINESET_WORDS (LINESET_LINES / 64)

struct lineset_block {
	uint32_t count;
	uint64_t bits[LINESET_WORDS];
};

struct lineset {
	struct lineset_block **blocks; /* NULL: none of these lines */
	size_t count, cap;
	uint64_t base;	/* number of the first block's first line / LINESET_LINES */
	uint64_t first; /* lines below were dropped */
	uint64_t total;
};

/* Zeroed memory is an empty set. */
void lineset_fini(struct lineset *s);
/* Empty again, as new. */
void lineset_clear(struct lineset *s);
/* Forgets the lines below first and takes none of them any more. */
void lineset_drop(struct lineset *s, uint64_t first);
/* True when it was not in it; false too for a dropped one. */
bool lineset_add(struct lineset *s, uint64_t line);
/* Adds line first + i for each set bit i of `count` bits; returns how many were new. */
size_t lineset_add_bits(struct lineset *s, uint64_t first, const uint64_t *bits, size_t count);
bool lineset_has(const struct lineset *s, uint64_t line);
/* Members in [from, to). */
uint64_t lineset_count(const struct lineset *s, uint64_t from, uint64_t to);
/* The first member >= line (the last one <= line). */
bool lineset_next(const struct lineset *s, uint64_t line, uint64_t *out);
bool lineset_prev(const struct lineset *s, uint64_t line, uint64_t *out);

#endif

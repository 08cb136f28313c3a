/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which lines of a growing log have been looked at: the newest first, in pieces of a chunk. Finished
 * lines are looked at once; the unfinished one whenever it has grown, apart from the others.
 */
#ifndef TASMITE_CORE_SCAN_H
#define TASMITE_CORE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/core/lines.h"
#include "tasmite/core/pattern.h"

#define SCAN_GAPS 8

struct scan_gap {
	uint64_t lo, hi;
};

struct scan {
	struct scan_gap gaps[SCAN_GAPS]; /* not looked at yet, rising */
	int gap_count;
	size_t piece; /* bytes that are taken next */
	uint64_t end; /* finished lines below were taken notice of */
	/* The unfinished line as it was looked at last. */
	uint64_t tail; /* UINT64_MAX: none */
	size_t tail_len;
};

/* Nothing was looked at. */
void scan_init(struct scan *s);
/* Takes notice of new and of dropped lines. */
void scan_update(struct scan *s, const struct lines *l);
/* Some lines of a block, and a bit for each: bit i of word i / 64 is line first + i. */
#define SCAN_LINES 4096
#define SCAN_WORDS (SCAN_LINES / 64)

struct scan_piece {
	struct lines_block block;
	uint32_t from, to; /* lines of the block, at least one */
};

/* The next piece to look at, of some KiB: counts as looked at from now on. False when there
 * is none. */
bool scan_take(struct scan *s, const struct lines *l, struct scan_piece *piece);
/* To be called with how much the cost of the patterns (pattern_cost) has grown by the piece: the
 * next one is small when it did. Returns what to take off a budget of bytes. */
size_t scan_charge(struct scan *s, uint64_t cost);
/* Sets the bits of the lines that the pattern matches (the others stay): finds what pattern_find
 * finds in each line alone. */
void scan_match(struct pattern *p, const struct scan_piece *piece, uint64_t bits[SCAN_WORDS]);
/* True when the unfinished line is to be looked at (again); without one tail is UINT64_MAX. */
bool scan_tail(struct scan *s, const struct lines *l, struct line_ref *ref);
/* Everything there is was looked at. */
bool scan_complete(const struct scan *s, const struct lines *l);

#endif

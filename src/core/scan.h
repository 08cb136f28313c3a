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

#define SCAN_GAPS 8

struct scan_gap {
	uint64_t lo, hi;
};

struct scan {
	struct scan_gap gaps[SCAN_GAPS]; /* not looked at yet, rising */
	int gap_count;
	uint64_t end; /* finished lines below were taken notice of */
	/* The unfinished line as it was looked at last. */
	uint64_t tail; /* UINT64_MAX: none */
	size_t tail_len;
};

/* Nothing was looked at. */
void scan_init(struct scan *s);
/* Takes notice of new and of dropped lines. */
void scan_update(struct scan *s, const struct lines *l);
/* The next piece to look at: lines [from, to) of one chunk, at least one of them, about `bytes` in
 * all; they count as looked at from now on. False when there is none. */
bool scan_take(struct scan *s, const struct lines *l, size_t bytes, uint64_t *from, uint64_t *to);
/* True when the unfinished line is to be looked at (again); without one tail is UINT64_MAX. */
bool scan_tail(struct scan *s, const struct lines *l, struct line_ref *ref);
/* Everything there is was looked at. */
bool scan_complete(const struct scan *s, const struct lines *l);

#endif

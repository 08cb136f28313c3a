/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Searching the log while it grows: which lines match, how many there are, next and previous. Works
 * in slices over the chunks, so that the caller's loop is never held; new lines are searched as
 * they come, dropped ones are forgotten. Sent lines and the program's own count like any other.
 */
#ifndef TASMITE_CORE_FIND_H
#define TASMITE_CORE_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/core/lines.h"
#include "tasmite/core/pattern.h"

struct find;

/* Without a pattern: finds nothing. */
struct find *find_new(void);
/* NULL is allowed. */
void find_free(struct find *f);
/* A new pattern (owned by f from now on; NULL: searches nothing). The newest lines are searched
 * first: what is in sight has its hits at once. */
void find_set(struct find *f, struct pattern *p);
struct pattern *find_pattern(const struct find *f);
/* Searches on for about `budget` bytes (256 KiB are 0.1 to 1 ms; a costly pattern gets fewer bytes);
 * true when there is more to do. */
bool find_step(struct find *f, const struct lines *l, size_t budget);
/* Lines with a match so far, of those that are still there. A hit costs a bit, whatever their
 * number: none is forgotten, and *capped (may be NULL) is false. */
uint64_t find_count(const struct find *f, bool *capped);
/* Everything there is has been searched. */
bool find_complete(const struct find *f, const struct lines *l);
/* The hit after (before) line `from`; false when there is none. */
bool find_next(const struct find *f, uint64_t from, uint64_t *line);
bool find_prev(const struct find *f, uint64_t from, uint64_t *line);
/* Which of all hits that line is, from 1; 0: it is none. */
uint64_t find_rank(const struct find *f, uint64_t line);
bool find_is_hit(const struct find *f, uint64_t line);
uint64_t find_revision(const struct find *f);

#endif

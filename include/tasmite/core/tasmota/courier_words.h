/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A courier's work in words: what is wrong with values beforehand, what happens on the way, how it
 * ended. For the session and for `tasmite send` alike; secrets are masked.
 */
#ifndef TASMITE_CORE_TASMOTA_COURIER_WORDS_H
#define TASMITE_CORE_TASMOTA_COURIER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/core/tasmota/courier.h"
#include "tasmite/core/tasmota/secrets.h"

#define COURIER_WORDS_MOST 12 /* failed commands that are listed */

struct courier_words {
	const char *what; /* how the job is called: "backlog", a file's name; borrowed */
	const struct secrets *secrets; /* borrowed; they know what was sent */
	/* One line; bad: a warning. */
	void (*say)(void *ctx, bool bad, const char *text);
	void *ctx;
	unsigned retries; /* counted here; 0 at a job's beginning */
};

/* It has arrived: stored, or answered in a form that can't be compared. */
bool courier_words_good(enum backlog_state state);
/* It has not, and is to be told of: a command, or a wait that ran out. Those that are only unsure are
 * none. */
bool courier_words_bad(const struct backlog_step *s);
/* Commands that have arrived, and all; waits that ran out. */
void courier_words_count(const struct courier *c, size_t *good, size_t *total, size_t *missed);
/* "line 3: SSId1 home", masked; to be freed. */
char *courier_words_step(const struct courier_words *w, const struct courier *c, size_t step);
/* "line 3: SSId1 home: stored differently", and with the value: ": 'hom'" (never that of a secret);
 * to be freed. */
char *courier_words_fate(
    const struct courier_words *w, const struct courier *c, size_t step, bool value);

/* Tells of values that this firmware (0 not known) will not take as they are meant, each with its
 * line; how many can't arrive whatever happens. */
size_t courier_words_traps(const struct courier_words *w, const struct backlog *b, uint32_t fw);
/* Tells of what happens on the way; of the other events nothing is said. */
void courier_words_event(
    struct courier_words *w, const struct courier *c, const struct courier_event *e);
/* The last word. brief: none when a single command has arrived. again: how what failed is sent once
 * more, NULL nothing is said of it. */
void courier_words_end(
    const struct courier_words *w, const struct courier *c, bool brief, const char *again);

#endif

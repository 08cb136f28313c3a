/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The search through what was entered (Ctrl-R, Ctrl-S), in the manner of readline's own, but with
 * smart case: as long as the pattern has no capital letter, case doesn't matter. readline 8.2 has no
 * setting for that. Knows nothing of readline.
 */
#ifndef TASMITE_UI_HISTSEARCH_H
#define TASMITE_UI_HISTSEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/core/keymap.h"

#define HISTSEARCH_SIZE 256

struct histsearch {
	bool on;
	bool up;     /* to older lines */
	bool failed; /* nothing fits: the line found last stays */
	char query[HISTSEARCH_SIZE];
	char last[HISTSEARCH_SIZE]; /* pattern of the search before */
	int at;			    /* the entry found; the count of them: none yet */
	size_t match;		    /* where in it */
	int count;		    /* entries, oldest first */
	const char *(*entry)(int i);
};

/* What a key did. */
enum histsearch_did {
	HISTSEARCH_SHOW,   /* show what histsearch_line says */
	HISTSEARCH_TAKE,   /* over; the line found stays */
	HISTSEARCH_PASS,   /* the same, and the key is to be obeyed */
	HISTSEARCH_CANCEL, /* over; the line is to be what it was */
};

void histsearch_begin(struct histsearch *h, bool up, int count, const char *(*entry)(int i));
enum histsearch_did histsearch_key(struct histsearch *h, const struct key *key);
/* Text as if typed. */
void histsearch_insert(struct histsearch *h, const char *text, size_t n);
/* The entry found; NULL: none so far. */
const char *histsearch_line(const struct histsearch *h);
/* "(reverse-i-search)`stat': " */
void histsearch_prompt(const struct histsearch *h, char *dst, size_t size);

#endif

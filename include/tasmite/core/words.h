/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of the tables: the nearest one to a mistyped one, lists "a|b|c", what may be kept as text. */
#ifndef TASMITE_CORE_WORDS_H
#define TASMITE_CORE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_LONGEST 32

/* Finds the name that was probably meant: offer all, then ask. */
struct nearest {
	const char *word; /* borrowed */
	const char *best; /* borrowed from the caller of nearest_offer, NULL: none is near */
	int distance;
};

/* word is borrowed. */
void nearest_init(struct nearest *n, const char *word);
/* A candidate that is nearer than those before it is kept (borrowed), if it is near at all. */
void nearest_offer(struct nearest *n, const char *candidate);
/* ", did you mean 'baud'?" or "". Returns dst. prefix stands before the name ("/" for commands). */
const char *nearest_text(const struct nearest *n, const char *prefix, char *dst, size_t size);

/* Number of insertions, deletions, changes and swaps of neighbours that lead from a to b, letter
 * case ignored; words longer than WORDS_LONGEST are as far as can be. */
int words_distance(const char *a, const char *b);

/* The i-th word of "a|b|c" into dst; false when there is none. */
bool words_of_list(const char *list, size_t i, char *dst, size_t size);
/* Index of the word in "a|b|c" (letter case ignored), -1 when it isn't there. */
int words_find(const char *list, const char *word);

/* True when s is valid UTF-8 without control characters: it may be kept, shown and sent. */
bool words_printable(const char *s);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words that fit where one completes: each once, with what it is. */
#ifndef TASMITE_UI_WORDLIST_H
#define TASMITE_UI_WORDLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wordlist {
	char **words, **details;
	uint32_t *hashes; /* of the words: there may be a thousand */
	size_t count;
};

/* Adds copies; a word that is there already, and what is too much, is left out. ctx is the list. */
void wordlist_add(void *ctx, const char *word, const char *detail);
/* Empties it and frees what it held; a zeroed list is empty. */
void wordlist_clear(struct wordlist *l);
/* A word that is whole gets a blank after it; a folder or "FILE@" goes on. */
bool wordlist_wants_blank(const char *word);
/* The longest beginning that all words share, in bytes, cut at a character; there must be one. */
size_t wordlist_common(const struct wordlist *l);

#endif

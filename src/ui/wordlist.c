/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words that fit where one completes. */
#include "wordlist.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

#define WORDS_MAX 4096u

/* FNV-1a */
static uint32_t hash_of(const char *word)
{
	uint32_t h = 2166136261u;

	for (; *word; word++)
		h = (h ^ (uint8_t)*word) * 16777619u;
	return h;
}

void wordlist_add(void *ctx, const char *word, const char *detail)
{
	struct wordlist *l = ctx;
	uint32_t hash = hash_of(word);

	if (l->count == WORDS_MAX)
		return;
	for (size_t i = 0; i < l->count; i++)
		if (l->hashes[i] == hash && !strcmp(l->words[i], word))
			return;
	l->words = xreallocarray(l->words, l->count + 1, sizeof(*l->words));
	l->details = xreallocarray(l->details, l->count + 1, sizeof(*l->details));
	l->hashes = xreallocarray(l->hashes, l->count + 1, sizeof(*l->hashes));
	l->words[l->count] = xstrdup(word);
	l->details[l->count] = xstrdup(detail);
	l->hashes[l->count++] = hash;
}

void wordlist_clear(struct wordlist *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->words[i]);
		free(l->details[i]);
	}
	free(l->words);
	free(l->details);
	free(l->hashes);
	memset(l, 0, sizeof(*l));
}

size_t wordlist_common(const struct wordlist *l)
{
	size_t n = strlen(l->words[0]);

	for (size_t i = 1; i < l->count; i++) {
		size_t k = 0;

		while (k < n && l->words[i][k] && l->words[i][k] == l->words[0][k])
			k++;
		n = k;
	}
	return utf8_cut(l->words[0], strlen(l->words[0]), n);
}

bool wordlist_wants_blank(const char *word)
{
	char last = *word ? word[strlen(word) - 1] : ' ';

	return last != '/' && last != '@' && last != ' ';
}

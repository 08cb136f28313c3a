/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search through what was entered. */
#include "histsearch.h"

#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"

void histsearch_begin(struct histsearch *h, bool up, int count, const char *(*entry)(int i))
{
	h->on = true;
	h->up = up;
	h->failed = false;
	h->query[0] = '\0';
	h->at = h->count = count;
	h->match = 0;
	h->entry = entry;
}

static bool has_capital(const char *text)
{
	for (; *text; text++)
		if (*text >= 'A' && *text <= 'Z')
			return true;
	return false;
}

static bool fits(const struct histsearch *h, int i, size_t *match)
{
	size_t n = strlen(h->query);
	bool exact = has_capital(h->query);
	const char *text = h->entry(i);
	size_t len = strlen(text);

	for (size_t at = 0; at + n <= len; at++)
		if (exact ? !strncmp(text + at, h->query, n)
			  : !str_ncasecmp(text + at, h->query, n)) {
			*match = at;
			return true;
		}
	return false;
}

/* From that entry on, itself included; past: not one with the same text as the present one. */
static void look(struct histsearch *h, int i, bool past)
{
	const char *now = past && h->at < h->count ? h->entry(h->at) : NULL;
	int step = h->up ? -1 : 1;

	h->failed = false;
	if (!h->query[0])
		return;
	if (i >= h->count)
		i = h->up ? h->count - 1 : h->count;
	for (; i >= 0 && i < h->count; i += step)
		if ((!now || strcmp(h->entry(i), now) != 0) && fits(h, i, &h->match)) {
			h->at = i;
			return;
		}
	h->failed = true;
}

void histsearch_insert(struct histsearch *h, const char *text, size_t n)
{
	size_t len = strlen(h->query);

	if (n > sizeof(h->query) - 1 - len)
		return;
	memcpy(h->query + len, text, n);
	h->query[len + n] = '\0';
	look(h, h->at, false);
}

/* What the rest of the pattern finds, from the newest line on. */
static void take_back(struct histsearch *h)
{
	size_t n = strlen(h->query);

	while (n > 0 && ((unsigned char)h->query[--n] & 0xc0) == 0x80)
		;
	h->query[n] = '\0';
	h->at = h->count;
	h->match = 0;
	look(h, h->up ? h->count : 0, false);
}

/* Further in that direction; with no pattern yet, that of the search before. */
static void again(struct histsearch *h, bool up)
{
	h->up = up;
	if (!h->query[0] && h->last[0]) {
		str_copy(h->query, sizeof(h->query), h->last);
		look(h, h->at, false);
	} else {
		look(h, h->at + (up ? -1 : 1), true);
	}
}

static enum histsearch_did over(struct histsearch *h, enum histsearch_did how)
{
	h->on = false;
	if (h->query[0])
		str_copy(h->last, sizeof(h->last), h->query);
	return how;
}

enum histsearch_did histsearch_key(struct histsearch *h, const struct key *key)
{
	char bytes[4] = "";

	if (key->mods == KEY_CTRL && (key->code == 'r' || key->code == 's'))
		again(h, key->code == 'r');
	else if (key->code == KEYS_BACKSPACE || (key->mods == KEY_CTRL && key->code == 'h'))
		take_back(h);
	else if (key->mods == KEY_CTRL && key->code == 'g')
		return over(h, HISTSEARCH_CANCEL);
	else if (key->code == KEYS_ESC)
		return over(h, HISTSEARCH_TAKE);
	else if (!key->mods && key->code >= ' ' && key->code < KEY_SPECIAL)
		histsearch_insert(h, bytes, (size_t)utf8_encode(key->code, bytes));
	else
		return over(h, HISTSEARCH_PASS);
	return HISTSEARCH_SHOW;
}

const char *histsearch_line(const struct histsearch *h)
{
	return h->at >= 0 && h->at < h->count ? h->entry(h->at) : NULL;
}

void histsearch_prompt(const struct histsearch *h, char *dst, size_t size)
{
	str_fmt(dst, size, "(%s%si-search)`%s': ", h->failed ? "failed " : "",
	    h->up ? "reverse-" : "", h->query);
}

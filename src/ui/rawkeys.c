/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys to the bytes that an xterm sends for them. */
#include "rawkeys.h"

#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"

/* The number of a sequence ESC [ number ~, for F5 and on. */
static int function_number(uint32_t n)
{
	static const int numbers[] = {
	    15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 28, 29, 31, 32, 33, 34, 42, 43, 44, 45};

	return numbers[n - 5];
}

/* ESC [ X, with modifiers ESC [ 1 ; m X; ss3: ESC O X where there are none. */
static void letter_form(char *dst, char letter, bool ss3, unsigned m)
{
	if (m > 1)
		str_fmt(dst, RAWKEYS_MAX, "\033[1;%u%c", m, letter);
	else
		str_fmt(dst, RAWKEYS_MAX, "\033%c%c", ss3 ? 'O' : '[', letter);
}

static void number_form(char *dst, int number, unsigned m)
{
	if (m > 1)
		str_fmt(dst, RAWKEYS_MAX, "\033[%d;%u~", number, m);
	else
		str_fmt(dst, RAWKEYS_MAX, "\033[%d~", number);
}

/* ESC before it with Alt. */
static void plain_form(char *dst, const char *bytes, uint8_t mods)
{
	str_fmt(dst, RAWKEYS_MAX, "%s%s", mods & KEY_ALT ? "\033" : "", bytes);
}

static size_t special(const struct key *key, char *dst)
{
	static const struct {
		uint32_t code;
		char letter;
		int number;
	} rows[] = {{KEYS_UP, 'A', 0}, {KEYS_DOWN, 'B', 0}, {KEYS_RIGHT, 'C', 0},
	    {KEYS_LEFT, 'D', 0}, {KEYS_HOME, 'H', 0}, {KEYS_END, 'F', 0}, {KEYS_INSERT, 0, 2},
	    {KEYS_DELETE, 0, 3}, {KEYS_PGUP, 0, 5}, {KEYS_PGDN, 0, 6}};
	unsigned m = 1 + (key->mods & KEY_SHIFT ? 1u : 0) + (key->mods & KEY_ALT ? 2u : 0) +
		     (key->mods & KEY_CTRL ? 4u : 0);

	dst[0] = '\0';
	if (key->code >= KEYS_F1 && key->code <= KEYS_F24) {
		uint32_t n = key->code - KEYS_F1 + 1;

		if (n <= 4)
			letter_form(dst, (char)('P' + (int)n - 1), true, m);
		else
			number_form(dst, function_number(n), m);
		return strlen(dst);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].code == key->code && rows[i].letter)
			letter_form(dst, rows[i].letter, false, m);
		else if (rows[i].code == key->code)
			number_form(dst, rows[i].number, m);
	if (key->code == KEYS_ENTER)
		plain_form(dst, "\r", key->mods);
	else if (key->code == KEYS_TAB)
		plain_form(dst, key->mods & KEY_SHIFT ? "\033[Z" : "\t", key->mods);
	else if (key->code == KEYS_ESC)
		plain_form(dst, "\033", key->mods);
	else if (key->code == KEYS_BACKSPACE)
		plain_form(dst, key->mods & KEY_CTRL ? "\b" : "\177", key->mods);
	return strlen(dst);
}

size_t rawkeys_bytes(const struct key *key, char dst[RAWKEYS_MAX])
{
	size_t n = 0;

	if (key->code >= KEY_SPECIAL)
		return special(key, dst);
	if (key->code == KEY_NONE && !(key->mods & KEY_CTRL))
		return 0;
	if (key->mods & KEY_ALT)
		dst[n++] = '\033';
	if (!(key->mods & KEY_CTRL)) {
		int used = utf8_encode(key->code, dst + n);

		return used > 0 ? n + (size_t)used : 0;
	}
	/* Only these columns of ASCII have control characters; Ctrl-? is DEL. */
	if (key->code == '?')
		dst[n++] = '\177';
	else if (key->code == ' ' || (key->code >= '@' && key->code <= 0x7e))
		dst[n++] = (char)(key->code & 0x1f);
	else
		return 0;
	return n;
}

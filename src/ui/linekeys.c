/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the edit line is given to read. */
#define _XOPEN_SOURCE 700 /* wcwidth */
#include "linekeys.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "tasmite/base/utf8.h"

static size_t special(const struct key *key, char dst[RAWKEYS_MAX])
{
	struct key plain = *key;

	if (key->code >= KEYS_F1 && key->code <= KEYS_F24)
		return 0;
	if (key->code == KEYS_ENTER || key->code == KEYS_TAB)
		plain.mods &= KEY_SHIFT; /* Alt-Enter would change readline's mode */
	if (key->code == KEYS_BACKSPACE)
		plain.mods &= KEY_ALT;
	return rawkeys_bytes(&plain, dst);
}

size_t linekeys_bytes(const struct key *key, char dst[RAWKEYS_MAX])
{
	size_t n = 0;

	if (key->code >= KEY_SPECIAL)
		return special(key, dst);
	if (key->mods & KEY_ALT)
		dst[n++] = '\033';
	if (key->code >= 0x80 && utf8_width(key->code) < 0)
		return 0;
	if (!(key->mods & KEY_CTRL))
		return n + (size_t)utf8_encode(key->code, dst + n);
	/* Only these columns of ASCII have control characters. */
	if (key->code != ' ' && (key->code < '@' || key->code > 0x7e))
		return 0;
	dst[n++] = (char)(key->code & 0x1f);
	return n;
}

bool linekeys_width_known(const char *text, size_t n)
{
	size_t at = n ? n - 1 : 0;
	uint32_t cp = 0;

	while (at > 0 && n - at < 4 && ((uint8_t)text[at] & 0xc0) == 0x80)
		at--;
	/* What is no UTF-8 is counted in bytes. */
	if (!n || utf8_decode((const uint8_t *)text + at, n - at, &cp) <= 1)
		return true;
	return wcwidth((wchar_t)cp) >= 0;
}

size_t linekeys_text(char *dst, const char *text, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n;) {
		uint32_t cp = 0;
		int used = utf8_decode((const uint8_t *)text + i, n - i, &cp);

		if (used > 0 && utf8_width(cp) >= 0) {
			memcpy(dst + len, text + i, (size_t)used);
			len += (size_t)used;
		} else if (used > 0 && cp == '\t') {
			dst[len++] = ' ';
		}
		i += used > 0 ? (size_t)used : 1;
	}
	dst[len] = '\0';
	return len;
}

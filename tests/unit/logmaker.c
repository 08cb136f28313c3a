/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random logs. */
#include "logmaker.h"

#include <stdlib.h>
#include <string.h>

static const char *const pieces[] = {"a", "b", "ab", "foo", "bar", "Foo", "rc -4", "rc=-41", " ",
    "00:00:07 WIF: ", "00:00:07.123 MQT: ", "00:00:07.123-029 RSL: ", "CMD: ", "x", "\xC3\xA9",
    "\xC3", "\xFF", "{\"", "192.168.1.20", "Exception (28):", "0123456789ABC", "K", "aaaaaaaaaa"};

#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

static size_t make_line(char *s, size_t max, bool ascii)
{
	size_t n = 0, parts = (size_t)rand() % 7;

	if (rand() % 400 == 0)
		parts = 6000;
	while (parts--) {
		const char *piece = pieces[(size_t)rand() % PIECES];
		size_t len = strlen(piece);

		if (n + len > max)
			break;
		if (ascii && piece[0] & 0x80)
			continue;
		memcpy(s + n, piece, len);
		n += len;
	}
	return n;
}

void logmaker_add(struct lines *l, size_t lines, bool ascii, mono_t now)
{
	static const char *const ends[] = {"\r\n", "\n", "\r", "\n\r", "\n\n", "\r\r\n"};
	static char text[70000];

	while (lines--) {
		size_t n = make_line(text, sizeof(text), ascii);

		if (rand() % 8 == 0) {
			if (n && n < 100 && rand() % 4 == 0) /* what was sent may hold anything */
				text[(size_t)rand() % n] = '\r';
			lines_put(l, (enum line_dir)(1 + rand() % 3), text, n, now);
			continue;
		}
		lines_rx(l, (const uint8_t *)text, n, now);
		if (rand() % 10) {
			const char *end = ends[(size_t)rand() % (sizeof(ends) / sizeof(ends[0]))];

			lines_rx(l, (const uint8_t *)end, strlen(end), now);
		}
		if (rand() % 60 == 0)
			lines_break(l, now);
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of the program with names of others in them, to a terminal. */
#include "tasmite/app/cli.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"

void cli_say(FILE *to, const char *fmt, ...)
{
	char text[8192]; /* a line of the log (4095 bytes), with what stands around it */
	va_list ap;

	va_start(ap, fmt);
	str_vfmt(text, sizeof(text), fmt, ap);
	va_end(ap);
	str_clean(text, true);
	fputs(text, to);
}

void cli_json(const char *text)
{
	for (size_t n = strlen(text); n;) {
		uint32_t cp = 0;
		int len = utf8_decode((const uint8_t *)text, n, &cp);
		size_t used = len > 0 ? (size_t)len : 1;

		if (len > 0 && utf8_width(cp) < 0 && cp != '\n') /* it stands between tokens */
			printf("\\u%04x", (unsigned)cp);
		else
			fwrite(text, 1, used, stdout);
		text += used;
		n -= used;
	}
	putchar('\n');
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the sub-commands without a screen print alike. */
#include "cli_out.h"

#include <stdlib.h>

#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/ansi.h"

void cli_out_line(FILE *file, const uint8_t *bytes, size_t n)
{
	struct ansi a;
	struct ansi_token t;
	char out[4];

	ansi_begin(&a, bytes, n);
	while (ansi_next(&a, &t)) {
		if (t.kind == ANSI_CONTROL || t.kind == ANSI_INVALID)
			fputs(t.text, file);
		else if (t.kind == ANSI_TAB)
			fputc(' ', file);
		else
			fwrite(out, 1, (size_t)utf8_encode(t.cp, out), file);
	}
	fputc('\n', file);
}

int cli_out_end(bool problem, bool good)
{
	return problem ? 1 : good ? 0 : 3;
}

json_t *cli_out_text(const char *text)
{
	json_t *value = json_string(text);
	char *clean;

	if (value)
		return value;
	clean = xstrdup(text);
	for (char *p = clean; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	value = json_string(clean);
	free(clean);
	if (!value)
		xalloc_die("out of memory");
	return value;
}

void cli_out_put(json_t *o, const char *key, json_t *value)
{
	if (!value || json_object_set_new(o, key, value))
		xalloc_die("out of memory");
}

void cli_out_append(json_t *list, json_t *value)
{
	if (!value || json_array_append_new(list, value))
		xalloc_die("out of memory");
}

void cli_out_known(json_t *o, const char *key, const char *text)
{
	if (text && text[0])
		cli_out_put(o, key, cli_out_text(text));
}

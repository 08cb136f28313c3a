/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said beside the edit line of the command in it: how it is used, or what is wrong. */
#include <string.h>

#include "bars.h"
#include "tasmite/core/cmd.h"
#include "tasmite/core/tasmota/catalog.h"
#include "tasmite/core/tasmota/check.h"

static void device_hint(
    const struct session *s, const char *line, size_t cursor, struct prompt_hint *h)
{
	struct check_line in = {.line = line, .n = strlen(line), .cursor = cursor};
	const struct check_warning *w;
	struct check_warning all[CHECK_MAX];

	in.version = catalog_version(s->facts.version);
	w = check_choose(&in, all, check_line(&in, all, CHECK_MAX));
	catalog_hint(line, cursor, h->text, sizeof(h->text));
	if (!w || (w->told && h->text[0] && w->kind == CHECK_RESTART))
		return; /* the hint says that, too */
	str_fmt(h->text, sizeof(h->text), "%s%s", w->told ? "" : "! ", w->text);
	h->warn = !w->told;
	h->at = w->at;
	h->len = h->warn ? w->len : 0;
}

void prompt_hint_of(const struct session *s, const char *line, size_t cursor, struct prompt_hint *h)
{
	size_t skip = line[0] == '/' && line[1] == '/'; /* "//" sends a slash */

	memset(h, 0, sizeof(*h));
	if (line[0] == '/' && !skip && !s->hex_entry) {
		cmd_hint(line, cursor, h->text, sizeof(h->text));
		return;
	}
	/* Another firmware has other commands. */
	if (s->hex_entry || s->facts.not_tasmota || !line[0] || cursor < skip)
		return;
	device_hint(s, line + skip, cursor - skip, h);
	h->at += skip;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as a theme: a mistake changes nothing and is told in printable words with its place; what
 * is taken has colours of its depth, and the same text makes the same theme. */
#include "fuzz.h"

#include "tasmite/base/str.h"
#include "tasmite/core/theme.h"
#include "tasmite/core/words.h"

static void check(const struct theme *t)
{
	static const int colors[THEME_DEPTHS] = {0, 8, 16, 256};

	require(words_printable(t->name) && words_printable(t->about));
	for (int d = 0; d < THEME_DEPTHS; d++)
		for (int i = 0; i < STYLE_COUNT; i++) {
			const struct theme_cell *c = &t->cells[d][i];

			require(c->fg >= THEME_COLOR_DEFAULT && c->fg < colors[d]);
			require(c->bg >= THEME_COLOR_DEFAULT && c->bg < colors[d]);
			require(c->attr < 32);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = {data, n, 0};
	char *text = input_text(&in);
	struct theme before, t, again;
	struct err err = {0};

	require(theme_builtin(&before, "dark", NULL) == ERR_OK);
	t = before;
	if (theme_parse(&t, "mine", "FILE", text, &err) == ERR_OK) {
		check(&t);
		require(!strcmp(t.name, "mine"));
		require(theme_parse(&again, "mine", "FILE", text, NULL) == ERR_OK);
		require(!memcmp(again.cells, t.cells, sizeof(t.cells)));
	} else {
		require(!memcmp(&t, &before, sizeof(t)));
		require(err.code < 0 && str_starts(err.text, "FILE") && words_printable(err.text));
	}
	free(text);
	return 0;
}

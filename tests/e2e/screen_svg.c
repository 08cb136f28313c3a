/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * screen-svg TITLE [X Y] <SCREEN: a screen as `tmux capture-pane -e -p` tells it, as SVG on standard
 * output; the cursor at X, Y.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/err.h"
#include "tasmite/base/str.h"
#include "tasmite/core/ansi.h"
#include "tasmite/core/theme.h"
#include "tasmite/ui/surface.h"
#include "unit/svg.h"

#define ROWS	200
#define COLUMNS 400

/* tmux says a change of the look once, also over the ends of lines. */
static int row(struct surface *s, int y, const char *line, struct ansi_style *style)
{
	const struct rect all = {0, 0, s->w, s->h};
	struct ansi_token t;
	struct ansi a;
	int x = 0;

	ansi_begin(&a, (const uint8_t *)line, strlen(line));
	a.style = *style;
	while (ansi_next(&a, &t))
		if (t.kind == ANSI_CHAR)
			x += surface_glyph(s, all, x, y, STYLE_DEFAULT, &t.style, t.cp);
	*style = a.style;
	return x;
}

static void read_screen(struct surface *s)
{
	static char line[65536];
	struct ansi_style style = {.attr = 0};
	int w = 0, h = 0, end;

	for (; h < ROWS && fgets(line, sizeof(line), stdin); h++) {
		line[strcspn(line, "\n")] = '\0';
		end = row(s, h, line, &style);
		w = end > w ? end : w;
	}
	for (int y = 0; y < h; y++) /* rows as long as the longest */
		memmove(s->cells + (size_t)y * (size_t)w, s->cells + (size_t)y * COLUMNS,
		    (size_t)w * sizeof(*s->cells));
	s->w = w;
	s->h = h;
}

int main(int argc, char **argv)
{
	struct surface s;
	struct theme theme;
	struct sbuf out;
	struct err err = {0};

	if ((argc != 2 && argc != 4) || theme_builtin(&theme, "dark", &err) != ERR_OK) {
		fprintf(stderr, "usage: screen-svg TITLE [X Y] <SCREEN  %s\n", err.text);
		return 2;
	}
	surface_init(&s, COLUMNS, ROWS);
	read_screen(&s);
	if (argc == 4) {
		s.cursor_x = atoi(argv[2]);
		s.cursor_y = atoi(argv[3]);
	}
	sbuf_init(&out, 1u << 22);
	svg_begin(&out, s.w, s.h, argv[1]);
	svg_surface(&out, &s, &theme);
	svg_end(&out);
	fwrite(sbuf_str(&out), 1, out.len, stdout);
	sbuf_fini(&out);
	surface_fini(&s);
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The edit line's row: mark, text with secrets as dots, cursor, hint or notice at the right. */
#include "bars.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

/* Characters of the line as cells: control characters as ^X, secrets as dots. */
struct glyphs {
	const char *text;
	size_t n, at;
	const uint8_t *mask;
	const struct prompt_hint *hint; /* tells which bytes are wrong */
	uint32_t cp[2];			/* what stands for the character */
	int count, cells;
	bool mark; /* stand-in */
	size_t len;
};

static bool glyph_next(struct glyphs *g)
{
	uint32_t cp;
	int len;

	g->at += g->len;
	if (g->at >= g->n)
		return false;
	len = utf8_decode((const uint8_t *)g->text + g->at, g->n - g->at, &cp);
	if (len <= 0) {
		len = 1;
		cp = 0xfffd;
	}
	g->len = (size_t)len;
	g->count = 1;
	g->mark = false;
	g->cp[0] = cp;
	g->cells = utf8_width(cp);
	if (g->mask[g->at]) {
		g->cp[0] = 0x2022;
		g->cells = g->cells ? 1 : 0;
	} else if (g->cells < 0) {
		g->cp[0] = cp < 0x80 ? '^' : '?';
		g->cp[1] = (cp ^ 0x40) & 0x7f;
		g->count = cp < 0x80 ? 2 : 1;
		g->cells = g->count;
		g->mark = true;
	}
	return true;
}

/* Cells before the byte offset. */
static int cells_before(struct glyphs g, size_t offset)
{
	int cells = 0;

	while (glyph_next(&g) && g.at < offset)
		cells += g.cells;
	return cells;
}

static enum style_id glyph_style(const struct glyphs *g, bool focused)
{
	if (g->mark)
		return STYLE_CONTROL;
	if (g->at >= g->hint->at && g->at < g->hint->at + g->hint->len)
		return STYLE_WARN;
	return focused ? STYLE_EDIT : STYLE_HINT;
}

static void draw_text(
    struct prompt *p, struct glyphs g, int cursor, struct surface *to, struct rect r, bool focused)
{
	int x = r.x - p->shift;

	while (glyph_next(&g)) {
		enum style_id style = glyph_style(&g, focused);

		for (int i = 0; i < g.count; i++) {
			uint32_t cp = g.cp[i];

			if (cp == 0x2022 && !to->unicode)
				cp = '*';
			surface_glyph(to, r, x + i, r.y, style, NULL, cp);
		}
		x += g.cells;
	}
	if (p->shift > 0)
		surface_text(to, r, r.x, r.y, STYLE_HINT, "‹");
	if (x > r.x + r.w)
		surface_text(to, r, r.x + r.w - 1, r.y, STYLE_HINT, "›");
	if (focused && r.w > 0) {
		x = r.x + cursor - p->shift;
		to->cursor_x = x < r.x + r.w ? x : r.x + r.w - 1;
		to->cursor_y = r.y;
	}
}

/* Keeps the cursor in sight, with some text at its sides. */
static void scroll_to(struct prompt *p, int cursor, int total, int w)
{
	int margin = w > 20 ? 8 : 1;

	if (total + 1 <= w)
		p->shift = 0;
	else if (cursor - p->shift > w - 1 - (cursor < total ? margin : 0))
		p->shift = cursor - w + 1 + (cursor < total ? margin : 0);
	else if (cursor - p->shift < margin)
		p->shift = cursor > margin ? cursor - margin : 0;
	if (p->shift > 0 && p->shift > total + 1 - w)
		p->shift = total + 1 > w ? total + 1 - w : 0;
}

static int draw_mark(
    const struct lineedit *e, bool hex, bool focused, struct surface *to, struct rect r)
{
	const char *search = lineedit_prompt(e);

	if (search[0])
		return surface_text(to, r, r.x, r.y, STYLE_PROMPT, search);
	if (hex) {
		int x =
		    surface_text(to, r, r.x, r.y, STYLE_STATUS_GOOD, r.w < 40 ? "HEX" : " HEX ");

		r.w -= x - r.x;
		r.x = x;
	}
	if (r.w < 12)
		return surface_text(to, r, r.x, r.y, STYLE_PROMPT, focused ? "❯" : "·");
	return surface_text(
	    to, r, r.x, r.y, focused ? STYLE_PROMPT : STYLE_HINT, focused ? " ❯ " : " · ");
}

/* How much of the row the words at the right get. A hint takes what is free. A notice is gone with
 * the next key: until then it may hide the line. */
static int side_width(const char *side, bool notice, int free_cells, int w)
{
	int need = utf8_str_width(side) + 2;

	if (!side[0])
		return 0;
	if (need <= free_cells)
		return need;
	if (notice)
		return need <= w - 12 ? need : w - 2;
	return free_cells >= 24 ? free_cells : 0;
}

/* The words at the right. */
static void draw_side(const char *side, enum style_id style, struct surface *to, struct rect r)
{
	int need = utf8_str_width(side);
	int x = need < r.w - 1 ? r.x + r.w - 1 - need : r.x;

	surface_text(to, r, x, r.y, style, side);
	if (need > r.w)
		surface_text(to, r, r.x + r.w - 1, r.y, style, "…");
}

void prompt_draw_hint(const struct prompt_hint *hint, struct surface *to, struct rect r)
{
	int need = utf8_str_width(hint->text) + 2;

	if (need < r.w) {
		r.x += r.w - need;
		r.w = need;
	}
	surface_fill(to, r, STYLE_POPUP);
	r.x++;
	r.w -= 2;
	draw_side(hint->text, hint->warn ? STYLE_WARN : STYLE_HINT, to, r);
}

bool prompt_draw(struct prompt *p, const struct session *s, const struct secrets *secrets,
    const struct lineedit *e, const struct prompt_hint *hint, bool focused, struct surface *to,
    struct rect r)
{
	const char *text = lineedit_text(e);
	bool notice = s->notice[0] != '\0', above;
	const char *side = notice ? s->notice : hint->text[0] || text[0] ? hint->text : s->tip;
	enum style_id style = notice	   ? (s->notice_bad ? STYLE_BAD : STYLE_OWN)
			      : hint->warn ? STYLE_WARN
					   : STYLE_HINT;
	struct glyphs g = {.text = text, .n = strlen(text), .hint = hint};
	uint8_t *mask = xcalloc(g.n + 1, 1);
	struct rect in = r;
	int total, cursor, side_w;

	if (secrets && !s->reveal)
		secrets_spans(secrets, text, g.n, mask);
	g.mask = mask;
	surface_fill(to, r, STYLE_EDIT);
	in.x = draw_mark(e, s->hex_entry, focused, to, r);
	if (in.x > r.x + r.w - 1)
		in.x = r.x + r.w - 1;
	in.w = r.x + r.w - in.x;
	total = cells_before(g, g.n);
	cursor = cells_before(g, lineedit_cursor(e));
	above = hint->above && !notice && utf8_str_width(side) + 2 > in.w - total - 2;
	side_w = above ? 0 : side_width(side, notice, in.w - total - 2, in.w);
	if (side_w > in.w - 2)
		side_w = in.w > 2 ? in.w - 2 : 0;
	in.w -= side_w;
	scroll_to(p, cursor, total, in.w);
	draw_text(p, g, cursor, to, in, focused);
	if (side_w > 2) {
		struct rect right = {in.x + in.w + 1, r.y, side_w - 1, 1};

		draw_side(side, style, to, right);
	}
	free(mask);
	return !above;
}

void prompt_draw_direct(const struct session *s, struct surface *to, struct rect r)
{
	const char *key = keymap_key_of(s->keymap, "/direct");
	struct rect in = r;
	char text[120];
	int need;

	str_fmt(text, sizeof(text), "%s leaves   each key goes to the device at once",
	    key ? key : "Ctrl-]");
	surface_fill(to, r, STYLE_EDIT);
	in.x =
	    surface_text(to, r, r.x, r.y, STYLE_STATUS_GOOD, r.w < 40 ? "DIRECT" : " DIRECT ") + 1;
	in.w = r.x + r.w - in.x;
	surface_text(to, in, in.x, r.y, STYLE_PROMPT, text);
	need = utf8_str_width(text) + 3;
	if (s->notice[0] && in.w > need + 10) {
		in.x += need;
		in.w -= need;
		surface_text(to, in, in.x, r.y, s->notice_bad ? STYLE_BAD : STYLE_OWN, s->notice);
	}
}

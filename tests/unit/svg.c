/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Screens as SVG. Lines and bars are drawn as such: as letters they would have gaps in most fonts.
 * A text is stretched to its cells, and what is not ASCII stands by itself in its cell, since it may
 * come from a font of another width.
 */
#include "svg.h"

#include <string.h>

#include "tasmite/base/utf8.h"

#define MARGIN	 8
#define BASELINE 14
#define FG	 0xd0d0d0u
#define BG	 0x1c1c1cu

struct look {
	uint32_t fg, bg;
	unsigned attr;
};

/* ---- colours: xterm's ------------------------------------------------------------------------- */

static uint32_t rgb_of(int n, uint32_t fallback)
{
	static const uint32_t base[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee,
	    0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff,
	    0xff00ff, 0x00ffff, 0xffffff};
	static const uint32_t cube[6] = {0, 95, 135, 175, 215, 255};
	uint32_t grey;

	if (n < 0 || n > 255)
		return fallback;
	if (n < 16)
		return base[n];
	if (n >= 232) {
		grey = 8 + 10 * ((uint32_t)n - 232);
		return grey << 16 | grey << 8 | grey;
	}
	n -= 16;
	return cube[n / 36] << 16 | cube[n / 6 % 6] << 8 | cube[n % 6];
}

static uint32_t device_color(const struct ansi_color *c, uint32_t otherwise)
{
	if (c->kind == ANSI_RGB)
		return (uint32_t)c->index << 16 | (uint32_t)c->g << 8 | c->b;
	return c->kind == ANSI_INDEX ? rgb_of(c->index, otherwise) : otherwise;
}

/* As the terminal's file resolves a cell. */
static struct look look_of(const struct cell *cell, const struct theme *theme)
{
	const struct theme_cell *cells = theme->cells[THEME_256], *t = &cells[cell->style];
	int bg = t->bg == cells[STYLE_DEFAULT].bg ? cells[cell->base].bg : t->bg;
	struct look l = {rgb_of(t->fg, FG), rgb_of(bg, BG), t->attr};
	uint32_t swap;

	if (cell->has_color) {
		l.fg = device_color(&cell->color.fg, l.fg);
		l.bg = device_color(&cell->color.bg, l.bg);
		l.attr |= cell->color.attr & ANSI_BOLD ? THEME_BOLD : 0;
		l.attr |= cell->color.attr & ANSI_REVERSE ? THEME_REVERSE : 0;
	}
	if (l.attr & THEME_REVERSE) {
		swap = l.fg;
		l.fg = l.bg;
		l.bg = swap;
	}
	return l;
}

static bool same_letters(const struct look *a, const struct look *b)
{
	const unsigned seen = THEME_BOLD | THEME_DIM | THEME_UNDERLINE | THEME_ITALIC;

	return a->fg == b->fg && (a->attr & seen) == (b->attr & seen);
}

/* ---- shapes ----------------------------------------------------------------------------------- */

static void rect(struct sbuf *out, double x, double y, double w, double h, uint32_t color)
{
	sbuf_fmt(out, "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"#%06x\"/>\n", x, y,
	    w, h, (unsigned)color);
}

/* Box drawing: from the middle of the cell up 1, down 2, left 4, right 8. */
static unsigned box_arms(uint32_t cp)
{
	static const struct {
		uint32_t cp;
		unsigned arms;
	} boxes[] = {{0x2500, 12}, {0x2502, 3}, {0x250c, 10}, {0x2510, 6}, {0x2514, 9}, {0x2518, 5},
	    {0x251c, 11}, {0x2524, 7}, {0x252c, 14}, {0x2534, 13}, {0x253c, 15}};

	for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++)
		if (boxes[i].cp == cp)
			return boxes[i].arms;
	return 0;
}

/* True when the character is a shape, which it then draws. */
static bool shape(struct sbuf *out, int x, int y, uint32_t cp, uint32_t color)
{
	const double mx = x + (SVG_CELL_W - 1) / 2.0, my = y + (SVG_CELL_H - 1) / 2.0;
	unsigned arms = box_arms(cp);

	if (arms) {
		double x0 = arms & 4 ? x : mx, x1 = arms & 8 ? x + SVG_CELL_W : mx + 1;
		double y0 = arms & 1 ? y : my, y1 = arms & 2 ? y + SVG_CELL_H : my + 1;

		if (arms & 12)
			rect(out, x0, my, x1 - x0, 1, color);
		if (arms & 3)
			rect(out, mx, y0, 1, y1 - y0, color);
	} else if (cp == 0x23fa) { /* the recording mark: few fonts have it */
		sbuf_fmt(out, "<circle cx=\"%g\" cy=\"%g\" r=\"4\" fill=\"#%06x\"/>\n", mx, my,
		    (unsigned)color);
	} else if (cp >= 0x2581 && cp <= 0x2588) { /* from below, in eighths */
		double h = SVG_CELL_H * (double)(cp - 0x2580) / 8;

		rect(out, x, y + SVG_CELL_H - h, SVG_CELL_W, h, color);
	} else if (cp >= 0x2589 && cp <= 0x258f) { /* from the left */
		rect(out, x, y, SVG_CELL_W * (double)(0x2590 - cp) / 8, SVG_CELL_H, color);
	} else if (cp >= 0x2591 && cp <= 0x2593) { /* shades */
		sbuf_fmt(out, "<g opacity=\"%g\">", 0.25 * (double)(cp - 0x2590));
		rect(out, x, y, SVG_CELL_W, SVG_CELL_H, color);
		sbuf_add(out, "</g>\n");
	} else {
		return false;
	}
	return true;
}

/* ---- letters ---------------------------------------------------------------------------------- */

static void escaped(struct sbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			sbuf_add(out, "&amp;");
		else if (*text == '<')
			sbuf_add(out, "&lt;");
		else
			sbuf_add_n(out, text, 1);
	}
}

static void begin_text(struct sbuf *out, const struct look *l)
{
	sbuf_fmt(out, " fill=\"#%06x\"%s%s%s%s>", (unsigned)l->fg,
	    l->attr & THEME_BOLD ? " font-weight=\"bold\"" : "",
	    l->attr & THEME_ITALIC ? " font-style=\"italic\"" : "",
	    l->attr & THEME_UNDERLINE ? " text-decoration=\"underline\"" : "",
	    l->attr & THEME_DIM ? " opacity=\".6\"" : "");
}

static bool is_ascii(const struct cell *c)
{
	return (unsigned char)c->text[0] < 0x80 && c->text[0] && !c->text[1];
}

/* From x on, as far as the look stays: returns the x behind. */
static int ascii_run(
    struct sbuf *out, const struct surface *s, const struct theme *theme, int x, int y)
{
	struct look l = look_of(surface_cell(s, x, y), theme), m;
	char text[1024];
	int end = x, used = 0, n = 0;

	for (; end < s->w && n < (int)sizeof(text) - 1; end++) {
		const struct cell *c = surface_cell(s, end, y);

		if (!is_ascii(c))
			break;
		m = look_of(c, theme);
		if (c->text[0] != ' ' && !same_letters(&l, &m))
			break;
		/* A gap ends it: stretching would move what is behind. */
		if (c->text[0] == ' ' && n && text[n - 1] == ' ')
			break;
		text[n++] = c->text[0];
		if (c->text[0] != ' ')
			used = n;
	}
	text[used] = '\0';
	if (!used)
		return end > x ? end : x + 1;
	sbuf_fmt(out, "<text x=\"%d\" y=\"%d\" textLength=\"%d\"", MARGIN + x * SVG_CELL_W,
	    MARGIN + y * SVG_CELL_H + BASELINE, used * SVG_CELL_W);
	begin_text(out, &l);
	escaped(out, text);
	sbuf_add(out, "</text>\n");
	return x + n;
}

static void glyph(struct sbuf *out, const struct cell *c, const struct look *l, int x, int y, int w)
{
	int px = MARGIN + x * SVG_CELL_W, py = MARGIN + y * SVG_CELL_H;
	uint32_t cp = 0;

	if (utf8_decode((const uint8_t *)c->text, strlen(c->text), &cp) > 0 &&
	    shape(out, px, py, cp, l->fg))
		return;
	sbuf_fmt(out, "<text x=\"%g\" y=\"%d\" text-anchor=\"middle\"", px + w * SVG_CELL_W / 2.0,
	    py + BASELINE);
	begin_text(out, l);
	escaped(out, c->text);
	sbuf_add(out, "</text>\n");
}

static void row_letters(struct sbuf *out, const struct surface *s, const struct theme *theme, int y)
{
	for (int x = 0; x < s->w;) {
		const struct cell *c = surface_cell(s, x, y);
		struct look l = look_of(c, theme);
		int w = x + 1 < s->w && !surface_cell(s, x + 1, y)->text[0] ? 2 : 1;

		if (!c->text[0] || !strcmp(c->text, " ")) {
			x++;
		} else if (is_ascii(c)) {
			x = ascii_run(out, s, theme, x, y);
		} else {
			glyph(out, c, &l, x, y, w);
			x += w;
		}
	}
}

static void row_background(
    struct sbuf *out, const struct surface *s, const struct theme *theme, int y, uint32_t all)
{
	for (int x = 0, end; x < s->w; x = end) {
		struct look l = look_of(surface_cell(s, x, y), theme);

		for (end = x + 1; end < s->w; end++)
			if (look_of(surface_cell(s, end, y), theme).bg != l.bg)
				break;
		if (l.bg != all)
			rect(out, MARGIN + x * SVG_CELL_W, MARGIN + y * SVG_CELL_H,
			    (end - x) * SVG_CELL_W, SVG_CELL_H, l.bg);
	}
}

/* ---- the picture ------------------------------------------------------------------------------ */

void svg_begin(struct sbuf *out, int w, int h, const char *title)
{
	int px = w * SVG_CELL_W + 2 * MARGIN, py = h * SVG_CELL_H + 2 * MARGIN;

	sbuf_fmt(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d "
	    "%d\""
	    " font-family=\"'DejaVu Sans Mono','Liberation Mono',Menlo,Consolas,monospace\""
	    " font-size=\"15\" role=\"img\">\n<title>",
	    px, py, px, py);
	escaped(out, title);
	sbuf_add(out, "</title>\n");
}

void svg_surface(struct sbuf *out, const struct surface *s, const struct theme *theme)
{
	uint32_t all = rgb_of(theme->cells[THEME_256][STYLE_DEFAULT].bg, BG);

	sbuf_fmt(out, "<g>\n<rect width=\"%d\" height=\"%d\" rx=\"6\" fill=\"#%06x\"/>\n",
	    s->w * SVG_CELL_W + 2 * MARGIN, s->h * SVG_CELL_H + 2 * MARGIN, (unsigned)all);
	for (int y = 0; y < s->h; y++) {
		row_background(out, s, theme, y, all);
		row_letters(out, s, theme, y);
	}
	if (s->cursor_x >= 0)
		rect(out, MARGIN + s->cursor_x * SVG_CELL_W, MARGIN + s->cursor_y * SVG_CELL_H + 1,
		    2, SVG_CELL_H - 2, FG);
	sbuf_add(out, "</g>\n");
}

void svg_end(struct sbuf *out)
{
	sbuf_add(out, "</svg>\n");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grid of cells. Whatever is written, no control character gets into a cell. */
#include "tasmite/ui/surface.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

/* Box drawing by the directions that a line leaves the cell. */
enum { LINE_UP = 1, LINE_DOWN = 2, LINE_LEFT = 4, LINE_RIGHT = 8 };
static const char *const box_chars[16] = {
    " ", "│", "│", "│", "─", "┘", "┐", "┤", "─", "└", "┌", "├", "─", "┴", "┬", "┼"};

/* The marks that the program itself draws, for terminals without them. */
struct ascii_mark {
	uint32_t cp;
	char ascii;
};
static const struct ascii_mark ascii_marks[] = {{0x00b7, '.'}, {0x2013, '-'}, {0x2014, '-'},
    {0x2018, '\''}, {0x2019, '\''}, {0x201c, '"'}, {0x201d, '"'}, {0x2022, '*'}, {0x2026, '.'},
    {0x2039, '<'}, {0x203a, '>'}, {0x2190, '<'}, {0x2191, '^'}, {0x2192, '>'}, {0x2193, 'v'},
    {0x21b3, '+'}, {0x23fa, '*'}, {0x2500, '-'}, {0x2502, '|'}, {0x250c, '+'}, {0x2510, '+'},
    {0x2514, '+'}, {0x2518, '+'}, {0x251c, '+'}, {0x2524, '+'}, {0x252c, '+'}, {0x2534, '+'},
    {0x253c, '+'}, {0x2581, '_'}, {0x2582, '.'}, {0x2583, '-'}, {0x2584, '='}, {0x2585, '+'},
    {0x2586, 'o'}, {0x2587, '%'}, {0x2588, '#'}, {0x2591, '.'}, {0x2592, ':'}, {0x2593, '%'},
    {0x25aa, '='}, {0x25b2, '^'}, {0x25b6, '>'}, {0x25b8, '>'}, {0x25bc, 'v'}, {0x25be, 'v'},
    {0x25c6, '*'}, {0x25cb, 'o'}, {0x25cf, '*'}, {0x2714, '+'}, {0x2718, 'x'}, {0x276f, '>'}};

static uint32_t ascii_mark(uint32_t cp)
{
	if (cp >= 0x2400 && cp <= 0x2426) /* control pictures */
		return '?';
	for (size_t i = 0; i < sizeof(ascii_marks) / sizeof(ascii_marks[0]); i++)
		if (ascii_marks[i].cp == cp)
			return (uint32_t)ascii_marks[i].ascii;
	return cp;
}

static void cell_clear(struct cell *c, enum style_id style)
{
	uint8_t base = c->base;

	memset(c, 0, sizeof(*c));
	c->style = (uint16_t)style;
	c->base = base;
}

static void cell_blank(struct cell *c, enum style_id style)
{
	cell_clear(c, style);
	c->text[0] = ' ';
}

void surface_init(struct surface *s, int w, int h)
{
	memset(s, 0, sizeof(*s));
	s->unicode = true;
	surface_resize(s, w, h);
}

void surface_fini(struct surface *s)
{
	free(s->cells);
	s->cells = NULL;
	s->w = s->h = 0;
}

void surface_resize(struct surface *s, int w, int h)
{
	w = w < 1 ? 1 : w;
	h = h < 1 ? 1 : h;
	if (w != s->w || h != s->h || !s->cells) {
		s->cells = xreallocarray(s->cells, (size_t)w * (size_t)h, sizeof(*s->cells));
		s->w = w;
		s->h = h;
	}
	s->cursor_x = s->cursor_y = -1;
	surface_fill(s, (struct rect){0, 0, w, h}, STYLE_DEFAULT);
}

struct rect rect_clip(struct rect a, struct rect b)
{
	int x2 = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
	int y2 = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
	struct rect r;

	r.x = a.x > b.x ? a.x : b.x;
	r.y = a.y > b.y ? a.y : b.y;
	r.w = x2 > r.x ? x2 - r.x : 0;
	r.h = y2 > r.y ? y2 - r.y : 0;
	return r;
}

static struct rect on_surface(const struct surface *s, struct rect r)
{
	return rect_clip(r, (struct rect){0, 0, s->w, s->h});
}

static struct cell *cell_at(struct surface *s, int x, int y)
{
	return &s->cells[(size_t)y * (size_t)s->w + (size_t)x];
}

/* A wide character that loses one half loses the other too. */
static void split_wide(struct surface *s, int x, int y)
{
	struct cell *c = cell_at(s, x, y);

	if (!c->text[0] && x > 0) {
		cell_blank(c, (enum style_id)c->style);
		c = cell_at(s, x - 1, y);
		cell_blank(c, (enum style_id)c->style);
	} else if (x + 1 < s->w && !cell_at(s, x + 1, y)->text[0]) {
		c = cell_at(s, x + 1, y);
		cell_blank(c, (enum style_id)c->style);
	}
}

void surface_fill(struct surface *s, struct rect r, enum style_id style)
{
	const struct cell blank = {.text = " ", .style = (uint16_t)style, .base = (uint8_t)style};

	r = on_surface(s, r);
	if (!r.w)
		return;
	for (int y = r.y; y < r.y + r.h; y++) {
		/* The cell beyond each edge may hold half of a character that begins inside. */
		if (r.x > 0)
			split_wide(s, r.x, y);
		if (r.x + r.w < s->w)
			split_wide(s, r.x + r.w - 1, y);
		if (y > r.y) { /* as the first row */
			memcpy(
			    cell_at(s, r.x, y), cell_at(s, r.x, r.y), (size_t)r.w * sizeof(blank));
			continue;
		}
		for (int x = r.x; x < r.x + r.w; x++)
			*cell_at(s, x, y) = blank;
	}
}

/* Characters that steer the layout of text rather than being seen: direction marks, joiners,
 * variation selectors, tags (Unicode category Cf and the selectors). Terminals disagree about
 * them, and some reorder the row: they are left out. */
static bool is_format(uint32_t cp)
{
	if (cp < 0xad) /* nearly all */
		return false;
	return cp == 0xad || (cp >= 0x600 && cp <= 0x605) || cp == 0x61c || cp == 0x6dd ||
	       cp == 0x70f || (cp >= 0x180b && cp <= 0x180e) || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) ||
	       (cp >= 0xfe00 && cp <= 0xfe0f) || cp == 0xfeff || (cp >= 0xfff0 && cp <= 0xfffb) ||
	       (cp >= 0x1d173 && cp <= 0x1d17a) || (cp >= 0xe0000 && cp <= 0xe0fff);
}

static void add_mark(struct surface *s, struct rect clip, int x, int y, uint32_t cp)
{
	struct cell *c;
	char bytes[4];
	size_t have;
	int n;

	if (x <= clip.x || x > clip.x + clip.w)
		return;
	c = cell_at(s, x - 1, y);
	if (!c->text[0] && x - 1 > clip.x)
		c = cell_at(s, x - 2, y);
	have = strlen(c->text);
	n = utf8_encode(cp, bytes);
	if (!have || have + (size_t)n >= CELL_BYTES)
		return;
	memcpy(c->text + have, bytes, (size_t)n);
	c->text[have + (size_t)n] = '\0';
}

int surface_glyph(struct surface *s, struct rect clip, int x, int y, enum style_id style,
    const struct ansi_style *color, uint32_t cp)
{
	struct rect r = on_surface(s, clip);
	struct cell *c;
	int w;

	if (y < r.y || y >= r.y + r.h)
		return 0;
	/* Surrogates and beyond are encoded as U+FFFD below. */
	w = utf8_width(cp);
	if (w < 0) {
		cp = '?';
		w = 1;
	}
	if (is_format(cp))
		return 0;
	if (w == 0) {
		add_mark(s, r, x, y, cp);
		return 0;
	}
	if (x < r.x || x + w > r.x + r.w)
		return 0;
	for (int i = 0; i < w; i++)
		split_wide(s, x + i, y);
	c = cell_at(s, x, y);
	cell_clear(c, style);
	c->text[utf8_encode(cp, c->text)] = '\0';
	if (color) {
		c->has_color = 1;
		c->color = *color;
	}
	if (w == 2) {
		struct cell *right = cell_at(s, x + 1, y);

		*right = *c;
		memset(right->text, 0, sizeof(right->text));
	}
	return w;
}

static bool is_ascii(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

void surface_ascii(struct surface *s, struct rect clip, int x, int y, enum style_id style,
    const uint8_t *bytes, size_t n)
{
	struct rect r = on_surface(s, clip);
	size_t skip = x < r.x ? (size_t)((int64_t)r.x - x) : 0;
	struct cell c = {.style = (uint16_t)style}, *to;

	if (!r.w || y < r.y || y >= r.y + r.h || x >= r.x + r.w || skip >= n)
		return;
	bytes += skip;
	n -= skip;
	x += (int)skip;
	if (n > (size_t)(r.x + r.w - x))
		n = (size_t)(r.x + r.w - x);
	/* What is written over whole needs no look; at the ends a half may stay. */
	split_wide(s, x, y);
	split_wide(s, x + (int)n - 1, y);
	to = cell_at(s, x, y);
	for (size_t i = 0; i < n; i++, to++) {
		c.text[0] = is_ascii(bytes[i]) ? (char)bytes[i] : '?';
		c.base = to->base;
		*to = c;
	}
}

/* How much of the text, from its beginning, is printable ASCII. */
static size_t ascii_part(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && is_ascii(p[i]))
		i++;
	return i;
}

int surface_text(
    struct surface *s, struct rect clip, int x, int y, enum style_id style, const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t n = strlen(text);

	while (n) {
		size_t ascii = ascii_part(p, n);
		uint32_t cp;
		int len, w;

		if (ascii) {
			surface_ascii(s, clip, x, y, style, p, ascii);
			x += (int)ascii;
			p += ascii;
			n -= ascii;
			continue;
		}
		len = utf8_decode(p, n, &cp);

		if (len <= 0) {
			cp = s->unicode ? 0xfffd : '?';
			len = 1;
		}
		if (!s->unicode)
			cp = ascii_mark(cp);
		w = utf8_width(cp);
		w = w < 0 ? 1 : w;
		surface_glyph(s, clip, x, y, style, NULL, cp);
		x += is_format(cp) ? 0 : w;
		p += len;
		n -= (size_t)len;
	}
	return x;
}

int surface_fmt(
    struct surface *s, struct rect clip, int x, int y, enum style_id style, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	str_vfmt(text, sizeof(text), fmt, ap);
	va_end(ap);
	return surface_text(s, clip, x, y, style, text);
}

/* The directions of the line that stands in a cell, 0 for anything else. */
static unsigned lines_in(const struct cell *c)
{
	if (c->text[0] == ' ') /* most often */
		return 0;
	if (!strcmp(c->text, "-"))
		return LINE_LEFT | LINE_RIGHT;
	if (!strcmp(c->text, "|"))
		return LINE_UP | LINE_DOWN;
	if (!strcmp(c->text, "+"))
		return LINE_UP | LINE_DOWN | LINE_LEFT | LINE_RIGHT;
	/* From the end: "│" and "─" stand for both directions there. */
	for (unsigned i = 15; i > 0; i--)
		if (!strcmp(c->text, box_chars[i]))
			return i;
	return 0;
}

static void join_line(struct surface *s, int x, int y, enum style_id style, unsigned lines)
{
	struct cell *c;
	const char *text;

	if (x < 0 || y < 0 || x >= s->w || y >= s->h)
		return;
	c = cell_at(s, x, y);
	lines |= lines_in(c);
	split_wide(s, x, y);
	text = box_chars[lines];
	if (!s->unicode)
		text = !(lines & (LINE_UP | LINE_DOWN))	     ? "-"
		       : !(lines & (LINE_LEFT | LINE_RIGHT)) ? "|"
							     : "+";
	cell_blank(c, style);
	memcpy(c->text, text, strlen(text) + 1);
}

void surface_box(struct surface *s, struct rect r, enum style_id style)
{
	int x2 = r.x + r.w - 1, y2 = r.y + r.h - 1;

	if (r.w < 2 || r.h < 2)
		return;
	for (int x = r.x + 1; x < x2; x++) {
		join_line(s, x, r.y, style, LINE_LEFT | LINE_RIGHT);
		join_line(s, x, y2, style, LINE_LEFT | LINE_RIGHT);
	}
	for (int y = r.y + 1; y < y2; y++) {
		join_line(s, r.x, y, style, LINE_UP | LINE_DOWN);
		join_line(s, x2, y, style, LINE_UP | LINE_DOWN);
	}
	join_line(s, r.x, r.y, style, LINE_DOWN | LINE_RIGHT);
	join_line(s, x2, r.y, style, LINE_DOWN | LINE_LEFT);
	join_line(s, r.x, y2, style, LINE_UP | LINE_RIGHT);
	join_line(s, x2, y2, style, LINE_UP | LINE_LEFT);
}

void surface_restyle(struct surface *s, struct rect r, enum style_id style)
{
	r = on_surface(s, r);
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			cell_at(s, x, y)->style = (uint16_t)style;
}

void surface_copy(struct surface *dst, const struct surface *src)
{
	if (dst->w != src->w || dst->h != src->h || !dst->cells)
		surface_resize(dst, src->w, src->h);
	memcpy(dst->cells, src->cells, (size_t)src->w * (size_t)src->h * sizeof(*src->cells));
	dst->cursor_x = src->cursor_x;
	dst->cursor_y = src->cursor_y;
	dst->unicode = src->unicode;
}

const struct cell *surface_cell(const struct surface *s, int x, int y)
{
	if (x < 0 || y < 0 || x >= s->w || y >= s->h)
		return NULL;
	return &s->cells[(size_t)y * (size_t)s->w + (size_t)x];
}

void surface_row_text(const struct surface *s, int y, char *dst, size_t size)
{
	size_t n = 0, end = 0;

	dst[0] = '\0';
	for (int x = 0; x < s->w && y >= 0 && y < s->h; x++) {
		const struct cell *c = surface_cell(s, x, y);
		size_t len = strlen(c->text);

		if (n + len >= size)
			break;
		memcpy(dst + n, c->text, len);
		n += len;
		if (len && strcmp(c->text, " ") != 0)
			end = n;
	}
	dst[end] = '\0';
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells that differ, as bytes. Control functions by ECMA-48. */
#include "cellout.h"

#include <string.h>

#include "tasmite/core/theme.h"

/* To go on writing over what stands there already costs less than to move over so many cells. */
#define GAP 4
/* Erasing costs less than so many blanks. */
#define BLANKS 6

void cellout_init(
    struct cellout *o, const struct cellout_caps *caps, const struct cellout_ops *ops, void *ctx)
{
	memset(o, 0, sizeof(*o));
	o->caps = caps;
	o->ops = ops;
	o->ctx = ctx;
	o->x = o->y = o->cursor = -1;
	surface_init(&o->last, 1, 1);
}

void cellout_fini(struct cellout *o)
{
	surface_fini(&o->last);
}

static void put(struct buf *out, const char *s)
{
	buf_append(out, s, strlen(s));
}

static char *put_number(char *end, unsigned n)
{
	do {
		*--end = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	return end;
}

void cellout_csi(struct buf *out, int a, int b, char final)
{
	char text[32], *end = text + sizeof(text), *at = end;

	*--at = final;
	if (b >= 0) {
		at = put_number(at, (unsigned)b);
		*--at = ';';
	}
	at = put_number(at, (unsigned)a);
	*--at = '[';
	*--at = '\033';
	buf_append(out, at, (size_t)(end - at));
}

/* ---- looks ----------------------------------------------------------------------------------- */

static void all_off(struct cellout *o, struct buf *out)
{
	put(out, o->caps->normal);
	if (!o->caps->normal_all)
		put(out, o->caps->plain);
	o->now = (struct cellout_look){-1, -1, 0};
	o->known = true;
}

static void set_look(struct cellout *o, const struct cellout_look *l, struct buf *out)
{
	if (!o->known || (o->now.attr & ~l->attr))
		all_off(o, out);
	if ((l->fg < 0 && o->now.fg >= 0) || (l->bg < 0 && o->now.bg >= 0)) {
		put(out, o->caps->plain);
		o->now.fg = o->now.bg = -1;
	}
	for (unsigned i = 0; i < CELLOUT_ATTRS; i++)
		if ((l->attr & ~o->now.attr) & 1u << i)
			put(out, o->caps->on[i]);
	if (l->fg != o->now.fg)
		put(out, o->caps->fg[l->fg & 255]);
	if (l->bg != o->now.bg)
		put(out, o->caps->bg[l->bg & 255]);
	o->now = *l;
}

/* Of a blank only the background is seen. */
static void set_blank(struct cellout *o, const struct cellout_look *l, struct buf *out)
{
	const unsigned seen = THEME_UNDERLINE | THEME_REVERSE;

	if (!o->known || o->now.bg != l->bg || ((o->now.attr | l->attr) & seen))
		set_look(o, l, out);
}

static bool looks_like(const struct cell *a, const struct cell *b)
{
	return a->style == b->style && a->base == b->base && a->has_color == b->has_color &&
	       (!a->has_color || !memcmp(&a->color, &b->color, sizeof(a->color)));
}

/* ---- cells ----------------------------------------------------------------------------------- */

/* One frame on its way. */
struct frame {
	struct cellout *o;
	const struct surface *s;
	struct buf *out;
	bool whole;
	const struct cell *of; /* whose look this is */
	struct cellout_look look;
};

static const struct cell *cell_of(const struct surface *s, int x, int y)
{
	return &s->cells[(size_t)y * (size_t)s->w + (size_t)x];
}

static bool differs(const struct frame *f, int x, int y)
{
	return f->whole ||
	       memcmp(cell_of(f->s, x, y), cell_of(&f->o->last, x, y), sizeof(struct cell)) != 0;
}

static bool is_blank(const struct cell *c)
{
	return c->text[0] == ' ' && !c->text[1];
}

static bool is_char(const struct cell *c)
{
	return c->text[0] > 0x20 && c->text[0] < 0x7f && !c->text[1];
}

static void go(struct frame *f, int x, int y)
{
	struct cellout *o = f->o;

	if (o->x == x && o->y == y)
		return;
	if (o->y == y && o->caps->column) {
		cellout_csi(f->out, x + 1, -1, 'G');
	} else {
		o->ops->move(o->ctx, x, y, f->out);
	}
	o->x = x;
	o->y = y;
}

/* How many blanks of one look stand there. */
static int blanks_at(const struct frame *f, int x, int y)
{
	const struct cell *first = cell_of(f->s, x, y), *c = first;
	int n = 0;

	while (x + n < f->s->w && is_blank(c) && (n == 0 || looks_like(first, c))) {
		n++;
		c++;
	}
	return n;
}

/* Erases a run of blanks if that is possible and pays; how many cells are done. */
static int erase(struct frame *f, int x, int y)
{
	const struct cellout_caps *caps = f->o->caps;
	int n = blanks_at(f, x, y);
	bool to_end = x + n == f->s->w && caps->end_of_row[0];

	if (n < BLANKS || (!caps->erase && !to_end) || (f->look.attr & ~THEME_BOLD) ||
	    (f->look.bg >= 0 && !caps->erase_colored))
		return 0;
	set_blank(f->o, &f->look, f->out);
	if (to_end)
		put(f->out, caps->end_of_row);
	else
		cellout_csi(f->out, n, -1, 'X');
	return n; /* the cursor stays where it was */
}

/* One character; how many cells it fills. */
static int write_cell(struct frame *f, int x, int y)
{
	const struct cell *c = cell_of(f->s, x, y);
	struct cellout *o = f->o;
	int width = x + 1 < f->s->w && !c[1].text[0] ? 2 : 1;
	char bytes[CELLOUT_CHARS];

	if (is_blank(c))
		set_blank(o, &f->look, f->out);
	else if (!o->known || memcmp(&o->now, &f->look, sizeof(o->now)) != 0)
		set_look(o, &f->look, f->out);
	if (width == 1 && c->text[0] >= 0x20 && c->text[0] < 0x7f && !c->text[1])
		buf_append(f->out, c->text, 1);
	else
		buf_append(f->out, bytes, o->ops->chars(o->ctx, c, width, bytes));
	o->x += width;
	if (o->x >= f->s->w) /* it may be there, or in the next row */
		o->x = o->y = -1;
	return width;
}

/* Most of what is written: words of ASCII in the look that the terminal has. From x on, as far as
 * cells differ; returns how many are done. */
static int write_words(struct frame *f, int x, int y)
{
	const struct cell *c = cell_of(f->s, x, y);
	const struct cell *was = f->whole ? c : cell_of(&f->o->last, x, y);
	struct cellout *o = f->o;
	char bytes[128];
	int n = 0, max = f->s->w - 1 - x; /* the last column has its own ways */

	if (!o->known || memcmp(&o->now, &f->look, sizeof(o->now)) != 0)
		return 0;
	for (; n < max && n < (int)sizeof(bytes); n++, c++, was++) {
		if (!is_char(c) && !(is_blank(c) && is_char(c + 1)))
			break;
		if (!c[1].text[0] || !looks_like(c, f->of) ||
		    (!f->whole && !memcmp(c, was, sizeof(*c))))
			break;
		bytes[n] = c->text[0];
	}
	buf_append(f->out, bytes, (size_t)n);
	o->x += n;
	return n;
}

/* Is it worth while to go on over cells that need nothing? */
static bool bridges(const struct frame *f, int x, int y)
{
	for (int i = 0; i < GAP && x + i < f->s->w; i++) {
		if (differs(f, x + i, y))
			return true;
		if (!looks_like(cell_of(f->s, x + i, y), f->of))
			return false;
	}
	return false;
}

static int draw_run(struct frame *f, int x, int y)
{
	bool last_row = y == f->s->h - 1;

	go(f, x, y);
	do {
		const struct cell *c = cell_of(f->s, x, y);
		int erased = 0;

		if (!f->of || !looks_like(f->of, c)) {
			memset(&f->look, 0, sizeof(f->look)); /* padding counts when compared */
			f->o->ops->look(f->o->ctx, c, &f->look);
			f->of = c;
		}
		if (is_blank(c))
			erased = erase(f, x, y);
		if (erased)
			return x + erased;
		if (last_row && x == f->s->w - 1 && !f->o->caps->corner)
			return f->s->w;
		x += write_cell(f, x, y);
		x += write_words(f, x, y);
	} while (x < f->s->w && (differs(f, x, y) || bridges(f, x, y)));
	return x;
}

static void draw_row(struct frame *f, int y)
{
	struct surface *last = &f->o->last;
	size_t at = (size_t)y * (size_t)f->s->w, size = (size_t)f->s->w * sizeof(struct cell);
	int x = 0;

	if (!f->whole && !memcmp(f->s->cells + at, last->cells + at, size))
		return;
	while (x < f->s->w) {
		if (!differs(f, x, y)) {
			x++;
			continue;
		}
		if (x > 0 && !cell_of(f->s, x, y)->text[0])
			x--; /* the right half comes with the left one */
		x = draw_run(f, x, y);
	}
	if (!f->whole)
		memcpy(last->cells + at, f->s->cells + at, size);
}

void cellout_frame(struct cellout *o, const struct surface *s, bool whole, struct buf *out)
{
	bool cursor =
	    s->cursor_x >= 0 && s->cursor_x < s->w && s->cursor_y >= 0 && s->cursor_y < s->h;
	struct frame f = {.o = o, .s = s, .out = out};

	f.whole = whole || o->last.w != s->w || o->last.h != s->h;
	if (f.whole) {
		o->known = false;
		o->x = o->y = o->cursor = -1;
	}
	for (int y = 0; y < s->h; y++)
		draw_row(&f, y);
	if (f.whole)
		surface_copy(&o->last, s);
	if (cursor)
		go(&f, s->cursor_x, s->cursor_y);
	if (o->cursor != cursor)
		put(out, cursor ? o->caps->show : o->caps->hide);
	o->cursor = cursor;
}

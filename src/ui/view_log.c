/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log pane. Draws only the rows in sight; where the text stands follows from the number of the
 * top line and a row within it, so that a line of 64 KiB scrolls within itself.
 */
#include "view.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/ansi.h"

#define STAMP_W	    12 /* 13:04:05.120 */
#define STAMP_MIN_W 46 /* narrower panes leave the stamps out */
#define MARK_MIN_W  12
#define SHIFT_STEP  8

struct view_log {
	struct view base;
	bool follow;
	uint64_t line;		 /* top of the window: number of its line */
	size_t row;		 /* and the row within it */
	uint64_t frozen_end;	 /* lines there were when the window was frozen */
	uint64_t frozen_dropped; /* lines dropped by then */
	bool lost;		 /* text in the frozen window was dropped */
	uint64_t newer;		 /* lines since */
	int shift;		 /* sideways */
	/* geometry of the last recalc */
	bool stamps, wrap;
	int text_x, text_w;
};

/* Walks over a line's tokens and says where each stands. */
struct walk {
	struct ansi ansi;
	struct ansi_token t;
	int width; /* INT_MAX: no wrapping */
	size_t row;
	int col, cells; /* of the token */
	int next;
	bool unicode;
};

/* What stands for a control byte: the text that core has for it, or where that can't be shown
 * ("␛" of the control pictures U+2400..2421) the old form ^X. */
static const char *stand_in(const struct ansi_token *t, bool unicode, char dst[4])
{
	uint32_t cp = 0;

	if (!unicode && utf8_decode((const uint8_t *)t->text, strlen(t->text), &cp) == 3 &&
	    cp >= 0x2400 && cp <= 0x2421) {
		dst[0] = '^';
		dst[1] = (char)(cp == 0x2421 ? '?' : cp - 0x2400 + '@');
		dst[2] = '\0';
		return dst;
	}
	return t->text;
}

static const struct view_log *log_const(const struct view *v)
{
	return (const struct view_log *)(const void *)v;
}

static struct view_log *log_of(struct view *v)
{
	return (struct view_log *)(void *)v;
}

static void walk_begin(struct walk *w, const struct view_log *v, const struct line_ref *ref)
{
	ansi_begin(&w->ansi, ref->bytes, ref->len);
	w->width = v->wrap ? v->text_w : INT_MAX;
	w->unicode = v->base.unicode;
	w->row = 0;
	w->col = w->next = w->cells = 0;
}

static int token_cells(const struct ansi_token *t, int col, bool unicode)
{
	char old[4];

	switch (t->kind) {
	case ANSI_CHAR:
		return utf8_width(t->cp) == 2 ? 2 : 1;
	case ANSI_MARK:
		return 0;
	case ANSI_TAB:
		return 8 - col % 8;
	default:
		return utf8_str_width(stand_in(t, unicode, old));
	}
}

static bool walk_next(struct walk *w)
{
	if (!ansi_next(&w->ansi, &w->t))
		return false;
	w->cells = token_cells(&w->t, w->next, w->unicode);
	if (w->cells > w->width - w->next && w->next > 0) {
		if (w->t.kind == ANSI_TAB && w->next < w->width) {
			w->cells = w->width - w->next;
		} else {
			w->row++;
			w->next = 0;
			w->cells = token_cells(&w->t, 0, w->unicode);
		}
	}
	if (w->cells > w->width)
		w->cells = w->width;
	w->col = w->next;
	w->next += w->cells;
	return true;
}

/* Most lines are nothing but printable ASCII: there a byte is a cell, and rows are a division. */
static bool is_plain(const uint8_t *p, size_t n)
{
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++)
		bad |= (unsigned)((uint8_t)(p[i] - 0x20) > 0x5e);
	return !bad;
}

static size_t rows_of(const struct view_log *v, const struct line_ref *ref)
{
	size_t width = (size_t)v->text_w;
	struct walk w;

	if (!v->wrap || ref->len * 8 <= width || !ref->len)
		return 1;
	if (is_plain(ref->bytes, ref->len))
		return (ref->len + width - 1) / width;
	walk_begin(&w, v, ref);
	while (walk_next(&w))
		;
	return w.row + 1;
}

static size_t rows_at(const struct view_log *v, const struct lines *l, uint64_t number)
{
	struct line_ref ref;

	return lines_get(l, number, &ref) ? rows_of(v, &ref) : 1;
}

/* The top of the window that shows the end of the log. */
static void tail(const struct view_log *v, const struct lines *l, uint64_t *line, size_t *row)
{
	uint64_t first = lines_first(l), at = lines_end(l);
	size_t room = v->base.r.h > 0 ? (size_t)v->base.r.h : 1;

	*line = first;
	*row = 0;
	while (at > first) {
		size_t rows = rows_at(v, l, --at);

		if (rows >= room) {
			*line = at;
			*row = rows - room;
			return;
		}
		room -= rows;
	}
}

static void freeze(struct view_log *v, const struct lines *l)
{
	if (!v->follow)
		return;
	/* Several keys may come between two drawings: where the tail is now. */
	tail(v, l, &v->line, &v->row);
	v->follow = false;
	v->lost = false;
	v->newer = 0;
	v->frozen_end = lines_end(l);
	v->frozen_dropped = lines_dropped(l);
}

void view_log_follow(struct view *base)
{
	struct view_log *v = log_of(base);

	v->follow = true;
	v->lost = false;
	v->newer = 0;
	v->shift = 0;
}

bool view_log_following(const struct view *base)
{
	return log_const(base)->follow;
}

static void scroll_up(struct view_log *v, const struct lines *l, size_t rows)
{
	while (rows) {
		if (v->row >= rows) {
			v->row -= rows;
			return;
		}
		rows -= v->row;
		v->row = 0;
		if (v->line <= lines_first(l))
			return;
		v->line--;
		v->row = rows_at(v, l, v->line) - 1;
		rows--;
	}
}

static void scroll_down(struct view_log *v, const struct lines *l, size_t rows)
{
	uint64_t end_line;
	size_t end_row;

	tail(v, l, &end_line, &end_row);
	while (rows && v->line < end_line) {
		size_t left = rows_at(v, l, v->line) - 1 - v->row;

		if (left >= rows) {
			v->row += rows;
			rows = 0;
			break;
		}
		rows -= left + 1;
		v->line++;
		v->row = 0;
	}
	if (v->line == end_line)
		v->row += rows;
	if (v->line > end_line || (v->line == end_line && v->row >= end_row))
		view_log_follow(&v->base);
}

void view_log_scroll(struct view *base, const struct session *s, int rows)
{
	struct view_log *v = log_of(base);

	if (rows > 0 && !v->follow) {
		scroll_down(v, s->log, (size_t)rows);
	} else if (rows < 0) {
		freeze(v, s->log);
		scroll_up(v, s->log, (size_t) - (long)rows);
		/* Nothing above: it was the tail already. */
		scroll_down(v, s->log, 0);
	}
}

void view_log_top(struct view *base, const struct session *s)
{
	struct view_log *v = log_of(base);

	freeze(v, s->log);
	v->line = lines_first(s->log);
	v->row = 0;
	scroll_down(v, s->log, 0);
}

void view_log_state(const struct view *base, const char *key, char *dst, size_t size)
{
	const struct view_log *v = log_const(base);
	unsigned long long n = v->newer;

	dst[0] = '\0';
	if (v->follow)
		return;
	if (!key)
		str_fmt(dst, size, v->lost ? "▼%llu old lines dropped" : "▼%llu", n);
	else if (v->lost)
		str_fmt(dst, size, " oldest lines dropped · ▼ %llu new %s — %s follows ", n,
		    n == 1 ? "line" : "lines", key);
	else if (n)
		str_fmt(
		    dst, size, " ▼ %llu new %s — %s follows ", n, n == 1 ? "line" : "lines", key);
	else
		str_fmt(dst, size, " scrolled back — %s follows ", key);
}

static void geometry(struct view_log *v, const struct session *s)
{
	int gutter = 0;

	v->stamps =
	    strcmp(settings_text(s->settings, SET_STAMP), "off") != 0 && v->base.r.w >= STAMP_MIN_W;
	v->wrap = settings_bool(s->settings, SET_WRAP);
	if (v->stamps)
		gutter += STAMP_W + 1;
	if (v->base.r.w >= MARK_MIN_W)
		gutter += 2;
	v->text_x = v->base.r.x + gutter;
	v->text_w = v->base.r.w - gutter > 0 ? v->base.r.w - gutter : 1;
	if (v->wrap)
		v->shift = 0;
}

static void log_recalc(struct view *base, const struct session *s, mono_t now)
{
	struct view_log *v = log_of(base);
	uint64_t first = lines_first(s->log), end = lines_end(s->log);
	size_t rows;

	(void)now;
	geometry(v, s);
	if (!v->follow && v->line < first) {
		/* Cleared by the user: nothing to hold on to. Dropped for space: say so. */
		if (lines_dropped(s->log) == v->frozen_dropped)
			v->follow = true;
		v->line = first;
		v->row = 0;
		v->lost = true;
	}
	if (!v->follow && v->line >= end)
		v->follow = true;
	if (v->follow) {
		tail(v, s->log, &v->line, &v->row);
		v->newer = 0;
		return;
	}
	v->newer = end > v->frozen_end ? end - v->frozen_end : 0;
	rows = rows_at(v, s->log, v->line);
	if (v->row >= rows)
		v->row = rows - 1;
}

static enum style_id text_style(enum line_dir dir)
{
	static const enum style_id styles[] = {[LINE_RX] = STYLE_RX,
	    [LINE_TX] = STYLE_TX,
	    [LINE_OWN] = STYLE_OWN,
	    [LINE_WARN] = STYLE_WARN};

	return styles[dir];
}

static void draw_gutter(const struct view_log *v, const struct session *s, struct surface *to,
    const struct line_ref *ref, int y)
{
	static const char *const marks[] = {
	    [LINE_RX] = "", [LINE_TX] = "›", [LINE_OWN] = "·", [LINE_WARN] = "!"};
	const char *mark = ref->continued && ref->dir == LINE_RX ? "…" : marks[ref->dir];
	const struct rect *r = &v->base.r;

	if (v->stamps) {
		int64_t ms =
		    (ref->time + s->wall_offset_us) / 1000 + (int64_t)s->utc_offset_s * 1000;
		int64_t day = ms % 86400000;

		day += day < 0 ? 86400000 : 0;
		surface_fmt(to, *r, r->x, y, STYLE_STAMP, "%02d:%02d:%02d.%03d",
		    (int)(day / 3600000), (int)(day / 60000 % 60), (int)(day / 1000 % 60),
		    (int)(day % 1000));
	}
	if (v->text_x - r->x >= 2)
		surface_text(to, *r, v->text_x - 2, y,
		    ref->dir == LINE_WARN ? STYLE_WARN : STYLE_MARKER, mark);
}

static void draw_token(const struct view_log *v, struct surface *to, const struct walk *w,
    struct rect clip, int y, enum style_id style)
{
	const struct ansi_style *st = &w->t.style;
	bool colored = st->attr || st->fg.kind != ANSI_DEFAULT || st->bg.kind != ANSI_DEFAULT;
	int x = v->text_x + w->col - v->shift;
	char old[4];

	switch (w->t.kind) {
	case ANSI_CHAR:
	case ANSI_MARK:
		if (w->t.kind == ANSI_MARK)
			x = v->text_x + w->next - v->shift;
		surface_glyph(to, clip, x, y, style, colored ? st : NULL, w->t.cp);
		break;
	case ANSI_TAB:
		for (int i = 0; colored && i < w->cells; i++)
			surface_glyph(to, clip, x + i, y, style, st, ' ');
		break;
	default:
		surface_text(to, clip, x, y, STYLE_CONTROL, stand_in(&w->t, w->unicode, old));
		break;
	}
}

static void draw_plain(const struct view_log *v, struct surface *to, const struct line_ref *ref,
    size_t row, int y, enum style_id style)
{
	size_t width = (size_t)v->text_w;
	size_t at = v->wrap ? row * width : (size_t)v->shift;

	for (size_t i = 0; i < width && at + i < ref->len; i++)
		surface_glyph(
		    to, v->base.r, v->text_x + (int)i, y, style, NULL, ref->bytes[at + i]);
}

/* Draws a line from one of its rows on; returns the y after it. */
static int draw_line(
    const struct view_log *v, struct surface *to, const struct line_ref *ref, size_t row, int y)
{
	const struct rect *r = &v->base.r;
	struct rect clip = {v->text_x, r->y, v->text_w, r->h};
	enum style_id style = text_style(ref->dir);
	struct walk w;

	if (is_plain(ref->bytes, ref->len)) {
		size_t width = (size_t)v->text_w;
		size_t rows = v->wrap && ref->len ? (ref->len + width - 1) / width : 1;

		for (; row < rows && y < r->y + r->h; row++)
			draw_plain(v, to, ref, row, y++, style);
		return y;
	}
	walk_begin(&w, v, ref);
	while (walk_next(&w)) {
		if (w.row < row)
			continue;
		if (y + (int)(w.row - row) >= r->y + r->h)
			break;
		if (!v->wrap && w.col - v->shift >= v->text_w)
			break;
		draw_token(v, to, &w, clip, y + (int)(w.row - row), style);
	}
	return y + (int)(w.row - row) + 1;
}

static void log_draw(const struct view *base, const struct session *s, struct surface *to)
{
	const struct view_log *v = log_const(base);
	int y = v->base.r.y, bottom = y + v->base.r.h;
	size_t row = v->row;

	for (uint64_t n = v->line; y < bottom && v->base.r.w > 0; n++) {
		struct line_ref ref;

		if (!lines_get(s->log, n, &ref))
			break;
		if (row == 0)
			draw_gutter(v, s, to, &ref, y);
		y = draw_line(v, to, &ref, row, y);
		row = 0;
	}
}

static bool shift_key(struct view_log *v, const struct key *key)
{
	if (v->wrap)
		return false;
	if (key->code == KEYS_LEFT || key->code == '<')
		v->shift = v->shift > SHIFT_STEP ? v->shift - SHIFT_STEP : 0;
	else if (key->code == KEYS_RIGHT || key->code == '>')
		v->shift += v->shift < LINES_MAX_LENGTH * 8 ? SHIFT_STEP : 0;
	else
		return false;
	return true;
}

static unsigned log_key(struct view *base, const struct session *s, const struct key *key)
{
	struct view_log *v = log_of(base);
	int page = base->r.h > 1 ? base->r.h - 1 : 1;
	int by = 0;

	if (key->mods)
		return VIEW_NOT_MINE;
	switch (key->code) {
	case KEYS_UP:
	case 'k':
		by = -1;
		break;
	case KEYS_DOWN:
	case KEYS_ENTER:
	case 'j':
		by = 1;
		break;
	case KEYS_PGUP:
	case 'b':
		by = -page;
		break;
	case KEYS_PGDN:
	case ' ':
	case 'f':
		by = page;
		break;
	case 'u':
		by = -(page + 1) / 2;
		break;
	case 'd':
		by = (page + 1) / 2;
		break;
	case KEYS_HOME:
	case 'g':
		view_log_top(base, s);
		return VIEW_DONE;
	case KEYS_END:
	case 'G':
	case 'F':
		view_log_follow(base);
		return VIEW_DONE;
	default:
		return shift_key(v, key) ? VIEW_DONE : VIEW_NOT_MINE;
	}
	view_log_scroll(base, s, by);
	return VIEW_DONE;
}

static int log_rows(struct view *v, const struct session *s, int width, mono_t now)
{
	(void)v;
	(void)s;
	(void)width;
	(void)now;
	return 0; /* takes what is left */
}

static void log_free(struct view *v)
{
	free(v);
}

struct view *view_log_new(void)
{
	static const struct view_ops ops = {.title = "Log",
	    .recalc = log_recalc,
	    .draw = log_draw,
	    .key = log_key,
	    .rows = log_rows,
	    .free = log_free};
	struct view_log *v = xcalloc(1, sizeof(*v));

	v->base.ops = &ops;
	v->follow = true;
	return &v->base;
}

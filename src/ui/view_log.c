/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log pane: where it stands, what of the log it shows, drawing. Only the rows in sight are ever
 * looked at: where the text stands follows from the number of the top line and a row within it, so
 * a line of 64 KiB scrolls within itself, and the length of the log doesn't matter.
 */
#include "view_log.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

#define STAMP_ROOM 34 /* narrower than this beside it: no stamps */
#define MARK_MIN_W 12
#define HELD_MAX   (1024u * 1024)

/* ---- lines that the pane shows --------------------------------------------------------------- */

const struct log_pane *log_pane_of(const struct view_log *v, const struct session *s)
{
	int i = v->index >= 0 && v->index < s->panes.count ? v->index : 0;

	return &s->panes.pane[i];
}

bool log_get(const struct view_log *v, const struct session *s, uint64_t n, struct line_ref *ref)
{
	if (lines_get(s->log, n, ref))
		return true;
	for (size_t i = 0; i < v->held_count; i++)
		if (v->held[i].line == n) {
			*ref = v->held[i].ref;
			return true;
		}
	return false;
}

bool log_at_or_after(const struct view_log *v, const struct session *s, uint64_t n, uint64_t *out)
{
	const struct filter *f = log_pane_of(v, s)->filter;
	uint64_t first = lines_first(s->log);

	for (size_t i = 0; n < first && i < v->held_count; i++)
		if (v->held[i].line >= n && v->held[i].line < first) {
			*out = v->held[i].line;
			return true;
		}
	n = n < first ? first : n;
	if (n >= lines_end(s->log) || (!filter_off(f) && !filter_at_or_after(f, s->log, n, &n)))
		return false;
	*out = n;
	return true;
}

bool log_at_or_before(const struct view_log *v, const struct session *s, uint64_t n, uint64_t *out)
{
	const struct filter *f = log_pane_of(v, s)->filter;
	uint64_t first = lines_first(s->log), end = lines_end(s->log);

	if (first < end && n >= first) {
		uint64_t line = n < end ? n : end - 1;

		if (filter_off(f) || filter_at_or_before(f, s->log, line, &line)) {
			*out = line;
			return true;
		}
	}
	for (size_t i = v->held_count; i > 0; i--)
		if (v->held[i - 1].line <= n && v->held[i - 1].line < first) {
			*out = v->held[i - 1].line;
			return true;
		}
	return false;
}

static bool next_line(const struct view_log *v, const struct session *s, uint64_t n, uint64_t *out)
{
	return n < UINT64_MAX && log_at_or_after(v, s, n + 1, out);
}

static bool prev_line(const struct view_log *v, const struct session *s, uint64_t n, uint64_t *out)
{
	return n > 0 && log_at_or_before(v, s, n - 1, out);
}

static size_t rows_at(const struct view_log *v, const struct session *s, uint64_t n)
{
	struct line_ref ref;

	return log_get(v, s, n, &ref) ? log_rows_of(v, &ref) : 1;
}

static void geometry(struct view_log *v, const struct session *s);

/* ---- where it stands ------------------------------------------------------------------------- */

struct place {
	uint64_t line;
	size_t row;
};

/* The top of a window that ends with the last row of that line, or shows it as its first. */
static struct place window_ending(const struct view_log *v, const struct session *s, uint64_t line)
{
	size_t room = v->base.r.h > 0 ? (size_t)v->base.r.h : 1;
	struct place p = {line, 0};

	for (;;) {
		size_t rows = rows_at(v, s, p.line);

		if (rows >= room) {
			p.row = rows - room;
			return p;
		}
		room -= rows;
		if (!prev_line(v, s, p.line, &p.line))
			return p;
	}
}

/* The top of the window that shows the end of the log. */
static struct place tail(const struct view_log *v, const struct session *s)
{
	uint64_t last;

	if (!log_at_or_before(v, s, UINT64_MAX, &last))
		return (struct place){lines_first(s->log), 0};
	return window_ending(v, s, last);
}

static bool beyond(const struct view_log *v, struct place p)
{
	return v->line > p.line || (v->line == p.line && v->row > p.row);
}

static void stand(struct view_log *v, struct place p)
{
	v->line = v->wish = p.line;
	v->row = p.row;
	v->at_known = false;
}

void view_log_freeze(struct view *base, const struct session *s)
{
	struct view_log *v = log_of(base);

	if (!v->follow)
		return;
	/* Several keys may come between two drawings: where the tail is now. */
	stand(v, tail(v, s));
	v->follow = false;
	v->lost = false;
	v->newer = 0;
	v->frozen_end = lines_end(s->log);
	v->frozen_dropped = lines_dropped(s->log);
}

static void forget_held(struct view_log *v)
{
	for (size_t i = 0; i < v->held_count; i++)
		free((void *)(uintptr_t)v->held[i].ref.bytes);
	v->held_count = 0;
}

void view_log_follow(struct view *base)
{
	struct view_log *v = log_of(base);

	v->follow = true;
	v->lost = false;
	v->newer = 0;
	v->shift = 0;
	forget_held(v);
}

bool view_log_following(const struct view *base)
{
	return log_const(base)->follow;
}

static void scroll_up(struct view_log *v, const struct session *s, size_t rows)
{
	struct place p = {v->line, v->row};

	while (rows > p.row) {
		rows -= p.row + 1;
		p.row = 0;
		if (!prev_line(v, s, p.line, &p.line))
			break;
		p.row = rows_at(v, s, p.line) - 1;
		if (!rows)
			break;
	}
	if (p.row >= rows)
		p.row -= rows;
	stand(v, p);
}

static void scroll_down(struct view_log *v, const struct session *s, size_t rows)
{
	struct place end = tail(v, s), p = {v->line, v->row};

	while (rows && p.line < end.line) {
		size_t left = rows_at(v, s, p.line) - 1 - p.row;
		uint64_t next;

		if (left >= rows || !next_line(v, s, p.line, &next)) {
			p.row += rows < left ? rows : left;
			rows = 0;
			break;
		}
		rows -= left + 1;
		p = (struct place){next, 0};
	}
	if (p.line == end.line)
		p.row += rows;
	stand(v, p);
	if (beyond(v, end) || (p.line == end.line && p.row == end.row))
		view_log_follow(&v->base);
}

void log_scroll(struct view_log *v, const struct session *s, long rows)
{
	if (rows > 0 && !v->follow) {
		scroll_down(v, s, (size_t)rows);
	} else if (rows < 0) {
		view_log_freeze(&v->base, s);
		scroll_up(v, s, (size_t)-rows);
		/* Nothing above: it was the tail already. */
		scroll_down(v, s, 0);
	}
}

void view_log_scroll(struct view *base, const struct session *s, int rows)
{
	log_scroll(log_of(base), s, rows);
}

void view_log_top(struct view *base, const struct session *s)
{
	struct view_log *v = log_of(base);
	uint64_t first;

	view_log_freeze(base, s);
	if (log_at_or_after(v, s, 0, &first))
		stand(v, (struct place){first, 0});
	scroll_down(v, s, 0);
}

/* Is that row of the line in the window, as it stands? */
static bool in_sight(const struct view_log *v, const struct session *s, uint64_t line, size_t row)
{
	long y = -(long)v->row;
	uint64_t n = v->line;

	while (n < line && y < v->base.r.h) {
		y += (long)rows_at(v, s, n);
		if (!next_line(v, s, n, &n))
			return false;
	}
	y += (long)row;
	return n == line && y >= 0 && y < v->base.r.h;
}

void view_log_show(struct view *base, const struct session *s, uint64_t line, size_t at, bool top)
{
	struct view_log *v = log_of(base);
	struct line_ref ref;
	struct place p, end;

	view_log_freeze(base, s);
	if (!log_at_or_after(v, s, line, &p.line) && !log_at_or_before(v, s, line, &p.line))
		return;
	p.row = log_get(v, s, p.line, &ref) && p.line == line ? log_row_with(v, &ref, at) : 0;
	if (!top && in_sight(v, s, p.line, p.row))
		return;
	stand(v, p);
	if (!top)
		scroll_up(v, s, (size_t)base->r.h / 3);
	end = tail(v, s);
	if (beyond(v, end))
		stand(v, end);
}

void log_keep_in_sight(struct view_log *v, const struct session *s, uint64_t line)
{
	size_t rows = rows_at(v, s, line);

	if (in_sight(v, s, line, 0) &&
	    (in_sight(v, s, line, rows - 1) || rows > (size_t)v->base.r.h))
		return;
	stand(v, line <= v->line ? (struct place){line, 0} : window_ending(v, s, line));
}

bool view_log_foldable(const struct view *base, const struct session *s, uint64_t line)
{
	const struct view_log *v = log_const(base);
	struct line_ref ref;

	return log_get(v, s, line, &ref) && log_foldable(v, &ref);
}

void view_log_folded(struct view *base, const struct session *s, uint64_t line)
{
	struct view_log *v = log_of(base);
	bool high;

	geometry(v, s);
	high = rows_at(v, s, line) > (size_t)(base->r.h > 0 ? base->r.h : 1);
	if (high || !v->follow)
		view_log_show(base, s, line, 0, high);
}

bool view_log_span(
    const struct view *base, const struct session *s, uint64_t *first, uint64_t *last)
{
	const struct view_log *v = log_const(base);
	struct place p = v->follow ? tail(v, s) : (struct place){v->line, v->row};
	long room = base->r.h + (long)p.row;
	struct line_ref ref;

	if (!log_get(v, s, p.line, &ref))
		return false;
	*first = *last = p.line;
	for (room -= (long)log_rows_of(v, &ref); room > 0; room -= (long)rows_at(v, s, *last))
		if (!next_line(v, s, *last, last))
			break;
	return true;
}

bool log_line_in_row(const struct view_log *v, const struct session *s, int y, uint64_t *line)
{
	long row = y - v->base.r.y + (long)v->row;
	uint64_t n = v->line;
	struct line_ref ref;

	if (y < v->base.r.y || y >= v->base.r.y + v->base.r.h || !log_get(v, s, n, &ref))
		return false;
	while (row >= (long)rows_at(v, s, n)) {
		row -= (long)rows_at(v, s, n);
		if (!next_line(v, s, n, &n))
			return false;
	}
	*line = n;
	return true;
}

/* ---- recalc ---------------------------------------------------------------------------------- */

static enum pane_time time_of(const struct log_pane *pane, const struct session *s)
{
	/* The setting's choices are in the order of the enum, from OFF. */
	if (pane->time != PANE_TIME_SETTING)
		return pane->time;
	return (enum pane_time)(PANE_TIME_OFF + settings_int(s->settings, SET_STAMP));
}

static enum pane_json json_of(const struct log_pane *pane, const struct session *s)
{
	if (pane->json != PANE_JSON_SETTING)
		return pane->json;
	return (enum pane_json)(PANE_JSON_LINE + settings_int(s->settings, SET_JSON));
}

static enum pane_wrap wrap_of(const struct log_pane *pane, const struct session *s)
{
	static const enum pane_wrap wraps[] = {PANE_WRAP_OFF, PANE_WRAP_WORDS, PANE_WRAP_CHARS};

	if (pane->form == PANE_HEX)
		return PANE_WRAP_OFF;
	if (pane->wrap != PANE_WRAP_SETTING)
		return pane->wrap;
	return wraps[settings_int(s->settings, SET_WRAP)];
}

/* How it shows its lines; the byte at the top stays at the top when that changes. */
static void geometry(struct view_log *v, const struct session *s)
{
	const struct log_pane *pane = log_pane_of(v, s);
	enum pane_form form = v->form;
	enum pane_wrap wrap = v->wrap;
	enum pane_json json = v->json;
	int gutter = 0, text_w = v->text_w;
	struct line_ref ref;

	v->form = pane->form;
	v->time = time_of(pane, s);
	v->wrap = wrap_of(pane, s);
	v->json = json_of(pane, s);
	memcpy(v->fold, pane->fold, (size_t)pane->fold_count * sizeof(v->fold[0]));
	v->fold_count = pane->fold_count;
	v->stamp_w = stamp_width(v->time);
	if (v->base.r.w < STAMP_ROOM + v->stamp_w)
		v->stamp_w = 0;
	if (v->stamp_w)
		gutter += v->stamp_w + 1;
	if (v->base.r.w >= MARK_MIN_W)
		gutter += 2;
	v->text_x = v->base.r.x + gutter;
	v->text_w = v->base.r.w - gutter > 0 ? v->base.r.w - gutter : 1;
	v->hex_bytes = log_hex_bytes(v->text_w);
	if (v->wrap != PANE_WRAP_OFF || v->form == PANE_HEX)
		v->shift = 0;
	if ((form != v->form || wrap != v->wrap || json != v->json || text_w != v->text_w) &&
	    !v->follow && v->at_known && log_get(v, s, v->line, &ref))
		v->row = log_row_with(v, &ref, v->at);
}

/* A frozen window, after the log or the filter has changed. */
static void settle(struct view_log *v, const struct session *s)
{
	uint64_t first = lines_first(s->log), line;
	struct line_ref ref;
	struct place end;

	/* Cleared by the user: nothing to hold on to. */
	if (first == lines_end(s->log) ||
	    (v->wish < first && lines_dropped(s->log) == v->frozen_dropped))
		view_log_follow(&v->base);
	if (v->follow)
		return;
	if (!log_at_or_after(v, s, v->wish, &line) && !log_at_or_before(v, s, v->wish, &line)) {
		v->row = 0;
		v->at_known = false;
		return;
	}
	if (line != v->line || line != v->wish) {
		v->line = line;
		v->row = 0;
		v->at_known = false;
	}
	v->lost = v->wish < first;
	/* A filter may leave so little behind the top that the window would be half empty. */
	end = tail(v, s);
	if (beyond(v, end)) {
		v->line = end.line;
		v->row = end.row;
		v->at_known = false;
	}
	if (log_get(v, s, v->line, &ref)) {
		size_t rows = log_rows_of(v, &ref);

		v->row = v->row < rows ? v->row : rows - 1;
		/* Kept as long as nobody scrolls: so widths may come and go. */
		if (!v->at_known)
			v->at = log_row_at(v, &ref, v->row);
		v->at_known = true;
	}
}

static struct log_held hold_one(struct view_log *v, uint64_t line, const struct line_ref *ref)
{
	struct log_held h = {line, *ref};

	/* What was copied before is taken over, from the old list. */
	for (size_t i = 0; i < v->held_count; i++)
		if (v->held[i].line == line && v->held[i].ref.len == ref->len &&
		    v->held[i].ref.bytes) {
			h.ref.bytes = v->held[i].ref.bytes;
			v->held[i].ref.bytes = NULL;
			return h;
		}
	h.ref.bytes = ref->len ? xmemdup(ref->bytes, ref->len) : NULL;
	return h;
}

/* Copies the lines in sight: the log may drop them before the next frame. */
static void hold(struct view_log *v, const struct session *s)
{
	struct log_held *held = xcalloc((size_t)v->base.r.h + 1, sizeof(*held));
	long room = v->base.r.h + (long)v->row;
	size_t count = 0, bytes = 0;
	struct line_ref ref;
	uint64_t n = v->line;

	while (room > 0 && log_get(v, s, n, &ref) && bytes + ref.len <= HELD_MAX) {
		held[count++] = hold_one(v, n, &ref);
		bytes += ref.len;
		room -= (long)log_rows_of(v, &ref);
		if (!next_line(v, s, n, &n))
			break;
	}
	forget_held(v);
	free(v->held);
	v->held = held;
	v->held_count = count;
}

static void keep_marks(struct view_log *v, const struct session *s)
{
	int room = v->base.r.h;
	struct line_ref ref;
	uint64_t n = v->line;

	while (room-- > 0 && log_get(v, s, n, &ref)) {
		log_keep_marks(v, s, n, &ref);
		if (!next_line(v, s, n, &n))
			break;
	}
}

static void log_recalc(struct view *base, const struct session *s, mono_t now)
{
	struct view_log *v = log_of(base);
	const struct filter *f = log_pane_of(v, s)->filter;
	uint64_t end = lines_end(s->log);

	(void)now;
	geometry(v, s);
	if (!v->follow)
		settle(v, s);
	if (v->follow) {
		stand(v, tail(v, s));
		v->newer = 0;
	} else {
		uint64_t from = v->frozen_end < end ? v->frozen_end : end;

		v->newer = filter_off(f) ? end - from : filter_count(f, s->log, from, end);
		hold(v, s);
	}
	keep_marks(v, s);
}

/* ---- drawing --------------------------------------------------------------------------------- */

/* What the times of a pane count from, at that line. */
static mono_t time_base(
    const struct view_log *v, const struct session *s, uint64_t n, const struct line_ref *ref)
{
	const struct panes *p = &s->panes;
	size_t lo = 0, hi = p->mark_count;
	struct line_ref before;

	if (v->time == PANE_TIME_DELTA)
		return prev_line(v, s, n, &n) && log_get(v, s, n, &before) ? before.time
									   : ref->time;
	if (v->time != PANE_TIME_MARK || !p->mark_count)
		return s->began;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (p->marks[mid].line <= n)
			lo = mid + 1;
		else
			hi = mid;
	}
	return p->marks[lo ? lo - 1 : 0].time;
}

void view_log_stamp(const struct view *base, const struct session *s, uint64_t n,
    const struct line_ref *ref, char *dst, size_t size)
{
	const struct view_log *v = log_const(base);
	struct stamp_zone zone = {s->wall_offset_us, s->utc_offset_s};

	stamp_text(v->time, ref->time, time_base(v, s, n, ref), &zone, dst, size);
}

static void draw_gutter(const struct view_log *v, const struct session *s, struct surface *to,
    uint64_t n, const struct line_ref *ref, int y)
{
	static const char *const marks[] = {
	    [LINE_RX] = "", [LINE_TX] = "›", [LINE_OWN] = "·", [LINE_WARN] = "!"};
	static const char *const folds[] = {
	    [PANE_JSON_LINE] = NULL, [PANE_JSON_FOLDED] = "▸", [PANE_JSON_TREE] = "▾"};
	const char *fold = folds[log_fold_form(v, ref)];
	bool marked = session_is_marked(s, n);
	const char *mark = marked				   ? "◆"
			   : fold				   ? fold
			   : ref->continued && ref->dir == LINE_RX ? "…"
								   : marks[ref->dir];
	const struct rect *r = &v->base.r;
	char text[STAMP_MAX];

	if (v->stamp_w) {
		view_log_stamp(&v->base, s, n, ref, text, sizeof(text));
		surface_text(
		    to, (struct rect){r->x, r->y, v->stamp_w, r->h}, r->x, y, STYLE_STAMP, text);
	}
	if (v->text_x - r->x >= 2)
		surface_text(to, *r, v->text_x - 2, y,
		    marked		    ? STYLE_FIND_HERE
		    : ref->dir == LINE_WARN ? STYLE_WARN
					    : STYLE_MARKER,
		    mark);
}

static void log_draw(const struct view *base, const struct session *s, struct surface *to)
{
	const struct view_log *v = log_const(base);
	int y = base->r.y, bottom = y + base->r.h;
	size_t row = v->row;
	struct log_spans spans;
	struct line_ref ref;
	uint64_t top;

	/* Where the filter shows nothing at all the pane still stands at some line. */
	if (base->r.w <= 0 || !log_at_or_after(v, s, v->line, &top) || top != v->line)
		return;
	for (uint64_t n = top; y < bottom && log_get(v, s, n, &ref);) {
		int from = y;

		if (row == 0)
			draw_gutter(v, s, to, n, &ref, y);
		log_marks(v, s, n, &ref, &spans);
		y = log_draw_line(v, to, &ref, &spans, row, y);
		if (s->marked.count && session_is_marked(s, n))
			surface_restyle(to, (struct rect){v->text_x, from, v->text_w, y - from},
			    n == s->marked.line[s->marked.at] ? STYLE_FIND_HERE : STYLE_FIND);
		if (spans.selected)
			surface_restyle(to, (struct rect){v->text_x, from, v->text_w, y - from},
			    STYLE_SELECTED);
		row = 0;
		if (!next_line(v, s, n, &n))
			break;
	}
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static int log_rows(struct view *v, const struct session *s, int width, mono_t now)
{
	(void)v;
	(void)s;
	(void)width;
	(void)now;
	return 0; /* takes what is left */
}

static void log_free(struct view *base)
{
	struct view_log *v = log_of(base);

	forget_held(v);
	free(v->held);
	free(v->kept);
	log_folds_free(v->folds);
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
	v->text_w = v->hex_bytes = 1; /* keys may come before the first drawing */
	v->kept = xcalloc(LOG_KEPT_LINES, sizeof(*v->kept));
	v->folds = log_folds_new();
	return &v->base;
}

void view_log_place(struct view *base, int index, unsigned id)
{
	struct view_log *v = log_of(base);

	v->index = index;
	v->pane_id = id;
}

unsigned view_log_id(const struct view *base)
{
	return log_const(base)->pane_id;
}

int view_log_index(const struct view *base)
{
	return log_const(base)->index;
}

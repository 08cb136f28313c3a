/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line of the log as rows of text: wrapped at words or anywhere, or shifted sideways. A row is
 * found by looking ahead with a copy of what reads the line, so nothing is kept and nothing is
 * allocated, and a line of 64 KiB costs one walk.
 */
#include <limits.h>
#include <string.h>

#include "tasmite/base/utf8.h"
#include "view_log.h"

/* Yields the tokens of a line; in raw form those of its end too. */
struct source {
	struct ansi ansi;
	const char *eol;
	size_t eol_n;
};

static void source_begin(struct source *s, const struct view_log *v, const struct line_ref *ref)
{
	ansi_begin(&s->ansi, ref->bytes, ref->len);
	s->ansi.raw = v->form == PANE_RAW;
	s->eol = log_eol(ref->eol, &s->eol_n);
	if (v->form != PANE_RAW)
		s->eol_n = 0;
}

static bool source_next(struct source *s, struct ansi_token *t)
{
	if (ansi_next(&s->ansi, t))
		return true;
	if (!s->eol_n)
		return false;
	memset(t, 0, sizeof(*t));
	t->kind = ANSI_CONTROL;
	t->cp = (uint8_t)*s->eol;
	t->inline_text[utf8_encode(0x2400 + t->cp, t->inline_text)] = '\0';
	t->text = t->inline_text;
	t->at = s->ansi.n;
	t->len = 1;
	s->eol++;
	s->eol_n--;
	return true;
}

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

static int token_cells(const struct view_log *v, const struct ansi_token *t, int col)
{
	char old[4];
	int cells;

	switch (t->kind) {
	case ANSI_CHAR:
		cells = utf8_width(t->cp) == 2 ? 2 : 1;
		break;
	case ANSI_MARK:
		cells = 0;
		break;
	case ANSI_TAB:
		cells = 8 - col % 8;
		break;
	default:
		cells = utf8_str_width(stand_in(t, v->base.unicode, old));
		break;
	}
	return v->wrap != PANE_WRAP_OFF && cells > v->text_w ? v->text_w : cells;
}

/* A row may end behind these. */
static bool is_break(uint32_t cp)
{
	return cp == ' ' || cp == ',' || cp == ';';
}

static bool token_breaks(const struct ansi_token *t)
{
	return t->kind == ANSI_TAB || (t->kind == ANSI_CHAR && is_break(t->cp));
}

static bool token_blank(const struct ansi_token *t)
{
	return t->kind == ANSI_TAB || (t->kind == ANSI_CHAR && t->cp == ' ');
}

/* Blanks that don't fit hang over the edge; the next row begins behind them. */
static size_t skip_blanks(struct source *s)
{
	struct source before = *s;
	struct ansi_token t;

	while (source_next(s, &t)) {
		if (!token_blank(&t)) {
			*s = before;
			return t.at;
		}
		before = *s;
	}
	return SIZE_MAX;
}

/* Takes s from the first token of a row to that of the next one, and returns the offset of its
 * byte; SIZE_MAX when the line ends in this row. */
static size_t row_end(const struct view_log *v, struct source *s)
{
	bool words = v->wrap == PANE_WRAP_WORDS;
	struct source best = *s;
	size_t best_at = 0;
	int col = 0, best_col = 0;

	for (;;) {
		struct source before = *s;
		struct ansi_token t;
		int cells;

		if (!source_next(s, &t))
			return SIZE_MAX;
		cells = token_cells(v, &t, col);
		if (col > 0 && cells > v->text_w - col) {
			if (words && token_blank(&t))
				return skip_blanks(s);
			if (t.kind == ANSI_TAB && col < v->text_w) {
				col = v->text_w;
				continue;
			}
			/* Not for the sake of a word that would leave most of the row empty. */
			if (words && best_col * 3 >= v->text_w) {
				*s = best;
				return best_at;
			}
			*s = before;
			return t.at;
		}
		col += cells;
		if (words && token_breaks(&t)) {
			best = *s;
			best_col = col;
			best_at = t.at + t.len;
		}
	}
}

/* Most lines are nothing but printable ASCII: there a byte is a cell. */
static bool is_plain(const struct view_log *v, const struct line_ref *ref)
{
	unsigned bad = 0;

	if (v->form != PANE_TEXT)
		return false;
	for (size_t i = 0; i < ref->len; i++)
		bad |= (unsigned)((uint8_t)(ref->bytes[i] - 0x20) > 0x5e);
	return !bad;
}

/* row_end for such a line. */
static size_t plain_end(const struct view_log *v, const struct line_ref *ref, size_t at)
{
	size_t width = (size_t)v->text_w, end = at + width;

	if (v->wrap == PANE_WRAP_OFF || ref->len - at <= width)
		return SIZE_MAX;
	if (v->wrap == PANE_WRAP_CHARS)
		return end;
	if (ref->bytes[end] == ' ') {
		while (end < ref->len && ref->bytes[end] == ' ')
			end++;
		return end < ref->len ? end : SIZE_MAX;
	}
	for (size_t i = end; (i - at) * 3 >= width && i > at; i--)
		if (is_break(ref->bytes[i - 1]))
			return i;
	return end;
}

/* Goes over the rows until one of these: the row, the row with the byte, the last one. Returns its
 * number and where it begins. */
static size_t seek_row(
    const struct view_log *v, const struct line_ref *ref, size_t row, size_t byte, size_t *begins)
{
	bool plain = is_plain(v, ref);
	size_t at = 0, n = 0;
	struct source s;

	source_begin(&s, v, ref);
	while (n < row) {
		size_t end = plain ? plain_end(v, ref, at) : row_end(v, &s);

		if (end == SIZE_MAX || end > byte)
			break;
		at = end;
		n++;
	}
	*begins = at;
	return n;
}

size_t log_text_rows(const struct view_log *v, const struct line_ref *ref)
{
	size_t begins;

	/* The longest stand-in, "<U+10FFFF>", is ten cells for four bytes; a tab is eight for one. */
	if (v->wrap == PANE_WRAP_OFF || (ref->len + 2) * 8 <= (size_t)v->text_w)
		return 1;
	return seek_row(v, ref, SIZE_MAX, SIZE_MAX - 1, &begins) + 1;
}

size_t log_text_row_at(const struct view_log *v, const struct line_ref *ref, size_t row)
{
	size_t begins;

	if (v->wrap == PANE_WRAP_OFF || !row)
		return 0;
	seek_row(v, ref, row, SIZE_MAX - 1, &begins);
	return begins;
}

size_t log_text_row_with(const struct view_log *v, const struct line_ref *ref, size_t at)
{
	size_t begins;

	if (v->wrap == PANE_WRAP_OFF || !at)
		return 0;
	return seek_row(v, ref, SIZE_MAX, at, &begins);
}

/* ---- drawing --------------------------------------------------------------------------------- */

struct pen {
	const struct view_log *v;
	struct surface *to;
	struct log_spans *spans;
	struct rect clip;
	enum style_id plain;
};

/* Over one another: the style of the line, the rules', the device's own colours, finds, the
 * selection; the last two hide the device's colours. */
static void draw_token(const struct pen *p, const struct ansi_token *t, int x, int y, int cells)
{
	const struct ansi_style *st = &t->style;
	bool over, colored;
	enum style_id style = log_style_at(p->spans, t->at, p->plain, &over);
	char old[4];

	colored = !over && (st->attr || st->fg.kind != ANSI_DEFAULT || st->bg.kind != ANSI_DEFAULT);
	switch (t->kind) {
	case ANSI_CHAR:
	case ANSI_MARK:
		surface_glyph(p->to, p->clip, x, y, style, colored ? st : NULL, t->cp);
		break;
	case ANSI_TAB:
		for (int i = 0; (colored || over) && i < cells; i++)
			surface_glyph(p->to, p->clip, x + i, y, style, colored ? st : NULL, ' ');
		break;
	default:
		surface_text(p->to, p->clip, x, y, over ? style : STYLE_CONTROL,
		    stand_in(t, p->v->base.unicode, old));
		break;
	}
}

/* From s up to the byte at end. */
static void draw_row(const struct pen *p, struct source s, size_t end, int y)
{
	const struct view_log *v = p->v;
	struct ansi_token t;
	int col = 0;

	while (source_next(&s, &t) && t.at < end && col - v->shift <= v->text_w) {
		int cells = token_cells(v, &t, col);

		draw_token(p, &t, v->text_x + col - v->shift, y, cells);
		col += cells;
	}
}

static void draw_plain(
    const struct pen *p, const struct line_ref *ref, size_t at, size_t end, int y)
{
	const struct view_log *v = p->v;
	size_t stop = end < ref->len ? end : ref->len;
	int x = v->text_x;

	at += (size_t)v->shift;
	if (at < stop && stop - at > (size_t)v->text_w)
		stop = at + (size_t)v->text_w;
	while (at < stop) {
		size_t n = stop - at;
		enum style_id style = log_style_run(p->spans, at, p->plain, &n);

		surface_ascii(p->to, p->clip, x, y, style, ref->bytes + at, n);
		x += (int)n;
		at += n;
	}
}

int log_text_draw(const struct view_log *v, struct surface *to, const struct line_ref *ref,
    struct log_spans *spans, size_t row, int y)
{
	const struct rect *r = &v->base.r;
	struct pen p = {v, to, spans, {v->text_x, r->y, v->text_w, r->h}, log_text_style(ref->dir)};
	bool plain = is_plain(v, ref);
	size_t at = 0;
	struct source s;

	source_begin(&s, v, ref);
	for (size_t n = 0; y < r->y + r->h; n++) {
		struct source ahead = s;
		size_t end = v->wrap == PANE_WRAP_OFF ? SIZE_MAX
			     : plain		      ? plain_end(v, ref, at)
						      : row_end(v, &ahead);

		if (n >= row && plain)
			draw_plain(&p, ref, at, end, y++);
		else if (n >= row)
			draw_row(&p, s, end, y++);
		if (end == SIZE_MAX)
			break;
		at = end;
		s = ahead;
	}
	return y;
}

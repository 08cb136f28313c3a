/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A form: one field a row, what stands below it follows while one types. The values are the
 * session's; here is the text of the field that is being edited, so that a cursor can stand in it.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"
#include "paper.h"

#define FORM_W	84
#define VALUE_W 12 /* so much is left for it on the narrowest screen */

struct view_form {
	struct view base;
	struct paper below;
	int at;	 /* field */
	int top; /* first field shown */
	char text[SESSION_FIELD_SIZE];
	size_t len, cursor;
	int shift; /* cells of it off at the left */
	bool fresh, reveal;
	int label_w;
};

static struct view_form *form_of(struct view *v)
{
	return (struct view_form *)(void *)v;
}

static const struct view_form *form_const(const struct view *v)
{
	return (const struct view_form *)(const void *)v;
}

void view_form_reset(struct view *v)
{
	struct view_form *f = form_of(v);

	f->at = f->top = f->shift = 0;
	f->fresh = true;
	f->reveal = false;
}

int view_form_field(const struct view *v)
{
	return form_const(v)->at;
}

const char *view_form_text(const struct view *v)
{
	return form_const(v)->text;
}

/* ---- the field's text ------------------------------------------------------------------------ */

static void take_field(struct view_form *f, const struct session *s, int at)
{
	f->fresh = false;
	f->shift = 0;
	f->at = s->form.count ? (at + s->form.count) % s->form.count : 0;
	str_copy(f->text, sizeof(f->text), s->form.count ? s->form.fields[f->at].value : "");
	f->len = f->cursor = strlen(f->text);
}

static size_t before(const struct view_form *f, size_t at)
{
	while (at > 0 && ((uint8_t)f->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t after(const struct view_form *f, size_t at)
{
	if (at < f->len)
		at++;
	while (at < f->len && ((uint8_t)f->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static unsigned cut(struct view_form *f, size_t from, size_t to)
{
	memmove(f->text + from, f->text + to, f->len - to + 1);
	f->len -= to - from;
	f->cursor = from;
	return to > from ? VIEW_DONE | VIEW_EDITED : VIEW_DONE;
}

static unsigned move(struct view_form *f, size_t to)
{
	f->cursor = to;
	return VIEW_DONE;
}

static bool insert(struct view_form *f, const char *text, size_t n)
{
	if (f->len + n >= sizeof(f->text))
		return false;
	memmove(f->text + f->cursor + n, f->text + f->cursor, f->len - f->cursor + 1);
	memcpy(f->text + f->cursor, text, n);
	f->len += n;
	f->cursor += n;
	return true;
}

bool view_form_insert(struct view *v, const struct session *s, const char *text, size_t n)
{
	struct view_form *f = form_of(v);
	char clean[SESSION_FIELD_SIZE];
	size_t k = 0;

	if (f->fresh)
		take_field(f, s, 0);
	for (size_t i = 0; i < n && k < sizeof(clean) && text[i] != '\n' && text[i] != '\r'; i++)
		if ((uint8_t)text[i] >= 0x20 && text[i] != 0x7f)
			clean[k++] = text[i];
	return k && insert(f, clean, utf8_cut(clean, k, sizeof(f->text) - 1 - f->len));
}

/* ---- keys ------------------------------------------------------------------------------------ */

static unsigned ctrl_key(struct view_form *f, uint32_t code)
{
	switch (code) {
	case 'a':
		return move(f, 0);
	case 'e':
		return move(f, f->len);
	case 'd':
		return cut(f, f->cursor, after(f, f->cursor));
	case 'h':
		return cut(f, before(f, f->cursor), f->cursor);
	case 'k':
		return cut(f, f->cursor, f->len);
	case 'u':
		return cut(f, 0, f->cursor);
	case 'r':
		f->reveal = !f->reveal;
		return VIEW_DONE;
	case 'c':
		return VIEW_LEAVE;
	default:
		return VIEW_DONE; /* nothing else happens while it is open */
	}
}

static unsigned edit_key(struct view_form *f, const struct key *key)
{
	switch (key->code) {
	case KEYS_LEFT:
		return move(f, before(f, f->cursor));
	case KEYS_RIGHT:
		return move(f, after(f, f->cursor));
	case KEYS_HOME:
		return move(f, 0);
	case KEYS_END:
		return move(f, f->len);
	case KEYS_BACKSPACE:
		return cut(f, before(f, f->cursor), f->cursor);
	case KEYS_DELETE:
		return cut(f, f->cursor, after(f, f->cursor));
	case KEYS_ENTER:
		return VIEW_CHOSEN;
	case KEYS_ESC:
		return VIEW_LEAVE;
	default:
		return VIEW_DONE;
	}
}

static unsigned form_key(struct view *v, const struct session *s, const struct key *key)
{
	struct view_form *f = form_of(v);
	char bytes[4];

	if (f->fresh)
		take_field(f, s, 0);
	if (key->code == KEYS_DOWN || (key->code == KEYS_TAB && !(key->mods & KEY_SHIFT))) {
		take_field(f, s, f->at + 1);
		return VIEW_DONE;
	}
	if (key->code == KEYS_UP || key->code == KEYS_TAB) {
		take_field(f, s, f->at - 1);
		return VIEW_DONE;
	}
	if (key->mods == KEY_CTRL)
		return ctrl_key(f, key->code);
	if (key->mods & ~KEY_SHIFT)
		return VIEW_DONE;
	if (key->code >= 0x20 && key->code < KEY_SPECIAL)
		return insert(f, bytes, (size_t)utf8_encode(key->code, bytes))
			   ? VIEW_DONE | VIEW_EDITED
			   : VIEW_DONE;
	return edit_key(f, key);
}

/* ---- drawing --------------------------------------------------------------------------------- */

static int fields_shown(const struct view_form *f, const struct session *s)
{
	int rows = f->base.r.h - 2; /* what the keys do, and a row of what stands below */

	rows = rows < 1 ? 1 : rows;
	return s->form.count < rows ? s->form.count : rows;
}

static void fill_below(struct view_form *f, const struct session *s, int width)
{
	const char *p = sbuf_str(&s->form.below);

	paper_begin(&f->below, width);
	while (*p) {
		size_t n = strcspn(p, "\n");
		char line[1024];

		str_copy_n(line, sizeof(line), p, n);
		paper_flow(&f->below, 2, STYLE_HINT, line);
		paper_nl(&f->below);
		p += n + (p[n] == '\n');
	}
}

/* The value as it is drawn: dots for a secret, blanks at its ends made visible. Returns the cells
 * before the byte offset. */
static int shown_value(const struct view_form *f, const struct session_field *field,
    const char *text, size_t cursor, bool unicode, struct sbuf *out)
{
	size_t n = strlen(text), lead = strspn(text, " "), tail = n;
	int cells = 0;

	while (tail > lead && text[tail - 1] == ' ')
		tail--;
	for (size_t i = 0; i < n;) {
		uint32_t cp;
		int len = utf8_decode((const uint8_t *)text + i, n - i, &cp), w;
		bool end = i < lead || i >= tail;

		len = len <= 0 ? 1 : len;
		w = utf8_width(cp);
		if (field->secret && !f->reveal) {
			sbuf_add(out, unicode ? "•" : "*");
			w = 1;
		} else if (end) {
			sbuf_add(out, unicode ? "␣" : "_");
			w = 1;
		} else {
			sbuf_add_n(out, text + i, (size_t)len);
		}
		if (i < cursor)
			cells += w < 0 ? 1 : w;
		i += (size_t)len;
	}
	return cells;
}

/* The cursor of the edited field stays in sight. */
static void scroll_value(struct view_form *f, const struct session *s)
{
	int w = f->base.r.w - f->label_w - 1, cursor;
	struct sbuf text;

	if (!s->form.count)
		return;
	sbuf_init(&text, 8 * SESSION_FIELD_SIZE);
	cursor = shown_value(f, &s->form.fields[f->at], f->text, f->cursor, true, &text);
	sbuf_fini(&text);
	if (cursor - f->shift >= w)
		f->shift = cursor - w + 1;
	if (cursor < f->shift)
		f->shift = cursor;
}

static void form_recalc(struct view *v, const struct session *s, mono_t now)
{
	struct view_form *f = form_of(v);
	struct rect screen = v->area;
	int w = screen.w - 6 < FORM_W ? screen.w - 6 : FORM_W, shown;

	(void)now;
	if (f->fresh)
		take_field(f, s, 0);
	f->label_w = 0;
	for (int i = 0; i < s->form.count; i++) {
		int need = utf8_str_width(s->form.fields[i].label);

		f->label_w = need > f->label_w ? need : f->label_w;
	}
	fill_below(f, s, w < 1 ? 1 : w);
	popup_place(v, screen, w, s->form.count + 2 + paper_rows(&f->below));
	if (f->label_w > v->r.w - VALUE_W)
		f->label_w = v->r.w > VALUE_W ? v->r.w - VALUE_W : 0;
	shown = fields_shown(f, s);
	if (f->at < f->top)
		f->top = f->at;
	if (f->at >= f->top + shown)
		f->top = f->at - shown + 1;
	scroll_value(f, s);
}

static void draw_field(
    const struct view_form *f, const struct session *s, struct surface *to, int i, int y)
{
	const struct session_field *field = &s->form.fields[i];
	struct rect r = f->base.r, row = {r.x, y, r.w, 1};
	struct rect value = {r.x + f->label_w + 1, y, r.w - f->label_w - 1, 1};
	bool here = i == f->at;
	struct sbuf text;
	int cursor, x;

	sbuf_init(&text, 8 * SESSION_FIELD_SIZE);
	cursor = shown_value(
	    f, field, here ? f->text : field->value, here ? f->cursor : 0, to->unicode, &text);
	surface_text(to, row, r.x, y, here ? STYLE_KEY : STYLE_POPUP, field->label);
	if (here)
		surface_fill(to, value, STYLE_EDIT);
	x = surface_text(to, value, value.x - (here ? f->shift : 0), y,
	    here ? STYLE_EDIT : STYLE_POPUP, sbuf_str(&text));
	if (here) {
		to->cursor_x = value.x + cursor - f->shift;
		to->cursor_y = y;
		x++;
	}
	if (field->hint[0] && x + 2 < value.x + value.w)
		surface_text(to, value, x + 2, y, field->bad ? STYLE_BAD : STYLE_HINT, field->hint);
	sbuf_fini(&text);
}

static void form_draw(const struct view *v, const struct session *s, struct surface *to)
{
	const struct view_form *f = form_const(v);
	int shown = fields_shown(f, s), y = v->r.y;
	struct rect below = v->r;

	popup_frame(v, to, s->form.title, STYLE_POPUP_TITLE);
	for (int i = f->top; i < f->top + shown && i < s->form.count; i++)
		draw_field(f, s, to, i, y++);
	if (y < v->r.y + v->r.h)
		surface_fmt(to, v->r, v->r.x, y++, STYLE_HINT,
		    "%s   Tab: next   Ctrl-R: show passwords   Esc: leave", s->form.done);
	below.y = y;
	below.h = v->r.y + v->r.h - y;
	if (below.h > 0)
		paper_draw(&f->below, to, below);
}

static int form_rows(struct view *v, const struct session *s, int width, mono_t now)
{
	(void)v;
	(void)width;
	(void)now;
	return s->form.count + 2;
}

static void form_free(struct view *v)
{
	paper_fini(&form_of(v)->below);
	memset(form_of(v)->text, 0, sizeof(form_of(v)->text));
	free(v);
}

struct view *view_form_new(void)
{
	static const struct view_ops ops = {.title = "",
	    .recalc = form_recalc,
	    .draw = form_draw,
	    .key = form_key,
	    .rows = form_rows,
	    .free = form_free};
	struct view_form *v = xcalloc(1, sizeof(*v));

	v->base.ops = &ops;
	paper_init(&v->below);
	v->fresh = true;
	return &v->base;
}

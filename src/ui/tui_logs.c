/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log panes of the screen: a view for each, their places, titles and borders, the mouse. */
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/utf8.h"
#include "tui_int.h"

/* A view for each pane of the session, in its order; the active one is VIEW_LOG. */
void tui_logs_sync(struct tui *t)
{
	const struct panes *p = &t->s->panes;
	struct view *old[PANES_MAX], **from = old;
	int count = t->log_count;

	memcpy(old, t->logs, sizeof(old));
	for (int i = 0; i < p->count; i++) {
		int k = 0;

		while (k < count && (!old[k] || view_log_id(old[k]) != p->pane[i].id))
			k++;
		t->logs[i] = k < count ? from[k] : view_log_new();
		if (k < count)
			old[k] = NULL;
		view_log_place(t->logs[i], i, p->pane[i].id);
	}
	for (int k = 0; k < count; k++)
		if (old[k])
			old[k]->ops->free(old[k]);
	t->log_count = p->count;
	t->views[VIEW_LOG] = t->logs[p->active];
}

void tui_logs_free(struct tui *t)
{
	for (int i = 0; i < t->log_count; i++)
		t->logs[i]->ops->free(t->logs[i]);
	t->log_count = 0;
	t->views[VIEW_LOG] = NULL;
}

/* The active one, for what app asks of it. */
static struct view *active(struct tui *t)
{
	tui_logs_sync(t);
	t->dirty = true;
	return t->views[VIEW_LOG];
}

void tui_logs_place(struct tui *t)
{
	const struct panes *p = &t->s->panes;
	struct rect area[PANES_MAX], inner[PANES_MAX];
	int weight[PANES_MAX];

	for (int i = 0; i < p->count; i++)
		weight[i] = p->pane[i].weight;
	t->logs_all = layout_logs(&t->layout, p->count, p->active, weight, area, inner);
	for (int i = 0; i < p->count; i++) {
		t->logs[i]->area = area[i];
		t->logs[i]->r = inner[i];
		t->logs[i]->focused = t->focus == TUI_LOG && i == p->active;
		t->logs[i]->unicode = t->screen.unicode;
	}
}

/* ---- drawing --------------------------------------------------------------------------------- */

/* Text into so many cells, with a mark where it is cut. */
static void cut_text(struct tui *t, int x, int y, int w, enum style_id style, const char *text)
{
	int need = utf8_str_width(text);

	if (w < 1)
		return;
	surface_text(&t->screen, (struct rect){x, y, need > w ? w - 1 : w, 1}, x, y, style, text);
	if (need > w)
		surface_text(
		    &t->screen, (struct rect){x + w - 1, y, 1, 1}, x + w - 1, y, style, "…");
}

static int draw_state(struct tui *t, const struct view *v)
{
	/* In a line that is being written End goes to the line's end. */
	bool writing = t->focus == TUI_EDIT && lineedit_text(t->edit)[0];
	int room = v->area.w - 2, w;
	char text[96];

	view_log_state(v, writing ? "Ctrl-End" : "End", text, sizeof(text));
	w = utf8_str_width(text);
	if (w > room - 10) {
		view_log_state(v, NULL, text, sizeof(text));
		w = utf8_str_width(text);
	}
	if (!text[0] || w > room)
		return 0;
	surface_text(
	    &t->screen, v->area, v->area.x + 1 + room - w - 1, v->area.y, STYLE_NEWLINES, text);
	return w + 2;
}

void tui_logs_title(struct tui *t, const struct view *v)
{
	enum style_id style = v->focused ? STYLE_TITLE_FOCUS : STYLE_TITLE;
	bool here = view_log_index(v) == t->s->panes.active && t->log_count > 1;
	char name[700], text[720];
	int room;

	room = v->area.w - 2 - draw_state(t, v);
	view_log_title(v, t->s, name, sizeof(name));
	str_fmt(text, sizeof(text), v->focused ? "[%s]" : here ? "▸%s " : " %s ", name);
	cut_text(t, v->area.x + 1, v->area.y, room, style, text);
}

void tui_logs_draw(struct tui *t)
{
	for (int i = 0; i < t->log_count; i++) {
		struct view *v = t->logs[i];

		if (v->r.w <= 0 || v->r.h <= 0)
			continue;
		if (!t->layout.framed && v->r.y > v->area.y) {
			for (int x = 0; x < v->area.w; x++)
				surface_text(&t->screen, v->area, v->area.x + x, v->area.y,
				    v->focused ? STYLE_BORDER_FOCUS : STYLE_BORDER, "─");
			tui_logs_title(t, v);
		} else if (t->layout.framed) {
			tui_logs_title(t, v);
		}
		v->ops->draw(v, t->s, &t->screen);
	}
}

void tui_logs_words(const struct tui *t, char *dst, size_t size)
{
	const struct view *v = t->views[VIEW_LOG];
	size_t room = t->screen.w < 40 ? 6 : (size_t)t->screen.w / 3;
	char name[700];

	dst[0] = '\0';
	view_log_title(v, t->s, name, sizeof(name));
	if (v->r.y > v->area.y) /* it has a title of its own */
		return;
	/* Rather a part of it than nothing. */
	if (strlen(name) > room) {
		name[utf8_cut(name, strlen(name), room - 1)] = '\0';
		str_cat(name, sizeof(name), "…");
	}
	if (t->focus == TUI_LOG)
		str_fmt(dst, size, "[%s]", name);
	else if (strcmp(name, "Log") != 0)
		str_copy(dst, size, name);
}

/* ---- what app asks --------------------------------------------------------------------------- */

bool tui_log_span(struct tui *t, uint64_t *first, uint64_t *last)
{
	return view_log_span(active(t), t->s, first, last);
}

void tui_log_show(struct tui *t, uint64_t line, size_t at, bool top)
{
	view_log_show(active(t), t->s, line, at, top);
}

bool tui_log_foldable(struct tui *t, uint64_t line)
{
	return view_log_foldable(active(t), t->s, line);
}

void tui_log_folded(struct tui *t, uint64_t line)
{
	view_log_folded(active(t), t->s, line);
}

bool tui_log_selection(struct tui *t, uint64_t *first, uint64_t *last)
{
	return view_log_selection(active(t), first, last);
}

void tui_log_select_end(struct tui *t)
{
	view_log_select_end(active(t));
}

bool tui_log_following(struct tui *t)
{
	return view_log_following(active(t));
}

void tui_log_stamp(struct tui *t, uint64_t n, const struct line_ref *ref, char *dst, size_t size)
{
	view_log_stamp(active(t), t->s, n, ref, dst, size);
}

/* The border above pane i goes down by that many rows. */
static bool move_border(struct tui *t, int i, int by)
{
	int rows[PANES_MAX], min = layout_log_min(&t->layout);

	if (!t->logs_all || i < 1 || i >= t->log_count)
		return false;
	for (int k = 0; k < t->log_count; k++)
		rows[k] = t->logs[k]->area.h;
	if (by > rows[i] - min)
		by = rows[i] - min;
	if (by < min - rows[i - 1])
		by = min - rows[i - 1];
	if (!by)
		return false;
	rows[i - 1] += by;
	rows[i] -= by;
	if (t->ops.weights)
		t->ops.weights(t->ctx, rows, t->log_count);
	tui_logs_place(t); /* the next key may come before the next drawing */
	t->dirty = true;
	return true;
}

bool tui_log_resize(struct tui *t, int rows)
{
	int i = t->s->panes.active;

	active(t);
	/* The lower border, where there is one below. */
	return i + 1 < t->log_count ? move_border(t, i + 1, rows) : move_border(t, i, -rows);
}

/* ---- mouse ----------------------------------------------------------------------------------- */

static bool in_rect(const struct rect *r, int x, int y)
{
	return x >= r->x && x < r->x + r->w && y >= r->y && y < r->y + r->h;
}

bool tui_logs_border_at(const struct tui *t, int x, int y)
{
	for (int i = 1; t->logs_all && i < t->log_count; i++)
		if (y == t->logs[i]->area.y && in_rect(&t->logs[i]->area, x, y))
			return true;
	return false;
}

bool tui_logs_press(struct tui *t, int x, int y)
{
	t->drag_border = 0;
	t->drag_pane = 0;
	for (int i = t->log_count - 1; i >= 0; i--) {
		struct view *v = t->logs[i];

		if (!in_rect(&v->area, x, y))
			continue;
		if (i > 0 && y == v->area.y && t->logs_all) {
			t->drag_border = i;
			return true;
		}
		if (t->ops.pane)
			t->ops.pane(t->ctx, i);
		tui_focus(t, TUI_LOG);
		if (view_log_mouse(v, t->s, y, false)) {
			if (t->ops.bound)
				t->ops.bound(t->ctx, "/fold");
			view_log_select_end(v);
		}
		t->drag_pane = view_log_id(v);
		return true;
	}
	return false;
}

void tui_logs_drag(struct tui *t, int y)
{
	struct view *v = t->views[VIEW_LOG];

	if (t->drag_border && t->drag_border < t->log_count)
		move_border(t, t->drag_border, y - t->logs[t->drag_border]->area.y);
	else if (t->drag_pane && view_log_id(v) == t->drag_pane)
		(void)view_log_mouse(v, t->s, y, true);
}

struct view *tui_logs_at(struct tui *t, int x, int y)
{
	for (int i = 0; i < t->log_count; i++)
		if (in_rect(&t->logs[i]->area, x, y))
			return t->logs[i];
	return NULL;
}

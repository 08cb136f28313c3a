/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A list to choose from. As a menu: typed letters narrow it. As completion: small, above the edit
 * line; Tab and the arrows go round, Enter takes, anything else closes it and is typed.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

#define LIST_MAX_W	96
#define COMPLETION_ROWS 8
#define FILTER_MAX	64

struct view_list {
	struct view base;
	uint64_t revision; /* of the list whose fits are below */
	bool fresh;	   /* nothing was counted yet */
	char filter[FILTER_MAX];
	uint16_t *fits; /* items that fit the filter */
	size_t fit_count;
	size_t selected; /* index into fits */
	bool touched;	 /* completion: something was selected */
	size_t top;
	int label_w, detail_w; /* of those that fit */
};

static struct view_list *list_of(struct view *v)
{
	return (struct view_list *)(void *)v;
}

static const struct view_list *list_const(const struct view *v)
{
	return (const struct view_list *)(const void *)v;
}

static bool contains(const char *text, const char *part)
{
	size_t n = strlen(part);

	for (; text && strlen(text) >= n; text++)
		if (!str_ncasecmp(text, part, n))
			return true;
	return false;
}

static void narrow(struct view_list *v, const struct session_list *l)
{
	size_t count = l->count < SESSION_LIST_MAX ? l->count : SESSION_LIST_MAX;

	v->fit_count = 0;
	v->label_w = v->detail_w = 0;
	for (size_t i = 0; i < count; i++) {
		const struct session_item *it = &l->items[i];
		int w;

		if (v->filter[0] && !contains(it->label, v->filter) &&
		    !contains(it->detail, v->filter))
			continue;
		w = utf8_str_width(it->label ? it->label : "");
		v->label_w = w > v->label_w ? w : v->label_w;
		w = utf8_str_width(it->detail ? it->detail : "");
		v->detail_w = w > v->detail_w ? w : v->detail_w;
		v->fits[v->fit_count++] = (uint16_t)i;
	}
	if (v->selected >= v->fit_count)
		v->selected = v->fit_count ? v->fit_count - 1 : 0;
}

/* The items that fit, where they may be others than before; a fresh list begins with its own choice. */
static void prepare(struct view_list *v, const struct session_list *l)
{
	if (v->fresh || v->revision != l->revision)
		narrow(v, l);
	if (v->fresh && l->at < v->fit_count)
		v->selected = l->at;
	v->fresh = false;
	v->revision = l->revision;
}

void view_list_reset(struct view *base)
{
	struct view_list *v = list_of(base);

	v->filter[0] = '\0';
	v->selected = v->top = 0;
	v->touched = false;
	v->fresh = true;
}

const char *view_list_value(const struct view *base, const struct session *s)
{
	const struct view_list *v = list_const(base);
	size_t i;

	if (v->selected >= v->fit_count || v->fits[v->selected] >= s->list.count)
		return NULL;
	i = v->fits[v->selected];
	return s->list.items[i].value ? s->list.items[i].value : s->list.items[i].label;
}

/* The small box stands on the edit line's row, at the left; area holds the screen above it. */
static void place_completion(struct view_list *v, int w)
{
	struct rect screen = v->base.area;
	int rows = v->fit_count < COMPLETION_ROWS ? (int)v->fit_count : COMPLETION_ROWS;

	popup_place(&v->base, screen, w, rows);
	if (v->base.area.w == v->base.r.w)
		return;
	v->base.area.x = screen.x;
	v->base.area.y = screen.y + screen.h - v->base.area.h;
	v->base.r.x = v->base.area.x + 2;
	v->base.r.y = v->base.area.y + 1;
}

static size_t list_height(const struct view_list *v, bool completion)
{
	int h = v->base.r.h - (completion ? 0 : 1);

	return h > 0 ? (size_t)h : 1;
}

static void list_recalc(struct view *base, const struct session *s, mono_t now)
{
	struct view_list *v = list_of(base);
	struct rect screen = base->area;
	size_t height;
	int w;

	(void)now;
	prepare(v, &s->list);
	w = v->label_w + 3 + v->detail_w;
	w = w < 24 ? 24 : w > LIST_MAX_W ? LIST_MAX_W : w;
	if (s->list.completion)
		place_completion(v, w);
	else
		popup_place(base, screen, w < 40 ? 40 : w, (int)v->fit_count + 1);
	height = list_height(v, s->list.completion);
	if (v->selected < v->top)
		v->top = v->selected;
	if (v->selected >= v->top + height)
		v->top = v->selected - height + 1;
	if (v->top + height > v->fit_count)
		v->top = v->fit_count > height ? v->fit_count - height : 0;
}

/* What does not fit of a path goes at its front: its end is the name. */
static void draw_path(struct surface *to, struct rect r, const char *label)
{
	const char *end, *slash;
	int x;

	if (!label[0] || !strchr(label + 1, '/') || utf8_str_width(label) <= r.w) {
		surface_text(to, r, r.x, r.y, STYLE_POPUP, label);
		return;
	}
	end = utf8_tail(label, r.w - 1);
	slash = strchr(end, '/');
	x = surface_text(to, r, r.x, r.y, STYLE_POPUP, "…");
	surface_text(to, r, x, r.y, STYLE_POPUP, slash && slash[1] ? slash : end);
}

static void draw_item(const struct view_list *v, const struct session_list *l, size_t i,
    struct surface *to, int y, bool selected)
{
	const struct session_item *it = &l->items[i];
	const char *text = it->label ? it->label : "";
	const struct rect *r = &v->base.r;
	struct rect row = {r->x, y, r->w, 1};
	/* A long detail leaves two thirds to the label, a short one all it needs. */
	int room = r->w - 3 - v->detail_w > r->w * 2 / 3 ? r->w - 3 - v->detail_w : r->w * 2 / 3;
	int label_w = v->label_w < room ? v->label_w : room;
	struct rect label = {r->x + 1, y, it->detail && it->detail[0] ? label_w : r->w - 1, 1};
	struct rect detail = {r->x + label_w + 3, y, r->w - label_w - 3, 1};

	if (selected)
		surface_text(to, row, r->x, y, STYLE_POPUP, "▸");
	if (l->paths)
		draw_path(to, label, text);
	else
		surface_text(to, label, label.x, y, STYLE_POPUP, text);
	if (it->detail && detail.w > 0)
		surface_text(to, detail, detail.x, y, STYLE_HINT, it->detail);
	if (selected)
		surface_restyle(to, row, STYLE_POPUP_SELECTED);
}

static void list_draw(const struct view *base, const struct session *s, struct surface *to)
{
	const struct view_list *v = list_const(base);
	bool completion = s->list.completion;
	size_t height = list_height(v, completion);
	int y = base->r.y, right = base->area.x + base->area.w - 1;

	popup_frame(base, to, s->list.title, STYLE_POPUP_TITLE);
	if (!completion) {
		int x = surface_text(to, base->r, base->r.x, y, STYLE_KEY, "▸ ");

		x = surface_text(to, base->r, x, y, STYLE_POPUP, v->filter);
		if (!v->filter[0])
			surface_text(to, base->r, x, y, STYLE_HINT, "type to narrow, Enter takes");
		to->cursor_x = x < base->r.x + base->r.w ? x : -1;
		to->cursor_y = y++;
	}
	for (size_t i = v->top; i < v->fit_count && i < v->top + height; i++) {
		bool selected = i == v->selected && (!completion || v->touched);

		if (v->fits[i] < s->list.count)
			draw_item(v, &s->list, v->fits[i], to, y++, selected);
	}
	if (!v->fit_count)
		surface_text(to, base->r, base->r.x + 1, y, STYLE_HINT, "nothing fits");
	if (v->top > 0)
		surface_text(to, base->area, right, base->area.y + 1, STYLE_NEWLINES, "▲");
	if (v->top + height < v->fit_count)
		surface_text(
		    to, base->area, right, base->area.y + base->area.h - 2, STYLE_NEWLINES, "▼");
}

static void move(struct view_list *v, long by, bool round)
{
	long n = (long)v->fit_count, at = (long)v->selected + by;

	if (!n)
		return;
	if (round)
		at = (at % n + n) % n;
	at = at < 0 ? 0 : at >= n ? n - 1 : at;
	v->selected = (size_t)at;
}

static bool move_key(struct view_list *v, const struct session *s, const struct key *key)
{
	long page = (long)list_height(v, s->list.completion);

	switch (key->code) {
	case KEYS_UP:
		move(v, -1, true);
		return true;
	case KEYS_DOWN:
		move(v, 1, true);
		return true;
	case KEYS_TAB:
		move(v, key->mods & KEY_SHIFT ? -1 : 1, true);
		return true;
	case KEYS_PGUP:
		move(v, -page, false);
		return true;
	case KEYS_PGDN:
		move(v, page, false);
		return true;
	default:
		return false;
	}
}

static unsigned completion_key(struct view_list *v, const struct session *s, const struct key *key)
{
	if (key->code == KEYS_ESC)
		return VIEW_LEAVE; /* all else, Ctrl-C too, is also meant for the line */
	if (key->code == KEYS_ENTER && v->touched)
		return v->fit_count ? VIEW_CHOSEN : VIEW_LEAVE;
	if (!v->touched &&
	    (key->code == KEYS_DOWN || (key->code == KEYS_TAB && !(key->mods & KEY_SHIFT)))) {
		v->touched = true; /* the first one */
		return VIEW_DONE;
	}
	if (move_key(v, s, key)) {
		v->touched = true;
		return VIEW_DONE;
	}
	return VIEW_LEAVE | VIEW_PASS;
}

static void filter_change(struct view_list *v, const struct session *s, uint32_t cp)
{
	size_t n = strlen(v->filter);
	char bytes[4];

	if (cp) {
		int len = utf8_encode(cp, bytes);

		if (n + (size_t)len < sizeof(v->filter))
			str_copy_n(v->filter + n, sizeof(v->filter) - n, bytes, (size_t)len);
	} else {
		while (n && ((uint8_t)v->filter[n - 1] & 0xc0) == 0x80)
			n--;
		v->filter[n ? n - 1 : 0] = '\0';
	}
	v->selected = v->top = 0;
	narrow(v, &s->list);
}

static unsigned list_key(struct view *base, const struct session *s, const struct key *key)
{
	struct view_list *v = list_of(base);

	prepare(v, &s->list);
	if (s->list.completion)
		return completion_key(v, s, key);
	if (key->code == KEYS_ESC || (key->code == 'c' && key->mods == KEY_CTRL))
		return VIEW_LEAVE;
	if (key->code == KEYS_ENTER)
		return v->fit_count ? VIEW_CHOSEN : VIEW_DONE;
	if (move_key(v, s, key))
		return VIEW_DONE;
	if (key->code == KEYS_HOME || key->code == KEYS_END)
		move(v, key->code == KEYS_HOME ? -SESSION_LIST_MAX : SESSION_LIST_MAX, false);
	else if (key->code == KEYS_BACKSPACE || (key->code == 'h' && key->mods == KEY_CTRL))
		filter_change(v, s, 0);
	else if (key->code >= ' ' && key->code < KEY_SPECIAL && !key->mods)
		filter_change(v, s, key->code);
	else
		return VIEW_NOT_MINE;
	return VIEW_DONE;
}

static int list_rows(struct view *v, const struct session *s, int width, mono_t now)
{
	(void)s;
	(void)width;
	(void)now;
	return (int)list_of(v)->fit_count + 1;
}

static void list_free(struct view *v)
{
	free(list_of(v)->fits);
	free(v);
}

struct view *view_list_new(void)
{
	static const struct view_ops ops = {.title = "",
	    .recalc = list_recalc,
	    .draw = list_draw,
	    .key = list_key,
	    .rows = list_rows,
	    .free = list_free};
	struct view_list *v = xcalloc(1, sizeof(*v));

	v->base.ops = &ops;
	v->fits = xcalloc(SESSION_LIST_MAX, sizeof(*v->fits));
	v->fresh = true;
	return &v->base;
}

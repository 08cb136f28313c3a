/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rectangles from a split tree. */
#include "layout.h"

#include <string.h>

#include "tasmite/core/panes.h"

#define WIDE_MIN_W 100
#define SMALL_W	   60
#define SMALL_H	   16
#define SIDE_W	   43
#define SIDE_MAX_W 56
#define PAIR_MIN_W 76 /* device and flash panel beside one another in a strip */
#define LOG_MIN_H  6

static int clamp(int v, int lo, int hi)
{
	if (v > hi)
		v = hi;
	return v < lo ? lo : v;
}

void layout_solve(const struct layout_node *n, struct rect r, struct rect out[PANE_COUNT])
{
	struct rect a = r, b = r;
	int total, first;

	if (n->split == LAYOUT_LEAF) {
		out[n->pane] = r;
		return;
	}
	total = n->split == LAYOUT_COLS ? r.w : r.h;
	first = n->size >= 0 ? n->size : total + n->size + n->share;
	first = clamp(first, 0, total);
	if (n->split == LAYOUT_COLS) {
		a.w = first;
		b.x = r.x + first - (first ? n->share : 0);
		b.w = r.x + r.w - b.x;
	} else {
		a.h = first;
		b.y = r.y + first - (first ? n->share : 0);
		b.h = r.y + r.h - b.y;
	}
	layout_solve(n->first, a, out);
	layout_solve(n->second, b, out);
}

static struct layout_node leaf(enum pane p)
{
	return (struct layout_node){.split = LAYOUT_LEAF, .pane = p};
}

static struct layout_node split(enum layout_split how, const struct layout_node *first,
    const struct layout_node *second, int size, int share)
{
	return (struct layout_node){
	    .split = how, .first = first, .second = second, .size = size, .share = share};
}

/* Status line, body, edit line and (where it fits) the key bar. */
static void solve_screen(
    struct layout *l, const struct layout_want *want, const struct layout_node *body, bool keybar)
{
	struct layout_node status = leaf(PANE_STATUS), edit = leaf(PANE_EDIT);
	struct layout_node keys = leaf(PANE_KEYBAR);
	struct layout_node foot = split(LAYOUT_ROWS, &edit, &keys, 1, 0);
	struct layout_node rest =
	    split(LAYOUT_ROWS, body, keybar ? &foot : &edit, keybar ? -2 : -1, 0);
	struct layout_node all = split(LAYOUT_ROWS, &status, &rest, want->h > 1 ? 1 : 0, 0);

	layout_solve(&all, (struct rect){0, 0, want->w, want->h}, l->r);
}

static void make_small(struct layout *l, const struct layout_want *want)
{
	enum pane p = PANE_LOG;
	struct layout_node body;

	if (want->focus == PANE_DEVICE || (want->focus == PANE_FLASH && want->flash))
		p = want->focus;
	body = leaf(p);
	l->kind = LAYOUT_SMALL;
	solve_screen(l, want, &body, false);
}

static void make_wide(struct layout *l, const struct layout_want *want)
{
	struct layout_node log = leaf(PANE_LOG), device = leaf(PANE_DEVICE),
			   flash = leaf(PANE_FLASH);
	int side_w = clamp(want->w * 36 / 100, SIDE_W, SIDE_MAX_W);
	int body_h = want->h - 3;
	/* Both want their rows; the flash panel, which matters now, gets them first. */
	int flash_h = clamp(want->flash_rows + 2, 6, body_h - 5 > 6 ? body_h - 5 : 6);
	struct layout_node side = split(LAYOUT_ROWS, &device, &flash, -flash_h, 1);
	struct layout_node body =
	    split(LAYOUT_COLS, &log, want->flash ? &side : &device, -side_w, 1);

	l->kind = LAYOUT_WIDE;
	l->framed = true;
	solve_screen(l, want, &body, true);
}

static void make_strip(struct layout *l, const struct layout_want *want)
{
	struct layout_node log = leaf(PANE_LOG), device = leaf(PANE_DEVICE),
			   flash = leaf(PANE_FLASH);
	struct layout_node both = split(LAYOUT_COLS, &device, &flash, want->w * 45 / 100, 1);
	const struct layout_node *panels = &device;
	int rows = want->device_rows, strip_h;
	struct layout_node body;

	if (want->flash) {
		panels = want->w >= PAIR_MIN_W ? &both : &flash;
		if (want->w < PAIR_MIN_W && want->focus == PANE_DEVICE)
			panels = &device;
		rows = want->flash_rows > 4 ? want->flash_rows : 4;
	}
	strip_h = clamp(rows + 2, 5, want->h / (want->flash ? 2 : 3));
	strip_h = clamp(strip_h, 4, want->h - 3 - LOG_MIN_H);
	body = split(LAYOUT_ROWS, &log, panels, -strip_h, 1);
	l->kind = LAYOUT_STRIP;
	l->framed = true;
	solve_screen(l, want, &body, true);
}

void layout_make(struct layout *l, const struct layout_want *want)
{
	memset(l, 0, sizeof(*l));
	if (want->w < SMALL_W || want->h < SMALL_H)
		make_small(l, want);
	else if (want->w >= WIDE_MIN_W)
		make_wide(l, want);
	else
		make_strip(l, want);
}

bool layout_has(const struct layout *l, enum pane p)
{
	return l->r[p].w > 0 && l->r[p].h > 0;
}

struct rect layout_inner(const struct layout *l, enum pane p)
{
	struct rect r = l->r[p];

	if (l->framed && (p == PANE_LOG || p == PANE_DEVICE || p == PANE_FLASH)) {
		r.x++;
		r.y++;
		r.w = r.w > 2 ? r.w - 2 : 0;
		r.h = r.h > 2 ? r.h - 2 : 0;
	}
	return r;
}

int layout_log_min(const struct layout *l)
{
	return l->framed ? 4 : 3;
}

/* Rows by weight, none below min; what is over or missing goes to, or comes from, the largest. */
static void share_rows(int total, int count, const int *weight, int min, int *rows)
{
	long sum = 0;
	int used = 0;

	for (int i = 0; i < count; i++)
		sum += weight[i] > 0 ? weight[i] : 1;
	for (int i = 0; i < count; i++) {
		long w = weight[i] > 0 ? weight[i] : 1;

		rows[i] = (int)(total * w / sum);
		rows[i] = rows[i] < min ? min : rows[i];
		used += rows[i];
	}
	while (used != total) {
		int largest = 0;

		for (int i = 1; i < count; i++)
			if (rows[i] > rows[largest])
				largest = i;
		rows[largest] += used < total ? 1 : -1;
		used += used < total ? 1 : -1;
	}
}

static struct rect inner_of(const struct layout *l, struct rect r, bool titled)
{
	if (!l->framed && titled)
		return (struct rect){r.x, r.y + 1, r.w, r.h - 1};
	if (!l->framed)
		return r;
	return (struct rect){r.x + 1, r.y + 1, r.w > 2 ? r.w - 2 : 0, r.h > 2 ? r.h - 2 : 0};
}

bool layout_logs(const struct layout *l, int count, int active, const int *weight,
    struct rect area[], struct rect inner[])
{
	struct rect all = l->r[PANE_LOG];
	int shared = l->framed ? 1 : 0, min = layout_log_min(l), y = all.y;
	int total = all.h + shared * (count - 1), rows[PANES_MAX];
	bool fits = total >= min * count;

	for (int i = 0; i < count; i++)
		area[i] = inner[i] = (struct rect){all.x, all.y, 0, 0};
	if (count == 1 || !fits) {
		area[active] = all;
		inner[active] = inner_of(l, all, false);
		return count == 1;
	}
	share_rows(total, count, weight, min, rows);
	for (int i = 0; i < count; i++) {
		area[i] = (struct rect){all.x, y, all.w, rows[i]};
		inner[i] = inner_of(l, area[i], true);
		y += rows[i] - shared;
	}
	return true;
}

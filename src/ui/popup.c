/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The boxes over the screen: where they stand, their frame. */
#include "view.h"

void popup_place(struct view *v, struct rect screen, int w, int h)
{
	struct rect r;

	if (screen.w < 24 || screen.h < 6) {
		v->area = v->r = screen;
		return;
	}
	r.w = w + 4 < screen.w ? w + 4 : screen.w;
	r.h = h + 2 < screen.h ? h + 2 : screen.h;
	r.x = screen.x + (screen.w - r.w) / 2;
	r.y = screen.y + (screen.h - r.h) / 2;
	v->area = r;
	v->r = (struct rect){r.x + 2, r.y + 1, r.w - 4, r.h - 2};
}

void popup_frame(const struct view *v, struct surface *to, const char *title, enum style_id style)
{
	const struct rect *a = &v->area;
	struct rect in = {a->x + 2, a->y, a->w - 4, 1};
	int x = a->x + 2;

	surface_fill(to, *a, STYLE_POPUP);
	if (v->area.w == v->r.w)
		return;
	surface_box(to, *a, STYLE_BORDER_FOCUS);
	if (!title[0])
		return;
	x = surface_text(to, in, x, a->y, style, "[");
	x = surface_text(to, in, x, a->y, style, title);
	surface_text(to, in, x, a->y, style, "]");
}

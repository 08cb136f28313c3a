/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key bar: what F1 to F10 do, and F11 and F12 where something is bound to them. */
#include "bars.h"

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"

#define KEYBAR_KEYS  12
#define KEYBAR_LAST  10 /* leaves: stays where all else goes */
#define KEYBAR_SHORT 6	/* cells of a label that is shortened: the built-in ones are not longer */

/* How a bar is written: "F1 Help  F2 Port", "F1Help F2Port", and that with labels cut. */
enum keybar_form { KEYBAR_LOOSE, KEYBAR_TIGHT, KEYBAR_CUT };

static int label_width(const char *label, int number, enum keybar_form form)
{
	int w = utf8_str_width(label);

	if (!label[0])
		return 0;
	if (form == KEYBAR_CUT && w > KEYBAR_SHORT)
		w = KEYBAR_SHORT;
	return (number < 10 ? 2 : 3) + (form == KEYBAR_LOOSE) + w;
}

static int gap(enum keybar_form form)
{
	return form == KEYBAR_LOOSE ? 2 : 1;
}

/* The keys that fit, as bits: what does not goes from the right, but the key that leaves stays. */
static unsigned choose(const struct keymap *k, int w, enum keybar_form form)
{
	int last = label_width(keymap_bar_label(k, KEYBAR_LAST), KEYBAR_LAST, form);
	int total = 1 + (last ? last + gap(form) : 0);
	unsigned shown = 0;

	if (total - gap(form) <= w)
		shown |= 1u << KEYBAR_LAST;
	else
		total = 1;
	for (int i = 1; i <= KEYBAR_KEYS; i++) {
		int need = label_width(keymap_bar_label(k, i), i, form);

		if (i == KEYBAR_LAST)
			continue;
		if (need && total + need > w)
			break;
		total += need ? need + gap(form) : 0;
		shown |= 1u << i;
	}
	return shown;
}

/* As loose as all keys fit, else as F1 to F10 do; where they don't either, as many as fit. */
static unsigned choose_form(const struct keymap *k, int w, enum keybar_form *form)
{
	static const unsigned wanted[] = {
	    (1u << (KEYBAR_KEYS + 1)) - 2, (1u << (KEYBAR_LAST + 1)) - 2};

	for (int i = 0; i < 2; i++)
		for (*form = KEYBAR_LOOSE; *form <= KEYBAR_CUT; (*form)++) {
			unsigned shown = choose(k, w, *form);

			if ((shown & wanted[i]) == wanted[i])
				return shown;
		}
	*form = KEYBAR_TIGHT;
	return choose(k, w, *form);
}

void keybar_draw(const struct keymap *k, struct surface *to, struct rect r)
{
	enum keybar_form form;
	unsigned shown = choose_form(k, r.w, &form);
	int x = r.x + 1;

	surface_fill(to, r, STYLE_KEY_LABEL);
	for (int i = 1; i <= KEYBAR_KEYS; i++) {
		const char *label = keymap_bar_label(k, i);
		struct rect at = {x, r.y, label_width(label, i, form), 1};

		if (!(shown & 1u << i) || !label[0])
			continue;
		at = rect_clip(at, r);
		x = surface_fmt(to, at, x, r.y, STYLE_KEY, "F%d", i);
		if (form == KEYBAR_LOOSE)
			x = surface_text(to, at, x, r.y, STYLE_KEY_LABEL, " ");
		surface_text(to, at, x, r.y, STYLE_KEY_LABEL, label);
		x = at.x + label_width(label, i, form) + gap(form);
	}
}

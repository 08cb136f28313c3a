/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key bar: what F1 to F10 do, and F11 and F12 where something is bound to them. */
#include "bars.h"

#include "tasmite/base/utf8.h"

#define KEYBAR_KEYS 12
#define KEYBAR_LAST 10 /* leaves: stays where all else goes */

static int label_width(const char *label, int number)
{
	return label[0] ? 1 + (number < 10 ? 2 : 3) + 1 + utf8_str_width(label) : 0;
}

/* What does not fit goes from the right, but the key that leaves stays. */
static unsigned choose(const struct keymap *k, int w)
{
	unsigned shown = 0;
	int total = 1 + label_width(keymap_bar_label(k, KEYBAR_LAST), KEYBAR_LAST);

	if (total <= w)
		shown |= 1u << KEYBAR_LAST;
	else
		total = 1;
	for (int i = 1; i <= KEYBAR_KEYS; i++) {
		int need = i == KEYBAR_LAST ? 0 : label_width(keymap_bar_label(k, i), i);

		if (total + need + 1 > w)
			break;
		total += need ? need + 1 : 0;
		shown |= 1u << i;
	}
	return shown;
}

void keybar_draw(const struct keymap *k, struct surface *to, struct rect r)
{
	unsigned shown = choose(k, r.w);
	int x = r.x + 1;

	surface_fill(to, r, STYLE_KEY_LABEL);
	for (int i = 1; i <= KEYBAR_KEYS; i++) {
		const char *label = keymap_bar_label(k, i);

		if (!(shown & 1u << i) || !label[0])
			continue;
		x = surface_fmt(to, r, x, r.y, STYLE_KEY, "F%d", i);
		x = surface_text(to, r, x, r.y, STYLE_KEY_LABEL, " ");
		x = surface_text(to, r, x, r.y, STYLE_KEY_LABEL, label) + 2;
	}
}

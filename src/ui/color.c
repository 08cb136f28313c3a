/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Colours reduced: 24 bits and xterm's 256 to what there is. */
#include "color.h"

struct rgb {
	int r, g, b;
};

/* xterm's default values of the first sixteen. */
static const struct rgb base16[16] = {{0, 0, 0}, {205, 0, 0}, {0, 205, 0}, {205, 205, 0},
    {0, 0, 238}, {205, 0, 205}, {0, 205, 205}, {229, 229, 229}, {127, 127, 127}, {255, 0, 0},
    {0, 255, 0}, {255, 255, 0}, {92, 92, 255}, {255, 0, 255}, {0, 255, 255}, {255, 255, 255}};

static const int cube[6] = {0, 95, 135, 175, 215, 255};

static struct rgb of_index(int n)
{
	struct rgb c;

	if (n < 16)
		return base16[n];
	if (n >= 232) {
		c.r = c.g = c.b = 8 + 10 * (n - 232);
		return c;
	}
	n -= 16;
	c.r = cube[n / 36];
	c.g = cube[n / 6 % 6];
	c.b = cube[n % 6];
	return c;
}

static int distance(struct rgb a, struct rgb b)
{
	int r = a.r - b.r, g = a.g - b.g, bl = a.b - b.b;

	return 2 * r * r + 4 * g * g + 3 * bl * bl; /* the eye sees green best */
}

static int nearest(struct rgb c, int from, int to)
{
	int best = from;

	for (int i = from + 1; i < to; i++)
		if (distance(c, of_index(i)) < distance(c, of_index(best)))
			best = i;
	return best;
}

int color_reduce(const struct ansi_color *c, enum theme_depth depth, bool *bright)
{
	struct rgb rgb = {c->index, c->g, c->b};
	int n = c->index;

	if (c->kind == ANSI_DEFAULT || depth == THEME_MONO)
		return THEME_COLOR_DEFAULT;
	if (depth == THEME_256)
		return c->kind == ANSI_RGB ? nearest(rgb, 16, 256) : n;
	if (c->kind == ANSI_RGB || n >= 16)
		n = nearest(c->kind == ANSI_RGB ? rgb : of_index(n), 0, 16);
	if (depth == THEME_8 && n >= 8) {
		*bright = true;
		n -= 8;
	}
	return n;
}

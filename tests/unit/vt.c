/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control functions by ECMA-48 and xterm's ctlseqs; those without a trace on the screen are skipped. */
#define _GNU_SOURCE /* memmem */
#include "vt.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"

enum { GROUND, ESC, CSI, STRING, STRING_ESC, CHARSET };

void vt_init(struct vt *v, int w, int h)
{
	memset(v, 0, sizeof(*v));
	v->w = w;
	v->h = h;
	v->bottom = h - 1;
	v->cells = xcalloc((size_t)w, (size_t)h);
	memset(v->cells, ' ', (size_t)w * (size_t)h);
	v->looks = xcalloc((size_t)w * (size_t)h, sizeof(*v->looks));
}

void vt_fini(struct vt *v)
{
	free(v->cells);
	free(v->looks);
}

static char *row(const struct vt *v, int y)
{
	return v->cells + (size_t)y * (size_t)v->w;
}

static uint32_t *looks(const struct vt *v, int y)
{
	return v->looks + (size_t)y * (size_t)v->w;
}

const uint32_t *vt_looks(const struct vt *v, int y)
{
	return looks(v, y);
}

const char *vt_row(const struct vt *v, int y)
{
	return row(v, y);
}

bool vt_has(const struct vt *v, const char *text)
{
	for (int y = 0; y < v->h; y++)
		if (memmem(row(v, y), (size_t)v->w, text, strlen(text)))
			return true;
	return false;
}

static int clamp(int n, int low, int high)
{
	return n < low ? low : n > high ? high : n;
}

static void blank(struct vt *v, int y, int from, int to)
{
	/* Erasing leaves the background, as xterm does it. */
	for (int x = from; x < to; x++) {
		row(v, y)[x] = ' ';
		looks(v, y)[x] = v->look & 0x3FFu << 10;
	}
}

/* Rows from..to move up by n, down by -n. */
static void scroll(struct vt *v, int from, int to, int n)
{
	int rows = to - from + 1, by = clamp(abs(n), 0, rows);
	size_t w = (size_t)v->w, moved = (size_t)(rows - by) * w;

	if (n > 0) {
		memmove(row(v, from), row(v, from + by), moved);
		memmove(looks(v, from), looks(v, from + by), moved * sizeof(*v->looks));
	} else {
		memmove(row(v, from + by), row(v, from), moved);
		memmove(looks(v, from + by), looks(v, from), moved * sizeof(*v->looks));
	}
	for (int i = 0; i < by; i++)
		blank(v, n > 0 ? to - i : from + i, 0, v->w);
}

static void line_feed(struct vt *v)
{
	if (v->y == v->bottom)
		scroll(v, v->top, v->bottom, 1);
	else if (v->y < v->h - 1)
		v->y++;
}

static void put(struct vt *v, char c)
{
	if (v->wrap) {
		v->x = 0;
		line_feed(v);
		v->wrap = false;
	}
	row(v, v->y)[v->x] = c;
	looks(v, v->y)[v->x] = v->look;
	v->last = c;
	if (v->x == v->w - 1)
		v->wrap = true;
	else
		v->x++;
}

static void move(struct vt *v, int x, int y)
{
	v->x = clamp(x, 0, v->w - 1);
	v->y = clamp(y, 0, v->h - 1);
	v->wrap = false;
}

static int arg(const struct vt *v, int i, int otherwise)
{
	return i < v->count && v->params[i] > 0 ? v->params[i] : otherwise;
}

static void erase(struct vt *v, bool screen)
{
	int how = arg(v, 0, 0);

	if (how == 0)
		blank(v, v->y, v->x, v->w);
	else
		blank(v, v->y, 0, how == 1 ? v->x + 1 : v->w);
	for (int y = 0; screen && y < v->h; y++)
		if (how >= 2 || (how == 0 && y > v->y) || (how == 1 && y < v->y))
			blank(v, y, 0, v->w);
}

/* Characters from the cursor on move right by n, left by -n. */
static void shift(struct vt *v, int n)
{
	int rest = v->w - v->x, by = clamp(abs(n), 0, rest);
	size_t left = (size_t)(rest - by);
	char *at = row(v, v->y) + v->x;
	uint32_t *look = looks(v, v->y) + v->x;

	if (n > 0) {
		memmove(at + by, at, left);
		memmove(look + by, look, left * sizeof(*look));
	} else {
		memmove(at, at + by, left);
		memmove(look, look + by, left * sizeof(*look));
	}
	if (n > 0)
		blank(v, v->y, v->x, v->x + by);
	else
		blank(v, v->y, v->w - by, v->w);
}

/* SGR: 0, the attributes 1 to 9, and colours by number. */
static void rendition(struct vt *v)
{
	for (int i = 0; i < v->count; i++) {
		int p = v->params[i];

		if (p == 0)
			v->look = 0;
		else if (p < 10)
			v->look |= 1u << p;
		else if ((p == 38 || p == 48) && i + 2 < v->count) {
			unsigned at = p == 38 ? 20 : 10;

			v->look &= ~(0x3FFu << at);
			v->look |= (uint32_t)(v->params[i + 2] + 1) << at;
			i += 2;
		} else if (p == 39 || p == 49) {
			v->look &= ~(0x3FFu << (p == 39 ? 20 : 10));
		}
	}
}

static void change(struct vt *v, uint8_t c, int n)
{
	switch (c) {
	case 'J':
	case 'K':
		erase(v, c == 'J');
		break;
	case 'L':
	case 'M':
		if (v->y >= v->top && v->y <= v->bottom)
			scroll(v, v->y, v->bottom, c == 'L' ? -n : n);
		break;
	case 'P':
	case '@':
		shift(v, c == 'P' ? -n : n);
		break;
	case 'X':
		blank(v, v->y, v->x, clamp(v->x + n, 0, v->w));
		break;
	case 'S':
	case 'T':
		scroll(v, v->top, v->bottom, c == 'S' ? n : -n);
		break;
	case 'm':
		rendition(v);
		break;
	case 'b':
		for (int i = 0; i < clamp(n, 0, v->w) && v->last; i++)
			put(v, v->last);
		break;
	case 'r':
		v->top = clamp(arg(v, 0, 1) - 1, 0, v->h - 1);
		v->bottom = clamp(arg(v, 1, v->h) - 1, v->top, v->h - 1);
		move(v, 0, 0);
		break;
	default:
		break;
	}
}

static void control_sequence(struct vt *v, uint8_t c)
{
	int n = arg(v, 0, 1);

	if (v->private_mode)
		return;
	switch (c) {
	case 'A':
		move(v, v->x, v->y - n);
		break;
	case 'B':
	case 'e':
		move(v, v->x, v->y + n);
		break;
	case 'C':
	case 'a':
		move(v, v->x + n, v->y);
		break;
	case 'D':
		move(v, v->x - n, v->y);
		break;
	case 'E':
		move(v, 0, v->y + n);
		break;
	case 'F':
		move(v, 0, v->y - n);
		break;
	case 'G':
	case '`':
		move(v, n - 1, v->y);
		break;
	case 'd':
		move(v, v->x, n - 1);
		break;
	case 'H':
	case 'f':
		move(v, arg(v, 1, 1) - 1, n - 1);
		break;
	default:
		change(v, c, n);
	}
}

static void escape(struct vt *v, uint8_t c)
{
	v->state = GROUND;
	if (c == '[') {
		v->state = CSI;
		memset(v->params, 0, sizeof(v->params));
		v->count = 1;
		v->private_mode = false;
	} else if (strchr("]P_^X", c)) {
		v->state = STRING;
	} else if (strchr("()*+#%", c)) {
		v->state = CHARSET;
	} else if (c == '7') {
		v->saved_x = v->x;
		v->saved_y = v->y;
	} else if (c == '8') {
		move(v, v->saved_x, v->saved_y);
	} else if (c == 'M' && v->y == v->top) {
		scroll(v, v->top, v->bottom, -1);
	} else if (c == 'M') {
		move(v, v->x, v->y - 1);
	} else if (c == 'D' || c == 'E') {
		v->x = c == 'E' ? 0 : v->x;
		line_feed(v);
	}
}

static void csi_byte(struct vt *v, uint8_t c)
{
	int *p = &v->params[v->count - 1];

	if (c >= '0' && c <= '9') {
		*p = *p < 10000 ? *p * 10 + c - '0' : *p;
	} else if ((c == ';' || c == ':') && v->count < 8) {
		v->count++;
	} else if (c >= '<' && c <= '?') {
		v->private_mode = true;
	} else if (c >= 0x40 && c <= 0x7E) {
		v->state = GROUND;
		control_sequence(v, c);
	}
}

static void ground(struct vt *v, uint8_t c)
{
	if (c >= 0x20 && c < 0x7F)
		put(v, (char)c);
	else if (c >= 0xC0) /* a character's first byte; the others don't count */
		put(v, '?');
	else if (c == '\r')
		move(v, 0, v->y);
	else if (c >= '\n' && c <= '\f')
		line_feed(v);
	else if (c == '\b')
		move(v, v->x - 1, v->y);
	else if (c == '\t')
		move(v, (v->x / 8 + 1) * 8, v->y);
	else if (c == 0x1B)
		v->state = ESC;
}

void vt_feed(struct vt *v, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = bytes[i];

		switch (v->state) {
		case GROUND:
			ground(v, c);
			break;
		case ESC:
			escape(v, c);
			break;
		case CSI:
			csi_byte(v, c);
			break;
		case STRING:
			v->state = c == 0x07 ? GROUND : c == 0x1B ? STRING_ESC : STRING;
			break;
		default: /* the byte behind ESC ( or the end of a string */
			v->state = GROUND;
		}
	}
}

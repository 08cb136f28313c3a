/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line's bytes as tokens for the screen. SGR parameters by ECMA-48 8.3.117; the 256 and RGB
 * colours (38, 48) as xterm documents them, in the semicolon and the colon form.
 */
#include "tasmite/core/ansi.h"

#include <string.h>

#include "tasmite/base/utf8.h"

#define ESC	  0x1b
#define MARKS_MAX 8

#define ROW4(f, n)   f(n) f(n + 1) f(n + 2) f(n + 3)
#define HEX_DIGIT(n) ((n) < 10 ? '0' + (n) : 'A' + (n)-10)
#define HEX_TEXT(n)  {'<', HEX_DIGIT((n) >> 4), HEX_DIGIT((n)&15), '>', 0},
#define HEX_ROW(n) \
	ROW4(HEX_TEXT, n) ROW4(HEX_TEXT, n + 4) ROW4(HEX_TEXT, n + 8) ROW4(HEX_TEXT, n + 12)

/* "<80>" to "<FF>": no byte below can be invalid. */
static const char hex_text[128][5] = {HEX_ROW(128) HEX_ROW(144) HEX_ROW(160) HEX_ROW(176)
	HEX_ROW(192) HEX_ROW(208) HEX_ROW(224) HEX_ROW(240)};

struct range {
	uint32_t first, last;
};

/* Characters that steer the terminal instead of showing something: format characters (Unicode
 * general category Cf), the separators U+2028/2029, variation selectors and skin tones (both can
 * change the width of the character before, and then a terminal's row is not what was computed),
 * and noncharacters. Ascending. */
static const struct range steering[] = {{0x00ad, 0x00ad}, {0x034f, 0x034f}, {0x0600, 0x0605},
    {0x061c, 0x061c}, {0x06dd, 0x06dd}, {0x070f, 0x070f}, {0x0890, 0x0891}, {0x08e2, 0x08e2},
    {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e},
    {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfdd0, 0xfdef}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
    {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x110bd, 0x110bd}, {0x110cd, 0x110cd},
    {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0x1f3fb, 0x1f3ff},
    {0xe0000, 0xe0fff}};

static bool steers(uint32_t cp)
{
	size_t lo = 0, hi = sizeof(steering) / sizeof(steering[0]);

	if ((cp & 0xfffe) == 0xfffe)
		return true;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (cp < steering[mid].first)
			hi = mid;
		else if (cp > steering[mid].last)
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

/* ---- SGR ------------------------------------------------------------------------------------- */

struct param {
	unsigned value; /* saturates */
	bool sub;	/* a colon came before it: it belongs to the one before */
};

struct params {
	struct param p[ANSI_SGR_MAX];
	size_t n;
};

/* The length of the SGR sequence at p (which is an ESC), 0 when it is none. Fills ps. */
static size_t sgr_parse(const uint8_t *p, size_t n, struct params *ps)
{
	size_t i = 2;

	if (n > ANSI_SGR_MAX)
		n = ANSI_SGR_MAX;
	if (n < 3 || p[1] != '[')
		return 0;
	memset(&ps->p[0], 0, sizeof(ps->p[0]));
	ps->n = 1;
	for (; i < n && p[i] != 'm'; i++) {
		struct param *last = &ps->p[ps->n - 1];

		if (p[i] >= '0' && p[i] <= '9') {
			if (last->value < 10000)
				last->value = last->value * 10 + (p[i] - '0');
		} else if (p[i] == ';' || p[i] == ':') {
			ps->p[ps->n].value = 0;
			ps->p[ps->n++].sub = p[i] == ':';
		} else {
			return 0;
		}
	}
	return i < n ? i + 1 : 0;
}

static void set_index(struct ansi_color *c, unsigned value)
{
	if (value > 255)
		return;
	memset(c, 0, sizeof(*c));
	c->kind = ANSI_INDEX;
	c->index = (uint8_t)value;
}

static void set_rgb(struct ansi_color *c, const struct param *p)
{
	if (p[0].value > 255 || p[1].value > 255 || p[2].value > 255)
		return;
	c->kind = ANSI_RGB;
	c->index = (uint8_t)p[0].value;
	c->g = (uint8_t)p[1].value;
	c->b = (uint8_t)p[2].value;
}

/* 38, 48 or 58 at ps->p[i] (c is NULL for 58, which only has to be stepped over). Returns how many
 * parameters it took beside itself. */
static size_t extended(const struct params *ps, size_t i, struct ansi_color *c)
{
	const struct param *p = &ps->p[i];
	size_t left = ps->n - i - 1, subs = 0;

	while (subs < left && p[1 + subs].sub)
		subs++;
	if (subs) {
		/* 38:5:n, 38:2:r:g:b, 38:2:space:r:g:b */
		if (c && p[1].value == 5 && subs >= 2)
			set_index(c, p[2].value);
		else if (c && p[1].value == 2 && subs >= 4)
			set_rgb(c, subs >= 5 ? p + 3 : p + 2);
		return subs;
	}
	if (left >= 2 && p[1].value == 5) {
		if (c)
			set_index(c, p[2].value);
		return 2;
	}
	if (left >= 4 && p[1].value == 2) {
		if (c)
			set_rgb(c, p + 2);
		return 4;
	}
	return left; /* a colour that is cut short: nothing behind it can be trusted */
}

static void set_attr(struct ansi_style *st, unsigned on, unsigned off)
{
	st->attr = (uint8_t)((st->attr & ~off) | on);
}

/* Attributes; blink and conceal are left out on purpose (nothing may be hidden). */
static bool sgr_attr(struct ansi_style *st, const struct param *p, bool has_sub)
{
	switch (p->value) {
	case 1:
		set_attr(st, ANSI_BOLD, 0);
		return true;
	case 2:
		set_attr(st, ANSI_DIM, 0);
		return true;
	case 3:
		set_attr(st, ANSI_ITALIC, 0);
		return true;
	case 4:
		if (has_sub && p[1].value == 0)
			set_attr(st, 0, ANSI_UNDERLINE);
		else
			set_attr(st, ANSI_UNDERLINE, 0);
		return true;
	case 7:
		set_attr(st, ANSI_REVERSE, 0);
		return true;
	case 21:
		set_attr(st, ANSI_UNDERLINE, 0);
		return true;
	case 22:
		set_attr(st, 0, ANSI_BOLD | ANSI_DIM);
		return true;
	case 23:
		set_attr(st, 0, ANSI_ITALIC);
		return true;
	case 24:
		set_attr(st, 0, ANSI_UNDERLINE);
		return true;
	case 27:
		set_attr(st, 0, ANSI_REVERSE);
		return true;
	default:
		return false;
	}
}

static void sgr_color(struct ansi_style *st, unsigned v)
{
	if (v >= 30 && v <= 37)
		set_index(&st->fg, v - 30);
	else if (v >= 40 && v <= 47)
		set_index(&st->bg, v - 40);
	else if (v >= 90 && v <= 97)
		set_index(&st->fg, v - 90 + 8);
	else if (v >= 100 && v <= 107)
		set_index(&st->bg, v - 100 + 8);
	else if (v == 39)
		memset(&st->fg, 0, sizeof(st->fg));
	else if (v == 49)
		memset(&st->bg, 0, sizeof(st->bg));
}

static void sgr_apply(struct ansi_style *st, const struct params *ps)
{
	for (size_t i = 0; i < ps->n; i++) {
		const struct param *p = &ps->p[i];
		bool has_sub = i + 1 < ps->n && p[1].sub;

		if (p->value == 0)
			memset(st, 0, sizeof(*st));
		else if (p->value == 38)
			i += extended(ps, i, &st->fg);
		else if (p->value == 48)
			i += extended(ps, i, &st->bg);
		else if (p->value == 58)
			i += extended(ps, i, NULL);
		else if (!sgr_attr(st, p, has_sub))
			sgr_color(st, p->value);
		while (i + 1 < ps->n && ps->p[i + 1].sub)
			i++;
	}
}

/* ---- tokens ---------------------------------------------------------------------------------- */

void ansi_begin(struct ansi *a, const uint8_t *bytes, size_t n)
{
	memset(a, 0, sizeof(*a));
	a->bytes = bytes;
	a->n = n;
}

/* Where the escape sequence at p ends that is shown: ECMA-48 5.4 for CSI; else ESC, intermediate
 * bytes, one final byte. */
static size_t escape_length(const uint8_t *p, size_t n)
{
	size_t i = 1;

	if (n > ANSI_SGR_MAX)
		n = ANSI_SGR_MAX;
	if (i < n && p[i] == '[') {
		i++;
		while (i < n && p[i] >= 0x30 && p[i] <= 0x3f)
			i++;
	}
	while (i < n && p[i] >= 0x20 && p[i] <= 0x2f)
		i++;
	if (i < n && p[i] >= 0x30 && p[i] <= 0x7e)
		i++;
	return i;
}

/* A text of its own for a character that can't be shown. */
static void name_char(struct ansi_token *t, uint32_t cp)
{
	static const char digits[] = "0123456789ABCDEF";
	int shift = cp > 0xfffff ? 20 : cp > 0xffff ? 16 : 12;
	char *p = t->inline_text;

	*p++ = '<';
	*p++ = 'U';
	*p++ = '+';
	for (; shift >= 0; shift -= 4)
		*p++ = digits[cp >> shift & 15];
	*p++ = '>';
	*p = 0;
	t->kind = ANSI_CONTROL;
	t->text = t->inline_text;
}

/* C0, DEL, C1 and the bytes of a shown escape sequence. */
static void control(struct ansi_token *t, uint32_t cp)
{
	t->kind = ANSI_CONTROL;
	t->text = t->inline_text;
	if (cp >= 0x80) {
		t->text = hex_text[cp - 0x80];
		return;
	}
	if (cp < 0x20)
		cp += 0x2400;
	else if (cp == 0x7f)
		cp = 0x2421;
	t->inline_text[utf8_encode(cp, t->inline_text)] = 0;
}

static void character(struct ansi *a, struct ansi_token *t, uint32_t cp)
{
	int width;

	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) {
		if (cp == '\t' && !a->raw)
			t->kind = ANSI_TAB;
		else
			control(t, cp);
		a->marks = 0;
		return;
	}
	width = utf8_width(cp);
	if (steers(cp) || (width <= 0 && !a->marks)) {
		name_char(t, cp);
		a->marks = 0;
	} else if (width == 0) {
		t->kind = ANSI_MARK;
		a->marks--;
	} else {
		t->kind = ANSI_CHAR;
		a->marks = MARKS_MAX;
	}
}

bool ansi_next(struct ansi *a, struct ansi_token *t)
{
	struct params ps;
	uint32_t cp = 0;
	size_t sgr;
	int len;

	while (!a->raw && a->pos < a->n && a->bytes[a->pos] == ESC) {
		sgr = sgr_parse(a->bytes + a->pos, a->n - a->pos, &ps);
		if (!sgr)
			break;
		sgr_apply(&a->style, &ps);
		a->pos += sgr;
		a->marks = 0;
	}
	if (a->pos >= a->n)
		return false;
	if (a->bytes[a->pos] == ESC)
		a->escape_end = a->pos + escape_length(a->bytes + a->pos, a->n - a->pos);
	t->text = NULL;
	t->style = a->style;
	t->at = a->pos;
	len = utf8_decode(a->bytes + a->pos, a->n - a->pos, &cp);
	if (len <= 0) {
		len = 1;
		cp = a->bytes[a->pos];
		t->kind = ANSI_INVALID;
		t->text = hex_text[cp & 0x7f];
		a->marks = 0;
	} else if (a->pos < a->escape_end) {
		control(t, cp);
		a->marks = 0;
	} else {
		character(a, t, cp);
	}
	t->cp = cp;
	t->len = (size_t)len;
	a->pos += (size_t)len;
	return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Styled text in rows. */
#include "paper.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

#define PAPER_TEXT_MAX (4u << 20)
#define PAPER_SPAN_MAX 200000u

void paper_init(struct paper *p)
{
	memset(p, 0, sizeof(*p));
	sbuf_init(&p->text, PAPER_TEXT_MAX);
}

void paper_fini(struct paper *p)
{
	sbuf_fini(&p->text);
	free(p->spans);
	p->spans = NULL;
	p->count = p->cap = 0;
}

void paper_begin(struct paper *p, int width)
{
	sbuf_clear(&p->text);
	p->count = 0;
	p->width = width > 1 ? width : 1;
	p->row = p->x = 0;
}

static void add_n(struct paper *p, enum style_id style, const char *text, size_t n)
{
	struct paper_span *s;

	if (!n || p->text.len + n + 1 > p->text.max || p->count == PAPER_SPAN_MAX)
		return;
	if (p->count == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 64;
		p->spans = xreallocarray(p->spans, p->cap, sizeof(*p->spans));
	}
	s = &p->spans[p->count++];
	s->at = p->text.len;
	s->row = p->row;
	s->x = p->x;
	s->style = style;
	sbuf_add_n(&p->text, text, n);
	p->x += utf8_str_width(p->text.s + s->at);
	sbuf_add_char(&p->text, '\n');
}

void paper_add(struct paper *p, enum style_id style, const char *text)
{
	/* The line feed ends a span: one in the text would end it early. */
	add_n(p, style, text, strcspn(text, "\n"));
}

void paper_fmt(struct paper *p, enum style_id style, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	str_vfmt(text, sizeof(text), fmt, ap);
	va_end(ap);
	paper_add(p, style, text);
}

void paper_tab(struct paper *p, int x)
{
	if (p->x < x)
		p->x = x;
	else if (p->x > 0)
		p->x++;
}

void paper_nl(struct paper *p)
{
	p->row++;
	p->x = 0;
}

/* How many bytes of text fit into the cells. */
static size_t fitting(const char *text, size_t n, int cells)
{
	size_t i = 0;

	while (i < n) {
		uint32_t cp;
		int len = utf8_decode((const uint8_t *)text + i, n - i, &cp);
		int w = len > 0 ? utf8_width(cp) : 1;

		len = len > 0 ? len : 1;
		w = w < 0 ? 1 : w;
		if (w > cells)
			break;
		cells -= w;
		i += (size_t)len;
	}
	return i;
}

void paper_flow(struct paper *p, int indent, enum style_id style, const char *text)
{
	size_t n = strcspn(text, "\n");

	if (indent > p->width / 2)
		indent = 0;
	while (n) {
		int room = p->width - p->x;
		size_t fit = fitting(text, n, room);
		size_t cut = fit;

		if (fit < n && text[fit] != ' ') {
			while (cut && text[cut - 1] != ' ')
				cut--;
			/* A word longer than a row is cut; one longer than the rest goes to the next. */
			if (!cut && p->x <= indent)
				cut = fit ? fit : 1;
		}
		fit = cut;
		while (cut < n && fit && text[fit - 1] == ' ') /* no blanks at a row's end */
			fit--;
		add_n(p, style, text, fit);
		text += cut;
		n -= cut;
		while (cut && n && *text == ' ') {
			text++;
			n--;
		}
		if (n) {
			paper_nl(p);
			p->x = indent;
		}
	}
}

int paper_rows(const struct paper *p)
{
	return p->row + (p->x > 0);
}

void paper_clamp(struct paper *p, int height)
{
	int most = paper_rows(p) - height;

	if (p->top > most)
		p->top = most;
	if (p->top < 0)
		p->top = 0;
}

/* Rows to scroll by, or 0. */
static int scroll_of(const struct key *key, int height, int rows)
{
	int page = height > 1 ? height - 1 : 1;

	if (key->mods & ~(unsigned)KEY_SHIFT)
		return 0;
	switch (key->code) {
	case KEYS_UP:
	case 'k':
		return -1;
	case KEYS_DOWN:
	case KEYS_ENTER:
	case 'j':
		return 1;
	case KEYS_PGUP:
	case 'b':
		return -page;
	case KEYS_PGDN:
	case ' ':
	case 'f':
		return page;
	case 'u':
		return -(page + 1) / 2;
	case 'd':
		return (page + 1) / 2;
	case KEYS_HOME:
	case 'g':
	case '<':
		return -rows - 1;
	case KEYS_END:
	case 'G':
	case '>':
		return rows + 1;
	default:
		return 0;
	}
}

bool paper_key(struct paper *p, const struct key *key, int height)
{
	int by = scroll_of(key, height, paper_rows(p));

	if (!by)
		return false;
	p->top += by;
	paper_clamp(p, height);
	return true;
}

void paper_draw(const struct paper *p, struct surface *s, struct rect r)
{
	char text[1024];

	for (size_t i = 0; i < p->count; i++) {
		const struct paper_span *span = &p->spans[i];
		const char *from = p->text.s + span->at;

		if (span->row < p->top)
			continue;
		if (span->row >= p->top + r.h)
			break;
		str_copy_n(text, sizeof(text), from, strcspn(from, "\n"));
		surface_text(s, r, r.x + span->x, r.y + span->row - p->top, span->style, text);
	}
}

void paper_draw_more(const struct paper *p, struct surface *s, struct rect r, int x)
{
	struct rect edge = {x, r.y, 1, r.h};

	if (r.h < 1)
		return;
	if (p->top > 0)
		surface_text(s, edge, x, r.y, STYLE_NEWLINES, "▲");
	if (p->top + r.h < paper_rows(p))
		surface_text(s, edge, x, r.y + r.h - 1, STYLE_NEWLINES, "▼");
}

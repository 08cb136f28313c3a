/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session as text. Most lines are plain ASCII and go out as they are. */
#include "tasmite/core/textlog.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/core/ansi.h"

/* A longer line goes out in parts. */
#define LINE_MAX_HELD 65536
#define US	      1000000

void textlog_init(struct textlog *t, textlog_out out, void *ctx)
{
	memset(t, 0, sizeof(*t));
	t->out = out;
	t->ctx = ctx;
	t->second = INT64_MIN;
	buf_init(&t->line, LINE_MAX_HELD);
}

void textlog_fini(struct textlog *t)
{
	buf_fini(&t->line);
}

/* ---- what goes out --------------------------------------------------------------------------- */

static void push(struct textlog *t)
{
	if (t->pending_len)
		t->out(t->ctx, t->pending, t->pending_len);
	t->pending_len = 0;
}

static void emit(struct textlog *t, const void *text, size_t n)
{
	if (n > sizeof(t->pending) - t->pending_len)
		push(t);
	if (n > sizeof(t->pending)) {
		t->out(t->ctx, text, n);
		return;
	}
	if (n)
		memcpy(t->pending + t->pending_len, text, n);
	t->pending_len += n;
}

static void emit_text(struct textlog *t, const char *text)
{
	emit(t, text, strlen(text));
}

/* The part of the stamp that changes once a second. */
static void format_second(struct textlog *t, int64_t second)
{
	time_t local = (time_t)(second + t->utc_offset_s);
	struct tm tm = {0};

	t->second = second;
	(void)gmtime_r(&local, &tm); /* microseconds in 64 bits: no year is too large */
	if (t->stamp == TEXTLOG_ISO)
		str_fmt(t->clock, sizeof(t->clock), "%04d-%02d-%02dT%02d:%02d:%02d",
		    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	else
		str_fmt(
		    t->clock, sizeof(t->clock), "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void stamp(struct textlog *t, mono_t at)
{
	int64_t wall = at + t->wall_offset_us;
	int64_t second = wall / US, rest = wall % US;
	int zone = t->utc_offset_s / 60;
	char text[64];

	if (t->stamp == TEXTLOG_OFF)
		return;
	if (rest < 0) {
		rest += US;
		second--;
	}
	if (second != t->second)
		format_second(t, second);
	if (t->stamp == TEXTLOG_ISO)
		str_fmt(text, sizeof(text), "%s.%03d%c%02d:%02d ", t->clock, (int)(rest / 1000),
		    zone < 0 ? '-' : '+', (zone < 0 ? -zone : zone) / 60,
		    (zone < 0 ? -zone : zone) % 60);
	else
		str_fmt(text, sizeof(text), "%s.%03d ", t->clock, (int)(rest / 1000));
	emit_text(t, text);
}

/* ---- what a line says ------------------------------------------------------------------------ */

static void color_text(struct sbuf *s, int base, const struct ansi_color *c)
{
	if (c->kind == ANSI_INDEX && c->index < 8)
		sbuf_fmt(s, ";%d", base + c->index);
	else if (c->kind == ANSI_INDEX)
		sbuf_fmt(s, ";%d;5;%d", base + 8, c->index);
	else if (c->kind == ANSI_RGB)
		sbuf_fmt(s, ";%d;2;%d;%d;%d", base + 8, c->index, c->g, c->b);
}

static void emit_style(struct textlog *t, const struct ansi_style *st)
{
	static const struct {
		uint8_t bit;
		char code;
	} attrs[] = {{ANSI_BOLD, '1'}, {ANSI_DIM, '2'}, {ANSI_ITALIC, '3'}, {ANSI_UNDERLINE, '4'},
	    {ANSI_REVERSE, '7'}};
	struct sbuf s;

	sbuf_init(&s, 80);
	sbuf_add(&s, "\x1b[0");
	for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		if (st->attr & attrs[i].bit)
			sbuf_fmt(&s, ";%c", attrs[i].code);
	color_text(&s, 30, &st->fg);
	color_text(&s, 40, &st->bg);
	sbuf_add(&s, "m");
	emit(t, sbuf_str(&s), s.len);
	sbuf_fini(&s);
}

static bool same_color(const struct ansi_color *a, const struct ansi_color *b)
{
	return a->kind == b->kind &&
	       (a->kind == ANSI_DEFAULT ||
		   (a->index == b->index &&
		       (a->kind == ANSI_INDEX || (a->g == b->g && a->b == b->b))));
}

static bool same_style(const struct ansi_style *a, const struct ansi_style *b)
{
	return a->attr == b->attr && same_color(&a->fg, &b->fg) && same_color(&a->bg, &b->bg);
}

static void emit_char(struct textlog *t, uint32_t cp)
{
	char utf8[4] = "";
	size_t n = (size_t)utf8_encode(cp, utf8);

	emit(t, utf8, n);
}

static void emit_token(struct textlog *t, const struct ansi_token *k)
{
	if (k->kind == ANSI_TAB)
		emit(t, "\t", 1);
	else if (k->kind == ANSI_CHAR || k->kind == ANSI_MARK)
		emit_char(t, k->cp);
	else
		emit_text(t, k->text);
}

static bool is_plain(const uint8_t *p, size_t n)
{
	uint8_t odd = 0;

	/* No early end: so it is done many bytes at a time. */
	for (size_t i = 0; i < n; i++)
		odd |= (uint8_t)((p[i] < 0x20) | (p[i] > 0x7e));
	return !odd;
}

static void emit_bytes(struct textlog *t, const uint8_t *p, size_t n)
{
	static const struct ansi_style none = {.attr = 0};
	struct ansi_style now = none;
	struct ansi_token token;
	struct ansi a;

	if (is_plain(p, n)) {
		emit(t, p, n);
		return;
	}
	ansi_begin(&a, p, n);
	while (ansi_next(&a, &token)) {
		if (t->color && !same_style(&token.style, &now)) {
			now = token.style;
			emit_style(t, &now);
		}
		emit_token(t, &token);
	}
	if (!same_style(&now, &none))
		emit_text(t, "\x1b[0m");
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void begin_line(struct textlog *t, mono_t now)
{
	if (t->open)
		return;
	t->open = true;
	t->begun = t->set_aside = false;
	t->line_time = now;
}

static void head(struct textlog *t)
{
	if (!t->begun)
		stamp(t, t->line_time);
	t->begun = true;
}

/* p[0..n) is the rest of the line. */
static void finish_line(struct textlog *t, const uint8_t *p, size_t n)
{
	head(t);
	if (buf_len(&t->line)) {
		if (buf_append(&t->line, p, n)) {
			n = 0;
		} else {
			textlog_let_go(t);
			if (buf_len(&t->line) && buf_append(&t->line, p, n))
				n = 0;
		}
		emit_bytes(t, buf_bytes(&t->line), buf_len(&t->line));
		buf_clear(&t->line);
	}
	if (n)
		emit_bytes(t, p, n);
	emit(t, "\n", 1);
	t->open = t->begun = false;
}

static void keep(struct textlog *t, const uint8_t *p, size_t n, mono_t now)
{
	if (!n)
		return;
	begin_line(t, now);
	t->ended_by = 0;
	while (n) {
		size_t took = buf_append_some(&t->line, p, n);

		p += took;
		n -= took;
		if (n)
			textlog_let_go(t);
		/* No escape sequence or character is as long as that. */
		assert(!n || buf_space(&t->line));
	}
}

static void end_byte(struct textlog *t, const uint8_t *p, size_t n, uint8_t byte, mono_t now)
{
	if (!n && !t->open && t->ended_by && t->ended_by != byte) {
		t->ended_by = 0;
		return;
	}
	if (!n && t->set_aside) { /* it was complete already */
		t->set_aside = false;
		t->ended_by = byte;
		return;
	}
	begin_line(t, now);
	finish_line(t, p, n);
	t->ended_by = byte;
}

static const uint8_t *find(const uint8_t *p, const uint8_t *end, int byte)
{
	const uint8_t *hit = memchr(p, byte, (size_t)(end - p));

	return hit ? hit : end;
}

void textlog_rx(struct textlog *t, const uint8_t *bytes, size_t n, mono_t now)
{
	const uint8_t *p = bytes, *end, *lf, *cr;

	if (!n)
		return;
	end = bytes + n;
	lf = find(p, end, '\n');
	cr = find(p, end, '\r');
	while (p < end) {
		const uint8_t *stop = lf < cr ? lf : cr;

		if (stop == end) {
			keep(t, p, (size_t)(end - p), now);
			break;
		}
		end_byte(t, p, (size_t)(stop - p), *stop, now);
		p = stop + 1;
		if (lf < p)
			lf = find(p, end, '\n');
		if (cr < p)
			cr = find(p, end, '\r');
	}
	push(t);
}

void textlog_put(struct textlog *t, const char *mark, const char *text, size_t n, mono_t now)
{
	bool aside = t->open || t->set_aside;

	if (t->open)
		finish_line(t, NULL, 0);
	t->set_aside = aside; /* and half a pair may still have its other half */
	stamp(t, now);
	emit_text(t, mark);
	emit_bytes(t, (const uint8_t *)text, n);
	emit(t, "\n", 1);
	push(t);
}

/* How much of an unfinished line can be told: not half a character, nor half a sequence. */
static size_t decided(const uint8_t *p, size_t n)
{
	size_t from = n > ANSI_SGR_MAX ? n - ANSI_SGR_MAX : 0;

	for (size_t i = n; i > from; i--)
		if (p[i - 1] == 0x1b) {
			const uint8_t *rest = p + i;
			size_t k = 0, left = n - i;

			if (left && rest[0] != '[')
				break;
			for (k = 1; k < left && rest[k] >= 0x20 && rest[k] < 0x40;)
				k++;
			if (k >= left)
				return i - 1;
			break;
		}
	for (size_t i = 1; i <= 3 && i <= n; i++) {
		uint32_t cp;

		if ((p[n - i] & 0xc0) == 0x80)
			continue;
		return utf8_decode(p + n - i, i, &cp) == UTF8_PARTIAL ? n - i : n;
	}
	return n;
}

bool textlog_holds(const struct textlog *t)
{
	return t->open && decided(buf_bytes(&t->line), buf_len(&t->line)) > 0;
}

void textlog_let_go(struct textlog *t)
{
	size_t n = t->open ? decided(buf_bytes(&t->line), buf_len(&t->line)) : 0;

	if (n) {
		head(t);
		emit_bytes(t, buf_bytes(&t->line), n);
		buf_consume(&t->line, n);
	}
	push(t);
}

void textlog_break(struct textlog *t)
{
	if (t->open)
		finish_line(t, NULL, 0);
	t->ended_by = 0;
	t->set_aside = false;
	push(t);
}

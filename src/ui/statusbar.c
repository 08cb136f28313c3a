/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The status line. Where it is too narrow the least important words go first. */
#include "bars.h"

#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"

#define WORDS_MAX 24

struct word {
	char text[160];
	enum style_id style;
	int keep;   /* the higher, the longer it stays */
	bool right; /* at the right edge */
	bool tight; /* one blank before it, not two */
	int x;	    /* where it begins */
	const char *click;
};

struct words {
	struct word w[WORDS_MAX];
	int count;
};

static struct word *add(struct words *ws, enum style_id style, int keep, const char *text)
{
	struct word *w = &ws->w[ws->count < WORDS_MAX ? ws->count : WORDS_MAX - 1];

	if (!text[0])
		return w;
	if (ws->count < WORDS_MAX)
		ws->count++;
	memset(w, 0, sizeof(*w));
	str_copy(w->text, sizeof(w->text), text);
	w->style = style;
	w->keep = keep;
	return w;
}

/* 311, 12.4k, 3.1M: in decimal, as serial people count. */
static void count_text(char *dst, size_t size, const char *name, uint64_t n)
{
	static const char units[] = "kMGTPE";
	uint64_t tenths = n * 10;
	int unit = -1;

	if (n > UINT64_MAX / 10)
		tenths = n;
	while (tenths >= 10000) {
		tenths /= 1000;
		unit++;
	}
	if (unit < 0)
		str_fmt(dst, size, "%s %llu", name, (unsigned long long)n);
	else if (tenths < 1000)
		str_fmt(dst, size, "%s %llu.%llu%c", name, (unsigned long long)tenths / 10,
		    (unsigned long long)tenths % 10, units[unit]);
	else
		str_fmt(dst, size, "%s %llu%c", name, (unsigned long long)tenths / 10, units[unit]);
}

static void port_words(struct words *ws, const struct session_port *p)
{
	bool open = p->state == SESSION_PORT_OPEN;
	enum style_id state = open ? STYLE_STATUS_GOOD : STYLE_STATUS_BAD;
	char text[160];

	add(ws, state, 100, open ? "●" : "○")->tight = true;
	add(ws, state, 98, p->name[0] ? p->name : "no port")->tight = true;
	if (p->state == SESSION_PORT_WAITING)
		add(ws, STYLE_STATUS_BAD, 90, "waiting")->tight = true;
	add(ws, STYLE_STATUS, 30, p->about)->tight = true;
	add(ws, STYLE_STATUS, 80, p->line);
	if (p->has_modem) {
		static const char *const on[] = {"DTR", "RTS", "CTS", "DSR"};
		static const char *const off[] = {"dtr", "rts", "cts", "dsr"};
		static const char *const clicks[] = {"/dtr", "/rts", NULL, NULL};

		for (int i = 0; i < 4; i++) {
			bool lit = p->modem & 1u << i;
			struct word *w = add(ws, lit ? STYLE_STATUS_GOOD : STYLE_STATUS_DIM, 40,
			    lit ? on[i] : off[i]);

			w->tight = i > 0;
			w->click = clicks[i];
		}
	}
	count_text(text, sizeof(text), "rx", p->rx);
	add(ws, STYLE_STATUS, 50, text);
	count_text(text, sizeof(text), "tx", p->tx);
	add(ws, STYLE_STATUS, 49, text);
}

/* What Enter adds and whether sent lines are shown; a click goes on to the next choice. */
static void sending_words(struct words *ws, const struct session *s)
{
	static const char *const ends[] = {"no end", "CR", "LF", "CRLF"};
	bool echo = settings_bool(s->settings, SET_ECHO);
	char text[64];
	struct word *w = add(ws, STYLE_STATUS, 47, ends[settings_int(s->settings, SET_EOL) & 3]);

	w->click = "/eol next";
	w = add(ws, echo ? STYLE_STATUS_GOOD : STYLE_STATUS_DIM, 46, echo ? "ECHO" : "echo");
	w->click = "/echo";
	w->tight = true;
	add(ws, STYLE_STATUS, 36, s->profile)->click = "/profile";
	if (s->direct)
		add(ws, STYLE_STATUS_GOOD, 95, "DIRECT")->click = "/direct";
	if (s->sending.on) {
		str_fmt(text, sizeof(text), "%s %zu/%zu", s->sending.what, s->sending.done,
		    s->sending.total);
		add(ws, STYLE_STATUS_GOOD, 96, text)->click = "/cancel";
	}
}

static void flash_word(struct words *ws, const struct flash_view *f)
{
	const char *stage = f->title, *name = f->title[0] ? f->title : "flash";
	char text[96];

	for (int i = 0; i < f->stage_count && i < 6; i++)
		if (f->stages[i].mark == MARK_RUNNING)
			stage = f->stages[i].name;
	switch (f->state) {
	case FLASH_IDLE:
	case FLASH_TOLD:
		return;
	case FLASH_WAITING:
		str_fmt(text, sizeof(text), "%s: waiting", name);
		break;
	case FLASH_WORKING:
		str_fmt(text, sizeof(text), "%s", stage[0] ? stage : "flashing");
		if (f->total) {
			size_t n = strlen(text);

			str_fmt(text + n, sizeof(text) - n, " %u%%",
			    (unsigned)((uint64_t)(f->done < f->total ? f->done : f->total) * 100 /
				       f->total));
		}
		break;
	case FLASH_DONE:
		str_fmt(text, sizeof(text), "%s: done", name);
		break;
	default:
		if (f->state == FLASH_FAILED)
			str_fmt(text, sizeof(text), "%s: failed", name);
		else
			str_copy(text, sizeof(text), "cancelled");
		break;
	}
	/* The narrowest line shows how the flash is, not whose: there is no other place for it. */
	add(ws, f->state == FLASH_FAILED ? STYLE_STATUS_BAD : STYLE_STATUS_GOOD, 99, text);
}

static void record_word(struct words *ws, const struct session_record *r)
{
	char text[160];

	if (!r->on && !r->error)
		return;
	str_fmt(text, sizeof(text), r->error ? "⏺ %s: not written" : "⏺ %s", r->name);
	add(ws, r->error ? STYLE_STATUS_BAD : STYLE_RECORD, r->error ? 92 : 60, text);
}

static void device_words(struct words *ws, const struct session *s)
{
	char chip[sizeof(s->chip)];
	bool both = s->facts.firmware[0] && s->chip[0];

	/* Its name alone: what is behind the comma stands in the device panel. */
	str_copy_n(chip, sizeof(chip), s->chip, strcspn(s->chip, ","));
	add(ws, STYLE_STATUS, 45, s->facts.firmware)->right = true;
	if (both) {
		struct word *dot = add(ws, STYLE_STATUS, 20, "·");

		dot->right = dot->tight = true;
	}
	if (chip[0]) {
		struct word *w = add(ws, STYLE_STATUS, 20, chip);

		w->right = true;
		w->tight = both;
	}
}

static int total_width(const struct words *ws)
{
	int total = 1;

	for (int i = 0; i < ws->count; i++)
		total += utf8_str_width(ws->w[i].text) + (i ? ws->w[i].tight ? 1 : 2 : 0);
	return total + 1;
}

static void drop_until_fits(struct words *ws, int width)
{
	while (ws->count > 1 && total_width(ws) > width) {
		int least = 0;

		for (int i = 1; i < ws->count; i++)
			if (ws->w[i].keep <= ws->w[least].keep)
				least = i;
		/* The modem lines go together. */
		for (int i = ws->count - 1, keep = ws->w[least].keep; i >= 0; i--)
			if (ws->w[i].keep == keep) {
				memmove(&ws->w[i], &ws->w[i + 1],
				    (size_t)(ws->count - i - 1) * sizeof(ws->w[0]));
				ws->count--;
			}
	}
}

/* The words that fit, each at its place. */
static void place_words(struct words *ws, const struct session *s, struct rect r,
    const char *scroll, const char *pane, bool flash)
{
	int x = r.x + (r.w > 30 ? 1 : 0), right = 0;

	port_words(ws, &s->port);
	sending_words(ws, s);
	record_word(ws, &s->record);
	if (flash)
		flash_word(ws, &s->flash);
	add(ws, STYLE_NEWLINES, 94, scroll);
	add(ws, STYLE_TITLE_FOCUS, 93, pane);
	device_words(ws, s);
	drop_until_fits(ws, r.w + (r.w > 30 ? 0 : 2));
	for (int i = 0; i < ws->count; i++)
		if (ws->w[i].right)
			right += utf8_str_width(ws->w[i].text) + (ws->w[i].tight ? 1 : 2);
	for (int i = 0; i < ws->count; i++) {
		struct word *w = &ws->w[i];
		int gap = !i ? 0 : w->tight ? 1 : 2;

		if (w->right && right) {
			gap = r.x + r.w - 1 - right - x + (w->tight ? 1 : 2);
			right = 0;
		}
		w->x = x + gap;
		x = w->x + utf8_str_width(w->text);
	}
}

void statusbar_draw(const struct session *s, struct surface *to, struct rect r, const char *scroll,
    const char *pane, bool flash)
{
	struct words ws = {.count = 0};

	place_words(&ws, s, r, scroll, pane, flash);
	surface_fill(to, r, STYLE_STATUS);
	for (int i = 0; i < ws.count; i++)
		surface_text(to, r, ws.w[i].x, r.y, ws.w[i].style, ws.w[i].text);
}

const char *statusbar_click(
    const struct session *s, struct rect r, const char *scroll, const char *pane, bool flash, int x)
{
	struct words ws = {.count = 0};

	place_words(&ws, s, r, scroll, pane, flash);
	for (int i = 0; i < ws.count; i++)
		if (x >= ws.w[i].x && x < ws.w[i].x + utf8_str_width(ws.w[i].text))
			return ws.w[i].click;
	return NULL;
}

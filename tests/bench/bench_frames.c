/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A million lines on a screen of 120 x 40 in memory: what a frame takes while one scrolls from end
 * to end, with the built-in rules on, in one pane and in three with filters. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tasmite/base/err.h"
#include "tasmite/core/session.h"
#include "tasmite/ui/backend.h"
#include "tasmite/ui/tui.h"

#define LINES	 1000000u
#define LIMIT_MS 20.0

struct run {
	struct session *s;
	struct secrets *secrets;
	struct backend *b;
	struct tui *t;
	mono_t now;
	double worst, total;
	unsigned frames;
};

/* CPU time: what else the machine does is not the question. */
static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void fill(struct session *s)
{
	static const char *const tags[] = {"WIF", "MQT", "CMD", "RSL", "SNS"};
	char text[160];

	lines_set_max(s->log, (size_t)512 << 20);
	for (unsigned n = 0; n < LINES; n++) {
		int len = snprintf(text, sizeof(text),
		    "%02u:%02u:%02u %s: stat/tasmota_%06X/RESULT = {\"POWER\":\"%s\",\"n\":%u} "
		    "%u\r\n",
		    n / 3600 % 24, n / 60 % 60, n % 60, tags[n % 5], n * 2654435761u >> 8,
		    n % 2 ? "ON" : "OFF", n, n % 997);

		lines_rx(s->log, (const uint8_t *)text, (size_t)len, (mono_t)n * 1000);
	}
}

/* One key, its frame, its time. */
static void key(struct run *r, const char *name)
{
	double t;

	tui_mem_key(r->b, name);
	r->now += 20000;
	t = now_ms();
	tui_keys(r->t, r->now);
	tui_draw(r->t, r->now);
	t = now_ms() - t;
	r->total += t;
	r->worst = t > r->worst ? t : r->worst;
	r->frames++;
}

static void keys(struct run *r, const char *name, unsigned n)
{
	while (n--)
		key(r, name);
}

/* The second line of the log (that all filters let through) is in sight: the keys do what is measured. */
static bool at_start(const struct run *r)
{
	char row[800];
	bool seen = false;

	for (int y = 0; y < 40; y++) {
		surface_row_text(tui_mem_screen(r->b), y, row, sizeof(row));
		seen = seen || strstr(row, "\"n\":1}");
	}
	return seen;
}

/* Jumps from end to end, then pages up from the end and down from the start. */
static bool scroll(struct run *r, const char *what)
{
	r->worst = r->total = 0;
	r->frames = 0;
	for (int i = 0; i < 20; i++) {
		key(r, "Home");
		key(r, "End");
	}
	keys(r, "PgUp", 2000);
	key(r, "Home");
	if (!at_start(r)) {
		printf("%-34s Home does not lead to the start\n", what);
		return false;
	}
	keys(r, "PgDn", 2000);
	key(r, "End");
	printf("%-34s %6.2f ms a frame, worst %6.2f ms (wanted: under %.0f)%s\n", what,
	    r->total / r->frames, r->worst, LIMIT_MS, r->worst < LIMIT_MS ? "" : "  MISSED");
	return r->worst < LIMIT_MS;
}

static void split(struct run *r, const char *filter)
{
	struct err err = {0};

	if (panes_split(&r->s->panes, filter, 0, &err) != ERR_OK)
		printf("no pane: %s\n", err.text);
	while (panes_step(&r->s->panes, r->s->log, 1 << 20))
		;
}

int main(void)
{
	static const struct tui_ops ops = {0};
	struct run r = {.s = session_new(), .secrets = secrets_new(), .b = tui_mem_new(120, 40)};
	bool good;

	fill(r.s);
	r.t = tui_new(r.s, r.secrets, r.b, &ops, NULL);
	tui_focus(r.t, TUI_LOG);
	printf("%u lines in the log\n", LINES);
	good = scroll(&r, "one pane");
	split(&r, "WIF MQT");
	split(&r, "ON !CMD");
	good = scroll(&r, "three panes, two with filters") && good;
	tui_free(r.t);
	secrets_free(r.secrets);
	session_free(r.s);
	r.b->ops->free(r.b);
	return good ? 0 : 3;
}

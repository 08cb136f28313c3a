/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A courier's work in words. */
#include "tasmite/core/tasmota/courier_words.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

#define LINE_MOST (2 * BACKLOG_TEXT)

static void say(const struct courier_words *w, bool bad, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void say(const struct courier_words *w, bool bad, const char *fmt, ...)
{
	struct sbuf line;
	va_list ap;

	sbuf_init(&line, LINE_MOST);
	va_start(ap, fmt);
	sbuf_vfmt(&line, fmt, ap);
	va_end(ap);
	w->say(w->ctx, bad, sbuf_str(&line));
	sbuf_fini(&line);
}

static void add_masked(const struct courier_words *w, const char *text, size_t n, struct sbuf *out)
{
	struct buf masked;

	buf_init(&masked, n + 1);
	secrets_mask_line(w->secrets, text, n, &masked);
	if (buf_len(&masked))
		sbuf_add_n(out, (const char *)buf_bytes(&masked), buf_len(&masked));
	buf_fini(&masked);
}

/* ---- steps ----------------------------------------------------------------------------------- */

bool courier_words_good(enum backlog_state state)
{
	return state == BACKLOG_STORED || state == BACKLOG_ANSWERED;
}

bool courier_words_bad(const struct backlog_step *s)
{
	if (s->kind == BACKLOG_WAIT)
		return s->state == BACKLOG_NO_ANSWER;
	return s->kind == BACKLOG_COMMAND && !courier_words_good(s->state) &&
	       s->state != BACKLOG_UNSURE;
}

void courier_words_count(const struct courier *c, size_t *good, size_t *total, size_t *missed)
{
	const struct backlog *b = courier_steps(c);

	*good = *total = *missed = 0;
	for (size_t i = 0; i < b->count; i++) {
		const struct backlog_step *s = &b->steps[i];

		*missed += s->kind == BACKLOG_WAIT && courier_words_bad(s);
		*total += s->kind == BACKLOG_COMMAND;
		*good += s->kind == BACKLOG_COMMAND && courier_words_good(s->state);
	}
}

static void add_step(const struct courier_words *w, const struct backlog_step *s, struct sbuf *out)
{
	if (s->line)
		sbuf_fmt(out, "line %d: ", s->line);
	if (s->kind != BACKLOG_COMMAND)
		sbuf_add(out, s->kind == BACKLOG_WAIT ? "wait " : "delay");
	add_masked(w, s->text, strlen(s->text), out);
}

char *courier_words_step(const struct courier_words *w, const struct courier *c, size_t step)
{
	struct sbuf out;
	char *text;

	sbuf_init(&out, LINE_MOST);
	add_step(w, &courier_steps(c)->steps[step], &out);
	text = xstrdup(sbuf_str(&out));
	sbuf_fini(&out);
	return text;
}

char *courier_words_fate(
    const struct courier_words *w, const struct courier *c, size_t step, bool value)
{
	const struct backlog_step *s = &courier_steps(c)->steps[step];
	struct sbuf out;
	char *text;

	sbuf_init(&out, LINE_MOST);
	add_step(w, s, &out);
	sbuf_fmt(&out, ": %s", backlog_state_text(s->state));
	if (value && s->state == BACKLOG_DIFFERENT && s->stored &&
	    !secrets_in_line(w->secrets, s->text, strlen(s->text))) {
		sbuf_add(&out, ": '");
		add_masked(w, s->stored, strlen(s->stored), &out);
		sbuf_add(&out, "'");
	}
	text = xstrdup(sbuf_str(&out));
	sbuf_fini(&out);
	return text;
}

/* ---- beforehand ------------------------------------------------------------------------------ */

size_t courier_words_traps(const struct courier_words *w, const struct backlog *b, uint32_t fw)
{
	size_t bad = 0;
	char why[160];

	for (size_t i = 0; i < b->count; i++) {
		const struct backlog_step *s = &b->steps[i];
		char line[24] = "";
		bool is;

		if (s->kind != BACKLOG_COMMAND)
			continue;
		is = backlog_trap(s->text, fw, why, sizeof(why));
		if (!why[0])
			continue;
		if (s->line)
			str_fmt(line, sizeof(line), "line %d: ", s->line);
		say(w, is, "%s%.*s: %s", line, (int)strcspn(s->text, " "), s->text, why);
		bad += is;
	}
	return bad;
}

/* ---- on the way ------------------------------------------------------------------------------ */

static void tell_retry(
    struct courier_words *w, const struct courier *c, const struct courier_event *e)
{
	char *words = courier_words_step(w, c, e->step);

	w->retries++;
	say(w, true, "sent again: %s (%s)", words, e->text);
	free(words);
}

static void tell_cut(const struct courier_words *w, const struct courier_event *e)
{
	struct sbuf out;

	sbuf_init(&out, LINE_MOST);
	sbuf_add(&out, "a line arrived damaged, and the device took it for something else: ");
	add_masked(w, e->text, e->n, &out);
	w->say(w->ctx, true, sbuf_str(&out));
	sbuf_fini(&out);
}

static void tell_stop(
    const struct courier_words *w, const struct courier *c, const struct courier_event *e)
{
	char *words = courier_words_step(w, c, e->step);

	say(w, true, "%s stops at %s%s%s", w->what, words, e->text ? ": " : "",
	    e->text ? e->text : "");
	free(words);
}

void courier_words_event(
    struct courier_words *w, const struct courier *c, const struct courier_event *e)
{
	switch (e->kind) {
	case COURIER_RETRY:
		tell_retry(w, c, e);
		break;
	case COURIER_CUT_SHORT:
		tell_cut(w, e);
		break;
	case COURIER_RESTARTED:
		say(w, true,
		    "the device restarted in the middle: what it may have lost is sent again");
		break;
	case COURIER_NO_BOOT:
		say(w, false, "the device has not restarted as it was expected to: going on");
		break;
	case COURIER_SLOWER:
		say(w, false, "bytes were lost: sending at half the pace");
		break;
	case COURIER_STOPPED:
		tell_stop(w, c, e);
		break;
	case COURIER_LINE:
	case COURIER_CHANGED:
	case COURIER_DONE:
		break;
	}
}

/* ---- the end --------------------------------------------------------------------------------- */

static void tell_all(
    const struct courier_words *w, const struct courier *c, const char *more, size_t total)
{
	bool restarts = courier_restarts(c);

	if (total == 1)
		say(w, false, "%s: the command has arrived%s%s", w->what, more,
		    restarts ? "; the device restarts to use it" : "");
	else
		say(w, false, "%s: all %zu commands have arrived%s%s", w->what, total, more,
		    restarts ? "; the device restarts to use them" : "");
}

/* Returns how many. */
static size_t list_bad(const struct courier_words *w, const struct courier *c)
{
	const struct backlog *b = courier_steps(c);
	size_t told = 0;

	for (size_t i = 0; i < b->count && told < COURIER_WORDS_MOST; i++) {
		char *fate;

		if (!courier_words_bad(&b->steps[i]))
			continue;
		fate = courier_words_fate(w, c, i, true);
		say(w, true, "  %s", fate);
		free(fate);
		told++;
	}
	return told;
}

void courier_words_end(
    const struct courier_words *w, const struct courier *c, bool brief, const char *again)
{
	size_t good, total, missed, told, open = courier_count(c, BACKLOG_UNSURE);
	size_t unsent = courier_count(c, BACKLOG_QUEUED);
	char more[48] = "", unsure[64] = "";

	courier_words_count(c, &good, &total, &missed);
	if (w->retries)
		str_fmt(more, sizeof(more), ", %u sent more than once", w->retries);
	if (good == total && !missed) {
		if (!brief || total > 1)
			tell_all(w, c, more, total);
		return;
	}
	if (open)
		str_fmt(
		    unsure, sizeof(unsure), ", %zu more were answered, but may not be saved", open);
	say(w, true, "%s: %zu of %zu commands have arrived%s%s%s", w->what, good, total, unsure,
	    more,
	    good == total ? ", but not what was waited for:"
	    : unsent	  ? ", what follows was not sent:"
			  : "; these have not:");
	told = list_bad(w, c);
	if (total - good - open + missed > told)
		say(w, true, "  and %zu more", total - good - open + missed - told);
	if (again)
		say(w, false, "%s", again);
}

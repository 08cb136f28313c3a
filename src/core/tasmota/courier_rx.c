/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the device says to the courier: echoes, answers, boots. */
#include "courier_int.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/core/tasmota/answer.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

/* ---- what the device says -------------------------------------------------------------------- */

/* An answer to a command that is settled and not awaited, with another value: a damaged line has
 * written over it ("SSId2 x" that lost its 2). */
static bool spoils(struct courier *c, const struct answer *a)
{
	char stored[64];
	enum backlog_state state;

	for (size_t i = 0; i < c->b.count; i++) {
		struct backlog_step *s = courier_step(c, i);

		if (s->kind != BACKLOG_COMMAND || !courier_is_over(s->state) ||
		    (courier_facts(c, i) & BACKLOG_ONCE) || s->state == BACKLOG_ANSWERED ||
		    !answer_judge(a, s->text, &state, stored, sizeof(stored)))
			continue;
		if (state == BACKLOG_DIFFERENT) {
			s->tries = 1;
			courier_set(c, i, BACKLOG_SENT);
		}
		return true;
	}
	return false;
}

static size_t open_steps(const struct courier *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		n += c->b.steps[c->steps[i]].state == BACKLOG_SENT &&
		     !courier_is_mute(c->b.steps[c->steps[i]].text);
	return n;
}

/* How long the next answer may take: a Delay in the Backlog takes its time. */
int64_t courier_patience(const struct courier *c)
{
	int64_t us = ANSWER_US;

	for (size_t i = 0; i < c->count; i++) {
		struct backlog_name name;
		const struct backlog_step *s = &c->b.steps[c->steps[i]];

		backlog_name(s->text, &name);
		if (backlog_is(&name, "Delay") && strlen(name.value) < 6)
			us += MONO_MS(100) * (int64_t)strtol(name.value, NULL, 10);
	}
	return us;
}

static void answered(
    struct courier *c, size_t i, enum backlog_state state, const char *stored, mono_t now)
{
	struct backlog_step *s = courier_step(c, i);

	s->answered_at = c->heard_at = now;
	if (state == BACKLOG_DIFFERENT) {
		s->alike =
		    c->echoed ? 1 + (s->stored && !strcmp(s->stored, stored) ? s->alike : 0) : 0;
		free(s->stored);
		s->stored = xstrdup(stored);
	}
	courier_set(c, i, state);
	c->deadline = now + courier_patience(c);
}

/* It lives: what was lost on the way is worth more tries. Where no echo ever comes nothing tells that
 * anything was lost. */
static void comes_back(struct courier *c)
{
	if (!c->echoes)
		return;
	for (size_t i = 0; i < c->count; i++)
		courier_step(c, c->steps[i])->alive = true;
}

/* Before the echo of a line that repeats another: it may be the answer to that one, whose line end was
 * lost. What the device has made of the present line is not known yet. */
static bool is_late(struct courier *c, size_t i)
{
	return c->echoes && !c->echoed && !c->damaged && courier_step(c, i)->tries > 1;
}

static void take_json(struct courier *c, const struct answer *a, mono_t now)
{
	enum backlog_state refusal = answer_refusal(a), state;
	char stored[BACKLOG_TEXT];

	comes_back(c);
	for (size_t k = 0; k < c->count; k++) {
		size_t i = c->steps[k];

		if (courier_step(c, i)->state != BACKLOG_SENT ||
		    courier_is_mute(courier_step(c, i)->text) || is_late(c, i))
			continue;
		if (refusal != BACKLOG_ANSWERED) {
			answered(c, i, refusal, "", now); /* they come in their order */
			return;
		}
		if (answer_judge(a, courier_step(c, i)->text, &state, stored, sizeof(stored))) {
			answered(c, i, state, stored, now);
			return;
		}
	}
	if (a->kind == ANSWER_STATUS || spoils(c, a))
		return;
	c->other = true;
	if (c->damaged) {
		struct courier_event e = {
		    .kind = COURIER_CUT_SHORT, .step = c->steps[0], .text = a->text, .n = a->n};

		c->ops.event(c->ctx, &e);
	}
}

static void take_echo(struct courier *c, const struct answer *a, mono_t now)
{
	size_t n = strlen(c->line);

	c->echoes = true;
	comes_back(c);
	if (c->echoed)
		return;
	c->heard_at = now;
	if (a->n == n && !memcmp(a->text, c->line, n))
		c->echoed = true;
	else
		c->damaged = true;
	c->deadline = now + courier_patience(c);
}

static void overrun(struct courier *c)
{
	c->echoes = true;
	comes_back(c);
	c->damaged = true;
}

static void after_line(struct courier *c, mono_t now)
{
	bool mute = true;

	if (c->state != COURIER_ANSWERS || open_steps(c))
		return;
	for (size_t i = 0; i < c->count; i++)
		mute = mute && courier_is_mute(courier_step(c, c->steps[i])->text);
	if (mute && !c->echoed)
		return; /* its echo is all that comes */
	for (size_t i = 0; i < c->count; i++)
		if (courier_step(c, c->steps[i])->state == BACKLOG_SENT)
			courier_set(c, c->steps[i], BACKLOG_ANSWERED);
	courier_line_over(c, now);
}

bool courier_may_be_unsaved(const struct courier *c, size_t i)
{
	const struct backlog_step *s = &c->b.steps[i];

	return courier_is_over(s->state) && s->answered_at > c->line_at - UNSAVED_US &&
	       courier_may_repeat(c, i);
}

static void send_unsaved(struct courier *c)
{
	for (size_t i = 0; i < c->b.count; i++)
		if (c->b.steps[i].kind == BACKLOG_COMMAND && courier_may_be_unsaved(c, i))
			courier_set(c, i, BACKLOG_SENT);
}

static void crashed(struct courier *c)
{
	courier_tell(c, COURIER_RESTARTED, 0, NULL);
	if (++c->crashes > CRASHES)
		courier_stop_at(c, c->steps[0], "it keeps restarting");
	else
		send_unsaved(c);
}

/* What the line that was cut off by a restart comes to. */
static void cut_off(struct courier *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct backlog_step *s = courier_step(c, c->steps[i]);
		unsigned facts = courier_facts(c, c->steps[i]);

		if (s->state != BACKLOG_SENT)
			continue;
		if (!(facts & BACKLOG_ONCE))
			s->tries -= s->tries > 0; /* it is not its fault */
		else				  /* "Restart 1": this is its answer */
			courier_set(c, c->steps[i],
			    facts & BACKLOG_RESTARTS ? BACKLOG_ANSWERED : BACKLOG_NO_ANSWER);
	}
}

/* A restart that follows from what was sent comes when the Backlog is done, or by "Restart 1". */
static bool asked_for(const struct courier *c, mono_t now)
{
	const unsigned word = BACKLOG_ONCE | BACKLOG_RESTARTS;
	/* As long as it runs: from answer to answer it takes less than a second. */
	bool in_backlog =
	    c->count > 1 && c->echoed && open_steps(c) && now - c->heard_at < MONO_S(1);

	for (size_t i = 0; i < c->count; i++) {
		unsigned facts = courier_facts(c, c->steps[i]);

		if ((facts & word) == word || ((facts & BACKLOG_RESTARTS) && !in_backlog))
			return true;
	}
	return c->restart_due && !in_backlog;
}

static void booted(struct courier *c, mono_t now)
{
	c->boot_at = now;
	switch (c->state) {
	case COURIER_SENDING:
	case COURIER_ANSWERS:
		if (!asked_for(c, now)) /* else it saves what it was told before */
			crashed(c);
		else if (++c->vain > CRASHES)
			courier_stop_at(c, c->steps[0], "it keeps restarting");
		if (c->state == COURIER_IDLE)
			return;
		cut_off(c);
		c->state = COURIER_BOOT;
		c->deadline = now + SETTLE_US;
		break;
	case COURIER_RESTART:
		c->state = COURIER_BOOT;
		c->deadline = now + SETTLE_US;
		courier_drop_line(c);
		break;
	default:
		break;
	}
	c->restart_due = false;
}

static bool holds(const char *line, size_t n, const char *text)
{
	size_t m = strlen(text);

	for (size_t i = 0; i + m <= n; i++)
		if (!str_ncasecmp(line + i, text, m))
			return true;
	return false;
}

/* A ROM's banner, where it can be read, or the project line of a boot without one. */
static bool has_booted(struct courier *c, const char *line, size_t n)
{
	struct logline ev;
	bool rom = c->rom_seen;

	logline_read(c->reader, (const uint8_t *)line, n, &ev);
	if (ev.kind == LOGLINE_ROM8266 || ev.kind == LOGLINE_RST32) {
		c->rom_seen = true;
		return true;
	}
	if (ev.kind != LOGLINE_PROJECT)
		return false;
	c->rom_seen = false;
	return !rom;
}

static void take_line(struct courier *c, const char *line, size_t n, mono_t now)
{
	struct answer a;

	if (has_booted(c, line, n))
		booted(c, now);
	if (c->state == COURIER_WAITING &&
	    holds(line, n, courier_step(c, c->b.parts[c->part].steps[0])->text)) {
		courier_set(c, c->b.parts[c->part].steps[0], BACKLOG_STORED);
		c->part++;
		courier_next_part(c, now);
		return;
	}
	if (c->state != COURIER_ANSWERS)
		return;
	answer_read(line, n, &a);
	if (a.kind == ANSWER_ECHO)
		take_echo(c, &a, now);
	else if (a.kind == ANSWER_OVERRUN)
		overrun(c);
	else if (a.kind != ANSWER_NONE)
		take_json(c, &a, now);
	after_line(c, now);
}

static bool has(const char *line, size_t n, const char *text)
{
	const char *end = line + n, *at = line;
	size_t m = strlen(text);

	for (; (size_t)(end - at) >= m && (at = memchr(at, *text, (size_t)(end - at))); at++)
		if ((size_t)(end - at) >= m && !memcmp(at, text, m))
			return true;
	return false;
}

/* With nothing under way all that matters is whether the device is in the middle of a start: only
 * lines that may tell so are read, and of a flood, which is none, few are looked at. */
static bool goes_by(struct courier *c, const char *line, size_t n, mono_t now)
{
	if (c->state != COURIER_IDLE)
		return false;
	if (now - c->idle_at >= MONO_MS(1)) {
		c->idle_at = now;
		c->idle_lines = 0;
	}
	if (c->idle_lines++ >= IDLE_LINES)
		return true;
	return !has(line, n, "rst") && !has(line, n, "ets Jan") && !has(line, n, "Project");
}

void courier_rx(struct courier *c, const uint8_t *bytes, size_t n, mono_t now)
{
	if (n)
		c->last_rx = now;
	if (c->state == COURIER_SENDING && !c->at) {
		c->next_at = mono_min(now + QUIET_US, c->quiet_by);
		if (c->next_at < now)
			c->next_at = now;
	}
	while (n) {
		const uint8_t *end = memchr(bytes, '\n', n);
		size_t part = end ? (size_t)(end - bytes) : n, len;

		/* No line of Tasmota's is longer than there is room for. */
		c->rx_over = c->rx_over || part > sizeof(c->rx) - c->rx_n;
		if (!c->rx_over) {
			memcpy(c->rx + c->rx_n, bytes, part);
			c->rx_n += part;
		}
		if (!end)
			return;
		len = c->rx_n;
		c->rx_n = 0;
		if (!c->rx_over && !goes_by(c, c->rx, len, now))
			take_line(c, c->rx, len, now);
		c->rx_over = false;
		bytes = end + 1;
		n -= part + 1;
	}
}

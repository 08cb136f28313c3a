/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brings commands to the device and ticks them off. */
#include "courier_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

struct courier *courier_new(const struct courier_ops *ops, void *ctx)
{
	struct courier *c = xcalloc(1, sizeof(*c));

	c->ops = *ops;
	c->ctx = ctx;
	backlog_init(&c->b);
	c->reader = loglines_new();
	return c;
}

void courier_drop_line(struct courier *c)
{
	free(c->line);
	free(c->steps);
	c->line = NULL;
	c->steps = NULL;
	c->count = c->at = 0;
}

void courier_free(struct courier *c)
{
	if (!c)
		return;
	courier_drop_line(c);
	backlog_fini(&c->b);
	loglines_free(c->reader);
	free(c);
}

void courier_tell(struct courier *c, enum courier_event_kind kind, size_t step, const char *text)
{
	struct courier_event e = {
	    .kind = kind, .step = step, .text = text, .n = text ? strlen(text) : 0};

	c->ops.event(c->ctx, &e);
}

struct backlog_step *courier_step(struct courier *c, size_t i)
{
	assert(i < c->b.count);
	return &c->b.steps[i];
}

void courier_set(struct courier *c, size_t i, enum backlog_state state)
{
	struct backlog_step *s = courier_step(c, i);

	if (s->state == state)
		return;
	s->state = state;
	if (state == BACKLOG_STORED || state == BACKLOG_ANSWERED) {
		free(s->stored);
		s->stored = NULL;
		s->alike = 0;
	}
	courier_tell(c, COURIER_CHANGED, i, NULL);
}

unsigned courier_facts(const struct courier *c, size_t i)
{
	struct backlog_name name;

	backlog_name(c->b.steps[i].text, &name);
	return backlog_facts(&name);
}

/* A command that shows no result, or none that could be told from others. */
bool courier_is_mute(const char *text)
{
	struct backlog_name name;

	backlog_name(text, &name);
	return name.quiet || backlog_is(&name, "NoDelay") || backlog_is(&name, "Backlog");
}

/* ---- from one part to the next --------------------------------------------------------------- */

static void finish(struct courier *c)
{
	courier_drop_line(c);
	c->state = COURIER_IDLE;
	c->deadline = MONO_NEVER;
	courier_tell(c, COURIER_DONE, 0, NULL);
}

void courier_stop_at(struct courier *c, size_t step, const char *why)
{
	c->part = c->b.part_count;
	courier_tell(c, COURIER_STOPPED, step, why);
	finish(c);
}

static void begin_line(
    struct courier *c, const char *line, const size_t *steps, size_t count, mono_t now)
{
	courier_drop_line(c);
	c->line = xstrdup(line);
	c->steps = xmemdup(steps, count * sizeof(*steps));
	c->count = count;
	c->told = false;
	c->echoed = c->damaged = c->other = false;
	c->state = COURIER_SENDING;
	c->deadline = MONO_NEVER;
	c->line_at = now;
	c->quiet_by = now + QUIET_MAX;
	c->next_at = mono_min(c->last_rx + QUIET_US, c->quiet_by);
	if (c->next_at < c->boot_at + SETTLE_US)
		c->next_at = c->boot_at + SETTLE_US;
	if (c->next_at < now)
		c->next_at = now;
	for (size_t i = 0; i < count; i++) {
		courier_step(c, steps[i])->tries++;
		courier_step(c, steps[i])->alive = false;
		courier_set(c, steps[i], BACKLOG_SENT);
	}
}

static void await_boot(struct courier *c, mono_t now)
{
	c->state = COURIER_RESTART;
	c->deadline = now + RESTART_US;
}

void courier_next_part(struct courier *c, mono_t now)
{
	const struct backlog_part *p;

	if (c->part == c->b.part_count) {
		finish(c);
		return;
	}
	p = &c->b.parts[c->part];
	switch (p->kind) {
	case BACKLOG_COMMAND:
		/* A part that restarts the device behind another one that does would meet the
		 * restart; those that go alone are quick enough to hold it back. */
		if (c->restart_due && !(p->restarts && c->b.parts[c->part - 1].count == 1)) {
			await_boot(c, now);
			return;
		}
		begin_line(c, p->line, p->steps, p->count, now);
		break;
	case BACKLOG_WAIT:
		courier_drop_line(c);
		c->state = COURIER_WAITING;
		c->deadline = now + courier_step(c, p->steps[0])->ms * 1000;
		courier_set(c, p->steps[0], BACKLOG_SENT);
		break;
	case BACKLOG_DELAY:
		courier_drop_line(c);
		c->state = COURIER_DELAY;
		c->deadline = now + courier_step(c, p->steps[0])->ms * 1000;
		courier_set(c, p->steps[0], BACKLOG_SENT);
		break;
	}
}

/* ---- what failed ----------------------------------------------------------------------------- */

bool courier_is_over(enum backlog_state s)
{
	return s == BACKLOG_STORED || s == BACKLOG_ANSWERED;
}

bool courier_may_repeat(const struct courier *c, size_t i)
{
	const struct backlog_step *s = &c->b.steps[i];

	return !s->settled && !(courier_facts(c, i) & BACKLOG_ONCE) &&
	       s->tries < (s->alive ? COURIER_TRIES_ALIVE : COURIER_TRIES);
}

static const char *why_again(const struct courier *c, size_t i)
{
	if (c->damaged)
		return "its line arrived damaged";
	switch (c->b.steps[i].state) {
	case BACKLOG_DIFFERENT:
		return "the answer holds another value";
	case BACKLOG_UNKNOWN:
	case BACKLOG_ERROR:
		return "whose answer that was is not sure";
	default:
		return c->echoed ? "no answer came" : "no echo and no answer came";
	}
}

/* Sends one step of the part again, by itself. */
static void send_again(struct courier *c, size_t i, const char *why, mono_t now)
{
	size_t step = i;

	courier_tell(c, COURIER_RETRY, i, why);
	begin_line(c, c->b.steps[i].text, &step, 1, now);
}

/* Is what came for this step the last word on it? A refusal, or another value, is believed when the
 * echo proved that the device had read the line rightly and nothing of the answers is missing; a
 * value that differs only when it does so three times: the answer, too, comes over the wire, and that
 * one that lost a byte loses it again the next time happens in one script of 400 at a loss of 1/300. */
static bool is_final(const struct courier *c, size_t i)
{
	const struct backlog_step *s = &c->b.steps[i];

	if (courier_is_over(s->state))
		return true;
	if (!courier_may_repeat(c, i))
		return true;
	if (!c->echoed || c->damaged || c->count > 1)
		return false;
	if (s->state == BACKLOG_DIFFERENT)
		return s->alike >= ALIKE;
	return s->state == BACKLOG_UNKNOWN || s->state == BACKLOG_ERROR;
}

/* Where the line may have arrived with digits of its index missing, it has set another command's
 * value ("PulseTime5 105" as "PulseTime 105", which is PulseTime1), and its answer may be lost, too. */
static bool may_have_hit(const struct courier *c, size_t mine, size_t other)
{
	struct backlog_name a, b;
	char from[24], to[24];
	const char *p = from;
	size_t k = 0;

	backlog_name(c->b.steps[mine].text, &a);
	backlog_name(c->b.steps[other].text, &b);
	if (mine == other || c->b.steps[other].kind != BACKLOG_COMMAND || a.index < 0 ||
	    a.n != b.n || str_ncasecmp(a.p, b.p, a.n) != 0)
		return false;
	if (b.index <= 1)
		return a.index != b.index;
	str_fmt(from, sizeof(from), "%ld", a.index);
	str_fmt(to, sizeof(to), "%ld", b.index);
	for (; *p && to[k]; p++)
		k += *p == to[k];
	return !to[k] && strlen(from) > k;
}

static void doubt_others(struct courier *c, size_t mine)
{
	for (size_t i = 0; i < c->b.count; i++)
		if (courier_is_over(c->b.steps[i].state) && courier_may_repeat(c, i) &&
		    may_have_hit(c, mine, i)) {
			c->b.steps[i].tries = 1;
			courier_set(c, i, BACKLOG_SENT);
		}
}

static void slower(struct courier *c)
{
	if (c->slow >= SLOWEST)
		return;
	c->slow *= 2;
	courier_tell(c, COURIER_SLOWER, 0, NULL);
}

static bool is_open(const struct courier *c, size_t i)
{
	enum backlog_state s = c->b.steps[i].state;

	return !courier_is_over(s) && s != BACKLOG_QUEUED && courier_may_repeat(c, i);
}

/* What is to be sent once more: of the line, of its part, of all (another line has spoilt it).
 * -1: nothing. */
static long unsettled(const struct courier *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (is_open(c, c->steps[i]))
			return (long)c->steps[i];
	for (size_t i = 0; c->part < c->b.part_count && i < c->b.parts[c->part].count; i++)
		if (is_open(c, c->b.parts[c->part].steps[i]))
			return (long)c->b.parts[c->part].steps[i];
	for (size_t i = 0; i < c->b.count; i++)
		if (c->b.steps[i].kind == BACKLOG_COMMAND && c->b.steps[i].state == BACKLOG_SENT &&
		    courier_may_repeat(c, i))
			return (long)i;
	return -1;
}

static bool failed_for_good(const struct courier *c, size_t *step)
{
	const struct backlog_part *p = &c->b.parts[c->part];

	for (size_t i = 0; i < p->count; i++)
		if (!courier_is_over(c->b.steps[p->steps[i]].state)) {
			*step = p->steps[i];
			return true;
		}
	return false;
}

/* All has come for the present line that will come. */
void courier_line_over(struct courier *c, mono_t now)
{
	bool missing = false;
	size_t bad = 0;
	long again;

	c->vain = 0;
	for (size_t i = 0; i < c->count; i++) {
		enum backlog_state s = courier_step(c, c->steps[i])->state;

		missing |= s == BACKLOG_SENT;
		if (s == BACKLOG_SENT)
			courier_set(c, c->steps[i], BACKLOG_NO_ANSWER);
		if (courier_is_over(s) && (courier_facts(c, c->steps[i]) & BACKLOG_RESTARTS))
			c->restart_due = true;
		/* That there is an answer proves little when the line may have been another. */
		if (s == BACKLOG_ANSWERED && !c->echoed && courier_may_repeat(c, c->steps[i])) {
			courier_set(c, c->steps[i], BACKLOG_NO_ANSWER);
			missing = true;
		}
	}
	for (size_t i = 0; i < c->count && !c->echoed; i++)
		if (!courier_is_over(courier_step(c, c->steps[i])->state))
			doubt_others(c, c->steps[i]);
	/* A line with one command settles it; what a Backlog left open goes again one by one. */
	if (c->count == 1 && is_final(c, c->steps[0]) &&
	    !courier_is_over(courier_step(c, c->steps[0])->state))
		courier_step(c, c->steps[0])->settled = true;
	again = unsettled(c);
	if (again >= 0) {
		if (c->damaged || (missing && !c->echoed))
			slower(c);
		send_again(c, (size_t)again, why_again(c, (size_t)again), now);
		return;
	}
	if (failed_for_good(c, &bad) && c->stop) {
		courier_stop_at(c, bad, NULL);
		return;
	}
	c->part++;
	courier_next_part(c, now);
}

/* ---- sending --------------------------------------------------------------------------------- */

size_t courier_tx(struct courier *c, const char *eol, char *dst, size_t max, mono_t now)
{
	size_t n, len, room = PIECE;

	if (c->state != COURIER_SENDING || now < c->next_at)
		return 0;
	if (!c->told) {
		c->told = true;
		courier_tell(c, COURIER_LINE, c->steps[0], c->line);
		if (c->state != COURIER_SENDING)
			return 0;
	}
	room = room < max ? room : max;
	len = strlen(c->line);
	n = c->at < len ? len - c->at : 0;
	n = n < room ? n : room;
	memcpy(dst, c->line + c->at, n);
	c->at += n;
	c->next_at = now + PIECE_US * (mono_t)c->slow;
	if (c->at < len || n + strlen(eol) > room)
		return n;
	memcpy(dst + n, eol, strlen(eol));
	c->state = COURIER_ANSWERS;
	c->deadline = now + courier_patience(c);
	return n + strlen(eol);
}

void courier_hold(struct courier *c, mono_t now)
{
	if (c->state == COURIER_ANSWERS && !c->echoed && !c->damaged)
		c->deadline = now + courier_patience(c);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* The device listens again: the line that was cut off, else the next part. */
static void go_on(struct courier *c, mono_t now)
{
	long again = unsettled(c);

	if (again >= 0) {
		send_again(c, (size_t)again, "the device restarted", now);
		return;
	}
	if (c->line) {
		c->vain = 0;
		c->part++;
	}
	courier_next_part(c, now);
}

static void wait_ran_out(struct courier *c, mono_t now)
{
	size_t step = c->b.parts[c->part].steps[0];

	courier_set(c, step, BACKLOG_NO_ANSWER);
	if (c->stop) {
		courier_stop_at(c, step, "what was waited for did not come");
		return;
	}
	c->part++;
	courier_next_part(c, now);
}

/* Another answer came in place of this one: many commands answer by another name. */
static void answers_ran_out(struct courier *c, mono_t now)
{
	if (c->other && c->count == 1 && c->echoed &&
	    courier_step(c, c->steps[0])->state == BACKLOG_SENT)
		courier_set(c, c->steps[0], BACKLOG_ANSWERED);
	courier_line_over(c, now);
}

void courier_tick(struct courier *c, mono_t now)
{
	if (now < c->deadline)
		return;
	switch (c->state) {
	case COURIER_ANSWERS:
		answers_ran_out(c, now);
		break;
	case COURIER_WAITING:
		wait_ran_out(c, now);
		break;
	case COURIER_DELAY:
		courier_set(c, c->b.parts[c->part].steps[0], BACKLOG_STORED);
		c->part++;
		courier_next_part(c, now);
		break;
	case COURIER_RESTART:
		c->restart_due = false;
		courier_tell(c, COURIER_NO_BOOT, 0, NULL);
		courier_next_part(c, now);
		break;
	case COURIER_BOOT:
		go_on(c, now);
		break;
	case COURIER_IDLE:
	case COURIER_SENDING:
		break;
	}
}

mono_t courier_deadline(const struct courier *c)
{
	if (c->state == COURIER_IDLE)
		return MONO_NEVER;
	return c->state == COURIER_SENDING ? c->next_at : c->deadline;
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static void start(struct courier *c, mono_t now)
{
	c->part = 0;
	c->restart_due = c->echoes = false;
	c->crashes = c->vain = 0;
	c->slow = 1;
	c->boot_at = now - MONO_S(3600); /* whatever was before does not matter */
	backlog_plan(&c->b, c->fw, c->packed);
	courier_drop_line(c);
	if (c->b.part_count || !c->b.count) {
		courier_next_part(c, now);
		return;
	}
	/* Nothing of it can be sent: it ends as all do, in a turn of its own. */
	c->state = COURIER_BOOT;
	c->deadline = now;
}

void courier_begin(
    struct courier *c, struct backlog *b, uint32_t fw, bool packed, bool stop, mono_t now)
{
	backlog_fini(&c->b);
	c->b = *b;
	backlog_init(b);
	c->fw = fw;
	c->packed = packed;
	c->stop = stop;
	start(c, now);
}

bool courier_again(struct courier *c, mono_t now)
{
	size_t open = 0;

	if (courier_busy(c))
		return false;
	for (size_t i = 0; i < c->b.count; i++) {
		struct backlog_step *s = courier_step(c, i);

		if (courier_is_over(s->state) || s->state == BACKLOG_BEYOND)
			continue;
		s->state = BACKLOG_QUEUED;
		s->tries = 0;
		s->settled = false;
		open++;
	}
	if (open)
		start(c, now);
	return open > 0;
}

void courier_cancel(struct courier *c)
{
	if (c->state == COURIER_IDLE)
		return;
	/* Of a line that is not out whole nothing was run. */
	for (size_t i = 0; c->state == COURIER_SENDING && i < c->count; i++)
		if (courier_step(c, c->steps[i])->state == BACKLOG_SENT)
			courier_set(c, c->steps[i], BACKLOG_QUEUED);
	for (size_t i = 0; i < c->b.count; i++)
		if (courier_step(c, i)->state == BACKLOG_SENT)
			courier_set(c, i, BACKLOG_NO_ANSWER);
	c->part = c->b.part_count;
	finish(c);
}

void courier_lost(struct courier *c)
{
	for (size_t i = 0; courier_busy(c) && i < c->b.count; i++)
		if (c->b.steps[i].kind == BACKLOG_COMMAND && courier_may_be_unsaved(c, i))
			courier_set(c, i, BACKLOG_UNSURE);
	courier_cancel(c);
}

bool courier_busy(const struct courier *c)
{
	return c->state != COURIER_IDLE;
}

bool courier_in_line(const struct courier *c)
{
	return c->state == COURIER_SENDING && c->at > 0;
}

enum courier_state courier_state(const struct courier *c)
{
	return c->state;
}

const struct backlog *courier_steps(const struct courier *c)
{
	return &c->b;
}

size_t courier_count(const struct courier *c, enum backlog_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < c->b.count; i++)
		n += c->b.steps[i].kind == BACKLOG_COMMAND && c->b.steps[i].state == state;
	return n;
}

bool courier_at(const struct courier *c, size_t *step)
{
	if (!courier_busy(c) || c->part >= c->b.part_count)
		return false;
	*step = c->count ? c->steps[0] : c->b.parts[c->part].steps[0];
	return true;
}

bool courier_restarts(const struct courier *c)
{
	return c->restart_due;
}

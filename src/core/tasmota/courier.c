/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brings commands to the device and ticks them off. */
#include "tasmite/core/tasmota/courier.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/facts.h"

/* Pacing, see the header. */
#define PIECE	 64
#define PIECE_US MONO_MS(15)
#define SLOWEST	 8 /* times slower at most */
/* An answer that is not there by then was lost: 2 s as the document has it, and some for slow ports
 * (RFC 2217). The pauses of a Backlog (200 ms, 255 at most) are far within. */
#define ANSWER_US MONO_MS(2500)
/* After the last answer: the device has finished printing (Status 0 is many lines) when it has been
 * silent that long; a device that never is silent is not waited for. */
#define QUIET_US  MONO_MS(30)
#define QUIET_MAX MONO_S(1)
/* From the last answer to the project line: 2 to 3 s, the ROM, the boot; to listening: less than 1 s. */
#define RESTART_US MONO_S(12)
#define SETTLE_US  MONO_MS(1200)
/* Settings go to the flash once a second, and not while a Backlog runs: what was answered within that
 * time before the line that met a crash may be lost. */
#define UNSAVED_US  MONO_S(3)
#define CRASHES	    3
#define LINE_MAX_RX 8192

struct courier {
	struct courier_ops ops;
	void *ctx;
	struct backlog b;
	size_t part; /* index; the one that is under way */
	enum courier_state state;
	uint32_t fw;
	bool packed, stop;

	/* the line that goes out */
	char *line;
	size_t *steps; /* of the line */
	size_t count;
	size_t at;	 /* bytes of it that are out, its end included */
	bool told;	 /* COURIER_LINE was */
	mono_t line_at;	 /* when its turn came */
	mono_t next_at;	 /* no byte before this */
	mono_t quiet_by; /* silence is not waited for beyond this */
	unsigned slow;	 /* times slower than usual, 1 at first */

	mono_t deadline; /* of the present state */
	bool echoed;	 /* the echo came, whole and right */
	bool damaged;	 /* ... and was not what was sent */
	bool other;	 /* an answer came that is none of those awaited */
	bool restart_due;
	mono_t heard_at; /* the last echo or answer to the line */
	mono_t boot_at;	 /* the device began to run */
	unsigned crashes;

	char rx[LINE_MAX_RX];
	size_t rx_n;
	bool rx_over;
	mono_t last_rx;
	struct facts facts;
	uint32_t boots;
};

struct courier *courier_new(const struct courier_ops *ops, void *ctx)
{
	struct courier *c = xcalloc(1, sizeof(*c));

	c->ops = *ops;
	c->ctx = ctx;
	backlog_init(&c->b);
	facts_init(&c->facts);
	return c;
}

static void drop_line(struct courier *c)
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
	drop_line(c);
	backlog_fini(&c->b);
	free(c);
}

static void tell(struct courier *c, enum courier_event_kind kind, size_t step, const char *text)
{
	struct courier_event e = {
	    .kind = kind, .step = step, .text = text, .n = text ? strlen(text) : 0};

	c->ops.event(c->ctx, &e);
}

static struct backlog_step *step_of(struct courier *c, size_t i)
{
	assert(i < c->b.count);
	return &c->b.steps[i];
}

static void set_state(struct courier *c, size_t i, enum backlog_state state)
{
	struct backlog_step *s = step_of(c, i);

	if (s->state == state)
		return;
	s->state = state;
	if (state == BACKLOG_STORED || state == BACKLOG_ANSWERED) {
		free(s->stored);
		s->stored = NULL;
		s->alike = 0;
	}
	tell(c, COURIER_CHANGED, i, NULL);
}

static unsigned facts_of(const struct courier *c, size_t i)
{
	struct backlog_name name;

	backlog_name(c->b.steps[i].text, &name);
	return backlog_facts(&name);
}

/* A command that shows no result, or none that could be told from others. */
static bool is_mute(const char *text)
{
	struct backlog_name name;

	backlog_name(text, &name);
	return name.quiet || backlog_is(&name, "NoDelay") || backlog_is(&name, "Backlog");
}

/* ---- from one part to the next --------------------------------------------------------------- */

static void finish(struct courier *c)
{
	drop_line(c);
	c->state = COURIER_IDLE;
	c->deadline = MONO_NEVER;
	tell(c, COURIER_DONE, 0, NULL);
}

static void stop_at(struct courier *c, size_t step, const char *why)
{
	c->part = c->b.part_count;
	tell(c, COURIER_STOPPED, step, why);
	finish(c);
}

static void begin_line(
    struct courier *c, const char *line, const size_t *steps, size_t count, mono_t now)
{
	drop_line(c);
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
		step_of(c, steps[i])->tries++;
		set_state(c, steps[i], BACKLOG_SENT);
	}
}

static void await_boot(struct courier *c, mono_t now)
{
	c->state = COURIER_RESTART;
	c->deadline = now + RESTART_US;
}

static void next_part(struct courier *c, mono_t now)
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
		set_state(c, p->steps[0], BACKLOG_SENT);
		c->state = COURIER_WAITING;
		c->deadline = now + step_of(c, p->steps[0])->ms * 1000;
		break;
	case BACKLOG_DELAY:
		set_state(c, p->steps[0], BACKLOG_SENT);
		c->state = COURIER_DELAY;
		c->deadline = now + step_of(c, p->steps[0])->ms * 1000;
		break;
	}
}

/* ---- what failed ----------------------------------------------------------------------------- */

static bool is_over(enum backlog_state s)
{
	return s == BACKLOG_STORED || s == BACKLOG_ANSWERED;
}

static bool may_repeat(const struct courier *c, size_t i)
{
	return !(facts_of(c, i) & BACKLOG_ONCE) && c->b.steps[i].tries < COURIER_TRIES;
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

	tell(c, COURIER_RETRY, i, why);
	begin_line(c, c->b.steps[i].text, &step, 1, now);
}

/* Is what came for this step the last word on it? A refusal, or another value, is believed when the
 * echo proved that the device had read the line rightly and nothing of the answers is missing; a
 * value that differs only when it does so twice: the answer, too, comes over the wire. */
static bool is_final(const struct courier *c, size_t i)
{
	const struct backlog_step *s = &c->b.steps[i];

	if (is_over(s->state))
		return true;
	if (!may_repeat(c, i))
		return true;
	if (!c->echoed || c->damaged || c->count > 1)
		return false;
	if (s->state == BACKLOG_DIFFERENT)
		return s->alike > 1;
	return s->state == BACKLOG_UNKNOWN || s->state == BACKLOG_ERROR;
}

static void slower(struct courier *c)
{
	if (c->slow >= SLOWEST)
		return;
	c->slow *= 2;
	tell(c, COURIER_SLOWER, 0, NULL);
}

static bool is_open(const struct courier *c, size_t i)
{
	enum backlog_state s = c->b.steps[i].state;

	return !is_over(s) && s != BACKLOG_QUEUED && may_repeat(c, i);
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
		    may_repeat(c, i))
			return (long)i;
	return -1;
}

static bool failed_for_good(const struct courier *c, size_t *step)
{
	const struct backlog_part *p = &c->b.parts[c->part];

	for (size_t i = 0; i < p->count; i++)
		if (!is_over(c->b.steps[p->steps[i]].state)) {
			*step = p->steps[i];
			return true;
		}
	return false;
}

/* All has come for the present line that will come. */
static void line_over(struct courier *c, mono_t now)
{
	bool missing = false;
	size_t bad = 0;
	long again;

	for (size_t i = 0; i < c->count; i++) {
		enum backlog_state s = step_of(c, c->steps[i])->state;

		missing |= s == BACKLOG_SENT;
		if (s == BACKLOG_SENT)
			set_state(c, c->steps[i], BACKLOG_NO_ANSWER);
		if (is_over(s) && (facts_of(c, c->steps[i]) & BACKLOG_RESTARTS))
			c->restart_due = true;
		/* That there is an answer proves little when the line may have been another. */
		if (s == BACKLOG_ANSWERED && !c->echoed && may_repeat(c, c->steps[i])) {
			set_state(c, c->steps[i], BACKLOG_NO_ANSWER);
			missing = true;
		}
	}
	/* A line with one command settles it; what a Backlog left open goes again one by one. */
	if (c->count == 1 && is_final(c, c->steps[0]) && !is_over(step_of(c, c->steps[0])->state))
		step_of(c, c->steps[0])->tries = COURIER_TRIES;
	again = unsettled(c);
	if (again >= 0) {
		if (c->damaged || (missing && !c->echoed))
			slower(c);
		send_again(c, (size_t)again, why_again(c, (size_t)again), now);
		return;
	}
	if (failed_for_good(c, &bad) && c->stop) {
		stop_at(c, bad, NULL);
		return;
	}
	c->part++;
	next_part(c, now);
}

/* ---- what the device says -------------------------------------------------------------------- */

/* An answer to a command that is settled and not awaited, with another value: a damaged line has
 * written over it ("SSId2 x" that lost its 2). */
static bool spoils(struct courier *c, const struct answer *a)
{
	char stored[64];
	enum backlog_state state;

	for (size_t i = 0; i < c->b.count; i++) {
		struct backlog_step *s = step_of(c, i);

		if (s->kind != BACKLOG_COMMAND || !is_over(s->state) ||
		    (facts_of(c, i) & BACKLOG_ONCE) || s->state == BACKLOG_ANSWERED ||
		    !answer_judge(a, s->text, &state, stored, sizeof(stored)))
			continue;
		if (state == BACKLOG_DIFFERENT) {
			s->tries = 1;
			set_state(c, i, BACKLOG_SENT);
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
		     !is_mute(c->b.steps[c->steps[i]].text);
	return n;
}

/* How long the next answer may take: a Delay in the Backlog takes its time. */
static int64_t patience(const struct courier *c)
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
	struct backlog_step *s = step_of(c, i);

	s->answered_at = c->heard_at = now;
	if (state == BACKLOG_DIFFERENT) {
		s->alike =
		    c->echoed ? 1 + (s->stored && !strcmp(s->stored, stored) ? s->alike : 0) : 0;
		free(s->stored);
		s->stored = xstrdup(stored);
	}
	set_state(c, i, state);
	c->deadline = now + patience(c);
}

static void take_json(struct courier *c, const struct answer *a, mono_t now)
{
	enum backlog_state refusal = answer_refusal(a), state;
	char stored[BACKLOG_TEXT];

	for (size_t k = 0; k < c->count; k++) {
		size_t i = c->steps[k];

		if (step_of(c, i)->state != BACKLOG_SENT || is_mute(step_of(c, i)->text))
			continue;
		if (refusal != BACKLOG_ANSWERED) {
			answered(c, i, refusal, "", now); /* they come in their order */
			return;
		}
		if (answer_judge(a, step_of(c, i)->text, &state, stored, sizeof(stored))) {
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

	if (c->echoed)
		return;
	c->heard_at = now;
	if (a->n == n && !memcmp(a->text, c->line, n))
		c->echoed = true;
	else
		c->damaged = true;
	c->deadline = now + patience(c);
}

static void after_line(struct courier *c, mono_t now)
{
	bool mute = true;

	if (c->state != COURIER_ANSWERS || open_steps(c))
		return;
	for (size_t i = 0; i < c->count; i++)
		mute = mute && is_mute(step_of(c, c->steps[i])->text);
	if (mute && !c->echoed)
		return; /* its echo is all that comes */
	for (size_t i = 0; i < c->count; i++)
		if (step_of(c, c->steps[i])->state == BACKLOG_SENT)
			set_state(c, c->steps[i], BACKLOG_ANSWERED);
	line_over(c, now);
}

/* What was answered shortly before a crash may not be in the flash. */
static void send_unsaved(struct courier *c)
{
	for (size_t i = 0; i < c->b.count; i++) {
		struct backlog_step *s = step_of(c, i);

		if (s->kind == BACKLOG_COMMAND && is_over(s->state) &&
		    s->answered_at > c->line_at - UNSAVED_US && may_repeat(c, i))
			set_state(c, i, BACKLOG_SENT);
	}
}

static void crashed(struct courier *c)
{
	tell(c, COURIER_RESTARTED, 0, NULL);
	if (++c->crashes > CRASHES)
		stop_at(c, c->steps[0], "it keeps restarting");
	else
		send_unsaved(c);
}

/* What the line that was cut off by a restart comes to. */
static void cut_off(struct courier *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct backlog_step *s = step_of(c, c->steps[i]);
		unsigned facts = facts_of(c, c->steps[i]);

		if (s->state != BACKLOG_SENT)
			continue;
		if (!(facts & BACKLOG_ONCE))
			s->tries -= s->tries > 0; /* it is not its fault */
		else				  /* "Restart 1": this is its answer */
			set_state(c, c->steps[i],
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
		unsigned facts = facts_of(c, c->steps[i]);

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
		if (c->state == COURIER_IDLE)
			return;
		cut_off(c);
		c->state = COURIER_BOOT;
		c->deadline = now + SETTLE_US;
		break;
	case COURIER_RESTART:
		c->state = COURIER_BOOT;
		c->deadline = now + SETTLE_US;
		drop_line(c);
		break;
	default:
		break;
	}
	c->restart_due = false;
}

/* The device listens again: the line that was cut off, else the next part. */
static void go_on(struct courier *c, mono_t now)
{
	long again = unsettled(c);

	if (again >= 0) {
		send_again(c, (size_t)again, "the device restarted", now);
		return;
	}
	if (c->line)
		c->part++;
	next_part(c, now);
}

static bool holds(const char *line, size_t n, const char *text)
{
	size_t m = strlen(text);

	for (size_t i = 0; i + m <= n; i++)
		if (!str_ncasecmp(line + i, text, m))
			return true;
	return false;
}

static void take_line(struct courier *c, const char *line, size_t n, mono_t now)
{
	struct answer a;

	facts_line(&c->facts, (const uint8_t *)line, n, now);
	if (c->facts.boots != c->boots) {
		c->boots = c->facts.boots;
		booted(c, now);
	}
	if (c->state == COURIER_WAITING &&
	    holds(line, n, step_of(c, c->b.parts[c->part].steps[0])->text)) {
		set_state(c, c->b.parts[c->part].steps[0], BACKLOG_STORED);
		c->part++;
		next_part(c, now);
		return;
	}
	if (c->state != COURIER_ANSWERS)
		return;
	answer_read(line, n, &a);
	if (a.kind == ANSWER_ECHO)
		take_echo(c, &a, now);
	else if (a.kind == ANSWER_OVERRUN)
		c->damaged = true;
	else if (a.kind != ANSWER_NONE)
		take_json(c, &a, now);
	after_line(c, now);
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
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			size_t len = c->rx_n;

			c->rx_n = 0;
			if (!c->rx_over)
				take_line(c, c->rx, len, now);
			c->rx_over = false;
		} else if (c->rx_n < sizeof(c->rx)) {
			c->rx[c->rx_n++] = (char)bytes[i];
		} else {
			c->rx_over = true; /* no line of Tasmota's is that long */
		}
	}
}

/* ---- sending --------------------------------------------------------------------------------- */

size_t courier_tx(struct courier *c, const char *eol, char *dst, size_t max, mono_t now)
{
	size_t n, len, room = PIECE;

	if (c->state != COURIER_SENDING || now < c->next_at)
		return 0;
	if (!c->told) {
		c->told = true;
		tell(c, COURIER_LINE, c->steps[0], c->line);
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
	c->deadline = now + patience(c);
	return n + strlen(eol);
}

void courier_hold(struct courier *c, mono_t now)
{
	if (c->state == COURIER_ANSWERS && !c->echoed && !c->damaged)
		c->deadline = now + patience(c);
}

/* ---- time ------------------------------------------------------------------------------------ */

static void wait_ran_out(struct courier *c, mono_t now)
{
	size_t step = c->b.parts[c->part].steps[0];

	set_state(c, step, BACKLOG_NO_ANSWER);
	if (c->stop) {
		stop_at(c, step, "what was waited for did not come");
		return;
	}
	c->part++;
	next_part(c, now);
}

/* Another answer came in place of this one: many commands answer by another name. */
static void answers_ran_out(struct courier *c, mono_t now)
{
	if (c->other && c->count == 1 && c->echoed &&
	    step_of(c, c->steps[0])->state == BACKLOG_SENT)
		set_state(c, c->steps[0], BACKLOG_ANSWERED);
	line_over(c, now);
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
		set_state(c, c->b.parts[c->part].steps[0], BACKLOG_STORED);
		c->part++;
		next_part(c, now);
		break;
	case COURIER_RESTART:
		c->restart_due = false;
		tell(c, COURIER_NO_BOOT, 0, NULL);
		next_part(c, now);
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
	c->restart_due = false;
	c->crashes = 0;
	c->slow = 1;
	c->boots = c->facts.boots;
	c->boot_at = now - MONO_S(3600); /* whatever was before does not matter */
	backlog_plan(&c->b, c->fw, c->packed);
	drop_line(c);
	next_part(c, now);
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
		struct backlog_step *s = step_of(c, i);

		if (is_over(s->state))
			continue;
		s->state = BACKLOG_QUEUED;
		s->tries = 0;
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
		if (step_of(c, c->steps[i])->state == BACKLOG_SENT)
			set_state(c, c->steps[i], BACKLOG_QUEUED);
	for (size_t i = 0; i < c->b.count; i++)
		if (step_of(c, i)->state == BACKLOG_SENT)
			set_state(c, i, BACKLOG_NO_ANSWER);
	c->part = c->b.part_count;
	finish(c);
}

bool courier_busy(const struct courier *c)
{
	return c->state != COURIER_IDLE;
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looks after single commands that were typed. */
#include "tasmite/core/tasmota/typed.h"

#include <stdlib.h>
#include <string.h>

#include "courier_int.h"
#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/answer.h"

#define PENDING 8

struct pending {
	char *text;
	mono_t due;
	bool echoed;
};

struct typed {
	const struct secrets *secrets;
	void (*say)(void *ctx, const char *text);
	void *ctx;
	struct pending list[PENDING]; /* the oldest first */
	size_t count;
	bool listens; /* an echo was heard since the port was opened */
	bool other;   /* an answer came that fits none: it may be one by another name */
	char line[LINE_MAX_RX];
	size_t n;
	bool over; /* the line is longer than that */
};

struct typed *typed_new(
    const struct secrets *secrets, void (*say)(void *ctx, const char *text), void *ctx)
{
	struct typed *t = xcalloc(1, sizeof(*t));

	t->secrets = secrets;
	t->say = say;
	t->ctx = ctx;
	return t;
}

static void forget(struct typed *t, size_t i)
{
	free(t->list[i].text);
	t->count--;
	memmove(&t->list[i], &t->list[i + 1], (t->count - i) * sizeof(t->list[0]));
}

void typed_leave(struct typed *t)
{
	while (t->count)
		forget(t, 0);
	t->other = false;
}

void typed_drop(struct typed *t)
{
	typed_leave(t);
	t->listens = false;
}

void typed_hold(struct typed *t, mono_t now)
{
	for (size_t i = 0; i < t->count; i++)
		if (!t->list[i].echoed)
			t->list[i].due = now + ANSWER_US;
}

void typed_free(struct typed *t)
{
	if (!t)
		return;
	typed_drop(t);
	free(t);
}

/* "Mem1 abc: WHAT 'stored'", masked; a secret's value is not told. */
static void warn(struct typed *t, const struct pending *p, const char *what, const char *stored)
{
	size_t n = strlen(p->text);
	struct buf masked;
	struct sbuf out;

	buf_init(&masked, n + 1);
	secrets_mask_line(t->secrets, p->text, n, &masked);
	sbuf_init(&out, n + 400);
	sbuf_add_n(&out, (const char *)buf_bytes(&masked), buf_len(&masked));
	sbuf_fmt(&out, ": %s", what);
	if (stored && !secrets_in_line(t->secrets, p->text, n))
		sbuf_fmt(&out, ": '%s'", stored);
	t->say(t->ctx, sbuf_str(&out));
	sbuf_fini(&out);
	buf_fini(&masked);
}

void typed_sent(struct typed *t, const char *line, size_t n, mono_t now)
{
	struct backlog_name name;
	char *text = xstrndup(line, n);

	backlog_name(text, &name);
	/* A Backlog that goes as it is has many answers, and some commands none. */
	if (!name.n || courier_is_mute(text) || backlog_is(&name, "Backlog") ||
	    (backlog_facts(&name) & BACKLOG_ONCE && backlog_facts(&name) & BACKLOG_RESTARTS)) {
		free(text);
		return;
	}
	if (t->count == PENDING)
		forget(t, 0);
	t->list[t->count++] = (struct pending){.text = text, .due = now + ANSWER_US};
}

/* Whose echo is it? Of a line that came whole those before it are lost. */
static void take_echo(struct typed *t, const struct answer *a, mono_t now)
{
	size_t i = 0;

	t->listens = true;
	while (i < t->count && (t->list[i].echoed || strlen(t->list[i].text) != a->n ||
				   memcmp(t->list[i].text, a->text, a->n) != 0))
		i++;
	if (i < t->count) {
		t->list[i].echoed = true;
		t->list[i].due = now + ANSWER_US;
		return;
	}
	for (i = 0; i < t->count && t->list[i].echoed; i++)
		;
	if (i == t->count)
		return; /* of another one's command */
	warn(t, &t->list[i], "it arrived damaged (the echo tells what the device has read)", NULL);
	forget(t, i);
}

static void take_answer(struct typed *t, const struct answer *a)
{
	enum backlog_state state;
	char stored[200];

	for (size_t i = 0; i < t->count; i++) {
		struct backlog_name name;

		backlog_name(t->list[i].text, &name);
		if (answer_refusal(a) == BACKLOG_ANSWERED &&
		    !answer_judge(a, t->list[i].text, &state, stored, sizeof(stored)))
			continue;
		/* Only of texts it is sure what they have to be answered with ("Dimmer +"). */
		if (answer_refusal(a) == BACKLOG_ANSWERED && state == BACKLOG_DIFFERENT &&
		    t->list[i].echoed && backlog_facts(&name) & BACKLOG_TEXTUAL)
			warn(t, &t->list[i], "the device has stored something else", stored);
		forget(t, i);
		return;
	}
	t->other = t->count > 0;
}

static void take_line(struct typed *t, mono_t now)
{
	struct answer a;

	answer_read(t->line, t->n, &a);
	if (a.kind == ANSWER_ECHO)
		take_echo(t, &a, now);
	else if (a.kind == ANSWER_JSON || a.kind == ANSWER_STATUS)
		take_answer(t, &a);
}

/* Is there a command's echo? One that is cut in two by a read may be missed: others will come. */
static bool has_echo(const uint8_t *bytes, size_t n)
{
	static const char echo[] = "CMD: ";
	const uint8_t *at = bytes, *end = bytes + n;

	while ((at = memchr(at, echo[0], (size_t)(end - at))) != NULL) {
		if ((size_t)(end - at) >= sizeof(echo) - 1 && !memcmp(at, echo, sizeof(echo) - 1))
			return true;
		at++;
	}
	return false;
}

void typed_rx(struct typed *t, const uint8_t *bytes, size_t n, mono_t now)
{
	if (!t->count && (t->listens || !has_echo(bytes, n))) {
		t->n = 0; /* a flood goes by */
		t->over = n && bytes[n - 1] != '\n';
		return;
	}
	while (n) {
		const uint8_t *end = memchr(bytes, '\n', n);
		size_t part = end ? (size_t)(end - bytes) : n;

		t->over = t->over || part > sizeof(t->line) - t->n;
		if (!t->over) {
			memcpy(t->line + t->n, bytes, part);
			t->n += part;
		}
		if (!end)
			return;
		if (!t->over)
			take_line(t, now);
		t->n = 0;
		t->over = false;
		bytes = end + 1;
		n -= part + 1;
	}
}

void typed_tick(struct typed *t, mono_t now)
{
	for (size_t i = 0; i < t->count;) {
		const struct pending *p = &t->list[i];

		if (p->due > now) {
			i++;
			continue;
		}
		if (t->listens && !p->echoed && !t->other)
			warn(t, p, "neither echo nor answer came: send it again?", NULL);
		forget(t, i);
	}
	if (!t->count)
		t->other = false;
}

mono_t typed_deadline(const struct typed *t)
{
	mono_t due = MONO_NEVER;

	for (size_t i = 0; i < t->count; i++)
		due = mono_min(due, t->list[i].due);
	return due;
}

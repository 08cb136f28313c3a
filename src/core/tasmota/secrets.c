/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The masking funnel. Two automata run side by side over the stream: one of all secrets sent so
 * far, one of the anchors that wake the context machine (sctx.c). Bytes go to the caller's buffer
 * at once and are overwritten there; only an undecided tail is kept back.
 */
#include "tasmite/core/tasmota/secrets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"

#include "acdfa.h"
#include "sctx.h"

#define SECRET_MIN  4
#define SECRETS_MAX 256
#define TOTAL_MAX   8192
#define HOLD_TIME   MONO_MS(50)
/* So many bytes of a secret's beginning are masked when they can't be waited for any longer. */
#define LIKELY 4

/* The longest rest of a secret that is looked for where a line begins. */
#define TAIL_MAX 128

_Static_assert(SECRETS_HOLD_MAX >= SCTX_HELD_MAX, "what is undecided must fit");
_Static_assert(SECRETS_HOLD_MAX >= TAIL_MAX, "what is undecided must fit");

struct secret {
	uint8_t *bytes;
	size_t len;
};

/* Where the beginning of a line was lost (bytes dropped, the device's buffer overrun, the port opened
 * in its middle) it may begin within a secret: its rest is masked, too. */
struct tail {
	const struct secret *list;
	const size_t *count;
	size_t len; /* bytes since the line began that stand so in a secret */
	bool on;
	uint8_t run[TAIL_MAX];
};

/* One pass over bytes; also used, with a mask instead of a text, for a line that is sent. */
struct scan {
	const struct acdfa *known, *anchors;
	uint32_t known_state, anchor_state;
	struct sctx ctx;
	uint8_t before[SCTX_WINDOW]; /* the last raw bytes */
	uint8_t mark;		     /* what is written over a secret byte */
	struct tail *tail;	     /* NULL: not looked for */
};

struct secrets {
	bool show;
	struct acdfa known, anchors, none;
	struct secret list[SECRETS_MAX]; /* oldest first */
	size_t count, total;
	struct scan scan;
	struct tail tail;
	uint8_t hold[SECRETS_HOLD_MAX]; /* masked already where that is decided */
	size_t hold_len;
	mono_t hold_time;
};

/* ---- one pass ---------------------------------------------------------------------------------- */

static void tail_begin(struct tail *t)
{
	if (!t)
		return;
	t->on = true;
	t->len = 0;
}

/* The run stands in a secret; *ends: at its end, and is not all of it. */
static bool tail_fits(const struct tail *t, const struct secret *secret, bool *ends)
{
	bool fits = false;

	for (size_t at = 0; at + t->len <= secret->len; at++) {
		if (memcmp(secret->bytes + at, t->run, t->len) != 0)
			continue;
		fits = true;
		if (at && at + t->len == secret->len)
			*ends = true;
	}
	return fits;
}

/* The next byte; returns how many of the last ones are to be masked. */
static size_t tail_byte(struct tail *t, uint8_t byte)
{
	bool fits = false, ends = false;

	t->run[t->len++] = byte;
	for (size_t i = 0; i < *t->count; i++)
		if (tail_fits(t, &t->list[i], &ends))
			fits = true;
	t->on = fits && t->len < TAIL_MAX;
	/* So long a run is no chance, wherever it ends. */
	return t->len >= SECRET_MIN && fits && (ends || !t->on) ? t->len : 0;
}

static void scan_reset(struct scan *sc)
{
	tail_begin(sc->tail);
	sc->known_state = sc->known->start;
	sc->anchor_state = sc->anchors->start;
	sctx_init(&sc->ctx);
	memset(sc->before, '\n', sizeof(sc->before));
}

static void scan_init(
    struct scan *sc, const struct acdfa *known, const struct acdfa *anchors, uint8_t mark)
{
	sc->known = known;
	sc->anchors = anchors;
	sc->mark = mark;
	sc->tail = NULL;
	scan_reset(sc);
}

/* Marks `count` bytes that end before w[end]; what was let go earlier (before w) is out of reach. */
static void mark_back(const struct scan *sc, uint8_t *w, size_t end, size_t count)
{
	if (count > end)
		count = end;
	memset(w + end - count, sc->mark, count);
}

/* The raw bytes up to bytes[i], as many as the window takes. */
static void window(const struct scan *sc, const uint8_t *bytes, size_t i, uint8_t *out)
{
	size_t have = i + 1 < SCTX_WINDOW ? i + 1 : SCTX_WINDOW;

	memcpy(out, sc->before + have, SCTX_WINDOW - have);
	memcpy(out + SCTX_WINDOW - have, bytes + i + 1 - have, have);
}

static void remember(struct scan *sc, const uint8_t *bytes, size_t n)
{
	uint8_t w[SCTX_WINDOW];

	if (!n)
		return;
	window(sc, bytes, n - 1, w);
	memcpy(sc->before, w, sizeof(w));
}

static void anchor_hit(struct scan *sc, const uint8_t *bytes, size_t i)
{
	unsigned id = acdfa_at(sc->anchors, sc->anchor_state)->id;
	uint8_t w[SCTX_WINDOW];

	if (sctx_is_start(id)) {
		tail_begin(sc->tail);
		return;
	}
	window(sc, bytes, i, w);
	sctx_anchor(&sc->ctx, id, w, sizeof(w));
	if (sc->ctx.state)
		sc->anchor_state = sc->anchors->start;
}

/* The same while no secret is known. */
static size_t scan_anchors(struct scan *sc, const uint8_t *bytes, size_t i, size_t n)
{
	const struct acdfa *ad = sc->anchors;
	uint32_t a = sc->anchor_state;

	for (; i < n; i++) {
		a = acdfa_step(ad, a, bytes[i]);
		if (a >= ad->accept)
			break;
	}
	sc->anchor_state = a;
	return i;
}

/* Runs both automata until one of them has found something; returns the index of that byte. */
static size_t scan_fast(struct scan *sc, const uint8_t *bytes, size_t i, size_t n)
{
	const struct acdfa *kd = sc->known, *ad = sc->anchors;
	uint32_t k = sc->known_state, a = sc->anchor_state;

	if (kd->ncls == 1) /* of no pattern */
		return scan_anchors(sc, bytes, i, n);
	for (; i < n; i++) {
		k = acdfa_step(kd, k, bytes[i]);
		a = acdfa_step(ad, a, bytes[i]);
		if (k >= kd->accept || a >= ad->accept)
			break;
	}
	sc->known_state = k;
	sc->anchor_state = a;
	return i;
}

/* One byte while the context machine reads along. */
static void scan_busy(struct scan *sc, const uint8_t *bytes, size_t i, uint8_t *w, size_t at)
{
	struct sctx_mask m;
	uint8_t b = bytes[i];

	sc->known_state = acdfa_step(sc->known, sc->known_state, b);
	m = sctx_byte(&sc->ctx, b);
	mark_back(sc, w, at + 1 - m.back, m.count);
	if (sc->ctx.state)
		return;
	/* The byte that ended the value may begin the next anchor. */
	sc->anchor_state = acdfa_step(sc->anchors, sc->anchor_state, b);
	if (sc->anchor_state >= sc->anchors->accept)
		anchor_hit(sc, bytes, i);
}

/* w[0..held) are held bytes, the new ones follow them. */
static void scan_run(struct scan *sc, const uint8_t *bytes, size_t n, uint8_t *w, size_t held)
{
	for (size_t i = 0; i < n; i++) {
		if (sc->tail && sc->tail->on)
			mark_back(sc, w, held + i + 1, tail_byte(sc->tail, bytes[i]));
		if (sctx_busy(&sc->ctx) || (sc->tail && sc->tail->on)) {
			scan_busy(sc, bytes, i, w, held + i);
		} else {
			i = scan_fast(sc, bytes, i, n);
			if (i == n)
				break;
			if (sc->anchor_state >= sc->anchors->accept)
				anchor_hit(sc, bytes, i);
		}
		if (sc->known_state >= sc->known->accept)
			mark_back(sc, w, held + i + 1, acdfa_at(sc->known, sc->known_state)->match);
	}
	remember(sc, bytes, n);
}

/* ---- the secrets --------------------------------------------------------------------------------- */

struct secrets *secrets_new(void)
{
	struct secrets *s = xcalloc(1, sizeof(*s));

	acdfa_init(&s->known, NULL, 0, false);
	acdfa_init(&s->none, NULL, 0, false);
	sctx_anchors_init(&s->anchors);
	scan_init(&s->scan, &s->known, &s->anchors, '*');
	s->tail.list = s->list;
	s->tail.count = &s->count;
	s->scan.tail = &s->tail;
	tail_begin(&s->tail);
	return s;
}

void secrets_free(struct secrets *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->list[i].bytes);
	acdfa_fini(&s->known);
	acdfa_fini(&s->none);
	acdfa_fini(&s->anchors);
	free(s);
}

void secrets_set_show(struct secrets *s, bool show)
{
	s->show = show;
}

static void rebuild(struct secrets *s)
{
	struct acdfa_pattern p[SECRETS_MAX];
	uint32_t state;

	for (size_t i = 0; i < s->count; i++) {
		p[i].bytes = s->list[i].bytes;
		p[i].len = s->list[i].len;
	}
	acdfa_fini(&s->known);
	acdfa_init(&s->known, p, s->count, false);
	/* The new automaton has to know what came last: the echo may be under way. */
	state = s->known.start;
	for (size_t i = 0; i < sizeof(s->scan.before); i++)
		state = acdfa_step(&s->known, state, s->scan.before[i]);
	s->scan.known_state = state;
}

static void forget(struct secrets *s, size_t i)
{
	s->total -= s->list[i].len;
	free(s->list[i].bytes);
	s->count--;
	memmove(&s->list[i], &s->list[i + 1], (s->count - i) * sizeof(s->list[0]));
}

/* True when the list changed in a way that the automaton must follow. */
static bool remember_secret(struct secrets *s, const uint8_t *bytes, size_t n)
{
	size_t stars = 0;

	if (n > SECRETS_HOLD_MAX)
		n = SECRETS_HOLD_MAX;
	while (stars < n && bytes[stars] == '*')
		stars++;
	if (n < SECRET_MIN || stars == n)
		return false;
	for (size_t i = 0; i < s->count; i++) {
		if (s->list[i].len == n && !memcmp(s->list[i].bytes, bytes, n)) {
			struct secret same = s->list[i];

			memmove(
			    &s->list[i], &s->list[i + 1], (s->count - 1 - i) * sizeof(s->list[0]));
			s->list[s->count - 1] = same;
			return false;
		}
	}
	while (s->count == SECRETS_MAX || s->total + n > TOTAL_MAX)
		forget(s, 0);
	s->list[s->count].bytes = xmemdup(bytes, n);
	s->list[s->count++].len = n;
	s->total += n;
	return true;
}

static bool learn(struct secrets *s, const uint8_t *bytes, size_t n)
{
	uint8_t escaped[SECRETS_HOLD_MAX];
	size_t m = 0;
	bool changed;

	while (n && (bytes[n - 1] == ' ' || bytes[n - 1] == '\t'))
		n--;
	while (n && (*bytes == ' ' || *bytes == '\t')) {
		bytes++;
		n--;
	}
	changed = remember_secret(s, bytes, n);
	/* Newer firmware escapes quotes and backslashes in its JSON answers. */
	for (size_t i = 0; i < n && m + 2 <= sizeof(escaped); i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			escaped[m++] = '\\';
		escaped[m++] = bytes[i];
	}
	if (m > n && remember_secret(s, escaped, m))
		changed = true;
	return changed;
}

void secrets_add(struct secrets *s, const char *bytes, size_t n)
{
	if (learn(s, (const uint8_t *)bytes, n))
		rebuild(s);
}

/* ---- lines that are sent ------------------------------------------------------------------------- */

/* A copy of the line as the device will echo it: the places of secrets are the same there. */
struct echo {
	uint8_t *text; /* "CMD: " line LF */
	uint8_t *mask; /* one byte for each of them, and `lead` before the line's own */
	size_t len, lead;
};

static void echo_init(struct echo *e, const char *line, size_t n)
{
	static const char head[] = "CMD: ";

	e->lead = sizeof(head) - 1;
	e->len = e->lead + n + 1;
	e->text = xmalloc(e->len);
	e->mask = xcalloc(e->len, 1);
	memcpy(e->text, head, e->lead);
	if (n)
		memcpy(e->text + e->lead, line, n);
	e->text[e->len - 1] = '\n';
}

static void echo_fini(struct echo *e)
{
	free(e->text);
	free(e->mask);
}

static void echo_scan(const struct secrets *s, struct echo *e, const struct acdfa *known)
{
	struct scan sc;

	scan_init(&sc, known, &s->anchors, 1);
	scan_run(&sc, e->text, e->len, e->mask, 0);
}

static void learn_line(struct secrets *s, const char *line, size_t n)
{
	struct echo e;
	bool changed = false;

	echo_init(&e, line, n);
	echo_scan(s, &e, &s->none);
	for (size_t i = 0; i < e.len; i++) {
		size_t from = i;

		while (i < e.len && e.mask[i])
			i++;
		if (i > from && learn(s, e.text + from, i - from))
			changed = true;
	}
	echo_fini(&e);
	if (changed)
		rebuild(s);
}

static bool find_spans(const struct secrets *s, const char *line, size_t n, uint8_t *mask)
{
	struct echo e;
	bool any;

	echo_init(&e, line, n);
	echo_scan(s, &e, &s->known);
	any = memchr(e.mask + e.lead, 1, n) != NULL;
	if (mask && n)
		memcpy(mask, e.mask + e.lead, n);
	echo_fini(&e);
	return any;
}

void secrets_spans(const struct secrets *s, const char *line, size_t n, uint8_t *mask)
{
	if (s->show)
		memset(mask, 0, n);
	else
		(void)find_spans(s, line, n, mask);
}

bool secrets_in_line(const struct secrets *s, const char *line, size_t n)
{
	return find_spans(s, line, n, NULL);
}

void secrets_mask_line(const struct secrets *s, const char *line, size_t n, struct buf *out)
{
	uint8_t *mask = xcalloc(n + 1, 1);

	assert(buf_space(out) >= n);
	secrets_spans(s, line, n, mask);
	for (size_t i = 0; i < n; i++)
		(void)buf_append_byte(out, mask[i] ? '*' : (uint8_t)line[i]);
	free(mask);
}

void secrets_tx_line(struct secrets *s, const char *line, size_t n, struct buf *out)
{
	learn_line(s, line, n);
	secrets_mask_line(s, line, n, out);
}

/* ---- the stream ---------------------------------------------------------------------------------- */

/* Where bytes that were just appended can still be changed. */
static uint8_t *tail_of(struct buf *b, size_t n)
{
	return b->data + b->start + b->len - n;
}

static size_t undecided(const struct secrets *s, size_t have)
{
	size_t n = acdfa_at(&s->known, s->scan.known_state)->hold;

	if (n < s->scan.ctx.held)
		n = s->scan.ctx.held;
	if (s->tail.on && n < s->tail.len)
		n = s->tail.len;
	return n < have ? n : have;
}

void secrets_rx(struct secrets *s, const uint8_t *bytes, size_t n, mono_t now, struct buf *out)
{
	size_t have = s->hold_len + n;

	/* The funnel must lose nothing: room is the caller's duty. */
	assert(buf_space(out) >= have);
	if (!n)
		return;
	(void)buf_append(out, s->hold, s->hold_len);
	(void)buf_append(out, bytes, n);
	if (s->show) {
		s->hold_len = 0;
		return;
	}
	scan_run(&s->scan, bytes, n, tail_of(out, have), s->hold_len);
	s->hold_len = undecided(s, have);
	memcpy(s->hold, tail_of(out, s->hold_len), s->hold_len);
	buf_truncate(out, buf_len(out) - s->hold_len);
	s->hold_time = now;
}

mono_t secrets_deadline(const struct secrets *s)
{
	return s->hold_len ? mono_add(s->hold_time, HOLD_TIME) : MONO_NEVER;
}

static void let_go(struct secrets *s, struct buf *out)
{
	size_t known = acdfa_at(&s->known, s->scan.known_state)->hold;
	size_t held = s->scan.ctx.held;

	assert(buf_space(out) >= s->hold_len);
	if (sctx_release(&s->scan.ctx) && !s->show)
		mark_back(&s->scan, s->hold, s->hold_len, held);
	if (known >= LIKELY && !s->show)
		mark_back(&s->scan, s->hold, s->hold_len, known);
	if (s->tail.on && s->tail.len >= LIKELY && !s->show)
		mark_back(&s->scan, s->hold, s->hold_len, s->tail.len);
	(void)buf_append(out, s->hold, s->hold_len);
	s->hold_len = 0;
}

void secrets_tick(struct secrets *s, mono_t now, struct buf *out)
{
	if (now >= secrets_deadline(s))
		let_go(s, out);
}

void secrets_flush(struct secrets *s, struct buf *out)
{
	let_go(s, out);
	scan_reset(&s->scan);
}

void secrets_mask_input(char *text, size_t n)
{
	static const char input[] = "\"Input\":\"";

	for (size_t i = 0; i + sizeof(input) - 1 < n; i++) {
		if (memcmp(text + i, input, sizeof(input) - 1) != 0)
			continue;
		for (i += sizeof(input) - 1; i < n && text[i] != '"'; i++)
			text[i] = '*';
	}
}

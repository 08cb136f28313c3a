/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A flash engine and the virtual device on one virtual clock. */
#include "enginesim.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/bytes.h"
#include "tasmite/base/err.h"
#include "tasmite/proto/digest.h"

static uint32_t rig_rand(struct rig *r)
{
	r->rng ^= r->rng << 13;
	r->rng ^= r->rng >> 7;
	r->rng ^= r->rng << 17;
	return (uint32_t)(r->rng >> 32);
}

void rig_fill(uint8_t *dst, size_t n, uint64_t seed)
{
	uint64_t s = seed * 2654435761u + 88172645463325252ull;
	size_t i = 0;
	while (i < n) {
		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		size_t run = 1 + (s >> 20) % 40;
		for (size_t k = 0; k < run && i < n; k++, i++) {
			if ((s & 7) == 0)
				dst[i] = (uint8_t)(s >> 8);
			else if ((s & 7) == 1)
				dst[i] = (uint8_t)(' ' + ((s >> (k % 32)) & 63));
			else
				dst[i] = (uint8_t)((s >> (k % 40)) ^ (k * 73));
		}
	}
}

void rig_init(struct rig *r, const struct rig_config *cfg)
{
	char err[200] = "";
	memset(r, 0, sizeof *r);
	r->cfg = *cfg;
	r->rng = cfg->seed * 0x9E3779B97F4A7C15ull + 0x1234567;
	r->cfg.link.device.seed = cfg->seed + 1;
	r->cfg.job.no_stub = !cfg->stub;
	r->link = sim_link_new(&r->cfg.link, err, sizeof err);
	assert_non_null(r->link);
	sim_link_button(r->link, cfg->button, 0);
	if (!cfg->no_power && cfg->power_at == 0)
		sim_link_power(r->link, true, 0);
	r->e = engine_new(&r->cfg.job, 0);
	assert_non_null(r->e);
	if (!cfg->fault_after_identity)
		for (size_t i = 0; i < 4 && cfg->fault[i]; i++)
			assert_true(sim_link_fault(r->link, cfg->fault[i], 0, err, sizeof err));
}

void rig_fini(struct rig *r)
{
	free(r->taken);
	engine_free(r->e);
	sim_link_free(r->link);
}

struct sim_flash *rig_flash(struct rig *r)
{
	return sim_device_flash(sim_link_device(r->link));
}

bool rig_flash_is(struct rig *r, uint32_t offset, const uint8_t *bytes, size_t n)
{
	const struct sim_flash *f = rig_flash(r);
	return offset + n <= f->size && memcmp(f->mem + offset, bytes, n) == 0;
}

/* ---- actions ------------------------------------------------------------------------------- */
static uint32_t rig_host_rate(const struct rig *r, uint32_t baud)
{
	static const uint32_t usual[] = {
	    9600, 74880, 115200, 230400, 460800, 500000, 921600, 1000000, 1500000, 2000000};
	uint32_t best = baud, diff = UINT32_MAX;
	if (!r->cfg.host_rounds)
		return baud;
	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
		uint32_t d = usual[i] > baud ? usual[i] - baud : baud - usual[i];
		if (d < diff) {
			diff = d;
			best = usual[i];
		}
	}
	return best;
}

/* Where to add or take a byte of this value unseen, neither part of an escape; 0: nowhere. */
static size_t rig_shift_at(const struct rig *r, const struct engine_action *a, uint8_t value)
{
	size_t at = r->cfg.shift_at;
	if (value == 0xC0 || value == 0xDB)
		return 0;
	for (; at + 2 < a->n; at++) {
		if (a->bytes[at - 1] == 0xDB)
			continue;
		if (r->cfg.shift > 0 || a->bytes[at] == value)
			return at;
	}
	return 0;
}

/* A byte too many of the last byte's value pushes that one out; a byte too few lets the ROM's
 * buffer show what was there before, so it must be of that value. False: sent as it is. */
static bool rig_shifted(struct rig *r, const struct engine_action *a)
{
	uint8_t last = a->bytes[a->n - 2], before = r->last_byte;
	bool big = a->n > 6000 && a->bytes[2] == 3;
	size_t at;
	if (!r->cfg.shift || !big)
		return false;
	r->last_byte = last;
	if (++r->long_frames < r->cfg.shift_frame || (r->long_frames - r->cfg.shift_frame) % 2)
		return false;
	at = rig_shift_at(r, a, r->cfg.shift > 0 ? last : before);
	if (at == 0)
		return false;
	sim_link_send(r->link, a->bytes, at, r->now);
	if (r->cfg.shift > 0)
		sim_link_send(r->link, &last, 1, r->now);
	at += r->cfg.shift < 0;
	sim_link_send(r->link, a->bytes + at, a->n - at, r->now);
	r->shifted++;
	return true;
}

/* ---- meddling ------------------------------------------------------------------------------ */
static bool rig_meddled(const struct rig *r)
{
	return r->cfg.meddled || r->cfg.rule[0].op != 0;
}

/* The first bytes of a packet, without its delimiter and escapes. */
static void rig_head(const uint8_t *in, size_t n, uint8_t *out, size_t size)
{
	size_t o = 0;
	memset(out, 0, size);
	for (size_t i = 1; i < n && o < size && in[i] != 0xC0; i++) {
		uint8_t b = in[i];
		if (b == 0xDB && i + 1 < n)
			b = in[++i] == 0xDC ? 0xC0 : 0xDB;
		out[o++] = b;
	}
}

static struct rig_rule *rig_rule(struct rig *r, uint8_t op, uint32_t word)
{
	for (size_t i = 0; i < RIG_RULES; i++) {
		struct rig_rule *u = &r->cfg.rule[i];
		unsigned from = u->from ? u->from : 1;
		if (u->op == 0 || u->op != op || (u->word != 0 && u->word != word))
			continue;
		r->seen[i]++;
		if (r->seen[i] >= from && (u->times == 0 || r->seen[i] < from + u->times))
			return u;
	}
	return NULL;
}

/* A byte of the payload that can be another one without a trace in the framing. */
static void rig_damage(struct rig *r, const uint8_t *frame, size_t n)
{
	size_t at = 40;
	while (at + 2 < n && (frame[at - 1] == 0xDB || frame[at] == 0xDB || frame[at] == 0xC0 ||
				 (frame[at] ^ 4) == 0xDB || (frame[at] ^ 4) == 0xC0))
		at++;
	assert_true(at + 2 < n);
	uint8_t other = frame[at] ^ 4;
	sim_link_send(r->link, frame, at, r->now);
	sim_link_send(r->link, &other, 1, r->now);
	sim_link_send(r->link, frame + at + 1, n - at - 1, r->now);
}

/* A refusal in the chip's place, soon. */
static void rig_deny(struct rig *r, uint8_t op, const struct rig_rule *u)
{
	bool family = r->cfg.link.device.chip > SIM_ESP8285;
	uint8_t packet[14] = {0xC0, 1, op, family ? 4 : 2, 0, 0, 0, 0, 0, 1, (uint8_t)u->arg};
	size_t n = family ? 13 : 11;
	packet[n++] = 0xC0;
	assert_int_equal(r->late_n, 0);
	memcpy(r->late, packet, n);
	r->late_n = n;
	r->late_at = r->tx_free + 1000;
}

/* One packet on its way to the chip. */
static void rig_command(struct rig *r, const uint8_t *frame, size_t n)
{
	uint8_t head[12];
	rig_head(frame, n, head, sizeof head);
	uint8_t op = head[1];
	struct rig_rule *u = NULL;
	if (head[0] == 0 && op != 8) {
		u = rig_rule(r, op, get_le32(head + 8));
		r->commands[op]++;
	} else {
		r->sent_n = 0; /* a new beginning: what is unanswered stays so */
	}
	if (u && u->what == RIG_DENY)
		rig_deny(r, op, u);
	if (u && (u->what == RIG_MISS || u->what == RIG_DENY))
		return;
	if (u && u->what == RIG_DAMAGE) {
		rig_damage(r, frame, n);
		u = NULL;
	} else {
		sim_link_send(r->link, frame, n, r->now);
	}
	if (op != 8 && r->sent_n < RIG_SENT) {
		r->sent[r->sent_n].op = op;
		r->sent[r->sent_n++].rule = u;
	}
}

static void rig_commands(struct rig *r, const uint8_t *bytes, size_t n)
{
	if (bytes[0] != 0xC0) { /* the stub's own bytes */
		sim_link_send(r->link, bytes, n, r->now);
		return;
	}
	while (n > 0) {
		const uint8_t *end = memchr(bytes + 1, 0xC0, n - 1);
		size_t len = end ? (size_t)(end + 1 - bytes) : n;
		rig_command(r, bytes, len);
		bytes += len;
		n -= len;
	}
}

static void rig_deliver(struct rig *r, const uint8_t *buf, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t k = n - i;
		if (r->cfg.cut == RIG_BYTES)
			k = 1;
		else if (r->cfg.cut == RIG_RANDOM)
			k = 1 + rig_rand(r) % k;
		engine_rx(r->e, buf + i, k, r->now);
		i += k;
	}
}

/* What came of the command that is answered; NULL: nothing is to be done about it. */
static struct rig_rule *rig_answered(struct rig *r, uint8_t op)
{
	for (size_t i = 0; i < r->sent_n; i++)
		if (r->sent[i].op == op) {
			struct rig_rule *u = r->sent[i].rule;
			memmove(r->sent, r->sent + i + 1, (r->sent_n - i - 1) * sizeof r->sent[0]);
			r->sent_n -= i + 1;
			return u;
		}
	return NULL;
}

/* False: it is lost. */
static bool rig_change(struct rig *r, const struct rig_rule *u)
{
	uint8_t *p = r->packet, *data = p + 8;
	bool family = r->cfg.link.device.chip > SIM_ESP8285;
	switch (u->what) {
	case RIG_LOSE:
		return false;
	case RIG_REFUSE:
	case RIG_EMPTY:
		r->packet_n = family ? 12 : 10;
		p[2] = family ? 4 : 2;
		p[3] = 0;
		memset(data, 0, 4);
		data[0] = u->what == RIG_REFUSE;
		data[1] = (uint8_t)(u->what == RIG_REFUSE ? u->arg : 0);
		break;
	case RIG_VALUE:
		put_le32(p + 4, u->arg);
		break;
	case RIG_COUNTS:
		put_le32(p + 4, u->arg + ++r->counted);
		break;
	case RIG_BYTE:
		assert_true(8 + u->arg / 256 < r->packet_n);
		data[u->arg / 256] = (uint8_t)u->arg;
		break;
	case RIG_OTHER:
		data[0] = data[0] == '0' ? '1' : '0';
		break;
	case RIG_CAPITAL:
		for (size_t i = 8; i < r->packet_n; i++)
			if (p[i] >= 'a' && p[i] <= 'z')
				p[i] = (uint8_t)(p[i] - 'a' + 'A');
		break;
	default:
		break;
	}
	return true;
}

static void rig_answer(struct rig *r)
{
	struct rig_rule *u = NULL;
	uint8_t out[2 * sizeof r->packet + 2];
	size_t o = 0;
	if (r->packet_n >= 10 && r->packet[0] == 1)
		u = rig_answered(r, r->packet[1]);
	if (u && !rig_change(r, u))
		return;
	out[o++] = 0xC0;
	for (size_t i = 0; i < r->packet_n; i++) {
		uint8_t b = r->packet[i];
		out[o++] = b == 0xC0 ? 0xDB : b;
		if (b == 0xC0 || b == 0xDB)
			out[o++] = b == 0xC0 ? 0xDC : 0xDD;
	}
	out[o++] = 0xC0;
	if (u && u->what == RIG_LATE)
		r->late_at = r->now + u->arg;
	if (r->late_at == 0) {
		rig_deliver(r, out, o);
		return;
	}
	assert_true(r->late_n + o <= sizeof r->late);
	memcpy(r->late + r->late_n, out, o);
	r->late_n += o;
}

static void rig_late(struct rig *r)
{
	if (r->late_at == 0 || r->late_at > r->now)
		return;
	rig_deliver(r, r->late, r->late_n);
	r->late_n = 0;
	r->late_at = 0;
}

static void rig_from_chip(struct rig *r, uint8_t b)
{
	if (b == 0xC0) {
		bool whole = r->inside && r->packet_n > 0;
		if (whole)
			rig_answer(r);
		r->inside = !whole;
		r->packet_n = 0;
		r->escaped = false;
	} else if (!r->inside || r->packet_n == sizeof r->packet) {
		r->inside = false;
		rig_deliver(r, &b, 1);
	} else if (b == 0xDB && !r->escaped) {
		r->escaped = true;
	} else {
		r->packet[r->packet_n++] = !r->escaped ? b : b == 0xDC ? 0xC0 : 0xDB;
		r->escaped = false;
	}
}

/* ---- carrying out ------------------------------------------------------------------------- */
static void rig_write(struct rig *r, const struct engine_action *a)
{
	mono_t start = r->tx_free > r->now ? r->tx_free : r->now;
	uint32_t baud = sim_link_host_baud(r->link);
	r->tx_free = start + (mono_t)((a->n * 10 * 1000000ull + baud - 1) / baud);
	if (r->cfg.noisy_above && r->host > r->cfg.noisy_above && a->n > 1000 &&
	    ++r->long_frames % 3 == 0) {
		uint8_t wrong = a->bytes[500] == 0x41 ? 0x42 : 0x41;
		sim_link_send(r->link, a->bytes, 500, r->now);
		sim_link_send(r->link, &wrong, 1, r->now);
		sim_link_send(r->link, a->bytes + 501, a->n - 501, r->now);
	} else if (rig_meddled(r)) {
		rig_commands(r, a->bytes, a->n);
	} else if (!rig_shifted(r, a)) {
		sim_link_send(r->link, a->bytes, a->n, r->now);
	}
	if (!r->cfg.done_late)
		engine_done(r->e, 0, 0, r->now);
}

static void rig_baud(struct rig *r, const struct engine_action *a)
{
	if (r->cfg.host_max && a->baud > r->cfg.host_max) {
		engine_done(r->e, ERR_NOTSUP, 0, r->now);
		return;
	}
	uint32_t actual = rig_host_rate(r, a->baud);
	bool broken = r->cfg.broken_above && actual > r->cfg.broken_above;
	sim_link_baud(r->link, broken ? actual - actual / 4 : actual, r->now);
	r->host = actual;
	r->inside = false; /* what was half heard at the other rate */
	if (r->rate_count < 64)
		r->rates[r->rate_count++] = actual;
	engine_done(r->e, 0, actual, r->now);
}

static void rig_lines(struct rig *r, const struct engine_action *a)
{
	int result = r->cfg.lines_result;
	if (r->cfg.lines_good > 0) {
		r->cfg.lines_good--;
		result = 0;
	}
	if (result == 0) {
		r->dtr = a->dtr;
		r->rts = a->rts;
		if (r->cfg.lines)
			r->cfg.lines(r, a->dtr, a->rts);
		else
			sim_link_lines(r->link, a->dtr, a->rts, r->now);
	}
	engine_done(r->e, result, 0, r->now);
}

static void rig_take(struct rig *r, const struct engine_action *a)
{
	size_t end = a->offset + a->n;
	assert_true(a->n > 0 && a->offset >= r->taken_n);
	r->taken = realloc(r->taken, end);
	assert_non_null(r->taken);
	memset(r->taken + r->taken_n, 0, a->offset - r->taken_n);
	memcpy(r->taken + a->offset, a->bytes, a->n);
	r->taken_n = end;
	r->taken_part = a->part;
	engine_done(r->e, 0, 0, r->now);
}

/* What this machine has of earlier firmware, wherever in it that is. */
static void rig_old(struct rig *r, const struct engine_action *a)
{
	uint8_t md5[DIGEST_MD5_SIZE];
	assert_int_equal(a->length, 4096);
	for (size_t at = 0; at + 4096 <= r->cfg.old_n; at += 4096) {
		digest_md5(r->cfg.old + at, 4096, md5);
		if (memcmp(md5, a->bytes, a->n) == 0) {
			engine_data(r->e, r->cfg.old_lies ? r->cfg.old : r->cfg.old + at, 4096);
			break;
		}
	}
	engine_done(r->e, 0, 0, r->now);
}

void rig_plan(struct rig *r, sim_time at, bool dtr, bool rts)
{
	size_t i = r->plans++;
	assert_true(r->plans <= RIG_PLANS);
	for (; i > 0 && r->plan[i - 1].at > at; i--)
		r->plan[i] = r->plan[i - 1];
	r->plan[i].at = at;
	r->plan[i].dtr = dtr;
	r->plan[i].rts = rts;
}

static void rig_play(struct rig *r)
{
	while (r->plans > 0 && r->plan[0].at <= r->now) {
		sim_link_lines(r->link, r->plan[0].dtr, r->plan[0].rts, r->now);
		r->plans--;
		memmove(&r->plan[0], &r->plan[1], r->plans * sizeof r->plan[0]);
	}
}

/* The action that waits for what was written to leave. */
static bool rig_must_wait(const struct rig *r, const struct engine_action *a)
{
	return a->kind == ENGINE_BAUD && r->tx_free > r->now;
}

static void rig_act(struct rig *r, struct rig_pending *p)
{
	for (;;) {
		if (p->done_at > r->now)
			return;
		if (p->done_at) {
			p->done_at = 0;
			engine_done(r->e, 0, 0, r->now);
		}
		if (!p->set) {
			if (!engine_next(r->e, &p->a, r->now))
				return;
			p->set = true;
			r->actions[p->a.kind]++;
		}
		if (rig_must_wait(r, &p->a))
			return;
		p->set = false;
		switch (p->a.kind) {
		case ENGINE_WRITE:
			rig_write(r, &p->a);
			if (r->cfg.done_late)
				p->done_at = r->tx_free + r->cfg.done_late;
			break;
		case ENGINE_BAUD:
			rig_baud(r, &p->a);
			break;
		case ENGINE_NEED_DATA:
			assert_true(p->a.part < r->cfg.job.part_count);
			assert_true(
			    p->a.offset + p->a.length <= r->cfg.job.parts[p->a.part].length);
			if (r->actions[ENGINE_NEED_DATA] != r->cfg.no_data)
				engine_data(
				    r->e, r->cfg.data[p->a.part] + p->a.offset, p->a.length);
			engine_done(r->e, 0, 0, r->now);
			break;
		case ENGINE_NEED_OLD:
			rig_old(r, &p->a);
			break;
		case ENGINE_TAKE_DATA:
			rig_take(r, &p->a);
			break;
		case ENGINE_LINES:
			rig_lines(r, &p->a);
			break;
		default:
			engine_done(r->e, 0, 0, r->now);
			break;
		}
	}
}

/* ---- events -------------------------------------------------------------------------------- */
static void rig_event(struct rig *r, const struct engine_event *ev)
{
	char err[200];
	if (ev->kind == ENGINE_EV_TEXT) {
		size_t room = sizeof r->text - 1 - r->text_len;
		size_t n = ev->n < room ? ev->n : room;
		memcpy(r->text + r->text_len, ev->text, n);
		r->text_len += n;
	}
	if (ev->kind == ENGINE_EV_STAGE) {
		uint64_t tx, rx;
		engine_wire(r->e, &tx, &rx);
		r->stage_at[ev->stage][ev->began ? 0 : 1] = r->now;
		r->stage_wire[ev->stage][ev->began ? 0 : 1] = tx + rx;
	}
	if (r->events < RIG_EVENTS)
		r->ev[r->events++] = *ev;
	if (ev->kind == ENGINE_EV_IDENTITY && !r->cfg.no_proceed &&
	    r->cfg.job.kind != ENGINE_IDENTIFY) {
		if (r->cfg.fault_after_identity)
			for (size_t i = 0; i < 4 && r->cfg.fault[i]; i++)
				assert_true(sim_link_fault(
				    r->link, r->cfg.fault[i], r->now, err, sizeof err));
	}
	if (ev->kind >= ENGINE_EV_DONE) {
		assert_false(r->ended);
		r->ended = true;
		r->end = ev->kind;
	}
}

static void rig_events(struct rig *r)
{
	struct engine_event ev;
	bool identity = false;
	while (engine_event(r->e, &ev)) {
		rig_event(r, &ev);
		identity = identity || ev.kind == ENGINE_EV_IDENTITY;
	}
	if (!identity || r->cfg.no_proceed)
		return;
	engine_proceed(r->e, r->now);
	/* It may end at once. */
	while (engine_event(r->e, &ev))
		rig_event(r, &ev);
}

static void rig_feed(struct rig *r)
{
	uint8_t buf[512];
	size_t n = sim_link_receive(r->link, buf, sizeof buf, r->now);
	if (r->cfg.mute_above && r->host > r->cfg.mute_above)
		n = 0;
	if (!rig_meddled(r))
		rig_deliver(r, buf, n);
	for (size_t i = 0; i < n && rig_meddled(r); i++)
		rig_from_chip(r, buf[i]);
	rig_late(r);
}

/* ---- time ------------------------------------------------------------------------------------ */
static bool rig_seen(const struct rig *r, size_t from, enum engine_event_kind kind, int heard)
{
	for (size_t i = from; i < r->events; i++)
		if (r->ev[i].kind == kind && (heard < 0 || (int)r->ev[i].heard == heard))
			return true;
	return false;
}

static bool rig_loop(
    struct rig *r, int64_t limit_us, bool stop, enum engine_event_kind kind, int heard)
{
	sim_time end = r->now + limit_us;
	struct rig_pending *p = &r->pending;
	size_t from = r->events;
	while (r->now <= end) {
		rig_act(r, p);
		rig_events(r);
		rig_act(r, p);
		if (r->ended)
			return true;
		if (stop && rig_seen(r, from, kind, heard))
			return true;
		sim_time t = sim_link_next(r->link);
		mono_t d = engine_deadline(r->e);
		if (d < t)
			t = d;
		if (p->set && r->tx_free < t)
			t = r->tx_free;
		if (p->done_at && p->done_at < t)
			t = p->done_at;
		if (r->cfg.power_at > r->now && r->cfg.power_at < t)
			t = r->cfg.power_at;
		if (r->plans > 0 && r->plan[0].at < t)
			t = r->plan[0].at;
		if (r->late_at != 0 && r->late_at < t)
			t = r->late_at;
		if (t > end)
			t = end + 1;
		if (t < r->now)
			t = r->now;
		r->now = t;
		sim_link_advance(r->link, r->now);
		rig_play(r);
		if (r->cfg.power_at != 0 && r->now == r->cfg.power_at) {
			sim_link_power(r->link, true, r->now);
			r->cfg.power_at = 0;
		}
		rig_feed(r);
		if (!sim_link_plugged(r->link))
			engine_port_lost(r->e, r->now);
		if (engine_deadline(r->e) <= r->now)
			engine_tick(r->e, r->now);
	}
	return false;
}

bool rig_run(struct rig *r, int64_t limit_us)
{
	return rig_loop(r, limit_us, false, ENGINE_EV_DONE, -1);
}

bool rig_until(struct rig *r, enum engine_event_kind kind, int heard, int64_t limit_us)
{
	return rig_loop(r, limit_us, true, kind, heard) && rig_count(r, kind, heard) > 0;
}

size_t rig_count(const struct rig *r, enum engine_event_kind kind, int detail)
{
	size_t n = 0;
	for (size_t i = 0; i < r->events; i++) {
		const struct engine_event *ev = &r->ev[i];
		if (ev->kind != kind)
			continue;
		if (detail < 0 || (kind == ENGINE_EV_HEARD && (int)ev->heard == detail) ||
		    (kind == ENGINE_EV_RETRY && (int)ev->retry == detail))
			n++;
	}
	return n;
}

const struct engine_event *rig_last(const struct rig *r, enum engine_event_kind kind)
{
	for (size_t i = r->events; i > 0; i--)
		if (r->ev[i - 1].kind == kind)
			return &r->ev[i - 1];
	return NULL;
}

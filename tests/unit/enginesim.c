/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A flash engine and the virtual device on one virtual clock. */
#include "enginesim.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

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
			engine_data(r->e, r->cfg.data[p->a.part] + p->a.offset, p->a.length);
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
	if (identity && !r->cfg.no_proceed)
		engine_proceed(r->e, r->now);
}

static void rig_feed(struct rig *r)
{
	uint8_t buf[512];
	size_t n = sim_link_receive(r->link, buf, sizeof buf, r->now);
	if (r->cfg.mute_above && r->host > r->cfg.mute_above)
		n = 0;
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stub's side of the protocol in virtual time, and its faults. */
#include "stub_peer.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/bytes.h"
#include "tasmite/base/err.h"
#include "tasmite/proto/digest.h"
#include "tasmite/proto/stub.h"

#define SECTOR 4096u

static uint32_t peer_rand(struct stub_peer *p)
{
	p->rng ^= p->rng << 13;
	p->rng ^= p->rng >> 7;
	p->rng ^= p->rng << 17;
	return (uint32_t)(p->rng >> 32);
}

static bool peer_chance(struct stub_peer *p, double chance)
{
	return chance > 0 && peer_rand(p) < chance * 4294967296.0;
}

/* ---- the wire --------------------------------------------------------------------------------- */
static void pipe_put(
    struct stub_peer *p, struct peer_pipe *q, const uint8_t *bytes, size_t n, uint32_t rate)
{
	mono_t at = q->free > p->now ? q->free : p->now;
	double begin = (double)at;
	if (q->at == q->n)
		q->at = q->n = 0;
	if (q->n + n > q->room) {
		q->room = 2 * (q->n + n);
		q->b = realloc(q->b, q->room * sizeof *q->b);
		assert_non_null(q->b);
	}
	for (size_t i = 0; i < n; i++) {
		uint8_t b = bytes[i];
		if (peer_chance(p, p->cfg.fault.flips))
			b ^= (uint8_t)(1u << peer_rand(p) % 8);
		at = (mono_t)(begin + (double)(i + 1) * 1e7 / rate);
		q->b[q->n++] =
		    (struct peer_byte){.at = at + p->cfg.latency, .rate = rate, .byte = b};
	}
	q->free = at;
}

static void peer_text(struct stub_peer *p, const char *text)
{
	pipe_put(p, &p->from, (const uint8_t *)text, strlen(text), 74880);
}

static void peer_frame(struct stub_peer *p, const uint8_t *raw, size_t n)
{
	static uint8_t out[4 * STUB_FRAME_MAX];
	size_t o = 0;
	out[o++] = 0xC0;
	for (size_t i = 0; i < n; i++) {
		if (raw[i] == 0xC0 || raw[i] == 0xDB) {
			out[o++] = 0xDB;
			out[o++] = raw[i] == 0xC0 ? 0xDC : 0xDD;
		} else {
			out[o++] = raw[i];
		}
	}
	out[o++] = 0xC0;
	if (!peer_chance(p, p->cfg.fault.lose_from))
		pipe_put(p, &p->from, out, o, p->rate);
	if (peer_chance(p, p->cfg.fault.twice))
		pipe_put(p, &p->from, out, o, p->rate);
}

static const struct peer_rule *peer_rule(struct stub_peer *p, uint8_t op)
{
	for (size_t i = 0; i < PEER_RULES; i++) {
		const struct peer_rule *u = &p->cfg.rule[i];
		unsigned from = u->from ? u->from : 1;
		if (u->op == 0 || u->op != op)
			continue;
		p->said[i]++;
		if (p->said[i] >= from && (u->times == 0 || p->said[i] < from + u->times))
			return u;
	}
	return NULL;
}

/* A message of n bytes, without its sum. False: it is lost. */
static bool peer_change(struct stub_peer *p, uint8_t op, uint8_t *raw, size_t *n)
{
	const struct peer_rule *u = peer_rule(p, op);
	if (!u)
		return true;
	if (u->what == PEER_STATUS)
		raw[2] = (uint8_t)u->arg;
	if (u->what == PEER_CUT && *n > 4 + u->arg)
		*n = 4 + u->arg;
	if (u->what == PEER_WORD && 4 + 4 * (u->arg >> 16) + 4 <= *n)
		put_le32(raw + 4 + 4 * (u->arg >> 16), u->arg & 0xFFFF);
	return u->what != PEER_LOSE;
}

static void peer_say(struct stub_peer *p, uint8_t op, uint8_t serial, uint8_t status,
    const uint32_t *words, size_t count, const uint8_t *bytes, size_t n)
{
	static uint8_t raw[2 * STUB_FRAME_MAX];
	size_t o = 0;
	raw[o++] = op | 0x80;
	raw[o++] = serial;
	raw[o++] = status;
	raw[o++] = 0;
	for (size_t i = 0; i < count; i++, o += 4)
		put_le32(raw + o, words[i]);
	if (n > 0)
		memcpy(raw + o, bytes, n);
	o += n;
	assert_true(o + 4 <= STUB_FRAME_MAX);
	if (!peer_change(p, op, raw, &o))
		return;
	p->status_said = raw[2];
	put_le32(raw + o, digest_crc32(0, raw, o));
	peer_frame(p, raw, o + 4);
}

/* ---- the flash -------------------------------------------------------------------------------- */
static bool sector_blank(const struct stub_peer *p, uint32_t at)
{
	for (uint32_t i = 0; i < SECTOR; i++)
		if (p->flash[at + i] != 0xFF)
			return false;
	return true;
}

static void peer_erase(struct stub_peer *p, uint32_t at)
{
	if (sector_blank(p, at))
		return;
	memset(p->flash + at, 0xFF, SECTOR);
	p->erased_sectors++;
	mono_t from = p->busy_until > p->now ? p->busy_until : p->now;
	p->busy_until = from + p->cfg.erase_us;
}

static uint32_t peer_stands_at(const struct stub_peer *p)
{
	if (p->run_at < p->runs)
		return p->run[p->run_at].at + p->run_pos;
	return p->runs ? p->run[p->runs - 1].at + p->run[p->runs - 1].length : 0;
}

/* Erase runs are done as they come, in order. */
static void peer_next_run(struct stub_peer *p)
{
	while (p->run_at < p->runs) {
		struct peer_run *r = &p->run[p->run_at];
		if (r->erase) {
			for (uint32_t i = 0; i < r->length; i += SECTOR)
				peer_erase(p, r->at + i);
			p->stored += r->length;
		} else if (p->run_pos < r->length) {
			return;
		}
		p->run_at++;
		p->run_pos = 0;
	}
}

static void peer_fail(struct stub_peer *p, uint8_t status, uint32_t at)
{
	if (p->stream_status == STUB_OK) {
		p->stream_status = status;
		p->failed_at = at;
	}
}

static void peer_program(struct stub_peer *p, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n && p->stream_status == STUB_OK; i++) {
		if (p->run_at >= p->runs) {
			peer_fail(p, STUB_E_LONG, peer_stands_at(p));
			return;
		}
		uint32_t at = peer_stands_at(p);
		if (at % SECTOR == 0) {
			peer_erase(p, at);
			p->written_sectors++;
		}
		uint8_t b = bytes[i];
		if (p->cfg.fault.spoils > 0 && at == p->cfg.fault.spoil) {
			p->cfg.fault.spoils--;
			b ^= 1;
		}
		p->flash[at] &= b;
		if (p->cfg.fault.worn != 0 && at == p->cfg.fault.worn)
			peer_fail(p, STUB_E_WRITE, at);
		p->run_pos++;
		p->stored++;
		peer_next_run(p);
	}
}

static void peer_consume(struct stub_peer *p, const uint8_t *bytes, size_t n)
{
	static uint8_t out[65536];
	p->consumed += (uint32_t)n;
	if (p->cfg.fault.locked) {
		peer_fail(p, STUB_E_PROTECTED, peer_stands_at(p));
		p->status = 0x1C;
		return;
	}
	if (!p->deflate) {
		peer_program(p, bytes, n);
		return;
	}
	union {
		const uint8_t *in;
		Bytef *next;
	} from = {.in = bytes};
	p->z.next_in = from.next;
	p->z.avail_in = (unsigned)n;
	while (p->stream_status == STUB_OK) {
		p->z.next_out = out;
		p->z.avail_out = sizeof out;
		int rc = inflate(&p->z, Z_NO_FLUSH);
		peer_program(p, out, sizeof out - p->z.avail_out);
		if (rc == Z_STREAM_END || rc == Z_BUF_ERROR)
			break;
		if (rc != Z_OK)
			peer_fail(p, STUB_E_INFLATE, peer_stands_at(p));
	}
}

/* ---- requests --------------------------------------------------------------------------------- */
static void say_ack(struct stub_peer *p, uint8_t op, uint8_t serial, uint8_t status)
{
	bool bad = status != STUB_OK;
	const uint32_t w[6] = {p->expected, p->consumed, p->stored, p->erased_sectors * SECTOR,
	    bad ? p->failed_at : peer_stands_at(p), p->expected};
	peer_say(p, op, serial, status, w, 6, NULL, 0);
}

static void say_nak(struct stub_peer *p, uint32_t reason)
{
	const uint32_t w[2] = {p->expected, reason};
	bool again = p->nak_number == p->expected && p->now < p->nak_at + MONO_MS(STUB_NAK_MS);
	if (!p->plan || p->stream_status || (again && !p->cfg.fault.nak_storm))
		return;
	p->nak_number = p->expected;
	p->nak_at = p->now;
	p->naks++;
	peer_say(p, STUB_NAK, 0, STUB_OK, w, 2, NULL, 0);
}

static void on_data(struct stub_peer *p, const uint8_t *f, size_t n)
{
	uint32_t number = get_le32(f + 2);
	p->data_frames++;
	if (!p->plan) {
		say_ack(p, STUB_ACK, 0, STUB_E_STATE);
		return;
	}
	if (p->stream_status == STUB_OK && number == p->expected) {
		peer_consume(p, f + 6, n - 10);
		p->expected++;
	} else if (p->stream_status == STUB_OK && number > p->expected) {
		say_nak(p, STUB_E_NUMBER);
		return;
	}
	say_ack(p, STUB_ACK, 0, p->stream_status);
}

static void on_plan(struct stub_peer *p, const uint8_t *f, size_t n)
{
	uint32_t flags = get_le32(f + 6);
	size_t count = (n - 14) / 8;
	if (p->last_op == STUB_PLAN && p->last_serial == f[1]) {
		peer_say(p, STUB_PLAN, f[1], STUB_OK, NULL, 0, NULL, 0);
		return;
	}
	assert_int_equal(get_le32(f + 2), 0);
	assert_true(flags & STUB_PLAN_LAST);
	assert_true(count > 0 && count <= STUB_RUNS_MAX);
	p->runs = count;
	for (size_t i = 0; i < count; i++) {
		uint32_t at = get_le32(f + 10 + 8 * i), length = get_le32(f + 14 + 8 * i);
		p->run[i] = (struct peer_run){at, length & ~1u, length & 1u};
		assert_int_equal(at % SECTOR, 0);
		assert_true(p->run[i].length > 0 && p->run[i].length % SECTOR == 0);
		assert_true(at + p->run[i].length <= PEER_FLASH);
		if (i > 0)
			assert_true(at >= p->run[i - 1].at + p->run[i - 1].length);
	}
	p->run_at = 0;
	p->run_pos = 0;
	p->plan = true;
	p->deflate = flags & STUB_PLAN_DEFLATE;
	p->expected = p->consumed = p->stored = 0;
	p->stream_status = STUB_OK;
	p->nak_number = UINT32_MAX;
	if (p->inflating)
		inflateEnd(&p->z);
	memset(&p->z, 0, sizeof p->z);
	p->inflating = inflateInit(&p->z) == Z_OK;
	peer_next_run(p);
	peer_say(p, STUB_PLAN, f[1], STUB_OK, NULL, 0, NULL, 0);
}

static void peer_md5(struct stub_peer *p, uint32_t from, uint32_t n, uint8_t *md5)
{
	digest_md5(p->flash + from, n, md5);
	if (p->cfg.fault.lie_md5 > 0) {
		p->cfg.fault.lie_md5--;
		md5[3] ^= 0x10;
	}
}

/* What was asked to be proven, when all is written. */
static void say_proofs(struct stub_peer *p)
{
	for (uint32_t at = 0, i = 0; at < p->prove_length; i++) {
		uint32_t left = p->prove_length - at,
			 n = left < p->prove_stride ? left : p->prove_stride;
		uint8_t md5[16];
		peer_md5(p, p->prove_at + at, n, md5);
		peer_say(p, STUB_PROVE, p->prove_serial, STUB_OK, &i, 1, md5, 16);
		at += n;
	}
	p->prove_length = 0;
}

static void on_prove(struct stub_peer *p, const uint8_t *f)
{
	p->prove_at = get_le32(f + 2);
	p->prove_length = get_le32(f + 6);
	p->prove_stride = get_le32(f + 10);
	p->prove_serial = f[1];
	assert_true(p->plan && p->prove_stride > 0);
	assert_true(p->prove_at <= PEER_FLASH && p->prove_length <= PEER_FLASH - p->prove_at);
	peer_say(p, STUB_PROVE, f[1], STUB_OK, NULL, 0, NULL, 0);
}

static void on_end(struct stub_peer *p, uint8_t serial)
{
	uint8_t status = p->stream_status;
	if (!p->plan)
		status = STUB_E_STATE;
	else if (status == STUB_OK && p->run_at < p->runs)
		status = STUB_E_SHORT;
	if (status == STUB_OK)
		say_proofs(p);
	say_ack(p, STUB_END, serial, status);
}

/* Digests in answers of at most so many, as one that has little RAM would. */
static void on_digests(struct stub_peer *p, const uint8_t *f, size_t n)
{
	uint8_t out[40 * 16], md5[16];
	bool ranges = f[0] == STUB_MD5_RANGES;
	uint32_t size = ranges ? get_le32(f + 2) : get_le32(f + 14), first = 0, k = 0, i = 0;
	uint32_t offset = ranges ? 0 : get_le32(f + 2), length = ranges ? 0 : get_le32(f + 6);
	uint32_t stride = ranges ? 0 : get_le32(f + 10), at = 0;
	size &= ~STUB_DIGEST_FAST;
	assert_true(size == 8 || size == 16);
	uint32_t count = ranges ? ((uint32_t)n - 10) / 8 : (length + stride - 1) / stride;
	for (; i < count; i++) {
		uint32_t from = ranges ? get_le32(f + 6 + 8 * i) : offset + at;
		uint32_t m = ranges		    ? get_le32(f + 10 + 8 * i)
			     : length - at < stride ? length - at
						    : stride;
		assert_true(from <= PEER_FLASH && m <= PEER_FLASH - from);
		if (size == 16)
			peer_md5(p, from, m, md5);
		else
			digest_md5(p->flash + from, m, md5);
		at += m;
		memcpy(out + k * size, md5, size);
		if (++k == 40 || i + 1 == count) {
			const uint32_t w[2] = {first, k};
			peer_say(p, f[0], f[1], STUB_OK, w, 2, out, k * size);
			first += k;
			k = 0;
		}
	}
}

static void on_hello(struct stub_peer *p, uint8_t serial)
{
	uint32_t build = stub_esp8266()->build + p->cfg.fault.foreign;
	const uint32_t w[12] = {STUB_PROTOCOL, p->cfg.window, build, 52000000 / p->rate, 0x1440EF,
	    p->status, 0x11223344, 0x0001AABB, 0x00000000, 0x00A020A6, 0, 0};
	if (!p->cfg.fault.deaf)
		peer_say(p, STUB_HELLO, serial, STUB_OK, w, 12, NULL, 0);
}

static void on_baud(struct stub_peer *p, const uint8_t *f)
{
	uint32_t divider = get_le32(f + 2);
	peer_say(p, STUB_BAUD, f[1], STUB_OK, &divider, 1, NULL, 0);
	if (p->status_said != STUB_OK)
		return;
	p->old_rate = p->rate;
	p->rate = 52000000 / divider;
	p->fallback = p->from.free + MONO_MS(STUB_FALLBACK_MS);
}

static void on_read(struct stub_peer *p, const uint8_t *f)
{
	p->read_at = p->read_from = p->read_acked = get_le32(f + 2);
	p->read_end = p->read_at + get_le32(f + 6);
	p->read_chunk = get_le32(f + 10);
	p->read_window = get_le32(f + 14);
	p->read_serial = f[1];
	assert_true(p->read_end <= PEER_FLASH);
	p->reading = true;
}

static void peer_read_step(struct stub_peer *p)
{
	uint32_t left = p->read_end - p->read_at, n = left < p->read_chunk ? left : p->read_chunk;
	uint8_t md5[16];
	if (!p->reading || p->from.free > p->now)
		return;
	if (n == 0) {
		digest_md5(p->flash + p->read_from, p->read_end - p->read_from, md5);
		p->reading = false;
		peer_say(p, STUB_READ, p->read_serial, STUB_OK, NULL, 0, md5, 16);
		return;
	}
	if (p->read_window && p->read_at + n - p->read_acked > p->read_window)
		return;
	bool blank = true;
	for (uint32_t i = 0; i < n && blank; i++)
		blank = p->flash[p->read_at + i] == 0xFF;
	const uint32_t w[2] = {p->read_at, n};
	if (p->cfg.fault.die_reading && ++p->chunks >= p->cfg.fault.die_reading)
		p->mode = PEER_GONE;
	if (blank)
		peer_say(p, STUB_CHUNK, 0, STUB_S_BLANK, w, 2, NULL, 0);
	else
		peer_say(p, STUB_CHUNK, 0, STUB_OK, w, 1, p->flash + p->read_at, n);
	p->read_at += n;
}

static void on_erase(struct stub_peer *p, const uint8_t *f)
{
	uint32_t at = get_le32(f + 2), n = get_le32(f + 6);
	const uint32_t w[3] = {STUB_ERASE, n / 2, n};
	if (p->last_op != STUB_ERASE || p->last_serial != f[1]) {
		assert_true(at <= PEER_FLASH && n <= PEER_FLASH - at);
		peer_say(p, STUB_BUSY, 0, STUB_OK, w, 3, NULL, 0);
		for (uint32_t i = 0; i < n; i += SECTOR)
			peer_erase(p, at + i);
	}
	peer_say(p, STUB_ERASE, f[1], STUB_OK, NULL, 0, NULL, 0);
}

static void on_request(struct stub_peer *p, const uint8_t *f, size_t n)
{
	if (f[0] == STUB_CHUNK_ACK) {
		p->read_acked = get_le32(f + 2);
		return;
	}
	p->reading = false;
	switch (f[0]) {
	case STUB_HELLO:
		on_hello(p, f[1]);
		break;
	case STUB_BAUD:
		on_baud(p, f);
		break;
	case STUB_ECHO:
		peer_say(p, STUB_ECHO, f[1], STUB_OK, NULL, 0, f + 2, n - 6);
		break;
	case STUB_FLASH_SIZE:
		assert_int_equal(get_le32(f + 2), PEER_FLASH);
		peer_say(p, f[0], f[1], STUB_OK, NULL, 0, NULL, 0);
		break;
	case STUB_MD5:
	case STUB_MD5_RANGES:
		on_digests(p, f, n);
		break;
	case STUB_PLAN:
		on_plan(p, f, n);
		break;
	case STUB_PROVE:
		on_prove(p, f);
		break;
	case STUB_END:
		on_end(p, f[1]);
		break;
	case STUB_STATUS:
		say_ack(p, STUB_STATUS, f[1], p->stream_status);
		break;
	case STUB_READ:
		on_read(p, f);
		break;
	case STUB_ERASE:
		on_erase(p, f);
		break;
	case STUB_RUN:
		peer_say(p, f[0], f[1], STUB_OK, NULL, 0, NULL, 0);
		p->mode = n >= 7 && f[2] == STUB_RUN_LOADER ? PEER_LOADER : PEER_GONE;
		break;
	default:
		fail_msg("request %02x is not in the model", f[0]);
	}
	p->last_op = f[0];
	p->last_serial = f[1];
}

static void peer_restart(struct stub_peer *p)
{
	p->mode = PEER_LOADER;
	p->from.at = p->from.n = 0;
	p->from.free = p->now;
	p->rate = 115200;
	peer_text(p, "\r\n ets Jan  8 2013,rst cause:1, boot mode:(1,7)\r\n\r\n");
}

static void peer_sync(struct stub_peer *p, const uint8_t *f)
{
	uint8_t reply[10] = {1, 8, 2, 0};
	if (p->mode == PEER_LOADER)
		memcpy(reply + 4, f + 8, 4);
	for (int i = 0; i < (p->mode == PEER_LOADER ? 8 : 1); i++)
		peer_frame(p, reply, sizeof reply);
}

static void peer_take_frame(struct stub_peer *p)
{
	const uint8_t *f = p->frame;
	size_t n = p->frame_n;
	p->frame_n = 0;
	if (n == 0 || n > sizeof p->frame || p->mode == PEER_GONE)
		return;
	if (n == 44 && f[0] == 0 && f[1] == 8) {
		peer_sync(p, f);
		return;
	}
	if (p->mode != PEER_STUB || peer_chance(p, p->cfg.fault.lose_to))
		return;
	if (n < 6 || digest_crc32(0, f, n - 4) != get_le32(f + n - 4)) {
		say_nak(p, STUB_E_CRC);
		return;
	}
	p->fallback = 0;
	p->requests[f[0]]++;
	if (f[0] != STUB_DATA) {
		on_request(p, f, n);
		return;
	}
	on_data(p, f, n);
	if (p->cfg.fault.restart_after && p->data_frames == p->cfg.fault.restart_after)
		peer_restart(p);
	if (p->cfg.fault.die_after && p->data_frames == p->cfg.fault.die_after)
		p->mode = PEER_GONE;
	if (p->cfg.fault.pause_after && p->data_frames == p->cfg.fault.pause_after)
		p->busy_until = p->now + p->cfg.fault.pause;
}

static void peer_byte(struct stub_peer *p, const struct peer_byte *b)
{
	uint32_t diff = b->rate > p->rate ? b->rate - p->rate : p->rate - b->rate;
	bool broken = p->cfg.fault.broken_above && p->rate > p->cfg.fault.broken_above;
	uint8_t byte = b->byte;
	if (diff > p->rate / 30 || broken)
		byte = (uint8_t)(byte * 7 + 13);
	if (byte == 0xC0) {
		peer_take_frame(p);
		p->escaped = false;
		return;
	}
	if (byte == 0xDB) {
		p->escaped = true;
		return;
	}
	if (p->escaped)
		byte = byte == 0xDC ? 0xC0 : 0xDB;
	p->escaped = false;
	if (p->frame_n < sizeof p->frame)
		p->frame[p->frame_n++] = byte;
}

/* ---- both together ------------------------------------------------------------------------------- */
static mono_t peer_next(const struct stub_peer *p)
{
	mono_t t = engine_deadline(p->e);
	mono_t to = p->to.at < p->to.n ? p->to.b[p->to.at].at : MONO_NEVER;
	if (to < p->busy_until)
		to = p->busy_until;
	t = mono_min(t, to);
	if (p->from.at < p->from.n)
		t = mono_min(t, p->from.b[p->from.at].at);
	if (p->reading && p->mode == PEER_STUB)
		t = mono_min(t, p->from.free > p->now ? p->from.free : p->now + MONO_MS(1));
	if (p->fallback)
		t = mono_min(t, p->fallback);
	return t < p->now ? p->now : t;
}

static void peer_chip(struct stub_peer *p)
{
	if (p->fallback && p->now >= p->fallback) {
		p->rate = p->old_rate;
		p->fallback = 0;
	}
	while (p->to.at < p->to.n && p->to.b[p->to.at].at <= p->now && p->busy_until <= p->now)
		peer_byte(p, &p->to.b[p->to.at++]);
	if (p->mode == PEER_STUB)
		peer_read_step(p);
}

static void peer_feed(struct stub_peer *p)
{
	static uint8_t buf[8192];
	size_t n = 0;
	while (n < sizeof buf && p->from.at < p->from.n && p->from.b[p->from.at].at <= p->now) {
		const struct peer_byte *b = &p->from.b[p->from.at++];
		uint32_t diff = b->rate > p->host ? b->rate - p->host : p->host - b->rate;
		buf[n++] = diff > p->host / 30 ? (uint8_t)(b->byte * 7 + 13) : b->byte;
	}
	for (size_t i = 0, k; i < n; i += k) {
		k = n - i;
		if (p->cfg.cut == PEER_BYTES)
			k = 1;
		else if (p->cfg.cut == PEER_RANDOM)
			k = 1 + peer_rand(p) % k;
		engine_rx(p->e, buf + i, k, p->now);
	}
}

static void peer_take(struct stub_peer *p, const struct engine_action *a)
{
	if (p->taken_n == 0 && p->chunks_taken == 0)
		p->taken_part = a->part;
	assert_int_equal(a->part, p->taken_part);
	assert_true(a->n > 0 && a->n == a->length);
	assert_true(a->offset >= p->taken_n); /* rising */
	assert_true(a->offset + a->n <= PEER_FLASH);
	memcpy(p->taken + a->offset, a->bytes, a->n);
	p->taken_n = a->offset + (uint32_t)a->n;
	p->chunks_taken++;
	engine_done(p->e, p->take_result, 0, p->now);
}

/* False: the action must wait. */
static bool peer_act(struct stub_peer *p, const struct engine_action *a)
{
	uint32_t rate = a->baud;
	switch (a->kind) {
	case ENGINE_WRITE:
		if (!p->written)
			pipe_put(p, &p->to, a->bytes, a->n, p->host);
		if (!p->written && p->cfg.done_late)
			p->done_at = p->to.free + p->cfg.done_late;
		p->written = p->now < p->done_at;
		if (p->written)
			return false;
		engine_done(p->e, 0, 0, p->now);
		break;
	case ENGINE_BAUD:
		if (p->to.free > p->now)
			return false;
		if (p->cfg.host_max && rate > p->cfg.host_max) {
			engine_done(p->e, ERR_NOTSUP, 0, p->now);
			break;
		}
		p->host = rate;
		if (p->rate_count < 64)
			p->rates[p->rate_count++] = rate;
		engine_done(p->e, 0, rate, p->now);
		break;
	case ENGINE_NEED_DATA:
		assert_true(a->part < p->cfg.job.part_count);
		assert_true(a->offset + a->length <= p->cfg.job.parts[a->part].length);
		if (++p->asked_data != p->cfg.no_data)
			engine_data(p->e, p->cfg.data[a->part] + a->offset, a->length);
		engine_done(p->e, 0, 0, p->now);
		break;
	case ENGINE_TAKE_DATA:
		peer_take(p, a);
		break;
	default:
		engine_done(p->e, 0, 0, p->now);
		break;
	}
	return true;
}

static bool peer_events(struct stub_peer *p, int kind)
{
	struct engine_event ev;
	bool identity = false, seen = false;
	while (engine_event(p->e, &ev)) {
		identity = identity || ev.kind == ENGINE_EV_IDENTITY;
		seen = seen || (int)ev.kind == kind;
		if (p->events < PEER_EVENTS)
			p->ev[p->events++] = ev;
		if (ev.kind == ENGINE_EV_SYNC)
			p->began_at = p->now;
		if (ev.kind >= ENGINE_EV_DONE) {
			assert_false(p->ended);
			p->ended = true;
			p->end = ev.kind;
			p->ended_at = p->now;
		}
	}
	if (identity)
		engine_proceed(p->e, p->now);
	return seen;
}

/* All that can be carried out now; held: the one in a must wait. */
static void peer_actions(struct stub_peer *p, struct engine_action *a, bool *held)
{
	while (*held || engine_next(p->e, a, p->now)) {
		*held = !peer_act(p, a);
		if (*held)
			return;
	}
}

static bool peer_loop(struct stub_peer *p, int64_t limit_us, int kind)
{
	mono_t limit = p->now + limit_us;
	struct engine_action a;
	bool held = false;
	while (!p->ended && p->now < limit) {
		peer_actions(p, &a, &held);
		if (peer_events(p, kind))
			return true;
		peer_actions(p, &a, &held); /* what an event led to */
		mono_t t = peer_next(p);
		if (held)
			t = mono_min(t, p->written ? p->done_at : p->to.free);
		if (t > limit)
			t = limit;
		p->now = t > p->now ? t : p->now;
		peer_chip(p);
		peer_feed(p);
		if (engine_deadline(p->e) <= p->now)
			engine_tick(p->e, p->now);
		if (peer_events(p, kind))
			return true;
	}
	return p->ended;
}

bool stub_peer_play(struct stub_peer *p, int64_t limit_us)
{
	return peer_loop(p, limit_us, -1);
}

bool stub_peer_until(struct stub_peer *p, enum engine_event_kind kind, int64_t limit_us)
{
	return peer_loop(p, limit_us, (int)kind) && !p->ended;
}

size_t stub_peer_count(const struct stub_peer *p, enum engine_event_kind kind)
{
	size_t n = 0;
	for (size_t i = 0; i < p->events; i++)
		n += p->ev[i].kind == kind;
	return n;
}

const struct engine_event *stub_peer_last(const struct stub_peer *p, enum engine_event_kind kind)
{
	for (size_t i = p->events; i > 0; i--)
		if (p->ev[i - 1].kind == kind)
			return &p->ev[i - 1];
	return NULL;
}

void stub_peer_init(struct stub_peer *p, const struct peer_config *cfg)
{
	memset(p, 0, sizeof *p);
	p->cfg = *cfg;
	p->rng = cfg->fault.seed * 0x9E3779B97F4A7C15ull + 0x7654321;
	p->rate = cfg->rate ? cfg->rate : 115200;
	p->host = 115200;
	p->mode = PEER_STUB;
	memset(p->flash, 0xFF, sizeof p->flash);
	p->taken = calloc(1, PEER_FLASH);
	assert_non_null(p->taken);
	if (p->cfg.window == 0)
		p->cfg.window = 16384;
	p->cfg.job.connected = true;
	p->cfg.job.connected_baud = p->rate;
	p->e = engine_new(&p->cfg.job, 0);
	assert_non_null(p->e);
}

void stub_peer_fini(struct stub_peer *p)
{
	engine_free(p->e);
	if (p->inflating)
		inflateEnd(&p->z);
	free(p->to.b);
	free(p->from.b);
	free(p->taken);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine, answered by whatever comes: the input says for each of its requests whether an
 * answer of the right form (op, serial, CRC) with any payload comes, bytes without form, or nothing.
 * The engine stays within the job's data, hands out what it reads in order, and ends once.
 */
#include <stdlib.h>
#include <string.h>

#include "../../src/proto/esp_cmd.h"
#include "../../src/proto/stub_cmd.h"

#include "tasmite/base/bytes.h"
#include "tasmite/proto/digest.h"
#include "tasmite/proto/engine.h"
#include "tasmite/proto/stub.h"

#define STEPS 4000
#define PART  30000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct fuzz {
	const uint8_t *in;
	size_t n, at;
	struct engine *e;
	mono_t now;
	uint8_t op, serial; /* of the last request */
	uint8_t sync[4];
	bool stub; /* it was a stub's */
	uint32_t taken;
	unsigned ends;
};

static void require(bool ok)
{
	if (!ok)
		abort();
}

static uint8_t next(struct fuzz *f)
{
	return f->at < f->n ? f->in[f->at++] : 0;
}

static void rx(struct fuzz *f, const uint8_t *raw, size_t n)
{
	uint8_t out[2 * STUB_FRAME_MAX + 2];
	size_t o = 0;
	out[o++] = 0xC0;
	for (size_t i = 0; i < n; i++) {
		if (raw[i] == 0xC0 || raw[i] == 0xDB)
			out[o++] = 0xDB;
		out[o++] = raw[i] == 0xC0 ? 0xDC : raw[i] == 0xDB ? 0xDD : raw[i];
	}
	out[o++] = 0xC0;
	engine_rx(f->e, out, o, f->now);
}

/* As the input says, of the right form. */
static void say_stub(struct fuzz *f, uint8_t op, uint8_t serial, uint8_t status)
{
	uint8_t raw[600] = {(uint8_t)(op | 0x80), serial, status, 0};
	size_t n = (size_t)next(f) * 2;
	for (size_t i = 0; i < n; i++)
		raw[4 + i] = next(f);
	put_le32(raw + 4 + n, digest_crc32(0, raw, 4 + n));
	rx(f, raw, n + 8);
}

static void say_hello(struct fuzz *f)
{
	uint8_t raw[56] = {STUB_HELLO | 0x80, f->serial};
	const uint32_t words[] = {STUB_PROTOCOL, 64u + 256u * next(f), stub_esp8266()->build, 451,
	    0x1440EF, next(f), 0, 0, 0, 0, 0, 0};
	for (size_t i = 0; i < 12; i++)
		put_le32(raw + 4 + 4 * i, words[i]);
	put_le32(raw + 52, digest_crc32(0, raw, 52));
	rx(f, raw, sizeof raw);
}

static void say_rom(struct fuzz *f)
{
	uint8_t raw[10] = {1, f->op, 2, 0};
	uint8_t how = next(f);
	if (f->op == ESP_OP_SYNC && how < 200)
		memcpy(raw + 4, f->sync, 4);
	else
		put_le32(raw + 4, how < 128 ? 0xFFF0C101u : how * 0x01010101u);
	raw[8] = how % 8 == 7;
	raw[9] = how % 16;
	for (int i = 0; i < (f->op == ESP_OP_SYNC ? 8 : 1); i++)
		rx(f, raw, sizeof raw);
}

static void answer(struct fuzz *f)
{
	uint8_t how = next(f), raw[40];
	size_t k = how % 32;
	if (how < 40) {
		for (size_t i = 0; i < k; i++)
			raw[i] = next(f);
		engine_rx(f->e, raw, k, f->now);
	} else if (how < 60) {
		say_stub(f, (uint8_t)(STUB_ACK + how % 4), 0, next(f) % 4 ? 0 : next(f));
	} else if (!f->stub) {
		say_rom(f);
	} else if (f->op == STUB_HELLO && how < 240) {
		say_hello(f);
	} else if (how < 250) {
		say_stub(f, f->op, f->serial, how % 8 ? 0 : next(f));
	}
}

static void written(struct fuzz *f, const uint8_t *bytes, size_t n)
{
	require(bytes && n > 0);
	if (n > 16 && bytes[1] == 0 && bytes[2] == ESP_OP_SYNC)
		memcpy(f->sync, bytes + 9, 4);
	f->stub = bytes[1] >= STUB_HELLO;
	f->op = f->stub ? bytes[1] : bytes[2];
	f->serial = bytes[2] == 0xDB ? (bytes[3] == 0xDC ? 0xC0 : 0xDB) : bytes[2];
}

static void act(struct fuzz *f, const struct engine_action *a)
{
	static uint8_t part[PART];
	if (a->kind == ENGINE_WRITE)
		written(f, a->bytes, a->n);
	if (a->kind == ENGINE_NEED_DATA) {
		require(a->part < 2 && a->offset <= PART && a->length <= PART - a->offset);
		part[a->offset] = (uint8_t)a->offset;
		engine_data(f->e, part + a->offset, a->length);
	}
	if (a->kind == ENGINE_TAKE_DATA) {
		require(a->n > 0 && a->offset >= f->taken && a->offset + a->n <= 1u << 20);
		f->taken = a->offset + (uint32_t)a->n;
	}
	engine_done(f->e, 0, a->baud, f->now);
}

static void events(struct fuzz *f)
{
	struct engine_event ev;
	while (engine_event(f->e, &ev)) {
		if (ev.kind == ENGINE_EV_IDENTITY)
			engine_proceed(f->e, f->now);
		f->ends += ev.kind >= ENGINE_EV_DONE;
	}
	require(f->ends <= 1);
}

static void step(struct fuzz *f)
{
	struct engine_action a;
	for (int i = 0; i < 200 && engine_next(f->e, &a, f->now); i++)
		act(f, &a);
	events(f);
	answer(f);
	events(f);
	if (next(f) % 4 == 0) {
		mono_t d = engine_deadline(f->e);
		if (d != MONO_NEVER && d > f->now)
			f->now = d;
		engine_tick(f->e, f->now);
	}
	f->now += 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fuzz f = {.in = data, .n = n};
	struct engine_part areas[4];
	uint8_t kind = next(&f);
	struct engine_job job = {.kind = (enum engine_kind)(kind % 5),
	    .part_count = kind / 5 % 2 + 1u,
	    .parts = {{0, PART}, {0x10000, 4096}},
	    .connected = true,
	    .connected_baud = 115200,
	    .no_stub = kind > 200,
	    .no_baud_change = kind & 64,
	    .backup = kind & 32,
	    .full = kind & 16};
	if (job.kind == ENGINE_READ || (job.kind == ENGINE_ERASE && (kind & 8)))
		job.part_count = 0;
	job.parts[0].length = job.kind == ENGINE_ERASE ? 28672u : PART;
	f.e = engine_new(&job, 0);
	require(f.e != NULL);
	for (int i = 0; i < STEPS && f.at < f.n && f.ends == 0; i++)
		step(&f);
	(void)engine_mismatches(f.e, areas, 4);
	engine_free(f.e);
	return 0;
}

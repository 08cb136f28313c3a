/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine driven by a fuzzer's input: what it asks for is carried out, after each step the
 * fuzzer answers. It stays within the job's data, hands out what it reads in order, and ends once.
 */
#ifndef TASMITE_TESTS_FUZZ_ENGINE_RUN_H
#define TASMITE_TESTS_FUZZ_ENGINE_RUN_H

#include "fuzz.h"

#include "tasmite/proto/engine.h"
#include "tasmite/proto/stub_wire.h"

#define RUN_STEPS 4000
#define RUN_PART  30000u

struct run {
	struct input in;
	struct engine *e;
	mono_t now;
	uint32_t taken;
	unsigned ends;
	/* of the fuzzer: sees what is written, answers it, makes the data of a part */
	void (*written)(struct run *r, const uint8_t *bytes, size_t n);
	void (*answer)(struct run *r);
	uint8_t (*data)(size_t part, uint32_t offset);
	/* of the last request */
	uint8_t op, serial;
	bool stub; /* it was a stub's */
	uint8_t sync[4];
	uint32_t word[4]; /* its words, of the ESP32 family's */
};

static inline uint8_t run_byte(struct run *r)
{
	return input_byte(&r->in);
}

/* A packet to the engine. */
static inline void run_packet(struct run *r, const uint8_t *raw, size_t n)
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
	engine_rx(r->e, out, o, r->now);
}

/* Bytes without any form. */
static inline void run_noise(struct run *r, size_t n)
{
	uint8_t raw[40];

	for (size_t i = 0; i < n; i++)
		raw[i] = run_byte(r);
	engine_rx(r->e, raw, n, r->now);
}

static inline void run_data(struct run *r, const struct engine_action *a)
{
	static uint8_t part[RUN_PART];

	require(a->part < 2 && a->offset <= RUN_PART && a->length <= RUN_PART - a->offset);
	for (uint32_t i = 0; i < a->length; i++)
		part[i] = r->data(a->part, a->offset + i);
	engine_data(r->e, part, a->length);
}

static inline void run_act(struct run *r, const struct engine_action *a)
{
	if (a->kind == ENGINE_WRITE) {
		require(a->bytes && a->n > 0);
		r->written(r, a->bytes, a->n);
	}
	if (a->kind == ENGINE_NEED_DATA)
		run_data(r, a);
	if (a->kind == ENGINE_TAKE_DATA) {
		require(a->n > 0 && a->offset >= r->taken && a->offset + a->n <= 16u << 20);
		r->taken = a->offset + (uint32_t)a->n;
	}
	engine_done(r->e, 0, a->baud, r->now);
}

static inline void run_events(struct run *r)
{
	struct engine_event ev;

	while (engine_event(r->e, &ev)) {
		if (ev.kind == ENGINE_EV_IDENTITY)
			engine_proceed(r->e, r->now);
		r->ends += ev.kind >= ENGINE_EV_DONE;
	}
	require(r->ends <= 1);
}

static inline void run_step(struct run *r)
{
	struct engine_action a;

	for (int i = 0; i < 200 && engine_next(r->e, &a, r->now); i++)
		run_act(r, &a);
	run_events(r);
	r->answer(r);
	run_events(r);
	if (run_byte(r) % 4 == 0) {
		mono_t d = engine_deadline(r->e);

		if (d != MONO_NEVER && d > r->now)
			r->now = d;
		engine_tick(r->e, r->now);
	}
	r->now += 1000;
}

/* When nothing answers any more it comes to an end by itself, or waits for a person. */
static inline void run_out(struct run *r)
{
	engine_cancel(r->e, r->now);
	for (int i = 0; i < 200 && r->ends == 0; i++) {
		struct engine_action a;
		mono_t d;

		while (engine_next(r->e, &a, r->now))
			run_act(r, &a);
		run_events(r);
		d = engine_deadline(r->e);
		if (d != MONO_NEVER && d > r->now)
			r->now = d;
		engine_tick(r->e, r->now);
		run_events(r);
	}
	require(r->ends == 1);
}

static inline void run_engine(struct run *r, const struct engine_job *job)
{
	struct engine_part areas[4];

	r->e = engine_new(job, 0);
	require(r->e != NULL);
	for (int i = 0; i < RUN_STEPS && input_more(&r->in) && r->ends == 0; i++)
		run_step(r);
	if (r->ends == 0)
		run_out(r);
	(void)engine_mismatches(r->e, areas, 4);
	engine_free(r->e);
}

#endif

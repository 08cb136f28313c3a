/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine and the virtual device on one virtual clock: 600 KiB written, time from the
 * first SYNC answer to the end against the wire time of all bytes both ways plus the flash's erase
 * and program time. No real time, hence the same figures on each machine and in each run.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/link.h"
#include "tasmite/proto/engine.h"

#define IMAGE	   (600u * 1024)
#define LIMIT	   1.03
#define GIVE_UP_US (300 * (sim_time)1000000)

struct bench {
	struct sim_link *link;
	struct engine *engine;
	struct engine_action action;
	bool busy;
	sim_time now, sent_at; /* when what was written will have left */
	sim_time began, ended;
	struct sim_link_totals before, after;
	bool synced, done, failed;
	unsigned retries;
	uint32_t baud;
	uint8_t image[IMAGE];
};

/* Carries the action out; false while bytes that were sent before have not left. */
static bool carry_out(struct bench *b)
{
	const struct engine_action *a = &b->action;
	sim_time start = b->sent_at > b->now ? b->sent_at : b->now;
	uint32_t baud = sim_link_host_baud(b->link);

	switch (a->kind) {
	case ENGINE_WRITE:
		sim_link_send(b->link, a->bytes, a->n, b->now);
		b->sent_at = start + (sim_time)((a->n * 10000000 + baud - 1) / baud);
		break;
	case ENGINE_BAUD:
		if (b->sent_at > b->now)
			return false;
		sim_link_baud(b->link, a->baud, b->now);
		break;
	case ENGINE_NEED_DATA:
		engine_data(b->engine, b->image + a->offset, a->length);
		break;
	default:
		break;
	}
	engine_done(b->engine, 0, a->kind == ENGINE_BAUD ? a->baud : 0, b->now);
	return true;
}

static bool take_events(struct bench *b)
{
	struct engine_event ev;
	bool identity = false, any = false;

	while (engine_event(b->engine, &ev)) {
		any = true;
		if (ev.kind == ENGINE_EV_SYNC && !b->synced) {
			b->synced = true;
			b->began = b->now;
			sim_link_totals(b->link, &b->before);
		}
		if (ev.kind == ENGINE_EV_BAUD)
			b->baud = ev.value;
		identity = identity || ev.kind == ENGINE_EV_IDENTITY;
		b->retries += ev.kind == ENGINE_EV_RETRY;
		b->done = b->done || ev.kind == ENGINE_EV_DONE;
		b->failed = b->failed || ev.kind == ENGINE_EV_FAILED;
	}
	if (identity)
		engine_proceed(b->engine, b->now);
	return any;
}

static void act(struct bench *b)
{
	bool more = true;

	while (more) {
		more = b->busy && carry_out(b);
		if (more)
			b->busy = false;
		more |= take_events(b); /* may let the engine go on */
		if (!b->busy && engine_next(b->engine, &b->action, b->now))
			b->busy = more = true;
	}
}

static void step(struct bench *b)
{
	uint8_t got[512];
	sim_time t = sim_link_next(b->link);
	mono_t deadline = engine_deadline(b->engine);
	size_t n;

	if (deadline < t)
		t = deadline;
	if (b->busy && b->sent_at < t)
		t = b->sent_at;
	if (t > GIVE_UP_US)
		t = GIVE_UP_US;
	if (t > b->now)
		b->now = t;
	sim_link_advance(b->link, b->now);
	n = sim_link_receive(b->link, got, sizeof(got), b->now);
	if (n)
		engine_rx(b->engine, got, n, b->now);
	if (engine_deadline(b->engine) <= b->now)
		engine_tick(b->engine, b->now);
}

static bool run(struct bench *b, uint32_t baud, uint32_t latency_us)
{
	struct sim_link_config cfg = {.usb_latency_us = latency_us};
	struct engine_job job = {.kind = ENGINE_FLASH,
	    .part_count = 1,
	    .parts = {{.length = IMAGE}},
	    .app_baud = 115200,
	    .no_stub = true,
	    .baud = baud};
	char err[200] = "";
	bool same;

	b->link = sim_link_new(&cfg, err, sizeof(err));
	b->engine = engine_new(&job, 0);
	if (!b->link || !b->engine) {
		fprintf(stderr, "bench_engine: cannot begin: %s\n", err);
		exit(2);
	}
	sim_link_button(b->link, true, 0);
	sim_link_power(b->link, true, 0);
	for (act(b); !b->done && !b->failed && b->now < GIVE_UP_US; act(b))
		step(b);
	b->ended = b->now;
	sim_link_totals(b->link, &b->after);
	same = memcmp(sim_device_flash(sim_link_device(b->link))->mem, b->image, IMAGE) == 0;
	engine_free(b->engine);
	sim_link_free(b->link);
	return b->done && same;
}

/* 0; 1: not written; 3: the wanted ratio is missed (as tests/bench/run.sh takes it). */
static int report(uint32_t baud, unsigned latency_ms)
{
	struct bench *b = calloc(1, sizeof(*b));
	double wire, flash, seconds, ratio;
	uint32_t x = 12345;

	if (!b)
		exit(2);
	for (size_t i = 0; i < IMAGE; i++) {
		x = x * 1664525 + 1013904223;
		b->image[i] = (uint8_t)(x >> 24);
	}
	if (!run(b, baud, latency_ms * 1000)) {
		printf("  %6u baud, latency %2u ms: NOT WRITTEN\n", baud, latency_ms);
		free(b);
		return 1;
	}
	seconds = (double)(b->ended - b->began) / 1e6;
	wire = (double)(b->after.wire_us - b->before.wire_us) / 1e6;
	flash = (double)(b->after.flash_us - b->before.flash_us) / 1e6;
	ratio = seconds / (wire + flash);
	printf(
	    "  %6u baud, latency %2u ms: %7.3f s, wire %7.3f s, flash %6.3f s, %u retries, ratio "
	    "%.4f%s%s\n",
	    b->baud ? b->baud : 115200, latency_ms, seconds, wire, flash, b->retries, ratio,
	    latency_ms ? "" : "   wanted <= 1.03", latency_ms || ratio <= LIMIT ? "" : "   MISSED");
	free(b);
	return latency_ms || ratio <= LIMIT ? 0 : 3;
}

int main(void)
{
	static const uint32_t rates[] = {115200, 460800, 0};
	int code = 0;

	puts(
	    "engine: 600 KiB in virtual time, from the first SYNC answer to the end; limit = wire\n"
	    "time of all bytes both ways + the flash's erase and program time");
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		for (unsigned latency = 0; latency <= 16; latency += 16) {
			int one = report(rates[i], latency);

			code = one && code != 1 ? one : code;
		}
	}
	return code;
}

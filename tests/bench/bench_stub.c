/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flashing by the stub and by the ROM alone, on the virtual device and one virtual clock: a real
 * firmware (FILE=...) or one made of the same compressibility, at the usual rates and latencies;
 * "the next release over the last one" (OLD=... NEW=...), "the same file again", and a backup.
 * Time from the first SYNC answer to the verified end, against the limit: the longer one of the wire
 * time of the data (zlib, level 9, ten bits a byte) and the flash's erase and program time of what
 * differs. No real time, hence the same figures on each machine and in each run.
 *
 * What misses its bound is said; the exit code tells of what was not written right.
 *
 * bench_stub [RATE [LATENCY_MS]]: that one alone, stage by stage (with OLD and NEW: of these).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/link.h"
#include "tasmite/proto/deflate.h"
#include "tasmite/proto/digest.h"
#include "tasmite/proto/engine.h"

#define IMAGE	   (600u * 1024)
#define SECTOR	   4096u
#define BLOCK	   65536u
#define FLASH	   (1u << 20)
#define GIVE_UP_US (600 * (sim_time)1000000)

struct file {
	uint8_t *bytes;
	uint32_t n;
};

struct bench {
	struct sim_link *link;
	struct engine *engine;
	struct engine_action action;
	bool busy;
	sim_time now, sent_at; /* when what was written will have left */
	sim_time began, ended, stage_at;
	enum engine_stage stage;
	bool synced, done, failed, tell;
	unsigned retries;
	uint64_t wire;
	uint32_t taken, total;
	struct file file, known; /* known: what this machine has of what was there before */
};

/* ---- the driver of the engine ------------------------------------------------------------------ */
static void give_old(struct bench *b, const struct engine_action *a)
{
	uint8_t md5[DIGEST_MD5_SIZE];

	for (uint32_t at = 0; at + SECTOR <= b->known.n; at += SECTOR) {
		digest_md5(b->known.bytes + at, SECTOR, md5);
		if (memcmp(md5, a->bytes, a->n) != 0)
			continue;
		engine_data(b->engine, b->known.bytes + at, SECTOR);
		return;
	}
}

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
		engine_data(b->engine, b->file.bytes + a->offset, a->length);
		break;
	case ENGINE_NEED_OLD:
		give_old(b, a);
		break;
	case ENGINE_TAKE_DATA:
		b->taken += (uint32_t)a->n;
		break;
	default:
		break;
	}
	engine_done(b->engine, 0, a->kind == ENGINE_BAUD ? a->baud : 0, b->now);
	return true;
}

static void stage(struct bench *b, const char *next)
{
	if (b->tell)
		printf("  %8.3f ms  %-10s took %8.3f ms; then %s\n",
		    (double)(b->now - b->began) / 1e3, engine_stage_name(b->stage),
		    (double)(b->now - b->stage_at) / 1e3, next);
	b->stage_at = b->now;
}

static bool take_events(struct bench *b)
{
	struct engine_event ev;
	bool identity = false, any = false;

	while (engine_event(b->engine, &ev)) {
		any = true;
		if (ev.kind == ENGINE_EV_SYNC && !b->synced) {
			b->synced = true;
			b->began = b->stage_at = b->now;
		}
		if (ev.kind == ENGINE_EV_STAGE) {
			stage(b, engine_stage_name(ev.stage));
			b->stage = ev.stage;
		}
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
	const char *was = engine_state_name(b->engine);
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
	if (b->tell && b->synced && strcmp(was, engine_state_name(b->engine)) != 0)
		printf("  %8.3f ms      %s -> %s\n", (double)(b->now - b->began) / 1e3, was,
		    engine_state_name(b->engine));
}

static void broken(const char *what)
{
	fprintf(stderr, "bench_stub: %s\n", what);
	exit(2);
}

/* Seconds; the flash holds `old` at first, and other bytes behind it. 0: it did not work. */
static double run(struct bench *b, struct engine_job *job, const struct file *old,
    const struct file *file, uint32_t latency_us)
{
	struct sim_link_config cfg = {.usb_latency_us = latency_us};
	struct sim_flash *flash;
	char err[200] = "";
	bool same = true;

	cfg.device.flash_size = FLASH;
	b->link = sim_link_new(&cfg, err, sizeof(err));
	b->engine = engine_new(job, 0);
	if (!b->link || !b->engine)
		broken(err[0] ? err : "the job is unusable");
	b->file = *file;
	flash = sim_device_flash(sim_link_device(b->link));
	sim_flash_load(flash, 0, old->bytes, old->n < FLASH ? old->n : FLASH);
	sim_link_button(b->link, true, 0);
	sim_link_power(b->link, true, 0);
	for (act(b); !b->done && !b->failed && b->now < GIVE_UP_US; act(b))
		step(b);
	b->ended = b->now;
	stage(b, "the end");
	if (job->kind == ENGINE_FLASH)
		same = memcmp(flash->mem, file->bytes, file->n) == 0;
	engine_free(b->engine);
	sim_link_free(b->link);
	return b->done && same ? (double)(b->ended - b->began) / 1e6 : 0;
}

/* ---- what it could be at best ------------------------------------------------------------------- */
static uint32_t deflated(const struct file *f)
{
	struct deflater *d = deflater_new();
	uint8_t out[4096];
	size_t at = 0, total = 0;
	bool end = false;

	if (!d)
		broken("no memory");
	while (!end) {
		size_t n = f->n - at;

		total += deflater_run(d, f->bytes + at, &n, true, out, sizeof(out), &end);
		at += n;
	}
	deflater_free(d);
	return (uint32_t)total;
}

/* Erasing, by blocks where 64 KiB are to be written whole, and programming of each page. */
static double flash_seconds(uint32_t n)
{
	uint32_t sectors = (n + SECTOR - 1) / SECTOR;

	return (double)(sectors / 16) * 0.150 + (double)(sectors % 16) * 0.045 +
	       (double)((n + 255) / 256) * 0.0007;
}

/* Instructions of three bytes, some of them often, and now and then what was there before: deflates
 * as firmware does, to two thirds. */
static struct file made(uint32_t seed)
{
	struct file f = {malloc(IMAGE), IMAGE};
	uint32_t x = seed, at = 0;

	if (!f.bytes)
		broken("no memory");
	while (at < IMAGE) {
		x = x * 1664525 + 1013904223;
		uint32_t from = at > 8192 ? at - 1 - (x >> 8) % 8192 : 0;
		uint32_t n = (x >> 24) % 100 < 22 && at > 8192 ? 3 + (x >> 4) % 8 : 0;

		if (n > 0)
			while (n-- > 0 && at < IMAGE)
				f.bytes[at++] = f.bytes[from++];
		else
			f.bytes[at++] = (uint8_t)((x >> 28) < 9 ? (x >> 13 & 0x1F) : x >> 16);
	}
	return f;
}

static struct file load(const char *path)
{
	struct file f = {malloc(FLASH), 0};
	FILE *in = fopen(path, "rb");

	if (!f.bytes || !in)
		broken(path);
	f.n = (uint32_t)fread(f.bytes, 1, FLASH, in);
	fclose(in);
	if (f.n == 0)
		broken(path);
	return f;
}

/* ---- what is measured ------------------------------------------------------------------------------ */
static double flash_time(const struct file *old, const struct file *known, const struct file *file,
    uint32_t baud, uint32_t latency_ms, bool stub, bool tell)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct engine_job job = {.kind = ENGINE_FLASH,
	    .part_count = 1,
	    .parts = {{.length = file->n}},
	    .app_baud = 115200,
	    .no_stub = !stub,
	    .old = true,
	    .baud = baud};
	double seconds;

	if (!b)
		broken("no memory");
	b->tell = tell;
	if (known)
		b->known = *known;
	seconds = run(b, &job, old, file, latency_ms * 1000);
	free(b);
	return seconds;
}

static const uint32_t rates[] = {115200, 460800, 921600, 1500000, 2000000};
static const double wanted[] = {1.06, 1.12, 1.20, 1.20, 1.20};
#define RATES (sizeof(rates) / sizeof(rates[0]))

static bool full(const struct file *old, const struct file *file)
{
	bool good = true;
	double flash = flash_seconds(file->n);
	uint32_t small = deflated(file);

	printf("flash: %u bytes, deflated %u, in virtual time; flash work %.2f s\n"
	       "  %9s %8s %8s %8s %7s %7s %9s\n",
	    file->n, small, flash, "baud", "latency", "limit s", "stub s", "ratio", "wanted",
	    "ROM only");
	for (size_t i = 0; i < RATES * 2; i++) {
		uint32_t baud = rates[i / 2], latency = i % 2 ? 16 : 1;
		double wire = small * 10.0 / baud, limit = wire > flash ? wire : flash;
		double stub = flash_time(old, NULL, file, baud, latency, true, false);
		double rom = flash_time(old, NULL, file, baud, latency, false, false);
		bool missed = stub == 0 || stub > limit * wanted[i / 2];

		printf("  %9u %5u ms %8.3f %8.3f %7.3f %7.2f %7.3f s%s\n", baud, latency, limit,
		    stub, stub / limit, wanted[i / 2], rom,
		    stub == 0 ? "   NOT WRITTEN"
		    : missed  ? "   MISSED"
			      : "");
		good = good && stub > 0 && rom > 0;
	}
	return good;
}

static bool again(const char *what, const struct file *old, const struct file *file, double want)
{
	struct file other = made(7);
	bool good = true;

	printf("%s: how many times faster than over other firmware, wanted %.0f\n", what, want);
	for (size_t i = 0; i < RATES; i++) {
		double all = flash_time(&other, NULL, file, rates[i], 1, true, false);
		double part = flash_time(old, old, file, rates[i], 1, true, false);
		bool missed = part == 0 || all < part * want;

		printf("  %9u %8.3f s %8.3f s %7.2f%s\n", rates[i], all, part,
		    part > 0 ? all / part : 0, missed ? "   MISSED" : "");
		good = good && part > 0 && all > 0;
	}
	free(other.bytes);
	return good;
}

static bool backup(const struct file *file)
{
	const double limit = FLASH * 10.0 / 921600;
	bool good = true;

	puts("backup: 1 MiB at 921600, wanted 1.10");
	for (uint32_t latency = 1; latency <= 16; latency += 15) {
		struct bench *b = calloc(1, sizeof(*b));
		struct engine_job job = {.kind = ENGINE_READ, .app_baud = 115200, .baud = 921600};
		struct file all = {malloc(FLASH), FLASH};
		double seconds;

		if (!b || !all.bytes)
			broken("no memory");
		for (uint32_t i = 0; i < FLASH; i++)
			all.bytes[i] = file->bytes[i % file->n];
		seconds = run(b, &job, &all, file, latency * 1000);
		if (b->taken != FLASH)
			seconds = 0;
		printf("  %5u ms %8.3f s %8.3f s %7.3f%s\n", latency, limit, seconds,
		    seconds / limit, seconds == 0 || seconds > limit * 1.10 ? "   MISSED" : "");
		good = good && seconds > 0;
		free(all.bytes);
		free(b);
	}
	return good;
}

int main(int argc, char **argv)
{
	struct file old = made(99), file = made(12345);
	const char *name = getenv("FILE"), *from = getenv("OLD"), *to = getenv("NEW");
	bool good = true;

	if (name && name[0]) {
		free(file.bytes);
		file = load(name);
	}
	if (argc > 1 && from && from[0] && to && to[0]) {
		free(old.bytes);
		free(file.bytes);
		old = load(from);
		file = load(to);
	}
	if (argc > 1) {
		uint32_t latency = argc > 2 ? (uint32_t)atoi(argv[2]) : 1;

		printf("%.3f s\n", flash_time(&old, from && from[0] ? &old : NULL, &file,
				       (uint32_t)atoi(argv[1]), latency, true, true));
		free(old.bytes);
		free(file.bytes);
		return 0;
	}
	good &= full(&old, &file);
	good &= again("the same file again", &file, &file, 15);
	if (from && from[0] && to && to[0]) {
		struct file last = load(from), next = load(to);

		good &= again("the next release over the last", &last, &next, 3);
		free(last.bytes);
		free(next.bytes);
	} else {
		puts(
		    "the next release over the last: OLD=... NEW=... give two files; not measured");
	}
	good &= backup(&file);
	free(old.bytes);
	free(file.bytes);
	return good ? 0 : 1;
}

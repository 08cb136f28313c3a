/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash engine with a stub (a model of it in virtual time): what it does, and what it bears. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "enginesim.h"
#include "stub_peer.h"

#define KIB 1024u
#define MIN (60 * (int64_t)1000000)

static struct stub_peer peer;
static uint8_t image[512 * KIB];
static uint8_t before[PEER_FLASH];

static int setup(void **state)
{
	(void)state;
	rig_fill(image, sizeof image, 1);
	memset(image + 100 * KIB, 0xFF, 20 * KIB); /* a blank run */
	return 0;
}

static struct peer_config flash_job(uint32_t offset, uint32_t length)
{
	struct peer_config c = {0};
	c.job.kind = ENGINE_FLASH;
	c.job.part_count = 1;
	c.job.parts[0] = (struct engine_part){offset, length};
	c.job.baud = 921600;
	c.data[0] = image;
	return c;
}

/* Old contents that differ everywhere. */
static void dirty(struct stub_peer *p, uint64_t seed)
{
	rig_fill(p->flash, sizeof p->flash, seed);
	memcpy(before, p->flash, sizeof before);
}

static void expect_end(struct stub_peer *p, enum engine_event_kind end, enum engine_cause cause)
{
	if (p->end != end || engine_failure(p->e)->cause != cause)
		print_message("ended with %d, cause %d, in %s\n", (int)p->end,
		    (int)engine_failure(p->e)->cause,
		    engine_stage_name(engine_failure(p->e)->stage));
	assert_true(p->ended);
	assert_int_equal(p->end, end);
	assert_int_equal(engine_failure(p->e)->cause, cause);
}

static void expect_flash(const struct stub_peer *p, uint32_t offset, uint32_t length)
{
	assert_memory_equal(p->flash + offset, image, length);
}

/* Nothing outside of [from, to) was changed. */
static void expect_untouched(const struct stub_peer *p, uint32_t from, uint32_t to)
{
	assert_memory_equal(p->flash, before, from);
	assert_memory_equal(p->flash + to, before + to, PEER_FLASH - to);
}

/* ---- flashing ------------------------------------------------------------------------------------- */
static void flash__writes__whole_bytes_and_random(void **state)
{
	(void)state;
	for (int cut = PEER_WHOLE; cut <= PEER_RANDOM; cut++) {
		struct peer_config c = flash_job(0x1000, 300 * KIB + 77);
		c.cut = (enum peer_cut)cut;
		c.fault.seed = (uint64_t)cut;
		stub_peer_init(&peer, &c);
		dirty(&peer, 7);
		assert_true(stub_peer_play(&peer, MIN));
		expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
		expect_flash(&peer, 0x1000, 300 * KIB + 77);
		expect_untouched(&peer, 0x1000, 0x1000 + 304 * KIB);
		assert_true(engine_has_stub(peer.e));
		assert_true(engine_in_loader(peer.e));
		const struct engine_event *plan = stub_peer_last(&peer, ENGINE_EV_PLAN);
		assert_non_null(plan);
		assert_int_equal(plan->total, 304 * KIB);
		assert_int_equal(plan->value, 20 * KIB);
		assert_int_equal(plan->done, 284 * KIB);
		stub_peer_fini(&peer);
	}
}

static void flash__skips__what_is_there(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 400 * KIB);
	stub_peer_init(&peer, &c);
	memcpy(peer.flash, image, 400 * KIB);
	memset(peer.flash + 50 * KIB, 0, 3);   /* two sectors differ */
	memset(peer.flash + 300 * KIB, 0, 10); /* ... and one elsewhere */
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	expect_flash(&peer, 0, 400 * KIB);
	assert_int_equal(peer.erased_sectors, 2);
	assert_int_equal(peer.written_sectors, 2);
	assert_int_equal(stub_peer_last(&peer, ENGINE_EV_PLAN)->done, 8 * KIB);
	assert_true(stub_peer_last(&peer, ENGINE_EV_PLAN)->count > 0);
	stub_peer_fini(&peer);
}

static void flash__writes_nothing__same_file_again(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 400 * KIB);
	stub_peer_init(&peer, &c);
	memcpy(peer.flash, image, 400 * KIB);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	assert_int_equal(peer.requests[STUB_PLAN], 0);
	assert_int_equal(peer.requests[STUB_DATA], 0);
	assert_false(engine_failure(peer.e)->flash_touched);
	stub_peer_fini(&peer);
	c.job.full = true;
	stub_peer_init(&peer, &c);
	memcpy(peer.flash, image, 400 * KIB);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	assert_int_equal(peer.written_sectors, 95);
	stub_peer_fini(&peer);
}

static void flash__erases_the_rest__but_what_is_kept(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 100 * KIB);
	c.job.erase_all = true;
	c.job.keep_count = 1;
	c.job.keep[0] = (struct engine_part){0xFB000, 0x4000};
	stub_peer_init(&peer, &c);
	dirty(&peer, 3);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	expect_flash(&peer, 0, 100 * KIB);
	for (uint32_t i = 100 * KIB; i < PEER_FLASH; i++)
		assert_int_equal(peer.flash[i], i >= 0xFB000 && i < 0xFF000 ? before[i] : 0xFF);
	stub_peer_fini(&peer);
}

static void flash__only_erases__blank_file(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0x3000, 20 * KIB);
	c.data[0] = image + 100 * KIB;
	stub_peer_init(&peer, &c);
	dirty(&peer, 3);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	assert_int_equal(peer.requests[STUB_DATA], 0);
	assert_int_equal(peer.requests[STUB_PLAN], 1);
	assert_memory_equal(peer.flash + 0x3000, image + 100 * KIB, 20 * KIB);
	expect_untouched(&peer, 0x3000, 0x8000);
	stub_peer_fini(&peer);
}

static void flash__several_parts__touching_and_apart(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0x10000, 5 * KIB);
	c.job.part_count = 3;
	c.job.parts[1] = (struct engine_part){0, 3};
	c.job.parts[2] = (struct engine_part){0x12000, 70 * KIB};
	c.data[1] = image + 1000;
	c.data[2] = image + 2000;
	stub_peer_init(&peer, &c);
	dirty(&peer, 5);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	assert_memory_equal(peer.flash + 0x10000, image, 5 * KIB);
	assert_memory_equal(peer.flash, image + 1000, 3);
	assert_memory_equal(peer.flash + 0x12000, image + 2000, 70 * KIB);
	stub_peer_fini(&peer);
}

/* Every second sector differs: more runs than a plan holds are joined. */
static void flash__joins_runs__beyond_the_plans_room(void **state)
{
	(void)state;
	static uint8_t big[PEER_FLASH];
	struct peer_config c = flash_job(0, 1024 * KIB);
	rig_fill(big, sizeof big, 8);
	c.data[0] = big;
	stub_peer_init(&peer, &c);
	/* 1 MB holds 128 runs of that kind; blank ones between make it 255. */
	for (uint32_t s = 0; s < 256; s++)
		if (s % 2)
			memset(big + s * 4096, 0xFF, 4096);
	dirty(&peer, 3);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	assert_memory_equal(peer.flash, big, PEER_FLASH);
	assert_true(peer.runs > 0 && peer.runs <= STUB_RUNS_MAX);
	stub_peer_fini(&peer);
}

static void flash__goes_plain__incompressible(void **state)
{
	(void)state;
	static uint8_t noise[100 * KIB];
	uint64_t s = 88172645463325252ull;
	for (size_t i = 0; i < sizeof noise; i++) {
		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		noise[i] = (uint8_t)(s >> 40);
	}
	struct peer_config c = flash_job(0, sizeof noise);
	c.data[0] = noise;
	stub_peer_init(&peer, &c);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	assert_false(peer.deflate);
	assert_memory_equal(peer.flash, noise, sizeof noise);
	stub_peer_fini(&peer);
}

/* The wire is never idle: the deflated bytes at the rate, and little else. */
static void flash__keeps_the_wire_busy__slow_flash_and_latency(void **state)
{
	(void)state;
	const uint32_t rates[] = {115200, 460800};
	const int64_t latency[] = {500, 8000};
	for (size_t i = 0; i < 4; i++) {
		struct peer_config c = flash_job(0, 400 * KIB);
		uLongf packed = compressBound(400 * KIB);
		uint8_t *out = malloc(packed);
		c.job.baud = rates[i / 2];
		c.latency = latency[i % 2];
		c.erase_us = 30000;
		assert_int_equal(compress2(out, &packed, image, 400 * KIB, 9), Z_OK);
		stub_peer_init(&peer, &c);
		dirty(&peer, 7);
		assert_true(stub_peer_play(&peer, 2 * MIN));
		expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
		double limit = (double)packed * 1e7 / rates[i / 2];
		double took = (double)(peer.ended_at - peer.began_at);
		print_message("%u baud, %d us: %.3f of the limit\n", (unsigned)rates[i / 2],
		    (int)c.latency, took / limit);
		assert_true(took < limit * (i < 2 ? 1.06 : 1.12));
		stub_peer_fini(&peer);
		free(out);
	}
}

/* ---- faults of the link ------------------------------------------------------------------------------ */
static void faults__end_identical_or_named__random_faults(void **state)
{
	(void)state;
	static const double flips[] = {0, 1e-6, 1e-5, 1e-4};
	unsigned done[4] = {0}, runs = 25;
	for (unsigned kind = 0; kind < 4; kind++) {
		for (unsigned seed = 1; seed <= runs; seed++) {
			struct peer_config c = flash_job(0x2000, 120 * KIB);
			c.fault.seed = seed;
			c.fault.flips = flips[kind];
			c.fault.lose_to = kind == 0 ? 0.03 : 0;
			c.fault.lose_from = kind == 0 ? 0.03 : 0;
			c.fault.twice = kind == 0 ? 0.05 : 0;
			c.fault.nak_storm = seed % 3 == 0;
			c.cut = PEER_RANDOM;
			stub_peer_init(&peer, &c);
			dirty(&peer, seed);
			assert_true(stub_peer_play(&peer, 20 * MIN));
			bool same = memcmp(peer.flash + 0x2000, image, 120 * KIB) == 0;
			if (peer.end == ENGINE_EV_DONE)
				assert_true(same);
			expect_untouched(&peer, 0x2000, 0x2000 + 120 * KIB);
			done[kind] += peer.end == ENGINE_EV_DONE;
			stub_peer_fini(&peer);
		}
	}
	print_message(
	    "done of %u: %u lossy, %u, %u, %u\n", runs, done[0], done[1], done[2], done[3]);
	assert_int_equal(done[0], runs);
	assert_int_equal(done[1], runs);
	assert_int_equal(done[2], runs);
	assert_true(done[3] >= runs * 8 / 10);
}

static void faults__goes_on__pause_of_seconds(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 100 * KIB);
	c.fault.pause_after = 10;
	c.fault.pause = 4000000;
	stub_peer_init(&peer, &c);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	expect_flash(&peer, 0, 100 * KIB);
	stub_peer_fini(&peer);
}

static void faults__named__restart_into_the_loader(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 100 * KIB);
	c.fault.restart_after = 10;
	stub_peer_init(&peer, &c);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_FAILED, ENGINE_CAUSE_RESET);
	assert_true(engine_failure(peer.e)->still_connected);
	assert_true(engine_failure(peer.e)->flash_touched);
	assert_int_equal(engine_failure(peer.e)->stage, ENGINE_ST_WRITE);
	assert_int_equal(engine_baud(peer.e), 115200);
	stub_peer_fini(&peer);
}

static void faults__named__silence(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 100 * KIB);
	c.fault.die_after = 10;
	stub_peer_init(&peer, &c);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_FAILED, ENGINE_CAUSE_NO_ANSWER);
	assert_false(engine_failure(peer.e)->still_connected);
	assert_int_equal(engine_failure(peer.e)->command, STUB_DATA);
	stub_peer_fini(&peer);
}

/* What was written by then is not written again. */
static void faults__resumes__second_job(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 300 * KIB);
	c.fault.die_after = 60;
	stub_peer_init(&peer, &c);
	assert_true(stub_peer_play(&peer, MIN));
	assert_int_equal(peer.end, ENGINE_EV_FAILED);
	memcpy(before, peer.flash, sizeof before);
	unsigned first = peer.written_sectors;
	stub_peer_fini(&peer);
	c.fault.die_after = 0;
	stub_peer_init(&peer, &c);
	memcpy(peer.flash, before, sizeof before);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	expect_flash(&peer, 0, 300 * KIB);
	assert_true(first > 10);
	assert_true(peer.written_sectors <= 70 - first + 1);
	stub_peer_fini(&peer);
}

/* ---- the flash ---------------------------------------------------------------------------------------- */
static void verify__rewrites__sector_written_wrong_once(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 200 * KIB);
	c.fault.spoil = 70 * KIB + 5;
	c.fault.spoils = 1;
	stub_peer_init(&peer, &c);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	expect_flash(&peer, 0, 200 * KIB);
	const struct engine_event *ev = stub_peer_last(&peer, ENGINE_EV_MISMATCH);
	assert_non_null(ev);
	assert_true(ev->ok);
	assert_int_equal(ev->value, 68 * KIB);
	assert_int_equal(ev->total, 4 * KIB);
	assert_true(engine_baud(peer.e) < 900000); /* slower */
	assert_int_equal(engine_mismatches(peer.e, NULL, 0), 0);
	stub_peer_fini(&peer);
}

static void verify__names__sector_written_wrong_always(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 200 * KIB);
	struct engine_part area;
	c.fault.spoil = 70 * KIB + 5;
	c.fault.spoils = 100;
	stub_peer_init(&peer, &c);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_FAILED, ENGINE_CAUSE_VERIFY);
	assert_int_equal(engine_mismatches(peer.e, &area, 1), 1);
	assert_int_equal(area.offset, 68 * KIB);
	assert_int_equal(area.length, 4 * KIB);
	assert_int_equal(engine_failure(peer.e)->offset, 68 * KIB);
	assert_true(engine_failure(peer.e)->still_connected);
	assert_false(stub_peer_last(&peer, ENGINE_EV_MISMATCH)->ok);
	stub_peer_fini(&peer);
}

static void verify__skipped__on_request(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 200 * KIB);
	c.job.no_verify = true;
	c.job.full = true;
	stub_peer_init(&peer, &c);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	assert_int_equal(peer.requests[STUB_MD5], 0);
	stub_peer_fini(&peer);
}

static void flash__names__worn_sector(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 200 * KIB);
	c.fault.worn = 81 * KIB;
	stub_peer_init(&peer, &c);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_FAILED, ENGINE_CAUSE_WORN);
	assert_int_equal(engine_failure(peer.e)->offset, 80 * KIB);
	assert_int_equal(engine_failure(peer.e)->status, STUB_E_WRITE);
	assert_true(engine_failure(peer.e)->still_connected);
	stub_peer_fini(&peer);
}

static void flash__names__protect_bits(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 200 * KIB);
	c.fault.locked = true;
	stub_peer_init(&peer, &c);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_FAILED, ENGINE_CAUSE_PROTECTED);
	assert_int_equal(engine_chip_info(peer.e)->flash_status, 0x1C);
	stub_peer_fini(&peer);
}

/* ---- comparing ------------------------------------------------------------------------------------------ */
static void verify_job__done_or_names__differences(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0x4000, 300 * KIB + 9);
	struct engine_part area[4];
	c.job.kind = ENGINE_VERIFY;
	for (int wrong = 0; wrong < 2; wrong++) {
		stub_peer_init(&peer, &c);
		memcpy(peer.flash + 0x4000, image, 300 * KIB + 9);
		if (wrong) {
			peer.flash[0x4000 + 8 * KIB] ^= 1;
			peer.flash[0x4000 + 12 * KIB] ^= 1;
			peer.flash[0x4000 + 300 * KIB + 8] ^= 1;
		}
		memcpy(before, peer.flash, sizeof before);
		assert_true(stub_peer_play(&peer, MIN));
		expect_end(&peer, wrong ? ENGINE_EV_FAILED : ENGINE_EV_DONE,
		    wrong ? ENGINE_CAUSE_VERIFY : ENGINE_CAUSE_NONE);
		assert_int_equal(engine_mismatches(peer.e, area, 4), wrong ? 2 : 0);
		if (wrong) {
			assert_int_equal(area[0].offset, 0x4000 + 8 * KIB);
			assert_int_equal(area[0].length, 8 * KIB);
			assert_int_equal(area[1].offset, 0x4000 + 300 * KIB);
			assert_int_equal(stub_peer_count(&peer, ENGINE_EV_MISMATCH), 2);
		}
		assert_memory_equal(peer.flash, before, PEER_FLASH);
		assert_false(engine_failure(peer.e)->flash_touched);
		stub_peer_fini(&peer);
	}
}

/* ---- reading -------------------------------------------------------------------------------------------- */
static struct peer_config read_job(void)
{
	struct peer_config c = {0};
	c.job.kind = ENGINE_READ;
	c.job.baud = 921600;
	return c;
}

static void read__takes__whole_chip(void **state)
{
	(void)state;
	for (int cut = PEER_WHOLE; cut <= PEER_RANDOM; cut++) {
		struct peer_config c = read_job();
		c.cut = (enum peer_cut)cut;
		c.latency = 500;
		stub_peer_init(&peer, &c);
		dirty(&peer, 11);
		memset(peer.flash + 500 * KIB, 0xFF, 100 * KIB);
		memcpy(before, peer.flash, sizeof before);
		assert_true(stub_peer_play(&peer, MIN));
		expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
		assert_int_equal(peer.taken_n, PEER_FLASH);
		assert_memory_equal(peer.taken, before, PEER_FLASH);
		assert_memory_equal(peer.flash, before, PEER_FLASH);
		double limit = (PEER_FLASH - 100 * KIB) * 1e7 / 921600;
		print_message(
		    "%.3f of the wire\n", (double)(peer.ended_at - peer.began_at) / limit);
		assert_true((double)(peer.ended_at - peer.began_at) < 1.10 * limit);
		stub_peer_fini(&peer);
	}
}

static void read__takes__part_with_faults(void **state)
{
	(void)state;
	unsigned done = 0;
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct peer_config c = read_job();
		c.job.part_count = 1;
		c.job.parts[0] = (struct engine_part){0x11000, 200 * KIB + 100};
		c.fault.seed = seed;
		c.fault.flips = seed % 2 ? 1e-5 : 0;
		c.fault.lose_to = c.fault.lose_from = seed % 2 ? 0 : 0.05;
		c.fault.lie_md5 = seed % 5 == 0;
		c.cut = PEER_RANDOM;
		stub_peer_init(&peer, &c);
		dirty(&peer, seed);
		assert_true(stub_peer_play(&peer, 5 * MIN));
		assert_memory_equal(peer.taken, before + 0x11000, peer.taken_n);
		if (peer.end == ENGINE_EV_DONE) {
			assert_int_equal(peer.taken_n, 200 * KIB + 100);
			done++;
		}
		stub_peer_fini(&peer);
	}
	assert_int_equal(done, 20);
}

static void read__tells_where__chip_lost(void **state)
{
	(void)state;
	struct peer_config c = read_job();
	c.fault.die_reading = 40;
	stub_peer_init(&peer, &c);
	dirty(&peer, 4);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_FAILED, ENGINE_CAUSE_NO_ANSWER);
	assert_int_equal(engine_failure(peer.e)->stage, ENGINE_ST_READ);
	assert_true(peer.taken_n >= 64 * KIB);
	assert_memory_equal(peer.taken, before, peer.taken_n);
	stub_peer_fini(&peer);
}

static void read__ends__driver_can_t_keep_it(void **state)
{
	(void)state;
	struct peer_config c = read_job();
	stub_peer_init(&peer, &c);
	peer.take_result = -10;
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_FAILED, ENGINE_CAUSE_DATA);
	assert_true(engine_failure(peer.e)->still_connected);
	stub_peer_fini(&peer);
}

static void backup__comes_first__then_flash(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 50 * KIB);
	c.job.backup = true;
	stub_peer_init(&peer, &c);
	dirty(&peer, 21);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	assert_true(peer.taken_part == ENGINE_BACKUP);
	assert_int_equal(peer.taken_n, PEER_FLASH);
	assert_memory_equal(peer.taken, before, PEER_FLASH);
	expect_flash(&peer, 0, 50 * KIB);
	stub_peer_fini(&peer);
}

/* ---- erasing -------------------------------------------------------------------------------------------- */
static void erase__clears__chip_but_kept_and_areas(void **state)
{
	(void)state;
	for (int whole = 0; whole < 2; whole++) {
		struct peer_config c = {0};
		c.job.kind = ENGINE_ERASE;
		c.erase_us = 10000;
		if (whole) {
			c.job.keep_count = 2;
			c.job.keep[0] = (struct engine_part){0xF0000, 0x2000};
			c.job.keep[1] = (struct engine_part){0, 0x1000};
		} else {
			c.job.part_count = 1;
			c.job.parts[0] = (struct engine_part){0x3000, 0x20000};
		}
		stub_peer_init(&peer, &c);
		dirty(&peer, 9);
		assert_true(stub_peer_play(&peer, MIN));
		expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
		for (uint32_t i = 0; i < PEER_FLASH; i++) {
			bool kept = whole ? i < 0x1000 || (i >= 0xF0000 && i < 0xF2000)
					  : i < 0x3000 || i >= 0x23000;
			assert_int_equal(peer.flash[i], kept ? before[i] : 0xFF);
		}
		stub_peer_fini(&peer);
	}
}

/* ---- the rate --------------------------------------------------------------------------------------------- */
static void rate__climbs__until_it_breaks(void **state)
{
	(void)state;
	static const struct {
		uint32_t wanted, broken, host_max, got;
	} cases[] = {
	    {0, 0, 0, 2000000},
	    {0, 1600000, 0, 1485714},
	    {0, 0, 1000000, 928571},
	    {2000000, 500000, 0, 460177},
	    {1500000, 0, 0, 1485714},
	    {2000000, 120000, 0, 115200},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct peer_config c = flash_job(0, 30 * KIB);
		c.job.baud = cases[i].wanted;
		c.fault.broken_above = cases[i].broken;
		c.host_max = cases[i].host_max;
		stub_peer_init(&peer, &c);
		assert_true(stub_peer_play(&peer, MIN));
		expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
		expect_flash(&peer, 0, 30 * KIB);
		const struct engine_event *rate = stub_peer_last(&peer, ENGINE_EV_BAUD);
		assert_non_null(rate);
		if (rate->value / 1000 != cases[i].got / 1000)
			print_message("case %zu: %u\n", i, (unsigned)rate->value);
		assert_int_equal(rate->value / 1000, cases[i].got / 1000);
		/* In the end it is where the next program looks for it. */
		assert_int_equal(engine_baud(peer.e) / 1000, 115);
		assert_int_equal(peer.rate / 1000, 115);
		stub_peer_fini(&peer);
	}
}

static void rate__kept__stub_of_an_earlier_job(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 30 * KIB);
	c.rate = 928571;
	stub_peer_init(&peer, &c);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	assert_int_equal(peer.requests[STUB_BAUD], 1); /* back, in the end */
	assert_int_equal(peer.rate / 1000, 115);
	assert_int_equal(engine_chip_info(peer.e)->crystal_khz, 26000);
	stub_peer_fini(&peer);
}

/* ---- whose stub ------------------------------------------------------------------------------------------- */
static void found__told__stub_of_others(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 30 * KIB);
	c.fault.deaf = true;
	stub_peer_init(&peer, &c);
	assert_false(stub_peer_play(&peer, 20000000));
	assert_true(stub_peer_count(&peer, ENGINE_EV_HEARD) > 0);
	assert_int_equal(stub_peer_last(&peer, ENGINE_EV_HEARD)->heard, ENGINE_HEARD_STUB);
	assert_int_equal(peer.requests[STUB_PLAN], 0);
	stub_peer_fini(&peer);
}

/* Our own on a machine that is too busy for a while: late is not foreign. */
static void found__used__greets_late(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 30 * KIB);
	c.fault.deaf = true;
	stub_peer_init(&peer, &c);
	assert_false(stub_peer_play(&peer, 3000000));
	assert_int_equal(stub_peer_last(&peer, ENGINE_EV_HEARD)->heard, ENGINE_HEARD_STUB);
	peer.cfg.fault.deaf = false;
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	expect_flash(&peer, 0, 30 * KIB);
	stub_peer_fini(&peer);
}

/* One of another build, or one that the job must not use, gives way to the ROM. */
static void found__sent_away__another_build_or_not_wanted(void **state)
{
	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct peer_config c = flash_job(0, 30 * KIB);
		c.fault.foreign = kind == 0;
		c.job.no_stub = kind == 1;
		stub_peer_init(&peer, &c);
		stub_peer_play(&peer, 20000000);
		assert_int_equal(peer.requests[STUB_RUN], 1);
		assert_int_equal(peer.requests[STUB_PLAN], 0);
		assert_int_equal(peer.mode, PEER_LOADER);
		assert_int_equal(stub_peer_count(&peer, ENGINE_EV_SYNC), 1);
		stub_peer_fini(&peer);
	}
}

static void cancel__soon__at_any_time(void **state)
{
	(void)state;
	for (int64_t at = 50000; at < 4000000; at += 130000) {
		struct peer_config c = flash_job(0, 300 * KIB);
		c.job.backup = at > 2000000;
		stub_peer_init(&peer, &c);
		dirty(&peer, 2);
		(void)stub_peer_play(&peer, at);
		if (peer.ended) {
			stub_peer_fini(&peer);
			break;
		}
		engine_cancel(peer.e, peer.now);
		mono_t asked = peer.now;
		assert_true(stub_peer_play(&peer, 1100000));
		assert_int_equal(peer.end, ENGINE_EV_CANCELLED);
		assert_true(peer.now - asked <= 1000000);
		assert_true(engine_failure(peer.e)->still_connected);
		stub_peer_fini(&peer);
	}
}

static void run__starts_the_application__on_request(void **state)
{
	(void)state;
	struct peer_config c = flash_job(0, 30 * KIB);
	c.job.run = true;
	stub_peer_init(&peer, &c);
	assert_true(stub_peer_play(&peer, MIN));
	expect_end(&peer, ENGINE_EV_DONE, ENGINE_CAUSE_NONE);
	assert_int_equal(peer.requests[STUB_RUN], 1);
	assert_false(engine_in_loader(peer.e));
	stub_peer_fini(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flash__writes__whole_bytes_and_random),
	    cmocka_unit_test(flash__skips__what_is_there),
	    cmocka_unit_test(flash__writes_nothing__same_file_again),
	    cmocka_unit_test(flash__erases_the_rest__but_what_is_kept),
	    cmocka_unit_test(flash__only_erases__blank_file),
	    cmocka_unit_test(flash__several_parts__touching_and_apart),
	    cmocka_unit_test(flash__joins_runs__beyond_the_plans_room),
	    cmocka_unit_test(flash__goes_plain__incompressible),
	    cmocka_unit_test(flash__keeps_the_wire_busy__slow_flash_and_latency),
	    cmocka_unit_test(faults__end_identical_or_named__random_faults),
	    cmocka_unit_test(faults__goes_on__pause_of_seconds),
	    cmocka_unit_test(faults__named__restart_into_the_loader),
	    cmocka_unit_test(faults__named__silence),
	    cmocka_unit_test(faults__resumes__second_job),
	    cmocka_unit_test(verify__rewrites__sector_written_wrong_once),
	    cmocka_unit_test(verify__names__sector_written_wrong_always),
	    cmocka_unit_test(verify__skipped__on_request),
	    cmocka_unit_test(flash__names__worn_sector),
	    cmocka_unit_test(flash__names__protect_bits),
	    cmocka_unit_test(verify_job__done_or_names__differences),
	    cmocka_unit_test(read__takes__whole_chip),
	    cmocka_unit_test(read__takes__part_with_faults),
	    cmocka_unit_test(read__tells_where__chip_lost),
	    cmocka_unit_test(read__ends__driver_can_t_keep_it),
	    cmocka_unit_test(backup__comes_first__then_flash),
	    cmocka_unit_test(erase__clears__chip_but_kept_and_areas),
	    cmocka_unit_test(rate__climbs__until_it_breaks),
	    cmocka_unit_test(rate__kept__stub_of_an_earlier_job),
	    cmocka_unit_test(found__told__stub_of_others),
	    cmocka_unit_test(found__used__greets_late),
	    cmocka_unit_test(found__sent_away__another_build_or_not_wanted),
	    cmocka_unit_test(cancel__soon__at_any_time),
	    cmocka_unit_test(run__starts_the_application__on_request),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine with the real stub, as machine code on the virtual device's processor: from the
 * first SYNC to the verified end, and what that costs above what wire and flash cost anyway.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "enginesim.h"

#define KIB   1024u
#define IMAGE (600u * KIB)
#define CHIP  (1u << 20)
#define MIN   (60 * (int64_t)1000000)

static uint8_t image[CHIP], before[CHIP];
static struct rig rig;
static double full; /* seconds of a whole image at 115200 */

static struct rig_config config(enum engine_kind kind, uint32_t size)
{
	struct rig_config c = {.button = true, .seed = 7, .data = {image}, .stub = true};
	c.job.kind = kind;
	c.job.part_count = size > 0;
	c.job.parts[0].length = size;
	c.job.app_baud = 115200;
	return c;
}

static void begin(const struct rig_config *c, uint64_t dirt)
{
	rig_init(&rig, c);
	if (dirt)
		rig_fill(before, sizeof before, dirt);
	else
		memset(before, 0xFF, sizeof before);
	sim_flash_load(rig_flash(&rig), 0, before, sizeof before);
}

static void finish(int64_t limit)
{
	assert_true(rig_run(&rig, limit));
	if (rig.end != ENGINE_EV_DONE)
		print_message("cause %d in %s\n", (int)engine_failure(rig.e)->cause,
		    engine_stage_name(engine_failure(rig.e)->stage));
	assert_int_equal(rig.end, ENGINE_EV_DONE);
}

/* Seconds from the first answer to SYNC to the verified end: then the stub's rate is put back. */
static double took(void)
{
	enum engine_stage last = ENGINE_ST_IDENTIFY;
	for (int s = last; s < ENGINE_STAGES; s++)
		if (rig.stage_at[s][1] > rig.stage_at[last][1])
			last = (enum engine_stage)s;
	return (double)(rig.stage_at[last][1] - rig.stage_at[ENGINE_ST_IDENTIFY][0]) / 1e6;
}

static double flash_work(uint32_t bytes)
{
	uint32_t blocks = bytes / 65536, sectors = bytes % 65536 / 4096;
	return blocks * 0.150 + sectors * 0.045 + bytes / 256 * 0.0007;
}

static void stages(void)
{
	for (int s = 0; s < ENGINE_STAGES; s++)
		if (rig.stage_at[s][1] > 0)
			print_message("  %-9s %.3f\n", engine_stage_name((enum engine_stage)s),
			    (double)(rig.stage_at[s][1] - rig.stage_at[s][0]) / 1e6);
}

static void flash__near_the_limit__all_rates(void **state)
{
	(void)state;
	static const struct {
		uint32_t baud;
		double ratio;
	} rates[] = {
	    {115200, 1.06}, {460800, 1.12}, {921600, 1.20}, {1500000, 1.20}, {2000000, 1.20}};
	uLongf packed = compressBound(IMAGE);
	uint8_t *out = malloc(packed);
	bool good = true;
	assert_int_equal(compress2(out, &packed, image, IMAGE, 9), Z_OK);
	free(out);
	/* The shorter latency only where it shows something new: each run takes its time. */
	for (size_t i = 0; i < 10; i++) {
		struct rig_config c = config(ENGINE_FLASH, IMAGE);
		if (i % 2 == 0 && rates[i / 2].baud != 921600)
			continue;
		c.job.baud = rates[i / 2].baud;
		c.link.usb_latency_us = i % 2 ? 16000 : 1000;
		begin(&c, 3);
		finish(5 * MIN);
		assert_true(rig_flash_is(&rig, 0, image, IMAGE));
		double wire = (double)packed * 10 / c.job.baud, work = flash_work(IMAGE);
		double limit = wire > work ? wire : work;
		print_message(
		    "%7u, %2u ms: %.3f s, limit %.3f s, ratio %.3f (retries %zu, at %u)\n",
		    (unsigned)c.job.baud, (unsigned)c.link.usb_latency_us / 1000, took(), limit,
		    took() / limit, rig_count(&rig, ENGINE_EV_RETRY, -1),
		    (unsigned)engine_baud(rig.e));
		stages();
		full = i < 2 ? took() : full;
		good = good && took() / limit <= rates[i / 2].ratio;
		rig_fini(&rig);
	}
	assert_true(good);
}

static void flash__faster__next_release_and_same_file(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_FLASH, IMAGE);
	double next, same;
	c.job.baud = 115200;
	c.link.usb_latency_us = 16000;
	begin(&c, 3);
	sim_flash_load(rig_flash(&rig), 0, image, IMAGE);
	finish(5 * MIN);
	same = took();
	rig_fini(&rig);
	begin(&c, 3);
	memcpy(before, image, IMAGE);
	rig_fill(before + 200 * KIB, 150 * KIB, 77);
	sim_flash_load(rig_flash(&rig), 0, before, IMAGE);
	finish(5 * MIN);
	next = took();
	assert_true(rig_flash_is(&rig, 0, image, IMAGE));
	rig_fini(&rig);
	print_message("full %.2f s, a quarter %.2f s, the same %.2f s (1/%.1f)\n", full, next, same,
	    full / same);
	assert_true(full / same >= 15);
	assert_true(full / next >= 3);
}

/* Firmware of the last release: the same, moved, with an address changed here and there. */
static uint8_t *last_release(uint32_t n, uint32_t moved)
{
	uint8_t *old = malloc(CHIP);
	rig_fill(old, CHIP, 3);
	memcpy(old, image + moved, n - moved);
	for (uint32_t i = 50; i < n; i += 61)
		old[i] = (uint8_t)(old[i] - 40);
	return old;
}

static void begin_over(struct rig_config *c, const uint8_t *old, uint32_t n)
{
	c->job.old = true;
	c->old = old;
	c->old_n = n;
	begin(c, 3);
	sim_flash_load(rig_flash(&rig), 0, old, n);
}

static void differences__three_times_faster__next_release(void **state)
{
	(void)state;
	uint8_t *old = last_release(IMAGE, 900);
	struct rig_config c = config(ENGINE_FLASH, IMAGE);
	c.job.baud = 115200;
	c.link.usb_latency_us = 16000;
	begin_over(&c, old, IMAGE);
	finish(5 * MIN);
	assert_true(rig_flash_is(&rig, 0, image, IMAGE));
	assert_true(rig_flash_is(&rig, IMAGE, before + IMAGE, CHIP - IMAGE));
	assert_int_equal(rig_last(&rig, ENGINE_EV_PLAN)->differences, IMAGE / 4096);
	assert_int_equal(rig_count(&rig, ENGINE_EV_RETRY, -1), 0);
	print_message("full %.2f s, differences %.2f s\n", full, took());
	stages();
	assert_true(full / took() >= 3);
	rig_fini(&rig);
	/* where nobody knows what it holds, or gives something else, all of it goes */
	for (unsigned i = 0; i < 2; i++) {
		c.job.baud = 921600;
		c.old_lies = i == 1;
		begin_over(&c, old, i == 1 ? IMAGE : 0);
		sim_flash_load(rig_flash(&rig), 0, old, IMAGE);
		finish(5 * MIN);
		assert_true(rig_flash_is(&rig, 0, image, IMAGE));
		assert_int_equal(rig_last(&rig, ENGINE_EV_PLAN)->differences, 0);
		rig_fini(&rig);
	}
	free(old);
}

static void next_program(const struct engine_job *job);

/* Pulled in the middle: the next one finds new sectors, old ones, and one that is neither. */
static void differences__go_on__after_power_was_lost(void **state)
{
	(void)state;
	uint8_t *old = last_release(IMAGE, 900);
	for (int at = 1; at <= 4; at++) {
		struct rig_config c = config(ENGINE_FLASH, IMAGE);
		c.job.baud = 115200;
		begin_over(&c, old, IMAGE);
		assert_true(rig_until(&rig, ENGINE_EV_PLAN, -1, MIN));
		assert_false(rig_run(&rig, at * 900000));
		sim_link_power(rig.link, false, rig.now);
		sim_link_power(rig.link, true, rig.now);
		next_program(&c.job);
		finish(5 * MIN);
		assert_true(rig_flash_is(&rig, 0, image, IMAGE));
		assert_true(rig_flash_is(&rig, IMAGE, before + IMAGE, CHIP - IMAGE));
		const struct engine_event *plan = rig_last(&rig, ENGINE_EV_PLAN);
		print_message("after %d ms: %u of %u bytes, %u sectors as differences\n", at * 900,
		    (unsigned)plan->done, (unsigned)plan->total, (unsigned)plan->differences);
		/* Where little is left, asking costs more than it saves. */
		assert_true(plan->done < IMAGE && (plan->differences > 0 || at == 4));
		rig_fini(&rig);
	}
	free(old);
}

static void differences__right__in_spite_of_faults(void **state)
{
	(void)state;
	static const char *const faults[] = {"flip:1e-5", "drop:1e-5", "flip:1e-4", "drop:1e-4"};
	uint8_t *old = last_release(200 * KIB, 4100);
	for (size_t i = 0; i < 4 * 3; i++) {
		struct rig_config c = config(ENGINE_FLASH, 200 * KIB);
		c.job.baud = 230400;
		c.seed = 100 + i;
		c.fault[0] = faults[i % 4];
		c.fault_after_identity = true;
		begin_over(&c, old, 200 * KIB);
		assert_true(rig_run(&rig, 10 * MIN));
		if (rig.end == ENGINE_EV_DONE)
			assert_true(rig_flash_is(&rig, 0, image, 200 * KIB));
		else
			assert_true(i % 4 >= 2);
		rig_fini(&rig);
	}
	free(old);
}

/* What a chip or its flash may not be able to do: it is written all the same, and right. */
static void flash__written_right__chip_that_can_do_less(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		bool rewrites;
	} chips[] = {{"no-hold", false}, {"short-hold", true}, {"read-mhz:40", false}};
	for (size_t i = 0; i < 3; i++) {
		struct rig_config c = config(ENGINE_FLASH, 200 * KIB);
		c.job.baud = 921600;
		c.fault[0] = chips[i].fault;
		begin(&c, 3);
		finish(5 * MIN);
		assert_true(rig_flash_is(&rig, 0, image, 200 * KIB));
		assert_true(rig_flash_is(&rig, 200 * KIB, before + 200 * KIB, CHIP - 200 * KIB));
		assert_int_equal(rig_count(&rig, ENGINE_EV_MISMATCH, -1) > 0, chips[i].rewrites);
		print_message("%s: %.3f s\n", chips[i].fault, took());
		rig_fini(&rig);
	}
}

/* Its old bytes read wrong at the full clock: what is made of them would be wrong, too. */
static void differences__right__flash_that_reads_slowly(void **state)
{
	(void)state;
	uint8_t *old = last_release(200 * KIB, 900);
	struct rig_config c = config(ENGINE_FLASH, 200 * KIB);
	c.job.baud = 115200;
	c.fault[0] = "read-mhz:40";
	begin_over(&c, old, 200 * KIB);
	finish(10 * MIN);
	assert_true(rig_flash_is(&rig, 0, image, 200 * KIB));
	rig_fini(&rig);
	free(old);
}

static void read__near_the_wire__whole_chip(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_READ, 0);
	c.job.baud = 921600;
	c.link.usb_latency_us = 1000;
	begin(&c, 5);
	finish(5 * MIN);
	assert_int_equal(rig.taken_n, CHIP);
	assert_memory_equal(rig.taken, before, CHIP);
	double limit = CHIP * 10.0 / 921600;
	print_message("%.3f s, wire %.3f s, ratio %.3f\n", took(), limit, took() / limit);
	stages();
	assert_true(took() / limit <= 1.10);
	rig_fini(&rig);
}

static void read__cancelled__stub_is_silent(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_READ, 0);
	uint8_t buf[512];
	size_t more = 0;
	c.job.baud = 460800;
	begin(&c, 5);
	assert_true(rig_until(&rig, ENGINE_EV_PROGRESS, -1, MIN));
	assert_false(rig_run(&rig, 500000));
	engine_cancel(rig.e, rig.now);
	assert_true(rig_run(&rig, 1000000));
	assert_int_equal(rig.end, ENGINE_EV_CANCELLED);
	for (int i = 0; i < 2000; i++) {
		rig.now += 1000;
		sim_link_advance(rig.link, rig.now);
		more += sim_link_receive(rig.link, buf, sizeof buf, rig.now);
	}
	assert_int_equal(more, 0);
	rig_fini(&rig);
}

static void verify__erase__and_again_without_power(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_VERIFY, IMAGE);
	begin(&c, 0);
	sim_flash_load(rig_flash(&rig), 0, image, IMAGE);
	finish(MIN);
	uint32_t rate = engine_baud(rig.e);
	assert_true(engine_in_loader(rig.e));
	/* the next job finds the stub */
	engine_free(rig.e);
	rig.pending = (struct rig_pending){0};
	rig.cfg.job = (struct engine_job){.kind = ENGINE_ERASE,
	    .app_baud = 115200,
	    .keep_count = 1,
	    .keep = {{0x10000, 0x1000}},
	    .connected = true,
	    .connected_baud = rate};
	rig.e = engine_new(&rig.cfg.job, rig.now);
	rig.ended = false;
	finish(MIN);
	assert_true(rig_flash_is(&rig, 0x10000, image + 0x10000, 0x1000));
	memset(before, 0xFF, CHIP);
	assert_true(rig_flash_is(&rig, 0, before, 0x10000));
	assert_true(rig_flash_is(&rig, 0x11000, before, CHIP - 0x11000));
	rig_fini(&rig);
}

/* A new program, which knows nothing of the one before. */
static void next_program(const struct engine_job *job)
{
	engine_free(rig.e);
	rig.pending = (struct rig_pending){0};
	rig.cfg.job = *job;
	rig.e = engine_new(&rig.cfg.job, rig.now);
	rig.ended = false;
	rig.events = 0;
	sim_link_baud(rig.link, 115200, rig.now);
	rig.host = 115200;
}

static void reuse__found__by_another_program(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_FLASH, 100 * KIB);
	struct engine_job read = {.kind = ENGINE_READ, .app_baud = 115200};
	begin(&c, 3);
	finish(MIN);
	assert_int_equal(rig_last(&rig, ENGINE_EV_BAUD)->value / 1000, 2000);
	assert_int_equal(engine_baud(rig.e), 115200);
	next_program(&read);
	finish(MIN);
	assert_true(engine_has_stub(rig.e));
	assert_memory_equal(rig.taken, image, 100 * KIB);
	/* one that must not use it has the ROM back */
	struct engine_job rom = c.job;
	rom.no_stub = true;
	next_program(&rom);
	finish(MIN);
	assert_false(engine_has_stub(rig.e));
	assert_true(rig_flash_is(&rig, 0, image, 100 * KIB));
	rig_fini(&rig);
}

/* It was killed in the middle: the stub goes back to the first rate by itself. */
static void reuse__found__after_a_program_that_died(void **state)
{
	(void)state;
	static const enum engine_kind kinds[] = {ENGINE_FLASH, ENGINE_READ};
	for (size_t i = 0; i < 2; i++) {
		struct rig_config c = config(kinds[i], kinds[i] == ENGINE_FLASH ? IMAGE : 0);
		struct engine_job again = c.job;
		begin(&c, 3);
		assert_true(rig_until(&rig, ENGINE_EV_PROGRESS, -1, MIN));
		assert_false(rig_run(&rig, 300000)); /* well in the middle */
		sim_time since = rig.now;
		next_program(&again);
		assert_true(rig_until(&rig, ENGINE_EV_SYNC, -1, MIN));
		print_message("found %.1f s later\n", (double)(rig.now - since) / 1e6);
		assert_true(rig.now - since < 12 * 1000000);
		finish(2 * MIN);
		if (kinds[i] == ENGINE_FLASH)
			assert_true(rig_flash_is(&rig, 0, image, IMAGE));
		else
			assert_memory_equal(rig.taken, before, CHIP);
		rig_fini(&rig);
	}
}

static void backup__then_flash__one_power_up(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_FLASH, 100 * KIB);
	c.job.backup = true;
	c.cut = RIG_RANDOM;
	begin(&c, 9);
	finish(2 * MIN);
	assert_memory_equal(rig.taken, before, CHIP);
	assert_true(rig_flash_is(&rig, 0, image, 100 * KIB));
	assert_true(rig_flash_is(&rig, 100 * KIB, before + 100 * KIB, CHIP - 100 * KIB));
	rig_fini(&rig);
}

static void flash__runs_the_application__by_the_stub(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_FLASH, 8 * KIB);
	c.job.run = true;
	begin(&c, 0);
	finish(MIN);
	assert_false(engine_in_loader(rig.e));
	sim_link_advance(rig.link, rig.now + 1000000);
	assert_int_not_equal(sim_device_mode(sim_link_device(rig.link)), SIM_MODE_RAM);
	rig_fini(&rig);
}

static void flash__resets_by_rts__where_there_are_lines(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_FLASH, 8 * KIB);
	c.button = false;
	c.job.has_lines = true;
	c.link.device.lines = true;
	begin(&c, 0);
	finish(MIN);
	assert_true(rig_last(&rig, ENGINE_EV_STUB)->ok);
	assert_true(rig_flash_is(&rig, 0, image, 8 * KIB));
	assert_false(engine_in_loader(rig.e));
	assert_int_equal(engine_baud(rig.e), 74880); /* where the ROM is heard */
	assert_false(rig.dtr || rig.rts);
	rig_fini(&rig);
}

/* Until the stub was jumped to. */
static void until_hello(void)
{
	for (int i = 0; i < 100000 && strcmp(engine_state_name(rig.e), "stub:hello") != 0; i++)
		assert_false(rig_run(&rig, 100));
	/* The stub itself has not left: a loader would take its rate from what is left of it. */
	while (rig.now < rig.tx_free)
		assert_false(rig_run(&rig, 100));
	assert_string_equal(engine_state_name(rig.e), "stub:hello");
}

static void quick__once_more__stub_restarts_into_the_loader(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_FLASH, 20 * KIB);
	begin(&c, 3);
	until_hello();
	sim_device_reset_pin(sim_link_device(rig.link), rig.now);
	finish(MIN);
	assert_true(rig_flash_is(&rig, 0, image, 20 * KIB));
	assert_true(rig_last(&rig, ENGINE_EV_STUB)->ok);
	assert_true(engine_has_stub(rig.e));
	assert_int_equal(rig_count(&rig, ENGINE_EV_IDENTITY, -1), 1);
	rig_fini(&rig);
}

/* The quick way up: its bytes come out wrong, or nothing is heard at that rate. */
static void quick__falls_back__rate_that_does_not_carry(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct rig_config c = config(ENGINE_FLASH, 20 * KIB);
		c.job.baud = 921600;
		c.broken_above = i == 0 ? 500000 : 0;
		c.mute_above = i == 1 ? 500000 : 0;
		c.host_max = i == 2 ? 500000 : 0;
		begin(&c, 3);
		finish(MIN);
		assert_true(rig_flash_is(&rig, 0, image, 20 * KIB));
		assert_true(engine_has_stub(rig.e));
		assert_true(engine_baud(rig.e) < 500000);
		assert_true(took() < 8);
		rig_fini(&rig);
	}
}

/* A server or machine that gets busy answers late: that is no rate that does not carry. */
static void quick__keeps_the_rate__answers_that_are_late(void **state)
{
	(void)state;
	static const char *const late[] = {"delay:150", "delay:300", "delay:450"};
	for (size_t i = 0; i < 6; i++) {
		struct rig_config c = config(ENGINE_FLASH, 40 * KIB);
		/* 0: the highest that carries is looked for. */
		c.job.baud = i < 3 ? 921600 : 0;
		c.fault[0] = late[i % 3];
		c.fault_after_identity = true;
		begin(&c, 3);
		finish(5 * MIN);
		assert_true(rig_flash_is(&rig, 0, image, 40 * KIB));
		const struct engine_event *rate = rig_last(&rig, ENGINE_EV_BAUD);
		print_message("%s: at %u, %zu retries\n", c.fault[0], (unsigned)rate->value,
		    rig_count(&rig, ENGINE_EV_RETRY, -1));
		assert_true(rate->ok);
		assert_true(rate->value > (i < 3 ? 900000 : 1900000));
		rig_fini(&rig);
	}
}

static void quick__loads__in_less_than_a_third_of_a_second(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_FLASH, 20 * KIB);
	c.job.baud = 2000000;
	c.link.usb_latency_us = 16000;
	begin(&c, 3);
	finish(MIN);
	assert_true(rig.stage_at[ENGINE_ST_STUB][1] - rig.stage_at[ENGINE_ST_IDENTIFY][0] < 333000);
	assert_int_equal(engine_baud(rig.e), 115200); /* home again */
	assert_int_equal(rig_count(&rig, ENGINE_EV_RETRY, -1), 0);
	rig_fini(&rig);
}

/* It restarts into its loader while the stub comes up: what was sent by then is no rate to be kept. */
static void quick__starts_anew__chip_restarts_meanwhile(void **state)
{
	(void)state;
	for (int ms = 1; ms <= 80; ms = ms * 2 + 5) {
		struct rig_config c = config(ENGINE_FLASH, 20 * KIB);
		c.job.baud = 921600;
		c.done_late = 100;
		begin(&c, 3);
		while (strcmp(engine_state_name(rig.e), "stub:quick-load") != 0)
			assert_false(rig_run(&rig, 500));
		assert_false(rig_run(&rig, ms * 1000));
		sim_device_reset_pin(sim_link_device(rig.link), rig.now);
		finish(MIN);
		assert_true(rig_flash_is(&rig, 0, image, 20 * KIB));
		print_message("%d ms: %.1f s, %s\n", ms, took(),
		    engine_has_stub(rig.e) ? "by the stub" : "by the ROM");
		rig_fini(&rig);
	}
}

static void by_rom__goes_on__powered_again_by_hand(void **state)
{
	(void)state;
	struct rig_config c = config(ENGINE_FLASH, 20 * KIB);
	begin(&c, 3);
	until_hello();
	sim_link_power(rig.link, false, rig.now);
	assert_true(rig_until(&rig, ENGINE_EV_STUB, -1, 15000000));
	assert_false(rig_run(&rig, 3000000));
	sim_link_power(rig.link, true, rig.now);
	finish(MIN);
	assert_true(rig_flash_is(&rig, 0, image, 20 * KIB));
	assert_false(engine_has_stub(rig.e));
	rig_fini(&rig);
}

static void by_rom__refuses__what_it_can_t_do(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct rig_config c = config(i == 0   ? ENGINE_READ
					     : i == 1 ? ENGINE_VERIFY
						      : ENGINE_FLASH,
		    20 * KIB);
		c.stub = false;
		c.job.backup = i == 2;
		begin(&c, 3);
		assert_true(rig_run(&rig, MIN));
		assert_int_equal(rig.end, ENGINE_EV_FAILED);
		assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_STUB);
		assert_true(engine_failure(rig.e)->still_connected);
		assert_false(engine_failure(rig.e)->flash_touched);
		assert_true(rig_flash_is(&rig, 0, before, CHIP));
		rig_fini(&rig);
	}
}

static void by_rom__keeps__areas_of_the_chip(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct rig_config c = config(i ? ENGINE_FLASH : ENGINE_ERASE, i ? 20 * KIB : 0);
		c.stub = false;
		c.job.erase_all = i;
		c.job.keep_count = 2;
		c.job.keep[0] = (struct engine_part){0xFB000, 0x3000};
		c.job.keep[1] = (struct engine_part){0x7000, 0x1000};
		begin(&c, 3);
		finish(MIN);
		const uint8_t *mem = rig_flash(&rig)->mem;
		for (uint32_t k = i ? 20 * KIB : 0; k < CHIP; k++) {
			bool kept = (k >= 0xFB000 && k < 0xFE000) || (k >= 0x7000 && k < 0x8000);
			assert_int_equal(mem[k], kept ? before[k] : 0xFF);
		}
		rig_fini(&rig);
	}
}

/* All that the virtual device can do to a link. */
static void faults__never_a_wrong_done__all(void **state)
{
	(void)state;
	static const char *const faults[] = {"drop", "flip", "insert"};
	unsigned done = 0, runs = 0;
	for (size_t f = 0; f < sizeof faults / sizeof faults[0]; f++) {
		for (unsigned seed = 1; seed <= 3; seed++) {
			char spec[2][40];
			struct rig_config c = config(ENGINE_FLASH, 100 * KIB);
			snprintf(spec[0], sizeof spec[0], "%s:1e-5", faults[f]);
			c.fault[0] = spec[0];
			c.seed = seed;
			c.job.baud = 921600;
			begin(&c, seed);
			assert_true(rig_run(&rig, 10 * MIN));
			bool same = rig_flash_is(&rig, 0, image, 100 * KIB);
			if (rig.end == ENGINE_EV_DONE)
				assert_true(same);
			done += rig.end == ENGINE_EV_DONE;
			runs++;
			rig_fini(&rig);
		}
	}
	print_message("%u of %u done\n", done, runs);
	assert_true(done * 100 >= runs * 95);
}

static int setup(void **state)
{
	(void)state;
	rig_fill(image, sizeof image, 1);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flash__near_the_limit__all_rates),
	    cmocka_unit_test(flash__faster__next_release_and_same_file),
	    cmocka_unit_test(differences__three_times_faster__next_release),
	    cmocka_unit_test(differences__go_on__after_power_was_lost),
	    cmocka_unit_test(differences__right__in_spite_of_faults),
	    cmocka_unit_test(flash__written_right__chip_that_can_do_less),
	    cmocka_unit_test(differences__right__flash_that_reads_slowly),
	    cmocka_unit_test(read__near_the_wire__whole_chip),
	    cmocka_unit_test(read__cancelled__stub_is_silent),
	    cmocka_unit_test(verify__erase__and_again_without_power),
	    cmocka_unit_test(reuse__found__by_another_program),
	    cmocka_unit_test(reuse__found__after_a_program_that_died),
	    cmocka_unit_test(backup__then_flash__one_power_up),
	    cmocka_unit_test(flash__runs_the_application__by_the_stub),
	    cmocka_unit_test(flash__resets_by_rts__where_there_are_lines),
	    cmocka_unit_test(quick__once_more__stub_restarts_into_the_loader),
	    cmocka_unit_test(quick__keeps_the_rate__answers_that_are_late),
	    cmocka_unit_test(quick__loads__in_less_than_a_third_of_a_second),
	    cmocka_unit_test(quick__falls_back__rate_that_does_not_carry),
	    cmocka_unit_test(quick__starts_anew__chip_restarts_meanwhile),
	    cmocka_unit_test(by_rom__goes_on__powered_again_by_hand),
	    cmocka_unit_test(by_rom__refuses__what_it_can_t_do),
	    cmocka_unit_test(by_rom__keeps__areas_of_the_chip),
	    cmocka_unit_test(faults__never_a_wrong_done__all),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}

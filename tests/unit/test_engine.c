/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash engine in whole sessions with the virtual device, in virtual time. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "enginesim.h"

#define IMAGE (600u * 1024)

static uint8_t image[1u << 20], other[1u << 20];
static struct rig rig;

static struct rig_config flash_config(uint32_t size)
{
	struct rig_config c = {.button = true, .seed = 7, .data = {image, other}};
	c.job.kind = ENGINE_FLASH;
	c.job.part_count = 1;
	c.job.parts[0].length = size;
	c.job.app_baud = 115200;
	return c;
}

static void run_done(const struct rig_config *c)
{
	rig_init(&rig, c);
	assert_true(rig_run(&rig, 300000000));
	assert_int_equal(rig.end, ENGINE_EV_DONE);
	assert_true(engine_in_loader(rig.e));
	assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_NONE);
}

/* Seconds of a stage, and what they can't go below: its bytes on the wire, the flash's work. */
static double stage_seconds(enum engine_stage s)
{
	return (double)(rig.stage_at[s][1] - rig.stage_at[s][0]) / 1e6;
}

static double stage_wire_seconds(enum engine_stage s)
{
	uint64_t bytes = rig.stage_wire[s][1] - rig.stage_wire[s][0];
	return (double)bytes * 10 / engine_baud(rig.e);
}

static void check_speed(uint32_t baud, uint32_t near)
{
	struct rig_config c = flash_config(IMAGE);
	c.job.baud = baud;
	c.job.no_verify = true; /* once over the wire, not twice */
	run_done(&c);
	assert_true(rig_flash_is(&rig, 0, image, IMAGE));
	uint32_t got = engine_baud(rig.e);
	assert_true(got > near - near / 50 && got < near + near / 50);
	double limit = stage_wire_seconds(ENGINE_ST_WRITE) + IMAGE / 256.0 * 0.0007;
	double ratio = stage_seconds(ENGINE_ST_WRITE) / limit;
	print_message("%u: %.3f s, limit %.3f s, ratio %.4f\n", baud,
	    stage_seconds(ENGINE_ST_WRITE), limit, ratio);
	assert_true(ratio >= 0.999 && ratio <= 1.03);
	assert_int_equal(rig_count(&rig, ENGINE_EV_RETRY, -1), 0);
	/* The whole: connecting and the change of rate cost well under a second. */
	double rest =
	    (double)rig.now / 1e6 - stage_seconds(ENGINE_ST_WRITE) - stage_seconds(ENGINE_ST_ERASE);
	assert_true(rest < 1.0);
	rig_fini(&rig);
}

static void flash__runs_at_the_wire__115200(void **state)
{
	(void)state;
	check_speed(115200, 115200);
}

static void flash__runs_at_the_wire__460800(void **state)
{
	(void)state;
	check_speed(460800, 460800);
}

static void flash__runs_at_the_wire__fastest(void **state)
{
	(void)state;
	check_speed(0, 921600);
}

/* Everything that is told must be the same however the input is cut. */
static void flash__same_story__cuts(void **state)
{
	(void)state;
	static struct engine_event story[RIG_EVENTS];
	static char text[sizeof rig.text];
	size_t n = 0;
	for (int cut = RIG_WHOLE; cut <= RIG_RANDOM; cut++) {
		struct rig_config c = flash_config(50000);
		c.cut = (enum rig_cut)cut;
		c.link.usb_latency_us = 16000;
		run_done(&c);
		assert_true(rig_flash_is(&rig, 0, image, 50000));
		size_t k = 0;
		for (size_t i = 0; i < rig.events; i++) {
			if (rig.ev[i].kind == ENGINE_EV_TEXT)
				continue;
			if (cut == RIG_WHOLE) {
				story[n++] = rig.ev[i];
				continue;
			}
			assert_true(k < n);
			assert_int_equal(story[k].kind, rig.ev[i].kind);
			assert_int_equal(story[k].stage, rig.ev[i].stage);
			assert_int_equal(story[k].value, rig.ev[i].value);
			assert_int_equal(story[k].done, rig.ev[i].done);
			k++;
		}
		if (cut == RIG_WHOLE)
			memcpy(text, rig.text, sizeof text);
		else
			assert_int_equal(k, n);
		assert_memory_equal(text, rig.text, sizeof text);
		assert_non_null(strstr(rig.text, "boot mode:(1,"));
		rig_fini(&rig);
	}
}

static void flash__fits__odd_lengths(void **state)
{
	(void)state;
	static const uint32_t sizes[] = {
	    1, 2, 3, 4, 5, 4095, 4096, 4097, 6143, 6144, 6145, 12288, 12289, 65536, 69633};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct rig_config c = flash_config(sizes[i]);
		run_done(&c);
		assert_true(rig_flash_is(&rig, 0, image, sizes[i]));
		const struct engine_failure *f = engine_failure(rig.e);
		assert_int_equal(f->written_to, sizes[i]);
		rig_fini(&rig);
	}
}

/* What lies around a part must stay, whatever the ROM's formula would take. */
static void flash__keeps_neighbours__areas(void **state)
{
	(void)state;
	static const struct engine_part parts[] = {{0x3000, 0x3000}, {0xF000, 0x2000},
	    {0x10000, 0x5000}, {0xFC000, 0x80}, {0x9000, 0x1000}, {0x5000, 0x21000},
	    {0x8000, 0x13000}, {0xFE000, 0x2000}};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		struct rig_config c = flash_config(1);
		c.job.parts[0] = parts[i];
		rig_init(&rig, &c);
		sim_flash_load(rig_flash(&rig), 0, other, sizeof other);
		assert_true(rig_run(&rig, 300000000));
		assert_int_equal(rig.end, ENGINE_EV_DONE);
		uint32_t from = parts[i].offset, to = from + parts[i].length;
		assert_true(rig_flash_is(&rig, from, image, to - from));
		assert_true(rig_flash_is(&rig, 0, other, from));
		to = (to + 4095) / 4096 * 4096;
		assert_true(rig_flash_is(&rig, to, other + to, sizeof other - to));
		rig_fini(&rig);
	}
}

static void flash__several_parts__whole_chip_first(void **state)
{
	(void)state;
	for (int all = 0; all < 2; all++) {
		struct rig_config c = flash_config(30000);
		c.job.part_count = 2;
		c.job.parts[1] = (struct engine_part){0x40000, 20001};
		c.job.erase_all = all;
		rig_init(&rig, &c);
		sim_flash_load(rig_flash(&rig), 0, other, sizeof other);
		assert_true(rig_run(&rig, 300000000));
		assert_int_equal(rig.end, ENGINE_EV_DONE);
		assert_true(rig_flash_is(&rig, 0, image, 30000));
		assert_true(rig_flash_is(&rig, 0x40000, other, 20001));
		static uint8_t blank[0x1000];
		memset(blank, 0xFF, sizeof blank);
		/* between the parts: kept, or blank */
		assert_true(rig_flash_is(&rig, 0x20000, all ? blank : other + 0x20000, 0x1000));
		assert_true(rig_flash_is(&rig, 0xFF000, all ? blank : other + 0xFF000, 0x1000));
		const struct engine_event *p = rig_last(&rig, ENGINE_EV_PROGRESS);
		assert_int_equal(p->done, 50001);
		assert_int_equal(p->total, 50001);
		rig_fini(&rig);
	}
}

static void flash__reaches__above_4_mb(void **state)
{
	(void)state;
	struct rig_config c = flash_config(20000);
	c.job.parts[0].offset = 6u << 20;
	c.link.device.flash_size = 8u << 20;
	run_done(&c);
	assert_int_equal(engine_chip_info(rig.e)->flash_size, 8u << 20);
	assert_true(rig_flash_is(&rig, 6u << 20, image, 20000));
	rig_fini(&rig);
}

static void flash__refuses__beyond_the_chip(void **state)
{
	(void)state;
	struct rig_config c = flash_config(0x2000);
	c.job.parts[0].offset = 0xFF000;
	rig_init(&rig, &c);
	assert_true(rig_run(&rig, 60000000));
	assert_int_equal(rig.end, ENGINE_EV_FAILED);
	assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_TOO_LARGE);
	assert_false(engine_failure(rig.e)->flash_touched);
	assert_int_equal(rig_flash(&rig)->erases, 0);
	rig_fini(&rig);
}

static void erase__erases__areas_and_chip(void **state)
{
	(void)state;
	/* one sector at the chip's end: the ROM's surplus must not wrap round to the start */
	static const struct engine_part parts[] = {
	    {0x3000, 0x3000}, {0x10000, 0x20000}, {0xFF000, 0x1000}, {0xFB000, 0x1000}, {0, 0}};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		struct rig_config c = flash_config(1);
		c.job.kind = ENGINE_ERASE;
		c.job.parts[0] = parts[i];
		c.job.part_count = parts[i].length ? 1 : 0;
		rig_init(&rig, &c);
		sim_flash_load(rig_flash(&rig), 0, other, sizeof other);
		assert_true(rig_run(&rig, 300000000));
		assert_int_equal(rig.end, ENGINE_EV_DONE);
		uint32_t from = parts[i].offset;
		uint32_t to = parts[i].length ? from + parts[i].length : (uint32_t)sizeof other;
		const uint8_t *mem = rig_flash(&rig)->mem;
		for (uint32_t k = from; k < to; k++)
			assert_int_equal(mem[k], 0xFF);
		assert_true(rig_flash_is(&rig, 0, other, from));
		assert_true(rig_flash_is(&rig, to, other + to, sizeof other - to));
		rig_fini(&rig);
	}
}

static void identify__tells__chip(void **state)
{
	(void)state;
	for (int chip = SIM_ESP8266; chip <= SIM_ESP8285; chip++) {
		struct rig_config c = flash_config(1);
		c.job.kind = ENGINE_IDENTIFY;
		c.job.part_count = 0;
		c.link.device.chip = (enum sim_chip)chip;
		rig_init(&rig, &c);
		sim_flash_load(rig_flash(&rig), 0, other, sizeof other);
		assert_true(rig_run(&rig, 60000000));
		assert_int_equal(rig.end, ENGINE_EV_DONE);
		const struct engine_chip *k = engine_chip_info(rig.e);
		assert_true(k->known);
		assert_int_equal(k->is_8285, chip == SIM_ESP8285);
		assert_string_equal(k->name, chip == SIM_ESP8285 ? "ESP8285" : "ESP8266EX");
		assert_int_equal(k->crystal_khz, 26000);
		assert_int_equal(k->flash_size, 1u << 20);
		assert_int_equal(k->flash_id, sim_flash_jedec(rig_flash(&rig)));
		assert_true(k->clkdiv > 430 && k->clkdiv < 470);
		assert_true(k->mac[0] | k->mac[1] | k->mac[2]);
		assert_int_equal(rig_count(&rig, ENGINE_EV_IDENTITY, -1), 1);
		/* nothing changed, nothing but that rate used */
		assert_true(rig_flash_is(&rig, 0, other, sizeof other));
		assert_int_equal(engine_baud(rig.e), 115200);
		assert_false(engine_failure(rig.e)->flash_touched);
		rig_fini(&rig);
	}
}

static void flash__waits__for_proceed(void **state)
{
	(void)state;
	struct rig_config c = flash_config(5000);
	c.no_proceed = true;
	rig_init(&rig, &c);
	assert_false(rig_run(&rig, 30000000));
	assert_int_equal(rig_count(&rig, ENGINE_EV_IDENTITY, -1), 1);
	assert_string_equal(engine_state_name(rig.e), "proceed");
	assert_int_equal(rig_flash(&rig)->erases, 0);
	engine_proceed(rig.e, rig.now);
	assert_true(rig_run(&rig, 30000000));
	assert_int_equal(rig.end, ENGINE_EV_DONE);
	assert_true(rig_flash_is(&rig, 0, image, 5000));
	rig_fini(&rig);
}

static void flash__follows__what_the_host_can(void **state)
{
	(void)state;
	static const struct {
		uint32_t baud, max;
		bool rounds, none;
		uint32_t want;
	} cases[] = {
	    {0, 0, true, false, 921600},       /* nominal rates only: near enough */
	    {0, 500000, false, false, 460177}, /* 921600 can't be set */
	    {0, 200000, false, false, 115200}, {2000000, 0, false, false, 2000000},
	    {0, 0, false, true, 115200}, {57600, 0, false, false, 57586},
	    {50, 0, false, false, 115200}, /* out of the divider's reach */
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_config c = flash_config(20000);
		c.job.baud = cases[i].baud;
		c.job.no_baud_change = cases[i].none;
		c.host_max = cases[i].max;
		c.host_rounds = cases[i].rounds;
		run_done(&c);
		assert_true(rig_flash_is(&rig, 0, image, 20000));
		assert_int_equal(engine_baud(rig.e), cases[i].want);
		rig_fini(&rig);
	}
}

/* A loader that restarts while it is being asked who it is: nothing is lost, it is asked again. */
static void identify__begins_again__restarts(void **state)
{
	(void)state;
	unsigned done = 0;
	for (int i = 0; i < 40; i++) {
		struct rig_config c = flash_config(1);
		c.job.kind = ENGINE_IDENTIFY;
		c.job.part_count = 0;
		rig_init(&rig, &c);
		assert_true(rig_until(&rig, ENGINE_EV_SYNC, -1, 5000000));
		if (!rig_run(&rig, i * 1500))
			sim_device_reset_pin(sim_link_device(rig.link), rig.now);
		assert_true(rig_run(&rig, 30000000));
		done += rig.end == ENGINE_EV_DONE;
		if (rig.end == ENGINE_EV_FAILED)
			assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_RESET);
		rig_fini(&rig);
	}
	print_message("%u of 40\n", done);
	assert_true(done >= 36);
}

/* A ROM that somebody's typing has locked to a slow rate is flashed at a fast one all the same. */
static void flash__raises__from_a_locked_rate(void **state)
{
	(void)state;
	static const uint32_t rates[] = {9600, 74880};
	for (size_t i = 0; i < 2; i++) {
		struct rig_config c = flash_config(60000);
		rig_init(&rig, &c);
		sim_link_advance(rig.link, 500000);
		sim_link_baud(rig.link, rates[i], 500000);
		sim_link_send(rig.link, "AAAAAAAAAAAAAAAA", 16, 500000);
		rig.now = 1000000;
		assert_true(rig_run(&rig, 60000000));
		assert_int_equal(rig.end, ENGINE_EV_DONE);
		assert_int_equal(rig_last(&rig, ENGINE_EV_SYNC)->value, rates[i]);
		assert_int_equal(engine_baud(rig.e), 928571);
		assert_true(rig_flash_is(&rig, 0, image, 60000));
		rig_fini(&rig);
	}
}

/* It was in the loader once, and is not any more. */
static void flash__waits__connection_is_gone(void **state)
{
	(void)state;
	struct rig_config c = flash_config(5000);
	c.job.connected = true;
	c.job.connected_baud = 460800;
	c.power_at = 9000000;
	run_done(&c);
	assert_true(rig_flash_is(&rig, 0, image, 5000));
	rig_fini(&rig);
}

/* A rate that passes its trial and then damages blocks: one down, and on from where it was. */
static void flash__steps_down__in_the_middle(void **state)
{
	(void)state;
	static const uint32_t sound[] = {500000, 300000, 120000};
	for (size_t i = 0; i < 3; i++) {
		struct rig_config c = flash_config(300000);
		c.noisy_above = sound[i];
		run_done(&c);
		assert_true(rig_flash_is(&rig, 0, image, 300000));
		assert_true(engine_baud(rig.e) < sound[i]);
		assert_true(engine_baud(rig.e) > sound[i] / 3);
		assert_true(rig_count(&rig, ENGINE_EV_RETRY, ENGINE_RETRY_SLOWER) >= 1);
		assert_false(rig_last(&rig, ENGINE_EV_BAUD)->ok);
		/* from where it was: the blocks sent are hardly more than the image has */
		assert_true(rig_count(&rig, ENGINE_EV_RETRY, ENGINE_RETRY_CHECKSUM) <= 10);
		rig_fini(&rig);
	}
}

/* A driver that reports a write when the last bit has left, or after the answer has come. */
static void flash__works__writes_done_late(void **state)
{
	(void)state;
	static const int64_t late[] = {1, 500, 3000, 30000};
	for (size_t i = 0; i < 4; i++) {
		struct rig_config c = flash_config(60000);
		c.done_late = late[i];
		c.cut = (enum rig_cut)(i % 3);
		run_done(&c);
		assert_true(rig_flash_is(&rig, 0, image, 60000));
		/* the trial of a rate lasts 60 ms: who is later than half of it stays slow */
		if (late[i] < 30000)
			assert_int_equal(rig_count(&rig, ENGINE_EV_RETRY, -1), 0);
		rig_fini(&rig);
	}
}

/* The link can't carry it, which nobody knows before it is tried. */
static void flash__falls_back__rates_that_fail(void **state)
{
	(void)state;
	static const struct {
		uint32_t broken, mute, want;
	} cases[] = {
	    {500000, 0, 460177},
	    {300000, 0, 230088},
	    {115200, 0, 115200},
	    {0, 500000, 460177},
	    {0, 300000, 230088},
	    {0, 115200, 115200},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_config c = flash_config(20000);
		c.broken_above = cases[i].broken;
		c.mute_above = cases[i].mute;
		run_done(&c);
		assert_true(rig_flash_is(&rig, 0, image, 20000));
		assert_int_equal(engine_baud(rig.e), cases[i].want);
		assert_false(rig_last(&rig, ENGINE_EV_BAUD)->ok);
		print_message("up to %u: %.2f s\n", cases[i].want, (double)rig.now / 1e6);
		assert_true(rig.now < 12000000);
		rig_fini(&rig);
	}
}

static void flash__again__without_power_cycle(void **state)
{
	(void)state;
	struct rig_config c = flash_config(20000);
	run_done(&c);
	uint32_t baud = engine_baud(rig.e);
	/* a second job on the same chip, which is still in its loader at that rate */
	engine_free(rig.e);
	rig.pending = (struct rig_pending){0};
	rig.cfg.job.connected = true;
	rig.cfg.job.connected_baud = baud;
	rig.cfg.job.parts[0] = (struct engine_part){0x8000, 30000};
	rig.cfg.data[0] = other;
	rig.e = engine_new(&rig.cfg.job, rig.now);
	rig.ended = false;
	rig.events = 0;
	sim_time from = rig.now;
	assert_true(rig_run(&rig, 60000000));
	assert_int_equal(rig.end, ENGINE_EV_DONE);
	assert_true(rig_flash_is(&rig, 0, image, 20000));
	assert_true(rig_flash_is(&rig, 0x8000, other, 30000));
	assert_true(rig.now - from < 3000000);
	assert_int_equal(engine_chip_info(rig.e)->crystal_khz, 26000);
	rig_fini(&rig);
}

static void engine_new__refuses__unusable_jobs(void **state)
{
	(void)state;
	struct engine_job ok = {.kind = ENGINE_FLASH, .part_count = 1, .parts = {{0, 5}}};
	struct engine *e = engine_new(&ok, 0);
	assert_non_null(e);
	engine_free(e);
	engine_free(NULL);
	struct engine_job j = ok;
	j.part_count = 0;
	assert_null(engine_new(&j, 0));
	j.part_count = ENGINE_MAX_PARTS + 1;
	assert_null(engine_new(&j, 0));
	j = ok;
	j.parts[0].length = 0;
	assert_null(engine_new(&j, 0));
	j = ok;
	j.parts[0].offset = 4095;
	assert_null(engine_new(&j, 0));
	j = ok;
	j.parts[0] = (struct engine_part){0xFFFFF000, 0xFFFFFFFF};
	assert_null(engine_new(&j, 0));
	j = ok;
	j.part_count = 2;
	j.parts[0] = (struct engine_part){0, 4097};
	j.parts[1] = (struct engine_part){4096, 1}; /* in the first one's last sector */
	assert_null(engine_new(&j, 0));
	j.parts[1].offset = 8192;
	e = engine_new(&j, 0);
	assert_non_null(e);
	engine_free(e);
	j.kind = ENGINE_ERASE;
	assert_null(engine_new(&j, 0));
	j.kind = (enum engine_kind)9;
	assert_null(engine_new(&j, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(flash__runs_at_the_wire__115200),
	    cmocka_unit_test(flash__runs_at_the_wire__460800),
	    cmocka_unit_test(flash__runs_at_the_wire__fastest),
	    cmocka_unit_test(flash__same_story__cuts),
	    cmocka_unit_test(flash__fits__odd_lengths),
	    cmocka_unit_test(flash__keeps_neighbours__areas),
	    cmocka_unit_test(flash__several_parts__whole_chip_first),
	    cmocka_unit_test(flash__reaches__above_4_mb),
	    cmocka_unit_test(flash__refuses__beyond_the_chip),
	    cmocka_unit_test(erase__erases__areas_and_chip),
	    cmocka_unit_test(identify__tells__chip),
	    cmocka_unit_test(flash__waits__for_proceed),
	    cmocka_unit_test(flash__follows__what_the_host_can),
	    cmocka_unit_test(identify__begins_again__restarts),
	    cmocka_unit_test(flash__steps_down__in_the_middle),
	    cmocka_unit_test(flash__works__writes_done_late),
	    cmocka_unit_test(flash__raises__from_a_locked_rate),
	    cmocka_unit_test(flash__waits__connection_is_gone),
	    cmocka_unit_test(flash__falls_back__rates_that_fail),
	    cmocka_unit_test(flash__again__without_power_cycle),
	    cmocka_unit_test(engine_new__refuses__unusable_jobs),
	};
	rig_fill(image, sizeof image, 1);
	rig_fill(other, sizeof other, 2);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine and the ESP32 family, against the virtual chips: identity, plain and packed
 * writes, comparison, proof, slow reading, erasing, rates, secure download mode, faults.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enginesim.h"

#define KIB   1024u
#define MIN   (60 * (int64_t)1000000)
#define FLASH (4u << 20)
#define IMAGE (200u * KIB + 123)

static uint8_t image[IMAGE + 4096], before[FLASH];
static struct rig rig;

static struct rig_config config(enum sim_chip chip, enum engine_kind kind, uint32_t n)
{
	struct rig_config c = {.button = true, .seed = 5, .data = {image}, .stub = true};
	c.link.device.chip = chip;
	c.link.device.flash_size = FLASH;
	c.link.usb_latency_us = 1000;
	c.job.kind = kind;
	c.job.part_count = n > 0;
	c.job.parts[0].length = n;
	c.job.parts[0].offset = kind == ENGINE_FLASH ? 0x10000 : 0;
	c.job.app_baud = 115200;
	return c;
}

static void begin(const struct rig_config *c)
{
	rig_init(&rig, c);
	rig_fill(before, sizeof before, 9);
	sim_flash_load(rig_flash(&rig), 0, before, sizeof before);
}

static void finish(enum engine_event_kind how, int64_t limit)
{
	bool ended = rig_run(&rig, limit);
	if (!ended || rig.end != how)
		print_message("%s: ended %d, kind %d, cause %d in %s (%s), state %s, at %06x\n",
		    engine_chip_info(rig.e)->name, ended, (int)rig.end,
		    (int)engine_failure(rig.e)->cause,
		    engine_stage_name(engine_failure(rig.e)->stage),
		    engine_command_name(engine_failure(rig.e)->command), engine_state_name(rig.e),
		    (unsigned)engine_failure(rig.e)->offset);
	assert_true(ended);
	assert_int_equal(rig.end, how);
}

/* What was not to be changed is as before. */
static bool kept(uint32_t from, uint32_t to)
{
	return rig_flash_is(&rig, from, before + from, to - from);
}

static const struct {
	enum sim_chip chip;
	const char *name;
	uint16_t id;
	uint32_t boot, crystal;
} chips[] = {
    {SIM_ESP32, "ESP32", 0, 0x1000, 40000},
    {SIM_ESP32S2, "ESP32-S2", 2, 0x1000, 40000},
    {SIM_ESP32S3, "ESP32-S3", 9, 0, 40000},
    {SIM_ESP32C2, "ESP32-C2", 12, 0, 26000},
    {SIM_ESP32C3, "ESP32-C3", 5, 0, 40000},
    {SIM_ESP32C5, "ESP32-C5", 23, 0x2000, 48000},
    {SIM_ESP32C6, "ESP32-C6", 13, 0, 40000},
    {SIM_ESP32H2, "ESP32-H2", 16, 0, 32000},
    {SIM_ESP32P4, "ESP32-P4", 18, 0x2000, 40000},
};
#define CHIPS (sizeof chips / sizeof chips[0])

static void identify__each_chip__by_its_row(void **state)
{
	(void)state;
	static const uint8_t mac[6] = {0x34, 0x85, 0x18, 0x12, 0x34, 0x56};
	for (size_t i = 0; i < CHIPS; i++) {
		struct rig_config c = config(chips[i].chip, ENGINE_IDENTIFY, 0);
		c.cut = (enum rig_cut)(i % 3);
		begin(&c);
		finish(ENGINE_EV_DONE, MIN);
		const struct engine_chip *chip = engine_chip_info(rig.e);
		assert_string_equal(chip->name, chips[i].name);
		assert_true(chip->known && chip->family32);
		assert_int_equal(chip->chip_id, chips[i].id);
		assert_int_equal(chip->boot_offset, chips[i].boot);
		assert_int_equal(chip->crystal_khz, chips[i].crystal);
		assert_memory_equal(chip->mac, mac, 6);
		assert_int_equal(chip->flash_size, FLASH);
		assert_false(chip->secure_download);
		assert_true(kept(0, FLASH));
		rig_fini(&rig);
	}
}

/* At the ends of what the eFuses have room for; 300 of an ESP32 is burnt in three places. */
static void identify__each_chip__with_its_revision(void **state)
{
	static const struct {
		enum sim_chip chip;
		unsigned revision[4];
	} rows[] = {{SIM_ESP32, {0, 101, 203, 300}}, {SIM_ESP32S2, {0, 100, 7, 115}},
	    {SIM_ESP32S3, {0, 1, 102, 315}}, {SIM_ESP32C2, {0, 200, 315, 101}},
	    {SIM_ESP32C3, {3, 4, 101, 315}}, {SIM_ESP32C5, {0, 100, 315, 3}},
	    {SIM_ESP32C6, {0, 1, 100, 315}}, {SIM_ESP32H2, {0, 1, 102, 307}},
	    {SIM_ESP32P4, {0, 103, 301, 515}}};

	(void)state;
	assert_int_equal(sizeof rows / sizeof rows[0], CHIPS);
	for (size_t i = 0; i < CHIPS; i++)
		for (size_t k = 0; k < 4; k++) {
			struct rig_config c = config(rows[i].chip, ENGINE_IDENTIFY, 0);
			c.link.device.has_revision = true;
			c.link.device.revision = rows[i].revision[k];
			begin(&c);
			finish(ENGINE_EV_DONE, MIN);
			const struct engine_chip *chip = engine_chip_info(rig.e);
			assert_int_equal(chip->revision, rows[i].revision[k]);
			rig_fini(&rig);
		}
}

static void flash__each_chip__packed_and_verified(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHIPS; i++) {
		struct rig_config c = config(chips[i].chip, ENGINE_FLASH, IMAGE);
		c.cut = (enum rig_cut)(i % 3);
		begin(&c);
		finish(ENGINE_EV_DONE, 5 * MIN);
		print_message("%s: %.2f s at %u, %zu retries\n", chips[i].name,
		    (double)(rig.now - rig.stage_at[ENGINE_ST_IDENTIFY][0]) / 1e6,
		    (unsigned)engine_baud(rig.e), rig_count(&rig, ENGINE_EV_RETRY, -1));
		assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
		assert_true(kept(0, 0x10000));
		assert_true(kept(0x10000 + (IMAGE + 4095) / 4096 * 4096, FLASH));
		assert_int_equal(rig_last(&rig, ENGINE_EV_BAUD)->value, 921600);
		/* The next program looks for it there. */
		assert_int_equal(engine_baud(rig.e), 115200);
		assert_true(engine_in_loader(rig.e));
		assert_int_equal(rig_count(&rig, ENGINE_EV_RETRY, -1), 0);
		assert_true(engine_by_md5(rig.e));
		assert_true(rig.stage_at[ENGINE_ST_VERIFY][1] > 0);
		rig_fini(&rig);
	}
}

static void flash__same_again__nothing_written(void **state)
{
	(void)state;
	struct rig_config c = config(SIM_ESP32C3, ENGINE_FLASH, IMAGE);
	begin(&c);
	sim_flash_load(rig_flash(&rig), 0x10000, image, IMAGE);
	finish(ENGINE_EV_DONE, MIN);
	const struct engine_event *plan = rig_last(&rig, ENGINE_EV_PLAN);
	assert_non_null(plan);
	assert_int_equal(plan->done, 0);
	assert_false(engine_failure(rig.e)->flash_touched);
	assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
	rig_fini(&rig);
}

static void flash__one_sector_differs__only_that_one(void **state)
{
	(void)state;
	struct rig_config c = config(SIM_ESP32S3, ENGINE_FLASH, IMAGE);
	static const uint8_t wrong[3] = {0, 0, 0};
	begin(&c);
	sim_flash_load(rig_flash(&rig), 0x10000, image, IMAGE);
	sim_flash_load(rig_flash(&rig), 0x10000 + 70000, wrong, sizeof wrong);
	finish(ENGINE_EV_DONE, MIN);
	assert_int_equal(rig_last(&rig, ENGINE_EV_PLAN)->done, 4096);
	assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
	rig_fini(&rig);
}

static void flash__full__all_of_it(void **state)
{
	(void)state;
	struct rig_config c = config(SIM_ESP32C6, ENGINE_FLASH, IMAGE);
	c.job.full = true;
	begin(&c);
	sim_flash_load(rig_flash(&rig), 0x10000, image, IMAGE);
	finish(ENGINE_EV_DONE, MIN);
	assert_int_equal(rig_last(&rig, ENGINE_EV_PLAN)->done, (IMAGE + 4095) / 4096 * 4096);
	rig_fini(&rig);
}

/* What does not get smaller goes plain. */
static void flash__incompressible__plain(void **state)
{
	(void)state;
	static uint8_t noise[100 * KIB];
	uint64_t s = 99;
	for (size_t i = 0; i < sizeof noise; i++) {
		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		noise[i] = (uint8_t)(s >> 32);
	}
	struct rig_config c = config(SIM_ESP32, ENGINE_FLASH, sizeof noise);
	c.data[0] = noise;
	begin(&c);
	finish(ENGINE_EV_DONE, MIN);
	assert_true(rig_flash_is(&rig, 0x10000, noise, sizeof noise));
	rig_fini(&rig);
}

static void flash__erase_all__keeps_nothing_but_the_kept(void **state)
{
	(void)state;
	struct rig_config c = config(SIM_ESP32, ENGINE_FLASH, IMAGE);
	static uint8_t blank[FLASH];
	memset(blank, 0xFF, sizeof blank);
	c.job.erase_all = true;
	c.job.keep[0].offset = 0x9000;
	c.job.keep[0].length = 0x5000;
	c.job.keep_count = 1;
	begin(&c);
	finish(ENGINE_EV_DONE, 5 * MIN);
	assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
	assert_true(kept(0x9000, 0xE000));
	assert_true(rig_flash_is(&rig, 0, blank, 0x9000));
	uint32_t end = 0x10000 + (IMAGE + 4095) / 4096 * 4096;
	assert_true(rig_flash_is(&rig, end, blank, FLASH - end));
	rig_fini(&rig);
}

static void erase__area_and_chip(void **state)
{
	(void)state;
	static uint8_t blank[FLASH];
	memset(blank, 0xFF, sizeof blank);
	struct rig_config c = config(SIM_ESP32C3, ENGINE_ERASE, 0x3000);
	c.job.parts[0].offset = 0x9000;
	begin(&c);
	finish(ENGINE_EV_DONE, MIN);
	assert_true(rig_flash_is(&rig, 0x9000, blank, 0x3000));
	assert_true(kept(0, 0x9000) && kept(0xC000, FLASH));
	rig_fini(&rig);
	c = config(SIM_ESP32C6, ENGINE_ERASE, 0);
	begin(&c);
	finish(ENGINE_EV_DONE, 5 * MIN);
	assert_true(rig_flash_is(&rig, 0, blank, FLASH));
	rig_fini(&rig);
}

static void read__told_before__byte_exact(void **state)
{
	(void)state;
	struct rig_config c = config(SIM_ESP32S3, ENGINE_READ, 150 * KIB + 30);
	c.job.parts[0].offset = 0x5000;
	c.cut = RIG_RANDOM;
	begin(&c);
	assert_true(rig_until(&rig, ENGINE_EV_SLOW, -1, MIN));
	sim_time began = rig.now;
	assert_int_equal(rig_last(&rig, ENGINE_EV_SLOW)->total, 150 * KIB + 30);
	finish(ENGINE_EV_DONE, 5 * MIN);
	double took = (double)(rig.now - began) / 1e6, told = rig_last(&rig, ENGINE_EV_SLOW)->count;
	print_message("%.1f s, told %.0f s\n", took, told);
	assert_true(took < told * 1.6 && took > told * 0.5);
	assert_int_equal(rig.taken_n, 150 * KIB + 30);
	assert_memory_equal(rig.taken, before + 0x5000, rig.taken_n);
	rig_fini(&rig);
}

static void read__each_chip__byte_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHIPS; i++) {
		struct rig_config c = config(chips[i].chip, ENGINE_READ, 40 * KIB + 10);
		c.job.parts[0].offset = 0x7000;
		c.cut = (enum rig_cut)(i % 3);
		begin(&c);
		finish(ENGINE_EV_DONE, 5 * MIN);
		assert_int_equal(rig_last(&rig, ENGINE_EV_SLOW)->total, 40 * KIB + 10);
		assert_int_equal(rig.taken_n, 40 * KIB + 10);
		assert_memory_equal(rig.taken, before + 0x7000, rig.taken_n);
		assert_true(kept(0, FLASH));
		rig_fini(&rig);
	}
}

static void flash__backup__before_anything(void **state)
{
	(void)state;
	struct rig_config c = config(SIM_ESP32C3, ENGINE_FLASH, 5000);
	c.link.device.flash_size = 1u << 20;
	c.job.backup = true;
	rig_init(&rig, &c);
	rig_fill(before, sizeof before, 9);
	sim_flash_load(rig_flash(&rig), 0, before, 1u << 20);
	finish(ENGINE_EV_DONE, 10 * MIN);
	assert_int_equal(rig.taken_n, 1u << 20);
	assert_memory_equal(rig.taken, before, 1u << 20);
	assert_true(rig.stage_at[ENGINE_ST_READ][1] <= rig.stage_at[ENGINE_ST_WRITE][0]);
	assert_true(rig_flash_is(&rig, 0x10000, image, 5000));
	rig_fini(&rig);
}

static void verify__names_what_differs(void **state)
{
	(void)state;
	struct rig_config c = config(SIM_ESP32, ENGINE_VERIFY, IMAGE);
	static const uint8_t wrong[1] = {0};
	struct engine_part areas[4];
	begin(&c);
	sim_flash_load(rig_flash(&rig), 0, image, IMAGE);
	finish(ENGINE_EV_DONE, MIN);
	rig_fini(&rig);
	begin(&c);
	sim_flash_load(rig_flash(&rig), 0, image, IMAGE);
	sim_flash_load(rig_flash(&rig), 0x13004, wrong, 1);
	finish(ENGINE_EV_FAILED, MIN);
	assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_VERIFY);
	assert_int_equal(engine_mismatches(rig.e, areas, 4), 1);
	assert_int_equal(areas[0].offset, 0x13000);
	assert_int_equal(areas[0].length, 0x1000);
	rig_fini(&rig);
}

static void secure_download__writes_and_says_what_it_cannot(void **state)
{
	(void)state;
	static const enum sim_chip secure[] = {SIM_ESP32C3, SIM_ESP32S2, SIM_ESP32S3};
	for (size_t i = 0; i < 3; i++) {
		struct rig_config c = config(secure[i], ENGINE_FLASH, IMAGE);
		c.link.device.secure_download = true;
		begin(&c);
		finish(ENGINE_EV_DONE, 5 * MIN);
		assert_true(engine_chip_info(rig.e)->secure_download);
		assert_false(engine_by_md5(rig.e));
		assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
		rig_fini(&rig);
		c = config(secure[i], ENGINE_READ, 4096);
		c.link.device.secure_download = true;
		begin(&c);
		finish(ENGINE_EV_FAILED, MIN);
		assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_SECURE);
		assert_true(engine_failure(rig.e)->still_connected);
		rig_fini(&rig);
	}
}

/* ---- rates -------------------------------------------------------------------------------------- */
static void baud__too_fast_for_the_link__falls_back(void **state)
{
	(void)state;
	struct rig_config c = config(SIM_ESP32, ENGINE_FLASH, IMAGE);
	c.mute_above = 500000; /* the chip hears it, and is not heard */
	begin(&c);
	finish(ENGINE_EV_DONE, 5 * MIN);
	assert_int_equal(rig_last(&rig, ENGINE_EV_BAUD)->value, 460800);
	assert_false(rig_last(&rig, ENGINE_EV_BAUD)->ok);
	assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
	rig_fini(&rig);
	c.mute_above = 0;
	c.broken_above = 300000; /* neither hears the other */
	begin(&c);
	bool ended = rig_run(&rig, 5 * MIN);
	assert_true(ended);
	/* A chip that took a rate at which it can't be reached can't be told to return. */
	if (rig.end == ENGINE_EV_FAILED)
		assert_false(engine_failure(rig.e)->flash_touched);
	else
		assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
	print_message(
	    "broken above: end %d, cause %d\n", (int)rig.end, (int)engine_failure(rig.e)->cause);
	rig_fini(&rig);
	c.broken_above = 0;
	c.host_max = 250000;
	begin(&c);
	finish(ENGINE_EV_DONE, 5 * MIN);
	assert_int_equal(rig_last(&rig, ENGINE_EV_BAUD)->value, 230400);
	rig_fini(&rig);
}

/* The ESP32's ROM judges its crystal by an oscillator that drifts; the rate it is asked for is made
 * up for that. Far off means that what was read is no measure: then the rate is what it is. */
static void baud__crystal_judged_wrongly__right_all_the_same(void **state)
{
	(void)state;
	static const struct {
		uint32_t crystal, rom_khz;
	} cases[] = {{40, 43000}, {40, 37200}, {26, 27800}, {26, 24400}, {40, 40000}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_config c = config(SIM_ESP32, ENGINE_FLASH, IMAGE);
		c.link.device.crystal_mhz = cases[i].crystal;
		c.link.device.rom_khz = cases[i].rom_khz;
		begin(&c);
		finish(ENGINE_EV_DONE, 5 * MIN);
		assert_int_equal(engine_chip_info(rig.e)->crystal_khz, cases[i].crystal * 1000);
		assert_true(rig_last(&rig, ENGINE_EV_BAUD)->ok);
		assert_int_equal(rig_last(&rig, ENGINE_EV_BAUD)->value, 921600);
		assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
		rig_fini(&rig);
	}
}

/* Another program, or the same one in the midst of its work, was ended: the chip stays at its rate,
 * and the next one finds it there. */
static void baud__left_raised__found_by_the_next(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHIPS; i += 2) {
		struct rig_config c = config(chips[i].chip, ENGINE_FLASH, IMAGE);
		begin(&c);
		assert_true(rig_until(&rig, ENGINE_EV_BAUD, -1, MIN));
		struct engine_job job = c.job;
		job.kind = ENGINE_IDENTIFY;
		job.part_count = 0;
		job.connected = true;
		job.connected_baud = 115200;
		job.maybe_raised = true;
		engine_free(rig.e);
		rig.e = engine_new(&job, rig.now);
		rig.events = 0;
		finish(ENGINE_EV_DONE, MIN);
		assert_int_equal(engine_chip_info(rig.e)->chip_id, chips[i].id);
		/* ... and leaves it where everybody looks. */
		assert_int_equal(engine_baud(rig.e), 115200);
		rig_fini(&rig);
	}
}

/* ---- the flash behind it ------------------------------------------------------------------------ */
static void identify__flash_in_package__by_its_eFuses(void **state)
{
	(void)state;
	struct rig_config c = config(SIM_ESP32, ENGINE_FLASH, IMAGE);
	c.link.device.in_package = true;
	begin(&c);
	finish(ENGINE_EV_DONE, 5 * MIN);
	assert_string_equal(engine_chip_info(rig.e)->part, "ESP32-PICO-D4 or V3");
	assert_int_equal(engine_chip_info(rig.e)->flash_size, FLASH);
	assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
	rig_fini(&rig);
}

static void identify__xmc_half_awake__is_woken(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHIPS; i++) {
		struct rig_config c = config(chips[i].chip, ENGINE_IDENTIFY, 0);
		c.link.device.xmc_asleep = true;
		c.cut = (enum rig_cut)(i % 3);
		begin(&c);
		finish(ENGINE_EV_DONE, MIN);
		assert_true(engine_chip_info(rig.e)->flash_woken);
		assert_int_equal(engine_chip_info(rig.e)->flash_id, 0x164020);
		assert_int_equal(engine_chip_info(rig.e)->flash_size, FLASH);
		rig_fini(&rig);
		c.link.device.xmc_asleep = false;
		begin(&c);
		finish(ENGINE_EV_DONE, MIN);
		assert_false(engine_chip_info(rig.e)->flash_woken);
		rig_fini(&rig);
	}
}

/* Three bytes of address: what is behind 16 MB would wrap round to the beginning. */
static void flash__more_than_16_MB__only_what_is_reached(void **state)
{
	(void)state;
	static const struct {
		enum engine_kind kind;
		uint32_t offset, length;
		bool erase_all, backup, good;
	} cases[] = {
	    {ENGINE_FLASH, 0x10000, IMAGE, false, false, true},
	    {ENGINE_FLASH, (16u << 20) - 0x10000, IMAGE, false, false, false},
	    {ENGINE_FLASH, 0x10000, IMAGE, true, false, false},
	    {ENGINE_FLASH, 0x10000, IMAGE, false, true, false},
	    {ENGINE_ERASE, 0, 0, false, false, false},
	    {ENGINE_ERASE, 17u << 20, 0x1000, false, false, false},
	    {ENGINE_ERASE, (16u << 20) - 0x1000, 0x1000, false, false, true},
	    {ENGINE_READ, 0, 0, false, false, false},
	    {ENGINE_READ, (16u << 20) - 0x1000, 0x1000, false, false, true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_config c = config(SIM_ESP32S3, cases[i].kind, cases[i].length);
		c.link.device.flash_size = 32u << 20;
		c.job.parts[0].offset = cases[i].offset;
		c.job.erase_all = cases[i].erase_all;
		c.job.backup = cases[i].backup;
		begin(&c);
		finish(cases[i].good ? ENGINE_EV_DONE : ENGINE_EV_FAILED, 5 * MIN);
		assert_int_equal(engine_chip_info(rig.e)->flash_size, 32u << 20);
		if (!cases[i].good) {
			assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_BEYOND);
			assert_false(engine_failure(rig.e)->flash_touched);
			assert_true(kept(0, FLASH));
		} else if (cases[i].kind == ENGINE_FLASH) {
			assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
		}
		rig_fini(&rig);
	}
}

/* ---- by the chip's own USB ------------------------------------------------------------------------ */
static void usb__watchdogs_silenced__written_and_started(void **state)
{
	(void)state;
	static const enum sim_chip usb[] = {SIM_ESP32C3, SIM_ESP32S3, SIM_ESP32C6};
	for (size_t i = 0; i < 3; i++) {
		struct rig_config c = config(usb[i], ENGINE_READ, 400 * KIB);
		c.button = false;
		c.link.device.usb_jtag = true;
		c.link.device.usb_stays = true;
		c.link.device.wdt_us = 1000000;
		c.job.has_lines = true;
		c.job.usb_jtag = true;
		c.no_power = true;
		begin(&c);
		/* The port is there when the chip is. */
		sim_link_power(rig.link, true, 0);
		rig.now = 700000;
		sim_link_advance(rig.link, rig.now);
		finish(ENGINE_EV_DONE, 5 * MIN);
		assert_memory_equal(rig.taken, before, 400 * KIB);
		assert_string_equal(engine_reset_name(rig.e), "usb-jtag");
		assert_true(engine_chip_info(rig.e)->by_usb);
		/* Longer than the watchdogs would have waited. */
		assert_true(rig.now - rig.stage_at[ENGINE_ST_READ][0] > 2000000);
		assert_false(engine_in_loader(rig.e));
		rig_fini(&rig);
	}
}

/* Where RTS is not to be had its watchdog starts the application; not known for all chips. */
static void usb__without_lines__started_by_the_watchdog(void **state)
{
	(void)state;
	static const struct {
		enum sim_chip chip;
		bool starts;
	} usb[] = {{SIM_ESP32C3, true}, {SIM_ESP32S3, true}, {SIM_ESP32C6, false}};
	for (size_t i = 0; i < 3; i++) {
		struct rig_config c = config(usb[i].chip, ENGINE_FLASH, IMAGE);
		c.link.device.usb_jtag = true;
		c.link.device.usb_stays = true;
		c.link.device.wdt_us = 1000000;
		c.job.usb_jtag = true;
		c.job.connected = true; /* as after the port's return */
		c.job.connected_baud = 115200;
		c.no_power = true;
		begin(&c);
		sim_link_power(rig.link, true, 0);
		rig.now = 700000;
		sim_link_advance(rig.link, rig.now);
		finish(ENGINE_EV_DONE, 5 * MIN);
		assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
		assert_int_equal(engine_by_watchdog(rig.e), usb[i].starts);
		assert_int_equal(engine_in_loader(rig.e), !usb[i].starts);
		rig_fini(&rig);
	}
}

/* ---- faults ------------------------------------------------------------------------------------- */
static void flash__faults__right_in_the_end(void **state)
{
	(void)state;
	static const char *const faults[] = {"drop:1e-5", "flip:1e-5", "flip:1e-4", "drop:1e-4",
	    "insert:1e-4", "delay:100", "delay:700", "answer-lost:0.05", "drop:1e-3,dir=rx",
	    "flip:3e-4,dir=rx"};
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		for (unsigned seed = 1; seed <= 3; seed++) {
			struct rig_config c =
			    config(chips[(i + seed) % CHIPS].chip, ENGINE_FLASH, IMAGE);
			c.seed = seed;
			c.fault[0] = faults[i];
			c.fault_after_identity = true;
			c.job.baud = 460800;
			begin(&c);
			bool ended = rig_run(&rig, 20 * MIN);
			print_message("%s: end %d in %.0f s, %zu retries, cause %d\n", faults[i],
			    (int)rig.end, (double)rig.now / 1e6,
			    rig_count(&rig, ENGINE_EV_RETRY, -1),
			    (int)engine_failure(rig.e)->cause);
			assert_true(ended);
			if (rig.end == ENGINE_EV_DONE)
				assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
			assert_int_equal(rig.end, ENGINE_EV_DONE);
			rig_fini(&rig);
		}
}

/* ---- what is told of a device in trouble -------------------------------------------------------- */
/* A loader that was started anew is found again at the same rate, and knows of no flash. */
static void flash__reset_in_the_middle__goes_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct rig_config c = config(chips[2 * i].chip, ENGINE_FLASH, IMAGE);
		c.fault[0] = "reset@BYTE:60000";
		c.fault_after_identity = true;
		begin(&c);
		assert_true(rig_run(&rig, 5 * MIN));
		print_message(
		    "reset: end %d, cause %d\n", (int)rig.end, (int)engine_failure(rig.e)->cause);
		if (rig.end == ENGINE_EV_DONE)
			assert_true(rig_flash_is(&rig, 0x10000, image, IMAGE));
		else
			assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_RESET);
		rig_fini(&rig);
	}
}

static void fault__is_named__board(void **state)
{
	(void)state;
	static const struct {
		const char *spec;
		enum engine_cause a, b;
	} cases[] = {
	    {"brownout-erase:2", ENGINE_CAUSE_RESET, ENGINE_CAUSE_NO_ANSWER},
	    {"unplug@BYTE:60000", ENGINE_CAUSE_IO, ENGINE_CAUSE_IO},
	    {"worn:20", ENGINE_CAUSE_WORN, ENGINE_CAUSE_READBACK},
	    {"write-protect", ENGINE_CAUSE_WORN, ENGINE_CAUSE_READBACK},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_config c = config(chips[i].chip, ENGINE_FLASH, IMAGE);
		c.fault[0] = cases[i].spec;
		c.fault_after_identity = true;
		begin(&c);
		finish(ENGINE_EV_FAILED, 10 * MIN);
		enum engine_cause cause = engine_failure(rig.e)->cause;
		print_message("%s: cause %d at %06x, %.0f s\n", cases[i].spec, (int)cause,
		    (unsigned)engine_failure(rig.e)->offset, (double)rig.now / 1e6);
		assert_true(cause == cases[i].a || cause == cases[i].b);
		assert_true(engine_failure(rig.e)->flash_touched);
		rig_fini(&rig);
	}
}

int main(void)
{
	rig_fill(image, sizeof image, 77);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(identify__each_chip__by_its_row),
	    cmocka_unit_test(identify__each_chip__with_its_revision),
	    cmocka_unit_test(flash__each_chip__packed_and_verified),
	    cmocka_unit_test(flash__same_again__nothing_written),
	    cmocka_unit_test(flash__one_sector_differs__only_that_one),
	    cmocka_unit_test(flash__full__all_of_it),
	    cmocka_unit_test(flash__incompressible__plain),
	    cmocka_unit_test(flash__erase_all__keeps_nothing_but_the_kept),
	    cmocka_unit_test(erase__area_and_chip),
	    cmocka_unit_test(read__told_before__byte_exact),
	    cmocka_unit_test(flash__backup__before_anything),
	    cmocka_unit_test(verify__names_what_differs),
	    cmocka_unit_test(secure_download__writes_and_says_what_it_cannot),
	    cmocka_unit_test(baud__too_fast_for_the_link__falls_back),
	    cmocka_unit_test(read__each_chip__byte_exact),
	    cmocka_unit_test(baud__crystal_judged_wrongly__right_all_the_same),
	    cmocka_unit_test(baud__left_raised__found_by_the_next),
	    cmocka_unit_test(identify__flash_in_package__by_its_eFuses),
	    cmocka_unit_test(identify__xmc_half_awake__is_woken),
	    cmocka_unit_test(flash__more_than_16_MB__only_what_is_reached),
	    cmocka_unit_test(usb__watchdogs_silenced__written_and_started),
	    cmocka_unit_test(usb__without_lines__started_by_the_watchdog),
	    cmocka_unit_test(flash__faults__right_in_the_end),
	    cmocka_unit_test(flash__reset_in_the_middle__goes_on),
	    cmocka_unit_test(fault__is_named__board),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
		assert_int_equal(engine_baud(rig.e), 921600);
		assert_int_equal(rig_count(&rig, ENGINE_EV_RETRY, -1), 0);
		assert_true(engine_by_md5(rig.e));
		assert_true(rig.stage_at[ENGINE_ST_VERIFY][1] > 0);
		rig_fini(&rig);
	}
}

int main(void)
{
	rig_fill(image, sizeof image, 77);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(identify__each_chip__by_its_row),
	    cmocka_unit_test(flash__each_chip__packed_and_verified),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

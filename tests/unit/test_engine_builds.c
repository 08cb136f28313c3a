/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Real firmware, where somebody has some: each file of IMAGES (names, with blanks between) is flashed,
 * verified, copied, erased and restored by the real stub, in virtual time; all of it byte-identical.
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

#define CHIP (1u << 20)
#define MIN  (60 * (int64_t)1000000)

static uint8_t image[CHIP], before[CHIP], copy[CHIP];
static struct rig rig;

static size_t load(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("%s can't be read", path);
	size_t n = fread(image, 1, CHIP, f);
	fclose(f);
	return n;
}

/* The next job on the same board; rate: of the link, as the one before left it. */
static double job(enum engine_kind kind, const uint8_t *data, uint32_t n)
{
	struct engine_job j = {.kind = kind, .app_baud = 115200, .baud = 921600};
	sim_time since = rig.now;
	if (data) {
		j.part_count = 1;
		j.parts[0].length = n;
		rig.cfg.data[0] = data;
	}
	j.connected = rig.ended;
	j.connected_baud = rig.ended ? engine_baud(rig.e) : 0;
	engine_free(rig.e);
	rig.pending = (struct rig_pending){0};
	rig.cfg.job = j;
	rig.e = engine_new(&rig.cfg.job, rig.now);
	assert_non_null(rig.e);
	rig.ended = false;
	rig.events = 0;
	rig.taken_n = 0;
	assert_true(rig_run(&rig, 5 * MIN));
	assert_int_equal(rig.end, ENGINE_EV_DONE);
	return (double)(rig.now - since) / 1e6;
}

static void one_build(const char *path)
{
	struct rig_config c = {.button = true, .seed = 3, .stub = true};
	size_t n = load(path);
	double t[5];
	c.job.kind = ENGINE_IDENTIFY;
	rig_init(&rig, &c);
	rig_fill(before, CHIP, 99);
	memset(before + 0xE0000, 0xFF, 0x14000);
	sim_flash_load(rig_flash(&rig), 0, before, CHIP);
	t[0] = job(ENGINE_FLASH, image, (uint32_t)n);
	assert_true(rig_flash_is(&rig, 0, image, n));
	uint32_t end = ((uint32_t)n + 4095) / 4096 * 4096;
	assert_true(rig_flash_is(&rig, end, before + end, CHIP - end));
	t[1] = job(ENGINE_VERIFY, image, (uint32_t)n);
	t[2] = job(ENGINE_READ, NULL, 0);
	assert_int_equal(rig.taken_n, CHIP);
	memcpy(copy, rig.taken, CHIP);
	assert_true(rig_flash_is(&rig, 0, copy, CHIP));
	t[3] = job(ENGINE_ERASE, NULL, 0);
	t[4] = job(ENGINE_FLASH, copy, CHIP);
	assert_true(rig_flash_is(&rig, 0, copy, CHIP));
	const char *name = strrchr(path, '/');
	print_message("%-34s %7zu bytes: flash %.1f s, verify %.1f, backup %.1f, erase %.1f, "
		      "restore %.1f: identical\n",
	    name ? name + 1 : path, n, t[0], t[1], t[2], t[3], t[4]);
	rig_fini(&rig);
}

static void builds__there_and_back__all(void **state)
{
	const char *at = getenv("IMAGES");
	(void)state;
	if (!at || !*at)
		skip();
	while (*at) {
		char path[512];
		size_t n = strcspn(at, " \n");
		snprintf(path, sizeof path, "%.*s", (int)n, at);
		if (n > 0)
			one_build(path);
		at += n + (at[n] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(builds__there_and_back__all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

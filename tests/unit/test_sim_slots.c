/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the virtual ESP32's applications put their successors, and what starts then. */
#include "sim_peer32.h"
#include "sim/simint.h"
#include "sim/tasmota32_image.h"
#include "sim/tasmota_ident.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct peer P;
static uint8_t image[TAS32_IMAGE_MAX], next[TAS32_IMAGE_MAX];

static int teardown(void **state)
{
	(void)state;
	peer_fini(&P);
	return 0;
}

static size_t make(enum tas32_kind kind, enum tas32_layout layout, unsigned minor, uint8_t *dst)
{
	struct tas32_spec s = {.chip = sim_chip_row(SIM_ESP32C3),
	    .kind = kind,
	    .layout = layout,
	    .version = TAS_V(14, minor, 0, 0),
	    .size = 0x20000,
	    .mode = 2,
	    .flash = 0x20};
	size_t n = tas32_image_make(&s, dst);

	assert_true(n > 0);
	return n;
}

static struct sim_device *board(enum tas32_layout layout)
{
	struct sim_device *dev;
	size_t n = make(TAS32_FACTORY, layout, 1, image);

	peer32_init(&P, SIM_ESP32C3,
	    &(struct sim_link_config){.device.scenario = "network * rssi -55 channel 6\n"});
	dev = sim_link_device(P.l);
	sim_flash_load(sim_device_flash(dev), 0, image, n);
	return dev;
}

/* From there, after a start. */
static void starts_from(struct sim_device *dev, uint32_t at)
{
	assert_true(sim_app32_find(dev));
	assert_int_equal(dev->rom32.app_at, at);
}

static void flash_is(struct sim_device *dev, uint32_t at, const uint8_t *p, size_t n)
{
	static uint8_t got[0x20000];

	assert_true(n <= sizeof(got));
	sim_flash_read(sim_device_flash(dev), at, got, n);
	assert_memory_equal(got, p, n);
}

static void slots__with_one__are_written_from_safeboot_only(void **state)
{
	struct sim_device *dev = board(TAS32_LAYOUT_SAFEBOOT);
	const struct sim_slots *s = &dev->app_slots;
	size_t n = make(TAS32_APP, TAS32_LAYOUT_SAFEBOOT, 2, next);

	(void)state;
	starts_from(dev, 0xE0000);
	assert_true(s->has_safeboot(dev));
	assert_false(s->in_safeboot(dev));
	assert_int_equal(s->room(dev), 0);
	s->write(dev, next, n); /* nothing happens */
	starts_from(dev, 0xE0000);
	s->to_safeboot(dev);
	starts_from(dev, 0x10000);
	assert_true(s->in_safeboot(dev));
	assert_int_equal(s->room(dev), 0x2D0000);
	starts_from(dev, 0x10000); /* it stays there */
	s->write(dev, next, n);
	flash_is(dev, 0xE0000, next, n);
	starts_from(dev, 0xE0000);
	s->to_safeboot(dev);
	starts_from(dev, 0x10000);
	s->to_app(dev);
	starts_from(dev, 0xE0000);
}

static void slots__with_two__take_turns(void **state)
{
	struct sim_device *dev = board(TAS32_LAYOUT_TWO_SLOT);
	const struct sim_slots *s = &dev->app_slots;
	size_t n = make(TAS32_APP, TAS32_LAYOUT_TWO_SLOT, 2, next);

	(void)state;
	starts_from(dev, 0x10000);
	assert_false(s->has_safeboot(dev));
	for (int i = 0; i < 5; i++) {
		uint32_t other = i & 1 ? 0x10000 : 0x1D0000;

		assert_int_equal(s->room(dev), 0x1C0000);
		s->write(dev, next, n);
		flash_is(dev, other, next, n);
		starts_from(dev, other);
	}
}

/* What is damaged is not started: safeboot is, and can write it anew. */
static void slots__fall_back_to_safeboot__from_a_damaged_application(void **state)
{
	struct sim_device *dev = board(TAS32_LAYOUT_SAFEBOOT);
	const struct sim_slots *s = &dev->app_slots;
	size_t n = make(TAS32_APP, TAS32_LAYOUT_SAFEBOOT, 2, next);

	(void)state;
	starts_from(dev, 0xE0000);
	s->to_safeboot(dev);
	starts_from(dev, 0x10000);
	next[0x5000] ^= 1;
	s->write(dev, next, n);
	starts_from(dev, 0x10000);
	next[0x5000] ^= 1;
	s->write(dev, next, n);
	starts_from(dev, 0xE0000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(slots__with_one__are_written_from_safeboot_only, teardown),
	    cmocka_unit_test_teardown(slots__with_two__take_turns, teardown),
	    cmocka_unit_test_teardown(
		slots__fall_back_to_safeboot__from_a_damaged_application, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

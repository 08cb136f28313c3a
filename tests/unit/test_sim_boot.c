/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual ESP8266 from power to the application: banner, straps, what it prints. */
#include "sim_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static int setup(void **state)
{
	static struct peer p;

	peer_init(&p, NULL);
	sim_link_baud(p.l, 74880, 0);
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	peer_fini(*state);
	return 0;
}

static enum sim_mode mode(struct peer *p)
{
	return sim_device_mode(sim_link_device(p->l));
}

static struct sim_flash *flash(struct peer *p)
{
	return sim_device_flash(sim_link_device(p->l));
}

static void boot(struct peer *p)
{
	peer_forget(p);
	sim_link_power(p->l, false, p->now);
	sim_link_power(p->l, true, p->now);
	peer_wait(p, 500000);
}

static void load(struct peer *p, uint32_t addr, uint32_t len)
{
	uint8_t image[8192];
	size_t n = peer_image(image, addr, len);

	sim_flash_load(flash(p), 0, image, n);
}

static void boot__prints_ets_main__blank_flash(void **state)
{
	struct peer *p = *state;

	boot(p);
	assert_true(peer_saw(p, "\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,7)\r\n"));
	assert_true(peer_saw(p, "ets_main.c 371 "));
	assert_false(peer_saw(p, "load "));
	assert_int_equal(mode(p), SIM_MODE_HANG);
}

static void boot__loads_and_starts__sound_image(void **state)
{
	struct peer *p = *state;

	load(p, 0x40100000, 612);
	boot(p);
	assert_true(
	    peer_saw(p, "boot mode:(3,7)\r\n\r\nload 0x40100000, len 612, room 16 \r\ntail 4\r\n"));
	assert_true(peer_saw(p, "csum 0x"));
	assert_int_equal(mode(p), SIM_MODE_APP);
}

static void boot__prints_csum_err__damaged_image(void **state)
{
	struct peer *p = *state;

	load(p, 0x40100000, 612);
	flash(p)->mem[300] ^= 1;
	boot(p);
	assert_true(peer_saw(p, "csum err\r\nets_main.c"));
	assert_int_equal(mode(p), SIM_MODE_HANG);
}

static void boot__stops__segment_of_nonsense(void **state)
{
	struct peer *p = *state;

	load(p, 0x40100000, 612);
	memset(flash(p)->mem + 12, 0xF0, 4);
	boot(p);
	assert_true(peer_saw(p, "ets_main.c"));
}

static void boot__loops_silently__second_image_missing(void **state)
{
	struct peer *p = *state;

	load(p, 0x4010F000, 1384);
	boot(p);
	assert_true(peer_saw(p, "load 0x4010f000, len 1384, room 16 \r\ntail 8\r\n"));
	assert_true(peer_saw(p, "~ld\n"));
	assert_int_equal(mode(p), SIM_MODE_HANG);
	peer_wait(p, 1000000);
	assert_true(peer_saw(p, "rst cause:2, boot mode:(3,7)"));
}

static void boot__starts_app__second_image_whole(void **state)
{
	struct peer *p = *state;
	uint8_t image[2048];
	size_t n = peer_image(image, 0x40201010, 1000);

	load(p, 0x4010F000, 1384);
	sim_flash_load(flash(p), 0x1000, image, n);
	boot(p);
	assert_int_equal(mode(p), SIM_MODE_APP);
	flash(p)->mem[0x1200] ^= 4;
	boot(p);
	assert_int_equal(mode(p), SIM_MODE_HANG);
}

static void boot__dies__8285_and_mode_not_dout(void **state)
{
	struct peer p;

	(void)state;
	peer_init(&p, &(struct sim_link_config){.device.chip = SIM_ESP8285});
	load(&p, 0x40100000, 612);
	boot(&p);
	assert_int_equal(mode(&p), SIM_MODE_HANG);
	flash(&p)->mem[2] = 3;
	boot(&p);
	assert_int_equal(mode(&p), SIM_MODE_APP);
	peer_fini(&p);
}

static void boot__enters_loader_silently__button_held(void **state)
{
	struct peer *p = *state;

	load(p, 0x40100000, 612);
	sim_link_button(p->l, true, p->now);
	boot(p);
	assert_true(peer_saw(p, "boot mode:(1,7)\r\n"));
	assert_false(peer_saw(p, "load "));
	assert_int_equal(mode(p), SIM_MODE_AUTOBAUD);
	/* Letting go of the button changes nothing until the next power-on. */
	sim_link_button(p->l, false, p->now);
	peer_wait(p, 1000000);
	assert_int_equal(mode(p), SIM_MODE_AUTOBAUD);
	boot(p);
	assert_int_equal(mode(p), SIM_MODE_APP);
}

static void boot__hangs__wrong_straps(void **state)
{
	struct peer *p = *state;

	sim_device_strap(sim_link_device(p->l), SIM_GPIO15, true);
	boot(p);
	assert_true(peer_saw(p, "boot mode:(7,7)"));
	assert_true(peer_saw(p, "waiting for host"));
	sim_device_strap(sim_link_device(p->l), SIM_GPIO15, false);
	sim_device_strap(sim_link_device(p->l), SIM_GPIO2, false);
	sim_link_button(p->l, true, p->now);
	boot(p);
	assert_true(peer_saw(p, "boot mode:(0,7)"));
	assert_int_equal(mode(p), SIM_MODE_HANG);
}

static void banner__is_garbage__heard_at_115200(void **state)
{
	struct peer *p = *state;

	sim_link_baud(p->l, 115200, p->now);
	boot(p);
	assert_true(p->n > 10);
	assert_false(peer_saw(p, "ets"));
	assert_false(peer_saw(p, "boot"));
}

static void banner__costs_wire_time__at_74880(void **state)
{
	struct peer *p = *state;
	sim_time start = p->now;

	sim_link_button(p->l, true, p->now);
	boot(p);
	/* 30 ms, then the characters at divider 694. */
	assert_in_range(p->last - start, 30000 + p->n * 133, 30000 + p->n * 134 + 10);
}

static void power_off__silences__everything(void **state)
{
	struct peer *p = *state;

	load(p, 0x40100000, 612);
	sim_link_power(p->l, true, p->now);
	peer_wait(p, 33000);
	sim_link_power(p->l, false, p->now);
	peer_forget(p);
	peer_wait(p, 1000000);
	assert_int_equal(p->n, 0);
	assert_int_equal(mode(p), SIM_MODE_OFF);
	assert_int_equal(sim_link_next(p->l), SIM_NEVER);
}

static void reset_pin__reads_straps_anew__after_end(void **state)
{
	struct peer *p = *state;

	load(p, 0x40100000, 612);
	sim_link_baud(p->l, 115200, p->now);
	peer_enter_loader(p);
	peer_sync(p);
	sim_link_button(p->l, false, p->now);
	peer_begin(p, 0, 0, 0x400, 0);
	peer_command(p, 4, NULL, 0, 0);
	peer_wait(p, 300000);
	assert_int_equal(mode(p), SIM_MODE_APP);
	sim_device_reset_pin(sim_link_device(p->l), p->now);
	peer_wait(p, 300000);
	assert_int_equal(mode(p), SIM_MODE_APP); /* the pin reads the straps anew */
	assert_true(peer_traced(p, "reset cause 2 straps 3"));
}

static void restart__finds_old_straps__dead_program_after_end(void **state)
{
	struct peer *p = *state;

	load(p, 0x4010F000, 1384); /* starts, and dies for want of the second image */
	sim_link_baud(p->l, 115200, p->now);
	peer_enter_loader(p);
	peer_sync(p);
	sim_link_button(p->l, false, p->now);
	peer_begin(p, 0, 0, 0x400, 0);
	peer_command(p, 4, NULL, 0, 0);
	peer_wait(p, 200000);
	assert_true(peer_saw(p, "~ld"));
	sim_link_baud(p->l, 74880, p->now);
	peer_wait(p, 2000000);
	assert_true(peer_saw(p, "rst cause:2, boot mode:(1,7)"));
	assert_int_equal(mode(p), SIM_MODE_AUTOBAUD);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(boot__prints_ets_main__blank_flash),
	    T(boot__loads_and_starts__sound_image),
	    T(boot__prints_csum_err__damaged_image),
	    T(boot__stops__segment_of_nonsense),
	    T(boot__loops_silently__second_image_missing),
	    T(boot__starts_app__second_image_whole),
	    T(boot__dies__8285_and_mode_not_dout),
	    T(boot__enters_loader_silently__button_held),
	    T(boot__hangs__wrong_straps),
	    T(banner__is_garbage__heard_at_115200),
	    T(banner__costs_wire_time__at_74880),
	    T(power_off__silences__everything),
	    T(restart__finds_old_straps__dead_program_after_end),
	    T(reset_pin__reads_straps_anew__after_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bootwatch: the rate follows the boot from the ROM to the application. */
#include "tasmite/core/tasmota/bootwatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char rom_text[] = "\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,6)\r\n\r\n"
			       "load 0x4010f000, len 1384, room 16 \r\ntail 8\r\nchksum 0x2d\r\n"
			       "csum 0x2d\r\nv00000000\r\n~ld\r\n";

static void feed(struct bootwatch *b, const char *s, mono_t now)
{
	bootwatch_rx(b, (const uint8_t *)s, strlen(s), now);
}

static void bootwatch_rx__switches__after_eboot(void **state)
{
	struct bootwatch b;

	(void)state;
	bootwatch_begin(&b, 115200, 0);
	assert_int_equal(bootwatch_baud(&b), 74880);
	for (size_t i = 0; i + 1 < sizeof(rom_text) - 2; i++) {
		bootwatch_rx(&b, (const uint8_t *)rom_text + i, 1, (mono_t)i * 133);
		assert_int_equal(bootwatch_baud(&b), 74880);
	}
	feed(&b, "\r\n", 20000);
	assert_int_equal(bootwatch_baud(&b), 115200);
	assert_true(bootwatch_deadline(&b) == MONO_NEVER);
}

static void bootwatch_tick__switches__when_the_rom_is_silent(void **state)
{
	struct bootwatch b;

	(void)state;
	bootwatch_begin(&b, 115200, 0);
	assert_true(bootwatch_deadline(&b) == MONO_NEVER); /* waits for ever for the user's hand */
	feed(&b, " ets Jan  8 2013,rst cause:1, boot mode:(3,6)\r\nload 0x40100000\r\n", 1000);
	assert_int_equal(bootwatch_baud(&b), 74880);
	bootwatch_tick(&b, bootwatch_deadline(&b) - 1);
	assert_int_equal(bootwatch_baud(&b), 74880);
	bootwatch_tick(&b, bootwatch_deadline(&b));
	assert_int_equal(bootwatch_baud(&b), 115200);
}

static void bootwatch_rx__stays__in_the_loader(void **state)
{
	struct bootwatch b;

	(void)state;
	bootwatch_begin(&b, 115200, 0);
	feed(&b, " ets Jan  8 2013,rst cause:1, boot mode:(1,6)\r\n", 1000);
	assert_true(b.loader);
	assert_true(bootwatch_deadline(&b) == MONO_NEVER);
	assert_int_equal(bootwatch_baud(&b), 74880);
	/* "(1,7)", and only the end of the line could be read */
	bootwatch_begin(&b, 115200, 0);
	feed(&b, "\x8b\x81mode:(1,7)\r\n", 1000);
	assert_true(b.loader);
	/* the next power-up, with the button released */
	feed(&b, " ets Jan  8 2013,rst cause:1, boot mode:(3,6)\r\n", 9000);
	assert_false(b.loader);
	assert_true(bootwatch_deadline(&b) != MONO_NEVER);
}

static void bootwatch_rx__switches__when_the_banner_was_missed(void **state)
{
	struct bootwatch b;

	(void)state;
	bootwatch_begin(&b, 115200, 0);
	for (int i = 0; i < 9; i++)
		feed(&b, "\x8c", i);
	assert_int_equal(bootwatch_baud(&b), 74880);
	feed(&b, "\xfe", 30);
	assert_int_equal(bootwatch_baud(&b), 115200);
}

static void bootwatch_rx__switches__at_text_of_another_rate(void **state)
{
	/* What a project line at 115200 looks like at 74880: much of it is readable. */
	static const char garbled[] =
	    "\xa2\x42\xa4\xb1\xbd\xb1\x87'\x89\xc3ht\xa5st\xa5\xc3-C(P\x14\""
	    "\x87\xd3+P\x8b\x80\xa4\xb1\xbd\xb1\x91sr\x9d,\xb1.t\xd3(\x91.t"
	    "\xd3(\x95\x0ez\xfb+\xb9R#\xa9\xaf";
	struct bootwatch b;

	(void)state;
	bootwatch_begin(&b, 115200, 0);
	feed(&b, garbled, 1000);
	assert_int_equal(bootwatch_baud(&b), 115200);
	/* A few bytes of noise before the banner are none. */
	bootwatch_begin(&b, 115200, 0);
	feed(&b, "\xff\x80\x01\xf0 ets Jan  8 2013,rst cause:1, boot mode:(3,6)\r\n", 1000);
	assert_int_equal(bootwatch_baud(&b), 74880);
	assert_int_equal(b.state, BOOTWATCH_ROM);
}

static void bootwatch_rx__ignores__a_line_without_end(void **state)
{
	struct bootwatch b;

	(void)state;
	bootwatch_begin(&b, 115200, 0);
	for (int i = 0; i < 5000; i++)
		feed(&b, "x", i);
	assert_int_equal(b.state, BOOTWATCH_AWAIT);
	bootwatch_stop(&b);
	assert_int_equal(bootwatch_baud(&b), 115200);
}

/* By hand: a running device may speak before, and an ESP32 speaks at 115200. */
static void bootwatch_watch__waits__through_what_a_running_device_says(void **state)
{
	static const char noise[] = "\x8c\xfe\x80\xe0\x1c\x92\x80\xfe\x8c\xe0\xfe\x92\x80\x8c";
	struct bootwatch b;

	(void)state;
	bootwatch_watch(&b, 74880, 115200, MONO_S(120), 0);
	assert_int_equal(bootwatch_baud(&b), 74880);
	for (int i = 0; i < 20; i++) {
		mono_t now = MONO_S(i);

		feed(&b, noise, now);
		assert_int_equal(b.state, BOOTWATCH_LISTEN);
		assert_int_equal(bootwatch_baud(&b), 115200);
		feed(&b, "00:00:10 MQT: tele/sonoff/STATE = {}\r\n", now + MONO_MS(1));
		assert_int_equal(b.state, BOOTWATCH_LISTEN);
		bootwatch_tick(&b, bootwatch_deadline(&b));
		assert_int_equal(bootwatch_baud(&b), 74880);
	}
	feed(&b, "\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,6)\r\n", MONO_S(30));
	assert_int_equal(b.state, BOOTWATCH_ROM);
	feed(&b, "~ld\r\n", MONO_S(30) + MONO_MS(80));
	assert_int_equal(b.state, BOOTWATCH_APP);
	assert_int_equal(b.end, BOOTWATCH_DONE);
}

static void bootwatch_watch__finds__an_esp32(void **state)
{
	static const char noise[] = "\x8c\xfe\x80\xe0\x1c\x92\x80\xfe\x8c\xe0\xfe\x92\x80\x8c";
	static const char banner[] = "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n";
	struct bootwatch b;

	(void)state;
	/* not known: its first words are unreadable */
	bootwatch_watch(&b, 74880, 115200, MONO_NEVER, 0);
	feed(&b, noise, 1000);
	assert_int_equal(bootwatch_baud(&b), 115200);
	feed(&b, banner, 2000);
	assert_int_equal(b.state, BOOTWATCH_APP);
	assert_int_equal(b.end, BOOTWATCH_DONE);
	/* known: no other rate at any time */
	bootwatch_watch(&b, 115200, 115200, MONO_NEVER, 0);
	feed(&b, noise, 1000);
	assert_int_equal(b.state, BOOTWATCH_AWAIT);
	feed(&b, banner, 2000);
	assert_int_equal(b.state, BOOTWATCH_APP);
}

/* A quick restart: the ROM speaks before the pause was noticed. */
static void bootwatch_watch__returns__to_the_rom_at_once(void **state)
{
	static const char noise[] = "\x8c\xfe\x80\xe0\x1c\x92\x80\xfe\x8c\xe0\xfe\x92\x80\x8c";
	struct bootwatch b;

	(void)state;
	bootwatch_watch(&b, 74880, 115200, MONO_NEVER, 0);
	feed(&b, noise, 1000);
	feed(&b, "00:00:10 APP: Restarting\r\n", 2000);
	feed(&b, noise, 3000);
	assert_int_equal(bootwatch_baud(&b), 74880);
	feed(&b, "load 0x4010f000, len 1384, room 16 \r\n", 5000);
	assert_int_equal(b.state, BOOTWATCH_ROM);
	bootwatch_tick(&b, bootwatch_deadline(&b));
	assert_int_equal(b.end, BOOTWATCH_DONE);
	/* somebody has read the start out of the log */
	bootwatch_watch(&b, 74880, 115200, MONO_NEVER, 0);
	feed(&b, noise, 1000);
	bootwatch_seen(&b);
	assert_int_equal(b.state, BOOTWATCH_APP);
}

static void bootwatch_tick__gives_up__in_time(void **state)
{
	struct bootwatch b;

	(void)state;
	bootwatch_begin(&b, 115200, 0);
	bootwatch_limit(&b, MONO_S(5));
	assert_int_equal(bootwatch_deadline(&b), MONO_S(5));
	bootwatch_tick(&b, MONO_S(5) - 1);
	assert_int_equal(b.state, BOOTWATCH_AWAIT);
	bootwatch_tick(&b, MONO_S(5));
	assert_int_equal(b.state, BOOTWATCH_APP);
	assert_int_equal(b.end, BOOTWATCH_LATE);
	bootwatch_watch(&b, 74880, 115200, MONO_S(9), 0);
	feed(&b, " ets Jan  8 2013,rst cause:1, boot mode:(1,7)\r\n", MONO_S(1));
	assert_true(b.loader);
	bootwatch_tick(&b, MONO_S(2));
	assert_int_equal(b.state, BOOTWATCH_ROM);
	bootwatch_tick(&b, MONO_S(9));
	assert_int_equal(b.end, BOOTWATCH_LATE);
	bootwatch_stop(&b);
	assert_true(bootwatch_deadline(&b) == MONO_NEVER);
}

/* What was known by other means ends the watch; a watch for a hand that waits for the ROM goes on. */
static void bootwatch_seen__ends__what_listens(void **state)
{
	struct bootwatch b;

	(void)state;
	bootwatch_begin(&b, 115200, 0);
	bootwatch_seen(&b);
	assert_int_equal(b.state, BOOTWATCH_AWAIT);
	bootwatch_watch(&b, 74880, 115200, MONO_S(60), 0);
	bootwatch_seen(&b);
	assert_int_equal(b.state, BOOTWATCH_APP);
	assert_int_equal(b.end, BOOTWATCH_DONE);
	bootwatch_watch(&b, 74880, 115200, MONO_S(60), 0);
	for (int i = 0; i < 10; i++)
		feed(&b, "\xff", i);
	assert_int_equal(b.state, BOOTWATCH_LISTEN);
	bootwatch_seen(&b);
	assert_int_equal(b.state, BOOTWATCH_APP);
	bootwatch_seen(&b); /* once */
	assert_int_equal(b.end, BOOTWATCH_DONE);
}

static void bootwatch_rx__knows__banners_from_what_looks_like_them(void **state)
{
	static const struct {
		const char *line;
		enum bootwatch_state state;
	} rows[] = {
	    {"boot mode:(3,6)\n", BOOTWATCH_ROM},
	    {"boot mode:(8,6)\n", BOOTWATCH_AWAIT},
	    {"boot mode:(,6)\n", BOOTWATCH_AWAIT},
	    {"boot mode:(36)\n", BOOTWATCH_AWAIT},
	    {"rst:0x1 (POWERON_RESET),boot:0x13 (SPI)\n", BOOTWATCH_APP},
	    {"rst:0x1 (POWERON_RESET)\n", BOOTWATCH_AWAIT},
	    {"load 0x4010f000, len 1384, room 16\n", BOOTWATCH_ROM},
	    {"chksum 0x2d\n", BOOTWATCH_ROM},
	    {"csum 0x2d\n", BOOTWATCH_ROM},
	    {"a load 0x4010f000\n", BOOTWATCH_AWAIT},
	    {"~ld\n", BOOTWATCH_AWAIT}, /* of which rate? */
	    {"csum 0x2d\n~ld\n", BOOTWATCH_APP},
	};
	struct bootwatch b;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bootwatch_begin(&b, 115200, 0);
		feed(&b, rows[i].line, 100);
		if (b.state != rows[i].state)
			fail_msg("%s: %d", rows[i].line, (int)b.state);
	}
	/* Behind the banner noise is the application's other rate. */
	bootwatch_begin(&b, 115200, 0);
	feed(&b, "csum 0x2d\n", 100);
	for (int i = 0; i < 10; i++)
		feed(&b, "\xff", 101 + i);
	assert_int_equal(b.state, BOOTWATCH_APP);
	assert_int_equal(b.end, BOOTWATCH_DONE);
	/* Whatever comes behind its end is nobody's. */
	feed(&b, "boot mode:(3,6)\n", 200);
	assert_int_equal(b.state, BOOTWATCH_APP);
	bootwatch_stop(&b);
	feed(&b, "boot mode:(3,6)\n", 300);
	assert_int_equal(b.state, BOOTWATCH_OFF);
	assert_true(bootwatch_deadline(&b) == MONO_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bootwatch_rx__switches__after_eboot),
	    cmocka_unit_test(bootwatch_tick__switches__when_the_rom_is_silent),
	    cmocka_unit_test(bootwatch_rx__stays__in_the_loader),
	    cmocka_unit_test(bootwatch_rx__switches__when_the_banner_was_missed),
	    cmocka_unit_test(bootwatch_rx__switches__at_text_of_another_rate),
	    cmocka_unit_test(bootwatch_rx__ignores__a_line_without_end),
	    cmocka_unit_test(bootwatch_watch__waits__through_what_a_running_device_says),
	    cmocka_unit_test(bootwatch_watch__finds__an_esp32),
	    cmocka_unit_test(bootwatch_watch__returns__to_the_rom_at_once),
	    cmocka_unit_test(bootwatch_tick__gives_up__in_time),
	    cmocka_unit_test(bootwatch_seen__ends__what_listens),
	    cmocka_unit_test(bootwatch_rx__knows__banners_from_what_looks_like_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

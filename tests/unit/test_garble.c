/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unreadable bytes, made by sampling a line of one rate at another. */
#include "tasmite/core/garble.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
    "00:00:00 CFG: Loaded from flash at F4, Count 16\r\n"
    "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_123456) Version 6.1.1\r\n"
    "00:00:00 WIF: Connecting to AP1 home in mode 11N as sonoff-1234...\r\n"
    "00:00:07 MQT: tele/sonoff/STATE = {\"Time\":\"2024-08-14T00:12:07\",\"Heap\":27}\r\n"
    " ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\nload 0x4010f000, len 1384, room 16\r\n";

#define IDLE 30 /* bits behind each line */

/* The level of the line that a sender makes of the text, bit by bit. */
static size_t send_text(char *bits)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		bits[n++] = 0;
		for (int k = 0; k < 8; k++)
			bits[n++] = (char)(text[i] >> k & 1);
		bits[n++] = 1;
		if (text[i] == '\n') {
			memset(bits + n, 1, IDLE);
			n += IDLE;
		}
	}
	return n;
}

/* What a receiver with another rate reads of it. */
static size_t read_text(uint8_t *dst, uint32_t sent, uint32_t read)
{
	static char bits[sizeof(text) * (10 + IDLE)];
	size_t n = send_text(bits), count = 0;
	double t = 0, step = (double)sent / read; /* in bits of the sender */

#define LEVEL(at) ((size_t)(at) < n ? bits[(size_t)(at)] : 1)
	while (t < (double)n) {
		unsigned byte = 0;

		if (LEVEL(t)) {
			t = (double)((size_t)t + 1);
			continue;
		}
		for (int k = 0; k < 8; k++)
			byte |= (unsigned)LEVEL(t + (1.5 + k) * step) << k;
		dst[count++] = (uint8_t)byte;
		t += 9.5 * step;
		while (t < (double)n && !LEVEL(t)) /* no stop bit: until the line is at rest */
			t = (double)((size_t)t + 1);
	}
	return count;
}

/* Half a minute of it, some times a second. True when it was noticed; says how often. */
static int feed(struct garble *g, uint32_t sent, uint32_t read, mono_t *now, int seconds)
{
	static uint8_t bytes[sizeof(text) * 40];
	size_t n = read_text(bytes, sent, read);
	int noticed = 0;

	for (int i = 0; i < seconds; i++, *now += MONO_S(1))
		for (size_t at = 0; at < n; at += 50)
			noticed += garble_rx(g, read, bytes + at, n - at < 50 ? n - at : 50, *now);
	return noticed;
}

static void garble_rates__ranks__the_true_rate(void **state)
{
	static const uint32_t cases[][3] = {{74880, 115200, 1}, {9600, 115200, 1},
	    {57600, 115200, 2}, {19200, 115200, 2}, {38400, 115200, 3}, {230400, 115200, 2},
	    {921600, 115200, 3}, {115200, 9600, 1}, {115200, 74880, 1}, {74880, 9600, 2},
	    {9600, 74880, 2}, {115200, 57600, 2}, {115200, 19200, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t rates[GARBLE_RATES];
		struct garble g;
		mono_t now = 0, since = -1;
		size_t rank = 0;

		garble_init(&g);
		if (feed(&g, cases[i][0], cases[i][1], &now, 30) != 1)
			fail_msg("%u at %u: not noticed once", cases[i][0], cases[i][1]);
		assert_true(garble_unreadable(&g, &since));
		assert_true(since >= 0 && since < MONO_S(5));
		garble_rates(&g, rates);
		while (rank < GARBLE_RATES && rates[rank] != cases[i][0])
			assert_int_not_equal(rates[rank++], cases[i][1]);
		if (rank >= cases[i][2])
			fail_msg("%u at %u: %u %u %u", cases[i][0], cases[i][1], rates[0], rates[1],
			    rates[2]);
	}
}

static void garble_rx__leaves__readable_text_alone(void **state)
{
	static const char utf8[] = "00:00:00 Проект соноф — größer 12 °C 温度计\r\n";
	struct garble g;
	mono_t now = 0, since;

	(void)state;
	garble_init(&g);
	assert_int_equal(feed(&g, 115200, 115200, &now, 100), 0);
	for (int i = 0; i < 300; i++)
		for (size_t k = 0; k < sizeof(utf8) - 1; k++)
			assert_false(
			    garble_rx(&g, 115200, (const uint8_t *)utf8 + k, 1, now += 10000));
	assert_false(garble_unreadable(&g, &since));
}

/* The ROM's words at each start, before a log that can be read. */
static void garble_rx__leaves__a_boot_alone(void **state)
{
	static uint8_t bytes[sizeof(text) * 40];
	size_t n = read_text(bytes, 74880, 115200);
	struct garble g;
	mono_t now = 0;

	(void)state;
	garble_init(&g);
	for (int i = 0; i < 20; i++) {
		assert_false(garble_rx(&g, 115200, bytes, n < 250 ? n : 250, now += MONO_S(5)));
		assert_false(
		    garble_rx(&g, 115200, (const uint8_t *)text, 200, now += MONO_MS(100)));
	}
}

static void garble_rx__notices__again_what_comes_again(void **state)
{
	struct garble g;
	mono_t now = 0, since;

	(void)state;
	garble_init(&g);
	assert_int_equal(feed(&g, 74880, 115200, &now, 5), 1);
	assert_int_equal(feed(&g, 74880, 115200, &now, 5), 0);
	assert_int_equal(feed(&g, 115200, 115200, &now, 5), 0);
	assert_false(garble_unreadable(&g, &since));
	assert_int_equal(feed(&g, 74880, 115200, &now, 5), 1);
	/* Another rate: all anew. */
	assert_int_equal(feed(&g, 74880, 9600, &now, 30), 1);
	assert_int_equal(feed(&g, 74880, 74880, &now, 30), 0);
	assert_false(garble_unreadable(&g, &since));
}

/* In a flood little is looked at: enough all the same. */
static void garble_rx__notices__a_flood(void **state)
{
	static uint8_t bytes[16384];
	struct garble g;
	int noticed = 0;

	(void)state;
	srand(3);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)rand();
	garble_init(&g);
	for (int i = 0; i < 10; i++)
		noticed += garble_rx(&g, 3000000, bytes, sizeof(bytes), MONO_MS(5) * i);
	assert_int_equal(noticed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(garble_rates__ranks__the_true_rate),
	    cmocka_unit_test(garble_rx__leaves__readable_text_alone),
	    cmocka_unit_test(garble_rx__leaves__a_boot_alone),
	    cmocka_unit_test(garble_rx__notices__again_what_comes_again),
	    cmocka_unit_test(garble_rx__notices__a_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

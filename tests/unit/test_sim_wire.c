/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual wire, bit by bit, and the USB adapter's timer. */
#include "sim_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static size_t pass(const char *text, size_t n, uint32_t from, uint32_t to, uint8_t *out)
{
	struct sim_wire w;
	struct sim_rxchar c;
	size_t got = 0;
	int64_t t;

	sim_wire_init(&w, 4096);
	sim_wire_set_tx(&w, sim_wire_bit_ps(from));
	sim_wire_set_rx(&w, sim_wire_bit_ps(to));
	sim_wire_send(&w, text, n, 1000);
	while ((t = sim_wire_deadline(&w)) != SIM_WIRE_NEVER)
		while (sim_wire_take(&w, t, &c))
			out[got++] = c.byte;
	sim_wire_fini(&w);
	return got;
}

static void wire__passes_bytes__equal_rates(void **state)
{
	uint8_t out[512], all[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	assert_int_equal(pass((const char *)all, 256, 115200, 115200, out), 256);
	assert_memory_equal(out, all, 256);
}

static void wire__passes_bytes__rates_3_percent_apart(void **state)
{
	uint8_t out[512];

	(void)state;
	assert_int_equal(pass("Hello, world", 12, 115200, 118900, out), 12);
	assert_memory_equal(out, "Hello, world", 12);
	assert_int_equal(pass("Hello, world", 12, 115200, 111700, out), 12);
	assert_memory_equal(out, "Hello, world", 12);
}

static bool clean(const char *text, uint32_t from, uint32_t to)
{
	uint8_t out[512];
	size_t n = strlen(text);

	return pass(text, n, from, to, out) == n && memcmp(out, text, n) == 0;
}

static void wire__garbles__rates_5_percent_apart(void **state)
{
	const char *text = "The quick brown fox jumps over the lazy dog. 0123456789";

	(void)state;
	assert_false(clean(text, 115200, 121500));
	assert_false(clean(text, 115200, 109000));
}

static void wire__gives_stable_garbage__74880_heard_at_115200(void **state)
{
	const char *text = "ets Jan  8 2013,rst cause:1, boot mode:(3,7)\r\n";
	uint8_t a[512], b[512];
	size_t n, m;

	(void)state;
	n = pass(text, strlen(text), 74880, 115200, a);
	m = pass(text, strlen(text), 74880, 115200, b);
	assert_int_equal(n, m);
	assert_memory_equal(a, b, n);
	assert_int_not_equal(n, strlen(text));
	assert_in_range(n, 20, 80);
}

/* One character at a third of the rate, worked out by hand: 0x55 at 38400 is 0 1 0 1 0 1 0 1 0 1
 * with each level three bits long at 115200. From the first edge: start 0, 00 111 000 -> bits
 * 0,0,1,1,1,0,0,0 then a stop bit that is high (0x1C). From the next low level, which begins at
 * bit 12, the same again. */
static void wire__samples_as_worked_out__a_third_of_the_rate(void **state)
{
	static const uint8_t want[] = {0x1C, 0x1C};
	uint8_t out[16];
	size_t n = pass("\x55", 1, 38400, 115200, out);

	(void)state;
	assert_true(n >= 2);
	assert_memory_equal(out, want, 2);
}

static void wire__hears_nothing_new__fast_text_on_slow_receiver(void **state)
{
	uint8_t out[512];
	char text[240];
	size_t n;

	(void)state;
	memset(text, 0, sizeof(text));
	n = pass(text, sizeof(text), 115200, 9600, out);
	assert_in_range(n, 1, 24);
}

static void wire__takes_ten_bits_a_byte__totals(void **state)
{
	struct sim_wire w;
	struct sim_rxchar c;
	char text[1000] = {0};
	int64_t last = 0, t;

	(void)state;
	sim_wire_init(&w, 4096);
	sim_wire_set_tx(&w, sim_wire_bit_ps(921600));
	sim_wire_set_rx(&w, sim_wire_bit_ps(921600));
	sim_wire_send(&w, text, sizeof(text), 0);
	while ((t = sim_wire_deadline(&w)) != SIM_WIRE_NEVER)
		while (sim_wire_take(&w, t, &c))
			last = c.at_ps;
	assert_int_equal(last / 1000000, 10850);
	sim_wire_fini(&w);
}

static void wire__loses__what_its_queue_cannot_hold(void **state)
{
	struct sim_wire w;

	(void)state;
	sim_wire_init(&w, 4);
	sim_wire_send(&w, "123456", 6, 0);
	assert_int_equal(w.len, 4);
	assert_int_equal(w.lost, 2);
	sim_wire_fini(&w);
}

static void latency__holds_answers__until_the_tick(void **state)
{
	struct sim_link_config cfg = {.usb_latency_us = 16000};
	struct peer p;
	struct answer a;
	sim_time sent;

	(void)state;
	peer_init(&p, &cfg);
	peer_enter_loader(&p);
	peer_sync(&p);
	for (int i = 0; i < 10; i++) {
		sent = p.now;
		a = peer_words(&p, 10, 1, (uint32_t[]){0x40001000});
		assert_in_range(a.at - sent, 2000, 2300 + 16000);
	}
	/* After 150 ms of rest the next tick is a whole number of ticks after the last one. */
	assert_true(a.at - sent > 1200);
	peer_fini(&p);
}

static void latency__hands_on_62_bytes__at_once(void **state)
{
	struct sim_link_config cfg = {.usb_latency_us = 255000};
	struct peer p;

	(void)state;
	peer_init(&p, &cfg);
	peer_enter_loader(&p);
	peer_sync(&p);
	peer_wait(&p, 300000);
	peer_forget(&p);
	/* Eight answers are 96 bytes: 62 come with the wire's speed, the rest with the timer. */
	peer_frame(&p, 0, 8, "\7\7\x12\x20", 4, 0);
	peer_wait(&p, 12000);
	assert_int_equal(p.n, 62);
	peer_wait(&p, 255000);
	assert_int_equal(p.n, 96);
	peer_fini(&p);
}

static void link__drops_bytes__nobody_has_it_open(void **state)
{
	struct peer p;

	(void)state;
	peer_init(&p, NULL);
	sim_link_baud(p.l, 74880, 0);
	sim_link_open(p.l, false, 0);
	sim_link_power(p.l, true, 0);
	peer_wait(&p, 500000);
	sim_link_open(p.l, true, p.now);
	peer_wait(&p, 500000);
	assert_int_equal(p.n, 0);
	peer_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(wire__passes_bytes__equal_rates),
	    cmocka_unit_test(wire__passes_bytes__rates_3_percent_apart),
	    cmocka_unit_test(wire__garbles__rates_5_percent_apart),
	    cmocka_unit_test(wire__gives_stable_garbage__74880_heard_at_115200),
	    cmocka_unit_test(wire__samples_as_worked_out__a_third_of_the_rate),
	    cmocka_unit_test(wire__hears_nothing_new__fast_text_on_slow_receiver),
	    cmocka_unit_test(wire__takes_ten_bits_a_byte__totals),
	    cmocka_unit_test(wire__loses__what_its_queue_cannot_hold),
	    cmocka_unit_test(latency__holds_answers__until_the_tick),
	    cmocka_unit_test(latency__hands_on_62_bytes__at_once),
	    cmocka_unit_test(link__drops_bytes__nobody_has_it_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

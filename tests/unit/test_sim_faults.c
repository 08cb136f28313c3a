/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual device's faults, and that they pass when their count is used up. */
#include "sim_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static int setup(void **state)
{
	static struct peer p;

	peer_init(&p, NULL);
	peer_enter_loader(&p);
	peer_sync(&p);
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	peer_fini(*state);
	return 0;
}

static void fault(struct peer *p, const char *spec)
{
	char err[128] = "";

	assert_true(sim_link_fault(p->l, spec, p->now, err, sizeof(err)));
}

static struct answer magic(struct peer *p)
{
	return peer_words(p, 10, 1, (uint32_t[]){0x40001000});
}

static void spec__is_refused__nonsense(void **state)
{
	static const char *const bad[] = {"", "fire", "drop", "drop:2", "drop:x", "drop:-1",
	    "delay", "worn:", "worn:1x", "write-protect:1", "drop:0.1,dir=up", "drop:0.1,count=x",
	    "answer-lost:0", "brownout-erase:0", "drop:1/0"};
	struct peer *p = *state;
	char err[128];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err[0] = '\0';
		assert_false(sim_link_fault(p->l, bad[i], p->now, err, sizeof(err)));
		assert_int_not_equal(err[0], '\0');
	}
	assert_int_equal(sim_device_faults(sim_link_device(p->l))->len, 0);
}

static void drop__loses_bytes__of_its_direction(void **state)
{
	struct peer *p = *state;
	struct answer a;

	fault(p, "drop:1,dir=rx,count=3");
	a = magic(p);
	assert_int_equal(a.times, 0);
	assert_int_equal(p->n, 12 - 3);
	assert_int_equal(magic(p).times, 1);
}

static void drop__strikes_at_its_rate(void **state)
{
	struct peer *p = *state;
	unsigned got = 0;

	fault(p, "drop:1/10,dir=rx");
	for (int i = 0; i < 200; i++) {
		magic(p);
		got += (unsigned)p->n;
	}
	assert_in_range(got, 200 * 12 * 85 / 100, 200 * 12 * 95 / 100);
}

static void flip__gives_07__in_a_block(void **state)
{
	struct peer *p = *state;
	uint8_t block[0x400] = {0};
	struct answer a;

	peer_begin(p, 0x1000, 2, 0x400, 0);
	fault(p, "flip:1,dir=tx,after=100,count=1");
	a = peer_data(p, block, sizeof(block), 0);
	assert_int_equal(a.raw[8], 1);
	assert_int_equal(a.raw[9], 7);
	a = peer_data(p, block, sizeof(block), 1);
	assert_int_equal(a.raw[8], 0);
}

static void insert__adds_a_byte(void **state)
{
	struct peer *p = *state;

	fault(p, "insert:1,dir=rx,count=2");
	magic(p);
	assert_int_equal(p->n, 14);
}

static void delay__makes_answers_late(void **state)
{
	struct peer *p = *state;
	sim_time start = p->now, quick = magic(p).at - start;

	fault(p, "delay:250");
	start = p->now;
	assert_int_equal(magic(p).at - start, quick + 250000);
	sim_link_fault_clear(p->l, p->now);
	start = p->now;
	assert_int_equal(magic(p).at - start, quick);
}

static void answer_lost__once__the_second(void **state)
{
	struct peer *p = *state;

	fault(p, "answer-lost:2");
	assert_int_equal(magic(p).times, 1);
	assert_int_equal(magic(p).times, 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(magic(p).times, 1);
}

static void reset__pulls_the_pin__at_byte(void **state)
{
	struct peer *p = *state;

	fault(p, "reset@BYTE:5");
	assert_int_equal(magic(p).times, 0);
	assert_true(peer_traced(p, "reset cause 2 straps 1"));
	peer_sync(p);
	assert_int_equal(magic(p).times, 1);
}

static void unplug__takes_power_too__at_byte(void **state)
{
	struct peer *p = *state;

	fault(p, "unplug@BYTE:5");
	assert_int_equal(magic(p).times, 0);
	assert_false(sim_link_plugged(p->l));
	assert_false(sim_device_powered(sim_link_device(p->l)));
	sim_link_replug(p->l, p->now);
	peer_wait(p, 200000);
	assert_true(sim_device_powered(sim_link_device(p->l)));
	peer_sync(p);
	assert_int_equal(magic(p).times, 1);
}

/* The third of these requests; others don't count, nor do bytes that look like it within one. */
static void unplug__waits__for_a_request(void **state)
{
	struct peer *p = *state;

	fault(p, "unplug@REQUEST:0x0A,after=2");
	assert_int_equal(magic(p).times, 1);
	assert_int_equal(peer_write_reg(p, 0x60000220, 0x0A0A0A0A, UINT32_MAX, 0).times, 1);
	assert_int_equal(magic(p).times, 1);
	peer_sync(p);
	assert_true(sim_link_plugged(p->l));
	assert_int_equal(magic(p).times, 0);
	assert_false(sim_link_plugged(p->l));
	sim_link_replug(p->l, p->now);
	peer_wait(p, 200000);
	peer_sync(p);
	for (int i = 0; i < 4; i++)
		assert_int_equal(magic(p).times, 1);
}

static void unplug__waits__for_a_reset_by_the_lines(void **state)
{
	struct sim_link_config cfg = {.device.lines = true};
	struct peer p;

	(void)state;
	peer_init(&p, &cfg);
	sim_link_power(p.l, true, p.now);
	fault(&p, "unplug@EN:2");
	for (int i = 0; i < 2; i++) {
		assert_true(sim_link_plugged(p.l));
		sim_link_lines(p.l, true, true, p.now);
		sim_link_lines(p.l, false, true, p.now);
		peer_wait(&p, 100000);
		if (i == 0)
			sim_link_lines(p.l, false, false, p.now);
		peer_wait(&p, 100000);
	}
	assert_false(sim_link_plugged(p.l));
	peer_fini(&p);
}

/* Of what comes by Wi-Fi so much passes, whatever pieces it comes in; then it strikes, so often. */
static void wifi__passes_so_many_bytes__and_strikes(void **state)
{
	struct peer *p = *state;
	struct sim_faults *f = sim_device_faults(sim_link_device(p->l));
	bool hit;

	for (size_t piece = 1; piece < 200; piece += 7) {
		size_t got = 0, hits = 0;

		sim_faults_clear(f);
		fault(p, "wifi-cut:1000,count=2");
		for (int i = 0; i < 3000 && hits < 2; i++) {
			size_t n = sim_faults_pass(f, SIM_FAULT_WIFI_CUT, piece, &hit);

			assert_true(n <= piece);
			got += n;
			hits += hit;
			if (!hit)
				assert_int_equal(n, piece);
		}
		assert_int_equal(hits, 2);
		assert_int_equal(got, 2000);
		assert_int_equal(sim_faults_pass(f, SIM_FAULT_WIFI_CUT, 5000, &hit), 5000);
		assert_false(hit);
		assert_int_equal(sim_faults_pass(f, SIM_FAULT_WIFI_RESET, 5000, &hit), 5000);
		assert_false(hit);
	}
}

static void brownout__tears_the_erase__then_is_gone(void **state)
{
	struct peer *p = *state;
	struct sim_flash *f = sim_device_flash(sim_link_device(p->l));

	memset(f->mem, 0, f->size);
	fault(p, "brownout-erase:3");
	assert_int_equal(peer_begin(p, 0x4000, 1, 0x400, 0).times, 0);
	assert_int_equal(f->mem[0x1FFF], 0xFF);
	assert_int_equal(f->mem[0x27FF], 0xFF);
	assert_int_not_equal(f->mem[0x2FFF], 0xFF);
	assert_int_equal(f->mem[0x3000], 0);
	assert_true(peer_traced(p, "reset cause 1"));
	peer_wait(p, 200000);
	peer_sync(p);
	assert_int_equal(peer_begin(p, 0x4000, 1, 0x400, 0).raw[8], 0);
	assert_int_equal(f->mem[0x3FFF], 0xFF);
}

static void write_protect__gives_08__and_stores_nothing(void **state)
{
	struct peer *p = *state;
	uint8_t block[4] = {1, 2, 3, 4};
	struct answer a;

	fault(p, "write-protect");
	assert_int_equal(peer_begin(p, 0x1000, 1, 0x400, 0).raw[8], 0);
	a = peer_data(p, block, 4, 0);
	assert_int_equal(a.raw[8], 1);
	assert_int_equal(a.raw[9], 8);
	assert_int_equal(sim_device_flash(sim_link_device(p->l))->mem[0], 0xFF);
	sim_link_fault_clear(p->l, p->now);
	peer_begin(p, 0x1000, 1, 0x400, 0);
	assert_int_equal(peer_data(p, block, 4, 0).raw[8], 0);
}

static void worn__gives_08__in_its_sector_alone(void **state)
{
	struct peer *p = *state;
	uint8_t block[0x1000];
	struct answer a;

	memset(block, 0x77, sizeof(block));
	fault(p, "worn:1");
	peer_begin(p, 0x2000, 2, 0x1000, 0);
	assert_int_equal(peer_data(p, block, sizeof(block), 0).raw[8], 0);
	a = peer_data(p, block, sizeof(block), 1);
	assert_int_equal(a.raw[8], 1);
	assert_int_equal(a.raw[9], 8);
}

static void seed__repeats_the_same_story(void **state)
{
	unsigned n[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct peer p;

		peer_init(&p, &(struct sim_link_config){.device.seed = 42});
		fault(&p, "drop:0.2");
		peer_enter_loader(&p);
		n[i] = 0;
		for (int k = 0; k < 20; k++) {
			peer_sync_once(&p);
			n[i] = n[i] * 31 + (unsigned)p.n;
		}
		peer_fini(&p);
	}
	assert_int_equal(n[0], n[1]);
	assert_int_not_equal(n[0], 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(spec__is_refused__nonsense),
	    T(drop__loses_bytes__of_its_direction),
	    T(drop__strikes_at_its_rate),
	    T(flip__gives_07__in_a_block),
	    T(insert__adds_a_byte),
	    T(delay__makes_answers_late),
	    T(answer_lost__once__the_second),
	    T(reset__pulls_the_pin__at_byte),
	    T(unplug__takes_power_too__at_byte),
	    T(unplug__waits__for_a_request),
	    cmocka_unit_test(unplug__waits__for_a_reset_by_the_lines),
	    T(wifi__passes_so_many_bytes__and_strikes),
	    T(brownout__tears_the_erase__then_is_gone),
	    T(write_protect__gives_08__and_stores_nothing),
	    T(worn__gives_08__in_its_sector_alone),
	    T(seed__repeats_the_same_story),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual device's DTR and RTS: the two-transistor circuit, EN's capacitor, the sequences of
 * section 5 of the protocol document. */
#include "sim/lines.h"
#include "sim_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define MS 1000

static struct peer peer;

/* A board that has booted, its adapter's lines off. */
static struct peer *board(bool lines, uint32_t en_ms)
{
	struct sim_link_config cfg = {.device = {.lines = lines, .en_us = en_ms * MS}};

	peer_init(&peer, &cfg);
	sim_link_baud(peer.l, 74880, 0);
	sim_link_power(peer.l, true, 0);
	peer_wait(&peer, 300 * MS);
	peer_forget(&peer);
	return &peer;
}

static int teardown(void **state)
{
	(void)state;
	if (peer.l)
		peer_fini(&peer);
	memset(&peer, 0, sizeof(peer));
	return 0;
}

static void set(struct peer *p, bool dtr, bool rts)
{
	sim_link_lines(p->l, dtr, rts, p->now);
}

static enum sim_mode mode(struct peer *p)
{
	return sim_device_mode(sim_link_device(p->l));
}

static struct sim_lines lines(struct peer *p)
{
	struct sim_lines s;

	sim_device_lines_state(sim_link_device(p->l), &s);
	return s;
}

static void circuit__pulls_as_the_truth_table_says(void **state)
{
	static const struct {
		bool dtr, rts, gpio0, en;
	} row[] = {{false, false, true, true}, {true, false, false, true},
	    {false, true, true, false}, {true, true, true, true}};
	struct sim_circuit c;

	(void)state;
	/* From every pair to every pair. */
	for (unsigned from = 0; from < 4; from++) {
		for (unsigned to = 0; to < 4; to++) {
			unsigned changed;

			sim_circuit_init(&c, true, 0);
			sim_circuit_set(&c, row[from].dtr, row[from].rts, 0);
			changed = sim_circuit_set(&c, row[to].dtr, row[to].rts, 0);
			assert_int_equal(c.gpio0, row[to].gpio0);
			assert_int_equal(c.en, row[to].en);
			assert_int_equal(
			    !!(changed & SIM_LINE_GPIO0), row[from].gpio0 != row[to].gpio0);
			assert_int_equal(!!(changed & SIM_LINE_EN), row[from].en != row[to].en);
		}
	}
}

static void circuit__reaches_nothing__board_without_it(void **state)
{
	struct sim_circuit c;

	(void)state;
	sim_circuit_init(&c, false, 1000);
	assert_int_equal(sim_circuit_set(&c, false, true, 0), 0);
	assert_int_equal(sim_circuit_set(&c, true, false, 0), 0);
	assert_true(c.en && c.gpio0);
	assert_true(c.dtr && !c.rts);
}

static void en__falls_at_once_and_rises_late(void **state)
{
	struct sim_circuit c;

	(void)state;
	sim_circuit_init(&c, true, 1000);
	assert_int_equal(sim_circuit_set(&c, false, true, 50), SIM_LINE_EN);
	assert_true(c.en_rise_at == SIM_NEVER);
	assert_int_equal(sim_circuit_set(&c, false, false, 100), 0);
	assert_int_equal(c.en_rise_at, 1100);
	assert_int_equal(sim_circuit_tick(&c, 1099), 0);
	assert_false(c.en);
	assert_int_equal(sim_circuit_tick(&c, 1100), SIM_LINE_EN);
	assert_true(c.en);
	assert_true(c.en_rise_at == SIM_NEVER);
}

static void en__begins_anew__pulled_while_rising(void **state)
{
	struct sim_circuit c;

	(void)state;
	sim_circuit_init(&c, true, 1000);
	sim_circuit_set(&c, false, true, 0);
	sim_circuit_set(&c, false, false, 100);
	assert_int_equal(sim_circuit_set(&c, false, true, 600), 0); /* it was still low */
	assert_int_equal(sim_circuit_tick(&c, 5000), 0);
	sim_circuit_set(&c, false, false, 6000);
	assert_int_equal(c.en_rise_at, 7000);
	/* Another "let go" does not push the rise off. */
	sim_circuit_set(&c, true, true, 6500);
	assert_int_equal(c.en_rise_at, 7000);
}

static void reset__boots_anew__rts_pulsed(void **state)
{
	struct peer *p = board(true, 1);
	unsigned resets = sim_device_resets(sim_link_device(p->l));

	(void)state;
	set(p, false, true);
	peer_wait(p, 100 * MS);
	assert_int_equal(mode(p), SIM_MODE_RESET);
	assert_int_equal(p->n, 0);
	assert_int_equal(sim_device_resets(sim_link_device(p->l)), resets);
	set(p, false, false);
	peer_wait(p, 300 * MS);
	assert_int_equal(sim_device_resets(sim_link_device(p->l)), resets + 1);
	assert_true(peer_saw(p, "rst cause:2, boot mode:(3,7)"));
}

static void reset__is_traced__shortest_pulse(void **state)
{
	struct peer *p = board(true, 1);

	(void)state;
	set(p, false, true);
	set(p, true, true);
	peer_wait(p, 10 * MS);
	assert_int_equal(peer_trace_count(p, "EN low"), 1);
	assert_int_equal(peer_trace_count(p, "EN high"), 1);
	assert_int_equal(peer_trace_count(p, "lines DTR=0 RTS=1"), 1);
	assert_int_equal(peer_trace_count(p, "lines DTR=1 RTS=1"), 1);
}

/* What opening a port does, and taking the lines back in one call: no pulse. */
static void lines__do_nothing__both_raised_and_dropped(void **state)
{
	struct peer *p = board(true, 1);
	unsigned resets = sim_device_resets(sim_link_device(p->l));

	(void)state;
	set(p, true, true);
	set(p, false, false);
	set(p, true, true);
	set(p, false, false);
	peer_wait(p, 300 * MS);
	assert_int_equal(peer_trace_count(p, "EN "), 0);
	assert_int_equal(peer_trace_count(p, "GPIO0"), 0);
	assert_int_equal(sim_device_resets(sim_link_device(p->l)), resets);
}

static void lines__reach_nothing__board_without_circuit(void **state)
{
	struct peer *p = board(false, 1);
	unsigned resets = sim_device_resets(sim_link_device(p->l));

	(void)state;
	set(p, false, true);
	peer_wait(p, 100 * MS);
	set(p, true, false);
	peer_wait(p, 300 * MS);
	assert_int_equal(sim_device_resets(sim_link_device(p->l)), resets);
	assert_true(peer_traced(p, "lines DTR=1 RTS=0"));
	assert_int_equal(peer_trace_count(p, "EN "), 0);
}

/* D0 R1, 100 ms, D1 R0, `hold`, D0. */
static void classic(struct peer *p, sim_time hold)
{
	set(p, false, true);
	peer_wait(p, 100 * MS);
	set(p, true, false);
	peer_wait(p, hold);
	set(p, false, false);
	peer_wait(p, 700 * MS);
}

static void classic__enters_the_loader__clean_circuit(void **state)
{
	struct peer *p = board(true, 1);

	(void)state;
	classic(p, 50 * MS);
	assert_int_equal(mode(p), SIM_MODE_AUTOBAUD);
	assert_true(peer_saw(p, "boot mode:(1,7)"));
	assert_true(lines(p).gpio0);
}

static void classic__boots_normally__slow_en_and_short_wait(void **state)
{
	struct peer *p = board(true, 80);

	(void)state;
	classic(p, 50 * MS);
	assert_true(peer_saw(p, "boot mode:(3,7)"));
	assert_false(peer_saw(p, "boot mode:(1,7)"));
	peer_forget(p);
	classic(p, 550 * MS);
	assert_true(peer_saw(p, "boot mode:(1,7)"));
	assert_int_equal(mode(p), SIM_MODE_AUTOBAUD);
}

static void unix_tight__enters_the_loader__clean_circuit(void **state)
{
	struct peer *p = board(true, 1);

	(void)state;
	set(p, false, false);
	set(p, true, true);
	set(p, false, true);
	peer_wait(p, 100 * MS);
	set(p, true, false);
	peer_wait(p, 50 * MS);
	set(p, false, false);
	peer_wait(p, 200 * MS);
	assert_int_equal(mode(p), SIM_MODE_AUTOBAUD);
	assert_int_equal(peer_trace_count(p, "EN low"), 1);
}

static void button__still_counts__beside_the_lines(void **state)
{
	struct peer *p = board(true, 1);

	(void)state;
	sim_link_button(p->l, true, p->now);
	assert_false(lines(p).gpio0);
	set(p, false, true);
	peer_wait(p, 100 * MS);
	set(p, false, false);
	peer_wait(p, 300 * MS);
	assert_int_equal(mode(p), SIM_MODE_AUTOBAUD);
}

static void power__waits_for_en__held_low(void **state)
{
	struct peer *p = board(true, 1);

	(void)state;
	set(p, false, true);
	sim_link_power(p->l, false, p->now);
	sim_link_power(p->l, true, p->now);
	peer_wait(p, 300 * MS);
	assert_int_equal(p->n, 0);
	set(p, false, false);
	peer_wait(p, 300 * MS);
	assert_true(peer_saw(p, "rst cause:1, boot mode:(3,7)"));
}

static void unplug__takes_the_lines_along(void **state)
{
	struct peer *p = board(true, 1);

	(void)state;
	set(p, true, false);
	sim_link_unplug(p->l, p->now);
	set(p, false, true); /* nobody is there to do it */
	sim_link_replug(p->l, p->now);
	peer_wait(p, 300 * MS);
	assert_false(lines(p).dtr);
	assert_false(lines(p).rts);
	assert_true(lines(p).gpio0);
	assert_true(peer_saw(p, "rst cause:1, boot mode:(3,7)"));
}

static void break__silences_the_host(void **state)
{
	struct peer *p = board(true, 1);
	uint64_t before;
	struct sim_link_totals t;

	(void)state;
	sim_link_totals(p->l, &t);
	before = t.to_chip;
	sim_link_break(p->l, true, p->now);
	peer_send(p, "lost", 4);
	peer_wait(p, 20 * MS);
	sim_link_break(p->l, false, p->now);
	peer_send(p, "heard", 5);
	peer_wait(p, 20 * MS);
	sim_link_totals(p->l, &t);
	assert_int_equal(t.to_chip - before, 5);
	assert_true(peer_traced(p, "break on"));
	assert_true(peer_traced(p, "break off"));
}

#define T(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(circuit__pulls_as_the_truth_table_says),
	    T(circuit__reaches_nothing__board_without_it),
	    T(en__falls_at_once_and_rises_late),
	    T(en__begins_anew__pulled_while_rising),
	    T(reset__boots_anew__rts_pulsed),
	    T(reset__is_traced__shortest_pulse),
	    T(lines__do_nothing__both_raised_and_dropped),
	    T(lines__reach_nothing__board_without_circuit),
	    T(classic__enters_the_loader__clean_circuit),
	    T(classic__boots_normally__slow_en_and_short_wait),
	    T(unix_tight__enters_the_loader__clean_circuit),
	    T(button__still_counts__beside_the_lines),
	    T(power__waits_for_en__held_low),
	    T(unplug__takes_the_lines_along),
	    T(break__silences_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

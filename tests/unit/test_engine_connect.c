/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash engine's waiting for a loader that is entered by hand: every story it may hear. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "enginesim.h"

static struct rig rig;

static struct rig_config identify_config(void)
{
	struct rig_config c = {.seed = 3};
	c.job.kind = ENGINE_IDENTIFY;
	c.job.app_baud = 115200;
	return c;
}

static void expect_done(int64_t limit_us)
{
	assert_true(rig_run(&rig, limit_us));
	assert_int_equal(rig.end, ENGINE_EV_DONE);
	assert_true(engine_chip_info(rig.e)->known);
}

/* ---- with the virtual device ------------------------------------------------------------------ */
static void connect__hears_banner__goes_on_at_once(void **state)
{
	(void)state;
	for (int cut = RIG_WHOLE; cut <= RIG_RANDOM; cut++) {
		struct rig_config c = identify_config();
		c.button = true;
		c.power_at = 2000000;
		c.cut = (enum rig_cut)cut;
		rig_init(&rig, &c);
		assert_false(rig_run(&rig, 1900000));
		assert_int_equal(rig.actions[ENGINE_WRITE], 0);
		assert_true(rig_until(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_LOADER, 2000000));
		sim_time heard = rig.now;
		assert_true(rig_until(&rig, ENGINE_EV_SYNC, -1, 1000000));
		assert_true(rig.now - heard < 300000);
		expect_done(1000000);
		assert_int_equal(rig.rates[0], 74880);
		assert_int_equal(rig_count(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_DEAF), 0);
		rig_fini(&rig);
	}
}

static void connect__button_not_held__waits_on(void **state)
{
	(void)state;
	struct rig_config c = identify_config();
	c.link.device.no_app = true;
	rig_init(&rig, &c);
	assert_true(rig_until(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_FLASH_BOOT, 1000000));
	assert_int_equal(rig_last(&rig, ENGINE_EV_HEARD)->value, 1); /* rst cause */
	assert_false(rig_run(&rig, 3000000));
	assert_int_equal(rig.actions[ENGINE_WRITE], 0);
	sim_link_power(rig.link, false, rig.now);
	assert_false(rig_run(&rig, 300000));
	sim_link_button(rig.link, true, rig.now);
	sim_link_power(rig.link, true, rig.now);
	expect_done(2000000);
	rig_fini(&rig);
}

static void connect__loader_waits_already__burst_finds_it(void **state)
{
	(void)state;
	struct rig_config c = identify_config();
	c.button = true;
	rig_init(&rig, &c);
	engine_free(rig.e);
	rig.pending = (struct rig_pending){0};
	/* the banner passes unheard; then the session begins */
	sim_link_open(rig.link, false, 0);
	sim_link_advance(rig.link, 1000000);
	sim_link_open(rig.link, true, 1000000);
	rig.now = 1000000;
	rig.e = engine_new(&rig.cfg.job, rig.now);
	assert_false(rig_run(&rig, 4900000));
	assert_int_equal(rig.actions[ENGINE_WRITE], 0); /* silent for five seconds */
	assert_true(rig_until(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_NOTHING, 1000000));
	expect_done(2000000);
	rig_fini(&rig);
}

static void connect__no_power__waits_for_ever(void **state)
{
	(void)state;
	struct rig_config c = identify_config();
	c.no_power = true;
	c.button = true;
	rig_init(&rig, &c);
	assert_false(rig_run(&rig, 600000000));
	assert_int_equal(rig_count(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_NOTHING), 1);
	/* one burst of a few SYNCs every 2 s, more where other rates are tried */
	assert_true(rig.actions[ENGINE_WRITE] > 297 * 3 && rig.actions[ENGINE_WRITE] < 298 * 7);
	sim_link_power(rig.link, true, rig.now);
	expect_done(5000000);
	rig_fini(&rig);
}

/* The power may come at any moment of the waiting: in a burst, between two, at another rate. */
static void connect__any_moment__finds_it(void **state)
{
	(void)state;
	for (int i = 0; i < 60; i++) {
		struct rig_config c = identify_config();
		c.button = true;
		c.power_at = 4800000 + i * 137000;
		rig_init(&rig, &c);
		assert_true(rig_run(&rig, 40000000));
		assert_int_equal(rig.end, ENGINE_EV_DONE);
		assert_true(rig.now - (4800000 + i * 137000) < 9000000);
		rig_fini(&rig);
	}
}

static void connect__wrong_straps__are_named(void **state)
{
	(void)state;
	struct rig_config c = identify_config();
	c.no_power = true;
	rig_init(&rig, &c);
	sim_device_strap(sim_link_device(rig.link), SIM_GPIO15, true);
	sim_link_power(rig.link, true, 0);
	assert_true(rig_until(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_STRAPS, 1000000));
	assert_in_range(rig_last(&rig, ENGINE_EV_HEARD)->value, 4, 7);
	rig_fini(&rig);
}

static void connect__locked_rate__is_found(void **state)
{
	(void)state;
	static const uint32_t rates[] = {74880, 9600, 57600};
	for (size_t i = 0; i < 3; i++) {
		struct rig_config c = identify_config();
		c.button = true;
		c.job.app_baud = rates[i] == 57600 ? 57600 : 115200;
		rig_init(&rig, &c);
		engine_free(rig.e);
		rig.pending = (struct rig_pending){0};
		sim_link_advance(rig.link, 500000);
		/* somebody typed */
		sim_link_baud(rig.link, rates[i], 500000);
		sim_link_send(rig.link, "AAAAAAAAAAAAAAAA", 16, 500000);
		sim_link_advance(rig.link, 1000000);
		uint8_t drop[512];
		(void)sim_link_receive(rig.link, drop, sizeof drop, 1000000);
		rig.now = 1000000;
		rig.e = engine_new(&rig.cfg.job, rig.now);
		assert_true(rig_run(&rig, 30000000));
		assert_int_equal(rig.end, ENGINE_EV_DONE);
		assert_int_equal(rig_count(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_LOCKED), 1);
		assert_int_equal(engine_baud(rig.e), rates[i]);
		assert_int_equal(engine_chip_info(rig.e)->crystal_khz, 26000);
		rig_fini(&rig);
	}
}

static void connect__cancel__ends_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		struct rig_config c = identify_config();
		c.no_power = true;
		rig_init(&rig, &c);
		assert_false(rig_run(&rig, i * 97000));
		engine_cancel(rig.e, rig.now);
		sim_time from = rig.now;
		assert_true(rig_run(&rig, 1000000));
		assert_int_equal(rig.end, ENGINE_EV_CANCELLED);
		assert_true(rig.now - from < 100000);
		assert_int_equal(engine_deadline(rig.e), MONO_NEVER);
		rig_fini(&rig);
	}
}

/* ---- with a toy: bytes at a rate of its own, garbled at any other --------------------------------- */
struct toy {
	struct engine *e;
	mono_t now;
	uint32_t host;	  /* rate */
	uint32_t rate;	  /* of what it says */
	bool echo;	  /* gives back what it gets */
	bool stub;	  /* answers SYNC with the value 0 */
	const char *says; /* every period_us */
	int64_t period_us;
	mono_t next;
	unsigned heard[ENGINE_HEARD_DEAF + 1];
	uint32_t value[ENGINE_HEARD_DEAF + 1];
	char text[65536];
	size_t text_len;
	unsigned writes;
	bool ended;
};

static void toy_init(struct toy *t, uint32_t app_baud)
{
	struct engine_job job = {.kind = ENGINE_IDENTIFY, .app_baud = app_baud};
	memset(t, 0, sizeof *t);
	t->e = engine_new(&job, 0);
	assert_non_null(t->e);
}

static void toy_events(struct toy *t)
{
	struct engine_event ev;
	while (engine_event(t->e, &ev)) {
		if (ev.kind == ENGINE_EV_HEARD) {
			t->heard[ev.heard]++;
			t->value[ev.heard] = ev.value;
			assert_int_equal(ev.count, t->heard[ev.heard]);
		}
		if (ev.kind == ENGINE_EV_TEXT && t->text_len + ev.n < sizeof t->text) {
			memcpy(t->text + t->text_len, ev.text, ev.n);
			t->text_len += ev.n;
		}
		t->ended = t->ended || ev.kind >= ENGINE_EV_DONE;
	}
}

static void toy_act(struct toy *t)
{
	static const uint8_t stub[] = {0xC0, 1, 8, 2, 0, 0, 0, 0, 0, 0, 0, 0xC0};
	struct engine_action a;
	while (engine_next(t->e, &a, t->now)) {
		if (a.kind == ENGINE_BAUD)
			t->host = a.baud;
		if (a.kind == ENGINE_WRITE)
			t->writes++;
		uint8_t back[512];
		size_t n = a.kind == ENGINE_WRITE && a.n <= sizeof back ? a.n : 0;
		if (n)
			memcpy(back, a.bytes, n);
		engine_done(t->e, 0, t->host, t->now);
		if (t->echo && n)
			engine_rx(t->e, back, n, t->now);
		if (t->stub && n)
			engine_rx(t->e, stub, sizeof stub, t->now);
	}
}

static void toy_say(struct toy *t)
{
	uint8_t out[256];
	size_t n = strlen(t->says);
	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)t->says[i];
		out[i] = t->host == t->rate ? c : (uint8_t)((c * 37u + i) | 0x80u);
	}
	engine_rx(t->e, out, n, t->now);
}

static void toy_run(struct toy *t, int64_t us)
{
	mono_t end = t->now + us;
	while (t->now <= end && !t->ended) {
		toy_act(t);
		toy_events(t);
		mono_t d = engine_deadline(t->e);
		if (t->says && t->next < d)
			d = t->next;
		t->now = d > t->now ? d : t->now;
		if (t->now > end)
			break;
		if (t->says && t->next <= t->now) {
			toy_say(t);
			t->next = t->now + t->period_us;
		}
		if (engine_deadline(t->e) <= t->now)
			engine_tick(t->e, t->now);
	}
	t->now = end;
	toy_events(t);
}

static void connect__echo__is_named(void **state)
{
	(void)state;
	struct toy t;
	toy_init(&t, 115200);
	t.echo = true;
	toy_run(&t, 20000000);
	assert_true(t.heard[ENGINE_HEARD_ECHO] >= 2);
	assert_int_equal(t.heard[ENGINE_HEARD_APP] + t.heard[ENGINE_HEARD_STUB], 0);
	assert_false(t.ended);
	engine_free(t.e);
}

static void connect__stub__is_named(void **state)
{
	(void)state;
	struct toy t;
	toy_init(&t, 115200);
	t.stub = true;
	toy_run(&t, 20000000);
	assert_true(t.heard[ENGINE_HEARD_STUB] >= 2);
	assert_false(t.ended);
	engine_free(t.e);
}

static void connect__application__is_heard_at_its_rate(void **state)
{
	(void)state;
	static const uint32_t rates[] = {115200, 9600, 74880};
	for (size_t i = 0; i < 3; i++) {
		struct toy t;
		toy_init(&t, rates[i]);
		t.rate = rates[i];
		t.says = "00:00:07 MQT: tele/sonoff/STATE = {\"Time\":\"2018\"}\r\n";
		t.period_us = 250000;
		t.next = 1000000;
		toy_run(&t, 10000000);
		assert_true(t.heard[ENGINE_HEARD_APP] >= 2);
		assert_int_equal(t.value[ENGINE_HEARD_APP], rates[i]);
		assert_int_equal(t.heard[ENGINE_HEARD_NOISE], 0);
		assert_int_equal(t.writes, 0); /* it talks: nothing is sent into it */
		assert_non_null(strstr(t.text, "tele/sonoff/STATE"));
		engine_free(t.e);
	}
}

static void connect__noise__is_named(void **state)
{
	(void)state;
	struct toy t;
	toy_init(&t, 115200);
	t.rate = 31250; /* nobody listens there */
	t.says = "something that nobody here can read at all";
	t.period_us = 400000;
	t.next = 500000;
	toy_run(&t, 10000000);
	assert_true(t.heard[ENGINE_HEARD_NOISE] >= 1);
	assert_int_equal(t.heard[ENGINE_HEARD_APP], 0);
	engine_free(t.e);
}

static void connect__deaf_loader__asks_for_power(void **state)
{
	(void)state;
	struct toy t;
	toy_init(&t, 115200);
	t.rate = 74880;
	t.says = " ets Jan  8 2013,rst cause:1, boot mode:(1,7)\r\n";
	t.period_us = 100000000;
	t.next = 1000000;
	toy_run(&t, 5000000);
	assert_int_equal(t.heard[ENGINE_HEARD_LOADER], 1);
	assert_int_equal(t.heard[ENGINE_HEARD_DEAF], 1);
	assert_false(t.ended);
	engine_free(t.e);
}

static void connect__port_lost__fails(void **state)
{
	(void)state;
	struct toy t;
	toy_init(&t, 115200);
	toy_run(&t, 6000000);
	engine_port_lost(t.e, t.now);
	toy_events(&t);
	assert_true(t.ended);
	assert_int_equal(engine_failure(t.e)->cause, ENGINE_CAUSE_IO);
	assert_false(engine_failure(t.e)->still_connected);
	engine_free(t.e);
}

/* Any bytes, at any moment: no end, no hang, no more actions than time allows. */
static void connect__hostile_bytes__wait_on(void **state)
{
	(void)state;
	uint64_t s = 88172645463325252ull;
	struct toy t;
	toy_init(&t, 115200);
	for (int i = 0; i < 20000; i++) {
		uint8_t b[300];
		size_t n = 0;
		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		for (; n < (s >> 8) % sizeof b; n++)
			b[n] = (uint8_t)((s >> (n % 50)) ^ (n * (s >> 40)));
		if (s % 5 == 0)
			b[0] = 0xC0;
		engine_rx(t.e, b, n, t.now);
		toy_run(&t, (int64_t)(s >> 30) % 90000);
	}
	assert_false(t.ended);
	assert_true(t.writes < (unsigned)(t.now / 20000));
	engine_free(t.e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(connect__hears_banner__goes_on_at_once),
	    cmocka_unit_test(connect__button_not_held__waits_on),
	    cmocka_unit_test(connect__loader_waits_already__burst_finds_it),
	    cmocka_unit_test(connect__no_power__waits_for_ever),
	    cmocka_unit_test(connect__any_moment__finds_it),
	    cmocka_unit_test(connect__wrong_straps__are_named),
	    cmocka_unit_test(connect__locked_rate__is_found),
	    cmocka_unit_test(connect__cancel__ends_at_once),
	    cmocka_unit_test(connect__echo__is_named),
	    cmocka_unit_test(connect__stub__is_named),
	    cmocka_unit_test(connect__application__is_heard_at_its_rate),
	    cmocka_unit_test(connect__noise__is_named),
	    cmocka_unit_test(connect__deaf_loader__asks_for_power),
	    cmocka_unit_test(connect__port_lost__fails),
	    cmocka_unit_test(connect__hostile_bytes__wait_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

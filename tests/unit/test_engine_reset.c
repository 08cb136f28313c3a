/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash engine's use of DTR and RTS, on the virtual board's reset circuit. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "enginesim.h"
#include "sim/tasmota_image.h"
#include "sim_peer.h"
#include "tasmite/base/err.h"

#define MS 1000
#define S  1000000

static struct rig rig;
static unsigned pulses;	   /* of EN */
static unsigned accidents; /* ... outside of a sequence */
static bool watching;

/* The board's trace: every fall of EN must be a step of a sequence. */
static void on_trace(void *ctx, sim_time at, const char *text)
{
	(void)ctx;
	(void)at;
	if (!watching || strcmp(text, "EN low") != 0)
		return;
	pulses++;
	if (strncmp(engine_state_name(rig.e), "reset:", 6) != 0)
		accidents++;
}

static struct rig_config lines_config(bool circuit, uint32_t en_ms)
{
	struct rig_config c = {.seed = 5};
	c.job.kind = ENGINE_IDENTIFY;
	c.job.app_baud = 115200;
	c.job.has_lines = true;
	c.link.device.lines = circuit;
	c.link.device.en_us = en_ms * MS;
	c.link.device.no_app = true;
	c.link.device.trace = on_trace;
	return c;
}

static const struct tas_image_spec talking = {.build = "6.1.1-full"};

/* A board that has booted some time ago. */
static void begin(const struct rig_config *c)
{
	watching = false;
	rig_init(&rig, c);
	engine_free(rig.e);
	rig.pending = (struct rig_pending){0};
	if (c->link.device.no_app)
		(void)peer_image(rig_flash(&rig)->mem, 0x40100000, 1000);
	else
		assert_true(tas_image_make(&talking, rig_flash(&rig)->mem) > 0);
	sim_link_advance(rig.link, S);
	uint8_t drop[2000];
	while (sim_link_receive(rig.link, drop, sizeof drop, S) > 0)
		;
	rig.now = S;
	rig.e = engine_new(&rig.cfg.job, rig.now);
	assert_non_null(rig.e);
	pulses = 0;
	accidents = 0;
	watching = true;
}

static struct sim_lines board_lines(void)
{
	struct sim_lines s;
	sim_device_lines_state(sim_link_device(rig.link), &s);
	return s;
}

static enum sim_mode mode_after(int64_t us)
{
	rig.now += us;
	sim_link_advance(rig.link, rig.now);
	return sim_device_mode(sim_link_device(rig.link));
}

static void end(void)
{
	assert_int_equal(accidents, 0);
	watching = false;
	rig_fini(&rig);
}

static void expect_done(int64_t limit_us)
{
	assert_true(rig_run(&rig, limit_us));
	assert_int_equal(rig.end, ENGINE_EV_DONE);
	assert_true(engine_chip_info(rig.e)->known);
	assert_false(rig.dtr || rig.rts);
}

static unsigned began(void)
{
	unsigned n = 0;
	for (size_t i = 0; i < rig.events; i++)
		n += rig.ev[i].kind == ENGINE_EV_RESET && rig.ev[i].began;
	return n;
}

/* The first event that tells of a sequence's end: a good one, or any. All zero: none. */
static struct engine_event over(bool ok)
{
	for (size_t i = 0; i < rig.events; i++)
		if (rig.ev[i].kind == ENGINE_EV_RESET && !rig.ev[i].began && (rig.ev[i].ok || !ok))
			return rig.ev[i];
	return (struct engine_event){.name = ""};
}

/* ---- a circuit ------------------------------------------------------------------------------- */
static void reset__first_try__clean_circuit(void **state)
{
	(void)state;
	for (int cut = RIG_WHOLE; cut <= RIG_RANDOM; cut++) {
		for (int app = 0; app < 2; app++) {
			struct rig_config c = lines_config(true, 1);
			c.cut = (enum rig_cut)cut;
			c.link.device.no_app = !app;
			c.link.usb_latency_us = app ? 16 * MS : 0;
			begin(&c);
			sim_time from = rig.now;
			assert_true(rig_until(&rig, ENGINE_EV_SYNC, -1, 2 * S));
			assert_true(rig.now - from < 600 * MS);
			expect_done(2 * S);
			assert_string_equal(engine_reset_name(rig.e), "tight-50");
			assert_string_equal(over(true).name, "tight-50");
			assert_int_equal(over(true).count, 1);
			assert_int_equal(over(true).value, 1);
			assert_non_null(strstr(rig.text, "rst cause:2, boot mode:(1,"));
			assert_int_equal(rig.rates[0], 74880);
			assert_int_equal(
			    rig_count(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_FLASH_BOOT), 0);
			/* one into the loader, one out of it */
			assert_int_equal(pulses, 2);
			assert_int_equal(began(), 2);
			assert_false(engine_in_loader(rig.e));
			assert_int_equal(mode_after(500 * MS), SIM_MODE_APP);
			end();
		}
	}
}

static void reset__within_five__slow_en(void **state)
{
	(void)state;
	static const uint32_t en_ms[] = {5, 20, 45, 55, 100, 200, 400};
	for (size_t i = 0; i < sizeof en_ms / sizeof en_ms[0]; i++) {
		struct rig_config c = lines_config(true, en_ms[i]);
		begin(&c);
		expect_done(10 * S);
		assert_true(over(true).count <= (en_ms[i] < 50 ? 1 : 5));
		assert_string_equal(over(true).name, en_ms[i] < 50 ? "tight-50" : "tight-550");
		assert_false(engine_in_loader(rig.e));
		assert_int_equal(pulses, began());
		assert_int_equal(mode_after(S), SIM_MODE_APP);
		end();
	}
}

static void reset__failure_is_told__gpio0_too_early(void **state)
{
	(void)state;
	struct rig_config c = lines_config(true, 100);
	begin(&c);
	expect_done(10 * S);
	struct engine_event first = over(false);
	assert_string_equal(first.name, "tight-50");
	assert_false(first.ok);
	assert_int_equal(first.value, 3);
	end();
}

static void reset__remembered_one_first__then_the_others(void **state)
{
	(void)state;
	static const struct {
		const char *first, *worked;
		uint32_t en_ms;
		unsigned count;
	} row[] = {
	    {"classic-550", "classic-550", 100, 1},
	    {"classic-50", "classic-50", 1, 1},
	    {"tight-50", "tight-550", 100, 2},
	    {"classic-50", "tight-550", 100, 3},
	    {"run", "tight-50", 1, 1},
	    {"no such", "tight-50", 1, 1},
	    {"", "tight-50", 1, 1},
	};
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct rig_config c = lines_config(true, row[i].en_ms);
		c.job.reset_first = row[i].first;
		begin(&c);
		expect_done(10 * S);
		assert_string_equal(engine_reset_name(rig.e), row[i].worked);
		assert_int_equal(over(true).count, row[i].count);
		end();
	}
}

/* Text that lay in a queue somewhere is no word on what the lines do now. */
static void reset__old_banner__is_not_believed(void **state)
{
	(void)state;
	static const char *const old[] = {" ets Jan  8 2013,rst cause:2, boot mode:(3,7)\r\n",
	    " ets Jan  8 2013,rst cause:2, boot mode:(1,7)\r\n"};
	for (size_t i = 0; i < 2; i++) {
		struct rig_config c = lines_config(true, 45);
		begin(&c);
		sim_time from = rig.now;
		assert_false(rig_run(&rig, 50 * MS));
		assert_false(board_lines().en);
		engine_rx(rig.e, (const uint8_t *)old[i], strlen(old[i]), rig.now);
		assert_false(rig_run(&rig, 45 * MS));
		assert_false(board_lines().en);
		assert_true(rig_until(&rig, ENGINE_EV_SYNC, -1, 2 * S));
		assert_true(rig.now - from > 140 * MS);
		expect_done(2 * S);
		assert_int_equal(over(true).count, 1);
		end();
	}
}

static void reset__long_sequence__ends_with_the_banner(void **state)
{
	(void)state;
	struct rig_config c = lines_config(true, 1);
	c.job.reset_first = "tight-550";
	begin(&c);
	sim_time from = rig.now;
	assert_true(rig_until(&rig, ENGINE_EV_SYNC, -1, 2 * S));
	assert_true(rig.now - from < 500 * MS);
	end();
}

static bool starts_app;

/* A ROM at another crystal: what it says can't be read at the usual rate. */
static void unreadable(struct rig *r, bool dtr, bool rts)
{
	static const uint8_t noise[40] = {0x8f, 0x9c, 0xe0, 0xfe, 0x81, 0x92, 0xfc, 0xe2};
	bool into_loader = dtr && !rts;
	bool out = !dtr && !rts && engine_chip_info(r->e)->known;
	if (into_loader || (out && starts_app && r->actions[ENGINE_LINES] > 7))
		sim_device_emit(sim_link_device(r->link), noise, sizeof noise, r->now);
}

static void reset__unreadable_banner__counts(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct rig_config c = lines_config(false, 0);
		c.button = true;
		c.lines = unreadable;
		starts_app = i;
		begin(&c);
		expect_done(5 * S);
		assert_string_equal(engine_reset_name(rig.e), "tight-50");
		assert_int_equal(over(true).value, ENGINE_RESET_SILENT);
		/* it may have been by hand: whether RTS starts it is listened for */
		assert_int_equal(engine_in_loader(rig.e), !starts_app);
		end();
	}
}

static void reset__flash_job__starts_what_was_written(void **state)
{
	(void)state;
	static uint8_t data[20000];
	rig_fill(data, sizeof data, 4);
	struct rig_config c = lines_config(true, 1);
	c.job.kind = ENGINE_FLASH;
	c.job.parts[0] = (struct engine_part){.offset = 0, .length = sizeof data};
	c.job.part_count = 1;
	c.data[0] = data;
	begin(&c);
	expect_done(60 * S);
	assert_true(rig_flash_is(&rig, 0, data, sizeof data));
	assert_false(engine_in_loader(rig.e));
	assert_int_equal(pulses, 2);
	assert_int_not_equal(mode_after(500 * MS), SIM_MODE_LOADER);
	end();
}

/* Who does not follow the boot is told what became of it, the line being whole or not. */
static void reset__start_is_listened_for__button_held_or_not(void **state)
{
	(void)state;
	for (int cut = RIG_WHOLE; cut <= RIG_RANDOM; cut++) {
		for (int held = 0; held < 2; held++) {
			struct rig_config c = lines_config(true, 1);
			c.cut = (enum rig_cut)cut;
			c.link.device.no_app = false;
			c.job.see_start = true;
			begin(&c);
			sim_link_button(rig.link, held, rig.now);
			expect_done(20 * S);
			assert_int_equal(engine_started(rig.e),
			    held ? ENGINE_STARTED_LOADER : ENGINE_STARTED_APP);
			assert_int_equal(engine_in_loader(rig.e), held);
			assert_int_equal(mode_after(500 * MS) == SIM_MODE_APP, !held);
			end();
		}
	}
}

static bool cut_off;

/* The chip loses its power at the very last. */
static void dies(struct rig *r, bool dtr, bool rts)
{
	sim_link_lines(r->link, dtr, rts, r->now);
	if (rts && engine_chip_info(r->e)->known && !cut_off) {
		cut_off = true;
		sim_link_power(r->link, false, r->now);
	}
}

static void reset__start_is_listened_for__a_second_at_most(void **state)
{
	(void)state;
	struct rig_config c = lines_config(true, 1);
	c.job.see_start = true;
	c.lines = dies;
	cut_off = false;
	begin(&c);
	while (!cut_off)
		assert_false(rig_run(&rig, MS));
	expect_done(1500 * MS);
	assert_int_equal(engine_started(rig.e), ENGINE_STARTED_SILENT);
	assert_false(engine_in_loader(rig.e)); /* that RTS works was seen before */
	end();
}

static void reset__start_is_not_listened_for__by_itself(void **state)
{
	(void)state;
	struct rig_config c = lines_config(true, 1);
	begin(&c);
	expect_done(20 * S);
	assert_int_equal(engine_started(rig.e), ENGINE_STARTED_UNKNOWN);
	end();
}

/* ---- no circuit, or half of one ----------------------------------------------------------------- */
static void no_reset__by_hand_as_ever__silent_board(void **state)
{
	(void)state;
	struct rig_config c = lines_config(false, 0);
	begin(&c);
	assert_true(rig_until(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_NO_RESET, 20 * S));
	assert_int_equal(rig_last(&rig, ENGINE_EV_HEARD)->value, 0);
	assert_true(rig.now < 5 * S); /* one round: it has said nothing */
	assert_int_equal(began(), 4);
	assert_false(rig.dtr || rig.rts);
	/* SYNC after the first sequence only: a program may run that takes it for input */
	assert_int_equal(rig.actions[ENGINE_WRITE], 3);
	unsigned lines = rig.actions[ENGINE_LINES];
	assert_false(rig_run(&rig, 4 * S));
	assert_true(rig.actions[ENGINE_WRITE] > 3);
	/* from now on it is the user's hand that is spoken of */
	while (strcmp(engine_state_name(rig.e), "connect:listen") != 0)
		assert_false(rig_run(&rig, 10 * MS));
	sim_link_power(rig.link, false, rig.now);
	sim_link_power(rig.link, true, rig.now);
	assert_true(rig_until(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_FLASH_BOOT, 10 * S));
	sim_link_power(rig.link, false, rig.now);
	assert_false(rig_run(&rig, 2 * S));
	sim_link_button(rig.link, true, rig.now);
	sim_link_power(rig.link, true, rig.now);
	expect_done(10 * S);
	assert_int_equal(rig.actions[ENGINE_LINES], lines);
	assert_true(engine_in_loader(rig.e));
	assert_null(engine_reset_name(rig.e));
	assert_int_equal(mode_after(S), SIM_MODE_LOADER);
	end();
}

/* Who has the button ready does not wait for the sequences' end. */
static void no_reset__power_by_hand_meanwhile__is_found(void **state)
{
	(void)state;
	for (int i = 0; i < 90; i++) {
		struct rig_config c = lines_config(false, 0);
		c.no_power = true;
		c.button = true;
		c.power_at = S + 20 * MS + i * 61 * MS;
		begin(&c);
		sim_time at = c.power_at;
		assert_true(rig_run(&rig, 20 * S));
		assert_int_equal(rig.end, ENGINE_EV_DONE);
		assert_true(rig.now - at < 9 * S);
		assert_true(engine_in_loader(rig.e));
		assert_int_equal(mode_after(0), SIM_MODE_LOADER);
		assert_false(rig.dtr || rig.rts);
		end();
	}
}

/* The chip waits in its loader, put there by its button before; the lines reach nothing. */
static void no_reset__loader_there_already__is_found(void **state)
{
	(void)state;
	struct rig_config c = lines_config(false, 0);
	c.button = true;
	begin(&c);
	expect_done(10 * S);
	assert_null(engine_reset_name(rig.e));
	assert_int_equal(over(true).count, 0);
	assert_true(engine_in_loader(rig.e));
	assert_int_equal(mode_after(0), SIM_MODE_LOADER);
	end();
}

static void no_reset__talking_application__is_not_sent_to(void **state)
{
	(void)state;
	struct rig_config c = lines_config(false, 0);
	begin(&c);
	/* it says something every 50 ms, at its own rate */
	while (!rig_count(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_NO_RESET)) {
		static const uint8_t noise[] = {0x8f, 0x9c, 0xe0, 0xfe, 0x81, 0x92, 0xfc, 0xe2};
		assert_false(rig_run(&rig, 50 * MS));
		engine_rx(rig.e, noise, sizeof noise, rig.now);
		assert_true(rig.now < 60 * S);
	}
	assert_int_equal(began(), 8);
	assert_int_equal(rig.actions[ENGINE_WRITE], 0);
	end();
}

static void only_en(struct rig *r, bool dtr, bool rts)
{
	sim_link_lines(r->link, false, rts && !dtr, r->now);
}

static void no_reset__restarts_are_told__gpio0_not_connected(void **state)
{
	(void)state;
	struct rig_config c = lines_config(true, 1);
	c.lines = only_en;
	begin(&c);
	assert_true(rig_until(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_NO_RESET, 20 * S));
	assert_int_equal(rig_last(&rig, ENGINE_EV_HEARD)->value, 1);
	assert_int_equal(began(), 8);
	assert_int_equal(pulses, 8);
	assert_int_equal(rig_count(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_FLASH_BOOT), 0);
	sim_link_power(rig.link, false, rig.now);
	sim_link_button(rig.link, true, rig.now);
	sim_link_power(rig.link, true, rig.now);
	expect_done(10 * S);
	assert_true(engine_in_loader(rig.e));
	assert_int_equal(pulses, 8);
	end();
}

static void no_reset__straps_are_named(void **state)
{
	(void)state;
	struct rig_config c = lines_config(true, 1);
	begin(&c);
	sim_device_strap(sim_link_device(rig.link), SIM_GPIO15, true);
	assert_true(rig_until(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_NO_RESET, 30 * S));
	assert_int_equal(rig_last(&rig, ENGINE_EV_HEARD)->value, 1);
	assert_true(rig_count(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_STRAPS) >= 4);
	end();
}

/* RX of the chip is not connected: the banner comes, answers don't. */
static void no_reset__deaf_loader__is_named(void **state)
{
	(void)state;
	struct rig_config c = lines_config(true, 1);
	c.fault[0] = "drop:1,dir=tx";
	c.job.reset_first = "tight-50";
	begin(&c);
	if (!rig_until(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_DEAF, 30 * S))
		fail_msg("events %u", (unsigned)rig.events);
	assert_null(engine_reset_name(rig.e));
	end();
}

/* ---- a loader that is held from before ------------------------------------------------------------ */
static void held__started_by_rts__where_that_works(void **state)
{
	(void)state;
	for (int circuit = 0; circuit < 2; circuit++) {
		struct rig_config c = lines_config(circuit, 1);
		c.button = true;
		c.job.connected = true;
		c.job.connected_baud = 115200;
		begin(&c);
		sim_link_button(rig.link, false, rig.now);
		assert_true(rig_until(&rig, ENGINE_EV_SYNC, -1, 2 * S));
		assert_int_equal(pulses, 0);
		expect_done(2 * S);
		assert_int_equal(pulses, circuit);
		assert_int_equal(engine_in_loader(rig.e), !circuit);
		if (!circuit)
			assert_int_equal(engine_baud(rig.e), 115200);
		assert_int_equal(mode_after(300 * MS), circuit ? SIM_MODE_APP : SIM_MODE_LOADER);
		end();
	}
}

/* The button is still held: RTS starts the loader again, a fresh one. */
static void held__button_still_down__stays_in_loader(void **state)
{
	(void)state;
	struct rig_config c = lines_config(true, 1);
	c.button = true;
	c.job.connected = true;
	c.job.connected_baud = 57600;
	begin(&c);
	expect_done(3 * S);
	assert_int_equal(pulses, 1);
	assert_true(engine_in_loader(rig.e));
	assert_int_equal(engine_baud(rig.e), 115200);
	end();
}

static void held__gone_meanwhile__sequences_follow(void **state)
{
	(void)state;
	struct rig_config c = lines_config(true, 1);
	c.job.connected = true;
	c.job.connected_baud = 460800;
	begin(&c);
	expect_done(10 * S);
	assert_string_equal(engine_reset_name(rig.e), "tight-50");
	assert_false(engine_in_loader(rig.e));
	end();
}

/* ---- cancel, faults ------------------------------------------------------------------------------ */
static void cancel__clears_the_lines__any_moment(void **state)
{
	(void)state;
	for (int circuit = 0; circuit < 2; circuit++) {
		for (int i = 0; i < 400; i++) {
			struct rig_config c = lines_config(circuit, 100);
			begin(&c);
			if (rig_run(&rig, i * 13 * MS)) {
				assert_int_equal(rig.end, ENGINE_EV_DONE);
				end();
				break;
			}
			bool finishing = rig_count(&rig, ENGINE_EV_IDENTITY, -1) > 0;
			engine_cancel(rig.e, rig.now);
			sim_time from = rig.now;
			assert_true(rig_run(&rig, S));
			assert_int_equal(rig.end, finishing ? ENGINE_EV_DONE : ENGINE_EV_CANCELLED);
			assert_true(rig.now - from < 200 * MS);
			assert_false(rig.dtr || rig.rts);
			struct sim_lines s = board_lines();
			assert_false(s.dtr || s.rts);
			assert_true(mode_after(500 * MS) != SIM_MODE_RESET);
			end();
		}
	}
}

static void cancel__ends__lines_refused(void **state)
{
	(void)state;
	static const int results[] = {ERR_NOTSUP, ERR_GONE};
	for (size_t i = 0; i < 2; i++) {
		struct rig_config c = lines_config(true, 1);
		begin(&c);
		assert_false(rig_run(&rig, 50 * MS));
		assert_true(rig.rts);
		rig.cfg.lines_result = results[i];
		engine_cancel(rig.e, rig.now);
		sim_time from = rig.now;
		assert_true(rig_run(&rig, S));
		assert_int_equal(rig.end, ENGINE_EV_CANCELLED);
		assert_true(rig.now == from);
		end();
	}
}

static void lines__refused__by_hand_as_ever(void **state)
{
	(void)state;
	for (unsigned good = 0; good < 24; good++) {
		struct rig_config c = lines_config(true, 60);
		c.lines_result = ERR_NOTSUP;
		c.lines_good = good;
		begin(&c);
		if (rig_until(&rig, ENGINE_EV_HEARD, ENGINE_HEARD_NO_RESET, 20 * S)) {
			/* the transistors are gone with the lines */
			sim_link_lines(rig.link, false, false, rig.now);
			sim_link_power(rig.link, false, rig.now);
			sim_link_button(rig.link, true, rig.now);
			sim_link_power(rig.link, true, rig.now);
			assert_true(rig_run(&rig, 10 * S));
		}
		assert_int_equal(rig.end, ENGINE_EV_DONE);
		assert_true(engine_chip_info(rig.e)->known);
		assert_int_equal(engine_in_loader(rig.e), good < 13);
		end();
	}
}

static void lines__fail__ends_with_io(void **state)
{
	(void)state;
	struct rig_config c = lines_config(true, 1);
	c.lines_result = ERR_GONE;
	c.lines_good = 2;
	begin(&c);
	assert_true(rig_run(&rig, S));
	assert_int_equal(rig.end, ENGINE_EV_FAILED);
	assert_int_equal(engine_failure(rig.e)->cause, ENGINE_CAUSE_IO);
	assert_false(engine_failure(rig.e)->still_connected);
	end();
}

static void port_lost__fails__but_not_a_finished_job(void **state)
{
	(void)state;
	struct rig_config c = lines_config(true, 1);
	begin(&c);
	assert_false(rig_run(&rig, 60 * MS));
	engine_port_lost(rig.e, rig.now);
	assert_true(rig_run(&rig, S));
	assert_int_equal(rig.end, ENGINE_EV_FAILED);
	end();
	begin(&c);
	assert_true(rig_until(&rig, ENGINE_EV_IDENTITY, -1, 2 * S));
	assert_string_equal(engine_state_name(rig.e), "reset:step");
	engine_port_lost(rig.e, rig.now);
	assert_true(rig_run(&rig, S));
	assert_int_equal(rig.end, ENGINE_EV_DONE);
	end();
}

/* Any bytes at any moment, banners among them: the lines are touched by sequences alone, and are
 * clear in every other state. */
static void hostile_bytes__lines_are_clear_outside(void **state)
{
	(void)state;
	uint64_t s = 88172645463325252ull;
	for (int round = 0; round < 40; round++) {
		struct rig_config c = lines_config(round % 2, 20);
		c.job.lines_whole = round % 4 == 3;
		begin(&c);
		for (int i = 0; i < 200 && !rig.ended; i++) {
			uint8_t b[64] = " ets Jan  8 2013,rst cause:1, boot mode:(1,7)\r\n";
			s ^= s << 13;
			s ^= s >> 7;
			s ^= s << 17;
			b[41] = (uint8_t)('0' + (s >> 20) % 8);
			for (size_t k = 0; s % 3 && k < sizeof b; k++)
				b[k] = (uint8_t)((s >> (k % 50)) ^ (k * (s >> 40)));
			engine_rx(rig.e, b, (s >> 30) % sizeof b, rig.now);
			rig_run(&rig, (int64_t)(s >> 33) % (90 * MS));
			if (rig.dtr || rig.rts)
				assert_memory_equal(engine_state_name(rig.e), "reset:", 6);
		}
		if (!rig.ended)
			engine_cancel(rig.e, rig.now);
		assert_true(rig_run(&rig, S));
		assert_false(rig.dtr || rig.rts);
		end();
	}
}

/* ---- at a server's end of a network ---------------------------------------------------------------- */
/* As ser2net does it: one line after the other, later, in the order in which they were asked for:
 * never through DTR off with RTS on, which is the reset state. */
static bool far_dtr, far_rts;
static sim_time far_last;

static void far_set(struct rig *r, sim_time at)
{
	if (at < far_last)
		at = far_last;
	far_last = at + 200;
	rig_plan(r, at, far_dtr, far_rts);
}

static void ser2net(struct rig *r, bool dtr, bool rts)
{
	/* 30 ms on the way, up to 8 more now and then */
	sim_time at = r->now + 30 * MS + (r->now / 7 % 9) * MS;
	bool rts_first = dtr != far_dtr && rts != far_rts && !dtr && far_rts;
	for (int i = 0; i < 2; i++) {
		if ((i == 0) == rts_first && rts != far_rts) {
			far_rts = rts;
			far_set(r, at);
		} else if ((i == 0) != rts_first && dtr != far_dtr) {
			far_dtr = dtr;
			far_set(r, at);
		}
	}
}

/* What is still on its way when the engine has ended. */
static void let_arrive(void)
{
	while (rig.plans) {
		rig.now = rig.plan[0].at;
		sim_link_lines(rig.link, rig.plan[0].dtr, rig.plan[0].rts, rig.now);
		memmove(&rig.plan[0], &rig.plan[1], --rig.plans * sizeof rig.plan[0]);
	}
}

static void whole__works__one_line_after_the_other(void **state)
{
	(void)state;
	static const struct {
		uint32_t en_ms;
		const char *name;
	} row[] = {{1, "classic-50"}, {100, "classic-550"}, {300, "classic-550"}};
	for (size_t i = 0; i < 3; i++) {
		struct rig_config c = lines_config(true, row[i].en_ms);
		c.job.lines_whole = true;
		c.lines = ser2net;
		far_dtr = far_rts = false;
		far_last = 0;
		begin(&c);
		expect_done(20 * S);
		assert_string_equal(engine_reset_name(rig.e), row[i].name);
		assert_true(over(true).count <= 2);
		assert_false(engine_in_loader(rig.e));
		let_arrive();
		assert_int_equal(mode_after(S), SIM_MODE_APP);
		accidents = 0; /* the last steps come after the engine's end */
		end();
	}
}

/* As esptool's server does it: DTR on is a request for the loader and plays a sequence there, RTS
 * off one for the application; while the loader is wanted nothing else counts; DTR off ends that. */
static bool wanted;

static void esptool_server(struct rig *r, bool dtr, bool rts)
{
	sim_time at = r->now + 20 * MS;
	if (dtr && !far_dtr) {
		wanted = true;
		rig_plan(r, at, false, true);
		rig_plan(r, at + 100 * MS, true, false);
		rig_plan(r, at + 150 * MS, false, false);
	} else if (!dtr && far_dtr) {
		wanted = false; /* the line is off at this time, or about to be */
	}
	if (!rts && far_rts && !wanted) {
		rig_plan(r, at, false, true);
		rig_plan(r, at + 100 * MS, false, false);
	}
	far_dtr = dtr;
	far_rts = rts;
}

static void whole__works__server_that_plays_itself(void **state)
{
	(void)state;
	struct rig_config c = lines_config(true, 1);
	c.job.lines_whole = true;
	c.lines = esptool_server;
	far_dtr = far_rts = wanted = false;
	begin(&c);
	expect_done(20 * S);
	assert_string_equal(engine_reset_name(rig.e), "classic-50");
	assert_int_equal(over(true).count, 1);
	assert_false(engine_in_loader(rig.e));
	let_arrive();
	assert_int_equal(mode_after(S), SIM_MODE_APP);
	accidents = 0; /* the server resets in its own time */
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reset__first_try__clean_circuit),
	    cmocka_unit_test(reset__within_five__slow_en),
	    cmocka_unit_test(reset__failure_is_told__gpio0_too_early),
	    cmocka_unit_test(reset__remembered_one_first__then_the_others),
	    cmocka_unit_test(reset__old_banner__is_not_believed),
	    cmocka_unit_test(reset__long_sequence__ends_with_the_banner),
	    cmocka_unit_test(reset__unreadable_banner__counts),
	    cmocka_unit_test(reset__flash_job__starts_what_was_written),
	    cmocka_unit_test(reset__start_is_listened_for__button_held_or_not),
	    cmocka_unit_test(reset__start_is_listened_for__a_second_at_most),
	    cmocka_unit_test(reset__start_is_not_listened_for__by_itself),
	    cmocka_unit_test(no_reset__by_hand_as_ever__silent_board),
	    cmocka_unit_test(no_reset__power_by_hand_meanwhile__is_found),
	    cmocka_unit_test(no_reset__loader_there_already__is_found),
	    cmocka_unit_test(no_reset__talking_application__is_not_sent_to),
	    cmocka_unit_test(no_reset__restarts_are_told__gpio0_not_connected),
	    cmocka_unit_test(no_reset__straps_are_named),
	    cmocka_unit_test(no_reset__deaf_loader__is_named),
	    cmocka_unit_test(held__started_by_rts__where_that_works),
	    cmocka_unit_test(held__button_still_down__stays_in_loader),
	    cmocka_unit_test(held__gone_meanwhile__sequences_follow),
	    cmocka_unit_test(cancel__clears_the_lines__any_moment),
	    cmocka_unit_test(cancel__ends__lines_refused),
	    cmocka_unit_test(lines__refused__by_hand_as_ever),
	    cmocka_unit_test(lines__fail__ends_with_io),
	    cmocka_unit_test(port_lost__fails__but_not_a_finished_job),
	    cmocka_unit_test(hostile_bytes__lines_are_clear_outside),
	    cmocka_unit_test(whole__works__one_line_after_the_other),
	    cmocka_unit_test(whole__works__server_that_plays_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

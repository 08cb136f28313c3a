/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The courier, line by line: each answer and each silence, and what it makes of it. */
#include "tasmite/core/tasmota/courier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"

struct wire {
	struct courier *c;
	mono_t now;
	char out[9000]; /* what was sent and not looked at yet */
	size_t n;
	char events[1000]; /* what was told and not looked at yet */
};

static struct wire w;

static void on_event(void *ctx, const struct courier_event *e)
{
	static const char *const names[] = {[COURIER_LINE] = "",
	    [COURIER_CHANGED] = "",
	    [COURIER_RETRY] = "again: ",
	    [COURIER_CUT_SHORT] = "cut: ",
	    [COURIER_RESTARTED] = "restarted",
	    [COURIER_NO_BOOT] = "no boot",
	    [COURIER_SLOWER] = "slower",
	    [COURIER_STOPPED] = "stopped: ",
	    [COURIER_DONE] = "done"};
	char text[200];

	(void)ctx;
	if (!names[e->kind][0])
		return;
	str_fmt(text, sizeof(text), "%s%s%.*s", w.events[0] ? "; " : "", names[e->kind], (int)e->n,
	    e->text ? e->text : "");
	str_cat(w.events, sizeof(w.events), text);
}

static int setup(void **state)
{
	static const struct courier_ops ops = {on_event};

	(void)state;
	memset(&w, 0, sizeof(w));
	w.now = MONO_S(100);
	w.c = courier_new(&ops, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	courier_free(w.c);
	return 0;
}

/* Commands, with "wait:TEXT" and "delay" among them. */
static void begin(bool stop, const char *const *commands)
{
	struct backlog b;

	backlog_init(&b);
	for (; *commands; commands++)
		if (str_starts(*commands, "wait:"))
			assert_true(
			    backlog_add_wait(&b, *commands + 5, strlen(*commands + 5), 3000, 0));
		else if (!strcmp(*commands, "delay"))
			assert_true(backlog_add_delay(&b, 500, 0));
		else
			assert_true(backlog_add(&b, *commands, strlen(*commands), 0));
	courier_begin(w.c, &b, BACKLOG_FW(8, 5, 0, 0), false, stop, w.now);
}
#define BEGIN(stop, ...) begin(stop, (const char *const[]){__VA_ARGS__, NULL})

static void step(void)
{
	char piece[200];
	size_t n = courier_tx(w.c, "\r\n", piece, sizeof(piece), w.now);

	assert_true(w.n + n < sizeof(w.out));
	memcpy(w.out + w.n, piece, n);
	w.n += n;
	courier_tick(w.c, w.now);
}

static void pass(int ms)
{
	for (; ms > 0; ms -= 5) {
		step();
		w.now += MONO_MS(5);
	}
	step();
}

/* The line that goes out now, whole. */
static void sends(const char *line)
{
	for (int i = 0; i < 1000 && (w.n < 2 || w.out[w.n - 1] != '\n'); i++) {
		step();
		w.now += MONO_MS(5);
	}
	w.out[w.n] = '\0';
	assert_true(w.n >= 2);
	w.out[w.n - 2] = '\0';
	assert_string_equal(w.out, line);
	w.n = 0;
}

static void hears(const char *line)
{
	courier_rx(w.c, (const uint8_t *)line, strlen(line), w.now);
	courier_rx(w.c, (const uint8_t *)"\r\n", 2, w.now);
}

#define RSL(json) "00:00:09 RSL: stat/s/RESULT = " json
#define ROM	  " ets Jan  8 2013,rst cause:2, boot mode:(3,6)"
#define PROJECT                                                                                 \
	"00:00:00 Project sonoff Sonoff (Topic s, Fallback DVES_1, GroupTopic g) Version 8.5.0" \
	"-2_7_4"

static void told(const char *want)
{
	assert_string_equal(w.events, want);
	w.events[0] = '\0';
}

static enum backlog_state state_of(size_t i)
{
	return courier_steps(w.c)->steps[i].state;
}

/* ---- one command ------------------------------------------------------------------------------- */

static void courier__ticks_off__what_is_stored(void **state)
{
	size_t at = 99;

	(void)state;
	assert_false(courier_busy(w.c));
	assert_int_equal(courier_deadline(w.c), MONO_NEVER);
	assert_false(courier_at(w.c, &at));
	BEGIN(true, "Mem1 a", "Mem2 b");
	assert_true(courier_at(w.c, &at));
	assert_int_equal(at, 0);
	assert_int_equal(courier_state(w.c), COURIER_SENDING);
	sends("Mem1 a");
	assert_int_equal(courier_state(w.c), COURIER_ANSWERS);
	hears("00:00:09 CMD: Mem1 a");
	assert_int_equal(state_of(0), BACKLOG_SENT);
	hears(RSL("{\"Mem1\":\"a\"}"));
	assert_int_equal(state_of(0), BACKLOG_STORED);
	sends("Mem2 b");
	hears("00:00:09 CMD: Mem2 b");
	hears(RSL("{\"Mem2\":\"b\"}"));
	told("done");
	assert_false(courier_busy(w.c));
	assert_int_equal(courier_count(w.c, BACKLOG_STORED), 2);
	assert_false(courier_again(w.c, w.now)); /* all is there */
}

/* The device is given time to finish printing, but not for ever. */
static void courier__waits__for_silence(void **state)
{
	(void)state;
	hears("00:00:09 RSL: x");
	BEGIN(true, "Mem1 a");
	step();
	assert_int_equal(w.n, 0);
	w.now += MONO_MS(25);
	hears("00:00:09 RSL: x");
	w.now += MONO_MS(25);
	step();
	assert_int_equal(w.n, 0);
	for (int i = 0; i < 50; i++) {
		hears("00:00:09 RSL: x");
		w.now += MONO_MS(20);
		step();
	}
	sends("Mem1 a");
}

static void courier_tx__sends__in_pieces(void **state)
{
	char line[150] = "Mem1 ", piece[200];
	size_t n;

	(void)state;
	memset(line + 5, 'x', 123); /* two pieces: the end goes in a third */
	BEGIN(true, line);
	assert_false(courier_in_line(w.c));
	assert_int_equal(courier_tx(w.c, "\n", piece, sizeof(piece), w.now), 64);
	assert_true(courier_in_line(w.c));
	assert_int_equal(courier_tx(w.c, "\n", piece, sizeof(piece), w.now), 0);
	assert_int_equal(courier_deadline(w.c), w.now + MONO_MS(15));
	w.now += MONO_MS(15);
	assert_int_equal(courier_tx(w.c, "\n", piece, 10, w.now), 10); /* no more room */
	w.now += MONO_MS(15);
	n = courier_tx(w.c, "\n", piece, sizeof(piece), w.now);
	assert_int_equal(n, 128 - 74 + 1);
	assert_int_equal(piece[n - 1], '\n');
	assert_int_equal(courier_state(w.c), COURIER_ANSWERS);
	assert_false(courier_in_line(w.c));
}

static void courier__repeats__what_nobody_answers(void **state)
{
	(void)state;
	BEGIN(true, "Mem1 a");
	sends("Mem1 a");
	pass(2600);
	told("slower; again: no echo and no answer came");
	sends("Mem1 a");
	hears("00:00:09 CMD: Mem1 a");
	pass(2600);
	told("again: no answer came");
	/* It lives: more tries than where nothing comes back. */
	for (int i = 2; i < COURIER_TRIES_ALIVE; i++) {
		sends("Mem1 a");
		hears("00:00:09 CMD: Mem1 a");
		pass(2600);
		told(i + 1 < COURIER_TRIES_ALIVE ? "again: no answer came" : "stopped: ; done");
	}
	assert_int_equal(state_of(0), BACKLOG_NO_ANSWER);
	assert_true(courier_again(w.c, w.now));
	assert_false(courier_again(w.c, w.now)); /* it is at work */
	sends("Mem1 a");
}

static void courier__repeats__what_arrived_damaged(void **state)
{
	(void)state;
	BEGIN(true, "Mem1 ab");
	sends("Mem1 ab");
	hears("00:00:09 CMD: Mem1 b");
	hears(RSL("{\"Mem1\":\"b\"}"));
	/* What it says of it is not believed. */
	told("slower; again: its line arrived damaged");
	sends("Mem1 ab");
	hears("00:01:02 CMD: Serial buffer overrun");
	pass(2600);
	told("slower; again: its line arrived damaged");
	sends("Mem1 ab");
	/* The damaged line was another command. */
	hears("00:00:09 CMD: em1 ab");
	hears(RSL("{\"Other\":1}"));
	told("cut: {\"Other\":1}");
	hears(RSL("{\"Command\":\"Unknown\"}"));
	told("slower; again: its line arrived damaged");
	sends("Mem1 ab");
	pass(2600);
	told("again: no echo and no answer came"); /* eight times slower is the most */
	sends("Mem1 ab");
	hears("00:00:09 CMD: Mem1 ab");
	hears(RSL("{\"Mem1\":\"ab\"}"));
	told("done");
}

static void courier__believes__a_refusal_behind_its_echo(void **state)
{
	(void)state;
	BEGIN(false, "Nosuch 1", "Mem1 a");
	sends("Nosuch 1");
	hears(RSL("{\"Command\":\"Unknown\"}"));
	told("again: whose answer that was is not sure");
	sends("Nosuch 1");
	hears("00:00:09 CMD: Nosuch 1");
	hears(RSL("{\"Command\":\"Error\"}"));
	assert_int_equal(state_of(0), BACKLOG_ERROR);
	sends("Mem1 a"); /* it goes on */
	told("");
}

static void courier__believes__another_value_when_it_comes_thrice(void **state)
{
	(void)state;
	BEGIN(true, "Mem1 ab");
	sends("Mem1 ab");
	hears("00:00:09 CMD: Mem1 ab");
	hears(RSL("{\"Mem1\":\"a\"}"));
	told("again: the answer holds another value");
	sends("Mem1 ab");
	hears("00:00:09 CMD: Mem1 ab");
	hears(RSL("{\"Mem1\":\"b\"}")); /* another one again: the wire, not the device */
	told("again: the answer holds another value");
	sends("Mem1 ab");
	hears("00:00:09 CMD: Mem1 ab");
	hears(RSL("{\"Mem1\":\"b\"}"));
	told("again: the answer holds another value");
	sends("Mem1 ab");
	hears("00:00:09 CMD: Mem1 ab");
	hears(RSL("{\"Mem1\":\"b\"}"));
	told("stopped: ; done");
	assert_int_equal(state_of(0), BACKLOG_DIFFERENT);
	assert_string_equal(courier_steps(w.c)->steps[0].stored, "b");
}

/* What can't be compared proves little when the line may have been another. */
static void courier__asks_again__without_an_echo(void **state)
{
	(void)state;
	BEGIN(true, "TelePeriod 60");
	sends("TelePeriod 60");
	hears(RSL("{\"TelePeriod\":\"every minute\"}"));
	told("slower; again: no echo and no answer came");
	sends("TelePeriod 60");
	hears("00:00:09 CMD: TelePeriod 60");
	hears(RSL("{\"TelePeriod\":\"every minute\"}"));
	assert_int_equal(state_of(0), BACKLOG_ANSWERED);
	told("done");
}

static void courier__takes__an_answer_by_another_name(void **state)
{
	(void)state;
	BEGIN(true, "Odd 60");
	sends("Odd 60");
	hears("00:00:09 CMD: Odd 60");
	hears(RSL("{\"Other\":60}"));
	assert_int_equal(state_of(0), BACKLOG_SENT);
	hears("00:00:09 RSL: stat/s/STATUS5 = {\"StatusNET\":{}}"); /* somebody's question */
	pass(2600);
	assert_int_equal(state_of(0), BACKLOG_ANSWERED);
	told("done");
}

/* All that comes of these is the echo. */
static void courier__is_content__with_the_echo_of_a_mute_one(void **state)
{
	(void)state;
	BEGIN(true, "_Power on");
	sends("_Power on");
	hears(RSL("{\"POWER\":\"ON\"}"));
	assert_int_equal(state_of(0), BACKLOG_SENT);
	hears("00:00:09 CMD: _Power on");
	assert_int_equal(state_of(0), BACKLOG_ANSWERED);
	told("done");
}

/* A command that adds or sends is not repeated. */
static void courier__never_repeats__what_is_no_setting(void **state)
{
	(void)state;
	BEGIN(false, "Power toggle", "Mem1 a");
	sends("Power toggle");
	pass(2600);
	assert_int_equal(state_of(0), BACKLOG_NO_ANSWER);
	sends("Mem1 a");
	told("");
}

static void courier__sends_again__what_a_damaged_line_has_spoilt(void **state)
{
	(void)state;
	BEGIN(true, "Mem1 a", "Mem2 b");
	sends("Mem1 a");
	hears("00:00:09 CMD: Mem1 a");
	hears(RSL("{\"Mem1\":\"a\"}"));
	sends("Mem2 b");
	hears("00:00:09 CMD: Mem1 b");
	hears(RSL("{\"Mem1\":\"b\"}"));
	assert_int_equal(state_of(0), BACKLOG_SENT);
	pass(2600);
	told("slower; again: its line arrived damaged");
	sends("Mem2 b");
	hears("00:00:09 CMD: Mem2 b");
	hears(RSL("{\"Mem2\":\"b\"}"));
	sends("Mem1 a");
	hears("00:00:09 CMD: Mem1 a");
	hears(RSL("{\"Mem1\":\"a\"}"));
	assert_int_equal(courier_count(w.c, BACKLOG_STORED), 2);
}

/* ---- time ------------------------------------------------------------------------------------------ */

static void courier_hold__puts_off__the_end_of_patience(void **state)
{
	(void)state;
	BEGIN(true, "Mem1 a");
	sends("Mem1 a");
	w.now += MONO_MS(2000);
	courier_hold(w.c, w.now);
	pass(2000);
	told("");
	hears("00:00:09 CMD: Mem1 a");
	w.now += MONO_MS(2000);
	courier_hold(w.c, w.now); /* it has left: the echo says so */
	pass(600);
	told("again: no answer came");
}

static void courier__waits__and_goes_on(void **state)
{
	(void)state;
	BEGIN(false, "wait:wif: connected", "Mem1 a", "delay", "Mem2 b");
	assert_int_equal(courier_state(w.c), COURIER_WAITING);
	hears("00:00:05 WIF: Connecte");
	assert_int_equal(courier_state(w.c), COURIER_WAITING);
	hears("00:00:05 WIF: Connected");
	assert_int_equal(state_of(0), BACKLOG_STORED);
	sends("Mem1 a");
	hears("00:00:09 CMD: Mem1 a");
	hears(RSL("{\"Mem1\":\"a\"}"));
	assert_int_equal(courier_state(w.c), COURIER_DELAY);
	pass(480);
	assert_int_equal(courier_state(w.c), COURIER_DELAY);
	pass(30);
	assert_int_equal(state_of(2), BACKLOG_STORED);
	sends("Mem2 b");
	courier_cancel(w.c);
	told("done");
}

static void courier__tells__a_wait_that_ran_out(void **state)
{
	(void)state;
	for (int stop = 0; stop < 2; stop++) {
		BEGIN(stop, "wait:nothing", "Mem1 a");
		pass(3100);
		assert_int_equal(state_of(0), BACKLOG_NO_ANSWER);
		if (stop) {
			told("stopped: what was waited for did not come; done");
			assert_int_equal(state_of(1), BACKLOG_QUEUED);
		} else {
			sends("Mem1 a");
			courier_cancel(w.c);
			told("done");
		}
		w.n = 0;
	}
}

/* "Delay 20" within a Backlog: 2 s more. */
static void courier__is_patient__with_a_delay(void **state)
{
	struct backlog b;

	(void)state;
	backlog_init(&b);
	assert_true(backlog_parse(&b, "Backlog Mem1 a;Delay 20;Mem2 b", NULL));
	courier_begin(w.c, &b, BACKLOG_FW(8, 5, 0, 0), true, true, w.now);
	sends("Backlog Mem1 a;Delay 20;Mem2 b");
	hears("00:00:09 CMD: Backlog Mem1 a;Delay 20;Mem2 b");
	hears(RSL("{\"Mem1\":\"a\"}"));
	pass(4400);
	told("");
	hears(RSL("{\"Delay\":20}"));
	hears(RSL("{\"Mem2\":\"b\"}"));
	told("done");
}

/* ---- restarts ---------------------------------------------------------------------------------------- */

static void courier__awaits__the_restart_of_a_part(void **state)
{
	(void)state;
	BEGIN(true, "Topic lamp", "delay", "Mem1 a");
	sends("Topic lamp");
	hears("00:00:09 CMD: Topic lamp");
	hears(RSL("{\"Topic\":\"lamp\"}"));
	assert_true(courier_restarts(w.c));
	pass(600); /* the delay does not wait for it, the command does */
	assert_int_equal(courier_state(w.c), COURIER_RESTART);
	hears(ROM);
	assert_int_equal(courier_state(w.c), COURIER_BOOT);
	hears(PROJECT); /* of the same start */
	assert_false(courier_restarts(w.c));
	told("");
	pass(1250);
	sends("Mem1 a");
}

static void courier__goes_on__where_no_restart_came(void **state)
{
	(void)state;
	BEGIN(true, "Topic lamp", "delay", "Mem1 a");
	sends("Topic lamp");
	hears("00:00:09 CMD: Topic lamp");
	hears(RSL("{\"Topic\":\"lamp\"}"));
	pass(600);
	pass(12100);
	told("no boot");
	sends("Mem1 a");
}

static void courier__tells__a_restart_that_nobody_asked_for(void **state)
{
	(void)state;
	BEGIN(true, "Mem1 a", "Mem2 b");
	sends("Mem1 a");
	hears("00:00:09 CMD: Mem1 a");
	hears(RSL("{\"Mem1\":\"a\"}"));
	sends("Mem2 b");
	hears(PROJECT); /* the banner came at another rate */
	told("restarted");
	/* What was answered shortly before may not be saved. */
	assert_int_equal(state_of(0), BACKLOG_SENT);
	pass(1250);
	told("again: the device restarted");
	sends("Mem2 b");
	hears("00:00:09 CMD: Mem2 b");
	hears(RSL("{\"Mem2\":\"b\"}"));
	sends("Mem1 a");
}

static void courier__gives_up__a_device_that_keeps_restarting(void **state)
{
	(void)state;
	BEGIN(true, "Mem1 a");
	for (int i = 0; i < 3; i++) {
		sends("Mem1 a");
		hears(ROM);
		told("restarted");
		pass(1250);
		told("again: the device restarted");
	}
	sends("Mem1 a");
	hears(ROM);
	told("restarted; stopped: it keeps restarting; done");
	assert_false(courier_busy(w.c));
}

/* Restart 1: the start is its answer. */
static void courier__takes__a_start_for_the_answer_of_restart(void **state)
{
	(void)state;
	BEGIN(true, "Restart 1");
	sends("Restart 1");
	hears("00:00:09 CMD: Restart 1");
	hears(ROM);
	assert_int_equal(state_of(0), BACKLOG_ANSWERED);
	pass(1250);
	told("done");
}

/* ---- an end in the middle ------------------------------------------------------------------------------ */

static void courier_cancel__leaves__what_was_not_run(void **state)
{
	char line[150] = "Mem1 ";

	(void)state;
	courier_cancel(w.c);
	told(""); /* nothing was at work */
	memset(line + 5, 'x', 100);
	BEGIN(true, line, "Mem2 b");
	step();
	assert_true(courier_in_line(w.c));
	courier_cancel(w.c);
	told("done");
	assert_int_equal(state_of(0), BACKLOG_QUEUED); /* half a line runs nothing */
	w.n = 0;
	BEGIN(true, "Mem1 a", "Mem2 b");
	sends("Mem1 a");
	courier_cancel(w.c);
	assert_int_equal(state_of(0), BACKLOG_NO_ANSWER);
	assert_int_equal(state_of(1), BACKLOG_QUEUED);
}

static void courier_lost__is_unsure__of_what_came_last(void **state)
{
	(void)state;
	BEGIN(true, "Mem1 a", "Mem2 b", "Mem3 c");
	sends("Mem1 a");
	hears("00:00:09 CMD: Mem1 a");
	hears(RSL("{\"Mem1\":\"a\"}"));
	pass(20);
	w.now += MONO_S(5); /* saved by then */
	sends("Mem2 b");
	hears("00:00:09 CMD: Mem2 b");
	hears(RSL("{\"Mem2\":\"b\"}"));
	sends("Mem3 c");
	courier_lost(w.c);
	assert_int_equal(state_of(0), BACKLOG_STORED);
	assert_int_equal(state_of(1), BACKLOG_UNSURE);
	assert_int_equal(state_of(2), BACKLOG_NO_ANSWER);
	courier_lost(w.c); /* once */
	told("done");
}

/* Longer than any line of Tasmota's: passed over, and what follows is read. */
static void courier_rx__passes_over__a_line_without_end(void **state)
{
	static uint8_t noise[9000];

	(void)state;
	BEGIN(true, "Mem1 a");
	sends("Mem1 a");
	memset(noise, 'x', sizeof(noise));
	courier_rx(w.c, noise, 5000, w.now);
	courier_rx(w.c, noise, 5000, w.now);
	hears("00:00:09 CMD: Mem1 b"); /* its end */
	hears("00:00:09 CMD: Mem1 a");
	hears(RSL("{\"Mem1\":\"a\"}"));
	told("done");
}

/* Parts that go alone are quick enough to hold a restart back: the next one that restarts goes on. */
static void courier__holds_back__a_restart_by_the_next_line(void **state)
{
	(void)state;
	BEGIN(true, "Password1 a;bcdefg", "Topic lamp");
	sends("Password1 a;bcdefg");
	hears("00:00:09 CMD: Password1 a;bcdefg");
	hears(RSL("{\"Password1\":\"a;bcdefg\"}"));
	assert_true(courier_restarts(w.c));
	assert_int_equal(courier_state(w.c), COURIER_SENDING);
	sends("Topic lamp");
}

/* The end of a line goes whole, in a piece of its own if it must. */
static void courier_tx__keeps__a_line_end_together(void **state)
{
	char line[70] = "Mem1 ", piece[100];

	(void)state;
	memset(line + 5, 'x', 58); /* 63: one byte of room is left */
	BEGIN(true, line);
	assert_int_equal(courier_tx(w.c, "\r\n", piece, sizeof(piece), w.now), 63);
	w.now += MONO_MS(15);
	assert_int_equal(courier_tx(w.c, "\r\n", piece, sizeof(piece), w.now), 2);
	assert_memory_equal(piece, "\r\n", 2);
}

static void stop_at_line(void *ctx, const struct courier_event *e)
{
	struct courier **c = ctx;

	if (e->kind == COURIER_LINE)
		courier_cancel(*c);
}

/* Who hears of a line may end the job. */
static void courier_tx__sends_nothing__when_it_is_cancelled_at_that(void **state)
{
	static const struct courier_ops ops = {stop_at_line};
	struct courier *c;
	struct backlog b;
	char piece[100];

	(void)state;
	c = courier_new(&ops, &c);
	backlog_init(&b);
	assert_true(backlog_add(&b, "Mem1 a", 6, 0));
	courier_begin(c, &b, 0, false, true, w.now);
	assert_int_equal(courier_tx(c, "\n", piece, sizeof(piece), w.now), 0);
	assert_false(courier_busy(c));
	assert_int_equal(courier_count(c, BACKLOG_QUEUED), 1);
	courier_free(c);
	courier_free(NULL);
}

static void courier_begin__is_done__with_nothing_to_do(void **state)
{
	(void)state;
	begin(true, (const char *const[]){NULL});
	told("done");
	courier_tick(w.c, w.now + MONO_S(100));
	assert_false(courier_busy(w.c));
}

/* A command that restarts the device is cut off by that, but not for ever. */
static void courier__gives_up__restarts_in_vain(void **state)
{
	(void)state;
	BEGIN(true, "Topic lamp");
	for (int i = 0; i < 3; i++) {
		sends("Topic lamp");
		hears(ROM);
		told("");
		pass(1250);
		told("again: the device restarted");
	}
	sends("Topic lamp");
	hears(ROM);
	told("stopped: it keeps restarting; done");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    CASE(courier__ticks_off__what_is_stored),
	    CASE(courier__waits__for_silence),
	    CASE(courier_tx__sends__in_pieces),
	    CASE(courier__repeats__what_nobody_answers),
	    CASE(courier__repeats__what_arrived_damaged),
	    CASE(courier__believes__a_refusal_behind_its_echo),
	    CASE(courier__believes__another_value_when_it_comes_thrice),
	    CASE(courier__asks_again__without_an_echo),
	    CASE(courier__takes__an_answer_by_another_name),
	    CASE(courier__is_content__with_the_echo_of_a_mute_one),
	    CASE(courier__never_repeats__what_is_no_setting),
	    CASE(courier__sends_again__what_a_damaged_line_has_spoilt),
	    CASE(courier_hold__puts_off__the_end_of_patience),
	    CASE(courier__waits__and_goes_on),
	    CASE(courier__tells__a_wait_that_ran_out),
	    CASE(courier__is_patient__with_a_delay),
	    CASE(courier__awaits__the_restart_of_a_part),
	    CASE(courier__goes_on__where_no_restart_came),
	    CASE(courier__tells__a_restart_that_nobody_asked_for),
	    CASE(courier__gives_up__a_device_that_keeps_restarting),
	    CASE(courier__takes__a_start_for_the_answer_of_restart),
	    CASE(courier_cancel__leaves__what_was_not_run),
	    CASE(courier_lost__is_unsure__of_what_came_last),
	    CASE(courier_rx__passes_over__a_line_without_end),
	    CASE(courier__holds_back__a_restart_by_the_next_line),
	    CASE(courier_tx__keeps__a_line_end_together),
	    CASE(courier_tx__sends_nothing__when_it_is_cancelled_at_that),
	    CASE(courier_begin__is_done__with_nothing_to_do),
	    CASE(courier__gives_up__restarts_in_vain),
#undef CASE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of a courier's work: by a device that is played line by line. */
#include "tasmite/core/tasmota/courier_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"

struct rig {
	struct courier *c;
	struct secrets *secrets;
	struct courier_words words;
	mono_t now;
	struct sbuf said; /* "! " before what is bad */
	char echo[600];	  /* of the line that went out last */
	bool answers;
};

static void on_event(void *ctx, const struct courier_event *e)
{
	struct rig *r = ctx;
	struct buf none;

	if (e->kind == COURIER_LINE) {
		buf_init(&none, e->n + 1);
		secrets_tx_line(r->secrets, e->text, e->n, &none);
		buf_fini(&none);
		str_fmt(r->echo, sizeof(r->echo), "00:00:05 CMD: %.*s\r\n", (int)e->n, e->text);
	}
	courier_words_event(&r->words, r->c, e);
}

static void on_say(void *ctx, bool bad, const char *text)
{
	struct rig *r = ctx;

	sbuf_fmt(&r->said, "%s%s\n", bad ? "! " : "", text);
}

static int setup(void **state)
{
	static const struct courier_ops ops = {on_event};
	struct rig *r = calloc(1, sizeof(*r));

	r->secrets = secrets_new();
	r->c = courier_new(&ops, r);
	sbuf_init(&r->said, 20000);
	r->words =
	    (struct courier_words){.what = "job", .secrets = r->secrets, .say = on_say, .ctx = r};
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	courier_free(r->c);
	secrets_free(r->secrets);
	sbuf_fini(&r->said);
	free(r);
	return 0;
}

static void begin(struct rig *r, const char *const *commands, size_t n, bool stop)
{
	struct backlog b;

	backlog_init(&b);
	for (size_t i = 0; i < n; i++)
		assert_true(backlog_add(&b, commands[i], strlen(commands[i]), 0));
	r->words.retries = 0;
	sbuf_clear(&r->said);
	courier_begin(r->c, &b, 0, false, stop, r->now);
}

static void hear(struct rig *r, const char *line)
{
	courier_rx(r->c, (const uint8_t *)line, strlen(line), r->now);
}

/* The line that is due goes out, its echo comes, and what the device answers (NULL: nothing). */
static void answer(struct rig *r, const char *json)
{
	char piece[128], line[600];
	enum courier_state before;

	do {
		before = courier_state(r->c);
		r->now = courier_deadline(r->c) > r->now ? courier_deadline(r->c) : r->now;
		while (courier_tx(r->c, "\n", piece, sizeof(piece), r->now))
			;
	} while (before == COURIER_SENDING && courier_state(r->c) == COURIER_SENDING);
	hear(r, r->echo);
	if (json) {
		str_fmt(line, sizeof(line), "00:00:05 RSL: stat/x/RESULT = %s\r\n", json);
		hear(r, line);
	}
}

static void give_up(struct rig *r)
{
	while (courier_busy(r->c)) {
		answer(r, NULL);
		r->now = courier_deadline(r->c);
		courier_tick(r->c, r->now);
	}
}

static void words__tell__that_all_is_there(void **state)
{
	static const char *const one[] = {"Mem1 a"}, *const two[] = {"Mem1 a", "Mem2 b"};
	struct rig *r = *state;

	begin(r, one, 1, false);
	answer(r, "{\"Mem1\":\"a\"}");
	assert_false(courier_busy(r->c));
	courier_words_end(&r->words, r->c, true, "again");
	assert_string_equal(sbuf_str(&r->said), ""); /* one, and nobody wants to hear of it */
	courier_words_end(&r->words, r->c, false, "again");
	assert_string_equal(sbuf_str(&r->said), "job: the command has arrived\n");
	begin(r, two, 2, false);
	answer(r, "{\"Mem1\":\"a\"}");
	answer(r, "{\"Mem2\":\"b\"}");
	courier_words_end(&r->words, r->c, true, "again");
	assert_string_equal(sbuf_str(&r->said), "job: all 2 commands have arrived\n");
}

static void words__tell__what_failed_and_was_not_sent(void **state)
{
	static const char *const lines[] = {"Mem1 a", "Nonsense 1", "Mem2 b"};
	struct rig *r = *state;
	size_t good, total, missed;

	begin(r, lines, 3, true);
	answer(r, "{\"Mem1\":\"a\"}");
	answer(r, "{\"Command\":\"Unknown\"}");
	assert_false(courier_busy(r->c));
	courier_words_count(r->c, &good, &total, &missed);
	assert_int_equal(good, 1);
	assert_int_equal(total, 3);
	assert_int_equal(missed, 0);
	courier_words_end(&r->words, r->c, true, "x sends them again");
	assert_string_equal(sbuf_str(&r->said),
	    "! job stops at Nonsense 1\n"
	    "! job: 1 of 3 commands have arrived, what follows was not sent:\n"
	    "!   Nonsense 1: unknown to this firmware\n"
	    "!   Mem2 b: not sent\n"
	    "x sends them again\n");
}

/* No word of a secret: neither of the one that was sent nor of what the device holds in its place. */
static void words__never_tell__a_secret(void **state)
{
	static const char *const lines[] = {"Password1 hunter22x"};
	struct rig *r = *state;

	begin(r, lines, 1, false);
	for (int i = 0; courier_busy(r->c) && i < 20; i++)
		answer(r, "{\"Password1\":\"hunter2\"}");
	courier_words_end(&r->words, r->c, false, NULL);
	assert_non_null(strstr(sbuf_str(&r->said), "Password1 *********: stored differently\n"));
	assert_non_null(strstr(sbuf_str(&r->said), "sent again: Password1 *********"));
	assert_null(strstr(sbuf_str(&r->said), "hunter"));
}

static void words__tell__the_value_that_is_there_instead(void **state)
{
	static const char *const lines[] = {"Mem1 abc"};
	struct rig *r = *state;

	begin(r, lines, 1, false);
	for (int i = 0; courier_busy(r->c) && i < 20; i++)
		answer(r, "{\"Mem1\":\"ab\"}");
	courier_words_end(&r->words, r->c, false, NULL);
	assert_non_null(strstr(sbuf_str(&r->said), "!   Mem1 abc: stored differently: 'ab'\n"));
	assert_true(r->words.retries > 0);
}

static void words__list__no_more_than_a_dozen(void **state)
{
	const char *lines[20];
	struct rig *r = *state;
	size_t n = 0;

	for (size_t i = 0; i < 20; i++)
		lines[i] = "Restart 9"; /* sent but once */
	begin(r, lines, 20, false);
	give_up(r);
	sbuf_clear(&r->said);
	courier_words_end(&r->words, r->c, false, NULL);
	for (const char *p = sbuf_str(&r->said); (p = strstr(p, "!   Restart 9:")); p++)
		n++;
	assert_int_equal(n, COURIER_WORDS_MOST);
	assert_non_null(strstr(sbuf_str(&r->said), "!   and 8 more\n"));
}

static void words__tell__of_a_wait_that_ran_out(void **state)
{
	struct rig *r = *state;
	struct backlog b;

	backlog_init(&b);
	assert_true(backlog_add(&b, "Mem1 a", 6, 1));
	assert_true(backlog_add_wait(&b, "never", 5, 3000, 2));
	assert_true(backlog_add_delay(&b, 1000, 3));
	courier_begin(r->c, &b, 0, false, false, r->now);
	answer(r, "{\"Mem1\":\"a\"}");
	while (courier_busy(r->c)) {
		r->now = courier_deadline(r->c);
		courier_tick(r->c, r->now);
	}
	courier_words_end(&r->words, r->c, false, NULL);
	assert_string_equal(sbuf_str(&r->said),
	    "! job: 1 of 1 commands have arrived, but not what was waited for:\n"
	    "!   line 2: wait never: never answered\n");
}

static void traps__are_told__with_their_lines(void **state)
{
	struct rig *r = *state;
	struct backlog b;

	backlog_init(&b);
	assert_true(backlog_add(&b, "Topic 1", 7, 4));
	assert_true(backlog_add(&b, "Power1 1", 8, 5));
	assert_true(backlog_add(&b, "Mem1 x ", 7, 6));
	assert_int_equal(courier_words_traps(&r->words, &b, BACKLOG_FW(8, 5, 0, 0)), 1);
	assert_string_equal(sbuf_str(&r->said),
	    "! line 4: Topic: the value 1 means the firmware's default\n"
	    "line 6: Mem1: it ends in a blank, which is stored\n");
	backlog_fini(&b);
}

static void tells(struct rig *r, enum courier_event_kind kind, const char *text, const char *want)
{
	const struct courier_event e = {
	    .kind = kind, .step = 0, .text = text, .n = text ? strlen(text) : 0};

	sbuf_clear(&r->said);
	courier_words_event(&r->words, r->c, &e);
	assert_string_equal(sbuf_str(&r->said), want);
}

static void words__tell__what_happens_on_the_way(void **state)
{
	static const char *const lines[] = {"Mem1 a"};
	struct rig *r = *state;

	begin(r, lines, 1, false);
	tells(r, COURIER_LINE, "Mem1 a", "");
	tells(r, COURIER_CHANGED, NULL, "");
	tells(r, COURIER_RETRY, "no answer came", "! sent again: Mem1 a (no answer came)\n");
	assert_int_equal(r->words.retries, 1);
	tells(r, COURIER_CUT_SHORT, "{\"Other\":1}",
	    "! a line arrived damaged, and the device took it for something else: "
	    "{\"Other\":1}\n");
	tells(r, COURIER_RESTARTED, NULL,
	    "! the device restarted in the middle: what it may have lost is sent again\n");
	tells(r, COURIER_NO_BOOT, NULL,
	    "the device has not restarted as it was expected to: going on\n");
	tells(r, COURIER_SLOWER, NULL, "bytes were lost: sending at half the pace\n");
	tells(r, COURIER_STOPPED, NULL, "! job stops at Mem1 a\n");
	tells(r, COURIER_STOPPED, "it keeps restarting",
	    "! job stops at Mem1 a: it keeps restarting\n");
	tells(r, COURIER_DONE, NULL, "");
}

/* What a damaged line was taken for may have a secret in it. */
static void words__hide__a_secret_of_a_cut_line(void **state)
{
	static const char *const lines[] = {"Password1 hunter22x"};
	struct rig *r = *state;

	begin(r, lines, 1, false);
	answer(r, NULL);
	tells(r, COURIER_CUT_SHORT, "{\"Password1\":\"hunter22x\"}",
	    "! a line arrived damaged, and the device took it for something else: "
	    "{\"Password1\":\"*********\"}\n");
}

static void words__tell__of_a_restart_that_follows(void **state)
{
	static const char *const one[] = {"Topic lamp"}, *const two[] = {"Mem1 a", "Topic lamp"};
	struct rig *r = *state;

	begin(r, one, 1, false);
	answer(r, "{\"Topic\":\"lamp\"}");
	courier_words_end(&r->words, r->c, false, NULL);
	assert_string_equal(
	    sbuf_str(&r->said), "job: the command has arrived; the device restarts to use it\n");
	begin(r, two, 2, false);
	r->words.retries = 2;
	answer(r, "{\"Mem1\":\"a\"}");
	answer(r, "{\"Topic\":\"lamp\"}");
	courier_words_end(&r->words, r->c, false, NULL);
	assert_string_equal(sbuf_str(&r->said),
	    "job: all 2 commands have arrived, 2 sent more than once; the device restarts to use "
	    "them\n");
}

static void words__tell__what_may_not_be_saved(void **state)
{
	static const char *const lines[] = {"Mem1 a", "Mem2 b"};
	struct rig *r = *state;

	begin(r, lines, 2, false);
	answer(r, "{\"Mem1\":\"a\"}");
	answer(r, NULL);
	courier_lost(r->c);
	courier_words_end(&r->words, r->c, false, NULL);
	assert_string_equal(sbuf_str(&r->said), "! job: 0 of 2 commands have arrived, 1 more were "
						"answered, but may not be saved; these "
						"have not:\n"
						"!   Mem2 b: never answered\n");
	assert_true(courier_words_good(BACKLOG_ANSWERED));
	assert_false(courier_words_good(BACKLOG_UNSURE));
	assert_false(courier_words_bad(&courier_steps(r->c)->steps[0]));
}

static void words__name__waits_and_delays(void **state)
{
	struct rig *r = *state;
	struct backlog b;
	char *text;

	backlog_init(&b);
	assert_true(backlog_add_wait(&b, "up", 2, 3000, 2));
	assert_true(backlog_add_delay(&b, 1000, 0));
	/* Of these there is no trap. */
	assert_int_equal(courier_words_traps(&r->words, &b, 0), 0);
	courier_begin(r->c, &b, 0, false, false, r->now);
	text = courier_words_step(&r->words, r->c, 0);
	assert_string_equal(text, "line 2: wait up");
	free(text);
	text = courier_words_step(&r->words, r->c, 1);
	assert_string_equal(text, "delay");
	free(text);
	courier_cancel(r->c);
	backlog_init(&b);
	assert_true(backlog_add(&b, "Topic 1", 7, 0));
	sbuf_clear(&r->said);
	assert_int_equal(courier_words_traps(&r->words, &b, 0), 1);
	assert_string_equal(
	    sbuf_str(&r->said), "! Topic: the value 1 means the firmware's default\n");
	backlog_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(words__tell__that_all_is_there, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		words__tell__what_failed_and_was_not_sent, setup, teardown),
	    cmocka_unit_test_setup_teardown(words__never_tell__a_secret, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		words__tell__the_value_that_is_there_instead, setup, teardown),
	    cmocka_unit_test_setup_teardown(words__list__no_more_than_a_dozen, setup, teardown),
	    cmocka_unit_test_setup_teardown(words__tell__of_a_wait_that_ran_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(traps__are_told__with_their_lines, setup, teardown),
	    cmocka_unit_test_setup_teardown(words__tell__what_happens_on_the_way, setup, teardown),
	    cmocka_unit_test_setup_teardown(words__hide__a_secret_of_a_cut_line, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		words__tell__of_a_restart_that_follows, setup, teardown),
	    cmocka_unit_test_setup_teardown(words__tell__what_may_not_be_saved, setup, teardown),
	    cmocka_unit_test_setup_teardown(words__name__waits_and_delays, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

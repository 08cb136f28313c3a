/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that were typed: when something is said of them, and when nothing is. */
#include "tasmite/core/tasmota/typed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"

struct rig {
	struct typed *t;
	struct secrets *secrets;
	char said[600];
	mono_t now;
};

static void say(void *ctx, const char *text)
{
	struct rig *r = ctx;

	str_cat(r->said, sizeof(r->said), text);
	str_cat(r->said, sizeof(r->said), "\n");
}

static void hear(struct rig *r, const char *line)
{
	typed_rx(r->t, (const uint8_t *)line, strlen(line), r->now);
}

static int setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	r->secrets = secrets_new();
	r->t = typed_new(r->secrets, say, r);
	hear(r, "00:00:01 CMD: Power\r\n00:00:01 RSL: stat/x/RESULT = {\"POWER\":\"ON\"}\r\n");
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	typed_free(r->t);
	secrets_free(r->secrets);
	free(r);
	return 0;
}

static void enter(struct rig *r, const char *line)
{
	struct buf none;

	r->said[0] = '\0';
	buf_init(&none, strlen(line) + 1);
	secrets_tx_line(r->secrets, line, strlen(line), &none);
	buf_fini(&none);
	typed_sent(r->t, line, strlen(line), r->now);
}

static void pass(struct rig *r)
{
	r->now += MONO_S(20);
	typed_tick(r->t, r->now);
	assert_int_equal(typed_deadline(r->t), MONO_NEVER);
}

static void typed__is_silent__where_all_is_well(void **state)
{
	static const char *const rows[][3] = {
	    {"Mem1 abc", "Mem1 abc", "{\"Mem1\":\"abc\"}"},
	    {"Dimmer +", "Dimmer +", "{\"POWER\":\"ON\",\"Dimmer\":60}"},
	    {"Power toggle", "Power toggle", "{\"POWER\":\"OFF\"}"},
	    {"Nonsense", "Nonsense", "{\"Command\":\"Unknown\"}"}, /* the device says it itself */
	    {"ByOtherName 1", "ByOtherName 1", "{\"Another\":1}"},
	    {"_Power on", "_Power on", NULL},
	    {"Restart 1", NULL, NULL},
	    {"Backlog Power on", NULL, NULL},
	};
	struct rig *r = *state;
	char line[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enter(r, rows[i][0]);
		str_fmt(line, sizeof(line), "00:00:02 CMD: %s\r\n", rows[i][1] ? rows[i][1] : "");
		if (rows[i][1])
			hear(r, line);
		str_fmt(line, sizeof(line), "00:00:02 RSL: stat/x/RESULT = %s\r\n",
		    rows[i][2] ? rows[i][2] : "");
		if (rows[i][2])
			hear(r, line);
		pass(r);
		if (r->said[0])
			fail_msg("%s: %s", rows[i][0], r->said);
	}
}

static void typed__tells__what_was_lost(void **state)
{
	struct rig *r = *state;

	enter(r, "Mem1 abc");
	typed_tick(r->t, r->now + MONO_S(2));
	assert_string_equal(r->said, "");
	typed_hold(r->t, r->now + MONO_S(2)); /* it leaves by and by */
	typed_tick(r->t, r->now + MONO_S(4));
	assert_string_equal(r->said, "");
	pass(r);
	assert_string_equal(r->said, "Mem1 abc: neither echo nor answer came: send it again?\n");
	/* A device that was never heard to listen may have its log off. */
	typed_drop(r->t);
	enter(r, "Mem1 abc");
	pass(r);
	assert_string_equal(r->said, "");
}

static void typed__tells__what_was_damaged(void **state)
{
	struct rig *r = *state;

	enter(r, "Mem1 abc");
	hear(r, "00:00:02 CMD: Mem abc\r\n");
	assert_string_equal(
	    r->said, "Mem1 abc: it arrived damaged (the echo tells what the device has read)\n");
	enter(r, "Mem1 abc");
	hear(r, "00:00:02 CMD: Mem1 abc\r\n00:00:02 RSL: stat/x/RESULT = {\"Mem1\":\"ab\"}\r\n");
	assert_string_equal(r->said, "Mem1 abc: the device has stored something else: 'ab'\n");
	pass(r);
}

static void typed__never_tells__a_secret(void **state)
{
	struct rig *r = *state;

	enter(r, "Password1 hunter22x");
	hear(r, "00:00:02 CMD: Password1 hunter22x\r\n"
		"00:00:02 RSL: stat/x/RESULT = {\"Password1\":\"hunter2\"}\r\n");
	assert_string_equal(r->said, "Password1 *********: the device has stored something else\n");
}

static void typed__knows__several_and_cut_lines(void **state)
{
	static const char text[] = "00:00:02 CMD: Mem1 a\r\n00:00:02 CMD: Mem2 b\r\n"
				   "00:00:02 RSL: stat/x/RESULT = {\"Mem1\":\"a\"}\r\n"
				   "00:00:02 RSL: stat/x/RESULT = {\"Mem2\":\"x\"}\r\n";
	struct rig *r = *state;

	enter(r, "Mem1 a");
	enter(r, "Mem2 b");
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		typed_rx(r->t, (const uint8_t *)text + i, 1, r->now);
	assert_string_equal(r->said, "Mem2 b: the device has stored something else: 'x'\n");
	/* Other lines go out behind it: nothing is known of the echoes. */
	enter(r, "Mem1 a");
	typed_leave(r->t);
	hear(r, "00:00:02 CMD: Mem5 z\r\n");
	pass(r);
	assert_string_equal(r->said, "");
	for (int i = 0; i < 40; i++)
		enter(r, "Mem1 a"); /* no more than a few are kept */
	pass(r);
}

static void typed__waits__for_an_echo_of_its_own(void **state)
{
	struct rig *r = *state;

	enter(r, "Mem1 abc");
	assert_int_equal(typed_deadline(r->t), r->now + MONO_MS(2500));
	enter(r, "Mem2 xyz"); /* as long as the other one */
	r->now += MONO_S(1);
	hear(r, "00:00:02 CMD: Mem2 xyz\r\n");
	/* Behind its echo only the answer is awaited; of the other nothing has left yet. */
	typed_hold(r->t, r->now + MONO_MS(500));
	assert_int_equal(typed_deadline(r->t), r->now + MONO_MS(2500));
	hear(r, "00:00:02 CMD: Mem2 xyz\r\n"); /* of somebody else: the first one is not it */
	assert_string_equal(
	    r->said, "Mem1 abc: it arrived damaged (the echo tells what the device has read)\n");
	hear(r, "00:00:02 CMD: Mem3 other\r\n"); /* all have had theirs */
	pass(r);
	assert_null(strchr(strchr(r->said, '\n') + 1, '\n'));
}

static void typed__takes__a_status_for_its_answer(void **state)
{
	struct rig *r = *state;

	enter(r, "Status 5");
	hear(r, "00:00:02 CMD: Status 5\r\n"
		"00:00:02 RSL: stat/x/STATUS5 = {\"StatusNET\":{}}\r\n");
	assert_int_equal(typed_deadline(r->t), MONO_NEVER);
	/* An overrun is neither. */
	enter(r, "Status 5");
	hear(r, "00:01:02 CMD: Serial buffer overrun\r\n");
	assert_int_not_equal(typed_deadline(r->t), MONO_NEVER);
	pass(r);
}

/* What was stored instead is told of texts alone, and only where the echo was right. */
static void typed__is_not_sure__without_an_echo(void **state)
{
	struct rig *r = *state;

	enter(r, "Mem1 abc");
	hear(r, "00:00:02 RSL: stat/x/RESULT = {\"Mem1\":\"ab\"}\r\n");
	enter(r, "TelePeriod 60");
	hear(r, "00:00:02 CMD: TelePeriod 60\r\n"
		"00:00:02 RSL: stat/x/RESULT = {\"TelePeriod\":300}\r\n");
	pass(r);
	assert_string_equal(r->said, "");
}

static void typed__is_silent__where_another_answer_came(void **state)
{
	struct rig *r = *state;

	enter(r, "ByOtherName 1");
	hear(r, "00:00:02 RSL: stat/x/RESULT = {\"Another\":1}\r\n");
	pass(r);
	assert_string_equal(r->said, "");
	/* What is empty, or has many answers, is not looked after. */
	enter(r, "");
	enter(r, "Backlog0 Mem1 a;Mem2 b");
	enter(r, "Upgrade 1");
	assert_int_equal(typed_deadline(r->t), MONO_NEVER);
	enter(r, "Power toggle"); /* sent twice it is not the same, but it has an answer */
	assert_int_not_equal(typed_deadline(r->t), MONO_NEVER);
	typed_free(NULL);
}

static void typed_rx__passes_over__a_line_without_end(void **state)
{
	static uint8_t noise[9000];
	struct rig *r = *state;

	memset(noise, 'x', sizeof(noise));
	enter(r, "Mem1 abc");
	typed_rx(r->t, noise, 5000, r->now);
	typed_rx(r->t, noise, 5000, r->now);
	hear(r, "00:00:02 CMD: Mem1 b\r\n"); /* its end */
	assert_string_equal(r->said, "");
	hear(r, "00:00:02 CMD: Mem1 abc\r\n00:00:02 RSL: x/RESULT = {\"Mem1\":\"abc\"}\r\n");
	assert_int_equal(typed_deadline(r->t), MONO_NEVER);
	/* While nothing is pending a flood goes by; what is cut there is no whole line. */
	typed_rx(r->t, (const uint8_t *)"00:00:02 CMD: M", 15, r->now);
	enter(r, "Mem1 abc");
	hear(r, "em1 b\r\n");
	assert_string_equal(r->said, "");
	pass(r);
	typed_rx(r->t, noise, 0, r->now);
	typed_rx(r->t, (const uint8_t *)"x\n", 2, r->now);
	enter(r, "Mem1 abc");
	hear(r, "00:00:02 CMD: Mem1 b\r\n");
	assert_string_not_equal(r->said, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(typed__is_silent__where_all_is_well, setup, teardown),
	    cmocka_unit_test_setup_teardown(typed__tells__what_was_lost, setup, teardown),
	    cmocka_unit_test_setup_teardown(typed__tells__what_was_damaged, setup, teardown),
	    cmocka_unit_test_setup_teardown(typed__never_tells__a_secret, setup, teardown),
	    cmocka_unit_test_setup_teardown(typed__knows__several_and_cut_lines, setup, teardown),
	    cmocka_unit_test_setup_teardown(typed__waits__for_an_echo_of_its_own, setup, teardown),
	    cmocka_unit_test_setup_teardown(typed__takes__a_status_for_its_answer, setup, teardown),
	    cmocka_unit_test_setup_teardown(typed__is_not_sure__without_an_echo, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		typed__is_silent__where_another_answer_came, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		typed_rx__passes_over__a_line_without_end, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scripts of commands: lines, comments, values, waits and delays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/core/tasmota/script.h"

static const char *value(void *ctx, const char *name)
{
	const char *const *pairs = ctx;

	for (; pairs && *pairs; pairs += 2)
		if (!strcmp(*pairs, name))
			return pairs[1];
	return NULL;
}

static int take(
    const char *text, const char *const *pairs, struct backlog *b, struct script_wants *w)
{
	static struct err err;
	int rc;

	backlog_init(b);
	memset(&err, 0, sizeof(err));
	rc = script_read(text, strlen(text), value, (void *)(uintptr_t)pairs, b, w, &err);
	assert_true(rc == ERR_OK || err.text[0]);
	return rc;
}

static void read__takes__commands_waits_and_delays(void **state)
{
	struct script_wants w;
	struct backlog b;

	(void)state;
	assert_int_equal(
	    take("\xEF\xBB\xBF# a comment\r\n\r\n  SSId1 my net \r\n\twait 5s Wi-Fi up\n"
		 "delay 15\ndelay 200ms\nwait APP: x\nBacklog Mem1 a; Mem2 b\nDelay 10",
		NULL, &b, &w),
	    ERR_OK);
	assert_int_equal(b.count, 8);
	assert_string_equal(b.steps[0].text, "SSId1 my net ");
	assert_int_equal(b.steps[0].line, 3);
	assert_int_equal(b.steps[1].kind, BACKLOG_WAIT);
	assert_string_equal(b.steps[1].text, "Wi-Fi up");
	assert_int_equal(b.steps[1].ms, 5000);
	assert_int_equal(b.steps[2].kind, BACKLOG_DELAY);
	assert_int_equal(b.steps[2].ms, 1500);
	assert_int_equal(b.steps[3].ms, 200);
	assert_int_equal(b.steps[4].ms, SCRIPT_WAIT_MS);
	assert_string_equal(b.steps[4].text, "APP: x");
	assert_string_equal(b.steps[5].text, "Mem1 a");
	assert_string_equal(b.steps[6].text, "Mem2 b");
	assert_int_equal(b.steps[6].line, 8);
	assert_string_equal(b.steps[7].text, "Delay 10"); /* the device's own */
	backlog_fini(&b);
}

static void read__ends__lines_at_lf_cr_and_both(void **state)
{
	struct script_wants w;
	struct backlog b;

	(void)state;
	assert_int_equal(take("Topic a\rModule 1\r\rPower\r\nDelay 1\n", NULL, &b, &w), ERR_OK);
	assert_int_equal(b.count, 4);
	assert_string_equal(b.steps[1].text, "Module 1");
	assert_int_equal(b.steps[2].line, 4);
	assert_int_equal(b.steps[3].line, 5);
	backlog_fini(&b);
}

static void read__puts_values_in__byte_for_byte(void **state)
{
	static const char *const pairs[] = {"WIFI_KEY", "p;a ${X} \\ \"#", "NET", "home ", NULL};
	struct script_wants w;
	struct backlog b;

	(void)state;
	assert_int_equal(
	    take("SSId1 ${NET}\nPassword1 ${WIFI_KEY}\nMem1 $${NET} $5 {x}", pairs, &b, &w),
	    ERR_OK);
	assert_string_equal(b.steps[0].text, "SSId1 home ");
	assert_string_equal(b.steps[1].text, "Password1 p;a ${X} \\ \"#");
	assert_string_equal(b.steps[2].text, "Mem1 ${NET} $5 {x}");
	backlog_fini(&b);
}

static void read__asks__for_what_is_missing(void **state)
{
	struct script_wants w;
	struct backlog b;

	(void)state;
	assert_int_equal(
	    take("SSId1 ${NET}\nPassword1 ${X}\nMem1 ${API_TOKEN}${NET}", NULL, &b, &w), ERR_AGAIN);
	assert_int_equal(w.count, 3);
	assert_string_equal(w.names[0], "NET");
	assert_false(w.secret[0]);
	assert_string_equal(w.names[1], "X");
	assert_true(w.secret[1]); /* what is behind Password1 */
	assert_int_equal(w.lines[1], 2);
	assert_true(w.secret[2]);
	backlog_fini(&b);
}

static void read__tells__mistakes_with_their_line(void **state)
{
	static const char *const bad[] = {"x\nMem1 ${", "x\nMem1 ${}", "x\nMem1 ${a b}", "x\nwait",
	    "x\nwait 30s", "x\ndelay", "x\ndelay soon", "x\ndelay 2 s", "x\ndelay 2h",
	    "x\nMem1 ${EVIL}", "x\ndelay 99999999999999999999"};
	static const char *const pairs[] = {"EVIL", "a\nReset 1", NULL};
	struct script_wants w;
	struct backlog b;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		backlog_init(&b);
		memset(&err, 0, sizeof(err));
		if (script_read(bad[i], strlen(bad[i]), value, (void *)(uintptr_t)pairs, &b, &w,
			&err) != ERR_FORMAT ||
		    !strstr(err.text, "line 2"))
			fail_msg("%s: %s", bad[i], err.text);
		backlog_fini(&b);
	}
	assert_int_equal(take("# nothing\n", NULL, &b, &w), ERR_FORMAT);
	backlog_fini(&b);
	backlog_init(&b);
	assert_int_equal(script_read("a\0b", 3, value, NULL, &b, &w, &err), ERR_FORMAT);
	backlog_fini(&b);
}

static void time__is_read__in_its_units(void **state)
{
	(void)state;
	assert_int_equal(script_time("20", 2), 2000);
	assert_int_equal(script_time("250ms", 5), 250);
	assert_int_equal(script_time("2s", 2), 2000);
	assert_int_equal(script_time("3m", 2), 180000);
	assert_int_equal(script_time("60m", 3), 3600000);
	assert_int_equal(script_time("61m", 3), -1);
	assert_int_equal(script_time("", 0), -1);
	assert_int_equal(script_time("s", 1), -1);
	assert_int_equal(script_time("1x", 2), -1);
}

static void read__takes__tabs_for_blanks(void **state)
{
	struct script_wants w;
	struct backlog b;

	(void)state;
	assert_int_equal(
	    take("wait\t5s\tWi-Fi up\t \n\tdelay\t2s\t\nwait\t\tthem\n", NULL, &b, &w), ERR_OK);
	assert_int_equal(b.count, 3);
	assert_string_equal(b.steps[0].text, "Wi-Fi up");
	assert_int_equal(b.steps[0].ms, 5000);
	assert_int_equal(b.steps[1].ms, 2000);
	/* Ends with an m, and is no time. */
	assert_string_equal(b.steps[2].text, "them");
	assert_int_equal(b.steps[2].ms, SCRIPT_WAIT_MS);
	backlog_fini(&b);
}

static void read__refuses__a_backlog_that_cuts_a_password(void **state)
{
	struct script_wants w;
	struct backlog b;
	struct err err = {0};
	static const char text[] = "Mem1 x\nBacklog SSId1 home; Password1 a;b\n";

	(void)state;
	backlog_init(&b);
	assert_int_equal(
	    script_read(text, sizeof(text) - 1, value, NULL, &b, &w, &err), ERR_FORMAT);
	assert_non_null(strstr(err.text, "line 2: a Backlog is cut at each ;"));
	backlog_fini(&b);
}

static void read__refuses__what_has_no_room(void **state)
{
	static char text[4 * BACKLOG_TEXT];
	struct script_wants w;
	struct backlog b;
	struct err err = {0};

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "Mem1 ", 5);
	backlog_init(&b);
	assert_int_equal(script_read(text, sizeof(text), value, NULL, &b, &w, &err), ERR_RANGE);
	assert_string_equal(err.text, "line 1 is too long");
	backlog_fini(&b);
}

static void read__asks__once_for_a_name(void **state)
{
	struct script_wants w;
	struct backlog b;

	(void)state;
	assert_int_equal(take("Mem1 ${X}\nPassword1 ${X}\nMem2 ${Y}", NULL, &b, &w), ERR_AGAIN);
	assert_int_equal(w.count, 2);
	assert_int_equal(w.lines[0], 1);
	assert_true(w.secret[0]); /* the second place says so */
	assert_false(w.secret[1]);
	backlog_fini(&b);
}

static void secret_name__is_told__by_its_words(void **state)
{
	(void)state;
	assert_true(script_secret_name("WIFI_PASSWORD"));
	assert_true(script_secret_name("mqtt_pwd"));
	assert_true(script_secret_name("Key"));
	assert_true(script_secret_name("clientSecret2"));
	assert_true(script_secret_name("token"));
	assert_false(script_secret_name("NET"));
	assert_false(script_secret_name("ke"));
	assert_false(script_secret_name(""));
}

static void read__asks__for_no_more_names_than_it_holds(void **state)
{
	static char text[2000];
	struct script_wants w;
	struct backlog b;

	(void)state;
	for (char c = 'a'; c < 'a' + SCRIPT_WANTS + 1; c++) {
		char line[20] = "Mem1 ${x}\n";

		line[7] = c;
		strcat(text, line);
	}
	assert_int_equal(take(text, NULL, &b, &w), ERR_AGAIN);
	assert_int_equal(w.count, SCRIPT_WANTS); /* the last one in the next round */
	backlog_fini(&b);
	assert_int_equal(
	    take("Mem1 ${a2345678901234567890123456789012345678901}", NULL, &b, &w), ERR_FORMAT);
	backlog_fini(&b);
	assert_int_equal(take("Mem1 ${A_b-9}", NULL, &b, &w), ERR_AGAIN);
	assert_string_equal(w.names[0], "A_b-9");
	backlog_fini(&b);
}

/* One job has room for so many steps, of whatever kind. */
static void read__refuses__more_steps_than_a_job_has(void **state)
{
	static const char *const last[] = {"Mem1 x", "wait up", "delay 1", "Backlog Mem1 a;Mem2 b"};
	static char text[BACKLOG_STEPS * 7 + 40];
	struct script_wants w;
	struct backlog b;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		char *end = text;

		for (int k = 0; k < BACKLOG_STEPS; k++)
			end = strcpy(end, "Mem1 a\n") + 7;
		strcpy(end, last[i]);
		backlog_init(&b);
		assert_int_equal(
		    script_read(text, strlen(text), value, NULL, &b, &w, &err), ERR_RANGE);
		assert_non_null(strstr(err.text, "line 2001: "));
		backlog_fini(&b);
	}
}

static void time__is_read__in_any_case(void **state)
{
	(void)state;
	assert_int_equal(script_time("2S", 2), 2000);
	assert_int_equal(script_time("3M", 2), 180000);
	assert_int_equal(script_time("250MS", 5), 250);
	assert_int_equal(script_time("2xs", 3), -1);
	assert_int_equal(script_time("2/", 2), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(read__takes__commands_waits_and_delays),
	    cmocka_unit_test(read__ends__lines_at_lf_cr_and_both),
	    cmocka_unit_test(read__puts_values_in__byte_for_byte),
	    cmocka_unit_test(read__asks__for_what_is_missing),
	    cmocka_unit_test(read__tells__mistakes_with_their_line),
	    cmocka_unit_test(time__is_read__in_its_units),
	    cmocka_unit_test(read__takes__tabs_for_blanks),
	    cmocka_unit_test(read__refuses__a_backlog_that_cuts_a_password),
	    cmocka_unit_test(read__refuses__what_has_no_room),
	    cmocka_unit_test(read__asks__once_for_a_name),
	    cmocka_unit_test(secret_name__is_told__by_its_words),
	    cmocka_unit_test(read__asks__for_no_more_names_than_it_holds),
	    cmocka_unit_test(read__refuses__more_steps_than_a_job_has),
	    cmocka_unit_test(time__is_read__in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

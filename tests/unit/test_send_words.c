/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of `tasmite send`: which are commands, which a file, and which a slip. */
#include "../../src/app/send_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The exit code; the commands that were read, with "|" between. */
static int read_words(const char *const *words, int count, char *got, size_t size)
{
	struct secrets *secrets = secrets_new();
	struct script_values values = {.secrets = secrets};
	struct send_words w;
	struct err err = {0};
	char *list[8] = {NULL};
	int code;

	for (int i = 0; i < count; i++)
		list[i] = strdup(words[i]);
	code = send_words_read(list, count, &values, &w, &err);
	got[0] = '\0';
	for (size_t i = 0; i < w.b.count && !code; i++) {
		str_cat(got, size, i ? "|" : "");
		str_cat(got, size, w.b.steps[i].text);
	}
	if (code)
		str_copy(got, size, err.text);
	for (int i = 0; i < count; i++)
		free(list[i]);
	backlog_fini(&w.b);
	script_values_fini(&values);
	secrets_free(secrets);
	return code;
}

static void words__are__commands(void **state)
{
	static const struct {
		const char *words[4];
		int count;
		const char *want;
	} rows[] = {
	    {{"Power1 on"}, 1, "Power1 on"},
	    {{"Power1 on", "Status 5"}, 2, "Power1 on|Status 5"},
	    {{"Power"}, 1, "Power"},
	    {{"Status", "Power2"}, 2, "Status|Power2"},
	    {{"SomethingNew 1", "AndMore x"}, 2, "SomethingNew 1|AndMore x"},
	    {{"cmnd/lamp/Power on"}, 1, "cmnd/lamp/Power on"},
	    {{"Backlog Mem1 a; Mem2 b"}, 1, "Mem1 a|Mem2 b"},
	    {{"Password1 a;b"}, 1, "Password1 a;b"},
	};
	char got[400];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(read_words(rows[i].words, rows[i].count, got, sizeof(got)), 0);
		assert_string_equal(got, rows[i].want);
	}
}

static void words__are_refused__where_they_are_slips(void **state)
{
	static const struct {
		const char *words[4];
		int count, code;
		const char *why;
	} rows[] = {
	    {{"Power", "on"}, 2, 2, "'on' is no command"},
	    {{"Status", "0"}, 2, 2, "'0' is no command"},
	    {{""}, 1, 2, "is no command"},
	    {{"Mem1 a\nMem2 b"}, 1, 2, "no single line"},
	    {{"no-such-file.txt"}, 1, 1, "no-such-file.txt"},
	    {{"./Power"}, 1, 1, "./Power"},
	    {{"Backlog Password1 ab;cd"}, 1, 2, "Password1 behind the ;"},
	};
	char got[400];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(
		    read_words(rows[i].words, rows[i].count, got, sizeof(got)), rows[i].code);
		if (!strstr(got, rows[i].why))
			fail_msg("%s: '%s'", rows[i].words[0], got);
	}
	assert_null(strstr(got, "cd")); /* it may be a password's rest */
}

static void values__come__from_the_environment_first(void **state)
{
	struct secrets *secrets = secrets_new();
	struct script_values v = {.secrets = secrets};

	(void)state;
	script_values_add(&v, "TASMITE_TEST_ONE", "first");
	script_values_add(&v, "TASMITE_TEST_ONE", "second");
	assert_string_equal(script_values_get(&v, "TASMITE_TEST_ONE"), "first");
	assert_null(script_values_get(&v, "TASMITE_TEST_TWO"));
	setenv("TASMITE_TEST_ONE", "outside", 1);
	assert_string_equal(script_values_get(&v, "TASMITE_TEST_ONE"), "outside");
	unsetenv("TASMITE_TEST_ONE");
	/* What is called like a secret is one, in whatever command it is sent. */
	script_values_add(&v, "API_TOKEN", "abcdefgh");
	assert_false(secrets_in_line(secrets, "Mem1 abcdefgh", 13));
	assert_string_equal(script_values_get(&v, "API_TOKEN"), "abcdefgh");
	assert_true(secrets_in_line(secrets, "Mem1 abcdefgh", 13));
	script_values_fini(&v);
	assert_null(script_values_get(&v, "API_TOKEN"));
	secrets_free(secrets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words__are__commands),
	    cmocka_unit_test(words__are_refused__where_they_are_slips),
	    cmocka_unit_test(values__come__from_the_environment_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: checks, canonical text, who wins, where a value came from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "tasmite/core/settings.h"

static int setup(void **state)
{
	static struct settings s;

	settings_init(&s);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	settings_fini(*state);
	return 0;
}

static int set(struct settings *s, enum setting_id id, const char *text)
{
	return settings_set(s, id, text, ORIGIN_SESSION, NULL, NULL);
}

static void settings_init__gives_fallbacks__for_all_rows(void **state)
{
	struct settings *s = *state;

	assert_string_equal(settings_text(s, SET_BAUD), "115200");
	assert_int_equal(settings_int(s, SET_BAUD), 115200);
	assert_string_equal(settings_text(s, SET_EOL), "lf");
	assert_int_equal(settings_int(s, SET_EOL), 2);
	assert_true(settings_bool(s, SET_ECHO));
	assert_false(settings_bool(s, SET_MOUSE));
}

static void settings_set__stores_canonical_text__of_each_type(void **state)
{
	static const struct {
		enum setting_id id;
		const char *text, *canon;
		int64_t number;
	} cases[] = {
	    {SET_BAUD, "74880", "74880", 74880},
	    {SET_BAUD, "0x12480", "74880", 74880},
	    {SET_BAUD, "00300", "300", 300},
	    {SET_BAUD, "50", "50", 50},
	    {SET_BAUD, "4000000", "4000000", 4000000},
	    {SET_ECHO, "NO", "off", 0},
	    {SET_ECHO, "1", "on", 1},
	    {SET_EOL, "CRLF", "crlf", 3},
	    {SET_EOL, "none", "none", 0},
	    {SET_STAMP, "on", "clock", 1},
	    {SET_UNICODE, "on", "on", 1},
	    {SET_FORMAT, "7e2", "7E2", 0},
	    {SET_THEME, "my-theme_2", "my-theme_2", 0},
	    {SET_PORT, "/dev/ttyUSB0", "/dev/ttyUSB0", 0},
	    {SET_PORT, "", "", 0},
	};
	struct settings *s = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(set(s, cases[i].id, cases[i].text), ERR_OK);
		assert_string_equal(settings_text(s, cases[i].id), cases[i].canon);
		assert_int_equal(settings_int(s, cases[i].id), cases[i].number);
	}
}

static void settings_set__refuses_and_keeps__what_does_not_fit(void **state)
{
	static const struct {
		enum setting_id id;
		const char *text;
	} cases[] = {
	    {SET_BAUD, "fast"},
	    {SET_BAUD, ""},
	    {SET_BAUD, "49"},
	    {SET_BAUD, "4000001"},
	    {SET_BAUD, "-1"},
	    {SET_BAUD, "115k"},
	    {SET_BAUD, "115200;"},
	    {SET_BAUD, " 9600"},
	    {SET_BAUD, "99999999999999999999999"},
	    {SET_ECHO, "maybe"},
	    {SET_ECHO, ""},
	    {SET_EOL, "on"},
	    {SET_EOL, ""},
	    {SET_EOL, "lf|cr"},
	    {SET_FORMAT, "9N1"},
	    {SET_FORMAT, "8X1"},
	    {SET_FORMAT, "8N3"},
	    {SET_FORMAT, "8N"},
	    {SET_FORMAT, "8N11"},
	    {SET_FORMAT, ""},
	    {SET_THEME, "../evil"},
	    {SET_THEME, ""},
	    {SET_THEME, "a b"},
	    {SET_PORT, "a\033[31m"},
	    {SET_PORT, "a\nb"},
	    {SET_PORT, "\xff"},
	    {SET_PORT, "\xc2\x9b"},
	};
	struct settings *s = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char before[64];
		uint64_t revision = s->revision;

		str_copy(before, sizeof(before), settings_text(s, cases[i].id));
		assert_int_equal(set(s, cases[i].id, cases[i].text), ERR_INVAL);
		assert_string_equal(settings_text(s, cases[i].id), before);
		assert_int_equal(s->revision, revision);
	}
}

static void settings_set__refuses__text_that_is_too_long(void **state)
{
	struct settings *s = *state;
	char text[SETTING_TEXT_MAX + 1];

	memset(text, 'x', sizeof(text));
	text[SETTING_TEXT_MAX] = '\0';
	assert_int_equal(set(s, SET_PORT, text), ERR_INVAL);
	text[SETTING_TEXT_MAX - 1] = '\0';
	assert_int_equal(set(s, SET_PORT, text), ERR_OK);
}

static void settings_set__tells_what_was_expected__in_the_error(void **state)
{
	struct err err;

	settings_set(*state, SET_BAUD, "fast", ORIGIN_USER, NULL, &err);
	assert_string_equal(
	    err.text, "baud: expected a number from 50 to 4000000 (bit/s), not 'fast'");
	settings_set(*state, SET_EOL, "lfcr", ORIGIN_USER, NULL, &err);
	assert_string_equal(err.text, "eol: expected one of none, cr, lf, crlf, not 'lfcr'");
	settings_set(*state, SET_EOL, "\033[2J", ORIGIN_USER, NULL, &err);
	assert_null(strchr(err.text, '\033'));
}

static void settings_set__later_origin_wins__in_any_order(void **state)
{
	struct settings *s = *state;

	assert_int_equal(settings_set(s, SET_BAUD, "9600", ORIGIN_PROFILE, NULL, NULL), ERR_OK);
	assert_int_equal(settings_set(s, SET_BAUD, "19200", ORIGIN_USER, NULL, NULL), ERR_OK);
	assert_int_equal(settings_int(s, SET_BAUD), 9600);
	assert_int_equal(settings_set(s, SET_BAUD, "bad", ORIGIN_USER, NULL, NULL), ERR_INVAL);
	assert_int_equal(settings_set(s, SET_BAUD, "38400", ORIGIN_PROFILE, NULL, NULL), ERR_OK);
	assert_int_equal(settings_int(s, SET_BAUD), 38400);
	assert_int_equal(settings_set(s, SET_BAUD, "57600", ORIGIN_SESSION, NULL, NULL), ERR_OK);
	assert_int_equal(settings_int(s, SET_BAUD), 57600);
}

static void settings_origin_text__tells__where_a_value_came_from(void **state)
{
	struct settings *s = *state;
	char text[160];

	settings_origin_text(s, SET_BAUD, text, sizeof(text));
	assert_string_equal(text, "built in");
	settings_set(s, SET_BAUD, "9600", ORIGIN_USER, "line 12 of ~/.config/tasmite/config", NULL);
	settings_origin_text(s, SET_BAUD, text, sizeof(text));
	assert_string_equal(text, "user file, line 12 of ~/.config/tasmite/config");
	settings_set(s, SET_BAUD, "9600", ORIGIN_SESSION, NULL, NULL);
	settings_origin_text(s, SET_BAUD, text, sizeof(text));
	assert_string_equal(text, "set in this session");
}

static void settings_copy__is_independent__of_its_source(void **state)
{
	struct settings *s = *state, copy;

	set(s, SET_PORT, "ttyUSB0");
	settings_copy(&copy, s);
	set(s, SET_PORT, "ttyUSB1");
	assert_string_equal(settings_text(&copy, SET_PORT), "ttyUSB0");
	settings_fini(&copy);
}

static void setting_find__knows_every_name__and_no_other(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < SETTING_COUNT; i++)
		assert_int_equal(setting_find(setting_row((enum setting_id)i)->name), i);
	assert_int_equal(setting_find("BAUD"), SET_BAUD);
	assert_int_equal(setting_find("bau"), -1);
	assert_int_equal(setting_find(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		settings_init__gives_fallbacks__for_all_rows, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		settings_set__stores_canonical_text__of_each_type, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		settings_set__refuses_and_keeps__what_does_not_fit, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		settings_set__refuses__text_that_is_too_long, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		settings_set__tells_what_was_expected__in_the_error, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		settings_set__later_origin_wins__in_any_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		settings_origin_text__tells__where_a_value_came_from, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		settings_copy__is_independent__of_its_source, setup, teardown),
	    cmocka_unit_test(setting_find__knows_every_name__and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

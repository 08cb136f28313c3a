/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times of lines, and moments as users write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/core/stamp.h"

/* 2026-11-22T13:00:00Z is 1795352400 s; the program's time begins then. */
static const struct stamp_zone utc = {INT64_C(1795352400000000), 0};
static const struct stamp_zone east = {INT64_C(1795352400000000), 3 * 3600 + 1800};
static const struct stamp_zone west = {INT64_C(1795352400000000), -14 * 3600};

static const char *shown(enum pane_time how, mono_t t, mono_t since, const struct stamp_zone *z)
{
	static char text[STAMP_MAX];

	stamp_text(how, t, since, z, text, sizeof(text));
	return text;
}

static void stamp_text__shows__the_clock(void **state)
{
	(void)state;
	assert_string_equal(shown(PANE_TIME_CLOCK, MONO_MS(1234), 0, &utc), "13:00:01.234");
	assert_string_equal(shown(PANE_TIME_CLOCK, MONO_MS(1234), 0, &east), "16:30:01.234");
	assert_string_equal(shown(PANE_TIME_CLOCK, -MONO_S(1), 0, &utc), "12:59:59.000");
	assert_string_equal(shown(PANE_TIME_CLOCK, 0, 0, &west), "23:00:00.000");
	assert_string_equal(shown(PANE_TIME_OFF, 0, 0, &utc), "");
	assert_string_equal(shown(PANE_TIME_SETTING, 0, 0, &utc), "");
}

static void stamp_text__shows__the_date(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} cases[] = {{0, "1970-01-01T00:00:00.000"}, {951782400, "2000-02-29T00:00:00.000"},
	    {951868799, "2000-02-29T23:59:59.000"}, {951868800, "2000-03-01T00:00:00.000"},
	    {-1, "1969-12-31T23:59:59.000"}, {4107542400, "2100-03-01T00:00:00.000"},
	    {4107542399, "2100-02-28T23:59:59.000"}, {1735689599, "2024-12-31T23:59:59.000"},
	    {1709164800, "2024-02-29T00:00:00.000"}};
	static const struct stamp_zone epoch = {0, 0};

	(void)state;
	assert_string_equal(shown(PANE_TIME_ISO, 0, 0, &utc), "2026-11-22T13:00:00.000");
	assert_string_equal(shown(PANE_TIME_ISO, 0, 0, &west), "2026-11-21T23:00:00.000");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    shown(PANE_TIME_ISO, cases[i].s * 1000000, 0, &epoch), cases[i].text);
}

static void stamp_text__shows__seconds(void **state)
{
	(void)state;
	assert_string_equal(shown(PANE_TIME_START, MONO_MS(245120), 0, &utc), "   245.120");
	assert_string_equal(
	    shown(PANE_TIME_DELTA, MONO_MS(1013), MONO_MS(1000), &utc), "    +0.013");
	assert_string_equal(
	    shown(PANE_TIME_MARK, MONO_MS(1000), MONO_MS(3500), &utc), "    -2.500");
	assert_string_equal(shown(PANE_TIME_MARK, 0, 999, &utc), "    +0.000");
	assert_string_equal(shown(PANE_TIME_START, MONO_S(86400), 0, &utc), " 86400.000");
}

static void stamp_width__fits__what_is_shown(void **state)
{
	(void)state;
	for (int how = PANE_TIME_SETTING; how <= PANE_TIME_MARK; how++)
		assert_int_equal(strlen(shown((enum pane_time)how, MONO_S(99), 0, &utc)),
		    stamp_width((enum pane_time)how));
}

static void stamp_parse__knows__moments(void **state)
{
	/* it is 13:01:40 UTC, 16:31:40 in the east */
	static const struct {
		const char *text;
		const struct stamp_zone *zone;
		int64_t ms;
	} cases[] = {{"13:01", &utc, 60000}, {"13:01:30", &utc, 90000}, {"13:01:30.5", &utc, 90500},
	    {"13:01:40", &utc, 100000}, {"13:02", &utc, 120000 - 86400000}, {"16:31", &east, 60000},
	    {"16:32", &east, 120000 - 86400000}, {"-30s", &utc, 70000}, {"-5m", &utc, -200000},
	    {"-1h30m", &utc, 100000 - 5400000}, {"-2.5s", &utc, 97500}, {"-40", &utc, 60000},
	    {"-1d", &utc, 100000 - 86400000}, {"2026-11-22T13:01:30", &utc, 90000},
	    {"2026-11-22 16:31", &east, 60000}, {"2026-11-22", &utc, -13 * 3600000},
	    {"2000-02-29T12:00", &utc, (951825600 - INT64_C(1795352400)) * 1000}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		mono_t t = -1;

		assert_int_equal(
		    stamp_parse(cases[i].text, MONO_S(100), cases[i].zone, &t, NULL), ERR_OK);
		assert_int_equal(t, cases[i].ms * 1000);
	}
}

static void stamp_parse__refuses__what_is_none(void **state)
{
	static const char *const bad[] = {"", "-", "13", "24:00", "13:60", "13:00:61", "13:00:00x",
	    "13:", ":00", "-5x", "-m", "2026-13-01", "2026-11-00", "2026-11-22x", "2026-11-22T",
	    "99999999999999999999:00", "-99999999999h", "noon"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = {0};
		mono_t t = 7;

		assert_int_equal(stamp_parse(bad[i], 0, &utc, &t, &err), ERR_INVAL);
		assert_int_equal(t, 7);
		assert_non_null(strstr(err.text, "expected 13:04"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stamp_text__shows__the_clock),
	    cmocka_unit_test(stamp_text__shows__the_date),
	    cmocka_unit_test(stamp_text__shows__seconds),
	    cmocka_unit_test(stamp_width__fits__what_is_shown),
	    cmocka_unit_test(stamp_parse__knows__moments),
	    cmocka_unit_test(stamp_parse__refuses__what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Warnings about a line for the device: each trap, for the versions that have it and for others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/backlog.h"
#include "tasmite/core/tasmota/catalog.h"
#include "tasmite/core/tasmota/check.h"

/* "kind@the bytes it is about" of each warning; "|" in the line is the cursor, without one it is
 * whole. */
static void check(const char *version, const char *marked, const char *want)
{
	const char *bar = strchr(marked, '|');
	struct check_warning w[CHECK_MAX];
	char line[1200], got[600] = "", one[200];
	struct check_line in = {.line = line, .cursor = SIZE_MAX};
	size_t count;

	str_copy(line, sizeof(line), marked);
	if (bar) {
		in.cursor = (size_t)(bar - marked);
		memmove(line + in.cursor, line + in.cursor + 1, strlen(line + in.cursor));
	}
	in.n = strlen(line);
	in.version = catalog_version(version);
	count = check_line(&in, w, CHECK_MAX);
	for (size_t i = 0; i < count; i++) {
		assert_true(w[i].at + w[i].len <= in.n);
		assert_true(w[i].text[0] != '\0');
		assert_true(!i || w[i].at >= w[i - 1].at);
		str_fmt(one, sizeof(one), "%s%s@%.*s", i ? " " : "", check_kind_name(w[i].kind),
		    (int)(w[i].len > 40 ? 40 : w[i].len), line + w[i].at);
		str_cat(got, sizeof(got), one);
	}
	if (strcmp(got, want) != 0)
		fail_msg("%s [%s]: '%s', not '%s'", marked, version, got, want);
}

static void check_line__is_quiet__where_all_is_well(void **state)
{
	static const char *const lines[] = {"", "Status 0", "Power1 on", "power", "SerialLog 2",
	    "cmnd/x/Power on", "_Power on", "Backlog0 Power1 1;Power2 0", "Backlog", "Backlog ;",
	    "Password1", "Topic ?", "Rule1 on x do Backlog a;b endon", "Dimmer +",
	    "WebSend [h:80,a:b] Power", "SetOption19 1", "Var1 1"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		check("15.0.1", lines[i], "");
		check("6.1.1", lines[i], "");
		check("", lines[i], "");
	}
}

/* What is told while a line is written is what is told of it when it is to be sent. */
static void check_line__says__what_is_said_before_sending(void **state)
{
	static const struct {
		const char *version, *line;
	} rows[] = {{"8.5.0", "Topic 1"}, {"6.1.1", "SSId1 1abc"}, {"6.1.1", "SSId1 65537"},
	    {"6.1.1", "SSId1 +1 x"}, {"6.1.1", "SSId1 on"}, {"8.5.0", "MqttHost 0"},
	    {"8.5.0", "Topic \""}, {"8.5.0", "Hostname a%b"}, {"8.5.0", "Password1 abcd"},
	    {"8.5.0", "SSId1 K\xC3\xBC"}, {"8.5.0", "SSId1 a\tb"}, {"8.5.0", "FriendlyName1 x "},
	    {"6.1.1", "SSId1 123456789012345678901234567890123"},
	    {"8.5.0", "SSId1 123456789012345678901234567890123"},
	    {"", "SSId1 123456789012345678901234567890123"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *line = rows[i].line;
		uint32_t version = catalog_version(rows[i].version);
		struct check_line in = {line, strlen(line), SIZE_MAX, version};
		struct check_warning w[CHECK_MAX];
		char why[160];
		bool found = false;

		backlog_trap(line, version, why, sizeof(why));
		for (size_t k = check_line(&in, w, CHECK_MAX); k > 0; k--)
			found = found || !strcmp(w[k - 1].text, why);
		if (!why[0] || !found)
			fail_msg("%s [%s]: '%s' is not told", line, rows[i].version, why);
	}
}

static void check_line__names__unknown_commands(void **state)
{
	struct check_warning w[CHECK_MAX];
	struct check_line in = {"SerialLg 2", 10, SIZE_MAX, 0};

	(void)state;
	check("", "SerialLg 2", "unknown@SerialLg");
	assert_int_equal(check_line(&in, w, CHECK_MAX), 1);
	assert_string_equal(w[0].text, "unknown: did you mean SerialLog?");
	check("8.5.0", "hunter22", "unknown@hunter22");
	check("", "hunter22", ""); /* who knows what device that is */
	check("8.5.0", "Backlog Statsu 0; Power on;Modul 1", "unknown@Statsu unknown@Modul");
	/* while it is written */
	check("8.5.0", "Seri|", "");
	check("8.5.0", "SerialL| 2", "");
	check("8.5.0", "Serx|", "unknown@Serx");
	check("8.5.0", "Seri |", "unknown@Seri");
	check("8.5.0", "Backlog Seri|", "");
	check("8.5.0", "SetOption14|", "");
	check("8.5.0", "SetOption14 1", "unknown@SetOption14");
}

static void check_line__names__indexes_and_ranges(void **state)
{
	(void)state;
	check("8.5.0", "SSId3 ?", "index@SSId3");
	check("8.5.0", "Topic2 ?", "index@Topic2");
	check("8.5.0", "SerialLog 5", "range@5");
	check("8.5.0", "SerialLog high", "range@high");
	check("8.5.0", "Backlog SerialLog 7;BlinkTime 1", "range@7 range@1");
	/* more letters could make it right */
	check("8.5.0", "BlinkTime 1|", "");
	check("8.5.0", "BlinkTime 1| ", "");
	check("8.5.0", "SerialLog 9|", "range@9");
	check("8.5.0", "Power1 to|", "");
	check("8.5.0", "Power1 tx|", "range@tx");
	check("6.1.1", "WifiConfig 3", "");
	check("7.1.2", "WifiConfig 3", "range@3");
	check("", "WifiConfig 1", "range@1");
	check("6.1.1", "WifiConfig 8", "range@8");
}

static void check_line__tells__of_a_restart_once(void **state)
{
	struct check_warning w[CHECK_MAX];
	struct check_line in = {"Backlog SSId1 home; Module 18", 29, SIZE_MAX, 0};

	(void)state;
	check("8.5.0", "SSId1 home", "restart@SSId1 home");
	check("8.5.0", "SSId1", "");
	check("8.5.0", "Restart 1", "restart@Restart 1");
	check("8.5.0", "Backlog SSId1 home; Module 18", "restart@SSId1 home");
	assert_int_equal(check_line(&in, w, CHECK_MAX), 1);
	assert_true(w[0].told);
}

static void check_line__warns__of_the_value_1(void **state)
{
	static const char *const old[] = {"Password1 1abcdefgh", "SSId1 1 Balazs",
	    "MqttHost 1.2.3.4", "Topic on", "Topic TRUE", "MqttUser user", "Topic start",
	    "Hostname fahrenheit", "Password1 65537abc", "Topic 131073"};

	(void)state;
	check("6.1.1", "Topic 1", "restart@Topic 1 default@1");
	check("15.0.1", "Topic 1", "restart@Topic 1 default@1");
	check("", "Backlog Topic 1 ;OtaUrl 1", "restart@Topic 1  default@1  default@1");
	check("15.0.1", "MqttPassword2 1", "restart@MqttPassword2 1 default@1");
	check("15.0.1", "TelePeriod 1", "");
	check("15.0.1", "ButtonTopic 1", "");
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++) {
		const char *value = strchr(old[i], ' ') + 1;
		char want[200];

		str_fmt(want, sizeof(want), "restart@%s default@%s", old[i], value);
		check("6.1.1", old[i], want);
		check("5.14.0", old[i], want);
		str_fmt(want, sizeof(want), "restart@%s", old[i]);
		check("6.2.0", old[i], want);
		check("15.0.1", old[i], want);
		check("", old[i], want);
	}
	check("6.1.1", "Topic 12", "restart@Topic 12");
	check("6.1.1", "Topic 21a", "restart@Topic 21a");
	check("6.1.1", "Topic online", "restart@Topic online");
}

static void check_line__tells__what_clears(void **state)
{
	(void)state;
	check("8.5.0", "SSId2 0", "restart@SSId2 0 clear@0");
	check("8.5.0", "Password2 \"", "restart@Password2 \" clear@\"");
	check("6.1.1", "SSId2 0", "restart@SSId2 0");
	check("8.5.0", "FriendlyName1 0", "");
}

static void check_line__warns__of_bytes_it_does_not_take(void **state)
{
	(void)state;
	check("6.1.1", "SSId1 M\xc3\xbcller", "restart@SSId1 M\xc3\xbcller not-ascii@\xc3\xbc");
	check("15.0.1", "DeviceName M\xc3\xbcller", "not-ascii@\xc3\xbc");
	check("15.0.1", "DeviceName a\tb", "not-ascii@\t");
}

static void check_line__warns__of_semicolons_and_blanks(void **state)
{
	(void)state;
	check(
	    "8.5.0", "Backlog SSId1 home;Password1 abcdefgh;xyz", "restart@SSId1 home semicolon@;");
	check("8.5.0", "Password1 abcdefgh;xyz", "restart@Password1 abcdefgh;xyz");
	check("8.5.0", "Backlog Password1 abcdefgh;Pow|", "restart@Password1 abcdefgh");
	check("8.5.0", "Backlog Password1 abcdefgh; xyz", "restart@Password1 abcdefgh unknown@xyz");
	check("6.1.1", "Backlog SSId1 home ; Power on", "restart@SSId1 home  blank@ ");
	check("6.4.1", "Backlog SSId1 home  ;Power on", "restart@SSId1 home   blank@  ");
	check("6.6.0", "Backlog SSId1 home ; Power on", "restart@SSId1 home ");
	check("15.0.1", "Backlog SSId1 home ; Power on", "restart@SSId1 home ");
	check("", "Backlog SSId1 home ; Power on", "restart@SSId1 home ");
	check("15.0.1", "SSId1 home ", "restart@SSId1 home  blank@ ");
	check("15.0.1", "SSId1  home", "restart@SSId1  home blank@ ");
	check("15.0.1", "Backlog SSId1  home;Power  on", "restart@SSId1  home blank@ ");
	check("15.0.1", "Power1 on ", "");
	check("6.1.1", "Backlog Power1 on ;Power2 on", "");
}

static void check_line__warns__of_lengths(void **state)
{
	char line[900], want[200];

	(void)state;
	check("8.5.0", "Password1 abcd", "restart@Password1 abcd short@abcd");
	check("6.1.1", "Password1 abcd", "restart@Password1 abcd short@abcd");
	check("8.5.0", "Password1 abcdefg", "restart@Password1 abcdefg short@abcdefg");
	check("8.5.0", "Password1 abcdefgh", "restart@Password1 abcdefgh");
	check("8.5.0", "MqttPassword abc", "restart@MqttPassword abc");
	check("8.5.0", "SSId1 12345678901234567890123456789012",
	    "restart@SSId1 12345678901234567890123456789012");
	check("8.5.0", "SSId1 123456789012345678901234567890123",
	    "restart@SSId1 123456789012345678901234567890123 long@3");
	str_copy(line, sizeof(line), "Password1 ");
	memset(line + 10, 'x', 65);
	line[75] = '\0';
	str_fmt(want, sizeof(want), "restart@%.40s long@x", line);
	check("8.5.0", line, want);
	line[74] = '\0';
	str_fmt(want, sizeof(want), "restart@%.40s", line);
	check("8.5.0", line, want);
	str_copy(line, sizeof(line), "OtaUrl http://");
	memset(line + 14, 'u', 93);
	line[107] = '\0';
	check("8.5.0", line, "");
	check("6.1.1", line, "long@u");
	/* the buffer */
	str_copy(line, sizeof(line), "Publish a ");
	memset(line + 10, 'p', 790);
	line[519] = '\0';
	check("8.5.0", line, "");
	line[519] = 'p';
	line[520] = '\0';
	check("8.5.0", line, "line-too-long@p");
	check("6.1.1", line, "line-too-long@p");
	check("", line, "line-too-long@p");
	check("12.2.0", line, "");
	assert_int_equal(check_buffer_size(catalog_version("12.1.1")), 519);
	assert_int_equal(check_buffer_size(catalog_version("12.2.0")), 799);
}

static void check_line__warns__of_what_a_backlog_does_not_do(void **state)
{
	char line[800] = "Backlog ";

	(void)state;
	check("15.0.1", "Backlog Power on; Reset 1", "reset@Reset 1 restart@Reset 1");
	check("9.3.1", "Backlog Power on; Reset 1", "restart@Reset 1");
	check("15.0.1", "Reset 1", "restart@Reset 1");
	check("15.0.1", "Backlog Rule1 on x do Backlog Power1 on;Power2 on endon", "rule@;");
	check("15.0.1", "Backlog Rule1 on x do Power1 on endon", "");
	for (int i = 0; i < 29; i++)
		str_cat(line, sizeof(line), i ? ";Power on" : "Power on");
	check("8.5.0", line, "");
	str_cat(line, sizeof(line), ";Power off");
	check("8.5.0", line, "many@Power off");
	check("", line, "many@Power off");
	check("15.0.1", line, "");
}

static void check_line__warns__of_a_console_that_goes(void **state)
{
	(void)state;
	check("8.5.0", "Module 43", "restart@Module 43 console@43");
	check("8.5.0", "Module 18", "restart@Module 18");
	check("8.5.0", "Module2 43", "");
	check("8.5.0", "SerialSend x", "console@SerialSend");
	check("8.5.0", "Hostname a%b", "restart@Hostname a%b percent@%b");
}

/* No warning holds a value that was written: it could be a password. */
static void check_line__repeats__no_value(void **state)
{
	static const char *const lines[] = {"Password1 zqz", "Backlog SSId1 zqz ;Password1 zqz;zqz",
	    "Password9 zqz", "Pasword1 zqz", "SerialLog zqz", "Topic zqz ", "zqzzqzzqz",
	    "MqttPassword on zqz", "Module zqz", "Backlog Password1 x;zqzq", "Password1 1zqz"};
	static const char *const versions[] = {"6.1.1", "8.5.0", "15.0.1", ""};
	struct check_warning w[CHECK_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		for (size_t v = 0; v < 4; v++) {
			struct check_line in = {
			    lines[i], strlen(lines[i]), SIZE_MAX, catalog_version(versions[v])};
			size_t count = check_line(&in, w, CHECK_MAX);

			for (size_t k = 0; k < count; k++)
				assert_null(strstr(w[k].text, "zqz"));
		}
}

static void check_line__bounds__any_bytes(void **state)
{
	static const char *const bits[] = {"Backlog ", ";", " ", "SSId1", "Password1 ", "1", "0",
	    "on", "\xff", "\t", "{", "}", "Rule1 on ", "Reset", "x", "/", "_", "\"", "Module 43",
	    "Hostname %"};
	struct check_warning w[CHECK_MAX];
	char line[400];

	(void)state;
	srand(3);
	for (int round = 0; round < 20000; round++) {
		struct check_line in = {line, 0, SIZE_MAX, 0};
		size_t max = 1 + (size_t)rand() % CHECK_MAX, count;
		static const uint32_t versions[] = {0, 0x06010100, 0x08050000, 0x0f000100};

		while (in.n + 16 < sizeof(line) && rand() % 24) {
			const char *bit = bits[(size_t)rand() % (sizeof(bits) / sizeof(bits[0]))];

			memcpy(line + in.n, bit, strlen(bit));
			in.n += strlen(bit);
		}
		in.version = versions[rand() % 4];
		if (rand() % 2)
			in.cursor = in.n ? (size_t)rand() % (in.n + 1) : 0;
		count = check_line(&in, w, max);
		assert_true(count <= max);
		for (size_t i = 0; i < count; i++) {
			assert_true(w[i].len > 0 && w[i].at + w[i].len <= in.n);
			assert_true(strlen(w[i].text) > 5);
		}
		assert_int_equal(check_choose(&in, w, count) == NULL, count == 0);
	}
}

static void check_choose__takes__mistakes_first_then_the_command_there(void **state)
{
	static const struct {
		const char *line;
		size_t cursor;
		enum check_kind want;
	} cases[] = {
	    {"Backlog SSId1 x; SerialLog 9; Statsu", 10, CHECK_RANGE},
	    {"Backlog SSId1 x; SerialLog 9; Statsu 0", 37, CHECK_UNKNOWN},
	    {"Backlog SSId1 x; SerialLog 9; Statsu 0", 25, CHECK_RANGE},
	    {"SSId1 x", 7, CHECK_RESTART},
	    {"SSId3 \xc3\xbc", 2, CHECK_NOT_ASCII},
	};
	struct check_warning w[CHECK_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check_line in = {
		    cases[i].line, strlen(cases[i].line), cases[i].cursor, 0x08050000};

		assert_int_equal(
		    check_choose(&in, w, check_line(&in, w, CHECK_MAX))->kind, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(check_line__is_quiet__where_all_is_well),
	    cmocka_unit_test(check_line__says__what_is_said_before_sending),
	    cmocka_unit_test(check_line__names__unknown_commands),
	    cmocka_unit_test(check_line__names__indexes_and_ranges),
	    cmocka_unit_test(check_line__tells__of_a_restart_once),
	    cmocka_unit_test(check_line__warns__of_the_value_1),
	    cmocka_unit_test(check_line__tells__what_clears),
	    cmocka_unit_test(check_line__warns__of_bytes_it_does_not_take),
	    cmocka_unit_test(check_line__warns__of_semicolons_and_blanks),
	    cmocka_unit_test(check_line__warns__of_lengths),
	    cmocka_unit_test(check_line__warns__of_what_a_backlog_does_not_do),
	    cmocka_unit_test(check_line__warns__of_a_console_that_goes),
	    cmocka_unit_test(check_line__repeats__no_value),
	    cmocka_unit_test(check_line__bounds__any_bytes),
	    cmocka_unit_test(check_choose__takes__mistakes_first_then_the_command_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Tasmota's console answers: which lines are answers, whose they are, and what they say. */
#include "tasmite/core/tasmota/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void reads(const char *line, enum answer_kind kind, const char *text)
{
	struct answer a;

	answer_read(line, strlen(line), &a);
	if (a.kind != kind || a.n != strlen(text) || (a.n && memcmp(a.text, text, a.n) != 0))
		fail_msg("'%s' is %d: '%.*s'", line, (int)a.kind, (int)a.n, a.n ? a.text : "");
}

static void answer_read__finds__echoes_and_results(void **state)
{
	(void)state;
	reads("00:00:16 CMD: status 0", ANSWER_ECHO, "status 0");
	reads("CMD: status 0\r", ANSWER_ECHO, "status 0");
	reads("CMD: ", ANSWER_ECHO, "");
	reads("12:00:00 00:00:16 CMD: Mem1  a ", ANSWER_ECHO, "Mem1  a ");
	reads("xCMD: status 0", ANSWER_NONE, "");
	reads("00:00:16 WIF: Connected", ANSWER_NONE, "");
	reads("", ANSWER_NONE, "");
	reads("00:01:02 CMD: Serial buffer overrun", ANSWER_OVERRUN, "");
	/* Level 3 tells of the command under the same tag. */
	reads("CMD: Grp 0, Cmd 'WIFICONFIG', Idx 1", ANSWER_NONE, "");
	reads("CMD: Group 0, Index 1, Command SSID", ANSWER_NONE, "");
	reads("CMD: Using USB CDC", ANSWER_NONE, "");
	reads("CMD: Fall back to serial port", ANSWER_NONE, "");
	reads("RSL: stat/s/RESULT = {\"Mem1\":\"a\"}", ANSWER_JSON, "{\"Mem1\":\"a\"}");
	reads("MQT: stat/s/RESULT = {\"Mem1\":\"a\"} (retained)", ANSWER_JSON, "{\"Mem1\":\"a\"}");
	reads("RSL: RESULT = {\"Mem1\":\"a\"}", ANSWER_JSON, "{\"Mem1\":\"a\"}");
	reads("RSL: stat/s/STATUS5 = {\"StatusNET\":{}}", ANSWER_STATUS, "{\"StatusNET\":{}}");
	reads("RSL: stat/s/POWER = ON", ANSWER_NONE, "");
	reads("RSL: stat/s/RESULT =", ANSWER_NONE, "");
}

static void answer_read__passes_over__telemetry(void **state)
{
	static const char *const topics[] = {"STATE", "SENSOR", "INFO1", "LWT", "UPGRADE"};
	char line[100];

	(void)state;
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		snprintf(line, sizeof(line), "MQT: tele/s/%s = {\"Mem1\":\"a\"}", topics[i]);
		reads(line, ANSWER_NONE, "");
	}
	reads("MQT: tele/s/SENSORS = {\"Mem1\":\"a\"}", ANSWER_JSON, "{\"Mem1\":\"a\"}");
}

/* A tag that stands far behind garbage is none. */
static void answer_read__looks__only_so_far(void **state)
{
	char line[300];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line + 100, " CMD: Mem1 a", 13);
	reads(line, ANSWER_ECHO, "Mem1 a");
	memset(line, 'x', sizeof(line));
	memcpy(line + 200, " CMD: Mem1 a", 13);
	reads(line, ANSWER_NONE, "");
}

static struct answer json_of(const char *json, char *line, size_t size)
{
	struct answer a;

	snprintf(line, size, "RSL: stat/s/RESULT = %s", json);
	answer_read(line, strlen(line), &a);
	assert_int_equal(a.kind, ANSWER_JSON);
	return a;
}

static void answer_refusal__knows__unknown_and_error(void **state)
{
	static const struct {
		const char *json;
		enum backlog_state want;
	} cases[] = {
	    {"{\"Command\":\"Unknown\"}", BACKLOG_UNKNOWN},
	    {"{\"Command\":\"Unknown\",\"Input\":\"X 1\"}", BACKLOG_UNKNOWN},
	    {"{\"Command\":\"Error\"}", BACKLOG_ERROR},
	    {"{\"Command\":\"Other\"}", BACKLOG_ANSWERED},
	    {"{\"Mem1\":\"Unknown\"}", BACKLOG_ANSWERED},
	};
	struct answer a = {.kind = ANSWER_STATUS, .text = "{\"Command\":\"Error\"}", .n = 19};
	char line[200];

	(void)state;
	assert_int_equal(answer_refusal(&a), BACKLOG_ANSWERED);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = json_of(cases[i].json, line, sizeof(line));
		assert_int_equal(answer_refusal(&a), cases[i].want);
	}
}

struct judged {
	const char *command, *json;
	int state; /* enum backlog_state; -1: of another command */
	const char *stored;
};

static void judges(const struct judged *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum backlog_state state = BACKLOG_QUEUED;
		char line[400], stored[100];
		struct answer a = json_of(c[i].json, line, sizeof(line));
		bool mine = answer_judge(&a, c[i].command, &state, stored, sizeof(stored));

		if ((mine ? (int)state : -1) != c[i].state || strcmp(stored, c[i].stored) != 0)
			fail_msg("%s, %s: %d '%s'", c[i].command, c[i].json, mine ? (int)state : -1,
			    stored);
	}
}

static void answer_judge__knows__whose_answer_it_is(void **state)
{
	static const struct judged cases[] = {
	    {"SSId1 home", "{\"SSId1\":\"home\"}", BACKLOG_STORED, ""},
	    {"ssid home", "{\"SSId1\":\"home\"}", BACKLOG_STORED, ""},
	    {"SSId2 home", "{\"SSId1\":\"home\"}", -1, ""},
	    {"SSId1 home", "{\"SSId\":\"home\"}", BACKLOG_STORED, ""},
	    {"SSId2 home", "{\"SSId\":\"home\"}", -1, ""},
	    {"Mem1 a", "{\"Mem1x\":\"a\"}", -1, ""},
	    {"Mem1 a", "{\"Mem999999999999\":\"a\"}", -1, ""},
	    {"Password3 abcdef", "{\"Password1\":\"abcdef\"}", BACKLOG_STORED, ""},
	    {"Password4 abcdef", "{\"Password1\":\"abcdef\"}", -1, ""},
	    {"Power1 on", "{\"POWER\":\"ON\"}", BACKLOG_STORED, ""},
	    {"SO19 1", "{\"SetOption19\":\"ON\"}", BACKLOG_STORED, ""},
	    {"SO19 1", "{\"SetOption20\":\"ON\"}", -1, ""},
	    {"Template {\"NAME\":\"x\"}", "{\"NAME\":\"x\",\"GPIO\":[1]}", BACKLOG_ANSWERED, ""},
	    {"Dimmer 40", "{\"POWER\":\"ON\",\"Dimmer\":40}", BACKLOG_STORED, ""},
	    {"Dimmer 40", "{\"A\":{\"Dimmer\":40}}", -1, ""}, /* of another object */
	    {"Dimmer 40", "{\"A\":\"x\\\"Dimmer\",\"Dimmer\":40}", BACKLOG_STORED, ""},
	    {"Dimmer 40", "{\"A\":[1,2],\"Dimmer\" : 40}", BACKLOG_STORED, ""},
	    {"Dimmer 40", "{\"Dimmer\"40}", -1, ""},
	    {"Dimmer 40", "{\"Dimmer\"", -1, ""},
	    {"Dimmer 40", "{}", -1, ""},
	    {"Dimmer 40", "{", -1, ""},
	};

	(void)state;
	judges(cases, sizeof(cases) / sizeof(cases[0]));
}

static void answer_judge__compares__texts(void **state)
{
	static const struct judged cases[] = {
	    {"Mem1 a b", "{\"Mem1\":\"a b\"}", BACKLOG_STORED, ""},
	    {"Mem1 a b", "{\"Mem1\":\"a c\"}", BACKLOG_DIFFERENT, "a c"},
	    {"Mem1", "{\"Mem1\":\"a c\"}", BACKLOG_STORED, ""}, /* a question */
	    {"Mem1 ?", "{\"Mem1\":\"a c\"}", BACKLOG_STORED, ""},
	    /* Quotes and backslashes: as they are, or as JSON writes them. */
	    {"Mem1 a\"b", "{\"Mem1\":\"a\"b\"}", BACKLOG_STORED, ""},
	    {"Mem1 a\"b", "{\"Mem1\":\"a\\\"b\"}", BACKLOG_STORED, ""},
	    {"Mem1 a\\b", "{\"Mem1\":\"a\\\\b\"}", BACKLOG_STORED, ""},
	    {"Mem1 a/b", "{\"Mem1\":\"a\\/b\"}", BACKLOG_STORED, ""},
	    {"Mem1 a\\nb", "{\"Mem1\":\"a\\nb\"}", BACKLOG_STORED, ""},
	    {"Mem1 anb", "{\"Mem1\":\"a\\nb\"}", BACKLOG_DIFFERENT, "a\\nb"},
	    {"Mem1 abc", "{\"Mem1\":\"ab\"}", BACKLOG_DIFFERENT, "ab"},
	    {"Mem1 ab", "{\"Mem1\":\"abc\"}", BACKLOG_DIFFERENT, "abc"},
	    {"Mem1 1", "{\"Mem1\":1}", BACKLOG_ANSWERED, ""},
	    /* "0" and a quote sign clear. */
	    {"SSId1 0", "{\"SSId1\":\"\"}", BACKLOG_STORED, ""},
	    {"SSId1 \"", "{\"SSId1\":\"\"}", BACKLOG_STORED, ""},
	    {"SSId1 x", "{\"SSId1\":\"\"}", BACKLOG_DIFFERENT, ""},
	    /* The later forms of a secret never show what they keep. */
	    {"Password3 abcdef", "{\"Password3\":\"****\"}", BACKLOG_ANSWERED, ""},
	    {"MqttPassword2 abcdef", "{\"MqttPassword2\":\"****\"}", BACKLOG_ANSWERED, ""},
	    {"Password1 abcdef", "{\"Password1\":\"****\"}", BACKLOG_DIFFERENT, "****"},
	    {"Password3 abcdef", "{\"Password3\":\"***\"}", BACKLOG_DIFFERENT, "***"},
	    /* A value that looks like more members. */
	    {"Mem1 x\",\"Mem2\":\"y", "{\"Mem1\":\"x\",\"Mem2\":\"y\"}", BACKLOG_STORED, ""},
	};

	(void)state;
	judges(cases, sizeof(cases) / sizeof(cases[0]));
}

static void answer_judge__compares__numbers(void **state)
{
	static const struct judged cases[] = {
	    {"TelePeriod 60", "{\"TelePeriod\":60}", BACKLOG_STORED, ""},
	    {"TelePeriod 60", "{\"TelePeriod\":\"60\"}", BACKLOG_STORED, ""},
	    {"TelePeriod 60", "{\"TelePeriod\":300}", BACKLOG_DIFFERENT, "300"},
	    {"TelePeriod +60", "{\"TelePeriod\":60}", BACKLOG_STORED, ""},
	    {"SerialLog 2", "{\"SerialLog\":\"2 (Active 2)\"}", BACKLOG_STORED, ""},
	    {"SerialLog 2", "{\"SerialLog\":{\"2\":{\"Active\":\"2\"}}}", BACKLOG_STORED, ""},
	    {"SerialLog 2", "{\"SerialLog\":{\"0\":{\"Active\":\"0\"}}}", BACKLOG_DIFFERENT,
		"{\"0\":{\"Active\":\"0\"}}"},
	    {"Power1 off", "{\"POWER1\":\"ON\"}", BACKLOG_DIFFERENT, "ON"},
	    {"Power1 1", "{\"POWER1\":\"ON\"}", BACKLOG_STORED, ""},
	    {"Power1 true", "{\"POWER1\":\"ON\"}", BACKLOG_STORED, ""},
	    {"Power1 false", "{\"POWER1\":\"OFF\"}", BACKLOG_STORED, ""},
	    {"Altitude -5", "{\"Altitude\":-5}", BACKLOG_STORED, ""},
	    {"Altitude 5", "{\"Altitude\":-5}", BACKLOG_DIFFERENT, "-5"},
	    {"TelePeriod 60", "{\"TelePeriod\":\"every minute\"}", BACKLOG_ANSWERED, ""},
	    {"TelePeriod 60", "{\"TelePeriod\":}", BACKLOG_ANSWERED, ""},
	    /* What is no number, or goes on from what is, can't be compared. */
	    {"TelePeriod 60s", "{\"TelePeriod\":60}", BACKLOG_ANSWERED, ""},
	    {"TelePeriod -", "{\"TelePeriod\":60}", BACKLOG_ANSWERED, ""},
	    {"Dimmer +", "{\"Dimmer\":60}", BACKLOG_ANSWERED, ""},
	    {"Power1 toggle", "{\"POWER1\":\"ON\"}", BACKLOG_ANSWERED, ""},
	};

	(void)state;
	judges(cases, sizeof(cases) / sizeof(cases[0]));
}

static void answer_judge__gives__a_status_to_its_command(void **state)
{
	struct answer a = {.kind = ANSWER_STATUS, .text = "{}", .n = 2},
		      echo = {.kind = ANSWER_ECHO, .text = "Mem1 a", .n = 6};
	enum backlog_state got = BACKLOG_QUEUED;
	char stored[10];

	(void)state;
	assert_true(answer_judge(&a, "Status 5", &got, stored, sizeof(stored)));
	assert_int_equal(got, BACKLOG_STORED);
	assert_false(answer_judge(&a, "Mem1 a", &got, stored, sizeof(stored)));
	assert_false(answer_judge(&echo, "Mem1 a", &got, stored, sizeof(stored)));
}

/* Cut anywhere, it is either no answer or one that can be read. */
static void answer__survives__every_cut(void **state)
{
	static const char *const lines[] = {
	    "00:00:09 RSL: stat/s/RESULT = {\"Mem1\":\"a\\\"b\",\"Power1\":{\"2\":[1,\"x\"]}}",
	    "00:00:09 RSL: stat/s/RESULT = {\"Mem1\":\"a\"} (retained)", "00:00:09 CMD: Mem1 a"};
	static const char *const commands[] = {"Mem1 a\"b", "Power1 on", "Status 0", ""};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t n = 0; n <= strlen(lines[i]); n++)
			for (size_t k = 0; k < 4; k++) {
				enum backlog_state got = BACKLOG_QUEUED;
				char stored[8];
				struct answer a;

				answer_read(lines[i], n, &a);
				(void)answer_refusal(&a);
				if (answer_judge(&a, commands[k], &got, stored, sizeof(stored)))
					assert_true(got != BACKLOG_QUEUED);
				assert_true(strlen(stored) < sizeof(stored));
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answer_read__finds__echoes_and_results),
	    cmocka_unit_test(answer_read__passes_over__telemetry),
	    cmocka_unit_test(answer_read__looks__only_so_far),
	    cmocka_unit_test(answer_refusal__knows__unknown_and_error),
	    cmocka_unit_test(answer_judge__knows__whose_answer_it_is),
	    cmocka_unit_test(answer_judge__compares__texts),
	    cmocka_unit_test(answer_judge__compares__numbers),
	    cmocka_unit_test(answer_judge__gives__a_status_to_its_command),
	    cmocka_unit_test(answer__survives__every_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

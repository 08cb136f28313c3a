/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands taken apart, put into lines, and the values that a firmware takes for something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/core/tasmota/backlog.h"

#define FW(x, y, z) BACKLOG_FW(x, y, z, 0)

static void fw__reads__versions(void **state)
{
	(void)state;
	assert_int_equal(backlog_fw("6.1.1"), FW(6, 1, 1));
	assert_int_equal(backlog_fw("14.2.0.4"), BACKLOG_FW(14, 2, 0, 4));
	assert_int_equal(backlog_fw("5.12.0a"), FW(5, 12, 0));
	assert_int_equal(backlog_fw(""), 0);
	assert_int_equal(backlog_fw("8"), 0);
	assert_int_equal(backlog_fw("sonoff"), 0);
	assert_int_equal(backlog_fw("99999999999.1.1"), FW(255, 1, 1));
}

static void name__is_taken_apart__with_path_and_index(void **state)
{
	struct backlog_name n;

	(void)state;
	backlog_name("cmnd/sonoff/_SSId2   my net ", &n);
	assert_true(backlog_is(&n, "ssid"));
	assert_int_equal(n.index, 2);
	assert_true(n.quiet);
	assert_string_equal(n.value, "my net ");
	backlog_name("Password", &n);
	assert_int_equal(n.index, -1);
	assert_string_equal(n.value, "");
	backlog_name("", &n);
	assert_int_equal(n.n, 0);
	backlog_name("Power99999999999999999999 1", &n);
	assert_true(n.index > 0);
}

static void parse__trims_and_drops__inner_backlogs(void **state)
{
	struct backlog b;
	long suspect;

	(void)state;
	backlog_init(&b);
	assert_true(backlog_parse(&b,
	    "  backlog   SSId1 home ;; Password1 a b ;Backlog Topic x; Rule1 on a#b do x endon;",
	    &suspect));
	assert_int_equal(b.count, 4);
	assert_string_equal(b.steps[0].text, "SSId1 home");
	assert_string_equal(b.steps[1].text, "Password1 a b");
	assert_string_equal(b.steps[2].text, "Topic x");
	assert_string_equal(b.steps[3].text, "Rule1 on a#b do x endon");
	assert_int_equal(suspect, -1);
	backlog_fini(&b);
}

static void parse__keeps_braces__together(void **state)
{
	struct backlog b;

	(void)state;
	backlog_init(&b);
	assert_true(backlog_parse(&b, "Backlog Template {\"NAME\":\"a;b\"};Module 0", NULL));
	assert_int_equal(b.count, 2);
	assert_string_equal(b.steps[0].text, "Template {\"NAME\":\"a;b\"}");
	backlog_fini(&b);
	/* A brace that never closes holds nothing. */
	assert_true(backlog_parse(&b, "Backlog Password1 a{b;Topic x", NULL));
	assert_int_equal(b.count, 2);
	backlog_fini(&b);
}

static void parse__suspects__the_rest_of_a_password(void **state)
{
	struct backlog b;
	long suspect;

	(void)state;
	backlog_init(&b);
	assert_true(backlog_parse(&b, "Backlog SSId1 home;Password1 a;b!;Topic x", &suspect));
	assert_int_equal(suspect, 1);
	backlog_join(&b, 1);
	assert_int_equal(b.count, 3);
	assert_string_equal(b.steps[1].text, "Password1 a;b!");
	assert_string_equal(b.steps[2].text, "Topic x");
	backlog_fini(&b);
	/* Up to what can be a command, with the blanks about each of its `;'. */
	assert_true(backlog_parse(&b, "Backlog Password1 abc; def;g!;Topic x", &suspect));
	backlog_join(&b, (size_t)suspect);
	assert_int_equal(b.count, 2);
	assert_string_equal(b.steps[0].text, "Password1 abc; def;g!");
	backlog_fini(&b);
	/* What can be a command is taken for one. */
	assert_true(backlog_parse(&b, "Backlog Password1 a;Power1;FooBar 3", &suspect));
	assert_int_equal(suspect, -1);
	backlog_fini(&b);
}

static void facts__tell__what_adds_each_time(void **state)
{
	static const struct {
		const char *text;
		bool once;
	} t[] = {{"Rule1 +on x do y endon", true}, {"Rule1 on x do y endon", false},
	    {"Counter1 +5", true}, {"Counter1 5", false}, {"Dimmer +", true}};
	struct backlog_name name;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		backlog_name(t[i].text, &name);
		if (!(backlog_facts(&name) & BACKLOG_ONCE) == t[i].once)
			fail_msg("%s", t[i].text);
	}
}

static void typed__tells__what_can_be_watched(void **state)
{
	(void)state;
	assert_true(backlog_typed("Backlog a;b"));
	assert_true(backlog_typed(" BACKLOG0 a"));
	assert_false(backlog_typed("Backlog"));
	assert_false(backlog_typed("Backlog ;"));
	assert_false(backlog_typed("Backlog2 a;b"));
	assert_false(backlog_typed("Backlogs a"));
	assert_false(backlog_typed("cmnd/x/backlog a;b"));
}

static void add(struct backlog *b, const char *text)
{
	assert_true(backlog_add(b, text, strlen(text), 0));
}

static void plan__puts_restarts_last__what_belongs_together_in_one(void **state)
{
	struct backlog b;

	(void)state;
	backlog_init(&b);
	add(&b, "Restart 1");
	add(&b, "Module 1");
	add(&b, "SSId1 home");
	add(&b, "TelePeriod 60");
	add(&b, "Password1 secret12");
	add(&b, "PowerOnState 1");
	add(&b, "MqttHost 10.0.0.1");
	backlog_plan(&b, FW(8, 5, 0), false);
	assert_int_equal(b.part_count, 3);
	assert_string_equal(b.parts[0].line, "TelePeriod 60");
	assert_false(b.parts[0].restarts);
	assert_string_equal(b.parts[1].line, "PowerOnState 1");
	assert_string_equal(b.parts[2].line,
	    "Backlog SSId1 home;Password1 secret12;MqttHost 10.0.0.1;Module 1;Restart 1");
	assert_true(b.parts[2].restarts);
	backlog_plan(&b, FW(8, 5, 0), true);
	assert_int_equal(b.part_count, 1);
	backlog_fini(&b);
}

static void plan__splits__at_29_and_at_the_buffer(void **state)
{
	struct backlog b;
	char text[80];
	size_t total = 0;

	(void)state;
	backlog_init(&b);
	for (int i = 0; i < 65; i++) {
		str_fmt(text, sizeof(text), "Mem%d %d", i % 5 + 1, i);
		add(&b, text);
	}
	backlog_plan(&b, FW(15, 2, 0), true);
	assert_int_equal(b.part_count, 3);
	assert_int_equal(b.parts[0].count, 29);
	assert_int_equal(b.parts[2].count, 65 - 58);
	backlog_fini(&b);
	for (int i = 0; i < 29; i++) {
		str_fmt(text, sizeof(text), "Mem%d 0123456789012345678901234567890123456789%d",
		    i % 5 + 1, i);
		add(&b, text);
	}
	for (int fw = 0; fw < 2; fw++) {
		size_t most = fw ? 790 : 512;

		backlog_plan(&b, fw ? FW(15, 2, 0) : FW(6, 1, 1), true);
		total = 0;
		for (size_t i = 0; i < b.part_count; i++) {
			assert_true(strlen(b.parts[i].line) <= most);
			total += b.parts[i].count;
		}
		assert_int_equal(total, 29);
		assert_int_equal(b.part_count, fw ? 2 : 3);
	}
	backlog_fini(&b);
}

static void plan__sends_alone__what_a_backlog_would_spoil(void **state)
{
	static const char *const alone[] = {"Password1 a;b", "SSId1 trailing ", "Reset 1",
	    "Backlog Power on;Power off", "Rule1 on a#b do backlog x;y endon", "Mem1 {open"};
	struct backlog b;

	(void)state;
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++) {
		bool found = false;

		backlog_init(&b);
		add(&b, "Mem2 x");
		add(&b, alone[i]);
		add(&b, "Topic y");
		backlog_plan(&b, FW(9, 5, 0), true);
		for (size_t k = 0; k < b.part_count; k++)
			found |= !strcmp(b.parts[k].line, alone[i]);
		assert_true(found);
		backlog_fini(&b);
	}
	/* In braces ';' stays from 9.4 on. */
	backlog_init(&b);
	add(&b, "Template {\"NAME\":\"a;b\"}");
	add(&b, "Module 0");
	backlog_plan(&b, FW(9, 4, 0), true);
	assert_int_equal(b.part_count, 1);
	backlog_plan(&b, FW(8, 5, 0), true);
	assert_int_equal(b.part_count, 2);
	backlog_fini(&b);
}

static void plan__keeps_waits__where_they_stand(void **state)
{
	struct backlog b;

	(void)state;
	backlog_init(&b);
	add(&b, "SSId1 a");
	add(&b, "Mem1 a");
	assert_true(backlog_add_wait(&b, "Connected", 9, 1000, 3));
	add(&b, "Mem2 b");
	assert_true(backlog_add_delay(&b, 500, 5));
	backlog_plan(&b, 0, false);
	assert_int_equal(b.part_count, 5);
	assert_string_equal(b.parts[0].line, "Mem1 a");
	assert_string_equal(b.parts[1].line, "SSId1 a");
	assert_int_equal(b.parts[2].kind, BACKLOG_WAIT);
	assert_string_equal(b.parts[3].line, "Mem2 b");
	assert_int_equal(b.parts[4].kind, BACKLOG_DELAY);
	backlog_fini(&b);
}

static void add__refuses__what_is_too_much(void **state)
{
	struct backlog b;
	char *big = malloc(BACKLOG_TEXT + 2);

	(void)state;
	assert_non_null(big);
	memset(big, 'x', BACKLOG_TEXT + 2);
	backlog_init(&b);
	assert_false(backlog_add(&b, big, BACKLOG_TEXT + 1, 0));
	assert_false(backlog_add(&b, "   ", 3, 0));
	assert_false(backlog_add(&b, "a\0b", 3, 0));
	for (int i = 0; i < BACKLOG_STEPS; i++)
		add(&b, "x");
	assert_false(backlog_add(&b, "x", 1, 0));
	backlog_fini(&b);
	free(big);
}

static bool trapped(const char *text, uint32_t fw)
{
	char why[160];
	bool is = backlog_trap(text, fw, why, sizeof(why));

	assert_true(!is || why[0]);
	return is;
}

static void trap__knows__the_values_of_each_version(void **state)
{
	static const struct {
		const char *text;
		bool old, mid, late; /* 6.1.1, 8.5, 15.2 */
	} t[] = {{"Password1 1", 1, 1, 1}, {"Password1 1abcdef", 1, 0, 0},
	    {"SSId1 1 Balazs", 1, 0, 0}, {"SSId1 65537", 1, 0, 0}, {"SSId1 65538", 0, 0, 0},
	    {"SSId1 +1", 1, 0, 0}, {"SSId1 -65535x", 1, 0, 0}, {"SSId1 on", 1, 0, 0},
	    {"SSId1 Fahrenheit", 1, 0, 0}, {"SSId1 online", 0, 0, 0}, {"MqttHost 0", 1, 1, 1},
	    {"SSId1 0", 0, 1, 1}, {"Topic \"", 0, 1, 1}, {"Password1 abcd", 0, 1, 1},
	    {"Password1 abcde", 0, 0, 0}, {"SSId1 123456789012345678901234567890123", 1, 1, 1},
	    {"Hostname a%b", 1, 1, 1}, {"Topic a b", 1, 1, 1}, {"Topic a/b", 1, 1, 1},
	    {"Password1 pa;ss %\\\"'w", 0, 0, 0}, {"SSId1 K\xC3\xBC", 1, 1, 1},
	    {"SSId1 a\tb", 1, 1, 1}, {"TelePeriod 1", 0, 0, 0}, {"Power 1", 0, 0, 0},
	    {"SSId1 trailing ", 0, 0, 0}, {"SSId1", 0, 0, 0}, {"SSId1 ?", 0, 0, 0},
	    {"Var1 1", 0, 0, 0}, {"StateText1 1", 0, 0, 0},
	    {"SSId1 abcdefghijklmnopqrstuvwxyzabcdef", 0, 0, 0},
	    {"MqttUser abcdefghijklmnopqrstuvwxyzabcdef", 0, 0, 0},
	    {"MqttUser abcdefghijklmnopqrstuvwxyzabcdefg", 1, 0, 0},
	    {"Topic abcdefghijklmnopqrstuvwxyzabcdefg", 1, 0, 0},
	    {"Hostname abcdefghijklmnopqrstuvwxyzabcdefg", 1, 0, 0},
	    {"WebPassword abcdefghijklmnopqrstuvwxyzabcdefg", 1, 0, 0},
	    {"FriendlyName1 abcdefghijklmnopqrstuvwxyzabcdefg", 0, 0, 0},
	    {"Password1 abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl", 0, 0, 0},
	    {"Password1 abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklm", 1, 1,
		1}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (trapped(t[i].text, FW(6, 1, 1)) != t[i].old ||
		    trapped(t[i].text, FW(8, 5, 0)) != t[i].mid ||
		    trapped(t[i].text, FW(15, 2, 0)) != t[i].late ||
		    trapped(t[i].text, 0) != (t[i].old || t[i].mid || t[i].late))
			fail_msg("%s", t[i].text);
	}
}

static void trap__knows__the_consoles_buffer(void **state)
{
	char text[900];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "Rule1 ", 6);
	text[512] = '\0';
	assert_false(trapped(text, FW(8, 5, 0)));
	text[512] = 'x';
	text[513] = '\0';
	assert_true(trapped(text, FW(8, 5, 0)));
	assert_true(trapped(text, 0));
	assert_false(trapped(text, FW(12, 2, 0)));
	text[513] = 'x';
	text[791] = '\0';
	assert_true(trapped(text, FW(12, 2, 0)));
}

static void facts__tell__what_restarts(void **state)
{
	static const struct {
		const char *text;
		unsigned facts;
	} t[] = {{"Topic x", BACKLOG_RESTARTS | BACKLOG_TEXTUAL | BACKLOG_KNOWN},
	    {"Topic", BACKLOG_TEXTUAL | BACKLOG_KNOWN},
	    {"Topic ?", BACKLOG_TEXTUAL | BACKLOG_KNOWN},
	    {"Mem5 x", BACKLOG_TEXTUAL | BACKLOG_KNOWN},
	    {"Module 1", BACKLOG_RESTARTS | BACKLOG_KNOWN},
	    {"Restart 1", BACKLOG_RESTARTS | BACKLOG_ONCE | BACKLOG_KNOWN},
	    {"Power1 2", BACKLOG_ONCE | BACKLOG_KNOWN}, {"Power1 1", BACKLOG_KNOWN},
	    {"LedPower 2", BACKLOG_ONCE | BACKLOG_KNOWN}, {"Dimmer 2", BACKLOG_KNOWN},
	    {"Power1 TOGGLE", BACKLOG_ONCE | BACKLOG_KNOWN},
	    {"Dimmer -", BACKLOG_ONCE | BACKLOG_KNOWN},
	    {"Counter1 -5", BACKLOG_ONCE | BACKLOG_KNOWN}, {"Nosuch 1", 0}};
	struct backlog_name name;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		backlog_name(t[i].text, &name);
		if (backlog_facts(&name) != t[i].facts)
			fail_msg("%s: %u", t[i].text, backlog_facts(&name));
	}
}

static void state__has__a_text(void **state)
{
	(void)state;
	assert_string_equal(backlog_state_text(BACKLOG_QUEUED), "not sent");
	assert_string_equal(
	    backlog_state_text(BACKLOG_UNSURE), "answered, but perhaps not saved yet");
	for (int i = 0; i < BACKLOG_STATES; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(backlog_state_text((enum backlog_state)i),
			    backlog_state_text((enum backlog_state)k));
}

static void parse__takes__a_line_that_is_no_backlog(void **state)
{
	struct backlog b;
	long suspect = 5;

	(void)state;
	backlog_init(&b);
	assert_true(backlog_parse(&b, "Password1 a;b", &suspect));
	assert_int_equal(b.count, 1);
	assert_string_equal(b.steps[0].text, "Password1 a;b");
	assert_int_equal(suspect, -1);
	backlog_fini(&b);
	/* One piece may be too long, and then all is refused. */
	{
		static char line[BACKLOG_TEXT + 40] = "Backlog1 Mem1 a;Mem2 ";

		memset(line + strlen(line), 'x', BACKLOG_TEXT);
		assert_false(backlog_parse(&b, line, NULL));
		backlog_fini(&b);
	}
}

static void plan__leaves_out__what_is_done(void **state)
{
	struct backlog b;

	(void)state;
	backlog_init(&b);
	add(&b, "Mem1 a");
	assert_true(backlog_add_wait(&b, "up", 2, 1000, 0));
	add(&b, "Upgrade 1");
	add(&b, "Template {\"NAME\":\"x\"}");
	b.steps[0].state = BACKLOG_STORED;
	b.steps[1].state = BACKLOG_STORED;
	backlog_plan(&b, FW(9, 5, 0), false);
	assert_int_equal(b.part_count, 1);
	assert_string_equal(b.parts[0].line, "Backlog Template {\"NAME\":\"x\"};Upgrade 1");
	backlog_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fw__reads__versions),
	    cmocka_unit_test(name__is_taken_apart__with_path_and_index),
	    cmocka_unit_test(parse__trims_and_drops__inner_backlogs),
	    cmocka_unit_test(parse__keeps_braces__together),
	    cmocka_unit_test(parse__suspects__the_rest_of_a_password),
	    cmocka_unit_test(facts__tell__what_adds_each_time),
	    cmocka_unit_test(typed__tells__what_can_be_watched),
	    cmocka_unit_test(plan__puts_restarts_last__what_belongs_together_in_one),
	    cmocka_unit_test(plan__splits__at_29_and_at_the_buffer),
	    cmocka_unit_test(plan__sends_alone__what_a_backlog_would_spoil),
	    cmocka_unit_test(plan__keeps_waits__where_they_stand),
	    cmocka_unit_test(add__refuses__what_is_too_much),
	    cmocka_unit_test(trap__knows__the_values_of_each_version),
	    cmocka_unit_test(trap__knows__the_consoles_buffer),
	    cmocka_unit_test(facts__tell__what_restarts),
	    cmocka_unit_test(state__has__a_text),
	    cmocka_unit_test(parse__takes__a_line_that_is_no_backlog),
	    cmocka_unit_test(plan__leaves_out__what_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

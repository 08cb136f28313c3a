/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The set-up's form: filled from Status 0 of the virtual device, its commands, its checks. */
#include "test_sim_app_rig.h"

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/setup.h"

static void feed(struct setup *s, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		setup_status(s, text, n);
		text += n + (text[n] == '\n');
	}
}

static void put(struct setup *s, enum setup_field f, const char *value)
{
	str_copy(s->want[f], SETUP_SIZE, value);
}

static void status__fills__what_the_device_has(void **state)
{
	static const struct {
		const char *build;
		bool named;
	} builds[] = {{"6.1.1-full", false}, {"8.5.0-full", true}, {"15.2.0-full", true}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct rig *r = rig_started(builds[i].build, NULL, 3);
		struct setup s = {.known = false};
		struct backlog b;

		rig_say(r, "Backlog SSId1 my net;SSId2 a,b;MqttHost 10.0.0.1;MqttPort 8883;"
			   "MqttUser some body;Topic lamp;Timezone 2");
		rig_run(r, 8);
		rig_say(
		    r, builds[i].named ? "DeviceName Kitchen lamp" : "FriendlyName1 Kitchen lamp");
		rig_clear(r);
		rig_say(r, "Status 0");
		rig_run(r, 2);
		feed(&s, r->out);
		assert_true(s.known);
		assert_int_equal(s.named, builds[i].named);
		assert_string_equal(s.now[SETUP_SSID1], "my net");
		assert_string_equal(s.now[SETUP_SSID2], "a,b");
		assert_string_equal(s.now[SETUP_HOST], "10.0.0.1");
		assert_string_equal(s.now[SETUP_PORT], "8883");
		assert_string_equal(s.now[SETUP_USER], "some body");
		assert_string_equal(s.now[SETUP_TOPIC], "lamp");
		assert_string_equal(s.now[SETUP_NAME], "Kitchen lamp");
		assert_string_equal(s.now[SETUP_MODULE], "1");
		assert_string_equal(s.now[SETUP_ZONE], "2");
		assert_string_equal(s.now[SETUP_KEY1], "");
		/* Nothing changed: nothing is sent. */
		setup_start(&s);
		backlog_init(&b);
		assert_int_equal(setup_backlog(&s, false, &b), 0);
		put(&s, SETUP_KEY1, "pass;word");
		put(&s, SETUP_SSID2, "");
		put(&s, SETUP_NAME, "Other");
		s.fw = BACKLOG_FW(8, 5, 0, 0);
		assert_int_equal(setup_backlog(&s, false, &b), 3);
		assert_string_equal(b.steps[0].text, "Password1 pass;word");
		assert_string_equal(b.steps[1].text, "SSId2 \"");
		assert_string_equal(
		    b.steps[2].text, builds[i].named ? "DeviceName Other" : "FriendlyName1 Other");
		backlog_fini(&b);
		rig_free(r);
	}
}

static void trap__tells__what_can_not_be_set(void **state)
{
	static const struct {
		enum setup_field f;
		const char *value;
		bool old, late; /* 6.1.1, 15.2 */
	} t[] = {{SETUP_SSID1, " lead", 1, 1}, {SETUP_SSID1, "trail ", 0, 0},
	    {SETUP_SSID1, "K\xC3\xBC", 1, 1}, {SETUP_KEY1, "1abcdefg", 1, 0},
	    {SETUP_KEY1, "abc", 0, 1}, {SETUP_KEY1, "a;b \"c\" %s\\", 0, 0},
	    {SETUP_KEY1, "?", 1, 1}, {SETUP_PORT, "0", 1, 1}, {SETUP_PORT, "65536", 1, 1},
	    {SETUP_PORT, "1884", 0, 0}, {SETUP_PORT, "1", 1, 1}, {SETUP_MODULE, "x", 1, 1},
	    {SETUP_MODULE, "18", 0, 0}, {SETUP_ZONE, "15", 1, 1}, {SETUP_ZONE, "-3", 0, 0},
	    {SETUP_ZONE, "+05:30", 1, 0}, {SETUP_ZONE, "99", 0, 0}, {SETUP_ZONE, "Berlin", 1, 1},
	    {SETUP_TOPIC, "a b", 1, 1}, {SETUP_TEMPLATE, "{\"NAME\":\"x\"", 1, 1},
	    {SETUP_HOST, "1", 1, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (int late = 0; late < 2; late++) {
			struct setup s = {
			    .fw = late ? BACKLOG_FW(15, 2, 0, 0) : BACKLOG_FW(6, 1, 1, 0)};
			char why[160];

			put(&s, t[i].f, t[i].value);
			if (setup_trap(&s, t[i].f, why, sizeof(why)) !=
				(late ? t[i].late : t[i].old) ||
			    ((late ? t[i].late : t[i].old) && !why[0]))
				fail_msg("%s on %s: %s", t[i].value, late ? "15.2" : "6.1.1", why);
		}
}

/* What can't be emptied is not sent as something else. */
static void empty__is_told__where_it_can_not_be(void **state)
{
	struct setup s = {.fw = BACKLOG_FW(6, 1, 1, 0)};
	struct backlog b;
	char why[160];

	(void)state;
	str_copy(s.now[SETUP_SSID2], SETUP_SIZE, "guest");
	str_copy(s.now[SETUP_HOST], SETUP_SIZE, "broker");
	assert_true(setup_trap(&s, SETUP_SSID2, why, sizeof(why)));
	assert_false(setup_trap(&s, SETUP_HOST, why, sizeof(why)));
	backlog_init(&b);
	assert_int_equal(setup_backlog(&s, false, &b), 1);
	assert_string_equal(b.steps[0].text, "MqttHost 0");
	backlog_fini(&b);
}

static void template__is_checked(void **state)
{
	static const char good[] = "{\"NAME\":\"a;b\",\"GPIO\":[17,0,0,0,0,0,0,0,21,56,0,0,0],"
				   "\"FLAG\":0,\"BASE\":18}";
	static const char *const bad[] = {"", "NAME", "{", "{}",
	    "{\"NAME\":\"x\",\"GPIO\":[1],\"BASE\":1}",
	    "{\"NAME\":\"x\",\"GPIO\":[1,2,3,4,5,6,7,8,9,0,1,2,3],\"BASE\":1} x",
	    "{\"NAME\":\"x\",\"GPIO\":[1,2,3,4,5,6,7,8,9,0,1,2,],\"BASE\":1}",
	    "{\"NAME\":\"x\",\"GPIO\":\"no\",\"BASE\":1}", "{\"NAME\":\"x\\", "{{{{{{{{{{{{",
	    "[[[[[[[[[[[[[[[[", "{\"GPIO\":[1,2,3,4,5,6,7,8,9,0,1,2,3],\"BASE\":1}"};
	char why[100];

	(void)state;
	assert_true(setup_template_ok(good, why, sizeof(why)));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (setup_template_ok(bad[i], why, sizeof(why)) || !why[0])
			fail_msg("%s", bad[i]);
}

static void find__knows__both_names(void **state)
{
	(void)state;
	assert_int_equal(setup_find("ssid1"), SETUP_SSID1);
	assert_int_equal(setup_find("DeviceName"), SETUP_NAME);
	assert_int_equal(setup_find("FriendlyName1"), SETUP_NAME);
	assert_int_equal(setup_find("nothing"), SETUP_FIELDS);
}

static void status__takes__whatever_comes(void **state)
{
	static const char *const hostile[] = {"RSL: stat/x/STATUS5 = {\"SSId\":[\"",
	    "RSL: STATUS3 = {\"SSId\":", "RSL: STATUS3 = {\"SSId\":[\"a\\",
	    "RSL: STATUS7 = {\"Timezone\":\"+\"}", "RSL: STATUS7 = {\"Timezone\":\"+xx:00\"}",
	    "RSL: STATUS = {\"FriendlyName\":[]}", "STATUS"};

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		struct setup s = {.known = false};

		setup_status(&s, hostile[i], strlen(hostile[i]));
		setup_start(&s);
	}
}

static void template_says(const char *json, const char *words)
{
	char why[100] = "";

	assert_false(setup_template_ok(json, why, sizeof(why)));
	assert_string_equal(why, words);
}

static void template__tells__what_is_wrong(void **state)
{
	static const char *const good[] = {
	    "{ \"name\" : \"x\\\"y\" , \"gpio\" : [1,2,3,4,5,6,7,8,9,10,11,12,13] , \"base\":1}",
	    "{\"NAME\":true,\"GPIO\":[1,2,3,4,5,6,7,8,9,10,11,12,13],\"BASE\":false,\"CMND\":{}}",
	    "{\"A\":[],\"NAME\":\"\",\"GPIO\":[1,2,3,4,5,6,7,8,9,10,11,12,13],\"BASE\":-1.5e3}"};
	char why[100] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!setup_template_ok(good[i], why, sizeof(why)))
			fail_msg("%s: %s", good[i], why);
	template_says("", "a template is JSON in braces: {\"NAME\":...}");
	template_says("{\"NAME\":\"x\"}", "a template has NAME, GPIO and BASE (and FLAG)");
	template_says(
	    "{\"NAME\":1,\"GPIO\":[1,2]}", "a template has NAME, GPIO and BASE (and FLAG)");
	template_says("{\"NAME\":1,\"GPIO\":[1,2],\"BASE\":1}",
	    "its GPIO list has 2 numbers: 13 or 14 (ESP32: 22 and more)");
	template_says("{\"NAME\":1,\"GPIO\":7,\"BASE\":1}",
	    "its GPIO list has 0 numbers: 13 or 14 (ESP32: 22 and more)");
	/* Where it ends to be JSON. */
	template_says("{\"NAME\":nothing}", "no JSON from character 9 on");
	template_says("{NAME:1}", "no JSON from character 2 on");
	template_says("{\"NAME\" 1}", "no JSON from character 9 on");
	template_says("{\"NAME\":1;}", "no JSON from character 10 on");
	template_says("{\"NAME\":1", "no JSON from character 10 on");
	template_says("{\"NAME\":\"x", "no JSON from character 11 on");
	template_says("{\"NAME\":1} x", "no JSON from character 11 on");
	template_says("{\"A\":[[[[[[[[[1]]]]]]]]]}", "no JSON from character 13 on");
}

static void trap_says(struct setup *s, enum setup_field f, const char *value, const char *words)
{
	char why[160];

	put(s, f, value);
	assert_int_equal(setup_trap(s, f, why, sizeof(why)), *words != '\0');
	if (*words && !strstr(why, words))
		fail_msg("'%s': '%s' is not in '%s'", value, words, why);
}

static void trap__tells__why(void **state)
{
	struct setup s = {.fw = 0};

	(void)state;
	str_copy(s.now[SETUP_TOPIC], SETUP_SIZE, "lamp");
	trap_says(&s, SETUP_TOPIC, "lamp", ""); /* as it is */
	trap_says(&s, SETUP_TOPIC, "", "this firmware can't empty it");
	trap_says(&s, SETUP_KEY1, "", ""); /* stays */
	trap_says(&s, SETUP_SSID1, " x", "skips blanks");
	trap_says(&s, SETUP_SSID1, "?", "a ? alone only asks");
	trap_says(&s, SETUP_PORT, "x", "a port is a number from 1 to 65535");
	trap_says(&s, SETUP_PORT, "1000000", "a port is a number from 1 to 65535");
	trap_says(&s, SETUP_PORT, "1", "the firmware's default");
	trap_says(&s, SETUP_MODULE, "256", "a module is a number");
	trap_says(&s, SETUP_MODULE, "1x", "a module is a number");
	trap_says(&s, SETUP_ZONE, "123", "a time zone is");
	trap_says(&s, SETUP_ZONE, "5:3", "a time zone is");
	trap_says(&s, SETUP_ZONE, "5:3x", "a time zone is");
	trap_says(&s, SETUP_ZONE, "5.30", "a time zone is");
	trap_says(&s, SETUP_ZONE, "-14", "a time zone is");
	trap_says(&s, SETUP_ZONE, "-13", "");
	trap_says(&s, SETUP_ZONE, "14", "");
	trap_says(&s, SETUP_ZONE, "+5:30", "");
	s.fw = BACKLOG_FW(6, 3, 0, 0);
	trap_says(&s, SETUP_ZONE, "5:30", "minutes are taken from 6.4 on");
	trap_says(&s, SETUP_TEMPLATE,
	    "{\"NAME\":\"x\",\"GPIO\":[1,2,3,4,5,6,7,8,9,0,1,2,3],\"BASE\":1}",
	    "there are templates from 6.5 on");
	s.fw = BACKLOG_FW(6, 5, 0, 0);
	trap_says(&s, SETUP_ZONE, "5:30", "");
	trap_says(&s, SETUP_TEMPLATE,
	    "{\"NAME\":\"x\",\"GPIO\":[1,2,3,4,5,6,7,8,9,0,1,2,3],\"BASE\":1}", "");
}

static void status_is(const char *line, enum setup_field f, const char *want)
{
	struct setup s = {.known = false};

	assert_true(setup_status(&s, line, strlen(line)));
	assert_true(s.known);
	assert_string_equal(s.now[f], want);
}

static void status__tidies__names_and_zones(void **state)
{
	(void)state;
	status_is(
	    "RSL: stat/x/STATUS7 = {\"StatusTIM\":{\"Timezone\":\"+01:00\"}}", SETUP_ZONE, "1");
	status_is(
	    "RSL: stat/x/STATUS7 = {\"StatusTIM\":{\"Timezone\":\"-11:00\"}}", SETUP_ZONE, "-11");
	status_is(
	    "RSL: stat/x/STATUS7 = {\"StatusTIM\":{\"Timezone\":\"-00:00\"}}", SETUP_ZONE, "0");
	status_is("RSL: stat/x/STATUS7 = {\"StatusTIM\":{\"Timezone\":\"+05:30\"}}", SETUP_ZONE,
	    "+05:30");
	status_is("RSL: stat/x/STATUS7 = {\"StatusTIM\":{\"Timezone\":99}}", SETUP_ZONE, "99");
	status_is(
	    "RSL: stat/x/STATUS = {\"Status\":{\"FriendlyName\":\"Lamp\"}}", SETUP_NAME, "Lamp");
	status_is("RSL: stat/x/STATUS = {\"Status\":{\"FriendlyName\":[\"a\\\"b\",\"c\"]}}",
	    SETUP_NAME, "a\\\"b");
	/* Its own name is what it is called, wherever it stands. */
	status_is(
	    "RSL: stat/x/STATUS = {\"Status\":{\"DeviceName\":\"Own\",\"FriendlyName\":[\"x\"]"
	    "}}",
	    SETUP_NAME, "Own");
	status_is("RSL: stat/x/STATUS3 = {\"StatusLOG\":{\"SSId\":[\"one\"]}}", SETUP_SSID2, "");
}

static void backlog__sends_all__to_a_device_that_is_not_known(void **state)
{
	struct setup s = {.fw = 0};
	struct backlog b;

	(void)state;
	put(&s, SETUP_SSID1, "home");
	put(&s, SETUP_TOPIC, "lamp");
	str_copy(s.now[SETUP_TOPIC], SETUP_SIZE, "lamp");
	str_copy(s.now[SETUP_MODULE], SETUP_SIZE, "1");
	backlog_init(&b);
	assert_int_equal(setup_backlog(&s, true, &b), 2);
	assert_string_equal(b.steps[0].text, "SSId1 home");
	assert_string_equal(b.steps[1].text, "Topic lamp");
	backlog_fini(&b);
	/* What differs; a module can't be emptied. */
	backlog_init(&b);
	assert_int_equal(setup_backlog(&s, false, &b), 1);
	assert_string_equal(b.steps[0].text, "SSId1 home");
	backlog_fini(&b);
}

static void fields__have__their_words(void **state)
{
	(void)state;
	assert_string_equal(setup_label(SETUP_HOST), "MQTT host");
	assert_string_equal(setup_hint(SETUP_HOST), "name or address");
	for (int f = 0; f < SETUP_FIELDS; f++)
		assert_int_equal(setup_secret((enum setup_field)f),
		    f == SETUP_KEY1 || f == SETUP_KEY2 || f == SETUP_PASS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(status__fills__what_the_device_has),
	    cmocka_unit_test(trap__tells__what_can_not_be_set),
	    cmocka_unit_test(empty__is_told__where_it_can_not_be),
	    cmocka_unit_test(template__is_checked),
	    cmocka_unit_test(find__knows__both_names),
	    cmocka_unit_test(status__takes__whatever_comes),
	    cmocka_unit_test(template__tells__what_is_wrong),
	    cmocka_unit_test(trap__tells__why),
	    cmocka_unit_test(status__tidies__names_and_zones),
	    cmocka_unit_test(backlog__sends_all__to_a_device_that_is_not_known),
	    cmocka_unit_test(fields__have__their_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

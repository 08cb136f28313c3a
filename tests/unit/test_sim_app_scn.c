/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenarios: the grammar's errors, and what each shipped file makes the device say. The files are
 * read from the source tree; the programs of the tests run in its top folder.
 */
#include "test_sim_app_rig.h"

#include "../sim/tasmota_scn.h"

static char *file(const char *name)
{
	char path[120];
	char *text = calloc(1, 16384);

	assert_non_null(text);
	snprintf(path, sizeof(path), "tests/sim/scenarios/%s.scn", name);
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot open %s", path);
	assert_true(fread(text, 1, 16383, f) > 0);
	fclose(f);
	return text;
}

/* A device of this build in the shipped scenario, with a network stored and a log that stays. */
static struct rig *story(const char *build, const char *name)
{
	char *text = file(name);
	struct rig *r = rig_started(build, text, 1);

	free(text);
	rig_say(r, "Backlog SSId1 home;Password1 secret12;MqttHost 10.0.0.2");
	rig_run(r, 4);
	return r;
}

static void parse__names_the_line__of_each_mistake(void **state)
{
	static const struct {
		const char *text, *error;
	} t[] = {{"network\n", "line 1: the SSID is missing"},
	    {"# x\n\nfoo bar\n", "line 3: \"foo\" is no statement"},
	    {"network * result maybe", "line 1: \"maybe\" is no result"},
	    {"network \"a", "line 1: a quote is not closed"},
	    {"joins fail", "line 1: a result is missing"},
	    {"mqtt refused 99", "line 1: the MQTT result code must be a number from -5 to 8"},
	    {"mqtt ok too", "line 1: \"too\" is left over"},
	    {"when minimal joins ok", "line 1: the condition has no colon"},
	    {"when version 6.1.1: joins ok", "line 1: a comparison"},
	    {"when version > six: joins ok", "line 1: \"six\" is no version"},
	    {"when minimal:", "line 1: the statement is missing"},
	    {"at 3 exception 64", "line 1: the exception's number must be a number from 0 to 63"},
	    {"at soon watchdog", "line 1: \"soon\" is no time in seconds"},
	    {"watchdog times 0", "line 1: the number of times"},
	    {"upgrade never", "line 1: upgrade: forgets or normal"},
	    {"ip 1.2.3.400", "line 1: \"1.2.3.400\" is no address"},
	    {"network 123456789012345678901234567890123", "line 1: the SSID is longer than 32"}};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct scn s;
		char err[160] = "";
		assert_false(scn_parse(&s, t[i].text, err, sizeof(err)));
		if (strncmp(err, t[i].error, strlen(t[i].error)))
			fail_msg("\"%s\" gives \"%s\"", t[i].text, err);
		scn_free(&s);
	}
}

static void parse__bounds_its_message__short_buffer(void **state)
{
	struct scn s;
	char err[12] = "xxxxxxxxxxx";

	(void)state;
	assert_false(scn_parse(&s, "foo\n", err, 8));
	assert_string_equal(err, "line 1:");
	scn_free(&s);
}

static enum scn_result attempt(
    const char *text, const struct tas_build *b, unsigned boot, const char *ssid, const char *key)
{
	static struct scn_now now;
	struct scn s;
	char err[160];
	const struct scn_net *net;
	int64_t after;

	assert_true(scn_parse(&s, text, err, sizeof(err)));
	scn_resolve(&now, &s, b, boot);
	enum scn_result res = scn_attempt(&now, ssid, key, &net, &after);
	scn_free(&s);
	return res;
}

static void attempt__follows_names_keys_and_conditions(void **state)
{
	struct tas_build full = {
	    .tasmota = true, .version = TAS_V(6, 1, 1, 0), .variant = "full", .core = "2_3_0"};
	struct tas_build late = full;

	(void)state;
	late.version = TAS_V(6, 2, 1, 16);
	assert_int_equal(attempt("network a key k", &full, 1, "a", "k"), SCN_JOIN);
	assert_int_equal(attempt("network a key k", &full, 1, "a", "x"), SCN_WRONG_KEY);
	assert_int_equal(attempt("network a key k", &full, 1, "b", "k"), SCN_NOT_FOUND);
	assert_int_equal(attempt("network *", &full, 1, "", ""), SCN_NOT_FOUND);
	assert_int_equal(
	    attempt("network *\nnetwork \"b c\" result timeout", &full, 1, "b c", ""), SCN_TIMEOUT);
	static const char cond[] =
	    "network *\nwhen version >= 6.1.0 and <= 6.2.1.15 and core 2_3_0 "
	    "and not minimal: joins fail ap_not_found";
	assert_int_equal(attempt(cond, &full, 1, "a", ""), SCN_NOT_FOUND);
	assert_int_equal(attempt(cond, &late, 1, "a", ""), SCN_JOIN);
	snprintf(full.variant, sizeof(full.variant), "minimal");
	assert_int_equal(attempt(cond, &full, 1, "a", ""), SCN_JOIN);
	static const char boots[] = "network *\nwhen boot <= 2 : joins fail timeout";
	assert_int_equal(attempt(boots, &full, 2, "a", ""), SCN_TIMEOUT);
	assert_int_equal(attempt(boots, &full, 3, "a", ""), SCN_JOIN);
}

static void story__default__joins(void **state)
{
	struct rig *r = story("8.5.0-full", "default");

	(void)state;
	rig_run(r, 15);
	rig_expect(r, "WIF: Connected\r\n");
	rig_expect(r, "MQT: Connected\r\n");
	rig_power(r); /* the way back is remembered */
	rig_run(r, 3);
	rig_expect(
	    r, "WIF: Connecting to AP1 home Channel 6 BSSId 78:96:82:32:BE:D6 in mode 11N as ");
	rig_free(r);
}

/* Failures until the retry mode begins anew; no access point comes up. */
static void expect_failure(const char *name, const char *old, const char *new)
{
	struct rig *r = story("6.1.1-full", name);

	rig_run(r, 60);
	rig_expect(r, old);
	rig_expect(r, "WIF: WPSConfig active for 3 minutes\n");
	rig_expect_not(r, "WIF: Connected");
	rig_free(r);
	r = story("14.2.0-full", name);
	rig_clear(r);
	rig_run(r, 120);
	rig_expect(r, new);
	assert_true(rig_count(r, "WIF: Connecting to AP1 home") > 3);
	rig_expect_not(r, "192.168.4.1");
	rig_free(r);
}

static void story__failures__in_the_words_of_the_version(void **state)
{
	(void)state;
	expect_failure("ap-not-found", "WIF: Connect failed as AP cannot be reached\n",
	    "WIF: Connect failed as AP cannot be reached\r\n");
	expect_failure("timeout", "WIF: Connect failed with AP timeout\n",
	    "WIF: Connect failed with AP timeout\r\n");
	expect_failure("wrong-key", "WIF: Connect failed with AP incorrect password\n",
	    "WIF: Connect failed\r\n");
}

static void story__no_address__keeps_trying(void **state)
{
	struct rig *r = story("8.5.0-full", "no-address");

	(void)state;
	rig_run(r, 60);
	rig_expect(r, "WIF: Connect failed as no IP address received\r\n");
	rig_expect_not(r, "WIF: Connected");
	rig_free(r);
}

static void story__wrong_key__ends_with_the_right_one(void **state)
{
	struct rig *r = story("8.5.0-full", "wrong-key");

	(void)state;
	rig_say(r, "Backlog SSId1 HOME;Password1 correct-horse");
	rig_run(r, 15);
	rig_expect(r, "WIF: Connected\r\n");
	rig_free(r);
}

static void story__ap_mode__is_visited_and_ends_with_a_restart(void **state)
{
	char *text = file("ap-mode");
	struct rig *r = rig_started("14.2.0-full", text, 12);

	(void)state;
	free(text);
	rig_expect(r, "HTP: Web server active on tasmota-123456-5206 with IP address 192.168.4.1");
	rig_expect(r, "HTP: Redirected to captive portal\r\n");
	rig_run(r, 170);
	assert_int_equal(r->resets, 0); /* the visit began the 180 s anew */
	rig_run(r, 20);
	assert_int_equal(r->resets, 1);
	rig_free(r);
}

static void ask_for_access_point(struct rig *r, int presses)
{
	for (int i = 0; i < presses; i++) {
		sim_app_button(r->app, true, r->now);
		rig_run(r, 0.15);
		sim_app_button(r->app, false, r->now);
		rig_run(r, 0.15);
	}
	rig_run(r, 1);
}

static void story__2018__fails_with_the_full_build_only(void **state)
{
	struct rig *r = story("6.1.1-full", "story-2018");

	(void)state;
	unsigned before = r->resets;
	rig_run(r, 3); /* the first attempt is running */
	ask_for_access_point(r, 4);
	rig_expect(r, "{\"WifiConfig\":\"WifiManager selected\"}");
	rig_expect(r, "WIF: WifiManager active for 3 minutes\n");
	rig_run(r, 3);
	assert_int_equal(r->resets, before + 1); /* the access point was there for two seconds */
	rig_clear(r);
	rig_run(r, 40);
	assert_int_equal(rig_count(r, "WIF: Connect failed as AP cannot be reached"), 2);
	rig_expect(r, "WIF: WifiManager active for 3 minutes\n"); /* after both attempts */
	rig_free(r);
	r = story("6.1.1-classic", "story-2018");
	rig_run(r, 15);
	rig_expect(r, "WIF: Connected\n");
	rig_free(r);
}

static void story__2018__minimal_joins_with_the_settings_of_the_full_build(void **state)
{
	struct rig *r = story("6.1.1-full", "story-2018");
	struct tas_image_spec spec = {"6.1.1-minimal", 0, 3, 0x20};

	(void)state;
	rig_run(r, 2);
	assert_true(tas_image_make(&spec, r->flash) > 0);
	rig_power(r);
	rig_clear(r);
	rig_run(r, 15);
	rig_expect(r, "Version 6.1.1-minimal-2_3_0");
	rig_expect(r, "WIF: Connecting to AP1 home ");
	rig_expect(r, "WIF: Connected\n");
	rig_free(r);
}

static void button__counts_presses__by_version(void **state)
{
	struct rig *r = rig_started("8.5.0-full", "network *\n", 1);

	(void)state;
	rig_say(r, "SSId1 home");
	rig_run(r, 12);
	ask_for_access_point(r, 4);
	rig_expect_not(r, "\"WifiConfig\"");
	ask_for_access_point(r, 1);
	rig_expect(r, "{\"POWER\":\"ON\"}");
	ask_for_access_point(r, 6);
	rig_expect(r, "{\"WifiConfig\":{\"2\":\"WifiManager\"}}");
	rig_expect(r, "192.168.4.1");
	rig_free(r);
}

static void button__resets__held_for_40_seconds(void **state)
{
	struct rig *r = rig_started("6.1.1-full", NULL, 6);

	(void)state;
	sim_app_button(r->app, true, r->now);
	rig_run(r, 39);
	rig_expect_not(r, "\"Reset\"");
	rig_run(r, 2);
	rig_expect(r, "{\"Reset\":\"Reset and Restarting\"}");
	sim_app_button(r->app, false, r->now);
	rig_run(r, 4);
	rig_expect(r, "APP: Restarting\n");
	assert_int_equal(rig_count(r, "CFG: Use defaults"), 2);
	rig_free(r);
}

static void story__boot_loop__says_nothing(void **state)
{
	char *text = file("boot-loop");
	struct rig *r = rig_started("6.1.1-full", text, 5);

	(void)state;
	free(text);
	assert_in_range(r->resets, 20, 40);
	assert_int_equal(r->last_cause, SIM_CAUSE_EXT_RESET);
	assert_int_equal(r->n, 0);
	rig_free(r);
}

static void story__supply__dies_when_the_radio_begins(void **state)
{
	struct rig *r = story("6.1.1-full", "brownout-loop");

	(void)state;
	rig_run(r, 20);
	assert_true(r->resets > 5);
	assert_int_equal(r->last_cause, SIM_CAUSE_POWER_ON);
	rig_expect(r, "WIF: Connecting to AP1 ");
	rig_expect_not(r, "WIF: Connected");
	rig_free(r);
	r = story("6.1.1-full", "watchdog-loop");
	rig_run(r, 20);
	assert_int_equal(r->last_cause, SIM_CAUSE_WATCHDOG);
	rig_free(r);
}

static void story__exception__prints_the_block_twice(void **state)
{
	char *text = file("exception");
	struct rig *r = rig_started("8.5.0-full", text, 30);

	(void)state;
	free(text);
	assert_int_equal(r->resets, 2);
	assert_int_equal(rig_count(r, "Exception (28):\r\nepc1=0x4020e608 epc2=0x00000000 "), 2);
	assert_int_equal(rig_count(r, ">>>stack>>>\r\n"), 2);
	assert_int_equal(rig_count(r, "<<<stack<<<\r\n"), 2);
	assert_int_equal(rig_count(r, "Project tasmota"), 3);
	rig_expect(r, "FRC: Some settings have been reset (2)\r\n");
	rig_say(r, "Status 1");
	rig_expect(r, "\"RestartReason\":\"Exception\"");
	rig_free(r);
}

static void story__mqtt__refused_and_unreachable(void **state)
{
	struct rig *r = story("6.1.1-full", "mqtt-refused");

	(void)state;
	rig_run(r, 40);
	assert_true(
	    rig_count(r, "MQT: Connect failed to 10.0.0.2:1883, rc 4. Retry in 10 sec\n") > 1);
	rig_expect_not(r, "MQT: Connected");
	rig_free(r);
	r = story("8.5.0-full", "mqtt-unreachable");
	rig_run(r, 8);
	rig_expect(r, "MQT: Attempting connection...\r\n");
	rig_expect_not(r, "rc ");
	rig_run(r, 8);
	rig_expect(r, "MQT: Connect failed to 10.0.0.2:1883, rc -4. Retry in 10 sec\r\n");
	rig_free(r);
}

static void events__happen__at_their_anchors(void **state)
{
	struct rig *r = rig_started("6.1.1-full",
	    "network *\nsay \"hello there\" after joined + 1 times 1\nat 0.5 say early\n"
	    "lose-wifi after mqtt + 30 times 1",
	    1);

	(void)state;
	rig_expect(r, "early\n");
	rig_say(r, "Backlog SSId1 home;MqttHost h");
	rig_run(r, 20);
	rig_expect(r, "hello there\n");
	rig_run(r, 60);
	assert_int_equal(rig_count(r, "WIF: Connected"), 2);
	assert_int_equal(rig_count(r, "MQT: Connected"), 2);
	assert_int_equal(rig_count(r, "hello there"), 1);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parse__names_the_line__of_each_mistake),
	    cmocka_unit_test(parse__bounds_its_message__short_buffer),
	    cmocka_unit_test(attempt__follows_names_keys_and_conditions),
	    cmocka_unit_test(story__default__joins),
	    cmocka_unit_test(story__failures__in_the_words_of_the_version),
	    cmocka_unit_test(story__no_address__keeps_trying),
	    cmocka_unit_test(story__wrong_key__ends_with_the_right_one),
	    cmocka_unit_test(story__ap_mode__is_visited_and_ends_with_a_restart),
	    cmocka_unit_test(story__2018__fails_with_the_full_build_only),
	    cmocka_unit_test(story__2018__minimal_joins_with_the_settings_of_the_full_build),
	    cmocka_unit_test(button__counts_presses__by_version),
	    cmocka_unit_test(button__resets__held_for_40_seconds),
	    cmocka_unit_test(story__boot_loop__says_nothing),
	    cmocka_unit_test(story__supply__dies_when_the_radio_begins),
	    cmocka_unit_test(story__exception__prints_the_block_twice),
	    cmocka_unit_test(story__mqtt__refused_and_unreachable),
	    cmocka_unit_test(events__happen__at_their_anchors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

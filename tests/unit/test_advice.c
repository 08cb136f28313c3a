/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of bad builds at its edges; steps for states that a log hardly shows. */
#include "tasmite/core/tasmota/advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"

static void advice_known_bad__tells__versions_cores_variants(void **state)
{
	static const struct {
		const char *version, *core, *variant;
		bool bad;
	} cases[] = {
	    {"6.0.0", "2_3_0", "", false},
	    {"6.0.0.15", "2_3_0", "", false},
	    {"6.1.0", "2_3_0", "", true},
	    {"6.1.0", "2_3_0", "minimal", false},
	    {"6.1.1", "2_3_0", "", true},
	    {"6.1.1a", "2_3_0", "", true},
	    {"6.1.1", "2_4_1", "", true},
	    {"6.1.1", "2_4_2", "sonoff", true},
	    {"6.1.1", "2_5_0", "", false},
	    {"6.1.1", "", "", false},
	    {"6.1.1", "STAGED", "", false},
	    {"6.2.1", "2_3_0", "", true},
	    {"6.2.1.15", "2_3_0", "", true},
	    {"6.2.1.16", "2_3_0", "", false},
	    {"6.2.2", "2_3_0", "", false},
	    {"6.3.0", "2_3_0", "", false},
	    {"14.2.0", "2_7_7", "", false},
	    {"", "2_3_0", "", false},
	    {"99999999.1.1", "2_3_0", "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (advice_known_bad(cases[i].version, cases[i].core, cases[i].variant) !=
		    cases[i].bad)
			fail_msg("%s %s '%s'", cases[i].version, cases[i].core, cases[i].variant);
}

static void advice_steps__keeps__credentials_where_the_build_is_bad(void **state)
{
	static const char log[] =
	    "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_4B67BA, GroupTopic "
	    "sonoffs) "
	    "Version 6.1.1-2_3_0\n"
	    "00:00:00 WIF: Connecting to AP1 home in mode 11N as sonoff-6074...\n"
	    "00:00:07 WIF: Connect failed with AP incorrect password\n"
	    "00:00:07 WIF: Connecting to AP1 home in mode 11N as sonoff-6074...\n"
	    "00:00:14 WIF: Connect failed as AP cannot be reached\n";
	struct doctor *d = doctor_new();
	struct advice_step steps[ADVICE_STEPS];
	unsigned n;

	(void)state;
	doctor_bytes(d, (const uint8_t *)log, sizeof(log) - 1);
	n = advice_steps(doctor_view(d), steps);
	assert_int_equal(steps[0].action, ADVICE_FLASH_OTHER);
	for (unsigned i = 0; i < n; i++)
		assert_true(steps[i].action != ADVICE_CHECK_PASSWORD &&
			    steps[i].action != ADVICE_CHECK_SSID &&
			    steps[i].action != ADVICE_SET_WIFI);
	doctor_free(d);
}

static void advice_steps__follows__the_speed_that_was_told(void **state)
{
	struct doctor *d = doctor_new();
	struct advice_step steps[ADVICE_STEPS];
	static const char log[] = "00:00:00 SER: Set to 8N1 43200 bit/s\n";

	(void)state;
	doctor_bytes(d, (const uint8_t *)log, sizeof(log) - 1);
	for (unsigned i = 0; i < 40; i++)
		doctor_bytes(d, (const uint8_t *)"\xff\x80\xfe\x81\n", 5);
	(void)advice_steps(doctor_view(d), steps);
	assert_int_equal(steps[0].action, ADVICE_SET_BAUD);
	assert_string_equal(steps[0].command, "/baud 43200");
	doctor_free(d);
}

static void advice_finding_text__has_words__for_every_finding(void **state)
{
	static const struct doctor_view none;
	char text[300];

	(void)state;
	for (int id = 0; id < DOCTOR_FINDINGS; id++) {
		advice_finding_text(&none, (enum doctor_finding_id)id, text, sizeof(text));
		if (!text[0] || strstr(text, "(null)"))
			fail_msg("%s has no words in advice_text.c",
			    doctor_finding_name((enum doctor_finding_id)id));
	}
}

/* ---- a state made by hand ---------------------------------------------------------------------- */

static struct doctor_view blank(void)
{
	struct doctor_view v = {.name = "unknown"};

	for (int k = 0; k < DOCTOR_KEYS; k++)
		v.verdict[k].reason = "not_seen";
	for (int i = 0; i < DOCTOR_FINDINGS; i++)
		v.finding[i].cause = -1;
	return v;
}

static void is_said(const struct doctor_view *v, enum doctor_finding_id id, const char *want)
{
	char text[300];

	advice_finding_text(v, id, text, sizeof(text));
	assert_string_equal(text, want);
}

static void advice_finding_text__adds__what_is_known_of_it(void **state)
{
	struct doctor_view v = blank();

	(void)state;
	(void)str_copy(v.version, sizeof(v.version), "6.1.1");
	(void)str_copy(v.core, sizeof(v.core), "2_3_0");
	is_said(&v, DOCTOR_F_KNOWN_BAD,
	    "this build is known for failing to join Wi-Fi on some boards (6.1.1, core 2_3_0)");
	is_said(&v, DOCTOR_F_EXCEPTION, "the firmware crashed");
	v.finding[DOCTOR_F_EXCEPTION].cause = 28;
	is_said(&v, DOCTOR_F_EXCEPTION,
	    "the firmware crashed: exception 28, read through a null pointer");
	v.finding[DOCTOR_F_EXCEPTION].cause = 27;
	is_said(&v, DOCTOR_F_EXCEPTION, "the firmware crashed: exception 27");
	is_said(&v, DOCTOR_F_MQTT_REFUSED, "the broker refused the device");
	(void)str_copy(v.finding[DOCTOR_F_MQTT_REFUSED].detail, 64, "10.0.0.2:1883");
	is_said(&v, DOCTOR_F_MQTT_REFUSED, "the broker refused the device (10.0.0.2:1883)");
	(void)str_copy(v.finding[DOCTOR_F_MQTT_UNREACHABLE].detail, 64, "broker");
	is_said(&v, DOCTOR_F_MQTT_UNREACHABLE, "the broker was not reached (broker)");
	(void)str_copy(v.finding[DOCTOR_F_NOT_FOUND].detail, 64, "home");
	is_said(&v, DOCTOR_F_NOT_FOUND, "the network was not found: home");
}

static void advice_verdict_text__puts__a_verdict_in_words(void **state)
{
	static const struct {
		enum doctor_key key;
		enum doctor_state state;
		const char *reason, *text;
		bool has_rc;
		unsigned tries;
		const char *ssid, *want;
	} cases[] = {
	    {DOCTOR_BOOT, DOCTOR_BAD, "boot_loop", "", false, 1, "", "boot loop"},
	    {DOCTOR_IP, DOCTOR_OK, "static", "10.0.0.7", false, 1, "home", "static: 10.0.0.7"},
	    {DOCTOR_MQTT, DOCTOR_BAD, "refused", "", true, 3, "home", "refused, rc 5"},
	    {DOCTOR_WIFI, DOCTOR_BAD, "ap_not_found", "", false, 1, "", "ap not found"},
	    {DOCTOR_WIFI, DOCTOR_BAD, "ap_not_found", "", false, 3, "home",
		"ap not found, 3 tries, network \"home\""},
	    {DOCTOR_WIFI, DOCTOR_OK, "connected", "", false, 3, "home",
		"connected, network \"home\""},
	    {DOCTOR_WIFI, DOCTOR_BAD, "no_ssid", "", false, 1, "home", "no ssid"},
	    {DOCTOR_WIFI, DOCTOR_UNKNOWN, "not_seen", "", false, 1, "home", "not seen"},
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct doctor_view v = blank();
		struct doctor_verdict *o = &v.verdict[cases[i].key];

		o->state = cases[i].state;
		o->reason = cases[i].reason;
		o->has_rc = cases[i].has_rc;
		o->rc = 5;
		o->tries = cases[i].tries;
		(void)str_copy(o->text, sizeof(o->text), cases[i].text);
		(void)str_copy(v.ssid, sizeof(v.ssid), cases[i].ssid);
		advice_verdict_text(&v, cases[i].key, text, sizeof(text));
		assert_string_equal(text, cases[i].want);
	}
}

static bool steps_have(const struct doctor_view *v, enum advice_action action, int *likelihood)
{
	struct advice_step steps[ADVICE_STEPS];
	unsigned n = advice_steps(v, steps);

	for (unsigned i = 1; i < n; i++)
		assert_true(steps[i - 1].likelihood >= steps[i].likelihood);
	for (unsigned i = 0; i < n; i++)
		if (steps[i].action == action) {
			*likelihood = steps[i].likelihood;
			return true;
		}
	return false;
}

static void verdict(
    struct doctor_view *v, enum doctor_key key, enum doctor_state state, const char *reason)
{
	v->verdict[key].state = state;
	v->verdict[key].reason = reason;
}

static void advice_steps__leave_out__what_is_cured(void **state)
{
	struct doctor_view v = blank();
	int n = 0;

	(void)state;
	v.finding[DOCTOR_F_NOT_FOUND].count = 1;
	verdict(&v, DOCTOR_WIFI, DOCTOR_BAD, "ap_not_found");
	assert_true(steps_have(&v, ADVICE_CHECK_SSID, &n));
	verdict(&v, DOCTOR_WIFI, DOCTOR_OK, "connected");
	assert_false(steps_have(&v, ADVICE_CHECK_SSID, &n));
	/* Another reason took its place. */
	verdict(&v, DOCTOR_WIFI, DOCTOR_BAD, "no_ssid");
	assert_false(steps_have(&v, ADVICE_CHECK_SSID, &n));
	v.finding[DOCTOR_F_NO_SSID].count = 1;
	assert_true(steps_have(&v, ADVICE_SET_WIFI, &n));
	assert_int_equal(n, 93);
	verdict(&v, DOCTOR_WIFI, DOCTOR_BAD, "ap_not_found");
	assert_false(steps_have(&v, ADVICE_SET_WIFI, &n));
	/* While it tries both may be the matter. */
	verdict(&v, DOCTOR_WIFI, DOCTOR_TRYING, "connecting");
	assert_true(steps_have(&v, ADVICE_SET_WIFI, &n));
	assert_true(steps_have(&v, ADVICE_CHECK_SSID, &n));
	/* Settings that were lost are no matter any more when it joins. */
	v = blank();
	v.finding[DOCTOR_F_SETTINGS_LOST].count = 1;
	assert_true(steps_have(&v, ADVICE_ERASE_FLASH, &n));
	verdict(&v, DOCTOR_WIFI, DOCTOR_OK, "connected");
	assert_false(steps_have(&v, ADVICE_ERASE_FLASH, &n));
	assert_true(steps_have(&v, ADVICE_NONE, &n));
}

static void advice_steps__put_back__the_network_of_what_does_not_run(void **state)
{
	struct doctor_view v = blank();
	int n = 0;

	(void)state;
	v.finding[DOCTOR_F_WRONG_PASSWORD].count = 1;
	verdict(&v, DOCTOR_WIFI, DOCTOR_BAD, "wrong_password");
	assert_true(steps_have(&v, ADVICE_CHECK_PASSWORD, &n));
	assert_int_equal(n, 88);
	verdict(&v, DOCTOR_BOOT, DOCTOR_BAD, "boot_loop");
	assert_true(steps_have(&v, ADVICE_CHECK_PASSWORD, &n));
	assert_int_equal(n, 44);
	/* That it can't be read is no fault of the device. */
	verdict(&v, DOCTOR_BOOT, DOCTOR_BAD, "garbage");
	assert_true(steps_have(&v, ADVICE_CHECK_PASSWORD, &n));
	assert_int_equal(n, 88);
	/* What is no matter of the network keeps its place. */
	v.finding[DOCTOR_F_MINIMAL].count = 1;
	verdict(&v, DOCTOR_BOOT, DOCTOR_BAD, "boot_loop");
	assert_true(steps_have(&v, ADVICE_FLASH_FULL, &n));
	assert_int_equal(n, 86);
}

/* One step of a kind, with the best reason; six at most, the best. */
static void advice_steps__keep__the_best_six(void **state)
{
	struct doctor_view v = blank();
	struct advice_step steps[ADVICE_STEPS];
	unsigned n;

	(void)state;
	for (int i = 0; i < DOCTOR_FINDINGS; i++)
		v.finding[i].count = 1;
	n = advice_steps(&v, steps);
	assert_int_equal(n, ADVICE_STEPS);
	assert_int_equal(steps[0].action, ADVICE_FLASH_OTHER);
	assert_int_equal(steps[0].likelihood, 98);
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(steps[i].action, steps[k].action);
	assert_int_equal(steps[1].likelihood, 97);
}

static void advice_steps__name__the_file_of_the_family(void **state)
{
	static const struct {
		const char *chip, *erase;
		bool factory;
	} cases[] = {
	    {"ESP8266EX", "/flash --erase FILE", false},
	    {"", "/flash --erase FILE", false},
	    {"ESP32-C3", "/flash --erase FILE.factory.bin@0", true},
	};
	struct advice_step steps[ADVICE_STEPS];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct doctor_view v = blank();
		unsigned n;
		int likelihood = 0;

		(void)str_copy(v.chip, sizeof(v.chip), cases[i].chip);
		v.finding[DOCTOR_F_FLASH_CORRUPT].count = 1;
		n = advice_steps(&v, steps);
		for (unsigned k = 0; k < n; k++)
			if (steps[k].action == ADVICE_ERASE_FLASH)
				assert_string_equal(steps[k].command, cases[i].erase);
			else if (steps[k].action == ADVICE_USE_FACTORY)
				assert_string_equal(
				    steps[k].command, "/flash --erase tasmota32.factory.bin@0");
		assert_int_equal(steps_have(&v, ADVICE_USE_FACTORY, &likelihood), cases[i].factory);
		assert_true(steps_have(&v, ADVICE_ERASE_FLASH, &likelihood));
	}
}

static void advice_action_name__names__each(void **state)
{
	(void)state;
	assert_string_equal(advice_action_name(ADVICE_FLASH_OTHER), "flash_other_build");
	assert_string_equal(advice_action_name(ADVICE_NONE), "none");
	for (int i = 0; i < ADVICE_ACTIONS; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(advice_action_name((enum advice_action)i),
			    advice_action_name((enum advice_action)k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(advice_finding_text__has_words__for_every_finding),
	    cmocka_unit_test(advice_known_bad__tells__versions_cores_variants),
	    cmocka_unit_test(advice_steps__keeps__credentials_where_the_build_is_bad),
	    cmocka_unit_test(advice_steps__follows__the_speed_that_was_told),
	    cmocka_unit_test(advice_finding_text__adds__what_is_known_of_it),
	    cmocka_unit_test(advice_verdict_text__puts__a_verdict_in_words),
	    cmocka_unit_test(advice_steps__leave_out__what_is_cured),
	    cmocka_unit_test(advice_steps__put_back__the_network_of_what_does_not_run),
	    cmocka_unit_test(advice_steps__keep__the_best_six),
	    cmocka_unit_test(advice_steps__name__the_file_of_the_family),
	    cmocka_unit_test(advice_action_name__names__each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

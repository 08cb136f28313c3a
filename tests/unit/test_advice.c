/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of bad builds at its edges; steps for states that a log hardly shows. */
#include "tasmite/core/tasmota/advice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(advice_finding_text__has_words__for_every_finding),
	    cmocka_unit_test(advice_known_bad__tells__versions_cores_variants),
	    cmocka_unit_test(advice_steps__keeps__credentials_where_the_build_is_bad),
	    cmocka_unit_test(advice_steps__follows__the_speed_that_was_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the session knows of the device: each line read once, judged when it is to be seen. */
#include "tasmite/core/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct rig {
	struct session *s;
	uint64_t next;
	mono_t now;
};

static struct rig rig;

static int setup(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof(rig));
	rig.s = session_new();
	session_judge(rig.s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	session_free(rig.s);
	return 0;
}

/* As app does it: into the log, then each finished line to the session. */
static void says(int ms, const char *line)
{
	struct line_ref ref;

	rig.now += MONO_MS(ms);
	lines_rx(rig.s->log, (const uint8_t *)line, strlen(line), rig.now);
	lines_rx(rig.s->log, (const uint8_t *)"\n", 1, rig.now);
	for (; lines_get(rig.s->log, rig.next, &ref) && !ref.partial; rig.next++)
		if (ref.dir == LINE_RX)
			session_device_line(rig.s, ref.bytes, ref.len, rig.next, ref.time);
}

static const char banner[] = " ets Jan  8 2013,rst cause:1, boot mode:(3,6)";
static const char project[] = "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_123456, "
			      "GroupTopic sonoffs) Version 6.1.1-2_3_0";
static const char joins[] = "00:00:00 WIF: Connecting to AP1 home in mode 11N as sonoff-5206...";
static const char fails[] = "00:00:07 WIF: Connect failed as AP cannot be reached";

static const struct checklist_row *check_of(enum checklist_key key)
{
	return &rig.s->device.checks[key];
}

static void session_judge__follows__the_story_of_2018(void **state)
{
	uint64_t lines[SESSION_MARKED_MAX];
	unsigned n;

	(void)state;
	session_say(rig.s, 0, "ttyUSB0 is open");
	says(100, banner);
	says(300, project);
	says(600, joins);
	assert_true(session_judge(rig.s));
	assert_int_equal(check_of(CHECKLIST_BOOTS)->state, DOCTOR_OK);
	assert_string_equal(check_of(CHECKLIST_BOOTS)->text, "power on, from flash");
	assert_string_equal(check_of(CHECKLIST_FIRMWARE)->text, "Sonoff-Tasmota 6.1.1, core 2_3_0");
	assert_int_equal(check_of(CHECKLIST_FIRMWARE)->line, 3);
	assert_string_equal(check_of(CHECKLIST_WIFI)->label, "Wi-Fi \"home\"");
	assert_int_equal(check_of(CHECKLIST_WIFI)->state, DOCTOR_TRYING);
	says(7000, fails);
	says(10, joins);
	says(7000, fails);
	assert_true(session_judge(rig.s));
	assert_int_equal(check_of(CHECKLIST_WIFI)->state, DOCTOR_BAD);
	assert_string_equal(check_of(CHECKLIST_WIFI)->text, "AP not found, 2 tries");
	assert_int_equal(check_of(CHECKLIST_WIFI)->line, 7);
	assert_int_equal(check_of(CHECKLIST_FIRMWARE)->state, DOCTOR_BAD);
	assert_non_null(strstr(check_of(CHECKLIST_FIRMWARE)->text, "known for failed joins"));
	assert_true(rig.s->device.proof[CHECKLIST_WIFI].known);
	assert_string_equal(rig.s->device.proof[CHECKLIST_WIFI].text, fails);
	assert_int_equal(rig.s->device.proof[CHECKLIST_WIFI].time, rig.now);
	n = checklist_lines(rig.s->device.view, CHECKLIST_WIFI, lines, SESSION_MARKED_MAX);
	assert_int_equal(n, 2);
	assert_int_equal(lines[0], 5);
	assert_int_equal(lines[1], 7);
	/* nothing new: nothing to draw */
	assert_false(session_judge(rig.s));
	says(10, "some line");
	assert_false(session_judge(rig.s));
}

static void session_judge__keeps__proofs_of_dropped_lines(void **state)
{
	(void)state;
	lines_set_max(rig.s->log, 0);
	says(100, banner);
	says(300, project);
	says(600, joins);
	says(7000, fails);
	session_judge(rig.s);
	for (int i = 0; i < 40000; i++)
		says(1, "00:01:00 MQT: tele/sonoff/SENSOR = {\"Time\":\"2018-11-04T13:04:05\"}");
	assert_true(lines_first(rig.s->log) > 4);
	session_judge(rig.s);
	assert_int_equal(check_of(CHECKLIST_WIFI)->line, 4);
	assert_true(rig.s->device.proof[CHECKLIST_WIFI].known);
	assert_string_equal(rig.s->device.proof[CHECKLIST_WIFI].text, fails);
	/* what was never looked at is not made up */
	session_device_line(rig.s, (const uint8_t *)joins, strlen(joins), 1, 5);
	session_judge(rig.s);
	assert_false(rig.s->device.proof[CHECKLIST_WIFI].known &&
		     rig.s->device.proof[CHECKLIST_WIFI].line == 2);
}

static void session_device_rewritten__forgets__the_firmware(void **state)
{
	(void)state;
	says(100, banner);
	says(300, project);
	says(600, joins);
	says(7000, fails);
	says(10, joins);
	says(7000, fails);
	session_judge(rig.s);
	session_device_rewritten(rig.s);
	assert_true(session_judge(rig.s));
	assert_string_equal(check_of(CHECKLIST_FIRMWARE)->text, "");
	assert_int_equal(check_of(CHECKLIST_WIFI)->state, DOCTOR_UNKNOWN);
	assert_int_equal(rig.s->device.view->finding[DOCTOR_F_KNOWN_BAD].count, 0);
	assert_int_equal(rig.s->facts.boots, 1);
	says(9000, banner);
	session_judge(rig.s);
	assert_int_equal(rig.s->facts.boots, 2);
	assert_true(rig.s->facts.rom_seen);
	/* What the doctor masks texts with is still there. */
	says(300, project);
	says(5000,
	    "00:00:05 RSL: stat/sonoff/UPGRADE = {\"Upgrade\":\"Failed HTTP error: connection "
	    "refused\"}");
	session_judge(rig.s);
	assert_int_equal(check_of(CHECKLIST_UPGRADE)->state, DOCTOR_BAD);
}

static void fail_twice(void)
{
	says(100, banner);
	says(300, project);
	for (int i = 0; i < 2; i++) {
		says(600, joins);
		says(7000, fails);
	}
	session_judge(rig.s);
}

/* The log of 6.1.1 does not tell a classic build, which is not known to fail, from the released one. */
static void session_device_written__tells__what_the_log_does_not(void **state)
{
	(void)state;
	session_device_rewritten(rig.s);
	session_device_written(rig.s, "classic");
	fail_twice();
	assert_string_equal(rig.s->device.view->variant, "classic");
	assert_int_equal(rig.s->device.view->finding[DOCTOR_F_KNOWN_BAD].count, 0);
	/* ... and is over with what comes by the air. */
	says(10, "00:00:30 RSL: stat/sonoff/UPGRADE = Successful. Restarting");
	fail_twice();
	assert_string_equal(rig.s->device.view->variant, "");
	assert_true(rig.s->device.view->finding[DOCTOR_F_KNOWN_BAD].count > 0);
	session_device_rewritten(rig.s);
	fail_twice();
	assert_true(rig.s->device.view->finding[DOCTOR_F_KNOWN_BAD].count > 0);
}

/* The user's own resets, one after the other, are no boot loop; without a word they look like one. */
static void session_device_reset__is_no__boot_loop(void **state)
{
	for (int told = 0; told < 2; told++) {
		teardown(state);
		setup(state);
		for (int i = 0; i < 6; i++) {
			if (told)
				session_device_reset(rig.s, rig.now);
			says(100, " ets Jan  8 2013,rst cause:2, boot mode:(3,6)");
			says(10, "~ld");
		}
		session_judge(rig.s);
		assert_string_equal(
		    rig.s->device.view->verdict[DOCTOR_BOOT].reason, told ? "silent" : "boot_loop");
	}
}

static void session_device_gap__forgets__what_was_unreadable(void **state)
{
	static const char noise[] = "\x8c\xfe\x80\xe0\x1c\x92\x80\xfe\x8c\xe0\xfe\x92\x80\x8c\x9e";

	(void)state;
	for (int i = 0; i < 10; i++)
		says(10, noise);
	session_judge(rig.s);
	assert_int_equal(check_of(CHECKLIST_BOOTS)->state, DOCTOR_BAD);
	assert_string_equal(check_of(CHECKLIST_CONSOLE)->text, "unreadable: another rate");
	session_device_gap(rig.s, false);
	assert_true(session_judge(rig.s));
	assert_int_equal(check_of(CHECKLIST_BOOTS)->state, DOCTOR_UNKNOWN);
	assert_int_equal(check_of(CHECKLIST_CONSOLE)->state, DOCTOR_UNKNOWN);
}

/* Nobody says "runs" of what may be over long since. */
static void session_device__does_not_know__how_an_upgrade_ended(void **state)
{
	(void)state;
	says(100, banner);
	says(300, project);
	says(600, "16:06:43 UPL: File sonoff-classic.bin ...");
	session_judge(rig.s);
	assert_int_equal(check_of(CHECKLIST_UPGRADE)->state, DOCTOR_TRYING);
	session_device_gap(rig.s, true);
	session_judge(rig.s);
	assert_int_equal(check_of(CHECKLIST_UPGRADE)->state, DOCTOR_UNKNOWN);
	assert_string_equal(check_of(CHECKLIST_UPGRADE)->text, "began; its end was not seen");
	says(600, "16:07:43 UPL: File sonoff-classic.bin ...");
	session_judge(rig.s);
	assert_int_equal(check_of(CHECKLIST_UPGRADE)->state, DOCTOR_TRYING);
	says(600, project);
	session_judge(rig.s);
	assert_int_equal(check_of(CHECKLIST_UPGRADE)->state, DOCTOR_UNKNOWN);
}

static void session_device_line__fills__status_and_timeline(void **state)
{
	(void)state;
	session_device_reset(rig.s, MONO_MS(40));
	says(100, banner);
	says(300, project);
	says(600, joins);
	says(5000, "00:00:05 WIF: Connected");
	says(100, "00:00:05 HTP: Web server active on s-1.local with IP address 192.168.1.30");
	says(400, "00:00:05 MQT: Connected");
	says(900, "00:00:06 MQT: tele/sonoff/STATE = {\"Heap\":24,\"Wifi\":{\"RSSI\":80}}");
	session_judge(rig.s);
	assert_int_equal(timeline_at(&rig.s->device.timeline, 0)->ms[TIMELINE_ROM], 60);
	assert_int_equal(timeline_at(&rig.s->device.timeline, 0)->ms[TIMELINE_MQTT], 6460);
	assert_int_equal(rig.s->device.status.heap_kb, 24);
	assert_string_equal(check_of(CHECKLIST_IP)->text, "192.168.1.30 sonoff-5206");
	assert_int_equal(check_of(CHECKLIST_MQTT)->state, DOCTOR_OK);
	assert_int_equal(check_of(CHECKLIST_CONSOLE)->state, DOCTOR_OK);
	/* the next start: the table is of the one before */
	says(60000, banner);
	assert_false(rig.s->device.status.any);
	assert_int_equal(rig.s->device.status.count, 1);
}

static void checklist__names__every_reason(void **state)
{
	static const struct {
		const char *line;
		enum checklist_key key;
		enum doctor_state want;
		const char *text;
	} cases[] = {
	    {"00:00:09 MQT: Connect failed to 10.0.0.2:1883, rc 4. Retry in 10 sec", CHECKLIST_MQTT,
		DOCTOR_BAD, "refused: user or password (rc 4)"},
	    {"00:00:09 MQT: Connect failed to 10.0.0.2:1883, rc -2. Retry in 10 sec",
		CHECKLIST_MQTT, DOCTOR_BAD, "not reached: no connection (rc -2)"},
	    {"00:00:05 MQT: Attempting connection...", CHECKLIST_MQTT, DOCTOR_TRYING, "connecting"},
	    {"00:00:09 WIF: Connect failed with AP timeout", CHECKLIST_WIFI, DOCTOR_BAD,
		"the join timed out"},
	    {"00:00:02 WIF: WifiManager active for 3 minutes", CHECKLIST_AP, DOCTOR_OK, "open"},
	    {"00:10:00 APP: Serial logging disabled", CHECKLIST_CONSOLE, DOCTOR_BAD,
		"log switched off: SerialLog 2"},
	    {"00:00:14 HTP: Web server active on s with IP address 10.0.0.7", CHECKLIST_WEB,
		DOCTOR_OK, "active"},
	    {"ets Jan  8 2013,rst cause:1, boot mode:(1,7)", CHECKLIST_BOOTS, DOCTOR_BAD,
		"in the boot loader"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct checklist_row *c;

		teardown(state);
		setup(state);
		says(1, cases[i].line);
		session_judge(rig.s);
		c = check_of(cases[i].key);
		assert_string_equal(c->text, cases[i].text);
		assert_int_equal(c->state, cases[i].want);
		assert_int_equal(c->line, 1);
		assert_string_equal(rig.s->device.proof[cases[i].key].text, cases[i].line);
	}
}

static void checklist_find__knows__each_word(void **state)
{
	(void)state;
	for (int k = 0; k < CHECKLIST_KEYS; k++)
		assert_int_equal(checklist_find(checklist_word((enum checklist_key)k)), k);
	assert_int_equal(checklist_find("WIFI"), CHECKLIST_WIFI);
	assert_int_equal(checklist_find("wi"), CHECKLIST_KEYS);
}

static void checklist__keeps__a_long_name_out_of_the_label(void **state)
{
	(void)state;
	says(1, "00:00:00 WIF: Connecting to AP1 A name of thirty-two characters in mode 11N as "
		"s-1...");
	session_judge(rig.s);
	assert_string_equal(check_of(CHECKLIST_WIFI)->label, "Wi-Fi");
	assert_string_equal(
	    check_of(CHECKLIST_WIFI)->text, "connecting \"A name of thirty-two characters\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    CASE(session_judge__follows__the_story_of_2018),
	    CASE(session_judge__keeps__proofs_of_dropped_lines),
	    CASE(session_device_rewritten__forgets__the_firmware),
	    CASE(session_device_written__tells__what_the_log_does_not),
	    CASE(session_device_reset__is_no__boot_loop),
	    CASE(session_device_gap__forgets__what_was_unreadable),
	    CASE(session_device__does_not_know__how_an_upgrade_ended),
	    CASE(session_device_line__fills__status_and_timeline),
	    CASE(checklist__names__every_reason),
	    CASE(checklist_find__knows__each_word),
	    CASE(checklist__keeps__a_long_name_out_of_the_label),
#undef CASE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

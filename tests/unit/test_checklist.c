/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of what is known of a device: the words of each verdict, and the lines a row rests on. */
#include "tasmite/core/tasmota/checklist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"

static struct doctor_view view;
static struct facts facts;
static struct checklist_row rows[CHECKLIST_KEYS];

/* Nothing was heard of the device. */
static int setup(void **state)
{
	(void)state;
	memset(&view, 0, sizeof(view));
	view.name = "unknown";
	for (int k = 0; k < DOCTOR_KEYS; k++)
		view.verdict[k].reason = "not_seen";
	for (int i = 0; i < DOCTOR_FINDINGS; i++)
		view.finding[i].cause = -1;
	facts_init(&facts);
	return 0;
}

static void verdict(enum doctor_key key, enum doctor_state state, const char *reason, uint64_t line)
{
	view.verdict[key].state = state;
	view.verdict[key].reason = reason;
	view.verdict[key].line = line;
}

static void found(enum doctor_finding_id id, uint64_t first, uint64_t last)
{
	struct doctor_finding *f = &view.finding[id];

	f->lines[0] = first;
	f->lines[1] = last;
	f->count = f->kept = first == last ? 1 : 2;
}

static void row_is(enum checklist_key key, enum doctor_state want, const char *text)
{
	checklist(&view, &facts, rows);
	assert_string_equal(rows[key].text, text);
	assert_int_equal(rows[key].state, want);
}

static void checklist__knows_nothing__of_a_silent_device(void **state)
{
	(void)state;
	checklist(&view, &facts, rows);
	for (int k = 0; k < CHECKLIST_KEYS; k++) {
		assert_int_equal(rows[k].key, k);
		assert_int_equal(rows[k].state, DOCTOR_UNKNOWN);
		assert_int_equal(rows[k].line, 0);
		assert_string_equal(rows[k].text, "");
		assert_true(rows[k].label[0]);
	}
}

/* ---- boots ---------------------------------------------------------------------------------------- */

static void checklist__tells__how_a_device_started(void **state)
{
	static const struct {
		int cause, mode;
		uint32_t boots;
		const char *text;
	} cases[] = {
	    {1, 3, 1, "power on, from flash"}, {2, 3, 1, "external reset, from flash"},
	    {3, 3, 2, "software reset, from flash (2 times)"},
	    {4, 1, 1, "hardware watchdog, boot loader"}, {1, 7, 1, "power on, odd straps"},
	    {0, 3, 1, "unknown cause, from flash"}, {-1, -1, 1, "seen"},
	    {-1, -1, 12, "seen (12 times)"},
	    {-1, -1, 0, "runs"}, /* the log was joined while it ran */
	};

	(void)state;
	verdict(DOCTOR_BOOT, DOCTOR_OK, "runs", 7);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		facts.reset_cause = cases[i].cause;
		facts.boot_mode = cases[i].mode;
		facts.boots = cases[i].boots;
		row_is(CHECKLIST_BOOTS, DOCTOR_OK, cases[i].text);
		assert_int_equal(rows[CHECKLIST_BOOTS].line, 7);
	}
}

static void checklist__tells__why_a_device_does_not_run(void **state)
{
	static const struct {
		const char *reason;
		int cause;
		const char *text;
	} cases[] = {
	    {"boot_loop", -1, "starts again and again (3 times)"},
	    {"no_app", -1, "nothing that can start (3 times)"},
	    {"download_mode", -1, "in the boot loader (3 times)"},
	    {"garbage", -1, "unreadable: another rate (3 times)"},
	    {"crash", -1, "crashed (3 times)"},
	    {"crash", 28, "crashed: exception 28 (3 times)"},
	    {"boot_loop", 28, "starts again and again (3 times)"},
	};

	(void)state;
	facts.boots = 3;
	facts.reset_cause = 4;
	facts.boot_mode = 3;
	found(DOCTOR_F_EXCEPTION, 5, 5);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		verdict(DOCTOR_BOOT, DOCTOR_BAD, cases[i].reason, 9);
		view.finding[DOCTOR_F_EXCEPTION].cause = cases[i].cause;
		row_is(CHECKLIST_BOOTS, DOCTOR_BAD, cases[i].text);
	}
}

/* ---- firmware, console ------------------------------------------------------------------------------ */

static void checklist__names__the_firmware(void **state)
{
	(void)state;
	facts.not_tasmota = true;
	row_is(CHECKLIST_FIRMWARE, DOCTOR_UNKNOWN, "an application that is no Tasmota");
	assert_int_equal(rows[CHECKLIST_FIRMWARE].line, 0);
	found(DOCTOR_F_NOT_TASMOTA, 4, 8);
	row_is(CHECKLIST_FIRMWARE, DOCTOR_UNKNOWN, "an application that is no Tasmota");
	assert_int_equal(rows[CHECKLIST_FIRMWARE].line, 4);

	facts.not_tasmota = false;
	view.project_line = 11;
	(void)str_copy(facts.firmware, sizeof(facts.firmware), "Tasmota 14.2.0");
	row_is(CHECKLIST_FIRMWARE, DOCTOR_OK, "Tasmota 14.2.0");
	assert_int_equal(rows[CHECKLIST_FIRMWARE].line, 11);
	(void)str_copy(facts.variant, sizeof(facts.variant), "minimal");
	row_is(CHECKLIST_FIRMWARE, DOCTOR_OK, "Tasmota 14.2.0 minimal");
	(void)str_copy(facts.core, sizeof(facts.core), "2_7_7");
	row_is(CHECKLIST_FIRMWARE, DOCTOR_OK, "Tasmota 14.2.0 minimal, core 2_7_7");
	found(DOCTOR_F_KNOWN_BAD, 21, 22);
	row_is(CHECKLIST_FIRMWARE, DOCTOR_BAD,
	    "Tasmota 14.2.0 minimal, core 2_7_7: known for failed joins");
	assert_int_equal(rows[CHECKLIST_FIRMWARE].line, 21);
}

static void checklist__says__why_the_console_is_silent(void **state)
{
	(void)state;
	verdict(DOCTOR_BOOT, DOCTOR_OK, "runs", 2);
	row_is(CHECKLIST_CONSOLE, DOCTOR_UNKNOWN, "");
	(void)str_copy(view.version, sizeof(view.version), "14.2.0");
	row_is(CHECKLIST_CONSOLE, DOCTOR_OK, "speaks");
	assert_int_equal(rows[CHECKLIST_CONSOLE].line, 2);
	verdict(DOCTOR_BOOT, DOCTOR_BAD, "crash", 3);
	row_is(CHECKLIST_CONSOLE, DOCTOR_UNKNOWN, "");
	/* What came last, and of several what cannot be undone from here. */
	found(DOCTOR_F_WRONG_BAUD, 3, 5);
	row_is(CHECKLIST_CONSOLE, DOCTOR_BAD, "unreadable: another rate");
	assert_int_equal(rows[CHECKLIST_CONSOLE].line, 5);
	found(DOCTOR_F_SERIAL_OFF, 6, 6);
	row_is(CHECKLIST_CONSOLE, DOCTOR_BAD, "log switched off: SerialLog 2");
	found(DOCTOR_F_SERIAL_TAKEN, 1, 1);
	row_is(CHECKLIST_CONSOLE, DOCTOR_BAD, "a driver took the pins");
	assert_int_equal(rows[CHECKLIST_CONSOLE].line, 1);
}

/* ---- the network ------------------------------------------------------------------------------------ */

static void checklist__words__each_reason_of_wifi(void **state)
{
	static const struct {
		enum doctor_state state;
		const char *reason;
		unsigned tries;
		const char *text, *label;
	} cases[] = {
	    {DOCTOR_OK, "connected", 1, "connected", "Wi-Fi \"home\""},
	    {DOCTOR_TRYING, "connecting", 3, "connecting", "Wi-Fi \"home\""},
	    {DOCTOR_BAD, "no_ssid", 4, "no network is set", "Wi-Fi"},
	    {DOCTOR_BAD, "ap_not_found", 1, "AP not found", "Wi-Fi \"home\""},
	    {DOCTOR_BAD, "timeout", 2, "the join timed out, 2 tries", "Wi-Fi \"home\""},
	    {DOCTOR_BAD, "wrong_password", 1, "refused: wrong key?", "Wi-Fi \"home\""},
	    {DOCTOR_BAD, "no_ip", 9, "joined, got no address, 9 tries", "Wi-Fi \"home\""},
	    {DOCTOR_BAD, "failed", 1, "join failed: wrong key?", "Wi-Fi \"home\""},
	    {DOCTOR_UNKNOWN, "not_seen", 1, "", "Wi-Fi"},
	};

	(void)state;
	(void)str_copy(view.ssid, sizeof(view.ssid), "home");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		verdict(DOCTOR_WIFI, cases[i].state, cases[i].reason, 4);
		view.verdict[DOCTOR_WIFI].tries = cases[i].tries;
		row_is(CHECKLIST_WIFI, cases[i].state, cases[i].text);
		assert_string_equal(rows[CHECKLIST_WIFI].label, cases[i].label);
	}
	/* The label has 14 columns: a longer name stands behind the reason. */
	verdict(DOCTOR_WIFI, DOCTOR_OK, "connected", 4);
	(void)str_copy(view.ssid, sizeof(view.ssid), "sixty");
	row_is(CHECKLIST_WIFI, DOCTOR_OK, "connected");
	assert_string_equal(rows[CHECKLIST_WIFI].label, "Wi-Fi \"sixty\"");
	(void)str_copy(view.ssid, sizeof(view.ssid), "seven__");
	row_is(CHECKLIST_WIFI, DOCTOR_OK, "connected \"seven__\"");
	assert_string_equal(rows[CHECKLIST_WIFI].label, "Wi-Fi");
	/* Narrow on the screen, but of more bytes than the label has room for. */
	(void)str_copy(view.ssid, sizeof(view.ssid),
	    "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85"
	    "\xcc\x86\xcc\x87\xcc\x88");
	checklist(&view, &facts, rows);
	assert_string_equal(rows[CHECKLIST_WIFI].label, "Wi-Fi");
}

static void checklist__words__the_access_point_and_the_web(void **state)
{
	static const struct {
		enum doctor_key key;
		enum checklist_key row;
		enum doctor_state state;
		const char *reason, *text;
	} cases[] = {
	    {DOCTOR_AP, CHECKLIST_AP, DOCTOR_OK, "started", "open"},
	    {DOCTOR_AP, CHECKLIST_AP, DOCTOR_BAD, "asked_not_started", "asked for, not started"},
	    {DOCTOR_AP, CHECKLIST_AP, DOCTOR_BAD, "ip_unset", "started without an address"},
	    {DOCTOR_AP, CHECKLIST_AP, DOCTOR_BAD, "mode_opens_none", "this mode opens none"},
	    {DOCTOR_AP, CHECKLIST_AP, DOCTOR_BAD, "crashed", "crashed when it started"},
	    {DOCTOR_WEB, CHECKLIST_WEB, DOCTOR_OK, "active", "active"},
	    /* The same word of another key is none of these. */
	    {DOCTOR_WEB, CHECKLIST_WEB, DOCTOR_OK, "started", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		verdict(cases[i].key, cases[i].state, cases[i].reason, 3);
		row_is(cases[i].row, cases[i].state, cases[i].text);
		assert_int_equal(rows[cases[i].row].line, 3);
	}
}

static void checklist__shows__the_address_with_the_name(void **state)
{
	(void)state;
	(void)str_copy(facts.hostname, sizeof(facts.hostname), "sonoff-1");
	row_is(CHECKLIST_IP, DOCTOR_UNKNOWN, "");
	verdict(DOCTOR_IP, DOCTOR_OK, "address", 8);
	(void)str_copy(view.verdict[DOCTOR_IP].text, sizeof(view.verdict[0].text), "10.0.0.7");
	row_is(CHECKLIST_IP, DOCTOR_OK, "10.0.0.7 sonoff-1");
	facts.hostname[0] = '\0';
	row_is(CHECKLIST_IP, DOCTOR_OK, "10.0.0.7");
	view.verdict[DOCTOR_IP].text[0] = '\0';
	verdict(DOCTOR_IP, DOCTOR_BAD, "no_ip", 9);
	row_is(CHECKLIST_IP, DOCTOR_BAD, "none was given");
}

static void checklist__words__what_the_broker_said(void **state)
{
	static const struct {
		int rc;
		const char *text;
	} cases[] = {
	    {-5, "refused: name not resolved (rc -5)"},
	    {-4, "refused: no answer (rc -4)"},
	    {-3, "refused: connection lost (rc -3)"},
	    {-2, "refused: no connection (rc -2)"},
	    {1, "refused: protocol (rc 1)"},
	    {2, "refused: client name (rc 2)"},
	    {3, "refused: unavailable (rc 3)"},
	    {4, "refused: user or password (rc 4)"},
	    {5, "refused: not authorised (rc 5)"},
	    {99, "refused (rc 99)"},
	};

	(void)state;
	verdict(DOCTOR_MQTT, DOCTOR_BAD, "refused", 3);
	row_is(CHECKLIST_MQTT, DOCTOR_BAD, "refused");
	view.verdict[DOCTOR_MQTT].has_rc = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		view.verdict[DOCTOR_MQTT].rc = cases[i].rc;
		row_is(CHECKLIST_MQTT, DOCTOR_BAD, cases[i].text);
	}
	verdict(DOCTOR_MQTT, DOCTOR_BAD, "unreachable", 3);
	row_is(CHECKLIST_MQTT, DOCTOR_BAD, "not reached (rc 99)");
	verdict(DOCTOR_MQTT, DOCTOR_OK, "connected", 3);
	row_is(CHECKLIST_MQTT, DOCTOR_OK, "connected");
	verdict(DOCTOR_MQTT, DOCTOR_UNKNOWN, "disabled_or_no_host", 3);
	row_is(CHECKLIST_MQTT, DOCTOR_UNKNOWN, "off, or no host is set");
}

static void checklist__words__an_upgrade(void **state)
{
	(void)state;
	verdict(DOCTOR_UPGRADE, DOCTOR_TRYING, "running", 3);
	row_is(CHECKLIST_UPGRADE, DOCTOR_TRYING, "runs");
	view.start_line = 2;
	row_is(CHECKLIST_UPGRADE, DOCTOR_TRYING, "runs");
	view.start_line = 4;
	row_is(CHECKLIST_UPGRADE, DOCTOR_UNKNOWN, "began; its end was not seen");
	(void)str_copy(view.variant, sizeof(view.variant), "safeboot"); /* that is on the way */
	row_is(CHECKLIST_UPGRADE, DOCTOR_TRYING, "runs");
	view.variant[0] = '\0';
	verdict(DOCTOR_UPGRADE, DOCTOR_OK, "ok", 3);
	row_is(CHECKLIST_UPGRADE, DOCTOR_OK, "done");
	verdict(DOCTOR_UPGRADE, DOCTOR_BAD, "failed", 3);
	(void)str_copy(
	    view.verdict[DOCTOR_UPGRADE].text, sizeof(view.verdict[0].text), "Not enough space");
	row_is(CHECKLIST_UPGRADE, DOCTOR_BAD, "failed: Not enough space");
}

/* ---- lines ------------------------------------------------------------------------------------------ */

static void lines_are(enum checklist_key key, unsigned n, const uint64_t *want)
{
	uint64_t lines[8];

	assert_int_equal(checklist_lines(&view, key, lines, 8), n);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(lines[i], want[i]);
}

static void checklist_lines__gathers__what_a_row_rests_on(void **state)
{
	(void)state;
	lines_are(CHECKLIST_WIFI, 0, NULL);
	verdict(DOCTOR_WIFI, DOCTOR_BAD, "ap_not_found", 9);
	found(DOCTOR_F_NOT_FOUND, 5, 9);
	found(DOCTOR_F_WEAK, 2, 12);
	lines_are(CHECKLIST_WIFI, 4, (const uint64_t[]){2, 5, 9, 12});
	/* It works by now: what failed is no proof of it, the weak signal still holds. */
	verdict(DOCTOR_WIFI, DOCTOR_OK, "connected", 20);
	lines_are(CHECKLIST_WIFI, 3, (const uint64_t[]){2, 12, 20});
	view.project_line = 3;
	found(DOCTOR_F_MINIMAL, 3, 3);
	found(DOCTOR_F_SAFEBOOT, 6, 6);
	lines_are(CHECKLIST_FIRMWARE, 2, (const uint64_t[]){3, 6});
	found(DOCTOR_F_SERIAL_OFF, 30, 30);
	found(DOCTOR_F_WRONG_BAUD, 31, 32);
	lines_are(CHECKLIST_CONSOLE, 3, (const uint64_t[]){30, 31, 32});
	/* What concerns no row stands under none. */
	found(DOCTOR_F_CMD_UNKNOWN, 40, 41);
	for (int k = 0; k < CHECKLIST_KEYS; k++) {
		uint64_t lines[8];
		unsigned n = checklist_lines(&view, (enum checklist_key)k, lines, 8);

		for (unsigned i = 0; i < n; i++)
			assert_true(lines[i] < 40);
	}
}

static void checklist_lines__ends__where_there_is_no_room(void **state)
{
	uint64_t lines[3] = {0, 0, 77};

	(void)state;
	verdict(DOCTOR_BOOT, DOCTOR_BAD, "boot_loop", 50);
	found(DOCTOR_F_BOOT_LOOP, 10, 50);
	found(DOCTOR_F_WATCHDOG, 11, 12);
	assert_int_equal(checklist_lines(&view, CHECKLIST_BOOTS, lines, 2), 2);
	assert_true(lines[0] < lines[1]);
	assert_int_equal(lines[1], 50);
	assert_int_equal(lines[2], 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup(f, setup)
	    CASE(checklist__knows_nothing__of_a_silent_device),
	    CASE(checklist__tells__how_a_device_started),
	    CASE(checklist__tells__why_a_device_does_not_run),
	    CASE(checklist__names__the_firmware),
	    CASE(checklist__says__why_the_console_is_silent),
	    CASE(checklist__words__each_reason_of_wifi),
	    CASE(checklist__words__the_access_point_and_the_web),
	    CASE(checklist__shows__the_address_with_the_name),
	    CASE(checklist__words__what_the_broker_said),
	    CASE(checklist__words__an_upgrade),
	    CASE(checklist_lines__gathers__what_a_row_rests_on),
	    CASE(checklist_lines__ends__where_there_is_no_room),
#undef CASE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What single lines and answers make of the doctor's view; whole logs are in test_logcases. */
#include "tasmite/core/tasmota/doctor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PROJECT(v) \
	"00:00:00 Project sonoff Sonoff (Topic s, Fallback DVES_1, GroupTopic g) Version " v "\n"
#define ROM	 " ets Jan  8 2013,rst cause:2, boot mode:(3,6)\n"
#define TRY	 "00:00:01 WIF: Connecting to AP1 home in mode 11N as s-1...\n"
#define JOINED	 "00:00:05 WIF: Connected\n"
#define FAIL	 "00:00:08 WIF: Connect failed as AP cannot be reached\n"
#define RSL(j)	 "00:00:09 RSL: stat/s/RESULT = " j "\n"
#define STATE(j) "00:00:09 MQT: tele/s/STATE = " j "\n"

static struct doctor *doctor;

static int setup(void **state)
{
	(void)state;
	doctor = doctor_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	doctor_free(doctor);
	return 0;
}

/* A log from its beginning. */
static const struct doctor_view *of(const char *log)
{
	doctor_free(doctor);
	doctor = doctor_new();
	doctor_bytes(doctor, (const uint8_t *)log, strlen(log));
	doctor_end(doctor);
	return doctor_view(doctor);
}

struct verdict_case {
	const char *log;
	enum doctor_key key;
	enum doctor_state state;
	const char *reason;
	const char *text;
	uint64_t line;
};

static void verdicts(const struct verdict_case *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct doctor_verdict *v = &of(c[i].log)->verdict[c[i].key];

		if (v->state != c[i].state || strcmp(v->reason, c[i].reason) != 0 ||
		    strcmp(v->text, c[i].text) != 0 || v->line != c[i].line)
			fail_msg("%s is %s, %s '%s', line %llu after:\n%s",
			    doctor_key_name(c[i].key), doctor_state_name(v->state), v->reason,
			    v->text, (unsigned long long)v->line, c[i].log);
	}
}

struct finding_case {
	const char *log;
	enum doctor_finding_id id;
	unsigned count;
	int cause;
	const char *detail;
};

static void finds(const struct finding_case *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct doctor_finding *f = &of(c[i].log)->finding[c[i].id];

		if (f->count != c[i].count || f->cause != c[i].cause ||
		    strcmp(f->detail, c[i].detail) != 0)
			fail_msg("%s: %llu times, cause %d, '%s' after:\n%s",
			    doctor_finding_name(c[i].id), (unsigned long long)f->count, f->cause,
			    f->detail, c[i].log);
	}
}

/* ---- answers ---------------------------------------------------------------------------------- */

static void answers__tell__of_commands(void **state)
{
	static const struct finding_case cases[] = {
	    {RSL("{\"Command\":\"Unknown\"}"), DOCTOR_F_CMD_UNKNOWN, 1, -1, ""},
	    {RSL("{\"Command\":\"Unknown\"}"), DOCTOR_F_CMD_ERROR, 0, -1, ""},
	    {RSL("{\"Command\":\"Error\"}"), DOCTOR_F_CMD_ERROR, 1, -1, ""},
	    {RSL("{\"Command\":\"Done\"}"), DOCTOR_F_CMD_ERROR, 0, -1, ""},
	    /* An empty line is a mistake of the finger, and only the next answer is its own. */
	    {"00:00:08 CMD: \n" RSL("{\"Command\":\"Unknown\"}"), DOCTOR_F_CMD_UNKNOWN, 0, -1, ""},
	    {"00:00:08 CMD: \n" RSL("{\"Command\":\"Unknown\"}") RSL("{\"Command\":\"Unknown\"}"),
		DOCTOR_F_CMD_UNKNOWN, 1, -1, ""},
	    {"00:01:02 CMD: Serial buffer overrun\n", DOCTOR_F_CMD_ERROR, 1, -1, ""},
	    {"CFG: Text overflow by 12 char(s)\n", DOCTOR_F_OVERFLOW, 1, -1, ""},
	    {"00:00:00 SNS: Hardware Serial\n", DOCTOR_F_SERIAL_TAKEN, 1, -1, ""},
	};

	(void)state;
	finds(cases, sizeof(cases) / sizeof(cases[0]));
}

static void answers__tell__of_upgrades(void **state)
{
	static const struct verdict_case cases[] = {
	    {RSL("{\"Upgrade\":\"Version 8.1.0 from http://h/x.bin\"}"), DOCTOR_UPGRADE,
		DOCTOR_TRYING, "running", "", 1},
	    {RSL("{\"Upload\":\"Version 8.1.0 from http://h/x.bin\"}"), DOCTOR_UPGRADE,
		DOCTOR_TRYING, "running", "", 1},
	    {RSL("{\"Upgrade\":\"1 or >6.4.1 to upgrade\"}"), DOCTOR_UPGRADE, DOCTOR_UNKNOWN,
		"not_seen", "", 0},
	    {RSL("{\"Upgrade\":\"Failed  File Not Found (404)\"}"), DOCTOR_UPGRADE, DOCTOR_BAD,
		"failed", "File Not Found (404)", 1},
	    {RSL("{\"Upgrade\":\"Successful. Restarting\"}"), DOCTOR_UPGRADE, DOCTOR_OK, "ok", "",
		1},
	    {"08:57:57 UPL: http://h/x.bin 12.4.0\n", DOCTOR_UPGRADE, DOCTOR_TRYING, "running", "",
		1},
	    {"16:47:52 UPL: File tasmota-minimal.bin ...\n", DOCTOR_UPGRADE, DOCTOR_TRYING,
		"running", "", 1},
	    {"MQT: stat/s/UPGRADE = Failed To less space\n", DOCTOR_UPGRADE, DOCTOR_BAD, "failed",
		"To less space", 1},
	    {"MQT: stat/s/UPGRADE = Successful. Restarting\n", DOCTOR_UPGRADE, DOCTOR_OK, "ok", "",
		1},
	};
	static const struct finding_case space[] = {
	    {"MQT: stat/s/UPGRADE = Failed To less space\n", DOCTOR_F_UPGRADE_SPACE, 1, -1,
		"To less space"},
	    {"Update error: ERROR[4]: Not Enough Space\n", DOCTOR_F_UPGRADE_SPACE, 1, -1,
		"ERROR[4]: Not Enough Space"},
	    {"MQT: stat/s/UPGRADE = Failed Wrong HTTP code\n", DOCTOR_F_UPGRADE_SPACE, 0, -1, ""},
	    {"MQT: stat/s/UPGRADE = Failed Wrong HTTP code\n", DOCTOR_F_UPGRADE_FAILED, 1, -1,
		"Wrong HTTP code"},
	};

	(void)state;
	verdicts(cases, sizeof(cases) / sizeof(cases[0]));
	finds(space, sizeof(space) / sizeof(space[0]));
}

static void answers__tell__why_it_restarted(void **state)
{
	static const struct finding_case cases[] = {
	    {RSL("{\"RestartReason\":\"Power on\"}"), DOCTOR_F_WATCHDOG, 0, -1, ""},
	    {RSL("{\"RestartReason\":\"Hardware Watchdog\"}"), DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {RSL("{\"RestartReason\":\"Software/System restart by watchdog\"}"), DOCTOR_F_WATCHDOG,
		1, -1, ""},
	    {RSL("{\"RestartReason\":\"Blocked Loop\"}"), DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {RSL("{\"RestartReason\":\"Exception\"}"), DOCTOR_F_EXCEPTION, 1, -1, ""},
	    {RSL("{\"RestartReason\":{\"Exception\":29,\"Reason\":\"Exception\"}}"),
		DOCTOR_F_EXCEPTION, 1, 29, ""},
	    {RSL("{\"RestartReason\":{\"Reason\":\"x\"}}"), DOCTOR_F_EXCEPTION, 0, -1, ""},
	    {RSL("{\"RestartReason\":\"Fatal exception:0 flag:2 (EXCEPTION) epc1:0x1\"}"),
		DOCTOR_F_EXCEPTION, 1, 0, ""},
	    {RSL("{\"RestartReason\":\"Fatal exception:4 flag:1 (WDT) epc1:0x1\"}"),
		DOCTOR_F_EXCEPTION, 0, -1, ""},
	    {RSL("{\"RestartReason\":\"Fatal exception:4 flag:1 (WDT) epc1:0x1\"}"),
		DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {RSL("{\"RestartReason\":\"Brownout reset\"}"), DOCTOR_F_BROWNOUT, 1, -1, ""},
	    {RSL("{\"RestartReason\":\"Vbat power on reset / brown out\"}"), DOCTOR_F_BROWNOUT, 1,
		-1, ""},
	};

	(void)state;
	finds(cases, sizeof(cases) / sizeof(cases[0]));
}

static void answers__tell__the_firmware(void **state)
{
	static const struct {
		const char *version, *number, *variant, *name;
	} cases[] = {
	    {"6.1.1", "6.1.1", "", "sonoff"},
	    {"6.1.0-minimal", "6.1.0", "minimal", "sonoff"},
	    {"14.2.0(release-tasmota)", "14.2.0", "tasmota", "tasmota"},
	    {"9.1.0(minimal)", "9.1.0", "minimal", "tasmota"},
	    {"12.2.0.4(safeboot", "12.2.0.4", "safeboot", "tasmota"}, /* cut */
	    {"6.1", "", "", "unknown"},
	    {"1.2.3.4.5.6.7.8.9", "", "", "unknown"},
	    {"next", "", "", "unknown"},
	};
	const struct doctor_view *v;
	char log[200];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(log, sizeof(log), RSL("{\"StatusFWR\":{\"Version\":\"%s\"}}"),
		    cases[i].version);
		v = of(log);
		assert_string_equal(v->version, cases[i].number);
		assert_string_equal(v->variant, cases[i].variant);
		assert_string_equal(v->name, cases[i].name);
		assert_int_equal(v->project_line, cases[i].number[0] ? 1 : 0);
	}
	/* The project line said more of the same version. */
	v = of(PROJECT("6.1.1-2_3_0") RSL("{\"Version\":\"6.1.1\"}"));
	assert_int_equal(v->project_line, 1);
	assert_string_equal(v->core, "2_3_0");
	/* What other keys tell. */
	v = of(RSL("{\"Version\":\"14.2.0\",\"Core\":\"2_7_7\",\"Hardware\":\"ESP8285N08\"}"));
	assert_string_equal(v->core, "2_7_7");
	assert_string_equal(v->chip, "ESP8285N08");
	v = of(RSL("{\"Core\":\"2_7_7\"}")); /* of what? */
	assert_string_equal(v->core, "");
	v = of(PROJECT("14.2.0(tasmota32)-3_1_0"));
	assert_string_equal(v->chip, "ESP32");
}

static void answers__tell__the_rate(void **state)
{
	(void)state;
	assert_int_equal(of(RSL("{\"Baudrate\":9600}"))->baud, 9600);
	assert_int_equal(of(RSL("{\"Baudrate\":299}"))->baud, 0);
	assert_int_equal(of(RSL("{\"Baudrate\":4000001}"))->baud, 0);
	assert_int_equal(of("00:00:00.033 SER: Set to 8N1 19200 bit/s\n")->baud, 19200);
}

static void answers__tell__whether_the_console_speaks(void **state)
{
#define OFF "00:10:00 APP: Serial logging disabled\n"
	static const struct finding_case cases[] = {
	    {OFF, DOCTOR_F_SERIAL_OFF, 1, -1, ""},
	    {OFF RSL("{\"SerialLog\":\"2 (Active 2)\"}"), DOCTOR_F_SERIAL_OFF, 0, -1, ""},
	    {OFF RSL("{\"SerialLog\":{\"2\":{\"Active\":\"2\"}}}"), DOCTOR_F_SERIAL_OFF, 0, -1, ""},
	    {OFF RSL("{\"SerialLog\":1}"), DOCTOR_F_SERIAL_OFF, 0, -1, ""},
	    {OFF RSL("{\"SerialLog\":0}"), DOCTOR_F_SERIAL_OFF, 1, -1, ""},
	    {OFF RSL("{\"SerialLog\":{}}"), DOCTOR_F_SERIAL_OFF, 1, -1, ""},
	    {OFF ROM, DOCTOR_F_SERIAL_OFF, 0, -1, ""},
	};
#undef OFF

	(void)state;
	finds(cases, sizeof(cases) / sizeof(cases[0]));
}

static void answers__tell__the_signal(void **state)
{
	static const struct finding_case cases[] = {
	    /* Quality alone: twice the distance to -100 dBm. */
	    {STATE("{\"Wifi\":{\"AP\":1,\"RSSI\":20}}"), DOCTOR_F_WEAK, 1, -1, "-90 dBm"},
	    {STATE("{\"Wifi\":{\"AP\":1,\"RSSI\":40}}"), DOCTOR_F_WEAK, 1, -1, "-80 dBm"},
	    {STATE("{\"Wifi\":{\"AP\":1,\"RSSI\":42}}"), DOCTOR_F_WEAK, 0, -1, ""},
	    {STATE("{\"Wifi\":{\"AP\":1,\"RSSI\":0}}"), DOCTOR_F_WEAK, 0, -1, ""},
	    {STATE("{\"Wifi\":{\"AP\":1,\"RSSI\":-85}}"), DOCTOR_F_WEAK, 1, -1, "-85 dBm"},
	    /* The level counts where both are told. */
	    {STATE("{\"Wifi\":{\"RSSI\":20,\"Signal\":-60}}"), DOCTOR_F_WEAK, 0, -1, ""},
	    {STATE("{\"Wifi\":{\"RSSI\":80,\"Signal\":-91}}"), DOCTOR_F_WEAK, 1, -1, "-91 dBm"},
	    {STATE("{\"Wifi\":{\"RSSI\":80,\"Signal\":-200}}"), DOCTOR_F_WEAK, 0, -1, ""},
	    /* Of some sensor. */
	    {STATE("{\"BLE\":{\"RSSI\":-90}}"), DOCTOR_F_WEAK, 0, -1, ""},
	    /* A scan: of the network that is set. */
	    {TRY "00:01:06 WIF: SSId home, BSSId 78:96:82:32:BE:D6, Channel 11, RSSI -88\n",
		DOCTOR_F_WEAK, 1, -1, "-88 dBm"},
	    {TRY "00:01:06 WIF: SSId homes, BSSId 78:96:82:32:BE:D6, Channel 11, RSSI -88\n",
		DOCTOR_F_WEAK, 0, -1, ""},
	    {TRY "00:01:06 WIF: SSId hom, BSSId 78:96:82:32:BE:D6, Channel 11, RSSI -88\n",
		DOCTOR_F_WEAK, 0, -1, ""},
	};
	static const struct verdict_case joined[] = {
	    {STATE("{\"Wifi\":{\"AP\":1,\"RSSI\":60}}"), DOCTOR_WIFI, DOCTOR_OK, "connected", "",
		1},
	};

	(void)state;
	finds(cases, sizeof(cases) / sizeof(cases[0]));
	verdicts(joined, 1);
}

static void answers__tell__that_no_name_is_set(void **state)
{
	static const struct verdict_case cases[] = {
	    {RSL("{\"StatusLOG\":{\"SSId\":[\"\",\"\"],\"x\":1}}"), DOCTOR_WIFI, DOCTOR_BAD,
		"no_ssid", "", 1},
	    {RSL("{\"StatusLOG\":{\"SSId\":[\"home\",\"\"],\"x\":1}}"), DOCTOR_WIFI, DOCTOR_UNKNOWN,
		"not_seen", "", 0},
	    /* It is in a network: the list is of another kind. */
	    {JOINED RSL("{\"StatusLOG\":{\"SSId\":[\"\",\"\"],\"x\":1}}"), DOCTOR_WIFI, DOCTOR_OK,
		"connected", "", 1},
	};

	(void)state;
	verdicts(cases, sizeof(cases) / sizeof(cases[0]));
}

static void answers__tell__the_address(void **state)
{
	static const struct verdict_case cases[] = {
	    {RSL("{\"StatusNET\":{\"IPAddress\":\"10.0.0.7\"}}"), DOCTOR_IP, DOCTOR_OK, "assigned",
		"10.0.0.7", 1},
	    {RSL("{\"StatusNET\":{\"IPAddress\":\"0.0.0.0\"}}"), DOCTOR_IP, DOCTOR_UNKNOWN, "none",
		"", 0},
	    {RSL("{\"StatusNET\":{\"IPAddress\":\"255.255.255.255\"}}"), DOCTOR_IP, DOCTOR_UNKNOWN,
		"none", "", 0},
	    {RSL("{\"StatusNET\":{\"IPAddress\":\"192.168.4.1\"}}"), DOCTOR_IP, DOCTOR_UNKNOWN,
		"none", "", 0},
	    {RSL("{\"StatusNET\":{\"IPAddress\":\"10.0.0.777\"}}"), DOCTOR_IP, DOCTOR_UNKNOWN,
		"none", "", 0},
	    {"00:00:42 WIF: SSId D-WLAN: Connected - IP Address 192.168.0.116\n", DOCTOR_IP,
		DOCTOR_OK, "assigned", "192.168.0.116", 1},
	    {"00:00:05 WIF: IPv4 192.168.2.133, mask 255.255.255.0\n", DOCTOR_IP, DOCTOR_OK,
		"assigned", "192.168.2.133", 1},
	    /* Joined, and nothing that needs an address has come. */
	    {TRY JOINED, DOCTOR_IP, DOCTOR_BAD, "none", "", 2},
	    {TRY JOINED "00:00:07 MQT: Connected\n", DOCTOR_IP, DOCTOR_UNKNOWN, "none", "", 0},
	};

	(void)state;
	verdicts(cases, sizeof(cases) / sizeof(cases[0]));
}

/* ---- Wi-Fi -------------------------------------------------------------------------------------- */

static void joins__end__as_the_firmware_says(void **state)
{
	static const struct verdict_case cases[] = {
	    {TRY, DOCTOR_WIFI, DOCTOR_TRYING, "connecting", "", 1},
	    {"00:00:01 WIF: Attempting connection...\n", DOCTOR_WIFI, DOCTOR_TRYING, "connecting",
		"", 1},
	    {TRY FAIL, DOCTOR_WIFI, DOCTOR_BAD, "ap_not_found", "", 2},
	    {TRY "00:00:15 WIF: Connect failed with AP timeout\n", DOCTOR_WIFI, DOCTOR_BAD,
		"timeout", "", 2},
	    {TRY "00:00:15 WIF: Connect failed with AP incorrect password\n", DOCTOR_WIFI,
		DOCTOR_BAD, "wrong_password", "", 2},
	    {TRY "00:00:15 WIF: Connect failed\n", DOCTOR_WIFI, DOCTOR_BAD, "failed", "", 2},
	    {TRY "00:00:15 WIF: Connect failed as no IP address received\n", DOCTOR_WIFI,
		DOCTOR_BAD, "no_ip", "", 2},
	    {TRY "00:00:15 WIF: Connect failed as no IP address received\n", DOCTOR_IP, DOCTOR_BAD,
		"none", "", 2},
	    /* The next attempt leaves what the last one said. */
	    {TRY FAIL TRY, DOCTOR_WIFI, DOCTOR_BAD, "ap_not_found", "", 2},
	    {TRY FAIL ROM TRY, DOCTOR_WIFI, DOCTOR_TRYING, "connecting", "", 4},
	    {TRY FAIL JOINED, DOCTOR_WIFI, DOCTOR_OK, "connected", "", 3},
	    /* An empty name; that of the other slot is none. */
	    {"00:00:01 WIF: Connecting to AP1  in mode 11N as s-1...\n", DOCTOR_WIFI, DOCTOR_BAD,
		"no_ssid", "", 1},
	    {TRY FAIL "00:00:09 WIF: Connecting to AP2  in mode 11N as s-1...\n", DOCTOR_WIFI,
		DOCTOR_BAD, "ap_not_found", "", 2},
	    {"00:00:01 WIF: Connecting to AP1  in mode 11N as s-1...\n" FAIL, DOCTOR_WIFI,
		DOCTOR_BAD, "no_ssid", "", 1},
	    /* What follows from it. */
	    {"00:00:14 HTP: Web server active on s with IP address 10.0.0.7\n", DOCTOR_WIFI,
		DOCTOR_OK, "connected", "", 1},
	    {"00:00:05 MQT: Attempting connection...\n", DOCTOR_WIFI, DOCTOR_OK, "connected", "",
		1},
	    {"18:31:04 NTP: UTC 2020-05-02T17:31:03, DST 2020\n", DOCTOR_WIFI, DOCTOR_OK,
		"connected", "", 1},
	    {JOINED ROM, DOCTOR_WIFI, DOCTOR_UNKNOWN, "not_seen", "", 0},
	};

	(void)state;
	verdicts(cases, sizeof(cases) / sizeof(cases[0]));
}

static void joins__through_an_unknown_word__have_failed(void **state)
{
#define WORD "00:00:09 WIF: Something that no table has\n"
#define NEXT "00:00:12 WIF: Connecting to AP1 home in mode 11N as s-1...\n"
	static const struct verdict_case cases[] = {
	    {ROM TRY WORD NEXT, DOCTOR_WIFI, DOCTOR_BAD, "failed", "", 3},
	    /* Without a word it may have been told to. */
	    {ROM TRY NEXT, DOCTOR_WIFI, DOCTOR_TRYING, "connecting", "", 3},
	    /* At once it is no end. */
	    {ROM TRY "00:00:02 WIF: Something that no table has\n" TRY, DOCTOR_WIFI, DOCTOR_TRYING,
		"connecting", "", 4},
	};
#undef WORD
#undef NEXT

	(void)state;
	verdicts(cases, sizeof(cases) / sizeof(cases[0]));
}

static void joins__with_an_odd_slot__tell_of_lost_settings(void **state)
{
	static const struct finding_case cases[] = {
	    {"00:00:01 WIF: Connecting to AP256 home in mode 11N as s-1...\n",
		DOCTOR_F_SETTINGS_LOST, 1, -1, ""},
	    {"00:00:01 WIF: Connecting to AP2 home in mode 11N as s-1...\n", DOCTOR_F_SETTINGS_LOST,
		0, -1, ""},
	};

	(void)state;
	finds(cases, sizeof(cases) / sizeof(cases[0]));
}

/* Two failed joins of a build that is known for it; a join that works proves the opposite. */
static void known_bad__is_named__after_two_joins(void **state)
{
	static const struct finding_case cases[] = {
	    {PROJECT("6.1.1-2_3_0") TRY FAIL, DOCTOR_F_KNOWN_BAD, 0, -1, ""},
	    {PROJECT("6.1.1-2_3_0") TRY FAIL TRY FAIL, DOCTOR_F_KNOWN_BAD, 3, -1, ""},
	    /* The same line again is no other join. */
	    {PROJECT("6.1.1-2_3_0") TRY FAIL FAIL FAIL, DOCTOR_F_KNOWN_BAD, 0, -1, ""},
	    {PROJECT("6.1.1-2_3_0") TRY FAIL TRY FAIL JOINED, DOCTOR_F_KNOWN_BAD, 0, -1, ""},
	    {PROJECT("6.3.0-2_3_0") TRY FAIL TRY FAIL, DOCTOR_F_KNOWN_BAD, 0, -1, ""},
	    /* Of other firmware. */
	    {PROJECT("6.3.0-2_3_0") TRY FAIL PROJECT("6.1.1-2_3_0") TRY FAIL, DOCTOR_F_KNOWN_BAD, 0,
		-1, ""},
	};

	(void)state;
	finds(cases, sizeof(cases) / sizeof(cases[0]));
}

/* ---- the access point ----------------------------------------------------------------------------- */

static void access_point__is_asked_for__in_many_ways(void **state)
{
#define LATER "00:00:20 CFG: Saved to flash at F7, Count 21, Bytes 1648\n"
#define SOON  "00:00:12 CFG: Saved to flash at F7, Count 21, Bytes 1648\n"
	static const struct verdict_case cases[] = {
	    {"00:00:10 CMD: WifiConfig 2\n" LATER, DOCTOR_AP, DOCTOR_BAD, "asked_not_started", "",
		1},
	    {"00:00:10 CMD: WifiConfig 2\n" SOON, DOCTOR_AP, DOCTOR_UNKNOWN, "not_seen", "", 0},
	    {"00:00:10 CMD: WifiConfig 4\n" LATER, DOCTOR_AP, DOCTOR_UNKNOWN, "not_seen", "", 0},
	    {RSL("{\"WifiConfig\":\"WifiManager selected\"}") LATER, DOCTOR_AP, DOCTOR_BAD,
		"asked_not_started", "", 1},
	    {RSL("{\"WifiConfig\":{\"2\":\"WifiManager\"}}") LATER, DOCTOR_AP, DOCTOR_BAD,
		"asked_not_started", "", 1},
	    {PROJECT("6.1.1-2_3_0") "00:00:09 APP: Button1 multi-press 4\n" LATER, DOCTOR_AP,
		DOCTOR_BAD, "asked_not_started", "", 2},
	    {PROJECT("8.3.0-2_7_1") "00:00:09 APP: Button1 multi-press 4\n" LATER, DOCTOR_AP,
		DOCTOR_UNKNOWN, "not_seen", "", 0},
	    {PROJECT("8.3.0-2_7_1") "00:00:09 APP: Button1 multi-press 6\n" LATER, DOCTOR_AP,
		DOCTOR_BAD, "asked_not_started", "", 2},
	    {PROJECT("8.2.0-2_6_1") "00:00:09 APP: Button1 multi-press 4\n" LATER, DOCTOR_AP,
		DOCTOR_BAD, "asked_not_started", "", 2},
	    {PROJECT("9.1.0-2_7_4") "00:00:09 APP: Button1 multi-press 6\n" LATER, DOCTOR_AP,
		DOCTOR_BAD, "asked_not_started", "", 2},
	    /* Which version, and so which count, is not known. */
	    {"00:00:09 APP: Button1 multi-press 4\n" LATER, DOCTOR_AP, DOCTOR_UNKNOWN, "not_seen",
		"", 0},
	};
#undef SOON

	(void)state;
	verdicts(cases, sizeof(cases) / sizeof(cases[0]));
}

static void access_point__is_judged__by_what_is_heard(void **state)
{
#define ASK  "00:00:10 CMD: WifiConfig 2\n"
#define OPEN "00:00:14 WIF: WifiManager active for 3 minutes\n"
	static const struct verdict_case cases[] = {
	    {ASK OPEN LATER, DOCTOR_AP, DOCTOR_OK, "started", "", 2},
	    {ASK OPEN "00:00:15 HTP: Web server active on s with IP address 192.168.4.1\n",
		DOCTOR_AP, DOCTOR_OK, "started", "", 3},
	    {ASK OPEN "00:00:15 HTP: Web server active on s with IP address (IP unset)\n",
		DOCTOR_AP, DOCTOR_BAD, "ip_unset", "", 3},
	    {"00:00:58 HTP: Redirected to captive portal\n", DOCTOR_AP, DOCTOR_OK, "started", "",
		1},
	    {ASK "00:00:12 APP: Restarting\n", DOCTOR_AP, DOCTOR_BAD, "asked_not_started", "", 1},
	    {ASK ROM, DOCTOR_AP, DOCTOR_BAD, "crashed", "", 1},
	    {ASK "00:00:12 APP: Restarting\n" ROM, DOCTOR_AP, DOCTOR_BAD, "asked_not_started", "",
		1},
	    /* It was up. */
	    {OPEN "00:00:58 HTP: Redirected to captive portal\n00:01:00 APP: Restarting\n",
		DOCTOR_AP, DOCTOR_OK, "started", "", 2},
	    /* Told to be open, and nobody saw it: after its three minutes that is no fault. */
	    {OPEN "00:00:40 APP: Restarting\n", DOCTOR_AP, DOCTOR_BAD, "asked_not_started", "", 1},
	    {OPEN "00:03:14 APP: Restarting\n", DOCTOR_AP, DOCTOR_OK, "started", "", 1},
	    {"00:00:18 WIF: Serial active for 3 minutes\n", DOCTOR_AP, DOCTOR_BAD,
		"mode_opens_none", "", 1},
	    {RSL("{\"WifiConfig\":\"Retry selected\"}"), DOCTOR_AP, DOCTOR_UNKNOWN, "not_seen", "",
		0},
	    {TRY FAIL RSL("{\"WifiConfig\":\"Retry selected\"}"), DOCTOR_AP, DOCTOR_BAD,
		"mode_opens_none", "", 3},
	    {TRY FAIL RSL("{\"WifiConfig\":{\"7\":\"ManagerReset\"}}"), DOCTOR_AP, DOCTOR_UNKNOWN,
		"not_seen", "", 0},
	    {"Wifimanager: Active for 1 minute\n", DOCTOR_AP, DOCTOR_OK, "started", "", 1},
	    {"Wifimanager: Failed to start\n", DOCTOR_AP, DOCTOR_BAD, "asked_not_started", "", 1},
	};
#undef ASK
#undef OPEN
#undef LATER

	(void)state;
	verdicts(cases, sizeof(cases) / sizeof(cases[0]));
}

/* ---- MQTT ------------------------------------------------------------------------------------------- */

static void broker__is_judged__by_what_is_heard(void **state)
{
#define FAILS(host, rc) \
	"00:00:43 MQT: Connect failed to " host ":1883, rc " rc ". Retry in 10 sec\n"
	static const struct verdict_case cases[] = {
	    {"00:00:05 MQT: Attempting connection...\n", DOCTOR_MQTT, DOCTOR_TRYING, "attempting",
		"", 1},
	    {"00:00:07 MQT: Connected\n", DOCTOR_MQTT, DOCTOR_OK, "connected", "", 1},
	    {FAILS("10.0.0.2", "-2"), DOCTOR_MQTT, DOCTOR_BAD, "unreachable", "", 1},
	    {FAILS("10.0.0.2", "5"), DOCTOR_MQTT, DOCTOR_BAD, "refused", "", 1},
	    /* The default of a host that was never set: no fault, unless it is there. */
	    {FAILS("domus1", "-2"), DOCTOR_MQTT, DOCTOR_UNKNOWN, "disabled_or_no_host", "", 1},
	    {FAILS("domus1", "4"), DOCTOR_MQTT, DOCTOR_BAD, "refused", "", 1},
	    {FAILS("", "-2"), DOCTOR_MQTT, DOCTOR_UNKNOWN, "disabled_or_no_host", "", 1},
	    {FAILS("10.0.0.2", "-2") "00:00:50 MQT: Attempting connection...\n", DOCTOR_MQTT,
		DOCTOR_BAD, "unreachable", "", 1},
	    {"MQT: TLS Connect failed to x:8883. Retry in 10 sec\n", DOCTOR_MQTT, DOCTOR_BAD,
		"unreachable", "", 1},
	    {"16:41:56 DNS: Query done. MQTT services found 0\n", DOCTOR_MQTT, DOCTOR_UNKNOWN,
		"disabled_or_no_host", "", 1},
	    {"00:00:07 MQT: Connected\n16:41:56 DNS: Query done. MQTT services found 0\n",
		DOCTOR_MQTT, DOCTOR_OK, "connected", "", 1},
	    /* Published: then there is a broker. Told in the log alone: then there is none. */
	    {STATE("{\"POWER\":\"ON\"}"), DOCTOR_MQTT, DOCTOR_OK, "connected", "", 1},
	    {"00:00:09 MQT: plain words = {}\n", DOCTOR_MQTT, DOCTOR_UNKNOWN, "not_seen", "", 0},
	    {"00:00:09 MQT: notopic = {}\n", DOCTOR_MQTT, DOCTOR_UNKNOWN, "not_seen", "", 0},
	    {JOINED RSL("{\"POWER\":\"ON\"}"), DOCTOR_MQTT, DOCTOR_UNKNOWN, "disabled_or_no_host",
		"", 2},
	    {RSL("{\"POWER\":\"ON\"}"), DOCTOR_MQTT, DOCTOR_UNKNOWN, "not_seen", "", 0},
	};
	static const struct finding_case found[] = {
	    {FAILS("10.0.0.2", "5"), DOCTOR_F_MQTT_REFUSED, 1, 5, "10.0.0.2"},
	    {FAILS("10.0.0.2", "-4"), DOCTOR_F_MQTT_UNREACHABLE, 1, -4, "10.0.0.2"},
	    {FAILS("", "-4"), DOCTOR_F_MQTT_UNREACHABLE, 0, -1, ""},
	};
#undef FAILS

	(void)state;
	verdicts(cases, sizeof(cases) / sizeof(cases[0]));
	finds(found, sizeof(found) / sizeof(found[0]));
}

/* ---- settings, boots ---------------------------------------------------------------------------------- */

static void settings__are_lost__where_they_were_there(void **state)
{
#define NEW "00:00:00 CFG: Use defaults\n"
	static const struct finding_case cases[] = {
	    {NEW, DOCTOR_F_DEFAULTS, 1, -1, ""},
	    {NEW, DOCTOR_F_SETTINGS_LOST, 0, -1, ""},
	    {NEW NEW, DOCTOR_F_SETTINGS_LOST, 1, -1, ""},
	    {"00:00:00 CFG: Loaded from flash at F8, Count 28\n" NEW, DOCTOR_F_SETTINGS_LOST, 1, -1,
		""},
	    /* On purpose. */
	    {JOINED "00:00:09 CMD: Reset 1\n" NEW, DOCTOR_F_SETTINGS_LOST, 0, -1, ""},
	    {JOINED RSL("{\"Reset\":\"Reset and Restarting\"}") NEW, DOCTOR_F_SETTINGS_LOST, 0, -1,
		""},
	    {JOINED "00:00:09 CMD: Restart 1\n" NEW, DOCTOR_F_SETTINGS_LOST, 1, -1, ""},
	    {"00:00:00.050 QPC: Count 2\n", DOCTOR_F_POWER_CYCLES, 0, -1, ""},
	    {"00:00:00.050 QPC: Count 3\n", DOCTOR_F_POWER_CYCLES, 1, 3, ""},
	    {"Restart reason Blocked Loop\n", DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {"00:00:00 APP: Restart reason Blocked Loop\n", DOCTOR_F_WATCHDOG, 1, -1, ""},
	};
#undef NEW

	(void)state;
	finds(cases, sizeof(cases) / sizeof(cases[0]));
}

static void boots__of_an_esp8266__tell_their_mode(void **state)
{
#define ROM_OF(cause, mode) " ets Jan  8 2013,rst cause:" cause ", boot mode:(" mode ",6)\n"
	static const struct verdict_case cases[] = {
	    {ROM_OF("1", "3"), DOCTOR_BOOT, DOCTOR_UNKNOWN, "silent", "", 1},
	    {ROM_OF("1", "1"), DOCTOR_BOOT, DOCTOR_BAD, "download_mode", "", 1},
	    {ROM_OF("1", "7"), DOCTOR_BOOT, DOCTOR_BAD, "no_app", "", 1},
	    {ROM_OF("1", "3") "csum err\n", DOCTOR_BOOT, DOCTOR_BAD, "no_app", "", 2},
	    {ROM_OF("1", "3") "ets_main.c\n", DOCTOR_BOOT, DOCTOR_BAD, "no_app", "", 2},
	    {"waiting for host\n", DOCTOR_BOOT, DOCTOR_BAD, "download_mode", "", 1},
	    {ROM_OF("1", "3") PROJECT("6.1.1-2_3_0"), DOCTOR_BOOT, DOCTOR_OK, "running", "", 2},
	    {PROJECT("6.1.1-2_3_0") "Exception (28):\n", DOCTOR_BOOT, DOCTOR_BAD, "crash", "", 2},
	    {PROJECT("6.1.1-2_3_0") "Soft WDT reset\n", DOCTOR_BOOT, DOCTOR_BAD, "crash", "", 2},
	    /* The middle of a dump. */
	    {">>>stack>>>\n", DOCTOR_BOOT, DOCTOR_BAD, "crash", "", 1},
	};
	static const struct finding_case found[] = {
	    {ROM_OF("1", "1"), DOCTOR_F_GPIO0_LOW, 1, -1, ""},
	    {ROM_OF("1", "7"), DOCTOR_F_GPIO0_LOW, 0, -1, ""},
	    {ROM_OF("4", "3"), DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {ROM_OF("2", "3") "wdt reset\n", DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {PROJECT("6.1.1-2_3_0") "wdt reset\n", DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {"epc1=0x4020e608 epc2=0x0 epc3=0x0 excvaddr=0x0 depc=0x0\n", DOCTOR_F_EXCEPTION, 1, -1,
		""},
	    {"Exception (28):\nepc1=0x4020e608 epc2=0x0 epc3=0x0\n", DOCTOR_F_EXCEPTION, 1, 28, ""},
	};

	(void)state;
	verdicts(cases, sizeof(cases) / sizeof(cases[0]));
	finds(found, sizeof(found) / sizeof(found[0]));
}

static void boots__of_the_esp32_family__tell_their_reset(void **state)
{
#define RST(n, name) "rst:0x" n " (" name "),boot:0x13 (SPI_FAST_FLASH_BOOT)\n"
	static const struct finding_case cases[] = {
	    {RST("1", "POWERON_RESET"), DOCTOR_F_WATCHDOG, 0, -1, ""},
	    {RST("4", "OWDT_RESET"), DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {RST("7", "TG0WDT_SYS_RESET"), DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {RST("9", "RTCWDT_SYS_RESET"), DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {RST("a", "INTRUSION_RESET"), DOCTOR_F_WATCHDOG, 0, -1, ""},
	    {RST("b", "TGWDT_CPU_RESET"), DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {RST("d", "RTCWDT_CPU_RESET"), DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {RST("11", "TG1WDT_CPU_RESET"), DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {RST("12", "SUPER_WDT_RESET"), DOCTOR_F_WATCHDOG, 1, -1, ""},
	    {RST("13", "GLITCH_RTC_RESET"), DOCTOR_F_POWER, 1, -1, ""},
	    {RST("17", "PWR_GLITCH_RESET"), DOCTOR_F_POWER, 1, -1, ""},
	    {RST("f", "RTCWDT_BROWN_OUT_RESET"), DOCTOR_F_BROWNOUT, 1, -1, ""},
	    {RST("f", "RTCWDT_BROWN_OUT_RESET"), DOCTOR_F_WATCHDOG, 0, -1, ""},
	    /* The loader's own watchdog says so of what ran before it. */
	    {RST("10", "RTCWDT_RTC_RESET"), DOCTOR_F_WATCHDOG, 0, -1, ""},
	    {"rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\n",
		DOCTOR_F_GPIO0_LOW, 1, -1, ""},
	    {"Brownout detector was triggered\n", DOCTOR_F_BROWNOUT, 1, -1, ""},
	    {"invalid header: 0xffffffff\n", DOCTOR_F_WRONG_OFFSET, 1, -1, ""},
	    {"flash read err, 1000\n", DOCTOR_F_FLASH_CORRUPT, 1, -1, ""},
	    {"E (57) flash_parts: partition 3 invalid\n", DOCTOR_F_FLASH_CORRUPT, 1, -1, ""},
	    {"abort() was called at PC 0x400d1234 on core 1\n", DOCTOR_F_PANIC, 1, -1, ""},
	    {"Backtrace: 0x40088538:0x3ffd4460\n", DOCTOR_F_PANIC, 1, -1, ""},
	    {"abort() was called at PC 0x400d1234 on core 1\nBacktrace: 0x40088538:0x3ffd4460\n",
		DOCTOR_F_PANIC, 1, -1, ""},
	    {"Rebooting...\n", DOCTOR_F_PANIC, 1, -1, ""},
	};

	(void)state;
	finds(cases, sizeof(cases) / sizeof(cases[0]));
	assert_string_equal(of("ESP-ROM:esp32c6-20220919\n")->chip, "ESP32-C6");
	assert_string_equal(of("ESP-ROM:esp32s3-20210327\n")->chip, "ESP32-S3");
	assert_string_equal(of("ets Jul 29 2019 12:21:46\n")->chip, "ESP32");
	/* Both of one start. */
	assert_int_equal(of("ESP-ROM:esp32c6-20220919\n" RST("1", "POWERON"))->boots, 1);
	assert_int_equal(of(RST("1", "POWERON") RST("1", "POWERON"))->boots, 2);
#undef RST
}

/* Three starts without a good end are a loop; by hand, counted by the firmware, they are none. */
static void boots__without_a_good_end__are_a_loop(void **state)
{
	static const struct verdict_case cases[] = {
	    {ROM "~ld\n" ROM "~ld\n" ROM "~ld\n", DOCTOR_BOOT, DOCTOR_BAD, "boot_loop", "", 5},
	    {ROM PROJECT("6.1.1-2_3_0") "00:00:30 APP: x\n" ROM PROJECT("6.1.1-2_3_0"), DOCTOR_BOOT,
		DOCTOR_OK, "running", "", 5},
	    {ROM PROJECT("14.2.0-2_7_7") "00:00:00 QPC: Count 2\n" ROM PROJECT(
		 "14.2.0-2_7_7") "00:00:00 QPC: Count 3\n" ROM PROJECT("14.2.0-2_7_7") "00:00:00 "
										       "QPC: "
										       "Count 4\n",
		DOCTOR_BOOT, DOCTOR_OK, "running", "", 8},
	    {PROJECT("14.2.0-2_7_7") "00:00:00 FRC: Some settings have been reset (26)\n",
		DOCTOR_BOOT, DOCTOR_BAD, "boot_loop", "", 1},
	};

	(void)state;
	verdicts(cases, sizeof(cases) / sizeof(cases[0]));
}

static void other_firmware__is_told__until_tasmota_speaks(void **state)
{
#define OTHER "[000075] [MAIN] ESPURNA 1.13.5 (83195fd)\n"
	static const struct finding_case cases[] = {
	    {OTHER, DOCTOR_F_NOT_TASMOTA, 1, -1, "ESPURNA"},
	    {OTHER PROJECT("6.1.1-2_3_0"), DOCTOR_F_NOT_TASMOTA, 0, -1, ""},
	    {OTHER JOINED, DOCTOR_F_NOT_TASMOTA, 0, -1, ""},
	    {JOINED OTHER, DOCTOR_F_NOT_TASMOTA, 0, -1, ""}, /* somebody's word */
	};

	(void)state;
	finds(cases, sizeof(cases) / sizeof(cases[0]));
	assert_string_equal(of(PROJECT("6.1.1-2_3_0") ROM OTHER)->name, "other");
	assert_string_equal(of(PROJECT("6.1.1-2_3_0") ROM OTHER)->version, "");
#undef OTHER
}

static void minimal__is_told__of_what_runs_now(void **state)
{
#define WARNING "00:00:00 WARNING This version does not support persistent settings\n"
	static const struct finding_case cases[] = {
	    {PROJECT("6.1.1(minimal)-2_3_0"), DOCTOR_F_MINIMAL, 1, -1, ""},
	    {PROJECT("6.1.1(minimal)-2_3_0") PROJECT("6.1.1-2_3_0"), DOCTOR_F_MINIMAL, 0, -1, ""},
	    {PROJECT("12.2.0(safeboot)-2_0_5"), DOCTOR_F_SAFEBOOT, 1, -1, ""},
	    {PROJECT("12.2.0-2_3_0") WARNING, DOCTOR_F_MINIMAL, 1, -1, ""},
	    {PROJECT("12.2.0(safeboot)-2_0_5") WARNING, DOCTOR_F_SAFEBOOT, 2, -1, ""},
	    {"00:00:00.003 HDW: ESP32-U4WDH\n" PROJECT("12.2.0-2_0_5") WARNING, DOCTOR_F_SAFEBOOT,
		1, -1, ""},
	};
#undef WARNING

	(void)state;
	finds(cases, sizeof(cases) / sizeof(cases[0]));
}

/* ---- the contract ---------------------------------------------------------------------------------------- */

static void doctor_has_problem__counts__troubles_alone(void **state)
{
	(void)state;
	assert_false(doctor_has_problem(of("")));
	assert_false(doctor_has_problem(of("00:00:00 CFG: Use defaults\n"))); /* a notice */
	assert_true(doctor_has_problem(of(TRY FAIL)));
	assert_true(doctor_has_problem(of(RSL("{\"Command\":\"Unknown\"}"))));
}

static void doctor_names__are__of_the_contract(void **state)
{
	(void)state;
	assert_string_equal(doctor_key_name(DOCTOR_AP), "access_point");
	assert_string_equal(doctor_key_name(DOCTOR_KEYS), "none");
	assert_string_equal(doctor_state_name(DOCTOR_TRYING), "trying");
	assert_string_equal(doctor_finding_name(DOCTOR_F_KNOWN_BAD), "known_bad_build");
	assert_int_equal(doctor_finding_key(DOCTOR_F_NO_IP), DOCTOR_IP);
}

/* The first half of the lines and the newest: what lies between is counted only. */
static void findings__keep__the_first_lines_and_the_newest(void **state)
{
	const struct doctor_finding *f;
	static char log[8000];

	(void)state;
	for (int i = 0; i < 40; i++)
		strcat(log, RSL("{\"Command\":\"Unknown\"}"));
	f = &of(log)->finding[DOCTOR_F_CMD_UNKNOWN];
	assert_int_equal(f->count, 40);
	assert_int_equal(f->kept, DOCTOR_LINES);
	assert_int_equal(f->lines[0], 1);
	assert_int_equal(f->lines[DOCTOR_LINES / 2 - 1], DOCTOR_LINES / 2);
	assert_int_equal(f->lines[DOCTOR_LINES / 2], 40 - DOCTOR_LINES / 2 + 1);
	assert_int_equal(f->lines[DOCTOR_LINES - 1], 40);
}

static void doctor_bytes__take__any_line_end(void **state)
{
	static const char *const logs[] = {TRY FAIL,
	    "00:00:01 WIF: Connecting to AP1 home in mode 11N as s-1...\r"
	    "00:00:08 WIF: Connect failed as AP cannot be reached\r",
	    "00:00:01 WIF: Connecting to AP1 home in mode 11N as s-1...\r\n"
	    "00:00:08 WIF: Connect failed as AP cannot be reached"};
	static const char nuls[] = "\n0\0\0"
				   "0:00:09 WIF: Conn\0"
				   "ected\n";

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(of(logs[i])->verdict[DOCTOR_WIFI].reason, "ap_not_found");
	/* NUL bytes, as between the letters of a file of another width, are left out. */
	doctor_bytes(doctor, (const uint8_t *)nuls, sizeof(nuls) - 1);
	assert_string_equal(doctor_view(doctor)->verdict[DOCTOR_WIFI].reason, "connected");
}

static void doctor_written__names__the_build_of_what_runs(void **state)
{
	(void)state;
	(void)of(PROJECT("6.1.1-2_3_0"));
	doctor_written(doctor, "classic");
	assert_string_equal(doctor_view(doctor)->variant, "classic");
	(void)of(PROJECT("6.1.1(lite)-2_3_0")); /* it says so itself */
	doctor_written(doctor, "classic");
	assert_string_equal(doctor_view(doctor)->variant, "lite");
	doctor_free(NULL);
}

/* Unreadable for long, then a line: that is a finding, but what runs was heard. */
static void garbage__is_a_finding__where_it_is_much(void **state)
{
	static char log[1000];
	const struct doctor_view *v;

	(void)state;
	log[0] = '\0';
	for (int i = 0; i < 12; i++)
		strcat(log, "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\n");
	v = of(log);
	assert_string_equal(v->verdict[DOCTOR_BOOT].reason, "garbage");
	assert_int_equal(v->verdict[DOCTOR_BOOT].line, 12);
	strcat(log, JOINED);
	v = of(log);
	assert_string_equal(v->verdict[DOCTOR_BOOT].reason, "running");
	assert_int_equal(v->finding[DOCTOR_F_WRONG_BAUD].count, 2);
	assert_int_equal(v->finding[DOCTOR_F_WRONG_BAUD].lines[0], 1);
	assert_int_equal(v->finding[DOCTOR_F_WRONG_BAUD].lines[1], 12);
	/* Among many lines that can be read it is the ROM's text at its own rate. */
	strcat(log, JOINED JOINED);
	assert_int_equal(of(log)->finding[DOCTOR_F_WRONG_BAUD].count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    CASE(answers__tell__of_commands),
	    CASE(answers__tell__of_upgrades),
	    CASE(answers__tell__why_it_restarted),
	    CASE(answers__tell__the_firmware),
	    CASE(answers__tell__the_rate),
	    CASE(answers__tell__whether_the_console_speaks),
	    CASE(answers__tell__the_signal),
	    CASE(answers__tell__that_no_name_is_set),
	    CASE(answers__tell__the_address),
	    CASE(joins__end__as_the_firmware_says),
	    CASE(joins__through_an_unknown_word__have_failed),
	    CASE(joins__with_an_odd_slot__tell_of_lost_settings),
	    CASE(known_bad__is_named__after_two_joins),
	    CASE(access_point__is_asked_for__in_many_ways),
	    CASE(access_point__is_judged__by_what_is_heard),
	    CASE(broker__is_judged__by_what_is_heard),
	    CASE(settings__are_lost__where_they_were_there),
	    CASE(boots__of_an_esp8266__tell_their_mode),
	    CASE(boots__of_the_esp32_family__tell_their_reset),
	    CASE(boots__without_a_good_end__are_a_loop),
	    CASE(other_firmware__is_told__until_tasmota_speaks),
	    CASE(minimal__is_told__of_what_runs_now),
	    CASE(doctor_has_problem__counts__troubles_alone),
	    CASE(doctor_names__are__of_the_contract),
	    CASE(findings__keep__the_first_lines_and_the_newest),
	    CASE(doctor_bytes__take__any_line_end),
	    CASE(doctor_written__names__the_build_of_what_runs),
	    CASE(garbage__is_a_finding__where_it_is_much),
#undef CASE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

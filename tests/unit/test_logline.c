/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of the log as events: every example of the table, every language, every kind of stamp. */
#include "tasmite/core/tasmota/logline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/core/tasmota/logwords.h"

static struct loglines *reader;

static int make_reader(void **state)
{
	(void)state;
	reader = loglines_new();
	return 0;
}

static int free_reader(void **state)
{
	(void)state;
	loglines_free(reader);
	return 0;
}

static struct logline read_line(const char *line)
{
	struct logline ev;

	logline_read(reader, (const uint8_t *)line, strlen(line), &ev);
	return ev;
}

static void expect(const char *line, enum logline_kind kind)
{
	struct logline ev = read_line(line);

	if (ev.kind != kind)
		fail_msg("'%s' is %s, not %s", line, logline_name(ev.kind), logline_name(kind));
}

static void expect_text(struct logtext t, const char *text)
{
	if (!logtext_is(t, text))
		fail_msg("'%.*s' is not '%s'", (int)t.n, t.p, text);
}

/* Ids of the table that are told apart by fields, or that mean no more than their tag. */
static const char *other_name(const char *id)
{
	static const char *const pairs[][2] = {{"time_prefix", "cfg_defaults"},
	    {"project_old", "project"}, {"project_new", "project"}, {"usb_cdc", "generic_tag"},
	    {"cfg_cr", "generic_tag"}, {"boot_count", "generic_tag"}, {"src", "generic_tag"},
	    {"set_baud_old", "set_baud"}, {"set_baud_new", "set_baud"}, {"hwcdc", "generic_tag"},
	    {"cmd_debug", "generic_tag"}, {"unknown_cmd", "rsl_json"}, {"cmd_error", "rsl_json"},
	    {"status_fwr", "rsl_json"}, {"status_ssid", "rsl_json"}, {"status_mem", "rsl_json"},
	    {"restart_reason", "rsl_json"}, {"restart_exception", "rsl_json"},
	    {"pwd_result", "rsl_json"}, {"wif_attempt", "wif_other"}, {"wif_check", "wif_other"},
	    {"wif_ipv6", "wif_other"}, {"wif_serialconfig", "wif_no_ap_mode"},
	    {"wif_smartconfig", "wif_no_ap_mode"}, {"wif_smart_saved", "wif_other"},
	    {"wif_wps_active", "wif_no_ap_mode"}, {"wif_saved", "wif_other"},
	    {"wif_trying", "wif_other"}, {"wif_scan", "wif_other"}, {"wif_patch2186", "wif_other"},
	    {"wif_retry_mode", "wif_other"}, {"wif_dns_fail", "wif_other"},
	    {"mode_apsta_json", "rsl_json"}, {"http_page", "generic_tag"},
	    {"http_referer", "generic_tag"}, {"mqt_subscribe", "generic_tag"},
	    {"mdns", "generic_tag"}, {"info1", "rsl_json"}, {"info2", "rsl_json"},
	    {"button_imm", "generic_tag"}, {"reset_cmd", "rsl_json"},
	    {"wificonfig_sel", "rsl_json"}, {"ota_accept", "rsl_json"}, {"ota_badarg", "rsl_json"},
	    {"ota_conn", "ota_error"}, {"ota_incompat", "generic_tag"},
	    {"arduino_ota", "generic_tag"}, {"stack8266_line", "stack8266"},
	    {"fatal8266", "exc8266"}, {"rom32_new", "rom32_ets"}, {"psram_off", "generic_tag"},
	    {"stock_sonoff", "not_tasmota"}, {"berry", "generic_tag"}, {"ufs", "generic_tag"},

	    {"upload_space", "ota_error"}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (!strcmp(pairs[i][0], id))
			return pairs[i][1];
	return id;
}

static void logline_read__knows__every_example_of_the_table(void **state)
{
	unsigned wrong = 0;

	(void)state;
	assert_true(logwords_pattern_count >= 131);
	for (size_t i = 0; i < logwords_pattern_count; i++) {
		const struct logwords_pattern *p = &logwords_patterns[i];
		struct logline ev = read_line(p->example);

		if (strcmp(logline_name(ev.kind), other_name(p->id)) == 0)
			continue;
		print_error("%s: '%s' is %s\n", p->id, p->example, logline_name(ev.kind));
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void logline_read__knows__joins_in_all_languages(void **state)
{
	unsigned done = 0;

	(void)state;
	for (size_t i = 0; i < logwords_count; i++) {
		const struct logwords_row *row = &logwords_rows[i];
		char line[300];

		for (size_t k = 0; k < logwords_count; k++) {
			struct logline ev;

			if (!(row->keys & WORD_CONNECTING) ||
			    !(logwords_rows[k].keys & WORD_IN_MODE))
				continue;
			snprintf(line, sizeof(line),
			    "00:00:01 WIF: %s1 My net 2 %s 11N wie sonoff-12...", row->text,
			    logwords_rows[k].text);
			ev = read_line(line);
			if (ev.kind != LOGLINE_CONNECTING || ev.num != 1 ||
			    !logtext_is(ev.text, "My net 2") || !logtext_is(ev.text2, "sonoff-12"))
				fail_msg("%s: %s '%.*s'", line, logline_name(ev.kind),
				    (int)ev.text.n, ev.text.p);
			snprintf(line, sizeof(line), "00:00:01 WIF: %s1  %s 11n as a...", row->text,
			    logwords_rows[k].text);
			ev = read_line(line);
			if (ev.kind != LOGLINE_CONNECTING || ev.text.n || !ev.num2)
				fail_msg("%s: %s '%.*s'", line, logline_name(ev.kind),
				    (int)ev.text.n, ev.text.p);
			done++;
		}
	}
	assert_true(done > 500);
}

static void logline_read__knows__words_in_all_languages(void **state)
{
	static const struct {
		uint32_t key;
		const char *before, *after;
		enum logline_kind kind;
	} how[] = {
	    {WORD_NO_IP, "WIF: ", "", LOGLINE_NO_IP},
	    {WORD_NOT_REACHED, "WIF: ", "", LOGLINE_NOT_REACHED},
	    {WORD_WRONG_PASSWORD, "WIF: ", "", LOGLINE_WRONG_PASSWORD},
	    {WORD_FAILED, "WIF: ", "", LOGLINE_FAILED},
	    {WORD_TIMEOUT, "WIF: ", "", LOGLINE_TIMEOUT},
	    {WORD_CONNECTED, "WIF: ", "", LOGLINE_CONNECTED},
	    {WORD_CONNECTED, "MQT: ", "", LOGLINE_MQTT_OK},
	    {WORD_ATTEMPTING, "MQT: ", "", LOGLINE_MQTT_TRY},
	    {WORD_ACTIVE_3, "WIF: WifiManager ", "", LOGLINE_MANAGER},
	    {WORD_NO_START, "WIF: WifiManager ", "", LOGLINE_MANAGER_FAILED},
	    {WORD_NO_START, "WIF: WPSConfig", "", LOGLINE_WPS_FAILED},
	    {WORD_ACTIVE_3, "WIF: WPSConfig ", "", LOGLINE_NO_AP_MODE},
	    {WORD_RESTARTING, "APP: ", "", LOGLINE_RESTARTING},
	    {WORD_SERIAL_OFF, "APP: ", "", LOGLINE_SERIAL_OFF},
	    {WORD_SET_BAUD, "APP: ", " 43200", LOGLINE_SET_BAUD},
	    {WORD_DEFAULTS, "CFG: ", "", LOGLINE_DEFAULTS},
	    {WORD_LOADED, "CFG: ", " F8, Count 20", LOGLINE_LOADED},
	    {WORD_MINIMAL, "", "", LOGLINE_MINIMAL},
	    {WORD_REDIRECTED, "HTP: ", "", LOGLINE_CAPTIVE},
	    {WORD_WEB_STOPPED, "HTP: ", "", LOGLINE_WEB_STOPPED},
	    {WORD_NO_NETWORKS, "HTP: ", "", LOGLINE_NO_NETWORKS},
	    {WORD_FILE, "UPL: ", " tasmota.bin ...", LOGLINE_UPGRADE_FILE},
	};
	unsigned wrong = 0, done = 0;

	(void)state;
	for (size_t i = 0; i < logwords_count; i++)
		for (size_t k = 0; k < sizeof(how) / sizeof(how[0]); k++) {
			char line[300];
			struct logline ev;

			if (!(logwords_rows[i].keys & how[k].key))
				continue;
			snprintf(line, sizeof(line), "00:00:07 %s%s%s", how[k].before,
			    logwords_rows[i].text, how[k].after);
			ev = read_line(line);
			done++;
			if (ev.kind == how[k].kind)
				continue;
			print_error("'%s' is %s\n", line, logline_name(ev.kind));
			wrong++;
		}
	assert_true(done > 500);
	assert_int_equal(wrong, 0);
}

static void logline_read__passes__stamps_of_terminals(void **state)
{
	static const char *const stamps[] = {"", "12:34:56.789 -> ", "[12:34:56] ",
	    "[12:34:56.789] ", "[12:34:56:789]", "[2018-11-04 13:04:05] ",
	    "[2018-11-04 13:04:05.123] ", "2018-11-04 13:04:05,123 ", "2018-11-04T13:04:05.123Z ",
	    "04.11.2018 13:04:05 ", "11/04/2018 01:04:05 PM: ", "Nov  4 13:04:05 ",
	    "Jun  2 20:09:27 host ESP-", "<134>Jun  2 20:09:27 tasmota-1 ESP-", "> ", "    ",
	    "12: ", "13:04:05.120 > ", "RX: ", "1541336645.123 ", "[  12.345678] ", "\xff\xfe\x80 ",
	    "\xe2\xb8\xae\xe2\xb8\xae", "rl\x9c\x02~|\x80", "\x1b[0m",
	    "16:20:01.123 RECV: ", "(12:34:56) ", "|"};
	static const char *const bodies[] = {"00:00:07 WIF: Connect failed as AP cannot be reached",
	    "00:00:07.123 WIF: Connect failed as AP cannot be reached",
	    "00:00:07.123-026 WIF: Connect failed as AP cannot be reached",
	    "00:00:07.123-217/71 WIF: Connect failed as AP cannot be reached",
	    "WIF: Connect failed as AP cannot be reached\r",
	    "00:00:07WIF: Connect failed as AP cannot be reached  "};
	char line[200];

	(void)state;
	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++)
		for (size_t k = 0; k < sizeof(bodies) / sizeof(bodies[0]); k++) {
			struct logline ev;

			snprintf(line, sizeof(line), "%s%s", stamps[i], bodies[k]);
			expect(line, LOGLINE_NOT_REACHED);
			ev = read_line(line);
			if (strstr(bodies[k], "00:00:07"))
				assert_int_equal(ev.seconds, 7);
		}
}

static void logline_read__passes__stamps_before_what_has_no_tag(void **state)
{
	static const char *const stamps[] = {"", "12:34:56.789 -> ", "[12:34:56] ",
	    "[2018-11-04 13:04:05.123] ", "2018-11-04 13:04:05,123 ", "[12:34:56:789]", "> ",
	    "Nov  4 13:04:05 ", "\xff\x80\x01"};
	static const char project[] = "00:00:00.048 Project tasmota - Tasmota Version "
				      "14.2.0(release-tasmota)-2_7_7(2024-08-14T12:36:22)";
	char line[300];

	(void)state;
	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
		struct logline ev;

		snprintf(line, sizeof(line), "%s%s", stamps[i], project);
		ev = read_line(line);
		if (ev.kind != LOGLINE_PROJECT)
			fail_msg("%s is %s", line, logline_name(ev.kind));
		expect_text(ev.version, "14.2.0");
		expect_text(ev.variant, "tasmota");
		expect_text(ev.core, "2_7_7");
		snprintf(line, sizeof(line), "%s ets Jan  8 2013,rst cause:4, boot mode:(1,6)",
		    stamps[i]);
		ev = read_line(line);
		assert_int_equal(ev.kind, LOGLINE_ROM8266);
		assert_int_equal(ev.num, 4);
		assert_int_equal(ev.num2, 1);
		snprintf(line, sizeof(line), "%s~ld", stamps[i]);
		expect(line, LOGLINE_APP_START);
	}
}

static void logline_read__takes__project_lines_apart(void **state)
{
	static const struct {
		const char *line, *version, *variant, *core;
	} cases[] = {
	    {"00:00:00 APP: Project sonoff Sonoff (Topic sonoff, Fallback DVES_E9DBD3, GroupTopic "
	     "sonoffs) Version 3.9.22",
		"3.9.22", "", ""},
	    {"00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_4B67BA, GroupTopic "
	     "sonoffs) "
	     "Version 6.1.1-minimal-2_3_0",
		"6.1.1", "minimal", "2_3_0"},
	    {"00:00:00 Project sonoff Sonoff (Topic s, Fallback DVES_4B67BA, GroupTopic s) Version "
	     "6.6.0.1(sonoff)-2_5_2",
		"6.6.0.1", "sonoff", "2_5_2"},
	    {"00:00:00 Project sonoff Sonoff (Topic s, Fallback DVES_4B67BA, GroupTopic s) Version "
	     "5.12.0c-STAGED",
		"5.12.0c", "", "STAGED"},
	    {"00:00:00 Projekt tasmota Tasmota Version 8.3.1(DE)-2_7_1(2020-05-18T11:30:21)",
		"8.3.1", "DE", "2_7_1"},
	    {"00:00:00.100 Project tasmota - My Lamp Version "
	     "12.2.0.4(safeboot)-2_0_5_3(2022-11-10T19:"
	     "12:22)",
		"12.2.0.4", "safeboot", "2_0_5_3"},
	    {"00:00:00.100 \xd0\x9f\xd1\x80\xd0\xbe\xd0\xb5\xd0\xba\xd1\x82 tasmota - T "
	     "\xd0\x92\xd0\xb5\xd1\x80\xd1\x81\xd0\xb8\xd1\x8f "
	     "15.2.0(release-lite)-2.7.8(2026-01-01T"
	     "00:00:00)",
		"15.2.0", "lite", "2.7.8"},
	    {"00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_4B67BA, GroupTo", "", "",
		""},
	    {"00:00:00.100 Project tasmota - Tasmota Version 12.2.0(tasmo", "12.2.0", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct logline ev = read_line(cases[i].line);

		expect(cases[i].line, LOGLINE_PROJECT);
		expect_text(ev.version, cases[i].version);
		expect_text(ev.variant, cases[i].variant);
		expect_text(ev.core, cases[i].core);
	}
	expect("esptool.py v2.8.1(x) Version 3.1.2(y)", LOGLINE_NONE);
}

static void logline_read__finds__address_of_the_web_server(void **state)
{
	struct logline ev;

	(void)state;
	ev = read_line("00:00:14 HTP: Web server active on LED with IP address 192.168.4.1");
	assert_int_equal(ev.kind, LOGLINE_WEB);
	expect_text(ev.text, "192.168.4.1");
	ev = read_line("00:00:14 HTP: Web server active on a.local with IP address 10.0.1.xxx");
	expect_text(ev.text, "10.0.1.xxx");
	ev = read_line(
	    "00:00:14 HTP: Web server active on sonoff-1.local with IP address (IP unset)");
	assert_int_equal(ev.kind, LOGLINE_WEB);
	assert_int_equal(ev.text.n, 0);
	ev = read_line("00:00:14 HTP: Main Menu");
	assert_int_equal(ev.kind, LOGLINE_TASMOTA);
}

static void logline_member__goes__over_nested_json(void **state)
{
	static const char json[] =
	    "{\"StatusFWR\":{\"Version\":\"6.3.0\",\"Core\" : \"2_3_0\"},\"N\":5,"
	    "\"L\":[\"a\",\"b\"],\"E\":\"q\\\"x\",\"Cut\":\"abc";
	struct logtext t = {json, sizeof(json) - 1}, key, value;
	static const char *const want[][2] = {{"StatusFWR", NULL}, {"Version", "6.3.0"},
	    {"Core", "2_3_0"}, {"N", "5"}, {"L", NULL}, {"E", "q\\\"x"}, {"Cut", "abc"}};
	size_t at = 0, n = 0;

	(void)state;
	for (; logline_member(t, &at, &key, &value); n++) {
		assert_true(n < sizeof(want) / sizeof(want[0]));
		expect_text(key, want[n][0]);
		if (want[n][1])
			expect_text(value, want[n][1]);
	}
	assert_int_equal(n, sizeof(want) / sizeof(want[0]));
}

static void logline_read__tells__lines_by_their_structure(void **state)
{
	static const struct {
		const char *line;
		enum logline_kind kind;
		int32_t num, num2;
		const char *text;
	} cases[] = {
	    {"00:00:00 APP: Some settings have been reset (26)", LOGLINE_FRC, 26, 0, ""},
	    {"00:00:00 APP: Some settings have been reset", LOGLINE_FRC, -1, 0, ""},
	    {"00:00:00 FRC: Some settings have been reset ()", LOGLINE_FRC, -1, 0, ""},
	    {"00:00:00 APP: Restart reason Blocked Loop", LOGLINE_BLOCKED, 0, 0, ""},
	    {"18:31:04 APP: (UTC) Thu May 02 17:31:03 2020", LOGLINE_TIME, 2020, 0, ""},
	    {"18:31:04 APP: UTC time", LOGLINE_TIME, 0, 0, ""},
	    {"18:31:04 RTC: Synced by NTP", LOGLINE_TASMOTA, 0, 0, ""},
	    /* A rate that none can be; a number that is one of the usual ones, whatever the words. */
	    {"00:00:00 APP: Set Baudrate to 115200", LOGLINE_SET_BAUD, 115200, 0, ""},
	    {"00:00:00 APP: Set Baudrate to 5000000", LOGLINE_TASMOTA, 5000000, 0, ""},
	    {"00:00:00 APP: Irgendwas 19200", LOGLINE_SET_BAUD, 19200, 0, ""},
	    {"00:00:00 APP: Irgendwas 19201", LOGLINE_TASMOTA, 19201, 0, ""},
	    {"00:00:00.033 SER: Set to 8N1 4000001 bit/s", LOGLINE_TASMOTA, 4000001, 0, ""},
	    {"00:00:00.033 SER: Set to 8N1", LOGLINE_TASMOTA, 0, 0, ""},
	    {"00:00:00.033 BTN: Button1 multi-press 4", LOGLINE_PRESSES, 4, 0, ""},
	    {"00:00:00.033 BTN: Button1 Presses 4", LOGLINE_PRESSES, 4, 0, ""},
	    {"00:00:00.033 BTN: Button1 something 4", LOGLINE_TASMOTA, 0, 0, ""},
	    {"00:00:00.033 BTN: Button multi-press 4", LOGLINE_TASMOTA, 0, 0, ""},
	    {"00:00:00.033 BTN: Button1 multi-press", LOGLINE_TASMOTA, 0, 0, ""},
	    {"00:00:00.033 BTN: Button1 4", LOGLINE_TASMOTA, 0, 0, ""},
	    {"00:00:00.033 BTN: x", LOGLINE_TASMOTA, 0, 0, ""},
	    {"00:00:00 CFG: Save x", LOGLINE_SAVED, 0, 0, ""},
	    /* One bit is taken away by each start. */
	    {"00:00:00 QPC: Flag FF", LOGLINE_QPC_COUNT, 0, 0, ""},
	    {"00:00:00 QPC: Flag FE", LOGLINE_QPC_COUNT, 1, 0, ""},
	    {"00:00:00 QPC: Flag f8", LOGLINE_QPC_COUNT, 3, 0, ""},
	    {"00:00:00 QPC: Flag 80", LOGLINE_QPC_COUNT, 7, 0, ""},
	    {"00:00:00 QPC: Flag ", LOGLINE_TASMOTA, 0, 0, ""},
	    {"00:00:00 QPC: Something", LOGLINE_TASMOTA, 0, 0, ""},
	    {"00:00:43 MQT: Connect failed to 10.0.0.2:1883, rc -2. Retry", LOGLINE_MQTT_FAILED, -2,
		0, "10.0.0.2"},
	    {"00:00:43 MQT: Connect failed to broker, rc 5. Retry", LOGLINE_MQTT_FAILED, 5, 0,
		"broker"},
	    {"00:00:43 MQT: Connect to broker, rc 0. Fine", LOGLINE_TASMOTA, 0, 0, ""},
	    {"MQT: TLS Connect error 1", LOGLINE_MQTT_TLS, 0, 0, ""},
	    {"MQT: TLS Connect fine", LOGLINE_TASMOTA, 0, 0, ""},
	    {"08:57:57 UPL: https://h/x.bin 12.4.0", LOGLINE_UPGRADE_URL, 0, 0, "https://h/x.bin"},
	    {"16:47:52 UPL: File a (1).bin ...", LOGLINE_UPGRADE_FILE, 0, 0, "a"},
	    {"16:47:52 UPL: File a.bin ...", LOGLINE_UPGRADE_FILE, 0, 0, "a.bin"},
	    {"16:47:52 UPL: ERROR[4]: Not Enough", LOGLINE_UPGRADE_ERROR, 0, 0,
		"ERROR[4]: Not Enough"},
	    {"16:47:52 UPL: Error: no", LOGLINE_UPGRADE_ERROR, 0, 0, "Error: no"},
	    {"16:47:52 UPL: Something", LOGLINE_TASMOTA, 0, 0, ""},
	    {"16:47:52 OTA: an error", LOGLINE_UPGRADE_ERROR, 0, 0, "an error"},
	    {"16:47:52 OTA: unsupported", LOGLINE_UPGRADE_ERROR, 0, 0, "unsupported"},
	    {"16:47:52 OTA: fine", LOGLINE_TASMOTA, 0, 0, ""},
	    {"16:41:56 DNS: Query done with 0 mqtt services found", LOGLINE_MQTT_SEARCH, 0, 0, ""},
	    {"16:41:56 DNS: Query done. MQTT services found 1", LOGLINE_TASMOTA, 0, 0, ""},
	    {"00:00:00 SNS: something", LOGLINE_TASMOTA, 0, 0, ""},
	    {"00:00:00.003 HDW: ESP32-D0WD (PSRAM found)", LOGLINE_HDW, 0, 0, "ESP32-D0WD"},
	    {"CMD: Fall back to serial port", LOGLINE_TASMOTA, 0, 0, ""},
	    {"Update error: No", LOGLINE_UPGRADE_ERROR, 0, 0, "No"},
	    {"ERROR[6]: x", LOGLINE_UPGRADE_ERROR, 0, 0, "ERROR[6]: x"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct logline ev = read_line(cases[i].line);

		if (ev.kind != cases[i].kind || ev.num != cases[i].num ||
		    ev.num2 != cases[i].num2 ||
		    (cases[i].text[0] && !logtext_is(ev.text, cases[i].text)))
			fail_msg("'%s' is %s, %d %d '%.*s'", cases[i].line, logline_name(ev.kind),
			    (int)ev.num, (int)ev.num2, (int)ev.text.n, ev.text.p);
	}
}

/* Loads, dumps of a stack, and what only looks like them. */
static void logline_read__tells__the_loaders_lines(void **state)
{
	static const struct {
		const char *line;
		enum logline_kind kind;
		int32_t num2;
	} cases[] = {
	    {"load:0x3fff0018,len:4", LOGLINE_LOAD32, 0},
	    {"load:0x3f400020,len:100", LOGLINE_LOAD32, 1}, /* an application's place */
	    {"load:0x3c040020,len:100", LOGLINE_LOAD32, 1},
	    {"load:0x42000020,len:100", LOGLINE_LOAD32, 1},
	    {"load:0x3fff0018,len:0x1a0", LOGLINE_LOAD32, 0},
	    {"load:0x3fff0018,len:-1", LOGLINE_LOAD32, 1}, /* nonsense is no loader */
	    {"load:0x3fff0018,len:9999999", LOGLINE_LOAD32, 1},
	    {"3fff47e0:  05a0fd27 00000004", LOGLINE_STACK, 0},
	    {"40104000: 05a0fd27 00000004", LOGLINE_STACK, 0},
	    {"3fff47e0  05a0fd27 00000004", LOGLINE_STACK, 0},
	    {"5fff47e0:  05a0fd27 00000004", LOGLINE_NONE, 0},
	    {"3fff47e0;  05a0fd27 00000004", LOGLINE_NONE, 0},
	    {"3fff47e0:05a0fd27 00000004", LOGLINE_NONE, 0},
	    {"3fff47e:  05a0fd27 00000004", LOGLINE_NONE, 0},
	    {"3fff47e0: ", LOGLINE_NONE, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct logline ev = read_line(cases[i].line);

		if (ev.kind != cases[i].kind || ev.num2 != cases[i].num2)
			fail_msg(
			    "'%s' is %s, %d", cases[i].line, logline_name(ev.kind), (int)ev.num2);
	}
}

static void logline_read__tells__joins_by_their_structure(void **state)
{
	static const struct {
		const char *line;
		enum logline_kind kind;
		int32_t num;
		const char *text;
	} cases[] = {
	    {"WIF: Connecting to AP1 home in mode 11 N as s-1...", LOGLINE_CONNECTING, 1, "home"},
	    {"WIF: Connecting to AP2 home in mode HT20 as s-1...", LOGLINE_CONNECTING, 2, "home"},
	    {"WIF: Connecting to AP1 home in mode VHT20 as s-1...", LOGLINE_CONNECTING, 1, "home"},
	    {"WIF: Connecting to AP1 home in mode HE as s-1...", LOGLINE_CONNECTING, 1, "home"},
	    /* A name that looks like the end of the line. */
	    {"WIF: Connecting to AP1 in mode 11N in mode 11N as s-1...", LOGLINE_CONNECTING, 1,
		"in mode 11N"},
	    {"WIF: Connecting to AP1 my home Channel 11 BSSId AA:BB:CC:DD:EE:FF in mode 11N as "
	     "s-1...",
		LOGLINE_CONNECTING, 1, "my home"},
	    {"WIF: Connecting to AP1 my home Channel x BSSId AA:BB:CC:DD:EE:FF in mode 11N as "
	     "s-1...",
		LOGLINE_CONNECTING, 1, "my home Channel x"},
	    {"WIF: Connecting to AP1 my home", LOGLINE_CONNECTING, 1, "my home"}, /* cut */
	    {"WIF: Connecting to AP indebuurt as s-1 ...", LOGLINE_TESTING, 0, "indebuurt"},
	    {"WIF: Connecting to AP 5 net", LOGLINE_CONNECTING, 5, "net"},
	    {"WIF: Connecting to AP net 5 x", LOGLINE_WIFI, 0, ""}, /* cut, and no slot */
	    /* Before 3.9. */
	    {"WIF: Connecting to AP1 home as s-1 ...", LOGLINE_CONNECTING, 1, "home"},
	    {"WIF: IPv4 10.0.0.7, mask 255.255.255.0", LOGLINE_IPV4, 0, "10.0.0.7"},
	    {"WIF: Network 1, AP1, SSId r00t, Channel 11, BSSId 78:96:82:32:BE:D6, RSSI -58",
		LOGLINE_SCANNED, -58, "r00t"},
	    {"WIF: x SSId r00t, Channel 11, RSSI -58", LOGLINE_WIFI, 0, ""},
	    {"WIF: SSId r00t, Channel 11", LOGLINE_WIFI, 0, ""},
	    {"WIF: No networks found", LOGLINE_NO_NETWORKS, 0, ""},
	    {"HTP: Upgrade started", LOGLINE_UPGRADE_FILE, 0, ""},
	    {"HTP: Web server active on s with IP address:10.0.0.7", LOGLINE_WEB, 0, "10.0.0.7"},
	    {"HTP: Web server active on s with IP address 10.0.0.7.", LOGLINE_WEB, 0, "10.0.0.7"},
	    {"HTP: 10.0.0.7 asks", LOGLINE_TASMOTA, 0, ""}, /* words in front are too few */
	    {"WIF: WifiManager FAILED", LOGLINE_MANAGER_FAILED, 0, "WifiManager"},
	    {"WIF: Smartconfig active", LOGLINE_NO_AP_MODE, 0, "Smartconfig"},
	    {"WIF: SmartConfig", LOGLINE_WIFI, 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct logline ev = read_line(cases[i].line);

		if (ev.kind != cases[i].kind || ev.num != cases[i].num ||
		    (cases[i].text[0] && !logtext_is(ev.text, cases[i].text)))
			fail_msg("'%s' is %s, %d '%.*s'", cases[i].line, logline_name(ev.kind),
			    (int)ev.num, (int)ev.text.n, ev.text.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(logline_read__knows__every_example_of_the_table),
	    cmocka_unit_test(logline_read__knows__joins_in_all_languages),
	    cmocka_unit_test(logline_read__knows__words_in_all_languages),
	    cmocka_unit_test(logline_read__passes__stamps_of_terminals),
	    cmocka_unit_test(logline_read__passes__stamps_before_what_has_no_tag),
	    cmocka_unit_test(logline_read__takes__project_lines_apart),
	    cmocka_unit_test(logline_read__finds__address_of_the_web_server),
	    cmocka_unit_test(logline_member__goes__over_nested_json),
	    cmocka_unit_test(logline_read__tells__lines_by_their_structure),
	    cmocka_unit_test(logline_read__tells__the_loaders_lines),
	    cmocka_unit_test(logline_read__tells__joins_by_their_structure),
	};

	return cmocka_run_group_tests(tests, make_reader, free_reader);
}

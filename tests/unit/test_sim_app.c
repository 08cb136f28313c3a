/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The application of the virtual device: boot logs, console, backlog, settings, in virtual time. */
#include "test_sim_app_rig.h"

#include "../sim/tasmota_ident.h"

static void ident(const char *build, struct tas_build *b)
{
	uint8_t *image = malloc(TAS_IMAGE_MAX);
	struct tas_image_spec spec = {build, 0, 3, 0x20};

	assert_non_null(image);
	size_t n = tas_image_make(&spec, image);
	tas_ident(b, image, n);
	assert_int_equal(b->size, n);
	free(image);
}

static void ident__names_the_build__for_each_made_image(void **state)
{
	static const struct {
		const char *build, *variant, *core;
		uint32_t version;
		bool exact;
	} t[] = {{"6.1.1-full", "full", "2_3_0", TAS_V(6, 1, 1, 0), false},
	    {"6.1.1-minimal", "minimal", "2_3_0", TAS_V(6, 1, 1, 0), false},
	    {"6.1.1-classic", "classic", "2_3_0", TAS_V(6, 1, 1, 0), false},
	    {"8.5.0-full", "full", "2_7_4_1", TAS_V(8, 5, 0, 0), true},
	    {"8.5.0-minimal", "minimal", "2_7_4_1", TAS_V(8, 5, 0, 0), true},
	    {"14.2.0-full", "full", "2_7_7", TAS_V(14, 2, 0, 0), false},
	    {"14.2.0-minimal", "minimal", "2_7_7", TAS_V(14, 2, 0, 0), false},
	    {"15.2.0-full", "full", "2.7.8", TAS_V(15, 2, 0, 0), false}};
	struct tas_build b;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ident(t[i].build, &b);
		assert_true(b.tasmota);
		assert_string_equal(b.variant, t[i].variant);
		assert_string_equal(b.core, t[i].core);
		assert_int_equal(b.version, t[i].version);
		assert_int_equal(b.exact, t[i].exact);
		assert_int_equal(b.minimal, !strcmp(t[i].variant, "minimal"));
	}
	ident("other", &b);
	assert_false(b.tasmota);
}

static void image__has_right_checksums__in_both_parts(void **state)
{
	uint8_t *p = malloc(TAS_IMAGE_MAX);
	struct tas_image_spec spec = {"8.5.0-full", 500000, 2, 0x40};

	(void)state;
	assert_non_null(p);
	size_t n = tas_image_make(&spec, p);
	assert_int_equal(n, 500000);
	assert_int_equal(p[2], 2);
	assert_int_equal(p[3], 0x40);
	for (size_t base = 0; base <= 0x1000; base += 0x1000) {
		size_t at = base + 8;
		uint8_t sum = 0xEF;
		assert_int_equal(p[base], 0xE9);
		for (unsigned i = 0; i < p[base + 1]; i++) {
			size_t len = p[at + 4] | (size_t)p[at + 5] << 8 | (size_t)p[at + 6] << 16;
			at += 8;
			for (size_t k = 0; k < len; k++)
				sum ^= p[at + k];
			at += len;
		}
		assert_int_equal(p[at | 15], sum);
	}
	spec.size = 2 * TAS_IMAGE_MAX;
	assert_int_equal(tas_image_make(&spec, p), 0);
	spec.build = "7.7.7-none";
	assert_int_equal(tas_image_make(&spec, p), 0);
	free(p);
}

static void boot__log_of_6_1_1__blank_settings(void **state)
{
	struct rig *r = rig_started("6.1.1-full", NULL, 40);

	(void)state;
	assert_int_equal(r->baud, 115200);
	rig_expect(r, "\r\n00:00:00 CFG: Use defaults\n"
		      "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_123456, "
		      "GroupTopic sonoffs) Version 6.1.1-2_3_0\n"
		      "00:00:00 WIF: Connecting to AP1  in mode 11N as sonoff-5206...\n");
	rig_expect(r, "WIF: Connect failed as AP cannot be reached\n");
	rig_expect(r, "WIF: WPSConfig active for 3 minutes\n");
	assert_int_equal(rig_count(r, "WIF: Connecting"), 2);
	assert_int_equal(rig_count(r, "\r\n"), 1);
	rig_free(r);
}

static void boot__warns_of_lost_settings__minimal(void **state)
{
	struct rig *r = rig_started("6.1.1-minimal", NULL, 2);

	(void)state;
	rig_expect(r, "Version 6.1.1-minimal-2_3_0\n00:00:00 WARNING This version does not support "
		      "persistent settings\n");
	rig_free(r);
	r = rig_started("8.5.0-minimal", NULL, 2);
	rig_expect(r, "Project tasmota Tasmota Version 8.5.0(minimal)-2_7_4_1\r\n");
	rig_expect(r, "WARNING This version");
	rig_free(r);
}

static void boot__has_milliseconds_and_own_access_point__14_2(void **state)
{
	struct rig *r = rig_started("14.2.0-full", NULL, 3);

	(void)state;
	rig_expect(r, "00:00:00.000 HDW: ESP8266EX\r\n");
	rig_expect(r, "QPC: Count 1\r\n");
	rig_expect(r, "Project tasmota - Tasmota Version 14.2.0(release-tasmota)-2_7_7(");
	rig_expect(r, "WIF: WifiManager active for 3 minutes\r\n");
	rig_expect(r, "HTP: Web server active on tasmota-123456-5206 with IP address 192.168.4.1");
	rig_expect_not(r, "WIF: Connecting");
	rig_free(r);
}

static void boot__prints_a_banner_and_no_log__other_program(void **state)
{
	struct rig *r = rig_started("other", NULL, 20);

	(void)state;
	rig_say(r, "Status");
	assert_string_equal(r->out, "\r\nother program\r\n");
	rig_free(r);
}

static void boot__joins_and_talks_to_the_broker__stored_network(void **state)
{
	struct rig *r = rig_started("6.1.1-full", NULL, 20);

	(void)state;
	rig_say(r, "Backlog SSId1 home;Password1 secret12;MqttHost 10.0.0.2;Topic lamp");
	rig_run(r, 16);
	assert_int_equal(r->resets, 1);
	static const char *const lines[] = {"(Topic lamp, ",
	    "00:00:00 WIF: Connecting to AP1 home in mode 11N as lamp-5206...\n",
	    "WIF: Connected\n", "DNS: Initialized\n",
	    "HTP: Web server active on lamp-5206.local with IP address 192.168.1.133\n",
	    "MQT: Attempting connection...\n", "MQT: Connected\n",
	    "MQT: tele/lamp/LWT = Online (retained)\n", "INFO1 = {\"Module\":\"Sonoff Basic\"",
	    "INFO3 = {\"RestartReason\":\"Software/System restart\"}", "stat/lamp/POWER = OFF"};
	const char *at = r->out;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		at = strstr(at, lines[i]);
		if (!at)
			fail_msg("\"%s\" is missing or out of order in:\n%s", lines[i], r->out);
	}
	rig_free(r);
}

static void console__shows_secrets_in_clear__echo_and_answer(void **state)
{
	struct rig *r = rig_started("6.1.1-full", NULL, 2);

	(void)state;
	rig_say(r, "SerialLog 3");
	rig_clear(r);
	rig_say(r, "Password1 geheim12");
	rig_expect(r, "CMD: Password1 geheim12\n");
	rig_expect(r, "SRC: Serial\n");
	rig_expect(r, "RSL: Group 0, Index 1, Command PASSWORD, Data geheim12\n");
	rig_expect(r, "RSL: stat/sonoff/RESULT = {\"Password1\":\"geheim12\"}\n");
	rig_clear(r);
	rig_say(r, "Password1");
	rig_expect(r, "{\"Password1\":\"********\"}");
	rig_free(r);
	r = rig_started("14.2.0-full", NULL, 2);
	rig_say(r, "SerialLog 3");
	rig_say(r, "Password1 geheim12");
	rig_expect(r, "CMD: Grp 0, Cmd 'PASSWORD', Idx 1, Len 8, Pld -99, Data 'geheim12'");
	rig_expect(r, "RSL: RESULT = {\"Password1\":\"geheim12\"}\r\n");
	rig_free(r);
}

static void console__drops_the_line__on_a_byte_above_127(void **state)
{
	struct rig *r = rig_started("8.5.0-full", NULL, 2);

	(void)state;
	rig_bytes(r, "SSId1 K\xC3\xBC", 9);
	rig_run(r, 0.1);
	rig_say(r, "Topic x");
	rig_expect(r, "CMD: Topic x\r\n");
	rig_expect_not(r, "SSId1");
	rig_free(r);
}

static void console__ignores_cr_and_control_characters__in_a_line(void **state)
{
	struct rig *r = rig_started("6.1.1-full", NULL, 2);

	(void)state;
	rig_bytes(r, "Po\x08\x1b[Awer\r", 10);
	rig_run(r, 0.2);
	rig_expect_not(r, "CMD:");
	rig_bytes(r, "\n", 1);
	rig_run(r, 0.2);
	rig_expect(r, "CMD: Po[Awer\n");
	rig_expect(r, "{\"Command\":\"Unknown\"}");
	rig_free(r);
}

static void long_line(struct rig *r, size_t n, const char *tail)
{
	for (size_t i = 0; i < n; i++) {
		rig_bytes(r, "x", 1);
		rig_run(r, 0.0002);
	}
	rig_say(r, tail);
	rig_run(r, 0.2);
}

static void console__executes_the_tail__line_too_long_up_to_8_2(void **state)
{
	struct rig *r = rig_started("6.1.1-full", NULL, 2);

	(void)state;
	long_line(r, 520, "Power on"); /* 519 fit, the 520th empties the buffer */
	rig_expect(r, "CMD: Power on\n");
	rig_expect(r, "{\"POWER\":\"ON\"}");
	rig_free(r);
}

static void console__says_overrun__line_too_long_since_8_3(void **state)
{
	struct rig *r = rig_started("8.5.0-full", NULL, 2);

	(void)state;
	long_line(r, 512, "Power on");
	rig_expect(r, "CMD: Serial buffer overrun\r\n");
	rig_expect_not(r, "POWER");
	rig_free(r);
	r = rig_started("14.2.0-full", NULL, 2);
	long_line(r, 512, "Power on"); /* 800 fit here */
	rig_expect_not(r, "overrun");
	rig_free(r);
}

static void console__loses_bytes__sleep_50_and_a_long_paste(void **state)
{
	char line[512];
	struct rig *r = rig_started("6.1.1-full", NULL, 2);

	(void)state;
	memset(line, 'y', sizeof(line));
	line[400] = '\n';
	rig_bytes(r, line, 401);
	rig_run(r, 0.3);
	rig_expect(r, "CMD: yyyy");
	assert_int_equal(strspn(strstr(r->out, "CMD: ") + 5, "y"), 400);
	rig_say(r, "Sleep 50");
	rig_clear(r);
	line[300] = '\n';
	for (int i = 0; i < 3; i++)
		rig_bytes(r, line, 301);
	rig_run(r, 1);
	assert_in_range(rig_count(r, "y"), 256, 899);
	rig_free(r);
}

static void console__is_the_same__however_the_bytes_are_cut(void **state)
{
	static const char text[] = "SSId1 home\nBacklog Power 1; Power 0\nTelePeriod 60\n";
	char *first = NULL;

	(void)state;
	for (size_t cut = 1; cut < sizeof(text); cut += 6) {
		struct rig *r = rig_started("6.1.1-full", NULL, 2);
		rig_clear(r);
		for (size_t at = 0; at < sizeof(text) - 1; at += cut) {
			size_t n = sizeof(text) - 1 - at < cut ? sizeof(text) - 1 - at : cut;
			rig_bytes(r, text + at, n);
			rig_run(r, 0.003);
		}
		rig_run(r, 1);
		if (!first)
			first = strdup(r->out);
		/* The backlog's answers may come before or after the last line's. */
		assert_int_equal(strlen(first), strlen(r->out));
		rig_expect(r, "{\"TelePeriod\":\"60\"}");
		rig_free(r);
	}
	free(first);
}

static void console__answers_errors__in_the_form_of_the_version(void **state)
{
	struct rig *r = rig_started("6.1.1-full", NULL, 2);

	(void)state;
	rig_say(r, "SSId3 x");
	rig_say(r, "");
	assert_int_equal(rig_count(r, "{\"Command\":\"Unknown\"}"), 2);
	rig_say(r, "SetOption5 1");
	rig_expect(r, "{\"Command\":\"Error\"}");
	rig_free(r);
	r = rig_started("8.5.0-full", NULL, 2);
	rig_say(r, "SSId3 x");
	rig_expect(r, "{\"Command\":\"Error\"}");
	rig_free(r);
	r = rig_started("15.2.0-full", NULL, 2);
	rig_expect(r, "Version 15.2.0(release-tasmota)-2.7.8(");
	rig_say(r, "Paswort1 geheim12");
	rig_expect(r, "{\"Command\":\"Unknown\",\"Input\":\"PASWORT1 geheim12\"}");
	rig_free(r);
}

static void console__becomes_a_bridge__by_serial_send(void **state)
{
	struct rig *r = rig_started("8.5.0-full", NULL, 2);

	(void)state;
	rig_clear(r);
	rig_say(r, "SerialSend hello");
	rig_expect(r, "hello\n");
	rig_clear(r);
	rig_say(r, "SerialLog 2");
	assert_string_equal(r->out, "");
	rig_free(r);
}

static void console__survives__any_bytes(void **state)
{
	static const char *const builds[] = {"6.1.1-full", "15.2.0-full"};
	static const char *const seeds[] = {"Backlog ", "SSId", "Status", "SetOption", ";", "\n",
	    "{", "1", " ", "Baudrate 9600", "Reset 2", "Delay 2", "FullTopic %prefix%",
	    "Hostname %s%n"};

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct rig *r = rig_started(builds[k], NULL, 2);
		uint32_t x = 12345;
		for (int i = 0; i < 4000; i++) {
			x = x * 1664525U + 1013904223U;
			uint8_t byte = (uint8_t)(x >> 24);
			const char *word = seeds[(x >> 8) % (sizeof(seeds) / sizeof(seeds[0]))];
			if (x >> 16 & 1)
				rig_bytes(r, word, strlen(word));
			else
				rig_bytes(r, &byte, 1);
			rig_run(r, 0.01);
			if (r->n > sizeof(r->out) / 2)
				rig_clear(r);
		}
		rig_run(r, 20);
		rig_bytes(r, "\n", 1);
		rig_run(r, 1);
		assert_true(sim_app_running(r->app));
		rig_free(r);
	}
}

static void console__lacks_commands__minimal_and_classic(void **state)
{
	struct rig *r = rig_started("6.1.1-minimal", NULL, 2);

	(void)state;
	rig_say(r, "Latitude");
	rig_expect(r, "{\"Command\":\"Unknown\"}");
	rig_say(r, "SSId1");
	rig_expect(r, "{\"SSId1\":\"\"}");
	rig_free(r);
	r = rig_started("6.1.1-full", NULL, 2);
	rig_say(r, "Latitude");
	rig_expect(r, "{\"Latitude\":\"48.858360\"}");
	rig_free(r);
}

static void value__is_taken_for_the_default__leading_1_up_to_6_1_1(void **state)
{
	struct rig *r = rig_started("6.1.1-full", NULL, 2);

	(void)state;
	rig_say(r, "MqttUser 1abc");
	rig_say(r, "MqttPassword 65537");
	rig_say(r, "SSId1 on");
	rig_expect(r, "{\"MqttUser\":\"DVES_USER\"}");
	rig_expect(r, "{\"MqttPassword\":\"DVES_PASS\"}");
	rig_expect(r, "{\"SSId1\":\"\"}");
	rig_free(r);
	r = rig_started("8.5.0-full", NULL, 2);
	rig_say(r, "MqttUser 1abc");
	rig_say(r, "SSId1 on");
	rig_expect(r, "{\"MqttUser\":\"1abc\"}");
	rig_expect(r, "{\"SSId1\":\"on\"}");
	rig_say(r, "MqttUser 1");
	rig_say(r, "SSId1 0");
	rig_expect(r, "{\"MqttUser\":\"DVES_USER\"}");
	rig_expect(r, "{\"SSId1\":\"\"}");
	rig_say(r, "Password1 abcd");
	rig_expect(r, "{\"Password1\":\"****\"}");
	rig_free(r);
}

static void value__overflows_the_text_area__since_8_1(void **state)
{
	struct rig *r = rig_started("8.5.0-full", NULL, 2);
	char line[120];

	(void)state;
	for (int i = 0; i < 4; i++) {
		snprintf(
		    line, sizeof(line), "FriendlyName%d 123456789012345678901234567890ab", i + 1);
		rig_say(r, line);
	}
	static const char *const keys[] = {"SSId1", "SSId2", "MqttHost", "MqttUser", "MqttClient",
	    "Topic", "GroupTopic", "Hostname", "DeviceName", "NtpServer1", "NtpServer2"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(line, sizeof(line),
		    "Backlog %s 123456789012345678901234567890ab;SetOption3 1", keys[i]);
		rig_bytes(r, line, strlen(line)); /* no time for a restart between them */
		rig_bytes(r, "\n", 1);
		rig_run(r, 0.05);
	}
	rig_run(r, 10);
	for (int i = 0; i < 2; i++) {
		snprintf(line, sizeof(line), "Password%d %060d", i + 1, 7);
		rig_say(r, line);
	}
	rig_say(r,
	    "OtaUrl http://10.0.0.2/012345678901234567890123456789012345678901234567890123456789/"
	    "tasmota.bin");
	rig_expect(r, "CFG: Text overflow by ");
	rig_expect(r, "{\"OtaUrl\":\"http://ota.tasmota.com/");
	rig_free(r);
}

static void backlog__keeps_or_trims_blanks__by_version(void **state)
{
	struct rig *r = rig_started("6.1.1-full", NULL, 2);

	(void)state;
	rig_say(r, "Backlog SSId1 home ; Power on ");
	rig_run(r, 1);
	rig_expect(r, "{\"SSId1\":\"home \"}");
	rig_free(r);
	r = rig_started("8.5.0-full", NULL, 2);
	rig_say(r, "Backlog SSId1 home ; Backlog Power on");
	rig_run(r, 1);
	rig_expect(r, "{\"SSId1\":\"home\"}");
	rig_expect(r, "{\"POWER\":\"ON\"}");
	rig_free(r);
}

static void flood(struct rig *r, int n)
{
	char line[400] = "Backlog ";

	for (int i = 0; i < n; i++)
		strcat(line, "Power 2;");
	rig_say(r, line);
	rig_run(r, 30);
}

static void backlog__drops_what_does_not_fit__ring_of_30(void **state)
{
	struct rig *r = rig_started("6.1.1-full", "network *\n", 2);

	(void)state;
	flood(r, 35); /* the first one after the start: the ring reads from slot 0 */
	assert_int_equal(rig_count(r, "{\"POWER\""), 28);
	rig_clear(r);
	flood(r, 35);
	assert_int_equal(rig_count(r, "{\"POWER\""), 29);
	rig_free(r);
	r = rig_started("14.2.0-full", NULL, 2);
	flood(r, 35);
	assert_int_equal(rig_count(r, "{\"POWER\""), 35);
	rig_free(r);
}

static void backlog__pauses_200_ms__between_commands(void **state)
{
	struct rig *r = rig_started("14.2.0-full", NULL, 2);

	(void)state;
	rig_clear(r);
	rig_bytes(r, "Backlog Power 1;Power 2;Power 2;Power 2\n", 40);
	rig_run(r, 0.1);
	assert_int_equal(rig_count(r, "{\"POWER\""), 1);
	rig_run(r, 0.35);
	assert_int_equal(rig_count(r, "{\"POWER\""), 3);
	rig_run(r, 0.5);
	assert_int_equal(rig_count(r, "{\"POWER\""), 4);
	rig_clear(r);
	rig_say(r, "Backlog0 Power 2;Power 2;Power 2");
	assert_int_equal(rig_count(r, "{\"POWER\""), 3);
	rig_clear(r);
	rig_say(r, "Backlog");
	rig_expect(r, "{\"Backlog\":\"Empty\"}");
	rig_free(r);
}

static void backlog__restarts_once__after_its_last_command(void **state)
{
	struct rig *r = rig_started("8.5.0-full", NULL, 2);

	(void)state;
	rig_say(r, "Backlog SSId1 a;Delay 30;Password1 secret12;Delay 30;MqttHost h");
	rig_run(r, 6);
	assert_int_equal(r->resets, 0);
	rig_run(r, 4);
	assert_int_equal(r->resets, 1);
	assert_int_equal(r->last_cause, SIM_CAUSE_EXT_RESET);
	rig_expect(r, "APP: Restarting\r\n");
	rig_free(r);
}

static void settings__survive_power_cycles__and_count_up(void **state)
{
	struct rig *r = rig_started("8.5.0-full", NULL, 2);

	(void)state;
	rig_say(r, "FriendlyName1 Kitchen lamp");
	rig_run(r, 3);
	rig_power(r);
	rig_clear(r);
	rig_run(r, 2);
	rig_expect(r, "CFG: Loaded from flash at F");
	rig_expect_not(r, "Use defaults");
	rig_say(r, "FriendlyName1");
	rig_expect(r, "{\"FriendlyName1\":\"Kitchen lamp\"}");
	/* Each save goes to the next sector down; the program is not touched. */
	for (int i = 0; i < 20; i++) {
		rig_say(r, i & 1 ? "TelePeriod 60" : "TelePeriod 70");
		rig_run(r, 1.2);
	}
	assert_int_equal(r->flash[0], 0xE9);
	for (uint32_t s = 0xF4; s <= 0xFB; s++)
		assert_memory_equal(r->flash + s * 4096, "TSIM", 4);
	memset(r->flash + 0xF4000, 0xFF, 0x8000);
	rig_power(r);
	rig_clear(r);
	rig_run(r, 2);
	rig_expect(r, "CFG: Use defaults");
	rig_free(r);
}

static void settings__are_lost__minimal_of_6_1_1(void **state)
{
	struct rig *r = rig_started("6.1.1-minimal", NULL, 2);

	(void)state;
	rig_say(r, "Backlog SSId1 home;Password1 secret12");
	rig_run(r, 4);
	assert_int_equal(r->resets, 1);
	rig_clear(r);
	rig_say(r, "SSId1");
	rig_expect(r, "{\"SSId1\":\"\"}");
	rig_free(r);
}

static void settings__go_back__reset_1_and_4(void **state)
{
	struct rig *r = rig_started("8.5.0-full", NULL, 2);

	(void)state;
	rig_say(r, "Backlog SSId1 home;Password1 secret12;MqttHost 10.0.0.2");
	rig_run(r, 5);
	rig_say(r, "Reset 4");
	rig_expect(r, "{\"Reset\":\"Reset and Restarting\"}");
	rig_run(r, 5);
	rig_clear(r);
	rig_say(r, "SSId1");
	rig_say(r, "MqttHost");
	rig_expect(r, "{\"SSId1\":\"home\"}");
	rig_expect(r, "{\"MqttHost\":\"\"}");
	rig_say(r, "Reset 1");
	rig_run(r, 5);
	rig_clear(r);
	rig_say(r, "SSId1");
	rig_expect(r, "{\"SSId1\":\"\"}");
	rig_free(r);
	r = rig_started("6.1.1-full", NULL, 2);
	rig_say(r, "Reset 4");
	rig_expect(r, "{\"Reset\":\"1 to reset\"}");
	rig_free(r);
}

static void settings__go_back__after_seven_quick_power_cycles(void **state)
{
	struct rig *r = rig_started("14.2.0-full", NULL, 2);

	(void)state;
	rig_say(r, "FriendlyName1 Lamp");
	rig_run(r, 12);
	rig_expect(r, "QPC: Reset");
	for (int i = 0; i < 6; i++) {
		rig_power(r);
		rig_run(r, 2);
	}
	rig_expect(r, "QPC: Count 6");
	rig_clear(r);
	rig_power(r);
	rig_run(r, 2);
	rig_expect(r, "CFG: Use defaults");
	rig_free(r);
}

static void serial_log__ends_after_600_s__unless_set(void **state)
{
	struct rig *r = rig_started("6.1.1-full", "network *\n", 2);

	(void)state;
	rig_say(r, "SSId1 home");
	rig_run(r, 590);
	rig_expect_not(r, "Serial logging disabled");
	rig_run(r, 15);
	rig_expect(r, "APP: Serial logging disabled\n");
	rig_say(r, "Power 2"); /* input still works and raises the level */
	rig_expect(r, "CMD: Power 2\n");
	rig_free(r);
	r = rig_started("8.5.0-full", "network *\n", 2);
	rig_say(r, "Backlog SSId1 a;Password1 secret12");
	rig_run(r, 10);
	rig_say(r, "SerialLog 2");
	rig_expect(r, "{\"SerialLog\":{\"2\":{\"Active\":\"2\"}}}");
	rig_run(r, 700);
	rig_expect_not(r, "Serial logging disabled");
	rig_free(r);
}

static void baudrate__changes_the_uart__and_is_kept(void **state)
{
	struct rig *r = rig_started("6.1.1-full", NULL, 2);

	(void)state;
	rig_say(r, "Baudrate 43250");
	rig_expect(r, "APP: Set Baudrate to 43200\n");
	assert_int_equal(r->baud, 43200);
	rig_run(r, 2);
	rig_clear(r);
	rig_power(r);
	rig_run(r, 1);
	assert_int_equal(r->baud, 43200);
	rig_expect(r, "APP: Set Baudrate to 43200\n");
	rig_free(r);
	r = rig_started("14.2.0-full", NULL, 2);
	rig_say(r, "Baudrate 9700");
	rig_expect(r, "SER: Set to 8N1 9600 bit/s\r\n");
	assert_int_equal(r->baud, 9600);
	rig_free(r);
}

static void status__answers_as_json__old_and_new(void **state)
{
	struct rig *r = rig_started("6.1.1-full", NULL, 2);

	(void)state;
	rig_say(r, "Status 0");
	for (int i = 1; i <= 7; i++) {
		char name[40];
		snprintf(name, sizeof(name), "stat/sonoff/STATUS%d = {", i);
		rig_expect(r, name);
	}
	rig_expect(r, "\"Version\":\"6.1.1\"");
	rig_expect(r, "\"Core\":\"2_3_0\"");
	rig_expect(r, "STATUS11 = {\"StatusSTS\":{\"Time\":");
	rig_free(r);
	r = rig_started("14.2.0-full", NULL, 2);
	rig_say(r, "Status 2");
	rig_expect(r, "RSL: STATUS2 = {\"StatusFWR\":{\"Version\":\"14.2.0(release-tasmota)\"");
	rig_expect_not(r, "STATUS3");
	rig_say(r, "Status 4");
	rig_expect(r, "\"ProgramSize\":610,\"Free\":392");
	rig_free(r);
}

static void rules__are_kept__full_build_only(void **state)
{
	struct rig *r = rig_started("6.1.1-full", NULL, 2);

	(void)state;
	rig_say(r, "Rule1 on power1#state do publish x/y %value% endon");
	rig_expect(r, "{\"Rule1\":\"OFF\",\"Once\":\"OFF\",\"StopOnError\":\"OFF\",\"Free\":467,"
		      "\"Rules\":\"on power1#state do publish x/y %value% endon\"}");
	rig_say(r, "Rule1 1");
	rig_expect(r, "{\"Rule1\":\"ON\"");
	rig_free(r);
	r = rig_started("6.1.1-classic", NULL, 2);
	rig_say(r, "Rule1");
	rig_expect(r, "{\"Command\":\"Unknown\"}");
	rig_free(r);
}

static void scan__lists_the_networks__that_show_themselves(void **state)
{
	struct rig *r = rig_started("14.2.0-full",
	    "network HOME rssi -60 channel 11\nnetwork secret hidden\nnetwork *\n", 2);

	(void)state;
	rig_say(r, "WiFiScan");
	rig_expect(r, "{\"WiFiScan\":\"Not Started\"}");
	rig_say(r, "WiFiScan 1");
	rig_expect(r, "{\"WiFiScan\":\"Scanning\"}");
	rig_run(r, 4);
	rig_say(r, "WiFiScan");
	rig_expect(r, "{\"WiFiScan\":{\"NET1\":{\"SSId\":\"HOME\",\"BSSId\":\"78:96:82:32:BE:D6\","
		      "\"Channel\":\"11\",\"Signal\":\"-60\",\"RSSI\":\"80\",");
	rig_expect_not(r, "secret");
	rig_free(r);
}

static void module__silences_the_console__meter_on_the_uart(void **state)
{
	struct rig *r = rig_started("8.5.0-full", NULL, 2);

	(void)state;
	rig_say(r, "Module 43");
	rig_expect(r, "{\"Module\":{\"43\":\"Sonoff Pow R2\"}}");
	rig_run(r, 4);
	rig_expect(r, "SNS: Hardware Serial\r\n");
	assert_int_equal(r->baud, 4800);
	rig_clear(r);
	rig_say(r, "Status");
	assert_string_equal(r->out, "");
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ident__names_the_build__for_each_made_image),
	    cmocka_unit_test(image__has_right_checksums__in_both_parts),
	    cmocka_unit_test(boot__log_of_6_1_1__blank_settings),
	    cmocka_unit_test(boot__warns_of_lost_settings__minimal),
	    cmocka_unit_test(boot__has_milliseconds_and_own_access_point__14_2),
	    cmocka_unit_test(boot__prints_a_banner_and_no_log__other_program),
	    cmocka_unit_test(boot__joins_and_talks_to_the_broker__stored_network),
	    cmocka_unit_test(console__shows_secrets_in_clear__echo_and_answer),
	    cmocka_unit_test(console__drops_the_line__on_a_byte_above_127),
	    cmocka_unit_test(console__ignores_cr_and_control_characters__in_a_line),
	    cmocka_unit_test(console__executes_the_tail__line_too_long_up_to_8_2),
	    cmocka_unit_test(console__says_overrun__line_too_long_since_8_3),
	    cmocka_unit_test(console__loses_bytes__sleep_50_and_a_long_paste),
	    cmocka_unit_test(console__is_the_same__however_the_bytes_are_cut),
	    cmocka_unit_test(console__answers_errors__in_the_form_of_the_version),
	    cmocka_unit_test(console__becomes_a_bridge__by_serial_send),
	    cmocka_unit_test(console__survives__any_bytes),
	    cmocka_unit_test(console__lacks_commands__minimal_and_classic),
	    cmocka_unit_test(value__is_taken_for_the_default__leading_1_up_to_6_1_1),
	    cmocka_unit_test(value__overflows_the_text_area__since_8_1),
	    cmocka_unit_test(backlog__keeps_or_trims_blanks__by_version),
	    cmocka_unit_test(backlog__drops_what_does_not_fit__ring_of_30),
	    cmocka_unit_test(backlog__pauses_200_ms__between_commands),
	    cmocka_unit_test(backlog__restarts_once__after_its_last_command),
	    cmocka_unit_test(settings__survive_power_cycles__and_count_up),
	    cmocka_unit_test(settings__are_lost__minimal_of_6_1_1),
	    cmocka_unit_test(settings__go_back__reset_1_and_4),
	    cmocka_unit_test(settings__go_back__after_seven_quick_power_cycles),
	    cmocka_unit_test(serial_log__ends_after_600_s__unless_set),
	    cmocka_unit_test(baudrate__changes_the_uart__and_is_kept),
	    cmocka_unit_test(status__answers_as_json__old_and_new),
	    cmocka_unit_test(rules__are_kept__full_build_only),
	    cmocka_unit_test(scan__lists_the_networks__that_show_themselves),
	    cmocka_unit_test(module__silences_the_console__meter_on_the_uart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

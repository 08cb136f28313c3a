/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lines tell of the device: banner, project line, addresses, rates. */
#include "tasmite/core/tasmota/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct doctor *doctor;
static uint64_t number;

static int setup(void **state)
{
	(void)state;
	doctor = doctor_new();
	number = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	doctor_free(doctor);
	return 0;
}

static void begin(struct facts *f)
{
	doctor_free(doctor);
	doctor = doctor_new();
	facts_init(f);
}

static void line_n(struct facts *f, const char *s, size_t n)
{
	const struct logtext text = {s, n};
	const struct logline *ev = doctor_read(doctor, (const uint8_t *)s, n, ++number);

	facts_event(f, ev, text, doctor_told(doctor), MONO_S(5));
}

static void line(struct facts *f, const char *s)
{
	line_n(f, s, strlen(s));
}

static void facts_event__reads__rom_banner(void **state)
{
	struct facts f;

	(void)state;
	begin(&f);
	assert_int_equal(f.boots, 0);
	line(&f, " ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r");
	assert_int_equal(f.boots, 1);
	assert_int_equal(f.reset_cause, 2);
	assert_int_equal(f.boot_mode, 3);
	assert_int_equal(f.boot_time, MONO_S(5));
	assert_false(f.in_loader);
	line(&f, "\x01\xff\x80garbage{ets Jan  8 2013,rst cause:1, boot mode:(1,7)");
	assert_int_equal(f.boots, 2);
	assert_true(f.in_loader);
	line(&f, "");
	line(&f, "waiting for host");
	line(&f, "\xc0\x08");
	assert_true(f.in_loader);
	line(&f, "load 0x4010f000, len 1384, room 16");
	assert_false(f.in_loader);
	assert_int_equal(f.boots, 2);
	line(&f, "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)");
	assert_int_equal(f.boots, 3);
	assert_int_equal(f.reset_cause, -1);
}

static void facts_event__counts__boots_once(void **state)
{
	static const char project[] = "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback "
				      "DVES_4B67BA, GroupTopic sonoffs) Version 6.1.1-2_3_0";
	struct facts f;

	(void)state;
	begin(&f);
	line(&f, "ets Jan  8 2013,rst cause:1, boot mode:(3,6)");
	line(&f, project);
	assert_int_equal(f.boots, 1);
	line(&f, project);
	assert_int_equal(f.boots, 2);
	line(&f, "ets Jan  8 2013,rst cause:2, boot mode:(3,6)");
	line(&f, "ets Jan  8 2013,rst cause:2, boot mode:(3,6)");
	line(&f, project);
	assert_int_equal(f.boots, 4);
}

struct project_case {
	const char *line, *firmware, *version, *variant, *core, *topic;
};

static const struct project_case projects[] = {
    {"00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_4B67BA, GroupTopic sonoffs) "
     "Version 6.1.1-2_3_0",
	"Sonoff-Tasmota 6.1.1", "6.1.1", "", "2_3_0", "sonoff"},
    {"00:00:00 Project sonoff Sonoff Basic (Topic a_b, Fallback DVES_4B67BA, GroupTopic sonoffs) "
     "Version 6.2.1-minimal(sonoff)-2_3_0\r",
	"Sonoff-Tasmota 6.2.1", "6.2.1", "minimal", "2_3_0", "a_b"},
    {"00:00:00 APP: Project sonoff Sonoff (Topic sonoff, Fallback DVES_4B67BA, GroupTopic sonoffs) "
     "Version 5.6.1",
	"Sonoff-Tasmota 5.6.1", "5.6.1", "", "", "sonoff"},
    {"00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_4B67BA, GroupTopic sonoffs) "
     "Version 5.12.0a",
	"Sonoff-Tasmota 5.12.0a", "5.12.0a", "", "", "sonoff"},
    {"00:00:00 Projekt sonoff Sonoff (Topic sonoff, Fallback DVES_4B67BA, GroupTopic sonoffs) "
     "Version 6.4.1(DE)-2_4_2",
	"Sonoff-Tasmota 6.4.1", "6.4.1", "DE", "2_4_2", "sonoff"},
    {"00:00:00 D\xe1\xbb\xb1 \xc3\xa1n sonoff Sonoff (Topic s, D\xe1\xbb\xb1 ph\xc3\xb2ng "
     "DVES_4B67BA, "
     "GroupTopic sonoffs) Phi\xc3\xaan b\xe1\xba\xa3n 6.6.0-2_3_0",
	"Sonoff-Tasmota 6.6.0", "6.6.0", "", "2_3_0", "s"},
    {"00:00:00 Project tasmota Tasmota Version 7.2.0(tasmota)-2_6_1", "Tasmota 7.2.0", "7.2.0",
	"tasmota", "2_6_1", ""},
    {"00:00:00.048 Project tasmota - Tasmota Version "
     "12.2.0.4(safeboot)-2_0_5_3(2022-11-10T19:12:22)",
	"Tasmota 12.2.0.4", "12.2.0.4", "safeboot", "2_0_5_3", ""},
    {"00:00:00.078-026 Project tasmota - My plug 3 Version "
     "14.2.0(release-tasmota)-2_7_7(2024-08-14T12:36:22)",
	"Tasmota 14.2.0", "14.2.0", "tasmota", "2_7_7", ""},
    {"\xff\x7f\x03~00:00:00.001 \xe9\xa1\xb9\xe7\x9b\xae: tasmota - Tasmota "
     "\xe7\x89\x88\xe6\x9c\xac "
     "15.2.0.2(tasmota)-2.7.8(2025-01-01T00:00:00)",
	"Tasmota 15.2.0.2", "15.2.0.2", "tasmota", "2.7.8", ""},
    {"[12:34:56] 00:00:00 Project tasmota Tasmota Version 8.5.0(lite)-2_7_4_1", "Tasmota 8.5.0",
	"8.5.0", "lite", "2_7_4_1", ""},
    {"12:34:56.123 -> 00:00:00 Project tasmota Tasmota Version 8.5.0(lite)-STAGE", "Tasmota 8.5.0",
	"8.5.0", "lite", "STAGE", ""},
};

static void facts_event__reads__project_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(projects) / sizeof(projects[0]); i++) {
		const struct project_case *p = &projects[i];
		struct facts f;

		begin(&f);
		line(&f, p->line);
		assert_string_equal(f.firmware, p->firmware);
		assert_string_equal(f.version, p->version);
		assert_string_equal(f.variant, p->variant);
		assert_string_equal(f.core, p->core);
		assert_string_equal(f.topic, p->topic);
		assert_int_equal(f.boots, 1);
	}
}

static void facts_event__ignores__what_is_no_project(void **state)
{
	static const char *const lines[] = {
	    "00:00:00 Project tasmota Tasmota Version 7.2(tasmota)-2_6_1",
	    "00:00:00 RSL: x Project tasmota Tasmota Version 7.2.0(tasmota)-2_6_1",
	    "00:00:07 WIF: Connected to 1.2.3.4",
	    "Project",
	    "00:00:00 1.2.3(a)-1",
	    "00:00:00 ((((((((((((((((((((",
	};
	struct facts f;

	(void)state;
	begin(&f);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		line(&f, lines[i]);
	assert_int_equal(f.revision, 0);
	assert_string_equal(f.firmware, "");
}

static void address(const char *text, const char *address)
{
	struct facts f;

	begin(&f);
	line(&f, text);
	assert_string_equal(f.address, address);
}

static void facts_event__reads__addresses(void **state)
{
	(void)state;
	address("00:00:14 HTP: Web server active on sonoff-1234.local with IP address 192.168.1.20",
	    "192.168.1.20");
	/* of its own access point: no address in the network */
	address("00:00:14.123 HTP: Web server active on LED with IP address 192.168.4.1\r", "");
	address(
	    "00:00:14 HTP: Web-Server aktiv bei tasmota-AB-12 mit IP-Adresse 10.0.0.7", "10.0.0.7");
	address("00:00:14 HTTP: Webserver active on a.local with IP address 10.0.0.9", "10.0.0.9");
	address("00:00:14 HTP: Web server active on s-1 with IP address (IP unset)", "");
	address("00:00:14 HTP: Web server stopped", "");
	address("00:00:14 HTP: a 300.1.1.1", "");
	address("00:00:14 HTP: Web server active on s-1 with IP address 300.1.1.1", "");
	address("00:00:05.961 WIF: IPv4 192.168.2.133, mask 255.255.255.0", "192.168.2.133");
}

static void facts_event__keeps__the_name_it_joins_with(void **state)
{
	struct facts f;

	(void)state;
	begin(&f);
	line(&f, "00:00:00 WIF: Connecting to AP1 home in mode 11N as sonoff-5206...");
	assert_string_equal(f.hostname, "sonoff-5206");
	line(&f, "00:00:09 HTP: Web server active on sonoff-5206.local with IP address 10.0.0.9");
	assert_string_equal(f.address, "10.0.0.9");
	/* a new start: what it had then is not known any more */
	line(&f, "ets Jan  8 2013,rst cause:2, boot mode:(3,6)");
	assert_string_equal(f.address, "");
	assert_string_equal(f.hostname, "sonoff-5206");
}

static void facts_event__follows__serial_lines(void **state)
{
	struct facts f;

	(void)state;
	begin(&f);
	line(&f, "00:00:00 APP: Set Baudrate to 43200");
	assert_int_equal(f.device_baud, 43200);
	line(&f, "00:00:00.033 SER: Set to 8N1 115200 bit/s");
	assert_int_equal(f.device_baud, 115200);
	line(&f, "00:00:00 APP: Ajuste da velocidade para 9600");
	assert_int_equal(f.device_baud, 9600);
	line(&f, "00:00:00 APP: Boot Count 10");
	line(&f, "00:00:00 APP: Set Baudrate to 99999999999");
	line(&f, "00:00:00 SER: Set to 8N1 x bit/s");
	assert_int_equal(f.device_baud, 9600);
	line(&f, "00:10:00 APP: Serial logging disabled");
	assert_true(f.serial_log_off);
	line(&f, "00:10:09 RSL: stat/s/RESULT = {\"SerialLog\":\"0 (Active 0)\"}");
	assert_true(f.serial_log_off);
	line(&f, "00:10:10 RSL: stat/s/RESULT = {\"SerialLog\":\"2 (Active 2)\"}");
	assert_false(f.serial_log_off);
	line(&f, "00:10:00 APP: Serielles Logging deaktiviert\r");
	assert_true(f.serial_log_off);
	line(&f, "00:10:10 RSL: RESULT = {\"SerialLog\":{\"3\":{\"Active\":\"3\"}}}");
	assert_false(f.serial_log_off);
}

static void facts_event__notices__other_firmware(void **state)
{
	struct facts f;

	(void)state;
	begin(&f);
	line(&f, "[000075] [MAIN] ESPURNA 1.13.5 (83195fd)");
	assert_true(f.not_tasmota);
	line(&f, "00:00:00 Project tasmota Tasmota Version 7.2.0(tasmota)-2_6_1");
	assert_false(f.not_tasmota);
}

/* Anything may come; every text stays terminated and printable. */
static void facts_event__survives__hostile_lines(void **state)
{
	static const char *const bits[] = {"00:00:00 ", "Project ", "(Topic ", "GroupTopic", ") ",
	    "1.2.3", "(x)", "-2_3", "APP: ", "SER: Set to ", "HTP: ", "rst cause:", "boot mode:(",
	    "12", ".", " ", "\x01", "\xc3", "rst:0x", ",boot:0x", "Baudrate ", "a-1.local ",
	    " bit/s"};
	struct facts f;

	(void)state;
	srand(3);
	begin(&f);
	for (unsigned round = 0; round < 20000; round++) {
		char *exact;
		char buf[600];
		size_t n = 0;

		while (n < 500 && rand() % 30) {
			const char *b = bits[(size_t)rand() % (sizeof(bits) / sizeof(bits[0]))];

			memcpy(buf + n, b, strlen(b));
			n += strlen(b);
		}
		exact = malloc(n ? n : 1); /* so that a sanitizer sees a read behind it */
		assert_non_null(exact);
		memcpy(exact, buf, n);
		line_n(&f, exact, n);
		free(exact);
		assert_non_null(memchr(f.firmware, 0, sizeof(f.firmware)));
		assert_non_null(memchr(f.hostname, 0, sizeof(f.hostname)));
		assert_non_null(memchr(f.topic, 0, sizeof(f.topic)));
		assert_null(strchr(f.topic, 1));
	}
	assert_true(f.boots > 0);
}

static void facts_cause_text__names__known_causes(void **state)
{
	(void)state;
	assert_string_equal(facts_cause_text(1), "power on");
	assert_string_equal(facts_cause_text(4), "hardware watchdog");
	assert_null(facts_cause_text(-1));
	assert_null(facts_cause_text(9));
}

static void facts_forget_firmware__keeps__the_boots(void **state)
{
	static const char line[] = "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_1, "
				   "GroupTopic sonoffs) Version 6.1.1-2_3_0";
	struct facts f;

	(void)state;
	begin(&f);
	line_n(&f, line, sizeof(line) - 1);
	assert_string_equal(f.version, "6.1.1");
	facts_forget_firmware(&f);
	assert_string_equal(f.firmware, "");
	assert_string_equal(f.version, "");
	assert_string_equal(f.topic, "");
	assert_int_equal(f.boots, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		facts_forget_firmware__keeps__the_boots, setup, teardown),
	    cmocka_unit_test_setup_teardown(facts_event__reads__rom_banner, setup, teardown),
	    cmocka_unit_test_setup_teardown(facts_event__counts__boots_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(facts_event__reads__project_lines, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		facts_event__ignores__what_is_no_project, setup, teardown),
	    cmocka_unit_test_setup_teardown(facts_event__reads__addresses, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		facts_event__keeps__the_name_it_joins_with, setup, teardown),
	    cmocka_unit_test_setup_teardown(facts_event__follows__serial_lines, setup, teardown),
	    cmocka_unit_test_setup_teardown(facts_event__notices__other_firmware, setup, teardown),
	    cmocka_unit_test_setup_teardown(facts_event__survives__hostile_lines, setup, teardown),
	    cmocka_unit_test_setup_teardown(facts_cause_text__names__known_causes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

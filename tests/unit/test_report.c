/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report takes out of lines; the journal's bounds; the marks of joins. */
#include "tasmite/core/tasmota/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "tasmite/core/session.h"

static void line(struct session *s, const char *text)
{
	lines_rx(s->log, (const uint8_t *)text, strlen(text), MONO_S(5));
	lines_rx(s->log, (const uint8_t *)"\n", 1, MONO_S(5));
	session_device_line(
	    s, (const uint8_t *)text, strlen(text), lines_end(s->log) - 1, MONO_S(5));
}

static void report_private__hides__what_others_need_not_know(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
	    {"00:00:00 WIF: Connecting to AP1 our house in mode 11N as tasmota-4B67BA-1234...",
		"00:00:00 WIF: Connecting to AP1 ou… in mode 11N as tasmota-xxxxxx-1234..."},
	    {"{\"SSId1\":\"our house\"}", "{\"SSId1\":\"ou…\"}"},
	    {"our houses and ourhouse", "our houses and ourhouse"},
	    {"(Topic x, Fallback DVES_4B67BA, GroupTopic y)",
		"(Topic x, Fallback DVES_xxxxxx, GroupTopic y)"},
	    {"chip 5C:CF:7F:12:34:56 is", "chip 5C:CF:7F:xx:xx:xx is"},
	    {"5c-cf-7f-12-34-56", "5c-cf-7f-xx-xx-xx"},
	    {"\"Mac\":\"5CCF7F123456\"", "\"Mac\":\"5CCF7Fxxxxxx\""},
	    {"CMD: Password1 hunter22", "CMD: Password1 ********"},
	    {"{\"Command\":\"Unknown\",\"Input\":\"PASWORD SECRET\"}",
		"{\"Command\":\"Unknown\",\"Input\":\"**************\"}"},
	    {"AP1 q q", "AP1 … q"},
	    {"a\x1b[31m`b`\xff", "a?[31m'b'?"},
	    {"", ""},
	};
	struct session *s = session_new();
	struct secrets *secrets = secrets_new();
	struct sbuf out;

	(void)state;
	line(s, "00:00:00 WIF: Connecting to AP1 our house in mode 11N as sonoff-1...");
	journal_sent(&s->journal, "Backlog ssid2 q; Password2 ****", 31, MONO_S(1));
	sbuf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sbuf_clear(&out);
		report_private(&s->journal, secrets, cases[i].text, strlen(cases[i].text), &out);
		assert_string_equal(sbuf_str(&out), cases[i].shown);
	}
	sbuf_fini(&out);
	secrets_free(secrets);
	session_free(s);
}

static void report_marks__counts__joins_of_each_network(void **state)
{
	struct session *s = session_new();
	struct sbuf out;

	(void)state;
	line(s, "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_4B67BA, GroupTopic "
		"sonoffs) Version 6.1.1-2_3_0");
	line(s, "00:00:01 WIF: SSId lamp, Channel 11, BSSId 78:96:82:32:BE:D6, RSSI -58");
	for (int i = 0; i < 3; i++) {
		line(s, "00:00:02 WIF: Connecting to AP1 cellar in mode 11N as sonoff-1...");
		line(s, "00:00:09 WIF: Connect failed as AP cannot be reached");
		line(s, "00:00:09 WIF: Connect failed as AP cannot be reached");
	}
	line(s, "00:00:10 WIF: Connecting to AP2 lamp in mode 11N as sonoff-1...");
	line(s, "00:00:11 WIF: SSId lamp, Channel 11, BSSId 78:96:82:32:BE:D6, RSSI -58");
	line(s, "00:00:25 WIF: Connect failed with AP timeout");
	session_judge(s);
	sbuf_init(&out, 1000);
	report_marks(s, NULL, &out);
	assert_string_equal(sbuf_str(&out),
	    "Firmware runs ✔ · Joins hidden \"ce…\" ✘ AP not found (3) · Joins visible \"la…\" ✘ "
	    "timeout (1)");
	line(s, "00:00:26 WIF: Connecting to AP1 cellar in mode 11N as sonoff-1...");
	line(s, "00:00:29 WIF: Connected");
	session_judge(s);
	sbuf_clear(&out);
	report_marks(s, NULL, &out);
	assert_non_null(strstr(sbuf_str(&out), "Joins hidden \"ce…\" ✔ after AP not found (3)"));
	sbuf_fini(&out);
	session_free(s);
}

static void report_write__shows__proofs_and_what_was_tried(void **state)
{
	struct session *s = session_new();
	struct report_more more = {.version = "1.2.3", .now = MONO_S(9)};
	struct sbuf out;

	(void)state;
	line(s, "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_4B67BA, GroupTopic "
		"sonoffs) Version 6.1.1-2_3_0");
	for (int i = 0; i < 2; i++) {
		line(s, "00:00:02 WIF: Connecting to AP1 cellar in mode 11N as sonoff-1...");
		line(s, "00:00:09 WIF: Connect failed as AP cannot be reached");
	}
	journal_add(&s->journal, JOURNAL_WORK, true, MONO_S(6), "wrote x.bin");
	journal_sent(&s->journal, "Status 5", 8, MONO_S(7));
	journal_sent(&s->journal, "Status 5", 8, MONO_S(8));
	session_judge(s);
	sbuf_init(&out, REPORT_MAX);
	report_write(s, &more, &out);
	assert_non_null(strstr(sbuf_str(&out), "tasmite 1.2.3 at 00:00:09"));
	assert_non_null(strstr(sbuf_str(&out), "1. this build is known for failing to join"));
	assert_non_null(strstr(sbuf_str(&out), "00:00:05  00:00:09 WIF: Connect failed as AP"));
	assert_null(strstr(sbuf_str(&out), "cellar"));
	assert_null(strstr(sbuf_str(&out), "4B67BA"));
	assert_non_null(strstr(sbuf_str(&out), "- 00:00:06 ✘ wrote x.bin\n"));
	assert_non_null(strstr(sbuf_str(&out), "- 00:00:07 sent `Status 5` (2 times)\n"));
	assert_non_null(strstr(sbuf_str(&out), "`/flash --erase tasmota.bin` (98 %"));
	sbuf_fini(&out);
	session_free(s);
}

static struct sbuf out;

static int begin(void **state)
{
	*state = session_new();
	sbuf_init(&out, REPORT_MAX);
	return 0;
}

static int end(void **state)
{
	session_free(*state);
	sbuf_fini(&out);
	return 0;
}

static void has(const char *text)
{
	if (!strstr(sbuf_str(&out), text))
		fail_msg("'%s' is not in:\n%s", text, sbuf_str(&out));
}

static void has_not(const char *text)
{
	if (strstr(sbuf_str(&out), text))
		fail_msg("'%s' is in:\n%s", text, sbuf_str(&out));
}

static void report_ssid__keeps__a_beginning(void **state)
{
	static const struct {
		const char *ssid, *shown;
	} cases[] = {
	    {"", "…"},
	    {"q", "…"},
	    {"qu", "q…"},
	    {"que", "q…"},
	    {"quer", "qu…"},
	    {"\xc3\xbc"
	     "ber",
		"\xc3\xbc"
		"b…"}, /* characters, not bytes */
	    {"`rm`", "?r…"},
	    {"\x1b[31m", "?[…"},
	    {"\xff\xfe\xfd\xfc", "…"},
	};
	char name[40];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		report_ssid(cases[i].ssid, name, sizeof(name));
		assert_string_equal(name, cases[i].shown);
	}
}

/* What looks like an address or a name, and is another word. */
static void report_private__leaves__other_words(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
	    {"5C:CF:7F:12:34:567", "5C:CF:7F:12:34:567"},
	    {"5C:CF:7F:12:34-56", "5C:CF:7F:12:34-56"}, {"5C.CF.7F.12.34.56", "5C.CF.7F.12.34.56"},
	    {"5C:CF:7F:12:34:5", "5C:CF:7F:12:34:5"}, {"5C:CF:7F:12:3G:56", "5C:CF:7F:12:3G:56"},
	    {"a5C:CF:7F:12:34:56", "a5C:CF:7F:12:34:56"},
	    {"(5c:cf:7f:ab:cd:ef)", "(5c:cf:7f:xx:xx:xx)"}, {"DVES_4B67B", "DVES_4B67B"},
	    {"DVES_4B67BAA", "DVES_4B67BAA"}, {"DVES_4B67BAx", "DVES_4B67BAx"},
	    {"4B67BA", "4B67BA"}, /* a number like any other */
	    {"-5CCF7F123456", "-5CCF7Fxxxxxx"}, {"ours, \"our house\"", "ours, \"ou…\""},
	    {"our house2", "our house2"}, {"your house", "your house"},
	    {"SSId1 qq, AP2 qq, ssid qq and qq", "SSId1 q…, AP2 q…, ssid q… and qq"},
	    {"our house!", "ou…"}, /* the longest of the names */
	};
	struct session *s = *state;

	journal_sent(&s->journal, "SSID1 our house", 15, 0);
	journal_sent(&s->journal, "SSID2 our house!", 16, 0);
	journal_sent(&s->journal, "SSID2 qq", 8, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sbuf_clear(&out);
		report_private(&s->journal, NULL, cases[i].text, strlen(cases[i].text), &out);
		assert_string_equal(sbuf_str(&out), cases[i].shown);
	}
}

static void report_private__masks__what_was_sent(void **state)
{
	struct session *s = *state;
	struct secrets *secrets = secrets_new();
	static const char text[] = "the key is hunter22, and SSID1 home";

	secrets_add(secrets, "hunter22", 8);
	report_private(&s->journal, secrets, text, sizeof(text) - 1, &out);
	has("the key is ********, and");
	secrets_free(secrets);
}

/* ---- a state made by hand --------------------------------------------------------------------- */

static struct doctor_view view;

static struct session *with_view(void **state)
{
	struct session *s = *state;

	view = *s->device.view;
	s->device.view = &view;
	return s;
}

static void verdict(enum doctor_key key, enum doctor_state state, const char *reason)
{
	view.verdict[key].state = state;
	view.verdict[key].reason = reason;
}

static void row(
    struct session *s, enum checklist_key key, enum doctor_state state, const char *text)
{
	s->device.checks[key].state = state;
	(void)str_copy(
	    s->device.checks[key].label, sizeof(s->device.checks[key].label), checklist_word(key));
	(void)str_copy(s->device.checks[key].text, sizeof(s->device.checks[key].text), text);
}

static void marks_are(const struct session *s, const char *want)
{
	sbuf_clear(&out);
	report_marks(s, NULL, &out);
	assert_string_equal(sbuf_str(&out), want);
}

static void report_marks__tells__what_was_written_and_runs(void **state)
{
	struct session *s = with_view(state);

	marks_are(s, "Firmware runs …");
	(void)str_copy(s->journal.written, sizeof(s->journal.written), "sonoff.bin");
	verdict(DOCTOR_BOOT, DOCTOR_OK, "runs");
	marks_are(s, "Device flashed ✔ · Firmware runs ✔");
	s->journal.written_bad = true;
	verdict(DOCTOR_BOOT, DOCTOR_BAD, "no_app");
	row(s, CHECKLIST_BOOTS, DOCTOR_BAD, "nothing that can start");
	marks_are(s, "Device flashed ✘ · Firmware runs ✘ nothing that can start");
}

static void report_marks__tells__the_access_point(void **state)
{
	struct session *s = with_view(state);

	s->wall_offset_us = MONO_S(86400);
	s->utc_offset_s = -3600;
	verdict(DOCTOR_AP, DOCTOR_OK, "started");
	row(s, CHECKLIST_AP, DOCTOR_OK, "open");
	marks_are(s, "Firmware runs … · Access point ✔ open");
	verdict(DOCTOR_AP, DOCTOR_BAD, "asked_not_started");
	row(s, CHECKLIST_AP, DOCTOR_BAD, "asked for, not started");
	marks_are(s, "Firmware runs … · Access point ✘ asked for, not started");
	/* Before midnight, by the time zone. */
	s->device.proof[CHECKLIST_AP].known = true;
	s->device.proof[CHECKLIST_AP].time = MONO_S(61);
	marks_are(s, "Firmware runs … · Access point ✘ asked for 23:01:01, not started");
}

static void report_marks__shows__rows_that_are_known(void **state)
{
	struct session *s = with_view(state);

	verdict(DOCTOR_WIFI, DOCTOR_TRYING, "connecting");
	row(s, CHECKLIST_WIFI, DOCTOR_TRYING, "connecting");
	row(s, CHECKLIST_IP, DOCTOR_OK, "10.0.0.7");
	row(s, CHECKLIST_MQTT, DOCTOR_OK, "connected");
	row(s, CHECKLIST_UPGRADE, DOCTOR_BAD, "failed: no space");
	row(s, CHECKLIST_CONSOLE, DOCTOR_OK, "speaks");
	marks_are(s,
	    "Firmware runs … · Joins Wi-Fi … connecting · ip ✔ 10.0.0.7 · mqtt ✔ · upgrade "
	    "✘ failed: no space");
	row(s, CHECKLIST_CONSOLE, DOCTOR_BAD, "a driver took the pins");
	verdict(DOCTOR_WIFI, DOCTOR_UNKNOWN, "not_seen");
	marks_are(s, "Firmware runs … · ip ✔ 10.0.0.7 · mqtt ✔ · upgrade ✘ failed: no space · "
		     "console ✘ a driver took the pins");
}

static void report_marks__lists__each_kind_of_failure(void **state)
{
	struct session *s = with_view(state);
	struct journal_net *n = &s->journal.net[0];

	s->journal.nets = 1;
	(void)str_copy(n->ssid, sizeof(n->ssid), "home");
	marks_are(s, "Firmware runs … · Joins \"ho…\" …");
	n->not_found = 1;
	n->timeout = 2;
	n->refused = 3;
	n->no_ip = 4;
	marks_are(s,
	    "Firmware runs … · Joins \"ho…\" ✘ AP not found (1), timeout (2), refused (3), "
	    "no address (4)");
	n->not_found = n->timeout = 0;
	n->good = n->in_scan = true;
	marks_are(s, "Firmware runs … · Joins visible \"ho…\" ✔ after refused (3), no address (4)");
	n->refused = n->no_ip = 0;
	marks_are(s, "Firmware runs … · Joins visible \"ho…\" ✔");
}

static void write_page(const struct session *s, const struct report_more *more)
{
	sbuf_clear(&out);
	report_write(s, more, &out);
}

static void report_write__heads__the_page(void **state)
{
	struct session *s = with_view(state);
	struct report_more more = {.version = "1.2.3", .now = MONO_S(9)};

	write_page(s, &more);
	assert_true(str_starts(sbuf_str(&out), "# Device report\n\n- Made by: tasmite 1.2.3 at "
					       "00:00:09\n\nFirmware runs …\n"));
	has("\nNothing wrong was found in the log.\n");
	has_not("## Found");
	has_not("## Tried");
	has_not("## Crash");
	/* The chip: what the boot loader said is best, what a log told the last resort. */
	(void)str_copy(view.chip, sizeof(view.chip), "ESP8266");
	write_page(s, &more);
	has("- Chip: ESP8266\n");
	(void)str_copy(s->chip, sizeof(s->chip), "ESP8285");
	write_page(s, &more);
	has("- Chip: ESP8285\n");
	(void)str_copy(s->flash.chip, sizeof(s->flash.chip), "ESP8285 1 MB 5C:CF:7F:12:34:56");
	write_page(s, &more);
	has("- Chip: ESP8285 1 MB 5C:CF:7F:xx:xx:xx\n");
	(void)str_copy(s->port.line, sizeof(s->port.line), "115200 8N1");
	write_page(s, &more);
	has("- Adapter: 115200 8N1\n");
	(void)str_copy(s->port.about, sizeof(s->port.about), "FT232R");
	(void)str_copy(s->port.name, sizeof(s->port.name), "ttyUSB0");
	write_page(s, &more);
	has("- Adapter: FT232R, ttyUSB0, 115200 8N1\n");
	(void)str_copy(s->journal.written, sizeof(s->journal.written), "sonoff.bin");
	s->journal.written_at = MONO_S(3);
	write_page(s, &more);
	has("- Written: sonoff.bin (00:00:03)\n");
	s->journal.written_bad = true;
	write_page(s, &more);
	has("- Written: sonoff.bin (00:00:03, went wrong)\n");
}

/* A name that joins fail with is not shown, but what is odd about it. */
static void report_write__tells__what_is_odd_of_a_name(void **state)
{
	static const struct {
		const char *ssid, *line;
	} cases[] = {
	    {"home", "- Network: \"ho…\", 4 bytes, plain characters\n"},
	    {"my home", "- Network: \"my…\", 7 bytes, with blanks\n"},
	    {"home ", "- Network: \"ho…\", 5 bytes, with a blank at its edge, with blanks\n"},
	    {" home", "- Network: \" h…\", 5 bytes, with a blank at its edge, with blanks\n"},
	    {"h\xc3\xb6hle", "- Network: \"h\xc3\xb6…\", 6 bytes\n"},
	};
	struct session *s = with_view(state);
	struct report_more more = {.version = "1", .now = 0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)str_copy(view.ssid, sizeof(view.ssid), cases[i].ssid);
		write_page(s, &more);
		has(cases[i].line);
	}
}

static void found(enum doctor_finding_id id, uint64_t count, const uint64_t *lines, unsigned kept)
{
	struct doctor_finding *f = &view.finding[id];

	f->count = count;
	f->kept = kept;
	memcpy(f->lines, lines, kept * sizeof(*lines));
}

static void report_write__proves__each_finding(void **state)
{
	struct session *s = with_view(state);
	struct report_more more = {.version = "1", .now = 0};
	char text[600];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (int i = 1; i <= 8; i++) {
		char name[40];

		(void)str_fmt(name, sizeof(name), "log line %d", i);
		line(s, i == 3 ? text : name);
	}
	found(DOCTOR_F_NOT_FOUND, 9, (const uint64_t[]){1, 2, 3, 4, 5, 6, 7}, 7);
	write_page(s, &more);
	has("\n## Found\n\n1. the network was not found (9 lines)\n   ```\n   00:00:05  log line "
	    "1\n"
	    "   00:00:05  log line 2\n");
	/* The first four and the last; a long line is cut. */
	has("   00:00:05  log line 4\n   00:00:05  log line 7\n   ```\n");
	has_not("log line 5");
	text[400] = '\0';
	has(text);
	(void)str_cat(text, sizeof(text), "x");
	has_not(text);
	/* It works by now. */
	verdict(DOCTOR_WIFI, DOCTOR_OK, "connected");
	found(DOCTOR_F_MINIMAL, 1, (const uint64_t[]){2}, 1);
	write_page(s, &more);
	has("1. the network was not found (over by now) (9 lines)\n");
	has("2. the minimal build runs: meant for an upgrade only\n   ```\n   00:00:05  log line "
	    "2\n"
	    "   ```\n");
}

/* What the log has dropped: the kept text of the first line; of others their number. */
static void report_write__tells__lines_that_are_gone(void **state)
{
	struct session *s = with_view(state);
	struct report_more more = {.version = "1", .now = 0};
	struct session_proof *kept = &s->device.found[DOCTOR_F_NOT_FOUND];

	found(DOCTOR_F_NOT_FOUND, 2, (const uint64_t[]){7, 9}, 2);
	kept->known = true;
	kept->line = 7;
	kept->time = MONO_S(5);
	(void)str_copy(kept->text, sizeof(kept->text), "what it said");
	write_page(s, &more);
	has("   00:00:05  what it said\n   line 9: the log has dropped it\n");
	kept->known = false;
	write_page(s, &more);
	has("   line 7: the log has dropped it\n   line 9: the log has dropped it\n");
}

static void report_write__advises__what_is_next(void **state)
{
	struct session *s = with_view(state);
	struct report_more more = {.version = "1", .now = 0};

	verdict(DOCTOR_BOOT, DOCTOR_OK, "runs");
	write_page(s, &more);
	has_not("## Next");
	found(DOCTOR_F_GPIO0_LOW, 1, (const uint64_t[]){1}, 1);
	verdict(DOCTOR_BOOT, DOCTOR_BAD, "download_mode");
	write_page(s, &more);
	/* Done by hand: no command. */
	has("\n## Next\n\n1. release the button (GPIO0) and power the board again (96 %: GPIO0 is "
	    "low "
	    "at the start)\n");
}

static void report_write__lists__what_was_tried(void **state)
{
	struct session *s = with_view(state);
	struct report_more more = {.version = "1", .now = 0};

	journal_add(&s->journal, JOURNAL_STATE, false, MONO_S(1), "AP not found");
	journal_add(&s->journal, JOURNAL_WORK, false, MONO_S(2), "erased");
	journal_add(&s->journal, JOURNAL_STEP, true, MONO_S(3), "asked");
	write_page(s, &more);
	has("\n## Tried\n\n- 00:00:01 so far: AP not found\n- 00:00:02 erased\n- 00:00:03 ✘ "
	    "asked\n");
	for (int i = 0; i < JOURNAL_ENTRIES; i++)
		journal_add(&s->journal, JOURNAL_WORK, false, MONO_S(4), "work %d", i);
	write_page(s, &more);
	has("\n## Tried\n\n- (3 earlier ones are left out)\n- 00:00:04 work 0\n");
}

static void report_crash__shows__the_dump(void **state)
{
	static const char *const dump[] = {"Exception (28):", "epc1=0x40201234"};
	struct session *s = with_view(state);
	struct report_more more = {.version = "1", .now = 0};
	struct crash crash;

	report_crash(s, &more, &out);
	assert_int_equal(out.len, 0);
	crash_init(&crash);
	more.crash = &crash;
	write_page(s, &more);
	has_not("## Crash");
	for (size_t i = 0; i < 2; i++)
		assert_true(crash_line(&crash, dump[i], strlen(dump[i]), i + 1));
	write_page(s, &more);
	has("\n## Crash\n\n```\nException (28):\ncause 28: read through a null pointer\n"
	    "  epc1      0x40201234  flash\n```\n");
	/* The chip that was told decides what an address is. */
	(void)str_copy(s->chip, sizeof(s->chip), "ESP32-C3");
	write_page(s, &more);
	has("  epc1      0x40201234  no memory\n```\n");
	has_not("functions by");
}

static bool read_text(void *ctx, uint64_t offset, void *dst, size_t n)
{
	memcpy(dst, (const char *)ctx + offset, n);
	return true;
}

static void report_crash__names__the_file_of_the_functions(void **state)
{
	char map[] = " .text.setup    0x40201000      0x400 a.o\n";
	struct symbols_source from = {.read = read_text, .ctx = map, .size = sizeof(map) - 1};
	struct err err = {0};
	struct symbols *symbols = symbols_read(&from, &err);
	struct session *s = with_view(state);
	struct crash crash;
	struct report_more more = {
	    .version = "1", .crash = &crash, .symbols = symbols, .elf = "firmware.map"};

	assert_non_null(symbols);
	crash_init(&crash);
	assert_true(crash_line(&crash, "Exception (28):", 15, 1));
	assert_true(crash_line(&crash, "epc1=0x40201234", 15, 2));
	report_crash(s, &more, &out);
	has("  epc1      0x40201234  flash  setup + 0x234\n"
	    "functions by firmware.map (map file): right only for the build that ran\n");
	symbols_free(symbols);
}

/* ---- the journal ------------------------------------------------------------------------------ */

static void journal__keeps__the_newest(void **state)
{
	struct journal j;

	(void)state;
	journal_init(&j);
	assert_null(journal_at(&j, 0));
	for (int i = 0; i < JOURNAL_ENTRIES + 5; i++)
		journal_add(&j, JOURNAL_WORK, false, i, "work %d", i);
	assert_int_equal(j.left_out, 5);
	assert_string_equal(journal_at(&j, 0)->text, "work 5");
	assert_string_equal(journal_at(&j, JOURNAL_ENTRIES - 1)->text, "work 68");
	assert_null(journal_at(&j, JOURNAL_ENTRIES));
	/* Names: orders of the command are none, and what is too long is none either. */
	journal_sent(&j, "SSID1 1", 7, 0);
	journal_sent(&j, "ssid 123456789012345678901234567890123", 38, 0);
	assert_int_equal(j.name_count, 0);
	journal_sent(&j, "backlog SSId2 a b ; module 1", 28, 0);
	assert_int_equal(j.name_count, 1);
	assert_string_equal(j.names[0], "a b");
}

static void learns(const char *line, const char *want)
{
	struct journal j;
	char names[200] = "";

	journal_init(&j);
	journal_sent(&j, line, strlen(line), 0);
	for (unsigned i = 0; i < j.name_count; i++) {
		(void)str_cat(names, sizeof(names), j.names[i]);
		(void)str_cat(names, sizeof(names), "|");
	}
	assert_string_equal(names, want);
}

static void journal_sent__learns__names_of_networks(void **state)
{
	(void)state;
	learns("SSId1 home", "home|");
	learns("ssid home net", "home net|");
	learns("SSID2  home ", "home|");
	learns("Backlog SSID1 home;SSID2 other;Password1 x", "home|other|");
	learns("SSID1 a;b", "a;b|"); /* one command: the value goes up to the end */
	learns("SSID1 home;", "home;|");
	learns("SSID1", "");
	learns("SSID1 ", "");
	learns("SSID1=home", "");
	learns("SSID1 1", "");
	learns("SSID1 \"", "");
	learns("SSID1 ?", "");
	learns("SSID1 7", "7|");
	learns("backlog ssid1 home; ssid2 home", "home|");
	learns("   ", "");
	learns("Status 5", "");
}

static void hears(struct journal *j, const char *text)
{
	struct loglines *reader = loglines_new();
	struct logline ev;

	logline_read(reader, (const uint8_t *)text, strlen(text), &ev);
	journal_event(j, &ev);
	loglines_free(reader);
}

static void journal_event__learns__names_from_answers(void **state)
{
	struct journal j;

	(void)state;
	journal_init(&j);
	hears(&j, "00:00:09 RSL: stat/x/RESULT = {\"SSId1\":\"home\"}");
	hears(&j, "00:00:09 RSL: stat/x/STATUS = {\"Status\":{\"SSId\":[\"upstairs\",\"\"]}}");
	hears(&j, "00:00:09 RSL: stat/x/STATUS11 = {\"Wifi\":{\"AP\":1,\"SSId\":\"cellar\"}}");
	hears(&j, "00:00:09 RSL: stat/x/RESULT = {\"Topic\":\"SSIlamp\"}");
	assert_int_equal(j.name_count, 3);
	assert_string_equal(j.names[0], "home");
	assert_string_equal(j.names[1], "upstairs");
	assert_string_equal(j.names[2], "cellar");
}

/* Twenty-four names: those of a scan make room for the user's own. */
static void journal_event__keeps__the_users_names_before_a_scans(void **state)
{
	struct journal j;
	char line[100];

	(void)state;
	journal_init(&j);
	for (int i = 0; i < 30; i++) {
		(void)str_fmt(line, sizeof(line),
		    "00:00:01 WIF: SSId net%d, Channel 11, BSSId 78:96:82:32:BE:D6, RSSI -58", i);
		hears(&j, line);
	}
	assert_true(j.scanned);
	assert_int_equal(j.name_count, JOURNAL_NAMES);
	assert_string_equal(j.names[JOURNAL_NAMES - 1], "net23");
	journal_sent(&j, "SSID1 own", 9, 0);
	assert_int_equal(j.name_count, JOURNAL_NAMES);
	assert_string_equal(j.names[0], "own");
	assert_string_equal(j.names[JOURNAL_NAMES - 1], "net22");
}

static void joins(struct journal *j, const char *ssid, const char *ending)
{
	char line[160];

	(void)str_fmt(line, sizeof(line),
	    "00:00:02 WIF: Connecting to AP1 %s in mode 11N as sonoff-1...", ssid);
	hears(j, line);
	hears(j, ending);
}

static void journal_event__counts__how_joins_ended(void **state)
{
	struct journal j;

	(void)state;
	journal_init(&j);
	/* Without a join before it is the end of none. */
	hears(&j, "00:00:09 WIF: Connect failed as AP cannot be reached");
	assert_int_equal(j.nets, 0);
	joins(&j, "home", "00:00:09 WIF: Connect failed as AP cannot be reached");
	joins(&j, "home", "00:00:09 WIF: Connect failed with AP timeout");
	joins(&j, "home", "00:00:09 WIF: Connect failed with AP incorrect password");
	joins(&j, "home", "00:00:09 WIF: Connect failed as no IP address received");
	assert_int_equal(j.nets, 1);
	assert_int_equal(j.net[0].not_found, 1);
	assert_int_equal(j.net[0].timeout, 1);
	assert_int_equal(j.net[0].refused, 1);
	assert_int_equal(j.net[0].no_ip, 1);
	assert_false(j.net[0].good);
	joins(&j, "home", "00:00:09 WIF: Connected");
	assert_int_equal(j.net[0].joined, 1);
	assert_true(j.net[0].good);
	/* A start in the middle: that join came to no end. */
	joins(&j, "home", " ets Jan  8 2013,rst cause:4, boot mode:(3,6)");
	hears(&j, "00:00:09 WIF: Connect failed as AP cannot be reached");
	assert_int_equal(j.net[0].not_found, 1);
	/* Six networks are told apart; a seventh is not counted as one of them. */
	for (int i = 0; i < 7; i++) {
		char name[8];

		(void)str_fmt(name, sizeof(name), "net%d", i);
		joins(&j, name, "00:00:09 WIF: Connect failed with AP timeout");
	}
	assert_int_equal(j.nets, JOURNAL_NETS);
	assert_string_equal(j.net[JOURNAL_NETS - 1].ssid, "net4");
	assert_int_equal(j.net[JOURNAL_NETS - 1].timeout, 1);
	journal_rewritten(&j);
	assert_int_equal(j.nets, 0);
	assert_int_equal(j.trying, -1);
}

static void journal_event__learns__what_the_set_up_page_tries(void **state)
{
	struct journal j;

	(void)state;
	journal_init(&j);
	hears(&j, "WIF: Connecting to AP indebuurt as s-1 ...");
	assert_int_equal(j.name_count, 1);
	assert_string_equal(j.names[0], "indebuurt");
	assert_int_equal(j.nets, 0); /* it is no join of what is set */
	journal_sent(&j, "SSID1 a\0b", 9, 0);
	assert_int_equal(j.name_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(report_private__hides__what_others_need_not_know),
	    cmocka_unit_test(report_marks__counts__joins_of_each_network),
	    cmocka_unit_test(report_write__shows__proofs_and_what_was_tried),
	    cmocka_unit_test(journal__keeps__the_newest),
	    cmocka_unit_test_setup_teardown(report_ssid__keeps__a_beginning, begin, end),
	    cmocka_unit_test_setup_teardown(report_private__leaves__other_words, begin, end),
	    cmocka_unit_test_setup_teardown(report_private__masks__what_was_sent, begin, end),
	    cmocka_unit_test_setup_teardown(
		report_marks__tells__what_was_written_and_runs, begin, end),
	    cmocka_unit_test_setup_teardown(report_marks__tells__the_access_point, begin, end),
	    cmocka_unit_test_setup_teardown(report_marks__shows__rows_that_are_known, begin, end),
	    cmocka_unit_test_setup_teardown(report_marks__lists__each_kind_of_failure, begin, end),
	    cmocka_unit_test_setup_teardown(report_write__heads__the_page, begin, end),
	    cmocka_unit_test_setup_teardown(report_write__tells__what_is_odd_of_a_name, begin, end),
	    cmocka_unit_test_setup_teardown(report_write__proves__each_finding, begin, end),
	    cmocka_unit_test_setup_teardown(report_write__tells__lines_that_are_gone, begin, end),
	    cmocka_unit_test_setup_teardown(report_write__advises__what_is_next, begin, end),
	    cmocka_unit_test_setup_teardown(report_write__lists__what_was_tried, begin, end),
	    cmocka_unit_test_setup_teardown(report_crash__shows__the_dump, begin, end),
	    cmocka_unit_test_setup_teardown(
		report_crash__names__the_file_of_the_functions, begin, end),
	    cmocka_unit_test(journal_sent__learns__names_of_networks),
	    cmocka_unit_test(journal_event__learns__names_from_answers),
	    cmocka_unit_test(journal_event__keeps__the_users_names_before_a_scans),
	    cmocka_unit_test(journal_event__counts__how_joins_ended),
	    cmocka_unit_test(journal_event__learns__what_the_set_up_page_tries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

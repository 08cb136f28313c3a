/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a report takes out of lines; the journal's bounds; the marks of joins. */
#include "tasmite/core/tasmota/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(report_private__hides__what_others_need_not_know),
	    cmocka_unit_test(report_marks__counts__joins_of_each_network),
	    cmocka_unit_test(report_write__shows__proofs_and_what_was_tried),
	    cmocka_unit_test(journal__keeps__the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

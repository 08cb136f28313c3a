/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Highlight rules: the built-in ones on real lines, the order of rules, spans. */
#include "tasmite/core/highlight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "tasmite/core/pattern.h"

static size_t spans_of(
    struct highlight *h, const char *text, struct highlight_span spans[HIGHLIGHT_MAX_SPANS])
{
	struct line_ref ref = {.bytes = (const uint8_t *)text, .len = strlen(text)};
	size_t n = highlight_line(h, &ref, spans);

	for (size_t i = 0; i < n; i++) {
		assert_true(spans[i].start < spans[i].end && spans[i].end <= ref.len);
		assert_true(i == 0 || spans[i].start >= spans[i - 1].end);
		assert_true((unsigned)spans[i].style < STYLE_COUNT);
	}
	return n;
}

/* The spans as "style[text]" with a blank between. */
static const char *marked(struct highlight *h, const char *text, struct sbuf *b)
{
	struct highlight_span spans[HIGHLIGHT_MAX_SPANS];
	size_t n = spans_of(h, text, spans);

	sbuf_clear(b);
	for (size_t i = 0; i < n; i++)
		sbuf_fmt(b, "%s%s[%.*s]", i ? " " : "", style_name(spans[i].style),
		    (int)(spans[i].end - spans[i].start), text + spans[i].start);
	return sbuf_str(b);
}

static void highlight_line__marks__what_devices_say(void **state)
{
	static const char *const cases[][2] = {
	    {"00:00:07 WIF: Connect failed as AP cannot be reached",
		"hl-time[00:00:07 ] hl-tag[WIF:] hl-error[failed] hl-error[cannot]"},
	    {"00:00:07.123-029 MQT: Attempting connection...",
		"hl-time[00:00:07.123-029 ] hl-tag[MQT:]"},
	    {"WIF: Connected", "hl-tag[WIF:] hl-good[Connected]"},
	    {"MQTT: Connected", "hl-tag[MQTT:] hl-good[Connected]"},
	    {"00:00:43 MQT: Connect failed to 192.168.2.12:1883, rc -2. Retry in 10 sec",
		"hl-time[00:00:43 ] hl-tag[MQT:] hl-error[failed] "
		"hl-address[192.168.2.12:1883] hl-number[rc -2] hl-warn[Retry in 10 sec]"},
	    {"00:00:05 HTP: Web server active on sonoff-1234.local with IP address 10.0.0.7",
		"hl-time[00:00:05 ] hl-tag[HTP:] hl-good[Web server active] "
		"hl-address[10.0.0.7]"},
	    {"00:00:00 Project sonoff Sonoff (Topic sonoff) Version 6.1.1(release)-2_3_0",
		"hl-time[00:00:00 ] hl-number[Version 6.1.1(release)]"},
	    {"Version 14.2.0.1(tasmota)", "hl-number[Version 14.2.0.1(tasmota)]"},
	    {"{\"Mac\":\"5C:CF:7F:12:34:56\",\"n\":1}",
		"hl-json[\"Mac\"] hl-address[5C:CF:7F:12:34:56] hl-json[\"n\"]"},
	    {"mac 5c-cf-7f-12-34-56", "hl-address[5c-cf-7f-12-34-56]"},
	    {"RSL: stat/sonoff/RESULT = {\"Command\":\"Unknown\"}",
		"hl-tag[RSL:] hl-json[\"Command\"] hl-error[Unknown]"},
	    {" ets Jan  8 2013,rst cause:4, boot mode:(3,6)",
		"hl-reset[rst cause:4, boot mode:(3,6)]"},
	    {"rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
		"hl-reset[rst:0x10 (RTCWDT_RTC_RESET)] "
		"hl-reset[boot:0x13 (SPI_FAST_FLASH_BOOT)]"},
	    {"wdt reset", "hl-reset[wdt reset]"},
	    {"Soft WDT reset", "hl-reset[Soft WDT reset]"},
	    {"Exception (28):", "hl-reset[Exception (28)]"},
	    {"Fatal exception 9(LoadStoreAlignmentCause):", "hl-reset[Fatal exception 9]"},
	    {"epc1=0x4020e608 epc2=0x00000000",
		"hl-reset[epc1=0x4020e608] hl-reset[epc2=0x00000000]"},
	    {">>>stack>>>", "hl-reset[>>>stack>>>]"},
	    {"abort() was called at PC 0x400d1234", "hl-reset[abort() was called]"},
	    {"Brownout detector was triggered", "hl-reset[Brownout detector was triggered]"},
	    {"00:00:33 APP: Restarting", "hl-time[00:00:33 ] hl-tag[APP:] hl-reset[Restarting]"},
	    {"E (123) wifi: lost", "hl-error[E (123) ] hl-error[lost]"},
	    {"I (31) boot: fine", "hl-good[I (31) ]"},
	    {"D (4) phy: x", "hl-time[D (4) ]"},
	    {"V (5) phy: x", "hl-time[V (5) ]"},
	    {"12 I (5) phy: x", ""},
	    {"W (123) x", "hl-warn[W (123) ]"},
	    {"nothing of interest 1.2.3 12:34 256.1.1.1 1.2.3.4.5 failsafe", ""},
	    {"", ""},
	};
	struct highlight *h = highlight_new();
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strcmp(marked(h, cases[i][0], &b), cases[i][1]) != 0)
			fail_msg("%s: %s", cases[i][0], sbuf_str(&b));
	sbuf_fini(&b);
	highlight_free(h);
}

/* What tells where a rule may match takes no match away: the same rules without it. */
static void highlight_line__tries__each_rule_that_matches(void **state)
{
	static const char *const words[] = {"error ", "ERRORS", " Fail", "failed ", "cannot ",
	    "can't ", "Unable ", "invalid ", "Denied ", "refused", " Lost ", " not found ",
	    "\"Unknown\"", "E (1) ", "W (2) ", "Warning ", "timeout ", "Retry in 5 sec",
	    "Use defaults ", "WifiManager active ", "Offline", "= Online", "Successful ",
	    ": Connected", "Web server active", "Version 1.2.3 ", "rst cause:2, boot mode:(3,6)",
	    "rst:0x1 (A)", " boot:0x1 (B)", "soft wdt reset ", "Hardware Watchdog reset",
	    "\"RestartReason\":\"x\"", ": Restarting", "Exception (2)", "exception 3", " epc1=0x1",
	    " excvaddr=0x0 ", "depc=0x1", "Guru Meditation Error", ">>>stack>>>", "<<<stack<<<",
	    "Backtrace:", "Stack smashing ", "abort() was called", "assert failed ", "x", " ",
	    "00:00:01 ", "\xFF", "é"};
	struct highlight *h = highlight_new(), *plain = highlight_new();
	struct highlight_span a[HIGHLIGHT_MAX_SPANS], b[HIGHLIGHT_MAX_SPANS];
	const char *name, *pattern;
	enum style_id style;
	bool builtin;
	int on;

	(void)state;
	for (size_t i = 0; highlight_at(h, i, &name, &pattern, &style, &on, &builtin); i++) {
		assert_true(builtin);
		assert_int_equal(highlight_add(plain, name, pattern, 0, style, on, NULL), ERR_OK);
	}
	srand(1);
	for (int n = 0; n < 20000; n++) {
		char text[400] = "";
		size_t count;

		for (int k = rand() % 5; k >= 0; k--)
			str_cat(text, sizeof(text),
			    words[(size_t)rand() % (sizeof(words) / sizeof(words[0]))]);
		count = spans_of(h, text, a);
		assert_int_equal(spans_of(plain, text, b), count);
		for (size_t i = 0; i < count; i++)
			if (a[i].start != b[i].start || a[i].end != b[i].end ||
			    a[i].style != b[i].style)
				fail_msg("%s", text);
	}
	highlight_free(h);
	highlight_free(plain);
}

/* Without the built-in rules. */
static struct highlight *empty(void)
{
	struct highlight *h = highlight_new();
	const char *name, *pattern;
	enum style_id style;
	bool builtin;
	int on;

	while (highlight_at(h, 0, &name, &pattern, &style, &on, &builtin)) {
		char copy[64];

		str_copy(copy, sizeof(copy), name);
		assert_int_equal(highlight_add(h, copy, "", 0, STYLE_OK, 0, NULL), ERR_OK);
	}
	return h;
}

static void add(
    struct highlight *h, const char *name, const char *pattern, enum style_id style, int on)
{
	struct err err;

	if (highlight_add(h, name, pattern, 0, style, on, &err) != ERR_OK)
		fail_msg("%s", err.text);
}

static void highlight_line__lets__later_rules_win(void **state)
{
	struct highlight *h = empty();
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 4096);
	assert_string_equal(marked(h, "abc", &b), "");
	add(h, "line", "b", STYLE_OK, HIGHLIGHT_LINE);
	assert_string_equal(marked(h, "abc", &b), "ok[abc]");
	add(h, "match", "bc", STYLE_BAD, HIGHLIGHT_MATCH);
	assert_string_equal(marked(h, "abcabc", &b), "ok[a] bad[bc] ok[a] bad[bc]");
	add(h, "group", "b(c)|(a)", STYLE_TX, 1);
	assert_string_equal(marked(h, "abc", &b), "ok[a] bad[b] tx[c]");
	/* A rule keeps its place when it is replaced. */
	add(h, "line", "c", STYLE_WARN, HIGHLIGHT_LINE);
	assert_string_equal(marked(h, "abc", &b), "warn[a] bad[b] tx[c]");
	assert_string_equal(marked(h, "ab", &b), "");
	add(h, "nine", "(.)", STYLE_KEY, 9);
	assert_string_equal(marked(h, "x", &b), "");
	add(h, "none", "x*", STYLE_KEY, HIGHLIGHT_MATCH);
	assert_string_equal(marked(h, "axxb", &b), "key[xx]");
	sbuf_fini(&b);
	highlight_free(h);
}

static void highlight_line__has__its_bounds(void **state)
{
	struct highlight_span spans[HIGHLIGHT_MAX_SPANS];
	static char text[10001];
	struct highlight *h = empty();
	struct line_ref ref = {.bytes = (const uint8_t *)text, .len = 10000};

	(void)state;
	add(h, "a", "a", STYLE_OK, HIGHLIGHT_MATCH);
	for (size_t i = 0; i < 10000; i++)
		text[i] = i % 2 ? 'a' : 'b';
	assert_int_equal(highlight_line(h, &ref, spans), HIGHLIGHT_MAX_SPANS);
	memset(text, 'a', 10000);
	assert_int_equal(highlight_line(h, &ref, spans), 1);
	assert_int_equal(spans[0].end, 4096);
	memset(text, 'b', 10000);
	assert_int_equal(highlight_line(h, &ref, spans), 0);
	/* The user's and the program's own lines have styles of their own. */
	text[0] = 'a';
	ref.len = 1;
	for (int dir = LINE_RX; dir <= LINE_WARN; dir++) {
		ref.dir = (enum line_dir)dir;
		assert_int_equal(highlight_line(h, &ref, spans), dir == LINE_RX);
	}
	highlight_free(h);
}

static void highlight_add__refuses__what_cannot_be(void **state)
{
	struct highlight *h = empty();
	uint64_t revision = highlight_revision(h);
	struct err err;
	char name[100];

	(void)state;
	assert_int_equal(highlight_add(h, "a", "(", 0, STYLE_OK, 0, &err), ERR_FORMAT);
	assert_int_equal(highlight_add(h, "a", "(", 0, STYLE_OK, 0, NULL), ERR_FORMAT);
	assert_int_equal(highlight_add(h, "", "x", 0, STYLE_OK, 0, &err), ERR_RANGE);
	assert_int_equal(highlight_add(h, "a", "x", 0, STYLE_OK, 10, &err), ERR_INVAL);
	assert_int_equal(highlight_add(h, "a", "x", 0, STYLE_COUNT, 0, &err), ERR_INVAL);
	assert_int_equal(highlight_revision(h), revision);
	for (int i = 0; i < HIGHLIGHT_MAX_RULES; i++) {
		str_fmt(name, sizeof(name), "%d", i);
		add(h, name, "x", STYLE_OK, 0);
		assert_true(highlight_revision(h) > revision);
		revision = highlight_revision(h);
	}
	assert_int_equal(highlight_add(h, "more", "x", 0, STYLE_OK, 0, &err), ERR_NOMEM);
	add(h, "7", "y", STYLE_OK, 0);
	add(h, "7", "", STYLE_OK, 0);
	add(h, "more", "x", STYLE_OK, 0);
	highlight_free(h);
}

static void highlight_trouble__tells__a_costly_rule_once(void **state)
{
	struct highlight_span spans[HIGHLIGHT_MAX_SPANS];
	struct highlight *h = empty();
	const char *why;

	(void)state;
	add(h, "costly", "(a+)+$", STYLE_OK, HIGHLIGHT_MATCH);
	add(h, "cheap", "b", STYLE_OK, HIGHLIGHT_MATCH);
	assert_null(highlight_trouble(h));
	for (int i = 0; i < 4; i++)
		spans_of(h, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", spans);
	why = highlight_trouble(h);
	assert_non_null(why);
	assert_non_null(strstr(why, "costly"));
	assert_null(highlight_trouble(h));
	assert_int_equal(spans_of(h, "aab", spans), 1);
	highlight_free(h);
}

static void highlight_assign__takes__all_rules(void **state)
{
	struct highlight *h = highlight_new(), *copy;
	uint64_t revision;
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 1000);
	add(h, "mine", "zzz", STYLE_OK, HIGHLIGHT_MATCH);
	add(h, "error", "", STYLE_OK, 0);
	copy = highlight_copy(h);
	highlight_reset(h);
	assert_string_equal(marked(copy, "error zzz wdt reset", &b), "ok[zzz] hl-reset[wdt reset]");
	assert_string_equal(
	    marked(h, "error zzz wdt reset", &b), "hl-error[error] hl-reset[wdt reset]");
	revision = highlight_revision(h);
	highlight_assign(h, copy);
	assert_true(highlight_revision(h) > revision);
	highlight_free(copy);
	assert_string_equal(marked(h, "error zzz wdt reset", &b), "ok[zzz] hl-reset[wdt reset]");
	highlight_free(h);
	highlight_free(NULL);
	sbuf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(highlight_line__marks__what_devices_say),
	    cmocka_unit_test(highlight_line__tries__each_rule_that_matches),
	    cmocka_unit_test(highlight_line__lets__later_rules_win),
	    cmocka_unit_test(highlight_line__has__its_bounds),
	    cmocka_unit_test(highlight_add__refuses__what_cannot_be),
	    cmocka_unit_test(highlight_trouble__tells__a_costly_rule_once),
	    cmocka_unit_test(highlight_assign__takes__all_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

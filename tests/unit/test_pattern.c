/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patterns: case, UTF-8 and bytes that are none, limits, errors. */
#include "tasmite/core/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct pattern *make(const char *text, unsigned flags)
{
	struct err err;
	struct pattern *p = pattern_new(text, flags, &err);

	if (!p)
		fail_msg("%s: %s", text, err.text);
	return p;
}

/* "START-END" of the first match at or behind from, "" when there is none. */
static const char *found(const char *pattern, unsigned flags, const char *text, size_t from)
{
	static char where[60];
	struct pattern *p = make(pattern, flags);
	struct pattern_match m;

	where[0] = 0;
	if (pattern_find(p, (const uint8_t *)text, strlen(text), from, &m)) {
		snprintf(where, sizeof(where), "%zu-%zu", m.start, m.end);
		assert_true(pattern_find(p, (const uint8_t *)text, strlen(text), from, NULL));
	}
	pattern_free(p);
	return where;
}

static void pattern_find__matches__as_a_regular_expression(void **state)
{
	(void)state;
	assert_string_equal(found("b+", 0, "abbc", 0), "1-3");
	assert_string_equal(found("b+", 0, "abbc", 2), "2-3");
	assert_string_equal(found("b+", 0, "abbc", 3), "");
	assert_string_equal(found("b+", 0, "abbc", 5), "");
	assert_string_equal(found("^b", 0, "ab", 1), "");
	assert_string_equal(found("(?<=a)b", 0, "ab", 1), "1-2");
	assert_string_equal(found("c$", 0, "abbc", 0), "3-4");
	assert_string_equal(found("x*", 0, "abc", 1), "1-1");
	assert_string_equal(found("", 0, "", 0), "0-0");
	assert_string_equal(found("a\\Kb", 0, "ab", 0), "1-2");
}

static void pattern_find__matches__plain_text(void **state)
{
	(void)state;
	assert_string_equal(found("a.c", PATTERN_PLAIN, "abc a.c", 0), "4-7");
	assert_string_equal(found("(", PATTERN_PLAIN, "a(b", 0), "1-2");
	assert_string_equal(found("\\d", PATTERN_PLAIN, "1\\d", 0), "1-3");
	assert_string_equal(found("rc=-4", PATTERN_PLAIN | PATTERN_NOCASE, "RC=-4", 0), "0-5");
	assert_string_equal(found("Ä", PATTERN_PLAIN | PATTERN_NOCASE, "ä", 0), "0-2");
}

static void pattern_find__ignores_case__when_it_is_smart(void **state)
{
	(void)state;
	assert_string_equal(found("foo", 0, "FOO", 0), "");
	assert_string_equal(found("foo", PATTERN_NOCASE, "FOO", 0), "0-3");
	assert_string_equal(found("FOO", PATTERN_NOCASE, "foo", 0), "0-3");
	assert_string_equal(found("foo", PATTERN_SMART, "FOO", 0), "0-3");
	assert_string_equal(found("Foo", PATTERN_SMART, "FOO", 0), "");
	assert_string_equal(found("\\Sfoo\\B", PATTERN_SMART, "xFOOx", 0), "0-4");
	assert_string_equal(found("\\x{4A}", PATTERN_SMART, "j", 0), "0-1");
	assert_string_equal(found("\\x4Af", PATTERN_SMART, "jF", 0), "0-2");
	assert_string_equal(found("\\p{Lu}x", PATTERN_SMART, "AX", 0), "0-2");
	assert_string_equal(found("\\S", PATTERN_SMART | PATTERN_PLAIN, "\\s", 0), "");
	assert_string_equal(found("é", PATTERN_SMART, "É", 0), "0-2");
	assert_string_equal(found("É", PATTERN_SMART, "é", 0), "");
	assert_string_equal(found("ж", PATTERN_SMART, "Ж", 0), "0-2");
	assert_string_equal(found("Ж", PATTERN_SMART, "ж", 0), "");
	assert_string_equal(found("Ł", PATTERN_SMART, "ł", 0), "");
	assert_string_equal(found("ł", PATTERN_SMART, "Ł", 0), "0-2");
	assert_string_equal(found("Ž", PATTERN_SMART, "ž", 0), "");
	assert_string_equal(found("ž", PATTERN_SMART, "Ž", 0), "0-2");
	assert_string_equal(found("Ĺ", PATTERN_SMART, "ĺ", 0), ""); /* odd there */
	assert_string_equal(found("ĺ", PATTERN_SMART, "Ĺ", 0), "0-2");
	assert_string_equal(found("ĸa", PATTERN_SMART, "ĸA", 0), "0-3"); /* has no other */
	assert_string_equal(found("Ÿ", PATTERN_SMART, "ÿ", 0), "");
	assert_string_equal(found("×a", PATTERN_SMART, "×A", 0), "0-3");
	assert_string_equal(found("ßa", PATTERN_SMART, "ßA", 0), "0-3");
	assert_string_equal(found("Ω", PATTERN_SMART, "ω", 0), "");
	assert_string_equal(found("ω", PATTERN_SMART, "Ω", 0), "0-2");
	assert_string_equal(found("€a", PATTERN_SMART, "€A", 0), "0-4");
	assert_string_equal(found("[a", PATTERN_SMART | PATTERN_PLAIN, "x[A", 0), "1-3");
	assert_string_equal(found("a{2}b", PATTERN_SMART, "AAB", 0), "0-3");
}

static void pattern_find__reads__utf_8(void **state)
{
	(void)state;
	assert_string_equal(found(".x", 0, "éx", 0), "0-3");
	assert_string_equal(found("^.$", 0, "é", 0), "0-2");
	assert_string_equal(found("[é]", 0, "aé", 0), "1-3");
	assert_string_equal(found("é?b", 0, "ab", 0), "1-2");
	assert_string_equal(found("a.{2}b", 0, "a€éb", 0), "0-7");
	assert_string_equal(found("\\x{20ac}", 0, "a€", 0), "1-4");
	/* From the middle of a character: at the next one. */
	assert_string_equal(found(".", 0, "é€", 1), "2-5");
}

/* A damaged byte is one character, that dots and negated classes match. */
static void pattern_find__passes_over__bytes_that_are_no_utf_8(void **state)
{
	(void)state;
	assert_string_equal(found("foo", 0, "\xFF foo", 0), "2-5");
	assert_string_equal(found("a.b", 0,
				"a\xC3"
				"b",
				0),
	    "0-3");
	assert_string_equal(found("a[^x]b", 0,
				"a\xFF"
				"b",
				0),
	    "0-3");
	assert_string_equal(found("é.é", 0, "é\x80é", 0), "0-5");
	assert_string_equal(found("\\xC3", 0, "\xC3", 0), "");
	assert_string_equal(found("[é]", 0, "\xC3", 0), "");
	assert_string_equal(found("\\w", 0, "\xC3\xFF", 0), "");
	assert_string_equal(found("^..$", 0, "\xE2\x82", 0), "0-2");
	assert_string_equal(found("b", 0,
				"\xFF\xFE"
				"b",
				2),
	    "2-3");
}

static void pattern_find__tells__the_groups(void **state)
{
	struct pattern *p = make("(a)|(b)(c)?", 0);
	struct pattern_match m;

	(void)state;
	assert_true(pattern_find(p, (const uint8_t *)"xbc", 3, 0, &m));
	assert_true(m.from[1] == SIZE_MAX && m.to[1] == SIZE_MAX);
	assert_int_equal(m.from[0], 1);
	assert_int_equal(m.from[2], 1);
	assert_int_equal(m.to[2], 2);
	assert_int_equal(m.from[3], 2);
	assert_int_equal(m.groups, 4);
	assert_true(m.from[9] == SIZE_MAX);
	pattern_free(p);
	p = make("(1)(2)(3)(4)(5)(6)(7)(8)(9)(a)(b)", 0);
	assert_true(pattern_find(p, (const uint8_t *)"123456789ab", 11, 0, &m));
	assert_int_equal(m.end, 11);
	assert_int_equal(m.groups, 10);
	assert_int_equal(m.from[9], 8);
	pattern_free(p);
}

static void pattern_new__tells__what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *what;
	} cases[] = {
	    {"a(b", ERR_FORMAT, "'a(b': at character 4: missing closing parenthesis"},
	    {"[a", ERR_FORMAT, "missing terminating ]"},
	    {"*a", ERR_FORMAT, "at character 1: quantifier"},
	    {"a\\", ERR_FORMAT, "\\ at end"},
	    {"\xFF", ERR_FORMAT, "UTF-8"},
	    {"(?:[^x]{1,100}y[a-z]{1,200}){900}", ERR_RANGE, "too "},
	    {"\\C", ERR_FORMAT, "\\C"},
	};
	char text[PATTERN_TEXT_MAX + 2];
	struct pattern *p;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p = pattern_new(cases[i].text, 0, &err);
		if (p || err.code != cases[i].code || !strstr(err.text, cases[i].what))
			fail_msg("%s: %p %d %s", cases[i].text, (void *)p, err.code, err.text);
	}
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	assert_null(pattern_new(text, 0, &err));
	assert_int_equal(err.code, ERR_RANGE);
	text[sizeof(text) - 2] = 0;
	pattern_free(make(text, 0));
	pattern_free(make("a(b[*\\", PATTERN_PLAIN));
	p = make("abc", PATTERN_SMART);
	assert_string_equal(pattern_text(p), "abc");
	assert_int_equal(pattern_flags(p), PATTERN_SMART);
	pattern_free(p);
	pattern_free(NULL);
}

static void pattern_find__switches_off__what_costs_too_much(void **state)
{
	static uint8_t line[65536];
	struct pattern *p = make("(a+)+$", 0);

	(void)state;
	memset(line, 'a', sizeof(line));
	line[99] = 'b';
	for (int i = 1; i <= 3; i++) {
		assert_string_equal(pattern_trouble(p), "");
		assert_false(pattern_find(p, line, 100, 0, NULL));
		assert_int_equal(pattern_cost(p), i);
	}
	assert_string_not_equal(pattern_trouble(p), "");
	assert_false(pattern_find(p, (const uint8_t *)"a", 1, 0, NULL));
	pattern_free(p);
	/* A very long line is not the pattern's fault. */
	p = make("(a+)+$", 0);
	for (int i = 0; i < 10; i++)
		pattern_find(p, line, sizeof(line), 0, NULL);
	assert_string_equal(pattern_trouble(p), "");
	assert_true(pattern_find(p, (const uint8_t *)"a", 1, 0, NULL));
	pattern_free(p);
	p = make(".*b", 0);
	assert_true(pattern_find(p, line, sizeof(line), 0, NULL));
	assert_string_equal(pattern_trouble(p), "");
	pattern_free(p);
}

static void pattern_find__recurses__deeply(void **state)
{
	static uint8_t line[4000];
	struct pattern *p = make("(\\((?:[^()]|(?1))*\\))", 0);
	struct pattern_match m;

	(void)state;
	memset(line, '(', 2000);
	memset(line + 2000, ')', 2000);
	if (pattern_find(p, line, sizeof(line), 0, &m))
		assert_true(m.end - m.start >= 2);
	assert_true(pattern_find(p, line + 1900, 200, 0, &m));
	assert_int_equal(m.end - m.start, 200);
	pattern_free(p);
}

static void pattern_find_in_text__refuses__what_looks_beyond_a_line(void **state)
{
	static const struct {
		const char *text;
		bool apart;
	} cases[] = {{"foo", true}, {"a.*b$", true}, {"^\\d+[a-z\\d]\\b", true},
	    {"(?i)x|(?:y)", true}, {"a++(?!b)", true}, {"[^a]", false}, {"a\\s", false},
	    {"\\W", false}, {"(?s).", false}, {"\\Aa", false}, {"a\\z", false}, {"\\n", false},
	    {"\\x0a", false}, {"(*COMMIT)a", false}, {"é", false}, {"[[:alpha:]]", false},
	    {"\\R", false}, {"[\\t-z]", false}, {"[\\b-z]", false}, {"[\\e-z\\]]", true},
	    {"a\tb", false}, {"(?x)a", false}, {"\\12", false}, {"\\012", false},
	    {"\\Qa\\E", false}, {"[\\s]", false}, {"\\cJ", false}, {"[]a]", false},
	    {"(?|a|b)", true}, {"(?<n>a)", true}, {"(?i:a)", true}, {"(?im)a", false},
	    {"(?P<n>a)", false}, {"a\\x{41}", false}, {"[a\\]b]", true}, {"\\.\\-", true}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pattern *p = make(cases[i].text, 0);

		if (pattern_begin_text(p, (const uint8_t *)"a\nb", 3) != cases[i].apart)
			fail_msg("%s", cases[i].text);
		assert_false(pattern_begin_text(p, (const uint8_t *)"a\r\nb", 4));
		pattern_free(p);
	}
	/* Other text than ASCII: only for what matches nothing else. */
	for (int i = 0; i < 8; i++) {
		static const char *const either[] = {
		    "foo", "^\\d+[a-z]\\b", "a\\.b", "[.]a", "a.b", "\\S", "a|\\B", "x*"};
		struct pattern *p = make(either[i], 0);

		assert_true(pattern_begin_text(p, (const uint8_t *)"a\nb", 3));
		if (pattern_begin_text(p, (const uint8_t *)"a\nb\xFF", 4) != (i < 4))
			fail_msg("%s", either[i]);
		pattern_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pattern_find__matches__as_a_regular_expression),
	    cmocka_unit_test(pattern_find__matches__plain_text),
	    cmocka_unit_test(pattern_find__ignores_case__when_it_is_smart),
	    cmocka_unit_test(pattern_find__reads__utf_8),
	    cmocka_unit_test(pattern_find__passes_over__bytes_that_are_no_utf_8),
	    cmocka_unit_test(pattern_find__tells__the_groups),
	    cmocka_unit_test(pattern_new__tells__what_is_wrong),
	    cmocka_unit_test(pattern_find__switches_off__what_costs_too_much),
	    cmocka_unit_test(pattern_find__recurses__deeply),
	    cmocka_unit_test(pattern_find_in_text__refuses__what_looks_beyond_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

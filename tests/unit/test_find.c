/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searching a growing log, beside a search of each line alone. */
#include "tasmite/core/find.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logmaker.h"
#include "tasmite/base/xalloc.h"

static const char *const patterns[] = {"foo", "o+b", "^a", "b$", "^$", "^", "$", "", "a.*b", ".",
    "é", "é?a", "[^a]", "a[^b]b", "\\s", "\\Sa", "a(?!b)", "(?<=a)b", "(?<!a)b", "a\\z", "\\Aa",
    "(?s)a.b", "x*", "(a+)+b", "a++b", "(?>a+)b", "a(?!.*b)", "(?<!^)a", "a(?=$)", "(?=^b|foo$)",
    "(?<!\\w)b(?!\\w)", "(?<n>a)b", "(?|a|b)$", "(?-m)^a", "^.$", "[\\t-z]$", "[\\b-z]a", "a.b",
    "^\\Sa", "(?-i)a", "a(*COMMIT)b", "[a-c](?!$)", "foo|bar$|^rc", "rc=-4[0-9]",
    "(?i)exception \\(2[89]\\)", "\\b[0-9A-F]{13}\\b", "[[:space:]]", "[ -~]$", "\\x0a", "\\n",
    "a\\R", "\\w+\\W", "(a)(?1)", "(*ANYCRLF)b$", "(?m:^a)", "(?x) f o o", "\\Bb", "(b)\\1",
    "a{2,}$", "\\r", "K", "(?i)k", "[\\]a]b", "\\.1\\.", "^(?:\\d\\d:\\d\\d:\\d\\d )?WIF", "\\xff",
    "[\xC3\xA9]"};

#define PATTERNS (sizeof(patterns) / sizeof(patterns[0]))

static struct pattern *make(const char *text, unsigned flags)
{
	struct err err;
	struct pattern *p = pattern_new(text, flags, &err);

	if (!p)
		fail_msg("%s: %s", text, err.text);
	return p;
}

static bool matches(struct pattern *p, const struct lines *l, uint64_t line)
{
	struct line_ref r;

	assert_true(lines_get(l, line, &r));
	return pattern_find(p, r.bytes, r.len, 0, NULL);
}

/* All that find tells, against the lines one by one. */
static void compare(const struct find *f, const struct lines *l, struct pattern *p)
{
	uint64_t count = 0, last = 0, got;
	uint64_t first = lines_first(l), end = lines_end(l);
	bool capped = true, any = false;

	for (uint64_t i = first; i < end; i++) {
		bool hit = matches(p, l, i);

		if (find_is_hit(f, i) != hit)
			fail_msg("%s: line %llu of %llu to %llu: %d", pattern_text(p),
			    (unsigned long long)i, (unsigned long long)first,
			    (unsigned long long)end, hit);
		assert_int_equal(find_prev(f, i, &got), any);
		if (any)
			assert_int_equal(got, last);
		if (!hit) {
			assert_int_equal(find_rank(f, i), 0);
			continue;
		}
		count++;
		assert_int_equal(find_rank(f, i), count);
		if (any) {
			assert_true(find_next(f, last, &got));
			assert_int_equal(got, i);
		}
		any = true;
		last = i;
	}
	assert_int_equal(find_count(f, &capped), count);
	assert_false(capped);
	assert_false(find_next(f, any ? last : end, &got));
	if (first > 0)
		assert_false(find_is_hit(f, first - 1));
	assert_false(find_is_hit(f, end));
}

static void find_step__finds__what_each_line_has(void **state)
{
	(void)state;
	for (size_t n = 0; n < 2 * PATTERNS; n++) {
		size_t i = n / 2;
		struct lines *l = lines_new(3 << 20);
		struct find *f = find_new();
		struct pattern *alone = make(patterns[i], 0);

		srand((unsigned)n);
		find_set(f, make(patterns[i], 0));
		for (int round = 0; round < 6; round++) {
			int steps = 0;

			logmaker_add(
			    l, (size_t)(rand() % 3 ? rand() % 300 : rand() % 4), n % 2, round);
			while (find_step(f, l, rand() % 2 ? 1000000 : 1))
				assert_true(++steps < 1000);
			assert_true(find_complete(f, l));
			compare(f, l, alone);
		}
		assert_string_equal(pattern_trouble(alone), "");
		pattern_free(alone);
		find_free(f);
		lines_free(l);
	}
}

/* Where a pattern is searched in bytes, it finds what it does in UTF-8 (for which an alternative
 * that is in no line asks). */
static void find_step__finds__the_same_in_bytes_and_utf_8(void **state)
{
	struct lines *l = lines_new(0);

	(void)state;
	srand(11);
	logmaker_add(l, 2000, false, 0);
	for (size_t i = 0; i < PATTERNS; i++) {
		struct pattern *p, *utf;
		char text[100];

		if (strncmp(patterns[i], "(*", 2) == 0 || strstr(patterns[i], "(?x)"))
			continue;
		snprintf(text, sizeof(text), "(?:%s)|ü", patterns[i]);
		if (strstr(patterns[i], "(?1)") || strstr(patterns[i], "\\1"))
			snprintf(text, sizeof(text), "%s|ü", patterns[i]);
		p = make(patterns[i], 0);
		utf = make(text, 0);
		for (uint64_t k = 0; k < lines_end(l); k++)
			if (matches(p, l, k) != matches(utf, l, k) && !pattern_cost(p) &&
			    !pattern_cost(utf))
				fail_msg("%s: line %llu", patterns[i], (unsigned long long)k);
		pattern_free(p);
		pattern_free(utf);
	}
	lines_free(l);
}

static void find_step__keeps_up__with_dropped_lines(void **state)
{
	struct lines *l = lines_new(0);
	struct find *f = find_new();
	struct pattern *alone = make("foo", 0);

	(void)state;
	srand(1);
	find_set(f, make("foo", 0));
	for (int round = 0; round < 12; round++) {
		logmaker_add(l, 10000, round % 2, round);
		if (round == 8)
			lines_clear(l);
		if (round % 3 == 0) /* not done when the next ones come */
			find_step(f, l, 1);
		else
			while (find_step(f, l, 50000))
				;
		if (round % 3)
			compare(f, l, alone);
		/* What isn't looked at yet has no hits, what is dropped neither. */
		for (uint64_t i = lines_first(l); i < lines_end(l); i += 7)
			assert_true(!find_is_hit(f, i) || matches(alone, l, i));
	}
	assert_true(lines_dropped(l) > 0);
	lines_clear(l);
	assert_false(find_step(f, l, 1));
	assert_int_equal(find_count(f, NULL), 0);
	pattern_free(alone);
	find_free(f);
	lines_free(l);
}

static void find_step__begins__with_the_newest(void **state)
{
	struct lines *l = lines_new(0);
	struct find *f = find_new();
	uint64_t end, line;

	(void)state;
	for (int i = 0; i < 9000; i++)
		lines_rx(l, (const uint8_t *)"some line of text foo\n", 22, i);
	find_set(f, make("foo", 0));
	assert_false(find_complete(f, l));
	assert_true(find_step(f, l, 1));
	end = lines_end(l);
	assert_true(find_is_hit(f, end - 1));
	assert_false(find_is_hit(f, 0));
	/* New ones come before the rest of the old ones. */
	lines_rx(l, (const uint8_t *)"foo\n", 4, 0);
	assert_true(find_step(f, l, 1));
	assert_true(find_is_hit(f, end));
	assert_true(find_prev(f, end, &line));
	assert_int_equal(line, end - 1);
	while (find_step(f, l, 1))
		;
	assert_int_equal(find_count(f, NULL), 9001);
	assert_int_equal(find_rank(f, 0), 1);
	assert_int_equal(find_rank(f, 9000), 9001);
	find_free(f);
	lines_free(l);
}

static void find_step__looks_again__at_an_unfinished_line(void **state)
{
	struct lines *l = lines_new(0);
	struct find *f = find_new();
	uint64_t revision, line;

	(void)state;
	find_set(f, make("ab$", 0));
	lines_rx(l, (const uint8_t *)"ab\nxa", 5, 0);
	while (find_step(f, l, 1))
		;
	assert_int_equal(find_count(f, NULL), 1);
	revision = find_revision(f);
	lines_rx(l, (const uint8_t *)"b", 1, 0);
	assert_false(find_complete(f, l));
	assert_false(find_step(f, l, 1));
	assert_int_equal(find_count(f, NULL), 2);
	assert_int_equal(find_rank(f, 1), 2);
	assert_true(find_next(f, 0, &line));
	assert_int_equal(line, 1);
	assert_true(find_revision(f) > revision);
	lines_rx(l, (const uint8_t *)"c", 1, 0);
	find_step(f, l, 1);
	assert_int_equal(find_count(f, NULL), 1);
	assert_false(find_next(f, 0, &line));
	lines_rx(l, (const uint8_t *)"ab\n", 3, 0);
	find_step(f, l, 1);
	assert_int_equal(find_count(f, NULL), 2);
	assert_true(find_complete(f, l));
	find_set(f, NULL);
	assert_int_equal(find_count(f, NULL), 0);
	assert_false(find_step(f, l, 1));
	assert_true(find_complete(f, l));
	find_free(f);
	lines_free(l);
}

/* A pattern that is too costly for a whole chunk or a line: the search goes on without it. */
static void find_step__survives__a_hostile_pattern(void **state)
{
	struct lines *l = lines_new(0);
	struct find *f = find_new();
	char line[60];

	(void)state;
	memset(line, 'a', sizeof(line));
	line[58] = 'b';
	line[59] = '\n';
	for (int i = 0; i < 2000; i++)
		lines_rx(l, (const uint8_t *)line, sizeof(line), 0);
	find_set(f, make("(a+)+$", 0));
	while (find_step(f, l, 100000))
		;
	assert_int_equal(find_count(f, NULL), 0);
	assert_string_not_equal(pattern_trouble(find_pattern(f)), "");
	assert_true(find_complete(f, l));
	find_free(f);
	lines_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(find_step__finds__what_each_line_has),
	    cmocka_unit_test(find_step__finds__the_same_in_bytes_and_utf_8),
	    cmocka_unit_test(find_step__keeps_up__with_dropped_lines),
	    cmocka_unit_test(find_step__begins__with_the_newest),
	    cmocka_unit_test(find_step__looks_again__at_an_unfinished_line),
	    cmocka_unit_test(find_step__survives__a_hostile_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

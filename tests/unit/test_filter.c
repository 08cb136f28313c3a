/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters: their terms, and the index beside a look at each line. */
#include "tasmite/core/filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logmaker.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/pattern.h"

static struct filter *make(const char *terms, unsigned flags, int context)
{
	struct filter *f = filter_new();
	struct err err;

	if (filter_set(f, terms, flags, context, &err) != ERR_OK)
		fail_msg("%s: %s", terms, err.text);
	return f;
}

static bool passes(struct filter *f, const char *text, enum line_dir dir)
{
	struct line_ref r = {.bytes = (const uint8_t *)text, .len = strlen(text), .dir = dir};

	return filter_match(f, &r);
}

static void filter_match__takes__terms_together(void **state)
{
	struct filter *f = make("foo !bar 'a b' !\"c d\"", 0, 0);

	(void)state;
	assert_true(passes(f, "x foo y", LINE_RX));
	assert_true(passes(f, "xa by", LINE_RX));
	assert_false(passes(f, "a", LINE_RX));
	assert_false(passes(f, "foo bar", LINE_RX));
	assert_false(passes(f, "foo c d", LINE_RX));
	assert_true(passes(f, "foo c", LINE_TX));
	assert_false(passes(f, "c", LINE_TX));
	assert_false(passes(f, "c", LINE_OWN));
	assert_true(passes(f, "bar", LINE_WARN));
	/* Marks are in every pane; what the device says is none. */
	assert_true(passes(f, "mark: here", LINE_OWN));
	assert_false(passes(f, "mark: here", LINE_RX));
	assert_false(passes(f, "mark: here", LINE_TX));
	assert_false(passes(f, "mark:", LINE_OWN));
	filter_free(f);
	f = make("!foo", PATTERN_SMART, 0);
	assert_true(passes(f, "", LINE_RX));
	assert_false(passes(f, "FOO", LINE_RX));
	filter_free(f);
	f = make("a.c|x", PATTERN_PLAIN, 0);
	assert_true(passes(f, "a.c|x", LINE_RX));
	assert_false(passes(f, "abc", LINE_RX));
	filter_free(f);
}

static void filter_match__knows__where_a_tag_stands(void **state)
{
	struct filter *f = make("WIF", 0, 0);

	(void)state;
	assert_true(passes(f, "WIF: Connected", LINE_RX));
	assert_true(passes(f, "00:00:07 WIF: Connected", LINE_RX));
	assert_true(passes(f, "00:00:07.123 WIF: Connected", LINE_RX));
	assert_true(passes(f, "00:00:07.123-029 WIF: Connected", LINE_RX));
	assert_true(passes(f, "00:00:07.123-029/17 WIF: Connected", LINE_RX));
	assert_true(passes(f, "00:00:07-029 WIF:", LINE_RX));
	assert_false(passes(f, "00:00:07 MQT: WIF: Connected", LINE_RX));
	assert_false(passes(f, " WIF: Connected", LINE_RX));
	assert_false(passes(f, "00:00:07  WIF: Connected", LINE_RX));
	assert_false(passes(f, "00:00:07.12 WIF: Connected", LINE_RX));
	assert_false(passes(f, "WIF", LINE_RX));
	assert_false(passes(f, "00:00:07 WIF", LINE_RX));
	assert_false(passes(f, "00:00:07 ", LINE_RX));
	assert_false(passes(f, "00:00:07", LINE_RX));
	assert_false(passes(f, "00:00:07.123-029", LINE_RX));
	assert_false(passes(f, "", LINE_RX));
	filter_free(f);
	f = make("\"WIF\"", 0, 0); /* quoted it is a pattern */
	assert_true(passes(f, "say WIF", LINE_RX));
	filter_free(f);
	f = make("Wif", 0, 0); /* and what is no tag too */
	assert_true(passes(f, "a Wif", LINE_RX));
	filter_free(f);
}

static void filter_trouble__tells__a_costly_term_once(void **state)
{
	struct filter *f = make("WIF b (a+)+$", 0, 0);
	const char *why;

	(void)state;
	assert_null(filter_trouble(f));
	for (int i = 0; i < 4; i++)
		assert_false(passes(f, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", LINE_RX));
	why = filter_trouble(f);
	assert_non_null(why);
	assert_non_null(strstr(why, "'(a+)+$' is too costly"));
	assert_null(filter_trouble(f));
	assert_true(passes(f, "b", LINE_RX));
	filter_free(f);
}

static void filter_set__tells__the_term_at_fault(void **state)
{
	static const struct {
		const char *terms;
		int context, code;
		const char *text;
	} cases[] = {
	    {"foo ba(r", 0, ERR_FORMAT, "ba(r"},
	    {"foo 'bar", 0, ERR_FORMAT, "bar"},
	    {"foo ! bar", 0, ERR_FORMAT, "!"},
	    {"foo ''", 0, ERR_FORMAT, "term"},
	    {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", 0, ERR_RANGE, "16"},
	    {"foo", -1, ERR_RANGE, "context"},
	    {"foo", 100000, ERR_RANGE, "context"},
	};
	struct filter *f = make("good", 0, 2);
	char longer[6000];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    filter_set(f, cases[i].terms, 0, cases[i].context, &err), cases[i].code);
		if (!strstr(err.text, cases[i].text))
			fail_msg("%s: %s", cases[i].terms, err.text);
		assert_string_equal(filter_text(f), "good");
		assert_int_equal(filter_context(f), 2);
		assert_true(passes(f, "good", LINE_RX));
		assert_false(passes(f, "foo", LINE_RX));
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	assert_int_equal(filter_set(f, longer, 0, 0, &err), ERR_RANGE);
	assert_int_equal(filter_set(f, filter_text(f), 0, 0, &err), ERR_OK);
	assert_string_equal(filter_text(f), "good");
	assert_false(filter_off(f));
	assert_int_equal(filter_set(f, "  ", 0, 0, &err), ERR_OK);
	assert_true(filter_off(f));
	filter_free(f);
}

/* Which lines are to be shown, line by line. */
static bool *reference(struct filter *f, const struct lines *l, size_t *n)
{
	uint64_t first = lines_first(l), end = lines_end(l);
	bool *shown = xcalloc((size_t)(end - first) + 1, 1);

	*n = (size_t)(end - first);
	for (uint64_t i = first; i < end; i++) {
		struct line_ref r;
		uint64_t around;

		assert_true(lines_get(l, i, &r));
		if (!filter_match(f, &r))
			continue;
		/* An unfinished line may yet be another one: it shows itself only. */
		around = r.dir == LINE_WARN || r.partial ? 0 : (uint64_t)filter_context(f);
		for (uint64_t k = i < first + around ? first : i - around; k <= i + around; k++)
			if (k < end)
				shown[k - first] = true;
	}
	return shown;
}

static void compare(struct filter *f, const struct lines *l)
{
	size_t n, count = 0, last = SIZE_MAX;
	bool *shown = reference(f, l, &n);
	uint64_t first = lines_first(l), got;

	for (size_t i = 0; i < n; i++) {
		bool before = filter_at_or_before(f, l, first + i, &got);

		if (shown[i]) {
			count++;
			last = i;
		}
		if (before != (last != SIZE_MAX) || (before && got != first + last))
			fail_msg("%s: line %zu of %zu, %zu, %d %llu, context %d", filter_text(f), i,
			    n, last, before, (unsigned long long)(got - first), filter_context(f));
	}
	for (size_t i = n, next = SIZE_MAX; i-- > 0;) {
		bool after = filter_at_or_after(f, l, first + i, &got);

		if (shown[i])
			next = i;
		assert_int_equal(after, next != SIZE_MAX);
		if (after)
			assert_int_equal(got, first + next);
	}
	assert_int_equal(filter_count(f, l, 0, UINT64_MAX), count);
	for (int k = 0; k < 20 && n; k++) {
		size_t from = (size_t)rand() % n, to = from + (size_t)rand() % (n - from + 1);

		count = 0;
		for (size_t i = from; i < to; i++)
			count += shown[i];
		assert_int_equal(filter_count(f, l, first + from, first + to), count);
	}
	assert_false(filter_at_or_after(f, l, lines_end(l), &got));
	free(shown);
}

static void filter_step__shows__what_each_line_is(void **state)
{
	static const char *const terms[] = {"foo", "WIF", "!WIF", "WIF MQT !foo", "^a b$", "!.",
	    "rc=-4[0-9]", "CMD RSL \"^$\"", "!a !b", "[^a]", "'\\s'", "foo !é", "(?=b)b !^b", "zzz",
	    ""};

	(void)state;
	for (size_t n = 0; n < 6 * sizeof(terms) / sizeof(terms[0]); n++) {
		struct lines *l = lines_new(0);
		struct filter *f =
		    make(terms[n / 6], n % 5 ? PATTERN_SMART : PATTERN_NOCASE, (int)(n % 3) * 2);

		srand((unsigned)n);
		for (int round = 0; round < 6; round++) {
			logmaker_add(
			    l, (size_t)(rand() % 3 ? rand() % 300 : rand() % 4), n % 2, round);
			if (round == 4 && n % 7 == 0)
				lines_clear(l);
			while (filter_step(f, l, rand() % 2 ? 1000000 : 1))
				;
			assert_true(filter_complete(f, l));
			compare(f, l);
		}
		filter_free(f);
		lines_free(l);
	}
}

static void filter_step__shows__marks_alone(void **state)
{
	struct lines *l = lines_new(0);
	struct filter *f = make("foo", 0, 1);
	uint64_t line;

	(void)state;
	lines_rx(l, (const uint8_t *)"bar\n", 4, 1);
	lines_put(l, LINE_OWN, "mark: 1", 7, 2);
	lines_put(l, LINE_OWN, "a word", 6, 3);
	while (filter_step(f, l, 100000))
		;
	assert_int_equal(filter_count(f, l, 0, UINT64_MAX), 1);
	assert_true(filter_at_or_after(f, l, 0, &line));
	assert_int_equal(line, 1);
	filter_free(f);
	lines_free(l);
}

static void filter_step__keeps_up__with_dropped_lines(void **state)
{
	struct lines *l = lines_new(0);
	struct filter *f = make("foo !bar", 0, 3);
	uint64_t line;

	(void)state;
	srand(5);
	for (int round = 0; round < 8; round++) {
		logmaker_add(l, 10000, true, round);
		if (round % 2) {
			filter_step(f, l, 1);
			if (filter_at_or_after(f, l, 0, &line))
				assert_true(line >= lines_first(l));
			continue;
		}
		while (filter_step(f, l, 100000))
			;
	}
	while (filter_step(f, l, 100000))
		;
	assert_true(lines_dropped(l) > 0);
	/* Neighbours of lines that are gone may be shown or not. */
	assert_true(filter_at_or_before(f, l, UINT64_MAX, &line));
	for (uint64_t i = lines_first(l) + 3; i < lines_end(l); i++) {
		struct line_ref r;

		assert_true(lines_get(l, i, &r));
		if (filter_match(f, &r)) {
			assert_true(filter_at_or_after(f, l, i, &line));
			assert_int_equal(line, i);
		}
	}
	filter_free(f);
	lines_free(l);
}

static void filter_off__numbers__lines_as_they_are(void **state)
{
	struct lines *l = lines_new(0);
	struct filter *f = filter_new();
	uint64_t line;

	(void)state;
	assert_true(filter_off(f));
	assert_false(filter_at_or_after(f, l, 0, &line));
	assert_false(filter_at_or_before(f, l, 0, &line));
	lines_rx(l, (const uint8_t *)"a\nb\nc", 5, 0);
	assert_false(filter_step(f, l, 100));
	assert_true(filter_complete(f, l));
	assert_int_equal(filter_count(f, l, 0, 100), 3);
	assert_true(filter_at_or_after(f, l, 1, &line));
	assert_int_equal(line, 1);
	assert_true(filter_at_or_before(f, l, 100, &line));
	assert_int_equal(line, 2);
	assert_false(filter_at_or_after(f, l, 3, &line));
	lines_clear(l);
	assert_false(filter_at_or_before(f, l, 2, &line));
	filter_free(f);
	lines_free(l);
}

static void filter_set__takes__quotes_within_quotes(void **state)
{
	struct filter *f = make("\"say \"\"hi\"\"\" 'it''s'", 0, 0);

	(void)state;
	assert_true(passes(f, "x say \"hi\" y", LINE_RX));
	assert_true(passes(f, "it's", LINE_RX));
	assert_false(passes(f, "say hi, its", LINE_RX));
	filter_free(f);
	filter_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(filter_match__takes__terms_together),
	    cmocka_unit_test(filter_match__knows__where_a_tag_stands),
	    cmocka_unit_test(filter_trouble__tells__a_costly_term_once),
	    cmocka_unit_test(filter_set__tells__the_term_at_fault),
	    cmocka_unit_test(filter_step__shows__what_each_line_is),
	    cmocka_unit_test(filter_step__shows__marks_alone),
	    cmocka_unit_test(filter_step__keeps_up__with_dropped_lines),
	    cmocka_unit_test(filter_off__numbers__lines_as_they_are),
	    cmocka_unit_test(filter_set__takes__quotes_within_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of the tables: distance, what was meant, lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/core/words.h"

static void words_distance__counts__edits_and_swaps(void **state)
{
	static const struct {
		const char *a, *b;
		int distance;
	} cases[] = {
	    {"", "", 0}, {"", "abc", 3}, {"baud", "BAUD", 0}, {"buad", "baud", 1},
	    {"flsh", "flash", 1}, {"flashh", "flash", 1}, {"kitten", "sitting", 3},
	    {"ca", "abc", 3}, /* no further edit inside a swap */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(words_distance(cases[i].a, cases[i].b), cases[i].distance);
		assert_int_equal(words_distance(cases[i].b, cases[i].a), cases[i].distance);
	}
}

static void words_distance__is_far__for_long_words(void **state)
{
	(void)state;
	assert_int_equal(words_distance("a", "123456789012345678901234567890123"), INT_MAX);
	assert_int_equal(words_distance("12345678901234567890123456789012", ""), 32);
}

static void nearest__picks_the_closest__and_none_that_is_far(void **state)
{
	struct nearest n;
	char text[40];

	(void)state;
	nearest_init(&n, "flsh");
	nearest_offer(&n, "focus");
	nearest_offer(&n, "flash");
	nearest_offer(&n, "clear");
	assert_string_equal(nearest_text(&n, "/", text, sizeof(text)), ", did you mean '/flash'?");
	nearest_init(&n, "xy");
	nearest_offer(&n, "ok");
	assert_string_equal(nearest_text(&n, "/", text, sizeof(text)), "");
	nearest_init(&n, "scroll");
	nearest_offer(&n, "scrollback");
	assert_string_equal(n.best, "scrollback");
}

static void words_of_list__and_find__agree(void **state)
{
	char word[8];

	(void)state;
	assert_true(words_of_list("none|cr|lf", 2, word, sizeof(word)));
	assert_string_equal(word, "lf");
	assert_false(words_of_list("none|cr|lf", 3, word, sizeof(word)));
	assert_false(words_of_list("", 0, word, sizeof(word)));
	assert_int_equal(words_find("none|cr|lf", "CR"), 1);
	assert_int_equal(words_find("none|cr|lf", "c"), -1);
	assert_int_equal(words_find("", ""), -1);
}

static void words_printable__refuses__control_and_invalid_bytes(void **state)
{
	(void)state;
	assert_true(words_printable(""));
	assert_true(words_printable("a \xc3\xbc \xe2\x86\x92 e\xcc\x81"));
	assert_false(words_printable("a\n"));
	assert_false(words_printable("\x7f"));
	assert_false(words_printable("\xc2\x9b"));
	assert_false(words_printable("\xc3"));
	assert_false(words_printable("\xff"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_distance__counts__edits_and_swaps),
	    cmocka_unit_test(words_distance__is_far__for_long_words),
	    cmocka_unit_test(nearest__picks_the_closest__and_none_that_is_far),
	    cmocka_unit_test(words_of_list__and_find__agree),
	    cmocka_unit_test(words_printable__refuses__control_and_invalid_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The device's colours on terminals that have fewer. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/ui/color.h"

static int reduce(
    enum ansi_color_kind kind, int a, int g, int b, enum theme_depth depth, bool *bright)
{
	struct ansi_color c = {
	    .kind = (uint8_t)kind, .index = (uint8_t)a, .g = (uint8_t)g, .b = (uint8_t)b};

	*bright = false;
	return color_reduce(&c, depth, bright);
}

static void color_reduce__keeps__what_the_terminal_has(void **state)
{
	bool bright;

	(void)state;
	assert_int_equal(reduce(ANSI_DEFAULT, 9, 9, 9, THEME_256, &bright), -1);
	assert_int_equal(reduce(ANSI_INDEX, 1, 0, 0, THEME_MONO, &bright), -1);
	assert_int_equal(reduce(ANSI_INDEX, 208, 0, 0, THEME_256, &bright), 208);
	assert_int_equal(reduce(ANSI_INDEX, 9, 0, 0, THEME_16, &bright), 9);
	assert_false(bright);
	assert_int_equal(reduce(ANSI_INDEX, 9, 0, 0, THEME_8, &bright), 1);
	assert_true(bright);
}

static void color_reduce__finds__the_nearest(void **state)
{
	bool bright;

	(void)state;
	assert_int_equal(reduce(ANSI_RGB, 255, 0, 0, THEME_256, &bright), 196);
	assert_int_equal(reduce(ANSI_RGB, 255, 255, 255, THEME_256, &bright), 231);
	assert_int_equal(reduce(ANSI_RGB, 120, 118, 119, THEME_256, &bright), 243);
	assert_int_equal(reduce(ANSI_RGB, 200, 10, 10, THEME_16, &bright), 1);
	assert_int_equal(reduce(ANSI_INDEX, 196, 0, 0, THEME_16, &bright), 9);
	assert_int_equal(reduce(ANSI_INDEX, 232, 0, 0, THEME_16, &bright), 0);
	assert_int_equal(reduce(ANSI_RGB, 10, 200, 10, THEME_8, &bright), 2);
	assert_false(bright);
}

static void color_reduce__stays_in_range__for_all(void **state)
{
	static const int most[] = {
	    [THEME_MONO] = 0, [THEME_8] = 8, [THEME_16] = 16, [THEME_256] = 256};
	bool bright;

	(void)state;
	for (int d = 0; d < THEME_DEPTHS; d++)
		for (int i = 0; i < 256; i++) {
			int a = reduce(ANSI_INDEX, i, 0, 0, (enum theme_depth)d, &bright);
			int b =
			    reduce(ANSI_RGB, i, 255 - i, i * 7 & 255, (enum theme_depth)d, &bright);

			assert_true(a < most[d] && b < most[d]);
			assert_true(d == THEME_MONO || (a >= 0 && b >= 0));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(color_reduce__keeps__what_the_terminal_has),
	    cmocka_unit_test(color_reduce__finds__the_nearest),
	    cmocka_unit_test(color_reduce__stays_in_range__for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

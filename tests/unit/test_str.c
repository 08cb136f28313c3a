/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts with names of others in them, as a terminal may get them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/err.h"
#include "tasmite/base/str.h"

static void str_clean__leaves__what_is_seen(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"", ""},
	    {"plain \303\274 \342\206\222 \344\275\240",
		"plain \303\274 \342\206\222 \344\275\240"},
	    {"\033]0;owned\a\033[31m", "?]0;owned??[31m"},
	    {"a\rb\tc\177", "a?b?c?"},
	    {"\302\2331m", "?1m"}, /* CSI as one character */
	    {"\377\303(", "?\?("},
	    {"cut \303", "cut ?"},
	};
	char text[80];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(text, cases[i].in);
		str_clean(text, false);
		assert_string_equal(text, cases[i].out);
	}
	strcpy(text, "a\nb\033\n");
	str_clean(text, true);
	assert_string_equal(text, "a\nb?\n");
	str_clean(text, false);
	assert_string_equal(text, "a?b??");
}

static void err_set__holds__nothing_a_terminal_obeys(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(
	    err_set(&err, ERR_INVAL, 0, "cannot read %s", "\033]52;c;aGk=\a.bin"), ERR_INVAL);
	assert_string_equal(err.text, "cannot read ?]52;c;aGk=?.bin");
	assert_int_equal(err_sys(&err, ENOENT, "cannot open %s", "a\nb\377"), ERR_NOENT);
	assert_memory_equal(err.text, "cannot open a?b?: ", 18);
	assert_int_equal(err.sys, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(str_clean__leaves__what_is_seen),
	    cmocka_unit_test(err_set__holds__nothing_a_terminal_obeys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

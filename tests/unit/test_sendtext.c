/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Escapes, and the steps of macros and pastes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "tasmite/core/sendtext.h"

static void unescape_is(const char *text, const char *want, size_t n)
{
	char s[64];

	str_copy(s, sizeof(s), text);
	assert_int_equal(sendtext_unescape(s), n);
	assert_memory_equal(s, want, n);
}

static void sendtext_unescape__knows__each_escape(void **state)
{
	(void)state;
	unescape_is("a\\x41\\xfFb",
	    "aA\xff"
	    "b",
	    4);
	unescape_is("\\r\\n\\t\\e\\0\\\\", "\r\n\t\033\0\\", 6);
	unescape_is("\\e[31m", "\033[31m", 5);
	unescape_is("\\0x", "\0x", 2);
	unescape_is("\\x00\\x0a", "\0\n", 2);
	unescape_is("\\\\x41", "\\x41", 4);
	unescape_is("\\x4142", "A42", 3);
}

static void sendtext_unescape__leaves__what_is_no_escape(void **state)
{
	(void)state;
	unescape_is("", "", 0);
	unescape_is("plain", "plain", 5);
	unescape_is("end\\", "end\\", 4);
	unescape_is("\\q\\\"", "\\q\\\"", 4);
	unescape_is("\\x", "\\x", 2);
	unescape_is("\\x4", "\\x4", 3);
	unescape_is("\\xg1", "\\xg1", 4);
	unescape_is("\\x4g", "\\x4g", 4);
}

/* Steps as "[line]" and "<ms>". */
static void macro_is(const char *text, const char *want)
{
	char copy[256], got[256] = "";
	struct sendtext_step step;
	size_t at = 0, lines = 0;

	str_copy(copy, sizeof(copy), text);
	while (sendtext_next(copy, &at, &step)) {
		size_t n = strlen(got);

		if (step.pause_ms < 0)
			str_fmt(got + n, sizeof(got) - n, "[%.*s]", (int)step.n, step.text);
		else
			str_fmt(got + n, sizeof(got) - n, "<%d>", step.pause_ms);
		lines += step.pause_ms < 0;
	}
	assert_string_equal(got, want);
	assert_int_equal(sendtext_lines(text), lines);
}

static void sendtext_next__parts__lines_and_pauses(void **state)
{
	(void)state;
	macro_is("", "");
	macro_is("Status 5", "[Status 5]");
	macro_is("a\\nb\\nc", "[a][b][c]");
	macro_is("a\nb", "[a][b]");
	macro_is("a{500ms}b", "[a]<500>[b]");
	macro_is("a\\n{500ms}\\nb", "[a]<500>[b]");
	macro_is("{2s}a{0ms}", "<2000>[a]<0>");
	macro_is("a\\n", "[a]");
	macro_is("\\na", "[a]");
	macro_is("a\\n\\nb", "[a][][b]");
	macro_is("{1s}{1s}x", "<1000><1000>[x]");
	macro_is("\\n\\n", "");
}

static void sendtext_next__leaves__what_is_no_pause(void **state)
{
	(void)state;
	macro_is("Rule1 {x}", "[Rule1 {x}]");
	macro_is("{\"a\":1}", "[{\"a\":1}]");
	macro_is("{500}{ms}{s}{5 ms}{-1ms}", "[{500}{ms}{s}{5 ms}{-1ms}]");
	macro_is(
	    "{3600000ms}{3600001ms}{3600s}{3601s}", "<3600000>[{3600001ms}]<3600000>[{3601s}]");
	macro_is("{99999999999999999999ms}", "[{99999999999999999999ms}]");
	macro_is("\\{500ms}", "[{500ms}]");
	macro_is("a\\\\nb", "[a\\nb]");
	macro_is("a\\", "[a\\]");
	macro_is("a\\x41", "[a\\x41]");
}

static void sendtext_paste_next__finds__lines_with_any_end(void **state)
{
	static const char text[] = "\r\n\na\r\nbb\rccc\n\n\nd";
	struct sendtext_step step;
	size_t at = 0;
	char got[64] = "";

	(void)state;
	while (sendtext_paste_next(text, sizeof(text) - 1, &at, &step)) {
		size_t n = strlen(got);

		assert_int_equal(step.pause_ms, -1);
		str_fmt(got + n, sizeof(got) - n, "[%.*s]", (int)step.n, step.text);
	}
	assert_string_equal(got, "[a][bb][ccc][d]");
	at = 0;
	assert_false(sendtext_paste_next("\n\r", 2, &at, &step));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sendtext_unescape__knows__each_escape),
	    cmocka_unit_test(sendtext_unescape__leaves__what_is_no_escape),
	    cmocka_unit_test(sendtext_next__parts__lines_and_pauses),
	    cmocka_unit_test(sendtext_next__leaves__what_is_no_pause),
	    cmocka_unit_test(sendtext_paste_next__finds__lines_with_any_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

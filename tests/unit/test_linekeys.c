/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the edit line is given to read. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ui/linekeys.h"

static void is(const char *name, const char *want)
{
	char bytes[RAWKEYS_MAX];
	struct key key;
	size_t n;

	assert_true(keymap_parse(name, &key));
	n = linekeys_bytes(&key, bytes);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(bytes, want, n);
}

static void linekeys_bytes__sends__what_readline_binds(void **state)
{
	(void)state;
	is("a", "a");
	is("\303\244", "\303\244");
	is("Alt-x", "\033x");
	is("Ctrl-X", "\030");
	is("Ctrl-Alt-X", "\033\030");
	is("Up", "\033[A");
	is("Ctrl-Right", "\033[1;5C");
	is("Shift-Tab", "\033[Z");
}

static void linekeys_bytes__leaves_out__what_would_mislead(void **state)
{
	(void)state;
	is("Alt-Enter", "\r");
	is("Ctrl-Tab", "\t");
	is("Ctrl-Backspace", "\177");
	is("Alt-Backspace", "\033\177");
	is("F1", "");
	is("Shift-F12", "");
	is("Ctrl-5", "");
	is("Ctrl-Alt-5", "");
	assert_int_equal(linekeys_bytes(&(struct key){.code = 0x95}, (char[RAWKEYS_MAX]){0}), 0);
}

static void linekeys_width_known__asks__the_c_library(void **state)
{
	(void)state;
	assert_true(linekeys_width_known("", 0));
	assert_true(linekeys_width_known("a", 1));
	assert_true(linekeys_width_known("\303\251", 2));
	assert_true(linekeys_width_known("e\314\201", 3)); /* combining */
	assert_true(linekeys_width_known("\251\251\251\251\251", 5));
	assert_true(linekeys_width_known("\303", 1));
	assert_false(linekeys_width_known("a\302\225", 3));
	assert_false(linekeys_width_known("\363\260\277\277\363\277\277\276", 8)); /* none ever */
	assert_true(linekeys_width_known("\302\225a", 3));
}

static void linekeys_text__keeps__only_text(void **state)
{
	static const char hostile[] = "\033[A\001\377\303\251\tb\177\r\n\302\233c\303";
	char text[sizeof(hostile)];

	(void)state;
	assert_int_equal(linekeys_text(text, hostile, sizeof(hostile) - 1), 7);
	assert_string_equal(text, "[A\303\251 bc");
	assert_int_equal(linekeys_text(text, "a\0b", 3), 2); /* a NUL does not end it */
	assert_string_equal(text, "ab");
	assert_int_equal(linekeys_text(text, "", 0), 0);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(linekeys_bytes__sends__what_readline_binds),
	    cmocka_unit_test(linekeys_bytes__leaves_out__what_would_mislead),
	    cmocka_unit_test(linekeys_width_known__asks__the_c_library),
	    cmocka_unit_test(linekeys_text__keeps__only_text),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys: names, bindings, the key bar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/core/cmd.h"
#include "tasmite/core/keymap.h"

static int setup(void **state)
{
	*state = keymap_new();
	return 0;
}

static int teardown(void **state)
{
	keymap_free(*state);
	return 0;
}

static const char *text_of(const struct keymap *k, const char *name)
{
	struct key key;

	assert_true(keymap_parse(name, &key));
	return keymap_lookup(k, &key);
}

static void keymap_parse__and_name__round_trip(void **state)
{
	static const struct {
		const char *name, *canon;
		uint32_t code;
		int mods;
	} cases[] = {
	    {"F1", "F1", KEYS_F1, 0},
	    {"f12", "F12", KEYS_F1 + 11, 0},
	    {"F24", "F24", KEYS_F24, 0},
	    {"Shift-F3", "Shift-F3", KEYS_F1 + 2, KEY_SHIFT},
	    {"Ctrl-Q", "Ctrl-Q", 'q', KEY_CTRL},
	    {"ctrl-q", "Ctrl-Q", 'q', KEY_CTRL},
	    {"Alt-1", "Alt-1", '1', KEY_ALT},
	    {"Alt-Ctrl-x", "Ctrl-Alt-X", 'x', KEY_CTRL | KEY_ALT},
	    {"Alt-x", "Alt-x", 'x', KEY_ALT},
	    {"Alt-X", "Alt-X", 'X', KEY_ALT},
	    {"PgUp", "PgUp", KEYS_PGUP, 0},
	    {"pagedown", "PgDn", KEYS_PGDN, 0},
	    {"Ctrl-End", "Ctrl-End", KEYS_END, KEY_CTRL},
	    {"Shift-Tab", "Shift-Tab", KEYS_TAB, KEY_SHIFT},
	    {"a", "a", 'a', 0},
	    {"Shift-a", "A", 'A', 0},
	    {"-", "-", '-', 0},
	    {"Ctrl--", "Ctrl--", '-', KEY_CTRL},
	    {"Ctrl-I", "Tab", KEYS_TAB, 0},
	    {"Ctrl-M", "Enter", KEYS_ENTER, 0},
	    {"Ctrl-[", "Esc", KEYS_ESC, 0},
	    {"Space", "Space", ' ', 0},
	    {"\xc3\xbc", "\xc3\xbc", 0xfc, 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct key key;
		char name[32];

		assert_true(keymap_parse(cases[i].name, &key));
		assert_int_equal(key.code, cases[i].code);
		assert_int_equal(key.mods, cases[i].mods);
		assert_string_equal(keymap_name(&key, name, sizeof(name)), cases[i].canon);
	}
}

static void keymap_parse__refuses__what_is_no_key(void **state)
{
	static const char *const names[] = {"", "F0", "F25", "F1x", "Ctrl-", "Ctrl-Ctrl-a",
	    "Hyper-a", "ab", "\xff", "\033", "Ctrl-F1x", "F123456789012345678901"};
	struct key key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (keymap_parse(names[i], &key))
			fail_msg("'%s' was taken for a key", names[i]);
	}
}

static void keymap_new__binds__what_the_bar_shows(void **state)
{
	static const char *const labels[] = {
	    "Help", "Port", "Find", "Filter", "Flash", "Device", "Hex", "Reset", "Record", "Quit"};
	int i;

	for (i = 0; i < 10; i++)
		assert_string_equal(keymap_bar_label(*state, i + 1), labels[i]);
	assert_string_equal(keymap_bar_label(*state, 0), "");
	assert_string_equal(keymap_bar_label(*state, 99), "");
	assert_string_equal(text_of(*state, "Ctrl-Q"), "/quit");
	assert_string_equal(text_of(*state, "Shift-Tab"), "/focus next");
	assert_string_equal(text_of(*state, "Ctrl-End"), "/follow");
	assert_null(text_of(*state, "F11"));
	assert_null(text_of(*state, "F11"));
	assert_null(text_of(*state, "Alt-1"));
	assert_null(text_of(*state, "Tab"));
}

/* A binding to a command that doesn't exist would be a dead key. */
static void keymap_new__binds__only_commands_that_exist(void **state)
{
	const char *key, *text;
	size_t i;

	for (i = 0; keymap_at(*state, i, &key, &text); i++) {
		struct cmd_line line;
		struct err err;

		if (cmd_parse(text, &line, &err) != ERR_OK)
			fail_msg("%s: %s: %s", key, text, err.text);
		cmd_line_fini(&line);
	}
	assert_in_range(i, 17, 60);
}

static void keymap_bind__replaces_and_unbinds__the_same_key(void **state)
{
	struct keymap *k = *state;

	assert_int_equal(keymap_bind(k, "f5", "/chip", NULL, NULL), ERR_OK);
	assert_string_equal(text_of(k, "F5"), "/chip");
	assert_string_equal(keymap_bar_label(k, 5), "Chip");
	assert_int_equal(keymap_bind(k, "F5", "", NULL, NULL), ERR_OK);
	assert_null(text_of(k, "F5"));
	assert_string_equal(keymap_bar_label(k, 5), "");
	assert_int_equal(keymap_bind(k, "F5", "", NULL, NULL), ERR_OK);
	assert_string_equal(text_of(k, "F6"), "/focus device");
}

static void keymap_bind__makes_a_label__of_a_macro(void **state)
{
	struct keymap *k = *state;

	assert_int_equal(keymap_bind(k, "F3", "Status 5", NULL, NULL), ERR_OK);
	assert_string_equal(keymap_bar_label(k, 3), "Status 5");
	assert_int_equal(keymap_bind(k, "F3", "Status 5", "Net", NULL), ERR_OK);
	assert_string_equal(keymap_bar_label(k, 3), "Net");
	/* Binding a key to its own text again. */
	assert_int_equal(keymap_bind(k, "F3", text_of(k, "F3"), NULL, NULL), ERR_OK);
	assert_string_equal(text_of(k, "F3"), "Status 5");
}

static void keymap_bind__hides__a_password_in_the_label(void **state)
{
	struct keymap *k = *state;

	assert_int_equal(keymap_bind(k, "F3", "Password1 tea", NULL, NULL), ERR_OK);
	assert_string_equal(keymap_bar_label(k, 3), "Password1 ***");
	assert_string_equal(text_of(k, "F3"), "Password1 tea");
	assert_int_equal(keymap_bind(k, "F3", "Password1 secret99", NULL, NULL), ERR_OK);
	assert_null(strstr(keymap_bar_label(k, 3), "sec"));
}

static void keymap_bind__refuses__keys_of_the_edit_line(void **state)
{
	static const char *const names[] = {"a", "Enter", "Tab", "Esc", "Backspace", "Ctrl-T",
	    "Ctrl-M", "Shift-a", "Space", "nonsense", ""};
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		err.text[0] = '\0';
		assert_int_equal(keymap_bind(*state, names[i], "/quit", NULL, &err), ERR_INVAL);
		assert_string_not_equal(err.text, "");
	}
	assert_int_equal(keymap_bind(*state, "F11", "a\033b", NULL, &err), ERR_INVAL);
	assert_null(text_of(*state, "F11"));
}

static void keymap_bind__has_a_limit__of_keys(void **state)
{
	char name[16];
	unsigned i;
	int code = ERR_OK;

	for (i = 0; i < 300 && code == ERR_OK; i++) {
		char utf8[4] = {(char)(0xc4 + (i >> 6)), (char)(0x80 + (i & 63)), 0, 0};

		snprintf(name, sizeof(name), "Alt-%s", utf8);
		code = keymap_bind(*state, name, "x", NULL, NULL);
	}
	assert_int_equal(code, ERR_NOMEM);
}

static void keymap_key_of__prefers__function_keys(void **state)
{
	assert_string_equal(keymap_key_of(*state, "/quit"), "F10");
	assert_string_equal(keymap_key_of(*state, "/flash"), "F5");
	assert_string_equal(keymap_key_of(*state, "/suspend"), "Ctrl-Z");
	assert_null(keymap_key_of(*state, "/chip"));
	assert_null(keymap_key_of(*state, "/fla"));
}

static void keymap_is_prefill__goes_by__the_blank_at_the_end(void **state)
{
	(void)state;
	assert_true(keymap_is_prefill("/flash "));
	assert_false(keymap_is_prefill("/flash"));
	assert_false(keymap_is_prefill(""));
}

static void keymap_copy__is_independent__of_its_source(void **state)
{
	struct keymap *copy = keymap_copy(*state);

	keymap_bind(copy, "F11", "/chip", NULL, NULL);
	keymap_bind(copy, "F1", "", NULL, NULL);
	assert_null(text_of(*state, "F11"));
	assert_non_null(text_of(*state, "F1"));
	keymap_assign(*state, copy);
	keymap_free(copy);
	assert_string_equal(text_of(*state, "F11"), "/chip");
	assert_null(text_of(*state, "F1"));
}

static void keymap_at__lists_function_keys_first__each_once(void **state)
{
	const char *key, *text, *other;
	bool others = false;
	size_t i, j;

	keymap_bind(*state, "F3", "/chip", NULL, NULL);
	for (i = 0; keymap_at(*state, i, &key, &text); i++) {
		if (key[0] != 'F')
			others = true;
		else if (others)
			fail_msg("%s comes late", key);
		if (i == 0)
			assert_string_equal(key, "F1");
		if (i == 2) {
			assert_string_equal(key, "F3");
			assert_string_equal(text, "/chip");
		}
		for (j = 0; j < i; j++) {
			assert_true(keymap_at(*state, j, &other, &text));
			assert_string_not_equal(key, other);
		}
	}
	assert_true(others);
	assert_false(keymap_at(*state, i, &key, &text));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void keymap_label__changes__what_the_bar_says(void **state)
{
	struct keymap *k = *state;
	struct err err;

	assert_int_equal(keymap_bind(k, "F11", "Status 5", NULL, NULL), ERR_OK);
	assert_int_equal(keymap_label(k, "f11", "Net", NULL), ERR_OK);
	assert_string_equal(keymap_bar_label(k, 11), "Net");
	assert_int_equal(keymap_label(k, "F11", "", NULL), ERR_OK);
	assert_string_equal(keymap_bar_label(k, 11), "Status 5");
	assert_int_equal(keymap_label(k, "F12", "x", &err), ERR_NOENT);
	assert_int_equal(keymap_label(k, "F99", "x", &err), ERR_INVAL);
	assert_int_equal(keymap_label(k, "F11", "a\033b", &err), ERR_INVAL);
	assert_int_equal(keymap_label(k, "F11", "0123456789abcdef", &err), ERR_INVAL);
	assert_string_equal(keymap_bar_label(k, 11), "Status 5");
}

static void keymap_carry__takes_along__only_what_the_session_bound(void **state)
{
	struct keymap *k = *state, *fresh = keymap_new();

	assert_int_equal(keymap_bind(k, "F11", "from a file", NULL, NULL), ERR_OK);
	assert_int_equal(keymap_bind_session(k, "F12", "by hand", "Hand", NULL), ERR_OK);
	assert_int_equal(keymap_bind_session(k, "F5", "mine", NULL, NULL), ERR_OK);
	keymap_carry(fresh, k);
	assert_null(text_of(fresh, "F11"));
	assert_string_equal(text_of(fresh, "F12"), "by hand");
	assert_string_equal(keymap_bar_label(fresh, 12), "Hand");
	assert_string_equal(text_of(fresh, "F5"), "mine");
	/* and from there once more, until a file takes the key */
	assert_int_equal(keymap_bind(fresh, "F5", "/chip", NULL, NULL), ERR_OK);
	keymap_assign(k, fresh);
	keymap_free(fresh);
	fresh = keymap_new();
	keymap_carry(fresh, k);
	assert_string_equal(text_of(fresh, "F12"), "by hand");
	assert_string_equal(text_of(fresh, "F5"), "/flash ");
	keymap_free(fresh);
}

static void keymap_label_at__follows__the_order_of_help(void **state)
{
	struct keymap *k = *state;
	const char *key, *text;

	assert_true(keymap_at(k, 0, &key, &text));
	assert_string_equal(key, "F1");
	assert_string_equal(keymap_label_at(k, 0), "Help");
	assert_string_equal(keymap_label_at(k, 1000), "");
}

static void keymap_session_at__tells__what_was_bound_by_hand(void **state)
{
	struct keymap *k = *state;
	const char *key, *text;

	assert_int_equal(keymap_bind_session(k, "F12", "by hand", NULL, NULL), ERR_OK);
	for (size_t i = 0; keymap_at(k, i, &key, &text); i++)
		assert_int_equal(keymap_session_at(k, i), strcmp(key, "F12") == 0);
	assert_false(keymap_session_at(k, 1000));
}

static void keymap_assign__takes__an_empty_map(void **state)
{
	struct keymap *k = *state, *other = keymap_new();
	const char *key, *text;

	keymap_assign(k, k); /* itself: as it is */
	assert_string_equal(text_of(k, "F1"), "/menu");
	while (keymap_at(other, 0, &key, &text))
		assert_int_equal(keymap_bind(other, key, "", NULL, NULL), ERR_OK);
	keymap_assign(k, other);
	assert_false(keymap_at(k, 0, &key, &text));
	assert_string_equal(keymap_bar_label(k, 1), "");
	assert_null(keymap_key_of(k, "/menu"));
	keymap_free(other);
	keymap_free(NULL);
}

static void keymap_bind__refuses__control_characters(void **state)
{
	struct keymap *k = *state;
	struct err err;

	assert_int_equal(keymap_bind(k, "F11", "a\nb", NULL, &err), ERR_INVAL);
	assert_int_equal(keymap_bind(k, "F11", "ab", "a\x1b", &err), ERR_INVAL);
	assert_string_equal(err.text, "F11: the text has control characters");
	assert_null(text_of(k, "F11"));
	assert_int_equal(keymap_bind(k, "F11", "", NULL, &err), ERR_OK); /* nothing to unbind */
}

static void keymap_key_of__takes__any_key_where_no_function_key_is(void **state)
{
	struct keymap *k = *state;

	assert_string_equal(keymap_key_of(k, "/echo"), "Alt-e");
	assert_int_equal(keymap_bind(k, "Shift-F3", "/echo", NULL, NULL), ERR_OK);
	assert_string_equal(keymap_key_of(k, "/echo"), "Alt-e"); /* the first one */
	assert_int_equal(keymap_bind(k, "F11", "/echo ", NULL, NULL), ERR_OK);
	assert_string_equal(keymap_key_of(k, "/echo"), "F11");
	assert_int_equal(keymap_bind(k, "F12", "/echo", NULL, NULL), ERR_OK);
	assert_string_equal(keymap_key_of(k, "/echo"), "F11");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keymap_parse__and_name__round_trip),
	    cmocka_unit_test(keymap_parse__refuses__what_is_no_key),
	    TEST(keymap_new__binds__what_the_bar_shows),
	    TEST(keymap_new__binds__only_commands_that_exist),
	    TEST(keymap_bind__replaces_and_unbinds__the_same_key),
	    TEST(keymap_bind__makes_a_label__of_a_macro),
	    TEST(keymap_bind__hides__a_password_in_the_label),
	    TEST(keymap_bind__refuses__keys_of_the_edit_line),
	    TEST(keymap_bind__has_a_limit__of_keys),
	    TEST(keymap_key_of__prefers__function_keys),
	    cmocka_unit_test(keymap_is_prefill__goes_by__the_blank_at_the_end),
	    TEST(keymap_copy__is_independent__of_its_source),
	    TEST(keymap_at__lists_function_keys_first__each_once),
	    TEST(keymap_label__changes__what_the_bar_says),
	    TEST(keymap_carry__takes_along__only_what_the_session_bound),
	    TEST(keymap_label_at__follows__the_order_of_help),
	    TEST(keymap_session_at__tells__what_was_bound_by_hand),
	    TEST(keymap_assign__takes__an_empty_map),
	    TEST(keymap_bind__refuses__control_characters),
	    TEST(keymap_key_of__takes__any_key_where_no_function_key_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

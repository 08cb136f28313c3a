/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys to the bytes of an xterm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/ui/keys.h"
#include "../../src/ui/rawkeys.h"

static void is(const char *name, const char *want)
{
	char bytes[RAWKEYS_MAX];
	struct key key;
	size_t n;

	assert_true(keymap_parse(name, &key));
	n = rawkeys_bytes(&key, bytes);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(bytes, want, n);
}

static void rawkeys_bytes__sends__characters(void **state)
{
	(void)state;
	is("a", "a");
	is("A", "A");
	is("ä", "ä");
	is("Space", " ");
	is("Alt-x", "\033x");
	is("Ctrl-C", "\003");
	is("Ctrl-Z", "\032");
	is("Ctrl-T", "\024");
	is("Ctrl-]", "\035");
	is("Ctrl-?", "\177");
	is("Ctrl-Alt-X", "\033\030");
	is("Enter", "\r");
	is("Tab", "\t");
	is("Shift-Tab", "\033[Z");
	is("Esc", "\033");
	is("Backspace", "\177");
	is("Alt-Enter", "\033\r");
}

static void rawkeys_bytes__sends__special_keys_like_xterm(void **state)
{
	(void)state;
	is("Up", "\033[A");
	is("Left", "\033[D");
	is("Home", "\033[H");
	is("End", "\033[F");
	is("Ins", "\033[2~");
	is("Del", "\033[3~");
	is("PgUp", "\033[5~");
	is("PgDn", "\033[6~");
	is("Ctrl-Right", "\033[1;5C");
	is("Shift-Alt-Up", "\033[1;4A");
	is("Ctrl-Del", "\033[3;5~");
	is("F1", "\033OP");
	is("F4", "\033OS");
	is("F5", "\033[15~");
	is("F10", "\033[21~");
	is("F12", "\033[24~");
	is("Shift-F1", "\033[1;2P");
	is("Ctrl-F5", "\033[15;5~");
}

static void rawkeys_bytes__sends__nothing_else(void **state)
{
	static const uint32_t codes[] = {
	    KEY_NONE, KEYS_MOUSE, KEYS_RESIZE, KEYS_PASTE_BEGIN, KEYS_PASTE_END};
	char bytes[RAWKEYS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_int_equal(rawkeys_bytes(&(struct key){.code = codes[i]}, bytes), 0);
	assert_int_equal(rawkeys_bytes(&(struct key){.code = 0xe9, .mods = KEY_CTRL}, bytes), 0);
	/* Ctrl-Space is NUL */
	assert_int_equal(rawkeys_bytes(&(struct key){.code = ' ', .mods = KEY_CTRL}, bytes), 1);
	assert_int_equal(bytes[0], 0);
}

/* What the keyboard's reader makes of the bytes is the key again. */
static void rawkeys_bytes__round_trips__through_the_keyboard(void **state)
{
	static const char *const names[] = {"a", "ä", "Up", "Ctrl-Up", "Shift-Left", "Home", "End",
	    "PgUp", "PgDn", "Ins", "Del", "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9",
	    "F10", "F11", "F12", "Shift-F5", "Ctrl-C", "Alt-x", "Shift-Tab", "Enter", "Tab"};
	char bytes[RAWKEYS_MAX];
	struct keys k;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct key key, back = {0};
		mono_t again;
		size_t n;

		assert_true(keymap_parse(names[i], &key));
		n = rawkeys_bytes(&key, bytes);
		keys_init(&k);
		keys_feed(&k, (const uint8_t *)bytes, n, 0);
		assert_true(keys_next(&k, &back, 0, &again));
		assert_int_equal(back.code, key.code);
		assert_int_equal(back.mods, key.mods);
		keys_fini(&k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rawkeys_bytes__sends__characters),
	    cmocka_unit_test(rawkeys_bytes__sends__special_keys_like_xterm),
	    cmocka_unit_test(rawkeys_bytes__sends__nothing_else),
	    cmocka_unit_test(rawkeys_bytes__round_trips__through_the_keyboard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

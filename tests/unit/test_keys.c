/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a keyboard to keys. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "../../src/ui/keys.h"

/* Feeds in pieces of that size (0: at once) and writes the names of the keys into dst. */
static void names(const char *bytes, size_t n, size_t piece, char *dst, size_t size)
{
	struct keys k;
	struct key key;
	mono_t again, now = 0;
	char name[32];

	keys_init(&k);
	dst[0] = '\0';
	for (size_t i = 0; i < n; i += piece ? piece : n) {
		keys_feed(
		    &k, (const uint8_t *)bytes + i, piece && piece < n - i ? piece : n - i, now);
		now += MONO_MS(1);
		while (keys_next(&k, &key, now, &again)) {
			str_cat(dst, size, dst[0] ? " " : "");
			str_cat(dst, size, keymap_name(&key, name, sizeof(name)));
		}
	}
	while (keys_next(&k, &key, now + MONO_MS(30), &again)) {
		str_cat(dst, size, dst[0] ? " " : "");
		str_cat(dst, size, keymap_name(&key, name, sizeof(name)));
	}
	keys_fini(&k);
}

static void check(const char *bytes, const char *expected)
{
	char got[1024];

	for (size_t piece = 0; piece < 4; piece++) {
		names(bytes, strlen(bytes), piece, got, sizeof(got));
		assert_string_equal(got, expected);
	}
}

static void keys_next__names__what_terminals_send(void **state)
{
	(void)state;
	check("a", "a");
	check("\r\t\177", "Enter Tab Backspace");
	check("\001\003\021", "Ctrl-A Ctrl-C Ctrl-Q");
	check("\033[A\033OA\033[D", "Up Up Left");
	check("\033OP\033[15~\033[21~\033[24~", "F1 F5 F10 F12");
	check("\033[[A\033[[E", "F1 F5");
	check("\033[1;5C\033[1;5F\033[1;5H", "Ctrl-Right Ctrl-End Ctrl-Home");
	check("\033[5~\033[6~\033[3~\033[H\033[4~", "PgUp PgDn Del Home End");
	check("\033[Z", "Shift-Tab");
	check("\0331\033b", "Alt-1 Alt-b");
	check("\033[27u\033[113;5u", "Esc Ctrl-Q");
}

static void keys_next__decodes__utf8_in_pieces(void **state)
{
	(void)state;
	check("\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80", "é 你 😀");
	check("a\xff\x80"
	      "b",
	    "a b");
	check("a\xc2\x9b"
	      "b",
	    "a b"); /* C1 */
}

static void keys_next__swallows__unknown_sequences(void **state)
{
	(void)state;
	check("\033[?1;2c\033[99~\033[Ia", "a");
	check("\033[200000000000000000000000000000000000000000000000000~a", "a");
}

static void keys_next__yields_escape__after_25_ms(void **state)
{
	struct keys k;
	struct key key;
	mono_t again;

	(void)state;
	keys_init(&k);
	keys_feed(&k, (const uint8_t *)"\033", 1, MONO_MS(100));
	assert_false(keys_next(&k, &key, MONO_MS(100), &again));
	assert_int_equal(again, MONO_MS(125));
	assert_false(keys_next(&k, &key, MONO_MS(124), &again));
	assert_true(keys_next(&k, &key, MONO_MS(125), &again));
	assert_int_equal(key.code, KEYS_ESC);
	assert_false(keys_next(&k, &key, MONO_MS(125), &again));
	assert_int_equal(again, MONO_NEVER);
	/* a letter long after it is a letter */
	keys_feed(&k, (const uint8_t *)"x", 1, MONO_MS(500));
	assert_true(keys_next(&k, &key, MONO_MS(500), &again));
	assert_int_equal(key.mods, 0);
	/* two at once are two */
	keys_feed(&k, (const uint8_t *)"\033\033", 2, MONO_MS(600));
	assert_true(keys_next(&k, &key, MONO_MS(600), &again));
	assert_int_equal(key.code, KEYS_ESC);
	assert_false(keys_next(&k, &key, MONO_MS(600), &again));
	assert_true(keys_next(&k, &key, MONO_MS(625), &again));
	keys_fini(&k);
}

static void keys_next__passes__a_paste_untouched(void **state)
{
	static const char bytes[] = "\033[200~a\rb\033[A\tc\003\033[201~x";
	static const uint32_t codes[] = {
	    KEYS_PASTE_BEGIN, 'a', '\r', 'b', 0x1b, '[', 'A', '\t', 'c', 3, KEYS_PASTE_END, 'x'};

	(void)state;
	for (size_t piece = 1; piece <= sizeof(bytes); piece++) {
		struct keys k;
		size_t at = 0;

		keys_init(&k);
		for (size_t i = 0; i < sizeof(bytes) - 1; i += piece) {
			size_t n = sizeof(bytes) - 1 - i;
			struct key key;
			mono_t again;

			keys_feed(&k, (const uint8_t *)bytes + i, n < piece ? n : piece, 0);
			while (keys_next(&k, &key, 0, &again)) {
				assert_true(at < sizeof(codes) / sizeof(codes[0]));
				assert_int_equal(key.code, codes[at++]);
			}
		}
		assert_int_equal(at, sizeof(codes) / sizeof(codes[0]));
		keys_fini(&k);
	}
}

static void keys_next__reads__mouse_reports(void **state)
{
	struct keys k;
	struct key key;
	mono_t again;
	static const char reports[] =
	    "\033[<64;10;5M\033[<0;1;1M\033[<32;3;2M\033[<0;1;1m\033[<64;1;1m\033[<99;0;0M";

	(void)state;
	keys_init(&k);

	keys_feed(&k, (const uint8_t *)reports, sizeof(reports) - 1, 0);
	assert_true(keys_next(&k, &key, 0, &again));
	assert_int_equal(key.code, KEYS_MOUSE);
	assert_int_equal(key.button, 4);
	assert_int_equal(key.x, 9);
	assert_int_equal(key.y, 4);
	assert_true(keys_next(&k, &key, 0, &again));
	assert_int_equal(key.button, 1);
	assert_int_equal(key.mouse, KEY_MOUSE_PRESS);
	assert_true(keys_next(&k, &key, 0, &again));
	assert_int_equal(key.button, 1);
	assert_int_equal(key.mouse, KEY_MOUSE_DRAG);
	assert_int_equal(key.x, 2);
	assert_true(keys_next(&k, &key, 0, &again));
	assert_int_equal(key.mouse, KEY_MOUSE_RELEASE);
	/* a wheel is not released, and nothing is above the first row */
	assert_false(keys_next(&k, &key, 0, &again));
	keys_fini(&k);
}

static void keys_add__learns__a_terminals_own(void **state)
{
	struct keys k;
	struct key key;
	mono_t again;

	(void)state;
	keys_init(&k);
	keys_add(&k, "\033[11^", KEYS_F1, KEY_CTRL);
	keys_add(&k, "\b", KEYS_BACKSPACE, 0);
	keys_add(&k, "x", KEYS_F1, 0);	  /* never a letter */
	keys_add(&k, "\033", KEYS_F1, 0); /* nor ESC itself */
	keys_feed(&k, (const uint8_t *)"\033[11^\bx", 7, 0);
	assert_true(keys_next(&k, &key, 0, &again));
	assert_int_equal(key.code, KEYS_F1);
	assert_int_equal(key.mods, KEY_CTRL);
	assert_true(keys_next(&k, &key, 0, &again));
	assert_int_equal(key.code, KEYS_BACKSPACE);
	assert_true(keys_next(&k, &key, 0, &again));
	assert_int_equal(key.code, 'x');
	keys_fini(&k);
}

/* Any bytes at all: it ends, and no key is a control character outside a paste. */
static void keys_next__survives__noise(void **state)
{
	uint32_t seed = 1;
	struct keys k;

	(void)state;
	keys_init(&k);
	for (int i = 0; i < 200000; i++) {
		uint8_t bytes[16];
		struct key key;
		mono_t again;
		size_t n = seed % 16;

		for (size_t j = 0; j < n; j++) {
			seed = seed * 1664525 + 1013904223;
			bytes[j] = seed >> 28 ? (uint8_t)(seed >> 20) : 0x1b;
		}
		seed = seed * 1664525 + 1013904223;
		assert_true(keys_space(&k) >= n);
		keys_feed(&k, bytes, n, MONO_MS(i));
		while (keys_next(&k, &key, MONO_MS(i), &again))
			if (!k.pasting && key.code != KEYS_PASTE_END)
				assert_true(key.code >= 0x20);
	}
	keys_fini(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_next__names__what_terminals_send),
	    cmocka_unit_test(keys_next__decodes__utf8_in_pieces),
	    cmocka_unit_test(keys_next__swallows__unknown_sequences),
	    cmocka_unit_test(keys_next__yields_escape__after_25_ms),
	    cmocka_unit_test(keys_next__passes__a_paste_untouched),
	    cmocka_unit_test(keys_next__reads__mouse_reports),
	    cmocka_unit_test(keys_add__learns__a_terminals_own),
	    cmocka_unit_test(keys_next__survives__noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line's bytes as tokens: characters, stand-ins, colours. */
#include "tasmite/core/ansi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"

static void add_color(struct sbuf *b, const char *name, const struct ansi_color *c)
{
	if (c->kind == ANSI_INDEX)
		sbuf_fmt(b, "%s%u", name, c->index);
	else if (c->kind == ANSI_RGB)
		sbuf_fmt(b, "%s%u,%u,%u", name, c->index, c->g, c->b);
}

/* Style changes as "[f1 b2 BDIUR]", stand-ins as {text}, invalid as {!text}, tab as {tab}, marks
 * as {+hex}. Checks the extents on the way. */
static void dump(const uint8_t *bytes, size_t n, struct sbuf *b)
{
	struct ansi_style last;
	struct ansi_token t;
	struct ansi a;
	size_t end = 0;
	char u[4];

	sbuf_clear(b);
	sbuf_add(b, "");
	memset(&last, 0, sizeof(last));
	ansi_begin(&a, bytes, n);
	while (ansi_next(&a, &t)) {
		assert_true(t.at >= end && t.len > 0 && t.at + t.len <= n);
		end = t.at + t.len;
		if (memcmp(&t.style, &last, sizeof(last))) {
			sbuf_add(b, "[");
			add_color(b, "f", &t.style.fg);
			add_color(b, "b", &t.style.bg);
			for (unsigned i = 0; i < 5; i++)
				if (t.style.attr >> i & 1)
					sbuf_add_n(b, &"BDIUR"[i], 1);
			sbuf_add(b, "]");
			last = t.style;
		}
		if (t.kind == ANSI_CHAR)
			sbuf_add_n(b, u, (size_t)utf8_encode(t.cp, u));
		else if (t.kind == ANSI_MARK)
			sbuf_fmt(b, "{+%x}", (unsigned)t.cp);
		else if (t.kind == ANSI_TAB)
			sbuf_add(b, "{tab}");
		else
			sbuf_fmt(b, "{%s%s}", t.kind == ANSI_INVALID ? "!" : "", t.text);
	}
}

static void check_n(const char *in, size_t n, const char *want)
{
	struct sbuf b;

	sbuf_init(&b, 100000);
	dump((const uint8_t *)in, n, &b);
	assert_string_equal(sbuf_str(&b), want);
	sbuf_fini(&b);
}

static void check(const char *in, const char *want)
{
	check_n(in, strlen(in), want);
}

static void ansi_next__yields__characters_and_marks(void **state)
{
	(void)state;
	check("a\xc3\xa9\xe6\x97\xa5", "aé日");
	check("e\xcc\x81x", "e{+301}x");
	check("\xcc\x81x", "{<U+0301>}x");
	check("\x01\xcc\x81", "{␁}{<U+0301>}");
	check("a\tb", "a{tab}b");
	check("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
	    "e{+301}{+301}{+301}{+301}{+301}{+301}{+301}{+301}{<U+0301>}");
}

static void ansi_next__stands_in_for__controls(void **state)
{
	(void)state;
	check_n("a\0b\x07\x7f", 5, "a{␀}b{␇}{␡}");
	check("\xc2\x9b"
	      "31m",
	    "{<9B>}31m");
	check("\x9b"
	      "31m",
	    "{!<9B>}31m");
	check("\xc3(\xff\x80", "{!<C3>}({!<FF>}{!<80>}");
	check("\xe2\x80\xae"
	      "abc",
	    "{<U+202E>}abc");
	check("a\xe2\x80\x8b\xe2\x80\x8f\xe2\x81\xa6\xef\xbb\xbf",
	    "a{<U+200B>}{<U+200F>}{<U+2066>}{<U+FEFF>}");
	check("a\xef\xb8\x8f", "a{<U+FE0F>}");
	check("\xf3\xa0\x81\x81", "{<U+E0041>}");
	check("\xf4\x8f\xbf\xbf", "{<U+10FFFF>}");
	check("\xee\x80\x80", "\xee\x80\x80");
}

static void ansi_next__takes__colours(void **state)
{
	(void)state;
	check("\x1b[0;32mI (57)\x1b[0m x", "[f2]I (57)[] x");
	check("\x1b[31;1mE\x1b[39mF\x1b[mG", "[f1B]E[B]F[]G");
	check("\x1b[38;5;208ma\x1b[48;5;16mb", "[f208]a[f208b16]b");
	check("\x1b[38;2;1;2;3;4mx", "[f1,2,3U]x");
	check("\x1b[38:5:9;1mx", "[f9B]x");
	check("\x1b[38:2::1:2:3mx\x1b[48:2:4:5:6my", "[f1,2,3]x[f1,2,3b4,5,6]y");
	check("\x1b[90;107mx", "[f8b15]x");
	check("\x1b[1;2;3;4;7mx\x1b[22;23;24;27my", "[BDIUR]x[]y");
	check("\x1b[4:3mx\x1b[4:0my", "[U]x[]y");
	check("\x1b[58;5;31;3mx", "[I]x");
}

static void ansi_next__survives__hostile_parameters(void **state)
{
	char longer[200];

	(void)state;
	check("\x1b[38;5;256mx", "x");
	check("\x1b[38;5mx\x1b[38my\x1b[38;2;1mz", "xyz");
	check("\x1b[38;2;300;1;1;1mx", "[B]x");
	check("\x1b[99999999999999999999mx", "x");
	check("\x1b[;;;mx", "x");
	check("\x1b[:::mx", "x");
	check("\x1b[8;5mx", "x");
	check("\x1b[4294967297mx", "x");
	memset(longer, ';', sizeof(longer));
	memcpy(longer, "\x1b[", 2);
	longer[63] = 'm';
	longer[64] = 0;
	check(longer, "");
	longer[63] = ';';
	longer[64] = 'm';
	longer[65] = 0;
	check(longer,
	    "{␛}{[}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}"
	    "{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}"
	    "{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}{;}m");
}

static void ansi_next__shows__other_escape_sequences(void **state)
{
	(void)state;
	check("\x1b[2Jx", "{␛}{[}{2}{J}x");
	check("\x1b[?25lx", "{␛}{[}{?}{2}{5}{l}x");
	check("\x1b[>4;2mx", "{␛}{[}{>}{4}{;}{2}{m}x");
	check("\x1b[1 mx", "{␛}{[}{1}{ }{m}x");
	check("\x1b]0;t\x07x", "{␛}{]}0;t{␇}x");
	check("\x1b(0x", "{␛}{(}{0}x");
	check("\x1b"
	      "cx",
	    "{␛}{c}x");
	check("\x1b", "{␛}");
	check("\x1b[3", "{␛}{[}{3}");
	check("\x1b\x1b[31mx", "{␛}[f1]x");
	check("\x1b[\x1b[31mx", "{␛}{[}[f1]x");
	check("\x1b[\xc3\xa9", "{␛}{[}é");
}

/* Whatever comes: no control, nothing that steers, every byte accounted for. */
static void ansi_next__never_yields__a_control_character(void **state)
{
	static const uint8_t pool[] = "\x1b\x1b[[;:m0123489JH?\xc2\x9b\xe2\x80\xae\xcc\x81";
	uint8_t in[64];
	struct ansi_token t;
	struct ansi a;

	(void)state;
	srand(7);
	for (unsigned round = 0; round < 200000; round++) {
		size_t n = (size_t)rand() % sizeof(in), end = 0;

		for (size_t i = 0; i < n; i++)
			in[i] = rand() % 3 ? pool[(size_t)rand() % (sizeof(pool) - 1)]
					   : (uint8_t)rand();
		ansi_begin(&a, in, n);
		while (ansi_next(&a, &t)) {
			assert_true(t.at >= end && t.len >= 1 && t.at + t.len <= n);
			end = t.at + t.len;
			if (t.kind == ANSI_CHAR)
				assert_true(utf8_width(t.cp) > 0);
			else if (t.kind == ANSI_MARK)
				assert_int_equal(utf8_width(t.cp), 0);
			else if (t.kind != ANSI_TAB)
				assert_true(
				    utf8_str_width(t.text) > 0 && (uint8_t)t.text[0] >= 0x20);
			if (t.kind == ANSI_CHAR || t.kind == ANSI_MARK)
				assert_false(t.cp >= 0x202a && t.cp <= 0x202e);
		}
		assert_int_equal(a.pos, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ansi_next__yields__characters_and_marks),
	    cmocka_unit_test(ansi_next__stands_in_for__controls),
	    cmocka_unit_test(ansi_next__takes__colours),
	    cmocka_unit_test(ansi_next__survives__hostile_parameters),
	    cmocka_unit_test(ansi_next__shows__other_escape_sequences),
	    cmocka_unit_test(ansi_next__never_yields__a_control_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

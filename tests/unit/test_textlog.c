/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session as text: line ends, stamps, stand-ins; the same however the bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tasmite/core/textlog.h"

struct sink {
	struct buf got;
	char text[4096];
};

static void take(void *ctx, const void *text, size_t n)
{
	struct sink *s = ctx;

	assert_true(buf_append(&s->got, text, n));
}

static void begin(struct textlog *t, struct sink *s)
{
	buf_init(&s->got, 1 << 20);
	textlog_init(t, take, s);
}

static const char *told(struct sink *s)
{
	size_t n = buf_len(&s->got);

	assert_true(n < sizeof(s->text));
	if (n)
		memcpy(s->text, buf_bytes(&s->got), n);
	s->text[n] = '\0';
	buf_clear(&s->got);
	return s->text;
}

static void end(struct textlog *t, struct sink *s)
{
	textlog_fini(t);
	buf_fini(&s->got);
}

static void rx(struct textlog *t, const char *text, mono_t now)
{
	textlog_rx(t, (const uint8_t *)text, strlen(text), now);
}

static void feed(struct textlog *t, const char *text, size_t n, size_t step)
{
	for (size_t i = 0; i < n; i += step)
		textlog_rx(t, (const uint8_t *)text + i, n - i < step ? n - i : step, 0);
}

static void textlog_rx__ends_lines__once_whatever_the_end(void **state)
{
	static const char in[] = "a\r\nb\n\rc\nd\re\r\n\r\nf\n\ng";
	static const char want[] = "a\nb\nc\nd\ne\n\nf\n\ng\n";
	struct textlog t;
	struct sink s;

	(void)state;
	for (size_t step = 1; step < sizeof(in); step++) {
		begin(&t, &s);
		feed(&t, in, sizeof(in) - 1, step);
		textlog_break(&t);
		assert_string_equal(told(&s), want);
		end(&t, &s);
	}
}

static void textlog_rx__shows_stand_ins__for_what_is_no_text(void **state)
{
	static const char in[] = "\x1b[31mred\x1b[0m \x07 \xc3\xa9 \xc3 \x1b]0;x\x07\tz\n";
	static const char plain[] = "red ␇ é <C3> ␛]0;x␇\tz\n";
	static const char color[] = "\x1b[0;31mred\x1b[0m ␇ é <C3> ␛]0;x␇\tz\n";
	struct textlog t;
	struct sink s;

	(void)state;
	for (size_t step = 1; step < sizeof(in); step++)
		for (int c = 0; c < 2; c++) {
			begin(&t, &s);
			t.color = c;
			feed(&t, in, sizeof(in) - 1, step);
			assert_string_equal(told(&s), c ? color : plain);
			end(&t, &s);
		}
}

static void textlog_rx__stamps__each_line_with_its_first_byte(void **state)
{
	/* 2026-11-22 17:05:41.123456 UTC */
	const int64_t wall = INT64_C(1795367141123456);
	struct textlog t;
	struct sink s;

	(void)state;
	begin(&t, &s);
	t.stamp = TEXTLOG_CLOCK;
	t.wall_offset_us = wall;
	t.utc_offset_s = 3600;
	rx(&t, "o", 0);
	rx(&t, "ne\ntw", MONO_MS(900));
	rx(&t, "o\n", MONO_S(5));
	assert_string_equal(told(&s), "18:05:41.123 one\n18:05:42.023 two\n");
	end(&t, &s);
	begin(&t, &s);
	t.stamp = TEXTLOG_ISO;
	t.wall_offset_us = wall;
	t.utc_offset_s = -(3600 * 3 + 1800);
	rx(&t, "x\n", 0);
	assert_string_equal(told(&s), "2026-11-22T13:35:41.123-03:30 x\n");
	end(&t, &s);
}

static void textlog_put__stands_between__the_devices_lines(void **state)
{
	struct textlog t;
	struct sink s;

	(void)state;
	begin(&t, &s);
	rx(&t, "half", 0);
	textlog_put(&t, "> ", "Status 5", 8, 0);
	rx(&t, " a line\n", 0);
	assert_string_equal(told(&s), "half\n> Status 5\n a line\n");
	/* A line that was complete but for its end makes no empty one. */
	rx(&t, "whole", 0);
	textlog_put(&t, "> ", "x\x1b", 2, 0);
	rx(&t, "\r\nnext\n", 0);
	assert_string_equal(told(&s), "whole\n> x␛\nnext\n");
	end(&t, &s);
}

static void textlog_let_go__tells__what_is_decided(void **state)
{
	struct textlog t;
	struct sink s;

	(void)state;
	begin(&t, &s);
	t.stamp = TEXTLOG_CLOCK;
	rx(&t, "login: \xc3", 0);
	assert_string_equal(told(&s), "");
	assert_true(textlog_holds(&t));
	textlog_let_go(&t);
	assert_string_equal(told(&s), "00:00:00.000 login: ");
	assert_false(textlog_holds(&t));
	rx(&t, "\xa9 \x1b[3", MONO_S(2));
	textlog_let_go(&t);
	assert_string_equal(told(&s), "é ");
	rx(&t, "1mred\n", MONO_S(2));
	assert_string_equal(told(&s), "red\n");
	rx(&t, "\x1b", MONO_S(2));
	textlog_break(&t);
	assert_string_equal(told(&s), "00:00:02.000 ␛\n");
	end(&t, &s);
}

static void textlog_rx__goes_on__in_endless_lines(void **state)
{
	size_t n = 200001, out = 0;
	char *in = malloc(n + 1);
	struct textlog t;
	struct sink s;

	(void)state;
	memset(in, 'x', n);
	in[100000] = '\x01';
	in[n] = '\n';
	for (size_t step = 1000; step <= 100000; step *= 10) {
		begin(&t, &s);
		feed(&t, in, n + 1, step);
		out = buf_len(&s.got);
		/* The stand-in is 3 bytes. */
		assert_int_equal(out, n + 1 + 2);
		assert_int_equal(buf_bytes(&s.got)[out - 1], '\n');
		end(&t, &s);
	}
	/* Bytes that begin something without end. */
	memset(in, '\x1b', n);
	begin(&t, &s);
	feed(&t, in, n + 1, 77);
	assert_int_equal(buf_len(&s.got), 3 * n + 1);
	end(&t, &s);
	free(in);
}

/* The device's own colours, each as one plain sequence. */
static void textlog_rx__keeps__colours(void **state)
{
	static const char *const rows[][2] = {
	    {"\x1b[1;2;3;4;7mx\n", "\x1b[0;1;2;3;4;7mx\x1b[0m\n"},
	    {"\x1b[38;5;9;48;5;200mx\n", "\x1b[0;38;5;9;48;5;200mx\x1b[0m\n"},
	    {"\x1b[38;2;1;2;3mx\n", "\x1b[0;38;2;1;2;3mx\x1b[0m\n"},
	    {"\x1b[32mx\x1b[32my\n", "\x1b[0;32mxy\x1b[0m\n"}, /* the same again */
	    {"\x1b[38;2;1;2;3mx\x1b[38;2;1;2;3my\n", "\x1b[0;38;2;1;2;3mxy\x1b[0m\n"},
	    {"\x1b[38;2;1;2;3mx\x1b[38;2;1;2;4my\n",
		"\x1b[0;38;2;1;2;3mx\x1b[0;38;2;1;2;4my\x1b[0m\n"},
	    {"\x1b[38;2;1;2;3mx\x1b[38;2;1;9;3my\n",
		"\x1b[0;38;2;1;2;3mx\x1b[0;38;2;1;9;3my\x1b[0m\n"},
	    {"\x1b[31mx\x1b[0;41my\n", "\x1b[0;31mx\x1b[0;41my\x1b[0m\n"},
	    {"\x1b[31mx\x1b[0my\n", "\x1b[0;31mx\x1b[0my\n"},
	};
	struct textlog t;
	struct sink s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&t, &s);
		t.color = true;
		rx(&t, rows[i][0], 0);
		assert_string_equal(told(&s), rows[i][1]);
		end(&t, &s);
	}
}

/* A machine without a clock may be before 1970. */
static void textlog_rx__stamps__before_1970(void **state)
{
	struct textlog t;
	struct sink s;

	(void)state;
	begin(&t, &s);
	t.stamp = TEXTLOG_ISO;
	t.wall_offset_us = -1;
	rx(&t, "x\n", 0);
	rx(&t, "y\n", MONO_S(1));
	assert_string_equal(told(&s), "1969-12-31T23:59:59.999+00:00 x\n"
				      "1970-01-01T00:00:00.999+00:00 y\n");
	end(&t, &s);
}

static void textlog_let_go__tells__what_begins_nothing(void **state)
{
	static const struct {
		const char *in, *out, *rest;
	} rows[] = {
	    {"a\x1b", "a", "␛"},
	    {"a\x1b[3", "a", "␛[3"},
	    {"a\x1bX", "a␛X", ""},
	    {"a\x1b[31m", "a", ""},
	    {"a\x1b[31mb", "ab", ""},
	    {"a\xe2\x82", "a", "<E2><82>"},
	    {"a\xe2\x82\xac", "a€", ""},
	    {"a\x82\x82\x82\x82", "a<82><82><82><82>", ""},
	};
	struct textlog t;
	struct sink s;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[40];

		begin(&t, &s);
		textlog_let_go(&t); /* there is nothing yet */
		assert_false(textlog_holds(&t));
		rx(&t, rows[i].in, 0);
		assert_true(textlog_holds(&t));
		textlog_let_go(&t);
		assert_string_equal(told(&s), rows[i].out);
		textlog_rx(&t, NULL, 0, 0);
		textlog_break(&t);
		strcpy(want, rows[i].rest);
		strcat(want, "\n");
		assert_string_equal(told(&s), want);
		end(&t, &s);
	}
}

/* Its end meets a buffer that is full, with half a sequence in it. */
static void textlog_rx__ends__a_line_that_fills_the_buffer(void **state)
{
	static char in[65536 + 1], got[65600];
	struct textlog t;
	struct sink s;

	(void)state;
	for (int half = 0; half < 2; half++) {
		memset(in, 'x', 65536);
		if (half)
			memcpy(in + 65533, "\x1b[3", 3);
		begin(&t, &s);
		t.color = true;
		textlog_rx(&t, (const uint8_t *)in, 65536, 0);
		rx(&t, "1mred\n", 0);
		memcpy(got, buf_bytes(&s.got), buf_len(&s.got));
		got[buf_len(&s.got)] = '\0';
		assert_string_equal(got + 65533, half ? "\x1b[0;31mred\x1b[0m\n" : "xxx1mred\n");
		end(&t, &s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(textlog_rx__ends_lines__once_whatever_the_end),
	    cmocka_unit_test(textlog_rx__shows_stand_ins__for_what_is_no_text),
	    cmocka_unit_test(textlog_rx__stamps__each_line_with_its_first_byte),
	    cmocka_unit_test(textlog_put__stands_between__the_devices_lines),
	    cmocka_unit_test(textlog_let_go__tells__what_is_decided),
	    cmocka_unit_test(textlog_rx__goes_on__in_endless_lines),
	    cmocka_unit_test(textlog_rx__keeps__colours),
	    cmocka_unit_test(textlog_rx__stamps__before_1970),
	    cmocka_unit_test(textlog_let_go__tells__what_begins_nothing),
	    cmocka_unit_test(textlog_rx__ends__a_line_that_fills_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

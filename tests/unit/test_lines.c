/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log: splitting, interruption, cutting, bounded memory. */
#include "tasmite/core/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"

/* The whole log as text: "[>|+]bytes" per line; > sent, * own, ! warning; + continued, ~ partial. */
static void dump(const struct lines *l, struct sbuf *b)
{
	struct line_ref r;

	sbuf_clear(b);
	for (uint64_t i = lines_first(l); i < lines_end(l); i++) {
		assert_true(lines_get(l, i, &r));
		sbuf_add_n(b, &"<>*!"[r.dir], 1);
		if (r.continued)
			sbuf_add(b, "+");
		if (r.partial)
			sbuf_add(b, "~");
		sbuf_add_n(b, (const char *)r.bytes, r.len);
		sbuf_add(b, "|");
	}
}

static void feed(struct lines *l, const char *s, size_t n, unsigned step)
{
	for (size_t i = 0; i < n;) {
		size_t take = step ? step : 1 + (size_t)rand() % 5;

		if (take > n - i)
			take = n - i;
		lines_rx(l, (const uint8_t *)s + i, take, MONO_MS(1));
		i += take;
	}
}

static void check(const char *in, const char *want)
{
	static const unsigned steps[] = {1000000, 1, 2, 3, 0, 0, 0};
	struct sbuf b;

	sbuf_init(&b, 100000);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct lines *l = lines_new(0);

		feed(l, in, strlen(in), steps[i]);
		dump(l, &b);
		assert_string_equal(sbuf_str(&b), want);
		lines_free(l);
	}
	sbuf_fini(&b);
}

static void lines_rx__splits__each_line_end(void **state)
{
	(void)state;
	check("a\nb\n", "<a|<b|");
	check("a\rb\r", "<a|<b|");
	check("a\r\nb\r\n", "<a|<b|");
	check("a\n\rb\n\r", "<a|<b|");
	check("a\r\n\nb", "<a|<|<~b|");
	check("a\n\n", "<a|<|");
	check("a\r\r\n", "<a|<|");
	check("a\n\r\nb\n", "<a|<|<b|");
	check("a\r\n\r\nb", "<a|<|<~b|");
	check("\n", "<|");
	check("abc", "<~abc|");
}

static void lines_rx__keeps__all_byte_values(void **state)
{
	struct lines *l = lines_new(0);
	uint8_t all[256];
	struct line_ref r;
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		if (i != '\n' && i != '\r')
			all[n++] = (uint8_t)i;
	lines_rx(l, all, n, 0);
	assert_true(lines_get(l, 0, &r));
	assert_int_equal(r.len, n);
	assert_memory_equal(r.bytes, all, n);
	lines_free(l);
}

static void lines_rx__stamps__first_byte_of_a_line(void **state)
{
	struct lines *l = lines_new(0);
	struct line_ref r;

	(void)state;
	lines_rx(l, (const uint8_t *)"a", 1, MONO_S(5));
	lines_rx(l, (const uint8_t *)"b\nc", 3, MONO_S(7));
	lines_rx(l, (const uint8_t *)"\nd", 2, MONO_S(10000000));
	lines_rx(l, (const uint8_t *)"\ne", 2, MONO_S(40000000));
	assert_true(lines_get(l, 0, &r));
	assert_int_equal(r.time, MONO_S(5));
	assert_true(lines_get(l, 1, &r));
	assert_int_equal(r.time, MONO_S(7));
	assert_true(lines_get(l, 2, &r));
	assert_int_equal(r.time, MONO_S(10000000));
	assert_true(lines_get(l, 3, &r));
	assert_int_equal(r.time, MONO_S(40000000));
	assert_true(r.partial);
	lines_free(l);
}

/* Ten bytes in 10 ms: each line has the time at which its own first byte came. */
static void lines_rx_over__spreads__the_time(void **state)
{
	struct lines *l = lines_new(0);
	struct line_ref ref;

	(void)state;
	lines_rx_over(l, (const uint8_t *)"abc\ndefg\nh", 10, MONO_MS(100), MONO_MS(110));
	assert_true(lines_get(l, 0, &ref));
	assert_int_equal(ref.time, MONO_MS(101));
	assert_true(lines_get(l, 1, &ref));
	assert_int_equal(ref.time, MONO_MS(105));
	assert_true(lines_get(l, 2, &ref));
	assert_int_equal(ref.time, MONO_MS(110));
	lines_free(l);
}

/* What was sent meanwhile stands before them: times must not go back. */
static void lines_rx_over__keeps__the_order_of_times(void **state)
{
	struct lines *l = lines_new(0);
	struct line_ref ref;

	(void)state;
	lines_put(l, LINE_TX, "Status", 6, MONO_MS(108));
	lines_rx_over(l, (const uint8_t *)"a\nb\n", 4, MONO_MS(100), MONO_MS(110));
	assert_true(lines_get(l, 1, &ref));
	assert_in_range(ref.time, MONO_MS(108), MONO_MS(109));
	lines_rx_over(l, (const uint8_t *)"c\n", 2, MONO_MS(120), MONO_MS(119));
	assert_true(lines_get(l, 3, &ref));
	assert_int_equal(ref.time, MONO_MS(119));
	lines_free(l);
}

static void lines_put__interrupts__unfinished_line(void **state)
{
	struct lines *l = lines_new(0);
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 1000);
	feed(l, "abc", 3, 3);
	lines_put(l, LINE_TX, "Status 5", 8, 1);
	feed(l, "def\r\n", 5, 1);
	dump(l, &b);
	assert_string_equal(sbuf_str(&b), "<abc|>Status 5|<+def|");
	feed(l, "x", 1, 1);
	lines_put(l, LINE_OWN, "one\ntwo\n", 8, 1);
	lines_put(l, LINE_WARN, "", 0, 1);
	feed(l, "\r\ny", 3, 1);
	dump(l, &b);
	assert_string_equal(sbuf_str(&b), "<abc|>Status 5|<+def|<x|*one|*two|!|<~y|");
	sbuf_fini(&b);
	lines_free(l);
}

static void lines_put__keeps__half_a_line_end(void **state)
{
	struct lines *l = lines_new(0);
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 1000);
	feed(l, "a\r", 2, 2);
	lines_put(l, LINE_OWN, "m", 1, 1);
	feed(l, "\nb", 2, 2);
	dump(l, &b);
	assert_string_equal(sbuf_str(&b), "<a|*m|<~b|");
	sbuf_fini(&b);
	lines_free(l);
}

static void lines_break__ends__unfinished_line(void **state)
{
	struct lines *l = lines_new(0);
	struct sbuf b;

	(void)state;
	sbuf_init(&b, 1000);
	feed(l, "ab", 2, 2);
	lines_break(l, 2);
	lines_break(l, 2);
	feed(l, "cd\r", 3, 3);
	lines_break(l, 2);
	feed(l, "\ne", 2, 2);
	dump(l, &b);
	assert_string_equal(sbuf_str(&b), "<ab|<cd|<|<~e|");
	sbuf_fini(&b);
	lines_free(l);
}

static void lines_rx__cuts__endless_line(void **state)
{
	static const size_t total = 10 * 1024 * 1024;
	struct lines *l = lines_new((size_t)32 << 20);
	uint8_t block[10007];
	struct line_ref r;
	size_t sum = 0;

	(void)state;
	for (size_t at = 0; at < total;) {
		size_t take = total - at < sizeof(block) ? total - at : sizeof(block);

		for (size_t i = 0; i < take; i++)
			block[i] = (uint8_t)(0x20 + (at + i) % 95);
		lines_rx(l, block, take, (mono_t)at);
		at += take;
	}
	assert_int_equal(lines_end(l), total / LINES_MAX_LENGTH);
	for (uint64_t n = 0; n < lines_end(l); n++) {
		assert_true(lines_get(l, n, &r));
		assert_int_equal(r.len, LINES_MAX_LENGTH);
		assert_int_equal(r.continued, n > 0);
		assert_int_equal(r.partial, n == lines_end(l) - 1);
		for (size_t i = 0; i < r.len; i++)
			if (r.bytes[i] != 0x20 + (sum + i) % 95)
				fail();
		sum += r.len;
	}
	/* The end comes exactly at the maximum: no empty line is made of it. */
	lines_rx(l, (const uint8_t *)"\nx", 2, 0);
	assert_int_equal(lines_end(l), total / LINES_MAX_LENGTH + 1);
	assert_true(lines_get(l, lines_end(l) - 1, &r));
	assert_false(r.continued);
	lines_free(l);
}

/* Against a plain model: every line that is still there is the line that was put in. */
static void lines_rx__drops__oldest_at_the_limit(void **state)
{
	static const size_t max = 3 << 20;
	struct lines *l = lines_new(max);
	uint8_t text[600];
	struct line_ref r;
	uint64_t count = 60000;

	(void)state;
	for (uint64_t n = 0; n < count; n++) {
		size_t len = (size_t)(n * 7919 % 500);

		memset(text, (int)('a' + n % 26), len);
		text[len] = '\n';
		lines_rx(l, text, len / 2, (mono_t)n * 1000);
		lines_rx(l, text + len / 2, len + 1 - len / 2, (mono_t)n * 1000 + 500);
		assert_true(lines_memory(l) <= max);
	}
	assert_int_equal(lines_end(l), count);
	assert_true(lines_dropped(l) > 0);
	assert_int_equal(lines_dropped(l), lines_first(l));
	assert_false(lines_get(l, lines_first(l) - 1, &r));
	assert_false(lines_get(l, lines_end(l), &r));
	assert_true((lines_end(l) - lines_first(l)) * 250 > max * 8 / 10);
	for (uint64_t n = lines_first(l); n < count; n++) {
		size_t len = (size_t)(n * 7919 % 500);

		assert_true(lines_get(l, n, &r));
		assert_int_equal(r.len, len);
		assert_false(r.continued || r.partial);
		for (size_t i = 0; i < len; i++)
			if (r.bytes[i] != 'a' + n % 26)
				fail();
		assert_int_equal(r.time, (mono_t)n * 1000 + (len / 2 ? 0 : 500));
	}
	lines_set_max(l, 0);
	assert_true(lines_memory(l) <= 1 << 20);
	assert_int_equal(lines_end(l), count);
	assert_int_equal(lines_dropped(l), lines_first(l));
	lines_free(l);
}

static void lines_memory__stays__within_a_quarter_of_the_bytes(void **state)
{
	struct lines *l = lines_new((size_t)256 << 20);
	char text[128];

	(void)state;
	for (unsigned n = 0; n < 100000; n++) {
		int len = snprintf(text, sizeof(text), "%099u\n", n);

		lines_rx(l, (const uint8_t *)text, (size_t)len, n);
	}
	assert_int_equal(lines_end(l) - lines_first(l), 100000);
	assert_true(lines_memory(l) < 100000u * 100 * 115 / 100);
	lines_free(l);
}

static void lines_clear__forgets__lines_not_numbers(void **state)
{
	struct lines *l = lines_new(0);
	struct sbuf b;
	struct line_ref r;
	uint64_t rev;

	(void)state;
	sbuf_init(&b, 1000);
	feed(l, "a\nb\nc", 5, 5);
	rev = lines_revision(l);
	lines_clear(l);
	assert_true(lines_revision(l) > rev);
	assert_int_equal(lines_first(l), 3);
	assert_int_equal(lines_end(l), 3);
	assert_int_equal(lines_dropped(l), 0);
	assert_false(lines_get(l, 2, &r));
	feed(l, "d\ne", 3, 3);
	dump(l, &b);
	assert_string_equal(sbuf_str(&b), "<+d|<~e|");
	assert_int_equal(lines_first(l), 3);
	sbuf_fini(&b);
	lines_free(l);
}

static void lines_get__finds__bytes_of_a_finished_line_in_place(void **state)
{
	struct lines *l = lines_new((size_t)64 << 20);
	struct line_ref before, after;

	(void)state;
	feed(l, "first\nsecond", 12, 12);
	assert_true(lines_get(l, 0, &before));
	for (unsigned i = 0; i < 100000; i++)
		lines_rx(l, (const uint8_t *)"0123456789\n", 11, i);
	assert_true(lines_get(l, 0, &after));
	assert_ptr_equal(before.bytes, after.bytes);
	lines_free(l);
}

/* Hostile: nothing but line ends; the work must stay linear (this takes milliseconds, not minutes). */
static void lines_rx__survives__only_line_ends(void **state)
{
	struct lines *l = lines_new(0);
	uint8_t *cr = malloc(1 << 20);

	(void)state;
	assert_non_null(cr);
	memset(cr, '\r', 1 << 20);
	lines_rx(l, cr, 1 << 20, 0);
	assert_int_equal(lines_end(l), 1 << 20);
	assert_true(lines_memory(l) <= 1 << 20);
	free(cr);
	lines_free(l);
}

/* How each line ended, one letter a line. */
static void check_ends(const char *in, const char *want)
{
	static const unsigned steps[] = {1000000, 1, 2, 0, 0};
	char got[100];

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct lines *l = lines_new(0);
		struct line_ref r;
		size_t n = 0;

		feed(l, in, strlen(in), steps[i]);
		for (uint64_t k = 0; lines_get(l, k, &r); k++)
			got[n++] = "-lrRL"[r.eol];
		got[n] = 0;
		assert_string_equal(got, want);
		lines_free(l);
	}
}

static void lines_get__tells__how_a_line_ended(void **state)
{
	struct lines *l = lines_new(0);
	struct line_ref r;

	(void)state;
	check_ends("a\nb\rc\r\nd\n\re", "lrRL-");
	check_ends("\n\n\r\r\n\n", "lLRl");
	/* The other half comes when the program has spoken. */
	feed(l, "a\r", 2, 1);
	lines_put(l, LINE_OWN, "own", 3, 1);
	feed(l, "\nb", 2, 1);
	assert_true(lines_get(l, 0, &r));
	assert_int_equal(r.eol, LINE_EOL_CRLF);
	assert_true(lines_get(l, 1, &r));
	assert_int_equal(r.eol, LINE_EOL_NONE);
	lines_free(l);
}

/* Everything that can happen, with lines of all lengths. */
static struct lines *random_log(unsigned seed, size_t calls)
{
	static char text[70000];
	struct lines *l = lines_new(2 << 20);

	srand(seed);
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < calls; i++) {
		size_t n = (size_t)rand() % 120;

		if (rand() % 50 == 0)
			n = (size_t)rand() % sizeof(text);
		if (rand() % 20 == 0)
			lines_put(l, (enum line_dir)(1 + rand() % 3), "a\nb", 3, (mono_t)i * 1000);
		if (rand() % 40 == 0)
			lines_break(l, (mono_t)i * 1000);
		lines_rx(l, (const uint8_t *)text, n, (mono_t)i * 1000);
		lines_rx(l, (const uint8_t *)"\r\n\n", (size_t)rand() % 4, (mono_t)i * 1000);
	}
	return l;
}

static void lines_block__holds__the_same_lines(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 20; seed++) {
		struct lines *l = random_log(seed, 3000);
		struct lines_block b = {.count = 0};
		uint64_t number = lines_first(l);
		struct line_ref r;

		assert_true(lines_dropped(l) > 0 || lines_end(l) > 3000);
		for (; number < lines_end(l); number++) {
			uint32_t i;
			size_t start, stop;

			assert_true(lines_block(l, number, &b));
			i = (uint32_t)(number - b.first);
			assert_true(number >= b.first && i < b.count);
			start = lines_block_start(&b, i);
			stop = lines_block_start(&b, i + 1) - 1;
			assert_true(lines_get(l, number, &r));
			assert_ptr_equal(b.bytes + start, r.bytes);
			assert_int_equal(stop - start, r.len);
			assert_true(stop <= b.n);
			assert_true(stop == b.n || b.bytes[stop] == '\n');
			assert_int_equal(lines_block_line(&b, start), i);
			assert_int_equal(lines_block_line(&b, stop), i);
			assert_int_equal(lines_block_dir(&b, i), r.dir);
		}
		assert_false(lines_block(l, lines_end(l), &b));
		assert_false(lines_block(l, lines_first(l) - 1, &b));
		lines_free(l);
	}
}

static void lines_at_time__finds__the_first_line_of_then(void **state)
{
	struct lines *l = random_log(7, 3000);
	uint64_t at = lines_first(l);
	struct line_ref r;

	(void)state;
	for (mono_t t = 0; t < MONO_S(3) + 2000; t += 500) {
		while (at < lines_end(l) && lines_get(l, at, &r) && r.time < t)
			at++;
		assert_int_equal(lines_at_time(l, t), at);
	}
	assert_int_equal(at, lines_end(l));
	lines_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_rx__splits__each_line_end),
	    cmocka_unit_test(lines_rx__keeps__all_byte_values),
	    cmocka_unit_test(lines_rx__stamps__first_byte_of_a_line),
	    cmocka_unit_test(lines_rx_over__spreads__the_time),
	    cmocka_unit_test(lines_rx_over__keeps__the_order_of_times),
	    cmocka_unit_test(lines_put__interrupts__unfinished_line),
	    cmocka_unit_test(lines_put__keeps__half_a_line_end),
	    cmocka_unit_test(lines_break__ends__unfinished_line),
	    cmocka_unit_test(lines_rx__cuts__endless_line),
	    cmocka_unit_test(lines_rx__drops__oldest_at_the_limit),
	    cmocka_unit_test(lines_memory__stays__within_a_quarter_of_the_bytes),
	    cmocka_unit_test(lines_clear__forgets__lines_not_numbers),
	    cmocka_unit_test(lines_get__finds__bytes_of_a_finished_line_in_place),
	    cmocka_unit_test(lines_rx__survives__only_line_ends),
	    cmocka_unit_test(lines_get__tells__how_a_line_ended),
	    cmocka_unit_test(lines_block__holds__the_same_lines),
	    cmocka_unit_test(lines_at_time__finds__the_first_line_of_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

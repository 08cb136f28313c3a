/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of line numbers, at the edges of their blocks and words. */
#include "../../src/core/lineset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define B LINESET_LINES

static struct lineset set;

static int setup(void **state)
{
	(void)state;
	memset(&set, 0, sizeof(set));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lineset_fini(&set);
	return 0;
}

static void add(const uint64_t *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_true(lineset_add(&set, lines[i]));
}
#define ADD(...) \
	add((const uint64_t[]){__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static uint64_t next(uint64_t line)
{
	uint64_t out;

	return lineset_next(&set, line, &out) ? out : UINT64_MAX;
}

static uint64_t prev(uint64_t line)
{
	uint64_t out;

	return lineset_prev(&set, line, &out) ? out : UINT64_MAX;
}

static void lineset_add__takes__each_line_once(void **state)
{
	(void)state;
	assert_false(lineset_has(&set, 5));
	ADD(5, 63, 64, B - 1, B, 3 * B);
	assert_false(lineset_add(&set, 64));
	assert_true(lineset_has(&set, 64));
	assert_false(lineset_has(&set, 65));
	assert_false(lineset_has(&set, 2 * B)); /* a block that nothing is in */
	assert_false(lineset_has(&set, 9 * B)); /* beyond all */
	assert_int_equal(set.total, 6);
	lineset_clear(&set);
	assert_int_equal(set.total, 0);
	assert_false(lineset_has(&set, 5));
}

static void lineset_next__goes__over_empty_words_and_blocks(void **state)
{
	(void)state;
	assert_int_equal(next(0), UINT64_MAX);
	assert_int_equal(prev(100), UINT64_MAX);
	ADD(5, 200, B + 1, 4 * B);
	assert_int_equal(next(0), 5);
	assert_int_equal(next(5), 5);
	assert_int_equal(next(6), 200);
	assert_int_equal(next(201), B + 1);
	assert_int_equal(next(B + 2), 4 * B);
	assert_int_equal(next(4 * B + 1), UINT64_MAX);
	assert_int_equal(prev(UINT64_MAX), 4 * B);
	assert_int_equal(prev(4 * B), 4 * B);
	assert_int_equal(prev(4 * B - 1), B + 1);
	assert_int_equal(prev(B), 200);
	assert_int_equal(prev(200), 200);
	assert_int_equal(prev(199), 5);
	assert_int_equal(prev(4), UINT64_MAX);
}

static void lineset_count__counts__within_bounds(void **state)
{
	(void)state;
	assert_int_equal(lineset_count(&set, 0, 100), 0);
	ADD(5, 63, 64, B - 1, B, 3 * B);
	assert_int_equal(lineset_count(&set, 0, UINT64_MAX), 6);
	assert_int_equal(lineset_count(&set, 5, 6), 1);
	assert_int_equal(lineset_count(&set, 6, 63), 0);
	assert_int_equal(lineset_count(&set, 63, 65), 2);
	assert_int_equal(lineset_count(&set, 64, B), 2);
	assert_int_equal(lineset_count(&set, B, 3 * B), 1); /* an empty block between */
	assert_int_equal(lineset_count(&set, 10, 10), 0);
	assert_int_equal(lineset_count(&set, 20 * B, 30 * B), 0);
}

static void lineset_drop__forgets__what_is_below(void **state)
{
	(void)state;
	ADD(5, 64, 127, 128, B + 3, 3 * B);
	lineset_drop(&set, 128); /* at a word's edge */
	assert_int_equal(set.total, 3);
	assert_false(lineset_has(&set, 127));
	assert_true(lineset_has(&set, 128));
	assert_false(lineset_add(&set, 127)); /* and takes none of them any more */
	lineset_drop(&set, 100);	      /* never backwards */
	assert_false(lineset_add(&set, 110));
	lineset_drop(&set, B + 4);
	assert_int_equal(set.total, 1);
	assert_int_equal(next(0), 3 * B);
	lineset_drop(&set, 2 * B + 7); /* into a block that is not there */
	assert_int_equal(lineset_count(&set, 0, UINT64_MAX), 1);
	lineset_drop(&set, 10 * B + 1); /* beyond all */
	assert_int_equal(set.total, 0);
	assert_int_equal(next(0), UINT64_MAX);
	ADD(10 * B + 1);
	assert_int_equal(next(0), 10 * B + 1);
	assert_int_equal(prev(UINT64_MAX), 10 * B + 1);
}

/* Newer lines first, as a search goes backwards. */
static void lineset_add__goes__backwards(void **state)
{
	(void)state;
	lineset_drop(&set, 2 * B);
	ADD(9 * B, 5 * B, 2 * B, 2 * B + 1);
	assert_int_equal(next(0), 2 * B);
	assert_int_equal(lineset_count(&set, 0, UINT64_MAX), 4);
	assert_int_equal(lineset_count(&set, 2 * B + 1, 9 * B), 2);
}

static void lineset_add_bits__tells__how_many_were_new(void **state)
{
	const uint64_t bits[2] = {1u | (uint64_t)1 << 63, 2u};

	(void)state;
	ADD(B - 10);
	assert_int_equal(lineset_add_bits(&set, B - 10, bits, 128), 2);
	assert_true(lineset_has(&set, B + 53));
	assert_true(lineset_has(&set, B + 55));
	assert_int_equal(lineset_add_bits(&set, B - 10, bits, 128), 0);
	assert_int_equal(lineset_add_bits(&set, 0, bits, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    CASE(lineset_add__takes__each_line_once),
	    CASE(lineset_next__goes__over_empty_words_and_blocks),
	    CASE(lineset_count__counts__within_bounds),
	    CASE(lineset_drop__forgets__what_is_below),
	    CASE(lineset_add__goes__backwards),
	    CASE(lineset_add_bits__tells__how_many_were_new),
#undef CASE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What new data are like: parts of old bytes that make them up again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/proto/differ.h"

#define UNITS (DIFFER_OLD_MAX / DIFFER_UNIT)

static uint8_t old[DIFFER_OLD_MAX], fresh[DIFFER_NEW_MAX];
static bool known[UNITS];
static struct differ_part part[64];

static uint32_t next(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x >> 3;
}

static void fill(uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;
	for (size_t i = 0; i < sizeof old; i++)
		old[i] = (uint8_t)next(&x);
	memset(known, true, sizeof known);
}

/* The parts are whole, within what is known, and none too many. Returns the bytes that differ. */
static size_t check(const struct differ_part *p, size_t parts, size_t most, size_t n)
{
	size_t at = 0, wrong = 0;
	assert_in_range(parts, 1, most);
	for (size_t i = 0; i < parts; i++) {
		assert_true(p[i].length > 0);
		for (size_t k = 0; k < p[i].length; k++, at++) {
			assert_true(at < n);
			if (p[i].old == DIFFER_NONE) {
				wrong++;
				continue;
			}
			assert_true(p[i].old + k < sizeof old);
			assert_true(known[(p[i].old + k) / DIFFER_UNIT]);
			wrong += old[p[i].old + k] != fresh[at];
		}
	}
	assert_int_equal(at, n);
	return wrong;
}

static size_t find(struct differ *d, size_t n, uint16_t hint, size_t most, size_t *parts)
{
	*parts = differ_find(d, old, sizeof old, known, fresh, n, hint, part, most);
	return check(part, *parts, most, n);
}

static void differ_find__one_part__moved_with_changes(void **state)
{
	struct differ *d = *state;
	size_t parts;
	fill(1);
	memcpy(fresh, old + 9001, sizeof fresh);
	for (size_t i = 20; i < sizeof fresh; i += 41)
		fresh[i] ^= 0x5A;
	assert_true(find(d, sizeof fresh, DIFFER_NONE, 64, &parts) <= sizeof fresh / 41 + 1);
	assert_int_equal(parts, 1);
	assert_int_equal(part[0].old, 9001);
}

static void differ_find__several_parts__something_between(void **state)
{
	struct differ *d = *state;
	size_t parts;
	fill(2);
	memcpy(fresh, old + 100, 1000);
	memset(fresh + 1000, 0x11, 300);
	memcpy(fresh + 1300, old + 41000, 2796);
	assert_true(find(d, sizeof fresh, 100, 64, &parts) <= 360);
	assert_in_range(parts, 3, 8);
	assert_int_equal(part[0].old, 100);
	assert_int_equal(part[parts - 1].old + part[parts - 1].length, 41000 + 2796);
}

static void differ_find__nothing_alike__plain(void **state)
{
	struct differ *d = *state;
	size_t parts;
	uint32_t x = 99;
	fill(3);
	for (size_t i = 0; i < sizeof fresh; i++)
		fresh[i] = (uint8_t)next(&x);
	assert_true(find(d, sizeof fresh, 0, 64, &parts) > 4000);
	memset(known, false, sizeof known);
	memcpy(fresh, old, sizeof fresh);
	(void)find(d, sizeof fresh, 0, 64, &parts);
	assert_int_equal(parts, 1);
	assert_int_equal(part[0].old, DIFFER_NONE);
}

static void differ_find__unknown_units__never_used(void **state)
{
	struct differ *d = *state;
	size_t parts;
	fill(4);
	known[2] = false;
	memcpy(fresh, old + 2 * DIFFER_UNIT - 1000, sizeof fresh); /* most of it not known */
	assert_true(find(d, sizeof fresh, 2 * DIFFER_UNIT - 1000, 64, &parts) <= 3096);
	assert_int_equal(part[0].length, 1000);
}

static void differ_find__anything__is_whole(void **state)
{
	struct differ *d = *state;
	uint32_t x = 5;
	for (unsigned run = 0; run < 200; run++) {
		size_t n = 1 + next(&x) % sizeof fresh, most = 2 + next(&x) % 63, parts, at = 0;
		fill(run);
		for (size_t u = 0; u < UNITS; u++)
			known[u] = next(&x) % 8 != 0;
		while (at < sizeof fresh) {
			size_t len = 1 + next(&x) % 200, from = next(&x) % (sizeof old - 200);
			len = len < sizeof fresh - at ? len : sizeof fresh - at;
			memcpy(fresh + at, old + from, len);
			at += len;
		}
		(void)find(d, n, (uint16_t)next(&x), most, &parts);
	}
}

static int setup(void **state)
{
	*state = differ_new();
	return 0;
}

static int teardown(void **state)
{
	differ_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(differ_find__one_part__moved_with_changes),
	    cmocka_unit_test(differ_find__several_parts__something_between),
	    cmocka_unit_test(differ_find__nothing_alike__plain),
	    cmocka_unit_test(differ_find__unknown_units__never_used),
	    cmocka_unit_test(differ_find__anything__is_whole),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

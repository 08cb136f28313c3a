/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The raw recording: what was put comes out, however it is cut; what is damaged is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/core/rawlog.h"

#define MAGIC_LENGTH (sizeof(RAWLOG_MAGIC) - 1)

static void begin(struct buf *b)
{
	buf_init(b, 1 << 20);
	assert_true(buf_append(b, RAWLOG_MAGIC, MAGIC_LENGTH));
}

/* Feeds bytes in steps; writes "K+delta:bytes;" for each record. Returns the last code. */
static int told(const struct buf *b, size_t step, char *out, size_t size, struct rawlog_reader *r)
{
	const uint8_t *bytes = buf_bytes(b);
	size_t at = 0, have = 0, used, n = buf_len(b), k = 0;
	struct rawlog_record rec;
	int rc = 0;

	rawlog_reader_init(r);
	out[0] = '\0';
	while (have < n) {
		have = have + step < n ? have + step : n;
		while ((rc = rawlog_next(r, bytes + at, have - at, &used, &rec, NULL)) > 0) {
			k += (size_t)snprintf(out + k, size - k, "%c+%lld:%.*s;", rec.kind,
			    (long long)rec.delta_us, (int)rec.n, (const char *)rec.bytes);
			at += used;
		}
		at += used;
		if (rc < 0)
			break;
	}
	assert_true(at <= n);
	return rc;
}

static void rawlog_put__reads_back__however_cut(void **state)
{
	struct rawlog_reader r;
	struct buf b;
	char whole[200], cut[200];
	mono_t last = 1000;

	(void)state;
	begin(&b);
	assert_int_equal(rawlog_put(&b, 'W', "1700000000000000", 16, 1000, &last), ERR_OK);
	assert_int_equal(rawlog_put(&b, 'R', "hello\r\n", 7, 1500, &last), ERR_OK);
	assert_int_equal(rawlog_put(&b, 'T', "", 0, 5000000, &last), ERR_OK);
	assert_int_equal(rawlog_put(&b, 'B', "74880 8N1", 9, 5000001, &last), ERR_OK);
	assert_int_equal(told(&b, buf_len(&b), whole, sizeof(whole), &r), 0);
	assert_string_equal(
	    whole, "W+0:1700000000000000;R+500:hello\r\n;T+4998500:;B+1:74880 8N1;");
	assert_false(r.cut);
	assert_int_equal(r.offset, buf_len(&b));
	for (size_t step = 1; step < 12; step++) {
		assert_int_equal(told(&b, step, cut, sizeof(cut), &r), 0);
		assert_string_equal(cut, whole);
	}
	buf_fini(&b);
}

static void rawlog_put__keeps_order__when_the_clock_goes_back(void **state)
{
	struct rawlog_reader r;
	struct buf b;
	char text[100];
	mono_t last = 1000;

	(void)state;
	begin(&b);
	assert_int_equal(rawlog_put(&b, 'R', "a", 1, 900, &last), ERR_OK);
	assert_int_equal(rawlog_put(&b, 'R', "b", 1, 950, &last), ERR_OK);
	assert_int_equal(told(&b, 1, text, sizeof(text), &r), 0);
	assert_string_equal(text, "R+0:a;R+50:b;");
	buf_fini(&b);
}

static void rawlog_put__splits__what_is_too_long(void **state)
{
	size_t n = 2 * RAWLOG_MAX_RECORD + 5, got = 0, at = 0, used, records = 0;
	uint8_t *bytes = malloc(n);
	struct rawlog_record rec;
	struct rawlog_reader r;
	struct buf b;
	mono_t last = 0;

	(void)state;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i * 7);
	begin(&b);
	assert_int_equal(rawlog_put(&b, 'R', bytes, n, 5, &last), ERR_OK);
	rawlog_reader_init(&r);
	while (rawlog_next(&r, buf_bytes(&b) + at, buf_len(&b) - at, &used, &rec, NULL) > 0) {
		assert_memory_equal(rec.bytes, bytes + got, rec.n);
		assert_int_equal(rec.delta_us, records ? 0 : 5);
		got += rec.n;
		at += used;
		records++;
	}
	assert_int_equal(got, n);
	assert_int_equal(records, 3);
	buf_fini(&b);
	free(bytes);
}

static void rawlog_put__changes_nothing__without_room(void **state)
{
	struct buf b;
	mono_t last = 0;

	(void)state;
	buf_init(&b, RAWLOG_MAX_RECORD + 20);
	assert_int_equal(rawlog_put(&b, 'R', "12345", 5, 10, &last), ERR_OK);
	{
		char *big = calloc(2, RAWLOG_MAX_RECORD);

		assert_int_equal(
		    rawlog_put(&b, 'R', big, 2 * RAWLOG_MAX_RECORD, 20, &last), ERR_NOMEM);
		free(big);
	}
	assert_int_equal(buf_len(&b), 1 + 1 + 1 + 5);
	assert_int_equal(last, 10);
	buf_fini(&b);
}

static void rawlog_next__says_cut__at_every_cut(void **state)
{
	struct rawlog_reader r;
	struct buf b;
	char text[200];
	mono_t last = 0;
	size_t ends[3];

	(void)state;
	begin(&b);
	ends[0] = buf_len(&b);
	rawlog_put(&b, 'R', "first", 5, 300, &last);
	ends[1] = buf_len(&b);
	rawlog_put(&b, 'R', "second", 6, 40000, &last);
	ends[2] = buf_len(&b);
	for (size_t n = ends[2]; n > 0; n--) {
		bool whole = n == ends[0] || n == ends[1] || n == ends[2];

		buf_truncate(&b, n);
		assert_int_equal(told(&b, n, text, sizeof(text), &r), 0);
		assert_int_equal(r.cut, !whole);
	}
	buf_fini(&b);
}

static void rawlog_next__refuses__hostile_heads(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
	    {"R\x01\xff\xff\xff\xff\x7f", 7},			       /* length of 32 GB */
	    {"R\x01\x81\x80\x04", 5},				       /* one more than allowed */
	    {"R\x01\x80\x80\x80\x80\x80\x01", 8},		       /* length of six bytes */
	    {"R\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 12},     /* time beyond 63 bits */
	    {"R\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 13}, /* time of 11 bytes */
	};
	struct rawlog_reader r;
	struct rawlog_record rec;
	struct err err = {0};
	size_t used;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf b;
		char text[100];

		begin(&b);
		buf_append(&b, bad[i].bytes, bad[i].n);
		assert_int_equal(told(&b, 1, text, sizeof(text), &r), ERR_FORMAT);
		assert_string_equal(text, "");
		buf_fini(&b);
	}
	rawlog_reader_init(&r);
	assert_int_equal(
	    rawlog_next(&r, (const uint8_t *)"tasmite row", 11, &used, &rec, &err), ERR_FORMAT);
	assert_non_null(strstr(err.text, "no raw recording"));
}

static void rawlog_next__gives__unknown_kinds(void **state)
{
	struct rawlog_reader r;
	struct buf b;
	char text[100];
	mono_t last = 0;

	(void)state;
	begin(&b);
	rawlog_put(&b, 'z', "?", 1, 1, &last);
	rawlog_put(&b, 'R', "x", 1, 1, &last);
	assert_int_equal(told(&b, 3, text, sizeof(text), &r), 0);
	assert_string_equal(text, "z+1:?;R+0:x;");
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rawlog_put__reads_back__however_cut),
	    cmocka_unit_test(rawlog_put__keeps_order__when_the_clock_goes_back),
	    cmocka_unit_test(rawlog_put__splits__what_is_too_long),
	    cmocka_unit_test(rawlog_put__changes_nothing__without_room),
	    cmocka_unit_test(rawlog_next__says_cut__at_every_cut),
	    cmocka_unit_test(rawlog_next__refuses__hostile_heads),
	    cmocka_unit_test(rawlog_next__gives__unknown_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

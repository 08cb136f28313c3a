/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Partition tables, and which application they let start. */
#include "tasmite/proto/partition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "esp32maker.h"
#include "tasmite/base/bytes.h"
#include "tasmite/base/xalloc.h"

/* A copy of just that size, so that a sanitizer sees any read behind it. */
static int parse(const uint8_t *p, size_t n, struct partition_table *t, struct err *err)
{
	uint8_t *exact = xmemdup(p, n ? n : 1);
	int rc = partition_parse(exact, n, t, err);

	free(exact);
	return rc;
}

static struct partition_table table_of(const struct made32_row *rows)
{
	uint8_t bytes[PARTITION_TABLE_SIZE];
	struct partition_table t;

	make32_table(bytes, rows);
	assert_int_equal(parse(bytes, sizeof(bytes), &t, NULL), ERR_OK);
	return t;
}

/* ---- reading --------------------------------------------------------------------------------- */

static void partition_parse__reads__tasmotas_table(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	char kind[40];

	assert_int_equal(t.count, 5);
	assert_int_equal(t.sum, PARTITION_SUM_RIGHT);
	assert_string_equal(t.entry[2].name, "safeboot");
	assert_int_equal(t.entry[3].offset, 0xe0000);
	assert_int_equal(t.entry[3].size, 0x2d0000);
	partition_kind_text(&t.entry[3], kind, sizeof(kind));
	assert_string_equal(kind, "app ota_0");
	partition_kind_text(&t.entry[0], kind, sizeof(kind));
	assert_string_equal(kind, "data nvs");
	assert_int_equal(partition_end(&t), 0x400000);
	assert_int_equal(partition_check(&t, 0x400000, NULL), ERR_OK);
	assert_int_equal(partition_layout(&t), PARTITION_LAYOUT_SAFEBOOT);
}

static void partition_parse__tells__wrong_md5(void **state)
{
	(void)state;
	uint8_t bytes[PARTITION_TABLE_SIZE];
	struct partition_table t;
	struct err err;

	make32_table(bytes, make32_since_12);
	bytes[12] ^= 1; /* a letter of a name */
	assert_int_equal(parse(bytes, sizeof(bytes), &t, NULL), ERR_OK);
	assert_int_equal(t.sum, PARTITION_SUM_WRONG);
	assert_int_equal(partition_check(&t, 0, &err), ERR_FORMAT);
	assert_non_null(strstr(err.text, "MD5"));
}

static void partition_parse__takes__table_without_md5(void **state)
{
	(void)state;
	uint8_t bytes[PARTITION_TABLE_SIZE];
	struct partition_table t;

	make32_table(bytes, make32_since_12);
	memset(bytes + 5 * 32, 0xff, 32);
	assert_int_equal(parse(bytes, sizeof(bytes), &t, NULL), ERR_OK);
	assert_int_equal(t.count, 5);
	assert_int_equal(t.sum, PARTITION_SUM_NONE);
	assert_int_equal(partition_check(&t, 0, NULL), ERR_OK);
}

static void partition_parse__refuses__what_is_no_table(void **state)
{
	(void)state;
	uint8_t bytes[PARTITION_TABLE_SIZE];
	struct partition_table t;
	struct err err;

	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(parse(bytes, sizeof(bytes), &t, &err), ERR_FORMAT);
	assert_int_equal(parse(bytes, 0, &t, &err), ERR_FORMAT);
	make32_table(bytes, make32_since_12);
	assert_int_equal(parse(bytes, 31, &t, &err), ERR_FORMAT);
	bytes[64] = 0x12; /* the third row */
	assert_int_equal(parse(bytes, sizeof(bytes), &t, &err), ERR_FORMAT);
	assert_non_null(strstr(err.text, "row 3"));
	assert_int_equal(t.count, 0);
}

static void partition_parse__survives__cuts_and_full_tables(void **state)
{
	(void)state;
	uint8_t bytes[PARTITION_TABLE_SIZE + 64];
	struct partition_table t;

	make32_table(bytes, make32_since_12);
	for (size_t n = 32; n < 6 * 32; n++) {
		assert_int_equal(parse(bytes, n, &t, NULL), ERR_OK);
		assert_int_equal(t.count, n / 32);
	}
	for (size_t at = 0; at + 32 <= sizeof(bytes); at += 32) {
		memset(bytes + at, 'x', 32);
		bytes[at] = 0xaa;
		bytes[at + 1] = 0x50;
	}
	assert_int_equal(parse(bytes, sizeof(bytes), &t, NULL), ERR_OK);
	assert_int_equal(t.count, PARTITION_MAX);
	assert_string_equal(t.entry[0].name, "xxxxxxxxxxxxxxxx");
}

static void partition_parse__masks__control_bytes_in_names(void **state)
{
	(void)state;
	static const struct made32_row rows[] = {
	    {1, 2, 0x9000, 0x1000, "a\x1b[31m"}, {0, 0, 0, 0, NULL}};
	struct partition_table t = table_of(rows);

	assert_string_equal(t.entry[0].name, "a?[31m");
}

/* ---- sense ----------------------------------------------------------------------------------- */

static void partition_check__refuses__nonsense(void **state)
{
	static const struct {
		struct made32_row rows[3];
		uint32_t flash;
		int rc;
		const char *word;
	} cases[] = {
	    {{{1, 2, 0x9000, 0x5000, "nvs"}, {0, 0, 0x10000, 0x100000, "app"}}, 0x200000, ERR_OK,
		NULL},
	    {{{1, 2, 0x9000, 0x8000, "nvs"}, {0, 0, 0x10000, 0x1000, "app"}}, 0, ERR_FORMAT,
		"\"nvs\" and \"app\" overlap"},
	    {{{1, 2, 0x8000, 0x1000, "low"}}, 0, ERR_FORMAT, "over the boot loader"},
	    {{{0, 0, 0x11000, 0x1000, "odd"}}, 0, ERR_FORMAT, "aligned"},
	    {{{1, 2, 0x9100, 0x1000, "odd"}}, 0, ERR_FORMAT, "aligned"},
	    {{{1, 2, 0x9000, 0, "nil"}}, 0, ERR_FORMAT, "no bytes"},
	    {{{0, 0, 0x10000, 0x3f0000, "app"}}, 0x200000, ERR_RANGE, "behind the flash (2 MB)"},
	    {{{0, 0, 0xffff0000, 0xffff0000, "app"}}, 0, ERR_RANGE, "behind the flash"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct partition_table t = table_of(cases[i].rows);
		struct err err = {0};

		assert_int_equal(partition_check(&t, cases[i].flash, &err), cases[i].rc);
		if (cases[i].word)
			assert_non_null(strstr(err.text, cases[i].word));
	}
}

/* ---- which application ----------------------------------------------------------------------- */

static const char *starts(const struct partition_table *t, const uint8_t *otadata, size_t n)
{
	size_t slot = partition_starts(t, otadata, n);

	return slot == PARTITION_NO_SLOT ? "none" : t->entry[slot].name;
}

static void partition_starts__follows__otadata(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_before_12);
	uint8_t ota[0x2000];

	memset(ota, 0xff, sizeof(ota));
	assert_string_equal(starts(&t, ota, sizeof(ota)), "app0");
	make32_otadata(ota, 1, UINT32_MAX);
	make32_otadata(ota + 0x1000, 2, UINT32_MAX);
	assert_string_equal(starts(&t, ota, sizeof(ota)), "app1");
	make32_otadata(ota, 3, UINT32_MAX);
	assert_string_equal(starts(&t, ota, sizeof(ota)), "app0");
	make32_otadata(ota, 3, 4); /* given up: the other one counts */
	assert_string_equal(starts(&t, ota, sizeof(ota)), "app1");
	ota[0x1000 + 28] ^= 1; /* and its CRC is wrong */
	assert_string_equal(starts(&t, ota, sizeof(ota)), "app0");
	assert_string_equal(starts(&t, NULL, 0), "app0");
}

static void partition_starts__falls__to_factory(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	uint8_t ota[0x2000];

	memset(ota, 0xff, sizeof(ota));
	assert_string_equal(starts(&t, ota, sizeof(ota)), "safeboot");
	make32_otadata(ota, 7, UINT32_MAX);
	assert_string_equal(starts(&t, ota, sizeof(ota)), "app0");
	/* Cut before the record's end. */
	uint8_t *cut = xmemdup(ota, 31);
	assert_string_equal(starts(&t, cut, 31), "safeboot");
	free(cut);
	t.count = 2;
	assert_string_equal(starts(&t, ota, sizeof(ota)), "none");
	assert_int_equal(partition_layout(&t), PARTITION_LAYOUT_NO_APP);
}

static void partition_layout__tells__what_kind(void **state)
{
	static const struct made32_row single[] = {
	    {0, 0, 0x10000, 0x100000, "factory"}, {0, 0, 0, 0, NULL}};
	static const struct made32_row three[] = {{0, 0, 0x10000, 0x100000, "factory"},
	    {0, 0x10, 0x110000, 0x100000, "a"}, {0, 0x11, 0x210000, 0x100000, "b"},
	    {0, 0, 0, 0, NULL}};
	struct partition_table t = table_of(single);

	(void)state;
	assert_int_equal(partition_layout(&t), PARTITION_LAYOUT_SINGLE);
	t = table_of(three);
	assert_int_equal(partition_layout(&t), PARTITION_LAYOUT_SLOTS);
	t = table_of(make32_before_12);
	assert_int_equal(partition_layout(&t), PARTITION_LAYOUT_SLOTS);
	assert_int_equal(partition_at(&t, 0x1d0000), 3);
	assert_true(partition_at(&t, 0x1d0001) == PARTITION_NO_SLOT);
}

static void partition_kind_text__names__all_there_are(void **state)
{
	static const struct {
		uint8_t type, subtype;
		const char *text;
	} cases[] = {{0, 0x00, "app factory"}, {0, 0x10, "app ota_0"}, {0, 0x1f, "app ota_15"},
	    {0, 0x20, "app test"}, {0, 0x0f, "app 0x0f"}, {0, 0x21, "app 0x21"},
	    {1, 0x00, "data otadata"}, {1, 0x01, "data phy"}, {1, 0x02, "data nvs"},
	    {1, 0x03, "data coredump"}, {1, 0x04, "data nvs_keys"}, {1, 0x05, "data efuse"},
	    {1, 0x81, "data fat"}, {1, 0x82, "data spiffs"}, {1, 0x83, "data littlefs"},
	    {1, 0x84, "data 0x84"}, {2, 0x01, "type 0x02, 0x01"}, {0x40, 0, "type 0x40, 0x00"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct partition p = {.type = cases[i].type, .subtype = cases[i].subtype};
		char text[40];

		partition_kind_text(&p, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

/* Rows in any order: neither where they end nor what overlaps depends on it. */
static void partition_check__takes__rows_in_any_order(void **state)
{
	static const struct made32_row falling[] = {{0, 0, 0x110000, 0x100000, "app"},
	    {1, 2, 0x9000, 0x5000, "nvs"}, {1, 0, 0xe000, 0x2000, "otadata"}, {0}};
	static const struct made32_row overlapping[] = {
	    {0, 0, 0x10000, 0x100000, "app"}, {1, 2, 0x20000, 0x1000, "nvs"}, {0}};
	struct partition_table t = table_of(falling);
	struct err err = {0};

	(void)state;
	assert_int_equal(partition_check(&t, 0x400000, &err), ERR_OK);
	assert_int_equal(partition_end(&t), 0x210000);
	t = table_of(overlapping);
	assert_int_equal(partition_check(&t, 0x400000, &err), ERR_FORMAT);
	assert_non_null(strstr(err.text, "overlap"));
}

/* The boot loader counts the slots from ota_0 on: one behind a gap is none of them. */
static void partition_layout__counts__slots_without_a_gap(void **state)
{
	static const struct made32_row gap[] = {
	    {0, 0x10, 0x10000, 0x100000, "a"}, {0, 0x12, 0x110000, 0x100000, "c"}, {0}};
	static const struct made32_row named[] = {
	    {0, 0, 0x10000, 0x100000, "recovery"}, {0, 0x10, 0x110000, 0x100000, "a"}, {0}};
	struct partition_table t = table_of(gap);
	uint8_t ota[0x2000];

	(void)state;
	assert_int_equal(partition_layout(&t), PARTITION_LAYOUT_SINGLE);
	/* The second record would be that of a second slot. */
	memset(ota, 0xff, sizeof(ota));
	make32_otadata(ota, 2, UINT32_MAX);
	assert_string_equal(starts(&t, ota, sizeof(ota)), "a");
	/* A factory partition of another name is no safeboot. */
	t = table_of(named);
	assert_int_equal(partition_layout(&t), PARTITION_LAYOUT_SLOTS);
	make32_otadata(ota, 2, 3); /* marked invalid: the factory partition */
	assert_string_equal(starts(&t, ota, sizeof(ota)), "recovery");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(partition_parse__reads__tasmotas_table),
	    cmocka_unit_test(partition_parse__tells__wrong_md5),
	    cmocka_unit_test(partition_parse__takes__table_without_md5),
	    cmocka_unit_test(partition_parse__refuses__what_is_no_table),
	    cmocka_unit_test(partition_parse__survives__cuts_and_full_tables),
	    cmocka_unit_test(partition_parse__masks__control_bytes_in_names),
	    cmocka_unit_test(partition_check__refuses__nonsense),
	    cmocka_unit_test(partition_starts__follows__otadata),
	    cmocka_unit_test(partition_starts__falls__to_factory),
	    cmocka_unit_test(partition_layout__tells__what_kind),
	    cmocka_unit_test(partition_kind_text__names__all_there_are),
	    cmocka_unit_test(partition_check__takes__rows_in_any_order),
	    cmocka_unit_test(partition_layout__counts__slots_without_a_gap),
	};

	return cmocka_run_group_tests_name("partition", tests, NULL, NULL);
}

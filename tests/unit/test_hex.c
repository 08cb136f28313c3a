/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hex: rows, and bytes from what people write. */
#include "tasmite/core/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void hex_row__shows__offset_pairs_and_characters(void **state)
{
	char row[HEX_ROW_SIZE];
	size_t n;

	(void)state;
	n = hex_row(row, 0x1F0, 4, (const uint8_t *)"AB\r\n\x7f\xff z", 8, 8);
	assert_string_equal(row, "01f0  41 42 0d 0a 7f ff 20 7a  |AB.... z|");
	assert_int_equal(n, strlen(row));
	hex_row(row, 0, 0, (const uint8_t *)"0123456789abcdef", 16, 16);
	assert_string_equal(
	    row, "30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|");
	hex_row(row, 0, 0, (const uint8_t *)"01", 2, 4);
	assert_string_equal(row, "30 31        |01|");
	hex_row(row, 0, 2, NULL, 0, 4);
	assert_string_equal(row, "00               ||");
}

static void hex_row__stands__where_its_columns_say(void **state)
{
	uint8_t bytes[HEX_PER_ROW_MAX];
	char row[HEX_ROW_SIZE];

	(void)state;
	memset(bytes, 'Z', sizeof(bytes));
	for (int per_row = 1; per_row <= HEX_PER_ROW_MAX; per_row++)
		for (int offset = 0; offset <= 16; offset += 4)
			for (int n = 1; n <= per_row; n++) {
				size_t len = hex_row(row, 0, offset, bytes, (size_t)n, per_row);

				assert_true(len < sizeof(row));
				assert_true((int)len <= hex_row_cells(per_row, offset));
				if (n == per_row)
					assert_int_equal(len, hex_row_cells(per_row, offset));
				assert_int_equal(row[hex_pair_column(n - 1, offset)], '5');
				assert_int_equal(row[hex_pair_column(n - 1, offset) + 1], 'a');
				assert_int_equal(row[hex_char_column(n - 1, per_row, offset)], 'Z');
				assert_int_equal(row[hex_char_column(0, per_row, offset) - 1], '|');
			}
}

static void hex_per_row__fills__the_width(void **state)
{
	(void)state;
	for (int cells = 1; cells < 300; cells++) {
		int n = hex_per_row(cells, 4), next = n < 8 ? 2 * n : n + 8;

		assert_true(n == 1 || n == 2 || n == 4 || n % 8 == 0);
		assert_true(n == 1 || hex_row_cells(n, 4) <= cells);
		assert_true(n == HEX_PER_ROW_MAX || hex_row_cells(next, 4) > cells);
	}
	assert_int_equal(hex_per_row(80, 4), 16);
}

static void check(const char *text, const char *want, size_t n)
{
	uint8_t bytes[100];
	struct err err = {0};
	size_t got = 0;

	if (hex_parse(text, bytes, sizeof(bytes), &got, &err) != ERR_OK)
		fail_msg("%s: %s", text, err.text);
	assert_int_equal(got, n);
	assert_memory_equal(bytes, want, n);
	assert_int_equal(hex_parse(text, NULL, sizeof(bytes), &got, &err), ERR_OK);
	assert_int_equal(got, n);
}

static void hex_parse__reads__what_people_write(void **state)
{
	(void)state;
	check("DE AD \"text\" 0d0a", "\xDE\xADtext\r\n", 8);
	check("", "", 0);
	check("  ", "", 0);
	check("deadBEEF", "\xDE\xAD\xBE\xEF", 4);
	check("de:ad-be,ef;00", "\xDE\xAD\xBE\xEF\0", 5);
	check("0xDE 0Xad 0x0d0a", "\xDE\xAD\r\n", 4);
	check("A 1", "\x0A\x01", 2);
	check("\"a\\r\\n\\t\\e\\0\\\\\\\"\\x7F'\"", "a\r\n\t\x1b\0\\\"\x7F'", 10);
	check("'a\\r\"b'", "a\\r\"b", 5);
	check("\"\"ff''", "\xFF", 1);
	check("\"\xC3\xA9\"", "\xC3\xA9", 2);
}

static void hex_parse__tells__the_place_of_a_mistake(void **state)
{
	static const char *const cases[][2] = {
	    {"DE AG", "at character 4 ('AG')"},
	    {"DE xyz", "at character 4 ('xyz'): expected hex digits, or text in"},
	    {"DE ABC", "at character 4 ('ABC'): expected two digits for each byte"},
	    {"0x", "at character 3"},
	    {"AA \"te", "at character 4 ('\"te'): expected another quote"},
	    {"\"a\\q\"", "at character 3 ('\\q\"'): expected \\r"},
	    {"\"a\\", "at character 3"},
	    {"\"\\x4\"", "at character 2"},
	};
	uint8_t bytes[4];
	struct err err;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(hex_parse(cases[i][0], bytes, 4, &n, &err), ERR_FORMAT);
		if (strncmp(err.text, cases[i][1], strlen(cases[i][1])) != 0)
			fail_msg("%s: %s", cases[i][0], err.text);
	}
	assert_int_equal(hex_parse("01 02 03 04 05", bytes, 4, &n, &err), ERR_RANGE);
	assert_int_equal(n, 4);
	assert_int_equal(hex_parse("\"abcde\"", bytes, 4, &n, &err), ERR_RANGE);
	assert_int_equal(hex_parse("01020304", bytes, 4, &n, &err), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hex_row__shows__offset_pairs_and_characters),
	    cmocka_unit_test(hex_row__stands__where_its_columns_say),
	    cmocka_unit_test(hex_per_row__fills__the_width),
	    cmocka_unit_test(hex_parse__reads__what_people_write),
	    cmocka_unit_test(hex_parse__tells__the_place_of_a_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

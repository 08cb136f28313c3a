/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grid of cells. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/utf8.h"
#include "tasmite/ui/surface.h"

static const struct rect all = {0, 0, 20, 3};

static const char *row(const struct surface *s, int y)
{
	static char text[1024];

	surface_row_text(s, y, text, sizeof(text));
	return text;
}

static void surface_text__clips__at_both_edges(void **state)
{
	struct rect clip = {2, 0, 4, 1};
	struct surface s;

	(void)state;
	surface_init(&s, 20, 3);
	assert_int_equal(surface_text(&s, clip, 0, 0, STYLE_RX, "abcdefgh"), 8);
	assert_string_equal(row(&s, 0), "  cdef");
	assert_int_equal(surface_cell(&s, 2, 0)->style, STYLE_RX);
	assert_int_equal(surface_cell(&s, 6, 0)->style, STYLE_DEFAULT);
	surface_fini(&s);
}

static void surface_text__drops__rows_outside(void **state)
{
	struct surface s;

	(void)state;
	surface_init(&s, 20, 3);
	surface_text(&s, all, 0, -1, STYLE_RX, "x");
	surface_text(&s, all, 0, 3, STYLE_RX, "x");
	surface_text(&s, (struct rect){-5, -5, 100, 100}, 19, 2, STYLE_RX, "xyz");
	for (int y = 0; y < 2; y++)
		assert_string_equal(row(&s, y), "");
	assert_string_equal(row(&s, 2), "                   x");
	surface_fini(&s);
}

static void surface_glyph__keeps_wide_whole__at_the_edge(void **state)
{
	struct surface s;

	(void)state;
	surface_init(&s, 20, 3);
	assert_int_equal(surface_glyph(&s, all, 19, 0, STYLE_RX, NULL, 0x4f60), 0);
	assert_int_equal(surface_glyph(&s, all, 18, 0, STYLE_RX, NULL, 0x4f60), 2);
	assert_string_equal(surface_cell(&s, 19, 0)->text, "");
	/* either half overwritten: the other is a blank */
	surface_text(&s, all, 19, 0, STYLE_RX, "x");
	assert_string_equal(surface_cell(&s, 18, 0)->text, " ");
	surface_glyph(&s, all, 18, 1, STYLE_RX, NULL, 0x4f60);
	surface_text(&s, all, 18, 1, STYLE_RX, "x");
	assert_string_equal(surface_cell(&s, 19, 1)->text, " ");
	surface_glyph(&s, all, 4, 2, STYLE_RX, NULL, 0x4f60);
	surface_fill(&s, (struct rect){5, 2, 3, 1}, STYLE_DEFAULT);
	assert_string_equal(surface_cell(&s, 4, 2)->text, " ");
	surface_fini(&s);
}

static void surface_glyph__puts_marks__on_the_cell_before(void **state)
{
	struct surface s;

	(void)state;
	surface_init(&s, 20, 3);
	surface_glyph(&s, all, 0, 0, STYLE_RX, NULL, 'e');
	assert_int_equal(surface_glyph(&s, all, 1, 0, STYLE_RX, NULL, 0x301), 0);
	assert_string_equal(surface_cell(&s, 0, 0)->text, "e\xcc\x81");
	surface_glyph(&s, all, 2, 0, STYLE_RX, NULL, 0x4f60);
	surface_glyph(&s, all, 4, 0, STYLE_RX, NULL, 0x301);
	assert_string_equal(surface_cell(&s, 2, 0)->text, "\xe4\xbd\xa0\xcc\x81");
	/* nothing before it: dropped; too many: the cell stays terminated */
	surface_glyph(&s, all, 0, 1, STYLE_RX, NULL, 0x301);
	assert_string_equal(row(&s, 1), "");
	for (int i = 0; i < 100; i++)
		surface_glyph(&s, all, 1, 0, STYLE_RX, NULL, 0x301);
	assert_true(strlen(surface_cell(&s, 0, 0)->text) < CELL_BYTES);
	surface_fini(&s);
}

/* Over anything, at any place: as if each character were drawn by itself. */
static void surface_ascii__is__surface_glyph_for_each(void **state)
{
	struct surface s, t;
	uint8_t bytes[40];

	(void)state;
	srand(3);
	surface_init(&s, 20, 3);
	surface_init(&t, 20, 3);
	for (int i = 0; i < 20000; i++) {
		struct rect clip = {rand() % 24 - 2, rand() % 5 - 1, rand() % 24, rand() % 4};
		int x = rand() % 70 - 40, y = rand() % 5 - 1, n = rand() % 40;
		enum style_id style = (enum style_id)(rand() % STYLE_COUNT);

		surface_glyph(&s, all, rand() % 20, rand() % 3, STYLE_RX, NULL, 0x4f60);
		if (i % 7 == 0)
			surface_fill(&s, (struct rect){3, 1, 5, 1}, STYLE_BAR_DONE);
		surface_copy(&t, &s);
		for (int k = 0; k < n; k++) {
			bytes[k] = (uint8_t)(rand() % 8 ? 0x20 + rand() % 0x5f : rand() % 0x20);
			surface_glyph(&t, clip, x + k, y, style, NULL, bytes[k]);
		}
		surface_ascii(&s, clip, x, y, style, bytes, (size_t)n);
		assert_memory_equal(s.cells, t.cells, 60 * sizeof(*s.cells));
	}
	surface_fini(&s);
	surface_fini(&t);
}

/* Whatever code point is drawn: what stands in the cells is printable and fits. */
static void surface_glyph__never_stores_controls__of_all_code_points(void **state)
{
	struct surface s;

	(void)state;
	surface_init(&s, 4, 1);
	for (uint32_t cp = 0; cp <= 0x110000; cp++) {
		surface_fill(&s, (struct rect){0, 0, 4, 1}, STYLE_DEFAULT);
		surface_glyph(&s, all, 0, 0, STYLE_RX, NULL, 'a');
		surface_glyph(&s, all, 1, 0, STYLE_RX, NULL, cp);
		for (int x = 0; x < 4; x++) {
			const char *p = surface_cell(&s, x, 0)->text;
			size_t n = strlen(p);

			while (n) {
				uint32_t got = 0;
				int len = utf8_decode((const uint8_t *)p, n, &got);

				assert_true(len > 0);
				assert_true(utf8_width(got) >= 0);
				/* direction marks would reorder the row */
				assert_false(got >= 0x202a && got <= 0x202e);
				assert_false(got >= 0x2066 && got <= 0x2069);
				p += len;
				n -= (size_t)len;
			}
		}
	}
	surface_fini(&s);
}

/* The most that fits, in whole characters, of what is wide, combined or no character at all. */
static void utf8_tail__keeps__whole_characters(void **state)
{
	static const struct {
		const char *text;
		int cells;
		const char *want;
	} rows[] = {{"abcdef", 3, "def"}, {"abc", 3, "abc"}, {"abc", 0, ""}, {"", 5, ""},
	    {"a日本", 4, "日本"}, {"a日本", 3, "本"}, {"a日本", 1, ""},
	    {"xe\xcc\x81y", 2, "e\xcc\x81y"}, {"xe\xcc\x81y", 1, "y"}, {"e\xcc\x81", 0, ""},
	    {"ab\xff\xfe", 2, "\xff\xfe"}, {"ab\xe6\x97", 2, "\xe6\x97"}, {"a\tb", 2, "\tb"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(utf8_tail(rows[i].text, rows[i].cells), rows[i].want);
}

static void surface_text__shows_controls__as_question_marks(void **state)
{
	struct surface s;

	(void)state;
	surface_init(&s, 20, 3);
	surface_text(&s, all, 0, 0, STYLE_RX, "a\033[2Jb\177\302\233c\n");
	assert_string_equal(row(&s, 0), "a?[2Jb??c?");
	surface_text(&s, all, 0, 1, STYLE_RX, "a\377b\343\201");
	assert_string_equal(row(&s, 1), "a\xef\xbf\xbd"
					"b\xef\xbf\xbd\xef\xbf\xbd");
	surface_fini(&s);
}

static void surface_box__joins__lines_that_meet(void **state)
{
	struct surface s;

	(void)state;
	surface_init(&s, 20, 5);
	surface_box(&s, (struct rect){0, 0, 10, 5}, STYLE_BORDER);
	surface_box(&s, (struct rect){9, 0, 11, 3}, STYLE_BORDER);
	surface_box(&s, (struct rect){9, 2, 11, 3}, STYLE_BORDER);
	assert_string_equal(row(&s, 0), "┌────────┬─────────┐");
	assert_string_equal(row(&s, 2), "│        ├─────────┤");
	assert_string_equal(row(&s, 4), "└────────┴─────────┘");
	surface_resize(&s, 20, 5);
	s.unicode = false;
	surface_box(&s, (struct rect){0, 0, 10, 5}, STYLE_BORDER);
	surface_box(&s, (struct rect){9, 0, 11, 3}, STYLE_BORDER);
	assert_string_equal(row(&s, 0), "+--------+---------+");
	assert_string_equal(row(&s, 1), "|        |         |");
	surface_fini(&s);
}

static void surface_text__maps_marks__without_unicode(void **state)
{
	struct surface s;

	(void)state;
	surface_init(&s, 30, 1);
	s.unicode = false;
	surface_text(&s, (struct rect){0, 0, 30, 1}, 0, 0, STYLE_RX,
	    "✔✘·▶●○❯›█░⏺▼▸→…—␛");
	for (int x = 0; x < 17; x++)
		assert_int_equal(strlen(surface_cell(&s, x, 0)->text), 1);
	assert_string_equal(row(&s, 0), "+x.>*o>>#.*v>>.-?");
	surface_fini(&s);
}

static void surface_fill__keeps__the_base_under_other_styles(void **state)
{
	struct surface s;

	(void)state;
	surface_init(&s, 20, 3);
	surface_fill(&s, all, STYLE_POPUP);
	surface_text(&s, all, 0, 0, STYLE_KEY, "y");
	assert_int_equal(surface_cell(&s, 0, 0)->style, STYLE_KEY);
	assert_int_equal(surface_cell(&s, 0, 0)->base, STYLE_POPUP);
	surface_resize(&s, 20, 3);
	assert_int_equal(surface_cell(&s, 0, 0)->base, STYLE_DEFAULT);
	surface_fini(&s);
}

static void surface_row_text__stops__at_the_size(void **state)
{
	struct surface s;
	char small[4];

	(void)state;
	surface_init(&s, 20, 1);
	surface_text(&s, all, 0, 0, STYLE_RX, "abécd");
	surface_row_text(&s, 0, small, sizeof(small));
	assert_string_equal(small, "ab");
	surface_row_text(&s, 7, small, sizeof(small));
	assert_string_equal(small, "");
	surface_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(surface_text__clips__at_both_edges),
	    cmocka_unit_test(surface_text__drops__rows_outside),
	    cmocka_unit_test(surface_glyph__keeps_wide_whole__at_the_edge),
	    cmocka_unit_test(surface_glyph__puts_marks__on_the_cell_before),
	    cmocka_unit_test(surface_ascii__is__surface_glyph_for_each),
	    cmocka_unit_test(surface_glyph__never_stores_controls__of_all_code_points),
	    cmocka_unit_test(utf8_tail__keeps__whole_characters),
	    cmocka_unit_test(surface_text__shows_controls__as_question_marks),
	    cmocka_unit_test(surface_box__joins__lines_that_meet),
	    cmocka_unit_test(surface_text__maps_marks__without_unicode),
	    cmocka_unit_test(surface_fill__keeps__the_base_under_other_styles),
	    cmocka_unit_test(surface_row_text__stops__at_the_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

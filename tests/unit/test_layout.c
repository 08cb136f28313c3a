/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rectangles from a split tree. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/ui/layout.h"

static struct layout make(int w, int h, bool flash, enum pane focus)
{
	struct layout_want want = {
	    .w = w, .h = h, .flash = flash, .device_rows = 6, .flash_rows = 8, .focus = focus};
	struct layout l;

	layout_make(&l, &want);
	return l;
}

static void layout_make__puts_panels_right__when_wide(void **state)
{
	struct layout l = make(120, 40, true, PANE_EDIT);

	(void)state;
	assert_int_equal(l.kind, LAYOUT_WIDE);
	assert_int_equal(l.r[PANE_STATUS].h, 1);
	assert_int_equal(l.r[PANE_LOG].y, 1);
	assert_int_equal(l.r[PANE_LOG].h, 37);
	assert_int_equal(l.r[PANE_DEVICE].w, 43);
	/* neighbours share the line */
	assert_int_equal(l.r[PANE_LOG].x + l.r[PANE_LOG].w - 1, l.r[PANE_DEVICE].x);
	assert_int_equal(l.r[PANE_DEVICE].y + l.r[PANE_DEVICE].h - 1, l.r[PANE_FLASH].y);
	assert_int_equal(l.r[PANE_FLASH].h, 10);
	assert_int_equal(l.r[PANE_EDIT].y, 38);
	assert_int_equal(l.r[PANE_KEYBAR].y, 39);
}

static void layout_make__hides_flash__until_open(void **state)
{
	struct layout l = make(120, 40, false, PANE_EDIT);

	(void)state;
	assert_false(layout_has(&l, PANE_FLASH));
	assert_int_equal(l.r[PANE_DEVICE].h, 37);
}

static void layout_make__uses_a_strip__below_100(void **state)
{
	struct layout l = make(99, 24, false, PANE_EDIT);

	(void)state;
	assert_int_equal(l.kind, LAYOUT_STRIP);
	assert_int_equal(l.r[PANE_LOG].w, 99);
	assert_int_equal(l.r[PANE_DEVICE].y, l.r[PANE_LOG].y + l.r[PANE_LOG].h - 1);
	assert_int_equal(l.r[PANE_DEVICE].w, 99);
	l = make(80, 24, true, PANE_EDIT);
	assert_int_equal(l.r[PANE_DEVICE].y, l.r[PANE_FLASH].y);
	assert_int_equal(l.r[PANE_FLASH].x + l.r[PANE_FLASH].w, 80);
	l = make(62, 20, true, PANE_EDIT);
	assert_false(layout_has(&l, PANE_DEVICE));
	assert_true(layout_has(&l, PANE_FLASH));
	l = make(62, 20, true, PANE_DEVICE);
	assert_true(layout_has(&l, PANE_DEVICE));
}

static void layout_make__leaves_three_parts__when_small(void **state)
{
	struct layout l = make(20, 5, true, PANE_EDIT);

	(void)state;
	assert_int_equal(l.kind, LAYOUT_SMALL);
	assert_int_equal(l.r[PANE_LOG].h, 3);
	assert_int_equal(l.r[PANE_LOG].w, 20);
	assert_false(layout_has(&l, PANE_DEVICE));
	assert_false(layout_has(&l, PANE_KEYBAR));
	l = make(40, 12, true, PANE_FLASH);
	assert_true(layout_has(&l, PANE_FLASH));
	assert_false(layout_has(&l, PANE_LOG));
	assert_int_equal(make(59, 40, false, PANE_EDIT).kind, LAYOUT_SMALL);
	assert_int_equal(make(200, 15, false, PANE_EDIT).kind, LAYOUT_SMALL);
	assert_int_equal(make(60, 16, false, PANE_EDIT).kind, LAYOUT_STRIP);
}

static void inside(const struct layout *l, int w, int h)
{
	for (int p = 0; p < PANE_COUNT; p++) {
		struct rect in = layout_inner(l, (enum pane)p);

		assert_true(l->r[p].w >= 0 && l->r[p].h >= 0 && in.w >= 0 && in.h >= 0);
		if (!layout_has(l, (enum pane)p))
			continue;
		assert_true(l->r[p].x >= 0 && l->r[p].y >= 0);
		assert_true(l->r[p].x + l->r[p].w <= w && l->r[p].y + l->r[p].h <= h);
	}
}

/* Every cell belongs to somebody, the edit line is always there, nothing is outside. */
static void layout_make__fills_the_screen__at_all_sizes(void **state)
{
	(void)state;
	for (int w = 1; w <= 260; w++) {
		for (int h = 1; h <= 80; h++) {
			struct layout l =
			    make(w, h, (w + h) & 1, (enum pane)((w + h) % PANE_COUNT));
			int cells = 0;

			inside(&l, w, h);
			assert_true(layout_has(&l, PANE_EDIT));
			for (int y = 0; y < h; y++) {
				int x = w / 2, owners = 0;

				for (int p = 0; p < PANE_COUNT; p++)
					owners += x >= l.r[p].x && x < l.r[p].x + l.r[p].w &&
						  y >= l.r[p].y && y < l.r[p].y + l.r[p].h;
				cells += owners > 0;
			}
			assert_int_equal(cells, h);
			if (h >= 5 && l.kind == LAYOUT_SMALL)
				assert_true(h - 2 >= 3);
			else if (l.framed)
				assert_true(layout_inner(&l, PANE_LOG).h >= 3);
		}
	}
}

static void layout_solve__splits__from_either_side(void **state)
{
	struct layout_node a = {.split = LAYOUT_LEAF, .pane = PANE_LOG};
	struct layout_node b = {.split = LAYOUT_LEAF, .pane = PANE_DEVICE};
	struct layout_node n = {
	    .split = LAYOUT_COLS, .first = &a, .second = &b, .size = -10, .share = 1};
	struct rect out[PANE_COUNT] = {0};

	(void)state;
	layout_solve(&n, (struct rect){0, 0, 30, 5}, out);
	assert_int_equal(out[PANE_DEVICE].w, 10);
	assert_int_equal(out[PANE_LOG].w, 21);
	n.size = 12;
	n.share = 0;
	layout_solve(&n, (struct rect){0, 0, 30, 5}, out);
	assert_int_equal(out[PANE_LOG].w, 12);
	assert_int_equal(out[PANE_DEVICE].x, 12);
	assert_int_equal(out[PANE_DEVICE].w, 18);
}

static void layout_logs__shares_rows__by_weight(void **state)
{
	struct layout l = {.framed = true};
	struct rect area[4], inner[4];
	const int even[] = {100, 100, 100}, rows[] = {10, 8, 14}, odd[] = {1000, 1, 0, -5};

	(void)state;
	l.r[PANE_LOG] = (struct rect){0, 1, 78, 30};
	assert_true(layout_logs(&l, 3, 0, even, area, inner));
	/* neighbours share a line: 32 rows in all */
	assert_int_equal(area[0].h + area[1].h + area[2].h, 32);
	assert_int_equal(area[0].y, 1);
	assert_int_equal(area[1].y, area[0].y + area[0].h - 1);
	assert_int_equal(area[2].y + area[2].h, 31);
	assert_int_equal(inner[1].h, area[1].h - 2);
	assert_in_range(area[1].h, 10, 12);
	/* weights that are the rows there are, are the rows */
	assert_true(layout_logs(&l, 3, 0, rows, area, inner));
	for (int i = 0; i < 3; i++)
		assert_int_equal(area[i].h, rows[i]);
	assert_true(layout_logs(&l, 4, 0, odd, area, inner));
	for (int i = 1; i < 4; i++)
		assert_int_equal(area[i].h, layout_log_min(&l));
}

static void layout_logs__shows_the_active_one__without_room(void **state)
{
	struct layout l = {.framed = false};
	struct rect area[4], inner[4];
	const int even[] = {1, 1, 1, 1};

	(void)state;
	for (int h = 0; h < 40; h++)
		for (int n = 1; n <= 4; n++)
			for (int framed = 0; framed < 2; framed++) {
				int sum = 0;
				bool all;

				l.framed = framed;
				l.r[PANE_LOG] = (struct rect){0, 1, 20, h};
				all = layout_logs(&l, n, n - 1, even, area, inner);
				for (int i = 0; i < n; i++)
					sum += area[i].h;
				assert_int_equal(sum, h + (all && framed ? n - 1 : 0));
				assert_true(all || area[n - 1].h == h);
				for (int i = 0; i < n; i++)
					assert_true(inner[i].h <= area[i].h && inner[i].h >= 0);
				/* of several, each has a row for its title */
				if (all && n > 1 && !framed)
					assert_int_equal(inner[0].y, area[0].y + 1);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(layout_make__puts_panels_right__when_wide),
	    cmocka_unit_test(layout_make__hides_flash__until_open),
	    cmocka_unit_test(layout_make__uses_a_strip__below_100),
	    cmocka_unit_test(layout_make__leaves_three_parts__when_small),
	    cmocka_unit_test(layout_make__fills_the_screen__at_all_sizes),
	    cmocka_unit_test(layout_solve__splits__from_either_side),
	    cmocka_unit_test(layout_logs__shares_rows__by_weight),
	    cmocka_unit_test(layout_logs__shows_the_active_one__without_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

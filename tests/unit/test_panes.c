/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log panes: splitting, closing, marks, the slices of their searches. */
#include "tasmite/core/panes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The filters from above, the active one in brackets. */
static const char *order(const struct panes *p)
{
	static char text[200];
	size_t n = 0;

	for (int i = 0; i < p->count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, i == p->active ? "[%s]" : "%s ",
		    filter_text(p->pane[i].filter));
	return text;
}

static void panes_split__puts__the_new_one_below(void **state)
{
	struct panes p;
	struct err err;
	unsigned ids[PANES_MAX], top;

	(void)state;
	panes_init(&p);
	assert_string_equal(order(&p), "[]");
	top = p.pane[0].id;
	assert_true(top > 0);
	p.pane[0].form = PANE_HEX;
	assert_int_equal(panes_split(&p, "WIF", 0, &err), ERR_OK);
	assert_string_equal(order(&p), " [WIF]");
	assert_int_equal(p.pane[1].form, PANE_HEX);
	p.active = 0;
	assert_int_equal(panes_split(&p, "MQT", 0, &err), ERR_OK);
	assert_string_equal(order(&p), " [MQT]WIF ");
	assert_int_equal(panes_split(&p, "ba(d", 0, &err), ERR_FORMAT);
	assert_string_equal(order(&p), " [MQT]WIF ");
	assert_int_equal(panes_split(&p, "RSL", 0, &err), ERR_OK);
	assert_int_equal(panes_split(&p, "x", 0, &err), ERR_NOMEM);
	assert_string_equal(order(&p), " MQT [RSL]WIF ");
	for (int i = 0; i < p.count; i++) {
		ids[i] = p.pane[i].id;
		for (int k = 0; k < i; k++)
			assert_int_not_equal(ids[k], ids[i]);
	}
	assert_int_equal(panes_close(&p, &err), ERR_OK);
	assert_string_equal(order(&p), " MQT [WIF]");
	assert_int_equal(panes_close(&p, &err), ERR_OK);
	assert_string_equal(order(&p), " [MQT]");
	p.active = 0;
	assert_int_equal(panes_close(&p, &err), ERR_OK);
	assert_string_equal(order(&p), "[MQT]");
	assert_int_equal(panes_close(&p, &err), ERR_INVAL);
	assert_int_equal(panes_split(&p, "x", 0, &err), ERR_OK);
	for (int i = 0; i < PANES_MAX; i++) /* never given twice */
		assert_int_not_equal(p.pane[1].id, ids[i]);
	panes_fini(&p);
}

static void panes_mark__keeps__the_newest_in_order(void **state)
{
	struct lines *l = lines_new(0);
	struct panes p;
	uint64_t line;

	(void)state;
	panes_init(&p);
	assert_false(panes_next_mark(&p, 0, &line));
	assert_false(panes_prev_mark(&p, 100, &line));
	for (uint64_t i = 1; i <= PANES_MAX_MARKS + 5; i++)
		panes_mark(&p, i * 10, (mono_t)i);
	assert_int_equal(p.mark_count, PANES_MAX_MARKS);
	assert_true(panes_next_mark(&p, 0, &line));
	assert_int_equal(line, 60);
	assert_true(panes_next_mark(&p, 60, &line));
	assert_int_equal(line, 70);
	assert_true(panes_prev_mark(&p, 70, &line));
	assert_int_equal(line, 60);
	assert_false(panes_prev_mark(&p, 60, &line));
	assert_false(panes_next_mark(&p, 10050, &line));
	/* With the lines their marks go. */
	for (int i = 0; i < 200; i++)
		lines_rx(l, (const uint8_t *)"x\n", 2, 0);
	lines_clear(l);
	p.find_line = 5;
	panes_step(&p, l, 1000);
	assert_true(panes_next_mark(&p, 0, &line));
	assert_int_equal(line, 200);
	assert_true(p.find_line == UINT64_MAX);
	panes_fini(&p);
	lines_free(l);
}

static void panes_fold__keeps__the_newest(void **state)
{
	struct panes p;

	(void)state;
	panes_init(&p);
	assert_int_equal(panes_fold_of(&p.pane[0], 3), PANE_JSON_SETTING);
	for (uint64_t i = 0; i < PANES_MAX_FOLDS + 10; i++)
		panes_fold(&p.pane[0], i, PANE_JSON_TREE);
	assert_int_equal(p.pane[0].fold_count, PANES_MAX_FOLDS);
	assert_int_equal(panes_fold_of(&p.pane[0], 9), PANE_JSON_SETTING);
	assert_int_equal(panes_fold_of(&p.pane[0], 10), PANE_JSON_TREE);
	panes_fold(&p.pane[0], 10, PANE_JSON_FOLDED); /* it is the newest now */
	panes_fold(&p.pane[0], 500, PANE_JSON_TREE);
	assert_int_equal(panes_fold_of(&p.pane[0], 10), PANE_JSON_FOLDED);
	assert_int_equal(panes_fold_of(&p.pane[0], 11), PANE_JSON_SETTING);
	panes_fold(&p.pane[0], 500, PANE_JSON_SETTING);
	assert_int_equal(p.pane[0].fold_count, PANES_MAX_FOLDS - 1);
	panes_fini(&p);
}

static void panes_step__searches__for_all_of_them(void **state)
{
	struct lines *l = lines_new(0);
	struct panes p;
	struct err err;
	int steps = 0;

	(void)state;
	panes_init(&p);
	assert_false(panes_step(&p, l, 1000));
	assert_int_equal(panes_split(&p, "7$", 0, &err), ERR_OK);
	find_set(p.find, pattern_new("line 1", 0, &err));
	for (int i = 0; i < 20000; i++) {
		char text[30];

		snprintf(text, sizeof(text), "line %d\n", i);
		lines_rx(l, (const uint8_t *)text, strlen(text), i);
	}
	while (panes_step(&p, l, 16384))
		steps++;
	assert_true(steps > 3);
	assert_int_equal(find_count(p.find, NULL), 11111);
	assert_int_equal(filter_count(p.pane[1].filter, l, 0, 20000), 2000);
	assert_int_equal(filter_count(p.pane[0].filter, l, 0, 20000), 20000);
	panes_fini(&p);
	lines_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(panes_fold__keeps__the_newest),
	    cmocka_unit_test(panes_split__puts__the_new_one_below),
	    cmocka_unit_test(panes_mark__keeps__the_newest_in_order),
	    cmocka_unit_test(panes_step__searches__for_all_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Themes: the form of the file, what is shipped, and that it can be read on the screen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "tasmite/core/theme.h"

static const struct theme_cell *cell(const struct theme *t, enum theme_depth d, enum style_id s)
{
	return &t->cells[d][s];
}

static void assert_cell(const struct theme_cell *c, int fg, int bg, int attr)
{
	assert_int_equal(c->fg, fg);
	assert_int_equal(c->bg, bg);
	assert_int_equal(c->attr, attr);
}

static void parse_good(struct theme *t, const char *text)
{
	struct err err;

	if (theme_parse(t, "x", "x.theme", text, &err) != ERR_OK)
		fail_msg("%s", err.text);
}

static void style_find__knows_every_name__and_no_other(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < STYLE_COUNT; i++) {
		assert_int_equal(style_find(style_name((enum style_id)i)), i);
		assert_string_not_equal(style_about((enum style_id)i), "");
	}
	assert_int_equal(style_find("nosuch"), -1);
	assert_int_equal(style_find(""), -1);
}

static void theme_parse__reads_colours_and_attributes__per_depth(void **state)
{
	struct theme t;

	(void)state;
	parse_good(&t,
	    "about = 'a b'\n"
	    "style rx { mono = 'bold underline' 8 = 'green on blue' "
	    "16 = 'bright-green on bright-black dim' 256 = '114 on 0x10 reverse italic' }\n"
	    "style tx { 8 = 'on red' 16 = 'DEFAULT on default' 256 = '' }\n");
	assert_string_equal(t.name, "x");
	assert_string_equal(t.about, "a b");
	assert_cell(cell(&t, THEME_MONO, STYLE_RX), -1, -1, THEME_BOLD | THEME_UNDERLINE);
	assert_cell(cell(&t, THEME_8, STYLE_RX), 2, 4, 0);
	assert_cell(cell(&t, THEME_16, STYLE_RX), 10, 8, THEME_DIM);
	assert_cell(cell(&t, THEME_256, STYLE_RX), 114, 16, THEME_REVERSE | THEME_ITALIC);
	assert_cell(cell(&t, THEME_8, STYLE_TX), -1, 1, 0);
	assert_cell(cell(&t, THEME_16, STYLE_TX), -1, -1, 0);
	assert_cell(cell(&t, THEME_256, STYLE_TX), -1, -1, 0);
}

static void theme_parse__fills_gaps__from_default_and_lower_depths(void **state)
{
	struct theme t;

	(void)state;
	parse_good(&t, "style default { 8 = 'white on black' 256 = '252 on 234' }\n"
		       "style rx { 8 = 'green' 256 = '114' }\nstyle ok { mono = bold }\n");
	assert_cell(cell(&t, THEME_MONO, STYLE_DEFAULT), -1, -1, 0);
	assert_cell(cell(&t, THEME_16, STYLE_DEFAULT), 7, 0, 0);
	/* The background comes from "default", 16 colours from 8. */
	assert_cell(cell(&t, THEME_8, STYLE_RX), 2, 0, 0);
	assert_cell(cell(&t, THEME_16, STYLE_RX), 2, 0, 0);
	assert_cell(cell(&t, THEME_256, STYLE_RX), 114, 234, 0);
	/* A style that is left out is "default". */
	assert_cell(cell(&t, THEME_256, STYLE_TX), 252, 234, 0);
	/* An attribute of mono goes up, with the colours of "default". */
	assert_cell(cell(&t, THEME_256, STYLE_OK), 252, 234, THEME_BOLD);
}

static void theme_parse__tells_place_and_expectation__of_each_mistake(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"\nstyle rxx { 8 = red }\n", "f:2: unknown style 'rxx', did you mean 'rx'?"},
	    {"style rx {\n 88 = red\n}\n", "f:2: rx: expected mono, 8, 16 or 256, not '88'"},
	    {"style rx { 8 = mauve }\n",
		"f:1: rx: 8: expected [COLOUR] [on COLOUR] "
		"[bold|dim|underline|reverse|italic]..., 'mauve' can't stand here"},
	    {"style rx { mono = red }\n", "f:1: rx: mono: expected bold, dim, underline, reverse, "
					  "italic or nothing, 'red' can't stand here"},
	    {"style rx { 8 = bright-red }\n",
		"f:1: rx: 8: expected [COLOUR] [on COLOUR] "
		"[bold|dim|underline|reverse|italic]..., 'bright-red' can't stand here"},
	    {"style rx { 16 = 16 }\n",
		"f:1: rx: 16: expected [COLOUR] [on COLOUR] "
		"[bold|dim|underline|reverse|italic]..., '16' can't stand here"},
	    {"style rx { 8 = 'red on' }\n",
		"f:1: rx: 8: expected [COLOUR] [on COLOUR] "
		"[bold|dim|underline|reverse|italic]..., 'on' can't stand here"},
	    {"style rx { 8 = 'red blue' }\n",
		"f:1: rx: 8: expected [COLOUR] [on COLOUR] "
		"[bold|dim|underline|reverse|italic]..., 'blue' can't stand here"},
	    {"style rx { 8 = 'red on bold' }\n",
		"f:1: rx: 8: expected [COLOUR] [on COLOUR] "
		"[bold|dim|underline|reverse|italic]..., 'bold' can't stand here"},
	    {"style rx { 256 = 256 }\n\nname = x\n",
		"f:3: expected about or style NAME { }, not 'name' (and 1 more)"},
	    {"colour = x\n", "f:1: expected about or style NAME { }, not 'colour'"},
	    {"style rx { 8 = red\n", "f:1: this section has no end: expected }"},
	    {"about = \"${HOME}\"\n", "f:1: ${...} is not replaced here: write the value itself, "
				      "or put the text in 'single quotes'"},
	};
	struct theme t, before;
	size_t i;

	(void)state;
	memset(&t, 0x5a, sizeof(t));
	before = t;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err;

		assert_int_equal(theme_parse(&t, "n", "f", cases[i].text, &err), ERR_FORMAT);
		assert_string_equal(err.text, cases[i].want);
		assert_memory_equal(&t, &before, sizeof(t));
	}
}

static void theme_builtin__names_and_texts__end_with_null(void **state)
{
	static const char *const names[] = {"colour-blind", "dark", "high-contrast", "light",
	    "mono", "solarized-dark", "solarized-light", "termite"};
	size_t n = sizeof(names) / sizeof(names[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(theme_builtin_name(i), names[i]);
		assert_non_null(strstr(theme_builtin_text(i), "style default"));
	}
	assert_null(theme_builtin_name(n));
	assert_null(theme_builtin_text(n));
}

static void theme_builtin__tells__what_was_meant(void **state)
{
	struct theme t;
	struct err err;

	(void)state;
	assert_int_equal(theme_builtin(&t, "drak", &err), ERR_NOENT);
	assert_string_equal(err.text, "there is no theme 'drak', did you mean 'dark'?");
}

/* Counts the depths that a theme's text gives to a style. */
static int depths_given(const char *text, const char *style)
{
	char begin[40], line[400];
	const char *p = text;
	int n = 0;

	str_fmt(begin, sizeof(begin), "style %s ", style);
	while ((p = strstr(p, begin)) != NULL) {
		str_copy_n(line, sizeof(line), p, strcspn(p, "\n"));
		n += strstr(line, " mono = ") != NULL;
		n += strstr(line, " 8 = ") != NULL;
		n += strstr(line, " 16 = ") != NULL;
		n += strstr(line, " 256 = ") != NULL;
		p += strlen(begin);
	}
	return n;
}

static void theme_builtin__designs_every_style__at_every_depth(void **state)
{
	size_t i;
	int s;

	(void)state;
	for (i = 0; theme_builtin_name(i); i++) {
		struct theme t;
		struct err err;
		bool mono = strcmp(theme_builtin_name(i), "mono") == 0;

		if (theme_builtin(&t, theme_builtin_name(i), &err) != ERR_OK)
			fail_msg("%s", err.text);
		assert_string_equal(t.name, theme_builtin_name(i));
		assert_string_not_equal(t.about, "");
		for (s = 0; s < STYLE_COUNT; s++)
			if (depths_given(theme_builtin_text(i), style_name((enum style_id)s)) !=
			    (mono ? 1 : 4))
				fail_msg("%s: style %s is not given in full", t.name,
				    style_name((enum style_id)s));
	}
}

static void theme_builtin__uses_no_colour__where_there_is_none(void **state)
{
	size_t i;
	int s, d;

	(void)state;
	for (i = 0; theme_builtin_name(i); i++) {
		bool mono = strcmp(theme_builtin_name(i), "mono") == 0;
		struct theme t;

		assert_int_equal(theme_builtin(&t, theme_builtin_name(i), NULL), ERR_OK);
		for (d = 0; d < (mono ? THEME_DEPTHS : THEME_8); d++)
			for (s = 0; s < STYLE_COUNT; s++) {
				assert_int_equal(t.cells[d][s].fg, THEME_COLOR_DEFAULT);
				assert_int_equal(t.cells[d][s].bg, THEME_COLOR_DEFAULT);
			}
	}
}

/* What must differ without colour: the focus, a fault, what is selected, a danger. */
static void theme_builtin__tells_apart__what_must_be_seen(void **state)
{
	static const enum style_id pairs[][2] = {
	    {STYLE_BORDER, STYLE_BORDER_FOCUS},
	    {STYLE_TITLE, STYLE_TITLE_FOCUS},
	    {STYLE_OK, STYLE_BAD},
	    {STYLE_STATUS_GOOD, STYLE_STATUS_BAD},
	    {STYLE_STATUS, STYLE_STATUS_DIM},
	    {STYLE_RX, STYLE_TX},
	    {STYLE_OWN, STYLE_WARN},
	    {STYLE_RX, STYLE_CONTROL},
	    {STYLE_POPUP, STYLE_POPUP_SELECTED},
	    {STYLE_POPUP, STYLE_DANGER},
	    {STYLE_BAR_DONE, STYLE_BAR_REST},
	};
	size_t i, j;
	int d;

	(void)state;
	for (i = 0; theme_builtin_name(i); i++) {
		struct theme t;

		assert_int_equal(theme_builtin(&t, theme_builtin_name(i), NULL), ERR_OK);
		for (d = 0; d < THEME_DEPTHS; d++)
			for (j = 0; j < sizeof(pairs) / sizeof(pairs[0]); j++) {
				const struct theme_cell *a = &t.cells[d][pairs[j][0]];
				const struct theme_cell *b = &t.cells[d][pairs[j][1]];

				if (a->fg == b->fg && a->bg == b->bg && a->attr == b->attr)
					fail_msg("%s, depth %d: %s and %s look the same", t.name, d,
					    style_name(pairs[j][0]), style_name(pairs[j][1]));
			}
	}
}

/* v to the power of 2.4, without the mathematics library: v * v * (fifth root of v) squared. */
static double power_2_4(double v)
{
	double root = 1;
	int i;

	for (i = 0; i < 60; i++)
		root -= (root * root * root * root * root - v) / (5 * root * root * root * root);
	return v * v * root * root;
}

/* xterm's 256 colours: 6 x 6 x 6 cube from 16, greys from 232; each part 0 to 255. */
static double channel(int color, int part)
{
	static const int steps[] = {0, 95, 135, 175, 215, 255};
	static const int divisor[] = {36, 6, 1};
	double v;

	v = color >= 232 ? 8 + (color - 232) * 10 : steps[(color - 16) / divisor[part] % 6];
	v /= 255;
	return v <= 0.03928 ? v / 12.92 : power_2_4((v + 0.055) / 1.055);
}

/* WCAG 2.1, contrast ratio. */
static double contrast(int a, int b)
{
	double la = 0.2126 * channel(a, 0) + 0.7152 * channel(a, 1) + 0.0722 * channel(a, 2);
	double lb = 0.2126 * channel(b, 0) + 0.7152 * channel(b, 1) + 0.0722 * channel(b, 2);

	return la > lb ? (la + 0.05) / (lb + 0.05) : (lb + 0.05) / (la + 0.05);
}

/* 4.5 for text to be read, 3 for what stands back; lines and the empty bar need none. Solarized's
 * palette is made with less, the one for weak eyes with more. */
static double wanted(const char *theme, bool back)
{
	if (strncmp(theme, "solarized", 9) == 0)
		return back ? 2.4 : 3.3;
	if (strcmp(theme, "high-contrast") == 0)
		return back ? 6.5 : 7;
	return back ? 3.0 : 4.5;
}

static void theme_builtin__has_contrast__at_256_colours(void **state)
{
	size_t i;
	int s, bad = 0;

	(void)state;
	assert_true(contrast(16, 231) > 20.9 && contrast(16, 231) < 21.1);
	assert_true(contrast(231, 244) > 3.9 && contrast(231, 244) < 4.0);
	for (i = 0; theme_builtin_name(i); i++) {
		struct theme t;

		assert_int_equal(theme_builtin(&t, theme_builtin_name(i), NULL), ERR_OK);
		if (strcmp(t.name, "mono") == 0)
			continue;
		for (s = 0; s < STYLE_COUNT; s++) {
			const struct theme_cell *c = cell(&t, THEME_256, (enum style_id)s);
			bool back = s == STYLE_STAMP || s == STYLE_HINT || s == STYLE_UNKNOWN ||
				    s == STYLE_STATUS_DIM || s == STYLE_HL_TIME;

			if (s == STYLE_BORDER || s == STYLE_BAR_REST)
				continue;
			assert_in_range(c->fg, 16, 255);
			assert_in_range(c->bg, 16, 255);
			if (contrast(c->fg, c->bg) >= wanted(t.name, back))
				continue;
			bad++;
			print_error("%s: %s has a contrast of %.1f\n", t.name,
			    style_name((enum style_id)s), contrast(c->fg, c->bg));
		}
	}
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(style_find__knows_every_name__and_no_other),
	    cmocka_unit_test(theme_parse__reads_colours_and_attributes__per_depth),
	    cmocka_unit_test(theme_parse__fills_gaps__from_default_and_lower_depths),
	    cmocka_unit_test(theme_parse__tells_place_and_expectation__of_each_mistake),
	    cmocka_unit_test(theme_builtin__names_and_texts__end_with_null),
	    cmocka_unit_test(theme_builtin__tells__what_was_meant),
	    cmocka_unit_test(theme_builtin__designs_every_style__at_every_depth),
	    cmocka_unit_test(theme_builtin__uses_no_colour__where_there_is_none),
	    cmocka_unit_test(theme_builtin__tells_apart__what_must_be_seen),
	    cmocka_unit_test(theme_builtin__has_contrast__at_256_colours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The form: typing, moving, secrets as dots, all sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "screen.h"

static int setup(void **state)
{
	struct screen *sc = calloc(1, sizeof(*sc));
	struct session_field *f;

	if (!sc)
		return -1;
	screen_open(sc, 120, 40);
	session_form_open(sc->s, "A form", "Enter: send");
	f = session_form_add(sc->s, "Network", false);
	str_copy(f->value, sizeof(f->value), "home");
	str_copy(f->hint, sizeof(f->hint), "its name");
	session_form_add(sc->s, "Password", true);
	f = session_form_add(sc->s, "Port", false);
	f->bad = true;
	str_copy(f->hint, sizeof(f->hint), "a number is wanted");
	sbuf_add(&sc->s->form.below, "This will be sent:\nSSId1 home");
	session_form_touch(sc->s);
	screen_draw(sc);
	*state = sc;
	return 0;
}

static int teardown(void **state)
{
	screen_close(*state);
	free(*state);
	return 0;
}

static const char *value(const struct screen *sc, int i)
{
	return sc->s->form.fields[i].value;
}

static void draw__shows__fields_hints_and_what_is_below(void **state)
{
	struct screen *sc = *state;

	assert_true(screen_find(sc, "Network  home") >= 0);
	assert_true(screen_find(sc, "its name") >= 0);
	assert_true(screen_find(sc, "a number is wanted") >= 0);
	assert_true(screen_find(sc, "SSId1 home") >= 0);
	assert_true(screen_find(sc, "Enter: send") >= 0);
}

static void keys__edit__the_field_under_the_cursor(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "text:net");
	assert_string_equal(value(sc, 0), "homenet");
	screen_keys(sc, "Home text:my Right Right Del Backspace");
	assert_string_equal(value(sc, 0), "myhenet");
	screen_keys(sc, "End Left Ctrl-K");
	assert_string_equal(value(sc, 0), "myhene");
	screen_keys(sc, "Tab Tab text:18 Up Up Ctrl-U text:x");
	assert_string_equal(value(sc, 0), "x");
	assert_string_equal(value(sc, 2), "18");
	screen_keys(sc, "Up text:83");
	assert_string_equal(value(sc, 2), "1883");
	assert_int_equal(sc->form_event, TUI_FORM_CHANGED);
	screen_keys(sc, "Enter");
	assert_int_equal(sc->form_event, TUI_FORM_DONE);
	screen_keys(sc, "Esc");
	assert_int_equal(sc->form_event, TUI_FORM_CANCEL);
}

static void secret__is_shown__as_dots_until_asked_for(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "Tab text:hunter22");
	assert_string_equal(value(sc, 1), "hunter22");
	assert_int_equal(screen_find(sc, "hunter22"), -1);
	assert_true(screen_find(sc, "••••••••") >= 0);
	screen_keys(sc, "Ctrl-R");
	assert_true(screen_find(sc, "hunter22") >= 0);
	screen_keys(sc, "Ctrl-R");
	assert_int_equal(screen_find(sc, "hunter22"), -1);
}

static void blanks__at_the_ends__are_seen(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "Space Home Space");
	assert_string_equal(value(sc, 0), " home ");
	assert_true(screen_find(sc, "␣home␣") >= 0);
}

static void nothing__else_happens__while_it_is_open(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "F1 F5 F10 Alt-a Ctrl-Q PgUp");
	assert_int_equal(sc->lines, 0);
	assert_string_equal(sc->bound, "");
	assert_true(sc->s->form.open);
}

static void text__that_is_too_long__is_refused(void **state)
{
	struct screen *sc = *state;

	for (int i = 0; i < SESSION_FIELD_SIZE / 8 + 10; i++)
		screen_keys(sc, "text:01234567");
	assert_true(strlen(value(sc, 0)) < SESSION_FIELD_SIZE);
}

static void draw__stays_within__at_all_sizes(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "text:a-long-text-that-is-wider-than-the-smallest-screens");
	for (int w = 1; w <= 130; w += w < 40 ? 1 : 7)
		for (int h = 1; h <= 42; h += h < 12 ? 1 : 5) {
			tui_mem_resize(sc->b, w, h);
			tui_resized(sc->t);
			screen_draw(sc);
			screen_keys(sc, "Down Left Right");
		}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(draw__shows__fields_hints_and_what_is_below),
	    CASE(keys__edit__the_field_under_the_cursor),
	    CASE(secret__is_shown__as_dots_until_asked_for),
	    CASE(blanks__at_the_ends__are_seen),
	    CASE(nothing__else_happens__while_it_is_open),
	    CASE(text__that_is_too_long__is_refused),
	    CASE(draw__stays_within__at_all_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

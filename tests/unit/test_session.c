/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The root of the model: what it begins with, own lines, notice, page, list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/core/session.h"

static int setup(void **state)
{
	*state = session_new();
	return 0;
}

static int teardown(void **state)
{
	session_free(*state);
	return 0;
}

static void assert_line(
    const struct session *s, uint64_t number, enum line_dir dir, mono_t time, const char *text)
{
	struct line_ref ref;

	assert_true(lines_get(s->log, lines_first(s->log) + number, &ref));
	assert_int_equal(ref.dir, dir);
	assert_int_equal(ref.time, time);
	assert_int_equal(ref.len, strlen(text));
	assert_memory_equal(ref.bytes, text, ref.len);
}

static void session_new__begins_with__what_is_built_in(void **state)
{
	const struct session *s = *state;

	assert_string_equal(settings_text(s->settings, SET_BAUD), "115200");
	assert_string_equal(keymap_bar_label(s->keymap, 1), "Help");
	assert_string_equal(s->theme.name, "dark");
	assert_int_equal(s->port.state, SESSION_PORT_NONE);
	assert_int_equal(s->flash.state, FLASH_IDLE);
	assert_int_equal(s->flash.left_s, -1);
	assert_int_equal(s->facts.boot_mode, -1);
	assert_int_equal(lines_end(s->log) - lines_first(s->log), 0);
	assert_false(s->page.open || s->ask.open || s->list.open);
	assert_string_equal(s->notice, "");
}

static void session_say__splits_lines__into_the_log(void **state)
{
	struct session *s = *state;
	uint64_t revision = s->revision;

	session_say(s, MONO_S(1), "one %d\ntwo", 1);
	session_warn(s, MONO_S(2), "%s", "bad %s");
	assert_int_equal(lines_end(s->log) - lines_first(s->log), 3);
	assert_line(s, 0, LINE_OWN, MONO_S(1), "one 1");
	assert_line(s, 1, LINE_OWN, MONO_S(1), "two");
	assert_line(s, 2, LINE_WARN, MONO_S(2), "bad %s");
	assert_true(s->revision > revision);
}

static void session_say__cuts__what_is_too_long(void **state)
{
	struct session *s = *state;
	char text[6000];
	struct line_ref ref;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	session_say(s, 0, "%s", text);
	assert_true(lines_get(s->log, lines_first(s->log), &ref));
	assert_int_equal(ref.len, 4095);
}

static void session_notice__comes_and_goes__with_its_text(void **state)
{
	struct session *s = *state;

	session_notice(s, true, "no %s", "port");
	assert_string_equal(s->notice, "no port");
	assert_true(s->notice_bad);
	session_notice(s, true, "%s", "");
	assert_string_equal(s->notice, "");
	assert_false(s->notice_bad);
}

static void session_page__opens_empty__each_time(void **state)
{
	struct session *s = *state;
	uint64_t revision;

	session_page_open(s, "Help");
	sbuf_add(&s->page.text, "text");
	assert_true(s->page.open);
	assert_string_equal(s->page.title, "Help");
	revision = s->page.revision;
	session_page_open(s, "Other");
	assert_string_equal(sbuf_str(&s->page.text), "");
	assert_true(s->page.revision > revision);
	session_page_close(s);
	assert_false(s->page.open);
}

static void session_list__holds_items__until_closed(void **state)
{
	struct session *s = *state;
	char label[8] = "dark";
	uint64_t revision;

	session_list_open(s, "Themes", false);
	revision = s->list.revision;
	session_list_add(s, label, "about", "/theme dark");
	label[0] = 'X'; /* the list has a copy */
	session_list_add(s, "light", NULL, NULL);
	assert_true(s->list.open);
	assert_false(s->list.completion);
	assert_int_equal(s->list.count, 2);
	assert_string_equal(s->list.items[0].label, "dark");
	assert_string_equal(s->list.items[0].value, "/theme dark");
	assert_string_equal(s->list.items[1].detail, "");
	assert_string_equal(s->list.items[1].value, "light");
	assert_true(s->list.revision > revision);
	session_list_open(s, "words", true);
	assert_int_equal(s->list.count, 0);
	assert_true(s->list.completion);
	session_list_close(s);
	assert_false(s->list.open);
}

static void session_list__has_a_limit__of_items(void **state)
{
	struct session *s = *state;
	int i;

	session_list_open(s, "many", false);
	for (i = 0; i < SESSION_LIST_MAX + 10; i++)
		session_list_add(s, "x", NULL, NULL);
	assert_int_equal(s->list.count, SESSION_LIST_MAX);
}

static void session_ask_close__forgets__the_question(void **state)
{
	struct session *s = *state;

	s->ask.open = true;
	s->ask.text_count = 3;
	session_ask_close(s);
	assert_false(s->ask.open);
	assert_int_equal(s->ask.text_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void session_form_add__ends__at_the_last_field(void **state)
{
	struct session *s = session_new();

	(void)state;
	session_form_open(s, "Set up", "Enter: go on");
	for (int i = 0; i < SESSION_FIELDS; i++) {
		struct session_field *f = session_form_add(s, "name", i == 1);

		assert_non_null(f);
		assert_int_equal(f->secret, i == 1);
	}
	assert_null(session_form_add(s, "one more", false));
	assert_int_equal(s->form.count, SESSION_FIELDS);
	session_form_open(s, "Again", "");
	assert_int_equal(s->form.count, 0);
	session_free(s);
	session_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(session_new__begins_with__what_is_built_in),
	    TEST(session_say__splits_lines__into_the_log),
	    TEST(session_say__cuts__what_is_too_long),
	    TEST(session_notice__comes_and_goes__with_its_text),
	    TEST(session_page__opens_empty__each_time),
	    TEST(session_list__holds_items__until_closed),
	    TEST(session_list__has_a_limit__of_items),
	    TEST(session_ask_close__forgets__the_question),
	    cmocka_unit_test(session_form_add__ends__at_the_last_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The edit line: readline without a terminal, without .inputrc. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "tasmite/ui/lineedit.h"

/* readline 8.2 itself loses undo records in vi's mode, which the random keys enter. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libreadline\n";
}

struct seen {
	struct lineedit *e;
	char line[256], before[256]; /* that was entered last, and before that */
	int lines, eofs, choice_calls;
	size_t choices;
	bool set_inside; /* change the line from within the callback */
	int recalls;
	const char *from_others; /* added when the history is about to be used */
};

static void on_line(void *ctx, const char *line)
{
	struct seen *s = ctx;

	str_copy(s->before, sizeof(s->before), s->line);
	str_copy(s->line, sizeof(s->line), line);
	s->lines++;
	if (s->set_inside)
		lineedit_set(s->e, "from inside");
}

static void on_eof(void *ctx)
{
	((struct seen *)ctx)->eofs++;
}

static size_t on_complete(void *ctx, const char *line, size_t cursor,
    void (*add)(void *arg, const char *word, const char *detail), void *arg)
{
	static const char *const words[] = {"/flash", "/focus", "/follow", "/help", "/record",
	    "my file.bin", "my folder/", "Wlan", "wlan2"};
	size_t start = cursor;

	(void)ctx;
	while (start && line[start - 1] != '=')
		start--;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!str_ncasecmp(words[i], line + start, cursor - start))
			add(arg, words[i], words[i][0] == '/' ? "a command" : "");
	return start;
}

static void on_choices(
    void *ctx, const char *const *words, const char *const *details, size_t count)
{
	struct seen *s = ctx;

	s->choice_calls++;
	s->choices = count;
	assert_non_null(words[count - 1]);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(details[i], words[i][0] == '/' ? "a command" : "");
}

static void on_recall(void *ctx)
{
	struct seen *s = ctx;

	s->recalls++;
	if (s->from_others)
		lineedit_history_add(s->e, s->from_others);
	s->from_others = NULL;
}

static int setup(void **state)
{
	static const struct lineedit_ops ops = {.line = on_line,
	    .complete = on_complete,
	    .choices = on_choices,
	    .eof = on_eof,
	    .recall = on_recall};
	struct seen *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	s->e = lineedit_new(&ops, s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct seen *s = *state;

	lineedit_free(s->e);
	free(s);
	return 0;
}

static void press(struct seen *s, const char *name)
{
	struct key key = {0};

	assert_true(keymap_parse(name, &key));
	lineedit_key(s->e, &key);
}

static void type(struct seen *s, const char *text)
{
	for (; *text; text++)
		lineedit_key(s->e, &(struct key){.code = (uint8_t)*text});
}

/* The keys that wait for another one: it is no part of the next line. */
static void lineedit_set__forgets__half_a_command(void **state)
{
	static const char *const keys[] = {
	    "Ctrl-]", "Ctrl-V", "Ctrl-Q", "Ctrl-X", "Alt-5", "Alt-Ctrl-]", "Ctrl-S"};
	struct seen *s = *state;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		type(s, "something");
		if (i == 0 || i == 1) { /* as many of them as the argument says */
			press(s, "Alt--");
			press(s, "Alt-2");
		}
		press(s, keys[i]);
		lineedit_set(s->e, "Power");
		assert_string_equal(lineedit_text(s->e), "Power");
		press(s, "Enter");
		assert_string_equal(s->line, "Power");
		assert_int_equal(s->lines, (int)i + 1);
	}
}

static void enters(struct seen *s, const char *text)
{
	int lines = s->lines;

	lineedit_set(s->e, text);
	assert_string_equal(lineedit_text(s->e), text);
	assert_int_equal(lineedit_cursor(s->e), strlen(text));
	press(s, "Enter");
	assert_int_equal(s->lines, lines + 1);
	assert_string_equal(s->line, text);
}

/* In vi's mode there are more that wait, and R has a keymap in which ESC begins no sequence. */
static void lineedit_set__stands__however_vi_was_left(void **state)
{
	static const char *const keys[] = {"R", "Rxy", "d", "d2", "2d", "2d3", "c", "cf", "3", "/",
	    "/som", "?", "r", "f", "m", "y2t"};
	struct seen *s = *state;

	lineedit_history_add(s->e, "something else");
	lineedit_key(s->e, &(struct key){.code = 'j', .mods = KEY_CTRL | KEY_ALT});
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		type(s, "some thing");
		press(s, "Esc");
		type(s, "0");
		type(s, keys[i]);
		enters(s, "Power");
		type(s, "plain");
		assert_string_equal(lineedit_text(s->e), "plain");
		lineedit_set(s->e, "");
	}
	press(s, "Esc");
	press(s, "Ctrl-E");
}

/* A macro that is recorded does not learn how a line is dropped, and goes on; a line for each Enter
 * in it. */
static void lineedit_set__leaves_alone__a_macro(void **state)
{
	struct seen *s = *state;

	press(s, "Ctrl-X");
	type(s, "(");
	type(s, "ab");
	enters(s, "Power");
	type(s, "cd");
	press(s, "Enter");
	press(s, "Ctrl-X");
	type(s, ")");
	assert_int_equal(s->lines, 2);
	press(s, "Ctrl-X");
	type(s, "e");
	assert_int_equal(s->lines, 4); /* "ab", "cd" */
	assert_string_equal(s->line, "cd");
	assert_string_equal(s->before, "ab");
	assert_string_equal(lineedit_text(s->e), "");
}

/* Though readline stops amid it, after an argument. */
static void lineedit_key__plays__a_macro_whole(void **state)
{
	struct seen *s = *state;

	press(s, "Ctrl-X");
	type(s, "(");
	press(s, "Alt-5");
	type(s, "x rest");
	press(s, "Ctrl-X");
	type(s, ")");
	lineedit_set(s->e, "");
	press(s, "Ctrl-X");
	type(s, "e");
	assert_string_equal(lineedit_text(s->e), "xxxxx rest");
	lineedit_set(s->e, "");
	press(s, "Alt-3");
	press(s, "Ctrl-X");
	type(s, "e");
	assert_string_equal(lineedit_text(s->e), "xxxxx restxxxxx restxxxxx rest");
	enters(s, "Power");
	press(s, "Alt-9");
	type(s, "9");
	press(s, "Ctrl-X");
	type(s, "e"); /* too often: readline would complain on the screen */
	assert_string_equal(lineedit_text(s->e), "");
}

/* As long as an argument makes it: it is cut, and every key still works. */
static void lineedit_key__bounds__the_line(void **state)
{
	struct seen *s = *state;

	for (int i = 0; i < 3; i++) {
		press(s, "Alt-9");
		type(s, "9999");
		lineedit_key(s->e, &(struct key){.code = 0xe9});
		assert_int_equal(strlen(lineedit_text(s->e)), 65536);
		assert_true(lineedit_cursor(s->e) <= 65536);
	}
	press(s, "Backspace");
	assert_int_equal(strlen(lineedit_text(s->e)), 65534);
	press(s, "Ctrl-U");
	assert_string_equal(lineedit_text(s->e), "");
	for (int i = 0; i < 3; i++)
		press(s, "Ctrl-Y");
	assert_int_equal(strlen(lineedit_text(s->e)), 65536);
	enters(s, "Power");
}

static void lineedit_key__edits__like_readline(void **state)
{
	struct seen *s = *state;

	type(s, "one two three");
	press(s, "Ctrl-A");
	assert_int_equal(lineedit_cursor(s->e), 0);
	press(s, "Alt-f");
	press(s, "Ctrl-K");
	assert_string_equal(lineedit_text(s->e), "one");
	press(s, "Ctrl-Y");
	assert_string_equal(lineedit_text(s->e), "one two three");
	press(s, "Ctrl-W");
	press(s, "Ctrl-_");
	assert_string_equal(lineedit_text(s->e), "one two three");
	press(s, "Home");
	press(s, "Del");
	press(s, "Right");
	press(s, "Backspace");
	press(s, "End");
	press(s, "Left");
	type(s, "X");
	assert_string_equal(lineedit_text(s->e), "e two threXe");
	press(s, "Ctrl-Left");
	assert_int_equal(lineedit_cursor(s->e), 6);
}

static void lineedit_key__hands_on__the_line(void **state)
{
	struct seen *s = *state;

	type(s, "Status 5");
	press(s, "Enter");
	assert_int_equal(s->lines, 1);
	assert_string_equal(s->line, "Status 5");
	assert_string_equal(lineedit_text(s->e), "");
	press(s, "Enter");
	assert_int_equal(s->lines, 2);
	assert_string_equal(s->line, "");
	s->set_inside = true;
	type(s, "x");
	press(s, "Enter");
	assert_string_equal(lineedit_text(s->e), "from inside");
	assert_int_equal(lineedit_cursor(s->e), 11);
}

/* Were there a wait of keyseq-timeout (500 ms) for each of these, the alarm of main would end the
 * test long before its end. */
static void lineedit_key__never_waits__after_escapes(void **state)
{
	struct seen *s = *state;

	for (int i = 0; i < 200; i++) {
		press(s, "Esc");
		press(s, "Ctrl-R");
		press(s, "Esc");
		press(s, "Ctrl-X");
		press(s, "Esc");
		press(s, "Ctrl-G");
	}
	lineedit_key(s->e, &(struct key){.code = 'j', .mods = KEY_CTRL | KEY_ALT});
	for (int i = 0; i < 200; i++) {
		type(s, "ia");
		press(s, "Esc");
	}
	assert_int_equal(strlen(lineedit_text(s->e)), 201); /* the first i is text */
	press(s, "Ctrl-E");
}

/* A lone ESC, half a key sequence, a quoted insert that waits: nothing blocks. The alarm of main
 * would end the test. */
static void lineedit_key__never_waits__for_more(void **state)
{
	struct seen *s = *state;

	press(s, "Esc");
	type(s, "b");
	assert_string_equal(lineedit_text(s->e), "b"); /* not Meta-b */
	press(s, "Ctrl-X");
	press(s, "Ctrl-G");
	type(s, "c");
	press(s, "Ctrl-V");
	press(s, "Ctrl-A");
	assert_string_equal(lineedit_text(s->e), "bc\001");
	press(s, "Ctrl-R");
	press(s, "Esc");
	press(s, "Esc");
	press(s, "Alt-Left");
	press(s, "Ctrl-]");
	press(s, "b");
	press(s, "F5");
	press(s, "Ctrl-Up");
	lineedit_key(s->e, &(struct key){.code = KEYS_PASTE_BEGIN});
	lineedit_key(s->e, &(struct key){.code = KEYS_MOUSE});
	lineedit_key(s->e, &(struct key){.code = 0xe9, .mods = KEY_CTRL});
	type(s, "(x)");
	lineedit_set(s->e, "");
	type(s, "y");
	assert_string_equal(lineedit_text(s->e), "y");
}

static void lineedit_key__obeys__vis_mode(void **state)
{
	struct seen *s = *state;

	lineedit_key(s->e, &(struct key){.code = 'j', .mods = KEY_CTRL | KEY_ALT});
	type(s, "abc def");
	press(s, "Esc");
	type(s, "0x");
	assert_string_equal(lineedit_text(s->e), "bc def");
	/* a sequence that is not bound is not taken apart into commands */
	lineedit_key(s->e, &(struct key){.code = KEYS_HOME, .mods = KEY_ALT});
	type(s, "w");
	assert_int_equal(lineedit_cursor(s->e), 3);
	lineedit_key(s->e, &(struct key){.code = 'f', .mods = KEY_ALT});
	lineedit_set(s->e, "");
	type(s, "typed");
	assert_string_equal(lineedit_text(s->e), "typed");
	press(s, "Esc");
	press(s, "Ctrl-E"); /* back to emacs's keys */
	press(s, "Ctrl-A");
	press(s, "Ctrl-K");
	assert_string_equal(lineedit_text(s->e), "");
}

/* Were it counted one way and not the other the alarm of main would end the test. */
static void lineedit_key__ends__vis_motions(void **state)
{
	struct seen *s = *state;

	lineedit_key(s->e, &(struct key){.code = 'j', .mods = KEY_CTRL | KEY_ALT});
	type(s, "x@");
	press(s, "Ctrl-V");
	lineedit_key(s->e, &(struct key){.code = 0x10fffd});
	lineedit_key(s->e, &(struct key){.code = 0xffffe});
	press(s, "Esc");
	type(s, "0E");
	assert_true(str_starts(lineedit_text(s->e), "x@\U0010fffd"));
	enters(s, "Power");
	press(s, "Esc");
	press(s, "Ctrl-E");
}

static void lineedit_key__takes__utf8(void **state)
{
	struct seen *s = *state;

	lineedit_key(s->e, &(struct key){.code = 0xe9});
	lineedit_key(s->e, &(struct key){.code = 0x4f60});
	lineedit_key(s->e, &(struct key){.code = 0x1f600});
	assert_string_equal(lineedit_text(s->e), "é你😀");
	press(s, "Left");
	press(s, "Backspace");
	assert_string_equal(lineedit_text(s->e), "é😀");
	assert_int_equal(lineedit_cursor(s->e), 2);
}

static void lineedit_key__says_eof__on_an_empty_line_only(void **state)
{
	struct seen *s = *state;

	type(s, "ab");
	press(s, "Ctrl-A");
	press(s, "Ctrl-D");
	assert_string_equal(lineedit_text(s->e), "b");
	assert_int_equal(s->eofs, 0);
	lineedit_set(s->e, "");
	press(s, "Ctrl-D");
	assert_int_equal(s->eofs, 1);
	assert_int_equal(s->lines, 0);
	type(s, "still here");
	press(s, "Enter");
	assert_string_equal(s->line, "still here");
}

static void lineedit_key__completes__as_far_as_it_is_clear(void **state)
{
	struct seen *s = *state;

	type(s, "/h");
	press(s, "Tab");
	assert_string_equal(lineedit_text(s->e), "/help ");
	lineedit_set(s->e, "/f");
	press(s, "Tab");
	assert_int_equal(s->choice_calls, 1);
	assert_int_equal(s->choices, 3);
	type(s, "o");
	press(s, "Tab");
	assert_string_equal(lineedit_text(s->e), "/fo");
	assert_int_equal(s->choices, 2);
	lineedit_set(s->e, "a b=my fi");
	press(s, "Tab");
	assert_string_equal(lineedit_text(s->e), "a b=my file.bin ");
	lineedit_set(s->e, "a=my fo");
	press(s, "Tab");
	assert_string_equal(lineedit_text(s->e), "a=my folder/");
	lineedit_set(s->e, "=wl");
	press(s, "Tab");
	assert_int_equal(s->choices, 2);
	assert_string_equal(lineedit_text(s->e), "=wl"); /* not cut to nothing */
	lineedit_set(s->e, "x=my f tail");
	for (int i = 0; i < 5; i++)
		press(s, "Left");
	press(s, "Tab");
	assert_int_equal(s->choices, 2);
	lineedit_choose(s->e, "my folder/");
	assert_string_equal(lineedit_text(s->e), "x=my folder/ tail");
	press(s, "Ctrl-_");
	assert_string_equal(lineedit_text(s->e), "x=my f tail");
	lineedit_set(s->e, "/zzz");
	press(s, "Tab");
	assert_string_equal(lineedit_text(s->e), "/zzz");
	/* what stands behind the cursor stays */
	lineedit_set(s->e, "/h tail");
	press(s, "Ctrl-A");
	press(s, "Right");
	press(s, "Right");
	press(s, "Tab");
	assert_true(str_starts(lineedit_text(s->e), "/help "));
	assert_true(str_ends(lineedit_text(s->e), " tail"));
}

static void lineedit_history__walks_and_searches__what_was_added(void **state)
{
	struct seen *s = *state;

	lineedit_history_add(s->e, "Status 5");
	lineedit_history_add(s->e, "Module 1");
	lineedit_history_add(s->e, "Module 1");
	lineedit_history_add(s->e, "");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Module 1");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Status 5");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Status 5");
	/* edited and left: the entry itself stays */
	type(s, "XX");
	press(s, "Down");
	lineedit_set(s->e, "");
	press(s, "Up");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Status 5");
	lineedit_set(s->e, "");
	press(s, "Ctrl-R");
	assert_true(strlen(lineedit_prompt(s->e)) > 0);
	type(s, "odu");
	assert_non_null(strstr(lineedit_prompt(s->e), "odu"));
	assert_string_equal(lineedit_text(s->e), "Module 1");
	lineedit_set(s->e, "");
	assert_string_equal(lineedit_prompt(s->e), "");
	assert_string_equal(lineedit_text(s->e), "");
	press(s, "Ctrl-R");
	type(s, "Stat");
	press(s, "Enter");
	assert_string_equal(lineedit_prompt(s->e), "");
	assert_true(str_starts(s->line, "Status 5"));
}

static void lineedit_history__walks__lines_that_begin_so(void **state)
{
	struct seen *s = *state;

	lineedit_history_add(s->e, "Status 5");
	lineedit_history_add(s->e, "Module 1");
	lineedit_history_add(s->e, "Status 2");
	lineedit_history_add(s->e, "Power");
	type(s, "Stat");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Status 2");
	assert_int_equal(lineedit_cursor(s->e), 8);
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Status 5");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Status 5");
	press(s, "Down");
	assert_string_equal(lineedit_text(s->e), "Status 2");
	press(s, "Down");
	assert_string_equal(lineedit_text(s->e), "Stat");
	press(s, "Down");
	assert_string_equal(lineedit_text(s->e), "Stat");
	/* one that nothing begins with stays */
	type(s, "xyz");
	press(s, "Up");
	press(s, "Down");
	assert_string_equal(lineedit_text(s->e), "Statxyz");
	/* only what stands before the cursor counts */
	lineedit_set(s->e, "Mxx");
	press(s, "Left");
	press(s, "Left");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Module 1");
	press(s, "Down");
	assert_string_equal(lineedit_text(s->e), "Mxx");
	/* the recall can be taken back */
	lineedit_set(s->e, "Pow");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Power");
	press(s, "Ctrl-_");
	assert_string_equal(lineedit_text(s->e), "Pow");
}

static void lineedit_history__goes_on__from_a_search(void **state)
{
	struct seen *s = *state;

	lineedit_history_add(s->e, "one");
	lineedit_history_add(s->e, "two");
	lineedit_history_add(s->e, "three");
	press(s, "Ctrl-R");
	type(s, "tw");
	press(s, "Esc");
	assert_string_equal(lineedit_text(s->e), "two");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "one");
	press(s, "Down");
	press(s, "Down");
	assert_string_equal(lineedit_text(s->e), "three");
}

static void lineedit_search__minds_case__when_there_is_a_capital(void **state)
{
	struct seen *s = *state;

	lineedit_history_add(s->e, "Status 5");
	lineedit_history_add(s->e, "Power status");
	lineedit_history_add(s->e, "status x");
	press(s, "Ctrl-R");
	assert_string_equal(lineedit_prompt(s->e), "(reverse-i-search)`': ");
	type(s, "stat");
	assert_string_equal(lineedit_text(s->e), "status x");
	press(s, "Ctrl-R");
	assert_string_equal(lineedit_text(s->e), "Power status");
	assert_int_equal(lineedit_cursor(s->e), 6);
	press(s, "Ctrl-R");
	assert_string_equal(lineedit_text(s->e), "Status 5");
	press(s, "Ctrl-R");
	assert_string_equal(lineedit_prompt(s->e), "(failed reverse-i-search)`stat': ");
	assert_string_equal(lineedit_text(s->e), "Status 5");
	press(s, "Ctrl-S");
	assert_string_equal(lineedit_text(s->e), "Power status");
	assert_string_equal(lineedit_prompt(s->e), "(i-search)`stat': ");
	press(s, "Ctrl-G");
	assert_string_equal(lineedit_text(s->e), "");
	assert_string_equal(lineedit_prompt(s->e), "");
	press(s, "Ctrl-R");
	type(s, "Stat");
	assert_string_equal(lineedit_text(s->e), "Status 5");
	press(s, "Backspace");
	press(s, "Backspace");
	press(s, "Backspace");
	press(s, "Backspace");
	type(s, "Power");
	assert_string_equal(lineedit_text(s->e), "Power status");
	/* Ctrl-R twice looks for the last pattern again; what stood there comes back */
	press(s, "Esc");
	lineedit_set(s->e, "half a line");
	press(s, "Ctrl-A");
	press(s, "Ctrl-R");
	press(s, "Ctrl-R");
	assert_string_equal(lineedit_text(s->e), "Power status");
	press(s, "Ctrl-G");
	assert_string_equal(lineedit_text(s->e), "half a line");
	assert_int_equal(lineedit_cursor(s->e), 0);
}

/* The line found is an entry: what is done to it afterwards does not change the history. */
static void lineedit_search__changes__no_entry(void **state)
{
	struct seen *s = *state;

	lineedit_history_add(s->e, "one");
	lineedit_history_add(s->e, "two");
	type(s, "typed ");
	press(s, "Ctrl-R");
	type(s, "on");
	press(s, "End"); /* ends the search, and is obeyed */
	assert_string_equal(lineedit_prompt(s->e), "");
	assert_int_equal(lineedit_cursor(s->e), 3);
	type(s, "X");
	assert_string_equal(lineedit_text(s->e), "oneX");
	press(s, "Alt-<"); /* readline's own walk, which keeps what was edited */
	press(s, "Alt->");
	press(s, "Enter");
	lineedit_set(s->e, "");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "two");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "one");
	lineedit_set(s->e, "");
	press(s, "Ctrl-R");
	lineedit_insert(s->e, "tw", 2); /* pasted */
	assert_string_equal(lineedit_text(s->e), "two");
	for (int i = 0; i < 600; i++)
		type(s, "x");
	press(s, "Enter");
	assert_string_equal(s->line, "two");
}

static void lineedit_history__folds__duplicates(void **state)
{
	struct seen *s = *state;

	lineedit_history_add(s->e, "Status 5");
	lineedit_history_add(s->e, "Module 1");
	lineedit_history_add(s->e, "Status 5");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Status 5");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Module 1");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Module 1");
	lineedit_set(s->e, "");
	lineedit_history_clear(s->e);
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "");
}

static void lineedit_history__asks_for__what_others_entered(void **state)
{
	struct seen *s = *state;

	lineedit_history_add(s->e, "mine");
	s->from_others = "theirs";
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "theirs");
	assert_int_equal(s->recalls, 1);
	press(s, "Up"); /* the walk goes on: not asked again */
	assert_string_equal(lineedit_text(s->e), "mine");
	assert_int_equal(s->recalls, 1);
	lineedit_set(s->e, "");
	s->from_others = "found too";
	press(s, "Ctrl-R");
	type(s, "too");
	assert_string_equal(lineedit_text(s->e), "found too");
	/* a second Ctrl-R looks further back */
	lineedit_set(s->e, "");
	press(s, "Ctrl-R");
	type(s, "e");
	assert_string_equal(lineedit_text(s->e), "theirs");
	press(s, "Ctrl-R");
	assert_string_equal(lineedit_text(s->e), "mine");
}

static void lineedit_history__is_bounded__by_its_limit(void **state)
{
	struct seen *s = *state;
	char text[16];

	lineedit_history_limit(s->e, 3);
	for (int i = 0; i < 10; i++) {
		str_fmt(text, sizeof(text), "line %d", i);
		lineedit_history_add(s->e, text);
	}
	for (int i = 0; i < 8; i++)
		press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "line 7");
	lineedit_history_limit(s->e, 1000);
}

static void lineedit_history__never_keeps__what_was_typed(void **state)
{
	struct seen *s = *state;

	lineedit_history_add(s->e, "Status 5");
	press(s, "Up");
	type(s, " Password1 geheim");
	press(s, "Enter");
	press(s, "Up");
	assert_string_equal(lineedit_text(s->e), "Status 5");
}

static void lineedit_insert__leaves_out__controls(void **state)
{
	struct seen *s = *state;
	unsigned long before = lineedit_revision(s->e);

	type(s, "ac");
	press(s, "Left");
	lineedit_insert(s->e,
	    "\033[A\x01\xff"
	    "é\tb\x7f",
	    9);
	assert_string_equal(lineedit_text(s->e), "a[Aé bc");
	assert_true(lineedit_revision(s->e) > before);
	press(s, "Ctrl-_");
	assert_string_equal(lineedit_text(s->e), "ac");
}

static void lineedit_insert__refuses__more_than_a_line_may_hold(void **state)
{
	struct seen *s = *state;
	char *big = malloc(100000);

	assert_non_null(big);
	memset(big, 'x', 100000);
	lineedit_insert(s->e, big, 100000);
	assert_string_equal(lineedit_text(s->e), "");
	lineedit_insert(s->e, big, 60000);
	assert_int_equal(strlen(lineedit_text(s->e)), 60000);
	free(big);
}

/* Whatever is pressed: it comes back, and the text is what a line may be. */
static void lineedit_key__survives__any_keys(void **state)
{
	static const uint32_t specials[] = {KEYS_UP, KEYS_DOWN, KEYS_LEFT, KEYS_RIGHT, KEYS_HOME,
	    KEYS_END, KEYS_DELETE, KEYS_BACKSPACE, KEYS_TAB, KEYS_ENTER, KEYS_ESC, KEYS_INSERT};
	struct seen *s = *state;
	uint32_t seed = 7;

	for (int i = 0; i < 20000; i++) {
		struct key key = {0};

		seed = seed * 1664525 + 1013904223;
		key.code = seed >> 31 ? specials[(seed >> 8) % 12] : 0x20 + (seed >> 8) % 0x60;
		key.mods = (uint8_t)(seed >> 28 & 7);
		if (key.code == 0x7f)
			key.code = 0xe9;
		lineedit_key(s->e, &key);
		assert_true(lineedit_cursor(s->e) <= strlen(lineedit_text(s->e)));
		if (i % 500 == 0)
			lineedit_set(s->e, "again");
	}
	lineedit_set(s->e, "");
	type(s, "z");
	assert_string_equal(lineedit_text(s->e), "z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    CASE(lineedit_set__forgets__half_a_command),
	    CASE(lineedit_set__stands__however_vi_was_left),
	    CASE(lineedit_set__leaves_alone__a_macro),
	    CASE(lineedit_key__plays__a_macro_whole),
	    CASE(lineedit_key__bounds__the_line),
	    CASE(lineedit_key__edits__like_readline),
	    CASE(lineedit_key__hands_on__the_line),
	    CASE(lineedit_key__never_waits__after_escapes),
	    CASE(lineedit_key__never_waits__for_more),
	    CASE(lineedit_key__obeys__vis_mode),
	    CASE(lineedit_key__ends__vis_motions),
	    CASE(lineedit_key__takes__utf8),
	    CASE(lineedit_key__says_eof__on_an_empty_line_only),
	    CASE(lineedit_key__completes__as_far_as_it_is_clear),
	    CASE(lineedit_history__walks_and_searches__what_was_added),
	    CASE(lineedit_history__walks__lines_that_begin_so),
	    CASE(lineedit_history__goes_on__from_a_search),
	    CASE(lineedit_history__folds__duplicates),
	    CASE(lineedit_search__minds_case__when_there_is_a_capital),
	    CASE(lineedit_search__changes__no_entry),
	    CASE(lineedit_history__asks_for__what_others_entered),
	    CASE(lineedit_history__is_bounded__by_its_limit),
	    CASE(lineedit_history__never_keeps__what_was_typed),
	    CASE(lineedit_insert__leaves_out__controls),
	    CASE(lineedit_insert__refuses__more_than_a_line_may_hold),
	    CASE(lineedit_key__survives__any_keys),
#undef CASE
	};

	setenv("INPUTRC", "/dev/null", 1);
	setenv("TERM", "xterm", 1);
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	alarm(50);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

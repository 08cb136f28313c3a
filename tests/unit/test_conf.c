/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration file: values, profiles, keys, errors with their places, all or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/conf.h"

struct fixture {
	struct settings settings;
	struct keymap *keymap;
	struct highlight *highlight;
	struct conf_errors errors;
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	settings_init(&f->settings);
	f->keymap = keymap_new();
	f->highlight = highlight_new();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	settings_fini(&f->settings);
	keymap_free(f->keymap);
	highlight_free(f->highlight);
	free(f);
	return 0;
}

static int apply_profile(struct fixture *f, const char *text, const char *profile)
{
	memset(&f->errors, 0, sizeof(f->errors));
	return conf_apply(
	    "conf", text, ORIGIN_USER, profile, &f->settings, f->keymap, f->highlight, &f->errors);
}

static int apply(struct fixture *f, const char *text)
{
	return apply_profile(f, text, NULL);
}

static const char *text_of(struct fixture *f, const char *name)
{
	struct key key;

	assert_true(keymap_parse(name, &key));
	return keymap_lookup(f->keymap, &key);
}

static void conf_apply__sets_values__of_a_good_file(void **state)
{
	struct fixture *f = *state;
	char where[160];

	assert_int_equal(apply(f, "# a comment\n"
				  "baud = 74880\n"
				  "port = \"/dev/ttyUSB0\" // another\n"
				  "/* more\n   lines */ eol = crlf stamp = off\n"
				  "theme=/* here too */light\n"
				  "profile sonoff { }\n"
				  "keys { F3 = \"/chip\" F1 = \"\" \"Ctrl-B\" = '/baud ' }\n"
				  "macros {\n\tF11 = \"Status 5\"\n\tAlt-1 = 'Backlog a; b'\n}\n"),
	    ERR_OK);
	assert_int_equal(f->errors.count, 0);
	assert_int_equal(settings_int(&f->settings, SET_BAUD), 74880);
	assert_string_equal(settings_text(&f->settings, SET_PORT), "/dev/ttyUSB0");
	assert_string_equal(settings_text(&f->settings, SET_EOL), "crlf");
	assert_string_equal(settings_text(&f->settings, SET_STAMP), "off");
	assert_string_equal(settings_text(&f->settings, SET_THEME), "light");
	settings_origin_text(&f->settings, SET_EOL, where, sizeof(where));
	assert_string_equal(where, "user file, line 5 of conf");
	assert_string_equal(text_of(f, "F3"), "/chip");
	assert_null(text_of(f, "F1"));
	assert_string_equal(text_of(f, "Ctrl-B"), "/baud ");
	assert_string_equal(text_of(f, "F11"), "Status 5");
	assert_string_equal(text_of(f, "Alt-1"), "Backlog a; b");
}

static void conf_apply__takes__empty_texts(void **state)
{
	assert_int_equal(apply(*state, ""), ERR_OK);
	assert_int_equal(apply(*state, "\n\n"), ERR_OK);
	assert_int_equal(apply(*state, "# only this"), ERR_OK);
	assert_int_equal(apply(*state, "\xEF\xBB\xBF"
				       "baud = 9600\r\necho = off\r\n"),
	    ERR_OK);
	assert_int_equal(settings_int(&((struct fixture *)*state)->settings, SET_BAUD), 9600);
}

static void conf_apply__reads_quotes__as_documented(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    apply(f, "macros { F3 = \"a \\\"b\\\" \\\\ \\x410\" F4 = 'a \\n ${HOME} \\'q\\''"
		     " F7 = \"# no comment // here\" F8 = \"\\${HOME} $ {\" }"),
	    ERR_OK);
	assert_string_equal(text_of(f, "F3"), "a \"b\" \\ A0");
	assert_string_equal(text_of(f, "F4"), "a \\n ${HOME} 'q'");
	assert_string_equal(text_of(f, "F7"), "# no comment // here");
	assert_string_equal(text_of(f, "F8"), "${HOME} $ {");
	assert_int_equal(apply(f, "port = tcp://host:23\n"), ERR_OK);
	assert_string_equal(settings_text(&f->settings, SET_PORT), "tcp://host:23");
	/* Two single quotes and a comment behind. */
	assert_int_equal(apply(f, "port = '' # nothing\n"), ERR_OK);
	assert_string_equal(settings_text(&f->settings, SET_PORT), "");
}

/* Each: one mistake, with the line where it is. Nothing may change, and a good file must be read
 * well right afterwards (libconfuse's scanner keeps its state). */
static void conf_apply__tells_place_and_expectation__of_each_mistake(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"\n\nbaud = fast\n",
		"conf:3: baud: expected a number from 50 to 4000000 (bit/s), not 'fast'"},
	    {"# c\n# c\n/* c\n */\nbaud = fast\n",
		"conf:5: baud: expected a number from 50 to 4000000 (bit/s), not 'fast'"},
	    {"echo = on\nbuad = 9600\n", "conf:2: unknown setting 'buad', did you mean 'baud'?"},
	    {"xyzzy = 9600\n", "conf:1: unknown setting 'xyzzy'"},
	    {"\nprofiel x { }\n", "conf:2: unknown section 'profiel', did you mean 'profile'?"},
	    {"profile a {\n eol = lf\n baud = 3\n}\n",
		"conf:3: baud: expected a number from 50 to 4000000 (bit/s), not '3'"},
	    {"profile a {\n bauds = 3\n}\n",
		"conf:2: unknown setting 'bauds', did you mean 'baud'?"},
	    {"keys {\n F5 = flash\n}\n", "conf:2: F5: expected a command as \"/flash\" (text for "
					 "the device belongs into macros)"},
	    {"keys { F5 = /flsh }\n",
		"conf:1: F5: there is no command /flsh, did you mean '/flash'?"},
	    {"keys { F5 = '/baud 1 2' }\n", "conf:1: F5: too many words: /baud [N|likely]"},
	    {"keys {\n\n F99 = /chip }\n",
		"conf:3: 'F99' is no key: expected a name as F5, Ctrl-B, Alt-1, PgUp, Shift-F3"},
	    {"macros { F5 = /flash }\n",
		"conf:1: F5: expected text for the device (a command belongs into keys)"},
	    {"baud = 9600;\n",
		"conf:1: baud: expected a number from 50 to 4000000 (bit/s), not '9600;'"},
	    {"\nport = \"open\nbaud = 9600\n",
		"conf:2: this text has no end: expected another quote"},
	    {"port = 'open", "conf:1: this text has no end: expected another quote"},
	    {"\n/* open\n\n", "conf:2: this comment has no end: expected */"},
	    {"\nport = \"${HOME}\"\n",
		"conf:2: ${...} is not replaced here: write the value itself, or put the text in "
		"'single quotes'"},
	    {"port = ${HOME}\n",
		"conf:1: ${...} is not replaced here: write the value itself, or put "
		"the text in 'single quotes'"},
	    {"port = a${HOME}\n", "conf:1: ${...} is not replaced here: write the value itself, or "
				  "put the text in 'single quotes'"},
	    {"\nport = \"\\9\"\n", "conf:2: octal escapes are not read: expected \\xNN"},
	    {"port = \"\\777\"\n", "conf:1: octal escapes are not read: expected \\xNN"},
	    {"port = \"a\\x00b\"\n", "conf:1: expected \\xNN with NN from 01 to FF"},
	    {"port = \"a\\x0\"\n", "conf:1: expected \\xNN with NN from 01 to FF"},
	    {"port = \"\\xg\"\n", "conf:1: expected \\xNN with NN from 01 to FF"},
	    {"\nport = \"a\\nb\"\n", "conf:2: expected UTF-8 text without control characters"},
	    {"\nport = \"\xff\"\n", "conf:2: expected UTF-8 text without control characters"},
	    {"\nport = a*b\n", "conf:2: unexpected '*': a value with it goes in quotes"},
	    {"a|b = 1\n", "conf:1: a name can't be empty nor have | or \\ in it"},
	    {"'|' = 1\n", "conf:1: a name can't be empty nor have | or \\ in it"},
	    {"\"\" = 1\n", "conf:1: a name can't be empty nor have | or \\ in it"},
	    {"ba\001ud = 1\n", "conf:1: a control character stands here"},
	    {"# c\n\nbaud 9600\n", "conf:3: expected '=' after 'baud'"},
	    {"baud 9600 eol\n", "conf:1: expected '=' after 'baud'"},
	    {"baud\n", "conf:1: expected '=' after 'baud'"},
	    {"baud eol = lf\n", "conf:1: expected '=' after 'baud'"},
	    {"= 1\n", "conf:1: expected a name before '='"},
	    {"baud = = 1\n", "conf:1: expected a value after '='"},
	    {"keys { F5 = }\n", "conf:1: expected a value after '='"},
	    {"baud =", "conf:1: expected a value after '='"},
	    {"\n\ninclude(\"/etc/passwd\")\n",
		"conf:3: unexpected '(': a value with it goes in quotes"},
	    {"baud = {1, 2}\n", "conf:1: expected a value (lists are not read)"},
	    {"baud += 1\n", "conf:1: unexpected '+': a value with it goes in quotes"},
	    {"\n}\n", "conf:2: unexpected '}'"},
	    {"{ }\n", "conf:1: expected a name before {"},
	    {"\nprofile x {\nbaud = 1\n", "conf:2: this section has no end: expected }"},
	    {"profile { }\n", "conf:1: expected profile NAME {"},
	    {"keys x { }\n", "conf:1: expected keys {"},
	    {"keys = x\n", "conf:1: expected keys {"},
	    {"profile x { keys { macros { } } }\n", "conf:1: a section can't stand in a section"},
	    {"keys { macros { } }\n", "conf:1: a section can't stand in a section"},
	    {"profile x { profile y { } }\n", "conf:1: unknown section 'profile'"},
	    {"profile x {\n macro { } }\n",
		"conf:2: unknown section 'macro', did you mean 'macros'?"},
	    {"profile x {\n keys = 1 }\n", "conf:2: expected keys {"},
	    {"profile x {\n keys y { } }\n", "conf:2: expected keys {"},
	    {"profile x {\n keys { F5 = /flsh } }\n",
		"conf:2: F5: there is no command /flsh, did you mean '/flash'?"},
	    {"profile x {\n keys {\n }\n", "conf:1: this section has no end: expected }"},
	    {"labels {\n F11 = Net }\n", "conf:2: F11: nothing is bound to that key"},
	    {"macros { F11 = x }\nlabels { F11 = 'a label that is too long' }\n",
		"conf:2: F11: expected a label of at most 15 bytes without control characters"},
	    {"keys {\n F3 = \"/chip\\n\" }\n",
		"conf:2: expected UTF-8 text without control characters"},
	    {"profile a { }\n\nprofile a { }\n", "conf:3: there is another profile 'a' on line 1"},
	    {"profile \"\337\316\" { }\n",
		"conf:1: profile: expected a name in UTF-8 without control characters"},
	    {"p\377ofile x { }\n", "conf:1: unknown section 'p?ofile', did you mean 'profile'?"},
	    {"# c\nkeys {\n# c\nF5\n}\n", "conf:4: expected '=' after 'F5'"},
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t revision = f->settings.revision;

		assert_int_equal(apply(f, cases[i].text), ERR_FORMAT);
		assert_string_equal(f->errors.text[0], cases[i].want);
		assert_int_equal(f->errors.count, 1);
		assert_int_equal(f->settings.revision, revision);
		assert_string_equal(text_of(f, "F5"), "/flash ");
		assert_int_equal(apply(f, "eol = lf\nport = 'x'\n"), ERR_OK);
		assert_string_equal(settings_text(&f->settings, SET_PORT), "x");
	}
}

static void conf_apply__fails_at_the_end__of_every_cut_text(void **state)
{
	static const char text[] =
	    "baud = 9600\nprofile a { port = \"x y\" }\nkeys { F3 = '/chip' }\n"
	    "/* end */\n";
	struct fixture *f = *state;
	size_t i;
	int good = 0;

	for (i = 0; i < sizeof(text); i++) {
		char cut[sizeof(text)];

		str_copy_n(cut, sizeof(cut), text, i);
		if (apply(f, cut) == ERR_OK)
			good++;
		else
			assert_int_not_equal(f->errors.count, 0);
	}
	/* Cuts between statements are good files; those inside are not. */
	assert_in_range(good, 5, 25);
	assert_int_equal(apply(f, text), ERR_OK);
	assert_string_equal(text_of(f, "F3"), "/chip");
}

static void conf_apply__collects_all_mistakes__and_changes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, "echo = off\nbaud = x\nkeys { F3 = /chip F4 = /nosuchthing }\n"
				  "eol = y\n"),
	    ERR_FORMAT);
	assert_int_equal(f->errors.count, 3);
	assert_true(settings_bool(&f->settings, SET_ECHO));
	assert_string_not_equal(text_of(f, "F3"), "/chip");
}

static void conf_apply__counts_on__beyond_what_it_keeps(void **state)
{
	struct sbuf text;
	int i;

	sbuf_init(&text, 10000);
	for (i = 0; i < 40; i++)
		sbuf_fmt(&text, "nosuch%d = 1\n", i);
	assert_int_equal(apply(*state, sbuf_str(&text)), ERR_FORMAT);
	assert_int_equal(((struct fixture *)*state)->errors.count, 40);
	sbuf_fini(&text);
}

static void conf_apply__refuses__too_much_text(void **state)
{
	struct fixture *f = *state;
	char *text = xmalloc(300 * 1024);
	struct sbuf many;
	int i;

	memset(text, '\n', 300 * 1024 - 1);
	text[300 * 1024 - 1] = '\0';
	assert_int_equal(apply(f, text), ERR_FORMAT);
	assert_string_equal(f->errors.text[0], "conf: the file is too big (more than 256 KB)");
	free(text);
	sbuf_init(&many, 200000);
	for (i = 0; i < 5000; i++)
		sbuf_fmt(&many, "a%d=1\n", i);
	assert_int_equal(apply(f, sbuf_str(&many)), ERR_FORMAT);
	assert_string_equal(f->errors.text[0], "conf:4097: too many names");
	sbuf_fini(&many);
}

static void conf_apply__applies_a_profile__over_the_file(void **state)
{
	static const char text[] = "profile sonoff { baud = 9600 eol = crlf }\n"
				   "profile other { baud = 300 }\nbaud = 19200\nwrap = off\n";
	struct fixture *f = *state;
	char where[160];

	assert_int_equal(apply_profile(f, text, "sonoff"), ERR_OK);
	assert_int_equal(settings_int(&f->settings, SET_BAUD), 9600);
	assert_string_equal(settings_text(&f->settings, SET_EOL), "crlf");
	assert_false(settings_bool(&f->settings, SET_WRAP));
	settings_origin_text(&f->settings, SET_BAUD, where, sizeof(where));
	assert_string_equal(where, "profile, line 1 of conf");
	assert_int_equal(apply_profile(f, text, "sonof"), ERR_NOENT);
	assert_string_equal(
	    f->errors.text[0], "conf: there is no profile 'sonof', did you mean 'sonoff'?");
	assert_true(conf_has_profile(text, "other"));
	assert_true(conf_has_profile("profile x {}", "x"));
	assert_false(conf_has_profile(text, "nosuch"));
	assert_false(conf_has_profile("profile x {", "x"));
}

static void conf_apply__leaves__what_a_later_origin_set(void **state)
{
	struct fixture *f = *state;

	settings_set(&f->settings, SET_BAUD, "300", ORIGIN_COMMAND_LINE, NULL, NULL);
	assert_int_equal(apply(f, "baud = 9600\n"), ERR_OK);
	assert_int_equal(settings_int(&f->settings, SET_BAUD), 300);
}

static void conf_apply__keeps_the_end__of_a_long_path(void **state)
{
	struct fixture *f = *state;
	char path[300];

	memset(path, 'd', sizeof(path));
	str_copy(path + 280, 20, "/tasmite/config");
	assert_int_equal(conf_apply(path, "baud = 9600\n", ORIGIN_USER, NULL, &f->settings,
			     f->keymap, NULL, &f->errors),
	    ERR_OK);
	assert_true(str_starts(f->settings.values[SET_BAUD].where, "line 1 of ...ddd"));
	assert_true(str_ends(f->settings.values[SET_BAUD].where, "/tasmite/config"));
}

/* "pattern STYLE on" of a rule, "" when there is none. */
static const char *rule_text(struct fixture *f, const char *name, char *dst, size_t size)
{
	const char *n, *pattern;
	enum style_id style;
	bool builtin;
	int on;

	dst[0] = 0;
	for (size_t i = 0; highlight_at(f->highlight, i, &n, &pattern, &style, &on, &builtin); i++)
		if (strcmp(n, name) == 0)
			str_fmt(dst, size, "%s %s %d%s", pattern, style_name(style), on,
			    builtin ? " built in" : "");
	return dst;
}

static size_t marked(struct fixture *f, const char *text)
{
	struct highlight_span spans[HIGHLIGHT_MAX_SPANS];
	struct line_ref ref = {.bytes = (const uint8_t *)text, .len = strlen(text)};

	return highlight_line(f->highlight, &ref, spans);
}

static void conf_apply__adds__highlight_rules(void **state)
{
	struct fixture *f = *state;
	char text[100];

	assert_int_equal(apply(f, "highlight button { pattern = 'btn\\d' style = bad on = line }\n"
				  "highlight volt { pattern = '(\\d+) ?V' on = 1 case = on }\n"
				  "highlight lower { pattern = 'xYz' case = off }\n"
				  "highlight tag { pattern = '' }\n"),
	    ERR_OK);
	assert_string_equal(rule_text(f, "button", text, sizeof(text)), "btn\\d bad 0");
	assert_string_equal(rule_text(f, "volt", text, sizeof(text)), "(\\d+) ?V hl-match 1");
	assert_string_equal(rule_text(f, "tag", text, sizeof(text)), "");
	assert_int_equal(marked(f, "aBTN1"), 1); /* smart: no upper case in it */
	assert_int_equal(marked(f, "a 12 v"), 0);
	assert_int_equal(marked(f, "a 12 V"), 1);
	assert_int_equal(marked(f, "XyZ"), 1);
}

static void conf_apply__takes__rules_of_a_profile(void **state)
{
	static const char text[] = "highlight button { pattern = btn }\n"
				   "profile a {\n"
				   "	highlight button { pattern = 'b\\d' style = bad }\n"
				   "	eol = crlf\n"
				   "	highlight volt { pattern = V on = line }\n"
				   "}\n"
				   "profile b { highlight button { pattern = other } }\n"
				   "highlight late { pattern = x }\n";
	struct fixture *f = *state;
	char is[100];

	assert_int_equal(apply(f, text), ERR_OK);
	assert_string_equal(rule_text(f, "button", is, sizeof(is)), "btn hl-match -1");
	assert_string_equal(rule_text(f, "volt", is, sizeof(is)), "");
	highlight_reset(f->highlight);
	assert_int_equal(apply_profile(f, text, "a"), ERR_OK);
	assert_string_equal(rule_text(f, "button", is, sizeof(is)), "b\\d bad -1");
	assert_string_equal(rule_text(f, "volt", is, sizeof(is)), "V hl-match 0");
	assert_string_equal(rule_text(f, "late", is, sizeof(is)), "x hl-match -1");
	assert_string_equal(settings_text(&f->settings, SET_EOL), "crlf");
	highlight_reset(f->highlight);
	assert_int_equal(apply_profile(f, text, "b"), ERR_OK);
	assert_string_equal(rule_text(f, "button", is, sizeof(is)), "other hl-match -1");
	/* mistakes in one that isn't asked for are told all the same */
	assert_int_equal(apply(f, "profile a {\n highlight x { pattern = 'a(' } }\n"), ERR_FORMAT);
	assert_true(str_starts(f->errors.text[0], "conf:2: pattern: 'a(': at character 3: "));
	assert_int_equal(apply(f, "profile a {\n highlight { pattern = a } }\n"), ERR_FORMAT);
	assert_string_equal(f->errors.text[0], "conf:2: expected highlight NAME {");
	assert_int_equal(apply(f, "profile a {\n highlight x { pattern = a }\n"
				  " highlight x { pattern = b } }\n"),
	    ERR_FORMAT);
	assert_string_equal(f->errors.text[0], "conf:3: there is another highlight 'x' on line 2");
}

static void conf_apply__tells__mistakes_in_rules(void **state)
{
	static const char *const cases[][2] = {
	    {"highlight a { pattern = 'a(' }", "conf:1: pattern: 'a(': at character 3: "},
	    {"highlight a {\npattern = a\nstyle = hl-eror }",
		"conf:3: style: unknown style 'hl-eror', did you mean 'hl-error'?"},
	    {"highlight a {\npattern = a\non = 10 }",
		"conf:3: on: expected line, match or a group's number from 1 to 9, not '10'"},
	    {"highlight a { pattern = a case = maybe }",
		"conf:1: case: expected on, off or smart, not 'maybe'"},
	    {"highlight a { color = red pattern = b }",
		"conf:1: expected pattern, style, on or case, not 'color'"},
	    {"\nhighlight a { style = bad }", "conf:2: highlight a: expected pattern = "},
	    {"highlight { pattern = a }", "conf:1: expected highlight NAME {"},
	};
	struct fixture *f = *state;
	char text[100];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char both[200];

		str_fmt(both, sizeof(both), "%s\nhighlight fine { pattern = x }\n", cases[i][0]);
		assert_int_equal(apply(f, both), ERR_FORMAT);
		if (!str_starts(f->errors.text[0], cases[i][1]))
			fail_msg("%s: %s", cases[i][0], f->errors.text[0]);
		assert_string_equal(rule_text(f, "fine", text, sizeof(text)), "");
	}
}

static void conf_apply__takes__keys_and_labels_of_a_profile(void **state)
{
	static const char text[] =
	    "profile kitchen {\n\tbaud = 9600\n\tkeys { F5 = /chip }\n"
	    "\tmacros { F11 = 'Status 5' F12 = \"one\\ntwo\" }\n\tlabels { F11 = Net }\n}\n"
	    "profile other { macros { F11 = other F8 = x } labels { F8 = X } }\n"
	    "keys { F5 = /reset }\nmacros { F11 = top Alt-1 = 'a' }\n"
	    "labels { F11 = Top F5 = Again F1 = '?' }\n";
	struct fixture *f = *state;

	assert_int_equal(apply_profile(f, text, "kitchen"), ERR_OK);
	assert_string_equal(text_of(f, "F5"), "/chip");
	assert_string_equal(text_of(f, "F11"), "Status 5");
	assert_string_equal(text_of(f, "F12"), "one\\ntwo");
	assert_string_equal(text_of(f, "Alt-1"), "a");
	assert_string_equal(text_of(f, "F8"), "/reset");
	assert_string_equal(keymap_bar_label(f->keymap, 11), "Net");
	assert_string_equal(keymap_bar_label(f->keymap, 1), "?");
	assert_int_equal(settings_int(&f->settings, SET_BAUD), 9600);
	keymap_free(f->keymap);
	f->keymap = keymap_new();
	assert_int_equal(apply(f, text), ERR_OK);
	assert_string_equal(text_of(f, "F5"), "/reset");
	assert_string_equal(keymap_bar_label(f->keymap, 5), "Again");
	assert_string_equal(keymap_bar_label(f->keymap, 11), "Top");
}

static void take_good(struct fixture *f, const char *text, const char *profile)
{
	memset(&f->errors, 0, sizeof(f->errors));
	settings_fini(&f->settings);
	settings_init(&f->settings);
	keymap_free(f->keymap);
	f->keymap = keymap_new();
	conf_apply_good(
	    "conf", text, ORIGIN_USER, profile, &f->settings, f->keymap, NULL, &f->errors);
}

/* Each: a good line before and behind, which must be taken; how many mistakes are told; the rate is
 * that of the last line. */
static void conf_apply_good__takes__all_but_the_mistakes(void **state)
{
	static const struct {
		const char *middle;
		int errors;
		const char *first;
	} cases[] = {
	    {"", 0, ""},
	    {"pace = fast\n", 1,
		"conf:2: pace: expected a number from 0 to 65536 (bytes), not 'fast'"},
	    {"wrap off\n", 1, "conf:2: expected '=' after 'wrap'"},
	    {"buad = 1\nwrap off\n", 2, "conf:3: expected '=' after 'wrap'"},
	    {"port = \"open\n", 1, "conf:2: this text has no end: expected another quote"},
	    {"port = 'it's'\n", 1, "conf:2: this text has no end: expected another quote"},
	    {"port = ${HOME}\n", 1,
		"conf:2: ${...} is not replaced here: write the value itself, or "
		"put the text in 'single quotes'"},
	    {"port = a*b\n", 1, "conf:2: unexpected '*': a value with it goes in quotes"},
	    {"}\n", 1, "conf:2: unexpected '}'"},
	    {"= x\n= y\n", 2, "conf:2: expected a name before '='"},
	    {"key {\n F3 = /chip\n baud = 300\n}\n", 1,
		"conf:2: unknown section 'key', did you mean 'keys'?"},
	    {"profile {\n baud = 300 # }\n port = '}'\n}\n", 1, "conf:2: expected profile NAME {"},
	    {"profile a {\n baud 300\n port = x\n}\n", 1, "conf:3: expected '=' after 'baud'"},
	    {"profile a {\n baud 300 }\n", 1, "conf:3: expected '=' after 'baud'"},
	    {"profile a { baud 300 \n port = x\n}\n", 1, "conf:2: expected '=' after 'baud'"},
	    {"profile a {\n keys { F5 \n }\n baud = 300\n}\n", 1,
		"conf:3: expected '=' after 'F5'"},
	    {"profile a {\n keyz { F5 = /chip }\n baud = 300\n}\n", 1,
		"conf:3: unknown section 'keyz', did you mean 'keys'?"},
	    {"keys { F3 = /chip F4 = /nosuch F7 = /clear }\n", 1,
		"conf:2: F4: there is no command /nosuch: /help lists them"},
	    {"keys {\n F3 = \"/chip\n F7 = /clear\n}\n", 1,
		"conf:3: this text has no end: expected another quote"},
	    {"keys { F3 = \"/chip\n F7 = /clear\n}\n", 1,
		"conf:2: this text has no end: expected another quote"},
	    {"include(\"/etc/passwd\")\n", 1,
		"conf:2: unexpected '(': a value with it goes in quotes"},
	    {"ba\001ud = 1\n", 1, "conf:2: a control character stands here"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[400];

		str_fmt(text, sizeof(text), "eol = crlf\n%sbaud = 9600\n", cases[i].middle);
		take_good(f, text, NULL);
		if (f->errors.count != cases[i].errors ||
		    settings_int(&f->settings, SET_BAUD) != 9600)
			fail_msg("%s: %d mistakes, rate %d: %s", cases[i].middle, f->errors.count,
			    (int)settings_int(&f->settings, SET_BAUD), f->errors.text[0]);
		assert_string_equal(f->errors.text[0], cases[i].first);
		assert_string_equal(settings_text(&f->settings, SET_EOL), "crlf");
		assert_string_equal(settings_text(&f->settings, SET_PORT), "");
	}
	take_good(f, "keys { F3 = /chip F4 = /nosuch F7 = /clear }\n", NULL);
	assert_string_equal(text_of(f, "F3"), "/chip");
	assert_string_equal(text_of(f, "F7"), "/clear");
}

static void conf_apply_good__drops_all__behind_what_has_no_end(void **state)
{
	struct fixture *f = *state;

	/* else the profile's rate would be everybody's */
	take_good(f, "eol = crlf\nprofile a {\n baud = 300\n\nwrap = off\n", NULL);
	assert_int_equal(f->errors.count, 2);
	assert_string_equal(f->errors.text[0], "conf:2: this section has no end: expected }");
	assert_string_equal(f->errors.text[1], "conf: what follows behind that is not read");
	assert_string_equal(settings_text(&f->settings, SET_EOL), "crlf");
	assert_int_equal(settings_int(&f->settings, SET_BAUD), 115200);
	assert_true(settings_bool(&f->settings, SET_ECHO));
}

static void conf_apply_good__finds__profiles_beside_mistakes(void **state)
{
	static const char text[] = "nonsense\nprofile a { baud = 300 eol = x }\n";
	struct fixture *f = *state;

	assert_true(conf_has_profile(text, "a"));
	take_good(f, text, "a");
	assert_int_equal(settings_int(&f->settings, SET_BAUD), 300);
	assert_int_equal(f->errors.count, 2);
	assert_false(conf_has_profile(text, "b"));
}

static void conf_apply_good__gives_up__at_too_many_mistakes(void **state)
{
	struct fixture *f = *state;
	struct sbuf text;

	sbuf_init(&text, 10000);
	sbuf_add(&text, "baud = 9600\n");
	for (int i = 0; i < 200; i++)
		sbuf_add(&text, "nonsense\n");
	take_good(f, sbuf_str(&text), NULL);
	assert_int_equal(settings_int(&f->settings, SET_BAUD), 115200);
	assert_true(f->errors.count > 50);
	sbuf_fini(&text);
}

static void on_profile(void *ctx, const char *name)
{
	str_cat(ctx, 100, name);
	str_cat(ctx, 100, " ");
}

static void conf_nearest_profile__names__the_one_that_is_near(void **state)
{
	static const char text[] = "profile kitchen { }\nprofile cellar { }\n";
	char near[64];

	(void)state;
	assert_string_equal(
	    conf_nearest_profile(text, "kitchn", near, sizeof(near)), ", did you mean 'kitchen'?");
	assert_string_equal(conf_nearest_profile(text, "xyz", near, sizeof(near)), "");
	assert_string_equal(conf_nearest_profile("", "kitchn", near, sizeof(near)), "");
}

static void conf_each_profile__names__all_in_order(void **state)
{
	char names[100] = "";

	(void)state;
	conf_each_profile(
	    "profile b { keys { } }\nbaud\nprofile a { }\nkeys { }\n", on_profile, names);
	assert_string_equal(names, "b a ");
}

/* Any text: no crash, no state left behind. */
static void conf_apply__survives__noise(void **state)
{
	static const char *const words[] = {"baud", "=", "{", "}", "keys", "profile", "\"", "'",
	    "\\", "#", "\n", "/*", "*/", "//", "$", "{x}", "|", "+=", "(", ")", ",", "F5", "/chip",
	    "9", "\xff", " ", " ", "x"};
	struct fixture *f = *state;
	unsigned seed = 4711;
	int round, i;

	for (round = 0; round < 5000; round++) {
		char text[200] = "";

		for (i = 0; i < round % 24; i++) {
			seed = seed * 1103515245u + 12345u;
			str_cat(text, sizeof(text),
			    words[(seed >> 16) % (sizeof(words) / sizeof(words[0]))]);
		}
		if (apply(f, text) != ERR_OK)
			assert_int_not_equal(f->errors.count, 0);
		else
			assert_int_equal(f->errors.count, 0);
		if (f->errors.count == 0) {
			take_good(f, text, NULL);
			assert_int_equal(f->errors.count, 0);
		} else {
			take_good(f, text, NULL);
			assert_int_not_equal(f->errors.count, 0);
		}
		assert_int_equal(apply(f, "port = 'x'\n"), ERR_OK);
		assert_string_equal(settings_text(&f->settings, SET_PORT), "x");
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void on_value(void *ctx, const char *name, const char *value)
{
	str_cat(ctx, 200, name);
	str_cat(ctx, 200, "=");
	str_cat(ctx, 200, value);
	str_cat(ctx, 200, " ");
}

static void conf_each_value__tells__values_of_file_or_profile(void **state)
{
	static const char text[] = "baud = 9600\n"
				   "values { net = home key = \"a b\" }\n"
				   "macros { F11 = x }\n"
				   "profile one { values { net = cellar } baud = 9600 }\n"
				   "profile two { values { net = attic } }\n";
	char got[200] = "";

	(void)state;
	conf_each_value(text, NULL, on_value, got);
	assert_string_equal(got, "net=home key=a b ");
	got[0] = '\0';
	conf_each_value(text, "one", on_value, got);
	assert_string_equal(got, "net=cellar ");
	got[0] = '\0';
	conf_each_value(text, "nosuch", on_value, got);
	assert_string_equal(got, "");
}

static void conf_apply__tells__keys_that_take_no_macro(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(apply(f, "macros { Enter = \"x\" }\n"), ERR_FORMAT);
	assert_int_equal(f->errors.count, 1);
	assert_int_equal(apply(f, "macros { F11 = \"//x\" }\n"), ERR_OK); /* a slash is sent */
	assert_int_equal(apply(f, "macros { F11 = \"/reset\" }\n"), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(conf_apply__sets_values__of_a_good_file),
	    TEST(conf_apply__takes__empty_texts),
	    TEST(conf_apply__reads_quotes__as_documented),
	    TEST(conf_apply__tells_place_and_expectation__of_each_mistake),
	    TEST(conf_apply__fails_at_the_end__of_every_cut_text),
	    TEST(conf_apply__collects_all_mistakes__and_changes_nothing),
	    TEST(conf_apply__counts_on__beyond_what_it_keeps),
	    TEST(conf_apply__refuses__too_much_text),
	    TEST(conf_apply__applies_a_profile__over_the_file),
	    TEST(conf_apply__leaves__what_a_later_origin_set),
	    TEST(conf_apply__keeps_the_end__of_a_long_path),
	    TEST(conf_apply__adds__highlight_rules),
	    TEST(conf_apply__takes__rules_of_a_profile),
	    TEST(conf_apply__tells__mistakes_in_rules),
	    TEST(conf_apply__takes__keys_and_labels_of_a_profile),
	    TEST(conf_apply_good__takes__all_but_the_mistakes),
	    TEST(conf_apply_good__drops_all__behind_what_has_no_end),
	    TEST(conf_apply_good__finds__profiles_beside_mistakes),
	    TEST(conf_apply_good__gives_up__at_too_many_mistakes),
	    TEST(conf_nearest_profile__names__the_one_that_is_near),
	    TEST(conf_each_profile__names__all_in_order),
	    TEST(conf_apply__survives__noise),
	    cmocka_unit_test_setup_teardown(
		conf_each_value__tells__values_of_file_or_profile, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		conf_apply__tells__keys_that_take_no_macro, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

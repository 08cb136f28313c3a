/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The man pages against the tables: nothing of a table may be missing there, and nothing may be
 * told that is in no table. Runs in the source folder.
 */
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
#include "tasmite/core/cmd.h"
#include "tasmite/core/conf.h"
#include "tasmite/core/options.h"
#include "tasmite/core/settings.h"
#include "tasmite/core/style.h"
#include "tasmite/core/theme.h"

struct pages {
	char *program; /* tasmite.1 */
	char *conf;    /* tasmite.conf.5 */
	char *themes;  /* tasmite-themes.5 */
};

static char *read_page(const char *path)
{
	char *text = xcalloc(1, 256 * 1024);
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		fail_msg("%s can't be opened: run this in the source folder", path);
	n = fread(text, 1, 256 * 1024 - 1, f);
	fclose(f);
	assert_true(n > 1000);
	return text;
}

static int setup(void **state)
{
	static struct pages p;

	p.program = read_page("man/tasmite.1");
	p.conf = read_page("man/tasmite.conf.5");
	p.themes = read_page("man/tasmite-themes.5");
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	struct pages *p = *state;

	free(p->program);
	free(p->conf);
	free(p->themes);
	return 0;
}

/* The text from the line that begins with `begin` up to the next that begins with `end`; to be
 * freed. */
static char *part(const char *page, const char *begin, const char *end)
{
	char from[80], to[80];
	const char *p, *q;

	str_fmt(from, sizeof(from), "\n%s\n", begin);
	str_fmt(to, sizeof(to), "\n%s", end);
	p = strstr(page, from);
	if (!p)
		fail_msg("the page has no '%s'", begin);
	p += strlen(from) - 1;
	q = strstr(p, to);
	/* ".Sx" is no section. */
	while (q && strcmp(end, ".S") == 0 && q[3] != 'h' && q[3] != 's')
		q = strstr(q + 1, to);
	return q ? xstrndup(p, (size_t)(q - p)) : xstrdup(p);
}

/* The body of the item whose head is "PREFIX NAME", followed by a blank or the end of the line; to
 * be freed. NULL when there is none. */
static char *item(const char *text, const char *prefix, const char *name)
{
	char head[80];
	const char *p = text, *end;

	str_fmt(head, sizeof(head), "\n.It %s%s", prefix, name);
	for (; (p = strstr(p, head)) != NULL; p++) {
		p += strlen(head);
		if (*p != ' ' && *p != '\n')
			continue;
		end = strstr(p, "\n.It ");
		return end ? xstrndup(p, (size_t)(end - p)) : xstrdup(p);
	}
	return NULL;
}

/* Calls known for the word behind each "PREFIX" of the text. */
static void each_item(
    const char *text, const char *prefix, bool (*known)(const char *name, int arg), int arg)
{
	char head[40], name[80];
	const char *p = text;

	str_fmt(head, sizeof(head), "\n.It %s", prefix);
	for (; (p = strstr(p, head)) != NULL;) {
		p += strlen(head);
		str_copy_n(name, sizeof(name), p, strcspn(p, " \n"));
		if (!known(name, arg))
			fail_msg("the page tells of '%s%s', which does not exist", prefix, name);
	}
}

static bool known_command(const char *name, int arg)
{
	const struct cmd_row *row = cmd_find(name, strlen(name));

	(void)arg;
	return row && strcmp(row->name, name) == 0;
}

static void man__has__every_command(void **state)
{
	const struct pages *p = *state;
	char *text = part(p->program, ".Sh COMMANDS", ".Sh ");
	char option[32];
	size_t j;
	int i;

	for (i = 0; i < CMD_COUNT; i++) {
		const struct cmd_row *row = cmd_row((enum cmd_id)i);
		char *body = item(text, "Ic /", row->name);

		if (!body)
			fail_msg("tasmite.1 does not have the command /%s", row->name);
		for (j = 0; *row->options; j++) {
			char want[48];
			const char *bar = row->options;
			size_t k;

			for (k = 0; k < j && bar; k++) {
				bar = strchr(bar, '|');
				bar = bar ? bar + 1 : NULL;
			}
			if (!bar)
				break;
			str_copy_n(option, sizeof(option), bar + 2, strcspn(bar + 2, " |"));
			str_fmt(want, sizeof(want), "Fl Fl %s", option);
			if (!strstr(body, want))
				fail_msg("tasmite.1: /%s lacks --%s", row->name, option);
		}
		free(body);
	}
	each_item(text, "Ic /", known_command, 0);
	free(text);
}

static bool known_option(const char *name, int command)
{
	return options_find((enum options_command)command, name) != NULL;
}

static void man__has__every_option_of_every_sub_command(void **state)
{
	const struct pages *p = *state;
	int c, i;

	for (c = 0; c < OPTIONS_COMMANDS; c++) {
		const char *name = options_command_row((enum options_command)c)->name;
		char begin[40], *text;

		str_fmt(begin, sizeof(begin), ".Ss %s", name);
		text = part(p->program, c == OPTIONS_SESSION ? ".Sh OPTIONS" : begin, ".S");
		for (i = 0; i < OPTION_COUNT; i++) {
			const struct option_row *row = option_row((enum option_id)i);
			char *body;

			if (!(row->commands & OPTIONS_IN(c)))
				continue;
			body = item(text, "Fl Fl ", row->name);
			if (!body)
				fail_msg("tasmite.1 does not have --%s of '%s'", row->name, name);
			if (*row->value && !strstr(body, "Ar ") && !strstr(body, "Cm "))
				fail_msg("tasmite.1: --%s of '%s' has no value", row->name, name);
			free(body);
		}
		each_item(text, "Fl Fl ", known_option, c);
		free(text);
	}
}

static void man__has__every_bound_key(void **state)
{
	const struct pages *p = *state;
	char *text = part(p->program, ".Sh KEYS", ".Sh ");
	struct keymap *k = keymap_new();
	const char *key, *bound;
	size_t i;

	for (i = 0; keymap_at(k, i, &key, &bound); i++) {
		char head[40], *body;
		size_t n = strlen(key) - 1;

		/* A bracket would be taken for the end of something. */
		str_fmt(head, sizeof(head), key[n] == ']' ? "%.*s\\&%s" : "%.*s%s", (int)n, key,
		    key + n);
		body = item(text, "Sy ", head);

		if (!body)
			fail_msg("tasmite.1 does not have the key %s", key);
		free(body);
	}
	assert_true(i > 10);
	keymap_free(k);
	free(text);
}

static bool known_setting(const char *name, int arg)
{
	(void)arg;
	return setting_find(name) >= 0;
}

static void check_setting(const char *body, const struct setting_row *row)
{
	char want[64];
	const char *p;

	if (*row->fallback) {
		str_fmt(want, sizeof(want), "The default is\n.Li %s .", row->fallback);
		if (!strstr(body, want))
			fail_msg("tasmite.conf.5: %s: the default is %s", row->name, row->fallback);
	}
	if (row->type == SETTING_INT) {
		str_fmt(want, sizeof(want), "A number from %d to %d (%s).", (int)row->min,
		    (int)row->max, row->extra);
		if (!strstr(body, want))
			fail_msg("tasmite.conf.5: %s: expected '%s'", row->name, want);
	}
	for (p = row->type == SETTING_CHOICE ? row->extra : ""; *p; p += *p == '|') {
		size_t n = strcspn(p, "|");

		str_copy_n(want, sizeof(want), p, n);
		if (!strstr(body, want))
			fail_msg("tasmite.conf.5: %s lacks %s", row->name, want);
		p += n;
	}
}

static void man__has__every_setting(void **state)
{
	const struct pages *p = *state;
	char *text = part(p->conf, ".Sh SETTINGS", ".Sh ");
	int i;

	for (i = 0; i < SETTING_COUNT; i++) {
		const struct setting_row *row = setting_row((enum setting_id)i);
		char *body = item(text, "Cm ", row->name);

		if (!body)
			fail_msg("tasmite.conf.5 does not have the setting %s", row->name);
		check_setting(body, row);
		free(body);
	}
	each_item(text, "Cm ", known_setting, 0);
	free(text);
}

static bool known_style(const char *name, int arg)
{
	(void)arg;
	return style_find(name) >= 0;
}

static bool known_theme(const char *name, int arg)
{
	(void)arg;
	for (size_t t = 0; theme_builtin_name(t); t++)
		if (strcmp(theme_builtin_name(t), name) == 0)
			return true;
	return false;
}

static void man__has__every_style_and_theme(void **state)
{
	const struct pages *p = *state;
	char *text = part(p->themes, ".Sh STYLES", ".Sh ");
	size_t t;
	int i;

	for (i = 0; i < STYLE_COUNT; i++) {
		char *body = item(text, "Cm ", style_name((enum style_id)i));

		if (!body)
			fail_msg("tasmite-themes.5 does not have the style %s",
			    style_name((enum style_id)i));
		if (!strstr(body, style_about((enum style_id)i)))
			fail_msg("tasmite-themes.5: %s is for: %s", style_name((enum style_id)i),
			    style_about((enum style_id)i));
		free(body);
	}
	each_item(text, "Cm ", known_style, 0);
	free(text);
	text = part(p->themes, ".Sh DESCRIPTION", ".Sh ");
	for (t = 0; theme_builtin_name(t); t++) {
		char *body = item(text, "Sy ", theme_builtin_name(t));

		if (!body)
			fail_msg(
			    "tasmite-themes.5 does not have the theme %s", theme_builtin_name(t));
		free(body);
	}
	each_item(text, "Sy ", known_theme, 0);
	free(text);
}

/* What /help shows of a command stands in the page word by word, markup and line ends apart. */
static void squeeze(char *dst, size_t size, const char *src)
{
	size_t n = 0;

	for (; *src && n + 2 < size; src++) {
		if (src[0] == '\\' && src[1] == 'e') {
			dst[n++] = '\\';
			src++;
		} else if (src[0] == '\\' && src[1] == '&') {
			src++;
		} else if (!strncmp(src, "\n.Fl Fl ", 8)) {
			dst[n++] = '-';
			dst[n++] = '-';
			src += 7;
		} else if (!strncmp(src, "\n.Ic ", 5)) {
			src += 4;
		} else if (*src != ' ' && *src != '\n') {
			dst[n++] = *src;
		}
	}
	dst[n] = '\0';
}

static void man__has__the_help_of_every_command(void **state)
{
	const struct pages *p = *state;
	char *text = part(p->program, ".Sh COMMANDS", ".Sh ");
	char have[8192], want[4096];

	for (int i = 0; i < CMD_COUNT; i++) {
		const struct cmd_row *row = cmd_row((enum cmd_id)i);
		char *body = item(text, "Ic /", row->name);

		assert_non_null(body);
		squeeze(have, sizeof(have), body);
		squeeze(want, sizeof(want), row->help);
		if (!strstr(have, want + (want[0] ? 1 : 0))) /* a capital may begin it */
			fail_msg("tasmite.1: /%s has another text than /help", row->name);
		free(body);
	}
	free(text);
}

/* The first literal block of a section, with the backslashes of roff undone. */
static char *example(const char *page, const char *section)
{
	char *text = part(page, section, ".Sh "), *block, *p, *q;

	block = part(text, ".Bd -literal -offset indent", ".Ed");
	for (p = q = block; *p; p++)
		if (strncmp(p, "\\e", 2) == 0)
			*q++ = '\\', p++;
		else
			*q++ = *p;
	*q = '\0';
	free(text);
	return block;
}

static void man__examples__can_be_used_as_they_are(void **state)
{
	const struct pages *p = *state;
	char *text = example(p->conf, ".Sh FORM");
	struct keymap *k = keymap_new();
	struct conf_errors errors = {.count = 0};
	struct settings s;
	struct theme t;
	struct err err;

	settings_init(&s);
	if (conf_apply("man", text, ORIGIN_USER, "kitchen", &s, k, NULL, &errors) != ERR_OK)
		fail_msg("%s", errors.text[0]);
	assert_string_equal(settings_text(&s, SET_EOL), "crlf");
	settings_fini(&s);
	keymap_free(k);
	free(text);
	text = example(p->themes, ".Sh FORM");
	if (theme_parse(&t, "man", "man", text, &err) != ERR_OK)
		fail_msg("%s", err.text);
	assert_int_equal(t.cells[THEME_16][STYLE_RX].fg, 10);
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(man__has__every_command),
	    TEST(man__has__the_help_of_every_command),
	    TEST(man__has__every_option_of_every_sub_command),
	    TEST(man__has__every_bound_key),
	    TEST(man__has__every_setting),
	    TEST(man__has__every_style_and_theme),
	    TEST(man__examples__can_be_used_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

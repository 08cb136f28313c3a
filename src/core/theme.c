/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Themes: the meaning of a theme file, and those that are compiled in. */
#include "tasmite/core/theme.h"

#include <string.h>

#include "conf_int.h"
#include "tasmite/base/str.h"
#include "tasmite/core/themes_gen.h"
#include "tasmite/core/words.h"

#define ATTRIBUTES "bold|dim|underline|reverse|italic"
#define COLORS	   "black|red|green|yellow|blue|magenta|cyan|white"

static const struct {
	const char *name;
	int colors;
} depths[THEME_DEPTHS] = {
    [THEME_MONO] = {"mono", 0},
    [THEME_8] = {"8", 8},
    [THEME_16] = {"16", 16},
    [THEME_256] = {"256", 256},
};

static const struct conf_form theme_forms[] = {{.name = "style", .titled = true}, {.name = NULL}};

const char *theme_builtin_name(size_t i)
{
	return i < themes_gen_count ? themes_gen_names[i] : NULL;
}

const char *theme_builtin_text(size_t i)
{
	return i < themes_gen_count ? themes_gen_texts[i] : NULL;
}

/* A colour's number, or -2 when the word is none that this depth has. */
static int parse_color(const char *word, int colors)
{
	uint64_t n;
	int i;

	if (str_casecmp(word, "default") == 0)
		return THEME_COLOR_DEFAULT;
	if (str_parse_u64(word, 255, &n))
		return n < (uint64_t)colors ? (int)n : -2;
	if (str_starts_nocase(word, "bright-")) {
		i = words_find(COLORS, word + strlen("bright-"));
		return i >= 0 && colors >= 16 ? i + 8 : -2;
	}
	i = words_find(COLORS, word);
	return i >= 0 && colors > 0 ? i : -2;
}

/* Takes one word of a value; false when it can't stand there. */
static bool take_word(struct theme_cell *cell, const char *word, int colors, bool *on, int *seen)
{
	int i = words_find(ATTRIBUTES, word), color;

	if (i >= 0 && !*on) {
		cell->attr |= (uint8_t)(1 << i);
		return true;
	}
	if (str_casecmp(word, "on") == 0 && !*on && !(*seen & 2) && colors > 0) {
		*on = true;
		return true;
	}
	color = parse_color(word, colors);
	if (color == -2 || colors == 0 || (*seen & (*on ? 2 : 1)))
		return false;
	*seen |= *on ? 2 : 1;
	if (*on)
		cell->bg = (int16_t)color;
	else
		cell->fg = (int16_t)color;
	*on = false;
	return true;
}

/* seen tells which colours were named: 1 the foreground, 2 the background. */
static bool parse_cell(
    struct theme_cell *cell, const char *value, int colors, int *seen, char *bad, size_t size)
{
	bool on = false;

	*seen = 0;
	*cell = (struct theme_cell){THEME_COLOR_DEFAULT, THEME_COLOR_DEFAULT, 0};
	for (value += strspn(value, " "); *value; value += strspn(value, " ")) {
		size_t n = strcspn(value, " ");

		str_copy_n(bad, size, value, n);
		if (!take_word(cell, bad, colors, &on, seen))
			return false;
		value += n;
	}
	return !on;
}

struct build {
	struct theme theme;
	bool set[THEME_DEPTHS][STYLE_COUNT];
	int named[THEME_DEPTHS][STYLE_COUNT]; /* which colours: 1 foreground, 2 background */
	const char *file;
	struct conf_errors errors;
};

static void bad_style(struct build *b, const struct conf_entry *e)
{
	struct nearest near;
	char text[64];
	int i;

	nearest_init(&near, e->title);
	for (i = 0; i < STYLE_COUNT; i++)
		nearest_offer(&near, style_name((enum style_id)i));
	conf_error(&b->errors, b->file, e->line, "unknown style '%.40s'%s", e->title,
	    nearest_text(&near, "", text, sizeof(text)));
}

static void take_style(struct build *b, const struct conf_entry *e)
{
	int style = style_find(e->title);
	char bad[40] = "";
	size_t d = 0;

	if (style < 0) {
		bad_style(b, e);
		return;
	}
	while (d < THEME_DEPTHS && strcmp(depths[d].name, e->name) != 0)
		d++;
	if (d == THEME_DEPTHS) {
		conf_error(&b->errors, b->file, e->line,
		    "%s: expected mono, 8, 16 or 256, not '%.40s'", e->title, e->name);
		return;
	}
	b->set[d][style] = true;
	if (parse_cell(&b->theme.cells[d][style], e->value, depths[d].colors, &b->named[d][style],
		bad, sizeof(bad)))
		return;
	conf_error(&b->errors, b->file, e->line, "%s: %s: expected %s, '%s' can't stand here",
	    e->title, e->name,
	    d == THEME_MONO ? "bold, dim, underline, reverse, italic or nothing"
			    : "[COLOUR] [on COLOUR] [bold|dim|underline|reverse|italic]...",
	    bad);
}

static void take_entry(struct build *b, const struct conf_entry *e)
{
	if (*e->section)
		take_style(b, e);
	else if (strcmp(e->name, "about") == 0)
		str_copy(b->theme.about, sizeof(b->theme.about), e->value);
	else
		conf_error(&b->errors, b->file, e->line,
		    "expected about or style NAME { }, not '%.40s'", e->name);
}

/* A depth that is left out looks like the one below. */
static void fill_depths(struct build *b, int style)
{
	int d;

	for (d = THEME_MONO; d < THEME_DEPTHS; d++) {
		if (b->set[d][style])
			continue;
		if (d == THEME_MONO) {
			b->theme.cells[d][style] =
			    (struct theme_cell){THEME_COLOR_DEFAULT, THEME_COLOR_DEFAULT, 0};
			continue;
		}
		b->theme.cells[d][style] = b->theme.cells[d - 1][style];
		b->named[d][style] = b->named[d - 1][style];
	}
}

/* Colours that are left out are those of "default": so is a whole style that is left out. */
static void fill_gaps(struct build *b)
{
	int d, style;

	for (style = 0; style < STYLE_COUNT; style++) {
		fill_depths(b, style);
		for (d = 0; d < THEME_DEPTHS; d++) {
			struct theme_cell *cell = &b->theme.cells[d][style];
			const struct theme_cell *plain = &b->theme.cells[d][STYLE_DEFAULT];

			if (!(b->named[d][style] & 1))
				cell->fg = plain->fg;
			if (!(b->named[d][style] & 2))
				cell->bg = plain->bg;
		}
	}
}

int theme_parse(
    struct theme *t, const char *name, const char *file, const char *text, struct err *err)
{
	struct build b = {.file = file};
	struct conf_doc doc;
	size_t i;

	str_copy(b.theme.name, sizeof(b.theme.name), name);
	conf_doc_parse(&doc, theme_forms, file, text, &b.errors);
	for (i = 0; i < doc.count; i++)
		take_entry(&b, &doc.entries[i]);
	conf_doc_fini(&doc);
	if (b.errors.count > 1)
		return err_set(
		    err, ERR_FORMAT, 0, "%s (and %d more)", b.errors.text[0], b.errors.count - 1);
	if (b.errors.count > 0)
		return err_set(err, ERR_FORMAT, 0, "%s", b.errors.text[0]);
	fill_gaps(&b);
	*t = b.theme;
	return ERR_OK;
}

int theme_builtin(struct theme *t, const char *name, struct err *err)
{
	struct nearest near;
	char text[64], file[64];
	size_t i;

	nearest_init(&near, name);
	for (i = 0; i < themes_gen_count; i++) {
		nearest_offer(&near, themes_gen_names[i]);
		if (strcmp(themes_gen_names[i], name) != 0)
			continue;
		str_fmt(file, sizeof(file), "themes/%s.theme", name);
		return theme_parse(t, name, file, themes_gen_texts[i], err);
	}
	return err_set(err, ERR_NOENT, 0, "there is no theme '%.40s'%s", name,
	    nearest_text(&near, "", text, sizeof(text)));
}

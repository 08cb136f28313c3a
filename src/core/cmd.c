/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The /commands: the table and the parser of a line. */
#include "tasmite/core/cmd.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_int.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/words.h"

static const struct cmd_row cmd_rows[CMD_COUNT] = {
#define CMD_ROW(id, name, spec, usage, summary, help, options) \
	[id] = {id, name, spec, usage, summary, help, options},
    CMD_TABLE(CMD_ROW)
#undef CMD_ROW
};

const struct cmd_row *cmd_row(enum cmd_id id)
{
	assert((unsigned)id < CMD_COUNT);
	return &cmd_rows[id];
}

const struct cmd_row *cmd_find(const char *name, size_t n)
{
	const struct cmd_row *found = NULL;
	int i, fits = 0;

	for (i = 0; i < CMD_COUNT; i++) {
		if (str_ncasecmp(cmd_rows[i].name, name, n) != 0)
			continue;
		if (!cmd_rows[i].name[n])
			return &cmd_rows[i];
		found = &cmd_rows[i];
		fits++;
	}
	return n > 0 && fits == 1 ? found : NULL;
}

bool cmd_word_next(struct cmd_scan *s)
{
	char quote = 0;

	while (s->pos < s->end && (s->line[s->pos] == ' ' || s->line[s->pos] == '\t'))
		s->pos++;
	s->start = s->pos;
	s->len = 0;
	s->quoted = false;
	if (s->pos == s->end)
		return false;
	for (; s->pos < s->end; s->pos++) {
		char c = s->line[s->pos];

		if (quote ? c == quote : c == '\'' || c == '"') {
			quote = quote ? 0 : c;
			s->quoted = true;
			continue;
		}
		if (!quote && (c == ' ' || c == '\t'))
			break;
		if (c == '\\' && quote != '\'' && s->pos + 1 < s->end &&
		    strchr(" \t'\"\\", s->line[s->pos + 1]))
			c = s->line[++s->pos];
		s->word[s->len++] = c;
	}
	s->open = quote != 0;
	return true;
}

bool cmd_option_of(const struct cmd_row *row, const char *word, const char **value)
{
	char option[32];
	size_t i;

	*value = NULL;
	for (i = 0; words_of_list(row->options, i, option, sizeof(option)); i++) {
		size_t n = strcspn(option, " ");

		if (strncmp(word, option, n) != 0 || word[n])
			continue;
		if (option[n])
			*value = strstr(row->options, option) + n + 1;
		return true;
	}
	return false;
}

static int unknown_command(const char *name, size_t n, struct err *err)
{
	char word[40], nearest[64], fits[200] = "";
	struct nearest near;
	int i, count = 0;

	str_copy_n(word, sizeof(word), name, n);
	nearest_init(&near, word);
	for (i = 0; i < CMD_COUNT; i++) {
		nearest_offer(&near, cmd_rows[i].name);
		if (n > 0 && str_starts_nocase(cmd_rows[i].name, word)) {
			str_cat(fits, sizeof(fits), count++ ? ", /" : "/");
			str_cat(fits, sizeof(fits), cmd_rows[i].name);
		}
	}
	if (count > 1)
		return err_set(err, ERR_INVAL, 0, "/%s can be %s", word, fits);
	if (!words_printable(word))
		word[0] = '\0';
	if (!word[0])
		return err_set(err, ERR_INVAL, 0, "no command is named: /help lists them");
	return err_set(err, ERR_INVAL, 0, "there is no command /%s%s%s", word,
	    nearest_text(&near, "/", nearest, sizeof(nearest)),
	    near.best ? "" : ": /help lists them");
}

static int unknown_option(const struct cmd_row *row, const char *word, struct err *err)
{
	char nearest[64], option[32], best[32] = "";
	struct nearest near;
	size_t i;

	nearest_init(&near, word);
	for (i = 0; words_of_list(row->options, i, option, sizeof(option)); i++) {
		int was = near.distance;

		option[strcspn(option, " ")] = '\0';
		nearest_offer(&near, option);
		if (near.distance < was)
			str_copy(best, sizeof(best), option);
	}
	near.best = best[0] ? best : NULL;
	return err_set(err, ERR_INVAL, 0, "/%s has no option '%s'%s: %s", row->name, word,
	    nearest_text(&near, "", nearest, sizeof(nearest)), row->usage);
}

/* Checks the words against the row's spec and options. */
static int check_words(const struct cmd_line *c, const bool *quoted, struct err *err)
{
	int i, have = 0, least, most;

	cmd_spec_counts(c->row->spec, &least, &most);
	for (i = 0; i < c->count; i++) {
		const char *value;

		if (quoted[i] || strncmp(c->args[i], "--", 2) != 0) {
			have++;
			continue;
		}
		if (!cmd_option_of(c->row, c->args[i], &value))
			return unknown_option(c->row, c->args[i], err);
		if (value && ++i == c->count)
			return err_set(err, ERR_INVAL, 0, "%s needs a value: %s", c->args[i - 1],
			    c->row->usage);
	}
	if (have < least)
		return err_set(err, ERR_INVAL, 0, "a word is missing: %s", c->row->usage);
	if (most >= 0 && have > most)
		return err_set(err, ERR_INVAL, 0, "too many words: %s", c->row->usage);
	return ERR_OK;
}

void cmd_spec_counts(const char *spec, int *least, int *most)
{
	*least = *most = 0;
	for (; *spec; spec++) {
		if (spec[1] == '*') {
			*most = -1;
			return;
		}
		(*most)++;
		if (spec[1] == '?')
			spec++;
		else
			(*least)++;
	}
}

char cmd_spec_kind(const char *spec, int position)
{
	for (; *spec; spec++) {
		if (spec[1] == '*' || position == 0)
			return *spec;
		if (spec[1] == '?')
			spec++;
		position--;
	}
	return 0;
}

int cmd_parse(const char *line, struct cmd_line *c, struct err *err)
{
	struct cmd_scan scan = {.line = line, .end = strlen(line)};
	bool quoted[CMD_MAX_ARGS];
	size_t name_end;

	memset(c, 0, sizeof(*c));
	if (line[0] != '/' || line[1] == '/')
		return err_set(err, ERR_INVAL, 0, "a command begins with one /");
	name_end = 1 + strcspn(line + 1, " \t");
	c->row = cmd_find(line + 1, name_end - 1);
	if (!c->row)
		return unknown_command(line + 1, name_end - 1, err);
	c->store = xmalloc(scan.end + 1);
	c->rest = str_skip_blank(line + name_end);
	scan.word = c->store;
	scan.pos = name_end;
	while (cmd_word_next(&scan)) {
		if (scan.open)
			return err_set(err, ERR_INVAL, 0, "a quote is open: %s", c->row->usage);
		/* What takes anything reads the rest of the line by itself. */
		if (c->count == CMD_MAX_ARGS && strcmp(c->row->spec, "x*") == 0)
			break;
		if (c->count == CMD_MAX_ARGS)
			return err_set(
			    err, ERR_INVAL, 0, "too many words (more than %d)", CMD_MAX_ARGS);
		/* Each word but the last is followed by a blank in the line: room for its end. */
		scan.word[scan.len] = '\0';
		quoted[c->count] = scan.quoted;
		c->args[c->count++] = scan.word;
		scan.word += scan.len + 1;
	}
	return check_words(c, quoted, err);
}

void cmd_line_fini(struct cmd_line *c)
{
	free(c->store);
	c->store = NULL;
	c->count = 0;
}

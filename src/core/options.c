/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of the command line: look-up, help, and the walk over the words. */
#include "tasmite/core/options.h"

#include <assert.h>
#include <string.h>

#include "tasmite/core/words.h"

static const struct option_row option_rows[OPTION_COUNT] = {
#define OPTIONS_ROW(id, name, value, help, commands) [id] = {id, name, value, help, commands},
    OPTIONS_TABLE(OPTIONS_ROW)
#undef OPTIONS_ROW
};

static const struct options_command_row command_rows[OPTIONS_COMMANDS] = {
#define OPTIONS_COMMAND_ROW(id, name, operands, least, most, about) \
	[id] = {name, operands, least, most, about},
    OPTIONS_COMMAND_TABLE(OPTIONS_COMMAND_ROW)
#undef OPTIONS_COMMAND_ROW
};

const struct option_row *option_row(enum option_id id)
{
	assert((unsigned)id < OPTION_COUNT);
	return &option_rows[id];
}

const struct options_command_row *options_command_row(enum options_command command)
{
	assert((unsigned)command < OPTIONS_COMMANDS);
	return &command_rows[command];
}

enum options_command options_command_find(const char *name)
{
	int i;

	for (i = 1; i < OPTIONS_COMMANDS; i++)
		if (strcmp(command_rows[i].name, name) == 0)
			return (enum options_command)i;
	return OPTIONS_SESSION;
}

const struct option_row *options_find(enum options_command command, const char *name)
{
	int i;

	for (i = 0; i < OPTION_COUNT; i++)
		if ((option_rows[i].commands & OPTIONS_IN(command)) &&
		    strcmp(option_rows[i].name, name) == 0)
			return &option_rows[i];
	return NULL;
}

static void usage_line(enum options_command command, struct sbuf *out)
{
	const struct options_command_row *row = &command_rows[command];

	sbuf_fmt(out, "tasmite%s%s [OPTION]...%s%s\n", *row->name ? " " : "", row->name,
	    *row->operands ? " " : "", row->operands);
}

/* Help at the right of the name, wrapped at 78 columns. */
static void usage_row(struct sbuf *out, const char *name, const char *help)
{
	const size_t width = 54;
	char line[80];

	while (strlen(help) > width) {
		size_t n = width;

		while (n > 0 && help[n] != ' ')
			n--;
		str_copy_n(line, sizeof(line), help, n ? n : width);
		sbuf_fmt(out, "  %-20s  %s\n", name, line);
		name = "";
		help += n ? n + 1 : width;
	}
	sbuf_fmt(out, "  %-20s  %s\n", name, help);
}

void options_usage(enum options_command command, struct sbuf *out)
{
	int i;

	sbuf_add(out, "Usage: ");
	usage_line(command, out);
	if (command == OPTIONS_SESSION)
		for (i = 1; i < OPTIONS_COMMANDS; i++) {
			sbuf_add(out, "       ");
			usage_line((enum options_command)i, out);
		}
	sbuf_fmt(out, "\n%c%s.\n\n", command_rows[command].about[0] - 'a' + 'A',
	    command_rows[command].about + 1);
	for (i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = &option_rows[i];
		char name[40];

		if (!(row->commands & OPTIONS_IN(command)))
			continue;
		str_fmt(name, sizeof(name), "--%s%s%s", row->name,
		    *row->value && row->value[0] != '[' ? " " : "", row->value);
		usage_row(out, name, row->help);
	}
}

void options_begin(struct options *o, char *const *argv)
{
	memset(o, 0, sizeof(*o));
	o->argv = argv;
	if (!argv[0])
		return;
	o->next = 1;
	if (!argv[1])
		return;
	o->command = options_command_find(argv[1]);
	if (o->command != OPTIONS_SESSION)
		o->next = 2;
}

/* "tasmite flash" for messages. */
static const char *called(const struct options *o, char *dst, size_t size)
{
	const char *name = command_rows[o->command].name;

	str_fmt(dst, size, "tasmite%s%s", *name ? " " : "", name);
	return dst;
}

static int unknown_option(const struct options *o, const char *name, struct err *err)
{
	char text[64], program[32];
	struct nearest near;
	int i;

	nearest_init(&near, name);
	for (i = 0; i < OPTION_COUNT; i++)
		if (option_rows[i].commands & OPTIONS_IN(o->command))
			nearest_offer(&near, option_rows[i].name);
	called(o, program, sizeof(program));
	return err_set(err, ERR_INVAL, 0, "%s has no option '--%.40s'%s (%s --help lists them)",
	    program, name, nearest_text(&near, "--", text, sizeof(text)), program);
}

static int take_option(struct options *o, const char *word, const struct option_row **row,
    const char **value, struct err *err)
{
	const char *equal = strchr(word, '=');
	char name[64];

	str_copy_n(
	    name, sizeof(name), word + 2, equal ? (size_t)(equal - word) - 2 : strlen(word) - 2);
	*row = options_find(o->command, name);
	if (!*row)
		return unknown_option(o, name, err);
	*value = equal ? equal + 1 : NULL;
	if (!*(*row)->value && equal)
		return err_set(err, ERR_INVAL, 0, "--%s takes no value", name);
	if (!*(*row)->value || (*row)->value[0] == '[' || equal)
		return 1;
	*value = o->argv[o->next];
	if (!*value)
		return err_set(
		    err, ERR_INVAL, 0, "--%s needs a value: --%s %s", name, name, (*row)->value);
	o->next++;
	return 1;
}

static int end_of_words(const struct options *o, struct err *err)
{
	char program[32];

	if (o->operands >= command_rows[o->command].least)
		return 0;
	return err_set(err, ERR_INVAL, 0, "a word is missing: %s [OPTION]... %s",
	    called(o, program, sizeof(program)), command_rows[o->command].operands);
}

/* The first of several words may have been meant for a sub-command. */
static int too_much(const struct options *o, const char *word, struct err *err)
{
	char text[64] = "", program[32];
	struct nearest near;

	if (o->command == OPTIONS_SESSION) {
		nearest_init(&near, o->argv[1]);
		for (int i = OPTIONS_SESSION + 1; i < OPTIONS_COMMANDS; i++)
			nearest_offer(&near, command_rows[i].name);
		nearest_text(&near, "", text, sizeof(text));
		if (text[0])
			return err_set(err, ERR_INVAL, 0, "there is no sub-command '%.40s'%s",
			    o->argv[1], text);
	}
	return err_set(err, ERR_INVAL, 0, "'%.80s' is too much: %s [OPTION]... %s", word,
	    called(o, program, sizeof(program)), command_rows[o->command].operands);
}

int options_next(
    struct options *o, const struct option_row **row, const char **value, struct err *err)
{
	int most = command_rows[o->command].most;
	const char *word = o->argv[o->next];
	char program[32];

	*row = NULL;
	*value = NULL;
	if (word && !o->plain && strcmp(word, "--") == 0) {
		o->plain = true;
		word = o->argv[++o->next];
	}
	if (!word)
		return end_of_words(o, err);
	o->next++;
	if (!o->plain && str_starts(word, "--"))
		return take_option(o, word, row, value, err);
	if (!o->plain && word[0] == '-' && word[1])
		return err_set(err, ERR_INVAL, 0,
		    "'%.40s': options begin with two dashes (%s --help "
		    "lists them)",
		    word, called(o, program, sizeof(program)));
	if (most >= 0 && o->operands >= most)
		return too_much(o, word, err);
	o->operands++;
	*value = word;
	return 1;
}

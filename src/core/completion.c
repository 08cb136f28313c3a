/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Completion scripts. A line of the script stands for a row of the table; what is the same for all is
 * a text here. The scripts use no more than the shells themselves bring.
 */
#include "tasmite/core/completion.h"

#include <string.h>

/* ---- what a word may be ----------------------------------------------------------------------- */

/* Options whose values the table names by a letter. */
static const struct {
	const char *name, *words;
} option_words[] = {
    {"baud", "9600 19200 38400 57600 74880 115200 230400 460800 921600 1000000 1500000 2000000"},
    {"format", "8N1 8E1 8O1 8N2 7E1"},
    {"dtr", "auto on off keep"},
    {"rts", "auto on off keep"},
    {"eol", "none cr lf crlf"},
    {"color", "always never auto"},
    {"stamp", "clock iso"},
    {"mode", "keep qio qout dio dout"},
    {"size", "keep detect 256KB 512KB 1MB 2MB 4MB 8MB 16MB"},
    {"freq", "keep 20m 26m 40m 80m"},
    {"completion", "bash zsh fish"},
};

enum completion_kind completion_of_option(const struct option_row *row, const char **words)
{
	*words = "";
	for (size_t i = 0; i < sizeof(option_words) / sizeof(option_words[0]); i++)
		if (strcmp(option_words[i].name, row->name) == 0) {
			*words = option_words[i].words;
			return COMPLETION_WORDS;
		}
	if (strstr(row->value, "FILE"))
		return COMPLETION_FILE;
	if (strcmp(row->value, "P") == 0)
		return COMPLETION_PORT;
	if (strcmp(row->value, "T") == 0)
		return COMPLETION_THEME;
	if (strcmp(row->value, "NAME=VALUE") == 0)
		return COMPLETION_SETTING;
	return COMPLETION_NONE;
}

enum completion_kind completion_of_operand(enum options_command command, const char **words)
{
	const struct options_command_row *row = options_command_row(command);

	*words = "";
	if (command == OPTIONS_SESSION)
		return COMPLETION_TARGET;
	if (command == OPTIONS_ERASE) {
		*words = "all";
		return COMPLETION_WORDS;
	}
	/* What these write, read and look at; others name files of their own kind. */
	if (command == OPTIONS_BACKUP || command == OPTIONS_REPLAY || command == OPTIONS_DIAGNOSE ||
	    command == OPTIONS_SEND)
		return COMPLETION_FILE;
	return strstr(row->operands, "FILE") ? COMPLETION_FIRMWARE : COMPLETION_NONE;
}

static bool has(const struct option_row *row, int command)
{
	return row->commands & OPTIONS_IN(command);
}

/* "[=V]": only behind a "=". */
static bool value_is_optional(const struct option_row *row)
{
	return row->value[0] == '[';
}

/* ---- bash ------------------------------------------------------------------------------------- */

static const char bash_head[] =
    "# bash completion of tasmite. Made by: tasmite --completion bash\n"
    "_tasmite_ask() {\n"
    "\t\"${COMP_WORDS[0]}\" --completion \"$1\" 2>/dev/null | cut -f 1\n"
    "}\n"
    "_tasmite_offer() {\n"
    "\tlocal IFS=$'\\n'\n"
    "\tcase $1 in\n"
    "\tfile) compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
    "\tfirmware)\n"
    "\t\tcompopt -o filenames\n"
    "\t\tCOMPREPLY=($(compgen -d -- \"$cur\") $(compgen -f -X '!*.bin' -- \"$cur\")\n"
    "\t\t\t$(compgen -f -X '!*.gz' -- \"$cur\"))\n"
    "\t\t;;\n"
    "\tsettings) compopt -o nospace; COMPREPLY=($(compgen -S = -W \"$(_tasmite_ask settings)\" -- "
    "\"$cur\")) ;;\n"
    "\tports | targets | themes) COMPREPLY=($(compgen -W \"$(_tasmite_ask $1)\" -- \"$cur\")) ;;\n"
    "\twords) IFS=$' \\n'; COMPREPLY=($(compgen -W \"$2\" -- \"$cur\")) ;;\n"
    "\tesac\n"
    "}\n"
    "_tasmite() {\n"
    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} opt= joined= cmd= operand=\n"
    "\tCOMPREPLY=()\n"
    "\t# bash takes \"--name=value\" for three words.\n"
    "\tif [ \"$cur\" = = ]; then\n"
    "\t\tcur= joined=yes opt=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "\telif [ \"${COMP_WORDS[COMP_CWORD - 1]}\" = = ] && [ \"$COMP_CWORD\" -gt 1 ]; then\n"
    "\t\tjoined=yes opt=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "\telse\n"
    "\t\topt=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "\tfi\n"
    "\t[ \"$COMP_CWORD\" -gt 1 ] && cmd=${COMP_WORDS[1]}\n";

static const char *bash_kind(enum completion_kind kind)
{
	static const char *const names[] = {[COMPLETION_NONE] = "none",
	    [COMPLETION_WORDS] = "words",
	    [COMPLETION_FILE] = "file",
	    [COMPLETION_FIRMWARE] = "firmware",
	    [COMPLETION_PORT] = "ports",
	    [COMPLETION_TARGET] = "targets",
	    [COMPLETION_THEME] = "themes",
	    [COMPLETION_SETTING] = "settings"};

	return names[kind];
}

static void bash_offer(struct sbuf *out, enum completion_kind kind, const char *words)
{
	sbuf_fmt(out, "_tasmite_offer %s", bash_kind(kind));
	if (kind == COMPLETION_WORDS)
		sbuf_fmt(out, " '%s'", words);
}

/* The options and operands of one command, as variables. */
static void bash_command(struct sbuf *out, int c)
{
	const char *name = options_command_row((enum options_command)c)->name, *words;
	enum completion_kind kind = completion_of_operand((enum options_command)c, &words);

	sbuf_fmt(out, "\t%s)\n\t\tnames='", *name ? name : "*");
	for (int i = 0; i < OPTION_COUNT; i++)
		if (has(option_row((enum option_id)i), c))
			sbuf_fmt(out, " --%s", option_row((enum option_id)i)->name);
	sbuf_add(out, "'\n\t\toperand='");
	sbuf_fmt(out, "%s'\n\t\tlist='%s'\n\t\t;;\n", bash_kind(kind), words);
}

static void bash_values(struct sbuf *out)
{
	enum completion_kind kind;
	const char *words;

	sbuf_add(out, "\tcase $joined$opt in\n");
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = option_row((enum option_id)i);

		if (!*row->value)
			continue;
		sbuf_fmt(out, "\tyes--%s", row->name);
		if (!value_is_optional(row))
			sbuf_fmt(out, " | --%s", row->name);
		sbuf_add(out, ") ");
		kind = completion_of_option(row, &words);
		bash_offer(out, kind, words);
		sbuf_add(out, "; return ;;\n");
	}
	sbuf_add(out, "\tesac\n");
}

static void bash_script(struct sbuf *out)
{
	sbuf_add(out, bash_head);
	sbuf_add(out, "\tlocal names= list= commands='");
	for (int c = OPTIONS_SESSION + 1; c < OPTIONS_COMMANDS; c++)
		sbuf_fmt(out, " %s", options_command_row((enum options_command)c)->name);
	sbuf_add(out, "'\n\tcase $cmd in\n");
	for (int c = OPTIONS_SESSION + 1; c < OPTIONS_COMMANDS; c++)
		bash_command(out, c);
	bash_command(out, OPTIONS_SESSION);
	sbuf_add(out, "\tesac\n");
	bash_values(out);
	sbuf_add(out, "\tif [ \"${cur#-}\" != \"$cur\" ]; then\n"
		      "\t\t_tasmite_offer words \"$names\"\n"
		      "\t\treturn\n"
		      "\tfi\n"
		      "\t_tasmite_offer \"$operand\" \"$list\"\n"
		      "\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
		      "\t\tlocal offered=(\"${COMPREPLY[@]}\")\n"
		      "\t\t_tasmite_offer words \"$commands\"\n"
		      "\t\tCOMPREPLY+=(\"${offered[@]}\")\n"
		      "\tfi\n"
		      "}\n"
		      "complete -F _tasmite tasmite\n");
}

/* ---- zsh -------------------------------------------------------------------------------------- */

/* A text in single quotes, for _arguments: its own brackets and colons escaped. */
static void zsh_text(struct sbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			sbuf_add(out, "'\\''");
		else if (strchr("[]:\\", *text))
			sbuf_fmt(out, "\\%c", *text);
		else
			sbuf_add_char(out, *text);
	}
}

static void zsh_action(struct sbuf *out, enum completion_kind kind, const char *words)
{
	switch (kind) {
	case COMPLETION_WORDS:
		sbuf_fmt(out, "(%s)", words);
		break;
	case COMPLETION_FILE:
		sbuf_add(out, "_files");
		break;
	case COMPLETION_FIRMWARE:
		sbuf_add(out, "_files -g \"*.(bin|gz)\"");
		break;
	case COMPLETION_PORT:
	case COMPLETION_TARGET:
	case COMPLETION_THEME:
	case COMPLETION_SETTING:
		sbuf_fmt(out, " _tasmite_ask %s", bash_kind(kind)); /* with a blank: as it is */
		break;
	case COMPLETION_NONE:
		sbuf_add_char(out, ' ');
		break;
	}
}

static void zsh_command(struct sbuf *out, int c)
{
	const struct options_command_row *command = options_command_row((enum options_command)c);
	const char *words;
	enum completion_kind kind;

	sbuf_add(out, "_arguments");
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = option_row((enum option_id)i);

		if (!has(row, c))
			continue;
		sbuf_fmt(out, " \\\n\t\t'*--%s%s[", row->name,
		    !*row->value	     ? ""
		    : value_is_optional(row) ? "=-"
					     : "=");
		zsh_text(out, row->help);
		sbuf_add_char(out, ']');
		if (*row->value) {
			kind = completion_of_option(row, &words);
			sbuf_add(out, value_is_optional(row) ? "::" : ":");
			zsh_text(out, row->name);
			sbuf_add_char(out, ':');
			zsh_action(out, kind, words);
		}
		sbuf_add_char(out, '\'');
	}
	kind = completion_of_operand((enum options_command)c, &words);
	if (kind != COMPLETION_NONE) {
		sbuf_add(out, command->most == 1 ? " \\\n\t\t'1:" : " \\\n\t\t'*:");
		zsh_text(out, command->operands);
		sbuf_add_char(out, ':');
		zsh_action(out, kind, words);
		sbuf_add_char(out, '\'');
	}
}

static void zsh_script(struct sbuf *out)
{
	sbuf_add(out, "#compdef tasmite\n"
		      "# zsh completion of tasmite. Made by: tasmite --completion zsh\n"
		      "_tasmite_ask() {\n"
		      "\tlocal -a lines\n"
		      "\tlines=(${${(f)\"$(_call_program words $tasmite_program --completion "
		      "$1)\"}//:/\\\\:})\n"
		      "\tlines=(${lines//$'\\t'/:})\n"
		      "\tif [[ $1 = settings ]]; then\n"
		      "\t\t_describe -t $1 $1 lines -S =\n"
		      "\telse\n"
		      "\t\t_describe -t $1 $1 lines\n"
		      "\tfi\n"
		      "}\n"
		      "_tasmite() {\n"
		      "\tlocal tasmite_program=$words[1]\n"
		      "\tlocal -a commands\n"
		      "\tcommands=(");
	for (int c = OPTIONS_SESSION + 1; c < OPTIONS_COMMANDS; c++) {
		const struct options_command_row *row =
		    options_command_row((enum options_command)c);

		sbuf_fmt(out, "\n\t\t'%s:", row->name);
		zsh_text(out, row->about);
		sbuf_add_char(out, '\'');
	}
	sbuf_add(out, ")\n\tif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
		      "\t\t_describe -t commands command commands\n"
		      "\t\t_tasmite_ask targets\n"
		      "\t\treturn\n"
		      "\tfi\n"
		      "\tcase $words[2] in\n");
	for (int c = OPTIONS_SESSION + 1; c < OPTIONS_COMMANDS; c++) {
		sbuf_fmt(out, "\t%s) shift words; (( CURRENT-- ))\n\t\t",
		    options_command_row((enum options_command)c)->name);
		zsh_command(out, c);
		sbuf_add(out, " ;;\n");
	}
	sbuf_add(out, "\t*) ");
	zsh_command(out, OPTIONS_SESSION);
	sbuf_add(out, " ;;\n\tesac\n}\n"
		      "# Read as a file of $fpath it completes at once; sourced it waits.\n"
		      "if [[ $funcstack[1] = _tasmite ]]; then\n"
		      "\t_tasmite \"$@\"\n"
		      "else\n"
		      "\tcompdef _tasmite tasmite\n"
		      "fi\n");
}

/* ---- fish ------------------------------------------------------------------------------------- */

/* A text in single quotes. */
static void fish_text(struct sbuf *out, const char *text)
{
	sbuf_add_char(out, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			sbuf_add_char(out, '\\');
		sbuf_add_char(out, *text);
	}
	sbuf_add_char(out, '\'');
}

static void fish_condition(struct sbuf *out, int c)
{
	if (c == OPTIONS_SESSION)
		sbuf_add(out, "complete -c tasmite -n 'not __tasmite_command'");
	else
		sbuf_fmt(out, "complete -c tasmite -n '__tasmite_command %s'",
		    options_command_row((enum options_command)c)->name);
}

/* What completes the value: -a and what stands behind it. */
static void fish_words(struct sbuf *out, enum completion_kind kind, const char *words)
{
	switch (kind) {
	case COMPLETION_WORDS:
		sbuf_fmt(out, " -x -a '%s'", words);
		break;
	case COMPLETION_FILE:
		sbuf_add(out, " -r -F");
		break;
	case COMPLETION_FIRMWARE:
		sbuf_add(out, " -x -a '(__fish_complete_suffix .bin .gz)'");
		break;
	case COMPLETION_SETTING:
		sbuf_add(out, " -x -a '(__tasmite_ask settings | string replace \\t =\\t)'");
		break;
	case COMPLETION_PORT:
	case COMPLETION_TARGET:
	case COMPLETION_THEME:
		sbuf_fmt(out, " -x -a '(__tasmite_ask %s)'", bash_kind(kind));
		break;
	case COMPLETION_NONE:
		sbuf_add(out, " -x");
		break;
	}
}

static void fish_option(struct sbuf *out, int c, const struct option_row *row)
{
	const char *words;
	enum completion_kind kind = completion_of_option(row, &words);

	fish_condition(out, c);
	sbuf_fmt(out, " -l %s", row->name);
	if (*row->value && !value_is_optional(row))
		fish_words(out, kind, words);
	sbuf_add(out, " -d ");
	fish_text(out, row->help);
	sbuf_add_char(out, '\n');
}

/* Its operands and options. */
static void fish_command(struct sbuf *out, int c)
{
	const char *words;
	enum completion_kind kind = completion_of_operand((enum options_command)c, &words);

	if (kind != COMPLETION_NONE) {
		fish_condition(out, c);
		if (kind == COMPLETION_FILE)
			sbuf_add(out, " -F");
		else
			fish_words(out, kind, words);
		sbuf_add_char(out, '\n');
	}
	for (int i = 0; i < OPTION_COUNT; i++)
		if (has(option_row((enum option_id)i), c))
			fish_option(out, c, option_row((enum option_id)i));
}

static void fish_script(struct sbuf *out)
{
	sbuf_add(out, "# fish completion of tasmite. Made by: tasmite --completion fish\n"
		      "function __tasmite_ask\n"
		      "\tset -l words (commandline -opc)\n"
		      "\tcommand $words[1] --completion $argv[1] 2>/dev/null\n"
		      "end\n"
		      "function __tasmite_command\n"
		      "\tset -l words (commandline -opc)\n"
		      "\tif set -q argv[1]\n"
		      "\t\ttest \"$words[2]\" = \"$argv[1]\"\n"
		      "\t\treturn\n"
		      "\tend\n"
		      "\tcontains -- \"$words[2]\"");
	for (int c = OPTIONS_SESSION + 1; c < OPTIONS_COMMANDS; c++)
		sbuf_fmt(out, " %s", options_command_row((enum options_command)c)->name);
	sbuf_add(out, "\nend\ncomplete -c tasmite -f\n");
	for (int c = OPTIONS_SESSION + 1; c < OPTIONS_COMMANDS; c++) {
		const struct options_command_row *row =
		    options_command_row((enum options_command)c);

		sbuf_fmt(
		    out, "complete -c tasmite -n '__fish_use_subcommand' -a %s -d ", row->name);
		fish_text(out, row->about);
		sbuf_add_char(out, '\n');
	}
	for (int c = 0; c < OPTIONS_COMMANDS; c++)
		fish_command(out, c);
}

bool completion_script(const char *shell, struct sbuf *out)
{
	static const struct {
		const char *shell;
		void (*make)(struct sbuf *out);
	} makers[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (strcmp(makers[i].shell, shell) == 0) {
			makers[i].make(out);
			return true;
		}
	return false;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a shell has to know to complete a command line of the program: scripts for bash, zsh and fish,
 * made from the table of options. What only this machine knows (ports, profiles, themes, settings)
 * they ask the program for: `tasmite --completion ports`.
 */
#ifndef TASMITE_CORE_COMPLETION_H
#define TASMITE_CORE_COMPLETION_H

#include <stdbool.h>

#include "tasmite/base/str.h"
#include "tasmite/core/options.h"

/* What a word may be. */
enum completion_kind {
	COMPLETION_NONE,
	COMPLETION_WORDS, /* one of a list */
	COMPLETION_FILE,
	COMPLETION_FIRMWARE, /* a .bin or .gz */
	COMPLETION_PORT,
	COMPLETION_TARGET, /* a port or a profile */
	COMPLETION_THEME,
	COMPLETION_SETTING /* NAME=VALUE */
};

/* What the option's value may be; *words (never NULL) is the list, separated by blanks. */
enum completion_kind completion_of_option(const struct option_row *row, const char **words);
/* What the command's operands may be, likewise. */
enum completion_kind completion_of_operand(enum options_command command, const char **words);
/* Appends the script of "bash", "zsh" or "fish"; false for another shell. */
bool completion_script(const char *shell, struct sbuf *out);

#endif

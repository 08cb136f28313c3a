/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What parsing and completion of /commands share. */
#ifndef TASMITE_CORE_CMD_INT_H
#define TASMITE_CORE_CMD_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/core/cmd.h"

/* Takes words off a line, one at a time. */
struct cmd_scan {
	const char *line;
	size_t pos, end;
	char *word;   /* where the next word is put: room for end - pos + 1 bytes */
	size_t len;   /* of the word; it is not terminated */
	size_t start; /* where it begins in the line */
	bool quoted;  /* it has quotes */
	bool open;    /* its quote is not closed */
};

/* False when there is none left; start is then the end of the line. */
bool cmd_word_next(struct cmd_scan *s);
/* True when word is an option of the row; *value then points to the name of the value in its list
 * ("N|--yes") or is NULL. */
bool cmd_option_of(const struct cmd_row *row, const char *word, const char **value);
/* How many words the spec wants; most -1: any number. */
void cmd_spec_counts(const char *spec, int *least, int *most);
/* Letter of the word at that position, 0 when there is none. */
char cmd_spec_kind(const char *spec, int position);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of `tasmite send`: the words of its command line, or a script. */
#ifndef TASMITE_APP_SEND_WORDS_H
#define TASMITE_APP_SEND_WORDS_H

#include "script_values.h"
#include "tasmite/core/tasmota/backlog.h"

struct send_words {
	struct backlog b; /* owned by the caller afterwards */
	char what[64];	  /* how the job is called */
	bool packed;	  /* see backlog_plan */
};

/* Reads them; what a script lacks is asked for, where standard input is a terminal. 0, or the exit
 * code with err told: 1 the script can't be read or has a mistake, 2 the words are no commands, or
 * values are missing, 5 the user left. */
int send_words_read(char *const *words, int count, struct script_values *values,
    struct send_words *out, struct err *err);

#endif

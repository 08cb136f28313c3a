/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scripts of commands for /send: one command a line, comments (#), ${NAME} for values from outside,
 * `wait [30s] TEXT`, `delay N`. Pure: where a value comes from is the caller's to know.
 */
#ifndef TASMITE_CORE_TASMOTA_SCRIPT_H
#define TASMITE_CORE_TASMOTA_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/base/err.h"
#include "tasmite/core/tasmota/backlog.h"

#define SCRIPT_WANTS   16
#define SCRIPT_NAME    40
#define SCRIPT_WAIT_MS 60000 /* of a wait that says nothing else */

/* Values that the script asks for and nobody has given yet. */
struct script_wants {
	char names[SCRIPT_WANTS][SCRIPT_NAME];
	int lines[SCRIPT_WANTS];   /* where each is needed first */
	bool secret[SCRIPT_WANTS]; /* a command's secret, or it is called so */
	int count;
};

/* The value of that name, or NULL. */
typedef const char *(*script_value)(void *ctx, const char *name);

/* Reads the text into b (backlog_init before; what it holds after an error is to be thrown away by
 * backlog_fini). ERR_AGAIN: values are missing, they are in wants. ERR_FORMAT, ERR_RANGE with the
 * line's number in err: a bad ${, a bad wait or delay, a value with a line end, too long, too many.
 */
int script_read(const char *text, size_t n, script_value value, void *ctx, struct backlog *b,
    struct script_wants *wants, struct err *err);
/* A value is secret by a name like that: WIFI_KEY, api-token. */
bool script_secret_name(const char *name);
/* "500ms", "2s", "3m", or a number alone: tenths of a second, as Tasmota's own Delay counts. -1 when
 * it is none of these or more than an hour. */
long script_time(const char *text, size_t n);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the sub-commands without a screen print alike. */
#ifndef TASMITE_APP_CLI_OUT_H
#define TASMITE_APP_CLI_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A line of the device, with its end, without anything that a terminal would obey. */
void cli_out_line(FILE *out, const uint8_t *bytes, size_t n);
/* The exit code of a look at several files: 1 where one of them had a problem, 0 where one was good,
 * else 3. Whether all was written is looked at when the program ends. */
int cli_out_end(bool problem, bool good);
/* A text as JSON. Names of files and strings of devices may be no UTF-8, which JSON has to be: '?'
 * takes the place of their bytes then. */
json_t *cli_out_text(const char *text);
/* Puts value under key, or behind the others; out of memory is the program's end. */
void cli_out_put(json_t *o, const char *key, json_t *value);
void cli_out_append(json_t *list, json_t *value);
/* The same of a text that is known: "" and NULL are left out, so that a key's presence means
 * something. */
void cli_out_known(json_t *o, const char *key, const char *text);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How `tasmite list` shows ports; for its test. */
#ifndef TASMITE_APP_CLI_LIST_H
#define TASMITE_APP_CLI_LIST_H

#include <stddef.h>

#include "tasmite/base/str.h"
#include "tasmite/io/ports.h"

/* A heading and a line each, columns aligned. */
void cli_list_table(const struct port_info *list, size_t n, struct sbuf *out);
/* What is in the way of opening one of them, and what to type: a line each; "" when nothing is. */
void cli_list_hints(const struct port_info *list, size_t n, struct sbuf *out);
/* One JSON object, without a line end. */
void cli_list_json(const struct port_info *info, struct sbuf *out);

#endif

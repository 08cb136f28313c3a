/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A question on the terminal, for runs without a screen. It waits: nothing may be under way. */
#ifndef TASMITE_IO_ASK_H
#define TASMITE_IO_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/base/err.h"

/* Reads a line of standard input, which must be a terminal, into dst (without its end); hidden: what
 * is typed is not shown. ERR_CANCELLED on an interrupt or the end of input, ERR_RANGE when it is
 * longer than dst takes (it is read to its end). The terminal is afterwards as it was. */
int ask_line(const char *prompt, bool hidden, char *dst, size_t size, struct err *err);

#endif

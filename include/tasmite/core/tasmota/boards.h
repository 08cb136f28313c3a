/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boards that people flash: pads, button, flash mode, caveats: the table behind /device. */
#ifndef TASMITE_CORE_TASMOTA_BOARDS_H
#define TASMITE_CORE_TASMOTA_BOARDS_H

#include <stddef.h>

#include "tasmite/base/str.h"

struct board;

/* By name or alias, ignoring case, or by a part of a name that fits one board; NULL if none. */
const struct board *boards_find(const char *name);
/* The boards in order; NULL at the end. */
const struct board *boards_at(size_t i);
const char *boards_name(const struct board *board);
/* A page of text: pads, button, flash mode, module number, caveats, general warnings. */
void boards_describe(const struct board *board, struct sbuf *out);
/* The steps into its boot loader, a line each, for the flasher's waiting page. */
void boards_howto_loader(const struct board *board, struct sbuf *out);

#endif

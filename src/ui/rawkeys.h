/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys as an xterm sends them, for consoles that answer to single keys. */
#ifndef TASMITE_UI_RAWKEYS_H
#define TASMITE_UI_RAWKEYS_H

#include <stddef.h>

#include "tasmite/core/keymap.h"

#define RAWKEYS_MAX 16

/* The bytes of the key: UTF-8 for characters, control characters for Ctrl, ESC before those with
 * Alt, the sequences of xterm for special keys (cursor keys in their normal mode), CR for Enter,
 * DEL for Backspace. Returns how many; 0 for what no terminal sends. Source: XTerm Control
 * Sequences, "PC-Style Function Keys". */
size_t rawkeys_bytes(const struct key *key, char dst[RAWKEYS_MAX]);

#endif

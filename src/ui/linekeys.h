/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the edit line is given to read: keys as the bytes that readline binds by default, pasted text
 * without what would act as a key. Knows nothing of readline. */
#ifndef TASMITE_UI_LINEKEYS_H
#define TASMITE_UI_LINEKEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "rawkeys.h"

/* The bytes of the key; 0 for keys that readline has no use for. Unlike rawkeys_bytes: modifiers that
 * would change what Enter, Tab and Backspace mean are left out, and so are F keys and the controls
 * beyond ASCII. */
size_t linekeys_bytes(const struct key *key, char dst[RAWKEYS_MAX]);

/* Whether the C library knows the width of the last character, as it does of most. */
bool linekeys_width_known(const char *text, size_t n);

/* Copies the text without controls and what is no UTF-8, a blank for a tab; ends it with a NUL. dst
 * has room for n + 1 bytes. Returns the length. */
size_t linekeys_text(char *dst, const char *text, size_t n);

#endif

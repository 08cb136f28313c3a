/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes of a keyboard to keys. Pure: bytes and time in, keys out; nothing ever waits. Knows the
 * sequences of xterm and its kin (ECMA-48 forms), UTF-8, bracketed paste and the mouse; sequences
 * of other terminals are added from terminfo.
 */
#ifndef TASMITE_UI_KEYS_H
#define TASMITE_UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/mono.h"
#include "tasmite/core/keymap.h"

#define KEYS_SEQ_MAX   128
#define KEYS_ESC_DELAY MONO_MS(25) /* a lone ESC, or a sequence that never ends */

struct keys_seq {
	char bytes[16];
	size_t len;
	uint32_t code;
	uint8_t mods;
};

struct keys {
	struct buf in;
	mono_t since; /* when the first of the waiting bytes came */
	bool pasting; /* between the marks characters are just characters */
	struct keys_seq seqs[KEYS_SEQ_MAX];
	size_t seq_count;
};

void keys_init(struct keys *k);
void keys_fini(struct keys *k);
/* A terminal's own sequence for a key; ignored when NULL, longer than 15 bytes or one byte that
 * is no control character. */
void keys_add(struct keys *k, const char *bytes, uint32_t code, uint8_t mods);
/* How many bytes can be fed now. */
size_t keys_space(const struct keys *k);
void keys_feed(struct keys *k, const uint8_t *bytes, size_t n, mono_t now);
/* The next key, or false. *again is when to ask again (MONO_NEVER: when bytes have come). Between
 * KEYS_PASTE_BEGIN and KEYS_PASTE_END come code points, control characters among them. */
bool keys_next(struct keys *k, struct key *key, mono_t now, mono_t *again);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys and what they do. A key is bound to a command line ("/flash", "/focus next") or to text
 * for the device (a macro). Key names: "F1".."F12", "Ctrl-Q", "Alt-1", "PgUp", "Shift-Tab", "End",
 * "Ctrl-End".
 *
 * A text that begins with "/" is a command line, all else is a macro. A text that ends in a blank
 * ("/flash ") is put into the edit line, to be completed there, instead of being run or sent: see
 * keymap_is_prefill. The key map only says so, app does it.
 *
 * Ctrl-T is no key that can be bound: it is the prefix for keys that a desktop takes for itself
 * (Ctrl-T 1 is F1, Ctrl-T 0 is F10), read where keys are read.
 *
 * A macro may have several lines and pauses (see sendtext.h); a line of it that begins with "/" is
 * a command as well.
 */
#ifndef TASMITE_CORE_KEYMAP_H
#define TASMITE_CORE_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"

/* A key press: a character or a special key, with modifiers. */
enum key_special {
	KEY_NONE = 0,
	/* Characters are their code points, up to 0x10FFFF. */
	KEY_SPECIAL = 0x110000,
	KEYS_F1 = KEY_SPECIAL + 1, /* KEYS_F1 + n - 1 is Fn, up to F24 */
	KEYS_F24 = KEYS_F1 + 23,
	KEYS_UP,
	KEYS_DOWN,
	KEYS_LEFT,
	KEYS_RIGHT,
	KEYS_HOME,
	KEYS_END,
	KEYS_PGUP,
	KEYS_PGDN,
	KEYS_INSERT,
	KEYS_DELETE,
	KEYS_BACKSPACE,
	KEYS_TAB,
	KEYS_ENTER,
	KEYS_ESC,
	KEYS_PASTE_BEGIN,
	KEYS_PASTE_END,
	KEYS_MOUSE,
	KEYS_RESIZE
};

enum key_mod { KEY_CTRL = 1, KEY_ALT = 2, KEY_SHIFT = 4 };

enum key_mouse { KEY_MOUSE_PRESS, KEY_MOUSE_DRAG, KEY_MOUSE_RELEASE };

struct key {
	/* Code point (Ctrl-letters: the lower-case letter with KEY_CTRL) or special. */
	uint32_t code;
	uint8_t mods; /* enum key_mod */
	/* MOUSE: cell and what happened */
	uint8_t button; /* 1 left, 4 wheel up, 5 wheel down */
	uint8_t mouse;	/* enum key_mouse */
	int16_t x, y;
};

struct keymap;

/* With the built-in bindings. */
struct keymap *keymap_new(void);
/* NULL is allowed. */
void keymap_free(struct keymap *k);
/* The copy is the caller's. */
struct keymap *keymap_copy(const struct keymap *k);
/* k's bindings become those of from. */
void keymap_assign(struct keymap *k, const struct keymap *from);
/* Binds; an empty text unbinds. ERR_INVAL when the name is no key that may be bound (plain
 * characters, Enter, Tab, Esc, Backspace and Ctrl-T are not) or the text has control characters;
 * ERR_NOMEM when there are too many. label is what the key bar shows; NULL: the command's name with
 * a capital letter, or the beginning of the macro. */
int keymap_bind(
    struct keymap *k, const char *key_name, const char *text, const char *label, struct err *err);
/* The same for a binding of this session, which keymap_carry takes along. */
int keymap_bind_session(
    struct keymap *k, const char *key_name, const char *text, const char *label, struct err *err);
/* k gets the bindings of this session that `from` has: for when a configuration is read anew. */
void keymap_carry(struct keymap *k, const struct keymap *from);
/* Another label for a key that is bound; "" gives the label back that it has by itself. ERR_INVAL
 * when the name is no key, the label has control characters or is longer than 15 bytes, ERR_NOENT
 * when nothing is bound to the key. */
int keymap_label(struct keymap *k, const char *key_name, const char *label, struct err *err);
/* The text bound to the key, or NULL. */
const char *keymap_lookup(const struct keymap *k, const struct key *key);
/* True for a text that goes into the edit line instead of being run: it ends in a blank. */
bool keymap_is_prefill(const char *text);
/* The name of a key that is bound to that command ("F5" for "/flash", blanks at the end don't
 * matter; function keys before others), or NULL. Valid until the next change. */
const char *keymap_key_of(const struct keymap *k, const char *text);
/* For the key bar: F1..F24; label "" where unbound. */
const char *keymap_bar_label(const struct keymap *k, int f_number);
/* All bindings, for help: false when there is no i-th one. Function keys come first, in order; the
 * rest in the order in which they were bound. Pointers are valid until the next change. */
bool keymap_at(const struct keymap *k, size_t i, const char **key_name, const char **text);
/* The label of the i-th binding of keymap_at, "" when there is none. */
const char *keymap_label_at(const struct keymap *k, size_t i);
/* True when the i-th binding was made by keymap_bind_session. */
bool keymap_session_at(const struct keymap *k, size_t i);
/* Letter case of the name doesn't matter, except that of a single letter without Ctrl. */
bool keymap_parse(const char *name, struct key *key);
/* "Ctrl-Q" */
const char *keymap_name(const struct key *key, char *dst, size_t size);

#endif

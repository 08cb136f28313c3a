/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a firmware takes for something else than was meant: the facts and the words that the warnings
 * about a line being written (check.c), about commands to be sent (backlog_trap.c) and about a form
 * (setup.c) have in common. Source: Tasmota's source, 6.1.1 to 15.2.
 */
#ifndef TASMITE_CORE_TASMOTA_TRAPS_H
#define TASMITE_CORE_TASMOTA_TRAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRAPS_TABLE                                                                              \
	X(DEFAULT, "the value 1 means the firmware's default")                                   \
	X(DEFAULT_OLD,                                                                           \
	    "up to 6.1.1 a value that begins with the number 1, or is a word such as on, means " \
	    "the firmware's default")                                                            \
	X(ZERO, "the value 0 clears the setting")                                                \
	X(QUOTE, "a single quote sign clears the setting")                                       \
	X(PERCENT, "a % in the host name resets it to the default")                              \
	X(KEY_SHORT, "from 8.1 on a Wi-Fi key of fewer than 5 characters is ignored")            \
	X(NOT_ASCII,                                                                             \
	    "letters beyond ASCII: the device drops the whole line; its web page takes them")    \
	X(CONTROL, "the device drops control characters")                                        \
	X(BLANK, "it ends in a blank, which is stored")

enum traps_id {
#define X(id, text) TRAPS_##id,
	TRAPS_TABLE
#undef X
};

const char *traps_text(enum traps_id id);

/* Up to 6.1.1 every value is read as a number first (strtol, of which 16 bits are kept), and some
 * words as one: is this one taken for 1? "1", "65537", "1abc", "+1 x", "on". */
bool traps_is_one(const char *value, size_t n);
/* The most characters that such a command (its letters, without an index) takes, where that is known;
 * SIZE_MAX: it is not. fw as catalog_version, 0: not known. */
size_t traps_most(const char *name, size_t n, uint32_t fw);
/* What becomes of a value of n characters where it takes `most`. */
void traps_too_long(const char *name, size_t n, size_t most, uint32_t fw, char *dst, size_t size);

#endif

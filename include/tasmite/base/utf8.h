/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-8, decoded strictly (no overlong forms, no surrogates), and the cells a character takes. */
#ifndef TASMITE_BASE_UTF8_H
#define TASMITE_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* utf8_decode's answers below 1. */
#define UTF8_INVALID 0 /* the first byte can't begin or continue a character here: skip one byte */
#define UTF8_PARTIAL (-1) /* all n bytes are a valid beginning: more are needed */

/* Decodes the character at p (n > 0 bytes are there). Returns its length (1..4) and sets *cp,
 * or UTF8_INVALID, or UTF8_PARTIAL. */
int utf8_decode(const uint8_t *p, size_t n, uint32_t *cp);
/* Writes cp (<= 0x10FFFF) to out[4]; returns the length. An invalid cp is written as U+FFFD. */
int utf8_encode(uint32_t cp, char out[4]);
/* Cells on a terminal: 0 (combining, zero width), 1, or 2 (East Asian wide, emoji); -1 for
 * control characters (C0, DEL, C1). From a table of ranges, not from the locale. */
int utf8_width(uint32_t cp);
/* Cells of a terminated string; bytes that don't decode count as one cell each, control
 * characters as none. */
int utf8_str_width(const char *s);
/* The longest end of s (terminated) that takes at most so many cells; it begins with a character that
 * takes one. Bytes that don't decode and control characters count as one cell each, as they are
 * shown. */
const char *utf8_tail(const char *s, int cells);
/* The longest prefix of s (n bytes) that is at most max bytes and doesn't cut a character. */
size_t utf8_cut(const char *s, size_t n, size_t max);

#endif

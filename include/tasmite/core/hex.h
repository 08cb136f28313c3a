/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes as people write them: rows of hex with an ASCII column, and hex entry such as
 * `DE AD "text" 0d0a` back to bytes. */
#ifndef TASMITE_CORE_HEX_H
#define TASMITE_CORE_HEX_H

#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"

#define HEX_PER_ROW_MAX 64
/* Longest row of hex_row: offset, pairs with blanks, the ASCII column, the terminator. */
#define HEX_ROW_SIZE (20 + HEX_PER_ROW_MAX * 4 + HEX_PER_ROW_MAX / 8 + 4)

/* Bytes of a row that fit into that many cells (with offset: 1, 2, 4, 8 or a multiple of 8). */
int hex_per_row(int cells, int offset_digits);
/* Cells that a full row of so many bytes takes. */
int hex_row_cells(int per_row, int offset_digits);
/* "0010  de ad be ef 0d 0a 41 42  43 ...  |....ABC|": one row of n <= per_row <= HEX_PER_ROW_MAX
 * bytes as ASCII text; a short row is padded, so that its ASCII column stands where all do. The
 * offset has that many digits (0: none). Returns the length. dst has HEX_ROW_SIZE bytes. */
size_t hex_row(
    char *dst, uint64_t offset, int offset_digits, const uint8_t *bytes, size_t n, int per_row);
/* Where byte i of a row stands in it: the column of its two digits, and that of its character. */
int hex_pair_column(int i, int offset_digits);
int hex_char_column(int i, int per_row, int offset_digits);

/*
 * Hex entry. Pairs of digits, together or apart ("DEAD", "de ad", "DE:AD-BE,EF", "0xDE"), a single
 * digit alone is a byte too ("A"); text in "double quotes" with \r \n \t \e \0 \\ \" \xNN or in
 * 'single quotes' as it stands. dst may be NULL to ask for the length alone. ERR_FORMAT with the
 * place and what was expected, ERR_RANGE: more than max bytes; *n is then what came before.
 */
int hex_parse(const char *text, uint8_t *dst, size_t max, size_t *n, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hex: rows of bytes for reading, and entry of bytes. */
#include "tasmite/core/hex.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define GROUP 8 /* bytes between wider gaps */

/* ---- rows -------------------------------------------------------------------------------------- */

static const char digits[] = "0123456789abcdef";

int hex_pair_column(int i, int offset_digits)
{
	return (offset_digits ? offset_digits + 2 : 0) + i * 3 + i / GROUP;
}

int hex_char_column(int i, int per_row, int offset_digits)
{
	/* Behind the last pair, two blanks and the bar. */
	return hex_pair_column(per_row - 1, offset_digits) + 5 + i;
}

int hex_row_cells(int per_row, int offset_digits)
{
	return hex_char_column(per_row, per_row, offset_digits) + 1;
}

int hex_per_row(int cells, int offset_digits)
{
	int best = 1;

	for (int n = 2; n <= HEX_PER_ROW_MAX; n += n < GROUP ? n : GROUP)
		if (hex_row_cells(n, offset_digits) <= cells)
			best = n;
	return best;
}

size_t hex_row(
    char *dst, uint64_t offset, int offset_digits, const uint8_t *bytes, size_t n, int per_row)
{
	int cells = hex_row_cells(per_row, offset_digits);

	assert(per_row > 0 && per_row <= HEX_PER_ROW_MAX && n <= (size_t)per_row);
	assert(offset_digits >= 0 && offset_digits <= 16);
	memset(dst, ' ', (size_t)cells);
	for (int i = offset_digits; i > 0; i--, offset >>= 4)
		dst[i - 1] = digits[offset & 15];
	for (int i = 0; i < (int)n; i++) {
		char *pair = dst + hex_pair_column(i, offset_digits);
		uint8_t c = bytes[i];

		pair[0] = digits[c >> 4];
		pair[1] = digits[c & 15];
		dst[hex_char_column(i, per_row, offset_digits)] =
		    c >= ' ' && c < 0x7f ? (char)c : '.';
	}
	dst[hex_char_column(0, per_row, offset_digits) - 1] = '|';
	cells = hex_char_column((int)n, per_row, offset_digits);
	dst[cells++] = '|';
	dst[cells] = 0;
	return (size_t)cells;
}

/* ---- entry ------------------------------------------------------------------------------------- */

struct entry {
	const char *text, *p;
	uint8_t *dst; /* may be NULL */
	size_t max, n;
	struct err *err;
};

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int bad(const struct entry *e, const char *at, const char *expected)
{
	return err_set(e->err, ERR_FORMAT, 0, "at character %d ('%.12s'): expected %s",
	    (int)(at - e->text) + 1, at, expected);
}

static int put(struct entry *e, int byte)
{
	if (e->n == e->max)
		return err_set(e->err, ERR_RANGE, 0, "more than %zu bytes", e->max);
	if (e->dst)
		e->dst[e->n] = (uint8_t)byte;
	e->n++;
	return ERR_OK;
}

/* A run of digits: pairs, or one alone. */
static int take_digits(struct entry *e)
{
	const char *from = e->p;
	size_t n = 0;
	int rc;

	if (from[0] == '0' && (from[1] == 'x' || from[1] == 'X'))
		from += 2;
	while (digit(from[n]) >= 0)
		n++;
	if (n == 0)
		return bad(e, from, "hex digits");
	if ((from[n] | 0x20) > 'f' && (from[n] | 0x20) <= 'z')
		return bad(e, e->p, "hex digits");
	if (n > 1 && n % 2)
		return bad(e, e->p, "two digits for each byte");
	e->p = from + n;
	if (n == 1)
		return put(e, digit(*from));
	for (; n; n -= 2, from += 2) {
		rc = put(e, digit(from[0]) << 4 | digit(from[1]));
		if (rc != ERR_OK)
			return rc;
	}
	return ERR_OK;
}

/* Behind a backslash; e->p is moved over it. */
static int take_escape(struct entry *e)
{
	static const char names[] = "rnte0\\\"'";
	static const char means[] = "\r\n\t\x1b\0\\\"'";
	const char *at = e->p - 1, *hit;

	if (*e->p == 'x' && digit(e->p[1]) >= 0 && digit(e->p[2]) >= 0) {
		e->p += 3;
		return put(e, digit(e->p[-2]) << 4 | digit(e->p[-1]));
	}
	hit = *e->p ? strchr(names, *e->p) : NULL;
	if (!hit)
		return bad(e, at, "\\r \\n \\t \\e \\0 \\\\ \\\" or \\xNN");
	e->p++;
	return put(e, (uint8_t)means[hit - names]);
}

static int take_text(struct entry *e)
{
	const char *began = e->p;
	char quote = *e->p++;
	int rc = ERR_OK;

	while (*e->p && *e->p != quote && rc == ERR_OK) {
		char c = *e->p++;

		rc = c == '\\' && quote == '"' ? take_escape(e) : put(e, (uint8_t)c);
	}
	if (rc != ERR_OK)
		return rc;
	if (!*e->p)
		return bad(e, began, "another quote at the end of the text");
	e->p++;
	return ERR_OK;
}

int hex_parse(const char *text, uint8_t *dst, size_t max, size_t *n, struct err *err)
{
	struct entry e = {.text = text, .p = text, .dst = dst, .max = max, .err = err};
	int rc = ERR_OK;

	while (rc == ERR_OK) {
		e.p += strspn(e.p, " \t,:;-");
		if (!*e.p)
			break;
		if (*e.p == '"' || *e.p == '\'')
			rc = take_text(&e);
		else if (digit(*e.p) >= 0)
			rc = take_digits(&e);
		else
			rc = bad(&e, e.p, "hex digits, or text in \"quotes\"");
	}
	*n = e.n;
	return rc;
}

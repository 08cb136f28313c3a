/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches the table of translated words. */
#include "tasmite/core/tasmota/logwords.h"

#include <string.h>

/* -1, 0, 1 as memcmp, a shorter text before a longer one that begins with it. */
static int compare(const struct logwords_row *row, const char *text, size_t n)
{
	int c = memcmp(row->text, text, row->len < n ? row->len : n);

	if (c)
		return c;
	return row->len < n ? -1 : row->len > n;
}

/* The first row that is not less. */
static size_t lower_bound(const char *text, size_t n)
{
	size_t low = 0, high = logwords_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(&logwords_rows[mid], text, n) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint32_t logwords_find(const char *text, size_t n)
{
	size_t i = lower_bound(text, n);

	if (i == logwords_count || compare(&logwords_rows[i], text, n))
		return 0;
	return logwords_rows[i].keys;
}

uint32_t logwords_begin(const char *text, size_t n, uint32_t keys, size_t *len)
{
	uint32_t found = 0;

	*len = 0;
	if (!n)
		return 0;
	/* What text begins with is not above it and has its first byte. */
	for (size_t i = lower_bound(text, 1);
	     i < logwords_count && logwords_rows[i].text[0] == text[0]; i++) {
		const struct logwords_row *row = &logwords_rows[i];

		if (!(row->keys & keys) || row->len > n || row->len < *len ||
		    memcmp(row->text, text, row->len))
			continue;
		found = row->keys & keys;
		*len = row->len;
	}
	return found;
}

uint32_t logwords_cut(const char *text, size_t n)
{
	uint32_t keys = UINT32_MAX;
	size_t i = lower_bound(text, n), first = i;

	for (; i < logwords_count; i++) {
		const struct logwords_row *row = &logwords_rows[i];

		if (row->len < n || memcmp(row->text, text, n))
			break;
		if (row->len > 2 * n)
			return 0;
		keys &= row->keys;
	}
	return i > first ? keys : 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any line: the JSON found lies within it and is bounded; the rows of its tree follow one another and
 * leave out nothing but blanks. */
#include <stdlib.h>

#include "tasmite/core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(int ok)
{
	if (!ok)
		abort();
}

static int blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct json_part part;
	struct json_walk walk;
	struct json_row row;
	uint32_t at;

	if (!json_find(data, n, &part))
		return 0;
	require(part.start < part.end && part.end <= n);
	require(part.end - part.start <= JSON_MAX_BYTES && part.members > 0);
	require(data[part.start] == '{' && data[part.end - 1] == '}');
	at = part.start + 1;
	for (json_walk_begin(&walk, data, &part); json_walk_next(&walk, &row);) {
		while (at < row.start)
			require(blank(data[at++]));
		require(row.start < row.end && row.end <= part.end);
		require(row.depth >= 1 && row.depth <= JSON_MAX_DEPTH);
		at = row.end;
	}
	require(at == part.end);
	return 0;
}

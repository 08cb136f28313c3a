/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Patterns of a user over bytes of a device, both hostile: the first line of the input is a pattern
 * and a filter, its first byte the flags; the rest is the log. What find and filter tell is held
 * against the lines one by one as long as no pattern was switched off; highlight rules and hex entry
 * get the same text.
 */
#include <stdlib.h>
#include <string.h>

#include "tasmite/core/filter.h"
#include "tasmite/core/find.h"
#include "tasmite/core/hex.h"
#include "tasmite/core/highlight.h"
#include "tasmite/core/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define LOG_MAX 4096

static void require(int ok)
{
	if (!ok)
		abort();
}

static void try_find(const struct lines *l, const char *text, unsigned flags)
{
	struct pattern *p = pattern_new(text, flags, NULL), *alone = pattern_new(text, flags, NULL);
	struct find *f = find_new();
	struct pattern_match m;
	uint64_t hits = 0;
	struct line_ref r;

	require(!p == !alone);
	find_set(f, p);
	while (find_step(f, l, 1000))
		;
	require(find_complete(f, l));
	for (uint64_t i = lines_first(l); alone && lines_get(l, i, &r); i++) {
		bool hit = pattern_find(alone, r.bytes, r.len, 0, &m);

		if (*pattern_trouble(alone) || *pattern_trouble(p) || pattern_cost(alone))
			break;
		require(find_is_hit(f, i) == hit);
		hits += hit;
		require(!hit || (m.start <= m.end && m.end <= r.len));
		require(!hit || find_rank(f, i) == hits);
	}
	pattern_free(alone);
	find_free(f);
}

static void try_filter(const struct lines *l, const char *text, unsigned flags)
{
	struct filter *f = filter_new();
	uint64_t at = 0, line = 0, count = 0;

	if (filter_set(f, text, flags, (int)(flags % 3), NULL) == ERR_OK) {
		while (filter_step(f, l, 1000))
			;
		require(filter_complete(f, l));
		while (filter_at_or_after(f, l, at, &line)) {
			uint64_t back;

			require(
			    line >= at && filter_at_or_before(f, l, line, &back) && back == line);
			at = line + 1;
			count++;
		}
		require(filter_count(f, l, 0, UINT64_MAX) == count);
	}
	filter_free(f);
}

static void try_highlight(const struct lines *l, const char *text, unsigned flags)
{
	struct highlight_span spans[HIGHLIGHT_MAX_SPANS];
	struct highlight *h = highlight_new();
	struct line_ref r;

	highlight_add(h, "fuzz", text, flags, STYLE_OK, (int)(flags % 11) - 1, NULL);
	for (uint64_t i = lines_first(l); lines_get(l, i, &r); i++) {
		size_t n = highlight_line(h, &r, spans);

		require(n <= HIGHLIGHT_MAX_SPANS);
		for (size_t k = 0; k < n; k++)
			require(spans[k].start < spans[k].end && spans[k].end <= r.len &&
				(k == 0 || spans[k].start >= spans[k - 1].end));
	}
	highlight_trouble(h);
	highlight_free(h);
}

static void try_hex(const char *text)
{
	uint8_t bytes[64];
	char row[HEX_ROW_SIZE];
	size_t n;

	if (hex_parse(text, bytes, sizeof(bytes), &n, NULL) == ERR_OK)
		require(hex_row(row, n, 8, bytes, n, HEX_PER_ROW_MAX) == strlen(row));
	require(n <= sizeof(bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct lines *l = lines_new(0);
	unsigned flags = n ? data[0] : 0;
	char text[200] = "";
	size_t at = n ? 1 : 0, len = 0;

	for (; at < n && data[at] != '\n' && len < sizeof(text) - 1; at++)
		if (data[at])
			text[len++] = (char)data[at];
	text[len] = 0;
	for (size_t end = n - at < LOG_MAX ? n : at + LOG_MAX; at < end;) {
		size_t take = end - at < 300 ? end - at : 300;

		lines_rx(l, data + at, take, (mono_t)at);
		if (flags & 128)
			lines_put(l, (enum line_dir)(1 + flags % 3), (const char *)data + at,
			    20 < take ? 20 : take, (mono_t)at);
		at += take;
	}
	try_find(l, text, flags & 7);
	try_filter(l, text, flags & 7);
	try_highlight(l, text, flags & 7);
	try_hex(text);
	lines_free(l);
	return 0;
}

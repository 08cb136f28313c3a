/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a growing log was looked at. */
#include "scan.h"

#include <assert.h>
#include <string.h>

#define PIECE_MIN ((size_t)1024)
#define PIECE_MAX ((size_t)32 * 1024)

void scan_init(struct scan *s)
{
	memset(s, 0, sizeof(*s));
	s->tail = UINT64_MAX;
	s->piece = PIECE_MIN;
}

/* Number behind the last finished line. */
static uint64_t finished_end(const struct lines *l, struct line_ref *last)
{
	uint64_t end = lines_end(l);

	if (end > lines_first(l) && lines_get(l, end - 1, last) && last->partial)
		end--;
	return end;
}

static void forget_dropped(struct scan *s, uint64_t first)
{
	int kept = 0;

	for (int i = 0; i < s->gap_count; i++) {
		struct scan_gap g = s->gaps[i];

		if (g.lo < first)
			g.lo = first;
		if (g.lo < g.hi)
			s->gaps[kept++] = g;
	}
	s->gap_count = kept;
}

void scan_update(struct scan *s, const struct lines *l)
{
	struct line_ref last;
	uint64_t end = finished_end(l, &last);
	struct scan_gap *top;

	forget_dropped(s, lines_first(l));
	if (s->end < lines_first(l))
		s->end = lines_first(l);
	if (end <= s->end)
		return;
	top = s->gap_count ? &s->gaps[s->gap_count - 1] : NULL;
	/* No more room: what lies between is looked at once more, which does no harm. */
	if (top && (top->hi == s->end || s->gap_count == SCAN_GAPS))
		top->hi = end;
	else
		s->gaps[s->gap_count++] = (struct scan_gap){s->end, end};
	s->end = end;
}

bool scan_take(struct scan *s, const struct lines *l, struct scan_piece *piece)
{
	struct scan_gap *top;
	size_t end;
	uint64_t lo;

	if (!s->gap_count)
		return false;
	top = &s->gaps[s->gap_count - 1];
	if (!lines_block(l, top->hi - 1, &piece->block)) {
		s->gap_count = 0; /* the log is another one than it was */
		return false;
	}
	lo = top->lo > piece->block.first ? top->lo : piece->block.first;
	piece->to = (uint32_t)(top->hi - piece->block.first);
	end = lines_block_start(&piece->block, piece->to) - 1;
	piece->from = lines_block_line(&piece->block, end > s->piece ? end - s->piece : 0);
	if (piece->from < lo - piece->block.first)
		piece->from = (uint32_t)(lo - piece->block.first);
	if (piece->to - piece->from > SCAN_LINES)
		piece->from = piece->to - SCAN_LINES;
	top->hi = piece->block.first + piece->from;
	if (top->hi == top->lo)
		s->gap_count--;
	return true;
}

size_t scan_charge(struct scan *s, uint64_t cost)
{
	size_t done = s->piece;

	if (cost) {
		s->piece = PIECE_MIN;
		return done + PIECE_MAX * (cost < 1000 ? (size_t)cost : 1000);
	}
	if (s->piece < PIECE_MAX)
		s->piece *= 2;
	return done;
}

static void set(uint64_t *bits, uint32_t i)
{
	bits[i / 64] |= (uint64_t)1 << i % 64;
}

static bool line_matches(struct pattern *p, const struct lines_block *b, uint32_t i)
{
	size_t start = lines_block_start(b, i);

	return pattern_find(p, b->bytes + start, lines_block_start(b, i + 1) - 1 - start, 0, NULL);
}

/* All lines at once; false when that can't be done: then nothing is known of lines >= *from. */
static bool match_text(
    struct pattern *p, const struct scan_piece *piece, uint32_t *from, uint64_t bits[SCAN_WORDS])
{
	const struct lines_block *b = &piece->block;
	size_t base = lines_block_start(b, piece->from), at = 0;
	size_t n = lines_block_start(b, piece->to) - 1 - base;
	uint32_t i = piece->from;

	if (!pattern_begin_text(p, b->bytes + base, n))
		return false;
	while (i < piece->to) {
		int rc = pattern_find_in_text(p, b->bytes + base, n, at, &at);

		if (rc <= 0)
			return rc == 0;
		while (lines_block_start(b, i + 1) <= base + at)
			i++;
		set(bits, i++ - piece->from);
		*from = i;
		at = lines_block_start(b, i) - base;
	}
	return true;
}

void scan_match(struct pattern *p, const struct scan_piece *piece, uint64_t bits[SCAN_WORDS])
{
	uint32_t from = piece->from;

	if (match_text(p, piece, &from, bits))
		return;
	for (; from < piece->to; from++)
		if (line_matches(p, &piece->block, from))
			set(bits, from - piece->from);
}

bool scan_tail(struct scan *s, const struct lines *l, struct line_ref *ref)
{
	uint64_t number = finished_end(l, ref);

	if (number == lines_end(l)) {
		s->tail = UINT64_MAX;
		return false;
	}
	if (s->tail == number && s->tail_len == ref->len)
		return false;
	s->tail = number;
	s->tail_len = ref->len;
	return true;
}

bool scan_complete(const struct scan *s, const struct lines *l)
{
	struct line_ref last;
	uint64_t end = finished_end(l, &last);

	if (s->gap_count || s->end < end)
		return s->gap_count == 0 && end <= lines_first(l);
	return end == lines_end(l) || (s->tail == end && s->tail_len == last.len);
}

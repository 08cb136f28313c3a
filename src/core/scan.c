/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a growing log was looked at. */
#include "scan.h"

#include <assert.h>
#include <string.h>

void scan_init(struct scan *s)
{
	memset(s, 0, sizeof(*s));
	s->tail = UINT64_MAX;
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

bool scan_take(struct scan *s, const struct lines *l, size_t bytes, uint64_t *from, uint64_t *to)
{
	struct scan_gap *top;
	struct line_ref ref;
	size_t taken = 0;

	if (!s->gap_count)
		return false;
	top = &s->gaps[s->gap_count - 1];
	*to = top->hi;
	*from = top->hi;
	while (*from > top->lo && taken < bytes && lines_get(l, *from - 1, &ref)) {
		--*from;
		taken += ref.len + 2;
	}
	top->hi = *from;
	if (top->hi == top->lo)
		s->gap_count--;
	return *from < *to;
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

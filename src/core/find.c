/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searching the log: a bit for each line that has a match. */
#include "tasmite/core/find.h"

#include <stdlib.h>

#include "lineset.h"
#include "scan.h"
#include "tasmite/base/xalloc.h"

struct find {
	struct pattern *pattern;
	struct scan scan;
	struct lineset hits; /* finished lines */
	bool tail_hit;	     /* the unfinished one, scan.tail */
	uint64_t revision;
};

struct find *find_new(void)
{
	struct find *f = xcalloc(1, sizeof(*f));

	scan_init(&f->scan);
	return f;
}

void find_free(struct find *f)
{
	if (!f)
		return;
	pattern_free(f->pattern);
	lineset_fini(&f->hits);
	free(f);
}

void find_set(struct find *f, struct pattern *p)
{
	if (p != f->pattern)
		pattern_free(f->pattern);
	f->pattern = p;
	lineset_clear(&f->hits);
	scan_init(&f->scan);
	f->tail_hit = false;
	f->revision++;
}

struct pattern *find_pattern(const struct find *f)
{
	return f->pattern;
}

static void look_at(struct find *f, const struct scan_piece *piece)
{
	uint64_t bits[SCAN_WORDS] = {0};

	scan_match(f->pattern, piece, bits);
	if (lineset_add_bits(
		&f->hits, piece->block.first + piece->from, bits, piece->to - piece->from))
		f->revision++;
}

static void look_at_tail(struct find *f, const struct lines *l)
{
	struct line_ref ref;
	bool was = f->tail_hit;

	if (scan_tail(&f->scan, l, &ref))
		f->tail_hit = pattern_find(f->pattern, ref.bytes, ref.len, 0, NULL);
	else if (f->scan.tail == UINT64_MAX)
		f->tail_hit = false;
	if (f->tail_hit != was)
		f->revision++;
}

bool find_step(struct find *f, const struct lines *l, size_t budget)
{
	uint64_t before = f->hits.total;
	struct scan_piece piece;

	if (!f->pattern)
		return false;
	scan_update(&f->scan, l);
	lineset_drop(&f->hits, lines_first(l));
	if (f->hits.total != before)
		f->revision++;
	look_at_tail(f, l);
	for (size_t done = 0; done < budget;) {
		uint64_t cost = pattern_cost(f->pattern);

		if (!scan_take(&f->scan, l, &piece))
			break;
		look_at(f, &piece);
		done += scan_charge(&f->scan, pattern_cost(f->pattern) - cost);
	}
	return f->scan.gap_count > 0;
}

static bool is_tail(const struct find *f, uint64_t line)
{
	return f->tail_hit && line == f->scan.tail;
}

uint64_t find_count(const struct find *f, bool *capped)
{
	if (capped)
		*capped = false;
	return f->hits.total + f->tail_hit;
}

bool find_complete(const struct find *f, const struct lines *l)
{
	return !f->pattern || scan_complete(&f->scan, l);
}

bool find_next(const struct find *f, uint64_t from, uint64_t *line)
{
	if (from == UINT64_MAX)
		return false;
	if (lineset_next(&f->hits, from + 1, line))
		return true;
	if (!f->tail_hit || f->scan.tail <= from)
		return false;
	*line = f->scan.tail;
	return true;
}

bool find_prev(const struct find *f, uint64_t from, uint64_t *line)
{
	if (f->tail_hit && f->scan.tail < from) {
		*line = f->scan.tail;
		return true;
	}
	return from > 0 && lineset_prev(&f->hits, from - 1, line);
}

bool find_is_hit(const struct find *f, uint64_t line)
{
	return is_tail(f, line) || lineset_has(&f->hits, line);
}

uint64_t find_rank(const struct find *f, uint64_t line)
{
	if (!find_is_hit(f, line))
		return 0;
	return lineset_count(&f->hits, 0, line) + 1;
}

uint64_t find_revision(const struct find *f)
{
	return f->revision;
}

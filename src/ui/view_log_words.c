/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a log pane says of itself: its title at the left, its state at the right of its border. */
#include <string.h>

#include "tasmite/base/str.h"
#include "view_log.h"

static void find_words(const struct session *s, char *dst, size_t size)
{
	const struct panes *p = &s->panes;
	bool capped = false;
	uint64_t count = find_count(p->find, &capped), rank = find_rank(p->find, p->find_line);

	const char *more;

	/* Counts of a search under way are still growing. */
	more = capped || !find_complete(p->find, s->log) ? "+" : "";
	if (rank)
		str_fmt(dst, size, "%llu of %llu%s", (unsigned long long)rank,
		    (unsigned long long)count, more);
	else
		str_fmt(dst, size, "%llu%s found", (unsigned long long)count, more);
}

void view_log_find_words(const struct session *s, char *dst, size_t size)
{
	dst[0] = '\0';
	if (find_pattern(s->panes.find))
		find_words(s, dst, size);
}

void view_log_title(const struct view *base, const struct session *s, char *dst, size_t size)
{
	const struct view_log *v = log_const(base);
	const struct log_pane *pane = log_pane_of(v, s);
	char part[160];

	str_copy(dst, size, "Log");
	if (s->panes.count > 1) {
		str_fmt(part, sizeof(part), " %d", v->index + 1);
		str_cat(dst, size, part);
	}
	if (!filter_off(pane->filter)) {
		str_fmt(part, sizeof(part), ": %s", filter_text(pane->filter));
		str_cat(dst, size, part);
		if (filter_context(pane->filter)) {
			str_fmt(part, sizeof(part), " ±%d", filter_context(pane->filter));
			str_cat(dst, size, part);
		}
	}
	if (pane->form != PANE_TEXT)
		str_cat(dst, size, pane->form == PANE_HEX ? " · hex" : " · raw");
	if (v->shift) {
		str_fmt(part, sizeof(part), " · from column %d", v->shift + 1);
		str_cat(dst, size, part);
	}
	if (find_pattern(s->panes.find) && !s->panes.find_open && v->index == s->panes.active) {
		find_words(s, part, sizeof(part));
		str_cat(dst, size, " · find ");
		str_cat(dst, size, part);
		str_cat(dst, size, ": ");
		str_cat(dst, size, s->panes.find_text);
	}
}

void view_log_state(const struct view *base, const char *key, char *dst, size_t size)
{
	const struct view_log *v = log_const(base);
	unsigned long long n = v->newer;

	dst[0] = '\0';
	if (v->selecting && key)
		str_copy(dst, size, " selecting — y copies ");
	else if (v->follow)
		return;
	else if (!key)
		str_fmt(dst, size, v->lost ? "▼%llu old lines dropped" : "▼%llu", n);
	else if (v->lost)
		str_fmt(dst, size, " no longer in the log · ▼ %llu new %s — %s follows ", n,
		    n == 1 ? "line" : "lines", key);
	else if (n)
		str_fmt(
		    dst, size, " ▼ %llu new %s — %s follows ", n, n == 1 ? "line" : "lines", key);
	else
		str_fmt(dst, size, " scrolled back — %s follows ", key);
}

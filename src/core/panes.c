/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log panes: their order, the marks, the slices of their searches. */
#include "tasmite/core/panes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"

#define WEIGHT 100

void panes_init(struct panes *p)
{
	memset(p, 0, sizeof(*p));
	p->pane[0].filter = filter_new();
	p->pane[0].weight = WEIGHT;
	p->pane[0].id = p->next_id = 1;
	p->count = 1;
	p->find = find_new();
	p->find_line = UINT64_MAX;
	p->revision = 1;
}

void panes_fini(struct panes *p)
{
	for (int i = 0; i < p->count; i++)
		filter_free(p->pane[i].filter);
	find_free(p->find);
	free(p->marks);
	memset(p, 0, sizeof(*p));
}

int panes_split(struct panes *p, const char *filter, unsigned flags, struct err *err)
{
	struct log_pane fresh = p->pane[p->active];
	int rc, at = p->active + 1;

	if (p->count == PANES_MAX)
		return err_set(err, ERR_NOMEM, 0,
		    "there are %d panes already, which is all there can be: close one first",
		    PANES_MAX);
	fresh.filter = filter_new();
	rc =
	    filter_set(fresh.filter, filter, flags, filter_context(p->pane[p->active].filter), err);
	if (rc != ERR_OK) {
		filter_free(fresh.filter);
		return rc;
	}
	memmove(&p->pane[at + 1], &p->pane[at], (size_t)(p->count - at) * sizeof(p->pane[0]));
	fresh.id = ++p->next_id;
	p->pane[at] = fresh;
	p->count++;
	p->active = at;
	p->revision++;
	return ERR_OK;
}

int panes_close(struct panes *p, struct err *err)
{
	if (p->count == 1)
		return err_set(err, ERR_INVAL, 0, "this is the only log pane");
	filter_free(p->pane[p->active].filter);
	p->count--;
	memmove(&p->pane[p->active], &p->pane[p->active + 1],
	    (size_t)(p->count - p->active) * sizeof(p->pane[0]));
	memset(&p->pane[p->count], 0, sizeof(p->pane[0]));
	if (p->active == p->count)
		p->active--;
	p->revision++;
	return ERR_OK;
}

void panes_fold(struct log_pane *pane, uint64_t line, enum pane_json json)
{
	int i = 0;

	while (i < pane->fold_count && pane->fold[i].line != line)
		i++;
	if (i == pane->fold_count && i == PANES_MAX_FOLDS)
		i = 0;
	if (i < pane->fold_count) {
		pane->fold_count--;
		memmove(&pane->fold[i], &pane->fold[i + 1],
		    (size_t)(pane->fold_count - i) * sizeof(pane->fold[0]));
	}
	if (json != PANE_JSON_SETTING)
		pane->fold[pane->fold_count++] = (struct log_fold){line, json};
}

enum pane_json panes_fold_of(const struct log_pane *pane, uint64_t line)
{
	for (int i = 0; i < pane->fold_count; i++)
		if (pane->fold[i].line == line)
			return pane->fold[i].json;
	return PANE_JSON_SETTING;
}

void panes_mark(struct panes *p, uint64_t line, mono_t time)
{
	size_t at = p->mark_count;

	if (!p->marks)
		p->marks = xcalloc(PANES_MAX_MARKS, sizeof(*p->marks));
	if (at == PANES_MAX_MARKS) {
		memmove(p->marks, p->marks + 1, --at * sizeof(*p->marks));
		p->mark_count--;
	}
	/* Marks come at the end of the log; whatever comes, they stay in order. */
	while (at > 0 && p->marks[at - 1].line > line)
		at--;
	memmove(p->marks + at + 1, p->marks + at, (p->mark_count - at) * sizeof(*p->marks));
	p->marks[at] = (struct log_mark){line, time};
	p->mark_count++;
	p->revision++;
}

bool panes_next_mark(const struct panes *p, uint64_t from, uint64_t *line)
{
	for (size_t i = 0; i < p->mark_count; i++)
		if (p->marks[i].line > from) {
			*line = p->marks[i].line;
			return true;
		}
	return false;
}

bool panes_prev_mark(const struct panes *p, uint64_t from, uint64_t *line)
{
	for (size_t i = p->mark_count; i > 0; i--)
		if (p->marks[i - 1].line < from) {
			*line = p->marks[i - 1].line;
			return true;
		}
	return false;
}

/* Marks of lines that are gone lead nowhere. */
static void forget_marks(struct panes *p, uint64_t first)
{
	size_t gone = 0;

	while (gone < p->mark_count && p->marks[gone].line < first)
		gone++;
	if (!gone)
		return;
	p->mark_count -= gone;
	memmove(p->marks, p->marks + gone, p->mark_count * sizeof(*p->marks));
	p->revision++;
}

bool panes_step(struct panes *p, const struct lines *l, size_t budget)
{
	size_t busy = !find_complete(p->find, l), share;
	bool more;

	forget_marks(p, lines_first(l));
	if (p->find_line != UINT64_MAX && p->find_line < lines_first(l)) {
		p->find_line = UINT64_MAX;
		p->revision++;
	}
	for (int i = 0; i < p->count; i++)
		busy += !filter_complete(p->pane[i].filter, l);
	share = busy ? budget / busy : budget;
	more = find_step(p->find, l, share);
	for (int i = 0; i < p->count; i++)
		more |= filter_step(p->pane[i].filter, l, share);
	return more;
}

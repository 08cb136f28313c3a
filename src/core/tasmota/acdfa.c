/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds the automaton: a trie, its failure links in breadth-first order, then the final rows. */
#include "acdfa.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"

/* While it is built: rows of ncls node numbers; 0 (the root) is "no child". */
struct build {
	uint32_t *next;
	struct acdfa_info *info;
	uint16_t *depth;
	uint32_t *fail;
	uint32_t *order; /* breadth first */
	uint32_t count;
	uint32_t ncls;
};

static void classes(struct acdfa *d, const struct acdfa_pattern *p, size_t count, bool fold)
{
	memset(d->cls, 0, sizeof(d->cls));
	d->ncls = 1; /* class 0: bytes of no pattern */
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < p[i].len; k++)
			if (!d->cls[p[i].bytes[k]])
				d->cls[p[i].bytes[k]] = (uint16_t)d->ncls++;
	if (!fold)
		return;
	for (unsigned c = 'A'; c <= 'Z'; c++)
		d->cls[c] = d->cls[c - 'A' + 'a'];
}

static void add_pattern(
    struct build *b, const struct acdfa *d, const struct acdfa_pattern *p, size_t id)
{
	uint32_t at = 0;

	for (size_t k = 0; k < p->len; k++) {
		uint32_t *child = &b->next[(size_t)at * b->ncls + d->cls[p->bytes[k]]];

		if (!*child) {
			b->depth[b->count] = (uint16_t)(k + 1);
			*child = b->count++;
		}
		at = *child;
	}
	b->info[at].match = (uint16_t)p->len;
	b->info[at].id = (uint16_t)id;
}

/* A node of the queue: its children get their failure links, its missing ones become the moves of
 * the node it fails to (which comes earlier in the queue, so its row is complete). */
static void expand(struct build *b, uint32_t at, uint32_t *tail)
{
	uint32_t *row = &b->next[(size_t)at * b->ncls];
	const uint32_t *back = &b->next[(size_t)b->fail[at] * b->ncls];

	for (uint32_t c = 0; c < b->ncls; c++) {
		uint32_t child = row[c];

		/* What is in the row before it is expanded is the trie. */
		if (child) {
			b->fail[child] = at ? back[c] : 0;
			b->order[(*tail)++] = child;
		} else if (at) {
			row[c] = back[c];
		}
	}
}

/* A pattern that ends in the tail of this node's bytes ends here too. */
static void inherit(struct build *b, uint32_t at)
{
	const struct acdfa_info *back = &b->info[b->fail[at]];
	struct acdfa_info *info = &b->info[at];

	info->hold = b->depth[at];
	if (info->match) {
		info->hold = 0; /* all of it is decided */
	} else if (back->match) {
		info->match = back->match;
		info->id = back->id;
	}
}

/* Numbers the nodes anew, accepting ones last, and writes the rows with their final values. */
static void finish(struct acdfa *d, const struct build *b)
{
	uint32_t *rank = xcalloc(b->count, sizeof(*rank));
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->count; i++)
		if (!b->info[i].match)
			rank[i] = n++;
	d->accept = n * b->ncls;
	for (uint32_t i = 0; i < b->count; i++)
		if (b->info[i].match)
			rank[i] = n++;
	d->next = xcalloc((size_t)b->count * b->ncls, sizeof(*d->next));
	d->info = xcalloc(b->count, sizeof(*d->info));
	for (uint32_t i = 0; i < b->count; i++) {
		uint32_t *row = &d->next[(size_t)rank[i] * b->ncls];

		d->info[rank[i]] = b->info[i];
		for (uint32_t c = 0; c < b->ncls; c++)
			row[c] = rank[b->next[(size_t)i * b->ncls + c]] * b->ncls;
	}
	d->start = rank[0] * b->ncls;
	free(rank);
}

void acdfa_init(struct acdfa *d, const struct acdfa_pattern *patterns, size_t count, bool fold)
{
	struct build b;
	size_t most = 1;
	uint32_t tail = 1;

	memset(&b, 0, sizeof(b));
	for (size_t i = 0; i < count; i++) {
		assert(patterns[i].len > 0);
		most += patterns[i].len;
	}
	assert(most <= 65536);
	classes(d, patterns, count, fold);
	b.ncls = d->ncls;
	b.count = 1;
	b.next = xcalloc(most * b.ncls, sizeof(*b.next));
	b.info = xcalloc(most, sizeof(*b.info));
	b.depth = xcalloc(most, sizeof(*b.depth));
	b.fail = xcalloc(most, sizeof(*b.fail));
	b.order = xcalloc(most, sizeof(*b.order));
	for (size_t i = 0; i < count; i++)
		add_pattern(&b, d, &patterns[i], i);
	for (uint32_t head = 0; head < tail; head++) {
		inherit(&b, b.order[head]);
		expand(&b, b.order[head], &tail);
	}
	finish(d, &b);
	free(b.next);
	free(b.info);
	free(b.depth);
	free(b.fail);
	free(b.order);
}

void acdfa_fini(struct acdfa *d)
{
	free(d->next);
	free(d->info);
	d->next = NULL;
	d->info = NULL;
}

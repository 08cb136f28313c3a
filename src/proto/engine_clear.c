/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's erasing by the stub, which leaves blank sectors alone: in requests of some
 * hundred KiB, so that it can be stopped in between.
 */
#include "engine_int.h"

#include <assert.h>

#define CLEAR_STEP   (512u * 1024)
#define CLEAR_ANSWER MONO_S(1)

static void clear_add(struct engine *e, uint32_t from, uint32_t to)
{
	struct engine_clear *c = &e->clear;
	if (from >= to)
		return;
	assert(c->areas < sizeof c->area / sizeof c->area[0]);
	c->area[c->areas++] = (struct engine_part){.offset = from, .length = to - from};
	c->total += to - from;
}

/* The whole chip but what is to be kept, in rising order. */
static void clear_plan_chip(struct engine *e)
{
	uint32_t at = 0, size = e->chip.flash_size;
	while (at < size) {
		uint32_t next = size, end = size;
		for (size_t i = 0; i < e->job.keep_count; i++) {
			const struct engine_part *k = &e->job.keep[i];
			if (k->offset + k->length > at && k->offset < next) {
				next = k->offset > at ? k->offset : at;
				end = k->offset + k->length;
			}
		}
		clear_add(e, at, next);
		at = end;
	}
}

void clear_begin(struct engine *e)
{
	struct engine_clear *c = &e->clear;
	c->areas = c->at = 0;
	c->pos = c->done = c->total = 0;
	if (e->job.part_count == 0)
		clear_plan_chip(e);
	for (size_t i = 0; i < e->job.part_count; i++)
		clear_add(
		    e, e->job.parts[i].offset, e->job.parts[i].offset + e->job.parts[i].length);
	engine_stage_begin(e, ENGINE_ST_ERASE);
	engine_go(e, ES_CLEAR);
}

static void clear_note(struct engine *e, uint32_t from, uint32_t to)
{
	struct engine_failure *f = &e->fail;
	bool none = f->erased_from == f->erased_to;
	if (none || from < f->erased_from)
		f->erased_from = from;
	if (none || to > f->erased_to)
		f->erased_to = to;
	f->flash_touched = true;
	f->offset = from;
}

void clear_step(struct engine *e)
{
	struct engine_clear *c = &e->clear;
	engine_emit_progress(e, c->done, c->total);
	if (c->at == c->areas) {
		stub_done(e);
		return;
	}
	const struct engine_part *a = &c->area[c->at];
	uint32_t left = a->length - c->pos;
	c->n = left < CLEAR_STEP ? left : CLEAR_STEP;
	const uint32_t words[] = {a->offset + c->pos, c->n};
	clear_note(e, words[0], words[0] + c->n);
	if (e->c32) {
		clear32_step(e, words[0], c->n);
		return;
	}
	stub_ask(e, STUB_ERASE, words, 2, CLEAR_ANSWER);
}

void clear_unasked(struct engine *e, const struct stub_msg *m)
{
	struct engine_clear *c = &e->clear;
	if (m->op == STUB_BUSY && stub_word(m, 0) == STUB_ERASE && stub_word(m, 1) <= c->n)
		engine_emit_progress(e, c->done + stub_word(m, 1), c->total);
}

void clear_went(struct engine *e)
{
	struct engine_clear *c = &e->clear;
	c->done += c->n;
	c->pos += c->n;
	if (c->pos == c->area[c->at].length) {
		c->at++;
		c->pos = 0;
	}
	engine_go(e, ES_CLEAR);
}

void clear_answer(struct engine *e, const struct stub_msg *m)
{
	if (m->status == STUB_E_ERASE || m->status == STUB_E_TIMEOUT ||
	    m->status == STUB_E_PROTECTED) {
		e->s.failed = m->status;
		e->st.why =
		    m->status == STUB_E_PROTECTED ? ENGINE_CAUSE_PROTECTED : ENGINE_CAUSE_WORN;
		engine_go(e, ES_STUB_STATUS);
		return;
	}
	if (m->status != STUB_OK) {
		stub_refused(e, m);
		return;
	}
	clear_went(e);
}

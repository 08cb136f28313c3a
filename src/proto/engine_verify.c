/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's proof: the MD5 of every piece of 64 KiB that was written (or, for a comparison,
 * of all). A piece that differs is looked at sector by sector; those sectors are written once more,
 * slower, and if they differ again the flash is to blame.
 */
#include "engine_int.h"

#include <string.h>

#define VERIFY_ANSWER MONO_MS(400)
#define VERIFY_KIB_US 4000
/* Pieces of one request. The answer comes in parts. */
#define VERIFY_PIECES 64u
/* A piece that differs, but none of its sectors does: asked again so often. */
#define VERIFY_DOUBTS 3u

struct engine_part verify_piece(const struct engine *e, uint32_t piece)
{
	const struct engine_plan *p = &e->plan;
	size_t i = e->job.part_count - 1;
	while (i > 0 && piece < p->piece_first[i])
		i--;
	uint32_t at = (piece - p->piece_first[i]) * PLAN_PIECE, left = e->job.parts[i].length - at;
	return (struct engine_part){
	    .offset = e->job.parts[i].offset + at, .length = left < PLAN_PIECE ? left : PLAN_PIECE};
}

static bool verify_open(const struct engine *e, uint32_t piece)
{
	uint8_t proof = e->plan.proof[piece];
	return proof == PROOF_WANTED || proof == PROOF_LATER;
}

void verify_begin(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	p->doubts = 0;
	for (uint32_t s = 0; s < PLAN_SECTORS; s++)
		p->flag[s] &= (uint8_t) ~(unsigned)PLAN_WRONG;
	if (e->job.kind == ENGINE_FLASH && (e->job.no_verify || e->chip.secure_download)) {
		stub_done(e);
		return;
	}
	engine_stage_begin(e, ENGINE_ST_VERIFY);
	engine_go(e, ES_VERIFY);
}

void verify_survey(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	e->st.survey = true;
	p->doubts = 0;
	memset(p->proof, PROOF_WANTED, p->pieces);
	for (uint32_t s = 0; s < PLAN_SECTORS; s++)
		p->flag[s] &= (uint8_t) ~(unsigned)PLAN_WRONG;
	engine_go(e, ES_VERIFY);
}

static uint32_t verify_left(const struct engine *e)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < e->plan.pieces; i++)
		if (verify_open(e, i))
			n += verify_piece(e, i).length;
	return n;
}

/* ---- what differs ------------------------------------------------------------------------------------- */
size_t engine_mismatches(const struct engine *e, struct engine_part *areas, size_t max)
{
	size_t n = 0;
	uint32_t end = 0; /* of the last area */
	for (uint32_t s = 0; s < PLAN_SECTORS; s++) {
		if (!(e->plan.flag[s] & PLAN_WRONG))
			continue;
		if (n > 0 && s == end) {
			if (n <= max)
				areas[n - 1].length += CHIP_SECTOR;
		} else {
			if (n < max)
				areas[n] = (struct engine_part){
				    .offset = s * CHIP_SECTOR, .length = CHIP_SECTOR};
			n++;
		}
		end = s + 1;
	}
	return n;
}

static void verify_tell(struct engine *e, bool again)
{
	struct engine_part area = {0, 0};
	uint32_t end = PLAN_SECTORS;
	for (uint32_t s = 0; s <= end; s++) {
		if (s < end && (e->plan.flag[s] & PLAN_WRONG)) {
			if (area.length == 0)
				area.offset = s * CHIP_SECTOR;
			area.length += CHIP_SECTOR;
		} else if (area.length > 0) {
			engine_emit(e, &(struct engine_event){.kind = ENGINE_EV_MISMATCH,
					   .stage = e->stage,
					   .ok = again,
					   .value = area.offset,
					   .total = area.length});
			area.length = 0;
		}
	}
}

/* Only what differs is to be written. */
static void verify_rewrite(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	p->rewritten++;
	for (uint32_t s = 0; s < PLAN_SECTORS; s++) {
		p->flag[s] &= (uint8_t) ~(unsigned)PLAN_ERASE;
		if ((p->flag[s] & PLAN_DATA) && !(p->flag[s] & PLAN_WRONG))
			p->flag[s] |= PLAN_SAME;
		else
			p->flag[s] &= (uint8_t) ~(unsigned)PLAN_SAME;
	}
	e->fail.written_to = e->fail.written_from;
	/* From the way back plan_make goes on. */
	if (!stub_lower(e, ES_REPLAN))
		engine_go(e, ES_REPLAN);
}

static void verify_failed(struct engine *e)
{
	struct engine_part first;
	bool flash = e->job.kind == ENGINE_FLASH;
	bool again = flash && e->plan.rewritten == 0;
	(void)engine_mismatches(e, &first, 1);
	e->fail.offset = first.offset;
	verify_tell(e, again);
	e->st.why = ENGINE_CAUSE_VERIFY;
	if (again)
		verify_rewrite(e);
	else if (flash)
		engine_go(e, ES_STUB_STATUS);
	else
		engine_fail(e, ENGINE_CAUSE_VERIFY, NULL);
}

static void verify_over(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	struct engine_part area;
	for (uint32_t i = 0; i < p->pieces; i++) {
		if (p->proof[i] != PROOF_BAD)
			continue;
		p->narrow = i;
		p->proof[i] = PROOF_NARROWED;
		engine_go(e, ES_NARROW);
		return;
	}
	if (e->st.survey) {
		stub_blame(e);
		return;
	}
	if (engine_mismatches(e, &area, 1) > 0) {
		verify_failed(e);
		return;
	}
	engine_emit_progress(e, p->data_total, p->data_total);
	stub_done(e);
}

/* ---- pieces ------------------------------------------------------------------------------------------- */
void verify_step(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	uint32_t first = 0, n = 0, length = 0;
	if (!e->st.survey)
		engine_emit_progress(e, p->data_total - verify_left(e), p->data_total);
	while (first < p->pieces && !verify_open(e, first))
		first++;
	if (first == p->pieces) {
		verify_over(e);
		return;
	}
	if (e->c32) {
		verify32_step(e, first);
		return;
	}
	struct engine_part start = verify_piece(e, first);
	while (n < VERIFY_PIECES && first + n < p->pieces && verify_open(e, first + n)) {
		struct engine_part next = verify_piece(e, first + n);
		if (next.offset != start.offset + length || length % PLAN_PIECE != 0)
			break;
		length += next.length;
		n++;
	}
	p->asked_piece = first;
	p->asked_pieces = n;
	p->got = 0;
	memset(p->gone, 0, sizeof p->gone);
	const uint32_t words[] = {start.offset, length, PLAN_PIECE, DIGEST_MD5_SIZE};
	if (!e->st.survey)
		e->fail.offset = start.offset;
	stub_ask(e, STUB_MD5, words, 4, VERIFY_ANSWER + (int64_t)(length / 1024) * VERIFY_KIB_US);
}

void verify_answer(struct engine *e, const struct stub_msg *m)
{
	struct engine_plan *p = &e->plan;
	const uint8_t *d;
	uint32_t first, count;
	if (!plan_digests(e, m, DIGEST_MD5_SIZE, &first, &d, &count))
		return;
	for (uint32_t k = 0; k < count && first + k < p->asked_pieces; k++) {
		uint32_t piece = p->asked_piece + first + k;
		bool good = memcmp(d + k * DIGEST_MD5_SIZE, p->piece[piece], DIGEST_MD5_SIZE) == 0;
		if (plan_first_time(e, first + k))
			p->proof[piece] = good ? PROOF_GOOD : PROOF_BAD;
	}
	if (p->got < p->asked_pieces) {
		if (!e->st.survey)
			engine_emit_progress(e, p->data_total - verify_left(e), p->data_total);
		return;
	}
	stub_answered(e);
	engine_go(e, ES_VERIFY);
}

/* ---- the sectors of one ---------------------------------------------------------------------------------- */
void verify_narrowed(struct engine *e, uint32_t base, uint32_t count)
{
	struct engine_plan *p = &e->plan;
	uint32_t wrong = 0;
	for (uint32_t s = base; s < base + count; s++)
		wrong += (p->flag[s] & PLAN_WRONG) != 0;
	/* Flash that reads differently each time is not to be trusted, and all of it is named. */
	if (wrong == 0 && ++p->doubts < VERIFY_DOUBTS)
		p->proof[p->narrow] = PROOF_LATER;
	for (uint32_t s = base; wrong == 0 && p->doubts >= VERIFY_DOUBTS && s < base + count; s++)
		p->flag[s] |= PLAN_WRONG;
	engine_go(e, ES_VERIFY);
}

void verify_narrow(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	if (e->c32) {
		verify32_narrow(e);
		return;
	}
	struct engine_part part = verify_piece(e, p->narrow);
	const uint32_t words[] = {part.offset, part.length, CHIP_SECTOR, PLAN_DIGEST};
	p->count = (part.length + CHIP_SECTOR - 1) / CHIP_SECTOR;
	p->got = 0;
	memset(p->gone, 0, sizeof p->gone);
	stub_ask(
	    e, STUB_MD5, words, 4, VERIFY_ANSWER + (int64_t)(part.length / 1024) * VERIFY_KIB_US);
}

void verify_narrow_answer(struct engine *e, const struct stub_msg *m)
{
	struct engine_plan *p = &e->plan;
	uint32_t base = verify_piece(e, p->narrow).offset / CHIP_SECTOR;
	const uint8_t *d;
	uint32_t first, count;
	if (!plan_digests(e, m, PLAN_DIGEST, &first, &d, &count))
		return;
	for (uint32_t k = 0; k < count && first + k < p->count; k++) {
		uint32_t s = base + first + k;
		if (plan_first_time(e, first + k) &&
		    memcmp(d + k * PLAN_DIGEST, p->digest[s], PLAN_DIGEST) != 0)
			p->flag[s] |= PLAN_WRONG;
	}
	if (p->got < p->count)
		return;
	stub_answered(e);
	verify_narrowed(e, base, p->count);
}

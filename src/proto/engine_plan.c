/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's plan: the job's data are digested sector by sector, the stub digests the flash,
 * and what differs is put into runs. A few sectors are asked for first: where none of them is
 * right, the rest won't be, and looking at all of it would only cost time.
 */
#include "engine_int.h"

#include <string.h>

#include "tasmite/base/log.h"

#define PLAN_ANSWER MONO_MS(400)
/* Digests of flash: reading and MD5 at 52 MHz, an upper bound per KiB. */
#define PLAN_KIB_US 4000
/* A sector in so many is deflated for itself, to see whether it is worth it. */
#define PLAN_TRY_EACH 16u
#define PLAN_WORTH    97u
/* Estimates for what is saved: a sector's erase and its pages; how well code deflates. */
#define PLAN_SECTOR_US	 MONO_MS(30)
#define PLAN_DEFLATES_TO 70u

uint32_t plan_part_end(const struct engine_part *p)
{
	return p->offset + (p->length + CHIP_SECTOR - 1) / CHIP_SECTOR * CHIP_SECTOR;
}

size_t plan_part_at(const struct engine *e, uint32_t address)
{
	size_t i = 0;
	for (; i < e->job.part_count; i++)
		if (address >= e->job.parts[i].offset && address < plan_part_end(&e->job.parts[i]))
			return i;
	return ENGINE_MAX_PARTS;
}

static void plan_flag(struct engine *e, const struct engine_part *p, uint8_t flag)
{
	for (uint32_t s = p->offset / CHIP_SECTOR; s < plan_part_end(p) / CHIP_SECTOR; s++)
		if (s < PLAN_SECTORS)
			e->plan.flag[s] |= flag;
}

void plan_begin(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	memset(p, 0, sizeof *p);
	memset(e->d.told, 0, sizeof e->d.told);
	e->d.on = false;
	for (size_t i = 0; i < e->job.part_count; i++) {
		plan_flag(e, &e->job.parts[i], PLAN_DATA);
		p->piece_first[i] = p->pieces;
		p->pieces += (e->job.parts[i].length + PLAN_PIECE - 1) / PLAN_PIECE;
		p->data_total += e->job.parts[i].length;
	}
	for (size_t i = 0; i < e->job.keep_count; i++)
		plan_flag(e, &e->job.keep[i], PLAN_KEEP);
	if (e->job.kind == ENGINE_FLASH && e->job.erase_all)
		for (uint32_t s = 0; s < e->chip.flash_size / CHIP_SECTOR && s < PLAN_SECTORS; s++)
			if (!(p->flag[s] & (PLAN_DATA | PLAN_KEEP)))
				p->flag[s] |= PLAN_ERASE;
	e->s.raw_n = 0;
	p->try_in = 0;
	p->try_out = 0;
	engine_stage_begin(e, e->job.kind == ENGINE_VERIFY ? ENGINE_ST_VERIFY : ENGINE_ST_COMPARE);
	engine_go(e, ES_SCAN);
}

/* ---- the data ------------------------------------------------------------------------------------------ */
static void plan_scanned(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	e->s.plain = p->try_out * 100 >= p->try_in * PLAN_WORTH;
	if (e->job.kind == ENGINE_VERIFY) {
		memset(p->proof, PROOF_WANTED, p->pieces);
		verify_begin(e);
	} else if (e->job.full || e->chip.secure_download) {
		plan_make(e);
	} else if (e->c32) {
		compare32_begin(e);
	} else {
		engine_go(e, ES_SAMPLE);
	}
}

void plan_scan(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	if (p->part == e->job.part_count) {
		plan_scanned(e);
		return;
	}
	uint32_t left = e->job.parts[p->part].length - p->pos;
	e->w.fetched = left < CHIP_SECTOR ? left : CHIP_SECTOR;
	engine_need_data(e, p->part, p->pos, e->w.fetched);
}

static bool plan_all_blank(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != 0xFF)
			return false;
	return true;
}

/* How small does it get? */
static void plan_try(struct engine *e, uint32_t n)
{
	size_t taken = n;
	bool end = false;
	deflater_reset(e->deflater);
	size_t out =
	    deflater_run(e->deflater, e->data, &taken, true, e->s.raw, sizeof e->s.raw, &end);
	e->plan.try_in += n;
	e->plan.try_out += (uint32_t)out;
}

void plan_scan_acted(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	const struct engine_part *part = &e->job.parts[p->part];
	uint32_t n = e->w.fetched, sector = (part->offset + p->pos) / CHIP_SECTOR;
	uint8_t md5[DIGEST_MD5_SIZE];
	if (!e->w.have_data) {
		engine_fail(e, ENGINE_CAUSE_DATA, NULL);
		return;
	}
	digest_md5(e->data, n, md5);
	memcpy(p->digest[sector], md5, PLAN_DIGEST);
	if (plan_all_blank(e->data, n))
		p->flag[sector] |= PLAN_BLANK;
	else if (sector % PLAN_TRY_EACH == 1 || p->try_in == 0)
		plan_try(e, n);
	if (p->pos % PLAN_PIECE == 0)
		digest_md5_begin(&p->md5);
	digest_md5_add(&p->md5, e->data, n);
	p->pos += n;
	if (p->pos % PLAN_PIECE == 0 || p->pos == part->length)
		digest_md5_end(
		    &p->md5, p->piece[p->piece_first[p->part] + (p->pos - 1) / PLAN_PIECE]);
	if (p->pos == part->length) {
		p->part++;
		p->pos = 0;
	}
	engine_go(e, ES_SCAN);
}

/* ---- a sample of the flash ------------------------------------------------------------------------------- */
static bool plan_telling(uint8_t flag)
{
	return (flag & PLAN_DATA) && !(flag & PLAN_BLANK);
}

uint32_t plan_bytes(const struct engine *e, uint32_t sector)
{
	size_t i = plan_part_at(e, sector * CHIP_SECTOR);
	if (i == ENGINE_MAX_PARTS)
		return CHIP_SECTOR;
	uint32_t left = e->job.parts[i].offset + e->job.parts[i].length - sector * CHIP_SECTOR;
	return left < CHIP_SECTOR ? left : CHIP_SECTOR;
}

static void plan_choose(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	uint32_t n = 0, at = 0;
	for (uint32_t s = 0; s < PLAN_SECTORS; s++)
		n += plan_telling(p->flag[s]);
	uint32_t want = n < PLAN_SAMPLES ? n : PLAN_SAMPLES;
	p->samples = 0;
	for (uint32_t s = 0; s < PLAN_SECTORS && p->samples < want; s++) {
		if (!plan_telling(p->flag[s]))
			continue;
		if (at++ * want >= p->samples * n)
			p->sample[p->samples++] = s;
	}
}

void plan_sample(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	uint32_t words[1 + 2 * PLAN_SAMPLES] = {PLAN_DIGEST | STUB_DIGEST_FAST};
	plan_choose(e);
	p->got = 0;
	p->matches = 0;
	if (p->samples == 0) {
		plan_compare_all(e);
		return;
	}
	for (uint32_t i = 0; i < p->samples; i++) {
		words[1 + 2 * i] = p->sample[i] * CHIP_SECTOR;
		words[2 + 2 * i] = plan_bytes(e, p->sample[i]);
	}
	memset(p->gone, 0, sizeof p->gone);
	stub_ask(e, STUB_MD5_RANGES, words, 1 + 2 * p->samples, PLAN_ANSWER);
}

bool plan_digests(struct engine *e, const struct stub_msg *m, size_t size, uint32_t *first,
    const uint8_t **digests, uint32_t *count)
{
	if (m->status != STUB_OK) {
		stub_refused(e, m);
		return false;
	}
	*first = stub_word(m, 0);
	*count = stub_word(m, 1);
	*digests = m->n >= 8 ? m->data + 8 : NULL;
	/* Compared without a sum: both may be anything. */
	return *digests && *count <= (m->n - 8) / size && *first <= PLAN_SECTORS;
}

bool plan_first_time(struct engine *e, uint32_t i)
{
	uint8_t bit = (uint8_t)(1u << i % 8);
	if (i / 8 >= sizeof e->plan.gone || (e->plan.gone[i / 8] & bit))
		return false;
	e->plan.gone[i / 8] |= bit;
	e->plan.got++;
	return true;
}

/* The stub says this digest of a sector: is it that of the job's data? */
static bool plan_is(struct engine *e, uint32_t sector, const uint8_t *digest)
{
	memcpy(e->d.was[sector], digest, PLAN_DIGEST);
	e->d.told[sector] = true;
	return memcmp(digest, e->plan.digest[sector], PLAN_DIGEST) == 0;
}

void plan_sample_answer(struct engine *e, const struct stub_msg *m)
{
	struct engine_plan *p = &e->plan;
	const uint8_t *d;
	uint32_t first, count;
	if (!plan_digests(e, m, PLAN_DIGEST, &first, &d, &count))
		return;
	for (uint32_t k = 0; k < count && first + k < p->samples; k++)
		if (plan_first_time(e, first + k))
			p->matches += plan_is(e, p->sample[first + k], d + k * PLAN_DIGEST);
	if (p->got < p->samples)
		return;
	stub_answered(e);
	if (p->matches > 0)
		plan_compare_all(e);
	else if (delta_hope(e))
		delta_sample_begin(e);
	else
		plan_make(e);
}

/* ---- all of it ------------------------------------------------------------------------------------------- */
void plan_compare_all(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	engine_stage_begin(e, ENGINE_ST_COMPARE);
	for (uint32_t s = 0; s < PLAN_SECTORS; s++)
		p->flag[s] &= (uint8_t) ~(unsigned)(PLAN_SAME | PLAN_OLD);
	e->d.on = false;
	p->part = 0;
	p->compare_done = 0;
	engine_go(e, ES_COMPARE);
}

void plan_compare(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	engine_emit_progress(e, p->compare_done, p->data_total);
	if (p->part == e->job.part_count) {
		if (delta_hope(e))
			delta_begin(e);
		else
			plan_make(e);
		return;
	}
	const struct engine_part *part = &e->job.parts[p->part];
	/* A flash that is read wrong so is one that differs: too much is written, not too little. */
	const uint32_t words[] = {
	    part->offset, part->length, CHIP_SECTOR, PLAN_DIGEST | STUB_DIGEST_FAST};
	p->count = (part->length + CHIP_SECTOR - 1) / CHIP_SECTOR;
	p->got = 0;
	memset(p->gone, 0, sizeof p->gone);
	stub_ask(e, STUB_MD5, words, 4, PLAN_ANSWER + (int64_t)(part->length / 1024) * PLAN_KIB_US);
}

void plan_compare_answer(struct engine *e, const struct stub_msg *m)
{
	struct engine_plan *p = &e->plan;
	const struct engine_part *part = &e->job.parts[p->part];
	const uint8_t *d;
	uint32_t first, count;
	if (!plan_digests(e, m, PLAN_DIGEST, &first, &d, &count))
		return;
	for (uint32_t k = 0; k < count && first + k < p->count; k++) {
		uint32_t s = part->offset / CHIP_SECTOR + first + k;
		if (plan_first_time(e, first + k) && plan_is(e, s, d + k * PLAN_DIGEST))
			p->flag[s] |= PLAN_SAME;
	}
	if (p->got < p->count)
		return;
	stub_answered(e);
	p->compare_done += part->length;
	p->part++;
	engine_go(e, ES_COMPARE);
}

/* ---- runs ------------------------------------------------------------------------------------------------ */
enum plan_kind { KIND_NONE, KIND_DATA, KIND_ERASE };

static enum plan_kind plan_kind(uint8_t flag)
{
	if (flag & (PLAN_SAME | PLAN_KEEP))
		return KIND_NONE;
	if (flag & PLAN_DATA)
		return flag & PLAN_BLANK ? KIND_ERASE : KIND_DATA;
	return flag & PLAN_ERASE ? KIND_ERASE : KIND_NONE;
}

/* Puts sector s into the runs. Data sectors up to gap apart are one run, if what lies between is
 * the job's data as well. False: too many runs. */
static bool plan_add(struct engine *e, uint32_t s, enum plan_kind kind, uint32_t gap)
{
	struct engine_plan *p = &e->plan;
	struct plan_run *last = p->runs > 0 ? &p->run[p->runs - 1] : NULL;
	bool erase = kind == KIND_ERASE;
	if (last && last->erase == erase) {
		uint32_t end = last->first + last->sectors;
		bool joined = s - end <= (erase ? 0 : gap);
		for (uint32_t k = end; k < s && joined; k++)
			joined = (p->flag[k] & PLAN_DATA) != 0;
		if (joined) {
			last->sectors = s + 1 - last->first;
			return true;
		}
	}
	if (p->runs == STUB_RUNS_MAX)
		return false;
	p->run[p->runs++] = (struct plan_run){.first = s, .sectors = 1, .erase = erase};
	return true;
}

/* A few blank sectors between data are sent along when gap says so. */
static bool plan_build(struct engine *e, uint32_t gap)
{
	struct engine_plan *p = &e->plan;
	p->runs = 0;
	for (uint32_t s = 0; s < PLAN_SECTORS; s++) {
		enum plan_kind kind = plan_kind(p->flag[s]);
		if (kind == KIND_ERASE && gap > 0 && (p->flag[s] & PLAN_DATA))
			kind = KIND_DATA;
		if (kind != KIND_NONE && !plan_add(e, s, kind, gap))
			return false;
	}
	return true;
}

static void plan_count(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	p->to_write = 0;
	p->to_erase = 0;
	for (size_t i = 0; i < p->runs; i++) {
		const struct plan_run *r = &p->run[i];
		*(r->erase ? &p->to_erase : &p->to_write) += r->sectors * CHIP_SECTOR;
		for (uint32_t s = r->first; s < r->first + r->sectors; s++) {
			size_t part = plan_part_at(e, s * CHIP_SECTOR);
			if (part == ENGINE_MAX_PARTS)
				continue;
			uint32_t at = s * CHIP_SECTOR - e->job.parts[part].offset;
			p->proof[p->piece_first[part] + at / PLAN_PIECE] = PROOF_WANTED;
		}
	}
}

/* Milliseconds that n bytes would take. */
static uint32_t plan_cost_ms(const struct engine *e, uint32_t n)
{
	int64_t wire = engine_wire_us(e, n) * (e->s.plain ? 100 : PLAN_DEFLATES_TO) / 100;
	int64_t flash = (int64_t)(n / CHIP_SECTOR) * PLAN_SECTOR_US;
	return (uint32_t)((wire > flash ? wire : flash) / 1000);
}

static void plan_tell(struct engine *e)
{
	const struct engine_plan *p = &e->plan;
	uint32_t sectors = 0, same = 0;
	for (uint32_t s = 0; s < PLAN_SECTORS; s++) {
		sectors += (p->flag[s] & PLAN_DATA) != 0;
		same += (p->flag[s] & PLAN_SAME) != 0;
	}
	uint32_t skipped =
	    sectors * CHIP_SECTOR > p->to_write ? sectors * CHIP_SECTOR - p->to_write : 0;
	log_trace("engine", "plan: %u runs, %u bytes to write, %u to erase, %u sectors are right%s",
	    (unsigned)p->runs, (unsigned)p->to_write, (unsigned)p->to_erase, (unsigned)same,
	    e->s.plain ? ", plain" : "");
	engine_emit(e, &(struct engine_event){.kind = ENGINE_EV_PLAN,
			   .stage = e->stage,
			   .done = p->to_write,
			   .total = sectors * CHIP_SECTOR,
			   .value = p->to_erase,
			   .differences = delta_count(e),
			   .count = plan_cost_ms(e, skipped)});
}

void plan_make(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	uint32_t gap = 0;
	while (!plan_build(e, gap)) {
		if (gap >= PLAN_SECTORS) {
			/* Parts, kept areas and what lies between are far fewer runs. */
			engine_fail(e, ENGINE_CAUSE_REFUSED, NULL);
			return;
		}
		gap = gap ? 2 * gap : 1;
	}
	plan_count(e);
	e->d.on = e->d.on && p->rewritten == 0 && p->restarts == 0;
	if (p->rewritten == 0 && p->restarts == 0)
		plan_tell(e);
	if (p->runs == 0)
		verify_begin(e);
	else
		engine_go(e, ES_PLAN);
}

/* ---- to the stub ------------------------------------------------------------------------------------------ */
void plan_note(struct engine *e)
{
	const struct engine_plan *p = &e->plan;
	struct engine_failure *f = &e->fail;
	const struct plan_run *last = &p->run[p->runs - 1];
	uint32_t from = p->run[0].first * CHIP_SECTOR,
		 to = (last->first + last->sectors) * CHIP_SECTOR;
	bool none = f->erased_from == f->erased_to;
	if (none || from < f->erased_from)
		f->erased_from = from;
	if (none || to > f->erased_to)
		f->erased_to = to;
	if (none)
		f->written_from = f->written_to = from;
	f->flash_touched = true;
}

/* What follows the last run in its block may be erased with it, where it is blank and nobody's. */
static bool plan_may_round(const struct engine *e)
{
	const struct plan_run *last = &e->plan.run[e->plan.runs - 1];
	for (uint32_t s = last->first + last->sectors; s % 16 != 0; s++)
		if (s >= PLAN_SECTORS || (e->plan.flag[s] & (PLAN_KEEP | PLAN_DATA)))
			return false;
	return true;
}

void plan_send(struct engine *e)
{
	const struct engine_plan *p = &e->plan;
	uint32_t words[2 + 2 * STUB_RUNS_MAX] = {
	    0, STUB_PLAN_LAST | (e->s.plain ? 0 : STUB_PLAN_DEFLATE)};
	size_t n = 2;
	engine_stage_begin(e, ENGINE_ST_WRITE);
	for (size_t i = 0; i < p->runs; i++) {
		words[n++] = p->run[i].first * CHIP_SECTOR;
		words[n++] =
		    p->run[i].sectors * CHIP_SECTOR | (p->run[i].erase ? STUB_RUN_ERASE : 0);
	}
	if (e->d.on)
		words[1] |= STUB_PLAN_DELTA;
	if (plan_may_round(e))
		words[1] |= STUB_PLAN_ROUND;
	if (p->rewritten > 0)
		words[1] |= STUB_PLAN_SLOW;
	plan_note(e);
	if (e->c32) {
		write32_begin(e);
		return;
	}
	stub_ask(e, STUB_PLAN, words, n, PLAN_ANSWER);
}

void plan_send_answer(struct engine *e, const struct stub_msg *m)
{
	if (m->status == STUB_OK)
		stream_begin(e);
	else
		stub_refused(e, m);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's differences: where the driver knows what the flash held before (the stub's
 * digests prove it, sector by sector), only what differs from that is sent: firmware that is written
 * over an earlier release of itself is mostly that, moved a little.
 *
 * First the digests of a few sectors are shown to the driver. Where it knows them all of the flash is
 * compared, the driver gives what it has, some sectors are packed for a trial, and what is the
 * quicker way is taken.
 */
#include "engine_int.h"

#include <string.h>

#include "tasmite/base/bytes.h"
#include "tasmite/base/log.h"
#include "tasmite/base/xalloc.h"

/* The flash's own time, typically: a block's or sector's erase, a page's program. */
#define DELTA_BLOCK_US	150000
#define DELTA_SECTOR_US 45000
#define DELTA_PAGE_US	700
#define DELTA_PAGE	256u
#define DELTA_BLOCK	16u /* sectors */
/* Digests of flash, for each KiB; questions and answers. */
#define DELTA_KIB_US	470
#define DELTA_AROUND_US MONO_MS(60)
#define DELTA_HOPES_FOR 35u /* of what is deflated, in percent, before it was tried */
#define DELTA_TRIES	8u

/* ---- is it worth it? ----------------------------------------------------------------------------- */
static int64_t delta_flash_us(uint32_t sectors)
{
	return (int64_t)(sectors / DELTA_BLOCK) * DELTA_BLOCK_US +
	       (int64_t)(sectors % DELTA_BLOCK) * DELTA_SECTOR_US +
	       (int64_t)sectors * (CHIP_SECTOR / DELTA_PAGE) * DELTA_PAGE_US;
}

/* What the data take on the wire, packed to so many of `of` parts. */
static int64_t delta_wire_us(const struct engine *e, uint32_t bytes, uint32_t to, uint32_t of)
{
	return of > 0 ? engine_wire_us(e, bytes) * to / of : engine_wire_us(e, bytes);
}

static int64_t delta_longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Bytes that differ, as far as is known. */
static uint32_t delta_to_write(const struct engine *e)
{
	uint32_t n = 0;
	for (uint32_t s = 0; s < PLAN_SECTORS; s++)
		if ((e->plan.flag[s] & (PLAN_DATA | PLAN_BLANK | PLAN_SAME | PLAN_KEEP)) ==
		    PLAN_DATA)
			n += CHIP_SECTOR;
	return n;
}

/* What is gained, in us, when differences are packed to `percent` of what the data are otherwise. */
static int64_t delta_gain_us(const struct engine *e, uint32_t percent)
{
	const struct engine_plan *p = &e->plan;
	uint32_t n = delta_to_write(e);
	int64_t wire = delta_wire_us(e, n, p->try_out, p->try_in);
	int64_t flash = delta_flash_us(n / CHIP_SECTOR);
	return delta_longer(wire, flash) - delta_longer(wire * percent / 100, flash);
}

void delta_init(struct engine *e)
{
	uint32_t end = 0;
	if (!e->job.old || e->job.kind != ENGINE_FLASH)
		return;
	for (size_t i = 0; i < e->job.part_count; i++)
		if (plan_part_end(&e->job.parts[i]) > end)
			end = plan_part_end(&e->job.parts[i]);
	if (end > PLAN_SECTORS * CHIP_SECTOR)
		return; /* the stub is not used for it */
	e->d.size = end;
	e->d.old = xcalloc(end, 1);
	e->d.differ = differ_new();
}

bool delta_hope(const struct engine *e)
{
	return e->d.old && e->st.on && e->job.kind == ENGINE_FLASH && !e->job.full && !e->s.plain &&
	       e->plan.restarts == 0 && e->plan.rewritten == 0 &&
	       delta_gain_us(e, DELTA_HOPES_FOR) >
		   (int64_t)(e->plan.data_total / 1024) * DELTA_KIB_US + DELTA_AROUND_US;
}

/* ---- what the driver knows ------------------------------------------------------------------------- */
static void delta_ask(struct engine *e, uint32_t sector)
{
	engine_need_old(e, sector * CHIP_SECTOR, e->d.was[sector]);
}

/* What the driver has given is what the stub has seen. */
static bool delta_right(const struct engine *e, uint32_t sector)
{
	uint8_t md5[DIGEST_MD5_SIZE];
	if (!e->w.have_data)
		return false;
	digest_md5(e->data, CHIP_SECTOR, md5);
	return memcmp(md5, e->d.was[sector], PLAN_DIGEST) == 0;
}

void delta_sample_begin(struct engine *e)
{
	e->d.at = 0;
	e->d.known = 0;
	engine_go(e, ES_OLD_SAMPLE);
}

void delta_sample(struct engine *e)
{
	struct engine_plan *p = &e->plan;
	while (e->d.at < p->samples && plan_bytes(e, p->sample[e->d.at]) < CHIP_SECTOR)
		e->d.at++;
	if (e->d.at < p->samples) {
		delta_ask(e, p->sample[e->d.at]);
	} else if (2 * e->d.known >= p->samples) {
		plan_compare_all(e);
	} else {
		plan_make(e);
	}
}

void delta_sample_acted(struct engine *e)
{
	e->d.known += delta_right(e, e->plan.sample[e->d.at]);
	e->d.at++;
	engine_go(e, ES_OLD_SAMPLE);
}

/* ---- all of it --------------------------------------------------------------------------------------- */
void delta_begin(struct engine *e)
{
	e->d.at = 0;
	e->d.known = 0;
	e->d.tries = e->d.try_in = e->d.try_out = 0;
	delta_stream_begin(e); /* the trials' */
	engine_go(e, ES_OLD);
}

/* Sectors that the stub has told the digest of; those that are right already are the job's own. */
void delta_fetch(struct engine *e)
{
	struct engine_delta *d = &e->d;
	const struct engine_plan *p = &e->plan;
	while (d->at < PLAN_SECTORS && (d->at * CHIP_SECTOR >= d->size || !d->told[d->at] ||
					   plan_bytes(e, d->at) < CHIP_SECTOR))
		d->at++;
	if (d->at == PLAN_SECTORS) {
		d->at = 0;
		engine_go(e, ES_OLD_TRY);
		return;
	}
	size_t part = plan_part_at(e, d->at * CHIP_SECTOR);
	if (!(p->flag[d->at] & PLAN_SAME)) {
		delta_ask(e, d->at);
		return;
	}
	e->w.fetched = CHIP_SECTOR;
	engine_need_data(e, part, d->at * CHIP_SECTOR - e->job.parts[part].offset, e->w.fetched);
}

void delta_fetch_acted(struct engine *e)
{
	struct engine_delta *d = &e->d;
	if (delta_right(e, d->at)) {
		memcpy(d->old + d->at * CHIP_SECTOR, e->data, CHIP_SECTOR);
		e->plan.flag[d->at] |= PLAN_OLD;
		d->known += !(e->plan.flag[d->at] & PLAN_SAME);
	}
	d->at++;
	engine_go(e, ES_OLD);
}

/* ---- a sector ---------------------------------------------------------------------------------------- */
/* Which old bytes the sector in e->data is like, which goes to sector s. */
static size_t delta_parts(struct engine *e, uint32_t s, struct differ_part *part)
{
	struct engine_delta *d = &e->d;
	const uint32_t back = STUB_OLD_BACK / CHIP_SECTOR;
	uint32_t from = s > back ? s - back : 0, end = d->size / CHIP_SECTOR, n = 0;
	bool known[DIFFER_OLD_MAX / DIFFER_UNIT] = {false};
	while (n < STUB_OLD_KEPT / CHIP_SECTOR && from + n < end) {
		known[n] = (e->plan.flag[from + n] & PLAN_OLD) != 0;
		n++;
	}
	/* It goes on where the last sector's ended, seen from where this one's begin. */
	uint32_t hint = d->hint - from * CHIP_SECTOR;
	size_t parts = differ_find(d->differ, d->old + from * CHIP_SECTOR, n * CHIP_SECTOR, known,
	    e->data, CHIP_SECTOR, hint < STUB_OLD_KEPT ? (uint16_t)hint : DIFFER_NONE, part,
	    STUB_PARTS_MAX);
	const struct differ_part *last = &part[parts - 1];
	d->hint =
	    last->old == DIFFER_NONE ? UINT32_MAX : from * CHIP_SECTOR + last->old + last->length;
	return parts;
}

/* The parts as the stub is told them; the sector less the old bytes. */
static size_t delta_head(struct engine *e, uint32_t s, uint8_t *out, uint8_t *rest)
{
	struct differ_part part[STUB_PARTS_MAX];
	uint32_t from = s * CHIP_SECTOR > STUB_OLD_BACK ? s * CHIP_SECTOR - STUB_OLD_BACK : 0;
	size_t parts = delta_parts(e, s, part), at = 0;
	memcpy(rest, e->data, CHIP_SECTOR);
	if (parts == 1 && part[0].old == DIFFER_NONE)
		parts = 0;
	out[0] = (uint8_t)parts;
	for (size_t i = 0; i < parts; i++) {
		put_le16(out + 1 + 4 * i, part[i].length);
		put_le16(out + 3 + 4 * i, part[i].old);
		for (size_t k = 0; k < part[i].length && part[i].old != DIFFER_NONE; k++)
			rest[at + k] = (uint8_t)(rest[at + k] - e->d.old[from + part[i].old + k]);
		at += part[i].length;
	}
	return 1 + 4 * parts;
}

/* Packs the sector in e->data that goes to sector s. Returns the size, 0: it does not fit. */
static size_t delta_pack(struct engine *e, uint32_t s)
{
	struct engine_delta *d = &e->d;
	uint8_t rest[CHIP_SECTOR];
	size_t head = delta_head(e, s, d->packed, rest);
	size_t packed = deflater_sector(e->deflater, d->last, d->fresh, rest, CHIP_SECTOR,
	    d->packed + head, sizeof d->packed - head);
	return packed > 0 ? head + packed : 0;
}

/* ---- a trial ------------------------------------------------------------------------------------------- */
static bool delta_differs(const struct engine *e, uint32_t s)
{
	return (e->plan.flag[s] & (PLAN_DATA | PLAN_BLANK | PLAN_SAME | PLAN_KEEP)) == PLAN_DATA &&
	       plan_bytes(e, s) == CHIP_SECTOR;
}

static void delta_decide(struct engine *e)
{
	struct engine_delta *d = &e->d;
	const struct engine_plan *p = &e->plan;
	/* As the data deflate otherwise, so their differences. */
	uint64_t plain = (uint64_t)d->try_in * p->try_out, all = p->try_in;
	uint32_t percent = plain > 0 ? (uint32_t)((uint64_t)d->try_out * all * 100 / plain) : 100;
	d->on = d->tries > 0 && delta_gain_us(e, percent < 100 ? percent : 100) > DELTA_AROUND_US;
	log_trace("engine", "differences: %u sectors are known, a trial %u of %u bytes: %s",
	    (unsigned)d->known, (unsigned)d->try_out, (unsigned)d->try_in,
	    d->on ? "taken" : "not taken");
	plan_make(e);
}

void delta_try(struct engine *e)
{
	struct engine_delta *d = &e->d;
	uint32_t sectors = delta_to_write(e) / CHIP_SECTOR;
	if (2 * d->known >= sectors && d->tries < DELTA_TRIES)
		while (d->at < PLAN_SECTORS && !delta_differs(e, d->at))
			d->at++;
	else
		d->at = PLAN_SECTORS;
	if (d->at >= PLAN_SECTORS) {
		delta_decide(e);
		return;
	}
	size_t part = plan_part_at(e, d->at * CHIP_SECTOR);
	e->w.fetched = CHIP_SECTOR;
	engine_need_data(e, part, d->at * CHIP_SECTOR - e->job.parts[part].offset, e->w.fetched);
}

void delta_try_acted(struct engine *e)
{
	struct engine_delta *d = &e->d;
	uint32_t step = delta_to_write(e) / CHIP_SECTOR / DELTA_TRIES;
	size_t n;
	if (!e->w.have_data) {
		engine_fail(e, ENGINE_CAUSE_DATA, NULL);
		return;
	}
	n = delta_pack(e, d->at);
	d->tries++;
	d->try_in += CHIP_SECTOR;
	d->try_out += n > 0 ? (uint32_t)n : CHIP_SECTOR;
	d->at += step > 0 ? step : 1;
	engine_go(e, ES_OLD_TRY);
}

/* ---- the stream ------------------------------------------------------------------------------------------ */
void delta_stream_begin(struct engine *e)
{
	e->d.fresh = 0;
	e->d.hint = UINT32_MAX;
	e->d.adler = 1;
	e->d.summed = false;
}

uint32_t delta_count(const struct engine *e)
{
	uint32_t n = 0;
	for (uint32_t s = 0; e->d.on && s < PLAN_SECTORS; s++)
		n += delta_differs(e, s) && (e->plan.flag[s] & PLAN_OLD);
	return n;
}

/* The stream so far, as far as a window reaches. */
static void delta_remember(struct engine *e)
{
	struct engine_delta *d = &e->d;
	uint32_t keep = (uint32_t)sizeof d->last - CHIP_SECTOR;
	if (d->fresh > keep) {
		memmove(d->last, d->last + d->fresh - keep, keep);
		d->fresh = keep;
	}
	memcpy(d->last + d->fresh, e->data, CHIP_SECTOR);
	d->fresh += CHIP_SECTOR;
	d->adler = deflate_adler(d->adler, e->data, CHIP_SECTOR);
}

size_t delta_sector(struct engine *e, uint32_t s)
{
	size_t n = delta_pack(e, s);
	delta_remember(e);
	return n;
}

size_t delta_sum(struct engine *e)
{
	struct engine_delta *d = &e->d;
	if (d->summed)
		return 0;
	d->summed = true;
	for (unsigned i = 0; i < 4; i++)
		d->packed[i] = (uint8_t)(d->adler >> (24 - 8 * i));
	return 4;
}

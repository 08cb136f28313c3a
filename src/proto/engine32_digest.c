/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's comparison and proof by the ROM's own MD5. Each digest costs a round trip, so
 * pieces of 64 KiB are asked for, and the sectors of one that differs only as long as some of them
 * turn out right: a new release differs everywhere, a changed setting in one place.
 */
#include "engine_int.h"

#include <string.h>

#include "tasmite/base/log.h"

/* Reading and digesting, esptool's allowance: 8 s per MB. */
#define DIGEST32_BYTE_US 8
#define COMPARE32_POOR	 2u
#define VERIFY32_DOUBTS	 3u

void digest32_ask(struct engine *e, uint32_t address, uint32_t n)
{
	const uint32_t words[4] = {address, n, 0, 0};
	size_t len = esp_enc_words(e->tx, sizeof e->tx, ESP_OP_FLASH_MD5, words, 4);
	e->fail.offset = address;
	engine_command(e, ESP_OP_FLASH_MD5, len, (int64_t)n * DIGEST32_BYTE_US);
}

static int digest32_nibble(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool digest32_take(const struct esp_reply *r, uint8_t md5[16])
{
	if (r->status != 0 || r->data_n < ESP_MD5_LEN)
		return false;
	for (unsigned i = 0; i < 16; i++) {
		int high = digest32_nibble(r->data[2 * i]),
		    low = digest32_nibble(r->data[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		md5[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* True when there is no digest, and the state was left: asked again, or the engine failed. */
static bool digest32_refused(struct engine *e, const struct esp_reply *r, uint8_t md5[16])
{
	if (digest32_take(r, md5))
		return false;
	if (++e->cmd.refused < 3)
		engine_go(e, e->state);
	else
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
	return true;
}

/* Bytes of the job's data in a sector of a piece. */
static uint32_t digest32_sector(const struct engine_part *piece, uint32_t sector)
{
	uint32_t left = piece->length - sector * CHIP_SECTOR;
	return left < CHIP_SECTOR ? left : CHIP_SECTOR;
}

static uint32_t digest32_sectors(const struct engine_part *piece)
{
	return (piece->length + CHIP_SECTOR - 1) / CHIP_SECTOR;
}

/* ---- what is there already ---------------------------------------------------------------------- */
void compare32_begin(struct engine *e)
{
	struct engine32 *d = &e->d32;
	engine_stage_begin(e, ENGINE_ST_COMPARE);
	for (uint32_t s = 0; s < PLAN_SECTORS; s++)
		e->plan.flag[s] &= (uint8_t) ~(unsigned)PLAN_SAME;
	e->plan.compare_done = 0;
	d->piece = 0;
	d->narrowing = false;
	d->poor = 0;
	engine_go(e, ES32_COMPARE);
}

void compare32_step(struct engine *e)
{
	struct engine32 *d = &e->d32;
	engine_emit_progress(e, e->plan.compare_done, e->plan.data_total);
	if (d->piece == e->plan.pieces) {
		plan_make(e);
		return;
	}
	struct engine_part p = verify_piece(e, d->piece);
	if (d->narrowing)
		digest32_ask(e, p.offset + d->sector * CHIP_SECTOR, digest32_sector(&p, d->sector));
	else
		digest32_ask(e, p.offset, p.length);
}

static void compare32_next(struct engine *e, const struct engine_part *p)
{
	e->plan.compare_done += p->length;
	e->d32.piece++;
	e->d32.narrowing = false;
	engine_go(e, ES32_COMPARE);
}

static void compare32_sector(struct engine *e, const struct engine_part *p, const uint8_t *md5)
{
	struct engine32 *d = &e->d32;
	uint32_t base = p->offset / CHIP_SECTOR, same = 0, n = digest32_sectors(p);
	if (memcmp(md5, e->plan.digest[base + d->sector], PLAN_DIGEST) == 0)
		e->plan.flag[base + d->sector] |= PLAN_SAME;
	if (++d->sector < n) {
		engine_go(e, ES32_COMPARE);
		return;
	}
	for (uint32_t s = base; s < base + n; s++)
		same += (e->plan.flag[s] & PLAN_SAME) != 0;
	d->poor = same ? 0 : d->poor + 1;
	compare32_next(e, p);
}

void compare32_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine32 *d = &e->d32;
	struct engine_part p = verify_piece(e, d->piece);
	uint32_t base = p.offset / CHIP_SECTOR;
	uint8_t md5[16];
	if (digest32_refused(e, r, md5))
		return;
	if (d->narrowing) {
		compare32_sector(e, &p, md5);
		return;
	}
	if (memcmp(md5, e->plan.piece[d->piece], sizeof md5) == 0) {
		for (uint32_t s = base; s < base + digest32_sectors(&p); s++)
			e->plan.flag[s] |= PLAN_SAME;
		compare32_next(e, &p);
	} else if (d->poor < COMPARE32_POOR && p.length > CHIP_SECTOR) {
		d->narrowing = true;
		d->sector = 0;
		engine_go(e, ES32_COMPARE);
	} else {
		compare32_next(e, &p);
	}
}

/* ---- what was written ----------------------------------------------------------------------------- */
void verify32_step(struct engine *e, uint32_t piece)
{
	struct engine_part p = verify_piece(e, piece);
	e->d32.piece = piece;
	digest32_ask(e, p.offset, p.length);
}

void verify32_reply(struct engine *e, const struct esp_reply *r)
{
	uint8_t md5[16];
	if (digest32_refused(e, r, md5))
		return;
	bool good = memcmp(md5, e->plan.piece[e->d32.piece], sizeof md5) == 0;
	e->plan.proof[e->d32.piece] = good ? PROOF_GOOD : PROOF_BAD;
	e->d32.sector = 0;
	engine_go(e, ES_VERIFY);
}

void verify32_narrow(struct engine *e)
{
	struct engine_part p = verify_piece(e, e->plan.narrow);
	uint32_t at = e->d32.sector;
	digest32_ask(e, p.offset + at * CHIP_SECTOR, digest32_sector(&p, at));
}

void verify32_narrow_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine32 *d = &e->d32;
	struct engine_part p = verify_piece(e, e->plan.narrow);
	uint32_t base = p.offset / CHIP_SECTOR;
	uint8_t md5[16];
	if (digest32_refused(e, r, md5))
		return;
	if (memcmp(md5, e->plan.digest[base + d->sector], PLAN_DIGEST) != 0)
		e->plan.flag[base + d->sector] |= PLAN_WRONG;
	if (++d->sector < digest32_sectors(&p)) {
		engine_go(e, ES_NARROW);
		return;
	}
	d->sector = 0;
	verify_narrowed(e, base, digest32_sectors(&p));
}

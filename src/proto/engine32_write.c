/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's writing by a ROM of the ESP32 family: the plan's runs in chunks of up to 64
 * KiB, each announced by a BEGIN of its own that erases it, deflated where that is worth it. So a
 * fault costs one chunk and never what was written before. The first chunk, and any after a fault,
 * is proven by its MD5 at once; the rest when all is written. Facts: esptool's cmds.py and
 * loader.py.
 */
#include "engine_int.h"

#include <assert.h>
#include <string.h>

#include "tasmite/base/log.h"

/* Erasing and writing, esptool's allowance: 40 s per MB. */
#define WRITE32_BYTE_US 40
/* What a BEGIN that only erases announces at most. */
#define WRITE32_ERASE_MAX (256u * 1024)
/* Larger blocks than esptool's spare round trips. The first chunk's MD5 tells whether the ROM takes
 * them; where nothing can be proven it is not tried. */
#define WRITE32_BLOCK_LARGE 0x1000u
#define WRITE32_WORTH	    97u /* percent */
#define WRITE32_AGAIN	    8u	/* times that a chunk is begun anew */
#define WRITE32_RESENT	    6u	/* ... a block is sent */
#define WRITE32_SLOWER	    3u
#define WRITE32_GOOD	    4u
#define WRITE32_ATTACHED    3u

void write32_begin(struct engine *e)
{
	struct engine32 *d = &e->d32;
	bool blind = e->chip.secure_download;
	engine_stage_begin(e, ENGINE_ST_WRITE);
	d->run = 0;
	d->run_pos = 0;
	d->n = 0;
	d->chunk = CHUNK32_MAX;
	d->block = blind || e->job.usb_jtag ? e->type->block_max : WRITE32_BLOCK_LARGE;
	d->plain_only = blind; /* that mode does not take packed data */
	d->prove = !blind;
	d->again = 0;
	d->attached = 0;
	d->good = 0;
	d->done = 0;
	d->total = e->plan.to_write + e->plan.to_erase;
	engine_emit_progress(e, 0, d->total);
	engine_go(e, ES32_CHUNK);
}

/* ---- a chunk: what it is, and its bytes -------------------------------------------------------------- */
/* The place in the runs; false: all is written. */
static bool write32_place(struct engine *e)
{
	struct engine32 *d = &e->d32;
	const struct engine_plan *p = &e->plan;
	if (d->run == p->runs)
		return false;
	const struct plan_run *run = &p->run[d->run];
	uint32_t left = run->sectors * CHIP_SECTOR - d->run_pos;
	d->erase = run->erase;
	d->address = run->first * CHIP_SECTOR + d->run_pos;
	uint32_t most = run->erase ? WRITE32_ERASE_MAX : d->chunk;
	/* To a boundary of the flash's blocks, which are erased whole at the price of few sectors. */
	most -= d->address % most;
	d->n = left < most ? left : most;
	return true;
}

/* A sector that is still to be fetched for the chunk. */
static void write32_need(struct engine *e)
{
	const struct engine32 *d = &e->d32;
	uint32_t address = d->address + d->fed;
	size_t i = plan_part_at(e, address);
	assert(i < ENGINE_MAX_PARTS);
	uint32_t at = address - e->job.parts[i].offset, left = e->job.parts[i].length - at;
	e->w.fetched = left < CHIP_SECTOR ? left : CHIP_SECTOR;
	engine_need_data(e, i, at, e->w.fetched);
}

/* Packs the chunk, whose bytes are in the reading's room, which is not used meanwhile. */
static void write32_pack(struct engine *e)
{
	struct engine32 *d = &e->d32;
	size_t taken = d->n;
	bool end = false;
	d->deflated = false;
	if (!d->plain_only) {
		deflater_reset(e->deflater);
		d->packed_n = (uint32_t)deflater_run(
		    e->deflater, e->r.data[0], &taken, true, d->packed, sizeof d->packed, &end);
		d->deflated = end && d->packed_n * 100ull < (uint64_t)d->n * WRITE32_WORTH;
	}
	if (!d->deflated) {
		memcpy(d->packed, e->r.data[0], d->n);
		d->packed_n = d->n;
	}
}

void write32_chunk(struct engine *e)
{
	struct engine32 *d = &e->d32;
	if (!write32_place(e)) {
		e->fail.written_to = d->address + d->n;
		verify_begin(e);
		return;
	}
	d->fed = 0;
	if (d->erase)
		engine_go(e, ES32_BEGIN);
	else
		write32_need(e);
}

void write32_chunk_acted(struct engine *e)
{
	struct engine32 *d = &e->d32;
	if (!e->w.have_data) {
		engine_fail(e, ENGINE_CAUSE_DATA, NULL);
		return;
	}
	uint8_t *to = e->r.data[0] + d->fed;
	memcpy(to, e->data, e->w.fetched);
	memset(to + e->w.fetched, 0xFF, CHIP_SECTOR - e->w.fetched);
	d->fed += CHIP_SECTOR;
	if (d->fed < d->n) {
		write32_need(e);
		return;
	}
	write32_pack(e);
	engine_go(e, ES32_BEGIN);
}

static void write32_next(struct engine *e)
{
	struct engine32 *d = &e->d32;
	const struct plan_run *run = &e->plan.run[d->run];
	d->done += d->n;
	d->run_pos += d->n;
	e->fail.written_to = d->address + d->n;
	if (d->run_pos == run->sectors * CHIP_SECTOR) {
		d->run++;
		d->run_pos = 0;
	}
	d->again = 0;
	if (++d->good >= WRITE32_GOOD && d->chunk < CHUNK32_MAX) {
		d->chunk *= 2;
		d->good = 0;
	}
	engine_emit_progress(e, d->done, d->total);
	engine_go(e, ES32_CHUNK);
}

/* The chunk is begun anew, in smaller pieces and blocks as esptool's. */
static void write32_again(
    struct engine *e, enum engine_retry why, enum engine_cause cause, const struct esp_reply *r)
{
	struct engine32 *d = &e->d32;
	engine_emit_retry(e, why, d->address);
	e->fail.offset = d->address;
	if (++d->again > WRITE32_AGAIN) {
		engine_fail(e, cause, r);
		return;
	}
	d->good = 0;
	d->block = e->type->block_max;
	d->prove = !e->chip.secure_download;
	if (d->chunk > CHIP_SECTOR)
		d->chunk /= 2;
	if (d->again % WRITE32_SLOWER == 0 && baud_lower(e, ES32_CHUNK))
		return;
	engine_go(e, ES32_CHUNK);
}

/* ---- BEGIN ---------------------------------------------------------------------------------------- */
static size_t write32_enc_begin(
    struct engine *e, uint8_t op, uint32_t size, uint32_t blocks, uint32_t block, uint32_t address)
{
	const uint32_t words[5] = {size, blocks, block, address, 0};
	return esp_enc_words(e->tx, sizeof e->tx, op, words, e->c32->five_words ? 5 : 4);
}

void write32_start(struct engine *e)
{
	struct engine32 *d = &e->d32;
	bool packed = d->deflated && !d->erase;
	uint8_t op = packed ? ESP_OP_DEFL_BEGIN : ESP_OP_FLASH_BEGIN;
	uint32_t bytes = d->erase ? d->n : d->packed_n;
	size_t n =
	    write32_enc_begin(e, op, d->n, (bytes + d->block - 1) / d->block, d->block, d->address);
	d->sent = 0;
	d->number = 0;
	d->shift = 0;
	d->resent = 0;
	d->shifted = 0;
	e->fail.offset = d->address;
	engine_command(e, op, n, (int64_t)d->n * WRITE32_BYTE_US + MONO_S(2));
}

void write32_start_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine32 *d = &e->d32;
	if (r->status == 0 && d->erase) {
		write32_next(e);
	} else if (r->status == 0) {
		engine_go(e, ES32_DATA);
	} else if (r->code == ESP_CODE_FAILED && d->attached < WRITE32_ATTACHED) {
		/* A loader that was started anew meanwhile has no flash yet. */
		d->attached++;
		engine_emit_retry(e, ENGINE_RETRY_RESYNC, e->baud);
		engine_go(e, ES32_ATTACH_AGAIN);
	} else if (d->block > e->type->block_max || d->again < 2) {
		/* Blocks of that size, perhaps; or it arrived damaged. */
		write32_again(e, ENGINE_RETRY_ERASE, ENGINE_CAUSE_REFUSED, r);
	} else {
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
	}
}

void write32_attached(struct engine *e, const struct esp_reply *r)
{
	if (r->status != 0)
		engine_fail(e, ENGINE_CAUSE_NO_FLASH, r);
	else
		engine_go(e, ES32_PARAMS_AGAIN);
}

void write32_told(struct engine *e, const struct esp_reply *r)
{
	if (r->status != 0)
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
	else
		write32_again(e, ENGINE_RETRY_ERASE, ENGINE_CAUSE_RESET, r);
}

/* ---- DATA ----------------------------------------------------------------------------------------- */
void write32_data(struct engine *e)
{
	struct engine32 *d = &e->d32;
	uint32_t left = d->packed_n - d->sent, number = d->number + d->shift;
	const uint8_t *bytes = d->packed + d->sent;
	size_t n;
	d->block_n = left < d->block ? left : d->block;
	if (d->deflated)
		n = esp_enc_deflated(e->tx, sizeof e->tx, number, bytes, d->block_n);
	else
		n = esp_enc_data(e->tx, sizeof e->tx, ESP_OP_FLASH_DATA, number, bytes, d->block_n);
	/* A block may unpack to all that is left. */
	uint32_t yields = d->deflated ? d->n : d->block_n;
	engine_command(e, d->deflated ? ESP_OP_DEFL_DATA : ESP_OP_FLASH_DATA, n,
	    (int64_t)yields * WRITE32_BYTE_US);
}

/* All of the chunk is with the ROM. */
static void write32_sent(struct engine *e)
{
	if (e->d32.prove)
		engine_go(e, ES32_PROOF);
	else
		write32_next(e);
}

static void write32_stored(struct engine *e)
{
	struct engine32 *d = &e->d32;
	d->sent += d->block_n;
	d->number++;
	d->resent = 0;
	d->shifted = 0;
	engine_emit_progress(
	    e, d->done + (uint32_t)((uint64_t)d->n * d->sent / d->packed_n), d->total);
	if (d->sent < d->packed_n)
		engine_go(e, ES32_DATA);
	else
		write32_sent(e);
}

/* It arrived damaged: sent again under its own number; where that is used up already (as on the
 * ESP8266, seen there), under the next one. */
static void write32_damaged(struct engine *e, const struct esp_reply *r)
{
	struct engine32 *d = &e->d32;
	d->damaged++;
	d->good = 0;
	engine_emit_retry(e, ENGINE_RETRY_CHECKSUM, d->address);
	d->prove = !e->chip.secure_download;
	if (++d->resent < WRITE32_RESENT)
		engine_go(e, ES32_DATA);
	else
		write32_again(e, ENGINE_RETRY_CHECKSUM, ENGINE_CAUSE_CHECKSUM, r);
}

void write32_data_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine32 *d = &e->d32;
	if (r->status == 0) {
		write32_stored(e);
	} else if (r->code == ESP_CODE_CHECKSUM) {
		d->shifted = 0;
		write32_damaged(e, r);
	} else if (r->code == ESP_CODE_FORMAT && d->resent > 0 && d->shifted == 0) {
		d->shifted++;
		d->shift++;
		engine_go(e, ES32_DATA);
	} else if (r->code >= ESP_CODE_DEFLATE && r->code <= ESP_CODE_DEFLATE_PARAM) {
		d->plain_only = d->again > 0; /* twice: it does not like the stream */
		write32_again(e, ENGINE_RETRY_SEQUENCE, ENGINE_CAUSE_REFUSED, r);
	} else if (r->code == ESP_CODE_WRITE) {
		write32_again(e, ENGINE_RETRY_READBACK, ENGINE_CAUSE_READBACK, r);
	} else {
		write32_again(e, ENGINE_RETRY_SEQUENCE, ENGINE_CAUSE_REFUSED, r);
	}
}

/* Whether the lost block was taken nobody knows. What the chunk holds by now, its MD5 tells: had all
 * of it arrived, it is done. */
void write32_recovered(struct engine *e)
{
	const struct engine32 *d = &e->d32;
	bool all = e->state == ES32_DATA && d->sent + d->block_n == d->packed_n;
	if (all && !e->chip.secure_download)
		engine_go(e, ES32_PROOF);
	else
		write32_again(e, ENGINE_RETRY_SEQUENCE, ENGINE_CAUSE_NO_ANSWER, NULL);
}

/* ---- is it there? ---------------------------------------------------------------------------------- */
void write32_proof(struct engine *e)
{
	digest32_ask(e, e->d32.address, e->d32.n);
}

void write32_proof_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine32 *d = &e->d32;
	uint8_t have[16], want[16];
	if (!digest32_take(r, have)) {
		if (++e->cmd.refused < 3)
			engine_go(e, ES32_PROOF);
		else
			engine_fail(e, ENGINE_CAUSE_REFUSED, r);
		return;
	}
	digest_md5(e->r.data[0], d->n, want);
	if (memcmp(have, want, sizeof want) != 0) {
		log_trace("engine", "the chunk at %06x is not what was sent", (unsigned)d->address);
		write32_again(e, ENGINE_RETRY_READBACK, ENGINE_CAUSE_WORN, NULL);
		return;
	}
	d->prove = false;
	write32_next(e);
}

/* ---- erasing --------------------------------------------------------------------------------------- */
/* A BEGIN without data behind it. */
void clear32_step(struct engine *e, uint32_t address, uint32_t n)
{
	uint32_t block = e->type->block_max;
	size_t len =
	    write32_enc_begin(e, ESP_OP_FLASH_BEGIN, n, (n + block - 1) / block, block, address);
	engine_command(e, ESP_OP_FLASH_BEGIN, len, (int64_t)n * WRITE32_BYTE_US + MONO_S(2));
}

void clear32_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status == 0)
		clear_went(e);
	else if (++e->cmd.refused < 3)
		engine_go(e, ES_CLEAR);
	else
		engine_fail(e, ENGINE_CAUSE_REFUSED, r);
}

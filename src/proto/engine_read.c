/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's reading: blocks of 64 KiB come as a stream of frames with their offsets; holes
 * are asked for again; a block goes to the driver when its MD5 is that of what the stub has read. So
 * a fault costs a frame, and never what was read before.
 */
#include "engine_int.h"

#include <string.h>

#include "tasmite/base/bytes.h"

#define READ_STOP     MONO_MS(400)
#define READ_WINDOW   32768u
#define READ_ACK_EACH 8192u
#define READ_QUIET    MONO_MS(350)
/* Bytes of a frame: large ones at a low rate would make a fault dear. */
#define READ_FRAME_SLOW 1024u
#define READ_SLOW	200000u
/* Nothing came, in a row; blocks whose digest was wrong, in a row. */
#define READ_MUTE  8u
#define READ_AGAIN 4u
#define READ_PROVE MONO_S(1)

static uint32_t read_frame(const struct engine *e)
{
	return e->baud < READ_SLOW ? READ_FRAME_SLOW : STUB_DATA_MAX;
}

static int64_t read_patience(const struct engine *e)
{
	return READ_QUIET + engine_wire_us(e, 2 * (size_t)read_frame(e));
}

static bool read_have(const struct engine_reading *r, uint32_t unit)
{
	return r->have[unit] != 0;
}

static uint32_t read_units(const struct engine_reading *r)
{
	return (r->n + READ_UNIT - 1) / READ_UNIT;
}

/* The first hole, [from, to); false when there is none. */
bool read_hole(const struct engine_reading *r, uint32_t *from, uint32_t *to)
{
	uint32_t units = read_units(r), i = 0;
	while (i < units && read_have(r, i))
		i++;
	if (i == units)
		return false;
	*from = i * READ_UNIT;
	while (i < units && !read_have(r, i))
		i++;
	*to = i * READ_UNIT < r->n ? i * READ_UNIT : r->n;
	return true;
}

uint32_t read_address(const struct engine *e)
{
	return e->r.offset + e->r.pos;
}

static void read_part(struct engine *e)
{
	struct engine_reading *r = &e->r;
	bool whole = r->backup || e->job.part_count == 0;
	r->offset = whole ? 0 : e->job.parts[r->part].offset;
	r->length = whole ? e->chip.flash_size : e->job.parts[r->part].length;
	r->pos = 0;
}

/* The block at pos, from its start. */
static void read_block(struct engine *e)
{
	struct engine_reading *r = &e->r;
	uint32_t left = r->length - r->pos;
	r->n = left < READ_BLOCK ? left : READ_BLOCK;
	memset(r->have, 0, sizeof r->have);
	r->have_md5 = false;
	r->again = 0;
	r->quiet = 0;
}

void read_begin(struct engine *e, bool backup)
{
	struct engine_reading *r = &e->r;
	r->backup = backup;
	r->part = 0;
	r->done = 0;
	r->total = 0;
	r->at = 0;
	r->taking = 0;
	for (size_t i = 0; i < e->job.part_count && !backup; i++)
		r->total += e->job.parts[i].length;
	if (r->total == 0)
		r->total = e->chip.flash_size;
	engine_stage_begin(e, ENGINE_ST_READ);
	if (e->c32)
		slow32_tell(e, r->total);
	engine_emit_progress(e, 0, r->total);
	read_part(e);
	read_block(e);
	engine_go(e, ES_READ);
}

/* ---- a block ---------------------------------------------------------------------------------------------- */
/* The last block goes to the driver while this one comes. */
void read_give(struct engine *e)
{
	struct engine_reading *r = &e->r;
	if (r->taking > 0)
		engine_take_data(e, r->backup ? ENGINE_BACKUP : r->part_taken, r->taken_at,
		    r->data[1 - r->at], r->taking);
	r->taking = 0;
}

void read_ask(struct engine *e)
{
	struct engine_reading *r = &e->r;
	uint32_t from = 0, to = r->n;
	if (!read_hole(r, &from, &to)) {
		engine_go(e, ES_PROVE);
		return;
	}
	r->from = from;
	r->want = to - from;
	r->acked = from;
	r->high = from;
	e->fail.offset = read_address(e) + from;
	if (e->c32) {
		engine_go(e, ES32_READ);
		return;
	}
	const uint32_t words[] = {read_address(e) + from, r->want, read_frame(e), READ_WINDOW};
	stub_ask(e, STUB_READ, words, 4, read_patience(e));
	read_give(e);
	r->acking = false;
}

/* Flow only: a hole is asked for later, so what lies behind it is acknowledged as well. */
static void read_ack(struct engine *e)
{
	struct engine_reading *r = &e->r;
	uint32_t at = read_address(e) + r->high;
	if (r->high - r->acked < READ_ACK_EACH || r->high >= r->from + r->want || e->q.out ||
	    e->q.n > 0)
		return;
	r->acked = r->high;
	r->acking = true;
	size_t n = stub_enc(e->ack, sizeof e->ack, STUB_CHUNK_ACK, 0, &at, 1, NULL, 0);
	engine_write_bytes(e, e->ack, n);
}

void read_store(struct engine *e, uint32_t at, const uint8_t *bytes, uint32_t n)
{
	struct engine_reading *r = &e->r;
	uint8_t *to = r->data[r->at] + at;
	if (bytes)
		memcpy(to, bytes, n);
	else
		memset(to, 0xFF, n);
	for (uint32_t u = (at + READ_UNIT - 1) / READ_UNIT;
	     u * READ_UNIT < at + n && ((u + 1) * READ_UNIT <= at + n || at + n == r->n); u++)
		r->have[u] = 1;
	if (at + n > r->high)
		r->high = at + n;
}

void read_chunk(struct engine *e, const struct stub_msg *m)
{
	struct engine_reading *r = &e->r;
	bool blank = m->status == STUB_S_BLANK;
	if (m->op != STUB_CHUNK || m->n < 4 || (blank && m->n != 8) ||
	    (!blank && m->status != STUB_OK))
		return;
	uint32_t at = stub_word(m, 0) - read_address(e);
	uint32_t n = blank ? stub_word(m, 1) : (uint32_t)m->n - 4;
	/* Of an earlier request for another block, perhaps. */
	if (at >= r->n || n > r->n - at || n == 0)
		return;
	read_store(e, at, blank ? NULL : m->data + 4, n);
	r->quiet = 0;
	if (e->cmd.waiting && !e->q.out && e->q.n == 0)
		e->deadline = e->now + read_patience(e) + e->lag;
	read_ack(e);
}

void read_acted(struct engine *e)
{
	struct engine_reading *r = &e->r;
	if (e->cancelling) {
		engine_cancelled(e);
		return;
	}
	if (r->acking) {
		r->acking = false;
		e->deadline = e->now + read_patience(e) + e->lag;
	}
	if (e->st.early_n > 0)
		stub_acted(e);
	else
		read_ack(e);
}

/* Any request ends a READ. */
void read_stop(struct engine *e)
{
	stub_ask(e, STUB_STATUS, NULL, 0, READ_STOP);
}

void read_stop_answer(struct engine *e, const struct stub_msg *m)
{
	(void)m;
	engine_cancelled(e);
}

void read_answer(struct engine *e, const struct stub_msg *m)
{
	struct engine_reading *r = &e->r;
	if (m->status != STUB_OK) {
		stub_refused(e, m);
		return;
	}
	if (m->n == DIGEST_MD5_SIZE && r->from == 0 && r->want == r->n) {
		memcpy(r->md5, m->data, DIGEST_MD5_SIZE);
		r->have_md5 = true;
	}
	engine_go(e, ES_READ);
}

void read_expire(struct engine *e)
{
	struct engine_reading *r = &e->r;
	stub_flush(e);
	e->cmd.waiting = false;
	engine_emit_retry(e, ENGINE_RETRY_TIMEOUT, STUB_READ);
	if (++r->quiet > READ_MUTE || (r->quiet > 1 && engine_restart_likely(e)))
		stub_lost(e);
	else
		engine_go(e, ES_READ);
}

/* ---- is it what the flash holds? ----------------------------------------------------------------------------- */
static void read_next(struct engine *e)
{
	struct engine_reading *r = &e->r;
	r->taking = r->n;
	r->taken_at = r->backup || e->job.part_count == 0 ? r->offset + r->pos : r->pos;
	r->part_taken = r->part;
	r->at = 1 - r->at;
	r->done += r->n;
	r->pos += r->n;
	engine_emit_progress(e, r->done, r->total);
	bool last = r->backup || r->part + 1 >= e->job.part_count;
	if (r->pos < r->length) {
		read_block(e);
		engine_go(e, ES_READ);
	} else if (last) {
		engine_go(e, ES_TAKE);
	} else {
		r->part++;
		read_part(e);
		read_block(e);
		engine_go(e, ES_READ);
	}
}

void read_judge(struct engine *e, const uint8_t want[DIGEST_MD5_SIZE])
{
	struct engine_reading *r = &e->r;
	uint8_t md5[DIGEST_MD5_SIZE];
	digest_md5(r->data[r->at], r->n, md5);
	if (memcmp(md5, want, DIGEST_MD5_SIZE) == 0) {
		read_next(e);
		return;
	}
	engine_emit_retry(e, ENGINE_RETRY_CHECKSUM, read_address(e));
	if (++r->again >= READ_AGAIN) {
		engine_fail(e, ENGINE_CAUSE_CHECKSUM, NULL);
		return;
	}
	unsigned again = r->again;
	read_block(e);
	r->again = again;
	engine_go(e, ES_READ);
}

void read_prove(struct engine *e)
{
	struct engine_reading *r = &e->r;
	if (r->have_md5) {
		read_judge(e, r->md5);
		return;
	}
	if (e->c32) {
		digest32_ask(e, read_address(e), r->n);
		return;
	}
	const uint32_t words[] = {read_address(e), r->n, READ_BLOCK, DIGEST_MD5_SIZE};
	stub_ask(e, STUB_MD5, words, 4, READ_PROVE);
}

void read_prove_answer(struct engine *e, const struct stub_msg *m)
{
	if (m->status == STUB_OK && m->n == 8 + DIGEST_MD5_SIZE)
		read_judge(e, m->data + 8);
	else
		stub_refused(e, m);
}

/* The last one. */
void read_take(struct engine *e)
{
	struct engine_reading *r = &e->r;
	engine_take_data(e, r->backup ? ENGINE_BACKUP : r->part_taken, r->taken_at,
	    r->data[1 - r->at], r->taking);
	r->taking = 0;
}

void read_take_acted(struct engine *e)
{
	if (e->r.backup)
		engine_go(e, ES_STUB_WORK);
	else
		stub_done(e);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's writing: FLASH_DATA in lock-step, and what follows a fault. The ROM's rules,
 * seen: a bad checksum (07) uses up the number, so the payload goes out again as the next one; a
 * number out of order (05) stores nothing; after 08 (what was read back differs) the sectors must
 * be erased. Where it is not known whether a block was stored, writing starts again at the last
 * sector boundary by a new FLASH_BEGIN for the few sectors concerned.
 */
#include "engine_int.h"

#include <string.h>

/* Block size on a link with faults: less is lost by one. And that of the second pass, on a link with
 * few and with many. */
#define WRITE_SMALL	  0x400u
#define WRITE_CHECK	  0x200u
#define WRITE_CHECK_SMALL 0x40u
/* Tries of one block; of one the flash does not keep. */
#define WRITE_AGAIN	6u
#define WRITE_READBACKS 3u
/* Every fault is trouble, and so many good blocks make up for one. */
#define WRITE_GOOD 16u
/* Trouble at which the rate is lowered; at which the lowest is given up: an 8-bit XOR must not be
 * asked to find hundreds of errors. Missing answers harm nothing and are borne longer. */
#define WRITE_SLOWER	     3u
#define WRITE_GIVE_UP	     8u
#define WRITE_GIVE_UP_SILENT 24u
/* Damaged blocks in the second pass, above which it proves nothing: so many, and one more for
 * each 64 KiB. */
#define WRITE_CHECK_NOISE 4u

static const struct engine_part *write_part(const struct engine *e)
{
	return &e->job.parts[e->w.part];
}

uint32_t write_address(const struct engine *e)
{
	return write_part(e)->offset + e->w.pos;
}

/* A FLASH_BEGIN at the part's start that erases nothing. */
static void write_begin_part(struct engine *e)
{
	e->w.begin = (struct engine_area){.first = write_part(e)->offset / CHIP_SECTOR};
	engine_go(e, ES_BEGIN);
}

void write_begin(struct engine *e, bool begun)
{
	struct engine_write *w = &e->w;
	w->total = 0;
	for (size_t i = 0; i < e->job.part_count; i++)
		w->total += e->job.parts[i].length;
	w->done = 0;
	w->part = 0;
	w->pos = 0;
	w->high = 0;
	w->seq = 0;
	w->checking = false;
	w->noise = 0;
	w->damaged = 0;
	e->fail.written_from = e->job.parts[0].offset;
	e->fail.written_to = e->job.parts[0].offset;
	engine_stage_begin(e, ENGINE_ST_WRITE);
	if (begun)
		engine_go(e, ES_FETCH);
	else
		write_begin_part(e);
}

void write_begin_enter(struct engine *e)
{
	struct engine_write *w = &e->w;
	erase_note(e, &w->begin);
	erase_send(e, &w->begin, write_part(e)->length);
}

void write_begin_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine_write *w = &e->w;
	if (r->status != 0 && !erase_tolerated(e, &w->begin, r)) {
		engine_emit_retry(e, ENGINE_RETRY_ERASE, w->begin.first * CHIP_SECTOR);
		if (++e->cmd.refused < 2)
			engine_go(e, ES_BEGIN);
		else
			engine_fail(e, ENGINE_CAUSE_REFUSED, r);
		return;
	}
	w->seq = 0;
	engine_go(e, ES_FETCH);
}

/*
 * An 8-bit XOR misses one shifted block in 256, and two flipped bits in one column. So everything
 * is sent once more over what is there: programming only clears bits, so a byte that differs shows
 * in the XOR of what is read back, and is then erased and written anew. Small blocks, since two
 * errors must fall into the same one to hide each other. To read all of it back instead, by the SPI
 * registers, would take five times as long, and a READ_REG that loses its second byte is a
 * FLASH_END. Only where nobody wants the proof and no fault was seen is it left out.
 */
static void write_check_again(struct engine *e)
{
	struct engine_write *w = &e->w;
	w->checking = true;
	w->hole_to = 0;
	w->full_to = e->fail.written_to;
	w->block = w->noise > 1 + w->total / 65536 ? WRITE_CHECK_SMALL : WRITE_CHECK;
	w->noise = 0;
	w->done = 0;
	w->part = 0;
	engine_emit_progress(e, 0, w->total);
	write_begin_part(e);
}

/* ---- going on --------------------------------------------------------------------------------- */
static void write_next_part(struct engine *e)
{
	struct engine_write *w = &e->w;
	w->done += write_part(e)->length;
	w->part++;
	w->pos = 0;
	w->high = 0;
	w->again = 0;
	w->readback = 0;
	if (w->part < e->job.part_count) {
		write_begin_part(e);
		return;
	}
	engine_stage_begin(e, ENGINE_ST_CHECK);
	if (!w->checking && (w->noise > 0 || !e->job.no_verify)) {
		write_check_again(e);
		return;
	}
	/* The ROM has compared every block's XOR, before and after. No FLASH_END: it would leave
	 * the loader and set the flash's protect bits. */
	engine_emit_progress(e, w->total, w->total);
	engine_finish(e);
}

void write_fetch(struct engine *e)
{
	struct engine_write *w = &e->w;
	uint32_t length = write_part(e)->length;
	if (w->pos >= length) {
		write_next_part(e);
		return;
	}
	uint32_t left = length - w->pos;
	w->fetched = left < w->block ? left : w->block;
	w->n = (w->fetched + 3u) & ~3u;
	engine_need_data(e, w->part, w->pos, w->fetched);
}

void write_fetch_acted(struct engine *e)
{
	struct engine_write *w = &e->w;
	if (!w->have_data) {
		engine_fail(e, ENGINE_CAUSE_DATA, NULL);
		return;
	}
	memset(e->data + w->fetched, 0xFF, w->n - w->fetched);
	engine_go(e, ES_DATA);
}

void write_data(struct engine *e)
{
	struct engine_write *w = &e->w;
	e->fail.part = (uint32_t)w->part;
	e->fail.offset = write_address(e);
	e->fail.flash_touched = true;
	size_t n = esp_enc_data(e->tx, sizeof e->tx, ESP_OP_FLASH_DATA, w->seq, e->data, w->n);
	engine_command(e, ESP_OP_FLASH_DATA, n, 0);
}

void write_stored(struct engine *e)
{
	struct engine_write *w = &e->w;
	struct engine_failure *f = &e->fail;
	w->seq++;
	w->pos += w->fetched;
	if (write_address(e) > f->written_to)
		f->written_to = write_address(e);
	/* What lies behind is there from the first pass. */
	if (w->checking && write_address(e) >= w->hole_to && w->full_to > f->written_to)
		f->written_to = w->full_to;
	if (write_part(e)->offset < f->written_from)
		f->written_from = write_part(e)->offset;
	if (w->pos > w->high) {
		w->again = 0;
		w->readback = 0;
	}
	if (++w->good >= WRITE_GOOD) {
		w->good = 0;
		w->trouble -= w->trouble > 0;
	}
	engine_emit_progress(e, w->done + w->pos, w->total);
	engine_go(e, ES_FETCH);
}

/* ---- going back -------------------------------------------------------------------------------- */
/* Plans a FLASH_BEGIN for the sectors the block under way may have touched: an even number, so
 * that exactly these are erased, and none outside of the part. */
static void write_plan_back(struct engine *e)
{
	struct engine_write *w = &e->w;
	const struct engine_part *p = write_part(e);
	uint32_t part_first = p->offset / CHIP_SECTOR;
	uint32_t part_end = (p->offset + p->length + CHIP_SECTOR - 1) / CHIP_SECTOR;
	uint32_t first = write_address(e) / CHIP_SECTOR;
	uint32_t end = (write_address(e) + w->n + CHIP_SECTOR - 1) / CHIP_SECTOR;
	if ((end - first) % 2 != 0) {
		if (end < part_end)
			end++;
		else if (first > part_first)
			first--;
	}
	w->begin = (struct engine_area){.first = first, .sectors = end - first};
	erase_size(&w->begin);
	w->pos = first * CHIP_SECTOR - p->offset;
	w->hole_to = end * CHIP_SECTOR;
	/* Only the first part's written area can shrink: the hull of several keeps its start. */
	if (e->fail.written_to > write_address(e))
		e->fail.written_to = write_address(e);
}

/* It is not known what the flash holds where the present block belongs. */
static void write_unsure(struct engine *e)
{
	if (e->fail.written_to > write_address(e))
		e->fail.written_to = write_address(e);
	if (e->w.hole_to < write_address(e) + e->w.n)
		e->w.hole_to = write_address(e) + e->w.n;
}

/* Notes a fault at the present block. False when it was one too many, and the engine has ended. */
static bool write_fault(struct engine *e, enum engine_cause cause, const struct esp_reply *r)
{
	struct engine_write *w = &e->w;
	w->good = 0;
	/* Silence says nothing of the data: where bytes to the chip go wrong, most of the faults
	 * are checksums, since most of the bytes are payload. */
	if (cause != ENGINE_CAUSE_NO_ANSWER)
		w->noise++;
	w->trouble++;
	w->again++;
	if (w->pos + 1 > w->high)
		w->high = w->pos + 1;
	bool hopeless = w->checking && w->noise > WRITE_CHECK_NOISE + w->total / 65536;
	unsigned limit = cause == ENGINE_CAUSE_NO_ANSWER ? WRITE_GIVE_UP_SILENT : WRITE_GIVE_UP;
	if (w->again <= WRITE_AGAIN && w->trouble < limit && !hopeless)
		return true;
	/* A byte too many or too few can look like a wrong command as well. */
	if (cause == ENGINE_CAUSE_REFUSED && w->damaged > 1)
		cause = ENGINE_CAUSE_CHECKSUM;
	engine_fail(e, cause, r);
	return false;
}

/* After a fault: slower, when they pile up; the blocks smaller, when it can't be slower. True
 * when the rate is being changed and writing goes on at ES_BEGIN. */
static bool write_slower(struct engine *e)
{
	struct engine_write *w = &e->w;
	if (w->trouble < WRITE_SLOWER)
		return false;
	if (e->speed.at + 1 < e->speed.rates) {
		w->trouble = 0;
		write_plan_back(e);
		return baud_lower(e, ES_BEGIN);
	}
	if (w->noise > 0 && w->block > WRITE_SMALL)
		w->block = WRITE_SMALL;
	return false;
}

void write_back(struct engine *e)
{
	write_plan_back(e);
	engine_go(e, ES_BEGIN);
}

void write_data_recovered(struct engine *e)
{
	write_unsure(e);
	if (write_fault(e, ENGINE_CAUSE_NO_ANSWER, NULL) && !write_slower(e))
		write_back(e);
}

void write_data_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine_write *w = &e->w;
	if (r->status == 0) {
		if (!readback_begin(e))
			write_stored(e);
		return;
	}
	switch (r->code) {
	case ESP_CODE_CHECKSUM:
		engine_emit_retry(e, ENGINE_RETRY_CHECKSUM, write_address(e));
		w->seq++;
		w->damaged++;
		if (write_fault(e, ENGINE_CAUSE_CHECKSUM, r) && !write_slower(e))
			engine_go(e, ES_DATA);
		break;
	case ESP_CODE_WRITE:
		engine_emit_retry(e, ENGINE_RETRY_READBACK, write_address(e));
		write_unsure(e);
		if (w->pos + 1 > w->high)
			w->high = w->pos + 1;
		w->readback++;
		engine_go(e, ES_STATUS_ASK);
		break;
	default:
		engine_emit_retry(e, ENGINE_RETRY_SEQUENCE, write_address(e));
		if (write_fault(e, ENGINE_CAUSE_REFUSED, r) && !write_slower(e))
			write_back(e);
		break;
	}
}

/* It passed the XOR, but the flash has something else: a byte was added or lost on the way. */
void write_misread(struct engine *e)
{
	e->cmd.op = ESP_OP_FLASH_DATA;
	e->w.damaged++;
	write_unsure(e);
	engine_emit_retry(e, ENGINE_RETRY_CHECKSUM, write_address(e));
	if (write_fault(e, ENGINE_CAUSE_CHECKSUM, NULL) && !write_slower(e))
		write_back(e);
}

/* ---- the flash did not keep it: why? ------------------------------------------------------------ */
void write_status_ask(struct engine *e)
{
	engine_command(e, ESP_OP_WRITE_REG, identify_enc_status(e, true), 0);
}

/* The asking is answered each time, and the tries are those of one command: counted with the block's. */
void write_status_again(struct engine *e)
{
	if (++e->w.again > WRITE_AGAIN)
		engine_fail(e, ENGINE_CAUSE_NO_ANSWER, NULL);
	else
		engine_go(e, ES_STATUS_ASK);
}

void write_status_ask_reply(struct engine *e, const struct esp_reply *r)
{
	(void)r; /* a refusal leaves the register at what it was: it is read all the same */
	engine_go(e, ES_STATUS_READ);
}

void write_status_read(struct engine *e)
{
	engine_command(e, ESP_OP_READ_REG, identify_enc_status(e, false), 0);
}

/* Blocks of one sector from here on, so that the worn one is known if it happens again. */
static void write_again_by_sector(struct engine *e)
{
	if (e->w.block > CHIP_SECTOR)
		e->w.block = CHIP_SECTOR;
	write_back(e);
}

void write_status_read_reply(struct engine *e, const struct esp_reply *r)
{
	const struct esp_reply kept = {
	    .op = ESP_OP_FLASH_DATA, .status = 1, .code = ESP_CODE_WRITE};
	e->cmd.op = ESP_OP_FLASH_DATA;
	if (r->status == 0 && (r->value & CHIP_FLASH_BP)) {
		/* Not even what has the XOR of a block by chance was written. */
		e->fail.written_to = e->fail.written_from;
		engine_fail(e, ENGINE_CAUSE_PROTECTED, &kept);
	} else if (e->w.readback >= WRITE_READBACKS) {
		engine_fail(e, ENGINE_CAUSE_READBACK, &kept);
	} else {
		write_again_by_sector(e);
	}
}

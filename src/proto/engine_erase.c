/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's erasing: FLASH_BEGIN erases before it answers, and erases more than it is
 * told (chip.h). Areas are planned so that exactly the sectors wanted go. One sector alone it can't
 * erase: that is done by the SPI registers, as the ROM's own SPI_sector_erase does (0x400040c0),
 * and the status register tells whether it worked; if not, FLASH_BEGIN takes two, and the record
 * of what was erased says so.
 */
#include "engine_int.h"

#include <assert.h>

/* A typical sector takes 45 ms, a 64 KiB block 150; worn ones several times that. What takes
 * longer is asked for by SYNC, which a busy chip answers when it is done. */
#define ERASE_SECTOR_US	 MONO_MS(60)
#define ERASE_MIN	 MONO_S(2)
#define ERASE_SECTOR_MAX MONO_S(3)
/* Questions about one sector that may go unanswered. */
#define ERASE_MUTE 5u

void erase_size(struct engine_area *a)
{
	a->announce = chip_erase_announce(a->first, a->sectors, &a->really);
}

static void erase_add(struct engine *e, uint32_t first, uint32_t sectors)
{
	struct engine_write *w = &e->w;
	assert(w->areas < sizeof w->area / sizeof w->area[0]);
	struct engine_area *a = &w->area[w->areas++];
	a->first = first;
	a->sectors = sectors;
	erase_size(a);
}

/* An odd number of sectors is erased as an even one and once more its last two. */
static void erase_add_exact(struct engine *e, uint32_t first, uint32_t sectors)
{
	uint32_t really;
	chip_erase_announce(first, sectors, &really);
	if (really > sectors && sectors > 1) {
		erase_add(e, first, sectors - 1);
		erase_add(e, first + sectors - 2, 2);
	} else {
		erase_add(e, first, sectors);
	}
	if (sectors == 1) {
		struct engine_area *a = &e->w.area[e->w.areas - 1];
		a->by_register = true;
		a->really = 1;
	}
}

static bool erase_keeps(const struct engine *e, uint32_t sector)
{
	for (size_t i = 0; i < e->job.keep_count; i++) {
		const struct engine_part *k = &e->job.keep[i];
		if (sector >= k->offset / CHIP_SECTOR &&
		    sector < (k->offset + k->length) / CHIP_SECTOR)
			return true;
	}
	return false;
}

/* The whole chip but what is to be kept. */
static void erase_add_chip(struct engine *e)
{
	uint32_t end = e->chip.flash_size / CHIP_SECTOR, first = 0;
	while (first < end) {
		uint32_t n = 0;
		while (first + n < end && !erase_keeps(e, first + n))
			n++;
		if (n > 0)
			erase_add_exact(e, first, n);
		first += n + 1;
	}
}

bool erase_plan(struct engine *e)
{
	struct engine_write *w = &e->w;
	const struct engine_job *job = &e->job;
	w->areas = 0;
	w->at = 0;
	w->erase_total = 0;
	w->erase_done = 0;
	if (job->kind == ENGINE_FLASH ? job->erase_all : job->part_count == 0) {
		if (e->chip.flash_size == 0)
			return false;
		erase_add_chip(e);
	} else {
		for (size_t i = 0; i < job->part_count; i++)
			erase_add_exact(e, job->parts[i].offset / CHIP_SECTOR,
			    (job->parts[i].length + CHIP_SECTOR - 1) / CHIP_SECTOR);
	}
	for (size_t i = 0; i < w->areas; i++)
		w->erase_total += w->area[i].sectors * CHIP_SECTOR;
	return true;
}

void erase_note(struct engine *e, const struct engine_area *a)
{
	struct engine_failure *f = &e->fail;
	uint32_t from = a->first * CHIP_SECTOR, to = (a->first + a->really) * CHIP_SECTOR;
	if (a->really == 0)
		return;
	if (e->chip.flash_size != 0 && to > e->chip.flash_size)
		to = e->chip.flash_size;
	bool none = f->erased_from == f->erased_to;
	if (none || from < f->erased_from)
		f->erased_from = from;
	if (none || to > f->erased_to)
		f->erased_to = to;
	f->flash_touched = true;
}

void erase_send(struct engine *e, const struct engine_area *a, uint32_t length)
{
	const uint32_t block = e->type->block_max;
	int64_t extra = 0;
	if (a->really > 0) {
		extra = (int64_t)a->really * ERASE_SECTOR_US;
		if (extra < ERASE_MIN)
			extra = ERASE_MIN;
	}
	e->fail.offset = a->first * CHIP_SECTOR;
	size_t n = esp_enc_begin(e->tx, sizeof e->tx, ESP_OP_FLASH_BEGIN, a->announce * CHIP_SECTOR,
	    (length + block - 1) / block, block, a->first * CHIP_SECTOR);
	engine_command(e, ESP_OP_FLASH_BEGIN, n, extra);
}

bool erase_tolerated(const struct engine *e, const struct engine_area *a, const struct esp_reply *r)
{
	uint32_t end = (a->first + a->sectors) * CHIP_SECTOR;
	return r->code == ESP_CODE_FAILED && a->really > a->sectors && e->w.params &&
	       end == e->chip.flash_size;
}

void erase_step(struct engine *e)
{
	struct engine_write *w = &e->w;
	engine_stage_begin(e, ENGINE_ST_ERASE);
	engine_emit_progress(e, w->erase_done, w->erase_total);
	if (w->at == w->areas) {
		if (e->job.kind == ENGINE_ERASE)
			engine_finish(e);
		else
			write_begin(
			    e, w->areas == 1 && !e->job.erase_all && !w->area[0].by_register);
		return;
	}
	if (w->area[w->at].by_register) {
		engine_go(e, ES_SECTOR);
		return;
	}
	erase_note(e, &w->area[w->at]);
	erase_send(e, &w->area[w->at], e->job.part_count ? e->job.parts[0].length : 0);
}

static void erase_next(struct engine *e)
{
	struct engine_write *w = &e->w;
	w->erase_done += w->area[w->at].sectors * CHIP_SECTOR;
	w->at++;
	e->cmd.refused = 0;
	engine_go(e, ES_ERASE);
}

void erase_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine_write *w = &e->w;
	struct engine_area *a = &w->area[w->at];
	if (r->status != 0 && !erase_tolerated(e, a, r)) {
		/* Once more: it may have arrived damaged. Never on with data after a refusal, which
		 * the ROM would acknowledge and not store. */
		engine_emit_retry(e, ENGINE_RETRY_ERASE, a->first * CHIP_SECTOR);
		if (++e->cmd.refused < 2)
			engine_go(e, ES_ERASE);
		else
			engine_fail(e, ENGINE_CAUSE_REFUSED, r);
		return;
	}
	erase_next(e);
}

/* ---- one sector ------------------------------------------------------------------------------- */
void erase_sector(struct engine *e)
{
	const struct esp_reg wren = {
	    .addr = e->type->spi_cmd, .value = CHIP_SPI_WREN, .mask = UINT32_MAX};
	e->w.sector_going = false;
	e->w.sector_mute = 0;
	size_t n = esp_enc_write_regs(e->tx, sizeof e->tx, &wren, 1);
	engine_command(e, ESP_OP_WRITE_REG, n, 0);
}

void erase_sector_go(struct engine *e)
{
	const struct engine_area *a = &e->w.area[e->w.at];
	const struct esp_reg regs[2] = {
	    {.addr = e->type->spi_addr, .value = a->first * CHIP_SECTOR, .mask = UINT32_MAX},
	    {.addr = e->type->spi_cmd, .value = CHIP_SPI_SE, .mask = UINT32_MAX},
	};
	erase_note(e, a);
	e->fail.offset = a->first * CHIP_SECTOR;
	e->w.sector_since = e->now;
	e->w.sector_going = true;
	size_t n = esp_enc_write_regs(e->tx, sizeof e->tx, regs, 2);
	engine_command(e, ESP_OP_WRITE_REG, n, 0);
}

/* The proven way, which takes the next sector along. */
static void erase_sector_otherwise(struct engine *e)
{
	struct engine_area *a = &e->w.area[e->w.at];
	engine_emit_retry(e, ENGINE_RETRY_ERASE, a->first * CHIP_SECTOR);
	a->by_register = false;
	erase_size(a);
	if (a->really > a->sectors && erase_keeps(e, a->first + a->sectors))
		engine_fail(e, ENGINE_CAUSE_REFUSED, NULL);
	else
		engine_go(e, ES_ERASE);
}

void erase_sector_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status == 0)
		engine_go(e, ES_SECTOR_ASK);
	else
		erase_sector_otherwise(e);
}

void erase_sector_ask(struct engine *e)
{
	engine_command(e, ESP_OP_WRITE_REG, identify_enc_status(e, true), 0);
}

/* The asking is answered each time, and the tries are those of one command: counted here. */
void erase_sector_again(struct engine *e)
{
	if (++e->w.sector_mute > ERASE_MUTE)
		engine_fail(e, ENGINE_CAUSE_NO_ANSWER, NULL);
	else
		engine_go(e, ES_SECTOR_ASK);
}

void erase_sector_ask_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status == 0)
		engine_go(e, ES_SECTOR_READ);
	else
		erase_sector_otherwise(e);
}

void erase_sector_read(struct engine *e)
{
	engine_command(e, ESP_OP_READ_REG, identify_enc_status(e, false), 0);
}

/* The flash sets "write enabled" when it is told, and clears it when an erase has been done: both
 * must be seen, or the registers don't do here what they should. */
void erase_sector_read_reply(struct engine *e, const struct esp_reply *r)
{
	bool enabled = (r->value & CHIP_FLASH_WEL) != 0, busy = (r->value & CHIP_FLASH_WIP) != 0;
	if (r->status == 0 && !e->w.sector_going && enabled)
		engine_go(e, ES_SECTOR_GO);
	else if (r->status == 0 && e->w.sector_going && !enabled && !busy)
		erase_next(e);
	else if (e->w.sector_going && busy && e->now - e->w.sector_since < ERASE_SECTOR_MAX)
		engine_go(e, ES_SECTOR_ASK);
	else
		erase_sector_otherwise(e);
}

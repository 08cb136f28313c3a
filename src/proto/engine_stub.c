/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine and the stub: its upload by the ROM's MEM commands, requests to it and their
 * patience, and what becomes of the job where it does not start or does not answer any more.
 */
#include "engine_int.h"

#include <assert.h>
#include <string.h>

#include "tasmite/base/log.h"
#include "tasmite/proto/stub.h"

#define STUB_TRIES	 6u
#define STUB_FOUND_TRIES 3u
/* Once a boot banner was seen nobody is there to answer. */
#define STUB_TRIES_RESTARTED 2u
#define STUB_PATIENCE_MAX    MONO_S(3)
/* BUSY comes every STUB_BUSY_MS; some of them may be lost. */
#define STUB_BUSY_PATIENCE MONO_MS(8 * STUB_BUSY_MS)
#define STUB_SEGMENT_TRIES 8u
#define STUB_SEGMENT_LAST  32u
#define STUB_BLOCK_SMALL   0x400u
#define STUB_HELLO_FIRST   MONO_MS(250)
#define STUB_HELLO_NEXT	   MONO_MS(60)
#define STUB_HELLO_QUICK   MONO_MS(500) /* with the first less than STUB_FALLBACK_MS */
#define STUB_HELLO_MAX	   MONO_S(3)
#define STUB_HELLO_WORDS   12u
#define STUB_ANSWER	   MONO_MS(250)
#define STUB_WINDOW_MIN	   512u
#define STUB_WINDOW_MAX	   65536u
#define STUB_PRINTABLE(b)  (((b) >= 0x20 && (b) < 0x7F) || (b) == '\r' || (b) == '\n' || (b) == '\t')

bool stub_wanted(const struct engine *e)
{
	const struct engine_job *job = &e->job;
	const uint32_t limit = PLAN_SECTORS * CHIP_SECTOR;
	if (job->no_stub || e->c32 || e->st.given_up || job->kind == ENGINE_IDENTIFY)
		return false;
	if (stub_esp8266()->text_size == 0 || e->chip.flash_size > limit)
		return false;
	for (size_t i = 0; i < job->part_count; i++)
		if (plan_part_end(&job->parts[i]) > limit)
			return false;
	return true;
}

/* ---- requests ------------------------------------------------------------------------------------ */
void stub_ask_encoded(struct engine *e, uint8_t op, size_t n, int64_t patience_us)
{
	struct engine_stub *st = &e->st;
	assert(n > 0);
	st->asked = n;
	st->tries = 0;
	st->patience = patience_us;
	st->early_n = 0;
	e->cmd.op = op;
	e->cmd.tries = 0;
	e->cmd.waiting = true;
	e->cmd.early = false;
	e->cmd.patience = patience_us + e->lag;
	engine_send(e, n);
}

void stub_ask(
    struct engine *e, uint8_t op, const uint32_t *words, size_t count, int64_t patience_us)
{
	size_t n = stub_enc(e->tx, sizeof e->tx, op, ++e->st.serial, words, count, NULL, 0);
	stub_ask_encoded(e, op, n, patience_us);
}

void stub_answered(struct engine *e)
{
	e->cmd.waiting = false;
	e->deadline = MONO_NEVER;
}

static void stub_take(struct engine *e, const struct stub_msg *m)
{
	const struct engine_ops *op = engine_op(e);
	if (!op->more)
		stub_answered(e);
	else
		e->deadline = e->now + e->cmd.patience;
	if (e->cancelling)
		engine_cancelled(e);
	else
		op->answer(e, m);
}

void stub_acted(struct engine *e)
{
	struct stub_msg m;
	size_t n = e->st.early_n;
	e->st.early_n = 0;
	if (stub_decode(e->st.early, n, &m) == STUB_PACKET_MSG)
		stub_take(e, &m);
}

static void stub_message(struct engine *e, const struct stub_msg *m)
{
	const struct engine_ops *op = engine_op(e);
	bool pending = e->q.out || e->q.n > 0;
	e->alive = true;
	e->junk = 0;
	e->banner = false;
	if (e->cmd.waiting && op->answer && m->op == e->cmd.op && m->serial == e->st.serial) {
		if (!pending) {
			stub_take(e, m);
		} else if (e->st.early_n == 0 && e->slip.len <= sizeof e->st.early) {
			memcpy(e->st.early, e->slip.data, e->slip.len);
			e->st.early_n = e->slip.len;
		}
		return;
	}
	/* Signs of life: the flash takes its time. */
	if ((m->op == STUB_BUSY || m->op == STUB_ACK) && e->cmd.waiting && !pending &&
	    e->deadline < e->now + STUB_BUSY_PATIENCE)
		e->deadline = e->now + STUB_BUSY_PATIENCE;
	if (op->unasked)
		op->unasked(e, m);
}

/* Half a frame without its beginning is no text. */
static bool stub_is_text(const uint8_t *bytes, size_t n)
{
	size_t printable = 0;
	for (size_t i = 0; i < n; i++)
		printable += STUB_PRINTABLE(bytes[i]);
	return printable * 100 >= n * 90;
}

bool stub_packet(struct engine *e)
{
	struct stub_msg m;
	struct esp_reply r;
	switch (stub_decode(e->slip.data, e->slip.len, &m)) {
	case STUB_PACKET_MSG:
		stub_message(e, &m);
		return true;
	case STUB_PACKET_DAMAGED:
		break;
	case STUB_PACKET_JUNK:
		if (esp_decode(e->slip.data, e->slip.len, &r) != ESP_PACKET_JUNK)
			return false;
		if (stub_is_text(e->slip.data, e->slip.len))
			return false;
		break;
	}
	/* Its last byte may be the next one's first. */
	e->st.damaged++;
	e->slip.inside = true;
	e->slip.len = 0;
	return true;
}

void stub_flush(struct engine *e)
{
	size_t n = e->slip.inside ? e->slip.len : 0;
	e->slip.inside = false;
	e->slip.len = 0;
	if (n > 0 && stub_is_text(e->slip.data, n))
		engine_stray(e, e->slip.data, n);
}

static unsigned stub_tries(const struct engine *e)
{
	/* A change of rate that may have been carried out must not be asked for again. */
	if (e->state == ES_STUB_BAUD || e->state == ES_STUB_HOME)
		return 1;
	if (e->state == ES_STUB_FOUND || e->state == ES_STUB_LEAVE || e->state == ES_STUB_HOME_ASK)
		return STUB_FOUND_TRIES;
	return engine_restart_likely(e) ? STUB_TRIES_RESTARTED : STUB_TRIES;
}

void stub_expire(struct engine *e)
{
	struct engine_stub *st = &e->st;
	stub_flush(e);
	st->tries++;
	engine_emit_retry(e, ENGINE_RETRY_TIMEOUT, e->cmd.op);
	if (st->tries >= stub_tries(e)) {
		e->cmd.waiting = false;
		if (engine_op(e)->unanswered)
			engine_op(e)->unanswered(e);
		else
			stub_lost(e);
		return;
	}
	st->patience = st->patience * 2 < STUB_PATIENCE_MAX ? st->patience * 2 : STUB_PATIENCE_MAX;
	e->cmd.waiting = true;
	e->cmd.patience = st->patience + e->lag;
	engine_send(e, st->asked);
}

void stub_refused(struct engine *e, const struct stub_msg *m)
{
	const struct esp_reply r = {.op = m->op, .status = m->status};
	log_trace("engine", "%s: %s", stub_op_name(m->op), stub_status_text(m->status));
	e->cmd.op = m->op;
	if (e->st.survey) {
		stub_blame(e);
		return;
	}
	engine_fail(e, ENGINE_CAUSE_REFUSED, &r);
}

/* ---- it is gone ---------------------------------------------------------------------------------- */
void stub_lost(struct engine *e)
{
	stub_flush(e);
	if (e->st.survey) {
		stub_blame(e);
		return;
	}
	/* A loader that restarted takes its rate from the first bytes it hears. */
	hunt_begin(e, HUNT_STUB, 3, MONO_MS(120));
	hunt_add(e, e->type->sync_baud);
	hunt_add(e, e->asked);
	hunt_go(e);
}

void stub_lost_found(struct engine *e)
{
	e->st.on = false;
	engine_fail(e, ENGINE_CAUSE_RESET, NULL);
}

void stub_lost_missed(struct engine *e)
{
	e->alive = e->find.stub;
	engine_fail(
	    e, engine_restart_likely(e) ? ENGINE_CAUSE_RESET : ENGINE_CAUSE_NO_ANSWER, NULL);
}

static void stub_off(struct engine *e)
{
	e->st.on = false;
	e->st.given_up = true;
	engine_slip(e);
	engine_emit(e, &(struct engine_event){.kind = ENGINE_EV_STUB, .stage = e->stage});
}

void stub_give_up(struct engine *e)
{
	stub_off(e);
	/* It may have restarted meanwhile: it is looked at anew. */
	e->linked = e->asked;
	identify_begin(e);
}

void stub_missed(struct engine *e)
{
	struct engine_reset *r = &e->reset;
	stub_off(e);
	engine_stage_begin(e, ENGINE_ST_CONNECT);
	e->job.connected = false;
	if (r->usable) {
		r->round = 0;
		r->next = 0;
		r->tries = 0;
		engine_reset_begin(e);
	} else {
		e->wait.next_burst = e->now + MONO_S(5);
		engine_go(e, ES_LISTEN);
	}
}

/* ---- one is there already -------------------------------------------------------------------------- */
static bool stub_is_ours(const struct stub_msg *m)
{
	return m->status == STUB_OK && m->n >= 4 * STUB_HELLO_WORDS &&
	       stub_word(m, 0) == STUB_PROTOCOL && stub_word(m, 2) == stub_esp8266()->build &&
	       stub_word(m, 1) >= STUB_WINDOW_MIN;
}

static void stub_greeted(struct engine *e, const struct stub_msg *m)
{
	struct engine_stub *st = &e->st;
	st->window = stub_word(m, 1) < STUB_WINDOW_MAX ? stub_word(m, 1) : STUB_WINDOW_MAX;
	st->status = stub_word(m, 5);
}

static void stub_tell(struct engine *e)
{
	engine_emit(
	    e, &(struct engine_event){
		   .kind = ENGINE_EV_STUB, .stage = e->stage, .ok = true, .value = e->st.window});
}

void stub_found(struct engine *e)
{
	e->st.on = true;
	/* Not the serial that the last session ended with: that would be answered from memory. */
	e->st.serial = (uint8_t)(e->now / MONO_MS(1) + e->st.serial);
	engine_slip(e);
	stub_ask(e, STUB_HELLO, NULL, 0, MONO_MS(250));
}

void stub_found_unanswered(struct engine *e)
{
	e->st.on = false;
	e->st.strange++;
	engine_slip(e);
	hunt_failed(e);
}

/* Another release's, or one that the job must not use: it knows how to give way. */
static bool stub_can_leave(const struct stub_msg *m)
{
	return m->status == STUB_OK && m->n >= 4 && stub_word(m, 0) == STUB_PROTOCOL;
}

void stub_found_answer(struct engine *e, const struct stub_msg *m)
{
	if (!stub_is_ours(m) || e->job.no_stub) {
		if (stub_can_leave(m))
			engine_go(e, ES_STUB_LEAVE);
		else
			stub_found_unanswered(e);
		return;
	}
	e->st.found = true;
	e->linked = e->asked;
	e->alive = true;
	engine_reset_found(e);
	engine_emit(
	    e, &(struct engine_event){.kind = ENGINE_EV_SYNC, .stage = e->stage, .value = e->baud});
	stub_greeted(e, m);
	engine_stage_begin(e, ENGINE_ST_IDENTIFY);
	identify_hello(e, m);
}

void stub_leave(struct engine *e)
{
	const uint32_t how = STUB_RUN_LOADER;
	stub_ask(e, STUB_RUN, &how, 1, MONO_MS(120));
}

void stub_leave_answer(struct engine *e, const struct stub_msg *m)
{
	(void)m;
	stub_left(e);
}

/* The ROM goes on where the stub can't. */
void stub_step_down(struct engine *e)
{
	e->find.why = HUNT_NO_STUB;
	engine_go(e, ES_STUB_LEAVE);
}

/* The loader keeps the rate. Should it still be the stub that answers there, it is left alone. */
void stub_left(struct engine *e)
{
	enum engine_hunt why = e->find.why;
	e->st.on = false;
	e->st.strange = STUB_STRANGE;
	engine_slip(e);
	hunt_begin(e, why, 4, MONO_MS(150));
	hunt_add(e, e->asked);
	hunt_add(e, e->type->sync_baud);
	hunt_go(e);
}

/* ---- the upload ------------------------------------------------------------------------------------ */
struct stub_segment {
	const uint8_t *bytes;
	size_t n;
	uint32_t addr;
};

static struct stub_segment stub_segment(size_t i)
{
	const struct stub_blob *b = stub_esp8266();
	if (i == 0)
		return (struct stub_segment){b->text, b->text_size, b->text_addr};
	return (struct stub_segment){b->data, b->data_size, b->data_addr};
}

/* MEM_BEGIN for what is left of a segment from `done` on. */
static size_t stub_put_begin(
    const struct engine *e, uint8_t *out, size_t cap, size_t segment, uint32_t done)
{
	struct stub_segment s = stub_segment(segment);
	uint32_t left = (uint32_t)s.n - done, block = e->st.block;
	return esp_enc_begin(
	    out, cap, ESP_OP_MEM_BEGIN, left, (left + block - 1) / block, block, s.addr + done);
}

void stub_mem(struct engine *e)
{
	struct engine_stub *st = &e->st;
	engine_stage_begin(e, ENGINE_ST_STUB);
	if (st->block == 0)
		st->block = e->type->block_max;
	st->number = 0;
	engine_command(
	    e, ESP_OP_MEM_BEGIN, stub_put_begin(e, e->tx, sizeof e->tx, st->segment, st->done), 0);
}

/* RAM can be written as often as need be: on from the block that did not arrive, in small ones,
 * and slower when that does not help. */
static void stub_mem_again(struct engine *e)
{
	struct engine_stub *st = &e->st;
	engine_emit_retry(e, ENGINE_RETRY_CHECKSUM, stub_segment(st->segment).addr + st->done);
	st->block = STUB_BLOCK_SMALL;
	if (++st->restarts % STUB_SEGMENT_TRIES != 0) {
		engine_go(e, ES_STUB_MEM);
		return;
	}
	if (st->restarts < STUB_SEGMENT_LAST && baud_lower(e, ES_STUB_MEM))
		return;
	hunt_begin(e, HUNT_NO_STUB, 4, MONO_MS(150));
	hunt_add(e, e->asked);
	hunt_add(e, e->type->sync_baud);
	hunt_go(e);
}

void stub_mem_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status == 0)
		engine_go(e, ES_STUB_LOAD);
	else
		stub_mem_again(e);
}

static uint32_t stub_load_size(const struct engine *e)
{
	uint32_t left = (uint32_t)stub_segment(e->st.segment).n - e->st.done;
	return left < e->st.block ? left : e->st.block;
}

/* The last block of the first segment takes the next one's beginning along, which waits in the ROM's
 * ring: a round trip less. */
void stub_load(struct engine *e)
{
	struct stub_segment s = stub_segment(e->st.segment);
	uint32_t size = stub_load_size(e);
	bool more = e->st.segment == 0 && e->st.done + size == s.n && stub_segment(1).n > 0;
	size_t n = esp_enc_data(
	    e->tx, sizeof e->tx, ESP_OP_MEM_DATA, e->st.number, s.bytes + e->st.done, size);
	if (more)
		n += stub_put_begin(e, e->tx + n, sizeof e->tx - n, 1, 0);
	engine_command(e, more ? ESP_OP_MEM_BEGIN : ESP_OP_MEM_DATA, n, 0);
}

void stub_load_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine_stub *st = &e->st;
	bool begun = r->op == ESP_OP_MEM_BEGIN;
	if (r->status != 0 || (begun && e->cmd.others != 1)) {
		stub_mem_again(e); /* it, or the block before it, was refused */
		return;
	}
	st->done += stub_load_size(e);
	st->number++;
	if (begun) {
		st->segment = 1;
		st->done = 0;
		st->number = 0;
	}
	if (st->done < stub_segment(st->segment).n)
		engine_go(e, ES_STUB_LOAD);
	else
		engine_go(e, ES_STUB_GO);
}

void stub_load_expire(struct engine *e)
{
	engine_emit_retry(e, ENGINE_RETRY_TIMEOUT, e->cmd.op);
	stub_mem_again(e);
}

void stub_go(struct engine *e)
{
	size_t n = esp_enc_mem_end(e->tx, sizeof e->tx, stub_esp8266()->entry);
	engine_command(e, ESP_OP_MEM_END, n, 0);
}

void stub_go_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status == 0) {
		stub_go_expire(e);
		return;
	}
	/* Something of it is not there, and what is not known: all of it once more. */
	e->st.segment = 0;
	e->st.done = 0;
	stub_mem_again(e);
}

/* The answer may get lost in the jump. */
void stub_go_expire(struct engine *e)
{
	e->st.on = true;
	e->st.began = e->now;
	e->junk = 0;
	e->banner = false;
	engine_slip(e);
	engine_go(e, ES_STUB_HELLO);
}

/* It greets when it starts. Until then nothing is sent: had the chip restarted into its loader
 * instead, that would take a rate from it that may be no good. */
void stub_hello(struct engine *e)
{
	e->cmd.op = STUB_HELLO;
	e->st.damaged_before = e->st.damaged;
	e->deadline = (e->st.began > e->now ? e->st.began : e->now) + STUB_HELLO_FIRST + e->lag;
	e->st.asked = 0;
}

static void stub_no_hello(struct engine *e)
{
	bool restarted = engine_restart_likely(e);
	e->st.on = false;
	e->st.quick = false;
	engine_slip(e);
	hunt_begin(e, HUNT_NO_STUB, 4, MONO_MS(150));
	if (restarted)
		hunt_add(e, e->type->sync_baud);
	hunt_add(e, e->asked);
	hunt_add(e, e->type->sync_baud);
	hunt_go(e);
}

void stub_hello_expire(struct engine *e)
{
	struct engine_stub *st = &e->st;
	stub_flush(e);
	/* What carries badly is heard as noise (the ROM's last answer, late, is none). Silence may be no
	 * more than a long way: asked once. */
	if (st->quick &&
	    (st->asked > 0 || engine_restart_likely(e) || st->damaged != st->damaged_before)) {
		quick_failed(e);
		return;
	}
	if (e->now - st->began >= STUB_HELLO_MAX || engine_restart_likely(e)) {
		stub_no_hello(e);
	} else if (st->asked == 0) {
		stub_ask(e, STUB_HELLO, NULL, 0, st->quick ? STUB_HELLO_QUICK : STUB_HELLO_NEXT);
	} else {
		st->patience += st->patience / 2;
		e->cmd.waiting = true;
		e->cmd.patience = st->patience + e->lag;
		engine_send(e, st->asked);
	}
}

void stub_hello_answer(struct engine *e, const struct stub_msg *m)
{
	e->st.quick = false;
	if (!stub_is_ours(m)) {
		/* It says something else than what was loaded: not to be trusted with the flash. */
		stub_no_hello(e);
		return;
	}
	stub_greeted(e, m);
	engine_go(e, ES_STUB_SIZE);
}

/* It says so itself when it starts. */
void stub_hello_unasked(struct engine *e, const struct stub_msg *m)
{
	if (m->op != STUB_HELLO || e->q.out || e->q.n > 0)
		return;
	stub_answered(e);
	if (e->cancelling)
		engine_cancelled(e);
	else
		stub_hello_answer(e, m);
}

void stub_size(struct engine *e)
{
	uint32_t size = e->chip.flash_size ? e->chip.flash_size : e->type->rom_flash_size;
	const uint32_t words[2] = {size, stub_home_divider(e)};
	engine_stage_begin(e, ENGINE_ST_STUB);
	stub_tell(e);
	if (!e->st.found && !words[1] && chip_flash_size(e->chip.flash_id) == size) {
		stub_raise(e); /* it knows by the same id */
		return;
	}
	stub_ask(e, STUB_FLASH_SIZE, words, words[1] ? 2 : 1, STUB_ANSWER);
}

void stub_size_answer(struct engine *e, const struct stub_msg *m)
{
	if (m->status != STUB_OK)
		stub_refused(e, m);
	else
		stub_raise(e);
}

/* ---- the work -------------------------------------------------------------------------------------- */
void stub_work(struct engine *e)
{
	if (e->job.backup && !e->st.backed_up) {
		e->st.backed_up = true;
		read_begin(e, true);
		return;
	}
	switch (e->job.kind) {
	case ENGINE_READ:
		read_begin(e, false);
		break;
	case ENGINE_ERASE:
		clear_begin(e);
		break;
	default:
		plan_begin(e);
		break;
	}
}

void stub_done(struct engine *e)
{
	if (e->job.kind == ENGINE_FLASH && e->job.run && !e->reset.usable && !e->c32)
		engine_go(e, ES_STUB_RUN);
	else
		engine_finish(e);
}

void stub_run(struct engine *e)
{
	const uint32_t how = STUB_RUN_RESET;
	stub_ask(e, STUB_RUN, &how, 1, STUB_ANSWER);
}

void stub_run_answer(struct engine *e, const struct stub_msg *m)
{
	e->st.leaves = m->status == STUB_OK;
	engine_finish(e); /* without lines: that ends it */
	if (m->status == STUB_OK) {
		e->in_loader = false;
		e->alive = false;
	}
}

void stub_run_unanswered(struct engine *e)
{
	e->st.leaves = true; /* perhaps */
	engine_finish(e);    /* all that was asked for is in the flash */
}

/* ---- why does the flash not keep it? ----------------------------------------------------------------- */
void stub_status(struct engine *e)
{
	if (e->c32) {
		engine_fail(e, e->st.why, NULL);
		return;
	}
	stub_ask(e, STUB_HELLO, NULL, 0, STUB_ANSWER);
}

void stub_status_answer(struct engine *e, const struct stub_msg *m)
{
	if (m->status == STUB_OK && m->n >= 4 * STUB_HELLO_WORDS)
		e->chip.flash_status = stub_word(m, 5) & 0xFF;
	if (e->chip.flash_status & CHIP_FLASH_BP)
		e->st.why = ENGINE_CAUSE_PROTECTED;
	stub_status_unanswered(e);
}

/* Before it ends, all is compared once more: so that what differs is known, and nothing else named. */
void stub_status_unanswered(struct engine *e)
{
	if (e->job.kind == ENGINE_FLASH && e->st.why != ENGINE_CAUSE_VERIFY && !e->st.survey)
		verify_survey(e);
	else
		stub_blame(e);
}

void stub_blame(struct engine *e)
{
	const struct esp_reply r = {.op = STUB_END, .status = e->s.failed};
	e->cmd.op = STUB_END;
	engine_fail(e, e->st.why, &r);
}

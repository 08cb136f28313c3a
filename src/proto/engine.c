/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash engine: its states, its queue of actions, and what every command has in common. */
#include "engine_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/err.h"
#include "tasmite/base/log.h"
#include "tasmite/base/xalloc.h"

/* Bytes outside of packets that make a restart of the chip likely: its banner is some fifty
 * characters, and more bytes at a higher rate. */
#define ENGINE_JUNK_RESET 24u
/* After such bytes stopped, the answer waited for won't come. */
#define ENGINE_JUNK_QUIET MONO_MS(250)
/* An action that the driver has not finished by then never will be: the port hangs. */
#define ENGINE_STUCK MONO_S(15)
/* A link that is slower than this is none. */
#define ENGINE_LAG_MAX MONO_S(3)
/* A command under way may end after a cancel; then the engine ends without its answer. */
#define ENGINE_CANCEL_WAIT MONO_MS(700)

static void engine_start(struct engine *e)
{
	connect_start(e);
}

static const struct engine_ops engine_table[ES_STATES] = {
    [ES_START] = {.name = "start", .listens = true, .enter = engine_start},
    [ES_LISTEN] = {.name = "connect:listen",
	.listens = true,
	.lenient = true,
	.enter = connect_listen,
	.acted = connect_listen_acted,
	.expire = connect_listen_expire},
    [ES_APP] = {.name = "connect:app",
	.listens = true,
	.lenient = true,
	.enter = connect_app,
	.acted = connect_app_acted,
	.expire = connect_app_expire},
    [ES_SETTLE] = {.name = "connect:settle",
	.listens = true,
	.enter = connect_settle,
	.expire = connect_settle_expire},
    [ES_HUSH] = {.name = "connect:hush", .enter = connect_hush, .expire = connect_hush_expire},
    [ES_RESET_RATE] = {.name = "reset:rate",
	.listens = true,
	.lenient = true,
	.enter = engine_reset_rate,
	.acted = engine_reset_rate_acted},
    [ES_RESET] = {.name = "reset:step",
	.listens = true,
	.enter = engine_reset_step,
	.acted = engine_reset_step_acted,
	.expire = engine_reset_step_expire},
    [ES_RESET_HEAR] = {.name = "reset:hear",
	.listens = true,
	.enter = engine_reset_hear,
	.expire = engine_reset_hear_expire},
    [ES_RESET_BACK] = {.name = "reset:back",
	.listens = true,
	.lenient = true,
	.enter = engine_reset_back,
	.acted = engine_reset_back_acted},
    [ES_RESET_CLEAR] = {.name = "reset:clear", .listens = true, .enter = engine_reset_clear},
    [ES_HUNT_RATE] = {.name = "sync:rate",
	.lenient = true,
	.enter = hunt_rate,
	.acted = hunt_rate_acted},
    [ES_HUNT] = {.name = "sync", .enter = hunt_sync, .expire = hunt_expire},
    [ES_DRAIN] = {.name = "sync:drain", .expire = hunt_drain_expire},
    [ES_ID_READ] = {.name = "identify:read", .enter = identify_read, .reply = identify_read_reply},
    [ES_ID_ATTACH] = {.name = "identify:attach",
	.enter = identify_attach,
	.reply = identify_attach_reply},
    [ES_ID_SPI_ASK] = {.name = "identify:flash",
	.enter = identify_spi_ask,
	.reply = identify_spi_ask_reply},
    [ES_ID_SPI_READ] = {.name = "identify:flash-read",
	.enter = identify_spi_read,
	.reply = identify_spi_read_reply,
	.recovered = identify_spi_again},
    [ES_PROCEED] = {.name = "proceed", .enter = identify_proceed},
    [ES_PARAMS] = {.name = "params", .enter = identify_params, .reply = identify_params_reply},
    [ES_BAUD_TEST] = {.name = "baud:test",
	.lenient = true,
	.enter = baud_test,
	.acted = baud_test_acted},
    [ES_BAUD_RETURN] = {.name = "baud:return", .enter = baud_return, .acted = baud_return_acted},
    [ES_BAUD_TRIAL] = {.name = "baud:trial",
	.enter = baud_trial,
	.acted = baud_trial_acted,
	.expire = baud_trial_expire},
    [ES_BAUD_TRIAL_SET] = {.name = "baud:trial-set",
	.enter = baud_set,
	.acted = baud_trial_set_acted,
	.expire = baud_trial_set_expire},
    [ES_BAUD_TRIAL_SAY] = {.name = "baud:trial-say",
	.enter = baud_trial_say,
	.acted = baud_trial_say_acted,
	.expire = baud_trial_say_expire},
    [ES_BAUD_TRIAL_END] = {.name = "baud:trial-end",
	.enter = baud_return,
	.acted = baud_trial_end_acted,
	.reply = baud_trial_end_reply,
	.expire = baud_trial_end_expire},
    [ES_BAUD_ASK] = {.name = "baud:ask",
	.enter = baud_ask,
	.acted = baud_ask_acted,
	.expire = baud_ask_expire},
    [ES_BAUD_SET] = {.name = "baud:set",
	.enter = baud_set,
	.acted = baud_set_acted,
	.reply = baud_set_reply,
	.expire = baud_set_expire},
    [ES_BAUD_PROBE] = {.name = "baud:probe",
	.enter = baud_probe,
	.reply = baud_probe_reply,
	.expire = baud_probe_expire},
    [ES_BAUD_MEM] = {.name = "baud:mem",
	.enter = baud_mem,
	.reply = baud_mem_reply,
	.expire = baud_give_up},
    [ES_BAUD_LOAD] = {.name = "baud:load",
	.enter = baud_load,
	.reply = baud_load_reply,
	.expire = baud_give_up},
    [ES_BAUD_UNDO] = {.name = "baud:undo",
	.enter = baud_undo,
	.acted = baud_undo_acted,
	.expire = baud_undo_expire},
    [ES_ERASE] = {.name = "erase", .enter = erase_step, .reply = erase_reply},
    [ES_SECTOR] = {.name = "erase:sector", .enter = erase_sector, .reply = erase_sector_reply},
    [ES_SECTOR_GO] = {.name = "erase:sector-go",
	.enter = erase_sector_go,
	.reply = erase_sector_reply},
    [ES_SECTOR_ASK] = {.name = "erase:status",
	.enter = erase_sector_ask,
	.reply = erase_sector_ask_reply},
    [ES_SECTOR_READ] = {.name = "erase:status-read",
	.enter = erase_sector_read,
	.reply = erase_sector_read_reply,
	.recovered = erase_sector_again},
    [ES_BEGIN] = {.name = "write:begin", .enter = write_begin_enter, .reply = write_begin_reply},
    [ES_FETCH] = {.name = "write:fetch", .enter = write_fetch, .acted = write_fetch_acted},
    [ES_DATA] = {.name = "write:data",
	.enter = write_data,
	.reply = write_data_reply,
	.recovered = write_data_recovered},
    [ES_STATUS_ASK] = {.name = "write:status",
	.enter = write_status_ask,
	.reply = write_status_ask_reply},
    [ES_STATUS_READ] = {.name = "write:status-read",
	.enter = write_status_read,
	.reply = write_status_read_reply,
	.recovered = write_status_again},
    [ES_READBACK_SAVE] = {.name = "write:registers",
	.enter = readback_save,
	.reply = readback_save_reply,
	.recovered = readback_again},
    [ES_READBACK] = {.name = "write:readback",
	.enter = readback_ask,
	.reply = readback_reply,
	.recovered = readback_again},
    [ES_END] = {.name = "end"},
};

/* How long to wait for an answer after the last byte has left, and how often a command is sent in
 * vain before the engine gives up. Between two tries the link is found again by SYNC, with waits
 * that grow to seconds, so a first wait may be short. */
static const struct engine_patience {
	uint8_t op;
	unsigned tries;
	int64_t us;
} engine_patience[] = {
    {ESP_OP_SYNC, 1, MONO_MS(100)}, {ESP_OP_READ_REG, 5, MONO_MS(300)},
    {ESP_OP_WRITE_REG, 5, MONO_MS(300)}, {ESP_OP_SPI_SET_PARAMS, 5, MONO_MS(500)},
    {ESP_OP_MEM_BEGIN, 1, MONO_MS(300)}, {ESP_OP_MEM_DATA, 1, MONO_MS(300)},
    {ESP_OP_FLASH_BEGIN, 4, MONO_S(1)},	  /* plus the erase */
    {ESP_OP_FLASH_DATA, 6, MONO_MS(500)}, /* 24 pages, at most 5 ms each, and the link's delay */
};

static const struct engine_patience *patience_of(uint8_t op)
{
	for (size_t i = 0; i < sizeof engine_patience / sizeof engine_patience[0]; i++)
		if (engine_patience[i].op == op)
			return &engine_patience[i];
	assert(false && "a command without patience");
	return &engine_patience[0];
}

static const struct engine_ops *engine_op(const struct engine *e)
{
	return &engine_table[e->state];
}

/* ---- the job ---------------------------------------------------------------------------------- */
static bool job_overlaps(const struct engine_part *a, const struct engine_part *b)
{
	uint64_t a_end =
	    (uint64_t)a->offset + (a->length + CHIP_SECTOR - 1) / CHIP_SECTOR * CHIP_SECTOR;
	uint64_t b_end =
	    (uint64_t)b->offset + (b->length + CHIP_SECTOR - 1) / CHIP_SECTOR * CHIP_SECTOR;
	return a->offset < b_end && b->offset < a_end;
}

static bool job_part_ok(const struct engine_job *job, size_t i)
{
	/* No NOR flash behind an ESP8266 is larger; the bound keeps all sums in 32 bits. */
	const uint32_t limit = 256u << 20;
	const struct engine_part *p = &job->parts[i];
	if (p->offset % CHIP_SECTOR != 0 || p->length == 0)
		return false;
	if (p->offset > limit || p->length > limit - p->offset)
		return false;
	if (job->kind == ENGINE_ERASE && p->length % CHIP_SECTOR != 0)
		return false;
	for (size_t k = 0; k < i; k++)
		if (job_overlaps(p, &job->parts[k]))
			return false;
	return true;
}

static bool job_ok(const struct engine_job *job)
{
	if (job->kind != ENGINE_IDENTIFY && job->kind != ENGINE_ERASE && job->kind != ENGINE_FLASH)
		return false;
	if (job->part_count > ENGINE_MAX_PARTS)
		return false;
	if (job->kind == ENGINE_FLASH && job->part_count == 0)
		return false;
	if (job->kind == ENGINE_IDENTIFY)
		return true;
	for (size_t i = 0; i < job->part_count; i++)
		if (!job_part_ok(job, i))
			return false;
	return true;
}

struct engine *engine_new(const struct engine_job *job, mono_t now)
{
	if (!job_ok(job))
		return NULL;
	struct engine *e = xcalloc(1, sizeof *e);
	e->job = *job;
	if (e->job.app_baud == 0)
		e->job.app_baud = 115200;
	e->type = chip_esp8266();
	e->now = now;
	e->q.baud_ok = true;
	e->deadline = MONO_NEVER;
	e->cancel_by = MONO_NEVER;
	e->w.block = e->type->block_max;
	slip_init(&e->slip);
	heard_init(&e->heard);
	engine_reset_init(e);
	engine_stage_begin(e, ENGINE_ST_CONNECT);
	engine_go(e, ES_START);
	return e;
}

void engine_free(struct engine *e)
{
	free(e);
}

static void engine_answer(struct engine *e, const struct esp_reply *r);
static void engine_cancelled(struct engine *e);

/* ---- states ------------------------------------------------------------------------------------ */
static void engine_set_state(struct engine *e, enum engine_state s)
{
	if (e->state != s)
		log_trace("engine", "%s -> %s", engine_op(e)->name, engine_table[s].name);
	e->state = s;
	e->deadline = MONO_NEVER;
	e->cmd.waiting = false;
}

void engine_resume(struct engine *e, enum engine_state s, const struct esp_reply *late)
{
	engine_set_state(e, s);
	if (late)
		engine_answer(e, late);
	else if (e->cancelling)
		engine_cancelled(e);
	else if (!engine_may_retry(e))
		engine_fail(e, ENGINE_CAUSE_NO_ANSWER, NULL);
	else if (engine_table[s].recovered)
		engine_table[s].recovered(e);
	else
		engine_go(e, s);
}

void engine_go(struct engine *e, enum engine_state s)
{
	if (e->ended)
		return;
	engine_set_state(e, s);
	if (engine_table[s].enter)
		engine_table[s].enter(e);
}

void engine_stage_begin(struct engine *e, enum engine_stage s)
{
	if (e->staged && e->stage == s)
		return;
	if (e->staged)
		engine_emit(e, &(struct engine_event){.kind = ENGINE_EV_STAGE, .stage = e->stage});
	e->stage = s;
	e->staged = true;
	engine_emit(e, &(struct engine_event){.kind = ENGINE_EV_STAGE, .stage = s, .began = true});
}

static void engine_end(struct engine *e, enum engine_event_kind kind)
{
	e->fail.stage = e->stage;
	e->fail.all_written = e->w.checking && e->fail.written_to == e->w.full_to;
	e->fail.still_connected = e->alive;
	engine_go(e, ES_END);
	e->ended = true;
	e->q.n = 0;
	engine_emit(e, &(struct engine_event){.kind = kind, .stage = e->stage});
}

void engine_finish(struct engine *e)
{
	engine_emit(e, &(struct engine_event){.kind = ENGINE_EV_STAGE, .stage = e->stage});
	e->in_loader = true;
	e->finished = true;
	if (e->reset.usable)
		engine_reset_start_app(e);
	else
		engine_finished(e);
}

void engine_finished(struct engine *e)
{
	engine_end(e, ENGINE_EV_DONE);
}

void engine_fail(struct engine *e, enum engine_cause cause, const struct esp_reply *r)
{
	if (e->ended)
		return;
	/* All that was asked for is done; that the application could not be started is no failure
	 * of it: it is told by in_loader. */
	if (e->finished) {
		engine_finished(e);
		return;
	}
	e->fail.cause = cause;
	e->fail.command = e->cmd.op;
	e->fail.status = r ? r->status : 0;
	e->fail.code = r ? r->code : 0;
	log_trace("engine", "failed: cause %d at %s, %s %02x%02x", (int)cause, engine_op(e)->name,
	    esp_op_name(e->cmd.op), e->fail.status, e->fail.code);
	engine_end(e, ENGINE_EV_FAILED);
}

/* ---- actions ----------------------------------------------------------------------------------- */
static void engine_queue(struct engine *e, const struct engine_action *a)
{
	assert(e->q.n < ENGINE_ACTIONS);
	e->q.a[e->q.n++] = *a;
}

int64_t engine_wire_us(const struct engine *e, size_t n)
{
	uint32_t baud = e->baud ? e->baud : 9600;
	return (int64_t)n * 10 * 1000000 / baud;
}

void engine_send(struct engine *e, size_t n)
{
	assert(n > 0 && n <= sizeof e->tx);
	engine_queue(e, &(struct engine_action){.kind = ENGINE_WRITE, .bytes = e->tx, .n = n});
}

void engine_command(struct engine *e, uint8_t op, size_t n, int64_t extra_us)
{
	if (e->cmd.op != op) {
		e->cmd.tries = 0;
		e->cmd.refused = 0;
	}
	e->cmd.op = op;
	e->cmd.waiting = true;
	e->cmd.early = false;
	e->cmd.patience = patience_of(op)->us + extra_us + e->lag;
	engine_send(e, n);
}

void engine_set_baud(struct engine *e, uint32_t baud)
{
	engine_queue(e, &(struct engine_action){.kind = ENGINE_BAUD, .baud = baud});
}

void engine_lines(struct engine *e, bool dtr, bool rts)
{
	engine_queue(e, &(struct engine_action){.kind = ENGINE_LINES, .dtr = dtr, .rts = rts});
}

void engine_need_data(struct engine *e, size_t part, uint32_t offset, uint32_t length)
{
	e->w.have_data = false;
	engine_queue(
	    e, &(struct engine_action){
		   .kind = ENGINE_NEED_DATA, .part = part, .offset = offset, .length = length});
}

void engine_learn_lag(struct engine *e, int64_t us)
{
	/* What the usual waits cover is no lag; a chip that erased is none either. */
	if (us > ENGINE_LAG_MAX)
		us = ENGINE_LAG_MAX;
	if (us > MONO_MS(100) && us > e->lag)
		e->lag = us;
}

bool engine_restart_likely(const struct engine *e)
{
	return e->banner || e->junk >= ENGINE_JUNK_RESET;
}

bool engine_may_retry(const struct engine *e)
{
	return e->cmd.tries < patience_of(e->cmd.op)->tries;
}

bool engine_next(struct engine *e, struct engine_action *a, mono_t now)
{
	e->now = now;
	if (e->ended || e->q.out || e->q.n == 0)
		return false;
	e->q.out = true;
	e->q.handed = now;
	*a = e->q.a[0];
	e->q.stuck = now + ENGINE_STUCK;
	if (a->kind == ENGINE_WRITE)
		e->q.stuck += 2 * engine_wire_us(e, a->n);
	return true;
}

static void engine_cancelled(struct engine *e)
{
	/* A chip must not be left in reset. */
	if (e->reset.asserted && !e->q.out)
		engine_go(e, ES_RESET_CLEAR);
	else
		engine_end(e, ENGINE_EV_CANCELLED);
}

static void engine_done_baud(
    struct engine *e, const struct engine_action *a, int result, uint32_t actual)
{
	e->q.baud_ok = result >= 0;
	e->q.actual = actual;
	if (result < 0)
		return;
	e->asked = a->baud;
	e->baud = actual ? actual : a->baud;
	/* What was half-read at the old rate is no part of anything now. */
	if (e->slip.inside)
		engine_emit_text(e, e->slip.data, e->slip.len);
	slip_init(&e->slip);
	heard_run(&e->heard);
}

/* True when that decided what comes next. */
static bool engine_done_lines(struct engine *e, const struct engine_action *a, int result)
{
	if (result >= 0) {
		e->reset.asserted = a->dtr || a->rts;
	} else if (e->cancelling) {
		e->reset.asserted = false; /* as far as it can be helped */
		engine_cancelled(e);
		return true;
	} else if (result == ERR_NOTSUP) {
		engine_reset_unable(e);
		return true;
	}
	return false;
}

/* All actions of the state were carried out. */
static void engine_acted(struct engine *e)
{
	if (e->cmd.waiting)
		e->deadline = e->q.sent + e->cmd.patience;
	if (engine_op(e)->acted)
		engine_op(e)->acted(e);
	else if (e->cmd.waiting && e->cmd.early)
		engine_answer(e, &e->cmd.early_reply);
}

void engine_done(struct engine *e, int result, uint32_t actual, mono_t now)
{
	e->now = now;
	if (e->ended || !e->q.out)
		return;
	struct engine_action a = e->q.a[0];
	e->q.n--;
	memmove(&e->q.a[0], &e->q.a[1], e->q.n * sizeof e->q.a[0]);
	e->q.out = false;
	if (a.kind == ENGINE_WRITE && result >= 0) {
		mono_t sent = e->q.handed + engine_wire_us(e, a.n);
		e->q.sent = sent > now ? sent : now;
		e->tx_bytes += a.n;
	}
	if (a.kind == ENGINE_BAUD)
		engine_done_baud(e, &a, result, actual);
	if (a.kind == ENGINE_LINES && engine_done_lines(e, &a, result))
		return;
	if (result < 0 && !(a.kind == ENGINE_BAUD && engine_op(e)->lenient)) {
		e->alive = e->alive && a.kind == ENGINE_NEED_DATA;
		engine_fail(
		    e, a.kind == ENGINE_NEED_DATA ? ENGINE_CAUSE_DATA : ENGINE_CAUSE_IO, NULL);
		return;
	}
	/* The frame is out whole, so the loader is left in order. */
	if (e->cancelling && !e->cmd.waiting)
		engine_cancelled(e);
	else if (e->q.n == 0)
		engine_acted(e);
}

/* ---- input -------------------------------------------------------------------------------------- */
/* The answer to the command under way. */
static void engine_answer(struct engine *e, const struct esp_reply *r)
{
	e->cmd.waiting = false;
	e->cmd.tries = 0;
	e->deadline = MONO_NEVER;
	e->junk = 0;
	e->banner = false;
	if (e->cancelling)
		engine_cancelled(e);
	else if (engine_op(e)->reply)
		engine_op(e)->reply(e, r);
}

static void engine_reply(struct engine *e, const struct esp_reply *r)
{
	if (e->state == ES_HUNT || e->state == ES_DRAIN || e->state == ES_HUSH) {
		hunt_reply(e, r);
		return;
	}
	if (!e->cmd.waiting)
		return;
	if (r->op != e->cmd.op) {
		/* A command that arrived as an unknown one is refused in the name of the one
		 * before it: its own answer won't come. */
		if (r->status != 0 && r->op != ESP_OP_SYNC && !e->q.out)
			e->deadline = mono_min(e->deadline, e->now + MONO_MS(50));
		return;
	}
	if (e->q.out || e->q.n > 0) {
		e->cmd.early = true;
		e->cmd.early_reply = *r;
		return;
	}
	engine_answer(e, r);
}

/* Bytes that are no part of a packet: text, noise, the banner of a restart. */
static void engine_stray(struct engine *e, const uint8_t *bytes, size_t n)
{
	engine_emit_text(e, bytes, n);
	e->junk += (uint32_t)n;
	for (size_t i = 0; i < n; i++)
		connect_byte(e, bytes[i]);
	if (e->junk >= ENGINE_JUNK_RESET && e->cmd.waiting && !e->q.out && e->q.n == 0 && e->alive)
		e->deadline = mono_min(e->deadline, e->now + ENGINE_JUNK_QUIET);
}

static void engine_packet(struct engine *e)
{
	struct esp_reply r;
	switch (esp_decode(e->slip.data, e->slip.len, &r)) {
	case ESP_PACKET_REPLY:
		engine_reply(e, &r);
		break;
	case ESP_PACKET_ECHO:
		e->find.echo = true;
		break;
	case ESP_PACKET_JUNK:
		engine_stray(e, e->slip.data, e->slip.len);
		break;
	}
}

static void engine_byte(struct engine *e, uint8_t byte)
{
	if (engine_op(e)->listens) {
		engine_emit_text(e, &byte, 1);
		connect_byte(e, byte);
		return;
	}
	switch (slip_byte(&e->slip, byte)) {
	case SLIP_MORE:
		break;
	case SLIP_STRAY:
		engine_stray(e, &byte, 1);
		break;
	case SLIP_SPILL:
		/* An echoed request is longer than any reply. Its rest goes the same way. */
		engine_stray(e, e->slip.data, e->slip.len);
		break;
	case SLIP_PACKET:
		engine_packet(e);
		break;
	}
}

void engine_rx(struct engine *e, const uint8_t *bytes, size_t n, mono_t now)
{
	e->now = now;
	if (e->ended)
		return;
	e->rx_bytes += n;
	/* What comes after a pause is heard for itself. */
	if (now - e->wait.last_rx > MONO_MS(200))
		heard_run(&e->heard);
	e->wait.last_rx = now;
	for (size_t i = 0; i < n && !e->ended; i++)
		engine_byte(e, bytes[i]);
	if (!e->ended)
		connect_heard(e);
}

/* ---- time --------------------------------------------------------------------------------------- */
mono_t engine_deadline(const struct engine *e)
{
	if (e->ended)
		return MONO_NEVER;
	mono_t d = mono_min(e->deadline, e->cancel_by);
	return e->q.out ? mono_min(d, e->q.stuck) : d;
}

void engine_tick(struct engine *e, mono_t now)
{
	e->now = now;
	if (e->ended)
		return;
	if (now >= e->cancel_by) {
		/* The chip may be busy erasing: whether it still answers is not known. */
		e->alive = e->alive && !e->cmd.waiting && !e->q.out;
		engine_end(e, ENGINE_EV_CANCELLED);
		return;
	}
	if (e->q.out && now >= e->q.stuck) {
		e->alive = false;
		engine_fail(e, ENGINE_CAUSE_IO, NULL);
		return;
	}
	if (now < e->deadline)
		return;
	e->deadline = MONO_NEVER;
	if (engine_op(e)->expire)
		engine_op(e)->expire(e);
	else
		hunt_resync(e);
}

/* ---- the user ------------------------------------------------------------------------------------ */
void engine_proceed(struct engine *e, mono_t now)
{
	e->now = now;
	if (e->ended || e->state != ES_PROCEED)
		return;
	e->proceeded = true;
	engine_go(e, ES_PARAMS);
}

void engine_cancel(struct engine *e, mono_t now)
{
	e->now = now;
	if (e->ended || e->cancelling || e->finished)
		return;
	e->cancelling = true;
	bool connecting = e->stage == ENGINE_ST_CONNECT;
	if (!e->q.out && (connecting || !e->cmd.waiting))
		engine_cancelled(e);
	e->cancel_by = now + ENGINE_CANCEL_WAIT;
}

void engine_port_lost(struct engine *e, mono_t now)
{
	e->now = now;
	e->alive = false;
	engine_fail(e, ENGINE_CAUSE_IO, NULL);
}

void engine_data(struct engine *e, const uint8_t *bytes, size_t n)
{
	if (e->ended || !e->q.out || e->q.a[0].kind != ENGINE_NEED_DATA)
		return;
	e->w.have_data = n == e->w.fetched && n <= sizeof e->data;
	if (e->w.have_data)
		memcpy(e->data, bytes, n);
}

/* ---- questions ------------------------------------------------------------------------------------ */
const struct engine_chip *engine_chip_info(const struct engine *e)
{
	return &e->chip;
}

const struct engine_failure *engine_failure(const struct engine *e)
{
	return &e->fail;
}

bool engine_in_loader(const struct engine *e)
{
	return e->in_loader;
}

const char *engine_reset_name(const struct engine *e)
{
	return e->reset.worked ? e->reset.worked->name : NULL;
}

uint32_t engine_baud(const struct engine *e)
{
	return e->baud;
}

bool engine_readback(const struct engine *e)
{
	return e->rb.proven && !e->rb.off;
}

void engine_wire(const struct engine *e, uint64_t *tx, uint64_t *rx)
{
	*tx = e->tx_bytes;
	*rx = e->rx_bytes;
}

const char *engine_stage_name(enum engine_stage s)
{
	static const char *const names[ENGINE_STAGES] = {
	    "connect", "identify", "erase", "write", "check"};
	return (unsigned)s < ENGINE_STAGES ? names[s] : "unknown";
}

const char *engine_command_name(uint8_t opcode)
{
	return esp_op_name(opcode);
}

const char *engine_state_name(const struct engine *e)
{
	return engine_op(e)->name;
}

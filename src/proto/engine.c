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

/* How long to wait for an answer after the last byte has left, and how often a command is sent in
 * vain before the engine gives up. Between two tries the link is found again by SYNC, with waits
 * that grow to seconds, so a first wait may be short. */
static const struct engine_patience {
	uint8_t op;
	unsigned tries;
	int64_t us;
} engine_patience[] = {
    {ESP_OP_SYNC, 1, MONO_MS(100)},
    {ESP_OP_READ_REG, 5, MONO_MS(300)},
    {ESP_OP_WRITE_REG, 5, MONO_MS(300)},
    {ESP_OP_SPI_SET_PARAMS, 5, MONO_MS(500)},
    {ESP_OP_MEM_BEGIN, 1, MONO_MS(300)},
    {ESP_OP_MEM_DATA, 1, MONO_MS(300)},
    {ESP_OP_MEM_END, 1, MONO_MS(200)},
    {ESP_OP_FLASH_BEGIN, 4, MONO_S(1)},	  /* plus the erase */
    {ESP_OP_FLASH_DATA, 6, MONO_MS(500)}, /* 24 pages, at most 5 ms each, and the link's delay */
    {ESP_OP_SPI_ATTACH, 4, MONO_S(1)},
    {ESP_OP_READ_SLOW, 6, MONO_MS(300)},
    {ESP_OP_CHANGE_BAUD, 1, MONO_MS(300)},
    {ESP_OP_DEFL_BEGIN, 4, MONO_S(1)},	 /* plus the erase */
    {ESP_OP_DEFL_DATA, 6, MONO_MS(500)}, /* plus what it unpacks to */
    {ESP_OP_FLASH_MD5, 5, MONO_MS(500)}, /* plus the reading */
    {ESP_OP_SECURITY_INFO, 3, MONO_MS(300)},
};

static const struct engine_patience *patience_of(uint8_t op)
{
	for (size_t i = 0; i < sizeof engine_patience / sizeof engine_patience[0]; i++)
		if (engine_patience[i].op == op)
			return &engine_patience[i];
	assert(false && "a command without patience");
	return &engine_patience[0];
}

const struct engine_ops *engine_op(const struct engine *e)
{
	return engine_ops_of(e->state);
}

struct engine *engine_new(const struct engine_job *job, mono_t now)
{
	if (!engine_job_ok(job))
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
	e->deflater = deflater_new();
	delta_init(e);
	engine_slip(e);
	heard_init(&e->heard);
	engine_reset_init(e);
	engine_stage_begin(e, ENGINE_ST_CONNECT);
	engine_go(e, ES_START);
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	deflater_free(e->deflater);
	free(e->d.old);
	differ_free(e->d.differ);
	free(e);
}

void engine_slip(struct engine *e)
{
	slip_init(&e->slip);
	if (e->st.on)
		e->slip.limit = SLIP_ROOM;
}

static void engine_answer(struct engine *e, const struct esp_reply *r);

/* ---- states ------------------------------------------------------------------------------------ */
static void engine_set_state(struct engine *e, enum engine_state s)
{
	if (e->state != s)
		log_trace("engine", "%s -> %s", engine_op(e)->name, engine_ops_of(s)->name);
	e->state = s;
	e->deadline = MONO_NEVER;
	e->cmd.waiting = false;
	e->st.early_n = 0;
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
	else if (engine_ops_of(s)->recovered)
		engine_ops_of(s)->recovered(e);
	else
		engine_go(e, s);
}

void engine_go(struct engine *e, enum engine_state s)
{
	if (e->ended)
		return;
	engine_set_state(e, s);
	if (engine_ops_of(s)->enter)
		engine_ops_of(s)->enter(e);
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
	if (e->c32 && end32_begin(e))
		return;
	if (e->reset.usable)
		engine_reset_start_app(e);
	else if (!stub_goes_home(e))
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

void engine_write_bytes(struct engine *e, const uint8_t *bytes, size_t n)
{
	engine_queue(e, &(struct engine_action){.kind = ENGINE_WRITE, .bytes = bytes, .n = n});
}

void engine_take_data(
    struct engine *e, size_t part, uint32_t offset, const uint8_t *bytes, size_t n)
{
	engine_queue(e, &(struct engine_action){.kind = ENGINE_TAKE_DATA,
			    .part = part,
			    .offset = offset,
			    .length = (uint32_t)n,
			    .bytes = bytes,
			    .n = n});
}

void engine_command(struct engine *e, uint8_t op, size_t n, int64_t extra_us)
{
	if (e->cmd.op != op) {
		e->cmd.tries = 0;
		e->cmd.refused = 0;
	}
	e->cmd.op = op;
	e->cmd.waiting = true;
	e->cmd.left = 1;
	e->cmd.others = 0;
	e->cmd.early = false;
	e->cmd.patience = patience_of(op)->us + extra_us + e->lag;
	engine_send(e, n);
}

void engine_commands(struct engine *e, uint8_t op, size_t n, unsigned answers)
{
	engine_command(e, op, n, 0);
	e->cmd.left = answers;
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

void engine_need_old(struct engine *e, uint32_t offset, const uint8_t *digest)
{
	e->w.have_data = false;
	e->w.fetched = CHIP_SECTOR;
	engine_queue(e, &(struct engine_action){.kind = ENGINE_NEED_OLD,
			    .bytes = digest,
			    .n = PLAN_DIGEST,
			    .offset = offset,
			    .length = CHIP_SECTOR});
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

void engine_cancelled(struct engine *e)
{
	/* A chip must not be left in reset. */
	if (e->reset.asserted && !e->q.out)
		engine_go(e, ES_RESET_CLEAR);
	else if (e->st.on && e->state == ES_READ)
		engine_go(e, ES_READ_STOP); /* or it would send what is under way yet */
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
	if (e->slip.inside && !e->st.on)
		engine_emit_text(e, e->slip.data, e->slip.len);
	engine_slip(e);
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
	else if (e->cmd.waiting && e->st.early_n > 0)
		stub_acted(e);
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
		bool data = a.kind == ENGINE_NEED_DATA || a.kind == ENGINE_TAKE_DATA;
		e->alive = e->alive && data;
		engine_fail(e, data ? ENGINE_CAUSE_DATA : ENGINE_CAUSE_IO, NULL);
		return;
	}
	/* The frame is out whole, so the loader is left in order. */
	if (e->cancelling && !e->cmd.waiting && !engine_op(e)->midway)
		engine_cancelled(e);
	else if (e->q.n == 0)
		engine_acted(e);
}

/* ---- input -------------------------------------------------------------------------------------- */
/* The answer to the command under way. */
static void engine_answer(struct engine *e, const struct esp_reply *r)
{
	if (e->cmd.left > 1 && !e->cancelling && engine_op(e)->part) {
		e->cmd.left--;
		e->deadline = e->now + e->cmd.patience;
		engine_op(e)->part(e, r);
		return;
	}
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
		e->cmd.others += r->status == 0;
		/* A command that arrived as an unknown one is refused in the name of the one
		 * before it: its own answer won't come. */
		if (r->status != 0 && (r->op != ESP_OP_SYNC || e->d32.family)) {
			e->d32.unnamed = true;
			if (!e->q.out)
				e->deadline = mono_min(e->deadline, e->now + MONO_MS(50));
		}
		return;
	}
	bool last = e->cmd.left <= 1 || !engine_op(e)->part;
	if (last && (e->q.out || e->q.n > 0)) {
		e->cmd.early = true;
		e->cmd.early_reply = *r;
		return;
	}
	engine_answer(e, r);
}

/* Bytes that are no part of a packet: text, noise, the banner of a restart. */
void engine_stray(struct engine *e, const uint8_t *bytes, size_t n)
{
	/* The start that is listened for is told of in a word; its text would be cut off. */
	if (!e->finished || !e->job.see_start)
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
	if (e->st.on && stub_packet(e))
		return;
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
		e->alive = e->alive && !engine_op(e)->midway &&
			   (e->st.on || (!e->cmd.waiting && !e->q.out));
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
	else if (engine_op(e)->answer && e->st.on)
		stub_expire(e);
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
	bool idle = !e->cmd.waiting && !engine_op(e)->midway;
	if (!e->q.out && (connecting || idle || e->state == ES_READ))
		engine_cancelled(e);
	e->cancel_by = now + ENGINE_CANCEL_WAIT;
}

void engine_port_lost(struct engine *e, mono_t now)
{
	e->now = now;
	e->alive = false;
	/* A chip's own USB goes with the reset that starts the application. */
	if (e->finished && e->job.usb_jtag)
		e->in_loader = false;
	engine_fail(e, ENGINE_CAUSE_IO, NULL);
}

void engine_data(struct engine *e, const uint8_t *bytes, size_t n)
{
	if (e->ended || !e->q.out ||
	    (e->q.a[0].kind != ENGINE_NEED_DATA && e->q.a[0].kind != ENGINE_NEED_OLD))
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

bool engine_by_watchdog(const struct engine *e)
{
	return e->d32.restarted;
}

const char *engine_reset_name(const struct engine *e)
{
	return e->reset.worked ? e->reset.worked->name : NULL;
}

uint32_t engine_baud(const struct engine *e)
{
	return e->baud;
}

bool engine_has_stub(const struct engine *e)
{
	return e->st.on;
}

bool engine_by_md5(const struct engine *e)
{
	return e->st.on || (e->c32 && !e->chip.secure_download);
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
	    "connect", "identify", "stub", "read", "compare", "erase", "write", "check", "verify"};
	return (unsigned)s < ENGINE_STAGES ? names[s] : "unknown";
}

const char *engine_command_name(uint8_t opcode)
{
	return opcode >= STUB_HELLO ? stub_op_name(opcode) : esp_op_name(opcode);
}

const char *engine_state_name(const struct engine *e)
{
	return engine_op(e)->name;
}

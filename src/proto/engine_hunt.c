/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's SYNC: tried at one rate after another until the loader answers. The first
 * word of the payload comes back as the reply's value (seen on the ESP8266 ROM), so replies to
 * earlier SYNCs are told from those to the last one.
 */
#include "engine_int.h"

#include <assert.h>

#define HUNT_NONCE_LOW	0x00120707u
#define HUNT_NONCE_MASK 0x00FFFFFFu
#define HUNT_SERIALS	64u
/* Silence after which the rest of the eight replies won't come. */
#define HUNT_QUIET MONO_MS(50)

/* The usual payload, and what ROMs answer that don't give the payload's first word back. */
#define HUNT_PLAIN 0x20120707u

static uint32_t hunt_nonce(uint8_t serial)
{
	/* Never zero (a stub's value), no byte that SLIP would escape. */
	return HUNT_NONCE_LOW | (0x20u + serial % HUNT_SERIALS) << 24;
}

void hunt_begin(struct engine *e, enum engine_hunt why, unsigned each, int64_t wait)
{
	struct engine_find *f = &e->find;
	f->why = why;
	f->rates = 0;
	f->at = 0;
	f->each = each;
	f->tried = 0;
	f->wait = wait;
	f->grow = false;
	f->got = 0;
	f->stub = false;
	f->echo = false;
	f->late = false;
	f->first = (uint8_t)(f->serial + 1);
}

void hunt_add(struct engine *e, uint32_t rate)
{
	struct engine_find *f = &e->find;
	for (size_t i = 0; i < f->rates; i++)
		if (f->rate[i] == rate)
			return;
	if (rate != 0 && f->rates < ENGINE_RATES)
		f->rate[f->rates++] = rate;
}

void hunt_go(struct engine *e)
{
	engine_go(e, ES_HUNT_RATE);
}

void hunt_resync(struct engine *e)
{
	enum engine_state back = e->state;
	uint8_t op = e->cmd.op;
	e->cmd.tries++;
	engine_emit_retry(e, ENGINE_RETRY_TIMEOUT, op);
	hunt_begin(e, HUNT_RESYNC, 5, MONO_MS(150));
	e->find.grow = true;
	e->find.back = back;
	/* A chip that erases answers SYNC when it is done. Five SYNCs fit into the ROM's receive
	 * ring of 256 bytes, so none of them is lost meanwhile. */
	if ((op == ESP_OP_FLASH_BEGIN || op == ESP_OP_DEFL_BEGIN) && back != ES_ID_ATTACH) {
		e->find.each = 3;
		e->find.wait = e->cmd.patience / 2;
	}
	e->find.from = e->asked;
	/* After a restart the first bytes fix the loader's rate: they must not be at a raised one.
	 * And a loader that is there answers soon. */
	if (engine_restart_likely(e)) {
		e->find.each = 4;
		e->find.wait = MONO_MS(250);
		e->find.grow = false;
		hunt_add(e, e->type->sync_baud);
	}
	hunt_add(e, e->asked);
	hunt_go(e);
}

void hunt_rate(struct engine *e)
{
	struct engine_find *f = &e->find;
	assert(f->at < f->rates);
	f->tried = 0;
	if (f->rate[f->at] == e->asked)
		engine_go(e, ES_HUNT);
	else
		engine_set_baud(e, f->rate[f->at]);
}

void hunt_failed(struct engine *e)
{
	e->alive = false;
	switch (e->find.why) {
	case HUNT_CONNECT:
	case HUNT_BANNER:
	case HUNT_HELD:
		connect_missed(e);
		break;
	case HUNT_RESET:
		engine_reset_missed(e);
		break;
	case HUNT_BAUD:
		baud_missed(e);
		break;
	case HUNT_STUB:
		stub_lost_missed(e);
		break;
	case HUNT_NO_STUB:
	case HUNT_QUICK:
		stub_missed(e);
		break;
	case HUNT_RESYNC:
		/* A chip that restarted into its loader forgot the raised rate. */
		if (e->find.from != e->type->sync_baud) {
			enum engine_state back = e->find.back;
			uint32_t from = e->find.from;
			hunt_begin(e, HUNT_LOST, 3, MONO_MS(100));
			e->find.back = back;
			e->find.from = from;
			hunt_add(e, e->type->sync_baud);
			hunt_go(e);
			break;
		}
		/* fall through */
	case HUNT_LOST:
		if (e->find.back == ES_ID_ATTACH && !e->junk)
			/* The ROM waits for ever for a flash that does not say it is ready. */
			engine_fail(e, ENGINE_CAUSE_NO_FLASH, NULL);
		else
			engine_fail(e,
			    engine_restart_likely(e) ? ENGINE_CAUSE_RESET : ENGINE_CAUSE_NO_ANSWER,
			    NULL);
		break;
	}
}

static void hunt_next_rate(struct engine *e)
{
	if (++e->find.at < e->find.rates)
		engine_go(e, ES_HUNT_RATE);
	else
		hunt_failed(e);
}

void hunt_rate_acted(struct engine *e)
{
	if (e->q.baud_ok)
		engine_go(e, ES_HUNT);
	else
		hunt_next_rate(e);
}

/* Some loaders may want the payload that everybody sends: while one is looked for, the third SYNC
 * has it. */
static uint32_t hunt_payload(const struct engine *e)
{
	const struct engine_find *f = &e->find;
	bool looking = f->why == HUNT_CONNECT || f->why == HUNT_BANNER || f->why == HUNT_RESET ||
		       f->why == HUNT_HELD;
	return f->plain || (looking && f->tried == 3) ? HUNT_PLAIN : hunt_nonce(f->serial);
}

void hunt_sync(struct engine *e)
{
	struct engine_find *f = &e->find;
	uint8_t op = e->cmd.op;
	unsigned tries = e->cmd.tries, refused = e->cmd.refused;
	f->tried++;
	f->serial++;
	f->got = 0;
	f->sent[f->serial % 8] = e->now;
	size_t n = esp_enc_sync(e->tx, sizeof e->tx, hunt_payload(e));
	engine_command(e, ESP_OP_SYNC, n, 0);
	/* The lost command stays the one that is spoken of. */
	if (f->why == HUNT_RESYNC || f->why == HUNT_LOST || f->why == HUNT_STUB) {
		e->cmd.op = op;
		e->cmd.tries = tries;
		e->cmd.refused = refused;
	}
	e->cmd.patience = f->wait + e->lag;
	if (f->grow && f->wait < MONO_S(2))
		f->wait *= 2;
}

/* Somebody's stub answered: while a loader is looked for, it may be ours. */
static bool hunt_stub(struct engine *e)
{
	enum engine_hunt why = e->find.why;
	bool looking = why == HUNT_CONNECT || why == HUNT_BANNER || why == HUNT_RESET ||
		       why == HUNT_HELD || why == HUNT_QUICK;
	if (!e->find.stub || !looking || e->st.strange >= STUB_STRANGE || e->q.out || e->q.n > 0)
		return false;
	engine_go(e, ES_STUB_FOUND);
	return true;
}

void hunt_expire(struct engine *e)
{
	if (hunt_stub(e))
		return;
	if (e->find.tried < e->find.each)
		engine_go(e, ES_HUNT);
	else
		hunt_next_rate(e);
}

/* Is it an answer to a SYNC of this hunt? */
static bool hunt_ours(const struct engine *e, uint32_t value)
{
	uint32_t sent = (uint8_t)(e->find.serial - e->find.first) + 1u;
	uint32_t serial = (value >> 24) - 0x20u;
	if ((value & HUNT_NONCE_MASK) != HUNT_NONCE_LOW || serial >= HUNT_SERIALS)
		return false;
	return (serial - e->find.first % HUNT_SERIALS + HUNT_SERIALS) % HUNT_SERIALS < sent;
}

static void hunt_sync_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine_find *f = &e->find;
	if (r->value == 0 && r->status == 0) {
		f->stub = true;
		if (e->state == ES_HUNT)
			(void)hunt_stub(e);
		return;
	}
	bool plain = r->value == HUNT_PLAIN && !e->chip.known;
	if (!hunt_ours(e, r->value) && !plain && !f->plain)
		return;
	if (e->state != ES_DRAIN) {
		e->d32.family = r->n == ESP_STATUS_FAMILY;
		f->plain = f->plain || (plain && e->d32.family);
		/* The answer says which SYNC it is for. A busy chip is late for all of them: only
		 * what follows a short command tells of the link. */
		if (e->cmd.op != ESP_OP_FLASH_BEGIN && e->cmd.op != ESP_OP_DEFL_BEGIN && !f->plain)
			engine_learn_lag(e, e->now - f->sent[(r->value >> 24) % 8]);
		engine_go(e, ES_DRAIN);
	}
	if (r->value == hunt_nonce(f->serial) || r->value == HUNT_PLAIN)
		f->got++;
	/* The answer may come before the driver has reported the write as done. */
	if (f->got >= 8 && !e->q.out && e->q.n == 0)
		hunt_drain_expire(e);
	else
		e->deadline = e->now + HUNT_QUIET;
}

void hunt_reply(struct engine *e, const struct esp_reply *r)
{
	struct engine_find *f = &e->find;
	if (r->op == ESP_OP_SYNC) {
		hunt_sync_reply(e, r);
		return;
	}
	/* In order, and one command was out: this is its answer, late. */
	if (f->why == HUNT_RESYNC && e->state == ES_HUNT && r->op == e->cmd.op && !f->late &&
	    !engine_ops_of(f->back)->part) {
		f->late = true;
		f->late_reply = *r;
	}
}

static void hunt_resynced(struct engine *e)
{
	struct engine_find *f = &e->find;
	/* A raised rate is forgotten by a reset, and by nothing else. */
	bool restarted = e->asked != f->from;
	if (f->from == e->type->sync_baud)
		restarted = engine_restart_likely(e);
	struct esp_reply late = f->late_reply;
	e->junk = 0;
	e->banner = false;
	if (restarted && !e->proceeded && ++e->id_restarts < 4) {
		e->d32.family ? id32_begin(e) : identify_begin(e);
	} else if (restarted) {
		engine_fail(e, ENGINE_CAUSE_RESET, NULL);
	} else {
		engine_emit_retry(e, ENGINE_RETRY_RESYNC, e->baud);
		engine_resume(e, f->back, f->late ? &late : NULL);
	}
}

void hunt_drain_expire(struct engine *e)
{
	if (e->q.out || e->q.n > 0) {
		e->deadline = e->now + HUNT_QUIET;
		return;
	}
	e->alive = true;
	switch (e->find.why) {
	case HUNT_CONNECT:
	case HUNT_BANNER:
	case HUNT_RESET:
	case HUNT_HELD:
		connect_found(e);
		break;
	case HUNT_BAUD:
		baud_found(e);
		break;
	case HUNT_STUB:
		stub_lost_found(e);
		break;
	case HUNT_NO_STUB:
		stub_give_up(e);
		break;
	case HUNT_QUICK:
		quick_found(e);
		break;
	case HUNT_RESYNC:
	case HUNT_LOST:
		hunt_resynced(e);
		break;
	}
}

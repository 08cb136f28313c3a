/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's stream: the data of the plan's runs, deflated as they go, in numbered frames,
 * as many under way as the stub's window allows. Frames are kept until they are acknowledged, and
 * after a fault everything goes out again from the number that the stub expects. Pieces are
 * proven by their digests while the stream still runs.
 */
#include "engine_int.h"

#include <assert.h>
#include <string.h>

#include "tasmite/base/log.h"

#define STREAM_FRAME_MIN  256u
#define STREAM_FRAME_MAX  2048u
#define STREAM_FRAME_OVER 14u /* delimiters, op, serial, number, CRC */
/* Waiting for a sign of life after everything has left; then STATUS, more and more patiently. */
#define STREAM_QUIET	MONO_MS(500)
#define STREAM_ASK	MONO_MS(300)
#define STREAM_ASK_MAX	MONO_S(4)
#define STREAM_MUTE	8u
#define STREAM_BUSY	MONO_S(2)
#define STREAM_END	MONO_S(1)
#define STREAM_NAK_ECHO MONO_MS(25) /* NAKs for what left before the number was sent again */
#define STREAM_STUCK	16u	    /* times that one number is gone back to */
#define STREAM_SLOWER	4u
#define STREAM_GOOD	16u
#define STREAM_AHEAD	4u
#define STREAM_RESTARTS 3u

static struct stream_slot *slot_of(struct engine *e, uint32_t number)
{
	return &e->s.slot[number % STREAM_SLOTS];
}

/* Small enough that several fit into the window, large enough that their frame costs nothing. */
static uint32_t stream_frame(const struct engine *e)
{
	uint32_t n = e->st.window / 8;
	if (n < STREAM_FRAME_MIN)
		n = STREAM_FRAME_MIN;
	return n < STREAM_FRAME_MAX ? n : STREAM_FRAME_MAX;
}

void stream_begin(struct engine *e)
{
	struct engine_stream *s = &e->s;
	s->base = s->sent = s->next = 0;
	s->out = 0;
	s->ended = e->plan.to_write == 0; /* erasing takes no data */
	s->run = 0;
	s->run_pos = 0;
	s->in_at = s->in_n = 0;
	s->raw_n = 0;
	s->frame = s->frame && s->frame < stream_frame(e) ? s->frame : stream_frame(e);
	s->free = e->now;
	s->progress = e->now;
	s->asking = false;
	s->proofs = 0;
	s->mute = s->stuck = 0;
	s->stored = s->address = 0;
	s->failed = STUB_OK;
	s->total = e->plan.to_write + e->plan.to_erase;
	deflater_reset(e->deflater);
	delta_stream_begin(e);
	engine_emit_progress(e, 0, s->total);
	engine_go(e, ES_STREAM);
}

/* ---- the source ------------------------------------------------------------------------------------- */
static bool stream_next_run(struct engine *e)
{
	struct engine_stream *s = &e->s;
	const struct engine_plan *p = &e->plan;
	while (s->run < p->runs &&
	       (p->run[s->run].erase || s->run_pos == p->run[s->run].sectors * CHIP_SECTOR)) {
		s->run++;
		s->run_pos = 0;
	}
	return s->run < p->runs;
}

/* A sector of the source, asked for from the driver. */
static void stream_need(struct engine *e)
{
	struct engine_stream *s = &e->s;
	uint32_t address = e->plan.run[s->run].first * CHIP_SECTOR + s->run_pos;
	size_t i = plan_part_at(e, address);
	assert(i < ENGINE_MAX_PARTS);
	uint32_t at = address - e->job.parts[i].offset, left = e->job.parts[i].length - at;
	e->w.fetched = left < CHIP_SECTOR ? left : CHIP_SECTOR;
	s->out_kind = STREAM_OUT_NEED;
	engine_need_data(e, i, at, e->w.fetched);
}

static bool stream_needed(struct engine *e)
{
	struct engine_stream *s = &e->s;
	if (!e->w.have_data) {
		engine_fail(e, ENGINE_CAUSE_DATA, NULL);
		return false;
	}
	memset(e->data + e->w.fetched, 0xFF, CHIP_SECTOR - e->w.fetched);
	s->in = e->data;
	s->in_at = 0;
	s->in_n = CHIP_SECTOR;
	if (e->d.on) {
		s->in = e->d.packed;
		s->in_n = delta_sector(e, e->plan.run[s->run].first + s->run_pos / CHIP_SECTOR);
		assert(s->in_n > 0);
	}
	s->run_pos += CHIP_SECTOR;
	return true;
}

static void stream_move(struct engine *e, bool last)
{
	struct engine_stream *s = &e->s;
	size_t n = s->in_n - s->in_at, room = s->frame - s->raw_n;
	bool end = false;
	if (s->plain || e->d.on) {
		n = n < room ? n : room;
		memcpy(s->raw + s->raw_n, s->in + s->in_at, n);
		s->raw_n += (uint32_t)n;
		end = last && s->in_at + n == s->in_n;
	} else {
		s->raw_n += (uint32_t)deflater_run(
		    e->deflater, s->in + s->in_at, &n, last, s->raw + s->raw_n, room, &end);
	}
	s->in_at += n;
	s->ended = end;
}

static void stream_encode(struct engine *e)
{
	struct engine_stream *s = &e->s;
	struct stream_slot *f = slot_of(e, s->next);
	f->n = (uint32_t)stub_enc(
	    f->bytes, sizeof f->bytes, STUB_DATA, (uint8_t)s->next, &s->next, 1, s->raw, s->raw_n);
	assert(f->n > 0);
	s->next++;
	s->raw_n = 0;
}

/* Builds one more frame. False: nothing was built; the data were asked for, or all is built. */
static bool stream_build(struct engine *e)
{
	struct engine_stream *s = &e->s;
	while (!s->ended && s->raw_n < s->frame) {
		bool last = false;
		if (s->in_at == s->in_n) {
			last = !stream_next_run(e);
			if (!last) {
				stream_need(e);
				return false;
			}
			if (e->d.on) {
				s->in_n = delta_sum(e);
				s->in_at = 0;
			}
		}
		stream_move(e, last);
	}
	if (s->raw_n == 0)
		return false;
	stream_encode(e);
	return true;
}

/* ---- sending ----------------------------------------------------------------------------------------- */
static bool stream_fits(const struct engine *e, uint32_t n)
{
	return e->s.out == 0 || e->s.out + n <= e->st.window;
}

static void stream_queue(struct engine *e, const uint8_t *bytes, size_t n)
{
	struct engine_stream *s = &e->s;
	mono_t from = s->free > e->now ? s->free : e->now;
	s->free = from + engine_wire_us(e, n);
	engine_write_bytes(e, bytes, n);
}

static void stream_send(struct engine *e)
{
	struct engine_stream *s = &e->s;
	struct stream_slot *f = slot_of(e, s->sent);
	s->out += f->n;
	s->sent++;
	s->out_kind = STREAM_OUT_DATA;
	stream_queue(e, f->bytes, f->n);
	f->left = s->free;
}

static void stream_ask(struct engine *e)
{
	struct engine_stream *s = &e->s;
	s->asking = true;
	s->ask_serial = ++e->st.serial;
	s->out_kind = STREAM_OUT_ASK;
	size_t n = stub_enc(e->tx, sizeof e->tx, STUB_STATUS, s->ask_serial, NULL, 0, NULL, 0);
	stream_queue(e, e->tx, n);
}

/* The longest row of pieces that are not proven: the stub proves them as it writes. What it does not
 * is asked for in the end. */
static uint32_t stream_to_prove(const struct engine *e, uint32_t *first, uint32_t *length)
{
	const struct engine_plan *p = &e->plan;
	uint32_t most = 0;
	for (uint32_t i = 0, n; i<p->pieces; i += n> 0 ? n : 1) {
		uint32_t sum = 0, start = verify_piece(e, i).offset;
		for (n = 0; i + n < p->pieces && p->proof[i + n] == PROOF_WANTED; n++) {
			struct engine_part part = verify_piece(e, i + n);
			if (part.offset != start + sum || sum % PLAN_PIECE != 0)
				break;
			sum += part.length;
		}
		if (n <= most)
			continue;
		most = n;
		*first = i;
		*length = sum;
	}
	return most;
}

static void stream_prove(struct engine *e)
{
	struct engine_stream *s = &e->s;
	uint32_t first = 0, length = 0;
	s->proofs = e->job.no_verify ? 0 : stream_to_prove(e, &first, &length);
	if (s->proofs == 0)
		return;
	const uint32_t words[] = {verify_piece(e, first).offset, length, PLAN_PIECE};
	s->prove_piece = first;
	s->prove_serial = ++e->st.serial;
	size_t n = stub_enc(e->tx, sizeof e->tx, STUB_PROVE, s->prove_serial, words, 3, NULL, 0);
	s->out_kind = STREAM_OUT_ASK;
	stream_queue(e, e->tx, n);
}

static void stream_arm(struct engine *e)
{
	struct engine_stream *s = &e->s;
	mono_t from = s->free > s->progress ? s->free : s->progress;
	if (s->asking)
		e->deadline = from + s->patience + e->lag;
	else
		e->deadline = from + STREAM_QUIET + e->lag;
}

/* One action at a time, so that what comes in between is seen. */
static void stream_pump(struct engine *e)
{
	struct engine_stream *s = &e->s;
	if (e->q.out || e->q.n > 0)
		return;
	stream_arm(e);
	if (s->asking)
		return; /* what the answer says goes first */
	if (s->ended && s->base == s->next) {
		engine_go(e, ES_FINISH);
		return;
	}
	if (s->sent < s->next && stream_fits(e, slot_of(e, s->sent)->n)) {
		stream_send(e);
	} else {
		/* Some frames ahead, so that none has to be built when the window opens. */
		while (s->next - s->sent < STREAM_AHEAD && s->next - s->base < STREAM_SLOTS &&
		       stream_build(e))
			;
		if (e->q.n == 0 && s->sent < s->next && stream_fits(e, slot_of(e, s->sent)->n))
			stream_send(e);
	}
	stream_arm(e);
}

void stream_enter(struct engine *e)
{
	struct engine_stream *s = &e->s;
	if (s->sent > 0 && !s->asking) {
		/* Back from a change of rate: where does it stand? */
		s->patience = STREAM_ASK;
		s->free = e->now;
		s->progress = e->now;
		stream_ask(e);
		return;
	}
	if (s->sent == 0)
		stream_prove(e);
	if (e->q.n == 0)
		stream_pump(e);
}

void stream_acted(struct engine *e)
{
	struct engine_stream *s = &e->s;
	if (s->out_kind == STREAM_OUT_NEED && !stream_needed(e))
		return;
	s->out_kind = STREAM_OUT_NONE;
	stream_on(e);
}

/* ---- what the stub says -------------------------------------------------------------------------------- */
static void stream_free_to(struct engine *e, uint32_t expected)
{
	struct engine_stream *s = &e->s;
	while (s->base < expected) {
		if (s->base < s->sent)
			s->out -= slot_of(e, s->base)->n;
		s->base++;
		if (++s->good >= STREAM_GOOD) {
			s->good = 0;
			s->trouble -= s->trouble > 0;
		}
		s->stuck = 0;
	}
	if (s->sent < s->base)
		s->sent = s->base;
}

/* Everything from the number expected once more. False: the state was left. */
static bool stream_back(struct engine *e)
{
	struct engine_stream *s = &e->s;
	if (s->sent == s->base)
		return true;
	engine_emit_retry(e, ENGINE_RETRY_SEQUENCE, s->address);
	s->sent = s->base;
	s->out = 0;
	s->good = 0;
	s->trouble++;
	if (++s->stuck > STREAM_STUCK) {
		engine_fail(e, ENGINE_CAUSE_CHECKSUM, NULL);
		return false;
	}
	if (s->trouble < STREAM_SLOWER)
		return true;
	s->trouble = 0;
	if (s->frame > STREAM_FRAME_MIN)
		s->frame /= 2; /* of frames that are still to be built */
	s->slower = true;
	return true;
}

/* Before the address at which the stub stands all is written; but runs that are only erased may not
 * be yet when it has come to the beginning of the one behind them. */
static uint32_t stream_sure(const struct engine *e)
{
	const struct engine_plan *p = &e->plan;
	size_t i = 0;
	while (i < p->runs && p->run[i].first * CHIP_SECTOR != e->s.address)
		i++;
	if (i == p->runs)
		return e->s.address;
	while (i > 0 && p->run[i - 1].erase)
		i--;
	return p->run[i].first * CHIP_SECTOR;
}

/* What ACK, STATUS and END say. False: the stream has failed. */
static bool stream_state(struct engine *e, const struct stub_msg *m)
{
	struct engine_stream *s = &e->s;
	uint32_t expected = stub_word(m, 0), stored = stub_word(m, 2), at = stub_word(m, 4);
	if (m->n < 24)
		return true;
	if (m->status != STUB_OK) {
		s->failed = m->status;
		s->failed_at = at;
		return false;
	}
	if (expected > s->base && expected <= s->next)
		stream_free_to(e, expected);
	if (stored > s->stored && stored <= s->total) {
		s->stored = stored;
		engine_emit_progress(e, stored, s->total);
	}
	if (at > s->address) {
		const struct plan_run *last = &e->plan.run[e->plan.runs - 1];
		uint32_t end = (last->first + last->sectors) * CHIP_SECTOR;
		s->address = at < end ? at : end;
		e->fail.offset = s->address;
		if (stream_sure(e) > e->fail.written_to)
			e->fail.written_to = stream_sure(e);
	}
	return true;
}

/* The flash does not keep it, or the stream came to harm. */
static void stream_broken(struct engine *e)
{
	struct engine_stream *s = &e->s;
	struct engine_plan *p = &e->plan;
	bool flash =
	    s->failed == STUB_E_WRITE || s->failed == STUB_E_ERASE || s->failed == STUB_E_TIMEOUT;
	uint32_t sector = s->failed_at & ~(CHIP_SECTOR - 1);
	log_trace("engine", "the stream has failed at %06x: %s", (unsigned)s->failed_at,
	    stub_status_text(s->failed));
	engine_emit_retry(e, flash ? ENGINE_RETRY_READBACK : ENGINE_RETRY_SEQUENCE, s->failed_at);
	e->fail.offset = sector;
	e->st.why = flash ? ENGINE_CAUSE_WORN : ENGINE_CAUSE_CHECKSUM;
	p->restarts++;
	if (s->failed == STUB_E_NO_FLASH) {
		stub_step_down(e); /* the ROM has talked to it */
	} else if (s->failed == STUB_E_PROTECTED) {
		e->st.why = ENGINE_CAUSE_PROTECTED;
		engine_go(e, ES_STUB_STATUS);
	} else if (p->restarts > STREAM_RESTARTS ||
		   (flash && p->restarts > 1 && p->worn == sector)) {
		engine_go(e, ES_STUB_STATUS);
	} else {
		p->worn = sector;
		plan_compare_all(e);
	}
}

/* A digest of PROVE's. One that is not right is looked at again in the end. */
static void stream_proof(struct engine *e, const struct stub_msg *m)
{
	struct engine_stream *s = &e->s;
	uint32_t i = stub_word(m, 0);
	if (m->serial != s->prove_serial || m->status != STUB_OK || m->n != 4 + DIGEST_MD5_SIZE ||
	    i >= s->proofs)
		return;
	bool good = memcmp(m->data + 4, e->plan.piece[s->prove_piece + i], DIGEST_MD5_SIZE) == 0;
	e->plan.proof[s->prove_piece + i] = good ? PROOF_GOOD : PROOF_LATER;
}

static void stream_nak(struct engine *e, const struct stub_msg *m)
{
	struct engine_stream *s = &e->s;
	uint32_t expected = stub_word(m, 0);
	if (expected < s->base || expected >= s->sent || s->asking)
		return;
	stream_free_to(e, expected);
	/* It was sent again already, and these are the echoes of what left before. */
	if (s->stuck > 0 && e->now < slot_of(e, expected)->left + STREAM_NAK_ECHO + e->lag)
		return;
	(void)stream_back(e);
}

static bool stream_answer(struct engine *e, const struct stub_msg *m)
{
	struct engine_stream *s = &e->s;
	s->asking = false;
	s->mute = 0;
	/* All that was sent before the question has been dealt with. */
	if (!stream_state(e, m))
		return false;
	(void)stream_back(e);
	return true;
}

void stream_msg(struct engine *e, const struct stub_msg *m)
{
	struct engine_stream *s = &e->s;
	bool good = true;
	s->progress = e->now;
	switch (m->op) {
	case STUB_ACK:
		s->mute = 0;
		good = stream_state(e, m);
		break;
	case STUB_NAK:
		stream_nak(e, m);
		break;
	case STUB_BUSY:
		s->mute = 0;
		s->progress = e->now + STREAM_BUSY - STREAM_QUIET;
		break;
	case STUB_STATUS:
		if (s->asking && m->serial == s->ask_serial)
			good = stream_answer(e, m);
		break;
	case STUB_PROVE:
		stream_proof(e, m);
		break;
	default:
		break;
	}
	if (e->state != ES_STREAM)
		return;
	s->broken = s->broken || !good;
	stream_on(e);
}

/* What was found is acted upon when nothing is being sent. */
void stream_on(struct engine *e)
{
	struct engine_stream *s = &e->s;
	if (e->q.out || e->q.n > 0)
		return;
	if (s->broken) {
		s->broken = false;
		stream_broken(e);
	} else if (s->slower) {
		s->slower = false;
		if (!stub_lower(e, ES_STREAM))
			stream_pump(e);
	} else {
		stream_pump(e);
	}
}

void stream_expire(struct engine *e)
{
	struct engine_stream *s = &e->s;
	if (e->q.out || e->q.n > 0) {
		e->deadline = e->now + STREAM_QUIET;
		return;
	}
	stub_flush(e);
	/* The window is full of frames that nobody acknowledged, or the answer was lost. */
	s->mute++;
	engine_emit_retry(e, ENGINE_RETRY_TIMEOUT, s->asking ? STUB_STATUS : STUB_DATA);
	if (s->mute > STREAM_MUTE || (s->mute > 2 && engine_restart_likely(e))) {
		e->cmd.op = STUB_DATA;
		stub_lost(e);
		return;
	}
	s->patience = s->mute == 1 ? STREAM_ASK : s->patience * 2;
	if (s->patience > STREAM_ASK_MAX)
		s->patience = STREAM_ASK_MAX;
	stream_ask(e);
}

/* ---- the end --------------------------------------------------------------------------------------------- */
void stream_finish(struct engine *e)
{
	stub_ask(e, STUB_END, NULL, 0, STREAM_END);
}

void stream_finish_unasked(struct engine *e, const struct stub_msg *m)
{
	if (m->op == STUB_ACK && m->status == STUB_OK)
		(void)stream_state(e, m);
	if (m->op == STUB_PROVE)
		stream_proof(e, m);
}

void stream_finish_answer(struct engine *e, const struct stub_msg *m)
{
	const struct engine_plan *p = &e->plan;
	const struct plan_run *last = &p->run[p->runs - 1];
	if (m->status != STUB_OK) {
		e->s.failed = m->status;
		e->s.failed_at = stub_word(m, 4);
		stream_broken(e);
		return;
	}
	e->fail.written_to = (last->first + last->sectors) * CHIP_SECTOR;
	engine_emit_progress(e, e->s.total, e->s.total);
	verify_begin(e);
}

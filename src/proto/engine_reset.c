/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's use of DTR and RTS: into the loader before anybody is asked to hold a button,
 * and out of it in the end. A sequence is played at the ROM's rate, since the banner tells what
 * became of it: boot mode (1,x) is the loader, (3,x) means that GPIO0 was high again when the chip
 * looked (a slow EN: the longer sequences are for that), silence that perhaps nothing is connected
 * to the lines. Only the steps of a sequence ever touch the lines, and all end with both cleared.
 */
#include "engine_int.h"

/* How often all sequences are tried; once, if the chip says nothing at all. */
#define RESET_ROUNDS	2u
#define RESET_USB_TRIES 3u
/* A slow EN's rise (0.1 s), the ROM's start and its banner, a USB adapter's delay. Through a
 * network: the delays on the way, and the time of a sequence that the server plays itself. */
#define RESET_HEAR	 MONO_MS(300)
#define RESET_HEAR_WHOLE MONO_MS(1200)
/* For the start of what was written nobody waits longer. */
#define RESET_SEE MONO_S(1)
/* Who spoke so short a time ago is an application, whom SYNC would only disturb. */
#define RESET_QUIET MONO_MS(100)
/* So many bytes are a banner at another rate (crystal of 40 MHz). */
#define RESET_BANNER 16u
/* rst cause of the reset pin */
#define RESET_BY_PIN 2u
#define RESET_SYNC   MONO_MS(100)

void engine_reset_init(struct engine *e)
{
	struct engine_reset *r = &e->reset;
	r->usable = e->job.has_lines;
	r->mode = -1;
	if (e->job.reset_first)
		r->first = reset_find(e->job.reset_first);
	if (r->first == reset_run() || r->first == reset_usb_jtag())
		r->first = NULL;
	e->job.reset_first = NULL;
}

/* Does every step change one line at most? Over a network the two come one after the other, and
 * between them is what the circuit takes for a reset. */
static bool reset_is_edgewise(const struct reset_sequence *s)
{
	bool dtr = false, rts = false;
	for (size_t i = 0; i < s->count; i++) {
		if (s->steps[i].dtr != dtr && s->steps[i].rts != rts)
			return false;
		dtr = s->steps[i].dtr;
		rts = s->steps[i].rts;
	}
	return true;
}

/* The sequence to try next, or NULL when all were. */
static const struct reset_sequence *reset_pick(struct engine *e)
{
	struct engine_reset *r = &e->reset;
	if (e->job.usb_jtag)
		return r->tries < RESET_USB_TRIES ? reset_usb_jtag() : NULL;
	if (r->tries == 0 && r->first)
		return r->first;
	while (r->round < RESET_ROUNDS) {
		const struct reset_sequence *s = reset_into_loader(r->next++);
		if (!s) {
			r->next = 0;
			r->round = r->spoke ? r->round + 1 : RESET_ROUNDS;
		} else if (!(e->job.lines_whole && !reset_is_edgewise(s)) &&
			   !(r->round == 0 && s == r->first)) {
			return s;
		}
	}
	return NULL;
}

static void reset_play(struct engine *e, const struct reset_sequence *s)
{
	struct engine_reset *r = &e->reset;
	r->seq = s;
	r->step = 0;
	r->released = false;
	r->mode = -1;
	r->bytes = 0;
	engine_emit(e, &(struct engine_event){.kind = ENGINE_EV_RESET,
			   .stage = e->stage,
			   .began = true,
			   .name = s->name,
			   .count = r->tries});
	engine_go(e, ES_RESET_RATE);
}

static void reset_give_up(struct engine *e)
{
	struct engine_reset *r = &e->reset;
	r->usable = false;
	r->trying = false;
	heard_run(&e->heard);
	if (r->loader)
		engine_emit_heard(e, ENGINE_HEARD_DEAF, 0);
	else
		engine_emit_heard(e, ENGINE_HEARD_NO_RESET, r->restarted ? 1 : 0);
	/* In long silence SYNC is due, as it is without lines. */
	e->wait.next_burst = e->now + (r->spoke ? MONO_S(5) : 0);
	engine_go(e, ES_LISTEN);
}

static void reset_next(struct engine *e)
{
	const struct reset_sequence *s = reset_pick(e);
	if (!s) {
		reset_give_up(e);
		return;
	}
	e->reset.tries++;
	reset_play(e, s);
}

void engine_reset_begin(struct engine *e)
{
	e->reset.trying = true;
	reset_next(e);
}

void engine_reset_start_app(struct engine *e)
{
	e->reset.rate = e->asked;
	reset_play(e, reset_run());
}

/* ---- a sequence ------------------------------------------------------------------------------ */
void engine_reset_rate(struct engine *e)
{
	if (e->asked == e->type->rom_baud)
		engine_go(e, ES_RESET);
	else
		engine_set_baud(e, e->type->rom_baud);
}

void engine_reset_rate_acted(struct engine *e)
{
	engine_go(e, ES_RESET); /* also where the host can't hear the ROM: SYNC will tell */
}

void engine_reset_step(struct engine *e)
{
	struct engine_reset *r = &e->reset;
	const struct reset_step *s = &r->seq->steps[r->step];
	bool held = r->step > 0 && s[-1].rts && !s[-1].dtr;
	/* What was said before the reset is no word on its outcome. */
	if (held) {
		r->released = true;
		r->mode = -1;
		r->bytes = 0;
		e->wait.loader = false;
		heard_init(&e->heard);
	}
	engine_lines(e, s->dtr, s->rts);
}

static void reset_over(struct engine *e)
{
	if (e->finished && e->reset.sure && (!e->job.see_start || e->job.usb_jtag)) {
		/* No waiting here: who follows the boot wants to hear all of it. */
		e->in_loader = false;
		e->alive = false;
		engine_finished(e);
	} else {
		engine_go(e, ES_RESET_HEAR);
	}
}

void engine_reset_step_acted(struct engine *e)
{
	uint16_t wait_ms = e->reset.seq->steps[e->reset.step].wait_ms;
	if (wait_ms > 0)
		e->deadline = e->now + MONO_MS(wait_ms);
	else
		engine_reset_step_expire(e);
}

void engine_reset_step_expire(struct engine *e)
{
	if (++e->reset.step < e->reset.seq->count)
		engine_go(e, ES_RESET);
	else
		reset_over(e);
}

void engine_reset_clear(struct engine *e)
{
	e->q.n = 0;
	engine_lines(e, false, false);
}

/* ---- what became of it ------------------------------------------------------------------------ */
static void reset_tell(struct engine *e, bool ok)
{
	struct engine_reset *r = &e->reset;
	r->spoke = r->spoke || r->bytes > 0 || r->mode >= 0;
	r->restarted = r->restarted || r->mode >= 0;
	r->loader = r->loader || r->mode == 1;
	engine_emit(e, &(struct engine_event){.kind = ENGINE_EV_RESET,
			   .stage = e->stage,
			   .ok = ok,
			   .name = r->seq->name,
			   .count = r->tries,
			   .value = r->mode < 0 ? ENGINE_RESET_SILENT : (uint32_t)r->mode});
}

static void reset_failed(struct engine *e)
{
	reset_tell(e, false);
	reset_next(e);
}

/* After RTS was to start the application, and it is not known whether RTS is connected at all. */
static void reset_app_started(struct engine *e)
{
	struct engine_reset *r = &e->reset;
	e->in_loader = r->mode == 1 || (r->mode < 0 && r->bytes < RESET_BANNER && !r->sure);
	r->heard_out = true;
	e->alive = e->in_loader;
	if (r->mode == 1)
		r->rate = e->type->sync_baud; /* the loader again, and a fresh one */
	if (e->in_loader)
		engine_go(e, ES_RESET_BACK);
	else
		engine_finished(e);
}

enum engine_started engine_started(const struct engine *e)
{
	const struct engine_reset *r = &e->reset;
	if (!r->heard_out)
		return ENGINE_STARTED_UNKNOWN;
	if (r->mode == 3)
		return ENGINE_STARTED_APP;
	if (r->mode == 1)
		return ENGINE_STARTED_LOADER;
	return r->mode < 0 && r->bytes == 0 ? ENGINE_STARTED_SILENT : ENGINE_STARTED_UNKNOWN;
}

/* True when the banner has decided, and the state was left. */
static bool reset_decided(struct engine *e)
{
	struct engine_reset *r = &e->reset;
	if (e->finished && r->mode >= 0)
		reset_app_started(e);
	else if (e->finished)
		return false;
	else if (e->wait.loader)
		engine_go(e, ES_SETTLE);
	else if (r->mode >= 0)
		reset_failed(e);
	else
		return false;
	return true;
}

void engine_reset_hear(struct engine *e)
{
	if (reset_decided(e))
		return;
	if (e->job.lines_whole)
		e->deadline = e->now + RESET_HEAR_WHOLE;
	else
		e->deadline = e->now + (e->finished && e->job.see_start ? RESET_SEE : RESET_HEAR);
}

void engine_reset_hear_expire(struct engine *e)
{
	const struct engine_reset *r = &e->reset;
	/* A chip that was restarted says something, readable or not. Where nothing comes SYNC finds
	 * only a loader that was there before: asked for once. */
	bool vain = r->bytes > 0 ? e->now - e->wait.last_rx < RESET_QUIET : r->tries > 1;
	if (e->finished) {
		reset_app_started(e);
	} else if (vain) {
		reset_failed(e);
	} else {
		hunt_begin(e, HUNT_RESET, 3, RESET_SYNC);
		hunt_add(e, e->type->sync_baud);
		hunt_go(e);
	}
}

void engine_reset_byte(struct engine *e)
{
	if (e->state == ES_RESET || e->state == ES_RESET_HEAR)
		e->reset.bytes++;
}

void engine_reset_banner(struct engine *e, int mode, uint32_t cause)
{
	e->reset.cause = cause;
	e->reset.mode = mode;
}

void engine_reset_heard(struct engine *e)
{
	if (e->state == ES_RESET_HEAR)
		(void)reset_decided(e);
	else if (e->reset.released && e->reset.mode >= 0 && e->q.n == 0 && !e->job.lines_whole)
		e->deadline = e->now; /* the chip has looked at GPIO0: no need to hold it on */
}

void engine_reset_unable(struct engine *e)
{
	e->reset.asserted = false;
	e->reset.usable = false;
	if (e->finished) {
		engine_finished(e);
	} else {
		reset_tell(e, false);
		reset_give_up(e);
	}
}

void engine_reset_back(struct engine *e)
{
	engine_set_baud(e, e->reset.rate);
}

void engine_reset_back_acted(struct engine *e)
{
	engine_finished(e);
}

/* A loader that answers was brought there by the sequence only if the chip spoke: another may have
 * been in it before, by its button. And who powers the chip by hand at this very time makes it
 * speak as well: only the cause tells RTS (unless that pulls CH_PD, which looks like power). */
void engine_reset_found(struct engine *e)
{
	struct engine_reset *r = &e->reset;
	if (!r->trying)
		return;
	/* The chip's own USB may be silent until it is spoken to. */
	bool ok = r->mode == 1 || (r->mode < 0 && r->bytes >= RESET_BANNER) || e->job.usb_jtag;
	r->trying = false;
	if (ok)
		r->worked = r->seq;
	r->sure = ok && ((r->mode == 1 && r->cause == RESET_BY_PIN) || e->job.usb_jtag);
	reset_tell(e, ok);
}

void engine_reset_missed(struct engine *e)
{
	if (e->find.stub)
		engine_emit_heard(e, ENGINE_HEARD_STUB, 0);
	else if (e->find.echo)
		engine_emit_heard(e, ENGINE_HEARD_ECHO, e->asked);
	if (e->wait.loader)
		engine_go(e, ES_SETTLE);
	else
		reset_failed(e);
}

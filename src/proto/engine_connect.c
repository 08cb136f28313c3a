/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's waiting for a loader that is entered by hand (after the reset sequences, where
 * there are lines: engine_reset.c). It listens at the ROM's rate
 * with TX silent, since whatever is sent fixes the rate the loader measures; names what it hears;
 * and in long silence tries SYNC now and then.
 */
#include "engine_int.h"

#define CONNECT_SILENCE	 MONO_S(5)    /* before SYNC is tried unasked */
#define CONNECT_PERIOD	 MONO_S(2)    /* from one burst to the next */
#define CONNECT_SOON	 MONO_S(1)    /* ... after bytes that may have been a banner */
#define CONNECT_SETTLE	 MONO_MS(20)  /* the banner's last bytes, at 74880 */
#define CONNECT_HUSH	 MONO_MS(200) /* listening on at a burst's rate */
#define CONNECT_APP_IDLE MONO_MS(300) /* silence that ends a slice at the application's rate */
#define CONNECT_APP_MAX	 MONO_MS(1500)
#define CONNECT_APP_GAP	 MONO_S(3) /* between two such slices the banner has its turn */
#define CONNECT_RUN	 64u	   /* bytes after which a verdict is made anew */
#define CONNECT_SYNC	 MONO_MS(100)
#define CONNECT_FAST	 921600u

void connect_start(struct engine *e)
{
	const struct engine_job *job = &e->job;
	e->wait.next_burst = e->now + CONNECT_SILENCE;
	e->wait.app_next = e->now;
	e->wait.last_rx = e->now;
	if (!job->connected || job->connected_baud == 0) {
		if (e->reset.usable)
			engine_reset_begin(e);
		else
			engine_go(e, ES_LISTEN);
		return;
	}
	hunt_begin(e, HUNT_HELD, 3, CONNECT_SYNC);
	hunt_add(e, job->connected_baud);
	hunt_add(e, e->type->sync_baud);
	/* A loader that never measured anything has answered before: this can lock none. */
	if (job->maybe_raised)
		hunt_add(e, job->baud ? job->baud : CONNECT_FAST);
	hunt_go(e);
}

/* ---- listening ------------------------------------------------------------------------------ */
void connect_listen(struct engine *e)
{
	if (e->asked != e->type->rom_baud)
		engine_set_baud(e, e->type->rom_baud);
	else
		connect_listen_acted(e);
}

void connect_listen_acted(struct engine *e)
{
	e->deadline = e->wait.next_burst;
}

/* The rates a locked ROM may have: what a terminal was set to when somebody typed. */
static void connect_add_rates(struct engine *e)
{
	hunt_add(e, e->type->rom_baud);
	hunt_add(e, 9600);
	hunt_add(e, e->job.app_baud);
}

void connect_listen_expire(struct engine *e)
{
	struct engine_wait *w = &e->wait;
	if (!w->said_nothing && e->now - w->last_rx >= CONNECT_SILENCE) {
		w->said_nothing = true;
		engine_emit_heard(e, ENGINE_HEARD_NOTHING, 0);
	}
	w->began = e->now;
	w->bursts++;
	hunt_begin(e, HUNT_CONNECT, 3, CONNECT_SYNC);
	hunt_add(e, e->type->sync_baud);
	/* A ROM that never measured anything has answered at the first rate, so the others can
	 * lock nothing. They cost time in which no banner is heard: not in every burst. */
	if (w->bursts % 4 == 3)
		connect_add_rates(e);
	hunt_go(e);
}

void connect_app(struct engine *e)
{
	e->wait.began = e->now;
	e->wait.app_next = e->now + CONNECT_APP_GAP;
	engine_set_baud(e, e->job.app_baud);
}

void connect_app_acted(struct engine *e)
{
	if (e->q.baud_ok)
		e->deadline = e->now + CONNECT_APP_IDLE;
	else
		engine_go(e, ES_LISTEN);
}

void connect_app_expire(struct engine *e)
{
	/* A few bytes at another rate and then silence: so speaks the ESP32 family's loader. */
	if (e->wait.garbage) {
		engine_emit_heard(e, ENGINE_HEARD_NOISE, e->type->rom_baud);
		e->wait.next_burst = mono_min(e->wait.next_burst, e->now + CONNECT_SOON);
	}
	e->wait.garbage = false;
	engine_go(e, ES_LISTEN);
}

void connect_settle(struct engine *e)
{
	e->deadline = e->now + CONNECT_SETTLE;
}

void connect_settle_expire(struct engine *e)
{
	e->wait.loader = false;
	/* A loader that was entered a moment ago has measured no rate yet. */
	hunt_begin(e, e->reset.trying ? HUNT_RESET : HUNT_BANNER, 4, CONNECT_SYNC);
	hunt_add(e, e->type->sync_baud);
	if (!e->reset.trying)
		connect_add_rates(e);
	hunt_go(e);
}

void connect_hush(struct engine *e)
{
	e->deadline = e->now + CONNECT_HUSH;
}

void connect_hush_expire(struct engine *e)
{
	engine_go(e, ES_LISTEN);
}

/* ---- what is heard -------------------------------------------------------------------------- */
static void connect_banner(struct engine *e)
{
	uint32_t mode = (uint32_t)e->heard.mode;
	uint32_t cause = e->heard.cause < 0 ? 0 : (uint32_t)e->heard.cause;
	e->banner = true;
	e->heard.cause = -1;
	heard_run(&e->heard);
	engine_reset_banner(e, (int)mode, cause);
	if (e->stage != ENGINE_ST_CONNECT)
		return;
	e->wait.garbage = false;
	if (mode == 3 && e->reset.trying) {
		/* the sequence's outcome: nobody was asked to hold a button */
		e->wait.loader = false;
	} else if (mode == 3) {
		engine_emit_heard(e, ENGINE_HEARD_FLASH_BOOT, cause);
	} else if (mode != 1) {
		engine_emit_heard(e, ENGINE_HEARD_STRAPS, mode);
	} else {
		engine_emit_heard(e, ENGINE_HEARD_LOADER, cause);
		e->wait.loader = true;
	}
}

void connect_byte(struct engine *e, uint8_t byte)
{
	engine_reset_byte(e);
	if (heard_byte(&e->heard, byte))
		connect_banner(e);
}

static void connect_heard_listening(struct engine *e, enum heard_kind kind)
{
	struct engine_wait *w = &e->wait;
	w->next_burst = e->now + CONNECT_SILENCE;
	if (e->q.n == 0)
		e->deadline = w->next_burst;
	if (kind == HEARD_GARBAGE && e->job.app_baud == e->type->rom_baud) {
		engine_emit_heard(e, ENGINE_HEARD_NOISE, e->asked);
		heard_run(&e->heard);
	} else if (kind == HEARD_GARBAGE && e->now >= w->app_next && e->q.n == 0) {
		w->garbage = true;
		engine_go(e, ES_APP);
	} else if (kind == HEARD_TEXT && e->job.app_baud == e->type->rom_baud) {
		engine_emit_heard(e, ENGINE_HEARD_APP, e->asked);
		heard_run(&e->heard);
	}
}

static void connect_heard_app(struct engine *e, enum heard_kind kind)
{
	struct engine_wait *w = &e->wait;
	w->next_burst = e->now + CONNECT_SILENCE;
	if (e->q.n == 0)
		e->deadline = mono_min(e->now + CONNECT_APP_IDLE, w->began + CONNECT_APP_MAX);
	if (kind == HEARD_TEXT) {
		w->garbage = false;
		engine_emit_heard(e, ENGINE_HEARD_APP, e->asked);
		heard_run(&e->heard);
	} else if (kind == HEARD_GARBAGE && e->q.n == 0) {
		w->garbage = true;
		connect_app_expire(e);
	}
}

/* In and after a burst: an application's text, or a banner at another rate. */
static void connect_heard_burst(struct engine *e, enum heard_kind kind)
{
	struct engine_wait *w = &e->wait;
	if (e->reset.trying)
		return;
	if (kind == HEARD_TEXT) {
		engine_emit_heard(e, ENGINE_HEARD_APP, e->asked);
		heard_run(&e->heard);
	} else if (kind == HEARD_GARBAGE) {
		w->next_burst = e->now + CONNECT_SOON;
		heard_run(&e->heard);
	}
}

void connect_heard(struct engine *e)
{
	if (e->state == ES_RESET || e->state == ES_RESET_HEAR) {
		engine_reset_heard(e);
		return;
	}
	if (e->stage != ENGINE_ST_CONNECT)
		return;
	enum heard_kind kind = heard_judge(&e->heard);
	if (kind != HEARD_LITTLE)
		e->wait.said_nothing = false;
	if (e->wait.loader && e->q.n == 0 &&
	    (e->state == ES_LISTEN || e->state == ES_APP || e->state == ES_HUSH))
		engine_go(e, ES_SETTLE);
	else if (e->state == ES_LISTEN)
		connect_heard_listening(e, kind);
	else if (e->state == ES_APP)
		connect_heard_app(e, kind);
	else if (e->state != ES_SETTLE)
		connect_heard_burst(e, kind);
	if (e->heard.bytes >= CONNECT_RUN)
		heard_run(&e->heard);
}

/* ---- SYNC's outcome -------------------------------------------------------------------------- */
void connect_found(struct engine *e)
{
	e->linked = e->asked;
	engine_reset_found(e);
	if (e->find.why != HUNT_HELD && e->asked != e->type->sync_baud)
		engine_emit_heard(e, ENGINE_HEARD_LOCKED, e->asked);
	engine_emit(
	    e, &(struct engine_event){.kind = ENGINE_EV_SYNC, .stage = e->stage, .value = e->baud});
	if (e->d32.family)
		id32_begin(e);
	else
		identify_begin(e);
}

void connect_missed(struct engine *e)
{
	struct engine_wait *w = &e->wait;
	enum engine_hunt why = e->find.why;
	if (e->find.stub)
		engine_emit_heard(e, ENGINE_HEARD_STUB, 0);
	else if (e->find.echo)
		engine_emit_heard(e, ENGINE_HEARD_ECHO, e->asked);
	else if (why == HUNT_BANNER)
		engine_emit_heard(e, ENGINE_HEARD_DEAF, 0);
	if (why == HUNT_HELD && e->reset.usable) {
		engine_reset_begin(e);
		return;
	}
	if (w->loader && why != HUNT_BANNER) {
		engine_go(e, ES_SETTLE);
		return;
	}
	mono_t next = e->now + CONNECT_SOON;
	if (why == HUNT_CONNECT)
		next = w->began + CONNECT_PERIOD;
	if (next < e->now + CONNECT_HUSH)
		next = e->now + CONNECT_HUSH;
	if (w->next_burst <= e->now || w->next_burst > next)
		w->next_burst = next;
	engine_go(e, ES_HUSH);
}

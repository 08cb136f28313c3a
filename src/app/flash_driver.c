/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pumps the flash engine through the link. */
#include "flash_driver.h"

#include <stdlib.h>

#include "tasmite/base/xalloc.h"

/* How often a port that still holds bytes is asked whether they have left. */
#define DRAIN_POLL_US MONO_US(500)

/* The engine keeps text that it hears for its events: they are taken in between. */
#define RX_SLICE 8192

struct flash_driver {
	struct loop *loop;
	struct link *link;
	struct engine *engine;
	const struct flash_driver_ops *ops;
	void *ctx;
	struct timer *timer;
	struct engine_action action; /* the one under way */
	bool busy;		     /* action waits for the link */
	unsigned lines;		     /* DTR and RTS, as the engine asserted them */
	bool pumping;		     /* calls from within events don't nest */
	bool ended;
};

static void pump(struct flash_driver *d, mono_t now);

static void timer_due(void *ctx, mono_t now)
{
	struct flash_driver *d = ctx;

	if (now >= engine_deadline(d->engine))
		engine_tick(d->engine, now);
	pump(d, now);
}

struct flash_driver *flash_driver_new(struct loop *loop, struct link *link,
    const struct engine_job *job, const struct flash_driver_ops *ops, void *ctx, mono_t now)
{
	struct engine *engine = engine_new(job, now);
	struct flash_driver *d;

	if (!engine)
		return NULL;
	d = xcalloc(1, sizeof(*d));
	d->loop = loop;
	d->link = link;
	d->engine = engine;
	d->ops = ops;
	d->ctx = ctx;
	d->timer = timer_new(loop, timer_due, d);
	timer_arm(d->timer, now); /* the first actions come out of the next turn */
	return d;
}

/* An engine that ended in the middle of a reset sequence (a fault, or the program is left) must not
 * leave the chip in reset. */
static void clear_lines(struct flash_driver *d)
{
	if (d->lines && link_is_open(d->link))
		link_set_modem(d->link, 0, NULL);
	d->lines = 0;
}

void flash_driver_free(struct flash_driver *d)
{
	if (!d)
		return;
	clear_lines(d);
	timer_free(d->timer);
	engine_free(d->engine);
	free(d);
}

/* Carries out what can be done at once; false while the link still has to take or send bytes. */
static bool carry_out(struct flash_driver *d, int *result, uint32_t *actual)
{
	const struct engine_action *a = &d->action;
	const uint8_t *data;
	unsigned lines;

	*result = ERR_OK;
	*actual = 0;
	switch (a->kind) {
	case ENGINE_WRITE:
		return link_unsent(d->link) == 0; /* queued when it was taken up */
	case ENGINE_LINES:
		lines = (a->dtr ? MODEM_DTR : 0u) | (a->rts ? MODEM_RTS : 0u);
		*result = link_set_modem(d->link, lines, NULL);
		if (*result == ERR_OK)
			d->lines = lines;
		return true;
	case ENGINE_BAUD:
		if (link_unsent(d->link) || link_pending(d->link))
			return false;
		*result = link_set_baud(d->link, a->baud, actual, NULL);
		return true;
	case ENGINE_PURGE:
		link_purge_input(d->link);
		return true;
	case ENGINE_NEED_DATA:
		data = d->ops->data(d->ctx, a->part, a->offset, a->length);
		if (data)
			engine_data(d->engine, data, a->length);
		else
			*result = ERR_IO;
		return true;
	case ENGINE_NEED_OLD:
		if (!d->ops->old(d->ctx, a->bytes, a->n, &data))
			return false;
		if (data)
			engine_data(d->engine, data, a->length);
		return true;
	case ENGINE_TAKE_DATA:
		*result = d->ops->take(d->ctx, a->part, a->offset, a->bytes, a->n);
		return *result != ERR_AGAIN;
	}
	*result = ERR_NOTSUP;
	return true;
}

static void take_up(struct flash_driver *d, mono_t now)
{
	d->busy = true;
	if (d->action.kind != ENGINE_WRITE)
		return;
	if (!link_send(d->link, d->action.bytes, d->action.n)) {
		d->busy = false;
		engine_done(d->engine, ERR_GONE, 0, now);
	} else {
		link_flush(d->link, now); /* at once: a round trip costs what the wire costs */
	}
}

static void tell_events(struct flash_driver *d, mono_t now)
{
	struct engine_event ev;

	while (!d->ended && engine_event(d->engine, &ev)) {
		if (ev.kind == ENGINE_EV_DONE || ev.kind == ENGINE_EV_FAILED ||
		    ev.kind == ENGINE_EV_CANCELLED)
			d->ended = true;
		d->ops->event(d->ctx, &ev, now);
	}
}

static void pump(struct flash_driver *d, mono_t now)
{
	uint32_t actual;
	bool lost = false;
	int result;

	if (d->pumping || d->ended)
		return;
	d->pumping = true;
	for (;;) {
		if (d->busy) {
			if (!carry_out(d, &result, &actual))
				break;
			/* The link hears of it by reading, in this turn or the next, and then it is
			 * decided whether that ends the work or is waited for. */
			lost = result == ERR_GONE && link_is_open(d->link);
			if (lost)
				break;
			d->busy = false;
			engine_done(d->engine, result, actual, now);
		}
		tell_events(d, now);
		if (d->ended || !engine_next(d->engine, &d->action, now))
			break;
		take_up(d, now);
	}
	tell_events(d, now);
	d->pumping = false;
	if (d->ended) {
		clear_lines(d);
		timer_disarm(d->timer);
	} else {
		timer_arm(d->timer, lost || (d->busy && d->action.kind != ENGINE_WRITE)
					? now + DRAIN_POLL_US
					: engine_deadline(d->engine));
	}
}

void flash_driver_rx(struct flash_driver *d, const uint8_t *bytes, size_t n, mono_t now)
{
	while (n && !d->ended) {
		size_t slice = n < RX_SLICE ? n : RX_SLICE;

		engine_rx(d->engine, bytes, slice, now);
		pump(d, now);
		bytes += slice;
		n -= slice;
	}
}

void flash_driver_port_lost(struct flash_driver *d, mono_t now)
{
	d->busy = false;
	engine_port_lost(d->engine, now);
	pump(d, now);
}

bool flash_driver_keep(struct flash_driver *d, const struct engine_part *keep, size_t n)
{
	return engine_keep(d->engine, keep, n);
}

bool flash_driver_move(struct flash_driver *d, const uint32_t *offset, size_t n)
{
	return engine_move(d->engine, offset, n);
}

void flash_driver_proceed(struct flash_driver *d, mono_t now)
{
	engine_proceed(d->engine, now);
	pump(d, now);
}

void flash_driver_cancel(struct flash_driver *d, mono_t now)
{
	engine_cancel(d->engine, now);
	pump(d, now);
}

void flash_driver_stop(struct flash_driver *d)
{
	d->ended = true;
	clear_lines(d);
	timer_disarm(d->timer);
}

const struct engine *flash_driver_engine(const struct flash_driver *d)
{
	return d->engine;
}

mono_t flash_driver_turn(struct flash_driver *d, mono_t now)
{
	if (d->busy && d->action.kind == ENGINE_WRITE && !link_unsent(d->link))
		pump(d, now);
	return MONO_NEVER;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash engine's events: a bounded queue in which the terminal event always finds room. */
#include "engine_int.h"

#include <string.h>

/* Kept free for events that must not be lost. */
#define ENGINE_EVENTS_RESERVE 16u

static struct engine_event *event_last(struct engine *e)
{
	if (e->ev_count == 0)
		return NULL;
	return &e->ev[(e->ev_first + e->ev_count - 1) % ENGINE_EVENTS];
}

static bool event_is_minor(enum engine_event_kind kind)
{
	return kind == ENGINE_EV_TEXT || kind == ENGINE_EV_PROGRESS || kind == ENGINE_EV_RETRY ||
	       kind == ENGINE_EV_HEARD;
}

void engine_emit(struct engine *e, const struct engine_event *ev)
{
	size_t room = ENGINE_EVENTS - e->ev_count;
	if (room == 0 || (room <= ENGINE_EVENTS_RESERVE && event_is_minor(ev->kind)))
		return;
	e->ev[(e->ev_first + e->ev_count) % ENGINE_EVENTS] = *ev;
	e->ev_count++;
}

void engine_emit_retry(struct engine *e, enum engine_retry why, uint32_t value)
{
	engine_emit(
	    e, &(struct engine_event){
		   .kind = ENGINE_EV_RETRY, .stage = e->stage, .retry = why, .value = value});
}

void engine_emit_progress(struct engine *e, uint32_t done, uint32_t total)
{
	struct engine_event *last = event_last(e);
	if (last && last->kind == ENGINE_EV_PROGRESS && last->stage == e->stage) {
		last->done = done;
		last->total = total;
		return;
	}
	engine_emit(
	    e, &(struct engine_event){
		   .kind = ENGINE_EV_PROGRESS, .stage = e->stage, .done = done, .total = total});
}

void engine_emit_heard(struct engine *e, enum engine_heard what, uint32_t value)
{
	uint32_t count = ++e->heard_count[what];
	engine_emit(e, &(struct engine_event){.kind = ENGINE_EV_HEARD,
			   .stage = e->stage,
			   .heard = what,
			   .value = value,
			   .count = count});
}

/* Text is kept in one array until all events are taken; runs of it become one event. */
void engine_emit_text(struct engine *e, const uint8_t *bytes, size_t n)
{
	if (n > ENGINE_TEXT_MAX - e->text_len)
		n = ENGINE_TEXT_MAX - e->text_len;
	if (n == 0)
		return;
	uint8_t *at = e->text + e->text_len;
	struct engine_event *last = event_last(e);
	if (last && last->kind == ENGINE_EV_TEXT && last->baud == e->baud &&
	    last->text + last->n == at) {
		last->n += n;
	} else {
		size_t count = e->ev_count;
		engine_emit(e, &(struct engine_event){.kind = ENGINE_EV_TEXT,
				   .stage = e->stage,
				   .text = at,
				   .n = n,
				   .baud = e->baud});
		if (e->ev_count == count)
			return;
	}
	memcpy(at, bytes, n);
	e->text_len += n;
}

bool engine_event(struct engine *e, struct engine_event *ev)
{
	if (e->ev_count == 0) {
		e->text_len = 0;
		return false;
	}
	*ev = e->ev[e->ev_first];
	e->ev_first = (e->ev_first + 1) % ENGINE_EVENTS;
	e->ev_count--;
	return true;
}

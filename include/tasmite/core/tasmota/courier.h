/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Brings commands to Tasmota's console and sees to it that they have arrived: bytes and times in,
 * bytes and events out. A part of the backlog goes when the echo and the answers of the one before
 * are there; each command is ticked off by its JSON answer; what was lost or damaged on the way is
 * sent again. It reads what the device really sent, before any masking, and tells of it only in
 * struct backlog_step: what is shown goes through the caller's funnel.
 *
 * Pacing: a device looks at its 256 bytes of input every 50 ms at worst (Sleep 50); at 115200 that is
 * time for 576. A piece of 64 bytes each 15 ms stays below, and each damaged echo halves the pace.
 */
#ifndef TASMITE_CORE_TASMOTA_COURIER_H
#define TASMITE_CORE_TASMOTA_COURIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/mono.h"
#include "tasmite/core/tasmota/backlog.h"

/* Of a command, before it is given up: where nothing comes back; and where it does, damaged or not. */
#define COURIER_TRIES	    6
#define COURIER_TRIES_ALIVE 12

enum courier_state {
	COURIER_IDLE,	 /* nothing to do, or all done */
	COURIER_SENDING, /* a line is going out, piece by piece */
	COURIER_ANSWERS, /* its echo and its answers are awaited */
	COURIER_WAITING, /* wait TEXT */
	COURIER_DELAY,
	COURIER_RESTART, /* the device restarts because of what was sent; its boot is awaited */
	COURIER_BOOT	 /* it has booted: until it listens */
};

enum courier_event_kind {
	COURIER_LINE,	 /* text: this line begins to go out (once more: again) */
	COURIER_CHANGED, /* a step has another state */
	COURIER_RETRY,	 /* step is sent again; text says why */
	COURIER_CUT_SHORT, /* the device took a damaged line for another command: text is its answer */
	COURIER_RESTARTED, /* it restarted, and nobody had asked for it */
	COURIER_NO_BOOT,   /* the restart that was due did not come */
	COURIER_SLOWER,	   /* the pace was halved */
	COURIER_STOPPED,   /* by an error: step, or a wait that ran out; the rest is not sent */
	COURIER_DONE	   /* the last one; also behind STOPPED */
};

struct courier_event {
	enum courier_event_kind kind;
	size_t step;
	const char *text; /* raw: may hold secrets */
	size_t n;
};

struct courier_ops {
	void (*event)(void *ctx, const struct courier_event *e);
};

struct courier;

/* ops is copied. */
struct courier *courier_new(const struct courier_ops *ops, void *ctx);
/* NULL allowed. */
void courier_free(struct courier *c);

/* Takes the steps of b over (b is empty afterwards) and begins. stop: the first command that fails
 * for good ends the job. packed: see backlog_plan. */
void courier_begin(
    struct courier *c, struct backlog *b, uint32_t fw, bool packed, bool stop, mono_t now);
/* Sends what did not succeed, or was not sent, once more; false when there is nothing of the kind.
 */
bool courier_again(struct courier *c, mono_t now);
/* Ends it; what is not sent stays QUEUED. One DONE event follows if it was at work. */
void courier_cancel(struct courier *c);
/* The same when the port went away, and the device's power perhaps with it: what may not be saved yet
 * is UNSURE. */
void courier_lost(struct courier *c);

/* A job is under way. */
bool courier_busy(const struct courier *c);
/* A part of a line is out: the device holds its beginning. */
bool courier_in_line(const struct courier *c);
/* What it is doing. */
enum courier_state courier_state(const struct courier *c);
/* The steps, also when it is over; until the next courier_begin. */
const struct backlog *courier_steps(const struct courier *c);
/* Commands in that state. */
size_t courier_count(const struct courier *c, enum backlog_state state);
/* The step that is being waited for, sent or delayed; false: none. */
bool courier_at(const struct courier *c, size_t *step);
/* The part that is on its way restarts the device, or it is restarting. */
bool courier_restarts(const struct courier *c);

/* Bytes of the device, unmasked. */
void courier_rx(struct courier *c, const uint8_t *bytes, size_t n, mono_t now);
/* The next bytes to be sent now, at most `max`; 0: none at this time. eol is sent behind each line. */
size_t courier_tx(struct courier *c, const char *eol, char *dst, size_t max, mono_t now);
/* What was handed over has not left yet: deadlines begin later. */
void courier_hold(struct courier *c, mono_t now);
void courier_tick(struct courier *c, mono_t now);
/* When to call courier_tx and courier_tick again at the latest. */
mono_t courier_deadline(const struct courier *c);

#endif

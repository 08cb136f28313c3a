/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The link to the device: one transport on the loop, with a queue for sending, pacing, and the
 * patience to wait for a port that went away. It knows nothing of what the bytes mean.
 */
#ifndef TASMITE_APP_LINK_H
#define TASMITE_APP_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"
#include "tasmite/io/loop.h"
#include "tasmite/io/opener.h"
#include "tasmite/io/transport.h"

struct link;

struct link_ops {
	/* Bytes of the device. */
	void (*rx)(void *ctx, const uint8_t *bytes, size_t n, mono_t now);
	/* The port is open (the first time, or again). */
	void (*up)(void *ctx, mono_t now);
	/* The port is not (or no longer) usable; it is tried again by itself. Called once for each
	 * different reason, not for each try. */
	void (*down)(void *ctx, const struct err *why, mono_t now);
	/* What DTR and RTS shall be when an adapter with that key is opened (NULL: as AUTO has it). */
	void (*lines)(void *ctx, const char *key, enum opener_line *dtr, enum opener_line *rts);
};

struct link *link_new(struct loop *loop, const struct link_ops *ops, void *ctx);
void link_free(struct link *l); /* NULL allowed */

/* Leaves the present port and opens another; on failure it waits for it (ops->down tells why). */
void link_open(struct link *l, const char *name, const struct transport_line *line, mono_t now);
/* Closes; nothing is tried again. */
void link_close(struct link *l);
/* Closes so that another program can have the port; link_retake opens it again. */
void link_release(struct link *l);
void link_retake(struct link *l, mono_t now);
bool link_is_released(const struct link *l);
/* By what the adapter is known again (see ports_key); "" for pseudo-terminals and network ports. While
 * the port is away another adapter that comes under its name is not opened, as far as it can be told
 * from the first: it is waited on, and ops->down tells it (ERR_INVAL). */
const char *link_adapter_key(const struct link *l);
bool link_is_open(const struct link *l);
/* The transport, or NULL while closed; for names and capabilities. */
const struct transport *link_transport(const struct link *l);
const struct transport_line *link_line(const struct link *l);

/* Changes the rate; *actual is what the system reports. While the port is away the rate is kept
 * for its return. */
int link_set_baud(struct link *l, uint32_t baud, uint32_t *actual, struct err *err);
/* Bits, parity, stop bits and flow control of `format`; while the port is away they are kept for its return. */
int link_set_format(struct link *l, const struct transport_line *format, struct err *err);
/* At most `bytes` at a time with a pause between (0: no pacing). */
void link_set_pace(struct link *l, size_t bytes, int delay_ms);
/* Queues bytes; all or nothing. False when the port is away or the queue (1 MiB) is full. */
bool link_send(struct link *l, const void *bytes, size_t n);
/* While held nothing is read: who takes the bytes has no room. */
void link_hold(struct link *l, bool held);
/* How long bytes that keep coming slowly may wait for more, so that a turn costs less often: `us`
 * microseconds, and not beyond `frame`, when they could be shown. 0: not at all, for somebody waits
 * for an answer. */
void link_gather(struct link *l, int64_t us, mono_t frame);
/* Reads what waits for more now; false if nothing does, or all has just been read. */
bool link_catch_up(struct link *l, mono_t now);
/* Within ops->rx: since when these bytes have come. */
mono_t link_rx_since(const struct link *l);
/* Of late lines came faster than one a millisecond. */
bool link_fast(const struct link *l);
/* Bytes that the system has not taken yet. */
size_t link_unsent(const struct link *l);
/* Bytes that were thrown away unsent when the port was last left or lost. */
size_t link_dropped(const struct link *l);
/* Bytes that the system holds and has not sent yet, 0 where that can't be known. */
size_t link_pending(const struct link *l);
/* Throws away what is queued for sending here and what the system holds for reading. */
void link_drop_unsent(struct link *l);
void link_purge_input(struct link *l);
/* Both output lines at once; the modem lines as they are (bits of enum transport_modem). */
int link_set_modem(struct link *l, unsigned lines, struct err *err);
int link_get_modem(struct link *l, unsigned *lines);
int link_set_break(struct link *l, bool on, struct err *err);
uint64_t link_rx_bytes(const struct link *l);
uint64_t link_tx_bytes(const struct link *l);

/* The loop's flush phase: sends what may be sent. Returns the next time it wants to be called. */
mono_t link_flush(struct link *l, mono_t now);

#endif

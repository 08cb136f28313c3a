/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 2217, the client's side, over libtelnet: bytes of the connection in, data and events out;
 * data and requests in, bytes for the connection out. No I/O, no clock. It never depends on an
 * answer that may not come.
 */
#ifndef TASMITE_PROTO_RFC2217_H
#define TASMITE_PROTO_RFC2217_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/buf.h"

struct rfc2217;

/* Events may come from within any function below but rfc2217_new. After RFC2217_BROKEN no byte is
 * looked at any more. */
enum rfc2217_event_kind {
	/* The server speaks RFC 2217: DO or WILL COM-PORT, or an answer of it. Once. */
	RFC2217_AGREED,
	/* It does not: both directions refused, none accepted. A plain telnet server. Once. */
	RFC2217_REFUSED,
	RFC2217_BAUD, /* the server's rate is value now */
	/* bits, parity ('N', 'E', 'O', 'M', 'S'), stop (1, 2; 3 is 1.5); 0: not heard of yet */
	RFC2217_FORMAT,
	RFC2217_CONTROL, /* answer to SET-CONTROL: value, for the lines one of rfc2217_line_state */
	RFC2217_MODEM,	 /* modem state: value as RFC 2217 section 4 (bits 4-7: CTS DSR RI CD) */
	RFC2217_LINE,	 /* line state */
	RFC2217_PURGED,
	RFC2217_SIGNATURE, /* text */
	RFC2217_SUSPEND,
	RFC2217_RESUME, /* the server asks to stop or go on with data */
	RFC2217_BROKEN	/* the peer's telnet can't be understood any more: text says why */
};

/* Values of RFC2217_CONTROL that tell how a line is; 7 and 10 are a server's "I don't know". */
enum rfc2217_line_state {
	RFC2217_DTR_ON = 8,
	RFC2217_DTR_OFF = 9,
	RFC2217_RTS_ON = 11,
	RFC2217_RTS_OFF = 12
};

struct rfc2217_event {
	enum rfc2217_event_kind kind;
	uint32_t value;
	uint8_t bits, stop;
	char parity;
	char text[64];
};

struct rfc2217_ops {
	void (*data)(void *ctx, const uint8_t *bytes, size_t n);
	void (*event)(void *ctx, const struct rfc2217_event *ev);
};

/* max_out (at least 1024) bounds what may wait to be sent. The greeting is queued at once. */
struct rfc2217 *rfc2217_new(const struct rfc2217_ops *ops, void *ctx, size_t max_out);
void rfc2217_free(struct rfc2217 *r); /* NULL allowed */
/* Bytes of the connection. */
void rfc2217_rx(struct rfc2217 *r, const uint8_t *bytes, size_t n);
/* Data for the device; all or nothing, false when too much waits (a byte FF counts twice, and a
 * part of max_out is kept for requests and negotiation). */
bool rfc2217_send(struct rfc2217 *r, const uint8_t *bytes, size_t n);
/* Requests; false when too much waits or the value is none that RFC 2217 knows. Each is sent whether
 * or not the server has agreed: those in use obey at once and may never answer. */
bool rfc2217_set_baud(struct rfc2217 *r, uint32_t baud);
bool rfc2217_set_format(struct rfc2217 *r, uint8_t bits, char parity, uint8_t stop);
bool rfc2217_set_flow(struct rfc2217 *r, int flow); /* 0 none, 1 RTS/CTS, 2 XON/XOFF */
/* Both in one piece; one that is already as asked is not sent again (esptool's server resets the
 * board at each). The order never passes through DTR off with RTS on, the reset state of boards,
 * unless that is what is asked. */
bool rfc2217_set_lines(struct rfc2217 *r, bool dtr, bool rts);
/* One line, the other is left as it is. */
bool rfc2217_set_dtr(struct rfc2217 *r, bool on);
bool rfc2217_set_rts(struct rfc2217 *r, bool on);
bool rfc2217_set_break(struct rfc2217 *r, bool on);
bool rfc2217_purge(struct rfc2217 *r, bool input, bool output);
/* Asks what server it is: RFC2217_SIGNATURE. pyserial's never says. */
bool rfc2217_ask_signature(struct rfc2217 *r);
/* Asks how the line is: RFC2217_CONTROL. pyserial's never says. */
bool rfc2217_ask_dtr(struct rfc2217 *r);
bool rfc2217_ask_rts(struct rfc2217 *r);
/* What is to be sent; consume what was. */
struct buf *rfc2217_out(struct rfc2217 *r);
bool rfc2217_agreed(const struct rfc2217 *r);

#endif

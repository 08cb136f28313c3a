/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network ports, for the opener: it connects, these carry the bytes. */
#ifndef TASMITE_IO_TR_NET_H
#define TASMITE_IO_TR_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/base/err.h"
#include "tasmite/io/transport.h"

/* Takes over a connected, non-blocking socket (closes it with the transport). name: as the user
 * named it; peer: the address in use. A peer that dies without a word is noticed after about 20
 * seconds. Never NULL. */
struct transport *tr_tcp_new(int fd, const char *name, const char *peer);

/* RFC 2217 over that transport, which it takes over; greets at once. Never NULL. Requests are queued
 * and sent without waiting for an answer; want() has LOOP_WRITE while some of that is left here, and
 * any read or write pushes it on. */
struct transport *tr_rfc2217_new(struct transport *over);
/* Before use: looks at what came until the server has agreed. ERR_OK: it has; what follows stays in
 * the socket. ERR_AGAIN: not yet. ERR_FORMAT: it is no RFC 2217 server. ERR_GONE and others
 * as read. t stays the caller's. */
int tr_rfc2217_listen(struct transport *t, struct err *err);
/* Whether a byte came at all. */
bool tr_rfc2217_heard(const struct transport *t);
/* What came as data before it agreed, as printable text ("" if nothing did); for error messages. */
const char *tr_rfc2217_said(const struct transport *t, char *dst, size_t size);
/* The first settings in one go: both lines (AUTO: cleared), rate and format. */
int tr_rfc2217_begin(struct transport *t, const struct transport_line *line, enum opener_line dtr,
    enum opener_line rts, struct err *err);
/* After that: ERR_OK when the server has answered to the rate, or sends data by the kilobyte.
 * ERR_AGAIN: not yet, and perhaps it never will. ERR_GONE: it had no port to offer, and hung up. Data
 * that came meanwhile is given to the first read, which therefore is to be made without waiting. */
int tr_rfc2217_confirm(struct transport *t, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opens what a port's name stands for without ever blocking: a tty or pseudo-terminal at once, a
 * network port after its name was resolved, the connection stands and (RFC 2217) the server was
 * heard. Names: a device or a link to one, part of a by-id name, VID:PID[:serial], "tcp://host:port",
 * "rfc2217://host:port".
 */
#ifndef TASMITE_IO_OPENER_H
#define TASMITE_IO_OPENER_H

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"
#include "tasmite/io/loop.h"
#include "tasmite/io/transport.h"

struct opener_options {
	struct transport_line line;
	enum opener_line dtr, rts; /* AUTO: cleared on USB bridges, asserted on native USB (303A) */
	bool exclusive;		   /* lock it (flock, TIOCEXCL); false: /set lock off */
};

struct opener;

/* t: the transport, owned by the callee; NULL with err when it did not work. Called exactly once,
 * possibly from within opener_new; the opener is freed by itself afterwards. */
typedef void (*opener_fn)(void *ctx, struct transport *t, const struct err *err, mono_t now);

/* Begins. Returns NULL when fn was called already. */
struct opener *opener_new(struct loop *l, const char *name, const struct opener_options *o,
    opener_fn fn, void *ctx, mono_t now);
/* Gives up; fn is not called. NULL allowed. */
void opener_cancel(struct opener *o);

#endif

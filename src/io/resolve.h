/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A host's addresses without blocking: numeric ones and /etc/hosts at once, else by DNS (c-ares). */
#ifndef TASMITE_IO_RESOLVE_H
#define TASMITE_IO_RESOLVE_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"
#include "tasmite/io/loop.h"

#define RESOLVE_MAX 8

struct resolve;

struct resolve_list {
	size_t count;
	struct resolve_address {
		struct sockaddr_storage sa;
		socklen_t len;
	} at[RESOLVE_MAX]; /* best first */
};

/* list: for the call; NULL with err when there is none. Called exactly once, possibly from within
 * resolve_new. */
typedef void (*resolve_fn)(
    void *ctx, const struct resolve_list *list, const struct err *err, mono_t now);

/* servers: "address:port,..." in place of the system's name servers (tests), NULL: the system's.
 * Returns NULL when fn was called already. */
struct resolve *resolve_new(struct loop *l, const char *host, unsigned port, const char *servers,
    resolve_fn fn, void *ctx, mono_t now);
/* Gives up; fn is not called. NULL allowed. */
void resolve_free(struct resolve *r);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can be found out from here, without privileges, about the way to a device in the network: does
 * anything come back when its address is called, does the neighbour table know it, is a packet filter
 * of this machine known to be on. Nothing waits: the answer comes by the loop.
 */
#ifndef TASMITE_IO_REACH_H
#define TASMITE_IO_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"

struct loop;
struct reach;

/* Neither answers nor silent: it is not known (it may only keep quiet). */
struct reach_result {
	bool answers; /* something came from that address, or a neighbour of that name is known */
	bool silent;  /* no way to it, or nobody in the network has the address */
};

typedef void (*reach_fn)(void *ctx, const struct reach_result *r, mono_t now);

/* Calls port of the numeric IPv4 address (a connection that is dropped at once, or refused: both are
 * an answer) and tells once, after `patience` at the latest. NULL with err when that can't be. */
struct reach *reach_new(struct loop *loop, const char *address, uint16_t port, mono_t patience,
    reach_fn fn, void *ctx, struct err *err);
/* Before the answer: there will be none. NULL allowed; allowed within fn. */
void reach_free(struct reach *r);

/* The neighbour table under root ("" : this machine's): 1 it knows an Ethernet address for it, 0 it
 * asked for one in vain, -1 it is not in there or can't be read. */
int reach_neighbour(const char *root, const char *address);
/* The packet filter that is known to be on ("ufw", "firewalld"); "" none is known, which is no proof.
 * root: as above. Returns dst. */
const char *reach_filter(const char *root, char *dst, size_t size);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A preloaded library, for tests only: makes a call at the system's edge fail. It is a library of
 * its own (edge.so), beside the one that shows adapters.
 *
 *	EDGE_FAIL=CALL,CLASS,N,WHAT[,on]  the Nth CALL (from 1) on something of that class fails with
 *	                                  WHAT; with "on" that one and all that follow
 *	EDGE_FULL=PATH    while PATH exists the disk is full: what is written into a file (below
 *	                  EDGE_HOME, if that is set) is cut short once, then refused
 *	EDGE_PORT=PATH    which terminal is the port
 *	EDGE_HOME=PATH    the test's folder: what is below is a file of interest
 *	EDGE_TRACE=PATH   a line "CALL CLASS NAME" for each call
 *	EDGE_FIRED=PATH   a line for the first call that was made to fail
 *
 * CLASS: port, file, mem (no name on a disk), tty, std (standard streams that are none), pipe, sock,
 * dir, dev, anon, bad; for paths also sys (/sys, /proc, /dev) and other; - where there is none.
 * WHAT: a name of errno, or short (one byte read, half of it written), or end (a read of 0).
 *
 * What can't be reached: what libc calls within itself (stdio's own reads and writes, getaddrinfo).
 */
#ifndef TESTS_SHIM_EDGE_H
#define TESTS_SHIM_EDGE_H

#include <stdbool.h>
#include <stddef.h>

#define EDGE_HIDDEN __attribute__((visibility("hidden")))
#define EDGE_SHOWN  __attribute__((visibility("default")))

enum edge_what { EDGE_GO = 0, EDGE_SHORT = -1, EDGE_END = -2 };

/* Counts the call. EDGE_GO: it is to be made; an errno value: it fails so; EDGE_SHORT, EDGE_END. */
EDGE_HIDDEN int edge_fd(const char *call, int fd);
EDGE_HIDDEN int edge_path(const char *call, const char *path);
EDGE_HIDDEN int edge_call(const char *call);
/* The same for a write, which a full disk refuses. */
EDGE_HIDDEN int edge_write(const char *call, int fd);

#endif

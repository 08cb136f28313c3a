/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Output to a descriptor that may be slow (a pipe, a terminal): what it does not take at once waits
 * in a queue, and the loop goes on.
 */
#ifndef TASMITE_IO_OUTPIPE_H
#define TASMITE_IO_OUTPIPE_H

#include <stddef.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"
#include "tasmite/io/loop.h"

struct outpipe;

/* Called once when nothing can be written any more; ERR_GONE: the reader has gone. What is queued is
 * thrown away. */
typedef void (*outpipe_fn)(void *ctx, const struct err *err, mono_t now);

/* fd stays the caller's. SIGPIPE must be ignored. NULL with err. */
struct outpipe *outpipe_new(struct loop *l, int fd, outpipe_fn fn, void *ctx, struct err *err);
/* NULL is allowed. */
void outpipe_free(struct outpipe *o);
/* Queues. */
void outpipe_put(struct outpipe *o, const void *bytes, size_t n);
/* Writes what the other end takes at once; for the end of each turn. */
void outpipe_flush(struct outpipe *o, mono_t now);
/* Bytes that wait. Who puts looks that it stays within bounds: beyond 64 MiB bytes are lost. */
size_t outpipe_queued(const struct outpipe *o);

#endif

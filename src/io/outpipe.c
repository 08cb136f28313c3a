/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output to a descriptor that may be slow. */
#include "tasmite/io/outpipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

#define QUEUE_MAX (64u << 20)
/* Written at once: a reader that is as fast as the port must not starve the keyboard. */
#define TURN_MAX (1u << 20)

struct outpipe {
	int fd;
	bool own;     /* a description of our own, which does not block */
	bool regular; /* a file: takes everything at once */
	bool failed;
	bool ready; /* select says that it takes something */
	struct watch *watch;
	struct buf queue;
	outpipe_fn fn;
	void *ctx;
};

static void on_ready(void *ctx, int ready, mono_t now)
{
	struct outpipe *o = ctx;

	(void)ready;
	o->ready = true;
	outpipe_flush(o, now);
}

/* A description that is shared with the shell must not be made non-blocking: others have it too. The
 * same pipe or terminal opened anew is ours alone. */
static int reopen(int fd)
{
	char path[32];

	str_fmt(path, sizeof(path), "/dev/fd/%d", fd);
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

struct outpipe *outpipe_new(struct loop *l, int fd, outpipe_fn fn, void *ctx, struct err *err)
{
	struct outpipe *o;
	struct stat st;
	int own = -1;

	if (fstat(fd, &st) < 0) {
		err_sys(err, errno, "nothing can be written to standard output");
		return NULL;
	}
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
		own = reopen(fd);
	o = xcalloc(1, sizeof(*o));
	o->own = own >= 0;
	o->fd = o->own ? own : fd;
	o->regular = S_ISREG(st.st_mode);
	o->fn = fn;
	o->ctx = ctx;
	buf_init(&o->queue, QUEUE_MAX);
	o->watch = watch_new(l, o->fd, 2, LOOP_NONE, on_ready, o, err);
	if (o->watch)
		return o;
	outpipe_free(o);
	return NULL;
}

void outpipe_free(struct outpipe *o)
{
	if (!o)
		return;
	watch_free(o->watch);
	if (o->own)
		close(o->fd);
	buf_fini(&o->queue);
	free(o);
}

void outpipe_put(struct outpipe *o, const void *bytes, size_t n)
{
	if (!o->failed)
		(void)buf_append_some(&o->queue, bytes, n);
}

static void fail(struct outpipe *o, int sys, mono_t now)
{
	struct err err = {0};

	o->failed = true;
	buf_clear(&o->queue);
	if (sys == EPIPE)
		err_set(&err, ERR_GONE, sys, "who read the output has gone");
	else
		err_sys(&err, sys, "cannot write to standard output");
	o->fn(o->ctx, &err, now);
}

/* How much may be given at once without being held: of a description that blocks only what select
 * has promised. */
static size_t piece(const struct outpipe *o)
{
	size_t n = buf_len(&o->queue);

	if (o->own || o->regular)
		return n < TURN_MAX ? n : TURN_MAX;
	return !o->ready ? 0 : n < PIPE_BUF ? n : PIPE_BUF;
}

void outpipe_flush(struct outpipe *o, mono_t now)
{
	size_t done = 0, n;

	while (!o->failed && done < TURN_MAX && (n = piece(o))) {
		ssize_t sent = write(o->fd, buf_bytes(&o->queue), n);

		o->ready = false;
		if (sent > 0) {
			buf_consume(&o->queue, (size_t)sent);
			done += (size_t)sent;
		} else if (sent == 0 || errno == EAGAIN) {
			break;
		} else if (errno != EINTR) {
			fail(o, errno, now);
		}
	}
	watch_set(o->watch, buf_len(&o->queue) ? LOOP_WRITE : LOOP_NONE);
}

size_t outpipe_queued(const struct outpipe *o)
{
	return buf_len(&o->queue);
}

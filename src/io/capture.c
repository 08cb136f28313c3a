/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A capture of the session to a file. */
#define _DEFAULT_SOURCE /* flock */
#include "tasmite/io/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/files.h"

#define GATHER	 65536
#define KEEP_MAX (4u << 20)
#define DELAY	 MONO_S(1)

struct capture {
	int fd;
	unsigned flags; /* enum capture_flags */
	char *path;
	char *real;    /* links resolved: what is renamed */
	uint64_t size; /* of the file and the queue */
	struct buf queue;
	mono_t due; /* when the queue is to be written at the latest; MONO_NEVER: empty */
	uint64_t bytes;
	uint64_t lost;
	uint64_t
	    gap; /* of these: since what waits was full; none is taken until all of it is written */
	uint64_t gap_over; /* lost in gaps that are over, and not asked for yet */
	struct err error;
};

/* Looked at before it is opened: opening alone makes some devices act, and waits on a pipe. */
static int open_file(const char *path, unsigned how, uint64_t *size, struct err *err)
{
	struct stat st;
	int link = how & CAPTURE_OWN_NAME ? O_NOFOLLOW : 0;
	int fd, seen = link ? lstat(path, &st) : stat(path, &st);

	if (seen == 0 && !S_ISREG(st.st_mode))
		return err_set(err, ERR_INVAL, 0, "cannot record to %s: it is %s", path,
		    S_ISLNK(st.st_mode) ? "a link" : "no regular file");
	fd = files_open(
	    path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | link, 0600);
	if (fd < 0)
		return err_sys(err, errno, "cannot record to %s", path);
	/* It may have been changed for another one meanwhile. */
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(
		    err, ERR_INVAL, 0, "cannot record to %s: it is no regular file", path);
	}
	/* Where there are no locks it goes without. */
	if ((how & CAPTURE_ALONE) && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		close(fd);
		return err_set(
		    err, ERR_BUSY, 0, "cannot record to %s: another session records there", path);
	}
	*size = (uint64_t)st.st_size;
	return fd;
}

struct capture *capture_open_as(const char *path, unsigned flags, struct err *err)
{
	struct capture *c;
	uint64_t size;
	int fd;

	if (files_make_parents(path, err) < 0)
		return NULL;
	fd = open_file(path, flags, &size, err);
	if (fd < 0)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->fd = fd;
	c->flags = flags;
	c->size = size;
	c->path = xstrdup(path);
	c->real = realpath(path, NULL);
	c->due = MONO_NEVER;
	buf_init(&c->queue, KEEP_MAX);
	return c;
}

struct capture *capture_open(const char *path, struct err *err)
{
	return capture_open_as(path, 0, err);
}

/* Writes the queue as far as the disk takes it. */
static int flush(struct capture *c, mono_t now, struct err *err)
{
	while (buf_len(&c->queue)) {
		ssize_t n = write(c->fd, buf_bytes(&c->queue), buf_len(&c->queue));

		if (n > 0) {
			buf_consume(&c->queue, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		err_sys(&c->error, n < 0 ? errno : EIO, "cannot record to %s", c->path);
		c->due = mono_add(now, DELAY);
		if (err)
			*err = c->error;
		return c->error.code;
	}
	c->due = MONO_NEVER;
	c->gap_over += c->gap;
	c->gap = 0;
	memset(&c->error, 0, sizeof(c->error));
	return ERR_OK;
}

static void lose(struct capture *c, uint64_t n)
{
	c->lost += n;
	c->gap += n;
}

/* After a loss: whether bytes are taken again. A file with many small holes would be of no use. */
static bool has_gap(struct capture *c, mono_t now)
{
	if (c->gap && now >= c->due)
		(void)flush(c, now, NULL);
	return c->gap > 0;
}

static int told(const struct capture *c, struct err *err)
{
	if (c->error.code && err)
		*err = c->error;
	return c->error.code;
}

int capture_write(struct capture *c, const void *bytes, size_t n, mono_t now, struct err *err)
{
	const uint8_t *p = bytes;
	int rc = ERR_OK;

	while (n && !has_gap(c, now)) {
		size_t taken = buf_append_some(&c->queue, p, n);

		p += taken;
		n -= taken;
		c->bytes += taken;
		c->size += taken;
		if (c->due == MONO_NEVER)
			c->due = mono_add(now, DELAY);
		/* While the disk refuses it is tried once a second, not with each byte. */
		if (buf_len(&c->queue) >= GATHER && (!c->error.code || now >= c->due))
			rc = flush(c, now, err);
		if (!buf_space(&c->queue))
			break;
	}
	if (n)
		lose(c, n);
	return rc == ERR_OK ? told(c, err) : rc;
}

int capture_write_whole(struct capture *c, const void *bytes, size_t n, mono_t now, struct err *err)
{
	if (n > buf_space(&c->queue) && now >= c->due)
		flush(c, now, NULL);
	if (n <= buf_space(&c->queue) && !has_gap(c, now))
		return capture_write(c, bytes, n, now, err);
	lose(c, n);
	return told(c, err);
}

uint64_t capture_gap(struct capture *c, mono_t now)
{
	uint64_t n = has_gap(c, now) ? 0 : c->gap_over;

	if (n)
		c->gap_over = 0;
	return n;
}

/* Nothing of it is kept: without a new file there is none that could fail to be made. */
static int begin_again(struct capture *c, struct err *err)
{
	if (ftruncate(c->fd, 0) < 0)
		return err_sys(err, errno, "cannot empty %s", c->path);
	c->size = 0;
	return ERR_OK;
}

/* NAME.keep goes, NAME.1 becomes NAME.2, NAME becomes NAME.1. */
static int shift(const char *path, int keep, struct err *err)
{
	size_t size = strlen(path) + 16;
	char *from = xmalloc(size), *to = xmalloc(size);
	int rc = ERR_OK;

	for (int i = keep; i > 0 && rc == ERR_OK; i--) {
		str_fmt(to, size, "%s.%d", path, i);
		if (i > 1)
			str_fmt(from, size, "%s.%d", path, i - 1);
		else
			str_copy(from, size, path);
		if (rename(from, to) < 0 && errno != ENOENT)
			rc = err_sys(err, errno, "cannot rename %s", from);
	}
	free(from);
	free(to);
	return rc;
}

int capture_rotate(struct capture *c, int keep, mono_t now, struct err *err)
{
	const char *path = c->real ? c->real : c->path;
	uint64_t size;
	int fd, rc = flush(c, now, err);

	if (rc == ERR_OK && !keep)
		return begin_again(c, err);
	if (rc == ERR_OK)
		rc = shift(path, keep, err);
	if (rc < 0)
		return rc;
	fd = open_file(path, c->flags | CAPTURE_OWN_NAME, &size, err);
	if (fd < 0)
		return fd;
	if (close(c->fd) < 0 && !c->error.code)
		err_sys(&c->error, errno, "cannot record to %s", c->path);
	c->fd = fd;
	c->size = size;
	return ERR_OK;
}

mono_t capture_tick(struct capture *c, mono_t now, struct err *err)
{
	if (c->due <= now)
		flush(c, now, err);
	return c->due;
}

const char *capture_path(const struct capture *c)
{
	return c->path;
}

uint64_t capture_bytes(const struct capture *c)
{
	return c->bytes;
}

uint64_t capture_file_size(const struct capture *c)
{
	return c->size;
}

uint64_t capture_lost(const struct capture *c)
{
	return c->lost;
}

const struct err *capture_error(const struct capture *c)
{
	return &c->error;
}

void capture_rescue(struct capture *c)
{
	const uint8_t *p = buf_bytes(&c->queue);
	size_t n = buf_len(&c->queue);

	while (p && n) {
		ssize_t done = write(c->fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		p += done;
		n -= (size_t)done;
	}
}

int capture_close(struct capture *c, struct err *err)
{
	char size[24];
	int rc;

	if (!c)
		return ERR_OK;
	rc = flush(c, 0, err);
	if (rc < 0)
		err_sys(err, c->error.sys, "cannot record to %s, the last %s", c->path,
		    str_size(size, sizeof(size), buf_len(&c->queue) + c->gap));
	/* Some file systems tell only now that the disk is full. */
	if (close(c->fd) < 0 && errno != EINTR && rc == ERR_OK)
		rc = err_sys(err, errno, "cannot record to %s", c->path);
	buf_fini(&c->queue);
	free(c->path);
	free(c->real);
	free(c);
	return rc;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tty node opened directly: pseudo-terminals, which libserialport refuses, and any other tty.
 */
#define _DEFAULT_SOURCE /* realpath */
#include "tasmite/io/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/loop.h"
#include "ttyset.h"
#include "tty.h"

#define NAME_SIZE sizeof(((struct transport *)0)->name)

struct tr_pty {
	struct transport base;
	int fd;
	bool pty;
};

static struct tr_pty *self(struct transport *t)
{
	return (struct tr_pty *)t;
}

static int tr_pty_fd(const struct transport *t)
{
	return ((const struct tr_pty *)t)->fd;
}

static int tr_pty_want(const struct transport *t)
{
	(void)t;
	return LOOP_READ;
}

static ssize_t tr_pty_read(struct transport *t, void *dst, size_t n, struct err *err)
{
	return tty_read(t, self(t)->fd, dst, n, err);
}

static ssize_t tr_pty_write(struct transport *t, const void *src, size_t n, struct err *err)
{
	return tty_write(t, self(t)->fd, src, n, err);
}

static int tr_pty_set_line(struct transport *t, const struct transport_line *line,
    struct transport_line *got, struct err *err)
{
	struct transport_line now;
	int rc = tty_check_line(line, err);
	int sys;

	if (rc < 0)
		return rc;
	sys = ttyset_apply(self(t)->fd, line);
	if (!sys)
		sys = ttyset_read(self(t)->fd, &now);
	if (sys)
		return tty_failed(t, sys, "setting rate and format", err);
	if (got)
		*got = now;
	return ERR_OK;
}

static int tr_pty_set_modem(struct transport *t, unsigned lines, struct err *err)
{
	return tty_set_modem(t, self(t)->fd, lines, err);
}

static int tr_pty_get_modem(struct transport *t, unsigned *lines, struct err *err)
{
	return tty_get_modem(t, self(t)->fd, lines, err);
}

static int tr_pty_purge(struct transport *t, bool input, bool output, struct err *err)
{
	return tty_purge(t, self(t)->fd, input, output, err);
}

static int tr_pty_pending(struct transport *t, size_t *bytes, struct err *err)
{
	return tty_pending(t, self(t)->fd, bytes, err);
}

static int tr_pty_set_break(struct transport *t, bool on, struct err *err)
{
	(void)on;
	return err_set(err, ERR_NOTSUP, 0, "%s: this kind of port can't send a break", t->name);
}

static void tr_pty_close(struct transport *t)
{
	struct tr_pty *p = self(t);

	/* Unsent bytes would hold a real port's close for up to 30 s; a pseudo-terminal doesn't
	 * wait, and its other end may still read them. */
	if (!p->pty) {
		tcflush(p->fd, TCOFLUSH);
		ioctl(p->fd, TIOCNXCL);
	}
	close(p->fd);
	free(p);
}

static const struct transport_ops tr_pty_ops = {
    .kind = "pty",
    .fd = tr_pty_fd,
    .want = tr_pty_want,
    .read = tr_pty_read,
    .write = tr_pty_write,
    .set_line = tr_pty_set_line,
    .set_modem = tr_pty_set_modem,
    .get_modem = tr_pty_get_modem,
    .purge = tr_pty_purge,
    .pending = tr_pty_pending,
    .set_break = tr_pty_set_break,
    .close = tr_pty_close,
};

/* ---- opening ---- */

static int resolve(const char *name, char path[PATH_MAX], struct err *err)
{
	char full[PATH_MAX];

	str_fmt(full, sizeof(full), "%s%s", strchr(name, '/') ? "" : "/dev/", name);
	if (strlen(name) >= NAME_SIZE)
		return err_set(err, ERR_INVAL, 0, "the port's name is too long");
	if (!realpath(full, path))
		return tty_not_opened(name, full, NULL, errno, err);
	if (strlen(path) >= NAME_SIZE)
		return err_set(err, ERR_INVAL, 0, "the path that %s leads to is too long", name);
	return ERR_OK;
}

/* Returns the descriptor or a negative code. */
static int open_node(const char *name, const char *path, bool *pty, struct err *err)
{
	struct stat st;
	int fd, rc = tty_check_node(name, path, &st, err);

	if (rc < 0)
		return rc;
	*pty = tty_is_pty(st.st_rdev);
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return tty_not_opened(name, path, &st, errno, err);
	rc = tty_take(fd, name, path, &st, err);
	if (rc == ERR_OK)
		return fd;
	close(fd);
	return rc;
}

static struct tr_pty *create(int fd, bool pty, const char *name, const char *path)
{
	struct tr_pty *p = xcalloc(1, sizeof(*p));
	int bits;

	p->fd = fd;
	p->pty = pty;
	p->base.ops = &tr_pty_ops;
	p->base.caps = TRANSPORT_HAS_BAUD;
	if (ioctl(fd, TIOCMGET, &bits) == 0)
		p->base.caps |= TRANSPORT_HAS_MODEM;
	str_copy(p->base.name, sizeof(p->base.name), name);
	str_copy(p->base.path, sizeof(p->base.path), path);
	str_copy(p->base.about, sizeof(p->base.about), pty ? "pseudo-terminal" : "serial port");
	return p;
}

struct transport *tr_pty_open(const char *name, const struct transport_line *line, struct err *err)
{
	char path[PATH_MAX];
	struct tr_pty *p;
	bool pty = false;
	int fd;

	if (tty_check_line(line, err) < 0 || resolve(name, path, err) < 0)
		return NULL;
	fd = open_node(name, path, &pty, err);
	if (fd < 0)
		return NULL;
	p = create(fd, pty, name, path);
	if (tr_pty_set_line(&p->base, line, NULL, err) < 0) {
		tr_pty_close(&p->base);
		return NULL;
	}
	return &p->base;
}

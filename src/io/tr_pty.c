/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tty node opened directly: pseudo-terminals, which libserialport refuses, and any other tty.
 */
#define _DEFAULT_SOURCE /* flock, TIOCEXCL, major */
#include "tasmite/io/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/loop.h"
#include "termios2.h"

/* Device numbers of Linux, Documentation/admin-guide/devices.txt: the slaves of pseudo-terminals,
 * and /dev/tty, /dev/console, /dev/ptmx. */
#define MAJOR_PTS_FIRST 136
#define MAJOR_PTS_LAST	143
#define MAJOR_TTY_ALIAS 5

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

static int gone(const struct transport *t, int sys, struct err *err)
{
	return err_set(err, ERR_GONE, sys,
	    "%s went away: unplugged, or the program at its other end has ended", t->name);
}

/* A failed call on the open port, as the code that the caller acts on. */
static int failed(const struct transport *t, int sys, const char *doing, struct err *err)
{
	switch (sys) {
	case EAGAIN:
	case EINTR:
		return ERR_AGAIN;
	case EIO: /* what a tty says once it was hung up */
	case ENODEV:
	case ENXIO:
		return gone(t, sys, err);
	case ENOTTY:
	case EINVAL:
	case EOPNOTSUPP:
		return err_set(err, ERR_NOTSUP, sys, "%s: %s is not supported by this kind of port",
		    t->name, doing);
	default:
		return err_sys(err, sys, "%s: %s failed", t->name, doing);
	}
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
	ssize_t got = read(self(t)->fd, dst, n);
	int queued;

	if (got > 0)
		return got;
	if (got < 0)
		return failed(t, errno, "reading", err);
	/* 0 is what an unplugged port answers for ever while select says "readable". A port that
	 * still works answers an ioctl. */
	if (ioctl(self(t)->fd, FIONREAD, &queued) < 0)
		return gone(t, errno, err);
	return ERR_AGAIN;
}

static ssize_t tr_pty_write(struct transport *t, const void *src, size_t n, struct err *err)
{
	ssize_t put = write(self(t)->fd, src, n);

	if (put > 0)
		return put;
	return put < 0 ? failed(t, errno, "writing", err) : ERR_AGAIN;
}

static int check_line(const struct transport_line *line, struct err *err)
{
	bool parity = line->parity == PARITY_NONE || line->parity == PARITY_EVEN ||
		      line->parity == PARITY_ODD;

	if (!line->baud)
		return err_set(err, ERR_RANGE, 0, "a rate of 0 baud can't be set");
	if (line->bits < 5 || line->bits > 8 || !parity || line->stop < 1 || line->stop > 2)
		return err_set(err, ERR_RANGE, 0,
		    "this line format can't be set: 5 to 8 bits, parity N, E or O, 1 or 2 stop "
		    "bits");
	return ERR_OK;
}

static int tr_pty_set_line(struct transport *t, const struct transport_line *line,
    struct transport_line *got, struct err *err)
{
	struct transport_line now;
	int rc = check_line(line, err);
	int sys;

	if (rc < 0)
		return rc;
	sys = termios2_apply(self(t)->fd, line);
	if (!sys)
		sys = termios2_read(self(t)->fd, &now);
	if (sys)
		return failed(t, sys, "setting rate and format", err);
	if (got)
		*got = now;
	return ERR_OK;
}

static int tr_pty_set_modem(struct transport *t, unsigned lines, struct err *err)
{
	int bits;

	if (ioctl(self(t)->fd, TIOCMGET, &bits) < 0)
		return failed(t, errno, "setting DTR and RTS", err);
	bits &= ~(TIOCM_DTR | TIOCM_RTS);
	if (lines & MODEM_DTR)
		bits |= TIOCM_DTR;
	if (lines & MODEM_RTS)
		bits |= TIOCM_RTS;
	/* Both in one call: one after the other can look like a reset pulse to a board. */
	if (ioctl(self(t)->fd, TIOCMSET, &bits) < 0)
		return failed(t, errno, "setting DTR and RTS", err);
	return ERR_OK;
}

static int tr_pty_get_modem(struct transport *t, unsigned *lines, struct err *err)
{
	static const struct {
		int bit;
		unsigned line;
	} map[] = {{TIOCM_DTR, MODEM_DTR}, {TIOCM_RTS, MODEM_RTS}, {TIOCM_CTS, MODEM_CTS},
	    {TIOCM_DSR, MODEM_DSR}, {TIOCM_CD, MODEM_DCD}, {TIOCM_RI, MODEM_RI}};
	int bits;

	*lines = 0;
	if (ioctl(self(t)->fd, TIOCMGET, &bits) < 0)
		return failed(t, errno, "reading the modem lines", err);
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (bits & map[i].bit)
			*lines |= map[i].line;
	return ERR_OK;
}

static int tr_pty_purge(struct transport *t, bool input, bool output, struct err *err)
{
	int which = output ? TCOFLUSH : TCIFLUSH;

	if (!input && !output)
		return ERR_OK;
	if (input && output)
		which = TCIOFLUSH;
	if (tcflush(self(t)->fd, which) < 0)
		return failed(t, errno, "discarding what is queued", err);
	return ERR_OK;
}

static int tr_pty_pending(struct transport *t, size_t *bytes, struct err *err)
{
	int queued = 0;

	*bytes = 0;
	if (ioctl(self(t)->fd, TIOCOUTQ, &queued) < 0)
		return failed(t, errno, "asking what is still to be sent", err);
	if (queued > 0)
		*bytes = (size_t)queued;
	return ERR_OK;
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

static bool is_pty(dev_t dev)
{
	return major(dev) >= MAJOR_PTS_FIRST && major(dev) <= MAJOR_PTS_LAST;
}

static int not_permitted(const char *name, const struct stat *st, int sys, struct err *err)
{
	const struct group *group = NULL;

	if (st && is_pty(st->st_rdev))
		return err_set(err, ERR_PERM, sys,
		    "not permitted to use %s: it belongs to another user", name);
	/* Debian's group is dialout, others call it uucp. */
	if (st && (st->st_mode & S_IWGRP))
		group = getgrgid(st->st_gid);
	return err_set(err, ERR_PERM, sys,
	    "not permitted to use %s: add yourself to group %s: sudo adduser $USER %s, then log "
	    "in again",
	    name, group ? group->gr_name : "dialout", group ? group->gr_name : "dialout");
}

/* st is what the node's stat said, NULL when it did not come to that. */
static int not_opened(const char *name, const struct stat *st, int sys, struct err *err)
{
	switch (sys) {
	case ENOENT:
	case ENOTDIR:
		return err_set(err, ERR_NOENT, sys,
		    "no such port: %s. Is the adapter plugged in, and is this its name?", name);
	case EACCES:
	case EPERM:
		return not_permitted(name, st, sys, err);
	case EBUSY:
	case EWOULDBLOCK:
		return err_set(err, ERR_BUSY, sys,
		    "%s is in use by another program (which one can't be told): end that one, "
		    "then try again",
		    name);
	case EIO:
	case ENXIO:
	case ENODEV:
		return err_set(err, ERR_GONE, sys,
		    "%s is there, but what it stands for is gone: plug the adapter in again", name);
	default:
		return err_sys(err, sys, "cannot open %s", name);
	}
}

static int resolve(const char *name, char path[PATH_MAX], struct err *err)
{
	char full[PATH_MAX];

	str_fmt(full, sizeof(full), "%s%s", strchr(name, '/') ? "" : "/dev/", name);
	if (strlen(name) >= NAME_SIZE)
		return err_set(err, ERR_INVAL, 0, "the port's name is too long");
	if (!realpath(full, path))
		return not_opened(name, NULL, errno, err);
	if (strlen(path) >= NAME_SIZE)
		return err_set(err, ERR_INVAL, 0, "the path that %s leads to is too long", name);
	return ERR_OK;
}

/* The terminal at which the user sits: raw mode and stolen keys would lock them out. */
static bool is_own_terminal(const struct stat *st)
{
	struct stat own;

	if (major(st->st_rdev) == MAJOR_TTY_ALIAS)
		return true;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (isatty(fd) && fstat(fd, &own) == 0 && own.st_rdev == st->st_rdev)
			return true;
	return false;
}

/* Looked at before it is opened, since opening alone makes some devices act. */
static int check_node(const char *name, const struct stat *st, struct err *err)
{
	if (S_ISDIR(st->st_mode))
		return err_set(err, ERR_INVAL, 0, "%s is a folder, not a serial port", name);
	if (S_ISREG(st->st_mode))
		return err_set(err, ERR_INVAL, 0, "%s is a file, not a serial port", name);
	if (!S_ISCHR(st->st_mode))
		return err_set(err, ERR_INVAL, 0, "%s is not a serial port", name);
	if (is_own_terminal(st))
		return err_set(err, ERR_INVAL, 0,
		    "%s is the terminal you are working at, not a serial port", name);
	return ERR_OK;
}

/* Takes the port for this program alone. */
static int take(int fd, const char *name, const struct stat *st, struct err *err)
{
	if (!isatty(fd))
		return err_set(err, ERR_INVAL, 0, "%s is not a serial port", name);
	/* The lock that tio, picocom and pyserial take as well. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return not_opened(name, st, errno, err);
	/* Not on a pty: there the mark outlives a program that was killed, as long as the other
	 * end is open, and would shut everybody out. */
	if (!is_pty(st->st_rdev) && ioctl(fd, TIOCEXCL) < 0)
		return not_opened(name, st, errno, err);
	return ERR_OK;
}

/* Returns the descriptor or a negative code. */
static int open_node(const char *name, const char *path, bool *pty, struct err *err)
{
	struct stat st;
	int fd, rc;

	if (stat(path, &st) < 0)
		return not_opened(name, NULL, errno, err);
	rc = check_node(name, &st, err);
	if (rc < 0)
		return rc;
	*pty = is_pty(st.st_rdev);
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return not_opened(name, &st, errno, err);
	rc = take(fd, name, &st, err);
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

	if (check_line(line, err) < 0 || resolve(name, path, err) < 0)
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the transports on a tty node have in common; see tty.h. */
#define _DEFAULT_SOURCE /* flock, TIOCEXCL */
#include "tty.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "devnum.h"
#include "ports_int.h"
#include "tasmite/base/mono.h"
#include "tasmite/base/str.h"
#include "tasmite/io/clock.h"
#include "tasmite/io/ports.h"

/* udev gives a new node to its group some milliseconds after the kernel made it; so long is a
 * refusal no verdict. */
#define SETTLE_US MONO_S(1)

/* ---- before it is open ---- */

bool tty_is_pty(dev_t dev)
{
	return devnum_is_pty(dev);
}

int tty_check_line(const struct transport_line *line, struct err *err)
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

/* The node is so new that its permissions may not be what they will be. */
static bool is_settling(const struct stat *st)
{
	int64_t changed = (int64_t)st->st_ctim.tv_sec * 1000000 + st->st_ctim.tv_nsec / 1000;
	int64_t age = clock_wall_us() - changed;

	return age >= 0 && age < SETTLE_US;
}

static int not_permitted(
    const char *name, const char *path, const struct stat *st, int sys, struct err *err)
{
	struct port_info info = {.name = ""};
	char remedy[160];

	if (st && tty_is_pty(st->st_rdev))
		return err_set(err, ERR_PERM, sys,
		    "not permitted to use %s: it belongs to another user", name);
	if (st && is_settling(st))
		return err_set(err, ERR_AGAIN, sys,
		    "%s has just been plugged in: the system is still setting it up", name);
	str_copy(info.path, sizeof(info.path), path);
	ports_permission(&info);
	return err_set(err, ERR_PERM, sys, "not permitted to use %s: %s", name,
	    ports_permission_advice(&info, remedy, sizeof(remedy)));
}

int tty_busy(const char *name, const char *path, int sys, struct err *err)
{
	struct port_info info = {.name = ""};
	const char *advice;

	str_copy(info.path, sizeof(info.path), path);
	ports_find_holder(&info);
	if (!info.holder)
		ports_suspect(&info);
	advice = ports_holder_advice(info.holder_name);
	if (info.holder > 0 && *advice)
		return err_set(err, ERR_BUSY, sys, "%s is in use by %s (process %ld): %s", name,
		    info.holder_name, (long)info.holder, advice);
	if (info.holder > 0)
		return err_set(err, ERR_BUSY, sys,
		    "%s is in use by %s (process %ld): end that program, then try again", name,
		    info.holder_name, (long)info.holder);
	if (info.holder_name[0])
		return err_set(err, ERR_BUSY, sys,
		    "%s is in use by another program, perhaps by %s, which is running: %s", name,
		    info.holder_name, advice);
	return err_set(err, ERR_BUSY, sys,
	    "%s is in use by another program; which one, tells: sudo fuser -v %s", name, path);
}

int tty_not_opened(
    const char *name, const char *path, const struct stat *st, int sys, struct err *err)
{
	switch (sys) {
	case ENOENT:
	case ENOTDIR:
		return err_set(err, ERR_NOENT, sys,
		    "no such port: %s. Is the adapter plugged in, and is this its name?", name);
	case EACCES:
	case EPERM:
		return not_permitted(name, path, st, sys, err);
	case EBUSY:
	case EWOULDBLOCK:
		return tty_busy(name, path, sys, err);
	case EIO:
	case ENXIO:
	case ENODEV:
		return err_set(err, ERR_GONE, sys,
		    "%s is there, but what it stands for is gone: plug the adapter in again", name);
	default:
		return err_sys(err, sys, "cannot open %s", name);
	}
}

/* The terminal at which the user sits: raw mode and stolen keys would lock them out. */
static bool is_own_terminal(const struct stat *st)
{
	struct stat own;

	if (devnum_is_tty_alias(st->st_rdev))
		return true;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (isatty(fd) && fstat(fd, &own) == 0 && own.st_rdev == st->st_rdev)
			return true;
	return false;
}

int tty_check_node(const char *name, const char *path, struct stat *st, struct err *err)
{
	if (stat(path, st) < 0)
		return tty_not_opened(name, path, NULL, errno, err);
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

int tty_take(int fd, const char *name, const char *path, const struct stat *st, struct err *err)
{
	if (!isatty(fd))
		return err_set(err, ERR_INVAL, 0, "%s is not a serial port", name);
	/* The lock that tio, picocom and pyserial take as well. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return tty_not_opened(name, path, st, errno, err);
	/* Not on a pty: there the mark outlives a program that was killed, as long as the other
	 * end is open, and would shut everybody out. */
	if (!tty_is_pty(st->st_rdev) && ioctl(fd, TIOCEXCL) < 0)
		return tty_not_opened(name, path, st, errno, err);
	return ERR_OK;
}

/* ---- while it is open ---- */

static int gone(const struct transport *t, int sys, struct err *err)
{
	return err_set(err, ERR_GONE, sys,
	    "%s went away: unplugged, or the program at its other end has ended", t->name);
}

int tty_failed(const struct transport *t, int sys, const char *doing, struct err *err)
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

ssize_t tty_read(struct transport *t, int fd, void *dst, size_t n, struct err *err)
{
	ssize_t got = read(fd, dst, n);
	int queued;

	if (got > 0)
		return got;
	if (got < 0)
		return tty_failed(t, errno, "reading", err);
	/* 0 is what an unplugged port answers for ever while select says "readable". A port that
	 * still works answers an ioctl. */
	if (ioctl(fd, FIONREAD, &queued) < 0)
		return gone(t, errno, err);
	return ERR_AGAIN;
}

ssize_t tty_write(struct transport *t, int fd, const void *src, size_t n, struct err *err)
{
	ssize_t put = write(fd, src, n);

	if (put > 0)
		return put;
	return put < 0 ? tty_failed(t, errno, "writing", err) : ERR_AGAIN;
}

int tty_set_modem(struct transport *t, int fd, unsigned lines, struct err *err)
{
	int bits;

	if (ioctl(fd, TIOCMGET, &bits) < 0)
		return tty_failed(t, errno, "setting DTR and RTS", err);
	bits &= ~(TIOCM_DTR | TIOCM_RTS);
	if (lines & MODEM_DTR)
		bits |= TIOCM_DTR;
	if (lines & MODEM_RTS)
		bits |= TIOCM_RTS;
	/* Both in one call: one after the other can look like a reset pulse to a board. */
	if (ioctl(fd, TIOCMSET, &bits) < 0)
		return tty_failed(t, errno, "setting DTR and RTS", err);
	return ERR_OK;
}

int tty_get_modem(struct transport *t, int fd, unsigned *lines, struct err *err)
{
	static const struct {
		int bit;
		unsigned line;
	} map[] = {{TIOCM_DTR, MODEM_DTR}, {TIOCM_RTS, MODEM_RTS}, {TIOCM_CTS, MODEM_CTS},
	    {TIOCM_DSR, MODEM_DSR}, {TIOCM_CD, MODEM_DCD}, {TIOCM_RI, MODEM_RI}};
	int bits;

	*lines = 0;
	if (ioctl(fd, TIOCMGET, &bits) < 0)
		return tty_failed(t, errno, "reading the modem lines", err);
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (bits & map[i].bit)
			*lines |= map[i].line;
	return ERR_OK;
}

int tty_purge(struct transport *t, int fd, bool input, bool output, struct err *err)
{
	int which = output ? TCOFLUSH : TCIFLUSH;

	if (!input && !output)
		return ERR_OK;
	if (input && output)
		which = TCIOFLUSH;
	if (tcflush(fd, which) < 0)
		return tty_failed(t, errno, "discarding what is queued", err);
	return ERR_OK;
}

int tty_pending(struct transport *t, int fd, size_t *bytes, struct err *err)
{
	int queued = 0;

	*bytes = 0;
	if (ioctl(fd, TIOCOUTQ, &queued) < 0)
		return tty_failed(t, errno, "asking what is still to be sent", err);
	if (queued > 0)
		*bytes = (size_t)queued;
	return ERR_OK;
}

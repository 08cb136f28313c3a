/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A serial port by libserialport: it opens and sets rate and format; the lock, the two lines in one
 * call, and what release 0.1.1 of the library doesn't do right, are seen to here on its descriptor.
 */
#define _DEFAULT_SOURCE /* TIOCEXCL, TIOCSBRK */
#include "tasmite/io/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "tasmite/base/log.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/loop.h"
#include "tasmite/io/ports.h"
#include "ttyset.h"
#include "tty.h"

/* Espressif's USB vendor id: the chip's own USB port. */
#define VID_ESPRESSIF 0x303a

struct tr_serial {
	struct transport base;
	struct sp_port *port;
	int fd;
	unsigned lines; /* DTR and RTS as they were last set */
	bool exclusive;
	bool in_break;
};

/* How to open. */
struct how {
	const char *name, *path;
	enum opener_line dtr, rts;
	bool exclusive;
};

static struct tr_serial *self(struct transport *t)
{
	return (struct tr_serial *)t;
}

/* ---- the open port --------------------------------------------------------------------------- */

static int tr_serial_fd(const struct transport *t)
{
	return ((const struct tr_serial *)t)->fd;
}

static int tr_serial_want(const struct transport *t)
{
	(void)t;
	return LOOP_READ;
}

static ssize_t tr_serial_read(struct transport *t, void *dst, size_t n, struct err *err)
{
	return tty_read(t, self(t)->fd, dst, n, err);
}

static ssize_t tr_serial_write(struct transport *t, const void *src, size_t n, struct err *err)
{
	return tty_write(t, self(t)->fd, src, n, err);
}

/* What a call of the library answered, as an errno value; 0 is good. The library's other codes come
 * without one. */
static int sp_errno(enum sp_return rc)
{
	switch (rc) {
	case SP_OK:
		return 0;
	case SP_ERR_FAIL:
		return errno ? errno : EIO;
	case SP_ERR_MEM:
		xalloc_die("out of memory");
	case SP_ERR_SUPP:
	case SP_ERR_ARG:
		break;
	}
	return EINVAL;
}

static enum sp_parity parity_of(const struct transport_line *line)
{
	switch (line->parity) {
	case PARITY_EVEN:
		return SP_PARITY_EVEN;
	case PARITY_ODD:
		return SP_PARITY_ODD;
	default:
		return SP_PARITY_NONE;
	}
}

/* One call for all of it. The lines are left out of the configuration: the library would send RTS,
 * then DTR, each by itself, and a board could take that for a reset. Returns an errno value. */
static int configure(const struct tr_serial *s, const struct transport_line *line)
{
	struct sp_port_config *config;
	int sys;

	if (line->baud > INT_MAX)
		return EINVAL;
	sys = sp_errno(sp_new_config(&config)); /* nothing in it is set yet */
	if (sys)
		return sys;
	sp_set_config_baudrate(config, (int)line->baud);
	sp_set_config_bits(config, line->bits);
	sp_set_config_parity(config, parity_of(line));
	sp_set_config_stopbits(config, line->stop);
	/* 0.1.1 leaves this one member of a new configuration to chance. */
	sp_set_config_xon_xoff(
	    config, line->flow == FLOW_XONXOFF ? SP_XONXOFF_INOUT : SP_XONXOFF_DISABLED);
	errno = 0;
	sys = sp_errno(sp_set_config(s->port, config));
	sp_free_config(config);
	return sys;
}

static int set_lines(struct tr_serial *s, unsigned lines, struct err *err)
{
	int rc = tty_set_modem(&s->base, s->fd, lines, err);

	if (rc == ERR_OK)
		s->lines = lines & (MODEM_DTR | MODEM_RTS);
	return rc;
}

static int tr_serial_set_line(struct transport *t, const struct transport_line *line,
    struct transport_line *got, struct err *err)
{
	struct tr_serial *s = self(t);
	struct transport_line now;
	int rc = tty_check_line(line, err);
	int sys;

	if (rc < 0)
		return rc;
	sys = configure(s, line);
	if (!sys)
		sys = ttyset_finish(s->fd, line);
	if (!sys)
		sys = ttyset_read(s->fd, &now);
	if (sys)
		return tty_failed(t, sys, "setting rate and format", err);
	if (!now.baud) /* one without a name, of which termios can't tell */
		now.baud = line->baud;
	if (got)
		*got = now;
	/* A driver may have moved them with the flow control. */
	return t->caps & TRANSPORT_HAS_MODEM ? set_lines(s, s->lines, err) : ERR_OK;
}

static int tr_serial_set_modem(struct transport *t, unsigned lines, struct err *err)
{
	return set_lines(self(t), lines, err);
}

static int tr_serial_get_modem(struct transport *t, unsigned *lines, struct err *err)
{
	return tty_get_modem(t, self(t)->fd, lines, err);
}

static int tr_serial_purge(struct transport *t, bool input, bool output, struct err *err)
{
	return tty_purge(t, self(t)->fd, input, output, err);
}

static int tr_serial_pending(struct transport *t, size_t *bytes, struct err *err)
{
	return tty_pending(t, self(t)->fd, bytes, err);
}

static int tr_serial_set_break(struct transport *t, bool on, struct err *err)
{
	struct tr_serial *s = self(t);

	if (ioctl(s->fd, on ? TIOCSBRK : TIOCCBRK) < 0)
		return tty_failed(t, errno, "a break", err);
	s->in_break = on;
	return ERR_OK;
}

static void tr_serial_close(struct transport *t)
{
	struct tr_serial *s = self(t);

	if (s->in_break)
		ioctl(s->fd, TIOCCBRK);
	/* Bytes that the device doesn't take (flow control) would hold the close for up to 30 s. */
	tcflush(s->fd, TCOFLUSH);
	if (s->exclusive)
		ioctl(s->fd, TIOCNXCL);
	sp_close(s->port);
	sp_free_port(s->port);
	free(s);
}

static const struct transport_ops tr_serial_ops = {
    .kind = "serial",
    .fd = tr_serial_fd,
    .want = tr_serial_want,
    .read = tr_serial_read,
    .write = tr_serial_write,
    .set_line = tr_serial_set_line,
    .set_modem = tr_serial_set_modem,
    .get_modem = tr_serial_get_modem,
    .purge = tr_serial_purge,
    .pending = tr_serial_pending,
    .set_break = tr_serial_set_break,
    .close = tr_serial_close,
};

/* ---- opening --------------------------------------------------------------------------------- */

bool tr_serial_knows(const char *path)
{
	return str_starts(path, "/dev/") && path[5] && path[5] != '.' && ports_known(path + 5);
}

/* Opening raises DTR and RTS under the feet of whoever has the port, so a holder is looked for
 * first: root's open would not even be refused by TIOCEXCL. */
static int check_holder(const struct how *how, struct err *err)
{
	struct port_info info = {.name = ""};

	if (!how->exclusive)
		return ERR_OK;
	str_copy(info.path, sizeof(info.path), how->path);
	ports_find_holder(&info);
	return info.holder ? tty_busy(how->name, how->path, EBUSY, err) : ERR_OK;
}

/* The library's handle of the open port. */
static int open_port(const struct how *how, struct sp_port **port, int *fd, struct err *err)
{
	struct stat st;
	int sys, rc = tty_check_node(how->name, how->path, &st, err);

	if (rc == ERR_OK)
		rc = check_holder(how, err);
	if (rc < 0)
		return rc;
	if (sp_get_port_by_name(how->path, port) != SP_OK)
		return err_set(err, ERR_NOTSUP, 0,
		    "%s is not among the serial ports that the system lists", how->name);
	errno = 0;
	sys = sp_errno(sp_open(*port, SP_MODE_READ_WRITE));
	if (sys == ENOTTY || sys == EINVAL) {
		/* The library asks each tty for its modem lines and gives up where there are none. */
		rc = err_set(err, ERR_NOTSUP, sys, "%s has no modem lines", how->name);
		sp_close(*port);
	} else if (sys) {
		rc = tty_not_opened(how->name, how->path, &st, sys, err);
		sp_close(*port);
	} else if (sp_get_port_handle(*port, fd) != SP_OK) {
		rc = err_set(err, ERR_FAIL, 0, "%s: the library has no descriptor", how->name);
		sp_close(*port);
	} else if (fcntl(*fd, F_SETFD, FD_CLOEXEC) < 0) {
		/* A program started from the session would keep the port; the library doesn't mind. */
		rc = err_sys(err, errno, "%s: the descriptor can't be kept private", how->name);
		sp_close(*port);
	} else if (how->exclusive) {
		rc = tty_take(*fd, how->name, how->path, &st, err);
		if (rc < 0)
			sp_close(*port); /* what the other one sends stays as it is */
	}
	if (rc < 0)
		sp_free_port(*port);
	return rc;
}

static bool line_on(enum opener_line want, bool automatic, bool was)
{
	switch (want) {
	case OPENER_ON:
		return true;
	case OPENER_OFF:
		return false;
	case OPENER_KEEP:
		return was;
	case OPENER_AUTO:
		break;
	}
	return automatic;
}

/* What DTR and RTS are to be. On the chip's own USB port set lines are the idle state, and a change
 * of one alone resets it; behind a bridge cleared ones are. With RTS/CTS a cleared RTS would keep
 * the device from sending. */
static unsigned lines_wanted(const struct how *how, const struct transport_line *line,
    const struct port_info *info, unsigned now)
{
	bool native = info->usb && info->vid == VID_ESPRESSIF;
	unsigned lines = 0;

	if (line_on(how->dtr, native, now & MODEM_DTR))
		lines |= MODEM_DTR;
	if (line_on(how->rts, native || line->flow == FLOW_RTSCTS, now & MODEM_RTS))
		lines |= MODEM_RTS;
	return lines;
}

/* Drivers that don't know it refuse; that is no error. */
static void lower_latency(const struct tr_serial *s, const struct port_info *info)
{
	int sys = info->usb ? ttyset_low_latency(s->fd) : 0;

	if (sys)
		log_trace("serial", "%s: no low latency (errno %d)", s->base.name, sys);
}

static int prepare(
    struct tr_serial *s, const struct how *how, const struct transport_line *line, struct err *err)
{
	struct port_info info;
	unsigned now;
	int rc, sys;

	if (!ports_describe(how->path, &info))
		memset(&info, 0, sizeof(info));
	str_copy(s->base.about, sizeof(s->base.about), info.about[0] ? info.about : "serial port");
	rc = tty_get_modem(&s->base, s->fd, &now, err);
	if (rc == ERR_OK) {
		s->base.caps |= TRANSPORT_HAS_MODEM;
		rc = set_lines(s, lines_wanted(how, line, &info, now), err);
	} else if (rc == ERR_NOTSUP) {
		rc = ERR_OK;
	}
	if (rc < 0)
		return rc;
	sys = ttyset_keep_lines(s->fd);
	if (sys)
		return tty_failed(&s->base, sys, "keeping the lines", err);
	rc = tr_serial_set_line(&s->base, line, NULL, err);
	if (rc == ERR_OK)
		lower_latency(s, &info);
	return rc;
}

static struct transport *open_how(
    const struct how *how, const struct transport_line *line, struct err *err)
{
	struct tr_serial *s;
	struct sp_port *port;
	int fd = -1;

	if (tty_check_line(line, err) < 0 || open_port(how, &port, &fd, err) < 0)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->port = port;
	s->fd = fd;
	s->exclusive = how->exclusive;
	s->base.ops = &tr_serial_ops;
	s->base.caps = TRANSPORT_HAS_BAUD | TRANSPORT_HAS_BREAK;
	str_copy(s->base.name, sizeof(s->base.name), how->name);
	str_copy(s->base.path, sizeof(s->base.path), how->path);
	if (prepare(s, how, line, err) < 0) {
		tr_serial_close(&s->base);
		return NULL;
	}
	return &s->base;
}

struct transport *tr_serial_open(const char *name, const char *path,
    const struct transport_line *line, enum opener_line dtr, enum opener_line rts, struct err *err)
{
	struct how how = {name, path, dtr, rts, true};

	return open_how(&how, line, err);
}

struct transport *tr_serial_open_shared(const char *name, const char *path,
    const struct transport_line *line, enum opener_line dtr, enum opener_line rts, struct err *err)
{
	struct how how = {name, path, dtr, rts, false};

	return open_how(&how, line, err);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A raw TCP connection: the bytes as they are; rate and lines are the server's business. */
#define _DEFAULT_SOURCE /* TCP_USER_TIMEOUT, TIOCOUTQ */
#include "tr_net.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/loop.h"

/* A silent connection is asked after IDLE seconds, then every INTERVAL; unanswered for DEAD in all,
 * or with bytes of ours unconfirmed for so long, it is given up. */
#define KEEP_IDLE_S	10
#define KEEP_INTERVAL_S 5
#define KEEP_PROBES	2
#define DEAD_MS		20000
/* Most that one purge throws away: a flooding server must not hold the loop. */
#define PURGE_MAX (1024 * 1024)

struct tr_tcp {
	struct transport base;
	int fd;
};

static struct tr_tcp *self(struct transport *t)
{
	return (struct tr_tcp *)t;
}

static int failed(const struct transport *t, int sys, struct err *err)
{
	switch (sys) {
	case EAGAIN:
#if EWOULDBLOCK != EAGAIN
	case EWOULDBLOCK:
#endif
	case EINTR:
		return ERR_AGAIN;
	case ECONNRESET:
	case ECONNABORTED:
	case EPIPE:
		return err_set(
		    err, ERR_GONE, sys, "%s: the server dropped the connection", t->name);
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
	case ENETRESET:
		return err_set(err, ERR_GONE, sys,
		    "%s: the server does not answer any more: is it running, is the network up?",
		    t->name);
	default:
		return err_sys(err, sys, "%s: the connection failed", t->name);
	}
}

static int tr_tcp_fd(const struct transport *t)
{
	return ((const struct tr_tcp *)t)->fd;
}

static int tr_tcp_want(const struct transport *t)
{
	(void)t;
	return LOOP_READ;
}

static ssize_t tr_tcp_read(struct transport *t, void *dst, size_t n, struct err *err)
{
	ssize_t got = recv(self(t)->fd, dst, n, 0);

	if (got > 0)
		return got;
	if (got < 0)
		return failed(t, errno, err);
	return err_set(err, ERR_GONE, 0,
	    "%s: the server closed the connection: its adapter was unplugged, or somebody else "
	    "took the port",
	    t->name);
}

static ssize_t tr_tcp_write(struct transport *t, const void *src, size_t n, struct err *err)
{
	ssize_t put = send(self(t)->fd, src, n, MSG_NOSIGNAL);

	if (put > 0)
		return put;
	return put < 0 ? failed(t, errno, err) : ERR_AGAIN;
}

static int cannot(const struct transport *t, const char *what, struct err *err)
{
	return err_set(err, ERR_NOTSUP, 0,
	    "%s is a plain TCP connection: %s is set at the server, or use rfc2217:// if it "
	    "speaks that",
	    t->name, what);
}

static int tr_tcp_set_line(struct transport *t, const struct transport_line *line,
    struct transport_line *got, struct err *err)
{
	if (got)
		*got = *line;
	return cannot(t, "the rate", err);
}

static int tr_tcp_set_modem(struct transport *t, unsigned lines, struct err *err)
{
	(void)lines;
	return cannot(t, "DTR or RTS", err);
}

static int tr_tcp_get_modem(struct transport *t, unsigned *lines, struct err *err)
{
	*lines = 0;
	return cannot(t, "no modem line is seen here; a line", err);
}

static int tr_tcp_purge(struct transport *t, bool input, bool output, struct err *err)
{
	char scrap[16384];

	/* An end or a fault found here is found again by the next read. */
	for (size_t all = 0; input && all < PURGE_MAX;) {
		ssize_t got = recv(self(t)->fd, scrap, sizeof(scrap), 0);

		if (got <= 0)
			break;
		all += (size_t)got;
	}
	if (output)
		return err_set(err, ERR_NOTSUP, 0,
		    "%s: what was sent over the network can't be taken back", t->name);
	return ERR_OK;
}

static int tr_tcp_pending(struct transport *t, size_t *bytes, struct err *err)
{
	int queued = 0;

	*bytes = 0;
	/* For a socket: what the other side has not confirmed yet (tcp(7), SIOCOUTQ). */
	if (ioctl(self(t)->fd, TIOCOUTQ, &queued) < 0)
		return failed(t, errno, err);
	if (queued > 0)
		*bytes = (size_t)queued;
	return ERR_OK;
}

static int tr_tcp_set_break(struct transport *t, bool on, struct err *err)
{
	(void)on;
	return cannot(t, "no break can be sent; it", err);
}

static void tr_tcp_close(struct transport *t)
{
	close(self(t)->fd);
	free(t);
}

static const struct transport_ops tr_tcp_ops = {
    .kind = "tcp",
    .fd = tr_tcp_fd,
    .want = tr_tcp_want,
    .read = tr_tcp_read,
    .write = tr_tcp_write,
    .set_line = tr_tcp_set_line,
    .set_modem = tr_tcp_set_modem,
    .get_modem = tr_tcp_get_modem,
    .purge = tr_tcp_purge,
    .pending = tr_tcp_pending,
    .set_break = tr_tcp_set_break,
    .close = tr_tcp_close,
};

/* What the system refuses of this only makes a dead server noticed later. */
static void watch_over(int fd)
{
	static const struct {
		int level, option, value;
	} options[] = {
	    {SOL_SOCKET, SO_KEEPALIVE, 1},
#ifdef TCP_KEEPIDLE
	    {IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE_S},
	    {IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL_S},
	    {IPPROTO_TCP, TCP_KEEPCNT, KEEP_PROBES},
#endif
#ifdef TCP_USER_TIMEOUT
	    {IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_MS},
#endif
	    /* Keys and SLIP frames are small and wait for their answer. */
	    {IPPROTO_TCP, TCP_NODELAY, 1},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		(void)setsockopt(fd, options[i].level, options[i].option, &options[i].value,
		    sizeof(options[i].value));
}

struct transport *tr_tcp_new(int fd, const char *name, const char *peer)
{
	struct tr_tcp *p = xcalloc(1, sizeof(*p));

	watch_over(fd);
	p->fd = fd;
	p->base.ops = &tr_tcp_ops;
	str_copy(p->base.name, sizeof(p->base.name), name);
	str_copy(p->base.path, sizeof(p->base.path), peer);
	str_copy(p->base.about, sizeof(p->base.about), "TCP connection");
	return &p->base;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual device on the network; see net.h. */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Output that the chip may fill; the rest is for answers, doubled bytes included. */
#define DATA_MAX (SIM_NET_OUT / 4)

void sim_net_init(struct sim_net *n, const struct sim_rfc_host *host)
{
	memset(n, 0, sizeof(*n));
	n->host = *host;
	n->fd = -1;
	n->present = true;
	for (size_t i = 0; i < SIM_NET_KINDS; i++)
		n->listen_fd[i] = -1;
}

static int listener(unsigned port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1, saved;

	if (fd < 0)
		return -1;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
	    bind(fd, (const struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 4) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

bool sim_net_listen(struct sim_net *n, enum sim_net_kind kind, unsigned port, unsigned *actual)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	int fd = listener(port);

	if (fd < 0)
		return false;
	n->listen_fd[kind] = fd;
	if (getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return false;
	*actual = ntohs(a.sin_port);
	return true;
}

/* The port is closed: both lines drop together. */
static void drop(struct sim_net *n)
{
	if (n->fd < 0)
		return;
	close(n->fd);
	n->fd = -1;
	n->out_len = 0;
	n->gone = false;
	if (n->present) {
		n->host.brk(n->host.ctx, false);
		n->host.lines(n->host.ctx, false, false);
	}
}

void sim_net_close(struct sim_net *n)
{
	drop(n);
	for (size_t i = 0; i < SIM_NET_KINDS; i++)
		if (n->listen_fd[i] >= 0)
			close(n->listen_fd[i]);
}

size_t sim_net_poll(const struct sim_net *n, struct pollfd *fds, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < SIM_NET_KINDS; i++)
		if (n->listen_fd[i] >= 0 && count < max)
			fds[count++] = (struct pollfd){.fd = n->listen_fd[i], .events = POLLIN};
	if (n->fd >= 0 && count < max)
		fds[count++] = (struct pollfd){.fd = n->fd,
		    .events = (short)((n->deaf ? 0 : POLLIN) | (n->out_len ? POLLOUT : 0))};
	return count;
}

/* --- output ----------------------------------------------------------------------------------- */

static void flush(struct sim_net *n)
{
	ssize_t sent = 0;

	if (n->out_len)
		sent = send(n->fd, n->out, n->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent > 0) {
		n->out_len -= (size_t)sent;
		memmove(n->out, n->out + sent, n->out_len);
	}
	if ((sent < 0 && errno != EAGAIN && errno != EINTR) || (n->gone && n->out_len == 0))
		drop(n);
}

/* A client that takes nothing any more loses answers, as it would lose data. */
static void put(void *ctx, const uint8_t *bytes, size_t len)
{
	struct sim_net *n = ctx;

	if (len > sizeof(n->out) - n->out_len)
		return;
	memcpy(n->out + n->out_len, bytes, len);
	n->out_len += len;
}

size_t sim_net_write(struct sim_net *n, const uint8_t *bytes, size_t len)
{
	if (n->fd < 0 || n->gone || n->out_len >= DATA_MAX)
		return 0;
	if (len > DATA_MAX - n->out_len)
		len = DATA_MAX - n->out_len;
	if (n->kind == SIM_NET_TCP && !(n->faults & SIM_RFC_STALL))
		put(n, bytes, len);
	else if (n->kind == SIM_NET_RFC2217 && !sim_rfc_output(&n->rfc, bytes, len))
		return 0;
	flush(n);
	return len;
}

/* --- clients ---------------------------------------------------------------------------------- */

/* What the codec calls goes on to the owner, with the owner's own pointer. */
static void on_data(void *ctx, const uint8_t *bytes, size_t len)
{
	struct sim_net *n = ctx;

	n->host.data(n->host.ctx, bytes, len);
}

static void on_baud(void *ctx, uint32_t baud)
{
	struct sim_net *n = ctx;

	n->host.baud(n->host.ctx, baud);
}

static void on_lines(void *ctx, bool dtr, bool rts)
{
	struct sim_net *n = ctx;

	n->host.lines(n->host.ctx, dtr, rts);
}

static void on_break(void *ctx, bool on)
{
	struct sim_net *n = ctx;

	n->host.brk(n->host.ctx, on);
}

static void on_purge(void *ctx, bool rx, bool tx)
{
	struct sim_net *n = ctx;

	n->host.purge(n->host.ctx, rx, tx);
}

static void on_format(void *ctx, const char *what)
{
	struct sim_net *n = ctx;

	n->host.format(n->host.ctx, what);
}

static void say(struct sim_net *n, const char *text)
{
	put(n, (const uint8_t *)text, strlen(text));
	n->gone = true;
}

static void greet(struct sim_net *n)
{
	const struct sim_rfc_host host = {.ctx = n,
	    .data = on_data,
	    .out = put,
	    .baud = on_baud,
	    .lines = on_lines,
	    .brk = on_break,
	    .purge = on_purge,
	    .format = on_format};

	if (n->kind == SIM_NET_RFC2217) {
		sim_rfc_begin(&n->rfc, &host, n->faults, n->modem);
	} else {
		n->host.baud(n->host.ctx, 115200);
		n->host.lines(n->host.ctx, true, true);
	}
	if (!n->present)
		say(n, "Device open failure: Value or file not found\r\n");
	flush(n);
}

static void accept_one(struct sim_net *n, enum sim_net_kind kind)
{
	int fd = n->listen_fd[kind] < 0 ? -1 : accept(n->listen_fd[kind], NULL, NULL), one = 1;

	if (fd < 0)
		return;
	drop(n);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	n->fd = fd;
	n->kind = kind;
	n->received = 0;
	greet(n);
}

/* How much may be read before the server is to die. */
static size_t ration(const struct sim_net *n, size_t size)
{
	uint64_t left = n->die_at > n->received ? n->die_at - n->received : 0;

	return n->die_at && left < size ? (size_t)left : size;
}

static void read_client(struct sim_net *n)
{
	uint8_t bytes[4096];
	ssize_t got;

	while (n->fd >= 0 && !n->deaf && !n->gone) {
		got = recv(n->fd, bytes, ration(n, sizeof(bytes)), 0);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
			drop(n);
			return;
		}
		if (got < 0)
			return;
		n->received += (uint64_t)got;
		if (n->kind == SIM_NET_RFC2217)
			sim_rfc_input(&n->rfc, bytes, (size_t)got);
		else
			n->host.data(n->host.ctx, bytes, (size_t)got);
		if (n->die_at && n->received >= n->die_at) {
			n->die_at = 0;
			drop(n);
		}
	}
}

void sim_net_serve(struct sim_net *n)
{
	for (int kind = 0; kind < SIM_NET_KINDS; kind++)
		accept_one(n, (enum sim_net_kind)kind);
	if (n->fd >= 0)
		read_client(n);
	if (n->fd >= 0)
		flush(n);
}

bool sim_net_there(const struct sim_net *n)
{
	return n->fd >= 0 && !n->gone;
}

void sim_net_plugged(struct sim_net *n, bool present)
{
	if (n->present && !present) {
		n->present = false; /* no lines are left to drop */
		drop(n);
	}
	n->present = present;
}

void sim_net_modem(struct sim_net *n, uint8_t modem)
{
	n->modem = modem;
	if (n->fd >= 0 && n->kind == SIM_NET_RFC2217)
		sim_rfc_modem(&n->rfc, modem);
}

/* --- faults ----------------------------------------------------------------------------------- */

static bool set_death(struct sim_net *n, const char *number)
{
	char *end;
	unsigned long long v = strtoull(number, &end, 10);

	if (end == number || *end || v == 0)
		return false;
	n->die_at = v;
	n->received = 0;
	return true;
}

static bool other_fault(struct sim_net *n, const char *spec)
{
	if (strncmp(spec, "die@byte:", 9) == 0)
		return set_death(n, spec + 9);
	if (strcmp(spec, "deaf") == 0) {
		n->deaf = true;
	} else if (strcmp(spec, "kick") == 0) {
		drop(n);
	} else if (strcmp(spec, "clear") == 0) {
		n->faults = 0;
		n->deaf = false;
		n->die_at = 0;
	} else {
		return false;
	}
	return true;
}

bool sim_net_fault(struct sim_net *n, const char *spec)
{
	static const struct {
		const char *name;
		unsigned bit;
	} simple[] = {{"mute-control", SIM_RFC_MUTE_CONTROL}, {"stall", SIM_RFC_STALL},
	    {"rubbish", SIM_RFC_RUBBISH}, {"break-stuck", SIM_RFC_BREAK_STUCK}};
	bool known = false;

	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++) {
		if (strcmp(spec, simple[i].name) == 0) {
			n->faults |= simple[i].bit;
			known = true;
		}
	}
	if (!known && !other_fault(n, spec))
		return false;
	n->rfc.faults = n->faults;
	return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sockets of the virtual device's application; see radio.h. */
#include "radio.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 4096

static void shut(void *ctx)
{
	struct sim_radio_front *r = ctx;

	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	r->up = r->failed = false;
	r->out_n = 0;
}

static struct sockaddr_in address(uint32_t ip, uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

	in.sin_addr.s_addr = htonl(ip);
	return in;
}

/* What fails at once is told by the next sim_radio_serve: not within the device's own call. */
static void dial(void *ctx, uint32_t from, uint32_t to, uint16_t port)
{
	struct sim_radio_front *r = ctx;
	struct sockaddr_in here = address(from, 0), there = address(to, port);
	int window = 4096;

	shut(r);
	r->began = -1;
	r->taken = 0;
	r->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (r->fd < 0) {
		r->failed = true;
		return;
	}
	/* A chip's window is a few kilobytes. */
	(void)setsockopt(r->fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
	if ((from >> 24 == 127 && bind(r->fd, (struct sockaddr *)&here, sizeof(here))) ||
	    (connect(r->fd, (struct sockaddr *)&there, sizeof(there)) && errno != EINPROGRESS)) {
		shut(r);
		r->failed = true;
	}
}

static void queue(void *ctx, const void *bytes, size_t n)
{
	struct sim_radio_front *r = ctx;

	if (n > sizeof(r->out) - r->out_n)
		n = sizeof(r->out) - r->out_n;
	memcpy(r->out + r->out_n, bytes, n);
	r->out_n += n;
}

void sim_radio_init(struct sim_radio_front *r, uint32_t rate)
{
	memset(r, 0, sizeof(*r));
	r->fd = -1;
	r->rate = rate;
	r->radio = (struct sim_radio){.ctx = r, .open = dial, .send = queue, .close = shut};
}

void sim_radio_fini(struct sim_radio_front *r)
{
	shut(r);
}

size_t sim_radio_poll(const struct sim_radio_front *r, struct pollfd *fds, size_t max)
{
	if (r->fd < 0 || !max)
		return 0;
	fds[0].fd = r->fd;
	fds[0].events =
	    (short)(r->up ? (r->rate ? 0 : POLLIN) | (r->out_n ? POLLOUT : 0) : POLLOUT);
	return 1;
}

/* How many bytes the device takes by now. */
static size_t budget(struct sim_radio_front *r, sim_time now)
{
	uint64_t due;

	if (!r->rate)
		return PIECE;
	if (r->began < 0)
		r->began = now;
	due = (uint64_t)(now - r->began) * r->rate / 1000000;
	if (due <= r->taken)
		return 0;
	return due - r->taken < PIECE ? (size_t)(due - r->taken) : PIECE;
}

static void receive(struct sim_radio_front *r, struct sim_link *l, sim_time now)
{
	uint8_t bytes[PIECE];
	size_t most = budget(r, now);
	ssize_t n = most ? recv(r->fd, bytes, most, 0) : -2;

	if (n > 0) {
		r->taken += (uint64_t)n;
		sim_link_radio(l, SIM_RADIO_DATA, bytes, (size_t)n, now);
	} else if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR)) {
		shut(r);
		sim_link_radio(l, SIM_RADIO_END, NULL, 0, now);
	}
}

static void established(struct sim_radio_front *r, struct sim_link *l, sim_time now)
{
	struct pollfd p = {.fd = r->fd, .events = POLLOUT};
	int error = 0;
	socklen_t n = sizeof(error);

	if (poll(&p, 1, 0) <= 0)
		return;
	(void)getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &error, &n);
	if (error)
		shut(r);
	else
		r->up = true;
	sim_link_radio(l, error ? SIM_RADIO_REFUSED : SIM_RADIO_UP, NULL, 0, now);
}

void sim_radio_serve(struct sim_radio_front *r, struct sim_link *l, sim_time now)
{
	ssize_t n;

	if (r->failed) {
		r->failed = false;
		sim_link_radio(l, SIM_RADIO_REFUSED, NULL, 0, now);
		return;
	}
	if (r->fd < 0)
		return;
	if (!r->up) {
		established(r, l, now);
		return;
	}
	if (r->out_n) {
		n = send(r->fd, r->out, r->out_n, MSG_NOSIGNAL);
		if (n > 0) {
			memmove(r->out, r->out + n, r->out_n - (size_t)n);
			r->out_n -= (size_t)n;
		}
	}
	receive(r, l, now);
}

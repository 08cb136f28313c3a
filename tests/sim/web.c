/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clients of the virtual device's web page; see web.h. */
#include "web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void hang_up(struct sim_web_front *w)
{
	drop(&w->fd);
	w->out_n = 0;
	w->closing = false;
}

/* ---- for the device ----------------------------------------------------------------------------- */

static void listen_at(void *ctx, uint32_t ip)
{
	struct sim_web_front *w = ctx;

	drop(&w->listener);
	hang_up(w);
	w->ip = ip;
}

static void queue(void *ctx, const void *bytes, size_t n)
{
	struct sim_web_front *w = ctx;

	if (w->fd < 0)
		return;
	if (n > sizeof(w->out) - w->out_n)
		n = sizeof(w->out) - w->out_n;
	memcpy(w->out + w->out_n, bytes, n);
	w->out_n += n;
}

static void end(void *ctx)
{
	struct sim_web_front *w = ctx;

	w->closing = true;
}

void sim_web_init(struct sim_web_front *w, int port, uint32_t rate)
{
	memset(w, 0, sizeof(*w));
	w->port = port;
	w->listener = w->fd = -1;
	w->flow.rate = rate;
	w->web = (struct sim_web){.ctx = w, .listen = listen_at, .send = queue, .close = end};
}

void sim_web_fini(struct sim_web_front *w)
{
	listen_at(w, 0);
}

/* ---- the sockets -------------------------------------------------------------------------------- */

static void tell_port(struct sim_web_front *w)
{
	struct sockaddr_in in;
	socklen_t n = sizeof(in);

	if (w->told || getsockname(w->listener, (struct sockaddr *)&in, &n))
		return;
	w->told = true;
	w->port = ntohs(in.sin_port); /* it stays that */
	printf("web %d\n", w->port);
	fflush(stdout);
}

static void open_listener(struct sim_web_front *w)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)w->port)};
	int on = 1, window = 8192;

	in.sin_addr.s_addr = htonl(w->ip);
	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (w->listener < 0)
		return;
	(void)setsockopt(w->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* A chip's window is a few kilobytes. */
	(void)setsockopt(w->listener, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window));
	if (bind(w->listener, (struct sockaddr *)&in, sizeof(in)) || listen(w->listener, 2)) {
		drop(&w->listener);
		if (!w->complained)
			fprintf(stderr, "virtual-device: no web page there: this machine has not "
					"its address, or the port is taken\n");
		w->complained = true;
		w->ip = 0;
		return;
	}
	tell_port(w);
}

size_t sim_web_poll(const struct sim_web_front *w, struct pollfd *fds, size_t max)
{
	size_t n = 0;

	if (w->fd >= 0 && n < max)
		fds[n++] = (struct pollfd){.fd = w->fd,
		    .events = (short)((w->flow.rate || w->flow.stalled ? 0 : POLLIN) |
				      (w->out_n ? POLLOUT : 0))};
	else if (w->listener >= 0 && n < max)
		fds[n++] = (struct pollfd){.fd = w->listener, .events = POLLIN};
	return n;
}

static void broken(struct sim_web_front *w, struct sim_link *l, sim_time now)
{
	bool told = w->closing;

	hang_up(w);
	if (!told)
		sim_link_web(l, SIM_RADIO_END, NULL, 0, now);
}

static void receive(struct sim_web_front *w, struct sim_link *l, sim_time now)
{
	uint8_t bytes[SIM_WIFI_PIECE];
	size_t most = sim_flow_budget(&w->flow, now), got;
	ssize_t n = most ? recv(w->fd, bytes, most, 0) : -2;
	enum sim_flow_end end_of;

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		broken(w, l, now);
	if (n <= 0)
		return;
	got = (size_t)n;
	end_of = sim_flow_pass(&w->flow, &got);
	if (got && !w->closing)
		sim_link_web(l, SIM_RADIO_DATA, bytes, got, now);
	if (end_of == SIM_FLOW_CUT && w->fd >= 0)
		broken(w, l, now);
	else if (end_of == SIM_FLOW_RESET)
		sim_device_reset_pin(sim_link_device(l), now);
}

static void transmit(struct sim_web_front *w)
{
	ssize_t n = send(w->fd, w->out, w->out_n, MSG_NOSIGNAL);

	if (n <= 0)
		return;
	memmove(w->out, w->out + n, w->out_n - (size_t)n);
	w->out_n -= (size_t)n;
}

static void take_client(struct sim_web_front *w, struct sim_link *l, sim_time now)
{
	w->fd = accept(w->listener, NULL, NULL);
	if (w->fd < 0)
		return;
	(void)fcntl(w->fd, F_SETFL, O_NONBLOCK);
	(void)fcntl(w->fd, F_SETFD, FD_CLOEXEC);
	sim_flow_begin(&w->flow);
	sim_link_web(l, SIM_RADIO_UP, NULL, 0, now);
}

void sim_web_serve(struct sim_web_front *w, struct sim_link *l, sim_time now)
{
	if (w->port < 0)
		return;
	if (sim_flow_fault(&w->flow, SIM_FAULT_WIFI_REFUSED))
		drop(&w->listener);
	else if (w->ip && w->listener < 0)
		open_listener(w);
	/* A packet that is not let through can't be played here: the connection stands, and nobody
	 * ever answers. */
	if (sim_flow_fault(&w->flow, SIM_FAULT_WIFI_ISOLATED))
		return;
	if (w->fd < 0 && w->listener >= 0)
		take_client(w, l, now);
	if (w->fd >= 0)
		receive(w, l, now);
	if (w->fd >= 0 && w->out_n)
		transmit(w);
	if (w->fd >= 0 && w->closing && !w->out_n)
		hang_up(w);
}

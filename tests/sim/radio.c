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

/* ---- what it takes ------------------------------------------------------------------------------ */

void sim_flow_begin(struct sim_flow *w)
{
	w->began = -1;
	w->taken = 0;
	w->stalled = false;
}

size_t sim_flow_budget(struct sim_flow *w, sim_time now)
{
	uint64_t due;

	if (w->stalled)
		return 0;
	if (!w->rate)
		return SIM_WIFI_PIECE;
	if (w->began < 0)
		w->began = now;
	due = (uint64_t)(now - w->began) * w->rate / 1000000;
	if (due <= w->taken)
		return 0;
	return due - w->taken < SIM_WIFI_PIECE ? (size_t)(due - w->taken) : SIM_WIFI_PIECE;
}

enum sim_flow_end sim_flow_pass(struct sim_flow *w, size_t *n)
{
	bool hit = false;

	w->taken += *n;
	if (!w->faults)
		return SIM_FLOW_GOES;
	*n = sim_faults_pass(w->faults, SIM_FAULT_WIFI_STALL, *n, &hit);
	w->stalled = w->stalled || hit;
	*n = sim_faults_pass(w->faults, SIM_FAULT_WIFI_CUT, *n, &hit);
	if (hit)
		return SIM_FLOW_CUT;
	*n = sim_faults_pass(w->faults, SIM_FAULT_WIFI_RESET, *n, &hit);
	return hit ? SIM_FLOW_RESET : SIM_FLOW_GOES;
}

bool sim_flow_fault(const struct sim_flow *w, enum sim_fault_kind kind)
{
	return w->faults && sim_faults_find(w->faults, kind);
}

/* ---- the device's own connections --------------------------------------------------------------- */

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
	sim_flow_begin(&r->flow);
	if (sim_flow_fault(&r->flow, SIM_FAULT_WIFI_ISOLATED))
		return; /* nobody ever answers */
	if (sim_flow_fault(&r->flow, SIM_FAULT_WIFI_REFUSED)) {
		r->failed = true;
		return;
	}
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
	r->flow.rate = rate;
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
	fds[0].events = (short)(r->up ? (r->flow.rate || r->flow.stalled ? 0 : POLLIN) |
					    (r->out_n ? POLLOUT : 0)
				      : POLLOUT);
	return 1;
}

static void broken(struct sim_radio_front *r, struct sim_link *l, sim_time now)
{
	shut(r);
	sim_link_radio(l, SIM_RADIO_END, NULL, 0, now);
}

static void receive(struct sim_radio_front *r, struct sim_link *l, sim_time now)
{
	uint8_t bytes[SIM_WIFI_PIECE];
	size_t most = sim_flow_budget(&r->flow, now), got;
	ssize_t n = most ? recv(r->fd, bytes, most, 0) : -2;
	enum sim_flow_end end;

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		broken(r, l, now);
	if (n <= 0)
		return;
	got = (size_t)n;
	end = sim_flow_pass(&r->flow, &got);
	if (got)
		sim_link_radio(l, SIM_RADIO_DATA, bytes, got, now);
	if (end == SIM_FLOW_CUT && r->fd >= 0)
		broken(r, l, now);
	else if (end == SIM_FLOW_RESET)
		sim_device_reset_pin(sim_link_device(l), now);
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

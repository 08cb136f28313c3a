/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The virtual device on the network: a listening socket on 127.0.0.1 that speaks RFC 2217 and one
 * that passes bytes as they are; one client between them, a new one puts the old one out.
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "rfc2217.h"

#include <poll.h>

#define SIM_NET_OUT (1u << 17)

enum sim_net_kind { SIM_NET_RFC2217, SIM_NET_TCP, SIM_NET_KINDS };

struct sim_net {
	int listen_fd[SIM_NET_KINDS]; /* -1: none */
	int fd;			      /* the client; -1: none */
	enum sim_net_kind kind;
	struct sim_rfc rfc;
	struct sim_rfc_host host; /* what the owner gave, but for `out` */
	bool present;		  /* the adapter is there */
	uint8_t modem;
	uint8_t out[SIM_NET_OUT];
	size_t out_len;
	bool gone; /* the client shall be closed when its output has left */
	/* faults */
	unsigned faults; /* SIM_RFC_ */
	bool deaf;	 /* nothing is read from the client */
	uint64_t die_at, received;
};

/* host: as sim_rfc_host, `out` is not used. */
void sim_net_init(struct sim_net *n, const struct sim_rfc_host *host);
/* Port 0: any; *actual says which. False and errno. */
bool sim_net_listen(struct sim_net *n, enum sim_net_kind kind, unsigned port, unsigned *actual);
void sim_net_close(struct sim_net *n);
/* Fills at most max entries and returns how many. */
size_t sim_net_poll(const struct sim_net *n, struct pollfd *fds, size_t max);
/* Accepts, reads and writes what can be; never blocks. */
void sim_net_serve(struct sim_net *n);
bool sim_net_there(const struct sim_net *n);
/* Takes as much of what the chip said as there is room for. */
size_t sim_net_write(struct sim_net *n, const uint8_t *bytes, size_t len);
/* The adapter was pulled or is back: its client is put out at once, and those who come are told. */
void sim_net_plugged(struct sim_net *n, bool present);
void sim_net_modem(struct sim_net *n, uint8_t modem);
/* "mute-control", "stall", "rubbish", "break-stuck", "deaf", "die@byte:N" (the connection ends
 * after N bytes from the client, once), "kick" (it ends now), "clear". False: not understood. */
bool sim_net_fault(struct sim_net *n, const char *spec);

#endif

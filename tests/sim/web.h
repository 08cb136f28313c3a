/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way to the virtual device's web page, as real TCP: it listens at the device's own address, where
 * this machine has that (one of 127.0.0.0/8, or 192.168.4.1 in a network of its own), one client at a
 * time.
 */
#ifndef SIM_WEB_H
#define SIM_WEB_H

#include "radio.h"

#define SIM_WEB_OUT 16384

struct sim_web_front {
	struct sim_web web; /* for the device */
	int port;	    /* asked for; 0: any, -1: nobody comes */
	bool told;	    /* the port, on standard output */
	bool complained;    /* that it could not listen */
	uint32_t ip;	    /* where the device listens; 0: it does not */
	int listener, fd;   /* -1: none */
	bool closing;	    /* when all is out */
	uint8_t out[SIM_WEB_OUT];
	size_t out_n;
	struct sim_flow flow;
};

/* rate: of the flow. */
void sim_web_init(struct sim_web_front *w, int port, uint32_t rate);
void sim_web_fini(struct sim_web_front *w);
/* At most two entries. */
size_t sim_web_poll(const struct sim_web_front *w, struct pollfd *fds, size_t max);
/* Accepts, and hands on what has come; never blocks. */
void sim_web_serve(struct sim_web_front *w, struct sim_link *l, sim_time now);

#endif

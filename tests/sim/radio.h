/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The network behind the virtual device's Wi-Fi, as real TCP: one connection at a time, from an
 * address of the device's own where that is one of 127.0.0.0/8.
 */
#ifndef SIM_RADIO_H
#define SIM_RADIO_H

#include "link.h"

#include <poll.h>

struct sim_radio_front {
	struct sim_radio radio; /* for the device */
	int fd;			/* -1: none */
	bool up, failed;	/* failed: it could not even be opened; not told yet */
	uint8_t out[2048];
	size_t out_n;
	uint32_t rate; /* bytes per second that the device takes; 0: as they come */
	sim_time began;
	uint64_t taken;
};

/* rate: see there. */
void sim_radio_init(struct sim_radio_front *r, uint32_t rate);
void sim_radio_fini(struct sim_radio_front *r);
/* At most one entry. */
size_t sim_radio_poll(const struct sim_radio_front *r, struct pollfd *fds, size_t max);
/* Hands on what has happened; never blocks. */
void sim_radio_serve(struct sim_radio_front *r, struct sim_link *l, sim_time now);

#endif

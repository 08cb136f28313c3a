/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The network behind the virtual device's Wi-Fi, as real TCP: one connection at a time, from an
 * address of the device's own where that is one of 127.0.0.0/8.
 */
#ifndef SIM_RADIO_H
#define SIM_RADIO_H

#include "link.h"

#include <poll.h>

#define SIM_WIFI_PIECE 4096

/* What of a connection the device takes, and when: its rate, and the faults. */
struct sim_flow {
	struct sim_faults *faults; /* NULL: none */
	uint32_t rate;		   /* bytes per second; 0: as they come */
	sim_time began;		   /* of this connection; negative: it has not */
	uint64_t taken;
	bool stalled;
};
/* What strikes a connection. */
enum sim_flow_end { SIM_FLOW_GOES, SIM_FLOW_CUT, SIM_FLOW_RESET };

/* A new connection. */
void sim_flow_begin(struct sim_flow *w);
/* How many bytes it takes by now, SIM_WIFI_PIECE at most. */
size_t sim_flow_budget(struct sim_flow *w, sim_time now);
/* n bytes have come: *n becomes how many of them the device gets. */
enum sim_flow_end sim_flow_pass(struct sim_flow *w, size_t *n);
bool sim_flow_fault(const struct sim_flow *w, enum sim_fault_kind kind);

struct sim_radio_front {
	struct sim_radio radio; /* for the device */
	int fd;			/* -1: none */
	bool up, failed;	/* failed: it could not even be opened; not told yet */
	uint8_t out[2048];
	size_t out_n;
	struct sim_flow flow;
};

/* rate: of the flow. */
void sim_radio_init(struct sim_radio_front *r, uint32_t rate);
void sim_radio_fini(struct sim_radio_front *r);
/* At most one entry. */
size_t sim_radio_poll(const struct sim_radio_front *r, struct pollfd *fds, size_t max);
/* Hands on what has happened; never blocks. */
void sim_radio_serve(struct sim_radio_front *r, struct sim_link *l, sim_time now);

#endif

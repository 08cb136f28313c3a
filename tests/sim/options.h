/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual device's command line. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "adapter.h"
#include "link.h"

#define SIM_OPTIONS_MAX 16

struct sim_boot_image {
	char path[4096];
	uint32_t offset;
};

struct sim_options {
	const char *pty, *control, *flash, *scenario, *trace;
	const char *hand;    /* control socket to talk to, instead of being a device */
	const char *command; /* with hand: one command and out */
	bool help;
	bool power, button;
	double speed;	    /* 0: no waiting */
	int web;	    /* port of its web page; 0: any, -1: none */
	uint32_t wifi_rate; /* bytes per second that upgrades come at; 0: as they come */
	struct sim_link_config link;
	const char *fault[SIM_OPTIONS_MAX];
	size_t faults;
	struct sim_boot_image image[SIM_OPTIONS_MAX];
	size_t images;
	struct sim_adapter_options adapter;
	int rfc2217, tcp; /* ports to listen at; -1: none */
	const char *net_fault[SIM_OPTIONS_MAX];
	size_t net_faults;
};

extern const char sim_options_usage[];

/* False and a message for what is not understood. */
bool sim_options_parse(struct sim_options *o, int argc, char **argv, char *err, size_t errsize);

#endif

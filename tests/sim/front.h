/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The virtual device on a real pty in real time: owns the board, the pty or the network port, the flash file, the
 * trace and the control socket, and runs the loop over them.
 */
#ifndef SIM_FRONT_H
#define SIM_FRONT_H

#include "control.h"
#include "adapter.h"
#include "flash_file.h"
#include "net.h"
#include "options.h"
#include "pty_front.h"
#include "radio.h"
#include "web.h"

#include <stdio.h>
#include <time.h>

#define SIM_OUT_MAX 65536

struct sim_front {
	const struct sim_options *opt;
	struct sim_link *link;
	struct sim_pty pty;
	struct sim_adapter adapter;
	struct sim_net net;
	struct sim_radio_front radio;
	struct sim_web_front web;
	bool pty_there, host_there;
	bool gone;	    /* a reset has taken the chip's USB away */
	uint8_t modem;	    /* inputs of the adapter, SIM_MODEM_ */
	sim_time settle_at; /* a new node becomes usable */
	struct sim_flash_file file;
	struct sim_control control;
	FILE *trace;
	/* what the pty has not taken yet */
	uint8_t out[SIM_OUT_MAX];
	size_t out_len;
	uint64_t out_lost;
	/* time */
	struct timespec start;
	double speed;
	sim_time skipped; /* jumped over where nothing waits (speed 0) */
	/* presses that the control socket asked for */
	unsigned presses;
	sim_time press_at;
	/* a file that the chip is made to send */
	FILE *emit;
	bool quit;
};

/* False and a message. */
bool sim_front_open(struct sim_front *f, const struct sim_options *o, char *err, size_t errsize);
/* Until `quit` is said or a signal (TERM, INT, HUP) comes. */
void sim_front_run(struct sim_front *f);
void sim_front_close(struct sim_front *f);
/* Virtual time. */
sim_time sim_front_now(const struct sim_front *f);
/* One line of the control socket; the answer, without line end. */
void sim_front_command(struct sim_front *f, const char *line, char *answer, size_t size);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A USB adapter as Linux shows it, in a folder: DIR/dev and DIR/sys are what the preloaded shim
 * (tests/shim) shows a program in place of /dev and /sys; DIR/adapters/NAME says which
 * pseudo-terminal and which control socket are behind a node. The virtual device keeps it up to
 * date as it is plugged in and pulled.
 *
 *	DIR/dev/ttyUSB0                     an empty file: its mode is the node's
 *	DIR/dev/serial/by-id, by-path       links
 *	DIR/sys/class/tty, bus/usb, bus/usb-serial, devices/platform/shim-hcd/usb9/9-1/...
 *	DIR/adapters/ttyUSB0                "pty=...", "control=...", "driver=...", a line each
 *	DIR/open/ttyUSB0.PID.FD             made by the shim: who has it open
 */
#ifndef SIM_ADAPTER_H
#define SIM_ADAPTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_adapter_options {
	const char *dir;   /* NULL: none */
	const char *name;  /* first name; NULL: the lowest that is free */
	uint16_t vid, pid; /* 0: 0403:6001 */
	char serial[64], product[64];
	unsigned settle_ms; /* how long a new node is root's alone */
};

struct sim_adapter {
	const struct sim_adapter_options *opt;
	char dir[3072]; /* absolute */
	char name[32];	/* "": not plugged in */
	char control[1024];
	unsigned usb_port; /* 9-N, kept over replugging */
};

/* Makes the folders. False and errno. control may be NULL. */
bool sim_adapter_open(
    struct sim_adapter *a, const struct sim_adapter_options *opt, const char *control);
/* The node appears, under `name` or (NULL) the lowest name that nobody has open still; 0600 while
 * `settling`, else 0660. False and errno. */
bool sim_adapter_plug(struct sim_adapter *a, const char *name, const char *pty, bool settling);
/* The node is everybody's (of the group) now. */
void sim_adapter_settled(struct sim_adapter *a);
void sim_adapter_unplug(struct sim_adapter *a);
/* Unplugs and gives its place up. */
void sim_adapter_close(struct sim_adapter *a);
/* Whether setting the low-latency flag does anything: FTDI's chips only. */
bool sim_adapter_has_latency(const struct sim_adapter *a);

#endif

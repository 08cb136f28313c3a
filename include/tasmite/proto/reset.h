/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reset sequences as data: what DTR and RTS do to bring a chip into its boot loader or to start
 * its application. DTR asserted pulls GPIO0 low, RTS asserted pulls EN/RST low; with the
 * two-transistor circuit both together do nothing.
 */
#ifndef TASMITE_PROTO_RESET_H
#define TASMITE_PROTO_RESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Both lines are set at once, then it is waited. */
struct reset_step {
	bool dtr, rts;
	uint16_t wait_ms;
};

struct reset_sequence {
	const char *name; /* stable: remembered per adapter */
	const struct reset_step *steps;
	size_t count;
};

/* The ways into the boot loader, in the order in which they are tried; NULL at the end. */
const struct reset_sequence *reset_into_loader(size_t i);
/* Starts the application: RTS for 100 ms, DTR cleared. */
const struct reset_sequence *reset_run(void);
/* Into the boot loader by a chip's own USB (303A:1001): none of those above. */
const struct reset_sequence *reset_usb_jtag(void);
/* A sequence by its name, or NULL. */
const struct reset_sequence *reset_find(const char *name);

#endif

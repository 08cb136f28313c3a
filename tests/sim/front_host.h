/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the host comes to the virtual device: by a pty, as a USB adapter before that pty, or over
 * the network. Part of the front end; nobody else includes this. */
#ifndef SIM_FRONT_HOST_H
#define SIM_FRONT_HOST_H

#include "front.h"

/* Before anything else. */
void sim_host_init(struct sim_front *f);
/* Opens what the options ask for and says the network ports on standard output. */
bool sim_host_open(struct sim_front *f, char *err, size_t errsize);
void sim_host_close(struct sim_front *f);

/* Who is there? Sees an opening and a closing; the last one to close drops the lines (HUPCL). */
void sim_host_look(struct sim_front *f);
/* Follows the rate that is set on the pty; over the network it is said. */
void sim_host_rate(struct sim_front *f);
void sim_host_read(struct sim_front *f);
void sim_host_write(struct sim_front *f, sim_time now);
/* All that has been asked for up to now has been done: look, rate, read. */
void sim_host_sync(struct sim_front *f);
/* After the board's part was done: the port goes, or comes (with a name and a time to settle in
 * ms, or NULL and -1). */
void sim_host_unplugged(struct sim_front *f);
/* A port that a reset of the chip took away comes back when it does. False and a message. */
bool sim_host_returned(struct sim_front *f, char *err, size_t errsize);
bool sim_host_plug(struct sim_front *f, const char *name, long settle_ms);
/* A new node becomes usable. */
void sim_host_settle(struct sim_front *f, sim_time now);

size_t sim_host_poll(const struct sim_front *f, struct pollfd *fds, size_t max);

enum sim_host_did { SIM_HOST_UNKNOWN, SIM_HOST_OK, SIM_HOST_BAD, SIM_HOST_ANSWERED };
/* The control commands that are about the port. */
enum sim_host_did sim_host_command(
    struct sim_front *f, const char *line, char *answer, size_t size);

#endif

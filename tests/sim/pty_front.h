/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pseudo-terminal that plays the USB adapter: a master of our own, and a symbolic link to the
 * slave under a name that the user chose. Non-blocking in both directions.
 */
#ifndef SIM_PTY_FRONT_H
#define SIM_PTY_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sim_pty {
	int fd; /* -1: unplugged */
	const char *link;
	char target[64];
};

/* Makes a pty and, unless NULL, the link (replacing a symbolic link that is there, nothing else).
 * 0, or -1 with errno. */
int sim_pty_plug(struct sim_pty *p, const char *link);
/* Closes the master and removes the link: the host sees a port that went away. */
void sim_pty_unplug(struct sim_pty *p);
/* Whether some process has the slave open. */
bool sim_pty_host_there(const struct sim_pty *p);
/* Forgets what the host has not read. */
void sim_pty_flush(const struct sim_pty *p);
/* The host's rate in baud, any number; 0 when unknown. */
uint32_t sim_pty_rate(const struct sim_pty *p);
/* Whether the lines shall drop when the last one closes the port (HUPCL). */
bool sim_pty_hupcl(const struct sim_pty *p);
/* As read and write; 0 for "not now" and for "nobody there". */
size_t sim_pty_read(const struct sim_pty *p, void *dst, size_t n);
size_t sim_pty_write(const struct sim_pty *p, const void *src, size_t n);

#endif

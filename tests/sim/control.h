/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket: a stream socket in the file system, commands and answers as lines. */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#define SIM_CONTROL_CLIENTS 8
#define SIM_CONTROL_LINE    512

struct sim_control_client {
	int fd; /* -1: free */
	char line[SIM_CONTROL_LINE];
	size_t len;
};

struct sim_control {
	int fd; /* -1: none */
	const char *path;
	struct sim_control_client client[SIM_CONTROL_CLIENTS];
};

/* Does what a line says and writes the answer. */
typedef void sim_control_fn(void *ctx, const char *line, char *answer, size_t size);

void sim_control_init(struct sim_control *c);
/* Listens; an abandoned socket of that name is replaced. False and errno. */
bool sim_control_open(struct sim_control *c, const char *path);
void sim_control_close(struct sim_control *c);
/* Fills at most max entries and returns how many. */
size_t sim_control_poll(const struct sim_control *c, struct pollfd *fds, size_t max);
/* Accepts and serves whoever has something; never blocks. */
void sim_control_serve(struct sim_control *c, sim_control_fn *fn, void *ctx);

/* The other end: connects, or -1 with errno. */
int sim_control_connect(const char *path);
/* Sends a line, waits for its answer (without line end). False when the device is gone. */
bool sim_control_ask(int fd, const char *line, char *answer, size_t size);

#endif

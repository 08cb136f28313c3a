/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket; see control.h. */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ASK_TIMEOUT_MS 10000

void sim_control_init(struct sim_control *c)
{
	c->fd = -1;
	c->path = NULL;
	for (size_t i = 0; i < SIM_CONTROL_CLIENTS; i++)
		c->client[i].fd = -1;
}

static bool set_address(struct sockaddr_un *a, const char *path)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(a->sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(a->sun_path, path);
	return true;
}

static int make_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

int sim_control_connect(const char *path)
{
	struct sockaddr_un a;
	int fd, saved;

	if (!set_address(&a, path))
		return -1;
	fd = make_socket();
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Removes the socket of a device that died; one that still answers stays. */
static bool clear_way(const char *path)
{
	int fd = sim_control_connect(path);

	if (fd >= 0) {
		close(fd);
		errno = EADDRINUSE;
		return false;
	}
	if (errno == ECONNREFUSED)
		unlink(path);
	return true;
}

bool sim_control_open(struct sim_control *c, const char *path)
{
	struct sockaddr_un a;

	if (!set_address(&a, path) || !clear_way(path))
		return false;
	c->fd = make_socket();
	if (c->fd < 0)
		return false;
	if (bind(c->fd, (const struct sockaddr *)&a, sizeof(a)) < 0 || listen(c->fd, 4) < 0) {
		int saved = errno;

		close(c->fd);
		c->fd = -1;
		errno = saved;
		return false;
	}
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	c->path = path;
	return true;
}

static void drop(struct sim_control_client *cl)
{
	close(cl->fd);
	cl->fd = -1;
}

void sim_control_close(struct sim_control *c)
{
	for (size_t i = 0; i < SIM_CONTROL_CLIENTS; i++)
		if (c->client[i].fd >= 0)
			drop(&c->client[i]);
	if (c->fd < 0)
		return;
	close(c->fd);
	c->fd = -1;
	unlink(c->path);
}

size_t sim_control_poll(const struct sim_control *c, struct pollfd *fds, size_t max)
{
	size_t n = 0;

	if (c->fd >= 0 && n < max)
		fds[n++] = (struct pollfd){.fd = c->fd, .events = POLLIN};
	for (size_t i = 0; i < SIM_CONTROL_CLIENTS; i++)
		if (c->client[i].fd >= 0 && n < max)
			fds[n++] = (struct pollfd){.fd = c->client[i].fd, .events = POLLIN};
	return n;
}

static void accept_all(struct sim_control *c)
{
	int fd;

	while (c->fd >= 0 && (fd = accept(c->fd, NULL, NULL)) >= 0) {
		struct sim_control_client *cl = NULL;

		for (size_t i = 0; i < SIM_CONTROL_CLIENTS && !cl; i++)
			if (c->client[i].fd < 0)
				cl = &c->client[i];
		if (!cl) {
			close(fd);
			continue;
		}
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, O_NONBLOCK);
		cl->fd = fd;
		cl->len = 0;
	}
}

/* A client that does not read its answers is dropped. */
static bool answer_line(struct sim_control_client *cl, sim_control_fn *fn, void *ctx)
{
	char answer[1024];
	size_t n;

	fn(ctx, cl->line, answer, sizeof(answer) - 1);
	n = strlen(answer);
	answer[n++] = '\n';
	return send(cl->fd, answer, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool take_bytes(
    struct sim_control_client *cl, const char *bytes, size_t n, sim_control_fn *fn, void *ctx)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			cl->line[cl->len] = '\0';
			cl->len = 0;
			if (!answer_line(cl, fn, ctx))
				return false;
		} else if (bytes[i] != '\r') {
			if (cl->len == sizeof(cl->line) - 1)
				return false;
			cl->line[cl->len++] = bytes[i];
		}
	}
	return true;
}

static void serve_client(struct sim_control_client *cl, sim_control_fn *fn, void *ctx)
{
	char bytes[256];
	ssize_t n;

	while ((n = recv(cl->fd, bytes, sizeof(bytes), 0)) > 0) {
		if (!take_bytes(cl, bytes, (size_t)n, fn, ctx)) {
			drop(cl);
			return;
		}
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		drop(cl);
}

void sim_control_serve(struct sim_control *c, sim_control_fn *fn, void *ctx)
{
	accept_all(c);
	for (size_t i = 0; i < SIM_CONTROL_CLIENTS; i++)
		if (c->client[i].fd >= 0)
			serve_client(&c->client[i], fn, ctx);
}

bool sim_control_ask(int fd, const char *line, char *answer, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t n = 0;

	if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0 || send(fd, "\n", 1, MSG_NOSIGNAL) != 1)
		return false;
	while (n + 1 < size) {
		if (poll(&p, 1, ASK_TIMEOUT_MS) <= 0 || recv(fd, answer + n, 1, 0) != 1)
			return false;
		if (answer[n] == '\n')
			break;
		n++;
	}
	answer[n] = '\0';
	return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to a device, as far as it can be seen from here. */
#include "tasmite/io/reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/loop.h"

#define TABLE_MAX 65536 /* bytes of a table of the kernel that are looked at */

struct reach {
	struct loop *loop;
	struct watch *watch;
	struct timer *timer;
	int fd;
	int failed; /* errno of the call, when that was at once */
	char address[INET_ADDRSTRLEN];
	reach_fn fn;
	void *ctx;
};

/* ---- files of the system ----------------------------------------------------------------------- */

/* Files of /proc tell no size. Terminated; NULL: can't be read. For free(). */
static char *read_text(const char *root, const char *path)
{
	char name[512], *text;
	size_t n = 0;
	ssize_t got = -1;
	int fd;

	if (!str_fmt(name, sizeof(name), "%s%s", root, path))
		return NULL;
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	text = xmalloc(TABLE_MAX + 1);
	while (n < TABLE_MAX && (got = read(fd, text + n, TABLE_MAX - n)) > 0)
		n += (size_t)got;
	close(fd);
	text[n] = '\0';
	if (got >= 0 || n)
		return text;
	free(text);
	return NULL;
}

/* A row of /proc/net/arp (proc(5)): address, hardware type, flags (2: complete), Ethernet address. */
int reach_neighbour(const char *root, const char *address)
{
	char *text = read_text(root, "/proc/net/arp");
	size_t n = strlen(address);
	int found = -1;

	for (const char *row = text; row; row = strchr(row, '\n')) {
		const char *flags;

		row += *row == '\n';
		if (strncmp(row, address, n) != 0 || row[n] != ' ')
			continue;
		flags = str_skip_blank(row + n); /* the type, then the flags */
		flags = str_skip_blank(flags + strcspn(flags, " \n"));
		found = (strtoul(flags, NULL, 16) & 2) != 0;
		break;
	}
	free(text);
	return found;
}

static bool ufw_is_on(const char *root)
{
	char *text = read_text(root, "/etc/ufw/ufw.conf");
	bool on = false;

	for (char *row = text; row; row = strchr(row, '\n')) {
		row += *row == '\n';
		if (!str_ncasecmp(row, "ENABLED=", 8))
			on = !str_ncasecmp(row + 8, "yes", 3) || !str_ncasecmp(row + 8, "\"yes", 4);
	}
	free(text);
	return on;
}

/* systemd keeps a control group of each service that runs. */
static bool firewalld_runs(const char *root)
{
	char name[512];

	return str_fmt(name, sizeof(name),
		   "%s/sys/fs/cgroup/system.slice/firewalld.service/cgroup.procs", root) &&
	       access(name, F_OK) == 0;
}

const char *reach_filter(const char *root, char *dst, size_t size)
{
	const char *name = "";

	if (ufw_is_on(root))
		name = "ufw";
	else if (firewalld_runs(root))
		name = "firewalld";
	(void)str_copy(dst, size, name);
	return dst;
}

/* ---- the call ---------------------------------------------------------------------------------- */

static void judge(const struct reach *r, int error, struct reach_result *out)
{
	int neighbour = reach_neighbour("", r->address);

	memset(out, 0, sizeof(*out));
	if (!error || error == ECONNREFUSED || error == ECONNRESET || neighbour == 1)
		out->answers = true;
	else if (error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN || !neighbour)
		out->silent = true;
}

static void tell(struct reach *r, int error, mono_t now)
{
	struct reach_result result;
	reach_fn fn = r->fn;
	void *ctx = r->ctx;

	judge(r, error, &result);
	watch_free(r->watch);
	r->watch = NULL;
	timer_disarm(r->timer);
	fn(ctx, &result, now);
}

static void on_ready(void *ctx, int ready, mono_t now)
{
	struct reach *r = ctx;
	int error = 0;
	socklen_t n = sizeof(error);

	(void)ready;
	if (getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &error, &n))
		error = errno;
	tell(r, error, now);
}

static void on_timer(void *ctx, mono_t now)
{
	struct reach *r = ctx;

	tell(r, r->failed ? r->failed : ETIMEDOUT, now);
}

static int call(struct reach *r, uint16_t port, mono_t patience, struct err *err)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, r->address, &in.sin_addr) != 1)
		return err_set(err, ERR_INVAL, 0, "%s is no IPv4 address", r->address);
	r->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (r->fd < 0 || fcntl(r->fd, F_SETFL, O_NONBLOCK) || fcntl(r->fd, F_SETFD, FD_CLOEXEC))
		return err_sys(err, errno, "%s can't be called", r->address);
	if (connect(r->fd, (struct sockaddr *)&in, sizeof(in)) && errno != EINPROGRESS) {
		r->failed = errno; /* told by the timer: not within this call */
		timer_arm(r->timer, loop_now(r->loop));
		return ERR_OK;
	}
	r->watch = watch_new(r->loop, r->fd, 3, LOOP_WRITE, on_ready, r, err);
	if (!r->watch)
		return ERR_FAIL;
	timer_arm(r->timer, loop_now(r->loop) + patience);
	return ERR_OK;
}

struct reach *reach_new(struct loop *loop, const char *address, uint16_t port, mono_t patience,
    reach_fn fn, void *ctx, struct err *err)
{
	struct reach *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->fd = -1;
	r->fn = fn;
	r->ctx = ctx;
	r->timer = timer_new(loop, on_timer, r);
	(void)str_copy(r->address, sizeof(r->address), address);
	if (call(r, port, patience, err) == ERR_OK)
		return r;
	reach_free(r);
	return NULL;
}

void reach_free(struct reach *r)
{
	if (!r)
		return;
	watch_free(r->watch);
	timer_free(r->timer);
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

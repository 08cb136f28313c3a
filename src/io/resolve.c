/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names to addresses by c-ares, a guest of the loop. getaddrinfo() would stop the session for as long
 * as a name server is away.
 */
#define _DEFAULT_SOURCE /* what <ares.h> needs of the sockets' types */
#include "resolve.h"

#include <ares.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/log.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

/* One server's time to answer, and how often all are asked. The opener has a limit of its own. */
#define TIMEOUT_MS 2000
#define TRIES	   2

struct resolve {
	struct loop *loop;
	struct loop_guest guest;
	ares_channel channel;
	char host[256];
	struct resolve_list list;
	int status;
	bool done; /* list or status is final */
	resolve_fn fn;
	void *ctx;
};

/* Called within c-ares, which must not be torn down there: only notes. */
static void on_answer(void *arg, int status, int timeouts, struct ares_addrinfo *found)
{
	struct resolve *r = arg;

	(void)timeouts;
	r->status = status;
	r->done = true;
	if (status != ARES_SUCCESS)
		return;
	for (const struct ares_addrinfo_node *n = found->nodes; n; n = n->ai_next) {
		struct resolve_address *a = &r->list.at[r->list.count];

		if (r->list.count == RESOLVE_MAX || n->ai_addrlen > sizeof(a->sa))
			break;
		memcpy(&a->sa, n->ai_addr, n->ai_addrlen);
		a->len = n->ai_addrlen;
		r->list.count++;
	}
	ares_freeaddrinfo(found);
}

static void explain(const struct resolve *r, struct err *err)
{
	switch (r->status) {
	case ARES_ENOTFOUND:
	case ARES_ENODATA:
	case ARES_EBADNAME:
		err_set(err, ERR_NOENT, 0, "there is no host %s%s", r->host,
		    str_ends(r->host, ".local")
			? ": names in .local are not looked up, write its address"
			: ": is the name right?");
		break;
	case ARES_ETIMEOUT:
		err_set(err, ERR_TIMEOUT, 0,
		    "%s can't be looked up: no name server answers. Is the network up?", r->host);
		break;
	case ARES_ECONNREFUSED:
		err_set(err, ERR_GONE, 0,
		    "%s can't be looked up: no name server can be reached. Is the network up?",
		    r->host);
		break;
	default:
		err_set(err, ERR_FAIL, 0, "%s can't be looked up: %s", r->host,
		    r->status == ARES_SUCCESS ? "it has no address" : ares_strerror(r->status));
		break;
	}
}

/* Frees r and tells. */
static void deliver(struct resolve *r, mono_t now)
{
	struct resolve_list list = r->list;
	resolve_fn fn = r->fn;
	void *ctx = r->ctx;
	struct err err = {0};

	if (!list.count)
		explain(r, &err);
	log_trace("resolve", "%u addresses, status %d", (unsigned)list.count, r->status);
	resolve_free(r);
	fn(ctx, list.count ? &list : NULL, list.count ? NULL : &err, now);
}

/* ---- the guest ---- */

static void before(void *ctx, void *rd, void *wr, void *ex, int *max_fd, mono_t *deadline)
{
	struct resolve *r = ctx;
	struct timeval tv;
	int nfds = ares_fds(r->channel, rd, wr);

	(void)ex;
	if (nfds - 1 > *max_fd)
		*max_fd = nfds - 1;
	if (ares_timeout(r->channel, NULL, &tv)) {
		mono_t wait = MONO_S(tv.tv_sec) + tv.tv_usec;

		*deadline = mono_min(*deadline, loop_now(r->loop) + wait);
	}
}

static void after(void *ctx, void *rd, void *wr, void *ex, mono_t now)
{
	struct resolve *r = ctx;

	(void)ex;
	ares_process(r->channel, rd, wr);
	if (r->done)
		deliver(r, now);
}

/* ares_fds doesn't look whether a descriptor fits the set; what doesn't is not used at all. */
static int check_socket(ares_socket_t fd, int type, void *arg)
{
	(void)type;
	(void)arg;
	return fd < FD_SETSIZE ? 0 : -1;
}

/* ---- asking ---- */

static int open_channel(struct resolve *r, const char *servers)
{
	struct ares_options options;
	int status;

	memset(&options, 0, sizeof(options));
	options.timeout = TIMEOUT_MS;
	options.tries = TRIES;
	status = ares_init_options(&r->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
	if (status != ARES_SUCCESS) {
		r->channel = NULL;
		return status;
	}
	ares_set_socket_callback(r->channel, check_socket, NULL);
	return servers ? ares_set_servers_ports_csv(r->channel, servers) : ARES_SUCCESS;
}

/* An address as such needs nobody's answer. c-ares 1.18 would ask the name servers for 127.0.0.1. */
static bool read_address(const char *host, unsigned port, struct resolve_address *a)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a->sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a->sa;
	const char *scope = strchr(host, '%');
	char text[INET6_ADDRSTRLEN];

	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		a->len = sizeof(*v4);
		return true;
	}
	if (!str_copy_n(text, sizeof(text), host, scope ? (size_t)(scope - host) : strlen(host)) ||
	    inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
		return false;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	/* fe80::1%eth0: the interface, by name or number (RFC 4007). */
	if (scope)
		v6->sin6_scope_id = if_nametoindex(scope + 1);
	if (scope && !v6->sin6_scope_id)
		v6->sin6_scope_id = (uint32_t)strtoul(scope + 1, NULL, 10);
	a->len = sizeof(*v6);
	return true;
}

static void ask(struct resolve *r, unsigned port)
{
	struct ares_addrinfo_hints hints;
	char service[8];

	memset(&hints, 0, sizeof(hints));
	hints.ai_flags = ARES_AI_NUMERICSERV;
	hints.ai_family = AF_UNSPEC;
	hints.ai_socktype = SOCK_STREAM;
	str_fmt(service, sizeof(service), "%u", port);
	ares_getaddrinfo(r->channel, r->host, service, &hints, on_answer, r);
}

struct resolve *resolve_new(struct loop *l, const char *host, unsigned port, const char *servers,
    resolve_fn fn, void *ctx, mono_t now)
{
	struct resolve *r = xcalloc(1, sizeof(*r));

	r->loop = l;
	r->fn = fn;
	r->ctx = ctx;
	r->guest.before = before;
	r->guest.after = after;
	r->guest.ctx = r;
	str_copy(r->host, sizeof(r->host), host);
	if (read_address(host, port, &r->list.at[0])) {
		r->list.count = 1;
		r->done = true;
	} else {
		r->status = open_channel(r, servers);
		if (r->status == ARES_SUCCESS)
			ask(r, port);
		else
			r->done = true;
	}
	if (r->done) {
		deliver(r, now);
		return NULL;
	}
	loop_guest_add(l, &r->guest);
	return r;
}

void resolve_free(struct resolve *r)
{
	if (!r)
		return;
	loop_guest_remove(r->loop, &r->guest);
	if (r->channel)
		ares_destroy(r->channel); /* calls on_answer, which only notes */
	free(r);
}

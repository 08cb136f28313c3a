/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening without blocking. A tty is open at once (or a moment later, while the system still sets its
 * permissions); a network port goes through resolving, connecting (several addresses in turn) and,
 * for RFC 2217, hearing the server.
 */
#define _DEFAULT_SOURCE /* what <netinet/in.h> needs */
#include "tasmite/io/opener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolve.h"
#include "tr_net.h"

#include "tasmite/base/log.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

/* For finding the address and connecting, all tries together. */
#define CONNECT_US MONO_S(10)
/* The least that an address gets while others wait for their turn. */
#define CONNECT_MIN_US MONO_S(2)
/* A server that has spoken, but not of RFC 2217, has that long for it. */
#define AGREE_US MONO_S(2)
/* One that says nothing gets longer: pyserial's server accepts at once, but greets only when it has
 * let go of the client before, up to 3 seconds later. */
#define GREET_US MONO_S(4)
/* So long a server may take to answer to the first settings; then it counts as one that doesn't
 * answer. One without its adapter agrees to all, says what is wrong and hangs up. */
#define CONFIRM_US MONO_MS(300)
/* A device node whose permissions are still to be set is tried again after this. */
#define NODE_US MONO_MS(30)

#define NAME_SIZE sizeof(((struct transport *)0)->name)

enum scheme { SCHEME_LOCAL, SCHEME_TCP, SCHEME_RFC2217 };

struct opener {
	struct loop *loop;
	opener_fn fn;
	void *ctx;
	bool starting; /* opener_new hasn't returned: it frees */
	bool finished; /* fn was called */
	struct opener_options options;
	char name[NAME_SIZE];
	enum scheme scheme;
	char host[256];
	unsigned port;
	struct resolve *resolve;
	struct resolve_list list;
	size_t next; /* the address to try next */
	int fd;
	char peer[64]; /* the address in use */
	struct watch *watch;
	struct timer *timer;
	mono_t deadline;	  /* for the connection */
	struct transport *server; /* connected, waiting for the server's agreement */
	mono_t connected;
	bool begun;	 /* it has agreed and was told the settings */
	struct err last; /* of the address before */
};

static void drop_socket(struct opener *o)
{
	watch_free(o->watch);
	o->watch = NULL;
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}

static void let_go(struct opener *o)
{
	resolve_free(o->resolve);
	drop_socket(o);
	timer_free(o->timer);
	if (o->server)
		o->server->ops->close(o->server);
}

/* The last thing done with o; while it is starting it is freed only by opener_new. */
static void finish(struct opener *o, struct transport *t, const struct err *err, mono_t now)
{
	struct err why = {0};
	opener_fn fn = o->fn;
	void *ctx = o->ctx;

	if (!t)
		why = *err;
	log_trace("opener", "%s", t ? "open" : "failed");
	let_go(o);
	o->finished = true;
	if (!o->starting)
		free(o);
	fn(ctx, t, t ? NULL : &why, now);
}

/* ---- names ---- */

static int bad_name(const struct opener *o, const char *what, struct err *err)
{
	return err_set(err, ERR_INVAL, 0,
	    "%s: %s. Expected is %s://HOST:PORT, such as %s://192.168.1.20:4000", o->name, what,
	    o->scheme == SCHEME_TCP ? "tcp" : "rfc2217",
	    o->scheme == SCHEME_TCP ? "tcp" : "rfc2217");
}

static int parse_host(struct opener *o, const char *from, size_t n, struct err *err)
{
	if (!n)
		return bad_name(o, "no host is named", err);
	if (n >= sizeof(o->host))
		return bad_name(o, "the host's name is too long", err);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)from[i] <= ' ' || strchr("@/?#[]\x7f", from[i]))
			return bad_name(o, "this is no host name", err);
	str_copy_n(o->host, sizeof(o->host), from, n);
	return ERR_OK;
}

static int parse_port(struct opener *o, const char *s, struct err *err)
{
	char digits[8];
	size_t n = strspn(s, "0123456789");
	uint64_t port;

	if (!n && (!*s || *s == '/'))
		return bad_name(o, "no port number is named", err);
	/* A slash at the end is what people write after a URL. */
	if (!n || n >= sizeof(digits) || (s[n] && strcmp(s + n, "/") != 0))
		return bad_name(o, "the port is a number from 1 to 65535", err);
	str_copy_n(digits, sizeof(digits), s, n);
	if (!str_parse_u64(digits, 65535, &port) || !port)
		return bad_name(o, "the port is a number from 1 to 65535", err);
	o->port = (unsigned)port;
	return ERR_OK;
}

/* host:port, [v6]:port */
static int parse_address(struct opener *o, const char *s, struct err *err)
{
	const char *colon = strchr(s, ':');
	const char *end;
	int rc;

	if (*s == '[') {
		end = strchr(s, ']');
		if (!end)
			return bad_name(o, "the bracket of the address is not closed", err);
		rc = parse_host(o, s + 1, (size_t)(end - s - 1), err);
		if (rc < 0)
			return rc;
		if (end[1] && end[1] != ':' && end[1] != '/')
			return bad_name(o, "a colon is expected after the address", err);
		return parse_port(o, end[1] == ':' ? end + 2 : "", err);
	}
	if (colon && strchr(colon + 1, ':'))
		return bad_name(o, "an IPv6 address is written in brackets, [::1]:4000", err);
	end = colon ? colon : s + strcspn(s, "/");
	rc = parse_host(o, s, (size_t)(end - s), err);
	return rc < 0 ? rc : parse_port(o, colon ? colon + 1 : "", err);
}

static int parse_name(struct opener *o, struct err *err)
{
	const char *sep = strstr(o->name, "://");

	if (!sep || o->name[0] == '/') {
		o->scheme = SCHEME_LOCAL;
		return ERR_OK;
	}
	if (str_starts_nocase(o->name, "tcp://"))
		o->scheme = SCHEME_TCP;
	else if (str_starts_nocase(o->name, "rfc2217://"))
		o->scheme = SCHEME_RFC2217;
	else
		return err_set(err, ERR_INVAL, 0,
		    "%s: this kind of port is not known. Network ports are tcp://HOST:PORT and "
		    "rfc2217://HOST:PORT",
		    o->name);
	return parse_address(o, sep + 3, err);
}

/* ---- RFC 2217: hearing the server ---- */

static void not_rfc2217(struct opener *o, const char *what, mono_t now)
{
	struct err err;
	char said[80];

	tr_rfc2217_said(o->server, said, sizeof(said));
	err_set(&err, ERR_FORMAT, 0,
	    "%s %s%s%s%s. If it is a plain telnet or TCP server: use "
	    "tcp://%s%s%s:%u",
	    o->name, what, *said ? " (it said: " : "", said, *said ? ")" : "",
	    strchr(o->host, ':') ? "[" : "", o->host, strchr(o->host, ':') ? "]" : "", o->port);
	finish(o, NULL, &err, now);
}

static void open_now(struct opener *o, mono_t now)
{
	struct transport *t = o->server;

	o->server = NULL;
	finish(o, t, NULL, now);
}

/* What it said before it hung up is the reason, as a rule. */
static void hung_up(struct opener *o, struct err *err, mono_t now)
{
	char raw[128];
	char said[2 * sizeof(raw)];
	size_t len = 0;
	ssize_t n;

	while (len + sizeof(raw) < sizeof(said) &&
	       (n = o->server->ops->read(o->server, raw, sizeof(raw), NULL)) > 0)
		for (ssize_t i = 0; i < n; i++)
			said[len++] = raw[i] >= 0x20 && raw[i] < 0x7f ? raw[i] : ' ';
	said[len] = '\0';
	str_trim_end(said);
	if (*said) {
		str_cat(err->text, sizeof(err->text), ". It said: ");
		str_cat(err->text, sizeof(err->text), said);
	}
	finish(o, NULL, err, now);
}

/* ERR_OK: open. */
static int advance(struct opener *o, struct err *err, mono_t now)
{
	struct transport *t = o->server;
	int rc;

	if (!o->begun) {
		rc = tr_rfc2217_listen(t, err);
		if (rc == ERR_OK)
			rc = tr_rfc2217_begin(
			    t, &o->options.line, o->options.dtr, o->options.rts, err);
		if (rc < 0)
			return rc;
		o->begun = true;
		timer_arm(o->timer, now + CONFIRM_US);
	}
	return tr_rfc2217_confirm(t, err);
}

static void listen_more(struct opener *o, mono_t now)
{
	struct err err = {0};
	int rc = advance(o, &err, now);

	if (rc == ERR_OK) {
		open_now(o, now);
	} else if (rc == ERR_FORMAT && !o->begun) {
		not_rfc2217(o, "does not speak RFC 2217", now);
	} else if (rc != ERR_AGAIN) {
		hung_up(o, &err, now);
	} else {
		watch_set(o->watch, o->server->ops->want(o->server) & (LOOP_READ | LOOP_WRITE));
		if (!o->begun)
			timer_arm(o->timer,
			    o->connected + (tr_rfc2217_heard(o->server) ? AGREE_US : GREET_US));
	}
}

static void on_server(void *ctx, int ready, mono_t now)
{
	(void)ready;
	listen_more(ctx, now);
}

static void agreement_due(struct opener *o, mono_t now)
{
	if (o->begun)
		open_now(o, now);
	else if (tr_rfc2217_heard(o->server))
		not_rfc2217(o, "does not speak RFC 2217", now);
	else
		not_rfc2217(o,
		    "accepted the connection and says nothing: it may be busy with another "
		    "client",
		    now);
}

/* ---- connecting ---- */

static void try_next(struct opener *o, mono_t now);

static void connected(struct opener *o, mono_t now)
{
	struct transport *t = tr_tcp_new(o->fd, o->name, o->peer);

	watch_free(o->watch);
	o->watch = NULL;
	o->fd = -1; /* the transport's */
	if (o->scheme == SCHEME_TCP) {
		finish(o, t, NULL, now);
		return;
	}
	o->server = tr_rfc2217_new(t);
	o->connected = now;
	o->watch = watch_new(o->loop, t->ops->fd(t), 0, LOOP_READ, on_server, o, &o->last);
	if (o->watch)
		listen_more(o, now);
	else
		finish(o, NULL, &o->last, now);
}

/* A port that nobody listens on may be given to this very connection: it then talks to itself. */
static bool is_own_echo(int fd)
{
	struct sockaddr_storage here, there;
	socklen_t here_len = sizeof(here), there_len = sizeof(there);

	memset(&here, 0, sizeof(here));
	memset(&there, 0, sizeof(there));
	return getsockname(fd, (struct sockaddr *)&here, &here_len) == 0 &&
	       getpeername(fd, (struct sockaddr *)&there, &there_len) == 0 &&
	       here_len == there_len && memcmp(&here, &there, here_len) == 0;
}

static void explain(struct opener *o, int sys)
{
	char where[NAME_SIZE + sizeof(o->peer) + 4];

	/* The address says something new only where a name was given. */
	str_copy(where, sizeof(where), o->name);
	if (!strstr(o->name, o->peer))
		str_fmt(where, sizeof(where), "%s (%s)", o->name, o->peer);
	switch (sys) {
	case ECONNREFUSED:
		err_set(&o->last, ERR_NOENT, sys,
		    "%s: nobody listens there. Is the server running, is the port right?", where);
		break;
	case ETIMEDOUT:
		err_set(&o->last, ERR_TIMEOUT, sys,
		    "%s: no answer. Is the host up, does a firewall stand between?", where);
		break;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
		err_set(&o->last, ERR_NOENT, sys,
		    "%s: there is no way to that host. Is the network up?", where);
		break;
	default:
		err_sys(&o->last, sys, "%s: cannot connect", where);
		break;
	}
}

static void address_failed(struct opener *o, int sys, mono_t now)
{
	explain(o, sys);
	drop_socket(o);
	try_next(o, now);
}

static void on_connect(void *ctx, int ready, mono_t now)
{
	struct opener *o = ctx;
	int sys = 0;
	socklen_t len = sizeof(sys);

	(void)ready;
	if (getsockopt(o->fd, SOL_SOCKET, SO_ERROR, &sys, &len) < 0)
		sys = errno;
	if (!sys && is_own_echo(o->fd))
		sys = ECONNREFUSED;
	if (sys)
		address_failed(o, sys, now);
	else
		connected(o, now);
}

static void name_peer(struct opener *o, const struct resolve_address *a)
{
	const struct sockaddr *sa = (const struct sockaddr *)&a->sa;
	char text[INET6_ADDRSTRLEN] = "?";

	if (sa->sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)&a->sa)->sin6_addr, text,
		    sizeof(text));
		str_fmt(o->peer, sizeof(o->peer), "[%s]:%u", text, o->port);
	} else {
		inet_ntop(
		    AF_INET, &((const struct sockaddr_in *)&a->sa)->sin_addr, text, sizeof(text));
		str_fmt(o->peer, sizeof(o->peer), "%s:%u", text, o->port);
	}
}

/* Each address gets its share of what time is left, so that a dead one doesn't use up all. */
static mono_t share(const struct opener *o, mono_t now)
{
	mono_t left = o->deadline - now;
	mono_t part = left / (mono_t)(o->list.count - o->next + 1);

	if (part < CONNECT_MIN_US)
		part = CONNECT_MIN_US;
	return mono_min(now + part, o->deadline);
}

/* Begins with one address; an errno value when that failed at once. */
static int start_connect(struct opener *o, const struct resolve_address *a)
{
	name_peer(o, a);
	o->fd = socket(a->sa.ss_family, SOCK_STREAM, 0);
	if (o->fd < 0)
		return errno;
	/* Flags of socket(2) itself are not everywhere. */
	if (fcntl(o->fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(o->fd, F_SETFD, FD_CLOEXEC) < 0)
		return errno;
	o->watch = watch_new(o->loop, o->fd, 0, LOOP_WRITE, on_connect, o, NULL);
	if (!o->watch)
		return EMFILE;
	/* What is connected at once is writable at once: the watch tells. */
	if (connect(o->fd, (const struct sockaddr *)&a->sa, a->len) < 0 && errno != EINPROGRESS &&
	    errno != EINTR)
		return errno;
	return 0;
}

static void try_next(struct opener *o, mono_t now)
{
	while (o->next < o->list.count && now < o->deadline) {
		int sys = start_connect(o, &o->list.at[o->next++]);

		if (!sys) {
			timer_arm(o->timer, share(o, now));
			return;
		}
		explain(o, sys);
		drop_socket(o);
	}
	finish(o, NULL, &o->last, now);
}

static void on_resolved(
    void *ctx, const struct resolve_list *list, const struct err *err, mono_t now)
{
	struct opener *o = ctx;

	o->resolve = NULL;
	if (!list) {
		o->last = *err;
		str_fmt(o->last.text, sizeof(o->last.text), "%s: %s", o->name, err->text);
		finish(o, NULL, &o->last, now);
		return;
	}
	o->list = *list;
	try_next(o, now);
}

static void begin_net(struct opener *o, mono_t now)
{
	struct resolve *r;

	o->deadline = now + CONNECT_US;
	timer_arm(o->timer, o->deadline);
	r = resolve_new(o->loop, o->host, o->port, NULL, on_resolved, o, now);
	/* The answer may have come within the call, and ended the opener with it. */
	if (!o->finished)
		o->resolve = r;
}

/* ---- ports of this machine ---- */

static void open_local(struct opener *o, mono_t now)
{
	struct err err = {0};
	struct transport *t = transport_open_as(
	    o->name, &o->options.line, o->options.dtr, o->options.rts, o->options.exclusive, &err);

	if (!t && err.code == ERR_AGAIN)
		timer_arm(o->timer, now + NODE_US);
	else
		finish(o, t, &err, now);
}

/* ---- from outside ---- */

static void on_timer(void *ctx, mono_t now)
{
	struct opener *o = ctx;

	if (o->scheme == SCHEME_LOCAL) {
		open_local(o, now);
	} else if (o->server) {
		agreement_due(o, now);
	} else if (o->resolve) {
		err_set(&o->last, ERR_TIMEOUT, 0,
		    "%s: %s can't be looked up: no name server answers. Is the network up?",
		    o->name, o->host);
		finish(o, NULL, &o->last, now);
	} else {
		address_failed(o, ETIMEDOUT, now);
	}
}

struct opener *opener_new(struct loop *l, const char *name, const struct opener_options *options,
    opener_fn fn, void *ctx, mono_t now)
{
	struct opener *o = xcalloc(1, sizeof(*o));

	o->loop = l;
	o->fn = fn;
	o->ctx = ctx;
	o->options = *options;
	o->fd = -1;
	o->timer = timer_new(l, on_timer, o);
	o->starting = true;
	if (!str_copy(o->name, sizeof(o->name), name))
		err_set(&o->last, ERR_INVAL, 0, "the port's name is too long");
	else
		parse_name(o, &o->last);
	if (o->last.code)
		finish(o, NULL, &o->last, now);
	else if (o->scheme == SCHEME_LOCAL)
		open_local(o, now);
	else
		begin_net(o, now);
	o->starting = false;
	if (!o->finished)
		return o;
	free(o);
	return NULL;
}

void opener_cancel(struct opener *o)
{
	if (!o)
		return;
	let_go(o);
	free(o);
}

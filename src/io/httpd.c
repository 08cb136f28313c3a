/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The server of an upgrade. libmicrohttpd only sees sets of descriptors (MHD_get_fdset2,
 * MHD_run_from_select); what happened in a run is told to the owner behind it, so that an owner may
 * end the server from its event.
 */
#define _DEFAULT_SOURCE /* getifaddrs, getentropy */
#include "tasmite/io/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <microhttpd.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tasmite/base/log.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/loop.h"

#define CONNECTIONS 16
#define SPARE	    4	  /* places that are kept for who comes next */
#define MEMORY	    8192u /* of one connection, bytes */
#define WAITING	    64	  /* connections that the system may hold before they are taken */
#define BLOCK	    4096u
#define EVENTS	    64
#define TOLD	    20	 /* refusals that are told one by one; more are counted */
#define MORE_MOST   64u	 /* times as long between two such counts in the end */
#define UNSENT	    8192 /* bytes that the system may hold of a connection */
#define TOKEN	    10

struct transfer {
	bool used;
	struct httpd *h;
	unsigned id;
	int file;
	bool head;
	size_t at, told; /* bytes handed over; of these the owner knows */
};

struct visitor {
	struct MHD_Connection *c;
	int fd;
	mono_t until; /* MONO_NEVER: it has asked */
};

/* Refusals that were not told of one by one. */
struct more {
	unsigned n;
	char last[INET_ADDRSTRLEN]; /* where the last one came from */
	mono_t after, at; /* how late they are told of, and when: MONO_NEVER, there are none */
	unsigned slower;
};

struct httpd {
	struct loop *loop;
	struct MHD_Daemon *daemon;
	struct loop_guest guest;
	struct in_addr peer[HTTPD_PEERS]; /* none: any */
	unsigned peers;
	char address[INET_ADDRSTRLEN], token[TOKEN + 1];
	unsigned port;
	struct httpd_file file[HTTPD_FILES];
	unsigned files;
	mono_t patience;
	httpd_fn event;
	void *ctx;
	struct transfer transfer[CONNECTIONS];
	struct visitor visitor[CONNECTIONS];
	struct httpd_event queue[EVENTS];
	unsigned queued, told;
	struct httpd_counts counts;
	char trouble[120];
	struct more more;
	bool telling, ended;
};

/* ---- what is told ------------------------------------------------------------------------------ */

static void printable(char *dst, size_t size, const char *src)
{
	size_t n = 0;

	for (; src && *src && n + 1 < size; src++)
		dst[n++] = *src > 0x20 && *src < 0x7f ? *src : '?';
	dst[n] = '\0';
}

static const struct httpd_event no_event = {.file = -1, .free_space = -1};

static struct httpd_event *queue_event(struct httpd *h, enum httpd_event_kind kind)
{
	struct httpd_event *e;

	/* The end of a transfer always finds its place: refusals leave it. */
	if (h->queued == EVENTS ||
	    (kind >= HTTPD_REFUSED && (h->told >= TOLD || h->queued > EVENTS / 2)))
		return NULL;
	h->told += kind >= HTTPD_REFUSED;
	e = &h->queue[h->queued++];
	*e = no_event;
	e->kind = kind;
	return e;
}

static void count_untold(struct httpd *h, const char *from)
{
	struct more *m = &h->more;

	printable(m->last, sizeof(m->last), from);
	if (!m->n++)
		m->at = mono_add(loop_now(h->loop), m->after * (mono_t)m->slower);
}

bool httpd_untold(struct httpd *h, struct httpd_event *e)
{
	struct more *m = &h->more;

	if (!m->n)
		return false;
	*e = no_event;
	e->kind = HTTPD_MORE;
	e->n = m->n;
	(void)str_copy(e->path, sizeof(e->path), m->last);
	m->n = 0;
	m->at = MONO_NEVER;
	if (m->slower < MORE_MOST)
		m->slower *= 2;
	return true;
}

static void progress(struct transfer *t)
{
	struct httpd_event *e;

	if (!t->used || t->at == t->told)
		return;
	e = queue_event(t->h, HTTPD_SENT);
	if (!e)
		return;
	e->transfer = t->id;
	e->file = t->file;
	e->total = (uint32_t)t->h->file[t->file].size;
	e->n = (uint32_t)(t->at - t->told);
	t->told = t->at;
}

static void release(struct httpd *h)
{
	free(h);
}

static void tell(struct httpd *h, mono_t now)
{
	struct httpd_event more;

	for (unsigned i = 0; i < CONNECTIONS; i++)
		progress(&h->transfer[i]);
	h->telling = true;
	for (unsigned i = 0; i < h->queued && !h->ended; i++)
		h->event(h->ctx, &h->queue[i], now);
	if (!h->ended && h->more.at <= now && httpd_untold(h, &more))
		h->event(h->ctx, &more, now);
	h->queued = 0;
	h->telling = false;
	if (h->ended)
		release(h);
}

/* ---- who comes --------------------------------------------------------------------------------- */

static bool is_peer(const struct httpd *h, struct in_addr from)
{
	for (unsigned i = 0; i < h->peers; i++)
		if (h->peer[i].s_addr == from.s_addr)
			return true;
	return !h->peers;
}

static enum MHD_Result accepts(void *ctx, const struct sockaddr *from, socklen_t n)
{
	struct httpd *h = ctx;
	struct httpd_event *e;
	char text[INET_ADDRSTRLEN] = "";
	struct sockaddr_in in;

	if (from->sa_family == AF_INET && n >= sizeof(in)) {
		memcpy(&in, from, sizeof(in));
		if (is_peer(h, in.sin_addr))
			return MHD_YES;
		(void)inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text));
	}
	h->counts.strangers++;
	e = queue_event(h, HTTPD_STRANGER);
	if (e)
		printable(e->path, sizeof(e->path), text);
	else
		count_untold(h, text);
	return MHD_NO;
}

/* Else the system takes megabytes at once, and what is told as sent is far from having arrived. */
static void keep_close(int fd)
{
	int room = UNSENT;

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

static void send_away(struct httpd *h, struct visitor *v)
{
	v->until = MONO_NEVER;
	h->counts.slow++;
	/* The library finds its end and closes it. */
	(void)shutdown(v->fd, SHUT_RDWR);
}

/* A device asks as soon as it is let in: of those who have not, the one that is there for longest
 * goes, so that slow ones never hold all the places. */
static void keep_room(struct httpd *h)
{
	struct visitor *eldest = NULL;
	unsigned used = 0;

	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct visitor *v = &h->visitor[i];

		used += v->c != NULL;
		if (v->c && v->fd >= 0 && v->until != MONO_NEVER &&
		    (!eldest || v->until < eldest->until))
			eldest = v;
	}
	if (used > CONNECTIONS - SPARE && eldest)
		send_away(h, eldest);
}

/* Who sends a byte now and then would keep its place for ever: the library only looks at the last
 * byte's time. */
static void visitors(
    void *ctx, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode code)
{
	struct httpd *h = ctx;
	const union MHD_ConnectionInfo *info;

	(void)state;
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct visitor *v = &h->visitor[i];

		if (code == MHD_CONNECTION_NOTIFY_CLOSED && v->c == c) {
			memset(v, 0, sizeof(*v));
			return;
		}
		if (code != MHD_CONNECTION_NOTIFY_STARTED || v->c)
			continue;
		info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
		v->c = c;
		v->fd = info ? info->connect_fd : -1;
		v->until = loop_now(h->loop) + h->patience;
		if (v->fd >= 0)
			keep_close(v->fd);
		keep_room(h);
		return;
	}
}

static void set_deadline(struct httpd *h, struct MHD_Connection *c, mono_t until)
{
	for (unsigned i = 0; i < CONNECTIONS; i++)
		if (h->visitor[i].c == c)
			h->visitor[i].until = until;
}

static void send_slow_away(struct httpd *h, mono_t now)
{
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct visitor *v = &h->visitor[i];

		if (v->c && v->until <= now && v->fd >= 0)
			send_away(h, v);
	}
}

/* ---- requests ---------------------------------------------------------------------------------- */

static int find_file(const struct httpd *h, const char *url)
{
	size_t n = strlen(h->token);

	if (url[0] != '/' || strncmp(url + 1, h->token, n) || url[1 + n] != '/')
		return -1;
	for (unsigned i = 0; i < h->files; i++)
		if (!strcmp(url + n + 2, h->file[i].name))
			return (int)i;
	return -1;
}

static const char *device_header(struct MHD_Connection *c, const char *name)
{
	static const char *const kinds[] = {"x-ESP8266-", "x-ESP32-"};
	const char *value = NULL;
	char key[40];

	for (unsigned i = 0; i < 2 && !value; i++) {
		(void)str_fmt(key, sizeof(key), "%s%s", kinds[i], name);
		value = MHD_lookup_connection_value(c, MHD_HEADER_KIND, key);
	}
	return value;
}

static void describe(struct httpd_event *e, struct MHD_Connection *c, const char *url, bool head)
{
	const char *space = device_header(c, "free-space");
	uint64_t value;

	e->head = head;
	printable(e->path, sizeof(e->path), url);
	printable(e->version, sizeof(e->version), device_header(c, "version"));
	if (space && str_parse_u64(space, INT32_MAX, &value))
		e->free_space = (int32_t)value;
}

/* Where a request comes from. */
static const char *address_of(struct MHD_Connection *c, char *dst, size_t size)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct sockaddr_in in;

	dst[0] = '\0';
	if (info && info->client_addr && info->client_addr->sa_family == AF_INET) {
		memcpy(&in, info->client_addr, sizeof(in));
		(void)inet_ntop(AF_INET, &in.sin_addr, dst, (socklen_t)size);
	}
	return dst;
}

static enum MHD_Result refuse(
    struct httpd *h, struct MHD_Connection *c, const char *url, unsigned status)
{
	char text[] = "There is nothing here.\n";
	struct httpd_event *e = queue_event(h, HTTPD_REFUSED);
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(sizeof(text) - 1, text, MHD_RESPMEM_MUST_COPY);
	char from[INET_ADDRSTRLEN];
	enum MHD_Result done;

	h->counts.refused++;
	if (e) {
		describe(e, c, url, false);
		e->status = status;
	} else {
		count_untold(h, address_of(c, from, sizeof(from)));
	}
	if (!r)
		return MHD_NO;
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	done = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return done;
}

static ssize_t read_file(void *ctx, uint64_t pos, char *dst, size_t max)
{
	struct transfer *t = ctx;
	const struct httpd_file *f = &t->h->file[t->file];
	size_t n;

	if (pos >= f->size)
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = f->size - (size_t)pos < max ? f->size - (size_t)pos : max;
	memcpy(dst, f->data + pos, n);
	t->at = (size_t)pos + n;
	return (ssize_t)n;
}

static struct MHD_Response *response_for(struct transfer *t)
{
	const struct httpd_file *f = &t->h->file[t->file];
	struct MHD_Response *r =
	    MHD_create_response_from_callback(f->size, BLOCK, read_file, t, NULL);

	if (!r)
		return NULL;
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "application/octet-stream");
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	if (f->md5[0])
		(void)MHD_add_response_header(r, "x-MD5", f->md5);
	return r;
}

static struct transfer *new_transfer(struct httpd *h, int file, bool head)
{
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct transfer *t = &h->transfer[i];

		if (t->used)
			continue;
		*t = (struct transfer){.used = true, .h = h, .id = i, .file = file, .head = head};
		return t;
	}
	return NULL;
}

static enum MHD_Result serve(
    struct httpd *h, struct MHD_Connection *c, const char *url, int file, bool head, void **state)
{
	struct transfer *t = new_transfer(h, file, head);
	struct MHD_Response *r = t ? response_for(t) : NULL;
	struct httpd_event *e;
	enum MHD_Result done;

	if (!r) {
		if (t)
			t->used = false;
		return MHD_NO;
	}
	*state = t;
	h->counts.asked++;
	e = queue_event(h, HTTPD_ASKED);
	if (e) {
		describe(e, c, url, head);
		e->transfer = t->id;
		e->file = file;
		e->total = (uint32_t)h->file[file].size;
		e->status = MHD_HTTP_OK;
	}
	done = MHD_queue_response(c, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return done;
}

static enum MHD_Result request(void *ctx, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *body, size_t *body_n, void **state)
{
	struct httpd *h = ctx;
	bool head = !strcmp(method, MHD_HTTP_METHOD_HEAD);
	int file;

	(void)version;
	(void)body;
	/* What comes with a request is not read: the answer goes out, the connection ends. */
	*body_n = 0;
	if (*state)
		return MHD_YES;
	set_deadline(h, c, MONO_NEVER);
	if (!head && strcmp(method, MHD_HTTP_METHOD_GET))
		return refuse(h, c, url, MHD_HTTP_METHOD_NOT_ALLOWED);
	file = find_file(h, url);
	if (file < 0)
		return refuse(h, c, url, MHD_HTTP_NOT_FOUND);
	return serve(h, c, url, file, head, state);
}

static void completed(
    void *ctx, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode how)
{
	struct httpd *h = ctx;
	struct transfer *t = *state;
	struct httpd_event *e;

	set_deadline(h, c, loop_now(h->loop) + h->patience);
	if (!t)
		return;
	progress(t);
	e = queue_event(h, HTTPD_CLOSED);
	if (e) {
		e->transfer = t->id;
		e->file = t->file;
		e->total = (uint32_t)h->file[t->file].size;
		e->n = (uint32_t)t->at;
		e->head = t->head;
		e->whole = how == MHD_REQUEST_TERMINATED_COMPLETED_OK && t->at == e->total;
	}
	t->used = false;
	*state = NULL;
}

/* ---- the guest --------------------------------------------------------------------------------- */

static void before(void *ctx, void *rd, void *wr, void *ex, int *max_fd, mono_t *deadline)
{
	struct httpd *h = ctx;
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_fdset2(h->daemon, rd, wr, ex, max_fd, FD_SETSIZE) != MHD_YES)
		log_trace("httpd", "a descriptor does not fit the set");
	if (MHD_get_timeout(h->daemon, &ms) == MHD_YES)
		*deadline = mono_min(
		    *deadline, loop_now(h->loop) + MONO_MS((int64_t)(ms < 3600000 ? ms : 3600000)));
	for (unsigned i = 0; i < CONNECTIONS; i++)
		if (h->visitor[i].c)
			*deadline = mono_min(*deadline, h->visitor[i].until);
	*deadline = mono_min(*deadline, h->more.at);
}

static void after(void *ctx, void *rd, void *wr, void *ex, mono_t now)
{
	struct httpd *h = ctx;

	send_slow_away(h, now);
	if (MHD_run_from_select(h->daemon, rd, wr, ex) != MHD_YES)
		log_trace("httpd", "the library could not go on");
	tell(h, now);
}

/* ---- beginning and end ------------------------------------------------------------------------- */

/* The names are plain: what is written with '%' is another one. ("%00" would end it otherwise.) */
static size_t as_it_stands(void *ctx, struct MHD_Connection *c, char *text)
{
	(void)ctx;
	(void)c;
	return strlen(text);
}

/* Letters and digits; the few that are a little likelier than others do no harm. */
static int make_token(char *dst, struct err *err)
{
	static const char digits[] = "abcdefghijkmnpqrstuvwxyz23456789";
	uint8_t random[TOKEN];

	if (getentropy(random, sizeof(random)))
		return err_sys(err, errno, "no random numbers for the server's path");
	for (size_t i = 0; i < TOKEN; i++)
		dst[i] = digits[random[i] % (sizeof(digits) - 1)];
	dst[TOKEN] = '\0';
	return 0;
}

__attribute__((format(printf, 2, 0))) static void quiet(void *ctx, const char *fmt, va_list ap)
{
	struct httpd *h = ctx;
	int sys = errno;
	char text[200];

	(void)str_vfmt(text, sizeof(text), fmt, ap);
	str_trim_end(text);
	/* The library's words for an accept that failed. */
	if (strncmp(text, "Error accepting", 15) == 0 || strncmp(text, "Hit process", 11) == 0)
		(void)str_fmt(h->trouble, sizeof(h->trouble),
		    "the device came, but its connection could not be taken here: %s",
		    strerror(sys));
	log_trace("httpd", "%s", text);
}

static int start(struct httpd *h, struct err *err)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	const union MHD_DaemonInfo *info;
	/* A device that erases what it is about to write takes no bytes meanwhile. */
	unsigned idle = (unsigned)((3 * h->patience + 999999) / 1000000);

	if (inet_pton(AF_INET, h->address, &in.sin_addr) != 1)
		return err_set(err, ERR_INVAL, 0, "%s is no IPv4 address", h->address);
	errno = 0;
	h->daemon = MHD_start_daemon(MHD_USE_ERROR_LOG, 0, accepts, h, request, h,
	    MHD_OPTION_EXTERNAL_LOGGER, quiet, h, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&in,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, idle, MHD_OPTION_LISTEN_BACKLOG_SIZE,
	    (unsigned)WAITING, MHD_OPTION_NOTIFY_COMPLETED, completed, h,
	    MHD_OPTION_NOTIFY_CONNECTION, visitors, h, MHD_OPTION_UNESCAPE_CALLBACK, as_it_stands,
	    h, MHD_OPTION_END);
	if (!h->daemon)
		return err_sys(err, errno ? errno : EADDRNOTAVAIL,
		    "can't listen at %s for the device", h->address);
	info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT);
	h->port = info ? info->port : 0;
	return h->port ? 0 : err_set(err, ERR_FAIL, 0, "the server's port is not known");
}

static int set_peers(struct httpd *h, const char *list, struct err *err)
{
	char word[INET_ADDRSTRLEN];

	while (list && *(list += strspn(list, ", "))) {
		size_t n = strcspn(list, ", ");

		if (h->peers == HTTPD_PEERS)
			return err_set(
			    err, ERR_RANGE, 0, "more than %d source addresses", HTTPD_PEERS);
		if (!str_copy_n(word, sizeof(word), list, n) ||
		    inet_pton(AF_INET, word, &h->peer[h->peers]) != 1)
			return err_set(err, ERR_INVAL, 0, "%.*s is no IPv4 address",
			    (int)(n < 40 ? n : 40), list);
		h->peers++;
		list += n;
	}
	return 0;
}

struct httpd *httpd_new(const struct httpd_config *cfg, struct err *err)
{
	struct httpd *h = xcalloc(1, sizeof(*h));

	h->loop = cfg->loop;
	h->event = cfg->event;
	h->ctx = cfg->ctx;
	h->patience = cfg->patience ? cfg->patience : MONO_S(10);
	h->more = (struct more){
	    .after = cfg->more_after ? cfg->more_after : MONO_S(5), .at = MONO_NEVER, .slower = 1};
	h->files = cfg->count < HTTPD_FILES ? cfg->count : HTTPD_FILES;
	if (h->files)
		memcpy(h->file, cfg->files, h->files * sizeof(h->file[0]));
	(void)str_copy(h->address, sizeof(h->address), cfg->address);
	if (set_peers(h, cfg->peer, err) || make_token(h->token, err) || start(h, err)) {
		if (h->daemon)
			MHD_stop_daemon(h->daemon);
		free(h);
		return NULL;
	}
	h->guest = (struct loop_guest){.before = before, .after = after, .ctx = h};
	loop_guest_add(h->loop, &h->guest);
	return h;
}

void httpd_free(struct httpd *h)
{
	if (!h || h->ended)
		return;
	h->ended = true; /* what the library reports while it ends is not told */
	loop_guest_remove(h->loop, &h->guest);
	MHD_stop_daemon(h->daemon);
	h->daemon = NULL;
	if (!h->telling)
		release(h);
}

const char *httpd_trouble(const struct httpd *h)
{
	return h->trouble;
}

bool httpd_url(const struct httpd *h, unsigned file, char *dst, size_t size)
{
	return file < h->files && str_fmt(dst, size, "http://%s:%u/%s/%s", h->address, h->port,
				      h->token, h->file[file].name);
}

unsigned httpd_port(const struct httpd *h)
{
	return h->port;
}

const struct httpd_counts *httpd_counts(const struct httpd *h)
{
	return &h->counts;
}

/* ---- which address ----------------------------------------------------------------------------- */

static bool ipv4_of(const struct sockaddr *sa, uint32_t *dst)
{
	struct sockaddr_in in;

	if (!sa || sa->sa_family != AF_INET)
		return false;
	memcpy(&in, sa, sizeof(in));
	*dst = ntohl(in.sin_addr.s_addr);
	return true;
}

int httpd_local_address(const char *peer, char *dst, size_t size, struct err *err)
{
	struct ifaddrs *all, *i;
	struct in_addr in;
	uint32_t found = 0, best = 0, address, mask;

	if (inet_pton(AF_INET, peer, &in) != 1)
		return err_set(err, ERR_INVAL, 0, "%s is no IPv4 address", peer);
	if (getifaddrs(&all))
		return err_sys(err, errno, "the network interfaces can't be listed");
	for (i = all; i; i = i->ifa_next) {
		if (!(i->ifa_flags & IFF_UP) || !ipv4_of(i->ifa_addr, &address) ||
		    !ipv4_of(i->ifa_netmask, &mask) || !mask)
			continue;
		/* of two networks that hold it the narrower one */
		if ((address & mask) == (ntohl(in.s_addr) & mask) && mask > best) {
			found = address;
			best = mask;
		}
	}
	freeifaddrs(all);
	if (!found)
		return err_set(err, ERR_NOENT, 0,
		    "this machine has no address in the network of %s: join that network", peer);
	in.s_addr = htonl(found);
	if (!inet_ntop(AF_INET, &in, dst, (socklen_t)size))
		return err_sys(err, errno, "%s", peer);
	return 0;
}

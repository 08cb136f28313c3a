/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One request. A device that has seen enough answers and closes while the rest is still on
 * its way: so what comes is read all the time, and a write that fails is not the end as long as there
 * may be an answer to read.
 */
#define _DEFAULT_SOURCE /* getentropy */
#include "tasmite/io/http_post.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/loop.h"

#define LARGEST (16u * 1024u * 1024u)
#define PIECE	4096u
#define UNSENT	8192 /* bytes that the system may hold: what is told as sent is nearly there then */

enum phase { CONNECTS, SENDS, AWAITS, OVER };

struct http_post {
	struct loop *loop;
	struct watch *watch;
	struct timer *timer;
	int fd;
	enum phase phase;
	char address[INET_ADDRSTRLEN];
	char *head, *tail;
	const uint8_t *data;
	size_t part_n[3], part, at; /* head, file, tail; which one, and where in it */
	uint32_t told;
	struct buf in;
	mono_t patience;
	http_post_fn event;
	void *ctx;
	bool telling, freed;
};

/* ---- telling ----------------------------------------------------------------------------------- */

static void release(struct http_post *p)
{
	free(p->head);
	free(p->tail);
	buf_fini(&p->in);
	free(p);
}

/* False: the owner has freed it. */
static bool tell(struct http_post *p, struct http_post_event *e, mono_t now)
{
	p->telling = true;
	p->event(p->ctx, e, now);
	p->telling = false;
	if (p->freed)
		release(p);
	else
		return true;
	return false;
}

static void hang_up(struct http_post *p)
{
	p->phase = OVER;
	watch_free(p->watch);
	p->watch = NULL;
	timer_disarm(p->timer);
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static void fail(struct http_post *p, int code, int sys, const char *what, mono_t now)
{
	struct err err;
	struct http_post_event e = {.kind = HTTP_POST_FAILED, .err = &err};

	hang_up(p);
	if (sys)
		err_sys(&err, sys, "%s: %s", p->address, what);
	else
		err_set(&err, code, 0, "%s: %s", p->address, what);
	(void)tell(p, &e, now);
}

/* ---- the answer -------------------------------------------------------------------------------- */

/* "HTTP/1.1 200 OK"; 0: it is none. */
static unsigned status_of(const char *text)
{
	const char *blank = strchr(text, ' ');
	unsigned status = 0;

	if (!str_starts(text, "HTTP/1.") || !blank)
		return 0;
	for (int i = 1; i <= 3; i++) {
		if (blank[i] < '0' || blank[i] > '9')
			return 0;
		status = status * 10 + (unsigned)(blank[i] - '0');
	}
	return status;
}

/* The value of Content-Length, SIZE_MAX: none. */
static size_t length_of(const char *head, const char *end)
{
	static const char name[] = "\r\nContent-Length:";
	size_t n = sizeof(name) - 1;

	for (const char *p = head; p + n < end; p++) {
		char digits[12];
		uint64_t value;

		if (str_ncasecmp(p, name, n))
			continue;
		p = str_skip_blank(p + n);
		(void)str_copy_n(digits, sizeof(digits), p, strspn(p, "0123456789"));
		return str_parse_u64(digits, LARGEST, &value) ? (size_t)value : SIZE_MAX;
	}
	return SIZE_MAX;
}

/* Whether the answer is whole; ended: the device has closed. */
static bool look(struct http_post *p, bool ended, mono_t now)
{
	struct http_post_event e = {.kind = HTTP_POST_ANSWERED};
	const char *text, *body;
	size_t n, need;

	if (!buf_append_byte(&p->in, '\0'))
		return false;
	n = buf_len(&p->in) - 1;
	text = (const char *)buf_bytes(&p->in);
	body = strstr(text, "\r\n\r\n");
	e.status = status_of(text);
	if (body && e.status == 100) { /* it goes on behind that */
		buf_consume(&p->in, (size_t)(body + 4 - text));
		buf_truncate(&p->in, buf_len(&p->in) - 1);
		return look(p, ended, now);
	}
	if (body && e.status) {
		body += 4;
		need = length_of(text, body);
		e.page_n = n - (size_t)(body - text);
		if (ended || e.page_n >= need || p->in.max - n <= 1) {
			e.page = body;
			hang_up(p);
			(void)tell(p, &e, now);
			return true;
		}
	}
	buf_truncate(&p->in, n);
	return false;
}

/* False: it is over. */
static bool receive(struct http_post *p, mono_t now)
{
	char piece[1024];
	ssize_t n = recv(p->fd, piece, sizeof(piece), 0);

	if (n > 0) {
		/* One byte is kept for the terminator; of a long page the rest is not looked at. */
		size_t room = buf_space(&p->in) - 1;

		(void)buf_append_some(&p->in, piece, (size_t)n < room ? (size_t)n : room);
		return !look(p, false, now);
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (look(p, true, now))
		return false;
	if (n < 0)
		fail(p, 0, errno, "the connection broke off", now);
	else
		fail(p, ERR_GONE, 0, "the device closed the connection without an answer", now);
	return false;
}

/* ---- the request ------------------------------------------------------------------------------- */

static const uint8_t *part(const struct http_post *p)
{
	if (p->part == 1)
		return p->data;
	return (const uint8_t *)(p->part ? p->tail : p->head);
}

static bool tell_sent(struct http_post *p, mono_t now)
{
	struct http_post_event e = {.kind = HTTP_POST_SENT};

	e.sent = (uint32_t)(p->part == 0 ? 0 : p->part == 1 ? p->at : p->part_n[1]);
	if (e.sent == p->told)
		return true;
	p->told = e.sent;
	return tell(p, &e, now);
}

/* A piece a turn: keys and the port come first. */
static bool transmit(struct http_post *p, mono_t now)
{
	size_t left = p->part_n[p->part] - p->at;
	ssize_t n = send(p->fd, part(p) + p->at, left < PIECE ? left : PIECE, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n < 0) { /* there may be an answer behind it */
		p->phase = AWAITS;
		watch_set(p->watch, LOOP_READ);
		return receive(p, now);
	}
	p->at += (size_t)n;
	timer_arm(p->timer, mono_add(now, p->patience));
	while (p->part < 3 && p->at == p->part_n[p->part]) {
		p->part++;
		p->at = 0;
	}
	if (p->part == 3) {
		p->phase = AWAITS;
		watch_set(p->watch, LOOP_READ);
	}
	return tell_sent(p, now);
}

static bool connected(struct http_post *p, mono_t now)
{
	struct http_post_event e = {.kind = HTTP_POST_CONNECTED};
	int sys = 0;
	socklen_t n = sizeof(sys);

	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &sys, &n))
		sys = errno;
	if (sys) {
		fail(p, 0, sys, "its web page can't be reached", now);
		return false;
	}
	p->phase = SENDS;
	watch_set(p->watch, LOOP_READ | LOOP_WRITE);
	timer_arm(p->timer, mono_add(now, p->patience));
	return tell(p, &e, now);
}

static void on_ready(void *ctx, int ready, mono_t now)
{
	struct http_post *p = ctx;

	if (p->phase == CONNECTS) {
		(void)connected(p, now);
		return;
	}
	if ((ready & LOOP_READ) && !receive(p, now))
		return;
	if (p->phase == SENDS && (ready & LOOP_WRITE))
		(void)transmit(p, now);
}

static void on_timer(void *ctx, mono_t now)
{
	struct http_post *p = ctx;
	static const char *const what[] = {
	    [CONNECTS] = "no answer: is it on, and is this machine in its network?",
	    [SENDS] = "it takes no more bytes",
	    [AWAITS] = "it does not say what became of the file",
	};

	if (p->phase != OVER)
		fail(p, ERR_TIMEOUT, 0, what[p->phase], now);
}

/* ---- beginning and end ------------------------------------------------------------------------- */

static void base64(char *dst, size_t size, const char *src)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t n = strlen(src), out = 0;

	for (size_t i = 0; i < n && out + 5 <= size; i += 3) {
		uint32_t v = (uint32_t)(uint8_t)src[i] << 16;

		v |= i + 1 < n ? (uint32_t)(uint8_t)src[i + 1] << 8 : 0;
		v |= i + 2 < n ? (uint8_t)src[i + 2] : 0;
		dst[out++] = digits[v >> 18];
		dst[out++] = digits[v >> 12 & 63];
		dst[out++] = i + 1 < n ? digits[v >> 6 & 63] : '=';
		dst[out++] = i + 2 < n ? digits[v & 63] : '=';
	}
	dst[out] = '\0';
}

static void add_password(struct sbuf *b, const char *password)
{
	char plain[160], code[256];

	if (!password || !*password)
		return;
	(void)str_fmt(plain, sizeof(plain), "admin:%s", password);
	base64(code, sizeof(code), plain);
	sbuf_fmt(b, "Authorization: Basic %s\r\n", code);
}

/* Blanks and brackets in a name have made devices stumble (#18551). */
static void plain_name(char *dst, size_t size, const char *src)
{
	size_t n = 0;

	for (; *src && n + 1 < size; src++)
		if ((*src >= 'a' && *src <= 'z') || (*src >= 'A' && *src <= 'Z') ||
		    (*src >= '0' && *src <= '9') || strchr(".-_", *src))
			dst[n++] = *src;
	dst[n] = '\0';
}

static int compose(struct http_post *p, const struct http_post_config *cfg, struct err *err)
{
	uint8_t random[8];
	char mark[32] = "----tasmite", name[64], text[256];
	struct sbuf b;

	if (getentropy(random, sizeof(random)))
		return err_sys(err, errno, "no random numbers for the request");
	for (size_t i = 0; i < sizeof(random); i++) {
		(void)str_fmt(text, sizeof(text), "%02x", random[i]);
		(void)str_cat(mark, sizeof(mark), text);
	}
	plain_name(name, sizeof(name), cfg->name);
	(void)str_fmt(text, sizeof(text), "\r\n--%s--\r\n", mark);
	p->tail = xstrdup(text);
	(void)str_fmt(text, sizeof(text),
	    "--%s\r\nContent-Disposition: form-data; name=\"u2\"; filename=\"%s\"\r\n"
	    "Content-Type: application/octet-stream\r\n\r\n",
	    mark, name[0] ? name : "firmware.bin");
	sbuf_init(&b, 2048);
	sbuf_fmt(&b, "POST /u2?fsz=%zu HTTP/1.0\r\nHost: %s\r\nReferer: http://%s/up\r\n",
	    cfg->size, p->address, p->address);
	add_password(&b, cfg->password);
	sbuf_fmt(&b,
	    "Connection: close\r\nContent-Type: multipart/form-data; boundary=%s\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    mark, strlen(text) + cfg->size + strlen(p->tail), text);
	p->head = xstrdup(sbuf_str(&b));
	sbuf_fini(&b);
	p->part_n[0] = strlen(p->head);
	p->part_n[1] = cfg->size;
	p->part_n[2] = strlen(p->tail);
	return 0;
}

static int compose_get(struct http_post *p, const struct http_post_config *cfg)
{
	struct sbuf b;

	sbuf_init(&b, 1024);
	/* /cm wants to be called from a page of the device's own. */
	sbuf_fmt(&b, "GET %s HTTP/1.0\r\nHost: %s\r\nReferer: http://%s/\r\n", cfg->path,
	    p->address, p->address);
	add_password(&b, cfg->password);
	sbuf_add(&b, "Connection: close\r\n\r\n");
	p->head = xstrdup(sbuf_str(&b));
	sbuf_fini(&b);
	p->part_n[0] = strlen(p->head);
	return 0;
}

static int dial(struct http_post *p, uint16_t port, struct err *err)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port ? port : 80)};
	int flags, room = UNSENT;

	if (inet_pton(AF_INET, p->address, &in.sin_addr) != 1)
		return err_set(err, ERR_INVAL, 0, "%s is no IPv4 address", p->address);
	p->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (p->fd < 0)
		return err_sys(err, errno, "no connection to %s can be begun", p->address);
	(void)setsockopt(p->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	flags = fcntl(p->fd, F_GETFL);
	if (flags < 0 || fcntl(p->fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(p->fd, F_SETFD, FD_CLOEXEC) < 0)
		return err_sys(err, errno, "no connection to %s can be begun", p->address);
	if (connect(p->fd, (struct sockaddr *)&in, sizeof(in)) && errno != EINPROGRESS)
		return err_sys(err, errno, "%s: its web page can't be reached", p->address);
	p->watch = watch_new(p->loop, p->fd, 5, LOOP_WRITE, on_ready, p, err);
	return p->watch ? 0 : err ? err->code : ERR_FAIL;
}

struct http_post *http_post_new(const struct http_post_config *cfg, struct err *err)
{
	struct http_post *p = xcalloc(1, sizeof(*p));

	p->loop = cfg->loop;
	p->fd = -1;
	p->data = cfg->data;
	p->event = cfg->event;
	p->ctx = cfg->ctx;
	p->patience = cfg->patience ? cfg->patience : MONO_S(30);
	buf_init(&p->in, HTTP_POST_PAGE);
	p->timer = timer_new(p->loop, on_timer, p);
	(void)str_copy(p->address, sizeof(p->address), cfg->address);
	if (cfg->size > LARGEST) {
		(void)err_set(err, ERR_RANGE, 0, "%s is larger than any device's flash", cfg->name);
	} else if (!(cfg->path ? compose_get(p, cfg) : compose(p, cfg, err)) &&
		   !dial(p, cfg->port, err)) {
		timer_arm(p->timer, mono_add(loop_now(p->loop), p->patience));
		return p;
	}
	http_post_free(p);
	return NULL;
}

void http_post_free(struct http_post *p)
{
	if (!p || p->freed)
		return;
	p->freed = true;
	hang_up(p);
	timer_free(p->timer);
	if (!p->telling)
		release(p);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server of an upgrade, against clients of the loopback's addresses on the same loop. */
#include "tasmite/io/httpd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/io/clock.h"
#include "tasmite/io/loop.h"

#define HERE   "127.0.0.1"
#define DEVICE "127.0.0.9"
#define SIZE   300000u

struct rig {
	struct loop *l;
	struct httpd *h;
	struct httpd_file file[2];
	uint8_t *data;
	char url[120];
	unsigned asked, closed, whole, refused, strangers, status, more, mores;
	mono_t more_after, more_at, more_gap; /* the shortest time between two */
	uint32_t sent;
	struct httpd_event last;
	bool free_when_asked;
};

static void on_event(void *ctx, const struct httpd_event *e, mono_t now)
{
	struct rig *r = ctx;

	switch (e->kind) {
	case HTTPD_ASKED:
		r->asked++;
		r->last = *e;
		if (r->free_when_asked) {
			httpd_free(r->h);
			r->h = NULL;
		}
		break;
	case HTTPD_SENT:
		r->sent += e->n;
		break;
	case HTTPD_CLOSED:
		r->closed++;
		r->whole += e->whole;
		break;
	case HTTPD_REFUSED:
		r->refused++;
		r->last = *e;
		break;
	case HTTPD_STRANGER:
		r->strangers++;
		r->last = *e;
		break;
	case HTTPD_MORE:
		if (r->mores && (r->mores == 1 || now - r->more_at < r->more_gap))
			r->more_gap = now - r->more_at;
		r->mores++;
		r->more += e->n;
		r->more_at = now;
		r->last = *e;
		break;
	}
}

static struct rig start(void)
{
	struct rig r = {.l = NULL};
	struct err err;

	r.l = loop_new(&err);
	assert_non_null(r.l);
	r.data = malloc(SIZE);
	assert_non_null(r.data);
	for (uint32_t i = 0; i < SIZE; i++)
		r.data[i] = (uint8_t)(i * 2654435761u >> 24);
	r.file[0] = (struct httpd_file){.name = "sonoff.bin", .data = r.data, .size = SIZE};
	str_copy(r.file[0].md5, sizeof(r.file[0].md5), "0123456789abcdef0123456789abcdef");
	r.file[1] = (struct httpd_file){.name = "sonoff-minimal.bin", .data = r.data, .size = 10};
	return r;
}

/* The rig has its place by now: the server keeps its address. */
static void serve(struct rig *r, const char *peer, mono_t patience)
{
	struct httpd_config cfg = {.loop = r->l,
	    .address = HERE,
	    .peer = peer,
	    .files = r->file,
	    .count = 2,
	    .patience = patience,
	    .more_after = r->more_after,
	    .event = on_event,
	    .ctx = r};
	struct err err;

	r->h = httpd_new(&cfg, &err);
	assert_non_null(r->h);
	assert_true(httpd_url(r->h, 0, r->url, sizeof(r->url)));
}

static void stop(struct rig *r)
{
	httpd_free(r->h);
	loop_free(r->l);
	free(r->data);
}

/* ---- a client ---------------------------------------------------------------------------------- */

static int client(const struct rig *r, const char *from)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in in = {.sin_family = AF_INET};
	unsigned port;

	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, from, &in.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(sscanf(r->url, "http://127.0.0.1:%u/", &port), 1);
	assert_int_equal(inet_pton(AF_INET, HERE, &in.sin_addr), 1);
	in.sin_port = htons((uint16_t)port);
	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0); /* the backlog's */
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void turn(struct rig *r)
{
	struct err err;

	assert_int_equal(loop_turn(r->l, clock_now() + MONO_MS(5), &err), 0);
}

/* All that comes until the other side closes; false when it doesn't within `span`. */
static bool drain(struct rig *r, int fd, char *dst, size_t size, size_t *n, mono_t span)
{
	mono_t end = clock_now() + span;
	size_t got = 0;
	bool closed = false;

	while (!closed && clock_now() < end) {
		ssize_t k = recv(fd, dst + got, size - 1 - got, 0);

		if (k > 0)
			got += (size_t)k;
		closed = k == 0 || (k < 0 && errno != EAGAIN);
		turn(r);
	}
	dst[got] = '\0';
	*n = got;
	return closed;
}

static const char *path_of(const struct rig *r)
{
	return strchr(r->url + 7, '/');
}

/* Sends text, takes the answer; its body begins at *body. */
static size_t ask(
    struct rig *r, const char *from, const char *text, char *dst, size_t size, char **body)
{
	int fd = client(r, from);
	size_t n;

	(void)send(fd, text, strlen(text), MSG_NOSIGNAL);
	assert_true(drain(r, fd, dst, size, &n, MONO_S(20)));
	close(fd);
	for (int i = 0; i < 5; i++)
		turn(r);
	*body = strstr(dst, "\r\n\r\n");
	if (*body)
		*body += 4;
	return *body ? n - (size_t)(*body - dst) : 0;
}

static char big[SIZE + 4096];

static void httpd__serves_a_file__as_a_device_asks(void **state)
{
	struct rig r = start();
	char text[512], *body;

	(void)state;
	serve(&r, DEVICE, 0);
	str_fmt(text, sizeof(text),
	    "GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\nUser-Agent: ESP8266-http-Update\r\n"
	    "Connection: close\r\nx-ESP8266-free-space: 520192\r\nx-ESP8266-version: 6.1.1\r\n\r\n",
	    path_of(&r));
	assert_int_equal(ask(&r, DEVICE, text, big, sizeof(big), &body), SIZE);
	assert_memory_equal(body, r.data, SIZE);
	assert_non_null(strstr(big, " 200 OK\r\n"));
	assert_non_null(strstr(big, "Content-Length: 300000\r\n"));
	assert_non_null(strstr(big, "x-MD5: 0123456789abcdef0123456789abcdef\r\n"));
	body[-1] = '\0';
	assert_null(strstr(big, "chunked"));
	assert_int_equal(r.asked, 1);
	assert_int_equal(r.closed, 1);
	assert_int_equal(r.whole, 1);
	assert_int_equal(r.sent, SIZE);
	assert_int_equal(r.last.free_space, 520192);
	assert_string_equal(r.last.version, "6.1.1");
	assert_int_equal(r.last.file, 0);
	stop(&r);
}

static void httpd__answers_head__without_a_body(void **state)
{
	struct rig r = start();
	char text[512], *body;

	(void)state;
	serve(&r, NULL, 0);
	str_fmt(text, sizeof(text), "HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n", path_of(&r));
	assert_int_equal(ask(&r, HERE, text, big, sizeof(big), &body), 0);
	assert_non_null(strstr(big, "Content-Length: 300000\r\n"));
	assert_true(r.last.head);
	assert_int_equal(r.sent, 0);
	str_fmt(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path_of(&r));
	assert_int_equal(ask(&r, HERE, text, big, sizeof(big), &body), SIZE);
	assert_int_equal(r.whole, 1);
	stop(&r);
}

/* '%' stands for the secret part of the path, '@' for a '%'. */
static void httpd__refuses__what_is_not_in_the_list(void **state)
{
	static const char *const rows[][3] = {
	    {"GET", "/", "404"},
	    {"GET", "/sonoff.bin", "404"},
	    {"GET", "%/", "404"},
	    {"GET", "%", "404"},
	    {"GET", "%/sonoff.bin.gz", "404"},
	    {"GET", "%/../%/sonoff.bin", "404"},
	    {"GET", "%/sonoff.bin/", "404"},
	    {"GET", "%//sonoff.bin", "404"},
	    {"GET", "/../../etc/passwd", "404"},
	    {"GET", "%/sonoff.bin@00", "404"},
	    {"GET", "%/sonoff.bin@00.gz", "404"},
	    {"GET", "%/@73onoff.bin", "404"},
	    {"GET", "%/@2e@2e/sonoff.bin", "404"},
	    {"POST", "%/sonoff.bin", "405"},
	    {"PUT", "%/sonoff.bin", "405"},
	    {"DELETE", "%/sonoff.bin", "405"},
	};
	struct rig r = start();
	char text[512], status[8], token[32], *body, path[128];

	(void)state;
	serve(&r, DEVICE, 0);
	str_copy_n(token, sizeof(token), path_of(&r), strcspn(path_of(&r) + 1, "/") + 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		path[0] = '\0';
		for (const char *p = rows[i][1]; *p; p++) {
			char one[2] = {*p == '@' ? '%' : *p, '\0'};

			str_cat(path, sizeof(path), *p == '%' ? token : one);
		}
		str_fmt(text, sizeof(text),
		    "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", rows[i][0], path);
		(void)ask(&r, DEVICE, text, big, sizeof(big), &body);
		str_fmt(status, sizeof(status), " %s ", rows[i][2]);
		assert_non_null(strstr(big, status));
		assert_int_equal(r.last.status, atoi(rows[i][2]));
	}
	assert_int_equal(r.refused, sizeof(rows) / sizeof(rows[0]));
	assert_int_equal(r.asked, 0);
	stop(&r);
}

static void httpd__hears_nobody_else(void **state)
{
	struct rig r = start();
	char text[512], *body;

	(void)state;
	serve(&r, DEVICE, 0);
	str_fmt(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path_of(&r));
	assert_int_equal(ask(&r, "127.0.0.8", text, big, sizeof(big), &body), 0);
	assert_string_equal(big, "");
	assert_int_equal(r.strangers, 1);
	assert_string_equal(r.last.path, "127.0.0.8");
	assert_int_equal(r.asked, 0);
	stop(&r);
}

static void httpd__hears_a_list__of_addresses(void **state)
{
	static const char *const from[] = {DEVICE, "127.0.0.8", "127.0.0.7"};
	struct rig r = start();
	char text[512], *body;

	(void)state;
	serve(&r, DEVICE ", 127.0.0.8", 0);
	str_fmt(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path_of(&r));
	for (size_t i = 0; i < 3; i++)
		(void)ask(&r, from[i], text, big, sizeof(big), &body);
	assert_int_equal(r.asked, 2);
	assert_int_equal(r.strangers, 1);
	assert_string_equal(r.last.path, "127.0.0.7");
	stop(&r);
}

static void httpd__tells_a_broken_transfer(void **state)
{
	struct rig r = start();
	char text[512];
	struct linger hard = {.l_onoff = 1};
	mono_t end = clock_now() + MONO_S(20);
	int fd, small = 4096;

	(void)state;
	serve(&r, DEVICE, 0);
	r.file[0].size = SIZE;
	fd = client(&r, DEVICE);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	str_fmt(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path_of(&r));
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	while (!r.sent && clock_now() < end)
		turn(&r);
	assert_true(r.sent > 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
	while (!r.closed && clock_now() < end)
		turn(&r);
	assert_int_equal(r.closed, 1);
	assert_int_equal(r.whole, r.sent == SIZE);
	stop(&r);
}

static void httpd__sends_away__who_is_slow_with_a_request(void **state)
{
	struct rig r = start();
	mono_t end, next = 0;
	char text[512], *body;
	int fd[20];
	size_t n;
	bool closed = false;

	(void)state;
	serve(&r, DEVICE, MONO_MS(200));
	/* more than it takes at a time, each with a byte now and then */
	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++) {
		fd[i] = client(&r, DEVICE);
		turn(&r); /* the rest waits in the backlog */
	}
	for (end = clock_now() + MONO_S(20); !closed && clock_now() < end;) {
		if (clock_now() >= next) {
			(void)send(fd[0], "G", 1, MSG_NOSIGNAL);
			next = clock_now() + MONO_MS(20);
		}
		closed = drain(&r, fd[0], big, sizeof(big), &n, MONO_MS(10));
	}
	assert_true(closed);
	assert_true(httpd_counts(r.h)->slow > 0);
	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++)
		close(fd[i]);
	for (int i = 0; i < 20; i++)
		turn(&r);
	str_fmt(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path_of(&r));
	assert_int_equal(ask(&r, DEVICE, text, big, sizeof(big), &body), SIZE);
	stop(&r);
}

/* They have time left, and there are more of them than places: who asks gets in all the same. */
static void httpd__lets_the_device_in__where_slow_ones_fill_it(void **state)
{
	struct rig r = start();
	char text[512], *body;
	mono_t began;
	int fd[60];

	(void)state;
	serve(&r, DEVICE, MONO_S(3600));
	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++) {
		fd[i] = client(&r, DEVICE);
		(void)send(fd[i], "GET /", i % 2 ? 5 : 0, MSG_NOSIGNAL);
		turn(&r);
	}
	began = clock_now();
	str_fmt(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path_of(&r));
	assert_int_equal(ask(&r, DEVICE, text, big, sizeof(big), &body), SIZE);
	assert_true(clock_now() - began < MONO_S(20));
	assert_true(httpd_counts(r.h)->slow >= 40);
	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++)
		close(fd[i]);
	stop(&r);
}

/* Nonsense of all kinds: nothing is served, the server stays. */
static void httpd__survives__malformed_requests(void **state)
{
	static const char *const rows[] = {"\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
	    "GET  HTTP/1.1\r\n\r\n", "\x80\xff\x01\r\n\r\n",
	    "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
	    "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
	    "GET /%00 HTTP/1.0\r\n\r\n"};
	struct rig r = start();
	char text[512], *body;
	uint32_t seed = 3;

	(void)state;
	serve(&r, DEVICE, MONO_MS(100));
	for (int i = 0; i < 300; i++) {
		int fd = client(&r, DEVICE);
		const char *row = rows[i % (int)(sizeof(rows) / sizeof(rows[0]))];
		char noise[600];
		size_t n;

		if (i % 3 == 0) {
			for (size_t k = 0; k < sizeof(noise); k++) {
				seed = seed * 1664525 + 1013904223;
				noise[k] = (char)(seed >> 24);
			}
			(void)send(fd, noise, sizeof(noise), MSG_NOSIGNAL);
		} else {
			(void)send(fd, row, strlen(row), MSG_NOSIGNAL);
		}
		(void)shutdown(fd, SHUT_WR);
		assert_true(drain(&r, fd, big, sizeof(big), &n, MONO_S(20)));
		assert_true(n < 2000);
		close(fd);
	}
	assert_int_equal(r.asked, 0);
	assert_true(r.refused <= 20); /* a flood is counted, not told */
	str_fmt(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path_of(&r));
	assert_int_equal(ask(&r, DEVICE, text, big, sizeof(big), &body), SIZE);
	assert_int_equal(r.asked, 1);
	stop(&r);
}

/* No descriptor is left: who comes waits, and why is known. */
static void httpd__tells__that_it_can_take_no_connection(void **state)
{
	struct rlimit before, none;
	struct rig r = start();
	int fd;

	(void)state;
	serve(&r, NULL, 0);
	assert_string_equal(httpd_trouble(r.h), "");
	fd = client(&r, "127.0.0.1");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (int i = 0; i < 200 && !httpd_trouble(r.h)[0]; i++)
		turn(&r);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_non_null(strstr(httpd_trouble(r.h), "could not be taken here: Too many open files"));
	close(fd);
	stop(&r);
}

/* The first are told one by one, of all others how many there were: now and then, and in the end. */
static void httpd__counts__what_it_refuses_in_a_flood(void **state)
{
	struct rig r = start();
	struct httpd_event e;
	char *body;

	(void)state;
	r.more_after = MONO_MS(20);
	serve(&r, DEVICE, 0);
	for (int i = 0; i < 60; i++)
		(void)ask(&r, i % 2 ? DEVICE : "127.0.0.8", "GET /x HTTP/1.0\r\n\r\n", big,
		    sizeof(big), &body);
	assert_int_equal(r.refused + r.strangers, 20);
	while (!r.mores)
		turn(&r);
	assert_int_equal(r.last.kind, HTTPD_MORE);
	assert_true(!strcmp(r.last.path, DEVICE) || !strcmp(r.last.path, "127.0.0.8"));
	(void)ask(&r, "127.0.0.7", "GET /x HTTP/1.0\r\n\r\n", big, sizeof(big), &body);
	(void)ask(&r, DEVICE, "GET /y HTTP/1.0\r\n\r\n", big, sizeof(big), &body);
	if (httpd_untold(r.h, &e)) {
		assert_string_equal(e.path, DEVICE);
		r.more += e.n;
	}
	assert_false(httpd_untold(r.h, &e));
	assert_int_equal(r.refused + r.strangers + r.more, 62);
	assert_int_equal(httpd_counts(r.h)->refused + httpd_counts(r.h)->strangers, 62);
	/* Twice as late each time: however many come, few are told of. */
	assert_true(r.mores < 2 || r.more_gap >= 2 * r.more_after);
	stop(&r);
}

static void httpd__does_not_count__the_few(void **state)
{
	struct rig r = start();
	struct httpd_event e;
	char *body;

	(void)state;
	serve(&r, DEVICE, 0);
	for (int i = 0; i < 20; i++)
		(void)ask(&r, "127.0.0.8", "GET /x HTTP/1.0\r\n\r\n", big, sizeof(big), &body);
	assert_int_equal(r.strangers, 20);
	assert_false(httpd_untold(r.h, &e));
	stop(&r);
}

static void httpd_free__is_allowed__within_an_event(void **state)
{
	struct rig r = start();
	char text[512], *body;

	(void)state;
	serve(&r, DEVICE, 0);
	r.free_when_asked = true;
	str_fmt(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path_of(&r));
	assert_true(ask(&r, DEVICE, text, big, sizeof(big), &body) < SIZE);
	assert_null(r.h);
	assert_int_equal(r.closed, 0); /* nothing is told behind the end */
	stop(&r);
}

static void httpd_new__tells__what_is_wrong_with_an_address(void **state)
{
	struct rig r = start();
	struct httpd_config cfg = {
	    .loop = r.l, .address = "203.0.113.1", .files = r.file, .count = 1, .event = on_event};
	struct err err = {0};

	(void)state;
	assert_null(httpd_new(&cfg, &err));
	assert_non_null(strstr(err.text, "203.0.113.1"));
	cfg.address = HERE;
	cfg.peer = "nowhere";
	assert_null(httpd_new(&cfg, &err));
	assert_int_equal(err.code, ERR_INVAL);
	cfg.peer = "127.0.0.1,127.0.0.256";
	assert_null(httpd_new(&cfg, &err));
	cfg.peer = "1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 1.1.1.9";
	assert_null(httpd_new(&cfg, &err));
	assert_int_equal(err.code, ERR_RANGE);
	stop(&r);
}

static void httpd_local_address__finds__the_network_of_the_device(void **state)
{
	char text[32];
	struct err err = {0};

	(void)state;
	assert_int_equal(httpd_local_address(DEVICE, text, sizeof(text), &err), 0);
	assert_string_equal(text, HERE);
	assert_int_equal(httpd_local_address("203.0.113.77", text, sizeof(text), &err), ERR_NOENT);
	assert_non_null(strstr(err.text, "203.0.113.77"));
	assert_int_equal(httpd_local_address("x", text, sizeof(text), &err), ERR_INVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(httpd__serves_a_file__as_a_device_asks),
	    cmocka_unit_test(httpd__answers_head__without_a_body),
	    cmocka_unit_test(httpd__refuses__what_is_not_in_the_list),
	    cmocka_unit_test(httpd__hears_nobody_else),
	    cmocka_unit_test(httpd__hears_a_list__of_addresses),
	    cmocka_unit_test(httpd__tells_a_broken_transfer),
	    cmocka_unit_test(httpd__sends_away__who_is_slow_with_a_request),
	    cmocka_unit_test(httpd__lets_the_device_in__where_slow_ones_fill_it),
	    cmocka_unit_test(httpd__survives__malformed_requests),
	    cmocka_unit_test(httpd__tells__that_it_can_take_no_connection),
	    cmocka_unit_test(httpd__counts__what_it_refuses_in_a_flood),
	    cmocka_unit_test(httpd__does_not_count__the_few),
	    cmocka_unit_test(httpd_free__is_allowed__within_an_event),
	    cmocka_unit_test(httpd_new__tells__what_is_wrong_with_an_address),
	    cmocka_unit_test(httpd_local_address__finds__the_network_of_the_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both sides of HTTP over the loopback. First byte even: the rest is sent to the server of an upgrade,
 * 0x01 in it standing for the path of the file, 0x02 for a pause; nobody gets a byte of the file who has
 * not named that path, and the server answers the next one. Odd: the rest is a device's answer to an
 * upload; there is one end of it, and what the page says can be shown.
 */
#define _DEFAULT_SOURCE /* the loop's clock */
#include "fuzz.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/core/tasmota/uploadpage.h"
#include "tasmite/io/clock.h"
#include "tasmite/io/http_post.h"
#include "tasmite/io/httpd.h"
#include "tasmite/io/loop.h"

#define TURNS 400

static const uint8_t file[] = "\xE9THE FILE ITSELF";

struct rig {
	struct loop *l;
	unsigned ends, asked;
	char token[32];
};

static void turn(struct rig *r, int ms)
{
	struct err err;

	require(loop_turn(r->l, clock_now() + MONO_MS(ms), &err) == 0);
}

/* A socket that does not leave its port behind for minutes. */
static int client(unsigned port, const char *address)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	require(fd >= 0 && inet_pton(AF_INET, address, &in.sin_addr) == 1);
	require(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	require(connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
	require(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	return fd;
}

/* ---- the server ---- */

static void on_request(void *ctx, const struct httpd_event *e, mono_t now)
{
	struct rig *r = ctx;

	(void)now;
	r->asked += e->kind == HTTPD_ASKED;
	for (const char *p = e->path; *p; p++)
		require(*p > 0x20 && *p < 0x7f);
	for (const char *p = e->version; *p; p++)
		require(*p > 0x20 && *p < 0x7f);
}

static bool has(const uint8_t *p, size_t n, const void *what, size_t m)
{
	for (size_t i = 0; i + m <= n; i++)
		if (!memcmp(p + i, what, m))
			return true;
	return false;
}

/* Returns how much came. */
static size_t talk(struct rig *r, int fd, const uint8_t *p, size_t n, uint8_t *answer, size_t room)
{
	size_t at = 0, got = 0;
	bool open = true;

	for (int i = 0, quiet = 0; open && quiet < 3 && i < TURNS; i++) {
		ssize_t k = at < n ? send(fd, p + at, n - at, MSG_NOSIGNAL) : 0;

		at += k > 0 ? (size_t)k : 0;
		turn(r, at < n ? 0 : 1);
		k = recv(fd, answer + got, room - got, 0);
		got += k > 0 ? (size_t)k : 0;
		open = k != 0 || got == room;
		quiet = at == n && k <= 0 ? quiet + 1 : 0;
	}
	return got;
}

static void serve(struct rig *r, struct input *in)
{
	static uint8_t request[16384], answer[65536];
	static const struct httpd_file files[] = {
	    {.name = "sonoff.bin", .data = file, .size = sizeof(file), .md5 = "0123"}};
	struct httpd_config cfg = {.loop = r->l,
	    .address = "127.0.0.1",
	    .files = files,
	    .count = 1,
	    .event = on_request,
	    .ctx = r};
	struct err err;
	struct httpd *h = httpd_new(&cfg, &err);
	char url[120], path[120], good[200];
	unsigned port = 0;
	size_t n = 0, got;
	int fd;

	require(h && httpd_url(h, 0, url, sizeof(url)));
	require(sscanf(url, "http://127.0.0.1:%u%119s", &port, path) == 2);
	require(str_copy_n(r->token, sizeof(r->token), path + 1, strcspn(path + 1, "/")));
	while (input_more(in) && n + sizeof(path) < sizeof(request)) {
		uint8_t c = input_byte(in);

		if (c == 1) {
			memcpy(request + n, path, strlen(path));
			n += strlen(path);
		} else {
			request[n++] = c;
		}
	}
	fd = client(port, "127.0.0.1");
	got = talk(r, fd, request, n, answer, sizeof(answer));
	if (has(answer, got, file, sizeof(file) - 1))
		require(has(request, n, r->token, strlen(r->token)));
	close(fd);
	/* The next one. */
	(void)str_fmt(good, sizeof(good), "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	fd = client(port, "127.0.0.1");
	got = talk(r, fd, (const uint8_t *)good, strlen(good), answer, sizeof(answer));
	require(has(answer, got, file, sizeof(file) - 1));
	close(fd);
	httpd_free(h);
}

/* ---- the upload ---- */

static void on_post(void *ctx, const struct http_post_event *e, mono_t now)
{
	struct rig *r = ctx;
	const char *advice;
	char said[200];

	(void)now;
	r->ends += e->kind == HTTP_POST_ANSWERED || e->kind == HTTP_POST_FAILED;
	if (e->kind != HTTP_POST_ANSWERED)
		return;
	require(e->page && e->page_n < HTTP_POST_PAGE && e->status < 1000);
	(void)upload_page_read(e->status, e->page, e->page_n, said, sizeof(said), &advice);
	for (size_t i = 0, n = strlen(said); i < n;) {
		uint32_t cp = 0;
		int len = utf8_decode((const uint8_t *)said + i, n - i, &cp);

		require(len > 0 && utf8_width(cp) >= 0);
		i += (size_t)len;
	}
}

/* One address after the other: a port that was closed waits for a while. */
static int listen_at(char *address, size_t size, uint16_t *port)
{
	static unsigned count;
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t n = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	count++;
	(void)str_fmt(
	    address, size, "127.%u.%u.%u", count >> 16 & 255, count >> 8 & 255, count % 255 + 1);
	require(fd >= 0 && inet_pton(AF_INET, address, &in.sin_addr) == 1);
	require(bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0 && listen(fd, 1) == 0);
	require(getsockname(fd, (struct sockaddr *)&in, &n) == 0);
	*port = ntohs(in.sin_port);
	return fd;
}

static void upload(struct rig *r, const struct input *in)
{
	struct http_post_config cfg = {.loop = r->l,
	    .name = "sonoff.bin",
	    .data = file,
	    .size = sizeof(file),
	    .event = on_post,
	    .ctx = r};
	char address[20], drain[4096];
	int listener = listen_at(address, sizeof(address), &cfg.port), fd;
	struct http_post *p;
	struct err err;
	size_t at = in->at;

	cfg.address = address;
	p = http_post_new(&cfg, &err);
	require(p != NULL);
	fd = accept(listener, NULL, NULL);
	require(fd >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	for (int i = 0; i < TURNS && r->ends == 0; i++) {
		ssize_t k = at < in->n ? send(fd, in->p + at, in->n - at < 700 ? in->n - at : 700,
					     MSG_NOSIGNAL)
				       : 0;

		at += k > 0 ? (size_t)k : 0;
		while (recv(fd, drain, sizeof(drain), 0) > 0)
			;
		if (at == in->n)
			(void)shutdown(fd, SHUT_WR);
		turn(r, 1);
	}
	require(r->ends == 1);
	close(fd);
	close(listener);
	http_post_free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = {data, n, 0};
	struct rig r = {.ends = 0};
	struct err err;

	if (n > 8000)
		return 0;
	r.l = loop_new(&err);
	require(r.l != NULL);
	if (input_byte(&in) & 1)
		upload(&r, &in);
	else
		serve(&r, &in);
	loop_free(r.l);
	return 0;
}

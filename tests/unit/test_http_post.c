/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The upload to a device's page, against a listener on the same loop. */
#include "tasmite/io/http_post.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/io/clock.h"
#include "tasmite/io/loop.h"

#define SIZE 200000u

struct rig {
	struct loop *l;
	struct http_post *p;
	int listener, peer;
	uint16_t port;
	uint8_t *data;
	char got[SIZE + 4096];
	size_t got_n;
	unsigned connected, ends, status;
	uint32_t sent;
	char page[512], error[400];
	bool free_at_end;
};

static void on_event(void *ctx, const struct http_post_event *e, mono_t now)
{
	struct rig *r = ctx;

	(void)now;
	switch (e->kind) {
	case HTTP_POST_CONNECTED:
		r->connected++;
		return;
	case HTTP_POST_SENT:
		assert_true(e->sent > r->sent);
		r->sent = e->sent;
		return;
	case HTTP_POST_ANSWERED:
		r->status = e->status;
		assert_int_equal(strlen(e->page), e->page_n);
		str_copy(r->page, sizeof(r->page), e->page);
		break;
	case HTTP_POST_FAILED:
		str_copy(r->error, sizeof(r->error), e->err->text);
		break;
	}
	r->ends++;
	if (r->free_at_end) {
		http_post_free(r->p);
		r->p = NULL;
	}
}

static void start(struct rig *r)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t n = sizeof(in);
	struct err err;

	memset(r, 0, sizeof(*r));
	r->l = loop_new(&err);
	assert_non_null(r->l);
	r->peer = -1;
	r->listener = socket(AF_INET, SOCK_STREAM, 0);
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(r->listener, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(r->listener, 4), 0);
	assert_int_equal(getsockname(r->listener, (struct sockaddr *)&in, &n), 0);
	r->port = ntohs(in.sin_port);
	r->data = malloc(SIZE);
	assert_non_null(r->data);
	for (uint32_t i = 0; i < SIZE; i++)
		r->data[i] = (uint8_t)(i * 2654435761u >> 24);
}

static void post(struct rig *r, const char *password, mono_t patience)
{
	struct http_post_config cfg = {.loop = r->l,
	    .address = "127.0.0.1",
	    .port = r->port,
	    .name = "my \"sonoff\" (1).bin",
	    .data = r->data,
	    .size = SIZE,
	    .password = password,
	    .patience = patience,
	    .event = on_event,
	    .ctx = r};
	struct err err;

	r->p = http_post_new(&cfg, &err);
	assert_non_null(r->p);
}

static void stop(struct rig *r)
{
	http_post_free(r->p);
	if (r->peer >= 0)
		close(r->peer);
	if (r->listener >= 0)
		close(r->listener);
	loop_free(r->l);
	free(r->data);
}

static void turn(struct rig *r)
{
	struct err err;
	ssize_t n;

	assert_int_equal(loop_turn(r->l, clock_now() + MONO_MS(2), &err), 0);
	if (r->peer < 0 && r->connected) {
		r->peer = accept(r->listener, NULL, NULL);
		assert_true(r->peer >= 0);
		assert_int_equal(fcntl(r->peer, F_SETFL, O_NONBLOCK), 0);
	}
	if (r->peer < 0)
		return;
	n = recv(r->peer, r->got + r->got_n, sizeof(r->got) - 1 - r->got_n, 0);
	if (n > 0)
		r->got_n += (size_t)n;
}

/* Until so many bytes have come, or it ended. */
static void take(struct rig *r, size_t n)
{
	for (mono_t end = clock_now() + MONO_S(20); clock_now() < end && r->got_n < n && !r->ends;)
		turn(r);
}

static void finish(struct rig *r)
{
	for (mono_t end = clock_now() + MONO_S(20); clock_now() < end && !r->ends;)
		turn(r);
	assert_int_equal(r->ends, 1);
}

static void say(struct rig *r, const char *text)
{
	assert_int_equal(send(r->peer, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static struct rig rig;

static void http_post__sends_the_form__as_a_browser_does(void **state)
{
	struct rig *r = &rig;
	char *body, *file, mark[64], *m;
	size_t length;

	(void)state;
	start(r);
	post(r, "secret", 0);
	r->free_at_end = true;
	take(r, SIZE + 400);
	body = strstr(r->got, "\r\n\r\n");
	assert_non_null(body);
	body += 4;
	assert_true(str_starts(r->got, "POST /u2?fsz=200000 HTTP/1.0\r\nHost: 127.0.0.1\r\n"));
	assert_non_null(strstr(r->got, "Authorization: Basic YWRtaW46c2VjcmV0\r\n"));
	m = strstr(r->got, "boundary=");
	assert_non_null(m);
	str_copy_n(mark, sizeof(mark), m + 9, strcspn(m + 9, "\r"));
	length = (size_t)strtoul(strstr(r->got, "Content-Length: ") + 16, NULL, 10);
	take(r, (size_t)(body - r->got) + length);
	assert_int_equal(r->got_n, (size_t)(body - r->got) + length);
	file = strstr(body, "\r\n\r\n") + 4;
	assert_non_null(strstr(body, "name=\"u2\"; filename=\"mysonoff1.bin\"\r\n"));
	assert_memory_equal(file, r->data, SIZE);
	assert_memory_equal(body + 2, mark, strlen(mark));
	assert_memory_equal(file + SIZE + 4, mark, strlen(mark));
	assert_int_equal(r->sent, SIZE);
	say(r, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nSuccess");
	turn(r);
	assert_int_equal(r->ends, 0);
	say(r, "ful");
	finish(r);
	assert_int_equal(r->status, 200);
	assert_string_equal(r->page, "Successful");
	assert_null(r->p);
	stop(r);
}

static void http_post__asks_for_a_page__and_sends_nothing(void **state)
{
	struct rig *r = &rig;
	struct http_post_config cfg = {
	    .address = "127.0.0.1", .path = "/cm?cmnd=Status%202", .event = on_event, .ctx = r};
	struct err err;

	(void)state;
	start(r);
	cfg.loop = r->l;
	cfg.port = r->port;
	cfg.password = "secret";
	r->p = http_post_new(&cfg, &err);
	assert_non_null(r->p);
	take(r, 120);
	assert_true(str_starts(
	    r->got, "GET /cm?cmnd=Status%202 HTTP/1.0\r\nHost: 127.0.0.1\r\nReferer: http://"));
	assert_non_null(strstr(r->got, "Authorization: Basic YWRtaW46c2VjcmV0\r\n"));
	assert_true(str_ends(r->got, "\r\n\r\n"));
	assert_int_equal(r->sent, 0);
	say(r, "HTTP/1.0 200 OK\r\n\r\n{}");
	assert_int_equal(shutdown(r->peer, SHUT_WR), 0);
	finish(r);
	assert_string_equal(r->page, "{}");
	stop(r);
}

static void http_post__reads_the_answer__when_the_device_closes_early(void **state)
{
	struct rig *r = &rig;

	(void)state;
	start(r);
	post(r, NULL, 0);
	take(r, 1000);
	say(r, "HTTP/1.0 401 Unauthorized\r\n\r\nno");
	assert_null(strstr(r->got, "Authorization"));
	assert_int_equal(shutdown(r->peer, SHUT_WR), 0);
	finish(r);
	assert_int_equal(r->status, 401);
	assert_string_equal(r->page, "no");
	stop(r);
}

static void http_post__tells__what_went_wrong(void **state)
{
	struct rig *r = &rig;
	struct linger hard = {.l_onoff = 1};

	(void)state;
	start(r); /* the device goes away */
	post(r, NULL, 0);
	take(r, 1000);
	(void)setsockopt(r->peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(r->peer);
	r->peer = -1;
	r->connected = 0;
	finish(r);
	assert_non_null(strstr(r->error, "127.0.0.1"));
	stop(r);
	start(r); /* it never answers */
	post(r, NULL, MONO_MS(50));
	finish(r);
	assert_non_null(strstr(r->error, "does not say"));
	stop(r);
	start(r); /* there is no page */
	close(r->listener);
	r->listener = -1;
	post(r, NULL, 0);
	finish(r);
	assert_non_null(strstr(r->error, "can't be reached"));
	stop(r);
	start(r); /* what answers is no web server; and a page without end */
	post(r, NULL, 0);
	take(r, 1000);
	say(r, "220 mail\r\n\r\n");
	assert_int_equal(shutdown(r->peer, SHUT_WR), 0);
	finish(r);
	assert_non_null(strstr(r->error, "without an answer"));
	stop(r);
}

static void http_post__keeps_only_so_much__of_a_page_without_end(void **state)
{
	struct rig *r = &rig;
	char line[1001];

	(void)state;
	start(r);
	post(r, NULL, 0);
	take(r, 1000);
	memset(line, 'x', 1000);
	line[1000] = '\0';
	say(r, "HTTP/1.1 200 OK\r\n\r\n");
	for (int i = 0; i < 40 && !r->ends; i++) {
		(void)send(r->peer, line, 1000, MSG_NOSIGNAL);
		for (int k = 0; k < 3 && !r->ends; k++)
			turn(r);
	}
	finish(r);
	assert_int_equal(r->status, 200);
	stop(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(http_post__sends_the_form__as_a_browser_does),
	    cmocka_unit_test(http_post__asks_for_a_page__and_sends_nothing),
	    cmocka_unit_test(http_post__reads_the_answer__when_the_device_closes_early),
	    cmocka_unit_test(http_post__tells__what_went_wrong),
	    cmocka_unit_test(http_post__keeps_only_so_much__of_a_page_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

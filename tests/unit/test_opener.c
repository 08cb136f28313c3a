/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening network ports: names, addresses, servers that speak RFC 2217 and such that don't. */
#define _DEFAULT_SOURCE	    /* cfmakeraw */
#define _XOPEN_SOURCE	700 /* posix_openpt */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/io/resolve.h"
#include "netpeer.h"
#include "tasmite/io/clock.h"
#include "tasmite/io/loop.h"
#include "tasmite/io/opener.h"

#define DEADLINE MONO_S(15)

struct fixture {
	struct loop *loop;
	struct opener *opener;
	int calls;
	struct transport *t;
	struct err err;
	struct resolve_list list;
	struct resolve *resolve;
	int dns;   /* a name server of the test's own */
	int asked; /* queries it had */
	bool silent;
};

static const struct opener_options options = {
    {115200, 8, PARITY_NONE, 1, FLOW_NONE}, OPENER_AUTO, OPENER_AUTO, true};

static int setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.dns = -1;
	f.loop = loop_new(&f.err);
	assert_non_null(f.loop);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->t)
		f->t->ops->close(f->t);
	if (f->dns >= 0)
		close(f->dns);
	loop_free(f->loop);
	return 0;
}

static void on_open(void *ctx, struct transport *t, const struct err *err, mono_t now)
{
	struct fixture *f = ctx;

	(void)now;
	f->calls++;
	f->t = t;
	assert_true(!t == !!err);
	if (err)
		f->err = *err;
}

static void start(struct fixture *f, const char *name)
{
	f->opener = opener_new(f->loop, name, &options, on_open, f, clock_now());
	assert_true(!f->opener == (f->calls == 1));
}

/* Turns the loop until the opener has called. */
static void finish(struct fixture *f)
{
	mono_t until = clock_now() + DEADLINE;

	while (!f->calls) {
		assert_int_equal(loop_turn(f->loop, until, &f->err), ERR_OK);
		assert_true(clock_now() < until);
	}
	assert_int_equal(f->calls, 1);
}

static void start_port(struct fixture *f, const char *scheme, const char *host, unsigned port)
{
	char name[128];

	snprintf(name, sizeof(name), "%s://%s:%u", scheme, host, port);
	start(f, name);
}

/* One turn that waits for nothing, so that what is there is dealt with. */
static void turn(struct fixture *f)
{
	assert_int_equal(loop_turn(f->loop, clock_now(), &f->err), ERR_OK);
}

/* ---- names ---- */

static void name__is_refused__with_what_is_expected(void **state)
{
	static const char *const names[][2] = {
	    {"tcp://", "no host"},
	    {"tcp://:4000", "no host"},
	    {"tcp://box", "no port number"},
	    {"tcp://box:", "no port number"},
	    {"tcp://box/", "no port number"},
	    {"tcp://box:0", "1 to 65535"},
	    {"tcp://box:65536", "1 to 65535"},
	    {"tcp://box:99999999999999", "1 to 65535"},
	    {"tcp://box:40x", "1 to 65535"},
	    {"tcp://box:-1", "1 to 65535"},
	    {"tcp://box:4000/x", "1 to 65535"},
	    {"tcp://me@box:4000", "no host name"},
	    {"tcp://a box:4000", "no host name"},
	    {"rfc2217://::1:4000", "brackets"},
	    {"rfc2217://[::1:4000", "not closed"},
	    {"rfc2217://[::1]4000", "colon"},
	    {"rfc2217://[::1]", "no port number"},
	    {"rfc2217://[]:4000", "no host"},
	    {"telnet://box:23", "tcp://HOST:PORT"},
	    {"http://box:80", "rfc2217://HOST:PORT"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct fixture *f = *state;

		f->calls = 0;
		start(f, names[i][0]);
		assert_int_equal(f->calls, 1);
		assert_null(f->t);
		assert_int_equal(f->err.code, ERR_INVAL);
		if (!strstr(f->err.text, names[i][1]))
			fail_msg("%s: %s", names[i][0], f->err.text);
		assert_non_null(strstr(f->err.text, names[i][0]));
	}
}

static void name__is_refused__when_it_is_too_long(void **state)
{
	struct fixture *f = *state;
	char name[600];

	memset(name, 'a', sizeof(name));
	memcpy(name, "tcp://", 6);
	memcpy(name + sizeof(name) - 6, ":4000", 6);
	start(f, name);
	assert_int_equal(f->err.code, ERR_INVAL);
}

/* ---- ports of this machine ---- */

static void tty__is_open__at_once(void **state)
{
	struct fixture *f = *state;
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	assert_true(master >= 0);
	assert_int_equal(grantpt(master), 0);
	assert_int_equal(unlockpt(master), 0);
	start(f, ptsname(master));
	assert_int_equal(f->calls, 1);
	if (!f->t)
		print_error("%s\n", f->err.text);
	assert_non_null(f->t);
	assert_string_equal(f->t->ops->kind, "pty");
	close(master);
}

static void tty__that_is_absent__is_told_at_once(void **state)
{
	struct fixture *f = *state;

	start(f, "/dev/there-is-no-such-port");
	assert_int_equal(f->calls, 1);
	assert_null(f->t);
	assert_int_equal(f->err.code, ERR_NOENT);
}

/* ---- tcp ---- */

static void tcp__connects__to_a_numeric_address(void **state)
{
	struct fixture *f = *state;
	unsigned port;
	int listener = netpeer_listen(&port);
	int peer;

	start_port(f, "tcp", "127.0.0.1", port);
	finish(f);
	assert_non_null(f->t);
	assert_string_equal(f->t->ops->kind, "tcp");
	peer = netpeer_accept(listener);
	assert_int_equal(f->t->ops->write(f->t, "hi", 2, &f->err), 2);
	netpeer_expect_hex(peer, "68 69");
	assert_int_not_equal(fcntl(f->t->ops->fd(f->t), F_GETFL) & O_NONBLOCK, 0);
	close(peer);
	close(listener);
}

/* localhost is ::1 and 127.0.0.1 where both exist; only the second is listened on. */
static void tcp__tries__each_address_of_a_name(void **state)
{
	struct fixture *f = *state;
	unsigned port;
	int listener = netpeer_listen(&port);

	start_port(f, "TCP", "localhost", port);
	finish(f);
	if (!f->t)
		print_error("%s\n", f->err.text);
	assert_non_null(f->t);
	close(listener);
}

static void tcp__tells__that_nobody_listens(void **state)
{
	struct fixture *f = *state;
	unsigned port;

	close(netpeer_listen(&port));
	start_port(f, "tcp", "127.0.0.1", port);
	finish(f);
	assert_null(f->t);
	assert_int_equal(f->err.code, ERR_NOENT);
	assert_non_null(strstr(f->err.text, "nobody listens"));
}

static void cancel__calls_nothing__at_any_stage(void **state)
{
	struct fixture *f = *state;
	unsigned port;
	int listener = netpeer_listen(&port);

	start_port(f, "tcp", "127.0.0.1", port);
	assert_non_null(f->opener);
	opener_cancel(f->opener);
	turn(f);
	start_port(f, "rfc2217", "127.0.0.1", port);
	for (int i = 0; i < 3; i++)
		turn(f);
	assert_non_null(f->opener);
	opener_cancel(f->opener);
	turn(f);
	assert_int_equal(f->calls, 0);
	opener_cancel(NULL);
	close(listener);
}

/* ---- rfc2217 ---- */

#define GREETING "ff fb 2c ff fd 2c ff fb 00 ff fd 00 ff fb 03 ff fd 03 "
#define BEGIN                                                          \
	"ff fa 2c 05 0c ff f0 ff fa 2c 05 09 ff f0 ff fa 2c 00 ff f0 " \
	"ff fa 2c 01 00 01 c2 00 ff f0 "                               \
	"ff fa 2c 02 08 ff f0 ff fa 2c 03 01 ff f0 ff fa 2c 04 01 ff f0 ff fa 2c 05 01 ff f0"

static int connect_rfc2217(struct fixture *f, int *listener)
{
	unsigned port;
	int peer;

	*listener = netpeer_listen(&port);
	start_port(f, "rfc2217", "127.0.0.1", port);
	turn(f);
	peer = netpeer_accept(*listener);
	turn(f);
	netpeer_expect_hex(peer, GREETING);
	return peer;
}

static void rfc2217__is_open__when_the_server_agrees(void **state)
{
	struct fixture *f = *state;
	int listener, peer = connect_rfc2217(f, &listener);

	turn(f);
	assert_int_equal(f->calls, 0);
	netpeer_send_hex(peer, "ff fb 03 ff fd 03 ff fb 01 ff fe 01 ff fd 00 ff fb 00 ff fd 2c");
	turn(f);
	netpeer_expect_hex(peer, "ff fe 01 " BEGIN);
	assert_int_equal(f->calls, 0);
	netpeer_send_hex(
	    peer, "ff fa 2c 64 73 65 72 32 6e 65 74 ff f0 ff fa 2c 65 00 01 c2 00 ff f0");
	finish(f);
	assert_non_null(f->t);
	assert_string_equal(f->t->ops->kind, "rfc2217");
	assert_string_equal(f->t->about, "ser2net (RFC 2217)");
	close(peer);
	close(listener);
}

static void rfc2217__is_open__when_the_server_answers_without_negotiating(void **state)
{
	struct fixture *f = *state;
	int listener, peer = connect_rfc2217(f, &listener);

	netpeer_send_hex(peer, "ff fa 2c 6b bb ff f0");
	finish(f);
	assert_non_null(f->t);
	close(peer);
	close(listener);
}

/* It never answers to the settings, and data that came meanwhile is not lost. */
static void rfc2217__is_open_soon__when_the_server_answers_nothing(void **state)
{
	struct fixture *f = *state;
	int listener, peer = connect_rfc2217(f, &listener);
	mono_t begin = clock_now();
	char got[16];

	netpeer_send_hex(peer, "ff fd 2c 61 62");
	finish(f);
	assert_non_null(f->t);
	assert_true(clock_now() - begin < MONO_S(1));
	assert_int_equal(f->t->ops->read(f->t, got, sizeof(got), &f->err), 2);
	assert_memory_equal(got, "ab", 2);
	close(peer);
	close(listener);
}

/* As ser2net does while its adapter is unplugged. */
static void rfc2217__tells__why_a_server_has_no_port(void **state)
{
	struct fixture *f = *state;
	int listener, peer = connect_rfc2217(f, &listener);

	netpeer_send_hex(peer, "ff fd 2c 44 65 76 69 63 65 20 67 6f 6e 65 0d 0a");
	close(peer);
	finish(f);
	assert_null(f->t);
	assert_int_equal(f->err.code, ERR_GONE);
	assert_non_null(strstr(f->err.text, "It said: Device gone"));
	close(listener);
}

static void rfc2217__tells__a_plain_telnet_server_at_once(void **state)
{
	struct fixture *f = *state;
	int listener, peer = connect_rfc2217(f, &listener);
	mono_t begin = clock_now();

	netpeer_send_hex(peer, "ff fc 2c ff fe 2c 6c 6f 67 69 6e 3a");
	finish(f);
	assert_null(f->t);
	assert_int_equal(f->err.code, ERR_FORMAT);
	assert_non_null(strstr(f->err.text, "tcp://127.0.0.1:"));
	assert_true(clock_now() - begin < MONO_S(1));
	close(peer);
	close(listener);
}

static void rfc2217__tells__a_plain_server_after_two_seconds(void **state)
{
	struct fixture *f = *state;
	int listener, peer = connect_rfc2217(f, &listener);
	mono_t begin = clock_now();

	netpeer_send_hex(peer, "6c 6f 67 69 6e 3a 20");
	finish(f);
	assert_null(f->t);
	assert_int_equal(f->err.code, ERR_FORMAT);
	assert_non_null(strstr(f->err.text, "it said: login:"));
	assert_true(clock_now() - begin > MONO_MS(1500));
	assert_true(clock_now() - begin < MONO_MS(3500));
	close(peer);
	close(listener);
}

/* pyserial's server may need 3 seconds to greet. */
static void rfc2217__gives_a_silent_server__four_seconds(void **state)
{
	struct fixture *f = *state;
	int listener, peer = connect_rfc2217(f, &listener);
	mono_t begin = clock_now();

	finish(f);
	assert_null(f->t);
	assert_int_equal(f->err.code, ERR_FORMAT);
	assert_non_null(strstr(f->err.text, "says nothing"));
	assert_true(clock_now() - begin > MONO_MS(3500));
	close(peer);
	close(listener);
}

static void rfc2217__repeats__what_a_server_says_that_closes(void **state)
{
	struct fixture *f = *state;
	int listener, peer = connect_rfc2217(f, &listener);

	netpeer_send_hex(peer, "42 75 73 79 0d 0a");
	close(peer);
	finish(f);
	assert_null(f->t);
	assert_int_equal(f->err.code, ERR_GONE);
	assert_non_null(strstr(f->err.text, "It said: Busy"));
	close(listener);
}

/* ---- names of hosts ---- */

static void on_resolved(
    void *ctx, const struct resolve_list *list, const struct err *err, mono_t now)
{
	struct fixture *f = ctx;

	(void)now;
	f->calls++;
	assert_true(!list == !!err);
	if (list)
		f->list = *list;
	if (err)
		f->err = *err;
}

/* Answers an A query with 192.0.2.7 and any other with no record (RFC 1035). */
static void on_query(void *ctx, int ready, mono_t now)
{
	static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7};
	struct fixture *f = ctx;
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	uint8_t q[600];
	ssize_t n = recvfrom(f->dns, q, 512, 0, (struct sockaddr *)&from, &from_len);
	size_t end = 12;
	bool a;

	(void)ready;
	(void)now;
	assert_true(n > 12);
	f->asked++;
	if (f->silent)
		return;
	while (q[end])
		end += q[end] + 1U;
	a = q[end + 1] == 0 && q[end + 2] == 1;
	end += 5;
	q[2] = 0x81; /* a response */
	q[3] = strncmp((char *)q + 13, "nowhere", 7) ? 0x80 : 0x83;
	q[6] = 0;
	q[7] = a && q[3] == 0x80;
	memset(q + 8, 0, 4);
	if (q[7]) {
		memcpy(q + end, record, sizeof(record));
		end += sizeof(record);
	}
	assert_int_equal(sendto(f->dns, q, end, 0, (struct sockaddr *)&from, from_len), end);
}

static void start_resolve(struct fixture *f, const char *host)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	char servers[32];

	f->dns = socket(AF_INET, SOCK_DGRAM, 0);
	assert_true(f->dns >= 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(f->dns, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(getsockname(f->dns, (struct sockaddr *)&sa, &len), 0);
	snprintf(servers, sizeof(servers), "127.0.0.1:%u", ntohs(sa.sin_port));
	assert_non_null(watch_new(f->loop, f->dns, 0, LOOP_READ, on_query, f, &f->err));
	f->resolve = resolve_new(f->loop, host, 4000, servers, on_resolved, f, clock_now());
}

static void resolve__asks__the_name_server_on_the_loop(void **state)
{
	struct fixture *f = *state;
	const struct sockaddr_in *sa = (const struct sockaddr_in *)&f->list.at[0].sa;

	start_resolve(f, "board.test");
	assert_non_null(f->resolve);
	assert_int_equal(f->calls, 0);
	finish(f);
	assert_true(f->asked > 0);
	assert_int_equal(f->list.count, 1);
	assert_int_equal(sa->sin_family, AF_INET);
	assert_int_equal(ntohl(sa->sin_addr.s_addr), 0xc0000207);
	assert_int_equal(ntohs(sa->sin_port), 4000);
}

static void resolve__tells__that_there_is_no_such_host(void **state)
{
	struct fixture *f = *state;

	start_resolve(f, "nowhere.test");
	finish(f);
	assert_int_equal(f->err.code, ERR_NOENT);
	assert_non_null(strstr(f->err.text, "nowhere.test"));
}

static void on_tick(void *ctx, mono_t now)
{
	struct fixture *f = ctx;

	(void)now;
	f->silent = false;
}

/* The name server says nothing at first: timers run meanwhile, and the second question is
 * answered. */
static void resolve__lets_the_loop_run__while_nobody_answers(void **state)
{
	struct fixture *f = *state;
	struct timer *tick = timer_new(f->loop, on_tick, f);
	mono_t begin = clock_now();

	f->silent = true;
	timer_arm(tick, begin + MONO_MS(100));
	start_resolve(f, "board.test");
	while (f->silent) {
		assert_int_equal(loop_turn(f->loop, begin + DEADLINE, &f->err), ERR_OK);
		assert_int_equal(f->calls, 0);
	}
	assert_true(clock_now() - begin < MONO_S(1));
	finish(f);
	assert_int_equal(f->list.count, 1);
	timer_free(tick);
}

static void resolve__gives_up__when_nobody_answers(void **state)
{
	struct fixture *f = *state;

	f->silent = true;
	start_resolve(f, "board.test");
	finish(f);
	assert_int_equal(f->err.code, ERR_TIMEOUT);
	assert_non_null(strstr(f->err.text, "no name server answers"));
}

static void resolve__answers_at_once__for_addresses(void **state)
{
	static const char *const hosts[] = {"192.0.2.7", "::1", "2001:db8::7", "fe80::1%lo"};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct fixture *f = *state;

		f->calls = 0;
		assert_null(resolve_new(
		    f->loop, hosts[i], 4000, "127.0.0.1:9", on_resolved, f, clock_now()));
		assert_int_equal(f->calls, 1);
		assert_int_equal(f->list.count, 1);
	}
}

static void resolve_free__calls_nothing__while_it_asks(void **state)
{
	struct fixture *f = *state;

	f->silent = true;
	start_resolve(f, "board.test");
	turn(f);
	resolve_free(f->resolve);
	turn(f);
	assert_int_equal(f->calls, 0);
	resolve_free(NULL);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(name__is_refused__with_what_is_expected),
	    TEST(name__is_refused__when_it_is_too_long),
	    TEST(tty__is_open__at_once),
	    TEST(tty__that_is_absent__is_told_at_once),
	    TEST(tcp__connects__to_a_numeric_address),
	    TEST(tcp__tries__each_address_of_a_name),
	    TEST(tcp__tells__that_nobody_listens),
	    TEST(cancel__calls_nothing__at_any_stage),
	    TEST(rfc2217__is_open__when_the_server_agrees),
	    TEST(rfc2217__is_open__when_the_server_answers_without_negotiating),
	    TEST(rfc2217__is_open_soon__when_the_server_answers_nothing),
	    TEST(rfc2217__tells__why_a_server_has_no_port),
	    TEST(rfc2217__tells__a_plain_telnet_server_at_once),
	    TEST(rfc2217__tells__a_plain_server_after_two_seconds),
	    TEST(rfc2217__gives_a_silent_server__four_seconds),
	    TEST(rfc2217__repeats__what_a_server_says_that_closes),
	    TEST(resolve__asks__the_name_server_on_the_loop),
	    TEST(resolve__tells__that_there_is_no_such_host),
	    TEST(resolve__lets_the_loop_run__while_nobody_answers),
	    TEST(resolve__gives_up__when_nobody_answers),
	    TEST(resolve__answers_at_once__for_addresses),
	    TEST(resolve_free__calls_nothing__while_it_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

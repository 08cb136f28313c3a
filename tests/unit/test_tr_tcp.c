/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TCP and RFC 2217 transports on a connection that the test holds the other end of. */
#define _DEFAULT_SOURCE /* SO_LINGER's effect, usual sockets */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../src/io/tr_net.h"
#include "netpeer.h"
#include "tasmite/io/loop.h"

static const struct transport_line line_115200 = {115200, 8, PARITY_NONE, 1, FLOW_NONE};

struct fixture {
	int peer;
	struct transport *t;
	struct err err;
};

static int setup_tcp(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.t = tr_tcp_new(netpeer_pair(&f.peer), "tcp://box:4000", "192.0.2.1:4000");
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->t)
		f->t->ops->close(f->t);
	if (f->peer >= 0)
		close(f->peer);
	return 0;
}

/* Waits for bytes and reads once. */
static ssize_t read_once(struct fixture *f, void *dst, size_t n)
{
	ssize_t got;

	do {
		netpeer_await(f->t->ops->fd(f->t));
		got = f->t->ops->read(f->t, dst, n, &f->err);
	} while (got == ERR_AGAIN);
	return got;
}

/* ---- tcp ---- */

static void tcp__carries__bytes_as_they_are(void **state)
{
	struct fixture *f = *state;
	uint8_t got[16];

	assert_string_equal(f->t->ops->kind, "tcp");
	assert_string_equal(f->t->name, "tcp://box:4000");
	assert_string_equal(f->t->path, "192.0.2.1:4000");
	assert_int_equal(f->t->caps, 0);
	assert_int_equal(f->t->ops->want(f->t), LOOP_READ);
	assert_int_equal(f->t->ops->write(f->t, "\xff\x00\r\n", 4, &f->err), 4);
	netpeer_expect_hex(f->peer, "ff 00 0d 0a");
	netpeer_send_hex(f->peer, "ff fb 01 00");
	assert_int_equal(read_once(f, got, sizeof(got)), 4);
	assert_memory_equal(got, "\xff\xfb\x01\x00", 4);
	assert_int_equal(f->t->ops->read(f->t, got, sizeof(got), &f->err), ERR_AGAIN);
}

static void tcp__says__what_it_cannot_do(void **state)
{
	struct fixture *f = *state;
	struct transport_line got;
	unsigned lines = 99;

	assert_int_equal(f->t->ops->set_line(f->t, &line_115200, &got, &f->err), ERR_NOTSUP);
	assert_non_null(strstr(f->err.text, "rfc2217://"));
	assert_int_equal(f->t->ops->set_modem(f->t, MODEM_DTR, &f->err), ERR_NOTSUP);
	assert_int_equal(f->t->ops->get_modem(f->t, &lines, &f->err), ERR_NOTSUP);
	assert_int_equal(lines, 0);
	assert_int_equal(f->t->ops->set_break(f->t, true, &f->err), ERR_NOTSUP);
	assert_int_equal(f->t->ops->purge(f->t, false, true, &f->err), ERR_NOTSUP);
}

static void read__tells__that_the_server_closed(void **state)
{
	struct fixture *f = *state;
	char got[8];

	close(f->peer);
	f->peer = -1;
	assert_int_equal(read_once(f, got, sizeof(got)), ERR_GONE);
	assert_non_null(strstr(f->err.text, "tcp://box:4000"));
	assert_non_null(strstr(f->err.text, "closed"));
}

static void read_and_write__tell__that_the_server_was_killed(void **state)
{
	struct fixture *f = *state;
	struct linger now = {1, 0};
	char got[8];

	/* Closed so, the peer sends RST. */
	assert_int_equal(setsockopt(f->peer, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close(f->peer);
	f->peer = -1;
	assert_int_equal(read_once(f, got, sizeof(got)), ERR_GONE);
	assert_int_equal(f->t->ops->write(f->t, "a", 1, &f->err), ERR_GONE);
	assert_non_null(strstr(f->err.text, "dropped"));
}

static void purge__throws_away__what_has_come(void **state)
{
	struct fixture *f = *state;
	char got[8];

	netpeer_send_hex(f->peer, "61 62 63");
	netpeer_await(f->t->ops->fd(f->t));
	assert_int_equal(f->t->ops->purge(f->t, true, false, &f->err), ERR_OK);
	assert_int_equal(f->t->ops->read(f->t, got, sizeof(got), &f->err), ERR_AGAIN);
	netpeer_send_hex(f->peer, "64");
	assert_int_equal(read_once(f, got, sizeof(got)), 1);
	assert_int_equal(got[0], 'd');
}

/* Writes until the system takes no more. */
static size_t fill(struct fixture *f)
{
	static char block[65536];
	size_t all = 0;
	ssize_t put;

	while ((put = f->t->ops->write(f->t, block, sizeof(block), &f->err)) > 0)
		all += (size_t)put;
	assert_int_equal(put, ERR_AGAIN);
	return all;
}

static void pending__counts__what_the_peer_has_not_taken(void **state)
{
	struct fixture *f = *state;
	size_t bytes = 99;

	assert_int_equal(f->t->ops->pending(f->t, &bytes, &f->err), ERR_OK);
	assert_int_equal(bytes, 0);
	fill(f);
	assert_int_equal(f->t->ops->pending(f->t, &bytes, &f->err), ERR_OK);
	assert_true(bytes > 0);
}

static void tcp__notices__a_dead_peer(void **state)
{
	struct fixture *f = *state;
	int fd = f->t->ops->fd(f->t);
	int value = 0;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &len), 0);
	assert_int_equal(value, 1);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &len), 0);
	assert_int_equal(value, 20000);
	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &value, &len), 0);
	assert_int_equal(value, 10);
}

/* ---- rfc2217 ---- */

#define GREETING "ff fb 2c ff fd 2c ff fb 00 ff fd 00 ff fb 03 ff fd 03 "
#define FORMAT	 "ff fa 2c 02 08 ff f0 ff fa 2c 03 01 ff f0 ff fa 2c 04 01 ff f0 "
#define DTR_ON	 "ff fa 2c 05 08 ff f0 "
#define DTR_OFF	 "ff fa 2c 05 09 ff f0 "
#define RTS_ON	 "ff fa 2c 05 0b ff f0 "
#define ASK	 "ff fa 2c 00 ff f0 "
#define ASK_DTR	 "ff fa 2c 05 07 ff f0 "
#define ASK_RTS	 "ff fa 2c 05 0a ff f0 "
#define RTS_OFF	 "ff fa 2c 05 0c ff f0 "

static int setup_rfc2217(void **state)
{
	struct fixture *f;

	setup_tcp(state);
	f = *state;
	f->t = tr_rfc2217_new(f->t);
	netpeer_expect_hex(f->peer, GREETING);
	return 0;
}

static int listen_until_settled(struct fixture *f)
{
	int rc;

	do {
		netpeer_await(f->t->ops->fd(f->t));
		rc = tr_rfc2217_listen(f->t, &f->err);
	} while (rc == ERR_AGAIN);
	return rc;
}

static int setup_agreed(void **state)
{
	struct fixture *f;

	setup_rfc2217(state);
	f = *state;
	netpeer_send_hex(f->peer, "ff fd 2c");
	assert_int_equal(listen_until_settled(f), ERR_OK);
	return 0;
}

static void listen__stops__at_the_agreement(void **state)
{
	struct fixture *f = *state;
	char got[16];

	netpeer_send_hex(f->peer, "62 6f ff fb 01 ff fd 2c 6f 74 ff fc 2c");
	assert_int_equal(listen_until_settled(f), ERR_OK);
	netpeer_expect_hex(f->peer, "ff fe 01");
	/* Nothing is lost of what came before, and what came after still wakes the loop. */
	assert_int_equal(f->t->ops->read(f->t, got, sizeof(got), &f->err), 2);
	assert_memory_equal(got, "bo", 2);
	assert_int_equal(read_once(f, got, sizeof(got)), 2);
	assert_memory_equal(got, "ot", 2);
}

static void listen__tells__a_plain_server(void **state)
{
	struct fixture *f = *state;
	char said[32];

	assert_false(tr_rfc2217_heard(f->t));
	assert_int_equal(tr_rfc2217_listen(f->t, &f->err), ERR_AGAIN);
	netpeer_send_hex(f->peer, "6c 6f 67 69 6e 1b 0d 0a ff fc 2c ff fe 2c");
	assert_int_equal(listen_until_settled(f), ERR_FORMAT);
	assert_true(tr_rfc2217_heard(f->t));
	assert_string_equal(tr_rfc2217_said(f->t, said, sizeof(said)), "login");
}

static void listen__gives_up__on_a_flood_of_data(void **state)
{
	struct fixture *f = *state;
	char block[600];

	memset(block, 'a', sizeof(block));
	assert_int_equal(send(f->peer, block, sizeof(block), 0), sizeof(block));
	assert_int_equal(listen_until_settled(f), ERR_FORMAT);
}

static void listen__tells__that_the_server_closed(void **state)
{
	struct fixture *f = *state;

	close(f->peer);
	f->peer = -1;
	assert_int_equal(listen_until_settled(f), ERR_GONE);
}

static void begin__clears_both_lines__then_sets_the_format(void **state)
{
	struct fixture *f = *state;
	unsigned lines;

	assert_int_equal(
	    tr_rfc2217_begin(f->t, &line_115200, OPENER_AUTO, OPENER_AUTO, &f->err), ERR_OK);
	netpeer_expect_hex(f->peer,
	    RTS_OFF DTR_OFF ASK "ff fa 2c 01 00 01 c2 00 ff f0 " FORMAT "ff fa 2c 05 01 ff f0");
	assert_int_equal(f->t->ops->get_modem(f->t, &lines, &f->err), ERR_OK);
	assert_int_equal(lines, 0);
}

static void begin__leaves__a_line_that_is_to_be_kept(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    tr_rfc2217_begin(f->t, &line_115200, OPENER_KEEP, OPENER_ON, &f->err), ERR_OK);
	netpeer_expect_hex(f->peer, RTS_ON ASK ASK_DTR "ff fa 2c 01 00 01 c2 00 ff f0");
}

static unsigned outputs_after(struct fixture *f, const char *answer)
{
	unsigned lines;
	uint8_t got[4];

	netpeer_send_hex(f->peer, answer);
	netpeer_send_hex(f->peer, "61"); /* once it is read the answer has been */
	assert_int_equal(read_once(f, got, sizeof(got)), 1);
	assert_int_equal(f->t->ops->get_modem(f->t, &lines, &f->err), ERR_OK);
	return lines;
}

/* Told how they are, the kept lines are shown so; unknown is as servers begin. What was set is known
 * better than by an answer on its way. */
static void kept_lines__are__as_the_server_says(void **state)
{
	struct fixture *f = *state;
	unsigned lines;

	assert_int_equal(
	    tr_rfc2217_begin(f->t, &line_115200, OPENER_KEEP, OPENER_KEEP, &f->err), ERR_OK);
	netpeer_expect_hex(f->peer, ASK ASK_DTR ASK_RTS);
	assert_int_equal(f->t->ops->get_modem(f->t, &lines, &f->err), ERR_OK);
	assert_int_equal(lines, MODEM_DTR | MODEM_RTS);
	assert_int_equal(outputs_after(f, "ff fa 2c 69 07 ff f0"), MODEM_DTR | MODEM_RTS);
	assert_int_equal(outputs_after(f, "ff fa 2c 69 09 ff f0"), MODEM_RTS);
	assert_int_equal(outputs_after(f, "ff fa 2c 69 0c ff f0"), 0);
	assert_int_equal(outputs_after(f, "ff fa 2c 69 08 ff f0"), MODEM_DTR);
	assert_int_equal(f->t->ops->set_modem(f->t, MODEM_RTS, &f->err), ERR_OK);
	assert_int_equal(outputs_after(f, "ff fa 2c 69 08 ff f0"), MODEM_RTS);
}

static void signature__is_the_description__as_plain_text(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(f->t->about, "RFC 2217 server");
	outputs_after(f, "ff fa 2c 64 20 0a 1b ff f0");
	assert_string_equal(f->t->about, "RFC 2217 server");
	outputs_after(f, "ff fa 2c 64 73 1b 32 e9 6e ff f0");
	assert_string_equal(f->t->about, "s 2 n (RFC 2217)");
}

static void data__is_doubled__and_told_from_answers(void **state)
{
	struct fixture *f = *state;
	uint8_t got[16];

	assert_int_equal(f->t->ops->write(f->t, "a\xff\r", 3, &f->err), 3);
	netpeer_expect_hex(f->peer, "61 ff ff 0d");
	netpeer_send_hex(f->peer, "61 ff fa 2c 65 00 01 c2 00 ff f0 ff ff 62");
	assert_int_equal(read_once(f, got, sizeof(got)), 3);
	assert_memory_equal(got,
	    "a\xff"
	    "b",
	    3);
}

static void set_line__sends__what_differs(void **state)
{
	struct fixture *f = *state;
	struct transport_line line = line_115200;
	struct transport_line got;

	assert_int_equal(f->t->ops->set_line(f->t, &line, &got, &f->err), ERR_OK);
	netpeer_expect_hex(f->peer, "ff fa 2c 01 00 01 c2 00 ff f0 " FORMAT "ff fa 2c 05 01 ff f0");
	assert_int_equal(got.baud, 115200);
	line.baud = 74880;
	assert_int_equal(f->t->ops->set_line(f->t, &line, &got, &f->err), ERR_OK);
	line.flow = FLOW_RTSCTS;
	assert_int_equal(f->t->ops->set_line(f->t, &line, &got, &f->err), ERR_OK);
	line.parity = PARITY_EVEN;
	assert_int_equal(f->t->ops->set_line(f->t, &line, &got, &f->err), ERR_OK);
	netpeer_expect_hex(f->peer,
	    "ff fa 2c 01 00 01 24 80 ff f0 ff fa 2c 05 03 ff f0 "
	    "ff fa 2c 02 08 ff f0 ff fa 2c 03 03 ff f0 ff fa 2c 04 01 ff f0");
	line.baud = 0;
	assert_int_equal(f->t->ops->set_line(f->t, &line, &got, &f->err), ERR_RANGE);
	netpeer_expect_nothing(f->peer);
}

static void set_line__reports__what_was_asked_until_the_server_says_otherwise(void **state)
{
	struct fixture *f = *state;
	struct transport_line line = line_115200;
	struct transport_line got;
	char none[8];

	line.baud = 3000000;
	assert_int_equal(f->t->ops->set_line(f->t, &line, &got, &f->err), ERR_OK);
	assert_int_equal(got.baud, 3000000);
	/* "2000000 it is, and 7 bits" */
	netpeer_send_hex(f->peer, "ff fa 2c 65 00 1e 84 80 ff f0 ff fa 2c 66 07 ff f0");
	netpeer_await(f->t->ops->fd(f->t));
	assert_int_equal(f->t->ops->read(f->t, none, sizeof(none), &f->err), ERR_AGAIN);
	assert_int_equal(f->t->ops->set_line(f->t, &line, &got, &f->err), ERR_OK);
	assert_int_equal(got.baud, 2000000);
	assert_int_equal(got.bits, 7);
	assert_int_equal(got.parity, 'N');
	/* A new question forgets the old answer. */
	line.baud = 9600;
	assert_int_equal(f->t->ops->set_line(f->t, &line, &got, &f->err), ERR_OK);
	assert_int_equal(got.baud, 9600);
}

static void set_modem__goes_out__in_one_write(void **state)
{
	struct fixture *f = *state;
	char got[64];
	unsigned lines;

	assert_int_equal(f->t->ops->set_modem(f->t, MODEM_DTR | MODEM_RTS, &f->err), ERR_OK);
	netpeer_await(f->peer);
	assert_int_equal(recv(f->peer, got, sizeof(got), 0), 14);
	assert_int_equal(f->t->ops->set_modem(f->t, MODEM_RTS, &f->err), ERR_OK);
	netpeer_expect_hex(f->peer, DTR_OFF);
	assert_int_equal(f->t->ops->get_modem(f->t, &lines, &f->err), ERR_OK);
	assert_int_equal(lines, MODEM_RTS);
}

static void get_modem__tells__what_was_notified_last(void **state)
{
	struct fixture *f = *state;
	unsigned lines;
	char none[8];

	netpeer_send_hex(f->peer, "ff fa 2c 6b bb ff f0");
	netpeer_await(f->t->ops->fd(f->t));
	assert_int_equal(f->t->ops->read(f->t, none, sizeof(none), &f->err), ERR_AGAIN);
	assert_int_equal(f->t->ops->get_modem(f->t, &lines, &f->err), ERR_OK);
	assert_int_equal(lines, MODEM_DCD | MODEM_DSR | MODEM_CTS);
	netpeer_send_hex(f->peer, "ff fa 2c 6b 6d ff f0");
	netpeer_await(f->t->ops->fd(f->t));
	assert_int_equal(f->t->ops->read(f->t, none, sizeof(none), &f->err), ERR_AGAIN);
	assert_int_equal(f->t->ops->get_modem(f->t, &lines, &f->err), ERR_OK);
	assert_int_equal(lines, MODEM_RI | MODEM_DSR);
}

static void purge__asks_the_server__and_keeps_its_answers(void **state)
{
	struct fixture *f = *state;
	unsigned lines;
	char got[8];

	netpeer_send_hex(f->peer, "61 62 ff fa 2c 6b 20 ff f0 63");
	netpeer_await(f->t->ops->fd(f->t));
	assert_int_equal(f->t->ops->purge(f->t, true, true, &f->err), ERR_OK);
	netpeer_expect_hex(f->peer, "ff fa 2c 0c 03 ff f0");
	assert_int_equal(f->t->ops->read(f->t, got, sizeof(got), &f->err), ERR_AGAIN);
	assert_int_equal(f->t->ops->get_modem(f->t, &lines, &f->err), ERR_OK);
	assert_int_equal(lines, MODEM_DSR);
}

static void break__ends__when_the_port_is_closed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(f->t->ops->set_break(f->t, true, &f->err), ERR_OK);
	netpeer_expect_hex(f->peer, "ff fa 2c 05 05 ff f0");
	f->t->ops->close(f->t);
	f->t = NULL;
	netpeer_expect_hex(f->peer, "ff fa 2c 05 06 ff f0");
}

static void write__waits__while_the_server_asks_for_it(void **state)
{
	struct fixture *f = *state;
	char none[8];

	netpeer_send_hex(f->peer, "ff fa 2c 6c ff f0");
	netpeer_await(f->t->ops->fd(f->t));
	assert_int_equal(f->t->ops->read(f->t, none, sizeof(none), &f->err), ERR_AGAIN);
	assert_int_equal(f->t->ops->write(f->t, "a", 1, &f->err), ERR_AGAIN);
	assert_int_equal(f->t->ops->want(f->t), LOOP_READ | TRANSPORT_HELD);
	/* Requests are no data. */
	assert_int_equal(f->t->ops->set_break(f->t, false, &f->err), ERR_OK);
	netpeer_expect_hex(f->peer, "ff fa 2c 05 06 ff f0");
	netpeer_send_hex(f->peer, "ff fa 2c 6d ff f0");
	netpeer_await(f->t->ops->fd(f->t));
	assert_int_equal(f->t->ops->read(f->t, none, sizeof(none), &f->err), ERR_AGAIN);
	assert_int_equal(f->t->ops->write(f->t, "a", 1, &f->err), 1);
	assert_int_equal(f->t->ops->want(f->t), LOOP_READ);
}

static void want__has_write__while_requests_wait(void **state)
{
	struct fixture *f = *state;
	static char drain[1 << 20];
	size_t bytes;
	char none[8];

	fill(f);
	assert_int_equal(f->t->ops->set_modem(f->t, MODEM_DTR, &f->err), ERR_OK);
	assert_int_equal(f->t->ops->want(f->t), LOOP_READ | LOOP_WRITE);
	assert_int_equal(f->t->ops->pending(f->t, &bytes, &f->err), ERR_OK);
	assert_true(bytes > 14);
	while (f->t->ops->want(f->t) & LOOP_WRITE) {
		netpeer_await(f->peer);
		assert_true(recv(f->peer, drain, sizeof(drain), 0) > 0);
		assert_int_equal(f->t->ops->read(f->t, none, sizeof(none), &f->err), ERR_AGAIN);
	}
}

static void requests__are_refused__when_too_many_wait(void **state)
{
	struct fixture *f = *state;
	int rc = ERR_OK;

	fill(f);
	for (int i = 0; i < 100000 && rc == ERR_OK; i++)
		rc = f->t->ops->set_break(f->t, i & 1, &f->err);
	assert_int_equal(rc, ERR_BUSY);
}

static void read__tells__a_server_that_cannot_be_followed(void **state)
{
	struct fixture *f = *state;
	char block[2048];
	char got[64];

	memset(block, 'a', sizeof(block));
	netpeer_send_hex(f->peer, "61 ff fa 2c 64");
	assert_int_equal(send(f->peer, block, sizeof(block), 0), sizeof(block));
	assert_int_equal(read_once(f, got, sizeof(got)), 1);
	/* Woken without another byte of the peer. */
	assert_int_equal(read_once(f, got, sizeof(got)), ERR_FORMAT);
	assert_non_null(strstr(f->err.text, "no end"));
}

#define TCP(test)     cmocka_unit_test_setup_teardown(test, setup_tcp, teardown)
#define LISTEN(test)  cmocka_unit_test_setup_teardown(test, setup_rfc2217, teardown)
#define RFC2217(test) cmocka_unit_test_setup_teardown(test, setup_agreed, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TCP(tcp__carries__bytes_as_they_are),
	    TCP(tcp__says__what_it_cannot_do),
	    TCP(read__tells__that_the_server_closed),
	    TCP(read_and_write__tell__that_the_server_was_killed),
	    TCP(purge__throws_away__what_has_come),
	    TCP(pending__counts__what_the_peer_has_not_taken),
	    TCP(tcp__notices__a_dead_peer),
	    LISTEN(listen__stops__at_the_agreement),
	    LISTEN(listen__tells__a_plain_server),
	    LISTEN(listen__gives_up__on_a_flood_of_data),
	    LISTEN(listen__tells__that_the_server_closed),
	    RFC2217(begin__clears_both_lines__then_sets_the_format),
	    RFC2217(begin__leaves__a_line_that_is_to_be_kept),
	    RFC2217(kept_lines__are__as_the_server_says),
	    RFC2217(signature__is_the_description__as_plain_text),
	    RFC2217(data__is_doubled__and_told_from_answers),
	    RFC2217(set_line__sends__what_differs),
	    RFC2217(set_line__reports__what_was_asked_until_the_server_says_otherwise),
	    RFC2217(set_modem__goes_out__in_one_write),
	    RFC2217(get_modem__tells__what_was_notified_last),
	    RFC2217(purge__asks_the_server__and_keeps_its_answers),
	    RFC2217(break__ends__when_the_port_is_closed),
	    RFC2217(write__waits__while_the_server_asks_for_it),
	    RFC2217(want__has_write__while_requests_wait),
	    RFC2217(requests__are_refused__when_too_many_wait),
	    RFC2217(read__tells__a_server_that_cannot_be_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

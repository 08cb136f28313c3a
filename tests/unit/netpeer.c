/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The other end of a network port. */
#include "netpeer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEADLINE_MS 5000

int netpeer_listen(unsigned *port)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	*port = ntohs(sa.sin_port);
	return fd;
}

void netpeer_await(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};

	assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
}

int netpeer_accept(int listener)
{
	int fd;

	netpeer_await(listener);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	return fd;
}

int netpeer_pair(int *server)
{
	struct sockaddr_in sa;
	unsigned port;
	int listener = netpeer_listen(&port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	memset(&sa, 0, sizeof(sa));
	sa.sin_family = AF_INET;
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sa.sin_port = htons((uint16_t)port);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	*server = netpeer_accept(listener);
	close(listener);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

size_t netpeer_from_hex(const char *hex, uint8_t *dst, size_t size)
{
	size_t n = 0;
	unsigned value;
	int used;

	while (sscanf(hex, "%2x%n", &value, &used) == 1) {
		assert_true(n < size);
		dst[n++] = (uint8_t)value;
		hex += used;
	}
	return n;
}

void netpeer_send_hex(int fd, const char *hex)
{
	uint8_t bytes[512];
	size_t n = netpeer_from_hex(hex, bytes, sizeof(bytes));

	assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

void netpeer_expect_hex(int fd, const char *hex)
{
	uint8_t want[512], got[512];
	size_t n = netpeer_from_hex(hex, want, sizeof(want));
	size_t len = 0;

	while (len < n) {
		ssize_t some;

		netpeer_await(fd);
		some = recv(fd, got + len, n - len, 0);
		assert_true(some > 0);
		len += (size_t)some;
	}
	assert_memory_equal(got, want, n);
}

void netpeer_expect_nothing(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
}

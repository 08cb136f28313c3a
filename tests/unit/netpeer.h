/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The other end of a network port, held by the test itself: loopback, ephemeral ports. */
#ifndef TASMITE_TESTS_NETPEER_H
#define TASMITE_TESTS_NETPEER_H

#include <stddef.h>
#include <stdint.h>

/* Listens on 127.0.0.1; *port is what the system chose. */
int netpeer_listen(unsigned *port);
/* Waits for a connection. */
int netpeer_accept(int listener);
/* A connected pair: *server as accepted, returned is the client's end, non-blocking. */
int netpeer_pair(int *server);
/* "ff fa 2c" as bytes; how many. */
size_t netpeer_from_hex(const char *hex, uint8_t *dst, size_t size);
void netpeer_send_hex(int fd, const char *hex);
/* Reads what stands in hex, and fails where something else comes. */
void netpeer_expect_hex(int fd, const char *hex);
/* Fails when a byte comes (looks once, doesn't wait). */
void netpeer_expect_nothing(int fd);
/* Waits until fd is readable. */
void netpeer_await(int fd);

#endif

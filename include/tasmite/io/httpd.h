/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small HTTP server for one device: GET and HEAD of a list of names under a path that nobody can
 * guess, for one source address, by libmicrohttpd as a guest of the loop. All else is 404. Replies
 * carry Content-Length and x-MD5; nothing is chunked or redirected.
 */
#ifndef TASMITE_IO_HTTPD_H
#define TASMITE_IO_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"

struct httpd;
struct loop;

#define HTTPD_FILES 4
#define HTTPD_PEERS 8

/* Bytes under a name. Both stay the caller's and unchanged until httpd_free. */
struct httpd_file {
	const char *name;
	const uint8_t *data;
	size_t size;
	char md5[33]; /* of data, in hex; "" is not sent */
};

enum httpd_event_kind {
	HTTPD_ASKED,	/* one of the names; total is the length of the body */
	HTTPD_SENT,	/* n bytes more of it went out */
	HTTPD_CLOSED,	/* it ended; whole: all of it went out */
	HTTPD_REFUSED,	/* another name, path or method: status says what it got */
	HTTPD_STRANGER, /* another source address: it was not heard; path is that address */
	/* Of a flood only the first are told of one by one: n more of either kind, the last from path */
	HTTPD_MORE
};

struct httpd_event {
	enum httpd_event_kind kind;
	unsigned transfer; /* which one of those at work, 0 and up */
	int file;	   /* index, -1 none */
	bool head, whole;
	uint32_t total, n;
	unsigned status;
	int32_t free_space; /* x-ESP8266-free-space or x-ESP32-free-space, bytes; -1 not told */
	char version[24];   /* x-ESP...-version, printable; "" not told */
	char path[80];	    /* as asked for, printable */
};

typedef void (*httpd_fn)(void *ctx, const struct httpd_event *e, mono_t now);

struct httpd_config {
	struct loop *loop;
	const char *address; /* to listen at, numeric IPv4 */
	/* The only source addresses, numeric, blanks or commas between; NULL or "": any. */
	const char *peer;
	const struct httpd_file *files;
	unsigned count;	 /* at most HTTPD_FILES */
	mono_t patience; /* for a request, and between bytes; 0: 10 s */
	/* HTTPD_MORE comes no sooner behind what it counts from; 0: 5 s. Each time twice as late, 64 times
	 * at most. */
	mono_t more_after;
	httpd_fn event; /* may free the server */
	void *ctx;
};

/* How many were turned away, told as events or not. */
struct httpd_counts {
	unsigned asked, refused, strangers, slow;
};

/* Listens at a free port. NULL with err. */
struct httpd *httpd_new(const struct httpd_config *cfg, struct err *err);
/* Ends it with all its connections. NULL allowed; allowed within an event. */
void httpd_free(struct httpd *h);
/* What HTTPD_MORE would tell now, before the end: then the event is filled out. */
bool httpd_untold(struct httpd *h, struct httpd_event *e);
/* The port it listens at. */
unsigned httpd_port(const struct httpd *h);
/* "http://10.0.0.2:40001/3k9x.../sonoff.bin"; false when it does not fit. */
bool httpd_url(const struct httpd *h, unsigned file, char *dst, size_t size);
const struct httpd_counts *httpd_counts(const struct httpd *h);
/* Why this machine could not take a connection, the last time; "" it could. */
const char *httpd_trouble(const struct httpd *h);

/* The address of the interface in whose network the numeric IPv4 address `peer` lies. ERR_NOENT with
 * err when there is none. */
int httpd_local_address(const char *peer, char *dst, size_t size, struct err *err);

#endif

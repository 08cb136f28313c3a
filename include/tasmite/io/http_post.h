/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One request to a device's own web page, by hand over the loop: a page, or a file by POST
 * /u2?fsz=SIZE as its upload form does it (multipart, field u2). The device must be reached from here;
 * nothing is looked up by name. HTTP/1.0, so that a page comes in one piece up to the end of the
 * connection: newer Tasmota sends them in chunks otherwise.
 */
#ifndef TASMITE_IO_HTTP_POST_H
#define TASMITE_IO_HTTP_POST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"

struct http_post;
struct loop;

#define HTTP_POST_PAGE 16384 /* bytes of the answer that are kept */

enum http_post_kind {
	HTTP_POST_CONNECTED,
	HTTP_POST_SENT,	    /* sent, of the file, in all by now */
	HTTP_POST_ANSWERED, /* status and page: the end */
	HTTP_POST_FAILED    /* err: the end */
};

struct http_post_event {
	enum http_post_kind kind;
	uint32_t sent;
	unsigned status;  /* 200, 401 ... */
	const char *page; /* the body, terminated; hostile. Valid during the call */
	size_t page_n;
	const struct err *err;
};

typedef void (*http_post_fn)(void *ctx, const struct http_post_event *e, mono_t now);

struct http_post_config {
	struct loop *loop;
	const char *address;  /* numeric IPv4 */
	uint16_t port;	      /* 0: 80 */
	const char *path;     /* "/up": that page is asked for; NULL: the file is sent */
	const char *name;     /* of the file, as the page will know it: letters, digits, ".-_" */
	const uint8_t *data;  /* stays the caller's and unchanged until http_post_free */
	size_t size;	      /* at most 16 MiB */
	const char *password; /* of the page, user admin; NULL or "": none */
	mono_t patience;      /* for the connection, a byte more, the answer; 0: 30 s */
	http_post_fn event;   /* may free it */
	void *ctx;
};

/* Begins. NULL with err when that can't be. */
struct http_post *http_post_new(const struct http_post_config *cfg, struct err *err);
/* Breaks it off. NULL allowed; allowed within an event. */
void http_post_free(struct http_post *p);

#endif

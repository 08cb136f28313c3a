/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The link to the device. */
#include "link.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/log.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

/* A flood must not starve the keyboard: after this many reads the other descriptors have a turn. */
#define READS_PER_TURN 4
#define READ_SIZE      65536
#define TX_MAX	       (1024 * 1024)
/* How often a port that is away is looked for. */
#define RETRY_US MONO_MS(150)

struct link {
	struct loop *loop;
	const struct link_ops *ops;
	void *ctx;
	struct transport *port;
	struct watch *watch;
	struct timer *retry;
	char name[256];
	struct transport_line line;
	struct buf tx;
	size_t pace_bytes;
	int64_t pace_us;
	size_t burst;	   /* bytes that may go before the next pause */
	mono_t pace_until; /* no byte before this time */
	bool blocked;	   /* the system took no more: wait for its word */
	bool wanted;	   /* a port is named: open it, wait for it */
	int last_reason;   /* code of the last ops->down, to say each reason once */
	size_t dropped;	   /* bytes that were still queued at the last shut */
	uint64_t rx, tx_count;
	uint8_t read_buf[READ_SIZE];
};

static void retry_due(void *ctx, mono_t now);

struct link *link_new(struct loop *loop, const struct link_ops *ops, void *ctx)
{
	struct link *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	l->ops = ops;
	l->ctx = ctx;
	buf_init(&l->tx, TX_MAX);
	l->retry = timer_new(loop, retry_due, l);
	return l;
}

static void shut(struct link *l)
{
	watch_free(l->watch);
	l->watch = NULL;
	if (l->port)
		l->port->ops->close(l->port);
	l->port = NULL;
	l->dropped = buf_len(&l->tx);
	buf_clear(&l->tx);
	l->blocked = false;
	l->burst = 0;
	l->pace_until = 0;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	shut(l);
	timer_free(l->retry);
	buf_fini(&l->tx);
	free(l);
}

static void went_away(struct link *l, const struct err *why, mono_t now)
{
	shut(l);
	if (!l->wanted)
		return;
	timer_arm(l->retry, now + RETRY_US);
	if (l->last_reason == why->code)
		return;
	l->last_reason = why->code;
	l->ops->down(l->ctx, why, now);
}

static void readable(struct link *l, mono_t now)
{
	struct err err = {0};

	for (int i = 0; i < READS_PER_TURN && l->port; i++) {
		ssize_t n = l->port->ops->read(l->port, l->read_buf, sizeof(l->read_buf), &err);

		if (n > 0) {
			l->rx += (uint64_t)n;
			l->ops->rx(l->ctx, l->read_buf, (size_t)n, now);
			if ((size_t)n < sizeof(l->read_buf) / 2)
				return; /* that was all there was */
			continue;
		}
		if (n != ERR_AGAIN)
			went_away(l, &err, now);
		return;
	}
}

static void on_ready(void *ctx, int ready, mono_t now)
{
	struct link *l = ctx;

	if (ready & LOOP_WRITE) {
		l->blocked = false;
		watch_set(l->watch, LOOP_READ);
	}
	if (ready & LOOP_READ)
		readable(l, now);
}

/* Opens the named port; true when it is open. */
static bool try_open(struct link *l, mono_t now)
{
	struct err err = {0};

	l->port = transport_open(l->name, &l->line, &err);
	if (l->port) {
		l->watch =
		    watch_new(l->loop, l->port->ops->fd(l->port), 0, LOOP_READ, on_ready, l, &err);
		if (l->watch) {
			l->last_reason = 0;
			l->ops->up(l->ctx, now);
			return true;
		}
	}
	went_away(l, &err, now);
	return false;
}

static void retry_due(void *ctx, mono_t now)
{
	struct link *l = ctx;

	if (l->wanted && !l->port)
		try_open(l, now);
}

void link_open(struct link *l, const char *name, const struct transport_line *line, mono_t now)
{
	link_close(l);
	str_copy(l->name, sizeof(l->name), name);
	l->line = *line;
	l->wanted = true;
	try_open(l, now);
}

void link_close(struct link *l)
{
	shut(l);
	timer_disarm(l->retry);
	l->wanted = false;
	l->last_reason = 0;
}

bool link_is_open(const struct link *l)
{
	return l->port != NULL;
}

const struct transport *link_transport(const struct link *l)
{
	return l->port;
}

const struct transport_line *link_line(const struct link *l)
{
	return &l->line;
}

int link_set_baud(struct link *l, uint32_t baud, uint32_t *actual, struct err *err)
{
	struct transport_line got, before = l->line;
	int rc;

	l->line.baud = baud;
	got = l->line;
	if (actual)
		*actual = baud;
	if (!l->port)
		return ERR_OK;
	rc = l->port->ops->set_line(l->port, &l->line, &got, err);
	log_trace("link", "rate %u, system says %u (%d)", baud, got.baud, rc);
	if (rc != ERR_OK)
		l->line = before; /* what is shown is what is set */
	else if (actual)
		*actual = got.baud;
	return rc;
}

int link_set_format(struct link *l, const struct transport_line *format, struct err *err)
{
	struct transport_line got;

	l->line.bits = format->bits;
	l->line.parity = format->parity;
	l->line.stop = format->stop;
	return l->port ? l->port->ops->set_line(l->port, &l->line, &got, err) : ERR_OK;
}

void link_set_pace(struct link *l, size_t bytes, int delay_ms)
{
	l->pace_bytes = bytes;
	l->pace_us = MONO_MS(delay_ms);
	l->burst = bytes;
}

bool link_send(struct link *l, const void *bytes, size_t n)
{
	if (!l->port || !buf_append(&l->tx, bytes, n))
		return false;
	loop_again(l->loop);
	return true;
}

size_t link_unsent(const struct link *l)
{
	return buf_len(&l->tx);
}

size_t link_dropped(const struct link *l)
{
	return l->dropped;
}

size_t link_pending(const struct link *l)
{
	size_t n = 0;

	if (l->port && l->port->ops->pending(l->port, &n, NULL) != ERR_OK)
		n = 0;
	return n;
}

void link_drop_unsent(struct link *l)
{
	buf_clear(&l->tx);
	if (l->port)
		l->port->ops->purge(l->port, false, true, NULL);
}

void link_purge_input(struct link *l)
{
	if (l->port)
		l->port->ops->purge(l->port, true, false, NULL);
}

int link_set_modem(struct link *l, unsigned lines, struct err *err)
{
	if (!l->port)
		return err_set(err, ERR_GONE, 0, "the port is not open");
	return l->port->ops->set_modem(l->port, lines, err);
}

uint64_t link_rx_bytes(const struct link *l)
{
	return l->rx;
}

uint64_t link_tx_bytes(const struct link *l)
{
	return l->tx_count;
}

/* How many bytes may go now: all, or the rest of a burst. */
static size_t allowance(struct link *l, mono_t now)
{
	size_t n = buf_len(&l->tx);

	if (!l->pace_bytes)
		return n;
	if (now < l->pace_until)
		return 0;
	if (!l->burst)
		l->burst = l->pace_bytes;
	return n < l->burst ? n : l->burst;
}

mono_t link_flush(struct link *l, mono_t now)
{
	struct err err = {0};

	while (l->port && !l->blocked && buf_len(&l->tx)) {
		size_t n = allowance(l, now);
		ssize_t sent;

		if (!n)
			return l->pace_until;
		sent = l->port->ops->write(l->port, buf_bytes(&l->tx), n, &err);
		if (sent > 0) {
			buf_consume(&l->tx, (size_t)sent);
			l->tx_count += (uint64_t)sent;
			if (l->pace_bytes) {
				l->burst -= (size_t)sent;
				if (!l->burst)
					l->pace_until = now + l->pace_us;
			}
		} else if (sent == ERR_AGAIN) {
			l->blocked = true;
			watch_set(l->watch, LOOP_READ | LOOP_WRITE);
		} else {
			went_away(l, &err, now);
		}
	}
	return MONO_NEVER;
}

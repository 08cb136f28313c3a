/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The link to the device. */
#include "link.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/log.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/hotplug.h"
#include "tasmite/io/ports.h"
#include "tasmite/io/ptymark.h"

/* A flood must not starve the keyboard: after so many bytes the other descriptors have a turn. */
#define TURN_BYTES 65536
#define READ_SIZE  65536
/* Who gave so much at once may have more: a pseudo-terminal gives what it has in small pieces. */
#define READ_MORE 2048
#define TX_MAX	  (1024 * 1024)
/* Bytes that keep coming a few at a time are gathered, so that not each of them costs a turn: until
 * the next frame, and no longer than until so many have come that the kernel, which holds KERNEL_BYTES
 * for us, is full GATHER_SPARE later. What comes after a silence is read at once. */
#define KERNEL_BYTES   4095
#define GATHER_BYTES   1024 /* as many in any case */
#define GATHER_SPARE   MONO_MS(8)
#define GATHER_LEAST   MONO_MS(2)
#define GATHER_SILENCE MONO_MS(30)
#define FAST_PER_MS    60 /* a line */
/* A port that is away is waited for at no cost: the system tells when something changes. Only what
 * it can't tell is asked for again: a network port, a port that is there and can't be opened (another
 * program holds it, no descriptor is free), and a node whose permissions are being set. */
#define RETRY_NETWORK_US MONO_S(2)
/* A server that hangs up within SHORT is asked less and less often. */
#define RETRY_SLOW_US MONO_S(30)
#define SHORT_US      MONO_S(5)
#define RETRY_BUSY_US MONO_S(1)
#define RETRY_SOON_US MONO_MS(50)

struct link {
	struct loop *loop;
	const struct link_ops *ops;
	void *ctx;
	struct transport *port;
	struct watch *watch;
	struct timer *retry;
	struct opener *opener;	 /* an attempt to open is under way */
	struct hotplug *hotplug; /* while the port is away */
	char name[256];
	char key[192];	     /* of the adapter that was open last, to know it again */
	struct ptymark mark; /* ... or pseudo-terminal */
	struct transport_line line;
	struct buf tx;
	size_t pace_bytes;
	int64_t pace_us;
	size_t burst;	   /* bytes that may go before the next pause */
	mono_t pace_until; /* no byte before this time */
	bool held;	   /* nothing is read */
	int64_t gather;	   /* so long may bytes wait for more */
	mono_t frame;	   /* ... and until then */
	bool fast;	   /* more of them come than one can read */
	struct timer *gathered;
	mono_t read_at;	  /* when something was read last */
	mono_t rx_since;  /* since when the bytes came that are being handed over */
	bool blocked;	  /* the system took no more: wait for its word */
	bool wanted;	  /* a port is named: open it, wait for it */
	bool released;	  /* closed for another program, to be taken again */
	mono_t opened_at; /* the last time */
	int64_t net_wait; /* before a network port is tried again */
	int last_reason;  /* code of the last ops->down, to say each reason once */
	size_t dropped;	  /* bytes that were still queued at the last shut */
	uint64_t rx, tx_count;
	uint8_t read_buf[READ_SIZE];
};

static void retry_due(void *ctx, mono_t now);
static void gathered_due(void *ctx, mono_t now);
static void try_open(struct link *l, mono_t now);

struct link *link_new(struct loop *loop, const struct link_ops *ops, void *ctx)
{
	struct link *l = xcalloc(1, sizeof(*l));

	l->loop = loop;
	l->ops = ops;
	l->ctx = ctx;
	buf_init(&l->tx, TX_MAX);
	l->retry = timer_new(loop, retry_due, l);
	l->gathered = timer_new(loop, gathered_due, l);
	return l;
}

static void shut(struct link *l)
{
	watch_free(l->watch);
	l->watch = NULL;
	if (l->port)
		l->port->ops->close(l->port);
	l->port = NULL;
	opener_cancel(l->opener);
	l->opener = NULL;
	timer_disarm(l->retry);
	timer_disarm(l->gathered);
	l->dropped = buf_len(&l->tx);
	buf_clear(&l->tx);
	l->blocked = false;
	l->burst = 0;
	l->pace_until = 0;
}

/* The watch stays over all tries of a wait: what happens between a try that fails and a new watch
 * would never be told. */
static void stop_waiting(struct link *l)
{
	hotplug_free(l->hotplug);
	l->hotplug = NULL;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	shut(l);
	stop_waiting(l);
	timer_free(l->retry);
	timer_free(l->gathered);
	buf_fini(&l->tx);
	free(l);
}

static bool is_network(const char *name)
{
	return strstr(name, "://") != NULL;
}

static void changed(void *ctx, mono_t now)
{
	struct link *l = ctx;

	if (l->wanted && !l->port && !l->opener)
		try_open(l, now);
}

/* Sees to it that the next try comes when it has a chance. */
static void wait_for_port(struct link *l, int reason, mono_t now)
{
	if (is_network(l->name)) {
		timer_arm(l->retry, now + l->net_wait);
		return;
	}
	if (!l->hotplug) { /* what came before it listened has to be looked for */
		l->hotplug = hotplug_new(l->loop, l->name, changed, l);
		reason = ERR_AGAIN;
	}
	if (reason == ERR_AGAIN)
		timer_arm(l->retry, now + RETRY_SOON_US);
	else if (reason != ERR_NOENT && reason != ERR_INVAL && reason != ERR_NOTSUP)
		timer_arm(l->retry, now + RETRY_BUSY_US);
}

static void went_away(struct link *l, const struct err *why, mono_t now)
{
	bool was_open = l->port != NULL;

	shut(l);
	if (!l->wanted)
		return;
	if (!was_open || now - l->opened_at > SHORT_US)
		l->net_wait = RETRY_NETWORK_US;
	else
		l->net_wait = mono_min(2 * l->net_wait, RETRY_SLOW_US);
	wait_for_port(l, why->code, now);
	if (l->last_reason == why->code || why->code == ERR_AGAIN)
		return;
	l->last_reason = why->code;
	l->ops->down(l->ctx, why, now);
}

/* After n bytes, which came since the last ones: when the next are looked for. */
static void gather_more(struct link *l, size_t n, mono_t now)
{
	mono_t since = now - l->read_at, wait;
	mono_t full = KERNEL_BYTES * since / (mono_t)n - GATHER_SPARE;

	l->read_at = now;
	l->fast = (mono_t)n * MONO_MS(1) > FAST_PER_MS * since;
	timer_disarm(l->gathered);
	if (!l->gather || since > GATHER_SILENCE)
		return;
	if (full < GATHER_BYTES * since / (mono_t)n)
		full = GATHER_BYTES * since / (mono_t)n;
	wait = mono_min(l->gather, full);
	if (l->frame > now)
		wait = mono_min(wait, l->frame - now);
	if (wait >= GATHER_LEAST)
		timer_arm(l->gathered, now + wait);
}

static void readable(struct link *l, mono_t now)
{
	struct err err = {0};
	const struct transport *port = l->port;
	size_t total = 0;
	ssize_t n = ERR_AGAIN;

	l->rx_since = l->gather && now - l->read_at <= GATHER_SILENCE ? l->read_at : now;
	/* What a read gave is worked on before the next one: meanwhile the kernel brings more. */
	while (l->port == port && !l->held && total < TURN_BYTES) {
		n = port->ops->read(l->port, l->read_buf, sizeof(l->read_buf), &err);
		if (n <= 0)
			break;
		l->rx += (size_t)n;
		total += (size_t)n;
		l->ops->rx(l->ctx, l->read_buf, (size_t)n, now);
		l->rx_since = now;
		if (n < READ_MORE)
			break; /* that was all there was */
	}
	/* Whom the bytes went to may have left the port, or taken another. */
	if (total && l->port == port)
		gather_more(l, total, now);
	if (n < 0 && n != ERR_AGAIN && l->port == port)
		went_away(l, &err, now);
}

static void on_ready(void *ctx, int ready, mono_t now)
{
	struct link *l = ctx;

	(void)ready;
	/* Also when only a byte came: it may be the peer's word that it takes some again. */
	l->blocked = false;
	/* Reading pushes on what the transport itself holds. */
	readable(l, now);
}

static void gathered_due(void *ctx, mono_t now)
{
	struct link *l = ctx;

	if (l->port)
		readable(l, now);
}

/* What the port is watched for until the next turn. */
static void watch_port(struct link *l)
{
	int want = l->port->ops->want(l->port);

	if (l->blocked && !(want & TRANSPORT_HELD))
		want |= LOOP_WRITE;
	if (l->held || timer_armed(l->gathered))
		want &= ~LOOP_READ;
	watch_set(l->watch, want & (LOOP_READ | LOOP_WRITE));
}

static void opened(void *ctx, struct transport *t, const struct err *why, mono_t now)
{
	struct link *l = ctx;
	struct port_info info;
	struct err err = {0};

	l->opener = NULL;
	if (!t) {
		went_away(l, why, now);
		return;
	}
	l->port = t;
	l->watch = watch_new(l->loop, t->ops->fd(t), 0, LOOP_READ, on_ready, l, &err);
	if (!l->watch) {
		went_away(l, &err, now);
		return;
	}
	stop_waiting(l);
	timer_disarm(l->retry);
	l->last_reason = 0;
	l->opened_at = now;
	if (!is_network(l->name) && ports_describe(t->path, &info))
		ports_key(&info, l->key, sizeof(l->key));
	if (!is_network(l->name))
		ptymark_take(l->name, &l->mark);
	l->ops->up(l->ctx, now);
	/* Data may have come while it was opened, which select knows nothing of. */
	if (l->port == t)
		readable(l, now);
}

/* The same adapter under the name that it has now, else the name that the user gave. */
static const char *name_now(struct link *l, char *path, size_t size)
{
	if (l->key[0] && !is_network(l->name) && ports_find_key(l->key, path, size, NULL) == ERR_OK)
		return path;
	return l->name;
}

/* What has the name of the adapter that is waited for, and is another: opening alone may reset what
 * hangs on it, and what was meant for the one must not go to the other. */
static bool is_another(const struct link *l, const char *name, struct err *err)
{
	char path[256], key[192];
	struct port_info info;
	struct ptymark mark;

	if (l->mark.pty) {
		ptymark_take(name, &mark);
		if (ptymark_is_another(&l->mark, &mark)) {
			err_set(err, ERR_INVAL, 0,
			    "%s is another pseudo-terminal now, and left alone: /port %s opens it",
			    name, name);
			return true;
		}
	}
	if (!l->key[0] || is_network(name) ||
	    ports_resolve(name, path, sizeof(path), NULL) != ERR_OK || !ports_describe(path, &info))
		return false;
	ports_key(&info, key, sizeof(key));
	if (!ports_key_is_another(l->key, key))
		return false;
	err_set(err, ERR_INVAL, 0,
	    "%s is another adapter now (%s), and left alone: /port %s opens it", info.name,
	    info.about[0] ? info.about : "of another kind", info.name);
	return true;
}

static void choose_lines(struct link *l, const char *name, struct opener_options *o)
{
	char path[256], key[192] = "";
	struct port_info info;

	if (is_network(name) || !l->ops->lines)
		return;
	if (ports_resolve(name, path, sizeof(path), NULL) == ERR_OK && ports_describe(path, &info))
		ports_key(&info, key, sizeof(key));
	l->ops->lines(l->ctx, key, &o->dtr, &o->rts);
}

static void try_open(struct link *l, mono_t now)
{
	struct opener_options o = {
	    .line = l->line, .dtr = OPENER_AUTO, .rts = OPENER_AUTO, .exclusive = true};
	char path[256];
	const char *name = name_now(l, path, sizeof(path));
	struct opener *opener;
	struct err err = {0};

	timer_disarm(l->retry);
	if (is_another(l, name, &err)) {
		went_away(l, &err, now);
		return;
	}
	choose_lines(l, name, &o);
	opener = opener_new(l->loop, name, &o, opened, l, now);
	if (opener) /* else it has called already, and another may be under way by now */
		l->opener = opener;
}

static void retry_due(void *ctx, mono_t now)
{
	changed(ctx, now);
}

void link_open(struct link *l, const char *name, const struct transport_line *line, mono_t now)
{
	link_close(l);
	str_copy(l->name, sizeof(l->name), name);
	l->key[0] = '\0';
	l->mark.pty = false;
	l->line = *line;
	l->wanted = true;
	l->net_wait = RETRY_NETWORK_US;
	try_open(l, now);
}

void link_close(struct link *l)
{
	l->wanted = false; /* before shut: nothing that closes may open again */
	l->released = false;
	shut(l);
	stop_waiting(l);
	l->last_reason = 0;
}

void link_release(struct link *l)
{
	bool had = l->wanted;

	link_close(l);
	l->released = had;
}

void link_retake(struct link *l, mono_t now)
{
	if (!l->released)
		return;
	l->released = false;
	l->wanted = true;
	try_open(l, now);
}

bool link_is_released(const struct link *l)
{
	return l->released;
}

const char *link_adapter_key(const struct link *l)
{
	return l->port ? l->key : "";
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
	l->line.flow = format->flow;
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

void link_hold(struct link *l, bool held)
{
	l->held = held;
}

void link_gather(struct link *l, int64_t us, mono_t frame)
{
	l->gather = us;
	l->frame = frame;
	if (!us)
		timer_disarm(l->gathered);
}

bool link_catch_up(struct link *l, mono_t now)
{
	if (!l->port || !timer_armed(l->gathered) || l->read_at == now)
		return false;
	readable(l, now);
	return true;
}

mono_t link_rx_since(const struct link *l)
{
	return l->rx_since;
}

bool link_fast(const struct link *l)
{
	return l->port && l->fast;
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

int link_get_modem(struct link *l, unsigned *lines)
{
	return l->port ? l->port->ops->get_modem(l->port, lines, NULL) : ERR_GONE;
}

int link_set_break(struct link *l, bool on, struct err *err)
{
	if (!l->port)
		return err_set(err, ERR_GONE, 0, "the port is not open");
	return l->port->ops->set_break(l->port, on, err);
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

static mono_t send_queued(struct link *l, mono_t now)
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
		} else {
			went_away(l, &err, now);
		}
	}
	return MONO_NEVER;
}

mono_t link_flush(struct link *l, mono_t now)
{
	mono_t next = send_queued(l, now);

	if (l->port)
		watch_port(l);
	return next;
}

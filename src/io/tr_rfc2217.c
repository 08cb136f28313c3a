/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A serial port at an RFC 2217 server: the codec over a TCP transport. Nothing waits for an answer;
 * what the server says about rate, format and modem lines is kept for who asks.
 */
#include "tr_net.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tasmite/base/log.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/loop.h"
#include "tasmite/proto/rfc2217.h"

#define OUT_MAX	  65536
#define RAW_SIZE  16384
#define WRITE_MAX 8192 /* of data in one write; fits OUT_MAX with every byte doubled */
#define EARLY_MAX 512
/* Reads without a byte of data in them (answers only) before the loop has its turn again. */
#define ROUNDS	  8
#define PURGE_MAX (1024 * 1024)

/* NOTIFY-MODEMSTATE, RFC 2217 section 3. */
#define STATE_CD  0x80
#define STATE_RI  0x40
#define STATE_DSR 0x20
#define STATE_CTS 0x10

struct tr_rfc2217 {
	struct transport base;
	struct transport *over;
	struct rfc2217 *codec;
	/* Where data of the device goes now: sink, else nowhere. */
	uint8_t *sink;
	size_t sink_len, sink_size;
	/* Data that came while the port was opened: given to the first read. */
	uint8_t early[EARLY_MAX];
	size_t early_len;
	bool heard, refused, suspended, breaking;
	char broken[64];	     /* why the codec gave up, "" */
	struct transport_line asked; /* baud 0: nothing yet */
	struct transport_line said;  /* by the server since it was asked; 0: nothing */
	unsigned outputs;	     /* DTR and RTS as last asked */
	unsigned unasked;	     /* which of them were left as the server had them */
	unsigned inputs;	     /* as last notified */
	uint8_t raw[RAW_SIZE];
};

static struct tr_rfc2217 *self(struct transport *t)
{
	return (struct tr_rfc2217 *)t;
}

/* ---- what the codec says ---- */

static void on_data(void *ctx, const uint8_t *bytes, size_t n)
{
	struct tr_rfc2217 *p = ctx;
	size_t room = p->sink_size - p->sink_len;

	if (!p->sink)
		return;
	if (n > room)
		n = room; /* can't be: data is never more than what is fed */
	memcpy(p->sink + p->sink_len, bytes, n);
	p->sink_len += n;
}

static void note_modem(struct tr_rfc2217 *p, uint32_t state)
{
	p->inputs = (state & STATE_CTS ? MODEM_CTS : 0U) | (state & STATE_DSR ? MODEM_DSR : 0U) |
		    (state & STATE_CD ? MODEM_DCD : 0U) | (state & STATE_RI ? MODEM_RI : 0U);
}

/* Only of a line that was left alone: the answer to a request may come after the next request. */
static void note_output(struct tr_rfc2217 *p, uint32_t state)
{
	unsigned line = state == RFC2217_DTR_ON || state == RFC2217_DTR_OFF   ? MODEM_DTR
			: state == RFC2217_RTS_ON || state == RFC2217_RTS_OFF ? MODEM_RTS
									      : 0U;

	line &= p->unasked;
	p->outputs &= ~line;
	if (state == RFC2217_DTR_ON || state == RFC2217_RTS_ON)
		p->outputs |= line;
}

static void note_signature(struct tr_rfc2217 *p, const char *text)
{
	char name[sizeof(((struct rfc2217_event *)0)->text)];

	str_copy(name, sizeof(name), text);
	for (char *c = name; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = ' ';
	str_trim_end(name);
	if (name[0])
		str_fmt(p->base.about, sizeof(p->base.about), "%s (RFC 2217)", name);
}

static void on_event(void *ctx, const struct rfc2217_event *ev)
{
	struct tr_rfc2217 *p = ctx;

	log_trace("rfc2217", "event %d value %lu %s", (int)ev->kind, (unsigned long)ev->value,
	    ev->kind == RFC2217_BROKEN ? ev->text : "");
	switch (ev->kind) {
	case RFC2217_REFUSED:
		p->refused = true;
		break;
	case RFC2217_BAUD:
		p->said.baud = ev->value;
		break;
	case RFC2217_FORMAT:
		p->said.bits = ev->bits;
		p->said.parity = ev->parity;
		p->said.stop = ev->stop;
		break;
	case RFC2217_MODEM:
		note_modem(p, ev->value);
		break;
	case RFC2217_CONTROL:
		note_output(p, ev->value);
		break;
	case RFC2217_SIGNATURE:
		note_signature(p, ev->text);
		break;
	case RFC2217_SUSPEND:
	case RFC2217_RESUME:
		p->suspended = ev->kind == RFC2217_SUSPEND;
		break;
	case RFC2217_BROKEN:
		str_copy(p->broken, sizeof(p->broken), ev->text);
		/* Nothing more may come by itself: the end of the stream wakes the loop, so that
		 * the next read can tell. */
		shutdown(p->over->ops->fd(p->over), SHUT_RD);
		break;
	default: /* AGREED is asked for, the line state is not */
		break;
	}
}

static const struct rfc2217_ops codec_ops = {on_data, on_event};

/* ---- to the server ---- */

/* Sends what the codec holds. ERR_OK: all of it; ERR_AGAIN: the rest must wait. */
static int push(struct tr_rfc2217 *p, struct err *err)
{
	struct buf *out = rfc2217_out(p->codec);

	while (buf_len(out)) {
		ssize_t n = p->over->ops->write(p->over, buf_bytes(out), buf_len(out), err);

		if (n <= 0)
			return (int)n;
		buf_consume(out, (size_t)n);
	}
	return ERR_OK;
}

/* After a request was queued (ok), which counts as done then. */
static int requested(struct tr_rfc2217 *p, bool ok, struct err *err)
{
	int rc;

	if (!ok)
		return err_set(
		    err, ERR_BUSY, 0, "%s: the server takes no more commands", p->base.name);
	rc = push(p, err);
	return rc == ERR_AGAIN ? ERR_OK : rc;
}

static ssize_t tr_rfc2217_write(struct transport *t, const void *src, size_t n, struct err *err)
{
	struct tr_rfc2217 *p = self(t);
	int rc = push(p, err);

	if (rc < 0)
		return rc;
	if (p->suspended)
		return ERR_AGAIN;
	if (n > WRITE_MAX)
		n = WRITE_MAX;
	if (!rfc2217_send(p->codec, src, n))
		return ERR_AGAIN; /* broken: read tells */
	rc = push(p, err);
	return rc < 0 && rc != ERR_AGAIN ? rc : (ssize_t)n;
}

/* ---- from the server ---- */

static ssize_t take_early(struct tr_rfc2217 *p, void *dst, size_t n)
{
	if (n > p->early_len)
		n = p->early_len;
	memcpy(dst, p->early, n);
	p->early_len -= n;
	memmove(p->early, p->early + n, p->early_len);
	return (ssize_t)n;
}

static int lost_thread(const struct tr_rfc2217 *p, struct err *err)
{
	return err_set(
	    err, ERR_FORMAT, 0, "%s: this server can't be followed: %s", p->base.name, p->broken);
}

/* One read of the connection; data goes to dst (NULL: nowhere). Returns bytes of the connection or a
 * negative code. */
static ssize_t take(struct tr_rfc2217 *p, void *dst, size_t n, struct err *err)
{
	ssize_t got;

	if (n > sizeof(p->raw))
		n = sizeof(p->raw);
	got = p->over->ops->read(p->over, p->raw, n, err);
	if (got <= 0)
		return got;
	p->sink = dst;
	p->sink_len = 0;
	p->sink_size = n;
	rfc2217_rx(p->codec, p->raw, (size_t)got);
	p->sink = NULL;
	return got;
}

static ssize_t tr_rfc2217_read(struct transport *t, void *dst, size_t n, struct err *err)
{
	struct tr_rfc2217 *p = self(t);
	int rc;

	push(p, err); /* a fault of it is one of reading too */
	if (p->early_len)
		return take_early(p, dst, n);
	if (p->broken[0])
		return lost_thread(p, err);
	for (int i = 0; i < ROUNDS; i++) {
		ssize_t got = take(p, dst, n, err);

		if (got <= 0)
			return got;
		rc = push(p, err); /* what the server asked for */
		if (p->sink_len)
			return (ssize_t)p->sink_len;
		if (p->broken[0])
			return lost_thread(p, err);
	}
	return rc < 0 ? rc : ERR_AGAIN;
}

static int tr_rfc2217_fd(const struct transport *t)
{
	const struct tr_rfc2217 *p = (const struct tr_rfc2217 *)t;

	return p->over->ops->fd(p->over);
}

static int tr_rfc2217_want(const struct transport *t)
{
	const struct tr_rfc2217 *p = (const struct tr_rfc2217 *)t;
	int want = LOOP_READ;

	if (buf_len(rfc2217_out(p->codec)))
		want |= LOOP_WRITE;
	else if (p->suspended)
		want |= TRANSPORT_HELD;
	return want;
}

/* ---- settings ---- */

static int check_line(const struct transport_line *line, struct err *err)
{
	bool parity = line->parity == PARITY_NONE || line->parity == PARITY_EVEN ||
		      line->parity == PARITY_ODD;

	if (!line->baud)
		return err_set(err, ERR_RANGE, 0, "a rate of 0 baud can't be set");
	if (line->bits < 5 || line->bits > 8 || !parity || line->stop < 1 || line->stop > 2 ||
	    line->flow > FLOW_XONXOFF)
		return err_set(err, ERR_RANGE, 0,
		    "this line format can't be set: 5 to 8 bits, parity N, E or O, 1 or 2 stop "
		    "bits");
	return ERR_OK;
}

static bool same_format(const struct transport_line *a, const struct transport_line *b)
{
	return a->bits == b->bits && a->parity == b->parity && a->stop == b->stop;
}

/* What was asked, but for what the server has said otherwise since. */
static void report_line(const struct tr_rfc2217 *p, struct transport_line *got)
{
	*got = p->asked;
	if (p->said.baud)
		got->baud = p->said.baud;
	if (p->said.bits)
		got->bits = p->said.bits;
	if (p->said.parity)
		got->parity = p->said.parity;
	if (p->said.stop)
		got->stop = p->said.stop;
}

/* Queues what differs from what was asked before. */
static bool queue_line(struct tr_rfc2217 *p, const struct transport_line *line)
{
	bool first = !p->asked.baud;
	bool ok = true;

	if (first || line->baud != p->asked.baud) {
		p->said.baud = 0;
		ok = rfc2217_set_baud(p->codec, line->baud) && ok;
	}
	if (first || !same_format(line, &p->asked)) {
		p->said.bits = p->said.stop = 0;
		p->said.parity = 0;
		ok = rfc2217_set_format(p->codec, line->bits, line->parity, line->stop) && ok;
	}
	if (first || line->flow != p->asked.flow)
		ok = rfc2217_set_flow(p->codec, line->flow) && ok;
	/* Half of it may be on its way: then all of it is sent again the next time. */
	if (ok)
		p->asked = *line;
	else
		p->asked.baud = 0;
	return ok;
}

static int tr_rfc2217_set_line(struct transport *t, const struct transport_line *line,
    struct transport_line *got, struct err *err)
{
	struct tr_rfc2217 *p = self(t);
	int rc = check_line(line, err);

	/* The contract of enum transport_flow and of rfc2217_set_flow. */
	_Static_assert(FLOW_NONE == 0 && FLOW_RTSCTS == 1 && FLOW_XONXOFF == 2, "flow codes");
	if (rc < 0)
		return rc;
	rc = requested(p, queue_line(p, line), err);
	if (rc == ERR_OK && got)
		report_line(p, got);
	return rc;
}

static int tr_rfc2217_set_modem(struct transport *t, unsigned lines, struct err *err)
{
	struct tr_rfc2217 *p = self(t);
	bool ok = rfc2217_set_lines(p->codec, lines & MODEM_DTR, lines & MODEM_RTS);

	if (ok) {
		p->outputs = lines & (MODEM_DTR | MODEM_RTS);
		p->unasked = 0;
	}
	return requested(p, ok, err);
}

static int tr_rfc2217_get_modem(struct transport *t, unsigned *lines, struct err *err)
{
	const struct tr_rfc2217 *p = self(t);

	(void)err;
	*lines = p->inputs | p->outputs;
	return ERR_OK;
}

static int tr_rfc2217_purge(struct transport *t, bool input, bool output, struct err *err)
{
	struct tr_rfc2217 *p = self(t);

	if (!input && !output)
		return ERR_OK;
	/* What has come is taken apart all the same, for the answers in it. An end or a fault found
	 * here is found again by the next read. */
	if (input)
		p->early_len = 0;
	for (size_t all = 0; input && all < PURGE_MAX;) {
		ssize_t got = take(p, NULL, sizeof(p->raw), NULL);

		if (got <= 0)
			break;
		all += (size_t)got;
	}
	return requested(p, rfc2217_purge(p->codec, input, output), err);
}

static int tr_rfc2217_pending(struct transport *t, size_t *bytes, struct err *err)
{
	struct tr_rfc2217 *p = self(t);
	int rc = p->over->ops->pending(p->over, bytes, err);

	*bytes += buf_len(rfc2217_out(p->codec));
	return rc;
}

static int tr_rfc2217_set_break(struct transport *t, bool on, struct err *err)
{
	struct tr_rfc2217 *p = self(t);
	bool ok = rfc2217_set_break(p->codec, on);

	if (ok)
		p->breaking = on;
	return requested(p, ok, err);
}

static void tr_rfc2217_close(struct transport *t)
{
	struct tr_rfc2217 *p = self(t);

	if (p->breaking)
		rfc2217_set_break(p->codec, false);
	push(p, NULL); /* what goes at once; nothing waits here */
	p->over->ops->close(p->over);
	rfc2217_free(p->codec);
	free(p);
}

static const struct transport_ops tr_rfc2217_ops = {
    .kind = "rfc2217",
    .fd = tr_rfc2217_fd,
    .want = tr_rfc2217_want,
    .read = tr_rfc2217_read,
    .write = tr_rfc2217_write,
    .set_line = tr_rfc2217_set_line,
    .set_modem = tr_rfc2217_set_modem,
    .get_modem = tr_rfc2217_get_modem,
    .purge = tr_rfc2217_purge,
    .pending = tr_rfc2217_pending,
    .set_break = tr_rfc2217_set_break,
    .close = tr_rfc2217_close,
};

/* ---- opening ---- */

struct transport *tr_rfc2217_new(struct transport *over)
{
	struct tr_rfc2217 *p = xcalloc(1, sizeof(*p));

	p->over = over;
	p->codec = rfc2217_new(&codec_ops, p, OUT_MAX);
	p->base.ops = &tr_rfc2217_ops;
	p->base.caps = TRANSPORT_HAS_BAUD | TRANSPORT_HAS_MODEM | TRANSPORT_HAS_BREAK;
	str_copy(p->base.name, sizeof(p->base.name), over->name);
	str_copy(p->base.path, sizeof(p->base.path), over->path);
	str_copy(p->base.about, sizeof(p->base.about), "RFC 2217 server");
	push(p, NULL); /* a fault is found by tr_rfc2217_listen */
	return &p->base;
}

static bool is_settled(const struct tr_rfc2217 *p, bool begun)
{
	if (p->refused || p->broken[0] || p->early_len == sizeof(p->early))
		return true;
	return begun ? p->said.baud != 0 : rfc2217_agreed(p->codec);
}

/* Feeds the codec until the matter is settled; returns how many bytes that took. */
static size_t feed_until_settled(struct tr_rfc2217 *p, size_t n, bool begun)
{
	size_t i = 0;

	p->sink = p->early;
	p->sink_len = p->early_len;
	p->sink_size = sizeof(p->early);
	while (i < n && !is_settled(p, begun)) {
		rfc2217_rx(p->codec, p->raw + i++, 1);
		p->early_len = p->sink_len;
	}
	p->sink = NULL;
	return i;
}

/* One look at what has come, no further than where the matter is settled: the rest stays in the
 * socket, where select sees it. */
static int look(struct tr_rfc2217 *p, bool begun, struct err *err)
{
	int rc = push(p, err);
	ssize_t n;

	if (rc < 0 && rc != ERR_AGAIN)
		return rc;
	n = recv(tr_rfc2217_fd(&p->base), p->raw, sizeof(p->raw), MSG_PEEK);
	if (n > 0) {
		size_t used = feed_until_settled(p, (size_t)n, begun);

		p->heard = true;
		n = used ? p->over->ops->read(p->over, p->raw, used, err) : ERR_AGAIN;
	} else {
		n = p->over->ops->read(p->over, p->raw, 1, err); /* words it */
	}
	if (n < 0 && n != ERR_AGAIN)
		return (int)n;
	rc = push(p, err);
	if (rc < 0 && rc != ERR_AGAIN)
		return rc;
	return p->broken[0] ? lost_thread(p, err) : ERR_OK;
}

int tr_rfc2217_listen(struct transport *t, struct err *err)
{
	struct tr_rfc2217 *p = self(t);
	int rc = look(p, false, err);

	if (rc < 0)
		return rc;
	if (rfc2217_agreed(p->codec))
		return ERR_OK;
	if (p->refused)
		return err_set(err, ERR_FORMAT, 0, "%s refuses RFC 2217", t->name);
	if (p->early_len == sizeof(p->early))
		return err_set(err, ERR_FORMAT, 0, "%s sends data and no RFC 2217", t->name);
	return ERR_AGAIN;
}

int tr_rfc2217_confirm(struct transport *t, struct err *err)
{
	struct tr_rfc2217 *p = self(t);
	int rc = look(p, true, err);

	if (rc < 0)
		return rc;
	return is_settled(p, true) ? ERR_OK : ERR_AGAIN;
}

bool tr_rfc2217_heard(const struct transport *t)
{
	return ((const struct tr_rfc2217 *)t)->heard;
}

const char *tr_rfc2217_said(const struct transport *t, char *dst, size_t size)
{
	const struct tr_rfc2217 *p = (const struct tr_rfc2217 *)t;
	size_t n = 0;

	for (size_t i = 0; i < p->early_len && n + 1 < size; i++)
		dst[n++] = p->early[i] >= 0x20 && p->early[i] < 0x7f ? (char)p->early[i] : ' ';
	dst[n] = 0;
	str_trim_end(dst);
	return dst;
}

static bool begin_lines(struct tr_rfc2217 *p, enum opener_line dtr, enum opener_line rts)
{
	bool dtr_on = dtr == OPENER_ON, rts_on = rts == OPENER_ON;

	/* Servers raise both when a client comes; those that know better are asked (begin_asking). */
	p->unasked = (dtr == OPENER_KEEP ? MODEM_DTR : 0U) | (rts == OPENER_KEEP ? MODEM_RTS : 0U);
	p->outputs = (dtr_on || dtr == OPENER_KEEP ? MODEM_DTR : 0U) |
		     (rts_on || rts == OPENER_KEEP ? MODEM_RTS : 0U);
	if (dtr != OPENER_KEEP && rts != OPENER_KEEP)
		return rfc2217_set_lines(p->codec, dtr_on, rts_on);
	if (dtr != OPENER_KEEP)
		return rfc2217_set_dtr(p->codec, dtr_on);
	if (rts != OPENER_KEEP)
		return rfc2217_set_rts(p->codec, rts_on);
	return true;
}

/* What the user gets to see. The rest of what RFC 2217 has to ask is of no use here: the line state
 * (errors, breaks) is told by no server in use, the modem inputs are told without a mask, what was
 * set is known without asking, and a client that can't take more holds the server by TCP, at once
 * and for sure, unlike by SUSPEND. */
static bool begin_asking(struct tr_rfc2217 *p)
{
	return rfc2217_ask_signature(p->codec) &&
	       (!(p->unasked & MODEM_DTR) || rfc2217_ask_dtr(p->codec)) &&
	       (!(p->unasked & MODEM_RTS) || rfc2217_ask_rts(p->codec));
}

int tr_rfc2217_begin(struct transport *t, const struct transport_line *line, enum opener_line dtr,
    enum opener_line rts, struct err *err)
{
	struct tr_rfc2217 *p = self(t);
	int rc = check_line(line, err);

	if (rc < 0)
		return rc;
	/* The lines first: servers have raised them, and each moment with one of them up is one in
	 * which a board may be held. The rate last: by its answer all is done. */
	return requested(
	    p, begin_lines(p, dtr, rts) && begin_asking(p) && queue_line(p, line), err);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 2217, the client's side. libtelnet takes the stream apart and puts it together (IAC, doubling,
 * subnegotiations cut anywhere); which options are agreed on is decided here, since servers answer
 * the COM-PORT option in ways that only make sense with both directions in view. Command numbers
 * and values: RFC 2217 section 3; option numbers: RFC 854, 856, 858, 2217.
 */
#include "tasmite/proto/rfc2217.h"

#include <assert.h>
#include <libtelnet.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

#define OPT_BINARY   0
#define OPT_SGA	     3
#define OPT_COM_PORT 44

/* Of the client; the server's answer is the same plus 100. */
enum command {
	CMD_SIGNATURE = 0,
	CMD_BAUD = 1,
	CMD_DATASIZE = 2,
	CMD_PARITY = 3,
	CMD_STOPSIZE = 4,
	CMD_CONTROL = 5,
	CMD_LINESTATE = 6,
	CMD_MODEMSTATE = 7,
	CMD_SUSPEND = 8,
	CMD_RESUME = 9,
	CMD_PURGE = 12,
	CMD_SERVER = 100
};

enum control {
	CONTROL_FLOW_NONE = 1,
	CONTROL_FLOW_XONXOFF = 2,
	CONTROL_FLOW_HARDWARE = 3,
	CONTROL_BREAK_ON = 5,
	CONTROL_BREAK_OFF = 6,
	CONTROL_ASK_DTR = 7,
	CONTROL_ASK_RTS = 10
};

/* libtelnet calls itself again for each environment subnegotiation in what it is given, with a
 * kilobyte of stack each time: it gets little at once. */
#define FEED_MAX 256
/* Longest command worth waiting for the end of; the longest in use is a signature. libtelnet itself
 * goes on to 16 KiB, and takes the rest for data of the device then. */
#define COMMAND_MAX 1024
/* Bytes of the output that data may not take. */
#define RESERVE 256
/* Longest request (the rate with every byte doubled is 13 bytes; a format is three of 7). */
#define REQUEST_MAX 32
/* Agreed options that are taken back and agreed on again: more than this is no negotiation. */
#define CHANGES_MAX 64

#define MIN_OUT 1024

enum side { SIDE_ASKED, SIDE_ON, SIDE_OFF };
enum level { LEVEL_UNKNOWN, LEVEL_OFF, LEVEL_ON };

/* An option that we want in both directions. */
struct option {
	uint8_t code;
	enum side us, him;
};

struct rfc2217 {
	const struct rfc2217_ops *ops;
	void *ctx;
	telnet_t *telnet;
	struct buf out;
	struct option options[3];
	bool refused_do[256], refused_will[256]; /* WONT, DONT were said for it */
	int changes;
	bool agreed, refused, broken, signed_once;
	bool heard;	     /* libtelnet made something of what it was fed last */
	size_t silent;	     /* bytes since it did */
	enum level dtr, rts; /* as last asked */
	uint8_t bits, stop;  /* as last heard */
	char parity;
};

static void tell(struct rfc2217 *r, enum rfc2217_event_kind kind, uint32_t value)
{
	struct rfc2217_event ev;

	memset(&ev, 0, sizeof(ev));
	ev.kind = kind;
	ev.value = value;
	r->ops->event(r->ctx, &ev);
}

static void tell_text(struct rfc2217 *r, enum rfc2217_event_kind kind, const char *text, size_t n)
{
	struct rfc2217_event ev;

	memset(&ev, 0, sizeof(ev));
	ev.kind = kind;
	if (n)
		str_copy_n(ev.text, sizeof(ev.text), text, n);
	r->ops->event(r->ctx, &ev);
}

static void give_up(struct rfc2217 *r, const char *why)
{
	if (r->broken)
		return;
	r->broken = true;
	tell_text(r, RFC2217_BROKEN, why, strlen(why));
}

static void agree(struct rfc2217 *r)
{
	if (r->agreed)
		return;
	r->agreed = true;
	tell(r, RFC2217_AGREED, 0);
}

/* ---- negotiation ---- */

static struct option *find_option(struct rfc2217 *r, uint8_t code)
{
	for (size_t i = 0; i < sizeof(r->options) / sizeof(r->options[0]); i++)
		if (r->options[i].code == code)
			return &r->options[i];
	return NULL;
}

/* One direction of an option that we want: the peer says yes or no to it. What answers our own
 * request gets no answer; a change of what was settled is confirmed, as RFC 854 asks. */
static void settle(struct rfc2217 *r, enum side *side, bool yes, uint8_t reply, uint8_t code)
{
	enum side before = *side;

	*side = yes ? SIDE_ON : SIDE_OFF;
	if (before == SIDE_ASKED || before == *side)
		return;
	if (++r->changes > CHANGES_MAX) {
		give_up(r, "it negotiates without end");
		return;
	}
	telnet_negotiate(r->telnet, reply, code);
}

static void com_port_settled(struct rfc2217 *r, const struct option *o)
{
	/* ser2net says DO and answers our DO with WONT: one direction is enough, and one refusal
	 * says nothing. */
	if (o->us == SIDE_ON || o->him == SIDE_ON) {
		agree(r);
	} else if (o->us == SIDE_OFF && o->him == SIDE_OFF && !r->agreed && !r->refused) {
		r->refused = true;
		tell(r, RFC2217_REFUSED, 0);
	}
}

/* kind: TELNET_DO, DONT (about us), WILL, WONT (about the peer). */
static void on_negotiation(struct rfc2217 *r, uint8_t kind, uint8_t code)
{
	bool about_us = kind == TELNET_DO || kind == TELNET_DONT;
	bool yes = kind == TELNET_DO || kind == TELNET_WILL;
	bool *refused = about_us ? &r->refused_do[code] : &r->refused_will[code];
	struct option *o = find_option(r, code);

	if (o) {
		uint8_t accept = about_us ? TELNET_WILL : TELNET_DO;
		uint8_t refuse = about_us ? TELNET_WONT : TELNET_DONT;

		settle(r, about_us ? &o->us : &o->him, yes, yes ? accept : refuse, code);
		if (code == OPT_COM_PORT)
			com_port_settled(r, o);
	} else if (yes && !*refused) {
		/* Once each: a peer that takes our no for a question would ask for ever. */
		*refused = true;
		telnet_negotiate(r->telnet, about_us ? TELNET_WONT : TELNET_DONT, code);
	}
}

static void greet(struct rfc2217 *r)
{
	static const uint8_t codes[] = {OPT_COM_PORT, OPT_BINARY, OPT_SGA};

	for (size_t i = 0; i < sizeof(codes); i++) {
		r->options[i].code = codes[i];
		r->options[i].us = SIDE_ASKED;
		r->options[i].him = SIDE_ASKED;
		telnet_negotiate(r->telnet, TELNET_WILL, codes[i]);
		telnet_negotiate(r->telnet, TELNET_DO, codes[i]);
	}
}

/* ---- what the server says ---- */

static void on_baud(struct rfc2217 *r, const uint8_t *v, size_t n)
{
	if (n < 4)
		return;
	tell(r, RFC2217_BAUD,
	    (uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 | (uint32_t)v[2] << 8 | v[3]);
}

static void on_format(struct rfc2217 *r, uint8_t command, uint8_t value)
{
	static const char parities[] = {0, 'N', 'O', 'E', 'M', 'S'};
	struct rfc2217_event ev;

	if (command == CMD_DATASIZE && value >= 5 && value <= 8)
		r->bits = value;
	else if (command == CMD_PARITY && value >= 1 && value < sizeof(parities))
		r->parity = parities[value];
	else if (command == CMD_STOPSIZE && value >= 1 && value <= 3)
		r->stop = value;
	else
		return;
	memset(&ev, 0, sizeof(ev));
	ev.kind = RFC2217_FORMAT;
	ev.bits = r->bits;
	ev.parity = r->parity;
	ev.stop = r->stop;
	r->ops->event(r->ctx, &ev);
}

static void request(struct rfc2217 *r, uint8_t command, const void *value, size_t n);

static void on_signature(struct rfc2217 *r, const uint8_t *text, size_t n)
{
	static const char mine[] = "tasmite";

	if (n) {
		tell_text(r, RFC2217_SIGNATURE, (const char *)text, n);
	} else if (!r->signed_once) {
		/* Without text it asks for ours (RFC 2217 section 3). */
		r->signed_once = true;
		request(r, CMD_SIGNATURE, mine, sizeof(mine) - 1);
	}
}

static void on_value(struct rfc2217 *r, uint8_t command, uint8_t value)
{
	switch (command) {
	case CMD_DATASIZE:
	case CMD_PARITY:
	case CMD_STOPSIZE:
		on_format(r, command, value);
		break;
	case CMD_CONTROL:
		tell(r, RFC2217_CONTROL, value);
		break;
	case CMD_LINESTATE:
		tell(r, RFC2217_LINE, value);
		break;
	case CMD_MODEMSTATE:
		tell(r, RFC2217_MODEM, value);
		break;
	case CMD_PURGE:
		tell(r, RFC2217_PURGED, value);
		break;
	default: /* masks as they were set, and what no RFC knows */
		break;
	}
}

static void on_command(struct rfc2217 *r, const uint8_t *body, size_t n)
{
	uint8_t command;

	if (!n || body[0] < CMD_SERVER || body[0] > CMD_SERVER + CMD_PURGE)
		return;
	command = (uint8_t)(body[0] - CMD_SERVER);
	agree(r);
	if (command == CMD_SIGNATURE)
		on_signature(r, body + 1, n - 1);
	else if (command == CMD_BAUD)
		on_baud(r, body + 1, n - 1);
	else if (command == CMD_SUSPEND)
		tell(r, RFC2217_SUSPEND, 0);
	else if (command == CMD_RESUME)
		tell(r, RFC2217_RESUME, 0);
	else if (n > 1)
		on_value(r, command, body[1]);
}

static void queue(struct rfc2217 *r, const char *bytes, size_t n)
{
	if (!buf_append(&r->out, bytes, n))
		give_up(r, "it asks and asks and reads no answer");
}

static void on_telnet(telnet_t *telnet, telnet_event_t *ev, void *ctx)
{
	struct rfc2217 *r = ctx;

	(void)telnet;
	if (r->broken)
		return;
	if (ev->type != TELNET_EV_SEND && ev->type != TELNET_EV_WARNING)
		r->heard = true;
	switch (ev->type) {
	case TELNET_EV_SEND:
		queue(r, ev->data.buffer, ev->data.size);
		break;
	case TELNET_EV_DATA:
		r->ops->data(r->ctx, (const uint8_t *)ev->data.buffer, ev->data.size);
		break;
	case TELNET_EV_WILL:
		on_negotiation(r, TELNET_WILL, ev->neg.telopt);
		break;
	case TELNET_EV_WONT:
		on_negotiation(r, TELNET_WONT, ev->neg.telopt);
		break;
	case TELNET_EV_DO:
		on_negotiation(r, TELNET_DO, ev->neg.telopt);
		break;
	case TELNET_EV_DONT:
		on_negotiation(r, TELNET_DONT, ev->neg.telopt);
		break;
	case TELNET_EV_SUBNEGOTIATION:
		if (ev->sub.telopt == OPT_COM_PORT)
			on_command(r, (const uint8_t *)ev->sub.buffer, ev->sub.size);
		break;
	case TELNET_EV_COMPRESS:
		/* libtelnet unpacks whatever comes now, asked for or not: a few bytes could become
		 * any number. */
		give_up(r, "it compresses, which was not agreed on");
		break;
	case TELNET_EV_ERROR:
		give_up(r, "its bytes can't be decoded");
		break;
	default: /* AYT, NOP, what is not ours; a warning is a command gone wrong, no more */
		break;
	}
}

/* ---- from outside ---- */

struct rfc2217 *rfc2217_new(const struct rfc2217_ops *ops, void *ctx, size_t max_out)
{
	struct rfc2217 *r = xcalloc(1, sizeof(*r));

	assert(max_out >= MIN_OUT);
	r->ops = ops;
	r->ctx = ctx;
	buf_init(&r->out, max_out);
	/* "Proxy": libtelnet reports the negotiation and answers nothing by itself. */
	r->telnet = telnet_init(NULL, on_telnet, TELNET_FLAG_PROXY, r);
	if (!r->telnet)
		xalloc_die("out of memory");
	greet(r);
	return r;
}

void rfc2217_free(struct rfc2217 *r)
{
	if (!r)
		return;
	telnet_free(r->telnet);
	buf_fini(&r->out);
	free(r);
}

void rfc2217_rx(struct rfc2217 *r, const uint8_t *bytes, size_t n)
{
	while (n && !r->broken) {
		size_t some = n < FEED_MAX ? n : FEED_MAX;

		r->heard = false;
		telnet_recv(r->telnet, (const char *)bytes, some);
		r->silent = r->heard ? 0 : r->silent + some;
		if (r->silent > COMMAND_MAX)
			give_up(r, "a command of it has no end");
		bytes += some;
		n -= some;
	}
}

static size_t wire_size(const uint8_t *bytes, size_t n)
{
	size_t size = n;

	for (size_t i = 0; i < n; i++)
		if (bytes[i] == TELNET_IAC)
			size++;
	return size;
}

bool rfc2217_send(struct rfc2217 *r, const uint8_t *bytes, size_t n)
{
	if (r->broken || wire_size(bytes, n) + RESERVE > buf_space(&r->out))
		return false;
	telnet_send(r->telnet, (const char *)bytes, n);
	return true;
}

/* Only after room_for. */
static void request(struct rfc2217 *r, uint8_t command, const void *value, size_t n)
{
	uint8_t body[1 + 16];

	assert(n < sizeof(body));
	body[0] = command;
	memcpy(body + 1, value, n);
	telnet_subnegotiation(r->telnet, OPT_COM_PORT, (const char *)body, n + 1);
}

static void request_byte(struct rfc2217 *r, uint8_t command, uint8_t value)
{
	request(r, command, &value, 1);
}

static bool room_for_request(const struct rfc2217 *r)
{
	return !r->broken && buf_space(&r->out) >= REQUEST_MAX;
}

static bool request_if_room(struct rfc2217 *r, uint8_t command, uint8_t value)
{
	if (!room_for_request(r))
		return false;
	request_byte(r, command, value);
	return true;
}

bool rfc2217_set_baud(struct rfc2217 *r, uint32_t baud)
{
	uint8_t value[4] = {(uint8_t)(baud >> 24), (uint8_t)(baud >> 16 & 0xff),
	    (uint8_t)(baud >> 8 & 0xff), (uint8_t)(baud & 0xff)};

	/* 0 would ask for the present one. */
	if (!baud || !room_for_request(r))
		return false;
	request(r, CMD_BAUD, value, sizeof(value));
	return true;
}

bool rfc2217_set_format(struct rfc2217 *r, uint8_t bits, char parity, uint8_t stop)
{
	static const char parities[] = "NOEMS";
	const char *at = parity ? strchr(parities, parity) : NULL;

	if (bits < 5 || bits > 8 || !at || stop < 1 || stop > 3 || !room_for_request(r))
		return false;
	request_byte(r, CMD_DATASIZE, bits);
	request_byte(r, CMD_PARITY, (uint8_t)(at - parities + 1));
	request_byte(r, CMD_STOPSIZE, stop);
	return true;
}

bool rfc2217_set_flow(struct rfc2217 *r, int flow)
{
	static const uint8_t controls[] = {
	    CONTROL_FLOW_NONE, CONTROL_FLOW_HARDWARE, CONTROL_FLOW_XONXOFF};

	if (flow < 0 || flow >= (int)sizeof(controls) || !room_for_request(r))
		return false;
	request_byte(r, CMD_CONTROL, controls[flow]);
	return true;
}

bool rfc2217_set_dtr(struct rfc2217 *r, bool on)
{
	enum level level = on ? LEVEL_ON : LEVEL_OFF;

	if (!room_for_request(r))
		return false;
	if (r->dtr != level)
		request_byte(r, CMD_CONTROL, on ? RFC2217_DTR_ON : RFC2217_DTR_OFF);
	r->dtr = level;
	return true;
}

bool rfc2217_set_rts(struct rfc2217 *r, bool on)
{
	enum level level = on ? LEVEL_ON : LEVEL_OFF;

	if (!room_for_request(r))
		return false;
	if (r->rts != level)
		request_byte(r, CMD_CONTROL, on ? RFC2217_RTS_ON : RFC2217_RTS_OFF);
	r->rts = level;
	return true;
}

bool rfc2217_set_lines(struct rfc2217 *r, bool dtr, bool rts)
{
	if (!room_for_request(r))
		return false;
	/* Servers set one line after the other. With the usual pair of transistors DTR off and RTS
	 * on is reset: a line that ends that state or keeps out of it comes first. */
	if (!rts)
		rfc2217_set_rts(r, rts);
	rfc2217_set_dtr(r, dtr);
	if (rts)
		rfc2217_set_rts(r, rts);
	return true;
}

bool rfc2217_set_break(struct rfc2217 *r, bool on)
{
	return request_if_room(r, CMD_CONTROL, on ? CONTROL_BREAK_ON : CONTROL_BREAK_OFF);
}

bool rfc2217_purge(struct rfc2217 *r, bool input, bool output)
{
	uint8_t which = (uint8_t)((input ? 1 : 0) | (output ? 2 : 0));

	return which && request_if_room(r, CMD_PURGE, which);
}

bool rfc2217_ask_signature(struct rfc2217 *r)
{
	if (!room_for_request(r))
		return false;
	request(r, CMD_SIGNATURE, "", 0);
	return true;
}

bool rfc2217_ask_dtr(struct rfc2217 *r)
{
	return request_if_room(r, CMD_CONTROL, CONTROL_ASK_DTR);
}

bool rfc2217_ask_rts(struct rfc2217 *r)
{
	return request_if_room(r, CMD_CONTROL, CONTROL_ASK_RTS);
}

struct buf *rfc2217_out(struct rfc2217 *r)
{
	return &r->out;
}

bool rfc2217_agreed(const struct rfc2217 *r)
{
	return r->agreed;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The codec of an RFC 2217 server; see rfc2217.h. */
#include "rfc2217.h"

#include <stdio.h>
#include <string.h>

/* RFC 854, 855 */
#define SE   240
#define BRK  243
#define SB   250
#define WILL 251
#define WONT 252
#define DO   253
#define DONT 254
#define IAC  255
/* Options: RFC 856, 857, 858, 2217 */
#define OPT_BINARY   0
#define OPT_ECHO     1
#define OPT_SGA	     3
#define OPT_COM_PORT 44

/* Commands of a client; the server's have 100 added. */
enum {
	SIGNATURE,
	SET_BAUDRATE,
	SET_DATASIZE,
	SET_PARITY,
	SET_STOPSIZE,
	SET_CONTROL,
	NOTIFY_LINESTATE,
	NOTIFY_MODEMSTATE,
	FLOWCONTROL_SUSPEND,
	FLOWCONTROL_RESUME,
	SET_LINESTATE_MASK,
	SET_MODEMSTATE_MASK,
	PURGE_DATA
};
#define SERVER 100

static const char signature[] = "virtual-device";

static void out(struct sim_rfc *r, const uint8_t *bytes, size_t n)
{
	if (!(r->faults & SIM_RFC_STALL))
		r->host.out(r->host.ctx, bytes, n);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Wrong in a new way each time: values that were not asked for, an answer to nothing, a
 * subnegotiation without an end, an unknown option. */
static void rubbish(struct sim_rfc *r, uint8_t command)
{
	const uint8_t torn[] = {IAC, SB, OPT_COM_PORT, (uint8_t)(SERVER + command), 0x5A};
	const uint8_t odd[] = {
	    IAC, SB, OPT_COM_PORT, (uint8_t)(SERVER + command), 0x5A, 0xA5, IAC, SE};
	const uint8_t unknown[] = {IAC, SB, OPT_COM_PORT, 0xEE, 1, 2, 3, IAC, SE};
	const uint8_t telnet[] = {IAC, SE, IAC, WILL, 0x77, IAC, DO, 0x78, IAC, SB, 0x79, IAC, SE};

	switch (r->noise++ % 4) {
	case 0:
		out(r, torn, sizeof(torn));
		break;
	case 1:
		out(r, odd, sizeof(odd));
		break;
	case 2:
		out(r, unknown, sizeof(unknown));
		break;
	default:
		out(r, telnet, sizeof(telnet));
		break;
	}
}

static void answer(struct sim_rfc *r, uint8_t command, const uint8_t *value, size_t n)
{
	uint8_t bytes[6 + 2 * SIM_RFC_SB_MAX] = {
	    IAC, SB, OPT_COM_PORT, (uint8_t)(SERVER + command)};
	size_t len = 4;

	if (r->faults & SIM_RFC_RUBBISH) {
		rubbish(r, command);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		bytes[len++] = value[i];
		if (value[i] == IAC)
			bytes[len++] = IAC;
	}
	bytes[len++] = IAC;
	bytes[len++] = SE;
	out(r, bytes, len);
}

static void answer_byte(struct sim_rfc *r, uint8_t command, uint8_t value)
{
	answer(r, command, &value, 1);
}

/* State, and in the lower half what has changed. */
static void notify_modem(struct sim_rfc *r, uint8_t changed)
{
	uint8_t delta = (uint8_t)((changed & r->modem_mask) >> 4);

	/* For the ring only the end counts (RFC 2217, trailing edge). */
	if (r->modem & SIM_MODEM_RI)
		delta &= (uint8_t) ~(SIM_MODEM_RI >> 4);
	answer_byte(r, NOTIFY_MODEMSTATE, (uint8_t)((r->modem & r->modem_mask) | delta));
}

/* All that is up counts as just come up. */
static void notify_all(struct sim_rfc *r)
{
	notify_modem(r, r->modem);
}

/* --- options ---------------------------------------------------------------------------------- */

static void refuse(struct sim_rfc *r, uint8_t verb, uint8_t option)
{
	const uint8_t bytes[] = {IAC, verb, option};
	bool *done = &r->refused[verb == DONT][option];

	if (!*done)
		out(r, bytes, sizeof(bytes));
	*done = true; /* no answer to an answer */
}

static bool offered(uint8_t option)
{
	return option == OPT_SGA || option == OPT_ECHO || option == OPT_BINARY;
}

static bool wanted(uint8_t option)
{
	return option == OPT_SGA || option == OPT_BINARY;
}

static void negotiate(struct sim_rfc *r, uint8_t option)
{
	if (r->verb == DO && !offered(option)) {
		refuse(r, WONT, option); /* COM-PORT too: it is the client that shall say WILL */
	} else if (r->verb == WILL && option == OPT_COM_PORT) {
		if (!r->com_port) {
			r->com_port = true;
			notify_all(r);
		}
	} else if (r->verb == WILL && !wanted(option)) {
		refuse(r, DONT, option);
	}
}

/* --- commands --------------------------------------------------------------------------------- */

static void say_format(struct sim_rfc *r)
{
	static const char parity[] = "?NOEMS";
	char text[24];

	snprintf(text, sizeof(text), "%u%c%u", r->size, parity[r->parity % 6], r->stop);
	r->host.format(r->host.ctx, text);
}

static void set_baud(struct sim_rfc *r, const uint8_t *v, size_t n)
{
	uint32_t baud = 0;
	uint8_t now[4];

	if (n != 4)
		return;
	for (size_t i = 0; i < 4; i++)
		baud = baud << 8 | v[i];
	if (baud) {
		r->baud = baud;
		r->host.baud(r->host.ctx, baud);
	}
	for (size_t i = 0; i < 4; i++)
		now[i] = (uint8_t)(r->baud >> (24 - 8 * i));
	answer(r, SET_BAUDRATE, now, 4);
}

/* Nought asks; what the port can't do is not answered. */
static void set_one(
    struct sim_rfc *r, uint8_t command, uint8_t *slot, uint8_t v, uint8_t lo, uint8_t hi)
{
	if (v != 0 && (v < lo || v > hi))
		return;
	if (v != 0 && v != *slot) {
		*slot = v;
		say_format(r);
	}
	answer_byte(r, command, *slot);
}

static void set_flow(struct sim_rfc *r, uint8_t v)
{
	char text[16];

	if (v != 0 && v != r->flow) {
		r->flow = v;
		snprintf(text, sizeof(text), "flow %u", v);
		r->host.format(r->host.ctx, text);
	}
	answer_byte(r, SET_CONTROL, r->flow);
}

static void set_break(struct sim_rfc *r, uint8_t v)
{
	bool stuck = r->faults & SIM_RFC_BREAK_STUCK;

	if (v != 4) {
		r->in_break = v == 5;
		r->host.brk(r->host.ctx, r->in_break);
	}
	answer_byte(r, SET_CONTROL, r->in_break || stuck ? 5 : 6);
}

/* query, on, off: three numbers in a row */
static void set_line(struct sim_rfc *r, uint8_t v, uint8_t query, bool *line)
{
	if (v != query) {
		*line = v == query + 1;
		r->host.lines(r->host.ctx, r->dtr, r->rts);
	}
	if (!(r->faults & SIM_RFC_MUTE_CONTROL))
		answer_byte(r, SET_CONTROL, (uint8_t)(*line ? query + 1 : query + 2));
	else if (v == query)
		answer_byte(r, SET_CONTROL, query);
}

static void set_control(struct sim_rfc *r, uint8_t v)
{
	if (v <= 3)
		set_flow(r, v);
	else if (v <= 6)
		set_break(r, v);
	else if (v <= 9)
		set_line(r, v, 7, &r->dtr);
	else if (v <= 12)
		set_line(r, v, 10, &r->rts);
	else if (v <= 19)
		answer_byte(r, SET_CONTROL, 14); /* no flow control of its own towards the client */
}

static void set_mask(struct sim_rfc *r, uint8_t command, uint8_t v)
{
	if (command == SET_MODEMSTATE_MASK) {
		r->modem_mask = v;
		notify_all(r);
	} else {
		r->line_mask = v;
		answer_byte(r, NOTIFY_LINESTATE, 0);
	}
}

static void purge(struct sim_rfc *r, uint8_t v)
{
	if (v >= 1 && v <= 3)
		r->host.purge(r->host.ctx, v & 1, v & 2);
	answer_byte(r, PURGE_DATA, v);
}

static void suspend(struct sim_rfc *r, bool on)
{
	r->suspended = on;
	answer_byte(r, SET_CONTROL, 1);
}

/* Commands with one byte of value. */
static void command_byte(struct sim_rfc *r, uint8_t command, uint8_t v)
{
	switch (command) {
	case SET_DATASIZE:
		set_one(r, command, &r->size, v, 5, 8);
		break;
	case SET_PARITY:
		set_one(r, command, &r->parity, v, 1, 5);
		break;
	case SET_STOPSIZE:
		set_one(r, command, &r->stop, v, 1, 2);
		break;
	case SET_CONTROL:
		set_control(r, v);
		break;
	case SET_LINESTATE_MASK:
	case SET_MODEMSTATE_MASK:
		set_mask(r, command, v);
		break;
	case PURGE_DATA:
		purge(r, v);
		break;
	default:
		break;
	}
}

static void subnegotiation(struct sim_rfc *r)
{
	uint8_t command;

	if (r->sb_overlong || r->sb_len < 2 || r->sb[0] != OPT_COM_PORT)
		return;
	command = r->sb[1];
	if (command == SIGNATURE)
		answer(r, command, (const uint8_t *)signature, strlen(signature));
	else if (command == SET_BAUDRATE)
		set_baud(r, r->sb + 2, r->sb_len - 2);
	else if (command == FLOWCONTROL_SUSPEND || command == FLOWCONTROL_RESUME)
		suspend(r, command == FLOWCONTROL_SUSPEND);
	else if (r->sb_len == 3)
		command_byte(r, command, r->sb[2]);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static void telnet_command(struct sim_rfc *r, uint8_t byte)
{
	r->state = RFC_DATA;
	if (byte == IAC) {
		r->host.data(r->host.ctx, &byte, 1);
	} else if (byte >= WILL) {
		r->verb = byte;
		r->state = RFC_OPTION;
	} else if (byte == SB) {
		r->sb_len = 0;
		r->sb_overlong = false;
		r->state = RFC_SB;
	} else if (byte == BRK) {
		r->host.brk(r->host.ctx, true);
		r->host.brk(r->host.ctx, false);
	}
}

static void sb_byte(struct sim_rfc *r, uint8_t byte)
{
	if (r->sb_len < sizeof(r->sb))
		r->sb[r->sb_len++] = byte;
	else
		r->sb_overlong = true;
}

static void special(struct sim_rfc *r, uint8_t byte)
{
	switch (r->state) {
	case RFC_IAC:
		telnet_command(r, byte);
		break;
	case RFC_OPTION:
		r->state = RFC_DATA;
		negotiate(r, byte);
		break;
	case RFC_SB:
		if (byte == IAC)
			r->state = RFC_SB_IAC;
		else
			sb_byte(r, byte);
		break;
	default: /* RFC_SB_IAC */
		r->state = RFC_SB;
		if (byte == IAC) {
			sb_byte(r, byte);
		} else {
			r->state = RFC_DATA;
			if (byte == SE)
				subnegotiation(r);
		}
		break;
	}
}

void sim_rfc_input(struct sim_rfc *r, const uint8_t *bytes, size_t n)
{
	size_t i = 0, from;

	while (i < n) {
		if (r->state != RFC_DATA) {
			special(r, bytes[i++]);
			continue;
		}
		for (from = i; i < n && bytes[i] != IAC; i++)
			;
		if (i > from)
			r->host.data(r->host.ctx, bytes + from, i - from);
		if (i < n) {
			r->state = RFC_IAC;
			i++;
		}
	}
}

bool sim_rfc_output(struct sim_rfc *r, const uint8_t *bytes, size_t n)
{
	static const uint8_t doubled[] = {IAC, IAC};
	size_t i = 0, from;

	if (r->suspended)
		return false;
	while (i < n) {
		for (from = i; i < n && bytes[i] != IAC; i++)
			;
		if (i > from)
			out(r, bytes + from, i - from);
		if (i < n) {
			out(r, doubled, 2);
			i++;
		}
	}
	return true;
}

void sim_rfc_modem(struct sim_rfc *r, uint8_t modem)
{
	uint8_t changed = (uint8_t)(r->modem ^ modem);

	r->modem = modem;
	if (r->com_port && (changed & r->modem_mask))
		notify_modem(r, changed);
}

void sim_rfc_begin(
    struct sim_rfc *r, const struct sim_rfc_host *host, unsigned faults, uint8_t modem)
{
	static const uint8_t greeting[] = {IAC, WILL, OPT_SGA, IAC, DO, OPT_SGA, IAC, WILL,
	    OPT_ECHO, IAC, DONT, OPT_ECHO, IAC, DO, OPT_BINARY, IAC, WILL, OPT_BINARY, IAC, DO,
	    OPT_COM_PORT};

	memset(r, 0, sizeof(*r));
	r->host = *host;
	r->faults = faults;
	r->baud = 115200;
	r->size = 8;
	r->parity = 1;
	r->stop = 1;
	r->flow = 1;
	r->modem = modem;
	r->modem_mask = 0xFF;
	r->dtr = true;
	r->rts = true;
	r->host.baud(r->host.ctx, r->baud);
	r->host.lines(r->host.ctx, true, true);
	out(r, greeting, sizeof(greeting));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A serial port server as RFC 2217 has it, the codec alone: bytes of one client in, bytes for it
 * out, and what they ask of the port told to a host. Behaves as ser2net was seen to
 * (rfc2217.md), but tells the truth about a break that has ended unless told otherwise.
 *
 * Written from the RFC (854, 855, 2217) and from what was seen on the wire; shares nothing with
 * the client's codec.
 */
#ifndef SIM_RFC2217_H
#define SIM_RFC2217_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_RFC_SB_MAX 64

/* Modem inputs, the bits of NOTIFY-MODEMSTATE. */
#define SIM_MODEM_CTS 0x10u
#define SIM_MODEM_DSR 0x20u
#define SIM_MODEM_RI  0x40u
#define SIM_MODEM_DCD 0x80u

/* What may be wrong with a server. */
#define SIM_RFC_MUTE_CONTROL 1u /* DTR and RTS are never answered: a port without modem lines */
#define SIM_RFC_STALL	     2u /* says nothing any more, takes everything */
#define SIM_RFC_RUBBISH	     4u /* answers with nonsense: wrong values, torn subnegotiations */
#define SIM_RFC_BREAK_STUCK  8u /* says "on" when the break was switched off, as ser2net does */

struct sim_rfc_host {
	void *ctx;
	void (*data)(void *ctx, const uint8_t *bytes, size_t n); /* to the chip */
	void (*out)(void *ctx, const uint8_t *bytes, size_t n);	 /* to the client, as it is */
	void (*baud)(void *ctx, uint32_t baud);
	void (*lines)(void *ctx, bool dtr, bool rts);
	void (*brk)(void *ctx, bool on);
	void (*purge)(void *ctx, bool rx, bool tx);
	void (*format)(void *ctx, const char *what); /* "8N1", "flow 3": to be told */
};

enum sim_rfc_state { RFC_DATA, RFC_IAC, RFC_OPTION, RFC_SB, RFC_SB_IAC };

struct sim_rfc {
	struct sim_rfc_host host;
	unsigned faults;
	enum sim_rfc_state state;
	uint8_t verb; /* DO, DONT, WILL, WONT */
	uint8_t sb[SIM_RFC_SB_MAX];
	size_t sb_len;
	bool sb_overlong;
	bool refused[2][256]; /* answered already: DO with WONT, WILL with DONT */
	bool com_port;	      /* the client has said WILL COM-PORT */
	bool suspended;	      /* the client wants no data */
	uint32_t baud;
	uint8_t size, parity, stop, flow;
	bool dtr, rts, in_break;
	uint8_t modem, modem_mask, line_mask;
	uint32_t noise; /* of the rubbish */
};

/* A client has come: the port is opened (both lines up, 115200 8N1) and greeted. */
void sim_rfc_begin(
    struct sim_rfc *r, const struct sim_rfc_host *host, unsigned faults, uint8_t modem);
/* What the client sent, however it was cut. */
void sim_rfc_input(struct sim_rfc *r, const uint8_t *bytes, size_t n);
/* What the chip said; false when the client has asked for silence (nothing is taken then). */
bool sim_rfc_output(struct sim_rfc *r, const uint8_t *bytes, size_t n);
/* The modem inputs are these now: told to the client if it wants to know. */
void sim_rfc_modem(struct sim_rfc *r, uint8_t modem);

#endif

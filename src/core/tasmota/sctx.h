/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where in a line a secret stands: a machine that is woken by an anchor (the name of a secret
 * command, a JSON key, "://", "Backlog") and then reads byte by byte until the value is over.
 * It says which bytes to mask, at once where it can; where the next byte decides, bytes are
 * undecided ("held"), at most SCTX_HELD_MAX.
 *
 * It reads: Password1 abc (the line sent and its echo; ";" ends the value where a Backlog stands
 * before it in the line) · Cmd 'PASSWORD', Idx 1, Len 3, Pld 0, Data 'abc' · Command "PASSWORD",
 * Data "abc" · Command PASSWORD, Data abc · {"Password1":"abc"} · "Input":"NAME value" ·
 * scheme://user:password@host. Names in any case, cut lines and garbage before them included.
 */
#ifndef TASMITE_CORE_TASMOTA_SCTX_H
#define TASMITE_CORE_TASMOTA_SCTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acdfa.h"

#define SCTX_HELD_MAX 128
/* Bytes before an anchor that decide what it means. */
#define SCTX_WINDOW 64

struct sctx {
	uint8_t state, kind, phase;
	uint8_t
	    quote; /* closes the value; 0: it goes to the end of the line. URL: '[' or '@' was seen */
	bool backlog;	/* the line so far holds a Backlog */
	bool sure;	/* the name can be nothing but a secret command */
	bool marked;	/* upper case or quoted, as in the lines of level 3 */
	bool indexed;	/* digits follow the name */
	bool semicolon; /* ";" ends the value */
	bool json, escaped;
	bool pending;	/* the last byte may be the closing quote */
	bool brief;	/* all of the value so far is held: it may be no secret, as 0 and "off" */
	bool digits;	/* URL: what is held may be a port number */
	unsigned depth; /* braces open in the value */
	uint16_t held;	/* so many last bytes are undecided */
};

/* Bytes to mask: `count` of them, the last of which is `back` bytes before the current one. */
struct sctx_mask {
	uint16_t count, back;
};

void sctx_init(struct sctx *c);
/* The automaton of all anchors; its ids are for sctx_anchor. */
void sctx_anchors_init(struct acdfa *d);
/* The anchor tells nothing but that a line begins behind it, or what the device got as one. */
bool sctx_is_start(unsigned id);
/* True while bytes must be given to sctx_byte. */
bool sctx_busy(const struct sctx *c);
/* An anchor ended: window[n - 1] is its last byte, the bytes before it stand before. */
void sctx_anchor(struct sctx *c, unsigned id, const uint8_t *window, size_t n);
/* The next byte while it is busy. When it is done with the value, sctx_busy turns false; that byte
 * may begin another anchor. */
struct sctx_mask sctx_byte(struct sctx *c, uint8_t byte);
/* What is held must be let go now; true when it has to be masked. */
bool sctx_release(struct sctx *c);

#endif

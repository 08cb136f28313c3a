/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session as text: the device's bytes come out as lines that end in LF, each with its time if
 * wanted, control bytes and what is no UTF-8 as visible stand-ins (as on the screen, see ansi.h),
 * escape sequences for colours left out unless they are asked for. For text recordings and for the
 * program without a screen. CR, LF, CR LF and LF CR each end a line once, as in lines.h.
 */
#ifndef TASMITE_CORE_TEXTLOG_H
#define TASMITE_CORE_TEXTLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/mono.h"

enum textlog_stamp { TEXTLOG_OFF, TEXTLOG_CLOCK, TEXTLOG_ISO };

/* Takes text; whole lines or parts of them. */
typedef void (*textlog_out)(void *ctx, const void *text, size_t n);

struct textlog {
	textlog_out out;
	void *ctx;
	enum textlog_stamp stamp;
	bool color;		/* the device's colours go on as plain SGR sequences */
	int64_t wall_offset_us; /* wall clock = mono time + this (UTC) */
	int utc_offset_s;
	struct buf line;  /* the unfinished line's bytes that did not go out yet */
	mono_t line_time; /* arrival of its first byte */
	bool open;	  /* a line is unfinished */
	bool begun;	  /* its beginning went out */
	bool set_aside;	  /* the device's line was ended for another one */
	uint8_t ended_by; /* CR or LF when that was the last byte and may be half a pair */
	int64_t second;	  /* of the wall clock that `clock` shows */
	char clock[40];
	char pending[1024]; /* goes out when it is full, and at the end of each call */
	size_t pending_len;
};

/* Stamps off, no colours; times are told as UTC until the two offsets are set. */
void textlog_init(struct textlog *t, textlog_out out, void *ctx);
/* Frees; an unfinished line is lost unless textlog_break was called before. */
void textlog_fini(struct textlog *t);
/* Bytes of the device (masked already). Finished lines go out at once. */
void textlog_rx(struct textlog *t, const uint8_t *bytes, size_t n, mono_t now);
/* A line of another origin, `mark` before it ("> "); an unfinished line of the device is ended, and
 * goes on in a new line. */
void textlog_put(struct textlog *t, const char *mark, const char *text, size_t n, mono_t now);
/* Lets the unfinished line go out as far as it is there; it stays unfinished. */
void textlog_let_go(struct textlog *t);
/* True while textlog_let_go would let something go out. */
bool textlog_holds(const struct textlog *t);
/* Ends an unfinished line. */
void textlog_break(struct textlog *t);

#endif

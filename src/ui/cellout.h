/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From cells to a terminal's bytes: what differs between what the terminal shows and what it shall
 * show, and no more. A log that flows changes most rows of the screen at each frame, some words in
 * each: what is told to the terminal, and what it costs to find out, is most of the program's work.
 */
#ifndef TASMITE_UI_CELLOUT_H
#define TASMITE_UI_CELLOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "tasmite/base/buf.h"
#include "tasmite/ui/surface.h"

/* A terminal's colours and attributes for one cell. */
struct cellout_look {
	int16_t fg, bg; /* -1: the terminal's own */
	uint8_t attr;	/* bits of enum theme_attr */
};

#define CELLOUT_ATTRS 5	 /* bold, dim, underline, reverse, italic: in the order of the bits */
#define CELLOUT_CHARS 96 /* bytes of one cell */

/* How to say it. Strings may be empty: the terminal can't do that. */
struct cellout_caps {
	char normal[32]; /* ends all attributes */
	bool normal_all; /* and the colours with them */
	char on[CELLOUT_ATTRS][24];
	char plain[24]; /* the terminal's own colours again */
	char fg[256][20], bg[256][20];
	char hide[24], show[24]; /* the cursor */
	char end_of_row[16];	 /* erases from the cursor on */
	bool erase;		 /* CSI n X erases n characters */
	bool erase_colored;	 /* erasing leaves the background colour */
	bool column;		 /* CSI n G goes to a column */
	bool corner;		 /* a character in the last cell scrolls nothing */
};

struct cellout_ops {
	void (*look)(void *ctx, const struct cell *cell, struct cellout_look *look);
	/* What is to be written for a cell that is not one ASCII character: at most CELLOUT_CHARS
	 * bytes that fill width columns. Returns how many. */
	size_t (*chars)(void *ctx, const struct cell *cell, int width, char *dst);
	/* Moves the cursor: appends the terminal's string. */
	void (*move)(void *ctx, int x, int y, struct buf *out);
};

struct cellout {
	const struct cellout_caps *caps;
	const struct cellout_ops *ops;
	void *ctx;
	struct surface last; /* what the terminal shows */
	int x, y;	     /* of its cursor; -1: unknown */
	int cursor;	     /* it is 1: shown, 0: hidden, -1: unknown */
	struct cellout_look now;
	bool known; /* now is what the terminal has */
};

/* Appends CSI a final, or CSI a ; b final when b is not negative: numbers without printf, for this is
 * done hundreds of times a frame. */
void cellout_csi(struct buf *out, int a, int b, char final);
/* caps, ops and ctx are borrowed. */
void cellout_init(
    struct cellout *o, const struct cellout_caps *caps, const struct cellout_ops *ops, void *ctx);
void cellout_fini(struct cellout *o);
/* Appends to out what makes the terminal show s; whole: nothing is known of what it shows. */
void cellout_frame(struct cellout *o, const struct surface *s, bool whole, struct buf *out);

#endif

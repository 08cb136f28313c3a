/* SPDX-License-Identifier: GPL-3.0-or-later */
/* As much of an xterm as it takes to know which text stands on a screen: cells without styles. */
#ifndef TASMITE_TESTS_VT_H
#define TASMITE_TESTS_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Colours from 0, -1 for the terminal's own; attr: bit n for SGR n. */
#define VT_LOOK(fg, bg, attr) \
	((uint32_t)((fg) + 1) << 20 | (uint32_t)((bg) + 1) << 10 | (uint32_t)(attr))

struct vt {
	int w, h;
	char *cells;	 /* h rows of w bytes; what is not ASCII is a '?' */
	uint32_t *looks; /* beside them: VT_LOOK of foreground, background and attributes */
	uint32_t look;	 /* the next character's */
	int x, y, top, bottom, saved_x, saved_y;
	bool wrap; /* the last column was written: the next character begins a row */
	int state;
	int params[8], count;
	bool private_mode;
	char last; /* what REP repeats */
};

void vt_init(struct vt *v, int w, int h);
void vt_fini(struct vt *v);
void vt_feed(struct vt *v, const uint8_t *bytes, size_t n);
/* A row's w bytes, no end mark; valid until the next call. */
const char *vt_row(const struct vt *v, int y);
/* The looks of a row's cells. */
const uint32_t *vt_looks(const struct vt *v, int y);
bool vt_has(const struct vt *v, const char *text);

#endif

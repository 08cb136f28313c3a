/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the panes stand: rectangles from a split tree. Pure: sizes in, rectangles out. */
#ifndef TASMITE_UI_LAYOUT_H
#define TASMITE_UI_LAYOUT_H

#include <stdbool.h>

#include "tasmite/ui/surface.h"

enum pane { PANE_STATUS, PANE_LOG, PANE_DEVICE, PANE_FLASH, PANE_EDIT, PANE_KEYBAR, PANE_COUNT };

enum layout_kind {
	LAYOUT_WIDE,  /* side panels at the right */
	LAYOUT_STRIP, /* side panels under the log */
	LAYOUT_SMALL  /* one pane, the edit line, one status line */
};

struct layout_want {
	int w, h;	 /* of the screen */
	bool flash;	 /* the flash panel is open */
	int device_rows; /* rows of text they would like */
	int flash_rows;
	enum pane focus; /* LAYOUT_SMALL shows this one of log, device, flash */
};

struct layout {
	enum layout_kind kind;
	struct rect r[PANE_COUNT]; /* w or h 0: not on the screen */
	bool framed;		   /* log and panels have frames; neighbours share the line */
};

/* A node of the tree: a pane, or two parts beside or above one another. */
enum layout_split { LAYOUT_LEAF, LAYOUT_COLS, LAYOUT_ROWS };
struct layout_node {
	enum layout_split split;
	enum pane pane; /* LEAF */
	const struct layout_node *first, *second;
	int size;  /* cells of the first part; negative: of the second */
	int share; /* cells that both parts have (a common line): 0 or 1 */
};

void layout_solve(const struct layout_node *n, struct rect r, struct rect out[PANE_COUNT]);
void layout_make(struct layout *l, const struct layout_want *want);
/* The log panes below each other in their part of the screen: weight is each one's share of the
 * rows (and when the weights add up to all rows there are, they are its rows). Panes with frames
 * share the lines between them; without frames each of several has a row for its title. Where there
 * is no room for all only the active one is there, as with count 1; the others are empty. Returns
 * whether all are there. */
bool layout_logs(const struct layout *l, int count, int active, const int *weight,
    struct rect area[], struct rect inner[]);
/* Fewest rows of a pane's area in that layout. */
int layout_log_min(const struct layout *l);
bool layout_has(const struct layout *l, enum pane p);
/* Inside of the frame, if there is one. */
struct rect layout_inner(const struct layout *l, enum pane p);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A grid of cells: what the screen shall show, without a terminal. */
#ifndef TASMITE_UI_SURFACE_H
#define TASMITE_UI_SURFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/core/ansi.h"
#include "tasmite/core/style.h"

struct rect {
	int x, y, w, h;
};

/* At most this many UTF-8 bytes stand in one cell (a character and its combining marks). */
#define CELL_BYTES 16

struct cell {
	char text[CELL_BYTES]; /* terminated; "" is the right half of a wide character */
	uint16_t style;	       /* enum style_id */
	uint8_t base;	       /* the style it was filled with: its background shines through where
				* that of style is the default one */
	uint8_t has_color;     /* the device's own colours apply over the style */
	struct ansi_style color;
};

struct surface {
	int w, h;
	struct cell *cells;	/* w * h, row by row */
	int cursor_x, cursor_y; /* -1: hidden */
	bool unicode; /* false: surface_text and surface_box draw lines and marks in ASCII */
};

void surface_init(struct surface *s, int w, int h); /* blank, STYLE_DEFAULT */
/* Frees the cells. */
void surface_fini(struct surface *s);
/* At least 1 x 1; blank afterwards, the cursor hidden, whether the size changed or not. */
void surface_resize(struct surface *s, int w, int h);
/* Blanks the part of r that lies on the surface, in that style. */
void surface_fill(struct surface *s, struct rect r, enum style_id style);
/* Writes UTF-8 text (no control characters get through: they become '?') at x, y, clipped to the
 * rectangle; returns the x after it. */
int surface_text(
    struct surface *s, struct rect clip, int x, int y, enum style_id style, const char *text);
int surface_fmt(struct surface *s, struct rect clip, int x, int y, enum style_id style,
    const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* n bytes of printable ASCII (anything else becomes '?') from x on, clipped to the rectangle: as
 * surface_text, at a fraction of its cost. */
void surface_ascii(struct surface *s, struct rect clip, int x, int y, enum style_id style,
    const uint8_t *bytes, size_t n);
/* One character with the device's colours. Returns its width (0 when it did not fit). */
int surface_glyph(struct surface *s, struct rect clip, int x, int y, enum style_id style,
    const struct ansi_style *color, uint32_t cp);
/* A box along the edge of the rectangle. Lines that meet lines already there are joined. */
void surface_box(struct surface *s, struct rect r, enum style_id style);
/* Gives the cells of the rectangle another style; their text stays. */
void surface_restyle(struct surface *s, struct rect r, enum style_id style);
/* Copies size and cells. */
void surface_copy(struct surface *dst, const struct surface *src);
struct rect rect_clip(struct rect a, struct rect b); /* what both have; w and h >= 0 */
const struct cell *surface_cell(const struct surface *s, int x, int y);
/* The text of a row without blanks at its end, into dst (terminated). */
void surface_row_text(const struct surface *s, int y, char *dst, size_t size);

#endif

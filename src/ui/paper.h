/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Styled text laid out in rows, and scrolling through it: what panels and pages are made of. */
#ifndef TASMITE_UI_PAPER_H
#define TASMITE_UI_PAPER_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/base/str.h"
#include "tasmite/core/keymap.h"
#include "tasmite/ui/surface.h"

struct paper_span {
	size_t at; /* of its text */
	int row, x;
	enum style_id style;
};

struct paper {
	struct sbuf text; /* the spans' texts, each terminated by LF */
	struct paper_span *spans;
	size_t count, cap;
	int width;
	int row, x; /* where the next text goes */
	int top;    /* first row shown */
};

void paper_init(struct paper *p);
void paper_fini(struct paper *p);
/* Empty, for rows of that width; the scroll position stays. */
void paper_begin(struct paper *p, int width);
/* Text at the end of the row; clipped when drawn. */
void paper_add(struct paper *p, enum style_id style, const char *text);
void paper_fmt(struct paper *p, enum style_id style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The next text begins at column x (at least). */
void paper_tab(struct paper *p, int x);
void paper_nl(struct paper *p);
/* Text broken between words at the width; rows after the first begin at column indent. */
void paper_flow(struct paper *p, int indent, enum style_id style, const char *text);
int paper_rows(const struct paper *p);
/* Keeps the scroll position within what there is for a window of that height. */
void paper_clamp(struct paper *p, int height);
/* less's keys. True when the key was one. */
bool paper_key(struct paper *p, const struct key *key, int height);
void paper_draw(const struct paper *p, struct surface *s, struct rect r);
/* "▲", "▼" on the right edge (column x) where more text is above or below. */
void paper_draw_more(const struct paper *p, struct surface *s, struct rect r, int x);

#endif

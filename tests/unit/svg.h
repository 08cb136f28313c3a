/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of screens: a surface in a theme's colours, as SVG. */
#ifndef TASMITE_TESTS_SVG_H
#define TASMITE_TESTS_SVG_H

#include "tasmite/base/str.h"
#include "tasmite/core/theme.h"
#include "tasmite/ui/surface.h"

/* A cell, in the picture's units. */
#define SVG_CELL_W 9
#define SVG_CELL_H 19

/* The picture's beginning, for a screen of w x h cells; title is what a screen reader says. */
void svg_begin(struct sbuf *out, int w, int h, const char *title);
/* A screen, as one group, as a terminal of 256 colours shows it; its cursor as a bar. It covers what
 * was drawn before it. */
void svg_surface(struct sbuf *out, const struct surface *s, const struct theme *theme);
void svg_end(struct sbuf *out);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Themes: colours and attributes for each style, for terminals of 8, 16 and 256 colours and for
 * none. A theme's file has the form of the configuration:
 *
 *     about = "what it looks like"
 *     style rx { mono = "" 8 = "green" 16 = "bright-green" 256 = "114 on default bold" }
 *
 * A value is: [FOREGROUND] [on BACKGROUND] [ATTRIBUTE]... Colours: default (the terminal's own),
 * black red green yellow blue magenta cyan white, with bright- before them from 16 colours on, or
 * numbers below the depth. Attributes: bold dim underline reverse italic. `mono` takes attributes
 * only. A colour that is left out is that of the style "default"; a depth that is left out has the
 * next lower one's value (256 from 16, 16 from 8, 8 from mono).
 */
#ifndef TASMITE_CORE_THEME_H
#define TASMITE_CORE_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/core/style.h"

#define THEME_COLOR_DEFAULT (-1)

enum theme_attr {
	THEME_BOLD = 1,
	THEME_DIM = 2,
	THEME_UNDERLINE = 4,
	THEME_REVERSE = 8,
	THEME_ITALIC = 16
};

enum theme_depth { THEME_MONO, THEME_8, THEME_16, THEME_256, THEME_DEPTHS };

struct theme_cell {
	int16_t fg, bg; /* colour number of the depth, or THEME_COLOR_DEFAULT */
	uint8_t attr;	/* enum theme_attr */
};

struct theme {
	char name[32];
	char about[80];
	struct theme_cell cells[THEME_DEPTHS][STYLE_COUNT];
};

/* The themes that are compiled in: name and text of the file, by index. NULL behind the last. */
const char *theme_builtin_name(size_t i);
const char *theme_builtin_text(size_t i);
/* Fills t from the text of a theme file. Errors tell file (as named), line and what was expected;
 * t is unchanged then. */
int theme_parse(
    struct theme *t, const char *name, const char *file, const char *text, struct err *err);
/* A builtin by name, parsed. ERR_NOENT when there is none. */
int theme_builtin(struct theme *t, const char *name, struct err *err);

#endif

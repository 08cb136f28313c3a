/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Themes: colours and attributes for each style, for terminals of 8, 16 and 256 colours and for
 * none. */
#ifndef TASMITE_CORE_THEME_H
#define TASMITE_CORE_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/core/style.h"

#define THEME_COLOR_DEFAULT (-1)

enum theme_attr {
	THEME_BOLD = 1, THEME_DIM = 2, THEME_UNDERLINE = 4, THEME_REVERSE = 8, THEME_ITALIC = 16
};

enum theme_depth { THEME_MONO, THEME_8, THEME_16, THEME_256, THEME_DEPTHS };

struct theme_cell {
	int16_t fg, bg; /* colour number of the depth, or THEME_COLOR_DEFAULT */
	uint8_t attr;   /* enum theme_attr */
};

struct theme {
	char name[32];
	char about[80];
	struct theme_cell cells[THEME_DEPTHS][STYLE_COUNT];
};

/* The themes that are compiled in: their text, by index. NULL at the end. */
const char *theme_builtin_name(size_t i);
const char *theme_builtin_text(size_t i);
/* Fills t from the text of a theme file. Errors tell file (as named), line and what was expected;
 * t is unchanged then. */
int theme_parse(struct theme *t, const char *name, const char *file, const char *text,
    struct err *err);
/* A builtin by name, parsed. ERR_NOENT when there is none. */
int theme_builtin(struct theme *t, const char *name, struct err *err);

#endif

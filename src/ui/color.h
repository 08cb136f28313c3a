/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The device's colours on terminals that have fewer. */
#ifndef TASMITE_UI_COLOR_H
#define TASMITE_UI_COLOR_H

#include <stdbool.h>

#include "tasmite/core/ansi.h"
#include "tasmite/core/theme.h"

/* The terminal's colour that is nearest; -1 for the default. *bright: on 8 colours, bold shall
 * stand for one of the bright eight. */
int color_reduce(const struct ansi_color *c, enum theme_depth depth, bool *bright);

#endif

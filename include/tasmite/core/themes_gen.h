/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shipped themes as src/core/themes.awk writes them into build/gen/themes.c. For theme.c only:
 * everybody else asks theme_builtin_name and theme_builtin_text. */
#ifndef TASMITE_CORE_THEMES_GEN_H
#define TASMITE_CORE_THEMES_GEN_H

#include <stddef.h>

extern const size_t themes_gen_count;
/* File names without ".theme", in alphabetic order, and the files' texts; terminated strings. */
extern const char *const themes_gen_names[];
extern const char *const themes_gen_texts[];

#endif

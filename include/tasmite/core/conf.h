/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration file (libconfuse's form, this is its one file): settings, `profile NAME {}`,
 * `keys {}`, `macros {}`, `highlight NAME {}`. The text is read by the caller; parsed into fresh tables and handed over
 * only when it is good.
 */
#ifndef TASMITE_CORE_CONF_H
#define TASMITE_CORE_CONF_H

#include "tasmite/core/highlight.h"
#include "tasmite/core/keymap.h"
#include "tasmite/core/settings.h"

/* Collected messages with position. */
struct conf_errors {
	char text[16][256]; /* "FILE:12: baud: expected a number from 50 to 4000000, not 'fast'" */
	int count;	    /* may exceed 16: the rest was not kept */
};

/* Applies the text of a configuration file to s, k and h (NULL: its rules are only checked) with
 * that origin. Rules are added to what h has: before files are read anew it is to be reset. profile: its values are
 * applied too with ORIGIN_PROFILE (NULL: none; ERR_NOENT in errors when it isn't there). On any
 * error nothing is changed and a negative code is returned. */
int conf_apply(const char *file, const char *text, enum setting_origin origin, const char *profile,
    struct settings *s, struct keymap *k, struct highlight *h, struct conf_errors *errors);
/* True when the text defines that profile (errors in the text: false). */
bool conf_has_profile(const char *text, const char *profile);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration file (libconfuse's form, this is its one file): settings, `keys {}`,
 * `macros {}`, `labels {}`, `values {}`, `highlight NAME {}`, and `profile NAME {}` with settings,
 * keys, macros, labels, values and highlight rules of its own. The text is read by the caller.
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
 * that origin. Rules are added to what h has: before files are read anew it is to be reset. profile:
 * its values are applied too, with ORIGIN_PROFILE (NULL: none; ERR_NOENT when it isn't there). On
 * any error nothing is changed and a negative code is returned: for a file that is read anew. */
int conf_apply(const char *file, const char *text, enum setting_origin origin, const char *profile,
    struct settings *s, struct keymap *k, struct highlight *h, struct conf_errors *errors);
/* The same for the start of the program: all that is good is applied, each mistake told in errors.
 * What a mistake spoils is its line; the whole section when its beginning is wrong, since its names
 * would mean something else outside of it; all behind the beginning of one that has no end. */
void conf_apply_good(const char *file, const char *text, enum setting_origin origin,
    const char *profile, struct settings *s, struct keymap *k, struct highlight *h,
    struct conf_errors *errors);
/* True when the text defines that profile; what is wrong in the text is left out. */
bool conf_has_profile(const char *text, const char *profile);
/* ", did you mean 'kitchen'?" of a name that no profile of the text has, or "". Returns dst. */
const char *conf_nearest_profile(const char *text, const char *name, char *dst, size_t size);
/* Calls fn with the name of each profile of the text, in its order. */
void conf_each_profile(const char *text, void (*fn)(void *ctx, const char *name), void *ctx);

/* Calls fn with each name and value of the text's `values {}`, or of that profile's. They mean nothing
 * to the program: scripts and the set-up use them. */
void conf_each_value(const char *text, const char *profile,
    void (*fn)(void *ctx, const char *name, const char *value), void *ctx);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random logs for the tests of what searches them: few letters, so that much matches; every origin,
 * every line end, empty and very long lines, bytes that are no UTF-8, a line without an end. */
#ifndef TASMITE_TESTS_LOGMAKER_H
#define TASMITE_TESTS_LOGMAKER_H

#include "tasmite/core/lines.h"

/* Adds some lines, from the next numbers of rand(). ascii: nothing else in them. */
void logmaker_add(struct lines *l, size_t lines, bool ascii, mono_t now);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times of lines as text, and moments as users write them. */
#ifndef TASMITE_CORE_STAMP_H
#define TASMITE_CORE_STAMP_H

#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"
#include "tasmite/core/panes.h"

/* What turns the program's time into that on the wall. */
struct stamp_zone {
	int64_t wall_offset_us; /* UTC in microseconds since 1970 = mono time + this */
	int utc_offset_s;
};

/* Longest text of a stamp, with its terminator. */
#define STAMP_MAX 32

/* Cells that a stamp of that form takes at least (all but the very longest are as wide as this); 0
 * for OFF and SETTING. */
int stamp_width(enum pane_time how);
/* "13:04:05.120", "2026-11-22T13:04:05.120" (local time), or the seconds since `since` ("245.120",
 * "+0.013", "-2.500"), right-aligned to stamp_width. "" for OFF and SETTING. */
void stamp_text(enum pane_time how, mono_t t, mono_t since, const struct stamp_zone *zone,
    char *dst, size_t size);
/* A moment: "13:04", "13:04:05.5" (the last such time of day up to now), "2026-11-22T13:04:05",
 * "-30s", "-5m", "-1h30m" (before now). ERR_INVAL tells what was expected. */
int stamp_parse(
    const char *text, mono_t now, const struct stamp_zone *zone, mono_t *t, struct err *err);

#endif

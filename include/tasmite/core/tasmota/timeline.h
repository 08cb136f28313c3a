/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long a device takes from its reset to each thing that it has to reach: the ROM's word, the
 * firmware's project line, Wi-Fi, an address, MQTT; for the present boot and the ten before it.
 */
#ifndef TASMITE_CORE_TASMOTA_TIMELINE_H
#define TASMITE_CORE_TASMOTA_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "tasmite/base/mono.h"
#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/doctor.h"

enum timeline_stage {
	TIMELINE_ROM,
	TIMELINE_FIRMWARE,
	TIMELINE_WIFI,
	TIMELINE_ADDRESS,
	TIMELINE_MQTT,
	TIMELINE_STAGES
};

/* The present one and ten before. */
#define TIMELINE_BOOTS 11

struct timeline_boot {
	uint64_t number;	     /* of the boot, from 1 */
	uint64_t line;		     /* its first line, as the doctor counts them */
	mono_t start;		     /* the reset; where nobody saw it the first word */
	bool reset;		     /* the program itself made the reset: start is its moment */
	int32_t ms[TIMELINE_STAGES]; /* after start, -1: not reached, or not seen */
};

struct timeline {
	uint64_t revision;
	struct timeline_boot boot[TIMELINE_BOOTS]; /* a ring */
	unsigned count, newest;
	uint64_t boots;	 /* of the doctor, as last seen */
	mono_t reset_at; /* by the program, and not answered yet; MONO_NEVER: none */
};

/* No boot seen. */
void timeline_init(struct timeline *t);
/* The program lets the chip start, now. */
void timeline_reset(struct timeline *t, mono_t now);
/* A line was read: what it was, what the doctor knows with it, when it came. */
void timeline_event(struct timeline *t, const struct logline *ev, const struct doctor_view *told,
    uint64_t line, mono_t time);
/* The boot `back` before the present one (0: it itself); NULL when there is none. */
const struct timeline_boot *timeline_at(const struct timeline *t, unsigned back);
/* The stage that took longest to be reached, in ms; -1: none was. */
int32_t timeline_end(const struct timeline_boot *b);
const char *timeline_stage_name(enum timeline_stage stage);
/* "620 ms", "5.312 s", "3:20 min". */
void timeline_time_text(int32_t ms, char *dst, size_t size);
/* How long it took to the last stage that was reached: "5.312 s"; "ROM only" where there is no time to
 * be told, "-" where nothing was reached. */
void timeline_end_text(const struct timeline_boot *b, char *dst, size_t size);
/* A boot as a bar: one that takes scale_ms is so many cells long. The way to each stage has a
 * character of its own. UTF-8, one cell each. */
void timeline_bar(
    const struct timeline_boot *b, int32_t scale_ms, int cells, char *dst, size_t size);
const char *timeline_stage_mark(enum timeline_stage stage);
/* "ROM 12 ms  firmware 340 ms ..." of what was reached. */
void timeline_stages_text(const struct timeline_boot *b, char *dst, size_t size);
/* The longest of all that are kept, in ms; -1: there is none. */
int32_t timeline_longest(const struct timeline *t);
/* All that are kept as a page of text, the newest first; time of day = start + wall_offset_us + that
 * of the zone. */
void timeline_page(
    const struct timeline *t, int64_t wall_offset_us, int utc_offset_s, struct sbuf *out);

#endif

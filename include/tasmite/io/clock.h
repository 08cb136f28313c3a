/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place that reads clocks. */
#ifndef TASMITE_IO_CLOCK_H
#define TASMITE_IO_CLOCK_H

#include <stdint.h>

#include "tasmite/base/mono.h"

/* Monotonic; counts on while the computer sleeps, where the system has such a clock. */
mono_t clock_now(void);
/* Microseconds since 1970-01-01 UTC. */
int64_t clock_wall_us(void);
/* Seconds east of UTC in the user's zone at that moment. */
int clock_utc_offset_s(int64_t wall_us);

#endif

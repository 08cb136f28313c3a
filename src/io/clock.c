/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one place that reads clocks. */
#define _DEFAULT_SOURCE /* tm_gmtoff */
#include "tasmite/io/clock.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec ts;

	/* Neither clock can fail on Linux: both ids exist and the address is good. */
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* The clock that also counts while the computer sleeps: times of lines stay right over it, and what
 * was due meanwhile is due at once. */
mono_t clock_now(void)
{
#ifdef CLOCK_BOOTTIME
	return read_us(CLOCK_BOOTTIME);
#else
	return read_us(CLOCK_MONOTONIC);
#endif
}

int64_t clock_wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int clock_utc_offset_s(int64_t wall_us)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	struct tm tm;

	return localtime_r(&seconds, &tm) ? (int)tm.tm_gmtoff : 0;
}

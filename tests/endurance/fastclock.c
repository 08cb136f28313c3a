/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A preloaded library, for tests only: the program's clocks run FACTOR times as fast, and it waits so
 * many times shorter. TASMITE_CLOCK="FACTOR MONO_NS WALL_NS": the scales meet at MONO_NS of
 * CLOCK_MONOTONIC, when the wall clock says WALL_NS.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>
#include <time.h>

#define SHOWN  __attribute__((visibility("default")))
#define SECOND 1000000000LL

static void *next_of(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (!f)
		abort();
	return f;
}

static long long factor, mono_ns, wall_ns;

static int known(void)
{
	const char *text = getenv("TASMITE_CLOCK");

	if (!factor && (!text || sscanf(text, "%lld %lld %lld", &factor, &mono_ns, &wall_ns) != 3 ||
			   factor < 1))
		factor = -1;
	return factor > 0;
}

SHOWN int clock_gettime(clockid_t id, struct timespec *ts)
{
	static int (*next)(clockid_t, struct timespec *);
	struct timespec real;
	long long ns;

	if (!next)
		*(void **)&next = next_of("clock_gettime");
	if (!known() || (id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME && id != CLOCK_REALTIME))
		return next(id, ts);
	if (next(CLOCK_MONOTONIC, &real) != 0)
		return -1;
	ns = (real.tv_sec * SECOND + real.tv_nsec - mono_ns) * factor;
	ns += id == CLOCK_REALTIME ? wall_ns : mono_ns;
	ts->tv_sec = (time_t)(ns / SECOND);
	ts->tv_nsec = (long)(ns % SECOND);
	return 0;
}

SHOWN int select(int n, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout)
{
	static int (*next)(int, fd_set *, fd_set *, fd_set *, struct timeval *);
	struct timeval tv;
	long long us;

	if (!next)
		*(void **)&next = next_of("select");
	if (!timeout || !known())
		return next(n, rd, wr, ex, timeout);
	us = timeout->tv_sec * 1000000LL + timeout->tv_usec;
	us = (us + factor - 1) / factor;
	tv.tv_sec = (time_t)(us / 1000000);
	tv.tv_usec = (suseconds_t)(us % 1000000);
	return next(n, rd, wr, ex, &tv);
}

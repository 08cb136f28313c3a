/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Monotonic time as a type. Nothing below io reads a clock: a time is always a parameter.
 */
#ifndef TASMITE_BASE_MONO_H
#define TASMITE_BASE_MONO_H

#include <stdint.h>

/* Microseconds since an arbitrary start; only differences mean something. */
typedef int64_t mono_t;

#define MONO_NEVER INT64_MAX
#define MONO_US(n) ((mono_t)(n))
#define MONO_MS(n) ((mono_t)(n)*1000)
#define MONO_S(n)  ((mono_t)(n)*1000000)

/* The earlier of two times. */
static inline mono_t mono_min(mono_t a, mono_t b)
{
	return a < b ? a : b;
}

/* a + delta_us, where MONO_NEVER stays MONO_NEVER. */
static inline mono_t mono_add(mono_t a, int64_t delta_us)
{
	return a == MONO_NEVER || delta_us == MONO_NEVER ? MONO_NEVER : a + delta_us;
}

#endif

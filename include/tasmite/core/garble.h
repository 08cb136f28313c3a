/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notices a run of unreadable bytes, as another rate makes them, and estimates the rate from how
 * the bits of the bytes look. A short burst, such as the boot ROM's 74880 baud before a readable
 * log, is no such run.
 */
#ifndef TASMITE_CORE_GARBLE_H
#define TASMITE_CORE_GARBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/mono.h"

#define GARBLE_RATES 3

struct garble {
	uint32_t baud; /* at which all this was read */
	uint8_t block[64];
	unsigned fill;
	/* The run. */
	mono_t since; /* when its first block came */
	uint32_t blocks;
	uint32_t bytes, transitions, zeros;
	bool noticed;
};

/* Nothing was seen. */
void garble_init(struct garble *g);
/* Bytes as they came at that rate (another one than before: all starts anew). Of many at once only
 * some are looked at. True once in each run: when it is long enough to be told. */
bool garble_rx(struct garble *g, uint32_t baud, const uint8_t *bytes, size_t n, mono_t now);
/* A run is on, and since when. */
bool garble_unreadable(const struct garble *g, mono_t *since);
/* The likely rates of the run, the likeliest first; none of them is the present one. */
void garble_rates(const struct garble *g, uint32_t rates[GARBLE_RATES]);

#endif

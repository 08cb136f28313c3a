/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a device says of itself in its answers: Status 0 (STATUS to STATUS11) and the STATE lines
 * that it sends by itself, as one table; signal and free memory over time in a ring of samples.
 * The names are those of the firmware's JSON, from 5.x to 15.x (facts: commands Status, State).
 */
#ifndef TASMITE_CORE_TASMOTA_STATUS_H
#define TASMITE_CORE_TASMOTA_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "tasmite/base/mono.h"
#include "tasmite/core/tasmota/logline.h"

/* One each five minutes is usual (TelePeriod 300): ten hours; at the least period, 10 s, 20 min. */
#define STATUS_SAMPLES 120

struct status_sample {
	mono_t time;
	int16_t dbm;	 /* 0: not told */
	int16_t quality; /* percent, -1: not told */
	int32_t heap_kb; /* -1: not told */
};

struct status {
	uint64_t revision;
	bool any;    /* something was told since the last start */
	mono_t time; /* of the newest answer */
	char version[48], core[16], sdk[32], hardware[32];
	char ssid[40], bssid[20], hostname[40], address[48], mac[20];
	char mqtt_host[48], uptime[24], restart[40];
	int32_t mqtt_port;	  /* 0: not told */
	int32_t channel;	  /* 0: not told */
	int32_t heap_kb, free_kb; /* memory; flash for an upgrade; -1: not told */
	int16_t dbm, quality;	  /* as in the samples */
	struct status_sample sample[STATUS_SAMPLES]; /* a ring */
	unsigned count, next;
};

/* Nothing told. */
void status_init(struct status *st);
/* The device has started anew: the table is empty, the samples stay. */
void status_new_boot(struct status *st);
/* A line was read. True when it told something. */
bool status_event(struct status *st, const struct logline *ev, mono_t time);
/* The sample `back` before the newest (0); NULL when there is none. */
const struct status_sample *status_at(const struct status *st, unsigned back);
enum status_curve { STATUS_SIGNAL, STATUS_HEAP };
/* The values of a curve, oldest first, at most max of the newest ones: of the signal in dBm (of the
 * quality, where no level is told), or of the free memory in kB. Returns how many. */
unsigned status_curve(const struct status *st, enum status_curve which, int32_t *out, unsigned max);
/* The curve as one character of eight heights a value, the lowest value of it to the highest; flat
 * ones in the middle. dst is UTF-8. */
void status_curve_text(const int32_t *values, unsigned n, char *dst, size_t size);

#endif

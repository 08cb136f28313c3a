/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the made-up images of both families share: the marks of a build, and the filling. */
#ifndef SIM_TASMOTA_MARKS_H
#define SIM_TASMOTA_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tas_marks {
	const char *name;
	uint32_t version; /* TAS_V; 0: not Tasmota */
	bool minimal, marker, rules;
	size_t size;
	const char *format;
	const char *words; /* further strings, '|' between them */
};

#define TAS_MARKS_ROOM 0x4000u

/* Puts them into TAS_MARKS_ROOM bytes from p on. */
void tas_marks_put(uint8_t *p, const struct tas_marks *b);
/* Fills with words that look and compress about like a program's. */
void tas_marks_fill(uint8_t *p, size_t n, uint32_t seed);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words that Tasmota's log says in its languages, and what each kind of line means: tables made
 * at build time of src/core/tasmota/log-strings.tsv and log-patterns.tsv.
 */
#ifndef TASMITE_CORE_TASMOTA_LOGWORDS_H
#define TASMITE_CORE_TASMOTA_LOGWORDS_H

#include <stddef.h>
#include <stdint.h>

/* Bits of logwords_row.keys, in the order of names[] in logwords.awk. */
enum logwords_key {
	WORD_CONNECTING = 1u << 0,
	WORD_IN_MODE = 1u << 1,
	WORD_AS = 1u << 2,
	WORD_CONNECTED = 1u << 3,
	WORD_FAILED = 1u << 4,
	WORD_NO_IP = 1u << 5,
	WORD_NOT_REACHED = 1u << 6,
	WORD_WRONG_PASSWORD = 1u << 7,
	WORD_TIMEOUT = 1u << 8,
	WORD_ATTEMPTING = 1u << 9,
	WORD_CHECKING = 1u << 10,
	WORD_ACTIVE_3 = 1u << 11,
	WORD_NO_START = 1u << 12,
	WORD_WEB_STOPPED = 1u << 13,
	WORD_REDIRECTED = 1u << 14,
	WORD_SET_AP = 1u << 15,
	WORD_RESTARTING = 1u << 16,
	WORD_SERIAL_OFF = 1u << 17,
	WORD_SET_BAUD = 1u << 18,
	WORD_DEFAULTS = 1u << 19,
	WORD_LOADED = 1u << 20,
	WORD_SAVED = 1u << 21,
	WORD_MINIMAL = 1u << 22,
	WORD_MULTI_PRESS = 1u << 23,
	WORD_NO_NETWORKS = 1u << 24,
	WORD_BLOCKED = 1u << 25,
	WORD_NO_SPACE = 1u << 26,
	WORD_BAD_MAGIC = 1u << 27,
	WORD_MISCOMPARE = 1u << 28,
	WORD_FILE = 1u << 29,
	WORD_PROJECT = 1u << 30
};

struct logwords_row {
	const char *text;
	size_t len;
	uint32_t keys;
};

struct logwords_pattern {
	const char *id, *example, *meaning, *severity, *advice;
};

/* In the order of their bytes. */
extern const struct logwords_row logwords_rows[];
extern const size_t logwords_count;
extern const struct logwords_pattern logwords_patterns[];
extern const size_t logwords_pattern_count;

/* Keys of that exact text, 0 when it is none of them. */
uint32_t logwords_find(const char *text, size_t n);
/* Keys of the longest text that it begins with, among those of `keys`; *len its length. */
uint32_t logwords_begin(const char *text, size_t n, uint32_t keys, size_t *len);
/* Keys of the texts that it is the beginning of, when all of them have a key in common; 0 when
 * less than half of such a text is there. For lines that were cut. */
uint32_t logwords_cut(const char *text, size_t n);

#endif

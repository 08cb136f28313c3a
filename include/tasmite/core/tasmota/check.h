/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What would go wrong with a line that is written for the device: names and values that it does not
 * know, what restarts it, and what the firmware takes for something else than was meant. Warnings
 * only: nothing here keeps a line from being sent. No warning repeats a value.
 * The traps are those of Tasmota's sources: serial input (printable ASCII only, 520 or 800 bytes),
 * the queue of a backlog (30 places), payload 1 and 0 as "default" and "clear", and so on.
 */
#ifndef TASMITE_CORE_TASMOTA_CHECK_H
#define TASMITE_CORE_TASMOTA_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum check_kind {
	CHECK_UNKNOWN,	     /* no such command */
	CHECK_INDEX,	     /* the number behind the name */
	CHECK_RANGE,	     /* the value is none of those that it takes */
	CHECK_RESTART,	     /* told, no mistake: it restarts the device */
	CHECK_DEFAULT,	     /* the value 1 (or what counts as 1) brings the default back */
	CHECK_CLEAR,	     /* told, no mistake: 0 or " clears the value */
	CHECK_NOT_ASCII,     /* the device drops the whole line */
	CHECK_SEMICOLON,     /* ";" of a value ends it in a backlog */
	CHECK_BLANK,	     /* blanks at the end become part of the value */
	CHECK_SHORT,	     /* a Wi-Fi key */
	CHECK_LONG,	     /* a Wi-Fi key, a network name, an address */
	CHECK_PERCENT,	     /* in Hostname */
	CHECK_RESET,	     /* in a backlog */
	CHECK_RULE,	     /* in a backlog */
	CHECK_CONSOLE,	     /* the device does not listen any more afterwards */
	CHECK_MANY,	     /* more commands than the queue holds */
	CHECK_LINE_TOO_LONG, /* for the device's buffer */
	CHECK_KINDS
};

struct check_warning {
	enum check_kind kind;
	bool told;	/* what one should know, no mistake */
	size_t at, len; /* bytes of the line that it is about */
	char text[120];
};

/* No more than this many are told of a line. */
#define CHECK_MAX 16

struct check_line {
	const char *line; /* as it is sent, without its line end */
	size_t n;
	/* Where it is still being written: what only needs more letters is no mistake there. SIZE_MAX:
	 * it is whole. */
	size_t cursor;
	uint32_t version; /* catalog_version of the firmware seen; 0 unknown: only what all do */
};

/* Fills out in the order of their places; returns how many (at most max). */
size_t check_line(const struct check_line *in, struct check_warning *out, size_t max);
/* How many bytes of a line the firmware takes (0: unknown version, the smaller one). */
size_t check_buffer_size(uint32_t version);
/* The one to be shown at that cursor: of the command there, a mistake before what is merely told; NULL
 * when there is none in the line. */
const struct check_warning *check_choose(
    const struct check_line *in, const struct check_warning *w, size_t count);
/* "restart", "not-ascii", ... for tests and traces. */
const char *check_kind_name(enum check_kind kind);

#endif

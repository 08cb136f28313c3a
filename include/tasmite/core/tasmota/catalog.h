/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tasmota's commands: the table (made from src/core/tasmota/commands.tsv), looking up in it, and
 * a line for the device taken apart as the firmware does it. What is wrong with a line: check.h.
 * How the firmware reads a line: support_command of Tasmota (6.1.1 to 15.2); a name has letters,
 * digits and "_", what stands before its last "/" (cmnd/topic/) is skipped, so is a "_" at its
 * beginning (14.1.0.3: no result is shown).
 */
#ifndef TASMITE_CORE_TASMOTA_CATALOG_H
#define TASMITE_CORE_TASMOTA_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/str.h"

struct catalog_row {
	const char *name;	      /* "SSId"; digits that belong to it are in it: "SetOption3" */
	const char *group;	      /* "Wi-Fi" */
	const char *args;	      /* "0|1|2", "0..100|+|-", "<host>|0|1", "" none */
	const char *summary;	      /* "broker address" */
	int16_t index_min, index_max; /* range of the number behind the name; -1: it takes none */
	bool secret;		      /* the value is a password or a key */
	bool restarts;		      /* the device restarts after it */
};

/* ---- the table ---- */

/* How many rows. */
size_t catalog_count(void);
/* Rows by name without regard to case; a name stands there twice where its number says what it
 * does (GPIO, Dimmer, Password), then the smaller number first. i must be below the count. */
const struct catalog_row *catalog_at(size_t i);
/* The rows whose names begin with these n letters (any case): the first of them into *first;
 * returns how many. */
size_t catalog_prefix(const char *text, size_t n, size_t *first);

enum catalog_match {
	CATALOG_UNKNOWN,      /* no such name */
	CATALOG_FOUND,	      /* with its number, where it has one */
	CATALOG_TAKES_NONE,   /* there is such a name, but it takes no number */
	CATALOG_OUT_OF_RANGE, /* ... or not this one */
};
/* The row of a name with its number ("ssid2"), any case; NULL when it is unknown, the nearest row
 * when only the number is wrong. *index is the number, -1 without one; how and index may be NULL. */
const struct catalog_row *catalog_find(
    const char *name, size_t n, enum catalog_match *how, int *index);
/* The name that was probably meant ("SerialLog"), with its number if it takes that one; "" when none
 * is near. Returns dst. */
const char *catalog_nearest(const char *name, size_t n, char *dst, size_t size);
/* The name as it is shown: "SSId<1..2>". Returns dst. */
const char *catalog_name(const struct catalog_row *row, char *dst, size_t size);

/* ---- values ---- */

/* One of the alternatives of args. */
struct catalog_choice {
	enum { CATALOG_WORD, CATALOG_RANGE, CATALOG_FREE } kind;
	const char *text; /* within args */
	size_t len;
	double min, max; /* of a RANGE */
};
/* The i-th alternative; false when there is none. "0|5..9|<text>": WORD "0", RANGE 5 to 9, FREE. */
bool catalog_choice(const struct catalog_row *row, size_t i, struct catalog_choice *c);
enum catalog_fit {
	CATALOG_FITS,
	CATALOG_FITS_NOT, /* the row says all that it takes, and this is not in it */
	CATALOG_CANT_TELL /* it takes free text, too */
};
/* on, off, toggle and the like stand for their numbers; an empty value and "?" fit always: they ask. */
enum catalog_fit catalog_value_fits(const struct catalog_row *row, const char *value, size_t n);

/* ---- a line taken apart ---- */

/* A command of a line. Offsets are bytes of the line; ends are behind the last byte. */
struct catalog_cmd {
	size_t from, to; /* with the blanks at its ends; without ";" */
	/* The name with its number, without path and "_"; equal: there is none. */
	size_t name, name_end;
	/* Blanks before the value are skipped as the device does it; blanks at its end are in it. */
	size_t value, value_end;
	bool backlog; /* this is the word Backlog itself; what it runs comes next, one by one */
	bool inside;  /* runs in a backlog */
	const struct catalog_row *row; /* NULL: unknown, or no name */
	enum catalog_match match;
	int index; /* -1: none was written */
};

struct catalog_split {
	const char *line;
	size_t n, at;
	bool braces; /* ";" within { } does not split: since 9.4 */
	bool inside, over;
};

/* line is borrowed until the last catalog_split_next. */
void catalog_split_init(struct catalog_split *s, const char *line, size_t n, bool braces);
/* The next command of the line, the word Backlog as one of its own: also empty ones (";;"), at least
 * one behind Backlog. False when there is no more. */
bool catalog_split_next(struct catalog_split *s, struct catalog_cmd *c);
/* The command in which the cursor stands: the last one that begins at or before it. */
void catalog_at_cursor(
    const char *line, size_t n, size_t cursor, bool braces, struct catalog_cmd *c);

/* A version "8.5.0.1" as 0x08050001; 0: none. */
uint32_t catalog_version(const char *text);

/* ---- help ---- */

/* Completion of a line for the device, names with numbers and enumerated values: calls add for each
 * word that fits, detail being what it does; returns where the word begins. */
size_t catalog_complete(const char *line, size_t cursor,
    void (*add)(void *arg, const char *word, const char *detail), void *arg);
/* "SSId<1..2> <ssid>|0|1  network name of AP1/AP2 · restarts" for the command under the cursor; ""
 * where none is known. */
void catalog_hint(const char *line, size_t cursor, char *dst, size_t size);
/* Help of a name (with or without number), or all rows that have the word in name, group or summary;
 * appends to out, one paragraph or one line each. Returns how many rows were told. */
size_t catalog_help(const char *word, struct sbuf *out);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON within a line of the log: where it stands, and how it is laid out as a tree. The tree is made
 * of the line's own bytes: its rows are parts of them, one behind the other, so that what is searched
 * for, marked and copied is what the device sent. Jansson decides what JSON is; this is the one file
 * of core with it.
 *
 * Hostile lines: looked at are objects of at most JSON_MAX_BYTES that are nested at most
 * JSON_MAX_DEPTH deep; Jansson's own tree of one (at most 100 times its bytes) is freed at once,
 * nothing is kept.
 */
#ifndef TASMITE_CORE_JSON_H
#define TASMITE_CORE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_BYTES 8192
#define JSON_MAX_DEPTH 32

/* An object in a line. */
struct json_part {
	uint32_t start, end; /* bytes: of its opening brace, behind its closing one */
	uint32_t members;    /* its own, not those within them; at least 1 */
};

/* The first object with members in the line; what stands before and behind it may be anything. False
 * when there is none, or it is cut, wrong, too long or too deep. */
bool json_find(const uint8_t *line, size_t n, struct json_part *part);

/* A row of the tree. */
struct json_row {
	uint32_t start, end; /* bytes of the line; blanks at both ends are left out */
	unsigned depth;	     /* of the object it stands in: 1 for members of the outermost */
};

struct json_walk {
	const uint8_t *line;
	uint32_t at, end;
	unsigned depth; /* objects open */
	/* Arrays and objects open, from the outermost: true for objects. */
	bool object[JSON_MAX_DEPTH + 1];
	unsigned open;
};

/* Goes over the rows behind the opening brace: each member of each object begins one, and each object
 * in an array; closing braces stand at the end of the last one. part is what json_find said of that
 * line. */
void json_walk_begin(struct json_walk *w, const uint8_t *line, const struct json_part *part);
/* False when there is no further row. */
bool json_walk_next(struct json_walk *w, struct json_row *row);

#endif

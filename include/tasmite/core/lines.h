/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log: bytes with an arrival time in, immutable lines out, bounded memory. Bytes live in big
 * chunks, a compact index points into them: a line costs its bytes plus at most 16.
 * CR, LF, CR LF and LF CR each end a line once: the first byte of a pair ends the line at once, the
 * other one is swallowed when it comes next, even in a later call. CR LF LF is an end and an empty
 * line, CR CR LF too. A line without an end is cut at 64 KiB (when one more byte comes) and goes on
 * in the next one. The oldest chunk is dropped when the limit is reached.
 */
#ifndef TASMITE_CORE_LINES_H
#define TASMITE_CORE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/mono.h"

#define LINES_MAX_LENGTH 65536

enum line_dir {
	LINE_RX,  /* from the device */
	LINE_TX,  /* sent by the user */
	LINE_OWN, /* the program's own word */
	LINE_WARN /* the program's own word, of trouble */
};

/* How a line ended: for showing and counting every byte that came. */
enum line_eol { LINE_EOL_NONE, LINE_EOL_LF, LINE_EOL_CR, LINE_EOL_CRLF, LINE_EOL_LFCR };

struct line_ref {
	/* Without its line end. Those of a partial line are valid until the next change of the log;
	 * those of a finished one never move: valid until it is dropped or the log is cleared. */
	const uint8_t *bytes;
	size_t len;
	uint64_t number;
	mono_t time; /* arrival of its first byte */
	enum line_dir dir;
	bool partial;	/* no end has come yet: it may still grow */
	bool continued; /* goes on from the line before (cut at 64 KiB or interrupted) */
	/* NONE: of another origin, cut, broken off or unfinished; CR or LF become a pair when the
	 * other one comes next. */
	enum line_eol eol;
};

struct lines;

/* max_bytes: bound of chunks and index together; at least 1 MiB is used. Chunks are 256 KiB. */
struct lines *lines_new(size_t max_bytes);
void lines_free(struct lines *l);
void lines_set_max(struct lines *l, size_t max_bytes);
/* Bytes of the device (masked already). */
void lines_rx(struct lines *l, const uint8_t *bytes, size_t n, mono_t now);
/* The same for bytes that came evenly since then: each line gets its own time, though never one before
 * a line that the log has already. */
void lines_rx_over(struct lines *l, const uint8_t *bytes, size_t n, mono_t since, mono_t now);
/* A whole line of another origin; line feeds in the text make several (one at the very end makes no
 * empty line). An unfinished line of the device is set aside: it goes on in a new, `continued` line
 * with its next byte; when a line end comes instead it was complete. */
void lines_put(struct lines *l, enum line_dir dir, const char *text, size_t n, mono_t now);
/* Ends an unfinished line of the device (the port went away, the rate changed). */
void lines_break(struct lines *l, mono_t now);
/* Forgets all lines; numbers go on. The rest of an unfinished line will be a `continued` one. */
void lines_clear(struct lines *l);

/* Lines have numbers that never change: lines_first <= number < lines_end. */
uint64_t lines_first(const struct lines *l);
uint64_t lines_end(const struct lines *l);
/* False when that line was dropped or does not exist yet. */
bool lines_get(const struct lines *l, uint64_t number, struct line_ref *ref);
/* The first line whose first byte came at that time or later; lines_end when there is none. */
uint64_t lines_at_time(const struct lines *l, mono_t time);

/* Lines that lie together, for searching them as one text: `count` lines from number `first`, with
 * one line feed between two, whatever their ends were. Valid until the next change of the log. */
struct lines_block {
	uint64_t first;
	uint32_t count;
	const uint8_t *bytes;
	size_t n;
	const uint64_t *entries; /* of lines.c */
};

/* The block that holds that line; false as lines_get. */
bool lines_block(const struct lines *l, uint64_t number, struct lines_block *b);
/* Where the i-th line of it starts: i <= count (of count itself: n + 1). It ends one byte before
 * the next one's start. */
size_t lines_block_start(const struct lines_block *b, uint32_t i);
/* The line to which the byte (or the line feed) at offset <= n belongs. */
uint32_t lines_block_line(const struct lines_block *b, size_t offset);
enum line_dir lines_block_dir(const struct lines_block *b, uint32_t i);

/* Lines dropped for the limit (not by lines_clear) so far. */
uint64_t lines_dropped(const struct lines *l);
size_t lines_memory(const struct lines *l);
/* Grows with every change. */
uint64_t lines_revision(const struct lines *l);

#endif

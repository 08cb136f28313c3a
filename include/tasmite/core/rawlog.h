/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The raw recording: what came and was sent, byte by byte, with its times. Text header, then
 * records; made to be appended to and to survive a cut end.
 *
 *	"tasmite raw 1\n"
 *	record: u8 kind · varint delta (microseconds since the record before) · varint length · bytes
 *
 * kinds: 'R' received · 'T' sent · 'B' rate (text "115200 8N1") · 'W' wall clock of this moment
 * (text, microseconds since 1970: begins each session) · 'N' the program's own words · 'G' port
 * gone · 'C' port is back. Unknown kinds are skipped. Varints: 7 bits a byte, least first, at most
 * 5 bytes for lengths and 10 for times; a length is at most RAWLOG_MAX_RECORD.
 */
#ifndef TASMITE_CORE_RAWLOG_H
#define TASMITE_CORE_RAWLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"

#define RAWLOG_MAGIC	  "tasmite raw 1\n"
#define RAWLOG_MAX_RECORD 65536

/* Encodes one record to the end of out (more than the maximum: several); last is the time of the
 * record before and becomes now. Negative code when out is full. */
int rawlog_put(struct buf *out, char kind, const void *bytes, size_t n, mono_t now, mono_t *last);

struct rawlog_record {
	char kind;
	int64_t delta_us;
	const uint8_t *bytes;
	size_t n;
};

struct rawlog_reader {
	bool begun;
	uint64_t offset; /* in the file, for messages */
	bool cut;	 /* the last record was not whole */
};

/* At the beginning of a file. */
void rawlog_reader_init(struct rawlog_reader *r);
/* Takes one record from the front of bytes; *used what was consumed. 1: a record (bytes point into
 * the input); 0: more input is needed; ERR_FORMAT: no raw recording, or damaged at that offset. */
int rawlog_next(struct rawlog_reader *r, const uint8_t *bytes, size_t n, size_t *used,
    struct rawlog_record *rec, struct err *err);

#endif

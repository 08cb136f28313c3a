/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One recording of the session to a file: the device's bytes as they came, the session as text, or a
 * raw recording that can be played again. What it is given is masked already.
 */
#ifndef TASMITE_APP_RECORDER_H
#define TASMITE_APP_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"
#include "tasmite/core/lines.h"
#include "tasmite/core/textlog.h"
#include "tasmite/io/capture.h"

/* In the order of the setting's choices. */
enum recorder_kind { RECORDER_BYTES, RECORDER_TEXT, RECORDER_RAW };

struct recorder_options {
	enum recorder_kind kind;
	enum textlog_stamp stamp; /* TEXT: time before each line */
	bool sent;		  /* TEXT: what was sent too */
	bool own_name;		  /* the file's name is the program's choice */
	int64_t wall_offset_us;	  /* wall clock = mono time + this */
	int utc_offset_s;
	uint64_t rotate; /* go on in a new file from this size on; 0: never */
	int keep;	 /* older files kept */
};

struct recorder;

/* Appends to path. NULL with err: it can't be written, is of another kind, or (RAW) its end is not
 * whole. A long raw recording is looked over later, by recorder_step. */
struct recorder *recorder_open(
    const char *path, const struct recorder_options *o, mono_t now, struct err *err);
/* Looks at so many bytes of what is in the file already; what is recorded meanwhile waits. 1: there
 * is more; ERR_OK: it is good, or was; a negative code with err: it can't be appended to, nothing was
 * written and nothing will be: close it. */
int recorder_step(struct recorder *r, size_t budget, struct err *err);
/* Bytes of the device. */
void recorder_rx(struct recorder *r, const uint8_t *bytes, size_t n, mono_t now);
/* A line that was sent, and its line end. */
void recorder_tx(struct recorder *r, const char *line, size_t n, const char *eol, mono_t now);
/* The stream breaks here. */
void recorder_break(struct recorder *r);
/* RAW: a record of another kind (see rawlog.h); others leave it out. */
void recorder_note(struct recorder *r, char kind, const char *text, mono_t now);
/* A line of the scrollback, at its own time. */
void recorder_line(struct recorder *r, const struct line_ref *line);
/* What is older than a second is written; returns when it wants to be called next. */
mono_t recorder_tick(struct recorder *r, mono_t now);

enum recorder_kind recorder_kind(const struct recorder *r);
/* The file behind it: path, bytes, lost bytes, trouble. */
struct capture *recorder_capture(const struct recorder *r);
/* Once after a rotation that failed: ERR_OK when there is nothing to tell. */
int recorder_trouble(struct recorder *r, struct err *err);
/* Writes the rest and closes; a negative code with err when that failed. Frees. NULL allowed. */
int recorder_close(struct recorder *r, struct err *err);

#endif

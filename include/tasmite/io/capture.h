/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A capture of the session to a file: the masked bytes as they came. Appends, never truncates;
 * mode 0600; flushed at least once a second; a disk error is told at once and kept.
 */
#ifndef TASMITE_IO_CAPTURE_H
#define TASMITE_IO_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"

struct capture;

enum capture_flags {
	CAPTURE_OWN_NAME = 1, /* the name is the program's choice: a link there is not followed */
	CAPTURE_ALONE = 2     /* ERR_BUSY while another program has it open so */
};

/* Opens path for appending, creates it with mode 0600 (and its folder with 0700). Refuses what
 * is no regular file. */
struct capture *capture_open(const char *path, struct err *err);
/* The same with a set of enum capture_flags. */
struct capture *capture_open_as(const char *path, unsigned flags, struct err *err);
/* Writes what is queued and goes on in a new, empty file of the same name: the old one becomes
 * NAME.1, that NAME.2, and so on; of those `keep` are kept. On failure the old one is gone on with. */
int capture_rotate(struct capture *c, int keep, mono_t now, struct err *err);
/* Bytes in the file, those that were there before and those still queued included. */
uint64_t capture_file_size(const struct capture *c);
/* Queues bytes; writes when 64 KiB have gathered. Negative code while the disk refuses: what was
 * not written stays queued up to 4 MiB and is tried again once a second, what exceeds it is
 * counted as lost, and so is what comes then until all that was queued is written. */
int capture_write(struct capture *c, const void *bytes, size_t n, mono_t now, struct err *err);
/* The same for bytes that are of no use in parts: all are taken, or all are counted as lost. */
int capture_write_whole(
    struct capture *c, const void *bytes, size_t n, mono_t now, struct err *err);
/* Writes what is older than a second; returns when it wants to be called next (MONO_NEVER while
 * nothing is queued). How the writing went is in capture_error; err is set when it failed. */
mono_t capture_tick(struct capture *c, mono_t now, struct err *err);
/* The path as it was given; lives as long as c. */
const char *capture_path(const struct capture *c);
/* Bytes in the file or still queued for it, by this capture. */
uint64_t capture_bytes(const struct capture *c);
/* Bytes that neither disk nor queue took. */
uint64_t capture_lost(const struct capture *c);
/* How many were lost at the place that the file has come to, once after a loss that is over: to be
 * marked there before anything else is written. 0: none, or it still goes on. */
uint64_t capture_gap(struct capture *c, mono_t now);
/* The last error, code 0 when writing works. */
const struct err *capture_error(const struct capture *c);
/* Writes what is queued, by write() alone and nothing that allocates: for the handler of a crash,
 * after which nothing of c is used any more. */
void capture_rescue(struct capture *c);
/* Writes the rest and closes; a negative code with err when that failed. Frees. NULL allowed. */
int capture_close(struct capture *c, struct err *err);

#endif

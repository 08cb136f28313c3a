/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file of what was entered: one line each, oldest first, mode 0600. Sessions that run at once
 * share it: a line is appended as a whole under a lock (flock), and each session reads what others
 * have appended. Nothing waits for the lock. What is a secret is the caller's to leave out.
 */
#ifndef TASMITE_IO_HISTFILE_H
#define TASMITE_IO_HISTFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/base/err.h"

struct histfile;

struct histfile_ops {
	/* The file is another one than before, or read for the first time: what is known from it is
	 * to be forgotten; all its lines follow. */
	void (*anew)(void *ctx);
	/* A line. Of a file that is read as a whole (after anew) only the newest `limit` lines come,
	 * each once, where it stood last; what was appended later may repeat what is known. */
	void (*line)(void *ctx, const char *line, bool whole);
};

/* Opens nothing yet. */
struct histfile *histfile_new(
    const char *path, size_t limit, const struct histfile_ops *ops, void *ctx);
void histfile_free(struct histfile *h); /* NULL is allowed */
/* Hands on what was not seen yet. No file: ERR_OK. */
int histfile_read(struct histfile *h, struct err *err);
/* Appends the line (without a line feed in it) after handing on what others have appended; the line
 * itself is not handed on. ERR_AGAIN: another session holds the file, try again soon. */
int histfile_append(struct histfile *h, const char *line, struct err *err);
/* When the file has more than twice the lines that are wanted: writes the newest of them, each
 * once, in its place. ERR_AGAIN as above. */
int histfile_shorten(struct histfile *h, struct err *err);

#endif

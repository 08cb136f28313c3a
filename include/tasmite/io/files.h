/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of the program and of the user: XDG places, bounded reading, atomic replacement. */
#ifndef TASMITE_IO_FILES_H
#define TASMITE_IO_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tasmite/base/err.h"

enum files_place { FILES_CONFIG, FILES_STATE, FILES_DATA };

/* "$XDG_CONFIG_HOME/tasmite/NAME" (or ~/.config/...), "$XDG_STATE_HOME/tasmite/NAME"
 * (~/.local/state/...), "DATADIR/NAME". ERR_NOENT when neither the variable nor HOME is set;
 * relative XDG values are ignored as the specification says. ERR_PERM: the folder for state is another
 * user's, or everybody can write to it. */
int files_path(enum files_place place, const char *name, char *dst, size_t size, struct err *err);
/* "~/x" → home; other names as they are. */
int files_expand(const char *name, char *dst, size_t size, struct err *err);
/* Makes the folders above path, mode 0700. */
int files_make_parents(const char *path, struct err *err);
/* Reads a whole regular file of at most max bytes; *data is malloced (one extra zero byte), the
 * caller frees it. */
int files_read(const char *path, size_t max, uint8_t **data, size_t *size, struct err *err);
/* Replaces path atomically (a temporary file beside it, fsync, rename), with that mode. */
int files_replace(const char *path, const void *data, size_t size, mode_t mode, struct err *err);
/* The same without waiting for the disk, which takes tens of ms: for what can be had again. After a
 * power cut the old file may be there, or an empty one. */
int files_store(const char *path, const void *data, size_t size, mode_t mode, struct err *err);
/* Appends one whole record under an exclusive lock (ERR_AGAIN when
 * another process holds it: nothing waits), creating the file with that mode. */
int files_append(const char *path, const void *data, size_t size, mode_t mode, struct err *err);
bool files_exists(const char *path);
/* open(2), begun again when a signal cuts it short. */
int files_open(const char *path, int flags, mode_t mode);
/* Gives a file that is whole its name, in place of what has it; links are followed as by
 * files_replace. What it holds reaches the disk first. */
int files_move(const char *from, const char *to, struct err *err);
/* Removes a file of one's own; that there is none is no error, and others leave it there. */
void files_remove(const char *path);
/* Calls fn with each name in the folder (no "." and ".."), in strcmp order, is_dir told. At most
 * max names; of a folder that fails in the middle those before. */
int files_list(const char *dir, size_t max, void (*fn)(void *ctx, const char *name, bool is_dir),
    void *ctx, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A regular file read from its start, piece by piece: recordings are played and looked over so; or
 * pieces of it from anywhere. */
#ifndef TASMITE_IO_INFILE_H
#define TASMITE_IO_INFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tasmite/base/err.h"

struct infile;

/* NULL with err: it is not there, may not be read, or is no regular file (a pipe would hold the
 * loop). */
struct infile *infile_open(const char *path, struct err *err);
/* Bytes read, 0 at the end, a negative code with err. */
ssize_t infile_read(struct infile *f, void *dst, size_t n, struct err *err);
/* Its size in bytes. */
uint64_t infile_size(const struct infile *f);
/* n bytes from that offset, all of them; false: there are fewer, or they can't be read. */
bool infile_read_at(struct infile *f, uint64_t offset, void *dst, size_t n);
/* NULL allowed. */
void infile_close(struct infile *f);

#endif

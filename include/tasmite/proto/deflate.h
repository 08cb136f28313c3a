/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Deflate and inflate, over zlib, in pieces: what goes in and out is the caller's, nothing takes
 * longer than the piece given.
 */
#ifndef TASMITE_PROTO_DEFLATE_H
#define TASMITE_PROTO_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"

struct deflater;

/* zlib's form, level 9, window 32 KiB. All memory is taken here. */
struct deflater *deflater_new(void);
/* NULL is allowed. */
void deflater_free(struct deflater *d);
/* Begins a new stream. */
void deflater_reset(struct deflater *d);
/* Takes from in (*n becomes what was taken) and fills out (returns the bytes written). last: these
 * are the last ones; *end says that the stream is complete. */
size_t deflater_run(struct deflater *d, const uint8_t *in, size_t *n, bool last, uint8_t *out,
    size_t room, bool *end);

/* One sector of a stream of differences (stub_wire.h): a raw deflate stream of its own of n bytes, to
 * which the dict_n bytes before it (up to 32 KiB) are known. Returns its size; 0: it does not fit. */
size_t deflater_sector(struct deflater *d, const uint8_t *dict, size_t dict_n, const uint8_t *in,
    size_t n, uint8_t *out, size_t room);
/* Adler-32: start with 1, feed pieces. */
uint32_t deflate_adler(uint32_t adler, const uint8_t *bytes, size_t n);

/* True for the beginning of a gzip file. */
bool gunzip_is(const uint8_t *bytes, size_t n);
/* Unpacks a whole gzip file (all its members) into a fresh buffer of at most max bytes, to be freed
 * by free(). ERR_FORMAT: damaged (or cut short); ERR_RANGE: more than max. */
int gunzip(
    const uint8_t *bytes, size_t n, size_t max, uint8_t **out, size_t *out_n, struct err *err);

/* The same in pieces. */
struct gunzip;
/* bytes stay the caller's and unchanged until gunzip_free. NULL: no gzip file. */
struct gunzip *gunzip_new(const uint8_t *bytes, size_t n, size_t max);
/* NULL is allowed. */
void gunzip_free(struct gunzip *g);
/* Unpacks at most so many bytes more. ERR_AGAIN: there may be more; ERR_OK: that was all; ERR_FORMAT
 * and ERR_RANGE as above. */
int gunzip_step(struct gunzip *g, size_t most);
/* After ERR_OK, once: the bytes, for free(). */
uint8_t *gunzip_take(struct gunzip *g, size_t *n);

#endif

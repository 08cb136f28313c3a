/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A byte queue with a hard maximum: appended at the end, taken from the front. Also serves as a
 * growing byte array (append only).
 */
#ifndef TASMITE_BASE_BUF_H
#define TASMITE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data; /* start of the allocation */
	size_t start;  /* first byte in use */
	size_t len;    /* bytes in use */
	size_t cap;    /* size of the allocation */
	size_t max;    /* len never exceeds this */
};

/* Empty; allocates nothing yet. max > 0. */
void buf_init(struct buf *b, size_t max);
/* Frees what it holds; b may be used again after buf_init. */
void buf_fini(struct buf *b);
/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *b);
/* Appends all n bytes or nothing; false when they would exceed max. */
bool buf_append(struct buf *b, const void *p, size_t n);
/* Appends as much as fits; returns how much. */
size_t buf_append_some(struct buf *b, const void *p, size_t n);
bool buf_append_byte(struct buf *b, uint8_t byte);
/* The bytes in use (NULL allowed when empty); valid until the next call that changes b. */
const uint8_t *buf_bytes(const struct buf *b);
size_t buf_len(const struct buf *b);
size_t buf_space(const struct buf *b);
/* Drops n bytes from the front; n <= buf_len(b). */
void buf_consume(struct buf *b, size_t n);
/* Drops bytes from the end so that n remain; n <= buf_len(b). */
void buf_truncate(struct buf *b, size_t n);

#endif

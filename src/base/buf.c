/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A byte queue with a hard maximum. */
#include "tasmite/base/buf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"

void buf_init(struct buf *b, size_t max)
{
	assert(max > 0);
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void buf_fini(struct buf *b)
{
	free(b->data);
	b->data = NULL;
	b->start = b->len = b->cap = 0;
}

void buf_clear(struct buf *b)
{
	b->start = b->len = 0;
}

/* Makes room for n more bytes at the end; the caller has checked max. */
static void reserve(struct buf *b, size_t n)
{
	size_t want = b->len + n;
	size_t cap = b->cap ? b->cap : 64;

	if (b->start + want <= b->cap)
		return;
	if (b->start) {
		memmove(b->data, b->data + b->start, b->len);
		b->start = 0;
	}
	if (want <= b->cap)
		return;
	while (cap < want)
		cap *= 2;
	if (cap > b->max)
		cap = b->max;
	b->data = xrealloc(b->data, cap);
	b->cap = cap;
}

bool buf_append(struct buf *b, const void *p, size_t n)
{
	if (n > b->max - b->len)
		return false;
	if (!n)
		return true;
	reserve(b, n);
	memcpy(b->data + b->start + b->len, p, n);
	b->len += n;
	return true;
}

size_t buf_append_some(struct buf *b, const void *p, size_t n)
{
	size_t room = buf_space(b);

	if (n > room)
		n = room;
	(void)buf_append(b, p, n); /* n fits by construction */
	return n;
}

bool buf_append_byte(struct buf *b, uint8_t byte)
{
	return buf_append(b, &byte, 1);
}

const uint8_t *buf_bytes(const struct buf *b)
{
	return b->data ? b->data + b->start : NULL;
}

size_t buf_len(const struct buf *b)
{
	return b->len;
}

size_t buf_space(const struct buf *b)
{
	return b->max - b->len;
}

void buf_consume(struct buf *b, size_t n)
{
	assert(n <= b->len);
	b->start += n;
	b->len -= n;
	if (!b->len)
		b->start = 0;
}

void buf_truncate(struct buf *b, size_t n)
{
	assert(n <= b->len);
	b->len = n;
}

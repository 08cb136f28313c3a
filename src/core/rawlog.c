/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The raw recording: records in, records out. Files are hostile: every length is checked. */
#include "tasmite/core/rawlog.h"

#include <string.h>

#define MAGIC_LENGTH (sizeof(RAWLOG_MAGIC) - 1)
#define TIME_BYTES   10
#define LENGTH_BYTES 5
#define HEAD_MAX     (1 + TIME_BYTES + LENGTH_BYTES)

static size_t put_varint(uint8_t *dst, uint64_t v)
{
	size_t n = 0;

	while (v > 0x7f) {
		dst[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	dst[n++] = (uint8_t)v;
	return n;
}

static int put_one(
    struct buf *out, char kind, const void *bytes, size_t n, mono_t now, mono_t *last)
{
	uint8_t head[HEAD_MAX];
	size_t k = 0;

	head[k++] = (uint8_t)kind;
	/* A clock that went back is no reason to lose bytes. */
	k += put_varint(head + k, now > *last ? (uint64_t)(now - *last) : 0);
	k += put_varint(head + k, n);
	if (buf_space(out) < k + n)
		return ERR_NOMEM;
	(void)buf_append(out, head, k);
	if (n)
		(void)buf_append(out, bytes, n);
	*last = now;
	return ERR_OK;
}

int rawlog_put(struct buf *out, char kind, const void *bytes, size_t n, mono_t now, mono_t *last)
{
	const uint8_t *p = bytes;
	size_t before = buf_len(out);
	mono_t was = *last;

	do {
		size_t take = n < RAWLOG_MAX_RECORD ? n : RAWLOG_MAX_RECORD;
		int rc = put_one(out, kind, p, take, now, last);

		if (rc < 0) { /* all or nothing: half a message would be told as a whole one */
			buf_truncate(out, before);
			*last = was;
			return rc;
		}
		if (take)
			p += take;
		n -= take;
	} while (n);
	return ERR_OK;
}

void rawlog_reader_init(struct rawlog_reader *r)
{
	memset(r, 0, sizeof(*r));
}

static int damaged(const struct rawlog_reader *r, const char *what, struct err *err)
{
	return err_set(
	    err, ERR_FORMAT, 0, "damaged at byte %llu: %s", (unsigned long long)r->offset, what);
}

/* 1 with the value, 0 when more bytes are needed, ERR_FORMAT when it is too long. */
static int take_varint(const uint8_t *p, size_t n, size_t max, size_t *at, uint64_t *value)
{
	uint64_t v = 0;

	for (size_t i = 0; i < max; i++) {
		uint8_t b;

		if (*at + i >= n)
			return 0;
		b = p[*at + i];
		/* The tenth byte has room for one bit. */
		if (i == 9 && (b & 0x7e))
			return ERR_FORMAT;
		v |= (uint64_t)(b & 0x7f) << (7 * i);
		if (!(b & 0x80)) {
			*at += i + 1;
			*value = v;
			return 1;
		}
	}
	return ERR_FORMAT;
}

static int take_magic(
    struct rawlog_reader *r, const uint8_t *bytes, size_t n, size_t *used, struct err *err)
{
	size_t have = n < MAGIC_LENGTH ? n : MAGIC_LENGTH;

	if (have && memcmp(bytes, RAWLOG_MAGIC, have) != 0)
		return err_set(err, ERR_FORMAT, 0, "this is no raw recording");
	if (n < MAGIC_LENGTH)
		return 0;
	r->begun = true;
	r->offset += MAGIC_LENGTH;
	*used = MAGIC_LENGTH;
	return 1;
}

int rawlog_next(struct rawlog_reader *r, const uint8_t *bytes, size_t n, size_t *used,
    struct rawlog_record *rec, struct err *err)
{
	size_t begin, at;
	uint64_t delta, length;
	int rc;

	*used = 0;
	if (!r->begun) {
		rc = take_magic(r, bytes, n, used, err);
		if (rc <= 0) {
			r->cut = n > 0;
			return rc;
		}
	}
	begin = *used;
	r->cut = n > begin;
	if (!r->cut)
		return 0;
	at = begin + 1;
	rc = take_varint(bytes, n, TIME_BYTES, &at, &delta);
	if (rc < 0 || (rc > 0 && delta > INT64_MAX))
		return damaged(r, "a time is too long", err);
	if (rc > 0) {
		rc = take_varint(bytes, n, LENGTH_BYTES, &at, &length);
		if (rc < 0 || (rc > 0 && length > RAWLOG_MAX_RECORD))
			return damaged(r, "a record is too long", err);
	}
	if (!rc || n - at < length)
		return 0;
	rec->kind = (char)bytes[begin];
	rec->delta_us = (int64_t)delta;
	rec->bytes = bytes + at;
	rec->n = (size_t)length;
	r->offset += at + length - begin;
	*used = at + (size_t)length;
	r->cut = false;
	return 1;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Deflate and gunzip over zlib. */
#include "tasmite/proto/deflate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "tasmite/base/xalloc.h"

#define DEFLATE_LEVEL  9
#define DEFLATE_WINDOW 15 /* bits */
#define DEFLATE_MEMORY 9  /* the most zlib takes: the longest blocks */
/* windowBits of inflateInit2 for the gzip form. */
#define GUNZIP_BITS (16 + 15)
#define GUNZIP_STEP (64u * 1024)

struct deflater {
	z_stream z;
	z_stream raw; /* without header and sum */
};

struct deflater *deflater_new(void)
{
	struct deflater *d = xcalloc(1, sizeof *d);
	if (deflateInit2(&d->z, DEFLATE_LEVEL, Z_DEFLATED, DEFLATE_WINDOW, DEFLATE_MEMORY,
		Z_DEFAULT_STRATEGY) != Z_OK ||
	    deflateInit2(&d->raw, DEFLATE_LEVEL, Z_DEFLATED, -DEFLATE_WINDOW, DEFLATE_MEMORY,
		Z_DEFAULT_STRATEGY) != Z_OK)
		xalloc_die("zlib can't begin to deflate");
	return d;
}

void deflater_free(struct deflater *d)
{
	if (!d)
		return;
	deflateEnd(&d->z);
	deflateEnd(&d->raw);
	free(d);
}

void deflater_reset(struct deflater *d)
{
	if (deflateReset(&d->z) != Z_OK)
		xalloc_die("zlib can't begin anew");
}

static unsigned deflate_bound(size_t n)
{
	return n > UINT_MAX ? UINT_MAX : (unsigned)n;
}

size_t deflater_run(struct deflater *d, const uint8_t *in, size_t *n, bool last, uint8_t *out,
    size_t room, bool *end)
{
	unsigned have = deflate_bound(*n), space = deflate_bound(room);
	/* zlib's type lacks the const unless ZLIB_CONST is defined, which its header then keeps. */
	union {
		const uint8_t *in;
		Bytef *next;
	} from = {.in = in};
	d->z.next_in = from.next;
	d->z.avail_in = have;
	d->z.next_out = out;
	d->z.avail_out = space;
	/* No input, no room: Z_BUF_ERROR, which changes nothing. */
	int rc = deflate(&d->z, last && have == *n ? Z_FINISH : Z_NO_FLUSH);
	*n = have - d->z.avail_in;
	*end = rc == Z_STREAM_END;
	return space - d->z.avail_out;
}

size_t deflater_sector(struct deflater *d, const uint8_t *dict, size_t dict_n, const uint8_t *in,
    size_t n, uint8_t *out, size_t room)
{
	union {
		const uint8_t *in;
		Bytef *next;
	} from = {.in = in};
	if (deflateReset(&d->raw) != Z_OK ||
	    (dict_n > 0 && deflateSetDictionary(&d->raw, dict, deflate_bound(dict_n)) != Z_OK))
		xalloc_die("zlib can't begin anew");
	d->raw.next_in = from.next;
	d->raw.avail_in = deflate_bound(n);
	d->raw.next_out = out;
	d->raw.avail_out = deflate_bound(room);
	if (deflate(&d->raw, Z_FINISH) != Z_STREAM_END)
		return 0;
	return room - d->raw.avail_out;
}

uint32_t deflate_adler(uint32_t adler, const uint8_t *bytes, size_t n)
{
	return (uint32_t)adler32(adler, bytes, deflate_bound(n));
}

bool gunzip_is(const uint8_t *bytes, size_t n)
{
	return n >= 3 && bytes[0] == 0x1F && bytes[1] == 0x8B && bytes[2] == 8;
}

struct gunzip {
	z_stream z;
	uint8_t *out;
	size_t n, room, max;
};

/* Room for more, up to one byte beyond max, which tells that there is more. */
static bool gunzip_grow(struct gunzip *g)
{
	if (g->n < g->room)
		return true;
	if (g->room > g->max)
		return false;
	g->room = g->room < g->max / 2 ? 2 * g->room + GUNZIP_STEP : g->max + 1;
	g->out = xrealloc(g->out, g->room);
	return true;
}

struct gunzip *gunzip_new(const uint8_t *bytes, size_t n, size_t max)
{
	union {
		const uint8_t *in;
		Bytef *next;
	} from = {.in = bytes};
	struct gunzip *g;
	if (n > UINT_MAX || !gunzip_is(bytes, n))
		return NULL;
	g = xcalloc(1, sizeof *g);
	g->max = max;
	if (inflateInit2(&g->z, GUNZIP_BITS) != Z_OK)
		xalloc_die("zlib can't begin to inflate");
	g->z.next_in = from.next;
	g->z.avail_in = (unsigned)n;
	return g;
}

void gunzip_free(struct gunzip *g)
{
	if (!g)
		return;
	inflateEnd(&g->z);
	free(g->out);
	free(g);
}

/* Members may follow each other; padding behind the last one is passed over, as gzip does. */
static bool gunzip_next_member(struct gunzip *g)
{
	if (!gunzip_is(g->z.next_in, g->z.avail_in))
		return false;
	if (inflateReset(&g->z) != Z_OK)
		xalloc_die("zlib can't begin anew");
	return true;
}

int gunzip_step(struct gunzip *g, size_t most)
{
	while (most) {
		if (!gunzip_grow(g))
			return ERR_RANGE;
		size_t room = g->room - g->n < most ? g->room - g->n : most;
		unsigned space = deflate_bound(room);
		g->z.next_out = g->out + g->n;
		g->z.avail_out = space;
		int rc = inflate(&g->z, Z_NO_FLUSH);
		g->n += space - g->z.avail_out;
		most -= space - g->z.avail_out;
		if (g->n > g->max)
			return ERR_RANGE;
		if (rc == Z_STREAM_END && !gunzip_next_member(g))
			return ERR_OK;
		if (rc != Z_OK && rc != Z_STREAM_END)
			return ERR_FORMAT;
	}
	return ERR_AGAIN;
}

uint8_t *gunzip_take(struct gunzip *g, size_t *n)
{
	uint8_t *out = g->out ? g->out : xmalloc(1);
	*n = g->n;
	g->out = NULL;
	g->n = g->room = 0;
	return out;
}

int gunzip(
    const uint8_t *bytes, size_t n, size_t max, uint8_t **out, size_t *out_n, struct err *err)
{
	struct gunzip *g = gunzip_new(bytes, n, max);
	int code = g ? gunzip_step(g, SIZE_MAX) : ERR_FORMAT;
	*out = NULL;
	*out_n = 0;
	if (code == ERR_OK)
		*out = gunzip_take(g, out_n);
	gunzip_free(g);
	if (code == ERR_OK)
		return err_set(err, ERR_OK, 0, "%s", "");
	if (code == ERR_RANGE)
		return err_set(err, code, 0, "unpacked it has more than %zu bytes", max);
	return err_set(
	    err, ERR_FORMAT, 0, "the gzip file is damaged or cut short: download or copy it again");
}

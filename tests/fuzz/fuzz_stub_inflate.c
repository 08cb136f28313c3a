/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stub's inflate against zlib's: the same bytes or the same refusal, whatever comes. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define STUB_NATIVE
#define STUB_CALL /* the rest is not there */
#include "../../src/proto/stub/esp8266/stub.h"
#include "../../src/proto/stub/esp8266/inflate.c"

#define OUT_MAX 0x30000u
#define PIECE	97u /* bytes that come at once */

static const uint8_t *rest, *end;
static uint8_t *out;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

uint32_t chip_cycles(void)
{
	static uint32_t now;

	return now += 50;
}

bool write_more(struct stub *s)
{
	size_t n = (size_t)(end - rest) < PIECE ? (size_t)(end - rest) : PIECE;

	s->in = rest;
	rest += n;
	s->in_end = rest;
	return n > 0;
}

/* The flash takes what was made. */
static void drain(struct stub *s)
{
	for (; s->done != s->made; s->done++)
		out[s->done] = ((const uint8_t *)s->dict)[s->done % DICT_SIZE];
}

bool write_wait(struct stub *s, uint32_t n)
{
	if (n > s->total - s->made)
		return false;
	drain(s);
	return true;
}

void stub_work(struct stub *s, uint32_t now)
{
	s->tick_at = now + 1500;
}

/* No stream of differences is asked for here. */
bool delta_sector(struct stub *s, uint32_t parts)
{
	(void)s;
	(void)parts;
	abort();
}

void delta_add(struct stub *s)
{
	(void)s;
	abort();
}

/* How zlib takes it: bytes, or ~0. */
static size_t reference(const uint8_t *data, size_t size, uint8_t *to)
{
	z_stream z;
	int rc;

	memset(&z, 0, sizeof z);
	if (inflateInit(&z) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)size;
	z.next_out = to;
	z.avail_out = OUT_MAX;
	rc = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return rc == Z_STREAM_END ? z.total_out : ~(size_t)0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *want = malloc(OUT_MAX);
	struct stub *s = calloc(1, sizeof *s);
	size_t n;
	bool good;

	out = malloc(OUT_MAX);
	if (!want || !s || !out)
		abort();
	rest = data;
	end = data + size;
	s->total = s->piece_end = OUT_MAX;
	n = reference(data, size, want);
	good = inflate_stream(s);
	drain(s);
	if (good != (n != ~(size_t)0) || (good && (s->made != n || memcmp(out, want, n) != 0)))
		abort();
	free(want);
	free(out);
	free(s);
	return 0;
}

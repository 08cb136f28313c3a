/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a gzip file: never more than was allowed, and the same as zlib makes of it member by
 * member. The bytes themselves, deflated in pieces and by sectors, come back as they were.
 */
#include "fuzz.h"

#include <zlib.h>

#include "tasmite/proto/deflate.h"

#define OUT_MAX 65536u
#define SECTOR	4096u

/* All members by zlib, without what stands behind the last; SIZE_MAX: damaged or too long. */
static size_t reference(const uint8_t *p, size_t n, uint8_t *out)
{
	size_t made = 0;

	if (!gunzip_is(p, n))
		return SIZE_MAX;
	while (gunzip_is(p, n)) {
		z_stream z;
		int rc;

		memset(&z, 0, sizeof(z));
		require(inflateInit2(&z, 15 + 16) == Z_OK);
		z.next_in = (Bytef *)(uintptr_t)p;
		z.avail_in = (uInt)n;
		z.next_out = out + made;
		z.avail_out = (uInt)(OUT_MAX - made);
		rc = inflate(&z, Z_FINISH);
		made = OUT_MAX - z.avail_out;
		p += n - z.avail_in;
		n = z.avail_in;
		inflateEnd(&z);
		if (rc != Z_STREAM_END)
			return SIZE_MAX;
	}
	return made;
}

static void unpack(const uint8_t *p, size_t n)
{
	uint8_t *want = malloc(OUT_MAX), *out = NULL;
	size_t out_n = 0, want_n;
	struct err err = {0};
	int rc = gunzip(p, n, OUT_MAX, &out, &out_n, &err);

	require(want != NULL);
	want_n = reference(p, n, want);
	require((rc == ERR_OK) == (want_n != SIZE_MAX));
	if (rc == ERR_OK) {
		require(out_n <= OUT_MAX && want_n == out_n);
		require(!out_n || !memcmp(out, want, out_n));
		free(out);
	} else {
		require(err.text[0] && !out);
	}
	free(want);
}

static void inflate_all(const uint8_t *p, size_t n, int form, const uint8_t *dict, size_t dict_n,
    const uint8_t *want, size_t want_n)
{
	uint8_t *out = malloc(want_n + 1);
	z_stream z;

	require(out != NULL);
	memset(&z, 0, sizeof(z));
	require(inflateInit2(&z, form) == Z_OK);
	if (dict_n)
		require(inflateSetDictionary(&z, dict, (uInt)dict_n) == Z_OK);
	z.next_in = (Bytef *)(uintptr_t)p;
	z.avail_in = (uInt)n;
	z.next_out = out;
	z.avail_out = (uInt)want_n + 1;
	require(inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0);
	require(z.total_out == want_n && !memcmp(out, want, want_n));
	inflateEnd(&z);
	free(out);
}

static void pack(struct deflater *d, const uint8_t *p, size_t n)
{
	size_t cap = n + n / 8 + 1024, made = 0, at = 0;
	uint8_t *out = malloc(cap);
	bool end = false;

	require(out != NULL);
	deflater_reset(d);
	while (!end) {
		size_t take = n - at < 777 ? n - at : 777, given = take;

		made += deflater_run(d, p + at, &take, at + given == n, out + made,
		    cap - made < 100 ? cap - made : 100, &end);
		require(take <= given && made <= cap);
		at += take;
	}
	require(at == n);
	inflate_all(out, made, 15, NULL, 0, p, n);
	free(out);
}

static void pack_sector(struct deflater *d, const uint8_t *p, size_t n)
{
	size_t dict_n = n / 2 < 32768 ? n / 2 : 32768, rest = n - dict_n, made;
	uint8_t out[SECTOR];

	if (rest > SECTOR)
		rest = SECTOR;
	made = deflater_sector(d, p, dict_n, p + dict_n, rest, out, sizeof(out));
	require(made <= sizeof(out));
	if (made)
		inflate_all(out, made, -15, p, dict_n, p + dict_n, rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t none;
	struct deflater *d = deflater_new();

	unpack(data, n);
	pack(d, n ? data : &none, n);
	if (n > 1)
		pack_sector(d, data, n);
	deflater_free(d);
	return 0;
}

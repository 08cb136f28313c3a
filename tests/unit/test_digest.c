/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests, deflate and gunzip against published values and zlib's own other half. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "tasmite/proto/deflate.h"
#include "tasmite/proto/digest.h"

#define BIG 300000u

static uint8_t big[BIG];

/* RFC 1321, FIPS 180-2, and the check value of CRC-32. */
static void digest__gives__published_values(void **state)
{
	(void)state;
	uint8_t out[DIGEST_SHA256_SIZE];
	char hex[2 * DIGEST_SHA256_SIZE + 1];
	digest_md5("", 0, out);
	digest_hex(out, DIGEST_MD5_SIZE, hex);
	assert_string_equal(hex, "d41d8cd98f00b204e9800998ecf8427e");
	digest_md5("message digest", 14, out);
	digest_hex(out, DIGEST_MD5_SIZE, hex);
	assert_string_equal(hex, "f96b697d7cb7938d525a2f31aaf161d0");
	digest_sha256("abc", 3, out);
	digest_hex(out, DIGEST_SHA256_SIZE, hex);
	assert_string_equal(
	    hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(digest_crc32(0, "123456789", 9), 0xCBF43926);
	assert_int_equal(digest_crc32(digest_crc32(0, "1234", 4), "56789", 5), 0xCBF43926);
}

static void digest__adds_up__in_pieces(void **state)
{
	(void)state;
	struct digest_md5 d;
	uint8_t whole[DIGEST_MD5_SIZE], pieces[DIGEST_MD5_SIZE];
	digest_md5(big, BIG, whole);
	digest_md5_begin(&d);
	for (size_t i = 0, n = 1; i < BIG; i += n, n = n * 7 % 5003) {
		if (n > BIG - i)
			n = BIG - i;
		digest_md5_add(&d, big + i, n);
	}
	digest_md5_end(&d, pieces);
	assert_memory_equal(whole, pieces, DIGEST_MD5_SIZE);
}

static void deflater__packs__in_pieces_of_any_size(void **state)
{
	(void)state;
	static uint8_t out[2 * BIG], back[BIG];
	struct deflater *d = deflater_new();
	for (int round = 0; round < 2; round++) {
		size_t in = 0, o = 0;
		bool end = false;
		deflater_reset(d);
		for (unsigned step = 1; !end; step++) {
			size_t n = step * 37 % 4099, room = step * 53 % 1500 + 1;
			n = n < BIG - in ? n : BIG - in;
			bool last = in + n == BIG;
			assert_true(o + room <= sizeof out);
			o += deflater_run(d, big + in, &n, last, out + o, room, &end);
			in += n;
		}
		uLongf size = sizeof back, best = compressBound(BIG);
		uint8_t *other = malloc(best);
		assert_int_equal(in, BIG);
		assert_int_equal(uncompress(back, &size, out, o), Z_OK);
		assert_int_equal(size, BIG);
		assert_memory_equal(back, big, BIG);
		assert_int_equal(compress2(other, &best, big, BIG, 9), Z_OK);
		assert_true(o <= best + best / 100); /* the best level */
		free(other);
	}
	deflater_free(d);
	deflater_free(NULL);
}

static size_t gzip(const uint8_t *in, size_t n, uint8_t *out, size_t room)
{
	z_stream z = {0};
	union {
		const uint8_t *in;
		Bytef *next;
	} from = {.in = in};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = from.next;
	z.avail_in = (unsigned)n;
	z.next_out = out;
	z.avail_out = (unsigned)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size_t used = room - z.avail_out;
	deflateEnd(&z);
	return used;
}

static void gunzip__unpacks__all_members(void **state)
{
	(void)state;
	static uint8_t packed[2 * BIG];
	uint8_t *out;
	size_t n, size = gzip(big, 200000, packed, sizeof packed);
	struct err err;
	size += gzip(big + 200000, BIG - 200000, packed + size, sizeof packed - size);
	assert_true(gunzip_is(packed, size));
	assert_false(gunzip_is(big, BIG));
	assert_int_equal(gunzip(packed, size, BIG, &out, &n, &err), ERR_OK);
	assert_int_equal(n, BIG);
	assert_memory_equal(out, big, BIG);
	free(out);
	/* one byte too small; cut at every place of the end; damaged */
	assert_int_equal(gunzip(packed, size, BIG - 1, &out, &n, &err), ERR_RANGE);
	assert_null(out);
	for (size_t cut = 1; cut < 20; cut++)
		assert_int_equal(gunzip(packed, size - cut, BIG, &out, &n, &err), ERR_FORMAT);
	packed[1000] ^= 0x55;
	assert_int_equal(gunzip(packed, size, BIG, &out, &n, &err), ERR_FORMAT);
	assert_int_equal(gunzip(big, 100, BIG, &out, &n, &err), ERR_FORMAT);
	assert_int_equal(gunzip(packed, 0, BIG, &out, &n, &err), ERR_FORMAT);
}

static void gunzip_step__gives_the_same__in_pieces(void **state)
{
	(void)state;
	static uint8_t packed[2 * BIG];
	size_t size = gzip(big, BIG / 2, packed, sizeof packed), n = 0, steps = 1;
	size += gzip(big + BIG / 2, BIG - BIG / 2, packed + size, sizeof packed - size);
	struct gunzip *g = gunzip_new(packed, size, BIG);
	assert_non_null(g);
	int rc;
	while ((rc = gunzip_step(g, 1000)) == ERR_AGAIN)
		steps++;
	assert_int_equal(rc, ERR_OK);
	assert_true(steps >= BIG / 1000 && steps < BIG / 1000 + 10);
	uint8_t *out = gunzip_take(g, &n);
	assert_int_equal(n, BIG);
	assert_memory_equal(out, big, BIG);
	free(out);
	gunzip_free(g);
	g = gunzip_new(packed, size - 9, BIG);
	while ((rc = gunzip_step(g, 1000)) == ERR_AGAIN)
		continue;
	assert_int_equal(rc, ERR_FORMAT);
	gunzip_free(g);
	assert_null(gunzip_new(big, BIG, BIG));
}

static void gunzip__unpacks__nothing_at_all(void **state)
{
	(void)state;
	uint8_t packed[64], *out;
	size_t n, size = gzip(big, 0, packed, sizeof packed);
	assert_int_equal(gunzip(packed, size, 10, &out, &n, NULL), ERR_OK);
	assert_int_equal(n, 0);
	assert_non_null(out);
	free(out);
}

static int setup(void **state)
{
	(void)state;
	uint64_t s = 88172645463325252ull;
	for (size_t i = 0; i < BIG; i++) {
		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
		big[i] = s % 5 ? (uint8_t) "tasmota "[i % 8] : (uint8_t)(s >> 32);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(digest__gives__published_values),
	    cmocka_unit_test(digest__adds_up__in_pieces),
	    cmocka_unit_test(deflater__packs__in_pieces_of_any_size),
	    cmocka_unit_test(gunzip__unpacks__all_members),
	    cmocka_unit_test(gunzip_step__gives_the_same__in_pieces),
	    cmocka_unit_test(gunzip__unpacks__nothing_at_all),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}

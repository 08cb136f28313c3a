/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MD5 and SHA-256 over libmd, CRC-32 over a table of its own (zlib.h is deflate.c's). */
#include "tasmite/proto/digest.h"

#include <string.h>

#include <md5.h>
#include <sha2.h>

_Static_assert(sizeof(struct digest_md5) >= sizeof(MD5_CTX), "libmd's MD5 state fits");

void digest_md5_begin(struct digest_md5 *d)
{
	MD5_CTX ctx;
	MD5Init(&ctx);
	memcpy(d->opaque, &ctx, sizeof ctx);
}

void digest_md5_add(struct digest_md5 *d, const void *bytes, size_t n)
{
	MD5_CTX ctx;
	memcpy(&ctx, d->opaque, sizeof ctx);
	MD5Update(&ctx, bytes, n);
	memcpy(d->opaque, &ctx, sizeof ctx);
}

void digest_md5_end(struct digest_md5 *d, uint8_t out[DIGEST_MD5_SIZE])
{
	MD5_CTX ctx;
	memcpy(&ctx, d->opaque, sizeof ctx);
	MD5Final(out, &ctx);
}

void digest_md5(const void *bytes, size_t n, uint8_t out[DIGEST_MD5_SIZE])
{
	MD5_CTX ctx;
	MD5Init(&ctx);
	MD5Update(&ctx, bytes, n);
	MD5Final(out, &ctx);
}

void digest_sha256(const void *bytes, size_t n, uint8_t out[DIGEST_SHA256_SIZE])
{
	SHA2_CTX ctx;
	SHA256Init(&ctx);
	SHA256Update(&ctx, bytes, n);
	SHA256Final(out, &ctx);
}

/* The reflected polynomial EDB88320, four bits a step. */
uint32_t digest_crc32(uint32_t crc, const void *bytes, size_t n)
{
	static const uint32_t step[16] = {0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC,
	    0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C, 0xEDB88320, 0xF00F9344, 0xD6D6A3E8,
	    0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C};
	const uint8_t *p = bytes;
	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		crc = crc >> 4 ^ step[crc & 15];
		crc = crc >> 4 ^ step[crc & 15];
	}
	return ~crc;
}

void digest_hex(const uint8_t *bytes, size_t n, char *dst)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < n; i++) {
		dst[2 * i] = digits[bytes[i] >> 4];
		dst[2 * i + 1] = digits[bytes[i] & 15];
	}
	dst[2 * n] = '\0';
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MD5, SHA-256 (libmd) and CRC-32. */
#ifndef TASMITE_PROTO_DIGEST_H
#define TASMITE_PROTO_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_MD5_SIZE	   16
#define DIGEST_SHA256_SIZE 32

/* The digest of n bytes, at once. */
void digest_md5(const void *bytes, size_t n, uint8_t out[DIGEST_MD5_SIZE]);
/* The same with SHA-256. */
void digest_sha256(const void *bytes, size_t n, uint8_t out[DIGEST_SHA256_SIZE]);
/* In pieces: begin, any number of adds, end. The state is the caller's. */
struct digest_md5 {
	uint64_t opaque[16];
};
/* A new digest; forgets what was added before. */
void digest_md5_begin(struct digest_md5 *d);
/* n more bytes. */
void digest_md5_add(struct digest_md5 *d, const void *bytes, size_t n);
/* The digest of all that was added; then begin again. */
void digest_md5_end(struct digest_md5 *d, uint8_t out[DIGEST_MD5_SIZE]);
/* CRC-32 of zlib: start with crc 0, feed pieces. */
uint32_t digest_crc32(uint32_t crc, const void *bytes, size_t n);
/* "d41d8cd9..." ; dst holds 2 * n + 1 characters. */
void digest_hex(const uint8_t *bytes, size_t n, char *dst);

#endif

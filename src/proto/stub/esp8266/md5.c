/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MD5 (RFC 1321) over words as the SPI controller gives them, four steps at a time. */
#include "stub.h"

#ifdef __XTENSA__
#pragma GCC optimize("O2", "no-tree-loop-distribute-patterns") /* for speed: here it counts */
#endif

static const uint32_t sines[64] = {0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf,
    0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122,
    0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
    0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905,
    0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44,
    0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039,
    0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3,
    0x8f0ccc92, 0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82,
    0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

#define F(x, y, z)   ((z) ^ ((x) & ((y) ^ (z))))
#define G(x, y, z)   ((y) ^ ((z) & ((x) ^ (y))))
#define H(x, y, z)   ((x) ^ (y) ^ (z))
#define I(x, y, z)   ((y) ^ ((x) | ~(z)))
#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define STEP(f, a, b, c, d, n, inc)                            \
	do {                                                   \
		(a) += f(b, c, d) + words[at & 15u] + *sine++; \
		(a) = (b) + ROTATE(a, n);                      \
		at += (inc);                                   \
	} while (0)
#define ROUND(f, first, inc, n1, n2, n3, n4)     \
	for (at = (first), i = 0; i < 4u; i++) { \
		STEP(f, a, b, c, d, n1, inc);    \
		STEP(f, d, a, b, c, n2, inc);    \
		STEP(f, c, d, a, b, n3, inc);    \
		STEP(f, b, c, d, a, n4, inc);    \
	}

void md5_begin(struct md5 *m)
{
	m->state[0] = 0x67452301u;
	m->state[1] = 0xefcdab89u;
	m->state[2] = 0x98badcfeu;
	m->state[3] = 0x10325476u;
	m->bytes = 0;
}

void md5_block(struct md5 *m, const uint32_t *words)
{
	const uint32_t *sine = sines;
	uint32_t a = m->state[0], b = m->state[1], c = m->state[2], d = m->state[3], at, i;

	ROUND(F, 0u, 1u, 7, 12, 17, 22)
	ROUND(G, 1u, 5u, 5, 9, 14, 20)
	ROUND(H, 5u, 3u, 4, 11, 16, 23)
	ROUND(I, 0u, 7u, 6, 10, 15, 21)
	m->state[0] += a;
	m->state[1] += b;
	m->state[2] += c;
	m->state[3] += d;
	m->bytes += CHUNK;
}

void md5_end(struct md5 *m, uint32_t *words, uint32_t n)
{
	uint32_t bytes = m->bytes + n, i = n / 4u, part = n % 4u * 8u;

	words[i] = (part ? words[i] & ((1u << part) - 1u) : 0) | 0x80u << part;
	for (i++; i < CHUNK_WORDS; i++)
		words[i] = 0;
	if (n >= 56u) {
		md5_block(m, words);
		for (i = 0; i < CHUNK_WORDS; i++)
			words[i] = 0;
	}
	words[14] = bytes << 3;
	words[15] = bytes >> 29;
	md5_block(m, words);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which old bytes a piece of new data is like: greedily, with the next few bytes as the judge. */
#include "differ.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"

#define GRAM	8u /* bytes that must be the same to look at a place */
#define HASHES	32768u
#define END	0xFFFFu
#define CHAIN	48u /* places looked at */
#define JUDGE	32u /* bytes that are compared */
#define CONTENT 24u /* so many of them the same: it goes on */
#define LEAST	10u /* fewer: like nothing */
#define SWITCH	4u  /* what another part costs, in bytes */
#define PROBES	5u
#define STRIDE	3u /* an instruction */

struct differ {
	uint16_t head[HASHES], next[DIFFER_OLD_MAX];
	const uint8_t *old, *bytes;
	const bool *known;
	size_t old_n, n;
};

struct differ *differ_new(void)
{
	return xcalloc(1, sizeof(struct differ));
}

void differ_free(struct differ *d)
{
	free(d);
}

static uint32_t differ_hash(const uint8_t *p)
{
	uint32_t a, b;
	memcpy(&a, p, 4);
	memcpy(&b, p + 4, 4);
	return ((a * 2654435761u) ^ (b * 2246822519u)) >> 17;
}

static bool differ_usable(const struct differ *d, size_t at)
{
	return at < d->old_n && d->known[at / DIFFER_UNIT];
}

static void differ_index(struct differ *d)
{
	memset(d->head, 0xFF, sizeof d->head);
	for (size_t i = d->old_n >= GRAM ? d->old_n - GRAM + 1 : 0; i-- > 0;) {
		if (!d->known[i / DIFFER_UNIT] || !d->known[(i + GRAM - 1) / DIFFER_UNIT])
			continue;
		uint32_t h = differ_hash(d->old + i);
		d->next[i] = d->head[h];
		d->head[h] = (uint16_t)i;
	}
}

/* How many of the next bytes are the same with the old ones there; `at` may be before the begin. */
static unsigned differ_score(const struct differ *d, size_t i, size_t at)
{
	unsigned same = 0;
	for (size_t k = 0; k < JUDGE && i + k < d->n; k++)
		same += differ_usable(d, at + k) && d->old[at + k] == d->bytes[i + k];
	return same;
}

/* A better place for the bytes from i on than `at` with its score; or at. */
static size_t differ_better(const struct differ *d, size_t i, size_t at, unsigned score)
{
	size_t best = at;
	for (size_t q = 0; q < PROBES * STRIDE && i + q + GRAM <= d->n; q += STRIDE) {
		uint16_t p = d->head[differ_hash(d->bytes + i + q)];
		for (unsigned k = 0; p != END && k < CHAIN; p = d->next[p], k++) {
			if (p < q || p - q == best ||
			    memcmp(d->old + p, d->bytes + i + q, GRAM) != 0)
				continue;
			unsigned s = differ_score(d, i, p - q);
			if (s > score + SWITCH) {
				score = s - SWITCH;
				best = p - q;
			}
		}
	}
	return score < LEAST || !differ_usable(d, best) ? DIFFER_NONE : best;
}

/* Where the bytes from i on are to be taken from, when so far it was `at`. */
static size_t differ_place(const struct differ *d, size_t i, size_t at)
{
	if (at != DIFFER_NONE && differ_usable(d, at) && d->old[at] == d->bytes[i])
		return at;
	unsigned score = at == DIFFER_NONE ? 0 : differ_score(d, i, at);
	if (score >= CONTENT && differ_usable(d, at))
		return at;
	return differ_better(d, i, at, score);
}

size_t differ_find(struct differ *d, const uint8_t *old, size_t old_n,
    const bool known[DIFFER_OLD_MAX / DIFFER_UNIT], const uint8_t *bytes, size_t n, uint16_t hint,
    struct differ_part *parts, size_t most)
{
	size_t count = 0, at = hint;
	assert(old_n <= DIFFER_OLD_MAX && n <= DIFFER_NEW_MAX && most >= 2);
	d->old = old;
	d->old_n = old_n;
	d->known = known;
	d->bytes = bytes;
	d->n = n;
	differ_index(d);
	for (size_t i = 0; i < n; i++) {
		size_t now = count < most	    ? differ_place(d, i, at)
			     : differ_usable(d, at) ? at
						    : DIFFER_NONE;
		if (count == 0 || now != at) {
			if (count == most) {
				/* No room for another one: the last one is the bytes themselves. */
				parts[most - 1].length =
				    (uint16_t)(parts[most - 1].length + (n - i));
				parts[most - 1].old = DIFFER_NONE;
				return count;
			}
			parts[count++] = (struct differ_part){.old = (uint16_t)now};
		}
		parts[count - 1].length++;
		at = now == DIFFER_NONE ? DIFFER_NONE : now + 1;
	}
	return count;
}

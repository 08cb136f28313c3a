/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds many byte strings in one pass, one table look-up a byte (Aho and Corasick, "Efficient
 * string matching: an aid to bibliographic search", 1975, as a complete automaton).
 *
 * A state is the index of its row in `next`. The rows of states in which a pattern ends come last,
 * so that `state >= accept` is the whole test.
 */
#ifndef TASMITE_CORE_TASMOTA_ACDFA_H
#define TASMITE_CORE_TASMOTA_ACDFA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct acdfa_pattern {
	const uint8_t *bytes;
	size_t len; /* 1..65535 */
};

struct acdfa_info {
	uint16_t match; /* length of the longest pattern that ends here, 0: none */
	uint16_t hold; /* so many last bytes may be the beginning of a pattern and are not known yet
			   to be one */
	uint16_t id;   /* index of the pattern that ends here */
};

struct acdfa {
	uint32_t *next;		 /* [state + cls[byte]] */
	struct acdfa_info *info; /* [state / ncls] */
	uint16_t cls[256];
	uint32_t ncls;
	uint32_t start;
	uint32_t accept;
};

/* fold: ASCII letters match in either case; patterns are given in lower case. No patterns: an
 * automaton that never accepts. The sum of lengths must be below 65536. */
void acdfa_init(struct acdfa *d, const struct acdfa_pattern *patterns, size_t count, bool fold);
void acdfa_fini(struct acdfa *d);

static inline uint32_t acdfa_step(const struct acdfa *d, uint32_t state, uint8_t byte)
{
	return d->next[state + d->cls[byte]];
}

static inline const struct acdfa_info *acdfa_at(const struct acdfa *d, uint32_t state)
{
	return &d->info[state / d->ncls];
}

#endif

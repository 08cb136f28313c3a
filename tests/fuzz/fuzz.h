/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What fuzzers share: the entry, a property that must hold, and the input taken piece by piece. */
#ifndef TASMITE_TESTS_FUZZ_H
#define TASMITE_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A fuzzer sees a broken property as a crash. */
static inline void require(bool ok)
{
	if (!ok)
		abort();
}

struct input {
	const uint8_t *p;
	size_t n, at;
};

static inline bool input_more(const struct input *in)
{
	return in->at < in->n;
}

/* The next byte, 0 behind the end. */
static inline uint8_t input_byte(struct input *in)
{
	return in->at < in->n ? in->p[in->at++] : 0;
}

/* At most max bytes as a text without NUL, up to the next LF or NUL, which is taken too. To be
 * freed. */
static inline char *input_line(struct input *in, size_t max)
{
	size_t from = in->at, n = 0;
	char *s;

	while (n < max && from + n < in->n && in->p[from + n] && in->p[from + n] != '\n')
		n++;
	s = malloc(n + 1);
	require(s != NULL);
	if (n)
		memcpy(s, in->p + from, n);
	s[n] = '\0';
	in->at = from + n + (from + n < in->n && n < max);
	return s;
}

/* All that is left as a text, cut at its first NUL. To be freed. */
static inline char *input_text(struct input *in)
{
	size_t n = in->n - in->at;
	char *s = malloc(n + 1);

	require(s != NULL);
	if (n)
		memcpy(s, in->p + in->at, n);
	s[n] = '\0';
	in->at = in->n;
	return s;
}

#endif

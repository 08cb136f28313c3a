/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log under any sequence of calls: the input is a program of them (one byte of operation and
 * length, then the bytes). Everything that can be read must be in order, in bounds and as long as
 * what went in; the doctor gets some of the lines.
 */
#include <stdlib.h>

#include "tasmite/core/lines.h"
#include "tasmite/core/tasmota/doctor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(int ok)
{
	if (!ok)
		abort();
}

static size_t one_call(struct lines *l, const uint8_t *p, size_t n, mono_t now)
{
	size_t len = p[0] & 31;

	if (len > n - 1)
		len = n - 1;
	switch (p[0] >> 5) {
	case 0:
		lines_put(l, (enum line_dir)(1 + len % 3), (const char *)p + 1, len, now);
		break;
	case 1:
		lines_break(l, now);
		break;
	case 2:
		if (len == 31)
			lines_clear(l);
		break;
	case 3: /* so much that lines are cut and chunks are dropped */
		for (unsigned i = 0; i < 2000; i++)
			lines_rx(l, p + 1, len, now);
		break;
	default:
		lines_rx(l, p + 1, len, now);
		break;
	}
	return 1 + len;
}

static void read_all(const struct lines *l, struct doctor *d)
{
	struct line_ref r;

	require(!lines_get(l, lines_end(l), &r));
	for (uint64_t i = lines_first(l); i < lines_end(l); i++) {
		require(lines_get(l, i, &r));
		require(r.len <= LINES_MAX_LENGTH && (!r.partial || i == lines_end(l) - 1));
		if (i % 64 == 0 || i + 64 > lines_end(l))
			doctor_line(d, r.bytes, r.len, i + 1);
	}
	require(lines_memory(l) <= 1 << 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct lines *l = lines_new(0);
	struct doctor *d = doctor_new();
	mono_t now = 0;
	size_t at = 0;

	for (unsigned calls = 0; at < n && calls < 200; calls++)
		at += one_call(l, data + at, n - at, now += 1000);
	read_all(l, d);
	doctor_free(d);
	lines_free(l);
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a file with symbols, and as the log of a crash: nothing breaks, no name is longer than
 * its room, what is told fits its limit. */
#include <stdlib.h>
#include <string.h>

#include "tasmite/core/tasmota/crash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct input {
	const uint8_t *data;
	size_t n;
};

static bool read_input(void *ctx, uint64_t offset, void *dst, size_t n)
{
	const struct input *in = ctx;

	if (offset > in->n || n > in->n - offset)
		abort(); /* the reader has to stay inside of the size it was given */
	memcpy(dst, in->data + offset, n);
	return true;
}

static void lookup(const struct symbols *s)
{
	static const uint32_t at[] = {
	    0, 0x3fffffff, 0x40000000, 0x40201000, 0x40201004, 0x400d0000, 0x42000000, 0xffffffff};
	uint32_t behind;
	char name[24];

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		if (symbols_find(s, at[i], name, sizeof(name), &behind) &&
		    memchr(name, 0, sizeof(name)) == NULL)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = {data, n};
	struct symbols_source from = {.read = read_input, .ctx = &in, .size = n};
	struct err err;
	struct symbols *s = symbols_read(&from, &err);
	struct crash c;
	struct sbuf out;
	uint64_t number = 1;

	if (s)
		lookup(s);
	crash_init(&c);
	for (size_t at = 0; at < n;) {
		const uint8_t *lf = memchr(data + at, '\n', n - at);
		size_t len = lf ? (size_t)(lf - data) - at : n - at;

		(void)crash_line(&c, (const char *)data + at, len, number++);
		at += len + 1;
	}
	if (c.count > CRASH_WORDS || c.cause < -1 || c.cause > 0xffff || c.first > c.last)
		abort();
	sbuf_init(&out, 20000);
	for (enum crash_chip chip = CRASH_CHIP_UNKNOWN; chip <= CRASH_ESP32P4; chip++)
		crash_describe(&c, chip, s, &out);
	sbuf_fini(&out);
	symbols_free(s);
	return 0;
}

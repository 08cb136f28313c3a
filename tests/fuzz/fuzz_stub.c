/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stub's side of the wire, on a played chip: a stream of any bytes, deflated or not, or (first
 * byte odd) any requests. Whatever comes, it stays within its memory and still answers afterwards.
 */
#include "../unit/stub_native.c"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed_stream(struct native *n, const uint8_t *data, size_t size, uint32_t flags)
{
	uint32_t plan[] = {0, flags | STUB_PLAN_LAST, 0, 0x3000, 0x8000, 0x9000}, number = 0;

	native_send(n, STUB_PLAN, 1, plan, 6, NULL, 0);
	for (; size; number++) {
		size_t part = size < 700 ? size : 700;

		native_send(n, STUB_DATA, 0, &number, 1, data, part);
		data += part;
		size -= part;
	}
	native_send(n, STUB_END, 2, NULL, 0, NULL, 0);
}

/* Each request: op, length, payload; the frame is right, what it says is not. */
static void feed_requests(struct native *n, const uint8_t *data, size_t size)
{
	while (size >= 2) {
		uint8_t op = STUB_HELLO + data[0] % 0x14;
		size_t len = data[1] < size - 2 ? data[1] : size - 2;

		/* Registers are anybody's, and the speed would only make it deaf for a second. */
		if (op != STUB_RUN && op != STUB_WRITE_REG && op != STUB_BAUD &&
		    op != STUB_READ_REG)
			native_send(n, op, data[0] / 0x14, NULL, 0, data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct native *n;

	if (size < 1 || size > 4096)
		return 0;
	n = native_new();
	n->coarse = true;
	if (data[0] & 1)
		feed_requests(n, data + 1, size - 1);
	else
		feed_stream(n, data + 1, size - 1,
		    data[0] & 2	  ? 0
		    : data[0] & 4 ? STUB_PLAN_DEFLATE | STUB_PLAN_DELTA
				  : STUB_PLAN_DEFLATE);
	while (native_pending(n))
		native_run(n, 20);
	for (int i = 0; i < 2000; i++) {
		native_send(n, STUB_ECHO, 77, NULL, 0, NULL, 0);
		if (native_wait(n, STUB_ECHO, 77, 50))
			break;
		if (i == 1999)
			abort(); /* it hangs */
	}
	native_free(n);
	return 0;
}

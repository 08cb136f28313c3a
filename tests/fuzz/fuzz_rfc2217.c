/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any peer: what comes out as data is no more than came in, what waits to be sent is bounded. */
#include <stdlib.h>

#include "tasmite/proto/rfc2217.h"

#define MAX_OUT 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct heard {
	size_t data, events;
	int agreed, broken;
};

static void require(int ok)
{
	if (!ok)
		abort();
}

static void on_data(void *ctx, const uint8_t *bytes, size_t n)
{
	struct heard *h = ctx;

	require(bytes && n > 0 && !h->broken);
	h->data += n;
}

static void on_event(void *ctx, const struct rfc2217_event *ev)
{
	struct heard *h = ctx;

	require(!h->broken);
	require(ev->text[sizeof(ev->text) - 1] == 0);
	h->events++;
	h->agreed += ev->kind == RFC2217_AGREED;
	h->broken += ev->kind == RFC2217_BROKEN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct rfc2217_ops ops = {on_data, on_event};
	struct heard h = {0, 0, 0, 0};
	struct rfc2217 *r = rfc2217_new(&ops, &h, MAX_OUT);
	size_t step = n ? 1 + data[0] % 64 : 1;

	for (size_t at = 0; at < n; at += step) {
		rfc2217_rx(r, data + at, n - at < step ? n - at : step);
		require(buf_len(rfc2217_out(r)) <= MAX_OUT);
	}
	require(h.data <= n && h.events <= n + 1);
	require(h.agreed <= 1 && h.broken <= 1);
	require(rfc2217_agreed(r) == (h.agreed == 1));
	rfc2217_free(r);
	return 0;
}

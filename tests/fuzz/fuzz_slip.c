/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as the line from a boot loader or a stub: packets stay within their limit, nothing is
 * invented, what is decoded lies within its packet. The bytes packed and unpacked are the same.
 */
#include "fuzz.h"

#include "../../src/proto/esp_cmd.h"
#include "../../src/proto/slip.h"
#include "../../src/proto/stub_cmd.h"

static void decode(const uint8_t *packet, size_t n)
{
	struct esp_reply r;
	struct stub_msg m;

	if (esp_decode(packet, n, &r) == ESP_PACKET_REPLY) {
		require(r.n + 8 == n && r.data_n <= sizeof(r.data) && r.data_n + 2 <= r.n);
		require(esp_op_name(r.op)[0] && esp_code_text(r.code)[0]);
	}
	if (stub_decode(packet, n, &m) == STUB_PACKET_MSG) {
		require(m.data >= packet && m.data + m.n <= packet + n);
		require(stub_word(&m, m.n / 4 + 1) == 0);
		require(stub_op_name(m.op)[0] && stub_status_text(m.status)[0]);
	}
}

static void read_line(const uint8_t *p, size_t n, size_t limit)
{
	struct slip s;
	size_t out = 0;

	slip_init(&s);
	s.limit = limit;
	for (size_t i = 0; i < n; i++) {
		enum slip_result r = slip_byte(&s, p[i]);

		require(s.len <= limit);
		out += r == SLIP_STRAY;
		if (r == SLIP_PACKET || r == SLIP_SPILL) {
			require(s.len > 0);
			out += s.len;
		}
		if (r == SLIP_PACKET)
			decode(s.data, s.len);
		require(out <= i + 1);
	}
}

static void round_trip(const uint8_t *p, size_t n)
{
	uint8_t *wire = malloc(2 * n + 2);
	size_t used = 0;
	struct slip s;

	require(wire != NULL);
	require(slip_put_end(wire, 2 * n + 2, &used) && slip_put(wire, 2 * n + 2, &used, p, n));
	require(slip_put_end(wire, 2 * n + 2, &used));
	slip_init(&s);
	s.limit = SLIP_ROOM;
	for (size_t i = 0; i + 1 < used; i++)
		require(slip_byte(&s, wire[i]) == SLIP_MORE);
	require(slip_byte(&s, wire[used - 1]) == SLIP_PACKET);
	require(s.len == n && !memcmp(s.data, p, n));
	/* No room: nothing is written behind it. */
	used = 0;
	require(!slip_put(wire, n - 1, &used, p, n));
	require(used <= n - 1);
	free(wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	read_line(data, n, SLIP_MAX);
	read_line(data, n, SLIP_ROOM);
	decode(data, n);
	if (n > 0 && n < SLIP_ROOM)
		round_trip(data, n);
	return 0;
}

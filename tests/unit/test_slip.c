/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SLIP: what comes out of the reader, however the input is cut, and what the writer makes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../../src/proto/slip.h"

/* Writes what the reader said as text: packets in [..], stray bytes plain, spills in <..>. */
static size_t read_all(const uint8_t *in, size_t n, char *out, size_t cap)
{
	struct slip s;
	size_t o = 0;
	slip_init(&s);
	for (size_t i = 0; i < n; i++) {
		enum slip_result r = slip_byte(&s, in[i]);
		char open = r == SLIP_PACKET ? '[' : '<', close = r == SLIP_PACKET ? ']' : '>';
		assert_true(s.len <= SLIP_MAX);
		if (r == SLIP_STRAY && o < cap)
			out[o++] = (char)in[i];
		if (r != SLIP_PACKET && r != SLIP_SPILL)
			continue;
		if (o + s.len + 2 > cap)
			break;
		out[o++] = open;
		memcpy(out + o, s.data, s.len);
		o += s.len;
		out[o++] = close;
	}
	return o;
}

static void slip_byte__gives_packets_and_strays__table(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} cases[] = {
	    {"\xC0"
	     "abc\xC0",
		"[abc]"},
	    {"\xC0"
	     "a\xC0\xC0"
	     "b\xC0",
		"[a][b]"},
	    {"log\xC0"
	     "a\xC0more",
		"log[a]more"},
	    {"\xC0\xC0\xC0"
	     "a\xC0",
		"[a]"},
	    /* the first delimiter was lost: its packet is stray, the next one is whole */
	    {"x\xC0\xC0"
	     "abc\xC0",
		"x[abc]"},
	    {"\xC0"
	     "a\xDB\xDC\xDB\xDD"
	     "b\xC0",
		"[a\xC0\xDB"
		"b]"},
	    /* an unknown byte after the escape is kept, as the ROM does */
	    {"\xC0"
	     "a\xDBzb\xC0",
		"[azb]"},
	    /* an escape cut off by the delimiter */
	    {"\xC0"
	     "a\xDB\xC0"
	     "b",
		"[a]b"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char out[64];
		size_t n =
		    read_all((const uint8_t *)cases[i].in, strlen(cases[i].in), out, sizeof out);
		assert_int_equal(n, strlen(cases[i].out));
		assert_memory_equal(out, cases[i].out, n);
	}
}

static void slip_byte__spills__packet_too_long(void **state)
{
	(void)state;
	uint8_t in[2 * SLIP_MAX + 8];
	char out[sizeof in + 8];
	memset(in, 'x', sizeof in);
	in[0] = 0xC0;
	size_t n = read_all(in, sizeof in, out, sizeof out);
	/* nothing is lost: all but the delimiter comes out, the first SLIP_MAX as one spill */
	assert_int_equal(n, sizeof in - 1 + 2);
	assert_int_equal(out[0], '<');
	assert_int_equal(out[SLIP_MAX + 1], '>');
}

static void slip_put__escapes__all_bytes(void **state)
{
	(void)state;
	uint8_t in[256], wire[600];
	size_t used = 0;
	for (size_t i = 0; i < 128; i++)
		in[i] = (uint8_t)(i * 2 + 128);
	assert_true(slip_put_end(wire, sizeof wire, &used));
	assert_true(slip_put(wire, sizeof wire, &used, in, 128));
	assert_true(slip_put_end(wire, sizeof wire, &used));
	/* 0xC0 is among the even ones, 0xDB is not */
	assert_int_equal(used, 128 + 1 + 2);
	struct slip s;
	slip_init(&s);
	for (size_t i = 0; i + 1 < used; i++)
		assert_int_equal(slip_byte(&s, wire[i]), SLIP_MORE);
	assert_int_equal(slip_byte(&s, wire[used - 1]), SLIP_PACKET);
	assert_int_equal(s.len, 128);
	assert_memory_equal(s.data, in, 128);
}

static void slip_put__refuses__no_room(void **state)
{
	(void)state;
	uint8_t wire[4];
	size_t used = 3;
	const uint8_t end = 0xC0, plain = 'a';
	assert_false(slip_put(wire, sizeof wire, &used, &end, 1));
	assert_int_equal(used, 3);
	assert_true(slip_put(wire, sizeof wire, &used, &plain, 1));
	assert_false(slip_put(wire, sizeof wire, &used, &plain, 1));
	assert_false(slip_put_end(wire, sizeof wire, &used));
	assert_int_equal(used, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slip_byte__gives_packets_and_strays__table),
	    cmocka_unit_test(slip_byte__spills__packet_too_long),
	    cmocka_unit_test(slip_put__escapes__all_bytes),
	    cmocka_unit_test(slip_put__refuses__no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

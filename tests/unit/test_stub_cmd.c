/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stub's frames, against bytes written down by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../../src/proto/slip.h"
#include "../../src/proto/stub_cmd.h"

#include "tasmite/base/bytes.h"
#include "tasmite/proto/digest.h"

static void enc__writes__escaped_and_summed(void **state)
{
	(void)state;
	/* op 42, serial C0, one word, two bytes */
	const uint8_t raw[] = {0x42, 0xC0, 0x78, 0x56, 0x34, 0x12, 0xDB, 0x01};
	const uint8_t extra[] = {0xDB, 0x01};
	const uint32_t word = 0x12345678;
	uint8_t out[64], want[64] = {0xC0, 0x42, 0xDB, 0xDC, 0x78, 0x56, 0x34, 0x12, 0xDB, 0xDD, 1};
	uint8_t crc[4];
	size_t n = 11;
	put_le32(crc, digest_crc32(0, raw, sizeof raw));
	assert_true(slip_put(want, sizeof want, &n, crc, 4));
	want[n++] = 0xC0;
	assert_int_equal(stub_enc(out, sizeof out, 0x42, 0xC0, &word, 1, extra, 2), n);
	assert_memory_equal(out, want, n);
}

static void enc__refuses__too_long_or_no_room(void **state)
{
	(void)state;
	static uint8_t out[STUB_WIRE_MAX], data[STUB_DATA_MAX + 64];
	const uint32_t number = 1;
	memset(data, 0xC0, sizeof data);
	assert_true(stub_enc(out, sizeof out, STUB_DATA, 0, &number, 1, data, STUB_DATA_MAX) > 0);
	assert_int_equal(
	    stub_enc(out, sizeof out, STUB_DATA, 0, &number, 1, data, STUB_DATA_MAX + 7), 0);
	for (size_t cap = 0; cap < 12; cap++)
		assert_int_equal(stub_enc(out, cap, STUB_HELLO, 1, &number, 1, NULL, 0), 0);
}

static size_t answer(uint8_t *p, uint8_t op, const uint8_t *payload, size_t n)
{
	const uint8_t head[] = {op, 7, STUB_E_WRITE, 0};
	memcpy(p, head, 4);
	memcpy(p + 4, payload, n);
	put_le32(p + 4 + n, digest_crc32(0, p, 4 + n));
	return n + 8;
}

static void decode__reads__answers_and_unasked(void **state)
{
	(void)state;
	uint8_t p[64];
	const uint8_t payload[] = {1, 0, 0, 0, 2, 0, 0, 0x80, 9};
	struct stub_msg m;
	const uint8_t ops[][2] = {{0xC1, STUB_HELLO}, {0xD2, STUB_PROVE}, {0x60, STUB_ACK},
	    {0xE0, STUB_ACK}, {0xE3, STUB_CHUNK}};
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
		size_t n = answer(p, ops[i][0], payload, sizeof payload);
		assert_int_equal(stub_decode(p, n, &m), STUB_PACKET_MSG);
		assert_int_equal(m.op, ops[i][1]);
		assert_int_equal(m.serial, 7);
		assert_int_equal(m.status, STUB_E_WRITE);
		assert_int_equal(m.n, sizeof payload);
		assert_int_equal(stub_word(&m, 0), 1);
		assert_int_equal(stub_word(&m, 1), 0x80000002);
		assert_int_equal(stub_word(&m, 2), 0); /* not whole */
		for (size_t k = 0; k < n * 8; k++) {
			p[k / 8] ^= (uint8_t)(1u << k % 8);
			assert_int_not_equal(stub_decode(p, n, &m), STUB_PACKET_MSG);
			p[k / 8] ^= (uint8_t)(1u << k % 8);
		}
	}
}

static void decode__refuses__all_else(void **state)
{
	(void)state;
	uint8_t p[64] = {0};
	struct stub_msg m;
	const uint8_t sync[] = {1, 8, 2, 0, 0, 0, 0, 0, 0, 0};
	assert_int_equal(stub_decode(p, 0, &m), STUB_PACKET_JUNK);
	assert_int_equal(stub_decode(sync, sizeof sync, &m), STUB_PACKET_JUNK);
	size_t n = answer(p, STUB_HELLO, sync, 4); /* a request that comes back */
	assert_int_equal(stub_decode(p, n, &m), STUB_PACKET_JUNK);
	n = answer(p, 0xC1, sync, 4);
	for (size_t cut = 1; cut < n; cut++)
		assert_int_equal(stub_decode(p, cut, &m), STUB_PACKET_DAMAGED);
}

static void names__are_there__for_all(void **state)
{
	(void)state;
	assert_string_equal(stub_op_name(STUB_HELLO), "HELLO");
	assert_string_equal(stub_op_name(STUB_PLAN), "PLAN");
	assert_string_equal(stub_op_name(STUB_PROVE), "PROVE");
	assert_string_equal(stub_op_name(0x40), "request");
	assert_string_equal(stub_op_name(0x7F), "request");
	assert_string_equal(stub_status_text(STUB_OK), "done");
	assert_string_equal(stub_status_text(STUB_E_PROTECTED), "the flash is write-protected");
	assert_string_equal(stub_status_text(0xFF), "unknown status");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(enc__writes__escaped_and_summed),
	    cmocka_unit_test(enc__refuses__too_long_or_no_room),
	    cmocka_unit_test(decode__reads__answers_and_unasked),
	    cmocka_unit_test(decode__refuses__all_else),
	    cmocka_unit_test(names__are_there__for_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

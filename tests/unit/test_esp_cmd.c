/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loader's packets, byte for byte; and replies, hostile ones among them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/proto/esp_cmd.h"

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		char two[3] = {hex[0], hex[1], 0};
		out[n++] = (uint8_t)strtoul(two, NULL, 16);
		hex++;
	}
	return n;
}

static size_t enc_sync(uint8_t *o, size_t cap)
{
	return esp_enc_sync(o, cap, 0x20120707);
}

static size_t enc_read(uint8_t *o, size_t cap)
{
	return esp_enc_read_reg(o, cap, 0x40001000);
}

static size_t enc_write(uint8_t *o, size_t cap)
{
	const struct esp_reg r = {
	    .addr = 0x60000014, .value = 56, .mask = 0xFFFFF, .delay_us = 60000};
	return esp_enc_write_regs(o, cap, &r, 1);
}

static size_t enc_attach(uint8_t *o, size_t cap)
{
	return esp_enc_begin(o, cap, ESP_OP_FLASH_BEGIN, 0, 0, 0x400, 0);
}

static size_t enc_data(uint8_t *o, size_t cap)
{
	/* 1,2,0xC0,0xDB: XOR with EF is EF^01^02^C0^DB = F7 */
	static const uint8_t p[4] = {1, 2, 0xC0, 0xDB};
	return esp_enc_data(o, cap, ESP_OP_FLASH_DATA, 5, p, 4);
}

static size_t enc_params(uint8_t *o, size_t cap)
{
	return esp_enc_spi_params(o, cap, 0x100000);
}

/* From the protocol's tables, worked out by hand. */
static const struct {
	size_t (*enc)(uint8_t *o, size_t cap);
	const char *hex;
} frames[] = {
    {enc_sync,
	"C0 00 08 2400 00000000 07071220 55555555 55555555 55555555 55555555 55555555 55555555"
	"55555555 55555555 C0"},
    {enc_read, "C0 00 0A 0400 00000000 00100040 C0"},
    {enc_write, "C0 00 09 1000 00000000 14000060 38000000 FFFF0F00 60EA0000 C0"},
    {enc_attach, "C0 00 02 1000 00000000 00000000 00000000 00040000 00000000 C0"},
    {enc_data, "C0 00 03 1400 F7000000 04000000 05000000 00000000 00000000 0102DBDCDBDD C0"},
    {enc_params, "C0 00 0B 1800 00000000 00000000 00001000 00000100 00100000 00010000 FFFF0000 C0"},
};

static void esp_enc__is_exact__table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
		uint8_t want[128], got[128];
		size_t n = unhex(frames[i].hex, want);
		assert_int_equal(frames[i].enc(got, sizeof got), n);
		assert_memory_equal(got, want, n);
		/* and whole or not at all */
		for (size_t cap = 0; cap < n; cap++)
			assert_int_equal(frames[i].enc(got, cap), 0);
	}
}

static void esp_enc_data__refuses__bad_lengths(void **state)
{
	(void)state;
	static uint8_t out[ESP_FRAME_MAX], p[ESP_BLOCK_MAX + 4];
	static const size_t bad[] = {0, 1, 2, 3, 5, ESP_BLOCK_MAX + 4};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(esp_enc_data(out, sizeof out, ESP_OP_FLASH_DATA, 0, p, bad[i]), 0);
	memset(p, 0xC0, sizeof p);
	size_t n = esp_enc_data(out, sizeof out, ESP_OP_FLASH_DATA, 0xC0DBC0DB, p, ESP_BLOCK_MAX);
	assert_true(n > 2 * ESP_BLOCK_MAX && n <= sizeof out);
}

static void esp_enc_write_regs__refuses__none_or_many(void **state)
{
	(void)state;
	struct esp_reg r[10];
	uint8_t out[512];
	memset(r, 0, sizeof r);
	assert_int_equal(esp_enc_write_regs(out, sizeof out, r, 0), 0);
	assert_int_equal(esp_enc_write_regs(out, sizeof out, r, 10), 0);
	assert_int_equal(esp_enc_write_regs(out, sizeof out, r, 9), 8 + 144 + 2);
}

static void esp_decode__judges__table(void **state)
{
	static const struct {
		const char *hex;
		enum esp_packet kind;
		uint8_t op, status, code;
		uint32_t value;
	} cases[] = {
	    {"01 08 0200 07071220 0000", ESP_PACKET_REPLY, 8, 0, 0, 0x20120707},
	    {"01 03 0200 00000000 0107", ESP_PACKET_REPLY, 3, 1, 7, 0},
	    /* a success keeps the last error's code */
	    {"01 03 0200 00000000 0005", ESP_PACKET_REPLY, 3, 0, 5, 0},
	    /* later ROMs send four status bytes */
	    {"01 0A 0400 831DF000 00000000", ESP_PACKET_REPLY, 10, 0, 0, 0x00F01D83},
	    {"00 08 0400 00000000 01020304", ESP_PACKET_ECHO, 0, 0, 0, 0},
	    {"02 08 0200 00000000 0000", ESP_PACKET_JUNK, 0, 0, 0, 0},
	    {"01 08 0300 00000000 0000", ESP_PACKET_JUNK, 0, 0, 0, 0},
	    {"01 08 0100 00000000 00", ESP_PACKET_JUNK, 0, 0, 0, 0},
	    {"01 08 0000 00000000", ESP_PACKET_JUNK, 0, 0, 0, 0},
	    {"01 08 0000 000000", ESP_PACKET_JUNK, 0, 0, 0, 0},
	    {"01", ESP_PACKET_JUNK, 0, 0, 0, 0},
	    {"", ESP_PACKET_JUNK, 0, 0, 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t p[64];
		struct esp_reply r = {0};
		/* a copy of exactly that size, so that reading past it is seen by a sanitizer */
		size_t n = unhex(cases[i].hex, p);
		uint8_t *exact = malloc(n ? n : 1);
		assert_non_null(exact);
		memcpy(exact, p, n);
		assert_int_equal(esp_decode(exact, n, &r), cases[i].kind);
		free(exact);
		if (cases[i].kind != ESP_PACKET_REPLY)
			continue;
		assert_int_equal(r.op, cases[i].op);
		assert_int_equal(r.status, cases[i].status);
		assert_int_equal(r.code, cases[i].code);
		assert_int_equal(r.value, cases[i].value);
	}
}

static void esp_op_name__knows__all_and_unknown(void **state)
{
	(void)state;
	assert_string_equal(esp_op_name(3), "FLASH_DATA");
	assert_string_equal(esp_op_name(0), "command");
	assert_string_equal(esp_op_name(0xD0), "command");
	assert_string_equal(esp_code_text(7), "checksum wrong");
	assert_string_equal(esp_code_text(0xFF), "unknown code");
}

static void esp_enc_words__refuses__more_than_there_are(void **state)
{
	(void)state;
	const uint32_t words[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	uint8_t out[64];
	assert_int_equal(esp_enc_words(out, sizeof out, ESP_OP_SPI_ATTACH, words, 9), 0);
	assert_int_equal(esp_enc_words(out, sizeof out, ESP_OP_SPI_ATTACH, words, 8), 8 + 32 + 2);
	assert_int_equal(esp_enc_words(out, sizeof out, ESP_OP_SECURITY_INFO, NULL, 0), 10);
}

/* Packed data come in any length, but in one that there is. */
static void esp_enc_deflated__refuses__bad_lengths(void **state)
{
	(void)state;
	static uint8_t out[ESP_FRAME_MAX], p[ESP_BLOCK_MAX + 1];
	assert_int_equal(esp_enc_deflated(out, sizeof out, 0, p, 0), 0);
	assert_int_equal(esp_enc_deflated(out, sizeof out, 0, p, ESP_BLOCK_MAX + 1), 0);
	assert_true(esp_enc_deflated(out, sizeof out, 0, p, ESP_BLOCK_MAX) > ESP_BLOCK_MAX);
	assert_int_equal(esp_enc_deflated(out, sizeof out, 0, p, 3), 8 + 16 + 3 + 2);
}

/* Data before the status: of the length that belongs to the command, or none where it is shorter. */
static void esp_decode__takes__data_of_the_family(void **state)
{
	static const struct {
		uint8_t op;
		size_t n, data, status_at;
	} cases[] = {{ESP_OP_READ_SLOW, 64 + 4, 64, 64}, {ESP_OP_READ_SLOW, 64 + 2, 64, 64},
	    {ESP_OP_READ_SLOW, 64 + 1, 0, 0}, {ESP_OP_READ_SLOW, 4, 0, 0},
	    {ESP_OP_FLASH_MD5, 32 + 4, 32, 32}, {ESP_OP_FLASH_MD5, 4, 0, 0},
	    {ESP_OP_SECURITY_INFO, 20 + 4, 20, 20}, {ESP_OP_SECURITY_INFO, 12 + 4, 12, 12},
	    {ESP_OP_SECURITY_INFO, 4, 0, 0}, {ESP_OP_READ_REG, 64 + 4, 0, 0}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t p[8 + 80] = {1, cases[i].op, (uint8_t)cases[i].n};
		struct esp_reply r = {0};
		for (size_t k = 0; k < cases[i].n; k++)
			p[8 + k] = (uint8_t)(k + 1);
		assert_int_equal(esp_decode(p, 8 + cases[i].n, &r), ESP_PACKET_REPLY);
		assert_int_equal(r.data_n, cases[i].data);
		assert_int_equal(r.status, cases[i].status_at + 1);
		assert_int_equal(r.code, cases[i].status_at + 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(esp_enc__is_exact__table),
	    cmocka_unit_test(esp_enc_data__refuses__bad_lengths),
	    cmocka_unit_test(esp_enc_write_regs__refuses__none_or_many),
	    cmocka_unit_test(esp_decode__judges__table),
	    cmocka_unit_test(esp_op_name__knows__all_and_unknown),
	    cmocka_unit_test(esp_enc_words__refuses__more_than_there_are),
	    cmocka_unit_test(esp_enc_deflated__refuses__bad_lengths),
	    cmocka_unit_test(esp_decode__takes__data_of_the_family),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

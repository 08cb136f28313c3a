/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine against a ROM of the ESP32 family that answers as the input says: rightly, with
 * other values, refusing, with noise, or not at all. The flash that is played holds a byte for each
 * address, and a partition table.
 */
#include "engine_run.h"

#include "../../src/proto/esp_cmd.h"

#include "tasmite/base/bytes.h"
#include "tasmite/proto/digest.h"

#define TABLE_AT 0x8000u

static uint8_t chosen; /* which chip is played */

/* What is in the flash, and what shall be. */
static uint8_t flash_byte(uint32_t at)
{
	/* nvs, otadata, app0: type, subtype, offset, size, label */
	static const uint8_t table[] = {0xAA, 0x50, 1, 2, 0, 0x90, 0, 0, 0, 0x50, 0, 0, 'n', 'v',
	    's', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xAA, 0x50, 1, 0, 0, 0xE0, 0, 0,
	    0, 0x20, 0, 0, 'o', 't', 'a', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xAA,
	    0x50, 0, 0x10, 0, 0, 1, 0, 0, 0, 0x10, 0, 'a', 'p', 'p', '0'};

	if (at >= TABLE_AT && at < TABLE_AT + 0xC00)
		return at - TABLE_AT < sizeof(table) ? table[at - TABLE_AT]
		       : at - TABLE_AT < 96	     ? 0
						     : 0xFF;
	return at % 64 ? 0xFF : (uint8_t)(at >> 12);
}

static uint8_t part_byte(size_t part, uint32_t offset)
{
	uint32_t at = offset + (part ? 0x10000u : 0);

	return offset < 8192 ? flash_byte(at) : (uint8_t)(at >> 6);
}

/* kind 0: what the flash holds; 1: what the job would write there; 2: blank. */
static void md5_of(uint32_t at, uint32_t n, unsigned kind, uint8_t *hex)
{
	uint8_t md5[DIGEST_MD5_SIZE], *bytes;
	char text[2 * DIGEST_MD5_SIZE + 1];

	if (n > 65536)
		n = 65536; /* no piece is larger: the answer is a wrong one */
	bytes = malloc(n + 1);
	require(bytes != NULL);
	for (uint32_t i = 0; i < n; i++)
		bytes[i] = kind == 0   ? flash_byte(at + i)
			   : kind == 1 ? part_byte(at >= 0x10000, at % 0x10000 + i)
				       : 0xFF;
	digest_md5(bytes, n, md5);
	digest_hex(md5, sizeof(md5), text);
	memcpy(hex, text, 2 * sizeof(md5));
	free(bytes);
}

static uint32_t reg_value(struct run *r, uint8_t how)
{
	static const uint32_t magics[] = {0x00F01D83, 0x000007C6, 0, 0, 0, 0, 0, 0};

	if (how >= 240)
		return how * 0x01010101u + run_byte(r);
	if (r->word[0] == 0x40001000)
		return magics[chosen % 8];
	/* The flash's id where it may stand; elsewhere small or nothing. Twice the same in any case. */
	return r->word[0] % 256 == 0x58 || r->word[0] % 256 == 0x80 ? 0x1640EFu
	       : (r->word[0] ^ chosen) & 8			    ? 0
								    : r->word[0] % 251;
}

static size_t put_data(struct run *r, uint8_t how, uint8_t *dst)
{
	static const uint8_t ids[] = {0, 2, 5, 9, 12, 13, 16, 18, 23, 28, 77};

	if (r->op == ESP_OP_FLASH_MD5) {
		md5_of(r->word[0], r->word[1], how % 16 < 9 ? 0 : how % 16 < 13 ? 1 : 2, dst);
		return ESP_MD5_LEN;
	}
	if (r->op == ESP_OP_READ_SLOW) {
		for (uint32_t i = 0; i < ESP_SLOW_LEN; i++)
			dst[i] = flash_byte(r->word[0] + i);
		return ESP_SLOW_LEN;
	}
	if (r->op == ESP_OP_SECURITY_INFO) {
		memset(dst, 0, ESP_SECURITY_LEN);
		dst[0] = how % 32 == 5 ? how : 0;
		dst[12] = ids[chosen % sizeof(ids)];
		return ESP_SECURITY_LEN;
	}
	return 0;
}

static void say_rom(struct run *r, uint8_t how)
{
	uint8_t raw[8 + 64 + 4] = {1, r->op};
	size_t n = 8;

	put_le32(raw + 4, r->op == ESP_OP_READ_REG ? reg_value(r, how) : 0x20120707u);
	if (how % 16 != 15)
		n += put_data(r, how, raw + n);
	raw[n] = how % 16 == 15;
	raw[n + 1] = raw[n] ? run_byte(r) % 16 : 0;
	n += 4;
	if (how == 239) /* cut, or longer */
		n = run_byte(r) % sizeof(raw);
	put_le16(raw + 2, (uint16_t)(n < 8 ? 0 : n - 8));
	for (int i = 0; i < (r->op == ESP_OP_SYNC ? 8 : 1); i++)
		run_packet(r, raw, n);
}

static void answer(struct run *r)
{
	uint8_t how = run_byte(r);

	if (how < 8)
		run_noise(r, run_byte(r) % 32);
	else if (how < 252)
		say_rom(r, how);
}

static size_t unpack(const uint8_t *bytes, size_t n, uint8_t *out, size_t cap)
{
	size_t o = 0;

	for (size_t i = 1; i < n && bytes[i] != 0xC0 && o < cap; i++) {
		if (bytes[i] == 0xDB && i + 1 < n)
			out[o++] = bytes[++i] == 0xDC ? 0xC0 : 0xDB;
		else
			out[o++] = bytes[i];
	}
	return o;
}

/* Of several questions at once the first is seen: the others go unanswered. */
static void written(struct run *r, const uint8_t *bytes, size_t n)
{
	uint8_t raw[24] = {0};

	if (bytes[0] != 0xC0 || unpack(bytes, n, raw, sizeof(raw)) < 8)
		return;
	r->op = raw[1];
	for (int i = 0; i < 4; i++)
		r->word[i] = get_le32(raw + 8 + 4 * i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct run r = {
	    .in = {data, n, 0}, .written = written, .answer = answer, .data = part_byte};
	uint8_t kind = run_byte(&r);
	struct engine_job job = {.kind = (enum engine_kind)(kind % 5),
	    .part_count = kind / 5 % 2 + 1u,
	    .parts = {{0, RUN_PART}, {0x10000, 4096}},
	    .connected = true,
	    .connected_baud = 115200,
	    .want_table = kind & 128,
	    .no_baud_change = kind & 64,
	    .backup = kind & 32,
	    .full = kind & 16};

	chosen = run_byte(&r);
	job.usb_jtag = chosen & 128;
	if (job.kind == ENGINE_READ || (job.kind == ENGINE_ERASE && (kind & 8)))
		job.part_count = 0;
	job.parts[0].length = job.kind == ENGINE_ERASE ? 28672u : RUN_PART;
	run_engine(&r, &job);
	return 0;
}

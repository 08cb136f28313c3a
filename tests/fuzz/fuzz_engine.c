/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine, answered by whatever comes: the input says for each of its requests whether an
 * answer of the right form (op, serial, CRC) with any payload comes, bytes without form, or nothing.
 */
#include "engine_run.h"

#include "../../src/proto/esp_cmd.h"
#include "../../src/proto/stub_cmd.h"

#include "tasmite/base/bytes.h"
#include "tasmite/proto/digest.h"
#include "tasmite/proto/stub.h"

/* As the input says, of the right form. */
static void say_stub(struct run *r, uint8_t op, uint8_t serial, uint8_t status)
{
	uint8_t raw[600] = {(uint8_t)(op | 0x80), serial, status, 0};
	size_t n = (size_t)run_byte(r) * 2;

	for (size_t i = 0; i < n; i++)
		raw[4 + i] = run_byte(r);
	put_le32(raw + 4 + n, digest_crc32(0, raw, 4 + n));
	run_packet(r, raw, n + 8);
}

static void say_hello(struct run *r)
{
	uint8_t raw[56] = {STUB_HELLO | 0x80, r->serial};
	const uint32_t words[] = {STUB_PROTOCOL, 64u + 256u * run_byte(r), stub_esp8266()->build,
	    451, 0x1440EF, run_byte(r), 0, 0, 0, 0, 0, 0};

	for (size_t i = 0; i < 12; i++)
		put_le32(raw + 4 + 4 * i, words[i]);
	put_le32(raw + 52, digest_crc32(0, raw, 52));
	run_packet(r, raw, sizeof(raw));
}

static void say_rom(struct run *r)
{
	uint8_t raw[10] = {1, r->op, 2, 0};
	uint8_t how = run_byte(r);

	if (r->op == ESP_OP_SYNC && how < 200)
		memcpy(raw + 4, r->sync, 4);
	else
		put_le32(raw + 4, how < 128 ? 0xFFF0C101u : how * 0x01010101u);
	raw[8] = how % 8 == 7;
	raw[9] = how % 16;
	for (int i = 0; i < (r->op == ESP_OP_SYNC ? 8 : 1); i++)
		run_packet(r, raw, sizeof(raw));
}

static void answer(struct run *r)
{
	uint8_t how = run_byte(r);

	if (how < 40)
		run_noise(r, how % 32);
	else if (how < 60)
		say_stub(r, (uint8_t)(STUB_ACK + how % 4), 0, run_byte(r) % 4 ? 0 : run_byte(r));
	else if (!r->stub)
		say_rom(r);
	else if (r->op == STUB_HELLO && how < 240)
		say_hello(r);
	else if (how < 250)
		say_stub(r, r->op, r->serial, how % 8 ? 0 : run_byte(r));
}

static void written(struct run *r, const uint8_t *bytes, size_t n)
{
	if (n > 16 && bytes[1] == 0 && bytes[2] == ESP_OP_SYNC)
		memcpy(r->sync, bytes + 9, 4);
	r->stub = bytes[1] >= STUB_HELLO;
	r->op = r->stub ? bytes[1] : bytes[2];
	r->serial = bytes[2] == 0xDB ? (bytes[3] == 0xDC ? 0xC0 : 0xDB) : bytes[2];
}

static uint8_t part_byte(size_t part, uint32_t offset)
{
	return offset % 700 ? (uint8_t)part : (uint8_t)(offset / 700);
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
	    .no_stub = kind > 200,
	    .no_baud_change = kind & 64,
	    .backup = kind & 32,
	    .full = kind & 16};

	if (job.kind == ENGINE_READ || (job.kind == ENGINE_ERASE && (kind & 8)))
		job.part_count = 0;
	job.parts[0].length = job.kind == ENGINE_ERASE ? 28672u : RUN_PART;
	run_engine(&r, &job);
	return 0;
}

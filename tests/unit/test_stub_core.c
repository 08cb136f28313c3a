/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stub as machine code: uploaded to the virtual chip's boot loader and run by its LX106, in
 * virtual time, so that its speed is what the instructions, the wire and the flash give.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/flash.h"
#include "sim/link.h"
#include "tasmite/proto/deflate.h"
#include "tasmite/proto/digest.h"
#include "tasmite/proto/stub.h"
#include "tasmite/proto/stub_wire.h"

#include "../../src/proto/esp_cmd.h"
#include "../../src/proto/slip.h"
#include "../../src/proto/stub_cmd.h"

#define CLOCK  52000000u
#define BLOCK  0x1800u
#define IMAGE  0x28000u
#define WINDOW 30000u
#define PIECE  2048u

struct core {
	struct sim_link *link;
	sim_time now;
	struct slip slip;
	struct stub_msg msg; /* the last one */
	bool has;
	unsigned seen[256];
	uint32_t acked, naks;
	uint8_t *got; /* CHUNKs */
	uint32_t got_to;
};

static void host_heard(struct core *c)
{
	uint32_t at;

	if (stub_decode(c->slip.data, c->slip.len, &c->msg) != STUB_PACKET_MSG)
		return;
	c->has = true;
	c->seen[c->msg.op]++;
	if (c->msg.op == STUB_ACK) {
		assert_int_equal(c->msg.status, STUB_OK);
		c->acked = stub_word(&c->msg, 0);
	} else if (c->msg.op == STUB_NAK) {
		c->naks++;
	} else if (c->msg.op == STUB_CHUNK) {
		at = stub_word(&c->msg, 0);
		assert_int_equal(at, c->got_to);
		if (c->msg.status == STUB_S_BLANK) {
			memset(c->got + at, 0xFF, stub_word(&c->msg, 1));
			c->got_to += stub_word(&c->msg, 1);
		} else {
			memcpy(c->got + at, c->msg.data + 4, c->msg.n - 4);
			c->got_to += (uint32_t)c->msg.n - 4;
		}
	}
}

/* Time passes until a message of that op has come (0: any), or us are over. */
static bool host_wait(struct core *c, uint8_t op, int64_t us)
{
	sim_time end = c->now + us, next;
	uint8_t byte;
	sim_time at;

	for (;;) {
		while (sim_link_receive_at(c->link, &byte, &at, c->now)) {
			c->has = false;
			if (slip_byte(&c->slip, byte) == SLIP_PACKET)
				host_heard(c);
			if (c->has && (!op || c->msg.op == op))
				return true;
		}
		next = sim_link_next(c->link);
		if (next > end)
			break;
		sim_link_advance(c->link, c->now = next > c->now ? next : c->now + 1);
	}
	sim_link_advance(c->link, c->now = end);
	return false;
}

static void host_ask(
    struct core *c, uint8_t op, uint8_t serial, const uint32_t *words, size_t count)
{
	uint8_t wire[STUB_WIRE_MAX];
	size_t n = stub_enc(wire, sizeof wire, op, serial, words, count, NULL, 0);

	assert_true(n > 0);
	sim_link_send(c->link, wire, n, c->now);
}

/* The loader's commands, one after the other, without looking at its replies. */
static void rom_say(struct core *c, const uint8_t *frame, size_t n)
{
	sim_link_send(c->link, frame, n, c->now);
	(void)host_wait(c, 0xFF, (int64_t)n * 90 + 20000);
}

static void rom_load(struct core *c, const uint8_t *bytes, size_t n, uint32_t addr)
{
	static uint8_t frame[2 * BLOCK + 100];

	rom_say(c, frame,
	    esp_enc_begin(frame, sizeof frame, ESP_OP_MEM_BEGIN, (uint32_t)n,
		(uint32_t)((n + BLOCK - 1) / BLOCK), BLOCK, addr));
	for (uint32_t i = 0; i * BLOCK < n; i++) {
		size_t part = n - i * BLOCK < BLOCK ? n - i * BLOCK : BLOCK;

		rom_say(c, frame,
		    esp_enc_data(frame, sizeof frame, ESP_OP_MEM_DATA, i, bytes + i * BLOCK, part));
	}
}

static int setup(void **state)
{
	const struct stub_blob *b = stub_esp8266();
	struct core *c = calloc(1, sizeof *c);
	uint8_t frame[200];

	c->link = sim_link_new(&(struct sim_link_config){0}, NULL, 0);
	slip_init(&c->slip);
	c->slip.limit = SLIP_ROOM;
	sim_link_button(c->link, true, 0);
	sim_link_power(c->link, true, 0);
	(void)host_wait(c, 0xFF, 200000);
	for (int i = 0; i < 3; i++)
		rom_say(c, frame, esp_enc_sync(frame, sizeof frame, 0x20120707));
	rom_load(c, b->text, b->text_size, b->text_addr);
	rom_load(c, b->data, b->data_size, b->data_addr);
	sim_link_send(c->link, frame, esp_enc_mem_end(frame, sizeof frame, b->entry), c->now);
	assert_true(host_wait(c, STUB_HELLO, 100000)); /* unasked */
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct core *c = *state;

	sim_link_free(c->link);
	free(c->got);
	free(c);
	return 0;
}

static void host_speed(struct core *c, uint32_t divider)
{
	host_ask(c, STUB_BAUD, 200, &divider, 1);
	assert_true(host_wait(c, STUB_BAUD, 100000));
	(void)host_wait(c, 0xFF, 2000);
	sim_link_baud(c->link, CLOCK / divider, c->now);
	host_ask(c, STUB_ECHO, 201, NULL, 0);
	assert_true(host_wait(c, STUB_ECHO, 100000));
}

static uint8_t *firmware(size_t n)
{
	uint8_t *b = malloc(n);
	uint32_t x = 12345;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		b[i] = i >= 600 && x >> 30 ? b[i - 3 - (x >> 8) % 500] : (uint8_t)(x >> 20);
	}
	return b;
}

static void core__hello__as_promised(void **state)
{
	struct core *c = *state;

	assert_int_equal(c->msg.n, 48);
	assert_int_equal(stub_word(&c->msg, 0), STUB_PROTOCOL);
	assert_int_equal(stub_word(&c->msg, 2), stub_esp8266()->build);
	assert_in_range(stub_word(&c->msg, 3), 447, 466); /* 115200, as the ROM measured it */
	assert_int_equal(stub_word(&c->msg, 4) & 0xFF, 0xEF);
	assert_int_equal(stub_word(&c->msg, 10), 0);
	assert_int_equal(stub_word(&c->msg, 11), 0);
}

/* Sends a stream as fast as the window lets it; seconds from PLAN to END's answer. */
static double host_write(struct core *c, const uint8_t *stream, size_t size, const uint32_t run[2])
{
	uint32_t plan[4] = {0, STUB_PLAN_DEFLATE | STUB_PLAN_LAST, run[0], run[1]}, sent = 0;
	uint32_t frames = (uint32_t)((size + PIECE - 1) / PIECE);
	uint8_t wire[STUB_WIRE_MAX];
	sim_time since = c->now;

	host_ask(c, STUB_PLAN, 1, plan, 4);
	while (c->acked < frames) {
		while (sent < frames && (sent - c->acked + 1) * (PIECE + 60) < WINDOW) {
			size_t at = sent * PIECE, part = size - at < PIECE ? size - at : PIECE;

			sim_link_send(c->link, wire,
			    stub_enc(wire, sizeof wire, STUB_DATA, 0, &sent, 1, stream + at, part),
			    c->now);
			sent++;
		}
		assert_true(host_wait(c, 0, 3000000));
	}
	host_ask(c, STUB_END, 2, NULL, 0);
	assert_true(host_wait(c, STUB_END, 3000000));
	assert_int_equal(c->msg.status, STUB_OK);
	return (double)(c->now - since) / 1e6;
}

static void check_write(struct core *c, uint32_t divider)
{
	struct sim_flash *f = sim_device_flash(sim_link_device(c->link));
	uint8_t *image = firmware(IMAGE), *stream = malloc(2 * IMAGE);
	struct deflater *d = deflater_new();
	uint32_t run[2] = {0, IMAGE};
	size_t used = IMAGE, size;
	bool end = false;
	double took, wire,
	    flash = IMAGE / 65536 * 0.15 + IMAGE % 65536 / 4096 * 0.045 + IMAGE / 256 * 0.0007;

	size = deflater_run(d, image, &used, true, stream, 2 * IMAGE, &end);
	assert_true(end);
	deflater_free(d);
	memset(f->mem, 0, IMAGE + 4096);
	host_speed(c, divider);
	took = host_write(c, stream, size, run);
	wire = (double)size * 10 * divider / CLOCK;
	print_message("%u baud: %.3f s, wire %.3f s, flash %.3f s: %.3f of the limit\n",
	    CLOCK / divider, took, wire, flash, took / (wire > flash ? wire : flash));
	assert_memory_equal(f->mem, image, IMAGE);
	assert_int_equal(f->mem[IMAGE], 0);
	assert_int_equal(c->naks, 0);
	host_ask(c, STUB_HELLO, 9, NULL, 0);
	assert_true(host_wait(c, STUB_HELLO, 100000));
	assert_int_equal(stub_word(&c->msg, 10), 0); /* bad frames */
	assert_int_equal(stub_word(&c->msg, 11), 0); /* overruns */
	assert_true(took < 1.3 * (wire > flash ? wire : flash));
	free(image);
	free(stream);
}

static void core__write__at_115200(void **state)
{
	check_write(*state, 451);
}

static void core__write__at_921600(void **state)
{
	check_write(*state, 56);
}

static void core__write__at_2000000(void **state)
{
	check_write(*state, 26);
}

static void core__read__at_the_wire(void **state)
{
	struct core *c = *state;
	struct sim_flash *f = sim_device_flash(sim_link_device(c->link));
	uint8_t *image = firmware(IMAGE), digest[16];
	uint32_t words[4] = {0, IMAGE + 0x20000, 4096, 0};
	sim_time since;
	double took;

	sim_flash_load(f, 0, image, IMAGE);
	c->got = malloc(IMAGE + 0x20000);
	host_speed(c, 26);
	since = c->now;
	host_ask(c, STUB_READ, 3, words, 4);
	assert_true(host_wait(c, STUB_READ, 20000000));
	took = (double)(c->now - since) / 1e6;
	print_message("%.3f s, wire %.3f s\n", took, IMAGE * 10 / 2e6);
	assert_int_equal(c->got_to, IMAGE + 0x20000);
	assert_memory_equal(c->got, f->mem, IMAGE + 0x20000);
	digest_md5(f->mem, IMAGE + 0x20000, digest);
	assert_memory_equal(c->msg.data, digest, 16);
	assert_true(took < IMAGE * 10 / 2e6 * 1.1 + 0.1); /* and what is blank */
	free(image);
}

static void core__md5__fast(void **state)
{
	struct core *c = *state;
	struct sim_flash *f = sim_device_flash(sim_link_device(c->link));
	uint8_t *image = firmware(IMAGE), digest[16];
	uint32_t words[4] = {0, IMAGE, IMAGE, 16};
	sim_time since;

	sim_flash_load(f, 0, image, IMAGE);
	since = c->now;
	host_ask(c, STUB_MD5, 3, words, 4);
	assert_true(host_wait(c, STUB_MD5, 2000000));
	print_message("%.1f cycles a byte\n", (double)(c->now - since) * 52 / IMAGE);
	digest_md5(image, IMAGE, digest);
	assert_memory_equal(c->msg.data + 8, digest, 16);
	assert_true((double)(c->now - since) * 52 / IMAGE < 35);
	free(image);
}

static void core__run__loader(void **state)
{
	struct core *c = *state;
	uint32_t how = STUB_RUN_LOADER;
	uint8_t frame[200];

	host_ask(c, STUB_RUN, 3, &how, 1);
	assert_true(host_wait(c, STUB_RUN, 100000));
	(void)host_wait(c, 0xFF, 50000);
	assert_int_equal(sim_device_mode(sim_link_device(c->link)), SIM_MODE_LOADER);
	/* The ROM answers, by its own kind of frame. */
	sim_link_send(c->link, frame, esp_enc_sync(frame, sizeof frame, 0x20120707), c->now);
	c->slip.data[0] = 0;
	(void)host_wait(c, 0xFF, 50000);
	assert_int_equal(c->slip.data[0], 0x01);
	assert_int_equal(c->slip.data[1], 0x08);
	assert_int_equal(c->slip.data[4], 0x07); /* of the value, which a stub has zero */
}

static void core__run__reset(void **state)
{
	struct core *c = *state;
	struct sim_device *d = sim_link_device(c->link);
	uint32_t how = STUB_RUN_RESET;
	unsigned resets = sim_device_resets(d);

	host_ask(c, STUB_RUN, 3, &how, 1);
	assert_true(host_wait(c, STUB_RUN, 100000));
	(void)host_wait(c, 0xFF, 50000);
	assert_int_equal(sim_device_resets(d), resets + 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(core__hello__as_promised),
	    TEST(core__write__at_115200),
	    TEST(core__write__at_921600),
	    TEST(core__write__at_2000000),
	    TEST(core__read__at_the_wire),
	    TEST(core__md5__fast),
	    TEST(core__run__loader),
	    TEST(core__run__reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

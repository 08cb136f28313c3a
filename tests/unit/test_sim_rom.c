/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual ESP8266's ROM loader against what was seen on the genuine ROM
 * (esp-serial-protocol.md, section 11), whole sessions in virtual time. */
#include "sim_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define CLKDIV 0x60000014u

static int setup(void **state)
{
	static struct peer p;

	peer_init(&p, &(struct sim_link_config){.device.flash_size = 0x400000});
	peer_enter_loader(&p);
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	peer_fini(*state);
	return 0;
}

static void assert_status(struct answer a, uint8_t status, uint8_t code)
{
	assert_true(a.times > 0);
	assert_int_equal(a.raw[8], status);
	if (status)
		assert_int_equal(a.raw[9], code);
}

static void loader__is_silent__after_banner(void **state)
{
	struct peer *p = *state;

	peer_wait(p, 30000000);
	assert_int_equal(p->n, 0);
	assert_int_equal(sim_device_mode(sim_link_device(p->l)), SIM_MODE_AUTOBAUD);
}

static void sync__gets_no_answer_then_eight__after_reset(void **state)
{
	static const uint8_t want[] = {1, 8, 2, 0, 7, 7, 0x12, 0x20, 0, 0};
	struct peer *p = *state;
	struct answer a = peer_sync_once(p);

	assert_int_equal(a.times, 0);
	a = peer_sync_once(p);
	assert_int_equal(a.times, 8);
	assert_memory_equal(a.raw, want, sizeof(want));
	/* Exactly these bytes and no other. */
	assert_int_equal(p->n, 8 * 12);
}

static void sync__echoes_first_four_bytes__nonce(void **state)
{
	struct peer *p = *state;
	struct answer a;

	peer_sync(p);
	a = peer_command(p, 8, "\xDE\xAD\xBE\xEF", 4, 0);
	assert_int_equal(a.times, 8);
	assert_memory_equal(a.raw + 4, "\xDE\xAD\xBE\xEF", 4);
}

static void autobaud__ignores__a_single_character(void **state)
{
	struct peer *p = *state;

	peer_send(p, "A", 1);
	peer_wait(p, 100000);
	peer_sync_once(p);
	assert_int_equal(peer_sync_once(p).times, 8);
}

static void autobaud__locks_right__ten_characters_at_the_later_speed(void **state)
{
	struct peer *p = *state;

	peer_send(p, "AAAAAAAAAA", 10);
	peer_wait(p, 100000);
	assert_int_equal(sim_device_mode(sim_link_device(p->l)), SIM_MODE_LOADER);
	peer_sync_once(p);
	assert_int_equal(peer_sync_once(p).times, 8);
}

static void autobaud_locked_at(struct peer *p, uint32_t baud)
{
	peer_enter_loader(p);
	sim_link_baud(p->l, baud, p->now);
	peer_send(p, "AAAAAAAAAA", 10);
	peer_wait(p, 100000);
	sim_link_baud(p->l, 115200, p->now);
	for (int i = 0; i < 4; i++)
		assert_int_equal(peer_sync_once(p).times, 0);
	sim_link_baud(p->l, baud, p->now);
	peer_sync_once(p);
	peer_wait(p, 500000);
	assert_int_equal(peer_sync_once(p).times, 8);
}

static void autobaud__locks_that_speed__ten_characters_at_another(void **state)
{
	autobaud_locked_at(*state, 74880);
	autobaud_locked_at(*state, 9600);
}

static void autobaud__locks_a_multiple__without_single_bit_pulses(void **state)
{
	struct peer *p = *state;
	uint8_t pattern[20];

	/* 0xE6 between start and stop: 0 01100111 1, no pulse shorter than two bits. */
	memset(pattern, 0xE6, sizeof(pattern));
	for (size_t i = 0; i < sizeof(pattern); i++) {
		peer_send(p, &pattern[i], 1);
		peer_wait(p, 200);
	}
	peer_wait(p, 1000);
	assert_in_range(sim_device_baud(sim_link_device(p->l)), 55000, 60000);
}

static void autobaud__adds_twelve__at_115200(void **state)
{
	struct peer *p = *state;

	peer_sync(p);
	/* 451 clocks a bit, and 12. */
	assert_int_equal(peer_read_reg(p, CLKDIV), 463);
}

static void autobaud__fails__first_sync_above_115200(void **state)
{
	static const uint32_t rates[] = {460800, 921600};
	struct peer *p = *state;

	for (size_t i = 0; i < 2; i++) {
		peer_enter_loader(p);
		sim_link_baud(p->l, rates[i], p->now);
		for (int k = 0; k < 5; k++)
			assert_int_equal(peer_sync_once(p).times, 0);
	}
}

static void status__keeps_code_byte__after_success(void **state)
{
	struct peer *p = *state;
	struct answer a;

	peer_sync(p);
	assert_status(peer_words(p, 2, 3, (uint32_t[]){0, 0, 0}), 1, 5);
	a = peer_begin(p, 0, 0, 0x400, 0);
	assert_int_equal(a.raw[8], 0);
	assert_int_equal(a.raw[9], 5);
	peer_read_reg(p, CLKDIV);
	a = peer_begin(p, 0, 0, 0x400, 0);
	assert_int_equal(a.raw[9], 0);
	/* The value word is that of the last READ_REG. */
	assert_int_equal(a.raw[4] | a.raw[5] << 8, 463);
}

static void clkdiv__answers_at_new_speed__with_delay(void **state)
{
	static const uint32_t rates[] = {460800, 921600, 115200};
	struct peer *p = *state;
	uint8_t block[0x1800];

	memset(block, 0x5A, sizeof(block));
	peer_sync(p);
	for (size_t i = 0; i < 3; i++) {
		uint32_t words[4] = {CLKDIV, 52000000 / rates[i], 0xFFFFF, 60000};
		uint8_t data[16];
		struct answer a;

		for (int k = 0; k < 16; k++)
			data[k] = (uint8_t)(words[k / 4] >> (8 * (k % 4)));
		peer_forget(p);
		peer_frame(p, 0, 9, data, 16, 0);
		peer_wait(p, 4000);
		sim_link_baud(p->l, rates[i], p->now);
		peer_wait(p, 54000);
		assert_int_equal(p->n, 0);
		peer_wait(p, 10000);
		assert_int_equal(peer_answers(p, &a), 1);
		assert_int_equal(p->n, 12);
		assert_status(a, 0, 0);
		assert_status(peer_begin(p, 0x1000, 1, 0x1800, 0), 0, 0);
		assert_status(peer_data(p, block, sizeof(block), 0), 0, 0);
	}
}

static void write_reg__takes_16_bits_of_delay(void **state)
{
	struct peer *p = *state;
	sim_time start;
	struct answer a;

	peer_sync(p);
	start = p->now;
	a = peer_write_reg(p, 0x60000500, 1, UINT32_MAX, 0x10000 + 20000);
	assert_in_range(a.at - start, 20000, 26000);
}

static void write_reg__counts_all_quads__several_in_a_packet(void **state)
{
	struct peer *p = *state;
	uint32_t w[8] = {0x60000500, 0xFF, 0x0F, 0, 0x60000504, 0xABCD, UINT32_MAX, 0};

	peer_sync(p);
	assert_status(peer_words(p, 9, 8, w), 0, 0);
	assert_int_equal(peer_read_reg(p, 0x60000500), 0x0F);
	assert_int_equal(peer_read_reg(p, 0x60000504), 0xABCD);
}

static void write_reg__does_nothing__12_bytes(void **state)
{
	struct peer *p = *state;
	uint32_t w[3] = {0x60000500, 0xFF, UINT32_MAX};
	struct answer a;

	peer_sync(p);
	assert_status(peer_words(p, 2, 3, w), 1, 5);
	a = peer_words(p, 9, 3, w);
	assert_status(a, 0, 0);
	assert_int_equal(a.raw[9], 5);
	assert_int_equal(peer_read_reg(p, 0x60000500), 0);
}

static void read_reg__gives_magic(void **state)
{
	struct peer *p = *state;

	peer_sync(p);
	assert_int_equal(peer_read_reg(p, 0x40001000), 0xFFF0C101);
}

static void jedec__short_way__after_attach(void **state)
{
	struct peer *p = *state;
	uint32_t w[8] = {0x60000240, 0, UINT32_MAX, 0, 0x60000200, 0x10000000, UINT32_MAX, 0};

	peer_sync(p);
	peer_words(p, 9, 8, w);
	assert_int_equal(peer_read_reg(p, 0x60000240) & 0xFFFFFF, 0xFFFFFF);
	peer_begin(p, 0, 0, 0x400, 0);
	peer_words(p, 9, 8, w);
	assert_int_equal(peer_read_reg(p, 0x60000240) & 0xFFFFFF, 0x1640EF);
}

static void jedec__user_command(void **state)
{
	struct peer *p = *state;

	peer_sync(p);
	peer_begin(p, 0, 0, 0x400, 0);
	peer_write_reg(p, 0x60000220, 23 << 8, UINT32_MAX, 0);
	peer_write_reg(p, 0x6000021C, 0x90000000, UINT32_MAX, 0);
	peer_write_reg(p, 0x60000224, 0x7000009F, UINT32_MAX, 0);
	peer_write_reg(p, 0x60000240, 0, UINT32_MAX, 0);
	peer_write_reg(p, 0x60000200, 1 << 18, UINT32_MAX, 0);
	assert_int_equal(peer_read_reg(p, 0x60000200), 0);
	assert_int_equal(peer_read_reg(p, 0x60000240) & 0xFFFFFF, 0x1640EF);
}

/* Command 03 of the user's own: bytes of the flash in W0, only with an address phase. */
static void read__user_command(void **state)
{
	struct peer *p = *state;
	static const uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};

	peer_sync(p);
	peer_begin(p, 0, 0, 0x400, 0);
	sim_flash_load(sim_device_flash(sim_link_device(p->l)), 0x12344, bytes, sizeof(bytes));
	peer_write_reg(p, 0x6000021C, 0xD0000000, UINT32_MAX, 0);
	peer_write_reg(p, 0x60000220, 23u << 26 | 31 << 8, UINT32_MAX, 0);
	peer_write_reg(p, 0x60000224, 0x70000003, UINT32_MAX, 0);
	peer_write_reg(p, 0x60000204, 0x12345 << 8, UINT32_MAX, 0);
	peer_write_reg(p, 0x60000240, 0, UINT32_MAX, 0);
	peer_write_reg(p, 0x60000200, 1 << 18, UINT32_MAX, 0);
	assert_int_equal(peer_read_reg(p, 0x60000240), 0x05040302);
	peer_write_reg(p, 0x6000021C, 0x90000000, UINT32_MAX, 0);
	peer_write_reg(p, 0x60000240, 0, UINT32_MAX, 0);
	peer_write_reg(p, 0x60000200, 1 << 18, UINT32_MAX, 0);
	assert_int_equal(peer_read_reg(p, 0x60000240), 0);
}

static void begin__wants_16_bytes(void **state)
{
	struct peer *p = *state;
	uint32_t w[5] = {0, 0, 0x400, 0, 0};

	peer_sync(p);
	assert_status(peer_words(p, 2, 5, w), 1, 5);
	assert_status(peer_words(p, 2, 3, w), 1, 5);
	assert_status(peer_words(p, 2, 4, w), 0, 0);
}

static void begin__refuses__block_above_0x1800(void **state)
{
	struct peer *p = *state;

	peer_sync(p);
	assert_status(peer_begin(p, 0, 0, 0x1800, 0), 0, 0);
	assert_status(peer_begin(p, 0, 0, 0x1801, 0), 1, 5);
	assert_status(peer_begin(p, 0, 0, 0x4000, 0), 1, 5);
}

static void begin__refuses_but_data_says_fine__at_4_mb(void **state)
{
	struct sim_link_config cfg = {.device.flash_size = 0x800000};
	struct peer p;
	uint8_t block[0x400] = {0};

	(void)state;
	peer_init(&p, &cfg);
	peer_enter_loader(&p);
	peer_sync(&p);
	assert_status(peer_begin(&p, 0x1000, 1, 0x400, 0x400000), 1, 6);
	assert_int_equal(peer_trace_count(&p, "erase "), 0);
	assert_status(peer_data(&p, block, sizeof(block), 0), 0, 0);
	assert_int_equal(sim_device_flash(sim_link_device(p.l))->programs, 0);
	peer_fini(&p);
}

static void spi_params__opens_flash_beyond_4_mb(void **state)
{
	struct sim_link_config cfg = {.device.flash_size = 0x800000};
	uint32_t w[6] = {0, 0x800000, 0x10000, 0x1000, 0x100, 0xFFFF};
	struct peer p;
	uint8_t block[0x400] = {0};

	(void)state;
	peer_init(&p, &cfg);
	peer_enter_loader(&p);
	peer_sync(&p);
	assert_status(peer_words(&p, 11, 5, w), 1, 5);
	assert_status(peer_words(&p, 11, 6, w), 0, 0);
	assert_status(peer_begin(&p, 0x1000, 1, 0x400, 0x400000), 0, 0);
	assert_status(peer_data(&p, block, sizeof(block), 0), 0, 0);
	assert_int_equal(sim_device_flash(sim_link_device(p.l))->mem[0x4003FF], 0);
	peer_fini(&p);
}

static void data__refuses_and_keeps_number__odd_or_too_long(void **state)
{
	struct peer *p = *state;
	uint8_t block[0x800] = {0};

	peer_sync(p);
	assert_status(peer_begin(p, 0x1000, 2, 0x400, 0), 0, 0);
	assert_status(peer_data(p, block, 0x3FE, 0), 1, 5);
	assert_status(peer_data(p, block, 0x404, 0), 1, 5);
	assert_status(peer_data(p, block, 8, 0), 0, 0);
	assert_status(peer_data(p, block, 4, 1), 0, 0);
	assert_int_equal(sim_device_flash(sim_link_device(p->l))->mem[11], 0);
	assert_int_equal(sim_device_flash(sim_link_device(p->l))->mem[12], 0xFF);
}

static void data__refuses__same_or_skipped_number(void **state)
{
	struct peer *p = *state;
	uint8_t block[4] = {1, 2, 3, 4};
	const struct sim_flash *f = sim_device_flash(sim_link_device(p->l));

	peer_sync(p);
	assert_status(peer_data(p, block, 4, 0), 1, 5); /* without BEGIN */
	assert_status(peer_begin(p, 0x1000, 1, 0x400, 0), 0, 0);
	assert_status(peer_data(p, block, 4, 0), 0, 0);
	assert_status(peer_data(p, block, 4, 0), 1, 5);
	assert_int_equal(f->programs, 1);
	assert_status(peer_data(p, block, 4, 2), 1, 5);
	assert_status(peer_data(p, block, 4, 1), 0, 0);
	assert_status(peer_data(p, block, 4, 2), 0, 0); /* beyond the announced count */
	assert_memory_equal(f->mem + 8, block, 4);
}

static struct answer bad_sum(struct peer *p, const uint8_t *four, uint32_t number)
{
	uint8_t data[20] = {4, 0, 0, 0, (uint8_t)number};

	memcpy(data + 16, four, 4);
	return peer_command(p, 3, data, sizeof(data), 0x11);
}

static void data__lands_at_failed_address__next_number_after_07(void **state)
{
	struct peer *p = *state;
	uint8_t a[4] = {1, 2, 3, 4}, b[4] = {9, 8, 7, 6};
	const struct sim_flash *f = sim_device_flash(sim_link_device(p->l));

	peer_sync(p);
	assert_status(peer_begin(p, 0, 2, 0x400, 0), 0, 0);
	assert_status(peer_data(p, a, 4, 0), 0, 0);
	assert_status(bad_sum(p, b, 1), 1, 7);
	assert_status(peer_data(p, b, 4, 1), 1, 5);
	assert_status(peer_data(p, b, 4, 2), 0, 0);
	assert_memory_equal(f->mem + 4, b, 4);
	assert_status(peer_command(p, 4, NULL, 0, 0), 1, 6);
}

static void data__reports_08__bits_that_cannot_be_set(void **state)
{
	struct peer *p = *state;
	uint8_t zero[4] = {0}, want[4] = {1, 0, 0, 0}, twin[4] = {1, 1, 0, 0};

	peer_sync(p);
	peer_begin(p, 0x1000, 1, 0x400, 0);
	peer_data(p, zero, 4, 0);
	peer_begin(p, 0, 1, 0x400, 0); /* erases nothing */
	assert_status(peer_data(p, want, 4, 0), 1, 8);
	/* Two complementary errors cancel in the 8-bit sum. */
	assert_status(peer_data(p, twin, 4, 1), 0, 0);
}

static void sync_and_read_reg__do_no_harm__in_mid_write(void **state)
{
	struct peer *p = *state;
	uint8_t block[4] = {1, 2, 3, 4};

	peer_sync(p);
	peer_begin(p, 0x1000, 2, 0x400, 0);
	assert_status(peer_data(p, block, 4, 0), 0, 0);
	assert_int_equal(peer_sync_once(p).times, 8);
	peer_read_reg(p, 0x40001000);
	assert_status(peer_data(p, block, 4, 1), 0, 0);
}

static void unknown__answers_previous_opcode(void **state)
{
	static const uint8_t ops[] = {0, 1, 0x0C, 0x0D, 0x13, 0x14, 0xD0};
	static const uint8_t after_sync[] = {1, 8, 2, 0, 7, 7, 0x12, 0x20, 1, 5};
	struct peer *p = *state;
	struct answer a;

	peer_sync(p);
	for (size_t i = 0; i < sizeof(ops); i++) {
		a = peer_command(p, ops[i], NULL, 0, 0);
		assert_int_equal(a.times, 8);
		assert_memory_equal(a.raw, after_sync, sizeof(after_sync));
	}
	peer_read_reg(p, 0x40001000);
	for (size_t i = 0; i < sizeof(ops); i++) {
		a = peer_command(p, ops[i], NULL, 0, 0);
		assert_int_equal(a.times, 1);
		assert_int_equal(a.raw[1], 10);
		assert_status(a, 1, 5);
	}
	peer_forget(p);
	peer_frame(p, 1, 8, "\0\0\0\0", 4, 0);
	peer_wait(p, 50000);
	assert_int_equal(peer_answers(p, &a), 1);
	assert_status(a, 1, 5);
}

static void frame__runs_on_old_bytes__truncated(void **state)
{
	static const uint8_t cut[] = {0xC0, 0, 10};
	struct peer *p = *state;
	struct answer a;

	peer_sync(p);
	peer_read_reg(p, 0x40001000);
	peer_send(p, cut, sizeof(cut));
	peer_wait(p, 10000);
	/* The next command's first C0 runs the old READ_REG; the command itself is swallowed. */
	a = peer_command(p, 2, "\0\0\0\0\0\0\0\0\0\4\0\0\0\0\0\0", 16, 0);
	assert_int_equal(a.times, 1);
	assert_int_equal(a.raw[1], 10);
	assert_status(peer_begin(p, 0, 0, 0x400, 0), 0, 0);
}

static void frame__goes_on__bad_escape(void **state)
{
	static const uint8_t frame[] = {0xC0, 0, 8, 4, 0, 0, 0, 0, 0, 1, 0xDB, 2, 3, 4, 0xC0};
	struct peer *p = *state;
	struct answer a;

	peer_sync(p);
	peer_forget(p);
	peer_send(p, frame, sizeof(frame));
	peer_wait(p, 50000);
	assert_int_equal(peer_answers(p, &a), 8);
}

static void mem_data__follows_same_rules(void **state)
{
	struct peer *p = *state;
	uint8_t data[20] = {4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x78, 0x56, 0x34, 0x12};
	uint8_t sum = 0xEF ^ 0x78 ^ 0x56 ^ 0x34 ^ 0x12;
	uint32_t begin[4] = {8, 2, 0x1800, 0x3FFE8000};

	peer_sync(p);
	assert_status(peer_command(p, 7, data, 20, sum), 1, 5);
	assert_status(peer_words(p, 5, 4, begin), 0, 0);
	assert_status(peer_command(p, 7, data, 20, sum), 0, 0);
	assert_status(peer_command(p, 7, data, 20, sum), 1, 5);
	data[4] = 1;
	assert_status(peer_command(p, 7, data, 20, sum ^ 1), 1, 7);
	assert_int_equal(peer_read_reg(p, 0x3FFE8000), 0x12345678);
	/* A jump into RAM: there is no CPU, the payload hangs. */
	assert_true(peer_words(p, 6, 2, (uint32_t[]){0, 0x40100000}).times > 0);
	assert_int_equal(peer_sync_once(p).times, 0);
}

static void efuse__tells_mac_and_8285(void **state)
{
	struct peer *p = *state, q;

	peer_sync(p);
	assert_int_equal(peer_read_reg(p, 0x3FF0005C), 0x5CCF7F);
	assert_int_equal(peer_read_reg(p, 0x3FF00054) & 0xFFFF, 0x1234);
	assert_int_equal(peer_read_reg(p, 0x3FF00050), 0x56000000);
	peer_init(&q, &(struct sim_link_config){.device.chip = SIM_ESP8285});
	peer_enter_loader(&q);
	peer_sync(&q);
	assert_int_equal(peer_read_reg(&q, 0x3FF00050), 0x56000010);
	assert_int_equal(peer_read_reg(&q, 0x3FF00058), 0x10000);
	peer_fini(&q);
}

/* Sectors whose first byte is not the mark any more. */
static unsigned count_erased(const struct sim_flash *f)
{
	unsigned n = 0;

	for (uint32_t s = 0; s < f->size / SIM_SECTOR; s++)
		n += f->mem[s * SIM_SECTOR] == 0xFF;
	return n;
}

static void begin__erases_by_formula__13_cases(void **state)
{
	static const struct {
		uint32_t start, sectors, want;
	} cases[] = {{0, 0, 0}, {0, 1, 2}, {0, 2, 4}, {0, 6, 12}, {0, 17, 33}, {0, 18, 34},
	    {0, 33, 49}, {0, 134, 150}, {0, 150, 166}, {0x5000, 16, 27}, {0x5000, 48, 59},
	    {0xF000, 1, 2}, {0x10000, 32, 48}};
	struct peer *p = *state;
	struct sim_flash *f = sim_device_flash(sim_link_device(p->l));

	peer_sync(p);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(f->mem, 0x12, f->size);
		assert_status(
		    peer_begin(p, cases[i].sectors * 4096, 1, 0x400, cases[i].start), 0, 0);
		assert_int_equal(count_erased(f), cases[i].want);
		if (cases[i].want) {
			assert_int_equal(f->mem[cases[i].start], 0xFF);
			assert_int_equal(f->mem[cases[i].start + cases[i].want * 4096 - 1], 0xFF);
		}
	}
}

static void begin__takes_the_flash_time__134_sectors(void **state)
{
	struct peer *p = *state;
	struct answer a;
	sim_time start;

	peer_sync(p);
	start = p->now;
	a = peer_begin(p, 134 * 4096, 100, 0x1800, 0);
	/* 22 sectors, 8 blocks; 26 bytes there, 12 back, some escaped. */
	assert_in_range(
	    a.at - start, 22 * 45000 + 8 * 150000 + 3000, 22 * 45000 + 8 * 150000 + 4000);
	assert_int_equal(peer_trace_count(p, " 65536\n"), 8);
	assert_int_equal(peer_trace_count(p, " 4096\n"), 22);
}

static void begin__says_06_after_erasing__last_sector(void **state)
{
	struct peer *p = *state;
	uint8_t block[4] = {1, 2, 3, 4};
	struct sim_flash *f = sim_device_flash(sim_link_device(p->l));

	peer_sync(p);
	memset(f->mem, 0x12, f->size);
	assert_status(peer_begin(p, 0x1000, 1, 0x400, 0x3FF000), 1, 6);
	assert_int_equal(count_erased(f), 1);
	assert_status(peer_data(p, block, 4, 0), 0, 0);
	assert_memory_equal(f->mem + 0x3FF000, block, 4);
}

static void begin__wraps__past_a_small_chip(void **state)
{
	struct peer p;
	struct sim_flash *f;

	(void)state;
	peer_init(&p, NULL); /* 1 MB, which the ROM does not know */
	peer_enter_loader(&p);
	peer_sync(&p);
	f = sim_device_flash(sim_link_device(p.l));
	memset(f->mem, 0x12, f->size);
	assert_status(peer_begin(&p, 0x1000, 1, 0x400, 0xFF000), 0, 0);
	assert_int_equal(count_erased(f), 2);
	assert_int_equal(f->mem[0], 0xFF);
	peer_fini(&p);
}

static size_t put_image(struct peer *p)
{
	uint8_t image[1024];
	size_t n = peer_image(image, 0x40100000, 612);

	sim_flash_load(sim_device_flash(sim_link_device(p->l)), 0, image, n);
	return n;
}

static void end__starts_app_without_banner__begin_0_end(void **state)
{
	static const uint8_t ok[] = {0, 0};
	struct peer *p = *state;
	struct answer a;

	put_image(p);
	peer_sync(p);
	assert_status(peer_begin(p, 0, 0, 0x400, 0), 0, 0);
	a = peer_command(p, 4, "\1\0\0\0", 4, 0);
	assert_memory_equal(a.raw + 8, ok, 2);
	peer_wait(p, 200000);
	assert_true(peer_saw(p, "load 0x40100000, len 612, room 16 "));
	assert_false(peer_saw(p, "ets "));
	assert_int_equal(sim_device_mode(sim_link_device(p->l)), SIM_MODE_APP);
	assert_int_equal(sim_device_flash(sim_link_device(p->l))->status, 0x1C);
}

static void end__says_06_and_starts_app__without_begin(void **state)
{
	struct peer *p = *state;

	put_image(p);
	peer_sync(p);
	assert_status(peer_command(p, 4, NULL, 0, 0), 1, 6);
	peer_wait(p, 200000);
	assert_int_equal(sim_device_mode(sim_link_device(p->l)), SIM_MODE_APP);
	assert_int_equal(sim_device_flash(sim_link_device(p->l))->status, 0);
}

static void rtc_reset__skips_the_loader__button_still_down(void **state)
{
	struct peer *p = *state;

	put_image(p);
	peer_sync(p);
	assert_int_equal(peer_write_reg(p, 0x60000700, 0x80000000, 0x80000000, 0).times, 0);
	sim_link_baud(p->l, 74880, p->now);
	peer_wait(p, 300000);
	assert_int_equal(sim_device_mode(sim_link_device(p->l)), SIM_MODE_APP);
	assert_true(peer_traced(p, "reset cause 3"));
}

static void wire__costs_ten_bits_a_byte__a_block_at_115200(void **state)
{
	struct peer *p = *state;
	uint8_t block[0x1800];
	sim_time start;
	struct answer a;
	double down = 12 * 10 * 463 / 52.0, up, want;
	struct sim_link_totals before, after;

	memset(block, 0x5A, sizeof(block));
	peer_sync(p);
	peer_begin(p, 0, 1, 0x1800, 0);
	start = p->now;
	sim_link_totals(p->l, &before);
	a = peer_data(p, block, sizeof(block), 0);
	sim_link_totals(p->l, &after);
	assert_status(a, 0, 0);
	up = (2 + 8 + 16 + 0x1800) * 10 / 0.1152;
	want = up + down + 24 * 700;
	assert_in_range(a.at - start, (uint64_t)(want * 0.999), (uint64_t)(want * 1.001));
	/* The limit that the device itself tells is the same. */
	assert_int_equal(after.to_chip - before.to_chip, 2 + 8 + 16 + 0x1800);
	assert_int_equal(after.to_host - before.to_host, 12);
	assert_int_equal(after.flash_us - before.flash_us, 24 * 700);
	assert_in_range(
	    after.wire_us - before.wire_us, (uint64_t)(up + down) - 10, (uint64_t)(up + down) + 10);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(loader__is_silent__after_banner),
	    T(sync__gets_no_answer_then_eight__after_reset),
	    T(sync__echoes_first_four_bytes__nonce),
	    T(autobaud__ignores__a_single_character),
	    T(autobaud__locks_right__ten_characters_at_the_later_speed),
	    T(autobaud__locks_that_speed__ten_characters_at_another),
	    T(autobaud__locks_a_multiple__without_single_bit_pulses),
	    T(autobaud__adds_twelve__at_115200),
	    T(autobaud__fails__first_sync_above_115200),
	    T(status__keeps_code_byte__after_success),
	    T(clkdiv__answers_at_new_speed__with_delay),
	    T(write_reg__takes_16_bits_of_delay),
	    T(write_reg__counts_all_quads__several_in_a_packet),
	    T(write_reg__does_nothing__12_bytes),
	    T(read_reg__gives_magic),
	    T(jedec__short_way__after_attach),
	    T(jedec__user_command),
	    T(read__user_command),
	    T(begin__wants_16_bytes),
	    T(begin__refuses__block_above_0x1800),
	    T(begin__refuses_but_data_says_fine__at_4_mb),
	    T(spi_params__opens_flash_beyond_4_mb),
	    T(data__refuses_and_keeps_number__odd_or_too_long),
	    T(data__refuses__same_or_skipped_number),
	    T(data__lands_at_failed_address__next_number_after_07),
	    T(data__reports_08__bits_that_cannot_be_set),
	    T(sync_and_read_reg__do_no_harm__in_mid_write),
	    T(unknown__answers_previous_opcode),
	    T(frame__runs_on_old_bytes__truncated),
	    T(frame__goes_on__bad_escape),
	    T(mem_data__follows_same_rules),
	    T(efuse__tells_mac_and_8285),
	    T(begin__erases_by_formula__13_cases),
	    T(begin__takes_the_flash_time__134_sectors),
	    T(begin__says_06_after_erasing__last_sector),
	    T(begin__wraps__past_a_small_chip),
	    T(end__starts_app_without_banner__begin_0_end),
	    T(end__says_06_and_starts_app__without_begin),
	    T(rtc_reset__skips_the_loader__button_still_down),
	    T(wire__costs_ten_bits_a_byte__a_block_at_115200),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

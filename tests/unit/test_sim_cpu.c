/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Code in RAM on the virtual chip: loaded through the ROM's loader and run by its core, in virtual
 * time. The instructions themselves are in test_lx106.c. */
#include "ramcode.h"
#include "sim_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define IRAM	0x40100000u
#define CHAR_US 87 /* at about 115200 */

static int setup(void **state)
{
	static struct peer p;

	peer_init(&p, &(struct sim_link_config){.device.flash_size = 0x400000});
	peer_enter_loader(&p);
	peer_sync(&p);
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	peer_fini(*state);
	return 0;
}

static void load(struct peer *p, uint32_t addr, const void *bytes, uint32_t n)
{
	uint8_t data[16 + 0x1800] = {0};
	uint8_t sum = 0xEF;
	struct answer a;

	a = peer_words(p, 5, 4, (uint32_t[]){n, 1, 0x1800, addr});
	assert_int_equal(a.raw[8], 0);
	data[0] = (uint8_t)n;
	data[1] = (uint8_t)(n >> 8);
	memcpy(data + 16, bytes, n);
	for (uint32_t i = 0; i < n; i++)
		sum ^= data[16 + i];
	a = peer_command(p, 7, data, 16 + n, sum);
	assert_int_equal(a.raw[8], 0);
}

/* Loads and starts it. The ROM's answer of 12 bytes is on the wire when the code begins; what the
 * code sends comes behind it: out() and sent(). */
static void start(struct peer *p, const uint8_t *code, uint32_t n)
{
	uint8_t data[8] = {0, 0, 0, 0, 0, 0, 0x10, 0x40};
	unsigned before = peer_trace_count(p, "ram entry 40100000");

	load(p, IRAM, code, n);
	peer_forget(p);
	peer_frame(p, 0, 6, data, sizeof(data), 0);
	for (int i = 0; i < 1000 && peer_trace_count(p, "ram entry 40100000") == before; i++)
		peer_wait(p, 10);
	assert_int_equal(peer_trace_count(p, "ram entry 40100000"), before + 1);
}

#define ANSWER 12u

static const uint8_t *out(const struct peer *p)
{
	return p->rx + ANSWER;
}

static size_t sent(const struct peer *p)
{
	return p->n > ANSWER ? p->n - ANSWER : 0;
}

#define START(p, code) start(p, code, sizeof(code))

static enum sim_mode mode(struct peer *p)
{
	return sim_device_mode(sim_link_device(p->l));
}

/* --- UART and time -------------------------------------------------------------------------- */

static void ram_code__runs__and_answers(void **state)
{
	struct peer *p = *state;

	START(p, ram_echo);
	assert_int_equal(mode(p), SIM_MODE_RAM);
	peer_wait(p, 2000);
	peer_send(p, "hello", 5);
	peer_wait(p, 20000);
	assert_int_equal(sent(p), 5);
	assert_memory_equal(out(p), "hello", 5);
}

static void ram_code__costs_nothing__while_it_waits(void **state)
{
	struct peer *p = *state;

	START(p, ram_echo);
	peer_wait(p, 10000);
	/* The loop that looks at the UART was seen to change nothing. */
	assert_true(sim_link_next(p->l) == SIM_NEVER);
	peer_wait(p, 60000000);
	peer_send(p, "x", 1);
	peer_wait(p, 5000);
	assert_int_equal(sent(p), 1);
}

static void rom_call__waits_for_a_character__for_ever(void **state)
{
	struct peer *p = *state;

	START(p, ram_block);
	peer_wait(p, 10000);
	assert_true(sim_link_next(p->l) == SIM_NEVER);
	peer_wait(p, 60000000);
	peer_send(p, "ab", 2);
	peer_wait(p, 5000);
	assert_int_equal(sent(p), 2);
	assert_memory_equal(out(p), "ab", 2);
}

static void interrupt__calls_the_attached_handler__per_character(void **state)
{
	struct peer *p = *state;

	START(p, ram_isr);
	peer_wait(p, 1000);
	peer_send(p, "HAL", 3);
	peer_wait(p, 10000);
	assert_int_equal(sent(p), 3);
	assert_memory_equal(out(p), "IBM", 3);
	assert_true(sim_link_next(p->l) == SIM_NEVER);
}

static void fifo__loses_what_does_not_fit__and_says_so(void **state)
{
	struct peer *p = *state;
	uint8_t bytes[200];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	START(p, ram_overflow);
	peer_send(p, bytes, sizeof(bytes));
	peer_wait(p, 60000);
	assert_int_equal(sent(p), 3);
	assert_int_equal(out(p)[0], 128);
	assert_int_equal(out(p)[1] & 0x10, 0x10);
	assert_int_equal(out(p)[2], 0); /* the first are kept, the last are lost */
	assert_true(peer_traced(p, "uart rx fifo overrun"));
}

static void fifo__holds_128__and_is_content(void **state)
{
	struct peer *p = *state;
	uint8_t bytes[128] = {1};

	START(p, ram_overflow);
	peer_send(p, bytes, sizeof(bytes));
	peer_wait(p, 60000);
	assert_int_equal(out(p)[0], 128);
	assert_int_equal(out(p)[1] & 0x10, 0);
	assert_int_equal(out(p)[2], 1);
	assert_false(peer_traced(p, "overrun"));
}

static void delay__takes_its_time__in_virtual_microseconds(void **state)
{
	struct peer *p = *state;
	sim_time began;

	START(p, ram_overflow);
	began = p->now;
	peer_wait(p, 39900);
	assert_int_equal(sent(p), 0);
	peer_wait(p, 1000);
	assert_int_equal(sent(p), 3);
	/* 40 ms, and three characters; the answer to MEM_END was on the wire before. */
	assert_in_range(p->last - began, 39000 + 3 * CHAR_US - 10, 40100 + 3 * CHAR_US);
}

static void divider__sets_the_rate__of_what_is_sent(void **state)
{
	struct peer *p = *state;

	START(p, ram_rate);
	peer_wait(p, 3000);
	sim_link_baud(p->l, 928571, p->now);
	peer_wait(p, 5000);
	assert_true(peer_traced(p, "rate 928571 (divider 56)"));
	assert_int_equal(sent(p), 1);
	assert_int_equal(out(p)[0], 'A');
}

static void divider__garbles__where_the_host_stays(void **state)
{
	struct peer *p = *state;

	START(p, ram_rate);
	peer_wait(p, 5000);
	assert_true(p->n > 0);
	assert_true(sent(p) == 0 || out(p)[0] != 'A');
}

static void timer__interrupts__after_its_cycles(void **state)
{
	struct peer *p = *state;
	sim_time began;

	START(p, ram_timer);
	began = p->now;
	peer_wait(p, 3000);
	assert_int_equal(sent(p), 1);
	assert_int_equal(out(p)[0], 'a');
	peer_wait(p, 20000);
	assert_int_equal(sent(p), 2);
	assert_int_equal(out(p)[1], 'b');
	/* 520000 cycles at 52 MHz, and the character's own time */
	assert_in_range(p->last - began, 9980 + CHAR_US, 10050 + CHAR_US);
}

/* The double clock is the processor's alone: the same cycles in half the time, characters as before. */
static void clock__doubles__but_not_the_uart(void **state)
{
	struct peer *p = *state;
	sim_time began;

	START(p, ram_clock);
	began = p->now;
	peer_wait(p, 4900);
	assert_int_equal(sent(p), 0);
	peer_wait(p, 400);
	assert_int_equal(sent(p), 1);
	assert_int_equal(out(p)[0], 'a');
	/* 520000 cycles at 104 MHz */
	assert_in_range(p->last - began, 4980 + CHAR_US, 5050 + CHAR_US);
	peer_wait(p, 9700);
	assert_int_equal(sent(p), 1);
	peer_wait(p, 500);
	assert_int_equal(sent(p), 2);
	assert_int_equal(out(p)[1], 'b');
	/* and at 52 */
	assert_in_range(p->last - began, 14980 + CHAR_US, 15050 + CHAR_US);
}

static void lost_answer__is_a_whole_frame(void **state)
{
	struct peer *p = *state;
	char err[100];

	START(p, ram_echo);
	peer_wait(p, 3000);
	assert_true(sim_link_fault(p->l, "answer-lost:1", p->now, err, sizeof(err)));
	peer_send(p, "\xC0one\xC0\xC0two\xC0", 10);
	peer_wait(p, 20000);
	assert_int_equal(sent(p), 6);
	assert_memory_equal(out(p), "\xC0\xC0two\xC0", 6);
	assert_int_equal(peer_trace_count(p, "answer lost"), 1);
}

/* --- flash and the ROM's functions ---------------------------------------------------------- */

static void spi__erases_programs_and_reads__by_its_registers(void **state)
{
	struct peer *p = *state;
	struct sim_flash *f = sim_device_flash(sim_link_device(p->l));
	sim_time began;

	memset(f->mem + 0x2000, 0, 0x3000);
	START(p, ram_spi);
	began = p->now;
	peer_wait(p, 44000);
	assert_int_equal(sent(p), 0);
	peer_wait(p, 10000);
	assert_memory_equal(f->mem + 0x3010, "\x11\x22\x33\x44\xFF", 5);
	assert_int_equal(f->mem[0x2FFF], 0);
	assert_int_equal(f->mem[0x3000], 0xFF);
	assert_int_equal(f->mem[0x3FFF], 0xFF);
	assert_int_equal(f->mem[0x4000], 0);
	assert_int_equal(sent(p), 2);
	assert_memory_equal(out(p), "\x11\x22", 2);
	/* 45 ms for the sector, some 40 us for four bytes, and the wires. */
	assert_in_range(p->last - began, 45000, 45400);
}

static void spi__refuses__a_protected_chip(void **state)
{
	struct peer *p = *state;
	struct sim_flash *f = sim_device_flash(sim_link_device(p->l));

	f->status = 0x1C;
	memset(f->mem + 0x3000, 0, 0x1000);
	START(p, ram_spi);
	peer_wait(p, 60000);
	assert_int_equal(f->mem[0x3010], 0);
	assert_int_equal(sent(p), 2);
	assert_memory_equal(out(p), "\0\0", 2);
	assert_true(peer_traced(p, "spi erase 003000 4096 refused"));
}

static void erase__is_torn__by_a_power_cut(void **state)
{
	struct peer *p = *state;
	struct sim_flash *f = sim_device_flash(sim_link_device(p->l));

	memset(f->mem + 0x3000, 0, 0x1000);
	START(p, ram_spi);
	peer_wait(p, 20000);
	sim_link_power(p->l, false, p->now);
	assert_int_equal(f->mem[0x3000], 0xFF);
	assert_int_equal(f->mem[0x3FFF], 0xA5);
	assert_true(peer_traced(p, "torn at 003000"));
}

static void brownout__comes_in_the_middle_of_an_erase(void **state)
{
	struct peer *p = *state;
	struct sim_flash *f = sim_device_flash(sim_link_device(p->l));
	char err[100];

	memset(f->mem + 0x3000, 0, 0x1000);
	assert_true(sim_link_fault(p->l, "brownout-erase", p->now, err, sizeof(err)));
	START(p, ram_spi);
	peer_wait(p, 20000);
	assert_true(peer_traced(p, "supply dips"));
	assert_true(peer_traced(p, "torn at 003000"));
	assert_int_equal(f->mem[0x3FFF], 0xA5);
	assert_int_equal(mode(p), SIM_MODE_RESET);
}

static void md5__is_the_roms(void **state)
{
	static const uint8_t want[16] = {0x57, 0xED, 0xF4, 0xA2, 0x2B, 0xE3, 0xC9, 0x55, 0xAC, 0x49,
	    0xDA, 0x2E, 0x21, 0x07, 0xB6, 0x7A};
	struct peer *p = *state;

	/* RFC 1321's last example */
	load(p, 0x3FFF0100,
	    "1234567890123456789012345678901234567890"
	    "1234567890123456789012345678901234567890",
	    80);
	START(p, ram_md5);
	peer_wait(p, 10000);
	assert_int_equal(sent(p), 16);
	assert_memory_equal(out(p), want, 16);
}

/* --- how it ends ------------------------------------------------------------------------------ */

static void fault__stops_it__with_cause_and_place(void **state)
{
	struct peer *p = *state;

	START(p, ram_narrow);
	peer_wait(p, 1000);
	assert_true(peer_traced(p, "cpu stops: exception 3 at 4010000b, address 40104001"));
	assert_int_equal(mode(p), SIM_MODE_HANG);
}

static void unknown_rom_address__stops_it__and_is_named(void **state)
{
	struct peer *p = *state;

	START(p, ram_nowhere);
	peer_wait(p, 1000);
	assert_true(peer_traced(p, "cpu stops: no code at 40001234"));
}

static void rom_label__loads_the_application(void **state)
{
	struct peer *p = *state;
	struct sim_flash *f = sim_device_flash(sim_link_device(p->l));
	uint8_t image[4096];
	size_t n = peer_image(image, IRAM, 256);

	sim_flash_load(f, 0, image, n);
	START(p, ram_load_app);
	peer_wait(p, 50000);
	assert_true(peer_saw(p, "load 0x40100000"));
	assert_true(peer_traced(p, "boot image loaded"));
}

static void coming_back__is_told_by_the_rom(void **state)
{
	struct peer *p = *state;

	START(p, ram_go_back);
	peer_wait(p, 10000);
	assert_true(peer_saw(p, "user code done"));
	assert_int_equal(mode(p), SIM_MODE_HANG);
}

static void reset_bit__resets__with_cause_3(void **state)
{
	struct peer *p = *state;

	START(p, ram_reset);
	peer_wait(p, 1000);
	assert_int_equal(peer_trace_count(p, "reset cause 3"), 1);
	assert_int_equal(mode(p), SIM_MODE_RESET);
}

static void another_program__starts_afresh__after_a_reset(void **state)
{
	struct peer *p = *state;

	START(p, ram_nowhere);
	peer_wait(p, 1000);
	peer_enter_loader(p);
	peer_sync(p);
	START(p, ram_echo);
	peer_send(p, "again", 5);
	peer_wait(p, 20000);
	assert_memory_equal(out(p), "again", 5);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(ram_code__runs__and_answers),
	    T(ram_code__costs_nothing__while_it_waits),
	    T(rom_call__waits_for_a_character__for_ever),
	    T(interrupt__calls_the_attached_handler__per_character),
	    T(fifo__loses_what_does_not_fit__and_says_so),
	    T(fifo__holds_128__and_is_content),
	    T(delay__takes_its_time__in_virtual_microseconds),
	    T(divider__sets_the_rate__of_what_is_sent),
	    T(divider__garbles__where_the_host_stays),
	    T(timer__interrupts__after_its_cycles),
	    T(clock__doubles__but_not_the_uart),
	    T(lost_answer__is_a_whole_frame),
	    T(spi__erases_programs_and_reads__by_its_registers),
	    T(spi__refuses__a_protected_chip),
	    T(erase__is_torn__by_a_power_cut),
	    T(brownout__comes_in_the_middle_of_an_erase),
	    T(md5__is_the_roms),
	    T(fault__stops_it__with_cause_and_place),
	    T(unknown_rom_address__stops_it__and_is_named),
	    T(rom_label__loads_the_application),
	    T(coming_back__is_told_by_the_rom),
	    T(reset_bit__resets__with_cause_3),
	    T(another_program__starts_afresh__after_a_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

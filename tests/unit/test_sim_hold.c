/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual flash with its chip select as a GPIO, by registers through the ROM's loader. */
#include "sim_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define CMD	    0x60000200u
#define ADDR	    0x60000204u
#define CTRL	    0x60000208u
#define USER	    0x6000021Cu
#define USER1	    0x60000220u
#define USER2	    0x60000224u
#define W0	    0x60000240u
#define PAD	    0x60000830u
#define OUT_SET	    0x60000304u
#define OUT_CLEAR   0x60000308u
#define DRIVE	    0x60000310u
#define SELECT	    (1u << 11)
#define COMMAND	    (1u << 31)
#define ADDRESS	    (1u << 30)
#define MISO	    (1u << 28)
#define MOSI	    (1u << 27)
#define BITS_ADDR   (23u << 26)
#define BITS_IN(n)  (((n)*8u - 1u) << 8)
#define BITS_OUT(n) (((n)*8u - 1u) << 17)

static void set(struct peer *p, uint32_t addr, uint32_t value)
{
	peer_write_reg(p, addr, value, UINT32_MAX, 0);
}

static int setup(void **state)
{
	static struct peer p;

	peer_init(&p, &(struct sim_link_config){.device.flash_size = 0x400000});
	peer_enter_loader(&p);
	peer_sync(&p);
	peer_begin(&p, 0, 0, 0x400, 0); /* attaches */
	set(&p, OUT_CLEAR, SELECT);
	set(&p, DRIVE, SELECT);
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	peer_fini(*state);
	return 0;
}

static void hold(struct peer *p)
{
	set(p, PAD, 0x30);
}

static void release(struct peer *p)
{
	set(p, PAD, 0x10);
}

static void transfer(struct peer *p, uint32_t user, uint32_t bits, uint32_t command)
{
	set(p, USER, user);
	set(p, USER1, bits);
	set(p, USER2, 7u << 28 | command);
	set(p, CMD, 1u << 18);
}

static struct sim_flash *flash(struct peer *p)
{
	return sim_device_flash(sim_link_device(p->l));
}

static void enable(struct peer *p)
{
	transfer(p, COMMAND, 0, 0x06);
}

/* A program command of 8 bytes, in two transfers, to the end of a page. */
static void program(struct peer *p)
{
	set(p, ADDR, 0x30F8u << 8);
	set(p, W0, 0x44332211);
	transfer(p, COMMAND | ADDRESS | MOSI, BITS_ADDR | BITS_OUT(4), 0x02);
	set(p, W0, 0x88776655);
	transfer(p, MOSI, BITS_OUT(4), 0);
}

static uint32_t id_in_two(struct peer *p)
{
	set(p, W0, 0x9F);
	transfer(p, MOSI, BITS_OUT(1), 0);
	set(p, W0, 0);
	transfer(p, MISO, BITS_IN(3), 0);
	return peer_read_reg(p, W0) & 0xFFFFFF;
}

static void hold__transfers_are_one_command__id(void **state)
{
	struct peer *p = *state;

	hold(p);
	assert_int_equal(id_in_two(p), 0x1640EF);
	assert_int_equal(id_in_two(p), 0xFFFFFF); /* still the same command, and it has no more */
	release(p);
	hold(p);
	assert_int_equal(id_in_two(p), 0x1640EF);
	release(p);
	assert_int_not_equal(id_in_two(p), 0x1640EF); /* two commands, neither of them one */
}

static void hold__programs__when_it_is_over(void **state)
{
	struct peer *p = *state;

	enable(p);
	hold(p);
	program(p);
	peer_wait(p, 10000);
	assert_int_equal(flash(p)->mem[0x30F8], 0xFF);
	release(p);
	peer_wait(p, 10000);
	assert_memory_equal(flash(p)->mem + 0x30F8, "\x11\x22\x33\x44\x55\x66\x77\x88\xFF", 9);
	assert_int_equal(flash(p)->programs, 1);
}

static void hold__refused__not_enabled(void **state)
{
	struct peer *p = *state;

	hold(p);
	program(p);
	release(p);
	peer_wait(p, 10000);
	assert_int_equal(flash(p)->programs, 0);
	enable(p);
	flash(p)->status = 0x1C;
	hold(p);
	program(p);
	release(p);
	peer_wait(p, 10000);
	assert_int_equal(flash(p)->mem[0x30F8], 0xFF);
}

static void hold__refused__half_a_byte(void **state)
{
	struct peer *p = *state;

	enable(p);
	hold(p);
	program(p);
	transfer(p, MOSI, 3u << 17, 0);
	release(p);
	peer_wait(p, 10000);
	assert_int_equal(flash(p)->programs, 0);
}

static void hold__wraps__in_its_page(void **state)
{
	struct peer *p = *state;

	enable(p);
	hold(p);
	program(p);
	set(p, W0, 0xCCBBAA99);
	transfer(p, MOSI, BITS_OUT(4), 0);
	release(p);
	peer_wait(p, 10000);
	assert_memory_equal(flash(p)->mem + 0x30F8, "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
	assert_memory_equal(flash(p)->mem + 0x3000, "\x99\xAA\xBB\xCC\xFF", 5);
	assert_int_equal(flash(p)->mem[0x3100], 0xFF);
}

static void hold__erases__when_it_is_over(void **state)
{
	struct peer *p = *state;

	memset(flash(p)->mem + 0x3000, 0, 0x2000);
	enable(p);
	set(p, ADDR, 0x3123u << 8);
	hold(p);
	transfer(p, COMMAND, 0, 0x20);
	transfer(p, ADDRESS, BITS_ADDR, 0);
	peer_wait(p, 60000);
	assert_int_equal(flash(p)->mem[0x3000], 0);
	release(p);
	peer_wait(p, 60000);
	assert_int_equal(flash(p)->mem[0x3000], 0xFF);
	assert_int_equal(flash(p)->mem[0x3FFF], 0xFF);
	assert_int_equal(flash(p)->mem[0x4000], 0);
}

static void hold__reads_on__over_transfers(void **state)
{
	struct peer *p = *state;

	for (uint32_t i = 0; i < 256; i++)
		flash(p)->mem[0x12300 + i] = (uint8_t)i;
	set(p, ADDR, 0x12340u << 8);
	hold(p);
	transfer(p, COMMAND | ADDRESS | MISO, BITS_ADDR | BITS_IN(8), 0x03);
	assert_int_equal(peer_read_reg(p, W0), 0x43424140);
	transfer(p, MISO, BITS_IN(4), 0);
	assert_int_equal(peer_read_reg(p, W0), 0x4B4A4948);
	release(p);
}

/* High, or driven by nobody: a pull-up. */
static void select_high__hears_nothing(void **state)
{
	struct peer *p = *state;

	set(p, OUT_SET, SELECT);
	hold(p);
	assert_int_equal(id_in_two(p), 0xFFFFFF);
	set(p, PAD, 0x00);
	transfer(p, COMMAND | MISO, BITS_IN(3), 0x9F);
	assert_int_equal(peer_read_reg(p, W0) & 0xFFFFFF, 0xFFFFFF);
	release(p);
	transfer(p, COMMAND | MISO, BITS_IN(3), 0x9F);
	assert_int_equal(peer_read_reg(p, W0) & 0xFFFFFF, 0x1640EF);
}

static void fault(struct peer *p, const char *spec)
{
	char err[100];

	assert_true(sim_link_fault(p->l, spec, p->now, err, sizeof(err)));
}

static void no_hold__stays_high(void **state)
{
	struct peer *p = *state;

	fault(p, "no-hold");
	hold(p);
	assert_int_equal(id_in_two(p), 0xFFFFFF);
}

static void short_hold__loses__what_follows_64_bytes(void **state)
{
	struct peer *p = *state;

	fault(p, "short-hold");
	enable(p);
	set(p, ADDR, 0x3000u << 8);
	for (uint32_t i = 0; i < 16; i++)
		set(p, W0 + 4 * i, 0x01010101 * i);
	hold(p);
	transfer(p, COMMAND | ADDRESS | MOSI, BITS_ADDR | BITS_OUT(64), 0x02);
	transfer(p, MOSI, BITS_OUT(64), 0);
	release(p);
	peer_wait(p, 10000);
	assert_int_equal(flash(p)->mem[0x303C], 15);
	assert_int_equal(flash(p)->mem[0x3040], 0xFF);
}

static void read_mhz__reads_wrong__above_it(void **state)
{
	struct peer *p = *state;
	uint32_t ctrl = peer_read_reg(p, CTRL), wrong[2] = {0, 0};

	fault(p, "read-mhz:40");
	for (uint32_t i = 0; i < 2000; i++) {
		set(p, CTRL, i % 2 ? 0x1000 : ctrl);
		set(p, ADDR, 0x1000u << 8);
		transfer(p, COMMAND | ADDRESS | MISO, BITS_ADDR | BITS_IN(4), 0x03);
		wrong[i % 2] += peer_read_reg(p, W0) != 0xFFFFFFFF;
	}
	assert_int_equal(wrong[0], 0);
	assert_true(wrong[1] > 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(hold__transfers_are_one_command__id),
	    T(hold__programs__when_it_is_over),
	    T(hold__refused__not_enabled),
	    T(hold__refused__half_a_byte),
	    T(hold__wraps__in_its_page),
	    T(hold__erases__when_it_is_over),
	    T(hold__reads_on__over_transfers),
	    T(select_high__hears_nothing),
	    T(no_hold__stays_high),
	    T(short_hold__loses__what_follows_64_bytes),
	    T(read_mhz__reads_wrong__above_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual ESP32 family's ROM loader against the rows of esp-serial-protocol.md, sections 1, 2
 * and 4: whole sessions in virtual time. */
#include "sim_peer32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct peer P;

static int teardown(void **state)
{
	(void)state;
	peer_fini(&P);
	return 0;
}

static struct peer *start(enum sim_chip chip)
{
	peer32_init(&P, chip, NULL);
	return &P;
}

static struct peer *loader(enum sim_chip chip)
{
	start(chip);
	peer32_ready(&P);
	return &P;
}

/* --- rows --------------------------------------------------------------------------------------- */

/* Typed in once more from the tables of 4.1 and 2.9. */
static const struct {
	enum sim_chip chip;
	unsigned id;
	uint32_t boot, magic, mac, spi, user, w0;
} table[] = {
    {SIM_ESP32, 0, 0x1000, 0x00F01D83, 0x3FF5A004, 0x3FF42000, 0x1C, 0x80},
    {SIM_ESP32S2, 2, 0x1000, 0x000007C6, 0x3F41A044, 0x3F402000, 0x18, 0x58},
    {SIM_ESP32C3, 5, 0, 0, 0x60008844, 0x60002000, 0x18, 0x58},
    {SIM_ESP32S3, 9, 0, 0, 0x60007044, 0x60002000, 0x18, 0x58},
    {SIM_ESP32C2, 12, 0, 0, 0x60008840, 0x60002000, 0x18, 0x58},
    {SIM_ESP32C6, 13, 0, 0, 0x600B0844, 0x60003000, 0x18, 0x58},
    {SIM_ESP32H2, 16, 0, 0, 0x600B0844, 0x60003000, 0x18, 0x58},
    {SIM_ESP32P4, 18, 0x2000, 0, 0x5012D044, 0x5008D000, 0x18, 0x58},
    {SIM_ESP32C5, 23, 0x2000, 0, 0x600B4844, 0x60003000, 0x18, 0x58},
};
#define ROWS (sizeof(table) / sizeof(table[0]))

static void rows__agree__with_the_documents_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		const struct sim_chip_row *row = sim_chip_row(table[i].chip);

		assert_int_equal(row->chip, table[i].chip);
		assert_ptr_equal(sim_chip_find(row->name), row);
		assert_int_equal(row->id, table[i].id);
		assert_int_equal(row->boot, table[i].boot);
		assert_int_equal(row->magic, table[i].magic);
		assert_int_equal(row->mac, table[i].mac);
		assert_int_equal(row->spi.base, table[i].spi);
		assert_int_equal(row->spi.user, table[i].user);
		assert_int_equal(row->spi.w0, table[i].w0);
	}
	assert_null(sim_chip_find("esp33"));
}

/* --- link --------------------------------------------------------------------------------------- */

static void sync__answers_eight_times__with_four_status_bytes(void **state)
{
	static const uint8_t want[] = {1, 8, 4, 0, 7, 7, 0x12, 0x20, 0, 0, 0, 0};
	uint8_t sync[36] = {7, 7, 0x12, 0x20};
	struct peer *p = start(SIM_ESP32);
	struct reply r;

	(void)state;
	memset(sync + 4, 0x55, 32);
	peer_enter_loader(p);
	peer_sync_once(p);
	r = peer32_command(p, 8, sync, sizeof(sync), 0);
	assert_int_equal(r.times, 8);
	assert_int_equal(r.n, sizeof(want));
	assert_memory_equal(r.raw, want, sizeof(want));
}

static void banner__comes_at_115200__and_says_download(void **state)
{
	static const struct {
		enum sim_chip chip;
		const char *text;
	} cases[] = {
	    {SIM_ESP32, "rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/"
			"SDIO_REI_REO_V2))\r\nwaiting for download\r\n"},
	    {SIM_ESP32S3, "rst:0x1 (POWERON),boot:0x0 (DOWNLOAD(USB/UART0))\r\nwaiting for "
			  "download\r\n"},
	    {SIM_ESP32C3, "rst:0x1 (POWERON),boot:0x5 (DOWNLOAD(USB/UART0/1))\r\nwaiting for "
			  "download\r\n"},
	    {SIM_ESP32C6, "waiting for download\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer *p = start(cases[i].chip);

		sim_link_button(p->l, true, 0);
		sim_link_power(p->l, true, 0);
		peer_wait(p, 200000);
		assert_true(peer_saw(p, cases[i].text));
		if (i + 1 < sizeof(cases) / sizeof(cases[0]))
			peer_fini(p);
	}
}

static void banner__says_a_wrong_pair_of_straps__c3(void **state)
{
	struct peer *p = start(SIM_ESP32C3);

	(void)state;
	sim_device_strap(sim_link_device(p->l), SIM_GPIO2, false);
	sim_link_button(p->l, true, 0);
	sim_link_power(p->l, true, 0);
	peer_wait(p, 200000);
	assert_true(peer_saw(p, "boot:0x1 (SPI_DOWNLOAD_BOOT)"));
	assert_false(peer_saw(p, "waiting"));
}

static void crystal__comes_out_right__from_the_divider(void **state)
{
	static const struct {
		enum sim_chip chip;
		uint32_t reg, mhz;
	} cases[] = {{SIM_ESP32, 0x3FF40014, 40}, {SIM_ESP32S2, 0x3F400014, 40},
	    {SIM_ESP32C3, 0x60000014, 40}, {SIM_ESP32S3, 0x60000014, 40},
	    {SIM_ESP32C2, 0x60000014, 26}, {SIM_ESP32C5, 0x60000014, 48}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer *p = loader(cases[i].chip);
		double mhz = 115200.0 * (peer32_read_reg(p, cases[i].reg) & 0xFFFFF) / 1e6;

		assert_true(mhz > cases[i].mhz - 1.5 && mhz < cases[i].mhz + 1.5);
		if (i + 1 < sizeof(cases) / sizeof(cases[0]))
			peer_fini(p);
	}
}

/* --- detection ---------------------------------------------------------------------------------- */

static void security_info__tells_the_chip__by_twenty_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct peer *p = loader(table[i].chip);
		struct reply r = peer32_command(p, 0x14, NULL, 0, 0);

		if (table[i].chip == SIM_ESP32) {
			/* Not known to it: one answer that carries the operation before. */
			peer32_assert(r, 1, 5);
			assert_int_equal(r.raw[1], 0x0B);
		} else if (table[i].chip == SIM_ESP32S2) {
			assert_int_equal(r.n, 8 + 12 + 4);
			assert_int_equal(r.raw[8 + 12], 0);
		} else {
			assert_int_equal(r.n, 8 + 20 + 4);
			assert_int_equal(r.raw[8 + 12], table[i].id);
			assert_int_equal(r.raw[8], 0);
			assert_int_equal(r.raw[8 + 20], 0);
		}
		if (i + 1 < ROWS)
			peer_fini(p);
	}
}

static void mac_and_magic__stand_in_their_registers__every_chip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct peer *p = loader(table[i].chip);

		assert_int_equal(peer32_read_reg(p, 0x40001000), table[i].magic);
		assert_int_equal(peer32_read_reg(p, table[i].mac), 0x18123456);
		assert_int_equal(peer32_read_reg(p, table[i].mac + 4) & 0xFFFF, 0x3485);
		if (i + 1 < ROWS)
			peer_fini(p);
	}
}

static struct reply write_reg(struct peer *p, uint32_t addr, uint32_t value)
{
	return peer32_words(p, 9, 4, (uint32_t[]){addr, value, UINT32_MAX, 0});
}

/* 3.5 with the registers of 4.1. */
static uint32_t flash_id(struct peer *p, const struct sim_chip_row *row)
{
	uint32_t base = row->spi.base;

	write_reg(p, base + row->spi.miso_len, 23);
	write_reg(p, base + row->spi.user, 0x90000000);
	write_reg(p, base + row->spi.user2, 0x7000009F);
	write_reg(p, base + row->spi.w0, 0);
	write_reg(p, base, 1u << 18);
	assert_int_equal(peer32_read_reg(p, base) & (1u << 18), 0);
	return peer32_read_reg(p, base + row->spi.w0) & 0xFFFFFF;
}

static void flash_id__is_read__every_chip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct peer *p = loader(table[i].chip);

		assert_int_equal(flash_id(p, sim_chip_row(table[i].chip)), 0x1640EF);
		if (i + 1 < ROWS)
			peer_fini(p);
	}
}

static void flash_id__is_none__before_attaching(void **state)
{
	struct peer *p = start(SIM_ESP32C3);

	(void)state;
	peer_enter_loader(p);
	peer_sync(p);
	assert_int_equal(flash_id(p, sim_chip_row(SIM_ESP32C3)), 0xFFFFFF);
}

/* The address: left aligned on the ESP32, right aligned from the S2 on. */
static void spi_address__is_aligned__as_the_row_says(void **state)
{
	static const enum sim_chip chips[] = {SIM_ESP32, SIM_ESP32C6};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct peer *p = loader(chips[i]);
		const struct sim_chip_spi *m = &sim_chip_row(chips[i])->spi;

		sim_flash_load(sim_device_flash(sim_link_device(p->l)), 0x12345, "Tasm", 4);
		write_reg(p, m->base + m->miso_len, 31);
		write_reg(p, m->base + m->user1, 23u << 26);
		write_reg(p, m->base + m->user, 0xD0000000);
		write_reg(p, m->base + m->user2, 0x70000003);
		write_reg(p, m->base + 4, i == 0 ? 0x12345u << 8 : 0x12345u);
		write_reg(p, m->base, 1u << 18);
		assert_int_equal(peer32_read_reg(p, m->base + m->w0), 0x6D736154);
		if (i == 0)
			peer_fini(p);
	}
}

/* --- what is not there ---------------------------------------------------------------------------- */

static void unknown_operation__repeats_the_one_before__eight_times_after_sync(void **state)
{
	struct peer *p = loader(SIM_ESP32);
	struct reply r;

	(void)state;
	peer_sync_once(p);
	r = peer32_command(p, 0xD0, NULL, 0, 0);
	peer32_assert(r, 1, 5);
	assert_int_equal(r.raw[1], 8);
	assert_int_equal(r.times, 8);
}

static void attach__wants_eight_bytes__four_are_refused(void **state)
{
	struct peer *p = loader(SIM_ESP32);

	(void)state;
	peer32_assert(peer32_words(p, 0x0D, 1, (uint32_t[]){0}), 1, 5);
	peer32_assert(peer32_words(p, 0x0D, 2, (uint32_t[]){0, 0}), 0, 0);
}

static void attach__wants_the_pins__flash_in_the_package(void **state)
{
	struct peer *p = &P;
	uint32_t word3, word5, pins;

	(void)state;
	peer32_init(p, SIM_ESP32, &(struct sim_link_config){.device.in_package = true});
	peer32_ready(p);
	assert_int_equal(flash_id(p, sim_chip_row(SIM_ESP32)), 0xFFFFFF);
	word3 = peer32_read_reg(p, 0x3FF5A00C);
	word5 = peer32_read_reg(p, 0x3FF5A014);
	assert_int_equal(word3 >> 9 & 7, 5);
	/* 4.2: hd, cs, d, q, clk, six bits each */
	pins = (word3 >> 4 & 31) << 24 | (word5 >> 15 & 31) << 18 | (word5 >> 10 & 31) << 12 |
	       (word5 >> 5 & 31) << 6 | (word5 & 31);
	assert_int_not_equal(pins, 0);
	peer32_assert(peer32_words(p, 0x0D, 2, (uint32_t[]){pins, 0}), 0, 0);
	assert_int_equal(flash_id(p, sim_chip_row(SIM_ESP32)), 0x1640EF);
}

static void secure_download__leaves_a_few_operations__of_2_8(void **state)
{
	static const uint8_t gone[] = {5, 6, 7, 9, 0x0A, 0x0E, 0x10, 0x11, 0x12, 0x13};
	static const uint32_t words[6] = {0, 0x400000, 0x10000, 0x1000, 0x100, 0xFFFF};
	struct peer *p = &P;
	struct reply r;

	(void)state;
	peer32_init(p, SIM_ESP32S3, &(struct sim_link_config){.device.secure_download = true});
	peer32_ready(p); /* SYNC, SPI_ATTACH, SPI_SET_PARAMS */
	r = peer32_command(p, 0x14, NULL, 0, 0);
	assert_int_equal(r.n, 8 + 20 + 4);
	assert_int_equal(r.raw[8] & 4, 4);
	for (size_t i = 0; i < sizeof(gone); i++)
		peer32_assert(peer32_words(p, gone[i], 4, words), 1, 5);
	peer32_assert(peer32_begin(p, 2, 4, 1, 0x400, 0x10000), 0, 0);
	peer32_assert(peer32_data(p, 3, "abcd", 4, 0), 0, 0);
	assert_memory_equal(sim_device_flash(sim_link_device(p->l))->mem + 0x10000, "abcd", 4);
}

static void code_in_ram__is_taken_and_not_played__stub(void **state)
{
	struct peer *p = loader(SIM_ESP32C3);
	uint8_t code[0x100] = {1};

	(void)state;
	peer32_assert(peer32_words(p, 5, 4, (uint32_t[]){0x100, 1, 0x1800, 0x40380000}), 0, 0);
	peer32_assert(peer32_data(p, 7, code, sizeof(code), 0), 0, 0);
	peer32_assert(peer32_words(p, 6, 2, (uint32_t[]){0, 0x40380000}), 0, 0);
	assert_true(peer_traced(p, "ram entry 40380000: not played"));
	peer_forget(p);
	peer_wait(p, 5000000);
	assert_int_equal(p->n, 0);
}

/* --- rates ---------------------------------------------------------------------------------------- */

static uint32_t changed_to(struct peer *p, uint32_t baud)
{
	peer32_assert(peer32_words(p, 0x0F, 2, (uint32_t[]){baud, 0}), 0, 0);
	return sim_device_baud(sim_link_device(p->l));
}

static void change_baud__answers_at_the_old_rate__then_speaks_the_new(void **state)
{
	struct peer *p = loader(SIM_ESP32C3);

	(void)state;
	assert_in_range(changed_to(p, 921600), 917000, 926000);
	sim_link_baud(p->l, 921600, p->now);
	assert_int_equal(peer32_read_reg(p, 0x60008844), 0x18123456);
}

/* The ROM's estimate is told by two registers, and with them the rate comes out right (2.7). */
static void change_baud__errs_by_the_estimate__esp32(void **state)
{
	struct peer *p = &P;
	double estimate, asked;

	(void)state;
	peer32_init(p, SIM_ESP32, &(struct sim_link_config){.device.rom_khz = 42000});
	peer32_ready(p);
	estimate = (peer32_read_reg(p, 0x3FF5F06C) >> 7 & 0x1FFFFFF) * 15625.0 *
		   (peer32_read_reg(p, 0x3FF5A010) & 0xFF) / 40;
	assert_true(estimate > 41.9e6 && estimate < 42.1e6);
	asked = 460800 * estimate / 40e6;
	assert_in_range(changed_to(p, (uint32_t)asked), 458000, 463500);
	sim_link_baud(p->l, 460800, p->now);
	assert_int_equal(peer32_read_reg(p, 0x3FF5A004), 0x18123456);
	/* Uncorrected: five per cent beside. */
	assert_in_range(changed_to(p, 230400), 218000, 220900);
}

static void change_baud__takes_26_mhz_for_40__c2(void **state)
{
	struct peer *p = loader(SIM_ESP32C2);

	(void)state;
	assert_in_range(changed_to(p, 460800 * 40 / 26), 458000, 463500);
}

static void change_baud__takes_48_mhz_for_40__c5(void **state)
{
	struct peer *p = loader(SIM_ESP32C5);

	(void)state;
	assert_int_equal(peer32_read_reg(p, 0x60096110) >> 24 & 0x7F, 40);
	assert_in_range(changed_to(p, 460800 * 40 / 48), 458000, 463500);
}

#define CASE(f) cmocka_unit_test_teardown(f, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows__agree__with_the_documents_table),
	    CASE(sync__answers_eight_times__with_four_status_bytes),
	    CASE(banner__comes_at_115200__and_says_download),
	    CASE(banner__says_a_wrong_pair_of_straps__c3),
	    CASE(crystal__comes_out_right__from_the_divider),
	    CASE(security_info__tells_the_chip__by_twenty_bytes),
	    CASE(mac_and_magic__stand_in_their_registers__every_chip),
	    CASE(flash_id__is_read__every_chip),
	    CASE(flash_id__is_none__before_attaching),
	    CASE(spi_address__is_aligned__as_the_row_says),
	    CASE(unknown_operation__repeats_the_one_before__eight_times_after_sync),
	    CASE(attach__wants_eight_bytes__four_are_refused),
	    CASE(attach__wants_the_pins__flash_in_the_package),
	    CASE(secure_download__leaves_a_few_operations__of_2_8),
	    CASE(code_in_ram__is_taken_and_not_played__stub),
	    CASE(change_baud__answers_at_the_old_rate__then_speaks_the_new),
	    CASE(change_baud__errs_by_the_estimate__esp32),
	    CASE(change_baud__takes_26_mhz_for_40__c2),
	    CASE(change_baud__takes_48_mhz_for_40__c5),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

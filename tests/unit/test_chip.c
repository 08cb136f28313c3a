/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chip facts and the arithmetic around the ROM's erase bug. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../../src/proto/chip.h"
#include "../../src/proto/chip32.h"

/* The ROM's loop (SPIEraseArea at 0x40004b44), step by step. */
static uint32_t rom_erases(uint32_t first, uint32_t n)
{
	uint32_t count = 0, head = 16 - first % 16;
	if (n < head)
		head = n;
	for (uint32_t i = head; i > 0; i--)
		count++;
	uint32_t left = n; /* minus a counter that is 0 by now: the bug */
	for (; left > 16; left -= 16)
		count += 16;
	for (; left > 0; left--)
		count++;
	return count;
}

static void chip_erase_announce__erases_enough__all(void **state)
{
	(void)state;
	for (uint32_t first = 0; first < 48; first++) {
		for (uint32_t want = 0; want <= 600; want++) {
			uint32_t really, n = chip_erase_announce(first, want, &really);
			assert_int_equal(rom_erases(first, n), really);
			assert_true(really == want || really == want + 1);
			/* an even number is always exact */
			if (want % 2 == 0)
				assert_int_equal(really, want);
		}
	}
}

static void chip_erase_announce__known__examples(void **state)
{
	uint32_t really;
	(void)state;
	assert_int_equal(chip_erase_announce(0, 150, &really), 134);
	assert_int_equal(chip_erase_announce(0, 1, &really), 1);
	assert_int_equal(really, 2);
	assert_int_equal(chip_erase_announce(0, 256, &really), 240);
}

static void chip_mac__follows_efuse__table(void **state)
{
	static const struct {
		uint32_t w[4];
		uint8_t mac[6];
	} cases[] = {
	    {{0x78000000, 0x02001234, 0, 0x005CCF7F}, {0x5C, 0xCF, 0x7F, 0x12, 0x34, 0x78}},
	    {{0x78000000, 0x00001234, 0, 0}, {0x18, 0xFE, 0x34, 0x12, 0x34, 0x78}},
	    {{0x78000000, 0x00011234, 0, 0}, {0xAC, 0xD0, 0x74, 0x12, 0x34, 0x78}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t mac[6];
		chip_mac(cases[i].w, mac);
		assert_memory_equal(mac, cases[i].mac, 6);
	}
}

static void chip_is_8285__looks_at_two_bits(void **state)
{
	(void)state;
	assert_false(chip_is_8285((const uint32_t[4]){0xFFFFFFEF, 0xFFFFFFFF, 0xFFFEFFFF, 1}));
	assert_true(chip_is_8285((const uint32_t[4]){0x10, 0, 0, 0}));
	assert_true(chip_is_8285((const uint32_t[4]){0, 0, 0x10000, 0}));
}

static void chip_rates__fit__crystals(void **state)
{
	const struct chip *c = chip_esp8266();
	(void)state;
	assert_int_equal(chip_crystal_khz(c, 115200, 451), 26000);
	assert_int_equal(chip_crystal_khz(c, 115200, 470), 26000);
	assert_int_equal(chip_crystal_khz(c, 115200, 694), 40000);
	assert_int_equal(chip_crystal_khz(c, 0, UINT32_MAX), 26000);
	assert_int_equal(chip_divider(c, 26000, 921600), 56);
	assert_int_equal(chip_rate(c, 26000, 56), 928571);
	assert_int_equal(chip_divider(c, 26000, 2000000), 26);
	assert_int_equal(chip_rate(c, 26000, 26), 2000000);
	assert_int_equal(chip_divider(c, 26000, 0), 0);
	assert_int_equal(chip_divider(c, 26000, UINT32_MAX), 0);
	assert_int_equal(chip_divider(c, 26000, 1), 0);
}

static void chip_flash__is_read_from_the_id__table(void **state)
{
	static const struct {
		uint32_t id, size;
		const char *maker;
	} cases[] = {
	    {0x1440EF, 1u << 20, "Winbond"},
	    {0x1640C8, 4u << 20, "GigaDevice"},
	    {0x146085, 1u << 20, "Puya"},
	    {0x1840EF, 16u << 20, "Winbond"},
	    {0x1320C2, 512u << 10, "Macronix"},
	    {0x2020EF, 64u << 20, "Winbond"},
	    {0x3425C2, 1u << 20, "Macronix"},
	    {0x01451F, 1u << 20, "Adesto"},
	    {0x004000, 0, "unknown"},
	    {0xFF40EF, 0, "Winbond"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(chip_flash_size(cases[i].id), cases[i].size);
		assert_string_equal(chip_flash_maker(cases[i].id), cases[i].maker);
	}
	assert_false(chip_flash_present(0));
	assert_false(chip_flash_present(0xFFFFFF));
	assert_false(chip_flash_present(0xFFFF3F));
	assert_true(chip_flash_present(0x1440EF));
}

static void chip_by_magic__finds__known(void **state)
{
	(void)state;
	assert_ptr_equal(chip_by_magic(0xFFF0C101), chip_esp8266());
	assert_string_equal(chip_by_magic(0x00F01D83)->name, "ESP32");
	assert_null(chip_by_magic(0));
}

/* Pins of a flash that is not at the usual ones, by the words of the eFuses; two at one pin mean
 * something else. */
static void chip32_flash_pins__by_eFuses__table(void **state)
{
	static const struct {
		uint32_t word3, clk, q, d, cs, pins;
	} cases[] = {
	    {11 << 4, 6, 17, 8, 16, 11u << 24 | 16u << 18 | 8u << 12 | 17u << 6 | 6u},
	    /* the last two numbers are those of GPIO32 and 33 */
	    {31u << 4, 30, 17, 8, 16, 33u << 24 | 16u << 18 | 8u << 12 | 17u << 6 | 32u},
	    {0, 0, 0, 0, 0, 0},
	    {0, 31, 31, 31, 31, 0},
	    {0, 6, 6, 8, 16, 0},
	    {0, 6, 17, 6, 16, 0},
	    {0, 6, 17, 8, 6, 0},
	    {0, 6, 17, 17, 16, 0},
	    {0, 6, 17, 8, 17, 0},
	    {0, 6, 17, 8, 8, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint32_t word5 =
		    cases[i].clk | cases[i].q << 5 | cases[i].d << 10 | cases[i].cs << 15;
		assert_int_equal(chip32_flash_pins(cases[i].word3, word5), cases[i].pins);
	}
}

static void chip32_part__by_package__table(void **state)
{
	static const char *const parts[][2] = {{"ESP32-D0WDQ6", "ESP32-S0WDQ6"},
	    {"ESP32-D0WD", "ESP32-S0WD"}, {"ESP32-D2WD", "ESP32-D2WD"}, {"", ""},
	    {"ESP32-U4WDH", "ESP32-U4WDH"}, {"ESP32-PICO-D4 or V3", "ESP32-PICO-D4 or V3"},
	    {"ESP32-PICO-V3-02", "ESP32-PICO-V3-02"}, {"ESP32-D0WDR2-V3", "ESP32-D0WDR2-V3"}};
	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		for (int single = 0; single < 2; single++)
			assert_string_equal(chip32_part(i, single), parts[i][single]);
}

/* A first S3 has something else where its revision stands, which the version of its eFuse blocks
 * tells: 1.1. */
static void chip32_revision__of_a_first_s3__is_0(void **state)
{
	static const struct {
		uint32_t minor, block_major, block_minor;
		int revision;
	} cases[] = {{0, 1, 1, 0}, {1, 1, 1, 301}, {0, 2, 1, 300}, {0, 1, 2, 300}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const uint32_t words[CHIP32_WAFER_WORDS] = {
		    cases[i].minor << 18 | cases[i].block_minor << 24, 3u << 24,
		    cases[i].block_major};
		assert_int_equal(chip32_revision(CHIP32_WAFER_S3, words), cases[i].revision);
		/* A C3 of the same words is none such. */
		assert_int_equal(
		    chip32_revision(CHIP32_WAFER_C3, words), 300 + (int)cases[i].minor);
	}
}

/* ROMs that judge their crystal wrongly are asked for what they make the right rate of. */
static void chip32_ask_baud__makes_up__for_what_the_rom_takes(void **state)
{
	static const struct {
		uint32_t id, crystal;
		uint64_t word;
		uint32_t ask; /* for 460800 */
	} cases[] = {
	    {5, 40000, 0, 460800},
	    {12, 40000, 0, 460800},
	    {12, 26000, 0, 708923}, /* the C2 takes all for 40 MHz */
	    {23, 48000, 48ull << 24, 460800},
	    {23, 48000, 40ull << 24, 384000},
	    {23, 40000, 40ull << 24, 460800},
	    {0, 40000, 41000000, 472320},
	    {0, 26000, 26000000, 460800},
	    /* a measure that is far off is none */
	    {0, 40000, 19000000, 460800},
	    {0, 40000, 81000000, 460800},
	    {0, 0, 40000000, 460800},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(chip32_ask_baud(chip32_by_id(cases[i].id), cases[i].crystal,
				     cases[i].word, 460800),
		    cases[i].ask);
}

static void chip32_crystal__is_told__by_the_divider(void **state)
{
	(void)state;
	assert_int_equal(chip32_crystal_khz(chip32_by_id(0), 115200, 347), 40000);
	assert_int_equal(chip32_crystal_khz(chip32_by_id(0), 115200, 226), 26000);
	assert_int_equal(chip32_crystal_khz(chip32_by_id(23), 115200, 417), 48000);
	assert_int_equal(chip32_crystal_khz(chip32_by_id(23), 115200, 347), 40000);
	/* one that has no other */
	assert_int_equal(chip32_crystal_khz(chip32_by_id(16), 115200, 347), 32000);
	assert_null(chip32_by_id(99));
	assert_null(chip32_by_magic(0));
}

/* Adesto's numbers, which are counted otherwise. */
static void chip_flash__of_adesto__by_the_middle_byte(void **state)
{
	(void)state;
	for (uint32_t code = 0; code < 0x20; code++) {
		uint32_t want = code >= 4 && code <= 10 ? (512u * 1024) << (code - 4) : 0;
		assert_int_equal(chip_flash_size(0x1F | code << 8), want);
		/* The upper bits are the family's. */
		assert_int_equal(chip_flash_size(0x1F | (0x40 | code) << 8), want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chip_erase_announce__erases_enough__all),
	    cmocka_unit_test(chip_erase_announce__known__examples),
	    cmocka_unit_test(chip_mac__follows_efuse__table),
	    cmocka_unit_test(chip_is_8285__looks_at_two_bits),
	    cmocka_unit_test(chip_rates__fit__crystals),
	    cmocka_unit_test(chip_flash__is_read_from_the_id__table),
	    cmocka_unit_test(chip_by_magic__finds__known),
	    cmocka_unit_test(chip32_flash_pins__by_eFuses__table),
	    cmocka_unit_test(chip32_part__by_package__table),
	    cmocka_unit_test(chip32_revision__of_a_first_s3__is_0),
	    cmocka_unit_test(chip32_ask_baud__makes_up__for_what_the_rom_takes),
	    cmocka_unit_test(chip32_crystal__is_told__by_the_divider),
	    cmocka_unit_test(chip_flash__of_adesto__by_the_middle_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

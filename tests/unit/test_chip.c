/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chip facts and the arithmetic around the ROM's erase bug. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../../src/proto/chip.h"

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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

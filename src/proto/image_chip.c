/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an image's header means on each chip: names, boot loader offsets, memory, frequencies.
 * Facts: Espressif's firmware image format and boot mode pages, esptool's targets (chip ids, memory
 * maps, frequency codes).
 */
#include <string.h>

#include "image_int.h"

/* ---- chips ----------------------------------------------------------------------------------- */

struct chip_row {
	uint16_t id;
	const char *name;
	uint32_t loader;
};

static const struct chip_row chips[] = {
    {0, "ESP32", 0x1000},
    {2, "ESP32-S2", 0x1000},
    {5, "ESP32-C3", 0x0},
    {9, "ESP32-S3", 0x0},
    {12, "ESP32-C2", 0x0},
    {13, "ESP32-C6", 0x0},
    {16, "ESP32-H2", 0x0},
    {18, "ESP32-P4", 0x2000},
    {20, "ESP32-C61", 0x0},
    {23, "ESP32-C5", 0x2000},
    {25, "ESP32-H21", 0x0},
    {28, "ESP32-H4", 0x2000},
};

#define CHIPS (sizeof(chips) / sizeof(chips[0]))

static const struct chip_row *chip_row(uint16_t id)
{
	for (size_t i = 0; i < CHIPS; i++)
		if (chips[i].id == id)
			return &chips[i];
	return NULL;
}

const char *image_chip_name(uint16_t chip_id)
{
	const struct chip_row *row = chip_row(chip_id);

	return row ? row->name : NULL;
}

uint32_t image_loader_offset(uint16_t chip_id)
{
	const struct chip_row *row = chip_row(chip_id);

	return row ? row->loader : UINT32_MAX;
}

/* "esp32c3", "ESP32-C3 (QFN32)": letters and digits up to the first blank, '-' passed over. */
static void squeeze(const char *name, char *dst, size_t size)
{
	size_t n = 0;

	for (; *name && *name != ' ' && *name != '(' && n + 1 < size; name++) {
		char c = *name;
		if (c == '-' || c == '_')
			continue;
		dst[n++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	dst[n] = '\0';
}

int image_chip_id(const char *name)
{
	/* Parts of the first ESP32 whose names begin like none of the others'. */
	static const char *const first[] = {"ESP32D", "ESP32U", "ESP32PICO", "ESP32WRO", "ESP32S0"};
	char want[24], have[24];
	size_t best = 0;
	int id = -1;

	if (!name)
		return -1;
	squeeze(name, want, sizeof(want));
	for (size_t i = 0; i < CHIPS; i++) {
		squeeze(chips[i].name, have, sizeof(have));
		size_t len = strlen(have);
		/* "ESP32C61" is no "ESP32C6", "ESP32C3FH4" is an "ESP32C3". */
		if (strcmp(want, have) == 0)
			return chips[i].id;
		if (i > 0 && len > best && str_starts(want, have) &&
		    (want[len] < '0' || want[len] > '9')) {
			best = len;
			id = chips[i].id;
		}
	}
	for (size_t i = 0; id < 0 && i < sizeof(first) / sizeof(first[0]); i++)
		if (str_starts(want, first[i]))
			id = 0;
	return id;
}

/* ---- memory ---------------------------------------------------------------------------------- */

#define ANY_CHIP 0xffffu
#define ESP8266	 0xfffeu

struct memory_row {
	uint16_t chip;
	uint32_t first, end;
	const char *text;
};

static const char flash_code[] = "code in flash", flash_data[] = "constants in flash",
		  flash_any[] = "flash", ram_code[] = "code in RAM", ram_data[] = "data in RAM",
		  ram_any[] = "RAM", rtc[] = "RTC memory";

static const struct memory_row memory[] = {
    {ANY_CHIP, 0x0, 0x10000, "padding"},
    {ESP8266, 0x3ffe8000, 0x40000000, ram_data},
    {ESP8266, 0x40100000, 0x40110000, ram_code},
    {ESP8266, 0x40200000, 0x40400000, flash_code},
    {0, 0x3f400000, 0x3f800000, flash_data},
    {0, 0x3ff80000, 0x3ff82000, rtc},
    {0, 0x3ffae000, 0x40000000, ram_data},
    {0, 0x40070000, 0x400c0000, ram_code},
    {0, 0x400c0000, 0x400c2000, rtc},
    {0, 0x400d0000, 0x40400000, flash_code},
    {0, 0x50000000, 0x50002000, rtc},
    {2, 0x3f000000, 0x3ff80000, flash_data},
    {2, 0x3ff9e000, 0x3ffa0000, rtc},
    {2, 0x3ffb0000, 0x40000000, ram_data},
    {2, 0x40020000, 0x40070000, ram_code},
    {2, 0x40070000, 0x40072000, rtc},
    {2, 0x40080000, 0x40800000, flash_code},
    {2, 0x50000000, 0x50002000, rtc},
    {5, 0x3c000000, 0x3c800000, flash_data},
    {5, 0x3fc80000, 0x3fce0000, ram_data},
    {5, 0x4037c000, 0x403e0000, ram_code},
    {5, 0x42000000, 0x42800000, flash_code},
    {5, 0x50000000, 0x50002000, rtc},
    {9, 0x3c000000, 0x3d000000, flash_data},
    {9, 0x3fc88000, 0x3fd00000, ram_data},
    {9, 0x40370000, 0x403e0000, ram_code},
    {9, 0x42000000, 0x42800000, flash_code},
    {9, 0x50000000, 0x50002000, rtc},
    {9, 0x600fe000, 0x60100000, rtc},
    {12, 0x3c000000, 0x3c400000, flash_data},
    {12, 0x3fca0000, 0x3fce0000, ram_data},
    {12, 0x4037c000, 0x403c0000, ram_code},
    {12, 0x42000000, 0x42400000, flash_code},
    /* Code and data share these. */
    {13, 0x40800000, 0x40880000, ram_any},
    {13, 0x42000000, 0x43000000, flash_any},
    {13, 0x50000000, 0x50004000, rtc},
    {16, 0x40800000, 0x40880000, ram_any},
    {16, 0x42000000, 0x43000000, flash_any},
    {16, 0x50000000, 0x50004000, rtc},
    {18, 0x40000000, 0x4c000000, flash_any},
    {18, 0x4ff00000, 0x4ffa0000, ram_any},
    {18, 0x50108000, 0x50110000, rtc},
    {23, 0x40800000, 0x40860000, ram_any},
    {23, 0x42000000, 0x44000000, flash_any},
    {23, 0x50000000, 0x50004000, rtc},
};

const char *image_memory_text(const struct image_info *info, uint32_t addr)
{
	uint16_t chip = image_is_esp32(info) ? info->chip_id : ESP8266;

	for (size_t i = 0; i < sizeof(memory) / sizeof(memory[0]); i++)
		if ((memory[i].chip == chip || memory[i].chip == ANY_CHIP) &&
		    addr >= memory[i].first && addr < memory[i].end)
			return memory[i].text;
	return "unknown memory";
}

/* ---- frequency ------------------------------------------------------------------------------- */

unsigned image_freq_mhz(uint8_t freq_code)
{
	switch (freq_code) {
	case 0:
		return 40;
	case 1:
		return 26;
	case 2:
		return 20;
	case 15:
		return 80;
	default:
		return 0;
	}
}

struct freq_row {
	uint16_t chip;
	uint8_t code;
	const char *text;
};

const char *image_freq_text(const struct image_info *info)
{
	static const struct freq_row own[] = {{12, 0, "30 MHz"}, {12, 1, "20 MHz"},
	    {12, 2, "15 MHz"}, {12, 15, "60 MHz"}, {13, 0, "40 or 80 MHz"}, {13, 2, "20 MHz"},
	    {16, 0, "24 MHz"}, {16, 1, "16 MHz"}, {16, 2, "12 MHz"}, {16, 15, "48 MHz"},
	    {18, 0, "40 MHz"}, {18, 2, "20 MHz"}, {18, 15, "80 MHz"}, {20, 0, "40 MHz"},
	    {20, 2, "20 MHz"}, {20, 15, "80 MHz"}, {23, 0, "40 MHz"}, {23, 2, "20 MHz"},
	    {23, 15, "80 MHz"}, {25, 0, "24 MHz"}, {25, 1, "16 MHz"}, {25, 2, "12 MHz"},
	    {25, 15, "48 MHz"}, {28, 0, "24 MHz"}, {28, 1, "16 MHz"}, {28, 2, "12 MHz"},
	    {28, 15, "48 MHz"}};

	/* ESP32, S2, S3 and C3 count like the ESP8266. */
	if (!image_is_esp32(info) || info->chip_id < 12) {
		static const char *const usual[] = {"40 MHz", "26 MHz", "20 MHz"};

		return info->freq_code < 3     ? usual[info->freq_code]
		       : info->freq_code == 15 ? "80 MHz"
					       : "?";
	}
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (own[i].chip == info->chip_id && own[i].code == info->freq_code)
			return own[i].text;
	return "?";
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ESP32 family's chips as a table. */
#include "chip32.h"

#define CLKDIV_MASK 0x000FFFFFu
#define WDT_KEY	    0x50D83AA1u
#define SWD_KEY	    0x8F1D312Au

/* Both the ROM's rates are those of every chip of the family: it prints at 115200. esptool writes
 * blocks of 0x400 with these ROMs. */
#define ROM(label, number, divider)                                                             \
	{                                                                                       \
		.name = (label), .magic = (number), .supported = true, .reg_clkdiv = (divider), \
		.clkdiv_mask = CLKDIV_MASK, .clk_per_xtal = 1, .rom_baud = 115200,              \
		.sync_baud = 115200, .block_max = 0x400, .rom_flash_size = 2u << 20             \
	}
/* From the S2 on all have the same unit, at different places. */
#define SPI_S2(at)                                                                           \
	{                                                                                    \
		(at), (at) + 0x18, (at) + 0x1C, (at) + 0x20, (at) + 0x28, (at) + 0x58, false \
	}

static const struct chip32 chips[] = {
    {
	.chip = ROM("ESP32", CHIP32_MAGIC_ESP32, 0x3FF40014),
	.id = 0,
	.boot = 0x1000,
	.spi = {0x3FF42000, 0x3FF4201C, 0x3FF42020, 0x3FF42024, 0x3FF4202C, 0x3FF42080, true},
	.mac = 0x3FF5A004,
	.efuse = 0x3FF5A000,
	.quirk = CHIP32_QUIRK_MEASURED,
	.boot_pin = "GPIO0",
	.wafer_form = CHIP32_WAFER_ESP32,
	.wafer = {0x3FF5A00C, 0x3FF5A014, 0x3FF6607C},
    },
    {
	.chip = ROM("ESP32-S2", CHIP32_MAGIC_S2, 0x3F400014),
	.id = 2,
	.boot = 0x1000,
	.spi = SPI_S2(0x3F402000),
	.mac = 0x3F41A044,
	.five_words = true,
	.security = 12,
	.wdt =
	    {.protect = 0x3F4080AC, .config0 = 0x3F408094, .config1 = 0x3F408098, .key = WDT_KEY},
	.force_download = 0x3F408128,
	.boot_pin = "GPIO0",
	.wafer_form = CHIP32_WAFER_S2,
	.wafer = {0x3F41A050, 0x3F41A054},
    },
    {
	.chip = ROM("ESP32-C3", 0, 0x60000014),
	.id = 5,
	.spi = SPI_S2(0x60002000),
	.mac = 0x60008844,
	.five_words = true,
	.security = 20,
	.wdt = {0x600080A8, 0x60008090, 0x60008094, WDT_KEY, 0x600080AC, 0x600080B0, SWD_KEY,
	    1u << 31},
	.boot_pin = "GPIO9",
	.wafer_form = CHIP32_WAFER_C3,
	.wafer = {0x60008850, 0x60008858},
    },
    {
	.chip = ROM("ESP32-S3", 0, 0x60000014),
	.id = 9,
	.spi = SPI_S2(0x60002000),
	.mac = 0x60007044,
	.psram = 0x60007054,
	.five_words = true,
	.security = 20,
	.wdt = {0x600080B0, 0x60008098, 0x6000809C, WDT_KEY, 0x600080B4, 0x600080B8, SWD_KEY,
	    1u << 31},
	.force_download = 0x6000812C,
	.boot_pin = "GPIO0",
	.wafer_form = CHIP32_WAFER_S3,
	.wafer = {0x60007050, 0x60007058, 0x6000706C},
    },
    {
	.chip = ROM("ESP32-C2", 0, 0x60000014),
	.id = 12,
	.spi = SPI_S2(0x60002000),
	.mac = 0x60008840,
	.five_words = true,
	.security = 20,
	.quirk = CHIP32_QUIRK_C2,
	.wdt = {.protect = 0x6000809C, .config0 = 0x60008084, .key = WDT_KEY},
	.boot_pin = "GPIO9",
	.wafer_form = CHIP32_WAFER_C2,
	.wafer = {0x60008844},
    },
    {
	.chip = ROM("ESP32-C6", 0, 0),
	.id = 13,
	.spi = SPI_S2(0x60003000),
	.mac = 0x600B0844,
	.xtal_khz = 40000,
	.five_words = true,
	.security = 20,
	.wdt = {0x600B1C18, 0x600B1C00, 0, WDT_KEY, 0x600B1C1C, 0x600B1C20, WDT_KEY, 1u << 18},
	.boot_pin = "GPIO9",
	.wafer_form = CHIP32_WAFER_C6,
	.wafer = {0x600B0850},
    },
    {
	.chip = ROM("ESP32-H2", 0, 0),
	.id = 16,
	.spi = SPI_S2(0x60003000),
	.mac = 0x600B0844,
	.xtal_khz = 32000,
	.five_words = true,
	.security = 20,
	.wdt = {0x600B1C1C, 0x600B1C00, 0, WDT_KEY, 0x600B1C20, 0x600B1C24, WDT_KEY, 1u << 18},
	.boot_pin = "GPIO9",
	.wafer_form = CHIP32_WAFER_H2,
	.wafer = {0x600B0850},
    },
    {
	.chip = ROM("ESP32-P4", 0, 0),
	.id = 18,
	.boot = 0x2000,
	.spi = SPI_S2(0x5008D000),
	.mac = 0x5012D044,
	.xtal_khz = 40000,
	.five_words = true,
	.security = 20,
	.wdt = {0x50116018, 0x50116000, 0, WDT_KEY, 0x5011601C, 0x50116020, WDT_KEY, 1u << 18},
	.boot_pin = "GPIO35",
	.wafer_form = CHIP32_WAFER_P4,
	.wafer = {0x5012D04C},
    },
    {
	.chip = ROM("ESP32-C5", 0, 0x60000014),
	.id = 23,
	.boot = 0x2000,
	.spi = SPI_S2(0x60003000),
	.mac = 0x600B4844,
	.xtal_48 = true,
	.five_words = true,
	.security = 20,
	.quirk = CHIP32_QUIRK_C5,
	.boot_pin = "GPIO28",
	.wafer_form = CHIP32_WAFER_P4,
	.wafer = {0x600B484C},
    },
};

#define CHIPS (sizeof chips / sizeof chips[0])

const struct chip32 *chip32_by_magic(uint32_t magic)
{
	for (size_t i = 0; i < CHIPS && magic != 0; i++)
		if (chips[i].chip.magic == magic)
			return &chips[i];
	return NULL;
}

const struct chip32 *chip32_by_id(uint32_t id)
{
	for (size_t i = 0; i < CHIPS; i++)
		if (chips[i].id == id)
			return &chips[i];
	return NULL;
}

void chip32_mac(const uint32_t words[2], uint8_t mac[6])
{
	mac[0] = (uint8_t)(words[1] >> 8 & 0xFF);
	mac[1] = (uint8_t)(words[1] & 0xFF);
	for (unsigned i = 0; i < 4; i++)
		mac[2 + i] = (uint8_t)(words[0] >> (24 - 8 * i) & 0xFF);
}

/* Five bits a pin; the last two numbers are those of GPIO32 and 33. */
static uint32_t pin_of(uint32_t field)
{
	field &= 31;
	return field >= 30 ? field + 2 : field;
}

uint32_t chip32_flash_pins(uint32_t word3, uint32_t word5)
{
	uint32_t pins = word5 & 0xFFFFF;
	uint32_t clk = pin_of(pins), q = pin_of(pins >> 5), d = pin_of(pins >> 10);
	uint32_t cs = pin_of(pins >> 15), hd = pin_of(word3 >> 4);
	if (pins == 0 || pins == 0xFFFFF)
		return 0;
	/* No wiring has two of them at one pin: such words mean something else. */
	if (clk == q || clk == d || clk == cs || q == d || q == cs || d == cs)
		return 0;
	return hd << 24 | cs << 18 | d << 12 | q << 6 | clk;
}

/* Three bits in three places, of which only these came into being. */
static int esp32_major(const uint32_t *words)
{
	switch ((words[2] >> 31) << 2 | (words[1] >> 20 & 1) << 1 | (words[0] >> 15 & 1)) {
	case 1:
		return 1;
	case 3:
		return 2;
	case 7:
		return 3;
	default:
		return 0;
	}
}

/* A first S3 has something else in these places: told by the version of its eFuse blocks, 1.1. */
static bool first_s3(const uint32_t *words)
{
	return (words[0] >> 18 & 7) == 0 && (words[2] & 3) == 1 && (words[0] >> 24 & 7) == 1;
}

int chip32_revision(enum chip32_wafer form, const uint32_t words[CHIP32_WAFER_WORDS])
{
	uint32_t a = words[0], b = words[1];
	uint32_t major, minor;

	switch (form) {
	case CHIP32_WAFER_ESP32:
		return esp32_major(words) * 100 + (int)(b >> 24 & 3);
	case CHIP32_WAFER_S2:
		major = a >> 18 & 3;
		minor = (a >> 20 & 1) << 3 | (b >> 4 & 7);
		break;
	case CHIP32_WAFER_C2:
		major = a >> 20 & 3;
		minor = a >> 16 & 15;
		break;
	case CHIP32_WAFER_C6:
		major = a >> 22 & 3;
		minor = a >> 18 & 15;
		break;
	case CHIP32_WAFER_H2:
		major = a >> 21 & 3;
		minor = a >> 18 & 7;
		break;
	case CHIP32_WAFER_P4:
		major = (a >> 23 & 1) << 2 | (a >> 4 & 3);
		minor = a & 15;
		break;
	default: /* C3, S3 */
		if (form == CHIP32_WAFER_S3 && first_s3(words))
			return 0;
		major = b >> 24 & 3;
		minor = (b >> 23 & 1) << 3 | (a >> 18 & 7);
		break;
	}
	return (int)(major * 100 + minor);
}

const char *chip32_part(uint32_t package, bool single_core)
{
	switch (package) {
	case 0:
		return single_core ? "ESP32-S0WDQ6" : "ESP32-D0WDQ6";
	case 1:
		return single_core ? "ESP32-S0WD" : "ESP32-D0WD";
	case 2:
		return "ESP32-D2WD";
	case 4:
		return "ESP32-U4WDH";
	case 5:
		return "ESP32-PICO-D4 or V3";
	case 6:
		return "ESP32-PICO-V3-02";
	case 7:
		return "ESP32-D0WDR2-V3";
	default:
		return "";
	}
}

uint32_t chip32_psram(uint32_t word4, uint32_t word5)
{
	static const uint8_t mb[8] = {0, 8, 2, 16, 4, 0, 0, 0};
	return (uint32_t)mb[(word5 >> 19 & 1) << 2 | (word4 >> 3 & 3)] << 20;
}

uint32_t chip32_crystal_khz(const struct chip32 *c, uint32_t baud, uint32_t clkdiv)
{
	uint64_t khz = (uint64_t)baud * (clkdiv & CLKDIV_MASK) / 1000;
	if (c->xtal_khz)
		return c->xtal_khz;
	if (c->xtal_48 && khz > 45000)
		return 48000;
	return khz > 33000 ? 40000 : 26000;
}

uint64_t chip32_measured_hz(uint32_t cali, uint32_t ck8m)
{
	return (uint64_t)(cali >> 7 & 0x01FFFFFFu) * 15625 * (ck8m & 0xFF) / 40;
}

uint32_t chip32_ask_baud(const struct chip32 *c, uint32_t crystal_khz, uint64_t word, uint32_t baud)
{
	uint64_t hz = (uint64_t)crystal_khz * 1000, taken = hz;
	if (c->quirk == CHIP32_QUIRK_C2 && crystal_khz == 26000)
		taken = 40000000;
	else if (c->quirk == CHIP32_QUIRK_C5)
		taken = (word >> 24 & 0x7F) == 48 ? 48000000 : 40000000;
	else if (c->quirk == CHIP32_QUIRK_MEASURED)
		taken = word;
	/* A measure that is far off is none. */
	if (taken < hz / 2 || taken > hz * 2)
		taken = hz;
	return hz ? (uint32_t)(baud * taken / hz) : baud;
}

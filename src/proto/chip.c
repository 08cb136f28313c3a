/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chip facts as tables. */
#include "chip.h"

static const struct chip chips[] = {
    {
	.name = "ESP8266",
	.magic = 0xFFF0C101,
	.supported = true,
	.reg_efuse = 0x3FF00050,
	.reg_clkdiv = 0x60000014,
	.clkdiv_mask = 0x000FFFFF,
	.clk_per_xtal = 2,
	.rom_baud = 74880,
	.sync_baud = 115200,
	.block_max = 0x1800,
	.rom_flash_size = 4u << 20,
	.spi_cmd = 0x60000200,
	.spi_addr = 0x60000204,
	.spi_status = 0x60000210,
	.spi_w0 = 0x60000240,
	.spi_user = 0x6000021C,
	.ram_probe = 0x40100000,
    },
    {.name = "ESP32", .magic = 0x00F01D83},
    {.name = "ESP32-S2", .magic = 0x000007C6},
};

const struct chip *chip_esp8266(void)
{
	return &chips[0];
}

const struct chip *chip_by_magic(uint32_t magic)
{
	for (size_t i = 0; i < sizeof chips / sizeof chips[0]; i++)
		if (chips[i].magic == magic)
			return &chips[i];
	return NULL;
}

void chip_mac(const uint32_t efuse[4], uint8_t mac[6])
{
	uint32_t oui;
	if (efuse[3] != 0)
		oui = efuse[3] & 0xFFFFFF;
	else if (((efuse[1] >> 16) & 0xFF) == 0)
		oui = 0x18FE34;
	else
		oui = 0xACD074;
	mac[0] = (uint8_t)(oui >> 16 & 0xFF);
	mac[1] = (uint8_t)(oui >> 8 & 0xFF);
	mac[2] = (uint8_t)(oui & 0xFF);
	mac[3] = (uint8_t)(efuse[1] >> 8 & 0xFF);
	mac[4] = (uint8_t)(efuse[1] & 0xFF);
	mac[5] = (uint8_t)(efuse[0] >> 24);
}

bool chip_is_8285(const uint32_t efuse[4])
{
	return (efuse[0] & 1u << 4) != 0 || (efuse[2] & 1u << 16) != 0;
}

uint32_t chip_crystal_khz(const struct chip *c, uint32_t baud, uint32_t clkdiv)
{
	uint64_t khz = (uint64_t)baud * clkdiv / c->clk_per_xtal / 1000;
	return khz > 33000 ? 40000 : 26000;
}

uint32_t chip_divider(const struct chip *c, uint32_t crystal_khz, uint32_t baud)
{
	uint64_t clock = (uint64_t)crystal_khz * 1000 * c->clk_per_xtal;
	if (baud == 0)
		return 0;
	uint64_t div = (clock + baud / 2) / baud;
	return div < 16 || div > c->clkdiv_mask ? 0 : (uint32_t)div;
}

uint32_t chip_rate(const struct chip *c, uint32_t crystal_khz, uint32_t divider)
{
	uint64_t clock = (uint64_t)crystal_khz * 1000 * c->clk_per_xtal;
	return (uint32_t)((clock + divider / 2) / divider);
}

bool chip_flash_present(uint32_t id)
{
	id &= 0xFFFFFF;
	return id != 0 && id != 0xFFFFFF && id != 0xFFFF3F;
}

uint32_t chip_flash_size(uint32_t id)
{
	/* Adesto and Atmel put it into the low five bits of the middle byte, in other units
	 * (esptool, loader.py). */
	if ((id & 0xFF) == 0x1F) {
		uint32_t dens = id >> 8 & 0x1F;
		return dens >= 0x04 && dens <= 0x0A ? (512u * 1024) << (dens - 4) : 0;
	}
	uint32_t cap = id >> 16 & 0xFF;
	if (cap >= 0x12 && cap <= 0x1C)
		return 1u << cap;
	if (cap >= 0x20 && cap <= 0x22)
		return (64u << 20) << (cap - 0x20);
	if (cap >= 0x32 && cap <= 0x3A)
		return 1u << (cap - 0x20);
	return 0;
}

const char *chip_flash_maker(uint32_t id)
{
	/* JEDEC JEP106 first-bank codes as NOR makers use them. */
	static const struct {
		uint8_t code;
		const char *name;
	} makers[] = {
	    {0x01, "Spansion"},
	    {0x0B, "XTX"},
	    {0x1C, "EON"},
	    {0x1F, "Adesto"},
	    {0x20, "XMC/Micron"},
	    {0x37, "AMIC"},
	    {0x51, "GigaDevice"},
	    {0x5E, "Zbit"},
	    {0x68, "Boya"},
	    {0x85, "Puya"},
	    {0x8C, "ESMT"},
	    {0x9D, "ISSI"},
	    {0xA1, "Fudan"},
	    {0xBA, "Zetta"},
	    {0xBF, "Microchip"},
	    {0xC2, "Macronix"},
	    {0xC8, "GigaDevice"},
	    {0xD8, "Berg Micro"},
	    {0xE0, "Berg Micro"},
	    {0xEF, "Winbond"},
	};
	for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
		if (makers[i].code == (id & 0xFF))
			return makers[i].name;
	return "unknown";
}

uint32_t chip_erase_announce(uint32_t first, uint32_t sectors, uint32_t *really)
{
	uint32_t head = 16 - first % 16;
	uint32_t n = sectors >= 2 * head ? sectors - head : (sectors + 1) / 2;
	*really = n + (n < head ? n : head);
	return n;
}

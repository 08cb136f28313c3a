/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registers of the ESP32 family that a loader's user touches: the number that tells chips
 * apart, MAC, clock divider, what the ROM thinks of its crystal, the SPI unit, watchdogs
 * (esp-serial-protocol.md 1.1, 2.7, 2.9, 4.1, 4.3). Others keep what is written and read 0 before.
 *
 * The SPI unit does what the ESP8266's does (spi.c), with its registers at other places, the
 * lengths in registers of their own and, from the S2 on, the address right aligned.
 */
#include "simint.h"

#define REG_MAGIC      0x40001000u
#define REG_RTC_CALI   0x3FF5F06Cu /* ESP32: cycles of the slow clock, at bit 7 */
#define REG_EFUSE_CK8M 0x3FF5A010u /* ESP32: word 4, whose low byte is the 8 MHz clock's */
#define REG_C5_SYSCLK  0x60096110u /* C5: what crystal the ROM expects, in MHz, at bit 24 */

#define REG_EFUSE3   0x3FF5A00Cu /* ESP32: package at bit 9, pin HD at bit 4 */
#define REG_EFUSE5   0x3FF5A014u /* ESP32: pins CLK, Q, D, CS, five bits each */
#define REG_APB_DATE 0x3FF6607Cu /* ESP32: the last bit of its revision at bit 31 */
#define PICO_D4	     5u

#define CK8M	 34u /* times 250 kHz */
#define CALI_BIT 7

/* MAC 34:85:18:12:34:56; above its first bytes stands something else, as on real chips. */
#define MAC_LOW	 0x18123456u
#define MAC_HIGH 0xC8003485u

/* the ESP8266's, as spi.c knows it */
#define SPI8266	   0x60000200u
#define CMD8266	   (SPI8266 + 0x00)
#define ADDR8266   (SPI8266 + 0x04)
#define USER8266   (SPI8266 + 0x1C)
#define USER18266  (SPI8266 + 0x20)
#define USER28266  (SPI8266 + 0x24)
#define W8266	   (SPI8266 + 0x40)
#define CMD_USR	   (1u << 18)
#define CMD_RDID   (1u << 28)
#define BUFFER	   64u
#define UNIT	   0x100u
#define LEN_MASK   0x1FFu
#define USER1_KEPT 0xFC0000FFu /* lengths of address and dummy */

/* esptool's arithmetic: frequency = cali * 15625 * ck8m / 40. */
static uint32_t calibration(const struct sim_device *dev)
{
	uint64_t hz = sim_rom32_believed_hz(dev), per = 15625u * CK8M;

	return (uint32_t)((hz * 40 + per / 2) / per) << CALI_BIT;
}

/* --- the SPI unit ----------------------------------------------------------------------------- */

static void spi_command(struct sim_device *dev, uint32_t cmd)
{
	const struct sim_chip_spi *m = &dev->row->spi;
	uint32_t user1 = dev->rom32.spi.user1 & USER1_KEPT;
	uint32_t addr = dev->spi.addr, bits = (user1 >> 26) + 1;

	sim_spi_write(dev, USER8266, dev->rom32.spi.user);
	sim_spi_write(dev, USER28266, dev->rom32.spi.user2);
	sim_spi_write(dev, USER18266,
	    user1 | (dev->rom32.spi.miso_len & LEN_MASK) << 8 |
		(dev->rom32.spi.mosi_len & LEN_MASK) << 17);
	if (!m->addr_left && bits < 32)
		sim_spi_write(dev, ADDR8266, addr << (32 - bits));
	sim_spi_write(dev, CMD8266, cmd & (CMD_USR | CMD_RDID));
	sim_spi_write(dev, ADDR8266, addr);
}

static uint32_t *spi_own(struct sim_device *dev, uint32_t offset)
{
	const struct sim_chip_spi *m = &dev->row->spi;

	if (offset == m->user)
		return &dev->rom32.spi.user;
	if (offset == m->user1)
		return &dev->rom32.spi.user1;
	if (offset == m->user2)
		return &dev->rom32.spi.user2;
	if (offset == m->mosi_len)
		return &dev->rom32.spi.mosi_len;
	if (offset == m->miso_len)
		return &dev->rom32.spi.miso_len;
	return NULL;
}

/* Where the ESP8266 has what this chip has at the offset; 0: nowhere. */
static uint32_t spi_elsewhere(const struct sim_device *dev, uint32_t offset)
{
	const struct sim_chip_spi *m = &dev->row->spi;

	if (offset == 0)
		return CMD8266;
	if (offset == 4)
		return ADDR8266;
	return offset >= m->w0 && offset - m->w0 < BUFFER ? W8266 + (offset - m->w0) : 0;
}

static bool spi_owns(const struct sim_device *dev, uint32_t addr)
{
	uint32_t offset = addr - dev->row->spi.base;

	return offset < UNIT && offset % 4 == 0;
}

static bool spi_read(struct sim_device *dev, uint32_t offset, uint32_t *value)
{
	const uint32_t *own = spi_own(dev, offset);
	uint32_t there = spi_elsewhere(dev, offset);

	if (own)
		*value = *own;
	else if (there)
		*value = sim_spi_read(dev, there);
	return own || there;
}

static bool spi_write(struct sim_device *dev, uint32_t offset, uint32_t value)
{
	uint32_t *own = spi_own(dev, offset), there = spi_elsewhere(dev, offset);

	if (own)
		*own = value;
	else if (there == CMD8266)
		spi_command(dev, value);
	else if (there)
		sim_spi_write(dev, there, value);
	return own || there;
}

/* --- the map ---------------------------------------------------------------------------------- */

/* The revision, where esptool's targets look for it: the number of the word counts from the MAC's
 * first one, and is -1 for the ESP32's registers elsewhere. */
static uint32_t revision_bits(const struct sim_device *dev, uint32_t addr)
{
	static const uint32_t first[] = {0, 1, 3, 7}; /* ESP32: how its majors are burnt */
	uint32_t v = dev->cfg.has_revision ? dev->cfg.revision : 100;
	uint32_t major = v / 100, minor = v % 100, word = (addr - dev->row->mac) / 4;

	switch (dev->row->chip) {
	case SIM_ESP32:
		if (addr == REG_EFUSE3)
			return (first[major & 3] & 1) << 15;
		if (addr == REG_EFUSE5)
			return (first[major & 3] >> 1 & 1) << 20 | (minor & 3) << 24;
		return addr == REG_APB_DATE ? first[major & 3] >> 2 << 31 : 0;
	case SIM_ESP32S2:
		if (word == 3)
			return major << 18 | (minor >> 3 & 1) << 20;
		return word == 4 ? (minor & 7) << 4 : 0;
	case SIM_ESP32C3:
	case SIM_ESP32S3:
		if (word == 3)
			return (minor & 7) << 18;
		return word == 5 ? major << 24 | (minor >> 3 & 1) << 23 : 0;
	case SIM_ESP32C2:
		return word == 1 ? major << 20 | minor << 16 : 0;
	case SIM_ESP32C6:
		return word == 3 ? major << 22 | minor << 18 : 0;
	case SIM_ESP32H2:
		return word == 3 ? major << 21 | minor << 18 : 0;
	case SIM_ESP32P4:
	case SIM_ESP32C5:
		return word == 2 ? (major >> 2 & 1) << 23 | (major & 3) << 4 | minor : 0;
	default:
		return 0;
	}
}

static uint32_t package(const struct sim_device *dev, uint32_t addr)
{
	uint32_t pins = sim_rom32_flash_pins(dev);

	if (!pins)
		return 0;
	if (addr == REG_EFUSE3)
		return PICO_D4 << 9 | (pins >> 24 & 31) << 4;
	return (pins & 31) | (pins >> 6 & 31) << 5 | (pins >> 12 & 31) << 10 |
	       (pins >> 18 & 31) << 15;
}

static bool fixed(const struct sim_device *dev, uint32_t addr, uint32_t *value)
{
	const struct sim_chip_row *row = dev->row;

	if (addr == REG_MAGIC)
		*value = row->magic;
	else if (addr == row->mac)
		*value = MAC_LOW;
	else if (addr == row->mac + 4)
		*value = row->chip == SIM_ESP32C2 ? MAC_HIGH & 0xFFFF : MAC_HIGH;
	else if (addr == row->clkdiv)
		*value = dev->clkdiv;
	else if (row->usb_console && addr == row->usb_console)
		*value = sim_device_by_usb(dev) ? row->usb_console_is : 0;
	else if (row->chip == SIM_ESP32 && addr == REG_RTC_CALI)
		*value = calibration(dev);
	else if (row->chip == SIM_ESP32 && addr == REG_EFUSE_CK8M)
		*value = CK8M;
	else if (row->chip == SIM_ESP32 && (addr == REG_EFUSE3 || addr == REG_EFUSE5))
		*value = package(dev, addr);
	else if (row->chip == SIM_ESP32C5 && addr == REG_C5_SYSCLK)
		*value = (uint32_t)row->rom_mhz << 24;
	else
		return false;
	return true;
}

uint32_t sim_regs32_read(struct sim_device *dev, uint32_t addr)
{
	const uint32_t *reg;
	uint32_t value = 0;

	if (fixed(dev, addr, &value))
		return value | revision_bits(dev, addr);
	if (spi_owns(dev, addr) && spi_read(dev, addr - dev->row->spi.base, &value))
		return value;
	reg = sim_regs_spare(&dev->regs, addr, false);
	return (reg ? *reg : 0) | revision_bits(dev, addr);
}

void sim_regs32_write(struct sim_device *dev, uint32_t addr, uint32_t value)
{
	uint32_t ignored, *reg;

	if (addr == dev->row->clkdiv) {
		sim_device_set_clkdiv(dev, value);
		return;
	}
	if (fixed(dev, addr, &ignored) || !sim_usb32_may_write(dev, addr))
		return;
	if (spi_owns(dev, addr) && spi_write(dev, addr - dev->row->spi.base, value))
		return;
	reg = sim_regs_spare(&dev->regs, addr, true);
	if (!reg)
		return;
	*reg = value;
	sim_usb32_written(dev, addr, value);
}

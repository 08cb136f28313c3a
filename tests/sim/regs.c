/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registers that a loader's user touches: UART divider, straps, eFuses, RTC, the SPI unit
 * before the flash, and RAM (esp-serial-protocol.md 1.1, 3.1, 3.5 to 3.7). Others keep what is
 * written and read 0 before.
 */
#include "simint.h"

#include <string.h>

#define REG_UART_CLKDIV 0x60000014u
#define REG_STRAPS	0x60000318u
#define REG_RTC_CONTROL 0x60000700u
#define REG_RTC_REASON	0x60000714u
#define REG_EFUSE	0x3FF00050u
#define REG_MAGIC	0x40001000u
#define MAGIC_ESP8266	0xFFF0C101u
#define RTC_SW_RESET	0x80000000u

#define SPI0	      0x60000200u
#define SPI_CMD	      (SPI0 + 0x00)
#define SPI_ADDR      (SPI0 + 0x04)
#define SPI_RD_STATUS (SPI0 + 0x10)
#define SPI_USER      (SPI0 + 0x1C)
#define SPI_USER1     (SPI0 + 0x20)
#define SPI_USER2     (SPI0 + 0x24)
#define SPI_W0	      (SPI0 + 0x40)
#define SPI_W_END     (SPI0 + 0x80)

#define CMD_USR	     (1u << 18)
#define CMD_BLOCK    (1u << 23)
#define CMD_SECTOR   (1u << 24)
#define CMD_RDSR     (1u << 27)
#define CMD_RDID     (1u << 28)
#define CMD_WREN     (1u << 30)
#define USER_COMMAND (1u << 31)
#define USER_ADDRESS (1u << 30)
#define USER_MISO    (1u << 28)
#define COMMAND_BITS 8
#define ADDRESS_BITS 24
#define NO_FLASH     0xFFFFFFu

void sim_regs_reset(struct sim_device *dev)
{
	memset(&dev->regs, 0, sizeof(dev->regs));
}

uint8_t *sim_regs_ram(struct sim_device *dev, uint32_t addr, size_t n)
{
	if (addr >= SIM_DRAM_BASE && addr - SIM_DRAM_BASE <= SIM_DRAM_SIZE &&
	    n <= SIM_DRAM_SIZE - (addr - SIM_DRAM_BASE))
		return dev->regs.dram + (addr - SIM_DRAM_BASE);
	if (addr >= SIM_IRAM_BASE && addr - SIM_IRAM_BASE <= SIM_IRAM_SIZE &&
	    n <= SIM_IRAM_SIZE - (addr - SIM_IRAM_BASE))
		return dev->regs.iram + (addr - SIM_IRAM_BASE);
	return NULL;
}

/* --- the flash behind the SPI unit ------------------------------------------------------ */

static uint8_t flash_status(const struct sim_device *dev)
{
	bool busy = dev->now < dev->regs.spi_busy_until;
	uint8_t s = (uint8_t)(dev->flash.status | (busy ? 1 : 0));

	if (dev->flash.write_protect)
		s |= 0x80 | SIM_FLASH_BP;
	return (uint8_t)(s | (dev->regs.write_enabled ? 2 : 0));
}

static void spi_erase(struct sim_device *dev, uint32_t addr, uint32_t len)
{
	struct sim_regs *r = &dev->regs;

	if (!dev->rom.attached || !r->write_enabled || dev->now < r->spi_busy_until)
		return;
	r->write_enabled = false;
	if (!sim_flash_erase(&dev->flash, addr & ~(len - 1), len))
		return;
	r->spi_busy_until = dev->now + (len == SIM_SECTOR     ? dev->flash.times.sector_us
					   : len == SIM_BLOCK ? dev->flash.times.block_us
							      : (sim_time)(len / SIM_BLOCK) *
								    dev->flash.times.block_us);
	sim_device_trace(dev, dev->now, "spi erase %06x %u", addr, len);
}

/* Transfers of the SPI unit go through W0..W15, lowest byte first. */
static void spi_program(struct sim_device *dev, uint32_t addr)
{
	struct sim_regs *r = &dev->regs;
	size_t n = ((r->spi_user1 >> 17 & 0x1FF) + 1) / 8;
	uint8_t bytes[64];

	if (!dev->rom.attached || !r->write_enabled || dev->now < r->spi_busy_until)
		return;
	n = n < sizeof(bytes) ? n : sizeof(bytes);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(r->spi_w[i / 4] >> (8 * (i % 4)));
	r->write_enabled = false;
	if (sim_flash_program(&dev->flash, addr, bytes, n))
		r->spi_busy_until = dev->now + sim_flash_program_us(&dev->flash, addr, n);
}

static void spi_read(struct sim_device *dev, uint32_t addr)
{
	struct sim_regs *r = &dev->regs;
	size_t n = ((r->spi_user1 >> 8 & 0x1FF) + 1) / 8;
	uint8_t bytes[64];

	n = n < sizeof(bytes) ? n : sizeof(bytes);
	memset(bytes, 0xFF, sizeof(bytes));
	if (dev->rom.attached)
		sim_flash_read(&dev->flash, addr, bytes, n);
	for (size_t i = 0; i < n; i += 4)
		r->spi_w[i / 4] = sim_le32(bytes + i);
}

static uint32_t jedec(const struct sim_device *dev)
{
	return dev->rom.attached ? sim_flash_jedec(&dev->flash) : NO_FLASH;
}

/* A command of the user's own (bit 18): USER2 has it, ADDR holds the address left aligned. */
static void spi_user(struct sim_device *dev)
{
	struct sim_regs *r = &dev->regs;
	uint32_t addr = r->spi_addr >> 8;

	if (!(r->spi_user & USER_COMMAND) || (r->spi_user2 >> 28) + 1 != COMMAND_BITS ||
	    sim_faults_find(&dev->faults, SIM_FAULT_NO_SPI_USER))
		return;
	switch (r->spi_user2 & 0xFF) {
	case 0x9F:
		r->spi_w[0] = jedec(dev);
		break;
	case 0x05:
		r->spi_w[0] = dev->rom.attached ? flash_status(dev) : 0xFF;
		break;
	case 0x35:
	case 0x15:
		r->spi_w[0] = dev->rom.attached ? 0 : 0xFF;
		break;
	case 0x06:
		r->write_enabled = dev->rom.attached;
		break;
	case 0x04:
		r->write_enabled = false;
		break;
	case 0x01:
		if (r->write_enabled && !dev->flash.write_protect)
			dev->flash.status = (uint8_t)(r->spi_w[0] & 0xFC);
		r->write_enabled = false;
		break;
	case 0x02:
		spi_program(dev, addr);
		break;
	case 0x03:
		/* Without its address phase the flash would take what follows for one. */
		if ((r->spi_user & USER_ADDRESS) && (r->spi_user & USER_MISO) &&
		    (r->spi_user1 >> 26) + 1 == ADDRESS_BITS)
			spi_read(dev, addr);
		break;
	case 0x20:
		spi_erase(dev, addr, SIM_SECTOR);
		break;
	case 0xD8:
		spi_erase(dev, addr, SIM_BLOCK);
		break;
	case 0x60:
	case 0xC7:
		spi_erase(dev, 0, dev->flash.size);
		break;
	default:
		break;
	}
}

static void spi_command(struct sim_device *dev, uint32_t value)
{
	struct sim_regs *r = &dev->regs;

	if (value & CMD_WREN)
		r->write_enabled = dev->rom.attached;
	if (value & CMD_RDID)
		r->spi_w[0] = jedec(dev);
	if (value & CMD_RDSR)
		r->spi_rd_status = dev->rom.attached ? flash_status(dev) : 0xFF;
	if (value & CMD_SECTOR)
		spi_erase(dev, r->spi_addr & 0xFFFFFF, SIM_SECTOR);
	if (value & CMD_BLOCK)
		spi_erase(dev, r->spi_addr & 0xFFFFFF, SIM_BLOCK);
	if (value & CMD_USR)
		spi_user(dev);
}

/* --- the map ----------------------------------------------------------------------------- */

static uint32_t *spi_register(struct sim_regs *r, uint32_t addr)
{
	if (addr >= SPI_W0 && addr < SPI_W_END && addr % 4 == 0)
		return &r->spi_w[(addr - SPI_W0) / 4];
	switch (addr) {
	case SPI_ADDR:
		return &r->spi_addr;
	case SPI_RD_STATUS:
		return &r->spi_rd_status;
	case SPI_USER:
		return &r->spi_user;
	case SPI_USER1:
		return &r->spi_user1;
	case SPI_USER2:
		return &r->spi_user2;
	default:
		return NULL;
	}
}

static uint32_t *spare(struct sim_regs *r, uint32_t addr, bool create)
{
	for (size_t i = 0; i < r->spare_len; i++)
		if (r->spare[i].addr == addr)
			return &r->spare[i].value;
	if (!create || r->spare_len == SIM_REGS_SPARE)
		return NULL;
	r->spare[r->spare_len].addr = addr;
	r->spare[r->spare_len].value = 0;
	return &r->spare[r->spare_len++].value;
}

/* MAC 5C:CF:7F:12:34:56: the maker's part in word 3, the rest in words 1 and 0 (3.6). */
static uint32_t efuse(const struct sim_device *dev, uint32_t word)
{
	bool in_package = dev->cfg.chip == SIM_ESP8285;

	switch (word) {
	case 0:
		return 0x56000000u | (in_package ? 1u << 4 : 0);
	case 1:
		return 0x00001234u;
	case 2:
		return in_package ? 1u << 16 : 0;
	default:
		return 0x005CCF7Fu;
	}
}

uint32_t sim_regs_read(struct sim_device *dev, uint32_t addr)
{
	const uint32_t *reg;
	const uint8_t *ram = sim_regs_ram(dev, addr, 4);

	if (ram)
		return sim_le32(ram);
	if (addr >= REG_EFUSE && addr < REG_EFUSE + 16 && addr % 4 == 0)
		return efuse(dev, (addr - REG_EFUSE) / 4);
	switch (addr) {
	case REG_MAGIC:
		return MAGIC_ESP8266;
	case REG_UART_CLKDIV:
		return dev->clkdiv;
	case REG_STRAPS:
		return 7u << 29 | dev->strap_mode << 16;
	case REG_RTC_REASON:
		return (uint32_t)dev->cause;
	default:
		break;
	}
	reg = spi_register(&dev->regs, addr);
	if (!reg)
		reg = spare(&dev->regs, addr, false);
	return reg ? *reg : 0; /* SPI_CMD too: its commands are over before it can be read */
}

void sim_regs_write(struct sim_device *dev, uint32_t addr, uint32_t value)
{
	uint8_t *ram = sim_regs_ram(dev, addr, 4);
	uint32_t *reg = spi_register(&dev->regs, addr);

	if (ram) {
		for (int i = 0; i < 4; i++)
			ram[i] = (uint8_t)(value >> (8 * i));
	} else if (reg) {
		*reg = value;
	} else if (addr == SPI_CMD) {
		spi_command(dev, value);
	} else if (addr == REG_UART_CLKDIV) {
		sim_device_set_clkdiv(dev, value);
	} else if (addr == REG_RTC_CONTROL && (value & RTC_SW_RESET)) {
		dev->pending_reset = SIM_CAUSE_SOFTWARE;
	} else {
		reg = spare(&dev->regs, addr, true);
		if (reg)
			*reg = value;
	}
}

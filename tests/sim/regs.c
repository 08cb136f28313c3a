/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registers that a loader's user touches: UART divider, straps, eFuses, RTC and RAM
 * (esp-serial-protocol.md 1.1, 3.1, 3.6, 3.7); the SPI unit before the flash is in spi.c, its chip select as a GPIO in spi_hold.c.
 * Others keep what is written and read 0 before.
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

void sim_regs_reset(struct sim_device *dev)
{
	memset(&dev->regs, 0, sizeof(dev->regs));
	sim_spi_reset(dev);
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

/* --- the map ----------------------------------------------------------------------------- */

uint32_t *sim_regs_spare(struct sim_regs *r, uint32_t addr, bool create)
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

	if (dev->row->family)
		return sim_regs32_read(dev, addr);
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
	if (sim_spi_owns(addr))
		return sim_spi_read(dev, addr);
	if (sim_hold_owns(addr))
		return sim_hold_read(dev, addr);
	reg = sim_regs_spare(&dev->regs, addr, false);
	return reg ? *reg : 0;
}

void sim_regs_write(struct sim_device *dev, uint32_t addr, uint32_t value)
{
	uint8_t *ram = sim_regs_ram(dev, addr, 4);
	uint32_t *reg;

	if (dev->row->family) {
		sim_regs32_write(dev, addr, value);
		return;
	}
	if (ram) {
		for (int i = 0; i < 4; i++)
			ram[i] = (uint8_t)(value >> (8 * i));
	} else if (sim_spi_owns(addr)) {
		sim_spi_write(dev, addr, value);
	} else if (sim_hold_owns(addr)) {
		sim_hold_write(dev, addr, value);
	} else if (addr == REG_UART_CLKDIV) {
		sim_device_set_clkdiv(dev, value);
	} else if (addr == REG_RTC_CONTROL && (value & RTC_SW_RESET)) {
		dev->pending_reset = SIM_CAUSE_SOFTWARE;
	} else {
		reg = sim_regs_spare(&dev->regs, addr, true);
		if (reg)
			*reg = value;
	}
}

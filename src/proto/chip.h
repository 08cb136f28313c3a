/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of the chips: registers, limits, identity rules, flash makers; and the arithmetic
 * around the ROM's erase bug. Facts: esptool's targets/esp8266.py and loader.py; the mask ROM's
 * disassembly (trebisky/esp8266, reverse/bootrom/boot.txt).
 */
#ifndef TASMITE_PROTO_CHIP_H
#define TASMITE_PROTO_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHIP_SECTOR 4096u

/* One row per chip. */
struct chip {
	const char *name;
	uint32_t magic; /* what CHIP_REG_MAGIC reads */
	bool supported;
	uint32_t reg_efuse;  /* four words from here */
	uint32_t reg_clkdiv; /* UART0 divider */
	uint32_t clkdiv_mask;
	uint32_t clk_per_xtal;	 /* UART clock = this times the crystal */
	uint32_t rom_baud;	 /* what the ROM prints at with the usual crystal */
	uint32_t sync_baud;	 /* highest rate the first SYNC is safe at */
	uint32_t block_max;	 /* payload of a DATA packet */
	uint32_t rom_flash_size; /* what the ROM takes the flash for until told */
	uint32_t spi_cmd, spi_addr, spi_status, spi_w0; /* registers of the flash's SPI */
	uint32_t spi_user;  /* ... USER, and behind it USER1 and USER2 */
	uint32_t ram_probe; /* RAM that is free while the loader runs */
};

#define CHIP_REG_MAGIC 0x40001000u

/* Bits of the SPI command register: each starts the operation and clears itself. */
#define CHIP_SPI_RDID 0x10000000u
#define CHIP_SPI_RDSR 0x08000000u
#define CHIP_SPI_WREN 0x40000000u
#define CHIP_SPI_SE   0x01000000u /* the sector at the address register */

/* Write in progress, write enabled, block protect bits of a NOR flash's status register. */
#define CHIP_FLASH_WEL 0x02u
#define CHIP_FLASH_WIP 0x01u
#define CHIP_FLASH_BP  0x1Cu

/* The ESP8266's row. */
const struct chip *chip_esp8266(void);
/* The row with this magic; NULL when none. */
const struct chip *chip_by_magic(uint32_t magic);

/* MAC address from the four eFuse words. */
void chip_mac(const uint32_t efuse[4], uint8_t mac[6]);
bool chip_is_8285(const uint32_t efuse[4]);
/* Crystal in kHz, 26000 or 40000, from the divider the ROM measured for that rate. */
uint32_t chip_crystal_khz(const struct chip *c, uint32_t baud, uint32_t clkdiv);
/* The divider for a rate, nearest; 0 when the rate is out of reach. */
uint32_t chip_divider(const struct chip *c, uint32_t crystal_khz, uint32_t baud);
/* The rate a divider gives, nearest. divider > 0. */
uint32_t chip_rate(const struct chip *c, uint32_t crystal_khz, uint32_t divider);

/* Flash chips, by JEDEC id (maker in the low byte, capacity in the high one of 24 bits). */
bool chip_flash_present(uint32_t id);
/* Bytes, 0 when the id does not tell. */
uint32_t chip_flash_size(uint32_t id);
/* "Winbond"; "unknown" for makers not in the table. */
const char *chip_flash_maker(uint32_t id);

/*
 * The ROM erases n + min(n, 16 - s % 16) sectors when told n from sector s. What to announce so
 * that at least `sectors` are erased; *really is how many are (sectors or sectors + 1).
 */
uint32_t chip_erase_announce(uint32_t first, uint32_t sectors, uint32_t *really);

#endif

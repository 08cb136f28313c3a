/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The chips that the virtual device plays, one row each: what of esp-serial-protocol.md (sections
 * 1.1, 2, 4 and 8) differs from chip to chip. Rows of the ESP32 family are played by rom32*.c, the
 * other two by rom_*.c.
 */
#ifndef SIM_CHIPS_H
#define SIM_CHIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_chip {
	SIM_ESP8266,
	SIM_ESP8285,
	SIM_ESP32,
	SIM_ESP32S2,
	SIM_ESP32S3,
	SIM_ESP32C2,
	SIM_ESP32C3,
	SIM_ESP32C5,
	SIM_ESP32C6,
	SIM_ESP32H2,
	SIM_ESP32P4,
	SIM_CHIPS
};

/* Registers of the SPI unit before the flash: offsets from the base. */
struct sim_chip_spi {
	uint32_t base;
	uint8_t user, user1, user2, mosi_len, miso_len, w0;
	bool addr_left; /* ADDR holds the address left aligned */
};

/* The watchdogs that run while the loader is spoken to by USB; an address of 0: it has none. */
struct sim_chip_wdt {
	uint32_t protect, config0, config1, key;
	uint32_t swd_conf, swd_protect, swd_key;
	uint8_t swd_bit; /* feeds the super watchdog by itself */
};

struct sim_chip_row {
	enum sim_chip chip;
	const char *name;  /* of the option: "esp32c3" */
	const char *label; /* as the maker writes it: "ESP32-C3" */
	bool family;	   /* of the ESP32's */
	bool xtensa;	   /* else RISC-V: what the addresses of its images look like */
	uint16_t id;	   /* in images and in GET_SECURITY_INFO */
	uint8_t security;  /* bytes of data that GET_SECURITY_INFO yields; 0: not known to it */
	bool five_words;   /* FLASH_BEGIN and FLASH_DEFL_BEGIN with the flag for encryption */
	uint32_t magic;	   /* in register 0x40001000; 0 where none is defined */
	uint32_t boot;	   /* offset of the second boot loader in flash */
	struct sim_chip_spi spi;
	uint32_t mac; /* register with the MAC's last four bytes; the first two at + 4 */
	uint32_t clkdiv;
	uint8_t xtal_mhz; /* of the usual board, which is the UART's clock in the ROM */
	uint8_t rom_mhz;  /* what the ROM takes it for; 0: it measures or knows it */
	/* What the ROM prints. */
	const char *banner;
	const char *boot_name; /* of flash boot; the same of all */
	const char *load_name; /* of the download mode */
	uint16_t strap_flash, strap_load, strap_wrong;
	const char *wrong_name; /* with the boot strap low and the other one wrong */
	bool second_high;	/* level of the other strap that download mode wants */
	bool decimal;		/* "len:1184" and not "len:0x4a0" */
	struct sim_chip_wdt wdt;
	bool usb_jtag;	      /* has a USB-JTAG-serial unit: 303A:1001 */
	uint32_t usb_console; /* variable of the ROM that tells the console, and its value */
	uint8_t usb_console_is;
	uint32_t force_download; /* register whose bit 0 keeps it in download mode; 0: none */
	/* Where images of this chip load to: boot loader, data and code behind the cache. */
	uint32_t ram_load, data_map, code_map;
};

const struct sim_chip_row *sim_chip_row(enum sim_chip chip);
/* NULL when there is no chip of that name. */
const struct sim_chip_row *sim_chip_find(const char *name);

#endif

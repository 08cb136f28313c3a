/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of the chips of the ESP32 family: a const row per chip. Sources: esptool's
 * targets/ (registers, MAC words, watchdogs, crystals), loader.py (detection, SPI commands),
 * serial-protocol.rst and boot-mode-selection.rst of its documentation.
 */
#ifndef TASMITE_PROTO_CHIP32_H
#define TASMITE_PROTO_CHIP32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chip.h"

#define CHIP32_MAGIC_ESP32 0x00F01D83u
#define CHIP32_MAGIC_S2	   0x000007C6u

/* Why a rate that is asked for must be another one than the rate that is meant. */
enum chip32_quirk {
	CHIP32_QUIRK_NONE,
	CHIP32_QUIRK_MEASURED, /* ESP32: the ROM's own measure of its crystal, in registers */
	CHIP32_QUIRK_C2,       /* takes a crystal of 26 MHz for one of 40 */
	CHIP32_QUIRK_C5	       /* expects the crystal that a register names */
};

/* The unit before the flash: its registers. */
struct chip32_spi {
	uint32_t base; /* CMD */
	uint32_t user, user1, user2, miso_len, w0;
	bool addr_left; /* its address stands left aligned in base + 4 */
};

/* Watchdogs that run on while the loader is spoken to by the chip's own USB; config0 0: none. */
struct chip32_wdt {
	uint32_t protect, config0;
	uint32_t config1; /* its ticks; 0: not known to be of use for a reset */
	uint32_t key;
	uint32_t swd_conf, swd_protect, swd_key; /* swd_conf 0: no super watchdog */
	uint32_t swd_feed;			 /* mask of the bit that has it feed itself */
};

/* How a chip's revision stands in its eFuses, esptool's get_major_chip_version and
 * get_minor_chip_version of each target; the words are those of the row's `wafer`. */
enum chip32_wafer {
	CHIP32_WAFER_ESP32, /* block 0 words 3 and 5, and the date register of the APB */
	CHIP32_WAFER_S2,    /* block 1 words 3 and 4 */
	CHIP32_WAFER_C3,    /* block 1 words 3 and 5 */
	CHIP32_WAFER_S3,    /* the same, and block 2 word 4 */
	CHIP32_WAFER_C2,    /* block 2 word 1 */
	CHIP32_WAFER_C6,    /* block 1 word 3 */
	CHIP32_WAFER_H2,    /* block 1 word 3, with less room for the minor number */
	CHIP32_WAFER_P4	    /* block 1 word 2; the C5 too */
};
#define CHIP32_WAFER_WORDS 3

struct chip32 {
	struct chip chip; /* name, magic (0: none defined), rates, divider */
	uint16_t id;	  /* in images and in the security info */
	uint32_t boot;	  /* offset of the second boot loader */
	struct chip32_spi spi;
	uint32_t mac;	   /* the MAC's last four bytes; its first two at + 4 */
	uint32_t xtal_khz; /* 0: told by the divider, and then 26 or 40 MHz ... */
	bool xtal_48;	   /* ... or 48 */
	bool five_words;   /* FLASH_BEGIN and FLASH_DEFL_BEGIN with a word about encryption */
	uint8_t security;  /* bytes of the security info; 0: it has none */
	enum chip32_quirk quirk;
	struct chip32_wdt wdt;
	uint32_t efuse;		 /* block 0, where the flash's pins stand; 0: not needed */
	uint32_t psram;		 /* two words that tell the PSRAM in the package; 0: none */
	uint32_t force_download; /* bit 0 of it keeps it in its loader; 0: it has none */
	const char *boot_pin;	 /* what has to be low at power-on */
	enum chip32_wafer wafer_form;
	uint32_t wafer[CHIP32_WAFER_WORDS]; /* registers with the revision; 0: no more */
};

/* By the number in register 0x40001000; NULL: none of those that have one. */
const struct chip32 *chip32_by_magic(uint32_t magic);
/* By the security info's number; NULL: a chip that is not known. */
const struct chip32 *chip32_by_id(uint32_t id);
/* From the two words at the row's mac. */
void chip32_mac(const uint32_t words[2], uint8_t mac[6]);
/* ESP32: what SPI_ATTACH wants, by words 3 and 5 of eFuse block 0; 0: the usual pins. As esptool's
 * get_chip_spi_pads and esp-serial-flasher's spi_config_esp32. */
uint32_t chip32_flash_pins(uint32_t word3, uint32_t word5);
/* The revision, major * 100 + minor, by the words of its registers. */
int chip32_revision(enum chip32_wafer form, const uint32_t words[CHIP32_WAFER_WORDS]);
/* ESP32: the part by its package's number; "" unknown. */
const char *chip32_part(uint32_t package, bool single_core);
/* ESP32-S3: bytes of PSRAM in the package, by words 4 and 5 of eFuse block 1; 0: none or unknown. */
uint32_t chip32_psram(uint32_t word4, uint32_t word5);
/* In kHz, from the divider that the ROM measured at that rate. */
uint32_t chip32_crystal_khz(const struct chip32 *c, uint32_t baud, uint32_t clkdiv);

/* ESP32: registers by which its ROM judges the crystal, and what it then takes it for, in Hz. */
#define CHIP32_REG_CALI	 0x3FF5F06Cu
#define CHIP32_REG_CK8M	 0x3FF5A010u
#define CHIP32_REG_C5CLK 0x60096110u
uint64_t chip32_measured_hz(uint32_t cali, uint32_t ck8m);
/* What to ask for so that the ROM sets that rate; word: the quirk's register's content (C5) or Hz
 * (ESP32). */
uint32_t chip32_ask_baud(
    const struct chip32 *c, uint32_t crystal_khz, uint64_t word, uint32_t baud);

#endif

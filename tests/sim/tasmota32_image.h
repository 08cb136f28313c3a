/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Made-up firmware images of the ESP32 family: applications, whole factory images with boot loader,
 * partition table and otadata. As with those for the ESP8266 there is no program in them; only the
 * virtual device can "run" them. After esp-serial-protocol.md 8 and tasmota.md 6.
 */
#ifndef SIM_TASMOTA32_IMAGE_H
#define SIM_TASMOTA32_IMAGE_H

#include "chips.h"

enum tas32_kind {
	TAS32_FACTORY,	  /* from 0 on, everything */
	TAS32_APP,	  /* the application alone */
	TAS32_SAFEBOOT,	  /* the small one that fetches the other */
	TAS32_BOOTLOADER, /* the second boot loader alone */
	TAS32_PARTITIONS  /* the partition table alone */
};

/* Where things are in the flash. */
enum tas32_layout {
	TAS32_LAYOUT_SAFEBOOT, /* since 12.0: safeboot at 0x10000, application at 0xE0000 */
	TAS32_LAYOUT_TWO_SLOT, /* 9.x to 11.x: two applications, the first at 0x10000 */
	TAS32_LAYOUT_MOVED     /* nobody's: all but the table elsewhere; application at 0x140000 */
};

struct tas32_spec {
	const struct sim_chip_row *chip;
	enum tas32_kind kind;
	enum tas32_layout layout;
	uint32_t version;  /* TAS_V; 0: not Tasmota */
	size_t size;	   /* of the application; 0: 700 KiB */
	uint8_t mode;	   /* flash mode byte of the headers */
	uint8_t flash;	   /* size and frequency byte */
	uint16_t revision; /* of the chip, that it needs at least: major * 100 + minor */
};

#define TAS32_IMAGE_MAX (4096U * 1024U)

/* Writes it to dst (TAS32_IMAGE_MAX bytes) and returns its size; 0 when the application has not the
 * room of its partition or less than 64 KiB. */
size_t tas32_image_make(const struct tas32_spec *spec, uint8_t *dst);
/* Where the layout has the application. */
uint32_t tas32_app_offset(enum tas32_layout layout);

#endif

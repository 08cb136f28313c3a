/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the log has told of the device so far: boots, boot mode, reset cause, project line. Fed
 * with whole lines; a cheap prefix test decides whether a line is looked at.
 */
#ifndef TASMITE_CORE_TASMOTA_FACTS_H
#define TASMITE_CORE_TASMOTA_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/mono.h"

struct facts {
	uint64_t revision; /* grows with every change */
	uint32_t boots;	   /* ROM banners, or project lines without one */
	int reset_cause;   /* "rst cause:N" of the last banner, -1 unknown */
	int boot_mode;	   /* X of "boot mode:(X,Y)", -1 unknown */
	mono_t boot_time;  /* of the last banner or project line */
	bool in_loader;	   /* last banner says (1,x) and nothing else has come since */
	char firmware[64]; /* "Tasmota 14.2.0", "Sonoff-Tasmota 6.1.1", "" unknown */
	char version[24];  /* "6.1.1", "14.2.0" */
	char variant[24];  /* "minimal", "lite", "release-tasmota", "" */
	char core[16];	   /* "2_3_0", "2_7_7" */
	char project[32];  /* project name */
	char topic[64];
	char address[48]; /* IP address, "" unknown */
	char hostname[64];
	bool not_tasmota;      /* an application spoke that is none */
	bool serial_log_off;   /* "Serial logging disabled" came and no SerialLog since */
	uint32_t device_baud;  /* "Set Baudrate to N" / "Set to 8N1 N bit/s": 0 none seen */
	char device_format[8]; /* "8N1" of the latter, "" not told */
	uint32_t rate_lines;   /* how many of these lines came */
	bool rom_seen;	       /* the banner of this boot is counted, its project line is to come */
};

/* Nothing known: numbers -1, texts empty. */
void facts_init(struct facts *f);
/* One line of the device without its end. */
void facts_line(struct facts *f, const uint8_t *line, size_t n, mono_t now);
/* The firmware was written over or erased: what was known of it is true no more. */
void facts_forget_firmware(struct facts *f);
/* Words for a reset cause of the ESP8266 ("power on", "external reset"); NULL for unknown ones. */
const char *facts_cause_text(int cause);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the log has told of the device so far, in the words that the screen and the flash commands
 * use: boots, boot mode, reset cause, firmware. It reads no text of its own: the log reader's event
 * and what the doctor knows by then are all it looks at.
 */
#ifndef TASMITE_CORE_TASMOTA_FACTS_H
#define TASMITE_CORE_TASMOTA_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/mono.h"
#include "tasmite/core/tasmota/doctor.h"

struct facts {
	uint64_t revision; /* grows with every change */
	uint32_t boots;	   /* as the doctor counts them */
	int reset_cause;   /* "rst cause:N" of the last banner, -1 unknown */
	int boot_mode;	   /* X of "boot mode:(X,Y)", -1 unknown */
	mono_t boot_time;  /* of the last banner or project line */
	bool in_loader;	   /* last banner says (1,x) and nothing else has come since */
	char firmware[64]; /* "Tasmota 14.2.0", "Sonoff-Tasmota 6.1.1", "" unknown */
	char version[24];  /* "6.1.1", "14.2.0" */
	char variant[32];  /* "minimal", "lite", "" */
	char core[16];	   /* "2_3_0", "2_7_7" */
	char topic[64];
	char address[64]; /* IP address in the network that it joined, "" unknown */
	char hostname[64];
	bool not_tasmota;     /* an application spoke that is none */
	bool serial_log_off;  /* "Serial logging disabled" came and no SerialLog since */
	uint32_t device_baud; /* "Set Baudrate to N" / "Set to 8N1 N bit/s": 0 none seen */
	uint32_t rate_lines;  /* how many of these lines came */
	bool rom_seen;	      /* the banner of this boot is counted, its project line is to come */
};

/* Nothing known: numbers -1, texts empty. */
void facts_init(struct facts *f);
/* One line of the device: what it was, its text, and what the doctor knows with it. */
void facts_event(struct facts *f, const struct logline *ev, struct logtext line,
    const struct doctor_view *told, mono_t now);
/* The firmware was written over or erased: what was known of it is true no more. */
void facts_forget_firmware(struct facts *f);
/* Words for a reset cause of the ESP8266 ("power on", "external reset"); NULL for unknown ones. */
const char *facts_cause_text(int cause);

#endif

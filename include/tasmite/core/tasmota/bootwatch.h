/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Follows a boot through its two rates: the ESP8266's ROM speaks at 74880 (26 MHz crystal), the
 * application at its own; the ROMs of the ESP32 family speak at 115200. Fed with bytes and times it
 * says which rate the port should have.
 */
#ifndef TASMITE_CORE_TASMOTA_BOOTWATCH_H
#define TASMITE_CORE_TASMOTA_BOOTWATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/mono.h"

#define BOOTWATCH_ROM_BAUD 74880

enum bootwatch_state {
	BOOTWATCH_OFF,
	BOOTWATCH_AWAIT,  /* listening at the ROM's rate, nothing heard yet */
	BOOTWATCH_LISTEN, /* patient: something else is speaking, at the application's rate */
	BOOTWATCH_ROM,	  /* the banner was seen, the ROM is speaking */
	BOOTWATCH_APP	  /* the ROM is done: the application's rate */
};

/* How it came to the application's rate. */
enum bootwatch_end {
	BOOTWATCH_DONE,	  /* the ROM has spoken, and is done */
	BOOTWATCH_MISSED, /* what was heard is no ROM's text */
	BOOTWATCH_LATE	  /* nothing came in time */
};

struct bootwatch {
	enum bootwatch_state state;
	enum bootwatch_end end; /* state APP */
	uint32_t app_baud, rom_baud;
	bool patient;	  /* the start comes when somebody's hand makes it */
	mono_t until;	  /* waits no longer than that */
	mono_t last_byte; /* of the ROM's text */
	bool loader;	  /* the banner said boot mode (1,x): the button is still held */
	unsigned bad;	  /* how unreadable it has been of late */
	char line[128];	  /* the line that is arriving */
	size_t len;
};

/* Begins to wait for a boot. */
void bootwatch_begin(struct bootwatch *b, uint32_t app_baud, mono_t now);
/* The same for a start by hand: the device may be running and speaking until then. Whatever is heard
 * that is no ROM's text is listened to at the application's rate as long as it lasts, which is where
 * a ROM of 115200 is found too; then the ROM's rate again. Until: MONO_NEVER for ever. */
void bootwatch_watch(
    struct bootwatch *b, uint32_t rom_baud, uint32_t app_baud, mono_t until, mono_t now);
/* Waits no longer than that. */
void bootwatch_limit(struct bootwatch *b, mono_t until);
/* Somebody who reads the log knows of a start: what comes is the application's. */
void bootwatch_seen(struct bootwatch *b);
/* Bytes heard at the rate of bootwatch_baud; afterwards that rate may have changed. */
void bootwatch_rx(struct bootwatch *b, const uint8_t *bytes, size_t n, mono_t now);
void bootwatch_tick(struct bootwatch *b, mono_t now);
mono_t bootwatch_deadline(const struct bootwatch *b);
/* The rate to listen at. */
uint32_t bootwatch_baud(const struct bootwatch *b);
void bootwatch_stop(struct bootwatch *b);

#endif

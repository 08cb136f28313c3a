/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The virtual chip: power, straps, reset causes, UART, boot ROM with its loader, flash, and the
 * application that is booted from it. A pure library: time is virtual (microseconds) and passed
 * in, no descriptor is touched. Tests and the front end do not use this directly but through
 * link.h, which adds the wire and the USB adapter; from here they take power, button, faults and
 * the flash.
 *
 * Facts: the ESP8266's ROM as seen in emulation and disassembly (esp-serial-protocol.md,
 * sections 1 to 3, 8 and 11; section 11 wins); the ESP32 family's by sections 1, 2, 4, 5 and 8.
 * Where these are silent it is said in the code.
 */
#ifndef SIM_DEVICE_H
#define SIM_DEVICE_H

#include "chips.h"
#include "faults.h"
#include "flash.h"
#include "simapp.h"
#include "wire.h"

enum sim_mode {
	SIM_MODE_OFF,
	SIM_MODE_RESET,	   /* waits for the ROM's first instruction */
	SIM_MODE_ROM_TEXT, /* the ROM prints; what comes next waits for the last character */
	SIM_MODE_AUTOBAUD, /* the loader measures the host's first characters */
	SIM_MODE_LOADER,
	SIM_MODE_APP,
	SIM_MODE_HANG, /* nothing runs until the next reset */
	SIM_MODE_RAM   /* code that was loaded into RAM runs */
};

enum sim_pin { SIM_GPIO0, SIM_GPIO2, SIM_GPIO15 };

struct sim_device_config {
	enum sim_chip chip;
	uint32_t flash_size; /* 0: 1 MiB */
	struct sim_flash_times times;
	const char *scenario; /* text for the application; NULL: its default */
	bool no_app;	      /* whatever is booted stays silent */
	bool lines;	      /* DTR and RTS reach GPIO0 and EN through the usual circuit */
	uint32_t en_us;	      /* how long EN takes to rise; 0: 1 ms */
	uint64_t seed;
	/* The ESP32 family's. */
	uint32_t crystal_mhz; /* 0: the row's */
	uint32_t rom_khz;     /* what the ESP32's ROM takes its crystal for; 0: 1 % too much */
	bool in_package;      /* an ESP32-PICO-D4: the flash inside, at pins of its own */
	bool xmc_asleep;      /* an XMC flash that has not woken up well; RDID is none of theirs */
	bool secure_download; /* the eFuse that leaves a few commands only */
	bool has_revision;    /* it is `revision`; else v1.0 */
	uint32_t revision;    /* major * 100 + minor, as far as the chip's eFuses have room */
	bool usb_jtag;	      /* the host comes by USB, no UART between */
	uint32_t usb_gone_us; /* how long a reset takes USB away; 0: 400 ms */
	bool usb_stays;	      /* resets by the lines don't */
	uint32_t wdt_us;      /* when the watchdogs bite a session by USB; 0: 5 s */
	const struct sim_radio *radio; /* what is behind the Wi-Fi; NULL: nothing. Outlives it */
	const struct sim_web *web;     /* who comes by it; NULL: nobody. Outlives it */
	bool trace_rom; /* the trace tells each ROM function that code in RAM calls */
	/* One line per event, without line end. May be NULL. */
	void (*trace)(void *ctx, sim_time at, const char *text);
	void *trace_ctx;
};

struct sim_device;

/* The wires belong to the caller (link.c) and outlive the device: `tx` carries what the chip
 * sends, `rx` what it hears. The chip starts without power. NULL and a message when the scenario
 * is not understood. */
struct sim_device *sim_device_new(const struct sim_device_config *cfg, struct sim_wire *tx,
    struct sim_wire *rx, char *err, size_t errsize);
void sim_device_free(struct sim_device *dev);

/* The hand. The button is on GPIO0; it is looked at when power comes or the reset pin is let go,
 * and by a running application. All of them act at `now`. */
void sim_device_power(struct sim_device *dev, bool on, sim_time now);
void sim_device_button(struct sim_device *dev, bool down, sim_time now);
void sim_device_reset_pin(struct sim_device *dev, sim_time now);
/* The adapter's lines, both at once (lines.h); without the circuit they reach nothing. The trace
 * tells every change: "lines DTR=1 RTS=0", "GPIO0 low", "EN low", "EN high". */
void sim_device_lines(struct sim_device *dev, bool dtr, bool rts, sim_time now);
struct sim_lines {
	bool dtr, rts;	/* asserted */
	bool gpio0, en; /* levels of the pins, the button included */
};
void sim_device_lines_state(const struct sim_device *dev, struct sim_lines *s);
/* The other straps: GPIO2 is high and GPIO15 low on a sound board. */
void sim_device_strap(struct sim_device *dev, enum sim_pin pin, bool level);

bool sim_device_fault(
    struct sim_device *dev, const char *spec, sim_time now, char *err, size_t errsize);
void sim_device_fault_clear(struct sim_device *dev, sim_time now);

/* For tests of what the host does with whatever comes: the chip sends these bytes, or changes its
 * rate, as no program of ours would. Nothing happens without power. */
void sim_device_emit(struct sim_device *dev, const void *bytes, size_t n, sim_time now);
void sim_device_set_baud(struct sim_device *dev, uint32_t baud, sim_time now);

/* Something came of the application's connection, or of its web server's client. */
void sim_device_radio(
    struct sim_device *dev, enum sim_radio_event ev, const void *bytes, size_t n, sim_time now);
void sim_device_web(
    struct sim_device *dev, enum sim_radio_event ev, const void *bytes, size_t n, sim_time now);
/* A character of the rx wire has arrived. */
void sim_device_rx(struct sim_device *dev, const struct sim_rxchar *c, sim_time now);
/* Next time sim_device_tick has to be called, SIM_NEVER when there is none. The _work variant
 * counts only what is pure labour (flash, text that leaves), for running without waiting. */
sim_time sim_device_deadline(const struct sim_device *dev);
sim_time sim_device_work_deadline(const struct sim_device *dev);
void sim_device_tick(struct sim_device *dev, sim_time now);

/* What there is to see. */
enum sim_mode sim_device_mode(const struct sim_device *dev);
const struct sim_chip_row *sim_device_row(const struct sim_device *dev);
/* False while a reset has taken the chip's own USB port away. */
bool sim_device_usb_there(const struct sim_device *dev);
bool sim_device_by_usb(const struct sim_device *dev);
const char *sim_device_mode_name(enum sim_mode mode);
bool sim_device_powered(const struct sim_device *dev);
bool sim_device_button_down(const struct sim_device *dev);
uint32_t sim_device_baud(const struct sim_device *dev);
unsigned sim_device_resets(const struct sim_device *dev);
struct sim_flash *sim_device_flash(struct sim_device *dev);
struct sim_faults *sim_device_faults(struct sim_device *dev);
/* Writes a line to the trace. */
void sim_device_trace(struct sim_device *dev, sim_time now, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif

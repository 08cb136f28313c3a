/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The seam between the virtual chip (power, straps, UART, flash, boot ROM) and the application
 * that runs on it once a valid image has been booted. The chip side owns time and the wire; the
 * application side (Tasmota's console, settings, Wi-Fi story) is fed bytes and times.
 */
#ifndef SIM_SIMAPP_H
#define SIM_SIMAPP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Virtual microseconds since the device object was made. */
typedef int64_t sim_time;
#define SIM_NEVER INT64_MAX

/* Reset causes as the ROM prints them ("rst cause:N"). */
enum sim_cause {
	SIM_CAUSE_POWER_ON = 1,
	SIM_CAUSE_EXT_RESET = 2,
	SIM_CAUSE_SOFTWARE = 3,
	SIM_CAUSE_WATCHDOG = 4,
	SIM_CAUSE_DEEP_SLEEP = 5,
	/* The ESP32 family's own, by the numbers that their ROMs print. */
	SIM_CAUSE_TIMER_WDT = 7,
	SIM_CAUSE_RTC_WDT = 16,
	SIM_CAUSE_SUPER_WDT = 18,
	SIM_CAUSE_USB = 21
};

/* The network behind the Wi-Fi, one TCP connection at a time. What becomes of it comes back by
 * sim_app_radio. */
struct sim_radio {
	void *ctx;
	/* From this address of the device's, to that one. */
	void (*open)(void *ctx, uint32_t from, uint32_t to, uint16_t port);
	void (*send)(void *ctx, const void *bytes, size_t n);
	void (*close)(void *ctx); /* also when there is none */
};
enum sim_radio_event { SIM_RADIO_UP, SIM_RADIO_DATA, SIM_RADIO_END, SIM_RADIO_REFUSED };

/* The way to the application's own web server, one client at a time. What the client does comes by
 * sim_app_web. */
struct sim_web {
	void *ctx;
	void (*listen)(
	    void *ctx, uint32_t ip); /* at this address alone; 0: no more, client and all */
	void (*send)(void *ctx, const void *bytes, size_t n);
	void (*close)(void *ctx); /* when all is out */
};

/* Where an upgrade over the air goes on the ESP32 family: it never goes over the running program. */
struct sim_slots {
	uint32_t (*room)(void *ctx); /* bytes of the partition that may be written; 0: none now */
	/* Over that partition, and the next start is from there. */
	void (*write)(void *ctx, const uint8_t *image, size_t n);
	bool (*has_safeboot)(void *ctx);
	bool (*in_safeboot)(void *ctx); /* that is what runs */
	void (*to_safeboot)(void *ctx); /* the next start is from there; */
	void (*to_app)(void *ctx);	/* ... from the application, where that is whole */
};

/* What is wrong with the updater. */
struct sim_update_fault {
	uint32_t room; /* it finds no more than that free; UINT32_MAX: nothing wrong */
	bool magic;    /* what it is given begins with another byte */
};

/* What the application may use of the chip. All calls are made from within the sim_app_* calls
 * below or from their call chain; none blocks. */
struct sim_app_host {
	void *ctx;
	/* Queues bytes for the UART's transmitter; they leave at the UART's rate. */
	void (*uart_tx)(void *ctx, const void *bytes, size_t n);
	/* Changes the UART's rate after what is queued has left. */
	void (*uart_baud)(void *ctx, uint32_t baud);
	/* Flash, with the chip's rules (program clears bits only; erase by 4096-byte sector).
	 * Addresses beyond the chip read as 0xFF and ignore writes. Time is not charged here. */
	void (*flash_read)(void *ctx, uint32_t addr, void *dst, size_t n);
	void (*flash_program)(void *ctx, uint32_t addr, const void *src, size_t n);
	void (*flash_erase_sector)(void *ctx, uint32_t addr);
	uint32_t (*flash_size)(void *ctx);
	/* Resets the chip at the end of the present call: the ROM runs again with this cause (as a
	 * software restart of the SDK does, cause 2, unless the story says otherwise). */
	void (*reset)(void *ctx, enum sim_cause cause);
	/* A seeded generator, for jitter. */
	uint32_t (*rand)(void *ctx);
	uint32_t chip_id;
	const char *mac;  /* "5C:CF:7F:12:34:56" */
	const char *chip; /* "ESP8266EX", "ESP32-C3"; NULL is the former */
	/* Where the sectors for the settings are, and how many; 0: the eight of an ESP8266 with
	 * 1 MB. */
	uint32_t settings_at, settings_slots;
	const struct sim_radio *radio; /* NULL: it reaches nobody */
	const struct sim_web *web;     /* NULL, or without functions: nobody reaches it */
	const struct sim_slots *slots; /* NULL: the ESP8266's one program */
	void (*update_fault)(void *ctx, struct sim_update_fault *out); /* NULL: nothing is wrong */
};

struct sim_app;

/* The scenario (the Wi-Fi story and others) as text: the content of a file in tests/sim/scenarios
 * or a user's file. NULL is the default scenario. Returns NULL and a message in err (bounded by
 * errsize, with the line number) when the text cannot be understood. */
struct sim_app *sim_app_new(
    const struct sim_app_host *host, const char *scenario, char *err, size_t errsize);
void sim_app_free(struct sim_app *app);

/* True when the flash holds an image at 0 that an ESP8266 would start AND that is an application
 * this simulator knows how to play (a Tasmota/Sonoff build, or "some other program", which prints
 * a neutral banner). The chip side has validated header, segments and checksum before. */
/* Starts the application: the ROM has loaded the image at flash address 0 and jumps to it at
 * `now` with the UART at `baud`. Which build it is (6.1.1 full/minimal/classic, 8.5 minimal,
 * 14.x, something else) is found by looking at the image's bytes in flash. */
void sim_app_boot(struct sim_app *app, sim_time now, enum sim_cause cause, uint32_t baud);
/* Power gone or reset pulled: forget everything that is not in flash. */
void sim_app_stop(struct sim_app *app);
bool sim_app_running(const struct sim_app *app);
/* Bytes that arrived on the UART (already garbled by a wrong rate, if it is wrong). */
void sim_app_rx(struct sim_app *app, const uint8_t *bytes, size_t n, sim_time now);
/* The button on GPIO0: presses count as the build's version counts them. */
void sim_app_button(struct sim_app *app, bool down, sim_time now);
/* Next time sim_app_tick must be called; SIM_NEVER when there is none. */
sim_time sim_app_deadline(const struct sim_app *app);
void sim_app_tick(struct sim_app *app, sim_time now);

/* Something came of the connection. */
void sim_app_radio(
    struct sim_app *app, enum sim_radio_event ev, const void *bytes, size_t n, sim_time now);

/* The same of a client of the application's web server (UP, DATA, END). */
void sim_app_web(
    struct sim_app *app, enum sim_radio_event ev, const void *bytes, size_t n, sim_time now);

#endif

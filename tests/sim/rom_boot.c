/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ROM from reset to the loader or the application: banner, straps, and the loading of an
 * image from flash with the text it prints (esp-serial-protocol.md 3.1 and 8).
 */
#include "simint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define IMAGE_MAGIC	0xE9
#define SEGMENTS_MAX	16
#define CHECKSUM_SEED	0xEF
#define EBOOT_ADDRESS	0x4010F000u /* where the Arduino core's second loader lives */
#define EBOOT_APP	0x1000u	    /* where that looks for the application */
#define MODE_DOUT	3
#define DEAD_RESTART_US 1200000

static void print(struct sim_device *dev, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void print(struct sim_device *dev, const char *fmt, ...)
{
	char text[160];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		sim_device_send(dev, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

/* The text leaves at the UART's rate; then comes `next`. */
static void then(struct sim_device *dev, enum sim_mode next)
{
	dev->next_mode = next;
	sim_device_set_mode(dev, SIM_MODE_ROM_TEXT);
}

static void flash_bytes(struct sim_device *dev, uint32_t addr, void *dst, size_t n)
{
	sim_flash_read(&dev->flash, addr, dst, n);
}

/* Copies a segment to RAM and returns the running checksum. */
static uint8_t load_segment(
    struct sim_device *dev, uint32_t from, uint32_t to, uint32_t len, uint8_t sum)
{
	uint8_t *ram = sim_regs_ram(dev, to, len);
	uint8_t chunk[256];

	for (uint32_t done = 0; done < len;) {
		uint32_t n = len - done < sizeof(chunk) ? len - done : (uint32_t)sizeof(chunk);

		flash_bytes(dev, from + done, chunk, n);
		for (uint32_t i = 0; i < n; i++)
			sum ^= chunk[i];
		if (ram)
			memcpy(ram + done, chunk, n);
		done += n;
	}
	return sum;
}

/* "room" is what is left of the 16-byte row in which the segment's data begin, "tail" what of
 * them stands in the last row: fits the logs of sound boots. */
static uint32_t print_segment(
    struct sim_device *dev, uint32_t at, uint32_t to, uint32_t len, uint8_t *sum)
{
	uint32_t room = 16 - at % 16;
	uint32_t tail = len > room ? (len - room) % 16 : 0;

	print(dev, "load 0x%08x, len %u, room %u \r\n", to, len, room);
	*sum = load_segment(dev, at, to, len, *sum);
	print(dev, "tail %u\r\nchksum 0x%02x\r\n", tail, *sum);
	return at + len;
}

static uint8_t flash_xor(struct sim_device *dev, uint32_t at, uint32_t len, uint8_t sum)
{
	for (uint32_t i = 0; i < len; i++)
		sum ^= dev->flash.mem[at + i];
	return sum;
}

/* Whether the application behind the Arduino core's second loader would live: a header, segments
 * that lie within the flash, and the checksum, which that loader does not look at but which tells
 * whether the code is what was built. */
static bool second_image_whole(struct sim_device *dev)
{
	uint8_t head[8], stored, sum = CHECKSUM_SEED;
	uint32_t at = EBOOT_APP + 8;

	flash_bytes(dev, EBOOT_APP, head, sizeof(head));
	if (head[0] != IMAGE_MAGIC || head[1] == 0 || head[1] > SEGMENTS_MAX)
		return false;
	for (unsigned i = head[1]; i > 0; i--) {
		uint8_t seg[8];
		uint32_t len;

		if (at > dev->flash.size - sizeof(seg))
			return false;
		flash_bytes(dev, at, seg, sizeof(seg));
		len = sim_le32(seg + 4);
		at += (uint32_t)sizeof(seg);
		if (sim_le32(seg) < SIM_DRAM_BASE || len > dev->flash.size - at)
			return false;
		sum = flash_xor(dev, at, len, sum);
		at += len;
	}
	flash_bytes(dev, at / 16 * 16 + 15, &stored, 1);
	return stored == sum;
}

/* The silent loop of tasmota.md: rst cause:2, the image's text, and no log. */
static void die(struct sim_device *dev, const char *why)
{
	sim_device_trace(dev, dev->now, "boot dies: %s", why);
	then(dev, SIM_MODE_HANG);
	dev->boot_at = dev->now + DEAD_RESTART_US;
}

/* The ROM has done its part; whether the program gets along from here. */
static void start_program(struct sim_device *dev, uint32_t first, uint8_t flash_mode)
{
	bool eboot = first == EBOOT_ADDRESS;

	if (eboot)
		print(dev, "v00000000\r\n~ld\n");
	if (eboot && !second_image_whole(dev))
		die(dev, "second image damaged");
	else if (dev->cfg.chip == SIM_ESP8285 && flash_mode != MODE_DOUT)
		die(dev, "flash mode is not DOUT"); /* all that the ESP8285's inner flash can */
	else
		then(dev, SIM_MODE_APP);
}

static void no_image(struct sim_device *dev, const char *why)
{
	sim_device_trace(dev, dev->now, "boot failed: %s", why);
	print(dev, "ets_main.c 371 \r\n");
	then(dev, SIM_MODE_HANG);
}

void sim_boot_flash(struct sim_device *dev)
{
	uint8_t head[8], seg[8], stored, sum = CHECKSUM_SEED;
	uint32_t at = sizeof(head), first = 0;

	dev->rom.attached = true;
	flash_bytes(dev, 0, head, sizeof(head));
	if (head[0] != IMAGE_MAGIC || head[1] == 0 || head[1] > SEGMENTS_MAX) {
		no_image(dev, "no image at 0");
		return;
	}
	for (unsigned i = 0; i < head[1]; i++) {
		flash_bytes(dev, at, seg, sizeof(seg));
		if (i == 0)
			first = sim_le32(seg);
		/* The genuine ROM would run away here; a message is the kinder end. */
		if (sim_le32(seg + 4) > SIM_DRAM_SIZE) {
			no_image(dev, "segment too long");
			return;
		}
		at = print_segment(
		    dev, at + (uint32_t)sizeof(seg), sim_le32(seg), sim_le32(seg + 4), &sum);
	}
	flash_bytes(dev, at / 16 * 16 + 15, &stored, 1);
	if (stored != sum) {
		print(dev, "csum err\r\n");
		no_image(dev, "checksum");
		return;
	}
	print(dev, "csum 0x%02x\r\n", stored);
	sim_device_trace(dev, dev->now, "boot image loaded");
	start_program(dev, first, head[2]);
}

void sim_boot_start(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;

	memset(rom, 0, sizeof(*rom));
	rom->busy_until = SIM_NEVER;
	rom->chip_size = 0x400000; /* the ROM's built-in flash parameters say 4 MB */
	sim_regs_reset(dev);
	sim_romcall_data(dev);
	sim_device_set_clkdiv(dev, SIM_UART_CLOCK / SIM_ROM_BAUD);
	print(dev, "\r\n ets Jan  8 2013,rst cause:%d, boot mode:(%u,7)\r\n\r\n", (int)dev->cause,
	    dev->strap_mode);
	if (dev->cause == SIM_CAUSE_WATCHDOG)
		print(dev, "wdt reset\r\n");
	if (dev->cause == SIM_CAUSE_SOFTWARE || dev->cause == SIM_CAUSE_DEEP_SLEEP) {
		sim_boot_flash(dev); /* these skip the look at the straps */
	} else if (dev->strap_mode == 1) {
		then(dev, SIM_MODE_AUTOBAUD);
	} else if (dev->strap_mode == 3) {
		sim_boot_flash(dev);
	} else {
		if (dev->strap_mode >= 4)
			print(dev, "waiting for host\r\n");
		then(dev, SIM_MODE_HANG);
	}
}

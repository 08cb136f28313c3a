/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ESP32 family's ROM from reset to the loader or to the second boot loader in flash: banner,
 * reason, straps (esp-serial-protocol.md 4.1, 4.4, 8). From there on: rom32_app.c.
 */
#include "simint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ROM_BAUD	115200u
#define IMAGE_MAGIC	0xE9
#define SEGMENTS_MAX	16
#define CHECKSUM_SEED	0xEF
#define HEADER		24u
#define INVALID_LINES	8
#define DEAD_RESTART_US 2600000 /* as logs of blank chips show: every 2.6 to 3.1 s */

void sim_boot32_print(struct sim_device *dev, const char *fmt, ...)
{
	char text[200];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n > 0)
		sim_device_send(dev, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

static void then(struct sim_device *dev, enum sim_mode next)
{
	dev->next_mode = next;
	sim_device_set_mode(dev, SIM_MODE_ROM_TEXT);
}

void sim_boot32_die(struct sim_device *dev, const char *why)
{
	sim_device_trace(dev, dev->now, "boot failed: %s", why);
	then(dev, SIM_MODE_HANG);
	dev->boot_at = dev->now + DEAD_RESTART_US;
	/* The text leaves first. */
	if (dev->boot_at < sim_wire_end(dev->tx) / SIM_PS_PER_US + 1000)
		dev->boot_at = sim_wire_end(dev->tx) / SIM_PS_PER_US + 1000;
}

/* --- reasons ---------------------------------------------------------------------------------- */

struct reason {
	enum sim_cause cause;
	unsigned number;
	const char *esp32, *later;
};

/* Names of the ESP32, and of those after it (4.4). The reset pin is a power-on to all of them. */
static const struct reason reasons[] = {
    {SIM_CAUSE_POWER_ON, 0x1, "POWERON_RESET", "POWERON"},
    {SIM_CAUSE_EXT_RESET, 0x1, "POWERON_RESET", "POWERON"},
    {SIM_CAUSE_SOFTWARE, 0xC, "SW_CPU_RESET", "RTC_SW_CPU_RST"},
    {SIM_CAUSE_WATCHDOG, 0x8, "TG1WDT_SYS_RESET", "TG1WDT_SYS_RST"},
    {SIM_CAUSE_DEEP_SLEEP, 0x5, "DEEPSLEEP_RESET", "DSLEEP"},
    {SIM_CAUSE_TIMER_WDT, 0x7, "TG0WDT_SYS_RESET", "TG0WDT_SYS_RST"},
    {SIM_CAUSE_RTC_WDT, 0x10, "RTCWDT_RTC_RESET", "RTCWDT_RTC_RST"},
    {SIM_CAUSE_SUPER_WDT, 0x12, "SUPER_WDT_RESET", "SUPER_WDT_RST"},
    {SIM_CAUSE_USB, 0x15, "USB_UART_CHIP_RESET", "USB_UART_CHIP_RESET"},
};

static const struct reason *reason_of(enum sim_cause cause)
{
	size_t i = 0;

	while (i + 1 < sizeof(reasons) / sizeof(reasons[0]) && reasons[i].cause != cause)
		i++;
	return &reasons[i];
}

static void print_reason(struct sim_device *dev, unsigned straps, const char *mode)
{
	const struct reason *r = reason_of(dev->cause);

	sim_boot32_print(dev, "rst:0x%x (%s),boot:0x%x (%s)\r\n", r->number,
	    dev->row->chip == SIM_ESP32 ? r->esp32 : r->later, straps, mode);
}

/* --- the second boot loader ------------------------------------------------------------------- */

static uint8_t load_xor(struct sim_device *dev, uint32_t at, uint32_t len, uint8_t sum)
{
	uint8_t byte;

	for (uint32_t i = 0; i < len; i++) {
		sim_flash_read(&dev->flash, at + i, &byte, 1);
		sum ^= byte;
	}
	return sum;
}

static void invalid_header(struct sim_device *dev, uint32_t word)
{
	for (int i = 0; i < INVALID_LINES; i++)
		sim_boot32_print(dev, "invalid header: 0x%08x\r\n", word);
	sim_boot32_die(dev, "no boot loader");
}

/* Loads the segments, telling each; false: nothing that could run. */
static bool load_segments(struct sim_device *dev, uint32_t at, unsigned count, uint8_t *sum)
{
	uint8_t seg[8];
	uint32_t len;

	for (unsigned i = 0; i < count; i++) {
		sim_flash_read(&dev->flash, at, seg, sizeof(seg));
		len = sim_le32(seg + 4);
		if (at > dev->flash.size || len > dev->flash.size - at)
			return false;
		sim_boot32_print(dev,
		    dev->row->decimal ? "load:0x%08x,len:%u\r\n" : "load:0x%08x,len:0x%x\r\n",
		    sim_le32(seg), len);
		*sum = load_xor(dev, at + 8, len, *sum);
		at += 8 + len;
	}
	*sum ^= load_xor(dev, at | 15, 1, 0);
	return true;
}

void sim_boot32_flash(struct sim_device *dev)
{
	static const char *const modes[] = {"QIO", "QOUT", "DIO", "DOUT"};
	uint8_t head[HEADER], sum = CHECKSUM_SEED;
	uint32_t at = dev->row->boot;

	dev->rom.attached = true;
	sim_flash_read(&dev->flash, at, head, sizeof(head));
	if (head[0] != IMAGE_MAGIC || head[1] == 0 || head[1] > SEGMENTS_MAX) {
		invalid_header(dev, sim_le32(head));
		return;
	}
	if (dev->row->chip == SIM_ESP32)
		sim_boot32_print(dev,
		    "configsip: 0, SPIWP:0xee\r\nclk_drv:0x00,q_drv:0x00,d_drv:0x00,"
		    "cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00\r\n");
	else
		sim_boot32_print(dev, "SPIWP:0xee\r\n");
	sim_boot32_print(dev, "mode:%s, clock div:1\r\n", modes[head[2] & 3]);
	if (!load_segments(dev, at + HEADER, head[1], &sum) || sum != 0) {
		sim_boot32_print(dev, "csum err:0x%02x!=0x00\r\nets_main.c 384 \r\n", sum);
		sim_boot32_die(dev, "boot loader damaged");
		return;
	}
	sim_boot32_print(dev, "entry 0x%08x\r\n", sim_le32(head + 4));
	if (sim_app32_find(dev))
		then(dev, SIM_MODE_APP);
	else
		sim_boot32_die(dev, "no application");
}

/* --- from reset ------------------------------------------------------------------------------- */

static bool forced(struct sim_device *dev)
{
	uint32_t addr = dev->row->force_download;
	const uint32_t *reg = addr ? sim_regs_spare(&dev->regs, addr, false) : NULL;

	return reg && (*reg & 1) && dev->cause != SIM_CAUSE_POWER_ON;
}

/* The C2's ROM takes its crystal for one of 40 MHz from the start. */
static uint32_t banner_baud(const struct sim_device *dev)
{
	if (dev->row->chip == SIM_ESP32C2)
		return ROM_BAUD * (sim_rom32_uart_hz(dev) / 1000000) / dev->row->rom_mhz;
	return ROM_BAUD;
}

static void download(struct sim_device *dev)
{
	const struct sim_chip_row *row = dev->row;
	bool second = dev->strap_mode & 1;

	if (second != row->second_high) {
		print_reason(dev, row->strap_wrong, row->wrong_name);
		then(dev, SIM_MODE_HANG);
		return;
	}
	print_reason(dev, row->strap_load, row->load_name);
	sim_boot32_print(dev, "waiting for download\r\n");
	then(dev, SIM_MODE_AUTOBAUD);
}

void sim_boot32_start(struct sim_device *dev)
{
	const struct sim_chip_row *row = dev->row;
	struct sim_rom *rom = &dev->rom;
	bool force = forced(dev);

	memset(rom, 0, sizeof(*rom));
	rom->busy_until = SIM_NEVER;
	rom->chip_size = 0x200000; /* until the host says otherwise */
	sim_regs_reset(dev);
	memset(&dev->rom32.spi, 0, sizeof(dev->rom32.spi));
	sim_device_set_baud_now(dev, banner_baud(dev));
	sim_boot32_print(dev, "%s", row->banner);
	if (!(dev->strap_mode & 2) || force) {
		download(dev);
		return;
	}
	print_reason(dev, row->strap_flash, row->boot_name);
	sim_boot32_flash(dev);
}

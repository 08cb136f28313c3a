/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash's chip select as a GPIO: a program that makes the pad a GPIO (function 3 of SD_CMD,
 * Espressif's pin list) selects the flash by itself. While it is low the controller's transfers are
 * one command to the flash, which counts clocks and knows nothing of transfers; what it is told
 * takes effect when the select rises, and only with a whole number of bytes (and the right one) in
 * between, as datasheets of the W25Q class say. High or not driven (a pull-up), the flash hears
 * nothing and what is read is all ones.
 */
#include "simint.h"

#include <string.h>

#define PAD_SELECT     0x60000830u
#define PAD_FUNCTION   0x130u
#define PAD_SPI	       0x10u
#define PAD_GPIO       0x30u
#define GPIO_FIRST     0x60000300u
#define GPIO_OUT       0x60000300u
#define GPIO_DRIVE     0x6000030Cu
#define GPIO_LAST      0x60000314u
#define GPIO_SELECT    (1u << 11)
#define USER_COMMAND   (1u << 31)
#define USER_ADDRESS   (1u << 30)
#define USER_DUMMY     (1u << 29)
#define USER_MISO      (1u << 28)
#define USER_MOSI      (1u << 27)
#define TRANSFER_BYTES 64u
#define ADDRESS_AT     1u /* bytes of a command before it */
#define DATA_AT	       4u

enum select { SELECT_UNIT, SELECT_LOW, SELECT_HIGH };

bool sim_hold_owns(uint32_t addr)
{
	return addr == PAD_SELECT || (addr >= GPIO_FIRST && addr <= GPIO_LAST && addr % 4 == 0);
}

static uint32_t pad(const struct sim_device *dev)
{
	const struct sim_hold *h = &dev->spi.hold;

	return h->pad_set ? h->pad : dev->rom.attached ? PAD_SPI : 0;
}

static enum select level(const struct sim_device *dev)
{
	const struct sim_hold *h = &dev->spi.hold;

	if ((pad(dev) & PAD_FUNCTION) == PAD_SPI || !dev->rom.attached)
		return SELECT_UNIT;
	if ((pad(dev) & PAD_FUNCTION) == PAD_GPIO && (h->drive & GPIO_SELECT) &&
	    !(h->out & GPIO_SELECT) && !sim_faults_find(&dev->faults, SIM_FAULT_NO_HOLD))
		return SELECT_LOW;
	return SELECT_HIGH;
}

bool sim_hold_takes(const struct sim_device *dev)
{
	return level(dev) != SELECT_UNIT;
}

uint32_t sim_hold_read(const struct sim_device *dev, uint32_t addr)
{
	switch (addr) {
	case PAD_SELECT:
		return pad(dev);
	case GPIO_OUT:
		return dev->spi.hold.out;
	case GPIO_DRIVE:
		return dev->spi.hold.drive;
	default:
		return 0; /* to be written only */
	}
}

/* --- the select's edges ------------------------------------------------------------------------- */

static bool whole(const struct sim_hold *h, unsigned bytes)
{
	return !h->broken && h->bytes == bytes;
}

/* The flash does what it was told. */
static void rises(struct sim_device *dev)
{
	struct sim_hold *h = &dev->spi.hold;

	switch (h->bytes ? h->command : 0) {
	case 0x06:
		if (whole(h, 1))
			dev->spi.write_enabled = dev->rom.attached && !sim_spi_flash_busy(dev);
		break;
	case 0x04:
		if (whole(h, 1))
			dev->spi.write_enabled = false;
		break;
	case 0x02:
		if (!h->broken && h->count > 0)
			sim_spi_held_program(dev, h->addr, h->page, h->count);
		break;
	case 0x20:
	case 0xD8:
		if (whole(h, DATA_AT))
			sim_spi_held_erase(
			    dev, h->addr, h->command == 0x20 ? SIM_SECTOR : SIM_BLOCK);
		break;
	default:
		break;
	}
}

static void moved(struct sim_device *dev, enum select was)
{
	struct sim_hold *h = &dev->spi.hold;
	enum select now = level(dev);

	if (was == now)
		return;
	if (dev->spi.running) {
		sim_device_trace(dev, dev->now, "flash select changes within a transfer");
		h->broken = true;
	}
	if (was == SELECT_LOW)
		rises(dev);
	if (now == SELECT_LOW) {
		bool broken = dev->spi.running;

		h->broken = broken;
		h->bytes = h->count = 0;
		h->addr = 0;
	}
}

static uint32_t driven(uint32_t present, uint32_t offset, uint32_t value)
{
	return offset == 0 ? value : offset == 4 ? present | value : present & ~value;
}

void sim_hold_write(struct sim_device *dev, uint32_t addr, uint32_t value)
{
	struct sim_hold *h = &dev->spi.hold;
	enum select was;

	sim_spi_settle(dev);
	was = level(dev);
	if (addr == PAD_SELECT) {
		h->pad = value;
		h->pad_set = true;
	} else if (addr < GPIO_DRIVE) {
		h->out = driven(h->out, addr - GPIO_OUT, value);
	} else {
		h->drive = driven(h->drive, addr - GPIO_DRIVE, value);
	}
	moved(dev, was);
}

/* --- what passes while it is low ------------------------------------------------------------------ */

static void out(struct sim_device *dev, uint8_t byte)
{
	struct sim_hold *h = &dev->spi.hold;
	unsigned at = h->bytes++;

	if (at == 0)
		h->command = byte;
	else if (at < DATA_AT)
		h->addr = (h->addr << 8 | byte) & 0xFFFFFF;
	else if (h->command == 0x02) /* more than a page overwrites what came first */
		h->page[h->count++ % SIM_PAGE] = byte;
}

static uint8_t in(struct sim_device *dev)
{
	struct sim_hold *h = &dev->spi.hold;
	unsigned at = h->bytes++;
	bool busy = sim_spi_flash_busy(dev);
	uint8_t byte = 0xFF;

	if (h->command == 0x05 && at >= 1)
		return sim_spi_held_status(dev);
	if (busy || h->broken)
		return byte;
	if (h->command == 0x9F && at >= 1 && at <= 3)
		return (uint8_t)(sim_spi_held_id(dev) >> 8 * (at - 1));
	if ((h->command == 0x03 && at >= DATA_AT) || (h->command == 0x0B && at > DATA_AT)) {
		sim_flash_read(&dev->flash, h->addr++ & 0xFFFFFF, &byte, 1);
		byte ^= sim_spi_read_error(dev);
	}
	return byte;
}

/* The phases are whole bytes, or the flash is out of step from there on. */
static bool phase(struct sim_hold *h, uint32_t bits)
{
	if (bits % 8 != 0)
		h->broken = true;
	return bits % 8 == 0;
}

static void address(struct sim_device *dev)
{
	struct sim_spi *s = &dev->spi;
	uint32_t bits = (s->user1 >> 26) + 1;

	if (phase(&s->hold, bits))
		for (uint32_t i = 0; i < bits / 8 && i < 4; i++)
			out(dev, (uint8_t)(s->addr >> (24 - 8 * i)));
}

static void take_in(struct sim_device *dev, bool low)
{
	struct sim_spi *s = &dev->spi;
	uint32_t bits = (s->user1 >> 8 & 0x1FF) + 1, n = bits / 8;
	uint8_t bytes[TRANSFER_BYTES];

	memset(bytes, 0xFF, sizeof(bytes));
	if (low && phase(&s->hold, bits))
		for (uint32_t i = 0; i < n; i++)
			bytes[i] = in(dev);
	for (uint32_t i = 0; i < n; i += 4)
		s->result[i / 4] = sim_le32(bytes + i);
	s->result_words = (n + 3) / 4;
}

void sim_hold_user(struct sim_device *dev)
{
	struct sim_spi *s = &dev->spi;
	bool low = level(dev) == SELECT_LOW;
	uint32_t bits = (s->user1 >> 17 & 0x1FF) + 1;

	if (low && (s->user & USER_COMMAND) && phase(&s->hold, (s->user2 >> 28) + 1))
		out(dev, (uint8_t)s->user2);
	if (low && (s->user & USER_ADDRESS))
		address(dev);
	if (low && (s->user & USER_DUMMY) && phase(&s->hold, (s->user1 & 0xFF) + 1))
		out(dev, 0);
	if (low && (s->user & USER_MOSI) && phase(&s->hold, bits))
		for (uint32_t i = 0; i < bits / 8; i++)
			out(dev, (uint8_t)(s->w[i / 4] >> 8 * (i % 4)));
	if (s->user & USER_MISO)
		take_in(dev, low);
}

void sim_hold_other(struct sim_device *dev)
{
	if (level(dev) != SELECT_LOW)
		return;
	sim_device_trace(dev, dev->now, "flash held through a command that is not the user's own");
	dev->spi.hold.broken = true;
}

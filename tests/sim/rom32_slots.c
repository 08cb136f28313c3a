/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where an application of the ESP32 family puts its successor: into the slot that it does not run
 * from. With one slot that can be done from safeboot (the factory application) only. What starts next
 * is said by otadata: none of its entries is good = safeboot (esp-serial-protocol.md 8, tasmota.md 6).
 */
#include "simint.h"

#include <string.h>

#define STATE_AT 24
#define CRC_AT	 28

/* -1: it runs from none of them. */
static int running(const struct sim_rom32 *r)
{
	for (unsigned i = 0; i < r->slots; i++)
		if (r->slot_at[i] == r->app_at)
			return (int)i;
	return -1;
}

static int target(const struct sim_rom32 *r)
{
	int now = running(r);

	if (!r->slots || (r->slots == 1 && now == 0))
		return -1;
	return now < 0 ? 0 : (now + 1) % (int)r->slots;
}

static uint32_t room(void *ctx)
{
	const struct sim_device *dev = ctx;
	int to = target(&dev->rom32);

	return to < 0 ? 0 : dev->rom32.slot_size[to];
}

static void erase(struct sim_device *dev, uint32_t at, uint32_t n)
{
	dev->flash.status &= (uint8_t)~SIM_FLASH_BP;
	for (uint32_t k = 0; k < n; k += SIM_SECTOR)
		sim_flash_erase(&dev->flash, at + k, SIM_SECTOR);
}

static uint32_t sequence(const struct sim_device *dev, unsigned entry)
{
	uint8_t e[32];
	uint32_t seq;

	sim_flash_read(&dev->flash, dev->rom32.otadata_at + entry * SIM_SECTOR, e, sizeof(e));
	seq = sim_le32(e);
	return seq != UINT32_MAX && sim_le32(e + CRC_AT) == sim_app32_crc(seq) ? seq : 0;
}

/* The next number that means this slot, into the sector that does not hold the last one. */
static void choose(struct sim_device *dev, unsigned slot)
{
	const struct sim_rom32 *r = &dev->rom32;
	uint32_t a = sequence(dev, 0), b = sequence(dev, 1), seq = (a > b ? a : b) + 1, crc;
	uint32_t at = r->otadata_at + (a > b ? SIM_SECTOR : 0);
	uint8_t e[32];

	if (!r->otadata_at)
		return;
	while ((seq - 1) % r->slots != slot)
		seq++;
	crc = sim_app32_crc(seq);
	memset(e, 0xFF, sizeof(e));
	for (int i = 0; i < 4; i++) {
		e[i] = (uint8_t)(seq >> (8 * i));
		e[CRC_AT + i] = (uint8_t)(crc >> (8 * i));
	}
	memset(e + STATE_AT, 0xFF, 4);
	erase(dev, at, SIM_SECTOR);
	sim_flash_program(&dev->flash, at, e, sizeof(e));
}

static void put(void *ctx, const uint8_t *image, size_t n)
{
	struct sim_device *dev = ctx;
	int to = target(&dev->rom32);
	uint32_t at;

	if (to < 0 || n > dev->rom32.slot_size[to])
		return;
	at = dev->rom32.slot_at[to];
	erase(dev, at, (uint32_t)n);
	sim_flash_program(&dev->flash, at, image, n);
	choose(dev, (unsigned)to);
	sim_device_trace(dev, dev->now, "upgrade written at %06x", at);
}

/* With one slot it is the way to the next program; with two it would only be in the way. */
static bool has_safeboot(void *ctx)
{
	const struct sim_device *dev = ctx;

	return dev->rom32.safeboot_size && dev->rom32.slots == 1;
}

static bool in_safeboot(void *ctx)
{
	const struct sim_device *dev = ctx;

	return dev->rom32.safeboot_size && dev->rom32.app_at == dev->rom32.safeboot_at;
}

static void to_safeboot(void *ctx)
{
	struct sim_device *dev = ctx;

	if (dev->rom32.otadata_at)
		erase(dev, dev->rom32.otadata_at, 2 * SIM_SECTOR);
}

static void to_app(void *ctx)
{
	choose(ctx, 0);
}

void sim_slots_init(struct sim_slots *s)
{
	*s = (struct sim_slots){.room = room,
	    .write = put,
	    .has_safeboot = has_safeboot,
	    .in_safeboot = in_safeboot,
	    .to_safeboot = to_safeboot,
	    .to_app = to_app};
}

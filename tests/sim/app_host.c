/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the chip offers the application that runs on it (simapp.h's struct sim_app_host). */
#include "simint.h"

#include <stdlib.h>
#include <string.h>

static void hold(struct sim_device *dev, const void *bytes, size_t n)
{
	if (dev->held_len + n > dev->held_cap) {
		dev->held_cap = (dev->held_len + n) * 2;
		dev->held = realloc(dev->held, dev->held_cap);
		if (!dev->held)
			abort();
	}
	memcpy(dev->held + dev->held_len, bytes, n);
	dev->held_len += n;
}

static void uart_tx(void *ctx, const void *bytes, size_t n)
{
	struct sim_device *dev = ctx;

	if (n == 0)
		return;
	if (dev->pending_baud)
		hold(dev, bytes, n);
	else
		sim_device_send(dev, bytes, n);
}

/* The application sets its rates from the same clock. */
static void set_baud(struct sim_device *dev, uint32_t baud)
{
	sim_device_set_baud_now(dev, baud);
}

static void uart_baud(void *ctx, uint32_t baud)
{
	struct sim_device *dev = ctx;

	if (baud == 0)
		return;
	if (sim_wire_idle(dev->tx, dev->now * SIM_PS_PER_US) && dev->held_len == 0)
		set_baud(dev, baud);
	else
		dev->pending_baud = baud;
}

void sim_apphost_drained(struct sim_device *dev)
{
	size_t n = dev->held_len;

	set_baud(dev, dev->pending_baud);
	dev->pending_baud = 0;
	dev->held_len = 0;
	if (n)
		sim_device_send(dev, dev->held, n);
}

/* On the ESP32 family the application's addresses count within its partition; its settings, which
 * have a place of their own above all addresses, are in the one for "nvs". What is in neither is
 * not there. */
static bool place(const struct sim_device *dev, uint32_t *addr, size_t n)
{
	const struct sim_rom32 *r = &dev->rom32;
	uint32_t nvs = *addr - SIM_APP32_SETTINGS;

	if (!dev->row->family)
		return true;
	if (*addr < r->app_size) {
		*addr += r->app_at;
		return n <= r->app_size;
	}
	if (*addr < SIM_APP32_SETTINGS || nvs >= r->nvs_size || n > r->nvs_size - nvs)
		return false;
	*addr = r->nvs_at + nvs;
	return true;
}

static void host_flash_read(void *ctx, uint32_t addr, void *dst, size_t n)
{
	struct sim_device *dev = ctx;
	size_t inside = 0;

	if (!place(dev, &addr, n)) {
		memset(dst, 0xFF, n);
		return;
	}
	if (addr < dev->flash.size)
		inside = n < dev->flash.size - addr ? n : dev->flash.size - addr;
	sim_flash_read(&dev->flash, addr, dst, inside);
	memset((uint8_t *)dst + inside, 0xFF, n - inside);
}

static void host_flash_program(void *ctx, uint32_t addr, const void *src, size_t n)
{
	struct sim_device *dev = ctx;

	if (!place(dev, &addr, n) || addr >= dev->flash.size)
		return;
	if (n > dev->flash.size - addr)
		n = dev->flash.size - addr;
	dev->flash.status &= (uint8_t)~SIM_FLASH_BP; /* the SDK unlocks before it writes */
	sim_flash_program(&dev->flash, addr, src, n);
}

static void host_flash_erase(void *ctx, uint32_t addr)
{
	struct sim_device *dev = ctx;

	if (!place(dev, &addr, SIM_SECTOR) || addr >= dev->flash.size)
		return;
	dev->flash.status &= (uint8_t)~SIM_FLASH_BP;
	sim_flash_erase(&dev->flash, addr, SIM_SECTOR);
}

static uint32_t host_flash_size(void *ctx)
{
	struct sim_device *dev = ctx;

	return dev->row->family ? dev->rom32.app_size : dev->flash.size;
}

static void host_reset(void *ctx, enum sim_cause cause)
{
	struct sim_device *dev = ctx;

	dev->pending_reset = cause;
}

static uint32_t host_rand(void *ctx)
{
	struct sim_device *dev = ctx;

	return sim_rand(&dev->rng);
}

static void update_fault(void *ctx, struct sim_update_fault *out)
{
	const struct sim_device *dev = ctx;
	const struct sim_fault *room = sim_faults_find(&dev->faults, SIM_FAULT_OTA_ROOM);

	out->room = room ? (uint32_t)room->n : UINT32_MAX;
	out->magic = sim_faults_find(&dev->faults, SIM_FAULT_OTA_MAGIC) != NULL;
}

bool sim_apphost_init(struct sim_device *dev, char *err, size_t errsize)
{
	sim_slots_init(&dev->app_slots);
	dev->host = (struct sim_app_host){
	    .ctx = dev,
	    .uart_tx = uart_tx,
	    .uart_baud = uart_baud,
	    .flash_read = host_flash_read,
	    .flash_program = host_flash_program,
	    .flash_erase_sector = host_flash_erase,
	    .flash_size = host_flash_size,
	    .reset = host_reset,
	    .rand = host_rand,
	    .chip_id = 0x123456,
	    .mac = dev->row->family ? "34:85:18:12:34:56" : "5C:CF:7F:12:34:56",
	    .chip = dev->row->family ? dev->row->label : "ESP8266EX",
	    .settings_at = dev->row->family ? SIM_APP32_SETTINGS : 0,
	    .settings_slots = dev->row->family ? 4 : 0,
	    .radio = dev->cfg.radio,
	    .web = dev->cfg.web,
	    .slots = dev->row->family ? &dev->app_slots : NULL,
	    .update_fault = update_fault,
	};
	dev->app = sim_app_new(&dev->host, dev->cfg.scenario, err, errsize);
	return dev->app != NULL;
}

void sim_apphost_boot(struct sim_device *dev)
{
	sim_device_set_mode(dev, SIM_MODE_APP);
	if (dev->app)
		sim_app_boot(dev->app, dev->now, dev->cause, sim_device_baud(dev));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The chip's own USB-JTAG-serial unit, 303A:1001 (esp-serial-protocol.md 4.3 and 5): DTR and RTS are
 * words to the unit and no pins, a reset takes the port away for a while, and in the loader the
 * watchdogs run on until the host silences them.
 *
 * Lines: both off clears the wish for the download mode, DTR alone sets it, RTS alone resets the
 * chip, both do nothing. (Hence the sequence of section 5, which goes through "both".) How long the
 * watchdogs wait is not in the document; 5 s here, and 3 s more for the super watchdog.
 */
#include "simint.h"

#define GONE_US	    400000
#define WDT_US	    5000000
#define SWD_LATER   3000000
#define SLOW_HZ	    136000 /* the slow clock by which CONFIG1 counts */
#define WDT_ENABLED (1u << 31)

static uint32_t reg_of(struct sim_device *dev, uint32_t addr)
{
	const uint32_t *reg = addr ? sim_regs_spare(&dev->regs, addr, false) : NULL;

	return reg ? *reg : 0;
}

/* --- lines ------------------------------------------------------------------------------------ */

void sim_usb32_lines(struct sim_device *dev, bool dtr, bool rts)
{
	struct sim_rom32 *r = &dev->rom32;

	if (!dev->power || r->usb_gone)
		return;
	if (!dtr && !rts) {
		r->download_flag = false;
	} else if (dtr && !rts) {
		r->download_flag = true;
	} else if (rts && !dtr) {
		sim_device_restart(dev, SIM_CAUSE_USB, 2000);
	}
}

/* --- resets ----------------------------------------------------------------------------------- */

void sim_usb32_reset(struct sim_device *dev, enum sim_cause cause)
{
	struct sim_rom32 *r = &dev->rom32;

	if (!sim_device_by_usb(dev))
		return;
	/* Boot strap and the unit's wish: either leads into the loader. */
	if (cause == SIM_CAUSE_USB)
		dev->strap_mode = r->download_flag ? dev->strap_mode & ~2u : dev->strap_mode | 2u;
	if (cause == SIM_CAUSE_USB && dev->cfg.usb_stays)
		return;
	if (cause == SIM_CAUSE_SOFTWARE)
		return; /* the unit runs on */
	r->usb_gone = true;
	r->usb_back_at = dev->now + (dev->cfg.usb_gone_us ? dev->cfg.usb_gone_us : GONE_US);
	sim_device_trace(dev, dev->now, "usb goes");
}

/* --- watchdogs -------------------------------------------------------------------------------- */

void sim_usb32_loader(struct sim_device *dev)
{
	struct sim_rom32 *r = &dev->rom32;
	uint32_t us = dev->cfg.wdt_us ? dev->cfg.wdt_us : WDT_US;

	if (!sim_device_by_usb(dev))
		return;
	if (dev->row->wdt.config0)
		r->wdt_at = dev->now + us;
	if (dev->row->wdt.swd_conf)
		r->swd_at = dev->now + us + SWD_LATER;
}

/* Protected registers take nothing until the key is in. */
bool sim_usb32_may_write(struct sim_device *dev, uint32_t addr)
{
	const struct sim_chip_wdt *w = &dev->row->wdt;

	if (w->config0 && (addr == w->config0 || addr == w->config1))
		return reg_of(dev, w->protect) == w->key;
	if (w->swd_conf && addr == w->swd_conf)
		return reg_of(dev, w->swd_protect) == w->swd_key;
	return true;
}

void sim_usb32_written(struct sim_device *dev, uint32_t addr, uint32_t value)
{
	const struct sim_chip_wdt *w = &dev->row->wdt;
	struct sim_rom32 *r = &dev->rom32;

	if (w->config0 && addr == w->config0) {
		r->wdt_at = SIM_NEVER;
		/* A host that wants a reset this way: so many ticks, then all of it (4.3). */
		if (value & WDT_ENABLED)
			r->wdt_at =
			    dev->now + (sim_time)reg_of(dev, w->config1) * 1000000 / SLOW_HZ;
		sim_device_trace(dev, dev->now, "watchdog %s", value & WDT_ENABLED ? "on" : "off");
	} else if (w->swd_conf && addr == w->swd_conf && (value >> w->swd_bit & 1)) {
		r->swd_at = SIM_NEVER;
		sim_device_trace(dev, dev->now, "super watchdog feeds itself");
	}
}

/* --- time ------------------------------------------------------------------------------------- */

sim_time sim_usb32_deadline(const struct sim_device *dev)
{
	const struct sim_rom32 *r = &dev->rom32;
	sim_time t = r->usb_back_at;

	if (r->wdt_at < t)
		t = r->wdt_at;
	return r->swd_at < t ? r->swd_at : t;
}

void sim_usb32_tick(struct sim_device *dev)
{
	struct sim_rom32 *r = &dev->rom32;

	if (r->usb_back_at <= dev->now) {
		r->usb_back_at = SIM_NEVER;
		r->usb_gone = false;
		sim_device_trace(dev, dev->now, "usb comes");
	}
	if (r->wdt_at <= dev->now)
		sim_device_restart(dev, SIM_CAUSE_RTC_WDT, 2000);
	else if (r->swd_at <= dev->now)
		sim_device_restart(dev, SIM_CAUSE_SUPER_WDT, 2000);
}

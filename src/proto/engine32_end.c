/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The flash engine's leave of a chip of the ESP32 family. By the chip's own USB a start must not
 * lead into the loader once more, and where RTS can't restart it its watchdog does (esptool's
 * hard_reset and watchdog_reset of the S2, S3 and C3); a loader that stays gets its first rate back,
 * so that the next program finds it. All of it is done when the job is: what fails here fails
 * nothing.
 */
#include "engine_int.h"

/* The watchdog resets all, after so many ticks of the slow clock (15 ms). */
#define END32_TICKS  2000u
#define END32_CONFIG (1u << 31 | 5u << 28 | 1u << 8 | 2u)

static bool end32_restarts(const struct engine *e)
{
	return e->job.usb_jtag && !e->reset.usable && e->c32->wdt.config1 != 0 &&
	       !e->chip.secure_download;
}

static bool end32_goes_home(const struct engine *e)
{
	return e->alive && !e->reset.usable && !e->job.no_baud_change && !e->job.usb_jtag &&
	       e->asked != e->type->sync_baud;
}

/* What comes after the wish for the loader was taken back. */
static void end32_start(struct engine *e)
{
	if (end32_restarts(e))
		engine_go(e, ES32_RESTART);
	else if (e->reset.usable)
		engine_reset_start_app(e);
	else
		engine_finished(e);
}

bool end32_begin(struct engine *e)
{
	if (e->job.usb_jtag && e->c32->force_download != 0 && !e->chip.secure_download)
		engine_go(e, ES32_UNFORCE);
	else if (end32_restarts(e))
		engine_go(e, ES32_RESTART);
	else if (end32_goes_home(e))
		engine_go(e, ES32_HOME);
	else
		return false;
	return true;
}

void end32_over(struct engine *e)
{
	e->cmd.waiting = false;
	engine_finished(e);
}

/* ---- the wish for the loader ------------------------------------------------------------------ */
void end32_unforce(struct engine *e)
{
	const struct esp_reg reg = {.addr = e->c32->force_download, .value = 0, .mask = 1};
	size_t n = esp_enc_write_regs(e->tx, sizeof e->tx, &reg, 1);
	engine_command(e, ESP_OP_WRITE_REG, n, 0);
}

void end32_unforce_reply(struct engine *e, const struct esp_reply *r)
{
	(void)r;
	end32_start(e);
}

void end32_unforce_expire(struct engine *e)
{
	e->cmd.waiting = false;
	end32_start(e);
}

/* ---- the watchdog ------------------------------------------------------------------------------ */
void end32_restart(struct engine *e)
{
	const struct chip32_wdt *w = &e->c32->wdt;
	const uint32_t all = UINT32_MAX;
	const struct esp_reg regs[4] = {
	    {.addr = w->protect, .value = w->key, .mask = all},
	    {.addr = w->config1, .value = END32_TICKS, .mask = all},
	    {.addr = w->config0, .value = END32_CONFIG, .mask = all},
	    {.addr = w->protect, .value = 0, .mask = all},
	};
	size_t n = esp_enc_write_regs(e->tx, sizeof e->tx, regs, 4);
	engine_command(e, ESP_OP_WRITE_REG, n, 0);
}

void end32_restart_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status == 0) {
		e->d32.restarted = true;
		e->in_loader = false;
		e->alive = false;
	}
	engine_finished(e);
}

/* ---- the rate ---------------------------------------------------------------------------------- */
void end32_home(struct engine *e)
{
	size_t n = baud32_enc(e, e->type->sync_baud);
	engine_command(e, ESP_OP_CHANGE_BAUD, n, 0);
}

void end32_home_reply(struct engine *e, const struct esp_reply *r)
{
	if (r->status == 0)
		engine_go(e, ES32_HOME_SET);
	else
		engine_finished(e);
}

void end32_home_set(struct engine *e)
{
	engine_set_baud(e, e->type->sync_baud);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The port's rate follows a boot: the ROM's text at its own rate, then the application's, both in one
 * log. After a flash, after a reset by the lines, and when the user says /watch and makes the start
 * by hand.
 */
#include "app_int.h"

#include <string.h>

#include "tasmite/base/str.h"

/* A chip that has its reset line wired speaks at once. */
#define RESET_ANSWER_US MONO_S(5)
/* Somebody has to find the plug. */
#define WATCH_S	       120
#define WATCH_MAX_S    86400
#define ESP32_ROM_BAUD 115200

static void boot_due(void *ctx, mono_t now);

void app_boot_init(struct app *a)
{
	a->boot_timer = timer_new(a->loop, boot_due, a);
}

void app_boot_fini(struct app *a)
{
	timer_free(a->boot_timer);
}

/* ---- following ------------------------------------------------------------------------------- */

static void show(struct app *a, const char *text)
{
	if (strcmp(a->session->watching, text) == 0)
		return;
	str_copy(a->session->watching, sizeof(a->session->watching), text);
	session_touch(a->session);
}

void app_boot_stop(struct app *a)
{
	bootwatch_stop(&a->boot);
	timer_disarm(a->boot_timer);
	show(a, "");
}

static bool set_rate(struct app *a, uint32_t want, mono_t now)
{
	if (link_line(a->link)->baud == want)
		return false;
	app_log_break(a, now);
	link_set_baud(a->link, want, NULL, NULL);
	app_update_port(a);
	return true;
}

/* The mark between the two texts, or why there are not two. */
static void tell_end(struct app *a, bool changed, mono_t now)
{
	uint32_t rom = a->boot.rom_baud, app = a->boot.app_baud;
	bool reset = a->boot_why && strcmp(a->boot_why, "reset") == 0;

	switch (a->boot.end) {
	case BOOTWATCH_DONE:
		if (changed && rom != app)
			session_say(a->session, now,
			    "boot: the ROM's text at %u ends here, the application's at %u follows",
			    rom, app);
		else if (a->boot_why)
			session_say(a->session, now, "boot: the device has started");
		break;
	case BOOTWATCH_MISSED:
		if (reset)
			session_say(a->session, now, "boot: no text of the ROM at %u, back to %u",
			    rom, app);
		break;
	case BOOTWATCH_LATE:
		if (reset)
			session_warn(a->session, now,
			    "boot: nothing came after the reset, back to %u; where RTS is not "
			    "wired to "
			    "the chip's reset: /watch, then power it off and on",
			    app);
		else if (a->boot_why)
			session_warn(a->session, now,
			    "boot: no start was heard in the time given, back to %u", app);
		break;
	}
}

static void follow(struct app *a, mono_t now)
{
	bool changed = set_rate(a, bootwatch_baud(&a->boot), now);

	if (a->boot.state == BOOTWATCH_APP) {
		tell_end(a, changed, now);
		app_boot_stop(a);
	}
	timer_arm(a->boot_timer, bootwatch_deadline(&a->boot));
}

void app_boot_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now)
{
	bool loader = a->boot.loader;

	bootwatch_rx(&a->boot, bytes, n, now);
	if (a->session->facts.boots != a->boot_count)
		bootwatch_seen(&a->boot);
	if (a->boot.loader && !loader && a->boot_why && strcmp(a->boot_why, "watch") == 0)
		session_say(a->session, now,
		    "boot: this is the boot loader (GPIO0 is low): release the button and power it "
		    "off and on again");
	if (a->boot.loader && !loader)
		app_flash_loader(a);
	follow(a, now);
}

static void boot_due(void *ctx, mono_t now)
{
	struct app *a = ctx;

	if (a->boot.state == BOOTWATCH_OFF)
		return;
	a->now = now;
	bootwatch_tick(&a->boot, now);
	follow(a, now);
}

/* ---- beginning ------------------------------------------------------------------------------- */

static void begun(struct app *a, const char *why)
{
	a->boot_why = why;
	a->boot_count = a->session->facts.boots;
	a->boot_until = a->boot.until;
}

void app_await_boot(struct app *a, mono_t now)
{
	show(a, "");
	bootwatch_begin(&a->boot, app_session_baud(a), now);
	begun(a, NULL);
	follow(a, now);
}

void app_await_reset(struct app *a, mono_t now)
{
	show(a, "");
	bootwatch_begin(&a->boot, app_session_baud(a), now);
	bootwatch_limit(&a->boot, now + RESET_ANSWER_US);
	begun(a, "reset");
	follow(a, now);
}

/* The ESP8266's, unless it is known that the chip is another. */
static uint32_t rom_baud(const struct app *a)
{
	bool esp32 = str_starts(a->session->chip, "ESP32") ||
		     (!a->session->chip[0] &&
			 str_starts(doctor_told(a->session->device.doctor)->chip, "ESP32"));

	return esp32 ? ESP32_ROM_BAUD : BOOTWATCH_ROM_BAUD;
}

static void watch(struct app *a, mono_t until, mono_t now)
{
	uint32_t rom = rom_baud(a), app = app_session_baud(a);
	const struct transport *t = link_transport(a->link);
	char text[sizeof(a->session->watching)];

	if (t && !(t->caps & TRANSPORT_HAS_BAUD))
		rom = app; /* whatever the other end's rate is */
	bootwatch_watch(&a->boot, rom, app, until, now);
	begun(a, "watch");
	str_fmt(text, sizeof(text), "power the device off and on   Esc: no more (ROM at %u)", rom);
	show(a, text);
	follow(a, now);
}

bool app_boot_away(struct app *a)
{
	bool on = a->boot.state == BOOTWATCH_AWAIT || a->boot.state == BOOTWATCH_LISTEN;

	app_boot_stop(a);
	return on;
}

void app_boot_again(struct app *a, mono_t now)
{
	if (a->boot_why && strcmp(a->boot_why, "watch") == 0)
		watch(a, a->boot_until, now);
	else
		app_await_boot(a, now);
}

/* ---- /watch ---------------------------------------------------------------------------------- */

static void watch_off(struct app *a)
{
	if (!a->session->watching[0]) {
		session_notice(a->session, false, "no start is being awaited");
		return;
	}
	app_boot_stop(a);
	app_apply_settings(a); /* back from the rate of the ROM's text */
	session_say(
	    a->session, a->now, "boot: not awaited any more, back to %u", app_session_baud(a));
}

void act_watch(struct app *a, const struct cmd_line *c)
{
	uint64_t seconds = WATCH_S;

	if (c->count && str_casecmp(c->args[0], "off") == 0) {
		watch_off(a);
		return;
	}
	if (c->count && (!str_parse_u64(c->args[0], WATCH_MAX_S, &seconds) || !seconds)) {
		session_notice(a->session, true, "%s (1 to %d)", c->row->usage, WATCH_MAX_S);
		return;
	}
	if (app_flashing(a)) {
		session_notice(a->session, true, "the flash panel has the port: /cancel first");
		return;
	}
	if (a->player || !link_is_open(a->link)) {
		session_notice(
		    a->session, true, a->player ? "this is a replay" : "the port is not open");
		return;
	}
	watch(a, a->now + MONO_S((int64_t)seconds), a->now);
	session_say(a->session, a->now,
	    "boot: awaited for %u s: power the device off and on; the ROM's text is read at %u, "
	    "the "
	    "application's at %u (/watch off or Esc ends it)",
	    (unsigned)seconds, a->boot.rom_baud, a->boot.app_baud);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The console's own moods: its log level, which ends after ten minutes unless it is set after each
 * boot; its rate, which the port follows; and who else has taken the console.
 */
#include "app_courier.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

/* The boot has the wire for itself first. */
#define LEVEL_AFTER_US MONO_MS(1500)

struct console {
	struct timer *level_timer;
	uint32_t boots, baud; /* for which the level was sent, or a line was awaited */
	bool asked;
	uint32_t rate_lines; /* of the facts, as far as they were followed */
	uint32_t taken_boot; /* the boot in which it was told */
	bool taken_told;
};

static void level_due(void *ctx, mono_t now);

void app_console_init(struct app *a)
{
	a->console = xcalloc(1, sizeof(*a->console));
	a->console->level_timer = timer_new(a->loop, level_due, a);
}

void app_console_fini(struct app *a)
{
	if (!a->console)
		return;
	timer_free(a->console->level_timer);
	free(a->console);
	a->console = NULL;
}

/* ---- the level ------------------------------------------------------------------------------- */

static void level_due(void *ctx, mono_t now)
{
	struct app *a = ctx;
	struct post_job job = {.what = "SerialLog", .quiet = true};
	struct backlog b;
	char text[24];

	a->now = now;
	if (!settings_int(a->session->settings, SET_SERIAL_LOG) || !link_is_open(a->link) ||
	    app_flashing(a) || a->boot.state != BOOTWATCH_OFF)
		return;
	/* A script may well set it itself; into a line that is half typed it would be glued. */
	if (app_courier_busy(a) || app_sending(a) || app_direct_open(a)) {
		timer_arm(a->console->level_timer, now + LEVEL_AFTER_US);
		return;
	}
	str_fmt(text, sizeof(text), "SerialLog %s",
	    settings_text(a->session->settings, SET_SERIAL_LOG));
	if (app_courier_left(a)) { /* /send --again was promised: its list stays */
		app_send_line(a, text);
		return;
	}
	backlog_init(&b);
	backlog_add(&b, text, strlen(text), 0);
	app_courier_begin(a, &b, &job);
	backlog_fini(&b);
}

/* "00:00:05 WIF: ..." or "13:04:05.120-017/22 CMD: ...": a line that only Tasmota writes, whole and
 * at the right rate. */
static bool is_tasmota(const char *p, size_t n)
{
	size_t i = 8;

	if (n < 14 || p[2] != ':' || p[5] != ':')
		return false;
	while (i < n && i < 24 && p[i] != ' ')
		i++;
	return i + 5 < n && p[i] == ' ' && p[i + 4] == ':' && p[i + 5] == ' ';
}

static void watch_level(struct app *a, const char *p, size_t n, mono_t now)
{
	struct console *c = a->console;
	uint32_t boots = a->session->facts.boots, baud = link_line(a->link)->baud;

	if (c->boots != boots || c->baud != baud) {
		c->boots = boots;
		c->baud = baud;
		c->asked = false;
		timer_disarm(c->level_timer);
	}
	if (c->asked || !settings_int(a->session->settings, SET_SERIAL_LOG) || !is_tasmota(p, n))
		return;
	c->asked = true;
	timer_arm(c->level_timer, now + LEVEL_AFTER_US);
}

/* ---- the rate -------------------------------------------------------------------------------- */

/* Behind the clock, where there is one: the tag. */
static bool begins(const char *p, size_t n, const char *what)
{
	const char *blank = is_tasmota(p, n) ? memchr(p + 8, ' ', n - 8) : NULL;
	size_t skip = blank ? (size_t)(blank - p) + 1 : 0;

	return n - skip >= strlen(what) && !memcmp(p + skip, what, strlen(what));
}

/* "SER: Set to 8E1 9600 bit/s" */
static void follow_format(struct app *a, const char *p, size_t n)
{
	static const char head[] = "SER: Set to ";
	char text[4];
	size_t at;

	if (!begins(p, n, head))
		return;
	for (at = 0; memcmp(p + at, head, sizeof(head) - 1) != 0;)
		at++;
	at += sizeof(head) - 1;
	if (at + 4 > n || p[at + 3] != ' ')
		return;
	str_copy_n(text, sizeof(text), p + at, 3);
	if (str_casecmp(text, settings_text(a->session->settings, SET_FORMAT)) != 0 &&
	    app_set(a, SET_FORMAT, text))
		session_say(a->session, a->now,
		    "the device goes on with %s: the port follows. Tasmota takes commands at 8N1 "
		    "only: /format 8N1 leads back",
		    text);
}

static void follow_rate(struct app *a, const char *p, size_t n)
{
	const struct facts *f = &a->session->facts;
	const struct transport *t = link_transport(a->link);
	uint32_t before = link_line(a->link)->baud;
	char text[16];

	if (a->console->rate_lines == f->rate_lines)
		return;
	a->console->rate_lines = f->rate_lines;
	if (!t || !(t->caps & TRANSPORT_HAS_BAUD) || a->player)
		return;
	follow_format(a, p, n);
	if (f->device_baud == before)
		return;
	str_fmt(text, sizeof(text), "%u", f->device_baud);
	if (app_set(a, SET_BAUD, text))
		session_say(a->session, a->now,
		    "the device goes on at %u baud: the port follows. Back: Baudrate %u (the "
		    "device), /baud %u (the port alone)",
		    f->device_baud, before, before);
}

/* ---- who else has it ------------------------------------------------------------------------- */

static const char *who_took_it(const char *p, size_t n)
{
	if (begins(p, n, "SNS: Hardware Serial"))
		return "a sensor of this module takes the serial port (Hardware Serial): the "
		       "console "
		       "ends here. Set Module 18 or 1 on the web page, or erase the flash, to have "
		       "it back";
	if (begins(p, n, "TYA: "))
		return "a TuyaMCU has the serial port, at 9600 baud as a rule: what is typed goes "
		       "to "
		       "it and is no command. Set another Module on the web page to have the "
		       "console "
		       "back";
	if (begins(p, n, "CMD: Using USB CDC"))
		return "the console of this ESP32 is on its own USB port (USB CDC), not on these "
		       "pins: connect that port";
	return NULL;
}

static void watch_taken(struct app *a, const char *p, size_t n)
{
	struct console *c = a->console;
	const char *why;

	if (c->taken_told && c->taken_boot == a->session->facts.boots)
		return;
	why = who_took_it(p, n);
	if (!why)
		return;
	c->taken_told = true;
	c->taken_boot = a->session->facts.boots;
	session_warn(a->session, a->now, "%s", why);
}

void app_console_line(struct app *a, const uint8_t *line, size_t n, mono_t now)
{
	const char *p = (const char *)line;

	if (!a->console)
		return;
	app_setup_line(a, line, n);
	follow_rate(a, p, n);
	if (n > 5 && (is_tasmota(p, n) || p[3] == ':')) {
		watch_taken(a, p, n);
		watch_level(a, p, n, now);
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the wire to what is kept and shown. The masking funnel stands here, and nowhere else. */
#include "app_int.h"

#include <string.h>

#include "tasmite/base/str.h"

static void held_due(void *ctx, mono_t now);
static void boot_due(void *ctx, mono_t now);

void app_rx_init(struct app *a)
{
	buf_init(&a->masked, 1024 * 1024);
	a->held_timer = timer_new(a->loop, held_due, a);
	a->boot_timer = timer_new(a->loop, boot_due, a);
}

void app_rx_fini(struct app *a)
{
	timer_free(a->held_timer);
	timer_free(a->boot_timer);
	buf_fini(&a->masked);
}

/* ---- the funnel ------------------------------------------------------------------------------ */

static void keep_masked(struct app *a, mono_t now)
{
	const uint8_t *bytes = buf_bytes(&a->masked);
	size_t n = buf_len(&a->masked);

	if (n) {
		app_record_rx(a, bytes, n, now);
		lines_rx(a->session->log, bytes, n, now + a->time_shift);
		if (a->plain)
			plain_rx(a->plain, bytes, n, now + a->time_shift);
		app_read_lines(a, now);
	}
	buf_clear(&a->masked);
	timer_arm(a->held_timer, secrets_deadline(a->secrets));
}

void app_log_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now)
{
	secrets_rx(a->secrets, bytes, n, now, &a->masked);
	keep_masked(a, now);
}

static void held_due(void *ctx, mono_t now)
{
	struct app *a = ctx;

	secrets_tick(a->secrets, now, &a->masked);
	keep_masked(a, now);
}

void app_log_let_go(struct app *a, mono_t now)
{
	mono_t due = secrets_deadline(a->secrets);

	if (due == MONO_NEVER)
		return;
	secrets_tick(a->secrets, due, &a->masked);
	keep_masked(a, now);
}

void app_log_break(struct app *a, mono_t now)
{
	secrets_flush(a->secrets, &a->masked);
	keep_masked(a, now);
	app_record_break(a);
	if (a->plain)
		plain_break(a->plain);
	lines_break(a->session->log, now + a->time_shift);
	app_read_break(a, now);
}

/* ---- boots ----------------------------------------------------------------------------------- */

static void follow_boot(struct app *a, mono_t now)
{
	uint32_t want = bootwatch_baud(&a->boot);

	if (link_line(a->link)->baud != want) {
		app_log_break(a, now);
		link_set_baud(a->link, want, NULL, NULL);
		app_update_port(a);
	}
	if (a->boot.state == BOOTWATCH_APP)
		bootwatch_stop(&a->boot);
	timer_arm(a->boot_timer, bootwatch_deadline(&a->boot));
}

static void boot_due(void *ctx, mono_t now)
{
	struct app *a = ctx;

	if (a->boot.state == BOOTWATCH_OFF)
		return;
	bootwatch_tick(&a->boot, now);
	follow_boot(a, now);
}

void app_await_boot(struct app *a, mono_t now)
{
	bootwatch_begin(&a->boot, app_session_baud(a), now);
	follow_boot(a, now);
}

/* Bytes that nobody can read: another rate, most likely. Told once at each rate. */
static void watch_garble(struct app *a, const uint8_t *bytes, size_t n, mono_t now)
{
	uint32_t baud = link_line(a->link)->baud, rates[GARBLE_RATES];
	const struct transport *t = link_transport(a->link);
	mono_t since = now;

	if (!t || !(t->caps & TRANSPORT_HAS_BAUD))
		return;
	if (!garble_rx(&a->garble, baud, bytes, n, now) || a->garble_told == baud)
		return;
	a->garble_told = baud;
	garble_unreadable(&a->garble, &since);
	garble_rates(&a->garble, rates);
	session_warn(a->session, now,
	    "unreadable for %d s at %u baud: this looks like another rate: /baud %u, or /baud %u "
	    "or %u",
	    (int)((now - since) / MONO_S(1)), baud, rates[0], rates[1], rates[2]);
}

/* Patterns that were switched off since the last bytes came. */
static void tell_costly(struct app *a, mono_t now)
{
	struct panes *p = &a->session->panes;
	struct pattern *find = find_pattern(p->find);
	const char *why = find ? pattern_trouble_news(find) : NULL;

	if (why)
		session_warn(a->session, now, "the search for '%s' is %s", pattern_text(find), why);
	for (int i = 0; i < p->count; i++)
		while ((why = filter_trouble(p->pane[i].filter)))
			session_warn(a->session, now, "in the filter of pane %d %s", i + 1, why);
	while ((why = highlight_trouble(a->session->highlight)))
		session_warn(a->session, now, "%s", why);
}

void app_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now)
{
	a->loader_there = false; /* somebody else speaks now */
	app_log_rx(a, bytes, n, now);
	tell_costly(a, now);
	if (a->boot.state != BOOTWATCH_OFF) {
		bootwatch_rx(&a->boot, bytes, n, now);
		follow_boot(a, now);
	} else {
		watch_garble(a, bytes, n, now);
	}
}

uint32_t app_session_baud(const struct app *a)
{
	return (uint32_t)settings_int(a->session->settings, SET_BAUD);
}

/* The status line's picture of the port. */
void app_update_port(struct app *a)
{
	struct session_port *p = &a->session->port;
	const struct transport *t = link_transport(a->link);
	const char *base;

	if (a->player)
		return; /* it tells what was recorded */
	if (t) {
		p->state = SESSION_PORT_OPEN;
		base = t->name;
		for (const char *s = t->name; *s; s++)
			if (*s == '/' && s[1])
				base = s + 1;
		str_copy(p->name, sizeof(p->name), base);
		str_copy(p->about, sizeof(p->about), t->about);
		p->has_modem = t->caps & TRANSPORT_HAS_MODEM;
	}
	if (link_line(a->link)->bits)
		transport_line_text(link_line(a->link), p->line, sizeof(p->line));
	else /* no port yet: what it would be opened with */
		str_fmt(p->line, sizeof(p->line), "%u %s", app_session_baud(a),
		    settings_text(a->session->settings, SET_FORMAT));
	app_record_note(a, 'B', p->line, a->now);
	session_touch(a->session);
}

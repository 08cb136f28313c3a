/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the wire to what is kept and shown. The masking funnel stands here, and nowhere else. */
#include "app_int.h"

#include <string.h>

#include "tasmite/base/str.h"

static void held_due(void *ctx, mono_t now);

void app_rx_init(struct app *a)
{
	buf_init(&a->masked, 1024 * 1024);
	a->held_timer = timer_new(a->loop, held_due, a);
}

void app_rx_fini(struct app *a)
{
	timer_free(a->held_timer);
	buf_fini(&a->masked);
}

/* ---- the funnel ------------------------------------------------------------------------------ */

static void keep_masked(struct app *a, mono_t since, mono_t now)
{
	const uint8_t *bytes = buf_bytes(&a->masked);
	size_t n = buf_len(&a->masked);

	if (n) {
		app_record_rx(a, bytes, n, now);
		lines_rx_over(
		    a->session->log, bytes, n, since + a->time_shift, now + a->time_shift);
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
	keep_masked(a, now, now);
}

static void held_due(void *ctx, mono_t now)
{
	struct app *a = ctx;

	secrets_tick(a->secrets, now, &a->masked);
	keep_masked(a, now, now);
}

void app_log_let_go(struct app *a, mono_t now)
{
	mono_t due = secrets_deadline(a->secrets);

	if (due == MONO_NEVER)
		return;
	secrets_tick(a->secrets, due, &a->masked);
	keep_masked(a, now, now);
}

void app_log_break(struct app *a, mono_t now)
{
	secrets_flush(a->secrets, &a->masked);
	keep_masked(a, now, now);
	app_record_break(a);
	if (a->plain)
		plain_break(a->plain);
	lines_break(a->session->log, now + a->time_shift);
	app_read_break(a, now);
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
	secrets_rx(a->secrets, bytes, n, now, &a->masked);
	keep_masked(a, link_rx_since(a->link), now);
	app_courier_rx(a, bytes, n, now);
	app_upgrade_rx(a, bytes, n, now);
	app_upload_rx(a, bytes, n, now);
	tell_costly(a, now);
	if (a->boot.state != BOOTWATCH_OFF)
		app_boot_rx(a, bytes, n, now);
	else
		app_garble_rx(a, bytes, n, now);
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

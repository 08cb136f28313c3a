/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of the adapter's lines: DTR, RTS, break, format, flow, reset. */
#include "app_int.h"

#include <string.h>

#include "adapters.h"
#include "tasmite/base/str.h"
#include "tasmite/proto/reset.h"

#define MODEM_POLL_US MONO_MS(250)
#define BREAK_MS      250

static bool has_lines(struct app *a)
{
	const struct transport *t = link_transport(a->link);

	if (!t)
		session_notice(a->session, true, "the port is not open");
	else if (!(t->caps & TRANSPORT_HAS_MODEM))
		session_notice(
		    a->session, true, "%s has no DTR and RTS (%s)", t->name, t->ops->kind);
	return t && t->caps & TRANSPORT_HAS_MODEM;
}

static bool port_is_free(struct app *a)
{
	if (app_flashing(a))
		session_notice(a->session, true, "the flash panel has the port: /cancel first");
	return !app_flashing(a);
}

/* ---- the lines' picture ---------------------------------------------------------------------- */

static void show_lines(struct app *a)
{
	struct session_port *p = &a->session->port;
	unsigned lines = 0;

	if (link_get_modem(a->link, &lines) != ERR_OK || lines == p->modem)
		return;
	p->modem = lines;
	session_touch(a->session);
}

void app_lines_again(struct app *a)
{
	const struct transport *t = link_transport(a->link);
	struct err err = {0};

	if (!t || !(t->caps & TRANSPORT_HAS_MODEM))
		return;
	show_lines(a);
	if ((a->session->port.modem & (MODEM_DTR | MODEM_RTS)) == a->lines_before)
		return;
	if (link_set_modem(a->link, a->lines_before, &err) != ERR_OK)
		session_warn(a->session, a->now, "DTR and RTS: %s", err.text);
	show_lines(a);
}

static void poll_due(void *ctx, mono_t now)
{
	struct app *a = ctx;
	const struct transport *t = link_transport(a->link);

	if (!t || !(t->caps & TRANSPORT_HAS_MODEM))
		return; /* nothing to poll: armed again when such a port is opened */
	show_lines(a);
	timer_arm(a->modem_timer, now + MODEM_POLL_US);
}

static void step_due(void *ctx, mono_t now);
static void break_over(void *ctx, mono_t now);

void app_lines_init(struct app *a)
{
	a->modem_timer = timer_new(a->loop, poll_due, a);
	a->line_timer = timer_new(a->loop, step_due, a);
	a->break_timer = timer_new(a->loop, break_over, a);
}

void app_lines_fini(struct app *a)
{
	timer_free(a->modem_timer);
	timer_free(a->line_timer);
	timer_free(a->break_timer);
}

void app_lines_port_opened(struct app *a, mono_t now)
{
	const struct transport *t = link_transport(a->link);

	a->sequence = NULL;
	a->session->port.modem = 0;
	if (t && t->caps & TRANSPORT_HAS_MODEM) {
		show_lines(a);
		timer_arm(a->modem_timer, now + MODEM_POLL_US);
	}
}

static enum opener_line line_of(const char *remembered, const char *setting)
{
	static const char *const names[] = {[OPENER_AUTO] = "auto",
	    [OPENER_ON] = "on",
	    [OPENER_OFF] = "off",
	    [OPENER_KEEP] = "keep"};
	const char *text = remembered[0] ? remembered : setting;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0)
			return (enum opener_line)i;
	return OPENER_AUTO;
}

void app_lines_choose(void *ctx, const char *key, enum opener_line *dtr, enum opener_line *rts)
{
	const struct app *a = ctx;
	const struct settings *s = a->session->settings;
	struct adapter known = {.dtr = ""};
	/* What the user says for this run wins over what the adapter remembers. */
	bool said = s->values[SET_DTR].origin >= ORIGIN_COMMAND_LINE ||
		    s->values[SET_RTS].origin >= ORIGIN_COMMAND_LINE;

	if (key[0] && !said)
		adapters_get(key, &known);
	*dtr = line_of(known.dtr, settings_text(s, SET_DTR));
	*rts = line_of(known.rts, settings_text(s, SET_RTS));
}

/* ---- /dtr, /rts ------------------------------------------------------------------------------ */

static void remember_lines(struct app *a, unsigned lines)
{
	struct adapter known;
	struct err err = {0};
	const char *key = link_adapter_key(a->link);

	if (!key[0])
		return;
	adapters_get(key, &known);
	str_copy(known.dtr, sizeof(known.dtr), lines & MODEM_DTR ? "on" : "off");
	str_copy(known.rts, sizeof(known.rts), lines & MODEM_RTS ? "on" : "off");
	if (adapters_put(key, &known, &err) != ERR_OK)
		session_warn(a->session, a->now, "the lines are not remembered: %s", err.text);
}

static void set_line(struct app *a, const struct cmd_line *c, unsigned bit)
{
	unsigned lines = a->session->port.modem & (MODEM_DTR | MODEM_RTS);
	struct err err = {0};
	bool on = !(lines & bit);

	if (!has_lines(a) || !port_is_free(a))
		return;
	if (c->count && strcmp(c->args[0], "on") != 0 && strcmp(c->args[0], "off") != 0) {
		session_notice(a->session, true, "%s", c->row->usage);
		return;
	}
	if (c->count)
		on = strcmp(c->args[0], "on") == 0;
	lines = on ? lines | bit : lines & ~bit;
	if (link_set_modem(a->link, lines, &err) != ERR_OK) {
		session_warn(a->session, a->now, "%s: %s", c->row->name, err.text);
		return;
	}
	remember_lines(a, lines);
	show_lines(a);
	session_notice(a->session, false, "%s %s", c->row->name, on ? "on" : "off");
}

void act_dtr(struct app *a, const struct cmd_line *c)
{
	set_line(a, c, MODEM_DTR);
}

void act_rts(struct app *a, const struct cmd_line *c)
{
	set_line(a, c, MODEM_RTS);
}

/* ---- sequences ------------------------------------------------------------------------------- */

static void step_due(void *ctx, mono_t now)
{
	struct app *a = ctx;
	const struct reset_step *step;
	struct err err = {0};

	if (!a->sequence || !link_is_open(a->link))
		return;
	if (a->sequence_at == a->sequence->count) {
		a->sequence = NULL;
		show_lines(a);
		return;
	}
	step = &a->sequence->steps[a->sequence_at++];
	if (link_set_modem(a->link, (step->dtr ? MODEM_DTR : 0u) | (step->rts ? MODEM_RTS : 0u),
		&err) != ERR_OK) {
		session_warn(a->session, now, "reset: %s", err.text);
		a->sequence = NULL;
		return;
	}
	/* RTS holds the chip in reset; it starts when it is let go. */
	if (a->sequence_at > 1 && step[-1].rts && !step->rts)
		session_device_reset(a->session, now);
	timer_arm(a->line_timer, now + MONO_MS(step->wait_ms));
}

/* A sequence that is cut off in the middle would leave the chip in reset, with nobody there to see
 * why. */
void app_lines_rest(struct app *a)
{
	if (!a->sequence)
		return;
	a->sequence = NULL;
	timer_disarm(a->line_timer);
	if (link_is_open(a->link))
		(void)link_set_modem(a->link, 0, NULL); /* a port that fails here is lost anyway */
	show_lines(a);
}

static void run_sequence(struct app *a, const struct reset_sequence *sequence)
{
	if (!has_lines(a) || !port_is_free(a))
		return;
	app_await_reset(a, a->now); /* the ROM's text comes at its own rate */
	a->sequence = sequence;
	a->sequence_at = 0;
	timer_arm(a->line_timer, a->now);
}

void act_reset(struct app *a, const struct cmd_line *c)
{
	(void)c;
	run_sequence(a, reset_run());
}

void act_bootloader(struct app *a, const struct cmd_line *c)
{
	const struct reset_sequence *sequence = NULL;
	struct adapter known;

	(void)c;
	adapters_get(link_adapter_key(a->link), &known);
	if (known.reset[0])
		sequence = reset_find(known.reset);
	run_sequence(a, sequence ? sequence : reset_into_loader(0));
}

/* ---- break, format, flow --------------------------------------------------------------------- */

static void break_over(void *ctx, mono_t now)
{
	struct app *a = ctx;
	struct err err = {0};

	if (link_is_open(a->link) && link_set_break(a->link, false, &err) != ERR_OK)
		session_warn(a->session, now, "break: %s", err.text);
}

void act_break(struct app *a, const struct cmd_line *c)
{
	uint64_t ms = BREAK_MS;
	struct err err = {0};

	if (!port_is_free(a))
		return;
	if (c->count && (!str_parse_u64(c->args[0], 10000, &ms) || !ms)) {
		session_notice(a->session, true, "%s (1 to 10000)", c->row->usage);
		return;
	}
	if (link_set_break(a->link, true, &err) != ERR_OK) {
		session_notice(a->session, true, "break: %s", err.text);
		return;
	}
	timer_arm(a->break_timer, a->now + MONO_MS((int64_t)ms));
	session_say(a->session, a->now, "break, %d ms", (int)ms);
}

void act_format(struct app *a, const struct cmd_line *c)
{
	if (c->count && (!port_is_free(a) || !app_set(a, SET_FORMAT, c->args[0])))
		return;
	session_say(a->session, a->now, "format %s", a->session->port.line);
}

void act_flow(struct app *a, const struct cmd_line *c)
{
	if (c->count && (!port_is_free(a) || !app_set(a, SET_FLOW, c->args[0])))
		return;
	session_say(
	    a->session, a->now, "flow control %s", settings_text(a->session->settings, SET_FLOW));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of the port: which one, its rate, the line end. */
#include "app_int.h"

#include <errno.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/io/files.h"
#include "tasmite/io/ports.h"

static bool refuse_while_flashing(struct app *a)
{
	if (app_flashing(a))
		session_notice(a->session, true, "the flash panel has the port: /cancel first");
	return app_flashing(a);
}

/* ---- the ports of this machine --------------------------------------------------------------- */

static void list_port(struct app *a, const struct port_info *p)
{
	char label[300], detail[200] = "", advice[200];

	str_fmt(label, sizeof(label), "%-10s %s", p->name, p->about);
	if (p->usb)
		str_fmt(detail, sizeof(detail), "%04X:%04X %s", p->vid, p->pid, p->driver);
	if (p->holder > 0)
		str_fmt(detail, sizeof(detail), "busy: %s (%d)", p->holder_name, (int)p->holder);
	else if (p->holder < 0)
		str_copy(detail, sizeof(detail), "busy");
	else if (!p->readable)
		str_copy(
		    detail, sizeof(detail), ports_permission_advice(p, advice, sizeof(advice)));
	session_list_add(a->session, label, detail, p->path);
}

static void port_chosen(struct app *a, const char *value)
{
	if (value)
		app_change_port(a, value);
}

bool app_choose_port(struct app *a)
{
	struct port_info list[PORTS_MAX];
	size_t n = ports_list(list, PORTS_MAX);
	int sys = n ? 0 : errno;

	if (sys)
		session_warn(a->session, a->now,
		    "which serial ports there are can't be known: %s (the system lists them in "
		    "/sys/class/tty); /port NAME opens one",
		    strerror(sys));
	if (!n)
		return sys != 0;
	ports_find_holders(list, n);
	session_list_open(a->session, "Ports", false);
	for (size_t i = 0; i < n; i++)
		list_port(a, &list[i]);
	a->on_chosen = port_chosen;
	return true;
}

void app_change_port(struct app *a, const char *name)
{
	char path[512];
	struct err err = {0};

	if (refuse_while_flashing(a))
		return;
	if (app_uploading(a)) { /* its log tells what becomes of the file */
		session_notice(
		    a->session, true, "an upload needs this port until it ends: /cancel stops it");
		return;
	}
	if (app_upgrading(a)) {
		session_notice(
		    a->session, true, "an upgrade needs this port until it ends: /cancel stops it");
		return;
	}
	if (a->player) { /* its lines have times of their own, another day's as a rule */
		session_notice(
		    a->session, true, "this is a replay: a port needs a session of its own");
		return;
	}
	if (files_expand(name, path, sizeof(path), &err) != ERR_OK) {
		session_notice(a->session, true, "%s", err.text);
		return;
	}
	if (link_unsent(a->link))
		session_warn(a->session, a->now, "%zu bytes were not sent to %s any more",
		    link_unsent(a->link), a->session->port.name);
	app_send_lost(a); /* it was meant for another device */
	app_courier_lost(a);
	app_log_break(a, a->now);
	app_boot_stop(a);
	a->loader_there = false;
	memset(&a->chip, 0, sizeof(a->chip)); /* another device's */
	a->session->chip[0] = '\0';
	app_open_port(a, path);
}

void act_port(struct app *a, const struct cmd_line *c)
{
	const struct transport *t = link_transport(a->link);

	if (c->count) {
		app_change_port(a, c->args[0]);
		return;
	}
	if (t)
		session_say(a->session, a->now, "port %s (%s, %s), %s", t->name, t->path, t->about,
		    a->session->port.line);
	else
		session_say(a->session, a->now, "no port is open%s%s",
		    a->session->port.why[0] ? ": " : "", a->session->port.why);
	if (!app_choose_port(a))
		session_say(a->session, a->now,
		    "no serial port is plugged in; /port NAME opens a "
		    "pseudo-terminal, tcp://host:port or "
		    "rfc2217://host:port");
}

void act_baud(struct app *a, const struct cmd_line *c)
{
	if (!c->count) {
		session_say(a->session, a->now, "rate %s", a->session->port.line);
		return;
	}
	if (refuse_while_flashing(a))
		return;
	app_boot_stop(a);
	if (str_casecmp(c->args[0], "likely") == 0) {
		app_garble_try(a);
		return;
	}
	if (app_set(a, SET_BAUD, c->args[0]))
		session_say(a->session, a->now, "rate %s", a->session->port.line);
	else
		app_apply_settings(a); /* back from the rate of the boot's text */
}

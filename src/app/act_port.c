/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of the port: which one, its rate, the line end, the recording. */
#include "app_int.h"

#include <string.h>
#include <time.h>

#include "tasmite/base/str.h"
#include "tasmite/io/clock.h"
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

size_t app_choose_port(struct app *a)
{
	struct port_info list[PORTS_MAX];
	size_t n = ports_list(list, PORTS_MAX);

	if (!n)
		return 0;
	ports_find_holders(list, n);
	session_list_open(a->session, "Ports", false);
	for (size_t i = 0; i < n; i++)
		list_port(a, &list[i]);
	a->on_chosen = port_chosen;
	return n;
}

void app_change_port(struct app *a, const char *name)
{
	char path[512];
	struct err err = {0};

	if (refuse_while_flashing(a))
		return;
	if (files_expand(name, path, sizeof(path), &err) != ERR_OK) {
		session_notice(a->session, true, "%s", err.text);
		return;
	}
	if (link_unsent(a->link))
		session_warn(a->session, a->now, "%zu bytes were not sent to %s any more",
		    link_unsent(a->link), a->session->port.name);
	app_log_break(a, a->now);
	bootwatch_stop(&a->boot);
	a->loader_there = false;
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
	bootwatch_stop(&a->boot);
	if (app_set(a, SET_BAUD, c->args[0]))
		session_say(a->session, a->now, "rate %s", a->session->port.line);
	else
		app_apply_settings(a); /* back from the rate of the boot's text */
}

static void eol_chosen(struct app *a, const char *value)
{
	if (value && app_set(a, SET_EOL, value))
		session_notice(a->session, false, "line end %s", value);
}

void act_eol(struct app *a, const struct cmd_line *c)
{
	static const char *const names[] = {"lf", "crlf", "cr", "none"};

	if (c->count) {
		eol_chosen(a, c->args[0]);
		return;
	}
	session_list_open(a->session, "Line end", false);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		session_list_add(a->session, names[i],
		    strcmp(names[i], settings_text(a->session->settings, SET_EOL)) ? "" : "now",
		    names[i]);
	a->on_chosen = eol_chosen;
}

/* ---- recording ------------------------------------------------------------------------------- */

/* "logs/ttyUSB0-2026-11-22-180541.log" in the state folder. */
static int default_name(struct app *a, char *dst, size_t size, struct err *err)
{
	char name[160], stamp[32];
	time_t wall = (time_t)(clock_wall_us() / 1000000);
	struct tm tm;

	if (!localtime_r(&wall, &tm) || !strftime(stamp, sizeof(stamp), "%Y-%m-%d-%H%M%S", &tm))
		str_copy(stamp, sizeof(stamp), "undated");
	str_fmt(name, sizeof(name), "logs/%s-%s.log",
	    a->session->port.name[0] ? a->session->port.name : "log", stamp);
	for (char *p = name + 5; *p; p++)
		if (*p == '/' || *p == ':')
			*p = '_';
	return files_path(FILES_STATE, name, dst, size, err);
}

bool app_start_capture(struct app *a, const char *file)
{
	struct err err = {0};
	char path[512];
	const char *slash;
	int rc = file ? files_expand(file, path, sizeof(path), &err)
		      : default_name(a, path, sizeof(path), &err);

	if (rc == ERR_OK)
		a->capture = capture_open(path, &err);
	if (!a->capture) {
		session_warn(a->session, a->now, "no recording: %s", err.text);
		return false;
	}
	crash_keep(a->capture);
	slash = strrchr(path, '/');
	a->capture_bad = false;
	a->session->record.on = true;
	a->session->record.error = false;
	str_copy(
	    a->session->record.name, sizeof(a->session->record.name), slash ? slash + 1 : path);
	session_say(a->session, a->now, "recording to %s (appended; F9 stops)", path);
	session_touch(a->session);
	return true;
}

int app_stop_capture(struct app *a, struct err *err)
{
	char size[24], path[512];
	int rc;

	if (!a->capture)
		return ERR_OK;
	app_log_let_go(a, a->now); /* what came before the stop belongs into it */
	timer_disarm(a->capture_timer);
	str_size(size, sizeof(size), capture_bytes(a->capture));
	str_copy(path, sizeof(path), capture_path(a->capture));
	crash_keep(NULL);
	rc = capture_close(a->capture, err);
	if (rc < 0)
		session_warn(a->session, a->now, "the end of the recording is lost: %s", err->text);
	else
		session_say(a->session, a->now, "recorded %s to %s", size, path);
	a->capture = NULL;
	a->session->record.on = false;
	session_touch(a->session);
	return rc;
}

void act_record(struct app *a, const struct cmd_line *c)
{
	bool was_on = a->capture != NULL;
	struct err err = {0};

	(void)app_stop_capture(a, &err); /* told in the log */
	if (c->count || !was_on)
		app_start_capture(a, c->count ? c->args[0] : NULL);
}

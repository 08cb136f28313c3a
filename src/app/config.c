/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Themes from the disk into the session, and settings to what depends on them. */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/io/files.h"

#define CONF_MAX     (256u * 1024)
#define THEME_SUFFIX ".theme"

/* ---- themes ---------------------------------------------------------------------------------- */

static bool plain_name(const char *name)
{
	return name[0] && name[0] != '.' && !strchr(name, '/');
}

static int theme_from(enum files_place place, const char *name, struct theme *t, struct err *err)
{
	char file[160], path[512];
	uint8_t *data;
	size_t size;
	int rc;

	str_fmt(file, sizeof(file), "themes/%s" THEME_SUFFIX, name);
	rc = files_path(place, file, path, sizeof(path), err);
	if (rc == ERR_OK)
		rc = files_read(path, CONF_MAX, &data, &size, err);
	if (rc != ERR_OK)
		return rc;
	if (memchr(data, '\0', size))
		rc = err_set(err, ERR_FORMAT, 0, "%s holds a zero byte: it is no text file", path);
	else
		rc = theme_parse(t, name, path, (const char *)data, err);
	free(data);
	return rc;
}

int app_load_theme(struct app *a, const char *name, struct err *err)
{
	struct theme t = a->session->theme;
	int rc = ERR_NOENT;

	if (plain_name(name)) {
		rc = theme_from(FILES_CONFIG, name, &t, err);
		if (rc == ERR_NOENT)
			rc = theme_from(FILES_DATA, name, &t, err);
		if (rc == ERR_NOENT)
			rc = theme_builtin(&t, name, err);
	}
	if (rc == ERR_NOENT)
		return err_set(err, ERR_NOENT, 0, "no theme \"%s\": /theme lists them", name);
	if (rc != ERR_OK)
		return rc;
	a->session->theme = t;
	a->session->theme_revision++;
	return ERR_OK;
}

struct each {
	void (*fn)(void *ctx, const char *name);
	void *ctx;
};

static bool is_builtin(const char *name)
{
	for (size_t i = 0; theme_builtin_name(i); i++)
		if (strcmp(theme_builtin_name(i), name) == 0)
			return true;
	return false;
}

static void each_file(void *ctx, const char *file, bool is_dir)
{
	const struct each *e = ctx;
	char name[64];

	if (is_dir || !str_ends(file, THEME_SUFFIX))
		return;
	if (!str_copy_n(name, sizeof(name), file, strlen(file) - strlen(THEME_SUFFIX)))
		return;
	if (plain_name(name) && !is_builtin(name))
		e->fn(e->ctx, name);
}

void app_each_theme(void (*fn)(void *ctx, const char *name), void *ctx)
{
	struct each e = {.fn = fn, .ctx = ctx};
	char path[512];

	for (size_t i = 0; theme_builtin_name(i); i++)
		fn(ctx, theme_builtin_name(i));
	for (size_t i = 0; i < 2; i++)
		if (files_path(i ? FILES_DATA : FILES_CONFIG, "themes", path, sizeof(path), NULL) ==
		    ERR_OK)
			(void)files_list(
			    path, 1000, each_file, &e, NULL); /* no such folder: none */
}

/* ---- taking over ----------------------------------------------------------------------------- */

/* A theme that can't be had leaves the last good one in force, in the setting too: else the next
 * look would complain again. */
static void apply_theme(struct app *a)
{
	struct settings *s = a->session->settings;
	struct err err = {0};

	if (strcmp(a->session->theme.name, settings_text(s, SET_THEME)) == 0 ||
	    app_load_theme(a, settings_text(s, SET_THEME), &err) == ERR_OK)
		return;
	session_warn(a->session, a->now, "theme: %s", err.text);
	/* With the origin that the bad one had: a file that is mended must win again. */
	(void)settings_set(
	    s, SET_THEME, a->session->theme.name, s->values[SET_THEME].origin, "", &err);
}

static void apply_format(struct app *a)
{
	const struct transport_line *now = link_line(a->link);
	struct transport_line want = *now;
	struct err err = {0};

	want.flow = (uint8_t)settings_int(a->session->settings, SET_FLOW);
	if (!now->bits || /* no port yet */
	    !transport_line_parse_format(settings_text(a->session->settings, SET_FORMAT), &want) ||
	    (want.bits == now->bits && want.parity == now->parity && want.stop == now->stop &&
		want.flow == now->flow))
		return;
	if (link_set_format(a->link, &want, &err) != ERR_OK)
		session_warn(a->session, a->now, "format %s, flow control %s: %s",
		    settings_text(a->session->settings, SET_FORMAT),
		    settings_text(a->session->settings, SET_FLOW), err.text);
	app_update_port(a);
}

/* A receiver forgives some 2 %: what the adapter makes of the rate is worth a word beyond that. */
static void apply_rate(struct app *a)
{
	uint32_t want = app_session_baud(a), got = want;
	struct err err = {0};

	if (link_line(a->link)->baud == want)
		return;
	if (link_set_baud(a->link, want, &got, &err) != ERR_OK)
		session_warn(a->session, a->now, "rate %u: %s", want, err.text);
	else if ((uint64_t)(got > want ? got - want : want - got) * 50 > want)
		session_warn(a->session, a->now,
		    "rate %u: the port took %u instead; what comes may be unreadable", want, got);
	app_update_port(a);
}

void app_apply_settings(struct app *a)
{
	const struct settings *s = a->session->settings;

	lines_set_max(a->session->log, (size_t)settings_int(s, SET_SCROLLBACK) << 20);
	apply_theme(a);
	if (a->screen)
		a->screen->ops->set_mouse(a->screen, settings_bool(s, SET_MOUSE));
	if (app_flashing(a))
		return; /* rate and pace are the flash task's until it ends */
	if (settings_int(s, SET_CHAR_DELAY))
		link_set_pace(a->link, 1, (int)settings_int(s, SET_CHAR_DELAY));
	else
		link_set_pace(a->link, (size_t)settings_int(s, SET_PACE),
		    (int)settings_int(s, SET_PACE_DELAY));
	apply_format(a);
	a->boot.app_baud = app_session_baud(a);
	if (a->boot.state == BOOTWATCH_OFF)
		apply_rate(a);
}

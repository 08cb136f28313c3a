/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Configuration files, options, themes: from the disk into the session. */
#include "app_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/core/conf.h"
#include "tasmite/io/files.h"
#include "tasmite/io/ports.h"

#define CONF_MAX     (256u * 1024)
#define SYSTEM_CONF  "/etc/xdg/tasmite/config"
#define THEME_SUFFIX ".theme"

/* ---- configuration --------------------------------------------------------------------------- */

/* Reads a configuration file; NULL when there is none (that is no mistake unless it was named). */
static char *read_conf(struct app *a, const char *path, bool named, bool *bad)
{
	struct err err = {0};
	uint8_t *data;
	size_t size;

	if (files_read(path, CONF_MAX, &data, &size, &err) == ERR_OK) {
		if (!memchr(data, '\0', size))
			return (char *)data;
		free(data); /* the rest behind it would be left out without a word */
		err_set(&err, ERR_FORMAT, 0, "%s holds a zero byte: it is no text file", path);
	}
	if (named) {
		fprintf(stderr, "tasmite: %s\n", err.text);
		*bad = true;
	} else if (err.code != ERR_NOENT) {
		session_warn(a->session, a->now, "the configuration is not read: %s", err.text);
	}
	return NULL;
}

/* A mistake in a file is told, and the settings before it stay in force. */
static void apply_conf(struct app *a, const char *path, const char *text,
    enum setting_origin origin, const char *profile)
{
	struct conf_errors errors = {.count = 0};

	if (conf_apply(path, text, origin, profile, a->session->settings, a->session->keymap,
		a->session->highlight, &errors) == ERR_OK)
		return;
	for (int i = 0; i < errors.count && i < 16; i++)
		session_warn(a->session, a->now, "%s", errors.text[i]);
	session_warn(a->session, a->now, "%s is not used until that is mended", path);
}

static bool apply_option_sets(struct app *a)
{
	for (int i = 0; i < a->options->set_count; i++) {
		const char *text = a->options->sets[i], *eq = strchr(text, '=');
		char name[64];
		struct err err = {0};
		int id;

		str_copy_n(name, sizeof(name), text, eq ? (size_t)(eq - text) : strlen(text));
		id = setting_find(name);
		if (id < 0 || !eq) {
			fprintf(stderr,
			    "tasmite: --set wants NAME=VALUE with a setting's name, not %s\n",
			    text);
			return false;
		}
		if (settings_set(a->session->settings, (enum setting_id)id, eq + 1,
			ORIGIN_COMMAND_LINE, "", &err) != ERR_OK) {
			fprintf(stderr, "tasmite: %s\n", err.text);
			return false;
		}
	}
	return true;
}

/* Applies one file, if it is there; *profile is set when the wanted name is a profile in it. */
static void load_file(struct app *a, const char *path, bool named, enum setting_origin origin,
    bool *profile, bool *bad)
{
	const char *wanted = a->options->port;
	char *text = read_conf(a, path, named, bad);
	bool here;

	if (!text)
		return;
	/* A name without a slash may be a profile. */
	here = wanted && !strchr(wanted, '/') && conf_has_profile(text, wanted);
	*profile = *profile || here;
	apply_conf(a, path, text, origin, here ? wanted : NULL);
	free(text);
}

/* The word of the command line; the environment's; the files'. A profile is the command line's word
 * too. */
static void choose_port(const struct app *a, const char *named, char *port, size_t size)
{
	const struct settings *s = a->session->settings;
	const char *env = a->options->env_port;

	if (!named && s->values[SET_PORT].origin < ORIGIN_PROFILE && env && env[0])
		named = env;
	str_copy(port, size, named ? named : settings_text(s, SET_PORT));
}

bool app_load_config(struct app *a, char *port, size_t size)
{
	const char *named = a->options->config, *wanted = a->options->port;
	char path[512];
	bool bad = false, profile = false;

	load_file(a, SYSTEM_CONF, false, ORIGIN_SYSTEM, &profile, &bad);
	if (named)
		str_copy(path, sizeof(path), named);
	else if (files_path(FILES_CONFIG, "config", path, sizeof(path), NULL) != ERR_OK)
		path[0] = '\0'; /* no home: no file */
	if (path[0])
		load_file(a, path, named != NULL, ORIGIN_USER, &profile, &bad);
	if (bad)
		return false;
	if (!apply_option_sets(a))
		return false;
	choose_port(a, profile ? NULL : wanted, port, size);
	return true;
}

/* Mistakes in the files, for who has no screen to see them on. */
static void tell_warnings(const struct lines *log)
{
	struct line_ref ref;

	for (uint64_t i = lines_first(log); lines_get(log, i, &ref); i++)
		if (ref.dir == LINE_WARN)
			fprintf(stderr, "tasmite: %.*s\n", (int)ref.len, (const char *)ref.bytes);
}

bool app_default_port(char *port, size_t size)
{
	const struct app_options none = {.port = NULL};
	struct app a = {.options = &none};
	bool found;

	a.session = session_new();
	found = app_load_config(&a, port, size) &&
		(port[0] || ports_only_one(port, size, NULL) == ERR_OK);
	tell_warnings(a.session->log);
	session_free(a.session);
	return found;
}

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
	(void)settings_set(s, SET_THEME, a->session->theme.name, ORIGIN_SESSION, "", &err);
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

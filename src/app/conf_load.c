/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configuration files and options into the session: at the start all that is good in them; while
 * the program runs a changed file as a whole or not at all. Files in the present folder are never
 * looked for.
 */
#include "app_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/app/cli.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/conf.h"
#include "tasmite/io/files.h"
#include "tasmite/io/ports.h"

#define CONF_MAX    (256u * 1024)
#define SYSTEM_CONF "/etc/xdg/tasmite/config"

enum { FILE_SYSTEM, FILE_USER, FILE_COUNT };

/* What the files make, before it takes the place of what is in force. */
struct tables {
	struct settings settings;
	struct keymap *keymap;
	struct highlight *highlight;
	struct conf_errors errors;
};

/* ---- reading --------------------------------------------------------------------------------- */

/* *text is malloced; NULL with a code. */
static int read_text(const char *path, char **text, struct err *err)
{
	uint8_t *data;
	size_t size;
	int rc;

	*text = NULL;
	if (!path[0])
		return err_set(err, ERR_NOENT, 0, "there is no place for a configuration");
	rc = files_read(path, CONF_MAX, &data, &size, err);
	if (rc != ERR_OK)
		return rc;
	*text = (char *)data;
	if (!memchr(data, '\0', size))
		return ERR_OK;
	free(data); /* the rest behind it would be left out without a word */
	*text = NULL;
	return err_set(err, ERR_FORMAT, 0, "%s holds a zero byte: it is no text file", path);
}

static void tell_mistakes(struct app *a, const struct conf_errors *errors)
{
	const int kept = (int)(sizeof(errors->text) / sizeof(errors->text[0]));

	for (int i = 0; i < errors->count && i < kept; i++)
		session_warn(a->session, a->now, "%s", errors->text[i]);
	if (errors->count > kept)
		session_warn(a->session, a->now, "and %d more mistakes", errors->count - kept);
}

/* good: all that is good in the files; else nothing of use when errors has anything. */
static void tables_make(struct tables *t, const struct app *a, const char *profile, bool good)
{
	static const enum setting_origin origins[] = {ORIGIN_SYSTEM, ORIGIN_USER};

	settings_init(&t->settings);
	t->keymap = keymap_new();
	t->highlight = highlight_new();
	t->errors.count = 0;
	for (int i = 0; i < FILE_COUNT; i++) {
		const char *text = a->conf_text[i], *path = a->conf_path[i];
		const char *its =
		    text && profile && conf_has_profile(text, profile) ? profile : NULL;

		if (text && good)
			conf_apply_good(path, text, origins[i], its, &t->settings, t->keymap,
			    t->highlight, &t->errors);
		else if (text) /* what it returns is told in errors */
			(void)conf_apply(path, text, origins[i], its, &t->settings, t->keymap,
			    t->highlight, &t->errors);
	}
}

static void tables_fini(struct tables *t)
{
	settings_fini(&t->settings);
	keymap_free(t->keymap);
	highlight_free(t->highlight);
}

/* They take the place of what is in force; t is empty afterwards. */
static void tables_take(struct tables *t, struct app *a)
{
	struct session *s = a->session;
	uint64_t revision = s->settings->revision;

	settings_fini(s->settings);
	*s->settings = t->settings;
	s->settings->revision += revision;
	keymap_carry(t->keymap, s->keymap);
	keymap_assign(s->keymap, t->keymap);
	highlight_assign(s->highlight, t->highlight);
	keymap_free(t->keymap);
	highlight_free(t->highlight);
	session_touch(s);
}

/* ---- what wins over the files ---------------------------------------------------------------- */

static bool apply_option_set(struct settings *s, const char *text, int *id, struct err *err)
{
	const char *eq = strchr(text, '=');
	char name[64], near[64];

	str_copy_n(name, sizeof(name), text, eq ? (size_t)(eq - text) : strlen(text));
	*id = setting_find(name);
	if (*id < 0 || !eq) {
		err_set(err, ERR_INVAL, 0, "--set wants NAME=VALUE with a setting's name, not %s%s",
		    text, *id < 0 ? setting_nearest(name, near, sizeof(near)) : "");
		return false;
	}
	return settings_set(s, (enum setting_id) * id, eq + 1, ORIGIN_COMMAND_LINE, "", err) ==
	       ERR_OK;
}

/* What was said on the command line and by /set, over what the files say. A profile that is taken
 * now was said last: it wins over both, for good. */
static void overlay(struct app *a, struct settings *s, bool switching)
{
	const struct settings *old = a->session->settings;
	bool profile[SETTING_COUNT];
	struct err err;

	for (int id = 0; id < SETTING_COUNT; id++)
		profile[id] = switching && s->values[id].origin == ORIGIN_PROFILE;
	for (int i = 0; i < a->options->set_count; i++) {
		const char *text = a->options->sets[i];
		char name[64];
		int id;

		str_copy_n(name, sizeof(name), text, strcspn(text, "="));
		id = setting_find(name); /* it was good at the start */
		if (profile[id])
			a->sets_off |= UINT64_C(1) << i;
		else if (!(a->sets_off & UINT64_C(1) << i))
			(void)apply_option_set(s, text, &id, &err);
	}
	for (int id = 0; id < SETTING_COUNT; id++)
		if (old->values[id].origin == ORIGIN_SESSION && !profile[id])
			(void)settings_set(s, (enum setting_id)id, old->values[id].text,
			    ORIGIN_SESSION, old->values[id].where, &err);
}

/* "baud, eol" of what changed, "" nothing. */
static void changed_names(
    const struct settings *old, const struct settings *fresh, char *dst, size_t size)
{
	int count = 0;

	dst[0] = '\0';
	for (int id = 0; id < SETTING_COUNT; id++) {
		if (strcmp(old->values[id].text, fresh->values[id].text) == 0)
			continue;
		str_cat(dst, size, count++ ? ", " : "");
		str_cat(dst, size, setting_row((enum setting_id)id)->name);
	}
}

/* ---- at the start ---------------------------------------------------------------------------- */

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

/* False when the file that the command line names can't be read. */
static bool read_files(struct app *a)
{
	const char *named = a->options->config;
	struct err err = {0};

	str_copy(a->conf_path[FILE_SYSTEM], sizeof(a->conf_path[0]), SYSTEM_CONF);
	if (named)
		str_copy(a->conf_path[FILE_USER], sizeof(a->conf_path[0]), named);
	else if (files_path(FILES_CONFIG, "config", a->conf_path[FILE_USER],
		     sizeof(a->conf_path[0]), NULL) != ERR_OK)
		a->conf_path[FILE_USER][0] = '\0'; /* no home: no file */
	for (int i = 0; i < FILE_COUNT; i++) {
		int rc = read_text(a->conf_path[i], &a->conf_text[i], &err);

		if (rc == ERR_OK)
			continue;
		if (named && i == FILE_USER) {
			fprintf(stderr, "tasmite: %s\n", err.text);
			return false;
		}
		if (rc != ERR_NOENT)
			session_warn(
			    a->session, a->now, "the configuration is not read: %s", err.text);
	}
	return true;
}

/* A name without a slash may be a profile. */
static bool is_profile(const struct app *a, const char *name)
{
	for (int i = 0; i < FILE_COUNT; i++)
		if (name && !strchr(name, '/') && a->conf_text[i] &&
		    conf_has_profile(a->conf_text[i], name))
			return true;
	return false;
}

/* ", did you mean 'kitchen'?" or "". */
static const char *nearest_profile(const struct app *a, const char *name, char *dst, size_t size)
{
	dst[0] = '\0';
	for (int i = FILE_COUNT - 1; i >= 0 && !dst[0]; i--)
		if (a->conf_text[i])
			conf_nearest_profile(a->conf_text[i], name, dst, size);
	return dst;
}

/* A name that is neither a profile nor anything like a port may be a slip. */
static void doubt_name(struct app *a, const char *name)
{
	char near[64];

	if (!name || strpbrk(name, "/:") || str_starts(name, "tty") ||
	    !nearest_profile(a, name, near, sizeof(near))[0])
		return;
	session_warn(a->session, a->now, "there is no profile %s%s", name, near);
}

bool app_load_config(struct app *a, char *port, size_t size)
{
	const char *wanted = a->options->port;
	bool profile;
	struct tables t;
	struct err err = {0};
	int id;

	if (!read_files(a))
		return false;
	profile = is_profile(a, wanted);
	tables_make(&t, a, profile ? wanted : NULL, true);
	tell_mistakes(a, &t.errors);
	if (t.errors.count)
		session_warn(a->session, a->now, "all else of the configuration is in force");
	tables_take(&t, a);
	if (!profile)
		doubt_name(a, wanted);
	for (int i = 0; i < a->options->set_count; i++)
		if (!apply_option_set(a->session->settings, a->options->sets[i], &id, &err)) {
			fprintf(stderr, "tasmite: %s\n", err.text);
			return false;
		}
	if (profile)
		str_copy(a->session->profile, sizeof(a->session->profile), wanted);
	choose_port(a, profile ? NULL : wanted, port, size);
	return true;
}

/* Mistakes in the files, for who has no screen to see them on. */
static void tell_warnings(const struct lines *log)
{
	struct line_ref ref;

	for (uint64_t i = lines_first(log); lines_get(log, i, &ref); i++)
		if (ref.dir == LINE_WARN)
			cli_say(stderr, "tasmite: %.*s\n", (int)ref.len, (const char *)ref.bytes);
}

bool app_defaults(const char *named, const char *env_port, struct app_defaults *d,
    void (*value)(void *ctx, const char *name, const char *text), void *ctx)
{
	const struct app_options o = {.port = named, .env_port = env_port};
	struct app a = {.options = &o};
	bool found;

	a.session = session_new();
	found = app_load_config(&a, d->port, sizeof(d->port)) &&
		(d->port[0] || ports_only_one(d->port, sizeof(d->port), NULL) == ERR_OK);
	d->baud = app_session_baud(&a);
	if (value && a.session->profile[0])
		app_each_value(&a, a.session->profile, value, ctx);
	if (value)
		app_each_value(&a, NULL, value, ctx);
	tell_warnings(a.session->log);
	app_conf_fini(&a);
	session_free(a.session);
	return found;
}

bool app_default_port(char *port, size_t size)
{
	struct app_defaults d;

	return app_defaults(NULL, NULL, &d, NULL, NULL) && str_copy(port, size, d.port);
}

/* ---- while the program runs ------------------------------------------------------------------ */

/* Fresh tables are good: they come into force. */
static void come_into_force(struct app *a, struct tables *t, bool switching, const char *what)
{
	char names[120], label[40] = "";

	overlay(a, &t->settings, switching);
	changed_names(a->session->settings, &t->settings, names, sizeof(names));
	tables_take(t, a);
	app_apply_settings(a);
	if (names[0])
		str_copy(label, sizeof(label), "; changed: ");
	session_say(a->session, a->now, "%s%s%s", what, label, names);
}

static void on_change(void *ctx, mono_t now);

/* Made anew after each change: a link may lead elsewhere now. */
static void watch_files(struct app *a)
{
	for (int i = 0; i < FILE_COUNT; i++) {
		char path[sizeof(a->conf_path[0]) + 2];

		hotplug_free(a->conf_watch[i]);
		a->conf_watch[i] = NULL;
		if (!a->conf_path[i][0])
			continue;
		str_fmt(path, sizeof(path), "%s%s", strchr(a->conf_path[i], '/') ? "" : "./",
		    a->conf_path[i]);
		a->conf_watch[i] = hotplug_new_file(a->loop, path, on_change, a);
	}
}

void app_conf_watch(struct app *a)
{
	watch_files(a);
}

void app_conf_fini(struct app *a)
{
	for (int i = 0; i < FILE_COUNT; i++) {
		hotplug_free(a->conf_watch[i]);
		a->conf_watch[i] = NULL;
		free(a->conf_text[i]);
		a->conf_text[i] = NULL;
	}
}

/* True when a file is another one than before. One that is gone, or can't be read, changes nothing:
 * it may be in the middle of being replaced. */
static bool read_again(struct app *a)
{
	bool changed = false;

	for (int i = 0; i < FILE_COUNT; i++) {
		struct err err = {0};
		char *text;
		int rc = read_text(a->conf_path[i], &text, &err);

		if (rc != ERR_OK && rc != ERR_NOENT)
			session_warn(a->session, a->now,
			    "the configuration is not read: %s; the settings before stay in force",
			    err.text);
		if (rc != ERR_OK)
			continue;
		if (a->conf_text[i] && strcmp(text, a->conf_text[i]) == 0) {
			free(text);
			continue;
		}
		free(a->conf_text[i]);
		a->conf_text[i] = text;
		changed = true;
	}
	return changed;
}

static void on_change(void *ctx, mono_t now)
{
	struct app *a = ctx;
	struct tables t;
	const char *profile = a->session->profile;

	a->now = now;
	watch_files(a);
	if (!read_again(a))
		return;
	tables_make(&t, a, profile[0] ? profile : NULL, false);
	if (t.errors.count) {
		tell_mistakes(a, &t.errors);
		session_warn(a->session, now,
		    "nothing of the changed configuration is used until that is mended: the "
		    "settings before stay in force");
		tables_fini(&t);
		return;
	}
	/* Only a file that is good can tell that. */
	if (profile[0] && !is_profile(a, profile)) {
		session_warn(
		    a->session, now, "profile %s is not in the configuration any more", profile);
		a->session->profile[0] = '\0';
	}
	come_into_force(a, &t, false, "the changed configuration is in force");
}

bool app_take_profile(struct app *a, const char *name)
{
	char what[120], near[64];
	struct tables t;
	const char *port;

	if (!is_profile(a, name)) {
		nearest_profile(a, name, near, sizeof(near));
		session_notice(a->session, true, "there is no profile \"%s\"%s", name,
		    near[0] ? near : ": /profile lists them");
		return false;
	}
	tables_make(&t, a, name, true);
	tell_mistakes(a, &t.errors);
	str_copy(a->session->profile, sizeof(a->session->profile), name);
	str_fmt(what, sizeof(what), "profile %s", name);
	come_into_force(a, &t, true, what);
	port = settings_text(a->session->settings, SET_PORT);
	if (a->session->settings->values[SET_PORT].origin == ORIGIN_PROFILE && port[0] &&
	    strcmp(port, a->port_opened) != 0)
		app_change_port(a, port);
	return true;
}

const char *app_conf_path(const struct app *a)
{
	return a->conf_path[FILE_USER];
}

void app_each_profile(struct app *a, void (*fn)(void *ctx, const char *name), void *ctx)
{
	for (int i = 0; i < FILE_COUNT; i++)
		if (a->conf_text[i])
			conf_each_profile(a->conf_text[i], fn, ctx);
}

void app_each_value(struct app *a, const char *profile,
    void (*fn)(void *ctx, const char *name, const char *value), void *ctx)
{
	for (int i = 0; i < FILE_COUNT; i++)
		if (a->conf_text[i])
			conf_each_value(a->conf_text[i], profile, fn, ctx);
}

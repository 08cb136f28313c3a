/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /profile: take one, choose one, write one. */
#include "app_int.h"

#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/io/files.h"

#define SAVE_MAX (64u * 1024)

static void add_profile(void *ctx, const char *name)
{
	struct app *a = ctx;
	bool now = strcmp(name, a->session->profile) == 0;

	if (now)
		a->session->list.at = a->session->list.count;
	session_list_add(a->session, name, now ? "now" : "", name);
}

static void take(struct app *a, const char *name)
{
	if (app_flashing(a) || app_sending(a) || app_courier_busy(a))
		session_notice(a->session, true,
		    app_flashing(a) ? "the flash panel has the port: /cancel first"
				    : "lines are still being sent: /cancel stops them");
	else
		app_take_profile(a, name);
}

static void profile_chosen(struct app *a, const char *value)
{
	if (value)
		take(a, value);
}

/* ---- writing one ----------------------------------------------------------------------------- */

/* As a value of the configuration. */
static void add_quoted(struct sbuf *out, const char *text)
{
	sbuf_add_char(out, '\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			sbuf_add_char(out, '\\');
		sbuf_add_char(out, *text);
	}
	sbuf_add_char(out, '\'');
}

void app_conf_value(struct sbuf *out, const char *tabs, const char *name, const char *text)
{
	sbuf_fmt(out, "%s%s = ", tabs, name);
	add_quoted(out, text);
	sbuf_add(out, "\n");
}

/* The macros of this session; those with a password are left out, and counted. */
static size_t add_macros(struct app *a, struct sbuf *out)
{
	const struct keymap *k = a->session->keymap;
	const char *key, *text;
	size_t left_out = 0, count = 0;
	struct sbuf labels;

	sbuf_init(&labels, SAVE_MAX);
	for (size_t i = 0; keymap_at(k, i, &key, &text); i++) {
		char name[48];

		if (!keymap_session_at(k, i) || (text[0] == '/' && text[1] != '/'))
			continue;
		if (secrets_in_line(a->secrets, text, strlen(text))) {
			left_out++;
			continue;
		}
		str_fmt(name, sizeof(name), "\"%s\"", key);
		sbuf_add(out, count++ ? "" : "\tmacros {\n");
		app_conf_value(out, "\t\t", name, text);
		app_conf_value(&labels, "\t\t", name, keymap_label_at(k, i));
	}
	if (count)
		sbuf_fmt(out, "\t}\n\tlabels {\n%s\t}\n", sbuf_str(&labels));
	sbuf_fini(&labels);
	return left_out;
}

static size_t profile_text(struct app *a, const char *name, struct sbuf *out)
{
	const struct settings *s = a->session->settings;
	size_t left_out;

	sbuf_fmt(out, "\nprofile %s {\n", name);
	if (a->port_opened[0])
		app_conf_value(out, "\t", "port", a->port_opened);
	for (int id = 0; id < SETTING_COUNT; id++)
		if (id != SET_PORT && s->values[id].origin >= ORIGIN_PROFILE)
			app_conf_value(
			    out, "\t", setting_row((enum setting_id)id)->name, s->values[id].text);
	left_out = add_macros(a, out);
	sbuf_add(out, "}\n");
	return left_out;
}

struct search {
	const char *name;
	bool found;
};

static void look(void *ctx, const char *name)
{
	struct search *s = ctx;

	s->found = s->found || strcmp(name, s->name) == 0;
}

static void save(struct app *a, const char *name)
{
	struct search there = {.name = name};
	const char *path = app_conf_path(a);
	struct err err = {0};
	struct sbuf out;
	size_t left_out;

	if (!name[0] || strlen(name) > 40 ||
	    name[strspn(
		name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")]) {
		session_notice(
		    a->session, true, "a profile's name has letters, digits, -, _ and .");
		return;
	}
	app_each_profile(a, look, &there);
	if (there.found) {
		session_notice(
		    a->session, true, "there is a profile %s: change it in %s", name, path);
		return;
	}
	sbuf_init(&out, SAVE_MAX);
	left_out = profile_text(a, name, &out);
	if (out.cut)
		err_set(&err, ERR_RANGE, 0, "it would be too long");
	else if (files_make_parents(path, &err) == ERR_OK)
		(void)files_append(path, sbuf_str(&out), out.len, 0600, &err); /* err tells */
	sbuf_fini(&out);
	if (err.code) {
		session_warn(a->session, a->now, "profile %s is not saved: %s", name, err.text);
		return;
	}
	session_say(
	    a->session, a->now, "profile %s is saved to %s; tasmite %s opens it", name, path, name);
	if (left_out)
		session_warn(
		    a->session, a->now, "%zu macros with a password are left out", left_out);
}

void act_profile(struct app *a, const struct cmd_line *c)
{
	if (c->count == 2 && strcmp(c->args[0], "--save") == 0) {
		save(a, c->args[1]);
		return;
	}
	if (c->count == 1) {
		take(a, c->args[0]);
		return;
	}
	if (c->count) {
		session_notice(a->session, true, "%s", c->row->usage);
		return;
	}
	session_list_open(a->session, "Profiles", false);
	app_each_profile(a, add_profile, a);
	if (!a->session->list.count) {
		session_list_close(a->session);
		session_notice(a->session, false,
		    "no profiles: /profile --save NAME writes one of what is set now");
		return;
	}
	a->on_chosen = profile_chosen;
}

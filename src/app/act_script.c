/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /send: a script of commands. What its ${NAME} are is looked for in the environment, in the
 * configuration, and asked for in a form. */
#include "app_courier.h"

#include <stdlib.h>
#include <string.h>

#include "script_values.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/files.h"

#define SCRIPT_MAX (256u * 1024)

/* A script that waits for values, or for an answer. */
struct script {
	char name[64];
	char *text;
	size_t n;
	bool keep_going;
	struct script_wants wants;
	struct script_values values; /* entered, and of the configuration */
	struct backlog ready;	     /* waits for the answer */
};

void app_script_fini(struct app *a)
{
	struct script *s = a->script;

	if (!s)
		return;
	free(s->text);
	script_values_fini(&s->values);
	backlog_fini(&s->ready);
	free(s);
	a->script = NULL;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void go(struct app *a)
{
	struct script *s = a->script;
	struct post_job job = {.what = s->name, .panel = true, .stop = !s->keep_going};
	struct backlog b = s->ready;

	backlog_init(&s->ready);
	app_courier_begin(a, &b, &job);
	app_script_fini(a);
}

static void answered(struct app *a, bool yes)
{
	if (yes && a->script)
		go(a);
	else
		app_script_fini(a);
}

/* Values that will not be stored as they are written: only on the user's word. */
static void ask(struct app *a, size_t bad)
{
	struct session_ask *q = &a->session->ask;

	memset(q, 0, sizeof(*q));
	str_copy(q->title, sizeof(q->title), "Send");
	str_fmt(q->text[0], sizeof(q->text[0]),
	    "%zu of the values in %s will not be stored as they are written; the log tells which, "
	    "and why.",
	    bad, a->script->name);
	q->text_count = 1;
	str_copy(q->yes, sizeof(q->yes), "y  send it all the same");
	str_copy(q->no, sizeof(q->no), "n  send nothing");
	app_ask(a, answered);
}

static void ask_values(struct app *a);

static void read_script(struct app *a)
{
	struct script *s = a->script;
	struct err err = {0};
	size_t bad;
	int rc;

	backlog_fini(&s->ready);
	rc = script_read(s->text, s->n, script_values_get, &s->values, &s->ready, &s->wants, &err);
	if (rc == ERR_AGAIN) {
		ask_values(a);
		return;
	}
	if (rc != ERR_OK) {
		session_warn(a->session, a->now, "%s is not sent: %s", s->name, err.text);
		app_script_fini(a);
		return;
	}
	bad = app_courier_warn(a, &s->ready);
	if (bad)
		ask(a, bad);
	else
		go(a);
}

/* ---- asking for values ----------------------------------------------------------------------- */

static void on_values(struct app *a, enum tui_form event, int field)
{
	struct session_form *f = &a->session->form;
	struct script *s = a->script;

	(void)field;
	if (event == TUI_FORM_CHANGED)
		return;
	for (int i = 0; s && event == TUI_FORM_DONE && i < f->count && i < s->wants.count; i++) {
		script_values_add(&s->values, s->wants.names[i], f->fields[i].value);
		if (s->wants.secret[i])
			secrets_add(a->secrets, f->fields[i].value, strlen(f->fields[i].value));
	}
	a->on_form = NULL;
	session_form_close(a->session);
	if (event == TUI_FORM_DONE && s) {
		read_script(a);
	} else {
		session_notice(a->session, false, "nothing is sent");
		app_script_fini(a);
	}
}

static void ask_values(struct app *a)
{
	struct script *s = a->script;
	char title[96];

	str_fmt(title, sizeof(title), "Values for %s", s->name);
	session_form_open(a->session, title, "Enter: send");
	for (int i = 0; i < s->wants.count; i++) {
		struct session_field *f =
		    session_form_add(a->session, s->wants.names[i], s->wants.secret[i]);

		if (f)
			str_fmt(f->hint, sizeof(f->hint), "line %d", s->wants.lines[i]);
	}
	a->on_form = on_values;
}

/* ---- the command ----------------------------------------------------------------------------- */

static bool load(struct app *a, const char *file)
{
	struct script *s = a->script;
	const char *base = strrchr(file, '/');
	uint8_t *data = NULL;
	struct err err = {0};
	char path[512];

	if (files_expand(file, path, sizeof(path), &err) != ERR_OK ||
	    files_read(path, SCRIPT_MAX, &data, &s->n, &err) != ERR_OK) {
		session_notice(a->session, true, "%s", err.text);
		return false;
	}
	s->text = (char *)data;
	str_copy(s->name, sizeof(s->name), base ? base + 1 : file);
	return true;
}

void act_send(struct app *a, const struct cmd_line *c)
{
	const char *file = NULL;

	for (int i = 0; i < c->count; i++)
		if (c->args[i][0] != '-')
			file = c->args[i];
	if (app_option(c, "--again")) {
		app_courier_again(a);
		return;
	}
	if (!file) {
		session_notice(a->session, true, "%s", c->row->usage);
		return;
	}
	app_script_fini(a);
	a->script = xcalloc(1, sizeof(*a->script));
	a->script->values.secrets = a->secrets;
	a->script->keep_going = app_option(c, "--keep-going");
	if (!load(a, file) || !app_send_ready(a)) {
		app_script_fini(a);
		return;
	}
	if (a->session->profile[0])
		app_each_value(a, a->session->profile, script_values_add, &a->script->values);
	app_each_value(a, NULL, script_values_add, &a->script->values);
	read_script(a);
}

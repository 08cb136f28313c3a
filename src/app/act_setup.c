/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /setup: the form, filled from Status 0; the backlog that it leads to; a profile made of it. */
#include "app_courier.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/setup.h"
#include "tasmite/io/files.h"

struct form_run {
	struct setup s;
	bool asking;	     /* Status 0 is on its way */
	struct setup filled; /* as it was sent last, for --save */
	bool has_filled;
};

static void wipe(struct setup *s)
{
	memset(s, 0, sizeof(*s));
}

void app_setup_fini(struct app *a)
{
	if (!a->form)
		return;
	wipe(&a->form->s);
	wipe(&a->form->filled);
	free(a->form);
	a->form = NULL;
}

static struct form_run *run_of(struct app *a)
{
	if (!a->form)
		a->form = xcalloc(1, sizeof(*a->form));
	return a->form;
}

void app_setup_line(struct app *a, const uint8_t *line, size_t n)
{
	if (a->form && a->form->asking)
		setup_status(&a->form->s, (const char *)line, n);
}

/* ---- what stands below the form -------------------------------------------------------------- */

/* A command line in which the secrets are dots. */
static void add_dotted(struct app *a, struct sbuf *out, const char *line)
{
	size_t n = strlen(line);
	uint8_t *mask = xcalloc(n + 1, 1);

	secrets_spans(a->secrets, line, n, mask);
	for (size_t i = 0; i < n; i++)
		if (mask[i])
			sbuf_add(out, "•");
		else
			sbuf_add_char(out, line[i]);
	free(mask);
}

static void preview(struct app *a)
{
	struct session_form *f = &a->session->form;
	struct backlog b;

	sbuf_clear(&f->below);
	backlog_init(&b);
	if (!setup_backlog(&a->form->s, false, &b)) {
		sbuf_add(&f->below,
		    a->form->s.known ? "Nothing is changed yet." : "Nothing is filled in yet.");
	} else {
		backlog_plan(&b, a->form->s.fw, true);
		sbuf_add(&f->below, "This will be sent:");
		for (size_t i = 0; i < b.part_count; i++) {
			sbuf_add(&f->below, "\n");
			add_dotted(a, &f->below, b.parts[i].line);
		}
	}
	backlog_fini(&b);
}

static void check_fields(struct app *a)
{
	struct session_form *f = &a->session->form;

	for (int i = 0; i < f->count; i++) {
		char why[160];
		bool bad = setup_trap(&a->form->s, (enum setup_field)i, why, sizeof(why));

		f->fields[i].bad = bad;
		str_copy(f->fields[i].hint, sizeof(f->fields[i].hint),
		    why[0] ? why : setup_hint((enum setup_field)i));
	}
}

/* ---- the form -------------------------------------------------------------------------------- */

static void leave(struct app *a)
{
	a->on_form = NULL;
	session_form_close(a->session);
}

static void sent(struct app *a, bool good)
{
	if (good)
		session_say(a->session, a->now,
		    "/setup --save NAME keeps this set-up as a profile, without its passwords; "
		    "/setup again sends it once more");
}

static void send_form(struct app *a)
{
	struct form_run *r = a->form;
	struct post_job job = {.what = "set-up", .packed = true, .panel = true, .done = sent};
	struct backlog b;

	backlog_init(&b);
	if (!setup_backlog(&r->s, false, &b)) {
		session_notice(a->session, false, "nothing was changed");
		leave(a);
		return;
	}
	if (!app_courier_begin(a, &b, &job))
		return; /* told; what was entered stays */
	r->filled = r->s;
	r->has_filled = true;
	leave(a);
}

static void on_setup(struct app *a, enum tui_form event, int field)
{
	struct session_form *f = &a->session->form;

	if (event == TUI_FORM_CANCEL) {
		leave(a);
		session_notice(a->session, false, "nothing is sent");
		return;
	}
	if (event == TUI_FORM_CHANGED && field < SETUP_FIELDS)
		str_copy(a->form->s.want[field], SETUP_SIZE, f->fields[field].value);
	check_fields(a);
	preview(a);
	if (event != TUI_FORM_DONE)
		return;
	for (int i = 0; i < f->count; i++)
		if (f->fields[i].bad) {
			session_notice(a->session, true, "%s: %s",
			    str_skip_blank(f->fields[i].label), f->fields[i].hint);
			return;
		}
	send_form(a);
}

/* A profile in force says what shall be. */
static void take_value(void *ctx, const char *name, const char *value)
{
	struct form_run *r = ctx;
	enum setup_field f = setup_find(name);

	if (f < SETUP_FIELDS && !setup_secret(f))
		str_copy(r->s.want[f], SETUP_SIZE, value);
}

static void open_form(struct app *a, bool good)
{
	struct form_run *r = run_of(a);

	(void)good;
	r->asking = false;
	setup_start(&r->s);
	if (a->session->profile[0])
		app_each_value(a, a->session->profile, take_value, r);
	session_form_open(a->session,
	    r->s.known ? "Set-up: what the device has now" : "Set-up (the device did not answer)",
	    "Enter: send");
	for (int i = 0; i < SETUP_FIELDS; i++) {
		struct session_field *f = session_form_add(a->session,
		    setup_label((enum setup_field)i), setup_secret((enum setup_field)i));

		if (f)
			str_copy(f->value, sizeof(f->value), r->s.want[i]);
	}
	a->on_form = on_setup;
	check_fields(a);
	preview(a);
	session_form_touch(a->session);
}

static void ask_device(struct app *a)
{
	struct post_job job = {
	    .what = "Status 0", .silent = true, .quiet = true, .done = open_form};
	struct form_run *r = run_of(a);
	struct backlog b;

	wipe(&r->s);
	r->s.fw = backlog_fw(a->session->facts.version);
	r->asking = true;
	backlog_init(&b);
	backlog_add(&b, "Status 0", 8, 0);
	/* It answers in a dozen messages: the last one has come when it is silent for a while. */
	backlog_add_delay(&b, 400, 0);
	if (!app_courier_begin(a, &b, &job))
		r->asking = false;
}

/* ---- again, save ----------------------------------------------------------------------------- */

static void again(struct app *a)
{
	struct post_job job = {.what = "set-up", .packed = true, .panel = true};
	struct backlog b;

	backlog_init(&b);
	if (app_courier_kept(a, &b))
		app_courier_begin(a, &b, &job);
	else
		session_notice(a->session, false,
		    "nothing was set in this session yet: /setup, /send or a Backlog does");
	backlog_fini(&b);
}

static void same_name(void *ctx, const char *name)
{
	const char **search = ctx;

	if (*search && !strcmp(*search, name))
		*search = NULL;
}

static bool name_ok(struct app *a, const char *name)
{
	static const char good[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	const char *search = name;

	if (!name[0] || strlen(name) > 40 || name[strspn(name, good)]) {
		session_notice(
		    a->session, true, "a profile's name has letters, digits, -, _ and .");
		return false;
	}
	app_each_profile(a, same_name, &search);
	if (!search)
		session_notice(a->session, true, "there is a profile %s: change it in %s", name,
		    app_conf_path(a));
	return search != NULL;
}

static void save(struct app *a, const char *name)
{
	const char *path = app_conf_path(a);
	struct err err = {0};
	struct sbuf out;

	if (!a->form || !a->form->has_filled) {
		session_notice(a->session, true, "no set-up was sent yet: /setup first");
		return;
	}
	if (!name_ok(a, name))
		return;
	sbuf_init(&out, 64 * 1024);
	sbuf_fmt(&out, "\nprofile %s {\n\tvalues {\n", name);
	for (int f = 0; f < SETUP_FIELDS; f++)
		if (!setup_secret((enum setup_field)f) && a->form->filled.want[f][0])
			app_conf_value(&out, "\t\t",
			    setup_command(&a->form->filled, (enum setup_field)f),
			    a->form->filled.want[f]);
	sbuf_add(&out, "\t}\n}\n");
	if (files_make_parents(path, &err) == ERR_OK)
		(void)files_append(path, sbuf_str(&out), out.len, 0600, &err); /* err tells */
	sbuf_fini(&out);
	if (err.code)
		session_warn(a->session, a->now, "profile %s is not saved: %s", name, err.text);
	else
		session_say(a->session, a->now,
		    "profile %s is saved to %s without the passwords; /profile %s and /setup fill "
		    "the form with it",
		    name, path, name);
}

void act_setup(struct app *a, const struct cmd_line *c)
{
	if (c->count == 2 && !strcmp(c->args[0], "--save"))
		save(a, c->args[1]);
	else if (c->count == 1 && !str_casecmp(c->args[0], "again"))
		again(a);
	else if (c->count)
		session_notice(a->session, true, "%s", c->row->usage);
	else
		ask_device(a);
}

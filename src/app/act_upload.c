/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /upload: a file to the device's own web page, where that can be reached from here. The device is
 * asked first, by its console where that answers; then the user; a page that wants a password opens a
 * form for it.
 */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>

#include "flash_words.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/secrets.h"
#include "upload_task.h"

struct upload_run {
	struct upload_task *task;
	/* the wish, for once more with a password */
	char path[1024], small[1024], address[64];
	bool insist;
	char name[96];
	bool asked, over;
	bool login, tried; /* the form is open; a password has been tried */
};

bool app_uploading(const struct app *a)
{
	return a->upload && !a->upload->login;
}

/* ---- the panel --------------------------------------------------------------------------------- */

static enum flash_state panel_state(const struct upload_view *v)
{
	if (v->state != UPLOAD_ENDED)
		return FLASH_WORKING;
	return v->end == UPLOAD_END_DONE	? FLASH_DONE
	       : v->end == UPLOAD_END_CANCELLED ? FLASH_CANCELLED
						: FLASH_FAILED;
}

static void show(struct app *a)
{
	struct upload_run *r = a->upload;
	const struct upload_view *v = upload_view(upload_task_model(r->task));
	const char *address = upload_task_address(r->task);
	struct flash_view *p = &a->session->flash;
	uint64_t revision = p->revision;
	char words[500];

	memset(p, 0, sizeof(*p));
	p->revision = revision + 1;
	p->left_s = -1;
	str_copy(p->title, sizeof(p->title), "Upload");
	str_fmt(p->what, sizeof(p->what), "%s%s%s", r->name, address[0] ? " to " : "", address);
	p->state = panel_state(v);
	if (v->state == UPLOAD_ENDED) {
		upload_end_words(upload_task_model(r->task), words, sizeof(words));
		flash_words_add(p, p->state == FLASH_FAILED, "%s", words);
	} else if (v->state == UPLOAD_SENDS) {
		p->done = v->sent;
		p->total = v->total;
		if (v->rate) {
			str_fmt(p->rate, sizeof(p->rate), "%u KB/s", v->rate / 1024);
			p->left_s = (int)((v->total - v->sent) / v->rate);
		}
		flash_words_add(p, false, "%s",
		    v->sent == v->total ? "all sent; the device writes"
					: upload_state_words(v->state));
	} else {
		flash_words_add(p, v->state == UPLOAD_CHECKS, "%s", upload_state_words(v->state));
	}
	p->boots = a->session->facts.boots;
	session_touch(a->session);
}

/* ---- the task ---------------------------------------------------------------------------------- */

static void on_send(void *ctx, const char *line)
{
	(void)app_send_line(ctx, line); /* what is lost is asked again */
}

static void on_say(void *ctx, bool bad, const char *text)
{
	struct app *a = ctx;

	if (bad)
		session_warn(a->session, a->now, "upload: %s", text);
	else
		session_say(a->session, a->now, "upload: %s", text);
}

static void on_failed(void *ctx, const struct err *err, mono_t now)
{
	(void)now;
	on_say(ctx, true, err->text);
}

static void on_ready(void *ctx, mono_t now)
{
	struct app *a = ctx;

	(void)now;
	a->upload->asked = true; /* at the end of the turn: we are inside the task here */
	loop_again(a->loop);
}

static void on_changed(void *ctx, mono_t now)
{
	(void)now;
	show(ctx);
}

static void on_ended(void *ctx, mono_t now)
{
	struct app *a = ctx;

	(void)now;
	a->upload->over = true;
	loop_again(a->loop);
}

static const struct upload_task_ops task_ops = {.send = on_send,
    .say = on_say,
    .failed = on_failed,
    .ready = on_ready,
    .changed = on_changed,
    .ended = on_ended};

static void answered(struct app *a, bool yes)
{
	struct err err = {0};

	if (!a->upload || !a->upload->task || a->upload->over)
		return;
	if (yes && upload_task_go(a->upload->task, a->now, &err))
		return;
	if (yes)
		session_warn(a->session, a->now, "upload: %s", err.text);
	upload_task_cancel(a->upload->task, a->now);
}

static void question(struct session_ask *ask, const struct upload_run *r)
{
	const struct upload *u = upload_task_model(r->task);
	const struct upgrade_device *d = upload_device(u);
	const struct upgrade_plan *p = upload_planned(u);
	char version[24];

	memset(ask, 0, sizeof(*ask));
	str_copy(ask->title, sizeof(ask->title), "Upload to the device's page");
	str_copy(ask->text[ask->text_count++], sizeof(ask->text[0]), r->name);
	str_fmt(ask->text[ask->text_count++], sizeof(ask->text[0]), "The device at %s runs %s%s%s.",
	    upload_task_address(r->task),
	    d->version ? upgrade_version_text(d->version, version, sizeof(version))
		       : "an unknown version",
	    d->variant[0] ? " " : "", d->variant);
	if (p->via_minimal)
		str_copy(ask->text[ask->text_count++], sizeof(ask->text[0]),
		    "It does not fit beside that: the minimal build is uploaded first.");
	for (unsigned i = 0; i < p->notes; i++)
		str_copy(ask->text[ask->text_count++], sizeof(ask->text[0]), p->note[i]);
	str_copy(ask->text[ask->text_count++], sizeof(ask->text[0]), "Its settings stay.");
	str_copy(ask->yes, sizeof(ask->yes), "y  upload");
	str_copy(ask->no, sizeof(ask->no), "Esc  leave it");
}

/* A plan that is refused is told at once; else the user is asked. */
static void ask(struct app *a)
{
	a->upload->asked = false;
	if (upload_planned(upload_task_model(a->upload->task))->reason != UPGRADE_GOOD) {
		answered(a, true); /* tells why */
		return;
	}
	question(&a->session->ask, a->upload);
	app_ask(a, answered);
}

/* ---- the password ------------------------------------------------------------------------------ */

static void begin(struct app *a, const char *password);

static void on_password(struct app *a, enum tui_form event, int field)
{
	char password[SESSION_FIELD_SIZE];

	(void)field;
	if (event == TUI_FORM_CHANGED)
		return;
	str_copy(password, sizeof(password), a->session->form.fields[0].value);
	a->on_form = NULL;
	session_form_close(a->session);
	if (!a->upload)
		return;
	if (event == TUI_FORM_CANCEL || !password[0]) {
		app_upload_fini(a);
		session_notice(a->session, false, "nothing is uploaded");
		return;
	}
	secrets_add(a->secrets, password, strlen(password));
	begin(a, password);
	memset(password, 0, sizeof(password));
}

static void ask_password(struct app *a)
{
	struct session_field *f;
	char title[96];

	str_fmt(title, sizeof(title), "The page at %s wants its password",
	    upload_task_address(a->upload->task));
	upload_task_free(a->upload->task);
	a->upload->task = NULL;
	a->upload->login = true;
	session_form_open(a->session, title, "Enter: upload");
	f = session_form_add(a->session, "WebPassword", true);
	if (f && a->upload->tried) {
		str_copy(f->hint, sizeof(f->hint), "that was not it");
		f->bad = true;
	}
	a->on_form = on_password;
	session_form_touch(a->session);
}

/* ---- turns ------------------------------------------------------------------------------------- */

void app_upload_turn(struct app *a)
{
	const struct upload_view *v;

	if (!a->upload || !a->upload->task)
		return;
	if (a->upload->asked && !a->session->ask.open)
		ask(a);
	if (!a->upload->over)
		return;
	show(a);
	v = upload_view(upload_task_model(a->upload->task));
	if (v->end == UPLOAD_END_LOGIN && !a->session->form.open)
		ask_password(a);
	else
		app_upload_fini(a);
}

void app_upload_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now)
{
	if (a->upload && a->upload->task && !a->upload->over)
		upload_task_rx(a->upload->task, bytes, n, now);
}

void app_upload_port_away(struct app *a, mono_t now)
{
	if (a->upload && a->upload->task && !a->upload->over)
		upload_task_port_away(a->upload->task, now);
}

bool app_upload_cancel(struct app *a)
{
	if (!a->upload || !a->upload->task || a->upload->over)
		return false;
	upload_task_cancel(a->upload->task, a->now);
	return true;
}

static void quit_answered(struct app *a, bool yes)
{
	if (yes)
		app_quit(a, 0);
}

bool app_upload_quit(struct app *a)
{
	enum upload_state state;

	if (!a->upload || !a->upload->task || a->upload->over)
		return false;
	state = upload_view(upload_task_model(a->upload->task))->state;
	if (state <= UPLOAD_READY || state == UPLOAD_ENDED) /* nothing was done to it yet */
		return false;
	app_ask_leave(a, "Leave during an upload?",
	    "The upload ends: the device keeps what it has, unless it has all of the file "
	    "already.",
	    NULL, quit_answered);
	return true;
}

void app_upload_fini(struct app *a)
{
	if (!a->upload)
		return;
	upload_task_free(a->upload->task);
	free(a->upload);
	a->upload = NULL;
}

/* ---- the command ------------------------------------------------------------------------------- */

static bool may_begin(struct app *a)
{
	if (app_uploading(a) || app_upgrading(a) || app_flashing(a) || a->task)
		session_notice(a->session, true, "the panel is at work: /cancel stops it");
	else if (app_sending(a) || app_courier_busy(a))
		session_notice(a->session, true, "lines are still being sent: /cancel stops them");
	else
		return true;
	return false;
}

static void begin(struct app *a, const char *password)
{
	struct upload_run *r = a->upload;
	struct err err = {0};
	struct upload_wish w = {.path = r->path,
	    .small = r->small[0] ? r->small : NULL,
	    .address = r->address[0] ? r->address : NULL,
	    .seen = a->session->facts.address,
	    .password = password,
	    .console = link_is_open(a->link),
	    .insist = r->insist};

	r->asked = r->over = r->login = false;
	r->tried = password != NULL;
	r->task = upload_task_new(a->loop, &w, &task_ops, a, a->now, &err);
	if (!r->task) {
		session_warn(a->session, a->now, "upload: %s", err.text);
		app_upload_fini(a);
		return;
	}
	upload_task_start(r->task, a->now);
	show(a);
}

/* False: told. */
static bool take_words(struct app *a, const struct cmd_line *c, struct upload_run *r)
{
	for (int i = 0; i < c->count; i++) {
		const char *word = c->args[i];

		if (!strcmp(word, "--force")) {
			r->insist = true;
		} else if (!strcmp(word, "--minimal") && i + 1 < c->count) {
			str_copy(r->small, sizeof(r->small), c->args[++i]);
		} else if (str_starts(word, "--") || (r->path[0] && r->address[0])) {
			session_notice(
			    a->session, true, "%s is not known here: %s", word, c->row->usage);
			return false;
		} else if (r->path[0]) {
			str_copy(r->address, sizeof(r->address), word);
		} else {
			str_copy(r->path, sizeof(r->path), word);
		}
	}
	return true;
}

void act_upload(struct app *a, const struct cmd_line *c)
{
	struct upload_run wish = {0};
	const char *slash;

	if (!may_begin(a) || !take_words(a, c, &wish))
		return;
	if (!wish.path[0]) {
		act_choose_firmware(a, c);
		return;
	}
	app_upload_fini(a); /* one whose form was left open */
	slash = strrchr(wish.path, '/');
	str_copy(wish.name, sizeof(wish.name), slash ? slash + 1 : wish.path);
	a->upload = xcalloc(1, sizeof(*a->upload));
	*a->upload = wish;
	begin(a, NULL);
}

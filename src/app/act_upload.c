/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /upload: a file to the device's own web page, where that can be reached from here. The page tells
 * whether it was taken; that it runs the log tells.
 */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/uploadpage.h"
#include "tasmite/io/files.h"
#include "tasmite/io/http_post.h"

#define FILE_MAX (16u * 1024 * 1024)

struct upload_run {
	struct http_post *post; /* NULL: it has ended */
	uint8_t *data;
	size_t size;
	char name[96], address[64];
	uint16_t port;
	char password[72]; /* of the page, as it was entered for this once; "" none */
	mono_t began;
	bool asking; /* its form is open */
	bool over;
};

bool app_uploading(const struct app *a)
{
	return a->upload != NULL;
}

/* ---- the panel --------------------------------------------------------------------------------- */

static void show(struct app *a, enum flash_state state, uint32_t sent, const char *text)
{
	struct upload_run *r = a->upload;
	struct flash_view *v = &a->session->flash;
	uint64_t revision = v->revision;
	mono_t span = a->now - r->began;

	memset(v, 0, sizeof(*v));
	v->revision = revision + 1;
	v->state = state;
	v->left_s = -1;
	str_copy(v->title, sizeof(v->title), "Upload");
	str_fmt(v->what, sizeof(v->what), "%s to %s", r->name, r->address);
	if (state == FLASH_WORKING) {
		v->done = sent;
		v->total = (uint32_t)r->size;
		if (sent && span > 0)
			str_fmt(v->rate, sizeof(v->rate), "%u KB/s",
			    (unsigned)((uint64_t)sent * 1000 / 1024 * 1000 / (uint64_t)span));
	}
	str_copy(v->text[0], sizeof(v->text[0]), text);
	v->text_bad[0] = state == FLASH_FAILED;
	v->text_count = text[0] != '\0';
	v->boots = a->session->facts.boots;
	session_touch(a->session);
}

static void finish(struct app *a, enum flash_state state, const char *text)
{
	show(a, state, 0, text);
	if (state == FLASH_FAILED)
		session_warn(a->session, a->now, "upload: %s", text);
	else
		session_say(a->session, a->now, "upload: %s", text);
	a->upload->over = true; /* freed at the end of the turn: we may be inside of it */
	loop_again(a->loop);
}

/* ---- the page's password ----------------------------------------------------------------------- */

static bool dial(struct app *a, struct err *err);

static void login_over(struct app *a)
{
	a->upload->asking = false;
	a->on_form = NULL;
	session_form_close(a->session);
}

static void on_login(struct app *a, enum tui_form event, int field)
{
	struct upload_run *r = a->upload;
	struct err err = {0};

	(void)field;
	if (event == TUI_FORM_CHANGED)
		return;
	str_copy(r->password, sizeof(r->password), a->session->form.fields[0].value);
	login_over(a);
	if (event == TUI_FORM_CANCEL || !r->password[0]) {
		finish(a, FLASH_CANCELLED, "not sent: the page wants its password");
		return;
	}
	secrets_add(a->secrets, r->password, strlen(r->password));
	r->began = a->now;
	if (dial(a, &err))
		show(a, FLASH_WORKING, 0, "connects");
	else
		finish(a, FLASH_FAILED, err.text);
}

/* It is asked for where it is needed, and kept nowhere. False: another form is open. */
static bool ask_login(struct app *a)
{
	struct upload_run *r = a->upload;
	struct session_field *f;

	if (a->session->form.open)
		return false;
	session_form_open(a->session, "The page of the device wants its password", "Enter: send");
	f = session_form_add(a->session, "WebPassword", true);
	if (f && r->password[0]) {
		str_copy(f->hint, sizeof(f->hint), "that was not it");
		f->bad = true;
	}
	http_post_free(r->post);
	r->post = NULL;
	r->asking = true;
	a->on_form = on_login;
	session_form_touch(a->session);
	show(a, FLASH_WORKING, 0, "waits for the password of the page");
	return true;
}

static void answered(struct app *a, const struct http_post_event *e)
{
	const char *advice;
	char said[200], text[400];

	switch (upload_page_read(e->status, e->page, e->page_n, said, sizeof(said), &advice)) {
	case UPLOAD_TAKEN:
		finish(a, FLASH_DONE, "the device took it and restarts; the log shows what runs");
		return;
	case UPLOAD_UNKNOWN:
		str_fmt(text, sizeof(text), "the page says: %s; the log shows what runs", said);
		finish(a, FLASH_DONE, text);
		return;
	case UPLOAD_LOGIN:
		if (ask_login(a))
			return;
		/* fall through */
	case UPLOAD_REFUSED:
	case UPLOAD_NO_PAGE:
		str_fmt(
		    text, sizeof(text), "%s%s%s", said, advice ? ". " : "", advice ? advice : "");
		finish(a, FLASH_FAILED, text);
		return;
	}
}

static void on_event(void *ctx, const struct http_post_event *e, mono_t now)
{
	struct app *a = ctx;

	a->now = now;
	if (!a->upload || a->upload->over)
		return;
	switch (e->kind) {
	case HTTP_POST_CONNECTED:
		show(a, FLASH_WORKING, 0, "the page is there");
		break;
	case HTTP_POST_SENT:
		show(a, FLASH_WORKING, e->sent,
		    e->sent == a->upload->size ? "all sent; the device writes" : "");
		break;
	case HTTP_POST_ANSWERED:
		answered(a, e);
		break;
	case HTTP_POST_FAILED:
		finish(a, FLASH_FAILED, e->err->text);
		break;
	}
}

void app_upload_turn(struct app *a)
{
	if (a->upload && a->upload->over)
		app_upload_fini(a);
}

bool app_upload_cancel(struct app *a)
{
	if (!a->upload || a->upload->over)
		return false;
	if (a->upload->asking)
		login_over(a);
	finish(a, FLASH_CANCELLED, "cancelled; the device keeps what it has");
	return true;
}

void app_upload_fini(struct app *a)
{
	if (!a->upload)
		return;
	http_post_free(a->upload->post);
	free(a->upload->data);
	memset(a->upload, 0, sizeof(*a->upload)); /* the password */
	free(a->upload);
	a->upload = NULL;
}

/* ---- the command ------------------------------------------------------------------------------- */

/* "10.0.0.7", "10.0.0.7:8080"; none: where the log has seen its web page. */
static bool take_address(struct app *a, const char *word)
{
	char *address = a->upload->address, *colon;
	size_t size = sizeof(a->upload->address);
	uint64_t n = 80;

	str_copy(address, size, word ? word : a->session->facts.address);
	if (!address[0])
		str_copy(address, size, "192.168.4.1"); /* its own access point */
	colon = strchr(address, ':');
	if (colon)
		*colon = '\0';
	if (colon && (!str_parse_u64(colon + 1, 65535, &n) || !n)) {
		session_notice(a->session, true, "%s is no address: 192.168.4.1, say", word);
		return false;
	}
	a->upload->port = (uint16_t)n;
	return true;
}

static bool dial(struct app *a, struct err *err)
{
	struct upload_run *r = a->upload;
	struct http_post_config cfg = {.loop = a->loop,
	    .address = r->address,
	    .port = r->port,
	    .name = r->name,
	    .data = r->data,
	    .size = r->size,
	    .password = r->password,
	    .event = on_event,
	    .ctx = a};

	r->post = http_post_new(&cfg, err);
	return r->post != NULL;
}

static bool begin(struct app *a, const char *file, const char *word)
{
	struct upload_run *r = a->upload;
	const char *slash = strrchr(file, '/');
	struct err err = {0};
	char path[512];

	if (!take_address(a, word))
		return false;
	str_copy(r->name, sizeof(r->name), slash ? slash + 1 : file);
	if (files_expand(file, path, sizeof(path), &err) == ERR_OK &&
	    files_read(path, FILE_MAX, &r->data, &r->size, &err) == ERR_OK && dial(a, &err))
		return true;
	session_warn(a->session, a->now, "upload: %s", err.text);
	return false;
}

void act_upload(struct app *a, const struct cmd_line *c)
{
	if (a->upload || app_upgrading(a) || app_flashing(a) || a->task) {
		session_notice(a->session, true, "the panel is at work: /cancel stops it");
		return;
	}
	if (!c->count) {
		act_choose_firmware(a, c);
		return;
	}
	a->upload = xcalloc(1, sizeof(*a->upload));
	a->upload->began = a->now;
	if (begin(a, c->args[0], c->count > 1 ? c->args[1] : NULL))
		show(a, FLASH_WORKING, 0, "connects");
	else
		app_upload_fini(a);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /upgrade: over the air, from the session. The device is asked first; then the user, with what came
 * of it; then it goes on by itself, and the panel follows.
 */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/catalog.h"
#include "upgrade_task.h"

struct upgrade_run {
	struct upgrade_task *task;
	char name[96];
	bool asked, over;
};

bool app_upgrading(const struct app *a)
{
	return a->upgrade != NULL;
}

/* ---- the panel --------------------------------------------------------------------------------- */

static void panel_line(struct flash_view *v, bool bad, const char *text)
{
	if (v->text_count == 12)
		return;
	str_copy(v->text[v->text_count], sizeof(v->text[0]), text);
	v->text_bad[v->text_count++] = bad;
}

static void show_numbers(struct flash_view *p, const struct upgrade_view *v)
{
	char line[160], size[16];

	panel_line(p, v->late, upgrade_state_words(v->state));
	if (v->requests) {
		str_fmt(line, sizeof(line), "%u requests, %u attempts, %u restarts", v->requests,
		    v->attempts, v->restarts);
		panel_line(p, false, line);
	}
	if (v->free_space >= 0) {
		str_size(size, sizeof(size), (uint64_t)v->free_space);
		str_fmt(line, sizeof(line), "the device has %s free", size);
		panel_line(p, false, line);
	}
	if (v->said[0]) {
		str_fmt(line, sizeof(line), "it says: %s", v->said);
		panel_line(p, true, line);
	}
}

static void show(struct app *a)
{
	struct upgrade_run *r = a->upgrade;
	const struct upgrade_view *v = upgrade_view(upgrade_task_model(r->task));
	struct flash_view *p = &a->session->flash;
	uint64_t revision = p->revision;
	char words[400];

	memset(p, 0, sizeof(*p));
	p->revision = revision + 1;
	p->left_s = -1;
	str_copy(p->title, sizeof(p->title), "Upgrade");
	str_copy(p->what, sizeof(p->what), r->name);
	p->state = FLASH_WORKING;
	if (v->state == UPGRADE_ENDED) {
		p->state = v->end == UPGRADE_END_DONE	     ? FLASH_DONE
			   : v->end == UPGRADE_END_CANCELLED ? FLASH_CANCELLED
							     : FLASH_FAILED;
		upgrade_end_words(upgrade_task_model(r->task), words, sizeof(words));
		panel_line(p, p->state == FLASH_FAILED, words);
	} else {
		p->done = v->sent;
		p->total = v->state == UPGRADE_SENDS ? v->total : 0;
		if (v->state == UPGRADE_SENDS && v->rate) {
			str_fmt(p->rate, sizeof(p->rate), "%u KB/s", v->rate / 1024);
			p->left_s = (int)((v->total - v->sent) / v->rate);
		}
		show_numbers(p, v);
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
		session_warn(a->session, a->now, "upgrade: %s", text);
	else
		session_say(a->session, a->now, "upgrade: %s", text);
}

static void answered(struct app *a, bool yes)
{
	struct err err = {0};

	if (!a->upgrade || a->upgrade->over)
		return;
	if (yes && upgrade_task_go(a->upgrade->task, a->now, &err))
		return;
	if (yes)
		session_warn(a->session, a->now, "upgrade: %s", err.text);
	upgrade_task_cancel(a->upgrade->task, a->now);
}

static void question(struct session_ask *ask, const struct upgrade *u, const char *name)
{
	const struct upgrade_device *d = upgrade_device(u);
	const struct upgrade_plan *p = upgrade_planned(u);
	char version[24];

	memset(ask, 0, sizeof(*ask));
	str_copy(ask->title, sizeof(ask->title), "Upgrade over the air");
	str_fmt(ask->text[ask->text_count++], sizeof(ask->text[0]), "%s", name);
	str_fmt(ask->text[ask->text_count++], sizeof(ask->text[0]), "The device at %s runs %s%s%s.",
	    d->address, upgrade_version_text(d->version, version, sizeof(version)),
	    d->variant[0] ? " " : "", d->variant);
	if (p->via_minimal)
		str_copy(ask->text[ask->text_count++], sizeof(ask->text[0]),
		    "It does not fit beside that: the device fetches the minimal build first.");
	if (p->stranded)
		str_copy(ask->text[ask->text_count++], sizeof(ask->text[0]),
		    "It is half way of an upgrade: this is the rest of it.");
	for (unsigned i = 0; i < p->notes; i++)
		str_copy(ask->text[ask->text_count++], sizeof(ask->text[0]), p->note[i]);
	str_copy(ask->text[ask->text_count++], sizeof(ask->text[0]), "Its settings stay.");
	str_copy(ask->yes, sizeof(ask->yes), "y  upgrade");
	str_copy(ask->no, sizeof(ask->no), "Esc  leave it");
}

static void on_ready(void *ctx, mono_t now)
{
	struct app *a = ctx;

	(void)now;
	if (a->upgrade) {
		a->upgrade->asked = true; /* at the end of the turn: we are inside the task here */
		loop_again(a->loop);
	}
}

static void on_changed(void *ctx, mono_t now)
{
	struct app *a = ctx;

	(void)now;
	if (a->upgrade && a->upgrade->task)
		show(a);
}

static void on_ended(void *ctx, mono_t now)
{
	struct app *a = ctx;

	(void)now;
	if (a->upgrade)
		a->upgrade->over = true;
	loop_again(a->loop);
}

static const struct upgrade_task_ops task_ops = {
    .send = on_send, .say = on_say, .ready = on_ready, .changed = on_changed, .ended = on_ended};

/* A plan that is refused is told at once; else the user is asked. */
static void ask(struct app *a)
{
	const struct upgrade *u = upgrade_task_model(a->upgrade->task);
	const struct upgrade_plan *p = upgrade_planned(u);

	a->upgrade->asked = false;
	if (p->reason != UPGRADE_GOOD) {
		answered(a, true); /* tells why */
		return;
	}
	question(&a->session->ask, u, a->upgrade->name);
	app_ask(a, answered);
}

void app_upgrade_turn(struct app *a)
{
	if (!a->upgrade || !a->upgrade->task)
		return;
	if (a->upgrade->asked && !a->session->ask.open)
		ask(a);
	if (!a->upgrade->over)
		return;
	show(a);
	app_upgrade_fini(a);
}

void app_upgrade_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now)
{
	if (a->upgrade && a->upgrade->task && !a->upgrade->over)
		upgrade_task_rx(a->upgrade->task, bytes, n, now);
}

bool app_upgrade_cancel(struct app *a)
{
	if (!a->upgrade)
		return false;
	upgrade_task_cancel(a->upgrade->task, a->now);
	return true;
}

void app_upgrade_fini(struct app *a)
{
	if (!a->upgrade)
		return;
	upgrade_task_free(a->upgrade->task);
	free(a->upgrade);
	a->upgrade = NULL;
}

/* ---- the command ------------------------------------------------------------------------------- */

static bool may_begin(struct app *a)
{
	if (a->upgrade || app_uploading(a) || app_flashing(a) || a->task)
		session_notice(a->session, true, "the panel is at work: /cancel stops it");
	else if (app_sending(a) || app_courier_busy(a))
		session_notice(a->session, true, "lines are still being sent: /cancel stops them");
	else if (!link_is_open(a->link))
		session_notice(a->session, true, "no port is open: /port NAME");
	else
		return true;
	return false;
}

/* False: told. */
static bool take_words(struct app *a, const struct cmd_line *c, struct upgrade_wish *w)
{
	for (int i = 0; i < c->count; i++) {
		const char *word = c->args[i];

		if (!strcmp(word, "--force")) {
			w->insist = true;
		} else if (!strcmp(word, "--any-source")) {
			w->any_source = true;
		} else if (!strcmp(word, "--minimal") && i + 1 < c->count) {
			w->small = c->args[++i];
		} else if (str_starts(word, "--") || w->path || w->url) {
			session_notice(
			    a->session, true, "%s is not known here: %s", word, c->row->usage);
			return false;
		} else if (str_starts(word, "http://")) {
			w->url = word;
		} else {
			w->path = word;
		}
	}
	return true;
}

static void begin(struct app *a, const struct upgrade_wish *w)
{
	const char *name = w->path ? w->path : w->url, *slash = strrchr(name, '/');
	struct err err = {0};

	a->upgrade = xcalloc(1, sizeof(*a->upgrade));
	str_copy(a->upgrade->name, sizeof(a->upgrade->name), slash ? slash + 1 : name);
	a->upgrade->task = upgrade_task_new(a->loop, w, &task_ops, a, a->now, &err);
	if (!a->upgrade->task) {
		session_warn(a->session, a->now, "upgrade: %s", err.text);
		app_upgrade_fini(a);
		return;
	}
	show(a);
}

void act_upgrade(struct app *a, const struct cmd_line *c)
{
	const struct facts *f = &a->session->facts;
	struct upgrade_wish w = {.known = {.free_kb = -1, .flash_kb = -1}};

	if (!may_begin(a) || !take_words(a, c, &w))
		return;
	if (!w.path && !w.url) {
		act_choose_firmware(a, c);
		return;
	}
	w.known.version = catalog_version(f->version);
	str_copy(w.known.variant, sizeof(w.known.variant), f->variant);
	begin(a, &w);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /upgrade: over the air, from the session. The device is asked first; then the user, with what came
 * of it; then it goes on by itself, and the panel follows.
 */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>

#include "flash_words.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/catalog.h"
#include "upgrade_task.h"

struct upgrade_run {
	struct upgrade_task *task;
	char name[96];
	bool asked, over;
	bool asking;  /* our question is open */
	bool leaving; /* the program ends when this has */
	int stop;     /* ... with this code of the loop */
};

bool app_upgrading(const struct app *a)
{
	return a->upgrade != NULL;
}

static const struct upgrade_view *view_of(const struct app *a)
{
	return upgrade_view(upgrade_task_model(a->upgrade->task));
}

/* ---- the panel --------------------------------------------------------------------------------- */

/* What is likely is marked; what was ruled out is not shown. */
static void show_causes(struct flash_view *p, const struct upgrade_cause *c)
{
	for (unsigned i = 0; c && i < UPGRADE_CAUSES; i++)
		if (c[i].likely != UPGRADE_UNLIKELY)
			flash_words_add(p, c[i].likely == UPGRADE_LIKELY, "%s", c[i].text);
}

static void show_numbers(struct flash_view *p, const struct upgrade_view *v)
{
	char line[160], size[16];

	upgrade_now_words(v, line, sizeof(line));
	flash_words_add(p, v->late || v->away, "%s", line);
	if (v->requests) {
		flash_words_add(p, false, "%u requests, %u attempts, %u restarts", v->requests,
		    v->attempts, v->restarts);
	}
	if (v->free_space >= 0) {
		str_size(size, sizeof(size), (uint64_t)v->free_space);
		flash_words_add(p, false, "the device has %s free", size);
	}
	if (v->said[0])
		flash_words_add(p, true, "it says: %s", v->said);
}

static void show(struct app *a)
{
	struct upgrade_run *r = a->upgrade;
	const struct upgrade_view *v = view_of(a);
	struct flash_view *p = &a->session->flash;
	uint64_t revision = p->revision;
	char words[600];

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
		flash_words_add(p, p->state == FLASH_FAILED, "%s", words);
	} else {
		p->done = v->sent;
		p->total = v->state == UPGRADE_SENDS ? v->total : 0;
		if (v->state == UPGRADE_SENDS && v->rate) {
			str_fmt(p->rate, sizeof(p->rate), "%u KB/s", v->rate / 1024);
			p->left_s = (int)((v->total - v->sent) / v->rate);
		}
		show_numbers(p, v);
	}
	show_causes(p, upgrade_task_causes(r->task));
	p->boots = a->session->facts.boots;
	session_touch(a->session);
}

/* ---- the task ---------------------------------------------------------------------------------- */

/* With the line end that the console wants, whatever is set for what is typed. */
static void on_send(void *ctx, const char *line)
{
	struct app *a = ctx;
	char text[320];

	if (app_courier_in_line(a) || !app_send_ready(a) ||
	    !str_fmt(text, sizeof(text), "%s\n", line) || !link_send(a->link, text, strlen(text)))
		return; /* what is lost is asked again */
	app_show_sent(a, line, strlen(line), false);
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
	a->upgrade->asking = false;
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
	a->upgrade->asking = true;
	app_ask(a, answered);
}

/* What the user must know after the screen is gone. */
static void keep_last_words(struct app *a)
{
	const struct upgrade_view *v = view_of(a);
	char command[300];

	if (!v->changed || v->restored)
		return;
	if (upgrade_restore_words(upgrade_task_model(a->upgrade->task), command, sizeof(command)))
		str_fmt(a->last_words, sizeof(a->last_words),
		    "the device's OtaUrl was not put back: type %s", command);
	else
		str_copy(a->last_words, sizeof(a->last_words),
		    "the device's OtaUrl was not put back; OtaUrl 1 sets the default");
}

static void leave(struct app *a)
{
	int stop = a->upgrade->stop;

	keep_last_words(a);
	app_upgrade_fini(a);
	loop_stop(a->loop, stop);
}

/* For the report, and for who reads the log: which build came is not in it. */
static void keep_story(struct app *a)
{
	const struct upgrade_view *v = view_of(a);
	bool done = v->end == UPGRADE_END_DONE;
	char words[600];

	if (!v->changed) /* it has not begun */
		return;
	upgrade_end_words(upgrade_task_model(a->upgrade->task), words, sizeof(words));
	journal_add(&a->session->journal, JOURNAL_WORK, !done, a->now, "over the air, %s: %s",
	    a->upgrade->name, words);
	if (!done)
		return;
	session_device_written(a->session, strstr(a->upgrade->name, "classic") ? "classic" : "");
	str_fmt(a->session->journal.written, sizeof(a->session->journal.written),
	    "%s, over the air", a->upgrade->name);
	a->session->journal.written_at = a->now;
	a->session->journal.written_bad = false;
}

void app_upgrade_turn(struct app *a)
{
	struct upgrade_run *r = a->upgrade;

	if (!r || !r->task)
		return;
	if (r->asked && !a->session->ask.open)
		ask(a);
	if (!r->over)
		return;
	if (r->asking && a->session->ask.open) { /* there is nothing to be answered any more */
		a->on_answer = NULL;
		session_ask_close(a->session);
	}
	show(a);
	keep_story(a);
	if (r->leaving)
		leave(a);
	else
		app_upgrade_fini(a);
}

void app_upgrade_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now)
{
	if (a->upgrade && a->upgrade->task && !a->upgrade->over)
		upgrade_task_rx(a->upgrade->task, bytes, n, now);
}

void app_upgrade_port_away(struct app *a, mono_t now)
{
	if (!a->upgrade || a->upgrade->over)
		return;
	upgrade_task_port_away(a->upgrade->task, now);
	if (a->upgrade->leaving && !a->upgrade->over) /* nobody may be there to plug it in again */
		upgrade_task_port_gone(a->upgrade->task, now);
}

void app_upgrade_port_back(struct app *a, mono_t now)
{
	if (a->upgrade && !a->upgrade->over)
		upgrade_task_port_back(a->upgrade->task, now);
}

/* The second time the old OtaUrl is not waited for. */
bool app_upgrade_cancel(struct app *a)
{
	if (!a->upgrade || a->upgrade->over)
		return false;
	if (view_of(a)->state == UPGRADE_RESTORES)
		upgrade_task_port_gone(a->upgrade->task, a->now);
	else
		upgrade_task_cancel(a->upgrade->task, a->now);
	return true;
}

/* ---- leaving ----------------------------------------------------------------------------------- */

bool app_upgrade_leave(struct app *a, int stop)
{
	struct upgrade_run *r = a->upgrade;

	if (!r || r->over || !view_of(a)->changed)
		return false;
	r->stop = stop;
	if (r->leaving || !link_is_open(a->link)) { /* nothing to wait for */
		keep_last_words(a);
		return false;
	}
	r->leaving = true;
	if (view_of(a)->state != UPGRADE_RESTORES)
		upgrade_task_cancel(r->task, a->now);
	session_say(a->session, a->now,
	    "upgrade: the program ends when OtaUrl is put back; once more: at once");
	return true;
}

void app_upgrade_abandon(struct app *a)
{
	if (a->upgrade && a->upgrade->task && !a->upgrade->over)
		keep_last_words(a);
}

static void quit_answered(struct app *a, bool yes)
{
	if (yes && !app_upgrade_leave(a, 0))
		app_quit(a, 0);
}

bool app_upgrade_quit(struct app *a)
{
	if (!a->upgrade || a->upgrade->over || !view_of(a)->changed || a->upgrade->leaving)
		return false;
	app_ask_leave(a, "Leave during an upgrade?",
	    "The upgrade ends: the device keeps what it has, unless it has all of the file "
	    "already.",
	    link_is_open(a->link) ? "Its OtaUrl is put back before; that takes up to a minute."
				  : "The port is away: its OtaUrl can't be put back. What to type "
				    "is told in the end.",
	    quit_answered);
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
		bool more = i + 1 < c->count;

		if (!strcmp(word, "--force")) {
			w->insist = true;
		} else if (!strcmp(word, "--source") && more) {
			w->source = c->args[++i];
		} else if (!strcmp(word, "--address") && more) {
			w->address = c->args[++i];
		} else if (!strcmp(word, "--minimal") && more) {
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
	struct upgrade_wish w = {.known = {.free_kb = -1, .flash_kb = -1},
	    .source = settings_text(a->session->settings, SET_UPGRADE_SOURCE)};

	if (!may_begin(a) || !take_words(a, c, &w))
		return;
	if (!w.path && !w.url) {
		act_choose_firmware(a, c);
		return;
	}
	w.known.version = catalog_version(f->version);
	str_copy(w.known.variant, sizeof(w.known.variant), f->variant);
	str_copy(w.known.address, sizeof(w.known.address), f->address);
	begin(a, &w);
}

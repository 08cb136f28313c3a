/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The courier's place in the session: its bytes to the link, what the device sends to it (before
 * anything is masked), what happens into the log and the panel (masked). Jobs are typed Backlogs,
 * scripts, set-ups and what the program asks by itself.
 */
#include "app_courier.h"
#include "flash_words.h"
#include "plain.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/courier_words.h"
#include "tasmite/core/tasmota/typed.h"
#include "tasmite/io/ports.h"

#define KEPT_MAX 400

struct post {
	struct courier *c;
	struct post_job job;
	char what[64];
	struct courier_words words;
	struct typed *typed; /* single commands that were typed */
	bool lost;	     /* the port went away in the middle */
	bool cut;	     /* by the user, or the port: nobody waits for how it ends */
	char adapter[192];   /* to which it went (link_adapter_key) */
	/* what was set in this session, one command each, the newest last */
	char *kept[KEPT_MAX];
	size_t kept_count;
};

static void on_event(void *ctx, const struct courier_event *e);
static void on_words(void *ctx, bool bad, const char *text);
static void on_typed(void *ctx, const char *text);

void app_courier_init(struct app *a)
{
	static const struct courier_ops ops = {on_event};

	a->post = xcalloc(1, sizeof(*a->post));
	a->post->c = courier_new(&ops, a);
	a->post->words = (struct courier_words){
	    .what = a->post->what, .secrets = a->secrets, .say = on_words, .ctx = a};
	a->post->typed = typed_new(a->secrets, on_typed, a);
}

void app_courier_fini(struct app *a)
{
	if (!a->post)
		return;
	for (size_t i = 0; i < a->post->kept_count; i++)
		free(a->post->kept[i]);
	courier_free(a->post->c);
	typed_free(a->post->typed);
	free(a->post);
	a->post = NULL;
	free(a->typed_backlog);
	a->typed_backlog = NULL;
}

bool app_courier_busy(const struct app *a)
{
	return a->post && courier_busy(a->post->c);
}

bool app_courier_line(const struct app *a)
{
	enum courier_state s = a->post ? courier_state(a->post->c) : COURIER_IDLE;

	return s == COURIER_SENDING || s == COURIER_ANSWERS;
}

bool app_courier_in_line(const struct app *a)
{
	return a->post && courier_in_line(a->post->c);
}

const char *app_courier_job(const struct app *a)
{
	return app_courier_line(a) && !a->post->job.quiet && !a->post->job.silent ? a->post->what
										  : NULL;
}

static void on_words(void *ctx, bool bad, const char *text)
{
	struct app *a = ctx;

	if (bad)
		session_warn(a->session, a->now, "%s", text);
	else
		session_say(a->session, a->now, "%s", text);
}

static void on_typed(void *ctx, const char *text)
{
	on_words(ctx, true, text);
}

/* ---- panel and edit line --------------------------------------------------------------------- */

static void panel_now(struct app *a, struct flash_view *v)
{
	static const char *const words[] = {[COURIER_WAITING] = "waits for it",
	    [COURIER_RESTART] = "the device restarts",
	    [COURIER_BOOT] = "the device boots"};
	enum courier_state s = courier_state(a->post->c);
	size_t step;
	char *text;

	if (courier_at(a->post->c, &step)) {
		text = courier_words_step(&a->post->words, a->post->c, step);
		flash_words_add(v, false, "%s", text);
		free(text);
	}
	if ((unsigned)s < sizeof(words) / sizeof(words[0]) && words[s])
		flash_words_add(v, false, "%s", words[s]);
}

static void show(struct app *a)
{
	struct post *p = a->post;
	struct session_sending *view = &a->session->sending;
	struct flash_view *v = &a->session->flash;
	bool busy = courier_busy(p->c);
	size_t good, total, missed;

	courier_words_count(p->c, &good, &total, &missed);
	view->on = busy && !p->job.quiet;
	if (view->on) {
		str_copy(view->what, sizeof(view->what), p->job.panel ? "script" : "backlog");
		view->done = good;
		view->total = total;
	}
	session_touch(a->session);
	if (!p->job.panel)
		return;
	if (busy)
		v->state = FLASH_WORKING;
	str_copy(v->title, sizeof(v->title), "Send");
	str_fmt(v->what, sizeof(v->what), "%s: %zu of %zu commands", p->what, good, total);
	v->done = (uint32_t)good;
	v->total = (uint32_t)total;
	v->left_s = -1;
	v->retries = p->words.retries;
	v->text_count = 0;
	if (busy)
		panel_now(a, v);
	v->revision++;
}

/* ---- what is kept of it ---------------------------------------------------------------------- */

static size_t name_length(const char *text)
{
	return strcspn(text, " ");
}

static void keep(struct post *p, const char *text)
{
	size_t n = name_length(text), i = 0;

	while (i < p->kept_count &&
	       (name_length(p->kept[i]) != n || str_ncasecmp(p->kept[i], text, n) != 0))
		i++;
	if (i == p->kept_count && p->kept_count == KEPT_MAX)
		i = 0;
	if (i < p->kept_count) {
		free(p->kept[i]);
		p->kept_count--;
		memmove(&p->kept[i], &p->kept[i + 1], (p->kept_count - i) * sizeof(p->kept[0]));
	}
	p->kept[p->kept_count++] = xstrdup(text);
}

/* What sets something, and has done so. */
static void keep_all(struct post *p)
{
	const struct backlog *b = courier_steps(p->c);

	for (size_t i = 0; i < b->count; i++) {
		struct backlog_name name;

		backlog_name(b->steps[i].text, &name);
		if (b->steps[i].kind == BACKLOG_COMMAND && courier_words_good(b->steps[i].state) &&
		    name.value[0] && strcmp(name.value, "?") != 0 && !backlog_is(&name, "Status") &&
		    !(backlog_facts(&name) & BACKLOG_ONCE))
			keep(p, b->steps[i].text);
	}
}

size_t app_courier_kept(struct app *a, struct backlog *b)
{
	for (size_t i = 0; i < a->post->kept_count; i++)
		backlog_add(b, a->post->kept[i], strlen(a->post->kept[i]), 0);
	return b->count;
}

/* ---- how it ended ---------------------------------------------------------------------------- */

static void panel_bad(struct app *a)
{
	struct post *p = a->post;
	const struct backlog *b = courier_steps(p->c);

	for (size_t i = 0; i < b->count; i++)
		if (courier_words_bad(&b->steps[i])) {
			char *fate = courier_words_fate(&p->words, p->c, i, false);

			flash_words_add(&a->session->flash, true, "%s", fate);
			free(fate);
		}
}

static void tell_end(struct app *a)
{
	struct post *p = a->post;
	const char *key = keymap_key_of(a->session->keymap, "/send --again");
	size_t good, total, missed;
	char again[96];

	str_fmt(again, sizeof(again), "%s sends them again%s", key ? key : "/send --again",
	    p->lost ? " when the port is back" : "");
	courier_words_count(p->c, &good, &total, &missed);
	courier_words_end(&p->words, p->c, p->job.quiet,
	    good + courier_count(p->c, BACKLOG_BEYOND) < total || missed ? again : NULL);
}

static void done(struct app *a)
{
	struct post *p = a->post;
	void (*fn)(struct app *, bool) = p->job.done;
	size_t good, total, missed;
	bool all;

	courier_words_count(p->c, &good, &total, &missed);
	all = good == total && !missed;
	keep_all(p);
	show(a); /* first: it clears the panel's lines */
	if (p->job.panel) {
		a->session->flash.state = all ? FLASH_DONE : FLASH_FAILED;
		if (all)
			flash_words_add(&a->session->flash, false, "all have arrived");
		else if (!p->job.silent)
			panel_bad(a);
	}
	if (!p->job.silent)
		tell_end(a);
	a->session->flash.revision += p->job.panel;
	session_touch(a->session);
	p->job.done = NULL;
	if (fn && !p->cut)
		fn(a, all);
	loop_again(a->loop);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void on_event(void *ctx, const struct courier_event *e)
{
	struct app *a = ctx;

	if (e->kind == COURIER_LINE)
		app_show_sent(a, e->text, e->n, false);
	else if (e->kind == COURIER_CHANGED)
		show(a);
	else if (e->kind == COURIER_DONE)
		done(a);
	else
		courier_words_event(&a->post->words, a->post->c, e);
}

/* ---- jobs ------------------------------------------------------------------------------------ */

size_t app_courier_warn(struct app *a, const struct backlog *b)
{
	return courier_words_traps(&a->post->words, b, backlog_fw(a->session->facts.version));
}

static bool may_begin(struct app *a)
{
	if (app_courier_busy(a)) {
		session_notice(
		    a->session, true, "%s is still on its way: /cancel stops it", a->post->what);
		return false;
	}
	return app_send_ready(a);
}

static void fresh_panel(struct app *a, const struct post_job *job)
{
	if (!job->panel)
		return;
	memset(&a->session->flash, 0, sizeof(a->session->flash));
	a->session->flash.state = FLASH_WORKING;
}

bool app_courier_begin(struct app *a, struct backlog *b, const struct post_job *job)
{
	struct post *p = a->post;

	if (!may_begin(a)) {
		backlog_fini(b);
		return false;
	}
	typed_leave(p->typed);
	p->job = *job;
	p->words.retries = 0;
	p->lost = p->cut = false;
	str_copy(p->what, sizeof(p->what), job->what);
	str_copy(p->adapter, sizeof(p->adapter), link_adapter_key(a->link));
	fresh_panel(a, job);
	courier_begin(
	    p->c, b, backlog_fw(a->session->facts.version), job->packed, job->stop, a->now);
	show(a);
	loop_again(a->loop);
	return true;
}

bool app_courier_left(const struct app *a)
{
	size_t good, total, missed;

	courier_words_count(a->post->c, &good, &total, &missed);
	return good < total;
}

void app_courier_again(struct app *a)
{
	struct post *p = a->post;

	if (!may_begin(a))
		return;
	if (ports_key_is_another(p->adapter, link_adapter_key(a->link))) {
		session_notice(a->session, true,
		    "that was for what hangs on another adapter: it is not sent to this one");
		return;
	}
	p->words.retries = 0;
	p->lost = p->cut = false;
	p->job.silent = p->job.quiet = false;
	if (!courier_again(p->c, a->now)) {
		session_notice(a->session, false, "nothing is left to be sent again");
		return;
	}
	fresh_panel(a, &p->job);
	show(a);
	loop_again(a->loop);
}

bool app_courier_cancel(struct app *a)
{
	static const char drop[] = "\xff"; /* Tasmota forgets what it holds of a line */
	bool cut;

	if (!app_courier_busy(a))
		return false;
	cut = courier_in_line(a->post->c) || (app_courier_line(a) && link_unsent(a->link));
	a->post->cut = true;
	if (cut)
		link_drop_unsent(a->link);
	courier_cancel(a->post->c);
	if (cut)
		link_send(a->link, drop, 1);
	return true;
}

void app_courier_lost(struct app *a)
{
	if (a->post)
		typed_drop(a->post->typed);
	if (!app_courier_busy(a))
		return;
	a->post->lost = a->post->cut = true;
	courier_lost(a->post->c);
}

void app_courier_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now)
{
	if (!a->post)
		return;
	a->now = now;
	courier_rx(a->post->c, bytes, n, now);
	typed_rx(a->post->typed, bytes, n, now);
}

void app_courier_sent(struct app *a, const char *line, size_t n, bool typed)
{
	/* Scripts without a screen look at what comes themselves; on CR alone nothing is ever run. */
	if (typed && !a->plain && strchr(app_eol(a), '\n') && !a->session->facts.not_tasmota)
		typed_sent(a->post->typed, line, n, a->now);
	else
		typed_leave(a->post->typed);
}

static mono_t typed_turn(struct app *a, mono_t now)
{
	if (link_unsent(a->link))
		typed_hold(a->post->typed, now);
	typed_tick(a->post->typed, now);
	return typed_deadline(a->post->typed);
}

mono_t app_courier_turn(struct app *a, mono_t now)
{
	struct post *p = a->post;
	const char *eol = app_eol(a);
	char piece[128];
	size_t n;

	a->now = now;
	if (!app_courier_busy(a))
		return typed_turn(a, now);
	if (link_unsent(a->link)) { /* its own turns tell when it has left */
		courier_hold(p->c, now);
		return MONO_NEVER;
	}
	courier_tick(p->c, now);
	/* On CR alone, or on nothing, no command is ever run. */
	while ((n = courier_tx(p->c, strchr(eol, '\n') ? eol : "\n", piece, sizeof(piece), now)))
		if (!link_send(a->link, piece, n))
			courier_cancel(p->c);
	return courier_deadline(p->c);
}

/* ---- a typed Backlog ------------------------------------------------------------------------- */

static void send_typed(struct app *a, struct backlog *b)
{
	struct post_job job = {.what = "backlog", .packed = true};

	app_courier_warn(a, b);
	app_courier_begin(a, b, &job);
}

static void joined(struct app *a, bool yes)
{
	struct backlog b;
	long suspect;
	char *line = a->typed_backlog;

	a->typed_backlog = NULL;
	if (!line)
		return;
	backlog_init(&b);
	if (!yes) {
		tui_edit_set(a->tui, line); /* nothing typed is lost */
	} else if (backlog_parse(&b, line, &suspect)) {
		if (!a->third && suspect >= 0)
			backlog_join(&b, (size_t)suspect);
		send_typed(a, &b);
	}
	backlog_fini(&b);
	memset(line, 0, strlen(line));
	free(line);
}

/* If it is a password, what stands behind the ; is part of it: the history keeps the line before the
 * answer is known. */
static void learn_joined(struct app *a, const char *line)
{
	struct backlog b;
	long suspect;

	backlog_init(&b);
	if (backlog_parse(&b, line, &suspect) && suspect >= 0) {
		backlog_join(&b, (size_t)suspect);
		for (size_t i = (size_t)suspect; i < b.count; i++) {
			struct buf none;

			buf_init(&none, strlen(b.steps[i].text) + 1);
			secrets_tx_line(
			    a->secrets, b.steps[i].text, strlen(b.steps[i].text), &none);
			buf_fini(&none);
		}
	}
	backlog_fini(&b);
}

static void ask_joined(struct app *a, const struct backlog *b, size_t suspect, const char *line)
{
	struct session_ask *ask = &a->session->ask;
	const char *text = b->steps[suspect].text;

	learn_joined(a, line);
	free(a->typed_backlog);
	a->typed_backlog = xstrdup(line);
	memset(ask, 0, sizeof(*ask));
	str_copy(ask->title, sizeof(ask->title), "A ; in a value?");
	str_fmt(ask->text[0], sizeof(ask->text[0]),
	    "What follows %.*s behind the ; is no command. A Backlog is cut at each ;, whatever it "
	    "belongs to.",
	    (int)name_length(text), text);
	str_copy(ask->text[1], sizeof(ask->text[0]),
	    "If it belongs to the value, that command is sent by itself, where a ; is safe.");
	ask->text_count = 2;
	str_copy(ask->yes, sizeof(ask->yes), "y  it belongs to the value");
	str_copy(ask->no, sizeof(ask->no), "n  back to the line");
	str_copy(ask->third, sizeof(ask->third), "s  send it as it stands");
	app_ask(a, joined);
}

bool app_courier_typed(struct app *a, const char *line)
{
	struct backlog b;
	long suspect;
	bool mine;

	if ((a->plain && !plain_by_lines(a->plain)) ||
	    !settings_bool(a->session->settings, SET_BACKLOG) || !backlog_typed(line) ||
	    app_courier_busy(a) || app_eol(a)[0] == '\0' ||
	    (settings_bool(a->session->settings, SET_ESCAPES) && strchr(line, '\\')))
		return false;
	backlog_init(&b);
	mine = backlog_parse(&b, line, &suspect);
	if (mine && suspect >= 0)
		ask_joined(a, &b, (size_t)suspect, line);
	else if (mine)
		send_typed(a, &b);
	backlog_fini(&b);
	return mine;
}

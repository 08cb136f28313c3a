/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `tasmite upgrade`: over the air, driven by the console. Words and progress on standard error, the
 * result on standard output. */
#include "tasmite/app/cli.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_out.h"
#include "link.h"
#include "tasmite/base/str.h"
#include "tasmite/io/clock.h"
#include "upgrade_task.h"

#define AWAY MONO_S(20) /* for the port to come back, where it alone is waited for */

struct run {
	const struct cli_upgrade_options *opt;
	struct loop *loop;
	struct link *link;
	struct upgrade_task *task;
	struct timer *away;
	struct err err; /* why it could not begin or go on */
	int code;	/* of err, 0: by the end of the task */
	bool progress;	/* a line of it stands there, without an end */
	bool tty, stopped;
};

static void end_progress(struct run *r)
{
	if (r->progress)
		fputc('\n', stderr);
	r->progress = false;
}

static void stop(struct run *r, int code)
{
	r->code = code;
	r->stopped = true;
	loop_stop(r->loop, 0);
}

/* ---- the task ---------------------------------------------------------------------------------- */

static void on_send(void *ctx, const char *line)
{
	struct run *r = ctx;
	char text[320];

	(void)str_fmt(text, sizeof(text), "%s\n", line);
	(void)link_send(r->link, text, strlen(text)); /* what is lost is asked again */
}

static void on_say(void *ctx, bool bad, const char *text)
{
	struct run *r = ctx;

	(void)bad;
	end_progress(r);
	cli_say(stderr, "upgrade: %s\n", text);
}

static void on_ready(void *ctx, mono_t now)
{
	struct run *r = ctx;

	if (!r->task) /* all was known at once: see link_up */
		return;
	if (!upgrade_task_go(r->task, now, &r->err))
		stop(r, 1);
}

/* Nobody would come to plug it in again: what is to be put back is not waited for without end. */
static void watch_away(struct run *r, const struct upgrade_view *v, mono_t now)
{
	if (!v->away || v->state != UPGRADE_RESTORES)
		timer_disarm(r->away);
	else if (!timer_armed(r->away))
		timer_arm(r->away, now + AWAY);
}

static void on_away(void *ctx, mono_t now)
{
	struct run *r = ctx;

	if (r->task && !r->stopped)
		upgrade_task_port_gone(r->task, now);
}

static void on_changed(void *ctx, mono_t now)
{
	struct run *r = ctx;
	const struct upgrade_view *v;

	if (!r->task)
		return;
	v = upgrade_view(upgrade_task_model(r->task));
	watch_away(r, v, now);
	if (!r->tty)
		return;
	if (v->state != UPGRADE_SENDS || !v->total)
		return;
	fprintf(stderr, "\r%3u %%  %u of %u bytes, %u KB/s ",
	    (unsigned)((uint64_t)v->sent * 100 / v->total), v->sent, v->total, v->rate / 1024);
	fflush(stderr);
	r->progress = true;
}

static void on_ended(void *ctx, mono_t now)
{
	struct run *r = ctx;

	(void)now;
	r->stopped = true;
	loop_stop(r->loop, 0);
}

static const struct upgrade_task_ops task_ops = {
    .send = on_send, .say = on_say, .ready = on_ready, .changed = on_changed, .ended = on_ended};

/* ---- the link ---------------------------------------------------------------------------------- */

static void link_rx(void *ctx, const uint8_t *bytes, size_t n, mono_t now)
{
	struct run *r = ctx;

	if (r->task && !r->stopped)
		upgrade_task_rx(r->task, bytes, n, now);
}

static void link_up(void *ctx, mono_t now)
{
	struct run *r = ctx;
	struct upgrade_wish wish = {.small = r->opt->small,
	    .source = r->opt->source,
	    .address = r->opt->address,
	    .insist = r->opt->force,
	    .known = {.free_kb = -1, .flash_kb = -1}};

	if (r->stopped)
		return;
	if (r->task) {
		on_say(r, false, "the port is back");
		upgrade_task_port_back(r->task, now);
		return;
	}
	if (str_starts(r->opt->file, "http://"))
		wish.url = r->opt->file;
	else
		wish.path = r->opt->file;
	r->task = upgrade_task_new(r->loop, &wish, &task_ops, r, now, &r->err);
	if (!r->task)
		stop(r, 1);
}

static void link_down(void *ctx, const struct err *why, mono_t now)
{
	struct run *r = ctx;

	if (r->stopped)
		return;
	if (!r->task) {
		r->err = *why;
		stop(r, 4);
		return;
	}
	/* A device with USB of its own goes away by each restart: then the port comes back. */
	on_say(r, true, why->text);
	upgrade_task_port_away(r->task, now);
}

static void link_lines(void *ctx, const char *key, enum opener_line *dtr, enum opener_line *rts)
{
	(void)ctx;
	(void)key;
	*dtr = *rts = OPENER_AUTO;
}

static const struct link_ops link_ops = {
    .rx = link_rx, .up = link_up, .down = link_down, .lines = link_lines};

static mono_t flush(void *ctx, mono_t now)
{
	struct run *r = ctx;

	return r->link ? link_flush(r->link, now) : MONO_NEVER;
}

/* The first one lets the old OtaUrl be put back, the second one does not wait for that: what to type
 * is told then. */
static void on_signal(void *ctx, int signo, mono_t now)
{
	struct run *r = ctx;

	(void)signo;
	if (r->stopped)
		return;
	if (!r->task)
		stop(r, 5);
	else if (upgrade_served(upgrade_task_model(r->task)))
		upgrade_task_port_gone(r->task, now);
	else
		upgrade_task_cancel(r->task, now);
}

/* ---- the call ---------------------------------------------------------------------------------- */

static int confirm(const struct cli_upgrade_options *o)
{
	char answer[16];

	if (o->yes)
		return 0;
	if (!isatty(STDIN_FILENO)) {
		fputs(
		    "tasmite: this replaces the device's firmware; without a terminal to ask on it "
		    "needs --yes\n",
		    stderr);
		return 2;
	}
	fprintf(stderr,
	    "Upgrade the device at %s with %s?\n  Its settings stay.\n"
	    "y  upgrade  (anything else: leave it) ",
	    o->port, o->file);
	fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin) || (answer[0] != 'y' && answer[0] != 'Y'))
		return 5;
	return 0;
}

static int exit_code(const struct run *r)
{
	if (r->code)
		return r->code;
	switch (upgrade_view(upgrade_task_model(r->task))->end) {
	case UPGRADE_END_DONE:
		return 0;
	case UPGRADE_END_MUTE:
		return 3;
	case UPGRADE_END_PORT:
		return 4;
	case UPGRADE_END_CANCELLED:
		return 5;
	default:
		return 1;
	}
}

static void print_json(const struct run *r, int code)
{
	const struct upgrade_view *v = r->task ? upgrade_view(upgrade_task_model(r->task)) : NULL;
	json_t *o = json_object();
	char text[600] = "", version[24], *page;

	json_object_set_new(o, "code", json_integer(code));
	json_object_set_new(o, "result",
	    json_string(r->err.code && r->code ? "not-begun"
			: v		       ? upgrade_end_name(v->end)
					       : "none"));
	if (v) {
		upgrade_end_words(upgrade_task_model(r->task), text, sizeof(text));
		if (v->from)
			json_object_set_new(o, "from",
			    json_string(upgrade_version_text(v->from, version, sizeof(version))));
		if (v->now)
			json_object_set_new(o, "version",
			    json_string(upgrade_version_text(v->now, version, sizeof(version))));
		cli_out_put(o, "variant", cli_out_text(v->variant));
		json_object_set_new(o, "requests", json_integer(v->requests));
		json_object_set_new(o, "attempts", json_integer(v->attempts));
		json_object_set_new(o, "restarts", json_integer(v->restarts));
		json_object_set_new(o, "otaurl_restored", json_boolean(v->restored));
	}
	if (r->err.code && r->code)
		(void)str_copy(text, sizeof(text), r->err.text);
	cli_out_put(o, "text", cli_out_text(text));
	page = json_dumps(o, JSON_INDENT(2));
	if (page)
		cli_json(page);
	free(page);
	json_decref(o);
}

static void report(struct run *r, int code)
{
	char text[600];

	end_progress(r);
	if (r->err.code && r->code)
		cli_say(stderr, "tasmite: %s\n", r->err.text);
	if (r->opt->json) {
		print_json(r, code);
	} else if (r->task && !r->code) {
		upgrade_end_words(upgrade_task_model(r->task), text, sizeof(text));
		cli_say(stdout, "%s\n", text);
	}
}

static bool begin(struct run *r)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const struct transport_line line = {.baud = r->opt->baud ? r->opt->baud : 115200,
	    .bits = 8,
	    .parity = PARITY_NONE,
	    .stop = 1};

	r->loop = loop_new(&r->err);
	if (!r->loop)
		return false;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (loop_signal(r->loop, signals[i], on_signal, r, &r->err) != ERR_OK)
			return false;
	loop_phase(r->loop, LOOP_FLUSH, flush, r);
	r->away = timer_new(r->loop, on_away, r);
	r->link = link_new(r->loop, &link_ops, r);
	link_set_pace(r->link, 64, 15);
	link_open(r->link, r->opt->port, &line, clock_now());
	return true;
}

int cli_upgrade(const struct cli_upgrade_options *o)
{
	struct run r = {.opt = o, .tty = isatty(STDERR_FILENO)};
	int code = confirm(o);

	if (code)
		return code;
	signal(SIGPIPE, SIG_IGN);
	if (!begin(&r))
		r.code = 1;
	else if (!r.stopped && loop_run(r.loop, &r.err) < 0)
		r.code = 1;
	code = exit_code(&r);
	report(&r, code);
	upgrade_task_free(r.task);
	if (r.link)
		link_free(r.link);
	timer_free(r.away);
	loop_free(r.loop);
	return code;
}

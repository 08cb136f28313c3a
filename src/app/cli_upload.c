/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `tasmite upload`: to the device's own page; with a port its console and log are read too. Words and
 * progress on standard error, the result on standard output. */
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
#include "upload_task.h"

struct run {
	const struct cli_upload_options *opt;
	struct loop *loop;
	struct link *link; /* NULL: no port */
	struct upload_task *task;
	char password[128];
	struct err err; /* why it could not begin */
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
	char text[64];

	(void)str_fmt(text, sizeof(text), "%s\n", line);
	if (r->link)
		(void)link_send(r->link, text, strlen(text)); /* what is lost is asked again */
}

static void on_say(void *ctx, bool bad, const char *text)
{
	(void)bad;
	end_progress(ctx);
	cli_say(stderr, "upload: %s\n", text);
}

static void on_failed(void *ctx, const struct err *err, mono_t now)
{
	struct run *r = ctx;

	(void)now;
	r->err = *err;
	stop(r, 1);
}

static void on_ready(void *ctx, mono_t now)
{
	struct run *r = ctx;

	if (!upload_task_go(r->task, now, &r->err))
		stop(r, 1);
}

static void on_changed(void *ctx, mono_t now)
{
	struct run *r = ctx;
	const struct upload_view *v = upload_view(upload_task_model(r->task));

	(void)now;
	if (!r->tty || v->state != UPLOAD_SENDS || !v->total)
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

static const struct upload_task_ops task_ops = {.send = on_send,
    .say = on_say,
    .failed = on_failed,
    .ready = on_ready,
    .changed = on_changed,
    .ended = on_ended};

static void begin_task(struct run *r, mono_t now)
{
	struct upload_wish wish = {.path = r->opt->file,
	    .small = r->opt->small,
	    .address = r->opt->address,
	    .password = r->password,
	    .console = r->link != NULL,
	    .insist = r->opt->force};

	if (r->task || r->stopped)
		return;
	r->task = upload_task_new(r->loop, &wish, &task_ops, r, now, &r->err);
	if (r->task)
		upload_task_start(r->task, now);
	else
		stop(r, 1);
}

/* ---- the link ---------------------------------------------------------------------------------- */

static void link_rx(void *ctx, const uint8_t *bytes, size_t n, mono_t now)
{
	struct run *r = ctx;

	if (r->task && !r->stopped)
		upload_task_rx(r->task, bytes, n, now);
}

static void link_up(void *ctx, mono_t now)
{
	begin_task(ctx, now);
}

static void link_down(void *ctx, const struct err *why, mono_t now)
{
	struct run *r = ctx;

	(void)now;
	if (r->stopped)
		return;
	/* A device with USB of its own goes away by each restart; the page is there all the same. */
	if (r->task) {
		on_say(r, true, why->text);
		upload_task_port_away(r->task, now);
		return;
	}
	r->err = *why;
	stop(r, 4);
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

static void on_signal(void *ctx, int signo, mono_t now)
{
	struct run *r = ctx;

	(void)signo;
	if (r->task)
		upload_task_cancel(r->task, now);
	else
		stop(r, 5);
}

/* ---- the call ---------------------------------------------------------------------------------- */

static int confirm(const struct cli_upload_options *o)
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
	    "Upload %s to the page of the device%s%s?\n  Its settings stay.\n"
	    "y  upload  (anything else: leave it) ",
	    o->file, o->address ? " at " : "", o->address ? o->address : "");
	fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin) || (answer[0] != 'y' && answer[0] != 'Y'))
		return 5;
	return 0;
}

/* The first line of the file; "-" is standard input. */
static bool read_password(struct run *r)
{
	const char *path = r->opt->password_file;
	FILE *f;
	bool good;

	if (!path)
		return true;
	f = strcmp(path, "-") ? fopen(path, "r") : stdin;
	good = f && fgets(r->password, sizeof(r->password), f);
	if (f && f != stdin)
		fclose(f);
	r->password[strcspn(r->password, "\r\n")] = '\0';
	if (!good)
		fprintf(stderr, "tasmite: %s: no password can be read from it\n", path);
	return good;
}

static int exit_code(const struct run *r)
{
	if (r->code)
		return r->code;
	switch (upload_view(upload_task_model(r->task))->end) {
	case UPLOAD_END_DONE:
		return 0;
	case UPLOAD_END_NO_PAGE:
		return 3;
	case UPLOAD_END_CANCELLED:
		return 5;
	default:
		return 1;
	}
}

static void add_version(json_t *o, const char *name, uint32_t version)
{
	char text[24];

	if (version)
		json_object_set_new(
		    o, name, json_string(upgrade_version_text(version, text, sizeof(text))));
}

static void print_json(const struct run *r, int code)
{
	const struct upload_view *v = r->task ? upload_view(upload_task_model(r->task)) : NULL;
	bool none = r->err.code && r->code;
	json_t *o = json_object();
	char text[500] = "", *page;

	json_object_set_new(o, "code", json_integer(code));
	json_object_set_new(o, "result",
	    json_string(none ? "not-begun"
			: v  ? upload_end_name(v->end)
			     : "none"));
	if (v) {
		upload_end_words(upload_task_model(r->task), text, sizeof(text));
		add_version(o, "from", v->from);
		add_version(o, "version", v->now);
		cli_out_put(o, "variant", cli_out_text(v->variant));
		json_object_set_new(o, "by_page", json_boolean(v->by_page));
		json_object_set_new(o, "address", json_string(upload_task_address(r->task)));
		json_object_set_new(o, "said", json_string(v->said));
	}
	cli_out_put(o, "text", cli_out_text(none ? r->err.text : text));
	page = json_dumps(o, JSON_INDENT(2));
	if (page)
		cli_json(page);
	free(page);
	json_decref(o);
}

static void report(struct run *r, int code)
{
	char text[500];

	end_progress(r);
	if (r->err.code && r->code)
		cli_say(stderr, "tasmite: %s\n", r->err.text);
	if (r->opt->json) {
		print_json(r, code);
	} else if (r->task && !r->code) {
		upload_end_words(upload_task_model(r->task), text, sizeof(text));
		cli_say(stdout, "%s\n", text);
	}
}

static void open_port(struct run *r)
{
	const struct transport_line line = {.baud = r->opt->baud ? r->opt->baud : 115200,
	    .bits = 8,
	    .parity = PARITY_NONE,
	    .stop = 1};

	r->link = link_new(r->loop, &link_ops, r);
	link_set_pace(r->link, 64, 15);
	link_open(r->link, r->opt->port, &line, clock_now());
}

static bool begin(struct run *r)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	r->loop = loop_new(&r->err);
	if (!r->loop)
		return false;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (loop_signal(r->loop, signals[i], on_signal, r, &r->err) != ERR_OK)
			return false;
	loop_phase(r->loop, LOOP_FLUSH, flush, r);
	if (r->opt->port)
		open_port(r);
	else
		begin_task(r, clock_now());
	return true;
}

int cli_upload(const struct cli_upload_options *o)
{
	struct run r = {.opt = o, .tty = isatty(STDERR_FILENO)};
	int code = confirm(o);

	if (code)
		return code;
	if (!read_password(&r))
		return 2;
	signal(SIGPIPE, SIG_IGN);
	if (!begin(&r))
		r.code = 1;
	else if (!r.stopped && loop_run(r.loop, &r.err) < 0)
		r.code = 1;
	code = exit_code(&r);
	report(&r, code);
	upload_task_free(r.task);
	if (r.link)
		link_free(r.link);
	loop_free(r.loop);
	return code;
}

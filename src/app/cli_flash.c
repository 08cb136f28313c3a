/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `tasmite flash`, `chip`, `erase`, `backup` and `verify`: the flash task without a screen. */
#include "tasmite/app/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_out.h"
#include "flash_save.h"
#include "flash_task.h"
#include "flash_which.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/lines.h"
#include "tasmite/core/tasmota/secrets.h"
#include "tasmite/io/clock.h"

/* The devices of one call: one loop, and nothing else that they share. */
struct crowd {
	struct loop *loop;
	struct run *run;
	int count, left; /* of them, those at work */
	int drawn;	 /* lines of progress on the terminal, which are rewritten */
};

struct run {
	struct loop *loop;
	struct crowd *crowd;
	const char *port;
	bool over;
	struct link *link;
	struct flash_task *task;
	struct flash_request req;
	struct flash_view view;
	const struct cli_flash_options *opt;
	struct secrets *secrets;
	struct lines *heard; /* what the device says besides */
	uint64_t heard_next;
	struct timer *timeout;
	bool timed_out;
	bool port_open; /* it was, once */
	bool port_lost; /* never came, or went away */
	char port_why[400];
	char refused[800]; /* why it did not even begin */
	int last_percent;
	mono_t began, ended; /* ended: 0 until it is over */
};

/* ---- what is told while it runs: standard error ---------------------------------------------- */

/* The progress line is rewritten in place on a terminal, and is not there otherwise. */
static void end_progress(struct run *r)
{
	if (r->crowd->count > 1) {
		if (r->crowd->drawn)
			fprintf(stderr, "\r\033[%dA\033[J", r->crowd->drawn);
		r->crowd->drawn = 0;
		return;
	}
	if (r->last_percent >= 0 && isatty(STDERR_FILENO))
		fputc('\n', stderr);
	r->last_percent = -1;
}

/* Of several devices each line tells whose it is. */
static void name_it(const struct run *r)
{
	if (r->crowd->count > 1)
		cli_say(stderr, "%s: ", r->port);
}

static void on_say(void *ctx, bool bad, const char *text)
{
	struct run *r = ctx;

	if (r->timed_out)
		return; /* nobody cancelled: the last line says what it was */
	end_progress(r);
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		name_it(r);
		cli_say(stderr, "%s%.*s\n", bad ? "! " : "", (int)n, text);
	}
}

static void print_heard(struct run *r, const struct buf *masked, mono_t now)
{
	struct line_ref ref;

	if (buf_len(masked))
		lines_rx(r->heard, buf_bytes(masked), buf_len(masked), now);
	for (; lines_get(r->heard, r->heard_next, &ref) && !ref.partial; r->heard_next++)
		if (ref.len) {
			end_progress(r);
			name_it(r);
			fputs("device: ", stderr);
			cli_out_line(stderr, ref.bytes, ref.len);
		}
}

static void on_heard(void *ctx, const uint8_t *bytes, size_t n, mono_t now)
{
	struct run *r = ctx;
	struct buf masked;

	buf_init(&masked, n + SECRETS_HOLD_MAX);
	secrets_rx(r->secrets, bytes, n, now, &masked);
	print_heard(r, &masked, now);
	buf_fini(&masked);
}

/* What was held back and the line without an end, when nothing more will come. */
static void print_rest(struct run *r, mono_t now)
{
	struct buf masked;

	buf_init(&masked, SECRETS_HOLD_MAX);
	secrets_flush(r->secrets, &masked);
	lines_rx(r->heard, buf_bytes(&masked), buf_len(&masked), now);
	lines_break(r->heard, now);
	buf_clear(&masked);
	print_heard(r, &masked, now);
	buf_fini(&masked);
}

/* This one is done with; the last one ends the loop. */
static void leave(struct run *r)
{
	if (!r->over)
		r->ended = clock_now(); /* the others may take longer */
	if (!r->over && --r->crowd->left == 0)
		loop_stop(r->loop, 0);
	r->over = true;
}

static void on_ended(void *ctx, mono_t now)
{
	struct run *r = ctx;

	print_rest(r, now);
	end_progress(r);
	leave(r);
}

static const struct flash_task_ops ops = {.say = on_say, .heard = on_heard, .ended = on_ended};

static void show_progress(struct run *r)
{
	const struct flash_view *v = &r->view;
	const char *stage = "";
	int percent;

	if (!v->total || !isatty(STDERR_FILENO) || r->crowd->count > 1)
		return;
	percent = (int)((uint64_t)v->done * 100 / v->total);
	if (percent == r->last_percent)
		return;
	for (int i = 0; i < v->stage_count; i++)
		if (v->stages[i].mark == MARK_RUNNING)
			stage = v->stages[i].name;
	fprintf(stderr, "\r%s %3d %%  %s", stage, percent, v->rate);
	if (v->left_s >= 0)
		fprintf(stderr, "  %d s left   ", v->left_s);
	r->last_percent = percent;
}

/* A line each, when one of them has got on. */
static void show_all(struct crowd *c)
{
	bool moved = false;

	if (c->count < 2 || !isatty(STDERR_FILENO))
		return;
	for (int i = 0; i < c->count; i++) {
		struct run *r = &c->run[i];
		int percent =
		    r->view.total ? (int)((uint64_t)r->view.done * 100 / r->view.total) : 0;

		moved = moved || percent != r->last_percent;
		r->last_percent = percent;
	}
	if (!moved)
		return;
	if (c->drawn)
		fprintf(stderr, "\r\033[%dA", c->drawn);
	c->drawn = c->count;
	for (int i = 0; i < c->count; i++) {
		const struct flash_view *v = &c->run[i].view;
		const char *stage = c->run[i].over ? "over" : "waiting";

		for (int k = 0; k < v->stage_count; k++)
			if (v->stages[k].mark == MARK_RUNNING)
				stage = v->stages[k].name;
		fprintf(stderr, "%s: %s %d %%  %s\033[K\n", c->run[i].port, stage,
		    c->run[i].last_percent, v->rate);
	}
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void link_rx(void *ctx, const uint8_t *bytes, size_t n, mono_t now)
{
	struct run *r = ctx;

	if (r->task)
		flash_task_rx(r->task, bytes, n, now);
}

static void show_steps(const struct run *r)
{
	for (int i = 0; i < r->view.text_count; i++) {
		name_it(r);
		cli_say(stderr, "%s\n", r->view.text[i]);
	}
}

static void link_up(void *ctx, mono_t now)
{
	struct run *r = ctx;

	r->port_open = true;
	if (!r->task || r->view.state != FLASH_WAITING)
		return;
	flash_task_port_back(r->task, now);
	show_steps(r); /* they may be others there */
}

static void link_down(void *ctx, const struct err *why, mono_t now)
{
	struct run *r = ctx;

	if (r->over)
		return; /* the others go on, and this one's result stands */
	/* Pulling the adapter may be how the board gets to its loader; a port that never opened (a
	 * server's takes a while to fail) is the caller's to mend. */
	if (r->task && r->view.state == FLASH_WAITING && r->port_open) {
		flash_task_port_lost(r->task, now);
		on_say(r, true, why->text);
		return;
	}
	r->port_lost = true;
	str_copy(r->port_why, sizeof(r->port_why), why->text);
	if (r->task)
		flash_task_port_lost(r->task, now);
	leave(r);
}

static const struct link_ops link_ops = {.rx = link_rx, .up = link_up, .down = link_down};

static mono_t flush(void *ctx, mono_t now)
{
	struct crowd *c = ctx;
	mono_t next = MONO_NEVER;

	for (int i = 0; i < c->count; i++) {
		struct run *r = &c->run[i];

		if (r->link)
			next = mono_min(next, link_flush(r->link, now));
		if (r->task)
			flash_task_turn(r->task, now);
		show_progress(r);
	}
	show_all(c);
	return next;
}

static void on_signal(void *ctx, int signo, mono_t now)
{
	struct crowd *c = ctx;

	(void)signo;
	for (int i = 0; i < c->count; i++)
		if (c->run[i].task)
			flash_task_cancel(c->run[i].task, now);
}

static void on_timeout(void *ctx, mono_t now)
{
	struct run *r = ctx;

	if (r->view.state != FLASH_WAITING)
		return; /* it bounds the waiting for the loader, not the work */
	r->timed_out = true;
	flash_task_cancel(r->task, now);
}

/* ---- the question ---------------------------------------------------------------------------- */

/* 0 go on, else the exit code. */
static int confirm(const struct run *r)
{
	struct session_ask ask;
	char answer[16];

	if (r->opt->yes || !flash_request_loses(&r->req))
		return 0;
	if (!isatty(STDIN_FILENO)) {
		fputs("tasmite: this erases what is on the device; without a terminal to ask on it "
		      "needs --yes\n",
		    stderr);
		return 2;
	}
	flash_request_question(&r->req, NULL, &ask);
	cli_say(stderr, "%s\n", ask.title);
	if (r->crowd->count > 1)
		fprintf(stderr, "  On %d devices.\n", r->crowd->count);
	for (int i = 0; i < ask.text_count; i++)
		cli_say(stderr, "  %s\n", ask.text[i]);
	fprintf(stderr, "%s  (anything else: %s) ", ask.yes, ask.no + 3);
	fflush(stderr);
	if (!fgets(answer, sizeof(answer), stdin) || (answer[0] != 'y' && answer[0] != 'Y'))
		return 5;
	return 0;
}

/* ---- the result: standard output ------------------------------------------------------------- */

static const char *result_word(const struct run *r)
{
	switch (r->view.state) {
	case FLASH_DONE:
		return "done";
	case FLASH_CANCELLED:
		return r->timed_out ? "timeout" : "cancelled";
	default:
		return "failed";
	}
}

/* Which file of Tasmota's it takes, or why there is none. */
static json_t *which_json(const struct engine_chip *chip)
{
	json_t *o = json_object();
	struct image_which w;

	if (flash_which(chip, &w) == ERR_OK) {
		json_object_set_new(o, "file", json_string(w.file));
		json_object_set_new(o, "url", json_string(w.url));
		if (w.small[0])
			json_object_set_new(o, "smaller", json_string(w.small));
		json_object_set_new(o, "upgrade", json_string(w.ota));
	}
	if (w.note[0])
		json_object_set_new(o, "note", json_string(w.note));
	return o;
}

static json_t *chip_json(const struct engine_chip *chip)
{
	char mac[24], id[16];

	str_fmt(mac, sizeof(mac), "%02X:%02X:%02X:%02X:%02X:%02X", chip->mac[0], chip->mac[1],
	    chip->mac[2], chip->mac[3], chip->mac[4], chip->mac[5]);
	str_fmt(id, sizeof(id), "%06x", chip->flash_id);
	json_t *o = json_pack("{s:s, s:s, s:b, s:i, s:s, s:I, s:i}", "name", chip->name, "mac", mac,
	    "esp8285", chip->is_8285, "crystal_mhz", (int)(chip->crystal_khz / 1000), "flash_id",
	    id, "flash_size", (json_int_t)chip->flash_size, "flash_status",
	    (int)chip->flash_status);

	if (o && chip->family32) {
		json_object_set_new(o, "chip_id", json_integer(chip->chip_id));
		if (chip->revision >= 0)
			json_object_set_new(o, "revision", json_integer(chip->revision));
		json_object_set_new(o, "secure_download", json_boolean(chip->secure_download));
		json_object_set_new(o, "secure_boot", json_boolean(chip->secure_boot));
		json_object_set_new(o, "flash_encrypted", json_boolean(chip->flash_encrypted));
		json_object_set_new(o, "flash_woken", json_boolean(chip->flash_woken));
		if (chip->part[0])
			json_object_set_new(o, "part", json_string(chip->part));
		if (chip->chip_id == 0)
			json_object_set_new(o, "single_core", json_boolean(chip->single_core));
		if (chip->psram)
			json_object_set_new(o, "psram", json_integer(chip->psram));
	}
	if (o)
		json_object_set_new(o, "tasmota", which_json(chip));
	return o;
}

static void print_json(const struct run *r, int code, double seconds)
{
	const struct engine_chip *chip = r->task ? flash_task_chip(r->task) : NULL;
	json_t *o = json_object(), *text = json_array();
	const char *path, *md5 = "";
	char *page;

	json_object_set_new(o, "result", json_string(r->task ? result_word(r) : "failed"));
	json_object_set_new(o, "exit_code", json_integer(code));
	json_object_set_new(o, "seconds", json_real(seconds));
	if (chip)
		json_object_set_new(o, "chip", chip_json(chip));
	path = r->task ? flash_task_saved(r->task, &md5) : NULL;
	if (path) {
		json_object_set_new(o, "backup", cli_out_text(path));
		json_object_set_new(o, "backup_md5", json_string(md5));
	}
	for (int i = 0; i < r->view.text_count; i++)
		json_array_append_new(text, cli_out_text(r->view.text[i]));
	if (r->refused[0])
		json_array_append_new(text, cli_out_text(r->refused));
	if (r->port_why[0])
		json_array_append_new(text, cli_out_text(r->port_why));
	json_object_set_new(o, "text", text);
	if (r->view.what[0])
		json_object_set_new(o, "what", cli_out_text(r->view.what));
	json_object_set_new(o, "retries", json_integer(r->view.retries));
	page = json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	json_decref(o);
	if (!page)
		xalloc_die("out of memory");
	cli_json(page);
	free(page);
}

static int exit_code(const struct run *r)
{
	if (r->port_lost && r->view.state != FLASH_DONE)
		return 4;
	switch (r->view.state) {
	case FLASH_DONE:
		return 0;
	case FLASH_CANCELLED:
		return r->timed_out ? 1 : 5;
	default:
		return r->task && flash_task_lost_port(r->task) ? 4 : 1;
	}
}

/* The backup and its MD5, as md5sum would print them. */
static void print_saved(const struct run *r)
{
	const char *md5, *path = r->task ? flash_task_saved(r->task, &md5) : NULL;

	if (path)
		cli_say(stdout, "%s  %s\n", md5, path);
}

static void report(const struct run *r, int code, double seconds)
{
	const struct engine_chip *chip = r->task ? flash_task_chip(r->task) : NULL;
	struct sbuf out;

	if (r->opt->json) {
		print_json(r, code, seconds);
		return;
	}
	if (r->port_lost && code)
		cli_say(stderr, "tasmite: %s\n", r->port_why);
	if (r->timed_out)
		fprintf(stderr, "tasmite: no boot loader within %d s\n", r->opt->timeout_s);
	print_saved(r);
	if (!chip || r->req.kind != ENGINE_IDENTIFY || code)
		return;
	sbuf_init(&out, 4000);
	flash_chip_describe(chip, &out);
	fputs(sbuf_str(&out), stdout);
	sbuf_fini(&out);
}

/* ---- start ----------------------------------------------------------------------------------- */

static bool set_up_loop(struct crowd *c, struct err *err)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

	c->loop = loop_new(err);
	if (!c->loop)
		return false;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (loop_signal(c->loop, signals[i], on_signal, c, err) != ERR_OK)
			return false;
	loop_phase(c->loop, LOOP_FLUSH, flush, c);
	return true;
}

static void set_up(struct run *r)
{
	struct transport_line line = {
	    .baud = r->opt->app_baud, .bits = 8, .parity = PARITY_NONE, .stop = 1};

	r->loop = r->crowd->loop;
	r->secrets = secrets_new();
	r->heard = lines_new(1 << 20);
	r->link = link_new(r->loop, &link_ops, r);
	r->began = clock_now();
	link_open(r->link, r->port, &line, r->began);
}

static void work(struct run *r, struct err *err)
{
	struct flash_request req = r->req;

	r->req.file_count = 0; /* taken over by the task; kind and areas stay for the report */
	r->task =
	    flash_task_new(r->loop, r->link, &req, false, 0, &r->view, &ops, r, r->began, err);
	if (!r->task) {
		flash_request_fini(&req);
		return;
	}
	if (link_is_open(r->link))
		show_steps(r);
	if (r->opt->timeout_s) {
		r->timeout = timer_new(r->loop, on_timeout, r);
		timer_arm(r->timeout, r->began + MONO_S(r->opt->timeout_s));
	}
}

static void tear_down(struct run *r)
{
	flash_task_free(r->task);
	flash_request_fini(&r->req);
	if (r->loop) {
		timer_free(r->timeout);
		link_free(r->link);
	}
	lines_free(r->heard);
	secrets_free(r->secrets);
}

static int finish(struct run *r, const struct err *err)
{
	double seconds =
	    r->loop ? (double)((r->ended ? r->ended : clock_now()) - r->began) / 1e6 : 0;
	int code = err->code ? 1 : exit_code(r);

	if (err->code) {
		name_it(r);
		fprintf(stderr, "tasmite: %s\n", err->text);
	}
	report(r, code, seconds);
	return code;
}

/* All of them, each by itself; the exit code is the worst one. */
static int run(struct crowd *c)
{
	struct err err = {0}, own[CLI_FLASH_PORTS] = {{0}};
	int code = confirm(&c->run[0]), worst = 0;

	if (code == 0 && set_up_loop(c, &err)) {
		c->left = c->count;
		for (int i = 0; i < c->count; i++) {
			c->run[i].last_percent = -1;
			set_up(&c->run[i]);
			if (!c->run[i].port_lost)
				work(&c->run[i], &own[i]);
			if (own[i].code)
				leave(&c->run[i]);
		}
		if (c->left > 0 && loop_run(c->loop, &err) < 0)
			on_signal(c, 0, clock_now());
	}
	for (int i = 0; i < c->count && code == 0; i++) {
		int one = finish(&c->run[i], err.code ? &err : &own[i]);

		worst = worst > one ? worst : one;
	}
	for (int i = 0; i < c->count; i++)
		tear_down(&c->run[i]);
	loop_free(c->loop);
	return code ? code : worst;
}

/* It did not begin: the same words for people and for machines. */
static int refuse(struct run *r, const struct err *err)
{
	fprintf(stderr, "tasmite: %s\n", err->text);
	str_copy(r->refused, sizeof(r->refused), err->text);
	if (r->opt->json)
		print_json(r, 1, 0);
	flash_request_fini(&r->req);
	return 1;
}

/* Checks what can be checked before the user has to hold the button. */
static int check_files(const struct flash_request *req, struct err *err)
{
	struct image_target target = {0};
	struct sbuf warnings;
	int rc;

	sbuf_init(&warnings, 4000);
	rc = flash_request_check(req, &target, &warnings, err);
	if (rc == ERR_OK)
		fputs(sbuf_str(&warnings), stderr);
	sbuf_fini(&warnings);
	return rc;
}

/* What one device gets: 0, or the exit code of what was refused. */
static int prepare(struct run *r)
{
	const struct cli_flash_options *o = r->opt;
	struct err err = {0};

	flash_request_init(&r->req, o->kind);
	r->req.baud = o->baud;
	r->req.erase_all = o->erase_all;
	r->req.area.offset = o->area_offset;
	r->req.area.length = o->area_length;
	r->req.no_clkdiv = o->no_clkdiv;
	r->req.app_baud = o->app_baud;
	r->req.cancel_by = "Ctrl-C";
	r->req.maybe_there = true;
	r->req.see_start = true; /* nobody listens any more when this is over */
	for (int i = 0; i < o->option_count; i++)
		if (flash_request_option(&r->req, o->options[i].name, o->options[i].value, &err) <
		    0) {
			refuse(r, &err);
			return 2;
		}
	if (o->save && !str_copy(r->req.save, sizeof(r->req.save), o->save)) {
		err_set(&err, ERR_RANGE, 0, "the name of the file is too long");
		return refuse(r, &err);
	}
	if (r->req.save[0] && o->port_count > 1) {
		err_set(
		    &err, ERR_INVAL, 0, "--backup is for one device: several can't share a file");
		return refuse(r, &err);
	}
	if (r->req.save[0] && flash_save_taken(r->req.save)) {
		err_set(&err, ERR_BUSY, 0,
		    "%s is there already and is not overwritten: take another name", r->req.save);
		return refuse(r, &err);
	}
	for (int i = 0; i < o->file_count; i++)
		if (flash_request_add(&r->req, o->files[i], &err) != ERR_OK)
			return refuse(r, &err);
	if (o->kind == ENGINE_FLASH && check_files(&r->req, &err) != ERR_OK)
		return refuse(r, &err);
	return 0;
}

int cli_flash(const struct cli_flash_options *o)
{
	struct run runs[CLI_FLASH_PORTS];
	struct crowd c = {.run = runs, .count = o->port_count > 1 ? o->port_count : 1};
	int code = 0;

	/* Who reads the words may end before the work does: that must not end in the middle. */
	signal(SIGPIPE, SIG_IGN);
	memset(runs, 0, sizeof(runs));
	for (int i = 0; i < c.count && code == 0; i++) {
		runs[i].opt = o;
		runs[i].crowd = &c;
		runs[i].port = c.count > 1 ? o->ports[i] : o->port;
		code = prepare(&runs[i]);
		if (code)
			c.count = i; /* that one is put away */
	}
	if (code == 0)
		return run(&c);
	for (int i = 0; i < c.count; i++)
		flash_request_fini(&runs[i].req);
	return code;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session without a screen. */
#include "plain.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_int.h"
#include "lineui.h"
#include "tasmite/app/cli.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/pattern.h"
#include "tasmite/core/textlog.h"
#include "tasmite/io/outpipe.h"

/* So much may wait for a slow reader before the port is read no more. */
#define OUT_FULL (4u << 20)
/* So much may wait for the port before standard input is read no more. */
#define TX_FULL 16384
#define IN_MAX	65536
/* A prompt without an end is told after this. */
#define PARTIAL_US MONO_MS(100)
/* At the end: for a reader that takes nothing. */
#define LAST_US MONO_S(2)

struct plain {
	struct app *a;
	const struct app_plain_options *o;
	struct textlog text;
	struct outpipe *out;
	struct watch *in_watch;
	struct buf in; /* what was read and not sent */
	bool in_open;
	bool ready;   /* the port is open: there is somebody to send to */
	bool greeted; /* --send was done */
	int away_for; /* why the port is away, as it was told; ERR_OK: it is not */
	bool closing; /* the last bytes come */
	bool ending;
	int code;
	struct pattern *until;
	struct textlog seen; /* the lines for --until, without stamps */
	struct buf seen_line;
	mono_t active; /* when something was received or sent last */
	struct timer *idle, *timeout, *partial, *last;
	uint64_t words_next; /* first line of the log that was not looked at for words */
	bool tty;	     /* somebody sits there */
	struct lineui *ui;   /* the session by lines; NULL: lines are for the device alone */
};

/* ---- the end --------------------------------------------------------------------------------- */

void plain_end(struct plain *p, int code)
{
	if (p->ending || p->closing)
		return;
	p->closing = true;
	app_upgrade_abandon(p->a);
	app_log_let_go(p->a, p->a->now); /* what came belongs into the output */
	/* The last line ends, whatever the device thinks of it. */
	textlog_break(&p->text);
	p->ending = true;
	p->code = code;
	watch_set(p->in_watch, LOOP_NONE);
	link_close(p->a->link);
	timer_arm(p->last, p->a->now + LAST_US);
	loop_again(p->a->loop);
}

static void last_due(void *ctx, mono_t now)
{
	struct plain *p = ctx;

	(void)now;
	app_quit(p->a, p->code);
}

static void out_failed(void *ctx, const struct err *err, mono_t now)
{
	struct plain *p = ctx;

	p->a->now = now;
	/* Who read it has seen enough: that is how a pipe ends. */
	if (err->code != ERR_GONE)
		fprintf(stderr, "tasmite: %s\n", err->text);
	plain_end(p, err->code == ERR_GONE ? 0 : 1);
	if (err->code != ERR_GONE && !p->code) /* it was about to end well */
		p->code = 1;
}

static void timeout_due(void *ctx, mono_t now)
{
	struct plain *p = ctx;

	p->a->now = now;
	if (!p->ending)
		fprintf(stderr, "tasmite: nothing matched %s within %g s\n", p->o->until,
		    (double)p->o->timeout_us / 1e6);
	plain_end(p, 1);
}

/* Work of the session by lines: neither idle, nor over before it ends by itself. */
static bool is_working(const struct plain *p)
{
	const struct app *a = p->a;

	return p->ui && (app_flashing(a) || app_courier_busy(a) || app_upgrading(a) ||
			    app_uploading(a) || a->look || a->image || a->elf);
}

static void idle_due(void *ctx, mono_t now)
{
	struct plain *p = ctx;
	mono_t at = p->active + p->o->exit_after_us;

	p->a->now = now;
	if (link_unsent(p->a->link) || app_sending(p->a) || buf_len(&p->in) || is_working(p)) {
		p->active = now;
		at = now + p->o->exit_after_us;
	}
	if (at > now) {
		timer_arm(p->idle, at);
		return;
	}
	if (p->until && !p->ending)
		fprintf(stderr, "tasmite: nothing matched %s\n", p->o->until);
	plain_end(p, p->until ? 1 : 0);
}

/* ---- what comes ------------------------------------------------------------------------------ */

static void text_out(void *ctx, const void *text, size_t n)
{
	struct plain *p = ctx;

	outpipe_put(p->out, text, n);
}

static void seen_out(void *ctx, const void *text, size_t n)
{
	struct plain *p = ctx;
	size_t room = buf_space(&p->seen_line);

	/* Of an endless line the beginning is given up. */
	if (n > room)
		buf_consume(&p->seen_line,
		    n - room < buf_len(&p->seen_line) ? n - room : buf_len(&p->seen_line));
	(void)buf_append_some(&p->seen_line, text, n);
}

/* Whole lines; the unfinished one too when nothing more came for a while: a prompt has no end. */
static bool look_for(struct plain *p, bool unfinished)
{
	bool found = false;

	while (!found && buf_len(&p->seen_line)) {
		const uint8_t *line = buf_bytes(&p->seen_line);
		const uint8_t *end = memchr(line, '\n', buf_len(&p->seen_line));
		size_t n = end ? (size_t)(end - line) : buf_len(&p->seen_line);

		if (end || unfinished)
			found = pattern_find(p->until, line, n, 0, NULL);
		if (!end)
			break;
		buf_consume(&p->seen_line, n + 1);
	}
	return found;
}

static void watch_for(struct plain *p, bool unfinished)
{
	if (look_for(p, unfinished)) {
		plain_end(p, 0);
	} else if (pattern_trouble(p->until)[0]) {
		fprintf(
		    stderr, "tasmite: --until %s: %s\n", p->o->until, pattern_trouble(p->until));
		plain_end(p, 1);
	}
}

void plain_rx(struct plain *p, const uint8_t *bytes, size_t n, mono_t at)
{
	if (p->ending)
		return;
	p->active = p->a->now;
	textlog_rx(&p->text, bytes, n, at);
	if (textlog_holds(&p->text))
		timer_arm(p->partial, p->a->now + PARTIAL_US);
	else
		timer_disarm(p->partial);
	if (!p->until)
		return;
	textlog_rx(&p->seen, bytes, n, at);
	watch_for(p, false);
}

void plain_tx(struct plain *p, const char *line, size_t n, mono_t at)
{
	p->active = p->a->now;
	if (p->a->player)
		textlog_put(&p->text, "> ", line, n, at);
}

void plain_break(struct plain *p)
{
	textlog_break(&p->text);
	if (!p->until || p->ending)
		return;
	textlog_break(&p->seen);
	watch_for(p, false);
}

void plain_set_wall(struct plain *p, int64_t offset_us)
{
	p->text.wall_offset_us = offset_us;
	p->text.second = INT64_MIN; /* what it shows was reckoned with the other one */
}

static void partial_due(void *ctx, mono_t now)
{
	struct plain *p = ctx;

	p->a->now = now;
	textlog_let_go(&p->text);
	if (!p->until || p->ending)
		return;
	textlog_let_go(&p->seen);
	watch_for(p, true);
}

bool plain_by_lines(const struct plain *p)
{
	return p->ui;
}

bool plain_is_full(const struct plain *p)
{
	return outpipe_queued(p->out) > OUT_FULL;
}

/* ---- what is sent ---------------------------------------------------------------------------- */

static void tell_notice(struct plain *p)
{
	struct session *s = p->a->session;

	if (s->notice[0] && s->notice_bad)
		fprintf(stderr, "tasmite: %s\n", s->notice);
	session_notice(s, false, "%s", "");
}

static void send(struct plain *p, const char *line, size_t n)
{
	char *text = xstrndup(line, n);

	if (!app_send_line(p->a, text))
		tell_notice(p);
	free(text);
	p->active = p->a->now;
}

/* A line for the program itself: a command, or an answer to what it asked. */
static bool is_own(const struct plain *p)
{
	const char *line = (const char *)buf_bytes(&p->in);

	if (!buf_len(&p->in))
		return false;
	return (p->ui && lineui_asks(p->ui)) ||
	       (line[0] == '/' && buf_len(&p->in) > 1 && line[1] != '/');
}

/* Whether the next line can be taken now. Somebody who sits there is told what can't be done yet; a
 * script waits until it can. */
static bool may_take(const struct plain *p)
{
	bool busy = is_working(p) && !p->tty && !lineui_asks(p->ui);

	if (p->ending || !buf_len(&p->in) || busy)
		return false;
	return is_own(p) || (p->ui && p->tty) ||
	       (p->ready && link_is_open(p->a->link) && !app_sending(p->a) &&
		   link_unsent(p->a->link) < TX_FULL);
}

static void take_line(struct plain *p, const char *line, size_t n)
{
	char *text = xstrndup(line, n);
	const char *rest = text;

	if (!p->ui && is_own(p))
		p->ui = lineui_new(p->a, false);
	if (!p->ui)
		rest += rest[0] == '/'; /* of two slashes one is sent */
	if (!p->ui || !lineui_line(p->ui, &rest))
		send(p, rest, strlen(rest));
	free(text);
	p->active = p->a->now;
}

/* What was read goes out line by line, as fast as the port takes it. */
static void send_lines(struct plain *p)
{
	while (may_take(p)) {
		const uint8_t *line = buf_bytes(&p->in), *end;
		size_t n = buf_len(&p->in), k;

		end = memchr(line, '\n', n);
		if (!end && p->in_open && buf_space(&p->in))
			break;
		k = end ? (size_t)(end - line) : n;
		take_line(p, (const char *)line, k && line[k - 1] == '\r' ? k - 1 : k);
		buf_consume(&p->in, end ? k + 1 : k);
	}
}

static void on_input(void *ctx, int ready, mono_t now)
{
	struct plain *p = ctx;
	char bytes[4096];
	size_t room = buf_space(&p->in);
	ssize_t n;

	(void)ready;
	p->a->now = now;
	n = read(STDIN_FILENO, bytes, room < sizeof(bytes) ? room : sizeof(bytes));
	if (n > 0) {
		(void)buf_append(&p->in, bytes, (size_t)n);
		p->active = now;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		if (n < 0)
			fprintf(stderr,
			    "tasmite: standard input can't be read: %s; what follows in it is not "
			    "sent\n",
			    strerror(errno));
		p->in_open = false; /* what the device says goes on */
	}
}

void plain_port_open(struct plain *p, mono_t now)
{
	p->ready = true;
	p->away_for = ERR_OK;
	p->active = now;
	if (p->greeted)
		return;
	p->greeted = true;
	for (int i = 0; i < p->o->send_count; i++)
		send(p, p->o->send[i], strlen(p->o->send[i]));
	if (p->o->exit_after_us)
		timer_arm(p->idle, now + p->o->exit_after_us);
}

void plain_port_lost(struct plain *p, const struct err *why)
{
	bool was_there = p->ready;
	/* A chip's own USB goes away when it is reset into its loader. */
	bool waits = p->o->wait || (p->ui && app_flashing(p->a));

	p->ready = false;
	/* Each reason once, not each attempt. */
	if (!p->ending && (!waits || was_there || why->code != p->away_for))
		fprintf(stderr, "tasmite: %s%s%s\n", was_there ? "the port went away: " : "",
		    why->text, waits ? " (it is waited for)" : "");
	p->away_for = why->code;
	if (waits)
		return;
	plain_end(p, 4);
}

/* ---- the turn -------------------------------------------------------------------------------- */

static void tell_words(struct plain *p)
{
	const struct lines *log = p->a->session->log;
	struct line_ref ref;

	if (p->words_next < lines_first(log))
		p->words_next = lines_first(log);
	while (lines_get(log, p->words_next, &ref) && !ref.partial) {
		p->words_next++;
		if (ref.dir == LINE_WARN || (p->ui && ref.dir == LINE_OWN))
			cli_say(stderr, "tasmite: %.*s\n", (int)ref.len, (const char *)ref.bytes);
	}
}

static mono_t phase_flush(void *ctx, mono_t now)
{
	struct plain *p = ctx;
	/* The end of a long line has to be read, else it is never taken. */
	bool room = buf_space(&p->in) > 0 && (buf_len(&p->in) < TX_FULL ||
						 !memchr(buf_bytes(&p->in), '\n', buf_len(&p->in)));
	mono_t next;

	p->a->now = now;
	send_lines(p);
	if (!p->ending)
		watch_set(
		    p->in_watch, p->in_open && (p->ready || p->ui) && room ? LOOP_READ : LOOP_NONE);
	tell_words(p);
	outpipe_flush(p->out, now);
	link_hold(p->a->link, plain_is_full(p));
	next = mono_min(link_flush(p->a->link, now), app_send_turn(p->a, now));
	if (p->ui && !p->ending)
		next = mono_min(next, lineui_turn(p->ui, now));
	else if (!p->ending) /* serial-log of the configuration goes by it */
		next = mono_min(next, app_courier_turn(p->a, now));
	tell_words(p); /* what was said since: nothing may wake the loop for it */
	app_record_words(p->a, now);
	/* Lines that can be sent now wait for no other event. */
	if (may_take(p) && memchr(buf_bytes(&p->in), '\n', buf_len(&p->in)))
		next = now;
	if (p->ending && !outpipe_queued(p->out))
		app_quit(p->a, p->code);
	return next;
}

static void on_int(void *ctx, int signo, mono_t now)
{
	struct plain *p = ctx;

	(void)signo;
	p->a->now = now;
	if (!p->ending && app_upgrade_leave(p->a, 0)) { /* ends when OtaUrl is put back */
		p->a->exit_code = 5;
		return;
	}
	if (p->ending)
		app_quit(p->a, p->code); /* the second time nothing is waited for */
	plain_end(p, 5);
}

/* ---- begin and end --------------------------------------------------------------------------- */

static void make_text(struct plain *p)
{
	const struct session *s = p->a->session;

	textlog_init(&p->text, text_out, p);
	if (p->o->stamp)
		p->text.stamp = p->o->stamp_iso ? TEXTLOG_ISO : TEXTLOG_CLOCK;
	p->text.color = p->o->color;
	p->text.wall_offset_us = s->wall_offset_us;
	p->text.utc_offset_s = s->utc_offset_s;
	textlog_init(&p->seen, seen_out, p);
	buf_init(&p->in, IN_MAX);
	buf_init(&p->seen_line, IN_MAX);
}

static bool make_rest(struct plain *p, struct err *err)
{
	struct loop *l = p->a->loop;

	signal(SIGPIPE, SIG_IGN); /* told by the write */
	if (p->o->until) {
		p->until = pattern_new(p->o->until, 0, err);
		if (!p->until)
			return false;
	}
	p->out = outpipe_new(l, STDOUT_FILENO, out_failed, p, err);
	p->in_watch = watch_new(l, STDIN_FILENO, 1, LOOP_NONE, on_input, p, err);
	p->idle = timer_new(l, idle_due, p);
	p->timeout = timer_new(l, timeout_due, p);
	p->partial = timer_new(l, partial_due, p);
	p->last = timer_new(l, last_due, p);
	if (p->o->timeout_us)
		timer_arm(p->timeout, p->a->now + p->o->timeout_us);
	return p->out && p->in_watch && loop_signal(l, SIGINT, on_int, p, err) == ERR_OK;
}

struct plain *plain_new(struct app *a, struct err *err)
{
	struct plain *p = xcalloc(1, sizeof(*p));

	p->a = a;
	p->o = &a->options->plain;
	p->in_open = true;
	make_text(p);
	if (!make_rest(p, err)) {
		plain_free(p);
		return NULL;
	}
	p->tty = isatty(STDIN_FILENO) && !a->options->replay;
	if (p->tty)
		p->ui = lineui_new(a, true);
	loop_phase(a->loop, LOOP_FLUSH, phase_flush, p);
	return p;
}

void plain_free(struct plain *p)
{
	if (!p)
		return;
	tell_words(p); /* the recording's last word */
	lineui_free(p->ui);
	pattern_free(p->until);
	outpipe_free(p->out);
	watch_free(p->in_watch);
	timer_free(p->idle);
	timer_free(p->timeout);
	timer_free(p->partial);
	timer_free(p->last);
	textlog_fini(&p->text);
	textlog_fini(&p->seen);
	buf_fini(&p->in);
	buf_fini(&p->seen_line);
	free(p);
}

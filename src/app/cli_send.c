/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `tasmite send`: commands to the console without a screen, by the courier that the session has too.
 * What the device answers goes to standard output, what happens to standard error, all of it masked.
 */
#include "tasmite/app/cli.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_out.h"
#include "link.h"
#include "send_words.h"
#include "tasmite/app/app.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/lines.h"
#include "tasmite/core/tasmota/answer.h"
#include "tasmite/core/tasmota/courier_words.h"
#include "tasmite/io/clock.h"

/* How long a device that may be none is asked for its version. */
#define VERSION_US MONO_MS(2500)
/* An answer of several lines (Status 0) is over when it has been silent that long, or at the latest. */
#define SILENT_US MONO_MS(150)
#define LINGER_US MONO_S(2)

enum stage { OPENING, ASKING, SENDING, LINGERING, OVER };

struct run {
	const struct cli_send_options *opt;
	struct app_defaults at;
	struct send_words todo;
	struct secrets *secrets;
	struct loop *loop;
	struct link *link;
	struct courier *c;
	struct courier_words words;
	struct lines *heard; /* masked */
	uint64_t heard_next;
	enum stage stage;
	uint32_t fw; /* 0 not known */
	mono_t now, rx_at, over_at;
	mono_t progress_at; /* something arrived last */
	bool answered;	    /* an echo or an answer came */
	bool port_lost, cancelled, timed_out, refused;
	char why[400]; /* it did not begin, or the port */
	json_t *answers, *text;
	bool drawn; /* a line of progress stands there, without an end */
};

/* ---- words ----------------------------------------------------------------------------------- */

static void end_progress(struct run *r)
{
	if (r->drawn)
		fputs("\r\033[K", stderr);
	r->drawn = false;
}

static void say(void *ctx, bool bad, const char *text)
{
	struct run *r = ctx;

	(void)bad;
	if (r->opt->json)
		cli_out_append(r->text, cli_out_text(text));
	if (r->opt->quiet)
		return;
	end_progress(r);
	cli_out_line(stderr, (const uint8_t *)text, strlen(text));
}

static void show_progress(struct run *r)
{
	size_t good, total, missed;

	courier_words_count(r->c, &good, &total, &missed);
	if (r->stage != SENDING || total < 2 || r->opt->quiet || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%zu of %zu", good, total);
	r->drawn = true;
}

static void leave(struct run *r)
{
	r->stage = OVER;
	loop_stop(r->loop, 0);
}

/* ---- the courier ----------------------------------------------------------------------------- */

static void on_event(void *ctx, const struct courier_event *e)
{
	struct run *r = ctx;
	struct buf none;

	switch (e->kind) {
	case COURIER_LINE: /* the secrets in it are known from now on */
		buf_init(&none, e->n + 1);
		secrets_tx_line(r->secrets, e->text, e->n, &none);
		buf_fini(&none);
		break;
	case COURIER_CHANGED:
		r->progress_at = r->now;
		show_progress(r);
		break;
	case COURIER_DONE:
		if (r->stage == SENDING || r->stage == ASKING)
			r->over_at = r->now;
		if (r->stage == SENDING)
			r->stage = LINGERING;
		break;
	default:
		if (r->stage == SENDING)
			courier_words_event(&r->words, r->c, e);
		break;
	}
}

static void begin(struct run *r, struct backlog *b, bool packed, mono_t now)
{
	r->progress_at = now;
	courier_begin(r->c, b, r->fw, packed, !r->opt->keep_going, now);
}

static bool confirmed(struct run *r, size_t bad)
{
	char answer[16];

	if (r->opt->yes)
		return true;
	if (!isatty(STDIN_FILENO)) {
		str_fmt(r->why, sizeof(r->why),
		    "%zu of the values will not be stored as they are written; without a terminal "
		    "to ask on it needs --yes",
		    bad);
		return false;
	}
	fprintf(stderr,
	    "%zu of the values will not be stored as they are written.\n"
	    "y  send them all the same  (anything else: send nothing) ",
	    bad);
	fflush(stderr);
	r->cancelled =
	    !fgets(answer, sizeof(answer), stdin) || (answer[0] != 'y' && answer[0] != 'Y');
	return !r->cancelled;
}

static void send_all(struct run *r, mono_t now)
{
	size_t bad = courier_words_traps(&r->words, &r->todo.b, r->fw);

	if (bad && !confirmed(r, bad)) {
		r->refused = !r->cancelled;
		leave(r);
		return;
	}
	r->stage = SENDING;
	begin(r, &r->todo.b, r->todo.packed, now);
}

/* Whether a value means something else depends on the version: it is asked for where it matters. */
static bool version_matters(const struct backlog *b)
{
	char why[160];

	for (size_t i = 0; i < b->count; i++)
		if (b->steps[i].kind == BACKLOG_COMMAND &&
		    (backlog_trap(b->steps[i].text, 0, why, sizeof(why)) || why[0]))
			return true;
	return false;
}

static void start(struct run *r, mono_t now)
{
	static const char ask[] = "Status 2";
	struct backlog b;

	if (!version_matters(&r->todo.b)) {
		send_all(r, now);
		return;
	}
	r->stage = ASKING;
	r->over_at = now + VERSION_US;
	backlog_init(&b);
	backlog_add(&b, ask, strlen(ask), 0);
	begin(r, &b, false, now);
	backlog_fini(&b);
}

/* ---- what the device says -------------------------------------------------------------------- */

/* {"StatusFWR":{"Version":"8.5.0(tasmota)",... */
static void read_version(struct run *r, const struct answer *a)
{
	static const char key[] = "\"Version\":\"";
	char text[24];

	for (size_t i = 0; i + sizeof(key) - 1 < a->n; i++)
		if (!memcmp(a->text + i, key, sizeof(key) - 1)) {
			str_copy_n(text, sizeof(text), a->text + i + sizeof(key) - 1,
			    a->n - i - (sizeof(key) - 1));
			text[strspn(text, "0123456789.")] = '\0';
			r->fw = backlog_fw(text);
			return;
		}
}

static void take_answer(struct run *r, const struct answer *a)
{
	json_t *value;

	if (r->stage == ASKING) {
		read_version(r, a);
		return;
	}
	if (!r->opt->json) {
		end_progress(r);
		if (!r->opt->quiet)
			cli_out_line(stdout, (const uint8_t *)a->text, a->n);
		fflush(stdout);
		return;
	}
	value = json_loadb(a->text, a->n, 0, NULL);
	if (!value) { /* old firmware writes values as they are */
		char *text = xstrndup(a->text, a->n);

		value = cli_out_text(text);
		free(text);
	}
	cli_out_append(r->answers, value);
}

static void read_lines(struct run *r)
{
	struct line_ref ref;
	struct answer a;

	for (; lines_get(r->heard, r->heard_next, &ref) && !ref.partial; r->heard_next++) {
		answer_read((const char *)ref.bytes, ref.len, &a);
		r->answered = r->answered || a.kind != ANSWER_NONE;
		if ((a.kind == ANSWER_JSON || a.kind == ANSWER_STATUS) && r->stage != OPENING)
			take_answer(r, &a);
	}
}

static void keep_masked(struct run *r, struct buf *masked, mono_t now)
{
	if (buf_len(masked))
		lines_rx(r->heard, buf_bytes(masked), buf_len(masked), now);
	buf_fini(masked);
	read_lines(r);
}

/* ---- the link -------------------------------------------------------------------------------- */

static void link_rx(void *ctx, const uint8_t *bytes, size_t n, mono_t now)
{
	struct run *r = ctx;
	struct buf masked;

	r->now = r->rx_at = now;
	buf_init(&masked, n + SECRETS_HOLD_MAX);
	secrets_rx(r->secrets, bytes, n, now, &masked);
	keep_masked(r, &masked, now);
	courier_rx(r->c, bytes, n, now);
}

static void link_up(void *ctx, mono_t now)
{
	struct run *r = ctx;

	r->now = now;
	if (r->stage == OPENING)
		start(r, now);
}

static void link_down(void *ctx, const struct err *why, mono_t now)
{
	struct run *r = ctx;

	r->now = now;
	if (r->stage == OVER)
		return;
	r->port_lost = r->stage != LINGERING; /* all that was to be sent is done by then */
	str_copy(r->why, sizeof(r->why), why->text);
	if (courier_busy(r->c))
		courier_lost(r->c);
	leave(r);
}

static const struct link_ops link_ops = {.rx = link_rx, .up = link_up, .down = link_down};

/* ---- the turn -------------------------------------------------------------------------------- */

static void cancel(struct run *r)
{
	static const char drop[] = "\xff"; /* Tasmota forgets what it holds of a line */
	bool cut = courier_in_line(r->c) || link_unsent(r->link);

	if (cut)
		link_drop_unsent(r->link);
	courier_cancel(r->c);
	if (cut)
		link_send(r->link, drop, 1);
}

static void on_signal(void *ctx, int signo, mono_t now)
{
	struct run *r = ctx;

	(void)signo;
	r->now = now;
	if (r->cancelled || r->stage != SENDING) {
		r->cancelled = true;
		leave(r);
		return;
	}
	r->cancelled = true;
	cancel(r);
}

/* By the script's own word, or for a boot: that is no silence. */
static bool is_waiting(const struct run *r)
{
	enum courier_state s = courier_state(r->c);

	return s != COURIER_SENDING && s != COURIER_ANSWERS;
}

/* When it wants to be called again at the latest. */
static mono_t stages(struct run *r, mono_t now)
{
	mono_t due = MONO_NEVER;

	if (r->stage == ASKING && (!courier_busy(r->c) || now >= r->over_at)) {
		if (courier_busy(r->c))
			cancel(r);
		send_all(r, now);
	}
	if (r->stage == ASKING)
		due = r->over_at;
	if (r->stage == SENDING && r->opt->timeout_s) {
		if (is_waiting(r))
			r->progress_at = now;
		due = r->progress_at + MONO_S(r->opt->timeout_s);
		r->timed_out = now >= due;
		if (r->timed_out)
			cancel(r);
	}
	if (r->stage == LINGERING && !link_unsent(r->link)) {
		due = mono_min(r->over_at + LINGER_US,
		    (r->rx_at > r->over_at ? r->rx_at : r->over_at) + SILENT_US);
		if (now >= due)
			leave(r);
	}
	return due;
}

static void let_go(struct run *r, mono_t now)
{
	struct buf masked;

	buf_init(&masked, SECRETS_HOLD_MAX);
	secrets_tick(r->secrets, now, &masked);
	keep_masked(r, &masked, now);
}

static mono_t flush(void *ctx, mono_t now)
{
	struct run *r = ctx;
	mono_t next;
	char piece[128];
	size_t n;

	r->now = now;
	if (r->stage == OVER)
		return MONO_NEVER;
	if (now >= secrets_deadline(r->secrets))
		let_go(r, now);
	next = mono_min(secrets_deadline(r->secrets), stages(r, now));
	if (link_unsent(r->link)) {
		courier_hold(r->c, now);
	} else if (courier_busy(r->c)) {
		courier_tick(r->c, now);
		while ((n = courier_tx(r->c, "\n", piece, sizeof(piece), now)))
			if (!link_send(r->link, piece, n))
				courier_cancel(r->c);
		next = mono_min(next, courier_deadline(r->c));
	}
	if (r->stage == LINGERING)
		next = mono_min(next, now + SILENT_US);
	return mono_min(next, link_flush(r->link, now));
}

/* ---- the result ------------------------------------------------------------------------------ */

static int exit_code(const struct run *r)
{
	size_t good, total, missed;

	if (r->refused)
		return 2;
	if (r->cancelled)
		return 5;
	courier_words_count(r->c, &good, &total, &missed);
	if (total && good == total && !missed)
		return 0;
	if (r->port_lost)
		return 4;
	return r->answered ? 1 : 3;
}

static const char *result_name(const struct run *r, int code)
{
	static const char *const names[] = {
	    "done", "failed", "refused", "mute", "port", "cancelled"};

	return r->timed_out && code == 1 ? "timeout" : names[code];
}

static const char *state_name(enum backlog_state state)
{
	static const char *const names[BACKLOG_STATES] = {[BACKLOG_QUEUED] = "not-sent",
	    [BACKLOG_SENT] = "sent",
	    [BACKLOG_STORED] = "stored",
	    [BACKLOG_ANSWERED] = "answered",
	    [BACKLOG_DIFFERENT] = "different",
	    [BACKLOG_UNKNOWN] = "unknown",
	    [BACKLOG_ERROR] = "error",
	    [BACKLOG_NO_ANSWER] = "no-answer",
	    [BACKLOG_UNSURE] = "unsure",
	    [BACKLOG_BEYOND] = "beyond-ascii"};

	return names[state];
}

static json_t *step_json(const struct run *r, const struct backlog_step *s)
{
	json_t *o = json_object();
	struct buf masked;
	char *text;

	buf_init(&masked, strlen(s->text) + 1);
	secrets_mask_line(r->secrets, s->text, strlen(s->text), &masked);
	text = xstrndup((const char *)buf_bytes(&masked), buf_len(&masked));
	cli_out_known(o, "command", text);
	free(text);
	buf_fini(&masked);
	if (s->line)
		cli_out_put(o, "line", json_integer(s->line));
	cli_out_put(o, "state", json_string(state_name(s->state)));
	cli_out_put(o, "tries", json_integer((json_int_t)s->tries));
	return o;
}

static json_t *steps_json(const struct run *r)
{
	/* What never began is told too. */
	const struct backlog *b = r->todo.b.count ? &r->todo.b : courier_steps(r->c);
	json_t *list = json_array();

	for (size_t i = 0; i < b->count; i++)
		if (b->steps[i].kind == BACKLOG_COMMAND)
			cli_out_append(list, step_json(r, &b->steps[i]));
	return list;
}

static void print_json(struct run *r, int code)
{
	json_t *o = json_object();
	char *page;

	cli_out_put(o, "result", json_string(result_name(r, code)));
	cli_out_put(o, "exit_code", json_integer(code));
	cli_out_put(o, "commands", steps_json(r));
	cli_out_put(o, "answers", json_incref(r->answers));
	cli_out_put(o, "retries", json_integer((json_int_t)r->words.retries));
	cli_out_put(o, "text", json_incref(r->text));
	page = json_dumps(o, JSON_INDENT(2));
	json_decref(o);
	if (!page)
		xalloc_die("out of memory");
	cli_json(page);
	free(page);
}

static int report(struct run *r)
{
	int code = exit_code(r);

	end_progress(r);
	if (!r->refused && courier_steps(r->c)->count && !r->todo.b.count)
		courier_words_end(&r->words, r->c, true, NULL);
	if (r->why[0] && code)
		say(r, true, r->why);
	if (r->timed_out)
		say(r, true, "--timeout: nothing more has arrived");
	if (code == 3)
		say(r, true,
		    "the console says nothing: does Tasmota run there, at this rate (--baud), and "
		    "is its log not off (SerialLog 2)?");
	if (r->opt->json)
		print_json(r, code);
	return code;
}

/* ---- the call -------------------------------------------------------------------------------- */

static bool set_up(struct run *r, struct err *err)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	static const struct courier_ops ops = {on_event};
	const struct transport_line line = {
	    .baud = r->at.baud, .bits = 8, .parity = PARITY_NONE, .stop = 1};

	r->c = courier_new(&ops, r);
	r->words = (struct courier_words){
	    .what = r->todo.what, .secrets = r->secrets, .say = say, .ctx = r};
	r->heard = lines_new(1 << 20);
	r->answers = json_array();
	r->text = json_array();
	r->loop = loop_new(err);
	if (!r->loop)
		return false;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (loop_signal(r->loop, signals[i], on_signal, r, err) != ERR_OK)
			return false;
	loop_phase(r->loop, LOOP_FLUSH, flush, r);
	r->link = link_new(r->loop, &link_ops, r);
	link_open(r->link, r->at.port, &line, clock_now());
	return true;
}

static void tear_down(struct run *r)
{
	if (r->loop)
		link_free(r->link);
	loop_free(r->loop);
	courier_free(r->c);
	lines_free(r->heard);
	json_decref(r->answers);
	json_decref(r->text);
}

static int work(struct run *r)
{
	struct err err = {0};
	int code = 1;

	if (!set_up(r, &err) || (r->stage != OVER && loop_run(r->loop, &err) < 0))
		cli_say(stderr, "tasmite: %s\n", err.text);
	else
		code = report(r);
	tear_down(r);
	return code;
}

int cli_send(const struct cli_send_options *o)
{
	struct run r = {.opt = o, .secrets = secrets_new()};
	struct script_values values = {.secrets = r.secrets};
	struct err err = {0};
	int code = 2;

	signal(SIGPIPE, SIG_IGN);
	if (!app_defaults(o->port, o->env_port, &r.at, script_values_add, &values))
		fputs("tasmite: which port? --port NAME (tasmite list shows them), or port = ... "
		      "in the configuration\n",
		    stderr);
	else if ((code = send_words_read(o->words, o->count, &values, &r.todo, &err)) != 0)
		cli_say(stderr, "tasmite: %s\n", err.text);
	if (o->baud)
		r.at.baud = o->baud;
	if (!code)
		code = work(&r);
	backlog_fini(&r.todo.b);
	script_values_fini(&values);
	secrets_free(r.secrets);
	return code;
}

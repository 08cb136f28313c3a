/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines, macros and pastes on their way to the device. A job is a text of several steps (lines and
 * pauses); one job after the other, one line at a time: the next one goes when the last one has
 * left and its pause is over. Nothing here waits: the flush phase asks in each turn.
 */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/sendtext.h"
#include "plain.h"

#define JOBS_MAX  64
#define TYPED_MAX 512
/* How often it is looked whether the system has sent all, before the pause after a line. */
#define DRAIN_US MONO_MS(2)

enum job_kind { JOB_LINE, JOB_MACRO, JOB_PASTE };

struct job {
	enum job_kind kind;
	char *text;
	size_t at;
	size_t done, total; /* lines */
};

struct sender {
	struct job jobs[JOBS_MAX];
	size_t count;
	bool draining;	    /* a line was handed on: its pause begins when it has left */
	mono_t pause_until; /* nothing before this time */
	/* direct mode: the line as typed, to learn the secrets in it */
	char typed[TYPED_MAX];
	size_t typed_len;
};

void app_send_init(struct app *a)
{
	a->sender = xcalloc(1, sizeof(*a->sender));
}

static void drop_job(struct sender *s)
{
	free(s->jobs[0].text);
	s->count--;
	memmove(&s->jobs[0], &s->jobs[1], s->count * sizeof(s->jobs[0]));
}

void app_send_fini(struct app *a)
{
	while (a->sender->count)
		drop_job(a->sender);
	free(a->sender);
	a->sender = NULL;
	free(a->paste);
	a->paste = NULL;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

const char *app_eol(const struct app *a)
{
	const char *eol = settings_text(a->session->settings, SET_EOL);

	if (strcmp(eol, "cr") == 0)
		return "\r";
	if (strcmp(eol, "crlf") == 0)
		return "\r\n";
	return strcmp(eol, "none") == 0 ? "" : "\n";
}

static void show_sent(
    struct app *a, const char *bytes, size_t n, const char *eol, bool shown_always)
{
	struct buf shown;
	const char *text;

	buf_init(&shown, n + 1);
	secrets_tx_line(a->secrets, bytes, n, &shown); /* learns, whether it is shown or not */
	text = buf_len(&shown) ? (const char *)buf_bytes(&shown) : "";
	if (shown_always || settings_bool(a->session->settings, SET_ECHO))
		lines_put(a->session->log, LINE_TX, text, n, a->now + a->time_shift);
	app_record_tx(a, text, n, eol, a->now);
	journal_sent(&a->session->journal, text, buf_len(&shown), a->now + a->time_shift);
	if (a->plain)
		plain_tx(a->plain, text, n, a->now + a->time_shift);
	buf_fini(&shown);
}

void app_show_sent(struct app *a, const char *bytes, size_t n, bool shown_always)
{
	show_sent(a, bytes, n, app_eol(a), shown_always);
}

static bool may_send(struct app *a)
{
	if (app_flashing(a)) {
		session_notice(a->session, true, "the flash panel has the port: /cancel first");
		return false;
	}
	if (a->player) {
		session_notice(a->session, true, "not sent: this is a replay");
		return false;
	}
	if (!link_is_open(a->link)) {
		session_notice(a->session, true, "not sent: the port is not open");
		return false;
	}
	return true;
}

static void warn_of_loader(struct app *a)
{
	if (a->session->facts.in_loader)
		session_warn(a->session, a->now,
		    "the chip is in its boot loader: what is typed now can spoil its speed "
		    "detection; power-cycle it to run the firmware");
}

static void leave_boot(struct app *a)
{
	/* Who writes to the device sees it run: the boot was missed, its rate is the session's. */
	if (a->boot.state != BOOTWATCH_OFF) {
		app_boot_stop(a);
		app_apply_settings(a);
	}
}

bool app_send_ready(struct app *a)
{
	if (!may_send(a))
		return false;
	warn_of_loader(a);
	leave_boot(a);
	return true;
}

static bool hand_on(struct app *a, const void *bytes, size_t n)
{
	if (link_send(a->link, bytes, n))
		return true;
	session_notice(a->session, true, "not sent: too much is waiting to be sent");
	return false;
}

/* A line goes to the link, with its end. */
static bool send_now(struct app *a, const char *line, size_t n, bool typed)
{
	const char *eol = app_eol(a);
	size_t le = strlen(eol);
	char *bytes;
	bool sent;

	if (!app_send_ready(a))
		return false;
	bytes = xmalloc(n + le + 1);
	memcpy(bytes, line, n);
	bytes[n] = '\0';
	if (settings_bool(a->session->settings, SET_ESCAPES))
		n = sendtext_unescape(bytes);
	memcpy(bytes + n, eol, le);
	sent = hand_on(a, bytes, n + le);
	if (sent) {
		show_sent(a, bytes, n, eol, false);
		app_courier_sent(a, bytes, n, typed);
	}
	a->sender->draining = sent && settings_int(a->session->settings, SET_LINE_DELAY) > 0;
	free(bytes);
	return sent;
}

bool app_send_bytes(struct app *a, const uint8_t *bytes, size_t n)
{
	if (!may_send(a))
		return false;
	warn_of_loader(a);
	leave_boot(a);
	if (!hand_on(a, bytes, n))
		return false;
	show_sent(a, (const char *)bytes, n, "", false);
	return true;
}

/* ---- jobs ------------------------------------------------------------------------------------ */

bool app_sending(const struct app *a)
{
	return a->sender->count > 0;
}

static void show_progress(struct app *a)
{
	static const char *const names[] = {
	    [JOB_LINE] = "line", [JOB_MACRO] = "macro", [JOB_PASTE] = "paste"};
	struct session_sending *view = &a->session->sending;
	const struct job *j = &a->sender->jobs[0];

	view->on = a->sender->count && j->kind != JOB_LINE;
	if (view->on) {
		str_copy(view->what, sizeof(view->what), names[j->kind]);
		view->done = j->done;
		view->total = j->total;
	}
	session_touch(a->session);
}

static size_t lines_left(const struct sender *s)
{
	size_t left = 0;

	for (size_t i = 0; i < s->count; i++)
		left += s->jobs[i].total - s->jobs[i].done;
	return left;
}

static void drop_all(struct app *a)
{
	while (a->sender->count)
		drop_job(a->sender);
	a->sender->draining = false;
	a->sender->pause_until = 0;
	show_progress(a);
}

bool app_send_cancel(struct app *a)
{
	static const char cut[] = "the last one was cut: the device holds its beginning";
	size_t left = lines_left(a->sender), unsent = app_flashing(a) ? 0 : link_unsent(a->link);

	if (!app_sending(a) && !unsent)
		return false;
	if (unsent)
		link_drop_unsent(a->link);
	drop_all(a);
	session_warn(a->session, a->now, "sending stopped: %zu %s not sent%s%s", left,
	    left == 1 ? "line" : "lines", unsent ? ", and " : "", unsent ? cut : "");
	return true;
}

void app_send_lost(struct app *a)
{
	size_t left = lines_left(a->sender);

	if (!app_sending(a))
		return;
	drop_all(a);
	session_warn(
	    a->session, a->now, "%zu more %s not sent", left, left == 1 ? "line" : "lines");
}

/* Takes text over. */
static bool add_job(struct app *a, enum job_kind kind, char *text, size_t lines)
{
	struct sender *s = a->sender;

	if (s->count == JOBS_MAX) {
		session_notice(a->session, true, "not sent: too much is waiting to be sent");
		free(text);
		return false;
	}
	s->jobs[s->count++] = (struct job){.kind = kind, .text = text, .total = lines};
	show_progress(a);
	loop_again(a->loop);
	return true;
}

static bool next_step(struct job *j, struct sendtext_step *step)
{
	size_t n = strlen(j->text + j->at) + j->at;

	if (j->kind == JOB_MACRO)
		return sendtext_next(j->text, &j->at, step);
	if (j->kind == JOB_PASTE)
		return sendtext_paste_next(j->text, n, &j->at, step);
	if (j->done)
		return false;
	step->pause_ms = -1;
	step->text = j->text;
	step->n = n;
	return true;
}

/* One step of the first job; false when it was the last one of all. */
static void take_step(struct app *a, mono_t now)
{
	struct sender *s = a->sender;
	struct sendtext_step step;
	enum job_kind kind = s->jobs[0].kind;
	char *line;
	bool good = true;

	if (!next_step(&s->jobs[0], &step)) {
		if (s->jobs[0].total > 1)
			session_notice(a->session, false, "%zu lines sent", s->jobs[0].total);
		drop_job(s);
		show_progress(a);
		return;
	}
	if (step.pause_ms >= 0) {
		s->pause_until = now + MONO_MS(step.pause_ms);
		return;
	}
	s->jobs[0].done++;
	line = xstrndup(step.text, step.n);
	show_progress(a);
	if (kind != JOB_LINE && line[0] == '/' && line[1] != '/')
		app_line(a, line); /* may end the job: /cancel, another port */
	else
		good = send_now(a, line[0] == '/' && kind != JOB_LINE ? line + 1 : line,
		    strlen(line) - (line[0] == '/' && kind != JOB_LINE), kind == JOB_LINE);
	free(line);
	if (good || !s->count)
		return;
	session_warn(a->session, now, "stopped (%s); lines not sent: %zu", a->session->notice,
	    lines_left(s) + 1);
	drop_all(a);
}

mono_t app_send_turn(struct app *a, mono_t now)
{
	struct sender *s = a->sender;

	a->now = now;
	if (!s->count && !s->draining)
		return MONO_NEVER;
	if (app_courier_line(a))
		return MONO_NEVER; /* it has turns of its own */
	if (link_unsent(a->link))
		return MONO_NEVER; /* the link's own turns tell when it has left */
	if (s->draining) {
		if (link_pending(a->link))
			return now + DRAIN_US;
		s->draining = false;
		s->pause_until = now + MONO_MS(settings_int(a->session->settings, SET_LINE_DELAY));
	}
	if (!s->count)
		return MONO_NEVER;
	if (now < s->pause_until)
		return s->pause_until;
	take_step(a, now);
	return now; /* the link sends it in the next turn, which comes at once */
}

/* Nothing is before it: a typed line goes at once. */
static bool is_idle(const struct app *a)
{
	const struct sender *s = a->sender;

	return !s->count && !s->draining && a->now >= s->pause_until && !app_courier_line(a);
}

bool app_send_line(struct app *a, const char *line)
{
	if (!may_send(a))
		return false;
	if (is_idle(a) && app_courier_typed(a, line))
		return true;
	if (is_idle(a))
		return send_now(a, line, strlen(line), true);
	if (app_courier_job(a))
		session_notice(a->session, false, "sent when %s lets it: /cancel stops that one",
		    app_courier_job(a));
	return add_job(a, JOB_LINE, xstrdup(line), 1);
}

bool app_send_macro(struct app *a, const char *text)
{
	if (!may_send(a))
		return false;
	return add_job(a, JOB_MACRO, xstrdup(text), sendtext_lines(text));
}

/* ---- a paste of several lines ---------------------------------------------------------------- */

static void send_paste(struct app *a, bool yes)
{
	char *text = a->paste;
	struct sendtext_step step;
	size_t at = 0, lines = 0;

	a->paste = NULL;
	while (yes && text && sendtext_paste_next(text, strlen(text), &at, &step))
		lines++;
	if (lines && may_send(a))
		add_job(a, JOB_PASTE, text, lines);
	else
		free(text);
}

/* The first lines of it, secrets masked, so that one sees what would be sent. */
static void ask_shows(
    const struct app *a, struct session_ask *ask, const struct sendtext_step *line)
{
	char *dst = ask->text[ask->text_count];
	struct buf masked;

	buf_init(&masked, line->n + 1);
	secrets_mask_line(a->secrets, line->text, line->n, &masked);
	str_copy(dst, sizeof(ask->text[0]), "    ");
	str_copy_n(dst + 4, 80, buf_len(&masked) ? (const char *)buf_bytes(&masked) : "",
	    buf_len(&masked));
	buf_fini(&masked);
	ask->text_count++;
}

void app_paste(struct app *a, const char *text, size_t n)
{
	struct session_ask *ask = &a->session->ask;
	size_t at = 0, lines = 0, commands = 0;
	struct sendtext_step step;

	if (!n) {
		session_notice(a->session, true, "nothing is sent: more than 1 MB was pasted");
		return;
	}
	if (a->session->hex_entry) {
		session_notice(a->session, true, "bytes in hex are entered line by line");
		return;
	}
	free(a->paste);
	a->paste = xstrndup(text, n);
	n = strlen(a->paste);
	memset(ask, 0, sizeof(*ask));
	ask->text_count = 2;
	while (sendtext_paste_next(a->paste, n, &at, &step)) {
		lines++;
		commands += step.text[0] == '/' && (step.n < 2 || step.text[1] != '/');
		if (lines <= 5)
			ask_shows(a, ask, &step);
	}
	str_copy(ask->title, sizeof(ask->title), "Paste");
	str_fmt(ask->text[0], sizeof(ask->text[0]),
	    "%zu lines (%zu bytes) would be sent, one by one, each as if entered.", lines, n);
	if (commands)
		str_fmt(ask->text[1], sizeof(ask->text[1]),
		    "%zu of them begin with / and would be run as commands of this program.",
		    commands);
	if (lines > 5)
		str_copy(ask->text[ask->text_count++], sizeof(ask->text[0]), "    ...");
	str_copy(ask->yes, sizeof(ask->yes), "y  send them");
	str_copy(ask->no, sizeof(ask->no), "n  send nothing");
	app_ask(a, send_paste);
}

/* ---- direct mode ----------------------------------------------------------------------------- */

/* What was typed is learnt when the line ends, so that a password in it is masked when the device
 * repeats it later. With other editing than by Backspace it is a guess, and does no harm. */
static void learn_typed(struct app *a, const char *bytes, size_t n)
{
	struct sender *s = a->sender;
	struct buf none;

	if (n == 1 && (bytes[0] == '\177' || bytes[0] == '\b')) {
		s->typed_len -= s->typed_len > 0;
	} else if (n == 1 && (bytes[0] == '\r' || bytes[0] == '\n')) {
		buf_init(&none, TYPED_MAX);
		secrets_tx_line(a->secrets, s->typed, s->typed_len, &none);
		buf_fini(&none);
		s->typed_len = 0;
	} else if (bytes[0] != '\033' && (uint8_t)bytes[0] >= ' ' &&
		   s->typed_len + n <= sizeof(s->typed)) {
		memcpy(s->typed + s->typed_len, bytes, n);
		s->typed_len += n;
	}
}

bool app_direct_open(const struct app *a)
{
	return a->session->direct && a->sender->typed_len > 0;
}

void app_direct_key(void *ctx, const char *bytes, size_t n)
{
	struct app *a = ctx;

	if (!n || !may_send(a))
		return;
	if (bytes[0] == '\r') /* not for each key */
		warn_of_loader(a);
	leave_boot(a);
	learn_typed(a, bytes, n);
	/* Enter is the line end that was chosen: Tasmota never runs a command on CR alone. */
	if (n == 1 && bytes[0] == '\r' && app_eol(a)[0])
		hand_on(a, app_eol(a), strlen(app_eol(a)));
	else
		hand_on(a, bytes, n);
}

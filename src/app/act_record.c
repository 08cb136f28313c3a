/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recording: at most one file of lines (bytes as they came, or text) and one raw recording run at a
 * time.
 */
#include "app_int.h"

#include <string.h>
#include <time.h>

#include "tasmite/base/str.h"
#include "tasmite/io/clock.h"
#include "tasmite/io/files.h"

static const char *const kind_names[] = {
    [RECORDER_BYTES] = "bytes", [RECORDER_TEXT] = "text", [RECORDER_RAW] = "raw"};

static int slot_of(enum recorder_kind kind)
{
	return kind == RECORDER_RAW ? APP_RECORD_RAW : APP_RECORD_LINES;
}

/* ---- while it runs --------------------------------------------------------------------------- */

/* The status line's word: the file, or both of them. */
static void show_state(struct app *a)
{
	struct session_record *s = &a->session->record;
	char name[sizeof(s->name)];

	s->on = false;
	s->error = false;
	s->name[0] = '\0';
	for (int i = 0; i < APP_RECORDS; i++) {
		const char *path, *slash;

		if (!a->record[i].r)
			continue;
		path = capture_path(recorder_capture(a->record[i].r));
		slash = strrchr(path, '/');
		str_fmt(name, sizeof(name), "%s%s", s->on ? " + " : "", slash ? slash + 1 : path);
		str_cat(s->name, sizeof(s->name), name);
		s->on = true;
		s->error = s->error || a->record[i].bad;
	}
	session_touch(a->session);
}

/* Tells when writing stops working, and when it works again. */
static void look_after(struct app *a, struct app_record *rec, mono_t now)
{
	const struct capture *c = recorder_capture(rec->r);
	const struct err *e = capture_error(c);
	bool bad = e->code < 0;
	uint64_t lost = capture_lost(c) - rec->lost_told;
	char size[24];
	struct err err;

	if (recorder_trouble(rec->r, &err))
		session_warn(a->session, now,
		    "recording: %s; it goes on in the same file and tries again later", err.text);
	if (bad && lost && !rec->losing) {
		rec->losing = true;
		session_warn(a->session, now,
		    "recording: too much waits for the disk: from here on bytes are missing in %s",
		    capture_path(c));
	}
	if (bad == rec->bad)
		return;
	rec->bad = bad;
	if (bad)
		session_warn(a->session, now,
		    "recording: %s; the session goes on, and writing is tried again", e->text);
	else if (!lost)
		session_say(
		    a->session, now, "recording: the disk takes it again, and nothing is missing");
	else
		session_warn(a->session, now,
		    "recording: the disk takes it again; %s are missing, marked in %s",
		    str_size(size, sizeof(size), lost), capture_path(c));
	if (!bad) {
		rec->lost_told += lost;
		rec->losing = false;
	}
	show_state(a);
}

static void written(struct app *a, struct app_record *rec, mono_t now)
{
	look_after(a, rec, now);
	if (!timer_armed(a->record_timer))
		timer_arm(a->record_timer, now + MONO_S(1));
}

static void record_due(void *ctx, mono_t now)
{
	struct app *a = ctx;
	mono_t next = MONO_NEVER;

	for (int i = 0; i < APP_RECORDS; i++)
		if (a->record[i].r) {
			next = mono_min(next, recorder_tick(a->record[i].r, now));
			look_after(a, &a->record[i], now);
		}
	timer_arm(a->record_timer, next);
}

void app_record_init(struct app *a)
{
	a->record_timer = timer_new(a->loop, record_due, a);
}

void app_record_fini(struct app *a)
{
	timer_free(a->record_timer);
}

bool app_recording(const struct app *a)
{
	return a->record[APP_RECORD_LINES].r || a->record[APP_RECORD_RAW].r;
}

/* ---- at the beginning: a little each turn --------------------------------------------------- */

#define LOOK_SLICE   ((size_t)512 * 1024)
#define SCROLL_SLICE ((size_t)256 * 1024)

/* The scrollback up to its end: from now on what comes is recorded as it comes. */
static void scrolled(struct app *a, struct app_record *rec)
{
	rec->scrolling = false;
	if (rec == &a->record[APP_RECORD_RAW])
		a->words_next = lines_end(a->session->log);
	recorder_note(rec->r, 'B', a->session->port.line, a->now);
	written(a, rec, a->now);
}

static void scroll(struct app *a, struct app_record *rec, size_t budget)
{
	const struct lines *log = a->session->log;
	struct line_ref ref;
	size_t done = 0;

	if (rec->scroll_next < lines_first(log))
		rec->scroll_next = lines_first(log);
	for (; done < budget && rec->scroll_next < lines_end(log); rec->scroll_next++) {
		if (rec->scroll_next == rec->scroll_skip || !lines_get(log, rec->scroll_next, &ref))
			continue;
		recorder_line(rec->r, &ref);
		done += ref.len + 16;
	}
	if (rec->scroll_next >= lines_end(log))
		scrolled(a, rec);
}

/* While the scrollback is written sent lines are taken from the log, where they are shown; where
 * they are not it is finished first. */
static bool scrolls_on(struct app *a, struct app_record *rec)
{
	if (rec->scrolling && !settings_bool(a->session->settings, SET_ECHO))
		scroll(a, rec, SIZE_MAX);
	return rec->scrolling;
}

static void refused(struct app *a, struct app_record *rec, const struct err *err)
{
	crash_keep((int)(rec - a->record), NULL);
	(void)recorder_close(rec->r, NULL); /* why is in err */
	memset(rec, 0, sizeof(*rec));
	session_warn(a->session, a->now, "no recording: %s", err->text);
	show_state(a);
}

static bool begin_step(struct app *a, struct app_record *rec)
{
	struct err err = {0};
	int rc;

	if (rec->looking) {
		rc = recorder_step(rec->r, LOOK_SLICE, &err);
		rec->looking = rc > 0;
		if (rc < 0)
			refused(a, rec, &err);
		else if (rc == ERR_OK)
			written(a, rec, a->now);
	} else if (rec->scrolling) {
		scroll(a, rec, SCROLL_SLICE);
	}
	return rec->looking || rec->scrolling;
}

bool app_record_step(struct app *a)
{
	bool more = false;

	for (int i = 0; i < APP_RECORDS; i++)
		more |= a->record[i].r && begin_step(a, &a->record[i]);
	return more;
}

/* Where it ends already, or without a screen, where nobody waits for keys. */
static void begin_at_once(struct app *a, struct app_record *rec)
{
	while (rec->r && begin_step(a, rec))
		;
}

/* ---- what comes ------------------------------------------------------------------------------ */

void app_record_rx(struct app *a, const uint8_t *bytes, size_t n, mono_t now)
{
	for (int i = 0; i < APP_RECORDS; i++)
		if (a->record[i].r && !a->record[i].scrolling) {
			recorder_rx(a->record[i].r, bytes, n, now);
			written(a, &a->record[i], now);
		}
}

void app_record_tx(struct app *a, const char *line, size_t n, const char *eol, mono_t now)
{
	app_record_words(a, now);
	for (int i = 0; i < APP_RECORDS; i++)
		if (a->record[i].r && !scrolls_on(a, &a->record[i])) {
			recorder_tx(a->record[i].r, line, n, eol, now);
			written(a, &a->record[i], now);
		}
}

void app_record_break(struct app *a)
{
	for (int i = 0; i < APP_RECORDS; i++)
		if (a->record[i].r && !a->record[i].scrolling)
			recorder_break(a->record[i].r);
}

static void note(struct app *a, char kind, const char *text, mono_t now)
{
	struct app_record *rec = &a->record[APP_RECORD_RAW];

	if (!rec->r || rec->scrolling) /* the log's own words tell it too */
		return;
	recorder_note(rec->r, kind, text, now);
	written(a, rec, now);
}

void app_record_note(struct app *a, char kind, const char *text, mono_t now)
{
	app_record_words(a, now);
	note(a, kind, text, now);
}

/* The program's own words stand in the log; they are told before what comes next. */
void app_record_words(struct app *a, mono_t now)
{
	const struct lines *log = a->session->log;
	uint64_t end = lines_end(log);
	struct line_ref ref;
	char text[512];

	if (!a->record[APP_RECORD_RAW].r) {
		a->words_next = end;
		return;
	}
	if (a->words_next < lines_first(log))
		a->words_next = lines_first(log);
	while (a->words_next < end) {
		if (!lines_get(log, a->words_next++, &ref) ||
		    (ref.dir != LINE_OWN && ref.dir != LINE_WARN))
			continue;
		str_copy_n(text, sizeof(text), (const char *)ref.bytes, ref.len);
		note(a, 'N', text, now);
	}
}

/* ---- begin and end --------------------------------------------------------------------------- */

/* "logs/ttyUSB0-2026-11-22-180541.log" in the state folder. */
static int default_name(
    struct app *a, enum recorder_kind kind, char *dst, size_t size, struct err *err)
{
	char name[160], stamp[32];
	time_t wall = (time_t)(clock_wall_us() / 1000000);
	struct tm tm;

	if (!localtime_r(&wall, &tm) || !strftime(stamp, sizeof(stamp), "%Y-%m-%d-%H%M%S", &tm))
		str_copy(stamp, sizeof(stamp), "undated");
	str_fmt(name, sizeof(name), "logs/%s-%s.%s",
	    a->session->port.name[0] ? a->session->port.name : "log", stamp,
	    kind == RECORDER_RAW ? "raw" : "log");
	/* The port's name may be that of anybody's link. */
	str_clean(name, false);
	for (char *p = name + 5; *p; p++)
		if (strchr("/: ?", *p))
			*p = '_';
	return files_path(FILES_STATE, name, dst, size, err);
}

static struct recorder *open_recorder(struct app *a, enum recorder_kind kind, const char *path,
    bool own_name, bool all, struct err *err)
{
	const struct settings *s = a->session->settings;
	struct recorder_options o = {.kind = kind, .own_name = own_name};
	struct line_ref first;
	mono_t since = a->now;
	struct recorder *r;

	o.stamp = (enum textlog_stamp)settings_int(s, SET_LOG_STAMP);
	o.sent = settings_bool(s, SET_LOG_SENT);
	o.wall_offset_us = a->session->wall_offset_us;
	o.utc_offset_s = a->session->utc_offset_s;
	o.rotate = (uint64_t)settings_int(s, SET_LOG_ROTATE) << 20;
	o.keep = (int)settings_int(s, SET_LOG_KEEP);
	if (all && lines_get(a->session->log, lines_first(a->session->log), &first))
		since = first.time;
	r = recorder_open(path, &o, since, err);
	if (r && !all)
		recorder_note(r, 'B', a->session->port.line, a->now);
	return r;
}

bool app_start_record(struct app *a, enum recorder_kind kind, const char *file, bool all)
{
	struct app_record *rec = &a->record[slot_of(kind)];
	struct err err = {0};
	char path[512];
	int rc = file ? files_expand(file, path, sizeof(path), &err)
		      : default_name(a, kind, path, sizeof(path), &err);

	(void)app_stop_record(a, kind, &err);
	app_log_let_go(a, a->now); /* what came before belongs before it */
	app_record_words(a, a->now);
	if (rc == ERR_OK)
		rec->r = open_recorder(a, kind, path, !file, all, &err);
	if (!rec->r) {
		session_warn(a->session, a->now, "no recording: %s", err.text);
		str_copy(a->record_failed, sizeof(a->record_failed), err.text);
		return false;
	}
	a->record_missed[0] = '\0'; /* there is one after all */
	rec->bad = rec->losing = false;
	rec->lost_told = 0;
	rec->looking = recorder_step(rec->r, 0, &err) > 0;
	rec->scrolling = all;
	rec->scroll_next = 0;
	rec->scroll_skip = lines_end(a->session->log);
	crash_keep(slot_of(kind), recorder_capture(rec->r));
	session_say(
	    a->session, a->now, "recording to %s (%s, appended; F9 stops)", path, kind_names[kind]);
	a->words_next = lines_end(a->session->log); /* that is no news to who reads it there */
	written(a, rec, a->now);
	show_state(a);
	if (!a->tui)
		begin_at_once(a, rec);
	loop_again(a->loop);
	return rec->r != NULL;
}

void app_record_wanted(struct app *a)
{
	enum recorder_kind kind =
	    (enum recorder_kind)settings_int(a->session->settings, SET_LOG_FORMAT);
	bool all = true;

	if (a->record_begun)
		return;
	a->record_begun = true;
	if (kind == RECORDER_RAW && a->options->log_raw)
		kind = RECORDER_BYTES;
	if (a->options->log)
		all = app_start_record(a, kind, a->options->log_file, false);
	if (a->options->log_raw)
		all = app_start_record(a, RECORDER_RAW, a->options->log_raw_file, false) && all;
	/* What is told at the start may be gone from the screen before it is read. */
	if (!all)
		str_copy(a->record_missed, sizeof(a->record_missed), a->record_failed);
}

static int stop_slot(struct app *a, int slot, struct err *err)
{
	struct app_record *rec = &a->record[slot];
	char size[24], path[512];
	int rc;

	if (!rec->r)
		return ERR_OK;
	app_log_let_go(a, a->now); /* what came before the stop belongs into it */
	app_record_words(a, a->now);
	begin_at_once(a, rec);
	if (!rec->r)
		return err_set(err, ERR_FORMAT, 0, "it could not be appended to");
	str_size(size, sizeof(size), capture_bytes(recorder_capture(rec->r)));
	str_copy(path, sizeof(path), capture_path(recorder_capture(rec->r)));
	crash_keep(slot, NULL);
	rc = recorder_close(rec->r, err);
	rec->r = NULL;
	rec->bad = false;
	if (rc < 0)
		session_warn(a->session, a->now, "the end of the recording is lost: %s", err->text);
	else
		session_say(a->session, a->now, "recorded %s to %s", size, path);
	show_state(a);
	return rc;
}

int app_stop_record(struct app *a, enum recorder_kind kind, struct err *err)
{
	return stop_slot(a, slot_of(kind), err);
}

int app_stop_records(struct app *a, struct err *err)
{
	struct err other = {0};
	int rc = stop_slot(a, APP_RECORD_LINES, err);
	int raw = stop_slot(a, APP_RECORD_RAW, rc < 0 ? &other : err);

	return rc < 0 ? rc : raw;
}

/* ---- /record --------------------------------------------------------------------------------- */

/* The word as a kind; -1 when it is none. */
static int kind_of(const char *word)
{
	for (int i = 0; i < (int)(sizeof(kind_names) / sizeof(kind_names[0])); i++)
		if (str_casecmp(word, kind_names[i]) == 0)
			return i;
	return -1;
}

void act_record(struct app *a, const struct cmd_line *c)
{
	int named = -1, words = 0;
	const char *file = NULL;
	bool all = false, off = false;
	enum recorder_kind kind;
	struct err err = {0};

	for (int i = 0; i < c->count; i++) {
		if (strcmp(c->args[i], "--all") == 0)
			all = true;
		else if (!words++ && (named = kind_of(c->args[i])) < 0)
			off = str_casecmp(file = c->args[i], "off") == 0;
		else if (words > 1)
			file = c->args[i];
	}
	kind = (enum recorder_kind)(
	    named >= 0 ? named : settings_int(a->session->settings, SET_LOG_FORMAT));
	if (words > 2 || (words > 1 && named < 0)) {
		session_notice(a->session, true, "%s", c->row->usage);
	} else if (off || (!words && !all && app_recording(a))) {
		(void)app_stop_records(a, &err); /* told in the log */
	} else if (!file && !all && a->record[slot_of(kind)].r) {
		(void)app_stop_record(a, kind, &err);
	} else {
		app_start_record(a, kind, file, all);
	}
}

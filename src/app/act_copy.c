/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Copying lines of the log, and saving it as text. Lines are whole, as they are kept (secrets are
 * masked there already), without colours; control bytes and what is no UTF-8 are the stand-ins that
 * the screen shows too, so that nothing a device sent can act in the program it is pasted into.
 */
#include "app_int.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/ansi.h"
#include "tasmite/core/stamp.h"
#include "tasmite/io/files.h"
#include "tasmite/io/syncfile.h"

#define COPY_MAX  (16u << 20)
#define SYNC_LOOK MONO_MS(5)
#define CLIP_MAX  (100u * 1024)
#define SAVE_STEP (256u * 1024) /* bytes of a turn */
#define MODE	  0600

/* Most lines are: then they need no reader. */
static bool is_plain(const struct line_ref *ref)
{
	unsigned bad = 0;

	for (size_t i = 0; i < ref->len; i++)
		bad |= (unsigned)((uint8_t)(ref->bytes[i] - 0x20) > 0x5e);
	return !bad;
}

static void line_text(const struct line_ref *ref, struct sbuf *out)
{
	struct ansi_token t;
	struct ansi ansi;
	char utf8[4];

	if (is_plain(ref)) {
		sbuf_add_n(out, (const char *)ref->bytes, ref->len);
		sbuf_add_char(out, '\n');
		return;
	}
	ansi_begin(&ansi, ref->bytes, ref->len);
	while (ansi_next(&ansi, &t)) {
		if (t.kind == ANSI_CHAR || t.kind == ANSI_MARK)
			sbuf_add_n(out, utf8, (size_t)utf8_encode(t.cp, utf8));
		else
			sbuf_add(out, t.kind == ANSI_TAB ? "\t" : t.text);
	}
	sbuf_add_char(out, '\n');
}

/* The line shown by that filter at or after n. */
static bool shown_from(const struct app *a, const struct filter *f, uint64_t n, uint64_t *line)
{
	const struct lines *l = a->session->log;

	if (n < lines_first(l))
		n = lines_first(l);
	if (n >= lines_end(l) || (f && !filter_off(f) && !filter_at_or_after(f, l, n, &n)))
		return false;
	*line = n;
	return true;
}

/* ---- copying --------------------------------------------------------------------------------- */

static bool write_clip_file(struct app *a, const struct sbuf *text, char *path, size_t size)
{
	struct err err = {0};

	if (files_path(FILES_STATE, "clipboard.txt", path, size, &err) == ERR_OK &&
	    files_make_parents(path, &err) == ERR_OK &&
	    files_replace(path, sbuf_str(text), text->len, MODE, &err) == ERR_OK)
		return true;
	session_warn(a->session, a->now, "copied lines not written: %s", err.text);
	return false;
}

static void copy_lines(struct app *a, uint64_t first, uint64_t last)
{
	const struct filter *f = app_pane(a)->filter;
	bool on = settings_bool(a->session->settings, SET_CLIPBOARD), clip, file;
	unsigned long long count = 0;
	struct line_ref ref;
	struct sbuf text;
	char path[512];

	sbuf_init(&text, COPY_MAX);
	for (uint64_t n = first; shown_from(a, f, n, &n) && n <= last && !text.cut; n++)
		if (lines_get(a->session->log, n, &ref)) {
			line_text(&ref, &text);
			count++;
		}
	if (!count) {
		session_notice(a->session, true, "nothing to copy");
		sbuf_fini(&text);
		return;
	}
	clip = on && text.len <= CLIP_MAX;
	if (clip)
		tui_clipboard(a->tui, sbuf_str(&text), text.len);
	file = write_clip_file(a, &text, path, sizeof(path));
	session_notice(a->session, (!clip && on) || !file || text.cut, "%llu %s %s%s%s%s", count,
	    count == 1 ? "line" : "lines",
	    clip   ? "copied"
	    : file ? "written"
		   : "not copied",
	    file ? clip ? ", also to " : " to " : "", file ? path : "",
	    text.cut	  ? " (the first 16 MB)"
	    : !clip && on ? " (too much for the clipboard)"
			  : "");
	sbuf_fini(&text);
}

void act_copy(struct app *a, const struct cmd_line *c)
{
	uint64_t first, last;

	(void)c;
	if (!tui_log_selection(a->tui, &first, &last) && !tui_log_span(a->tui, &first, &last)) {
		session_notice(a->session, true, "nothing to copy");
		return;
	}
	copy_lines(a, first, last);
	tui_log_select_end(a->tui);
}

/* ---- saving ---------------------------------------------------------------------------------- */

struct log_save {
	char path[512];
	char
	    part[528]; /* what is written, until it is whole: what was there is not lost for less */
	bool all;
	bool asking;	       /* whether it may */
	bool begun;	       /* part is there */
	int fd;		       /* of part, while sync is under way */
	struct syncfile *sync; /* all is written, and on its way to the disk */
	struct timer *look;    /* when to ask whether it is there */
	unsigned pane;
	uint64_t next, end; /* lines that were there when it began */
	unsigned long long count;
};

static void save_line(struct app *a, const struct log_save *s, uint64_t n, struct sbuf *out)
{
	static const char *const marks[] = {
	    [LINE_RX] = "", [LINE_TX] = "› ", [LINE_OWN] = "· ", [LINE_WARN] = "! "};
	char stamp[STAMP_MAX];
	struct line_ref ref;

	if (!lines_get(a->session->log, n, &ref))
		return;
	stamp[0] = '\0';
	if (app_pane(a)->id == s->pane)
		tui_log_stamp(a->tui, n, &ref, stamp, sizeof(stamp));
	if (stamp[0])
		sbuf_fmt(out, "%s ", stamp);
	sbuf_add(out, marks[ref.dir]);
	line_text(&ref, out);
}

static void stop_save(struct app *a)
{
	if (a->save && a->save->sync) {
		syncfile_free(a->save->sync);
		close(a->save->fd);
		timer_free(a->save->look);
	}
	if (a->save && a->save->begun)
		files_remove(a->save->part);
	free(a->save);
	a->save = NULL;
}

/* It only wakes the loop: each turn goes on with what is being saved. */
static void look_due(void *ctx, mono_t now)
{
	(void)ctx;
	(void)now;
}

/* False: it is still on its way to the disk. What can't be told here files_move tells. */
static bool is_on_disk(struct app *a)
{
	struct log_save *s = a->save;
	struct err err = {0};

	if (!s->sync) {
		s->fd = files_open(s->part, O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0);
		if (s->fd < 0)
			return true;
		s->sync = syncfile_begin(s->fd);
		s->look = timer_new(a->loop, look_due, a);
	}
	if (syncfile_done(s->sync, false, &err) != ERR_AGAIN)
		return true;
	timer_arm(s->look, a->now + SYNC_LOOK);
	return false;
}

static void end_save(struct app *a)
{
	struct log_save *s = a->save;
	struct err err = {0};

	if (files_move(s->part, s->path, &err) == ERR_OK) {
		s->begun = false;
		/* Not into the log: the filter may hide such a line. */
		session_notice(a->session, false, "%llu %s saved in %s", s->count,
		    s->count == 1 ? "line" : "lines", s->path);
	} else {
		session_warn(a->session, a->now, "not saved: %s", err.text);
	}
	stop_save(a);
}

/* Writes on for about so many bytes. */
static bool save_some(struct app *a, struct err *err)
{
	struct log_save *s = a->save;
	const struct filter *f = s->all ? NULL : app_pane(a)->filter;
	struct sbuf out;
	uint64_t n;
	int rc = ERR_OK;

	sbuf_init(&out, SAVE_STEP + LINES_MAX_LENGTH * 12);
	while (out.len < SAVE_STEP && shown_from(a, f, s->next, &n) && n < s->end) {
		save_line(a, s, n, &out);
		s->next = n + 1;
		s->count++;
	}
	if (!out.len)
		s->next = s->end;
	else
		rc = files_append(s->part, sbuf_str(&out), out.len, MODE, err);
	sbuf_fini(&out);
	return rc == ERR_OK;
}

bool app_save_step(struct app *a)
{
	struct log_save *s = a->save;
	struct err err = {0};

	if (!s || s->asking)
		return false;
	if (!s->all && app_pane(a)->id != s->pane) {
		session_warn(a->session, a->now,
		    "%s: another pane was chosen, so it holds %llu lines only", s->path, s->count);
		end_save(a);
		return false;
	}
	/* What the filter has not looked at yet is waited for. */
	if (!s->all && !filter_complete(app_pane(a)->filter, a->session->log))
		return true;
	if (!save_some(a, &err)) {
		session_warn(a->session, a->now, "not saved: %s", err.text);
		stop_save(a);
	} else if (s->next >= s->end) {
		if (is_on_disk(a))
			end_save(a);
		return false; /* its timer tells when to look again */
	}
	return a->save != NULL;
}

void app_save_finish(struct app *a)
{
	/* No search is under way that this could wait for: each step brings it on. */
	while (a->save && !a->save->asking && a->tui)
		app_log_step(a);
	stop_save(a);
}

static void begin_save(struct app *a, bool yes)
{
	struct err err = {0};

	if (!a->save)
		return;
	a->save->asking = false;
	if (!yes) {
		session_notice(a->session, false, "not saved");
		stop_save(a);
	} else if (!str_fmt(a->save->part, sizeof(a->save->part), "%s.unfinished", a->save->path) ||
		   files_store(a->save->part, "", 0, MODE, &err) != ERR_OK) {
		session_notice(a->session, true, "not saved: %s", err.text);
		stop_save(a);
	} else {
		a->save->begun = true;
		a->save->end = lines_end(a->session->log);
		loop_again(a->loop);
	}
}

static void ask_replace(struct app *a, const struct stat *st)
{
	struct session_ask *ask = &a->session->ask;

	a->save->asking = true;
	memset(ask, 0, sizeof(*ask));
	str_copy(ask->title, sizeof(ask->title), "Replace the file?");
	str_fmt(ask->text[0], sizeof(ask->text[0]), "%s is there already, with %lld bytes.",
	    a->save->path, (long long)st->st_size);
	str_copy(ask->text[1], sizeof(ask->text[1]), "What it holds will be lost.");
	ask->text_count = 2;
	str_copy(ask->yes, sizeof(ask->yes), "y  replace it");
	str_copy(ask->no, sizeof(ask->no), "n  leave it");
	app_ask(a, begin_save);
}

void act_save(struct app *a, const struct cmd_line *c)
{
	int at = !strcmp(c->args[0], "--all");
	struct err err = {0};
	struct stat st;

	if (at >= c->count) {
		session_notice(a->session, true, "%s", c->row->usage);
		return;
	}
	if (a->save) {
		session_notice(a->session, true, "%s is still being written", a->save->path);
		return;
	}
	a->save = xcalloc(1, sizeof(*a->save));
	a->save->all = app_option(c, "--all");
	a->save->pane = app_pane(a)->id;
	if (files_expand(c->args[at], a->save->path, sizeof(a->save->path), &err) != ERR_OK) {
		session_notice(a->session, true, "not saved: %s", err.text);
		stop_save(a);
	} else if (stat(a->save->path, &st) != 0) {
		begin_save(a, true);
	} else if (!S_ISREG(st.st_mode)) {
		session_notice(a->session, true, "not saved: %s is no plain file", a->save->path);
		stop_save(a);
	} else {
		ask_replace(a, &st);
	}
}

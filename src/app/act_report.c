/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /report and /elf: the session as a page to paste, and the dumps of crashes with names. The page is
 * what is copied and saved: what one has seen is what others get.
 */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/report.h"
#include "tasmite/io/files.h"
#include "tasmite/io/infile.h"

/* It tells of a device at somebody's home: who else is to read it is the user's choice. */
#define REPORT_MODE 0600
/* As the log of panes: a terminal's clipboard takes no more. */
#define REPORT_CLIP (100u * 1024)
/* A dump has some lines before the word that is found, and hardly more behind it. */
#define DUMP_BEFORE 6
#define DUMP_BEHIND 400

/* ---- the newest crash ---------------------------------------------------------------------------- */

static uint64_t newest_line(const struct doctor_view *v)
{
	static const enum doctor_finding_id ids[] = {
	    DOCTOR_F_EXCEPTION, DOCTOR_F_PANIC, DOCTOR_F_WATCHDOG};
	uint64_t last = 0;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		const struct doctor_finding *f = &v->finding[ids[i]];

		if (f->kept && f->lines[f->kept - 1] > last)
			last = f->lines[f->kept - 1];
	}
	return last;
}

static void find_crash(struct app *a, struct crash *c)
{
	const struct lines *log = a->session->log;
	uint64_t last, from;
	struct line_ref ref;

	session_judge(a->session);
	last = newest_line(a->session->device.view);
	crash_init(c);
	if (!last)
		return;
	from = last > DUMP_BEFORE ? last - DUMP_BEFORE : 0;
	if (from < lines_first(log))
		from = lines_first(log);
	for (uint64_t n = from; n < last + DUMP_BEHIND && n < lines_end(log); n++)
		if (lines_get(log, n, &ref) && ref.dir == LINE_RX)
			(void)crash_line(c, (const char *)ref.bytes, ref.len, n + 1);
}

static void more_of(struct app *a, const struct crash *c, struct report_more *more)
{
	memset(more, 0, sizeof(*more));
	more->version = TASMITE_VERSION;
	more->secrets = a->secrets;
	more->crash = c;
	more->symbols = a->symbols;
	more->elf = a->symbols ? a->symbols_name : NULL;
	more->now = a->now;
}

/* ---- /elf ------------------------------------------------------------------------------------------ */

static bool read_piece(void *ctx, uint64_t offset, void *dst, size_t n)
{
	return infile_read_at(ctx, offset, dst, n);
}

/* A file of symbols that is being read, a slice a turn. */
struct elf_run {
	struct infile *file;
	struct symbols_reading *reading;
	struct timer *timer;
	char name[128];
};

static void stop_reading(struct app *a)
{
	struct elf_run *e = a->elf;

	if (!e)
		return;
	symbols_end(e->reading);
	infile_close(e->file);
	timer_free(e->timer);
	free(e);
	a->elf = NULL;
}

static void show_crash(struct app *a)
{
	struct report_more more;
	struct crash crash;

	if (a->symbols)
		session_say(a->session, a->now, "%s: %s, %zu functions", a->symbols_name,
		    symbols_kind(a->symbols), symbols_count(a->symbols));
	find_crash(a, &crash);
	if (!crash.any) {
		session_say(a->session, a->now, "no crash is in the log");
		return;
	}
	more_of(a, &crash, &more);
	session_page_open(a->session, "Crash");
	report_crash(a->session, &more, &a->session->page.text);
	if (!a->symbols)
		sbuf_add(&a->session->page.text,
		    "\nFunction names: /elf FILE, with the .elf or .map file of that build\n");
	a->session->page.take = true;
	a->session->page.revision++;
	a->report_file[0] = '\0';
}

static void read_slice(void *ctx, mono_t now)
{
	struct app *a = ctx;
	struct elf_run *e = a->elf;
	struct symbols *s;
	struct err err = {0};
	int rc = symbols_step(e->reading, &s, &err);

	a->now = now;
	if (rc == ERR_AGAIN) {
		timer_arm(e->timer, now); /* keys and the port come between */
		return;
	}
	if (rc == ERR_OK) {
		symbols_free(a->symbols);
		a->symbols = s;
		str_copy(a->symbols_name, sizeof(a->symbols_name), e->name);
	} else {
		session_warn(a->session, a->now, "%s: %s", e->name, err.text);
	}
	stop_reading(a);
	if (rc == ERR_OK)
		show_crash(a);
}

static void load_symbols(struct app *a, const char *file)
{
	struct symbols_source from = {.read = read_piece};
	char path[512];
	struct err err = {0};
	struct infile *f;
	const char *slash;

	if (files_expand(file, path, sizeof(path), &err) != ERR_OK ||
	    !(f = infile_open(path, &err))) {
		session_warn(a->session, a->now, "%s", err.text);
		return;
	}
	stop_reading(a); /* of another one */
	a->elf = xcalloc(1, sizeof(*a->elf));
	a->elf->file = f;
	from.ctx = f;
	from.size = infile_size(f);
	a->elf->reading = symbols_begin(&from);
	a->elf->timer = timer_new(a->loop, read_slice, a);
	slash = strrchr(path, '/');
	str_copy(a->elf->name, sizeof(a->elf->name), slash ? slash + 1 : path);
	timer_arm(a->elf->timer, a->now);
}

void act_elf(struct app *a, const struct cmd_line *c)
{
	if (c->count)
		load_symbols(a, c->args[0]);
	else
		show_crash(a);
}

/* ---- /report ---------------------------------------------------------------------------------------- */

void act_report(struct app *a, const struct cmd_line *c)
{
	struct report_more more;
	struct crash crash;
	struct err err = {0};

	a->report_file[0] = '\0';
	if (c->count &&
	    files_expand(c->args[0], a->report_file, sizeof(a->report_file), &err) != ERR_OK) {
		session_notice(a->session, true, "%s", err.text);
		return;
	}
	find_crash(a, &crash);
	more_of(a, &crash, &more);
	session_page_open(a->session, a->report_file[0] ? "Report: s saves it" : "Report");
	report_write(a->session, &more, &a->session->page.text);
	a->session->page.take = true;
	a->session->page.revision++;
}

static void write_report(struct app *a)
{
	const struct sbuf *text = &a->session->page.text;
	struct err err = {0};

	if (files_replace(a->report_file, sbuf_str(text), text->len, REPORT_MODE, &err) == ERR_OK)
		session_notice(
		    a->session, false, "saved in %s (for you alone to read, 0600)", a->report_file);
	else
		session_notice(a->session, true, "not saved: %s", err.text);
}

static void replace_answered(struct app *a, bool yes)
{
	if (yes)
		write_report(a);
	else
		session_notice(a->session, false, "not saved");
}

static void ask_replace(struct app *a, const struct stat *st)
{
	struct session_ask *ask = &a->session->ask;

	memset(ask, 0, sizeof(*ask));
	str_copy(ask->title, sizeof(ask->title), "Replace the file?");
	str_fmt(ask->text[0], sizeof(ask->text[0]), "%s is there already, with %lld bytes.",
	    a->report_file, (long long)st->st_size);
	str_copy(ask->text[1], sizeof(ask->text[1]), "What it holds will be lost.");
	ask->text_count = 2;
	str_copy(ask->yes, sizeof(ask->yes), "y  replace it");
	str_copy(ask->no, sizeof(ask->no), "n  leave it");
	app_ask(a, replace_answered);
}

bool app_page_key(struct app *a, bool save)
{
	const struct sbuf *text = &a->session->page.text;
	char stamp[24];
	struct stat st;

	if (!a->session->page.open || !a->session->page.take || a->session->ask.open)
		return false;
	if (!save) {
		tui_clipboard(
		    a->tui, sbuf_str(text), text->len < REPORT_CLIP ? text->len : REPORT_CLIP);
		session_notice(a->session, false, "copied to the terminal's clipboard");
		return true;
	}
	if (!a->report_file[0]) {
		act_wall_name(a, stamp, sizeof(stamp));
		str_fmt(a->report_file, sizeof(a->report_file), "report-%s.md", stamp);
	}
	if (stat(a->report_file, &st) != 0)
		write_report(a);
	else if (!S_ISREG(st.st_mode))
		session_notice(a->session, true, "not saved: %s is no plain file", a->report_file);
	else
		ask_replace(a, &st);
	return true;
}

void app_report_fini(struct app *a)
{
	stop_reading(a);
	symbols_free(a->symbols);
	a->symbols = NULL;
}

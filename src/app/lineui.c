/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session by lines: what changed in the model is told, once. */
#include "lineui.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app_int.h"
#include "plain.h"
#include "tasmite/app/cli.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/advice.h"

#define LIST_SHOWN 60
#define TEXTS	   12

struct lineui {
	struct app *a;
	/* what was told */
	bool ask, page, list;
	uint64_t list_revision;
	int field; /* of the form, that is asked for; -1: no form */
	bool form_end;
	uint64_t flash_revision;
	enum flash_mark marks[10];
	char stages[10][16];
	char texts[TEXTS][160];
	unsigned tenth;
	enum doctor_state states[CHECKLIST_KEYS];
	char reasons[CHECKLIST_KEYS][128];
	char step[200];
	uint64_t device_revision;
	char *ready; /* a line that only waits to be entered */
};

static void tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	str_vfmt(text, sizeof(text), fmt, ap);
	va_end(ap);
	cli_say(stderr, "tasmite: %s\n", text);
}

static void tell_notice(struct lineui *u)
{
	struct session *s = u->a->session;

	if (s->notice[0])
		tell("%s", s->notice);
	session_notice(s, false, "%s", "");
}

/* ---- questions, pages, lists ----------------------------------------------------------------- */

static void tell_ask(struct lineui *u)
{
	const struct session_ask *ask = &u->a->session->ask;

	if (ask->open && !u->ask) {
		tell("%s", ask->title);
		for (int i = 0; i < ask->text_count; i++)
			tell("%s", ask->text[i]);
		tell("%s, %s%s%s?", ask->yes, ask->no, ask->third[0] ? ", " : "", ask->third);
	}
	u->ask = ask->open;
}

static void answer(struct lineui *u, const char *line)
{
	const struct session_ask *ask = &u->a->session->ask;
	const struct tui_ops *ops = app_ui_ops();

	if (line[0] == 'y' || line[0] == 'Y') {
		ops->answer(u->a, true);
	} else if (line[0] == 'n' || line[0] == 'N') {
		ops->answer(u->a, false);
	} else if (line[0] && line[0] == ask->third[0]) {
		ops->third(u->a);
	} else {
		tell("%s, %s%s%s?", ask->yes, ask->no, ask->third[0] ? ", " : "", ask->third);
		return;
	}
	u->ask = false; /* another one may be open by now */
}

static void tell_text(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		cli_say(stderr, "%.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void tell_page(struct lineui *u)
{
	struct session_page *page = &u->a->session->page;

	if (page->open && !u->page) {
		if (!str_starts(sbuf_str(&page->text), page->title))
			tell("%s", page->title);
		tell_text(sbuf_str(&page->text));
		if (page->take)
			tell("s saves it, an empty line goes on");
		else
			app_ui_ops()->page_closed(u->a);
	}
	u->page = page->open;
}

static void answer_page(struct lineui *u, const char *line)
{
	if (line[0] == 's' && app_page_key(u->a, true) && u->a->session->ask.open)
		return; /* it stays until that is answered */
	if (u->a->session->page.open)
		app_ui_ops()->page_closed(u->a);
	u->page = false;
}

static void tell_list(struct lineui *u)
{
	const struct session_list *l = &u->a->session->list;

	if (l->open && (!u->list || u->list_revision != l->revision)) {
		tell("%s", l->title[0] ? l->title : "Choices");
		for (size_t i = 0; i < l->count && i < LIST_SHOWN; i++)
			cli_say(
			    stderr, "%zu  %s  %s\n", i + 1, l->items[i].label, l->items[i].detail);
		if (l->count > LIST_SHOWN)
			cli_say(stderr, "... and %zu more\n", l->count - LIST_SHOWN);
		tell("a number chooses, an empty line leaves it");
	}
	u->list = l->open;
	u->list_revision = l->revision;
}

static void choose(struct lineui *u, const char *line)
{
	const struct session_list *l = &u->a->session->list;
	uint64_t n = 0;

	u->list = false;
	if (!line[0])
		app_ui_ops()->chosen(u->a, NULL);
	else if (str_parse_u64(line, l->count, &n) && n > 0)
		app_ui_ops()->chosen(u->a, l->items[n - 1].value);
	else
		tell("1 to %zu, or an empty line", l->count);
}

/* ---- forms ----------------------------------------------------------------------------------- */

static void ask_field(struct lineui *u)
{
	const struct session_form *f = &u->a->session->form;
	const struct session_field *field = &f->fields[u->field];

	tell("%s [%s]%s%s:", field->label,
	    field->secret && field->value[0] ? "********" : field->value,
	    field->hint[0] ? "  " : "", field->hint);
}

static void ask_form_end(struct lineui *u)
{
	const struct session_form *f = &u->a->session->form;

	tell_text(sbuf_str(&f->below));
	tell("y  %s, n  leave it?", str_starts(f->done, "Enter: ") ? f->done + 7 : f->done);
	u->form_end = true;
}

static void tell_form(struct lineui *u)
{
	const struct session_form *f = &u->a->session->form;

	if (!f->open) {
		u->field = -1;
		u->form_end = false;
	} else if (u->field < 0) {
		tell("%s: an empty line keeps what is in brackets, . goes to the end, /cancel "
		     "leaves it",
		    f->title);
		u->field = 0;
		ask_field(u);
	}
}

static void fill_form(struct lineui *u, const char *line)
{
	struct session_form *f = &u->a->session->form;
	const struct tui_ops *ops = app_ui_ops();

	tell_form(u); /* it may have opened since the last turn */
	if (strcmp(line, "/cancel") == 0 || (u->form_end && (line[0] == 'n' || line[0] == 'N'))) {
		ops->form(u->a, TUI_FORM_CANCEL, 0, "");
		return;
	}
	if (u->form_end) {
		u->form_end = false;
		if (line[0] == 'y' || line[0] == 'Y')
			ops->form(u->a, TUI_FORM_DONE, 0, "");
		if (!f->open)
			return;
		u->field = 0; /* something in it can't be sent: it is told beside its field */
		ask_field(u);
		return;
	}
	if (line[0] && strcmp(line, ".") != 0)
		ops->form(u->a, TUI_FORM_CHANGED, u->field, line);
	if (f->fields[u->field].bad) {
		ask_field(u);
		return;
	}
	u->field = strcmp(line, ".") == 0 ? f->count : u->field + 1;
	if (u->field < f->count)
		ask_field(u);
	else
		ask_form_end(u);
}

/* ---- panels ---------------------------------------------------------------------------------- */

/* Results stand in the log, too, and were told from there: "flash: written in 9.1 s". */
static bool is_in_log(const struct lineui *u, const char *text)
{
	const struct lines *log = u->a->session->log;
	uint64_t at = lines_end(log), n = strlen(text);
	struct line_ref ref;

	for (int i = 0; i < 40 && at > lines_first(log); i++)
		if (lines_get(log, --at, &ref) && ref.dir != LINE_RX && ref.len >= n &&
		    memcmp(ref.bytes + ref.len - n, text, n) == 0)
			return true;
	return false;
}

static bool was_told(const struct lineui *u, const char *text)
{
	for (int i = 0; i < TEXTS; i++)
		if (strcmp(u->texts[i], text) == 0)
			return true;
	return is_in_log(u, text);
}

static void tell_stages(struct lineui *u, const struct flash_view *v)
{
	static const char *const words[] = {"", "...", "done", "failed"};

	for (int i = 0; i < v->stage_count; i++) {
		bool same = strcmp(u->stages[i], v->stages[i].name) == 0;

		if (v->stages[i].mark != MARK_TODO && (!same || u->marks[i] != v->stages[i].mark))
			tell("%s %s", v->stages[i].name, words[v->stages[i].mark]);
		if (!same || u->marks[i] != v->stages[i].mark)
			u->tenth = 0;
		u->marks[i] = v->stages[i].mark;
		str_copy(u->stages[i], sizeof(u->stages[i]), v->stages[i].name);
	}
	for (int i = v->stage_count; i < 10; i++)
		u->stages[i][0] = '\0';
}

static void tell_flash(struct lineui *u)
{
	const struct flash_view *v = &u->a->session->flash;
	unsigned tenth = v->total ? (unsigned)((uint64_t)v->done * 10 / v->total) : 0;

	if (v->revision == u->flash_revision)
		return;
	u->flash_revision = v->revision;
	tell_stages(u, v);
	if (v->state == FLASH_WORKING && tenth > u->tenth && tenth < 10) {
		if (v->left_s >= 0)
			tell("%u %%, %d s left", tenth * 10, v->left_s);
		else
			tell("%u %%", tenth * 10);
		u->tenth = tenth;
	}
	for (int i = 0; i < v->text_count; i++)
		if (!was_told(u, v->text[i]))
			tell("%s", v->text[i]);
	memset(u->texts, 0, sizeof(u->texts));
	for (int i = 0; i < v->text_count && i < TEXTS; i++)
		str_copy(u->texts[i], sizeof(u->texts[i]), v->text[i]);
}

static const char *state_word(enum doctor_state state)
{
	switch (state) {
	case DOCTOR_OK:
		return "good";
	case DOCTOR_BAD:
		return "bad";
	case DOCTOR_TRYING:
		return "under way";
	case DOCTOR_UNKNOWN:
		break;
	}
	return "not known";
}

static void tell_step(struct lineui *u)
{
	const struct doctor_view *view = u->a->session->device.view;
	struct advice_step steps[ADVICE_STEPS];
	char text[200] = "";

	if (view->recognised && advice_steps(view, steps) > 0 && steps[0].action != ADVICE_NONE)
		str_copy(text, sizeof(text), steps[0].text);
	if (text[0] && strcmp(text, u->step) != 0)
		tell("next step: %s%s", text, steps[0].command[0] ? " (/next)" : "");
	str_copy(u->step, sizeof(u->step), text);
}

static void tell_device(struct lineui *u)
{
	const struct session_device *d = &u->a->session->device;

	session_judge(u->a->session);
	if (d->revision == u->device_revision)
		return;
	u->device_revision = d->revision;
	for (int i = 0; i < CHECKLIST_KEYS; i++) {
		const struct checklist_row *row = &d->checks[i];

		if (row->state == u->states[i] && strcmp(row->text, u->reasons[i]) == 0)
			continue;
		u->states[i] = row->state;
		str_copy(u->reasons[i], sizeof(u->reasons[i]), row->text);
		if (row->text[0] || row->state != DOCTOR_UNKNOWN)
			tell("%s: %s%s%s", row->label, state_word(row->state),
			    row->text[0] ? ", " : "", row->text);
	}
	tell_step(u);
}

/* What a command has put into the edit line: it may hold a password. */
static void tell_ready(struct lineui *u)
{
	const char *text = lineedit_text(tui_lineedit(u->a->tui));
	struct buf masked;

	if (!text[0])
		return;
	free(u->ready);
	u->ready = xstrdup(text);
	lineedit_set(tui_lineedit(u->a->tui), "");
	buf_init(&masked, 8192);
	secrets_tx_line(u->a->secrets, u->ready, strlen(u->ready), &masked);
	tell("ready: %.*s  (an empty line enters it)", (int)buf_len(&masked),
	    (const char *)buf_bytes(&masked));
	buf_fini(&masked);
}

/* ---- lines that are entered ------------------------------------------------------------------ */

/* What only looks differently, or needs single keys. */
static bool needs_screen(enum cmd_id id)
{
	static const enum cmd_id ids[] = {CMD_MENU, CMD_HEX, CMD_RAW, CMD_VIEW, CMD_WRAP, CMD_FOLD,
	    CMD_FIND, CMD_FILTER, CMD_SPLIT, CMD_CLOSE, CMD_RESIZE, CMD_GOTO, CMD_COPY, CMD_DIRECT,
	    CMD_THEME, CMD_FOCUS, CMD_REVEAL, CMD_FOLLOW, CMD_PAGE, CMD_REDRAW, CMD_SUSPEND};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i] == id)
			return true;
	return false;
}

static void command(struct lineui *u, const char *line)
{
	const struct cmd_row *row = cmd_find(line + 1, strcspn(line + 1, " "));

	if (row && needs_screen(row->id))
		tell("/%s is for the screen: here every line is told as it comes", row->name);
	else if (row && row->id == CMD_QUIT && !app_flashing(u->a) && !app_upgrading(u->a))
		plain_end(u->a->plain, 0);
	else
		app_line(u->a, line);
}

bool lineui_asks(const struct lineui *u)
{
	const struct session *s = u->a->session;

	return s->ask.open || s->list.open || s->form.open || s->page.open;
}

static void take_answer(struct lineui *u, const char *line)
{
	const struct session *s = u->a->session;

	if (s->ask.open)
		answer(u, line);
	else if (s->form.open)
		fill_form(u, line);
	else if (s->list.open)
		choose(u, line);
	else
		answer_page(u, line);
}

static void tell_all(struct lineui *u)
{
	tell_notice(u);
	tell_page(u);
	tell_list(u);
	tell_form(u);
	tell_ask(u);
	tell_ready(u);
}

bool lineui_line(struct lineui *u, const char **line)
{
	char *kept = NULL;

	if (lineui_asks(u)) {
		take_answer(u, *line);
	} else if (!**line && u->ready) {
		kept = u->ready;
		u->ready = NULL;
		app_line(u->a, kept);
		free(kept);
	} else if (**line == '/' && (*line)[1] != '/') {
		command(u, *line);
	} else {
		*line += **line == '/';
		return false;
	}
	tell_all(u);
	return true;
}

/* ---- the turn -------------------------------------------------------------------------------- */

mono_t lineui_turn(struct lineui *u, mono_t now)
{
	struct app *a = u->a;
	mono_t due;

	app_flash_turn(a);
	app_rescue_turn(a);
	app_timeline_turn(a);
	due = app_read_step(a, now);
	if (app_log_step(a))
		due = now;
	due = mono_min(due, app_courier_turn(a, now));
	if (app_flashing(a))
		flash_task_turn(a->task, now);
	tell_flash(u);
	tell_device(u);
	tell_all(u);
	return due;
}

struct lineui *lineui_new(struct app *a, bool greet)
{
	struct lineui *u = xcalloc(1, sizeof(*u));

	u->a = a;
	u->field = -1;
	u->flash_revision = a->session->flash.revision;
	app_headless(a);
	if (greet)
		tell("lines go to the device, what begins with / is a command: /help lists all, "
		     "/quit leaves");
	return u;
}

void lineui_free(struct lineui *u)
{
	if (!u)
		return;
	free(u->ready);
	free(u);
}

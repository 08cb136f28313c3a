/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of the device panel: where a verdict comes from, what to do next, how the starts went. */
#include "app_int.h"

#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/core/stamp.h"
#include "tasmite/core/tasmota/advice.h"

/* ---- /why ------------------------------------------------------------------------------------ */

static void unmark(struct app *a)
{
	a->session->marked.count = 0;
	session_touch(a->session);
}

/* Marks the lines, and stands on the one that the verdict itself rests on. */
static void mark_lines(struct app *a, enum checklist_key key, const uint64_t *lines, unsigned n)
{
	struct session_marked *m = &a->session->marked;
	uint64_t own = a->session->device.checks[key].line;

	m->key = key;
	m->count = n;
	m->at = n - 1;
	for (unsigned i = 0; i < n; i++) {
		m->line[i] = lines[i] - 1; /* the doctor counts from 1 */
		if (lines[i] == own)
			m->at = i;
	}
}

/* The same lines as are marked: then it is about the one before. */
static bool marked_already(
    const struct app *a, enum checklist_key key, const uint64_t *lines, unsigned n)
{
	const struct session_marked *m = &a->session->marked;

	if (m->key != key || m->count != n)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (m->line[i] != lines[i] - 1)
			return false;
	return true;
}

/* What is kept of a line that the log has dropped. */
static const struct session_proof *kept_of(const struct session_device *d, uint64_t line)
{
	for (int k = 0; k < CHECKLIST_KEYS; k++)
		if (d->proof[k].line == line && d->proof[k].known)
			return &d->proof[k];
	for (int i = 0; i < DOCTOR_FINDINGS; i++)
		if (d->found[i].line == line && d->found[i].known)
			return &d->found[i];
	return NULL;
}

static void show_dropped(struct app *a, uint64_t number, const char *of)
{
	const struct stamp_zone zone = {a->session->wall_offset_us, a->session->utc_offset_s};
	const struct session_proof *p = kept_of(&a->session->device, number + 1);
	char stamp[STAMP_MAX] = "";

	if (!p) {
		session_notice(
		    a->session, true, "%sthe log has dropped that line (/set scrollback)", of);
		return;
	}
	stamp_text(PANE_TIME_CLOCK, p->time, 0, &zone, stamp, sizeof(stamp));
	session_notice(a->session, true, "%sdropped from the log since; it was, at %s: %s", of,
	    stamp, p->text);
}

static void show_marked(struct app *a)
{
	const struct session_marked *m = &a->session->marked;
	const struct filter *f = app_pane(a)->filter;
	const struct lines *log = a->session->log;
	uint64_t line = m->line[m->at], at;
	struct line_ref ref;
	char of[40] = "";

	if (m->count > 1)
		str_fmt(of, sizeof(of), "line %u of %u: ", m->at + 1, m->count);
	session_touch(a->session);
	if (!lines_get(log, line, &ref)) {
		show_dropped(a, line, of);
		return;
	}
	tui_log_show(a->tui, line, 0, false);
	if (!filter_off(f) && (!filter_at_or_after(f, log, line, &at) || at != line))
		session_notice(a->session, true, "%sthe filter of this pane hides it", of);
	else
		session_notice(a->session, false, "%s%s", of,
		    m->count > 1 ? "marked; again: the one before, Esc: no marks" : "marked");
}

static enum checklist_key first_bad(const struct app *a)
{
	int key = 0;

	while (key < CHECKLIST_KEYS && a->session->device.checks[key].state != DOCTOR_BAD)
		key++;
	return (enum checklist_key)key;
}

void act_why(struct app *a, const struct cmd_line *c)
{
	struct session_marked *m = &a->session->marked;
	uint64_t lines[SESSION_MARKED_MAX];
	enum checklist_key key;
	unsigned n;

	session_judge(a->session);
	if (c->count && str_casecmp(c->args[0], "off") == 0) {
		unmark(a);
		return;
	}
	key = c->count ? checklist_find(c->args[0]) : first_bad(a);
	if (key == CHECKLIST_KEYS) {
		session_notice(a->session, c->count > 0, "%s",
		    c->count ? c->row->usage : "nothing is wrong as far as the log tells");
		return;
	}
	n = checklist_lines(a->session->device.view, key, lines, SESSION_MARKED_MAX);
	if (!n) {
		unmark(a);
		session_notice(a->session, false, "%s: no line has told of it yet",
		    a->session->device.checks[key].label);
		return;
	}
	if (marked_already(a, key, lines, n))
		m->at = m->at ? m->at - 1 : n - 1;
	else
		mark_lines(a, key, lines, n);
	show_marked(a);
}

/* ---- /next ----------------------------------------------------------------------------------- */

/* Files in the steps are examples: which one it is to be is chosen from a list. */
static void without_files(const char *command, char *dst, size_t size)
{
	bool value = false; /* of an option */

	dst[0] = '\0';
	while (*command) {
		size_t n = strcspn(command, " ");
		char word[80];

		str_copy_n(word, sizeof(word), command, n);
		if (value || !(strstr(word, "FILE") || strstr(word, ".bin"))) {
			str_cat(dst, size, dst[0] ? " " : "");
			str_cat(dst, size, word);
		}
		value = strcmp(word, "--backup") == 0;
		command = str_skip_blank(command + n);
	}
}

static void into_edit_line(struct app *a, const char *text)
{
	if (lineedit_text(tui_lineedit(a->tui))[0]) {
		session_notice(a->session, true,
		    "the edit line holds something (Ctrl-C clears it); the step is: %s", text);
		return;
	}
	tui_edit_set(a->tui, text);
	session_notice(a->session, false, "%s",
	    strpbrk(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") &&
		    (strstr(text, "NAME") || strstr(text, "KEY") || strstr(text, "HOST"))
		? "put your own in for the words in capitals, then Enter"
		: "Enter sends it");
}

static void begin_command(struct app *a, const char *text)
{
	char command[160];
	size_t n = strcspn(text, " ");

	if (!cmd_find(text + 1, n - 1)) {
		session_notice(a->session, true, "%.*s: not in this version", (int)n, text);
		return;
	}
	without_files(text, command, sizeof(command));
	app_bound(a, command);
}

void act_next(struct app *a, const struct cmd_line *c)
{
	struct advice_step steps[ADVICE_STEPS];
	uint64_t which = 1;
	unsigned n;

	if (c->count && (!str_parse_u64(c->args[0], ADVICE_STEPS, &which) || !which)) {
		session_notice(a->session, true, "%s (1 to %d)", c->row->usage, ADVICE_STEPS);
		return;
	}
	session_judge(a->session);
	n = a->session->device.view->recognised ? advice_steps(a->session->device.view, steps) : 0;
	if (!n || steps[0].action == ADVICE_NONE) {
		session_notice(a->session, false, "%s",
		    n ? steps[0].text : "nothing was heard of a device yet");
		return;
	}
	if (which > n) {
		session_notice(a->session, true, "there are %u steps", n);
		return;
	}
	if (!steps[which - 1].command[0])
		session_notice(a->session, false, "by hand: %s", steps[which - 1].text);
	else if (steps[which - 1].command[0] == '/')
		begin_command(a, steps[which - 1].command);
	else
		into_edit_line(a, steps[which - 1].command);
}

/* ---- /timeline ------------------------------------------------------------------------------- */

static const char timeline_title[] = "Starts of the device";

static void fill_timeline(struct app *a)
{
	struct session *s = a->session;

	sbuf_clear(&s->page.text);
	timeline_page(&s->device.timeline, s->wall_offset_us, s->utc_offset_s, &s->page.text);
	s->page.revision++;
	a->timeline_shown = s->device.timeline.revision;
}

void act_timeline(struct app *a, const struct cmd_line *c)
{
	(void)c;
	session_page_open(a->session, timeline_title);
	fill_timeline(a);
}

void app_timeline_turn(struct app *a)
{
	if (a->session->page.open && a->timeline_shown != a->session->device.timeline.revision &&
	    strcmp(a->session->page.title, timeline_title) == 0)
		fill_timeline(a);
}

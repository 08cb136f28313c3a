/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of the log panes: how many, how large, in which form; marks. */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/core/filter.h"

struct log_pane *app_pane(struct app *a)
{
	return &a->session->panes.pane[a->session->panes.active];
}

void app_panes_touch(struct app *a)
{
	a->session->panes.revision++;
	session_touch(a->session);
}

void app_words(const struct cmd_line *c, int from, char *dst, size_t size)
{
	dst[0] = '\0';
	for (int i = from; i < c->count; i++) {
		if (i > from)
			str_cat(dst, size, " ");
		str_cat(dst, size, c->args[i]);
	}
}

bool app_option(const struct cmd_line *c, const char *name)
{
	for (int i = 0; i < c->count; i++)
		if (!strcmp(c->args[i], name))
			return true;
	return false;
}

/* ---- panes ----------------------------------------------------------------------------------- */

void app_pane_chosen(void *ctx, int index)
{
	struct app *a = ctx;

	if (index < 0 || index >= a->session->panes.count)
		return;
	a->session->panes.active = index;
	app_panes_touch(a);
}

void app_pane_weights(void *ctx, const int *rows, int count)
{
	struct app *a = ctx;

	for (int i = 0; i < count && i < a->session->panes.count; i++)
		a->session->panes.pane[i].weight = rows[i];
	app_panes_touch(a);
}

void act_split(struct app *a, const struct cmd_line *c)
{
	struct panes *p = &a->session->panes;
	struct err err = {0};
	char terms[1024];
	int context = 0;

	if (!app_context(a, c, &context))
		return;
	app_terms(c, terms, sizeof(terms));
	if (panes_split(p, terms, PATTERN_SMART, &err) != ERR_OK ||
	    filter_set(p->pane[p->active].filter, terms, PATTERN_SMART, context, &err) != ERR_OK) {
		session_notice(a->session, true, "%s", err.text);
		return;
	}
	/* Half of what the pane above had. */
	p->pane[p->active - 1].weight = (p->pane[p->active - 1].weight + 1) / 2;
	p->pane[p->active].weight = p->pane[p->active - 1].weight;
	app_panes_touch(a);
}

void act_close(struct app *a, const struct cmd_line *c)
{
	struct panes *p = &a->session->panes;
	struct err err = {0};
	int weight = p->pane[p->active].weight;

	(void)c;
	if (panes_close(p, &err) != ERR_OK)
		session_notice(a->session, true, "%s", err.text);
	else
		p->pane[p->active].weight += weight;
	app_panes_touch(a);
}

void act_resize(struct app *a, const struct cmd_line *c)
{
	const char *text = c->args[0];
	uint64_t n;

	if ((text[0] != '+' && text[0] != '-') || !str_parse_u64(text + 1, 1000, &n)) {
		session_notice(a->session, true, "%s", c->row->usage);
		return;
	}
	if (!tui_log_resize(a->tui, text[0] == '-' ? -(int)n : (int)n))
		session_notice(a->session, true, "%s",
		    a->session->panes.count > 1 ? "no more room" : "/split makes a second pane");
}

/* ---- forms ----------------------------------------------------------------------------------- */

static void set_form(struct app *a, enum pane_form form)
{
	static const char *const names[] = {"text", "hex", "raw"};

	app_pane(a)->form = form;
	app_panes_touch(a);
	session_notice(a->session, false, "view %s", names[form]);
}

void act_hex(struct app *a, const struct cmd_line *c)
{
	(void)c;
	set_form(a, app_pane(a)->form == PANE_HEX ? PANE_TEXT : PANE_HEX);
}

void act_raw(struct app *a, const struct cmd_line *c)
{
	(void)c;
	set_form(a, app_pane(a)->form == PANE_RAW ? PANE_TEXT : PANE_RAW);
}

void act_view(struct app *a, const struct cmd_line *c)
{
	static const char *const names[] = {"text", "hex", "raw"};

	if (!c->count) {
		set_form(a, (enum pane_form)((app_pane(a)->form + 1) % 3));
		return;
	}
	for (int i = 0; i < 3; i++)
		if (!str_casecmp(c->args[0], names[i])) {
			set_form(a, (enum pane_form)i);
			return;
		}
	session_notice(a->session, true, "%s", c->row->usage);
}

/* The choice that a word means: one of the setting's own, its next one after the present, on (the
 * second one), or without a word off and on in turn. -1: none of these. */
static int choice_of(enum setting_id id, const struct cmd_line *c, int now, int count)
{
	const char *word = c->count ? c->args[0] : now ? "off" : "on";
	struct settings probe;
	int choice = -1;

	if (!str_casecmp(word, "next"))
		return (now + 1) % count;
	settings_init(&probe);
	if (settings_set(&probe, id, word, ORIGIN_SESSION, "", NULL) == ERR_OK)
		choice = (int)settings_int(&probe, id);
	settings_fini(&probe);
	return choice;
}

static const char *choice_name(enum setting_id id, int choice, char *dst, size_t size)
{
	const char *p = setting_row(id)->extra;

	for (; choice > 0 && *p; choice--)
		p += strcspn(p, "|") + 1;
	str_copy_n(dst, size, p, strcspn(p, "|"));
	return dst;
}

/* The only pane is meant by the setting; one of several has its own. True: set, by the setting. */
static bool chosen(struct app *a, enum setting_id id, const struct cmd_line *c, int choice)
{
	char name[16];

	if (choice < 0) {
		session_notice(a->session, true, "%s", c->row->usage);
		return true;
	}
	choice_name(id, choice, name, sizeof(name));
	if (a->session->panes.count == 1 && !app_set(a, id, name))
		return true;
	app_panes_touch(a);
	session_notice(a->session, false, "%s %s", setting_row(id)->name, name);
	return false;
}

void act_stamp(struct app *a, const struct cmd_line *c)
{
	struct log_pane *pane = app_pane(a);
	int now = pane->time == PANE_TIME_SETTING
		      ? (int)settings_int(a->session->settings, SET_STAMP)
		      : (int)pane->time - PANE_TIME_OFF;
	int choice = choice_of(SET_STAMP, c, now, PANE_TIME_MARK - PANE_TIME_OFF + 1);

	if (chosen(a, SET_STAMP, c, choice))
		return;
	pane->time = a->session->panes.count == 1 ? PANE_TIME_SETTING
						  : (enum pane_time)(choice + PANE_TIME_OFF);
}

void act_wrap(struct app *a, const struct cmd_line *c)
{
	/* In the order of the setting's choices. */
	static const enum pane_wrap forms[] = {PANE_WRAP_OFF, PANE_WRAP_WORDS, PANE_WRAP_CHARS};
	struct log_pane *pane = app_pane(a);
	int now = 0, choice;

	while (now < 2 && forms[now] != pane->wrap)
		now++;
	if (pane->wrap == PANE_WRAP_SETTING)
		now = (int)settings_int(a->session->settings, SET_WRAP);
	choice = choice_of(SET_WRAP, c, now, 3);
	if (chosen(a, SET_WRAP, c, choice))
		return;
	pane->wrap = a->session->panes.count == 1 ? PANE_WRAP_SETTING : forms[choice];
}

/* ---- JSON ------------------------------------------------------------------------------------ */

#define FOLD_BACK 20000 /* lines that are looked at for an answer out of sight */

/* The answer that is meant where none is selected: the one found last, the newest one in sight, the
 * newest one of the log. */
static bool fold_target(struct app *a, uint64_t *line)
{
	const struct panes *p = &a->session->panes;
	const struct filter *f = app_pane(a)->filter;
	const struct lines *log = a->session->log;
	uint64_t first, last, at;

	if (!tui_log_span(a->tui, &first, &last))
		return false;
	*line = p->find_line;
	if (*line >= first && *line <= last && tui_log_foldable(a->tui, *line))
		return true;
	if (tui_log_following(a->tui))
		first = last > FOLD_BACK ? last - FOLD_BACK : 0;
	for (at = last; at >= first && at != UINT64_MAX; at--) {
		if (!filter_off(f) && !filter_at_or_before(f, log, at, &at))
			return false;
		if (at < first)
			return false;
		if (tui_log_foldable(a->tui, at)) {
			*line = at;
			return true;
		}
	}
	return false;
}

/* How a line is shown now. */
static enum pane_json fold_now(struct app *a, uint64_t line)
{
	const struct log_pane *pane = app_pane(a);
	enum pane_json json = panes_fold_of(pane, line);

	if (json == PANE_JSON_SETTING)
		json = pane->json;
	if (json == PANE_JSON_SETTING)
		json =
		    (enum pane_json)(PANE_JSON_LINE + settings_int(a->session->settings, SET_JSON));
	return json;
}

static enum pane_json fold_after(enum pane_json json)
{
	return json == PANE_JSON_TREE ? PANE_JSON_FOLDED : PANE_JSON_TREE;
}

static void fold_some(struct app *a)
{
	uint64_t first, last, line;
	unsigned count = 0;
	enum pane_json json = PANE_JSON_SETTING;

	if (!tui_log_selection(a->tui, &first, &last)) {
		if (!fold_target(a, &line)) {
			session_notice(a->session, true, "no JSON answer to fold");
			return;
		}
		first = last = line;
	}
	/* All of a selection as the first of it. */
	for (line = first; line <= last && count < PANES_MAX_FOLDS; line++) {
		if (!tui_log_foldable(a->tui, line))
			continue;
		if (!count++)
			json = fold_after(fold_now(a, line));
		panes_fold(app_pane(a), line, json);
		last = first == last ? line : last;
	}
	if (!count) {
		session_notice(a->session, true, "no JSON answer to fold");
		return;
	}
	app_panes_touch(a);
	tui_log_folded(a->tui, first);
}

void act_fold(struct app *a, const struct cmd_line *c)
{
	struct log_pane *pane = app_pane(a);
	int now = (int)(pane->json == PANE_JSON_SETTING
			    ? PANE_JSON_LINE + settings_int(a->session->settings, SET_JSON)
			    : pane->json) -
		  PANE_JSON_LINE;
	int choice;

	if (!c->count) {
		fold_some(a);
		return;
	}
	choice = choice_of(SET_JSON, c, now, PANE_JSON_TREE - PANE_JSON_LINE + 1);
	if (chosen(a, SET_JSON, c, choice))
		return;
	pane->fold_count = 0; /* all of them */
	pane->json = a->session->panes.count == 1 ? PANE_JSON_SETTING
						  : (enum pane_json)(PANE_JSON_LINE + choice);
}

/* ---- marks ----------------------------------------------------------------------------------- */

void act_mark(struct app *a, const struct cmd_line *c)
{
	struct panes *p = &a->session->panes;
	struct buf masked;
	char text[512];

	app_words(c, 0, text, sizeof(text));
	if (!text[0])
		str_fmt(text, sizeof(text), "%zu", p->mark_count + 1);
	/* The log holds no secret, whoever writes into it. */
	buf_init(&masked, strlen(text) + 1);
	secrets_mask_line(a->secrets, text, strlen(text), &masked);
	session_say(a->session, a->now, FILTER_MARK "%.*s", (int)buf_len(&masked),
	    (const char *)buf_bytes(&masked));
	buf_fini(&masked);
	panes_mark(p, lines_end(a->session->log) - 1, a->now);
	app_panes_touch(a);
}

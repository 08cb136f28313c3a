/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Searching, filtering and going to places in the log. What a key asks for is begun at once and
 * goes on in slices of the loop's turns (app_log_step), so that neither keys nor the port wait.
 */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/stamp.h"

#define SLICE	  ((size_t)1 << 20) /* bytes of a turn: 4 ms */
#define LEAPS_MAX 2000		    /* finds that the filter hides, passed over in one turn */
#define NOWHERE	  UINT64_MAX

/* A reset: the ROM's line (ESP8266: "rst cause:1, boot mode:(3,6)", ESP32: "rst:0x1 (POWERON...)"),
 * or the line with which Tasmota begins, behind its clock. */
#define RESETS "rst cause:\\d|rst:0x[0-9a-fA-F]+ \\(|^(?:[-0-9:./ ]*)(?:APP: )?Project \\S+ "

struct log_search {
	/* the way to a find or a reset that is being looked for */
	bool seeking, up, wrapped;
	struct find *in;
	uint64_t from; /* beyond this line; NOWHERE: from the end, or the start */
	/* the search */
	bool find_up;	     /* its direction */
	uint64_t origin;     /* where it began */
	bool followed;	     /* the pane did, before it */
	struct find *resets; /* NULL until asked for */
	uint64_t here;	     /* where one has gone last, NOWHERE: nowhere */
	uint64_t here_top;   /* the first line in sight then: the filter may hide the other */
	/* the filter before it was typed anew */
	char filter_was[1024];
	int context_was;
	unsigned filter_pane;
};

void app_find_init(struct app *a)
{
	a->search = xcalloc(1, sizeof(*a->search));
	a->search->here = NOWHERE;
	a->search->find_up = true;
}

void app_find_fini(struct app *a)
{
	if (!a->search)
		return;
	find_free(a->search->resets);
	free(a->search);
	a->search = NULL;
}

/* ---- going there ----------------------------------------------------------------------------- */

/* The byte of a line that matches, so that it is in sight in a long one. */
static size_t match_at(struct app *a, const struct find *f, uint64_t line)
{
	struct pattern *p = find_pattern(f);
	struct pattern_match m;
	struct line_ref ref;

	if (!p || !lines_get(a->session->log, line, &ref) ||
	    !pattern_find(p, ref.bytes, ref.len, 0, &m))
		return 0;
	return m.start;
}

/* Brings a place into sight from which the next one is reckoned. */
static void go(struct app *a, uint64_t line, size_t at, bool top)
{
	struct log_search *s = a->search;
	uint64_t last;

	s->here = line;
	tui_log_show(a->tui, line, at, top);
	if (!tui_log_span(a->tui, &s->here_top, &last))
		s->here_top = line;
}

static void arrive(struct app *a, uint64_t line)
{
	struct log_search *s = a->search;
	struct panes *p = &a->session->panes;

	s->seeking = false;
	if (s->in == p->find)
		p->find_line = line;
	go(a, line, match_at(a, s->in, line), s->in != p->find);
	app_panes_touch(a);
}

/* The next candidate that the filter of the pane shows; false: there is none, or too many were
 * passed over for one turn (*more). */
static bool next_shown(struct app *a, uint64_t *line, bool *more)
{
	const struct log_search *s = a->search;
	const struct filter *f = app_pane(a)->filter;
	const struct lines *l = a->session->log;
	uint64_t at = s->from, shown;

	for (int leaps = 0; leaps < LEAPS_MAX; leaps++) {
		bool found;

		if (at == NOWHERE && !s->up) {
			at = lines_first(l);
			found = find_is_hit(s->in, at) || find_next(s->in, at, &at);
		} else {
			found = s->up ? find_prev(s->in, at, &at) : find_next(s->in, at, &at);
		}
		*line = at;
		/* A reset is a place in time: one that the filter hides, too. */
		if (!found || filter_off(f) || s->in == s->resets)
			return found;
		if (!(s->up ? filter_at_or_before(f, l, at, &shown)
			    : filter_at_or_after(f, l, at, &shown)))
			return false;
		if (shown == at)
			return true;
		/* On to the next line that is shown, itself included. */
		at = s->up ? shown + 1 : shown - 1;
	}
	a->search->from = at;
	*more = true;
	return false;
}

static void give_up(struct app *a)
{
	struct log_search *s = a->search;
	bool find = s->in == a->session->panes.find;

	s->seeking = false;
	session_notice(a->session, true, "%s",
	    find		      ? "not found"
	    : find_count(s->in, NULL) ? (s->up ? "no reset before" : "no reset after")
				      : "the log has no reset");
}

/* One try; what is not indexed yet is waited for. The index begins with the newest lines, so the
 * way up can be gone as far as it reaches, the way down only when it is whole. */
static void seek_step(struct app *a)
{
	struct log_search *s = a->search;
	bool whole = find_complete(s->in, a->session->log), more = false;
	uint64_t line;

	if (!s->seeking || (!s->up && !whole))
		return;
	if (next_shown(a, &line, &more)) {
		arrive(a, line);
		return;
	}
	if (more || !whole)
		return;
	if (s->wrapped || s->in != a->session->panes.find) {
		give_up(a);
		return;
	}
	s->wrapped = true;
	s->from = NOWHERE;
	if (next_shown(a, &line, &more)) {
		session_notice(a->session, false, "%s",
		    s->up ? "none before: the newest one" : "none after: the oldest one");
		arrive(a, line);
	} else if (!more) {
		give_up(a);
	}
}

static void seek(struct app *a, struct find *in, bool up, uint64_t from)
{
	struct log_search *s = a->search;

	s->seeking = true;
	s->wrapped = false;
	s->in = in;
	s->up = up;
	s->from = from;
	find_step(in, a->session->log, SLICE / 4);
	seek_step(a);
}

bool app_log_step(struct app *a)
{
	struct log_search *s = a->search;
	struct session *se = a->session;
	bool more = panes_step(&se->panes, se->log, SLICE);

	if (s->resets)
		more |= find_step(s->resets, se->log, SLICE / 4);
	if (s->seeking)
		seek_step(a);
	more |= app_record_step(a);
	return more || s->seeking || app_save_step(a);
}

/* ---- the search ------------------------------------------------------------------------------ */

static void end_find(struct app *a)
{
	struct panes *p = &a->session->panes;

	find_set(p->find, NULL);
	p->find_line = NOWHERE;
	p->find_open = false;
	p->find_text[0] = '\0';
	if (a->search->in == p->find)
		a->search->seeking = false;
	app_panes_touch(a);
}

/* Takes a text as the pattern; false: told what is wrong, the one before stays. */
static bool set_pattern(struct app *a, const char *text)
{
	struct panes *p = &a->session->panes;
	struct err err = {0};
	struct pattern *pattern =
	    pattern_new(text, PATTERN_SMART | (p->find_plain ? PATTERN_PLAIN : 0u), &err);

	if (!pattern) {
		session_notice(a->session, true, "%s", err.text);
		return false;
	}
	find_set(p->find, pattern);
	p->find_line = NOWHERE;
	str_copy(p->find_text, sizeof(p->find_text), text);
	app_panes_touch(a);
	return true;
}

/* From where the search began, that line included. */
static void find_from_origin(struct app *a)
{
	struct log_search *s = a->search;
	uint64_t from = s->origin;

	if (s->find_up)
		from = from == NOWHERE ? from : from + 1;
	else
		from = from == NOWHERE || from == 0 ? NOWHERE : from - 1;
	seek(a, a->session->panes.find, s->find_up, from);
}

static void begin_find(struct app *a, bool up)
{
	uint64_t first, last;

	a->search->find_up = up;
	a->search->followed = tui_log_following(a->tui);
	a->search->origin = NOWHERE;
	if (tui_log_span(a->tui, &first, &last))
		a->search->origin = up ? last : first;
}

static void find_again(struct app *a, bool back)
{
	struct panes *p = &a->session->panes;
	bool up = a->search->find_up != back;
	uint64_t first, last, from = p->find_line;

	if (!find_pattern(p->find)) {
		session_notice(a->session, true, "nothing is searched for: F3, or / in the log");
		return;
	}
	if (from == NOWHERE && tui_log_span(a->tui, &first, &last))
		from = up ? last + 1 : first ? first - 1 : NOWHERE;
	seek(a, p->find, up, from);
}

void act_find(struct app *a, const struct cmd_line *c)
{
	struct panes *p = &a->session->panes;
	char text[512] = "";

	if (app_option(c, "--off")) {
		end_find(a);
		return;
	}
	p->find_plain = app_option(c, "--plain") || (p->find_plain && !c->count);
	for (int i = 0; i < c->count; i++)
		if (!str_starts(c->args[i], "--")) {
			str_cat(text, sizeof(text), text[0] ? " " : "");
			str_cat(text, sizeof(text), c->args[i]);
		}
	begin_find(a, !app_option(c, "--down"));
	if (!text[0]) {
		p->find_open = true;
		app_recall_entries(a, TUI_ENTRY_FIND);
		tui_entry_open(a->tui, TUI_ENTRY_FIND, p->find_text);
		app_panes_touch(a);
	} else if (set_pattern(a, text)) {
		find_from_origin(a);
	}
}

static void find_changed(struct app *a, const char *text)
{
	struct panes *p = &a->session->panes;

	session_notice(a->session, false, "%s", ""); /* several keys may have come at once */
	if (!text[0]) {
		find_set(p->find, NULL);
		p->find_line = NOWHERE;
		p->find_text[0] = '\0';
		app_panes_touch(a);
	} else if (set_pattern(a, text)) {
		find_from_origin(a);
	}
}

static void find_done(struct app *a, const char *text)
{
	struct panes *p = &a->session->panes;

	p->find_open = false;
	app_remember_entry(a, TUI_ENTRY_FIND, text);
	if (text[0] && strcmp(text, p->find_text) != 0)
		find_changed(a, text);
	if (!find_pattern(p->find))
		end_find(a);
	else
		tui_focus(a->tui, TUI_LOG);
	app_panes_touch(a);
}

static void find_event(struct app *a, enum tui_entry_event event, const char *text)
{
	switch (event) {
	case TUI_ENTRY_CHANGED:
		find_changed(a, text);
		break;
	case TUI_ENTRY_NEXT:
	case TUI_ENTRY_PREV:
		find_again(a, event == TUI_ENTRY_PREV);
		break;
	case TUI_ENTRY_PLAIN:
		a->session->panes.find_plain = !a->session->panes.find_plain;
		find_changed(a, text);
		break;
	case TUI_ENTRY_DONE:
		find_done(a, text);
		break;
	case TUI_ENTRY_CANCEL:
		end_find(a);
		if (a->search->followed)
			tui_follow(a->tui);
		break;
	default:
		break;
	}
}

/* ---- the filter ------------------------------------------------------------------------------ */

void app_terms(const struct cmd_line *c, char *dst, size_t size)
{
	dst[0] = '\0';
	for (int i = 0; i < c->count; i++) {
		const char *term = c->args[i];
		bool quote = strpbrk(term, " \t'\"") != NULL;

		if (str_starts(term, "--")) {
			i += !strcmp(term, "--context") || !strcmp(term, "--toggle");
			continue;
		}
		str_cat(dst, size, dst[0] ? " " : "");
		if (quote && *term == '!') {
			str_cat(dst, size, "!");
			term++;
		}
		str_cat(dst, size, quote ? "\"" : "");
		for (; *term; term++) /* a quote within is doubled */
			str_cat(dst, size, quote && *term == '"' ? "\"\"" : (char[]){*term, '\0'});
		str_cat(dst, size, quote ? "\"" : "");
	}
}

static bool set_filter(struct app *a, struct filter *f, const char *terms, int context)
{
	struct err err = {0};

	if (filter_set(f, terms, PATTERN_SMART, context, &err) != ERR_OK) {
		session_notice(a->session, true, "%s", err.text);
		return false;
	}
	/* What is in sight is there at once. */
	filter_step(f, a->session->log, SLICE / 4);
	app_panes_touch(a);
	return true;
}

/* The next word of a filter's text: its length; quotes hold blanks. */
static size_t term_length(const char *p)
{
	char quote = 0;
	size_t n = 0;

	for (; p[n] && (quote || (p[n] != ' ' && p[n] != '\t')); n++) {
		if (p[n] == quote)
			quote = 0;
		else if (!quote && (p[n] == '"' || p[n] == '\''))
			quote = p[n];
	}
	return n;
}

/* Without the term if it is there; else with it, and without its opposite. */
static void toggle_term(const char *text, const char *term, char *dst, size_t size)
{
	const char *bare = term[0] == '!' ? term + 1 : term;
	bool there = false;
	size_t n;

	dst[0] = '\0';
	for (text += strspn(text, " \t"); *text; text += n, text += strspn(text, " \t")) {
		const char *p = *text == '!' ? text + 1 : text;
		char word[1024];

		n = term_length(text);
		str_copy_n(word, sizeof(word), text, n);
		if (n - (size_t)(p - text) == strlen(bare) && !memcmp(p, bare, strlen(bare))) {
			there |= !strcmp(word, term);
			continue;
		}
		str_cat(dst, size, dst[0] ? " " : "");
		str_cat(dst, size, word);
	}
	if (!there) {
		str_cat(dst, size, dst[0] ? " " : "");
		str_cat(dst, size, term);
	}
}

static void open_filter(struct app *a)
{
	struct log_search *s = a->search;
	const struct log_pane *pane = app_pane(a);

	str_copy(s->filter_was, sizeof(s->filter_was), filter_text(pane->filter));
	s->context_was = filter_context(pane->filter);
	s->filter_pane = pane->id;
	app_recall_entries(a, TUI_ENTRY_FILTER);
	tui_entry_open(a->tui, TUI_ENTRY_FILTER, s->filter_was);
}

bool app_context(struct app *a, const struct cmd_line *c, int *context)
{
	uint64_t n;

	for (int i = 0; i + 1 < c->count; i++) {
		if (strcmp(c->args[i], "--context") != 0)
			continue;
		if (!str_parse_u64(c->args[i + 1], 1000, &n)) {
			session_notice(a->session, true, "--context takes a number up to 1000");
			return false;
		}
		*context = (int)n;
	}
	return true;
}

void act_filter(struct app *a, const struct cmd_line *c)
{
	struct filter *f = app_pane(a)->filter;
	int context = filter_context(f);
	const char *toggle = NULL;
	char terms[1024];

	if (!c->count) {
		open_filter(a);
		return;
	}
	if (!app_context(a, c, &context))
		return;
	for (int i = 0; i + 1 < c->count; i++)
		if (!strcmp(c->args[i], "--toggle"))
			toggle = c->args[i + 1];
	if (toggle)
		toggle_term(filter_text(f), toggle, terms, sizeof(terms));
	else if (app_option(c, "--off"))
		terms[0] = '\0';
	else
		app_terms(c, terms, sizeof(terms));
	if (!terms[0] && !toggle && !app_option(c, "--off")) /* only the context */
		str_copy(terms, sizeof(terms), filter_text(f));
	set_filter(a, f, terms, terms[0] ? context : 0);
}

/* The pane whose filter is being typed: another one may be the active one by now. */
static struct filter *typed_filter(struct app *a)
{
	struct panes *p = &a->session->panes;

	for (int i = 0; i < p->count; i++)
		if (p->pane[i].id == a->search->filter_pane)
			return p->pane[i].filter;
	return NULL;
}

static void filter_event(struct app *a, enum tui_entry_event event, const char *text)
{
	struct log_search *s = a->search;
	struct filter *f = typed_filter(a);
	int context;

	session_notice(a->session, false, "%s", "");
	if (!f) /* closed meanwhile */
		return;
	context = filter_context(f);
	switch (event) {
	case TUI_ENTRY_DONE:
		app_remember_entry(a, TUI_ENTRY_FILTER, text);
		set_filter(a, f, text, context);
		break;
	case TUI_ENTRY_CHANGED:
		set_filter(a, f, text, context);
		break;
	case TUI_ENTRY_MORE:
	case TUI_ENTRY_LESS:
		context += event == TUI_ENTRY_MORE ? 1 : -1;
		set_filter(a, f, text, context < 0 ? 0 : context);
		break;
	case TUI_ENTRY_CANCEL:
		set_filter(a, f, s->filter_was, s->context_was);
		break;
	default:
		break;
	}
}

void app_entry(void *ctx, enum tui_entry kind, enum tui_entry_event event, const char *text)
{
	struct app *a = ctx;

	if (kind == TUI_ENTRY_FIND)
		find_event(a, event, text);
	else if (kind == TUI_ENTRY_FILTER)
		filter_event(a, event, text);
}

/* ---- going to a place ------------------------------------------------------------------------ */

/* The line from which the next and the one before are reckoned: where one has gone last, as long as
 * it is in sight. */
static bool stand_point(struct app *a, bool up, uint64_t *from)
{
	uint64_t first, last, here = a->search->here;

	if (!tui_log_span(a->tui, &first, &last))
		return false;
	if (here != NOWHERE && ((here >= first && here <= last) || first == a->search->here_top))
		*from = here;
	else
		*from = up ? (tui_log_following(a->tui) ? last + 1 : first) : first;
	return true;
}

static void goto_mark(struct app *a, bool up)
{
	const struct panes *p = &a->session->panes;
	uint64_t from, line;

	if (!p->mark_count) {
		session_notice(a->session, true, "no marks: m, or /mark TEXT, puts one");
		return;
	}
	if (!stand_point(a, up, &from))
		return;
	if (!(up ? panes_prev_mark(p, from, &line) : panes_next_mark(p, from, &line))) {
		session_notice(a->session, true, up ? "no mark before" : "no mark after");
		return;
	}
	go(a, line, 0, true);
}

static void goto_reset(struct app *a, bool up)
{
	struct log_search *s = a->search;
	struct err err = {0};
	uint64_t from;

	if (!s->resets) {
		struct pattern *p = pattern_new(RESETS, 0, &err);

		if (!p) {
			session_notice(a->session, true, "%s", err.text);
			return;
		}
		s->resets = find_new();
		find_set(s->resets, p);
	}
	if (stand_point(a, up, &from))
		seek(a, s->resets, up, from);
}

static void goto_time(struct app *a, const char *text)
{
	struct session *s = a->session;
	struct stamp_zone zone = {s->wall_offset_us, s->utc_offset_s};
	struct err err = {0};
	uint64_t line;
	mono_t t;

	if (stamp_parse(text, a->now, &zone, &t, &err) != ERR_OK) {
		session_notice(s, true, "%s", err.text);
		return;
	}
	line = lines_at_time(s->log, t);
	if (line >= lines_end(s->log)) {
		session_notice(s, false, "nothing came after that: this is the end");
		tui_follow(a->tui);
		return;
	}
	go(a, line, 0, true);
}

void act_goto(struct app *a, const struct cmd_line *c)
{
	static const struct {
		const char *name;
		void (*go)(struct app *, bool);
		bool arg;
	} rows[] = {{"next-mark", goto_mark, false}, {"prev-mark", goto_mark, true},
	    {"next-reset", goto_reset, false}, {"prev-reset", goto_reset, true},
	    {"again", find_again, false}, {"back", find_again, true}};
	char text[128];

	app_words(c, 0, text, sizeof(text));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(text, rows[i].name)) {
			rows[i].go(a, rows[i].arg);
			return;
		}
	if (!strcmp(text, "start") && lines_first(a->session->log) < lines_end(a->session->log))
		tui_log_show(a->tui, lines_first(a->session->log), 0, true);
	else if (!strcmp(text, "end") || !strcmp(text, "start"))
		tui_follow(a->tui);
	else
		goto_time(a, text);
}

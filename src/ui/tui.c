/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The screen: what is where, what has the focus, one drawing of all. */
#include "tui_int.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

#define PASTE_MAX (1u << 20)

static void edit_line(void *ctx, const char *line)
{
	struct tui *t = ctx;

	if (t->ops.line)
		t->ops.line(t->ctx, line);
}

static size_t edit_complete(void *ctx, const char *line, size_t cursor,
    void (*add)(void *arg, const char *word, const char *detail), void *arg)
{
	struct tui *t = ctx;

	return t->ops.complete ? t->ops.complete(t->ctx, line, cursor, add, arg) : cursor;
}

static void edit_choices(
    void *ctx, const char *const *words, const char *const *details, size_t count)
{
	struct tui *t = ctx;

	t->list_open = false; /* whatever is open then is a fresh list */
	if (t->ops.choices)
		t->ops.choices(t->ctx, words, details, count);
}

static void edit_recall(void *ctx)
{
	struct tui *t = ctx;

	if (t->ops.recall)
		t->ops.recall(t->ctx);
}

struct tui *tui_new(const struct session *s, const struct secrets *secrets, struct backend *b,
    const struct tui_ops *ops, void *ctx)
{
	/* Ctrl-D on an empty line means nothing here: no eof. */
	static const struct lineedit_ops edit_ops = {.line = edit_line,
	    .complete = edit_complete,
	    .choices = edit_choices,
	    .recall = edit_recall};
	struct tui *t = xcalloc(1, sizeof(*t));

	t->s = s;
	t->secrets = secrets;
	t->backend = b;
	t->ops = *ops;
	t->ctx = ctx;
	t->edit = lineedit_new(&edit_ops, t);
	entry_init(&t->entry);
	t->views[VIEW_DEVICE] = view_device_new();
	t->views[VIEW_FLASH] = view_flash_new();
	t->views[VIEW_PAGE] = view_page_new();
	t->views[VIEW_ASK] = view_ask_new();
	t->views[VIEW_LIST] = view_list_new();
	t->views[VIEW_FORM] = view_form_new();
	surface_init(&t->screen, 1, 1);
	buf_init(&t->paste, PASTE_MAX);
	tui_logs_sync(t);
	t->dirty = true;
	return t;
}

void tui_free(struct tui *t)
{
	if (!t)
		return;
	tui_logs_free(t);
	for (int i = VIEW_LOG + 1; i < VIEW_COUNT; i++)
		t->views[i]->ops->free(t->views[i]);
	entry_fini(&t->entry);
	lineedit_free(t->edit);
	surface_fini(&t->screen);
	buf_fini(&t->paste);
	free(t);
}

int tui_popup(struct tui *t)
{
	if (t->s->list.open && !t->list_open)
		view_list_reset(t->views[VIEW_LIST]);
	t->list_open = t->s->list.open;
	if (t->s->form.open && !t->form_open)
		view_form_reset(t->views[VIEW_FORM]);
	t->form_open = t->s->form.open;
	if (t->s->ask.open)
		return VIEW_ASK;
	if (t->s->form.open)
		return VIEW_FORM;
	if (t->s->list.open)
		return VIEW_LIST;
	return t->s->page.open ? VIEW_PAGE : -1;
}

bool tui_exists(const struct tui *t, enum tui_focus f)
{
	return f != TUI_FLASH || t->s->flash.state != FLASH_IDLE;
}

void tui_focus(struct tui *t, enum tui_focus f)
{
	if (tui_exists(t, f))
		t->focus = f;
	t->dirty = true;
}

static void to_pane(struct tui *t, int index)
{
	if (t->ops.pane && index != t->s->panes.active)
		t->ops.pane(t->ctx, index);
}

void tui_focus_step(struct tui *t, int step)
{
	int f = (int)t->focus, last = t->s->panes.count - 1, active = t->s->panes.active;
	bool on = step > 0;

	/* Within the log panes first. */
	if (t->focus == TUI_LOG && (on ? active < last : active > 0)) {
		to_pane(t, active + (on ? 1 : -1));
		t->dirty = true;
		return;
	}
	do
		f = (f + (on ? 1 : TUI_FOCUSES - 1)) % TUI_FOCUSES;
	while (!tui_exists(t, (enum tui_focus)f));
	if (f == TUI_LOG)
		to_pane(t, on ? 0 : last);
	tui_focus(t, (enum tui_focus)f);
}

bool tui_typing(const struct tui *t)
{
	return t->entry.kind || t->pasting || lineedit_text(t->edit)[0] ||
	       lineedit_prompt(t->edit)[0];
}

enum tui_focus tui_focused(const struct tui *t)
{
	return t->focus;
}

void tui_follow(struct tui *t)
{
	tui_logs_sync(t);
	view_log_follow(t->views[VIEW_LOG]);
	t->dirty = true;
}

void tui_page(struct tui *t, int pages)
{
	struct view *v;
	int page;

	tui_logs_sync(t);
	v = t->views[VIEW_LOG];
	page = v->r.h > 1 ? v->r.h - 1 : 1;
	if (pages == INT_MIN)
		view_log_top(v, t->s);
	else if (pages > -10000 && pages < 10000)
		view_log_scroll(v, t->s, pages * page);
	t->dirty = true;
}

void tui_redraw(struct tui *t)
{
	t->backend->ops->redraw(t->backend);
	t->dirty = true;
}

void tui_clipboard(struct tui *t, const char *bytes, size_t n)
{
	t->backend->ops->clipboard(t->backend, bytes, n);
}

void tui_resized(struct tui *t)
{
	t->backend->ops->resized(t->backend);
	t->dirty = true;
}

void tui_edit_set(struct tui *t, const char *text)
{
	lineedit_set(t->edit, text);
	tui_focus(t, TUI_EDIT);
}

struct lineedit *tui_lineedit(struct tui *t)
{
	return t->edit;
}

static void look(const struct tui *t, struct tui_seen *seen)
{
	const struct session *s = t->s;

	seen->lines = lines_revision(s->log);
	seen->settings = s->settings->revision;
	seen->theme = s->theme_revision;
	seen->device = s->device.revision;
	seen->flash = s->flash.revision;
	seen->page = s->page.revision;
	seen->list = s->list.revision;
	seen->form = s->form.revision;
	seen->session = s->revision;
	seen->edit = lineedit_revision(t->edit);
	seen->panes = s->panes.revision;
	seen->find = find_revision(s->panes.find);
	seen->filters = 0;
	for (int i = 0; i < s->panes.count; i++)
		seen->filters += filter_revision(s->panes.pane[i].filter);
	seen->highlight = highlight_revision(s->highlight);
	seen->open = (uint64_t)s->page.open | (uint64_t)s->ask.open << 1 |
		     (uint64_t)s->list.open << 2 | (uint64_t)s->form.open << 3;
}

/* The seconds of a stage without a bar run by themselves. */
static bool clock_runs(const struct tui *t)
{
	return t->s->flash.state == FLASH_WORKING;
}

bool tui_dirty(const struct tui *t, mono_t now)
{
	struct tui_seen seen;

	if (t->dirty || t->backend->ops->pending(t->backend) || t->backend->ops->lost(t->backend))
		return true;
	if (clock_runs(t) && now - t->drawn >= MONO_MS(500))
		return true;
	look(t, &seen);
	return memcmp(&seen, &t->seen, sizeof(seen)) != 0;
}

mono_t tui_deadline(const struct tui *t, mono_t now)
{
	mono_t at = MONO_NEVER;

	if (t->backend->ops->pending(t->backend))
		at = now + MONO_MS(10);
	else if (t->backend->ops->lost(t->backend))
		at = now + MONO_MS(100);
	if (clock_runs(t))
		at = mono_min(at, t->drawn + MONO_MS(500));
	return at;
}

mono_t tui_keys(struct tui *t, mono_t now)
{
	mono_t again = MONO_NEVER;
	struct key key;

	/* A paste whose end mark was lost must not swallow the keyboard for ever. */
	if (t->pasting && now - t->paste_last > MONO_S(1))
		tui_paste_end(t);
	while (t->backend->ops->key(t->backend, &key, now, &again)) {
		tui_one_key(t, &key, now);
		t->dirty = true;
	}
	if (t->pasting)
		again = mono_min(again, t->paste_last + MONO_MS(1100));
	return again;
}

static bool unicode(const struct tui *t)
{
	const char *want = settings_text(t->s->settings, SET_UNICODE);

	if (!strcmp(want, "auto"))
		return t->backend->ops->unicode(t->backend);
	return !strcmp(want, "on");
}

static enum pane focus_pane(enum tui_focus f)
{
	static const enum pane panes[] = {[TUI_EDIT] = PANE_EDIT,
	    [TUI_LOG] = PANE_LOG,
	    [TUI_DEVICE] = PANE_DEVICE,
	    [TUI_FLASH] = PANE_FLASH};

	return panes[f];
}

static void place(struct tui *t, int v, enum pane p)
{
	t->views[v]->area = t->layout.r[p];
	t->views[v]->r = layout_inner(&t->layout, p);
	t->views[v]->focused = focus_pane(t->focus) == p;
	t->views[v]->unicode = t->screen.unicode;
}

static int want_rows(struct tui *t, int v, int width, mono_t now)
{
	return t->views[v]->ops->rows(t->views[v], t->s, width, now);
}

static void recalc_one(struct tui *t, struct view *v, mono_t now)
{
	if (v->r.w > 0 && v->r.h > 0)
		v->ops->recalc(v, t->s, now);
}

static void recalc(struct tui *t, mono_t now)
{
	struct layout_want want = {.flash = t->s->flash.state != FLASH_IDLE};
	int side;

	if (!tui_exists(t, t->focus))
		t->focus = TUI_EDIT;
	t->backend->ops->size(t->backend, &want.w, &want.h);
	want.w = want.w < 1 ? 1 : want.w;
	want.h = want.h < 1 ? 1 : want.h;
	want.focus = focus_pane(t->focus);
	layout_make(&t->layout, &want); /* how wide they are; then how high */
	side = layout_inner(&t->layout, PANE_DEVICE).w;
	want.device_rows = want_rows(t, VIEW_DEVICE, side ? side : want.w, now);
	side = layout_inner(&t->layout, PANE_FLASH).w;
	want.flash_rows = want.flash ? want_rows(t, VIEW_FLASH, side ? side : want.w, now) : 0;
	layout_make(&t->layout, &want);
	surface_resize(&t->screen, want.w, want.h);
	t->screen.unicode = unicode(t);
	tui_logs_sync(t);
	tui_logs_place(t);
	place(t, VIEW_DEVICE, PANE_DEVICE);
	place(t, VIEW_FLASH, PANE_FLASH);
	/* One that is not on the screen keeps its place for when it is again. */
	for (int i = 0; i < t->log_count; i++)
		recalc_one(t, t->logs[i], now);
	recalc_one(t, t->views[VIEW_DEVICE], now);
	recalc_one(t, t->views[VIEW_FLASH], now);
}

/* The flash panel also shows other work on the device. */
static const char *title_of(const struct tui *t, const struct view *v)
{
	return v == t->views[VIEW_FLASH] && t->s->flash.title[0] ? t->s->flash.title
								 : v->ops->title;
}

static void draw_title(struct tui *t, const struct view *v)
{
	struct rect in = {v->area.x + 1, v->area.y, v->area.w - 2, 1};
	enum style_id style = v->focused ? STYLE_TITLE_FOCUS : STYLE_TITLE;

	surface_fmt(
	    &t->screen, in, in.x, in.y, style, v->focused ? "[%s]" : " %s ", title_of(t, v));
}

static void draw_box(struct tui *t, const struct view *v, bool focused)
{
	if (t->layout.framed && v->area.w > 0 && v->area.h > 0 && v->focused == focused)
		surface_box(&t->screen, v->area, focused ? STYLE_BORDER_FOCUS : STYLE_BORDER);
}

static void draw_panes(struct tui *t)
{
	static const enum pane panes[] = {[VIEW_DEVICE] = PANE_DEVICE, [VIEW_FLASH] = PANE_FLASH};

	/* The focused one last: its border is whole. */
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < t->log_count; i++)
			draw_box(t, t->logs[i], pass == 1);
		for (int i = VIEW_DEVICE; i <= VIEW_FLASH; i++)
			if (layout_has(&t->layout, panes[i]))
				draw_box(t, t->views[i], pass == 1);
	}
	if (layout_has(&t->layout, PANE_LOG))
		tui_logs_draw(t);
	for (int i = VIEW_DEVICE; i <= VIEW_FLASH; i++) {
		if (!layout_has(&t->layout, panes[i]))
			continue;
		if (t->layout.framed)
			draw_title(t, t->views[i]);
		if (t->views[i]->r.w > 0 && t->views[i]->r.h > 0)
			t->views[i]->ops->draw(t->views[i], t->s, &t->screen);
	}
}

/* What the status line says of the panes where no frame shows it. */
struct status_words {
	char scroll[64], pane[48];
};

static void status_words(const struct tui *t, struct status_words *w)
{
	w->scroll[0] = w->pane[0] = '\0';
	if (t->layout.framed)
		return;
	if (t->views[VIEW_LOG]->r.y == t->views[VIEW_LOG]->area.y)
		view_log_state(t->views[VIEW_LOG], NULL, w->scroll, sizeof(w->scroll));
	if (t->focus == TUI_EDIT || t->focus == TUI_LOG)
		tui_logs_words(t, w->pane, sizeof(w->pane));
	else
		str_fmt(
		    w->pane, sizeof(w->pane), "[%s]", title_of(t, t->views[t->focus - TUI_LOG]));
}

static void draw_status(struct tui *t)
{
	struct status_words w;

	status_words(t, &w);
	statusbar_draw(t->s, &t->screen, t->layout.r[PANE_STATUS], w.scroll, w.pane,
	    !layout_has(&t->layout, PANE_FLASH));
}

const char *tui_status_click(const struct tui *t, int x, int y)
{
	const struct rect *r = &t->layout.r[PANE_STATUS];
	struct status_words w;

	if (y < r->y || y >= r->y + r->h)
		return NULL;
	status_words(t, &w);
	return statusbar_click(t->s, *r, w.scroll, w.pane, !layout_has(&t->layout, PANE_FLASH), x);
}

static void entry_words(struct tui *t, char *dst, size_t size)
{
	const struct panes *p = &t->s->panes;
	const struct filter *f = p->pane[p->active].filter;
	char found[64];

	if (t->entry.kind == TUI_ENTRY_FIND) {
		view_log_find_words(t->s, found, sizeof(found));
		if (found[0])
			str_fmt(dst, size, "%s%s", found, p->find_plain ? " · plain text" : "");
		else
			str_fmt(dst, size, "Ctrl-R: %s   Up: earlier ones   Esc: end",
			    p->find_plain ? "regular expression" : "plain text");
	} else if (filter_off(f)) {
		str_copy(dst, size, "WIF !Attempting \"rc=-4\"   Ctrl-Up: context lines");
	} else {
		uint64_t first = lines_first(t->s->log), end = lines_end(t->s->log);

		str_fmt(dst, size, "%llu of %llu lines%s",
		    (unsigned long long)filter_count(f, t->s->log, first, end),
		    (unsigned long long)(end - first), filter_complete(f, t->s->log) ? "" : "+");
	}
}

static void draw_entry(struct tui *t)
{
	bool find = t->entry.kind == TUI_ENTRY_FIND, narrow = t->screen.w < 30;
	const char *label = find ? (narrow ? "/" : " Find: ") : narrow ? "&" : " Filter: ";
	char words[160];

	entry_words(t, words, sizeof(words));
	entry_draw(&t->entry, label, t->s->notice[0] ? t->s->notice : words, t->s->notice_bad,
	    &t->screen, t->layout.r[PANE_EDIT]);
}

static void draw_edit(struct tui *t)
{
	const char *text = lineedit_text(t->edit);
	const char *keys = view_log_hint(t->views[VIEW_LOG]);
	struct prompt_hint hint = {.len = 0};
	bool framed = t->layout.framed, line = false;

	if (t->entry.kind) {
		draw_entry(t);
		return;
	}
	if (t->s->direct && t->focus == TUI_EDIT) {
		prompt_draw_direct(t->s, &t->screen, t->layout.r[PANE_EDIT]);
		return;
	}
	if (t->prefix)
		str_copy(hint.text, sizeof(hint.text), "Ctrl-T: 1 to 9, 0 are F1 to F10");
	else if (t->s->sending.on && t->focus == TUI_EDIT)
		str_fmt(hint.text, sizeof(hint.text), "%s: %zu of %zu lines   Esc: stop",
		    t->s->sending.what, t->s->sending.done, t->s->sending.total);
	else if (t->focus == TUI_LOG)
		str_copy(hint.text, sizeof(hint.text),
		    keys ? keys
			 : "/ find  & filter  t tags  v select  s time  w wrap  x hex  Esc back");
	else if (t->focus == TUI_DEVICE)
		view_device_hint(t->views[VIEW_DEVICE], t->s, hint.text, sizeof(hint.text));
	else if (t->focus != TUI_EDIT)
		str_copy(hint.text, sizeof(hint.text), "↑ ↓: scroll   Esc: back");
	else if (!text[0] && t->s->watching[0])
		str_copy(hint.text, sizeof(hint.text), t->s->watching);
	else if (!text[0] && t->s->flash.state == FLASH_WAITING &&
		 !layout_has(&t->layout, PANE_FLASH))
		str_copy(hint.text, sizeof(hint.text), "/focus flash: what to do");
	else if ((line = text[0] != '\0'))
		prompt_hint_of(t->s, text, lineedit_cursor(t->edit), &hint);
	/* The frame above has room for it; where there is none, only for what is wrong. */
	hint.above = line && (framed || (hint.warn && t->screen.h >= 8));
	if (!prompt_draw(&t->prompt, t->s, t->secrets, t->edit, &hint, t->focus == TUI_EDIT,
		&t->screen, t->layout.r[PANE_EDIT]))
		prompt_draw_hint(&hint, &t->screen,
		    (struct rect){
			framed, t->layout.r[PANE_EDIT].y - 1, t->screen.w - 2 * framed, 1});
}

static void draw_popup(struct tui *t, int popup, mono_t now)
{
	struct view *v = t->views[popup];
	struct rect screen = {0, 0, t->screen.w, t->screen.h};

	/* Status line and edit line stay in sight where there is room. */
	if (t->layout.framed) {
		screen.y = t->layout.r[PANE_STATUS].h;
		screen.h = t->layout.r[PANE_EDIT].y - screen.y;
	}
	/* The edit line stays in sight below what belongs to it. */
	if (popup == VIEW_LIST && t->s->list.completion)
		screen.h = t->layout.r[PANE_EDIT].y - screen.y;
	else
		t->screen.cursor_x = t->screen.cursor_y = -1;
	if (screen.h < 1)
		return;
	v->area = screen;
	v->ops->recalc(v, t->s, now);
	v->ops->draw(v, t->s, &t->screen);
}

/* Where there is no room for it, it stands nowhere. */
static void keep_cursor(struct surface *s)
{
	if (s->cursor_x < 0 || s->cursor_y < 0 || s->cursor_x >= s->w || s->cursor_y >= s->h)
		s->cursor_x = s->cursor_y = -1;
}

bool tui_draw(struct tui *t, mono_t now)
{
	bool mouse = settings_bool(t->s->settings, SET_MOUSE);
	struct tui_seen seen;
	int popup;

	/* No work for a frame that can't be shown. */
	if (t->backend->ops->pending(t->backend))
		return false;
	popup = tui_popup(t);
	if (mouse != t->mouse)
		t->backend->ops->set_mouse(t->backend, mouse);
	t->mouse = mouse;
	/* In the edit line arrows recall what was entered: the wheel is for what scrolls. */
	t->backend->ops->set_wheel(
	    t->backend, popup >= 0 || (t->focus != TUI_EDIT && !t->entry.kind));
	look(t, &seen);
	recalc(t, now);
	draw_panes(t);
	draw_status(t);
	draw_edit(t);
	if (layout_has(&t->layout, PANE_KEYBAR))
		keybar_draw(t->s->keymap, &t->screen, t->layout.r[PANE_KEYBAR]);
	if (t->s->page.open && popup != VIEW_PAGE)
		draw_popup(t, VIEW_PAGE, now);
	if (popup >= 0)
		draw_popup(t, popup, now);
	keep_cursor(&t->screen);
	if (!t->backend->ops->blit(t->backend, &t->screen, &t->s->theme))
		return false;
	t->seen = seen;
	t->dirty = false;
	t->drawn = now;
	return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the tui: tui.c (state, drawing) and tui_keys.c (what a key does). */
#ifndef TASMITE_UI_TUI_INT_H
#define TASMITE_UI_TUI_INT_H

#include "tasmite/base/buf.h"
#include "tasmite/ui/tui.h"
#include "bars.h"
#include "entry.h"
#include "layout.h"
#include "view.h"

/* VIEW_LOG is the active one of the log panes. */
enum { VIEW_LOG, VIEW_DEVICE, VIEW_FLASH, VIEW_PAGE, VIEW_ASK, VIEW_LIST, VIEW_FORM, VIEW_COUNT };

/* All that makes a drawing differ from the last one. */
struct tui_seen {
	uint64_t lines, settings, theme, device, flash, page, list, form, session, edit;
	uint64_t panes, find, filters, highlight;
	uint64_t open; /* popups, as bits */
};

struct tui {
	const struct session *s;
	const struct secrets *secrets;
	struct backend *backend;
	struct tui_ops ops;
	void *ctx;
	struct lineedit *edit;
	struct view *views[VIEW_COUNT];
	struct view *logs[PANES_MAX]; /* in the order of session.panes */
	int log_count;
	bool logs_all;	    /* all of them are on the screen */
	int drag_border;    /* the mouse has the border above that pane; 0: none */
	unsigned drag_pane; /* the mouse draws a selection in the pane of that id; 0: none */
	struct entry entry;
	struct layout layout;
	struct surface screen;
	struct prompt prompt;
	enum tui_focus focus;
	bool prefix;	/* Ctrl-T was pressed */
	bool list_open; /* as last seen */
	bool form_open;
	bool mouse;
	bool pasting;
	struct buf paste;
	bool paste_over; /* more than it holds */
	mono_t paste_last;
	bool dirty;
	struct tui_seen seen;
	mono_t drawn;
};

/* The popup that takes the keys: VIEW_PAGE, VIEW_ASK, VIEW_LIST, VIEW_FORM, or -1. */
int tui_popup(struct tui *t);
bool tui_exists(const struct tui *t, enum tui_focus f);
void tui_one_key(struct tui *t, const struct key *key, mono_t now);
void tui_paste_end(struct tui *t);
/* Tells app what happened to the open entry; closes it first where that is its end. */
void tui_entry_event(struct tui *t, enum tui_entry_event event);

/* ---- tui_logs.c ---- */
void tui_logs_sync(struct tui *t);
void tui_logs_free(struct tui *t);
void tui_logs_place(struct tui *t);
void tui_logs_title(struct tui *t, const struct view *v);
void tui_logs_draw(struct tui *t);
/* What the status line says of the log pane that has no title of its own. */
void tui_logs_words(const struct tui *t, char *dst, size_t size);
/* The border between two log panes is there. */
bool tui_logs_border_at(const struct tui *t, int x, int y);
/* A button went down there: true when it is the log panes' business. */
bool tui_logs_press(struct tui *t, int x, int y);
void tui_logs_drag(struct tui *t, int y);
struct view *tui_logs_at(struct tui *t, int x, int y);

/* The command of what the status line shows at that cell; NULL none. */
const char *tui_status_click(const struct tui *t, int x, int y);

#endif

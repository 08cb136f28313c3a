/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The screen: layout, views, focus. Reads the session through a const pointer, draws into a
 * surface, turns keys into requests. It holds scroll offsets and selections, never data.
 * A key goes to the open popup, else the line of a search, else the focused pane, else what is bound to it (keymap), else the
 * edit line, which gets the focus. Ctrl-T is a prefix where it is not bound: 1 to 9 and 0 after it
 * are F1 to F10, a letter is that Ctrl-letter, Ctrl-T itself goes to the edit line.
 * In direct mode all keys but those bound to /direct, and Ctrl-], go to the device while the edit
 * line has the focus.
 */
#ifndef TASMITE_UI_TUI_H
#define TASMITE_UI_TUI_H

#include <stdbool.h>

#include "tasmite/base/mono.h"
#include "tasmite/core/session.h"
#include "tasmite/core/tasmota/secrets.h"
#include "tasmite/ui/backend.h"
#include "tasmite/ui/lineedit.h"

struct tui;

enum tui_focus { TUI_EDIT, TUI_LOG, TUI_DEVICE, TUI_FLASH, TUI_FOCUSES };

/* What is being typed in the edit line's row while the panes follow it. */
enum tui_entry { TUI_ENTRY_NONE, TUI_ENTRY_FIND, TUI_ENTRY_FILTER, TUI_ENTRY_KINDS };

/* What happened to it. */
enum tui_entry_event {
	TUI_ENTRY_MOVED,   /* nothing that matters to others: not told */
	TUI_ENTRY_CHANGED, /* the text */
	TUI_ENTRY_NEXT,	   /* to the next find, to the one before */
	TUI_ENTRY_PREV,
	TUI_ENTRY_PLAIN, /* regular expressions, or not */
	TUI_ENTRY_MORE,	 /* context lines */
	TUI_ENTRY_LESS,
	TUI_ENTRY_DONE,	 /* Enter: closed, holds */
	TUI_ENTRY_CANCEL /* Esc: closed, is to be undone */
};

/* What happened to the open form. */
enum tui_form { TUI_FORM_CHANGED, TUI_FORM_DONE, TUI_FORM_CANCEL };

/* What the user wants, for app to do. */
struct tui_ops {
	/* A line was entered in the edit line (not masked). */
	void (*line)(void *ctx, const char *line);
	/* A key bound to a command line or a macro. */
	void (*bound)(void *ctx, const char *text);
	/* The open question was answered. */
	void (*answer)(void *ctx, bool yes);
	/* ... by its third answer. */
	void (*third)(void *ctx);
	/* An item of the open list was chosen (NULL: left by Esc). A completion's word stands in the
	 * edit line by then; the list is to be closed. */
	void (*chosen)(void *ctx, const char *value);
	/* The selection of the open list moved to an item: for a preview. */
	void (*selected)(void *ctx, const char *value);
	/* The page was closed. */
	void (*page_closed)(void *ctx);
	/* Completion: as in struct lineedit_ops. */
	size_t (*complete)(void *ctx, const char *line, size_t cursor,
	    void (*add)(void *arg, const char *word, const char *detail), void *arg);
	/* Several completions: app opens session.list with them. */
	void (*choices)(
	    void *ctx, const char *const *words, const char *const *details, size_t count);
	/* Pasted text with line ends in it (else it goes into the edit line by itself); n 0: more
	 * than 1 MiB was pasted, nothing of it was kept. */
	void (*paste)(void *ctx, const char *text, size_t n);
	/* The user moved to that log pane: it is to be session.panes.active. */
	void (*pane)(void *ctx, int index);
	/* The log panes shall have that many rows, from the first: their weights. */
	void (*weights)(void *ctx, const int *rows, int count);
	void (*entry)(void *ctx, enum tui_entry kind, enum tui_entry_event event, const char *text);
	/* The open form: CHANGED gives that field's new text (session.form is to hold it). */
	void (*form)(void *ctx, enum tui_form event, int field, const char *text);
	/* Direct mode (session.direct): a key, as an xterm sends it (Enter as CR), or pasted text. */
	void (*raw)(void *ctx, const char *bytes, size_t n);
	/* The history is about to be used, see struct lineedit_ops. */
	void (*recall)(void *ctx);
};

/* Borrows all; secrets tells which bytes of the edit line are shown as dots. */
struct tui *tui_new(const struct session *s, const struct secrets *secrets, struct backend *b,
    const struct tui_ops *ops, void *ctx);
void tui_free(struct tui *t);
/* Takes keys from the backend until there are none. Returns when it wants to be called again at
 * the latest (a pending ESC). */
mono_t tui_keys(struct tui *t, mono_t now);
/* SIGWINCH came. */
void tui_resized(struct tui *t);
/* Something to draw? Compares revisions; true also while a clock on the screen runs (a bar). */
bool tui_dirty(const struct tui *t, mono_t now);
/* recalc, compose, blit, once. False when the terminal was not ready (try again soon). */
bool tui_draw(struct tui *t, mono_t now);
/* Requests of app. */
void tui_focus(struct tui *t, enum tui_focus f);
void tui_focus_step(struct tui *t, int step); /* +1 next, -1 previous of the ring */
enum tui_focus tui_focused(const struct tui *t);
void tui_follow(struct tui *t);		 /* the log's tail */
void tui_page(struct tui *t, int pages); /* of the log; INT_MIN: the top */
void tui_redraw(struct tui *t);
/* Opens the line for a search or a filter, with that text in it; closes it (nothing is told). */
void tui_entry_open(struct tui *t, enum tui_entry kind, const char *text);
void tui_entry_close(struct tui *t);
/* What was searched for (filtered by) earlier: one more, the newest; none. */
void tui_entry_past_add(struct tui *t, enum tui_entry kind, const char *text);
void tui_entry_past_clear(struct tui *t, enum tui_entry kind);
/* Of the active log pane: the lines in sight (false: none); brings one into sight, with the byte at
 * that offset, and holds the pane there (top: as the first row); the selection; whether it follows; the
 * time of a line as shown. */
bool tui_log_span(struct tui *t, uint64_t *first, uint64_t *last);
void tui_log_show(struct tui *t, uint64_t line, size_t at, bool top);
bool tui_log_selection(struct tui *t, uint64_t *first, uint64_t *last);
void tui_log_select_end(struct tui *t);
bool tui_log_following(struct tui *t);
void tui_log_stamp(struct tui *t, uint64_t n, const struct line_ref *ref, char *dst, size_t size);
/* Of the active log pane: whether a line has JSON that can be folded; that line is folded otherwise
 * now: it stays in sight. */
bool tui_log_foldable(struct tui *t, uint64_t line);
void tui_log_folded(struct tui *t, uint64_t line);
/* That many rows more for the active log pane, from its neighbours; false: there is no room. */
bool tui_log_resize(struct tui *t, int rows);
/* Hands bytes to the terminal's clipboard; terminals without one ignore them. */
void tui_clipboard(struct tui *t, const char *bytes, size_t n);
void tui_edit_set(struct tui *t, const char *text); /* puts text into the edit line, focus there */
struct lineedit *tui_lineedit(struct tui *t);
/* Something stands in the edit line, or a search or filter is being written. */
bool tui_typing(const struct tui *t);
/* When a clock on the screen needs the next frame (progress, time left); MONO_NEVER if none. */
mono_t tui_deadline(const struct tui *t, mono_t now);

#endif

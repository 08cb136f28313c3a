/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The screen: layout, views, focus. Reads the session through a const pointer, draws into a
 * surface, turns keys into requests. It holds scroll offsets and selections, never data.
 * A key goes to the open popup, else the focused pane, else what is bound to it (keymap), else the
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

/* What the user wants, for app to do. */
struct tui_ops {
	/* A line was entered in the edit line (not masked). */
	void (*line)(void *ctx, const char *line);
	/* A key bound to a command line or a macro. */
	void (*bound)(void *ctx, const char *text);
	/* The open question was answered. */
	void (*answer)(void *ctx, bool yes);
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
	void (*choices)(void *ctx, const char *const *words, size_t count);
	/* Pasted text with line ends in it (else it goes into the edit line by itself). */
	void (*paste)(void *ctx, const char *text, size_t n);
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
void tui_edit_set(struct tui *t, const char *text); /* puts text into the edit line, focus there */
struct lineedit *tui_lineedit(struct tui *t);
/* When a clock on the screen needs the next frame (progress, time left); MONO_NEVER if none. */
mono_t tui_deadline(const struct tui *t, mono_t now);

#endif

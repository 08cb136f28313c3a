/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What shows a surface and yields keys: a terminal (tui_curses.c) or memory (tui_mem.c). */
#ifndef TASMITE_UI_BACKEND_H
#define TASMITE_UI_BACKEND_H

#include <stdbool.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"
#include "tasmite/core/keymap.h"
#include "tasmite/core/theme.h"
#include "tasmite/ui/surface.h"

struct backend;

struct backend_ops {
	/* Descriptor of the keyboard for the loop, -1 if none. */
	int (*key_fd)(const struct backend *b);
	/* Next key, false when there is none now. Never blocks (a lone ESC is yielded once
	 * *again has come: call again then; MONO_NEVER when nothing is pending). */
	bool (*key)(struct backend *b, struct key *key, mono_t now, mono_t *again);
	void (*size)(const struct backend *b, int *w, int *h);
	/* After SIGWINCH. */
	void (*resized)(struct backend *b);
	/* Shows the surface. Skips the frame (returns false, nothing lost) while the terminal has
	 * not taken the last one yet. */
	bool (*blit)(struct backend *b, const struct surface *s, const struct theme *theme);
	/* Gives the terminal more of the last frame; true while part of it still waits. */
	bool (*pending)(struct backend *b);
	/* True when the last frame did not get there and should be drawn again. */
	bool (*lost)(const struct backend *b);
	void (*redraw)(struct backend *b); /* the next blit draws everything */
	void (*beep)(struct backend *b);
	void (*set_mouse)(struct backend *b, bool on);
	/* Without the mouse: whether the wheel comes as arrow keys. */
	void (*set_wheel)(struct backend *b, bool on);
	/* Puts bytes into the terminal's clipboard, if it has one: there is no answer. */
	void (*clipboard)(struct backend *b, const char *bytes, size_t n);
	/* Gives the terminal back (shell, job control) and takes it again. */
	void (*suspend)(struct backend *b);
	void (*resume)(struct backend *b);
	/* True where the terminal and the locale can show Unicode. */
	bool (*unicode)(const struct backend *b);
	/* Restores the terminal; safe to call twice, and from the die hook. */
	void (*restore)(struct backend *b);
	void (*free)(struct backend *b);
};

struct backend {
	const struct backend_ops *ops;
};

/* color: false for NO_COLOR and --no-color. */
struct backend *tui_curses_new(bool color, struct err *err);
struct backend *tui_mem_new(int w, int h);
/* Tests: queue a key by name ("F1", "a", "Ctrl-C"); the last surface shown. */
void tui_mem_key(struct backend *b, const char *name);
/* Queues a key that has no name. */
void tui_mem_push(struct backend *b, const struct key *key);
/* Queues a paste. */
void tui_mem_paste(struct backend *b, const char *text);
/* While not ready no frame is taken. */
void tui_mem_ready(struct backend *b, bool ready);
void tui_mem_unicode(struct backend *b, bool unicode);
void tui_mem_resize(struct backend *b, int w, int h);
/* What was last put into the clipboard, NULL: nothing. */
const char *tui_mem_clipboard(const struct backend *b);
bool tui_mem_wheel(const struct backend *b);
const struct surface *tui_mem_screen(const struct backend *b);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A view shows one part of the session in a rectangle. It holds a scroll offset and a selection,
 * never data: the session comes as a const pointer with every call.
 */
#ifndef TASMITE_UI_VIEW_H
#define TASMITE_UI_VIEW_H

#include <stdbool.h>

#include "tasmite/base/mono.h"
#include "tasmite/core/session.h"
#include "tasmite/ui/surface.h"

/* What a key did. */
enum view_reaction {
	VIEW_NOT_MINE = 0,
	VIEW_DONE = 1,	/* taken; draw again */
	VIEW_LEAVE = 2, /* close me; for a question: no */
	VIEW_YES = 4,
	VIEW_CHOSEN = 8,   /* view_list_value tells what */
	VIEW_PASS = 16,	   /* VIEW_LEAVE, and the key is for the edit line */
	VIEW_COMMAND = 32, /* view_log_command (of a log) or `command` tells which is to be run */
	VIEW_THIRD = 64,   /* the question's third answer */
	VIEW_EDITED = 128  /* a field of the form */
};

struct view;

struct view_ops {
	const char *title;
	/* What to show; may allocate. */
	void (*recalc)(struct view *v, const struct session *s, mono_t now);
	/* Into the rectangle; can't fail. */
	void (*draw)(const struct view *v, const struct session *s, struct surface *to);
	unsigned (*key)(struct view *v, const struct session *s, const struct key *key);
	/* Rows of text it would like to have at that width. */
	int (*rows)(struct view *v, const struct session *s, int width, mono_t now);
	void (*free)(struct view *v);
};

struct view {
	const struct view_ops *ops;
	struct rect r;	  /* where its text goes */
	struct rect area; /* with its frame; the same where there is none */
	bool focused;
	bool unicode;
	char command[96]; /* for VIEW_COMMAND, of all but a log */
};

struct view *view_log_new(void);
struct view *view_device_new(void);
struct view *view_flash_new(void);
struct view *view_page_new(void);
struct view *view_ask_new(void);
struct view *view_list_new(void);
struct view *view_form_new(void);

/* What the keys of the device panel do where it stands. */
void view_device_hint(const struct view *v, const struct session *s, char *dst, size_t size);

/* A log pane: which of session.panes it shows. */
void view_log_place(struct view *v, int index, unsigned id);
unsigned view_log_id(const struct view *v);
int view_log_index(const struct view *v);
/* Tail, pages, top. */
void view_log_follow(struct view *v);
void view_log_scroll(struct view *v, const struct session *s, int rows);
void view_log_top(struct view *v, const struct session *s);
bool view_log_following(const struct view *v);
/* Holds it where it is. */
void view_log_freeze(struct view *v, const struct session *s);
/* Brings a line (or the nearest shown) into sight, with the byte at that offset, and holds it there;
 * top: as the first one. */
void view_log_show(struct view *v, const struct session *s, uint64_t line, size_t at, bool top);
/* First and last line in sight; false: none. */
bool view_log_span(const struct view *v, const struct session *s, uint64_t *first, uint64_t *last);
/* Whether a line has JSON that can be folded in that form of the pane. */
bool view_log_foldable(const struct view *v, const struct session *s, uint64_t line);
/* How a line is folded has changed: it stays in sight, with its beginning. */
void view_log_folded(struct view *v, const struct session *s, uint64_t line);
/* The selected lines; false when there is no selection. */
bool view_log_selection(const struct view *v, uint64_t *first, uint64_t *last);
void view_log_select_end(struct view *v);
/* The mouse: pressed on, or drawn to, that row of the screen. True: once more on a line that can be
 * folded, which is selected now. */
bool view_log_mouse(struct view *v, const struct session *s, int y, bool drag);
/* The time of a line as the pane shows it; "" where it shows none. */
void view_log_stamp(const struct view *v, const struct session *s, uint64_t n,
    const struct line_ref *ref, char *dst, size_t size);
/* The command of a key that was answered by VIEW_COMMAND. */
const char *view_log_command(const struct view *v);
/* A key of the pane waits for a second one: what it may be, or NULL. */
const char *view_log_hint(const struct view *v);
/* "Log 2: WIF !x · hex". */
void view_log_title(const struct view *v, const struct session *s, char *dst, size_t size);
/* "3 of 17"; "" without a search. */
void view_log_find_words(const struct session *s, char *dst, size_t size);
/* "▼ 123 new lines — End follows", key being the key that does so now; without one (NULL) a shorter
 * form for the status line; "" while it follows and nothing is selected. */
void view_log_state(const struct view *v, const char *key, char *dst, size_t size);

/* The list: a fresh one was opened; the chosen value (NULL: none). */
void view_list_reset(struct view *v);
const char *view_list_value(const struct view *v, const struct session *s);

/* The form: a fresh one was opened; which field is edited, and its text with what the last key (or
 * view_form_insert, which takes text up to a line end) has done to it. VIEW_CHOSEN: Enter. VIEW_EDITED:
 * the text changed. */
void view_form_reset(struct view *v);
int view_form_field(const struct view *v);
const char *view_form_text(const struct view *v);
bool view_form_insert(struct view *v, const struct session *s, const char *text, size_t n);

/* A box over the screen for w x h cells of text; places v. Without a frame where the screen is too
 * small. */
void popup_place(struct view *v, struct rect screen, int w, int h);
void popup_frame(const struct view *v, struct surface *to, const char *title, enum style_id style);

#endif

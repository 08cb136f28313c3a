/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session by lines, for screen readers and for terminals that can't draw: what the screen shows
 * in panels, pages, questions and forms is told line by line on standard error, and lines that are
 * entered answer it. A screen in memory stands behind it, so that every command does what it always
 * does.
 */
#ifndef TASMITE_APP_LINEUI_H
#define TASMITE_APP_LINEUI_H

#include <stdbool.h>

#include "tasmite/base/mono.h"

struct app;
struct lineui;

/* greet: tell how to begin. */
struct lineui *lineui_new(struct app *a, bool greet);
/* NULL is allowed. */
void lineui_free(struct lineui *u);
/* A line that was entered. True: it was a command, or an answer to what was asked; false: it is for
 * the device (*line without the first of two slashes). */
bool lineui_line(struct lineui *u, const char **line);
/* True while an answer is waited for. */
bool lineui_asks(const struct lineui *u);
/* Does what the session's turn does for a screen, and tells what changed. When it wants to be called
 * again. */
mono_t lineui_turn(struct lineui *u, mono_t now);

#endif

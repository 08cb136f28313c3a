/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A small line in the edit line's row, for what is typed while the panes already follow it: a
 * search, a filter. Apart from readline, which keeps the line for the device as it stands.
 */
#ifndef TASMITE_UI_ENTRY_H
#define TASMITE_UI_ENTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/core/keymap.h"
#include "tasmite/core/session.h"
#include "tasmite/ui/surface.h"
#include "tasmite/ui/tui.h"

#define ENTRY_SIZE    512
#define ENTRY_HISTORY 50

struct entry_past {
	char *lines[ENTRY_HISTORY]; /* oldest first */
	int count;
};

struct entry {
	enum tui_entry kind; /* TUI_ENTRY_NONE: closed */
	char text[ENTRY_SIZE];
	size_t len, cursor; /* bytes */
	int at;		    /* in the history; count: the line being written */
	char written[ENTRY_SIZE];
	int shift; /* cells off at the left */
	struct entry_past past[TUI_ENTRY_KINDS];
};

void entry_init(struct entry *e);
void entry_fini(struct entry *e);
void entry_open(struct entry *e, enum tui_entry kind, const char *text);
/* Closes it; keep: the text goes into the history. */
void entry_close(struct entry *e, bool keep);
/* The newest line of the history, "" if none. */
const char *entry_last(const struct entry *e);
/* The history of a kind: one more line, the newest; none. */
void entry_past_add(struct entry *e, enum tui_entry kind, const char *text);
void entry_past_clear(struct entry *e, enum tui_entry kind);
/* What the key did; -1: it is none of the entry's. */
int entry_key(struct entry *e, const struct key *key);
void entry_insert(struct entry *e, const char *text, size_t n);
/* label before it, words at its right. */
void entry_draw(struct entry *e, const char *label, const char *words, bool bad, struct surface *to,
    struct rect r);

#endif

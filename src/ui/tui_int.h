/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of the tui: tui.c (state, drawing) and tui_keys.c (what a key does). */
#ifndef TASMITE_UI_TUI_INT_H
#define TASMITE_UI_TUI_INT_H

#include "tasmite/base/buf.h"
#include "tasmite/ui/tui.h"
#include "bars.h"
#include "layout.h"
#include "view.h"

enum { VIEW_LOG, VIEW_DEVICE, VIEW_FLASH, VIEW_PAGE, VIEW_ASK, VIEW_LIST, VIEW_COUNT };

/* All that makes a drawing differ from the last one. */
struct tui_seen {
	uint64_t lines, settings, theme, facts, flash, page, list, session, edit;
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
	struct layout layout;
	struct surface screen;
	struct prompt prompt;
	enum tui_focus focus;
	bool prefix;	/* Ctrl-T was pressed */
	bool list_open; /* as last seen */
	bool mouse;
	bool pasting;
	struct buf paste;
	mono_t paste_last;
	bool dirty;
	struct tui_seen seen;
	mono_t drawn;
};

/* The popup that takes the keys: VIEW_PAGE, VIEW_ASK, VIEW_LIST, or -1. */
int tui_popup(struct tui *t);
bool tui_exists(const struct tui *t, enum tui_focus f);
void tui_one_key(struct tui *t, const struct key *key, mono_t now);
void tui_paste_end(struct tui *t);
/* The command of what the status line shows at that cell; NULL none. */
const char *tui_status_click(const struct tui *t, int x, int y);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows around the panes: status line, edit line, key bar. */
#ifndef TASMITE_UI_BARS_H
#define TASMITE_UI_BARS_H

#include "tasmite/core/session.h"
#include "tasmite/core/tasmota/secrets.h"
#include "tasmite/ui/lineedit.h"
#include "tasmite/ui/surface.h"

/* scroll: the log's scroll state for screens where its frame can't tell, or "". pane: name of the
 * focused pane where no frame shows it, or "". flash: the flash panel is not in sight. */
void statusbar_draw(const struct session *s, struct surface *to, struct rect r, const char *scroll,
    const char *pane, bool flash);
/* The command of the word that was drawn in column x with the same arguments; NULL none. */
const char *statusbar_click(const struct session *s, struct rect r, const char *scroll,
    const char *pane, bool flash, int x);

struct prompt {
	int shift; /* cells of the text that are off at the left */
};

/* What to say of the line. */
struct prompt_hint {
	char text[240];
	bool warn;	/* something is wrong with it */
	bool above;	/* what is too long can have a row of its own */
	size_t at, len; /* with these bytes of it */
};

/* Of the command under the cursor: how it is used, or what is wrong with the line. */
void prompt_hint_of(
    const struct session *s, const char *line, size_t cursor, struct prompt_hint *h);
/* hint: what to say at the right where session has no notice. False: it needs a row of its own. */
bool prompt_draw(struct prompt *p, const struct session *s, const struct secrets *secrets,
    const struct lineedit *e, const struct prompt_hint *hint, bool focused, struct surface *to,
    struct rect r);
/* The hint in a row of its own. */
void prompt_draw_hint(const struct prompt_hint *hint, struct surface *to, struct rect r);

/* The edit line's row in direct mode: that it is on, and the key that leaves it. */
void prompt_draw_direct(const struct session *s, struct surface *to, struct rect r);

void keybar_draw(const struct keymap *k, struct surface *to, struct rect r);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Highlight rules: a pattern, a style, and what gets it (the line, the match, a group). Asked when
 * a line is drawn, never on arrival. The built-in set marks errors, Tasmota's tags, addresses and
 * reset causes; the configuration adds (`highlight NAME { pattern = "..." style = "..." on =
 * "line|match|1..9" case = on }`) and may switch a built-in off by its name (`pattern = ""`).
 */
#ifndef TASMITE_CORE_HIGHLIGHT_H
#define TASMITE_CORE_HIGHLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/core/lines.h"
#include "tasmite/core/style.h"

#define HIGHLIGHT_MAX_RULES 64
#define HIGHLIGHT_MAX_SPANS 64 /* of a line; what is beyond is left plain */
#define HIGHLIGHT_LINE	    0  /* on: the whole line */
#define HIGHLIGHT_MATCH	    (-1)

struct highlight;

struct highlight_span {
	uint32_t start, end; /* bytes of the line */
	enum style_id style;
};

/* With the built-in rules. */
struct highlight *highlight_new(void);
/* NULL is allowed. */
void highlight_free(struct highlight *h);
/* Only the built-in rules again. */
void highlight_reset(struct highlight *h);
/* The same rules once more, and taking those of another (which stays as it is). */
struct highlight *highlight_copy(const struct highlight *h);
void highlight_assign(struct highlight *h, const struct highlight *from);
/* on: HIGHLIGHT_LINE, HIGHLIGHT_MATCH or a group 1 to 9. A rule of that name is replaced; an empty
 * pattern takes it out. Errors as pattern_new, ERR_NOMEM: too many rules. */
int highlight_add(struct highlight *h, const char *name, const char *pattern, unsigned flags,
    enum style_id style, int on, struct err *err);
/* The i-th rule for help and lists; false when there is none. */
bool highlight_at(const struct highlight *h, size_t i, const char **name, const char **pattern,
    enum style_id *style, int *on, bool *builtin);
/* Spans of a line of the device in rising order, not overlapping (later rules win over earlier
 * ones); lines beyond 4 KiB are looked at as far as that. Returns how many. */
size_t highlight_line(struct highlight *h, const struct line_ref *ref,
    struct highlight_span spans[HIGHLIGHT_MAX_SPANS]);
/* Grows with every change of the rules. */
uint64_t highlight_revision(const struct highlight *h);
/* Name and reason of a rule that was switched off for its cost and not told yet, or NULL. */
const char *highlight_trouble(struct highlight *h);

#endif

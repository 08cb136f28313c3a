/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A filter: which lines of the log a pane shows. A list of terms; a line is shown when one of the
 * positive terms matches it (or there is none) and none of the negative ones ("!text") does. A term
 * is a pattern, or a tag of Tasmota's ("WIF": lines that carry "WIF:" where a tag stands). The
 * program's warnings (LINE_WARN) and marks (LINE_OWN that begins with FILTER_MARK) are always shown;
 * context adds neighbours. Nothing is dropped: the index holds numbers of lines, in slices as in
 * find.h.
 */
#ifndef TASMITE_CORE_FILTER_H
#define TASMITE_CORE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/core/lines.h"

#define FILTER_MAX_TERMS 16
#define FILTER_MARK	 "mark: "

struct filter;

/* That shows all. */
struct filter *filter_new(void);
/* NULL is allowed. */
void filter_free(struct filter *f);
/* Terms separated by blanks (quotes keep blanks in one, and make a pattern of what would be a tag; a
 * doubled quote within them is one; `|` within a term is PCRE2's own), such as
 * `WIF !Attempting "rc=-4"`; "" shows all. flags as pattern_new's; context: lines before and after
 * each. ERR_FORMAT, ERR_RANGE with the term at fault: nothing changes. */
int filter_set(struct filter *f, const char *terms, unsigned flags, int context, struct err *err);
const char *filter_text(const struct filter *f);
int filter_context(const struct filter *f);
/* True when everything is shown: then no index is kept, and positions are line numbers minus
 * lines_first. */
bool filter_off(const struct filter *f);
/* Does this line pass, not counting context? */
bool filter_match(struct filter *f, const struct line_ref *ref);
/* Indexes on for about `budget` bytes, newest lines first; true when there is more to do. */
bool filter_step(struct filter *f, const struct lines *l, size_t budget);
bool filter_complete(const struct filter *f, const struct lines *l);
/* The lines shown: the nearest one at or after (at or before) `line`; false when there is none.
 * Where the index is not complete yet it counts as far as it goes (from the newest back). */
bool filter_at_or_after(
    const struct filter *f, const struct lines *l, uint64_t line, uint64_t *out);
bool filter_at_or_before(
    const struct filter *f, const struct lines *l, uint64_t line, uint64_t *out);
/* Lines shown with numbers in [from, to). */
uint64_t filter_count(const struct filter *f, const struct lines *l, uint64_t from, uint64_t to);
/* A term that was switched off for its cost and not told yet, with the reason, or NULL. */
const char *filter_trouble(struct filter *f);
uint64_t filter_revision(const struct filter *f);

#endif

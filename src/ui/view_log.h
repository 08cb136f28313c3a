/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the log pane: view_log.c (where it stands, recalc, drawing), view_log_rows.c (a line as
 * rows of text), view_log_fold.c (JSON in it, folded or as a tree), view_log_hex.c (as bytes), view_log_marks.c (what in a line is marked),
 * view_log_key.c (keys and selection), view_log_words.c (title and state).
 *
 * Where the text stands is the number of the top line and the offset of a byte in it: so it stays
 * in sight when width, wrapping or form change.
 */
#ifndef TASMITE_UI_VIEW_LOG_H
#define TASMITE_UI_VIEW_LOG_H

#include "tasmite/core/ansi.h"
#include "tasmite/core/highlight.h"
#include "tasmite/core/stamp.h"
#include "view.h"

#define LOG_NO_LINE UINT64_MAX

/* A part of a line that looks different. */
struct log_span {
	uint32_t start, end; /* bytes */
	uint16_t style;
};

#define LOG_RULES_MAX HIGHLIGHT_MAX_SPANS
#define LOG_FINDS_MAX 128

/* The marks of a line; each kind in rising order. */
struct log_spans {
	struct log_span rule[LOG_RULES_MAX], find[LOG_FINDS_MAX];
	size_t rules, finds;
	size_t rule_i, find_i; /* where log_style_at found the last ones */
	size_t base;   /* what is drawn is the part of the line that begins with this byte */
	bool selected; /* the whole line, over all */
};

/* What the rules say of a line, kept from one frame to the next. */
#define LOG_KEPT_LINES 128
#define LOG_KEPT_SPANS 24
struct log_kept {
	uint64_t line, revision;
	uint8_t count; /* 0 and revision 0: nothing kept */
	struct log_span span[LOG_KEPT_SPANS];
};

/* A line in sight of a frozen pane: a copy, for when the log drops it. */
struct log_held {
	uint64_t line;
	struct line_ref ref; /* bytes are a copy */
};

struct view_log {
	struct view base;
	unsigned pane_id;
	int index; /* of its pane; -1: closed */

	/* where it stands */
	bool follow;
	uint64_t wish; /* the line that shall be at the top */
	uint64_t line; /* and that is: the nearest one shown */
	size_t row;    /* and the row within it */
	size_t at;     /* the byte with which that row began when one last scrolled */
	bool at_known;
	uint64_t frozen_end;	 /* lines there were when the window was frozen */
	uint64_t frozen_dropped; /* lines dropped by then */
	bool lost;		 /* text above the frozen window was dropped */
	uint64_t newer;		 /* lines shown here since */
	int shift;		 /* sideways */
	struct log_held *held;
	size_t held_count;

	/* the selection: two lines and all shown between them */
	bool selecting;
	uint64_t clicked; /* the number of the line that was clicked on last, and 1; 0: none */
	uint64_t select_from, select_to;

	bool tag_key;	       /* the next letter is a tag */
	char command[96];      /* for VIEW_COMMAND */
	struct log_kept *kept; /* LOG_KEPT_LINES of them */
	struct log_folds *folds;

	/* geometry of the last recalc */
	enum pane_form form;
	enum pane_time time;
	enum pane_wrap wrap;
	enum pane_json json; /* of lines that have none of their own */
	struct log_fold fold[PANES_MAX_FOLDS];
	int fold_count;
	int stamp_w, text_x, text_w;
	int hex_bytes; /* of a row */
};

static inline struct view_log *log_of(struct view *v)
{
	return (struct view_log *)(void *)v;
}

static inline const struct view_log *log_const(const struct view *v)
{
	return (const struct view_log *)(const void *)v;
}

/* ---- view_log_fold.c: a line as rows, in whatever form it is shown ---- */
size_t log_rows_of(const struct view_log *v, const struct line_ref *ref);
/* Where that row begins; the row with that byte. */
size_t log_row_at(const struct view_log *v, const struct line_ref *ref, size_t row);
size_t log_row_with(const struct view_log *v, const struct line_ref *ref, size_t at);
/* Draws a line from one of its rows on, down to the end of the pane; returns the y after it. */
int log_draw_line(const struct view_log *v, struct surface *to, const struct line_ref *ref,
    struct log_spans *spans, size_t row, int y);
/* Whether the line has JSON that can be folded; how it is shown: LINE, FOLDED or TREE. */
bool log_foldable(const struct view_log *v, const struct line_ref *ref);
enum pane_json log_fold_form(const struct view_log *v, const struct line_ref *ref);
struct log_folds *log_folds_new(void);
void log_folds_free(struct log_folds *f);

/* ---- view_log_rows.c, view_log_hex.c: the same for a line as it came, and as bytes ---- */
size_t log_text_rows(const struct view_log *v, const struct line_ref *ref);
size_t log_text_row_at(const struct view_log *v, const struct line_ref *ref, size_t row);
size_t log_text_row_with(const struct view_log *v, const struct line_ref *ref, size_t at);
int log_text_draw(const struct view_log *v, struct surface *to, const struct line_ref *ref,
    struct log_spans *spans, size_t row, int y);

int log_hex_bytes(int width);
size_t log_hex_rows(const struct view_log *v, const struct line_ref *ref);
int log_hex_draw(const struct view_log *v, struct surface *to, const struct line_ref *ref,
    struct log_spans *spans, size_t row, int y);
/* The bytes of a line end, as they came; n 0 to 2. */
const char *log_eol(enum line_eol eol, size_t *n);
/* Bytes of the line with its end. */
size_t log_full_len(const struct line_ref *ref);

/* ---- view_log_marks.c ---- */
/* All marks of a line in the order in which they lie over one another: rules, finds, selection. */
void log_marks(const struct view_log *v, const struct session *s, uint64_t line,
    const struct line_ref *ref, struct log_spans *spans);
/* Computes what the rules say of a line and keeps it. */
void log_keep_marks(
    struct view_log *v, const struct session *s, uint64_t line, const struct line_ref *ref);
enum style_id log_text_style(enum line_dir dir);
/* The style of the byte at that offset; over: it hides the device's own colours. */
enum style_id log_style_at(struct log_spans *spans, size_t at, enum style_id plain, bool *over);
/* The same, and *n is cut to the bytes from there on that have it too. */
enum style_id log_style_run(struct log_spans *spans, size_t at, enum style_id plain, size_t *n);

/* ---- view_log.c: lines that the pane shows ---- */
const struct log_pane *log_pane_of(const struct view_log *v, const struct session *s);
/* False when there is no such line (any more). */
bool log_get(const struct view_log *v, const struct session *s, uint64_t n, struct line_ref *ref);
/* The nearest line shown at or after (at or before) n. */
bool log_at_or_after(const struct view_log *v, const struct session *s, uint64_t n, uint64_t *out);
bool log_at_or_before(const struct view_log *v, const struct session *s, uint64_t n, uint64_t *out);
/* The line that stands in row y of the screen; false: none. */
bool log_line_in_row(const struct view_log *v, const struct session *s, int y, uint64_t *line);
void log_scroll(struct view_log *v, const struct session *s, long rows);
/* Moves the frozen window as far as it must for the line to be in it. */
void log_keep_in_sight(struct view_log *v, const struct session *s, uint64_t line);

/* ---- view_log_key.c ---- */
unsigned log_key(struct view *base, const struct session *s, const struct key *key);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The log panes of the session, as the user arranged them: each shows the same log through a filter
 * and a search of its own, in its own form. Where it is scrolled to is the view's business.
 */
#ifndef TASMITE_CORE_PANES_H
#define TASMITE_CORE_PANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"
#include "tasmite/core/filter.h"
#include "tasmite/core/find.h"
#include "tasmite/core/lines.h"

#define PANES_MAX 4

enum pane_form {
	PANE_TEXT,
	PANE_HEX,
	PANE_RAW
}; /* characters; bytes with an ASCII column; text with every control byte, line ends included, made visible */
/* SETTING: as the setting stamp (wrap, json) says. */
enum pane_time {
	PANE_TIME_SETTING,
	PANE_TIME_OFF,
	PANE_TIME_CLOCK,
	PANE_TIME_ISO,
	PANE_TIME_START,
	PANE_TIME_DELTA,
	PANE_TIME_MARK
};
enum pane_wrap { PANE_WRAP_SETTING, PANE_WRAP_WORDS, PANE_WRAP_CHARS, PANE_WRAP_OFF };

/* A JSON answer: as it came, as one line with its keys counted, as a tree. */
enum pane_json { PANE_JSON_SETTING, PANE_JSON_LINE, PANE_JSON_FOLDED, PANE_JSON_TREE };

#define PANES_MAX_FOLDS 64

/* A line whose answer is shown otherwise than the pane's. */
struct log_fold {
	uint64_t line;
	enum pane_json json;
};

struct log_pane {
	unsigned id; /* never 0, never given twice: panes move when one is added or closed */
	struct filter *filter;
	enum pane_form form;
	enum pane_time time;
	enum pane_wrap wrap;
	enum pane_json json;
	struct log_fold fold[PANES_MAX_FOLDS]; /* the newest last; the oldest go */
	int fold_count;
	int weight; /* share of the rows, 1 to 1000 */
};

/* A mark: the program's own line in the log, `/mark TEXT`. */
struct log_mark {
	uint64_t line;
	mono_t time;
};

struct panes {
	struct log_pane pane[PANES_MAX];
	int count;  /* at least 1 */
	int active; /* the one that keys and commands mean */
	/* Find: one search for the session; shown in all panes. */
	struct find *find;
	bool find_open;	    /* the edit line is asking for it: live */
	uint64_t find_line; /* hit the user stands on; UINT64_MAX: none */
	char find_text[512];
	bool find_plain;
	struct log_mark *marks; /* rising; at most PANES_MAX_MARKS, the oldest go */
	size_t mark_count;
	unsigned next_id;
	uint64_t revision;
};

#define PANES_MAX_MARKS 1000

/* One pane that shows all; fini frees what it holds. */
void panes_init(struct panes *p);
void panes_fini(struct panes *p);
/* A new pane below the active one, with that filter; it becomes the active one. ERR_NOMEM: there are
 * PANES_MAX; errors of filter_set. */
int panes_split(struct panes *p, const char *filter, unsigned flags, struct err *err);
/* Closes the active one; ERR_INVAL when it is the only one. */
int panes_close(struct panes *p, struct err *err);
/* How the answer of a line is shown in that pane; SETTING: as the others of the pane. */
void panes_fold(struct log_pane *pane, uint64_t line, enum pane_json json);
enum pane_json panes_fold_of(const struct log_pane *pane, uint64_t line);
void panes_mark(struct panes *p, uint64_t line, mono_t time);
/* The mark after (before) a line. */
bool panes_next_mark(const struct panes *p, uint64_t from, uint64_t *line);
bool panes_prev_mark(const struct panes *p, uint64_t from, uint64_t *line);
/* One slice of searching and filtering for all panes; true when there is more to do. */
bool panes_step(struct panes *p, const struct lines *l, size_t budget);

#endif

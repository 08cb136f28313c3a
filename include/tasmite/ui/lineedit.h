/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The edit line: GNU readline in callback mode, fed with bytes, drawn by us. One per process
 * (readline has one state). It reads the user's .inputrc; history files are the caller's business.
 */
#ifndef TASMITE_UI_LINEEDIT_H
#define TASMITE_UI_LINEEDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/core/keymap.h"

struct lineedit;

struct lineedit_ops {
	/* Enter was pressed; the edit line is empty afterwards. */
	void (*line)(void *ctx, const char *line);
	/* Tab: calls add for each whole word that fits what stands before the cursor; returns where
	 * the word begins. A single fit gets a blank after it, unless it ends in a slash, an @ or a
	 * blank. */
	size_t (*complete)(void *ctx, const char *line, size_t cursor,
	    void (*add)(void *arg, const char *word, const char *detail), void *arg);
	/* Several words fit and nothing could be added: show them. details[i] tells what words[i] is,
	 * "" nothing. */
	void (*choices)(
	    void *ctx, const char *const *words, const char *const *details, size_t count);
	/* Ctrl-D on an empty line. */
	void (*eof)(void *ctx);
	/* The history is about to be used (recalled from or searched): what others have written
	 * meanwhile may be added now, by lineedit_history_add. May be NULL. */
	void (*recall)(void *ctx);
};

/* The one edit line of the process (readline keeps its state in itself). ops is copied. */
struct lineedit *lineedit_new(const struct lineedit_ops *ops, void *ctx);
/* Takes readline down again; another one may be made then. NULL is allowed. */
void lineedit_free(struct lineedit *e);
/* A key goes into the line. */
void lineedit_key(struct lineedit *e, const struct key *key);
/* Text as if typed at the cursor, without any key's meaning (a paste; control bytes left out). */
void lineedit_insert(struct lineedit *e, const char *text, size_t n);
/* Puts one of the words that were shown last (choices) where they belong, up to the cursor. */
void lineedit_choose(struct lineedit *e, const char *word);
/* Replaces the whole line; the cursor at its end. */
void lineedit_set(struct lineedit *e, const char *text);
const char *lineedit_text(const struct lineedit *e);
size_t lineedit_cursor(const struct lineedit *e); /* byte offset */
/* What readline shows instead of a prompt while searching ("(reverse-i-search)`x': "), or "". */
const char *lineedit_prompt(const struct lineedit *e);
unsigned long lineedit_revision(const struct lineedit *e);
/* History, oldest first. Up and Down recall the lines that begin with what stands before the cursor;
 * where the user's .inputrc binds these keys, that holds. A line that is in the history moves to its
 * end. */
void lineedit_history_add(struct lineedit *e, const char *line);
/* The same for a line that is known to be in it nowhere: for the first load. */
void lineedit_history_append(struct lineedit *e, const char *line);
/* Empties it, to be loaded anew. */
void lineedit_history_clear(struct lineedit *e);
void lineedit_history_limit(struct lineedit *e, int lines);

#endif

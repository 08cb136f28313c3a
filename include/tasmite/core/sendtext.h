/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text that goes to the device: escapes in a line, and the steps of a macro or of a paste (lines
 * and pauses). Pure; when a step is due is the caller's to see to.
 */
#ifndef TASMITE_CORE_SENDTEXT_H
#define TASMITE_CORE_SENDTEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The longest pause of a macro. */
#define SENDTEXT_PAUSE_MAX_MS 3600000

/* \xNN \r \n \t \e (ESC) \0 \\ in place; other backslashes stay as they are. Returns the length:
 * the result may hold zero bytes. */
size_t sendtext_unescape(char *s);

/* One step; ends the walk when sendtext_next returns false. */
struct sendtext_step {
	int pause_ms;	  /* >= 0: a pause; -1: a line */
	const char *text; /* the line, not terminated */
	size_t n;
};

/* Walks over a macro: `\n` (or a line feed) between lines, `{500ms}` or `{2s}` for a pause, `\\`
 * for one backslash, `\{` for a brace that begins no pause. Lines that are empty next to a pause,
 * at the beginning or at the end are none; elsewhere they are sent (a line end alone). text is
 * changed in place: each step points into it. at is where to go on, 0 at first. */
bool sendtext_next(char *text, size_t *at, struct sendtext_step *step);
/* How many lines (not pauses) the macro has. */
size_t sendtext_lines(const char *text);

/* Walks over pasted text: lines end with CR, LF or both; empty ones are left out. Steps as above,
 * never a pause; the text is not changed. */
bool sendtext_paste_next(const char *text, size_t n, size_t *at, struct sendtext_step *step);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of the screen share: a session to draw, and golden screens. */
#ifndef TASMITE_TESTS_SCREEN_H
#define TASMITE_TESTS_SCREEN_H

#include "tasmite/base/str.h"
#include "tasmite/core/session.h"
#include "tasmite/ui/backend.h"
#include "tasmite/ui/tui.h"

struct screen {
	struct session *s;
	struct secrets *secrets;
	struct backend *b;
	struct tui *t;
	mono_t now;
	uint64_t read_next; /* first line that the session has not read */
	/* what the tui asked for */
	char line[256], bound[256], chosen[256], paste[256];
	char raw[256]; /* bytes of the direct mode */
	size_t raw_len;
	int entries, entry_kind, entry_event; /* what happened to the line of a search */
	char entry[256];
	int forms, form_event; /* what happened to the form; its values are taken over */
	int lines, answers, last_answer, chosen_count, closed, pastes, choices;
};

/* A session with an open port and a short log, on a screen in memory. */
void screen_open(struct screen *sc, int w, int h);
void screen_close(struct screen *sc);
/* For CMocka: *state is one of 120 x 40. */
int screen_setup(void **state);
int screen_teardown(void **state);
/* Bytes of the device. */
void screen_rx(struct screen *sc, const char *text);
/* The session reads the device's lines that it has not read yet, and judges. */
void screen_read(struct screen *sc);
/* Key names separated by blanks; "text:abc" types abc. Draws afterwards. */
void screen_keys(struct screen *sc, const char *keys);
void screen_draw(struct screen *sc);
/* A row of what is shown; valid until the next call. */
const char *screen_row(const struct screen *sc, int y);
/* The first row that contains the text, -1 if none does. */
int screen_find(const struct screen *sc, const char *text);
/* Compares the screen, in all sizes of the list, with tests/golden/NAME.txt; GOLDEN=update in the
 * environment writes that file instead. */
void screen_golden(struct screen *sc, const char *name);
/* The same for a picture of the screen in one size, tests/golden/NAME.svg, in the theme dark; title:
 * what it shows, in words. */
void screen_picture(struct screen *sc, const char *name, int w, int h, const char *title);
/* The same for any text. */
void screen_keep(const char *name, const struct sbuf *is);

#endif

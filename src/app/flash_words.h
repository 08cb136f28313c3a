/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words for what the flash engine reports. Private to the flashing rooms. */
#ifndef TASMITE_APP_FLASH_WORDS_H
#define TASMITE_APP_FLASH_WORDS_H

#include "flash_task.h"

/* What was heard while waiting, as one line; advice is "" when there is nothing to do. */
void flash_words_heard(const struct engine_event *ev, char *text, size_t size, bool *bad);
/* What was heard before still stands: now says less than before. */
bool flash_words_heard_better(enum engine_heard before, enum engine_heard now);
void flash_words_retry(const struct engine_event *ev, char *text, size_t size);
/* A reset sequence: what is tried, what came of it. */
void flash_words_reset(const struct engine_event *ev, char *text, size_t size, bool *bad);
/* The steps of the waiting page: by hand; while DTR and RTS are tried. */
void flash_words_steps(const struct flash_request *r, struct flash_view *view);
void flash_words_steps_lines(const struct flash_request *r, struct flash_view *view);
/* The result after DONE. */
void flash_words_done(
    const struct flash_request *r, const struct engine *e, double seconds, struct flash_view *view);
/* The steps at the end have been done: the device has started from its flash. */
void flash_words_started(struct flash_view *view, const char *firmware);
/* They have not: its boot loader has started again. by_dtr: DTR is on, and may be why. */
void flash_words_loader(struct flash_view *view, bool by_dtr);
/* The result after FAILED or CANCELLED: what happened, what is and is not changed, what next. */
void flash_words_failed(
    const struct flash_request *r, const struct engine *e, bool cancelled, struct flash_view *view);
/* Why nothing was begun, instead of what stands there: the reason, what to take instead, and what
 * overrides it, a line each. */
void flash_words_refused(const char *why, struct flash_view *view);
/* The way out of the loader for a device on which nothing was changed. */
void flash_words_leave(const struct engine *e, struct flash_view *view);
/* One more line of view->text, or as many as the words need, cut at blanks (older ones stay; a full
 * view drops what is too much). Of more than 800 bytes the rest is lost. */
void flash_words_add(struct flash_view *view, bool bad, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* What the plan says; full: nothing was compared. False: nothing worth a word. */
bool flash_words_plan(const struct engine_event *ev, bool full, char *text, size_t size);

#endif

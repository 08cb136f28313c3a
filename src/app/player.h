/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plays a recording into the session as if a device spoke: a raw one with its own times, any other
 * file at the session's rate.
 */
#ifndef TASMITE_APP_PLAYER_H
#define TASMITE_APP_PLAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "tasmite/base/err.h"

struct app;
struct player;

/* speed in thousandths of the recording's own; 0: as fast as it goes. NULL with err. */
struct player *player_new(struct app *a, const char *path, int64_t speed, struct err *err);
/* NULL is allowed. */
void player_free(struct player *p);
/* Pauses, or goes on; returns whether it pauses now. */
bool player_pause(struct player *p);
/* The end was reached, or the file is damaged. */
bool player_ended(const struct player *p);

#endif

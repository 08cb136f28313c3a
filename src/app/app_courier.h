/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs for the courier: see core/tasmota/courier.h. */
#ifndef TASMITE_APP_APP_COURIER_H
#define TASMITE_APP_APP_COURIER_H

#include "app_int.h"
#include "tasmite/core/tasmota/courier.h"

struct post_job {
	const char *what;  /* how it is called: "backlog", the file's name; copied */
	bool packed, stop; /* as courier_begin has them */
	bool panel;	   /* progress in the panel */
	bool quiet;	   /* nothing is said when all is well */
	bool silent;	   /* nothing at all */
	void (*done)(struct app *a, bool good);
};

/* Takes the steps over, begins. False: told why in the notice; b is empty then too. */
bool app_courier_begin(struct app *a, struct backlog *b, const struct post_job *job);
/* Tells of values that the firmware will not take as they are meant; how many. */
size_t app_courier_warn(struct app *a, const struct backlog *b);
/* Something did not arrive, and can be sent again. */
bool app_courier_left(const struct app *a);
/* What did not arrive, once more. */
void app_courier_again(struct app *a);
/* Adds all that was set in this session and arrived; returns b->count. */
size_t app_courier_kept(struct app *a, struct backlog *b);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An upgrade under way: the follower (core/tasmota/upgrade), the server (io/httpd), the files, and the
 * timer that wakes them. Whoever has the link hands over the device's bytes and sends the lines.
 */
#ifndef TASMITE_APP_UPGRADE_TASK_H
#define TASMITE_APP_UPGRADE_TASK_H

#include "tasmite/base/err.h"
#include "tasmite/core/tasmota/upgrade.h"
#include "tasmite/io/loop.h"

struct upgrade_task;

struct upgrade_wish {
	const char *path; /* NULL: url names a server of one's own */
	const char *url;
	const char *small; /* the minimal build; NULL: as it is found beside path */
	bool insist;	   /* on what may be overridden */
	/* Whose requests are heard: "device" (or NULL) its own address, "any", or addresses with commas
	 * between, beside its own. */
	const char *source;
	const char *address; /* of this machine, to serve at; NULL: in the device's network */
	struct upgrade_device known;
};

struct upgrade_task_ops {
	/* A command for the console, without line end. May hold a password (the old OtaUrl). */
	void (*send)(void *ctx, const char *line);
	/* Something for the log. */
	void (*say)(void *ctx, bool bad, const char *text);
	/* All is known: upgrade_task_go or upgrade_task_cancel is awaited. */
	void (*ready)(void *ctx, mono_t now);
	/* The view has changed. */
	void (*changed)(void *ctx, mono_t now);
	/* It ended; the task must not be freed within this call. */
	void (*ended)(void *ctx, mono_t now);
};

/* NULL with err: a file can't be read, an address is wrong. ops is copied, the strings are. */
struct upgrade_task *upgrade_task_new(struct loop *loop, const struct upgrade_wish *wish,
    const struct upgrade_task_ops *ops, void *ctx, mono_t now, struct err *err);
void upgrade_task_free(struct upgrade_task *t); /* NULL allowed */
/* The device's bytes, before any masking. */
void upgrade_task_rx(struct upgrade_task *t, const uint8_t *bytes, size_t n, mono_t now);
/* The answer to ready: false with err when it can't go (the plan refuses it, no way to serve it). */
bool upgrade_task_go(struct upgrade_task *t, mono_t now, struct err *err);
void upgrade_task_cancel(struct upgrade_task *t, mono_t now);
/* The port went away and may come back; it is back; nobody waits for it any more (ends the task). */
void upgrade_task_port_away(struct upgrade_task *t, mono_t now);
void upgrade_task_port_back(struct upgrade_task *t, mono_t now);
void upgrade_task_port_gone(struct upgrade_task *t, mono_t now);
/* Why no request came, UPGRADE_CAUSES of them; NULL: there is no cause to ask. */
const struct upgrade_cause *upgrade_task_causes(const struct upgrade_task *t);
/* For panels and reports. */
const struct upgrade *upgrade_task_model(const struct upgrade_task *t);

#endif

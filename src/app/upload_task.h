/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An upload under way: the model (core/tasmota/upload), the requests (io/http_post), the files, and
 * the timer that wakes them. Whoever has the link hands over the device's bytes and sends the lines.
 */
#ifndef TASMITE_APP_UPLOAD_TASK_H
#define TASMITE_APP_UPLOAD_TASK_H

#include "tasmite/base/err.h"
#include "tasmite/core/tasmota/upload.h"
#include "tasmite/io/loop.h"

struct upload_task;

struct upload_wish {
	const char *path;
	const char *small;    /* the minimal build; NULL: as it is found beside path */
	const char *address;  /* "10.0.0.7", "10.0.0.7:8080"; NULL: what the device says */
	const char *seen;     /* its address as the log has it; "" or NULL: not seen */
	const char *password; /* of the page; NULL: none */
	bool console;	      /* there is one */
	bool insist;	      /* on what may be overridden */
};

struct upload_task_ops {
	/* A command for the console, without line end. */
	void (*send)(void *ctx, const char *line);
	/* Something for the log. */
	void (*say)(void *ctx, bool bad, const char *text);
	/* A file can't be read, or is not what it must be; the end follows. err is valid within the
	 * call. */
	void (*failed)(void *ctx, const struct err *err, mono_t now);
	/* All is known: upload_task_go or upload_task_cancel is awaited. */
	void (*ready)(void *ctx, mono_t now);
	/* The view has changed. */
	void (*changed)(void *ctx, mono_t now);
	/* It ended; the task must not be freed within this call. */
	void (*ended)(void *ctx, mono_t now);
};

/* NULL with err: the file can't be read, the address is none. ops is copied, the strings are. Nothing
 * is told before upload_task_start. What the files are is found out in pieces, while the device is
 * asked. */
struct upload_task *upload_task_new(struct loop *loop, const struct upload_wish *w,
    const struct upload_task_ops *ops, void *ctx, mono_t now, struct err *err);
void upload_task_start(struct upload_task *t, mono_t now);
void upload_task_free(struct upload_task *t); /* NULL allowed */
/* The device's bytes. */
void upload_task_rx(struct upload_task *t, const uint8_t *bytes, size_t n, mono_t now);
/* They come no more, for now: it goes on by the page alone. */
void upload_task_port_away(struct upload_task *t, mono_t now);
/* The answer to ready: false with err when the plan refuses it. */
bool upload_task_go(struct upload_task *t, mono_t now, struct err *err);
void upload_task_cancel(struct upload_task *t, mono_t now);
const struct upload *upload_task_model(const struct upload_task *t);
/* Where it goes: "192.168.4.1"; "" not known yet. */
const char *upload_task_address(const struct upload_task *t);

#endif

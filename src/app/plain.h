/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session without a screen: the device's lines on standard output, what is on standard input
 * sent line by line, the program's own words on standard error. What begins with / is a command: from
 * the first one on, and at once where standard input is a terminal, it is the session by lines
 * (lineui.h). */
#ifndef TASMITE_APP_PLAIN_H
#define TASMITE_APP_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/base/mono.h"

struct app;
struct plain;

/* NULL with err (ERR_INVAL: the pattern of --until can't be used). */
struct plain *plain_new(struct app *a, struct err *err);
/* NULL is allowed. */
void plain_free(struct plain *p);
/* Bytes of the device, masked; at: when they came, for the stamp. */
void plain_rx(struct plain *p, const uint8_t *bytes, size_t n, mono_t at);
/* A line that was sent: told only where it comes out of a recording. */
void plain_tx(struct plain *p, const char *line, size_t n, mono_t at);
/* Wall clock = mono time + this. */
void plain_set_wall(struct plain *p, int64_t offset_us);
/* The stream breaks: the line ends. */
void plain_break(struct plain *p);
void plain_port_open(struct plain *p, mono_t now);
void plain_port_lost(struct plain *p, const struct err *why);
/* Ends the run when all output is written. */
void plain_end(struct plain *p, int code);
/* True while more output waits than is good: nothing should be read meanwhile. */
bool plain_is_full(const struct plain *p);
/* True when it is the session by lines. */
bool plain_by_lines(const struct plain *p);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looks after single commands that were typed: they go as they are, at once, and nothing is sent again.
 * Here it is only noticed when one was lost on the way, arrived damaged, or was stored otherwise than
 * it was meant; where all is well nothing is said, for the answer stands in the log. Pure.
 *
 * It speaks of devices that are known to listen (one has echoed a command before): a console whose log
 * is off, or that is none of Tasmota's, answers nothing and is in order.
 */
#ifndef TASMITE_CORE_TASMOTA_TYPED_H
#define TASMITE_CORE_TASMOTA_TYPED_H

#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/mono.h"
#include "tasmite/core/tasmota/secrets.h"

struct typed;

/* say gets a warning, masked by secrets (borrowed). */
struct typed *typed_new(
    const struct secrets *secrets, void (*say)(void *ctx, const char *text), void *ctx);
/* NULL is allowed. */
void typed_free(struct typed *t);
/* A line was sent; learnt by secrets before. */
void typed_sent(struct typed *t, const char *line, size_t n, mono_t now);
/* It has not left yet: its time begins later. */
void typed_hold(struct typed *t, mono_t now);
/* Other lines are sent, whose echoes are not known here: what is pending is forgotten. */
void typed_leave(struct typed *t);
/* The same where the device is another, or away: whether it listens is not known any more, either. */
void typed_drop(struct typed *t);
/* Bytes of the device as they came. */
void typed_rx(struct typed *t, const uint8_t *bytes, size_t n, mono_t now);
/* What was not answered by now is told. */
void typed_tick(struct typed *t, mono_t now);
/* When typed_tick is to be called; MONO_NEVER: nothing is pending. */
mono_t typed_deadline(const struct typed *t);

#endif

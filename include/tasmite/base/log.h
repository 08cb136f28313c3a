/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sink for the program's own trace (--debug-log). Off unless app sets it; never shows bytes of
 * the port or a user's line, so that no secret can reach it.
 */
#ifndef TASMITE_BASE_LOG_H
#define TASMITE_BASE_LOG_H

#include <stdbool.h>

typedef void (*log_sink_fn)(void *ctx, const char *room, const char *text);

/* NULL switches the trace off. */
void log_set_sink(log_sink_fn sink, void *ctx);
bool log_enabled(void);
/* One line of trace: "room" is the module's name. Costs nothing but a test while off. */
void log_trace(const char *room, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sink for the program's own trace. */
#include "tasmite/base/log.h"

#include <stdarg.h>
#include <stddef.h>

#include "tasmite/base/str.h"

static log_sink_fn log_sink;
static void *log_ctx;

void log_set_sink(log_sink_fn sink, void *ctx)
{
	log_sink = sink;
	log_ctx = ctx;
}

bool log_enabled(void)
{
	return log_sink != NULL;
}

void log_trace(const char *room, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!log_sink)
		return;
	va_start(ap, fmt);
	str_vfmt(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_sink(log_ctx, room, text);
}

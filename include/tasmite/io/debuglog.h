/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file behind the program's own trace (--debug-log FILE). */
#ifndef TASMITE_IO_DEBUGLOG_H
#define TASMITE_IO_DEBUGLOG_H

#include "tasmite/base/err.h"

/* Opens the file (created with mode 0600, appended to) and switches the trace on. */
int debuglog_open(const char *path, struct err *err);
/* Switches it off; harmless when it is not open. */
void debuglog_close(void);

#endif

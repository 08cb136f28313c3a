/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waiting for the disk without holding the loop: what was written to a file reaches it beside. */
#ifndef TASMITE_IO_SYNCFILE_H
#define TASMITE_IO_SYNCFILE_H

#include <stdbool.h>

#include "tasmite/base/err.h"

struct syncfile;

/* Begins to bring what was written to fd to the disk. fd must stay open until syncfile_free. */
struct syncfile *syncfile_begin(int fd);
/* ERR_OK: it is there; ERR_AGAIN: not yet (never with wait, which waits); else what the disk said. */
int syncfile_done(struct syncfile *s, bool wait, struct err *err);
/* Waits where it is under way still. NULL is allowed. */
void syncfile_free(struct syncfile *s);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file in memory, for what a library will only write to a file. */
#ifndef TASMITE_UI_MEMFILE_H
#define TASMITE_UI_MEMFILE_H

#include <stdio.h>

/* Open for writing and reading, with a descriptor, not passed on to other programs; no name leads to
 * it. By memfd_create(2) on Linux, elsewhere by tmpfile. NULL and errno when it can't be had. */
FILE *memfile_new(void);

#endif

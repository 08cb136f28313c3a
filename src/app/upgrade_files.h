/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of an upgrade: the one that was named, its other form, and the minimal build beside it. */
#ifndef TASMITE_APP_UPGRADE_FILES_H
#define TASMITE_APP_UPGRADE_FILES_H

#include "tasmite/base/err.h"
#include "tasmite/core/tasmota/upgrade.h"

struct upgrade_loader;

struct upgrade_files {
	struct upgrade_file file[UPGRADE_PARTS];
	uint8_t *data[UPGRADE_PARTS]; /* as it is served */
	char md5[UPGRADE_PARTS][33];
	struct upgrade_loader *load; /* while they are looked through */
};

/* Reads path; small: the minimal build, NULL: only where it lies beside path. 0, or a negative code
 * with err and nothing held. */
int upgrade_files_begin(
    struct upgrade_files *f, const char *path, const char *small, struct err *err);
/* Goes on: reads a file, or sums, unpacks, looks through a piece of one, which takes a few
 * milliseconds at most. ERR_AGAIN: there is more to do; ERR_OK: all is known; else err tells what is
 * wrong with one that was named. */
int upgrade_files_step(struct upgrade_files *f, struct err *err);
void upgrade_files_free(struct upgrade_files *f);

#endif

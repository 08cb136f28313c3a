/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of an upgrade: the one that was named, its other form, and the minimal build beside it. */
#ifndef TASMITE_APP_UPGRADE_FILES_H
#define TASMITE_APP_UPGRADE_FILES_H

#include "tasmite/base/err.h"
#include "tasmite/core/tasmota/upgrade.h"

struct upgrade_files {
	struct upgrade_file file[UPGRADE_PARTS];
	uint8_t *data[UPGRADE_PARTS]; /* as it is served */
	char md5[UPGRADE_PARTS][33];
};

/* Reads path, looks for the others beside it. small: the minimal build, NULL: only beside it. 0, or a
 * negative code with err and nothing held. */
int upgrade_files_load(
    struct upgrade_files *f, const char *path, const char *small, struct err *err);
void upgrade_files_free(struct upgrade_files *f);

#endif

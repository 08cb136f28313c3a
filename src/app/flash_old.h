/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a device's flash may hold: firmware that this program has written before, and firmware files
 * in the usual folders, found by the digests of their sectors. Only a guess: who uses a sector
 * compares its digest with what the device says.
 */
#ifndef TASMITE_APP_FLASH_OLD_H
#define TASMITE_APP_FLASH_OLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flash_task.h"
#include "tasmite/io/loop.h"

#define FLASH_OLD_SECTOR 4096u

struct flash_old;

/* Begins to look through the files, a piece a turn: those kept by flash_old_keep, and *.bin in this
 * folder, in Downloads and in `folder` ("": none). */
struct flash_old *flash_old_new(struct loop *loop, const char *folder, mono_t now);
void flash_old_free(struct flash_old *o); /* NULL allowed */
/* The sector whose MD5 begins with these n (at least 8) bytes, or NULL; valid until the next call.
 * False: the files are not looked through yet, ask again in the next turn. */
bool flash_old_sector(struct flash_old *o, const uint8_t *digest, size_t n, const uint8_t **sector);
/* Keeps firmware that was written, for the next time: FLASH_OLD_FILES of them, the oldest go. */
#define FLASH_OLD_FILES 8u
int flash_old_keep(const uint8_t *data, size_t n, struct err *err);
/* Its firmware, after it was written; copies of a whole flash have passwords in them. */
int flash_old_keep_request(const struct flash_request *r, struct err *err);

#endif

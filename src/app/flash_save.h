/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A backup on its way into a file: written as it comes into "FILE.part" (mode 0600), which becomes
 * FILE only when it is whole; its MD5 stands beside it in "FILE.md5".
 */
#ifndef TASMITE_APP_FLASH_SAVE_H
#define TASMITE_APP_FLASH_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"

struct flash_save;

/* Opens path for a backup. ERR_BUSY when such a file is there already (nothing is overwritten),
 * ERR_PERM, ERR_IO with the reason. NULL then. */
struct flash_save *flash_save_open(const char *path, struct err *err);
/* A file of that name is there: flash_save_open would refuse. */
bool flash_save_taken(const char *path);
/* The next bytes, in rising order. Negative code when the disk does not take them. */
int flash_save_add(struct flash_save *s, const uint8_t *bytes, size_t n, struct err *err);
/* All has come: the file goes to the disk, gets its name, the MD5 is written beside it. ERR_AGAIN:
 * the disk is not done yet, call it again; not with wait. */
int flash_save_finish(struct flash_save *s, bool wait, struct err *err);
/* All of it in one: opens path with the first piece, adds, and finishes when `whole` bytes are there.
 * After ERR_AGAIN it is to be called with the same piece again. */
int flash_save_take(struct flash_save **s, const char *path, const uint8_t *bytes, size_t n,
    uint64_t whole, struct err *err);
/* Begins anew at its first byte (the device was connected anew). */
int flash_save_rewind(struct flash_save *s, struct err *err);
const char *flash_save_path(const struct flash_save *s);
uint64_t flash_save_bytes(const struct flash_save *s);
/* "d41d8cd9...", after flash_save_finish; "" before. */
const char *flash_save_md5(const struct flash_save *s);
/* What was not finished stays as FILE.part; when nothing was written it is taken away. NULL is
 * allowed. */
void flash_save_free(struct flash_save *s);

#endif

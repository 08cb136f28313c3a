/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a firmware file is, found out in pieces of a few milliseconds, between which the loop turns: it
 * is read, unpacked where gzip has packed it, and looked through.
 */
#ifndef TASMITE_APP_FILE_LOOK_H
#define TASMITE_APP_FILE_LOOK_H

#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/proto/image.h"

struct file_look;

/* Nothing is read yet. largest: bytes that are read, and unpacked, at most. */
struct file_look *file_look_new(const char *path, size_t largest);
/* The next piece. ERR_AGAIN: there is more to do; ERR_OK: info is known; else err tells why the file
 * can't be read. What can't be unpacked is no error: info tells it (IMAGE_FAULT_PACKING). */
int file_look_step(struct file_look *l, struct err *err);
/* After ERR_OK; l's, as the others below. */
const struct image_info *file_look_info(const struct file_look *l);
/* The file as it lies there. */
const uint8_t *file_look_bytes(const struct file_look *l, size_t *n);
/* What is packed in it; NULL: nothing, or it can't be unpacked. */
const uint8_t *file_look_inner(const struct file_look *l, size_t *n);
/* The file's bytes, once, for free(); info and inner stay. */
uint8_t *file_look_take(struct file_look *l);
/* NULL is allowed. */
void file_look_free(struct file_look *l);

#endif

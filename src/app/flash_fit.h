/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the files of a request go on a chip of the ESP32 family: as far as the files tell before
 * the device is seen, and then by its own partition table.
 */
#ifndef TASMITE_APP_FLASH_FIT_H
#define TASMITE_APP_FLASH_FIT_H

#include "flash_task.h"

/* Sets the offset of each file that the user gave none: by its kind and chip, an application by the
 * table of a factory file in the same request, else it stays unplaced until the device is read. */
void flash_fit_early(struct flash_request *r);
/* May this file be written to the chip that it says it is for? 0, or a negative code with the reason
 * and what to take instead. */
int flash_fit_alone(const struct flash_request *r, const struct flash_file *f, struct err *err);
/* The words of a refusal, and that --force overrides it where it does. Returns ERR_FORMAT. */
int flash_fit_refuse(const struct flash_request *r, const struct flash_file *f,
    const struct image_verdict *v, struct err *err);
/* The device is known: where the file goes, with its table and otadata (NULL: not read). Warnings
 * are appended. */
int flash_fit_device(const struct flash_request *r, const struct flash_file *f,
    const struct engine *e, uint32_t *offset, struct sbuf *warnings, struct err *err);
/* A file waits for the device's partition table. */
bool flash_fit_wants_table(const struct flash_request *r);
/* What holds the chip in its loader, by the files: "GPIO9"; NULL: they don't tell. */
const char *flash_fit_boot_pin(const struct flash_request *r);

#endif

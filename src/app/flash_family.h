/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash task and a chip of the ESP32 family: do the files fit it, and what it can't do. */
#ifndef TASMITE_APP_FLASH_FAMILY_H
#define TASMITE_APP_FLASH_FAMILY_H

#include "flash_driver.h"
#include "flash_task.h"

/* What its eFuses forbid, a line each; nothing for most. */
void flash_family_notes(const struct engine_chip *chip, struct sbuf *out);
/* Puts the files of a request where they belong on the chip that the driver has identified, before
 * it goes on. 0, or a negative code with the reason and what to take instead. */
int flash_family_fit(
    struct flash_request *r, struct flash_driver *driver, struct sbuf *warnings, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of Tasmota's published files a chip takes, in words and for machines. */
#ifndef TASMITE_APP_FLASH_WHICH_H
#define TASMITE_APP_FLASH_WHICH_H

#include "tasmite/base/str.h"
#include "tasmite/core/session.h"
#include "tasmite/proto/engine.h"
#include "tasmite/proto/image.h"

/* As image_which, for a chip that was identified. */
int flash_which(const struct engine_chip *chip, struct image_which *out);
/* Rows for /chip: the file, where it is published, what to know; or why there is none. */
void flash_which_describe(const struct engine_chip *chip, struct sbuf *out);
/* The same as lines of the flash panel. */
void flash_which_show(const struct engine_chip *chip, struct flash_view *view);

#endif

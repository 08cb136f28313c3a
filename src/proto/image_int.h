/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the image room share among themselves. */
#ifndef TASMITE_PROTO_IMAGE_INT_H
#define TASMITE_PROTO_IMAGE_INT_H

#include "tasmite/proto/image.h"

#define IMAGE_MAGIC	0xe9
#define IMAGE_MAGIC_V2	0xea
#define IMAGE_EBOOT	0x4010f000u /* load address of eboot, the Arduino core's second loader */
#define IMAGE_EBOOT_APP 0x1000u	    /* where the application's own header stands behind it */

/* Fills info->id from the strings and constants of the file (image_tasmota.c). info->kind and
 * info->name are set already. */
void image_identify(const uint8_t *data, size_t n, struct image_info *info);

#endif

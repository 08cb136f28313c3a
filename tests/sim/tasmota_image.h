/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Made-up firmware images: valid ESP8266 images that carry the marks of a named build, for tests
 * and for the demo. There is no program in them; only the virtual device can "run" them.
 */
#ifndef SIM_TASMOTA_IMAGE_H
#define SIM_TASMOTA_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tas_image_spec {
	const char *build; /* a name of tas_image_name() */
	size_t size;	   /* bytes; 0 = the build's usual size; made a multiple of 16 */
	uint8_t mode;	   /* flash mode byte of the header: 0 QIO .. 3 DOUT */
	uint8_t flash;	   /* size and frequency byte: 0x20 = 1 MB, 40 MHz */
};

#define TAS_IMAGE_MAX (1024U * 1024U)

/* Names of the builds, from 0; NULL ends them. */
const char *tas_image_name(size_t i);
/* Writes the image to dst (TAS_IMAGE_MAX bytes) and returns its size; 0 when the build is not
 * known or the size does not fit (below 64 KiB or above TAS_IMAGE_MAX). */
size_t tas_image_make(const struct tas_image_spec *spec, uint8_t *dst);

#endif

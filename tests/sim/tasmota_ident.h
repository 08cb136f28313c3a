/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which build an image in flash is: the facts by which Tasmota images of all ages can be told
 * apart (project line format, version marker, migration constants, words, default OTA address).
 */
#ifndef SIM_TASMOTA_IDENT_H
#define SIM_TASMOTA_IDENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A version as Tasmota keeps it in its settings: 0xMMmmpprr. */
#define TAS_V(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

struct tas_build {
	bool tasmota;	       /* else "some other program" */
	uint32_t version;      /* TAS_V */
	bool exact;	       /* false: a lower bound or a default */
	bool minimal;	       /* carries the "no persistent settings" warning */
	char variant[16];      /* "full", "minimal", "classic", "lite", "sensors", ... */
	bool release;	       /* "(release-tasmota)" instead of "(tasmota)" */
	char core[16];	       /* Arduino core as the image writes it: "2_3_0", "2_7_4_9" */
	bool fmt_topic;	       /* project line with "(Topic ..., Fallback ..., GroupTopic ...)" */
	bool fmt_dash;	       /* "Project x - name Version" */
	bool fmt_built;	       /* build time in brackets at the end */
	char word_project[32]; /* localised */
	char word_version[32];
	bool german;
	char ota[104];	 /* default OTA address */
	char banner[48]; /* what another program says of itself */
	uint32_t size;	 /* bytes of the image in flash */
};

/* Bytes that the image at the start of `flash` covers, both of its parts (boot loader at 0,
 * program at 0x1000); 0 when there is no image header. */
uint32_t tas_image_size(const uint8_t *flash, size_t n);
/* Fills `b` from the first `n` bytes of flash. Never fails: what is not known gets the default that
 * the file's comment names. */
void tas_ident(struct tas_build *b, const uint8_t *flash, size_t n);

#endif

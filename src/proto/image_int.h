/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the image room share among themselves. */
#ifndef TASMITE_PROTO_IMAGE_INT_H
#define TASMITE_PROTO_IMAGE_INT_H

#include "tasmite/proto/image.h"

#define IMAGE_MAGIC	0xe9
#define IMAGE_MAGIC_V2	0xea
#define IMAGE_EBOOT	0x4010f000u /* load address of eboot, the Arduino core's second loader */
#define IMAGE_EBOOT_APP 0x1000u	    /* where the application's own header stands behind it */
#define IMAGE_HEADER_32 24u	    /* the ESP32 family's header */
#define IMAGE_V2_HEADER 16u	    /* the EA header and that of its one segment */
#define IMAGE_ROOM_1M	0xfb000u    /* the program's area on 1 MB ends where the SDK's begins */

/* 0xMMmmpprr of a release. */
#define IMAGE_VERSION(major, minor, patch, rest) \
	((uint32_t)(major) << 24 | (uint32_t)(minor) << 16 | (uint32_t)(patch) << 8 | (rest))

/* ---- image.c: one E9 image ------------------------------------------------------------------- */
/* The header stands at offset; header is its length (the ESP32 family has a longer one). */
void image_chain_parse(
    const uint8_t *data, size_t n, size_t offset, size_t header, struct image_chain *c);
/* Segment count and load addresses make sense. */
bool image_header_sane(const struct image_chain *c, bool (*addr_ok)(uint32_t));
enum image_fault image_chain_fault(const struct image_chain *c);
/* Mode, size and frequency of the header that the ROM reads. */
void image_take_header(const struct image_chain *c, struct image_info *info);
/* A power of two that flash chips come in. */
bool image_is_flash_size(size_t n);
/* Fills trailing from info->end. */
void image_count_trailing(const uint8_t *data, size_t n, struct image_info *info);

/* ---- image_esp32.c --------------------------------------------------------------------------- */
/* c was read at 0 with the long header: does it look like the ESP32 family's? */
bool image_looks_esp32(const uint8_t *data, size_t n, const struct image_chain *c);
/* An image of the family at 0. */
void image_inspect_esp32(
    const uint8_t *data, size_t n, const struct image_chain *c, struct image_info *info);
/* A factory file that begins with blank flash; false when it is none. */
bool image_inspect_factory(const uint8_t *data, size_t n, struct image_info *info);
/* A partition table alone. */
void image_inspect_table(const uint8_t *data, size_t n, struct image_info *info);

/* ---- image_backup.c: a copy of an ESP8266's whole flash -------------------------------------- */
void image_inspect_backup(const uint8_t *data, size_t n, struct image_info *info);

/* ---- image_nvs.c: ... of one of the ESP32 family, its table read ------------------------------ */
void image_inspect_nvs(const uint8_t *data, size_t n, struct image_info *info);

/* ---- image_other.c --------------------------------------------------------------------------- */
void image_inspect_gzip(const uint8_t *data, size_t n, struct image_info *info);
enum image_kind image_other_kind(const uint8_t *data, size_t n);

/* ---- image_check.c --------------------------------------------------------------------------- */
/* Fills the refusal; ERR_RANGE for places and sizes, else ERR_FORMAT. Overridable but for an empty
 * file. */
int image_refuse(
    struct image_verdict *out, enum image_refusal code, const char *reason, const char *advice);
/* One warning more; there is room for all that one file can earn. */
void image_warn(struct image_verdict *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* What is no ESP8266 image at all is refused; 0 when the question is left open. */
int image_check_kind(const struct image_info *info, struct image_verdict *out);
/* Damage is refused. */
int image_check_fault(const struct image_info *info, struct image_verdict *out);

/* ---- image_tasmota.c ------------------------------------------------------------------------- */
/* Fills id from the strings and constants of the file; kind decides what is worth reading. */
void image_identify(const uint8_t *data, size_t n, enum image_kind kind, struct image_identity *id);
/* The first thing in a file's name that reads as a version. */
void image_version_of_name(const char *name, struct image_identity *id);
/* Plausible as a version number of Tasmota: 5.x and later. */
bool image_like_version(uint32_t x);

/* ---- image_text.c ---------------------------------------------------------------------------- */
/* "6.2.1", ">= 14.3.0", "6.x", "" */
void image_version_words(const struct image_identity *id, char *dst, size_t size);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Firmware files: what a file is, whether it is whole, which firmware it holds, where in a device's
 * flash it belongs, and which header byte changes when it is written. Pure functions over the whole
 * file in memory; every byte of it is taken as hostile.
 *
 * Header layout: Espressif's firmware image format, versions 1 and 2 of the ESP8266 and the longer
 * one of the ESP32 family. The second image at 0x1000, its length and its CRC are those of the
 * Arduino core's eboot images.
 */
#ifndef TASMITE_PROTO_IMAGE_H
#define TASMITE_PROTO_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"
#include "tasmite/base/str.h"
#include "tasmite/proto/partition.h"

#define IMAGE_MAX_SEGMENTS 16
#define IMAGE_MAX_FLASH	   (16u * 1024u * 1024u)
#define IMAGE_MAX_APPS	   8 /* of a partition table that are looked at */

/* ---- what a file is -------------------------------------------------------------------------- */
enum image_kind {
	IMAGE_EMPTY,		/* no bytes at all */
	IMAGE_BLANK,		/* nothing but 0xFF, or nothing but 0x00 */
	IMAGE_ESP8266,		/* boots at 0x0: header E9 */
	IMAGE_ESP8266_V2,	/* outer header EA: goes behind the SDK's or rBoot's boot loader */
	IMAGE_ESP8266_BACKUP,	/* a copy of a whole ESP8266 flash */
	IMAGE_ESP32_APP,	/* application for the ESP32 family, without boot loader */
	IMAGE_ESP32_LOADER,	/* boot loader of the ESP32 family */
	IMAGE_ESP32_FACTORY,	/* loader, partition table and applications in one */
	IMAGE_ESP32_BACKUP,	/* the same, as long as a flash chip */
	IMAGE_ESP32_PARTITIONS, /* a partition table alone */
	IMAGE_ESP32_OTADATA,	/* what chooses the slot that starts ("boot_app0.bin") */
	IMAGE_ESP_DAMAGED,	/* begins with E9 or EA, but the header behind it makes no sense */
	IMAGE_GZIP,
	IMAGE_ZIP,
	IMAGE_HTML,
	IMAGE_ELF,
	IMAGE_IHEX, /* Intel HEX */
	IMAGE_TEXT,
	IMAGE_UNKNOWN,
	IMAGE_KINDS
};

/* What is wrong with an image that was recognised; the worst one counts. */
enum image_fault {
	IMAGE_FAULT_NONE,
	IMAGE_FAULT_TRUNCATED, /* the header promises more bytes than the file has */
	IMAGE_FAULT_CHECKSUM,  /* the XOR of the segments differs from the stored byte */
	IMAGE_FAULT_CRC,    /* the CRC over the whole image differs (Arduino core 2.7 and later) */
	IMAGE_FAULT_SHA,    /* the appended SHA-256 differs (ESP32 family) */
	IMAGE_FAULT_HEADER, /* segment count or load addresses make no sense */
	IMAGE_FAULT_LOADER, /* a factory file with its boot loader where its chip doesn't look */
	IMAGE_FAULT_TABLE,  /* its partition table is damaged or makes no sense */
	IMAGE_FAULT_PACKING /* gzip: it can't be unpacked */
};

struct image_segment {
	uint32_t offset; /* of the data in the file */
	uint32_t addr;	 /* load address */
	uint32_t length; /* bytes */
};

/* One E9 image within the file: header, segments, padding, checksum. */
struct image_chain {
	bool present;
	uint32_t offset;  /* of its header in the file */
	uint8_t declared; /* segments that the header promises */
	uint8_t count;	  /* entries of seg that are filled */
	struct image_segment seg[IMAGE_MAX_SEGMENTS];
	uint32_t entry;
	uint8_t mode, size_code, freq_code; /* bytes 2 and 3 */
	size_t end; /* first byte after the checksum row; what it would be if truncated */
	bool truncated;
	bool checksum_known; /* the file holds the checksum byte */
	uint8_t checksum_stored, checksum_computed;
};

/* ESP32 family: what stands behind the first eight bytes of a header. */
enum image_sha {
	IMAGE_SHA_NONE, /* none is appended */
	IMAGE_SHA_RIGHT,
	IMAGE_SHA_WRONG,
	IMAGE_SHA_CUT /* the file ends before it */
};

struct image_header32 {
	uint16_t chip_id;
	uint8_t min_revision_old;	     /* the major number alone: older images */
	uint16_t min_revision, max_revision; /* major * 100 + minor; a max of 0 or 65535: none */
	enum image_sha sha;
};

/* ESP32 family: what an application says of itself (esp_app_desc). "" what it doesn't. */
struct image_description {
	bool present;
	uint32_t secure_version;
	char version[32], project[32], time[16], date[16], idf[32];
	char elf_sha[2 * 32 + 1]; /* hex; "" when it is all zeros */
};

/* ---- which firmware -------------------------------------------------------------------------- */
enum image_firmware {
	IMAGE_FW_UNKNOWN,
	IMAGE_FW_TASMOTA,
	IMAGE_FW_ESPHOME,
	IMAGE_FW_ESPURNA,
	IMAGE_FW_ESPEASY,
	IMAGE_FW_EWELINK, /* what Sonoff sells */
	IMAGE_FW_HOMEKIT,
	IMAGE_FW_WLED,
	IMAGE_FW_MICROPYTHON,
	IMAGE_FW_NODEMCU,
	IMAGE_FW_SHELLY,
	IMAGE_FIRMWARES
};

/* How much a version is worth. */
enum image_certainty {
	IMAGE_VER_NONE,	    /* nothing known */
	IMAGE_VER_EXACT,    /* written in the file */
	IMAGE_VER_LIKELY,   /* found among the constants; at_least is safe */
	IMAGE_VER_AT_LEAST, /* a safe lower bound */
	IMAGE_VER_SERIES    /* from the wording: see series */
};

struct image_identity {
	enum image_firmware firmware;
	enum image_certainty certainty;
	uint32_t version;  /* 0xMMmmpprr; 0: none */
	uint32_t at_least; /* the newest settings it converts: a safe lower bound; 0: none */
	char series[32];   /* "6.x", "5.x to 6.x": from the wording, when there is no number */
	char core[24];	   /* Arduino core: "2_3_0", "3.3.7"; "" unknown */
	char variant[24];  /* "full", "minimal", "safeboot", "lite" ...; "" unknown */
	char language[8];  /* "en", "de", "pt_BR" ...; "" unknown */
	char build[48];	   /* file name in the default OTA address, without extension; "" none */
	char ota_url[128]; /* the default OTA address; "" none */
	char name_version[24]; /* a version that the file's own name tells; "" none. A hint only */
};

/* One application partition of a factory file or of a copy of a flash. */
struct image_app {
	size_t partition; /* index in the table */
	bool present;	  /* an application begins there */
	struct image_header32 header;
	enum image_fault fault;
	uint32_t size; /* of the image, bytes; 0 when it is cut */
	struct image_description description;
	struct image_identity id;
};

/* Tasmota's settings in a copy of a whole flash: blocks whose own check sum is right; of the ESP32
 * family, those in NVS. */
struct image_settings {
	unsigned copies;	 /* Tasmota writes them round several sectors; 0: none was found */
	uint32_t offset;	 /* of the one that was saved last */
	uint32_t version, saves; /* the firmware that saved it, and how often it had */
};

struct image_info {
	enum image_kind kind;
	enum image_fault fault;
	char name[128];		 /* last part of the file name, made printable */
	size_t size;		 /* of the file */
	size_t end;		 /* first byte behind the firmware; 0 when unknown */
	size_t trailing;	 /* bytes behind it */
	bool trailing_used;	 /* ... some of which are neither 0xFF nor 0x00 */
	struct image_chain boot; /* at 0 (ESP8266: the eboot loader or the whole image) */
	struct image_chain app;	 /* at 0x1000 behind eboot */
	bool has_crc;
	bool crc_ok;
	uint32_t crc_length;		    /* bytes that the CRC covers, as the file says */
	uint8_t mode, size_code, freq_code; /* of the header that the ROM reads */
	uint32_t flash_size;		    /* bytes that the header claims; 0 unknown code */
	/* ESP32 family. description is the main application's (see id). */
	uint16_t chip_id; /* of header */
	struct image_header32 header;
	struct image_description description;
	bool has_table;
	struct partition_table table; /* of factory files, copies of a flash, tables alone */
	char table_fault[160];	      /* what is wrong with it; "" nothing */
	size_t app_count;
	struct image_app apps[IMAGE_MAX_APPS];
	size_t starts; /* index in apps of what otadata lets start; IMAGE_MAX_APPS: unknown */

	struct image_settings settings; /* copies of a flash */
	uint32_t sdk_app; /* ... an application of the SDK's (EA) at this offset; 0 none */

	bool packed;	     /* it came packed with gzip; all else is about what is inside */
	size_t packed_size;  /* bytes of the packed file */
	char inner_name[64]; /* gzip: the name it was packed under; "" none */
	uint32_t inner_size; /* gzip: unpacked bytes modulo 2^32 */
	/* Of several applications the one that the file is about: safeboot's big companion, else
	 * the one that starts. */
	struct image_identity id;
};

/* Fills out from the n bytes of a whole file. name is the file's name (NULL allowed), used for
 * the report and as a hint. Never fails: what can't be known stays empty. Linear in n. */
void image_inspect(const uint8_t *data, size_t n, const char *name, struct image_info *out);

/* The same through gzip: unpacks in memory (at most max bytes) and looks at what is inside. *inner
 * is then a fresh buffer of *inner_n bytes for free(), else NULL. What can't be unpacked stays an
 * IMAGE_GZIP, with IMAGE_FAULT_PACKING. */
void image_inspect_packed(const uint8_t *data, size_t n, const char *name, size_t max,
    struct image_info *out, uint8_t **inner, size_t *inner_n);
/* For who unpacks it himself: info is what image_inspect made of the packed file (an IMAGE_GZIP), and
 * becomes what is known of the n bytes that are inside. */
void image_inspect_inner(const uint8_t *inner, size_t n, const char *name, struct image_info *info);

/* ---- may it be written to this device -------------------------------------------------------- */
struct image_target {
	uint32_t flash_size; /* bytes; 0 unknown */
	uint32_t offset;     /* where it shall go */
	bool is_8285;	     /* an ESP8285 (flash inside, DOUT only) */
	bool chip_known;     /* is_8285 was read from the chip */
};

enum image_refusal {
	IMAGE_OK,
	IMAGE_NO_EMPTY,
	IMAGE_NO_FIRMWARE, /* text, blank, unknown bytes, ELF ... */
	IMAGE_NO_PACKED,   /* gzip, zip */
	IMAGE_NO_HTML,
	IMAGE_NO_ESP32,
	IMAGE_NO_HEADER,
	IMAGE_NO_TRUNCATED,
	IMAGE_NO_CHECKSUM,
	IMAGE_NO_OFFSET,   /* not where it belongs, or not at the start of a sector */
	IMAGE_NO_SPACE,	   /* larger than the flash or the partition, or beyond the end */
	IMAGE_NO_CHIP,	   /* for another chip */
	IMAGE_NO_REVISION, /* for a newer revision of the chip */
	IMAGE_NO_TABLE,	   /* the device's partition table is not known yet, or is damaged */
	IMAGE_NO_SLOT	   /* the table has no place for it, or does not tell which */
};

#define IMAGE_MAX_WARNINGS 6

struct image_verdict {
	enum image_refusal refusal;
	bool overridable; /* refused, but it can be written if the user insists (never what does
			   * not fit the flash or is no whole number of sectors off) */
	char reason[200]; /* refused: what is wrong, one sentence; "" when it may be written */
	char advice[240]; /* refused: what to take or do instead */
	char warnings[IMAGE_MAX_WARNINGS][200];
	size_t warning_count;
};

/* 0 when the file may be written to target, ERR_FORMAT or ERR_RANGE when not; out tells why and
 * what to take instead, and what to think of even if it may. */
int image_check(
    const struct image_info *info, const struct image_target *target, struct image_verdict *out);

/* ---- where it belongs ------------------------------------------------------------------------ */
#define IMAGE_REVISION_UNKNOWN UINT16_MAX

/* What is known of the device. */
struct image_device {
	const char *chip;    /* "ESP8266", "ESP8285", "ESP32", "ESP32-C3" ...; a longer name of the
			   * part ("ESP32-D0WD-V3") will do. NULL: unknown */
	uint16_t revision;   /* major * 100 + minor, or IMAGE_REVISION_UNKNOWN */
	uint32_t flash_size; /* bytes; 0 unknown */
	bool is_8285, chip_known; /* as in struct image_target; for the ESP8266 */
	bool single_core;	  /* an ESP32 with one core, and bytes of PSRAM (0 none or */
	uint32_t psram;		  /* unknown): only for the file that is named instead */
	/* ESP32 family: the table as read from the device (PARTITION_TABLE_OFFSET), or of the
	 * factory file that is written in the same go; NULL: not read. */
	const struct partition_table *table;
	/* The contents of its otadata partition (0x2000 bytes); NULL: not read. */
	const uint8_t *otadata;
	size_t otadata_size;
};

/* Where a file goes. */
struct image_placement {
	uint32_t offset;
	uint32_t room;	    /* bytes from there to the end of its partition or of the flash */
	char partition[17]; /* its name; "" none */
	bool needs_table;   /* refused only because the table (or otadata) was not read: read it
			     * and ask again */
	struct image_verdict verdict;
};

/* Tells the offset that the file belongs to, from the file, the chip and the table, never by guess:
 * ESP8266 images, factory files and copies of a flash to 0x0, a boot loader to its chip's offset, a
 * table to 0x8000, an application to its partition (ota_0 behind safeboot; safeboot itself to the
 * factory partition; else the one partition there is, else the one that otadata lets start).
 * asked: an offset that the user gave, NULL none; another than the right one is refused, unless an
 * application slot begins there.
 * 0, or ERR_FORMAT or ERR_RANGE with out->verdict saying why not and what to take instead. What
 * the user overrides (verdict.overridable) is written to *asked, or without it to out->offset.
 * A packed file is judged by what is inside: the caller unpacks it before it writes. */
int image_place(const struct image_info *info, const struct image_device *device,
    const uint32_t *asked, struct image_placement *out);

/* ---- which file for this device -------------------------------------------------------------- */
struct image_which {
	char file[48];	/* exact name for a serial write to 0x0; "" when none is published */
	char url[128];	/* where the project publishes that very file */
	char small[48]; /* a smaller build; "" none */
	char ota[80];	/* for an upgrade over Wi-Fi; "" none */
	char note[200]; /* what to know about it, or why there is none; "" nothing */
};

/* The file that Tasmota publishes for a chip and flash. chip: as in struct image_device; flash_size
 * 0: unknown; psram: bytes of PSRAM, 0 none or unknown. single_core: an ESP32 with one core.
 * ERR_NOENT when there is none (note says why). Names and places: Tasmota's release notes 15.x. */
int image_which(const char *chip, uint32_t flash_size, bool single_core, uint32_t psram,
    struct image_which *out);

/* ---- known-bad builds ------------------------------------------------------------------------ */
enum image_bad { IMAGE_BAD_NO, IMAGE_BAD_MAYBE, IMAGE_BAD_YES };

/* Whether the build is known to fail on devices: text says how and what to take instead. MAYBE:
 * the file does not tell its version well enough. */
enum image_bad image_known_bad(const struct image_identity *id, char *text, size_t size);

/* The one header byte that is changed while writing. Flash size and frequency are always kept. The
 * segments' checksum does not cover the header, so nothing else changes with it; the CRC of newer
 * Arduino images does, but neither ROM nor eboot reads that. */
struct image_patch {
	bool needed;
	uint32_t offset; /* in the file */
	uint8_t old_byte, new_byte;
	char text[120]; /* for the user; "" when not needed */
};

/* Mode becomes DOUT for an ESP8285 when the header says another, and only at offset 0. */
void image_patch_plan(
    const struct image_info *info, const struct image_target *target, struct image_patch *out);

/* What the user wants of the header at offset 0: codes as the format has them, negative: as it is in
 * the file. */
struct image_header {
	int mode, size_code, freq_code;
};
/* Changes bytes 2 and 3 of an ESP8266 image in data; told becomes what was changed ("size 1 MB
 * becomes 4 MB"). False when nothing is to be changed or it is no such image. */
bool image_header_set(const struct image_info *info, const struct image_header *want, uint8_t *data,
    size_t n, char *told, size_t size);
/* The size nibble of that many bytes; negative when there is none. */
int image_size_code(uint32_t bytes);

/* ---- words ----------------------------------------------------------------------------------- */
/* "gzip file", "ESP8266 application" ... for a sentence. */
const char *image_kind_name(enum image_kind kind);
/* Stable words for machines: "gzip", "esp8266" ... */
const char *image_kind_key(enum image_kind kind);
const char *image_fault_name(enum image_fault fault);
/* "none", "truncated", "checksum", "crc", "header" */
const char *image_fault_key(enum image_fault fault);
const char *image_firmware_name(enum image_firmware fw);
/* "QIO", "QOUT", "DIO", "DOUT", "?" */
const char *image_mode_name(uint8_t mode);
/* ESP8266: bytes of the size nibble, 0 when unknown. */
uint32_t image_flash_bytes(uint8_t size_code);
/* ESP8266 and ESP32: MHz of the frequency nibble, 0 when unknown. */
unsigned image_freq_mhz(uint8_t freq_code);
/* "ESP32-C3" for a chip id of a header; NULL unknown. */
const char *image_chip_name(uint16_t chip_id);
/* The id for a chip's or a part's name ("ESP32-C3", "esp32c3", "ESP32-D0WD"); -1 unknown or not of
 * the ESP32 family. */
int image_chip_id(const char *name);
/* Where that chip's ROM looks for the boot loader; UINT32_MAX for an unknown chip. */
uint32_t image_loader_offset(uint16_t chip_id);
/* True for the kinds that go to the ESP32 family. */
bool image_is_esp32(const struct image_info *info);
/* "80 MHz", "40 or 80 MHz", "?" for the code in the header of this chip. */
const char *image_freq_text(const struct image_info *info);
/* "code in flash", "data in RAM" ... for a load address; "unknown memory". */
const char *image_memory_text(const struct image_info *info, uint32_t addr);
/* "none", "right", "wrong", "cut" */
const char *image_sha_key(enum image_sha sha);
/* True for what begins with an ESP image header of any kind (also damaged). */
bool image_is_firmware(const struct image_info *info);
/* "6.2.1", "8.5.0.1" (a last part of 0 is left out) into dst[size]. */
void image_version_text(uint32_t version, char *dst, size_t size);
/* "Tasmota 6.x", "Tasmota >= 14.3.0", "ESPHome", "firmware of an unknown kind" into dst[size]. */
void image_firmware_text(const struct image_info *info, char *dst, size_t size);
/* One line: "Tasmota 6.x, full build, core 2_3_0, 502 KB, for ESP8266, fits 1 MB". */
void image_summary(const struct image_info *info, char *dst, size_t size);
/* Rows "name: value\n" into out. */
void image_describe(const struct image_info *info, struct sbuf *out);
/* ... and behind them what speaks against writing it to a chip of its kind, and what to think of. */
void image_describe_notes(const struct image_info *info, struct sbuf *out);

#endif

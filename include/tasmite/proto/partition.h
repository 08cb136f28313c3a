/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Partition tables of the ESP32 family, and which application they let start. Pure functions over
 * bytes of a file or a device; every one of them is taken as hostile.
 *
 * Rows of 32 bytes: AA 50, type, subtype, offset, size (little-endian words), a name of 16 bytes,
 * flags. A row EB EB with 14 bytes FF holds the MD5 of the rows before it; blank flash ends the
 * table. ESP-IDF's partition table documentation; seen so in Tasmota's factory images.
 */
#ifndef TASMITE_PROTO_PARTITION_H
#define TASMITE_PROTO_PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"

#define PARTITION_TABLE_OFFSET 0x8000u /* where Tasmota's images and ESP-IDF's default keep it */
#define PARTITION_TABLE_SIZE   0xc00u
#define PARTITION_MAX	       95u
#define PARTITION_NO_SLOT      SIZE_MAX

enum partition_type { PARTITION_APP = 0, PARTITION_DATA = 1 };

enum partition_subtype {
	PARTITION_APP_FACTORY = 0x00,
	PARTITION_APP_OTA_0 = 0x10, /* to 0x1f: ota_15 */
	PARTITION_APP_TEST = 0x20,
	PARTITION_DATA_OTADATA = 0x00,
	PARTITION_DATA_NVS = 0x02
};

struct partition {
	uint8_t type, subtype; /* enum partition_type, enum partition_subtype; others exist */
	uint32_t offset, size; /* bytes, of the flash */
	uint32_t flags;
	char name[17]; /* made printable */
};

enum partition_sum { PARTITION_SUM_NONE, PARTITION_SUM_RIGHT, PARTITION_SUM_WRONG };

/* What kind of table it is; it decides where an application belongs. */
enum partition_layout {
	PARTITION_LAYOUT_NO_APP,   /* no application at all */
	PARTITION_LAYOUT_SINGLE,   /* one application partition */
	PARTITION_LAYOUT_SLOTS,	   /* several; otadata decides which one starts */
	PARTITION_LAYOUT_SAFEBOOT, /* Tasmota since 12.0: a small "safeboot" as factory, the
				    * application itself in ota_0 */
};

struct partition_table {
	size_t count;
	struct partition entry[PARTITION_MAX];
	enum partition_sum sum; /* of the MD5 row */
};

/* True when the first row of a table stands at p. */
bool partition_is(const uint8_t *p, size_t n);

/* Reads the rows at p (PARTITION_TABLE_SIZE bytes at most; fewer when n ends before). ERR_FORMAT:
 * no table; *out is then empty. A wrong MD5 is no failure, see out->sum. */
int partition_parse(const uint8_t *p, size_t n, struct partition_table *out, struct err *err);

/* Whether the table makes sense: partitions that overlap each other or the table, that lie off
 * their alignment (64 KB for applications, 4 KB for data), end behind a flash of flash_size bytes
 * (0: not known, not checked), a wrong MD5. ERR_FORMAT or ERR_RANGE with the first of these. */
int partition_check(const struct partition_table *t, uint32_t flash_size, struct err *err);

/* The first byte behind all partitions. */
uint64_t partition_end(const struct partition_table *t);
enum partition_layout partition_layout(const struct partition_table *t);
/* The index of the row, PARTITION_NO_SLOT when there is none. */
size_t partition_find(const struct partition_table *t, uint8_t type, uint8_t subtype);
/* The index of the partition that begins at this offset, PARTITION_NO_SLOT when none does. */
size_t partition_at(const struct partition_table *t, uint32_t offset);

/* The application that the boot loader starts, by the n bytes of the otadata partition (blank or
 * damaged ones: factory, else ota_0). PARTITION_NO_SLOT when the table has none. */
size_t partition_starts(const struct partition_table *t, const uint8_t *otadata, size_t n);

/* True when the n bytes begin with an otadata record whose check sum is right. */
bool partition_is_otadata(const uint8_t *p, size_t n);

/* "app ota_0", "data nvs", "data 0x82" into dst[size]. */
void partition_kind_text(const struct partition *p, char *dst, size_t size);

#endif

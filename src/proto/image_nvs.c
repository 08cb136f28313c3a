/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Copies of a whole flash of the ESP32 family: Tasmota's settings in the partition "nvs".
 *
 * Tasmota keeps them in its file system and, each time, also in NVS as the blob "Settings" of the
 * namespace "main" (settings.ino and support_esp32.ino of the project); the block begins as that of
 * the ESP8266: holder u16, size u16, count of saves u32, version u32.
 *
 * NVS (ESP-IDF's documentation of the library): pages of 4096 bytes; 32 bytes of header (state,
 * sequence, ..., CRC-32 of bytes 4 to 27 at 28), 32 bytes of bitmap (two bits an entry: 3 empty,
 * 2 written, 0 erased), 126 entries of 32 bytes: namespace, type, span, chunk, CRC-32 of the rest,
 * key of 16, data of 8. Data of a blob: size u16 and CRC-32 in its entry, then the bytes, 32 an
 * entry. Only what has a right check sum is believed.
 */
#include <string.h>

#include "image_int.h"
#include "tasmite/base/bytes.h"
#include "tasmite/proto/digest.h"

#define PAGE	     4096u
#define ENTRIES	     126u
#define ENTRY	     32u
#define ENTRIES_AT   64u
#define KEY	     16u
#define PAGE_ACTIVE  0xfffffffeu
#define PAGE_FULL    0xfffffffcu
#define PAGE_FREEING 0xfffffff8u
#define TYPE_U8	     0x01
#define TYPE_BLOB_1  0x41 /* of older versions: whole in one page */
#define TYPE_BLOB    0x42
#define BEGINNING    12u /* of the block: as much as is looked at */
#define SAVES_MAX    0x01000000u

static bool page_counts(const uint8_t *page)
{
	uint32_t state = get_le32(page);

	return (state == PAGE_ACTIVE || state == PAGE_FULL || state == PAGE_FREEING) &&
	       digest_crc32(UINT32_MAX, page + 4, 24) == get_le32(page + 28);
}

/* The entry, if it is written and whole; NULL otherwise. */
static const uint8_t *entry_at(const uint8_t *page, unsigned i)
{
	const uint8_t *e = page + ENTRIES_AT + i * ENTRY;
	uint32_t crc;

	if ((page[32 + i / 4] >> (i % 4 * 2) & 3) != 2)
		return NULL;
	crc = digest_crc32(UINT32_MAX, e, 4);
	crc = digest_crc32(crc, e + 8, ENTRY - 8);
	return crc == get_le32(e + 4) && e[2] > 0 && i + e[2] <= ENTRIES ? e : NULL;
}

static bool key_is(const uint8_t *e, const char *key)
{
	return e[8 + KEY - 1] == 0 && strcmp((const char *)e + 8, key) == 0;
}

/* The data of a blob's first part are whole. */
static bool is_beginning(const uint8_t *e, uint8_t space)
{
	size_t n = get_le16(e + 24);

	if (e[0] != space || (e[1] != TYPE_BLOB && e[1] != TYPE_BLOB_1) || !key_is(e, "Settings"))
		return false;
	if (e[1] == TYPE_BLOB && (e[3] & 0x7f) != 0)
		return false;
	return n >= BEGINNING && n <= (e[2] - 1u) * ENTRY &&
	       digest_crc32(UINT32_MAX, e + ENTRY, n) == get_le32(e + 28);
}

static void take(const uint8_t *block, size_t at, struct image_settings *s)
{
	uint32_t saves = get_le32(block + 4), version = get_le32(block + 8);

	if (!image_like_version(version) || saves > SAVES_MAX)
		return;
	if (s->copies == 0 || saves > s->saves) {
		s->offset = (uint32_t)at;
		s->saves = saves;
		s->version = version;
	}
	s->copies++;
}

/* Calls fn for the entries of all pages that count. */
static void each_entry(const uint8_t *data, size_t from, size_t to,
    void (*fn)(void *ctx, const uint8_t *e, size_t at), void *ctx)
{
	for (size_t at = from; at + PAGE <= to; at += PAGE) {
		if (!page_counts(data + at))
			continue;
		for (unsigned i = 0; i < ENTRIES;) {
			const uint8_t *e = entry_at(data + at, i);

			if (e)
				fn(ctx, e, at + ENTRIES_AT + i * ENTRY);
			i += e ? e[2] : 1;
		}
	}
}

struct search {
	bool found;
	uint8_t space; /* number of the namespace "main" */
	struct image_settings *settings;
};

static void find_space(void *ctx, const uint8_t *e, size_t at)
{
	struct search *s = ctx;

	(void)at;
	if (e[0] != 0 || e[1] != TYPE_U8 || !key_is(e, "main"))
		return;
	s->found = true;
	s->space = e[24];
}

static void find_settings(void *ctx, const uint8_t *e, size_t at)
{
	struct search *s = ctx;

	if (is_beginning(e, s->space))
		take(e + ENTRY, at + ENTRY, s->settings);
}

void image_inspect_nvs(const uint8_t *data, size_t n, struct image_info *info)
{
	size_t row = partition_find(&info->table, PARTITION_DATA, PARTITION_DATA_NVS);
	struct search s = {.settings = &info->settings};
	size_t from, to;

	if (!info->has_table || row == PARTITION_NO_SLOT)
		return;
	from = info->table.entry[row].offset;
	if (from >= n)
		return;
	to = n - from < info->table.entry[row].size ? n : from + info->table.entry[row].size;
	each_entry(data, from, to, find_space, &s);
	if (s.found)
		each_entry(data, from, to, find_settings, &s);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Partition tables of the ESP32 family. */
#include "tasmite/proto/partition.h"

#include <assert.h>
#include <string.h>

#include "tasmite/base/bytes.h"
#include "tasmite/base/str.h"
#include "tasmite/proto/digest.h"

#define ROW	  32u
#define NAME_SIZE 16u
#define SECTOR	  0x1000u
#define APP_ALIGN 0x10000u
#define OTA_LAST  0x1f
/* The table has a sector of its own. */
#define TABLE_END (PARTITION_TABLE_OFFSET + SECTOR)

/* otadata: two sectors, each begins with a record: sequence, a label of 20 bytes, state, CRC. */
#define OTA_RECORD  32u
#define OTA_STATE   24u
#define OTA_CRC	    28u
#define OTA_INVALID 3u
#define OTA_ABORTED 4u

bool partition_is(const uint8_t *p, size_t n)
{
	return n >= ROW && p[0] == 0xaa && p[1] == 0x50;
}

static bool is_sum_row(const uint8_t *p)
{
	if (p[0] != 0xeb || p[1] != 0xeb)
		return false;
	for (size_t i = 2; i < 16; i++)
		if (p[i] != 0xff)
			return false;
	return true;
}

static bool is_blank_row(const uint8_t *p)
{
	for (size_t i = 0; i < ROW; i++)
		if (p[i] != 0xff)
			return false;
	return true;
}

static void parse_row(const uint8_t *p, struct partition *out)
{
	size_t len = 0;

	out->type = p[2];
	out->subtype = p[3];
	out->offset = get_le32(p + 4);
	out->size = get_le32(p + 8);
	out->flags = get_le32(p + 28);
	while (len < NAME_SIZE && p[12 + len] != '\0') {
		uint8_t c = p[12 + len];
		out->name[len++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	out->name[len] = '\0';
}

int partition_parse(const uint8_t *p, size_t n, struct partition_table *out, struct err *err)
{
	assert(out && (p || n == 0));
	memset(out, 0, sizeof(*out));
	if (!partition_is(p, n))
		return err_set(err, ERR_FORMAT, 0, "there is no partition table");
	if (n > PARTITION_TABLE_SIZE)
		n = PARTITION_TABLE_SIZE;
	for (size_t at = 0; at + ROW <= n; at += ROW) {
		if (is_sum_row(p + at)) {
			uint8_t md5[DIGEST_MD5_SIZE];

			digest_md5(p, at, md5);
			out->sum = memcmp(md5, p + at + 16, sizeof(md5)) == 0 ? PARTITION_SUM_RIGHT
									      : PARTITION_SUM_WRONG;
			return ERR_OK;
		}
		if (is_blank_row(p + at) || out->count == PARTITION_MAX)
			return ERR_OK;
		if (!partition_is(p + at, ROW)) {
			size_t row = at / ROW + 1;

			memset(out, 0, sizeof(*out));
			return err_set(
			    err, ERR_FORMAT, 0, "row %zu of the partition table is damaged", row);
		}
		parse_row(p + at, &out->entry[out->count++]);
	}
	return ERR_OK;
}

/* ---- does it make sense ---------------------------------------------------------------------- */

static uint64_t end_of(const struct partition *p)
{
	return (uint64_t)p->offset + p->size;
}

static int check_one(const struct partition *p, uint32_t flash_size, struct err *err)
{
	uint32_t align = p->type == PARTITION_APP ? APP_ALIGN : SECTOR;

	if (p->offset < TABLE_END)
		return err_set(err, ERR_FORMAT, 0,
		    "partition \"%s\" at 0x%x lies over the boot loader or the table", p->name,
		    (unsigned)p->offset);
	if (p->offset % align != 0)
		return err_set(err, ERR_FORMAT, 0,
		    "partition \"%s\" at 0x%x is not aligned to 0x%x", p->name, (unsigned)p->offset,
		    (unsigned)align);
	if (p->size == 0)
		return err_set(err, ERR_FORMAT, 0, "partition \"%s\" has no bytes", p->name);
	if (end_of(p) > (flash_size ? flash_size : UINT32_MAX)) {
		char size[24];

		return err_set(err, ERR_RANGE, 0,
		    "partition \"%s\" ends at 0x%llx, behind the flash (%s)", p->name,
		    (unsigned long long)end_of(p),
		    str_size(size, sizeof(size), flash_size ? flash_size : UINT32_MAX));
	}
	return ERR_OK;
}

int partition_check(const struct partition_table *t, uint32_t flash_size, struct err *err)
{
	assert(t);
	if (t->sum == PARTITION_SUM_WRONG)
		return err_set(
		    err, ERR_FORMAT, 0, "the MD5 of the partition table differs: it is damaged");
	for (size_t i = 0; i < t->count; i++) {
		const struct partition *a = &t->entry[i];
		int rc = check_one(a, flash_size, err);

		if (rc != ERR_OK)
			return rc;
		for (size_t k = 0; k < i; k++) {
			const struct partition *b = &t->entry[k];

			if (a->offset < end_of(b) && b->offset < end_of(a))
				return err_set(err, ERR_FORMAT, 0,
				    "partitions \"%s\" and \"%s\" overlap", b->name, a->name);
		}
	}
	return ERR_OK;
}

uint64_t partition_end(const struct partition_table *t)
{
	uint64_t end = 0;

	for (size_t i = 0; i < t->count; i++)
		if (end_of(&t->entry[i]) > end)
			end = end_of(&t->entry[i]);
	return end;
}

/* ---- which application ----------------------------------------------------------------------- */

size_t partition_find(const struct partition_table *t, uint8_t type, uint8_t subtype)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->entry[i].type == type && t->entry[i].subtype == subtype)
			return i;
	return PARTITION_NO_SLOT;
}

size_t partition_at(const struct partition_table *t, uint32_t offset)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->entry[i].offset == offset)
			return i;
	return PARTITION_NO_SLOT;
}

/* ota_0, ota_1 ... without a gap: the boot loader counts them so. */
static unsigned ota_slots(const struct partition_table *t)
{
	unsigned n = 0;

	while (n < 16 && partition_find(t, PARTITION_APP, (uint8_t)(PARTITION_APP_OTA_0 + n)) !=
			     PARTITION_NO_SLOT)
		n++;
	return n;
}

enum partition_layout partition_layout(const struct partition_table *t)
{
	size_t factory = partition_find(t, PARTITION_APP, PARTITION_APP_FACTORY);
	unsigned slots = ota_slots(t);
	unsigned apps = slots + (factory != PARTITION_NO_SLOT);

	if (apps == 0)
		return PARTITION_LAYOUT_NO_APP;
	if (apps == 1)
		return PARTITION_LAYOUT_SINGLE;
	if (slots == 1 && factory != PARTITION_NO_SLOT &&
	    strcmp(t->entry[factory].name, "safeboot") == 0)
		return PARTITION_LAYOUT_SAFEBOOT;
	return PARTITION_LAYOUT_SLOTS;
}

/* The sequence number of a record, 0 when it doesn't count. Its CRC-32 (zlib's, begun with all
 * ones) covers the sequence alone. */
static uint32_t ota_sequence(const uint8_t *record)
{
	uint32_t sequence = get_le32(record), state = get_le32(record + OTA_STATE);

	if (sequence == UINT32_MAX || state == OTA_INVALID || state == OTA_ABORTED)
		return 0;
	return digest_crc32(UINT32_MAX, record, 4) == get_le32(record + OTA_CRC) ? sequence : 0;
}

bool partition_is_otadata(const uint8_t *p, size_t n)
{
	return n >= OTA_RECORD && ota_sequence(p) != 0;
}

size_t partition_starts(const struct partition_table *t, const uint8_t *otadata, size_t n)
{
	unsigned slots = ota_slots(t);
	uint32_t best = 0;

	assert(t && (otadata || n == 0));
	for (size_t at = 0; at <= SECTOR && at + OTA_RECORD <= n; at += SECTOR) {
		uint32_t sequence = ota_sequence(otadata + at);
		if (sequence > best)
			best = sequence;
	}
	if (best > 0 && slots > 0)
		return partition_find(
		    t, PARTITION_APP, (uint8_t)(PARTITION_APP_OTA_0 + (best - 1) % slots));
	size_t factory = partition_find(t, PARTITION_APP, PARTITION_APP_FACTORY);
	return factory != PARTITION_NO_SLOT ? factory
					    : partition_find(t, PARTITION_APP, PARTITION_APP_OTA_0);
}

/* ---- words ----------------------------------------------------------------------------------- */

static const char *data_name(uint8_t subtype)
{
	switch (subtype) {
	case 0x00:
		return "otadata";
	case 0x01:
		return "phy";
	case 0x02:
		return "nvs";
	case 0x03:
		return "coredump";
	case 0x04:
		return "nvs_keys";
	case 0x05:
		return "efuse";
	case 0x81:
		return "fat";
	case 0x82:
		return "spiffs";
	case 0x83:
		return "littlefs";
	default:
		return NULL;
	}
}

void partition_kind_text(const struct partition *p, char *dst, size_t size)
{
	if (p->type == PARTITION_APP && p->subtype == PARTITION_APP_FACTORY)
		str_copy(dst, size, "app factory");
	else if (p->type == PARTITION_APP && p->subtype == PARTITION_APP_TEST)
		str_copy(dst, size, "app test");
	else if (p->type == PARTITION_APP && p->subtype >= PARTITION_APP_OTA_0 &&
		 p->subtype <= OTA_LAST)
		str_fmt(dst, size, "app ota_%u", p->subtype - PARTITION_APP_OTA_0);
	else if (p->type == PARTITION_DATA && data_name(p->subtype))
		str_fmt(dst, size, "data %s", data_name(p->subtype));
	else if (p->type <= PARTITION_DATA)
		str_fmt(
		    dst, size, "%s 0x%02x", p->type == PARTITION_APP ? "app" : "data", p->subtype);
	else
		str_fmt(dst, size, "type 0x%02x, 0x%02x", p->type, p->subtype);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Copies of an ESP8266's whole flash: what else than the firmware is in them.
 *
 * Tasmota since 6.0 keeps its settings in one sector of several that it goes round (0xF4000 to
 * 0xFB000 on 1 MB, other places on larger flashes). A block: holder u16, size u16, count of saves
 * u32, version u32, boots u16, check sum u16; up to 6.6.0.11 the sum counts, later a CRC-32 in the
 * last four of 4096 bytes (tasmota/settings.h and settings.ino of the project). A block is believed
 * only when one of them is right; nothing is said of what stands elsewhere.
 */
#include <string.h>

#include "image_int.h"
#include "tasmite/base/bytes.h"
#include "tasmite/proto/digest.h"

#define SECTOR	  4096u
#define LEAST	  512u
#define OLD_SIZE  3584u
#define SUM_AT	  14u
#define CRC_AT	  4092u
#define SDK_APP	  0x1000u
#define SAVES_MAX 0x01000000u /* more than a flash outlives */

/* Each byte times its position from 1 on, without the sum itself. */
static bool sum_right(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		if (i < SUM_AT || i > SUM_AT + 1)
			sum += p[i] * (uint32_t)(i + 1);
	return (sum & 0xffff) == get_le16(p + SUM_AT);
}

static bool is_settings(const uint8_t *p)
{
	uint16_t size = get_le16(p + 2);

	if (size < LEAST || size > SECTOR || !image_like_version(get_le32(p + 8)) ||
	    get_le32(p + 4) > SAVES_MAX)
		return false;
	/* Begun with all ones, as zlib counts: the project's code begins with zero bits. */
	if (size == SECTOR && digest_crc32(UINT32_MAX, p, CRC_AT) == get_le32(p + CRC_AT))
		return true;
	return sum_right(p, size) || (size > OLD_SIZE && sum_right(p, OLD_SIZE));
}

void image_inspect_backup(const uint8_t *data, size_t n, struct image_info *info)
{
	struct image_settings *s = &info->settings;

	info->kind = IMAGE_ESP8266_BACKUP;
	if (!info->app.present && n > SDK_APP + 16 && data[SDK_APP] == IMAGE_MAGIC_V2 &&
	    data[SDK_APP + 1] == 4)
		info->sdk_app = SDK_APP;
	for (size_t at = (info->end + SECTOR - 1) / SECTOR * SECTOR; at + SECTOR <= n;
	     at += SECTOR) {
		uint32_t saves = get_le32(data + at + 4);

		if (!is_settings(data + at))
			continue;
		if (s->copies == 0 || saves > s->saves) {
			s->offset = (uint32_t)at;
			s->saves = saves;
			s->version = get_le32(data + at + 8);
		}
		s->copies++;
	}
}

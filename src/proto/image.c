/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firmware files: what a file is, and whether it is whole. */
#include "tasmite/proto/image.h"

#include <assert.h>
#include <string.h>

#include "image_int.h"
#include "tasmite/base/bytes.h"
#include "tasmite/base/err.h"

#define HEADER_8266 8u
/* Where the Arduino core since 2.7 keeps length and CRC of the whole image. */
#define EBOOT_LENGTH 4088u
#define EBOOT_CRC    4092u
/* What a program says of itself is looked for in so many bytes, some milliseconds: Tasmota's are smaller,
 * what is bigger begins with its constants, and an ELF file's symbols are tens of megabytes. */
#define IDENTIFY_MOST (4u * 1024 * 1024)

/* ---- one E9 image ---------------------------------------------------------------------------- */

static uint8_t xor_bytes(const uint8_t *p, size_t n)
{
	uint8_t x = 0;

	for (size_t i = 0; i < n; i++)
		x ^= p[i];
	return x;
}

/* The header stands at offset; header is its length (the ESP32 family has a longer one). */
void image_chain_parse(
    const uint8_t *data, size_t n, size_t offset, size_t header, struct image_chain *c)
{
	memset(c, 0, sizeof(*c));
	if (offset > n || n - offset < header || data[offset] != IMAGE_MAGIC)
		return;
	c->present = true;
	c->offset = (uint32_t)offset;
	c->declared = data[offset + 1];
	c->mode = data[offset + 2];
	c->size_code = data[offset + 3] >> 4;
	c->freq_code = data[offset + 3] & 0x0f;
	c->entry = get_le32(data + offset + 4);
	c->checksum_computed = 0xef;

	uint64_t at = offset + header;
	for (unsigned i = 0; i < c->declared && i < IMAGE_MAX_SEGMENTS; i++) {
		if (at + 8 > n) {
			c->truncated = true;
			c->end = (size_t)at + 8;
			return;
		}
		struct image_segment *s = &c->seg[c->count++];
		s->addr = get_le32(data + at);
		s->length = get_le32(data + at + 4);
		s->offset = (uint32_t)(at + 8);
		at += 8;
		if (s->length > n - at) {
			c->truncated = true;
			/* Nonsense lengths are the header's fault, see image_header_sane. */
			c->end = s->length > IMAGE_MAX_FLASH ? n : (size_t)(at + s->length);
			return;
		}
		c->checksum_computed ^= xor_bytes(data + at, s->length);
		at += s->length;
	}
	/* Zeros fill up so that the checksum is the last byte of a row of 16. */
	uint64_t sum = offset + ((at - offset) | 15u);
	c->end = (size_t)sum + 1;
	if (sum >= n) {
		c->truncated = true;
		return;
	}
	c->checksum_known = true;
	c->checksum_stored = data[sum];
}

static bool in_range(uint32_t addr, uint32_t first, uint32_t last)
{
	return addr >= first && addr <= last;
}

/* Load addresses of the ESP8266: instruction RAM, data RAM, the mapped flash, and 0 (padding). */
static bool addr_8266(uint32_t addr)
{
	return in_range(addr, 0x40100000, 0x4010ffff) || in_range(addr, 0x3ffe8000, 0x3fffffff) ||
	       in_range(addr, 0x40200000, 0x403fffff) || addr == 0;
}

bool image_header_sane(const struct image_chain *c, bool (*addr_ok)(uint32_t))
{
	if (!c->present || c->declared == 0 || c->declared > IMAGE_MAX_SEGMENTS || c->count == 0)
		return false;
	for (unsigned i = 0; i < c->count; i++)
		if (!addr_ok(c->seg[i].addr) || c->seg[i].length > IMAGE_MAX_FLASH)
			return false;
	return true;
}

enum image_fault image_chain_fault(const struct image_chain *c)
{
	if (c->truncated)
		return IMAGE_FAULT_TRUNCATED;
	if (c->checksum_stored != c->checksum_computed)
		return IMAGE_FAULT_CHECKSUM;
	return IMAGE_FAULT_NONE;
}

/* ---- CRC of the Arduino core ----------------------------------------------------------------- */

/* Polynomial 0x04C11DB7, highest bit first, all ones before, nothing after. */
static uint32_t crc_update(const uint32_t table[256], uint32_t crc, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		crc = (crc << 8) ^ table[(crc >> 24) ^ p[i]];
	return crc;
}

/* Length and CRC cover the whole image with their own eight bytes as zeros. */
static uint32_t image_crc(const uint8_t *data, size_t n)
{
	static const uint8_t zeros[8];
	uint32_t table[256];

	for (uint32_t i = 0; i < 256; i++) {
		uint32_t x = i << 24;
		for (int bit = 0; bit < 8; bit++)
			x = (x & 0x80000000u) ? (x << 1) ^ 0x04c11db7u : x << 1;
		table[i] = x;
	}
	uint32_t crc = crc_update(table, 0xffffffffu, data, EBOOT_LENGTH);
	crc = crc_update(table, crc, zeros, sizeof(zeros));
	return crc_update(table, crc, data + EBOOT_LENGTH + 8, n - EBOOT_LENGTH - 8);
}

/* ---- ESP8266 --------------------------------------------------------------------------------- */

/* Older cores fill the place with 0xAA, so a length that ends where the application's checksum row
 * ends (or with a signature soon after) tells that the two words are in use. A cut file keeps the
 * length: it then proves the cut. */
static void eboot_crc(const uint8_t *data, size_t n, struct image_info *info)
{
	uint32_t length = get_le32(data + EBOOT_LENGTH);

	if (!info->app.present || length <= IMAGE_EBOOT_APP || length > IMAGE_MAX_FLASH)
		return;
	if (length < info->app.end || length - info->app.end > 4096)
		return;
	info->has_crc = true;
	info->crc_length = length;
	if (length <= n)
		info->crc_ok = image_crc(data, length) == get_le32(data + EBOOT_CRC);
	if (length > info->end)
		info->end = length;
}

bool image_is_flash_size(size_t n)
{
	return n >= 512 * 1024 && n <= IMAGE_MAX_FLASH && (n & (n - 1)) == 0;
}

void image_count_trailing(const uint8_t *data, size_t n, struct image_info *info)
{
	if (info->end == 0 || info->end >= n)
		return;
	info->trailing = n - info->end;
	for (size_t i = info->end; i < n && !info->trailing_used; i++)
		info->trailing_used = data[i] != 0xff && data[i] != 0x00;
}

void image_take_header(const struct image_chain *c, struct image_info *info)
{
	info->mode = c->mode;
	info->size_code = c->size_code;
	info->freq_code = c->freq_code;
}

static void inspect_8266(const uint8_t *data, size_t n, struct image_info *info)
{
	info->kind = IMAGE_ESP8266;
	info->flash_size = image_flash_bytes(info->size_code);
	info->end = info->boot.end;
	info->fault = image_chain_fault(&info->boot);
	if (info->boot.seg[0].addr == IMAGE_EBOOT) {
		image_chain_parse(data, n, IMAGE_EBOOT_APP, HEADER_8266, &info->app);
		info->end = IMAGE_EBOOT_APP + HEADER_8266;
		if (info->app.present) {
			info->end = info->app.end;
			eboot_crc(data, n, info);
		}
		if (info->fault == IMAGE_FAULT_NONE) {
			if (n < IMAGE_EBOOT_APP + HEADER_8266)
				info->fault = IMAGE_FAULT_TRUNCATED;
			else if (!image_header_sane(&info->app, addr_8266) &&
				 !(info->app.truncated && info->app.count == 0))
				info->fault = IMAGE_FAULT_HEADER;
			else
				info->fault = image_chain_fault(&info->app);
		}
		if (info->fault == IMAGE_FAULT_NONE && info->has_crc && !info->crc_ok)
			info->fault =
			    info->crc_length > n ? IMAGE_FAULT_TRUNCATED : IMAGE_FAULT_CRC;
	}
	image_count_trailing(data, n, info);
	if (image_is_flash_size(n) && info->trailing > 0)
		image_inspect_backup(data, n, info);
}

/* V2: the outer header's one segment (the mapped flash) without padding or checksum, then a whole
 * E9 image. */
static void inspect_v2(const uint8_t *data, size_t n, struct image_info *info)
{
	info->kind = IMAGE_ESP_DAMAGED;
	info->fault = IMAGE_FAULT_HEADER;
	if (n < IMAGE_V2_HEADER || data[1] != 4) /* always 4, whatever follows */
		return;
	uint32_t length = get_le32(data + 12);
	info->mode = data[2];
	info->size_code = data[3] >> 4;
	info->freq_code = data[3] & 0x0f;
	info->flash_size = image_flash_bytes(info->size_code);
	if (length > IMAGE_MAX_FLASH)
		return;
	info->kind = IMAGE_ESP8266_V2;
	image_chain_parse(data, n, (size_t)IMAGE_V2_HEADER + length, HEADER_8266, &info->app);
	if (!info->app.present) {
		size_t need = (size_t)IMAGE_V2_HEADER + length + HEADER_8266;

		if (need > n) {
			info->end = need;
			info->fault = IMAGE_FAULT_TRUNCATED;
		}
		return;
	}
	info->end = info->app.end;
	info->fault = image_header_sane(&info->app, addr_8266) ? image_chain_fault(&info->app)
							       : IMAGE_FAULT_HEADER;
	image_count_trailing(data, n, info);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* File names are hostile too: no control byte reaches a screen. */
static void keep_name(const char *name, struct image_info *info)
{
	const char *base = name ? strrchr(name, '/') : NULL;

	str_copy(info->name, sizeof(info->name), base ? base + 1 : name ? name : "");
	str_clean(info->name, false);
}

/* Starts with E9. Both header lengths are tried; where the addresses fit both, the chain that ends
 * in a right checksum is believed. */
static void inspect_e9(const uint8_t *data, size_t n, struct image_info *info)
{
	struct image_chain wide;

	image_chain_parse(data, n, 0, HEADER_8266, &info->boot);
	image_chain_parse(data, n, 0, IMAGE_HEADER_32, &wide);
	image_take_header(&info->boot, info);
	bool narrow_ok = image_header_sane(&info->boot, addr_8266);
	bool wide_ok = image_looks_esp32(data, n, &wide);
	if (wide_ok && (!narrow_ok || (image_chain_fault(&info->boot) != IMAGE_FAULT_NONE &&
					  image_chain_fault(&wide) == IMAGE_FAULT_NONE))) {
		image_inspect_esp32(data, n, &wide, info);
	} else if (narrow_ok) {
		inspect_8266(data, n, info);
	} else {
		info->kind = IMAGE_ESP_DAMAGED;
		info->fault = n < 16 ? IMAGE_FAULT_TRUNCATED : IMAGE_FAULT_HEADER;
	}
}

/* Of several applications in it the main one tells the identity; image_apps has read them. What
 * trails an application (old settings, a second image) says nothing about it. */
static void identify(const uint8_t *data, size_t n, struct image_info *info)
{
	size_t length = n < IDENTIFY_MOST ? n : IDENTIFY_MOST;

	if (info->app_count > 0)
		return;
	if ((info->kind == IMAGE_ESP8266 || info->kind == IMAGE_ESP8266_BACKUP) &&
	    info->app.present && info->end < length)
		length = info->end;
	image_identify(data, length, info->kind, &info->id);
}

void image_inspect(const uint8_t *data, size_t n, const char *name, struct image_info *out)
{
	assert(out && (data || n == 0));
	memset(out, 0, sizeof(*out));
	out->size = n;
	out->starts = IMAGE_MAX_APPS;
	keep_name(name, out);
	image_version_of_name(out->name, &out->id);
	if (n == 0) {
		out->kind = IMAGE_EMPTY;
		return;
	}
	if (data[0] == IMAGE_MAGIC)
		inspect_e9(data, n, out);
	else if (data[0] == IMAGE_MAGIC_V2)
		inspect_v2(data, n, out);
	else if (n >= 2 && data[0] == 0x1f && data[1] == 0x8b)
		image_inspect_gzip(data, n, out);
	else if (!image_inspect_factory(data, n, out))
		out->kind = image_other_kind(data, n);
	if (out->kind == IMAGE_ESP32_PARTITIONS)
		image_inspect_table(data, n, out);
	identify(data, n, out);
}

bool image_is_firmware(const struct image_info *info)
{
	switch (info->kind) {
	case IMAGE_ESP8266:
	case IMAGE_ESP8266_V2:
	case IMAGE_ESP8266_BACKUP:
	case IMAGE_ESP32_APP:
	case IMAGE_ESP32_LOADER:
	case IMAGE_ESP32_FACTORY:
	case IMAGE_ESP32_BACKUP:
	case IMAGE_ESP_DAMAGED:
		return true;
	default:
		return false;
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firmware files: what a file is, and whether it is whole. */
#include "tasmite/proto/image.h"

#include <assert.h>
#include <string.h>

#include "image_int.h"
#include "tasmite/base/bytes.h"
#include "tasmite/base/err.h"

#define HEADER_8266 8u
#define HEADER_32   24u
/* The ESP32 family's application description begins behind the first segment's header. */
#define APP_DESC	0x20u
#define APP_DESC_MAGIC	0xabcd5432u
#define APP_DESC_IDF	112u
#define PARTITIONS	0x8000u
#define PARTITION_ENTRY 32u
/* Where the Arduino core since 2.7 keeps length and CRC of the whole image. */
#define EBOOT_LENGTH 4088u
#define EBOOT_CRC    4092u

/* ---- one E9 image ---------------------------------------------------------------------------- */

static uint8_t xor_bytes(const uint8_t *p, size_t n)
{
	uint8_t x = 0;

	for (size_t i = 0; i < n; i++)
		x ^= p[i];
	return x;
}

/* The header stands at offset; header is its length (the ESP32 family has a longer one). */
static void chain_parse(
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
			/* Nonsense lengths are the header's fault, see header_sane. */
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

/* Of the ESP32 family, all members together. */
static bool addr_esp32(uint32_t addr)
{
	return in_range(addr, 0x30100000, 0x30101fff) || in_range(addr, 0x3c000000, 0x3fffffff) ||
	       in_range(addr, 0x40000000, 0x5010ffff) || in_range(addr, 0x60000000, 0x601fffff) ||
	       addr == 0;
}

static bool header_sane(const struct image_chain *c, bool (*addr_ok)(uint32_t))
{
	if (!c->present || c->declared == 0 || c->declared > IMAGE_MAX_SEGMENTS || c->count == 0)
		return false;
	for (unsigned i = 0; i < c->count; i++)
		if (!addr_ok(c->seg[i].addr) || c->seg[i].length > IMAGE_MAX_FLASH)
			return false;
	return true;
}

static enum image_fault chain_fault(const struct image_chain *c)
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

static bool is_flash_size(size_t n)
{
	return n >= 512 * 1024 && n <= IMAGE_MAX_FLASH && (n & (n - 1)) == 0;
}

static void count_trailing(const uint8_t *data, size_t n, struct image_info *info)
{
	if (info->end == 0 || info->end >= n)
		return;
	info->trailing = n - info->end;
	for (size_t i = info->end; i < n && !info->trailing_used; i++)
		info->trailing_used = data[i] != 0xff && data[i] != 0x00;
}

static void take_header(const struct image_chain *c, struct image_info *info)
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
	info->fault = chain_fault(&info->boot);
	if (info->boot.seg[0].addr == IMAGE_EBOOT) {
		chain_parse(data, n, IMAGE_EBOOT_APP, HEADER_8266, &info->app);
		info->end = IMAGE_EBOOT_APP + HEADER_8266;
		if (info->app.present) {
			info->end = info->app.end;
			eboot_crc(data, n, info);
		}
		if (info->fault == IMAGE_FAULT_NONE) {
			if (n < IMAGE_EBOOT_APP + HEADER_8266)
				info->fault = IMAGE_FAULT_TRUNCATED;
			else if (!header_sane(&info->app, addr_8266) &&
				 !(info->app.truncated && info->app.count == 0))
				info->fault = IMAGE_FAULT_HEADER;
			else
				info->fault = chain_fault(&info->app);
		}
		if (info->fault == IMAGE_FAULT_NONE && info->has_crc && !info->crc_ok)
			info->fault =
			    info->crc_length > n ? IMAGE_FAULT_TRUNCATED : IMAGE_FAULT_CRC;
	}
	count_trailing(data, n, info);
	if (is_flash_size(n) && info->trailing > 0)
		info->kind = IMAGE_ESP8266_BACKUP;
}

/* V2: the outer header's one segment (the mapped flash) without padding or checksum, then a whole
 * E9 image. */
static void inspect_v2(const uint8_t *data, size_t n, struct image_info *info)
{
	info->kind = IMAGE_ESP_DAMAGED;
	info->fault = IMAGE_FAULT_HEADER;
	if (n < 16 || data[1] != 4) /* always 4, whatever follows */
		return;
	uint32_t length = get_le32(data + 12);
	info->mode = data[2];
	info->size_code = data[3] >> 4;
	info->freq_code = data[3] & 0x0f;
	info->flash_size = image_flash_bytes(info->size_code);
	if (length > IMAGE_MAX_FLASH)
		return;
	info->kind = IMAGE_ESP8266_V2;
	chain_parse(data, n, (size_t)16 + length, HEADER_8266, &info->app);
	if (!info->app.present) {
		size_t need = (size_t)16 + length + HEADER_8266;

		if (need > n) {
			info->end = need;
			info->fault = IMAGE_FAULT_TRUNCATED;
		}
		return;
	}
	info->end = info->app.end;
	info->fault =
	    header_sane(&info->app, addr_8266) ? chain_fault(&info->app) : IMAGE_FAULT_HEADER;
	count_trailing(data, n, info);
}

/* ---- ESP32 family ---------------------------------------------------------------------------- */

static bool has_partitions(const uint8_t *data, size_t n, size_t at)
{
	return n >= PARTITION_ENTRY && at <= n - PARTITION_ENTRY && data[at] == 0xaa &&
	       data[at + 1] == 0x50;
}

static void app_description(const uint8_t *data, size_t n, size_t base, struct image_info *info)
{
	size_t at = base + APP_DESC;

	if (at + APP_DESC_IDF + 32 > n || get_le32(data + at) != APP_DESC_MAGIC)
		return;
	const uint8_t *idf = data + at + APP_DESC_IDF;
	size_t len = 0;
	while (len < 31 && idf[len] >= 0x20 && idf[len] < 0x7f)
		len++;
	str_copy_n(info->idf, sizeof(info->idf), (const char *)idf, len);
}

static bool looks_esp32(const uint8_t *data, size_t n, const struct image_chain *c)
{
	if (!header_sane(c, addr_esp32) || c->count == 0)
		return false;
	if (n >= APP_DESC + 4 && get_le32(data + APP_DESC) == APP_DESC_MAGIC)
		return true;
	return image_chip_name(get_le16(data + 12)) != NULL && data[23] <= 1;
}

static void inspect_esp32(
    const uint8_t *data, size_t n, const struct image_chain *c, struct image_info *info)
{
	bool app = n >= APP_DESC + 4 && get_le32(data + APP_DESC) == APP_DESC_MAGIC;

	info->boot = *c;
	take_header(c, info);
	info->chip_id = get_le16(data + 12);
	info->fault = chain_fault(c);
	/* A SHA-256 of 32 bytes may follow the checksum. */
	info->end = c->end + (data[23] == 1 ? 32 : 0);
	if (info->fault == IMAGE_FAULT_NONE && info->end > n)
		info->fault = IMAGE_FAULT_TRUNCATED;
	info->kind = app ? IMAGE_ESP32_APP : IMAGE_ESP32_LOADER;
	app_description(data, n, 0, info);
	if (!app && has_partitions(data, n, PARTITIONS)) {
		info->kind = is_flash_size(n) ? IMAGE_ESP32_BACKUP : IMAGE_ESP32_FACTORY;
		info->end = n;
	}
	count_trailing(data, n, info);
}

/* A factory file that begins with blank flash: ESP32 and S2 at 0x1000, P4 and C5 at 0x2000. */
static bool inspect_factory(const uint8_t *data, size_t n, struct image_info *info)
{
	if (!has_partitions(data, n, PARTITIONS))
		return false;
	for (size_t at = 0x1000; at <= 0x2000; at += 0x1000) {
		struct image_chain c;

		chain_parse(data, n, at, HEADER_32, &c);
		if (!header_sane(&c, addr_esp32))
			continue;
		info->boot = c;
		take_header(&c, info);
		info->chip_id = get_le16(data + at + 12);
		info->kind = is_flash_size(n) ? IMAGE_ESP32_BACKUP : IMAGE_ESP32_FACTORY;
		info->fault = chain_fault(&c);
		info->end = n;
		return true;
	}
	return false;
}

/* ---- everything else ------------------------------------------------------------------------- */

static bool all_same(const uint8_t *data, size_t n, uint8_t byte)
{
	return n > 0 && data[0] == byte && memcmp(data, data + 1, n - 1) == 0;
}

static bool starts_nocase(const uint8_t *data, size_t n, const char *word)
{
	size_t len = strlen(word);

	return n >= len && str_ncasecmp((const char *)data, word, len) == 0;
}

/* First byte that is neither blank nor a byte order mark. */
static size_t text_start(const uint8_t *data, size_t n)
{
	size_t i = n >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	while (i < n && (data[i] == ' ' || data[i] == '\t' || data[i] == '\r' || data[i] == '\n'))
		i++;
	return i;
}

static bool is_html(const uint8_t *data, size_t n)
{
	static const char *const marks[] = {
	    "<!doctype html", "<html", "<head", "<?xml", "<!--", "<body", "<script"};
	size_t at = text_start(data, n);

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (starts_nocase(data + at, n - at, marks[i]))
			return true;
	return false;
}

/* ":LLAAAATT..." : the whole first record is hexadecimal, and its sum is 0. */
static bool is_ihex(const uint8_t *data, size_t n)
{
	unsigned sum = 0;
	size_t i = 1;

	if (n < 11 || data[0] != ':')
		return false;
	for (; i + 1 < n && i < 1 + 2 * 260; i += 2) {
		unsigned v = 0;
		for (size_t k = 0; k < 2; k++) {
			uint8_t c = data[i + k];
			if (c >= '0' && c <= '9')
				v = v * 16 + (unsigned)(c - '0');
			else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
				v = v * 16 + (unsigned)((c | 0x20) - 'a' + 10);
			else
				return i >= 11 && k == 0 && (c == '\r' || c == '\n') &&
				       (sum & 0xff) == 0;
		}
		sum += v;
	}
	return i >= 11 && (sum & 0xff) == 0;
}

/* The first kilobytes hold no control byte but the usual ones of text. */
static bool is_text(const uint8_t *data, size_t n)
{
	size_t look = n < 4096 ? n : 4096;

	for (size_t i = 0; i < look; i++) {
		uint8_t c = data[i];
		if (c == 0x7f ||
		    (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != 0x0c && c != 0x1b))
			return false;
		if (c == 0xff || c == 0xfe || c == 0xc0 || c == 0xc1)
			return false;
	}
	return true;
}

/* RFC 1952: flag 4 an extra field, 8 the name; the unpacked length in the last four bytes. */
static void inspect_gzip(const uint8_t *data, size_t n, struct image_info *info)
{
	size_t at = 10;

	info->kind = IMAGE_GZIP;
	if (n < 18)
		return;
	info->inner_size = get_le32(data + n - 4);
	if (data[3] & 4)
		at += 2 + (size_t)get_le16(data + at);
	if (!(data[3] & 8))
		return;
	size_t len = 0;
	while (at + len < n && len + 1 < sizeof(info->inner_name) && data[at + len] >= 0x20 &&
	       data[at + len] < 0x7f) {
		info->inner_name[len] = (char)data[at + len];
		len++;
	}
	info->inner_name[len] = '\0';
}

static enum image_kind other_kind(const uint8_t *data, size_t n)
{
	if (n >= 4 && memcmp(data,
			  "\x7f"
			  "ELF",
			  4) == 0)
		return IMAGE_ELF;
	if (n >= 4 && memcmp(data, "PK\x03\x04", 4) == 0)
		return IMAGE_ZIP;
	if (all_same(data, n, 0xff) || all_same(data, n, 0x00))
		return IMAGE_BLANK;
	if (is_html(data, n))
		return IMAGE_HTML;
	if (is_ihex(data, n))
		return IMAGE_IHEX;
	if (has_partitions(data, n, 0))
		return IMAGE_ESP32_PARTITIONS;
	if (is_text(data, n))
		return IMAGE_TEXT;
	return IMAGE_UNKNOWN;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* File names are hostile too: no control byte reaches a screen. */
static void keep_name(const char *name, struct image_info *info)
{
	const char *base = name ? strrchr(name, '/') : NULL;

	str_copy(info->name, sizeof(info->name), base ? base + 1 : name ? name : "");
	for (char *p = info->name; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

/* Starts with E9. Both header lengths are tried; where the addresses fit both, the chain that ends
 * in a right checksum is believed. */
static void inspect_e9(const uint8_t *data, size_t n, struct image_info *info)
{
	struct image_chain wide;

	chain_parse(data, n, 0, HEADER_8266, &info->boot);
	chain_parse(data, n, 0, HEADER_32, &wide);
	take_header(&info->boot, info);
	bool narrow_ok = header_sane(&info->boot, addr_8266);
	bool wide_ok = looks_esp32(data, n, &wide);
	if (wide_ok && (!narrow_ok || (chain_fault(&info->boot) != IMAGE_FAULT_NONE &&
					  chain_fault(&wide) == IMAGE_FAULT_NONE))) {
		inspect_esp32(data, n, &wide, info);
	} else if (narrow_ok) {
		inspect_8266(data, n, info);
	} else {
		info->kind = IMAGE_ESP_DAMAGED;
		info->fault = n < 16 ? IMAGE_FAULT_TRUNCATED : IMAGE_FAULT_HEADER;
	}
}

struct span {
	size_t offset, length;
};

/* Where to look for the firmware's identity.
 * A complete ESP32 flash holds safeboot and the application: the latter is what the file is about.
 * Entries of the table: AA 50, type, subtype, offset, size; type 0 is an application, subtype 0x10
 * the first OTA slot, 0 factory. */
static struct span main_application(const uint8_t *data, size_t n, const struct image_info *info)
{
	struct span all = {0, n}, found = {0, 0};

	/* What trails an application (old settings, a second image) says nothing about it. */
	if ((info->kind == IMAGE_ESP8266 || info->kind == IMAGE_ESP8266_BACKUP) &&
	    info->app.present && info->end < n)
		all.length = info->end;
	if (info->kind != IMAGE_ESP32_FACTORY && info->kind != IMAGE_ESP32_BACKUP)
		return all;
	for (size_t at = PARTITIONS; at < PARTITIONS + 3072 && has_partitions(data, n, at);
	     at += PARTITION_ENTRY) {
		uint32_t offset = get_le32(data + at + 4), length = get_le32(data + at + 8);

		if (data[at + 2] != 0 || (data[at + 3] != 0x10 && data[at + 3] != 0))
			continue;
		if (offset >= n || data[offset] != IMAGE_MAGIC || (offset & 0xfff) != 0)
			continue;
		if (found.length == 0 || data[at + 3] == 0x10) {
			found.offset = offset;
			found.length = length < n - offset ? length : n - offset;
		}
		if (data[at + 3] == 0x10)
			break;
	}
	return found.length > 0 ? found : all;
}

void image_inspect(const uint8_t *data, size_t n, const char *name, struct image_info *out)
{
	assert(out && (data || n == 0));
	memset(out, 0, sizeof(*out));
	out->size = n;
	keep_name(name, out);
	if (n == 0) {
		out->kind = IMAGE_EMPTY;
		return;
	}
	if (data[0] == IMAGE_MAGIC)
		inspect_e9(data, n, out);
	else if (data[0] == IMAGE_MAGIC_V2)
		inspect_v2(data, n, out);
	else if (n >= 2 && data[0] == 0x1f && data[1] == 0x8b)
		inspect_gzip(data, n, out);
	else if (!inspect_factory(data, n, out))
		out->kind = other_kind(data, n);
	struct span main = main_application(data, n, out);
	image_identify(data + main.offset, main.length, out);
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

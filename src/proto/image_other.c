/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are no image of an ESP: what else they are; and what gzip has packed. */
#include <assert.h>
#include <string.h>

#include "image_int.h"
#include "tasmite/base/bytes.h"
#include "tasmite/proto/deflate.h"

#define OTADATA_SIZE 0x2000u

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
void image_inspect_gzip(const uint8_t *data, size_t n, struct image_info *info)
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

enum image_kind image_other_kind(const uint8_t *data, size_t n)
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
	if (partition_is(data, n))
		return IMAGE_ESP32_PARTITIONS;
	if (n <= OTADATA_SIZE && partition_is_otadata(data, n))
		return IMAGE_ESP32_OTADATA;
	if (is_text(data, n))
		return IMAGE_TEXT;
	return IMAGE_UNKNOWN;
}

void image_inspect_inner(const uint8_t *inner, size_t n, const char *name, struct image_info *info)
{
	char inner_name[sizeof(info->inner_name)];
	size_t packed;

	assert(info && info->kind == IMAGE_GZIP);
	packed = info->size;
	memcpy(inner_name, info->inner_name, sizeof(inner_name));
	image_inspect(inner, n, name, info);
	info->packed = true;
	info->packed_size = packed;
	memcpy(info->inner_name, inner_name, sizeof(inner_name));
	info->inner_size = (uint32_t)n;
}

void image_inspect_packed(const uint8_t *data, size_t n, const char *name, size_t max,
    struct image_info *out, uint8_t **inner, size_t *inner_n)
{
	assert(out && inner && inner_n);
	*inner = NULL;
	*inner_n = 0;
	image_inspect(data, n, name, out);
	if (out->kind != IMAGE_GZIP)
		return;
	if (gunzip(data, n, max, inner, inner_n, NULL) != ERR_OK)
		out->fault = IMAGE_FAULT_PACKING;
	else
		image_inspect_inner(*inner, *inner_n, name, out);
}

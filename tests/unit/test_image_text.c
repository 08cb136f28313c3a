/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of a firmware file: names, the line about it, the rows of the page. */
#include "tasmite/proto/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define V(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* ---- the page, row by row ----------------------------------------------------------------------- */
/* The value of the first row of that name behind `after` (NULL: of all), "" when there is none. */
static const char *row_behind(const struct image_info *info, const char *after, const char *name)
{
	static char value[300];
	struct sbuf out;
	const char *page, *p;
	size_t len = strlen(name);

	value[0] = '\0';
	sbuf_init(&out, 65536);
	image_describe(info, &out);
	assert_false(out.cut);
	page = sbuf_str(&out);
	if (after) {
		page = strstr(page, after);
		assert_non_null(page);
		page += strlen(after);
	}
	for (p = page; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		if (strncmp(p, name, len) == 0 && strncmp(p + len, ": ", 2) == 0) {
			str_copy_n(value, sizeof(value), p + len + 2, strcspn(p + len + 2, "\n"));
			break;
		}
	sbuf_fini(&out);
	return value;
}

static const char *row(const struct image_info *info, const char *name)
{
	return row_behind(info, NULL, name);
}

static struct image_info esp8266(void)
{
	struct image_info info = {.kind = IMAGE_ESP8266,
	    .size = 500 * 1024,
	    .mode = 3,
	    .size_code = 2,
	    .flash_size = 1024 * 1024,
	    .starts = IMAGE_MAX_APPS};

	info.boot.present = true;
	info.boot.checksum_known = true;
	return info;
}

static struct image_info esp32(enum image_kind kind)
{
	struct image_info info = esp8266();

	info.kind = kind;
	info.chip_id = 5;
	return info;
}

/* ---- names ---------------------------------------------------------------------------------------- */
static void names__are_there__one_for_each_kind(void **state)
{
	(void)state;
	for (int i = 0; i < IMAGE_KINDS; i++)
		for (int k = 0; k < i; k++) {
			const char *a = image_kind_key((enum image_kind)i);
			const char *b = image_kind_key((enum image_kind)k);

			assert_string_not_equal(a, b);
			assert_string_not_equal(image_kind_name((enum image_kind)i),
			    image_kind_name((enum image_kind)k));
			assert_null(strpbrk(a, " _,")); /* one word, for machines */
		}
	assert_string_equal(image_kind_name(IMAGE_KINDS), "?");
	assert_string_equal(image_kind_key(IMAGE_KINDS), "unknown");
}

static void names__are_there__one_for_each_fault(void **state)
{
	(void)state;
	for (int i = 0; i <= IMAGE_FAULT_PACKING; i++) {
		assert_string_not_equal(image_fault_name((enum image_fault)i), "?");
		for (int k = 0; k < i; k++) {
			assert_string_not_equal(image_fault_name((enum image_fault)i),
			    image_fault_name((enum image_fault)k));
			assert_string_not_equal(image_fault_key((enum image_fault)i),
			    image_fault_key((enum image_fault)k));
		}
	}
	assert_string_equal(image_fault_key(IMAGE_FAULT_TRUNCATED), "truncated");
	assert_string_equal(image_fault_name((enum image_fault)99), "?");
	assert_string_equal(image_fault_key((enum image_fault)99), "?");
	assert_string_equal(image_sha_key(IMAGE_SHA_NONE), "none");
	assert_string_equal(image_sha_key(IMAGE_SHA_RIGHT), "right");
	assert_string_equal(image_sha_key(IMAGE_SHA_WRONG), "wrong");
	assert_string_equal(image_sha_key(IMAGE_SHA_CUT), "cut");
}

static void names__are_there__header_codes(void **state)
{
	(void)state;
	static const char *const modes[] = {"QIO", "QOUT", "DIO", "DOUT", "?"};
	static const uint16_t kilobytes[] = {
	    512, 256, 1024, 2048, 4096, 2048, 4096, 0, 8192, 16384};

	for (uint8_t i = 0; i < 5; i++)
		assert_string_equal(image_mode_name(i), modes[i]);
	for (uint8_t i = 0; i < 10; i++)
		assert_int_equal(image_flash_bytes(i), kilobytes[i] * 1024u);
	assert_int_equal(image_flash_bytes(10), 0);
	assert_int_equal(image_flash_bytes(15), 0);
	assert_int_equal(image_flash_bytes(16), 0);
	assert_string_equal(image_firmware_name(IMAGE_FIRMWARES), "unknown");
}

/* ---- versions --------------------------------------------------------------------------------------- */
static void firmware_text__tells__how_sure_it_is(void **state)
{
	(void)state;
	static const struct {
		enum image_certainty certainty;
		const char *words, *row;
	} cases[] = {
	    {IMAGE_VER_EXACT, "Tasmota 8.5.0.1", "8.5.0.1 (written in the file)"},
	    {IMAGE_VER_LIKELY, "Tasmota 8.5.0.1 (likely)",
		"8.5.0.1 (likely) (from the constants in the code, not from a text)"},
	    {IMAGE_VER_AT_LEAST, "Tasmota >= 8.5.0.1",
		">= 8.5.0.1 (the newest settings it knows to convert; its own version may be "
		"later)"},
	    {IMAGE_VER_SERIES, "Tasmota 6.x", "6.x (from the wording; the file holds no number)"},
	    {IMAGE_VER_NONE, "Tasmota", "unknown (the file does not tell)"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_info info = esp8266();
		char text[80];

		info.id.firmware = IMAGE_FW_TASMOTA;
		info.id.certainty = cases[i].certainty;
		info.id.version = V(8, 5, 0, 1);
		info.id.at_least = V(8, 4, 0, 0);
		str_copy(info.id.series, sizeof(info.id.series), "6.x");
		image_firmware_text(&info, text, sizeof(text));
		assert_string_equal(text, cases[i].words);
		assert_string_equal(row(&info, "version"), cases[i].row);
		/* What is likely has a bound that is safe. */
		assert_string_equal(row(&info, "version at least"),
		    cases[i].certainty == IMAGE_VER_LIKELY ? "8.4.0" : "");
	}
}

static void describe__tells__what_the_file_says_of_itself(void **state)
{
	(void)state;
	struct image_info info = esp8266();
	struct image_identity *id = &info.id;

	assert_string_equal(row(&info, "file"), "(no name)");
	assert_string_equal(row(&info, "firmware"), "unknown");
	/* A version is Tasmota's, or none. */
	assert_string_equal(row(&info, "version"), "");
	assert_string_equal(row(&info, "variant"), "");
	assert_string_equal(row(&info, "known bad"), "");
	id->firmware = IMAGE_FW_TASMOTA;
	id->certainty = IMAGE_VER_EXACT;
	id->version = V(6, 1, 1, 0);
	str_copy(info.name, sizeof(info.name), "sonoff.bin");
	str_copy(id->name_version, sizeof(id->name_version), "6.1.1");
	str_copy(id->variant, sizeof(id->variant), "full");
	str_copy(id->language, sizeof(id->language), "de");
	str_copy(id->core, sizeof(id->core), "2_3_0");
	str_copy(id->build, sizeof(id->build), "sonoff");
	str_copy(id->ota_url, sizeof(id->ota_url), "http://x/sonoff.bin");
	assert_string_equal(row(&info, "file"), "sonoff.bin");
	assert_string_equal(row(&info, "version in the file's name"), "6.1.1 (not checked)");
	assert_string_equal(row(&info, "variant"), "full");
	assert_string_equal(row(&info, "language"), "de");
	assert_string_equal(row(&info, "Arduino core"), "2_3_0");
	assert_string_equal(row(&info, "build"), "sonoff");
	assert_string_equal(row(&info, "default OTA address"), "http://x/sonoff.bin");
	assert_non_null(strstr(row(&info, "known bad"), "known to fail"));
	assert_string_equal(row(&info, "chip"), "ESP8266, ESP8285");
}

/* ---- the line ---------------------------------------------------------------------------------------- */
static void summary__tells__in_one_line(void **state)
{
	(void)state;
	char line[256];
	struct image_info info = esp8266();

	image_summary(&info, line, sizeof(line));
	assert_string_equal(line, "firmware of an unknown kind, 500 KB, for ESP8266, fits 1 MB");
	info.size = 0xfb000 + 1;
	info.fault = IMAGE_FAULT_CRC;
	image_summary(&info, line, sizeof(line));
	assert_string_equal(line,
	    "firmware of an unknown kind, 1004 KB, for ESP8266, too large for "
	    "1 MB, DAMAGED: wrong CRC");
	info.flash_size = 4u << 20;
	info.fault = IMAGE_FAULT_NONE;
	info.packed = true;
	info.id.firmware = IMAGE_FW_TASMOTA;
	str_copy(info.id.variant, sizeof(info.id.variant), "lite");
	str_copy(info.id.core, sizeof(info.id.core), "2_7_8");
	image_summary(&info, line, sizeof(line));
	assert_string_equal(line,
	    "Tasmota, lite build, core 2_7_8, 1004 KB, for ESP8266, built for "
	    "4 MB of flash, packed with gzip");
}

static void summary__tells__chip_and_kind(void **state)
{
	(void)state;
	static const struct {
		enum image_kind kind;
		uint16_t chip;
		const char *line;
	} cases[] = {
	    {IMAGE_ESP32_LOADER, 5, "a boot loader, 500 KB, for ESP32-C3"},
	    {IMAGE_ESP32_LOADER, 77, "a boot loader, 500 KB, for ESP32 family"},
	    {IMAGE_ESP32_APP, 9, "firmware of an unknown kind, 500 KB, for ESP32-S3"},
	    {IMAGE_ESP32_FACTORY, 0,
		"firmware of an unknown kind, 500 KB, for ESP32, a factory image"},
	    {IMAGE_ESP8266_BACKUP, 0,
		"firmware of an unknown kind, 500 KB, for ESP8266, a copy of a whole ESP8266 "
		"flash"},
	    {IMAGE_ESP_DAMAGED, 0, "a damaged firmware image, 500 KB"},
	    {IMAGE_ZIP, 0, "a zip archive, 500 KB"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_info info = esp32(cases[i].kind);
		char line[256];

		info.chip_id = cases[i].chip;
		image_summary(&info, line, sizeof(line));
		assert_string_equal(line, cases[i].line);
	}
}

/* A line that is too long for its place is cut, not written past it. */
static void summary__is_cut__small_room(void **state)
{
	(void)state;
	struct image_info info = esp8266();

	for (size_t size = 1; size < 60; size++) {
		char line[64];

		memset(line, 'x', sizeof(line));
		image_summary(&info, line, size);
		assert_true(strlen(line) < size);
		assert_int_equal(line[size], 'x');
	}
}

/* ---- where it goes ----------------------------------------------------------------------------------- */
static void describe__tells__where_it_goes(void **state)
{
	(void)state;
	static const struct {
		enum image_kind kind;
		uint16_t chip;
		const char *place; /* begins with */
	} cases[] = {
	    {IMAGE_ESP8266, 0, "0x0"},
	    {IMAGE_ESP8266_BACKUP, 0, "0x0"},
	    {IMAGE_ESP8266_V2, 0, "behind a boot loader"},
	    {IMAGE_ESP32_FACTORY, 5, "0x0"},
	    {IMAGE_ESP32_BACKUP, 5, "0x0"},
	    {IMAGE_ESP32_APP, 5, "the application partition"},
	    {IMAGE_ESP32_LOADER, 5, "0x0"},
	    {IMAGE_ESP32_LOADER, 0, "0x1000"},
	    {IMAGE_ESP32_LOADER, 18, "0x2000"},
	    {IMAGE_ESP32_LOADER, 77, ""}, /* a chip that is not known */
	    {IMAGE_ESP32_PARTITIONS, 0, "0x8000"},
	    {IMAGE_ESP32_OTADATA, 0, "the otadata partition"},
	    {IMAGE_TEXT, 0, ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_info info = esp32(cases[i].kind);
		const char *place;

		info.chip_id = cases[i].chip;
		place = row(&info, "goes to");
		assert_int_equal(place[0] == '\0', cases[i].place[0] == '\0');
		assert_true(str_starts(place, cases[i].place));
	}
}

/* ---- the ESP32 family's header ------------------------------------------------------------------------ */
static void describe__tells__revisions(void **state)
{
	(void)state;
	static const struct {
		uint8_t old;
		uint16_t min, max;
		const char *words;
	} cases[] = {
	    {0, 0, 0, ""},
	    {0, 0, UINT16_MAX, ""},
	    {3, 0, 0, "v3.0 or later"},
	    {3, 101, UINT16_MAX, "v1.1 or later"},
	    {0, 3, 199, "v0.3 to v1.99"},
	    {0, 0, 199, "v0.0 to v1.99"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_info info = esp32(IMAGE_ESP32_APP);

		info.header.min_revision_old = cases[i].old;
		info.header.min_revision = cases[i].min;
		info.header.max_revision = cases[i].max;
		assert_string_equal(row(&info, "chip revision"), cases[i].words);
	}
}

static void describe__tells__the_description(void **state)
{
	(void)state;
	struct image_info info = esp32(IMAGE_ESP32_APP);
	struct image_description *d = &info.description;

	assert_string_equal(row(&info, "project"), "");
	assert_string_equal(row(&info, "compiled"), "");
	str_copy(d->project, sizeof(d->project), "arduino-lib-builder");
	str_copy(d->version, sizeof(d->version), "1.2");
	str_copy(d->date, sizeof(d->date), "Apr  3 2026");
	str_copy(d->idf, sizeof(d->idf), "v5.3.2");
	str_copy(d->elf_sha, sizeof(d->elf_sha), "00ff");
	assert_string_equal(row(&info, "project"), "arduino-lib-builder");
	assert_string_equal(row(&info, "its version"), "1.2");
	assert_string_equal(row(&info, "compiled"), "Apr  3 2026");
	str_copy(d->time, sizeof(d->time), "10:11:12");
	assert_string_equal(row(&info, "compiled"), "Apr  3 2026 10:11:12");
	assert_string_equal(row(&info, "IDF"), "v5.3.2");
	assert_string_equal(row(&info, "SHA-256 of its ELF"), "00ff");
	assert_string_equal(row(&info, "chip"), "ESP32-C3");
}

static void describe__tells__header(void **state)
{
	(void)state;
	struct image_info info = esp8266();

	assert_string_equal(row(&info, "flash in the header"), "DOUT, 1 MB, 40 MHz");
	info.flash_size = 0;
	info.mode = 9;
	info.freq_code = 15;
	assert_string_equal(row(&info, "flash in the header"), "?, unknown size, 80 MHz");
	info.freq_code = 7;
	assert_string_equal(row(&info, "flash in the header"), "?, unknown size, ?");
}

/* ---- segments and sums ---------------------------------------------------------------------------------- */
static void describe__tells__sums(void **state)
{
	(void)state;
	struct image_info info = esp32(IMAGE_ESP32_APP);
	struct image_chain *c = &info.boot;

	c->declared = 3;
	c->count = 1;
	c->entry = 0x40380000;
	c->seg[0] = (struct image_segment){32, 0x42000020, 100};
	assert_string_equal(row(&info, "image"), "at 0x0, entry 0x40380000, 1 of 3 segments");
	assert_string_equal(
	    row(&info, "  segment"), "0x42000020, 100 bytes, in the file at 0x20, code in flash");
	assert_string_equal(row(&info, "  checksum"), "00, right");
	assert_string_equal(row(&info, "  SHA-256"), "none");
	c->checksum_stored = 0x1f;
	c->checksum_computed = 0xe0;
	info.header.sha = IMAGE_SHA_RIGHT;
	assert_string_equal(row(&info, "  checksum"), "1f stored, e0 computed: WRONG");
	assert_string_equal(row(&info, "  SHA-256"), "right");
	c->checksum_known = false;
	info.header.sha = IMAGE_SHA_WRONG;
	assert_string_equal(row(&info, "  checksum"), "the file ends before it");
	assert_string_equal(row(&info, "  SHA-256"), "WRONG");
	info.header.sha = IMAGE_SHA_CUT;
	assert_string_equal(row(&info, "  SHA-256"), "the file ends before it");
	/* Behind a boot loader it has another name. */
	info.app.present = true;
	info.app.offset = 0x10000;
	assert_string_equal(row(&info, "image"), "");
	assert_string_equal(row(&info, "boot loader"), "at 0x0, entry 0x40380000, 1 of 3 segments");
	assert_string_equal(
	    row(&info, "application"), "at 0x10000, entry 0x00000000, 0 of 0 segments");
}

static void describe__tells__outer_header(void **state)
{
	(void)state;
	struct image_info info = esp8266();

	info.kind = IMAGE_ESP8266_V2;
	info.boot.present = false;
	assert_string_equal(row(&info, "outer header"), "");
	info.app.present = true;
	info.app.offset = 16 + 1000;
	assert_string_equal(row(&info, "outer header"), "EA, 1000 bytes of code in flash at 0x10");
}

static void describe__tells__crc_and_what_follows(void **state)
{
	(void)state;
	struct image_info info = esp8266();

	assert_string_equal(row(&info, "CRC"), "");
	assert_string_equal(row(&info, "behind the firmware"), "");
	assert_string_equal(row(&info, "damage"), "none");
	info.has_crc = true;
	info.crc_length = 500;
	assert_string_equal(row(&info, "CRC"), "over 500 bytes, WRONG");
	info.crc_ok = true;
	assert_string_equal(row(&info, "CRC"), "over 500 bytes, right");
	info.crc_length = 500 * 1024 + 1;
	assert_string_equal(row(&info, "CRC"), "over 512001 bytes, more than the file has");
	info.trailing = 70;
	assert_string_equal(row(&info, "behind the firmware"), "70 bytes, blank");
	info.trailing_used = true;
	assert_string_equal(row(&info, "behind the firmware"), "70 bytes, in use");
	info.fault = IMAGE_FAULT_TRUNCATED;
	assert_string_equal(row(&info, "damage"), "cut off");
}

/* ---- tables and their applications ------------------------------------------------------------------------ */
static void add_partition(struct image_info *info, uint8_t type, uint8_t subtype, uint32_t offset,
    uint32_t size, const char *name)
{
	struct partition *p = &info->table.entry[info->table.count++];

	*p = (struct partition){.type = type, .subtype = subtype, .offset = offset, .size = size};
	str_copy(p->name, sizeof(p->name), name);
}

static struct image_info factory(void)
{
	struct image_info info = esp32(IMAGE_ESP32_FACTORY);

	info.has_table = true;
	add_partition(&info, PARTITION_DATA, 0, 0xe000, 0x2000, "otadata");
	add_partition(&info, PARTITION_APP, 0, 0x10000, 0xd0000, "safeboot");
	add_partition(&info, PARTITION_APP, 0x10, 0xe0000, 0x2d0000, "app0");
	return info;
}

static void describe__tells__the_table(void **state)
{
	(void)state;
	struct image_info info = factory();

	assert_string_equal(
	    row(&info, "partition table"), "3 partitions, MD5 none, safeboot layout");
	assert_string_equal(row(&info, "  partition"), "0x00e000, 8 KB, otadata, data otadata");
	assert_string_equal(row_behind(&info, "data otadata\n", "  partition"),
	    "0x010000, 832 KB, safeboot, app factory");
	info.table.sum = PARTITION_SUM_RIGHT;
	str_copy(info.table.entry[1].name, sizeof(info.table.entry[1].name), "factory");
	assert_string_equal(row(&info, "partition table"), "3 partitions, MD5 right");
	assert_string_equal(row(&info, "  fault"), "");
	info.table.sum = PARTITION_SUM_WRONG;
	str_copy(info.table_fault, sizeof(info.table_fault), "it is damaged");
	assert_string_equal(row(&info, "partition table"), "3 partitions, MD5 WRONG");
	assert_string_equal(row(&info, "  fault"), "it is damaged");
	/* Where none could be read the fault stands in its place. */
	info.has_table = false;
	assert_string_equal(row(&info, "partition table"), "it is damaged");
	info.table_fault[0] = '\0';
	assert_string_equal(row(&info, "partition table"), "");
	/* A table alone says the same. */
	info = factory();
	info.kind = IMAGE_ESP32_PARTITIONS;
	assert_string_equal(
	    row(&info, "partition table"), "3 partitions, MD5 none, safeboot layout");
}

static void describe__tells__applications(void **state)
{
	(void)state;
	struct image_info info = factory();
	struct image_app *app = &info.apps[1];

	info.app_count = 2;
	info.apps[0].partition = 1;
	app->partition = 2;
	app->present = true;
	app->fault = IMAGE_FAULT_TRUNCATED;
	assert_string_equal(row(&info, "in \"safeboot\""), "no application");
	assert_string_equal(row(&info, "in \"app0\""), "firmware of an unknown kind, cut off");
	assert_string_equal(row(&info, "  starts"), "");
	app->size = 0x100000;
	app->fault = IMAGE_FAULT_SHA;
	app->id.firmware = IMAGE_FW_TASMOTA;
	app->id.certainty = IMAGE_VER_EXACT;
	app->id.version = V(14, 3, 0, 0);
	str_copy(app->id.variant, sizeof(app->id.variant), "full");
	assert_string_equal(row(&info, "in \"app0\""), "Tasmota 14.3.0, full, 1 MB, wrong SHA-256");
	app->fault = IMAGE_FAULT_NONE;
	app->header.sha = IMAGE_SHA_RIGHT;
	str_copy(app->description.idf, sizeof(app->description.idf), "v5.3.2");
	info.starts = 1;
	assert_string_equal(row(&info, "in \"app0\""),
	    "Tasmota 14.3.0, full, 1 MB, whole, SHA-256 right, IDF v5.3.2");
	assert_string_equal(
	    row_behind(&info, "IDF v5.3.2\n", "  starts"), "this one, as otadata says");
}

/* ---- copies of a flash --------------------------------------------------------------------------------------- */
static void describe__tells__settings_in_a_copy(void **state)
{
	(void)state;
	struct image_info info = esp8266();

	assert_string_equal(row(&info, "settings"), "");
	info.kind = IMAGE_ESP8266_BACKUP;
	assert_string_equal(row(&info, "settings"), "none of Tasmota's found");
	assert_string_equal(row(&info, "application"), "");
	info.sdk_app = 0x1000;
	assert_string_equal(row(&info, "application"), "at 0x1000, of the SDK's second form (EA)");
	info.settings.copies = 1;
	info.settings.offset = 0xf5000;
	info.settings.saves = 12;
	info.settings.version = V(6, 1, 1, 0);
	assert_string_equal(row(&info, "settings"),
	    "Tasmota's at 0xf5000, saved 12 times, last by 6.1.1, check sum right");
	assert_string_equal(row(&info, "  older copies"), "");
	info.settings.copies = 4;
	assert_string_equal(row(&info, "  older copies"), "3");
	info.kind = IMAGE_ESP32_BACKUP;
	assert_true(str_starts(row(&info, "settings"), "Tasmota's at 0xf5000"));
	info.settings.copies = 0;
	assert_true(str_starts(row(&info, "settings"), "none of Tasmota's found in nvs"));
}

/* ---- packed files ---------------------------------------------------------------------------------------------- */
static void describe__tells__what_was_packed(void **state)
{
	(void)state;
	struct image_info info = esp8266();

	info.packed = true;
	info.packed_size = 300 * 1024;
	assert_string_equal(row(&info, "packed"),
	    "with gzip, 307200 bytes (300 KB); the rest is about what is inside");
	str_copy(info.inner_name, sizeof(info.inner_name), "tasmota.bin");
	assert_string_equal(row(&info, "packed"),
	    "with gzip, 307200 bytes (300 KB), as tasmota.bin; the rest is about what is inside");
	assert_string_equal(row(&info, "unpacked"), "");
	info = (struct image_info){.kind = IMAGE_GZIP, .size = 100, .inner_size = 700};
	assert_string_equal(row(&info, "unpacked"), "700 bytes");
	assert_string_equal(row(&info, "damage"), "");
	str_copy(info.inner_name, sizeof(info.inner_name), "x.bin");
	info.fault = IMAGE_FAULT_PACKING;
	assert_string_equal(row(&info, "unpacked"), "700 bytes, packed as x.bin");
	assert_string_equal(row(&info, "damage"), "can't be unpacked: damaged or cut short");
}

/* ---- notes ----------------------------------------------------------------------------------------------------- */
static void expect_notes(const struct image_info *info, const char *const *has, const char *lacks)
{
	struct sbuf out;

	sbuf_init(&out, 8192);
	image_describe_notes(info, &out);
	for (size_t i = 0; has[i]; i++) {
		if (!strstr(sbuf_str(&out), has[i]))
			print_message("'%s' is not in:\n%s", has[i], sbuf_str(&out));
		assert_non_null(strstr(sbuf_str(&out), has[i]));
	}
	if (lacks)
		assert_null(strstr(sbuf_str(&out), lacks));
	sbuf_fini(&out);
}

static void notes__tell__what_speaks_against_it(void **state)
{
	(void)state;
	struct image_info info = esp8266();

	expect_notes(&info, (const char *const[]){"note: nothing in it says", NULL}, "to write it");
	info.fault = IMAGE_FAULT_CHECKSUM;
	expect_notes(&info,
	    (const char *const[]){"to write it: no, the file is damaged: wrong checksum\n",
		"instead: download", NULL},
	    "note:");
	/* What the page has said already is not said twice. */
	info.fault = IMAGE_FAULT_NONE;
	info.id.firmware = IMAGE_FW_TASMOTA;
	info.id.certainty = IMAGE_VER_EXACT;
	info.id.version = V(6, 1, 1, 0);
	str_copy(info.id.core, sizeof(info.id.core), "2_3_0");
	info.mode = 0;
	expect_notes(
	    &info, (const char *const[]){"note: its header says QIO", NULL}, "known to fail");
}

/* Of an ESP32's application nothing but the table lacks, and no file tells that: it is no fault. */
static void notes__tell__nothing_of_the_table(void **state)
{
	(void)state;
	struct image_info info = esp32(IMAGE_ESP32_APP);

	info.id.firmware = IMAGE_FW_TASMOTA;
	expect_notes(&info, (const char *const[]){NULL}, "table");
	info.fault = IMAGE_FAULT_SHA;
	expect_notes(&info,
	    (const char *const[]){"to write it: no, the file is damaged: wrong SHA-256", NULL},
	    NULL);
	info.fault = IMAGE_FAULT_NONE;
	info.chip_id = 77;
	expect_notes(
	    &info, (const char *const[]){"to write it: no, the device's chip", NULL}, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names__are_there__one_for_each_kind),
	    cmocka_unit_test(names__are_there__one_for_each_fault),
	    cmocka_unit_test(names__are_there__header_codes),
	    cmocka_unit_test(firmware_text__tells__how_sure_it_is),
	    cmocka_unit_test(describe__tells__what_the_file_says_of_itself),
	    cmocka_unit_test(summary__tells__in_one_line),
	    cmocka_unit_test(summary__tells__chip_and_kind),
	    cmocka_unit_test(summary__is_cut__small_room),
	    cmocka_unit_test(describe__tells__where_it_goes),
	    cmocka_unit_test(describe__tells__revisions),
	    cmocka_unit_test(describe__tells__the_description),
	    cmocka_unit_test(describe__tells__header),
	    cmocka_unit_test(describe__tells__sums),
	    cmocka_unit_test(describe__tells__outer_header),
	    cmocka_unit_test(describe__tells__crc_and_what_follows),
	    cmocka_unit_test(describe__tells__the_table),
	    cmocka_unit_test(describe__tells__applications),
	    cmocka_unit_test(describe__tells__settings_in_a_copy),
	    cmocka_unit_test(describe__tells__what_was_packed),
	    cmocka_unit_test(notes__tell__what_speaks_against_it),
	    cmocka_unit_test(notes__tell__nothing_of_the_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

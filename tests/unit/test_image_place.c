/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a file belongs, which file a device takes, and which builds are known to fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "esp32maker.h"
#include "tasmite/base/bytes.h"
#include "tasmite/proto/image.h"

#define MB (1024u * 1024u)

static struct partition_table table_of(const struct made32_row *rows)
{
	uint8_t bytes[PARTITION_TABLE_SIZE];
	struct partition_table t;

	make32_table(bytes, rows);
	assert_int_equal(partition_parse(bytes, sizeof(bytes), &t, NULL), ERR_OK);
	return t;
}

static struct image_device device_of(const char *chip, const struct partition_table *table)
{
	struct image_device d = {
	    .chip = chip, .revision = 300, .flash_size = 4 * MB, .table = table};

	return d;
}

/* What image_inspect says of the file kinds that matter here. */
static struct image_info app_info(uint16_t chip, const char *variant)
{
	struct image_info info = {.kind = IMAGE_ESP32_APP,
	    .size = 1500000,
	    .end = 1500000,
	    .chip_id = chip,
	    .header = {.chip_id = chip},
	    .id = {.firmware = IMAGE_FW_TASMOTA}};

	str_copy(info.id.variant, sizeof(info.id.variant), variant);
	return info;
}

static struct image_info factory_info(uint16_t chip)
{
	struct image_info info = app_info(chip, "full");

	info.kind = IMAGE_ESP32_FACTORY;
	info.size = 2900000;
	info.has_table = true;
	info.table = table_of(make32_since_12);
	return info;
}

static struct image_info esp8266_info(void)
{
	struct image_info info = {.kind = IMAGE_ESP8266,
	    .size = 600000,
	    .end = 600000,
	    .mode = 3,
	    .flash_size = MB,
	    .id = {.firmware = IMAGE_FW_TASMOTA}};

	return info;
}

/* A refusal has words, an acceptance none. */
static enum image_refusal place(const struct image_info *info, const struct image_device *d,
    const uint32_t *asked, struct image_placement *out)
{
	int rc = image_place(info, d, asked, out);

	assert_int_equal(rc == ERR_OK, out->verdict.refusal == IMAGE_OK);
	assert_int_equal(rc == ERR_OK, out->verdict.reason[0] == '\0');
	assert_int_equal(rc == ERR_OK, out->verdict.advice[0] == '\0');
	return out->verdict.refusal;
}

static void says(const char *text, const char *word)
{
	if (!strstr(text, word))
		fail_msg("no \"%s\" in: %s", word, text);
}

/* ---- where things belong --------------------------------------------------------------------- */

static void place__follows__safeboot_layout(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;

	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.offset, 0xe0000);
	assert_int_equal(p.room, 0x2d0000);
	assert_string_equal(p.partition, "app0");
	assert_int_equal(p.verdict.warning_count, 0);
	info = app_info(0, "safeboot");
	info.size = 800000;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.offset, 0x10000);
}

/* A table unlike the usual one: nothing is taken from memory. */
static void place__follows__an_unusual_table(void **state)
{
	static const struct made32_row rows[] = {{1, 2, 0x9000, 0x6000, "nvs"},
	    {1, 0, 0xf000, 0x2000, "otadata"}, {0, 0, 0x20000, 0x100000, "safeboot"},
	    {0, 0x10, 0x130000, 0x220000, "big"}, {0, 0, 0, 0, NULL}};
	struct partition_table t = table_of(rows);
	struct image_device d = device_of("ESP32-S3", &t);
	struct image_info info = app_info(9, "full");
	struct image_placement p;

	(void)state;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.offset, 0x130000);
	assert_string_equal(p.partition, "big");
}

static void place__follows__otadata_between_slots(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_before_12);
	struct image_device d = device_of("ESP32-D0WD-V3", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;
	uint8_t ota[0x2000];
	uint32_t other = 0x10000;

	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_SLOT);
	assert_true(p.needs_table);
	assert_false(p.verdict.overridable);
	says(p.verdict.reason, "otadata");
	/* The user may name a slot without it. */
	assert_int_equal(place(&info, &d, &other, &p), IMAGE_OK);
	assert_int_equal(p.offset, 0x10000);
	memset(ota, 0xff, sizeof(ota));
	make32_otadata(ota, 2, UINT32_MAX);
	d.otadata = ota;
	d.otadata_size = sizeof(ota);
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.offset, 0x1d0000);
	assert_int_equal(place(&info, &d, &other, &p), IMAGE_OK);
	assert_int_equal(p.offset, 0x10000);
	assert_string_equal(p.partition, "app0");
	says(p.verdict.warnings[0], "will go on with \"app1\"");
}

static void place__warns__of_safeboot_starting(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;
	uint8_t ota[0x2000];

	memset(ota, 0xff, sizeof(ota));
	d.otadata = ota;
	d.otadata_size = sizeof(ota);
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.verdict.warning_count, 1);
	says(p.verdict.warnings[0], "start \"safeboot\"");
}

static void place__puts__whole_files_at_0(void **state)
{
	(void)state;
	struct image_device d = device_of("ESP32", NULL);
	struct image_info info = factory_info(0);
	struct image_placement p;
	uint32_t wrong = 0x10000;

	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.offset, 0);
	assert_int_equal(p.room, 4 * MB);
	assert_int_equal(place(&info, &d, &wrong, &p), IMAGE_NO_OFFSET);
	says(p.verdict.reason, "belongs to 0x0");
	info.kind = IMAGE_ESP32_BACKUP;
	info.size = 4 * MB;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	says(p.verdict.warnings[0], "whole flash");
}

static void place__puts__loader_and_table_where_the_chip_looks(void **state)
{
	static const struct {
		const char *chip;
		uint16_t id;
		uint32_t offset;
	} cases[] = {{"ESP32", 0, 0x1000}, {"ESP32-S2", 2, 0x1000}, {"ESP32-C3", 5, 0},
	    {"ESP32-S3", 9, 0}, {"ESP32-C6", 13, 0}, {"ESP32-P4", 18, 0x2000},
	    {"ESP32-C5", 23, 0x2000}};
	struct image_placement p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_device d = device_of(cases[i].chip, NULL);
		struct image_info info = {
		    .kind = IMAGE_ESP32_LOADER, .size = 20000, .chip_id = cases[i].id};
		uint32_t wrong = cases[i].offset ^ 0x3000;

		assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
		assert_int_equal(p.offset, cases[i].offset);
		assert_int_equal(place(&info, &d, &wrong, &p), IMAGE_NO_OFFSET);
	}
	struct image_device d = device_of("ESP32", NULL);
	struct image_info info = {.kind = IMAGE_ESP32_PARTITIONS,
	    .size = 0xc00,
	    .has_table = true,
	    .table = table_of(make32_since_12)};
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.offset, 0x8000);
	d.flash_size = 2 * MB;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_SPACE);
	says(p.verdict.reason, "behind the flash (2 MB)");
}

static void place__puts__esp8266_at_0(void **state)
{
	(void)state;
	struct image_device d = {.chip = "ESP8266EX", .flash_size = MB, .chip_known = true};
	struct image_info info = esp8266_info();
	struct image_placement p;
	uint32_t wrong = 0x1000;

	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.offset, 0);
	assert_int_equal(p.room, MB);
	assert_int_equal(place(&info, &d, &wrong, &p), IMAGE_NO_OFFSET);
	assert_true(p.verdict.overridable);
}

/* ---- wrong pairings -------------------------------------------------------------------------- */

static void place__refuses__esp8266_file_on_esp32(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32-C3", &t);
	struct image_info info = esp8266_info();
	struct image_placement p;

	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_CHIP);
	says(p.verdict.reason, "an ESP8266 application, the device is an ESP32-C3");
	says(p.verdict.advice, "tasmota32c3.factory.bin");
	says(p.verdict.advice, "http://ota.tasmota.com/tasmota32/release/");
	assert_true(p.verdict.overridable);
}

static void place__refuses__esp32_file_on_esp8266(void **state)
{
	(void)state;
	struct image_device d = {.chip = "ESP8285", .flash_size = 4 * MB};
	struct image_placement p;
	struct image_info files[] = {app_info(0, "full"), factory_info(5)};

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(place(&files[i], &d, NULL, &p), IMAGE_NO_ESP32);
		says(p.verdict.reason, i ? "ESP32-C3" : "ESP32");
		says(p.verdict.advice, "tasmota.bin");
		assert_true(p.verdict.overridable);
	}
	/* What does not fit is not to be overridden either. */
	d.flash_size = MB;
	assert_int_equal(place(&files[1], &d, NULL, &p), IMAGE_NO_ESP32);
	assert_false(p.verdict.overridable);
}

static void place__refuses__other_chip_of_the_family(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32-S3", &t);
	struct image_placement p;
	struct image_info files[] = {app_info(0, "full"), factory_info(5), factory_info(0)};

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(place(&files[i], &d, NULL, &p), IMAGE_NO_CHIP);
		says(p.verdict.reason, "the device is an ESP32-S3");
		says(p.verdict.advice, "tasmota32s3.factory.bin");
	}
	/* The application has no place that is known to insist on. */
	place(&files[0], &d, NULL, &p);
	assert_false(p.verdict.overridable);
	place(&files[1], &d, NULL, &p);
	assert_true(p.verdict.overridable);
}

static void place__refuses__application_at_0(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;
	uint32_t zero = 0;

	assert_int_equal(place(&info, &d, &zero, &p), IMAGE_NO_OFFSET);
	says(p.verdict.reason, "no boot loader");
	says(p.verdict.advice, "0xe0000");
	says(p.verdict.advice, "tasmota32.factory.bin");
	assert_true(p.verdict.overridable);
	/* Whatever the table says; and for one core there is another file. */
	d.single_core = true;
	d.table = NULL;
	assert_int_equal(place(&info, &d, &zero, &p), IMAGE_NO_OFFSET);
	says(p.verdict.advice, "tasmota32solo1.factory.bin");
}

static void place__refuses__application_in_others_places(void **state)
{
	static const struct {
		uint32_t offset;
		const char *word;
	} cases[] = {{0x10000, "the place of \"safeboot\" (app factory)"},
	    {0x9000, "the place of \"nvs\" (data nvs)"}, {0x3b0000, "\"spiffs\""},
	    {0x1000, "no partition for an application begins at 0x1000"},
	    {0xf0000, "no partition"}};
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(place(&info, &d, &cases[i].offset, &p), IMAGE_NO_OFFSET);
		says(p.verdict.reason, cases[i].word);
		says(p.verdict.advice, "it goes to 0xe0000 (\"app0\")");
		assert_int_equal(p.verdict.overridable, cases[i].offset + info.size <= 4 * MB);
	}
}

static void place__refuses__application_without_table(void **state)
{
	(void)state;
	struct image_device d = device_of("ESP32-C6", NULL);
	struct image_info info = app_info(13, "full");
	struct image_placement p;
	struct partition_table blank = {0}, bad = table_of(make32_since_12);
	uint32_t asked = 0xe0000;

	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_TABLE);
	assert_true(p.needs_table);
	assert_false(p.verdict.overridable);
	assert_int_equal(place(&info, &d, &asked, &p), IMAGE_NO_TABLE);
	assert_true(p.verdict.overridable);
	/* Read, and there is none. */
	d.table = &blank;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_TABLE);
	assert_false(p.needs_table);
	says(p.verdict.advice, "tasmota32c6.factory.bin");
	bad.entry[3].offset -= 0x10000;
	d.table = &bad;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_TABLE);
	says(p.verdict.reason, "overlap");
	bad = table_of(make32_since_12);
	bad.count = 2;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_SLOT);
}

static void place__refuses__safeboot_without_its_place(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_before_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "safeboot");
	struct image_placement p;

	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_SLOT);
	says(p.verdict.reason, "has no safeboot");
}

static void place__refuses__too_large(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;

	info.size = 0x2d0000;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	info.size++;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_SPACE);
	says(p.verdict.reason, "the partition \"app0\" only 2.8 MB");
	assert_true(p.verdict.overridable);
	/* A factory file for 4 MB in 2 MB: by its table, though the file itself would fit. */
	d.flash_size = 2 * MB;
	info = factory_info(0);
	info.size = MB;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_SPACE);
	says(p.verdict.reason, "\"app0\" ends at 0x3b0000");
	info.size = 3 * MB;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_SPACE);
	assert_false(p.verdict.overridable);
}

static void place__refuses__odd_offsets_for_good(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;
	uint32_t odd = 0xe0010, far = 0xfffff000;

	assert_int_equal(place(&info, &d, &odd, &p), IMAGE_NO_OFFSET);
	assert_false(p.verdict.overridable);
	assert_int_equal(place(&info, &d, &far, &p), IMAGE_NO_OFFSET);
	assert_false(p.verdict.overridable);
}

static void place__refuses__newer_revision(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;

	info.header.min_revision = 301;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_REVISION);
	says(p.verdict.reason, "v3.1 of the ESP32 or later, this one is v3.0");
	assert_true(p.verdict.overridable);
	assert_int_equal(p.offset, 0xE0000);
	info.header.min_revision = 0;
	info.header.min_revision_old = 4;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_REVISION);
	d.revision = IMAGE_REVISION_UNKNOWN;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	d.revision = 300;
	info.header.min_revision_old = 0;
	info.header.max_revision = 199;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	says(p.verdict.warnings[0], "up to v1.99");
}

static void place__refuses__damage_and_unknown_chips(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;

	info.fault = IMAGE_FAULT_SHA;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_CHECKSUM);
	says(p.verdict.reason, "SHA-256");
	info.fault = IMAGE_FAULT_TABLE;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_TABLE);
	info.fault = IMAGE_FAULT_LOADER;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_HEADER);
	info.fault = IMAGE_FAULT_NONE;
	d.chip = NULL;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_CHIP);
	d.chip = "STM32";
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_CHIP);
}

static void place__refuses__what_is_no_firmware(void **state)
{
	static const struct {
		enum image_kind kind;
		enum image_refusal refusal;
	} cases[] = {{IMAGE_HTML, IMAGE_NO_HTML}, {IMAGE_ZIP, IMAGE_NO_PACKED},
	    {IMAGE_GZIP, IMAGE_NO_PACKED}, {IMAGE_TEXT, IMAGE_NO_FIRMWARE},
	    {IMAGE_UNKNOWN, IMAGE_NO_FIRMWARE}, {IMAGE_EMPTY, IMAGE_NO_EMPTY}};
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32-S2", &t);
	struct image_placement p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_info info = {.kind = cases[i].kind, .size = 100};

		assert_int_equal(place(&info, &d, NULL, &p), cases[i].refusal);
		if (cases[i].refusal == IMAGE_NO_FIRMWARE)
			says(p.verdict.advice, "tasmota32s2.factory.bin");
	}
}

static void place__takes__data_where_nothing_boots(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = {.kind = IMAGE_UNKNOWN, .size = 0x50000};
	struct image_placement p;
	uint32_t spiffs = 0x3b0000, app = 0xe0000, loader = 0x1000;

	assert_int_equal(place(&info, &d, &spiffs, &p), IMAGE_OK);
	assert_string_equal(p.partition, "spiffs");
	says(p.verdict.warnings[0], "no firmware");
	assert_int_equal(place(&info, &d, &app, &p), IMAGE_NO_FIRMWARE);
	assert_int_equal(place(&info, &d, &loader, &p), IMAGE_NO_FIRMWARE);
	info.size++;
	assert_int_equal(place(&info, &d, &spiffs, &p), IMAGE_NO_SPACE);
	assert_false(p.verdict.overridable); /* it is the last one of the flash */
}

static void place__puts__otadata_where_the_table_says(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_placement p;
	struct image_info info;
	uint8_t ota[0x2000];
	uint32_t wrong = 0xf000;

	memset(ota, 0xff, sizeof(ota));
	make32_otadata(ota, 1, UINT32_MAX);
	image_inspect(ota, sizeof(ota), "boot_app0.bin", &info);
	assert_int_equal(info.kind, IMAGE_ESP32_OTADATA);
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.offset, 0xe000);
	assert_int_equal(place(&info, &d, &wrong, &p), IMAGE_NO_OFFSET);
	t.count = 1;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_SLOT);
	d.table = NULL;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_TABLE);
	assert_true(p.needs_table);
	ota[28] ^= 1;
	image_inspect(ota, sizeof(ota), "boot_app0.bin", &info);
	assert_int_equal(info.kind, IMAGE_UNKNOWN);
}

static void place__warns__of_what_is_not_tasmota(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "");
	struct image_placement p;

	info.id.firmware = IMAGE_FW_ESPHOME;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	says(p.verdict.warnings[0], "looks like ESPHome");
}

/* Nobody publishes a file for that chip, and of another chip there is no more than a number. */
static void place__refuses__in_words_for_unusual_chips(void **state)
{
	(void)state;
	struct image_device d = device_of("ESP32-H2", NULL);
	struct image_info info = factory_info(5);
	struct image_placement p;

	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_CHIP);
	says(p.verdict.reason, "a factory image for the ESP32-C3, the device is an ESP32-H2");
	says(p.verdict.advice, "take a file for the ESP32-H2");
	info.chip_id = 77;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_CHIP);
	says(p.verdict.reason, "for the chip of an unknown number");
}

static void place__refuses__tables_of_no_use(void **state)
{
	(void)state;
	static const struct made32_row no_app[] = {
	    {1, 2, 0x9000, 0x5000, "nvs"}, {1, 0x82, 0x10000, 0x50000, "spiffs"}, {0}};
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;

	t.sum = PARTITION_SUM_WRONG;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_TABLE);
	says(p.verdict.reason, "of no use: the MD5 of the partition table differs");
	t.count = 0;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_TABLE);
	says(p.verdict.reason, "the device has no partition table");
	says(p.verdict.advice, "tasmota32.factory.bin");
	/* Nothing is known to insist on. */
	assert_false(p.verdict.overridable);
	t = table_of(no_app);
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_SLOT);
	says(p.verdict.reason, "no place for an application");
	/* One that ends behind the flash that was found. */
	t = table_of(make32_since_12);
	d.flash_size = 2 * MB;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_TABLE);
	says(p.verdict.reason, "behind the flash (2 MB)");
}

/* Several slots, and otadata was not read: the user may name one of them, and no other place. */
static void place__takes__slot_that_is_named_without_otadata(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_before_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;
	uint32_t app1 = 0x1d0000, spiffs = 0x390000, nowhere = 0x200000;

	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_SLOT);
	assert_true(p.needs_table);
	assert_int_equal(place(&info, &d, &app1, &p), IMAGE_OK);
	assert_int_equal(p.offset, app1);
	assert_string_equal(p.partition, "app1");
	assert_int_equal(p.verdict.warning_count, 0);
	assert_int_equal(place(&info, &d, &nowhere, &p), IMAGE_NO_SLOT);
	assert_true(p.needs_table);
	/* It would fit there. */
	info.size = 0x60000;
	assert_int_equal(place(&info, &d, &spiffs, &p), IMAGE_NO_SLOT);
	assert_true(p.needs_table);
}

static void place__warns__only_where_another_one_starts(void **state)
{
	(void)state;
	uint8_t ota[0x2000];
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;

	memset(ota, 0xff, sizeof(ota));
	d.otadata = ota;
	d.otadata_size = sizeof(ota);
	/* Blank: the factory partition starts, which is the safeboot. */
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.verdict.warning_count, 1);
	says(p.verdict.warnings[0], "set to start \"safeboot\"");
	make32_otadata(ota, 1, UINT32_MAX);
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.verdict.warning_count, 0);
	/* The safeboot itself is not what is to start. */
	memset(ota, 0xff, sizeof(ota));
	info = app_info(0, "safeboot");
	info.size = 0xd0000;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_string_equal(p.partition, "safeboot");
	assert_int_equal(p.verdict.warning_count, 0);
}

static void place__warns__of_what_follows_and_of_known_builds(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;

	info.trailing = 4096;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.verdict.warning_count, 0);
	info.trailing_used = true;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	says(p.verdict.warnings[0], "4 KB of unknown data follow");
	info.trailing_used = false;
	info.id.firmware = IMAGE_FW_UNKNOWN;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.verdict.warning_count, 1);
	assert_null(strstr(p.verdict.warnings[0], "looks like"));
}

/* Data where no table was read, and in a partition that is too small. */
static void place__takes__data_as_far_as_is_known(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", NULL);
	struct image_info info = {.kind = IMAGE_BLANK, .size = 0x6000};
	struct image_placement p;
	uint32_t nvs = 0x9000, table = 0x8000, free_at = 0x30000, zero = 0;

	assert_int_equal(place(&info, &d, &nvs, &p), IMAGE_OK);
	assert_int_equal(p.offset, nvs);
	assert_int_equal(p.room, 4 * MB - nvs);
	assert_int_equal(place(&info, &d, &table, &p), IMAGE_NO_FIRMWARE);
	says(p.verdict.reason, "what starts the device is at 0x8000");
	assert_int_equal(place(&info, &d, &zero, &p), IMAGE_NO_FIRMWARE);
	d.table = &t;
	assert_int_equal(place(&info, &d, &nvs, &p), IMAGE_NO_SPACE);
	says(p.verdict.reason, "larger than the partition \"nvs\"");
	assert_true(p.verdict.overridable);
	info.size = 0x5000;
	assert_int_equal(place(&info, &d, &nvs, &p), IMAGE_OK);
	assert_int_equal(p.room, 0x5000);
	/* Within a partition, where none begins. */
	assert_int_equal(place(&info, &d, &free_at, &p), IMAGE_OK);
	assert_string_equal(p.partition, "");
}

/* A flash whose size nobody knows has room for all that a chip can address. */
static void place__takes__flash_of_unknown_size(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = factory_info(0), app = app_info(0, "full");
	struct image_placement p;

	d.flash_size = 0;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.offset, 0);
	assert_int_equal(p.room, 0);
	assert_int_equal(place(&app, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.room, 0x2d0000);
	/* Its table must suit the device's flash, where that is known. */
	d.flash_size = 3 * MB;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_NO_SPACE);
	says(p.verdict.reason, "its partition table does not suit the device");
	/* Nowhere at all. */
	uint32_t behind = 4 * MB;
	d.flash_size = 4 * MB;
	assert_int_equal(place(&info, &d, &behind, &p), IMAGE_NO_OFFSET);
	assert_false(p.verdict.overridable);
}

/* ---- which file ------------------------------------------------------------------------------ */

static void which__names__files_for_chips(void **state)
{
	static const struct {
		const char *chip;
		uint32_t flash;
		bool single;
		uint32_t psram;
		const char *file;
		const char *note;
	} cases[] = {
	    {"ESP8266EX", MB, false, 0, "tasmota.bin", ""},
	    {"ESP8285", MB, false, 0, "tasmota.bin", ""},
	    {"ESP8266", 0, false, 0, "tasmota.bin", "not known"},
	    {"ESP8266", 4 * MB, false, 0, "tasmota.bin", "tasmota-4M.bin"},
	    {"ESP8266", MB / 2, false, 0, "", "1 MB"},
	    {"ESP32-D0WD-V3", 4 * MB, false, 0, "tasmota32.factory.bin", "PSRAM"},
	    {"ESP32", 4 * MB, true, 0, "tasmota32solo1.factory.bin", "one core"},
	    {"ESP32-S0WD", 4 * MB, false, 0, "tasmota32solo1.factory.bin", "one core"},
	    {"ESP32-S2", 4 * MB, false, 0, "tasmota32s2.factory.bin", "s2cdc"},
	    {"ESP32-S3", 8 * MB, false, 0, "tasmota32s3.factory.bin", "USB"},
	    {"ESP32-S3", 8 * MB, false, 8 * MB, "tasmota32s3.factory.bin", "qio_opi"},
	    {"ESP32-C2", 4 * MB, false, 0, "tasmota32c2.factory.bin", ""},
	    {"ESP32-C2", 2 * MB, false, 0, "", "Tasmota-specials"},
	    {"ESP32-C3", 4 * MB, false, 0, "tasmota32c3.factory.bin", ""},
	    {"ESP32-C3", 2 * MB, false, 0, "", "2 MB"},
	    {"ESP32-C5", 4 * MB, false, 0, "tasmota32c5.factory.bin", ""},
	    {"ESP32-C6", 4 * MB, false, 0, "tasmota32c6.factory.bin", ""},
	    {"ESP32-P4", 16 * MB, false, 0, "tasmota32p4.factory.bin", "second chip"},
	    {"ESP32", 2 * MB, false, 0, "", "4 MB"},
	    {"ESP32-H2", 4 * MB, false, 0, "", "no Wi-Fi"},
	    {"ESP32-C61", 4 * MB, false, 0, "", "no build"},
	    {NULL, 0, false, 0, "", "not known"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_which w;
		int rc =
		    image_which(cases[i].chip, cases[i].flash, cases[i].single, cases[i].psram, &w);

		assert_string_equal(w.file, cases[i].file);
		assert_int_equal(rc, cases[i].file[0] ? ERR_OK : ERR_NOENT);
		says(w.note, cases[i].note);
		if (rc == ERR_OK) {
			says(w.url, "http://ota.tasmota.com/tasmota");
			assert_true(str_ends(w.url, w.file));
		} else {
			assert_string_equal(w.url, "");
		}
	}
}

/* ---- known-bad builds ------------------------------------------------------------------------ */

static void known_bad__names__builds(void **state)
{
	static const struct {
		uint32_t version;
		enum image_certainty certainty;
		const char *series, *core, *variant;
		enum image_bad bad;
	} cases[] = {
	    {0x06010100, IMAGE_VER_EXACT, "", "2_3_0", "full", IMAGE_BAD_YES},
	    {0x06010000, IMAGE_VER_LIKELY, "", "2_3_0", "", IMAGE_BAD_YES},
	    {0x0602010f, IMAGE_VER_EXACT, "", "2_4_2", "sensors", IMAGE_BAD_YES},
	    {0x06020110, IMAGE_VER_EXACT, "", "2_4_2", "full", IMAGE_BAD_NO},
	    {0x06000000, IMAGE_VER_EXACT, "", "2_3_0", "full", IMAGE_BAD_NO},
	    {0x06010100, IMAGE_VER_EXACT, "", "2_5_0", "full", IMAGE_BAD_NO},
	    {0x06010100, IMAGE_VER_EXACT, "", "2_3_0", "minimal", IMAGE_BAD_NO},
	    {0x06010100, IMAGE_VER_EXACT, "", "2_3_0", "classic", IMAGE_BAD_NO},
	    {0x06010000, IMAGE_VER_EXACT, "", "2_3_0", "minimal", IMAGE_BAD_YES},
	    {0x06010100, IMAGE_VER_AT_LEAST, "", "2_3_0", "full", IMAGE_BAD_MAYBE},
	    {0x06030000, IMAGE_VER_AT_LEAST, "", "2_4_2", "full", IMAGE_BAD_NO},
	    {0, IMAGE_VER_SERIES, "6.x", "2_3_0", "full", IMAGE_BAD_MAYBE},
	    {0, IMAGE_VER_SERIES, "6.2 or 6.3", "2_4_2", "full", IMAGE_BAD_MAYBE},
	    {0, IMAGE_VER_SERIES, "6.4 to 7.0", "2_3_0", "full", IMAGE_BAD_NO},
	    {0, IMAGE_VER_SERIES, "5.x", "2_3_0", "full", IMAGE_BAD_NO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_identity id = {.firmware = IMAGE_FW_TASMOTA,
		    .version = cases[i].version,
		    .certainty = cases[i].certainty};
		char text[200];

		str_copy(id.series, sizeof(id.series), cases[i].series);
		str_copy(id.core, sizeof(id.core), cases[i].core);
		str_copy(id.variant, sizeof(id.variant), cases[i].variant);
		assert_int_equal(image_known_bad(&id, text, sizeof(text)), cases[i].bad);
		assert_int_equal(text[0] != '\0', cases[i].bad != IMAGE_BAD_NO);
		id.firmware = IMAGE_FW_ESPHOME;
		assert_int_equal(image_known_bad(&id, text, sizeof(text)), IMAGE_BAD_NO);
	}
}

static void place__follows__the_only_slot(void **state)
{
	(void)state;
	static const struct made32_row rows[2][3] = {
	    {{1, 2, 0x9000, 0x5000, "nvs"}, {0, 0, 0x10000, 0x300000, "factory"}, {0}},
	    {{1, 2, 0x9000, 0x5000, "nvs"}, {0, 0x10, 0x20000, 0x300000, "app0"}, {0}}};

	for (size_t i = 0; i < 2; i++) {
		struct partition_table t = table_of(rows[i]);
		struct image_device d = device_of("ESP32", &t);
		struct image_info info = app_info(0, "full");
		struct image_placement p;
		uint32_t zero = 0;

		assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
		assert_int_equal(p.offset, i ? 0x20000 : 0x10000);
		assert_string_equal(p.partition, i ? "app0" : "factory");
		assert_int_equal(place(&info, &d, &zero, &p), IMAGE_NO_OFFSET);
		/* Whatever is wrong with the table: at 0x0 it would be wrong as well. */
		t.sum = PARTITION_SUM_WRONG;
		assert_int_equal(place(&info, &d, &zero, &p), IMAGE_NO_TABLE);
	}
}

/* Data at an offset that no sector begins at, or behind the flash: never, whoever insists. */
static void place__refuses__data_at_places_that_are_none(void **state)
{
	(void)state;
	struct image_device d = device_of("ESP32", NULL);
	struct image_info info = {.kind = IMAGE_UNKNOWN, .size = 0x1000};
	struct image_placement p;
	uint32_t odd = 0x9001, last = 4 * MB - 0x1000, behind = 4 * MB;

	assert_int_equal(place(&info, &d, &odd, &p), IMAGE_NO_OFFSET);
	says(p.verdict.reason, "0x9001 is not the start of a sector");
	assert_false(p.verdict.overridable);
	assert_int_equal(place(&info, &d, &last, &p), IMAGE_OK);
	assert_int_equal(place(&info, &d, &behind, &p), IMAGE_NO_SPACE);
	says(p.verdict.reason, "run past the end of the flash (4 MB)");
	info.size++;
	assert_int_equal(place(&info, &d, &last, &p), IMAGE_NO_SPACE);
	assert_false(p.verdict.overridable);
}

static void place__warns__of_builds_known_to_fail(void **state)
{
	(void)state;
	struct partition_table t = table_of(make32_since_12);
	struct image_device d = device_of("ESP32", &t);
	struct image_info info = app_info(0, "full");
	struct image_placement p;

	info.id.certainty = IMAGE_VER_EXACT;
	info.id.version = 0x06010100;
	str_copy(info.id.core, sizeof(info.id.core), "2_3_0");
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.verdict.warning_count, 1);
	says(p.verdict.warnings[0], "known to fail");
	/* A limit that is met is no reason to warn. */
	info = app_info(0, "full");
	info.header.max_revision = 300;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.verdict.warning_count, 0);
	info.header.max_revision = UINT16_MAX;
	assert_int_equal(place(&info, &d, NULL, &p), IMAGE_OK);
	assert_int_equal(p.verdict.warning_count, 0);
}

static void which__names__parts_with_one_core(void **state)
{
	(void)state;
	static const char *const solo[] = {
	    "ESP32-S0WD", "ESP32-SOLO-1", "ESP32-solo1", "ESP32 (single core)"};
	struct image_which w;

	for (size_t i = 0; i < sizeof(solo) / sizeof(solo[0]); i++) {
		int rc = image_which(solo[i], 0, false, 0, &w);
		/* A name that is none of the family's is not guessed at. */
		if (rc == ERR_OK)
			assert_string_equal(w.file, "tasmota32solo1.factory.bin");
		else
			assert_int_equal(image_chip_id(solo[i]), -1);
	}
	assert_int_equal(image_which("ESP32-S0WD", 0, false, 0, &w), ERR_OK);
	assert_string_equal(w.file, "tasmota32solo1.factory.bin");
	assert_int_equal(image_which("ESP32 (single core)", 0, false, 0, &w), ERR_OK);
	assert_string_equal(w.file, "tasmota32solo1.factory.bin");
	assert_int_equal(image_which(NULL, 0, false, 0, &w), ERR_NOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(place__follows__safeboot_layout),
	    cmocka_unit_test(place__follows__an_unusual_table),
	    cmocka_unit_test(place__follows__otadata_between_slots),
	    cmocka_unit_test(place__warns__of_safeboot_starting),
	    cmocka_unit_test(place__puts__whole_files_at_0),
	    cmocka_unit_test(place__puts__loader_and_table_where_the_chip_looks),
	    cmocka_unit_test(place__puts__esp8266_at_0),
	    cmocka_unit_test(place__refuses__esp8266_file_on_esp32),
	    cmocka_unit_test(place__refuses__esp32_file_on_esp8266),
	    cmocka_unit_test(place__refuses__other_chip_of_the_family),
	    cmocka_unit_test(place__refuses__application_at_0),
	    cmocka_unit_test(place__refuses__application_in_others_places),
	    cmocka_unit_test(place__refuses__application_without_table),
	    cmocka_unit_test(place__refuses__safeboot_without_its_place),
	    cmocka_unit_test(place__refuses__too_large),
	    cmocka_unit_test(place__refuses__odd_offsets_for_good),
	    cmocka_unit_test(place__refuses__newer_revision),
	    cmocka_unit_test(place__refuses__damage_and_unknown_chips),
	    cmocka_unit_test(place__refuses__what_is_no_firmware),
	    cmocka_unit_test(place__takes__data_where_nothing_boots),
	    cmocka_unit_test(place__puts__otadata_where_the_table_says),
	    cmocka_unit_test(place__warns__of_what_is_not_tasmota),
	    cmocka_unit_test(place__refuses__in_words_for_unusual_chips),
	    cmocka_unit_test(place__refuses__tables_of_no_use),
	    cmocka_unit_test(place__takes__slot_that_is_named_without_otadata),
	    cmocka_unit_test(place__warns__only_where_another_one_starts),
	    cmocka_unit_test(place__warns__of_what_follows_and_of_known_builds),
	    cmocka_unit_test(place__takes__data_as_far_as_is_known),
	    cmocka_unit_test(place__takes__flash_of_unknown_size),
	    cmocka_unit_test(which__names__files_for_chips),
	    cmocka_unit_test(known_bad__names__builds),
	    cmocka_unit_test(place__follows__the_only_slot),
	    cmocka_unit_test(place__refuses__data_at_places_that_are_none),
	    cmocka_unit_test(place__warns__of_builds_known_to_fail),
	    cmocka_unit_test(which__names__parts_with_one_core),
	};

	return cmocka_run_group_tests_name("image_place", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* May a firmware file be written to an ESP8266: each kind, each damage, each place; and what of its
 * header is changed on the way. */
#include "tasmite/proto/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MB (1024u * 1024u)

static const struct image_target basic = {.flash_size = MB, .chip_known = true};

/* A sound Tasmota. */
static struct image_info sound(void)
{
	struct image_info info = {
	    .kind = IMAGE_ESP8266, .size = 500000, .mode = 3, .size_code = 2, .flash_size = MB};

	info.id.firmware = IMAGE_FW_TASMOTA;
	return info;
}

/* What the refusal says holds both; "" when it is taken. */
static void expect(const struct image_info *info, const struct image_target *target,
    enum image_refusal refusal, const char *reason, const char *advice)
{
	struct image_verdict v;
	int rc = image_check(info, target, &v);

	if (v.refusal != refusal || !strstr(v.reason, reason) || !strstr(v.advice, advice))
		print_message("%d: %s; %s\n", (int)v.refusal, v.reason, v.advice);
	assert_int_equal(v.refusal, refusal);
	assert_int_equal(rc == ERR_OK, refusal == IMAGE_OK);
	assert_non_null(strstr(v.reason, reason));
	assert_non_null(strstr(v.advice, advice));
	/* What is refused is told, and what to do instead. */
	assert_int_equal(v.reason[0] != '\0', refusal != IMAGE_OK);
	assert_int_equal(v.advice[0] != '\0', refusal != IMAGE_OK);
}

/* The only warning of a file that is taken; NULL: none. */
static void expect_warning(
    const struct image_info *info, const struct image_target *target, const char *words)
{
	struct image_verdict v;

	assert_int_equal(image_check(info, target, &v), ERR_OK);
	assert_int_equal(v.warning_count, words ? 1 : 0);
	if (words && !strstr(v.warnings[0], words))
		print_message("%s\n", v.warnings[0]);
	assert_true(!words || strstr(v.warnings[0], words));
}

/* ---- what it is ------------------------------------------------------------------------------------ */
static void check__refuses__each_kind_in_words(void **state)
{
	(void)state;
	static const struct {
		enum image_kind kind;
		enum image_refusal refusal;
		const char *reason, *advice;
	} cases[] = {
	    {IMAGE_EMPTY, IMAGE_NO_EMPTY, "empty", "download it again"},
	    {IMAGE_BLANK, IMAGE_NO_FIRMWARE, "begins with the byte E9", "tasmota.bin"},
	    {IMAGE_ESP32_APP, IMAGE_NO_ESP32, "an application for the ESP32-C3", "tasmota.bin"},
	    {IMAGE_ESP32_LOADER, IMAGE_NO_ESP32, "a boot loader for the ESP32-C3", "without"},
	    {IMAGE_ESP32_FACTORY, IMAGE_NO_ESP32, "a factory image for the", "without"},
	    {IMAGE_ESP32_BACKUP, IMAGE_NO_ESP32, "a copy of a whole flash for the", "without"},
	    {IMAGE_ESP32_PARTITIONS, IMAGE_NO_ESP32, "a partition table for the", "without"},
	    {IMAGE_ESP32_OTADATA, IMAGE_NO_ESP32, "otadata", "without"},
	    {IMAGE_ESP_DAMAGED, IMAGE_NO_HEADER, "header makes no sense", "download it again"},
	    {IMAGE_GZIP, IMAGE_NO_PACKED, "packed with gzip", "gunzip it first"},
	    {IMAGE_ZIP, IMAGE_NO_PACKED, "a zip archive", "unpack it"},
	    {IMAGE_HTML, IMAGE_NO_HTML, "a web page", "'raw' or 'download'"},
	    {IMAGE_ELF, IMAGE_NO_FIRMWARE, "an ELF file", ".bin file that was built"},
	    {IMAGE_IHEX, IMAGE_NO_FIRMWARE, "Intel HEX", "tasmota.bin"},
	    {IMAGE_TEXT, IMAGE_NO_FIRMWARE, "a text file", "tasmota.bin"},
	    {IMAGE_UNKNOWN, IMAGE_NO_FIRMWARE, "data of an unknown kind", "tasmota.bin"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_info info = sound();
		struct image_verdict v;

		info.kind = cases[i].kind;
		info.chip_id = 5;
		expect(&info, &basic, cases[i].refusal, cases[i].reason, cases[i].advice);
		/* Who insists may, but an empty file is nothing to insist on. */
		image_check(&info, &basic, &v);
		assert_int_equal(v.overridable, cases[i].kind != IMAGE_EMPTY);
	}
}

static void check__refuses__what_it_knows_less_of(void **state)
{
	(void)state;
	struct image_info info = sound();

	info.kind = IMAGE_ESP32_APP;
	info.chip_id = 99;
	expect(&info, &basic, IMAGE_NO_ESP32, "for the ESP32 family", "");
	info = sound();
	info.kind = IMAGE_GZIP;
	str_copy(info.inner_name, sizeof(info.inner_name), "tasmota.bin");
	expect(&info, &basic, IMAGE_NO_PACKED, "gzip", "Inside is tasmota.bin");
	info.fault = IMAGE_FAULT_PACKING;
	expect(&info, &basic, IMAGE_NO_PACKED, "damaged or cut short", "compare its size");
}

static void check__refuses__each_damage_in_words(void **state)
{
	(void)state;
	static const struct {
		enum image_fault fault;
		enum image_refusal refusal;
		const char *reason, *advice;
	} cases[] = {
	    {IMAGE_FAULT_NONE, IMAGE_OK, "", ""},
	    {IMAGE_FAULT_TRUNCATED, IMAGE_NO_TRUNCATED, "it has 488 KB of at least 586 KB",
		"compare its size"},
	    {IMAGE_FAULT_CHECKSUM, IMAGE_NO_CHECKSUM, "wrong checksum", "as a binary file"},
	    {IMAGE_FAULT_CRC, IMAGE_NO_CHECKSUM, "wrong CRC", "as a binary file"},
	    {IMAGE_FAULT_SHA, IMAGE_NO_CHECKSUM, "wrong SHA-256", "as a binary file"},
	    {IMAGE_FAULT_HEADER, IMAGE_NO_HEADER, "header of the application", "would not boot"},
	    {IMAGE_FAULT_LOADER, IMAGE_NO_HEADER, "boot loader is not where", "factory file"},
	    {IMAGE_FAULT_TABLE, IMAGE_NO_TABLE, "its partition table: row 3", "factory file"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_info info = sound();

		info.fault = cases[i].fault;
		info.end = 600000;
		str_copy(info.table_fault, sizeof(info.table_fault), "row 3 is damaged");
		expect(&info, &basic, cases[i].refusal, cases[i].reason, cases[i].advice);
	}
}

/* ---- where to ---------------------------------------------------------------------------------------- */
static void check__judges__places(void **state)
{
	(void)state;
	static const struct {
		enum image_kind kind;
		size_t size;
		uint32_t offset, flash;
		enum image_refusal refusal;
		const char *reason, *advice;
		bool overridable;
	} cases[] = {
	    {IMAGE_ESP8266, MB, 0, MB, IMAGE_OK, "", "", false},
	    {IMAGE_ESP8266, MB + 1, 0, MB, IMAGE_NO_SPACE, "the flash only 1 MB",
		"tasmota-lite.bin", false},
	    {IMAGE_ESP8266, 2 * MB + 1, 0, 2 * MB, IMAGE_NO_SPACE, "the flash only 2 MB",
		"for this size of flash", false},
	    /* of a flash that is not known: no more than there can be */
	    {IMAGE_ESP8266, 16 * MB, 0, 0, IMAGE_OK, "", "", false},
	    {IMAGE_ESP8266, 16 * MB + 1, 0, 0, IMAGE_NO_SPACE, "the flash only 16 MB", "", false},
	    {IMAGE_ESP8266, 5000, 1, MB, IMAGE_NO_OFFSET, "offset 0x1 is not", "4096", false},
	    {IMAGE_ESP8266, 5000, MB - 4096, MB, IMAGE_NO_SPACE, "past the end", "0x0", false},
	    {IMAGE_ESP8266, 5000, 2 * MB, MB, IMAGE_NO_SPACE, "past the end", "0x0", false},
	    {IMAGE_ESP8266, 4096, MB - 4096, MB, IMAGE_NO_OFFSET, "boots from offset 0x0 only",
		"leave the offset out", true},
	    {IMAGE_ESP8266_BACKUP, 4096, 4096, MB, IMAGE_NO_OFFSET, "0x0 only", "", true},
	    {IMAGE_ESP8266_V2, 5000, 0, MB, IMAGE_NO_OFFSET, "begins with EA", "boot loader", true},
	    {IMAGE_ESP8266_V2, 5000, 4096, MB, IMAGE_OK, "", "", false},
	    /* data are no firmware: behind it they may go, in its place not */
	    {IMAGE_UNKNOWN, 5000, 0, MB, IMAGE_NO_FIRMWARE, "E9", "", true},
	    {IMAGE_UNKNOWN, 5000, 0xFB000, MB, IMAGE_OK, "", "", false},
	    {IMAGE_BLANK, 5000, 0xFB000, MB, IMAGE_OK, "", "", false},
	    {IMAGE_UNKNOWN, 5000, 0xFB001, MB, IMAGE_NO_OFFSET, "not the start", "", false},
	    {IMAGE_UNKNOWN, 5000, 0xFF000, MB, IMAGE_NO_SPACE, "past the end", "", false},
	    {IMAGE_TEXT, 5000, 0xFB000, MB, IMAGE_NO_FIRMWARE, "a text file", "", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_info info = sound();
		struct image_target t = basic;
		struct image_verdict v;

		info.kind = cases[i].kind;
		info.size = cases[i].size;
		t.offset = cases[i].offset;
		t.flash_size = cases[i].flash;
		expect(&info, &t, cases[i].refusal, cases[i].reason, cases[i].advice);
		image_check(&info, &t, &v);
		assert_int_equal(v.overridable, cases[i].overridable);
	}
}

/* ---- what to think of ---------------------------------------------------------------------------------- */
static void check__warns__of_one_thing_at_a_time(void **state)
{
	(void)state;
	struct image_info info = sound();
	struct image_target t = basic;

	expect_warning(&info, &t, NULL);
	/* the mode: of an ESP8285, and of a chip that may be one */
	info.mode = 2;
	expect_warning(&info, &t, NULL);
	t.is_8285 = true;
	expect_warning(&info, &t, "its header says DIO, an ESP8285 needs DOUT");
	t.chip_known = false;
	expect_warning(&info, &t, "an ESP8285 would need DOUT");
	info.mode = 3;
	expect_warning(&info, &t, NULL);
	t = basic;
	/* the size */
	info.flash_size = 4 * MB;
	expect_warning(&info, &t, "4 MB of flash, the chip has 1 MB");
	t.flash_size = 0;
	expect_warning(&info, &t, NULL);
	info.flash_size = MB;
	/* what follows it in the file */
	info.trailing = 3 * 1024;
	expect_warning(&info, &t, NULL);
	info.trailing_used = true;
	expect_warning(&info, &t, "3 KB of unknown data follow");
	info.trailing_used = false;
	/* whose it is */
	info.id.firmware = IMAGE_FW_UNKNOWN;
	expect_warning(&info, &t, "says that it is Tasmota");
	info.id.firmware = IMAGE_FW_SHELLY;
	expect_warning(&info, &t, "it looks like Shelly");
	/* releases that are known for it */
	info.id.firmware = IMAGE_FW_TASMOTA;
	info.id.certainty = IMAGE_VER_EXACT;
	info.id.version = 0x06010100;
	str_copy(info.id.core, sizeof(info.id.core), "2_3_0");
	expect_warning(&info, &t, "known to fail");
}

static void check__warns__of_a_copys_contents(void **state)
{
	(void)state;
	struct image_info info = sound();
	struct image_target t = basic;
	struct image_verdict v;

	info.kind = IMAGE_ESP8266_BACKUP;
	info.size = MB;
	info.id.firmware = IMAGE_FW_UNKNOWN; /* nobody asks whose it is */
	info.trailing = 5;
	info.trailing_used = true; /* that is what a copy is for */
	expect_warning(&info, &t, "settings and all are overwritten");
	t.flash_size = 0;
	expect_warning(&info, &t, "settings and all are overwritten");
	t.flash_size = 4 * MB;
	assert_int_equal(image_check(&info, &t, &v), ERR_OK);
	assert_int_equal(v.warning_count, 2);
	assert_non_null(strstr(v.warnings[1], "of another size (1 MB)"));
}

static void check__says__that_data_are_no_firmware(void **state)
{
	(void)state;
	struct image_info info = sound();
	struct image_target t = {.flash_size = MB, .offset = 0xfb000};

	info.kind = IMAGE_UNKNOWN;
	info.mode = 0;
	info.size = 5000;
	info.id.firmware = IMAGE_FW_UNKNOWN;
	expect_warning(&info, &t, "written as it is to 0xfb000");
}

/* ---- what is changed on the way --------------------------------------------------------------------------- */
static void patch__is_planned__for_an_8285_that_is_known(void **state)
{
	(void)state;
	static const struct {
		enum image_kind kind;
		uint8_t mode;
		bool known, is_8285;
		uint32_t offset;
		bool needed;
	} cases[] = {
	    {IMAGE_ESP8266, 0, true, true, 0, true},
	    {IMAGE_ESP8266_BACKUP, 2, true, true, 0, true},
	    {IMAGE_ESP8266, 3, true, true, 0, false},
	    {IMAGE_ESP8266, 0, false, true, 0, false},
	    {IMAGE_ESP8266, 0, true, false, 0, false},
	    {IMAGE_ESP8266, 0, true, true, 4096, false},
	    {IMAGE_ESP8266_V2, 0, true, true, 0, false},
	    {IMAGE_UNKNOWN, 0, true, true, 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_info info = sound();
		struct image_target t = {.chip_known = cases[i].known,
		    .is_8285 = cases[i].is_8285,
		    .offset = cases[i].offset};
		struct image_patch p;

		info.kind = cases[i].kind;
		info.mode = cases[i].mode;
		image_patch_plan(&info, &t, &p);
		assert_int_equal(p.needed, cases[i].needed);
		assert_int_equal(p.text[0] != '\0', cases[i].needed);
		if (p.needed) {
			assert_int_equal(p.offset, 2);
			assert_int_equal(p.old_byte, cases[i].mode);
			assert_int_equal(p.new_byte, 3);
		}
	}
}

static void size_code__is_found__for_what_there_is(void **state)
{
	(void)state;
	assert_int_equal(image_size_code(512 * 1024), 0);
	assert_int_equal(image_size_code(MB), 2);
	/* Two codes mean 4 MB: the one for a single map counts. */
	assert_int_equal(image_size_code(4 * MB), 4);
	assert_int_equal(image_size_code(16 * MB), 9);
	assert_int_equal(image_size_code(3 * MB), -1);
	assert_int_equal(image_size_code(0), -1);
}

static void header__is_set__and_told(void **state)
{
	(void)state;
	static const struct {
		struct image_header want;
		uint8_t byte2, byte3;
		const char *told; /* "": nothing is changed */
	} cases[] = {
	    {{-1, -1, -1}, 3, 0x20, ""},
	    {{3, 2, 0}, 3, 0x20, ""}, /* as it is */
	    {{2, -1, -1}, 2, 0x20, "flash mode DOUT becomes DIO"},
	    {{-1, 4, -1}, 3, 0x40, "flash size 1 MB becomes 4 MB"},
	    {{-1, -1, 15}, 3, 0x2f, "flash frequency 40 MHz becomes 80 MHz"},
	    {{0, 0, 1}, 0, 0x01,
		"flash mode DOUT becomes QIO, flash size 1 MB becomes 512 KB, flash frequency "
		"40 MHz becomes 26 MHz"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_info info = sound();
		uint8_t data[8] = {0xe9, 1, 3, 0x20, 0, 0, 0, 0};
		char told[160];
		bool changed =
		    image_header_set(&info, &cases[i].want, data, sizeof(data), told, sizeof(told));

		assert_int_equal(changed, cases[i].told[0] != '\0');
		assert_string_equal(told, cases[i].told);
		assert_int_equal(data[2], cases[i].byte2);
		assert_int_equal(data[3], cases[i].byte3);
		assert_int_equal(data[0], 0xe9);
	}
}

static void header__is_left__of_other_files(void **state)
{
	(void)state;
	static const enum image_kind kinds[] = {
	    IMAGE_ESP8266_V2, IMAGE_ESP32_APP, IMAGE_UNKNOWN, IMAGE_ESP8266};
	const struct image_header want = {0, 0, 15};

	for (size_t i = 0; i < 4; i++) {
		struct image_info info = sound();
		uint8_t data[4] = {0xe9, 1, 3, 0x20};
		char told[80];

		info.kind = kinds[i];
		/* The last one is such a file, and too short. */
		assert_false(
		    image_header_set(&info, &want, data, i == 3 ? 3 : 4, told, sizeof(told)));
		assert_string_equal(told, "");
		assert_int_equal(data[2], 3);
		assert_int_equal(data[3], 0x20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(check__refuses__each_kind_in_words),
	    cmocka_unit_test(check__refuses__what_it_knows_less_of),
	    cmocka_unit_test(check__refuses__each_damage_in_words),
	    cmocka_unit_test(check__judges__places),
	    cmocka_unit_test(check__warns__of_one_thing_at_a_time),
	    cmocka_unit_test(check__warns__of_a_copys_contents),
	    cmocka_unit_test(check__says__that_data_are_no_firmware),
	    cmocka_unit_test(patch__is_planned__for_an_8285_that_is_known),
	    cmocka_unit_test(size_code__is_found__for_what_there_is),
	    cmocka_unit_test(header__is_set__and_told),
	    cmocka_unit_test(header__is_left__of_other_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

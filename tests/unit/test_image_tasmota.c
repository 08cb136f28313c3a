/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which firmware a file holds, by the strings and constants in it: what counts, and what does not. */
#include "../../src/proto/image_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/bytes.h"
#include "tasmite/base/xalloc.h"

#define V(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

struct file {
	uint8_t bytes[32768];
	size_t n;
};

static void raw(struct file *f, const char *bytes, size_t n)
{
	assert_true(f->n + n <= sizeof(f->bytes));
	memcpy(f->bytes + f->n, bytes, n);
	f->n += n;
}

/* A string of its own. */
static void text(struct file *f, const char *s)
{
	raw(f, "", 1);
	raw(f, s, strlen(s) + 1);
}

static void word(struct file *f, uint32_t w)
{
	uint8_t bytes[4];

	while (f->n % 4 != 0)
		raw(f, "", 1);
	put_le32(bytes, w);
	raw(f, (const char *)bytes, 4);
}

/* What makes it Tasmota. */
static void begin(struct file *f)
{
	f->n = 0;
	text(f, "{\"StatusFWR\":{\"Version\":\"%s\"");
}

static struct image_identity identify(const struct file *f, enum image_kind kind)
{
	struct image_identity id;
	/* A copy of just that size, so that a sanitizer sees any read behind it. */
	uint8_t *exact = xmemdup(f->bytes, f->n);

	memset(&id, 0, sizeof(id));
	image_identify(exact, f->n, kind, &id);
	free(exact);
	return id;
}

/* ---- strings --------------------------------------------------------------------------------------- */
static void core__is_read__where_the_project_line_ends(void **state)
{
	(void)state;
	static const struct {
		const char *line, *core;
	} cases[] = {
	    {"%s-2_3_0", "2_3_0"},
	    {"%s-2.7.8(tasmota)", "2.7.8"},
	    {"%s-2_5_0_BETA3", "2_5_0_BETA3"},
	    {"%s-STAGE", "STAGE"},
	    {"%s-STAGE_ONE", ""},
	    {"%s-STAY", ""},
	    {"%s-2_3.0", ""},
	    {"%s-2-3-0", ""},
	    {"%s-a_3_0", ""},
	    {"%s-2_b_0", ""},
	    {"%s-2_3_0 and on", ""},
	    {"%s-2_3_0_OF_A_LENGTH_THAT_NONE_HAS", ""},
	};
	static struct file f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&f);
		text(&f, cases[i].line);
		struct image_identity id = identify(&f, IMAGE_ESP8266);
		assert_int_equal(id.firmware, IMAGE_FW_TASMOTA);
		assert_string_equal(id.core, cases[i].core);
	}
	/* The first one counts; one that the file's end cuts is none. */
	begin(&f);
	text(&f, "%s-2_4_2");
	text(&f, "%s-2_3_0");
	assert_string_equal(identify(&f, IMAGE_ESP8266).core, "2_4_2");
	begin(&f);
	raw(&f, "%s-2_3", 6);
	assert_string_equal(identify(&f, IMAGE_ESP8266).core, "");
}

static void version__stands_in_the_line__of_old_releases(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		uint32_t version;
	} cases[] = {
	    {"(GroupTopic %s) Version 5.12.0", V(5, 12, 0, 0)},
	    {"(GroupTopic %s) Version 5.9.1.2", V(5, 9, 1, 2)},
	    {"(GroupTopic %s) Version 5.x", 0},
	    {"(GroupTopic %s) Version 5.12", 0},
	    {"(GroupTopic %s) Version 512.1.1", 0},
	    {"(GroupTopic %s) Version %s", 0},
	};
	static struct file f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&f);
		text(&f, cases[i].line);
		struct image_identity id = identify(&f, IMAGE_ESP8266);
		assert_int_equal(id.version, cases[i].version);
		assert_int_equal(id.certainty, cases[i].version ? IMAGE_VER_EXACT : IMAGE_VER_NONE);
	}
	/* Cut by the file's end. */
	begin(&f);
	raw(&f, "GroupTopic %s) V5.1", 19);
	assert_int_equal(identify(&f, IMAGE_ESP8266).certainty, IMAGE_VER_NONE);
}

static void ota_url__names__the_build(void **state)
{
	(void)state;
	static const struct {
		const char *url, *build;
	} cases[] = {
	    {"http://thehackbox.org/tasmota/release/tasmota-lite.bin", "tasmota-lite"},
	    {"http://x/sonoff.ino.bin.gz", "sonoff"},
	    {"http://x/tasmota/.bin", ""},
	    {"http://x/other.bin", NULL},
	    {"http://x/tasmota.txt", NULL},
	    {"http://x/"
	     "tasmota-and-a-name-that-is-longer-than-any-address-of-an-update-that-was-ever-"
	     "given-and-longer-than-there-is-room-for-it/tasmota.bin",
		NULL},
	};
	static struct file f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&f);
		text(&f, cases[i].url);
		struct image_identity id = identify(&f, IMAGE_ESP8266);
		assert_string_equal(id.ota_url, cases[i].build ? cases[i].url : "");
		assert_string_equal(id.build, cases[i].build ? cases[i].build : "");
	}
	begin(&f);
	text(&f, cases[0].url);
	text(&f, cases[1].url);
	assert_string_equal(identify(&f, IMAGE_ESP8266).build, "tasmota-lite");
}

static void firmware__earlier_row_wins__whichever_comes_first(void **state)
{
	(void)state;
	static struct file f;

	for (int i = 0; i < 2; i++) {
		f.n = 0;
		text(&f, i ? "WLED-AP" : "ESPHome version ");
		text(&f, i ? "ESPHome version " : "WLED-AP");
		assert_int_equal(identify(&f, IMAGE_ESP8266).firmware, IMAGE_FW_ESPHOME);
	}
	/* Only kinds that hold firmware are read at all. */
	assert_int_equal(identify(&f, IMAGE_TEXT).firmware, IMAGE_FW_UNKNOWN);
	assert_int_equal(identify(&f, IMAGE_ESP32_BACKUP).firmware, IMAGE_FW_ESPHOME);
}

/* ---- versions -------------------------------------------------------------------------------------- */
static void marker(struct file *f, uint32_t version)
{
	raw(f, "\xa5\x5a\xa5\x5a", 4);
	raw(f,
	    (const char[]){
		(char)version, (char)(version >> 8), (char)(version >> 16), (char)(version >> 24)},
	    4);
	raw(f, "\x5a\xa5\x5a\xa5", 4);
}

static void marker__is_exact__unless_it_was_lost(void **state)
{
	(void)state;
	static const struct {
		uint32_t value, version;
		enum image_certainty certainty;
	} cases[] = {
	    {V(8, 5, 0, 1), V(8, 5, 0, 1), IMAGE_VER_EXACT},
	    /* since 9.3.1 it is all ones; what is no version says no more */
	    {0xffffffff, V(9, 3, 1, 0), IMAGE_VER_AT_LEAST},
	    {V(1, 2, 3, 4), V(9, 3, 1, 0), IMAGE_VER_AT_LEAST},
	    {V(8, 15, 0, 0), V(9, 3, 1, 0), IMAGE_VER_AT_LEAST},
	};
	static struct file f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&f);
		marker(&f, cases[i].value);
		struct image_identity id = identify(&f, IMAGE_ESP8266);
		assert_int_equal(id.version, cases[i].version);
		assert_int_equal(id.certainty, cases[i].certainty);
	}
	/* The first one counts; one without its end, or cut, is none. */
	begin(&f);
	marker(&f, V(8, 5, 0, 1));
	marker(&f, V(9, 1, 0, 0));
	assert_int_equal(identify(&f, IMAGE_ESP8266).version, V(8, 5, 0, 1));
	f.n -= 13;
	assert_int_equal(identify(&f, IMAGE_ESP8266).certainty, IMAGE_VER_NONE);
	begin(&f);
	marker(&f, V(8, 5, 0, 1));
	f.bytes[f.n - 1] = 0;
	assert_int_equal(identify(&f, IMAGE_ESP8266).certainty, IMAGE_VER_NONE);
}

static const uint32_t conversions[] = {V(8, 1, 0, 1), V(8, 1, 0, 2), V(8, 2, 0, 1), V(8, 2, 0, 3),
    V(8, 3, 0, 1), V(8, 3, 1, 2), V(8, 4, 0, 1), V(8, 5, 0, 1), V(9, 1, 0, 1)};
#define CONVERSIONS (sizeof(conversions) / sizeof(conversions[0]))

static void run(struct file *f, size_t n, bool down, unsigned gap)
{
	for (size_t i = 0; i < n; i++) {
		word(f, conversions[down ? n - 1 - i : i]);
		for (unsigned k = 1; k < gap; k++)
			word(f, 0);
	}
}

static void run__is_a_bound__long_dense_and_ordered(void **state)
{
	(void)state;
	static const struct {
		size_t n;
		bool down, esp32;
		unsigned gap;
		uint32_t bound;
	} cases[] = {
	    {9, false, false, 1, V(9, 1, 0, 1)},
	    {9, false, false, 8, V(9, 1, 0, 1)},
	    {9, false, false, 9, 0},
	    {8, false, false, 1, V(8, 5, 0, 1)},
	    {7, false, false, 1, 0},
	    /* some ESP32 builds lay them out the other way round */
	    {9, true, false, 1, 0},
	    {9, true, true, 1, V(9, 1, 0, 1)},
	    {9, false, true, 1, V(9, 1, 0, 1)},
	};
	static struct file f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&f);
		run(&f, cases[i].n, cases[i].down, cases[i].gap);
		struct image_identity id =
		    identify(&f, cases[i].esp32 ? IMAGE_ESP32_APP : IMAGE_ESP8266);
		assert_int_equal(id.at_least, cases[i].bound);
		assert_int_equal(
		    id.certainty, cases[i].bound ? IMAGE_VER_AT_LEAST : IMAGE_VER_NONE);
	}
	/* Constants of one release alone are something else. */
	begin(&f);
	for (unsigned i = 0; i < 12; i++)
		word(&f, V(8, 1, 0, i + 1));
	assert_int_equal(identify(&f, IMAGE_ESP8266).at_least, 0);
	/* With the marker that was lost the higher bound counts. */
	begin(&f);
	run(&f, 9, false, 1);
	marker(&f, 0xffffffff);
	assert_int_equal(identify(&f, IMAGE_ESP8266).at_least, V(9, 3, 1, 0));
	begin(&f);
	for (size_t i = 0; i < CONVERSIONS; i++)
		word(&f, conversions[i] + V(2, 0, 0, 0));
	marker(&f, 0xffffffff);
	assert_int_equal(identify(&f, IMAGE_ESP8266).at_least, V(11, 1, 0, 1));
}

/* One number above the run's end that a release can have, before the run, is likely the program's
 * own. */
static void own_version__is_likely__one_that_can_be(void **state)
{
	(void)state;
	static const struct {
		uint32_t number;
		bool likely;
	} cases[] = {
	    {V(9, 2, 0, 0), true}, {V(9, 3, 1, 0), true}, {V(9, 3, 1, 31), true},
	    {V(9, 3, 1, 32), false}, {V(9, 2, 1, 0), false}, /* no such release */
	    {V(9, 6, 0, 0), false}, {V(10, 1, 0, 0), true}, {V(10, 2, 0, 0), false},
	    {V(10, 0, 0, 0), false}, /* a word of other meanings too */
	    {V(11, 1, 0, 0), false}, /* too far above */
	    {V(9, 1, 0, 0), false},  /* not above */
	};
	static struct file f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&f);
		word(&f, cases[i].number);
		for (int k = 0; k < 20; k++)
			word(&f, 0);
		run(&f, 9, false, 1);
		struct image_identity id = identify(&f, IMAGE_ESP8266);
		assert_int_equal(
		    id.certainty, cases[i].likely ? IMAGE_VER_LIKELY : IMAGE_VER_AT_LEAST);
		assert_int_equal(id.version, cases[i].likely ? cases[i].number : V(9, 1, 0, 1));
		assert_int_equal(id.at_least, V(9, 1, 0, 1));
	}
}

/* Releases that came after this program. */
static void own_version__is_likely__of_later_releases(void **state)
{
	(void)state;
	static const struct {
		uint32_t number;
		bool likely;
	} cases[] = {{V(15, 2, 1, 0), true}, {V(15, 2, 0, 3), true}, {V(15, 2, 2, 0), false},
	    {V(14, 6, 0, 0), true}, {V(14, 6, 1, 0), false}, {V(14, 4, 1, 0), true}};
	static struct file f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&f);
		word(&f, cases[i].number);
		for (int k = 0; k < 20; k++)
			word(&f, 0);
		for (size_t k = 0; k < CONVERSIONS; k++)
			word(&f, conversions[k] + V(5, 0, 0, 0));
		struct image_identity id = identify(&f, IMAGE_ESP8266);
		if (cases[i].number < V(14, 1, 0, 1))
			continue;
		assert_int_equal(
		    id.certainty, cases[i].likely ? IMAGE_VER_LIKELY : IMAGE_VER_AT_LEAST);
	}
}

/* Of several none is claimed; on an ESP32 the one right before the run counts. */
static void own_version__several__near_one_on_an_esp32(void **state)
{
	(void)state;
	static struct file f;

	begin(&f);
	word(&f, V(9, 4, 0, 0));
	for (int k = 0; k < 1500; k++)
		word(&f, 0);
	word(&f, V(9, 2, 0, 0));
	for (int k = 0; k < 20; k++)
		word(&f, 0);
	run(&f, 9, false, 1);
	assert_int_equal(identify(&f, IMAGE_ESP8266).certainty, IMAGE_VER_AT_LEAST);
	struct image_identity id = identify(&f, IMAGE_ESP32_APP);
	assert_int_equal(id.certainty, IMAGE_VER_LIKELY);
	assert_int_equal(id.version, V(9, 2, 0, 0));
}

static void series__is_told__by_the_wording(void **state)
{
	(void)state;
	static const char *const topic = "%s %s (Topic %s, Fallback";
	static const struct {
		const char *strings[3];
		const char *series;
	} cases[] = {
	    {{topic}, "5.x"},
	    {{topic, ",\"Features\":[\"%08X\""}, "6.x"},
	    {{topic, ",\"Features\":[\"%08X\"", "Some settings have been reset"}, "6.2 or 6.3"},
	    {{topic, "Some settings have been reset"}, "6.2 or 6.3"},
	    {{"%s-2_3_0", "http://x/sonoff.bin"}, "6.4 to 7.0"},
	    {{"%s-2_3_0", "http://x/tasmota.bin"}, ""},
	    {{"http://x/sonoff.bin"}, ""},
	};
	static struct file f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&f);
		for (size_t k = 0; k < 3 && cases[i].strings[k]; k++)
			text(&f, cases[i].strings[k]);
		struct image_identity id = identify(&f, IMAGE_ESP8266);
		assert_string_equal(id.series, cases[i].series);
		assert_int_equal(
		    id.certainty, cases[i].series[0] ? IMAGE_VER_SERIES : IMAGE_VER_NONE);
	}
}

static void name__hints__at_a_version(void **state)
{
	(void)state;
	static const struct {
		const char *name, *version;
	} cases[] = {
	    {"sonoff-6.1.1.bin", "6.1.1"},
	    {"tasmota-V9.1.0.bin", "9.1.0"},
	    {"tasmotav9.1.0.bin", "9.1.0"},
	    {"tasmota_v9.1.0.bin", "9.1.0"},
	    {"x1.2.3.bin", ""},
	    {"1000.2.3.bin", ""},
	    {"300.1.2.bin", ""},
	    {"1.2.bin", ""},
	    {"6.6.0.20-1k.bin", "6.6.0.20"},
	    {"8.1.0.4M.bin", "8.1.0"},
	    {"8.1.0.1K.bin", "8.1.0"},
	    {"8.1.0.1k.bin", "8.1.0"},
	    {"8.1.0.4x.bin", "8.1.0.4"},
	    {"8.1.0", "8.1.0"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct image_identity id;

		memset(&id, 0, sizeof(id));
		image_version_of_name(cases[i].name, &id);
		if (strcmp(id.name_version, cases[i].version) != 0)
			print_message("%s: '%s'\n", cases[i].name, id.name_version);
		assert_string_equal(id.name_version, cases[i].version);
	}
}

/* ---- variants -------------------------------------------------------------------------------------- */
static void variant__is_told__by_a_word_at_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
		const char *variant;
	} cases[] = {
	    {"\0lite\0tasmota", 14, "lite"},
	    {"\0sensors\0EN", 12, "sensors"},
	    {"\0sensors\0En", 12, ""},
	    {"\0sensors\0eN", 12, ""},
	    {"\0sensors\0ENG", 13, ""},
	    {"\0sensors\0E", 10, ""}, /* cut by the file's end */
	    {"\0sensors", 8, ""},
	    {"xlite\0tasmota", 14, ""},
	    {"\0lite\0sonoff", 13, ""},
	    {"\0liter\0tasmota", 15, ""},
	};
	static struct file f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&f);
		/* Far from the project line. */
		for (int k = 0; k < 40; k++)
			word(&f, 0x80808080);
		raw(&f, cases[i].bytes, cases[i].n);
		assert_string_equal(identify(&f, IMAGE_ESP8266).variant, cases[i].variant);
	}
	/* Shortly behind the project line a word of its own is enough. */
	begin(&f);
	text(&f, "%s-2_7_8");
	raw(&f, "\0knx", 5);
	assert_string_equal(identify(&f, IMAGE_ESP8266).variant, "knx");
	begin(&f);
	text(&f, "%s-2_7_8");
	for (int k = 0; k < 20; k++)
		word(&f, 0x80808080);
	raw(&f, "\0knx", 5);
	assert_string_equal(identify(&f, IMAGE_ESP8266).variant, "");
}

static void variant__is_told__by_the_parts(void **state)
{
	(void)state;
	static const char domoticz[] = "DOM: Idx", ir[] = "IRR: Echo",
			  rules[] = "RUL: ", tuya[] = "TYA: ", hvac[] = "IRHVAC",
			  any[] = "IrReceived", rf[] = "\"RfReceived\"", knx[] = "action='kn'",
			  sensors[] = "TSL2561";
	static const struct {
		uint32_t version;
		const char *parts[5];
		const char *variant;
	} cases[] = {
	    {V(8, 5, 0, 0), {domoticz, ir, rules}, "full"},
	    {V(8, 5, 0, 0), {domoticz, ir, rules, knx}, "knx"},
	    {V(8, 5, 0, 0), {domoticz, ir, rules, sensors}, "sensors"},
	    {V(8, 5, 0, 0), {domoticz, ir}, "classic"},
	    {V(8, 5, 0, 0), {domoticz, rules}, ""},
	    {V(8, 5, 0, 0), {"EPD: HardSPI"}, "display"},
	    {V(8, 5, 0, 0), {"ZIG: "}, "zbbridge"},
	    {V(8, 5, 0, 0), {hvac}, "ir"},
	    {V(8, 5, 0, 0), {hvac, tuya}, "ircustom"},
	    {V(8, 5, 0, 0), {rules, tuya}, "lite"},
	    {V(7, 2, 0, 0), {rules, tuya}, "lite"},
	    {V(7, 1, 2, 0), {rules, tuya}, "basic"},
	    {V(8, 5, 0, 0), {rules, tuya, any}, ""},
	    {V(8, 5, 0, 0), {tuya}, ""},
	    {V(10, 0, 0, 0), {rules, tuya, any, rf}, "full"},
	    {V(10, 0, 0, 0), {rules, tuya, any, rf, sensors}, ""},
	    {V(10, 0, 0, 0), {rules, any, rf}, ""},
	    {V(10, 0, 0, 0), {tuya, any, rf}, ""},
	    {V(10, 0, 0, 0), {rules, tuya}, ""},
	};
	static struct file f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&f);
		marker(&f, cases[i].version);
		for (size_t k = 0; k < 5 && cases[i].parts[k]; k++)
			text(&f, cases[i].parts[k]);
		struct image_identity id = identify(&f, IMAGE_ESP8266);
		if (strcmp(id.variant, cases[i].variant) != 0)
			print_message("case %zu\n", i);
		assert_string_equal(id.variant, cases[i].variant);
	}
}

static void variant__is_told__by_the_builds_name(void **state)
{
	(void)state;
	static const struct {
		bool esp32;
		const char *url, *variant;
	} cases[] = {
	    {true, "http://x/tasmota32.bin", "full"},
	    {true, "http://x/tasmota32c3.bin", "full"},
	    {true, "http://x/tasmota32-lvgl.bin", "lvgl"},
	    {true, "http://x/tasmota32-own.bin", ""},
	    {true, "http://x/tasmota32-safeboot.bin", ""}, /* known by more than that */
	    {true, "http://x/tasmota.bin", ""},
	    {false, "http://x/tasmota.bin", ""},
	    {false, "http://x/tasmota-display.bin", "display"},
	    {false, "http://x/tasmota-minimal.bin", ""},
	};
	static struct file f;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(&f);
		text(&f, cases[i].url);
		struct image_identity id =
		    identify(&f, cases[i].esp32 ? IMAGE_ESP32_APP : IMAGE_ESP8266);
		assert_string_equal(id.variant, cases[i].variant);
	}
	/* It keeps no settings, and can't fetch a smaller one: it is the smallest. */
	for (int esp32 = 0; esp32 < 2; esp32++) {
		enum image_kind kind = esp32 ? IMAGE_ESP32_APP : IMAGE_ESP8266;

		begin(&f);
		text(&f, "WARNING This version does not support persistent settings");
		assert_string_equal(identify(&f, kind).variant, esp32 ? "safeboot" : "minimal");
		text(&f, "%s-minimal%s");
		assert_string_equal(identify(&f, kind).variant, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(core__is_read__where_the_project_line_ends),
	    cmocka_unit_test(version__stands_in_the_line__of_old_releases),
	    cmocka_unit_test(ota_url__names__the_build),
	    cmocka_unit_test(firmware__earlier_row_wins__whichever_comes_first),
	    cmocka_unit_test(marker__is_exact__unless_it_was_lost),
	    cmocka_unit_test(run__is_a_bound__long_dense_and_ordered),
	    cmocka_unit_test(own_version__is_likely__one_that_can_be),
	    cmocka_unit_test(own_version__is_likely__of_later_releases),
	    cmocka_unit_test(own_version__several__near_one_on_an_esp32),
	    cmocka_unit_test(series__is_told__by_the_wording),
	    cmocka_unit_test(name__hints__at_a_version),
	    cmocka_unit_test(variant__is_told__by_a_word_at_its_place),
	    cmocka_unit_test(variant__is_told__by_the_parts),
	    cmocka_unit_test(variant__is_told__by_the_builds_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

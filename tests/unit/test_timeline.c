/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the reset to each thing that a device has to reach. */
#include "tasmite/core/tasmota/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct rig {
	struct doctor *doctor;
	struct timeline t;
	uint64_t number;
};

static struct rig rig;

static int setup(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof(rig));
	rig.doctor = doctor_new();
	timeline_init(&rig.t);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	doctor_free(rig.doctor);
	return 0;
}

static void says(int ms, const char *line)
{
	const struct logline *ev =
	    doctor_read(rig.doctor, (const uint8_t *)line, strlen(line), ++rig.number);

	timeline_event(&rig.t, ev, doctor_told(rig.doctor), rig.number, MONO_MS(ms));
}

static const char banner[] = " ets Jan  8 2013,rst cause:2, boot mode:(3,6)";
static const char project[] = "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_123456, "
			      "GroupTopic sonoffs) Version 6.1.1-2_3_0";

static void boot(int at)
{
	says(at, banner);
	says(at + 310, project);
	says(at + 900, "00:00:00 WIF: Connecting to AP1 home in mode 11N as sonoff-5206...");
	says(at + 5300, "00:00:05 WIF: Connected");
	says(at + 5420,
	    "00:00:05 HTP: Web server active on sonoff-5206.local with IP address 192.168.1.30");
	says(at + 5500, "00:00:05 MQT: Attempting connection...");
	says(at + 5912, "00:00:05 MQT: Connected");
}

static void stages(
    const struct timeline_boot *b, int rom, int firmware, int wifi, int address, int mqtt)
{
	assert_non_null(b);
	assert_int_equal(b->ms[TIMELINE_ROM], rom);
	assert_int_equal(b->ms[TIMELINE_FIRMWARE], firmware);
	assert_int_equal(b->ms[TIMELINE_WIFI], wifi);
	assert_int_equal(b->ms[TIMELINE_ADDRESS], address);
	assert_int_equal(b->ms[TIMELINE_MQTT], mqtt);
}

static void timeline_event__measures__from_the_first_word(void **state)
{
	(void)state;
	says(500, "00:09:00 MQT: tele/sonoff/STATE = {\"Uptime\":1}");
	assert_null(timeline_at(&rig.t, 0)); /* no boot was seen */
	boot(1000);
	stages(timeline_at(&rig.t, 0), 0, 310, 5300, 5420, 5912);
	assert_false(timeline_at(&rig.t, 0)->reset);
	assert_int_equal(timeline_at(&rig.t, 0)->line, 2);
	assert_int_equal(timeline_at(&rig.t, 0)->number, 1);
	assert_null(timeline_at(&rig.t, 1));
	assert_int_equal(timeline_end(timeline_at(&rig.t, 0)), 5912);
	/* what is reached again later was reached */
	says(60000, "00:01:00 MQT: Connected");
	assert_int_equal(timeline_at(&rig.t, 0)->ms[TIMELINE_MQTT], 5912);
}

static void timeline_event__measures__from_the_reset(void **state)
{
	(void)state;
	timeline_reset(&rig.t, MONO_MS(940));
	boot(1000);
	stages(timeline_at(&rig.t, 0), 60, 370, 5360, 5480, 5972);
	assert_true(timeline_at(&rig.t, 0)->reset);
	/* a reset long before has nothing to do with it */
	timeline_reset(&rig.t, MONO_MS(20000));
	says(27000, project);
	stages(timeline_at(&rig.t, 0), -1, 0, -1, -1, -1);
	assert_false(timeline_at(&rig.t, 0)->reset);
}

static void timeline_event__tells__what_was_not_reached(void **state)
{
	(void)state;
	says(1000, banner);
	says(1300, project);
	says(2000, "00:00:00 WIF: Connecting to AP1 home in mode 11N as sonoff-5206...");
	says(9000, "00:00:07 WIF: Connect failed as AP cannot be reached");
	stages(timeline_at(&rig.t, 0), 0, 300, -1, -1, -1);
	assert_int_equal(timeline_end(timeline_at(&rig.t, 0)), 300);
	/* an hour later: another story */
	says(3700000, "01:01:00 WIF: Connected");
	assert_int_equal(timeline_at(&rig.t, 0)->ms[TIMELINE_WIFI], -1);
}

static void timeline_at__keeps__the_last_ten(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++)
		boot(1000 + i * 20000);
	for (unsigned back = 0; back < TIMELINE_BOOTS; back++) {
		const struct timeline_boot *b = timeline_at(&rig.t, back);

		stages(b, 0, 310, 5300, 5420, 5912);
		assert_int_equal(b->number, 30 - back);
		assert_int_equal(b->start, MONO_MS(1000 + (29 - (int)back) * 20000));
	}
	assert_null(timeline_at(&rig.t, TIMELINE_BOOTS));
}

static void timeline_bar__shows__each_stage(void **state)
{
	char text[200];

	(void)state;
	boot(1000);
	timeline_bar(timeline_at(&rig.t, 0), 5912, 20, text, sizeof(text));
	assert_string_equal(text, "▒▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓█▪▪");
	/* half as long as the longest */
	timeline_bar(timeline_at(&rig.t, 0), 11824, 20, text, sizeof(text));
	assert_string_equal(text, "▒▓▓▓▓▓▓▓█▪");
	timeline_bar(timeline_at(&rig.t, 0), 0, 20, text, sizeof(text));
	assert_string_equal(text, "");
	timeline_bar(timeline_at(&rig.t, 0), 5912, 20, text, 5);
	assert_true(strlen(text) < 5);
}

static void timeline_time_text__suits__the_length(void **state)
{
	static const struct {
		int32_t ms;
		const char *text;
	} cases[] = {{-1, "-"}, {0, "0 ms"}, {999, "999 ms"}, {1000, "1.000 s"},
	    {59999, "59.999 s"}, {60000, "1:00 min"}, {3599999, "59:59 min"}};
	char text[24];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		timeline_time_text(cases[i].ms, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

static void timeline_page__lists__the_newest_first(void **state)
{
	struct sbuf out;
	const char *first, *second;

	(void)state;
	sbuf_init(&out, 10000);
	timeline_page(&rig.t, 0, 0, &out);
	assert_non_null(strstr(sbuf_str(&out), "No start"));
	timeline_reset(&rig.t, MONO_MS(990));
	boot(1000);
	boot(21000);
	sbuf_clear(&out);
	timeline_page(&rig.t, (int64_t)13 * 3600 * 1000000, 0, &out);
	first = strstr(sbuf_str(&out), "boot 2  13:00:21");
	second = strstr(sbuf_str(&out), "boot 1  13:00:00");
	assert_true(first && second && first < second);
	assert_non_null(strstr(first, "MQTT 5.912 s"));
	assert_non_null(strstr(second, "MQTT 5.922 s"));
	assert_non_null(strstr(second, "from the reset"));
	sbuf_fini(&out);
}

static void timeline_end_text__tells__of_half_a_start(void **state)
{
	char text[40];

	(void)state;
	says(100, banner);
	timeline_end_text(timeline_at(&rig.t, 0), text, sizeof(text));
	assert_string_equal(text, "ROM only");
	timeline_reset(&rig.t, MONO_MS(990)); /* where the reset is known the ROM's word is late */
	says(1000, banner);
	timeline_end_text(timeline_at(&rig.t, 0), text, sizeof(text));
	assert_string_equal(text, "ROM only");
	boot(21000);
	timeline_end_text(timeline_at(&rig.t, 0), text, sizeof(text));
	assert_string_equal(text, "5.912 s");
	says(90000, project); /* its first word, with no ROM before it */
	timeline_end_text(timeline_at(&rig.t, 0), text, sizeof(text));
	assert_string_equal(text, "firmware only");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    CASE(timeline_event__measures__from_the_first_word),
	    CASE(timeline_event__measures__from_the_reset),
	    CASE(timeline_event__tells__what_was_not_reached),
	    CASE(timeline_at__keeps__the_last_ten),
	    CASE(timeline_bar__shows__each_stage),
	    CASE(timeline_time_text__suits__the_length),
	    CASE(timeline_end_text__tells__of_half_a_start),
	    CASE(timeline_page__lists__the_newest_first),
#undef CASE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

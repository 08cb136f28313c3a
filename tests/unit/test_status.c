/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device says of itself: Status 0 and STATE of three eras, and the curves. */
#include "tasmite/core/tasmota/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct rig {
	struct loglines *reader;
	struct status st;
	mono_t now;
};

static struct rig rig;

static int setup(void **state)
{
	(void)state;
	memset(&rig, 0, sizeof(rig));
	rig.reader = loglines_new();
	status_init(&rig.st);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	loglines_free(rig.reader);
	return 0;
}

static bool says(const char *line)
{
	size_t n = strlen(line);
	char *exact = malloc(n ? n : 1); /* so that a sanitizer sees a read behind it */
	struct logline ev;
	bool told;

	assert_non_null(exact);
	memcpy(exact, line, n);
	logline_read(rig.reader, (const uint8_t *)exact, n, &ev);
	rig.now += MONO_S(1);
	told = status_event(&rig.st, &ev, rig.now);
	free(exact);
	return told;
}

static void status_event__reads__status_0_of_2018(void **state)
{
	(void)state;
	assert_true(says("00:00:35 RSL: stat/sonoff/STATUS = {\"Status\":{\"Module\":1,"
			 "\"FriendlyName\":[\"Sonoff\"],\"Topic\":\"sonoff\"}}") == false);
	assert_true(says("00:00:35 RSL: stat/sonoff/STATUS1 = {\"StatusPRM\":{\"Baudrate\":115200,"
			 "\"Uptime\":\"0T00:00:35\",\"RestartReason\":\"Power on\"}}"));
	assert_true(
	    says("00:00:35 RSL: stat/sonoff/STATUS2 = {\"StatusFWR\":{\"Version\":\"6.1.1\","
		 "\"Boot\":6,\"Core\":\"2_3_0\",\"SDK\":\"1.5.3(aec24ac9)\"}}"));
	assert_true(says("00:00:35 RSL: stat/sonoff/STATUS4 = {\"StatusMEM\":{\"ProgramSize\":502,"
			 "\"Free\":500,\"Heap\":25,\"ProgramFlashSize\":1024}}"));
	assert_true(says("00:00:36 RSL: stat/sonoff/STATUS5 = {\"StatusNET\":{\"Hostname\":"
			 "\"sonoff-5206\",\"IPAddress\":\"192.168.1.30\",\"Gateway\":"
			 "\"192.168.1.1\",\"Mac\":\"5C:CF:7F:12:34:56\"}}"));
	assert_true(says("00:00:36 RSL: stat/sonoff/STATUS6 = {\"StatusMQT\":{\"MqttHost\":"
			 "\"192.168.1.7\",\"MqttPort\":1883,\"MqttUser\":\"u\"}}"));
	assert_int_equal(rig.st.count, 0); /* no moment's values so far */
	assert_true(says("00:00:36 RSL: stat/sonoff/STATUS11 = {\"StatusSTS\":{\"Time\":"
			 "\"1970-01-01T00:00:36\",\"Uptime\":\"0T00:00:36\",\"POWER\":\"OFF\","
			 "\"Wifi\":{\"AP\":1,\"SSId\":\"home\",\"BSSId\":\"AA:BB:CC:DD:EE:FF\","
			 "\"Channel\":6,\"RSSI\":78}}}"));
	assert_string_equal(rig.st.version, "6.1.1");
	assert_string_equal(rig.st.core, "2_3_0");
	assert_string_equal(rig.st.restart, "Power on");
	assert_string_equal(rig.st.uptime, "0T00:00:36");
	assert_string_equal(rig.st.ssid, "home");
	assert_string_equal(rig.st.hostname, "sonoff-5206");
	assert_string_equal(rig.st.address, "192.168.1.30");
	assert_string_equal(rig.st.mqtt_host, "192.168.1.7");
	assert_int_equal(rig.st.mqtt_port, 1883);
	assert_int_equal(rig.st.heap_kb, 25);
	assert_int_equal(rig.st.free_kb, 500);
	assert_int_equal(rig.st.channel, 6);
	assert_int_equal(rig.st.quality, 78);
	assert_int_equal(rig.st.dbm, 0);
	assert_int_equal(rig.st.count, 1);
	assert_int_equal(status_at(&rig.st, 0)->quality, 78);
	assert_int_equal(status_at(&rig.st, 0)->heap_kb, -1); /* STATE tells none in that era */
}

static void status_event__reads__what_today_s_send(void **state)
{
	(void)state;
	assert_true(
	    says("10:00:00.123 MQT: tele/plug/STATE = {\"Time\":\"2024-09-01T10:00:00\","
		 "\"Uptime\":\"0T01:15:10\",\"UptimeSec\":4510,\"Heap\":26,\"SleepMode\":"
		 "\"Dynamic\",\"Sleep\":50,\"LoadAvg\":19,\"MqttCount\":1,\"POWER\":\"ON\","
		 "\"Wifi\":{\"AP\":1,\"SSId\":\"home\",\"BSSId\":\"AA:BB:CC:DD:EE:FF\","
		 "\"Channel\":11,\"Mode\":\"11n\",\"RSSI\":86,\"Signal\":-57,\"LinkCount\":1,"
		 "\"Downtime\":\"0T00:00:03\"}}"));
	assert_int_equal(rig.st.dbm, -57);
	assert_int_equal(rig.st.quality, 86);
	assert_int_equal(rig.st.heap_kb, 26);
	assert_string_equal(rig.st.uptime, "0T01:15:10");
	assert_true(says("10:00:05 RSL: STATE = {\"Uptime\":\"0T01:15:15\",\"Heap\":24,"
			 "\"Wifi\":{\"RSSI\":80,\"Signal\":-60}}"));
	assert_int_equal(rig.st.count, 2);
	assert_int_equal(status_at(&rig.st, 0)->dbm, -60);
	assert_int_equal(status_at(&rig.st, 1)->dbm, -57);
	/* an interface that is not in use */
	assert_true(says("10:00:06 RSL: STATUS5 = {\"StatusNET\":{\"Hostname\":\"plug\","
			 "\"IPAddress\":\"10.0.0.9\",\"Ethernet\":{\"IPAddress\":\"0.0.0.0\"}}}"));
	assert_string_equal(rig.st.address, "10.0.0.9");
}

static void status_event__passes_over__what_is_none(void **state)
{
	static const char *const lines[] = {
	    "00:00:10 MQT: tele/plug/SENSOR = {\"Time\":\"x\",\"RSSI\":50,\"Heap\":1}",
	    "00:00:10 RSL: stat/sonoff/RESULT = {\"SSId1\":\"home\"}",
	    "00:00:10 MQT: stat/XSTATE = {\"Heap\":1}",
	    "00:00:10 MQT: tele/plug/STATE = ",
	    "00:00:10 MQT: tele/plug/STATE = [1]",
	    "00:00:10 MQT: tele/plug/STATE = {}",
	    "00:00:10 CMD: Status 0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(says(lines[i]));
	assert_false(rig.st.any);
	assert_int_equal(rig.st.count, 0);
	/* nonsense in the fields: left out one by one */
	assert_true(
	    says("00:00:10 MQT: tele/plug/STATE = {\"Uptime\":\"1T00:00:00\",\"Heap\":"
		 "99999999999999,\"Wifi\":{\"RSSI\":1000,\"Signal\":-9999,\"Channel\":0}}"));
	assert_int_equal(rig.st.heap_kb, -1);
	assert_int_equal(rig.st.quality, -1);
	assert_int_equal(rig.st.dbm, 0);
}

static void status_event__survives__every_cut(void **state)
{
	static const char line[] =
	    "10:00:00 MQT: tele/plug/STATE = {\"Time\":\"2024-09-01T10:00:00\",\"Uptime\":"
	    "\"0T01:15:10\",\"Heap\":26,\"Wifi\":{\"AP\":1,\"SSId\":\"a\\\"b\",\"Channel\":11,"
	    "\"RSSI\":86,\"Signal\":-57}}";
	char part[sizeof(line)];

	(void)state;
	for (size_t n = 0; n < sizeof(line); n++) {
		memcpy(part, line, n);
		part[n] = '\0';
		(void)says(part);
	}
	assert_int_equal(rig.st.dbm, -57);
	assert_string_equal(rig.st.uptime, "0T01:15:10");
}

static void sample(int dbm, int heap)
{
	char line[200];

	snprintf(line, sizeof(line),
	    "10:00:00 MQT: tele/p/STATE = {\"Heap\":%d,\"Wifi\":{\"RSSI\":%d,\"Signal\":%d}}", heap,
	    2 * (dbm + 100), dbm);
	assert_true(says(line));
}

static void status_curve__keeps__the_newest(void **state)
{
	int32_t v[STATUS_SAMPLES + 10];
	unsigned n;

	(void)state;
	for (int i = 0; i < 1000; i++)
		sample(-50 - i % 40, i);
	assert_int_equal(rig.st.count, STATUS_SAMPLES);
	n = status_curve(&rig.st, STATUS_HEAP, v, STATUS_SAMPLES + 10);
	assert_int_equal(n, STATUS_SAMPLES);
	assert_int_equal(v[0], 1000 - STATUS_SAMPLES);
	assert_int_equal(v[n - 1], 999);
	n = status_curve(&rig.st, STATUS_SIGNAL, v, 3);
	assert_int_equal(n, 3);
	assert_int_equal(v[2], -50 - 999 % 40);
	/* a new start leaves them */
	status_new_boot(&rig.st);
	assert_false(rig.st.any);
	assert_int_equal(rig.st.heap_kb, -1);
	assert_int_equal(rig.st.count, STATUS_SAMPLES);
}

static void status_curve_text__spans__low_to_high(void **state)
{
	static const int32_t rising[] = {-90, -80, -70, -60, -50}, flat[] = {20, 20, 20};
	static const int32_t wild[] = {INT32_MIN, INT32_MAX};
	char text[64];

	(void)state;
	status_curve_text(rising, 5, text, sizeof(text));
	assert_string_equal(text, "▁▂▄▆█");
	status_curve_text(flat, 3, text, sizeof(text));
	assert_string_equal(text, "▄▄▄");
	status_curve_text(wild, 2, text, sizeof(text));
	assert_string_equal(text, "▁█");
	status_curve_text(rising, 0, text, sizeof(text));
	assert_string_equal(text, "");
}

static void status_event__takes__answers_without_a_topic(void **state)
{
	(void)state;
	assert_true(says("{\"StatusSTS\":{\"Heap\":20,\"Wifi\":{\"RSSI\":50}}}"));
	assert_int_equal(rig.st.heap_kb, 20);
	assert_int_equal(rig.st.count, 1);
	assert_true(says("{\"StatusNET\":{\"IPAddress\":\"10.0.0.9\"}}"));
	assert_string_equal(rig.st.address, "10.0.0.9");
	assert_true(says("{\"StatusFWR\":{\"Version\":\"6.1.1\"}}"));
	assert_string_equal(rig.st.version, "6.1.1");
	assert_false(says("{\"Version\":\"6.2.1\"}"));
	assert_string_equal(rig.st.version, "6.1.1");
}

/* Some builds of the ESP32 gave the level where the quality stands. */
static void status_event__takes__a_level_for_the_quality(void **state)
{
	(void)state;
	assert_true(says("MQT: tele/p/STATE = {\"Wifi\":{\"RSSI\":-70}}"));
	assert_int_equal(rig.st.dbm, -70);
	assert_int_equal(rig.st.quality, -1);
	assert_true(says("MQT: tele/p/STATE = {\"Wifi\":{\"RSSI\":-70,\"Signal\":-61}}"));
	assert_int_equal(rig.st.dbm, -61);
	assert_true(says("MQT: tele/p/STATE = {\"Wifi\":{\"Signal\":-62}}"));
	assert_int_equal(rig.st.dbm, -62);
	/* Outside of Wi-Fi these are a sensor's. */
	assert_true(says("MQT: tele/p/STATE = {\"Uptime\":\"1T\",\"RSSI\":-90,\"Signal\":-90,"
			 "\"Channel\":3,\"IPAddress\":\"1.2.3.4\"}"));
	assert_int_equal(rig.st.dbm, -62);
	assert_int_equal(rig.st.channel, 0);
	assert_string_equal(rig.st.address, "");
	assert_false(says("RSL: STATUS5 = {\"StatusNET\":{\"IPAddress\":\"somewhere\"}}"));
}

static void status_event__keeps__what_can_be_shown(void **state)
{
	char line[300] = "MQT: tele/p/STATE = {\"Uptime\":\"a\x01"
			 "b\x7f"
			 "c";

	(void)state;
	memset(line + strlen(line), 'x', 200);
	assert_true(says(line));
	assert_true(strncmp(rig.st.uptime, "abcxx", 5) == 0);
	assert_true(strlen(rig.st.uptime) < sizeof(rig.st.uptime));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    CASE(status_event__reads__status_0_of_2018),
	    CASE(status_event__reads__what_today_s_send),
	    CASE(status_event__passes_over__what_is_none),
	    CASE(status_event__survives__every_cut),
	    CASE(status_curve__keeps__the_newest),
	    CASE(status_curve_text__spans__low_to_high),
	    CASE(status_event__takes__answers_without_a_topic),
	    CASE(status_event__takes__a_level_for_the_quality),
	    CASE(status_event__keeps__what_can_be_shown),
#undef CASE
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

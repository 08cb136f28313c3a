/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Device and flash panel, status line, key bar: what they say and what they leave out. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "screen.h"

static void size(struct screen *sc, int w, int h)
{
	tui_mem_resize(sc->b, w, h);
	tui_resized(sc->t);
	screen_draw(sc);
}

/* Lines of the device, each a little later than the one before. */
static void says(struct screen *sc, int ms, const char *line)
{
	sc->now += MONO_MS(ms);
	screen_rx(sc, line);
	screen_rx(sc, "\r\n");
	screen_read(sc);
}

static const char joins[] = "00:00:00 WIF: Connecting to AP1 home in mode 11N as sonoff-5206...";
static const char fails[] = "00:00:07 WIF: Connect failed as AP cannot be reached";

static void fresh(struct screen *sc)
{
	lines_break(sc->s->log, sc->now); /* the unfinished line of the beginning */
	screen_read(sc);
}

static void device_draw__tells__what_is_known(void **state)
{
	struct screen *sc = *state;

	fresh(sc);
	screen_draw(sc);
	assert_true(screen_find(sc, "✔ Chip          ESP8266EX, 1 MB flash") > 0);
	assert_true(screen_find(sc, "✔ Firmware      Sonoff 6.1.1, core 2_3_0") > 0);
	assert_true(screen_find(sc, "· IP address") > 0);
	sc->s->chip[0] = '\0';
	says(sc, 10, "ets Jan  8 2013,rst cause:2, boot mode:(3,6)");
	says(sc, 10, "[000075] [MAIN] ESPURNA 1.13.5 (83195fd)");
	screen_draw(sc);
	assert_true(screen_find(sc, "· Chip") > 0);
	assert_true(screen_find(sc, "· Firmware      an application that is") > 0);
	says(sc, 10, "ets Jan  8 2013,rst cause:2, boot mode:(1,7)");
	screen_draw(sc);
	assert_true(screen_find(sc, "▶ Boot loader") > 0);
	assert_true(screen_find(sc, "✘ Boots         in the boot loader") > 0);
	/* the flash has asked for it: nothing is wrong with that */
	sc->s->flash.state = FLASH_WAITING;
	screen_draw(sc);
	assert_true(screen_find(sc, "▶ Boots         in the boot loader") > 0);
	assert_int_equal(screen_find(sc, "→"), -1);
}

static void device_draw__shows__verdicts_with_reason_and_time(void **state)
{
	struct screen *sc = *state;

	fresh(sc);
	says(sc, 1000,
	    "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_123456, "
	    "GroupTopic sonoffs) Version 6.1.1-2_3_0");
	says(sc, 1000, joins);
	screen_draw(sc);
	assert_true(screen_find(sc, "▶ Wi-Fi \"home\"  connecting      13:04:07") > 0);
	says(sc, 7000, fails);
	says(sc, 10, joins);
	says(sc, 7000, fails);
	screen_draw(sc);
	assert_true(screen_find(sc, "✘ Wi-Fi \"home\"  AP not found, 2 tries") > 0);
	assert_true(screen_find(sc, "                13:04:21") > 0);
	assert_true(screen_find(sc, "✘ Firmware      Sonoff-Tasmota 6.1.1,") > 0);
	assert_true(screen_find(sc, "→ write another build") > 0);
	says(sc, 600000, "00:10:00 APP: Serial logging disabled");
	screen_draw(sc);
	assert_true(screen_find(sc, "✘ Console       log switched off") > 0);
	says(sc, 10, "00:10:10 WIF: Connected");
	says(sc, 10,
	    "00:10:10 HTP: Web server active on sonoff-5206.local with IP address 10.0.0.9");
	says(sc, 10, "00:10:10 MQT: Connect failed to 10.0.0.2:1883, rc 4. Retry in 10 sec");
	screen_draw(sc);
	assert_true(screen_find(sc, "✔ IP address    10.0.0.9") > 0);
	assert_true(screen_find(sc, "✔ Web server    active") > 0);
	assert_true(screen_find(sc, "✘ MQTT          refused: user or") > 0);
}

static void device_key__goes__to_lines_and_steps(void **state)
{
	struct screen *sc = *state;

	fresh(sc);
	says(sc, 1000, joins);
	says(sc, 7000, fails);
	says(sc, 10, joins);
	says(sc, 7000, fails);
	tui_focus(sc->t, TUI_DEVICE);
	screen_draw(sc);
	assert_true(screen_find(sc, "▸✔ Boots") > 0);
	screen_keys(sc, "Enter");
	assert_string_equal(sc->bound, "/why boots");
	screen_keys(sc, "Down Down");
	assert_true(screen_find(sc, "▸✘ Wi-Fi") > 0);
	screen_keys(sc, "Enter");
	assert_string_equal(sc->bound, "/why wifi");
	screen_keys(sc, "Up k j");
	assert_true(screen_find(sc, "▸✘ Firmware") > 0);
	screen_keys(sc, "n");
	assert_string_equal(sc->bound, "/next");
	screen_keys(sc, "t");
	assert_string_equal(sc->bound, "/timeline");
	screen_keys(sc, "Down Down Down Down Down Down");
	assert_true(screen_find(sc, "▸→ write another build") > 0);
	assert_true(screen_find(sc, "98 %)   Enter: /flash --erase") > 0);
	screen_keys(sc, "Enter");
	assert_string_equal(sc->bound, "/next 1");
	screen_keys(sc, "Esc");
	assert_int_equal(screen_find(sc, "▸"), -1);
	/* what is chosen stays in sight where there is little room */
	size(sc, 80, 24);
	tui_focus(sc->t, TUI_DEVICE);
	for (int i = 0; i < 12; i++) {
		screen_keys(sc, "Down");
		assert_true(screen_find(sc, "▸") > 0 || i > 7);
	}
	for (int i = 0; i < 12; i++)
		screen_keys(sc, "Up");
	assert_true(screen_find(sc, "▸✘ Firmware") > 0); /* what is wrong comes first there */
}

static void device_draw__shows__what_it_says_of_itself(void **state)
{
	static const char *const states[] = {
	    "{\"Uptime\":\"0T00:10:00\",\"Heap\":27,\"Wifi\":{\"SSId\":\"home\",\"Channel\":6,"
	    "\"RSSI\":90,\"Signal\":-55}}",
	    "{\"Uptime\":\"0T00:15:00\",\"Heap\":22,\"Wifi\":{\"SSId\":\"home\",\"Channel\":6,"
	    "\"RSSI\":60,\"Signal\":-70}}",
	    "{\"Uptime\":\"0T00:20:00\",\"Heap\":25,\"Wifi\":{\"SSId\":\"home\",\"Channel\":6,"
	    "\"RSSI\":78,\"Signal\":-61}}"};
	struct screen *sc = *state;
	char line[300];

	fresh(sc);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "Uptime"), -1);
	for (int i = 0; i < 3; i++) {
		str_fmt(line, sizeof(line), "00:10:00 MQT: tele/sonoff/STATE = %s", states[i]);
		says(sc, 300000, line);
	}
	says(sc, 10,
	    "00:20:00 RSL: stat/sonoff/STATUS6 = {\"StatusMQT\":{\"MqttHost\":\"10.0.0.2\","
	    "\"MqttPort\":1883}}");
	screen_draw(sc);
	assert_true(screen_find(sc, "Signal        -61 dBm, 78 %, channel 6") > 0);
	assert_true(screen_find(sc, "█▁▅") > 0);
	assert_true(screen_find(sc, "Free memory   25 kB") > 0);
	assert_true(screen_find(sc, "Uptime        0T00:20:00") > 0);
	assert_true(screen_find(sc, "MQTT host     10.0.0.2:1883") > 0);
}

static void device_draw__shows__how_the_starts_went(void **state)
{
	struct screen *sc = *state;

	fresh(sc);
	says(sc, 1000, "ets Jan  8 2013,rst cause:2, boot mode:(3,6)");
	says(sc, 300,
	    "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_123456, "
	    "GroupTopic sonoffs) Version 6.1.1-2_3_0");
	says(sc, 5000, "00:00:05 WIF: Connected");
	screen_draw(sc);
	assert_true(screen_find(sc, "boot 2        ▒▓▓▓") > 0);
	assert_true(screen_find(sc, "▓ 5.300 s") > 0);
}

/* All of it at all sizes: a device that does not join, with some history. */
static void device_draw__is_kept__as_a_golden(void **state)
{
	static const char project[] = "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback "
				      "DVES_123456, GroupTopic sonoffs) Version 6.1.1-2_3_0";
	struct screen *sc = *state;

	fresh(sc);
	lines_clear(sc->s->log);
	says(sc, 1000, "ets Jan  8 2013,rst cause:1, boot mode:(3,6)");
	says(sc, 86, project);
	says(sc, 700, joins);
	says(sc, 4100, "00:00:05 WIF: Connected");
	says(sc, 120,
	    "00:00:05 HTP: Web server active on sonoff-5206.local with IP address 10.0.0.9");
	says(sc, 480, "00:00:05 MQT: Connected");
	says(sc, 9000,
	    "00:00:15 MQT: tele/sonoff/STATE = {\"Uptime\":\"0T00:00:15\",\"Heap\":26,"
	    "\"Wifi\":{\"AP\":1,\"SSId\":\"home\",\"Channel\":6,\"RSSI\":86}}");
	says(sc, 300000,
	    "00:05:15 MQT: tele/sonoff/STATE = {\"Uptime\":\"0T00:05:15\",\"Heap\":21,"
	    "\"Wifi\":{\"AP\":1,\"SSId\":\"home\",\"Channel\":6,\"RSSI\":64}}");
	says(sc, 9000, "ets Jan  8 2013,rst cause:1, boot mode:(3,6)");
	says(sc, 86, project);
	says(sc, 700, joins);
	says(sc, 7000, fails);
	says(sc, 10, joins);
	says(sc, 7000, fails);
	says(sc, 2000,
	    "00:00:17 RSL: stat/sonoff/STATUS11 = {\"StatusSTS\":{\"Uptime\":\"0T00:00:17\","
	    "\"Heap\":24}}");
	sc->s->marked.line[0] = lines_end(sc->s->log) - 4;
	sc->s->marked.line[1] = lines_end(sc->s->log) - 2;
	sc->s->marked.count = 2;
	sc->s->marked.at = 1;
	tui_focus(sc->t, TUI_DEVICE);
	screen_draw(sc);
	screen_keys(sc, "Down Down");
	screen_golden(sc, "panel");
}

/* Anything may come, at any size, with any key. */
static void device_draw__survives__hostile_lines(void **state)
{
	static const char *const bits[] = {"00:00:00 ", "Project ", "(Topic ", "GroupTopic", ") ",
	    "Version 6.1.1-2_3_0", "WIF: Connecting to AP1 ", "WIF: Connect failed as AP timeout",
	    "MQT: ", "stat/x/STATUS11 = ", "tele/x/STATE = ", "{\"Wifi\":{\"RSSI\":", "\"Heap\":",
	    "99999999999", "-50", "}}", "\"SSId\":\"", "\xc3", "\xe4\xbd", "\x1b[31m", "\x9b",
	    "ets Jan  8 2013,rst cause:1, boot mode:(3,6)", "rst:0x1 (", ",boot:0x13",
	    " in mode 11N", "HTP: Web server active on x with IP address ", "10.0.0.9",
	    "UPL: ", "Failed ", "\""};
	static const char *const keys[] = {"Down", "Up", "PgDn", "Home", "End", "j", "k"};
	static const int sizes[][2] = {{20, 5}, {40, 12}, {60, 16}, {80, 24}, {120, 40}, {101, 17}};
	struct screen *sc = *state;

	fresh(sc);
	srand(7);
	for (unsigned round = 0; round < 3000; round++) {
		char text[800] = "";

		while (strlen(text) < 500 && rand() % 8)
			str_cat(text, sizeof(text),
			    bits[(size_t)rand() % (sizeof(bits) / sizeof(bits[0]))]);
		says(sc, rand() % 3000, text);
		if (round % 10)
			continue;
		size(sc, sizes[round / 10 % 6][0], sizes[round / 10 % 6][1]);
		tui_focus(sc->t, TUI_DEVICE);
		screen_keys(sc, keys[(size_t)rand() % (sizeof(keys) / sizeof(keys[0]))]);
		for (int y = 0; y < sizes[round / 10 % 6][1]; y++)
			assert_null(strchr(screen_row(sc, y), 0x1b));
	}
	assert_true(sc->s->facts.boots > 100);
}

static void log_draw__marks__the_lines_of_a_verdict(void **state)
{
	struct screen *sc = *state;

	fresh(sc);
	says(sc, 1000, joins);
	says(sc, 7000, fails);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "◆"), -1);
	sc->s->marked.line[0] = lines_end(sc->s->log) - 1;
	sc->s->marked.count = 1;
	session_touch(sc->s);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "◆"), screen_find(sc, "Connect failed as AP cannot"));
	assert_true(screen_find(sc, "◆") > 0);
	screen_keys(sc, "Esc");
	assert_string_equal(sc->bound, "/why off");
}

static void edit_line__tells__that_a_start_is_awaited(void **state)
{
	struct screen *sc = *state;

	str_copy(sc->s->watching, sizeof(sc->s->watching), "power the device off and on");
	session_touch(sc->s);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "power the device off and on"), 38);
	screen_keys(sc, "Esc");
	assert_string_equal(sc->bound, "/watch off");
}

static void flash_draw__shows__the_bar(void **state)
{
	struct screen *sc = *state;
	struct flash_view *f = &sc->s->flash;

	f->state = FLASH_WORKING;
	f->stage_count = 1;
	str_copy(f->stages[0].name, sizeof(f->stages[0].name), "write");
	f->stages[0].mark = MARK_RUNNING;
	f->total = 1000;
	f->left_s = 754;
	screen_draw(sc);
	assert_true(screen_find(sc, "0 %  12:34 min left") > 0);
	assert_int_equal(screen_find(sc, "█"), -1);
	assert_int_equal(screen_find(sc, "so far"), -1);
	/* nothing is heard of an erase until it is done: the seconds tell that it goes on */
	f->stage_began = sc->now - MONO_S(3);
	screen_draw(sc);
	assert_true(screen_find(sc, "3 s so far") > 0);
	f->done = 1000;
	f->left_s = 0;
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "so far"), -1);
	assert_true(screen_find(sc, "100 %  0 s left") > 0);
	assert_int_equal(screen_find(sc, "░"), -1);
	f->done = 0xffffffff; /* more than there is: still a bar */
	screen_draw(sc);
	assert_true(screen_find(sc, "100 %") > 0);
	/* without a total: seconds that run */
	f->total = 0;
	f->stage_began = sc->now - MONO_S(7);
	screen_draw(sc);
	assert_true(screen_find(sc, "7 s so far") > 0);
	assert_int_equal(screen_find(sc, "%"), -1);
	f->state = FLASH_CANCELLED;
	screen_draw(sc);
	assert_true(screen_find(sc, "cancelled") > 0);
}

static void flash_key__scrolls__what_does_not_fit(void **state)
{
	struct screen *sc = *state;
	struct flash_view *f = &sc->s->flash;

	f->state = FLASH_DONE;
	for (int i = 0; i < 12; i++)
		str_fmt(f->text[i], sizeof(f->text[i]), "result %d", i);
	f->text_count = 12;
	size(sc, 60, 16);
	tui_focus(sc->t, TUI_FLASH);
	screen_draw(sc);
	assert_true(screen_find(sc, "result 0") > 0);
	assert_int_equal(screen_find(sc, "result 11"), -1);
	screen_keys(sc, "End");
	assert_true(screen_find(sc, "result 11") > 0);
	assert_int_equal(tui_focused(sc->t), TUI_FLASH);
	screen_keys(sc, "Home");
	assert_true(screen_find(sc, "result 0") > 0);
	/* text_count beyond the array must not be believed */
	f->text_count = 1000;
	f->stage_count = 1000;
	f->state = FLASH_FAILED;
	screen_draw(sc);
}

static void statusbar_draw__drops__the_least_first(void **state)
{
	struct screen *sc = *state;

	screen_draw(sc);
	assert_true(str_starts(
	    screen_row(sc, 0), " ● ttyUSB0 FT232R USB UART  115200 8N1  DTR RTS cts dsr"));
	assert_non_null(strstr(screen_row(sc, 0), "tx 311  LF ECHO"));
	assert_true(str_ends(screen_row(sc, 0), "Sonoff 6.1.1"));
	size(sc, 130, 40);
	assert_true(str_ends(screen_row(sc, 0), "Sonoff 6.1.1 · ESP8266EX"));
	size(sc, 90, 30);
	assert_null(strstr(screen_row(sc, 0), "FT232R"));
	assert_non_null(strstr(screen_row(sc, 0), "rx 12.4k"));
	size(sc, 40, 12);
	assert_non_null(strstr(screen_row(sc, 0), "115200 8N1"));
	assert_null(strstr(screen_row(sc, 0), "rx"));
	size(sc, 20, 5);
	assert_string_equal(screen_row(sc, 0), "● ttyUSB0");
	sc->s->port.has_modem = false;
	size(sc, 120, 40);
	assert_null(strstr(screen_row(sc, 0), "DTR"));
}

static void statusbar_draw__tells__what_is_sent_and_how(void **state)
{
	struct screen *sc = *state;
	struct err err;

	settings_set(sc->s->settings, SET_EOL, "none", ORIGIN_SESSION, "", &err);
	settings_set(sc->s->settings, SET_ECHO, "off", ORIGIN_SESSION, "", &err);
	screen_draw(sc);
	assert_non_null(strstr(screen_row(sc, 0), "no end echo"));
	settings_set(sc->s->settings, SET_EOL, "crlf", ORIGIN_SESSION, "", &err);
	screen_draw(sc);
	assert_non_null(strstr(screen_row(sc, 0), "CRLF echo"));
	sc->s->sending.on = true;
	str_copy(sc->s->sending.what, sizeof(sc->s->sending.what), "paste");
	sc->s->sending.done = 3;
	sc->s->sending.total = 12;
	sc->s->direct = true;
	size(sc, 40, 12);
	assert_non_null(strstr(screen_row(sc, 0), "paste 3/12"));
	assert_non_null(strstr(screen_row(sc, 0), "DIRECT"));
}

static void keybar_draw__shows__f11_and_f12_when_bound(void **state)
{
	struct screen *sc = *state;
	int last;

	screen_draw(sc);
	last = sc->t ? screen_find(sc, "F10 Quit") : -1;
	assert_true(last > 0);
	assert_null(strstr(screen_row(sc, last), "F11"));
	keymap_bind(sc->s->keymap, "F12", "Status 5", "Net", NULL);
	session_touch(sc->s);
	screen_draw(sc);
	assert_non_null(strstr(screen_row(sc, last), "F10 Quit  F12 Net"));
	size(sc, 80, 24); /* closer together: all ten are there */
	assert_true(screen_find(sc, "F1Help F2Port F3Find F4Filter F5Flash F6Device F7Hex F8Reset "
				    "F9Record F10Quit") > 0);
	keymap_bind(sc->s->keymap, "F5", "Backlog Status 0; Status 11", "Everything", NULL);
	session_touch(sc->s);
	size(sc, 82, 24); /* a label that is longer is cut before a key goes */
	assert_true(screen_find(sc, "F5Everyt F6Device F7Hex F8Reset F9Record F10Quit") > 0);
	size(sc, 60, 16); /* F10 stays where the others do not fit */
	assert_true(screen_find(sc, "F10Quit") > 0);
	assert_int_equal(screen_find(sc, "F12"), -1);
}

static void statusbar_draw__counts__in_decimal(void **state)
{
	static const struct {
		uint64_t n;
		const char *text;
	} cases[] = {{0, "rx 0 "}, {999, "rx 999 "}, {1000, "rx 1.0k"}, {12449, "rx 12.4k"},
	    {99949, "rx 99.9k"}, {123456, "rx 123k"}, {999999, "rx 999k"}, {1000000, "rx 1.0M"},
	    {UINT64_MAX, "rx "}};
	struct screen *sc = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sc->s->port.rx = cases[i].n;
		screen_draw(sc);
		assert_non_null(strstr(screen_row(sc, 0), cases[i].text));
	}
}

static void statusbar_draw__tells_of_flashing__where_no_panel_is(void **state)
{
	struct screen *sc = *state;
	struct flash_view *f = &sc->s->flash;

	f->state = FLASH_WORKING;
	f->stage_count = 1;
	str_copy(f->stages[0].name, sizeof(f->stages[0].name), "write");
	f->stages[0].mark = MARK_RUNNING;
	f->total = 200;
	f->done = 124;
	size(sc, 40, 12);
	assert_non_null(strstr(screen_row(sc, 0), "write 62%"));
	size(sc, 120, 40);
	assert_null(strstr(screen_row(sc, 0), "62%"));
}

static void view_list__begins__with_what_is_in_force(void **state)
{
	struct screen *sc = *state;

	for (int round = 0; round < 2; round++) {
		session_list_open(sc->s, "Themes", false);
		session_list_add(sc->s, "dark", "", "dark");
		session_list_add(sc->s, "light", "in use", "light");
		session_list_add(sc->s, "mono", "", "mono");
		sc->s->list.at = 1;
		if (round) /* drawn in between, or not */
			screen_draw(sc);
		screen_keys(sc, "Enter");
		assert_string_equal(sc->chosen, "light");
	}
	session_list_open(sc->s, "Others", false);
	session_list_add(sc->s, "one", "", "one");
	screen_keys(sc, "Enter");
	assert_string_equal(sc->chosen, "one");
}

/* Of a path that is too long the front goes, between two folders where the name has room. */
static void view_list__cuts_paths__at_the_front(void **state)
{
	struct screen *sc = *state;

	size(sc, 60, 16);
	session_list_open(sc->s, "Files", false);
	sc->s->list.paths = true;
	session_list_add(sc->s, "/home/somebody/firmware/esp8266/release/tasmota-sensors.bin",
	    "Tasmota 14.2.0 sensors, ESP8266, fits", "1");
	session_list_add(sc->s,
	    "/home/somebody/firmware/esp8266/日本語の名前/機器/かなり長い名前.bin", "x", "2");
	session_list_add(sc->s,
	    "/home/x/a-name-that-alone-is-much-longer-than-there-is-room-for-it.bin", "x", "3");
	session_list_add(sc->s, "folder/a.bin", "", "4");
	session_list_add(
	    sc->s, "no folder at all, but words that are more than there is room for", "x", "5");
	screen_draw(sc);
	assert_true(screen_find(sc, "▸…/esp8266/release/tasmota-sensors.bin  Tasmota") >= 0);
	assert_true(screen_find(sc, " …/機器/かなり長い名前.bin              x") >= 0);
	assert_true(screen_find(sc, " …longer-than-there-is-room-for-it.bin") >= 0);
	assert_true(screen_find(sc, " folder/a.bin") >= 0);
	assert_true(screen_find(sc, " no folder at all, but words that") >= 0);
	screen_keys(sc, "Enter");
	assert_string_equal(sc->chosen, "1");
	session_list_open(sc->s, "Ports", false); /* no paths: the front is the name */
	session_list_add(
	    sc->s, "ttyUSB0    a port of CP2102/CP2109 that has a long description", "busy", "6");
	screen_draw(sc);
	assert_true(screen_find(sc, "▸ttyUSB0    a port of") >= 0);
}

static void keybar_draw__keeps__the_way_out(void **state)
{
	struct screen *sc = *state;

	screen_draw(sc);
	assert_non_null(strstr(screen_row(sc, 39), "F1 Help"));
	assert_non_null(strstr(screen_row(sc, 39), "F10 Quit"));
	size(sc, 60, 16);
	assert_non_null(strstr(screen_row(sc, 15), "F10Quit"));
}

static void prompt_draw__gives_a_notice__the_room_it_needs(void **state)
{
	struct screen *sc = *state;

	size(sc, 40, 12);
	tui_edit_set(sc->t, "a text that is as long as the row is wide, or more");
	session_notice(sc->s, true, "the port is busy: minicom has it");
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "the port is busy: minicom has it"), 11);
	session_notice(sc->s, false, "%s", "");
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "wide, or more"), 11);
}

static void prompt_draw__tells__that_bytes_are_entered(void **state)
{
	struct screen *sc = *state;

	tui_edit_set(sc->t, "de ad");
	screen_draw(sc);
	assert_int_equal(screen_find(sc, " HEX  ❯ de ad"), -1);
	sc->s->hex_entry = true;
	session_touch(sc->s);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, " HEX  ❯ de ad"), 38);
	size(sc, 20, 5);
	screen_draw(sc);
	assert_true(screen_find(sc, "HEX ❯ de ad") >= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, screen_setup, screen_teardown)
	    CASE(device_draw__tells__what_is_known),
	    CASE(device_draw__shows__verdicts_with_reason_and_time),
	    CASE(device_key__goes__to_lines_and_steps),
	    CASE(device_draw__shows__what_it_says_of_itself),
	    CASE(device_draw__shows__how_the_starts_went),
	    CASE(device_draw__is_kept__as_a_golden),
	    CASE(device_draw__survives__hostile_lines),
	    CASE(log_draw__marks__the_lines_of_a_verdict),
	    CASE(edit_line__tells__that_a_start_is_awaited),
	    CASE(flash_draw__shows__the_bar),
	    CASE(flash_key__scrolls__what_does_not_fit),
	    CASE(statusbar_draw__drops__the_least_first),
	    CASE(statusbar_draw__tells__what_is_sent_and_how),
	    CASE(keybar_draw__shows__f11_and_f12_when_bound),
	    CASE(statusbar_draw__counts__in_decimal),
	    CASE(statusbar_draw__tells_of_flashing__where_no_panel_is),
	    CASE(view_list__begins__with_what_is_in_force),
	    CASE(view_list__cuts_paths__at_the_front),
	    CASE(keybar_draw__keeps__the_way_out),
	    CASE(prompt_draw__gives_a_notice__the_room_it_needs),
	    CASE(prompt_draw__tells__that_bytes_are_entered),
#undef CASE
	};

	setenv("INPUTRC", "/dev/null", 1);
	setenv("TERM", "xterm", 1);
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

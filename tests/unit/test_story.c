/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The screen of the README: a Sonoff that is being set up and flashed. README.md shows the
 * picture of it, so that it is what the program draws.
 */
#include "screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"

static void device_says(struct screen *sc, int ms, const char *line)
{
	const uint8_t *bytes;
	struct buf out;

	sc->now += MONO_MS(ms);
	buf_init(&out, 4096);
	secrets_rx(sc->secrets, (const uint8_t *)line, strlen(line), sc->now, &out);
	secrets_rx(sc->secrets, (const uint8_t *)"\n", 1, sc->now, &out);
	bytes = buf_bytes(&out);
	lines_rx(sc->s->log, bytes, buf_len(&out), sc->now);
	screen_read(sc);
	buf_fini(&out);
}

static void user_sends(struct screen *sc, int ms, const char *line)
{
	struct buf out;

	sc->now += MONO_MS(ms);
	buf_init(&out, 4096);
	secrets_tx_line(sc->secrets, line, strlen(line), &out);
	lines_put(sc->s->log, LINE_TX, (const char *)buf_bytes(&out), buf_len(&out), sc->now);
	buf_fini(&out);
}

static void fill_flash(struct flash_view *v, mono_t now)
{
	static const char *const stages[] = {"connect", "identify", "erase", "write", "checked"};

	v->state = FLASH_WORKING;
	str_copy(v->what, sizeof(v->what), "tasmota.bin  595 KB → 0x00000");
	str_copy(v->chip, sizeof(v->chip), "ESP8266EX, 1 MB flash  5C:CF:7F:12:34:56");
	v->stage_count = 5;
	for (int i = 0; i < 5; i++) {
		str_copy(v->stages[i].name, sizeof(v->stages[i].name), stages[i]);
		v->stages[i].mark = i < 3 ? MARK_DONE : i == 3 ? MARK_RUNNING : MARK_TODO;
	}
	v->total = 609536;
	v->done = 376832;
	v->stage_began = now;
	str_copy(v->rate, sizeof(v->rate), "39.4 KB/s (88 % of the wire)");
	v->left_s = 6;
	v->revision++;
}

static void story__is_drawn__as_the_readme_shows(void **state)
{
	struct screen sc;

	(void)state;
	screen_open(&sc, 120, 40);
	lines_break(sc.s->log, sc.now);
	lines_clear(sc.s->log);
	facts_init(&sc.s->facts);
	doctor_free(sc.s->device.doctor);
	session_device_init(&sc.s->device);
	sc.s->chip[0] = '\0';
	session_say(sc.s, sc.now, "ttyUSB0 is open (115200 8N1)");
	device_says(&sc, 3020, "00:00:00 CFG: Use defaults");
	device_says(&sc, 4,
	    "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_123456, "
	    "GroupTopic sonoffs) Version 6.1.1-2_3_0");
	device_says(&sc, 610, "00:00:00 WIF: Connecting to AP1  in mode 11N as sonoff-5206...");
	user_sends(&sc, 5400, "Backlog SSID1 home; Password1 secret99; Module 1");
	device_says(&sc, 6, "00:00:06 CMD: Backlog SSID1 home; Password1 secret99; Module 1");
	device_says(&sc, 207, "00:00:06 RSL: stat/sonoff/RESULT = {\"SSId1\":\"home\"}");
	device_says(&sc, 200, "00:00:06 RSL: stat/sonoff/RESULT = {\"Password1\":\"secret99\"}");
	device_says(
	    &sc, 200, "00:00:07 RSL: stat/sonoff/RESULT = {\"Module\":\"1 (Sonoff Basic)\"}");
	device_says(&sc, 1900, "00:00:09 APP: Restarting");
	device_says(&sc, 310, "00:00:00 WIF: Connecting to AP1 home in mode 11N as sonoff-5206...");
	device_says(&sc, 7000, "00:00:07 WIF: Connect failed as AP cannot be reached");
	device_says(&sc, 9000, "");
	device_says(&sc, 2, " ets Jan  8 2013,rst cause:1, boot mode:(1,7)");
	session_say(sc.s, sc.now, "flash: the boot loader is there: connecting");
	sc.now += MONO_MS(140);
	session_say(sc.s, sc.now, "flash: the boot loader answers at 115200");
	session_say(sc.s, sc.now, "flash: chip: ESP8266EX, 1 MB flash  5C:CF:7F:12:34:56");
	sc.now += MONO_MS(160);
	session_say(sc.s, sc.now, "flash: rate: 460177");
	str_copy(sc.s->chip, sizeof(sc.s->chip), "ESP8266EX, 1 MB flash");
	fill_flash(&sc.s->flash, sc.now);
	tui_edit_set(sc.t, "Backlog MqttHost 192.168.1.7; MqttPassword pa55word");
	screen_golden(&sc, "story");
	screen_picture(&sc, "story", 120, 40,
	    "tasmite: status line, log, device panel, flash panel, edit line and key bar");
	for (int y = 0; y < 40; y++) {
		assert_null(strstr(screen_row(&sc, y), "secret99"));
		assert_null(strstr(screen_row(&sc, y), "pa55word"));
	}
	screen_close(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(story__is_drawn__as_the_readme_shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Follows a boot through its two rates. */
#include "tasmite/core/tasmota/bootwatch.h"

#include <string.h>

#include "tasmite/base/str.h"

/* After its last line the ROM is silent for good; the loader of the application ("~ld") or the
 * application speaks next, at another rate. The ROM's own gaps are shorter than this. */
#define ROM_SILENCE_US MONO_MS(120)
/* An application that is heard at the ROM's rate (the banner was missed) is a mixture: 115200 read
 * at 74880 is unreadable in every second byte. The ROM's own text is readable throughout. So an
 * unreadable byte counts up, a readable one down a little, and this much is enough. */
#define BAD_UP	 4
#define BAD_DOWN 1
#define BAD_MOST 40

/* A running application that pauses for so long may have lost its power: back to the ROM's rate. */
#define PAUSE_US MONO_MS(300)

void bootwatch_begin(struct bootwatch *b, uint32_t app_baud, mono_t now)
{
	memset(b, 0, sizeof(*b));
	b->state = BOOTWATCH_AWAIT;
	b->app_baud = app_baud;
	b->rom_baud = BOOTWATCH_ROM_BAUD;
	b->until = MONO_NEVER;
	b->last_byte = now;
}

void bootwatch_watch(
    struct bootwatch *b, uint32_t rom_baud, uint32_t app_baud, mono_t until, mono_t now)
{
	bootwatch_begin(b, app_baud, now);
	b->rom_baud = rom_baud;
	b->patient = true;
	b->until = until;
}

void bootwatch_limit(struct bootwatch *b, mono_t until)
{
	b->until = until;
}

void bootwatch_stop(struct bootwatch *b)
{
	b->state = BOOTWATCH_OFF;
}

uint32_t bootwatch_baud(const struct bootwatch *b)
{
	return b->state == BOOTWATCH_AWAIT || b->state == BOOTWATCH_ROM ? b->rom_baud : b->app_baud;
}

static void end(struct bootwatch *b, enum bootwatch_end how)
{
	b->state = BOOTWATCH_APP;
	b->end = how;
}

void bootwatch_seen(struct bootwatch *b)
{
	if (b->state == BOOTWATCH_LISTEN || (b->state == BOOTWATCH_AWAIT && b->patient))
		end(b, BOOTWATCH_DONE);
}

/* A whole line of the ROM. "~ld" is eboot's word before it jumps to the application; "csum" the
 * ROM's last line where there is no eboot (esp-serial-protocol, boot text of the ESP8266). The ESP32
 * family goes on at the same rate. */
static void rom_line(struct bootwatch *b)
{
	static const char *const more[] = {"load 0x", "chksum 0x", "csum 0x"};
	const char *banner = strstr(b->line, "mode:("); /* its first words may have been missed */
	const char *esp32 = strstr(b->line, "rst:0x");

	if (banner && banner[6] >= '0' && banner[6] <= '7' && banner[7] == ',') {
		b->state = BOOTWATCH_ROM;
		b->loader = banner[6] == '1';
	} else if (esp32 && strstr(esp32, ",boot:0x")) {
		end(b, BOOTWATCH_DONE);
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (b->state == BOOTWATCH_AWAIT && str_starts(b->line, more[i]))
			b->state = BOOTWATCH_ROM;
	if (b->state == BOOTWATCH_ROM && str_ends(b->line, "~ld"))
		end(b, BOOTWATCH_DONE);
}

static void unreadable(struct bootwatch *b)
{
	b->bad += BAD_UP;
	if (b->bad < BAD_MOST)
		return;
	b->bad = 0;
	b->len = 0;
	if (b->state == BOOTWATCH_ROM)
		end(b, BOOTWATCH_DONE);
	else if (!b->patient)
		end(b, BOOTWATCH_MISSED);
	else if (b->rom_baud != b->app_baud)
		b->state = b->state == BOOTWATCH_AWAIT ? BOOTWATCH_LISTEN : BOOTWATCH_AWAIT;
}

static void one_byte(struct bootwatch *b, uint8_t c)
{
	if (c == '\n' || c == '\r') {
		b->line[b->len] = '\0';
		if (b->len)
			rom_line(b);
		b->len = 0;
	} else if (c >= 0x20 && c < 0x7f) {
		if (b->bad >= BAD_DOWN)
			b->bad -= BAD_DOWN;
		if (b->len + 1 < sizeof(b->line))
			b->line[b->len++] = (char)c;
	} else {
		unreadable(b);
	}
}

void bootwatch_rx(struct bootwatch *b, const uint8_t *bytes, size_t n, mono_t now)
{
	uint32_t baud = bootwatch_baud(b);

	for (size_t i = 0; i < n; i++) {
		if (b->state == BOOTWATCH_OFF || b->state == BOOTWATCH_APP)
			return;
		one_byte(b, bytes[i]);
		if (bootwatch_baud(b) != baud)
			break; /* the rest was heard at the other rate */
	}
	b->last_byte = now;
}

mono_t bootwatch_deadline(const struct bootwatch *b)
{
	if (b->state == BOOTWATCH_OFF || b->state == BOOTWATCH_APP)
		return MONO_NEVER;
	/* In the loader the ROM stays silent at its rate until a power-cycle: keep listening. */
	if (b->state == BOOTWATCH_ROM && !b->loader)
		return b->last_byte + ROM_SILENCE_US;
	if (b->state == BOOTWATCH_LISTEN)
		return mono_min(b->until, b->last_byte + PAUSE_US);
	return b->until;
}

void bootwatch_tick(struct bootwatch *b, mono_t now)
{
	if (now < bootwatch_deadline(b))
		return;
	if (b->state == BOOTWATCH_ROM && !b->loader) {
		end(b, BOOTWATCH_DONE);
	} else if (now >= b->until) {
		end(b, BOOTWATCH_LATE);
	} else {
		b->state = BOOTWATCH_AWAIT;
		b->bad = 0;
		b->len = 0;
	}
}

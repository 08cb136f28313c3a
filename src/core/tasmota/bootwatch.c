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

void bootwatch_begin(struct bootwatch *b, uint32_t app_baud, mono_t now)
{
	memset(b, 0, sizeof(*b));
	b->state = BOOTWATCH_AWAIT;
	b->app_baud = app_baud;
	b->last_byte = now;
}

void bootwatch_stop(struct bootwatch *b)
{
	b->state = BOOTWATCH_OFF;
}

uint32_t bootwatch_baud(const struct bootwatch *b)
{
	return b->state == BOOTWATCH_AWAIT || b->state == BOOTWATCH_ROM ? BOOTWATCH_ROM_BAUD
									: b->app_baud;
}

/* A whole line of the ROM. "~ld" is eboot's word before it jumps to the application; "csum" the
 * ROM's last line where there is no eboot (esp-serial-protocol, boot text of the ESP8266). */
static void rom_line(struct bootwatch *b)
{
	const char *banner = strstr(b->line, "boot mode:(");

	if (banner) {
		b->state = BOOTWATCH_ROM;
		b->loader = banner[11] == '1';
	}
	if (b->state == BOOTWATCH_ROM && str_ends(b->line, "~ld"))
		b->state = BOOTWATCH_APP;
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
		b->bad += BAD_UP;
		if (b->bad >= BAD_MOST)
			b->state = BOOTWATCH_APP;
	}
}

void bootwatch_rx(struct bootwatch *b, const uint8_t *bytes, size_t n, mono_t now)
{
	for (size_t i = 0; i < n; i++) {
		if (b->state != BOOTWATCH_AWAIT && b->state != BOOTWATCH_ROM)
			return;
		one_byte(b, bytes[i]);
	}
	b->last_byte = now;
}

mono_t bootwatch_deadline(const struct bootwatch *b)
{
	/* In the loader the ROM stays silent at its rate until a power-cycle: keep listening. */
	if (b->state == BOOTWATCH_ROM && !b->loader)
		return b->last_byte + ROM_SILENCE_US;
	return MONO_NEVER;
}

void bootwatch_tick(struct bootwatch *b, mono_t now)
{
	if (now >= bootwatch_deadline(b))
		b->state = BOOTWATCH_APP;
}

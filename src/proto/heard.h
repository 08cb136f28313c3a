/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Judges what a chip says before it talks the loader's protocol: the boot ROM's banner
 * "ets Jan  8 2013,rst cause:N, boot mode:(X,Y)", readable text, or bytes without sense (text at
 * another rate). The ESP32 family's ROMs tell the same in words ("waiting for download",
 * "SPI_FAST_FLASH_BOOT"): they count as X 1 and 3. Fed byte by byte.
 */
#ifndef TASMITE_PROTO_HEARD_H
#define TASMITE_PROTO_HEARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum heard_kind {
	HEARD_LITTLE, /* too few bytes to tell */
	HEARD_TEXT,
	HEARD_GARBAGE
};

struct heard {
	size_t cause_at, mode_at; /* how far the marks are matched */
	size_t loader_at, flash_at;
	int cause;		 /* N, -1: not seen */
	int mode;		 /* X, -1: not seen */
	size_t bytes, printable; /* of the present run */
};

void heard_init(struct heard *h);
/* A new run: only the counts begin again, a half-read banner goes on. */
void heard_run(struct heard *h);
/* True when a banner's boot mode is complete with this byte: see mode and cause. */
bool heard_byte(struct heard *h, uint8_t byte);
enum heard_kind heard_judge(const struct heard *h);

#endif

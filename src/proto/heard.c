/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a chip says before it talks the loader's protocol. */
#include "heard.h"

#include <string.h>

/* A run shorter than this is no evidence: power-up glitches give a few bytes. */
#define HEARD_MIN 16u

static const char heard_cause[] = "rst cause:";
static const char heard_mode[] = "boot mode:(";
/* The ESP32 family's ROMs: at the end of the way into the loader, and on the way past it. */
static const char heard_loader[] = "waiting for download";
static const char heard_flash[] = "SPI_FAST_FLASH_BOOT";

void heard_init(struct heard *h)
{
	memset(h, 0, sizeof *h);
	h->cause = -1;
	h->mode = -1;
}

void heard_run(struct heard *h)
{
	h->bytes = 0;
	h->printable = 0;
}

/* Advances a match of a mark; true when the byte after the whole mark is here. Neither mark has
 * a prefix that occurs again inside it, so falling back to the first character is enough. */
static bool heard_match(size_t *at, const char *mark, uint8_t byte)
{
	if (mark[*at] == '\0') {
		*at = byte == (uint8_t)mark[0] ? 1 : 0;
		return true;
	}
	if (byte == (uint8_t)mark[*at])
		(*at)++;
	else
		*at = byte == (uint8_t)mark[0] ? 1 : 0;
	return false;
}

bool heard_byte(struct heard *h, uint8_t byte)
{
	h->bytes++;
	if ((byte >= 0x20 && byte < 0x7F) || byte == '\r' || byte == '\n' || byte == '\t' ||
	    byte == 0x1B)
		h->printable++;
	if (heard_match(&h->cause_at, heard_cause, byte) && byte >= '0' && byte <= '9')
		h->cause = byte - '0';
	if (heard_match(&h->mode_at, heard_mode, byte) && byte >= '0' && byte <= '7') {
		h->mode = byte - '0';
		return true;
	}
	if (heard_match(&h->loader_at, heard_loader, byte)) {
		h->mode = 1;
		return true;
	}
	if (heard_match(&h->flash_at, heard_flash, byte)) {
		h->mode = 3;
		return true;
	}
	return false;
}

enum heard_kind heard_judge(const struct heard *h)
{
	if (h->bytes < HEARD_MIN)
		return HEARD_LITTLE;
	/* Text at a wrong rate is still printable in part; a line of real text is so nearly whole. */
	return h->printable * 100 >= h->bytes * 90 ? HEARD_TEXT : HEARD_GARBAGE;
}

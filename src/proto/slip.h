/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SLIP framing as Espressif's loaders use it: C0 before and after a packet, DB DC for C0 and
 * DB DD for DB inside (esptool, docs/en/advanced-topics/serial-protocol.rst).
 */
#ifndef TASMITE_PROTO_SLIP_H
#define TASMITE_PROTO_SLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLIP_END     0xC0
#define SLIP_ESC     0xDB
#define SLIP_ESC_END 0xDC
#define SLIP_ESC_ESC 0xDD

/* Longest packet that is kept: the loader's replies are 10 bytes, an echoed SYNC 44. */
#define SLIP_MAX 256
/* ... from a stub, which sends flash contents and digests (stub_wire.h: STUB_FRAME_MAX) */
#define SLIP_ROOM 4160

enum slip_result {
	SLIP_MORE,   /* the byte went into a packet, or was a delimiter */
	SLIP_STRAY,  /* the byte is outside any packet: text of a program, noise */
	SLIP_PACKET, /* a packet is complete: data[0..len), valid until the next byte */
	SLIP_SPILL   /* what was taken for a packet can be none (too long): data[0..len) are stray,
	             * the byte just fed among them */
};

struct slip {
	uint8_t data[SLIP_ROOM];
	size_t len;
	size_t limit; /* SLIP_MAX; the owner may raise it to SLIP_ROOM */
	bool inside;
	bool escaped;
};

void slip_init(struct slip *s);
/* Takes one byte. An escape followed by an unknown byte keeps that byte, as the ROM's reader does. */
enum slip_result slip_byte(struct slip *s, uint8_t byte);

/* Appends n bytes, escaped, to out[*used] of cap bytes; false when they don't fit. */
bool slip_put(uint8_t *out, size_t cap, size_t *used, const uint8_t *bytes, size_t n);
/* Appends a delimiter; false when it doesn't fit. */
bool slip_put_end(uint8_t *out, size_t cap, size_t *used);

#endif

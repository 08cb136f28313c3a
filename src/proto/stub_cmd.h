/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stub's frames (stub_wire.h): requests encoded ready for the wire, answers decoded. */
#ifndef TASMITE_PROTO_STUB_CMD_H
#define TASMITE_PROTO_STUB_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/proto/stub_wire.h"

/* A frame at its worst: every byte escaped, two delimiters. */
#define STUB_WIRE_MAX (2u * STUB_FRAME_MAX + 2u)
/* Words of a request at most. */
#define STUB_WORDS_MAX 1024u

/* A frame from the stub. */
struct stub_msg {
	uint8_t op; /* without the bit of an answer */
	uint8_t serial;
	uint8_t status;
	const uint8_t *data; /* the payload, within the packet */
	size_t n;
};

enum stub_packet {
	STUB_PACKET_MSG,
	STUB_PACKET_DAMAGED, /* the beginning of one of its frames, but its CRC is wrong */
	STUB_PACKET_JUNK     /* anything else */
};

/* Writes a frame of words and bytes (n may be 0) to out[cap]; returns its length on the wire, or 0
 * when it is too long. STUB_WIRE_MAX is room enough for any. */
size_t stub_enc(uint8_t *out, size_t cap, uint8_t op, uint8_t serial, const uint32_t *words,
    size_t count, const uint8_t *bytes, size_t n);
/* Looks at an unframed packet; msg points into it. */
enum stub_packet stub_decode(const uint8_t *packet, size_t n, struct stub_msg *msg);
/* The i-th word of the payload; 0 where it has none. */
uint32_t stub_word(const struct stub_msg *m, size_t i);
/* "PLAN"; "request" for an unknown one. */
const char *stub_op_name(uint8_t op);
/* "the sector does not get blank": a status in words. */
const char *stub_status_text(uint8_t status);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stubs: small programs for the chip's RAM, compiled from src/proto/stub by `make stub`. */
#ifndef TASMITE_PROTO_STUB_H
#define TASMITE_PROTO_STUB_H

#include <stddef.h>
#include <stdint.h>

struct stub_blob {
	const uint8_t *text; /* goes to text_addr first */
	size_t text_size;    /* a multiple of 4 */
	uint32_t text_addr;
	const uint8_t *data; /* then this; size 0: none */
	size_t data_size;    /* a multiple of 4 */
	uint32_t data_addr;
	uint32_t entry;
	uint32_t build; /* what HELLO says (stub_wire.h) */
	/* What takes the stub in at a high rate: its first words are the parameters, enum
	 * stub_first. Then the bytes STUB_FIRST_MAGIC, text and data are sent as they are. */
	const uint8_t *first;
	size_t first_size; /* a multiple of 4 */
	uint32_t first_addr;
	uint32_t first_entry;
};

enum stub_first {
	STUB_FIRST_DIVIDER,
	STUB_FIRST_OLD_DIVIDER, /* returned to when the stub does not come */
	STUB_FIRST_TEXT,	/* where to */
	STUB_FIRST_TEXT_WORDS,
	STUB_FIRST_DATA,
	STUB_FIRST_DATA_WORDS,
	STUB_FIRST_ENTRY,
	STUB_FIRST_CRC, /* CRC-32 of text and data */
	STUB_FIRST_WORDS
};

#define STUB_FIRST_MAGIC               \
	{                              \
		0x6C, 0xA3, 0xC5, 0x32 \
	}
/* The second word of data: a divider to which the stub returns when it hears nothing good for
 * STUB_FALLBACK_MS after its start; 0: it stays. */
#define STUB_FALLBACK_WORD 1u

/* That of the ESP8266 and ESP8285. Constant. */
const struct stub_blob *stub_esp8266(void);

#endif

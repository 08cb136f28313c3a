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
};

/* That of the ESP8266 and ESP8285. Constant. */
const struct stub_blob *stub_esp8266(void);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plain host of sim_peer.h with what the ESP32 family's ROMs answer: data before the status, and
 * four bytes of that. */
#ifndef TESTS_UNIT_SIM_PEER32_H
#define TESTS_UNIT_SIM_PEER32_H

#include "sim_peer.h"

/* A reply, unescaped; n is 0 when there was none. */
struct reply {
	uint8_t raw[96];
	size_t n;
	unsigned times; /* how many equal ones came */
};

/* A board with this chip, 4 MB of flash unless cfg says more; not yet powered. */
void peer32_init(struct peer *p, enum sim_chip chip, const struct sim_link_config *cfg);
/* Into the loader, in sync, with the flash attached and its size told. */
void peer32_ready(struct peer *p);
struct reply peer32_command(struct peer *p, uint8_t op, const void *data, size_t n, uint32_t sum);
struct reply peer32_words(struct peer *p, uint8_t op, unsigned n, const uint32_t *words);
/* op: FLASH_DATA (3), MEM_DATA (7) or FLASH_DEFL_DATA (0x11). */
struct reply peer32_data(
    struct peer *p, uint8_t op, const void *payload, uint32_t n, uint32_t number);
/* FLASH_BEGIN (2) or FLASH_DEFL_BEGIN (0x10) with as many words as the chip wants. */
struct reply peer32_begin(
    struct peer *p, uint8_t op, uint32_t size, uint32_t blocks, uint32_t block, uint32_t offset);
uint32_t peer32_read_reg(struct peer *p, uint32_t addr);
/* Status and code of a reply without data; fails the test when it is another kind of reply. */
void peer32_assert(struct reply r, uint8_t status, uint8_t code);

#endif

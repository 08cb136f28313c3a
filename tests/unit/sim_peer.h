/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plain host of the virtual device for its own tests: frames written by hand, in virtual
 * time. It knows nothing of the flash engine, and shall not. */
#ifndef TESTS_UNIT_SIM_PEER_H
#define TESTS_UNIT_SIM_PEER_H

#include "sim/link.h"

#define PEER_TEXT 16384

struct peer {
	struct sim_link *l;
	sim_time now;
	uint8_t rx[PEER_TEXT]; /* everything received since the last peer_forget */
	size_t n;
	sim_time last; /* when the last of it arrived */
	char *trace;
	size_t trace_len, trace_cap;
};

/* A reply, unescaped. */
struct answer {
	uint8_t raw[10];
	unsigned times; /* how many equal ones came */
	sim_time at;	/* when the first was complete */
};

void peer_init(struct peer *p, const struct sim_link_config *cfg);
void peer_fini(struct peer *p);
/* Lets time pass and collects what arrives. */
void peer_wait(struct peer *p, sim_time us);
void peer_forget(struct peer *p);
void peer_send(struct peer *p, const void *bytes, size_t n);
/* Power-cycles with the button held and waits until the loader listens. */
void peer_enter_loader(struct peer *p);
/* Sends a frame: opcode, data, checksum word. Times nothing. */
void peer_frame(struct peer *p, uint8_t dir, uint8_t op, const void *data, size_t n, uint32_t sum);
/* The answers in what was received; 0 when there is none. */
unsigned peer_answers(struct peer *p, struct answer *a);
/* Frame, up to `patience` of waiting, answers. */
struct answer peer_command(struct peer *p, uint8_t op, const void *data, size_t n, uint32_t sum);
struct answer peer_words(struct peer *p, uint8_t op, unsigned n, const uint32_t *words);
/* Two SYNCs: the first is eaten by autobaud. */
void peer_sync(struct peer *p);
struct answer peer_sync_once(struct peer *p);
struct answer peer_begin(
    struct peer *p, uint32_t size, uint32_t blocks, uint32_t block, uint32_t offset);
struct answer peer_data(struct peer *p, const void *payload, uint32_t n, uint32_t number);
uint32_t peer_read_reg(struct peer *p, uint32_t addr);
struct answer peer_write_reg(
    struct peer *p, uint32_t addr, uint32_t value, uint32_t mask, uint32_t delay);
bool peer_saw(const struct peer *p, const char *text);
bool peer_traced(const struct peer *p, const char *text);
unsigned peer_trace_count(const struct peer *p, const char *text);

/* A sound image of one segment at 0x40100000 of n bytes; returns its size. */
size_t peer_image(uint8_t *dst, uint32_t load, uint32_t n);

#endif

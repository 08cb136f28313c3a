/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stub compiled for this machine, with a played chip around it: UART with FIFOs at a rate, SPI
 * controller, flash with its times. A cycle passes only where the stub looks at a register, so this
 * proves what it does, not how fast it computes (that takes the simulated processor).
 */
#ifndef TESTS_UNIT_STUB_NATIVE_H
#define TESTS_UNIT_STUB_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NATIVE_FLASH   0x100000u
#define NATIVE_ANSWER  4200u
#define NATIVE_DIVIDER 451u /* 115200 of 52 MHz */

enum native_left { NATIVE_HERE, NATIVE_FLASH_APP, NATIVE_LOADER };

struct native_answer {
	uint8_t op, serial, status;
	bool good; /* its CRC */
	uint8_t data[NATIVE_ANSWER];
	size_t n;
};

struct native {
	int64_t now;   /* cycles */
	int64_t limit; /* a call of the stub that lasts longer is given up */
	uint8_t flash[NATIVE_FLASH];
	bool coarse;	/* time passes in bigger steps */
	uint8_t status; /* of the flash */
	bool locked;	/* its protect bits can't be cleared */
	uint32_t worn;	/* a byte of the flash that stays 0; or ~0u */
	bool stuck;	/* it stays busy for ever */
	uint32_t programs, sectors, blocks, chips;
	uint32_t divider; /* of the host */
	uint32_t overflows;
	uint32_t left; /* enum native_left */
	/* Called with each answer, from within the stub. */
	void (*heard)(void *ctx, const struct native_answer *a);
	void *ctx;
	uint32_t answers;
	struct native_answer last;
	uint32_t seen[128]; /* how often each op was heard */
	struct native_inner *inner;
};

/* The chip, blank flash of 1 MB, the stub started and its greeting heard. */
struct native *native_new(void);
/* The same, but its chip select can't be held: each transfer is a command. */
struct native *native_new_no_hold(void);
void native_free(struct native *n);
/* Bytes for the stub's UART; they arrive at the host's rate. */
void native_raw(struct native *n, const uint8_t *bytes, size_t count);
void native_send(struct native *n, uint8_t op, uint8_t serial, const uint32_t *words, size_t count,
    const uint8_t *bytes, size_t size);
/* Until an answer to op and serial is in n->last; false when there is none for ms. */
bool native_wait(struct native *n, uint8_t op, uint8_t serial, int ms);
/* Lets time pass. */
void native_run(struct native *n, int ms);
/* Bytes that are still on their way to the stub. */
size_t native_pending(const struct native *n);
uint32_t native_word(const struct native_answer *a, size_t i);
/* The stub's counts. */
uint32_t native_overruns(const struct native *n);

#endif

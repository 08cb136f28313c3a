/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ESP8266's processor: an Xtensa LX106 with sixteen registers (call0 convention), the density
 * option, MUL16 and MULL, NSA, exceptions, level-1 interrupts and CCOUNT/CCOMPARE. It knows RAM
 * and nothing else: registers of the chip and the ROM's functions are behind `struct lx106_bus`.
 *
 * Facts: the Xtensa Instruction Set Architecture Reference Manual (encodings, exceptions) and the
 * core's configuration as published in qemu's core-lx106/core-isa.h (no loops, no windows, no
 * MIN/MAX, SEXT, CLAMPS, division or MULUH; unaligned access faults; interrupt 6 is CCOMPARE0,
 * 7 is software, 8 to 13 are edges). What is not there is an unknown instruction.
 *
 * Time is counted in cycles. The manual gives no table of them; these are estimates from the
 * five-stage pipeline that it describes: one cycle each, two more for whatever changes the flow,
 * one more for a load (its result is mostly wanted at once), seven more for a read and three for
 * a write of a register of the chip, which go through a bus (bus_ratio times that where the
 * processor has a faster clock).
 */
#ifndef SIM_LX106_H
#define SIM_LX106_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LX106_IRAM	0x40100000u
#define LX106_IRAM_SIZE 0x10000u
#define LX106_DRAM	0x3FFE8000u
#define LX106_DRAM_SIZE 0x18000u
#define LX106_NEVER	INT64_MAX

/* EXCCAUSE */
#define LX106_CAUSE_ILLEGAL	     0u
#define LX106_CAUSE_SYSCALL	     1u
#define LX106_CAUSE_FETCH	     2u
#define LX106_CAUSE_LOAD_STORE	     3u /* a narrow access to instruction RAM or to a register */
#define LX106_CAUSE_INTERRUPT	     4u
#define LX106_CAUSE_ALIGNMENT	     9u
#define LX106_CAUSE_LOAD_PROHIBITED  28u
#define LX106_CAUSE_STORE_PROHIBITED 29u

#define LX106_PS_INTLEVEL 0x0Fu
#define LX106_PS_EXCM	  0x10u
#define LX106_PS_UM	  0x20u

#define LX106_INT_TIMER 6 /* CCOMPARE0 */
#define LX106_INT_SOFT	7

struct lx106;

/* An instruction, decoded once per address. */
struct lx106_insn {
	void (*run)(struct lx106 *c, const struct lx106_insn *i);
	uint32_t imm;
	uint8_t r, s, t;
	uint8_t len : 3, cost : 5; /* bytes; cycles when nothing is in the way */
};

struct lx106_bus {
	void *ctx;
	/* A register of the chip, 32 bits wide; `ok` is set to false where there is none. */
	uint32_t (*read)(void *ctx, uint32_t addr, bool *ok);
	void (*write)(void *ctx, uint32_t addr, uint32_t value, bool *ok);
	/* Plays the code at c->pc, which is not in RAM: changes registers, pc and cycles, and comes
	 * back after a moment's worth of it. False: there is nothing to play. */
	bool (*rom)(void *ctx);
	/* c->event_at has come: moves it on. May be NULL when it never does. */
	void (*event)(void *ctx);
};

#define LX106_LOOPS 4

struct lx106 {
	uint32_t a[16], pc;
	unsigned bus_ratio; /* its clock to that of the bus to the chip's registers */
	int64_t cycles;	    /* since the core began */
	int64_t until;	    /* of the present burst */
	int64_t event_at;   /* the bus wants to be called */
	uint32_t changes;   /* counts whatever a loop that only waits does not do */
	bool leave;	    /* the burst ends: interrupt, wait, stop */
	uint32_t ps, sar, litbase, vecbase, epc[4], eps[4], excsave[4], exccause, excvaddr, depc;
	uint32_t intenable, lines, latched; /* interrupts: level lines, and those that stay */
	uint32_t ccompare;
	int64_t ccompare_at, ccount_zero;
	bool waiting; /* WAITI */
	bool idle;    /* in a loop that only waits, as long as changes is idle_changes */
	uint32_t idle_changes;
	int64_t asleep_until; /* a played function waits */
	bool stopped;
	char why[160];	/* it stopped */
	uint64_t count; /* instructions and played functions, for measuring */
	uint8_t *iram, *dram;
	struct lx106_insn *code;		    /* one per byte of IRAM */
	uint8_t has_code[LX106_IRAM_SIZE / 64 + 1]; /* whether one of 64 bytes was decoded */
	struct lx106_bus bus;
	struct lx106_loop {
		uint32_t target, changes, seen;
		int64_t cycles;
		uint32_t a[16];
	} loops[LX106_LOOPS];
};

/* iram and dram: LX106_*_SIZE bytes that outlive the core. Registers are zero, PS is 0x1F as a
 * reset leaves it. */
void lx106_init(struct lx106 *c, uint8_t *iram, uint8_t *dram, const struct lx106_bus *bus);
void lx106_fini(struct lx106 *c);

/* Runs until `limit` cycles have passed since the start or it stopped. What it does last may take
 * it a few cycles beyond. */
void lx106_run(struct lx106 *c, int64_t limit);
/* Nothing happens before this cycle unless a line changes: the core waits (WAITI, or a loop that
 * only looks). */
int64_t lx106_idle_until(const struct lx106 *c);

/* An interrupt's line; edge interrupts (8 to 13) are kept until cleared. */
void lx106_line(struct lx106 *c, unsigned number, bool level);
/* Memory was changed behind the core's back: decode anew. */
void lx106_forget(struct lx106 *c, uint32_t addr, size_t n);
/* For played functions: lets time pass until `until`, or to the end of the burst; false then, and
 * the function has to be played on. */
bool lx106_sleep(struct lx106 *c, int64_t until);
/* Stops it for good, with a reason. */
void lx106_stop(struct lx106 *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* For what plays ROM functions: memory as the code sees it. Without effect and false when the
 * access would fault; the caller raises or stops. */
bool lx106_load(struct lx106 *c, uint32_t addr, unsigned bytes, uint32_t *value);
bool lx106_store(struct lx106 *c, uint32_t addr, unsigned bytes, uint32_t value);
uint32_t lx106_ccount(const struct lx106 *c);
/* The interrupts that are pending and enabled. */
uint32_t lx106_pending(const struct lx106 *c);
/* PS, INTENABLE or the like was changed by other than an instruction. */
void lx106_look(struct lx106 *c);
/* Takes an exception at `pc` (address of the instruction that caused it). */
void lx106_raise(struct lx106 *c, uint32_t cause, uint32_t vaddr, uint32_t pc);

/* --- between lx106*.c ---------------------------------------------------------------------- */

/* Decodes three bytes (the third is only looked at when the first says so); false when there is
 * no such instruction. */
bool lx106_decode(struct lx106_insn *i, uint32_t pc, const uint8_t bytes[3]);
/* A special register by its number; false when there is none. */
bool lx106_rsr(struct lx106 *c, unsigned sr, uint32_t *value);
bool lx106_wsr(struct lx106 *c, unsigned sr, uint32_t value);
/* A branch backwards: whether it is a loop that only waits is found out here. */
void lx106_backwards(struct lx106 *c, uint32_t target);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random programs for an LX106, and how the virtual chip's core runs them: the other half of
 * tests/e2e/lx106.sh, which lets qemu run the same ones. A program fills all registers from a
 * seed, does some hundred random instructions (arithmetic, memory, branches both ways, calls,
 * exceptions that its own handler counts), and leaves registers and memory in one area, which both
 * machines write to their standard output.
 *
 *	lx106-program make SEED FILE    writes an ELF file
 *	lx106-program run FILE          runs it, writes the area
 *	lx106-program speed             how many million instructions a second the core does
 */
#include "lx106.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LITERALS  0x40100000u
#define VECTORS	  0x40101000u
#define CODE	  0x40102000u
#define CODE_SIZE 0x6000u
#define DATA	  0x3FFF0000u
#define MIDDLE	  (DATA + 0x200) /* what a1 holds: loads and stores go 0 to 0xFF from there */
#define AREA_SIZE 0x600u
#define SAVED	  0x300u /* registers, from MIDDLE */
#define CAUSES	  0x360u /* what the exceptions' handler leaves, from MIDDLE */
#define BODY	  300
#define CYCLES	  2000000

enum { SP = 1, ODD = 15 }; /* registers that keep their value: an address, and one byte more */

struct program {
	uint64_t rng;
	uint8_t iram[LX106_IRAM_SIZE], dram[LX106_DRAM_SIZE];
	uint32_t at; /* where the next instruction goes */
	uint32_t literals;
	bool locked[16];
};

/* --- chance ---------------------------------------------------------------------------------- */

static uint32_t chance(struct program *p, uint32_t below)
{
	p->rng ^= p->rng << 13;
	p->rng ^= p->rng >> 7;
	p->rng ^= p->rng << 17;
	return (uint32_t)(p->rng >> 32) % below;
}

/* Words with few or many ones, small and large, for what happens at the edges. */
static uint32_t chance_word(struct program *p)
{
	uint32_t v = chance(p, 0x10000) << 16 | chance(p, 0x10000);

	switch (chance(p, 5)) {
	case 0:
		return v >> chance(p, 32);
	case 1:
		return ~(v >> chance(p, 32));
	case 2:
		return 1u << chance(p, 32);
	default:
		return v;
	}
}

static unsigned any(struct program *p)
{
	return chance(p, 16);
}

static unsigned target(struct program *p)
{
	unsigned r;

	do
		r = any(p);
	while (p->locked[r]);
	return r;
}

/* --- encoding, after the formats of the manual ------------------------------------------------- */

static void put(struct program *p, uint32_t word, unsigned bytes)
{
	for (unsigned k = 0; k < bytes; k++)
		p->iram[p->at++ - LX106_IRAM] = (uint8_t)(word >> (8 * k));
}

static void rrr(struct program *p, unsigned op2, unsigned op1, unsigned r, unsigned s, unsigned t)
{
	put(p, op2 << 20 | op1 << 16 | r << 12 | s << 8 | t << 4, 3);
}

static void rri8(struct program *p, unsigned op0, unsigned r, unsigned s, unsigned t, uint32_t imm)
{
	put(p, (imm & 0xFF) << 16 | r << 12 | s << 8 | t << 4 | op0, 3);
}

static void rrrn(struct program *p, unsigned op0, unsigned r, unsigned s, unsigned t)
{
	put(p, r << 12 | s << 8 | t << 4 | op0, 2);
}

static void l32r(struct program *p, unsigned t, uint32_t value)
{
	uint32_t at = LITERALS + 4 * p->literals++;
	uint32_t back = (at - ((p->at + 3) & ~3u)) >> 2;

	for (int k = 0; k < 4; k++)
		p->iram[at - LX106_IRAM + (uint32_t)k] = (uint8_t)(value >> (8 * k));
	put(p, (back & 0xFFFF) << 8 | t << 4 | 1, 3);
}

static void special(struct program *p, unsigned op2, unsigned op1, unsigned sr, unsigned t)
{
	rrr(p, op2, op1, sr >> 4, sr & 15, t);
}

static void rsr(struct program *p, unsigned sr, unsigned t)
{
	special(p, 0, 3, sr, t);
}

static void wsr(struct program *p, unsigned sr, unsigned t)
{
	special(p, 1, 3, sr, t);
}

/* --- single instructions ----------------------------------------------------------------------- */

static void arithmetic(struct program *p)
{
	static const unsigned op2[] = {1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15};

	rrr(p, op2[chance(p, 11)], 0, target(p), any(p), any(p));
}

static void multiply(struct program *p)
{
	static const unsigned op[3][2] = {{8, 2}, {12, 1}, {13, 1}};
	unsigned k = chance(p, 3);

	rrr(p, op[k][0], op[k][1], target(p), any(p), any(p));
}

static void one_operand(struct program *p)
{
	switch (chance(p, 4)) {
	case 0:
		rrr(p, 6, 0, target(p), 0, any(p)); /* neg */
		break;
	case 1:
		rrr(p, 6, 0, target(p), 1, any(p)); /* abs */
		break;
	case 2:
		rrr(p, 4, 0, 14, any(p), target(p)); /* nsa */
		break;
	default:
		rrr(p, 4, 0, 15, any(p), target(p)); /* nsau */
		break;
	}
}

static void conditional(struct program *p)
{
	rrr(p, 8 + chance(p, 4), 3, target(p), any(p), any(p));
}

static void shift_immediate(struct program *p)
{
	unsigned n = chance(p, 31) + 1;

	switch (chance(p, 4)) {
	case 0:
		rrr(p, (32 - n) >> 4, 1, target(p), any(p), (32 - n) & 15); /* slli */
		break;
	case 1:
		rrr(p, 2 | n >> 4, 1, target(p), n & 15, any(p)); /* srai */
		break;
	case 2:
		rrr(p, 4, 1, target(p), n & 15, any(p)); /* srli */
		break;
	default:
		rrr(p, chance(p, 16), 4 | n >> 4, target(p), n & 15, any(p)); /* extui */
		break;
	}
}

static void shift_amount(struct program *p)
{
	switch (chance(p, 3)) {
	case 0:
		rrr(p, 4, 0, chance(p, 4), any(p), 0); /* ssr, ssl, ssa8l, ssa8b */
		break;
	case 1:
		rrr(p, 4, 0, 4, chance(p, 16), chance(p, 2)); /* ssai */
		break;
	default:
		special(p, 6, 1, 3, target(p)); /* xsr.sar; 32 and more are as good as any */
		rrr(p, 4, 0, 0, any(p), 0);
		break;
	}
}

static void shift(struct program *p)
{
	switch (chance(p, 4)) {
	case 0:
		rrr(p, 8, 1, target(p), any(p), any(p)); /* src */
		break;
	case 1:
		rrr(p, 9, 1, target(p), 0, any(p)); /* srl */
		break;
	case 2:
		rrr(p, 10, 1, target(p), any(p), 0); /* sll */
		break;
	default:
		rrr(p, 11, 1, target(p), 0, any(p)); /* sra */
		break;
	}
}

static void immediate(struct program *p)
{
	switch (chance(p, 3)) {
	case 0:
		rri8(p, 2, 10, chance(p, 16), target(p), chance(p, 256)); /* movi */
		break;
	case 1:
		rri8(p, 2, 12, any(p), target(p), chance(p, 256)); /* addi */
		break;
	default:
		rri8(p, 2, 13, any(p), target(p), chance(p, 256)); /* addmi */
		break;
	}
}

static void narrow(struct program *p)
{
	switch (chance(p, 4)) {
	case 0:
		rrrn(p, 10, target(p), any(p), any(p)); /* add.n */
		break;
	case 1:
		rrrn(p, 11, target(p), any(p), chance(p, 16)); /* addi.n */
		break;
	case 2:
		rrrn(p, 12, chance(p, 16), target(p), chance(p, 8)); /* movi.n */
		break;
	default:
		rrrn(p, 13, 0, any(p), target(p)); /* mov.n */
		break;
	}
}

static void load(struct program *p)
{
	switch (chance(p, 5)) {
	case 0:
		rri8(p, 2, 0, SP, target(p), chance(p, 256));
		break;
	case 1:
		rri8(p, 2, 1, SP, target(p), chance(p, 128));
		break;
	case 2:
		rri8(p, 2, 9, SP, target(p), chance(p, 128));
		break;
	case 3:
		rri8(p, 2, 2, SP, target(p), chance(p, 64));
		break;
	default:
		rrrn(p, 8, chance(p, 16), SP, target(p));
		break;
	}
}

static void store(struct program *p)
{
	switch (chance(p, 4)) {
	case 0:
		rri8(p, 2, 4, SP, any(p), chance(p, 256));
		break;
	case 1:
		rri8(p, 2, 5, SP, any(p), chance(p, 128));
		break;
	case 2:
		rri8(p, 2, 6, SP, any(p), chance(p, 64));
		break;
	default:
		rrrn(p, 9, chance(p, 16), SP, any(p));
		break;
	}
}

/* What the handler of exceptions sees: addresses that are not aligned, SYSCALL, ILL. */
static void exception(struct program *p)
{
	static const unsigned odd[] = {1, 2, 5, 6, 9};

	switch (chance(p, 3)) {
	case 0:
		rrr(p, 0, 0, 5, 0, 0);
		break;
	case 1:
		rrr(p, 0, 0, 0, 0, 0);
		break;
	default:
		rri8(p, 2, odd[chance(p, 5)], ODD, target(p), chance(p, 16));
		break;
	}
}

static void registers(struct program *p)
{
	static const unsigned plain[] = {3, 177, 209, 230, 231, 232, 238};
	unsigned level = chance(p, 4);

	switch (chance(p, 3)) {
	case 0:
		rsr(p, plain[chance(p, 7)], target(p));
		break;
	case 1:
		rrr(p, 0, 0, 6, level, target(p)); /* rsil */
		break;
	default:
		rrr(p, 0, 0, 2, 0, chance(p, 4)); /* isync to dsync */
		break;
	}
}

static void simple(struct program *p)
{
	static void (*const kind[])(struct program *) = {arithmetic, arithmetic, arithmetic,
	    multiply, one_operand, conditional, shift_immediate, shift_immediate, shift_amount,
	    shift, shift, immediate, immediate, narrow, narrow, load, load, store, store, exception,
	    registers};

	kind[chance(p, sizeof(kind) / sizeof(kind[0]))](p);
}

static void some(struct program *p, unsigned most)
{
	for (unsigned n = chance(p, most) + 1; n > 0; n--)
		simple(p);
}

/* --- flow ------------------------------------------------------------------------------------------ */

static void patch(struct program *p, uint32_t at, uint32_t bits, unsigned bytes)
{
	for (unsigned k = 0; k < bytes; k++)
		p->iram[at - LX106_IRAM + k] |= (uint8_t)(bits >> (8 * k));
}

/* Over some instructions, or not. */
static void branch_over(struct program *p)
{
	uint32_t at = p->at;
	unsigned kind = chance(p, 4);

	if (kind == 0)
		rri8(p, 7, any(p), any(p), any(p), 0); /* two registers, or a bit */
	else if (kind == 1)
		rri8(p, 6, any(p), any(p), 2 | chance(p, 4) << 2, 0); /* an immediate */
	else if (kind == 2)
		rri8(p, 6, any(p), any(p), chance(p, 2) ? 11 : 15, 0); /* unsigned */
	else
		put(p, any(p) << 8 | (1 | chance(p, 4) << 2) << 4 | 6, 3); /* zero */
	some(p, 4);
	patch(p, at, (p->at - at - 4) << (kind == 3 ? 12 : 16), 3);
}

static void narrow_over(struct program *p)
{
	uint32_t at = p->at, over;

	put(p, any(p) << 8 | (chance(p, 2) ? 0xC : 0x8) << 4 | 12, 2);
	some(p, 4);
	over = p->at - at - 4;
	patch(p, at, (over >> 4 & 3) << 4 | (over & 15) << 12, 2);
}

static void jump_over(struct program *p)
{
	uint32_t at = p->at;

	put(p, 6, 3);
	some(p, 3);
	patch(p, at, (p->at - at - 4) << 6, 3);
}

/* A few times backwards, by a counter that nothing else touches. */
static void loop(struct program *p)
{
	unsigned counter = target(p);
	uint32_t start;

	p->locked[counter] = true;
	rri8(p, 2, 10, 0, counter, chance(p, 5) + 1);
	start = p->at;
	some(p, 5);
	rri8(p, 2, 12, counter, counter, 0xFF);
	if (chance(p, 2)) {
		put(p, ((start - p->at - 4) & 0xFFF) << 12 | counter << 8 | 5 << 4 | 6, 3);
	} else { /* beqz over a jump */
		put(p, 2 << 12 | counter << 8 | 1 << 4 | 6, 3);
		put(p, ((start - p->at - 4) & 0x3FFFF) << 6 | 6, 3);
	}
	p->locked[counter] = false;
}

static void call(struct program *p)
{
	uint32_t at = p->at, over;

	if (p->locked[0])
		return;
	p->locked[0] = true;
	put(p, 5, 3); /* call0, to what lies behind the jump, aligned */
	over = p->at;
	put(p, 6, 3);
	while (p->at & 3)
		p->at++;
	patch(p, at, ((p->at - (at & ~3u) - 4) >> 2) << 6, 3);
	some(p, 4);
	if (chance(p, 2))
		rrrn(p, 13, 15, 0, 0);
	else
		rrr(p, 0, 0, 0, 0, 8);
	patch(p, over, (p->at - over - 4) << 6, 3);
	p->locked[0] = false;
}

static void call_register(struct program *p)
{
	unsigned r = target(p);
	uint32_t at;

	if (p->locked[0] || r == 0)
		return;
	at = p->at;
	l32r(p, r, at + 6 + 3); /* behind l32r, callx0 and j: where the routine begins */
	rrr(p, 0, 0, 0, r, chance(p, 2) ? 12 : 10);
	put(p, 6, 3);
	/* With jx nothing comes back: a0 is then where it would have. */
	if (p->iram[at + 3 - LX106_IRAM] >> 4 == 10) {
		patch(p, at + 6, (uint32_t)(p->at - at - 6 - 4) << 6, 3);
		return;
	}
	p->locked[0] = true;
	some(p, 3);
	rrrn(p, 13, 15, 0, 0);
	patch(p, at + 6, (p->at - (at + 6) - 4) << 6, 3);
	p->locked[0] = false;
}

static void body(struct program *p)
{
	static void (*const flow[])(struct program *) = {branch_over, branch_over, branch_over,
	    narrow_over, jump_over, loop, call, call_register};

	for (int n = 0; n < BODY; n++) {
		if (chance(p, 4) == 0)
			flow[chance(p, sizeof(flow) / sizeof(flow[0]))](p);
		else
			simple(p);
	}
}

/* --- a whole program --------------------------------------------------------------------------------- */

/* Counts, notes cause and address, and goes on three bytes later. */
static void handler(struct program *p)
{
	p->at = VECTORS + 0x50;
	wsr(p, 209, 2);
	rsr(p, 177, 2);
	rri8(p, 2, 12, 2, 2, 3);
	wsr(p, 177, 2);
	rsr(p, 232, 2);
	rri8(p, 2, 13, SP, SP, CAUSES >> 8); /* addmi */
	rri8(p, 2, 6, SP, 2, (CAUSES & 0xFF) >> 2);
	rsr(p, 238, 2);
	rri8(p, 2, 6, SP, 2, (CAUSES & 0xFF) / 4 + 1);
	rri8(p, 2, 2, SP, 2, (CAUSES & 0xFF) / 4 + 2);
	rri8(p, 2, 12, 2, 2, 1);
	rri8(p, 2, 6, SP, 2, (CAUSES & 0xFF) / 4 + 2);
	rri8(p, 2, 13, SP, SP, 0x100u - (CAUSES >> 8));
	rsr(p, 209, 2);
	rrr(p, 0, 0, 3, 0, 0); /* rfe */
}

static void prologue(struct program *p)
{
	l32r(p, 2, VECTORS);
	wsr(p, 231, 2);
	rri8(p, 2, 10, 0, 2, 0x20);
	wsr(p, 230, 2);
	rrr(p, 0, 0, 2, 0, 1); /* rsync */
	for (unsigned r = 0; r < 16; r++)
		l32r(p, r, r == SP ? MIDDLE : r == ODD ? MIDDLE + 1 : chance_word(p));
	/* What a reset leaves in these is nobody's business. */
	for (unsigned sr = 0; sr < 3; sr++) {
		static const unsigned first[] = {177, 209, 238};

		wsr(p, first[sr], 3);
	}
	wsr(p, 232, 1);
	rrr(p, 4, 0, 0, 4, 0); /* ssr */
}

/* Registers into the area; then qemu is asked to write it and to end. */
static void epilogue(struct program *p)
{
	rri8(p, 2, 13, SP, SP, SAVED >> 8);
	for (unsigned r = 0; r < 16; r++)
		rri8(p, 2, 6, SP, r, r);
	rsr(p, 3, 2);
	rri8(p, 2, 6, SP, 2, 16);
	l32r(p, 2, 4);
	l32r(p, 3, 1);
	l32r(p, 4, DATA);
	l32r(p, 5, AREA_SIZE);
	rrr(p, 0, 0, 5, 1, 0); /* simcall */
	l32r(p, 2, 1);
	l32r(p, 3, 0);
	rrr(p, 0, 0, 5, 1, 0);
}

static void make(struct program *p, uint64_t seed)
{
	memset(p, 0, sizeof(*p));
	p->rng = seed * 0x9E3779B97F4A7C15u + 1;
	for (int k = 0; k < 20; k++)
		(void)chance(p, 2);
	p->locked[SP] = true;
	p->locked[ODD] = true;
	for (uint32_t k = 0; k < 0x400; k++)
		p->dram[DATA - LX106_DRAM + k] = (uint8_t)chance(p, 256);
	handler(p);
	p->at = CODE;
	prologue(p);
	body(p);
	epilogue(p);
}

/* --- ELF ---------------------------------------------------------------------------------------------- */

static void put32(FILE *f, uint32_t v)
{
	for (int k = 0; k < 4; k++)
		fputc((int)(v >> (8 * k) & 0xFF), f);
}

static void put16(FILE *f, unsigned v)
{
	fputc((int)(v & 0xFF), f);
	fputc((int)(v >> 8 & 0xFF), f);
}

#define HEADERS	  (52 + 3 * 32)
#define RESET	  0x50000000u /* where qemu's core begins after a reset, whatever the entry */
#define CODE_SPAN (CODE + CODE_SIZE - LX106_IRAM)

/* j over a literal, l32r of it, jx */
static const uint8_t reset[16] = {0x06, 0x01, 0x00, 0, CODE & 0xFF, CODE >> 8 & 0xFF,
    CODE >> 16 & 0xFF, CODE >> 24, 0x21, 0xFF, 0xFF, 0xA0, 0x02, 0x00};

static void segment(FILE *f, uint32_t offset, uint32_t addr, uint32_t size)
{
	put32(f, 1); /* PT_LOAD */
	put32(f, offset);
	put32(f, addr);
	put32(f, addr);
	put32(f, size);
	put32(f, size);
	put32(f, 7);
	put32(f, 4);
}

static bool write_elf(const struct program *p, const char *path)
{
	static const uint8_t ident[16] = {0x7F, 'E', 'L', 'F', 1, 1, 1};
	FILE *f = fopen(path, "wb");

	if (!f)
		return false;
	fwrite(ident, 1, sizeof(ident), f);
	put16(f, 2);
	put16(f, 94); /* Xtensa */
	put32(f, 1);
	put32(f, CODE);
	put32(f, 52);
	put32(f, 0);
	put32(f, 0);
	put16(f, 52);
	put16(f, 32);
	put16(f, 3);
	put16(f, 40);
	put16(f, 0);
	put16(f, 0);
	segment(f, HEADERS, LX106_IRAM, CODE_SPAN);
	segment(f, HEADERS + CODE_SPAN, DATA, AREA_SIZE);
	segment(f, HEADERS + CODE_SPAN + AREA_SIZE, RESET, sizeof(reset));
	fwrite(p->iram, 1, CODE_SPAN, f);
	fwrite(p->dram + (DATA - LX106_DRAM), 1, AREA_SIZE, f);
	fwrite(reset, 1, sizeof(reset), f);
	return fclose(f) == 0;
}

static bool read_elf(struct program *p, const char *path)
{
	FILE *f = fopen(path, "rb");
	bool ok;

	if (!f)
		return false;
	memset(p, 0, sizeof(*p));
	ok = fseek(f, HEADERS, SEEK_SET) == 0 && fread(p->iram, 1, CODE_SPAN, f) == CODE_SPAN &&
	     fread(p->dram + (DATA - LX106_DRAM), 1, AREA_SIZE, f) == AREA_SIZE;
	fclose(f);
	return ok;
}

/* --- the core ------------------------------------------------------------------------------------------ */

static uint64_t run(struct program *p, char *why, size_t size)
{
	static const struct lx106_bus none = {0};
	struct lx106 core;
	uint64_t count;

	lx106_init(&core, p->iram, p->dram, &none);
	core.pc = CODE;
	lx106_run(&core, CYCLES);
	snprintf(why, size, "%s", core.stopped ? core.why : "it does not end");
	count = core.count;
	lx106_fini(&core);
	return count;
}

static int run_file(const char *path)
{
	struct program *p = malloc(sizeof(*p));
	char why[200];

	if (!p || !read_elf(p, path)) {
		fprintf(stderr, "lx106-program: %s can't be read\n", path);
		free(p);
		return 1;
	}
	run(p, why, sizeof(why));
	fwrite(p->dram + (DATA - LX106_DRAM), 1, AREA_SIZE, stdout);
	/* SIMCALL is qemu's, not the chip's: there it stops. */
	fprintf(stderr, "%s\n", why);
	free(p);
	return strstr(why, "00 51 00") ? 0 : 1;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* An endless loop over the random instructions, without those that fault. */
static int speed(void)
{
	static const struct lx106_bus none = {0};
	struct program *p = calloc(1, sizeof(*p));
	struct lx106 core;
	double start;
	uint32_t first;

	if (!p)
		return 1;
	make(p, 1);
	p->at = CODE;
	prologue(p);
	first = p->at;
	for (int n = 0; n < 500; n++) {
		static void (*const kind[])(struct program *) = {
		    arithmetic, immediate, narrow, load, store, shift_immediate, branch_over};

		kind[chance(p, 7)](p);
	}
	put(p, ((first - p->at - 4) & 0x3FFFF) << 6 | 6, 3);
	lx106_init(&core, p->iram, p->dram, &none);
	core.pc = CODE;
	start = seconds();
	lx106_run(&core, 200000000);
	start = seconds() - start;
	printf("%.0f million instructions/s, %.0f million cycles/s %s\n",
	    (double)core.count / start / 1e6, (double)core.cycles / start / 1e6, core.why);
	lx106_fini(&core);
	free(p);
	return 0;
}

int main(int argc, char **argv)
{
	struct program *p;
	bool ok;

	if (argc == 3 && strcmp(argv[1], "run") == 0)
		return run_file(argv[2]);
	if (argc == 2 && strcmp(argv[1], "speed") == 0)
		return speed();
	if (argc != 4 || strcmp(argv[1], "make") != 0) {
		fprintf(stderr, "usage: lx106-program make SEED FILE | run FILE | speed\n");
		return 2;
	}
	p = malloc(sizeof(*p));
	if (!p)
		return 1;
	make(p, strtoull(argv[2], NULL, 0));
	ok = write_elf(p, argv[3]);
	free(p);
	if (!ok)
		fprintf(stderr, "lx106-program: %s can't be written\n", argv[3]);
	return ok ? 0 : 1;
}

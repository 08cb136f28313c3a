/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ROM's library for code in RAM: memory and strings, division, MD5. The copies use words
 * where the target is aligned, so that they reach instruction RAM as the ROM's do; at other places
 * bytes, which fault there.
 */
#include "md5.h"
#include "simint.h"

#include <string.h>

#define PIECE 256u /* bytes between two looks at interrupts */

/* --- memory --------------------------------------------------------------------------------------- */

/* memcpy (to, from, n) keeps the first `to` in a8. */
static void copy(struct sim_cpu *cpu)
{
	cpu->core.a[8] = cpu->core.a[2];
	cpu->core.cycles += 15;
	cpu->core.pc++;
}

/* Four bytes from anywhere, read by aligned words. */
static bool load_word(struct sim_cpu *cpu, uint32_t addr, uint32_t *v)
{
	uint32_t shift = 8 * (addr & 3), high = 0;

	if (!sim_romcall_load(cpu, addr & ~3u, 4, v))
		return false;
	if (shift == 0)
		return true;
	if (!sim_romcall_load(cpu, (addr & ~3u) + 4, 4, &high))
		return false;
	*v = *v >> shift | high << (32 - shift);
	return true;
}

static bool copy_once(struct sim_cpu *cpu, uint32_t *n)
{
	struct lx106 *c = &cpu->core;
	bool words = (c->a[2] & 3) == 0 && c->a[4] >= 4;
	uint32_t v;

	*n = words ? 4 : 1;
	if (words ? !load_word(cpu, c->a[3], &v) : !sim_romcall_load(cpu, c->a[3], 1, &v))
		return false;
	/* A word costs two loads' and a store's worth, a byte almost as much. */
	c->cycles += words ? (c->a[3] & 3 ? 5 : 3) : 4;
	return sim_romcall_store(cpu, c->a[2], *n, v);
}

static void copy_more(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t n;

	for (uint32_t done = 0; c->a[4] > 0 && done < PIECE; done += n) {
		if (!copy_once(cpu, &n))
			return;
		c->a[2] += n;
		c->a[3] += n;
		c->a[4] -= n;
	}
	if (c->a[4] == 0)
		sim_romcall_return(cpu, c->a[8], 5);
}

/* memmove: backwards, byte by byte, where memcpy would overwrite what is still to be read. */
static void move(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;

	c->a[8] = c->a[2];
	c->cycles += 15;
	c->pc += c->a[2] - c->a[3] < c->a[4] ? 2 : 1;
}

static void move_back(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t v;

	for (uint32_t done = 0; c->a[4] > 0 && done < PIECE; done++) {
		c->a[4]--;
		if (!sim_romcall_load(cpu, c->a[3] + c->a[4], 1, &v) ||
		    !sim_romcall_store(cpu, c->a[2] + c->a[4], 1, v))
			return;
		c->cycles += 5;
	}
	if (c->a[4] == 0)
		sim_romcall_return(cpu, c->a[8], 5);
}

static void fill(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;

	c->a[8] = c->a[2];
	c->a[3] = (c->a[3] & 0xFF) * 0x01010101u;
	c->cycles += 15;
	c->pc++;
}

static void fill_more(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;

	for (uint32_t done = 0; c->a[4] > 0 && done < PIECE;) {
		uint32_t n = (c->a[2] & 3) == 0 && c->a[4] >= 4 ? 4 : 1;

		if (!sim_romcall_store(cpu, c->a[2], n, c->a[3]))
			return;
		c->a[2] += n;
		c->a[4] -= n;
		c->cycles += 2;
		done += n;
	}
	if (c->a[4] == 0)
		sim_romcall_return(cpu, c->a[8], 5);
}

static void zero(struct sim_cpu *cpu)
{
	cpu->core.a[4] = cpu->core.a[3];
	cpu->core.a[3] = 0;
	fill(cpu);
}

static void compare(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t x = 0, y = 0;

	c->cycles += 10;
	for (; c->a[4] > 0 && x == y; c->a[4]--) {
		if (!sim_romcall_load(cpu, c->a[2]++, 1, &x) ||
		    !sim_romcall_load(cpu, c->a[3]++, 1, &y))
			return;
		c->cycles += 7;
	}
	sim_romcall_return(cpu, x - y, 5);
}

static void length(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t at = c->a[2], v = 1;

	while (v) {
		if (!sim_romcall_load(cpu, at++, 1, &v))
			return;
		c->cycles += 5;
	}
	sim_romcall_return(cpu, at - 1 - c->a[2], 10);
}

static void compare_strings(struct sim_cpu *cpu, uint32_t most)
{
	struct lx106 *c = &cpu->core;
	uint32_t x = 1, y = 1;

	for (; most > 0 && x == y && x; most--) {
		if (!sim_romcall_load(cpu, c->a[2]++, 1, &x) ||
		    !sim_romcall_load(cpu, c->a[3]++, 1, &y))
			return;
		c->cycles += 8;
	}
	sim_romcall_return(cpu, x - y, 10);
}

static void rom_strcmp(struct sim_cpu *cpu)
{
	compare_strings(cpu, UINT32_MAX);
}

static void rom_strncmp(struct sim_cpu *cpu)
{
	compare_strings(cpu, cpu->core.a[4]);
}

/* --- division --------------------------------------------------------------------------------------- */

/* A bit of the quotient is a pass of about seven cycles in __udivsi3 (0x4000e21c). */
static void divide(struct sim_cpu *cpu, bool rest, bool is_signed)
{
	struct lx106 *c = &cpu->core;
	uint32_t x = c->a[2], y = c->a[3], q, r;
	bool xneg = is_signed && (x & 0x80000000u), yneg = is_signed && (y & 0x80000000u);
	int64_t cycles = 25;

	if (y == 0) {
		lx106_raise(c, LX106_CAUSE_ILLEGAL, 0, c->pc); /* the ROM's has an ILL there */
		return;
	}
	x = xneg ? 0u - x : x;
	y = yneg ? 0u - y : y;
	q = x / y;
	r = x % y;
	for (uint32_t v = q; v; v >>= 1)
		cycles += 7;
	if (rest)
		sim_romcall_return(cpu, xneg ? 0u - r : r, cycles);
	else
		sim_romcall_return(cpu, xneg != yneg ? 0u - q : q, cycles);
}

static void udivsi3(struct sim_cpu *cpu)
{
	divide(cpu, false, false);
}

static void umodsi3(struct sim_cpu *cpu)
{
	divide(cpu, true, false);
}

static void divsi3(struct sim_cpu *cpu)
{
	divide(cpu, false, true);
}

static void muldi3(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint64_t x = (uint64_t)c->a[3] << 32 | c->a[2], y = (uint64_t)c->a[5] << 32 | c->a[4];

	x *= y;
	c->a[3] = (uint32_t)(x >> 32);
	sim_romcall_return(cpu, (uint32_t)x, 40);
}

static void umulsidi3(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint64_t x = (uint64_t)c->a[2] * c->a[3];

	c->a[3] = (uint32_t)(x >> 32);
	sim_romcall_return(cpu, (uint32_t)x, 30);
}

/* --- MD5: a context of state[4], bits[2], bytes[64], as in the public-domain version -------------- */

#define MD5_BITS   16u
#define MD5_BUFFER 24u
#define MD5_CYCLES 800 /* the unrolled step: 657 instructions, 110 loads among them */

static void md5_init(struct sim_cpu *cpu)
{
	static const uint32_t first[6] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0, 0};
	struct lx106 *c = &cpu->core;

	for (uint32_t i = 0; i < 6; i++)
		if (!sim_romcall_store(cpu, c->a[2] + 4 * i, 4, first[i]))
			return;
	sim_romcall_return(cpu, c->a[2], 20);
}

static bool md5_block(struct sim_cpu *cpu, uint32_t ctx)
{
	uint32_t state[4], v;
	uint8_t block[64];

	for (uint32_t i = 0; i < 4; i++)
		if (!sim_romcall_load(cpu, ctx + 4 * i, 4, &state[i]))
			return false;
	for (uint32_t i = 0; i < 64; i++) {
		if (!sim_romcall_load(cpu, ctx + MD5_BUFFER + i, 1, &v))
			return false;
		block[i] = (uint8_t)v;
	}
	sim_md5_step(state, block);
	cpu->core.cycles += MD5_CYCLES;
	for (uint32_t i = 0; i < 4; i++)
		if (!sim_romcall_store(cpu, ctx + 4 * i, 4, state[i]))
			return false;
	return true;
}

/* (context, bytes, n): a2 to a4 move on, piece by piece of a block. */
static void md5_update(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t low, high, at, v;

	c->cycles += 30;
	if (!sim_romcall_load(cpu, c->a[2] + MD5_BITS, 4, &low) ||
	    !sim_romcall_load(cpu, c->a[2] + MD5_BITS + 4, 4, &high))
		return;
	at = low >> 3 & 63;
	v = 64 - at < c->a[4] ? 64 - at : c->a[4];
	high += (low + 8 * v < low) ? 1 : 0;
	if (!sim_romcall_store(cpu, c->a[2] + MD5_BITS, 4, low + 8 * v) ||
	    !sim_romcall_store(cpu, c->a[2] + MD5_BITS + 4, 4, high))
		return;
	for (uint32_t i = 0; i < v; i++) {
		uint32_t byte;

		if (!sim_romcall_load(cpu, c->a[3] + i, 1, &byte) ||
		    !sim_romcall_store(cpu, c->a[2] + MD5_BUFFER + at + i, 1, byte))
			return;
	}
	c->cycles += 10 + v; /* a memcpy, by words where it can */
	if (at + v == 64 && !md5_block(cpu, c->a[2]))
		return;
	c->a[3] += v;
	c->a[4] -= v;
	if (c->a[4] == 0)
		sim_romcall_return(cpu, 0, 10);
}

static bool md5_pad(struct sim_cpu *cpu, uint32_t ctx, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		if (!sim_romcall_store(cpu, ctx + MD5_BUFFER + i, 1, 0))
			return false;
	return true;
}

/* (sixteen bytes out, context) */
static void md5_final(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t out = c->a[2], ctx = c->a[3], low, high, at, v;

	if (!sim_romcall_load(cpu, ctx + MD5_BITS, 4, &low) ||
	    !sim_romcall_load(cpu, ctx + MD5_BITS + 4, 4, &high))
		return;
	at = low >> 3 & 63;
	if (!sim_romcall_store(cpu, ctx + MD5_BUFFER + at++, 1, 0x80))
		return;
	if (at > 56) {
		if (!md5_pad(cpu, ctx, at, 64) || !md5_block(cpu, ctx))
			return;
		at = 0;
	}
	if (!md5_pad(cpu, ctx, at, 56) || !sim_romcall_store(cpu, ctx + MD5_BUFFER + 56, 4, low) ||
	    !sim_romcall_store(cpu, ctx + MD5_BUFFER + 60, 4, high) || !md5_block(cpu, ctx))
		return;
	for (uint32_t i = 0; i < 16; i++)
		if (!sim_romcall_load(cpu, ctx + i, 1, &v) ||
		    !sim_romcall_store(cpu, out + i, 1, v))
			return;
	sim_romcall_return(cpu, out, 200);
}

const struct sim_romcall sim_romcall_lib[] = {
    {0x400018A4, "ets_memset", fill},
    {0x400018A5, ".ets_memset", fill_more},
    {0x400018B4, "ets_memcpy", copy},
    {0x400018B5, ".ets_memcpy", copy_more},
    {0x400018C4, "ets_memmove", move},
    {0x400018C5, ".ets_memmove", copy_more},
    {0x400018C6, ".ets_memmove", move_back},
    {0x400018D4, "ets_memcmp", compare},
    {0x40002AE8, "ets_bzero", zero},
    {0x40002AE9, ".ets_bzero", fill_more},
    {0x40002AA8, "ets_strcmp", rom_strcmp},
    {0x40002AB8, "ets_strncmp", rom_strncmp},
    {0x40002AC8, "ets_strlen", length},
    {0x40000650, "__muldi3", muldi3},
    {0x40009818, "MD5Init", md5_init},
    {0x40009834, "MD5Update", md5_update},
    {0x40009900, "MD5Final", md5_final},
    {0x4000BDC8, "strcmp", rom_strcmp},
    {0x4000BFA8, "strncmp", rom_strncmp},
    {0x4000BF4C, "strlen", length},
    {0x4000DC88, "__divsi3", divsi3},
    {0x4000DCF0, "__umulsidi3", umulsidi3},
    {0x4000DEA8, "memcmp", compare},
    {0x4000DF48, "memcpy", copy},
    {0x4000DF49, ".memcpy", copy_more},
    {0x4000E04C, "memmove", move},
    {0x4000E04D, ".memmove", copy_more},
    {0x4000E04E, ".memmove", move_back},
    {0x4000E190, "memset", fill},
    {0x4000E191, ".memset", fill_more},
    {0x4000E21C, "__udivsi3", udivsi3},
    {0x4000E268, "__umodsi3", umodsi3},
    {0, NULL, NULL},
};

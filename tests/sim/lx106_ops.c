/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each instruction does. The program counter stands behind the instruction already. */
#include "lx106_ops.h"

#define OP(name) void lx106_op_##name(struct lx106 *c, const struct lx106_insn *i)
#define R	 (c->a[i->r])
#define S	 (c->a[i->s])
#define T	 (c->a[i->t])

#define FLOW_CYCLES 2 /* for the instructions in the pipeline that are dropped */

/* --- arithmetic ------------------------------------------------------------------------------- */

OP(add)
{
	R = S + T;
}
OP(addx2)
{
	R = (S << 1) + T;
}
OP(addx4)
{
	R = (S << 2) + T;
}
OP(addx8)
{
	R = (S << 3) + T;
}
OP(sub)
{
	R = S - T;
}
OP(subx2)
{
	R = (S << 1) - T;
}
OP(subx4)
{
	R = (S << 2) - T;
}
OP(subx8)
{
	R = (S << 3) - T;
}
OP(and)
{
	R = S & T;
}
OP(or)
{
	R = S | T;
}
OP(xor)
{
	R = S ^ T;
}
OP(neg)
{
	R = 0u - T;
}
OP(abs)
{
	R = T & 0x80000000u ? 0u - T : T;
}
OP(addi)
{
	T = S + i->imm;
}
OP(addin)
{
	R = S + i->imm;
}
OP(movi)
{
	T = i->imm;
}
OP(movin)
{
	S = i->imm;
}
OP(mov)
{
	T = S;
}
OP(nop)
{
	(void)c;
	(void)i;
}
OP(mull)
{
	R = S * T;
}
OP(mul16u)
{
	R = (S & 0xFFFF) * (T & 0xFFFF);
}
OP(mul16s)
{
	R = (uint32_t)((int32_t)(int16_t)S * (int32_t)(int16_t)T);
}

static uint32_t leading_zeros(uint32_t v)
{
	uint32_t n = 0;

	while (n < 32 && !(v & 0x80000000u >> n))
		n++;
	return n;
}

OP(nsau)
{
	T = leading_zeros(S);
}
OP(nsa)
{
	uint32_t v = S & 0x80000000u ? ~S : S;

	T = v ? leading_zeros(v) - 1 : 31;
}

/* --- conditional moves ------------------------------------------------------------------------ */

OP(moveqz)
{
	if (T == 0)
		R = S;
}
OP(movnez)
{
	if (T != 0)
		R = S;
}
OP(movltz)
{
	if (T & 0x80000000u)
		R = S;
}
OP(movgez)
{
	if (!(T & 0x80000000u))
		R = S;
}

/* --- shifts ------------------------------------------------------------------------------------- */

static uint32_t sra(uint32_t v, uint32_t n)
{
	if (n > 31)
		n = 31;
	return n && (v & 0x80000000u) ? v >> n | ~(UINT32_MAX >> n) : v >> n;
}

OP(slli)
{
	R = S << i->imm;
}
OP(srai)
{
	R = sra(T, i->imm);
}
OP(srli)
{
	R = T >> i->imm;
}
OP(extui)
{
	R = T >> i->s & i->imm;
}
OP(ssr)
{
	c->sar = S & 31;
}
OP(ssl)
{
	c->sar = 32 - (S & 31);
}
OP(ssa8l)
{
	c->sar = (S & 3) * 8;
}
OP(ssa8b)
{
	c->sar = 32 - (S & 3) * 8;
}
OP(ssai)
{
	c->sar = i->imm;
}
OP(src)
{
	R = (uint32_t)(((uint64_t)S << 32 | T) >> c->sar);
}
OP(srl)
{
	R = c->sar < 32 ? T >> c->sar : 0;
}
OP(sll)
{
	R = c->sar == 0 ? 0 : S << (32 - c->sar);
}
OP(sra)
{
	R = sra(T, c->sar);
}

/* --- flow --------------------------------------------------------------------------------------- */

static inline void go(struct lx106 *c, uint32_t target)
{
	c->cycles += FLOW_CYCLES;
	if (target < c->pc)
		lx106_backwards(c, target);
	c->pc = target;
}

#define BRANCH(name, condition)        \
	OP(name)                       \
	{                              \
		if (condition)         \
			go(c, i->imm); \
	}

BRANCH(beq, S == T)
BRANCH(bne, S != T)
BRANCH(blt, (int32_t)S < (int32_t)T)
BRANCH(bge, (int32_t)S >= (int32_t)T)
BRANCH(bltu, S < T)
BRANCH(bgeu, S >= T)
BRANCH(bnone, (S & T) == 0)
BRANCH(bany, (S & T) != 0)
BRANCH(ball, (~S & T) == 0)
BRANCH(bnall, (~S & T) != 0)
BRANCH(bbc, !(S >> (T & 31) & 1))
BRANCH(bbs, S >> (T & 31) & 1)
BRANCH(bbci, !(S >> i->t & 1))
BRANCH(bbsi, S >> i->t & 1)
BRANCH(beqz, S == 0)
BRANCH(bnez, S != 0)
BRANCH(bltz, (int32_t)S < 0)
BRANCH(bgez, (int32_t)S >= 0)

/* Constants of the immediate branches, by the field r. */
static const int32_t b4const[16] = {-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256};
static const uint32_t b4constu[16] = {
    32768, 65536, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256};

BRANCH(beqi, (int32_t)S == b4const[i->r])
BRANCH(bnei, (int32_t)S != b4const[i->r])
BRANCH(blti, (int32_t)S < b4const[i->r])
BRANCH(bgei, (int32_t)S >= b4const[i->r])
BRANCH(bltui, S < b4constu[i->r])
BRANCH(bgeui, S >= b4constu[i->r])

OP(j)
{
	go(c, i->imm);
}
OP(jx)
{
	go(c, S);
}
OP(ret)
{
	(void)i;
	c->cycles += FLOW_CYCLES;
	c->pc = c->a[0];
}
OP(call0)
{
	c->a[0] = c->pc;
	c->cycles += FLOW_CYCLES;
	c->pc = i->imm;
}
OP(callx0)
{
	uint32_t target = S;

	c->a[0] = c->pc;
	c->cycles += FLOW_CYCLES;
	c->pc = target;
}

/* --- memory ----------------------------------------------------------------------------------- */

static void fault(
    struct lx106 *c, const struct lx106_insn *i, uint32_t addr, unsigned bytes, bool w)
{
	bool iram = addr - LX106_IRAM < LX106_IRAM_SIZE;
	bool regs = addr >= 0x60000000u && addr < 0x60002000u;
	uint32_t cause = w ? LX106_CAUSE_STORE_PROHIBITED : LX106_CAUSE_LOAD_PROHIBITED;

	if (addr & (bytes - 1))
		cause = LX106_CAUSE_ALIGNMENT;
	else if (iram || regs)
		cause = LX106_CAUSE_LOAD_STORE;
	lx106_raise(c, cause, addr, c->pc - i->len);
}

static inline bool load(
    struct lx106 *c, const struct lx106_insn *i, uint32_t addr, unsigned bytes, uint32_t *v)
{
	if (lx106_load(c, addr, bytes, v))
		return true;
	fault(c, i, addr, bytes, false);
	return false;
}

static inline void store(
    struct lx106 *c, const struct lx106_insn *i, uint32_t addr, unsigned bytes, uint32_t v)
{
	if (!lx106_store(c, addr, bytes, v))
		fault(c, i, addr, bytes, true);
}

/* The bulk of all accesses, without a detour. */
OP(l32i)
{
	uint32_t addr = S + i->imm, off = addr - LX106_DRAM, v;

	if (off < LX106_DRAM_SIZE && !(addr & 3)) {
		const uint8_t *p = c->dram + off;

		T = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		    (uint32_t)p[3] << 24;
	} else if (load(c, i, addr, 4, &v)) {
		T = v;
	}
}
OP(l32r)
{
	uint32_t v, addr = i->imm;

	/* With the LITBASE option on, literals are counted from there. */
	if (c->litbase & 1)
		addr = (c->litbase & ~0xFFFu) + (i->imm - ((c->pc - i->len + 3) & ~3u));
	if (load(c, i, addr, 4, &v))
		T = v;
}
OP(l16ui)
{
	uint32_t v;

	if (load(c, i, S + i->imm, 2, &v))
		T = v;
}
OP(l16si)
{
	uint32_t v;

	if (load(c, i, S + i->imm, 2, &v))
		T = (uint32_t)(int32_t)(int16_t)v;
}
OP(l8ui)
{
	uint32_t v, off = S + i->imm - LX106_DRAM;

	if (off < LX106_DRAM_SIZE)
		T = c->dram[off];
	else if (load(c, i, S + i->imm, 1, &v))
		T = v;
}
OP(s32i)
{
	store(c, i, S + i->imm, 4, T);
}
OP(s16i)
{
	store(c, i, S + i->imm, 2, T);
}
OP(s8i)
{
	store(c, i, S + i->imm, 1, T);
}

/* --- the processor itself ----------------------------------------------------------------------- */

OP(ill)
{
	lx106_raise(c, LX106_CAUSE_ILLEGAL, 0, c->pc - i->len);
}
OP(syscall)
{
	lx106_raise(c, LX106_CAUSE_SYSCALL, 0, c->pc - i->len);
}
OP(break)
{
	lx106_stop(c, "break %u, %u at %08x", i->s, i->t, c->pc - i->len);
}
OP(rsil)
{
	T = c->ps;
	c->ps = (c->ps & ~LX106_PS_INTLEVEL) | i->s;
	lx106_look(c);
}
OP(waiti)
{
	c->ps = (c->ps & ~LX106_PS_INTLEVEL) | i->s;
	c->waiting = true;
	c->leave = true;
	lx106_look(c);
}
OP(rfe)
{
	(void)i;
	c->ps &= ~LX106_PS_EXCM;
	c->pc = c->epc[1];
	c->cycles += FLOW_CYCLES;
	lx106_look(c);
}
OP(rfi)
{
	c->ps = c->eps[i->s];
	c->pc = c->epc[i->s];
	c->cycles += FLOW_CYCLES;
	lx106_look(c);
}

static void no_register(struct lx106 *c, const struct lx106_insn *i)
{
	lx106_stop(c, "unknown special register %u at %08x", i->imm, c->pc - i->len);
}

OP(rsr)
{
	uint32_t v;

	if (lx106_rsr(c, i->imm, &v))
		T = v;
	else
		no_register(c, i);
}
OP(wsr)
{
	if (!lx106_wsr(c, i->imm, T))
		no_register(c, i);
}
OP(xsr)
{
	uint32_t old;

	if (!lx106_rsr(c, i->imm, &old) || !lx106_wsr(c, i->imm, T))
		no_register(c, i);
	else
		T = old;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From bytes to instructions, after the opcode maps of the instruction set's manual. The fields'
 * names are the manual's: the low nibble of the first byte is op0, then t, s, r, op1, op2.
 */
#include "lx106_ops.h"

#include <string.h>

#define OP(name) lx106_op_##name

typedef void lx106_fn(struct lx106 *c, const struct lx106_insn *i);

struct fields {
	uint32_t pc, word; /* three bytes, the first lowest */
	unsigned t, s, r, op1, op2;
};

static int32_t extend(uint32_t v, unsigned bits)
{
	uint32_t top = 1u << (bits - 1);

	return (int32_t)((v ^ top) - top);
}

static bool set(struct lx106_insn *i, lx106_fn *fn, unsigned cost)
{
	i->run = fn;
	i->cost = (uint8_t)(cost & 31);
	return fn != NULL;
}

static bool set_imm(struct lx106_insn *i, lx106_fn *fn, unsigned cost, uint32_t imm)
{
	i->imm = imm;
	return set(i, fn, cost);
}

/* --- op0 = 0: registers ------------------------------------------------------------------------- */

static bool jumps(struct lx106_insn *i, const struct fields *f)
{
	switch (f->t) {
	case 0:
		return set(i, OP(ill), 1);
	case 8:
		return set(i, OP(ret), 1);
	case 10:
		return set(i, OP(jx), 1);
	case 12:
		return set(i, OP(callx0), 1);
	default:
		return false;
	}
}

static bool syncs(struct lx106_insn *i, const struct fields *f)
{
	/* ISYNC, RSYNC, ESYNC, DSYNC; EXCW, MEMW, EXTW, NOP */
	static const uint16_t known = 0xB10F;

	return f->s == 0 && (known >> f->t & 1) && set(i, OP(nop), 1);
}

static bool returns(struct lx106_insn *i, const struct fields *f)
{
	if (f->t == 0 && f->s == 0)
		return set(i, OP(rfe), 1);
	if (f->t == 1 && f->s >= 2 && f->s <= 3)
		return set(i, OP(rfi), 1);
	return false;
}

static bool system_group(struct lx106_insn *i, const struct fields *f)
{
	switch (f->r) {
	case 0:
		return jumps(i, f);
	case 2:
		return syncs(i, f);
	case 3:
		return returns(i, f);
	case 4:
		return set(i, OP(break), 1);
	case 5:
		return f->t == 0 && f->s == 0 && set(i, OP(syscall), 1);
	case 6:
		return set(i, OP(rsil), 1);
	case 7:
		return f->t == 0 && set(i, OP(waiti), 1);
	default:
		return false;
	}
}

static bool shift_setup(struct lx106_insn *i, const struct fields *f)
{
	static lx106_fn *const fn[] = {OP(ssr), OP(ssl), OP(ssa8l), OP(ssa8b)};

	if (f->r < 4)
		return f->t == 0 && set(i, fn[f->r], 1);
	if (f->r == 4)
		return (f->t & 14) == 0 && set_imm(i, OP(ssai), 1, f->s | (f->t & 1) << 4);
	if (f->r == 14)
		return set(i, OP(nsa), 1);
	return f->r == 15 && set(i, OP(nsau), 1);
}

static bool group_rst0(struct lx106_insn *i, const struct fields *f)
{
	static lx106_fn *const fn[16] = {NULL, OP(and), OP(or), OP(xor), NULL, NULL, NULL, NULL,
	    OP(add), OP(addx2), OP(addx4), OP(addx8), OP(sub), OP(subx2), OP(subx4), OP(subx8)};

	switch (f->op2) {
	case 0:
		return system_group(i, f);
	case 4:
		return shift_setup(i, f);
	case 6:
		return set(i, f->s == 0 ? OP(neg) : f->s == 1 ? OP(abs) : NULL, 1);
	default:
		return set(i, fn[f->op2], 1);
	}
}

static bool group_rst1(struct lx106_insn *i, const struct fields *f)
{
	unsigned amount = f->op2 & 1;

	switch (f->op2) {
	case 0:
	case 1:
		amount = 32 - (amount << 4 | f->t);
		return amount < 32 && set_imm(i, OP(slli), 1, amount);
	case 2:
	case 3:
		return set_imm(i, OP(srai), 1, amount << 4 | f->s);
	case 4:
		return set_imm(i, OP(srli), 1, f->s);
	case 6:
		return set_imm(i, OP(xsr), 1, f->r << 4 | f->s);
	case 8:
		return set(i, OP(src), 1);
	case 9:
		return f->s == 0 && set(i, OP(srl), 1);
	case 10:
		return f->t == 0 && set(i, OP(sll), 1);
	case 11:
		return f->s == 0 && set(i, OP(sra), 1);
	case 12:
		return set(i, OP(mul16u), 1);
	case 13:
		return set(i, OP(mul16s), 1);
	default:
		return false;
	}
}

static bool group_rst3(struct lx106_insn *i, const struct fields *f)
{
	switch (f->op2) {
	case 0:
		return set_imm(i, OP(rsr), 1, f->r << 4 | f->s);
	case 1:
		return set_imm(i, OP(wsr), 1, f->r << 4 | f->s);
	case 8:
		return set(i, OP(moveqz), 1);
	case 9:
		return set(i, OP(movnez), 1);
	case 10:
		return set(i, OP(movltz), 1);
	case 11:
		return set(i, OP(movgez), 1);
	default:
		return false;
	}
}

static bool group_registers(struct lx106_insn *i, const struct fields *f)
{
	switch (f->op1) {
	case 0:
		return group_rst0(i, f);
	case 1:
		return group_rst1(i, f);
	case 2:
		return f->op2 == 8 && set(i, OP(mull), 2);
	case 3:
		return group_rst3(i, f);
	case 4:
	case 5:
		i->s = (uint8_t)((f->op1 & 1) << 4 | f->s);
		return set_imm(i, OP(extui), 1, (2u << f->op2) - 1);
	default:
		return false;
	}
}

/* --- memory, calls, branches -------------------------------------------------------------------- */

static bool group_l32r(struct lx106_insn *i, const struct fields *f)
{
	uint32_t back = 0xFFFC0000u | (f->word >> 8 & 0xFFFF) << 2;

	return set_imm(i, OP(l32r), 2, ((f->pc + 3) & ~3u) + back);
}

static bool group_memory(struct lx106_insn *i, const struct fields *f)
{
	uint32_t imm8 = f->word >> 16 & 0xFF;

	switch (f->r) {
	case 0:
		return set_imm(i, OP(l8ui), 2, imm8);
	case 1:
		return set_imm(i, OP(l16ui), 2, imm8 << 1);
	case 2:
		return set_imm(i, OP(l32i), 2, imm8 << 2);
	case 4:
		return set_imm(i, OP(s8i), 1, imm8);
	case 5:
		return set_imm(i, OP(s16i), 1, imm8 << 1);
	case 6:
		return set_imm(i, OP(s32i), 1, imm8 << 2);
	case 9:
		return set_imm(i, OP(l16si), 2, imm8 << 1);
	case 10:
		return set_imm(i, OP(movi), 1, (uint32_t)extend(f->s << 8 | imm8, 12));
	case 12:
		return set_imm(i, OP(addi), 1, (uint32_t)extend(imm8, 8));
	case 13:
		return set_imm(i, OP(addi), 1, (uint32_t)extend(imm8, 8) << 8);
	default:
		return false;
	}
}

static bool group_call(struct lx106_insn *i, const struct fields *f)
{
	uint32_t offset = (uint32_t)extend(f->word >> 6 & 0x3FFFF, 18) << 2;

	return (f->t & 3) == 0 && set_imm(i, OP(call0), 1, (f->pc & ~3u) + offset + 4);
}

static bool group_branch_unsigned(struct lx106_insn *i, const struct fields *f, uint32_t target)
{
	if (f->t >> 2 == 2)
		return set_imm(i, OP(bltui), 1, target);
	return f->t >> 2 == 3 && set_imm(i, OP(bgeui), 1, target);
}

static bool group_jump_and_zero(struct lx106_insn *i, const struct fields *f)
{
	static lx106_fn *const zero[] = {OP(beqz), OP(bnez), OP(bltz), OP(bgez)};
	static lx106_fn *const imm[] = {OP(beqi), OP(bnei), OP(blti), OP(bgei)};
	uint32_t near = f->pc + 4 + (uint32_t)extend(f->word >> 16 & 0xFF, 8);

	switch (f->t & 3) {
	case 0:
		return set_imm(
		    i, OP(j), 1, f->pc + 4 + (uint32_t)extend(f->word >> 6 & 0x3FFFF, 18));
	case 1:
		return set_imm(
		    i, zero[f->t >> 2], 1, f->pc + 4 + (uint32_t)extend(f->word >> 12 & 0xFFF, 12));
	case 2:
		return set_imm(i, imm[f->t >> 2], 1, near);
	default:
		return group_branch_unsigned(i, f, near);
	}
}

static bool group_branch(struct lx106_insn *i, const struct fields *f)
{
	static lx106_fn *const fn[16] = {OP(bnone), OP(beq), OP(blt), OP(bltu), OP(ball), OP(bbc),
	    OP(bbci), OP(bbci), OP(bany), OP(bne), OP(bge), OP(bgeu), OP(bnall), OP(bbs), OP(bbsi),
	    OP(bbsi)};

	if ((f->r & 6) == 6) /* the bit's number has five bits, the highest in r */
		i->t = (uint8_t)((f->r & 1) << 4 | f->t);
	return set_imm(i, fn[f->r], 1, f->pc + 4 + (uint32_t)extend(f->word >> 16 & 0xFF, 8));
}

/* --- two bytes ----------------------------------------------------------------------------------- */

static bool narrow_immediate(struct lx106_insn *i, const struct fields *f)
{
	uint32_t imm = (f->t & 7) << 4 | f->r;

	if (!(f->t & 8))
		return set_imm(i, OP(movin), 1, (imm & 0x60) == 0x60 ? imm - 128 : imm);
	return set_imm(i, f->t & 4 ? OP(bnez) : OP(beqz), 1, f->pc + 4 + ((f->t & 3) << 4 | f->r));
}

static bool narrow_other(struct lx106_insn *i, const struct fields *f)
{
	if (f->r == 0)
		return set(i, OP(mov), 1);
	if (f->r != 15)
		return false;
	switch (f->t) {
	case 0:
		return f->s == 0 && set(i, OP(ret), 1);
	case 2:
		return set(i, OP(break), 1);
	case 3:
		return f->s == 0 && set(i, OP(nop), 1);
	case 6:
		return f->s == 0 && set(i, OP(ill), 1);
	default:
		return false;
	}
}

static bool narrow(struct lx106_insn *i, const struct fields *f, unsigned op0)
{
	switch (op0) {
	case 8:
		return set_imm(i, OP(l32i), 2, f->r << 2);
	case 9:
		return set_imm(i, OP(s32i), 1, f->r << 2);
	case 10:
		return set(i, OP(add), 1);
	case 11:
		return set_imm(i, OP(addin), 1, f->t ? f->t : UINT32_MAX);
	case 12:
		return narrow_immediate(i, f);
	case 13:
		return narrow_other(i, f);
	default:
		return false;
	}
}

bool lx106_decode(struct lx106_insn *i, uint32_t pc, const uint8_t bytes[3])
{
	struct fields f = {.pc = pc};
	unsigned op0 = bytes[0] & 15;

	f.word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16;
	f.t = f.word >> 4 & 15;
	f.s = f.word >> 8 & 15;
	f.r = f.word >> 12 & 15;
	f.op1 = f.word >> 16 & 15;
	f.op2 = f.word >> 20 & 15;
	memset(i, 0, sizeof(*i));
	i->t = (uint8_t)f.t;
	i->s = (uint8_t)f.s;
	i->r = (uint8_t)f.r;
	i->len = op0 >= 8 ? 2 : 3;
	switch (op0) {
	case 0:
		return group_registers(i, &f);
	case 1:
		return group_l32r(i, &f);
	case 2:
		return group_memory(i, &f);
	case 5:
		return group_call(i, &f);
	case 6:
		return group_jump_and_zero(i, &f);
	case 7:
		return group_branch(i, &f);
	default:
		return narrow(i, &f, op0);
	}
}

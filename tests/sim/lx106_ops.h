/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instructions, for the decoder's tables alone. */
#ifndef SIM_LX106_OPS_H
#define SIM_LX106_OPS_H

#include "lx106.h"

void lx106_op_add(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_addx2(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_addx4(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_addx8(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_sub(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_subx2(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_subx4(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_subx8(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_and(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_or(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_xor(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_neg(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_abs(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_addi(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_addin(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_movi(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_movin(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_mov(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_nop(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_mull(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_mul16u(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_mul16s(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_nsau(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_nsa(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_moveqz(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_movnez(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_movltz(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_movgez(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_slli(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_srai(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_srli(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_extui(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_ssr(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_ssl(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_ssa8l(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_ssa8b(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_ssai(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_src(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_srl(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_sll(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_sra(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_beq(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bne(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_blt(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bge(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bltu(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bgeu(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bnone(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bany(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_ball(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bnall(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bbc(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bbs(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bbci(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bbsi(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_beqz(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bnez(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bltz(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bgez(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_beqi(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bnei(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_blti(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bgei(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bltui(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_bgeui(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_j(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_jx(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_ret(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_call0(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_callx0(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_l32i(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_l32r(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_l16ui(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_l16si(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_l8ui(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_s32i(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_s16i(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_s8i(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_ill(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_syscall(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_break(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_rsil(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_waiti(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_rfe(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_rfi(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_rsr(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_wsr(struct lx106 *c, const struct lx106_insn *i);
void lx106_op_xsr(struct lx106 *c, const struct lx106_insn *i);

#endif

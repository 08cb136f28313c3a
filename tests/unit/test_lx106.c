/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The virtual chip's core, instruction by instruction, from bytes put together by hand after the
 * manual's formats (the disassembler's text is in the comments). tests/e2e/lx106.sh compares far
 * more of them with qemu. */
#include "sim/lx106.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define CODE (LX106_IRAM + 0x100)
#define DATA (LX106_DRAM + 0x100)

struct rig {
	struct lx106 c;
	uint8_t iram[LX106_IRAM_SIZE], dram[LX106_DRAM_SIZE];
	uint32_t reg, reads, wrote, wrote_at, roms;
};

/* One register at 0x60000000; others are not there. */
static uint32_t bus_read(void *ctx, uint32_t addr, bool *ok)
{
	struct rig *r = ctx;

	r->reads++;
	*ok = addr == 0x60000000u;
	return r->reg;
}

static void bus_write(void *ctx, uint32_t addr, uint32_t value, bool *ok)
{
	struct rig *r = ctx;

	*ok = addr == 0x60000000u;
	r->wrote_at = addr;
	r->wrote = value;
}

/* 0x40001000 counts and returns. */
static bool bus_rom(void *ctx)
{
	struct rig *r = ctx;

	if (r->c.pc != 0x40001000u)
		return false;
	r->roms++;
	r->c.cycles += 10;
	r->c.pc = r->c.a[0];
	return true;
}

static struct rig rig;

static int setup(void **state)
{
	struct lx106_bus bus = {&rig, bus_read, bus_write, bus_rom, NULL};

	memset(&rig, 0, sizeof(rig));
	lx106_init(&rig.c, rig.iram, rig.dram, &bus);
	rig.c.pc = CODE;
	rig.c.ps = LX106_PS_UM;
	rig.c.vecbase = LX106_IRAM;
	*state = &rig;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lx106_fini(&rig.c);
	return 0;
}

static void put(uint32_t addr, const void *bytes, size_t n)
{
	memcpy(rig.iram + (addr - LX106_IRAM), bytes, n);
	lx106_forget(&rig.c, addr, n);
}

/* Runs the bytes; behind them stands something unknown, where it has to stop. */
static void run(const void *bytes, size_t n)
{
	put(CODE, bytes, n);
	put(CODE + (uint32_t)n, "\xFF\xFF\xFF", 3);
	rig.c.pc = CODE;
	rig.c.stopped = false;
	lx106_run(&rig.c, rig.c.cycles + 10000);
	assert_true(rig.c.stopped);
}
#define RUN(...) run((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define A	 rig.c.a

static void set(uint32_t a3, uint32_t a4)
{
	A[3] = a3;
	A[4] = a4;
}

/* --- arithmetic ------------------------------------------------------------------------------- */

static void add_and_sub__wrap(void **state)
{
	(void)state;
	set(0xFFFFFFFF, 2);
	RUN(0x40, 0x23, 0x80); /* add a2, a3, a4 */
	assert_int_equal(A[2], 1);
	RUN(0x40, 0x23, 0xC0); /* sub a2, a3, a4 */
	assert_int_equal(A[2], 0xFFFFFFFD);
	set(0x40000001, 1);
	RUN(0x40, 0x23, 0xB0); /* addx8 a2, a3, a4 */
	assert_int_equal(A[2], 9);
	RUN(0x40, 0x23, 0xD0); /* subx2 a2, a3, a4 */
	assert_int_equal(A[2], 0x80000001);
}

static void logic__and_or_xor_neg_abs(void **state)
{
	(void)state;
	set(0xFF00FF00, 0x0FF00FF0);
	RUN(0x40, 0x23, 0x10);
	assert_int_equal(A[2], 0x0F000F00);
	RUN(0x40, 0x23, 0x20);
	assert_int_equal(A[2], 0xFFF0FFF0);
	RUN(0x40, 0x23, 0x30);
	assert_int_equal(A[2], 0xF0F0F0F0);
	set(0, 0x80000000);
	RUN(0x40, 0x21, 0x60); /* abs a2, a4: the one that has no positive */
	assert_int_equal(A[2], 0x80000000);
	set(0, 5);
	RUN(0x40, 0x20, 0x60); /* neg a2, a4 */
	assert_int_equal(A[2], (uint32_t)-5);
}

static void multiply__low_half_and_16_bits(void **state)
{
	(void)state;
	set(0x10001, 0x10001);
	RUN(0x40, 0x23, 0x82); /* mull a2, a3, a4 */
	assert_int_equal(A[2], 0x20001);
	set(0x1234FFFF, 0x5678FFFF);
	RUN(0x40, 0x23, 0xC1); /* mul16u */
	assert_int_equal(A[2], 0xFFFE0001);
	RUN(0x40, 0x23, 0xD1); /* mul16s */
	assert_int_equal(A[2], 1);
}

static void nsa__counts_sign_bits(void **state)
{
	(void)state;
	set(0, 0);
	RUN(0x20, 0xF3, 0x40); /* nsau a2, a3 */
	assert_int_equal(A[2], 32);
	set(0x00010000, 0);
	RUN(0x20, 0xF3, 0x40);
	assert_int_equal(A[2], 15);
	set(0xFFFFFFFE, 0);
	RUN(0x20, 0xE3, 0x40); /* nsa a2, a3 */
	assert_int_equal(A[2], 30);
	set(0xFFFFFFFF, 0);
	RUN(0x20, 0xE3, 0x40);
	assert_int_equal(A[2], 31);
}

static void immediates__are_signed(void **state)
{
	(void)state;
	RUN(0x22, 0xA8, 0x00); /* movi a2, -2048 */
	assert_int_equal(A[2], (uint32_t)-2048);
	RUN(0x0C, 0xF2); /* movi.n a2, 15 */
	assert_int_equal(A[2], 15);
	RUN(0x7C, 0xF2); /* movi.n a2, -1 */
	assert_int_equal(A[2], (uint32_t)-1);
	RUN(0x5C, 0xF2); /* movi.n a2, 95 */
	assert_int_equal(A[2], 95);
	set(10, 0);
	RUN(0x22, 0xC3, 0xFF); /* addi a2, a3, -1 */
	assert_int_equal(A[2], 9);
	RUN(0x22, 0xD3, 0x80); /* addmi a2, a3, -32768 */
	assert_int_equal(A[2], (uint32_t)(10 - 32768));
	RUN(0x0B, 0x23); /* addi.n a2, a3, -1 */
	assert_int_equal(A[2], 9);
}

/* --- shifts -------------------------------------------------------------------------------------- */

static void shifts__by_constants(void **state)
{
	(void)state;
	set(0x80000001, 0x80000001);
	RUN(0xF0, 0x23, 0x11); /* slli a2, a3, 1 */
	assert_int_equal(A[2], 2);
	RUN(0x40, 0x2F, 0x31); /* srai a2, a4, 31 */
	assert_int_equal(A[2], 0xFFFFFFFF);
	RUN(0x40, 0x21, 0x41); /* srli a2, a4, 1 */
	assert_int_equal(A[2], 0x40000000);
	set(0, 0xABCD1234);
	RUN(0x40, 0x20, 0xF5); /* extui a2, a4, 16, 16 */
	assert_int_equal(A[2], 0xABCD);
}

static void shifts__by_sar__at_its_ends(void **state)
{
	(void)state;
	set(0x12345678, 0x9ABCDEF0);
	A[5] = 0;
	RUN(0x00, 0x15, 0x40, 0x00, 0x23, 0xA1); /* ssl a5; sll a2, a3: not at all */
	assert_int_equal(A[2], 0x12345678);
	RUN(0x00, 0x15, 0x40, 0x40, 0x20, 0xB1); /* ssl a5; sra a2, a4: by 32 */
	assert_int_equal(A[2], 0xFFFFFFFF);
	RUN(0x00, 0x15, 0x40, 0x40, 0x20, 0x91); /* srl a2, a4: by 32 */
	assert_int_equal(A[2], 0);
	A[5] = 8;
	RUN(0x00, 0x05, 0x40, 0x40, 0x23, 0x81); /* ssr a5; src a2, a3, a4 */
	assert_int_equal(A[2], 0x789ABCDE);
	A[5] = 3;
	RUN(0x00, 0x25, 0x40, 0x40, 0x23, 0x81); /* ssa8l a5; src */
	assert_int_equal(A[2], 0x3456789A);
}

static void conditional_moves__by_the_third(void **state)
{
	(void)state;
	set(7, 0);
	A[2] = 1;
	RUN(0x40, 0x23, 0x93); /* movnez a2, a3, a4 */
	assert_int_equal(A[2], 1);
	RUN(0x40, 0x23, 0x83); /* moveqz */
	assert_int_equal(A[2], 7);
	set(8, 0x80000000);
	RUN(0x40, 0x23, 0xB3); /* movgez */
	assert_int_equal(A[2], 7);
	RUN(0x40, 0x23, 0xA3); /* movltz */
	assert_int_equal(A[2], 8);
}

/* --- memory ------------------------------------------------------------------------------------- */

static void loads__extend_or_not(void **state)
{
	(void)state;
	memcpy(rig.dram + 0x100, "\x80\xFF\x01\x02\x03\x04\x05\x06", 8);
	A[3] = DATA;
	RUN(0x22, 0x03, 0x01); /* l8ui a2, a3, 1 */
	assert_int_equal(A[2], 0xFF);
	RUN(0x22, 0x13, 0x00); /* l16ui a2, a3, 0 */
	assert_int_equal(A[2], 0xFF80);
	RUN(0x22, 0x93, 0x00); /* l16si a2, a3, 0 */
	assert_int_equal(A[2], 0xFFFFFF80);
	RUN(0x22, 0x23, 0x01); /* l32i a2, a3, 4 */
	assert_int_equal(A[2], 0x06050403);
	RUN(0x28, 0x13); /* l32i.n a2, a3, 4 */
	assert_int_equal(A[2], 0x06050403);
}

static void stores__touch_their_bytes_alone(void **state)
{
	(void)state;
	A[3] = DATA;
	A[2] = 0xAABBCCDD;
	RUN(0x22, 0x43, 0x01, 0x22, 0x53, 0x01, 0x29, 0x13); /* s8i 1; s16i 2; s32i.n 4 */
	assert_memory_equal(rig.dram + 0x100, "\x00\xDD\xDD\xCC\xDD\xCC\xBB\xAA\x00", 9);
}

static void l32r__reads_behind_itself(void **state)
{
	(void)state;
	put(CODE - 4, "\x78\x56\x34\x12", 4);
	RUN(0x21, 0xFF, 0xFF); /* l32r a2, . - 4 */
	assert_int_equal(A[2], 0x12345678);
}

static void registers_of_the_chip__are_words(void **state)
{
	(void)state;
	rig.reg = 0xCAFE;
	A[3] = 0x60000000;
	RUN(0x28, 0x03, 0x29, 0x03); /* l32i.n, s32i.n */
	assert_int_equal(A[2], 0xCAFE);
	assert_int_equal(rig.wrote, 0xCAFE);
	RUN(0x22, 0x03, 0x00); /* l8ui */
	assert_int_equal(rig.c.exccause, LX106_CAUSE_LOAD_STORE);
}

/* --- exceptions ---------------------------------------------------------------------------------- */

static void assert_exception(uint32_t cause, uint32_t vaddr)
{
	assert_int_equal(rig.c.exccause, cause);
	assert_int_equal(rig.c.excvaddr, vaddr);
	assert_int_equal(rig.c.epc[1], CODE);
	assert_true(rig.c.ps & LX106_PS_EXCM);
	/* The handler's place is empty: ILL there, within an exception. */
	assert_non_null(strstr(rig.c.why, "at 40100050"));
	assert_non_null(strstr(rig.c.why, "within an exception"));
	rig.c.ps = LX106_PS_UM;
}

static void iram__takes_words_alone(void **state)
{
	(void)state;
	A[3] = LX106_IRAM + 0x2000;
	A[2] = 0x11223344;
	RUN(0x29, 0x03, 0x48, 0x03); /* s32i.n a2; l32i.n a4 */
	assert_int_equal(A[4], 0x11223344);
	RUN(0x22, 0x03, 0x00); /* l8ui */
	assert_exception(LX106_CAUSE_LOAD_STORE, LX106_IRAM + 0x2000);
	RUN(0x22, 0x53, 0x01); /* s16i */
	assert_exception(LX106_CAUSE_LOAD_STORE, LX106_IRAM + 0x2002);
	assert_int_equal(rig.iram[0x2002], 0x22);
}

static void unaligned_access__faults(void **state)
{
	(void)state;
	A[3] = DATA + 2;
	RUN(0x28, 0x03);
	assert_exception(LX106_CAUSE_ALIGNMENT, DATA + 2);
	A[3] = DATA + 1;
	RUN(0x22, 0x53, 0x00);
	assert_exception(LX106_CAUSE_ALIGNMENT, DATA + 1);
}

static void nowhere__faults(void **state)
{
	(void)state;
	A[3] = 0x20000000;
	RUN(0x28, 0x03);
	assert_exception(LX106_CAUSE_LOAD_PROHIBITED, 0x20000000);
	RUN(0x29, 0x03);
	assert_exception(LX106_CAUSE_STORE_PROHIBITED, 0x20000000);
}

static void rfe__goes_back(void **state)
{
	(void)state;
	/* The handler: a5 from EPC1, three more, rfe. */
	put(LX106_IRAM + 0x50,
	    (const uint8_t[]){
		0x50, 0xB1, 0x03, 0x52, 0xC5, 0x03, 0x50, 0xB1, 0x13, 0x00, 0x30, 0x00},
	    12);
	RUN(0x00, 0x50, 0x00, 0x1C, 0x02); /* syscall; movi.n a2, 16 */
	assert_int_equal(rig.c.exccause, LX106_CAUSE_SYSCALL);
	assert_int_equal(A[5], CODE + 3);
	assert_int_equal(A[2], 16);
	assert_false(rig.c.ps & LX106_PS_EXCM);
}

static void unknown_instruction__stops_it__with_address_and_bytes(void **state)
{
	(void)state;
	RUN(0x3D, 0xF0); /* nop.n */
	assert_string_equal(rig.c.why, "unknown instruction at 40100102: ff ff ff");
	RUN(0x40, 0x23, 0xA2); /* muluh, which this core has not */
	assert_string_equal(rig.c.why, "unknown instruction at 40100100: 40 23 a2");
	RUN(0x36, 0x41, 0x00); /* entry */
	assert_string_equal(rig.c.why, "unknown instruction at 40100100: 36 41 00");
}

static void code_elsewhere__is_played_or_stops(void **state)
{
	(void)state;
	A[3] = 0x40001000;
	RUN(0xC0, 0x03, 0x00); /* callx0 a3 */
	assert_int_equal(rig.roms, 1);
	assert_int_equal(A[0], CODE + 3);
	A[3] = 0x40001004;
	RUN(0xC0, 0x03, 0x00);
	assert_non_null(strstr(rig.c.why, "no code at 40001004"));
}

/* --- flow ----------------------------------------------------------------------------------------- */

static void branches__go_or_do_not(void **state)
{
	(void)state;
	set((uint32_t)-1, 1);
	A[2] = 0;
	RUN(0x47, 0x23, 0x01, 0x1C, 0x02, 0x0C, 0x12); /* blt a3, a4, over a movi.n a2, 16; 1 */
	assert_int_equal(A[2], 1);
	A[2] = 0;
	RUN(0x47, 0x33, 0x01, 0x1B, 0x22, 0x1B, 0x22); /* bltu: not; addi.n a2, a2, 1 twice */
	assert_int_equal(A[2], 2);
	A[2] = 0;
	RUN(0x26, 0x03, 0x01, 0x1B, 0x22, 0x1B, 0x22); /* beqi a3, -1 */
	assert_int_equal(A[2], 1);
	A[2] = 0;
	RUN(0x07, 0xE3, 0x01, 0x1B, 0x22, 0x1B, 0x22); /* bbsi a3, 0 */
	assert_int_equal(A[2], 1);
}

static void call0__leaves_the_way_back(void **state)
{
	(void)state;
	/* call0 to CODE + 8; addi.n a2, a2, 1; j to the end; ... ; movi.n a2, 5; ret.n */
	RUN(0x45, 0x00, 0x00, 0x1B, 0x22, 0x06, 0x00, 0x00, 0x0C, 0x52, 0x0D, 0xF0);
	assert_int_equal(A[0], CODE + 3);
	assert_int_equal(A[2], 6);
}

static void changed_code__is_what_runs(void **state)
{
	(void)state;
	RUN(0x0C, 0x12); /* movi.n a2, 1 */
	assert_int_equal(A[2], 1);
	/* The program changes the word at CODE + 8 from movi.n a2, 1 to movi.n a2, 2. */
	A[3] = CODE;
	A[4] = 0xF03D220C;
	RUN(0x3D, 0xF0, 0x3D, 0xF0, 0x3D, 0xF0, 0x49, 0x23, 0x0C, 0x12, 0x3D, 0xF0);
	assert_int_equal(A[2], 2);
}

/* --- interrupts and time ---------------------------------------------------------------------------- */

static void interrupt__is_taken__when_enabled_and_let_in(void **state)
{
	(void)state;
	put(LX106_IRAM + 0x50, "\xFF\xFF\xFF", 3);
	lx106_line(&rig.c, 5, true);
	RUN(0x0C, 0x12);
	assert_non_null(strstr(rig.c.why, "40100102")); /* not enabled */
	rig.c.intenable = 1 << 5;
	rig.c.ps = LX106_PS_UM | 1;
	RUN(0x0C, 0x12);
	assert_non_null(strstr(rig.c.why, "40100102")); /* the level holds it off */
	RUN(0x20, 0x60, 0x00, 0x1C, 0x03);		/* rsil a2, 0; movi.n a3, 16 */
	assert_int_equal(A[2], LX106_PS_UM | 1);
	assert_non_null(strstr(rig.c.why, "40100050"));
	assert_int_equal(rig.c.exccause, LX106_CAUSE_INTERRUPT);
	assert_int_equal(rig.c.epc[1], CODE + 3);
	assert_int_equal(A[3], 0);
}

static void waiti__waits__until_an_interrupt(void **state)
{
	(void)state;
	put(LX106_IRAM + 0x50, "\xFF\xFF\xFF", 3);
	put(CODE, (const uint8_t[]){0x00, 0x70, 0x00, 0xFF, 0xFF, 0xFF}, 6); /* waiti 0 */
	rig.c.intenable = 1 << 5;
	lx106_run(&rig.c, 5000);
	assert_false(rig.c.stopped);
	assert_int_equal(rig.c.cycles, 5000);
	assert_true(lx106_idle_until(&rig.c) == LX106_NEVER);
	lx106_line(&rig.c, 5, true);
	lx106_run(&rig.c, 6000);
	assert_int_equal(rig.c.epc[1], CODE + 3);
	assert_in_range(rig.c.cycles, 5000, 5010);
}

static void ccompare__interrupts_at_its_cycle(void **state)
{
	(void)state;
	put(LX106_IRAM + 0x50, "\xFF\xFF\xFF", 3);
	A[3] = 1000;
	A[4] = 1 << LX106_INT_TIMER;
	/* wsr.ccompare0 a3; wsr.intenable a4; waiti 0 */
	put(CODE, (const uint8_t[]){0x30, 0xF0, 0x13, 0x40, 0xE4, 0x13, 0x00, 0x70, 0x00}, 9);
	lx106_run(&rig.c, 5);
	assert_true(lx106_idle_until(&rig.c) == 1000);
	lx106_run(&rig.c, 5000);
	assert_true(rig.c.stopped);
	assert_in_range(rig.c.cycles, 1000, 1010);
}

static int64_t cycles_of(const void *bytes, size_t n)
{
	int64_t before = rig.c.cycles;

	run(bytes, n);
	return rig.c.cycles - before;
}
#define CYCLES(...) \
	cycles_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void cycles__of_instructions(void **state)
{
	(void)state;
	A[3] = DATA;
	assert_int_equal(CYCLES(0x40, 0x23, 0x80), 1);		   /* add */
	assert_int_equal(CYCLES(0x28, 0x03), 2);		   /* l32i.n */
	assert_int_equal(CYCLES(0x29, 0x03), 1);		   /* s32i.n */
	assert_int_equal(CYCLES(0x16, 0x03, 0x00, 0x3D, 0xF0), 2); /* beqz a3: not taken */
	assert_int_equal(CYCLES(0x56, 0x13, 0x00, 0x3D, 0xF0), 3); /* bnez a3: taken */
	A[3] = 0x60000000;
	assert_int_equal(CYCLES(0x28, 0x03), 9); /* a register of the chip */
	assert_int_equal(CYCLES(0x29, 0x03), 4);
}

static void waiting_loop__is_seen__and_passed_at_once(void **state)
{
	(void)state;
	/* l32i.n a2, a3; beqz a2, back: until the register changes */
	A[3] = 0x60000000;
	put(CODE, (const uint8_t[]){0x28, 0x03, 0x16, 0xA2, 0xFF, 0xFF, 0xFF, 0xFF}, 8);
	lx106_run(&rig.c, 1000000);
	assert_true(rig.reads < 100);
	assert_true(rig.c.cycles >= 1000000);
	assert_true(lx106_idle_until(&rig.c) == LX106_NEVER);
	/* Something happened: it looks again, and goes on. */
	rig.reg = 1;
	lx106_look(&rig.c);
	assert_true(lx106_idle_until(&rig.c) == rig.c.cycles);
	lx106_run(&rig.c, 1001000);
	assert_true(rig.c.stopped);
}

static void working_loop__is_not_taken_for_one_that_waits(void **state)
{
	(void)state;
	/* movi a2, 1000; addi.n a2, a2, -1; bnez a2, back */
	RUN(0x22, 0xA3, 0xE8, 0x0B, 0x22, 0x56, 0xA2, 0xFF);
	assert_int_equal(A[2], 0);
	assert_int_equal(rig.c.cycles, 1 + 1000 * 2 + 999 * 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(add_and_sub__wrap),
	    T(logic__and_or_xor_neg_abs),
	    T(multiply__low_half_and_16_bits),
	    T(nsa__counts_sign_bits),
	    T(immediates__are_signed),
	    T(shifts__by_constants),
	    T(shifts__by_sar__at_its_ends),
	    T(conditional_moves__by_the_third),
	    T(loads__extend_or_not),
	    T(stores__touch_their_bytes_alone),
	    T(l32r__reads_behind_itself),
	    T(registers_of_the_chip__are_words),
	    T(iram__takes_words_alone),
	    T(unaligned_access__faults),
	    T(nowhere__faults),
	    T(rfe__goes_back),
	    T(unknown_instruction__stops_it__with_address_and_bytes),
	    T(code_elsewhere__is_played_or_stops),
	    T(branches__go_or_do_not),
	    T(call0__leaves_the_way_back),
	    T(changed_code__is_what_runs),
	    T(interrupt__is_taken__when_enabled_and_let_in),
	    T(waiti__waits__until_an_interrupt),
	    T(ccompare__interrupts_at_its_cycle),
	    T(cycles__of_instructions),
	    T(waiting_loop__is_seen__and_passed_at_once),
	    T(working_loop__is_not_taken_for_one_that_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

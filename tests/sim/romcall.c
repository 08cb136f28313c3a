/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ROM for code that runs in RAM: entered at its addresses, played in C. A function that takes
 * long is played piece by piece, its state in the registers that a function may change (a2 to
 * a11), so that interrupts come in between and may call the ROM themselves.
 *
 * Here: the table of what is known, interrupts and exceptions, the ROM's data in RAM, and what
 * belongs to the system. Facts: esp-serial-protocol.md 3.7 and 3.8 and the annotated disassembly
 * that it names; where cycles are counted they are that code's instructions, with the costs of
 * lx106.h.
 */
#include "simint.h"

#include <string.h>

#define ROM	       0x40000000u
#define EXC_TABLE      0x3FFFC000u /* 64 handlers by cause */
#define INT_ENABLED    0x3FFFC200u /* what ets_isr_unmask has let in */
#define INT_PRIORITY   0x3FFFC204u /* what the present handler lets in */
#define INT_HANDLERS   0x3FFFC278u /* of interrupt 0: function, argument; n lies 8 n before it */
#define TICKS_PER_US   0x3FFFC704u
#define FLASHCHIP_PTR  0x3FFFC714u
#define FLASHCHIP      0x3FFFC718u
#define USER_START     0x3FFFDCD0u
#define UART_DEV       0x3FFFDE10u
#define RX_RING	       0x3FFFDE60u
#define UNHANDLED_EXC  0x4000DC44u
#define UNHANDLED_INT  0x4000DC3Cu
#define L1INT	       0x4000048Cu
#define INT_RETURN     0x4000050Cu
#define ROM_RX_HANDLER 0x40003BBCu
#define INTERRUPTS     15u

/* --- the table ----------------------------------------------------------------------------------- */

static const struct sim_romcall *const tables[] = {
    sim_romcall_system, sim_romcall_flash, sim_romcall_uart, sim_romcall_lib};

void sim_romcall_init(struct sim_cpu *cpu)
{
	unsigned n = 0;

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct sim_romcall *r = tables[t]; r->addr && n < 255; r++) {
			cpu->calls[++n] = r;
			cpu->entry[r->addr - ROM] = (uint8_t)n;
		}
	}
}

const char *sim_romcall_name(uint32_t addr)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct sim_romcall *r = tables[t]; r->addr; r++)
			if (r->addr == addr)
				return r->name;
	return NULL;
}

bool sim_romcall_play(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t off = c->pc - ROM;
	const struct sim_romcall *r;

	if (off >= sizeof(cpu->entry) || cpu->entry[off] == 0)
		return false;
	r = cpu->calls[cpu->entry[off]];
	if (cpu->dev->cfg.trace_rom && r->name[0] != '.')
		sim_device_trace(cpu->dev, cpu->dev->now, "rom %s(%08x, %08x, %08x) from %08x",
		    r->name, c->a[2], c->a[3], c->a[4], c->a[0]);
	r->play(cpu);
	return true;
}

void sim_romcall_return(struct sim_cpu *cpu, uint32_t value, int64_t cycles)
{
	struct lx106 *c = &cpu->core;

	c->a[2] = value;
	c->pc = c->a[0];
	c->cycles += cycles;
}

static void bad_access(struct sim_cpu *cpu, uint32_t addr, bool write)
{
	lx106_stop(&cpu->core, "%s at %08x by ROM function %08x, called from before %08x",
	    write ? "bad store" : "bad load", addr, cpu->core.pc, cpu->core.a[0]);
}

bool sim_romcall_load(struct sim_cpu *cpu, uint32_t addr, unsigned bytes, uint32_t *value)
{
	*value = 0;
	if (lx106_load(&cpu->core, addr, bytes, value))
		return true;
	bad_access(cpu, addr, false);
	return false;
}

bool sim_romcall_store(struct sim_cpu *cpu, uint32_t addr, unsigned bytes, uint32_t value)
{
	if (lx106_store(&cpu->core, addr, bytes, value))
		return true;
	bad_access(cpu, addr, true);
	return false;
}

/* --- the ROM's data -------------------------------------------------------------------------------- */

static void put32(struct sim_device *dev, uint32_t addr, uint32_t value)
{
	uint8_t *p = sim_regs_ram(dev, addr, 4);

	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static void uart_data(struct sim_device *dev)
{
	put32(dev, UART_DEV, 115200);
	put32(dev, UART_DEV + 4, 3);
	put32(dev, UART_DEV + 24, 0x100);
	put32(dev, UART_DEV + 28, RX_RING);
	put32(dev, UART_DEV + 32, RX_RING);
	put32(dev, UART_DEV + 36, RX_RING);
	put32(dev, UART_DEV + 40, 1);
	put32(dev, UART_DEV + 48, 100);
	put32(dev, UART_DEV + 52, RX_RING + 0x100);
}

void sim_romcall_data(struct sim_device *dev)
{
	static const uint32_t chip[] = {0x001640EF, 0x400000, 0x10000, 0x1000, 0x100, 0xFFFF};

	for (uint32_t n = 0; n < 64; n++)
		put32(dev, EXC_TABLE + 4 * n, UNHANDLED_EXC);
	put32(dev, EXC_TABLE + 4 * LX106_CAUSE_INTERRUPT, L1INT);
	for (uint32_t n = 0; n < INTERRUPTS; n++) {
		put32(dev, INT_HANDLERS - 8 * n, UNHANDLED_INT);
		put32(dev, INT_HANDLERS - 8 * n + 4, n);
	}
	put32(dev, INT_HANDLERS - 8 * SIM_INT_UART, ROM_RX_HANDLER);
	put32(dev, INT_HANDLERS - 8 * SIM_INT_UART + 4, UART_DEV + 24);
	put32(dev, INT_ENABLED, 0);
	put32(dev, INT_PRIORITY, UINT32_MAX);
	put32(dev, TICKS_PER_US, SIM_CPU_HZ / 1000000);
	put32(dev, FLASHCHIP_PTR, FLASHCHIP);
	for (uint32_t n = 0; n < 6; n++)
		put32(dev, FLASHCHIP + 4 * n, chip[n]);
	uart_data(dev);
}

/* --- exceptions and interrupts ---------------------------------------------------------------------- */

/* 0x40000050: a frame of 256 bytes, and on to the handler of the cause. */
static void user_vector(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t frame = c->a[1] - 256, handler;

	if (!sim_romcall_store(cpu, frame + 20, 4, c->a[2]) ||
	    !sim_romcall_store(cpu, frame + 24, 4, c->a[3]) ||
	    !sim_romcall_store(cpu, frame + 28, 4, c->a[4]) ||
	    !sim_romcall_load(cpu, EXC_TABLE + 4 * (c->exccause & 63), 4, &handler))
		return;
	c->a[1] = frame;
	c->a[2] = c->exccause;
	c->a[3] = handler;
	c->pc = handler;
	c->cycles += 13;
}

static void unhandled_exception(struct sim_cpu *cpu)
{
	const struct lx106 *c = &cpu->core;

	lx106_stop(&cpu->core, "exception %u at %08x, address %08x, a0 %08x", c->exccause,
	    c->epc[1], c->excvaddr, c->a[0]);
}

static void kernel_vector(struct sim_cpu *cpu)
{
	unhandled_exception(cpu); /* the ROM breaks there for ever */
}

/* The highest interrupt of those pending gets the word; those above it may interrupt it. (That
 * the ROM's table of priorities says so is assumed: its content is not in the disassembly.) */
static void call_handler(struct sim_cpu *cpu, uint32_t pending)
{
	struct lx106 *c = &cpu->core;
	uint32_t n = 31, handler, arg, enabled, above;

	while (!(pending >> n & 1))
		n--;
	above = UINT32_MAX << n << 1;
	c->latched &= ~(1u << n);
	if (!sim_romcall_load(cpu, INT_HANDLERS - 8 * n, 4, &handler) ||
	    !sim_romcall_load(cpu, INT_HANDLERS - 8 * n + 4, 4, &arg) ||
	    !sim_romcall_load(cpu, INT_ENABLED, 4, &enabled) ||
	    !sim_romcall_store(cpu, INT_PRIORITY, 4, above))
		return;
	c->intenable = enabled & above;
	c->ps = LX106_PS_UM;
	c->a[0] = INT_RETURN;
	c->a[2] = arg;
	c->a[3] = c->a[1];
	c->pc = handler;
	c->cycles += 40;
	lx106_look(c);
}

/* 0x4000048c: the rest of the registers into the frame. */
static void l1int(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t frame = c->a[1], priority;
	bool ok = sim_romcall_store(cpu, frame, 4, c->epc[1]) &&
		  sim_romcall_store(cpu, frame + 4, 4, c->ps & ~LX106_PS_EXCM) &&
		  sim_romcall_store(cpu, frame + 8, 4, c->sar) &&
		  sim_romcall_store(cpu, frame + 16, 4, c->a[0]) &&
		  sim_romcall_load(cpu, INT_PRIORITY, 4, &priority) &&
		  sim_romcall_store(cpu, frame + 12, 4, priority);

	for (uint32_t n = 5; ok && n < 16; n++)
		ok = sim_romcall_store(cpu, frame + 12 + 4 * n, 4, c->a[n]);
	if (!ok)
		return;
	c->cycles += 28;
	if (lx106_pending(c) == 0) {
		c->pc = INT_RETURN;
		return;
	}
	call_handler(cpu, lx106_pending(c));
}

/* 0x4000050c: the handler has come back; more of them, or back to what was interrupted. */
static void int_return(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t frame = c->a[1], priority, enabled, a3, a4;

	if (!sim_romcall_load(cpu, frame + 12, 4, &priority) ||
	    !sim_romcall_load(cpu, INT_ENABLED, 4, &enabled))
		return;
	if ((c->lines | c->latched) & priority & enabled) {
		c->cycles += 20;
		call_handler(cpu, (c->lines | c->latched) & priority & enabled);
		return;
	}
	if (!sim_romcall_store(cpu, INT_PRIORITY, 4, priority) ||
	    !sim_romcall_load(cpu, frame, 4, &c->pc) ||
	    !sim_romcall_load(cpu, frame + 4, 4, &c->ps) ||
	    !sim_romcall_load(cpu, frame + 8, 4, &c->sar) ||
	    !sim_romcall_load(cpu, frame + 16, 4, &c->a[0]) ||
	    !sim_romcall_load(cpu, frame + 20, 4, &c->a[2]) ||
	    !sim_romcall_load(cpu, frame + 24, 4, &a3) ||
	    !sim_romcall_load(cpu, frame + 28, 4, &a4))
		return;
	for (uint32_t n = 5; n < 16; n++)
		if (!sim_romcall_load(cpu, frame + 12 + 4 * n, 4, &c->a[n]))
			return;
	c->a[3] = a3;
	c->a[4] = a4;
	c->a[1] = frame + 256;
	c->intenable = enabled & priority;
	c->cycles += 60;
	lx106_look(c);
}

static void unhandled_interrupt(struct sim_cpu *cpu)
{
	lx106_stop(&cpu->core, "interrupt %u has no handler", cpu->core.a[2]);
}

static void isr_attach(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t n = c->a[2], old;

	if (n >= INTERRUPTS) {
		sim_romcall_return(cpu, 0, 12);
		return;
	}
	if (!sim_romcall_load(cpu, INT_HANDLERS - 8 * n, 4, &old) ||
	    !sim_romcall_store(cpu, INT_HANDLERS - 8 * n, 4, c->a[3] ? c->a[3] : UNHANDLED_INT) ||
	    !sim_romcall_store(cpu, INT_HANDLERS - 8 * n + 4, 4, c->a[3] ? c->a[4] : n))
		return;
	sim_romcall_return(cpu, old == UNHANDLED_INT ? 0 : old, 36);
}

static void set_enabled(struct sim_cpu *cpu, uint32_t set, uint32_t clear)
{
	struct lx106 *c = &cpu->core;
	uint32_t enabled, priority;

	if (!sim_romcall_load(cpu, INT_ENABLED, 4, &enabled) ||
	    !sim_romcall_load(cpu, INT_PRIORITY, 4, &priority) ||
	    !sim_romcall_store(cpu, INT_ENABLED, 4, (enabled | set) & ~clear))
		return;
	c->intenable = ((enabled | set) & ~clear) & priority;
	sim_romcall_return(cpu, enabled, 30);
	lx106_look(c);
}

static void isr_mask(struct sim_cpu *cpu)
{
	set_enabled(cpu, 0, cpu->core.a[2]);
}

static void isr_unmask(struct sim_cpu *cpu)
{
	set_enabled(cpu, cpu->core.a[2], 0);
}

static void intr_lock(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t old = c->ps;

	c->ps = (c->ps & ~LX106_PS_INTLEVEL) | 3;
	sim_romcall_return(cpu, old, 8);
}

static void intr_unlock(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t old = c->ps;

	c->ps &= ~LX106_PS_INTLEVEL;
	sim_romcall_return(cpu, old, 4);
	lx106_look(c);
}

/* --- the system --------------------------------------------------------------------------------------- */

static void set_user_start(struct sim_cpu *cpu)
{
	if (sim_romcall_store(cpu, USER_START, 4, cpu->core.a[2]))
		sim_romcall_return(cpu, cpu->core.a[2], 8);
}

/* Into main again, at the point that loads the application (or, with a start address set, calls
 * that): the processor is the ROM's again. */
static void load_app(struct sim_cpu *cpu)
{
	cpu->running = false;
	cpu->core.stopped = true;
	cpu->core.leave = true;
	sim_device_trace(
	    cpu->dev, cpu->dev->now, "ram code hands over to the rom: loads from flash");
	sim_boot_flash(cpu->dev);
}

/* UartDwnLdProc, the loader's loop: as if it had never been left. */
static void loader_again(struct sim_cpu *cpu)
{
	cpu->running = false;
	cpu->core.stopped = true;
	cpu->core.leave = true;
	sim_device_trace(cpu->dev, cpu->dev->now, "ram code goes back to the rom's loader");
	sim_device_set_mode(cpu->dev, SIM_MODE_LOADER);
}

static void user_code_done(struct sim_cpu *cpu)
{
	static const char text[] = "user code done\n";

	cpu->running = false;
	cpu->core.stopped = true;
	cpu->core.leave = true;
	sim_device_trace(cpu->dev, cpu->dev->now, "ram code returns to the rom");
	sim_device_send(cpu->dev, text, sizeof(text) - 1);
	sim_device_set_mode(cpu->dev, SIM_MODE_HANG); /* ets_run: a loop without tasks */
}

static void software_reset(struct sim_cpu *cpu)
{
	cpu->dev->pending_reset = SIM_CAUSE_SOFTWARE;
}

/* 0x40000080: as a reset's vector, but the straps and the cause are the old ones. */
static void reset_vector(struct sim_cpu *cpu)
{
	cpu->dev->pending_reset = SIM_CAUSE_EXT_RESET;
}

static void reset_reason(struct sim_cpu *cpu)
{
	sim_romcall_return(cpu, (uint32_t)cpu->dev->cause, 20);
}

/* Piece by piece: a3 becomes the end, in cycles of CCOUNT. */
static void delay_us(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t ticks;

	if (!sim_romcall_load(cpu, TICKS_PER_US, 4, &ticks))
		return;
	c->a[3] = lx106_ccount(c) + 20 + c->a[2] * ticks;
	c->pc++;
}

static void delay_more(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	int32_t left = (int32_t)(c->a[3] - lx106_ccount(c));

	if (left <= 0 || lx106_sleep(c, c->cycles + left))
		sim_romcall_return(cpu, 0, 8);
}

static void cpu_frequency(struct sim_cpu *cpu)
{
	uint32_t v;

	if (sim_romcall_load(cpu, TICKS_PER_US, 4, &v))
		sim_romcall_return(cpu, v, 7);
}

static void set_cpu_frequency(struct sim_cpu *cpu)
{
	if (sim_romcall_store(cpu, TICKS_PER_US, 4, cpu->core.a[2]))
		sim_romcall_return(cpu, cpu->core.a[2], 7);
}

/* The watchdog is not played: it never bites. */
static void nothing(struct sim_cpu *cpu)
{
	sim_romcall_return(cpu, 0, 20);
}

const struct sim_romcall sim_romcall_system[] = {
    {0x40000030, ".kernel exception", kernel_vector},
    {0x40000050, ".user exception", user_vector},
    {0x40000080, "_ResetVector", reset_vector},
    {L1INT, ".interrupt", l1int},
    {INT_RETURN, ".interrupt's end", int_return},
    {UNHANDLED_EXC, ".unhandled exception", unhandled_exception},
    {UNHANDLED_INT, ".unhandled interrupt", unhandled_interrupt},
    {0x4000DBF8, "_xtos_p_none", nothing},
    {0x40000F74, "ets_intr_lock", intr_lock},
    {0x40000F80, "ets_intr_unlock", intr_unlock},
    {0x40000F88, "ets_isr_attach", isr_attach},
    {0x40000F98, "ets_isr_mask", isr_mask},
    {0x40000FA8, "ets_isr_unmask", isr_unmask},
    {0x4000BDA4, "_xtos_ints_off", isr_mask},
    {0x4000BD84, "_xtos_ints_on", isr_unmask},
    {0x4000BD28, "_xtos_set_interrupt_handler_arg", isr_attach},
    {0x40000FBC, "ets_set_user_start", set_user_start},
    {0x400010A8, "load the application", load_app},
    {0x40001100, "user code done", user_code_done},
    {0x400025E0, "rtc_get_reset_reason", reset_reason},
    {0x4000264C, "software_reset", software_reset},
    {0x40002ECC, "ets_delay_us", delay_us},
    {0x40002ECD, ".ets_delay_us", delay_more},
    {0x40002F04, "ets_update_cpu_frequency", set_cpu_frequency},
    {0x40002F0C, "ets_get_cpu_frequency", cpu_frequency},
    {0x40002FA0, "ets_wdt_enable", nothing},
    {0x40003368, "UartDwnLdProc", loader_again},
    {0x400030F0, "ets_wdt_disable", nothing},
    {0x40003158, "ets_wdt_restore", nothing},
    {0, NULL, NULL},
};

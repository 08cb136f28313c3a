/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The core's clockwork: running, interrupts and exceptions, memory, waiting; see lx106.h. */
#include "lx106.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR_USER	 0x50u
#define VECTOR_KERNEL	 0x30u
#define RESET_PS	 0x1Fu
#define LEVEL1		 0x3FFFu /* interrupts of level 1; 14 is not played */
#define EDGES		 0x3F00u
#define EXCEPTION_CYCLES 5
#define IO_READ_CYCLES	 7
#define IO_WRITE_CYCLES	 3

void lx106_stop(struct lx106 *c, const char *fmt, ...)
{
	va_list ap;

	if (c->stopped)
		return;
	va_start(ap, fmt);
	vsnprintf(c->why, sizeof(c->why), fmt, ap);
	va_end(ap);
	c->stopped = true;
	c->leave = true;
}

/* --- decoding on first sight ------------------------------------------------------------------ */

static void first_sight(struct lx106 *c, const struct lx106_insn *at)
{
	uint32_t off = c->pc - LX106_IRAM;
	struct lx106_insn *i = &c->code[off];
	uint8_t bytes[3] = {0, 0, 0};

	(void)at;
	for (uint32_t k = 0; k < 3 && off + k < LX106_IRAM_SIZE; k++)
		bytes[k] = c->iram[off + k];
	if (!lx106_decode(i, c->pc, bytes)) {
		i->run = first_sight;
		i->len = 0;
		lx106_stop(c, "unknown instruction at %08x: %02x %02x %02x", c->pc, bytes[0],
		    bytes[1], bytes[2]);
		return;
	}
	c->has_code[off / 64] = 1;
	c->has_code[(off + 2) / 64] = 1;
	c->pc += i->len;
	c->cycles += i->cost;
	i->run(c, i);
}

void lx106_forget(struct lx106 *c, uint32_t addr, size_t n)
{
	uint32_t off = addr - LX106_IRAM;
	uint32_t from = off >= 2 ? off - 2 : 0;

	for (uint32_t k = from; k < off + n && k < LX106_IRAM_SIZE; k++) {
		c->code[k].run = first_sight;
		c->code[k].len = 0;
		c->code[k].cost = 0;
	}
}

void lx106_init(struct lx106 *c, uint8_t *iram, uint8_t *dram, const struct lx106_bus *bus)
{
	memset(c, 0, sizeof(*c));
	c->iram = iram;
	c->dram = dram;
	c->bus = *bus;
	c->bus_ratio = 1;
	c->ps = RESET_PS;
	c->event_at = LX106_NEVER;
	c->ccompare_at = LX106_NEVER;
	c->code = calloc(LX106_IRAM_SIZE, sizeof(*c->code));
	if (!c->code)
		abort();
	lx106_forget(c, LX106_IRAM, LX106_IRAM_SIZE);
}

void lx106_fini(struct lx106 *c)
{
	free(c->code);
	c->code = NULL;
}

/* --- memory ----------------------------------------------------------------------------------- */

static uint32_t get(const uint8_t *p, unsigned bytes)
{
	uint32_t v = p[0];

	if (bytes > 1)
		v |= (uint32_t)p[1] << 8;
	if (bytes > 2)
		v |= (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	return v;
}

/* Whether it changed something: a loop that stores what is there already may be one that waits. */
static void put(struct lx106 *c, uint8_t *p, unsigned bytes, uint32_t v)
{
	if (bytes < 4)
		v &= (1u << (8 * bytes)) - 1;
	if (get(p, bytes) == v)
		return;
	c->changes++;
	for (unsigned k = 0; k < bytes; k++)
		p[k] = (uint8_t)(v >> (8 * k));
}

bool lx106_load(struct lx106 *c, uint32_t addr, unsigned bytes, uint32_t *value)
{
	bool ok = true;

	if (addr & (bytes - 1))
		return false;
	if (addr - LX106_DRAM < LX106_DRAM_SIZE) {
		*value = get(c->dram + (addr - LX106_DRAM), bytes);
		return true;
	}
	if (bytes != 4)
		return false;
	if (addr - LX106_IRAM < LX106_IRAM_SIZE) {
		*value = get(c->iram + (addr - LX106_IRAM), 4);
		return true;
	}
	if (!c->bus.read)
		return false;
	c->cycles += IO_READ_CYCLES * c->bus_ratio;
	*value = c->bus.read(c->bus.ctx, addr, &ok);
	return ok;
}

static void store_code(struct lx106 *c, uint32_t addr, uint32_t value)
{
	uint32_t off = addr - LX106_IRAM;

	put(c, c->iram + off, 4, value);
	if (c->has_code[off / 64] || c->has_code[(off + 3) / 64])
		lx106_forget(c, addr, 4);
}

bool lx106_store(struct lx106 *c, uint32_t addr, unsigned bytes, uint32_t value)
{
	bool ok = true;

	if (addr & (bytes - 1))
		return false;
	if (addr - LX106_DRAM < LX106_DRAM_SIZE) {
		put(c, c->dram + (addr - LX106_DRAM), bytes, value);
		return true;
	}
	if (bytes != 4)
		return false;
	if (addr - LX106_IRAM < LX106_IRAM_SIZE) {
		store_code(c, addr, value);
		return true;
	}
	if (!c->bus.write)
		return false;
	c->cycles += IO_WRITE_CYCLES * c->bus_ratio;
	c->changes++;
	c->bus.write(c->bus.ctx, addr, value, &ok);
	return ok;
}

/* --- exceptions and interrupts ------------------------------------------------------------------ */

void lx106_raise(struct lx106 *c, uint32_t cause, uint32_t vaddr, uint32_t pc)
{
	if (c->ps & LX106_PS_EXCM) {
		lx106_stop(
		    c, "exception %u at %08x (address %08x) within an exception", cause, pc, vaddr);
		return;
	}
	c->epc[1] = pc;
	c->exccause = cause;
	if (cause != LX106_CAUSE_ILLEGAL && cause != LX106_CAUSE_SYSCALL &&
	    cause != LX106_CAUSE_INTERRUPT)
		c->excvaddr = vaddr;
	c->pc = c->vecbase + (c->ps & LX106_PS_UM ? VECTOR_USER : VECTOR_KERNEL);
	c->ps |= LX106_PS_EXCM;
	c->cycles += EXCEPTION_CYCLES;
	c->changes++;
}

uint32_t lx106_pending(const struct lx106 *c)
{
	return (c->lines | c->latched) & c->intenable & LEVEL1;
}

static bool may_interrupt(const struct lx106 *c)
{
	return lx106_pending(c) && !(c->ps & (LX106_PS_EXCM | LX106_PS_INTLEVEL));
}

void lx106_look(struct lx106 *c)
{
	c->changes++;
	c->asleep_until = 0; /* what a played function waits for may be there */
	if (may_interrupt(c))
		c->leave = true;
}

void lx106_line(struct lx106 *c, unsigned number, bool level)
{
	uint32_t bit = 1u << number;

	if (!(c->lines & bit) == !level)
		return;
	c->lines ^= bit;
	if (bit & EDGES) {
		if (level)
			c->latched |= bit;
		c->lines &= ~bit;
	}
	lx106_look(c);
}

uint32_t lx106_ccount(const struct lx106 *c)
{
	return (uint32_t)(c->cycles - c->ccount_zero);
}

/* --- loops that only wait ------------------------------------------------------------------------ */

/* When the same branch is taken twice with the same registers and nothing was changed between,
 * nothing ever will be until something outside happens: the time until then passes at once. Reads
 * whose result depends on the time alone count as changes. */
void lx106_backwards(struct lx106 *c, uint32_t target)
{
	struct lx106_loop *l = &c->loops[target / 2 % LX106_LOOPS];

	if (l->target != target || l->changes != c->changes) {
		l->target = target;
		l->changes = c->changes;
		l->seen = 0;
		return;
	}
	/* Every eighth time a look back, so that loops that work are not held up. */
	l->seen++;
	if (l->seen % 8 == 6) {
		memcpy(l->a, c->a, sizeof(l->a));
		l->cycles = c->cycles;
	} else if (l->seen % 8 == 7 && memcmp(l->a, c->a, sizeof(l->a)) == 0) {
		int64_t period = c->cycles - l->cycles;

		if (period > 0 && c->until > c->cycles)
			c->cycles += (c->until - c->cycles) / period * period;
		c->idle = true;
		c->idle_changes = c->changes;
		l->seen = 5; /* still waiting: look again at once */
	}
}

bool lx106_sleep(struct lx106 *c, int64_t until)
{
	if (until <= c->cycles)
		return true;
	if (until <= c->until) {
		c->cycles = until;
		return true;
	}
	c->asleep_until = until;
	if (c->cycles < c->until)
		c->cycles = c->until;
	return false;
}

int64_t lx106_idle_until(const struct lx106 *c)
{
	int64_t next = c->event_at < c->ccompare_at ? c->event_at : c->ccompare_at;

	if (c->stopped)
		return LX106_NEVER;
	if (may_interrupt(c))
		return c->cycles;
	if (c->waiting || (c->idle && c->idle_changes == c->changes))
		return next;
	if (c->asleep_until > c->cycles)
		return next < c->asleep_until ? next : c->asleep_until;
	return c->cycles;
}

/* --- running -------------------------------------------------------------------------------------- */

static void burst(struct lx106 *c)
{
	uint64_t n = 0;

	c->leave = false;
	while (c->cycles < c->until && !c->leave) {
		uint32_t off = c->pc - LX106_IRAM;

		n++;
		if (off < LX106_IRAM_SIZE) {
			const struct lx106_insn *i = &c->code[off];

			c->pc += i->len;
			c->cycles += i->cost;
			i->run(c, i);
		} else if (!c->bus.rom || !c->bus.rom(c->bus.ctx)) {
			lx106_stop(c, "no code at %08x, called from before %08x", c->pc, c->a[0]);
		}
	}
	c->count += n;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void timers(struct lx106 *c)
{
	if (c->cycles >= c->ccompare_at) {
		c->ccompare_at += (int64_t)1 << 32;
		c->latched |= 1u << LX106_INT_TIMER;
		lx106_look(c);
	}
	if (c->cycles >= c->event_at) {
		c->event_at = LX106_NEVER;
		c->changes++;
		if (c->bus.event)
			c->bus.event(c->bus.ctx);
	}
}

void lx106_run(struct lx106 *c, int64_t limit)
{
	while (!c->stopped && c->cycles < limit) {
		timers(c);
		if (may_interrupt(c)) {
			c->waiting = false;
			lx106_raise(c, LX106_CAUSE_INTERRUPT, 0, c->pc);
		}
		c->until = least(limit, least(c->event_at, c->ccompare_at));
		if (c->waiting && c->cycles < c->until)
			c->cycles = c->until;
		else
			burst(c);
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The processor's place in the chip: its clock against the chip's, its address space (registers
 * and the ROM; RAM is the core's own business), its start and its end. It runs behind the chip's
 * time in slices: up to each character that arrives, and otherwise up to the present moment.
 */
#include "simint.h"

#include <stdlib.h>
#include <string.h>

#define PS_PER_SECOND 1000000000000
#define SLICE_US      10
#define FAR_CYCLES    100000000000000 /* three weeks: for ever, and no overflow */
#define ENTRY_STACK   0x3FFFFFF0u     /* main's frame below the end of RAM (ROM 0x4000042e) */
#define ENTRY_RETURN  0x40001100u     /* after main's call of the user's start */
#define MAGIC	      0x40001000u
/* Bit 0: the processor runs at twice the bus's clock. pvvx's and cnlohr's programs without the SDK set
 * it: 160 MHz of 80, and 104 of 52 where the ROM's PLL is left as it is, the bus being the same. */
#define CLOCKS 0x3FF00014u

/* In two parts, so that nothing overflows and no fraction is lost. */
static int64_t ps_of(const struct sim_cpu *cpu, int64_t cycle)
{
	int64_t d = cycle - cpu->start_at;

	return cpu->start_ps + d / cpu->hz * PS_PER_SECOND +
	       d % cpu->hz * 1000000 / (cpu->hz / 1000000);
}

int64_t sim_cpu_ps(const struct sim_cpu *cpu)
{
	return ps_of(cpu, cpu->core.cycles);
}

/* Rounded up: at that cycle the moment has come. */
int64_t sim_cpu_cycle_of(const struct sim_cpu *cpu, int64_t ps)
{
	int64_t d = ps - cpu->start_ps;
	int64_t whole = d / PS_PER_SECOND, rest = d % PS_PER_SECOND;

	if (d <= 0)
		return cpu->start_at;
	return cpu->start_at + whole * cpu->hz + (rest * (cpu->hz / 1000000) + 999999) / 1000000;
}

static int64_t clock_of(struct sim_device *dev)
{
	const uint32_t *reg = sim_regs_spare(&dev->regs, CLOCKS, false);

	return reg && (*reg & 1) ? 2 * SIM_CPU_HZ : SIM_CPU_HZ;
}

/* Twice as fast or half as fast. */
int64_t sim_cpu_scaled(const struct sim_cpu *cpu, int64_t cycle, int64_t was)
{
	int64_t now = cpu->core.cycles, d = cycle - now;

	return cycle == LX106_NEVER ? cycle : now + (cpu->hz > was ? d * 2 : d / 2);
}

/* What waits at some cycle waits for a moment. */
void sim_cpu_clock(struct sim_cpu *cpu)
{
	int64_t was = cpu->hz, hz = clock_of(cpu->dev);

	if (hz == was)
		return;
	cpu->start_ps = sim_cpu_ps(cpu);
	cpu->start_at = cpu->core.cycles;
	cpu->hz = hz;
	cpu->core.bus_ratio = (unsigned)(hz / SIM_CPU_HZ);
	sim_timer_clock(cpu, was);
	cpu->uart.tout_at = sim_cpu_scaled(cpu, cpu->uart.tout_at, was);
	cpu->core.leave = true;
	sim_cpu_schedule(cpu);
}

bool sim_cpu_running(const struct sim_device *dev)
{
	return dev->cpu && dev->cpu->running;
}

/* What the chip does for the core happens at the core's moment. */
static void set_now(struct sim_cpu *cpu)
{
	cpu->dev->now = sim_cpu_ps(cpu) / SIM_PS_PER_US;
}

void sim_cpu_schedule(struct sim_cpu *cpu)
{
	int64_t timer = sim_timer_event(cpu);

	cpu->uart_next = sim_uart_event(cpu);
	cpu->core.event_at = timer < cpu->uart_next ? timer : cpu->uart_next;
	if (cpu->core.event_at < cpu->core.until)
		cpu->core.leave = true;
}

/* --- the bus ------------------------------------------------------------------------------------ */

static bool is_register(uint32_t addr)
{
	return addr - 0x60000000u < 0x2000u || addr - 0x3FF00000u < 0x20000u || addr == MAGIC;
}

static uint32_t bus_read(void *ctx, uint32_t addr, bool *ok)
{
	struct sim_cpu *cpu = ctx;

	set_now(cpu);
	if (sim_uart_owns(addr))
		return sim_uart_read(cpu, addr);
	if (sim_timer_owns(addr))
		return sim_timer_read(cpu, addr);
	if (sim_spi_owns(addr)) {
		cpu->core.changes++; /* what is read may come to its end by time alone */
		return sim_spi_read(cpu->dev, addr);
	}
	*ok = is_register(addr);
	return *ok ? sim_regs_read(cpu->dev, addr) : 0;
}

/* A reset that was asked for takes effect when the core lets go. */
static void check_reset(struct sim_cpu *cpu)
{
	if (cpu->dev->pending_reset || cpu->dev->pending_dip) {
		cpu->running = false;
		cpu->core.leave = true;
		cpu->core.stopped = true;
	}
}

static void bus_write(void *ctx, uint32_t addr, uint32_t value, bool *ok)
{
	struct sim_cpu *cpu = ctx;

	set_now(cpu);
	if (sim_uart_owns(addr)) {
		sim_uart_write(cpu, addr, value);
	} else if (sim_timer_owns(addr)) {
		sim_timer_write(cpu, addr, value);
	} else {
		*ok = is_register(addr) && addr != MAGIC;
		if (*ok)
			sim_regs_write(cpu->dev, addr, value);
		if (addr == CLOCKS)
			sim_cpu_clock(cpu);
	}
	check_reset(cpu);
}

static bool bus_rom(void *ctx)
{
	struct sim_cpu *cpu = ctx;
	bool known;

	set_now(cpu);
	cpu->core.asleep_until = 0;
	known = sim_romcall_play(cpu);
	check_reset(cpu);
	return known;
}

static void bus_event(void *ctx)
{
	struct sim_cpu *cpu = ctx;

	set_now(cpu);
	sim_cpu_schedule(cpu);
}

/* --- life ----------------------------------------------------------------------------------------- */

static struct sim_cpu *make(struct sim_device *dev)
{
	struct sim_cpu *cpu = calloc(1, sizeof(*cpu));

	if (!cpu)
		abort();
	cpu->dev = dev;
	sim_romcall_init(cpu);
	return cpu;
}

void sim_cpu_start(struct sim_device *dev, uint32_t entry)
{
	struct lx106_bus bus = {NULL, bus_read, bus_write, bus_rom, bus_event};
	struct sim_cpu *cpu;

	if (!dev->cpu)
		dev->cpu = make(dev);
	cpu = dev->cpu;
	lx106_fini(&cpu->core);
	bus.ctx = cpu;
	lx106_init(&cpu->core, dev->regs.iram, dev->regs.dram, &bus);
	cpu->start_ps = dev->now * SIM_PS_PER_US;
	cpu->start_at = 0;
	cpu->hz = clock_of(dev);
	cpu->core.bus_ratio = (unsigned)(cpu->hz / SIM_CPU_HZ);
	cpu->core.vecbase = 0x40000000u;
	cpu->core.ps = LX106_PS_UM; /* ROM _start: all interrupt levels on, user mode */
	cpu->core.pc = entry;
	cpu->core.a[0] = ENTRY_RETURN;
	cpu->core.a[1] = ENTRY_STACK;
	cpu->core.a[2] = entry; /* main loads it there to call it */
	cpu->running = true;
	sim_uart_init(cpu);
	sim_timer_init(cpu);
	sim_cpu_schedule(cpu);
}

void sim_cpu_halt(struct sim_device *dev)
{
	if (dev->cpu)
		dev->cpu->running = false;
}

void sim_cpu_free(struct sim_device *dev)
{
	if (!dev->cpu)
		return;
	lx106_fini(&dev->cpu->core);
	free(dev->cpu);
	dev->cpu = NULL;
}

static void run_to(struct sim_cpu *cpu, int64_t ps)
{
	struct sim_device *dev = cpu->dev;
	sim_time now = dev->now;

	int64_t limit;

	do { /* the clock may change meanwhile, and with it the limit */
		limit = sim_cpu_cycle_of(cpu, ps);
		lx106_run(&cpu->core, limit);
	} while (cpu->running && !cpu->core.stopped && limit != sim_cpu_cycle_of(cpu, ps));
	dev->now = now;
	if (!cpu->running || !cpu->core.stopped)
		return;
	cpu->running = false;
	sim_device_trace(dev, now, "cpu stops: %s", cpu->core.why);
	sim_device_set_mode(dev, SIM_MODE_HANG);
}

void sim_cpu_run(struct sim_device *dev)
{
	if (sim_cpu_running(dev))
		run_to(dev->cpu, dev->now * SIM_PS_PER_US);
}

void sim_cpu_rx(struct sim_device *dev, const struct sim_rxchar *c)
{
	if (!sim_cpu_running(dev))
		return;
	run_to(dev->cpu, c->at_ps);
	if (sim_cpu_running(dev))
		sim_uart_rx(dev->cpu, c->byte, c->framing);
}

static sim_time us_of(const struct sim_cpu *cpu, int64_t cycle)
{
	if (cycle > FAR_CYCLES)
		return SIM_NEVER;
	return ps_of(cpu, cycle) / SIM_PS_PER_US + 1;
}

sim_time sim_cpu_deadline(const struct sim_device *dev)
{
	const struct sim_cpu *cpu = dev->cpu;
	int64_t idle;

	if (!sim_cpu_running(dev))
		return SIM_NEVER;
	idle = lx106_idle_until(&cpu->core);
	return idle <= cpu->core.cycles ? us_of(cpu, cpu->core.cycles) + SLICE_US - 1
					: us_of(cpu, idle);
}

sim_time sim_cpu_work_deadline(const struct sim_device *dev)
{
	const struct sim_cpu *cpu = dev->cpu;
	int64_t idle, next;

	if (!sim_cpu_running(dev))
		return SIM_NEVER;
	idle = lx106_idle_until(&cpu->core);
	if (idle <= cpu->core.cycles)
		return us_of(cpu, cpu->core.cycles) + SLICE_US - 1;
	next = cpu->uart_next;
	if (cpu->core.asleep_until > cpu->core.cycles && cpu->core.asleep_until < next)
		next = cpu->core.asleep_until;
	return us_of(cpu, next);
}

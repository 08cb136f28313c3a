/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two timers of the chip: FRC1, 23 bits, down, with reload (interrupt 9), and FRC2, 32 bits,
 * up, with an alarm (interrupt 10). Bits after Espressif's eagle_soc.h and the SDK's hw_timer
 * example: enable 7, reload 6, divider 16 is bit 2, 256 is bit 3. They count the bus clock,
 * whatever the processor's is.
 */
#include "simint.h"

#include <string.h>

#define FRC1	    0x60000600u
#define FRC2	    0x60000620u
#define TIMER_SIZE  0x20u
#define REG_LOAD    0x00u
#define REG_COUNT   0x04u
#define REG_CTRL    0x08u
#define REG_INT	    0x0Cu
#define REG_ALARM   0x10u
#define CTRL_ENABLE 0x80u
#define CTRL_RELOAD 0x40u
#define FRC1_MASK   0x7FFFFFu

bool sim_timer_owns(uint32_t addr)
{
	return addr - FRC1 < 2 * TIMER_SIZE;
}

void sim_timer_init(struct sim_cpu *cpu)
{
	memset(&cpu->frc1, 0, sizeof(cpu->frc1));
	memset(&cpu->frc2, 0, sizeof(cpu->frc2));
	cpu->frc1.fire_at = LX106_NEVER;
	cpu->frc2.fire_at = LX106_NEVER;
}

/* In the processor's cycles. */
static int64_t divider(const struct sim_cpu *cpu, const struct sim_timer *t)
{
	return (t->ctrl & 8 ? 256 : t->ctrl & 4 ? 16 : 1) * (int64_t)cpu->core.bus_ratio;
}

static int64_t ticks(const struct sim_cpu *cpu, const struct sim_timer *t)
{
	return t->ctrl & CTRL_ENABLE ? (cpu->core.cycles - t->since) / divider(cpu, t) : 0;
}

static void start_frc1(struct sim_cpu *cpu)
{
	struct sim_timer *t = &cpu->frc1;

	t->since = cpu->core.cycles;
	t->fire_at =
	    t->ctrl & CTRL_ENABLE ? t->since + (int64_t)t->load * divider(cpu, t) + 1 : LX106_NEVER;
}

static void start_frc2(struct sim_cpu *cpu)
{
	struct sim_timer *t = &cpu->frc2;

	t->since = cpu->core.cycles;
	t->fire_at = LX106_NEVER;
	if ((t->ctrl & CTRL_ENABLE) && t->alarm)
		t->fire_at =
		    t->since + (int64_t)(uint32_t)(t->alarm - t->load) * divider(cpu, t) + 1;
}

void sim_timer_clock(struct sim_cpu *cpu, int64_t was)
{
	struct sim_timer *timer[] = {&cpu->frc1, &cpu->frc2};

	for (size_t i = 0; i < 2; i++) {
		timer[i]->since = sim_cpu_scaled(cpu, timer[i]->since, was);
		timer[i]->fire_at = sim_cpu_scaled(cpu, timer[i]->fire_at, was);
	}
}

int64_t sim_timer_event(struct sim_cpu *cpu)
{
	struct sim_timer *one = &cpu->frc1, *two = &cpu->frc2;

	if (one->fire_at <= cpu->core.cycles) {
		lx106_line(&cpu->core, SIM_INT_FRC1, true);
		one->fire_at = LX106_NEVER;
		if (one->ctrl & CTRL_RELOAD)
			start_frc1(cpu);
	}
	if (two->fire_at <= cpu->core.cycles) {
		lx106_line(&cpu->core, SIM_INT_FRC2, true);
		two->fire_at = LX106_NEVER;
	}
	return one->fire_at < two->fire_at ? one->fire_at : two->fire_at;
}

uint32_t sim_timer_read(struct sim_cpu *cpu, uint32_t addr)
{
	bool first = addr - FRC1 < TIMER_SIZE;
	const struct sim_timer *t = first ? &cpu->frc1 : &cpu->frc2;

	cpu->core.changes++;
	switch (addr & (TIMER_SIZE - 1)) {
	case REG_LOAD:
		return t->load;
	case REG_COUNT:
		return first ? (t->load - (uint32_t)ticks(cpu, t)) & FRC1_MASK
			     : t->load + (uint32_t)ticks(cpu, t);
	case REG_CTRL:
		return t->ctrl;
	case REG_ALARM:
		return t->alarm;
	default:
		return 0;
	}
}

void sim_timer_write(struct sim_cpu *cpu, uint32_t addr, uint32_t value)
{
	bool first = addr - FRC1 < TIMER_SIZE;
	struct sim_timer *t = first ? &cpu->frc1 : &cpu->frc2;

	if (!first) /* it counts on from where it is */
		t->load += (uint32_t)ticks(cpu, t);
	switch (addr & (TIMER_SIZE - 1)) {
	case REG_LOAD:
		t->load = first ? value & FRC1_MASK : value;
		break;
	case REG_CTRL:
		t->ctrl = value;
		break;
	case REG_ALARM:
		t->alarm = value;
		break;
	default:
		return;
	}
	if (first)
		start_frc1(cpu);
	else
		start_frc2(cpu);
	sim_cpu_schedule(cpu);
}

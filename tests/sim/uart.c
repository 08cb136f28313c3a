/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UART0 as the processor sees it: FIFOs of 128 characters both ways, interrupts with thresholds
 * and the receiver's timeout. Register and bit names after Espressif's uart_register.h for the
 * ESP8266. Two choices that its words leave open: RXFIFO_FULL holds from the threshold on (at
 * least one character), TXFIFO_EMPTY while fewer than the threshold wait; both come back at once
 * when cleared while they hold. The receiver's timeout is counted in units of eight bits.
 */
#include "simint.h"

#include <string.h>

#define UART0	    0x60000000u
#define UART1	    0x60000F00u
#define UART_SIZE   0x80u
#define REG_FIFO    0x00u
#define REG_RAW	    0x04u
#define REG_ST	    0x08u
#define REG_ENA	    0x0Cu
#define REG_CLR	    0x10u
#define REG_CLKDIV  0x14u
#define REG_STATUS  0x1Cu
#define REG_CONF0   0x20u
#define REG_CONF1   0x24u
#define INT_FULL    (1u << 0)
#define INT_EMPTY   (1u << 1)
#define INT_FRAMING (1u << 3)
#define INT_OVERRUN (1u << 4)
#define INT_BREAK   (1u << 7)
#define INT_TIMEOUT (1u << 8)
#define RXFIFO_RST  (1u << 17)
#define TXFIFO_RST  (1u << 18)
#define TOUT_EN	    (1u << 31)
#define LEVELS_HIGH 0x0000E000u /* RXD, DSRN, CTSN idle */
#define TXD	    (1u << 31)

/* As Uart_Init leaves them: 8N1, one character raises the interrupt. */
#define ROM_CONF0  0x1Cu
#define ROM_CONF1  0x01u
#define ROM_ENABLE 0x01u

static int64_t char_ps(const struct sim_cpu *cpu)
{
	return 10 * cpu->dev->bit_ps;
}

void sim_uart_init(struct sim_cpu *cpu)
{
	struct sim_uart *u = &cpu->uart;

	memset(u, 0, sizeof(*u));
	u->conf0 = ROM_CONF0;
	u->conf1 = ROM_CONF1;
	u->enable = ROM_ENABLE;
	u->tout_at = LX106_NEVER;
}

/* --- transmitter ------------------------------------------------------------------------------- */

unsigned sim_uart_tx_count(struct sim_cpu *cpu)
{
	int64_t left = sim_wire_end(cpu->dev->tx) - sim_cpu_ps(cpu);
	int64_t n;

	if (left <= 0)
		return 0;
	n = (left + char_ps(cpu) - 1) / char_ps(cpu) - 1;
	return n > (int64_t)SIM_UART_FIFO ? SIM_UART_FIFO : (unsigned)n;
}

int64_t sim_uart_tx_at_most(struct sim_cpu *cpu, unsigned n)
{
	return sim_cpu_cycle_of(cpu, sim_wire_end(cpu->dev->tx) - (int64_t)(n + 1) * char_ps(cpu));
}

void sim_uart_tx(struct sim_cpu *cpu, uint8_t byte)
{
	if (sim_uart_tx_count(cpu) >= SIM_UART_FIFO) {
		sim_device_trace(cpu->dev, cpu->dev->now, "uart tx fifo overrun");
		return;
	}
	sim_wire_send(cpu->dev->tx, &byte, 1, sim_cpu_ps(cpu));
}

/* --- receiver ----------------------------------------------------------------------------------- */

static void arm_timeout(struct sim_cpu *cpu)
{
	struct sim_uart *u = &cpu->uart;
	int64_t ps = (int64_t)(u->conf1 >> 24 & 0x7F) * 8 * cpu->dev->bit_ps;

	u->tout_at = LX106_NEVER;
	if ((u->conf1 & TOUT_EN) && u->len > 0)
		u->tout_at = sim_cpu_cycle_of(cpu, sim_cpu_ps(cpu) + ps);
}

void sim_uart_rx(struct sim_cpu *cpu, uint8_t byte, bool framing)
{
	struct sim_uart *u = &cpu->uart;

	if (framing)
		u->sticky |= byte == 0 ? INT_FRAMING | INT_BREAK : INT_FRAMING;
	if (u->conf0 & RXFIFO_RST) {
		/* held empty */
	} else if (u->len == SIM_UART_FIFO) {
		u->sticky |= INT_OVERRUN;
		if (u->lost++ == 0)
			sim_device_trace(cpu->dev, cpu->dev->now, "uart rx fifo overrun");
	} else {
		u->fifo[(u->head + u->len++) % SIM_UART_FIFO] = byte;
	}
	arm_timeout(cpu);
	lx106_look(&cpu->core);
	sim_cpu_schedule(cpu);
}

static uint32_t take(struct sim_cpu *cpu)
{
	struct sim_uart *u = &cpu->uart;
	uint32_t byte;

	if (u->len == 0)
		return 0;
	byte = u->fifo[u->head];
	u->head = (u->head + 1) % SIM_UART_FIFO;
	if (--u->len == 0)
		u->tout_at = LX106_NEVER;
	cpu->core.changes++;
	return byte;
}

/* --- interrupts --------------------------------------------------------------------------------- */

static uint32_t raw(struct sim_cpu *cpu)
{
	const struct sim_uart *u = &cpu->uart;
	uint32_t bits = u->sticky;

	if (u->len > 0 && u->len >= (u->conf1 & 0x7F))
		bits |= INT_FULL;
	if (sim_uart_tx_count(cpu) < (u->conf1 >> 8 & 0x7F))
		bits |= INT_EMPTY;
	return bits;
}

int64_t sim_uart_event(struct sim_cpu *cpu)
{
	struct sim_uart *u = &cpu->uart;
	int64_t next;
	uint32_t bits, threshold = u->conf1 >> 8 & 0x7F;

	if (u->tout_at <= cpu->core.cycles) {
		u->tout_at = LX106_NEVER;
		u->sticky |= INT_TIMEOUT;
	}
	bits = raw(cpu);
	lx106_line(&cpu->core, SIM_INT_UART, (bits & u->enable) != 0);
	next = u->tout_at;
	if ((u->enable & INT_EMPTY) && !(bits & INT_EMPTY) && threshold > 0) {
		int64_t at = sim_uart_tx_at_most(cpu, threshold - 1);

		if (at < next)
			next = at;
	}
	return next > cpu->core.cycles ? next : cpu->core.cycles + 1;
}

/* --- registers ---------------------------------------------------------------------------------- */

bool sim_uart_owns(uint32_t addr)
{
	return addr - UART0 < UART_SIZE || addr - UART1 < UART_SIZE;
}

static uint32_t status(struct sim_cpu *cpu)
{
	uint32_t bits = LEVELS_HIGH | sim_uart_tx_count(cpu) << 16 | cpu->uart.len;

	/* Programs that work on boards wait for TXD to read 0 (esp-stub-lib's uart_wait_idle): so
	 * it is set while a character leaves and not when the line rests. */
	if (sim_wire_end(cpu->dev->tx) > sim_cpu_ps(cpu)) {
		bits |= TXD;
		/* It changes with time alone: who looks at it in a loop does not just wait. */
		cpu->core.changes++;
	}
	return bits;
}

uint32_t sim_uart_read(struct sim_cpu *cpu, uint32_t addr)
{
	struct sim_uart *u = &cpu->uart;

	if (addr - UART1 < UART_SIZE) /* nothing is connected to it */
		return addr == UART1 + REG_STATUS ? LEVELS_HIGH : 0;
	switch (addr - UART0) {
	case REG_FIFO: {
		uint32_t byte = take(cpu);

		sim_cpu_schedule(cpu);
		return byte;
	}
	case REG_RAW:
		cpu->core.changes++;
		return raw(cpu);
	case REG_ST:
		cpu->core.changes++;
		return raw(cpu) & u->enable;
	case REG_ENA:
		return u->enable;
	case REG_CLKDIV:
		return cpu->dev->clkdiv;
	case REG_STATUS:
		return status(cpu);
	case REG_CONF0:
		return u->conf0;
	case REG_CONF1:
		return u->conf1;
	default:
		return 0;
	}
}

void sim_uart_reset_fifos(struct sim_cpu *cpu)
{
	cpu->uart.len = 0;
	cpu->uart.tout_at = LX106_NEVER;
	sim_wire_drop(cpu->dev->tx, sim_cpu_ps(cpu));
}

static void set_conf0(struct sim_cpu *cpu, uint32_t value)
{
	cpu->uart.conf0 = value;
	if (value & RXFIFO_RST) {
		cpu->uart.len = 0;
		cpu->uart.tout_at = LX106_NEVER;
	}
	if (value & TXFIFO_RST)
		sim_wire_drop(cpu->dev->tx, sim_cpu_ps(cpu));
}

void sim_uart_write(struct sim_cpu *cpu, uint32_t addr, uint32_t value)
{
	struct sim_uart *u = &cpu->uart;

	switch (addr - UART0) { /* what is written to UART1 leads nowhere */
	case REG_FIFO:
		sim_uart_tx(cpu, (uint8_t)value);
		break;
	case REG_ENA:
		u->enable = value & 0x1FF;
		break;
	case REG_CLR:
		u->sticky &= ~value;
		break;
	case REG_CLKDIV:
		/* Characters that began before keep their rate, also where the wire has not
		 * looked at them yet. */
		sim_wire_begin(cpu->dev->tx, sim_cpu_ps(cpu));
		sim_device_set_clkdiv(cpu->dev, value);
		break;
	case REG_CONF0:
		set_conf0(cpu, value);
		break;
	case REG_CONF1:
		u->conf1 = value;
		arm_timeout(cpu);
		break;
	default:
		break;
	}
	sim_cpu_schedule(cpu);
}

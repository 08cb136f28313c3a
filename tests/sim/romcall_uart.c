/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ROM's serial functions for code in RAM (ROM 0x40003924 to 0x40003bbc), and its printf. */
#include "simint.h"

#include <stdio.h>
#include <string.h>

#define UART_CLKDIV 0x60000014u
#define ARG_BUFFER  4u /* in the structure that the receive handler gets */
#define ARG_WRITE   8u

static void div_modify(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;

	if ((c->a[2] & 0xFF) == 0) {
		sim_uart_write(cpu, UART_CLKDIV, c->a[3]);
		sim_uart_reset_fifos(cpu);
		sim_cpu_schedule(cpu);
	}
	sim_romcall_return(cpu, c->a[2], 60);
}

/* Waits until the FIFO is empty, then puts the character into it. */
static bool tx_ready(struct sim_cpu *cpu)
{
	if (sim_uart_tx_count(cpu) == 0)
		return true;
	(void)lx106_sleep(&cpu->core, sim_uart_tx_at_most(cpu, 0));
	return false;
}

static void tx_one_char(struct sim_cpu *cpu)
{
	if (!tx_ready(cpu))
		return;
	sim_uart_tx(cpu, (uint8_t)cpu->core.a[2]);
	sim_romcall_return(cpu, 0, 45);
}

static void rx_one_char(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;

	if (cpu->uart.len == 0) {
		sim_romcall_return(cpu, 1, 30);
		return;
	}
	if (sim_romcall_store(cpu, c->a[2], 1, sim_uart_read(cpu, 0x60000000u)))
		sim_romcall_return(cpu, 0, 45);
}

static void rx_one_char_block(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;

	if (cpu->uart.len > 0)
		sim_romcall_return(cpu, sim_uart_read(cpu, 0x60000000u), 35);
	else
		(void)lx106_sleep(c, LX106_NEVER - 1); /* a character ends it */
}

/* The ROM's own handler: all characters into its ring of 256. */
static void rx_handler(struct sim_cpu *cpu)
{
	struct lx106 *c = &cpu->core;
	uint32_t arg = c->a[2], start, at;

	c->cycles += 30;
	while (cpu->uart.len > 0) {
		if (!sim_romcall_load(cpu, arg + ARG_BUFFER, 4, &start) ||
		    !sim_romcall_load(cpu, arg + ARG_WRITE, 4, &at) ||
		    !sim_romcall_store(cpu, at, 1, sim_uart_read(cpu, 0x60000000u)))
			return;
		at = at + 1 == start + 0x100 ? start : at + 1;
		if (!sim_romcall_store(cpu, arg + ARG_WRITE, 4, at))
			return;
		c->cycles += 45;
	}
	sim_romcall_return(cpu, 0, 5);
}

static void buff_switch(struct sim_cpu *cpu)
{
	cpu->uart.len = 0;
	sim_cpu_schedule(cpu);
	sim_romcall_return(cpu, 0, 40);
}

/* --- printf ---------------------------------------------------------------------------------------- */

static void put(struct sim_cpu *cpu, const char *text)
{
	for (; *text && cpu->print_len < sizeof(cpu->print) - 2; text++) {
		if (*text == '\n') /* ets_write_char sends CR LF */
			cpu->print[cpu->print_len++] = '\r';
		cpu->print[cpu->print_len++] = *text;
	}
}

static uint32_t argument(struct sim_cpu *cpu, unsigned n)
{
	struct lx106 *c = &cpu->core;
	uint32_t v = 0;

	/* a3 to a7, then the stack. */
	if (n < 5)
		return c->a[3 + n];
	(void)sim_romcall_load(cpu, c->a[1] + 4 * (n - 5), 4, &v);
	return v;
}

static void string(struct sim_cpu *cpu, uint32_t addr)
{
	uint32_t v;
	char one[2] = "";

	while (
	    cpu->print_len < sizeof(cpu->print) - 2 && sim_romcall_load(cpu, addr++, 1, &v) && v) {
		one[0] = (char)v;
		put(cpu, one);
	}
}

static void number(struct sim_cpu *cpu, char kind, bool zero, int width, uint32_t v)
{
	char text[40];

	if (kind == 'd' || kind == 'i')
		snprintf(text, sizeof(text), zero ? "%0*d" : "%*d", width, (int)v);
	else if (kind == 'c')
		snprintf(text, sizeof(text), "%c", (int)(v & 0xFF));
	else if (kind == 'u')
		snprintf(text, sizeof(text), zero ? "%0*u" : "%*u", width, v);
	else
		snprintf(text, sizeof(text), zero ? "%0*x" : "%*x", width, v);
	put(cpu, text);
}

static bool format_byte(struct sim_cpu *cpu, uint32_t *at, char *byte)
{
	uint32_t v;

	if (!sim_romcall_load(cpu, (*at)++, 1, &v))
		return false;
	*byte = (char)v;
	return true;
}

static void format(struct sim_cpu *cpu)
{
	uint32_t at = cpu->core.a[2];
	unsigned args = 0;
	char one[2] = "", kind;

	while (format_byte(cpu, &at, one) && one[0]) {
		int width = 0;
		bool zero = false;

		if (one[0] != '%') {
			put(cpu, one);
			continue;
		}
		if (!format_byte(cpu, &at, &kind))
			return;
		for (; kind >= '0' && kind <= '9'; zero |= kind == '0' && width == 0) {
			width = (width * 10 + kind - '0') % 32;
			if (!format_byte(cpu, &at, &kind))
				return;
		}
		while (kind == 'l' && format_byte(cpu, &at, &kind))
			;
		if (kind == '%')
			put(cpu, "%");
		else if (kind == 's')
			string(cpu, argument(cpu, args++));
		else
			number(cpu, kind, zero, width, argument(cpu, args++));
	}
}

static void ets_printf(struct sim_cpu *cpu)
{
	cpu->print_at = 0;
	cpu->print_len = 0;
	format(cpu);
	cpu->core.pc++;
	cpu->core.cycles += 200;
}

static void printf_more(struct sim_cpu *cpu)
{
	if (cpu->print_at == cpu->print_len) {
		sim_romcall_return(cpu, (uint32_t)cpu->print_len, 20);
		return;
	}
	if (!tx_ready(cpu))
		return;
	sim_uart_tx(cpu, (uint8_t)cpu->print[cpu->print_at++]);
	cpu->core.cycles += 60;
}

const struct sim_romcall sim_romcall_uart[] = {
    {0x400024CC, "ets_printf", ets_printf},
    {0x400024CD, ".ets_printf", printf_more},
    {0x400038A4, "uart_buff_switch", buff_switch},
    {0x400039D8, "uart_div_modify", div_modify},
    {0x40003B30, "uart_tx_one_char", tx_one_char},
    {0x40003B64, "uart_rx_one_char_block", rx_one_char_block},
    {0x40003B8C, "uart_rx_one_char", rx_one_char},
    {0x40003BBC, "uart_rx_intr_handler", rx_handler},
    {0, NULL, NULL},
};

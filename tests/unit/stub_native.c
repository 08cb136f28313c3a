/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stub compiled for this machine and a played chip (stub_native.h). It never returns from a
 * stream, so it has a stack of its own (_XOPEN_SOURCE: ucontext) and is left wherever it looks at a
 * register.
 */
#define _XOPEN_SOURCE 700
#include "stub_native.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "tasmite/base/bytes.h"
#include "tasmite/proto/stub_wire.h"
#include "tasmite/proto/digest.h"
#include "../../src/proto/stub_cmd.h"
#include "../../src/proto/slip.h"

#undef SLIP_END
#undef SLIP_ESC
#undef SLIP_ESC_END
#undef SLIP_ESC_ESC
#define STUB_NATIVE
/* The parts of the stub as one program, but for the one that only the chip can run. */
#include "../../src/proto/stub/esp8266/link.c"
#include "../../src/proto/stub/esp8266/flash.c"
#include "../../src/proto/stub/esp8266/inflate.c"
#include "../../src/proto/stub/esp8266/delta.c"
#include "../../src/proto/stub/esp8266/md5.c"
#include "../../src/proto/stub/esp8266/proof.c"
#include "../../src/proto/stub/esp8266/read.c"
#include "../../src/proto/stub/esp8266/write.c"
#include "../../src/proto/stub/esp8266/stub.c"

#define ACCESS_CYCLES 10
#define COARSE_CYCLES 400 /* time enough at 115200 */
#define QUEUE_SIZE    (1u << 21)
#define STACK_SIZE    (1u << 18)

struct native_inner {
	struct stub stub;
	ucontext_t test, run;
	void *stack;
	bool (*done)(struct native *, uint32_t);
	uint32_t what;
	uint8_t *queue;
	size_t queue_in, queue_out;
	int64_t rx_next, tx_next; /* when a byte arrives, leaves */
	uint8_t fifo[UART_FIFO_SIZE];
	uint32_t fifo_in, fifo_out, tx_count;
	uint8_t tx[UART_FIFO_SIZE];
	uint32_t tx_in, tx_out;
	uint32_t int_raw, clkdiv;
	uint32_t store[STUB_OLD_KEPT / 4];
	uint32_t w[16], addr, user, user1, user2, ctrl;
	int64_t spi_until, busy_until;
	bool enabled;
	uint32_t pad, driven;
	uint8_t held[4 + 256]; /* what went out since the chip select is held */
	uint32_t held_n, held_at;
	uint8_t packet[NATIVE_ANSWER];
	size_t packet_n;
	bool escape;
};

static struct native *chip; /* registers have no other way to find it */

/* --- UART ---------------------------------------------------------------------------------- */

static void packet_end(struct native *n)
{
	struct native_inner *i = n->inner;
	struct native_answer *a = &n->last;

	if (i->packet_n >= 8) {
		a->op = i->packet[0] & 0x7F;
		a->serial = i->packet[1];
		a->status = i->packet[2];
		a->n = i->packet_n - 8;
		memcpy(a->data, i->packet + 4, a->n);
		a->good = (i->packet[0] & 0x80) && digest_crc32(0, i->packet, i->packet_n - 4) ==
						       get_le32(i->packet + i->packet_n - 4);
		n->answers++;
		n->seen[a->op]++;
		i->packet_n = 0;
		if (n->heard)
			n->heard(n->ctx, a);
	}
	i->packet_n = 0;
}

static void host_byte(struct native *n, uint8_t byte)
{
	struct native_inner *i = n->inner;

	if (i->clkdiv != n->divider)
		return; /* noise */
	if (byte == 0xC0) {
		packet_end(n);
		return;
	}
	if (byte == 0xDB) {
		i->escape = true;
		return;
	}
	if (i->escape) {
		i->escape = false;
		byte = byte == 0xDC ? 0xC0 : 0xDB;
	}
	if (i->packet_n < sizeof i->packet)
		i->packet[i->packet_n++] = byte;
}

static void advance(struct native *n, int64_t cycles)
{
	struct native_inner *i = n->inner;

	n->now += cycles;
	while (i->queue_out != i->queue_in && i->rx_next <= n->now) {
		uint8_t byte = i->queue[i->queue_out++ % QUEUE_SIZE];

		i->rx_next += 10 * (int64_t)n->divider;
		if (i->clkdiv != n->divider)
			byte ^= 0x5A;
		if (i->fifo_in - i->fifo_out == UART_FIFO_SIZE) {
			i->int_raw |= UART_INT_OVERFLOW;
			n->overflows++;
			continue;
		}
		i->fifo[i->fifo_in++ % UART_FIFO_SIZE] = byte;
	}
	if (i->queue_out == i->queue_in && i->rx_next < n->now)
		i->rx_next = n->now;
	while (i->tx_in != i->tx_out && i->tx_next <= n->now) {
		uint8_t byte = i->tx[i->tx_out++ % UART_FIFO_SIZE];

		i->tx_next += 10 * (int64_t)i->clkdiv;
		host_byte(n, byte);
	}
	if (n->now > n->limit || (i->done && i->done(n, i->what)))
		swapcontext(&i->run, &i->test);
}

/* --- flash --------------------------------------------------------------------------------- */

static void erased(struct native *n, uint32_t addr, uint32_t count, double ms, uint32_t *counter)
{
	struct native_inner *i = n->inner;

	i->busy_until = n->now + (int64_t)(ms * 52000);
	if (n->status & 0x1C)
		return;
	++*counter;
	addr &= ~(count - 1) & (NATIVE_FLASH - 1);
	memset(n->flash + addr, 0xFF, count);
	if (n->worn - addr < count)
		n->flash[n->worn] = 0;
}

static void program(struct native *n, uint32_t addr, const uint8_t *bytes, uint32_t count)
{
	struct native_inner *i = n->inner;

	i->busy_until = n->now + (int64_t)(52 * (30 + 2.6 * count));
	if (n->status & 0x1C)
		return;
	n->programs++;
	for (uint32_t k = 0; k < count; k++) {
		uint32_t at = (addr & ~0xFFu) | ((addr + k) & 0xFF);

		n->flash[at % NATIVE_FLASH] &= bytes[k];
	}
}

/* --- the chip select as a GPIO: transfers are one command --- */

static bool is_held(const struct native_inner *i)
{
	return (i->pad & PAD_FUNCTION) == PAD_FUNCTION_IO && (i->driven & GPIO_SELECT);
}

static void held_out(struct native_inner *i, uint8_t byte)
{
	assert(i->held_n < sizeof i->held);
	i->held[i->held_n++] = byte;
}

static void held_transfer(struct native *n)
{
	struct native_inner *i = n->inner;
	uint32_t in = i->user & SPI_USER_MISO ? ((i->user1 >> 8 & 0x1FF) + 1) / 8 : 0;
	uint32_t out = i->user & SPI_USER_MOSI ? ((i->user1 >> 17 & 0x1FF) + 1) / 8 : 0;

	assert(n->now >= i->busy_until); /* the chip would not listen */
	if (i->user & SPI_USER_COMMAND)
		held_out(i, (uint8_t)i->user2);
	for (int k = 0; k < 3 && (i->user & SPI_USER_ADDR); k++)
		held_out(i, (uint8_t)(i->addr >> (24 - 8 * k)));
	if (i->user & SPI_USER_DUMMY)
		held_out(i, 0);
	for (uint32_t k = 0; k < out; k++)
		held_out(i, ((const uint8_t *)i->w)[k]);
	for (uint32_t k = 0; k < in; k++, i->held_at++) {
		uint32_t addr = (uint32_t)i->held[1] << 16 | i->held[2] << 8 | i->held[3];
		uint8_t *to = (uint8_t *)i->w + k;

		if (i->held[0] == 0x9F)
			*to = i->held_at < 3 ? (uint8_t)(0x1440EF >> 8 * i->held_at) : 0xFF;
		else
			*to = n->flash[(addr + i->held_at) % NATIVE_FLASH];
	}
	i->spi_until = n->now + 2 * (32 + 8 * (in + out));
}

static void pad_set(struct native *n, uint32_t value)
{
	struct native_inner *i = n->inner;
	bool was = is_held(i);

	assert(n->now >= i->spi_until); /* a transfer would be torn */
	i->pad = value;
	if (!was && is_held(i))
		i->held_n = i->held_at = 0;
	if (!was || is_held(i) || i->held[0] != 0x02 || i->held_n <= 4)
		return;
	assert(i->enabled);
	i->enabled = false;
	program(n, (uint32_t)i->held[1] << 16 | i->held[2] << 8 | i->held[3], i->held + 4,
	    i->held_n - 4);
}

static void flash_command(struct native *n)
{
	struct native_inner *i = n->inner;
	uint32_t command = i->user2 & 0xFF, addr = i->addr >> 8;
	uint32_t in = i->user & SPI_USER_MISO ? ((i->user1 >> 8 & 0x1FF) + 1) / 8 : 0;
	uint32_t out = i->user & SPI_USER_MOSI ? ((i->user1 >> 17 & 0x1FF) + 1) / 8 : 0;
	bool busy = n->now < i->busy_until || (n->stuck && i->busy_until), was = i->enabled;

	assert(i->user2 >> 28 == 7 && (i->user & SPI_USER_COMMAND));
	i->spi_until = n->now + 2 * (8 + (i->user & SPI_USER_ADDR ? 24 : 0) + 8 * (in + out));
	if (command == 0x05) {
		i->w[0] = (n->status & ~3u) | busy | (uint32_t)was << 1;
		return;
	}
	assert(!busy); /* the chip would not listen */
	i->enabled = command == 0x06;
	if (command == 0x03 || command == 0x0B || command == 0x9F || command == 0x35)
		memset(i->w, 0, sizeof i->w);
	if (command == 0x9F)
		i->w[0] = 0x1440EF;
	bool read = command == 0x03 || command == 0x0B;
	for (uint32_t k = 0; read && k < in; k++)
		((uint8_t *)i->w)[k] = n->flash[(addr + k) % NATIVE_FLASH];
	if (!was)
		return;
	if (command == 0x01) {
		i->busy_until = n->now + 52000 * 5;
		if (!n->locked)
			n->status = i->w[0] & 0xFC;
	} else if (command == 0x02) {
		program(n, addr, (const uint8_t *)i->w, out);
	} else if (command == 0x20) {
		erased(n, addr, 0x1000, 45, &n->sectors);
	} else if (command == 0xD8) {
		erased(n, addr, 0x10000, 150, &n->blocks);
	} else if (command == 0xC7) {
		erased(n, 0, NATIVE_FLASH, 3000, &n->chips);
	}
}

/* --- registers ----------------------------------------------------------------------------- */

uint32_t reg_get(uint32_t addr)
{
	struct native_inner *i = chip->inner;

	advance(chip, chip->coarse ? COARSE_CYCLES : ACCESS_CYCLES);
	if (addr >= SPI_W0 && addr < SPI_W0 + 64)
		return i->w[(addr - SPI_W0) / 4];
	switch (addr) {
	case UART_FIFO:
		return i->fifo_in != i->fifo_out ? i->fifo[i->fifo_out++ % UART_FIFO_SIZE] : 0;
	case UART_INT_RAW:
		return i->int_raw;
	case UART_CLKDIV:
		return i->clkdiv;
	case UART_STATUS:
		return (i->fifo_in - i->fifo_out) | (i->tx_in - i->tx_out) << 16;
	case SPI_CMD:
		return chip->now < i->spi_until ? SPI_CMD_USER : 0;
	case PAD_SELECT:
		return i->pad;
	case SPI_CTRL:
		return i->ctrl;
	case SPI_USER:
		return i->user;
	case SPI_USER1:
		return i->user1;
	case SPI_USER2:
		return i->user2;
	default:
		return addr;
	}
}

void reg_set(uint32_t addr, uint32_t value)
{
	struct native_inner *i = chip->inner;

	advance(chip, chip->coarse ? COARSE_CYCLES : ACCESS_CYCLES);
	assert(addr < SPI_CMD || addr > SPI_W0 + 64 || chip->now >= i->spi_until);
	if (addr >= SPI_W0 && addr < SPI_W0 + 64)
		i->w[(addr - SPI_W0) / 4] = value;
	else if (addr == UART_FIFO) {
		assert(i->tx_in - i->tx_out < UART_FIFO_SIZE);
		if (i->tx_in == i->tx_out)
			i->tx_next = chip->now + 10 * (int64_t)i->clkdiv;
		i->tx[i->tx_in++ % UART_FIFO_SIZE] = (uint8_t)value;
	} else if (addr == UART_INT_CLR)
		i->int_raw &= ~value;
	else if (addr == UART_CLKDIV)
		i->clkdiv = value;
	else if (addr == SPI_ADDR)
		i->addr = value;
	else if (addr == SPI_CTRL)
		i->ctrl = value;
	else if (addr == SPI_USER)
		i->user = value;
	else if (addr == SPI_USER1)
		i->user1 = value;
	else if (addr == SPI_USER2)
		i->user2 = value;
	else if (addr == PAD_SELECT)
		pad_set(chip, value);
	else if (addr == GPIO_DRIVE)
		i->driven |= value;
	else if (addr == GPIO_DRIVE_NOT)
		i->driven &= ~value;
	else if (addr == SPI_CMD && value && is_held(i))
		held_transfer(chip);
	else if (addr == SPI_CMD && value)
		flash_command(chip);
}

uint32_t chip_cycles(void)
{
	advance(chip, 2);
	return (uint32_t)chip->now;
}

void chip_attach_flash(void)
{
}

uint32_t *chip_store(void)
{
	return chip->inner->store;
}

uint32_t chip_build(void)
{
	return 0x12345678;
}

uint32_t chip_fallback(void)
{
	return 0;
}

static void leave(enum native_left where)
{
	chip->left = where;
	for (;;)
		swapcontext(&chip->inner->run, &chip->inner->test);
}

void chip_run_flash(void)
{
	leave(NATIVE_FLASH_APP);
}

void chip_run_loader(void)
{
	leave(NATIVE_LOADER);
}

/* --- what tests call ----------------------------------------------------------------------- */

static void stub_life(void)
{
	stub_init(&chip->inner->stub);
	for (;;)
		stub_step(&chip->inner->stub);
}

static struct native *start(bool no_hold)
{
	struct native *n = calloc(1, sizeof *n);

	assert(n);
	n->inner = calloc(1, sizeof *n->inner);
	n->inner->queue = malloc(QUEUE_SIZE);
	assert(n->inner->queue);
	memset(n->flash, 0xFF, sizeof n->flash);
	n->worn = ~0u;
	n->limit = INT64_MAX;
	n->divider = n->inner->clkdiv = NATIVE_DIVIDER;
	n->inner->ctrl = 0x288313;
	n->inner->user = 0x80000004;
	n->inner->pad = no_hold ? 0 : PAD_FUNCTION_SPI;
	chip = n;
	n->inner->stack = malloc(STACK_SIZE);
	getcontext(&n->inner->run);
	n->inner->run.uc_stack.ss_sp = n->inner->stack;
	n->inner->run.uc_stack.ss_size = STACK_SIZE;
	makecontext(&n->inner->run, stub_life, 0);
	native_run(n, 20);
	return n;
}

struct native *native_new(void)
{
	return start(false);
}

struct native *native_new_no_hold(void)
{
	return start(true);
}

void native_free(struct native *n)
{
	free(n->inner->stack);
	free(n->inner->queue);
	free(n->inner);
	free(n);
	chip = NULL;
}

void native_raw(struct native *n, const uint8_t *bytes, size_t count)
{
	struct native_inner *i = n->inner;

	if (i->queue_in == i->queue_out)
		i->rx_next = n->now + 10 * (int64_t)n->divider;
	for (; count; count--)
		i->queue[i->queue_in++ % QUEUE_SIZE] = *bytes++;
}

void native_send(struct native *n, uint8_t op, uint8_t serial, const uint32_t *words, size_t count,
    const uint8_t *bytes, size_t size)
{
	uint8_t wire[STUB_WIRE_MAX];
	size_t used = stub_enc(wire, sizeof wire, op, serial, words, count, bytes, size);

	assert(used);
	native_raw(n, wire, used);
}

/* The stub goes on until done() or ms have passed. */
static bool steps(struct native *n, int ms, bool (*done)(struct native *, uint32_t), uint32_t what)
{
	chip = n;
	n->limit = n->now + (int64_t)ms * 52000;
	n->inner->done = done;
	n->inner->what = what;
	swapcontext(&n->inner->test, &n->inner->run);
	return done && done(n, what);
}

static bool is_heard(struct native *n, uint32_t what)
{
	return n->last.good && n->last.op == (what & 0xFF) && n->last.serial == what >> 8;
}

bool native_wait(struct native *n, uint8_t op, uint8_t serial, int ms)
{
	n->last.good = false;
	return steps(n, ms, is_heard, op | (uint32_t)serial << 8);
}

void native_run(struct native *n, int ms)
{
	steps(n, ms, NULL, 0);
}

size_t native_pending(const struct native *n)
{
	return n->inner->queue_in - n->inner->queue_out;
}

uint32_t native_word(const struct native_answer *a, size_t i)
{
	return 4 * i + 4 <= a->n ? get_le32(a->data + 4 * i) : 0;
}

uint32_t native_overruns(const struct native *n)
{
	return n->inner->stub.overruns;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ROM's serial loader: autobaud, SLIP, dispatch of the operations 2 to 11 and the answers
 * (esp-serial-protocol.md 1.1 to 1.4, 3.2 and above all 11).
 */
#include "simint.h"

#include <string.h>

#define SLIP_END     0xC0
#define SLIP_ESC     0xDB
#define SLIP_ESC_END 0xDC
#define SLIP_ESC_ESC 0xDD

#define OP_FLASH_BEGIN 2
#define OP_FLASH_DATA  3
#define OP_FLASH_END   4
#define OP_MEM_BEGIN   5
#define OP_MEM_END     6
#define OP_MEM_DATA    7
#define OP_SYNC	       8
#define OP_WRITE_REG   9
#define OP_READ_REG    10
#define OP_SPI_PARAMS  11

#define ERR_FORMAT 5

#define AUTOBAUD_EDGES 30
#define AUTOBAUD_EXTRA 12
#define SYNC_ANSWERS   8
#define HEADER	       8

void sim_loader_enter(struct sim_device *dev)
{
	dev->rom.edges = 0;
	sim_usb32_loader(dev);
	sim_device_set_mode(dev, sim_device_by_usb(dev) ? SIM_MODE_LOADER : SIM_MODE_AUTOBAUD);
}

uint32_t sim_loader_word(const struct sim_device *dev, size_t index)
{
	return sim_le32(dev->rom.msg + HEADER + 4 * index);
}

/* --- autobaud ------------------------------------------------------------------------- */

static void edge(struct sim_rom *rom, int64_t at_ps, bool rises)
{
	int64_t width = at_ps - rom->last_edge_ps;
	int64_t *least = rises ? &rom->min_low_ps : &rom->min_high_ps;

	/* The first edge ends no pulse: the line idled before it. */
	if (rom->edges > 0 && (*least == 0 || width < *least))
		*least = width;
	rom->edges++;
	rom->last_edge_ps = at_ps;
}

static uint32_t clocks(int64_t ps)
{
	return (uint32_t)(ps / 1000 * (SIM_UART_CLOCK / 1000000) / 1000);
}

/* The family's measures the same way, in sixteenths, and adds nothing. */
static uint32_t measured32(const struct sim_device *dev)
{
	int64_t ps = (dev->rom.min_low_ps + dev->rom.min_high_ps) / 2;
	uint32_t hz = sim_rom32_uart_hz(dev);

	return sim_rom32_clkdiv(hz, (uint32_t)((1000000000000 + ps / 2) / ps));
}

static void autobaud_lock(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;
	uint32_t low = clocks(rom->min_low_ps), high = clocks(rom->min_high_ps);

	if (dev->row->family)
		sim_device_set_clkdiv(dev, measured32(dev));
	else
		sim_device_set_clkdiv(dev, (low + high) / 2 + AUTOBAUD_EXTRA);
	sim_device_trace(dev, dev->now, "autobaud locked at %u", sim_device_baud(dev));
	rom->in_frame = false;
	rom->escaped = false;
	sim_device_set_mode(dev, SIM_MODE_LOADER);
}

void sim_loader_autobaud(struct sim_device *dev, const struct sim_air *air)
{
	bool level = true;

	for (int k = 0; k < 10; k++) {
		bool bit = k == 9 || (k > 0 && (air->byte >> (k - 1) & 1));

		if (bit != level)
			edge(&dev->rom, air->start_ps + k * air->bit_ps, bit);
		level = bit;
	}
	if (dev->rom.edges >= AUTOBAUD_EDGES)
		autobaud_lock(dev);
}

/* --- answers -------------------------------------------------------------------------- */

static size_t slip(uint8_t *out, const uint8_t *in, size_t n)
{
	size_t len = 0;

	out[len++] = SLIP_END;
	for (size_t i = 0; i < n; i++) {
		if (in[i] == SLIP_END || in[i] == SLIP_ESC) {
			out[len++] = SLIP_ESC;
			out[len++] = in[i] == SLIP_END ? SLIP_ESC_END : SLIP_ESC_ESC;
		} else {
			out[len++] = in[i];
		}
	}
	out[len++] = SLIP_END;
	return len;
}

static void send_answer(struct sim_device *dev)
{
	const struct sim_rom *rom = &dev->rom;
	uint8_t raw[HEADER + 64 + 4] = {1, rom->op}, frame[2 * sizeof(raw) + 2];
	size_t data = dev->rom32.data_len, n = HEADER + data;

	for (int i = 0; i < 4; i++)
		raw[4 + i] = (uint8_t)(rom->value >> (8 * i));
	memcpy(raw + HEADER, dev->rom32.data, data);
	raw[n] = rom->status;
	raw[n + 1] = rom->code;
	n += dev->row->family ? 4 : 2;
	raw[2] = (uint8_t)(n - HEADER);
	n = slip(frame, raw, n);
	if (sim_faults_event(&dev->faults, SIM_FAULT_ANSWER_LOST)) {
		sim_device_trace(dev, dev->now, "answer lost op %02x", rom->op);
		return;
	}
	for (int i = 0; i < (rom->op == OP_SYNC ? SYNC_ANSWERS : 1); i++)
		sim_device_send(dev, frame, n);
}

static void drain_ring(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;

	while (rom->job == SIM_JOB_NONE && rom->ring_len > 0 && dev->mode == SIM_MODE_LOADER) {
		uint8_t byte = rom->ring[0];

		memmove(rom->ring, rom->ring + 1, --rom->ring_len);
		sim_loader_rx(dev, byte);
	}
}

void sim_loader_answer(struct sim_device *dev, uint8_t status, uint8_t code)
{
	struct sim_rom *rom = &dev->rom;

	rom->job = SIM_JOB_NONE;
	rom->busy_until = SIM_NEVER;
	rom->status = status;
	/* On the 8266 success leaves the code byte of the last failure where it is; of the family
	 * that is not known, and it is clean here. */
	if (status || dev->row->family)
		rom->code = status ? code : 0;
	if (status)
		dev->rom32.data_len = 0;
	sim_device_trace(dev, dev->now, "answer op %02x value %08x status %u code %02x", rom->op,
	    rom->value, rom->status, rom->code);
	send_answer(dev);
	dev->rom32.data_len = 0;
}

/* --- register operations ------------------------------------------------------------------ */

static void do_sync(struct sim_device *dev)
{
	dev->rom.value = sim_loader_word(dev, 0);
	dev->rom.code = 0;
	sim_loader_answer(dev, 0, 0);
}

static void do_read_reg(struct sim_device *dev)
{
	dev->rom.value = sim_regs_read(dev, sim_loader_word(dev, 0));
	dev->rom.code = 0;
	sim_loader_answer(dev, 0, 0);
}

static unsigned quads(const struct sim_rom *rom)
{
	unsigned len = rom->msg[2] | (unsigned)rom->msg[3] << 8;
	unsigned n = len / 16;

	/* The ROM trusts the length; what lies beyond its buffer is not modelled. */
	return n < (SIM_MSG_SIZE - HEADER) / 16 ? n : (SIM_MSG_SIZE - HEADER) / 16;
}

/* Writes on from the present quad, whose delay is over; stops at the next one that waits. */
static void write_quads(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;

	for (;;) {
		const uint8_t *q = rom->msg + HEADER + 16 * (size_t)rom->quad;
		uint32_t addr = sim_le32(q), value = sim_le32(q + 4), mask = sim_le32(q + 8);
		uint32_t old = mask == UINT32_MAX ? 0 : sim_regs_read(dev, addr);

		sim_device_trace(dev, dev->now, "write %08x = %08x mask %08x", addr, value, mask);
		sim_regs_write(dev, addr, (value & mask) | (old & ~mask));
		if (dev->pending_reset || dev->mode != SIM_MODE_LOADER)
			return; /* a chip in reset does not answer */
		if (++rom->quad >= quads(rom))
			break;
		q += 16;
		if (sim_le32(q + 12) & 0xFFFF) {
			rom->job = SIM_JOB_WRITE_REG;
			rom->busy_until = dev->now + (sim_time)(sim_le32(q + 12) & 0xFFFF);
			return;
		}
	}
	sim_loader_answer(dev, 0, 0);
}

static void do_write_reg(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;
	uint32_t delay = sim_loader_word(dev, 3) & 0xFFFF; /* ets_delay_us takes 16 bits here */

	if (quads(rom) == 0) {
		sim_loader_answer(dev, 0, 0);
		return;
	}
	rom->code = 0;
	rom->quad = 0;
	if (delay == 0) {
		write_quads(dev);
		return;
	}
	rom->job = SIM_JOB_WRITE_REG;
	rom->busy_until = dev->now + (sim_time)delay;
}

void sim_loader_tick(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;
	enum sim_job job = rom->job;

	rom->busy_until = SIM_NEVER;
	if (job == SIM_JOB_WRITE_REG)
		write_quads(dev);
	else if (job != SIM_JOB_NONE && dev->row->family)
		sim_rom32_tick(dev);
	else if (job != SIM_JOB_NONE)
		sim_romflash_tick(dev);
	drain_ring(dev);
}

/* --- frames --------------------------------------------------------------------------- */

static void trace_command(struct sim_device *dev, uint16_t len)
{
	const struct sim_rom *rom = &dev->rom;

	sim_device_trace(dev, dev->now, "command %02x len %u words %08x %08x %08x %08x",
	    rom->msg[1], len, sim_loader_word(dev, 0), sim_loader_word(dev, 1),
	    sim_loader_word(dev, 2), sim_loader_word(dev, 3));
}

static void dispatch(struct sim_device *dev, uint8_t op, uint16_t len)
{
	switch (op) {
	case OP_SYNC:
		do_sync(dev);
		return;
	case OP_WRITE_REG:
		do_write_reg(dev);
		return;
	case OP_READ_REG:
		do_read_reg(dev);
		return;
	default:
		break;
	}
	if (dev->row->family) {
		sim_rom32_dispatch(dev, op, len);
		return;
	}
	switch (op) {
	case OP_FLASH_BEGIN:
		sim_romflash_begin(dev, len);
		break;
	case OP_FLASH_DATA:
		sim_romflash_data(dev, len);
		break;
	case OP_FLASH_END:
		sim_romflash_end(dev);
		break;
	case OP_MEM_BEGIN:
		sim_rommem_begin(dev, len);
		break;
	case OP_MEM_END:
		sim_rommem_end(dev);
		break;
	case OP_MEM_DATA:
		sim_rommem_data(dev, len);
		break;
	default:
		sim_romflash_params(dev, len);
		break;
	}
}

static bool known(const struct sim_device *dev, uint8_t op)
{
	if (dev->row->family)
		return sim_rom32_knows(dev, op);
	return op >= OP_FLASH_BEGIN && op <= OP_SPI_PARAMS;
}

static void execute(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;
	uint16_t len = (uint16_t)(rom->msg[2] | rom->msg[3] << 8);

	trace_command(dev, len);
	if (rom->msg[0] != 0 || !known(dev, rom->msg[1])) {
		/* The answer still carries the last valid operation, and after a SYNC it comes as
		 * often as a SYNC's does. */
		sim_loader_answer(dev, 1, ERR_FORMAT);
		return;
	}
	rom->op = rom->msg[1];
	dispatch(dev, rom->op, len);
}

static void store(struct sim_rom *rom, uint8_t byte)
{
	if (rom->len < SIM_MSG_SIZE)
		rom->msg[rom->len++] = byte;
}

static void unescape(struct sim_rom *rom, uint8_t byte)
{
	rom->escaped = false;
	if (byte == SLIP_ESC_END)
		store(rom, SLIP_END);
	else if (byte == SLIP_ESC_ESC)
		store(rom, SLIP_ESC);
	else /* not fatal on the 8266; what it stores then is not known: the byte itself here */
		store(rom, byte);
}

static void frame_end(struct sim_device *dev)
{
	struct sim_rom *rom = &dev->rom;

	rom->escaped = false;
	if (rom->in_frame && rom->len > 0) {
		/* The length received is not looked at: a short frame runs on old bytes. */
		rom->in_frame = false;
		execute(dev);
		return;
	}
	rom->in_frame = true;
	rom->len = 0;
}

void sim_loader_rx(struct sim_device *dev, uint8_t byte)
{
	struct sim_rom *rom = &dev->rom;

	if (rom->job != SIM_JOB_NONE) {
		if (rom->ring_len < SIM_RING_SIZE)
			rom->ring[rom->ring_len++] = byte;
		return;
	}
	if (byte == SLIP_END)
		frame_end(dev);
	else if (!rom->in_frame)
		return;
	else if (rom->escaped)
		unescape(rom, byte);
	else if (byte == SLIP_ESC)
		rom->escaped = true;
	else
		store(rom, byte);
}

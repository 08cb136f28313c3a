/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The requests, and the loop that takes them. */
#include "stub.h"

#define NOTHING	    0u	  /* no op */
#define HASH_CYCLES 1500  /* a chunk's, and a tick's delay */
#define TICK_CYCLES 3000u /* 29 us: 6 bytes at 2 Mbaud */

static void speed(struct stub *s, uint32_t divider)
{
	link_flush(s);
	reg_set(UART_CLKDIV, divider);
	s->divider = divider;
}

/* It has something to do, for which nobody has to speak. Reading is told by what is sent, a stream
 * by what the flash does: those wait for the host. */
static bool at_work(const struct stub *s)
{
	if (s->busy_op == STUB_DATA)
		return s->flash != FLASH_IDLE;
	return s->busy_op != NOTHING && s->busy_op != STUB_READ;
}

static void speed_look(struct stub *s)
{
	if (s->trial && (int32_t)(s->ms - s->fallback_at) >= 0) {
		speed(s, s->divider_good);
		s->trial = false;
	}
	if (at_work(s))
		stub_awake(s);
	else if (s->divider != s->divider_home && (int32_t)(s->ms - s->idle_at) >= 0)
		speed(s, s->divider_good = s->divider_home);
}

/* Until the flash is to be looked at, in cycles. */
static int32_t flash_far(const struct stub *s, uint32_t now)
{
	uint32_t due = s->flash == FLASH_WRITE ? s->flash_due - NEAR_CYCLES : s->flash_due;

	return s->flash == FLASH_IDLE ? 0 : (int32_t)(due - now);
}

void stub_work(struct stub *s, uint32_t now)
{
	uint32_t length = CHIP_MS * s->ratio;
	int32_t far;

	while (now - s->ms_cycles >= length) {
		s->ms_cycles += length;
		s->ms++;
		speed_look(s);
	}
	s->tick_at = now + TICK_CYCLES;
	link_poll(s);
	far = flash_far(s, now);
	if (far > 0) {
		if (far < (int32_t)TICK_CYCLES)
			s->tick_at = now + (uint32_t)far;
		if (far > HASH_CYCLES)
			proof_hash(s);
		return;
	}
	flash_step(s);
	if (s->flash == FLASH_IDLE)
		proof_hash(s);
}

void stub_tick_busy(struct stub *s, uint32_t done, uint32_t total)
{
	stub_tick(s);
	proof_tell(s);
	if (s->busy_op == NOTHING || s->ms - s->busy_ms < STUB_BUSY_MS)
		return;
	s->busy_ms = s->ms;
	link_begin(s, STUB_BUSY, 0, STUB_OK);
	link_word(s, s->busy_op);
	link_word(s, done);
	link_word(s, total);
	link_end(s);
}

/* --- what is asked for --------------------------------------------------------------------- */

static uint32_t hello(struct stub *s, uint32_t serial)
{
	bool held = s->hold;
	uint32_t i, status;

	flash_hold(s);
	status = flash_status(s);
	s->hold = held;
	link_begin(s, STUB_HELLO, serial, STUB_OK);
	link_word(s, STUB_PROTOCOL);
	link_word(s, RX_SIZE - RX_SPARE);
	link_word(s, chip_build());
	link_word(s, reg_get(UART_CLKDIV) & UART_DIV_MASK);
	link_word(s, s->flash_id);
	link_word(s, status);
	for (i = 0; i < 4u; i++)
		link_word(s, reg_get(EFUSE + i * 4u));
	link_word(s, s->bad_frames);
	link_word(s, s->overruns);
	link_end(s);
	return STUB_ANSWERED;
}

/* The answer leaves at the old rate. What is asked for again is done again: who lost the answer is
 * still there, at the old rate. */
static uint32_t baud(struct stub *s, uint32_t serial, const uint8_t *p, uint32_t n)
{
	uint32_t divider = n == 4u ? get_word(p) : 0;

	if (n != 4u)
		return STUB_E_LENGTH;
	if (divider < 16u || divider > UART_DIV_MASK)
		return STUB_E_RANGE;
	link_begin(s, STUB_BAUD, serial, STUB_OK);
	link_word(s, divider);
	link_end(s);
	speed(s, divider);
	s->fallback_at = s->ms + STUB_FALLBACK_MS;
	s->trial = true;
	return STUB_ANSWERED;
}

static uint32_t echo(struct stub *s, uint32_t serial, const uint8_t *p, uint32_t n)
{
	if (n > STUB_DATA_MAX)
		return STUB_E_LENGTH;
	link_begin(s, STUB_ECHO, serial, STUB_OK);
	link_bytes(s, p, n);
	link_end(s);
	return STUB_ANSWERED;
}

static uint32_t read_regs(struct stub *s, uint32_t serial, const uint8_t *p, uint32_t n)
{
	uint32_t i;

	if (!n || n % 4u)
		return STUB_E_LENGTH;
	for (i = 0; i < n; i += 4u)
		if (p[i] % 4u)
			return STUB_E_RANGE;
	link_begin(s, STUB_READ_REG, serial, STUB_OK);
	for (i = 0; i < n; i += 4u)
		link_word(s, reg_get(get_word(p + i)));
	link_end(s);
	return STUB_ANSWERED;
}

static uint32_t write_regs(const uint8_t *p, uint32_t n)
{
	uint32_t i, addr, mask;

	for (i = 0; i < n; i += 12u) /* no division on this processor */
		if (p[i] % 4u)
			return STUB_E_RANGE;
	if (!n || i != n)
		return STUB_E_LENGTH;
	for (i = 0; i < n; i += 12u) {
		addr = get_word(p + i);
		mask = get_word(p + i + 8u);
		reg_set(addr, (reg_get(addr) & ~mask) | (get_word(p + i + 4u) & mask));
	}
	return STUB_OK;
}

static uint32_t flash_size(struct stub *s, const uint8_t *p, uint32_t n)
{
	uint32_t home = n == 8u ? get_word(p + 4) : s->divider_home;

	if (n != 4u && n != 8u)
		return STUB_E_LENGTH;
	if (!get_word(p) || get_word(p) > FLASH_MAX || home < 16u || home > UART_DIV_MASK)
		return STUB_E_RANGE;
	s->flash_size = get_word(p);
	s->divider_home = home;
	return STUB_OK;
}

static uint32_t erase(struct stub *s, const uint8_t *p, uint32_t n)
{
	return n == 8u ? write_erase(s, get_word(p), get_word(p + 4)) : STUB_E_LENGTH;
}

static uint32_t erase_chip(struct stub *s)
{
	write_stop(s);
	flash_erase_chip(s);
	return s->status;
}

static uint32_t run(struct stub *s, uint32_t serial, const uint8_t *p, uint32_t n)
{
	uint32_t how = n == 4u ? get_word(p) : ~0u;

	if (how > STUB_RUN_LOADER)
		return n == 4u ? STUB_E_RANGE : STUB_E_LENGTH;
	write_stop(s);
	link_begin(s, STUB_RUN, serial, STUB_OK);
	link_end(s);
	link_flush(s);
	flash_leave(s);
	if (how == STUB_RUN_ROM)
		chip_run_flash();
	else if (how == STUB_RUN_LOADER)
		chip_run_loader();
	else
		for (;;)
			reg_set(RTC_RESET, reg_get(RTC_RESET) | 1u << 31);
	return STUB_ANSWERED;
}

/* --- the loop ------------------------------------------------------------------------------ */

/* Not to be carried out twice. */
static bool is_once(uint32_t op)
{
	return op == STUB_WRITE_REG || op == STUB_PLAN || op == STUB_ERASE || op == STUB_ERASE_CHIP;
}

/* Those that write, erase or read the whole flash end a stream. */
static bool ends_stream(uint32_t op)
{
	return op == STUB_PLAN || op == STUB_ERASE || op == STUB_ERASE_CHIP || op == STUB_READ ||
	       op == STUB_RUN || op == STUB_FLASH_SIZE;
}

static uint32_t carry_out_flash(
    struct stub *s, uint32_t op, uint32_t serial, const uint8_t *p, uint32_t n)
{
	switch (op) {
	case STUB_MD5:
	case STUB_MD5_RANGES:
		return read_md5(s, p, n, op == STUB_MD5_RANGES);
	case STUB_PLAN:
		return write_plan(s, p, n);
	case STUB_ERASE:
		return erase(s, p, n);
	case STUB_ERASE_CHIP:
		return erase_chip(s);
	case STUB_READ:
		write_stop(s);
		return read_flash(s, p, n);
	case STUB_PROVE:
		return proof_ask(s, serial, p, n);
	default:
		return STUB_E_OP;
	}
}

static uint32_t carry_out(
    struct stub *s, uint32_t op, uint32_t serial, const uint8_t *p, uint32_t n)
{
	switch (op) {
	case STUB_HELLO:
		return hello(s, serial);
	case STUB_BAUD:
		return baud(s, serial, p, n);
	case STUB_ECHO:
		return echo(s, serial, p, n);
	case STUB_READ_REG:
		return read_regs(s, serial, p, n);
	case STUB_WRITE_REG:
		return write_regs(p, n);
	case STUB_FLASH_SIZE:
		return flash_size(s, p, n);
	case STUB_END:
		write_ack(s, op, serial, write_finish(s));
		return STUB_ANSWERED;
	case STUB_STATUS:
		write_ack(s, op, serial, s->status);
		return STUB_ANSWERED;
	case STUB_RUN:
		return run(s, serial, p, n);
	default:
		return carry_out_flash(s, op, serial, p, n);
	}
}

bool stub_request(struct stub *s)
{
	const uint8_t *frame = frame_of(s);
	uint32_t op = frame[0], serial = frame[1], status;
	bool again = is_once(op) && op == s->last_op && serial == s->last_serial;

	if (s->streaming && ends_stream(op) && !again)
		return false;
	if (op == STUB_CHUNK_ACK) {
		link_drop(s); /* late: that READ is over */
		return true;
	}
	s->busy_op = (uint8_t)op;
	s->busy_ms = s->ms;
	status = again ? s->last_status : carry_out(s, op, serial, frame + 2, s->frame_len - 2u);
	if (status != STUB_ANSWERED) {
		link_begin(s, op, serial, status);
		link_end(s);
		s->last_status = (uint8_t)status;
	}
	s->last_op = (uint8_t)op;
	s->last_serial = (uint8_t)serial;
	s->busy_op = s->streaming ? STUB_DATA : NOTHING;
	/* READ has dropped its own; there may be another one. */
	if (op != STUB_READ || status != STUB_ANSWERED)
		link_drop(s);
	return true;
}

/* The double clock is kept where the bus's is seen not to have changed with it: a transfer takes
 * twice the cycles. */
static void clock_double(struct stub *s)
{
	uint32_t clocks = reg_get(CLOCKS) & ~CLOCKS_DOUBLE, plain, twice;

	reg_set(CLOCKS, clocks);
	plain = flash_time(s);
	reg_set(CLOCKS, clocks | CLOCKS_DOUBLE);
	twice = flash_time(s);
	if (twice - plain - plain / 4u * 3u < plain / 2u)
		s->ratio = 2;
	else
		reg_set(CLOCKS, clocks);
}

void stub_init(struct stub *s)
{
	s->ratio = 1;
	s->ms_cycles = chip_cycles();
	s->divider = s->divider_good = reg_get(UART_CLKDIV) & UART_DIV_MASK;
	if (chip_fallback()) {
		s->divider_good = chip_fallback();
		s->fallback_at = STUB_FALLBACK_MS;
		s->trial = true;
	}
	s->divider_home = s->divider_good; /* until the host says better */
	stub_awake(s);
	link_init(s);
	link_drop(s);
	flash_init(s);
	clock_double(s);
	hello(s, 0); /* so the program sees that this runs */
}

void stub_step(struct stub *s)
{
	stub_tick(s);
	write_tell(s);
	proof_tell(s);
	if (!link_take(s))
		return;
	if (frame_of(s)[0] == STUB_DATA)
		write_late(s);
	else
		stub_request(s);
	if (s->streaming)
		write_stream(s);
}

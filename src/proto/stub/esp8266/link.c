/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wire: FIFOs and rings, SLIP, the CRC of frames. */
#include "stub.h"

#ifdef __XTENSA__
#pragma GCC optimize("O2", "no-tree-loop-distribute-patterns") /* for speed: here it counts */
#endif

#define CRC_POLY     0xEDB88320u
#define CRC_RESIDUE  0xDEBB20E3u /* over a message and its CRC */
#define SLIP_END     0xC0u
#define SLIP_ESC     0xDBu
#define SLIP_ESC_END 0xDCu
#define SLIP_ESC_ESC 0xDDu
#define TAKE_MAX     16u /* bytes between two ticks */

void link_init(struct stub *s)
{
	uint32_t i, bit, crc;

	for (i = 0; i < 256u; i++) {
		crc = i;
		for (bit = 0; bit < 8u; bit++)
			crc = crc >> 1 ^ (CRC_POLY & (0u - (crc & 1u)));
		s->crc_table[i] = crc;
	}
}

static void rx_move(struct stub *s, uint32_t n)
{
	uint32_t in = s->rx_in, room = RX_SIZE - (in - s->rx_out);

	/* A FIFO that is full may have lost some. */
	if (n >= UART_FIFO_SIZE - 1u && (reg_get(UART_INT_RAW) & UART_INT_OVERFLOW)) {
		reg_set(UART_INT_CLR, UART_INT_OVERFLOW);
		s->overruns++;
	}
	if (n > room)
		n = room;
	for (; n; n--)
		s->rx[in++ % RX_SIZE] = (uint8_t)reg_get(UART_FIFO);
	s->rx_in = in;
}

static void tx_move(struct stub *s, uint32_t n)
{
	uint32_t out = s->tx_out;

	for (; n < UART_FIFO_SIZE - 1u && out != s->tx_in; n++)
		reg_set(UART_FIFO, s->tx[out++ % TX_SIZE]);
	s->tx_out = out;
}

void link_poll(struct stub *s)
{
	uint32_t status = reg_get(UART_STATUS);

	if (status & 0xFFu)
		rx_move(s, status & 0xFFu);
	if (s->tx_in != s->tx_out)
		tx_move(s, status >> 16 & 0xFFu);
}

void link_flush(struct stub *s)
{
	uint32_t since;

	while (s->tx_in != s->tx_out || (reg_get(UART_STATUS) >> 16 & 0xFFu))
		link_poll(s);
	/* The last character is still in the shifter. */
	since = chip_cycles();
	while (chip_cycles() - since < s->divider * 12u * s->ratio)
		link_poll(s);
}

/* --- out ----------------------------------------------------------------------------------- */

static void put_raw(struct stub *s, uint32_t byte)
{
	while (s->tx_in - s->tx_out >= TX_SIZE)
		stub_tick(s);
	s->tx[s->tx_in++ % TX_SIZE] = (uint8_t)byte;
}

static void put_escaped(struct stub *s, uint32_t byte)
{
	if (byte == SLIP_END || byte == SLIP_ESC) {
		put_raw(s, SLIP_ESC);
		byte = byte == SLIP_END ? SLIP_ESC_END : SLIP_ESC_ESC;
	}
	put_raw(s, byte);
}

void link_bytes(struct stub *s, const void *bytes, uint32_t n)
{
	const uint8_t *p = bytes;
	uint32_t crc = s->out_crc;

	for (; n; n--) {
		crc = s->crc_table[(crc ^ *p) & 0xFFu] ^ crc >> 8;
		put_escaped(s, *p++);
	}
	s->out_crc = crc;
}

void link_word(struct stub *s, uint32_t word)
{
	uint8_t b[4] = {
	    (uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24)};

	link_bytes(s, b, 4);
}

void link_begin(struct stub *s, uint32_t op, uint32_t serial, uint32_t status)
{
	put_raw(s, SLIP_END);
	s->out_crc = ~0u;
	link_word(s, op | 0x80u | serial << 8 | status << 16);
}

void link_end(struct stub *s)
{
	link_word(s, ~s->out_crc);
	put_raw(s, SLIP_END);
}

void link_raw(struct stub *s, const uint8_t *bytes, uint32_t n)
{
	put_raw(s, SLIP_END);
	for (; n; n--)
		put_escaped(s, *bytes++);
	put_raw(s, SLIP_END);
}

/* --- in ------------------------------------------------------------------------------------ */

static bool is_sync(const struct stub *s)
{
	const uint8_t *f = frame_of(s);

	return s->frame_len == 44u && f[0] == 0x00u && f[1] == 0x08u;
}

/* What a stub of others would say to the ROM's SYNC: value 0. */
static void answer_sync(struct stub *s)
{
	static const uint8_t reply[] = {0x01, 0x08, 0x02, 0, 0, 0, 0, 0, 0, 0};

	link_raw(s, reply, sizeof(reply));
}

/* The end of a frame: whether it is a good one. An answer is none: where the wire gives back what
 * was sent, answers to answers would never end. */
static bool frame_done(struct stub *s)
{
	bool good =
	    s->frame_len >= 6u && s->frame_len <= STUB_FRAME_MAX && s->frame_crc == CRC_RESIDUE;

	if (good && !(frame_of(s)[0] & 0x80u)) {
		s->frame_len -= 4u;
		s->frame_ready = true;
		stub_awake(s);
		s->trial = false;
		s->divider_good = s->divider;
		return true;
	}
	if (s->frame_len && !good) {
		if (is_sync(s)) {
			answer_sync(s);
		} else {
			s->bad_frames++;
			write_nak(s, STUB_E_CRC);
		}
	}
	link_drop(s);
	return false;
}

void link_drop(struct stub *s)
{
	s->frame_ready = s->frame_escape = false;
	s->frame_len = 0;
	s->frame_crc = ~0u;
}

/* Frames are what lies between two C0, whichever they were meant for: one that lost its first C0 is
 * none the worse for it. */
bool link_take(struct stub *s)
{
	uint8_t *frame = (uint8_t *)s->frame + FRAME_SKIP;
	uint32_t n = s->rx_in - s->rx_out, out = s->rx_out, len = s->frame_len;
	uint32_t crc = s->frame_crc, byte;
	bool escape = s->frame_escape, end = false;

	if (s->frame_ready)
		return true;
	if (n > TAKE_MAX)
		n = TAKE_MAX;
	for (; n && !end; n--) {
		byte = s->rx[out++ % RX_SIZE];
		if (byte == SLIP_END) {
			end = true;
			continue;
		}
		if (byte == SLIP_ESC) {
			escape = true;
			continue;
		}
		if (escape) {
			escape = false;
			byte = byte == SLIP_ESC_END ? SLIP_END : SLIP_ESC;
		}
		if (len > STUB_FRAME_MAX)
			continue; /* too long: that is told at its end */
		crc = s->crc_table[(crc ^ byte) & 0xFFu] ^ crc >> 8;
		frame[len++] = (uint8_t)byte;
	}
	s->rx_out = out;
	s->frame_len = len;
	s->frame_crc = crc;
	s->frame_escape = escape;
	return end && frame_done(s);
}

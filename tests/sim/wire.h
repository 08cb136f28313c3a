/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One direction of a serial wire, bit by bit: a sender's queue and shift register at the sender's
 * rate, and a receiver that samples the line at its own rate. Where the two rates agree within
 * 3.5 % characters arrive as sent, ten bits after they began; where they do not, the receiver
 * sees what a UART would see: stable garbage, framing errors, another number of characters.
 *
 * Times are in picoseconds (int64_t: good for 106 days), so that rounding never adds up.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_PS_PER_US  1000000
#define SIM_WIRE_NEVER INT64_MAX

/* A character that began on the line. */
struct sim_air {
	int64_t start_ps;
	int64_t bit_ps;
	uint8_t byte;
};

/* What the receiver got. In raw mode `air` is the character as it was on the line. */
struct sim_rxchar {
	int64_t at_ps; /* when the receiver has it */
	uint8_t byte;
	bool framing; /* the stop bit was not high */
	struct sim_air air;
};

struct sim_wire {
	uint8_t *queue; /* a ring: characters not begun yet */
	size_t head, len, cap, max;
	uint64_t lost;	 /* characters refused because the queue was full */
	int64_t free_ps; /* when the sender can begin the next character */
	int64_t tx_bit_ps;
	struct sim_air *air;
	size_t air_len, air_cap;
	int64_t rx_bit_ps;
	int64_t rx_pos_ps; /* the receiver has looked at the line up to here */
	bool raw;
};

/* Picoseconds per bit at a rate in baud; 0 baud counts as 1. */
int64_t sim_wire_bit_ps(uint32_t baud);

/* `max`: how many characters may wait at the sender; more are lost and counted. */
void sim_wire_init(struct sim_wire *w, size_t max);
void sim_wire_fini(struct sim_wire *w);

/* Queues characters at the sender; they leave one after the other from `now_ps` on. */
void sim_wire_send(struct sim_wire *w, const void *bytes, size_t n, int64_t now_ps);
/* Changes a rate; a character that has begun keeps the rate it began with. */
void sim_wire_set_tx(struct sim_wire *w, int64_t bit_ps);
void sim_wire_set_rx(struct sim_wire *w, int64_t bit_ps);
/* Raw: the receiver takes each character as it was on the line, whatever its rate (what an
 * autobaud circuit measures). Leaving raw mode, sampling begins at `now_ps`. */
void sim_wire_set_raw(struct sim_wire *w, bool raw, int64_t now_ps);
/* Lets begin what is due at `now_ps`, so that a change that follows does not touch it. */
void sim_wire_begin(struct sim_wire *w, int64_t now_ps);
/* The sender forgets what has not begun yet. */
void sim_wire_drop(struct sim_wire *w, int64_t now_ps);
/* The sender falls silent at once: everything queued or on the line is gone. */
void sim_wire_cut(struct sim_wire *w, int64_t now_ps);

/* The next received character, when it is complete at `now_ps` or before. */
bool sim_wire_take(struct sim_wire *w, int64_t now_ps, struct sim_rxchar *out);
/* When sim_wire_take has to be called next; SIM_WIRE_NEVER when nothing is under way. */
int64_t sim_wire_deadline(const struct sim_wire *w);
/* When the last queued character will have left, at the present rate. */
int64_t sim_wire_end(const struct sim_wire *w);
/* Nothing waits and the last character has left. */
bool sim_wire_idle(const struct sim_wire *w, int64_t now_ps);

#endif

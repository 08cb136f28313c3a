/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A virtual board at the end of a virtual cable: host bytes at a host rate go in, bytes with
 * their times of arrival come out. Between them lie the wire (ten bits a byte at the sender's
 * rate, garbled where the receiver's differs), the USB adapter's latency timer, the faults and
 * the virtual chip.
 *
 * Everything runs in virtual time: microseconds since the link was made, passed in as `now`,
 * which must never go back. A test needs no descriptor and no clock:
 *
 *	struct sim_link *l = sim_link_new(&(struct sim_link_config){0}, NULL, 0);
 *	sim_link_button(l, true, 0);
 *	sim_link_power(l, true, 0);                       // into the loader
 *	sim_link_advance(l, 200000);                      // the banner passes
 *	sim_link_send(l, frame, n, 200000);               // at 115200, the default
 *	sim_time now = 200000, t;
 *	while ((t = sim_link_next(l)) != SIM_NEVER) {     // or mix in the host's own deadlines
 *		sim_link_advance(l, now = t);
 *		n = sim_link_receive(l, buf, sizeof(buf), now);
 *	}
 *
 * A peer in virtual time (a flash engine under test) takes the earlier of its own deadline and
 * sim_link_next(), advances to it, and hands over what sim_link_receive() gives.
 * Beware that an application which runs always has a next event: bound such loops by time.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "device.h"

struct sim_link_config {
	struct sim_device_config device;
	/* The adapter's latency timer: what the chip sends is handed on at its next tick or when
	 * 62 bytes have gathered (FTDI). 0: each byte at once. */
	uint32_t usb_latency_us;
};

struct sim_link;

/* The board has no power yet, the host listens at 115200. NULL and a message in err when the
 * scenario is not understood. */
struct sim_link *sim_link_new(const struct sim_link_config *cfg, char *err, size_t errsize);
void sim_link_free(struct sim_link *l);
struct sim_device *sim_link_device(struct sim_link *l);

/* --- the host's side ---------------------------------------------------------------------- */

/* Queues bytes at the adapter; they leave one after the other at the host's rate. */
void sim_link_send(struct sim_link *l, const void *bytes, size_t n, sim_time now);
/* The host's rate, both ways. A character that has begun keeps its rate. */
void sim_link_baud(struct sim_link *l, uint32_t baud, sim_time now);
uint32_t sim_link_host_baud(const struct sim_link *l);
/* Bytes that have arrived by `now`, at most n; the rest stays. Advances to `now`. */
size_t sim_link_receive(struct sim_link *l, void *dst, size_t n, sim_time now);
/* One byte and its time of arrival (which may be before `now`); false when there is none. */
bool sim_link_receive_at(struct sim_link *l, uint8_t *byte, sim_time *at, sim_time now);
/* Nobody has the port open: what the chip sends is lost. Open by default. */
void sim_link_open(struct sim_link *l, bool open, sim_time now);
/* Bytes that wait to be sent, not yet begun: by the host, by the chip. */
size_t sim_link_backlog(const struct sim_link *l);
size_t sim_link_chip_backlog(const struct sim_link *l);

/* --- time ------------------------------------------------------------------------------- */

/* Lets everything happen that is due at `now` or before. */
void sim_link_advance(struct sim_link *l, sim_time now);
/* The time up to which everything has happened. */
sim_time sim_link_now(const struct sim_link *l);
/* The next moment at which something happens; SIM_NEVER when all is quiet. A byte that has
 * arrived and waits for the host counts with its time of arrival. */
sim_time sim_link_next(const struct sim_link *l);
/* The same for labour alone (wire, flash), not for timers of the application or of the boot:
 * for a front end that runs without waiting. */
sim_time sim_link_next_work(const struct sim_link *l);
/* For a front end in real time: the latest moment at which it has to look again when it hands
 * on bytes in slices of slice_us. Never later than the end of a burst in either direction. */
sim_time sim_link_wake(const struct sim_link *l, sim_time now, sim_time slice_us);

/* --- the other network -------------------------------------------------------------------- */

/* What came of the connection that the application asked struct sim_radio for. */
void sim_link_radio(
    struct sim_link *l, enum sim_radio_event ev, const void *bytes, size_t n, sim_time now);
/* What the client of its web server did. */
void sim_link_web(
    struct sim_link *l, enum sim_radio_event ev, const void *bytes, size_t n, sim_time now);

/* --- the hand --------------------------------------------------------------------------- */

void sim_link_power(struct sim_link *l, bool on, sim_time now);
void sim_link_button(struct sim_link *l, bool down, sim_time now);
/* The adapter is pulled from the host. It feeds the board (3V3), so the power goes with it and
 * comes back with it. */
void sim_link_unplug(struct sim_link *l, sim_time now);
void sim_link_replug(struct sim_link *l, sim_time now);
bool sim_link_plugged(const struct sim_link *l);
/* --- the adapter's lines (config device.lines) -------------------------------------------- */

/* Both at once. An adapter that is not plugged in has none; plugging in begins with both off. */
void sim_link_lines(struct sim_link *l, bool dtr, bool rts, sim_time now);
/* The host holds its TX low: the chip hears nothing of what is sent meanwhile; a program that
 * listens gets one NUL. (What a break does to a board that is fed through RX is not played.) */
void sim_link_break(struct sim_link *l, bool on, sim_time now);
/* The host empties its side: what has arrived and waits, what has not left the adapter. */
void sim_link_purge(struct sim_link *l, bool rx, bool tx, sim_time now);
/* The adapter's latency timer; see the config. */
void sim_link_latency(struct sim_link *l, uint32_t us, sim_time now);

/* --- trouble ------------------------------------------------------------------------------ */

bool sim_link_fault(struct sim_link *l, const char *spec, sim_time now, char *err, size_t errsize);
void sim_link_fault_clear(struct sim_link *l, sim_time now);

/* What has passed: bytes both ways and the time they took on the wire; the time that the ROM
 * waited for the flash. From these a benchmark makes the limit of what was possible. */
struct sim_link_totals {
	uint64_t to_chip, to_host;
	int64_t wire_us, flash_us;
};
void sim_link_totals(struct sim_link *l, struct sim_link_totals *t);

/* State as one line of JSON. */
void sim_link_state(struct sim_link *l, char *dst, size_t size);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The adapter's modem lines and the usual reset circuit behind them: two transistors, by which
 * DTR alone pulls GPIO0 low and RTS alone pulls EN low; both together do nothing
 * (esp-serial-protocol.md, section 5). A capacitor at EN: the transistor empties it at once, the
 * pull-up needs en_us to bring it back over the threshold. A pulse of any length therefore resets
 * the chip: a harder judge than a real board, which swallows very short ones.
 *
 * Pure: what the lines do to the board is told to the caller by the levels that changed.
 */
#ifndef SIM_LINES_H
#define SIM_LINES_H

#include "simapp.h"

struct sim_circuit {
	bool there;	     /* false: a board without DTR and RTS, like most Sonoffs */
	int64_t en_us;	     /* from letting go to "high" */
	bool dtr, rts;	     /* as asserted by the adapter */
	bool gpio0, en;	     /* levels; true is high */
	sim_time en_rise_at; /* when EN will be high; SIM_NEVER: it is, or is held */
};

#define SIM_LINE_GPIO0 1u /* which levels changed */
#define SIM_LINE_EN    2u

/* All lines off, all levels high. */
void sim_circuit_init(struct sim_circuit *c, bool there, int64_t en_us);
/* The adapter sets both lines at once. Returns the levels that changed at once. */
unsigned sim_circuit_set(struct sim_circuit *c, bool dtr, bool rts, sim_time now);
/* At en_rise_at or later: EN has become high. Returns the levels that changed. */
unsigned sim_circuit_tick(struct sim_circuit *c, sim_time now);

#endif

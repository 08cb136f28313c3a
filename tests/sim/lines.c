/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two-transistor reset circuit; see lines.h. */
#include "lines.h"

void sim_circuit_init(struct sim_circuit *c, bool there, int64_t en_us)
{
	c->there = there;
	c->en_us = en_us;
	c->dtr = false;
	c->rts = false;
	c->gpio0 = true;
	c->en = true;
	c->en_rise_at = SIM_NEVER;
}

static unsigned pull_en(struct sim_circuit *c, bool low, sim_time now)
{
	if (low) {
		bool fell = c->en;

		c->en = false;
		c->en_rise_at = SIM_NEVER;
		return fell ? SIM_LINE_EN : 0;
	}
	if (c->en || c->en_rise_at != SIM_NEVER)
		return 0;
	c->en_rise_at = now + c->en_us;
	return sim_circuit_tick(c, now);
}

unsigned sim_circuit_set(struct sim_circuit *c, bool dtr, bool rts, sim_time now)
{
	bool gpio0 = !(dtr && !rts);
	unsigned changed = 0;

	c->dtr = dtr;
	c->rts = rts;
	if (!c->there)
		return 0;
	if (gpio0 != c->gpio0)
		changed |= SIM_LINE_GPIO0;
	c->gpio0 = gpio0;
	return changed | pull_en(c, rts && !dtr, now);
}

unsigned sim_circuit_tick(struct sim_circuit *c, sim_time now)
{
	if (c->en_rise_at > now)
		return 0;
	c->en_rise_at = SIM_NEVER;
	c->en = true;
	return SIM_LINE_EN;
}

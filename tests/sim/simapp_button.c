/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The button on GPIO0, looked at every 50 ms: presses within half a second of each other count
 * together, holding it ten times the hold time resets the settings.
 */
#include "tasmota_int.h"

#include <stdio.h>

static bool mapped(const struct sim_app *a)
{
	switch (tas_num(a, "Module")) {
	case 0:
	case 18:
	case 5:
	case 7:
	case 10:
		return false; /* no button on that pin */
	default:
		return true;
	}
}

/* What that many presses do in this version; NULL: nothing. */
static const char *command(const struct sim_app *a, unsigned presses)
{
	static const char *const old[] = {
	    "WifiConfig 1", "WifiConfig 2", "WifiConfig 3", "Restart 1", "Upgrade 1"};

	if (tas_min(a, 8, 3, 0, 0))
		return presses == 6 ? "WifiConfig 2" : NULL;
	if (presses < 3 || presses > 7)
		return NULL;
	if (tas_min(a, 7, 0, 0, 0) && presses <= 5)
		return "WifiConfig 2";
	return old[presses - 3];
}

static void pressed(struct sim_app *a)
{
	struct tas_button *b = &a->button;
	const char *tag = tas_min(a, 9, 2, 0, 0) ? "BTN" : "APP";

	if (tas_option(a, 13)) {
		tas_log(a, TAS_DEBUG, "%s: Button1 immediate", tag);
		a->source = "Button";
		tas_power(a, 2, true);
		return;
	}
	b->presses = b->window ? b->presses + 1 : 1;
	b->window = 10;
	tas_log(a, TAS_DEBUG, "%s: Button1 multi-press %u", tag, b->presses);
}

static void hold(struct sim_app *a)
{
	struct tas_button *b = &a->button;

	b->held++;
	if (b->held != (unsigned)tas_option(a, 32) * 2 * 10)
		return;
	b->presses = 0;
	if (tas_option(a, 13))
		tas_con_execute(a, "SetOption13 0", "Button");
	else if (!tas_option(a, 1))
		tas_con_execute(a, "Reset 1", "Button");
}

static void released(struct sim_app *a)
{
	struct tas_button *b = &a->button;
	unsigned n = b->presses;

	b->presses = 0;
	if (a->restart_flag || !n)
		return;
	if (n < 3) {
		if (a->wifi.config_type > 0)
			a->restart_flag = 1; /* leaves the set-up mode */
		else if (n == 1)
			tas_power(a, 2, true);
		return;
	}
	const char *line = command(a, n);
	if (line && !tas_option(a, 1))
		tas_con_execute(a, line, "Button");
}

void tas_button_step(struct sim_app *a)
{
	struct tas_button *b = &a->button;
	bool fresh = b->seen;

	b->seen = false;
	if (a->block_gpio0 || !mapped(a)) {
		b->held = 0;
		return;
	}
	if (fresh)
		pressed(a);
	if (b->down)
		hold(a);
	else
		b->held = 0;
	if (b->window)
		b->window--;
	else if (!b->held)
		released(a);
}

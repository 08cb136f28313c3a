/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The set-up of the application: settings, counters, rate, and the first lines of the log in the
 * order and form of its version.
 */
#include "tasmota_int.h"

#include <stdio.h>
#include <string.h>

/* Time that the program takes: it runs ahead of the chip's time by so much. */
static void work(struct sim_app *a, int ms)
{
	a->now += ms * TAS_MS;
}

void tas_defaults(struct sim_app *a)
{
	tas_log(a, TAS_NONE, "CFG: %s", tas_word(a, W_DEFAULTS));
	tas_set_clear(&a->set);
	a->power = false;
	a->set.sector = TAS_SET_TOP + 1;
	tas_save(a, true);
}

/* Quick power cycles, since 7.0: 7 in a row (4 up to 8.4.0.1) bring the defaults back. */
static void power_cycles(struct sim_app *a)
{
	bool late = tas_min(a, 8, 4, 0, 2);
	long most = late ? 7 : 4;

	if (!tas_min(a, 7, 0, 0, 0) || a->b.minimal || tas_option(a, 65))
		return;
	if (a->cause != SIM_CAUSE_POWER_ON)
		return;
	long n = tas_set_num(&a->set, "_cycles", 0) + 1;
	if (n >= most) {
		tas_defaults(a);
		n = 0;
	}
	tas_set_putn(&a->set, "_cycles", n);
	tas_save(a, false);
	if (late && n)
		tas_log(a, TAS_INFO, "QPC: Count %ld", n);
	else if (!late)
		tas_log(a, TAS_DEBUG, "QPC: Flag %02lX", 0xFFL >> n & 0xFF);
}

/* Restarts within ten seconds take settings back step by step (since 6.2). */
static void fast_boots(struct sim_app *a)
{
	long allowed = tas_option(a, 36);

	a->fast_boots++;
	if (!tas_min(a, 6, 2, 0, 0) || !allowed || (long)a->fast_boots <= allowed + 1)
		return;
	if ((long)a->fast_boots > allowed + 5)
		tas_set_putn(&a->set, "Module", tas_min(a, 7, 0, 0, 0) ? 1 : 18);
	tas_log(a, TAS_INFO, "%s: Some settings have been reset (%u)",
	    tas_min(a, 8, 5, 0, 0) ? "FRC" : "APP", a->fast_boots - 1);
}

static void load(struct sim_app *a)
{
	bool found = tas_set_load(&a->set, &a->host);

	/* 6.x says it at level 3, which is not reached before the settings are there. */
	if (found && tas_min(a, 7, 0, 0, 0))
		tas_log(a, TAS_NONE, "CFG: %s %X, %s %u", tas_word(a, W_LOADED), a->set.sector,
		    tas_word(a, W_COUNT), a->set.count);
	if (!found)
		tas_defaults(a);
}

/* Rates that the hardware of a module asks for: a second chip or a meter on the UART. */
static uint32_t module_baud(const struct sim_app *a)
{
	switch (tas_num(a, "Module")) {
	case 5:
	case 7:
	case 21:
	case 25:
		return 19200;
	default:
		return (uint32_t)tas_num(a, "Baudrate");
	}
}

static void meter(struct sim_app *a)
{
	long module = tas_num(a, "Module");

	if (a->b.minimal || (module != 41 && module != 43))
		return;
	tas_log(a, TAS_INFO, "SNS: Hardware Serial");
	a->log_level = 0;
	a->console_dead = true;
	tas_set_baud(a, 4800, false);
}

static void project_old(struct sim_app *a, const char *name, const char *version)
{
	char group[64];

	tas_log(a, TAS_INFO, "%s sonoff %s (Topic %s, Fallback %s, GroupTopic %s) %s %s-%s",
	    a->b.word_project, name, a->topic, a->client,
	    tas_get(a, "GroupTopic", group, sizeof(group)), a->b.word_version, version, a->b.core);
}

static void project(struct sim_app *a)
{
	char name[64], version[40], image[40], built[32] = "";
	bool tasmota = tas_min(a, 7, 0, 0, 0);

	tas_get(a, tas_min(a, 8, 4, 0, 0) ? "DeviceName" : "FriendlyName1", name, sizeof(name));
	tas_version_text(a, version, sizeof(version));
	if (a->b.fmt_topic) {
		project_old(a, name, version);
	} else {
		const char *word = strcmp(a->b.variant, "full") ? a->b.variant
				   : tasmota			? "tasmota"
								: "sonoff";
		snprintf(image, sizeof(image), "%s%s", a->b.release ? "release-" : "", word);
		if (a->b.fmt_built)
			snprintf(built, sizeof(built), "(%s)",
			    tas_min(a, 14, 0, 0, 0) ? "2024-08-14T12:36:22"
						    : "2022-11-30T09:15:10");
		tas_log(a, TAS_INFO, "%s %s %s%s %s %s(%s)-%s%s", a->b.word_project,
		    tasmota ? "tasmota" : "sonoff", a->b.fmt_dash ? "- " : "", name,
		    a->b.word_version, version, image, a->b.core, built);
	}
	if (a->b.minimal)
		tas_log(a, TAS_INFO, "WARNING This version does not support persistent settings");
}

static void relays(struct sim_app *a)
{
	long mode = tas_num(a, "PowerOnState");
	bool saved = tas_set_num(&a->set, "_power", 0) != 0;

	a->power = saved;
	if (a->cause != SIM_CAUSE_POWER_ON)
		return;
	if (mode == 0 || mode == 5)
		a->power = false;
	else if (mode == 1 || mode == 4)
		a->power = true;
	else if (mode == 2)
		a->power = !saved;
}

static void other_program(struct sim_app *a)
{
	char text[96];

	a->baud = 0;
	tas_set_baud(a, 115200, false);
	snprintf(text, sizeof(text), "\r\n%s\r\n", a->b.banner);
	tas_tx(a, text);
}

void tas_boot_setup(struct sim_app *a)
{
	if (!a->b.tasmota) {
		other_program(a);
		return;
	}
	a->log_level = TAS_INFO; /* until the settings are there */
	a->log_timer = 600;
	a->block_gpio0 = 4;
	uint32_t first = tas_min(a, 7, 0, 0, 0) && a->rtc_baud ? a->rtc_baud : 115200;
	a->baud = 0;
	tas_set_baud(a, first, false);
	tas_tx(a, "\r\n");
	if (tas_min(a, 9, 4, 0, 0))
		tas_log(a, TAS_INFO, "HDW: %s", a->host.chip ? a->host.chip : "ESP8266EX");
	work(a, 36);
	load(a);
	work(a, 4);
	power_cycles(a);
	fast_boots(a);
	a->log_level = (int)tas_num(a, "SerialLog");
	tas_set_putn(&a->set, "_boots", tas_set_num(&a->set, "_boots", 0) + 1);
	if (!tas_min(a, 8, 0, 0, 0))
		tas_log(a, TAS_DEBUG, "APP: Boot Count %ld", tas_set_num(&a->set, "_boots", 0));
	tas_set_baud(a, module_baud(a), true);
	relays(a);
	tas_names(a);
	work(a, 6);
	project(a);
	meter(a);
	tas_wifi_start(a);
}

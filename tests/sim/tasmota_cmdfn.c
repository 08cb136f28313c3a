/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands that do more than keep a value.
 */
#include "tasmota_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tas_fn_backlog(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	if (arg->len) {
		tas_con_queue(a, arg->data, arg->has_index ? arg->index : 1);
		return;
	}
	bool empty = !tas_con_queued(a);
	tas_con_clear(a);
	tas_reply(a, c, arg, "\"%s\"", empty ? "Empty" : "Aborted");
}

void tas_fn_delay(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	long tenths = 2;

	if (arg->payload >= 2 && arg->payload <= 3600)
		tenths = arg->payload;
	else if (arg->payload == -1 && tas_min(a, 9, 0, 0, 0))
		tenths = 10 - (long)((a->now - a->boot_at) / (100 * TAS_MS) % 10);
	a->bl_at = a->now + tenths * 100 * TAS_MS;
	tas_reply(a, c, arg, "%ld", tenths);
}

/* Takes the pause before the next command of the backlog away. */
void tas_fn_nodelay(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	(void)c;
	(void)arg;
	a->bl_at = a->now;
}

/* The serial port becomes a bridge: the log ends, what is typed is no command any more, until
 * SerialLog comes by another way or the settings are erased. */
void tas_fn_serialsend(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	tas_set_putn(&a->set, "SerialLog", 0);
	tas_set_putn(&a->set, "_bridge", 1);
	a->log_level = 0;
	a->log_timer = 0;
	if (arg->len) {
		tas_tx(a, arg->data);
		if (arg->index == 1)
			tas_tx(a, "\n");
	}
	tas_reply(a, c, arg, "\"Done\"");
}

void tas_fn_status(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	(void)c;
	/* Status0 is Status 0, in one go; the plain word is the short status. */
	long which = arg->payload;
	if (arg->has_index && arg->index == 0 && !arg->len)
		which = 0;
	tas_status(a, which);
}

void tas_fn_state(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	char json[600];

	(void)arg;
	tas_state_json(a, json, sizeof(json));
	tas_result(a, c->name, json);
}

static bool newer(const struct sim_app *a, const char *text)
{
	unsigned v[4] = {0};
	if (sscanf(text, "%3u.%3u.%3u.%3u", &v[0], &v[1], &v[2], &v[3]) < 3)
		return false;
	return TAS_V(v[0] & 255, v[1] & 255, v[2] & 255, v[3] & 255) > a->b.version;
}

void tas_fn_upgrade(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	char version[40], url[128];

	tas_version_text(a, version, sizeof(version));
	if (!strcmp(arg->data, "1") || (arg->len >= 3 && newer(a, arg->data))) {
		tas_ota_start(a);
		tas_reply(a, c, arg, "\"Version %s from %s\"", version,
		    tas_get(a, "OtaUrl", url, sizeof(url)));
	} else {
		tas_reply(a, c, arg, "\"1 or >%s to upgrade\"", version);
	}
}

void tas_fn_seriallog(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	if (arg->payload >= 0 && arg->payload <= 4) {
		tas_set_putn(&a->set, "SerialLog", arg->payload);
		a->log_level = (int)arg->payload;
		a->log_timer = 0;
	}
	long set = tas_num(a, "SerialLog");
	if (tas_rewritten(a))
		tas_reply(a, c, arg, "{\"%ld\":{\"Active\":\"%d\"}}", set, a->log_level);
	else
		tas_reply(a, c, arg, "\"%ld (Active %d)\"", set, a->log_level);
}

/* Between safeboot and the application. */
static bool switch_program(struct sim_app *a)
{
	const struct sim_slots *slots = a->host.slots;

	if (!slots || !slots->has_safeboot(a->host.ctx))
		return false;
	if (slots->in_safeboot(a->host.ctx))
		slots->to_app(a->host.ctx);
	else
		slots->to_safeboot(a->host.ctx);
	return true;
}

void tas_fn_restart(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	if (arg->payload == 1) {
		a->restart_flag = 2;
		tas_reply(a, c, arg, "\"Restarting\"");
	} else if (arg->payload == 99) {
		tas_log(a, TAS_INFO, "APP: %s", tas_word(a, W_RESTARTING));
		tas_restart(a);
	} else if (arg->payload == 3 && switch_program(a)) {
		a->restart_flag = 2;
		tas_reply(a, c, arg, "\"Restarting\"");
	} else {
		tas_reply(a, c, arg, "\"1 to restart\"");
	}
}

/* Which levels of Reset a version knows. */
static bool reset_known(const struct sim_app *a, long n)
{
	if (n >= 1 && n <= 3)
		return true;
	if (n == 4 || n == 5)
		return tas_min(a, 6, 3, 0, 0);
	return (n == 6 || n == 99) && tas_min(a, 7, 0, 0, 0);
}

void tas_fn_reset(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	if (!reset_known(a, arg->payload)) {
		tas_reply(a, c, arg, "\"1 to reset\"");
	} else if (arg->payload == 99) {
		tas_set_putn(&a->set, "_boots", 0);
		tas_reply(a, c, arg, "{\"BootCount\":0}");
	} else {
		a->restart_flag = 210 + (int)arg->payload;
		tas_reply(a, c, arg, "\"%sReset and Restarting\"",
		    arg->payload == 1 || arg->payload == 4 ? "" : "Erase, ");
	}
}

void tas_fn_baudrate(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	long step = tas_min(a, 7, 0, 0, 0) ? 300 : 1200;

	if (arg->payload32 > 0) {
		long baud = arg->payload == 1 ? 115200 : arg->payload32 / step * step;
		if (baud > 0 && baud <= 4000000) {
			tas_set_putn(&a->set, "Baudrate", baud);
			tas_set_baud(a, (uint32_t)baud, true);
		}
	}
	tas_reply(a, c, arg, "%ld", tas_num(a, "Baudrate"));
}

static const char *const MODES[] = {
    "Restart", "SmartConfig", "WifiManager", "WPSConfig", "Retry", "Wait", "Serial", "ManagerRst"};

void tas_fn_wificonfig(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	long most = tas_min(a, 8, 2, 0, 0) ? 7 : tas_min(a, 6, 2, 0, 0) ? 6 : 5;
	bool set = arg->payload >= 0 && arg->payload <= most;

	if (set) {
		long mode = arg->payload;
		if (tas_min(a, 6, 6, 0, 21) && (mode == WCFG_SMART || mode == WCFG_WPS))
			mode = WCFG_MANAGER;
		tas_set_putn(&a->set, "WifiConfig", mode);
		a->wifi.state_flag = (int)mode;
	}
	long now = tas_num(a, "WifiConfig") & 7;
	if (tas_rewritten(a))
		tas_reply(a, c, arg, "{\"%ld\":\"%s\"}", now, MODES[now]);
	else if (set && !tas_min(a, 6, 5, 0, 0))
		tas_reply(a, c, arg, "\"%s selected\"", MODES[now]);
	else
		tas_reply(a, c, arg, "\"%ld (%s)\"", now, MODES[now]);
	/* Up to 6.1.1 the variable that says whether a restart is due was not set while the station
	 * is down: asking for the access point opened it for two seconds and restarted. Later a
	 * restart follows only when such a mode is running. */
	if (!set)
		return;
	if (a->wifi.config_type || (!tas_min(a, 6, 2, 0, 0) && !tas_wifi_up(a)))
		a->restart_flag = 2;
}

void tas_fn_ap(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	char key[16], ssid[64];

	if (arg->payload >= 0 && arg->payload <= 2) {
		int ap = arg->payload ? (int)arg->payload - 1 : a->wifi.active ^ 1;
		a->wifi.active = ap;
		tas_set_putn(&a->set, "_active", ap);
		a->restart_flag = 2;
	}
	snprintf(key, sizeof(key), "SSId%d", a->wifi.active + 1);
	tas_get(a, key, ssid, sizeof(ssid));
	if (tas_rewritten(a))
		tas_reply(a, c, arg, "{\"%d\":\"%s\"}", a->wifi.active + 1, ssid);
	else
		tas_reply(a, c, arg, "\"%d (%s)\"", a->wifi.active + 1, ssid);
}

void tas_fn_ipaddress(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	unsigned v[4];
	int used = 0;
	char key[16], ip[20], stored[40];

	snprintf(key, sizeof(key), "IPAddress%u", arg->index);
	if (sscanf(arg->data, "%3u.%3u.%3u.%3u%n", &v[0], &v[1], &v[2], &v[3], &used) == 4 &&
	    !arg->data[used] && v[0] < 256 && v[1] < 256 && v[2] < 256 && v[3] < 256)
		tas_set_put(&a->set, key, arg->data);
	tas_ip_text(tas_wifi_up(a) ? a->world.ip : 0, ip, sizeof(ip));
	tas_get(a, key, stored, sizeof(stored));
	if (arg->index == 1)
		tas_reply(a, c, arg, "\"%s (%s)\"", stored, ip);
	else
		tas_reply(a, c, arg, "\"%s\"", stored);
}

void tas_power(struct sim_app *a, int payload, bool answer)
{
	if (payload == 0 || payload == 1)
		a->power = payload == 1;
	else if (payload == 2)
		a->power = !a->power;
	if (payload >= 0 && payload <= 2)
		tas_set_putn(&a->set, "_power", a->power);
	if (!answer)
		return;
	tas_result(a, "Power", a->power ? "{\"POWER\":\"ON\"}" : "{\"POWER\":\"OFF\"}");
	if (payload >= 0 && payload <= 2)
		tas_publish(a, "stat", "POWER", a->power ? "ON" : "OFF", false);
}

void tas_fn_power(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	(void)c;
	bool valid = arg->len && arg->payload >= 0 && arg->payload <= 2;
	tas_power(a, valid ? (int)arg->payload : 9, true);
}

void tas_fn_module(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	bool zero = tas_min(a, 7, 0, 0, 0);
	if (arg->len && arg->payload >= (zero ? 0 : 1) && arg->payload <= c->hi) {
		if (arg->payload != tas_num(a, "Module")) {
			/* Another module starts with the usual rate. */
			tas_set_del(&a->set, "Baudrate");
			a->rtc_baud = 0;
		}
		tas_set_putn(&a->set, "Module", arg->payload);
		a->restart_flag = 2;
	}
	long now = tas_num(a, "Module");
	if (tas_rewritten(a))
		tas_reply(a, c, arg, "{\"%ld\":\"%s\"}", now, tas_module_name(now));
	else
		tas_reply(a, c, arg, "\"%ld (%s)\"", now, tas_module_name(now));
}

void tas_fn_setoption(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	static const unsigned refused[] = {5, 6, 7, 9, 22, 25, 27};
	unsigned n = arg->index;
	bool number = n >= 32 && n <= 49;
	char key[16], text[40];

	(void)c;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (refused[i] == n) {
			tas_error(a, arg, "Error");
			return;
		}
	snprintf(key, sizeof(key), "SetOption%u", n);
	if (arg->len && arg->payload >= 0 && arg->payload <= (number ? 250 : 1)) {
		tas_set_putn(&a->set, key, arg->payload);
		if (n == 3 || n == 15)
			a->restart_flag = 2;
	}
	long v = tas_option(a, n);
	if (number && tas_rewritten(a))
		snprintf(text, sizeof(text), "{\"SetOption%u\":%ld}", n, v);
	else if (number)
		snprintf(text, sizeof(text), "{\"SetOption%u\":\"%ld\"}", n, v);
	else
		snprintf(text, sizeof(text), "{\"SetOption%u\":\"%s\"}", n, v ? "ON" : "OFF");
	tas_result(a, "SetOption", text);
}

void tas_fn_timezone(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	if (arg->len && ((arg->payload >= -13 && arg->payload <= 14) || arg->payload == 99))
		tas_set_putn(&a->set, "Timezone", arg->payload);
	long z = tas_num(a, "Timezone");
	if (z == 99 || !tas_min(a, 6, 3, 0, 0))
		tas_reply(a, c, arg, "%ld", z);
	else
		tas_reply(a, c, arg, "\"%c%02ld:00\"", z < 0 ? '-' : '+', labs(z));
}

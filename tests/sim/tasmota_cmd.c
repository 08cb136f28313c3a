/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands: a table of those that only keep a value, with the handlers of the others, and the
 * rules for values ("1" is the default, "0" and a quote clear) as they changed over the versions.
 */
#include "tasmota_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NET (CF_RESTART | CF_DEF1)

static const struct tas_cmd COMMANDS[] = {
    {"Backlog", K_FN, 0, 0, 0, 0, NULL, 0, 0, tas_fn_backlog},
    {"Delay", K_FN, 0, 0, 0, 0, NULL, 0, 0, tas_fn_delay},
    {"NoDelay", K_FN, 0, 0, 0, 0, NULL, 0, TAS_V(9, 0, 0, 0), tas_fn_nodelay},
    {"SerialSend", K_FN, 1, 3, 0, 0, NULL, 0, 0, tas_fn_serialsend},
    {"Power", K_FN, 1, 1, 0, 0, NULL, 0, 0, tas_fn_power},
    {"Status", K_FN, 0, 0, 0, 0, NULL, 0, 0, tas_fn_status},
    {"State", K_FN, 0, 0, 0, 0, NULL, 0, 0, tas_fn_state},
    {"Upgrade", K_FN, 0, 0, 0, 0, NULL, 0, 0, tas_fn_upgrade},
    {"Upload", K_FN, 0, 0, 0, 0, NULL, 0, 0, tas_fn_upgrade},
    {"SerialLog", K_FN, 0, 0, 0, 4, "2", 0, 0, tas_fn_seriallog},
    {"Restart", K_FN, 0, 0, 0, 0, NULL, 0, 0, tas_fn_restart},
    {"Reset", K_FN, 0, 0, 0, 0, NULL, 0, 0, tas_fn_reset},
    {"Baudrate", K_FN, 0, 0, 0, 0, "115200", 0, 0, tas_fn_baudrate},
    {"WifiConfig", K_FN, 0, 0, 0, 7, NULL, 0, 0, tas_fn_wificonfig},
    {"Ap", K_FN, 0, 0, 0, 2, NULL, 0, 0, tas_fn_ap},
    {"IPAddress", K_FN, 1, 4, 0, 0, "0.0.0.0", 0, 0, tas_fn_ipaddress},
    {"Module", K_FN, 0, 0, 0, 75, "1", CF_RESTART, 0, tas_fn_module},
    {"SetOption", K_FN, 0, 165, 0, 0, NULL, 0, 0, tas_fn_setoption},
    {"SO", K_FN, 0, 165, 0, 0, NULL, 0, TAS_V(8, 3, 0, 0), tas_fn_setoption},
    {"Timezone", K_FN, 0, 0, -13, 14, "1", 0, 0, tas_fn_timezone},
    {"SSId", K_TEXT, 1, 2, 0, 32, "", NET | CF_AP, 0, NULL},
    {"Password", K_SECRET, 1, 4, 0, 64, "", NET | CF_AP, 0, NULL},
    {"Hostname", K_TEXT, 0, 0, 0, 32, NULL, NET, 0, NULL},
    {"MqttHost", K_TEXT, 0, 0, 0, 32, "", NET | CF_CLEAR0, 0, NULL},
    {"MqttPort", K_NUM, 0, 0, 1, 65535, "1883", NET, 0, NULL},
    {"MqttUser", K_TEXT, 0, 0, 0, 32, "DVES_USER", NET | CF_CLEAR0, 0, NULL},
    {"MqttPassword", K_SECRET, 0, 0, 0, 32, "DVES_PASS", NET | CF_CLEAR0, 0, NULL},
    {"MqttClient", K_TEXT, 0, 0, 0, 32, "DVES_%06X", NET, 0, NULL},
    {"MqttRetry", K_NUM, 0, 0, 10, 32000, "10", 0, 0, NULL},
    {"Topic", K_TEXT, 0, 0, 0, 32, NULL, NET, 0, NULL},
    {"GroupTopic", K_TEXT, 0, 0, 0, 32, NULL, NET, 0, NULL},
    {"FullTopic", K_TEXT, 0, 0, 0, 99, NULL, NET, 0, NULL},
    {"ButtonTopic", K_TEXT, 0, 0, 0, 32, "0", CF_DEF1, 0, NULL},
    {"SwitchTopic", K_TEXT, 0, 0, 0, 32, "0", CF_DEF1, 0, NULL},
    {"FriendlyName", K_TEXT, 1, 4, 0, 32, NULL, CF_DEF1, 0, NULL},
    {"DeviceName", K_TEXT, 0, 0, 0, 32, NULL, CF_DEF1, TAS_V(8, 4, 0, 0), NULL},
    {"OtaUrl", K_TEXT, 0, 0, 0, 100, NULL, CF_DEF1, 0, NULL},
    {"WebPassword", K_SECRET, 0, 0, 0, 32, "", CF_DEF1 | CF_CLEAR0, 0, NULL},
    {"Webserver", K_NUM, 0, 0, 0, 2, "2", 0, 0, NULL},
    {"WebLog", K_NUM, 0, 0, 0, 4, "2", 0, 0, NULL},
    {"SysLog", K_NUM, 0, 0, 0, 4, "0", 0, 0, NULL},
    {"MqttLog", K_NUM, 0, 0, 0, 4, "0", 0, TAS_V(6, 6, 0, 1), NULL},
    {"LogHost", K_TEXT, 0, 0, 0, 32, "", CF_DEF1, 0, NULL},
    {"LogPort", K_NUM, 0, 0, 1, 65535, "514", CF_DEF1, 0, NULL},
    {"NtpServer", K_TEXT, 1, 3, 0, 32, "pool.ntp.org", NET | CF_CLEAR0, 0, NULL},
    {"TelePeriod", K_NUM, 0, 0, 0, 3600, "300", CF_DEF1 | CF_QUOTED, 0, NULL},
    {"PowerOnState", K_NUM, 0, 0, 0, 5, "3", 0, 0, NULL},
    {"LedState", K_NUM, 0, 0, 0, 8, "1", 0, 0, NULL},
    {"LedPower", K_ONOFF, 0, 0, 0, 1, "0", 0, 0, NULL},
    {"Sleep", K_NUM, 0, 0, 0, 250, NULL, 0, 0, NULL},
    {"SaveData", K_ONOFF, 0, 0, 0, 1, "1", 0, 0, NULL},
    {"PulseTime", K_NUM, 1, 8, 0, 64900, "0", 0, 0, NULL},
    {"BlinkTime", K_NUM, 0, 0, 2, 3600, "10", 0, 0, NULL},
    {"BlinkCount", K_NUM, 0, 0, 0, 32000, "10", 0, 0, NULL},
    {"PowerRetain", K_ONOFF, 0, 0, 0, 1, "0", 0, 0, NULL},
    {"ButtonRetain", K_ONOFF, 0, 0, 0, 1, "0", 0, 0, NULL},
    {"SensorRetain", K_ONOFF, 0, 0, 0, 1, "0", 0, 0, NULL},
    {"Altitude", K_NUM, 0, 0, -30000, 30000, "0", 0, 0, NULL},
    {"Prefix", K_TEXT, 1, 3, 0, 10, NULL, NET, 0, NULL},
    {"StateText", K_TEXT, 1, 4, 0, 10, NULL, 0, 0, NULL},
    {"ButtonDebounce", K_NUM, 0, 0, 40, 1000, "50", 0, 0, NULL},
    {"SwitchDebounce", K_NUM, 0, 0, 40, 1000, "50", 0, 0, NULL},
    {"SwitchMode", K_NUM, 1, 8, 0, 15, "0", 0, 0, NULL},
    {"SwitchRetain", K_ONOFF, 0, 0, 0, 1, "0", 0, 0, NULL},
    {"WebRefresh", K_NUM, 0, 0, 400, 10000, "2345", 0, 0, NULL},
    {"MqttKeepAlive", K_NUM, 0, 0, 1, 100, "30", 0, TAS_V(9, 0, 0, 0), NULL},
    {"MqttTimeout", K_NUM, 0, 0, 1, 100, "4", 0, TAS_V(9, 0, 0, 0), NULL},
    {"Rule", K_FN, 1, 3, 0, 511, NULL, CF_FULL | CF_RULES, 0, tas_fn_rule},
    {"WiFiScan", K_FN, 0, 0, 0, 0, NULL, CF_FULL, TAS_V(9, 4, 0, 0), tas_fn_wifiscan},
    {"Template", K_FN, 0, 0, 0, 0, NULL, CF_RESTART, TAS_V(6, 5, 0, 0), tas_fn_template},
    {"Modules", K_FN, 0, 0, 0, 0, NULL, 0, 0, tas_fn_modules},
    {"Emulation", K_NUM, 0, 0, 0, 2, "0", CF_RESTART | CF_FULL, 0, NULL},
    {"Latitude", K_TEXT, 0, 0, 0, 20, "48.858360", CF_FULL | CF_RULES, 0, NULL},
    {"Longitude", K_TEXT, 0, 0, 0, 20, "2.294442", CF_FULL | CF_RULES, 0, NULL},
    {"Var", K_TEXT, 1, 5, 0, 32, "", CF_FULL | CF_RULES, 0, NULL},
    {"Mem", K_TEXT, 1, 5, 0, 32, "", CF_FULL | CF_RULES, 0, NULL},
};

/* Defaults that differ between versions and builds. */
static const char *special_default(const struct sim_app *a, const char *key)
{
	bool tasmota = tas_min(a, 7, 0, 0, 0), idtopic = tas_min(a, 8, 2, 0, 0);

	if (!strcmp(key, "Topic"))
		return idtopic ? "tasmota_%06X" : tasmota ? "tasmota" : "sonoff";
	if (!strcmp(key, "Hostname"))
		return "%s-%04d";
	if (!strcmp(key, "GroupTopic"))
		return tasmota ? "tasmotas" : "sonoffs";
	if (!strcmp(key, "FullTopic"))
		return "%prefix%/%topic%/";
	if (!strncmp(key, "FriendlyName", 12) || !strcmp(key, "DeviceName"))
		return tas_min(a, 8, 0, 0, 0) ? "Tasmota" : "Sonoff";
	if (!strncmp(key, "Prefix", 6))
		return key[6] == '1' ? "cmnd" : key[6] == '2' ? "stat" : "tele";
	if (!strncmp(key, "StateText", 9))
		return key[9] == '1'   ? "OFF"
		       : key[9] == '2' ? "ON"
		       : key[9] == '3' ? "TOGGLE"
				       : "HOLD";
	if (!strcmp(key, "OtaUrl"))
		return a->b.ota;
	if (!strcmp(key, "Sleep"))
		return tas_min(a, 6, 4, 0, 0) ? "50" : "0";
	if (!strcmp(key, "WifiConfig"))
		return tas_min(a, 6, 2, 0, 0) ? "4" : "3";
	return "";
}

static bool same_name(const char *a, const char *b)
{
	return !strcasecmp(a, b);
}

static const struct tas_cmd *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++)
		if (same_name(COMMANDS[i].name, name))
			return &COMMANDS[i];
	return NULL;
}

const char *tas_get(const struct sim_app *a, const char *key, char *dst, size_t size)
{
	char name[24];
	size_t n = strcspn(key, "0123456789");

	if (tas_set_has(&a->set, key)) {
		snprintf(dst, size, "%s", tas_set_get(&a->set, key));
		return dst;
	}
	snprintf(name, sizeof(name), "%.*s", (int)n, key);
	const struct tas_cmd *c = find_command(name);
	const char *def = c && c->def ? c->def : special_default(a, key);
	bool numbered = !strncmp(key, "FriendlyName", 12) && key[n] > '1';
	snprintf(dst, size, "%s%s", def, numbered ? key + n : "");
	return dst;
}

long tas_num(const struct sim_app *a, const char *key)
{
	char buf[128];
	return strtol(tas_get(a, key, buf, sizeof(buf)), NULL, 10);
}

long tas_option(const struct sim_app *a, unsigned n)
{
	char key[16];
	long def = n == 0 || n == 3 || n == 36 ? 1 : n == 32 ? 40 : n == 34 ? 200 : n == 15 ? 1 : 0;

	snprintf(key, sizeof(key), "SetOption%u", n);
	return tas_set_num(&a->set, key, def);
}

void tas_reply(
    struct sim_app *a, const struct tas_cmd *c, const struct tas_arg *arg, const char *fmt, ...)
{
	char value[TAS_LINE + 64], text[TAS_LINE + 128], index[12] = "";
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (c->imax)
		snprintf(index, sizeof(index), "%u", arg->index);
	snprintf(text, sizeof(text), "{\"%s%s\":%s}", c->name, index, value);
	tas_result(a, c->name, text);
}

void tas_error(struct sim_app *a, const struct tas_arg *arg, const char *what)
{
	char text[TAS_LINE + 128], index[12] = "";

	if (arg->has_index)
		snprintf(index, sizeof(index), "%u", arg->index);
	if (tas_min(a, 14, 2, 0, 4))
		snprintf(text, sizeof(text), "{\"Command\":\"%s\",\"Input\":\"%s%s%s%s\"}", what,
		    arg->name, index, arg->len ? " " : "", arg->data);
	else
		snprintf(text, sizeof(text), "{\"Command\":\"%s\"}", what);
	tas_result(a, "Command", text);
}

/* "1" asks for the default. Up to 6.1.1 the value was read as a number or a switch word first, so
 * everything that begins with a 1, or counts to 1 in 16 bits, or says "on", was taken for it. */
static bool wants_default(
    const struct sim_app *a, const struct tas_cmd *c, const struct tas_arg *arg)
{
	if (!(c->flags & CF_DEF1))
		return false;
	if (!tas_min(a, 6, 2, 0, 0))
		return arg->payload == 1;
	return !strcmp(arg->data, "1");
}

static bool wants_clear(const struct sim_app *a, const struct tas_cmd *c, const struct tas_arg *arg)
{
	if (!tas_min(a, 6, 2, 0, 0))
		return (c->flags & CF_CLEAR0) && !strcmp(arg->data, "0");
	return (c->flags & CF_DEF1) && (!strcmp(arg->data, "0") || !strcmp(arg->data, "\""));
}

static void store(struct sim_app *a, const struct tas_cmd *c, const struct tas_arg *arg,
    const char *key, const char *value)
{
	if (value)
		tas_set_put(&a->set, key, value);
	else
		tas_set_del(&a->set, key);
	if (c->flags & CF_AP)
		tas_set_putn(&a->set, "_active", (long)((arg->index - 1) & 1));
	if (c->flags & CF_RESTART)
		a->restart_flag = 2;
}

/* Letters only: what MQTT takes for special becomes '_'. */
static void valid_topic(char *p, bool full)
{
	for (; *p; p++)
		if (*p == '#' || *p == '+' || *p == ' ' || (!full && *p == '/'))
			*p = '_';
}

/* True when the value may be stored: length, short keys, the text area's size. */
static bool text_fits(
    struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg, const char *key)
{
	size_t most = (size_t)c->hi - (!strcmp(c->name, "OtaUrl") && !tas_min(a, 7, 0, 0, 0));

	if (!arg->len)
		return false;
	if (arg->len > most) {
		if (!tas_min(a, 8, 1, 0, 0))
			return false;
		arg->data[most] = 0;
		arg->len = most;
	}
	bool wifikey = !strcmp(c->name, "Password");
	if (wifikey && tas_min(a, 8, 1, 0, 0) && arg->len < 5 && strcmp(arg->data, "1") &&
	    strcmp(arg->data, "0") && strcmp(arg->data, "\""))
		return false;
	size_t used = tas_set_text(&a->set) + arg->len + 1 - strlen(tas_set_get(&a->set, key));
	if (tas_min(a, 8, 1, 0, 0) && used > 698) {
		tas_log(a, TAS_INFO, "CFG: Text overflow by %zu char(s)", used - 698);
		return false;
	}
	return true;
}

static void run_text(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	char key[24], buf[TAS_LINE], index[12] = "";
	bool late = !strcmp(c->name, "Password") && arg->index > 2;

	if (c->imax)
		snprintf(index, sizeof(index), "%u", late ? arg->index - 2 : arg->index);
	snprintf(key, sizeof(key), "%s%s", c->name, index);
	bool topic = strstr(c->name, "Topic") != NULL;
	if (topic)
		valid_topic(arg->data, !strcmp(c->name, "FullTopic"));
	bool fits = text_fits(a, c, arg, key);
	if (fits) {
		bool def = wants_default(a, c, arg);
		if (!strcmp(c->name, "Hostname") && strchr(arg->data, '%'))
			def = true;
		store(a, c, arg, key, def ? NULL : wants_clear(a, c, arg) ? "" : arg->data);
	}
	/* A key is shown in clear when it was set, else hidden. */
	if (c->kind == K_SECRET && (!fits || late))
		tas_reply(a, c, arg, "\"%s\"", tas_min(a, 6, 4, 0, 0) ? "****" : "********");
	else
		tas_reply(a, c, arg, "\"%s\"", tas_get(a, key, buf, sizeof(buf)));
}

static void run_number(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	char key[24], index[12] = "";
	long v = c->hi > 32767 ? (long)(uint16_t)arg->payload32 : arg->payload;

	if (c->imax)
		snprintf(index, sizeof(index), "%u", arg->index);
	snprintf(key, sizeof(key), "%s%s", c->name, index);
	if (arg->len && arg->payload != -99 && v >= c->lo && v <= c->hi) {
		char text[24];
		if (!strcmp(c->name, "TelePeriod") && v > 1 && v < 10)
			v = 10;
		snprintf(text, sizeof(text), "%ld", v);
		store(a, c, arg, key, v == 1 && (c->flags & CF_DEF1) ? NULL : text);
	}
	if (c->kind == K_ONOFF)
		tas_reply(a, c, arg, "\"%s\"", tas_num(a, key) ? "ON" : "OFF");
	else if ((c->flags & CF_QUOTED) && !tas_rewritten(a))
		tas_reply(a, c, arg, "\"%ld\"", tas_num(a, key));
	else
		tas_reply(a, c, arg, "%ld", tas_num(a, key));
}

/* Is this command part of the running build? */
static bool present(const struct sim_app *a, const struct tas_cmd *c)
{
	if (c->since > a->b.version)
		return false;
	if ((c->flags & CF_FULL) && a->b.minimal)
		return false;
	if ((c->flags & CF_RULES) && !strcmp(a->b.variant, "classic"))
		return false;
	/* 6.1.0-minimal came without them; 6.1.1 put them back. */
	if ((c->flags & CF_AP) && a->b.minimal && a->b.version == TAS_V(6, 1, 0, 0))
		return false;
	return true;
}

void tas_cmd_run(struct sim_app *a, struct tas_arg *arg)
{
	const struct tas_cmd *c = find_command(arg->name);

	if (!c || !present(a, c)) {
		tas_error(a, arg, "Unknown");
		return;
	}
	unsigned most = c->imax;
	if (!strcmp(c->name, "Password") && !tas_min(a, 9, 0, 0, 0))
		most = 2;
	if (!strcmp(c->name, "SetOption") && !tas_min(a, 6, 2, 0, 0))
		most = 81;
	if (most && (arg->index < c->imin || arg->index > most)) {
		tas_error(a, arg, tas_rewritten(a) ? "Error" : "Unknown");
		return;
	}
	if (c->kind == K_FN)
		c->fn(a, c, arg);
	else if (c->kind == K_NUM || c->kind == K_ONOFF)
		run_number(a, c, arg);
	else
		run_text(a, c, arg);
}

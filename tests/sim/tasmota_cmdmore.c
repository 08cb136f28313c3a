/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Further commands: modules, rules (kept, not obeyed) and the scan for networks.
 */
#include "tasmota_int.h"

#include <stdio.h>
#include <string.h>

static const struct {
	long n;
	const char *name;
} MODULES[] = {{1, "Sonoff Basic"}, {2, "Sonoff RF"}, {3, "Sonoff SV"}, {4, "Sonoff TH"},
    {5, "Sonoff Dual"}, {6, "Sonoff Pow"}, {7, "Sonoff 4CH"}, {8, "S20 Socket"},
    {10, "Sonoff Touch"}, {18, "Generic"}, {21, "Sonoff SC"}, {23, "Sonoff 4CH Pro"},
    {25, "Sonoff Bridge"}, {28, "Sonoff T1 1CH"}, {39, "Sonoff Dual R2"}, {41, "Sonoff S31"},
    {43, "Sonoff Pow R2"}, {44, "Sonoff iFan02"}};

const char *tas_module_name(long module)
{
	for (size_t i = 0; i < sizeof(MODULES) / sizeof(MODULES[0]); i++)
		if (MODULES[i].n == module)
			return MODULES[i].name;
	return "Generic";
}

/* Kept as it is written; what it means is not played. The answer is the template itself. */
void tas_fn_template(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	static const char generic[] =
	    "{\"NAME\":\"Generic\",\"GPIO\":[255,255,255,255,255,255,255,255,"
	    "255,255,255,255,255],\"FLAG\":1,\"BASE\":18}";

	if (arg->len && arg->data[0] == '{') {
		tas_set_put(&a->set, "Template", arg->data);
		if (tas_num(a, "Module") == 0)
			a->restart_flag = 2;
	} else if (arg->len) {
		tas_error(a, arg, "Error");
		return;
	}
	tas_result(a, c->name,
	    tas_set_has(&a->set, "Template") ? tas_set_get(&a->set, "Template") : generic);
}

/* The list in one answer; real builds cut it into several. */
void tas_fn_modules(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	char text[900];
	bool rewritten = tas_rewritten(a);
	int n = snprintf(text, sizeof(text), "{\"Modules%s\":%s", tas_min(a, 9, 0, 0, 0) ? "" : "1",
	    rewritten ? "{" : "[");

	(void)arg;
	for (size_t i = 0; i < sizeof(MODULES) / sizeof(MODULES[0]); i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    rewritten ? "%s\"%ld\":\"%s\"" : "%s\"%ld (%s)\"", i ? "," : "", MODULES[i].n,
		    MODULES[i].name);
	snprintf(text + n, sizeof(text) - (size_t)n, rewritten ? "}}" : "]}");
	tas_result(a, c->name, text);
}

static void rule_set(struct sim_app *a, const struct tas_arg *arg, const char *key, const char *on)
{
	if (!arg->len || arg->len > 511)
		return;
	if (arg->len == 1 && arg->data[0] >= '0' && arg->data[0] <= '2')
		tas_set_putn(&a->set, on,
		    arg->data[0] == '2' ? !tas_set_num(&a->set, on, 0) : arg->data[0] - '0');
	else
		tas_set_put(&a->set, key, strcmp(arg->data, "\"") ? arg->data : "");
}

void tas_fn_rule(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	char key[16], on[16], text[700];

	snprintf(key, sizeof(key), "Rule%u", arg->index);
	snprintf(on, sizeof(on), "_rule%u", arg->index);
	rule_set(a, arg, key, on);
	const char *rule = tas_set_get(&a->set, key);
	const char *state = tas_set_num(&a->set, on, 0) ? "ON" : "OFF";
	size_t n = strlen(rule);
	if (tas_min(a, 9, 0, 0, 0))
		snprintf(text, sizeof(text),
		    "{\"Rule%u\":{\"State\":\"%s\",\"Once\":\"OFF\",\"StopOnError\":\"OFF\","
		    "\"Length\":%zu,\"Free\":%zu,\"Rules\":\"%s\"}}",
		    arg->index, state, n, 511 - n, rule);
	else
		snprintf(text, sizeof(text),
		    "{\"Rule%u\":\"%s\",\"Once\":\"OFF\",\"StopOnError\":\"OFF\",\"Free\":%zu,"
		    "\"Rules\":\"%s\"}",
		    arg->index, state, 511 - n, rule);
	tas_result(a, c->name, text);
}

/* The networks that the scenario names and that show themselves. */
static void scan_answer(struct sim_app *a, const struct tas_cmd *c)
{
	char text[1200];
	int n = snprintf(text, sizeof(text), "{\"WiFiScan\":{"), found = 0;

	for (size_t i = 0; i < a->scn.n && (size_t)n < sizeof(text) - 250; i++) {
		const struct scn_net *net = &a->scn.rule[i].net;
		if (!a->world.active[i] || a->scn.rule[i].kind != SCN_R_NET || net->any ||
		    net->hidden)
			continue;
		int quality = net->rssi <= -100	 ? 0
			      : net->rssi >= -50 ? 100
						 : 2 * (net->rssi + 100);
		n += snprintf(text + n, sizeof(text) - (size_t)n,
		    "%s\"NET%d\":{\"SSId\":\"%s\",\"BSSId\":\"%s\",\"Channel\":\"%d\","
		    "\"Signal\":\"%d\",\"RSSI\":\"%d\",\"Encryption\":\"WPA2/PSK\"}",
		    found ? "," : "", found + 1, net->ssid, net->bssid, net->channel, net->rssi,
		    quality);
		found++;
	}
	if (!found)
		tas_result(a, c->name, "{\"WiFiScan\":\"No networks found\"}");
	else {
		snprintf(text + n, sizeof(text) - (size_t)n, "}}");
		tas_result(a, c->name, text);
	}
}

void tas_fn_wifiscan(struct sim_app *a, const struct tas_cmd *c, struct tas_arg *arg)
{
	if (arg->payload == 1)
		a->wifi.scan_at = a->now + 3 * TAS_SECOND;
	if (!a->wifi.scan_at)
		tas_reply(a, c, arg, "\"Not Started\"");
	else if (a->now < a->wifi.scan_at)
		tas_reply(a, c, arg, "\"Scanning\"");
	else
		scan_answer(a, c);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Wi-Fi and MQTT story: the attempts with both access points, what follows when they fail, the
 * set-up access point, the broker. What the radio meets is said by the scenario.
 */
#include "tasmota_int.h"

#include <stdio.h>
#include <string.h>

#define CONFIG_SECONDS 180
#define CHECK_SECONDS  20

void tas_ip_text(uint32_t ip, char *dst, size_t size)
{
	snprintf(dst, size, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255);
}

static const char *ssid(const struct sim_app *a, int ap, char *dst, size_t size)
{
	return tas_get(a, ap ? "SSId2" : "SSId1", dst, size);
}

int tas_wifi_status(const struct sim_app *a)
{
	const struct tas_wifi *w = &a->wifi;

	if (!w->begun)
		return WL_IDLE;
	if (w->lost || a->now < w->begin_at + w->after)
		return WL_DISCONNECTED;
	switch (w->result) {
	case SCN_JOIN:
	case SCN_NO_ADDRESS:
		return WL_CONNECTED;
	case SCN_NOT_FOUND:
		return WL_NO_SSID;
	case SCN_WRONG_KEY:
		return WL_FAILED;
	case SCN_TIMEOUT:
		break;
	}
	return WL_DISCONNECTED;
}

bool tas_wifi_up(const struct sim_app *a)
{
	return tas_wifi_status(a) == WL_CONNECTED && a->wifi.result == SCN_JOIN;
}

/* "Channel 6 BSSId ... " where the build kept them from its last good join. */
static void place(const struct sim_app *a, char *dst, size_t size)
{
	*dst = 0;
	if (tas_min(a, 8, 2, 0, 3) && tas_set_has(&a->set, "_bssid"))
		snprintf(dst, size, "Channel %ld BSSId %s ", tas_set_num(&a->set, "_channel", 0),
		    tas_set_get(&a->set, "_bssid"));
}

/* flag: 2 toggles, 3 keeps the access point. */
static void begin(struct sim_app *a, int flag)
{
	struct tas_wifi *w = &a->wifi;
	char name[64], key[80], where[64];

	if (!tas_min(a, 7, 0, 0, 0) && !strcmp(a->b.core, "2_3_0"))
		tas_log(a, TAS_DEBUG, "WIF: Patch issue 2186");
	if (flag == 2)
		w->active ^= 1;
	if (!*ssid(a, 1, name, sizeof(name)))
		w->active = 0;
	ssid(a, w->active, name, sizeof(name));
	tas_get(a, w->active ? "Password2" : "Password1", key, sizeof(key));
	w->result = scn_attempt(&a->world, name, key, &w->net, &w->after);
	w->begun = true;
	w->lost = false;
	w->begin_at = a->now;
	place(a, where, sizeof(where));
	tas_log(a, TAS_INFO, "WIF: %s%d %s %s%s 11%c %s %s...", tas_word(a, W_CONNECTING),
	    w->active + 1, name, where, tas_word(a, W_IN_MODE), tas_min(a, 9, 0, 0, 0) ? 'n' : 'N',
	    tas_word(a, W_AS), a->hostname);
	tas_anchor(a, SCN_AT_WIFI);
}

static void web_start(struct sim_app *a, int type, const char *ip)
{
	if (a->wifi.web == type)
		return;
	a->wifi.web = type;
	tas_log(a, TAS_INFO, "HTP: %s %s%s %s %s", tas_word(a, W_WEB_ACTIVE), a->hostname,
	    a->wifi.mdns ? ".local" : "", tas_word(a, W_WITH_IP), ip);
}

static void manager_begin(struct sim_app *a)
{
	tas_log(a, TAS_DEBUG, "WIF: Wifimanager set AccessPoint%s",
	    tas_wifi_up(a) ? " and keep Station" : "");
	if (a->wifi.web) {
		a->wifi.web = 0;
		tas_log(a, TAS_INFO, "HTP: %s", tas_word(a, W_WEB_STOPPED));
	}
	web_start(a, 2, a->world.softap ? "192.168.4.1" : "(IP unset)");
	tas_anchor(a, SCN_AT_AP);
}

static void config(struct sim_app *a, int type)
{
	struct tas_wifi *w = &a->wifi;
	static const char *const names[] = {
	    "", "SmartConfig", "WifiManager", "WPSConfig", "", "", "Serial"};

	if (w->config_type || type == WCFG_RETRY || type == WCFG_WAIT || type > WCFG_SERIAL)
		return;
	w->config_type = type ? type : -1;
	w->config_counter = CONFIG_SECONDS;
	w->counter = CONFIG_SECONDS + 5;
	if (type != WCFG_MANAGER)
		w->lost = true; /* the station is disconnected */
	if (type == WCFG_RESTART) {
		a->restart_flag = 2;
		return;
	}
	tas_log(a, TAS_INFO, "WIF: %s %s", names[type], tas_word(a, W_ACTIVE_3));
	if (type == WCFG_WPS)
		w->wps_until = a->now + 120 * TAS_SECOND; /* nobody presses the router's key */
	if (type == WCFG_MANAGER)
		manager_begin(a);
}

static void joined(struct sim_app *a)
{
	struct tas_wifi *w = &a->wifi;

	w->fails = 0;
	tas_log(a, TAS_INFO, "WIF: %s", tas_word(a, W_CONNECTED));
	if (w->net && tas_min(a, 8, 2, 0, 3)) {
		tas_set_putn(&a->set, "_channel", w->net->channel);
		tas_set_put(&a->set, "_bssid", w->net->bssid);
	}
	w->ntp_at = a->world.ntp && !a->synced ? a->now + 3 * TAS_SECOND : SIM_NEVER;
	tas_anchor(a, SCN_AT_JOINED);
}

static void half(struct tas_wifi *w)
{
	if (w->retry > w->retry_init / 2)
		w->retry = w->retry_init / 2;
	else if (w->retry)
		w->retry = 0;
}

/* True when nobody is stored and the build opens its access point at once (since 6.2). */
static bool nothing_stored(const struct sim_app *a)
{
	char one[64], two[64];
	return tas_min(a, 6, 2, 0, 0) && !*ssid(a, 0, one, sizeof(one)) &&
	       !*ssid(a, 1, two, sizeof(two));
}

static void count_failure(struct sim_app *a)
{
	a->wifi.fails++;
	if (tas_set_has(&a->set, "_bssid")) { /* the quick way back is forgotten */
		tas_set_del(&a->set, "_bssid");
		tas_set_del(&a->set, "_channel");
	}
	if (tas_min(a, 9, 5, 0, 3) && a->wifi.fails > 100)
		a->restart_flag = 2;
}

/* Speaks of the state of an attempt that has not led to an address yet. */
static void report(struct sim_app *a, long mode)
{
	struct tas_wifi *w = &a->wifi;

	switch (w->status) {
	case WL_CONNECTED:
		tas_log(a, TAS_INFO, "WIF: %s", tas_word(a, W_NO_IP));
		w->status = 0;
		w->retry = w->retry_init;
		break;
	case WL_NO_SSID:
		tas_log(a, TAS_INFO, "WIF: %s", tas_word(a, W_NOT_REACHED));
		count_failure(a);
		if (mode == WCFG_WAIT)
			w->retry = w->retry_init;
		else
			half(w);
		break;
	case WL_FAILED:
		tas_log(a, TAS_INFO, "WIF: %s", tas_word(a, W_WRONG_KEY));
		count_failure(a);
		half(w);
		break;
	default:
		if (!w->retry || w->retry == w->retry_init / 2) {
			tas_log(a, TAS_INFO, "WIF: %s", tas_word(a, W_TIMEOUT));
			count_failure(a);
		} else {
			tas_log(a, TAS_DEBUG, "WIF: %s", tas_word(a, W_ATTEMPT));
		}
	}
}

static void check_ip(struct sim_app *a)
{
	struct tas_wifi *w = &a->wifi;
	long mode = tas_num(a, "WifiConfig");

	if (tas_wifi_up(a)) {
		w->counter = CHECK_SECONDS;
		w->retry = w->retry_init;
		if (w->status != WL_CONNECTED)
			joined(a);
		w->status = WL_CONNECTED;
		return;
	}
	w->status = tas_wifi_status(a);
	if (nothing_stored(a)) {
		mode = WCFG_MANAGER;
		w->retry = 0;
	} else {
		report(a, mode);
	}
	if (w->retry) {
		if (w->retry == w->retry_init)
			begin(a, 3);
		if (mode != WCFG_WAIT && w->retry == w->retry_init / 2)
			begin(a, 2);
		w->counter = 1;
		w->retry--;
	} else {
		config(a, (int)mode);
		w->counter = 1;
		w->retry = w->retry_init;
	}
}

/* While a set-up mode runs: its 180 seconds, then a restart. */
static void config_second(struct sim_app *a)
{
	struct tas_wifi *w = &a->wifi;

	if (w->config_type == WCFG_WPS && a->now >= w->wps_until && w->config_counter > 2) {
		tas_log(a, TAS_DEBUG, "WIF: WPSConfig FAILED with status 2");
		w->config_counter = 2;
	}
	w->config_counter--;
	w->counter = w->config_counter + 5;
	if (w->config_counter <= 0) {
		w->config_counter = 0;
		a->restart_flag = 2;
	}
}

static void services(struct sim_app *a)
{
	struct tas_wifi *w = &a->wifi;
	char ip[20];

	if (!tas_wifi_up(a) || w->config_type) {
		w->mdns = false;
		return;
	}
	if (w->status != WL_CONNECTED)
		return; /* seen first by the check */
	if (!tas_min(a, 6, 5, 0, 0) && !a->b.minimal && !w->mdns) {
		w->mdns = true;
		tas_log(a, TAS_INFO, "DNS: Initialized");
	}
	tas_ip_text(a->world.ip, ip, sizeof(ip));
	if (tas_num(a, "Webserver"))
		web_start(a, 1, ip);
}

static void check(struct sim_app *a)
{
	struct tas_wifi *w = &a->wifi;
	int param = w->state_flag;

	w->state_flag = 0;
	w->counter--;
	if (param == WCFG_SMART || param == WCFG_MANAGER || param == WCFG_WPS) {
		config(a, param);
		return;
	}
	if (w->config_counter) {
		config_second(a);
		return;
	}
	if (w->counter <= 0) {
		tas_log(a, TAS_MORE, "WIF: Checking connection...");
		w->counter = CHECK_SECONDS;
		check_ip(a);
	}
	services(a);
}

void tas_wifi_start(struct sim_app *a)
{
	struct tas_wifi *w = &a->wifi;
	int step = tas_min(a, 8, 0, 0, 0) ? 1 : 2;

	memset(w, 0, sizeof(*w));
	w->active = tas_set_num(&a->set, "_active", 0) & 1;
	w->retry_init = 20 + (int)(a->host.chip_id & 15) * step;
	w->retry = w->retry_init;
	w->counter = 1;
	w->ntp_at = SIM_NEVER;
	memset(&a->mqtt, 0, sizeof(a->mqtt));
	a->mqtt.retry = 1;
	a->mqtt.fail_at = SIM_NEVER;
}

static void ntp(struct sim_app *a)
{
	char utc[24];

	if (a->now < a->wifi.ntp_at || !tas_wifi_up(a))
		return;
	a->wifi.ntp_at = SIM_NEVER;
	a->synced = true;
	a->synced_at = a->now;
	tas_iso(utc, sizeof(utc), tas_epoch(a, false));
	const char *tag = tas_min(a, 9, 3, 0, 0) ? "RTC" : tas_rewritten(a) ? "NTP" : "APP";
	tas_log(a, TAS_DEBUG, "%s: UTC %s", tag, utc);
}

void tas_wifi_second(struct sim_app *a)
{
	check(a);
	ntp(a);
}

void tas_wifi_lose(struct sim_app *a)
{
	a->wifi.lost = true;
	a->wifi.status = 0;
	a->wifi.counter = 1;
	a->mqtt.connected = false;
	a->mqtt.retry = (int)tas_num(a, "MqttRetry");
}

void tas_wifi_visit(struct sim_app *a)
{
	if (a->wifi.config_type != WCFG_MANAGER || !a->world.softap)
		return;
	tas_log(a, TAS_INFO, "HTP: Redirected to captive portal");
	a->wifi.config_counter = CONFIG_SECONDS;
}

static void mqtt_failed(struct sim_app *a, int rc)
{
	char host[64];

	a->mqtt.retry = (int)tas_num(a, "MqttRetry");
	tas_log(a, TAS_INFO, "MQT: %s %s:%ld, rc %d. %s %d sec", tas_word(a, W_CONNECT_FAILED_TO),
	    tas_get(a, "MqttHost", host, sizeof(host)), tas_num(a, "MqttPort"), rc,
	    tas_word(a, W_RETRY_IN), a->mqtt.retry);
}

static void info(struct sim_app *a)
{
	char text[400], version[40], group[64], ip[20], image[24] = "";
	bool nested = tas_min(a, 9, 4, 0, 0);
	const char *e = nested ? "}" : "";

	if (!a->b.fmt_topic)
		snprintf(image, sizeof(image), "(%s)", a->b.minimal ? "minimal" : "tasmota");
	tas_version_text(a, version, sizeof(version));
	snprintf(text, sizeof(text),
	    "%s{\"Module\":\"%s\",\"Version\":\"%s%s\",\"FallbackTopic\":\"%s\",\"GroupTopic\":"
	    "\"%s\"}%s",
	    nested ? "{\"Info1\":" : "", tas_module_name(tas_num(a, "Module")), version, image,
	    a->client, tas_get(a, "GroupTopic", group, sizeof(group)), e);
	tas_publish(a, "tele", "INFO1", text, false);
	tas_ip_text(a->world.ip, ip, sizeof(ip));
	snprintf(text, sizeof(text),
	    "%s{\"WebServerMode\":\"Admin\",\"Hostname\":\"%s\",\"IPAddress\":\"%s\"}%s",
	    nested ? "{\"Info2\":" : "", a->hostname, ip, e);
	tas_publish(a, "tele", "INFO2", text, false);
	snprintf(text, sizeof(text), "%s{\"RestartReason\":\"%s\"}%s", nested ? "{\"Info3\":" : "",
	    a->reason, e);
	tas_publish(a, "tele", "INFO3", text, false);
}

static void mqtt_connected(struct sim_app *a)
{
	char topic[200];

	a->mqtt.connected = true;
	a->mqtt.count++;
	tas_log(a, TAS_INFO, "MQT: %s", tas_word(a, W_CONNECTED));
	tas_publish(a, "tele", "LWT", "Online", true);
	tas_publish(a, "cmnd", "POWER", "", false);
	tas_topic(a, "cmnd", "#", topic, sizeof(topic));
	tas_log(a, TAS_DEBUG, "MQT: Subscribe to %s", topic);
	if (!a->mqtt.announced)
		info(a);
	a->mqtt.announced = true;
	a->mqtt.status_timer = 2;
	a->mqtt.tele = (int)tas_num(a, "TelePeriod") - 9;
	tas_anchor(a, SCN_AT_MQTT);
}

void tas_mqtt_second(struct sim_app *a)
{
	struct tas_mqtt *m = &a->mqtt;
	char host[64];

	if (a->wifi.status != WL_CONNECTED || !tas_wifi_up(a) || m->connected ||
	    m->fail_at != SIM_NEVER || !tas_option(a, 3))
		return;
	if (m->retry > 0) {
		m->retry--;
		return;
	}
	tas_log(a, TAS_INFO, "MQT: %s",
	    a->b.german ? tas_word(a, W_ATTEMPT) : "Attempting connection...");
	tas_get(a, "MqttHost", host, sizeof(host));
	if (!*host && !tas_min(a, 6, 5, 0, 0) && !a->b.minimal)
		tas_log(a, TAS_INFO, "DNS: Query done. MQTT services found 0");
	if (!*host)
		mqtt_failed(a, -2);
	else if (a->world.mqtt == SCN_MQTT_OK)
		mqtt_connected(a);
	else if (a->world.mqtt == SCN_MQTT_REFUSED)
		mqtt_failed(a, a->world.rc);
	else
		m->fail_at = a->now + 5 * TAS_SECOND;
}

void tas_mqtt_fail(struct sim_app *a)
{
	a->mqtt.fail_at = SIM_NEVER;
	mqtt_failed(a, tas_min(a, 8, 0, 0, 0) ? -4 : -2);
}

void tas_mqtt_every(struct sim_app *a)
{
	struct tas_mqtt *m = &a->mqtt;
	long period = tas_num(a, "TelePeriod");
	char json[600];

	if (m->status_timer && !--m->status_timer) {
		tas_result(a, "Power", a->power ? "{\"POWER\":\"ON\"}" : "{\"POWER\":\"OFF\"}");
		tas_publish(a, "stat", "POWER", a->power ? "ON" : "OFF", false);
	}
	if (!period || ++m->tele < period)
		return;
	m->tele = 0;
	tas_state_json(a, json, sizeof(json));
	tas_publish(a, "tele", "STATE", json, false);
}

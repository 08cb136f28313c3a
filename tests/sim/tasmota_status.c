/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Status and State as JSON, in the form of 6.x and that of the later versions.
 */
#include "tasmota_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct out {
	char p[1600];
	size_t n;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
add(struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(o->p + o->n, sizeof(o->p) - o->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		o->n += (size_t)n < sizeof(o->p) - o->n ? (size_t)n : sizeof(o->p) - 1 - o->n;
}

static bool modern(const struct sim_app *a)
{
	return tas_rewritten(a);
}

static const char *get(const struct sim_app *a, const char *key, char *dst)
{
	return tas_get(a, key, dst, 128);
}

static void image_word(const struct sim_app *a, char *dst, size_t size)
{
	*dst = 0;
	if (a->b.fmt_topic)
		return;
	const char *word = strcmp(a->b.variant, "full") ? a->b.variant
			   : tas_min(a, 7, 0, 0, 0)	? "tasmota"
							: "sonoff";
	snprintf(dst, size, "(%s%s)", a->b.release ? "release-" : "", word);
}

static void status_short(const struct sim_app *a, struct out *o)
{
	char b[4][128];

	add(o, "{\"Status\":{\"Module\":%ld,", tas_num(a, "Module"));
	if (tas_min(a, 8, 4, 0, 0))
		add(o, "\"DeviceName\":\"%s\",", get(a, "DeviceName", b[0]));
	add(o, "\"FriendlyName\":[\"%s\"],\"Topic\":\"%s\",\"ButtonTopic\":\"%s\",\"Power\":%d,",
	    get(a, "FriendlyName1", b[1]), a->topic, get(a, "ButtonTopic", b[3]), a->power);
	add(o, "\"PowerOnState\":%ld,\"LedState\":%ld,", tas_num(a, "PowerOnState"),
	    tas_num(a, "LedState"));
	if (modern(a))
		add(o, "\"LedMask\":\"FFFF\",");
	add(o, "\"SaveData\":%ld,\"SaveState\":%ld,", tas_num(a, "SaveData"), tas_option(a, 0));
	if (modern(a))
		add(o, "\"SwitchTopic\":\"%s\",\"SwitchMode\":[0,0,0,0,0,0,0,0],",
		    get(a, "SwitchTopic", b[0]));
	add(o, "\"ButtonRetain\":%ld,", tas_num(a, "ButtonRetain"));
	if (modern(a))
		add(o, "\"SwitchRetain\":0,\"SensorRetain\":%ld,", tas_num(a, "SensorRetain"));
	add(o, "\"PowerRetain\":%ld}}", tas_num(a, "PowerRetain"));
}

static void status_prm(const struct sim_app *a, struct out *o)
{
	char b[2][128], up[32], start[24] = "";

	tas_uptime(a, up, sizeof(up));
	if (a->synced)
		tas_iso(start, sizeof(start), tas_epoch(a, false) - a->uptime);
	add(o, "{\"StatusPRM\":{\"Baudrate\":%u,", a->baud);
	if (tas_min(a, 8, 2, 0, 0))
		add(o, "\"SerialConfig\":\"8N1\",");
	add(o,
	    "\"GroupTopic\":\"%s\",\"OtaUrl\":\"%s\",\"RestartReason\":\"%s\",\"Uptime\":\"%s\","
	    "\"StartupUTC\":\"%s\",\"Sleep\":%ld,",
	    get(a, "GroupTopic", b[0]), get(a, "OtaUrl", b[1]), a->reason, up, start,
	    tas_num(a, "Sleep"));
	if (modern(a))
		add(o, "\"CfgHolder\":4617,");
	add(o, "\"BootCount\":%ld,", tas_set_num(&a->set, "_boots", 0));
	if (tas_min(a, 8, 2, 0, 0))
		add(o, "\"BCResetTime\":\"\",");
	add(o, "\"SaveCount\":%u,\"SaveAddress\":\"%X\"}}", a->set.count, a->set.sector * 4096);
}

static const char *sdk(const struct sim_app *a)
{
	if (!strcmp(a->b.core, "2_3_0"))
		return "1.5.3(aec24ac9)";
	return a->b.core[0] == '2' && a->b.core[2] == '7' ? "2.2.2-dev(38a443e)" : "2.2.1(cfd48f3)";
}

static void status_fwr(const struct sim_app *a, struct out *o)
{
	char version[40], image[32];

	tas_version_text(a, version, sizeof(version));
	image_word(a, image, sizeof(image));
	add(o,
	    "{\"StatusFWR\":{\"Version\":\"%s%s\",\"BuildDateTime\":\"%s\",\"Boot\":%d,\"Core\":"
	    "\"%s\",\"SDK\":\"%s\"",
	    version, image, modern(a) ? "2024-08-14T12:36:22" : "2018-07-14T14:23:31",
	    modern(a) ? 31 : 6, a->b.core, sdk(a));
	if (tas_min(a, 8, 4, 0, 0))
		add(o, ",\"CpuFrequency\":80,\"Hardware\":\"%s\"",
		    a->host.chip ? a->host.chip : "ESP8266EX");
	if (tas_min(a, 7, 2, 0, 0))
		add(o, ",\"CR\":\"%zu/699\"", tas_set_text(&a->set));
	add(o, "}}");
}

static void status_log(const struct sim_app *a, struct out *o)
{
	char b[3][128];

	add(o, "{\"StatusLOG\":{\"SerialLog\":%ld,\"WebLog\":%ld,", tas_num(a, "SerialLog"),
	    tas_num(a, "WebLog"));
	if (modern(a))
		add(o, "\"MqttLog\":%ld,", tas_num(a, "MqttLog"));
	add(o,
	    "\"SysLog\":%ld,\"LogHost\":\"%s\",\"LogPort\":%ld,\"SSId\":[\"%s\",\"%s\"],"
	    "\"TelePeriod\":%ld,",
	    tas_num(a, "SysLog"), get(a, "LogHost", b[0]), tas_num(a, "LogPort"),
	    get(a, "SSId1", b[1]), get(a, "SSId2", b[2]), tas_num(a, "TelePeriod"));
	if (modern(a))
		add(o,
		    "\"Resolution\":\"558180C0\",\"SetOption\":[\"%08lX\","
		    "\"2805C80001000600003C5A0A000000000000\",\"00000080\",\"00006000\"]}}",
		    0x8000UL | (unsigned long)(tas_option(a, 0) | tas_option(a, 3) << 3));
	else
		add(o, "\"SetOption\":[\"%08lX\",\"55818000\"]}}",
		    0x8000UL | (unsigned long)(tas_option(a, 0) | tas_option(a, 3) << 3));
}

static void status_mem(const struct sim_app *a, struct out *o)
{
	unsigned program = a->b.size / 1024;
	unsigned space = tas_ota_free(a) / 1024;
	unsigned flash = a->host.flash_size(a->host.ctx) / 1024;

	add(o,
	    "{\"StatusMEM\":{\"ProgramSize\":%u,\"Free\":%u,\"Heap\":%d,\"ProgramFlashSize\":1024,"
	    "\"FlashSize\":%u,",
	    program, space, modern(a) ? 27 : 20, flash);
	if (modern(a))
		add(o, "\"FlashChipId\":\"14405E\",");
	if (tas_min(a, 8, 4, 0, 0))
		add(o, "\"FlashFrequency\":40,");
	add(o, "\"FlashMode\":%s,", tas_min(a, 12, 0, 0, 0) ? "\"DOUT\"" : "3");
	add(o, "\"Features\":[\"%s\",\"0FC04F6E\",\"043D8001\",\"00000033\",\"00000000\"]}}",
	    a->b.german ? "00000407" : "00000809");
}

static void status_net(const struct sim_app *a, struct out *o)
{
	char ip[20], gw[20], mask[20] = "255.255.255.0";
	bool up = tas_wifi_up(a);

	tas_ip_text(up ? a->world.ip : 0, ip, sizeof(ip));
	tas_ip_text(up ? (a->world.ip & 0xFFFFFF00U) | 1 : 0, gw, sizeof(gw));
	if (!up)
		snprintf(mask, sizeof(mask), "0.0.0.0");
	add(o,
	    "{\"StatusNET\":{\"Hostname\":\"%s\",\"IPAddress\":\"%s\",\"Gateway\":\"%s\","
	    "\"Subnetmask\":\"%s\",",
	    a->hostname, ip, gw, mask);
	if (tas_min(a, 10, 0, 0, 0))
		add(o, "\"DNSServer1\":\"%s\",\"DNSServer2\":\"0.0.0.0\",", gw);
	else
		add(o, "\"DNSServer\":\"%s\",", gw);
	add(o, "\"Mac\":\"%s\",\"Webserver\":%ld,", a->host.mac, tas_num(a, "Webserver"));
	if (tas_min(a, 9, 0, 0, 0))
		add(o, "\"HTTP_API\":1,");
	add(o, "\"WifiConfig\":%ld", tas_num(a, "WifiConfig"));
	add(o, tas_min(a, 8, 2, 0, 0) ? ",\"WifiPower\":17.0}}" : "}}");
}

static void status_mqt(const struct sim_app *a, struct out *o)
{
	char b[3][128];

	add(o,
	    "{\"StatusMQT\":{\"MqttHost\":\"%s\",\"MqttPort\":%ld,\"MqttClientMask\":\"%s\","
	    "\"MqttClient\":\"%s\",\"MqttUser\":\"%s\",",
	    get(a, "MqttHost", b[0]), tas_num(a, "MqttPort"), get(a, "MqttClient", b[1]), a->client,
	    get(a, "MqttUser", b[2]));
	if (modern(a))
		add(o, "\"MqttCount\":%u,\"MAX_PACKET_SIZE\":1200,\"KEEPALIVE\":30", a->mqtt.count);
	else
		add(o, "\"MqttType\":1,\"MAX_PACKET_SIZE\":1000,\"KEEPALIVE\":15");
	add(o, tas_min(a, 9, 0, 0, 0) ? ",\"SOCKET_TIMEOUT\":4}}" : "}}");
}

static void status_tim(const struct sim_app *a, struct out *o)
{
	char utc[24], local[24];
	long z = tas_num(a, "Timezone");

	tas_iso(utc, sizeof(utc), tas_epoch(a, false));
	tas_iso(local, sizeof(local), tas_epoch(a, true));
	add(o, "{\"StatusTIM\":{\"UTC\":\"%s\",\"Local\":\"%s\",", utc, local);
	add(o, "\"StartDST\":\"2018-03-25T02:00:00\",\"EndDST\":\"2018-10-28T03:00:00\",");
	if (z == 99 || !tas_min(a, 6, 3, 0, 0))
		add(o, "\"Timezone\":%ld", z);
	else
		add(o, "\"Timezone\":\"%c%02ld:00\"", z < 0 ? '-' : '+', z < 0 ? -z : z);
	if (!a->b.minimal && strcmp(a->b.variant, "classic"))
		add(o, ",\"Sunrise\":\"05:52\",\"Sunset\":\"20:31\"");
	add(o, "}}");
}

void tas_state_json(const struct sim_app *a, char *dst, size_t size)
{
	struct out o = {.n = 0};
	char t[24], up[32], name[64];
	int rssi = a->wifi.net ? a->wifi.net->rssi : -100;
	int quality = rssi <= -100 ? 0 : rssi >= -50 ? 100 : 2 * (rssi + 100);

	tas_iso(t, sizeof(t), tas_epoch(a, true));
	tas_uptime(a, up, sizeof(up));
	tas_get(a, a->wifi.active ? "SSId2" : "SSId1", name, sizeof(name));
	add(&o, "{\"Time\":\"%s\",\"Uptime\":\"%s\",", t, up);
	if (modern(a))
		add(&o,
		    "\"UptimeSec\":%u,\"Heap\":27,\"SleepMode\":\"Dynamic\",\"Sleep\":%ld,"
		    "\"LoadAvg\":19,\"MqttCount\":%u,",
		    a->uptime, tas_num(a, "Sleep"), a->mqtt.count);
	else
		add(&o, "\"Vcc\":3.177,");
	add(&o, "\"POWER\":\"%s\",\"Wifi\":{\"AP\":%d,\"SSId\":\"%s\",", a->power ? "ON" : "OFF",
	    a->wifi.active + 1, name);
	const char *bssid = a->wifi.net ? a->wifi.net->bssid : "00:00:00:00:00:00";
	if (modern(a))
		add(&o,
		    "\"BSSId\":\"%s\",\"Channel\":%d,\"RSSI\":%d,\"Signal\":%d,\"LinkCount\":1,"
		    "\"Downtime\":\"0T00:00:03\"}}",
		    bssid, a->wifi.net ? a->wifi.net->channel : 0, quality, rssi);
	else
		add(&o, "\"RSSI\":%d,\"APMac\":\"%s\"}}", quality, bssid);
	snprintf(dst, size, "%s", o.p);
}

static void status_sns(const struct sim_app *a, struct out *o)
{
	char t[24];

	tas_iso(t, sizeof(t), tas_epoch(a, true));
	add(o, "{\"StatusSNS\":{\"Time\":\"%s\"}}", t);
}

static void status_sts(const struct sim_app *a, struct out *o)
{
	char state[600];

	tas_state_json(a, state, sizeof(state));
	add(o, "{\"StatusSTS\":%s}", state);
}

void tas_status(struct sim_app *a, long which)
{
	static const struct {
		long n;
		void (*fn)(const struct sim_app *a, struct out *o);
	} parts[] = {{1, status_prm}, {2, status_fwr}, {3, status_log}, {4, status_mem},
	    {5, status_net}, {6, status_mqt}, {7, status_tim}, {10, status_sns}, {11, status_sts}};
	struct out o = {.n = 0};
	char name[16];

	/* What a build has no block for gives the short status: 9 (energy), 6 with MQTT off. */
	if (which < 0 || which > 11 || which == 9 || (which == 6 && !tas_option(a, 3)))
		which = 99;
	if (which == 0 || which == 99) {
		status_short(a, &o);
		tas_publish(a, "stat", "STATUS", o.p, false);
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (which != 0 && which != parts[i].n && !(which == 8 && parts[i].n == 10))
			continue;
		if (parts[i].n == 6 && !tas_option(a, 3))
			continue;
		o.n = 0;
		parts[i].fn(a, &o);
		snprintf(name, sizeof(name), "STATUS%ld", which == 8 ? 8 : parts[i].n);
		tas_publish(a, "stat", name, o.p, false);
	}
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the application writes: log lines in the grammar of its version, topics, names.
 */
#define _DEFAULT_SOURCE /* gmtime_r */
#include "tasmota_int.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Texts of the builds, English and German. */
static const char *const WORDS[W_WORDS][2] = {
    [W_CONNECTING] = {"Connecting to AP", "verbinden mit AP"},
    [W_IN_MODE] = {"in mode", "in Modus"},
    [W_AS] = {"as", "wie"},
    [W_CONNECTED] = {"Connected", "verbunden"},
    [W_NO_IP] = {"Connect failed as no IP address received",
	"Verbindung fehlgeschlagen, da keine IP-Adresse zugeteilt wurde"},
    [W_NOT_REACHED] = {"Connect failed as AP cannot be reached",
	"Verbindung fehlgeschlagen, da AP nicht erreicht werden konnte"},
    [W_WRONG_KEY] = {"Connect failed with AP incorrect password",
	"Verbindung fehlgeschlagen, da das Passwort falsch ist"},
    [W_TIMEOUT] = {"Connect failed with AP timeout",
	"Verbindung fehlgeschlagen, da der AP nicht antwortet (timeout)"},
    [W_ATTEMPT] = {"Attempting connection...", "Verbindungsversuch..."},
    [W_ACTIVE_3] = {"active for 3 minutes", "aktiv f\xC3\xBCr 3 Minuten"},
    [W_WEB_ACTIVE] = {"Web server active on", "Web-Server aktiv bei"},
    [W_WITH_IP] = {"with IP address", "mit IP-Adresse"},
    [W_WEB_STOPPED] = {"Web server stopped", "Web-Server angehalten"},
    [W_RESTARTING] = {"Restarting", "starte neu"},
    [W_SERIAL_OFF] = {"Serial logging disabled", "Serielles Logging deaktiviert"},
    [W_SET_BAUD] = {"Set Baudrate to", "Setze Baudrate auf"},
    [W_DEFAULTS] = {"Use defaults", "Standard verwenden"},
    [W_LOADED] = {"Loaded from flash at", "aus Flash geladen am"},
    [W_SAVED] = {"Saved to flash at", "in Flash gespeichert am"},
    [W_COUNT] = {"Count", "z\xC3\xA4hlen"},
    [W_CONNECT_FAILED_TO] = {"Connect failed to", "Verbindung fehlgeschlagen aufgrund von"},
    [W_RETRY_IN] = {"Retry in", "Wiederversuch in"},
};

const char *tas_word(const struct sim_app *a, enum tas_word w)
{
	if (w == W_WRONG_KEY && tas_min(a, 8, 3, 0, 0))
		return a->b.german ? "Verbindung fehlgeschlagen" : "Connect failed";
	return WORDS[w][a->b.german ? 1 : 0];
}

const char *tas_eol(const struct sim_app *a)
{
	return tas_rewritten(a) ? "\r\n" : "\n";
}

void tas_tx(struct sim_app *a, const char *text)
{
	size_t n = strlen(text);

	if (!n)
		return;
	if (a->tx_busy < a->now)
		a->tx_busy = a->now;
	a->tx_busy += (int64_t)n * 10 * TAS_SECOND / (a->baud ? a->baud : 115200);
	a->host.uart_tx(a->host.ctx, text, n);
}

int64_t tas_epoch(const struct sim_app *a, bool local)
{
	if (!a->synced)
		return (a->now - a->boot_at) / TAS_SECOND;
	long zone = tas_num(a, "Timezone");
	int64_t shift = !local ? 0 : zone == 99 ? 3600 : zone * 3600;
	return a->world.epoch + (a->now - a->synced_at) / TAS_SECOND + shift;
}

void tas_log(struct sim_app *a, int level, const char *fmt, ...)
{
	char text[2400];
	va_list ap;

	if (level > a->log_level)
		return;
	long s = (long)(tas_epoch(a, true) % 86400);
	int n = snprintf(text, sizeof(text), "%02ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
	if (tas_min(a, 9, 2, 0, 0))
		n += snprintf(text + n, sizeof(text) - (size_t)n, ".%03d",
		    (int)((a->now - a->boot_at) / TAS_MS % 1000));
	text[n++] = ' ';
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - 3 - (size_t)n, fmt, ap);
	va_end(ap);
	strcat(text, tas_eol(a));
	tas_tx(a, text);
}

void tas_iso(char *dst, size_t size, int64_t epoch)
{
	time_t t = (time_t)epoch;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(dst, size, "%Y-%m-%dT%H:%M:%S", &tm))
		*dst = 0;
}

void tas_uptime(const struct sim_app *a, char *dst, size_t size)
{
	unsigned u = a->uptime;
	snprintf(dst, size, "%uT%02u:%02u:%02u", u / 86400, u / 3600 % 24, u / 60 % 60, u % 60);
}

void tas_version_text(const struct sim_app *a, char *dst, size_t size)
{
	uint32_t v = a->b.version;
	int n = snprintf(dst, size, "%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255);

	if (n < 0 || (size_t)n >= size)
		return;
	if (v & 255)
		n += tas_min(a, 6, 4, 1, 0)
			 ? snprintf(dst + n, size - (size_t)n, ".%u", v & 255)
			 : snprintf(dst + n, size - (size_t)n, "%c", (int)('a' + ((v - 1) & 15)));
	if (a->b.minimal && a->b.fmt_topic)
		snprintf(dst + n, size - (size_t)n, "-minimal");
}

/* %06X takes the chip id, %s the topic, %04d its low 13 bits. */
static void expand(
    const struct sim_app *a, const char *f, const char *topic, char *dst, size_t size)
{
	size_t n = 0;

	*dst = 0;
	for (; *f && n + 1 < size; f++) {
		int add;
		if (!strncmp(f, "%06X", 4)) {
			add = snprintf(dst + n, size - n, "%06X", a->host.chip_id & 0xFFFFFFU);
			f += 3;
		} else if (!strncmp(f, "%04d", 4)) {
			add = snprintf(dst + n, size - n, "%04u", a->host.chip_id & 0x1FFFU);
			f += 3;
		} else if (!strncmp(f, "%s", 2)) {
			add = snprintf(dst + n, size - n, "%s", topic);
			f++;
		} else {
			add = snprintf(dst + n, size - n, "%c", *f);
		}
		n += add < 0 ? 0 : (size_t)add;
		if (n >= size)
			return;
	}
}

void tas_names(struct sim_app *a)
{
	char buf[128];

	expand(a, tas_get(a, "Topic", buf, sizeof(buf)), "", a->topic, sizeof(a->topic));
	expand(a, tas_get(a, "MqttClient", buf, sizeof(buf)), "", a->client, sizeof(a->client));
	expand(a, tas_get(a, "Hostname", buf, sizeof(buf)), a->topic, a->hostname,
	    sizeof(a->hostname));
	/* Names in the net have no underscore since 9.x. */
	for (char *p = a->hostname; tas_min(a, 9, 1, 0, 0) && *p; p++)
		if (*p == '_')
			*p = '-';
}

static const char *prefix_word(const struct sim_app *a, const char *name, char *dst, size_t size)
{
	const char *key = *name == 'c' ? "Prefix1" : *name == 's' ? "Prefix2" : "Prefix3";
	return tas_get(a, key, dst, size);
}

void tas_topic(
    const struct sim_app *a, const char *prefix, const char *name, char *dst, size_t size)
{
	char full[128], word[64];
	const char *f = tas_get(a, "FullTopic", full, sizeof(full));
	size_t n = 0;

	*dst = 0;
	while (*f && n + 1 < size) {
		const char *put = NULL;
		size_t skip = 1;
		if (!strncmp(f, "%prefix%", 8)) {
			put = prefix_word(a, prefix, word, sizeof(word));
			skip = 8;
		} else if (!strncmp(f, "%topic%", 7)) {
			put = a->topic;
			skip = 7;
		}
		int add = put ? snprintf(dst + n, size - n, "%s", put)
			      : snprintf(dst + n, size - n, "%c", *f);
		n += add < 0 ? 0 : (size_t)add;
		f += skip;
	}
	if (n && n < size)
		snprintf(dst + n, size - n, "%s%s", dst[n - 1] == '/' ? "" : "/", name);
}

void tas_publish(
    struct sim_app *a, const char *prefix, const char *name, const char *payload, bool retained)
{
	char topic[400];
	bool mqtt = tas_option(a, 3) && a->mqtt.connected;

	tas_web_note(a, payload);
	tas_topic(a, prefix, name, topic, sizeof(topic));
	/* Without a broker the later builds (and all with MQTT off) name the last part only. */
	bool brief = !mqtt && (!tas_option(a, 3) || tas_min(a, 9, 3, 0, 0));
	tas_log(a, TAS_INFO, "%s: %s = %s%s", mqtt ? "MQT" : "RSL", brief ? name : topic, payload,
	    mqtt && retained ? " (retained)" : "");
}

void tas_result(struct sim_app *a, const char *name, const char *payload)
{
	char upper[40];
	size_t i = 0;

	if (a->bl_quiet)
		return;
	for (; name[i] && i + 1 < sizeof(upper); i++)
		upper[i] = (char)toupper((unsigned char)name[i]);
	upper[i] = 0;
	tas_publish(a, "stat", tas_option(a, 4) ? upper : "RESULT", payload, false);
}

void tas_set_baud(struct sim_app *a, uint32_t baud, bool announce)
{
	if (baud == a->baud || !baud)
		return;
	if (announce && a->log_level) {
		if (tas_min(a, 8, 2, 0, 0))
			tas_log(a, TAS_INFO, "SER: Set to 8N1 %u bit/s", baud);
		else if (tas_min(a, 7, 2, 0, 0))
			tas_log(a, TAS_INFO, "APP: Set Serial to 8N1 %u bit/s", baud);
		else
			tas_log(a, TAS_INFO, "APP: %s %u", tas_word(a, W_SET_BAUD), baud);
	}
	a->host.uart_baud(a->host.ctx, baud);
	a->baud = baud;
	a->rtc_baud = baud;
	if (announce && !tas_min(a, 7, 0, 0, 0))
		tas_tx(a, "\r\n");
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Upgrade over the air (tasmota.md section 7): four attempts, what is asked for and what is refused,
 * the detour over minimal, and that over safeboot, which is all that fetches on an ESP32 with one
 * place for the application. One connection; tasmota_update.c has what becomes of the image.
 */
#include "md5.h"
#include "tasmota_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES	 5 /* the first is taken off before it is used: four requests */
#define PATIENCE 8 /* seconds; the core's stream gives up after 5 to 8 */

static bool modern(const struct sim_app *a)
{
	return tas_min(a, 8, 0, 0, 0);
}

static bool networked(const struct sim_app *a)
{
	return a->host.radio && a->host.radio->open;
}

/* Whether it asks for .gz at all. */
static bool packs(const struct sim_app *a)
{
	return tas_min(a, 8, 2, 0, 0) && !a->host.slots;
}

static void hang_up(struct sim_app *a)
{
	struct tas_ota *o = &a->ota;

	if (o->busy)
		a->host.radio->close(a->host.radio->ctx);
	o->busy = o->body = false;
	o->head_n = 0;
	free(o->image);
	o->image = NULL;
	o->size = o->got = 0;
}

void tas_ota_stop(struct sim_app *a)
{
	hang_up(a);
	a->ota.flag = a->ota.tries = 0;
	a->ota.reason[0] = 0;
}

void tas_ota_start(struct sim_app *a)
{
	if (a->ota.busy)
		return;
	a->ota.flag = 4;
	a->ota.tries = TRIES;
	a->ota.loader = false;
	a->ota.reason[0] = 0;
}

/* What was fetched on the way, minimal or safeboot, goes on by itself once it is in the network. An
 * ESP32 finds it in its settings too, when the power was gone meanwhile. */
static void goes_on(struct sim_app *a)
{
	bool noted = a->host.slots && tas_set_num(&a->set, "_otafact", 0);

	if (!a->b.minimal || a->world.forgets || !tas_wifi_up(a) || (!a->ota.loader && !noted))
		return;
	if (noted)
		tas_set_putn(&a->set, "_otafact", 0);
	a->ota.loader = false;
	if (modern(a))
		tas_log(a, TAS_DEBUG, "OTA: Propagating upload");
	a->ota.flag = 4;
	a->ota.tries = TRIES;
}

/* True: it restarts into safeboot, which fetches. */
static bool leaves(struct sim_app *a)
{
	const struct sim_slots *slots = a->host.slots;

	if (!slots || !slots->has_safeboot(a->host.ctx) || slots->in_safeboot(a->host.ctx))
		return false;
	a->ota.loader = true;
	tas_set_putn(&a->set, "_otafact", 1);
	tas_save(a, false);
	tas_log(a, TAS_INFO, "APP: Restarting");
	slots->to_safeboot(a->host.ctx);
	tas_restart(a);
	return true;
}

/* ---- the end of an attempt -------------------------------------------------------------------- */

static void fail(struct sim_app *a, const char *old_words, const char *words)
{
	snprintf(a->ota.reason, sizeof(a->ota.reason), "%s", modern(a) ? words : old_words);
	hang_up(a);
	a->ota.flag = 2;
}

/* The full builds try minimal in the attempts that are left; minimal itself has no such way. */
static void does_not_fit(struct sim_app *a, const char *old_words, const char *words)
{
	if (!a->b.minimal && !a->host.slots)
		a->ota.loader = true;
	fail(a, old_words, words);
}

static void give_up(struct sim_app *a)
{
	char text[120];

	snprintf(text, sizeof(text), modern(a) ? "{\"Upgrade\":\"Failed %s\"}" : "Failed %s",
	    a->ota.reason);
	tas_publish(a, "stat", "UPGRADE", text, false);
	a->ota.loader = false;
	if (!modern(a))
		a->restart_flag = 2;
}

static bool md5_is(const struct tas_ota *o)
{
	uint8_t sum[16];
	char text[33];

	if (!o->md5[0])
		return true;
	sim_md5(o->image, o->size, sum);
	for (int i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", sum[i]);
	return !strcmp(text, o->md5);
}

static void whole(struct sim_app *a)
{
	struct tas_ota *o = &a->ota;

	if (!md5_is(o)) {
		fail(a, "Faulty MD5", "Wrong MD5");
		return;
	}
	(void)tas_ota_put(a, o->image, o->size); /* a damaged one is left out by the boot loader */
	hang_up(a);
	tas_publish(a, "stat", "UPGRADE",
	    modern(a) ? "{\"Upgrade\":\"Successful. Restarting\"}" : "Successful. Restarting",
	    false);
	o->flag = 0;
	a->restart_flag = 2;
}

/* ---- the answer --------------------------------------------------------------------------------- */

/* The value of a header, NULL: none. */
static const char *header(const struct tas_ota *o, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = strstr(o->head, "\r\n"); p; p = strstr(p + 2, "\r\n")) {
		size_t i = 0;

		while (i < n && (p[2 + i] | 0x20) == (name[i] | 0x20))
			i++;
		if (i == n && p[2 + n] == ':')
			return p + 3 + n + strspn(p + 3 + n, " ");
	}
	return NULL;
}

static bool status_good(struct sim_app *a)
{
	const char *blank = strchr(a->ota.head, ' ');
	int status = blank ? atoi(blank) : 0;

	if (status == 404)
		fail(a, "File not Found (404)", "File Not Found (404)");
	else if (status == 403)
		fail(a, "Forbidden (403)", "Forbidden (403)");
	else if (status != 200)
		fail(a, "Wrong HTTP code", "Wrong HTTP Code");
	return status == 200;
}

/* What Status 4 says, unless a fault says otherwise. */
static uint32_t room(const struct sim_app *a)
{
	struct sim_update_fault fault;

	tas_ota_fault(a, &fault);
	return fault.room < tas_ota_free(a) ? fault.room : tas_ota_free(a);
}

static void head_read(struct sim_app *a)
{
	struct tas_ota *o = &a->ota;
	const char *length, *md5;

	if (!status_good(a))
		return;
	length = header(o, "Content-Length");
	if (!length || atol(length) <= 0) {
		fail(a, "Server not Report Size", "Server Did Not Report Size");
		return;
	}
	if (strtoul(length, NULL, 10) > room(a)) {
		does_not_fit(a, "To less space", "Not Enough space");
		return;
	}
	o->size = (uint32_t)strtoul(length, NULL, 10);
	md5 = header(o, "x-MD5");
	snprintf(o->md5, sizeof(o->md5), "%.*s", md5 ? (int)strspn(md5, "0123456789abcdef") : 0,
	    md5 ? md5 : "");
	o->image = malloc(o->size);
	if (!o->image)
		abort();
	o->body = true;
}

/* The first bytes decide; what they claim of the flash must be true. */
static bool magic_good(struct sim_app *a)
{
	int wrong = tas_ota_magic(a, a->ota.image);

	if (wrong == 3)
		fail(a, "Verify bin header failed", "Verify Bin Header Failed");
	else if (wrong)
		does_not_fit(a, "bin for wrong flash size", "New Binary Does Not Fit Flash Size");
	return !wrong;
}

static void body_read(struct sim_app *a, const uint8_t *p, size_t n)
{
	struct tas_ota *o = &a->ota;
	uint32_t before = o->got;

	if (n > o->size - o->got)
		n = o->size - o->got;
	memcpy(o->image + o->got, p, n);
	o->got += (uint32_t)n;
	if (before < 4 && o->got >= 4 && !magic_good(a))
		return;
	if (o->got == o->size)
		whole(a);
}

static void data(struct sim_app *a, const uint8_t *p, size_t n)
{
	struct tas_ota *o = &a->ota;

	o->patience = PATIENCE;
	for (; n && !o->body; p++, n--) {
		if (o->head_n == sizeof(o->head) - 1) {
			fail(a, "Wrong HTTP code", "Wrong HTTP Code");
			return;
		}
		o->head[o->head_n++] = (char)*p;
		o->head[o->head_n] = 0;
		if (o->head_n < 4 || memcmp(o->head + o->head_n - 4, "\r\n\r\n", 4) != 0)
			continue;
		head_read(a);
		if (!o->body)
			return;
	}
	if (n)
		body_read(a, p, n);
}

/* ---- the request -------------------------------------------------------------------------------- */

static void ask(struct sim_app *a)
{
	const struct sim_radio *r = a->host.radio;
	const char *kind = a->host.slots ? "ESP32" : "ESP8266";
	char version[40], text[1024];

	tas_version_text(a, version, sizeof(version));
	snprintf(text, sizeof(text),
	    "GET /%s HTTP/1.0\r\nHost: server\r\nUser-Agent: %s-http-Update\r\nConnection: "
	    "close\r\n"
	    "x-%s-STA-MAC: %s\r\nx-%s-free-space: %u\r\nx-%s-sketch-size: %u\r\n"
	    "x-%s-chip-size: %u\r\nx-%s-mode: sketch\r\nx-%s-version: %s\r\n\r\n",
	    a->ota.path, kind, kind, a->host.mac, kind, tas_ota_free(a), kind, a->b.size, kind,
	    a->host.flash_size(a->host.ctx), kind, kind, version);
	r->send(r->ctx, text, strlen(text));
}

void sim_app_radio(
    struct sim_app *a, enum sim_radio_event ev, const void *bytes, size_t n, sim_time now)
{
	sim_app_tick(a, now);
	if (!a->running || !a->ota.busy)
		return;
	a->ota.patience = PATIENCE;
	switch (ev) {
	case SIM_RADIO_UP:
		ask(a);
		break;
	case SIM_RADIO_DATA:
		data(a, bytes, n);
		break;
	case SIM_RADIO_END:
		fail(a, "HTTP error: connection lost", "HTTP error: connection lost");
		break;
	case SIM_RADIO_REFUSED:
		fail(a, "HTTP error: connection refused", "HTTP error: connection refused");
		break;
	}
}

/* "sonoff-DE.bin" becomes "sonoff-minimal.bin": of the file's name, what stands from the last "-" (or
 * the dot) to its type. Half way through, newer ones ask for .gz. */
static void file_name(struct sim_app *a, char *url, size_t size)
{
	char *name = strrchr(url, '/'), *type, *dash, kept[24];

	name = name ? name + 1 : url;
	type = strchr(name, '.');
	snprintf(kept, sizeof(kept), "%s", type ? type : "");
	if (a->ota.loader) {
		if (type)
			*type = 0;
		dash = strrchr(name, '-');
		if (dash)
			*dash = 0;
		size_t n = strlen(url);
		snprintf(url + n, size - n, "-minimal%s", kept);
	}
	size_t n = strlen(url);
	if (packs(a) && a->ota.tries <= TRIES / 2 && n > 4 && !strcmp(url + n - 4, ".bin"))
		snprintf(url + n, size - n, ".gz");
}

static bool parse(const char *url, uint32_t *to, uint16_t *port, char *path, size_t size)
{
	unsigned v[4], p = 80;
	int used = 0;

	if (sscanf(url, "http://%3u.%3u.%3u.%3u%n", &v[0], &v[1], &v[2], &v[3], &used) != 4)
		return false;
	url += used;
	if (*url == ':' && sscanf(url, ":%5u%n", &p, &used) == 1)
		url += used;
	if (*url != '/' || p > 65535 || v[0] > 255 || v[1] > 255 || v[2] > 255 || v[3] > 255)
		return false;
	*to = v[0] << 24 | v[1] << 16 | v[2] << 8 | v[3];
	*port = (uint16_t)p;
	snprintf(path, size, "%s", url + 1);
	return true;
}

static void attempt(struct sim_app *a)
{
	struct tas_ota *o = &a->ota;
	char url[160], version[40];
	uint32_t to;
	uint16_t port;

	if (leaves(a))
		return;
	tas_get(a, "OtaUrl", url, 128);
	file_name(a, url, sizeof(url));
	tas_version_text(a, version, sizeof(version));
	tas_log(a, TAS_DEBUG, "UPL: %s %s", url, version);
	if (!networked(a) || !parse(url, &to, &port, o->path, sizeof(o->path))) {
		fail(a, "HTTP error: connection refused", "HTTP error: connection refused");
		return;
	}
	o->busy = true;
	o->patience = PATIENCE;
	a->host.radio->open(a->host.radio->ctx, a->world.ip, to, port);
}

void tas_ota_second(struct sim_app *a)
{
	struct tas_ota *o = &a->ota;

	if (o->busy && --o->patience <= 0)
		fail(a,
		    o->body ? "Update error: ERROR[6]: Timeout" : "HTTP error: connection refused",
		    o->body ? "Update error: ERROR[6]: Timeout" : "HTTP error: connection refused");
	goes_on(a);
	if (!o->flag || o->busy || tas_con_queued(a) || (networked(a) && !tas_wifi_up(a)))
		return;
	if (--o->flag)
		return;
	if (networked(a) && --o->tries > 0) {
		attempt(a);
		return;
	}
	if (!o->reason[0]) /* without a network all of them end so */
		snprintf(o->reason, sizeof(o->reason), "HTTP error: connection refused");
	give_up(a);
}

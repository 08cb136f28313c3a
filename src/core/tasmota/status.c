/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device says of itself, as a table and over time. */
#include "tasmite/core/tasmota/status.h"

#include "logline_int.h"
#include "tasmite/base/str.h"

static void empty(struct status *st)
{
	st->heap_kb = st->free_kb = -1;
	st->quality = -1;
}

void status_init(struct status *st)
{
	memset(st, 0, sizeof(*st));
	empty(st);
}

void status_new_boot(struct status *st)
{
	struct status fresh;

	if (!st->any)
		return;
	status_init(&fresh);
	fresh.revision = st->revision + 1;
	memcpy(fresh.sample, st->sample, sizeof(fresh.sample));
	fresh.count = st->count;
	fresh.next = st->next;
	*st = fresh;
}

/* ---- one answer ----------------------------------------------------------------------------------- */

/* What an answer is: of the parts that belong together. */
struct answer {
	bool state;	/* STATE, STATUS11: a moment's values, worth a sample */
	bool net;	/* STATUS5 */
	bool wifi;	/* inside of "Wifi" */
	bool told;	/* something was taken over */
	int32_t rssi;	/* as told: quality, or dBm */
	int32_t signal; /* dBm, 0 not told */
	int32_t heap;
};

static void text(struct answer *a, char *dst, size_t size, struct logtext value)
{
	char tmp[64];
	size_t n = 0;

	for (size_t i = 0; i < value.n && n + 1 < sizeof(tmp); i++)
		if ((unsigned char)value.p[i] >= 0x20 && value.p[i] != 0x7f)
			tmp[n++] = value.p[i];
	tmp[n] = '\0';
	(void)str_copy(dst, size, tmp);
	a->told = true;
}

/* "0.0.0.0" is of an interface that is not in use. */
static void address(struct status *st, struct answer *a, struct logtext value)
{
	if (a->net && logtext_is_address(value) && !logtext_is(value, "0.0.0.0"))
		text(a, st->address, sizeof(st->address), value);
}

static void number(struct answer *a, int32_t *dst, struct logtext value, int32_t least)
{
	int32_t v = logtext_number(value, INT32_MIN);

	if (v < least)
		return;
	*dst = v;
	a->told = true;
}

struct text_row {
	const char *key;
	size_t offset, size;
};

#define ROW(key, field)                                                                  \
	{                                                                                \
		key, offsetof(struct status, field), sizeof(((struct status *)0)->field) \
	}
static const struct text_row text_rows[] = {
    ROW("Version", version),
    ROW("Core", core),
    ROW("SDK", sdk),
    ROW("Hardware", hardware),
    ROW("SSId", ssid),
    ROW("BSSId", bssid),
    ROW("Hostname", hostname),
    ROW("Mac", mac),
    ROW("MqttHost", mqtt_host),
    ROW("Uptime", uptime),
    ROW("RestartReason", restart),
};
#undef ROW

static void texts(struct status *st, struct answer *a, struct logtext key, struct logtext value)
{
	if (value.n && (*value.p == '[' || *value.p == '{'))
		return; /* SSId of Status 3 is a list of what is stored */
	for (size_t i = 0; i < sizeof(text_rows) / sizeof(text_rows[0]); i++) {
		const struct text_row *r = &text_rows[i];

		if (logtext_is(key, r->key))
			text(a, (char *)st + r->offset, r->size, value);
	}
}

static void member(struct status *st, struct answer *a, struct logtext key, struct logtext value)
{
	if (logtext_is(key, "Wifi"))
		a->wifi = true;
	else if (logtext_is(key, "RSSI") && a->wifi)
		number(a, &a->rssi, value, -127);
	else if (logtext_is(key, "Signal") && a->wifi)
		number(a, &a->signal, value, -127);
	else if (logtext_is(key, "Channel") && a->wifi)
		number(a, &st->channel, value, 1);
	else if (logtext_is(key, "Heap"))
		number(a, &a->heap, value, 0);
	else if (logtext_is(key, "Free"))
		number(a, &st->free_kb, value, 0);
	else if (logtext_is(key, "MqttPort"))
		number(a, &st->mqtt_port, value, 1);
	else if (logtext_is(key, "IPAddress"))
		address(st, a, value);
	else
		texts(st, a, key, value);
}

static bool ends(struct logtext topic, const char *what)
{
	return lt_ends(topic, what) &&
	       (topic.n == strlen(what) || topic.p[topic.n - strlen(what) - 1] == '/');
}

/* "stat/sonoff/STATUS5", "STATUS11", "tele/sonoff/STATE", "stat/sonoff/STATUS": what it is of. */
static bool of_interest(struct logtext topic, struct logtext json, struct answer *a)
{
	static const char *const others[] = {"STATUS", "STATUS1", "STATUS2", "STATUS4", "STATUS6"};

	if (!json.n || *json.p != '{')
		return false;
	a->state =
	    ends(topic, "STATE") || ends(topic, "STATUS11") || lt_starts(json, "{\"StatusSTS\":");
	a->net = ends(topic, "STATUS5") || lt_starts(json, "{\"StatusNET\":");
	if (a->state || a->net)
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (ends(topic, others[i]))
			return true;
	return !topic.n && lt_starts(json, "{\"Status");
}

static void keep_sample(struct status *st, const struct answer *a, mono_t time)
{
	struct status_sample *s = &st->sample[st->next];

	s->time = time;
	s->dbm = (int16_t)st->dbm;
	s->quality = st->quality;
	s->heap_kb = a->heap;
	st->next = (st->next + 1) % STATUS_SAMPLES;
	if (st->count < STATUS_SAMPLES)
		st->count++;
}

bool status_event(struct status *st, const struct logline *ev, mono_t time)
{
	struct answer a = {.rssi = INT32_MIN, .heap = -1};
	struct logtext key, value;
	size_t at = 0;

	if (ev->kind != LOGLINE_RESULT || !of_interest(ev->text, ev->text2, &a))
		return false;
	while (logline_member(ev->text2, &at, &key, &value))
		member(st, &a, key, value);
	if (!a.told)
		return false;
	/* The quality in percent; some builds of the ESP32 gave the level there. */
	if (a.rssi >= 0 && a.rssi <= 100)
		st->quality = (int16_t)a.rssi;
	else if (a.rssi != INT32_MIN && a.rssi < 0 && !a.signal)
		a.signal = a.rssi;
	if (a.rssi != INT32_MIN || a.signal)
		st->dbm = (int16_t)(a.signal < 0 ? a.signal : 0);
	if (a.heap >= 0)
		st->heap_kb = a.heap;
	if (a.state && (a.rssi != INT32_MIN || a.heap >= 0))
		keep_sample(st, &a, time);
	st->any = true;
	st->time = time;
	st->revision++;
	return true;
}

/* ---- curves --------------------------------------------------------------------------------------- */

const struct status_sample *status_at(const struct status *st, unsigned back)
{
	if (back >= st->count)
		return NULL;
	return &st->sample[(st->next + 2 * STATUS_SAMPLES - 1 - back) % STATUS_SAMPLES];
}

static bool value_of(
    const struct status_sample *s, enum status_curve which, bool levels, int32_t *v)
{
	if (which == STATUS_HEAP)
		*v = s->heap_kb;
	else
		*v = levels ? s->dbm : s->quality;
	return which == STATUS_HEAP ? *v >= 0 : levels ? *v < 0 : *v >= 0;
}

unsigned status_curve(const struct status *st, enum status_curve which, int32_t *out, unsigned max)
{
	const struct status_sample *s;
	bool levels = false;
	unsigned n = 0;
	int32_t v;

	for (unsigned back = 0; (s = status_at(st, back)) != NULL; back++)
		levels = levels || s->dbm < 0;
	for (unsigned back = 0; n < max && (s = status_at(st, back)) != NULL; back++)
		if (value_of(s, which, levels, &v))
			out[n++] = v;
	for (unsigned i = 0; i < n / 2; i++) {
		v = out[i];
		out[i] = out[n - 1 - i];
		out[n - 1 - i] = v;
	}
	return n;
}

void status_curve_text(const int32_t *values, unsigned n, char *dst, size_t size)
{
	static const char *const heights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	int32_t low = INT32_MAX, high = INT32_MIN;

	dst[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		low = values[i] < low ? values[i] : low;
		high = values[i] > high ? values[i] : high;
	}
	for (unsigned i = 0; i < n; i++) {
		int64_t h = high > low ? ((int64_t)values[i] - low) * 7 / ((int64_t)high - low) : 3;

		(void)str_cat(dst, size, heights[h]);
	}
}

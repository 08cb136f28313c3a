/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The set-up of a device as a form. Templates came with 6.5.0, the minutes of a time zone with 6.4.0
 * (Tasmota's changelog). */
#include "tasmite/core/tasmota/setup.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/core/tasmota/answer.h"
#include "tasmite/core/tasmota/logline.h"
#include "traps.h"

struct row {
	const char *label, *command;
	bool secret;
	const char *hint;
};

static const struct row rows[SETUP_FIELDS] = {
#define SETUP_ROW(id, label, command, secret, hint) [id] = {label, command, secret, hint},
    SETUP_TABLE(SETUP_ROW)
#undef SETUP_ROW
};

const char *setup_label(enum setup_field f)
{
	assert((unsigned)f < SETUP_FIELDS);
	return rows[f].label;
}

bool setup_secret(enum setup_field f)
{
	assert((unsigned)f < SETUP_FIELDS);
	return rows[f].secret;
}

const char *setup_hint(enum setup_field f)
{
	assert((unsigned)f < SETUP_FIELDS);
	return rows[f].hint;
}

const char *setup_command(const struct setup *s, enum setup_field f)
{
	assert((unsigned)f < SETUP_FIELDS);
	return f == SETUP_NAME && s->named ? "DeviceName" : rows[f].command;
}

enum setup_field setup_find(const char *command)
{
	for (int f = 0; f < SETUP_FIELDS; f++)
		if (!str_casecmp(rows[f].command, command))
			return (enum setup_field)f;
	return !str_casecmp(command, "DeviceName") ? SETUP_NAME : SETUP_FIELDS;
}

/* ---- what the device has --------------------------------------------------------------------- */

static void keep(struct setup *s, enum setup_field f, struct logtext value)
{
	(void)str_copy_n(s->now[f], SETUP_SIZE, value.p, value.n);
}

/* The i-th string of a list; false: there is none. */
static bool of_list(struct logtext list, int i, struct logtext *out)
{
	size_t at = 0;

	for (;;) {
		const char *from = memchr(list.p + at, '"', list.n - at), *to;

		if (!from || memchr(list.p + at, ']', (size_t)(from - list.p) - at))
			return false;
		from++;
		for (to = from; to < list.p + list.n && *to != '"'; to++)
			if (*to == '\\' && to + 1 < list.p + list.n)
				to++;
		if (to >= list.p + list.n)
			return false;
		if (!i--) {
			*out = (struct logtext){from, (size_t)(to - from)};
			return true;
		}
		at = (size_t)(to - list.p) + 1;
	}
}

static void member(struct setup *s, struct logtext key, struct logtext value)
{
	static const struct {
		const char *key;
		enum setup_field field;
	} plain[] = {{"MqttHost", SETUP_HOST}, {"MqttPort", SETUP_PORT}, {"MqttUser", SETUP_USER},
	    {"Topic", SETUP_TOPIC}, {"Module", SETUP_MODULE}};
	struct logtext text;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (logtext_is(key, plain[i].key))
			keep(s, plain[i].field, value);
	if (logtext_is(key, "SSId")) {
		if (of_list(value, 0, &text))
			keep(s, SETUP_SSID1, text);
		if (of_list(value, 1, &text))
			keep(s, SETUP_SSID2, text);
	} else if (logtext_is(key, "FriendlyName") && !s->named) {
		keep(s, SETUP_NAME, of_list(value, 0, &text) ? text : value);
	} else if (logtext_is(key, "DeviceName")) {
		s->named = true;
		keep(s, SETUP_NAME, value);
	} else if (logtext_is(key, "Timezone")) {
		keep(s, SETUP_ZONE, value);
	}
}

/* "+01:00" as "1": how it is set. Half hours stay as they are. */
static void tidy_zone(char *zone)
{
	size_t n = strlen(zone);

	if (n == 6 && (*zone == '+' || *zone == '-') && !strcmp(zone + 3, ":00")) {
		bool minus = *zone == '-' && strncmp(zone + 1, "00", 2) != 0;
		char text[4];

		str_fmt(text, sizeof(text), "%s%s", minus ? "-" : "",
		    zone[1] == '0' ? (char[]){zone[2], '\0'} : (char[]){zone[1], zone[2], '\0'});
		str_copy(zone, SETUP_SIZE, text);
	}
}

bool setup_status(struct setup *s, const char *line, size_t n)
{
	struct logtext json, key, value;
	struct answer a;
	size_t at = 0;

	answer_read(line, n, &a);
	if (a.kind != ANSWER_STATUS)
		return false;
	json = (struct logtext){a.text, a.n};
	while (logline_member(json, &at, &key, &value))
		member(s, key, value);
	tidy_zone(s->now[SETUP_ZONE]);
	s->known = true;
	return true;
}

void setup_start(struct setup *s)
{
	for (int f = 0; f < SETUP_FIELDS; f++)
		if (!rows[f].secret)
			str_copy(s->want[f], SETUP_SIZE, s->now[f]);
}

/* ---- what is wrong with it ------------------------------------------------------------------- */

static bool number_in(const char *text, long least, long most)
{
	size_t sign = *text == '-' || *text == '+', n = strspn(text + sign, "0123456789");
	long v;

	if (!n || n > 6 || text[sign + n])
		return false;
	v = strtol(text, NULL, 10);
	return v >= least && v <= most;
}

/* "-3", "5:30", "+05:30", "99" */
static bool zone_ok(const char *text)
{
	size_t sign = *text == '-' || *text == '+', n = strspn(text + sign, "0123456789");

	if (!n || n > 2)
		return false;
	if (!text[sign + n])
		return number_in(text, -13, 14) || !strcmp(text, "99");
	return text[sign + n] == ':' && strlen(text + sign + n) == 3 &&
	       strspn(text + sign + n + 1, "0123456789") == 2;
}

/* The value that empties the field: a quote sign from 6.2 on, before it 0, and not of all. NULL: it
 * can't be empty. */
static const char *clearing(const struct setup *s, enum setup_field f)
{
	bool mqtt = f == SETUP_HOST || f == SETUP_USER;

	if (!mqtt && f != SETUP_SSID1 && f != SETUP_SSID2 && f != SETUP_NAME)
		return NULL;
	if (s->fw && s->fw < BACKLOG_FW(6, 2, 0, 0))
		return mqtt ? "0" : NULL;
	return "\"";
}

static bool field_trap(enum setup_field f, const char *value, char *why, size_t size)
{
	if (f == SETUP_PORT && !number_in(value, 1, 65535))
		return str_copy(why, size, "a port is a number from 1 to 65535"), true;
	if (f == SETUP_MODULE && !number_in(value, 0, 255))
		return str_copy(why, size, "a module is a number"), true;
	if (f == SETUP_ZONE && !zone_ok(value))
		return str_copy(why, size, "a time zone is -13 to 14, 5:30, or 99"), true;
	if (f == SETUP_TEMPLATE)
		return !setup_template_ok(value, why, size);
	return false;
}

bool setup_trap(const struct setup *s, enum setup_field f, char *why, size_t size)
{
	const char *value = s->want[f];
	char text[SETUP_SIZE + 40];

	why[0] = '\0';
	if (!strcmp(value, rows[f].secret ? "" : s->now[f]))
		return false;
	if (!value[0] && !clearing(s, f))
		return str_copy(why, size, "this firmware can't empty it"), true;
	if (!value[0])
		return false;
	if (*value == ' ')
		return str_copy(why, size, "the console skips blanks before a value"), true;
	if (!strcmp(value, "?"))
		return str_copy(why, size, "a ? alone only asks"), true;
	if (field_trap(f, value, why, size))
		return true;
	if (f == SETUP_TEMPLATE && s->fw && s->fw < BACKLOG_FW(6, 5, 0, 0))
		return str_copy(why, size, "there are templates from 6.5 on"), true;
	str_fmt(text, sizeof(text), "%s %s", setup_command(s, f), value);
	if (f == SETUP_ZONE && strchr(value, ':') && s->fw && s->fw < BACKLOG_FW(6, 4, 0, 0))
		return str_copy(why, size, "minutes are taken from 6.4 on"), true;
	if (f == SETUP_PORT && !strcmp(value, "1"))
		return str_copy(why, size, traps_text(TRAPS_DEFAULT)), true;
	return backlog_trap(text, s->fw, why, size);
}

/* ---- commands -------------------------------------------------------------------------------- */

static void command_of(const struct setup *s, enum setup_field f, char *text, size_t size)
{
	const char *value = s->want[f][0] ? s->want[f] : clearing(s, f);

	str_fmt(text, size, "%s %s", setup_command(s, f), value);
}

size_t setup_backlog(const struct setup *s, bool all, struct backlog *b)
{
	size_t count = 0;

	for (int f = 0; f < SETUP_FIELDS; f++) {
		const char *want = s->want[f];
		char text[SETUP_SIZE + 40];
		bool same = rows[f].secret ? !want[0] : !strcmp(want, s->now[f]);

		if (all ? !want[0] : same)
			continue;
		if (!want[0] && !clearing(s, (enum setup_field)f))
			continue;
		command_of(s, (enum setup_field)f, text, sizeof(text));
		count += backlog_add(b, text, strlen(text), 0);
	}
	return count;
}

/* ---- templates ------------------------------------------------------------------------------- */

struct json {
	const char *p;
	int depth;
};

static void blanks(struct json *j)
{
	while (*j->p == ' ')
		j->p++;
}

/* That character; it stays where another one stands. */
static bool take(struct json *j, char c)
{
	if (*j->p != c)
		return false;
	j->p++;
	return true;
}

static bool string(struct json *j)
{
	if (!take(j, '"'))
		return false;
	for (; *j->p && *j->p != '"'; j->p++)
		if (*j->p == '\\' && !*++j->p)
			return false;
	return take(j, '"');
}

static bool value(struct json *j);

static bool members(struct json *j, char close)
{
	j->p++;
	blanks(j);
	if (take(j, close))
		return true;
	for (;;) {
		blanks(j);
		if (close == '}') {
			if (!string(j))
				return false;
			blanks(j);
			if (!take(j, ':'))
				return false;
		}
		if (!value(j))
			return false;
		blanks(j);
		if (take(j, close))
			return true;
		if (!take(j, ','))
			return false;
	}
}

static bool value(struct json *j)
{
	bool good;
	size_t n;

	blanks(j);
	if (*j->p == '"')
		return string(j);
	if (*j->p == '{' || *j->p == '[') {
		if (++j->depth > 8)
			return false;
		good = members(j, *j->p == '{' ? '}' : ']');
		j->depth--;
		return good;
	}
	n = strspn(j->p, "-+.0123456789eE");
	if (!n && !strncmp(j->p, "true", 4))
		n = 4;
	if (!n && !strncmp(j->p, "false", 5))
		n = 5;
	j->p += n;
	return n > 0;
}

static bool has_key(const char *json, const char *key)
{
	struct logtext text = {json, strlen(json)}, k, v;
	size_t at = 0;

	while (logline_member(text, &at, &k, &v))
		if (k.n == strlen(key) && !str_ncasecmp(k.p, key, k.n))
			return true;
	return false;
}

/* How many numbers the GPIO list has. */
static int pins(const char *json)
{
	struct logtext text = {json, strlen(json)}, k, v;
	size_t at = 0;

	while (logline_member(text, &at, &k, &v)) {
		int n = 1;

		if (k.n != 4 || str_ncasecmp(k.p, "GPIO", 4) != 0)
			continue;
		if (!v.n || *v.p != '[')
			return 0;
		for (const char *p = v.p; p < v.p + v.n && *p != ']'; p++)
			n += *p == ',';
		return n;
	}
	return 0;
}

bool setup_template_ok(const char *json, char *why, size_t size)
{
	struct json j = {.p = json};
	int n;

	if (*json != '{') {
		str_copy(why, size, "a template is JSON in braces: {\"NAME\":...}");
		return false;
	}
	if (!value(&j) || *j.p) {
		str_fmt(why, size, "no JSON from character %d on", (int)(j.p - json) + 1);
		return false;
	}
	if (!has_key(json, "NAME") || !has_key(json, "GPIO") || !has_key(json, "BASE")) {
		str_copy(why, size, "a template has NAME, GPIO and BASE (and FLAG)");
		return false;
	}
	/* 13 on the ESP8266 up to 8.5, 14 since; 22 to 49 on the ESP32 family. */
	n = pins(json);
	if (n < 13 || n > 60) {
		str_fmt(
		    why, size, "its GPIO list has %d numbers: 13 or 14 (ESP32: 22 and more)", n);
		return false;
	}
	return true;
}

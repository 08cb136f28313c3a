/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads a line of the log: finds where the device's own text begins, then goes by its tag.
 */
#include "tasmite/core/tasmota/logline.h"

#include <stdlib.h>

#include "logline_int.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/logwords.h"

/* Stamps, syslog heads and garbage before the text are no longer than this. */
#define HEAD_MAX 200

/* ---- pieces of text ---------------------------------------------------------------------------- */

size_t lt_find(struct logtext t, const char *s)
{
	size_t m = strlen(s);
	const char *p = t.p, *end = t.p + t.n;

	while ((size_t)(end - p) >= m) {
		p = memchr(p, s[0], (size_t)(end - p) - m + 1);
		if (!p)
			break;
		if (!memcmp(p, s, m))
			return (size_t)(p - t.p);
		p++;
	}
	return t.n;
}

bool lt_has(struct logtext t, const char *s)
{
	return lt_find(t, s) < t.n;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

struct logtext lt_trim(struct logtext t)
{
	while (t.n && blank(t.p[t.n - 1]))
		t.n--;
	while (t.n && blank(*t.p))
		t = lt_from(t, 1);
	return t;
}

struct logtext lt_pop_word(struct logtext *t)
{
	size_t i;
	struct logtext w;

	*t = lt_trim(*t);
	for (i = t->n; i && t->p[i - 1] != ' '; i--)
		;
	w = lt_from(*t, i);
	*t = lt_trim(lt_upto(*t, i));
	return w;
}

struct logtext lt_take_word(struct logtext *t)
{
	struct logtext w;

	*t = lt_trim(*t);
	w = lt_upto(*t, lt_find(*t, " "));
	*t = lt_trim(lt_from(*t, w.n));
	return w;
}

struct logtext lt_after(struct logtext t, const char *s)
{
	size_t at = lt_find(t, s), n = 0;

	t = lt_from(t, at < t.n ? at + strlen(s) : t.n);
	while (n < t.n && t.p[n] != ' ' && t.p[n] != ',' && t.p[n] != '"')
		n++;
	return lt_upto(t, n);
}

bool logtext_is(struct logtext t, const char *s)
{
	return t.n == strlen(s) && !memcmp(t.p, s, t.n);
}

int32_t logtext_number(struct logtext t, int32_t other)
{
	bool minus = t.n && (*t.p == '-' || *t.p == '+');
	int32_t v = 0;
	size_t i = minus, n = 0;

	for (; i < t.n && n < 9 && lt_digit(t.p[i]); i++, n++)
		v = v * 10 + (t.p[i] - '0');
	if (!n || (i < t.n && lt_digit(t.p[i])))
		return other;
	return minus && *t.p == '-' ? -v : v;
}

bool logtext_is_address(struct logtext t)
{
	unsigned parts = 0;
	size_t i = 0;

	while (parts < 4) {
		size_t n = 0;
		int32_t v = logtext_number(lt_from(t, i), -1);

		while (i + n < t.n && n < 4 && (lt_digit(t.p[i + n]) || strchr("xX*", t.p[i + n])))
			n++;
		if (!n || n > 3 || v > 255)
			return false;
		i += n;
		if (++parts < 4 && (i >= t.n || t.p[i++] != '.'))
			return false;
	}
	return i == t.n;
}

/* ---- where the text begins --------------------------------------------------------------------- */

/* Length of "HH:MM:SS[.mmm][-HHH[/FF]]" at the start, 0 when it is none. */
static size_t clock_length(struct logtext t)
{
	static const char shape[] = "00:00:00";
	size_t i;

	if (t.n < 8)
		return 0;
	for (i = 0; i < 8; i++)
		if (shape[i] == '0' ? !lt_digit(t.p[i]) : t.p[i] != shape[i])
			return 0;
	while (
	    i < t.n && i < 20 &&
	    (lt_digit(t.p[i]) || (strchr(".,:-/", t.p[i]) && i + 1 < t.n && lt_digit(t.p[i + 1]))))
		i++;
	return i;
}

/* Little stands between the clocks of a terminal and of the device, and no text of either. */
static bool near_clock(struct logtext t)
{
	for (size_t i = 0; i < t.n; i++)
		if (strchr("({=\"", t.p[i]))
			return false;
	return t.n <= 24;
}

/* The last clock of the head: its end, 0 for none. */
static size_t find_clock(struct logtext t, size_t limit, int32_t *seconds)
{
	size_t end = 0, n;

	for (size_t i = 0; i + 8 <= t.n && i < limit; i++) {
		const char *colon = memchr(t.p + i + 2, ':', t.n - i - 2);

		if (!colon)
			break;
		i = (size_t)(colon - t.p) - 2;
		if (i >= limit || !lt_digit(t.p[i]) || (i && lt_digit(t.p[i - 1])))
			continue;
		n = clock_length(lt_from(t, i));
		if (!n)
			continue;
		if (end && !near_clock(lt_upto(lt_from(t, end), i - end)))
			break;
		*seconds = logtext_number(lt_upto(lt_from(t, i), 2), 0) * 3600 +
			   logtext_number(lt_upto(lt_from(t, i + 3), 2), 0) * 60 +
			   logtext_number(lt_upto(lt_from(t, i + 6), 2), 0);
		end = i + n;
		i = end - 1;
	}
	return end;
}

/* Behind the clock: what a stamp may still have there. */
static size_t skip_signs(struct logtext t, size_t at)
{
	while (at < t.n && (blank(t.p[at]) || strchr("]>)|:-", t.p[at])))
		at++;
	return at;
}

struct tag {
	char text[12];
	enum logline_tag id;
};

static const struct tag tags[] = {{"APP", TAG_APP}, {"WIF", TAG_WIF}, {"MQT", TAG_MQT},
    {"RSL", TAG_RSL}, {"CFG", TAG_CFG}, {"CMD", TAG_CMD}, {"FRC", TAG_FRC}, {"HDW", TAG_HDW},
    {"HTP", TAG_HTP}, {"NTP", TAG_NTP}, {"RTC", TAG_NTP}, {"OTA", TAG_OTA}, {"QPC", TAG_QPC},
    {"SER", TAG_SER}, {"SNS", TAG_SNS}, {"UPL", TAG_UPL}, {"BTN", TAG_BTN}, {"DNS", TAG_DNS},
    {"mDN", TAG_DNS}, {"BRY", TAG_OTHER}, {"DOM", TAG_OTHER}, {"ETH", TAG_WIF}, {"EXC", TAG_OTHER},
    {"HST", TAG_OTHER}, {"I2C", TAG_OTHER}, {"INI", TAG_OTHER}, {"IRR", TAG_OTHER},
    {"KNX", TAG_OTHER}, {"LOG", TAG_OTHER}, {"RUL", TAG_OTHER}, {"SCR", TAG_OTHER},
    {"SLG", TAG_OTHER}, {"SRC", TAG_OTHER}, {"SWT", TAG_OTHER}, {"TCP", TAG_OTHER},
    {"TFS", TAG_OTHER}, {"TLS", TAG_OTHER}, {"UFS", TAG_OTHER}, {"UPP", TAG_OTHER},
    {"ZIG", TAG_OTHER}, {"TYA", TAG_OTHER}, {"TUY", TAG_OTHER}, {"LGT", TAG_OTHER},
    {"DHT", TAG_OTHER}, {"ROT", TAG_OTHER}, {"MSH", TAG_RSL}, {"SPI", TAG_OTHER},
    {"BLE", TAG_OTHER}, {"DSB", TAG_OTHER}, {"NRG", TAG_OTHER}, {"TLG", TAG_OTHER},
    {"EM2", TAG_OTHER},
    /* 2016 and 2017 */
    {"Wifi", TAG_WIF}, {"HTTP", TAG_HTP}, {"MQTT", TAG_MQT}, {"Cnfg", TAG_CFG}, {"Config", TAG_CFG},
    {"mDNS", TAG_DNS}, {"UPnP", TAG_OTHER}, {"WPSconfig", TAG_WPS}, {"SmartConfig", TAG_WPS},
    {"Wifimanager", TAG_MANAGER}, {"Time", TAG_NTP}};

/* The tag that ends at the colon; *start is where it begins. */
static enum logline_tag tag_before(struct logtext t, size_t colon, size_t *start)
{
	size_t n = 0;

	while (n < colon && n < 12 && lt_alnum(t.p[colon - 1 - n]))
		n++;
	if (n < 3)
		return TAG_NONE;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		size_t m = strlen(tags[i].text);

		/* Garbage before the tag may look like letters, but hardly like capitals. */
		if (m > n || memcmp(t.p + colon - m, tags[i].text, m) ||
		    (m < n && t.p[colon - m - 1] >= 'A' && t.p[colon - m - 1] <= 'Z'))
			continue;
		*start = colon - m;
		return tags[i].id;
	}
	return TAG_NONE;
}

/* A tag in the head of the line; *t becomes what stands behind it. */
static enum logline_tag find_tag(struct logtext *t, size_t *start)
{
	size_t limit = t->n < HEAD_MAX ? t->n : HEAD_MAX;

	for (size_t i = 0; i < limit; i++) {
		const char *colon = memchr(t->p + i, ':', limit - i);
		enum logline_tag id;

		if (!colon)
			break;
		i = (size_t)(colon - t->p);
		if (i < 3 || (i + 1 < t->n && t->p[i + 1] != ' '))
			continue;
		if (memchr(t->p, '{', i) || memchr(t->p, '=', i))
			break;
		id = tag_before(*t, i, start);
		if (!id)
			continue;
		*t = lt_from(*t, i + 1);
		while (t->n && *t->p == ' ')
			*t = lt_from(*t, 1);
		return id;
	}
	return TAG_NONE;
}

/* ---- lines without a tag ------------------------------------------------------------------------ */

/* Commands as a terminal shows them when they are typed. */
static bool local_echo(struct logtext t)
{
	static const char *const names[] = {"backlog", "status", "ssid", "password", "module",
	    "power", "reset", "restart", "seriallog", "otaurl", "upgrade", "mqtt", "wificonfig",
	    "topic", "hostname", "ipaddress", "template", "setoption", "rule", "weblog"};
	char low[12];
	size_t n = 0;

	for (; n + 1 < sizeof(low) && n < t.n && lt_alnum(t.p[n]); n++)
		low[n] = (char)(t.p[n] >= 'A' && t.p[n] <= 'Z' ? t.p[n] + 32 : t.p[n]);
	low[n] = 0;
	if (n < 4 || !strchr("bsprmouwthi", low[0]))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (n >= strlen(names[i]) && !memcmp(low, names[i], strlen(names[i])))
			return true;
	return false;
}

/* Characters that no text of a device has: control characters, bytes that are no UTF-8, and what
 * terminals show in their place. Answers how many of *all. */
static bool odd(uint32_t cp)
{
	/* DOS has smilies and card suits for control characters, some terminals arrows and boxes. */
	return (cp < 0x20 && cp != '\t' && cp != 0x1b) || (cp >= 0x7f && cp < 0x100) ||
	       cp == 0xfffd || cp == 0x2e2e || cp == 0x203c || (cp >= 0x2190 && cp < 0x2200) ||
	       (cp >= 0x2400 && cp < 0x2440) || (cp >= 0x2500 && cp < 0x2670);
}

/* "\x9c": a byte as a program wrote it. */
static bool escaped_byte(struct logtext t)
{
	return t.n >= 4 && t.p[0] == '\\' && t.p[1] == 'x' && lt_alnum(t.p[2]) && lt_alnum(t.p[3]);
}

static unsigned unreadable(struct logtext t, unsigned *all)
{
	unsigned bad = 0;
	size_t i = 0;

	*all = 0;
	while (i < t.n) {
		uint32_t cp = (uint8_t)t.p[i];
		int n = 1;

		if (cp >= 0x80)
			n = utf8_decode((const uint8_t *)t.p + i, t.n - i, &cp);
		else if (escaped_byte(lt_from(t, i)))
			cp = 0xfffd, n = 4;
		bad += n < 1 || odd(cp);
		i += n < 1 ? 1 : (size_t)n;
		++*all;
	}
	return bad;
}

/* Names of other firmware stand in what people write about theirs, too. */
static bool prose(struct logtext t)
{
	unsigned words = 0;

	if (t.n && (*t.p == '[' || *t.p == '('))
		return false;
	while (lt_take_word(&t).n)
		words++;
	return words > 8;
}

static void untagged_line(const struct loglines *r, struct logtext t, struct logline *out)
{
	uint32_t keys = logwords_find(t.p, t.n);
	unsigned all, bad;

	if (logline_project(t, out->seconds >= 0, out)) {
		out->tagged = true;
	} else if (keys & WORD_MINIMAL) {
		out->kind = LOGLINE_MINIMAL;
		out->tagged = true;
	} else if (*t.p == '{' || *t.p == '"') {
		out->kind = LOGLINE_RESULT;
		out->text2 = t;
	} else if (keys & (WORD_NO_SPACE | WORD_MISCOMPARE | WORD_BAD_MAGIC)) {
		out->kind = LOGLINE_UPGRADE_ERROR;
		out->text = t;
	} else if (local_echo(t) &&
		   (!logline_plain(&r->plain, t, out) || out->kind == LOGLINE_FOREIGN)) {
		out->kind = LOGLINE_LOCAL_ECHO;
		out->text = t;
	} else if (out->kind || logline_plain(&r->plain, t, out)) {
		if (out->kind == LOGLINE_FOREIGN && prose(t))
			out->kind = LOGLINE_NONE;
	} else if (lt_has(t, " = {") || lt_has(t, "UPGRADE = ")) {
		(void)logline_result(t, out);
	} else if (lt_has(t, " {\"") && memchr(t.p, '/', lt_find(t, " {\""))) {
		/* "stat/sonoff/RESULT {...}" of a client of the broker */
		out->kind = LOGLINE_RESULT;
		out->text = lt_upto(t, lt_find(t, " {\""));
		out->text2 = lt_trim(lt_from(t, out->text.n));
	} else {
		bad = unreadable(t, &all);
		if (bad * 5 < all)
			return;
		out->kind = LOGLINE_GARBAGE;
		out->num = (int32_t)bad;
	}
}

/* What publishes its progress has a kind of its own. */
static void upgrade_result(struct logline *out)
{
	struct logtext t = out->text2;

	if (!lt_ends(out->text, "UPGRADE"))
		return;
	if (lt_starts(t, "{\"Upgrade\":\""))
		t = lt_from(t, 12);
	if (lt_starts(t, "Successful")) {
		out->kind = LOGLINE_UPGRADE_OK;
	} else if (lt_starts(t, "Failed")) {
		out->kind = LOGLINE_UPGRADE_FAILED;
		t = lt_trim(lt_from(t, 6));
		out->text = lt_upto(t, lt_find(t, "\""));
	}
}

static void empty_texts(struct logline *out, const char *p)
{
	const struct logtext none = {p, 0};

	memset(out, 0, sizeof(*out));
	out->seconds = -1;
	out->text = out->text2 = out->version = out->variant = out->core = out->topic = none;
}

/* What people and programs put behind a line when they show it: "`", "|", a written-out line end,
 * the end of a colour, the next field of a table. */
static struct logtext without_tail(struct logtext t)
{
	size_t n;

	t = lt_trim(t);
	while (t.n) {
		n = t.n;
		if (lt_ends(t, "\x1b[0m"))
			n -= 4;
		else if (lt_ends(t, "\\n'") || lt_ends(t, "\\r'"))
			n -= 3;
		else if (lt_ends(t, "\\n") || lt_ends(t, "\\r"))
			n -= 2;
		else if (t.p[n - 1] == '`' || t.p[n - 1] == '|')
			n--;
		if (n == t.n)
			break;
		t = lt_trim(lt_upto(t, n));
	}
	if (t.n && *t.p == '"' && !memchr(t.p, '{', t.n))
		t = lt_upto(t, lt_find(t, "\",\""));
	return t;
}

void logline_read(const struct loglines *r, const uint8_t *line, size_t n, struct logline *out)
{
	struct logtext t = {(const char *)line, n < LOGLINE_MAX ? n : LOGLINE_MAX}, rest;
	size_t start = 0, end;
	enum logline_tag id;

	empty_texts(out, (const char *)line);
	t = without_tail(t);
	if (!t.n) {
		out->kind = LOGLINE_BLANK;
		return;
	}
	rest = t;
	id = find_tag(&rest, &start);
	end = find_clock(t, id ? start : 120, &out->seconds);
	if (id) {
		out->kind = LOGLINE_TASMOTA;
		out->tagged = true;
		logline_tagged(id, lt_trim(rest), out);
		/* A reset in mid-line: the ROM goes on where the application was cut off. */
		if (out->kind == LOGLINE_TASMOTA || out->kind == LOGLINE_WIFI)
			(void)logline_plain(&r->plain, rest, out);
	} else {
		rest = lt_from(t, skip_signs(t, end));
		if (rest.n)
			untagged_line(r, rest, out);
		/* What looked like a clock may belong to the text: "ets Jul 29 2019 12:21:46". */
		if (out->kind == LOGLINE_NONE && logline_plain(&r->plain, t, out) &&
		    out->kind == LOGLINE_FOREIGN)
			out->kind = LOGLINE_NONE;
	}
	if (out->kind == LOGLINE_RESULT)
		upgrade_result(out);
}

/* ---- JSON --------------------------------------------------------------------------------------- */

/* End of the string that begins behind a quote. */
static size_t string_end(struct logtext t, size_t at)
{
	while (at < t.n && t.p[at] != '"')
		at += t.p[at] == '\\' ? 2 : 1;
	return at < t.n ? at : t.n;
}

static struct logtext member_value(struct logtext t)
{
	size_t n = 0;

	while (t.n && blank(*t.p))
		t = lt_from(t, 1);
	if (t.n && *t.p == '"') {
		t = lt_from(t, 1);
		return lt_upto(t, string_end(t, 0));
	}
	if (t.n && (*t.p == '{' || *t.p == '['))
		return t;
	while (n < t.n && t.p[n] != ',' && t.p[n] != '}' && t.p[n] != ']' && t.p[n] != ' ')
		n++;
	return lt_upto(t, n);
}

int logline_member(struct logtext json, size_t *at, struct logtext *key, struct logtext *value)
{
	while (*at < json.n) {
		const char *quote = memchr(json.p + *at, '"', json.n - *at);
		size_t from, end, next;

		if (!quote)
			break;
		from = (size_t)(quote - json.p) + 1;
		end = string_end(json, from);
		next = end < json.n ? end + 1 : end;
		while (next < json.n && json.p[next] == ' ')
			next++;
		*at = end < json.n ? end + 1 : end;
		if (next >= json.n || json.p[next] != ':')
			continue;
		*key = lt_upto(lt_from(json, from), end - from);
		*value = member_value(lt_from(json, next + 1));
		*at = next + 1;
		/* Behind a string; into an object or list. */
		if (value->n && value->p > json.p && value->p[-1] == '"')
			*at = (size_t)(value->p - json.p) + value->n + 1;
		else if (!value->n || (*value->p != '{' && *value->p != '['))
			*at = value->n ? (size_t)(value->p - json.p) + value->n : next + 1;
		if (*at > json.n)
			*at = json.n;
		return 1;
	}
	*at = json.n;
	return 0;
}

/* ---- the reader --------------------------------------------------------------------------------- */

struct loglines *loglines_new(void)
{
	struct loglines *r = xcalloc(1, sizeof(*r));

	logline_plain_init(&r->plain);
	return r;
}

void loglines_free(struct loglines *r)
{
	if (!r)
		return;
	acdfa_fini(&r->plain);
	free(r);
}

static const char *const kind_names[LOGLINE_KINDS] = {
#define LOGLINE_NAME(id, name) [LOGLINE_##id] = name,
    LOGLINE_TABLE(LOGLINE_NAME)
#undef LOGLINE_NAME
};

const char *logline_name(enum logline_kind kind)
{
	return (unsigned)kind < LOGLINE_KINDS ? kind_names[kind] : "none";
}

const char *logline_meaning(enum logline_kind kind)
{
	for (size_t i = 0; i < logwords_pattern_count; i++)
		if (!strcmp(logwords_patterns[i].id, logline_name(kind)))
			return logwords_patterns[i].meaning;
	return NULL;
}

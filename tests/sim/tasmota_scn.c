/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenario reader: lines of words, a condition before a colon, one statement after it.
 */
#include "tasmota_scn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND	  INT64_C(1000000)
#define MAX_WORDS 40
#define MAX_RULES 256

struct reader {
	struct scn *scn;
	unsigned line;
	char buf[512];
	char *word[MAX_WORDS];
	unsigned n, at;
	char *err;
	size_t errsize;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static bool
fail(struct reader *r, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(r->err, r->errsize, "line %u: ", r->line);

	if (n > 0 && (size_t)n < r->errsize) {
		va_start(ap, fmt);
		vsnprintf(r->err + n, r->errsize - (size_t)n, fmt, ap);
		va_end(ap);
	}
	return false;
}

/* A word in quotes; \" and \\ inside. Returns where reading goes on, NULL without an end. */
static char *quoted(char *p, char **out)
{
	char *w = p;

	*out = w;
	for (; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
		*w++ = *p;
	}
	if (!*p)
		return NULL;
	*w = 0;
	return p + 1;
}

static bool split(struct reader *r)
{
	char *p = r->buf;

	r->n = r->at = 0;
	for (;;) {
		while (*p == ' ' || *p == '\t' || *p == '\r')
			p++;
		if (!*p || *p == '#')
			return true;
		if (r->n == MAX_WORDS)
			return fail(r, "too many words");
		if (*p == '"') {
			p = quoted(p + 1, &r->word[r->n++]);
			if (!p)
				return fail(r, "a quote is not closed");
			continue;
		}
		r->word[r->n++] = p;
		p += strcspn(p, " \t\r");
		if (*p)
			*p++ = 0;
	}
}

static const char *peek(const struct reader *r)
{
	return r->at < r->n ? r->word[r->at] : "";
}

static bool take(struct reader *r, const char *word)
{
	if (r->at >= r->n || strcmp(r->word[r->at], word))
		return false;
	r->at++;
	return true;
}

static bool next(struct reader *r, const char *what, const char **out)
{
	*out = "";
	if (r->at >= r->n)
		return fail(r, "%s is missing", what);
	*out = r->word[r->at++];
	return true;
}

static bool number(struct reader *r, const char *what, long lo, long hi, long *out)
{
	const char *w;
	char *end;

	if (!next(r, what, &w))
		return false;
	*out = strtol(w, &end, 0);
	if (end == w || *end || *out < lo || *out > hi)
		return fail(r, "%s must be a number from %ld to %ld, not \"%s\"", what, lo, hi, w);
	return true;
}

static bool seconds(struct reader *r, int64_t *out)
{
	const char *w;
	char *end;

	if (!next(r, "a time in seconds", &w))
		return false;
	double v = strtod(w, &end);
	if (end == w || *end || !(v >= 0 && v <= 1e6))
		return fail(r, "\"%s\" is no time in seconds", w);
	*out = (int64_t)(v * 1e6);
	return true;
}

static bool version(struct reader *r, const char *w, uint32_t *out)
{
	unsigned v[4] = {0};
	int used = 0;

	if (sscanf(w, "%3u.%3u.%3u%n", &v[0], &v[1], &v[2], &used) != 3 ||
	    (w[used] && sscanf(w + used, ".%3u%n", &v[3], &used) != 1) || v[0] > 255 ||
	    v[1] > 255 || v[2] > 255 || v[3] > 255)
		return fail(r, "\"%s\" is no version", w);
	*out = TAS_V(v[0], v[1], v[2], v[3]);
	return true;
}

static bool comparison(struct reader *r, struct scn_term *t)
{
	static const char *const ops[] = {"<", "<=", "=", "!=", ">=", ">"};

	for (int i = 0; i < 6; i++)
		if (take(r, ops[i])) {
			t->op = (enum scn_op)i;
			return true;
		}
	return fail(r, "a comparison (<, <=, =, !=, >=, >) is expected before \"%s\"", peek(r));
}

static bool term(struct reader *r, struct scn_term *t, const struct scn_term *before)
{
	const char *w;
	long n;

	t->negate = take(r, "not");
	if (take(r, "boot")) {
		t->kind = SCN_T_BOOT;
		if (!comparison(r, t) || !number(r, "a boot number", 1, 1000000, &n))
			return false;
		t->value = (uint32_t)n;
		return true;
	}
	bool more = before && before->kind == SCN_T_VERSION && *peek(r) && strchr("<>=!", *peek(r));
	if (more || take(r, "version")) {
		t->kind = SCN_T_VERSION;
		return comparison(r, t) && next(r, "a version", &w) && version(r, w, &t->value);
	}
	t->kind = take(r, "core") ? SCN_T_CORE : SCN_T_VARIANT;
	if (t->kind == SCN_T_VARIANT)
		take(r, "variant");
	if (!next(r, "a condition", &w))
		return false;
	snprintf(t->text, sizeof(t->text), "%s", w);
	return true;
}

/* "when A and B and not C:", the colon may stand alone or end the last word. */
static bool condition(struct reader *r, struct scn_rule *rule)
{
	unsigned end = r->at, all = r->n;

	while (end < all && r->word[end][0] && r->word[end][strlen(r->word[end]) - 1] != ':')
		end++;
	if (end == all)
		return fail(r, "the condition has no colon at its end");
	r->word[end][strlen(r->word[end]) - 1] = 0;
	r->n = r->word[end][0] ? end + 1 : end;
	do {
		if (rule->terms == 8)
			return fail(r, "more than 8 terms in a condition");
		struct scn_term *t = &rule->term[rule->terms];
		if (!term(r, t, rule->terms ? t - 1 : NULL))
			return false;
		rule->terms++;
	} while (take(r, "and"));
	if (r->at != r->n)
		return fail(r, "\"%s\" is not understood in a condition", peek(r));
	r->n = all;
	r->at = end + 1;
	return true;
}

static bool result(struct reader *r, enum scn_result *out)
{
	static const char *const names[] = {
	    "join", "ap_not_found", "timeout", "wrong_key", "no_address"};
	const char *w;

	if (!next(r, "a result", &w))
		return false;
	for (int i = 0; i < 5; i++)
		if (!strcmp(w, names[i])) {
			*out = (enum scn_result)i;
			return true;
		}
	return fail(
	    r, "\"%s\" is no result (join, ap_not_found, timeout, wrong_key, no_address)", w);
}

static bool text_arg(struct reader *r, const char *what, char *dst, size_t size)
{
	const char *w;

	if (!next(r, what, &w))
		return false;
	if (strlen(w) >= size)
		return fail(r, "%s is longer than %zu characters", what, size - 1);
	memcpy(dst, w, strlen(w) + 1);
	return true;
}

static bool network_option(struct reader *r, struct scn_net *net)
{
	long n;

	if (take(r, "key"))
		return net->has_key = text_arg(r, "the key", net->key, sizeof(net->key));
	if (take(r, "bssid"))
		return text_arg(r, "the BSSID", net->bssid, sizeof(net->bssid));
	if (take(r, "hidden"))
		return net->hidden = true;
	if (take(r, "result"))
		return result(r, &net->result);
	if (take(r, "after"))
		return seconds(r, &net->after);
	if (take(r, "rssi")) {
		if (!number(r, "rssi", -120, 0, &n))
			return false;
		net->rssi = (int)n;
		return true;
	}
	if (take(r, "channel")) {
		if (!number(r, "channel", 1, 14, &n))
			return false;
		net->channel = (int)n;
		return true;
	}
	return fail(r, "\"%s\" is no property of a network", peek(r));
}

static bool network(struct reader *r, struct scn_rule *rule)
{
	struct scn_net *net = &rule->net;

	rule->kind = SCN_R_NET;
	net->rssi = -61;
	net->channel = 6;
	snprintf(net->bssid, sizeof(net->bssid), "78:96:82:32:BE:D6");
	if (!text_arg(r, "the SSID", net->ssid, sizeof(net->ssid)))
		return false;
	net->any = !strcmp(net->ssid, "*");
	while (r->at < r->n)
		if (!network_option(r, net))
			return false;
	return true;
}

static bool joins(struct reader *r, struct scn_rule *rule)
{
	rule->kind = SCN_R_JOINS;
	rule->flag = true;
	if (take(r, "fail")) {
		if (!result(r, &rule->net.result))
			return false;
	} else if (take(r, "normal")) {
		rule->flag = false;
	} else if (!take(r, "ok")) {
		return fail(r, "joins: ok, normal or fail RESULT is expected");
	}
	return !take(r, "after") || seconds(r, &rule->net.after);
}

static bool mqtt(struct reader *r, struct scn_rule *rule)
{
	long rc = -2;

	rule->kind = SCN_R_MQTT;
	if (take(r, "refused")) {
		rule->mqtt = SCN_MQTT_REFUSED;
		if (!number(r, "the MQTT result code", -5, 8, &rc))
			return false;
	} else if (take(r, "unreachable")) {
		rule->mqtt = SCN_MQTT_UNREACHABLE;
	} else if (!take(r, "ok")) {
		return fail(r, "mqtt: ok, refused RC or unreachable is expected");
	}
	rule->rc = (int)rc;
	return true;
}

static bool world(struct reader *r, struct scn_rule *rule)
{
	unsigned a, b, c, d;
	const char *w;

	if (take(r, "softap")) {
		rule->kind = SCN_R_SOFTAP;
		rule->flag = !take(r, "unset");
		return !rule->flag ? true : take(r, "ok") || fail(r, "softap: ok or unset");
	}
	if (take(r, "ntp")) {
		rule->kind = SCN_R_NTP;
		rule->flag = !take(r, "off");
		return !rule->flag ? true : take(r, "on") || fail(r, "ntp: on or off");
	}
	if (take(r, "upgrade")) {
		rule->kind = SCN_R_UPGRADE;
		rule->flag = !take(r, "normal");
		return !rule->flag ? true
				   : take(r, "forgets") || fail(r, "upgrade: forgets or normal");
	}
	if (take(r, "ip")) {
		rule->kind = SCN_R_IP;
		if (!next(r, "an address", &w))
			return false;
		if (sscanf(w, "%3u.%3u.%3u.%3u", &a, &b, &c, &d) != 4 || a > 255 || b > 255 ||
		    c > 255 || d > 255)
			return fail(r, "\"%s\" is no address", w);
		rule->ip = a << 24 | b << 16 | c << 8 | d;
		return true;
	}
	if (take(r, "time")) {
		long n;
		rule->kind = SCN_R_TIME;
		if (!number(r, "seconds since 1970", 0, 4000000000L, &n))
			return false;
		rule->epoch = n;
		return true;
	}
	return fail(r, "\"%s\" is no statement", peek(r));
}

static bool exception_args(struct reader *r, struct scn_event *e)
{
	long n;

	e->action = SCN_EXCEPTION;
	e->epc = 0x4000BF64U;
	if (!number(r, "the exception's number", 0, 63, &n))
		return false;
	e->number = (int)n;
	if (take(r, "epc")) {
		if (!number(r, "epc", 0, 0xFFFFFFFFL, &n))
			return false;
		e->epc = (uint32_t)n;
	}
	if (take(r, "excvaddr")) {
		if (!number(r, "excvaddr", 0, 0xFFFFFFFFL, &n))
			return false;
		e->vaddr = (uint32_t)n;
	}
	return true;
}

/* Returns 1 when an action was read, 0 when there is none, -1 on an error. */
static int action(struct reader *r, struct scn_event *e)
{
	static const struct {
		const char *name;
		enum scn_action action;
	} names[] = {{"watchdog", SCN_WATCHDOG}, {"brownout", SCN_BROWNOUT},
	    {"restart", SCN_RESTART}, {"lose-wifi", SCN_LOSE_WIFI}, {"visit", SCN_VISIT},
	    {"safeboot", SCN_SAFEBOOT}};

	if (take(r, "exception"))
		return exception_args(r, e) ? 1 : -1;
	if (take(r, "say")) {
		e->action = SCN_SAY;
		return text_arg(r, "the text", e->text, sizeof(e->text)) ? 1 : -1;
	}
	if (take(r, "boot")) {
		e->action = SCN_SILENT_DEATH;
		e->delay = SECOND / 20;
		return take(r, "loop") ? 1 : (fail(r, "\"boot loop\" is expected"), -1);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (take(r, names[i].name)) {
			e->action = names[i].action;
			return 1;
		}
	return 0;
}

static bool anchor(struct reader *r, struct scn_event *e)
{
	static const char *const names[] = {"boot", "wifi", "joined", "mqtt", "ap"};

	if (take(r, "at"))
		return seconds(r, &e->delay);
	if (!take(r, "after"))
		return true;
	for (int i = 0; i < 5; i++)
		if (take(r, names[i])) {
			e->anchor = (enum scn_anchor)i;
			e->delay = 0;
			return !take(r, "+") || seconds(r, &e->delay);
		}
	return seconds(r, &e->delay);
}

static bool event(struct reader *r, struct scn_rule *rule)
{
	struct scn_event *e = &rule->event;
	bool first = !strcmp(peek(r), "at") || !strcmp(peek(r), "after");
	int64_t when = -1;
	long n;

	rule->kind = SCN_R_EVENT;
	if (first) {
		if (!anchor(r, e))
			return false;
		when = e->delay;
	}
	int got = action(r, e);
	if (got < 0)
		return false;
	if (!got)
		return first ? fail(r, "\"%s\" is no event", peek(r)) : world(r, rule);
	if (first)
		e->delay = when;
	else if (!anchor(r, e))
		return false;
	if (take(r, "times")) {
		if (!number(r, "the number of times", 1, 1000000, &n))
			return false;
		e->times = (unsigned)n;
	}
	return true;
}

static bool statement(struct reader *r, struct scn_rule *rule)
{
	bool ok;

	if (take(r, "network"))
		ok = network(r, rule);
	else if (take(r, "joins"))
		ok = joins(r, rule);
	else if (take(r, "mqtt"))
		ok = mqtt(r, rule);
	else
		ok = event(r, rule);
	if (ok && r->at != r->n)
		return fail(r, "\"%s\" is left over", peek(r));
	return ok;
}

static struct scn_rule *new_rule(struct scn *s)
{
	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 16;
		struct scn_rule *p = realloc(s->rule, room * sizeof(*p));
		if (!p)
			abort();
		s->rule = p;
		s->room = room;
	}
	memset(&s->rule[s->n], 0, sizeof(s->rule[0]));
	return &s->rule[s->n++];
}

static bool one_line(struct reader *r)
{
	if (!split(r))
		return false;
	if (!r->n)
		return true;
	if (r->scn->n == MAX_RULES)
		return fail(r, "more than %d statements", MAX_RULES);
	struct scn_rule *rule = new_rule(r->scn);
	if (take(r, "when") && !condition(r, rule))
		return false;
	if (r->at == r->n)
		return fail(r, "the statement is missing");
	return statement(r, rule);
}

bool scn_parse(struct scn *s, const char *text, char *err, size_t errsize)
{
	struct reader r = {.scn = s, .err = err, .errsize = errsize};

	memset(s, 0, sizeof(*s));
	while (*text) {
		size_t n = strcspn(text, "\n");
		r.line++;
		if (n >= sizeof(r.buf))
			return fail(&r, "longer than %zu characters", sizeof(r.buf) - 1);
		memcpy(r.buf, text, n);
		r.buf[n] = 0;
		if (!one_line(&r))
			return false;
		text += n + (text[n] == '\n');
	}
	return true;
}

void scn_free(struct scn *s)
{
	free(s->rule);
	memset(s, 0, sizeof(*s));
}

static bool compare(const struct scn_term *t, uint32_t v)
{
	switch (t->op) {
	case SCN_LT:
		return v < t->value;
	case SCN_LE:
		return v <= t->value;
	case SCN_EQ:
		return v == t->value;
	case SCN_NE:
		return v != t->value;
	case SCN_GE:
		return v >= t->value;
	case SCN_GT:
		return v > t->value;
	}
	return false;
}

static bool holds(const struct scn_term *t, const struct tas_build *b, unsigned boot)
{
	bool yes = false;

	switch (t->kind) {
	case SCN_T_VERSION:
		yes = b->tasmota && compare(t, b->version);
		break;
	case SCN_T_BOOT:
		yes = compare(t, boot);
		break;
	case SCN_T_CORE:
		yes = !strcmp(b->core, t->text);
		break;
	case SCN_T_VARIANT:
		yes = !strcmp(b->variant, t->text);
		break;
	}
	return yes != t->negate;
}

static void apply(struct scn_now *now, const struct scn_rule *rule)
{
	switch (rule->kind) {
	case SCN_R_JOINS:
		now->joins_set = rule->flag;
		now->joins = rule->net.result;
		now->joins_after = rule->net.after;
		break;
	case SCN_R_MQTT:
		now->mqtt = rule->mqtt;
		now->rc = rule->rc;
		break;
	case SCN_R_SOFTAP:
		now->softap = rule->flag;
		break;
	case SCN_R_IP:
		now->ip = rule->ip;
		break;
	case SCN_R_NTP:
		now->ntp = rule->flag;
		break;
	case SCN_R_TIME:
		now->epoch = rule->epoch;
		break;
	case SCN_R_UPGRADE:
		now->forgets = rule->flag;
		break;
	case SCN_R_NET:
	case SCN_R_EVENT:
		break; /* looked up when needed */
	}
}

void scn_resolve(struct scn_now *now, const struct scn *s, const struct tas_build *b, unsigned boot)
{
	memset(now, 0, sizeof(*now));
	now->scn = s;
	now->softap = true;
	now->ntp = true;
	now->ip = 0xC0A80185; /* 192.168.1.133 */
	/* A summer of the build's time. */
	now->epoch = b->version < TAS_V(8, 0, 0, 0) ? 1534000000 : 1724000000;
	for (size_t i = 0; i < s->n; i++) {
		const struct scn_rule *rule = &s->rule[i];
		bool yes = true;
		for (unsigned k = 0; k < rule->terms; k++)
			yes = yes && holds(&rule->term[k], b, boot);
		now->active[i] = yes;
		if (yes)
			apply(now, rule);
	}
}

const struct scn_net *scn_network(const struct scn_now *now, const char *ssid)
{
	const struct scn_net *any = NULL, *net = NULL;

	for (size_t i = 0; i < now->scn->n; i++) {
		const struct scn_rule *rule = &now->scn->rule[i];
		if (!now->active[i] || rule->kind != SCN_R_NET)
			continue;
		if (rule->net.any)
			any = &rule->net;
		else if (!strcmp(rule->net.ssid, ssid))
			net = &rule->net;
	}
	return net ? net : *ssid ? any : NULL;
}

enum scn_result scn_attempt(const struct scn_now *now, const char *ssid, const char *key,
    const struct scn_net **net, int64_t *after)
{
	/* How long the radio takes to say so, by the logs: found nothing after two or three rounds
	 * of all channels, a refused key after its handshake gave up. */
	static const int64_t usual[] = {4500000, 6000000, 0, 8500000, 4000000};
	enum scn_result res;

	*net = scn_network(now, ssid);
	if (!*net)
		res = SCN_NOT_FOUND;
	else if ((*net)->has_key && strcmp((*net)->key, key))
		res = SCN_WRONG_KEY;
	else
		res = (*net)->result;
	*after = *net && res == (*net)->result ? (*net)->after : 0;
	if (now->joins_set && *ssid) {
		res = now->joins;
		*after = now->joins_after;
	}
	if (!*after)
		*after = usual[res];
	return res;
}

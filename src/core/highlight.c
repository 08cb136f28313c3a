/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Highlight rules. Each rule paints the bytes it means, in the order of the rules, so that later
 * ones win; spans are made of what is painted in the end.
 */
#include "tasmite/core/highlight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/pattern.h"

#define LOOK_MAX	4096
#define NAME_MAX_LENGTH 40

#define SPOT_BITS 11
#define SPOTS	  (1u << SPOT_BITS)

struct rule {
	char *name;
	struct pattern *pattern;
	enum style_id style;
	int on;
	bool builtin;
	uint32_t needs; /* one bit: see spot(); 0: always tried */
};

struct highlight {
	struct rule rules[HIGHLIGHT_MAX_RULES];
	size_t count;
	uint64_t revision;
	uint32_t spots[SPOTS]; /* which rules may match where these three bytes stand */
	char trouble[NAME_MAX_LENGTH + 64];
	uint8_t paint[LOOK_MAX]; /* style + 1, 0: plain */
};

struct builtin {
	const char *name;
	const char *pattern;
	enum style_id style;
	int on;
	const char *needs; /* words of three bytes or more, a bar between; NULL: always tried */
};

/* clang-format off */
#define OF_TASMOTA "^(?:\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{3})?(?:-\\d{3}(?:/\\d\\d)?)? )"
#define OCTET	   "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)"

/* Later ones win. needs: one of these must be in the line, or the pattern can't match: what most
 * lines are spared. Lines as releases 5.0 to 15 of Tasmota, the ROMs and the SDKs print them; words
 * that are translated elsewhere are those of the English builds. */
static const struct builtin builtins[] = {
    {"time", OF_TASMOTA, STYLE_HL_TIME, HIGHLIGHT_MATCH, NULL},
    {"tag", OF_TASMOTA "?([A-Zm][A-Z][A-Z0-9]:|Wifi:|HTTP:|MQTT:|Cnfg:|Config:|mDNS:|UPnP:)(?= )",
	STYLE_HL_TAG, 1, NULL},
    {"json", "\"[A-Za-z_][^\"\\\\]{0,40}\"(?=:)", STYLE_HL_JSON, HIGHLIGHT_MATCH, NULL},
    {"code", "\\brc[ =]?-?\\d+\\b", STYLE_HL_NUMBER, HIGHLIGHT_MATCH, NULL},
    {"version", "\\b[Vv]ersion \\d+(?:\\.\\d+)+(?:\\([\\w-]+\\))?", STYLE_HL_NUMBER, HIGHLIGHT_MATCH,
	"ersion"},
    {"address", "(?<![\\d.]|ersion )" OCTET "(?:\\." OCTET "){3}(?::\\d{1,5})?(?![\\d.]*\\d)",
	STYLE_HL_ADDRESS, HIGHLIGHT_MATCH, NULL},
    {"mac", "\\b[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\\1[0-9A-Fa-f]{2}){4}\\b",
	STYLE_HL_ADDRESS, HIGHLIGHT_MATCH, NULL},
    {"good", "(?<=: )Connected\\b|\\bSuccessful\\b|\\bWeb server active\\b|= Online\\b|"
	"^I \\(\\d+\\) ", STYLE_HL_GOOD, HIGHLIGHT_MATCH,
	"Connected|Successful|active|Online|I ("},
    {"detail", "^[DV] \\(\\d+\\) ", STYLE_HL_TIME, HIGHLIGHT_MATCH, "D (|V ("},
    {"warning", "\\b(?:[Ww]arning|[Tt]imeout|[Rr]etry(?: in \\d+ sec\\w*)?|Use defaults|"
	"(?:Wifi[Mm]anager|SmartConfig|WPSConfig) active|Offline)\\b|^W \\(\\d+\\) ", STYLE_HL_WARN,
	HIGHLIGHT_MATCH,
	"arning|imeout|etry|Use |active|Offline|W ("},
    {"error", "\\b(?:[Ee]rrors?|ERRORS?|[Ff]ail(?:ed|ure|s)?|FAIL(?:ED|URE)?|cannot|can't|[Uu]nable|"
	"[Ii]nvalid|[Dd]enied|[Rr]efused|[Ll]ost|not found|(?<=\")Unknown(?=\"))\\b|"
	"^E \\(\\d+\\) ", STYLE_HL_ERROR, HIGHLIGHT_MATCH,
	"rror|RROR|ail|FAIL|nnot|n't|nable|nvalid|enied|efused|ost|t found|Unknown|E ("},
    {"reset", "\\brst cause:\\d+(?:, ?boot mode:\\(\\d+,\\d+\\))?|\\brst:0x[0-9a-f]+ \\(\\w+\\)|"
	"\\bboot:0x[0-9a-f]+ \\(\\w+\\)|\\b(?:[Ss]oft |[Hh]ard(?:ware)? )?(?:wdt|WDT|[Ww]atchdog) reset\\b|"
	"\\bBrownout detector was triggered\\b|\"RestartReason\":\"[^\"]*\"|(?<=: )Restarting\\b",
	STYLE_HL_RESET, HIGHLIGHT_MATCH,
	"rst|boot:|reset|Brownout|RestartReason|Restarting"},
    {"exception", "\\b(?:Fatal )?[Ee]xception ?(?:\\(\\d+\\)|\\d+)|\\b(?:epc[1-3]|excvaddr|depc)=0x[0-9a-f]+|"
	"\\bGuru Meditation Error\\b|^(?:>>>|<<<)stack(?:>>>|<<<)|^Backtrace:|\\bStack smashing\\b|"
	"\\babort\\(\\) was called\\b|\\bassert failed\\b", STYLE_HL_RESET, HIGHLIGHT_MATCH,
	"xception|epc|excvaddr|Guru|stack|Backtrace|Stack|ort()|assert"},
};
/* clang-format on */

/* ---- what a line has to have ------------------------------------------------------------------- */

/* Three bytes as a place in the table. */
static uint32_t spot(const uint8_t *p)
{
	uint32_t three = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;

	return three * 2654435761u >> (32 - SPOT_BITS);
}

static void add_spots(struct highlight *h, const char *needs, uint32_t bit)
{
	while (*needs) {
		size_t n = strcspn(needs, "|");

		assert(n >= 3);
		h->spots[spot((const uint8_t *)needs)] |= bit;
		needs += n + (needs[n] == '|');
	}
}

/* The bits of all rules that may match somewhere in the line. */
static uint32_t spots_of(const struct highlight *h, const uint8_t *p, size_t n)
{
	uint32_t seen = 0;

	for (size_t i = 0; i + 3 <= n; i++)
		seen |= h->spots[spot(p + i)];
	return seen;
}

/* ---- rules ------------------------------------------------------------------------------------- */

static int put_rule(struct highlight *h, const char *name, const char *pattern, unsigned flags,
    enum style_id style, int on, bool builtin, struct err *err);

static void fini_rule(struct rule *r)
{
	free(r->name);
	pattern_free(r->pattern);
}

static void load_builtins(struct highlight *h)
{
	struct err err;

	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
		const struct builtin *b = &builtins[i];

		if (put_rule(h, b->name, b->pattern, 0, b->style, b->on, true, &err) != ERR_OK)
			xalloc_die(err.text); /* they are part of the program */
		if (b->needs) {
			h->rules[h->count - 1].needs = 1u << i;
			add_spots(h, b->needs, 1u << i);
		}
	}
}

struct highlight *highlight_new(void)
{
	struct highlight *h = xcalloc(1, sizeof(*h));

	load_builtins(h);
	return h;
}

void highlight_free(struct highlight *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->count; i++)
		fini_rule(&h->rules[i]);
	free(h);
}

void highlight_reset(struct highlight *h)
{
	for (size_t i = 0; i < h->count; i++)
		fini_rule(&h->rules[i]);
	h->count = 0;
	load_builtins(h);
	h->revision++;
}

struct highlight *highlight_copy(const struct highlight *h)
{
	struct highlight *copy = xcalloc(1, sizeof(*copy));

	highlight_assign(copy, h);
	return copy;
}

void highlight_assign(struct highlight *h, const struct highlight *from)
{
	assert(h != from);
	for (size_t i = 0; i < h->count; i++)
		fini_rule(&h->rules[i]);
	memcpy(h->spots, from->spots, sizeof(h->spots));
	for (h->count = 0; h->count < from->count; h->count++) {
		const struct rule *r = &from->rules[h->count];
		struct err err;
		struct pattern *p =
		    pattern_new(pattern_text(r->pattern), pattern_flags(r->pattern), &err);

		if (!p)
			xalloc_die(err.text); /* it was good once */
		h->rules[h->count] =
		    (struct rule){xstrdup(r->name), p, r->style, r->on, r->builtin, r->needs};
	}
	h->revision++;
}

static size_t find_rule(const struct highlight *h, const char *name)
{
	size_t i = 0;

	while (i < h->count && strcmp(h->rules[i].name, name) != 0)
		i++;
	return i;
}

static void take_out(struct highlight *h, size_t i)
{
	fini_rule(&h->rules[i]);
	h->count--;
	memmove(&h->rules[i], &h->rules[i + 1], (h->count - i) * sizeof(h->rules[0]));
}

static int put_rule(struct highlight *h, const char *name, const char *pattern, unsigned flags,
    enum style_id style, int on, bool builtin, struct err *err)
{
	size_t at = find_rule(h, name);
	struct pattern *p;

	if (at == HIGHLIGHT_MAX_RULES)
		return err_set(
		    err, ERR_NOMEM, 0, "there are %d rules already", HIGHLIGHT_MAX_RULES);
	p = pattern_new(pattern, flags, err);
	if (!p)
		return err ? err->code : ERR_FORMAT;
	if (at < h->count)
		fini_rule(&h->rules[at]);
	else
		h->count++;
	h->rules[at] = (struct rule){xstrdup(name), p, style, on, builtin, 0};
	return ERR_OK;
}

int highlight_add(struct highlight *h, const char *name, const char *pattern, unsigned flags,
    enum style_id style, int on, struct err *err)
{
	size_t at = find_rule(h, name);
	int rc = ERR_OK;

	if (!*name || strlen(name) > NAME_MAX_LENGTH)
		return err_set(
		    err, ERR_RANGE, 0, "a rule's name has 1 to %d bytes", NAME_MAX_LENGTH);
	if ((unsigned)style >= STYLE_COUNT || on < HIGHLIGHT_MATCH || on > 9)
		return err_set(err, ERR_INVAL, 0, "%s: expected line, match or 1 to 9", name);
	if (*pattern)
		rc = put_rule(h, name, pattern, flags, style, on, false, err);
	else if (at < h->count)
		take_out(h, at);
	if (rc == ERR_OK)
		h->revision++;
	return rc;
}

bool highlight_at(const struct highlight *h, size_t i, const char **name, const char **pattern,
    enum style_id *style, int *on, bool *builtin)
{
	const struct rule *r = &h->rules[i];

	if (i >= h->count)
		return false;
	*name = r->name;
	*pattern = pattern_text(r->pattern);
	*style = r->style;
	*on = r->on;
	*builtin = r->builtin;
	return true;
}

static void paint_rule(struct highlight *h, struct rule *r, const uint8_t *bytes, size_t n)
{
	struct pattern_match m;
	size_t at = 0;

	while (at <= n && pattern_find(r->pattern, bytes, n, at, &m)) {
		int g = r->on == HIGHLIGHT_MATCH ? 0 : r->on;

		if (r->on == HIGHLIGHT_LINE) {
			memset(h->paint, (int)r->style + 1, n);
			return;
		}
		if (m.from[g] != SIZE_MAX)
			memset(h->paint + m.from[g], (int)r->style + 1, m.to[g] - m.from[g]);
		at = m.end > at ? m.end : at + 1;
	}
}

static size_t make_spans(const uint8_t *paint, size_t n, struct highlight_span *spans)
{
	size_t count = 0;

	for (size_t i = 0; i < n && count < HIGHLIGHT_MAX_SPANS;) {
		size_t start = i;

		while (i < n && paint[i] == paint[start])
			i++;
		if (paint[start])
			spans[count++] = (struct highlight_span){
			    (uint32_t)start, (uint32_t)i, (enum style_id)(paint[start] - 1)};
	}
	return count;
}

size_t highlight_line(struct highlight *h, const struct line_ref *ref,
    struct highlight_span spans[HIGHLIGHT_MAX_SPANS])
{
	size_t n = ref->len < LOOK_MAX ? ref->len : LOOK_MAX;
	uint32_t seen;

	if (ref->dir != LINE_RX || !n)
		return 0;
	memset(h->paint, 0, n);
	seen = spots_of(h, ref->bytes, n);
	for (size_t i = 0; i < h->count; i++)
		if (!h->rules[i].needs || (h->rules[i].needs & seen))
			paint_rule(h, &h->rules[i], ref->bytes, n);
	return make_spans(h->paint, n, spans);
}

uint64_t highlight_revision(const struct highlight *h)
{
	return h->revision;
}

const char *highlight_trouble(struct highlight *h)
{
	for (size_t i = 0; i < h->count; i++) {
		struct rule *r = &h->rules[i];
		const char *why = pattern_trouble_news(r->pattern);

		if (!why)
			continue;
		str_fmt(
		    h->trouble, sizeof(h->trouble), "the highlight rule %s is %s", r->name, why);
		return h->trouble;
	}
	return NULL;
}

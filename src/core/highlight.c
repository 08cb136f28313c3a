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

struct rule {
	char *name;
	struct pattern *pattern;
	enum style_id style;
	int on;
	bool builtin;
	bool told; /* that it was switched off */
};

struct highlight {
	struct rule rules[HIGHLIGHT_MAX_RULES];
	size_t count;
	uint64_t revision;
	char trouble[NAME_MAX_LENGTH + 64];
	uint8_t paint[LOOK_MAX]; /* style + 1, 0: plain */
};

struct builtin {
	const char *name;
	const char *pattern;
	enum style_id style;
	int on;
};

static const struct builtin builtins[] = {
    {"time", "^\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{3})?(?:-\\d{3}(?:/\\d\\d)?)? ", STYLE_HL_TIME,
	HIGHLIGHT_MATCH},
    {"tag",
	"^(?:\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{3})?(?:-\\d{3}(?:/\\d\\d)?)? )?([A-Zm][A-Z0-9]{2}:)(?= "
	")",
	STYLE_HL_TAG, 1},
};

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
	h->rules[at] = (struct rule){xstrdup(name), p, style, on, builtin, false};
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

	if (ref->dir != LINE_RX || !n)
		return 0;
	memset(h->paint, 0, n);
	for (size_t i = 0; i < h->count; i++)
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
		const char *why = pattern_trouble(r->pattern);

		if (r->told || !*why)
			continue;
		r->told = true;
		str_fmt(h->trouble, sizeof(h->trouble), "highlight %s: %s", r->name, why);
		return h->trouble;
	}
	return NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What in a line of the log is marked: by the rules, by the search, by the selection. */
#include <string.h>

#include "view_log.h"

enum style_id log_text_style(enum line_dir dir)
{
	static const enum style_id styles[] = {[LINE_RX] = STYLE_RX,
	    [LINE_TX] = STYLE_TX,
	    [LINE_OWN] = STYLE_OWN,
	    [LINE_WARN] = STYLE_WARN};

	return styles[dir];
}

static size_t ask_rules(
    const struct session *s, const struct line_ref *ref, struct log_span *out, size_t max)
{
	struct highlight_span spans[HIGHLIGHT_MAX_SPANS];
	size_t n = 0, count;

	if (ref->dir != LINE_RX)
		return 0;
	count = highlight_line(s->highlight, ref, spans);
	for (size_t i = 0; i < count && n < max; i++)
		out[n++] = (struct log_span){spans[i].start, spans[i].end, spans[i].style};
	return count <= max ? n : max + 1;
}

void log_keep_marks(
    struct view_log *v, const struct session *s, uint64_t line, const struct line_ref *ref)
{
	struct log_kept *k = &v->kept[line % LOG_KEPT_LINES];
	uint64_t revision = highlight_revision(s->highlight) + 1;
	size_t n;

	if ((k->revision == revision && k->line == line) || ref->partial)
		return;
	n = ask_rules(s, ref, k->span, LOG_KEPT_SPANS);
	/* A line with more is asked for again each time. */
	k->revision = n <= LOG_KEPT_SPANS ? revision : 0;
	k->line = line;
	k->count = (uint8_t)n;
}

static void rule_marks(const struct view_log *v, const struct session *s, uint64_t line,
    const struct line_ref *ref, struct log_spans *spans)
{
	const struct log_kept *k = &v->kept[line % LOG_KEPT_LINES];

	if (k->line == line && k->revision == highlight_revision(s->highlight) + 1 &&
	    !ref->partial) {
		memcpy(spans->rule, k->span, k->count * sizeof(k->span[0]));
		spans->rules = k->count;
		return;
	}
	spans->rules = ask_rules(s, ref, spans->rule, LOG_RULES_MAX);
	if (spans->rules > LOG_RULES_MAX)
		spans->rules = LOG_RULES_MAX;
}

static void find_marks(
    const struct session *s, uint64_t line, const struct line_ref *ref, struct log_spans *spans)
{
	struct pattern *p = find_pattern(s->panes.find);
	uint16_t style = s->panes.find_line == line ? STYLE_FIND_HERE : STYLE_FIND;
	struct pattern_match m;
	size_t from = 0;

	while (p && spans->finds < LOG_FINDS_MAX && from <= ref->len &&
	       pattern_find(p, ref->bytes, ref->len, from, &m)) {
		if (m.end > m.start)
			spans->find[spans->finds++] =
			    (struct log_span){(uint32_t)m.start, (uint32_t)m.end, style};
		from = m.end > m.start ? m.end : m.end + 1;
	}
}

static bool is_selected(const struct view_log *v, uint64_t line)
{
	uint64_t a = v->select_from, b = v->select_to;

	return v->selecting && line >= (a < b ? a : b) && line <= (a < b ? b : a);
}

void log_marks(const struct view_log *v, const struct session *s, uint64_t line,
    const struct line_ref *ref, struct log_spans *spans)
{
	spans->rules = spans->finds = spans->rule_i = spans->find_i = 0;
	spans->base = 0;
	spans->selected = is_selected(v, line);
	if (spans->selected)
		return;
	rule_marks(v, s, line, ref, spans);
	find_marks(s, line, ref, spans);
}

/* The span with that byte. Offsets mostly rise: from where the last one was found. */
static const struct log_span *span_at(
    const struct log_span *span, size_t count, size_t *i, size_t at)
{
	if (*i && at < span[*i - 1].end)
		*i = 0;
	while (*i < count && span[*i].end <= at)
		(*i)++;
	return *i < count && span[*i].start <= at ? &span[*i] : NULL;
}

enum style_id log_style_at(struct log_spans *spans, size_t at, enum style_id plain, bool *over)
{
	const struct log_span *span;

	at += spans->base;
	*over = true;
	if (spans->selected)
		return STYLE_SELECTED;
	span = span_at(spans->find, spans->finds, &spans->find_i, at);
	if (span)
		return (enum style_id)span->style;
	*over = false;
	span = span_at(spans->rule, spans->rules, &spans->rule_i, at);
	return span ? (enum style_id)span->style : plain;
}

/* Up to where the spans stay as they are at a byte: the end of the one with it, or where the next begins. */
static void until(const struct log_span *span, size_t count, size_t i, size_t at, size_t *n)
{
	size_t edge;

	if (i == count)
		return;
	edge = span[i].start <= at ? span[i].end : span[i].start;
	if (edge - at < *n)
		*n = edge - at;
}

enum style_id log_style_run(struct log_spans *spans, size_t at, enum style_id plain, size_t *n)
{
	bool over;
	enum style_id style = log_style_at(spans, at, plain, &over);

	at += spans->base;
	if (spans->selected)
		return style;
	until(spans->find, spans->finds, spans->find_i, at, n);
	if (!over)
		until(spans->rule, spans->rules, spans->rule_i, at, n);
	return style;
}

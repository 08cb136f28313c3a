/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Filters: a bit for each line that is shown. Bits are only put in: what a line shows of its
 * neighbours is put in with it, also when they have not come yet.
 */
#include "tasmite/core/filter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lineset.h"
#include "scan.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/pattern.h"

#define TEXT_MAX    4096
#define CONTEXT_MAX 1000

struct term {
	struct pattern *pattern; /* NULL: a tag */
	char tag[8];		 /* "WIF:" */
	bool negative;
};

struct terms {
	struct term term[FILTER_MAX_TERMS];
	int count, positive;
};

struct filter {
	char *text;
	int context;
	struct terms terms;
	struct scan scan;
	struct lineset shown; /* finished lines, and neighbours that may not be there yet */
	bool tail_shown;      /* the unfinished one, scan.tail */
	uint64_t revision;
	char trouble[160];
};

/* ---- terms ------------------------------------------------------------------------------------- */

/* Seen in the logs of 5.x to 15.x. */
static const char tags[] =
    "APP BRY BTN CFG CMD DNS DOM EMA ETH EXC FRC HDW HST HTP I2C INI IRR KNX LOG "
    "mDN MQT NTP OTA PWR QPC RSL RTC RUL SCR SER SLG SNS SRC SWT TCP TFS TLS UDP "
    "UFS UPL UPP WIF ZIG";

static bool is_tag(const char *word)
{
	for (const char *t = tags; strlen(word) == 3 && *t; t += t[3] ? 4 : 3)
		if (memcmp(t, word, 3) == 0)
			return true;
	return false;
}

static bool digits(const uint8_t *p, size_t n)
{
	for (; n; n--, p++)
		if (*p < '0' || *p > '9')
			return false;
	return true;
}

/* Where a tag stands: at the start, or behind "00:00:00 ", "00:00:00.123 ", "00:00:00.123-029 ". */
static size_t tag_place(const uint8_t *p, size_t n)
{
	size_t at = 8;

	if (n < 9 || p[2] != ':' || p[5] != ':' || !digits(p, 2) || !digits(p + 3, 2) ||
	    !digits(p + 6, 2))
		return 0;
	if (p[at] == '.' && n > at + 4 && digits(p + at + 1, 3))
		at += 4;
	if (p[at] == '-') /* heap and its fragmentation: "-029", "-029/17" */
		for (at++; at < n && at < 24 && p[at] != ' '; at++)
			;
	return at < n && p[at] == ' ' ? at + 1 : 0;
}

static bool has_tag(const uint8_t *bytes, size_t len, const char *tag)
{
	size_t at = tag_place(bytes, len), n = strlen(tag);

	return len - at >= n && memcmp(bytes + at, tag, n) == 0;
}

static void terms_fini(struct terms *t)
{
	for (int i = 0; i < t->count; i++)
		pattern_free(t->term[i].pattern);
	memset(t, 0, sizeof(*t));
}

static uint64_t terms_cost(const struct terms *t)
{
	uint64_t cost = 0;

	for (int i = 0; i < t->count; i++)
		cost += t->term[i].pattern ? pattern_cost(t->term[i].pattern) : 0;
	return cost;
}

static int add_term(
    struct terms *t, const char *word, bool negative, bool quoted, unsigned flags, struct err *err)
{
	struct term *one = &t->term[t->count];

	if (t->count == FILTER_MAX_TERMS)
		return err_set(
		    err, ERR_RANGE, 0, "a filter has at most %d terms", FILTER_MAX_TERMS);
	*one = (struct term){.negative = negative};
	if (!quoted && is_tag(word)) {
		str_fmt(one->tag, sizeof(one->tag), "%s:", word);
	} else {
		one->pattern = pattern_new(word, flags, err);
		if (!one->pattern)
			return err ? err->code : ERR_FORMAT;
	}
	t->count++;
	t->positive += !negative;
	return ERR_OK;
}

/* Takes the next term's text off *s: quotes, " or ', hold blanks together, anywhere in it; a quote
 * is doubled to stand for itself. False when a quote has no end. */
static bool take_word(const char **s, struct sbuf *word, bool *quoted)
{
	const char *p = *s;
	char quote = 0;

	*quoted = false;
	for (; *p && (quote || (*p != ' ' && *p != '\t')); p++) {
		if (*p == quote && p[1] == quote) {
			sbuf_add_char(word, *p++);
		} else if (*p == quote) {
			quote = 0;
		} else if (!quote && (*p == '"' || *p == '\'')) {
			quote = *p;
			*quoted = true;
		} else {
			sbuf_add_char(word, *p);
		}
	}
	*s = p;
	return !quote;
}

static int parse_one(struct terms *t, const char **s, unsigned flags, struct err *err)
{
	bool negative = **s == '!', quoted;
	struct sbuf word;
	int rc = ERR_OK;

	*s += negative;
	sbuf_init(&word, TEXT_MAX);
	if (!take_word(s, &word, &quoted))
		rc = err_set(err, ERR_FORMAT, 0, "'%.60s': a quote has no end", sbuf_str(&word));
	else if (!word.len)
		rc = err_set(
		    err, ERR_FORMAT, 0, "expected a term after %s", negative ? "'!'" : "the blank");
	else
		rc = add_term(t, sbuf_str(&word), negative, quoted, flags, err);
	sbuf_fini(&word);
	return rc;
}

static int parse(struct terms *t, const char *s, unsigned flags, struct err *err)
{
	int rc = ERR_OK;

	if (strlen(s) > TEXT_MAX)
		return err_set(err, ERR_RANGE, 0, "the filter is longer than %d bytes", TEXT_MAX);
	for (s += strspn(s, " \t"); *s && rc == ERR_OK; s += strspn(s, " \t"))
		rc = parse_one(t, &s, flags, err);
	return rc;
}

/* ---- the filter -------------------------------------------------------------------------------- */

struct filter *filter_new(void)
{
	struct filter *f = xcalloc(1, sizeof(*f));

	f->text = xstrdup("");
	scan_init(&f->scan);
	return f;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	terms_fini(&f->terms);
	lineset_fini(&f->shown);
	free(f->text);
	free(f);
}

int filter_set(struct filter *f, const char *terms, unsigned flags, int context, struct err *err)
{
	struct terms fresh = {.count = 0};
	char *text;
	int rc;

	if (context < 0 || context > CONTEXT_MAX)
		return err_set(err, ERR_RANGE, 0, "expected 0 to %d lines of context", CONTEXT_MAX);
	rc = parse(&fresh, terms, flags, err);
	if (rc != ERR_OK) {
		terms_fini(&fresh);
		return rc;
	}
	text = xstrdup(terms); /* may be the filter's own */
	free(f->text);
	f->text = text;
	terms_fini(&f->terms);
	f->terms = fresh;
	f->context = context;
	f->tail_shown = false;
	lineset_clear(&f->shown);
	scan_init(&f->scan);
	f->revision++;
	return ERR_OK;
}

const char *filter_text(const struct filter *f)
{
	return f->text;
}

int filter_context(const struct filter *f)
{
	return f->context;
}

bool filter_off(const struct filter *f)
{
	return f->terms.count == 0;
}

static bool term_matches(const struct term *t, const struct line_ref *ref)
{
	return t->pattern ? pattern_find(t->pattern, ref->bytes, ref->len, 0, NULL)
			  : has_tag(ref->bytes, ref->len, t->tag);
}

/* Warnings, and the marks that somebody put there to find a place again. */
static bool is_always_shown(enum line_dir dir, const uint8_t *bytes, size_t len)
{
	size_t n = sizeof(FILTER_MARK) - 1;

	return dir == LINE_WARN ||
	       (dir == LINE_OWN && len >= n && memcmp(bytes, FILTER_MARK, n) == 0);
}

bool filter_match(struct filter *f, const struct line_ref *ref)
{
	bool wanted = f->terms.positive == 0;

	if (is_always_shown(ref->dir, ref->bytes, ref->len))
		return true;
	for (int i = 0; i < f->terms.count; i++) {
		const struct term *t = &f->terms.term[i];

		if (!(t->negative || !wanted) || !term_matches(t, ref))
			continue;
		if (t->negative)
			return false;
		wanted = true;
	}
	return wanted;
}

/* Adds the lines that a term matches. */
static void match_term(
    const struct term *t, const struct scan_piece *piece, uint64_t bits[SCAN_WORDS])
{
	const struct lines_block *b = &piece->block;
	size_t start = lines_block_start(b, piece->from);

	if (t->pattern) {
		scan_match(t->pattern, piece, bits);
		return;
	}
	for (uint32_t i = piece->from; i < piece->to; i++) {
		size_t next = lines_block_start(b, i + 1);

		if (has_tag(b->bytes + start, next - 1 - start, t->tag))
			bits[(i - piece->from) / 64] |= (uint64_t)1 << (i - piece->from) % 64;
		start = next;
	}
}

/* The lines that pass. */
static void match_terms(
    const struct filter *f, const struct scan_piece *piece, uint64_t pass[SCAN_WORDS])
{
	uint64_t barred[SCAN_WORDS] = {0};
	size_t count = piece->to - piece->from;

	memset(pass, f->terms.positive ? 0 : 0xff, SCAN_WORDS * sizeof(*pass));
	for (int i = 0; i < f->terms.count; i++)
		match_term(&f->terms.term[i], piece, f->terms.term[i].negative ? barred : pass);
	for (size_t w = 0; w < SCAN_WORDS; w++)
		pass[w] &= ~barred[w];
	/* No line has the bits behind the last one. */
	if (count % 64)
		pass[count / 64] &= ((uint64_t)1 << count % 64) - 1;
	for (size_t w = (count + 63) / 64; w < SCAN_WORDS; w++)
		pass[w] = 0;
}

static void find_always_shown(const struct scan_piece *piece, uint64_t bits[SCAN_WORDS])
{
	const struct lines_block *b = &piece->block;

	memset(bits, 0, SCAN_WORDS * sizeof(*bits));
	for (uint32_t i = piece->from; i < piece->to; i++) {
		enum line_dir dir = lines_block_dir(b, i);
		size_t start;

		/* Nearly all lines are the device's. */
		if (dir != LINE_WARN && dir != LINE_OWN)
			continue;
		start = lines_block_start(b, i);
		if (is_always_shown(dir, b->bytes + start, lines_block_start(b, i + 1) - 1 - start))
			bits[(i - piece->from) / 64] |= (uint64_t)1 << (i - piece->from) % 64;
	}
}

/* What passes draws its neighbours in; warnings and marks are shown alone. */
static void show_around(struct filter *f, uint64_t first, const uint64_t pass[SCAN_WORDS])
{
	uint64_t around = (uint64_t)f->context, next = 0; /* shown as far as that */

	for (size_t i = 0; i < SCAN_LINES; i += 64)
		for (uint64_t w = pass[i / 64]; w; w &= w - 1) {
			uint64_t line = first + i + (uint64_t)__builtin_ctzll(w);
			uint64_t at = line > around ? line - around : 0;

			for (at = at > next ? at : next; at <= line + around; at++)
				lineset_add(&f->shown, at);
			next = line + around + 1;
		}
}

static void look_at(struct filter *f, const struct scan_piece *piece)
{
	uint64_t pass[SCAN_WORDS], always[SCAN_WORDS];
	uint64_t first = piece->block.first + piece->from, before = f->shown.total;

	match_terms(f, piece, pass);
	find_always_shown(piece, always);
	for (size_t w = 0; w < SCAN_WORDS; w++)
		pass[w] &= ~always[w];
	if (f->context)
		show_around(f, first, pass);
	else
		lineset_add_bits(&f->shown, first, pass, piece->to - piece->from);
	lineset_add_bits(&f->shown, first, always, piece->to - piece->from);
	if (f->shown.total != before)
		f->revision++;
}

static void look_at_tail(struct filter *f, const struct lines *l)
{
	struct line_ref ref;
	bool was = f->tail_shown;

	if (scan_tail(&f->scan, l, &ref))
		f->tail_shown = filter_match(f, &ref);
	else if (f->scan.tail == UINT64_MAX)
		f->tail_shown = false;
	if (f->tail_shown != was)
		f->revision++;
}

bool filter_step(struct filter *f, const struct lines *l, size_t budget)
{
	uint64_t before = f->shown.total;
	struct scan_piece piece;

	if (filter_off(f))
		return false;
	scan_update(&f->scan, l);
	lineset_drop(&f->shown, lines_first(l));
	if (f->shown.total != before)
		f->revision++;
	look_at_tail(f, l);
	for (size_t done = 0; done < budget;) {
		uint64_t cost = terms_cost(&f->terms);

		if (!scan_take(&f->scan, l, &piece))
			break;
		look_at(f, &piece);
		done += scan_charge(&f->scan, terms_cost(&f->terms) - cost);
	}
	return f->scan.gap_count > 0;
}

bool filter_complete(const struct filter *f, const struct lines *l)
{
	return filter_off(f) || scan_complete(&f->scan, l);
}

bool filter_at_or_after(const struct filter *f, const struct lines *l, uint64_t line, uint64_t *out)
{
	uint64_t at = line < lines_first(l) ? lines_first(l) : line;
	bool tail = f->tail_shown && f->scan.tail >= at;

	if (filter_off(f)) {
		*out = at;
		return at < lines_end(l);
	}
	if (lineset_next(&f->shown, at, out) && *out < lines_end(l)) {
		if (tail && f->scan.tail < *out)
			*out = f->scan.tail;
		return true;
	}
	*out = f->scan.tail;
	return tail && f->scan.tail < lines_end(l);
}

bool filter_at_or_before(
    const struct filter *f, const struct lines *l, uint64_t line, uint64_t *out)
{
	uint64_t first = lines_first(l), end = lines_end(l);
	bool found;

	if (first == end || line < first)
		return false;
	if (line >= end)
		line = end - 1;
	if (filter_off(f)) {
		*out = line;
		return true;
	}
	found = lineset_prev(&f->shown, line, out) && *out >= first;
	if (f->tail_shown && f->scan.tail <= line && f->scan.tail >= first &&
	    (!found || f->scan.tail > *out)) {
		*out = f->scan.tail;
		found = true;
	}
	return found;
}

uint64_t filter_count(const struct filter *f, const struct lines *l, uint64_t from, uint64_t to)
{
	uint64_t n;

	if (from < lines_first(l))
		from = lines_first(l);
	if (to > lines_end(l))
		to = lines_end(l);
	if (from >= to)
		return 0;
	if (filter_off(f))
		return to - from;
	n = lineset_count(&f->shown, from, to);
	if (f->tail_shown && f->scan.tail >= from && f->scan.tail < to &&
	    !lineset_has(&f->shown, f->scan.tail))
		n++;
	return n;
}

const char *filter_trouble(struct filter *f)
{
	for (int i = 0; i < f->terms.count; i++) {
		struct pattern *p = f->terms.term[i].pattern;
		const char *why = p ? pattern_trouble_news(p) : NULL;

		if (!why)
			continue;
		str_fmt(f->trouble, sizeof(f->trouble), "'%.80s' is %s", pattern_text(p), why);
		return f->trouble;
	}
	return NULL;
}

uint64_t filter_revision(const struct filter *f)
{
	return f->revision;
}

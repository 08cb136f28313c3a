/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pattern of the user: PCRE2 (JIT, UTF, bounded) or plain text. The one file that knows PCRE2.
 * A search that exceeds its limits (match, depth, time by way of the match limit) counts as no
 * match; the third time switches the pattern off, which pattern_trouble tells (lines beyond 4 KiB,
 * where the limits are lower, don't count for that).
 */
#ifndef TASMITE_CORE_PATTERN_H
#define TASMITE_CORE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasmite/base/err.h"

struct pattern;

enum pattern_flags {
	PATTERN_PLAIN = 1, /* no regular expression: the text itself */
	PATTERN_SMART = 2, /* ignores case unless the text has an upper-case letter */
	PATTERN_NOCASE = 4
};

struct pattern_match {
	size_t start, end;	 /* of the whole */
	size_t from[10], to[10]; /* of the groups, SIZE_MAX where not matched; [0] the whole */
	int groups;
};

/* Longest text of a pattern. */
#define PATTERN_TEXT_MAX 1024

/* ERR_FORMAT with the place and what was expected; ERR_RANGE: too long, or compiles to too much.
 * The bytes searched may be invalid UTF-8: such bytes match nothing but `.` and negated classes. */
struct pattern *pattern_new(const char *text, unsigned flags, struct err *err);
/* NULL is allowed. */
void pattern_free(struct pattern *p);
const char *pattern_text(const struct pattern *p);
unsigned pattern_flags(const struct pattern *p);
/* First match in bytes[from..n); m may be NULL when only "is there one" is asked. */
bool pattern_find(
    struct pattern *p, const uint8_t *bytes, size_t n, size_t from, struct pattern_match *m);
/*
 * Many lines at once: text is lines with a line feed between. True when a search over it finds the
 * same as one over each line (the pattern can't match a line feed and looks at no other line; the
 * text has no CR, and is ASCII unless the pattern can match nothing else); then
 * pattern_find_in_text may be called with the same text.
 */
bool pattern_begin_text(struct pattern *p, const uint8_t *text, size_t n);
/* 1: *start is where the first match at or behind `from` (the start of a line) begins; 0: there is
 * none; -1: too costly at once (counts as nothing): look at the lines one by one. */
int pattern_find_in_text(
    struct pattern *p, const uint8_t *text, size_t n, size_t from, size_t *start);
/* Grows by 1 with each search that took unusually long (up to some ms): who searches much makes
 * smaller steps then. */
uint64_t pattern_cost(const struct pattern *p);
/* "" or why it was switched off ("too costly: switched off"). */
const char *pattern_trouble(const struct pattern *p);
/* The same once, for telling it: NULL when there is none or it was asked for before. */
const char *pattern_trouble_news(struct pattern *p);

#endif

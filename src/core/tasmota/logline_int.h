/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the log reader share: pieces of text, and who reads what. */
#ifndef TASMITE_CORE_TASMOTA_LOGLINE_INT_H
#define TASMITE_CORE_TASMOTA_LOGLINE_INT_H

#include <string.h>

#include "acdfa.h"
#include "tasmite/core/tasmota/logline.h"

struct loglines {
	struct acdfa plain;
};

static inline bool lt_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool lt_alnum(char c)
{
	return lt_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The hexadecimal number of up to eight digits at the start; returns how many there are. */
static inline size_t lt_hex(struct logtext t, uint32_t *value)
{
	size_t i = 0;

	*value = 0;
	for (; i < t.n && i < 8; i++) {
		char c = t.p[i];
		unsigned d;

		if (lt_digit(c))
			d = (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			d = (unsigned)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			d = (unsigned)(c - 'A' + 10);
		else
			break;
		*value = *value << 4 | d;
	}
	return i;
}

static inline struct logtext lt_from(struct logtext t, size_t at)
{
	at = at < t.n ? at : t.n;
	t.p += at;
	t.n -= at;
	return t;
}

static inline struct logtext lt_upto(struct logtext t, size_t n)
{
	t.n = n < t.n ? n : t.n;
	return t;
}

static inline bool lt_starts(struct logtext t, const char *s)
{
	size_t m = strlen(s);

	return t.n >= m && !memcmp(t.p, s, m);
}

static inline bool lt_ends(struct logtext t, const char *s)
{
	size_t m = strlen(s);

	return t.n >= m && !memcmp(t.p + t.n - m, s, m);
}

/* Index of s in t, or t.n. */
size_t lt_find(struct logtext t, const char *s);
bool lt_has(struct logtext t, const char *s);
/* Without blanks, tabs and CR around it. */
struct logtext lt_trim(struct logtext t);
/* The last word; t becomes what stands before it. */
struct logtext lt_pop_word(struct logtext *t);
/* The first word; t becomes what stands behind it. */
struct logtext lt_take_word(struct logtext *t);
/* Behind the first occurrence of s, up to the next blank, comma or quote; empty when s is not there. */
struct logtext lt_after(struct logtext t, const char *s);

/* The project line of any era; sets out and answers true. `sure`: something before it (a clock, a
 * tag) says that it is Tasmota's. */
bool logline_project(struct logtext t, bool sure, struct logline *out);
/* The tags that are told apart. */
enum logline_tag {
	TAG_NONE,
	TAG_OTHER,
	TAG_APP,
	TAG_CFG,
	TAG_CMD,
	TAG_FRC,
	TAG_HDW,
	TAG_HTP,
	TAG_MQT,
	TAG_NTP,
	TAG_OTA,
	TAG_QPC,
	TAG_RSL,
	TAG_SER,
	TAG_SNS,
	TAG_UPL,
	TAG_WIF,
	TAG_DNS,
	TAG_WPS,
	TAG_MANAGER,
	TAG_BTN
};

/* The text behind a tag. */
void logline_tagged(enum logline_tag id, struct logtext t, struct logline *out);
/* "<topic> = <payload>": true when it is one. */
bool logline_result(struct logtext t, struct logline *out);
/* Texts behind "WIF: " and "HTP: ". */
void logline_wifi(struct logtext t, struct logline *out);
void logline_web(struct logtext t, struct logline *out);
/* The automaton for what has no tag, and the reading with it: true when the line is known. */
void logline_plain_init(struct acdfa *plain);
bool logline_plain(const struct acdfa *plain, struct logtext t, struct logline *out);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nobody else has to know is taken out of a line. */
#include <stdlib.h>
#include <string.h>

#include "logline_int.h"
#include "tasmite/base/buf.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/report.h"

void report_ssid(const char *ssid, char *dst, size_t size)
{
	size_t n = strlen(ssid), keep = 0;
	unsigned want = n > 3 ? 2 : n > 1 ? 1 : 0;
	char one[8];
	uint32_t cp;

	dst[0] = '\0';
	while (want-- && keep < n) {
		int len = utf8_decode((const uint8_t *)ssid + keep, n - keep, &cp);

		if (len < 1)
			break;
		/* As put_plain: nothing that a terminal obeys, or that ends code. */
		if (utf8_width(cp) < 0 || cp == '`')
			(void)str_copy(one, sizeof(one), "?");
		else
			(void)str_copy_n(one, sizeof(one), ssid + keep, (size_t)len);
		(void)str_cat(dst, size, one);
		keep += (size_t)len;
	}
	(void)str_cat(dst, size, "…");
}

static bool hex_digit(char c)
{
	return lt_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* "5C:CF:7F:12:34:56": the maker's half stays. */
static bool is_mac(struct logtext t)
{
	if (t.n < 17 || (t.n > 17 && (hex_digit(t.p[17]) || t.p[17] == ':')))
		return false;
	for (size_t i = 0; i < 17; i++)
		if (i % 3 == 2 ? t.p[i] != t.p[2] || !strchr(":-", t.p[i]) : !hex_digit(t.p[i]))
			return false;
	return true;
}

/* "DVES_4B67BA", "tasmota-4B67BA-1234", "5CCF7F4B67BA": the other half of that address. */
static size_t id_length(struct logtext t)
{
	size_t n = 0;

	while (n < t.n && (lt_digit(t.p[n]) || (t.p[n] >= 'A' && t.p[n] <= 'F')))
		n++;
	if (n < t.n && lt_alnum(t.p[n]))
		return 0;
	return n == 6 || n == 12 ? n : 0;
}

/* Names stand alone. The shortest ones are everywhere: only where a name is meant. */
static bool name_here(struct logtext before, struct logtext t, const char *name)
{
	static const char *const heads[] = {"\"", "AP1 ", "AP2 ", "SSId ", "SSID ", "ssid ",
	    "SSId1 ", "SSId2 ", "SSID1 ", "SSID2 ", "ssid1 ", "ssid2 "};
	size_t n = strlen(name);

	if (!lt_starts(t, name) || (t.n > n && lt_alnum(t.p[n]) && lt_alnum(name[n - 1])) ||
	    (before.n && lt_alnum(before.p[before.n - 1]) && lt_alnum(name[0])))
		return false;
	if (n >= 3)
		return true;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (lt_ends(before, heads[i]))
			return true;
	return false;
}

/* The longest name that stands here; NULL: none. */
static const char *find_name(const struct journal *j, struct logtext before, struct logtext t)
{
	const char *best = NULL;

	for (unsigned i = 0; i < j->name_count; i++)
		if (j->names[i][0] == *t.p && name_here(before, t, j->names[i]) &&
		    (!best || strlen(j->names[i]) > strlen(best)))
			best = j->names[i];
	return best;
}

static size_t put_plain(struct logtext t, struct sbuf *out)
{
	uint32_t cp;
	int len = utf8_decode((const uint8_t *)t.p, t.n, &cp);

	/* A backtick would end the code that the line stands in. */
	if (len < 1 || utf8_width(cp) < 0 || cp == '`') {
		sbuf_add_char(out, cp == '`' && len == 1 ? '\'' : '?');
		return len < 1 ? 1 : (size_t)len;
	}
	sbuf_add_n(out, t.p, (size_t)len);
	return (size_t)len;
}

static void shorten(const struct journal *j, struct logtext whole, struct sbuf *out)
{
	char text[64];

	for (size_t i = 0; i < whole.n;) {
		struct logtext t = lt_from(whole, i), before = lt_upto(whole, i);
		bool edge = !i || !lt_alnum(whole.p[i - 1]);
		const char *name = find_name(j, before, t);
		size_t n;

		if (name) {
			report_ssid(name, text, sizeof(text));
			sbuf_add(out, text);
			i += strlen(name);
		} else if (edge && is_mac(t)) {
			sbuf_add_n(out, t.p, 9);
			sbuf_fmt(out, "xx%cxx%cxx", t.p[2], t.p[2]);
			i += 17;
		} else if (i && edge && strchr("-_\"", whole.p[i - 1]) && (n = id_length(t)) != 0) {
			sbuf_add_n(out, t.p, n - 6);
			sbuf_add(out, "xxxxxx");
			i += n;
		} else {
			i += put_plain(t, out);
		}
	}
}

void report_private(const struct journal *j, const struct secrets *secrets, const char *text,
    size_t n, struct sbuf *out)
{
	char *copy = xmalloc(n + 1);
	struct buf masked;

	memcpy(copy, text, n);
	if (secrets && n) {
		buf_init(&masked, n);
		secrets_mask_line(secrets, text, n, &masked);
		if (buf_len(&masked) == n)
			memcpy(copy, buf_bytes(&masked), n);
		buf_fini(&masked);
	}
	secrets_mask_input(copy, n);
	shorten(j, (struct logtext){copy, n}, out);
	free(copy);
}

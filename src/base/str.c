/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bounded strings. */
#include "tasmite/base/str.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

bool str_copy_n(char *dst, size_t size, const char *src, size_t n)
{
	size_t len;

	assert(size > 0);
	len = utf8_cut(src, n, size - 1);
	memmove(dst, src, len);
	dst[len] = '\0';
	return len == n;
}

bool str_copy(char *dst, size_t size, const char *src)
{
	return str_copy_n(dst, size, src, strlen(src));
}

bool str_cat(char *dst, size_t size, const char *src)
{
	size_t len = strnlen(dst, size);

	assert(len < size);
	return str_copy(dst + len, size - len, src);
}

bool str_vfmt(char *dst, size_t size, const char *fmt, va_list ap)
{
	int n;

	assert(size > 0);
	n = vsnprintf(dst, size, fmt, ap);
	if (n < 0) {
		dst[0] = '\0';
		return false;
	}
	if ((size_t)n < size)
		return true;
	dst[utf8_cut(dst, size - 1, size - 1)] = '\0';
	return false;
}

bool str_fmt(char *dst, size_t size, const char *fmt, ...)
{
	va_list ap;
	bool whole;

	va_start(ap, fmt);
	whole = str_vfmt(dst, size, fmt, ap);
	va_end(ap);
	return whole;
}

static int fold(char c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : (unsigned char)c;
}

int str_ncasecmp(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int d = fold(a[i]) - fold(b[i]);

		if (d || !a[i])
			return d;
	}
	return 0;
}

int str_casecmp(const char *a, const char *b)
{
	return str_ncasecmp(a, b, SIZE_MAX);
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_starts_nocase(const char *s, const char *prefix)
{
	return str_ncasecmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t ls = strlen(s), lx = strlen(suffix);

	return ls >= lx && strcmp(s + ls - lx, suffix) == 0;
}

const char *str_skip_blank(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

void str_trim_end(char *s)
{
	size_t n = strlen(s);

	while (n && strchr(" \t\r\n", s[n - 1]))
		s[--n] = '\0';
}

void str_clean(char *s, bool lines)
{
	size_t n = strlen(s), to = 0;

	for (size_t i = 0; i < n;) {
		uint32_t cp = 0;
		int len = utf8_decode((const uint8_t *)s + i, n - i, &cp);

		if (len > 0 && (utf8_width(cp) >= 0 || (lines && cp == '\n'))) {
			memmove(s + to, s + i, (size_t)len);
			to += (size_t)len;
		} else {
			s[to++] = '?';
		}
		i += len > 0 ? (size_t)len : 1;
	}
	s[to] = '\0';
}

static int digit_of(char c, unsigned base)
{
	int d = -1;

	if (c >= '0' && c <= '9')
		d = c - '0';
	else if (fold(c) >= 'a' && fold(c) <= 'f')
		d = fold(c) - 'a' + 10;
	return d >= 0 && (unsigned)d < base ? d : -1;
}

bool str_parse_u64(const char *s, uint64_t max, uint64_t *value)
{
	unsigned base = 10, shift = 0;
	uint64_t v = 0;
	int d;

	if (s[0] == '0' && fold(s[1]) == 'x') {
		base = 16;
		s += 2;
	}
	if (digit_of(*s, base) < 0)
		return false;
	for (; (d = digit_of(*s, base)) >= 0; s++) {
		if (v > (UINT64_MAX - (uint64_t)d) / base)
			return false;
		v = v * base + (uint64_t)d;
	}
	if (fold(*s) == 'k')
		shift = 10;
	else if (fold(*s) == 'm')
		shift = 20;
	if (shift)
		s++;
	if (*s || v > (UINT64_MAX >> shift) || v << shift > max)
		return false;
	*value = v << shift;
	return true;
}

const char *str_size(char *dst, size_t size, uint64_t bytes)
{
	if (bytes < 1024)
		str_fmt(dst, size, "%" PRIu64 " B", bytes);
	else if (bytes < 1024 * 1024)
		str_fmt(dst, size, "%" PRIu64 " KB", (bytes + 512) / 1024);
	else if (bytes & 0xfffff)
		str_fmt(dst, size, "%" PRIu64 ".%" PRIu64 " MB", bytes >> 20,
		    (bytes & 0xfffff) * 10 >> 20);
	else
		str_fmt(dst, size, "%" PRIu64 " MB", bytes >> 20);
	return dst;
}

void sbuf_init(struct sbuf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void sbuf_fini(struct sbuf *b)
{
	free(b->s);
	b->s = NULL;
	b->len = b->cap = 0;
}

void sbuf_clear(struct sbuf *b)
{
	b->len = 0;
	b->cut = false;
	if (b->s)
		b->s[0] = '\0';
}

void sbuf_add_n(struct sbuf *b, const char *s, size_t n)
{
	size_t room = b->max - b->len;

	if (n > room) {
		n = utf8_cut(s, n, room);
		b->cut = true;
	}
	if (b->len + n + 1 > b->cap) {
		size_t cap = b->cap ? b->cap : 64;

		while (cap < b->len + n + 1)
			cap *= 2;
		b->s = xrealloc(b->s, cap);
		b->cap = cap;
	}
	memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void sbuf_add(struct sbuf *b, const char *s)
{
	sbuf_add_n(b, s, strlen(s));
}

void sbuf_add_char(struct sbuf *b, char c)
{
	sbuf_add_n(b, &c, 1);
}

void sbuf_vfmt(struct sbuf *b, const char *fmt, va_list ap)
{
	char small[256];
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	if (n < 0) {
		b->cut = true;
	} else if ((size_t)n < sizeof(small)) {
		sbuf_add_n(b, small, (size_t)n);
	} else {
		char *big = xmalloc((size_t)n + 1);

		vsnprintf(big, (size_t)n + 1, fmt, again);
		sbuf_add_n(b, big, (size_t)n);
		free(big);
	}
	va_end(again);
}

void sbuf_fmt(struct sbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sbuf_vfmt(b, fmt, ap);
	va_end(ap);
}

const char *sbuf_str(const struct sbuf *b)
{
	return b->s ? b->s : "";
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bounded strings: into fixed arrays (always terminated, cut at a UTF-8 boundary), and a growing
 * string with a maximum.
 */
#ifndef TASMITE_BASE_STR_H
#define TASMITE_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Copies src into dst[size]; returns false when it was cut. size > 0. */
bool str_copy(char *dst, size_t size, const char *src);
/* Copies n bytes (none of them need be a terminator) into dst[size]. */
bool str_copy_n(char *dst, size_t size, const char *src, size_t n);
/* Appends to what dst[size] holds. */
bool str_cat(char *dst, size_t size, const char *src);
/* printf into dst[size]; returns false when it was cut. */
bool str_fmt(char *dst, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool str_vfmt(char *dst, size_t size, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));

/* ASCII only, whatever the locale. */
int str_casecmp(const char *a, const char *b);
int str_ncasecmp(const char *a, const char *b, size_t n);
bool str_starts(const char *s, const char *prefix);
bool str_starts_nocase(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
/* First character that is not blank or tab. */
const char *str_skip_blank(const char *s);
/* Drops blanks, tabs, CR and LF at the end, in place. */
void str_trim_end(char *s);

/* What no terminal should get of a text whose words are not ours (a file's name, say): control
 * characters and bytes that are no UTF-8 become '?', in place. lines: line feeds stay. */
void str_clean(char *s, bool lines);

/* A whole non-negative number: decimal, or hex with 0x; an optional k/K or M suffix (1024s).
 * The whole string must be used. False otherwise or when it exceeds max. */
bool str_parse_u64(const char *s, uint64_t max, uint64_t *value);

/* "502 KB", "1.0 MB", "12 B": decimal-looking sizes in units of 1024. Returns dst. */
const char *str_size(char *dst, size_t size, uint64_t bytes);

/* A growing string. */
struct sbuf {
	char *s; /* never NULL after the first append; terminated */
	size_t len;
	size_t cap;
	size_t max; /* bytes, without the terminator */
	bool cut;   /* something did not fit */
};

/* Empty; allocates nothing yet. */
void sbuf_init(struct sbuf *b, size_t max);
/* Frees what it holds. */
void sbuf_fini(struct sbuf *b);
/* Forgets the content, keeps the memory. */
void sbuf_clear(struct sbuf *b);
/* What does not fit is cut (cut is set). */
void sbuf_add(struct sbuf *b, const char *s);
void sbuf_add_n(struct sbuf *b, const char *s, size_t n);
void sbuf_add_char(struct sbuf *b, char c);
void sbuf_fmt(struct sbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sbuf_vfmt(struct sbuf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* The content; "" when empty. Valid until the next change. */
const char *sbuf_str(const struct sbuf *b);

#endif

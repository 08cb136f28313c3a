/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Allocation that can't fail: when memory is gone the die hook runs (restores the terminal,
 * flushes captures) and the process exits with code 1.
 */
#ifndef TASMITE_BASE_XALLOC_H
#define TASMITE_BASE_XALLOC_H

#include <stddef.h>

/* The hook for x* failures and failed invariants; NULL removes it. It must not allocate. */
void xalloc_set_die_hook(void (*hook)(void *ctx), void *ctx);
/* Runs the hook, prints "tasmite: WHAT" on standard error, exits with code 1. */
void xalloc_die(const char *what) __attribute__((noreturn));

/* At least one byte, so that the pointer is never NULL. */
void *xmalloc(size_t n);
/* Zeroed; count * size is checked for overflow. */
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t n);
/* Like xrealloc to count * size bytes, checked for overflow. */
void *xreallocarray(void *p, size_t count, size_t size);
char *xstrdup(const char *s);
/* At most n bytes of s, terminated. */
char *xstrndup(const char *s, size_t n);
void *xmemdup(const void *p, size_t n);

#endif

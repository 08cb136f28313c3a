/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Allocation that can't fail, and the one way to die. */
#include "tasmite/base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*die_hook)(void *ctx);
static void *die_ctx;

void xalloc_set_die_hook(void (*hook)(void *ctx), void *ctx)
{
	die_hook = hook;
	die_ctx = ctx;
}

/* write(2) and no stdio: there may be no memory left for a buffer. */
static void say(const char *s)
{
	if (write(STDERR_FILENO, s, strlen(s)) < 0)
		return;
}

void xalloc_die(const char *what)
{
	void (*hook)(void *ctx) = die_hook;

	die_hook = NULL; /* a failure inside the hook must not come back here for ever */
	if (hook)
		hook(die_ctx);
	say("tasmite: ");
	say(what);
	say("\n");
	_exit(1);
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		xalloc_die("out of memory");
	return p;
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		xalloc_die("out of memory");
	return p;
}

void *xrealloc(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);

	if (!q)
		xalloc_die("out of memory");
	return q;
}

void *xreallocarray(void *p, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		xalloc_die("out of memory");
	return xrealloc(p, count * size);
}

char *xstrdup(const char *s)
{
	return xmemdup(s, strlen(s) + 1);
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

void *xmemdup(const void *p, size_t n)
{
	void *q = xmalloc(n);

	if (n)
		memcpy(q, p, n);
	return q;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A screen in memory with a keyboard of key names: for tests. */
#include "tasmite/ui/backend.h"

#include <assert.h>
#include <stdlib.h>

#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

struct tui_mem {
	struct backend base;
	struct surface screen;
	int w, h;
	bool ready, unicode, wheel;
	struct key *keys;
	char *clip;
	size_t first, count, cap;
};

static struct tui_mem *mem_of(struct backend *b)
{
	return (struct tui_mem *)(void *)b;
}

static const struct tui_mem *mem_const(const struct backend *b)
{
	return (const struct tui_mem *)(const void *)b;
}

static int mem_key_fd(const struct backend *b)
{
	(void)b;
	return -1;
}

static bool mem_key(struct backend *b, struct key *key, mono_t now, mono_t *again)
{
	struct tui_mem *m = mem_of(b);

	(void)now;
	*again = MONO_NEVER;
	if (m->first == m->count)
		return false;
	*key = m->keys[m->first++];
	return true;
}

static void push(struct tui_mem *m, struct key key)
{
	if (m->count == m->cap) {
		m->cap = m->cap ? m->cap * 2 : 64;
		m->keys = xreallocarray(m->keys, m->cap, sizeof(*m->keys));
	}
	m->keys[m->count++] = key;
}

void tui_mem_key(struct backend *b, const char *name)
{
	struct key key = {0};
	bool known = keymap_parse(name, &key);

	assert(known);
	(void)known;
	push(mem_of(b), key);
}

void tui_mem_push(struct backend *b, const struct key *key)
{
	push(mem_of(b), *key);
}

void tui_mem_paste(struct backend *b, const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	push(mem_of(b), (struct key){.code = KEYS_PASTE_BEGIN});
	while (n) {
		uint32_t cp = 0;
		int len = utf8_decode((const uint8_t *)text, n, &cp);

		assert(len > 0);
		push(mem_of(b), (struct key){.code = cp});
		text += len;
		n -= (size_t)len;
	}
	push(mem_of(b), (struct key){.code = KEYS_PASTE_END});
}

static void mem_size(const struct backend *b, int *w, int *h)
{
	*w = mem_const(b)->w;
	*h = mem_const(b)->h;
}

void tui_mem_resize(struct backend *b, int w, int h)
{
	mem_of(b)->w = w;
	mem_of(b)->h = h;
}

void tui_mem_ready(struct backend *b, bool ready)
{
	mem_of(b)->ready = ready;
}

void tui_mem_unicode(struct backend *b, bool unicode)
{
	mem_of(b)->unicode = unicode;
}

static bool mem_blit(struct backend *b, const struct surface *s, const struct theme *theme)
{
	(void)theme;
	if (!mem_of(b)->ready)
		return false;
	surface_copy(&mem_of(b)->screen, s);
	return true;
}

static bool mem_pending(struct backend *b)
{
	return !mem_of(b)->ready;
}

static bool mem_lost(const struct backend *b)
{
	(void)b;
	return false;
}

static bool mem_unicode(const struct backend *b)
{
	return mem_const(b)->unicode;
}

static void mem_nothing(struct backend *b)
{
	(void)b;
}

static void mem_mouse(struct backend *b, bool on)
{
	(void)b;
	(void)on;
}

static void mem_wheel(struct backend *b, bool on)
{
	mem_of(b)->wheel = on;
}

bool tui_mem_wheel(const struct backend *b)
{
	return ((const struct tui_mem *)(const void *)b)->wheel;
}

static void mem_clipboard(struct backend *b, const char *bytes, size_t n)
{
	free(mem_of(b)->clip);
	mem_of(b)->clip = xstrndup(bytes, n);
}

const char *tui_mem_clipboard(const struct backend *b)
{
	return mem_const(b)->clip;
}

static void mem_free(struct backend *b)
{
	surface_fini(&mem_of(b)->screen);
	free(mem_of(b)->keys);
	free(mem_of(b)->clip);
	free(b);
}

const struct surface *tui_mem_screen(const struct backend *b)
{
	return &mem_const(b)->screen;
}

struct backend *tui_mem_new(int w, int h)
{
	static const struct backend_ops ops = {.key_fd = mem_key_fd,
	    .key = mem_key,
	    .size = mem_size,
	    .resized = mem_nothing,
	    .blit = mem_blit,
	    .pending = mem_pending,
	    .lost = mem_lost,
	    .redraw = mem_nothing,
	    .beep = mem_nothing,
	    .set_mouse = mem_mouse,
	    .set_wheel = mem_wheel,
	    .clipboard = mem_clipboard,
	    .suspend = mem_nothing,
	    .resume = mem_nothing,
	    .unicode = mem_unicode,
	    .restore = mem_nothing,
	    .free = mem_free};
	struct tui_mem *m = xcalloc(1, sizeof(*m));

	m->base.ops = &ops;
	m->w = w;
	m->h = h;
	m->ready = m->unicode = true;
	surface_init(&m->screen, w, h);
	return &m->base;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The root of the model: what it begins with, the program's own lines, page, list and question. */
#include "tasmite/core/session.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"

/* The longest help page or file description is some ten KiB; this is for the unforeseen. */
#define PAGE_MAX (1024u * 1024)
/* One call of session_say. */
#define SAY_MAX 4096

struct session *session_new(void)
{
	struct session *s = xcalloc(1, sizeof(*s));
	struct err err;

	s->settings = xcalloc(1, sizeof(*s->settings));
	settings_init(s->settings);
	s->keymap = keymap_new();
	s->log = lines_new((size_t)settings_int(s->settings, SET_SCROLLBACK) << 20);
	panes_init(&s->panes);
	s->highlight = highlight_new();
	if (theme_builtin(&s->theme, settings_text(s->settings, SET_THEME), &err) != ERR_OK)
		xalloc_die(err.text); /* a shipped theme is part of the program */
	s->theme_revision = 1;
	facts_init(&s->facts);
	session_device_init(&s->device);
	journal_init(&s->journal);
	s->flash.left_s = -1;
	sbuf_init(&s->page.text, PAGE_MAX);
	sbuf_init(&s->form.below, 16 * 1024);
	s->revision = 1;
	return s;
}

static void free_items(struct session_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		free(list->items[i].label);
		free(list->items[i].detail);
		free(list->items[i].value);
	}
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	free_items(&s->list);
	sbuf_fini(&s->page.text);
	sbuf_fini(&s->form.below);
	panes_fini(&s->panes);
	doctor_free(s->device.doctor);
	highlight_free(s->highlight);
	lines_free(s->log);
	keymap_free(s->keymap);
	settings_fini(s->settings);
	free(s->settings);
	free(s);
}

static void say(struct session *s, enum line_dir dir, mono_t now, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));

static void say(struct session *s, enum line_dir dir, mono_t now, const char *fmt, va_list ap)
{
	char text[SAY_MAX];

	str_vfmt(text, sizeof(text), fmt, ap);
	lines_put(s->log, dir, text, strlen(text), now);
	session_touch(s);
}

void session_say(struct session *s, mono_t now, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(s, LINE_OWN, now, fmt, ap);
	va_end(ap);
}

void session_warn(struct session *s, mono_t now, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(s, LINE_WARN, now, fmt, ap);
	va_end(ap);
}

void session_notice(struct session *s, bool bad, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_vfmt(s->notice, sizeof(s->notice), fmt, ap);
	va_end(ap);
	s->notice_bad = bad && s->notice[0];
	session_touch(s);
}

void session_touch(struct session *s)
{
	s->revision++;
}

void session_page_open(struct session *s, const char *title)
{
	s->page.open = true;
	s->page.take = false;
	s->page.revision++;
	str_copy(s->page.title, sizeof(s->page.title), title);
	sbuf_clear(&s->page.text);
	session_touch(s);
}

void session_page_close(struct session *s)
{
	s->page.open = false;
	s->page.revision++;
	sbuf_clear(&s->page.text);
	session_touch(s);
}

void session_list_open(struct session *s, const char *title, bool completion)
{
	free_items(&s->list);
	s->list.open = true;
	s->list.at = 0;
	s->list.completion = completion;
	s->list.paths = completion; /* a word with a folder in it is one */
	s->list.revision++;
	str_copy(s->list.title, sizeof(s->list.title), title);
	session_touch(s);
}

void session_list_add(struct session *s, const char *label, const char *detail, const char *value)
{
	struct session_list *list = &s->list;
	struct session_item *item;

	if (list->count == SESSION_LIST_MAX)
		return;
	list->items = xreallocarray(list->items, list->count + 1, sizeof(*list->items));
	item = &list->items[list->count++];
	item->label = xstrdup(label);
	item->detail = xstrdup(detail ? detail : "");
	item->value = xstrdup(value ? value : label);
	list->revision++;
	session_touch(s);
}

void session_list_close(struct session *s)
{
	free_items(&s->list);
	s->list.open = false;
	s->list.revision++;
	session_touch(s);
}

void session_form_open(struct session *s, const char *title, const char *done)
{
	session_form_close(s);
	str_copy(s->form.title, sizeof(s->form.title), title);
	str_copy(s->form.done, sizeof(s->form.done), done);
	s->form.open = true;
	session_form_touch(s);
}

struct session_field *session_form_add(struct session *s, const char *label, bool secret)
{
	struct session_field *f;

	if (s->form.count == SESSION_FIELDS)
		return NULL;
	f = &s->form.fields[s->form.count++];
	memset(f, 0, sizeof(*f));
	str_copy(f->label, sizeof(f->label), label);
	f->secret = secret;
	return f;
}

void session_form_touch(struct session *s)
{
	s->form.revision++;
	session_touch(s);
}

void session_form_close(struct session *s)
{
	memset(s->form.fields, 0, sizeof(s->form.fields));
	s->form.count = 0;
	s->form.open = false;
	sbuf_clear(&s->form.below);
	session_form_touch(s);
}

void session_ask_close(struct session *s)
{
	memset(&s->ask, 0, sizeof(s->ask));
	session_touch(s);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was entered, searched for and filtered by, over sessions: between the lines of the screen and the
 * shared files. */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/io/files.h"

/* Lines that wait for another session to let go the file. */
#define HELD_MAX (256u * 1024)

/* The line as it may be kept on disk: secret values are left out, so that recalling it later asks
 * for the value again and never sends a row of asterisks as a password. */
static char *without_secrets(const struct app *a, const char *line)
{
	size_t n = strlen(line), k = 0;
	uint8_t *mask = xcalloc(n + 1, 1);
	char *kept = xmalloc(n + 1);

	secrets_spans(a->secrets, line, n, mask);
	for (size_t i = 0; i < n; i++)
		if (!mask[i] && line[i] != '\n')
			kept[k++] = line[i];
	kept[k] = '\0';
	free(mask);
	return kept;
}

static void forget_all(void *ctx)
{
	struct app_book *b = ctx;

	if (b->kind)
		tui_entry_past_clear(b->app->tui, b->kind);
	else
		lineedit_history_clear(tui_lineedit(b->app->tui));
}

static void add_line(void *ctx, const char *line, bool whole)
{
	struct app_book *b = ctx;
	struct lineedit *edit = tui_lineedit(b->app->tui);

	if (b->kind)
		tui_entry_past_add(b->app->tui, b->kind, line);
	else if (whole)
		lineedit_history_append(edit, line);
	else
		lineedit_history_add(edit, line);
}

/* Writes what was held; false when it must be tried again. */
static bool write_held(struct app_book *b)
{
	char *text = xstrdup(sbuf_str(&b->held)), *p, *end;
	struct err err = {0};
	int rc = ERR_OK;

	for (p = text; *p; p = end + 1) {
		end = strchr(p, '\n'); /* each line has one */
		*end = '\0';
		rc = histfile_append(b->file, p, &err);
		*end = '\n';
		if (rc != ERR_OK)
			break;
	}
	sbuf_clear(&b->held);
	if (rc == ERR_AGAIN)
		sbuf_add(&b->held, p);
	else if (rc != ERR_OK)
		session_notice(b->app->session, true, "history not saved: %s", err.text);
	free(text);
	return rc != ERR_AGAIN;
}

static void held_due(void *ctx, mono_t now)
{
	struct app *a = ctx;
	bool all = true;

	for (int i = 0; i < TUI_ENTRY_KINDS; i++)
		if (a->books[i].file && a->books[i].held.len)
			all = write_held(&a->books[i]) && all;
	if (!all)
		timer_arm(a->history_timer, now + MONO_MS(100));
}

static void hold(struct app_book *b, const char *line)
{
	/* Many long ones while the file is locked: the newest are not kept then. */
	if (b->held.len + strlen(line) + 1 < HELD_MAX)
		sbuf_fmt(&b->held, "%s\n", line);
	/* The disk has time: what is due now would come before the line is sent. */
	timer_arm(b->app->history_timer, b->app->now + MONO_MS(2));
}

void app_remember(struct app *a, const char *line)
{
	struct app_book *b = &a->books[TUI_ENTRY_NONE];
	char *kept;

	lineedit_history_add(tui_lineedit(a->tui), line);
	if (!b->file)
		return;
	if (a->options->show_secrets && secrets_in_line(a->secrets, line, strlen(line)))
		return; /* shown on the screen is not kept on the disk */
	kept = without_secrets(a, line);
	hold(b, kept);
	free(kept);
}

void app_remember_entry(struct app *a, enum tui_entry kind, const char *text)
{
	struct app_book *b = &a->books[kind];

	/* With its secret left out it would search for something else. */
	if (b->file && text[0] && !secrets_in_line(a->secrets, text, strlen(text)))
		hold(b, text);
}

static void recall(struct app_book *b)
{
	struct err err = {0};

	if (b->file && histfile_read(b->file, &err) != ERR_OK)
		session_notice(b->app->session, true, "history not read: %s", err.text);
}

void app_history_recall(void *ctx)
{
	recall(&((struct app *)ctx)->books[TUI_ENTRY_NONE]);
}

void app_recall_entries(struct app *a, enum tui_entry kind)
{
	recall(&a->books[kind]);
}

/* False when its folder can't be made: told. */
static bool open_book(struct app_book *b, const char *name, size_t want)
{
	static const struct histfile_ops ops = {.anew = forget_all, .line = add_line};
	struct app *a = b->app;
	struct err err = {0};
	char path[512];

	if (files_path(FILES_STATE, name, path, sizeof(path), &err) != ERR_OK ||
	    files_make_parents(path, &err) != ERR_OK) {
		session_warn(a->session, a->now, "history not kept: %s", err.text);
		return false;
	}
	b->file = histfile_new(path, want, &ops, b);
	if (histfile_read(b->file, &err) != ERR_OK)
		session_warn(a->session, a->now, "history not read: %s", err.text);
	(void)histfile_shorten(b->file, &err); /* the next start tries again */
	return true;
}

void app_history_load(struct app *a)
{
	static const char *const names[] = {[TUI_ENTRY_NONE] = "history",
	    [TUI_ENTRY_FIND] = "find-history",
	    [TUI_ENTRY_FILTER] = "filter-history"};
	size_t want = (size_t)settings_int(a->session->settings, SET_HISTORY);

	lineedit_history_limit(tui_lineedit(a->tui), (int)want);
	a->history_timer = timer_new(a->loop, held_due, a);
	for (int i = 0; i < TUI_ENTRY_KINDS; i++) {
		a->books[i] = (struct app_book){.app = a, .kind = (enum tui_entry)i};
		sbuf_init(&a->books[i].held, HELD_MAX);
	}
	for (int i = 0; want && i < TUI_ENTRY_KINDS; i++)
		if (!open_book(&a->books[i], names[i], want))
			return;
}

void app_history_fini(struct app *a)
{
	for (int i = 0; i < TUI_ENTRY_KINDS; i++) {
		struct app_book *b = &a->books[i];

		if (b->file && b->held.len)
			(void)write_held(b); /* the last try */
		histfile_free(b->file);
		b->file = NULL;
		sbuf_fini(&b->held);
	}
	timer_free(a->history_timer);
}

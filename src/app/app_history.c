/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was entered, over sessions: between the edit line and the shared file. */
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
	struct app *a = ctx;

	lineedit_history_clear(tui_lineedit(a->tui));
}

static void add_line(void *ctx, const char *line, bool whole)
{
	struct lineedit *edit = tui_lineedit(((struct app *)ctx)->tui);

	if (whole)
		lineedit_history_append(edit, line);
	else
		lineedit_history_add(edit, line);
}

/* Writes what was held; false when it must be tried again. */
static bool write_held(struct app *a)
{
	char *text = xstrdup(sbuf_str(&a->history_held)), *p, *end;
	struct err err = {0};
	int rc = ERR_OK;

	for (p = text; *p; p = end + 1) {
		end = strchr(p, '\n'); /* each line has one */
		*end = '\0';
		rc = histfile_append(a->history, p, &err);
		*end = '\n';
		if (rc != ERR_OK)
			break;
	}
	sbuf_clear(&a->history_held);
	if (rc == ERR_AGAIN)
		sbuf_add(&a->history_held, p);
	else if (rc != ERR_OK)
		session_notice(a->session, true, "history not saved: %s", err.text);
	free(text);
	return rc != ERR_AGAIN;
}

static void held_due(void *ctx, mono_t now)
{
	struct app *a = ctx;

	if (a->history && !write_held(a))
		timer_arm(a->history_timer, now + MONO_MS(100));
}

void app_remember(struct app *a, const char *line)
{
	char *kept;

	lineedit_history_add(tui_lineedit(a->tui), line);
	if (!a->history)
		return;
	if (a->options->show_secrets && secrets_in_line(a->secrets, line, strlen(line)))
		return; /* shown on the screen is not kept on the disk */
	kept = without_secrets(a, line);
	/* Many long ones while the file is locked: the newest are not kept then. */
	if (a->history_held.len + strlen(kept) + 1 < HELD_MAX)
		sbuf_fmt(&a->history_held, "%s\n", kept);
	free(kept);
	/* The disk has time: what is due now would come before the line is sent. */
	timer_arm(a->history_timer, a->now + MONO_MS(2));
}

void app_history_recall(void *ctx)
{
	struct app *a = ctx;
	struct err err = {0};

	if (a->history && histfile_read(a->history, &err) != ERR_OK)
		session_notice(a->session, true, "history not read: %s", err.text);
}

void app_history_load(struct app *a)
{
	static const struct histfile_ops ops = {.anew = forget_all, .line = add_line};
	size_t want = (size_t)settings_int(a->session->settings, SET_HISTORY);
	struct err err = {0};
	char path[512];

	lineedit_history_limit(tui_lineedit(a->tui), (int)want);
	sbuf_init(&a->history_held, HELD_MAX);
	a->history_timer = timer_new(a->loop, held_due, a);
	if (!want || files_path(FILES_STATE, "history", path, sizeof(path), &err) != ERR_OK)
		return;
	if (files_make_parents(path, &err) != ERR_OK) {
		session_warn(a->session, a->now, "history not kept: %s", err.text);
		return;
	}
	a->history = histfile_new(path, want, &ops, a);
	if (histfile_read(a->history, &err) != ERR_OK)
		session_warn(a->session, a->now, "history not read: %s", err.text);
	(void)histfile_shorten(a->history, &err); /* the next start tries again */
}

void app_history_fini(struct app *a)
{
	if (a->history && a->history_held.len)
		(void)write_held(a); /* the last try */
	histfile_free(a->history);
	a->history = NULL;
	timer_free(a->history_timer);
	sbuf_fini(&a->history_held);
}

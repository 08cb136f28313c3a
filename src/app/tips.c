/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hints for the first hour: one at a time, in the empty edit line; the next one after each thing
 * that was done. How many were shown is kept in the state folder: they don't come back.
 */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/io/files.h"

static const char *const tips[] = {
    "F1 all commands · F5 flash · what you type goes to the device",
    "Tab completes commands and files · / begins a command of tasmite",
    "PgUp scrolls back, End follows · Shift-Tab moves the focus",
    "F3 finds, F4 filters the log · F9 records",
    "/theme changes the colours · /set tips off ends these hints",
};
#define TIPS (sizeof(tips) / sizeof(tips[0]))

static bool place(char *path, size_t size)
{
	return files_path(FILES_STATE, "tips", path, size, NULL) == ERR_OK;
}

static void show(struct app *a)
{
	const char *tip = "";

	if (settings_bool(a->session->settings, SET_TIPS) && a->tips < TIPS)
		tip = tips[a->tips];
	if (strcmp(a->session->tip, tip) == 0)
		return;
	str_copy(a->session->tip, sizeof(a->session->tip), tip);
	session_touch(a->session);
}

void app_tips_load(struct app *a)
{
	char path[512];
	uint8_t *data;
	uint64_t shown = 0;
	size_t n;

	if (place(path, sizeof(path)) && files_read(path, 64, &data, &n, NULL) == ERR_OK) {
		str_trim_end((char *)data);
		if (!str_parse_u64((const char *)data, 1000, &shown))
			shown = TIPS; /* somebody wrote something else: no hints */
		free(data);
	}
	a->tips = (unsigned)shown;
	show(a);
}

void app_tips_next(struct app *a)
{
	char path[512], text[16];
	struct err err = {0};

	show(a);
	if (!a->session->tip[0])
		return;
	a->tips++;
	/* Where that can't be kept they come once more the next time: no harm. */
	str_fmt(text, sizeof(text), "%u\n", a->tips);
	if (place(path, sizeof(path)) && files_make_parents(path, &err) == ERR_OK)
		(void)files_store(path, text, strlen(text), 0600, &err);
	show(a);
}

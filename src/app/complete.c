/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion of the edit line: what the tables know, and files, ports, themes, boards. */
#include "app_int.h"

#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/boards.h"
#include "tasmite/io/files.h"

#define NAMES_MAX 4000

struct want {
	void (*add)(void *arg, const char *word, const char *detail);
	void *arg;
	const char *word; /* what stands there */
	char folder[512]; /* with its slash, as typed */
	const char *base; /* the part of word after it */
	bool ports_only;
};

static void add_word(void *ctx, const char *word)
{
	struct want *w = ctx;

	if (str_starts_nocase(word, w->word))
		w->add(w->arg, word, "");
}

static void add_quoted(struct want *w, const char *name, bool is_dir)
{
	char path[768], out[1024];

	str_fmt(path, sizeof(path), "%s%s%s", w->folder, name, is_dir ? "/" : "");
	if (cmd_quote(path, out, sizeof(out)))
		w->add(w->arg, out, "");
}

static void add_file(void *ctx, const char *name, bool is_dir)
{
	struct want *w = ctx;

	if (name[0] == '.' && w->base[0] != '.')
		return;
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return; /* such a name can't be typed */
	if (str_starts(name, w->base))
		add_quoted(w, name, is_dir);
}

static void add_files(struct want *w)
{
	const char *slash = strrchr(w->word, '/');
	char dir[512];
	struct err err = {0};

	w->base = slash ? slash + 1 : w->word;
	str_copy_n(
	    w->folder, sizeof(w->folder), w->word, slash ? (size_t)(slash + 1 - w->word) : 0);
	if (files_expand(slash ? w->folder : ".", dir, sizeof(dir), &err) == ERR_OK)
		(void)files_list(dir, NAMES_MAX, add_file, w, &err); /* no such folder: no names */
}

static void add_tty(void *ctx, const char *name, bool is_dir)
{
	struct want *w = ctx;
	char path[300];

	if (is_dir || (!str_starts(name, "ttyUSB") && !str_starts(name, "ttyACM")))
		return;
	str_fmt(path, sizeof(path), "/dev/%s", name);
	add_word(w, path);
}

/* Board names have blanks and are written as they are: the rest of the line is the word. */
static size_t add_boards(struct want *w, const char *line, size_t cursor)
{
	size_t start = strcspn(line, " ");
	char typed[128];

	start += strspn(line + start, " ");
	if (start > cursor)
		start = cursor;
	str_copy_n(typed, sizeof(typed), line + start, cursor - start);
	w->word = typed;
	for (size_t i = 0; boards_at(i); i++)
		add_word(w, boards_name(boards_at(i)));
	return start;
}

size_t app_complete(void *ctx, const char *line, size_t cursor,
    void (*add)(void *arg, const char *word, const char *detail), void *arg)
{
	struct app *a = ctx;
	struct cmd_spot spot;
	struct want w = {.add = add, .arg = arg};

	if (line[0] != '/' || line[1] == '/')
		return cursor; /* commands of the device have no table yet */
	cmd_spot(line, cursor, &spot);
	w.word = spot.word;
	cmd_words(&spot, add_word, &w);
	switch (spot.kind) {
	case 'f':
	case 'F':
	case 'R':
		add_files(&w);
		break;
	case 'p':
		(void)files_list("/dev", NAMES_MAX, add_tty, &w, NULL);
		add_files(&w);
		break;
	case 't':
		app_each_theme(add_word, &w);
		break;
	case 'P':
		app_each_profile(a, add_word, &w);
		break;
	case 'm':
		return add_boards(&w, line, cursor);
	case 'v':
		if (strcmp(spot.prev, "theme") == 0)
			app_each_theme(add_word, &w);
		break;
	default:
		break;
	}
	return spot.start;
}

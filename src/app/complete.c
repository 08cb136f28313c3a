/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion of the edit line: what the tables know, and files, ports, themes, boards. */
#include "app_int.h"

#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/boards.h"
#include "tasmite/core/tasmota/catalog.h"
#include "tasmite/io/files.h"

#define NAMES_MAX 4000

struct want {
	void (*add)(void *arg, const char *word, const char *detail);
	void *arg;
	const char *word; /* what stands there */
	char folder[512]; /* with its slash, as typed */
	const char *base; /* the part of word after it */
	bool ports_only;
	char kind; /* as in struct cmd_spot */
};

/* What a word of the tables is. */
static const char *detail_of(const struct want *w, const char *word)
{
	const struct cmd_row *row;
	int id;

	if (w->kind == 'c' || w->kind == 'k') {
		word += word[0] == '/';
		row = cmd_find(word, strlen(word));
		return row ? row->summary : "";
	}
	id = w->kind == 's' ? setting_find(word) : -1;
	return id < 0 ? "" : setting_row((enum setting_id)id)->help;
}

static void add_word(void *ctx, const char *word)
{
	struct want *w = ctx;

	if (str_starts_nocase(word, w->word))
		w->add(w->arg, word, detail_of(w, word));
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

/* Help topics: Tasmota's commands, too, once something is typed. */
static void add_topics(struct want *w)
{
	size_t first, count = 0, n = strlen(w->word);

	if (n && w->word[0] != '/')
		count = catalog_prefix(w->word, n, &first);
	for (size_t i = 0; i < count; i++)
		w->add(w->arg, catalog_at(first + i)->name, catalog_at(first + i)->summary);
}

static size_t complete_device(struct app *a, const char *line, size_t cursor,
    void (*add)(void *arg, const char *word, const char *detail), void *arg)
{
	size_t skip = line[0] == '/'; /* "//" sends a slash */

	if (a->session->hex_entry || a->session->facts.not_tasmota || cursor < skip)
		return cursor;
	return skip + catalog_complete(line + skip, cursor - skip, add, arg);
}

size_t app_complete(void *ctx, const char *line, size_t cursor,
    void (*add)(void *arg, const char *word, const char *detail), void *arg)
{
	struct app *a = ctx;
	struct cmd_spot spot;
	struct want w = {.add = add, .arg = arg};

	if (line[0] != '/' || line[1] == '/')
		return complete_device(a, line, cursor, add, arg);
	cmd_spot(line, cursor, &spot);
	w.word = spot.word;
	w.kind = spot.kind;
	cmd_words(&spot, add_word, &w);
	switch (spot.kind) {
	case 'k':
		add_topics(&w);
		break;
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

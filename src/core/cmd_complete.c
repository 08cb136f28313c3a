/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The /commands: what stands under the cursor, which words fit there, the hint. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_int.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/settings.h"
#include "tasmite/core/tasmota/checklist.h"
#include "tasmite/core/theme.h"
#include "tasmite/core/words.h"

/* The rate of the ESP8266's ROM, of Tasmota, and what adapters do. */
#define RATES "9600|19200|38400|57600|74880|115200|230400|460800|921600"

static bool is_command(const char *line)
{
	return line[0] == '/' && line[1] != '/';
}

/* Fills kind, start, word and prev for a cursor behind the command's name. */
static void spot_argument(const char *line, size_t from, size_t cursor, struct cmd_spot *spot)
{
	struct cmd_scan scan = {.line = line, .pos = from, .end = cursor};
	const char *value = NULL;
	int position = 0;

	scan.word = xmalloc(cursor - from + 1);
	while (cmd_word_next(&scan)) {
		bool option;

		str_copy_n(spot->word, sizeof(spot->word), scan.word, scan.len);
		if (scan.pos == cursor)
			break; /* it reaches to the cursor: this is the one */
		str_copy(spot->prev, sizeof(spot->prev), spot->word);
		option = !value && !scan.quoted && str_starts(spot->word, "--");
		if (!option && !value)
			position++;
		if (!option || !cmd_option_of(spot->row, spot->word, &value))
			value = NULL;
		spot->word[0] = '\0';
	}
	free(scan.word);
	spot->start = scan.start;
	if (value)
		spot->kind = strcmp(spot->prev, "--baud") == 0 ? 'b'
			     : str_starts(value, "FILE")       ? 'f'
							       : 0;
	else if (!scan.quoted && str_starts(spot->word, "-") && *spot->row->options)
		spot->kind = '-';
	else
		spot->kind = cmd_spec_kind(spot->row->spec, position);
}

void cmd_spot(const char *line, size_t cursor, struct cmd_spot *spot)
{
	size_t n = strlen(line), name_end;

	if (cursor > n)
		cursor = n;
	memset(spot, 0, sizeof(*spot));
	spot->start = cursor;
	if (!is_command(line) || cursor == 0)
		return;
	name_end = 1 + strcspn(line + 1, " \t");
	if (cursor <= name_end) {
		spot->kind = 'c';
		spot->start = 0;
		str_copy_n(spot->word, sizeof(spot->word), line, cursor);
		return;
	}
	spot->row = cmd_find(line + 1, name_end - 1);
	if (spot->row)
		spot_argument(line, name_end, cursor, spot);
}

struct offer {
	const struct cmd_spot *spot;
	void (*fn)(void *ctx, const char *word);
	void *ctx;
};

static void offer_word(const struct offer *o, const char *word)
{
	if (str_starts_nocase(word, o->spot->word))
		o->fn(o->ctx, word);
}

/* The words of "a|b N|c"; what follows a blank is the name of an option's value. */
static void offer_list(const struct offer *o, const char *list)
{
	char word[64];
	size_t i;

	for (i = 0; words_of_list(list, i, word, sizeof(word)); i++) {
		word[strcspn(word, " ")] = '\0';
		offer_word(o, word);
	}
}

static void offer_themes(const struct offer *o)
{
	size_t i;

	for (i = 0; theme_builtin_name(i); i++)
		offer_word(o, theme_builtin_name(i));
}

static void offer_commands(const struct offer *o, const char *prefix)
{
	char word[32];
	int i;

	for (i = 0; i < CMD_COUNT; i++) {
		str_fmt(word, sizeof(word), "%s%s", prefix, cmd_row((enum cmd_id)i)->name);
		offer_word(o, word);
	}
}

static void offer_values(const struct offer *o)
{
	int id = setting_find(o->spot->prev);

	if (id < 0)
		return;
	if (id == SET_THEME)
		offer_themes(o);
	else if (id == SET_BAUD || id == SET_FLASH_BAUD)
		offer_list(o, RATES);
	else if (setting_row((enum setting_id)id)->type == SETTING_BOOL)
		offer_list(o, "on|off");
	else if (setting_row((enum setting_id)id)->type == SETTING_CHOICE)
		offer_list(o, setting_row((enum setting_id)id)->extra);
}

void cmd_words(const struct cmd_spot *spot, void (*fn)(void *ctx, const char *word), void *ctx)
{
	struct offer o = {spot, fn, ctx};
	int i;

	switch (spot->kind) {
	case 'c':
		offer_commands(&o, "/");
		break;
	case 'k':
		offer_commands(&o, "");
		break;
	case '-':
		offer_list(&o, spot->row->options);
		break;
	case 's':
		for (i = 0; i < SETTING_COUNT; i++)
			offer_word(&o, setting_row((enum setting_id)i)->name);
		break;
	case 'v':
		offer_values(&o);
		break;
	case 'b':
		offer_list(&o, RATES);
		if (spot->row && spot->row->id == CMD_BAUD)
			offer_list(&o, "likely");
		break;
	case 't':
		offer_themes(&o);
		break;
	case 'o':
		offer_list(&o, "on|off");
		break;
	case 'R': /* and files, which the caller knows */
		offer_list(&o, setting_row(SET_LOG_FORMAT)->extra);
		offer_list(&o, "off");
		break;
	case 'w':
		offer_list(&o, setting_row(SET_FLOW)->extra);
		break;
	case 'e':
		offer_list(&o, setting_row(SET_EOL)->extra);
		offer_list(&o, "next");
		break;
	case 'K':
		offer_list(&o, "F11|F12|Alt-1|Alt-2|Alt-3|Alt-4|Alt-5|Alt-6|Alt-7|Alt-8|Alt-9");
		break;
	case 'a':
		offer_list(&o, "all");
		break;
	case 'r':
		offer_list(&o, "next|prev|edit|log|device|flash");
		break;
	case 'y':
		offer_list(&o, setting_row(SET_STAMP)->extra);
		offer_list(&o, "on|next");
		break;
	case 'W':
		offer_list(&o, setting_row(SET_WRAP)->extra);
		offer_list(&o, "on|next");
		break;
	case 'V':
		offer_list(&o, "text|hex|raw");
		break;
	case 'J':
		offer_list(&o, setting_row(SET_JSON)->extra);
		offer_list(&o, "next");
		break;
	case 'G':
		offer_list(&o, "start|end|next-mark|prev-mark|next-reset|prev-reset|again|back");
		break;
	case 'D':
		offer_list(&o, "off");
		break;
	case 'd':
		for (i = 0; i < CHECKLIST_KEYS; i++)
			offer_word(&o, checklist_word((enum checklist_key)i));
		offer_list(&o, "off");
		break;
	case 'g':
		offer_list(&o, "up|down|top");
		break;
	default:
		break;
	}
}

bool cmd_quote(const char *word, char *dst, size_t size)
{
	struct sbuf out;
	bool fits;

	sbuf_init(&out, size - 1);
	if (!*word || *word == '-') /* an empty quote: a word, and no option */
		sbuf_add(&out, "''");
	for (; *word; word++) {
		if (strchr(" \t'\"\\", *word))
			sbuf_add_char(&out, '\\');
		sbuf_add_char(&out, *word);
	}
	fits = !out.cut && str_copy(dst, size, sbuf_str(&out));
	sbuf_fini(&out);
	return fits;
}

static void hint_of_name(const char *name, char *dst, size_t size)
{
	struct nearest near;
	char nearest[48];
	int i, fits = 0;

	nearest_init(&near, name);
	for (i = 0; i < CMD_COUNT; i++) {
		const char *candidate = cmd_row((enum cmd_id)i)->name;

		nearest_offer(&near, candidate);
		if (!str_starts_nocase(candidate, name))
			continue;
		str_cat(dst, size, fits++ ? " /" : "/");
		str_cat(dst, size, candidate);
	}
	if (!*name)
		str_copy(dst, size, "Tab shows all commands");
	else if (!fits)
		str_fmt(dst, size, "no such command%s",
		    nearest_text(&near, "/", nearest, sizeof(nearest)));
}

static void hint_of_setting(const char *name, char *dst, size_t size)
{
	char expected[160];
	int id = setting_find(name);

	if (id < 0)
		return;
	setting_expected((enum setting_id)id, expected, sizeof(expected));
	str_fmt(dst, size, "%s: %s (%s)", setting_row((enum setting_id)id)->name,
	    setting_row((enum setting_id)id)->help, expected);
}

void cmd_hint(const char *line, size_t cursor, char *dst, size_t size)
{
	const struct cmd_row *row;
	struct cmd_spot spot;
	char name[40];

	dst[0] = '\0';
	if (!is_command(line))
		return;
	str_copy_n(name, sizeof(name), line + 1, strcspn(line + 1, " \t"));
	row = cmd_find(name, strlen(name));
	if (!row) {
		hint_of_name(name, dst, size);
		return;
	}
	cmd_spot(line, cursor, &spot);
	if (spot.kind == 'v')
		hint_of_setting(spot.prev, dst, size);
	else if (spot.kind == 's')
		hint_of_setting(spot.word, dst, size);
	if (!dst[0])
		str_fmt(dst, size, "%s  %s", row->usage, row->summary);
}

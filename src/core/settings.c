/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: checking, canonical text, and where a value came from. */
#include "tasmite/core/settings.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/words.h"

static const struct setting_row setting_rows[SETTING_COUNT] = {
#define SETTING_ROW(id, name, type, fallback, min, max, extra, help) \
	[id] = {name, type, fallback, min, max, extra, help},
    SETTINGS_TABLE(SETTING_ROW)
#undef SETTING_ROW
};

static const char *const origin_names[] = {
    [ORIGIN_BUILTIN] = "built in",
    [ORIGIN_SYSTEM] = "system file",
    [ORIGIN_USER] = "user file",
    [ORIGIN_PROFILE] = "profile",
    [ORIGIN_ENV] = "environment",
    [ORIGIN_COMMAND_LINE] = "command line",
    [ORIGIN_SESSION] = "set in this session",
};

const struct setting_row *setting_row(enum setting_id id)
{
	assert((unsigned)id < SETTING_COUNT);
	return &setting_rows[id];
}

int setting_find(const char *name)
{
	int i;

	for (i = 0; i < SETTING_COUNT; i++)
		if (str_casecmp(setting_rows[i].name, name) == 0)
			return i;
	return -1;
}

const char *setting_nearest(const char *name, char *dst, size_t size)
{
	struct nearest near;
	int i;

	nearest_init(&near, name);
	for (i = 0; i < SETTING_COUNT; i++)
		nearest_offer(&near, setting_rows[i].name);
	return nearest_text(&near, "", dst, size);
}

void setting_expected(enum setting_id id, char *dst, size_t size)
{
	const struct setting_row *row = setting_row(id);
	char word[32];
	size_t i;

	switch (row->type) {
	case SETTING_BOOL:
		str_copy(dst, size, "on or off");
		return;
	case SETTING_INT:
		str_fmt(dst, size, "a number from %" PRId64 " to %" PRId64 "%s%s%s", row->min,
		    row->max, *row->extra ? " (" : "", row->extra, *row->extra ? ")" : "");
		return;
	case SETTING_CHOICE:
		str_copy(dst, size, "one of");
		for (i = 0; words_of_list(row->extra, i, word, sizeof(word)); i++) {
			str_cat(dst, size, i ? ", " : " ");
			str_cat(dst, size, word);
		}
		return;
	case SETTING_TEXT:
		break;
	}
	if (id == SET_FORMAT)
		str_copy(
		    dst, size, "data bits 5 to 8, parity N, E or O, stop bits 1 or 2, as in 8N1");
	else if (id == SET_THEME)
		str_copy(dst, size, "a theme's name: letters, digits, - and _");
	else
		str_copy(dst, size, "text without control characters");
}

/* Each check fills canonical text and number; false: not acceptable. */
static bool check_bool(const char *text, char *canon, size_t size, int64_t *number)
{
	*number = words_find("on|true|yes|1", text) >= 0;
	if (!*number && words_find("off|false|no|0", text) < 0)
		return false;
	return str_copy(canon, size, *number ? "on" : "off");
}

static bool check_int(
    const struct setting_row *row, const char *text, char *canon, size_t size, int64_t *number)
{
	uint64_t v;

	/* A suffix k would mean 1024 here: not what is meant by a rate of "115k". */
	if (strpbrk(text, "kKmM"))
		return false;
	if (!str_parse_u64(text, (uint64_t)row->max, &v) || (int64_t)v < row->min)
		return false;
	*number = (int64_t)v;
	return str_fmt(canon, size, "%" PRIu64, v);
}

static bool check_choice(
    const struct setting_row *row, const char *text, char *canon, size_t size, int64_t *number)
{
	int i = words_find(row->extra, text);

	/* "on" says the same as the first choice that isn't "off". */
	if (i < 0 && str_casecmp(text, "on") == 0 && words_find(row->extra, "off") == 0)
		i = 1;
	*number = i;
	return i >= 0 && words_of_list(row->extra, (size_t)i, canon, size);
}

static bool check_format(const char *text, char *canon, size_t size)
{
	char parity;

	if (strlen(text) != 3 || text[0] < '5' || text[0] > '8' ||
	    (text[2] != '1' && text[2] != '2'))
		return false;
	parity = text[1] >= 'a' ? (char)(text[1] - 'a' + 'A') : text[1];
	if (!strchr("NEO", parity))
		return false;
	return str_fmt(canon, size, "%c%c%c", text[0], parity, text[2]);
}

/* The name becomes part of a file name: nothing may lead out of the folder of themes. */
static bool check_theme(const char *text, char *canon, size_t size)
{
	if (!*text || strlen(text) > 31 ||
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")])
		return false;
	return str_copy(canon, size, text);
}

static bool check(enum setting_id id, const char *text, char *canon, size_t size, int64_t *number)
{
	const struct setting_row *row = setting_row(id);

	*number = 0;
	switch (row->type) {
	case SETTING_BOOL:
		return check_bool(text, canon, size, number);
	case SETTING_INT:
		return check_int(row, text, canon, size, number);
	case SETTING_CHOICE:
		return check_choice(row, text, canon, size, number);
	case SETTING_TEXT:
		break;
	}
	if (id == SET_FORMAT)
		return check_format(text, canon, size);
	if (id == SET_THEME)
		return check_theme(text, canon, size);
	return words_printable(text) && str_copy(canon, size, text);
}

void settings_init(struct settings *s)
{
	int i;

	s->revision = 1;
	for (i = 0; i < SETTING_COUNT; i++) {
		char canon[SETTING_TEXT_MAX];
		struct setting_value *v = &s->values[i];
		bool good = check(
		    (enum setting_id)i, setting_rows[i].fallback, canon, sizeof(canon), &v->number);

		assert(good);
		(void)good;
		v->text = xstrdup(canon);
		v->origin = ORIGIN_BUILTIN;
		v->where[0] = '\0';
	}
}

void settings_fini(struct settings *s)
{
	int i;

	for (i = 0; i < SETTING_COUNT; i++) {
		free(s->values[i].text);
		s->values[i].text = NULL;
	}
}

void settings_copy(struct settings *dst, const struct settings *src)
{
	int i;

	*dst = *src;
	for (i = 0; i < SETTING_COUNT; i++)
		dst->values[i].text = xstrdup(src->values[i].text);
}

int settings_set(struct settings *s, enum setting_id id, const char *text,
    enum setting_origin origin, const char *where, struct err *err)
{
	struct setting_value *v = &s->values[id];
	char canon[SETTING_TEXT_MAX], expected[160];
	int64_t number;

	if (!check(id, text, canon, sizeof(canon), &number)) {
		setting_expected(id, expected, sizeof(expected));
		return err_set(err, ERR_INVAL, 0, "%s: expected %s, not '%s'",
		    setting_row(id)->name, expected,
		    words_printable(text) ? text : "(control characters)");
	}
	if (origin < v->origin)
		return ERR_OK;
	if (strcmp(v->text, canon) != 0) {
		free(v->text);
		v->text = xstrdup(canon);
	}
	v->number = number;
	v->origin = origin;
	str_copy(v->where, sizeof(v->where), where ? where : "");
	s->revision++;
	return ERR_OK;
}

const char *settings_text(const struct settings *s, enum setting_id id)
{
	assert((unsigned)id < SETTING_COUNT);
	return s->values[id].text;
}

int64_t settings_int(const struct settings *s, enum setting_id id)
{
	assert((unsigned)id < SETTING_COUNT);
	return s->values[id].number;
}

bool settings_bool(const struct settings *s, enum setting_id id)
{
	return settings_int(s, id) != 0;
}

void settings_origin_text(const struct settings *s, enum setting_id id, char *dst, size_t size)
{
	const struct setting_value *v = &s->values[id];

	assert((unsigned)id < SETTING_COUNT);
	str_fmt(dst, size, "%s%s%s", origin_names[v->origin], v->where[0] ? ", " : "", v->where);
}

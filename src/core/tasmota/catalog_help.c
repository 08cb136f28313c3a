/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasmota's commands: completion, hint and help, all made of the table's rows. */
#include <string.h>

#include "tasmite/core/tasmota/catalog.h"

/* Numbers of a name are offered one by one as long as they are so few, else when the name is whole. */
#define FEW_NUMBERS 4
/* The same for the numbers of a value's range. */
#define FEW_VALUES 20

struct offer {
	void (*add)(void *arg, const char *word, const char *detail);
	void *arg;
	const char *typed;
	size_t n; /* of typed */
};

static void offer_word(const struct offer *o, const char *word, const char *detail)
{
	if (!str_ncasecmp(word, o->typed, o->n))
		o->add(o->arg, word, detail);
}

/* What numbers mean: those that people look up most. From Tasmota's documentation of its commands and
 * modules. */
static const struct {
	const char *name, *value, *about;
} meanings[] = {
    {"Module", "1", "Sonoff Basic"},
    {"Module", "2", "Sonoff RF"},
    {"Module", "3", "Sonoff SV"},
    {"Module", "4", "Sonoff TH"},
    {"Module", "5", "Sonoff Dual"},
    {"Module", "6", "Sonoff Pow"},
    {"Module", "7", "Sonoff 4CH"},
    {"Module", "8", "Sonoff S20, S26"},
    {"Module", "10", "Sonoff Touch"},
    {"Module", "18", "Generic"},
    {"Module", "23", "Sonoff 4CH Pro"},
    {"Module", "25", "Sonoff Bridge"},
    {"Module", "28", "Sonoff T1 1CH"},
    {"Module", "29", "Sonoff T1 2CH"},
    {"Module", "30", "Sonoff T1 3CH"},
    {"Module", "39", "Sonoff Dual R2"},
    {"Module", "41", "Sonoff S31"},
    {"Module", "43", "Sonoff Pow R2"},
    {"Module", "44", "Sonoff iFan02"},
    {"Module", "71", "Sonoff iFan03"},
    {"Module", "75", "Sonoff ZbBridge"},
    {"Power", "0", "off"},
    {"Power", "1", "on"},
    {"Power", "2", "toggle"},
    {"Power", "3", "blink"},
    {"Power", "4", "end of blinking"},
    {"Reset", "1", "settings to defaults"},
    {"Reset", "2", "erase from the settings to the end of flash, defaults"},
    {"Reset", "3", "erase the area of SDK and radio"},
    {"Reset", "4", "defaults, but keep Wi-Fi"},
    {"Reset", "5", "as 2, but keep Wi-Fi"},
    {"Reset", "6", "as 5, and keep MQTT"},
    {"Reset", "99", "boot count to 0"},
    {"Restart", "1", "restart"},
    {"Restart", "2", "halt"},
    {"Restart", "3", "into safeboot (ESP32)"},
    {"Restart", "99", "without saving"},
    {"SerialLog", "0", "nothing"},
    {"SerialLog", "1", "errors"},
    {"SerialLog", "2", "info, the default"},
    {"SerialLog", "3", "debug"},
    {"SerialLog", "4", "more debug"},
    {"Timezone", "99", "by the rules of TimeStd and TimeDst"},
    {"WifiConfig", "0", "restart"},
    {"WifiConfig", "2", "WifiManager: opens its own access point"},
    {"WifiConfig", "4", "try the other access point"},
    {"WifiConfig", "5", "wait and try the same again"},
    {"WifiConfig", "6", "wait for credentials on the serial port"},
    {"WifiConfig", "7", "WifiManager, for a reset only"},
};
#define MEANINGS (sizeof(meanings) / sizeof(meanings[0]))

static const char *meaning(const struct catalog_row *row, const char *value, size_t n)
{
	for (size_t i = 0; i < MEANINGS; i++)
		if (!strcmp(meanings[i].name, row->name) && strlen(meanings[i].value) == n &&
		    !memcmp(meanings[i].value, value, n))
			return meanings[i].about;
	return "";
}

/* ---- names ---- */

static void offer_numbers(const struct offer *o, const struct catalog_row *row)
{
	char word[64];

	for (int i = row->index_min; i <= row->index_max; i++) {
		str_fmt(word, sizeof(word), "%s%d", row->name, i);
		offer_word(o, word, row->summary);
	}
}

/* Rows of one name are neighbours: the number does not matter for a name without it. */
static bool is_first_of_name(size_t i)
{
	return !i || strcmp(catalog_at(i - 1)->name, catalog_at(i)->name) != 0;
}

static void offer_row(const struct offer *o, size_t i)
{
	const struct catalog_row *row = catalog_at(i);
	bool whole = strlen(row->name) == o->n;

	if (row->index_max < 0) {
		offer_word(o, row->name, row->summary);
	} else if (row->index_max - row->index_min < FEW_NUMBERS) {
		offer_numbers(o, row);
	} else {
		if (is_first_of_name(i))
			offer_word(o, row->name, row->summary);
		if (whole)
			offer_numbers(o, row);
	}
}

static void offer_names(const struct offer *o)
{
	size_t digits = o->n, first, count;

	count = catalog_prefix(o->typed, o->n, &first);
	for (size_t i = first; i < first + count; i++)
		offer_row(o, i);
	/* What is typed may end within the number. */
	while (digits && o->typed[digits - 1] >= '0' && o->typed[digits - 1] <= '9')
		digits--;
	if (digits == o->n || !digits)
		return;
	count = catalog_prefix(o->typed, digits, &first);
	for (size_t i = first; i < first + count; i++)
		if (strlen(catalog_at(i)->name) == digits && catalog_at(i)->index_max >= 0)
			offer_numbers(o, catalog_at(i));
}

/* ---- values ---- */

static void offer_values(const struct offer *o, const struct catalog_row *row)
{
	struct catalog_choice c;
	char word[64];

	for (size_t i = 0; catalog_choice(row, i, &c); i++) {
		if (c.kind == CATALOG_WORD) {
			str_copy_n(word, sizeof(word), c.text, c.len);
			offer_word(o, word, meaning(row, word, strlen(word)));
		}
		if (c.kind != CATALOG_RANGE || c.max - c.min >= FEW_VALUES)
			continue;
		for (double v = c.min; v <= c.max; v += 1) {
			str_fmt(word, sizeof(word), "%.0f", v);
			offer_word(o, word, meaning(row, word, strlen(word)));
		}
	}
}

/* Numbers with a meaning that the row does not tell one by one. */
static void offer_meanings(const struct offer *o, const struct catalog_row *row)
{
	for (size_t i = 0; i < MEANINGS; i++)
		if (!strcmp(meanings[i].name, row->name) &&
		    catalog_value_fits(row, meanings[i].value, strlen(meanings[i].value)) ==
			CATALOG_CANT_TELL)
			offer_word(o, meanings[i].value, meanings[i].about);
}

size_t catalog_complete(const char *line, size_t cursor,
    void (*add)(void *arg, const char *word, const char *detail), void *arg)
{
	struct offer o = {.add = add, .arg = arg};
	struct catalog_cmd c;

	/* What stands behind the cursor is not looked at: it may be about to go. */
	catalog_at_cursor(line, cursor, cursor, true, &c);
	if (cursor <= c.name_end) {
		o.typed = line + c.name;
		o.n = cursor - c.name;
		offer_names(&o);
		return c.name;
	}
	if (c.backlog || !c.row || c.row->secret)
		return cursor;
	o.typed = line + c.value;
	o.n = cursor - c.value;
	offer_values(&o, c.row);
	offer_meanings(&o, c.row);
	return c.value;
}

/* ---- hint ---- */

static const char *marks(const struct catalog_row *row)
{
	if (row->secret)
		return row->restarts ? " · secret · restarts" : " · secret";
	return row->restarts ? " · restarts" : "";
}

static void usage(const struct catalog_row *row, char *dst, size_t size)
{
	char name[64];

	catalog_name(row, name, sizeof(name));
	str_fmt(dst, size, "%s%s%s", name, row->args[0] ? " " : "", row->args);
}

void catalog_hint(const char *line, size_t cursor, char *dst, size_t size)
{
	const char *about;
	struct catalog_cmd c;
	char text[128];
	size_t n;

	dst[0] = '\0';
	catalog_at_cursor(line, strlen(line), cursor, true, &c);
	if (!c.row)
		return;
	for (n = c.value_end - c.value; n && line[c.value + n - 1] == ' ';)
		n--;
	about = meaning(c.row, line + c.value, n);
	usage(c.row, text, sizeof(text));
	if (about[0])
		str_fmt(
		    dst, size, "%.*s: %s  %s%s", (int)n, line + c.value, about, text, marks(c.row));
	else
		str_fmt(dst, size, "%s  %s%s", text, c.row->summary, marks(c.row));
}

/* ---- help ---- */

static bool contains(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (; strlen(text) >= n; text++)
		if (!str_ncasecmp(text, word, n))
			return true;
	return false;
}

static void help_of(const struct catalog_row *row, struct sbuf *out)
{
	char text[128];

	usage(row, text, sizeof(text));
	sbuf_fmt(out, "%s\n  %s\n", text, row->summary);
	sbuf_fmt(out, "  Group: %s\n", row->group);
	if (row->secret)
		sbuf_add(out,
		    "  The value is a secret: dots while it is typed, asterisks afterwards.\n");
	if (row->restarts)
		sbuf_add(out, "  The device restarts some seconds later.\n");
	sbuf_add(out, "\n");
}

/* The rows of that name, or the one that has that number. */
static size_t help_of_name(const struct catalog_row *found, int index, struct sbuf *out)
{
	size_t first, count, told = 0;

	if (index >= 0) {
		help_of(found, out);
		return 1;
	}
	count = catalog_prefix(found->name, strlen(found->name), &first);
	for (size_t i = first; i < first + count; i++)
		if (!strcmp(catalog_at(i)->name, found->name)) {
			help_of(catalog_at(i), out);
			told++;
		}
	return told;
}

size_t catalog_help(const char *word, struct sbuf *out)
{
	const struct catalog_row *found;
	size_t told = 0, others = 0;
	char text[128];
	int index;

	found = catalog_find(word, strlen(word), NULL, &index);
	if (found)
		told = help_of_name(found, index, out);
	for (size_t i = 0; i < catalog_count() && (!found || index < 0); i++) {
		const struct catalog_row *row = catalog_at(i);

		if ((found && !strcmp(row->name, found->name)) ||
		    (!contains(row->name, word) && !contains(row->summary, word) &&
			!contains(row->group, word)))
			continue;
		if (found && !others++)
			sbuf_add(out, "Others that have to do with it:\n\n");
		usage(row, text, sizeof(text));
		sbuf_fmt(out, "  %-38s  %s%s\n", text, row->summary, marks(row));
		told++;
	}
	return told;
}

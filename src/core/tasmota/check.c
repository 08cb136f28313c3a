/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What would go wrong with a line for the device: one function per trap. */
#include "tasmite/core/tasmota/check.h"

#include <stdarg.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/catalog.h"
#include "traps.h"

/* Versions at which something changed. */
#define V6_2  0x06020000u /* a leading 1 is a letter like others; 0 clears */
#define V6_6  0x06060000u /* both ends of a backlog's commands are trimmed */
#define V7_0  0x07000000u /* WifiConfig 1 and 3 are gone */
#define V8_1  0x08010000u /* keys below 5 characters are ignored */
#define V8_3  0x08030000u /* an overrun executes nothing, before: its tail */
#define V9_4  0x09040000u /* ";" within { } stays, Reset is taken out of a backlog */
#define V13_3 0x0d030000u /* a backlog of any length, at the latest */
#define V12_2 0x0c020000u /* 800 bytes instead of 520 */
#define QUEUE 29	  /* a ring of 30, of which one stays free */

struct check {
	const struct check_line *in;
	struct check_warning *out;
	size_t count, max;
	bool restart_told;
	unsigned commands; /* of the backlog */
};

static void warn(struct check *k, enum check_kind kind, size_t from, size_t to, const char *fmt,
    ...) __attribute__((format(printf, 5, 6)));

static void warn(
    struct check *k, enum check_kind kind, size_t from, size_t to, const char *fmt, ...)
{
	struct check_warning *w;
	va_list ap;

	if (k->count == k->max)
		return;
	w = &k->out[k->count++];
	memset(w, 0, sizeof(*w));
	w->kind = kind;
	w->told = kind == CHECK_RESTART || kind == CHECK_CLEAR;
	w->at = from;
	w->len = to - from;
	va_start(ap, fmt);
	str_vfmt(w->text, sizeof(w->text), fmt, ap);
	va_end(ap);
}

static void warn_trap(
    struct check *k, enum check_kind kind, size_t from, size_t to, enum traps_id id)
{
	warn(k, kind, from, to, "%s", traps_text(id));
}

static bool known_before(const struct check *k, uint32_t version)
{
	return k->in->version && k->in->version < version;
}

static bool is_row(const struct catalog_cmd *c, const char *name)
{
	return c->row && !strcmp(c->row->name, name);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The value as the device takes it: firmware of mid 2019 trims both ends in a backlog. */
static size_t value_end(const struct check *k, const struct catalog_cmd *c)
{
	size_t end = c->value_end;

	while (
	    (c->inside && !known_before(k, V6_6)) && end > c->value && k->in->line[end - 1] == ' ')
		end--;
	return end;
}

static bool value_is(const struct check *k, const struct catalog_cmd *c, const char *text)
{
	size_t n = value_end(k, c) - c->value;

	return strlen(text) == n && !str_ncasecmp(k->in->line + c->value, text, n);
}

/* Text that is kept as it comes, not a number or a list. */
static bool takes_text(const struct catalog_row *row)
{
	static const char *const kinds[] = {"<ssid>", "<password>", "<host>", "<user>", "<topic>",
	    "<name>", "<text>", "<url>", "<template>", "<token>"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_starts(row->args, kinds[i]) && !strchr(row->args, ' '))
			return true;
	return false;
}

/* "<text>|0|1" takes "1"; where 2 means something, 1 means no default. */
static bool takes_word(const struct catalog_row *row, const char *word)
{
	struct catalog_choice c;

	for (size_t i = 0; catalog_choice(row, i, &c); i++)
		if (c.kind == CATALOG_WORD && c.len == strlen(word) && !memcmp(c.text, word, c.len))
			return true;
	return false;
}

static bool one_is_default(const struct catalog_row *row)
{
	return takes_text(row) && (takes_word(row, "1") || row->secret) && !takes_word(row, "2");
}

/* ---- names -------------------------------------------------------------------------------------- */

static bool at_cursor(const struct check *k, size_t from, size_t to)
{
	return k->in->cursor != SIZE_MAX && k->in->cursor >= from && k->in->cursor <= to;
}

/* SetOption9 and SetOption90. */
static bool same_stem(const char *name, size_t n, const char *near)
{
	size_t stem = strcspn(near, "0123456789");

	return n > stem && is_digit(name[stem]) && !str_ncasecmp(name, near, stem);
}

static void check_unknown(struct check *k, const struct catalog_cmd *c)
{
	const char *name = k->in->line + c->name;
	size_t n = c->name_end - c->name, first;
	char near[64];

	if (!n && c->value == c->value_end)
		return;
	/* What is not whole yet may become a name. */
	if (at_cursor(k, c->name, c->name_end) && catalog_prefix(name, n, &first))
		return;
	catalog_nearest(name, n, near, sizeof(near));
	if (near[0] && same_stem(name, n, near))
		warn(k, CHECK_UNKNOWN, c->name, c->name_end, "no such number is known");
	else if (near[0])
		warn(k, CHECK_UNKNOWN, c->name, c->name_end, "unknown: did you mean %s?", near);
	else if (k->in->version)
		warn(k, CHECK_UNKNOWN, c->name, n ? c->name_end : c->value_end,
		    "no such command is known");
}

static void check_index(struct check *k, const struct catalog_cmd *c)
{
	if (c->match == CATALOG_TAKES_NONE)
		warn(k, CHECK_INDEX, c->name, c->name_end, "%s takes no number", c->row->name);
	else if (c->match == CATALOG_OUT_OF_RANGE)
		warn(k, CHECK_INDEX, c->name, c->name_end, "%s takes the numbers %d to %d",
		    c->row->name, c->row->index_min, c->row->index_max);
}

/* ---- values ------------------------------------------------------------------------------------- */

/* More letters could make a fitting value of it. */
static bool may_grow(const struct catalog_row *row, const char *value, size_t n)
{
	struct catalog_choice c;
	double number = 0;
	bool digits = n > 0;

	while (n && value[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < n; i++) {
		digits = digits && (is_digit(value[i]) || value[i] == '.' ||
				       (!i && n > 1 && value[i] == '-'));
		number = number * 10 + (is_digit(value[i]) ? value[i] - '0' : 0);
	}
	for (size_t i = 0; catalog_choice(row, i, &c); i++) {
		if (c.kind == CATALOG_WORD && c.len > n && !str_ncasecmp(c.text, value, n))
			return true;
		if (c.kind == CATALOG_RANGE && digits && number < c.max)
			return true;
		if (c.kind == CATALOG_RANGE && c.min < 0 && n == 1 && *value == '-')
			return true;
	}
	for (size_t i = 0; i < 3; i++) {
		static const char *const words[] = {"off", "on", "toggle"};

		if (n < strlen(words[i]) && !str_ncasecmp(words[i], value, n))
			return true;
	}
	return false;
}

static void check_range(struct check *k, const struct catalog_cmd *c)
{
	const char *value = k->in->line + c->value;
	size_t n = c->value_end - c->value;

	if (catalog_value_fits(c->row, value, n) != CATALOG_FITS_NOT)
		return;
	if (at_cursor(k, c->value, c->value_end) && may_grow(c->row, value, n))
		return;
	if (is_row(c, "WifiConfig") && (value_is(k, c, "1") || value_is(k, c, "3"))) {
		if (!known_before(k, V7_0))
			warn(k, CHECK_RANGE, c->value, c->value_end,
			    "WifiConfig %s was removed with 7.0: the device takes 2",
			    value_is(k, c, "1") ? "1" : "3");
		return;
	}
	warn(k, CHECK_RANGE, c->value, c->value_end, "%s takes %s", c->row->name, c->row->args);
}

static void check_one_and_zero(struct check *k, const struct catalog_cmd *c)
{
	const char *value = k->in->line + c->value;
	size_t n = value_end(k, c) - c->value;

	if (!takes_text(c->row))
		return;
	if (one_is_default(c->row)) {
		if (value_is(k, c, "1"))
			warn_trap(k, CHECK_DEFAULT, c->value, c->value_end, TRAPS_DEFAULT);
		else if (known_before(k, V6_2) && traps_is_one(value, n))
			warn_trap(k, CHECK_DEFAULT, c->value, c->value_end, TRAPS_DEFAULT_OLD);
	}
	if (!known_before(k, V6_2) && (value_is(k, c, "0") || value_is(k, c, "\"")) &&
	    (takes_word(c->row, "0") || value_is(k, c, "\"")))
		warn_trap(k, CHECK_CLEAR, c->value, c->value_end,
		    value_is(k, c, "0") ? TRAPS_ZERO : TRAPS_QUOTE);
}

static void check_blanks(struct check *k, const struct catalog_cmd *c)
{
	size_t end = value_end(k, c), from = end;

	if (takes_text(c->row) && c->value > c->name_end + 1)
		warn(k, CHECK_BLANK, c->name_end + 1, c->value,
		    "blanks before the value are skipped: they never become part of it");
	while (from > c->value && k->in->line[from - 1] == ' ')
		from--;
	if (from == end || from == c->value || !takes_text(c->row))
		return;
	if (c->inside && c->to < k->in->n)
		warn(k, CHECK_BLANK, from, end, "this version keeps the blank before the ;");
	else
		warn_trap(k, CHECK_BLANK, from, end, TRAPS_BLANK);
}

static bool is_wifi_key(const struct catalog_cmd *c)
{
	return is_row(c, "Password") || is_row(c, "RgxPassword");
}

static void check_key_length(struct check *k, const struct catalog_cmd *c, size_t n)
{
	bool special = n == 1 && memchr("01\"", k->in->line[c->value], 3);

	if (!is_wifi_key(c) || !n || special)
		return;
	if (n < 5 && !known_before(k, V8_1))
		warn_trap(k, CHECK_SHORT, c->value, c->value_end, TRAPS_KEY_SHORT);
	else if (n < 8)
		warn(k, CHECK_SHORT, c->value, c->value_end,
		    "a Wi-Fi key has at least 8 characters, this one %zu", n);
}

static void check_length(struct check *k, const struct catalog_cmd *c)
{
	const char *name = c->row->name;
	size_t n = value_end(k, c) - c->value;
	size_t most = traps_most(name, strlen(name), k->in->version);
	char text[sizeof(k->out->text)];

	check_key_length(k, c, n);
	if (n <= most)
		return;
	traps_too_long(name, n, most, k->in->version, text, sizeof(text));
	warn(k, CHECK_LONG, c->value + most, c->value_end, "%s", text);
}

static void check_special(struct check *k, const struct catalog_cmd *c)
{
	static const char *const silent[] = {"5", "7", "25", "41", "43"};
	const char *value = k->in->line + c->value, *percent;
	size_t n = value_end(k, c) - c->value;

	percent = n ? memchr(value, '%', n) : NULL;
	if (is_row(c, "Hostname") && percent)
		warn_trap(k, CHECK_PERCENT, c->value + (size_t)(percent - value), c->value_end,
		    TRAPS_PERCENT);
	for (size_t i = 0; is_row(c, "Module") && i < sizeof(silent) / sizeof(silent[0]); i++)
		if (value_is(k, c, silent[i]))
			warn(k, CHECK_CONSOLE, c->value, c->value_end,
			    "this module uses the serial port itself: no console after the "
			    "restart");
	if (is_row(c, "SerialSend"))
		warn(k, CHECK_CONSOLE, c->name, c->name_end,
		    "the console stops listening until SerialLog is set by web or MQTT");
	if (!c->row->restarts || !n || value_is(k, c, "?") || k->restart_told)
		return;
	k->restart_told = true;
	warn(k, CHECK_RESTART, c->name, c->value_end, "%s restarts the device%s", c->row->name,
	    c->inside ? ", when all is done" : "");
}

/* ---- backlogs ----------------------------------------------------------------------------------- */

static bool starts_with_on(const char *value, size_t n)
{
	return n > 3 && !str_ncasecmp(value, "on ", 3);
}

static void check_inside(struct check *k, const struct catalog_cmd *c)
{
	const char *value = k->in->line + c->value;

	if (!c->inside)
		return;
	if (is_row(c, "Reset") && !known_before(k, V9_4))
		warn(k, CHECK_RESET, c->name, c->value_end,
		    "Reset in a backlog does nothing%s: send it alone",
		    k->in->version ? "" : " since 9.4");
	if (is_row(c, "Rule") && starts_with_on(value, c->value_end - c->value) && c->to < k->in->n)
		warn(k, CHECK_RULE, c->to, c->to + 1,
		    "a ; ends the rule here: send a rule on a line of its own");
	if (c->name < c->name_end && !c->backlog && ++k->commands == QUEUE + 1 &&
	    (!k->in->version || known_before(k, V13_3)))
		warn(k, CHECK_MANY, c->from, c->to,
		    "a backlog takes %d commands: what is beyond may be dropped", QUEUE);
}

/* "Password1 a;b" in a backlog: b is no command, and hardly was meant as one. */
static bool cut_by_semicolon(
    struct check *k, const struct catalog_cmd *before, const struct catalog_cmd *c)
{
	if (!c->inside || c->row || !before->row || !takes_text(before->row) ||
	    before->value == before->value_end || c->from == c->to || k->in->line[c->from] == ' ')
		return false;
	if (at_cursor(k, c->from, c->to)) {
		size_t first;

		if (catalog_prefix(k->in->line + c->name, c->name_end - c->name, &first))
			return false;
	}
	warn(k, CHECK_SEMICOLON, c->from - 1, c->from,
	    "the ; ends %s here: a value with ; goes on a line of its own", before->row->name);
	return true;
}

/* ---- the line ----------------------------------------------------------------------------------- */

size_t check_buffer_size(uint32_t version)
{
	/* One is for the end; the change came with 12.1.1.x. */
	return version >= V12_2 ? 799 : 519;
}

static void check_bytes(struct check *k)
{
	const char *line = k->in->line;
	size_t n = k->in->n, most = check_buffer_size(k->in->version);

	for (size_t i = 0; i < n; i++) {
		size_t from = i;

		while (i < n && ((unsigned char)line[i] >= 0x7f || (unsigned char)line[i] < 0x20))
			i++;
		if (i == from)
			continue;
		if ((unsigned char)line[from] > 0x7f)
			warn_trap(k, CHECK_NOT_ASCII, from, i, TRAPS_NOT_ASCII);
		else
			warn_trap(k, CHECK_NOT_ASCII, from, i, TRAPS_CONTROL);
		break;
	}
	if (n > most)
		warn(k, CHECK_LINE_TOO_LONG, most, n, "%zu characters, the device takes %zu: %s", n,
		    most,
		    known_before(k, V8_3) ? "it runs the rest as a command"
					  : "nothing of it is run");
}

static void check_command(struct check *k, const struct catalog_cmd *c)
{
	check_inside(k, c);
	if (!c->row) {
		check_unknown(k, c);
		return;
	}
	check_index(k, c);
	if (c->backlog)
		return;
	check_special(k, c);
	if (c->value == c->value_end)
		return;
	check_range(k, c);
	check_one_and_zero(k, c);
	check_blanks(k, c);
	check_length(k, c);
}

static void sort(struct check_warning *w, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct check_warning one = w[i];
		size_t j = i;

		for (; j > 0 && w[j - 1].at > one.at; j--)
			w[j] = w[j - 1];
		w[j] = one;
	}
}

size_t check_line(const struct check_line *in, struct check_warning *out, size_t max)
{
	struct check k = {.in = in, .out = out, .max = max};
	struct catalog_cmd c, before = {.row = NULL};
	struct catalog_split s;

	check_bytes(&k); /* first: what ruins all is told in any case */
	catalog_split_init(&s, in->line, in->n, !known_before(&k, V9_4));
	while (catalog_split_next(&s, &c)) {
		if (!cut_by_semicolon(&k, &before, &c))
			check_command(&k, &c);
		before = c;
	}
	sort(out, k.count);
	return k.count;
}

const struct check_warning *check_choose(
    const struct check_line *in, const struct check_warning *w, size_t count)
{
	bool braces = !in->version || in->version >= V9_4;
	const struct check_warning *best = NULL;
	struct catalog_cmd c;
	int best_rank = -1;

	catalog_at_cursor(in->line, in->n, in->cursor < in->n ? in->cursor : in->n, braces, &c);
	for (size_t i = 0; i < count; i++) {
		bool here = w[i].at + w[i].len >= c.from && w[i].at <= c.to;
		int rank = (w[i].told ? 0 : 2) + here;

		if (w[i].kind == CHECK_NOT_ASCII || w[i].kind == CHECK_LINE_TOO_LONG)
			rank = 4;
		if (rank > best_rank) {
			best = &w[i];
			best_rank = rank;
		}
	}
	return best;
}

const char *check_kind_name(enum check_kind kind)
{
	static const char *const names[CHECK_KINDS] = {"unknown", "index", "range", "restart",
	    "default", "clear", "not-ascii", "semicolon", "blank", "short", "long", "percent",
	    "reset", "rule", "console", "many", "line-too-long"};

	return names[kind];
}

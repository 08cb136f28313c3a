/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasmota's commands: looking up in the table, values, a line taken apart. */
#include "tasmite/core/tasmota/catalog.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "tasmite/core/tasmota/catalog_gen.h"
#include "tasmite/core/words.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

/* ---- the table --------------------------------------------------------------------------------- */

size_t catalog_count(void)
{
	return catalog_gen_count;
}

const struct catalog_row *catalog_at(size_t i)
{
	assert(i < catalog_gen_count);
	return &catalog_gen_rows[i];
}

/* As the table is sorted. Only the first n letters of the name count; a shorter one comes first. */
static int compare(const char *name, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int a = lower(name[i]), b = lower(text[i]);

		if (a != b)
			return a < b ? -1 : 1;
		if (!a)
			break;
	}
	return 0;
}

/* The first row that is not below the text (or, after: that is above it). */
static size_t bound(const char *text, size_t n, bool after)
{
	size_t from = 0, to = catalog_gen_count;

	while (from < to) {
		size_t at = from + (to - from) / 2;
		int c = compare(catalog_gen_rows[at].name, text, n);

		if (c < 0 || (after && c == 0))
			from = at + 1;
		else
			to = at;
	}
	return from;
}

size_t catalog_prefix(const char *text, size_t n, size_t *first)
{
	*first = bound(text, n, false);
	return bound(text, n, true) - *first;
}

/* The rows of exactly that name; shorter names come first among those that begin so. */
static size_t rows_of(const char *name, size_t n, size_t *first)
{
	size_t count = catalog_prefix(name, n, first), same = 0;

	while (same < count && !catalog_gen_rows[*first + same].name[n])
		same++;
	return same;
}

/* Among rows of one name the one for that number; the nearest if none takes it. */
static const struct catalog_row *row_for(
    size_t first, size_t count, int index, enum catalog_match *how)
{
	const struct catalog_row *near = NULL;

	for (size_t i = first; i < first + count; i++) {
		const struct catalog_row *row = catalog_at(i);

		if (index < 0 || (index >= row->index_min && index <= row->index_max)) {
			*how = CATALOG_FOUND; /* without a number: as if it were the first */
			return row;
		}
		if (!near || row->index_max >= 0)
			near = row;
	}
	*how = !near		     ? CATALOG_UNKNOWN
	       : near->index_max < 0 ? CATALOG_TAKES_NONE
				     : CATALOG_OUT_OF_RANGE;
	return near;
}

static int number_of(const char *digits, size_t n)
{
	int value = 0;

	for (size_t i = 0; i < n; i++)
		value = value > 9999 ? value : value * 10 + (digits[i] - '0');
	return n ? value : -1;
}

static const struct catalog_row *find(
    const char *name, size_t n, enum catalog_match *how, int *index)
{
	size_t first, count;

	/* Digits at the end belong to the name where there is such a name. */
	for (size_t base = n; base > 0; base--) {
		count = rows_of(name, base, &first);
		/* SetOption14 is not SetOption1 with a number that it does not take. */
		if (count && base < n && is_digit(name[base - 1]) &&
		    catalog_at(first + count - 1)->index_max < 0)
			count = 0;
		if (count) {
			*index = number_of(name + base, n - base);
			return row_for(first, count, *index, how);
		}
		if (!is_digit(name[base - 1]))
			break;
	}
	return NULL;
}

const struct catalog_row *catalog_find(
    const char *name, size_t n, enum catalog_match *how, int *index)
{
	enum catalog_match match = CATALOG_UNKNOWN;
	const struct catalog_row *row;
	int number = -1;

	row = find(name, n, &match, &number);
	if (how)
		*how = match;
	if (index)
		*index = number;
	return row;
}

const char *catalog_name(const struct catalog_row *row, char *dst, size_t size)
{
	if (row->index_max < 0)
		str_copy(dst, size, row->name);
	else
		str_fmt(dst, size, "%s<%d..%d>", row->name, row->index_min, row->index_max);
	return dst;
}

const char *catalog_nearest(const char *name, size_t n, char *dst, size_t size)
{
	char whole[WORDS_LONGEST + 1], base[WORDS_LONGEST + 1];
	struct nearest exact, stem;
	size_t digits = n;

	dst[0] = '\0';
	if (n > WORDS_LONGEST)
		return dst;
	while (digits && is_digit(name[digits - 1]))
		digits--;
	str_copy_n(whole, sizeof(whole), name, n);
	str_copy_n(base, sizeof(base), name, digits);
	nearest_init(&exact, whole);
	nearest_init(&stem, base);
	for (size_t i = 0; i < catalog_gen_count; i++) {
		const struct catalog_row *row = &catalog_gen_rows[i];
		size_t len = strlen(row->name);

		/* What differs much in length is not near: most rows are left out here. */
		if (len > n + 3 || len + 3 < digits)
			continue;
		if (row->index_max < 0)
			nearest_offer(&exact, row->name);
		else
			nearest_offer(&stem, row->name);
	}
	/* A short word that is half another one is no slip. */
	if (stem.best && stem.distance * 3 >= (int)digits)
		stem.best = NULL;
	if (exact.best && exact.distance * 3 >= (int)n)
		exact.best = NULL;
	if (stem.best && (!exact.best || stem.distance <= exact.distance))
		str_fmt(dst, size, "%s%.*s", stem.best, (int)(n - digits), name + digits);
	else if (exact.best)
		str_copy(dst, size, exact.best);
	return dst;
}

uint32_t catalog_version(const char *text)
{
	uint32_t version = 0;

	for (int part = 0; part < 4; part++) {
		uint32_t value = 0;

		if (part && *text++ != '.')
			return part > 1 ? version << (4 - part) * 8 : 0;
		if (!is_digit(*text))
			return part > 1 ? version << (4 - part) * 8 : 0;
		while (is_digit(*text) && value < 256)
			value = value * 10 + (uint32_t)(*text++ - '0');
		if (value > 255)
			return 0;
		version = version << 8 | value;
	}
	return version;
}

/* ---- values ------------------------------------------------------------------------------------- */

/* A decimal number at text; returns its length, 0: there is none. The locale has no say in it. */
static size_t decimal(const char *text, size_t n, double *value)
{
	size_t i = 0, digits = 0;
	double sign = 1, scale = 1;

	*value = 0;
	if (i < n && (text[i] == '-' || text[i] == '+'))
		sign = text[i++] == '-' ? -1 : 1;
	for (; i < n && is_digit(text[i]); i++, digits++)
		*value = *value * 10 + (text[i] - '0');
	if (i + 1 < n && text[i] == '.' && is_digit(text[i + 1]))
		for (i++; i < n && is_digit(text[i]); i++, digits++)
			*value += (text[i] - '0') * (scale /= 10);
	*value *= sign;
	return digits ? i : 0;
}

/* "0..100", "0..", "40..4000 (ESP8266)" */
static bool is_range(struct catalog_choice *c)
{
	size_t i = decimal(c->text, c->len, &c->min), k;

	if (!i || i + 2 > c->len || c->text[i] != '.' || c->text[i + 1] != '.')
		return false;
	i += 2;
	c->max = HUGE_VAL;
	if (i == c->len)
		return true;
	k = decimal(c->text + i, c->len - i, &c->max);
	i += k;
	return k && (i == c->len || (i + 1 < c->len && !memcmp(c->text + i, " (", 2)));
}

static void classify(struct catalog_choice *c)
{
	double value;

	if (is_range(c)) {
		c->kind = CATALOG_RANGE;
		return;
	}
	c->kind = CATALOG_WORD;
	if (c->len && decimal(c->text, c->len, &value) == c->len)
		return;
	if (c->len == 1)
		return; /* + - < > ! " */
	for (size_t i = 0; i < c->len; i++)
		if (!((c->text[i] >= 'a' && c->text[i] <= 'z') || c->text[i] == '_'))
			c->kind = CATALOG_FREE;
	if (!c->len)
		c->kind = CATALOG_FREE;
}

/* The end of an alternative: a "|" that stands within < >, [ ] or { } divides nothing. A lone < or >
 * is a value of its own. */
static size_t choice_end(const char *p)
{
	size_t i = 0;
	int depth = 0;

	if ((p[0] == '<' || p[0] == '>') && (p[1] == '|' || !p[1]))
		return 1;
	for (; p[i] && (depth || p[i] != '|'); i++) {
		if (p[i] == '<' || p[i] == '[' || p[i] == '{')
			depth++;
		else if (depth && (p[i] == '>' || p[i] == ']' || p[i] == '}'))
			depth--;
	}
	return i;
}

bool catalog_choice(const struct catalog_row *row, size_t i, struct catalog_choice *c)
{
	const char *p = row->args;

	for (;; i--) {
		size_t end = choice_end(p);

		if (!*p)
			return false;
		if (!i) {
			c->text = p;
			c->len = end;
			c->min = c->max = 0;
			classify(c);
			return true;
		}
		p += end;
		if (!*p++)
			return false;
	}
}

/* The words that stand for numbers where something is switched; -1: none of them. */
static int switch_word(const char *value, size_t n)
{
	static const struct {
		const char *word;
		int number;
	} words[] = {{"off", 0}, {"false", 0}, {"on", 1}, {"true", 1}, {"toggle", 2}, {"blink", 3},
	    {"blinkoff", 4}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == n && !str_ncasecmp(words[i].word, value, n))
			return words[i].number;
	return -1;
}

static bool choice_fits(const struct catalog_choice *c, const char *value, size_t n)
{
	int word = switch_word(value, n);
	double number, own;
	bool numeric = decimal(value, n, &number) == n;

	if (word >= 0) {
		number = word;
		numeric = true;
	}
	if (c->kind == CATALOG_RANGE)
		return numeric && number >= c->min && number <= c->max;
	if (c->len == n && !str_ncasecmp(c->text, value, n))
		return true;
	return numeric && decimal(c->text, c->len, &own) == c->len && own >= number &&
	       own <= number;
}

enum catalog_fit catalog_value_fits(const struct catalog_row *row, const char *value, size_t n)
{
	struct catalog_choice c;
	bool open = false;

	while (n && is_blank(value[n - 1]))
		n--;
	if (!n || (n == 1 && *value == '?'))
		return CATALOG_FITS;
	if (!row->args[0])
		return CATALOG_CANT_TELL; /* most commands don't look at what they don't take */
	for (size_t i = 0; catalog_choice(row, i, &c); i++) {
		if (c.kind == CATALOG_FREE)
			open = true;
		else if (choice_fits(&c, value, n))
			return CATALOG_FITS;
	}
	/* Several words, hexadecimal numbers: the rows don't tell of these. */
	if (open || memchr(value, ' ', n) || (n > 1 && value[0] == '0' && (value[1] | 0x20) == 'x'))
		return CATALOG_CANT_TELL;
	return CATALOG_FITS_NOT;
}

/* ---- a line taken apart -------------------------------------------------------------------------- */

void catalog_split_init(struct catalog_split *s, const char *line, size_t n, bool braces)
{
	memset(s, 0, sizeof(*s));
	s->line = line;
	s->n = n;
	s->braces = braces;
}

/* In a backlog: up to the next ";". */
static size_t part_end(const struct catalog_split *s, size_t at)
{
	unsigned depth = 0;

	for (; at < s->n; at++) {
		char c = s->line[at];

		if (s->braces && c == '{')
			depth++;
		else if (c == '}' && depth)
			depth--;
		else if (c == ';' && !depth)
			break;
	}
	return at;
}

static size_t skip_blank(const struct catalog_split *s, size_t at, size_t end)
{
	while (at < end && is_blank(s->line[at]))
		at++;
	return at;
}

static void find_name(const struct catalog_split *s, struct catalog_cmd *c)
{
	size_t at = skip_blank(s, c->from, c->to);

	c->name = at;
	for (; at < c->to && (is_name(s->line[at]) || s->line[at] == '/'); at++)
		if (s->line[at] == '/')
			c->name = at + 1;
	if (at > c->name + 1 && s->line[c->name] == '_')
		c->name++;
	c->name_end = at;
	c->value = skip_blank(s, at, c->to);
	c->value_end = c->to;
	c->row = catalog_find(s->line + c->name, at - c->name, &c->match, &c->index);
	/* Backlog, Backlog0, Backlog2, Backlog3 */
	c->backlog = c->row && !str_ncasecmp(c->row->name, "backlog", 7);
}

bool catalog_split_next(struct catalog_split *s, struct catalog_cmd *c)
{
	memset(c, 0, sizeof(*c));
	if (s->over)
		return false;
	c->from = s->at;
	c->to = s->inside ? part_end(s, s->at) : s->n;
	c->inside = s->inside;
	find_name(s, c);
	if (c->backlog) {
		c->to = c->value_end = c->value;
		s->inside = true;
		s->at = c->value;
		return true;
	}
	s->over = c->to == s->n;
	s->at = c->to + 1;
	return true;
}

void catalog_at_cursor(
    const char *line, size_t n, size_t cursor, bool braces, struct catalog_cmd *c)
{
	struct catalog_split s;
	struct catalog_cmd next;

	catalog_split_init(&s, line, n, braces);
	(void)catalog_split_next(&s, c);
	while (catalog_split_next(&s, &next) && next.from <= cursor) {
		/* Still within the word Backlog, or behind it with nothing there yet. */
		if (c->backlog && cursor <= c->name_end)
			break;
		*c = next;
	}
}

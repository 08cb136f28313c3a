/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON within a line: where it stands, its rows as a tree. */
#include "tasmite/core/json.h"

#include <assert.h>
#include <string.h>

#include <jansson.h>

/* Text with braces that are none of JSON's may stand before it. */
#define CANDIDATES 4

/* Behind the string whose opening quote stands at i; n: it has no end. */
static size_t string_end(const uint8_t *p, size_t i, size_t n)
{
	for (i++; i < n && p[i] != '"'; i++)
		if (p[i] == '\\')
			i++;
	return i < n ? i + 1 : n;
}

/* Behind the brace that closes the one at i; 0: there is none, or it is too far or too deep. A look
 * that costs little, and keeps from Jansson what would cost much. */
static size_t closing(const uint8_t *p, size_t i, size_t n)
{
	size_t most = n - i > JSON_MAX_BYTES ? i + JSON_MAX_BYTES : n;
	unsigned depth = 0;

	while (i < most) {
		switch (p[i]) {
		case '"':
			i = string_end(p, i, most);
			continue;
		case '{':
		case '[':
			if (++depth > JSON_MAX_DEPTH)
				return 0;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return i + 1;
			break;
		default:
			break;
		}
		i++;
	}
	return 0;
}

/* Members of an object; 0: it is no JSON, or has none. */
static size_t members(const uint8_t *p, size_t n)
{
	json_error_t error;
	json_t *json = json_loadb((const char *)p, n, JSON_ALLOW_NUL, &error);
	size_t count = json_object_size(json); /* 0 of what is none */

	json_decref(json);
	return count;
}

bool json_find(const uint8_t *line, size_t n, struct json_part *part)
{
	size_t at = 0;

	for (int i = 0; i < CANDIDATES && at < n; i++) {
		const uint8_t *brace = memchr(line + at, '{', n - at);
		size_t start, end, count;

		if (!brace)
			return false;
		start = (size_t)(brace - line);
		end = closing(line, start, n);
		if (!end) /* cut: what stands within it is no answer by itself */
			return false;
		count = members(brace, end - start);
		if (count && end <= UINT32_MAX) {
			part->start = (uint32_t)start;
			part->end = (uint32_t)end;
			part->members = (uint32_t)count;
			return true;
		}
		at = end;
	}
	return false;
}

/* ---- the tree -------------------------------------------------------------------------------- */

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static uint32_t skip_blanks(const struct json_walk *w, uint32_t at)
{
	while (at < w->end && blank(w->line[at]))
		at++;
	return at;
}

static void enter(struct json_walk *w, bool object)
{
	assert(w->open <= JSON_MAX_DEPTH); /* json_find saw to it */
	w->object[w->open++] = object;
	w->depth += object;
}

static void leave(struct json_walk *w)
{
	assert(w->open > 0); /* likewise */
	w->depth -= w->object[--w->open];
}

/* Whether a row ends behind the sign at `at`. */
static bool row_ends(const struct json_walk *w, uint32_t at)
{
	uint32_t next = skip_blanks(w, at + 1);

	if (next >= w->end)
		return false;
	if (w->line[at] == '{')
		return w->line[next] != '}';
	return w->line[at] == ',' && w->open && (w->object[w->open - 1] || w->line[next] == '{');
}

void json_walk_begin(struct json_walk *w, const uint8_t *line, const struct json_part *part)
{
	memset(w, 0, sizeof(*w));
	w->line = line;
	w->at = part->start + 1;
	w->end = part->end;
	enter(w, true);
}

bool json_walk_next(struct json_walk *w, struct json_row *row)
{
	uint32_t at = skip_blanks(w, w->at);

	if (at >= w->end)
		return false;
	row->start = at;
	row->depth = w->depth;
	while (at < w->end) {
		uint8_t c = w->line[at];

		if (c == '"') {
			at = (uint32_t)string_end(w->line, at, w->end);
			continue;
		}
		if (c == '{' || c == '[')
			enter(w, c == '{');
		else if (c == '}' || c == ']')
			leave(w);
		if ((c == '{' || c == ',') && row_ends(w, at++))
			break;
		at += c != '{' && c != ',';
	}
	w->at = at;
	row->end = at;
	return true;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the console answers. */
#include "tasmite/core/tasmota/answer.h"

#include <string.h>

/* So far into a line a tag is looked for: behind a clock, garbage and a terminal's stamp. */
#define TAG_WITHIN 160
#define KEY_MAX	   48

struct span {
	const char *p;
	size_t n;
};

static bool span_is(struct span s, const char *text)
{
	return s.n == strlen(text) && !memcmp(s.p, text, s.n);
}

static bool begins(struct span s, const char *text)
{
	return s.n >= strlen(text) && !memcmp(s.p, text, strlen(text));
}

static struct span behind(struct span s, size_t n)
{
	return (struct span){s.p + n, s.n - n};
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* The tag: at the line's start or behind a blank. */
static bool find_tag(struct span line, struct span *rest, bool *echo)
{
	for (size_t i = 0; i + 5 <= line.n && i < TAG_WITHIN; i++) {
		struct span at = behind(line, i);

		if (i && line.p[i - 1] != ' ')
			continue;
		*echo = begins(at, "CMD: ");
		if (*echo || begins(at, "RSL: ") || begins(at, "MQT: ")) {
			*rest = behind(at, 5);
			return true;
		}
	}
	return false;
}

/* The last word of a topic. */
static struct span last_level(struct span topic)
{
	size_t i = topic.n;

	while (i && topic.p[i - 1] != '/')
		i--;
	return behind(topic, i);
}

static bool is_telemetry(struct span level)
{
	return span_is(level, "STATE") || span_is(level, "SENSOR") || begins(level, "INFO") ||
	       span_is(level, "LWT") || span_is(level, "UPGRADE");
}

/* "<topic> = {...}[ (retained)]" */
static void read_result(struct span t, struct answer *out)
{
	static const char retained[] = " (retained)";
	const size_t r = sizeof(retained) - 1;
	size_t i = 0;
	struct span level;

	while (i + 4 <= t.n && memcmp(t.p + i, " = {", 4) != 0)
		i++;
	if (i + 4 > t.n)
		return;
	level = last_level((struct span){t.p, i});
	t = behind(t, i + 3);
	if (t.n > r && !memcmp(t.p + t.n - r, retained, r))
		t.n -= r;
	if (is_telemetry(level))
		return;
	out->kind = begins(level, "STATUS") ? ANSWER_STATUS : ANSWER_JSON;
	out->text = t.p;
	out->n = t.n;
}

void answer_read(const char *line, size_t n, struct answer *out)
{
	struct span t = {line, n}, rest;
	bool echo;

	*out = (struct answer){.kind = ANSWER_NONE};
	while (t.n && t.p[t.n - 1] == '\r')
		t.n--;
	if (!find_tag(t, &rest, &echo))
		return;
	if (!echo) {
		read_result(rest, out);
		return;
	}
	if (span_is(rest, "Serial buffer overrun")) {
		out->kind = ANSWER_OVERRUN;
		return;
	}
	/* Level 3 tells of the command under the same tag. */
	if (begins(rest, "Group ") || begins(rest, "Grp ") || begins(rest, "Using USB") ||
	    begins(rest, "Fall back"))
		return;
	out->kind = ANSWER_ECHO;
	out->text = rest.p;
	out->n = rest.n;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* Behind the string that begins at its quote; its text without the quotes. */
static size_t string_at(struct span s, size_t at, struct span *text)
{
	size_t i = at + 1;

	while (i < s.n && s.p[i] != '"')
		i += s.p[i] == '\\' ? 2 : 1;
	if (i > s.n)
		i = s.n;
	*text = (struct span){s.p + at + 1, i - at - 1};
	return i < s.n ? i + 1 : i;
}

/* Behind the value that begins there: a string, or anything up to the ',' or '}' that ends it. */
static size_t value_at(struct span s, size_t at, struct span *value)
{
	size_t i = at;
	int depth = 0;
	struct span inner;

	if (i < s.n && s.p[i] == '"') {
		i = string_at(s, i, &inner);
		*value = (struct span){s.p + at, i - at};
		return i;
	}
	while (i < s.n) {
		char c = s.p[i];

		if (c == '"') {
			i = string_at(s, i, &inner);
			continue;
		}
		if (!depth && (c == ',' || c == '}'))
			break;
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		i++;
	}
	*value = (struct span){s.p + at, i - at};
	return i;
}

/* The next member of the object at the top: 1 with key and value, 0 at the end or in nonsense. */
static int member(struct span s, size_t *at, struct span *key, struct span *value)
{
	size_t i = *at;

	while (i < s.n && s.p[i] != '"' && s.p[i] != '}')
		i++;
	if (i >= s.n || s.p[i] == '}')
		return 0;
	i = string_at(s, i, key);
	while (i < s.n && s.p[i] == ' ')
		i++;
	if (i >= s.n || s.p[i] != ':')
		return 0;
	i++;
	while (i < s.n && s.p[i] == ' ')
		i++;
	*at = value_at(s, i, value);
	return 1;
}

enum backlog_state answer_refusal(const struct answer *a)
{
	struct span s = {a->text, a->n};

	if (a->kind != ANSWER_JSON)
		return BACKLOG_ANSWERED;
	/* Later builds add the input to it. */
	if (begins(s, "{\"Command\":\"Unknown\""))
		return BACKLOG_UNKNOWN;
	return begins(s, "{\"Command\":\"Error\"") ? BACKLOG_ERROR : BACKLOG_ANSWERED;
}

/* ---- whose answer ---------------------------------------------------------------------------- */

/* The name under which a command answers, where it is another. */
static const char *alias(const struct backlog_name *name)
{
	static const char *const rows[][2] = {
	    {"SO", "SetOption"}, {"Upload", "Upgrade"}, {"Template", "NAME"}, {"T", "Time"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (backlog_is(name, rows[i][0]))
			return rows[i][1];
	return NULL;
}

/* "SSId1" for SSId 1, SSId1 and SSId; "POWER" for Power1. */
static bool key_fits(struct span key, const struct backlog_name *name)
{
	const char *other = alias(name);
	struct span base = {other ? other : name->p, other ? strlen(other) : name->n};
	long index = 0;
	size_t i = base.n;

	if (key.n < base.n || str_ncasecmp(key.p, base.p, base.n) != 0)
		return false;
	if (i == key.n)
		return name->index <= 1;
	for (; i < key.n; i++) {
		if (key.p[i] < '0' || key.p[i] > '9' || index > 100000)
			return false;
		index = index * 10 + (key.p[i] - '0');
	}
	/* Password3 sets what Password1 does, and some builds say so. */
	return index == (name->index < 0 ? 1 : name->index) ||
	       (backlog_is(name, "Password") && index + 2 == name->index);
}

/* ---- what it says ---------------------------------------------------------------------------- */

/* Is the text of a JSON string that value, either as it is or with JSON's escapes? */
static bool same_text(struct span s, const char *value)
{
	size_t n = strlen(value), k = 0;

	if (s.n == n && !memcmp(s.p, value, n))
		return true;
	for (size_t i = 0; i < s.n; i++, k++) {
		char c = s.p[i];

		if (c == '\\' && i + 1 < s.n) {
			c = s.p[++i];
			if (c != '"' && c != '\\' && c != '/')
				return false; /* no control character is ever sent */
		}
		if (k >= n || value[k] != c)
			return false;
	}
	return k == n;
}

static bool stars(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '*')
			return false;
	return s.n >= 4;
}

static bool number(const char *p, size_t n, long *v)
{
	size_t i = 0;
	long sign = 1;

	if (i < n && (p[i] == '-' || p[i] == '+'))
		sign = p[i++] == '-' ? -1 : 1;
	if (i == n || p[i] < '0' || p[i] > '9')
		return false;
	for (*v = 0; i < n && p[i] >= '0' && p[i] <= '9'; i++)
		if (*v < 1000000000)
			*v = *v * 10 + (p[i] - '0');
	*v *= sign;
	return true;
}

/* A switch word as its number, a number as itself. */
static bool as_number(struct span s, long *v)
{
	static const char *const words[][2] = {
	    {"off", "0"}, {"on", "1"}, {"false", "0"}, {"true", "1"}};

	for (size_t i = 0; i < 4; i++)
		if (s.n == strlen(words[i][0]) && !str_ncasecmp(s.p, words[i][0], s.n)) {
			*v = words[i][1][0] - '0';
			return true;
		}
	return number(s.p, s.n, v);
}

static bool whole_number(const char *value, long *v)
{
	size_t digits = strspn(value + (*value == '-' || *value == '+'), "0123456789");

	if (value[digits + (*value == '-' || *value == '+')])
		return as_number((struct span){value, strlen(value)}, v) && digits == 0;
	return number(value, strlen(value), v);
}

/* "2 (Active 2)", 2, "ON", {"2":{"Active":"2"}}: the number in front. */
static enum backlog_state judge_number(struct span value, long want)
{
	struct span s = value;
	long have;

	if (s.n && (*s.p == '"' || *s.p == '{'))
		s = behind(s, 1);
	if (s.n && value.p[0] == '{' && *s.p == '"')
		s = behind(s, 1);
	if (s.n && value.p[0] == '"' && s.p[s.n - 1] == '"')
		s.n--;
	if (!as_number(s, &have))
		return BACKLOG_ANSWERED;
	return have == want ? BACKLOG_STORED : BACKLOG_DIFFERENT;
}

static void keep(struct span s, char *stored, size_t size)
{
	if (s.n >= 2 && *s.p == '"' && s.p[s.n - 1] == '"')
		s = (struct span){s.p + 1, s.n - 2};
	str_copy_n(stored, size, s.p, s.n);
}

static enum backlog_state judge(
    struct span value, const struct backlog_name *name, char *stored, size_t size)
{
	unsigned facts = backlog_facts(name);
	struct span text = value;
	bool is_text = value.n >= 2 && *value.p == '"' && value.p[value.n - 1] == '"';
	enum backlog_state state = BACKLOG_ANSWERED;
	long want;

	if (!name->value[0] || !strcmp(name->value, "?"))
		return BACKLOG_STORED;
	if (is_text)
		text = (struct span){value.p + 1, value.n - 2};
	if (is_text && same_text(text, name->value))
		return BACKLOG_STORED;
	if (facts & BACKLOG_TEXTUAL) {
		if (is_text && (!strcmp(name->value, "0") || !strcmp(name->value, "\"")) && !text.n)
			return BACKLOG_STORED;
		/* The later forms of the secret commands never show what they keep. */
		if (is_text && stars(text) &&
		    ((backlog_is(name, "Password") && name->index > 2) || name->index == 2))
			return BACKLOG_ANSWERED;
		state = is_text ? BACKLOG_DIFFERENT : BACKLOG_ANSWERED;
	} else if (!(facts & BACKLOG_ONCE) && whole_number(name->value, &want)) {
		state = judge_number(value, want);
	}
	if (state == BACKLOG_DIFFERENT)
		keep(value, stored, size);
	return state;
}

/* {"KEY":"<anything>"}: a value that old firmware wrote as it is may look like more members. */
static bool sole_value(struct span s, const struct backlog_name *name, struct span *value)
{
	size_t i;

	if (s.n < 6 || memcmp(s.p, "{\"", 2) != 0 || memcmp(s.p + s.n - 2, "\"}", 2) != 0)
		return false;
	for (i = 2; i < s.n && s.p[i] != '"'; i++)
		;
	if (i + 3 >= s.n || memcmp(s.p + i, "\":\"", 3) != 0 || i + 3 > s.n - 2 ||
	    !key_fits((struct span){s.p + 2, i - 2}, name))
		return false;
	*value = (struct span){s.p + i + 2, s.n - 1 - (i + 2)};
	return true;
}

bool answer_judge(const struct answer *a, const char *command, enum backlog_state *state,
    char *stored, size_t size)
{
	struct backlog_name name;
	struct span s = {a->text, a->n}, key, value;
	size_t at = 0;

	stored[0] = '\0';
	backlog_name(command, &name);
	if (a->kind == ANSWER_STATUS) {
		*state = BACKLOG_STORED;
		return backlog_is(&name, "Status");
	}
	if (a->kind != ANSWER_JSON)
		return false;
	if ((backlog_facts(&name) & BACKLOG_TEXTUAL) && sole_value(s, &name, &value)) {
		*state = judge(value, &name, stored, size);
		return true;
	}
	for (int i = 0; i < 24 && member(s, &at, &key, &value); i++)
		if (key.n <= KEY_MAX && key_fits(key, &name)) {
			*state = judge(value, &name, stored, size);
			return true;
		}
	return false;
}

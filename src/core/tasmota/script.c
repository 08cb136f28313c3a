/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scripts of commands. */
#include "tasmite/core/tasmota/script.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"

#define HOUR_MS 3600000L

struct reader {
	script_value value;
	void *ctx;
	struct backlog *b;
	struct script_wants *wants;
	struct err *err;
	int line;
	struct sbuf text; /* of the line, its values put in */
};

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

long script_time(const char *text, size_t n)
{
	long v = 0, unit = 100;
	size_t i = 0;

	while (i < n && text[i] >= '0' && text[i] <= '9' && v < HOUR_MS * 10)
		v = v * 10 + (text[i++] - '0');
	if (!i)
		return -1;
	if (n - i == 2 && !str_ncasecmp(text + i, "ms", 2))
		unit = 1;
	else if (n - i == 1 && (text[i] == 's' || text[i] == 'S'))
		unit = 1000;
	else if (n - i == 1 && (text[i] == 'm' || text[i] == 'M'))
		unit = 60000;
	else if (n != i)
		return -1;
	return v > HOUR_MS / unit ? -1 : v * unit;
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool contains(const char *name, const char *word)
{
	size_t n = strlen(word);

	for (; strlen(name) >= n; name++)
		if (!str_ncasecmp(name, word, n))
			return true;
	return false;
}

bool script_secret_name(const char *name)
{
	static const char *const words[] = {"pass", "pwd", "key", "secret", "token"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (contains(name, words[i]))
			return true;
	return false;
}

static bool is_password(const char *text)
{
	struct backlog_name command;

	backlog_name(text, &command);
	return command.n >= 8 && !str_ncasecmp(command.p + command.n - 8, "password", 8);
}

/* By its own name, or as the value of a command that keeps a secret. */
static bool is_secret(const struct reader *r, const char *name)
{
	return script_secret_name(name) || is_password(sbuf_str(&r->text));
}

static void want(struct reader *r, const char *name)
{
	struct script_wants *w = r->wants;

	for (int i = 0; i < w->count; i++)
		if (!strcmp(w->names[i], name)) {
			w->secret[i] = w->secret[i] || is_secret(r, name);
			return;
		}
	if (w->count == SCRIPT_WANTS)
		return; /* asked for in the next round */
	str_copy(w->names[w->count], SCRIPT_NAME, name);
	w->lines[w->count] = r->line;
	w->secret[w->count++] = is_secret(r, name);
}

/* p is behind "${"; how far the value reaches with its brace, 0 on a mistake. */
static size_t put_value(struct reader *r, const char *p, size_t n)
{
	char name[SCRIPT_NAME];
	const char *value;
	size_t i = 0;

	while (i < n && name_char(p[i]))
		i++;
	if (!i || i >= n || p[i] != '}' || i >= sizeof(name)) {
		err_set(r->err, ERR_FORMAT, 0,
		    "line %d: after ${ a name of letters, digits, _ and - and a } are expected "
		    "(a ${ of the value itself is written $${)",
		    r->line);
		return 0;
	}
	str_copy_n(name, sizeof(name), p, i);
	value = r->value(r->ctx, name);
	if (!value) {
		want(r, name);
	} else if (strpbrk(value, "\r\n")) {
		err_set(r->err, ERR_FORMAT, 0, "line %d: the value of %s has a line end in it",
		    r->line, name);
		return 0;
	} else {
		sbuf_add(&r->text, value);
	}
	return i + 1;
}

static int expand(struct reader *r, const char *p, size_t n)
{
	sbuf_clear(&r->text);
	for (size_t i = 0; i < n; i++) {
		size_t used;

		if (n - i >= 3 && !memcmp(p + i, "$${", 3)) {
			sbuf_add(&r->text, "${");
			i += 2;
			continue;
		}
		if (n - i < 2 || memcmp(p + i, "${", 2) != 0) {
			sbuf_add_char(&r->text, p[i]);
			continue;
		}
		used = put_value(r, p + i + 2, n - i - 2);
		if (!used)
			return ERR_FORMAT;
		i += used + 1;
	}
	if (r->text.cut)
		return err_set(r->err, ERR_RANGE, 0, "line %d is too long", r->line);
	return ERR_OK;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static bool is_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(line, word, n) && (line[n] == ' ' || line[n] == '\t' || !line[n]);
}

/* "wait [30s] TEXT" */
static int add_wait(struct reader *r, const char *rest)
{
	size_t n = strcspn(rest, " \t");
	bool unit = n && strchr("smSM", rest[n - 1]);
	long ms = unit ? script_time(rest, n) : -1;

	if (ms >= 0)
		rest = str_skip_blank(rest + n);
	else
		ms = SCRIPT_WAIT_MS;
	n = strlen(rest);
	while (n && (rest[n - 1] == ' ' || rest[n - 1] == '\t'))
		n--;
	if (!n)
		return err_set(r->err, ERR_FORMAT, 0,
		    "line %d: wait what for? wait [30s] TEXT, TEXT being part of a line of the "
		    "device",
		    r->line);
	if (!backlog_add_wait(r->b, rest, n, ms, r->line))
		return err_set(r->err, ERR_RANGE, 0, "line %d: too many lines", r->line);
	return ERR_OK;
}

static int add_delay(struct reader *r, const char *rest)
{
	size_t n = strcspn(rest, " \t");
	long ms = script_time(rest, n);

	if (ms < 0 || rest[n + strspn(rest + n, " \t")])
		return err_set(r->err, ERR_FORMAT, 0,
		    "line %d: delay wants 500ms, 2s, 1m or tenths of a second as Delay has them, "
		    "up to an hour",
		    r->line);
	if (!backlog_add_delay(r->b, ms, r->line))
		return err_set(r->err, ERR_RANGE, 0, "line %d: too many lines", r->line);
	return ERR_OK;
}

static int take_line(struct reader *r, const char *p, size_t n)
{
	const char *text;
	int rc;

	while (n && (*p == ' ' || *p == '\t')) {
		p++;
		n--;
	}
	if (!n || *p == '#')
		return ERR_OK;
	rc = expand(r, p, n);
	if (rc != ERR_OK)
		return rc;
	text = sbuf_str(&r->text);
	if (is_word(text, "wait"))
		return add_wait(r, str_skip_blank(text + 4));
	if (is_word(text, "delay"))
		return add_delay(r, str_skip_blank(text + 5));
	if (backlog_typed(text)) {
		size_t before = r->b->count;
		long suspect;

		if (!backlog_parse(r->b, text, &suspect))
			return err_set(r->err, ERR_RANGE, 0, "line %d: too many commands", r->line);
		if (suspect >= (long)before && is_password(r->b->steps[suspect].text))
			return err_set(r->err, ERR_FORMAT, 0,
			    "line %d: a Backlog is cut at each ;, also within a password: such a "
			    "command goes on a line of its own",
			    r->line);
		for (size_t i = before; i < r->b->count; i++)
			r->b->steps[i].line = r->line;
		return ERR_OK;
	}
	if (r->text.len && !backlog_add(r->b, text, r->text.len, r->line))
		return err_set(
		    r->err, ERR_RANGE, 0, "line %d: too long, or too many lines", r->line);
	return ERR_OK;
}

int script_read(const char *text, size_t n, script_value value, void *ctx, struct backlog *b,
    struct script_wants *wants, struct err *err)
{
	struct reader r = {.value = value, .ctx = ctx, .b = b, .wants = wants, .err = err};
	int rc = ERR_OK;
	size_t at = 0;

	wants->count = 0;
	if (memchr(text, '\0', n))
		return err_set(err, ERR_FORMAT, 0, "it holds a zero byte: it is no text file");
	if (n >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3))
		at = 3; /* an editor's mark */
	sbuf_init(&r.text, BACKLOG_TEXT);
	while (at < n && rc == ERR_OK) {
		size_t len = 0, next;

		/* LF, CR LF or CR: within a line the firmware would pass over a CR. */
		while (at + len < n && text[at + len] != '\n' && text[at + len] != '\r')
			len++;
		next = at + len + 1;
		if (next < n && text[next - 1] == '\r' && text[next] == '\n')
			next++;
		r.line++;
		rc = take_line(&r, text + at, len);
		at = next;
	}
	sbuf_fini(&r.text);
	if (rc == ERR_OK && wants->count)
		return err_set(err, ERR_AGAIN, 0, "values are missing");
	if (rc == ERR_OK && !b->count)
		return err_set(err, ERR_FORMAT, 0, "it has no command");
	return rc;
}

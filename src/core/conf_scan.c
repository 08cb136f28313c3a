/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first look at a configuration text: comments out, traps refused, lines of all names noted.
 *
 * Why there is a look before libconfuse's: its scanner keeps its state over calls, and an error
 * inside a string (no end, a bad octal escape) leaves it there, so that the next text is misread;
 * it puts in environment variables; it counts lines twice over comments; it takes the end of the
 * file for the end of a section; its words of an error hang on the locale; and it doesn't keep the
 * line of a value (facts read in libconfuse's lexer.l and confuse.c, and seen with 3.3).
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf_int.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "words.h"

/* Characters that end an unquoted word, as in libconfuse's lexer. */
#define DELIMITERS " #\"'\t\n\r={}()+,*"

struct scanner {
	struct conf_scan *out;
	const struct conf_form *forms;
	const char *file;
	struct conf_errors *errors;
	char *p; /* in the copy */
	int line;
	/* Words since the last value, section or brace: name, or section and title. */
	char *words[2];
	int lines[2];
	int pending;
	bool value_next;
	int depth, opened;   /* 1 inside a section, and the line where it began */
	const char *section; /* where names belong */
	char *title;
};

void conf_error(struct conf_errors *errors, const char *file, int line, const char *fmt, ...)
{
	char *text;
	va_list ap;
	char what[256];

	va_start(ap, fmt);
	str_vfmt(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (errors->count < (int)(sizeof(errors->text) / sizeof(errors->text[0]))) {
		text = errors->text[errors->count];
		if (line > 0)
			str_fmt(text, sizeof(errors->text[0]), "%s:%d: %s", file, line, what);
		else
			str_fmt(text, sizeof(errors->text[0]), "%s: %s", file, what);
	}
	errors->count++;
}

static bool fail(struct scanner *s, int line, const char *what)
{
	conf_error(s->errors, s->file, line, "%s", what);
	return false;
}

static void blank(struct scanner *s)
{
	if (*s->p == '\n')
		s->line++;
	else
		*s->p = ' ';
	s->p++;
}

static bool skip_comment(struct scanner *s)
{
	int began = s->line;

	if (s->p[0] != '/' || s->p[1] != '*') {
		while (*s->p && *s->p != '\n')
			blank(s);
		return true;
	}
	blank(s);
	blank(s);
	while (s->p[0] && !(s->p[0] == '*' && s->p[1] == '/'))
		blank(s);
	if (!s->p[0])
		return fail(s, began, "this comment has no end: expected */");
	blank(s);
	blank(s);
	return true;
}

static bool check_dollar(struct scanner *s)
{
	if (s->p[0] != '$' || s->p[1] != '{')
		return true;
	return fail(s, s->line,
	    "${...} is not replaced here: write the value itself, or put the text in 'single "
	    "quotes'");
}

static bool check_escape(struct scanner *s)
{
	const char *digits = s->p + 2;
	size_t n;

	if (s->p[1] >= '0' && s->p[1] <= '9')
		return fail(s, s->line, "octal escapes are not read: expected \\xNN");
	if (s->p[1] != 'x')
		return true;
	n = strspn(digits, "0123456789abcdefABCDEF");
	/* A zero byte would end the text for everybody else. */
	if (n == 0 || strspn(digits, "0") >= (n > 2 ? 2 : n))
		return fail(s, s->line, "expected \\xNN with NN from 01 to FF");
	return true;
}

/* A quoted word; s->p stands on its quote. */
static bool scan_quoted(struct scanner *s, size_t *len)
{
	char quote = *s->p, *from = ++s->p;
	int began = s->line;

	while (*s->p && *s->p != quote) {
		if (quote == '"' && !check_dollar(s))
			return false;
		if (*s->p == '\\' && s->p[1]) {
			if (quote == '"' && !check_escape(s))
				return false;
			s->p++;
		}
		if (*s->p == '\n')
			s->line++;
		s->p++;
	}
	if (!*s->p)
		return fail(s, began, "this text has no end: expected another quote");
	*len = (size_t)(s->p - from);
	s->p++;
	return true;
}

static bool scan_unquoted(struct scanner *s, size_t *len)
{
	char *from = s->p;

	while (*s->p && !strchr(DELIMITERS, *s->p)) {
		if (!check_dollar(s))
			return false;
		if ((unsigned char)*s->p < ' ')
			return fail(s, s->line, "a control character stands here");
		s->p++;
	}
	*len = (size_t)(s->p - from);
	return true;
}

static void drop_words(struct scanner *s)
{
	while (s->pending > 0)
		free(s->words[--s->pending]);
}

static bool add_name(struct scanner *s, const char *name, int line)
{
	struct conf_name *n;

	if (s->out->count == CONF_MAX_ENTRIES)
		return fail(s, line, "too many names");
	s->out->names = xreallocarray(s->out->names, s->out->count + 1, sizeof(*n));
	n = &s->out->names[s->out->count++];
	n->section = s->section;
	n->title = xstrdup(s->title ? s->title : "");
	n->name = name ? xstrdup(name) : NULL;
	n->line = line;
	return true;
}

/* What stands before was no beginning of anything. */
static bool fail_pending(struct scanner *s)
{
	conf_error(s->errors, s->file, s->lines[0], "expected '=' after '%.40s'", s->words[0]);
	return false;
}

static bool scan_word(struct scanner *s)
{
	bool quoted = *s->p == '"' || *s->p == '\'';
	char *from = quoted ? s->p + 1 : s->p;
	int line = s->line;
	size_t len;

	if (!(quoted ? scan_quoted(s, &len) : scan_unquoted(s, &len)))
		return false;
	if (s->value_next) {
		s->value_next = false;
		return true;
	}
	/* libconfuse takes a bar in a name as a path to another section. */
	if (memchr(from, '|', len) || memchr(from, '\\', len) || len == 0)
		return fail(s, line, "a name can't be empty nor have | or \\ in it");
	if (s->pending == 2)
		return fail_pending(s);
	s->words[s->pending] = xstrndup(from, len);
	s->lines[s->pending++] = line;
	return true;
}

static const struct conf_form *find_form(struct scanner *s, const char *name, int line)
{
	const struct conf_form *f;
	struct nearest near;
	char text[64];

	nearest_init(&near, name);
	for (f = s->forms; f->name; f++) {
		if (strcmp(f->name, name) == 0)
			return f;
		nearest_offer(&near, f->name);
	}
	conf_error(s->errors, s->file, line, "unknown section '%.40s'%s", name,
	    nearest_text(&near, "", text, sizeof(text)));
	return NULL;
}

static bool check_form(struct scanner *s, const struct conf_form *form)
{
	size_t i;

	if (form->titled != (s->pending == 2)) {
		conf_error(s->errors, s->file, s->lines[0], "expected %s%s {", form->name,
		    form->titled ? " NAME" : "");
		return false;
	}
	for (i = 0; form->titled && i < s->out->count; i++) {
		const struct conf_name *n = &s->out->names[i];

		if (n->name || n->section != form->name || strcmp(n->title, s->words[1]) != 0)
			continue;
		conf_error(s->errors, s->file, s->lines[0],
		    "there is another %s '%.40s' on line %d", form->name, n->title, n->line);
		return false;
	}
	return true;
}

static bool open_section(struct scanner *s)
{
	const struct conf_form *form;

	if (s->value_next)
		return fail(s, s->line, "expected a value (lists are not read)");
	if (s->pending == 0)
		return fail(s, s->line, "expected a name before {");
	if (s->depth > 0)
		return fail(s, s->lines[0], "a section can't stand in a section");
	form = find_form(s, s->words[0], s->lines[0]);
	if (!form || !check_form(s, form))
		return false;
	s->section = form->name;
	s->title = s->pending == 2 ? xstrdup(s->words[1]) : NULL;
	s->depth = 1;
	s->opened = s->lines[0];
	if (!add_name(s, NULL, s->lines[0]))
		return false;
	drop_words(s);
	return true;
}

static bool close_section(struct scanner *s)
{
	if (s->value_next)
		return fail(s, s->line, "expected a value after '='");
	if (s->pending > 0)
		return fail_pending(s);
	if (s->depth == 0)
		return fail(s, s->line, "unexpected '}'");
	s->depth = 0;
	s->section = "";
	free(s->title);
	s->title = NULL;
	return true;
}

static bool take_name(struct scanner *s)
{
	const struct conf_form *f;

	if (s->value_next || s->pending == 0)
		return fail(s, s->line,
		    s->value_next ? "expected a value after '='" : "expected a name before '='");
	if (s->pending == 2)
		return fail_pending(s);
	for (f = s->forms; s->depth == 0 && f->name; f++)
		if (strcmp(f->name, s->words[0]) == 0) {
			conf_error(s->errors, s->file, s->lines[0], "expected %s%s {", f->name,
			    f->titled ? " NAME" : "");
			return false;
		}
	if (!add_name(s, s->words[0], s->lines[0]))
		return false;
	drop_words(s);
	s->value_next = true;
	return true;
}

static bool scan_sign(struct scanner *s)
{
	char c = *s->p++;

	switch (c) {
	case '\n':
		s->line++;
		return true;
	case ' ':
	case '\t':
	case '\r':
		return true;
	case '{':
		return open_section(s);
	case '}':
		return close_section(s);
	case '=':
		return take_name(s);
	default: /* calls, lists and += of libconfuse, and '*', which it drops without a word */
		conf_error(s->errors, s->file, s->line,
		    "unexpected '%c': a value with it goes in quotes", c);
		return false;
	}
}

static bool at_end(struct scanner *s)
{
	if (s->value_next)
		return fail(s, s->line, "expected a value after '='");
	if (s->pending > 0)
		return fail_pending(s);
	if (s->depth > 0)
		return fail(s, s->opened, "this section has no end: expected }");
	return true;
}

static bool scan_all(struct scanner *s)
{
	/* A byte order mark that an editor put there is no part of a name. */
	if (strncmp(s->p, "\xEF\xBB\xBF", 3) == 0) {
		blank(s);
		blank(s);
		blank(s);
	}
	while (*s->p) {
		bool comment = *s->p == '#' || (*s->p == '/' && (s->p[1] == '/' || s->p[1] == '*'));
		bool good;

		if (comment)
			good = skip_comment(s);
		else if (strchr("={}()+,* \t\r\n", *s->p))
			good = scan_sign(s);
		else
			good = scan_word(s);
		if (!good)
			return false;
	}
	return at_end(s);
}

int conf_scan(struct conf_scan *scan, const struct conf_form *forms, const char *file,
    const char *text, struct conf_errors *errors)
{
	struct scanner s = {
	    .out = scan, .forms = forms, .file = file, .errors = errors, .line = 1, .section = ""};
	bool good;

	memset(scan, 0, sizeof(*scan));
	if (strlen(text) > CONF_MAX_TEXT) {
		conf_error(
		    errors, file, 0, "the file is too big (more than %u KB)", CONF_MAX_TEXT / 1024);
		return ERR_FORMAT;
	}
	scan->text = xstrdup(text);
	s.p = scan->text;
	good = scan_all(&s);
	drop_words(&s);
	free(s.title);
	return good ? ERR_OK : ERR_FORMAT;
}

void conf_scan_fini(struct conf_scan *scan)
{
	size_t i;

	for (i = 0; i < scan->count; i++) {
		free(scan->names[i].title);
		free(scan->names[i].name);
	}
	free(scan->names);
	free(scan->text);
	memset(scan, 0, sizeof(*scan));
}

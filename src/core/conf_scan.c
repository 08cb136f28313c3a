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
#include "tasmite/core/words.h"

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
	int depth;	     /* 1 inside a section, 2 in one of its own */
	int opened[2];	     /* the lines where these began */
	const char *section; /* where names belong */
	char *title;
	char *outer_title; /* while in a section of a section that has a title: the one around */
	const struct conf_form *outer; /* the form of the section around this one */
	/* a mistake */
	int bad_line;
	bool opening; /* at the beginning of a section */
	bool endless; /* a section has no end */
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
		str_clean(text, false);
	}
	errors->count++;
}

/* The line of the mistake is also where reading can go on behind it. */
static void scan_error(struct scanner *s, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void scan_error(struct scanner *s, int line, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	str_vfmt(what, sizeof(what), fmt, ap);
	va_end(ap);
	conf_error(s->errors, s->file, line, "%s", what);
	s->bad_line = line;
}

static bool fail(struct scanner *s, int line, const char *what)
{
	scan_error(s, line, "%s", what);
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
	scan_error(s, s->lines[0], "expected '=' after '%.40s'", s->words[0]);
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

static const struct conf_form *find_form(
    struct scanner *s, const struct conf_form *forms, const char *name, int line)
{
	const struct conf_form *f;
	struct nearest near;
	char text[64];

	nearest_init(&near, name);
	for (f = forms; f->name; f++) {
		if (strcmp(f->name, name) == 0)
			return f;
		nearest_offer(&near, f->name);
	}
	scan_error(s, line, "unknown section '%.40s'%s", name,
	    nearest_text(&near, "", text, sizeof(text)));
	return NULL;
}

static const char *path_of(const struct conf_form *f)
{
	return f->path ? f->path : f->name;
}

char *conf_inner_title(const char *outer, const char *inner)
{
	size_t size = strlen(outer) + strlen(inner) + 2;
	char *title = xmalloc(size);

	str_fmt(title, size, "%s\n%s", outer, inner);
	return title;
}

/* The same section and title once more? */
static const struct conf_name *earlier(
    const struct scanner *s, const struct conf_form *form, const char *title)
{
	for (size_t i = 0; i < s->out->count; i++) {
		const struct conf_name *n = &s->out->names[i];

		if (!n->name && strcmp(n->section, path_of(form)) == 0 &&
		    strcmp(n->title, title) == 0)
			return n;
	}
	return NULL;
}

static bool check_form(struct scanner *s, const struct conf_form *form)
{
	const struct conf_name *n;
	char *title;

	if (form->titled != (s->pending == 2)) {
		scan_error(
		    s, s->lines[0], "expected %s%s {", form->name, form->titled ? " NAME" : "");
		return false;
	}
	if (!form->titled)
		return true;
	if (!words_printable(s->words[1])) {
		scan_error(s, s->lines[0],
		    "%s: expected a name in UTF-8 without control characters", form->name);
		return false;
	}
	title = s->depth ? conf_inner_title(s->title ? s->title : "", s->words[1])
			 : xstrdup(s->words[1]);
	n = earlier(s, form, title);
	free(title);
	if (n)
		scan_error(s, s->lines[0], "there is another %s '%.40s' on line %d", form->name,
		    s->words[1], n->line);
	return !n;
}

/* The sections that may stand here; NULL: none. */
static const struct conf_form *forms_here(const struct scanner *s)
{
	if (s->depth == 0)
		return s->forms;
	return s->depth == 1 && s->outer ? s->outer->inner : NULL;
}

static bool open_section(struct scanner *s)
{
	const struct conf_form *form, *forms = forms_here(s);

	if (s->value_next)
		return fail(s, s->line, "expected a value (lists are not read)");
	if (s->pending == 0)
		return fail(s, s->line, "expected a name before {");
	s->opening = true;
	if (!forms)
		return fail(s, s->lines[0], "a section can't stand in a section");
	form = find_form(s, forms, s->words[0], s->lines[0]);
	if (!form || !check_form(s, form))
		return false;
	s->section = path_of(form);
	if (s->depth == 0) {
		s->title = s->pending == 2 ? xstrdup(s->words[1]) : NULL;
		s->outer = form;
	} else if (s->pending == 2) {
		s->outer_title = s->title;
		s->title = conf_inner_title(s->title ? s->title : "", s->words[1]);
	}
	s->opened[s->depth++] = s->lines[0];
	if (!add_name(s, NULL, s->lines[0]))
		return false;
	drop_words(s);
	s->opening = false;
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
	if (--s->depth == 1) {
		if (s->outer_title) {
			free(s->title);
			s->title = s->outer_title;
			s->outer_title = NULL;
		}
		s->section = path_of(s->outer);
		return true;
	}
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
	for (f = forms_here(s); f && f->name; f++)
		if (strcmp(f->name, s->words[0]) == 0) {
			scan_error(
			    s, s->lines[0], "expected %s%s {", f->name, f->titled ? " NAME" : "");
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
		scan_error(s, s->line, "unexpected '%c': a value with it goes in quotes", c);
		return false;
	}
}

static bool at_end(struct scanner *s)
{
	if (s->value_next)
		return fail(s, s->line, "expected a value after '='");
	if (s->pending > 0)
		return fail_pending(s);
	s->endless = s->depth > 0;
	if (s->endless)
		return fail(s, s->opened[0], "this section has no end: expected }");
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

/* ---- going on behind a mistake ---------------------------------------------------------------- */

static const char *line_start(const char *text, int line)
{
	while (line-- > 1) {
		const char *end = strchr(text, '\n');

		if (!end)
			break;
		text = end + 1;
	}
	return text;
}

/* Behind the brace that closes what is open at p, or the end. */
static const char *behind_brace(const char *p, int depth)
{
	char quote = 0;

	for (; *p && depth > 0; p++) {
		if (quote) {
			quote = *p == quote ? 0 : quote;
			if (*p == '\\' && p[1])
				p++;
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (*p == '#' || (*p == '/' && p[1] == '/')) {
			p += strcspn(p, "\n");
			if (!*p)
				break;
		} else if (*p == '{' || *p == '}') {
			depth += *p == '{' ? 1 : -1;
		}
	}
	return p;
}

/* Braces on the line that close more than it opens. */
static int net_closed(const char *p, const char *end)
{
	int open = 0, closed = 0;
	char quote = 0;

	for (; p < end; p++) {
		if (quote)
			quote = *p == quote ? 0 : quote;
		else if (*p == '"' || *p == '\'')
			quote = *p;
		else if (*p == '{')
			open++;
		else if (*p == '}' && open-- <= 0) {
			closed++;
			open = 0;
		}
	}
	return quote ? 0 : closed;
}

/* What is to be left out so that the rest can be read: the line of the mistake, but not the braces
 * that close a section begun before it; a section whose beginning is wrong as a whole, since its
 * names would mean something else outside of it; all from the beginning of one that has no end. */
static void leave_out(const struct scanner *s, const char *text, struct conf_bad *bad)
{
	const char *from = line_start(text, s->bad_line), *to = from + strcspn(from, "\n");
	const char *here = text + (s->p - s->out->text);
	int begun = s->opening; /* sections that begin on this line */

	for (int d = 0; d < s->depth; d++)
		begun += s->opened[d] == s->bad_line;
	bad->keep_braces = 0;
	if (s->endless)
		to = from + strlen(from);
	else if (begun) /* of a text without end nothing behind this line is known */
		to = behind_brace(here > to && !s->opening ? to : here, begun);
	else if (s->depth > 0)
		bad->keep_braces = net_closed(from, to);
	bad->from = (size_t)(from - text);
	bad->to = (size_t)(to - text);
}

int conf_scan(struct conf_scan *scan, const struct conf_form *forms, const char *file,
    const char *text, struct conf_errors *errors, struct conf_bad *bad)
{
	struct scanner s = {
	    .out = scan, .forms = forms, .file = file, .errors = errors, .line = 1, .section = ""};
	bool good;

	memset(scan, 0, sizeof(*scan));
	if (strlen(text) > CONF_MAX_TEXT) {
		conf_error(
		    errors, file, 0, "the file is too big (more than %u KB)", CONF_MAX_TEXT / 1024);
		if (bad)
			*bad = (struct conf_bad){.to = strlen(text)};
		return ERR_FORMAT;
	}
	scan->text = xstrdup(text);
	s.p = scan->text;
	good = scan_all(&s);
	if (!good && bad)
		leave_out(&s, text, bad);
	drop_words(&s);
	free(s.title);
	free(s.outer_title);
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

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * manlists: a man page from standard input to standard output, its lists made anew from the program's
 * tables (`make man`). A list stands between
 *
 *     .\" list: NAME          commands, keys, settings, styles, themes, or options COMMAND
 *     .\" end of the list
 *
 * Of each of its items head and text are the table's, the same that /help and --help show. What stands
 * behind `.\" more` in an item is the page's own, and stays. An item that no row has is dropped.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/cmd.h"
#include "tasmite/core/keymap.h"
#include "tasmite/core/options.h"
#include "tasmite/core/settings.h"
#include "tasmite/core/style.h"
#include "tasmite/core/theme.h"

#define PAGE_MAX (1u << 20)
#define WIDTH	 78
#define MORE	 ".\\\" more\n"

struct list {
	const char *old; /* what the page has, up to its end mark */
	size_t old_len;
	struct sbuf *out;
};

/* ---- heads ------------------------------------------------------------------------------------ */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* One token of a usage line as mdoc; returns its length. */
static size_t head_token(struct sbuf *out, const char *p)
{
	size_t n = 1;

	if (*p == '[') {
		sbuf_add(out, " Oo");
	} else if (*p == ']') {
		sbuf_add(out, " Oc");
	} else if (*p == '|') {
		sbuf_add(out, " |");
	} else if (!strncmp(p, "...", 3)) {
		n = 3;
		sbuf_add(out, " No ...");
	} else if (!strncmp(p, "--", 2)) {
		n = 2 + strcspn(p + 2, " []|=.");
		sbuf_fmt(out, " Fl Fl %.*s", (int)n - 2, p + 2);
	} else if (is_word(*p)) {
		while (is_word(p[n]) || (p[n] == '-' && is_word(p[n + 1])))
			n++;
		sbuf_fmt(out, " %s %.*s",
		    isupper((unsigned char)*p) || isdigit((unsigned char)*p) ? "Ar" : "Cm", (int)n,
		    p);
	} else {
		sbuf_fmt(out, " %s %c", strchr("@=", *p) ? "No" : "Cm", *p);
	}
	return n;
}

/* "[FILE[@OFFSET]]... --baud N": words, brackets and what joins them. */
static void head_words(struct sbuf *out, const char *usage)
{
	bool joined = false; /* to what stands before */

	while (*usage) {
		if (*usage == ' ') {
			joined = false;
			usage++;
			continue;
		}
		/* Brackets and bars see to their own distance. */
		if (joined && !strchr("]|", *usage))
			sbuf_add(out, " Ns");
		joined = !strchr("[|", *usage);
		usage += head_token(out, usage);
	}
}

/* ---- texts ------------------------------------------------------------------------------------ */

struct flow {
	struct sbuf *out;
	int column; /* 0: at the beginning of a line */
};

static void flow_break(struct flow *f)
{
	if (f->column)
		sbuf_add_char(f->out, '\n');
	f->column = 0;
}

static void flow_escaped(struct flow *f, const char *word, size_t n)
{
	if (!f->column && (*word == '.' || *word == '\''))
		sbuf_add(f->out, "\\&");
	for (size_t i = 0; i < n; i++)
		if (word[i] == '\\')
			sbuf_add(f->out, "\\e");
		else
			sbuf_add_char(f->out, word[i]);
	f->column += (int)n;
}

/* --name and /name get their macros, with the point or comma behind them. */
static bool flow_macro(struct flow *f, const char *word, size_t n)
{
	size_t lead = n > 2 && !strncmp(word, "--", 2) ? 2 : *word == '/' ? 1 : 0, k = lead;

	while (k < n && (islower((unsigned char)word[k]) || (k > lead && word[k] == '-')))
		k++;
	if (!lead || k < lead + 2 || k + 1 < n || (k < n && !strchr(".,:;", word[k])))
		return false;
	flow_break(f);
	sbuf_fmt(f->out, lead == 2 ? ".Fl Fl %.*s" : ".Ic /%.*s", (int)(k - lead), word + lead);
	if (k < n)
		sbuf_fmt(f->out, " %c", word[k]);
	sbuf_add_char(f->out, '\n');
	return true;
}

/* Text in lines of the page, each sentence on one of its own. */
static void flow_text(struct flow *f, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, " "), skip = n + strspn(text + n, " ");
		bool ends =
		    n > 1 && strchr(".?!", text[n - 1]) && isupper((unsigned char)text[skip]);

		if (n && !flow_macro(f, text, n)) {
			if (f->column && f->column + 1 + (int)n > WIDTH)
				flow_break(f);
			if (f->column) {
				sbuf_add_char(f->out, ' ');
				f->column++;
			}
			flow_escaped(f, text, n);
			if (ends)
				flow_break(f);
		}
		text += skip;
	}
	flow_break(f);
}

/* A table's text as a sentence: a capital first, a point at the end. Names keep their letters. */
static void sentence(struct sbuf *out, const char *text)
{
	struct flow f = {.out = out};
	size_t n = strlen(text);
	struct sbuf whole;
	bool name = strchr("/-\\", *text) || isupper((unsigned char)text[1]);

	sbuf_init(&whole, 65536);
	sbuf_add_char(&whole, name ? *text : (char)toupper((unsigned char)*text));
	sbuf_fmt(&whole, "%s%s", text + 1, n && strchr(".?!", text[n - 1]) ? "" : ".");
	flow_text(&f, sbuf_str(&whole));
	sbuf_fini(&whole);
}

/* ---- items ------------------------------------------------------------------------------------ */

/* The page's own text of the item whose head begins so, with its mark; its length, 0 none. */
static size_t find_more(const struct list *l, const char *head, const char **more)
{
	const char *p = l->old, *end = l->old + l->old_len, *next, *nl;
	size_t n = strlen(head);

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			return 0;
		if (strncmp(p, ".It ", 4) || strncmp(p + 4, head, n) ||
		    (p[4 + n] != ' ' && p[4 + n] != '\n'))
			continue;
		for (next = nl + 1; next < end && strncmp(next, ".It ", 4); next++)
			next = memchr(next, '\n', (size_t)(end - next));
		next = next > end ? end : next;
		for (*more = nl + 1; *more < next; (*more)++) {
			if (!strncmp(*more, MORE, strlen(MORE)))
				return (size_t)(next - *more);
			*more = memchr(*more, '\n', (size_t)(next - *more));
		}
		return 0;
	}
	return 0;
}

/* head: what names the item ("Ic /baud"); rest: of its line. */
static void begin_item(const struct list *l, const char *head, const char *rest)
{
	sbuf_fmt(l->out, ".It %s%s\n", head, rest);
}

static void end_item(const struct list *l, const char *head)
{
	const char *more;
	size_t n = find_more(l, head, &more);

	sbuf_add_n(l->out, n ? more : "", n);
}

static void list_commands(const struct list *l)
{
	for (int i = 0; i < CMD_COUNT; i++) {
		const struct cmd_row *row = cmd_row((enum cmd_id)i);
		char head[48];
		struct sbuf rest;

		sbuf_init(&rest, 4096);
		str_fmt(head, sizeof(head), "Ic /%s", row->name);
		head_words(&rest, row->usage + 1 + strlen(row->name));
		begin_item(l, head, sbuf_str(&rest));
		sentence(l->out, row->summary);
		if (row->help[0])
			sentence(l->out, row->help);
		end_item(l, head);
		sbuf_fini(&rest);
	}
}

static void list_options(const struct list *l, const char *command)
{
	enum options_command c =
	    strcmp(command, "session") == 0 ? OPTIONS_SESSION : options_command_find(command);

	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *row = option_row((enum option_id)i);
		char head[48];
		struct sbuf rest;

		if (!(row->commands & OPTIONS_IN(c)))
			continue;
		sbuf_init(&rest, 4096);
		str_fmt(head, sizeof(head), "Fl Fl %s", row->name);
		if (row->value[0] == '[')
			sbuf_add(&rest, " Ns");
		head_words(&rest, row->value);
		begin_item(l, head, sbuf_str(&rest));
		sentence(l->out, row->help);
		end_item(l, head);
		sbuf_fini(&rest);
	}
}

static void list_keys(const struct list *l)
{
	struct keymap *k = keymap_new();
	const char *key, *bound;
	char head[48], name[32];

	for (size_t i = 0; keymap_at(k, i, &key, &bound); i++) {
		const struct cmd_row *row;

		str_copy_n(name, sizeof(name), bound + 1, strcspn(bound + 1, " "));
		row = cmd_find(name, strlen(name));
		/* A bracket would be taken for the end of something. */
		str_fmt(head, sizeof(head), "Sy %.*s%s%s", (int)strlen(key) - 1, key,
		    str_ends(key, "]") ? "\\&" : "", key + strlen(key) - 1);
		begin_item(l, head, "");
		sbuf_fmt(l->out, ".Ic %.*s :\n",
		    (int)(strlen(bound) - (str_ends(bound, " ") ? 1 : 0)), bound);
		sbuf_fmt(l->out, "%s\n", row ? row->summary : "");
		end_item(l, head);
	}
	keymap_free(k);
}

/* ".Cm none , cr\nor\n.Cm crlf ." */
static void choices(struct sbuf *out, const char *list)
{
	size_t count = 1, at = 0;

	for (const char *p = list; *p; p++)
		count += *p == '|';
	sbuf_add(out, ".Cm");
	for (const char *p = list; *p; at++) {
		size_t n = strcspn(p, "|");

		if (at && at + 1 == count)
			sbuf_add(out, "\nor\n.Cm");
		else if (at)
			sbuf_add(out, " ,");
		sbuf_fmt(out, " %.*s", (int)n, p);
		p += n + (p[n] == '|');
	}
	sbuf_add(out, " .\n");
}

static void list_settings(const struct list *l)
{
	for (int i = 0; i < SETTING_COUNT; i++) {
		const struct setting_row *row = setting_row((enum setting_id)i);
		char head[48];

		str_fmt(head, sizeof(head), "Cm %s", row->name);
		begin_item(l, head, "");
		sentence(l->out, row->help);
		if (row->type == SETTING_INT)
			sbuf_fmt(l->out, "A number from %lld to %lld (%s).\n", (long long)row->min,
			    (long long)row->max, row->extra);
		if (row->type == SETTING_BOOL)
			choices(l->out, "on|off");
		if (row->type == SETTING_CHOICE)
			choices(l->out, row->extra);
		if (*row->fallback)
			sbuf_fmt(l->out, "The default is\n.Li %s .\n", row->fallback);
		end_item(l, head);
	}
}

static void list_styles(const struct list *l)
{
	for (int i = 0; i < STYLE_COUNT; i++) {
		char head[48];

		str_fmt(head, sizeof(head), "Cm %s", style_name((enum style_id)i));
		begin_item(l, head, "");
		sbuf_fmt(l->out, "%s\n", style_about((enum style_id)i));
		end_item(l, head);
	}
}

static void list_themes(const struct list *l)
{
	for (size_t i = 0; theme_builtin_name(i); i++) {
		char head[48];
		struct theme t;
		struct err err;

		if (theme_builtin(&t, theme_builtin_name(i), &err) != ERR_OK)
			xalloc_die(err.text);
		str_fmt(head, sizeof(head), "Sy %s", t.name);
		begin_item(l, head, "");
		sbuf_fmt(l->out, "%s\n", t.about);
		end_item(l, head);
	}
}

/* ---- the page --------------------------------------------------------------------------------- */

static void make_list(const char *name, const struct list *l)
{
	if (strncmp(name, "options ", 8) == 0)
		list_options(l, name + 8);
	else if (strcmp(name, "commands") == 0)
		list_commands(l);
	else if (strcmp(name, "keys") == 0)
		list_keys(l);
	else if (strcmp(name, "settings") == 0)
		list_settings(l);
	else if (strcmp(name, "styles") == 0)
		list_styles(l);
	else if (strcmp(name, "themes") == 0)
		list_themes(l);
	else
		xalloc_die("manlists: there is no list of that name");
}

static void make_page(const char *page, struct sbuf *out)
{
	static const char begin[] = ".\\\" list: ", end[] = ".\\\" end of the list\n";
	const char *p = page, *at;
	char name[64];

	while ((at = strstr(p, begin)) != NULL) {
		struct list l = {.out = out};
		const char *nl = strchr(at, '\n');
		const char *stop = nl ? strstr(nl, end) : NULL;

		if (!stop)
			xalloc_die("manlists: a list has no end");
		str_copy_n(
		    name, sizeof(name), at + strlen(begin), (size_t)(nl - at) - strlen(begin));
		sbuf_add_n(out, p, (size_t)(nl + 1 - p));
		l.old = nl + 1;
		l.old_len = (size_t)(stop - l.old);
		make_list(name, &l);
		p = stop;
	}
	sbuf_add(out, p);
}

int main(void)
{
	char *page = xcalloc(1, PAGE_MAX);
	size_t n = fread(page, 1, PAGE_MAX - 1, stdin);
	struct sbuf out;

	if (!n || n == PAGE_MAX - 1)
		xalloc_die("manlists: no page, or one that is too long");
	sbuf_init(&out, PAGE_MAX);
	make_page(page, &out);
	if (fwrite(sbuf_str(&out), 1, out.len, stdout) != out.len || fflush(stdout))
		return 1;
	sbuf_fini(&out);
	free(page);
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files in libconfuse's form, for configuration and themes: `name = value` at the top and in
 * sections, all values text. What a value means is the caller's business.
 *
 * The form, where it is narrower than libconfuse's own:
 * - Values are unquoted words, "double quoted" (with \" \\ \n \t \xNN ...) or 'single quoted'
 *   (only \' and \\ are special). Comments: #, //, and slash-star.
 * - Neither the environment nor other files are read: ${NAME} outside of single quotes is an error
 *   (libconfuse would put in the variable's value), include() is no known name, lists and += are
 *   errors. Octal escapes are errors too (they leave libconfuse 3.3's scanner in a string).
 * - Text up to 256 KiB, 4096 names.
 */
#ifndef TASMITE_CORE_CONF_INT_H
#define TASMITE_CORE_CONF_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "tasmite/core/conf.h"

#define CONF_MAX_TEXT	 (256u * 1024)
#define CONF_MAX_ENTRIES 4096

/* A kind of section that the file may have. */
struct conf_form {
	const char *name;
	bool titled; /* `name TITLE { }`, any number of them; else `name { }` */
	/* Sections that may stand in it, ending with a NULL name; NULL: none. They have no sections of
	 * their own. */
	const struct conf_form *inner;
	const char *path; /* of one that stands in another: its name for entries, "profile/keys" */
	bool breaks;	  /* values may have line feeds: they are kept as \n */
};

void conf_error(struct conf_errors *errors, const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* conf_scan.c: goes over the text before libconfuse does. Its copy has blanks in place of comments
 * (libconfuse 3.3 counts lines wrongly over them and refuses them between a name and its value).
 * Finds what would confuse libconfuse, and the lines of all names. */
struct conf_name {
	const char *section;
	char *
	    title; /* in a section of a section: that of the outer one, then, behind a line feed, its
		      * own where it has one */
	char *name; /* NULL: the section's own beginning */
	int line;
};

struct conf_scan {
	char *text;
	struct conf_name *names;
	size_t count;
};

/* What a mistake spoils: bytes of the text, of whose closing braces the last ones stay. */
struct conf_bad {
	size_t from, to;
	int keep_braces;
};

/* Stops at the first mistake; bad (may be NULL) then tells what to leave out to go on. */
int conf_scan(struct conf_scan *scan, const struct conf_form *forms, const char *file,
    const char *text, struct conf_errors *errors, struct conf_bad *bad);
void conf_scan_fini(struct conf_scan *scan);
/* "outer\ninner", to be freed. */
char *conf_inner_title(const char *outer, const char *inner);

struct conf_entry {
	const char *section; /* name or path in the form, "" at the top; borrowed from the form */
	char *title;	     /* "" without one; as in struct conf_name */
	char *name;
	char *value; /* printable UTF-8 */
	int line;    /* of the name */
};

struct conf_doc {
	struct conf_entry *entries; /* one for each name and section, the last value counts */
	size_t count;
	struct conf_scan scan;
};

/* Fills doc (conf_doc_fini in any case). forms ends with a NULL name. Errors: ERR_FORMAT, collected
 * in errors. */
int conf_doc_parse(struct conf_doc *doc, const struct conf_form *forms, const char *file,
    const char *text, struct conf_errors *errors);
/* The same, but what is wrong is left out (and told): doc has all that is good. */
void conf_doc_parse_good(struct conf_doc *doc, const struct conf_form *forms, const char *file,
    const char *text, struct conf_errors *errors);
void conf_doc_fini(struct conf_doc *doc);
/* True when the text had a section of that name and title, an empty one too. */
bool conf_doc_has(const struct conf_doc *doc, const char *section, const char *title);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of `tasmite send`. */
#include "send_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/catalog.h"
#include "tasmite/io/ask.h"
#include "tasmite/io/files.h"

#define SCRIPT_MAX (256u * 1024)
#define VALUE_MAX  512

/* ---- commands -------------------------------------------------------------------------------- */

static bool split(const char *word, struct catalog_cmd *c)
{
	struct catalog_split s;

	catalog_split_init(&s, word, strlen(word), true);
	return catalog_split_next(&s, c) && c->name < c->name_end;
}

/* "Power1 on" and "NewCommand" may be commands; of a word alone behind others ("0", "home") only one
 * that is known is: most likely it is a value that was meant for the word before it. */
static bool may_be_command(const char *word, bool first)
{
	struct catalog_cmd c;

	return split(word, &c) && (first || c.row || c.value < c.value_end);
}

static int read_commands(char *const *words, int count, struct send_words *out, struct err *err)
{
	long suspect = -1;

	out->packed = count == 1 && backlog_typed(words[0]);
	for (int i = 0; i < count; i++) {
		if (!may_be_command(words[i], i == 0)) {
			err_set(err, ERR_INVAL, 0,
			    "'%.60s' is no command: a command and its value are one word: "
			    "tasmite send \"Power1 on\" \"Status 5\"",
			    words[i]);
			return 2;
		}
		if (strpbrk(words[i], "\r\n") ||
		    (out->packed ? !backlog_parse(&out->b, words[i], &suspect)
				 : !backlog_add(&out->b, words[i], strlen(words[i]), 0))) {
			err_set(err, ERR_RANGE, 0,
			    "command %d is too long, or no single line, or there are too many",
			    i + 1);
			return 2;
		}
	}
	if (out->packed && suspect >= 0) {
		err_set(err, ERR_INVAL, 0,
		    "what follows %.*s behind the ; is no command: a Backlog is cut at each ;. "
		    "Where it belongs to the value, give that command as a word of its own",
		    (int)strcspn(out->b.steps[suspect].text, " "), out->b.steps[suspect].text);
		return 2;
	}
	if (out->b.count)
		return 0;
	err_set(err, ERR_INVAL, 0, "there is no command to be sent");
	return 2;
}

/* ---- scripts --------------------------------------------------------------------------------- */

static bool read_stdin(char **text, size_t *n, struct err *err)
{
	*text = xmalloc(SCRIPT_MAX + 1);
	*n = fread(*text, 1, SCRIPT_MAX + 1, stdin);
	if (ferror(stdin)) {
		err_sys(err, errno, "cannot read standard input");
	} else if (*n > SCRIPT_MAX) {
		err_set(err, ERR_RANGE, 0, "the script is larger than %u KB", SCRIPT_MAX / 1024);
	} else {
		return true;
	}
	free(*text);
	*text = NULL;
	return false;
}

static bool load(const char *file, char **text, size_t *n, struct err *err)
{
	uint8_t *data;

	if (!strcmp(file, "-"))
		return read_stdin(text, n, err);
	if (files_read(file, SCRIPT_MAX, &data, n, err) != ERR_OK)
		return false;
	*text = (char *)data;
	return true;
}

static int refuse_wants(const struct script_wants *w, struct err *err)
{
	struct sbuf names;

	sbuf_init(&names, SCRIPT_WANTS * SCRIPT_NAME * 2);
	for (int i = 0; i < w->count; i++)
		sbuf_fmt(&names, "%s%s (line %d)", i ? ", " : "", w->names[i], w->lines[i]);
	err_set(err, ERR_INVAL, 0,
	    "the script wants values: %s. Give them in the environment, or in values {} of the "
	    "configuration",
	    sbuf_str(&names));
	sbuf_fini(&names);
	return 2;
}

static int ask_wants(const struct script_wants *w, struct script_values *values, struct err *err)
{
	char prompt[SCRIPT_NAME + 40], value[VALUE_MAX];

	if (!isatty(STDIN_FILENO))
		return refuse_wants(w, err);
	for (int i = 0; i < w->count; i++) {
		str_fmt(prompt, sizeof(prompt), "%s (line %d): ", w->names[i], w->lines[i]);
		if (ask_line(prompt, w->secret[i], value, sizeof(value), err) != ERR_OK)
			return err->code == ERR_CANCELLED ? 5 : 1;
		script_values_add(values, w->names[i], value);
		if (w->secret[i])
			secrets_add(values->secrets, value, strlen(value));
		memset(value, 0, sizeof(value));
	}
	return 0;
}

static int read_script(
    const char *file, struct script_values *values, struct send_words *out, struct err *err)
{
	const char *base = strrchr(file, '/');
	struct script_wants wants;
	int code = 0, rc = ERR_AGAIN;
	char *text;
	size_t n;

	str_copy(out->what, sizeof(out->what), base ? base + 1 : file);
	if (!load(file, &text, &n, err))
		return 1;
	while (rc == ERR_AGAIN && !code) {
		struct err why = {0};

		backlog_fini(&out->b);
		rc = script_read(text, n, script_values_get, values, &out->b, &wants, &why);
		if (rc == ERR_AGAIN) {
			code = ask_wants(&wants, values, err);
		} else if (rc != ERR_OK) {
			err_set(err, rc, 0, "%s: %s", file, why.text);
			code = 1;
		}
	}
	free(text);
	return code;
}

/* A command that is known is one, whatever files there are ("./Power" is the file). What has a dot or
 * a slash and no blank is a file, also when it is missing. */
static bool is_file(const char *word)
{
	struct catalog_cmd c;

	if (!strcmp(word, "-"))
		return true;
	if (word[0] != '.' && word[0] != '/' && split(word, &c) && c.row)
		return false;
	return files_exists(word) || (!strchr(word, ' ') && strpbrk(word, "./"));
}

int send_words_read(char *const *words, int count, struct script_values *values,
    struct send_words *out, struct err *err)
{
	memset(out, 0, sizeof(*out));
	backlog_init(&out->b);
	str_copy(out->what, sizeof(out->what), "send");
	if (count == 1 && is_file(words[0]))
		return read_script(words[0], values, out, err);
	return read_commands(words, count, out, err);
}

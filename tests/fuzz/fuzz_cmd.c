/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any line as a command: a line that is taken can be written anew from its words and means the same;
 * what stands under the cursor is within the line; completions go on with what stands there. The rest
 * of the input, split at line ends, is the program's own command line.
 */
#include "fuzz.h"

#include "tasmite/base/str.h"
#include "tasmite/core/cmd.h"
#include "tasmite/core/options.h"
#include "tasmite/core/tasmota/script.h"
#include "tasmite/core/words.h"

static void again(const struct cmd_line *c, const char *line)
{
	struct cmd_line second;
	struct sbuf text;
	char word[4096];

	require(c->row && c->count <= CMD_MAX_ARGS);
	require(c->rest >= line && c->rest <= line + strlen(line));
	sbuf_init(&text, 65536);
	sbuf_fmt(&text, "/%s", c->row->name);
	for (int i = 0; i < c->count; i++) {
		/* An empty word only stands in quotes. */
		if (!c->args[i][0])
			sbuf_add(&text, " ''");
		else if (cmd_quote(c->args[i], word, sizeof(word)))
			sbuf_fmt(&text, " %s", word);
		else
			goto out;
	}
	require(cmd_parse(sbuf_str(&text), &second, NULL) == ERR_OK);
	require(second.row == c->row && second.count == c->count);
	for (int i = 0; i < c->count; i++)
		require(!strcmp(second.args[i], c->args[i]));
	cmd_line_fini(&second);
out:
	sbuf_fini(&text);
}

static void on_word(void *ctx, const char *word)
{
	const struct cmd_spot *spot = ctx;

	require(word[0] && str_starts_nocase(word, spot->word));
}

static void at_cursor(const char *line, size_t cursor)
{
	struct cmd_spot spot;
	char hint[200];

	cmd_spot(line, cursor, &spot);
	require(spot.start <= strlen(line) && (cursor > strlen(line) || spot.start <= cursor));
	cmd_words(&spot, on_word, &spot);
	cmd_hint(line, cursor, hint, sizeof(hint));
	require(strlen(hint) < sizeof(hint));
}

static void as_command(const char *line)
{
	size_t n = strlen(line);
	struct cmd_line c;
	struct err err = {0};

	if (cmd_parse(line, &c, &err) == ERR_OK)
		again(&c, line);
	else
		require(err.code == ERR_INVAL && err.text[0]);
	cmd_line_fini(&c);
	for (size_t at = 0; at <= n; at += n < 40 ? 1 : n / 20)
		at_cursor(line, at);
	at_cursor(line, n + 7);
	(void)script_time(line, n);
}

static void as_options(struct input *in)
{
	char *argv[12] = {NULL};
	const struct option_row *row;
	const char *value;
	struct options o;
	struct err err = {0};
	int n = 1, rc, steps = 0;

	argv[0] = input_line(in, 20);
	while (n < 11 && input_more(in))
		argv[n++] = input_line(in, 100);
	options_begin(&o, argv);
	require(o.command < OPTIONS_COMMANDS);
	while ((rc = options_next(&o, &row, &value, &err)) > 0) {
		require(++steps <= n && o.next <= n);
		require(!row || (row->commands & OPTIONS_IN(o.command)));
		require(row || value);
	}
	require(rc == 0 || (rc == ERR_INVAL && err.text[0]));
	while (n)
		free(argv[--n]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct input in = {data, n, 0};
	char *line = input_line(&in, 2000);

	as_command(line);
	as_options(&in);
	free(line);
	return 0;
}

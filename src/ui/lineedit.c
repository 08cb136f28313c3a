/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The edit line: readline in callback mode, fed with bytes from a queue, drawn by us. The only
 * file with readline; it has one state per process, so has this file. Nothing here may wait for a
 * key or write to the terminal: see quiet() and read_byte() for what that takes.
 */
#include "tasmite/ui/lineedit.h"

#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/readline.h>
#include <readline/history.h>

#include "tasmite/base/buf.h"
#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

#define QUEUE_MAX     (1u << 20)
#define LINE_MAX_SIZE 65536u
#define WORDS_MAX     4096u
#define MODES                                                                            \
	(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_MULTIKEY | RL_STATE_NUMERICARG | \
	    RL_STATE_VIMOTION | RL_STATE_CHARSEARCH | RL_STATE_METANEXT)

struct lineedit {
	struct lineedit_ops ops;
	void *ctx;
	struct buf queue; /* bytes that readline shall read */
	char *entered;	  /* a line that was finished within a callback */
	bool eof;
	char prompt[256];
	unsigned long revision;
	FILE *null;
	bool reading;	/* within readline: its callbacks must not feed it */
	bool resetting; /* the line that ends now is none of the user's */
	/* a completion under way */
	char **words, **details; /* what fits, what it is */
	size_t word_count, word_start;
	/* a walk through the history by Up and Down */
	char *typed;   /* what stood there before; NULL: no walk */
	char *shown;   /* what the walk put there: another text means that the walk is over */
	size_t prefix; /* bytes of typed that an entry must begin with */
	int place;     /* offset in the history; history_length: the typed line */
};

/* readline's callbacks carry no context. */
static struct lineedit *the;

static int read_byte(FILE *f)
{
	int c;

	(void)f;
	/* Asked for more than there is: a NUL (set-mark) does no harm, waiting would. */
	if (!the || !buf_len(&the->queue))
		return 0;
	c = *buf_bytes(&the->queue);
	buf_consume(&the->queue, 1);
	return c;
}

/* Also what keeps readline from waiting keyseq-timeout for the rest of a sequence. */
static int input_available(void)
{
	return the && buf_len(&the->queue) > 0;
}

static void redisplay(void)
{
	const char *p = rl_display_prompt ? rl_display_prompt : "";

	if (!the)
		return;
	str_copy(the->prompt, sizeof(the->prompt), p);
	the->revision++;
}

static void prep_terminal(int meta)
{
	(void)meta; /* the terminal's modes are not readline's business */
}

static void deprep_terminal(void)
{
}

static void line_handler(char *line)
{
	if (the->resetting) {
		free(line);
		return;
	}
	if (!line)
		the->eof = true;
	free(the->entered);
	the->entered = line;
}

/* Ends the line as Enter does, so that readline forgets all that was half done in it: searches,
 * arguments, entries of the history that were edited and not entered. Bound to a sequence that no
 * key sends, in all keymaps. */
#define RESET_SEQ "\033[25519~"

static int reset_line(int count, int key)
{
	(void)count;
	rl_replace_line("", 1);
	return rl_newline(1, key);
}

/* Variables that would make readline write to the terminal or wait for keys. Set again after every
 * key: .inputrc can be read anew at any time. */
static void quiet(void)
{
	static const char *const pairs[][2] = {
	    {"bell-style", "none"},	       /* writes to standard error */
	    {"blink-matching-paren", "off"},   /* waits half a second in select() */
	    {"enable-bracketed-paste", "off"}, /* reads until the end mark comes */
	    {"show-all-if-unmodified", "on"},  /* several fit, none added: choices at once */
	    {"revert-all-at-newline", "on"},   /* no half-edited secret in the history */
	    {"page-completions", "off"},       /* no "--More--" */
	    {"completion-query-items", "0"},   /* no "Display all 100 possibilities?" */
	    {"echo-control-characters", "off"}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		rl_variable_bind(pairs[i][0], pairs[i][1]);
}

static void add_word(void *arg, const char *word, const char *detail)
{
	struct lineedit *e = arg;

	if (e->word_count == WORDS_MAX)
		return;
	for (size_t i = 0; i < e->word_count; i++)
		if (!strcmp(e->words[i], word))
			return;
	e->words = xreallocarray(e->words, e->word_count + 1, sizeof(*e->words));
	e->details = xreallocarray(e->details, e->word_count + 1, sizeof(*e->details));
	e->details[e->word_count] = xstrdup(detail);
	e->words[e->word_count++] = xstrdup(word);
}

static void free_words(struct lineedit *e)
{
	for (size_t i = 0; i < e->word_count; i++) {
		free(e->words[i]);
		free(e->details[i]);
	}
	free(e->words);
	free(e->details);
	e->words = e->details = NULL;
	e->word_count = 0;
}

/* The longest beginning that all words share, cut at a character. */
static size_t common_length(const struct lineedit *e)
{
	size_t n = strlen(e->words[0]);

	for (size_t i = 1; i < e->word_count; i++) {
		size_t k = 0;

		while (k < n && e->words[i][k] && e->words[i][k] == e->words[0][k])
			k++;
		n = k;
	}
	return utf8_cut(e->words[0], strlen(e->words[0]), n);
}

/* line up to the word, then n bytes of word; readline frees it. */
static char *whole(const struct lineedit *e, const char *word, size_t n)
{
	char *s = malloc(e->word_start + n + 1);

	if (!s)
		xalloc_die("out of memory");
	memcpy(s, rl_line_buffer, e->word_start);
	memcpy(s + e->word_start, word, n);
	s[e->word_start + n] = '\0';
	return s;
}

/* A word that is whole gets a blank after it; a folder or "FILE@" goes on. */
static bool wants_blank(const char *word)
{
	char last = *word ? word[strlen(word) - 1] : ' ';

	return last != '/' && last != '@' && last != ' ';
}

/* For readline the whole line up to the cursor is one word (no_breaks): the real beginning is the
 * caller's to say, since names may hold blanks and quotes. */
static char **attempt(const char *text, int start, int end)
{
	size_t common, typed, at = (size_t)end;
	char **matches;

	(void)text;
	rl_attempted_completion_over = 1; /* never file names by itself */
	rl_completion_suppress_append = 1;
	if (!the->ops.complete || start != 0)
		return NULL;
	free_words(the);
	the->word_start = the->ops.complete(the->ctx, rl_line_buffer, at, add_word, the);
	if (the->word_start > at || !the->word_count)
		return NULL;
	matches = calloc(the->word_count + 2, sizeof(*matches));
	if (!matches)
		xalloc_die("out of memory");
	common = common_length(the);
	typed = at - the->word_start;
	/* Words that fit without regard to case share less than what was typed: keep that. */
	if (common < typed && the->word_count > 1)
		matches[0] = whole(the, rl_line_buffer + the->word_start, typed);
	else
		matches[0] = whole(the, the->words[0], common);
	if (the->word_count == 1) {
		rl_completion_suppress_append = !wants_blank(the->words[0]);
		return matches;
	}
	for (size_t i = 0; i < the->word_count; i++)
		matches[i + 1] = whole(the, the->words[i], strlen(the->words[i]));
	return matches;
}

static void show_choices(char **matches, int count, int longest)
{
	(void)matches;
	(void)count;
	(void)longest;
	if (the->ops.choices && the->word_count)
		the->ops.choices(the->ctx, (const char *const *)the->words,
		    (const char *const *)the->details, the->word_count);
}

static char *no_breaks(void)
{
	static char none[] = "";

	return none;
}

static void configure(struct lineedit *e)
{
	rl_readline_name = "tasmite";
	rl_change_environment =
	    0; /* else LINES and COLUMNS are exported, and curses follows them */
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_prep_term_function = prep_terminal;
	rl_deprep_term_function = deprep_terminal;
	rl_getc_function = read_byte;
	rl_input_available_hook = input_available;
	rl_redisplay_function = redisplay;
	rl_instream = e->null;
	rl_outstream = e->null;
	rl_attempted_completion_function = attempt;
	rl_completion_display_matches_hook = show_choices;
	rl_completion_word_break_hook = no_breaks;
	rl_completer_quote_characters = NULL;
	rl_sort_completion_matches = 0;
	rl_ignore_completion_duplicates = 0;
	rl_completion_query_items = 0;
	rl_completion_append_character = ' ';
}

/* ---- recalling ---- */

static void end_walk(struct lineedit *e)
{
	free(e->typed);
	free(e->shown);
	e->typed = e->shown = NULL;
}

static const char *entry_at(int offset)
{
	HIST_ENTRY *h = history_get(history_base + offset);

	return h ? h->line : "";
}

/* A line that readline itself has recalled (a search that was ended, vi's k) is no text to look
 * for: the walk goes on from there. */
static bool recalled_by_readline(void)
{
	int at = where_history();

	return at < history_length && strcmp(entry_at(at), rl_line_buffer) == 0;
}

static void begin_walk(struct lineedit *e)
{
	bool recalled = recalled_by_readline();
	int at = where_history();

	if (e->typed && strcmp(e->shown, rl_line_buffer) == 0)
		return;
	end_walk(e);
	if (e->ops.recall && at == history_length)
		e->ops.recall(e->ctx);
	e->typed = xstrdup(recalled ? "" : rl_line_buffer);
	e->shown = xstrdup(rl_line_buffer);
	e->prefix = recalled ? 0 : (size_t)rl_point;
	e->place = recalled ? at : history_length;
}

static void show_recalled(struct lineedit *e, const char *text)
{
	char *copy = xstrdup(text);

	free(e->shown);
	e->shown = copy;
	rl_begin_undo_group();
	rl_delete_text(0, rl_end);
	rl_point = 0;
	rl_insert_text(copy);
	rl_end_undo_group();
	rl_point = rl_end;
}

/* The next entry in that direction that begins as the typed text does; behind the newest stands the
 * typed text itself. Nothing fits: the line stays. */
static void walk(struct lineedit *e, int step)
{
	int i;

	begin_walk(e);
	for (i = e->place + step; i >= 0 && i < history_length; i += step) {
		const char *text = entry_at(i);

		if (strncmp(text, e->typed, e->prefix) != 0 || strcmp(text, e->shown) == 0)
			continue;
		e->place = i;
		show_recalled(e, text);
		return;
	}
	if (i >= history_length && e->place < history_length) {
		e->place = history_length;
		show_recalled(e, e->typed);
	}
}

static int walk_back(int count, int key)
{
	(void)key;
	for (; count > 0; count--)
		walk(the, -1);
	return 0;
}

static int walk_on(int count, int key)
{
	(void)key;
	for (; count > 0; count--)
		walk(the, 1);
	return 0;
}

/* A search looks through what other sessions have entered, too. By the key and not by a command of
 * our own: within a search readline knows its own command again and no other. */
static void before_search(struct lineedit *e, const struct key *key)
{
	if (e->ops.recall && key->mods == KEY_CTRL && (key->code == 'r' || key->code == 's') &&
	    !RL_ISSTATE(MODES) && where_history() == history_length)
		e->ops.recall(e->ctx);
}

/* Where readline's own plain commands are bound, ours take their place. */
static void take_over(Keymap map, const char *seq)
{
	static const struct {
		rl_command_func_t *from, *to;
	} rows[] = {{rl_get_previous_history, walk_back}, {rl_get_next_history, walk_on}};
	int type = ISKMAP;
	rl_command_func_t *fn = rl_function_of_keyseq(seq, map, &type);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (fn && type == ISFUNC && fn == rows[i].from)
			rl_bind_keyseq_in_map(seq, rows[i].to, map);
}

static void take_over_all(void)
{
	static const char *const seqs[] = {"\033[A", "\033[B", "\033OA", "\033OB", "\020", "\016"};

	for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++) {
		take_over(emacs_standard_keymap, seqs[i]);
		take_over(vi_insertion_keymap, seqs[i]);
	}
}

/* Sequences that lineedit_key sends; where the user bound something else that stays. */
static void bind_keys(void)
{
	rl_bind_keyseq_in_map(RESET_SEQ, reset_line, emacs_standard_keymap);
	rl_bind_keyseq_in_map(RESET_SEQ, reset_line, vi_insertion_keymap);
	rl_bind_keyseq_in_map(RESET_SEQ, reset_line, vi_movement_keymap);
	rl_bind_keyseq_if_unbound("\033[1;5C", rl_forward_word);
	rl_bind_keyseq_if_unbound("\033[1;5D", rl_backward_word);
	rl_bind_keyseq_if_unbound("\033[1;3C", rl_forward_word);
	rl_bind_keyseq_if_unbound("\033[1;3D", rl_backward_word);
	rl_bind_keyseq_if_unbound("\033[3~", rl_delete);
	rl_bind_keyseq_if_unbound("\033[3;5~", rl_kill_word);
	rl_bind_keyseq_if_unbound("\033[H", rl_beg_of_line);
	rl_bind_keyseq_if_unbound("\033[F", rl_end_of_line);
	rl_bind_keyseq_if_unbound("\033[A", rl_get_previous_history);
	rl_bind_keyseq_if_unbound("\033[B", rl_get_next_history);
	rl_bind_keyseq_if_unbound("\033[C", rl_forward_char);
	rl_bind_keyseq_if_unbound("\033[D", rl_backward_char);
	rl_bind_keyseq_if_unbound("\033[2~", rl_overwrite_mode);
}

/* Mistakes in .inputrc are told on standard error, where the screen is: kept off it. */
static void initialize(const struct lineedit *e)
{
	int saved = dup(STDERR_FILENO);

	if (saved >= 0 && dup2(fileno(e->null), STDERR_FILENO) >= 0) {
		rl_initialize();
		fflush(stderr);
		dup2(saved, STDERR_FILENO);
	} else {
		rl_initialize();
	}
	if (saved >= 0)
		close(saved);
}

struct lineedit *lineedit_new(const struct lineedit_ops *ops, void *ctx)
{
	struct lineedit *e = xcalloc(1, sizeof(*e));

	assert(!the);
	e->ops = *ops;
	e->ctx = ctx;
	buf_init(&e->queue, QUEUE_MAX);
	e->null = fopen("/dev/null", "r+");
	if (!e->null)
		xalloc_die("/dev/null can't be opened");
	the = e;
	configure(e);
	initialize(e);
	bind_keys();
	take_over_all();
	quiet();
	using_history();
	rl_callback_handler_install("", line_handler);
	return e;
}

void lineedit_free(struct lineedit *e)
{
	if (!e)
		return;
	rl_callback_handler_remove();
	clear_history();
	the = NULL;
	rl_instream = NULL;
	rl_outstream = NULL;
	fclose(e->null);
	buf_fini(&e->queue);
	free(e->entered);
	free_words(e);
	end_walk(e);
	free(e);
}

/* Lets readline read all that waits, then hands on what came of it. */
static void pump(struct lineedit *e)
{
	while (buf_len(&e->queue)) {
		char *line;

		e->reading = true;
		rl_callback_read_char();
		e->reading = false;
		quiet();
		e->revision++;
		if (!e->entered && !e->eof)
			continue;
		line = e->entered;
		e->entered = NULL;
		if (line && e->ops.line)
			e->ops.line(e->ctx, line);
		else if (e->eof && e->ops.eof)
			e->ops.eof(e->ctx);
		e->eof = false;
		free(line);
	}
}

static void feed(struct lineedit *e, const char *bytes, size_t n)
{
	if ((size_t)rl_end + n > LINE_MAX_SIZE)
		return;
	buf_append(&e->queue, bytes, n);
	pump(e);
}

/* What special keys send, in the form that readline binds by default (xterm's). */
static const char *special(uint32_t code, char *dst, size_t size, unsigned mods)
{
	static const struct {
		uint32_t code;
		char final;
		int number;
	} table[] = {{KEYS_UP, 'A', 0}, {KEYS_DOWN, 'B', 0}, {KEYS_RIGHT, 'C', 0},
	    {KEYS_LEFT, 'D', 0}, {KEYS_HOME, 'H', 0}, {KEYS_END, 'F', 0}, {KEYS_INSERT, '~', 2},
	    {KEYS_DELETE, '~', 3}, {KEYS_PGUP, '~', 5}, {KEYS_PGDN, '~', 6}};
	unsigned m = 1 + (mods & KEY_SHIFT ? 1u : 0) + (mods & KEY_ALT ? 2u : 0) +
		     (mods & KEY_CTRL ? 4u : 0);

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].code != code)
			continue;
		if (m > 1)
			str_fmt(dst, size, "\033[%d;%u%c", table[i].number ? table[i].number : 1, m,
			    table[i].final);
		else if (table[i].number)
			str_fmt(dst, size, "\033[%d~", table[i].number);
		else
			str_fmt(dst, size, "\033[%c", table[i].final);
		return dst;
	}
	switch (code) {
	case KEYS_ENTER:
		return "\r";
	case KEYS_TAB:
		return mods & KEY_SHIFT ? "\033[Z" : "\t";
	case KEYS_BACKSPACE:
		return mods & KEY_ALT ? "\033\177" : "\177";
	default:
		return NULL;
	}
}

/* A lone ESC means something while searching and in vi's mode. Elsewhere readline would take the
 * next key for a Meta key, however much later it comes. */
static bool wants_escape(void)
{
	return RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH) || rl_editing_mode == 0;
}

/* A sequence of several bytes that readline does not know would be taken apart: its rest would be
 * typed, or in vi's mode obeyed (there readline 8.2 even crashes on ESC [ 1 ; 3 H). */
static bool known(const char *bytes, size_t n)
{
	char seq[32];
	int type = ISKMAP;

	if (n < 2)
		return true;
	str_copy_n(seq, sizeof(seq), bytes, n);
	return rl_function_of_keyseq(seq, rl_get_keymap(), &type) && type != ISKMAP;
}

static void feed_known(struct lineedit *e, const char *bytes, size_t n)
{
	if (bytes[0] != '\033' || known(bytes, n))
		feed(e, bytes, n);
	else if (rl_editing_mode == 0 && n == 2) {
		/* What terminals send for ESC and a letter pressed quickly. */
		feed(e, bytes, 1);
		feed(e, bytes + 1, 1);
	}
}

void lineedit_key(struct lineedit *e, const struct key *key)
{
	char bytes[16];
	const char *seq;
	size_t n = 0;

	before_search(e, key);
	if (key->code == KEYS_ESC || (key->code == '[' && (key->mods & KEY_CTRL))) {
		if (wants_escape())
			feed(e, "\033", 1);
		return;
	}
	if (key->code >= KEY_SPECIAL) {
		seq = special(key->code, bytes, sizeof(bytes), key->mods);
		if (seq)
			feed_known(e, seq, strlen(seq));
		return;
	}
	if (key->mods & KEY_ALT)
		bytes[n++] = '\033';
	if (key->mods & KEY_CTRL) {
		/* Only these columns of ASCII have control characters. */
		if (key->code != ' ' && (key->code < '@' || key->code > 0x7e))
			return;
		bytes[n++] = (char)(key->code & 0x1f);
	} else {
		n += (size_t)utf8_encode(key->code, bytes + n);
	}
	feed_known(e, bytes, n);
}

void lineedit_choose(struct lineedit *e, const char *word)
{
	int start = (int)e->word_start;

	if (e->reading || !e->word_count || start > rl_point ||
	    (size_t)rl_end + strlen(word) > LINE_MAX_SIZE)
		return;
	rl_begin_undo_group();
	rl_delete_text(start, rl_point);
	rl_point = start;
	rl_insert_text(word);
	if (wants_blank(word))
		rl_insert_text(" ");
	rl_end_undo_group();
	rl_last_func = NULL;
	e->revision++;
}

void lineedit_insert(struct lineedit *e, const char *text, size_t n)
{
	char *clean = xmalloc(n + 1);
	size_t len = 0;

	for (size_t i = 0; i < n;) {
		uint32_t cp = 0;
		int used = utf8_decode((const uint8_t *)text + i, n - i, &cp);

		if (used > 0 && utf8_width(cp) >= 0) {
			memcpy(clean + len, text + i, (size_t)used);
			len += (size_t)used;
		} else if (used > 0 && cp == '\t') {
			clean[len++] = ' ';
		}
		i += used > 0 ? (size_t)used : 1;
	}
	clean[len] = '\0';
	if ((size_t)rl_end + len <= LINE_MAX_SIZE) {
		if (RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH)) {
			feed(e, clean, len);
		} else {
			rl_begin_undo_group();
			rl_insert_text(clean);
			rl_end_undo_group();
		}
	}
	rl_last_func = NULL; /* a Tab after this is not the second of two */
	e->revision++;
	free(clean);
}

/* Out of a search, a numeric argument, half a key sequence; then the line is dropped. */
static void start_over(struct lineedit *e)
{
	e->resetting = true;
	for (int i = 0; i < 8 && RL_ISSTATE(MODES); i++)
		feed(e, "\007", 1);
	feed(e, RESET_SEQ, sizeof(RESET_SEQ) - 1);
	e->resetting = false;
	e->eof = false;
}

void lineedit_set(struct lineedit *e, const char *text)
{
	if (e->reading) {
		rl_replace_line("", 1);
		rl_point = rl_mark = 0;
	} else {
		start_over(e);
	}
	if (*text)
		lineedit_insert(e, text, strlen(text));
	rl_point = rl_end;
	rl_last_func = NULL;
	e->prompt[0] = '\0';
	e->revision++;
}

const char *lineedit_text(const struct lineedit *e)
{
	(void)e;
	return rl_line_buffer ? rl_line_buffer : "";
}

size_t lineedit_cursor(const struct lineedit *e)
{
	(void)e;
	return (size_t)(rl_point < 0 ? 0 : rl_point);
}

const char *lineedit_prompt(const struct lineedit *e)
{
	return e->prompt;
}

unsigned long lineedit_revision(const struct lineedit *e)
{
	return e->revision;
}

/* Newest first: what is entered again is mostly what was entered lately. */
static void forget(const char *line)
{
	for (int i = history_length - 1; i >= 0; i--)
		if (strcmp(entry_at(i), line) == 0) {
			free_history_entry(remove_history(i));
			return;
		}
}

void lineedit_history_append(struct lineedit *e, const char *line)
{
	(void)e;
	if (*line)
		add_history(line);
	using_history();
}

void lineedit_history_add(struct lineedit *e, const char *line)
{
	forget(line);
	lineedit_history_append(e, line);
}

void lineedit_history_clear(struct lineedit *e)
{
	(void)e;
	clear_history();
	using_history();
}

void lineedit_history_limit(struct lineedit *e, int lines)
{
	(void)e;
	stifle_history(lines < 0 ? 0 : lines);
}

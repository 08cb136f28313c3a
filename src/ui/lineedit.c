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
#include "wordlist.h"
#include "histsearch.h"
#include "linekeys.h"

#define QUEUE_MAX     (1u << 20)
#define LINE_MAX_SIZE 65536u
#define MODES                                                                            \
	(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_MULTIKEY | RL_STATE_NUMERICARG | \
	    RL_STATE_VIMOTION | RL_STATE_CHARSEARCH | RL_STATE_METANEXT)

struct lineedit {
	struct lineedit_ops ops;
	void *ctx;
	struct buf queue;   /* bytes that readline shall read */
	struct buf entered; /* lines that were finished within a callback, a NUL after each */
	bool eof;
	char prompt[256];
	unsigned long revision;
	FILE *null;
	Keymap fresh;	/* has nothing but reset_line */
	bool starved;	/* readline asked for more than there was */
	bool reading;	/* within readline: its callbacks must not feed it */
	bool resetting; /* the line that ends now is none of the user's */
	/* a completion under way */
	struct wordlist fits;
	size_t word_start;
	/* a walk through the history by Up and Down */
	char *typed;   /* what stood there before; NULL: no walk */
	char *shown;   /* what the walk put there: another text means that the walk is over */
	size_t prefix; /* bytes of typed that an entry must begin with */
	int place;     /* offset in the history; history_length: the typed line */
	struct histsearch search;
	char *before; /* the line when the search began, and its cursor */
	int before_at;
};

/* readline's callbacks carry no context. */
static struct lineedit *the;

static int read_byte(FILE *f)
{
	int c;

	(void)f;
	/* Asked for more than there is: a NUL (set-mark) does no harm, waiting would. */
	if (!the || !buf_len(&the->queue)) {
		if (the)
			the->starved = true;
		return 0;
	}
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
	if (!the->resetting) {
		if (!line)
			the->eof = true;
		else if (buf_append(
			     &the->entered, line, utf8_cut(line, strlen(line), LINE_MAX_SIZE)))
			buf_append_byte(&the->entered, '\0');
	}
	free(line);
}

/* Ends the line as Enter does, so that readline forgets all that was half done in it: entries of the
 * history that were edited and not entered, what can be undone. It has a keymap of its own, since of
 * readline's some (vi's R) would take any sequence apart. */
#define RESET_KEY 'r'

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
	wordlist_clear(&the->fits);
	the->word_start = the->ops.complete(the->ctx, rl_line_buffer, at, wordlist_add, &the->fits);
	if (the->word_start > at || !the->fits.count)
		return NULL;
	matches = calloc(the->fits.count + 2, sizeof(*matches));
	if (!matches)
		xalloc_die("out of memory");
	common = wordlist_common(&the->fits);
	typed = at - the->word_start;
	/* Words that fit without regard to case share less than what was typed: keep that. */
	if (common < typed && the->fits.count > 1)
		matches[0] = whole(the, rl_line_buffer + the->word_start, typed);
	else
		matches[0] = whole(the, the->fits.words[0], common);
	if (the->fits.count == 1) {
		rl_completion_suppress_append = !wordlist_wants_blank(the->fits.words[0]);
		return matches;
	}
	for (size_t i = 0; i < the->fits.count; i++)
		matches[i + 1] = whole(the, the->fits.words[i], strlen(the->fits.words[i]));
	return matches;
}

static void show_choices(char **matches, int count, int longest)
{
	(void)matches;
	(void)count;
	(void)longest;
	if (the->ops.choices && the->fits.count)
		the->ops.choices(the->ctx, (const char *const *)the->fits.words,
		    (const char *const *)the->fits.details, the->fits.count);
}

static char *no_breaks(void)
{
	static char none[] = "";

	return none;
}

static void configure(struct lineedit *e)
{
	rl_readline_name = "tasmite";
	rl_change_environment = 0; /* else curses follows the LINES and COLUMNS it exports */
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

static void put_line(const char *text, int cursor)
{
	rl_begin_undo_group();
	rl_delete_text(0, rl_end);
	rl_point = 0;
	rl_insert_text(text);
	rl_end_undo_group();
	rl_point = cursor;
}

static void show_recalled(struct lineedit *e, const char *text)
{
	char *copy = xstrdup(text);

	free(e->shown);
	e->shown = copy;
	put_line(copy, (int)strlen(copy));
}

/* The next entry in that direction that begins as the typed text does; behind the newest stands the
 * typed text itself. Nothing fits: false, the line stays. */
static bool walk(struct lineedit *e, int step)
{
	int i;

	begin_walk(e);
	for (i = e->place + step; i >= 0 && i < history_length; i += step) {
		const char *text = entry_at(i);

		if (strncmp(text, e->typed, e->prefix) != 0 || strcmp(text, e->shown) == 0)
			continue;
		e->place = i;
		show_recalled(e, text);
		return true;
	}
	if (i < history_length || e->place >= history_length)
		return false;
	e->place = history_length;
	show_recalled(e, e->typed);
	return true;
}

static int walk_back(int count, int key)
{
	(void)key;
	while (count > 0 && walk(the, -1))
		count--;
	return 0;
}

static int walk_on(int count, int key)
{
	(void)key;
	while (count > 0 && walk(the, 1))
		count--;
	return 0;
}

/* More at once readline refuses, with a message on standard error, where the screen is. */
#define MACRO_COUNT_MAX 16

static int play_macro(int count, int key)
{
	if (count < 0 || count > MACRO_COUNT_MAX)
		return rl_ding();
	return rl_call_last_kbd_macro(count, key);
}

static int end_macro(int count, int key)
{
	return rl_end_kbd_macro(count < 1 || count > MACRO_COUNT_MAX ? 1 : count, key);
}

/* ---- searching ---- */

/* Where readline's own search is bound, ours takes its place. It looks through what other sessions
 * have entered, too. */
static bool search_begins(struct lineedit *e, const struct key *key)
{
	const char *seq = key->code == 'r' ? "\022" : "\023";
	int type = ISKMAP;
	rl_command_func_t *fn;

	if (key->mods != KEY_CTRL || (key->code != 'r' && key->code != 's') || RL_ISSTATE(MODES))
		return false;
	fn = rl_function_of_keyseq(seq, rl_get_keymap(), &type);
	if (type != ISFUNC || (fn != rl_reverse_search_history && fn != rl_forward_search_history))
		return false;
	if (e->ops.recall && where_history() == history_length)
		e->ops.recall(e->ctx);
	free(e->before);
	e->before = xstrdup(rl_line_buffer);
	e->before_at = rl_point;
	/* As readline's own search: the line is kept for when one comes back to it. */
	if (where_history() == history_length) {
		rl_maybe_save_line();
		rl_undo_list = NULL;
	}
	histsearch_begin(&e->search, key->code == 'r', history_length, entry_at);
	return true;
}

static void search_shows(struct lineedit *e)
{
	const char *line = histsearch_line(&e->search);

	if (line && strcmp(line, rl_line_buffer) != 0)
		put_line(line, 0);
	rl_point = line ? (int)e->search.match : rl_point;
	e->prompt[0] = '\0';
	if (e->search.on)
		histsearch_prompt(&e->search, e->prompt, sizeof(e->prompt));
	e->revision++;
}

/* Up and Down go on from the line found, or there is the line from before. */
static void search_ends(struct lineedit *e)
{
	/* What the search has done is not to be undone into an entry of the history. */
	rl_free_undo_list();
	rl_undo_list = NULL;
	if (histsearch_line(&e->search)) {
		history_set_pos(e->search.at);
		return;
	}
	if (where_history() == history_length)
		rl_maybe_unsave_line();
	rl_replace_line(e->before, 0);
	rl_point = e->before_at;
}

/* True when the search took the key. */
static bool search_key(struct lineedit *e, const struct key *key)
{
	enum histsearch_did did = HISTSEARCH_SHOW;

	if (e->search.on)
		did = histsearch_key(&e->search, key);
	else if (!search_begins(e, key))
		return false;
	e->search.at = did == HISTSEARCH_CANCEL ? e->search.count : e->search.at;
	search_shows(e);
	if (!e->search.on)
		search_ends(e);
	return did != HISTSEARCH_PASS;
}

/* Where readline's own plain commands are bound, ours take their place. */
static void take_over(Keymap map, const char *seq)
{
	static const struct {
		rl_command_func_t *from, *to;
	} rows[] = {{rl_get_previous_history, walk_back}, {rl_get_next_history, walk_on},
	    {rl_call_last_kbd_macro, play_macro}, {rl_end_kbd_macro, end_macro}};
	int type = ISKMAP;
	rl_command_func_t *fn = rl_function_of_keyseq(seq, map, &type);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (fn && type == ISFUNC && fn == rows[i].from)
			rl_bind_keyseq_in_map(seq, rows[i].to, map);
}

static void take_over_all(void)
{
	static const char *const seqs[] = {
	    "\033[A", "\033[B", "\033OA", "\033OB", "\020", "\016", "\030e", "\030)"};

	for (size_t i = 0; i < sizeof(seqs) / sizeof(seqs[0]); i++) {
		take_over(emacs_standard_keymap, seqs[i]);
		take_over(vi_insertion_keymap, seqs[i]);
	}
}

/* Sequences that lineedit_key sends; where the user bound something else that stays. */
static void bind_keys(void)
{
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
	buf_init(&e->entered, SIZE_MAX / 2);
	e->null = fopen("/dev/null", "r+");
	if (!e->null)
		xalloc_die("/dev/null can't be opened");
	the = e;
	configure(e);
	initialize(e);
	e->fresh = rl_make_bare_keymap();
	rl_bind_key_in_map(RESET_KEY, reset_line, e->fresh);
	bind_keys();
	take_over_all();
	quiet();
	using_history();
	rl_callback_handler_install("", line_handler);
	return e;
}

/* A numeric argument or what was cut earlier can make the line as long as one likes. */
static void cut_line(void)
{
	int at = (int)utf8_cut(rl_line_buffer, (size_t)rl_end, LINE_MAX_SIZE);

	if (at == rl_end)
		return;
	rl_delete_text(at, rl_end);
	rl_point = rl_point > at ? at : rl_point;
	rl_mark = rl_mark > at ? at : rl_mark;
}

/* A keyboard macro may have entered several lines. */
static void hand_on(struct lineedit *e)
{
	while (buf_len(&e->entered)) {
		char *line = xstrdup((const char *)buf_bytes(&e->entered));

		buf_consume(&e->entered, strlen(line) + 1);
		if (e->ops.line)
			e->ops.line(e->ctx, line);
		free(line);
	}
	if (e->eof) {
		e->eof = false;
		if (e->ops.eof)
			e->ops.eof(e->ctx);
	}
}

static void read_keys(struct lineedit *e)
{
	e->reading = true;
	rl_callback_read_char();
	e->reading = false;
	quiet();
	cut_line();
	e->revision++;
}

/* Behind a character that the C library has no width for, vi's motions (E) run forever in readline
 * 8.2: towards the end they count it, from there they don't. */
static void close_end(void)
{
	int at = rl_point;

	rl_point = rl_end;
	if (!linekeys_width_known(rl_line_buffer, (size_t)rl_end))
		rl_insert_text(" ");
	rl_point = at;
}

/* Lets readline read all that waits, then hands on what came of it. */
static void feed(struct lineedit *e, const char *bytes, size_t n)
{
	buf_append(&e->queue, bytes, n);
	if (rl_get_keymap() == vi_movement_keymap)
		close_end();
	/* readline itself stops amid a keyboard macro, after an argument or a search in it. */
	e->starved = false;
	while (buf_len(&e->queue) || (RL_ISSTATE(RL_STATE_MACROINPUT) && !e->starved))
		read_keys(e);
	hand_on(e);
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
	char bytes[RAWKEYS_MAX];
	size_t n;

	if (search_key(e, key))
		return;
	if (key->code == KEYS_ESC || (key->code == '[' && (key->mods & KEY_CTRL))) {
		if (wants_escape())
			feed(e, "\033", 1);
		return;
	}
	n = linekeys_bytes(key, bytes);
	if (n)
		feed_known(e, bytes, n);
}

void lineedit_choose(struct lineedit *e, const char *word)
{
	int start = (int)e->word_start;

	if (e->reading || !e->fits.count || start > rl_point ||
	    (size_t)rl_end + strlen(word) > LINE_MAX_SIZE)
		return;
	rl_begin_undo_group();
	rl_delete_text(start, rl_point);
	rl_point = start;
	rl_insert_text(word);
	if (wordlist_wants_blank(word))
		rl_insert_text(" ");
	rl_end_undo_group();
	rl_last_func = NULL;
	e->revision++;
}

void lineedit_insert(struct lineedit *e, const char *text, size_t n)
{
	char *clean = xmalloc(n + 1);
	size_t len = linekeys_text(clean, text, n);

	if ((size_t)rl_end + len <= LINE_MAX_SIZE) {
		if (e->search.on) {
			histsearch_insert(&e->search, clean, len);
			search_shows(e);
		} else if (RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH)) {
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

/* What readline would read before our next key: a keyboard macro that is being played, keys that it
 * has put back. */
static void drop_input(struct lineedit *e)
{
	buf_clear(&e->queue);
	for (e->starved = false; !e->starved;)
		(void)rl_read_key();
	RL_UNSETSTATE(RL_STATE_MACROINPUT);
}

/* Out of a search, a numeric argument, half a key sequence. */
static void give_up(struct lineedit *e)
{
	drop_input(e);
	for (int i = 0; i < 8 && RL_ISSTATE(MODES); i++)
		feed(e, "\007", 1);
	/* That the next keys are somebody's (of Ctrl-V, of Ctrl-]) no state tells. Of several modes
	 * (vi's d2) each call ends one. */
	for (int i = 0; i < 8; i++)
		rl_callback_sigcleanup();
	rl_clear_message();
	drop_input(e);
}

/* Gives up what is half done, then drops the line. A keyboard macro that is being recorded goes on
 * without it. */
static void start_over(struct lineedit *e)
{
	Keymap map;
	unsigned long recording;

	e->search.on = false;
	e->resetting = true;
	give_up(e);
	recording = RL_ISSTATE(RL_STATE_MACRODEF);
	RL_UNSETSTATE(RL_STATE_MACRODEF);
	map = rl_get_keymap();
	rl_set_keymap(e->fresh);
	rl_execute_next(RESET_KEY);
	read_keys(e);
	if (rl_editing_mode != 0) /* in vi's mode readline itself begins each line with inserting */
		rl_set_keymap(map);
	RL_SETSTATE(recording);
	e->resetting = false;
	e->eof = false;
}

void lineedit_free(struct lineedit *e)
{
	if (!e)
		return;
	start_over(e); /* readline's state outlives us */
	rl_callback_handler_remove();
	rl_free_keymap(e->fresh);
	clear_history();
	the = NULL;
	rl_instream = NULL;
	rl_outstream = NULL;
	fclose(e->null);
	buf_fini(&e->queue);
	buf_fini(&e->entered);
	wordlist_clear(&e->fits);
	end_walk(e);
	free(e->before);
	free(e);
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

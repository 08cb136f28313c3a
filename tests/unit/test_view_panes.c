/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log panes: filter, forms, finds, selection, several below each other. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tasmite/ui/lineedit.h"
#include "screen.h"

static int setup_at(void **state, int w, int h)
{
	struct screen *sc = calloc(1, sizeof(*sc));

	if (!sc)
		return -1;
	screen_open(sc, w, h);
	*state = sc;
	return 0;
}

static int setup(void **state)
{
	return setup_at(state, 120, 40);
}

/* 40 x 12 with an empty log: rows 1 to 10 are the log's. */
static int setup_small(void **state)
{
	struct screen *sc;

	if (setup_at(state, 40, 12) < 0)
		return -1;
	sc = *state;
	lines_break(sc->s->log, sc->now);
	lines_clear(sc->s->log);
	return 0;
}

static int teardown(void **state)
{
	screen_close(*state);
	free(*state);
	return 0;
}

static void step(struct screen *sc)
{
	while (panes_step(&sc->s->panes, sc->s->log, SIZE_MAX / 8))
		;
}

static struct log_pane *pane(struct screen *sc, int i)
{
	return &sc->s->panes.pane[i];
}

static void filter(struct screen *sc, int i, const char *terms, int context)
{
	assert_int_equal(filter_set(pane(sc, i)->filter, terms, PATTERN_SMART, context, NULL), 0);
	step(sc);
}

static void find(struct screen *sc, const char *text)
{
	struct pattern *p = pattern_new(text, PATTERN_SMART, NULL);

	assert_non_null(p);
	find_set(sc->s->panes.find, p);
	str_copy(sc->s->panes.find_text, sizeof(sc->s->panes.find_text), text);
	step(sc);
	sc->s->panes.revision++;
}

static void split(struct screen *sc, const char *terms)
{
	assert_int_equal(panes_split(&sc->s->panes, terms, PATTERN_SMART, NULL), 0);
	step(sc);
}

static void set(struct screen *sc, enum setting_id id, const char *text)
{
	assert_int_equal(settings_set(sc->s->settings, id, text, ORIGIN_SESSION, "", NULL), 0);
}

/* Tags in turn, the number in the line. */
static void tagged(struct screen *sc, int from, int to)
{
	static const char *const tags[] = {"WIF", "MQT", "CMD", "RSL"};
	char text[64];

	for (int i = from; i < to; i++) {
		str_fmt(text, sizeof(text), "00:00:%02d %s: line %d\r\n", i % 60, tags[i % 4], i);
		sc->now += MONO_MS(10);
		screen_rx(sc, text);
	}
	step(sc);
}

static const struct cell *cell_of(const struct screen *sc, const char *text, int *x, int *y)
{
	const struct surface *s = tui_mem_screen(sc->b);

	*y = screen_find(sc, text);
	assert_true(*y >= 0);
	for (*x = 0; *x < s->w; (*x)++) {
		size_t i = 0;

		while (text[i] && surface_cell(s, *x + (int)i, *y) &&
		       surface_cell(s, *x + (int)i, *y)->text[0] == text[i])
			i++;
		if (!text[i])
			return surface_cell(s, *x, *y);
	}
	fail_msg("\"%s\" is not in one piece", text);
	return NULL;
}

static int style_of(const struct screen *sc, const char *text)
{
	int x, y;

	return cell_of(sc, text, &x, &y)->style;
}

/* ---- golden screens -------------------------------------------------------------------------- */

static void panes_draw__shows__a_filter(void **state)
{
	struct screen *sc = *state;

	tagged(sc, 0, 200);
	filter(sc, 0, "WIF !7$", 0);
	screen_golden(sc, "log-filter");
}

static void panes_draw__shows__three_panes(void **state)
{
	struct screen *sc = *state;

	tagged(sc, 0, 200);
	split(sc, "MQT");
	pane(sc, 1)->time = PANE_TIME_DELTA;
	split(sc, "\"line 19\"");
	pane(sc, 2)->form = PANE_HEX;
	sc->s->panes.active = 1;
	tui_focus(sc->t, TUI_LOG);
	screen_golden(sc, "log-split");
}

static void panes_draw__shows__bytes(void **state)
{
	struct screen *sc = *state;

	screen_rx(sc, "\r\nend\n\rlast");
	pane(sc, 0)->form = PANE_HEX;
	screen_golden(sc, "log-hex");
}

static void panes_draw__shows__every_byte(void **state)
{
	struct screen *sc = *state;

	screen_rx(sc, "\r\nend\n\rcr\rlf\nlast");
	pane(sc, 0)->form = PANE_RAW;
	screen_golden(sc, "log-raw");
}

static void panes_draw__shows__the_date(void **state)
{
	struct screen *sc = *state;

	set(sc, SET_STAMP, "iso");
	screen_golden(sc, "log-iso");
}

static void panes_draw__shows__a_search(void **state)
{
	struct screen *sc = *state;

	tagged(sc, 0, 50);
	find(sc, "line 1");
	sc->s->panes.find_open = true;
	sc->s->panes.find_line = lines_end(sc->s->log) - 31;
	tui_entry_open(sc->t, TUI_ENTRY_FIND, "line 1");
	screen_golden(sc, "log-find");
}

static void panes_draw__shows__a_selection(void **state)
{
	struct screen *sc = *state;

	tagged(sc, 0, 50);
	screen_keys(sc, "Shift-Tab k v Up Up");
	screen_golden(sc, "log-select");
}

/* ---- filter, place --------------------------------------------------------------------------- */

static void panes_key__scrolls__what_the_filter_shows(void **state)
{
	struct screen *sc = *state;

	tagged(sc, 0, 400);
	filter(sc, 0, "WIF", 0);
	tui_focus(sc->t, TUI_LOG);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line 396"), 10);
	assert_int_equal(screen_find(sc, "line 360"), 1);
	screen_keys(sc, "k");
	assert_int_equal(screen_find(sc, "line 392"), 10);
	screen_keys(sc, "b");
	assert_int_equal(screen_find(sc, "line 320"), 1);
	screen_keys(sc, "g");
	assert_int_equal(screen_find(sc, "line 0"), 1);
	tagged(sc, 400, 440);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line 36"), 10);
	assert_int_equal(screen_find(sc, "▼10"), 0);
	screen_keys(sc, "G");
	assert_int_equal(screen_find(sc, "line 436"), 10);
}

static void panes_draw__keeps_the_text__when_filter_or_form_change(void **state)
{
	struct screen *sc = *state;

	tui_mem_resize(sc->b, 50, 12);
	pane(sc, 0)->time = PANE_TIME_OFF;
	tagged(sc, 0, 400);
	tui_focus(sc->t, TUI_LOG);
	screen_draw(sc);
	screen_keys(sc, "b b b b b b");
	assert_string_equal(screen_row(sc, 1), "  00:00:36 WIF: line 336");
	filter(sc, 0, "MQT", 0);
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "  00:00:37 MQT: line 337");
	filter(sc, 0, "CMD", 0);
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "  00:00:38 CMD: line 338");
	filter(sc, 0, "", 0);
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "  00:00:36 WIF: line 336");
	pane(sc, 0)->form = PANE_HEX;
	sc->s->panes.revision++;
	screen_draw(sc);
	assert_non_null(strstr(screen_row(sc, 1), "30 30 3a 30 30 3a 33 36"));
	screen_keys(sc, "j j");
	assert_non_null(strstr(screen_row(sc, 1), "6e 65 20 33 33 36 0d 0a"));
	/* back to text: the row with the byte that was at the top */
	pane(sc, 0)->form = PANE_RAW;
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "  00:00:36 WIF: line 336␍␊");
}

/* A long line wrapped in one way, then in another: the byte at the top stays there. */
static void panes_draw__keeps_the_byte__when_the_width_changes(void **state)
{
	struct screen *sc = *state;
	char word[16];

	for (int i = 1000; i < 4000; i++) {
		str_fmt(word, sizeof(word), "w%d ", i);
		screen_rx(sc, word);
	}
	tui_focus(sc->t, TUI_LOG);
	screen_draw(sc);
	screen_keys(sc, "b b b b b b b b b b b b b b b");
	str_copy_n(word, sizeof(word), screen_row(sc, 1) + 2, 5);
	for (int w = 39; w > 12; w -= 3) {
		tui_mem_resize(sc->b, w, 12);
		screen_draw(sc);
		assert_non_null(strstr(screen_row(sc, 1), word));
	}
}

static void panes_draw__holds_each_pane__for_itself(void **state)
{
	struct screen *sc = *state;

	tui_mem_resize(sc->b, 80, 50);
	tagged(sc, 0, 300);
	split(sc, "RSL");
	screen_draw(sc);
	tui_focus(sc->t, TUI_LOG);
	screen_keys(sc, "b");
	tagged(sc, 300, 340);
	screen_draw(sc);
	/* the upper one follows, the lower one counts what its filter shows */
	assert_true(screen_find(sc, "line 339") > 0);
	assert_true(screen_find(sc, "line 339") < screen_find(sc, "Log 2: RSL"));
	assert_non_null(strstr(screen_row(sc, screen_find(sc, "Log 2: RSL")), "▼ 10 new lines"));
	assert_null(strstr(screen_row(sc, screen_find(sc, "Log 1")), "follows"));
	sc->s->panes.active = 0;
	assert_int_equal(panes_close(&sc->s->panes, NULL), 0);
	screen_draw(sc);
	/* what is left is the pane that was held */
	assert_non_null(strstr(screen_row(sc, screen_find(sc, "Log: RSL")), "▼ 10 new lines"));
}

/* ---- marks ----------------------------------------------------------------------------------- */

static void panes_draw__lays__marks_over_one_another(void **state)
{
	struct screen *sc = *state;
	const struct cell *c;
	int x, y;

	screen_rx(sc, "00:00:01 MQT: \033[35mabc def\033[0m ghi\n");
	screen_draw(sc);
	assert_int_equal(style_of(sc, "MQT:"), STYLE_HL_TAG);
	c = cell_of(sc, "abc", &x, &y);
	assert_int_equal(c->has_color, 1);
	find(sc, "def|MQT");
	sc->s->panes.find_open = true; /* its words are not in the title then */
	screen_draw(sc);
	/* a find lies over the rules and over the device's colours */
	assert_int_equal(style_of(sc, "MQT"), STYLE_FIND);
	c = cell_of(sc, "def", &x, &y);
	assert_int_equal(c->style, STYLE_FIND);
	assert_int_equal(c->has_color, 0);
	assert_int_equal(cell_of(sc, "abc", &x, &y)->has_color, 1);
	assert_int_equal(style_of(sc, "ghi"), STYLE_RX);
	sc->s->panes.find_line = lines_end(sc->s->log) - 1;
	sc->s->panes.revision++;
	screen_draw(sc);
	assert_int_equal(style_of(sc, "def"), STYLE_FIND_HERE);
	/* the selection over all */
	screen_keys(sc, "Shift-Tab v");
	assert_int_equal(style_of(sc, "MQT"), STYLE_SELECTED);
	assert_int_equal(style_of(sc, "def"), STYLE_SELECTED);
	c = cell_of(sc, "abc", &x, &y);
	assert_int_equal(c->style, STYLE_SELECTED);
	assert_int_equal(c->has_color, 0);
	assert_int_equal(surface_cell(tui_mem_screen(sc->b), 39, y)->style, STYLE_SELECTED);
	screen_keys(sc, "Esc");
	assert_int_equal(style_of(sc, "MQT"), STYLE_FIND_HERE);
}

static void panes_draw__marks__finds_in_bytes(void **state)
{
	struct screen *sc = *state;
	int x, y;

	tui_mem_resize(sc->b, 100, 30);
	screen_rx(sc, "0123456789 needle\r\n");
	find(sc, "needle");
	pane(sc, 0)->form = PANE_HEX;
	screen_draw(sc);
	assert_int_equal(style_of(sc, "6e 65"), STYLE_FIND);
	cell_of(sc, "6e 65", &x, &y);
	assert_int_equal(surface_cell(tui_mem_screen(sc->b), x - 2, y)->style, STYLE_RX);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void panes_draw__wraps__between_words(void **state)
{
	struct screen *sc = *state;

	/* 38 cells: */
	screen_rx(sc, "one two three four five six seven eight nine ten\n");
	screen_rx(sc, "caf\303\251 two three four five six seven eight nine ten\n");
	screen_rx(sc, "12345678901234567890123456789012345678 blank hangs over\n");
	screen_rx(sc, "short 90123456789012345678901234567890123456789012345678901234567890\n");
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "  one two three four five six seven");
	assert_string_equal(screen_row(sc, 2), "  eight nine ten");
	assert_string_equal(screen_row(sc, 3), "  café two three four five six seven");
	assert_string_equal(screen_row(sc, 4), "  eight nine ten");
	assert_string_equal(screen_row(sc, 5), "  12345678901234567890123456789012345678");
	assert_string_equal(screen_row(sc, 6), "  blank hangs over");
	/* not for a word that would leave most of the row empty */
	assert_string_equal(screen_row(sc, 7), "  short 90123456789012345678901234567890");
	pane(sc, 0)->wrap = PANE_WRAP_CHARS;
	sc->s->panes.revision++;
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "  one two three four five six seven eigh");
	assert_string_equal(screen_row(sc, 2), "  t nine ten");
}

/* However a line is read, plain or not, its rows are the same. */
static void panes_draw__wraps_alike__plain_or_not(void **state)
{
	struct screen *sc = *state;
	uint32_t seed = 7;

	for (int i = 0; i < 60; i++) {
		char text[200], colored[320];
		size_t n = 0, rows = 0;

		while (n < 150) {
			seed = seed * 1664525 + 1013904223;
			text[n++] = (seed >> 24) % 5   ? (char)('a' + (seed >> 20) % 26)
				    : (seed >> 16) % 3 ? ' '
						       : ',';
		}
		text[n] = '\0';
		lines_clear(sc->s->log);
		str_fmt(colored, sizeof(colored), "%s\n\033[m%s\n", text, text);
		screen_rx(sc, colored);
		tui_mem_resize(sc->b, 15 + i % 44, 40);
		pane(sc, 0)->wrap = i % 2 ? PANE_WRAP_WORDS : PANE_WRAP_CHARS;
		sc->s->panes.revision++;
		screen_draw(sc);
		while (screen_row(sc, 1 + (int)rows)[0] && rows < 39)
			rows++;
		assert_int_equal(rows % 2, 0);
		for (size_t r = 0; r < rows / 2; r++) {
			char first[256];

			str_copy(first, sizeof(first), screen_row(sc, 1 + (int)r));
			assert_string_equal(first, screen_row(sc, 1 + (int)(r + rows / 2)));
		}
	}
}

static void panes_draw__stamps__in_all_forms(void **state)
{
	static const struct {
		const char *form, *row;
	} cases[] = {{"off", "│  b"}, {"clock", "│13:00:02.500   b"},
	    {"iso", "│1970-01-01T13:00:02.500   b"}, {"start", "│     1.500   b"},
	    {"delta", "│    +0.500   b"}, {"mark", "│    +0.250   b"}};
	struct screen *sc = *state;

	tui_mem_resize(sc->b, 120, 40);
	sc->s->began = MONO_S(1);
	sc->now = MONO_S(2);
	screen_rx(sc, "a\n");
	sc->now = MONO_MS(2500);
	screen_rx(sc, "b\n");
	panes_mark(&sc->s->panes, lines_end(sc->s->log) - 2, MONO_MS(2250));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set(sc, SET_STAMP, cases[i].form);
		screen_draw(sc);
		assert_true(str_starts(screen_row(sc, 3), cases[i].row));
	}
	/* a pane's own choice wins */
	pane(sc, 0)->time = PANE_TIME_OFF;
	sc->s->panes.revision++;
	screen_draw(sc);
	assert_true(str_starts(screen_row(sc, 3), "│  b"));
}

/* ---- keys, entry, mouse ---------------------------------------------------------------------- */

static void panes_key__asks__for_commands(void **state)
{
	static const struct {
		const char *key, *command;
	} cases[] = {{"/", "/find --down"}, {"?", "/find --up"}, {"n", "/goto again"},
	    {"N", "/goto back"}, {"&", "/filter"}, {"]", "/goto next-mark"},
	    {"{", "/goto prev-reset"}, {"m", "/mark "}, {"s", "/stamp next"}, {"w", "/wrap next"},
	    {"x", "/hex"}, {"y", "/copy"}, {"Ctrl-Up", "/resize +1"},
	    {"t w", "/filter --toggle WIF"}, {"t M", "/filter --toggle !MQT"},
	    {"t t", "/filter --off"}, {"v y", "/copy"}};
	struct screen *sc = *state;

	tagged(sc, 0, 50);
	tui_focus(sc->t, TUI_LOG);
	screen_draw(sc);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sc->bound[0] = '\0';
		screen_keys(sc, cases[i].key);
		assert_string_equal(sc->bound, cases[i].command);
		assert_int_equal(tui_focused(sc->t), TUI_LOG);
	}
	/* Esc belongs to the search while there is one */
	screen_keys(sc, "Esc"); /* the selection */
	find(sc, "line");
	screen_keys(sc, "Esc");
	assert_string_equal(sc->bound, "/find --off");
	find_set(sc->s->panes.find, NULL);
	screen_keys(sc, "Esc");
	assert_int_equal(tui_focused(sc->t), TUI_EDIT);
	/* from an empty edit line too */
	find(sc, "line");
	sc->bound[0] = '\0';
	screen_keys(sc, "text:a Esc");
	assert_string_equal(sc->bound, "");
	screen_keys(sc, "Ctrl-C Esc");
	assert_string_equal(sc->bound, "/find --off");
}

static void panes_key__goes_round__all_panes(void **state)
{
	struct screen *sc = *state;

	split(sc, "WIF");
	split(sc, "MQT");
	screen_draw(sc);
	screen_keys(sc, "Shift-Tab");
	assert_int_equal(tui_focused(sc->t), TUI_LOG);
	assert_int_equal(sc->s->panes.active, 0);
	screen_keys(sc, "Shift-Tab");
	assert_int_equal(sc->s->panes.active, 1);
	screen_keys(sc, "Shift-Tab");
	assert_int_equal(sc->s->panes.active, 2);
	assert_int_equal(tui_focused(sc->t), TUI_LOG);
	screen_keys(sc, "Shift-Tab");
	assert_int_equal(tui_focused(sc->t), TUI_DEVICE);
	tui_focus_step(sc->t, -1);
	assert_int_equal(tui_focused(sc->t), TUI_LOG);
	assert_int_equal(sc->s->panes.active, 2);
}

static void entry_key__edits__and_tells(void **state)
{
	struct screen *sc = *state;

	tui_entry_open(sc->t, TUI_ENTRY_FIND, "");
	screen_keys(sc, "text:rc=-4");
	assert_string_equal(sc->entry, "rc=-4");
	assert_int_equal(sc->entries, 5);
	assert_int_equal(sc->entry_event, TUI_ENTRY_CHANGED);
	assert_int_equal(screen_find(sc, "/rc=-4"), -1);
	assert_true(screen_find(sc, " Find: rc=-4") > 0);
	tui_mem_paste(sc->b, "\303\251");
	screen_keys(sc, "Home Delete Delete End Left Backspace");
	assert_string_equal(sc->entry, "=-\303\251");
	screen_keys(sc, "Ctrl-N");
	assert_int_equal(sc->entry_event, TUI_ENTRY_NEXT);
	screen_keys(sc, "Ctrl-R");
	assert_int_equal(sc->entry_event, TUI_ENTRY_PLAIN);
	screen_keys(sc, "Enter");
	assert_int_equal(sc->entry_event, TUI_ENTRY_DONE);
	assert_string_equal(sc->entry, "=-\303\251");
	assert_int_equal(screen_find(sc, "Find:"), -1);
	/* it is remembered, and what was begun is not lost */
	tui_entry_open(sc->t, TUI_ENTRY_FIND, "");
	screen_keys(sc, "text:new Up");
	assert_string_equal(sc->entry, "=-\303\251");
	screen_keys(sc, "Down");
	assert_string_equal(sc->entry, "new");
	screen_keys(sc, "Esc");
	assert_int_equal(sc->entry_event, TUI_ENTRY_CANCEL);
	/* Enter on nothing is the last one again */
	tui_entry_open(sc->t, TUI_ENTRY_FIND, "");
	screen_keys(sc, "Enter");
	assert_string_equal(sc->entry, "=-\303\251");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "");
	/* other keys keep their meaning */
	tui_entry_open(sc->t, TUI_ENTRY_FILTER, "WIF");
	screen_keys(sc, "F9");
	assert_string_equal(sc->bound, "/record");
	tui_mem_paste(sc->b, " pasted\ntext");
	screen_keys(sc, "Ctrl-Up");
	assert_string_equal(sc->entry, "WIF pastedtext");
	assert_int_equal(sc->entry_event, TUI_ENTRY_MORE);
}

static void entry_key__is_bounded(void **state)
{
	struct screen *sc = *state;

	tui_entry_open(sc->t, TUI_ENTRY_FILTER, "");
	for (int i = 0; i < 40; i++)
		tui_mem_paste(sc->b, "0123456789abcdef\344\275\240");
	screen_keys(sc, "Left Right");
	for (int w = 1; w < 60; w += 7) {
		tui_mem_resize(sc->b, w, 12);
		screen_draw(sc);
	}
	assert_true(strlen(sc->entry) < sizeof(sc->entry));
}

static void mouse(struct screen *sc, int what, int x, int y)
{
	struct key key = {.code = KEYS_MOUSE,
	    .button = 1,
	    .mouse = (uint8_t)what,
	    .x = (int16_t)x,
	    .y = (int16_t)y};

	tui_mem_push(sc->b, &key);
	screen_keys(sc, "");
}

static void panes_mouse__draws__a_selection(void **state)
{
	struct screen *sc = *state;

	tagged(sc, 0, 50);
	screen_draw(sc);
	mouse(sc, KEY_MOUSE_PRESS, 5, 4);
	assert_int_equal(tui_focused(sc->t), TUI_LOG);
	assert_int_equal(style_of(sc, "line 43"), STYLE_RX);
	mouse(sc, KEY_MOUSE_DRAG, 5, 6);
	mouse(sc, KEY_MOUSE_RELEASE, 5, 6);
	assert_int_equal(style_of(sc, "line 43"), STYLE_SELECTED);
	assert_int_equal(style_of(sc, "line 45"), STYLE_SELECTED);
	assert_int_equal(style_of(sc, "line 46"), STYLE_RX);
	/* over the edge: it goes on */
	mouse(sc, KEY_MOUSE_DRAG, 5, 0);
	mouse(sc, KEY_MOUSE_DRAG, 5, 0);
	assert_int_equal(style_of(sc, "line 38"), STYLE_SELECTED);
	mouse(sc, KEY_MOUSE_PRESS, 5, 4);
	assert_int_equal(style_of(sc, "line 41"), STYLE_RX);
}

/* The first click picks the answer, each one more folds it otherwise; other lines nothing happens to. */
static void panes_mouse__folds__an_answer(void **state)
{
	static const char text[] = "00:00:01 RSL: stat/x/STATUS = {\"Status\":{\"Module\":1}}\r\n"
				   "00:00:02 plain line\r\n";
	struct screen *sc = *state;
	int y;

	lines_rx(sc->s->log, (const uint8_t *)text, sizeof(text) - 1, sc->now);
	screen_draw(sc);
	y = screen_find(sc, "stat/x/STATUS");
	assert_true(y > 0);
	sc->bound[0] = '\0';
	mouse(sc, KEY_MOUSE_PRESS, 30, y);
	mouse(sc, KEY_MOUSE_RELEASE, 30, y);
	assert_string_equal(sc->bound, "");
	mouse(sc, KEY_MOUSE_PRESS, 30, y);
	assert_string_equal(sc->bound, "/fold");
	assert_int_equal(style_of(sc, "plain line"), STYLE_RX);
	sc->bound[0] = '\0';
	mouse(sc, KEY_MOUSE_RELEASE, 30, y);
	assert_string_equal(sc->bound, "");
	mouse(sc, KEY_MOUSE_PRESS, 30, y);
	assert_string_equal(sc->bound, "/fold");
	/* What is drawn between is a selection, and begins anew. */
	sc->bound[0] = '\0';
	mouse(sc, KEY_MOUSE_DRAG, 30, y + 1);
	mouse(sc, KEY_MOUSE_RELEASE, 30, y + 1);
	mouse(sc, KEY_MOUSE_PRESS, 30, y);
	assert_string_equal(sc->bound, "");
	y = screen_find(sc, "plain line");
	mouse(sc, KEY_MOUSE_PRESS, 30, y);
	mouse(sc, KEY_MOUSE_PRESS, 30, y);
	assert_string_equal(sc->bound, "");
}

static void panes_mouse__moves__a_border(void **state)
{
	struct screen *sc = *state;
	int y;

	split(sc, "WIF");
	screen_draw(sc);
	y = screen_find(sc, "Log 2");
	mouse(sc, KEY_MOUSE_PRESS, 40, y);
	mouse(sc, KEY_MOUSE_DRAG, 40, y - 5);
	assert_int_equal(screen_find(sc, "Log 2"), y - 5);
	mouse(sc, KEY_MOUSE_DRAG, 40, 0); /* the upper one keeps two rows */
	assert_int_equal(screen_find(sc, "Log 2"), 4);
	mouse(sc, KEY_MOUSE_RELEASE, 40, 0);
	mouse(sc, KEY_MOUSE_DRAG, 40, 20);
	assert_int_equal(screen_find(sc, "Log 2"), 4);
	sc->s->panes.active = 0;
	assert_true(tui_log_resize(sc->t, 1)); /* two keys before a drawing */
	assert_true(tui_log_resize(sc->t, 2));
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "Log 2"), 7);
	sc->s->panes.active = 1;
	assert_true(tui_log_resize(sc->t, 3));
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "Log 2"), 4);
	assert_false(tui_log_resize(sc->t, 1));
}

/* A filter that is being typed stays with its pane when another one is clicked. */
static void panes_mouse__ends__what_is_typed(void **state)
{
	struct screen *sc = *state;
	int y;

	split(sc, "WIF");
	screen_draw(sc);
	y = screen_find(sc, "Log 2");
	tui_entry_open(sc->t, TUI_ENTRY_FILTER, "");
	screen_keys(sc, "text:MQT");
	/* into its own line, or at a border: it goes on */
	mouse(sc, KEY_MOUSE_PRESS, 20, screen_find(sc, " Filter: MQT"));
	mouse(sc, KEY_MOUSE_PRESS, 40, y);
	mouse(sc, KEY_MOUSE_RELEASE, 40, y);
	assert_int_equal(sc->entry_event, TUI_ENTRY_CHANGED);
	assert_int_equal(sc->s->panes.active, 1);
	screen_keys(sc, "x");
	assert_string_equal(sc->entry, "MQTx");
	mouse(sc, KEY_MOUSE_PRESS, 20, 4);
	assert_int_equal(sc->entry_event, TUI_ENTRY_DONE);
	assert_string_equal(sc->entry, "MQTx");
	assert_int_equal(sc->s->panes.active, 0);
	assert_int_equal(tui_focused(sc->t), TUI_LOG);
	assert_int_equal(screen_find(sc, "Filter:"), -1);
	/* a search with nothing in it is none; not the last one again */
	tui_entry_past_add(sc->t, TUI_ENTRY_FIND, "before");
	tui_entry_open(sc->t, TUI_ENTRY_FIND, "");
	mouse(sc, KEY_MOUSE_PRESS, 20, y + 3);
	assert_int_equal(sc->entry_event, TUI_ENTRY_CANCEL);
	assert_int_equal(sc->s->panes.active, 1);
}

static void entry_past__comes__from_earlier_sessions(void **state)
{
	struct screen *sc = *state;

	tui_entry_past_add(sc->t, TUI_ENTRY_FIND, "one");
	tui_entry_past_add(sc->t, TUI_ENTRY_FIND, "two");
	tui_entry_past_add(sc->t, TUI_ENTRY_FILTER, "other");
	tui_entry_open(sc->t, TUI_ENTRY_FIND, "");
	screen_keys(sc, "Up Up");
	assert_string_equal(sc->entry, "one");
	screen_keys(sc, "Down Down");
	assert_string_equal(sc->entry, "");
	/* from another session, while it is open */
	tui_entry_past_add(sc->t, TUI_ENTRY_FIND, "three");
	screen_keys(sc, "Up");
	assert_string_equal(sc->entry, "three");
	tui_entry_past_clear(sc->t, TUI_ENTRY_FIND);
	screen_keys(sc, "Up Up Esc");
	for (int i = 0; i < 120; i++) {
		char text[16];

		str_fmt(text, sizeof(text), "past %d", i);
		tui_entry_past_add(sc->t, TUI_ENTRY_FIND, text);
	}
	tui_entry_open(sc->t, TUI_ENTRY_FIND, "");
	for (int i = 0; i < 200; i++)
		screen_keys(sc, "Up");
	assert_string_equal(sc->entry, "past 70");
}

/* Every size, with four panes, forms in turn, marks: nothing outside, nothing that crashes. */
static void panes_draw__fits__every_size(void **state)
{
	struct screen *sc = *state;
	int w = 1, h = 1;

	tagged(sc, 0, 100);
	split(sc, "WIF");
	split(sc, "");
	split(sc, "nothing such");
	find(sc, "line [0-9]");
	tui_focus(sc->t, TUI_LOG);
	for (int i = 0; i < 900; i++) {
		w = 1 + (i * 37) % 250;
		h = 1 + (i * 23) % 70;
		pane(sc, i % 4)->form = (enum pane_form)(i % 3);
		pane(sc, i % 4)->wrap = (enum pane_wrap)(i / 3 % 4);
		pane(sc, i % 4)->time = (enum pane_time)(i / 7 % 7);
		sc->s->panes.active = i / 11 % 4;
		tui_mem_resize(sc->b, w, h);
		screen_draw(sc);
		if (i % 5 == 0)
			screen_keys(sc, i % 10 ? "b v Up" : "f Esc k");
		if (i % 50 == 0)
			tagged(sc, i, i + 3);
	}
}

/* The work of a frame doesn't grow with the log. */
static void panes_key__scrolls__a_long_log(void **state)
{
	struct screen *sc = *state;
	uint64_t first, last;

	for (int i = 0; i < 100; i++)
		tagged(sc, i * 2000, i * 2000 + 2000);
	filter(sc, 0, "RSL", 0);
	tui_focus(sc->t, TUI_LOG);
	screen_draw(sc);
	screen_keys(sc, "g");
	assert_int_equal(screen_find(sc, "line 3"), 1);
	tui_log_show(sc->t, lines_first(sc->s->log) + 100000, 0, true);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line 100003"), 1);
	assert_true(tui_log_span(sc->t, &first, &last));
	assert_int_equal(last - first, 9 * 4);
	tui_log_show(sc->t, first + 8, 0, false); /* in sight already */
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line 100003"), 1);
	screen_keys(sc, "G");
	assert_int_equal(screen_find(sc, "line 199999"), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f)	 cmocka_unit_test_setup_teardown(f, setup, teardown)
#define SMALL(f) cmocka_unit_test_setup_teardown(f, setup_small, teardown)
	    CASE(panes_draw__shows__a_filter),
	    CASE(panes_draw__shows__three_panes),
	    CASE(panes_draw__shows__bytes),
	    CASE(panes_draw__shows__every_byte),
	    CASE(panes_draw__shows__the_date),
	    CASE(panes_draw__shows__a_search),
	    CASE(panes_draw__shows__a_selection),
	    SMALL(panes_key__scrolls__what_the_filter_shows),
	    SMALL(panes_draw__keeps_the_text__when_filter_or_form_change),
	    SMALL(panes_draw__keeps_the_byte__when_the_width_changes),
	    SMALL(panes_draw__holds_each_pane__for_itself),
	    SMALL(panes_draw__lays__marks_over_one_another),
	    SMALL(panes_draw__marks__finds_in_bytes),
	    SMALL(panes_draw__wraps__between_words),
	    SMALL(panes_draw__wraps_alike__plain_or_not),
	    SMALL(panes_draw__stamps__in_all_forms),
	    SMALL(panes_key__asks__for_commands),
	    CASE(panes_key__goes_round__all_panes),
	    SMALL(entry_key__edits__and_tells),
	    SMALL(entry_key__is_bounded),
	    SMALL(panes_mouse__draws__a_selection),
	    CASE(panes_mouse__folds__an_answer),
	    CASE(panes_mouse__moves__a_border),
	    CASE(panes_mouse__ends__what_is_typed),
	    CASE(entry_past__comes__from_earlier_sessions),
	    CASE(panes_draw__fits__every_size),
	    SMALL(panes_key__scrolls__a_long_log),
#undef CASE
#undef SMALL
	};

	setenv("INPUTRC", "/dev/null", 1);
	setenv("TERM", "xterm", 1);
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

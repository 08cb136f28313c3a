/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log pane: wrapping, scrolling, freezing, hostile lines. */
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

#include "tasmite/base/utf8.h"
#include "tasmite/ui/lineedit.h"
#include "screen.h"

/* 40 x 12: the log has rows 1 to 10 for itself, 38 cells of text behind the mark, no stamps. */
static int setup(void **state)
{
	struct screen *sc = calloc(1, sizeof(*sc));

	if (!sc)
		return -1;
	screen_open(sc, 40, 12);
	lines_break(sc->s->log, sc->now);
	lines_clear(sc->s->log);
	*state = sc;
	return 0;
}

static int teardown(void **state)
{
	screen_close(*state);
	free(*state);
	return 0;
}

static void numbered(struct screen *sc, int from, int to)
{
	char text[32];

	for (int i = from; i < to; i++) {
		str_fmt(text, sizeof(text), "line %d\n", i);
		screen_rx(sc, text);
	}
}

static void log_draw__follows__the_tail(void **state)
{
	struct screen *sc = *state;

	numbered(sc, 0, 3);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line 0"), 1);
	numbered(sc, 3, 100);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line 99"), 10);
	assert_int_equal(screen_find(sc, "line 90"), 1);
	screen_rx(sc, "half");
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "half"), 10);
	screen_rx(sc, " and whole");
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "half and whole"), 10);
}

static void log_key__freezes__and_counts(void **state)
{
	struct screen *sc = *state;

	numbered(sc, 0, 100);
	screen_draw(sc);
	screen_keys(sc, "PgUp");
	assert_int_equal(screen_find(sc, "line 90"), 10);
	numbered(sc, 100, 223);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line 90"), 10);
	assert_int_equal(screen_find(sc, "▼123"), 0);
	screen_keys(sc, "PgDn");
	assert_int_equal(screen_find(sc, "line 99"), 10);
	screen_keys(sc, "Ctrl-End");
	assert_int_equal(screen_find(sc, "line 222"), 10);
	assert_int_equal(screen_find(sc, "▼"), -1);
	tui_mem_resize(sc->b, 120, 40);
	screen_draw(sc);
	screen_keys(sc, "PgUp");
	numbered(sc, 223, 224);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "▼ 1 new line — End follows"), 1);
}

static void log_key__follows__on_end_as_it_says(void **state)
{
	struct screen *sc = *state;

	tui_mem_resize(sc->b, 120, 40);
	numbered(sc, 0, 100);
	screen_draw(sc);
	/* in a line that is being written End is the line's */
	screen_keys(sc, "PgUp text:abc");
	assert_int_equal(screen_find(sc, "scrolled back — Ctrl-End follows"), 1);
	screen_keys(sc, "Home End d");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "abcd");
	assert_int_equal(screen_find(sc, "scrolled back — Ctrl-End follows"), 1);
	screen_keys(sc, "Ctrl-C");
	assert_int_equal(screen_find(sc, "scrolled back — End follows"), 1);
	screen_keys(sc, "End");
	assert_int_equal(screen_find(sc, "follows"), -1);
	assert_true(screen_find(sc, "line 99") > 0);
}

static void log_key__knows__less(void **state)
{
	static const struct {
		const char *keys;
		int top;
	} cases[] = {{"k", 89}, {"k j", 90}, {"Up Up", 88}, {"u", 85}, {"b", 81}, {"b f", 90},
	    {"g", 0}, {"Home d", 5}, {"Home Space", 9}, {"g G", 90}, {"b End", 90},
	    {"PgUp PgUp PgDn", 81}, {"j j j", 90}, {"g k k b", 0}, {"b b Down Down", 74}};
	struct screen *sc = *state;

	numbered(sc, 0, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[32];

		tui_follow(sc->t);
		tui_focus(sc->t, TUI_LOG);
		screen_draw(sc);
		screen_keys(sc, cases[i].keys);
		str_fmt(text, sizeof(text), "  line %d", cases[i].top);
		assert_string_equal(screen_row(sc, 1), text);
		assert_int_equal(tui_focused(sc->t), TUI_LOG);
	}
	/* scrolled down to the end by hand: it follows again */
	screen_keys(sc, "G k j");
	numbered(sc, 100, 101);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line 100"), 10);
}

static void log_draw__says__that_frozen_text_was_dropped(void **state)
{
	struct screen *sc = *state;
	char text[1001];

	lines_set_max(sc->s->log, 1 << 20);
	memset(text, 'x', 999);
	text[999] = '\n';
	text[1000] = '\0';
	numbered(sc, 0, 50);
	tui_draw(sc->t, sc->now);
	tui_page(sc->t, INT_MIN);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line 0"), 1);
	for (int i = 0; i < 500; i++)
		screen_rx(sc, text);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line 0"), 1); /* nothing dropped yet: it stands */
	for (int i = 0; i < 2500; i++)
		screen_rx(sc, text);
	assert_true(lines_first(sc->s->log) > 10);
	screen_draw(sc);
	/* the text in sight stays though the log has dropped it, and is scrolled within */
	assert_int_equal(screen_find(sc, "line 0"), 1);
	assert_int_equal(screen_find(sc, "line 9"), 10);
	assert_true(screen_find(sc, "old lines dropped") == 0);
	tui_mem_resize(sc->b, 40, 8);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line 5"), 6);
	screen_keys(sc, "PgDn");
	assert_int_equal(screen_find(sc, "line 0"), -1);
	assert_int_equal(screen_find(sc, "line 5"), 1);
	screen_keys(sc, "PgDn");
	assert_int_equal(screen_find(sc, "line"), -1);
	assert_int_equal(screen_find(sc, "dropped"), -1);
	tui_mem_resize(sc->b, 40, 12);
	screen_keys(sc, "Ctrl-End");
	assert_true(screen_find(sc, "dropped") == -1);
}

static void log_draw__follows__after_clear(void **state)
{
	struct screen *sc = *state;

	numbered(sc, 0, 100);
	screen_draw(sc);
	screen_keys(sc, "PgUp");
	lines_clear(sc->s->log);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line"), -1);
	numbered(sc, 0, 30);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "line 29"), 10);
	assert_int_equal(screen_find(sc, "▼"), -1);
}

static void log_draw__wraps__at_the_width(void **state)
{
	struct screen *sc = *state;
	char text[100];

	for (int i = 0; i < 76; i++)
		text[i] = (char)('a' + i % 26);
	text[76] = '\0';
	screen_rx(sc, text);
	screen_draw(sc);
	/* exactly two rows, no third */
	assert_string_equal(screen_row(sc, 2), "  mnopqrstuvwxyzabcdefghijklmnopqrstuvwx");
	assert_string_equal(screen_row(sc, 3), "");
	screen_rx(sc, "!\n");
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 3), "  !");
	/* a wide character that no longer fits goes to the next row; a mark stays */
	screen_rx(sc, "1234567890123456789012345678901234567\344\275\240x\n");
	screen_rx(sc, "12345678901234567890123456789012345678\314\201x\n");
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 4), "  1234567890123456789012345678901234567");
	assert_string_equal(screen_row(sc, 5), "  \344\275\240x");
	assert_string_equal(screen_row(sc, 6), "  12345678901234567890123456789012345678\314\201");
	assert_string_equal(screen_row(sc, 7), "  x");
}

static void log_draw__tabs__to_multiples_of_8(void **state)
{
	struct screen *sc = *state;

	screen_rx(sc, "a\tb\t\tc\n12345678\td\n");
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "  a       b               c");
	assert_string_equal(screen_row(sc, 2), "  12345678        d");
}

static void log_key__shifts__without_wrap(void **state)
{
	struct screen *sc = *state;
	struct err err;

	screen_rx(sc, "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnop\n");
	screen_rx(sc, "\0011234567\344\275\240abcdefghijklmnopqrstuvwxyz0123456789abcdefghij\n");
	assert_int_equal(
	    settings_set(sc->s->settings, SET_WRAP, "off", ORIGIN_SESSION, "", &err), 0);
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "  0123456789abcdefghijklmnopqrstuvwxyz01");
	assert_string_equal(screen_row(sc, 3), "");
	screen_keys(sc, "Shift-Tab >");
	assert_string_equal(screen_row(sc, 1), "  89abcdefghijklmnopqrstuvwxyz0123456789");
	assert_string_equal(
	    screen_row(sc, 2), "  \344\275\240abcdefghijklmnopqrstuvwxyz0123456789");
	screen_keys(sc, "Left Left");
	assert_string_equal(screen_row(sc, 1), "  0123456789abcdefghijklmnopqrstuvwxyz01");
}

static void log_draw__shows_nothing__where_the_filter_does(void **state)
{
	struct screen *sc = *state;
	struct err err;

	screen_rx(sc, "one\ntwo\nthree\n");
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "  one");
	assert_int_equal(filter_set(sc->s->panes.pane[0].filter, "four", 0, 0, &err), ERR_OK);
	while (filter_step(sc->s->panes.pane[0].filter, sc->s->log, 1000))
		;
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "");
	/* Held there, too. */
	screen_keys(sc, "Shift-Tab g");
	assert_string_equal(screen_row(sc, 1), "");
	screen_rx(sc, "four\n");
	while (filter_step(sc->s->panes.pane[0].filter, sc->s->log, 1000))
		;
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "  four");
}

/* Keys that mean nothing just now stay in the pane: what is typed next is meant for it. */
static void log_key__keeps__the_focus(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "Shift-Tab Left Right");
	assert_int_equal(tui_focused(sc->t), TUI_LOG);
	screen_keys(sc, "x");
	assert_string_equal(sc->bound, "/hex");
}

static void log_key__pauses__a_replay(void **state)
{
	struct screen *sc = *state;

	sc->s->replay = true;
	screen_keys(sc, "Shift-Tab Space");
	assert_string_equal(sc->bound, "/pause");
}

/* One line of 64 KiB, without an end: it scrolls within itself. */
static void log_key__scrolls__within_a_long_line(void **state)
{
	struct screen *sc = *state;
	char part[39];

	for (int i = 0; i < 1700; i++) {
		str_fmt(part, sizeof(part), "%038d", i);
		screen_rx(sc, part);
	}
	tui_draw(sc->t, sc->now);
	assert_int_equal(lines_end(sc->s->log) - lines_first(sc->s->log), 1);
	assert_int_equal(screen_find(sc, "0001699"), 10);
	tui_focus(sc->t, TUI_LOG);
	screen_keys(sc, "k k k");
	assert_int_equal(screen_find(sc, "0001696"), 10);
	screen_keys(sc, "g");
	assert_int_equal(screen_find(sc, "0000000"), 1);
	screen_keys(sc, "Space");
	assert_int_equal(screen_find(sc, "0000009"), 1);
	/* the same where a byte is no cell */
	screen_rx(sc, "\303\251");
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "0000009"), 1);
	screen_keys(sc, "j");
	assert_int_equal(screen_find(sc, "0000010"), 1);
	screen_keys(sc, "G");
	assert_string_equal(screen_row(sc, 10), "  \303\251");
}

static void log_draw__marks__whose_line_it_is(void **state)
{
	struct screen *sc = *state;

	screen_rx(sc, "dev");
	lines_put(sc->s->log, LINE_TX, "sent", 4, sc->now);
	session_say(sc->s, sc->now, "own");
	session_warn(sc->s, sc->now, "warn");
	screen_rx(sc, "ice\n");
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "  dev");
	assert_string_equal(screen_row(sc, 2), "› sent");
	assert_string_equal(screen_row(sc, 3), "· own");
	assert_string_equal(screen_row(sc, 4), "! warn");
	assert_string_equal(screen_row(sc, 5), "… ice");
	assert_int_equal(surface_cell(tui_mem_screen(sc->b), 2, 2)->style, STYLE_TX);
	assert_int_equal(surface_cell(tui_mem_screen(sc->b), 2, 4)->style, STYLE_WARN);
}

static void log_draw__stamps__in_local_time(void **state)
{
	struct screen *sc = *state;
	struct err err;

	tui_mem_resize(sc->b, 120, 40);
	sc->s->wall_offset_us = -MONO_S(245);
	sc->s->utc_offset_s = -3600;
	screen_rx(sc, "x\n");
	screen_draw(sc);
	assert_true(str_starts(screen_row(sc, 2), "│23:00:00.120   x"));
	assert_int_equal(
	    settings_set(sc->s->settings, SET_STAMP, "off", ORIGIN_SESSION, "", &err), 0);
	screen_draw(sc);
	assert_true(str_starts(screen_row(sc, 2), "│  x"));
}

static void log_draw__shows__the_devices_colours(void **state)
{
	struct screen *sc = *state;
	const struct cell *c;

	screen_rx(sc, "a\033[31;1mb\033[0mc\n");
	screen_draw(sc);
	assert_string_equal(screen_row(sc, 1), "  abc");
	c = surface_cell(tui_mem_screen(sc->b), 3, 1);
	assert_int_equal(c->has_color, 1);
	assert_int_equal(c->color.fg.kind, ANSI_INDEX);
	assert_int_equal(c->color.fg.index, 1);
	assert_int_equal(c->color.attr, ANSI_BOLD);
	assert_int_equal(surface_cell(tui_mem_screen(sc->b), 4, 1)->has_color, 0);
}

static void check_printable(const struct surface *s)
{
	for (int i = 0; i < s->w * s->h; i++) {
		const char *p = s->cells[i].text;
		size_t n = strlen(p);

		assert_true(n < CELL_BYTES);
		while (n) {
			uint32_t cp;
			int len = utf8_decode((const uint8_t *)p, n, &cp);

			assert_true(len > 0 && utf8_width(cp) >= 0);
			p += len;
			n -= (size_t)len;
		}
	}
}

/* Any bytes at any width: nothing but printable characters, nothing outside the pane. */
static void log_draw__shows_nothing_harmful__of_noise(void **state)
{
	struct screen *sc = *state;
	static const char nasty[] = "\033[;mHJ3\a\b\r\016\302\233\n";
	uint32_t seed = 3;

	for (int i = 0; i < 400; i++) {
		uint8_t bytes[600];

		for (size_t j = 0; j < sizeof(bytes); j++) {
			seed = seed * 1664525 + 1013904223;
			bytes[j] = i % 3 ? (uint8_t)(seed >> 24)
					 : (uint8_t)nasty[(seed >> 28) % sizeof(nasty)];
		}
		lines_rx(sc->s->log, bytes, sizeof(bytes), sc->now);
		tui_mem_resize(sc->b, 1 + (int)(seed >> 8) % 130, 1 + (int)(seed >> 16) % 45);
		screen_draw(sc);
		check_printable(tui_mem_screen(sc->b));
		if (i % 50 == 0)
			screen_keys(sc, i % 100 ? "PgUp" : "Ctrl-End");
	}
	tui_mem_resize(sc->b, 120, 40);
	screen_draw(sc);
	/* the frames stand */
	for (int y = 2; y < 37; y++) {
		assert_string_equal(surface_cell(tui_mem_screen(sc->b), 0, y)->text, "│");
		assert_string_equal(surface_cell(tui_mem_screen(sc->b), 77, y)->text, "│");
	}
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static const char status[] = "RSL: S = {\"Net\":{\"Host\":\"sonoff\",\"IP\":\"192.168.1.20\"},"
			     "\"Up\":[1,2]} end\r\n";

static void fold(struct screen *sc, uint64_t back, enum pane_json json)
{
	struct log_pane *pane = &sc->s->panes.pane[0];

	if (back)
		panes_fold(pane, lines_end(sc->s->log) - back, json);
	else
		pane->json = json;
	sc->s->panes.revision++;
	screen_draw(sc);
}

static void log_draw__folds__an_answer(void **state)
{
	struct screen *sc = *state;

	screen_rx(sc, status);
	screen_rx(sc, "after\r\n");
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "after"), 3);
	fold(sc, 2, PANE_JSON_FOLDED);
	assert_int_equal(screen_find(sc, "▸ RSL: S = {…2\u00a0keys} end"), 1);
	assert_int_equal(screen_find(sc, "after"), 2);
	fold(sc, 2, PANE_JSON_TREE);
	assert_int_equal(screen_find(sc, "▾ RSL: S = {"), 1);
	assert_int_equal(screen_find(sc, "    \"Net\":{"), 2);
	assert_int_equal(screen_find(sc, "      \"Host\":\"sonoff\","), 3);
	assert_int_equal(screen_find(sc, "      \"IP\":\"192.168.1.20\"},"), 4);
	assert_int_equal(screen_find(sc, "    \"Up\":[1,2]} end"), 5);
	assert_int_equal(screen_find(sc, "after"), 6);
	fold(sc, 2, PANE_JSON_SETTING);
	assert_int_equal(screen_find(sc, "▾"), -1);
	/* all of a pane, one of them not; cut ones, sent ones and the unfinished stay as they are */
	screen_rx(sc, "{\"a\":1}\r\n{\"b\":2\r\n{\"c\":3}\r\n{\"d\":4}");
	fold(sc, 0, PANE_JSON_FOLDED);
	assert_true(screen_find(sc, "{\"d\":4}") > 0);
	lines_put(sc->s->log, LINE_TX, "{\"e\":5}", 7, sc->now);
	fold(sc, 5, PANE_JSON_LINE);
	assert_int_equal(screen_find(sc, "{\"a\":1}"), 3);
	assert_int_equal(screen_find(sc, "{\"b\":2"), 4);
	assert_int_equal(screen_find(sc, "▸ {…1\u00a0key}"), 5);
	assert_true(screen_find(sc, "{\"e\":5}") > 0);
	/* bytes are bytes */
	sc->s->panes.pane[0].form = PANE_RAW;
	sc->s->panes.revision++;
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "keys"), -1);
}

/* In ASCII, too; and what the folded object holds is marked where it stands. */
static void log_draw__marks__what_is_found_in_a_fold(void **state)
{
	struct screen *sc = *state;
	struct pattern *p = pattern_new("168", 0, NULL);
	const struct cell *c;

	settings_set(sc->s->settings, SET_UNICODE, "off", ORIGIN_SESSION, "", NULL);
	screen_rx(sc, status);
	find_set(sc->s->panes.find, p);
	while (panes_step(&sc->s->panes, sc->s->log, SIZE_MAX / 8))
		;
	fold(sc, 1, PANE_JSON_FOLDED);
	assert_int_equal(screen_find(sc, "> RSL: S = {...2 keys} end"), 1);
	c = surface_cell(tui_mem_screen(sc->b), 3 + 10, 1);
	assert_int_equal(c->style, STYLE_FIND);
	c = surface_cell(tui_mem_screen(sc->b), 3 + 22, 1);
	assert_int_not_equal(c->style, STYLE_FIND); /* "end" */
	fold(sc, 1, PANE_JSON_TREE);
	assert_int_equal(screen_find(sc, "      \"IP\":\"192.168.1.20\"},"), 4);
	c = surface_cell(tui_mem_screen(sc->b), 16, 4);
	assert_int_equal(c->style, STYLE_FIND);
	assert_string_equal(c->text, "1");
	c = surface_cell(tui_mem_screen(sc->b), 19, 4);
	assert_int_not_equal(c->style, STYLE_FIND);
}

/* Scrolls row by row, and stays with its text when it is folded otherwise or the width changes. */
static void log_key__scrolls__through_a_tree(void **state)
{
	struct screen *sc = *state;

	uint64_t line;

	numbered(sc, 0, 20);
	line = lines_end(sc->s->log);
	screen_rx(sc, status);
	numbered(sc, 20, 40);
	fold(sc, 21, PANE_JSON_TREE);
	screen_keys(sc, "Shift-Tab");
	for (int i = 0; i < 11; i++)
		screen_keys(sc, "k");
	assert_int_equal(screen_find(sc, "\"Up\":[1,2]} end"), 1);
	screen_keys(sc, "k k");
	assert_int_equal(screen_find(sc, "\"Host\":\"sonoff\""), 1);
	assert_int_equal(screen_find(sc, "line 20"), 4);
	screen_keys(sc, "k k k");
	assert_int_equal(screen_find(sc, "line 19"), 1);
	screen_keys(sc, "j j j");
	assert_int_equal(screen_find(sc, "\"Host\":\"sonoff\""), 1);
	tui_log_show(sc->t, line, strlen(status) - 5, false);
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "\"Host\":\"sonoff\""), 1); /* it is in sight already */
	fold(sc, 21, PANE_JSON_FOLDED);
	assert_true(screen_find(sc, "▸ RSL: S = {…2") > 0);
	tui_log_folded(sc->t, line);
	assert_true(tui_log_foldable(sc->t, line));
	assert_false(tui_log_foldable(sc->t, line - 1));
	screen_keys(sc, "End");
	assert_int_equal(screen_find(sc, "line 39"), 10);
}

/* Hostile lines in every form and at every width: nothing outside of the pane, nothing that hangs. */
static void log_draw__survives__hostile_json(void **state)
{
	static const char *const pieces[] = {"{\"a\":[", "{\"\":{", "\"\xff\":", "\\", "\"", "}]",
	    "{}", "[{\"b\":1},{\"c\":\"\\\"\"}]", ",", " \t", "\033[31m", "\xe4\xb8\x96",
	    "{\"k\":\"vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv\",\"l\":1}"};
	struct screen *sc = *state;
	uint32_t x = 7;
	char *big = malloc(70000);

	assert_non_null(big);
	memset(big, 'x', 70000);
	memcpy(big, "{\"a\":\"", 6);
	memcpy(big + 8100, "\"}\r\n", 5);
	screen_rx(sc, big); /* just below the limit: one string of 8 KB */
	for (int i = 0; i < 400; i++) {
		char line[600] = "{\"start\":";

		for (int k = 0; k < 12; k++) {
			x = x * 1664525 + 1013904223;
			str_cat(line, sizeof(line), pieces[(x >> 16) % 13]);
		}
		str_cat(line, sizeof(line), i % 3 ? "1}\r\n" : "\r\n");
		screen_rx(sc, line);
		if (i % 4 == 0)
			screen_rx(sc, status);
	}
	tui_focus(sc->t, TUI_LOG);
	for (int w = 1; w < 130; w += w < 24 ? 1 : 7)
		for (int json = PANE_JSON_LINE; json <= PANE_JSON_TREE; json++) {
			tui_mem_resize(sc->b, w, 12);
			tui_resized(sc->t);
			fold(sc, 0, (enum pane_json)json);
			screen_keys(sc, "PgUp PgUp k u g j End");
		}
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    CASE(log_draw__follows__the_tail),
	    CASE(log_key__freezes__and_counts),
	    CASE(log_key__follows__on_end_as_it_says),
	    CASE(log_key__knows__less),
	    CASE(log_draw__says__that_frozen_text_was_dropped),
	    CASE(log_draw__follows__after_clear),
	    CASE(log_draw__wraps__at_the_width),
	    CASE(log_draw__tabs__to_multiples_of_8),
	    CASE(log_key__shifts__without_wrap),
	    CASE(log_draw__shows_nothing__where_the_filter_does),
	    CASE(log_key__keeps__the_focus),
	    CASE(log_key__pauses__a_replay),
	    CASE(log_key__scrolls__within_a_long_line),
	    CASE(log_draw__marks__whose_line_it_is),
	    CASE(log_draw__stamps__in_local_time),
	    CASE(log_draw__shows__the_devices_colours),
	    CASE(log_draw__shows_nothing_harmful__of_noise),
	    CASE(log_draw__folds__an_answer),
	    CASE(log_draw__marks__what_is_found_in_a_fold),
	    CASE(log_key__scrolls__through_a_tree),
	    CASE(log_draw__survives__hostile_json),
#undef CASE
	};

	setenv("INPUTRC", "/dev/null", 1);
	setenv("TERM", "xterm", 1);
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

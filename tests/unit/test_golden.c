/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Golden screens that take several rooms together: four panes, a window over them, each theme's
 * looks; and every arrangement through all sizes. SIZES=all in the environment leaves none out. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/core/theme.h"
#include "screen.h"

static int setup(void **state)
{
	struct screen *sc = calloc(1, sizeof(*sc));
	char text[128];

	if (!sc)
		return -1;
	screen_open(sc, 80, 24);
	for (int i = 0; i < 200; i++) {
		static const char *const tags[] = {"WIF", "MQT", "RSL", "CMD"};

		str_fmt(text, sizeof(text), "00:00:%02d %s: line %d rc -4 of 192.168.1.%d\r\n",
		    i % 60, tags[i % 4], i, i % 250);
		screen_rx(sc, text);
	}
	*state = sc;
	return 0;
}

static int teardown(void **state)
{
	screen_close(*state);
	free(*state);
	return 0;
}

static void split(struct screen *sc, const char *terms)
{
	struct err err = {0};

	if (panes_split(&sc->s->panes, terms, 0, &err) < 0)
		fail_msg("%s", err.text);
	while (panes_step(&sc->s->panes, sc->s->log, SIZE_MAX / 8))
		;
}

static void split_in_four(struct screen *sc)
{
	split(sc, "WIF");
	split(sc, "!MQT");
	split(sc, "\"line 19\"");
	sc->s->panes.pane[1].form = PANE_HEX;
	sc->s->panes.pane[2].form = PANE_RAW;
	sc->s->panes.pane[3].wrap = PANE_WRAP_OFF;
	sc->s->panes.revision++;
}

static void open_list(struct screen *sc)
{
	session_list_open(sc->s, "Themes", false);
	for (size_t i = 0; theme_builtin_name(i); i++)
		session_list_add(sc->s, theme_builtin_name(i), "", theme_builtin_name(i));
}

static void open_page(struct screen *sc)
{
	session_page_open(sc->s, "Help");
	for (int i = 1; i <= 90; i++)
		sbuf_fmt(&sc->s->page.text, "  F%-3d  what this key does, told at a length\n", i);
	sc->s->page.revision++;
}

static void open_flash(struct screen *sc)
{
	struct flash_view *f = &sc->s->flash;

	f->state = FLASH_FAILED;
	f->stage_count = 1;
	str_copy(f->stages[0].name, sizeof(f->stages[0].name), "connect");
	f->stages[0].mark = MARK_FAILED;
	f->revision++;
}

/* ---- screens --------------------------------------------------------------------------------- */

static void golden__four_panes(void **state)
{
	struct screen *sc = *state;

	split_in_four(sc);
	screen_golden(sc, "log-split4");
	sc->s->panes.active = 2;
	sc->s->panes.revision++;
	tui_focus(sc->t, TUI_LOG);
	screen_keys(sc, "k k k");
	screen_golden(sc, "log-split4-scrolled");
	open_list(sc);
	screen_golden(sc, "log-split4-list");
}

/* A question, a page and the flash panel over four panes. */
static void golden__windows_over_panes(void **state)
{
	struct screen *sc = *state;
	struct session_ask *ask = &sc->s->ask;

	split_in_four(sc);
	ask->open = true;
	str_copy(ask->title, sizeof(ask->title), "Write sonoff.bin?");
	str_copy(ask->text[0], sizeof(ask->text[0]),
	    "The firmware of the device is replaced, and with it what it has stored in the first "
	    "part of its flash. The settings stay.");
	ask->text_count = 1;
	str_copy(ask->yes, sizeof(ask->yes), "y  write");
	str_copy(ask->no, sizeof(ask->no), "n  leave it");
	str_copy(ask->third, sizeof(ask->third), "b  copy it to a file first");
	session_touch(sc->s);
	screen_golden(sc, "log-split4-ask");
	session_ask_close(sc->s);
	open_page(sc);
	screen_golden(sc, "log-split4-page");
	session_page_close(sc->s);
	open_flash(sc);
	screen_golden(sc, "log-split4-flash");
	sc->s->panes.active = 1;
	sc->s->panes.revision++;
	tui_focus(sc->t, TUI_FLASH);
	screen_golden(sc, "log-split4-flash-focus");
}

static void fold_all(struct screen *sc, enum pane_json json)
{
	sc->s->panes.pane[0].json = json;
	sc->s->panes.revision++;
}

static void golden__answers_folded(void **state)
{
	static const char answers[] =
	    "00:00:35 CMD: Status 5\r\n"
	    "00:00:35 RSL: stat/sonoff/STATUS5 = {\"StatusNET\":{\"Hostname\":\"sonoff-5206\","
	    "\"IPAddress\":\"192.168.1.20\",\"Mac\":\"5C:CF:7F:12:34:56\",\"Webserver\":2}}\r\n"
	    "00:00:40 MQT: tele/sonoff/STATE = {\"Time\":\"1970-01-01T00:05:15\",\"Vcc\":3.171,"
	    "\"POWER\":\"ON\",\"Timers\":[{\"On\":1},{\"On\":0}],\"Wifi\":{\"AP\":1,\"RSSI\":72}}"
	    "\r\n";
	struct screen *sc = *state;

	screen_rx(sc, answers);
	fold_all(sc, PANE_JSON_FOLDED);
	screen_golden(sc, "log-folded");
	fold_all(sc, PANE_JSON_TREE);
	screen_golden(sc, "log-tree");
}

/* ---- themes: the text is the same for all, how it looks is not ---- */

static const struct theme_cell *resolved(const struct theme *t, int depth, const struct cell *c)
{
	return &t->cells[depth][c->style < STYLE_COUNT ? c->style : STYLE_DEFAULT];
}

static void put_look(struct sbuf *out, const struct theme_cell *c)
{
	sbuf_fmt(out, "%d/%d", c->fg, c->bg);
	for (unsigned i = 0; i < 5; i++)
		if (c->attr & 1u << i)
			sbuf_fmt(out, "%c", "bdura"[i]);
}

static void put_row(struct sbuf *out, const struct surface *s, int y, const struct theme *t)
{
	for (int x = 0, from = 0; x < s->w; x++) {
		const struct cell *c = surface_cell(s, x, y), *next = surface_cell(s, x + 1, y);

		if (next && next->style == c->style && next->base == c->base)
			continue;
		sbuf_fmt(out, " %d:%s=", from, style_name((enum style_id)c->style));
		put_look(out, resolved(t, THEME_256, c));
		from = x + 1;
	}
	sbuf_fmt(out, "\n");
}

static void put_styles(struct sbuf *out, const struct theme *t)
{
	for (int i = 0; i < STYLE_COUNT; i++) {
		sbuf_fmt(out, "%-16s", style_name((enum style_id)i));
		for (int d = 0; d < THEME_DEPTHS; d++) {
			sbuf_fmt(out, "  ");
			put_look(out, &t->cells[d][i]);
		}
		sbuf_fmt(out, "\n");
	}
}

static void golden__each_theme(void **state)
{
	struct screen *sc = *state;
	struct sbuf out, text, first;
	struct err err = {0};
	char name[64];

	sbuf_init(&text, 1u << 16);
	sbuf_init(&first, 1u << 16);
	open_flash(sc);
	screen_keys(sc, "Shift-Tab k v Up");
	for (size_t i = 0; theme_builtin_name(i); i++) {
		const struct surface *s = tui_mem_screen(sc->b);

		sbuf_init(&out, 1u << 20);
		assert_int_equal(theme_builtin(&sc->s->theme, theme_builtin_name(i), &err), ERR_OK);
		sc->s->theme_revision++;
		screen_draw(sc);
		sbuf_clear(&text);
		for (int y = 0; y < s->h; y++) {
			sbuf_fmt(i ? &text : &first, "%s\n", screen_row(sc, y));
			put_row(&out, s, y, &sc->s->theme);
		}
		if (i)
			assert_string_equal(sbuf_str(&text), sbuf_str(&first));
		put_styles(&out, &sc->s->theme);
		str_fmt(name, sizeof(name), "theme-%s", theme_builtin_name(i));
		screen_keep(name, &out);
		sbuf_fini(&out);
	}
	sbuf_fini(&text);
	sbuf_fini(&first);
}

/* ---- all sizes ------------------------------------------------------------------------------- */

static void draw_at(struct screen *sc, int w, int h)
{
	const struct surface *s;

	tui_mem_resize(sc->b, w, h);
	tui_resized(sc->t);
	screen_draw(sc);
	s = tui_mem_screen(sc->b);
	assert_int_equal(s->w, w);
	assert_int_equal(s->h, h);
	assert_true(s->cursor_x < w && s->cursor_y < h);
}

/* Sizes in steps, begun elsewhere each time. */
static void walk(struct screen *sc, int step_w, int step_h, int seed)
{
	for (int w = 20 + seed % step_w; w <= 250; w += step_w)
		for (int h = 5 + (seed + w) % step_h; h <= 70; h += step_h)
			draw_at(sc, w, h);
}

static void golden__all_sizes(void **state)
{
	struct screen *sc = *state;
	bool all = getenv("SIZES") && !strcmp(getenv("SIZES"), "all");
	int step_w = all ? 1 : 19, step_h = all ? 1 : 9, seed = 0;

	walk(sc, step_w, step_h, seed++);
	for (int form = PANE_TEXT; form <= PANE_RAW; form++) {
		sc->s->panes.pane[0].form = (enum pane_form)form;
		sc->s->panes.revision++;
		walk(sc, step_w, step_h, seed++);
	}
	open_flash(sc);
	walk(sc, step_w, step_h, seed++);
	split(sc, "WIF");
	walk(sc, step_w, step_h, seed++);
	assert_int_equal(panes_close(&sc->s->panes, NULL), ERR_OK);
	split_in_four(sc);
	walk(sc, step_w, step_h, seed++);
	tui_entry_open(sc->t, TUI_ENTRY_FIND, "line 1");
	walk(sc, step_w, step_h, seed++);
	tui_entry_close(sc->t);
	tui_entry_open(sc->t, TUI_ENTRY_FILTER, "WIF");
	walk(sc, step_w, step_h, seed++);
	tui_entry_close(sc->t);
	tui_focus(sc->t, TUI_LOG);
	screen_keys(sc, "k v Up Up");
	walk(sc, step_w, step_h, seed++);
	open_list(sc);
	walk(sc, step_w, step_h, seed++);
	session_list_close(sc->s);
	open_page(sc);
	walk(sc, step_w, step_h, seed++);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(golden__four_panes, setup, teardown),
	    cmocka_unit_test_setup_teardown(golden__windows_over_panes, setup, teardown),
	    cmocka_unit_test_setup_teardown(golden__answers_folded, setup, teardown),
	    cmocka_unit_test_setup_teardown(golden__each_theme, setup, teardown),
	    cmocka_unit_test_setup_teardown(golden__all_sizes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

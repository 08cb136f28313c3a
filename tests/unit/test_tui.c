/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole screen: golden drawings, focus, keys, popups, all sizes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "screen.h"
#include "tasmite/base/utf8.h"

static void flash_base(struct flash_view *f, enum flash_state st)
{
	static const char *const names[] = {"connect", "erase", "write", "checked"};

	f->state = st;
	str_copy(f->what, sizeof(f->what), "sonoff.bin  502 KB → 0x00000");
	str_copy(f->chip, sizeof(f->chip), "ESP8266EX 1 MB 5C:CF:7F:12:34:56");
	f->stage_count = 4;
	for (int i = 0; i < 4; i++)
		str_copy(f->stages[i].name, sizeof(f->stages[i].name), names[i]);
	f->left_s = -1;
	f->revision++;
}

static void flash_text(struct flash_view *f, bool bad, const char *text)
{
	f->text_bad[f->text_count] = bad;
	str_copy(f->text[f->text_count++], sizeof(f->text[0]), text);
}

static void flash_waiting(struct flash_view *f)
{
	flash_base(f, FLASH_WAITING);
	f->chip[0] = '\0';
	f->stages[0].mark = MARK_RUNNING;
	flash_text(f, false, "1 Take the power away.");
	flash_text(f, false, "2 Hold the button: it pulls GPIO0 to ground.");
	flash_text(f, false, "3 Give power again, let go after two seconds.");
	flash_text(f, true, "Never with mains connected.");
	str_copy(f->heard, sizeof(f->heard), "a normal boot (3,6): the button was not held");
}

static void flash_working(struct flash_view *f)
{
	flash_base(f, FLASH_WORKING);
	f->stages[0].mark = f->stages[1].mark = MARK_DONE;
	f->stages[2].mark = MARK_RUNNING;
	f->total = 513024;
	f->done = 318075;
	f->left_s = 17;
	f->retries = 2;
	str_copy(f->rate, sizeof(f->rate), "11.2 KB/s  (97 % of the wire)");
}

static void flash_done(struct flash_view *f)
{
	flash_base(f, FLASH_DONE);
	for (int i = 0; i < 4; i++)
		f->stages[i].mark = MARK_DONE;
	flash_text(f, false, "Written and checked by the ROM's XOR in 46 s.");
	flash_text(f, false, "Release the button and power the board again.");
}

static void flash_failed(struct flash_view *f)
{
	flash_base(f, FLASH_FAILED);
	f->stages[0].mark = MARK_DONE;
	f->stages[1].mark = MARK_FAILED;
	flash_text(f, true, "The chip stopped answering while it erased.");
	flash_text(f, false, "The first 64 KB may be empty now. F5 tries again.");
}

static void open_page(struct screen *sc)
{
	session_page_open(sc->s, "Help");
	for (int i = 1; i <= 50; i++)
		sbuf_fmt(&sc->s->page.text,
		    "  F%-3d  what this key does, told at a length that has to be wrapped "
		    "somewhere\n",
		    i);
	sc->s->page.revision++;
}

static void open_ask(struct screen *sc)
{
	struct session_ask *a = &sc->s->ask;

	a->open = true;
	str_copy(a->title, sizeof(a->title), "Write sonoff.bin");
	str_copy(a->text[0], sizeof(a->text[0]), "Tasmota 6.1.1 (502 KB) goes to 0x00000.");
	str_copy(a->text[2], sizeof(a->text[2]), "Lost: the firmware on it now, and its settings.");
	a->text_count = 3;
	str_copy(a->yes, sizeof(a->yes), "y  erase and write");
	str_copy(a->no, sizeof(a->no), "n  leave it as it is");
	session_touch(sc->s);
}

static void open_list(struct screen *sc, bool completion)
{
	static const char *const names[] = {"/baud", "/chip", "/clear", "/device", "/echo", "/eol",
	    "/erase", "/flash", "/help", "/image", "/port", "/quit"};

	session_list_open(sc->s, completion ? "" : "Commands", completion);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		session_list_add(sc->s, names[i], i % 2 ? "" : "what it does", names[i]);
}

/* ---- drawings ----------------------------------------------------------------------------- */

static void tui_draw__shows__the_log(void **state)
{
	screen_golden(*state, "log");
}

static void tui_draw__shows__ascii(void **state)
{
	struct screen *sc = *state;
	struct err err;

	flash_working(&sc->s->flash);
	assert_int_equal(
	    settings_set(sc->s->settings, SET_UNICODE, "off", ORIGIN_SESSION, "", &err), 0);
	screen_golden(sc, "ascii");
}

static void tui_draw__shows__direct_mode(void **state)
{
	struct screen *sc = *state;

	sc->s->direct = true;
	screen_golden(sc, "direct");
}

static void tui_draw__shows__how_far_a_paste_is(void **state)
{
	struct screen *sc = *state;
	struct err err;

	sc->s->sending.on = true;
	str_copy(sc->s->sending.what, sizeof(sc->s->sending.what), "paste");
	sc->s->sending.done = 3;
	sc->s->sending.total = 12;
	str_copy(sc->s->profile, sizeof(sc->s->profile), "kitchen");
	keymap_bind(sc->s->keymap, "F11", "Status 5", "Net", &err);
	screen_golden(sc, "sending");
}

static void tui_draw__shows__the_edit_line(void **state)
{
	struct screen *sc = *state;

	tui_edit_set(sc->t, "Backlog SSID1 home; Password1 geheim12; Module 1");
	screen_golden(sc, "edit");
	str_copy(sc->s->facts.version, sizeof(sc->s->facts.version), "6.1.1");
	tui_edit_set(sc->t, "Backlog SSID1 home ; Password1 geheim12; Module 1");
	screen_golden(sc, "edit-warning");
	sc->s->reveal = true;
	tui_edit_set(sc->t, "Password1 abc");
	screen_draw(sc);
	assert_true(screen_find(sc, "❯ Password1 abc ") >= 0);
	sc->s->reveal = false;
	session_touch(sc->s);
	screen_draw(sc);
	assert_true(screen_find(sc, "❯ Password1 ••• ") >= 0);
	/* another firmware has commands of its own */
	sc->s->facts.not_tasmota = true;
	tui_edit_set(sc->t, "SerialLg 2");
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "did you mean"), -1);
	sc->s->facts.not_tasmota = false;
	tui_edit_set(sc->t, "SerialLg 2");
	screen_draw(sc);
	assert_true(screen_find(sc, "! unknown: did you mean SerialLog?") >= 0);
	tui_edit_set(sc->t, "//SerialLg 2");
	screen_draw(sc);
	assert_true(screen_find(sc, "! unknown: did you mean SerialLog?") >= 0);
}

static void tui_draw__shows__a_notice(void **state)
{
	struct screen *sc = *state;

	tui_edit_set(sc->t, "/flash sonoff.bin");
	session_notice(sc->s, true, "no such file: sonoff.bin");
	screen_golden(sc, "notice");
}

static void tui_draw__shows__the_focus(void **state)
{
	struct screen *sc = *state;

	flash_working(&sc->s->flash);
	tui_focus(sc->t, TUI_LOG);
	screen_golden(sc, "focus-log");
	tui_focus(sc->t, TUI_DEVICE);
	screen_golden(sc, "focus-device");
	tui_focus(sc->t, TUI_FLASH);
	screen_golden(sc, "focus-flash");
}

static void tui_draw__shows__the_flash_panel(void **state)
{
	static void (*const fill[])(struct flash_view *) = {
	    flash_waiting, flash_working, flash_done, flash_failed};
	static const char *const names[] = {
	    "flash-waiting", "flash-working", "flash-done", "flash-failed"};
	struct screen *sc = *state;

	for (size_t i = 0; i < sizeof(fill) / sizeof(fill[0]); i++) {
		memset(&sc->s->flash, 0, sizeof(sc->s->flash));
		fill[i](&sc->s->flash);
		screen_golden(sc, names[i]);
	}
}

static void tui_draw__shows__popups(void **state)
{
	struct screen *sc = *state;

	open_page(sc);
	screen_golden(sc, "page");
	session_page_close(sc->s);
	open_ask(sc);
	screen_golden(sc, "ask");
	session_ask_close(sc->s);
	open_list(sc, false);
	screen_golden(sc, "list");
	session_list_close(sc->s);
	tui_edit_set(sc->t, "/");
	open_list(sc, true);
	screen_golden(sc, "completion");
}

static void tui_draw__shows__a_port_that_is_away(void **state)
{
	struct screen *sc = *state;

	sc->s->port.state = SESSION_PORT_WAITING;
	str_copy(sc->s->port.why, sizeof(sc->s->port.why), "unplugged; it comes back by itself");
	sc->s->record.error = true;
	session_touch(sc->s);
	screen_golden(sc, "port-away");
}

/* ---- all sizes ---------------------------------------------------------------------------- */

static void sweep(struct screen *sc)
{
	for (int w = 1; w <= 130; w++)
		for (int h = 1; h <= 45; h += w % 7 ? 3 : 1) {
			tui_mem_resize(sc->b, w, h);
			tui_resized(sc->t);
			tui_focus_step(sc->t, 1);
			screen_draw(sc);
			assert_int_equal(tui_mem_screen(sc->b)->w, w);
			assert_int_equal(tui_mem_screen(sc->b)->h, h);
			assert_true(tui_mem_screen(sc->b)->cursor_x < w);
			assert_true(tui_mem_screen(sc->b)->cursor_y < h);
		}
}

/* The surface itself is as large as the screen: a cell outside would be a fault that the sanitizer
 * build ends on. */
static void tui_draw__survives__all_sizes(void **state)
{
	struct screen *sc = *state;

	tui_edit_set(sc->t, "Backlog SSID1 home; Password1 geheim12; Module 1");
	sweep(sc);
	flash_waiting(&sc->s->flash);
	sweep(sc);
	open_page(sc);
	sweep(sc);
	open_ask(sc);
	sweep(sc);
	session_ask_close(sc->s);
	open_list(sc, false);
	sweep(sc);
	session_list_close(sc->s);
	open_list(sc, true);
	sweep(sc);
}

static void tui_draw__is_useful__at_20_by_5(void **state)
{
	struct screen *sc = *state;

	tui_mem_resize(sc->b, 20, 5);
	tui_resized(sc->t);
	screen_keys(sc, "text:Status");
	assert_non_null(strstr(screen_row(sc, 0), "ttyUSB0"));
	assert_int_equal(screen_find(sc, "❯ Status"), 4);
	screen_rx(sc, "12\r\nlast line\r\n");
	screen_draw(sc);
	assert_int_equal(screen_find(sc, "last line"), 3);
}

/* ---- keys --------------------------------------------------------------------------------- */

static void tui_keys__types__into_the_edit_line(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "text:Status Space 5");
	assert_int_equal(screen_find(sc, " ❯ Status 5"), 38);
	assert_int_equal(tui_mem_screen(sc->b)->cursor_x, 11);
	screen_keys(sc, "Enter");
	assert_int_equal(sc->lines, 1);
	assert_string_equal(sc->line, "Status 5");
}

static void tui_keys__asks__for_what_is_bound(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "F1");
	assert_string_equal(sc->bound, "/menu");
	screen_keys(sc, "Ctrl-T 9");
	assert_string_equal(sc->bound, "/record");
	screen_keys(sc, "Ctrl-T 0");
	assert_string_equal(sc->bound, "/quit");
	sc->bound[0] = '\0';
	screen_keys(sc, "Ctrl-T q");
	assert_string_equal(sc->bound, "/quit");
	screen_keys(sc, "Ctrl-T Esc x");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "x");
}

static void tui_keys__clears__on_ctrl_c(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "text:abc Ctrl-C");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "");
	screen_keys(sc, "Ctrl-D");
	assert_int_equal(sc->lines, 0);
	screen_keys(sc, "Ctrl-R text:x Ctrl-C y");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "y");
}

static void tui_keys__moves__round_the_ring(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "Shift-Tab");
	assert_int_equal(tui_focused(sc->t), TUI_LOG);
	assert_true(screen_find(sc, "[Log]") == 1);
	screen_keys(sc, "Shift-Tab");
	assert_int_equal(tui_focused(sc->t), TUI_DEVICE);
	screen_keys(sc, "Shift-Tab"); /* no flash panel: skipped */
	assert_int_equal(tui_focused(sc->t), TUI_EDIT);
	flash_working(&sc->s->flash);
	tui_focus_step(sc->t, -1);
	assert_int_equal(tui_focused(sc->t), TUI_FLASH);
	sc->s->flash.state = FLASH_IDLE;
	screen_draw(sc);
	assert_int_equal(tui_focused(sc->t), TUI_EDIT);
	tui_focus(sc->t, TUI_FLASH);
	assert_int_equal(tui_focused(sc->t), TUI_EDIT);
}

static void tui_keys__returns__to_the_edit_line(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "Shift-Tab k j");
	assert_int_equal(tui_focused(sc->t), TUI_LOG);
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "");
	screen_keys(sc, "E");
	assert_int_equal(tui_focused(sc->t), TUI_EDIT);
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "E");
	screen_keys(sc, "Shift-Tab Esc");
	assert_int_equal(tui_focused(sc->t), TUI_EDIT);
	/* bound keys work from a pane, and leave the focus there */
	screen_keys(sc, "Shift-Tab F9");
	assert_string_equal(sc->bound, "/record");
	assert_int_equal(tui_focused(sc->t), TUI_LOG);
}

static void tui_keys__answers__only_by_letters(void **state)
{
	struct screen *sc = *state;

	open_ask(sc);
	screen_keys(sc, "Enter Space F10 Ctrl-Q x Tab");
	assert_int_equal(sc->answers, 0);
	assert_true(sc->s->ask.open);
	assert_string_equal(sc->bound, "");
	screen_keys(sc, "y");
	assert_int_equal(sc->answers, 1);
	assert_int_equal(sc->last_answer, 1);
	open_ask(sc);
	screen_keys(sc, "n");
	assert_int_equal(sc->last_answer, 0);
	open_ask(sc);
	sc->last_answer = 1;
	screen_keys(sc, "Esc");
	assert_int_equal(sc->last_answer, 0);
	open_ask(sc);
	sc->last_answer = 1;
	screen_keys(sc, "Ctrl-C");
	assert_int_equal(sc->last_answer, 0);
	assert_int_equal(sc->answers, 4);
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "");
}

static void tui_keys__scrolls_and_closes__a_page(void **state)
{
	struct screen *sc = *state;

	open_page(sc);
	screen_draw(sc);
	assert_true(screen_find(sc, "  F1 ") >= 0);
	screen_keys(sc, "Space");
	assert_true(screen_find(sc, "  F1 ") < 0);
	screen_keys(sc, "G");
	assert_true(screen_find(sc, "  F50") >= 0);
	screen_keys(sc, "g");
	assert_true(screen_find(sc, "  F1 ") >= 0);
	screen_keys(sc, "z");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "");
	screen_keys(sc, "G q");
	assert_int_equal(sc->closed, 1);
	open_page(sc);
	screen_draw(sc);
	assert_true(screen_find(sc, "  F1 ") >= 0); /* a new page begins at its top */
	screen_keys(sc, "Esc");
	assert_int_equal(sc->closed, 2);
}

static void tui_keys__narrows__a_list(void **state)
{
	struct screen *sc = *state;

	open_list(sc, false);
	screen_draw(sc);
	screen_keys(sc, "e r Down");
	assert_true(screen_find(sc, "/erase") >= 0);
	assert_true(screen_find(sc, "/quit") < 0);
	screen_keys(sc, "Enter");
	assert_string_equal(sc->chosen, "/erase");
	open_list(sc, false);
	screen_keys(sc, "z z Enter");
	assert_int_equal(sc->chosen_count, 1);
	screen_keys(sc, "Backspace Backspace Down Down Enter");
	assert_string_equal(sc->chosen, "/clear");
	open_list(sc, false);
	screen_keys(sc, "Up Enter"); /* round */
	assert_string_equal(sc->chosen, "/quit");
	open_list(sc, false);
	screen_keys(sc, "Esc");
	assert_string_equal(sc->chosen, "(none)");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "");
}

static void tui_keys__completes__and_goes_on_typing(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "text:/f Tab");
	assert_int_equal(sc->choices, 1);
	assert_true(sc->s->list.open);
	screen_keys(sc, "Tab Tab Enter");
	assert_string_equal(sc->chosen, "/focus");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "/focus ");
	screen_keys(sc, "Ctrl-C text:/f Tab");
	assert_true(sc->s->list.open);
	screen_keys(sc, "o");
	assert_false(sc->s->list.open);
	assert_string_equal(sc->chosen, "(none)");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "/fo");
	screen_keys(sc, "Tab Enter"); /* nothing selected: the line itself is entered */
	assert_string_equal(sc->line, "/fo");
	screen_keys(sc, "text:/f Tab Ctrl-C"); /* clears the line, wherever it is pressed */
	assert_false(sc->s->list.open);
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "");
}

static void tui_keys__takes__a_paste_in_one_piece(void **state)
{
	struct screen *sc = *state;

	tui_mem_paste(sc->b, "Status 5\n");
	screen_keys(sc, "");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "Status 5");
	assert_int_equal(sc->lines, 0);
	tui_mem_paste(sc->b, "SSID1 home\r\nPassword1 geheim\r\n");
	screen_keys(sc, "");
	assert_int_equal(sc->pastes, 1);
	assert_string_equal(sc->paste, "SSID1 home\r\nPassword1 geheim");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "Status 5");
	/* F-keys and escapes in it mean nothing; a question is not answered by it */
	open_ask(sc);
	tui_mem_paste(sc->b, "y\ny");
	screen_keys(sc, "");
	assert_int_equal(sc->answers, 0);
	assert_int_equal(sc->pastes, 1);
}

static void tui_keys__refuses__a_paste_that_is_too_big(void **state)
{
	struct screen *sc = *state;
	size_t n = (1u << 20) + 10;
	char *big = malloc(n + 1);

	assert_non_null(big);
	memset(big, 'x', n);
	big[5] = '\n';
	big[n] = '\0';
	tui_mem_paste(sc->b, big);
	tui_keys(sc->t, sc->now);
	free(big);
	assert_int_equal(sc->pastes, 1);
	assert_string_equal(sc->paste, "");
	tui_mem_paste(sc->b, "a\nb"); /* the next one is whole */
	tui_keys(sc->t, sc->now);
	assert_string_equal(sc->paste, "a\nb");
}

static void tui_keys__sends__each_key_in_direct_mode(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "text:half");
	sc->s->direct = true;
	session_touch(sc->s);
	screen_draw(sc);
	assert_true(screen_find(sc, "DIRECT  Ctrl-] leaves") > 0);
	assert_int_equal(screen_find(sc, "half"), -1);
	screen_keys(sc, "text:ab Enter Ctrl-C Ctrl-T F10 Esc Up Ctrl-Q");
	assert_string_equal(sc->raw, "ab\r\003\024\033[21~\033\033[A\021");
	assert_string_equal(sc->bound, "");
	assert_int_equal(sc->lines, 0);
	/* a paste goes as it is, without a question */
	sc->raw_len = 0;
	tui_mem_paste(sc->b, "x\ny\n");
	tui_keys(sc->t, sc->now);
	assert_string_equal(sc->raw, "x\ny\n");
	assert_int_equal(sc->pastes, 0);
	/* the way out is never sent */
	sc->raw_len = 0;
	sc->raw[0] = '\0';
	screen_keys(sc, "Ctrl-]");
	assert_string_equal(sc->bound, "/direct off");
	assert_string_equal(sc->raw, "");
	/* also where it was bound to another key, which is what is shown then */
	keymap_bind(sc->s->keymap, "Ctrl-]", "", NULL, NULL);
	keymap_bind(sc->s->keymap, "F8", "/direct", NULL, NULL);
	sc->bound[0] = '\0';
	screen_keys(sc, "F8");
	assert_string_equal(sc->bound, "/direct off");
	screen_draw(sc);
	assert_true(screen_find(sc, "DIRECT  F8 leaves") > 0);
	sc->s->direct = false;
	session_touch(sc->s);
	screen_draw(sc);
	assert_true(screen_find(sc, "❯ half") > 0);
}

static void tui_keys__stops_sending__by_esc(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "Esc");
	assert_string_equal(sc->bound, "");
	sc->s->sending.on = true;
	str_copy(sc->s->sending.what, sizeof(sc->s->sending.what), "paste");
	sc->s->sending.done = 2;
	sc->s->sending.total = 9;
	session_touch(sc->s);
	screen_draw(sc);
	assert_true(screen_find(sc, "paste: 2 of 9 lines   Esc: stop") > 0);
	screen_keys(sc, "Esc");
	assert_string_equal(sc->bound, "/cancel");
	/* in a search Esc ends the search */
	sc->bound[0] = '\0';
	screen_keys(sc, "Ctrl-R Esc");
	assert_string_equal(sc->bound, "");
}

static void tui_keys__ends__a_paste_without_end(void **state)
{
	struct screen *sc = *state;

	tui_mem_push(sc->b, &(struct key){.code = KEYS_PASTE_BEGIN});
	screen_keys(sc, "a b");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "");
	assert_true(tui_keys(sc->t, sc->now) < sc->now + MONO_S(2));
	sc->now += MONO_S(2);
	screen_keys(sc, "x");
	assert_string_equal(lineedit_text(tui_lineedit(sc->t)), "abx");
	assert_int_equal(tui_keys(sc->t, sc->now), MONO_NEVER);
}

/* The wheel as arrow keys scrolls panes and pages; it never walks through the history. */
static void tui_draw__has_the_wheel__where_something_scrolls(void **state)
{
	struct screen *sc = *state;

	screen_draw(sc);
	assert_false(tui_mem_wheel(sc->b));
	screen_keys(sc, "Shift-Tab");
	assert_true(tui_mem_wheel(sc->b));
	tui_entry_open(sc->t, TUI_ENTRY_FIND, "");
	screen_keys(sc, "x");
	assert_false(tui_mem_wheel(sc->b));
	screen_keys(sc, "Esc Esc");
	assert_false(tui_mem_wheel(sc->b));
	session_page_open(sc->s, "Help");
	screen_draw(sc);
	assert_true(tui_mem_wheel(sc->b));
}

static void tui_keys__follows__the_mouse(void **state)
{
	struct screen *sc = *state;
	struct key wheel = {.code = KEYS_MOUSE, .button = 4, .x = 5, .y = 5};
	struct key click = {.code = KEYS_MOUSE, .button = 1, .x = 100, .y = 5};

	for (int i = 0; i < 100; i++)
		screen_rx(sc, "\nline");
	screen_draw(sc);
	tui_mem_push(sc->b, &wheel);
	screen_keys(sc, "");
	assert_true(screen_find(sc, "scrolled back") > 0);
	assert_int_equal(tui_focused(sc->t), TUI_EDIT);
	tui_mem_push(sc->b, &click);
	screen_keys(sc, "");
	assert_int_equal(tui_focused(sc->t), TUI_DEVICE);
	click.y = 38;
	tui_mem_push(sc->b, &click);
	screen_keys(sc, "");
	assert_int_equal(tui_focused(sc->t), TUI_EDIT);
	click.x = -1;
	click.y = 30000;
	tui_mem_push(sc->b, &click);
	screen_keys(sc, "");
}

static void tui_keys__toggles__a_line_that_is_clicked(void **state)
{
	struct screen *sc = *state;
	struct key click = {.code = KEYS_MOUSE, .button = 1, .y = 0};
	char row[1024];
	char *at;

	sc->s->port.has_modem = true;
	sc->s->port.modem = 1; /* DTR */
	session_touch(sc->s);
	screen_draw(sc);
	str_copy(row, sizeof(row), screen_row(sc, 0));
	at = strstr(row, "DTR rts cts");
	assert_non_null(at);
	*at = '\0';
	click.x = (int16_t)utf8_str_width(row);
	for (int i = -1; i < 12; i++) {
		struct key k = click;

		k.x = (int16_t)(click.x + i);
		sc->bound[0] = '\0';
		tui_mem_push(sc->b, &k);
		screen_keys(sc, "");
		assert_string_equal(sc->bound, i >= 0 && i < 3	 ? "/dtr"
					       : i >= 4 && i < 7 ? "/rts"
								 : "");
	}
	click.y = 1; /* beside the row */
	tui_mem_push(sc->b, &click);
	screen_keys(sc, "");
	assert_string_equal(sc->bound, "");
}

static void tui_draw__hides__secrets(void **state)
{
	struct screen *sc = *state;

	screen_keys(sc, "text:Password1 Space text:geheim12");
	assert_true(screen_find(sc, "geheim12") < 0);
	assert_true(screen_find(sc, "Password1 ••••••••") >= 0);
}

static void tui_draw__scrolls__a_long_line(void **state)
{
	struct screen *sc = *state;
	char text[301];

	for (int i = 0; i < 300; i++)
		text[i] = (char)('a' + i % 26);
	text[300] = '\0';
	tui_edit_set(sc->t, text);
	screen_draw(sc);
	assert_true(screen_find(sc, "klmn") >= 0);
	assert_int_equal(tui_mem_screen(sc->b)->cursor_y, 38);
	assert_int_equal(tui_mem_screen(sc->b)->cursor_x, 119);
	screen_keys(sc, "Ctrl-A");
	assert_int_equal(tui_mem_screen(sc->b)->cursor_x, 3);
	assert_true(screen_find(sc, "❯ abcdef") == 38);
}

static void tui_dirty__compares__revisions(void **state)
{
	struct screen *sc = *state;

	assert_true(tui_dirty(sc->t, sc->now));
	screen_draw(sc);
	assert_false(tui_dirty(sc->t, sc->now));
	screen_rx(sc, "x");
	assert_true(tui_dirty(sc->t, sc->now));
	screen_draw(sc);
	session_notice(sc->s, false, "word");
	assert_true(tui_dirty(sc->t, sc->now));
	screen_draw(sc);
	sc->s->device.revision++;
	assert_true(tui_dirty(sc->t, sc->now));
	screen_draw(sc);
	tui_follow(sc->t);
	assert_true(tui_dirty(sc->t, sc->now));
	screen_draw(sc);
	assert_int_equal(tui_deadline(sc->t, sc->now), MONO_NEVER);
	flash_working(&sc->s->flash);
	screen_draw(sc);
	assert_false(tui_dirty(sc->t, sc->now));
	assert_true(tui_deadline(sc->t, sc->now) > sc->now);
	assert_true(tui_dirty(sc->t, tui_deadline(sc->t, sc->now)));
}

static void tui_draw__tries_again__when_the_terminal_is_not_ready(void **state)
{
	struct screen *sc = *state;

	screen_draw(sc);
	screen_rx(sc, "\r\nlate\r\n");
	tui_mem_ready(sc->b, false);
	assert_false(tui_draw(sc->t, sc->now));
	assert_true(tui_dirty(sc->t, sc->now));
	tui_mem_ready(sc->b, true);
	screen_draw(sc);
	assert_true(screen_find(sc, "late") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, screen_setup, screen_teardown)
	    CASE(tui_draw__shows__the_log),
	    CASE(tui_draw__shows__ascii),
	    CASE(tui_draw__shows__direct_mode),
	    CASE(tui_draw__shows__how_far_a_paste_is),
	    CASE(tui_draw__shows__the_edit_line),
	    CASE(tui_draw__shows__a_notice),
	    CASE(tui_draw__shows__the_focus),
	    CASE(tui_draw__shows__the_flash_panel),
	    CASE(tui_draw__shows__popups),
	    CASE(tui_draw__shows__a_port_that_is_away),
	    CASE(tui_draw__survives__all_sizes),
	    CASE(tui_draw__is_useful__at_20_by_5),
	    CASE(tui_keys__types__into_the_edit_line),
	    CASE(tui_keys__asks__for_what_is_bound),
	    CASE(tui_keys__clears__on_ctrl_c),
	    CASE(tui_keys__moves__round_the_ring),
	    CASE(tui_keys__returns__to_the_edit_line),
	    CASE(tui_keys__answers__only_by_letters),
	    CASE(tui_keys__scrolls_and_closes__a_page),
	    CASE(tui_keys__narrows__a_list),
	    CASE(tui_keys__completes__and_goes_on_typing),
	    CASE(tui_keys__takes__a_paste_in_one_piece),
	    CASE(tui_keys__refuses__a_paste_that_is_too_big),
	    CASE(tui_keys__sends__each_key_in_direct_mode),
	    CASE(tui_keys__stops_sending__by_esc),
	    CASE(tui_keys__ends__a_paste_without_end),
	    CASE(tui_draw__has_the_wheel__where_something_scrolls),
	    CASE(tui_keys__follows__the_mouse),
	    CASE(tui_keys__toggles__a_line_that_is_clicked),
	    CASE(tui_draw__hides__secrets),
	    CASE(tui_draw__scrolls__a_long_line),
	    CASE(tui_dirty__compares__revisions),
	    CASE(tui_draw__tries_again__when_the_terminal_is_not_ready),
#undef CASE
	};

	setenv("INPUTRC", "/dev/null", 1);
	setenv("TERM", "xterm", 1);
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	alarm(100);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

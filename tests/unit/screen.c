/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Screens in memory, compared with files. */
#include "screen.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "svg.h"
#include "tasmite/base/utf8.h"
#include "tasmite/core/theme.h"

static void on_line(void *ctx, const char *line)
{
	struct screen *sc = ctx;

	str_copy(sc->line, sizeof(sc->line), line);
	sc->lines++;
}

static void on_bound(void *ctx, const char *text)
{
	struct screen *sc = ctx;

	str_copy(sc->bound, sizeof(sc->bound), text);
	if (!strcmp(text, "/focus next"))
		tui_focus_step(sc->t, 1);
	else if (!strcmp(text, "/page up"))
		tui_page(sc->t, -1);
	else if (!strcmp(text, "/page down"))
		tui_page(sc->t, 1);
	else if (!strcmp(text, "/follow"))
		tui_follow(sc->t);
}

static void on_answer(void *ctx, bool yes)
{
	struct screen *sc = ctx;

	sc->answers++;
	sc->last_answer = yes;
	session_ask_close(sc->s);
}

static void on_chosen(void *ctx, const char *value)
{
	struct screen *sc = ctx;

	str_copy(sc->chosen, sizeof(sc->chosen), value ? value : "(none)");
	sc->chosen_count++;
	session_list_close(sc->s);
}

static void on_form(void *ctx, enum tui_form event, int field, const char *text)
{
	struct screen *sc = ctx;
	struct session_form *f = &sc->s->form;

	sc->forms++;
	sc->form_event = event;
	if (event == TUI_FORM_CHANGED)
		str_copy(f->fields[field].value, sizeof(f->fields[field].value), text);
	session_form_touch(sc->s);
}

static void on_closed(void *ctx)
{
	struct screen *sc = ctx;

	sc->closed++;
	session_page_close(sc->s);
}

static size_t on_complete(void *ctx, const char *line, size_t cursor,
    void (*add)(void *arg, const char *word, const char *detail), void *arg)
{
	static const char *const words[] = {"/flash", "/focus", "/follow", "/help"};

	(void)ctx;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(words[i], line, cursor))
			add(arg, words[i], "");
	return 0;
}

static void on_choices(
    void *ctx, const char *const *words, const char *const *details, size_t count)
{
	struct screen *sc = ctx;

	sc->choices++;
	session_list_open(sc->s, "", true);
	for (size_t i = 0; i < count; i++)
		session_list_add(sc->s, words[i], details[i], words[i]);
}

static void on_raw(void *ctx, const char *bytes, size_t n)
{
	struct screen *sc = ctx;

	for (size_t i = 0; i < n && sc->raw_len < sizeof(sc->raw) - 1; i++)
		sc->raw[sc->raw_len++] = bytes[i];
	sc->raw[sc->raw_len] = '\0';
}

static void on_paste(void *ctx, const char *text, size_t n)
{
	struct screen *sc = ctx;

	str_copy_n(sc->paste, sizeof(sc->paste), text, n);
	sc->pastes++;
}

static void on_pane(void *ctx, int index)
{
	struct screen *sc = ctx;

	assert_in_range(index, 0, sc->s->panes.count - 1);
	sc->s->panes.active = index;
	sc->s->panes.revision++;
}

static void on_weights(void *ctx, const int *rows, int count)
{
	struct screen *sc = ctx;

	assert_int_equal(count, sc->s->panes.count);
	for (int i = 0; i < count; i++)
		sc->s->panes.pane[i].weight = rows[i];
	sc->s->panes.revision++;
}

static void on_entry(void *ctx, enum tui_entry kind, enum tui_entry_event event, const char *text)
{
	struct screen *sc = ctx;

	sc->entries++;
	sc->entry_kind = kind;
	sc->entry_event = event;
	str_copy(sc->entry, sizeof(sc->entry), text);
}

static void fill_session(struct screen *sc)
{
	struct session_port *p = &sc->s->port;

	p->state = SESSION_PORT_OPEN;
	str_copy(p->name, sizeof(p->name), "ttyUSB0");
	str_copy(p->about, sizeof(p->about), "FT232R USB UART");
	str_copy(p->line, sizeof(p->line), "115200 8N1");
	p->has_modem = true;
	p->modem = 3;
	p->rx = 12400;
	p->tx = 311;
	sc->s->record.on = true;
	str_copy(sc->s->record.name, sizeof(sc->s->record.name), "sonoff.log");
	str_copy(sc->s->chip, sizeof(sc->s->chip), "ESP8266EX, 1 MB flash");
	sc->s->wall_offset_us = (int64_t)13 * 3600 * 1000000;
	sc->s->utc_offset_s = 0;
}

void screen_rx(struct screen *sc, const char *text)
{
	lines_rx(sc->s->log, (const uint8_t *)text, strlen(text), sc->now);
}

void screen_read(struct screen *sc)
{
	struct line_ref ref;

	if (sc->read_next < lines_first(sc->s->log))
		sc->read_next = lines_first(sc->s->log);
	for (; lines_get(sc->s->log, sc->read_next, &ref) && !ref.partial; sc->read_next++)
		if (ref.dir == LINE_RX)
			session_device_line(sc->s, ref.bytes, ref.len, sc->read_next, ref.time);
	session_judge(sc->s);
}

void screen_open(struct screen *sc, int w, int h)
{
	static const struct tui_ops ops = {.line = on_line,
	    .form = on_form,
	    .bound = on_bound,
	    .answer = on_answer,
	    .chosen = on_chosen,
	    .page_closed = on_closed,
	    .complete = on_complete,
	    .choices = on_choices,
	    .pane = on_pane,
	    .weights = on_weights,
	    .entry = on_entry,
	    .paste = on_paste,
	    .raw = on_raw};

	memset(sc, 0, sizeof(*sc));
	sc->now = MONO_S(245) + MONO_MS(120);
	sc->s = session_new();
	sc->secrets = secrets_new();
	fill_session(sc);
	session_say(sc->s, sc->now, "a session begins");
	screen_rx(sc,
	    "00:00:00 CFG: Loaded from flash at F4, Count 16\r\n"
	    "00:00:00 Project sonoff Sonoff (Topic sonoff, Fallback DVES_123456, GroupTopic "
	    "sonoffs) Version 6.1.1-2_3_0\r\n");
	lines_put(sc->s->log, LINE_TX, "Status 5", 8, sc->now + MONO_S(7));
	session_warn(sc->s, sc->now + MONO_S(8), "something is odd");
	screen_rx(sc, "\033[31mred\033[0m \001\033]0;x\007 \303( caf\303\251 "
		      "\344\275\240e\314\201\tt\r\n00:0");
	screen_read(sc);
	str_copy(sc->s->facts.firmware, sizeof(sc->s->facts.firmware), "Sonoff 6.1.1");
	sc->s->facts.topic[0] = '\0';
	sc->s->facts.boot_mode = 3;
	sc->s->facts.revision++;
	session_judge(sc->s);
	sc->b = tui_mem_new(w, h);
	sc->t = tui_new(sc->s, sc->secrets, sc->b, &ops, sc);
}

void screen_close(struct screen *sc)
{
	tui_free(sc->t);
	sc->b->ops->free(sc->b);
	secrets_free(sc->secrets);
	session_free(sc->s);
}

void screen_draw(struct screen *sc)
{
	assert_true(tui_draw(sc->t, sc->now));
}

static void type(struct screen *sc, const char *text)
{
	for (; *text; text++)
		tui_mem_key(sc->b, *text == ' ' ? "Space" : (char[]){*text, '\0'});
}

void screen_keys(struct screen *sc, const char *keys)
{
	char word[128];

	while (*keys) {
		size_t n = strcspn(keys, " ");

		str_copy_n(word, sizeof(word), keys, n);
		if (!strncmp(word, "text:", 5))
			type(sc, word + 5);
		else
			tui_mem_key(sc->b, word);
		keys += n + (keys[n] == ' ');
	}
	tui_keys(sc->t, sc->now);
	screen_draw(sc);
}

const char *screen_row(const struct screen *sc, int y)
{
	static char row[4096];

	surface_row_text(tui_mem_screen(sc->b), y, row, sizeof(row));
	return row;
}

int screen_find(const struct screen *sc, const char *text)
{
	for (int y = 0; y < tui_mem_screen(sc->b)->h; y++)
		if (strstr(screen_row(sc, y), text))
			return y;
	return -1;
}

static void dump(struct screen *sc, struct sbuf *out)
{
	const struct surface *s = tui_mem_screen(sc->b);

	sbuf_fmt(out, "== %dx%d cursor %d,%d\n", s->w, s->h, s->cursor_x, s->cursor_y);
	for (int y = 0; y < s->h; y++)
		sbuf_fmt(out, "%s\n", screen_row(sc, y));
}

static void read_all(const char *path, struct sbuf *out)
{
	FILE *f = fopen(path, "r");
	char part[4096];
	size_t n;

	if (!f)
		fail_msg("%s is missing; GOLDEN=update makes it", path);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		sbuf_add_n(out, part, n);
	fclose(f);
}

static void compare(const char *path, const struct sbuf *is)
{
	const char *a, *b = sbuf_str(is);
	struct sbuf was;
	int line = 1;

	sbuf_init(&was, 1u << 20);
	read_all(path, &was);
	a = sbuf_str(&was);
	while (*a && *a == *b) {
		line += *a == '\n';
		a++;
		b++;
	}
	if (*a || *b) {
		while (a > sbuf_str(&was) && a[-1] != '\n') {
			a--;
			b--;
		}
		print_error("%s:%d\n was: %.*s\n is:  %.*s\n", path, line, (int)strcspn(a, "\n"), a,
		    (int)strcspn(b, "\n"), b);
		fail_msg("%s differs; look at it, then GOLDEN=update if it is right", path);
	}
	sbuf_fini(&was);
}

static void keep(const char *name, const char *kind, const struct sbuf *is)
{
	const char *mode = getenv("GOLDEN");
	char path[256];
	FILE *f;

	str_fmt(path, sizeof(path), "tests/golden/%s.%s", name, kind);
	if (!mode || strcmp(mode, "update") != 0) {
		compare(path, is);
		return;
	}
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(sbuf_str(is), 1, is->len, f), is->len);
	assert_int_equal(fclose(f), 0);
}

void screen_keep(const char *name, const struct sbuf *is)
{
	keep(name, "txt", is);
}

void screen_picture(struct screen *sc, const char *name, int w, int h, const char *title)
{
	struct theme theme;
	struct sbuf out;
	struct err err;

	if (theme_builtin(&theme, "dark", &err) != ERR_OK)
		fail_msg("%s", err.text);
	tui_mem_resize(sc->b, w, h);
	tui_resized(sc->t);
	screen_draw(sc);
	sbuf_init(&out, 1u << 20);
	svg_begin(&out, w, h, title);
	svg_surface(&out, tui_mem_screen(sc->b), &theme);
	svg_end(&out);
	keep(name, "svg", &out);
	sbuf_fini(&out);
}

void screen_golden(struct screen *sc, const char *name)
{
	static const int sizes[][2] = {{20, 5}, {40, 12}, {60, 16}, {80, 24}, {120, 40}, {250, 70}};
	struct sbuf out;

	sbuf_init(&out, 1u << 20);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		tui_mem_resize(sc->b, sizes[i][0], sizes[i][1]);
		tui_resized(sc->t);
		screen_draw(sc);
		dump(sc, &out);
	}
	screen_keep(name, &out);
	sbuf_fini(&out);
}

int screen_setup(void **state)
{
	struct screen *sc = calloc(1, sizeof(*sc));

	if (!sc)
		return -1;
	screen_open(sc, 120, 40);
	*state = sc;
	return 0;
}

int screen_teardown(void **state)
{
	screen_close(*state);
	free(*state);
	return 0;
}

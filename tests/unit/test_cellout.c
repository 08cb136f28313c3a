/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames as bytes: a terminal that gets them shows the surface. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tasmite/base/str.h"
#include "tasmite/core/theme.h"
#include "../../src/ui/cellout.h"
#include "vt.h"

#define W 40
#define H 8

struct rig {
	struct cellout_caps caps;
	struct cellout out;
	struct surface s;
	struct vt vt;
	struct buf bytes;
};

/* A style's number says how it looks. */
static struct cellout_look look_of(unsigned style)
{
	static const uint8_t attrs[] = {
	    0, THEME_BOLD, 0, THEME_REVERSE, THEME_UNDERLINE, THEME_BOLD | THEME_ITALIC};

	return (struct cellout_look){
	    (int16_t)(style % 3) - 1, (int16_t)(style / 3 % 3) - 1, attrs[style % 6]};
}

static void look(void *ctx, const struct cell *cell, struct cellout_look *l)
{
	struct cellout_look is = look_of(cell->style);

	(void)ctx;
	l->fg = is.fg;
	l->bg = is.bg;
	l->attr = is.attr;
}

static size_t chars(void *ctx, const struct cell *cell, int width, char *dst)
{
	(void)ctx;
	(void)cell;
	memcpy(dst, "<>", 2); /* what fills that many columns */
	return (size_t)width;
}

static void move(void *ctx, int x, int y, struct buf *out)
{
	char text[32];

	(void)ctx;
	str_fmt(text, sizeof(text), "\033[%d;%dH", y + 1, x + 1);
	buf_append(out, text, strlen(text));
}

static const struct cellout_ops ops = {.look = look, .chars = chars, .move = move};

static int setup(void **state)
{
	static const char *const on[] = {"\033[1m", "\033[2m", "\033[4m", "\033[7m", "\033[3m"};
	struct rig *r = calloc(1, sizeof(*r));

	if (!r)
		return -1;
	str_copy(r->caps.normal, sizeof(r->caps.normal), "\033[m");
	str_copy(r->caps.plain, sizeof(r->caps.plain), "\033[39;49m");
	str_copy(r->caps.end_of_row, sizeof(r->caps.end_of_row), "\033[K");
	str_copy(r->caps.hide, sizeof(r->caps.hide), "\033[?25l");
	str_copy(r->caps.show, sizeof(r->caps.show), "\033[?25h");
	for (int i = 0; i < CELLOUT_ATTRS; i++)
		str_copy(r->caps.on[i], sizeof(r->caps.on[i]), on[i]);
	for (int i = 0; i < 256; i++) {
		str_fmt(r->caps.fg[i], sizeof(r->caps.fg[i]), "\033[38;5;%dm", i);
		str_fmt(r->caps.bg[i], sizeof(r->caps.bg[i]), "\033[48;5;%dm", i);
	}
	r->caps.normal_all = r->caps.erase = r->caps.erase_colored = r->caps.column =
	    r->caps.corner = true;
	surface_init(&r->s, W, H);
	vt_init(&r->vt, W, H);
	buf_init(&r->bytes, 1u << 20);
	cellout_init(&r->out, &r->caps, &ops, NULL);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct rig *r = *state;

	cellout_fini(&r->out);
	surface_fini(&r->s);
	vt_fini(&r->vt);
	buf_fini(&r->bytes);
	free(r);
	return 0;
}

static size_t frame(struct rig *r, bool whole)
{
	size_t n;

	buf_clear(&r->bytes);
	cellout_frame(&r->out, &r->s, whole, &r->bytes);
	n = buf_len(&r->bytes);
	vt_feed(&r->vt, buf_bytes(&r->bytes), n);
	return n;
}

/* Of a blank only the background is compared, and what is seen without a character. */
static uint32_t seen(uint32_t is, char c)
{
	return c == ' ' ? is & (0x3FFu << 10 | 1u << 4 | 1u << 7) : is;
}

static uint32_t wanted(unsigned style)
{
	static const struct {
		unsigned attr, sgr;
	} rows[] = {{THEME_BOLD, 1}, {THEME_DIM, 2}, {THEME_UNDERLINE, 4}, {THEME_REVERSE, 7},
	    {THEME_ITALIC, 3}};
	struct cellout_look l = look_of(style);
	unsigned attr = 0;

	for (size_t i = 0; i < 5; i++)
		attr |= l.attr & rows[i].attr ? 1u << rows[i].sgr : 0;
	return VT_LOOK(l.fg, l.bg, attr);
}

static void compare(const struct rig *r, bool corner)
{
	for (int y = 0; y < H; y++) {
		for (int x = 0; x < W; x++) {
			const struct cell *c = surface_cell(&r->s, x, y);
			const struct cell *right = surface_cell(&r->s, x + 1, y);
			char want = c->text[0], is = vt_row(&r->vt, y)[x];

			if (!corner && x == W - 1 && y == H - 1)
				continue;
			if (!want)
				want = '>';
			else if (right && !right->text[0])
				want = '<';
			else if (want & 0x80)
				want = '<';
			if (is != want ||
			    seen(vt_looks(&r->vt, y)[x], is) != seen(wanted(c->style), want))
				fail_msg("%d,%d: '%c' %x for '%c' %x", x, y, is,
				    vt_looks(&r->vt, y)[x], want, wanted(c->style));
		}
	}
}

/* Something new here and there, words, blanks and wide characters. */
static void scribble(struct surface *s)
{
	static const char *const texts[] = {"abc", "      ", "x", "                    ", "a b c",
	    "\344\275\240\345\245\275", "\303\251", "..........", " "};

	for (int i = rand() % 6; i >= 0; i--) {
		struct rect all = {0, 0, W, H};
		enum style_id style = (enum style_id)(rand() % 9);

		if (rand() % 8 == 0)
			surface_fill(s,
			    (struct rect){rand() % W, rand() % H, rand() % W, 1 + rand() % 3},
			    style);
		else
			surface_text(s, all, rand() % W, rand() % H, style,
			    texts[(size_t)rand() % (sizeof(texts) / sizeof(texts[0]))]);
	}
	s->cursor_x = rand() % (W + 4) - 2;
	s->cursor_y = rand() % H;
}

static void run(struct rig *r, bool corner)
{
	srand(7);
	for (int i = 0; i < 3000; i++) {
		scribble(&r->s);
		frame(r, i % 500 == 0);
		compare(r, corner);
		if (r->s.cursor_x >= 0 && r->s.cursor_x < W) {
			assert_int_equal(r->vt.x, r->s.cursor_x);
			assert_int_equal(r->vt.y, r->s.cursor_y);
		}
	}
}

static void cellout_frame__shows__what_it_is_given(void **state)
{
	run(*state, true);
}

static void cellout_frame__shows__it_without_special_abilities(void **state)
{
	struct rig *r = *state;

	r->caps.end_of_row[0] = '\0';
	r->caps.normal_all = r->caps.erase = r->caps.column = false;
	run(r, true);
	r->caps.erase = true;
	r->caps.erase_colored = false;
	run(r, true);
	r->caps.corner = false;
	run(r, false);
}

static void cellout_frame__leaves__the_corner_where_it_would_scroll(void **state)
{
	struct rig *r = *state;

	r->caps.corner = false;
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			surface_text(&r->s, (struct rect){0, 0, W, H}, x, y, STYLE_DEFAULT, "x");
	frame(r, true);
	assert_int_equal(vt_row(&r->vt, H - 1)[W - 2], 'x');
	assert_int_equal(vt_row(&r->vt, H - 1)[W - 1], ' ');
}

static void cellout_frame__says__nothing_twice(void **state)
{
	struct rig *r = *state;

	scribble(&r->s);
	r->s.cursor_x = r->s.cursor_y = 1;
	assert_true(frame(r, true) > 0);
	assert_int_equal(frame(r, false), 0);
	/* one character: where, how, what, and back */
	surface_text(&r->s, (struct rect){0, 0, W, H}, 20, 3, STYLE_DEFAULT, "#");
	assert_in_range(frame(r, false), 1, 40);
	compare(r, true);
	assert_int_equal(frame(r, false), 0);
	r->s.cursor_x = -1;
	assert_int_equal(frame(r, false), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		cellout_frame__shows__what_it_is_given, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		cellout_frame__shows__it_without_special_abilities, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		cellout_frame__leaves__the_corner_where_it_would_scroll, setup, teardown),
	    cmocka_unit_test_setup_teardown(cellout_frame__says__nothing_twice, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The question: what will happen, what is lost; y or n, or a third way. Enter is no answer: it comes by habit. */
#include "view.h"

#include <stdlib.h>

#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"
#include "paper.h"

#define ASK_W 72

struct view_ask {
	struct view base;
	struct paper paper;
	bool third;	 /* it has a row of its own, the last one */
	int answer_rows; /* at the bottom, always in sight */
};

static struct view_ask *ask_of(struct view *v)
{
	return (struct view_ask *)(void *)v;
}

static int ask_rows(struct view *v, const struct session *s, int width, mono_t now)
{
	struct paper *p = &ask_of(v)->paper;

	(void)now;
	paper_begin(p, width);
	for (int i = 0; i < s->ask.text_count && i < 12; i++) {
		paper_flow(p, 0, STYLE_POPUP, s->ask.text[i]);
		paper_nl(p);
	}
	return paper_rows(p);
}

static void ask_recalc(struct view *v, const struct session *s, mono_t now)
{
	struct view_ask *a = ask_of(v);
	struct rect screen = v->area;
	int most = screen.w >= 24 ? screen.w - 4 : screen.w;
	int w = most < ASK_W ? most : ASK_W;
	int rows = ask_rows(v, s, w, now);

	a->answer_rows = screen.h >= 8 ? 2 : 1;
	if (utf8_str_width(s->ask.yes) + utf8_str_width(s->ask.no) + 5 > w && screen.h >= 3)
		a->answer_rows++;
	a->third = s->ask.third[0] && screen.h >= 4;
	a->answer_rows += a->third;
	popup_place(v, screen, w, rows + a->answer_rows);
	paper_clamp(&a->paper, v->r.h - a->answer_rows);
}

/* "y  erase and write": the letter in the key's colour. */
static int draw_answer(const struct view *v, struct surface *to, int x, int y, const char *text)
{
	char letter[2] = {text[0], '\0'};

	x = surface_text(to, v->r, x, y, STYLE_KEY, letter);
	return text[0] ? surface_text(to, v->r, x, y, STYLE_POPUP, text + 1) : x;
}

static void ask_draw(const struct view *v, const struct session *s, struct surface *to)
{
	const struct view_ask *a = (const struct view_ask *)(const void *)v;
	struct rect text = v->r;
	int bottom = v->r.y + v->r.h - 1 - a->third, rows = a->answer_rows - a->third, x;
	bool two = rows == 3 || (rows == 2 && v->area.h == v->r.h);

	text.h -= a->answer_rows;
	popup_frame(v, to, s->ask.title, STYLE_DANGER);
	if (text.h > 0) {
		paper_draw(&a->paper, to, text);
		paper_draw_more(&a->paper, to, text, v->area.x + v->area.w - 1);
	}
	x = draw_answer(
	    v, to, v->r.x, two ? bottom - 1 : bottom, s->ask.yes[0] ? s->ask.yes : "y  yes");
	draw_answer(v, to, two ? v->r.x : x + 4, bottom, s->ask.no[0] ? s->ask.no : "n  no");
	if (a->third)
		draw_answer(v, to, v->r.x, bottom + 1, s->ask.third);
}

static unsigned ask_key(struct view *v, const struct session *s, const struct key *key)
{
	struct view_ask *a = ask_of(v);

	if (!key->mods && s->ask.third[0] && key->code == (uint8_t)s->ask.third[0])
		return VIEW_THIRD;
	if (key->code == KEYS_ESC || (key->code == 'c' && key->mods == KEY_CTRL))
		return VIEW_LEAVE;
	if (!key->mods && (key->code == 'y' || key->code == 'Y'))
		return VIEW_YES;
	if (!key->mods && (key->code == 'n' || key->code == 'N'))
		return VIEW_LEAVE;
	if (key->code != KEYS_ENTER)
		paper_key(&a->paper, key, v->r.h - a->answer_rows);
	return VIEW_DONE; /* nothing else happens while it is open */
}

static void ask_free(struct view *v)
{
	paper_fini(&ask_of(v)->paper);
	free(v);
}

struct view *view_ask_new(void)
{
	static const struct view_ops ops = {.title = "",
	    .recalc = ask_recalc,
	    .draw = ask_draw,
	    .key = ask_key,
	    .rows = ask_rows,
	    .free = ask_free};
	struct view_ask *v = xcalloc(1, sizeof(*v));

	v->base.ops = &ops;
	paper_init(&v->paper);
	return &v->base;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The flash panel: stages, bar, rate, time left; what to do while waiting; the result. */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"
#include "paper.h"

struct view_flash {
	struct view base;
	struct paper paper;
	enum flash_state state; /* as last drawn: a new one is shown from its top */
};

static struct view_flash *flash_of(struct view *v)
{
	return (struct view_flash *)(void *)v;
}

static void stages(struct paper *p, const struct flash_view *f)
{
	static const char *const marks[] = {
	    [MARK_TODO] = "·", [MARK_RUNNING] = "▶", [MARK_DONE] = "✔", [MARK_FAILED] = "✘"};
	static const enum style_id styles[] = {[MARK_TODO] = STYLE_UNKNOWN,
	    [MARK_RUNNING] = STYLE_TRYING,
	    [MARK_DONE] = STYLE_OK,
	    [MARK_FAILED] = STYLE_BAD};

	paper_add(p, STYLE_LABEL, " ");
	for (int i = 0; i < f->stage_count && i < 10; i++) {
		const struct flash_stage *st = &f->stages[i];
		int need = (int)strlen(st->name) + 2;

		if (i && p->x + need > p->width) {
			paper_nl(p);
			paper_add(p, STYLE_LABEL, " ");
		}
		paper_add(p, styles[st->mark], marks[st->mark]);
		paper_add(p, styles[st->mark], " ");
		paper_add(p, st->mark == MARK_TODO ? STYLE_UNKNOWN : STYLE_VALUE, st->name);
		paper_add(p, STYLE_LABEL, " ");
	}
	paper_nl(p);
}

static void cells(struct paper *p, enum style_id style, const char *cell, int n)
{
	char text[512];

	text[0] = '\0';
	for (int i = 0; i < n; i++)
		str_cat(text, sizeof(text), cell);
	if (n > 0)
		paper_add(p, style, text);
}

static void time_left(char *dst, size_t size, int s)
{
	if (s < 0)
		dst[0] = '\0';
	else if (s < 60)
		str_fmt(dst, size, "  %d s left", s);
	else
		str_fmt(dst, size, "  %d:%02d min left", s / 60, s % 60);
}

static void bar(struct paper *p, const struct flash_view *f)
{
	uint32_t done = f->done < f->total ? f->done : f->total;
	char left[32];
	int w, full;

	time_left(left, sizeof(left), f->left_s);
	w = p->width - 2 - 7 - (int)strlen(left);
	if (w < 6) {
		left[0] = '\0';
		w = p->width - 2 - 7;
	}
	w = w < 0 ? 0 : w > 120 ? 120 : w;
	full = (int)((uint64_t)done * (unsigned)w / f->total);
	paper_add(p, STYLE_LABEL, " ");
	cells(p, STYLE_BAR_DONE, "█", full);
	cells(p, STYLE_BAR_REST, "░", w - full);
	paper_fmt(p, STYLE_VALUE, " %3u %%%s", (unsigned)((uint64_t)done * 100 / f->total), left);
	paper_nl(p);
}

static void line(struct paper *p, enum style_id style, const char *text)
{
	size_t number = strspn(text, "0123456789.");

	/* The rest of "2 Hold the button..." goes under the words, not the number. */
	if (number && number < 4 && text[number] == ' ')
		number++;
	else
		number = 0;
	paper_add(p, STYLE_LABEL, " ");
	paper_flow(p, 1 + (int)number, style, text);
	paper_nl(p);
}

static void working(struct paper *p, const struct flash_view *f, mono_t now)
{
	if (f->total)
		bar(p, f);
	/* Erasing is one command, of which nothing is heard until it is done. */
	if ((!f->total || !f->done) && f->stage_began && now >= f->stage_began + MONO_S(1)) {
		paper_fmt(
		    p, STYLE_VALUE, " %d s so far", (int)((now - f->stage_began) / MONO_S(1)));
		paper_nl(p);
	}
	if (f->rate[0])
		line(p, STYLE_VALUE, f->rate);
	if (f->retries) {
		paper_fmt(p, STYLE_WARN, " %u %s", (unsigned)f->retries,
		    f->retries == 1 ? "retry" : "retries");
		paper_nl(p);
	}
}

static void texts(struct paper *p, const struct flash_view *f)
{
	enum style_id good = f->state == FLASH_WAITING ? STYLE_VALUE : STYLE_DEFAULT;

	for (int i = 0; i < f->text_count && i < 12; i++)
		line(p, f->text_bad[i] ? STYLE_BAD : good, f->text[i]);
}

static void heard(struct paper *p, const struct flash_view *f)
{
	if (f->state != FLASH_WAITING || !f->heard[0])
		return;
	paper_add(p, STYLE_LABEL, " ");
	paper_add(p, STYLE_TRYING, "▶ ");
	paper_flow(p, 3, STYLE_TRYING, f->heard);
	paper_nl(p);
}

/* tight: not all of it can be in sight; then what is heard goes before the steps. */
static void fill(struct paper *p, const struct session *s, int width, mono_t now, bool tight)
{
	const struct flash_view *f = &s->flash;

	paper_begin(p, width);
	if (f->what[0])
		line(p, STYLE_VALUE, f->what);
	if (f->chip[0])
		line(p, STYLE_LABEL, f->chip);
	if (f->stage_count)
		stages(p, f);
	if (f->state == FLASH_WORKING)
		working(p, f, now);
	if (tight)
		heard(p, f);
	texts(p, f);
	if (!tight)
		heard(p, f);
	if (f->state == FLASH_CANCELLED && !f->text_count)
		line(p, STYLE_WARN, "cancelled");
}

static int flash_rows(struct view *v, const struct session *s, int width, mono_t now)
{
	fill(&flash_of(v)->paper, s, width, now, false);
	return paper_rows(&flash_of(v)->paper);
}

static void flash_recalc(struct view *v, const struct session *s, mono_t now)
{
	struct view_flash *f = flash_of(v);

	if (f->state != s->flash.state)
		f->paper.top = 0;
	f->state = s->flash.state;
	fill(&f->paper, s, v->r.w, now, false);
	if (paper_rows(&f->paper) > v->r.h)
		fill(&f->paper, s, v->r.w, now, true);
	paper_clamp(&f->paper, v->r.h);
}

static void flash_draw(const struct view *v, const struct session *s, struct surface *to)
{
	const struct view_flash *f = (const struct view_flash *)(const void *)v;

	(void)s;
	paper_draw(&f->paper, to, v->r);
	paper_draw_more(&f->paper, to, v->r, v->area.x + v->area.w - 1);
}

static unsigned flash_key(struct view *v, const struct session *s, const struct key *key)
{
	(void)s;
	return paper_key(&flash_of(v)->paper, key, v->r.h) ? VIEW_DONE : VIEW_NOT_MINE;
}

static void flash_free(struct view *v)
{
	paper_fini(&flash_of(v)->paper);
	free(v);
}

struct view *view_flash_new(void)
{
	static const struct view_ops ops = {.title = "Flash",
	    .recalc = flash_recalc,
	    .draw = flash_draw,
	    .key = flash_key,
	    .rows = flash_rows,
	    .free = flash_free};
	struct view_flash *v = xcalloc(1, sizeof(*v));

	v->base.ops = &ops;
	paper_init(&v->paper);
	return &v->base;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A page of text over the panes; less's keys. */
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/xalloc.h"
#include "paper.h"

#define PAGE_MAX_W 96

struct view_page {
	struct view base;
	struct paper paper;
	bool open; /* at the last recalc: a new page begins at its top */
	char title[96];
};

static struct view_page *page_of(struct view *v)
{
	return (struct view_page *)(void *)v;
}

/* Where the rest of a wrapped line begins: under the second column of "F1    what it does", else
 * where the line itself does. */
static int hanging_indent(const char *text, size_t n)
{
	size_t lead = strspn(text, " ");

	for (size_t i = lead; i + 2 < n && i < lead + 80; i++) {
		if (text[i] == ' ' && text[i + 1] == ' ') {
			size_t column = i + strspn(text + i, " ");

			if (column < n && column < 80)
				return (int)column;
			break;
		}
	}
	return (int)lead;
}

/* A second column beyond the middle of a narrow page moves there, for all lines alike. */
static void flow_line(struct paper *p, const char *text, size_t n)
{
	int indent = hanging_indent(text, n), lead = (int)strspn(text, " ");
	char first[256];

	if (indent > lead && indent > p->width / 2) {
		str_copy_n(first, sizeof(first), text, (size_t)indent);
		str_trim_end(first);
		paper_flow(p, lead + 2, STYLE_POPUP, first);
		text += indent;
		indent = p->width / 2;
		if (p->x + 1 > indent)
			paper_nl(p);
		paper_tab(p, indent);
	}
	paper_flow(p, indent, STYLE_POPUP, text);
}

static void fill(struct paper *p, const char *text, int width)
{
	paper_begin(p, width);
	while (*text) {
		size_t n = strcspn(text, "\n");

		flow_line(p, text, n);
		paper_nl(p);
		text += n + (text[n] == '\n');
	}
}

static int page_rows(struct view *v, const struct session *s, int width, mono_t now)
{
	(void)now;
	fill(&page_of(v)->paper, sbuf_str(&s->page.text), width);
	return paper_rows(&page_of(v)->paper);
}

static int widest(const char *text)
{
	int most = 0;

	while (*text) {
		size_t n = strcspn(text, "\n");

		if ((int)n > most)
			most = (int)n;
		text += n + (text[n] == '\n');
	}
	return most;
}

/* area holds the screen when this is called. */
static void page_recalc(struct view *v, const struct session *s, mono_t now)
{
	struct view_page *p = page_of(v);
	struct rect screen = v->area;
	const char *text = sbuf_str(&s->page.text);
	int w = widest(text), most = screen.w >= 24 ? screen.w - 4 : screen.w;

	if (!p->open || strcmp(p->title, s->page.title) != 0)
		p->paper.top = 0;
	p->open = true;
	str_copy(p->title, sizeof(p->title), s->page.title);
	w = w < 40 ? 40 : w > PAGE_MAX_W ? PAGE_MAX_W : w;
	w = w > most ? most : w;
	popup_place(v, screen, w, page_rows(v, s, w, now));
	paper_clamp(&p->paper, v->r.h);
}

static void page_draw(const struct view *v, const struct session *s, struct surface *to)
{
	const struct view_page *p = (const struct view_page *)(const void *)v;
	struct rect foot = {v->area.x + 2, v->area.y + v->area.h - 1, v->area.w - 4, 1};

	popup_frame(v, to, s->page.title, STYLE_POPUP_TITLE);
	paper_draw(&p->paper, to, v->r);
	paper_draw_more(&p->paper, to, v->r, v->area.x + v->area.w - 1);
	if (v->area.h > v->r.h && paper_rows(&p->paper) > v->r.h)
		surface_text(to, foot, foot.x, foot.y, STYLE_HINT,
		    s->page.take ? " y: copy   s: save   Space b ↑ ↓: scroll   Esc: close "
				 : " Space b ↑ ↓: scroll   Esc: close ");
	else if (v->area.h > v->r.h)
		surface_text(to, foot, foot.x, foot.y, STYLE_HINT,
		    s->page.take ? " y: copy   s: save   Esc: close " : " Esc: close ");
}

static unsigned page_key(struct view *v, const struct session *s, const struct key *key)
{
	if (key->code == KEYS_ESC || (key->code == 'q' && !key->mods) ||
	    (key->code == 'c' && key->mods == KEY_CTRL)) {
		page_of(v)->open = false;
		return VIEW_LEAVE;
	}
	if (s->page.take && !key->mods && (key->code == 'y' || key->code == 's'))
		return key->code == 'y' ? VIEW_YES : VIEW_THIRD;
	return paper_key(&page_of(v)->paper, key, v->r.h) ? VIEW_DONE : VIEW_NOT_MINE;
}

static void page_free(struct view *v)
{
	paper_fini(&page_of(v)->paper);
	free(v);
}

struct view *view_page_new(void)
{
	static const struct view_ops ops = {.title = "",
	    .recalc = page_recalc,
	    .draw = page_draw,
	    .key = page_key,
	    .rows = page_rows,
	    .free = page_free};
	struct view_page *v = xcalloc(1, sizeof(*v));

	v->base.ops = &ops;
	paper_init(&v->paper);
	return &v->base;
}

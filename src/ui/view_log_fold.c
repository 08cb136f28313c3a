/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON answers, folded and unfolded. A tree is the line itself, broken where its members begin: each
 * row is a part of the line with a blank margin, so that marks, finds and the place where one stands
 * are those of its bytes. Folded, the object is replaced by its number of keys.
 *
 * What JSON a line has, and how many rows that makes, is kept for the lines in sight (LOG_FOLDS_KEPT
 * of them); the text of a folded line is made anew each time, in one room.
 */
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/json.h"
#include "view_log.h"

#define LOG_FOLDS_KEPT 128
#define INDENT	       2
#define WORD_SIZE      32

struct kept {
	uint64_t line; /* its number and 1; 0: nothing is kept */
	bool json;
	struct json_part part;
	/* the tree's rows, as counted last */
	size_t rows;
	int text_w;
	enum pane_wrap wrap;
};

struct log_folds {
	struct kept kept[LOG_FOLDS_KEPT];
	uint8_t *text; /* of a folded line */
	size_t size;
};

struct log_folds *log_folds_new(void)
{
	return xcalloc(1, sizeof(struct log_folds));
}

void log_folds_free(struct log_folds *f)
{
	if (!f)
		return;
	free(f->text);
	free(f);
}

/* ---- what is folded -------------------------------------------------------------------------- */

static struct kept *look(const struct view_log *v, const struct line_ref *ref)
{
	struct kept *k = &v->folds->kept[ref->number % LOG_FOLDS_KEPT];

	if (k->line != ref->number + 1) {
		memset(k, 0, sizeof(*k));
		k->line = ref->number + 1;
		k->json = json_find(ref->bytes, ref->len, &k->part);
	}
	return k;
}

bool log_foldable(const struct view_log *v, const struct line_ref *ref)
{
	return v->form == PANE_TEXT && ref->dir == LINE_RX && !ref->partial && look(v, ref)->json;
}

/* NULL: the line is shown as it came. */
static struct kept *fold_of(
    const struct view_log *v, const struct line_ref *ref, enum pane_json *json)
{
	struct kept *k;

	if (v->form != PANE_TEXT || ref->dir != LINE_RX || ref->partial)
		return NULL;
	*json = v->json;
	for (int i = 0; i < v->fold_count; i++)
		if (v->fold[i].line == ref->number)
			*json = v->fold[i].json;
	if (*json != PANE_JSON_FOLDED && *json != PANE_JSON_TREE)
		return NULL;
	k = look(v, ref);
	return k->json ? k : NULL;
}

enum pane_json log_fold_form(const struct view_log *v, const struct line_ref *ref)
{
	enum pane_json json;

	return fold_of(v, ref, &json) ? json : PANE_JSON_LINE;
}

/* ---- folded ---------------------------------------------------------------------------------- */

/* "{…7 keys}", with a blank at which no row ends (there is none in ASCII). */
static size_t fold_word(const struct view_log *v, const struct json_part *part, char *dst)
{
	str_fmt(dst, WORD_SIZE, "{%s%u%s%s}", v->base.unicode ? "…" : "...",
	    (unsigned)part->members, v->base.unicode ? "\u00a0" : " ",
	    part->members == 1 ? "key" : "keys");
	return strlen(dst);
}

/* The line with the word in the object's place; valid until the next one is made. */
static struct line_ref folded_line(
    const struct view_log *v, const struct line_ref *ref, const struct json_part *part, size_t *n)
{
	struct log_folds *f = v->folds;
	size_t tail = ref->len - part->end;
	struct line_ref out = *ref;
	char word[WORD_SIZE];

	*n = fold_word(v, part, word);
	out.len = part->start + *n + tail;
	if (out.len > f->size) {
		f->size = out.len + 256;
		free(f->text);
		f->text = xmalloc(f->size);
	}
	memcpy(f->text, ref->bytes, part->start);
	memcpy(f->text + part->start, word, *n);
	memcpy(f->text + part->start + *n, ref->bytes + part->end, tail);
	out.bytes = f->text;
	return out;
}

/* Where a byte of the line stands in the folded one, and the other way round. */
static size_t to_folded(const struct json_part *part, size_t word, size_t at)
{
	if (at <= part->start)
		return at;
	if (at < part->end)
		return part->start + (at - part->start < word ? at - part->start : word);
	return at - part->end + part->start + word;
}

static size_t from_folded(const struct json_part *part, size_t word, size_t at)
{
	if (at < part->start + word)
		return at < part->start ? at : part->start;
	return at - part->start - word + part->end;
}

/* The rules' marks within the object go; the word is marked as what stands for something else. */
static void fold_rules(struct log_spans *s, const struct json_part *part, size_t word)
{
	struct log_span out[LOG_RULES_MAX];
	struct log_span own = {part->start, (uint32_t)(part->start + word), STYLE_CONTROL};
	size_t n = 0;
	bool put = false;

	for (size_t i = 0; i <= s->rules && n < LOG_RULES_MAX; i++) {
		struct log_span *m = i < s->rules ? &s->rule[i] : NULL;

		if (!put && (!m || m->end > part->start)) {
			out[n++] = own;
			put = true;
		}
		if (!m || n == LOG_RULES_MAX || (m->start < part->end && m->end > part->start))
			continue;
		out[n++] = (struct log_span){(uint32_t)to_folded(part, word, m->start),
		    (uint32_t)to_folded(part, word, m->end), m->style};
	}
	memcpy(s->rule, out, n * sizeof(out[0]));
	s->rules = n;
}

/* A find within the object marks the whole word, with others there too. */
static void fold_finds(struct log_spans *s, const struct json_part *part, size_t word)
{
	size_t n = 0;

	for (size_t i = 0; i < s->finds; i++) {
		struct log_span m = s->find[i];
		bool inside = m.start < part->end && m.end > part->start;

		if (inside && n && s->find[n - 1].end == part->start + word)
			continue;
		if (inside && m.start > part->start)
			m.start = part->start;
		if (inside && m.end < part->end)
			m.end = part->end;
		s->find[n++] = (struct log_span){(uint32_t)to_folded(part, word, m.start),
		    (uint32_t)to_folded(part, word, m.end), m.style};
	}
	s->finds = n;
}

static int draw_folded(const struct view_log *v, struct surface *to, const struct line_ref *ref,
    const struct json_part *part, struct log_spans *spans, size_t row, int y)
{
	size_t word;
	struct line_ref folded = folded_line(v, ref, part, &word);

	fold_rules(spans, part, word);
	fold_finds(spans, part, word);
	return log_text_draw(v, to, &folded, spans, row, y);
}

/* ---- as a tree ------------------------------------------------------------------------------- */

/* A walk over its parts; line and pane are those of the part at hand. */
struct parts {
	struct json_walk walk;
	const struct line_ref *whole;
	const struct json_part *part;
	struct view_log pane; /* narrower by the margin */
	struct line_ref line;
	size_t start;
	int text_x, text_w;
	bool begun;
};

static void parts_begin(struct parts *p, const struct view_log *v, const struct line_ref *ref,
    const struct json_part *part)
{
	p->whole = ref;
	p->part = part;
	p->pane = *v;
	p->line = *ref;
	p->text_x = v->text_x;
	p->text_w = v->text_w;
	p->begun = false;
	json_walk_begin(&p->walk, ref->bytes, part);
}

static bool parts_next(struct parts *p)
{
	struct json_row row = {0, p->part->start + 1, 0};
	int margin;

	if (p->begun && !json_walk_next(&p->walk, &row))
		return false;
	/* What follows the object stands behind its last brace. */
	if (p->begun && p->walk.at >= p->part->end)
		row.end = (uint32_t)p->whole->len;
	p->begun = true;
	margin = INDENT * (int)row.depth;
	margin = margin > p->text_w / 2 ? p->text_w / 2 : margin;
	p->pane.text_x = p->text_x + margin;
	p->pane.text_w = p->text_w - margin;
	p->start = row.start;
	p->line.bytes = p->whole->bytes + row.start;
	p->line.len = row.end - row.start;
	return true;
}

static size_t tree_rows(const struct view_log *v, const struct line_ref *ref, struct kept *k)
{
	struct parts p;

	if (k->rows && k->text_w == v->text_w && k->wrap == v->wrap)
		return k->rows;
	k->rows = 0;
	k->text_w = v->text_w;
	k->wrap = v->wrap;
	for (parts_begin(&p, v, ref, &k->part); parts_next(&p);)
		k->rows += log_text_rows(&p.pane, &p.line);
	return k->rows;
}

/* The byte with which the row begins, and its number: of the row asked for, of the one with the byte,
 * or the last one. */
static size_t tree_seek(const struct view_log *v, const struct line_ref *ref,
    const struct json_part *part, size_t row, size_t byte, size_t *begins)
{
	size_t n = 0, at = 0;
	struct parts p;

	*begins = 0;
	for (parts_begin(&p, v, ref, part); parts_next(&p) && p.start <= byte;) {
		size_t rows = log_text_rows(&p.pane, &p.line);

		if (row < n + rows) {
			*begins = p.start + log_text_row_at(&p.pane, &p.line, row - n);
			return row;
		}
		at = n + log_text_row_with(&p.pane, &p.line, byte - p.start);
		*begins = p.start + log_text_row_at(&p.pane, &p.line, at - n);
		n += rows;
	}
	return at;
}

static int draw_tree(const struct view_log *v, struct surface *to, const struct line_ref *ref,
    const struct json_part *part, struct log_spans *spans, size_t row, int y)
{
	int bottom = v->base.r.y + v->base.r.h;
	struct parts p;

	for (parts_begin(&p, v, ref, part); y < bottom && parts_next(&p);) {
		size_t rows = row ? log_text_rows(&p.pane, &p.line) : 0;

		if (row && row >= rows) {
			row -= rows;
			continue;
		}
		spans->base = p.start;
		y = log_text_draw(&p.pane, to, &p.line, spans, row, y);
		row = 0;
	}
	spans->base = 0;
	return y;
}

/* ---- a line in whatever form ----------------------------------------------------------------- */

size_t log_rows_of(const struct view_log *v, const struct line_ref *ref)
{
	enum pane_json json = PANE_JSON_LINE;
	struct kept *k;
	size_t word;

	if (v->form == PANE_HEX)
		return log_hex_rows(v, ref);
	k = fold_of(v, ref, &json);
	if (k && json == PANE_JSON_TREE)
		return tree_rows(v, ref, k);
	if (k) {
		struct line_ref folded = folded_line(v, ref, &k->part, &word);

		return log_text_rows(v, &folded);
	}
	return log_text_rows(v, ref);
}

size_t log_row_at(const struct view_log *v, const struct line_ref *ref, size_t row)
{
	enum pane_json json = PANE_JSON_LINE;
	struct kept *k;
	size_t begins, word;

	if (v->form == PANE_HEX)
		return row * (size_t)v->hex_bytes;
	k = fold_of(v, ref, &json);
	if (k && json == PANE_JSON_TREE) {
		tree_seek(v, ref, &k->part, row, SIZE_MAX, &begins);
		return begins;
	}
	if (k) {
		struct line_ref folded = folded_line(v, ref, &k->part, &word);

		return from_folded(&k->part, word, log_text_row_at(v, &folded, row));
	}
	return log_text_row_at(v, ref, row);
}

size_t log_row_with(const struct view_log *v, const struct line_ref *ref, size_t at)
{
	enum pane_json json = PANE_JSON_LINE;
	struct kept *k;
	size_t begins, word, rows;

	if (v->form == PANE_HEX) {
		rows = log_hex_rows(v, ref);
		at /= (size_t)v->hex_bytes;
		return at < rows ? at : rows - 1;
	}
	k = fold_of(v, ref, &json);
	if (k && json == PANE_JSON_TREE)
		return tree_seek(v, ref, &k->part, SIZE_MAX, at, &begins);
	if (k) {
		struct line_ref folded = folded_line(v, ref, &k->part, &word);

		return log_text_row_with(v, &folded, to_folded(&k->part, word, at));
	}
	return log_text_row_with(v, ref, at);
}

int log_draw_line(const struct view_log *v, struct surface *to, const struct line_ref *ref,
    struct log_spans *spans, size_t row, int y)
{
	enum pane_json json = PANE_JSON_LINE;
	struct kept *k;

	if (v->form == PANE_HEX)
		return log_hex_draw(v, to, ref, spans, row, y);
	k = fold_of(v, ref, &json);
	if (k && json == PANE_JSON_TREE)
		return draw_tree(v, to, ref, &k->part, spans, row, y);
	if (k)
		return draw_folded(v, to, ref, &k->part, spans, row, y);
	return log_text_draw(v, to, ref, spans, row, y);
}

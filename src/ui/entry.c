/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small line in the edit line's row. */
#include "entry.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/base/xalloc.h"

void entry_init(struct entry *e)
{
	memset(e, 0, sizeof(*e));
}

void entry_past_clear(struct entry *e, enum tui_entry kind)
{
	struct entry_past *p = &e->past[kind];

	for (int i = 0; i < p->count; i++)
		free(p->lines[i]);
	p->count = 0;
	if (e->kind == kind)
		e->at = 0;
}

void entry_fini(struct entry *e)
{
	for (int k = 0; k < TUI_ENTRY_KINDS; k++)
		entry_past_clear(e, (enum tui_entry)k);
	memset(e, 0, sizeof(*e));
}

static void set_text(struct entry *e, const char *text)
{
	str_copy(e->text, sizeof(e->text), text);
	e->len = e->cursor = strlen(e->text);
}

void entry_open(struct entry *e, enum tui_entry kind, const char *text)
{
	e->kind = kind;
	e->at = e->past[kind].count;
	e->written[0] = '\0';
	e->shift = 0;
	set_text(e, text);
}

void entry_past_add(struct entry *e, enum tui_entry kind, const char *text)
{
	struct entry_past *p = &e->past[kind];
	bool newest = e->kind == kind && e->at == p->count; /* on the line being written */
	int same = 0;

	while (same < p->count && strcmp(p->lines[same], text) != 0)
		same++;
	/* The same line again moves to the end; the oldest makes room. */
	if (same == p->count && p->count == ENTRY_HISTORY)
		same = 0;
	if (same < p->count) {
		free(p->lines[same]);
		p->count--;
		memmove(&p->lines[same], &p->lines[same + 1],
		    (size_t)(p->count - same) * sizeof(p->lines[0]));
	}
	p->lines[p->count++] = xstrdup(text);
	if (e->kind == kind && (newest || e->at > p->count))
		e->at = p->count;
}

void entry_close(struct entry *e, bool keep)
{
	if (keep && e->kind && e->text[0])
		entry_past_add(e, e->kind, e->text);
	e->kind = TUI_ENTRY_NONE;
}

const char *entry_last(const struct entry *e)
{
	const struct entry_past *p = &e->past[e->kind];

	return p->count ? p->lines[p->count - 1] : "";
}

void entry_insert(struct entry *e, const char *text, size_t n)
{
	char clean[ENTRY_SIZE];
	size_t k = 0;

	for (size_t i = 0; i < n && k < sizeof(clean); i++)
		if ((uint8_t)text[i] >= 0x20 && text[i] != 0x7f)
			clean[k++] = text[i];
	k = utf8_cut(clean, k, sizeof(e->text) - 1 - e->len);
	memmove(e->text + e->cursor + k, e->text + e->cursor, e->len - e->cursor + 1);
	memcpy(e->text + e->cursor, clean, k);
	e->len += k;
	e->cursor += k;
}

static size_t before(const struct entry *e, size_t at)
{
	while (at > 0 && ((uint8_t)e->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t after(const struct entry *e, size_t at)
{
	if (at < e->len)
		at++;
	while (at < e->len && ((uint8_t)e->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static size_t word_before(const struct entry *e, size_t at)
{
	while (at > 0 && e->text[at - 1] == ' ')
		at--;
	while (at > 0 && e->text[at - 1] != ' ')
		at--;
	return at;
}

static bool cut(struct entry *e, size_t from, size_t to)
{
	memmove(e->text + from, e->text + to, e->len - to + 1);
	e->len -= to - from;
	e->cursor = from;
	return to > from;
}

static int recall(struct entry *e, int step)
{
	struct entry_past *p = &e->past[e->kind];
	int at = e->at + step;

	if (at < 0 || at > p->count)
		return TUI_ENTRY_MOVED;
	if (e->at == p->count)
		str_copy(e->written, sizeof(e->written), e->text);
	e->at = at;
	set_text(e, at == p->count ? e->written : p->lines[at]);
	return TUI_ENTRY_CHANGED;
}

static int move(struct entry *e, size_t to)
{
	e->cursor = to;
	return TUI_ENTRY_MOVED;
}

static int changed(bool it)
{
	return it ? TUI_ENTRY_CHANGED : TUI_ENTRY_MOVED;
}

static int ctrl_key(struct entry *e, uint32_t code)
{
	switch (code) {
	case 'a':
		return move(e, 0);
	case 'e':
		return move(e, e->len);
	case 'b':
		return move(e, before(e, e->cursor));
	case 'f':
		return move(e, after(e, e->cursor));
	case 'd':
		return changed(cut(e, e->cursor, after(e, e->cursor)));
	case 'h':
		return changed(cut(e, before(e, e->cursor), e->cursor));
	case 'k':
		return changed(cut(e, e->cursor, e->len));
	case 'u':
		return changed(cut(e, 0, e->cursor));
	case 'w':
		return changed(cut(e, word_before(e, e->cursor), e->cursor));
	case 'n':
		return TUI_ENTRY_NEXT;
	case 'p':
		return TUI_ENTRY_PREV;
	case 'r':
		return TUI_ENTRY_PLAIN;
	case 'c':
	case 'g':
		return TUI_ENTRY_CANCEL;
	case KEYS_UP:
		return TUI_ENTRY_MORE;
	case KEYS_DOWN:
		return TUI_ENTRY_LESS;
	default:
		return -1;
	}
}

int entry_key(struct entry *e, const struct key *key)
{
	char bytes[4];

	if (key->mods == KEY_CTRL)
		return ctrl_key(e, key->code);
	if (key->mods == KEY_SHIFT && key->code == KEYS_F1 + 2)
		return TUI_ENTRY_PREV;
	if (key->mods)
		return -1;
	if (key->code >= 0x20 && key->code < KEY_SPECIAL) {
		entry_insert(e, bytes, (size_t)utf8_encode(key->code, bytes));
		return TUI_ENTRY_CHANGED;
	}
	switch (key->code) {
	case KEYS_LEFT:
		return move(e, before(e, e->cursor));
	case KEYS_RIGHT:
		return move(e, after(e, e->cursor));
	case KEYS_HOME:
		return move(e, 0);
	case KEYS_END:
		return move(e, e->len);
	case KEYS_BACKSPACE:
		/* Back over the beginning: left, as in less. */
		return e->len ? changed(cut(e, before(e, e->cursor), e->cursor)) : TUI_ENTRY_CANCEL;
	case KEYS_DELETE:
		return changed(cut(e, e->cursor, after(e, e->cursor)));
	case KEYS_UP:
		return recall(e, -1);
	case KEYS_DOWN:
		return recall(e, 1);
	case KEYS_F1 + 2:
		return TUI_ENTRY_NEXT;
	case KEYS_ENTER:
		return TUI_ENTRY_DONE;
	case KEYS_ESC:
		return TUI_ENTRY_CANCEL;
	default:
		return -1;
	}
}

static int cells_to(const struct entry *e, size_t at)
{
	char part[ENTRY_SIZE];

	str_copy_n(part, sizeof(part), e->text, at);
	return utf8_str_width(part);
}

void entry_draw(struct entry *e, const char *label, const char *words, bool bad, struct surface *to,
    struct rect r)
{
	int w = utf8_str_width(words), cursor = cells_to(e, e->cursor), need = cells_to(e, e->len);
	struct rect in = r;

	surface_fill(to, r, STYLE_EDIT);
	in.x = surface_text(to, r, r.x, r.y, STYLE_PROMPT, label);
	if (in.x > r.x + r.w / 2)
		in.x = r.x + r.w / 2; /* a narrow screen shows what is typed */
	in.w = r.x + r.w - in.x;
	/* The words stand at the right as far as the text leaves room for them. */
	if (words[0] && w + 2 <= in.w - (need + 1 < in.w / 2 ? need + 1 : in.w / 2)) {
		in.w -= w + 2;
		surface_text(to, r, in.x + in.w + 1, r.y, bad ? STYLE_BAD : STYLE_HINT, words);
	} else if (bad && in.w > 4) {
		int room = in.w - (need + 2 < in.w / 2 ? need + 2 : in.w / 2);

		in.w -= room;
		surface_text(to, (struct rect){in.x + in.w + 1, r.y, room - 1, 1}, in.x + in.w + 1,
		    r.y, STYLE_BAD, words);
	}
	surface_fill(to, in, STYLE_EDIT);
	if (cursor - e->shift >= in.w)
		e->shift = cursor - in.w + 1;
	if (cursor < e->shift)
		e->shift = cursor;
	surface_text(to, in, in.x - e->shift, r.y, STYLE_EDIT, e->text);
	to->cursor_x = in.x + cursor - e->shift;
	to->cursor_y = r.y;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a key does: popup, focused pane, bound command, edit line, in this order. */
#include "tui_int.h"

#include <string.h>

#include "tasmite/base/utf8.h"
#include "rawkeys.h"

#define WHEEL_ROWS 3

static bool is_ctrl(const struct key *key, char letter)
{
	return key->code == (uint32_t)letter && key->mods == KEY_CTRL;
}

static bool bound(struct tui *t, const struct key *key)
{
	const char *text = keymap_lookup(t->s->keymap, key);

	if (!text)
		return false;
	if (t->ops.bound)
		t->ops.bound(t->ctx, text);
	return true;
}

/* Ctrl-T 1 is F1, Ctrl-T q is Ctrl-Q, Ctrl-T Ctrl-T is readline's own Ctrl-T: for keys that the
 * desktop keeps for itself. */
static void prefixed(struct tui *t, const struct key *key)
{
	struct key meant = *key;

	t->prefix = false;
	if (is_ctrl(key, 't')) {
		lineedit_key(t->edit, key);
		return;
	}
	if (key->code >= '0' && key->code <= '9')
		meant.code = KEYS_F1 + (key->code == '0' ? 9 : key->code - '1');
	else if (key->code == '?')
		meant.code = KEYS_F1;
	else if (key->code >= 'a' && key->code <= 'z')
		meant.mods = KEY_CTRL;
	else
		return;
	bound(t, &meant);
}

static bool is_key_of(const struct tui *t, const struct key *key, const char *command)
{
	const char *text = keymap_lookup(t->s->keymap, key);

	return text && strcmp(text, command) == 0;
}

/* Direct mode: what leaves it, and all else to the device. */
static void direct_key(struct tui *t, const struct key *key)
{
	char bytes[RAWKEYS_MAX];
	size_t n;

	if (is_ctrl(key, ']') || is_key_of(t, key, "/direct") || is_key_of(t, key, "/direct off")) {
		if (t->ops.bound)
			t->ops.bound(t->ctx, "/direct off");
		return;
	}
	n = rawkeys_bytes(key, bytes);
	if (n && t->ops.raw)
		t->ops.raw(t->ctx, bytes, n);
}

static void close_popup(struct tui *t, int popup)
{
	t->list_open = false;
	if (popup == VIEW_ASK && t->ops.answer)
		t->ops.answer(t->ctx, false);
	else if (popup == VIEW_LIST && t->ops.chosen)
		t->ops.chosen(t->ctx, NULL);
	else if (popup == VIEW_PAGE && t->ops.page_closed)
		t->ops.page_closed(t->ctx);
}

static void choose(struct tui *t)
{
	const char *value = view_list_value(t->views[VIEW_LIST], t->s);
	char copy[1024];

	/* The list, and the value in it, may be gone as soon as app does something. */
	str_copy(copy, sizeof(copy), value ? value : "");
	t->list_open = false;
	if (value && t->s->list.completion)
		lineedit_choose(t->edit, copy);
	if (t->ops.chosen)
		t->ops.chosen(t->ctx, value ? copy : NULL);
}

static void list_moved(struct tui *t, const char *before)
{
	const char *value = view_list_value(t->views[VIEW_LIST], t->s);

	if (value && strcmp(value, before) != 0 && t->ops.selected)
		t->ops.selected(t->ctx, value);
}

static void form_did(struct tui *t, unsigned did)
{
	enum tui_form event = TUI_FORM_CHANGED;
	char text[SESSION_FIELD_SIZE];

	if (did & VIEW_CHOSEN)
		event = TUI_FORM_DONE;
	else if (did & VIEW_LEAVE)
		event = TUI_FORM_CANCEL;
	else if (!(did & VIEW_EDITED))
		return;
	str_copy(text, sizeof(text), view_form_text(t->views[VIEW_FORM]));
	if (t->ops.form)
		t->ops.form(t->ctx, event, view_form_field(t->views[VIEW_FORM]), text);
	memset(text, 0, sizeof(text)); /* may have been a password */
}

/* True when the popup took the key. */
static bool popup_key(struct tui *t, int popup, const struct key *key)
{
	struct view *v = t->views[popup];
	const char *value = popup == VIEW_LIST ? view_list_value(v, t->s) : NULL;
	char before[256];
	unsigned did;

	str_copy(before, sizeof(before), value ? value : "");
	did = v->ops->key(v, t->s, key);
	if (popup == VIEW_LIST && did == VIEW_DONE && !t->s->list.completion)
		list_moved(t, before);

	if (popup == VIEW_FORM)
		form_did(t, did);
	else if (did & VIEW_YES) {
		if (t->ops.answer)
			t->ops.answer(t->ctx, true);
	} else if (did & VIEW_THIRD) {
		if (t->ops.third)
			t->ops.third(t->ctx);
	} else if (did & VIEW_CHOSEN) {
		choose(t);
	} else if (did & VIEW_LEAVE) {
		close_popup(t, popup);
		return !(did & VIEW_PASS);
	}
	if (did != VIEW_NOT_MINE)
		return true;
	/* A page or a menu leaves function keys and the like alone; letters end here. */
	if (key->code >= KEY_SPECIAL || key->mods)
		bound(t, key);
	return true;
}

static struct view *view_at(struct tui *t, int x, int y, enum tui_focus *f)
{
	struct view *log = tui_logs_at(t, x, y);

	if (log) {
		*f = TUI_LOG;
		return log;
	}
	for (int i = VIEW_DEVICE; i <= VIEW_FLASH; i++) {
		const struct rect *a = &t->views[i]->area;

		if (x >= a->x && x < a->x + a->w && y >= a->y && y < a->y + a->h) {
			*f = (enum tui_focus)(TUI_LOG + i);
			return t->views[i];
		}
	}
	*f = TUI_EDIT;
	return NULL;
}

static void wheel(struct view *v, const struct session *s, bool up)
{
	struct key arrow = {.code = up ? KEYS_UP : KEYS_DOWN};

	for (int i = 0; i < WHEEL_ROWS; i++)
		v->ops->key(v, s, &arrow);
}

/* While a search or a filter is typed: a click into its line leaves it open (true: that was all), a
 * border can be moved meanwhile; a click anywhere else takes it as it is, as Enter does. So a filter
 * stays with its pane. */
static bool entry_clicked(struct tui *t, int x, int y)
{
	if (!t->entry.kind || tui_logs_border_at(t, x, y))
		return false;
	if (y == t->layout.r[PANE_EDIT].y)
		return true;
	tui_entry_event(t, t->entry.kind == TUI_ENTRY_FIND && !t->entry.text[0] ? TUI_ENTRY_CANCEL
										: TUI_ENTRY_DONE);
	return false;
}

static void mouse(struct tui *t, const struct key *key)
{
	const char *command = tui_status_click(t, key->x, key->y);
	int popup = tui_popup(t);
	enum tui_focus f;
	struct view *v = view_at(t, key->x, key->y, &f);

	if (popup >= 0)
		v = t->views[popup];
	if ((key->button == 4 || key->button == 5) && v)
		wheel(v, t->s, key->button == 4);
	if (key->button != 1 || popup >= 0)
		return;
	if (key->mouse == KEY_MOUSE_DRAG)
		tui_logs_drag(t, key->y);
	else if (key->mouse == KEY_MOUSE_RELEASE)
		t->drag_border = 0;
	else if (command && t->ops.bound)
		t->ops.bound(t->ctx, command);
	else if (entry_clicked(t, key->x, key->y))
		t->dirty = true;
	else if (!tui_logs_press(t, key->x, key->y))
		tui_focus(t, f);
}

void tui_paste_end(struct tui *t)
{
	const char *text = (const char *)buf_bytes(&t->paste);
	size_t n = buf_len(&t->paste);
	int popup = tui_popup(t);

	bool over = t->paste_over;

	t->pasting = t->paste_over = false;
	if (over) { /* half of it would be worse than nothing */
		buf_clear(&t->paste);
		if (t->ops.paste)
			t->ops.paste(t->ctx, "", 0);
		return;
	}
	if (popup == VIEW_FORM && n) {
		if (view_form_insert(t->views[VIEW_FORM], t->s, text, n))
			form_did(t, VIEW_EDITED);
		buf_clear(&t->paste);
		return;
	}
	if (!n || popup == VIEW_ASK || popup == VIEW_PAGE ||
	    (popup >= 0 && !t->s->list.completion)) {
		buf_clear(&t->paste);
		return;
	}
	if (popup >= 0)
		close_popup(t, popup);
	if (t->entry.kind) {
		entry_insert(&t->entry, text, n);
		buf_clear(&t->paste);
		tui_entry_event(t, TUI_ENTRY_CHANGED);
		return;
	}
	tui_focus(t, TUI_EDIT);
	if (t->s->direct && t->ops.raw) {
		t->ops.raw(t->ctx, text, n);
		buf_clear(&t->paste);
		return;
	}
	/* A line end at the very end is what selecting a line brings along. */
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (!memchr(text, '\n', n) && !memchr(text, '\r', n))
		lineedit_insert(t->edit, text, n);
	else if (t->ops.paste)
		t->ops.paste(t->ctx, text, n);
	buf_clear(&t->paste);
}

static void paste_key(struct tui *t, const struct key *key, mono_t now)
{
	char bytes[4];

	t->paste_last = now;
	if (key->code == KEYS_PASTE_END)
		tui_paste_end(t);
	else if (key->code < KEY_SPECIAL &&
		 !buf_append(&t->paste, bytes, (size_t)utf8_encode(key->code, bytes)))
		t->paste_over = true;
}

static void to_edit(struct tui *t, const struct key *key)
{
	/* Keys that neither the pane nor the edit line knows leave the focus where it is. */
	if (t->focus != TUI_EDIT && key->code >= KEYS_F1 && key->code <= KEYS_F24)
		return;
	if (t->focus != TUI_EDIT)
		tui_focus(t, TUI_EDIT);
	/* Nothing to go to the end of: it means the log, as the log's border says. */
	if (key->code == KEYS_END && !key->mods && !lineedit_text(t->edit)[0])
		tui_follow(t);
	else
		lineedit_key(t->edit, key);
}

static void escape(struct tui *t, const struct key *key)
{
	if (t->focus != TUI_EDIT)
		tui_focus(t, TUI_EDIT);
	else if (t->s->sending.on && !lineedit_prompt(t->edit)[0] && t->ops.bound)
		t->ops.bound(t->ctx, "/cancel");
	else if (t->s->watching[0] && !lineedit_text(t->edit)[0] && !lineedit_prompt(t->edit)[0] &&
		 t->ops.bound)
		t->ops.bound(t->ctx, "/watch off");
	else if (t->s->marked.count && !lineedit_text(t->edit)[0] && !lineedit_prompt(t->edit)[0] &&
		 t->ops.bound)
		t->ops.bound(t->ctx, "/why off");
	else if (find_pattern(t->s->panes.find) && !lineedit_text(t->edit)[0] &&
		 !lineedit_prompt(t->edit)[0] && t->ops.bound)
		t->ops.bound(t->ctx, "/find --off");
	else
		lineedit_key(t->edit, key);
}

static bool pane_key(struct tui *t, const struct key *key)
{
	char command[128];
	struct view *v;
	unsigned did;

	if (t->focus == TUI_EDIT || !tui_exists(t, t->focus))
		return false;
	v = t->views[t->focus - TUI_LOG];
	did = v->ops->key(v, t->s, key);
	if (did & VIEW_COMMAND) {
		/* The pane may be gone as soon as app does something. */
		str_copy(command, sizeof(command),
		    t->focus == TUI_LOG ? view_log_command(v) : v->command);
		if (t->ops.bound)
			t->ops.bound(t->ctx, command);
	}
	return did != VIEW_NOT_MINE;
}

void tui_entry_open(struct tui *t, enum tui_entry kind, const char *text)
{
	entry_open(&t->entry, kind, text);
	t->dirty = true;
}

void tui_entry_close(struct tui *t)
{
	entry_close(&t->entry, false);
	t->dirty = true;
}

void tui_entry_past_add(struct tui *t, enum tui_entry kind, const char *text)
{
	entry_past_add(&t->entry, kind, text);
}

void tui_entry_past_clear(struct tui *t, enum tui_entry kind)
{
	entry_past_clear(&t->entry, kind);
}

void tui_entry_event(struct tui *t, enum tui_entry_event event)
{
	enum tui_entry kind = t->entry.kind;
	char text[ENTRY_SIZE];

	t->dirty = true;
	if (event == TUI_ENTRY_MOVED)
		return;
	/* Enter on nothing searches for the last one again. */
	if (event == TUI_ENTRY_DONE && kind == TUI_ENTRY_FIND && !t->entry.text[0])
		entry_insert(&t->entry, entry_last(&t->entry), strlen(entry_last(&t->entry)));
	str_copy(text, sizeof(text), t->entry.text);
	if (event == TUI_ENTRY_DONE || event == TUI_ENTRY_CANCEL)
		entry_close(&t->entry, event == TUI_ENTRY_DONE);
	if (t->ops.entry)
		t->ops.entry(t->ctx, kind, event, text);
}

static bool entry_took(struct tui *t, const struct key *key)
{
	int event;

	if (!t->entry.kind)
		return false;
	if (key->code == KEYS_TAB)
		event = key->mods == KEY_SHIFT ? TUI_ENTRY_DONE : TUI_ENTRY_MOVED;
	else
		event = entry_key(&t->entry, key);
	if (event >= 0)
		tui_entry_event(t, (enum tui_entry_event)event);
	else
		bound(t, key);
	return true;
}

void tui_one_key(struct tui *t, const struct key *key, mono_t now)
{
	int popup = tui_popup(t);

	tui_logs_sync(t);
	if (t->pasting) {
		paste_key(t, key, now);
		return;
	}
	if (key->code == KEYS_PASTE_BEGIN) {
		t->pasting = true;
		t->paste_last = now;
		buf_clear(&t->paste);
		return;
	}
	if (key->code == KEYS_MOUSE) {
		mouse(t, key);
		return;
	}
	if (key->code == KEYS_PASTE_END || key->code == KEYS_RESIZE)
		return;
	if (popup >= 0 && popup_key(t, popup, key))
		return;
	if (t->s->direct && t->focus == TUI_EDIT && !t->entry.kind) {
		direct_key(t, key);
		return;
	}
	if (t->prefix) {
		prefixed(t, key);
		return;
	}
	if (entry_took(t, key) || pane_key(t, key) || bound(t, key))
		return;
	if (key->code == KEYS_ESC)
		escape(t, key);
	else if (key->code == KEYS_TAB && key->mods == KEY_SHIFT)
		tui_focus_step(t, 1);
	else if (is_ctrl(key, 't'))
		t->prefix = true;
	else if (is_ctrl(key, 'c'))
		tui_edit_set(t, "");
	else
		to_edit(t, key);
}

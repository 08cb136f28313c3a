/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The screen at any size, with any session on it and any keys: the input is a program of calls (an
 * operation, then what it takes). Whatever comes, each cell holds one character that is seen, wide
 * ones have both halves, and what goes to the terminal has no control byte but our own.
 */
#include "fuzz.h"

#include "../../src/ui/cellout.h"

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"
#include "tasmite/core/session.h"
#include "tasmite/core/tasmota/secrets.h"
#include "tasmite/ui/backend.h"
#include "tasmite/ui/tui.h"

#define CALLS 300

/* readline 8.2 itself loses undo records in vi's mode. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libreadline\n";
}

struct rig {
	struct session *s;
	struct secrets *secrets;
	struct backend *b;
	struct tui *t;
	struct cellout out;
	struct buf bytes;
	uint64_t read_next;
	mono_t now;
};

/* ---- what the screen asks for ---- */

static void on_bound(void *ctx, const char *text)
{
	struct rig *r = ctx;

	if (!strcmp(text, "/focus next"))
		tui_focus_step(r->t, 1);
	else if (!strcmp(text, "/page up"))
		tui_page(r->t, -1);
	else if (!strcmp(text, "/find"))
		tui_entry_open(r->t, TUI_ENTRY_FIND, "");
	else if (!strcmp(text, "/filter"))
		tui_entry_open(r->t, TUI_ENTRY_FILTER, "");
}

static void on_line(void *ctx, const char *line)
{
	struct rig *r = ctx;

	lines_put(r->s->log, LINE_TX, line, strlen(line), r->now);
}

static void on_answer(void *ctx, bool yes)
{
	(void)yes;
	session_ask_close(((struct rig *)ctx)->s);
}

static void on_third(void *ctx)
{
	session_ask_close(((struct rig *)ctx)->s);
}

static void on_chosen(void *ctx, const char *value)
{
	(void)value;
	session_list_close(((struct rig *)ctx)->s);
}

static void on_closed(void *ctx)
{
	session_page_close(((struct rig *)ctx)->s);
}

static void on_pane(void *ctx, int index)
{
	struct rig *r = ctx;

	require(index >= 0 && index < r->s->panes.count);
	r->s->panes.active = index;
	r->s->panes.revision++;
}

static void on_weights(void *ctx, const int *rows, int count)
{
	struct rig *r = ctx;

	require(count == r->s->panes.count);
	for (int i = 0; i < count; i++)
		r->s->panes.pane[i].weight = rows[i];
	r->s->panes.revision++;
}

static void on_entry(void *ctx, enum tui_entry kind, enum tui_entry_event event, const char *text)
{
	struct rig *r = ctx;
	struct panes *p = &r->s->panes;

	if (event != TUI_ENTRY_CHANGED)
		return;
	if (kind == TUI_ENTRY_FIND)
		find_set(p->find, *text ? pattern_new(text, PATTERN_SMART, NULL) : NULL);
	else
		(void)filter_set(p->pane[p->active].filter, text, PATTERN_SMART, 0, NULL);
	p->revision++;
}

static void on_form(void *ctx, enum tui_form event, int field, const char *text)
{
	struct rig *r = ctx;
	struct session_form *f = &r->s->form;

	if (event == TUI_FORM_CHANGED) {
		require(field >= 0 && field < f->count);
		str_copy(f->fields[field].value, sizeof(f->fields[field].value), text);
		session_form_touch(r->s);
	} else {
		session_form_close(r->s);
	}
}

static size_t on_complete(void *ctx, const char *line, size_t cursor,
    void (*add)(void *arg, const char *word, const char *detail), void *arg)
{
	static const char *const words[] = {"/flash", "/focus", "/follow", "/help", "/h\303\274"};

	(void)ctx;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(words[i], line, cursor))
			add(arg, words[i], "what it is");
	return 0;
}

static void on_choices(
    void *ctx, const char *const *words, const char *const *details, size_t count)
{
	struct rig *r = ctx;

	session_list_open(r->s, "", true);
	for (size_t i = 0; i < count; i++)
		session_list_add(r->s, words[i], details[i], words[i]);
}

/* ---- what happens to the session ---- */

static void call_rx(struct rig *r, struct input *in)
{
	size_t n = input_byte(in);
	struct line_ref ref;

	n = n < in->n - in->at ? n : in->n - in->at;
	lines_rx(r->s->log, in->p + in->at, n, r->now);
	in->at += n;
	for (; lines_get(r->s->log, r->read_next, &ref) && !ref.partial; r->read_next++)
		if (ref.dir == LINE_RX)
			session_device_line(r->s, ref.bytes, ref.len, r->read_next, ref.time);
	session_judge(r->s);
}

static void call_key(struct rig *r, struct input *in, bool special)
{
	struct key key = {.mods = input_byte(in) % 8};

	key.code = special ? (uint32_t)KEYS_F1 + input_byte(in) % (KEYS_RESIZE - KEYS_F1)
			   : input_byte(in) | (uint32_t)(input_byte(in) % 3) << 8;
	if (key.code == KEYS_MOUSE) {
		key.button = input_byte(in) % 6;
		key.mouse = input_byte(in) % 3;
		key.x = (int16_t)(input_byte(in) - 4);
		key.y = (int16_t)(input_byte(in) - 4);
	}
	tui_mem_push(r->b, &key);
	tui_keys(r->t, r->now);
}

static void call_type(struct rig *r, struct input *in)
{
	char *text = input_line(in, 60);

	for (const char *p = text; *p; p++)
		tui_mem_push(r->b, &(struct key){.code = (uint8_t)*p});
	tui_keys(r->t, r->now);
	free(text);
}

static void call_size(struct rig *r, struct input *in)
{
	int w = input_byte(in), h = input_byte(in) % 90;

	tui_mem_resize(r->b, w, h);
	tui_resized(r->t);
}

static void call_pane(struct rig *r, struct input *in)
{
	struct panes *p = &r->s->panes;
	struct log_pane *pane = &p->pane[p->active];
	uint8_t how = input_byte(in);
	char *text = input_line(in, 40);

	if (how & 0x80)
		(void)panes_split(p, text, PATTERN_SMART, NULL);
	else if (how & 0x40)
		(void)panes_close(p, NULL);
	pane = &p->pane[p->active];
	pane->form = (enum pane_form)(how % 3);
	pane->time = (enum pane_time)(how % 7);
	pane->wrap = (enum pane_wrap)(how % 4);
	pane->json = (enum pane_json)(how / 4 % 4);
	p->revision++;
	panes_mark(p, lines_end(r->s->log), r->now);
	free(text);
}

static void call_popup(struct rig *r, struct input *in)
{
	uint8_t how = input_byte(in);
	char *title = input_line(in, 100), *text = input_line(in, 200);
	struct session *s = r->s;

	switch (how % 4) {
	case 0:
		session_page_open(s, title);
		for (unsigned i = 0; i < how; i += 9)
			sbuf_fmt(&s->page.text, "%s\n%u\t%s\n", text, i, title);
		s->page.take = how & 64;
		s->page.revision++;
		break;
	case 1:
		session_list_open(s, title, how & 64);
		for (unsigned i = 0; i < how / 4; i++)
			session_list_add(s, text, title, i % 2 ? "" : text);
		break;
	case 2:
		s->ask.open = true;
		str_copy(s->ask.title, sizeof(s->ask.title), title);
		s->ask.text_count = how / 4 % 12;
		for (int i = 0; i < s->ask.text_count; i++)
			str_copy(s->ask.text[i], sizeof(s->ask.text[i]), text);
		str_copy(s->ask.yes, sizeof(s->ask.yes), title);
		str_copy(s->ask.no, sizeof(s->ask.no), text);
		str_copy(s->ask.third, sizeof(s->ask.third), how & 64 ? text : "");
		break;
	default:
		session_form_open(s, title, text);
		for (unsigned i = 0; i < how / 8u; i++) {
			struct session_field *f = session_form_add(s, title, i % 2);

			if (!f)
				break;
			str_copy(f->value, sizeof(f->value), text);
			str_copy(f->hint, sizeof(f->hint), title);
		}
		s->form.open = s->form.count > 0;
		session_form_touch(s);
		break;
	}
	session_touch(s);
	free(title);
	free(text);
}

static void call_flash(struct rig *r, struct input *in)
{
	struct flash_view *f = &r->s->flash;
	uint8_t how = input_byte(in);
	char *text = input_line(in, 160);

	f->state = (enum flash_state)(how % 7);
	str_copy(f->title, sizeof(f->title), how & 8 ? text : "");
	str_copy(f->what, sizeof(f->what), text);
	str_copy(f->chip, sizeof(f->chip), text);
	str_copy(f->heard, sizeof(f->heard), text);
	str_copy(f->rate, sizeof(f->rate), text);
	f->stage_count = how % 11;
	for (int i = 0; i < f->stage_count; i++) {
		str_copy(f->stages[i].name, sizeof(f->stages[i].name), text);
		f->stages[i].mark = (enum flash_mark)((how + i) % 4);
	}
	f->total = input_byte(in) * 0x01000001u;
	f->done = input_byte(in) * 0x01000001u;
	f->left_s = (int)input_byte(in) * 1000 - 1;
	f->text_count = how % 13;
	for (int i = 0; i < f->text_count; i++)
		str_copy(f->text[i], sizeof(f->text[i]), text);
	f->revision++;
	free(text);
}

static void call_words(struct rig *r, struct input *in)
{
	struct session *s = r->s;
	uint8_t how = input_byte(in);
	char *text = input_line(in, 200);

	s->port.state = (enum session_port_state)(how % 3);
	str_copy(s->port.name, sizeof(s->port.name), text);
	str_copy(s->port.about, sizeof(s->port.about), text);
	str_copy(s->port.why, sizeof(s->port.why), text);
	s->port.has_modem = how & 4;
	s->port.rx = (uint64_t)how << how % 60;
	s->record.on = how & 8;
	str_copy(s->record.name, sizeof(s->record.name), text);
	s->direct = how & 16;
	s->hex_entry = how & 32;
	str_copy(s->tip, sizeof(s->tip), text);
	str_copy(s->watching, sizeof(s->watching), how & 64 ? text : "");
	str_copy(s->notice, sizeof(s->notice), how & 128 ? text : "");
	str_copy(s->chip, sizeof(s->chip), text);
	session_warn(s, r->now, "%s", text);
	session_touch(s);
	free(text);
}

/* ---- what is shown ---- */

static void check_cell(const struct surface *s, int x, int y)
{
	const struct cell *c = surface_cell(s, x, y);
	size_t n = strnlen(c->text, CELL_BYTES);
	uint32_t cp = 0;
	int len, width;

	require(n < CELL_BYTES && c->style < STYLE_COUNT && c->base < STYLE_COUNT);
	if (!n) { /* the right half of a wide one */
		const struct cell *left = surface_cell(s, x - 1, y);

		require(x > 0 && left->text[0]);
		require(utf8_decode((const uint8_t *)left->text, strlen(left->text), &cp) > 0);
		require(utf8_width(cp) == 2);
		return;
	}
	len = utf8_decode((const uint8_t *)c->text, n, &cp);
	require(len > 0);
	width = utf8_width(cp);
	require(width == 1 || (width == 2 && x + 1 < s->w && !surface_cell(s, x + 1, y)->text[0]));
	for (size_t i = (size_t)len; i < n; i += (size_t)len) {
		len = utf8_decode((const uint8_t *)c->text + i, n - i, &cp);
		require(len > 0 && utf8_width(cp) == 0);
	}
}

static void look(void *ctx, const struct cell *cell, struct cellout_look *l)
{
	(void)ctx;
	l->fg = (int16_t)(cell->style % 8);
	l->bg = -1;
	l->attr = cell->has_color;
}

static size_t chars(void *ctx, const struct cell *cell, int width, char *dst)
{
	(void)ctx;
	(void)width;
	memcpy(dst, cell->text, CELL_BYTES);
	return strlen(cell->text);
}

/* Stands for the terminal's own string. */
static void move(void *ctx, int x, int y, struct buf *out)
{
	(void)ctx;
	require(x >= 0 && y >= 0);
	require(buf_append(out, "\033", 1));
}

static void check_bytes(const struct buf *b)
{
	const uint8_t *p = buf_bytes(b);

	for (size_t i = 0, n = buf_len(b); i < n;) {
		uint32_t cp = 0;
		int len = utf8_decode(p + i, n - i, &cp);

		require(len > 0 && (cp == 033 || utf8_width(cp) >= 0));
		i += (size_t)len;
	}
}

static void draw(struct rig *r, bool whole)
{
	const struct surface *s;

	while (panes_step(&r->s->panes, r->s->log, 1u << 20))
		;
	require(tui_draw(r->t, r->now));
	s = tui_mem_screen(r->b);
	for (int y = 0; y < s->h; y++)
		for (int x = 0; x < s->w; x++)
			check_cell(s, x, y);
	require(s->cursor_x >= -1 && s->cursor_x < s->w && s->cursor_y >= -1 && s->cursor_y < s->h);
	buf_clear(&r->bytes);
	cellout_frame(&r->out, s, whole, &r->bytes);
	check_bytes(&r->bytes);
}

static void call(struct rig *r, struct input *in)
{
	uint8_t op = input_byte(in);

	r->now += op % 32 == 31 ? MONO_S(3) : MONO_MS(20);
	switch (op % 16) {
	case 0:
	case 1:
	case 2:
		call_rx(r, in);
		break;
	case 3:
	case 4:
	case 5:
		call_key(r, in, op % 16 != 3);
		break;
	case 6:
		call_type(r, in);
		break;
	case 7:
	case 8:
		call_size(r, in);
		break;
	case 9:
		call_pane(r, in);
		break;
	case 10:
		call_popup(r, in);
		break;
	case 11:
		call_flash(r, in);
		break;
	case 12:
		call_words(r, in);
		break;
	case 13:
		tui_focus(r->t, (enum tui_focus)(input_byte(in) % TUI_FOCUSES));
		break;
	case 14:
		tui_mem_unicode(r->b, op & 16);
		tui_page(r->t, (int8_t)input_byte(in));
		break;
	default:
		break;
	}
	if (op & 0x40 || op % 16 > 5)
		draw(r, op & 0x80);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct tui_ops ops = {.line = on_line,
	    .bound = on_bound,
	    .answer = on_answer,
	    .third = on_third,
	    .chosen = on_chosen,
	    .page_closed = on_closed,
	    .complete = on_complete,
	    .choices = on_choices,
	    .pane = on_pane,
	    .weights = on_weights,
	    .entry = on_entry,
	    .form = on_form};
	static const struct cellout_caps caps = {.corner = true};
	static const struct cellout_ops out_ops = {look, chars, move};
	struct input in = {data, n, 0};
	struct rig r = {.s = session_new(), .secrets = secrets_new(), .now = MONO_S(5)};

	setenv("INPUTRC", "/dev/null", 1);
	r.b = tui_mem_new(input_byte(&in), input_byte(&in) % 90);
	r.t = tui_new(r.s, r.secrets, r.b, &ops, &r);
	cellout_init(&r.out, &caps, &out_ops, &r);
	buf_init(&r.bytes, 16u << 20);
	for (int i = 0; i < CALLS && input_more(&in); i++)
		call(&r, &in);
	draw(&r, true);
	buf_fini(&r.bytes);
	cellout_fini(&r.out);
	tui_free(r.t);
	r.b->ops->free(r.b);
	secrets_free(r.secrets);
	session_free(r.s);
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys of a focused log pane: less's, and single letters for what the pane can do. What changes the
 * session is a command (VIEW_COMMAND), so that the menu and the edit line can do it too.
 */
#include <string.h>

#include "tasmite/base/str.h"
#include "view_log.h"

#define SHIFT_STEP 8
#define SHIFT_MAX  (LINES_MAX_LENGTH * 8)

/* ---- selection ------------------------------------------------------------------------------- */

bool view_log_selection(const struct view *base, uint64_t *first, uint64_t *last)
{
	const struct view_log *v = log_const(base);

	if (!v->selecting)
		return false;
	*first = v->select_from < v->select_to ? v->select_from : v->select_to;
	*last = v->select_from < v->select_to ? v->select_to : v->select_from;
	return true;
}

void view_log_select_end(struct view *base)
{
	log_of(base)->selecting = false;
}

/* Where the user looks: at the find, else at the newest line in sight. */
static bool begin_select(struct view_log *v, const struct session *s)
{
	uint64_t first, last, here = s->panes.find_line;

	if (!view_log_span(&v->base, s, &first, &last))
		return false;
	view_log_freeze(&v->base, s);
	v->select_from = v->select_to = here >= first && here <= last ? here : last;
	v->selecting = true;
	return true;
}

bool view_log_mouse(struct view *base, const struct session *s, int y, bool drag)
{
	struct view_log *v = log_of(base);
	uint64_t line;

	/* Drawn over the edge: the window goes on. */
	if (drag && v->selecting && (y < base->r.y || y >= base->r.y + base->r.h)) {
		log_scroll(v, s, y < base->r.y ? -1 : 1);
		y = y < base->r.y ? base->r.y : base->r.y + base->r.h - 1;
	}
	if (!log_line_in_row(v, s, y, &line))
		return false;
	if (!drag) {
		bool again = v->clicked == line + 1 && view_log_foldable(base, s, line);

		v->clicked = line + 1;
		v->select_from = v->select_to = line;
		v->selecting = again;
		return again;
	}
	view_log_freeze(base, s);
	v->clicked = 0;
	v->select_to = line;
	v->selecting = true;
	return false;
}

/* Rows to go by that key; 0: it is none that moves. */
static long moves(const struct view_log *v, const struct key *key)
{
	int h = v->base.r.h, page = h > 1 ? h - 1 : 1, half = h > 1 ? h / 2 : 1;
	bool ctrl = key->mods == KEY_CTRL;

	if (key->mods && !ctrl)
		return 0;
	switch (key->code) {
	case KEYS_UP:
	case 'k':
		return ctrl ? 0 : -1;
	case KEYS_DOWN:
	case 'j':
		return ctrl ? 0 : 1;
	case KEYS_PGUP:
		return ctrl ? 0 : -page;
	case 'b':
		return -page;
	case KEYS_PGDN:
	case ' ':
		return ctrl ? 0 : page;
	case 'f':
		return page;
	case 'u':
		return -half;
	case 'd':
		return half;
	default:
		return 0;
	}
}

static void select_by(struct view_log *v, const struct session *s, long rows)
{
	uint64_t to = v->select_to;

	for (; rows < 0 && to > 0 && log_at_or_before(v, s, to - 1, &to); rows++)
		;
	for (; rows > 0 && log_at_or_after(v, s, to + 1, &to); rows--)
		;
	v->select_to = to;
	log_keep_in_sight(v, s, to);
}

static unsigned command(struct view_log *v, const char *text)
{
	str_copy(v->command, sizeof(v->command), text);
	return VIEW_COMMAND | VIEW_DONE;
}

static unsigned select_key(struct view_log *v, const struct session *s, const struct key *key)
{
	long rows = moves(v, key);
	uint64_t to;

	if (rows) {
		select_by(v, s, rows);
		return VIEW_DONE;
	}
	if (key->mods)
		return VIEW_NOT_MINE;
	switch (key->code) {
	case KEYS_ESC:
	case 'v':
		v->selecting = false;
		return VIEW_DONE;
	case KEYS_HOME:
	case 'g':
		if (log_at_or_after(v, s, 0, &to))
			v->select_to = to;
		break;
	case KEYS_END:
	case 'G':
		if (log_at_or_before(v, s, UINT64_MAX, &to))
			v->select_to = to;
		break;
	case KEYS_ENTER:
	case 'y':
		return command(v, "/copy");
	default:
		return VIEW_NOT_MINE;
	}
	log_keep_in_sight(v, s, v->select_to);
	return VIEW_DONE;
}

/* ---- tags ------------------------------------------------------------------------------------ */

/* Tasmota's tags, the commonest ones; a capital letter hides instead of showing. */
static const struct {
	char key;
	char tag[4];
} tags[] = {{'w', "WIF"}, {'m', "MQT"}, {'c', "CMD"}, {'r', "RSL"}, {'h', "HTP"}, {'f', "CFG"},
    {'a', "APP"}, {'s', "SNS"}, {'b', "BTN"}, {'u', "RUL"}, {'z', "ZIG"}, {'i', "I2C"},
    {'o', "OTA"}, {'p', "UPL"}, {'q', "QPC"}, {'d', "HDW"}};

static unsigned tag_key(struct view_log *v, const struct key *key)
{
	uint32_t letter = key->code >= 'A' && key->code <= 'Z' ? key->code - 'A' + 'a' : key->code;

	v->tag_key = false;
	if (key->mods || key->code == KEYS_ESC)
		return VIEW_DONE;
	if (letter == 't')
		return command(v, "/filter --off");
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if ((uint32_t)tags[i].key == letter) {
			str_fmt(v->command, sizeof(v->command), "/filter --toggle %s%s",
			    letter == key->code ? "" : "!", tags[i].tag);
			return VIEW_COMMAND | VIEW_DONE;
		}
	return VIEW_DONE;
}

const char *view_log_hint(const struct view *base)
{
	const struct view_log *v = log_const(base);

	if (v->tag_key)
		return "only w WIF  m MQT  c CMD  r RSL  h HTP  f CFG  a APP  s SNS  b BTN  u RUL  "
		       "z ZIG  i I2C  o OTA  p UPL  q QPC  d HDW   capital: hide   t: all";
	if (v->selecting)
		return "arrows: more or fewer lines   y: copy   Esc: no selection";
	return NULL;
}

const char *view_log_command(const struct view *base)
{
	return log_const(base)->command;
}

/* ---- keys ------------------------------------------------------------------------------------ */

static bool shift_key(struct view_log *v, const struct key *key)
{
	bool arrow = key->code == KEYS_LEFT || key->code == KEYS_RIGHT;

	if (key->mods)
		return false;
	/* Nothing is off at a side then: such a key is no word for the edit line either. */
	if (v->wrap != PANE_WRAP_OFF || v->form == PANE_HEX)
		return arrow;
	if (key->code == KEYS_LEFT || key->code == '<')
		v->shift = v->shift > SHIFT_STEP ? v->shift - SHIFT_STEP : 0;
	else if (key->code == KEYS_RIGHT || key->code == '>')
		v->shift += v->shift < SHIFT_MAX ? SHIFT_STEP : 0;
	else
		return false;
	return true;
}

static unsigned command_key(struct view_log *v, const struct session *s, const struct key *key)
{
	static const struct {
		uint32_t code;
		const char *command;
	} rows[] = {{'/', "/find --down"}, {'?', "/find --up"}, {'n', "/goto again"},
	    {'N', "/goto back"}, {'&', "/filter"}, {']', "/goto next-mark"},
	    {'[', "/goto prev-mark"}, {'}', "/goto next-reset"}, {'{', "/goto prev-reset"},
	    {'m', "/mark "}, {'s', "/stamp next"}, {'w', "/wrap next"}, {'x', "/hex"},
	    {'r', "/raw"}, {'o', "/fold"}, {'O', "/fold next"}, {'+', "/resize +1"},
	    {'=', "/resize +1"}, {'-', "/resize -1"}, {'S', "/split"}, {'Q', "/close"},
	    {':', "/goto "}};

	if (key->mods == KEY_CTRL && (key->code == KEYS_UP || key->code == KEYS_DOWN))
		return command(v, key->code == KEYS_UP ? "/resize +1" : "/resize -1");
	if (key->mods)
		return VIEW_NOT_MINE;
	if (key->code == ' ' && s->replay)
		return command(v, "/pause");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (key->code == rows[i].code)
			return command(v, rows[i].command);
	if (find_pattern(s->panes.find) && (key->code == KEYS_ENTER || key->code == KEYS_ESC))
		return command(v, key->code == KEYS_ESC ? "/find --off" : "/goto again");
	return VIEW_NOT_MINE;
}

unsigned log_key(struct view *base, const struct session *s, const struct key *key)
{
	struct view_log *v = log_of(base);
	unsigned did;
	long rows;

	if (v->tag_key)
		return tag_key(v, key);
	if (v->selecting) {
		did = select_key(v, s, key);
		if (did != VIEW_NOT_MINE)
			return did;
	}
	did = command_key(v, s, key);
	if (did != VIEW_NOT_MINE)
		return did;
	rows = moves(v, key);
	if (rows) {
		log_scroll(v, s, rows);
		return VIEW_DONE;
	}
	if (key->mods)
		return VIEW_NOT_MINE;
	switch (key->code) {
	case KEYS_ENTER:
		log_scroll(v, s, 1);
		return VIEW_DONE;
	case KEYS_HOME:
	case 'g':
		view_log_top(base, s);
		return VIEW_DONE;
	case KEYS_END:
	case 'G':
	case 'F':
		view_log_follow(base);
		return VIEW_DONE;
	case 'v':
		return begin_select(v, s) ? VIEW_DONE : VIEW_NOT_MINE;
	case 'y':
		return command(v, "/copy");
	case 't':
		v->tag_key = true;
		return VIEW_DONE;
	default:
		return shift_key(v, key) ? VIEW_DONE : VIEW_NOT_MINE;
	}
}

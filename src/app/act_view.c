/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of the screen: help, menu, what is shown and how, focus, leaving. */
#include "app_int.h"

#include <limits.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/catalog.h"

/* ---- help and menu --------------------------------------------------------------------------- */

static const char key_help[] =
    "Write a line and press Enter: it goes to the device. What begins with / is for this program "
    "(// sends a slash). Tab completes, Up and Down recall.\n"
    "\n"
    "  Esc              back to the edit line\n"
    "  End              back to the newest line, in a log pane\n"
    "  Ctrl-C           clear the line (it never ends the program)\n"
    "  Ctrl-T 1..9, 0   F1..F10, where the desktop keeps those keys\n"
    "  in a log pane    as in less: j k Space b d u g G; / ? n N search, & filter\n"
    "                   t and a letter: one of Tasmota's tags (w WIF, m MQT, c CMD, r RSL, h HTP,\n"
    "                   f CFG, a APP, s SNS, b BTN, u RUL, z ZIG, i I2C, o OTA, p UPL, q QPC,\n"
    "                   d HDW; capital: hide it; t: all)\n"
    "                   s time, w wrapping, x bytes, r every byte, Left and Right: lines not\n"
    "                   wrapped; v select, y copy; m mark, ] [ marks, } { resets, : a time\n"
    "                   o a JSON answer as a tree, or folded; O all of them\n"
    "                   S split, Q close, + - rows\n"
    "  Ctrl-]           each key to the device at once; the same key leaves\n"
    "\n"
    "Tasmota's commands: Tab completes them, F1 tells of the one in the edit line, F1 twice "
    "searches "
    "them, /help WORD too.\n"
    "\n"
    "Flashing: /flash FILE, then do what the panel says. It waits as long as you need. /cancel "
    "stops it; afterwards it puts the panel away.\n"
    "\n";

/* The key of a command, or else one of it with some argument: Alt-l of /eol next. */
static const char *key_of_command(const struct keymap *k, const char *command)
{
	const char *key = keymap_key_of(k, command), *name, *text;
	size_t n = strlen(command);

	for (size_t i = 0; !key && keymap_at(k, i, &name, &text); i++)
		if (str_starts(text, command) && text[n] == ' ')
			key = name;
	return key;
}

static void help_of(struct sbuf *out, const struct cmd_row *row, const struct app *a)
{
	char bound[40];
	const char *key;

	str_fmt(bound, sizeof(bound), "/%s", row->name);
	key = key_of_command(a->session->keymap, bound);
	sbuf_fmt(out, "%s\n\n%s%s\n", row->usage, row->help[0] ? row->help : row->summary,
	    row->help[0] ? "" : ".");
	if (row->options[0])
		sbuf_fmt(out, "\nOptions: %s\n", row->options);
	if (key)
		sbuf_fmt(out, "\nKey: %s\n", key);
}

/* What the keys are bound to now; of a macro its beginning, since it may hold a password further on. */
static void help_of_keys(struct sbuf *out, const struct keymap *k)
{
	const char *key, *text;
	char name[32], line[64];

	sbuf_add(out, "Keys that are bound:\n\n");
	for (size_t i = 0; keymap_at(k, i, &key, &text); i++) {
		const struct cmd_row *row = NULL;

		if (text[0] == '/') {
			str_copy_n(name, sizeof(name), text + 1, strcspn(text + 1, " "));
			row = cmd_find(name, strlen(name));
		}
		str_copy_n(line, sizeof(line), text, row ? strlen(text) : strcspn(text, " "));
		sbuf_fmt(out, "  %-16s %-16s %s\n", key, line, row ? row->summary : "");
	}
	sbuf_add_char(out, '\n');
}

static void help_of_all(struct app *a)
{
	struct sbuf *out = &a->session->page.text;

	session_page_open(a->session, "Help");
	sbuf_add(out, key_help);
	help_of_keys(out, a->session->keymap);
	for (int i = 0; i < CMD_COUNT; i++)
		sbuf_fmt(out, "  %-46s  %s\n", cmd_row((enum cmd_id)i)->usage,
		    cmd_row((enum cmd_id)i)->summary);
}

/* Of a command of the program, of Tasmota's, of both; of all of Tasmota's that have to do with the
 * word. False: there is none. */
static bool help_of_word(struct app *a, const char *word)
{
	const char *name = word[0] == '/' ? word + 1 : word;
	const struct cmd_row *row = cmd_find(name, strlen(name));
	bool device = word[0] != '/';
	struct sbuf text;
	size_t rows = 0;

	/* The beginning of a command's name is not meant where Tasmota has one of that name. */
	if (row && device && str_casecmp(row->name, name) != 0 &&
	    catalog_find(name, strlen(name), NULL, NULL))
		row = NULL;
	/* A word that only stands somewhere in Tasmota's table is not meant where we have that name. */
	if (row && !catalog_find(name, strlen(name), NULL, NULL))
		device = false;
	sbuf_init(&text, 1 << 20);
	if (device)
		rows = catalog_help(name, &text);
	if (row || rows) {
		session_page_open(a->session, row ? row->usage : "Commands of Tasmota");
		if (row)
			help_of(&a->session->page.text, row, a);
		if (row && rows)
			sbuf_add(&a->session->page.text, "\nAnd a command of Tasmota:\n\n");
		sbuf_add(&a->session->page.text, sbuf_str(&text));
	}
	sbuf_fini(&text);
	return row || rows;
}

/* The command in the edit line, if one stands there. */
static bool help_of_line(struct app *a)
{
	const char *line = lineedit_text(tui_lineedit(a->tui));
	struct catalog_cmd c;
	char name[64];

	if (line[0] == '/') {
		str_copy_n(name, sizeof(name), line, strcspn(line, " "));
		return help_of_word(a, name);
	}
	catalog_at_cursor(line, strlen(line), lineedit_cursor(tui_lineedit(a->tui)), true, &c);
	/* No value: it may be a secret. */
	str_copy_n(name, sizeof(name), line + c.name, c.name_end - c.name);
	return name[0] && help_of_word(a, name);
}

void act_help(struct app *a, const struct cmd_line *c)
{
	if (c && c->count) {
		if (!help_of_word(a, c->args[0]))
			session_notice(a->session, true, "no help for that: /help lists all");
	} else if (!help_of_line(a)) {
		help_of_all(a);
	}
	a->session->page.revision++;
}

/* ---- secrets in the edit line ------------------------------------------------------------------ */

static void reveal_over(void *ctx, mono_t now)
{
	(void)now;
	app_reveal(ctx, false);
}

void app_reveal(struct app *a, bool on)
{
	if (a->session->reveal != on)
		session_touch(a->session);
	a->session->reveal = on;
	if (!a->reveal_timer)
		a->reveal_timer = timer_new(a->loop, reveal_over, a);
	if (on)
		timer_arm(a->reveal_timer, a->now + MONO_S(10));
	else
		timer_disarm(a->reveal_timer);
}

void act_reveal(struct app *a, const struct cmd_line *c)
{
	(void)c;
	app_reveal(a, !a->session->reveal);
}

static void menu_chosen(struct app *a, const char *value)
{
	if (value)
		app_bound(a, value);
}

/* Tasmota's, at the end of the list: its search finds them; choosing one tells of it. */
static void list_device_commands(struct session *s)
{
	char label[72], name[48], value[64];

	for (size_t i = 0; i < catalog_count(); i++) {
		const struct catalog_row *row = catalog_at(i);

		str_fmt(label, sizeof(label), "%-12s %s", catalog_name(row, name, sizeof(name)),
		    row->summary);
		str_fmt(value, sizeof(value), "/help %s", row->name);
		session_list_add(s, label, "Tasmota", value);
	}
}

/* A command that takes arguments goes into the edit line, to be completed there. */
void act_menu(struct app *a, const struct cmd_line *c)
{
	char label[160], bound[40], value[40];
	const char *key;

	(void)c;
	if (help_of_line(a)) {
		a->session->page.revision++;
		return;
	}
	session_list_open(a->session, "Commands", false);
	for (int i = 0; i < CMD_COUNT; i++) {
		const struct cmd_row *row = cmd_row((enum cmd_id)i);
		bool wants = row->spec[0] && row->spec[1] != '?';

		str_fmt(bound, sizeof(bound), "/%s", row->name);
		key = key_of_command(a->session->keymap, bound);
		str_fmt(label, sizeof(label), "%-12s %s", bound, row->summary);
		str_fmt(value, sizeof(value), "/%s%s", row->name, wants ? " " : "");
		session_list_add(a->session, label, key ? key : "", value);
	}
	list_device_commands(a->session);
	a->on_chosen = menu_chosen;
}

/* ---- settings -------------------------------------------------------------------------------- */

bool app_set(struct app *a, enum setting_id id, const char *text)
{
	struct err err = {0};

	if (settings_set(a->session->settings, id, text, ORIGIN_SESSION, "", &err) != ERR_OK) {
		session_notice(a->session, true, "%s", err.text);
		return false;
	}
	app_apply_settings(a);
	session_touch(a->session);
	return true;
}

static void show_setting(struct app *a, enum setting_id id, bool origin)
{
	char from[160];
	const struct setting_row *row = setting_row(id);

	settings_origin_text(a->session->settings, id, from, sizeof(from));
	session_say(a->session, a->now, "%s = %s%s%s%s", row->name,
	    settings_text(a->session->settings, id), origin ? "  (" : "", origin ? from : "",
	    origin ? ")" : "");
}

void act_set(struct app *a, const struct cmd_line *c)
{
	char name[64], near[64];
	size_t n;
	bool ask;
	int id;

	if (!c->count) {
		for (int i = 0; i < SETTING_COUNT; i++)
			show_setting(a, (enum setting_id)i, true);
		return;
	}
	str_copy(name, sizeof(name), c->args[0]);
	n = strlen(name);
	ask = n && name[n - 1] == '?';
	if (ask)
		name[n - 1] = '\0';
	id = setting_find(name);
	if (id < 0) {
		setting_nearest(name, near, sizeof(near));
		session_notice(a->session, true, "no setting \"%s\"%s", name,
		    near[0] ? near : ": Tab lists them");
		return;
	}
	if (ask || c->count < 2)
		show_setting(a, (enum setting_id)id, ask);
	else if (app_set(a, (enum setting_id)id, c->args[1]))
		show_setting(a, (enum setting_id)id, false);
}

/* on, off, or (without an argument) the other of the two. */
static void toggle(struct app *a, enum setting_id id, const struct cmd_line *c, const char *on)
{
	const char *now = settings_text(a->session->settings, id);
	const char *text = strcmp(now, "off") == 0 ? on : "off";

	if (c->count)
		text = str_casecmp(c->args[0], "on") == 0 ? on : c->args[0];
	if (app_set(a, id, text))
		session_notice(a->session, false, "%s %s", setting_row(id)->name, text);
}

void act_echo(struct app *a, const struct cmd_line *c)
{
	toggle(a, SET_ECHO, c, "on");
}

/* ---- themes ---------------------------------------------------------------------------------- */

static void add_theme(void *ctx, const char *name)
{
	struct session *s = ctx;
	bool used = strcmp(name, settings_text(s->settings, SET_THEME)) == 0;

	if (used)
		s->list.at = s->list.count;
	session_list_add(s, name, used ? "in use" : "", name);
}

/* The screen takes the colours at once; what is in force is told apart by the setting. */
static void theme_shown(struct app *a, const char *value)
{
	struct err err = {0};

	if (app_load_theme(a, value, &err) != ERR_OK)
		session_notice(a->session, true, "%s", err.text);
}

static void theme_chosen(struct app *a, const char *value)
{
	if (!value || !app_set(a, SET_THEME, value))
		theme_shown(a, settings_text(a->session->settings, SET_THEME));
}

void act_theme(struct app *a, const struct cmd_line *c)
{
	if (c->count) {
		app_set(a, SET_THEME, c->args[0]);
		return;
	}
	session_list_open(a->session, "Themes", false);
	app_each_theme(add_theme, a->session);
	a->on_chosen = theme_chosen;
	a->on_selected = theme_shown;
}

/* ---- log, focus, end ------------------------------------------------------------------------- */

void act_clear(struct app *a, const struct cmd_line *c)
{
	(void)c;
	app_read_clear(a);
	session_touch(a->session);
}

void act_follow(struct app *a, const struct cmd_line *c)
{
	(void)c;
	tui_follow(a->tui);
}

void act_page(struct app *a, const struct cmd_line *c)
{
	if (c->count && strcmp(c->args[0], "up") == 0)
		tui_page(a->tui, -1);
	else if (c->count && strcmp(c->args[0], "down") == 0)
		tui_page(a->tui, 1);
	else if (c->count && strcmp(c->args[0], "top") == 0)
		tui_page(a->tui, INT_MIN);
	else
		session_notice(a->session, true, "%s", c->row->usage);
}

void act_focus(struct app *a, const struct cmd_line *c)
{
	static const struct {
		const char *name;
		enum tui_focus focus;
	} rows[] = {
	    {"edit", TUI_EDIT}, {"log", TUI_LOG}, {"device", TUI_DEVICE}, {"flash", TUI_FLASH}};

	if (!c->count || strcmp(c->args[0], "next") == 0) {
		tui_focus_step(a->tui, 1);
		return;
	}
	if (strcmp(c->args[0], "prev") == 0) {
		tui_focus_step(a->tui, -1);
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(c->args[0], rows[i].name) == 0) {
			tui_focus(a->tui, rows[i].focus);
			return;
		}
	session_notice(a->session, true, "%s", c->row->usage);
}

void act_redraw(struct app *a, const struct cmd_line *c)
{
	(void)c;
	tui_redraw(a->tui);
}

void app_ask_leave(struct app *a, const char *title, const char *text, const char *more,
    void (*fn)(struct app *a, bool yes))
{
	struct session_ask *ask = &a->session->ask;

	memset(ask, 0, sizeof(*ask));
	str_copy(ask->title, sizeof(ask->title), title);
	str_copy(ask->text[ask->text_count++], sizeof(ask->text[0]), text);
	if (more)
		str_copy(ask->text[ask->text_count++], sizeof(ask->text[0]), more);
	str_copy(ask->yes, sizeof(ask->yes), "y  leave");
	str_copy(ask->no, sizeof(ask->no), "n  stay");
	app_ask(a, fn);
}

static void quit_answered(struct app *a, bool yes)
{
	if (yes)
		app_quit(a, 0);
}

void act_quit(struct app *a, const struct cmd_line *c)
{
	(void)c;
	if (app_upgrade_quit(a) || app_upload_quit(a))
		return;
	if (!app_flashing(a)) {
		if (app_upgrading(a)) /* already told to leave: not waited for any more */
			(void)app_upgrade_leave(a, 0);
		app_quit(a, 0);
		return;
	}
	app_ask_leave(a, "Leave while flashing?",
	    a->session->flash.state == FLASH_WORKING
		? "The device is being worked on: what is half written does not start."
		: "The flash panel still waits for the boot loader. Nothing is being written.",
	    NULL, quit_answered);
}

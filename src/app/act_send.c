/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of what is sent and how: line end, macros, direct mode, bytes. */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/hex.h"

#define HEX_MAX (64u * 1024)

/* ---- line end -------------------------------------------------------------------------------- */

static void eol_chosen(struct app *a, const char *value)
{
	if (value && app_set(a, SET_EOL, value))
		session_notice(
		    a->session, false, "line end %s", settings_text(a->session->settings, SET_EOL));
}

void act_eol(struct app *a, const struct cmd_line *c)
{
	static const char *const names[] = {"lf", "crlf", "cr", "none"};
	const size_t count = sizeof(names) / sizeof(names[0]);
	const char *now = settings_text(a->session->settings, SET_EOL);
	size_t at = 0;

	while (at < count - 1 && strcmp(names[at], now) != 0)
		at++;
	if (c->count && str_casecmp(c->args[0], "next") == 0) {
		eol_chosen(a, names[(at + 1) % count]);
		return;
	}
	if (c->count) {
		eol_chosen(a, c->args[0]);
		return;
	}
	session_list_open(a->session, "Line end", false);
	for (size_t i = 0; i < count; i++)
		session_list_add(a->session, names[i], i == at ? "now" : "", names[i]);
	a->session->list.at = at;
	a->on_chosen = eol_chosen;
}

/* ---- macros ---------------------------------------------------------------------------------- */

/* Passwords are none of the log's business. */
char *app_masked(const struct app *a, const char *text)
{
	size_t n = strlen(text);
	struct buf out;
	char *shown;

	buf_init(&out, n + 1);
	secrets_mask_line(a->secrets, text, n, &out);
	shown = xstrndup(n ? (const char *)buf_bytes(&out) : "", n);
	buf_fini(&out);
	return shown;
}

static void say_binding(
    struct app *a, const char *key, const char *text, const char *label, const char *more)
{
	char *shown = app_masked(a, text);

	session_say(a->session, a->now, "%-9s %-15s %s%s", key, label, shown, more);
	free(shown);
}

static void list_macros(struct app *a)
{
	const char *key, *text;
	size_t count = 0;

	for (size_t i = 0; keymap_at(a->session->keymap, i, &key, &text); i++) {
		if (text[0] == '/' && text[1] != '/')
			continue; /* a command: help lists those */
		say_binding(a, key, text, keymap_label_at(a->session->keymap, i), "");
		count++;
	}
	if (!count)
		session_say(a->session, a->now,
		    "no macros: /macro F11 \"Status 5\" puts one on a free key");
}

/* was: what the key did before, or NULL. */
static void show_macro(struct app *a, const char *name, const char *was)
{
	const char *key, *text;
	char canon[40], more[80] = "";
	struct key wanted;

	if (was)
		str_fmt(more, sizeof(more), "  (before: %s)", was);

	if (!keymap_parse(name, &wanted)) {
		session_notice(a->session, true, "'%s' is no key: F11, Alt-1, Ctrl-B", name);
		return;
	}
	keymap_name(&wanted, canon, sizeof(canon));
	for (size_t i = 0; keymap_at(a->session->keymap, i, &key, &text); i++)
		if (strcmp(key, canon) == 0) {
			say_binding(a, key, text, keymap_label_at(a->session->keymap, i), more);
			return;
		}
	session_notice(a->session, false, "%s is free", canon);
}

/* The words behind the key with blanks between, and the option's value out of them. */
static void macro_words(
    const struct cmd_line *c, struct sbuf *text, const char **label, bool *has_text)
{
	*label = NULL;
	*has_text = false;
	for (int i = 1; i < c->count; i++) {
		if (strcmp(c->args[i], "--label") == 0 && i + 1 < c->count) {
			*label = c->args[++i];
			continue;
		}
		if (*has_text)
			sbuf_add(text, " ");
		sbuf_add(text, c->args[i]);
		*has_text = true;
	}
}

/* The command that is on the key: a macro would take its place. */
static void command_on(const struct keymap *k, const char *name, char *dst, size_t size)
{
	struct key key;
	const char *text = keymap_parse(name, &key) ? keymap_lookup(k, &key) : NULL;

	dst[0] = '\0';
	if (text && text[0] == '/' && text[1] != '/')
		str_copy(dst, size, text);
}

void act_macro(struct app *a, const struct cmd_line *c)
{
	struct keymap *k = a->session->keymap;
	const char *key = c->count ? c->args[0] : NULL, *label;
	struct err err = {0};
	struct sbuf text;
	bool has_text;
	char was[60] = "";
	int rc = ERR_OK;

	if (!key) {
		list_macros(a);
		return;
	}
	sbuf_init(&text, 64 * 1024);
	macro_words(c, &text, &label, &has_text);
	command_on(k, key, was, sizeof(was));
	if (has_text)
		rc = keymap_bind_session(k, key, sbuf_str(&text), label, &err);
	else if (label)
		rc = keymap_label(k, key, label, &err);
	if (!has_text)
		was[0] = '\0';
	if (rc != ERR_OK)
		session_notice(a->session, true, "%s", err.text);
	else
		show_macro(a, key, was[0] ? was : NULL);
	session_touch(a->session);
	sbuf_fini(&text);
}

/* ---- direct mode ----------------------------------------------------------------------------- */

void act_direct(struct app *a, const struct cmd_line *c)
{
	bool on = !a->session->direct;

	if (c->count && str_casecmp(c->args[0], "on") != 0 && str_casecmp(c->args[0], "off") != 0) {
		session_notice(a->session, true, "%s", c->row->usage);
		return;
	}
	if (c->count)
		on = str_casecmp(c->args[0], "on") == 0;
	a->session->direct = on;
	if (on)
		tui_focus(a->tui, TUI_EDIT);
	session_touch(a->session);
}

/* ---- bytes ----------------------------------------------------------------------------------- */

bool app_send_hex(struct app *a, const char *text)
{
	uint8_t *bytes = xmalloc(HEX_MAX);
	struct err err = {0};
	size_t n = 0;
	bool sent = false;

	if (hex_parse(text, bytes, HEX_MAX, &n, &err) != ERR_OK)
		session_notice(a->session, true, "%s", err.text);
	else
		sent = n && app_send_bytes(a, bytes, n);
	free(bytes);
	if (sent)
		tui_follow(a->tui);
	return sent;
}

bool app_hex_secret(const struct app *a, const char *text)
{
	uint8_t *bytes = xmalloc(HEX_MAX);
	struct err err = {0};
	size_t n = 0;
	bool secret;

	/* What is no hex is judged as the text that it is. */
	secret = hex_parse(text, bytes, HEX_MAX, &n, &err) == ERR_OK &&
		 secrets_in_line(a->secrets, (const char *)bytes, n);
	free(bytes);
	return secret;
}

/* All that is entered is hex from now on, or no more. */
static void hex_entry(struct app *a, bool on)
{
	a->session->hex_entry = on;
	session_notice(a->session, false, "%s",
	    on ? "what is entered are bytes in hex; /sendhex off ends it" : "text again");
	session_touch(a->session);
}

void act_sendhex(struct app *a, const struct cmd_line *c)
{
	if (!c->rest[0])
		session_notice(a->session, true, "%s", c->row->usage);
	else if (c->count == 1 && str_casecmp(c->args[0], "on") == 0)
		hex_entry(a, true);
	else if (c->count == 1 && str_casecmp(c->args[0], "off") == 0)
		hex_entry(a, false);
	else
		(void)app_send_hex(a, c->rest);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands that can't do as they are meant: values that a firmware takes for something else. Source:
 * Tasmota's source, 6.1.1 to 15.2: the console's input, the reading of a command's payload, and what
 * the text commands do with it.
 */
#include "tasmite/core/tasmota/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "traps.h"

#define FW(x, y, z) BACKLOG_FW(x, y, z, 0)

struct trap {
	struct backlog_name name;
	unsigned facts;
	const char *value;
	size_t n;
	uint32_t fw; /* 0: not known */
	char *why;
	size_t size;
};

static bool from(const struct trap *t, uint32_t first)
{
	return !t->fw || t->fw >= first;
}

static bool before(const struct trap *t, uint32_t first)
{
	return !t->fw || t->fw < first;
}

static bool say(const struct trap *t, const char *why)
{
	str_copy(t->why, t->size, why);
	return true;
}

static bool say_trap(const struct trap *t, enum traps_id id)
{
	return say(t, traps_text(id));
}

static bool is_key(const struct trap *t)
{
	return backlog_is(&t->name, "Password");
}

/* Up to 6.1.1 "0" cleared these; from 6.2 on it clears all. */
static bool zero_clears(const struct trap *t)
{
	static const char *const old[] = {
	    "MqttHost", "MqttUser", "MqttPassword", "WebPassword", "NtpServer"};

	if (from(t, FW(6, 2, 0)))
		return true;
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		if (backlog_is(&t->name, old[i]))
			return true;
	return false;
}

/* Commands whose texts "1" does not reset. */
static bool has_default(const struct trap *t)
{
	return !backlog_is(&t->name, "Var") && !backlog_is(&t->name, "Mem") &&
	       !backlog_is(&t->name, "StateText");
}

static bool default_trap(const struct trap *t)
{
	if (!has_default(t))
		return false;
	if (!strcmp(t->value, "1"))
		return say_trap(t, TRAPS_DEFAULT);
	if (before(t, FW(6, 2, 0)) && traps_is_one(t->value, t->n))
		return say_trap(t, TRAPS_DEFAULT_OLD);
	if (!strcmp(t->value, "0") && zero_clears(t))
		return say_trap(t, TRAPS_ZERO);
	if (!strcmp(t->value, "\"") && from(t, FW(6, 2, 0)))
		return say_trap(t, TRAPS_QUOTE);
	return false;
}

static bool length_trap(const struct trap *t)
{
	size_t most = traps_most(t->name.p, t->name.n, t->fw);
	char name[24];

	if (t->n > most) {
		str_copy_n(name, sizeof(name), t->name.p, t->name.n);
		traps_too_long(name, t->n, most, t->fw, t->why, t->size);
		return true;
	}
	if (is_key(t) && t->n < 5 && from(t, FW(8, 1, 0)))
		return say_trap(t, TRAPS_KEY_SHORT);
	if (before(t, FW(8, 1, 0)) && t->n > 32 && t->name.n > 4 &&
	    (!str_ncasecmp(t->name.p, "mqtt", 4) || backlog_is(&t->name, "Topic") ||
		backlog_is(&t->name, "Hostname") || backlog_is(&t->name, "WebPassword")))
		return say(t, "up to 8.0 it has at most 32 characters");
	return false;
}

static bool text_trap(const struct trap *t)
{
	if (backlog_is(&t->name, "Hostname") && strchr(t->value, '%'))
		return say_trap(t, TRAPS_PERCENT);
	if ((backlog_is(&t->name, "Topic") || backlog_is(&t->name, "GroupTopic")) &&
	    strpbrk(t->value, "#+ /"))
		return say(t, "the device writes _ for blanks, #, + and / in a topic");
	return default_trap(t) || length_trap(t);
}

static bool any_trap(const struct trap *t, const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)text[i] > 126)
			return say_trap(t, TRAPS_NOT_ASCII);
		if ((unsigned char)text[i] < ' ')
			return say_trap(t, TRAPS_CONTROL);
	}
	if (n > backlog_line_max(t->fw))
		return say(t, "it is longer than the console's buffer");
	return false;
}

bool backlog_trap(const char *text, uint32_t fw, char *why, size_t size)
{
	struct trap t = {.fw = fw, .why = why, .size = size};

	why[0] = '\0';
	backlog_name(text, &t.name);
	t.facts = backlog_facts(&t.name);
	t.value = t.name.value;
	t.n = strlen(t.value);
	if (any_trap(&t, text))
		return true;
	if (!t.n || !(t.facts & BACKLOG_TEXTUAL))
		return false;
	if (!strcmp(t.value, "?"))
		return false; /* a question, as it stands */
	if (text_trap(&t))
		return true;
	if (t.value[t.n - 1] == ' ')
		say_trap(&t, TRAPS_BLANK);
	return false;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was tried in this session. */
#include "tasmite/core/tasmota/journal.h"

#include <stdarg.h>
#include <string.h>

#include "logline_int.h"
#include "tasmite/base/str.h"

void journal_init(struct journal *j)
{
	memset(j, 0, sizeof(*j));
	j->trying = -1;
}

/* ---- entries ------------------------------------------------------------------------------------- */

static struct journal_entry *newest(struct journal *j)
{
	return j->count ? &j->entry[(j->next + JOURNAL_ENTRIES - 1) % JOURNAL_ENTRIES] : NULL;
}

void journal_add(
    struct journal *j, enum journal_kind kind, bool bad, mono_t now, const char *fmt, ...)
{
	struct journal_entry *last = newest(j), *e;
	char text[sizeof(last->text)];
	va_list ap;

	va_start(ap, fmt);
	(void)str_vfmt(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (last && last->kind == kind && last->bad == bad && !strcmp(last->text, text)) {
		last->times++;
		return;
	}
	e = &j->entry[j->next];
	j->left_out += j->count == JOURNAL_ENTRIES;
	j->count += j->count < JOURNAL_ENTRIES;
	j->next = (j->next + 1) % JOURNAL_ENTRIES;
	e->kind = kind;
	e->time = now;
	e->bad = bad;
	e->times = 1;
	(void)str_copy(e->text, sizeof(e->text), text);
}

const struct journal_entry *journal_at(const struct journal *j, unsigned i)
{
	if (i >= j->count)
		return NULL;
	return &j->entry[(j->next + JOURNAL_ENTRIES - j->count + i) % JOURNAL_ENTRIES];
}

/* ---- names of networks --------------------------------------------------------------------------- */

static void learn(struct journal *j, struct logtext name, bool own)
{
	char text[JOURNAL_NAME];

	/* 0, 1, 2 and " are orders of the command, not names (facts: traps of values). */
	if (!name.n || name.n >= sizeof(text) || (name.n == 1 && strchr("012\"?", *name.p)))
		return;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	if (strlen(text) != name.n)
		return;
	for (unsigned i = 0; i < j->name_count; i++)
		if (!strcmp(j->names[i], text))
			return;
	/* Those of a scan make room for what the user has set. */
	if (j->name_count < JOURNAL_NAMES) {
		memcpy(j->names[j->name_count++], text, sizeof(text));
	} else if (own) {
		memmove(j->names[1], j->names[0], sizeof(j->names) - sizeof(j->names[0]));
		memcpy(j->names[0], text, sizeof(text));
	}
}

/* "ssid1 home", alone or in a Backlog, wherever it stands. */
static void learn_command(struct journal *j, struct logtext t)
{
	bool backlog = t.n > 7 && !str_ncasecmp(t.p, "backlog", 7);

	while (t.n >= 6) {
		struct logtext value;

		if (str_ncasecmp(t.p, "ssid", 4)) {
			t = lt_from(t, 1);
			continue;
		}
		value = lt_from(t, lt_digit(t.p[4]) ? 5 : 4);
		t = lt_from(t, 4);
		if (!value.n || *value.p != ' ')
			continue;
		if (backlog)
			value = lt_upto(value, lt_find(value, ";"));
		learn(j, lt_trim(value), true);
	}
}

/* "SSId1":"home", "SSId":["home","other"], and within Wi-Fi's object "SSId":"home". */
static void learn_json(struct journal *j, struct logtext json)
{
	struct logtext key, value;
	size_t at = 0;

	if (!lt_has(json, "SSI"))
		return;
	while (logline_member(json, &at, &key, &value)) {
		if (!lt_starts(key, "SSId") && !lt_starts(key, "SSID"))
			continue;
		if (!value.n || *value.p != '[') {
			learn(j, value, true);
			continue;
		}
		value = lt_upto(value, lt_find(value, "]"));
		for (size_t open; (open = lt_find(value, "\"")) < value.n;) {
			struct logtext name = lt_from(value, open + 1);

			name = lt_upto(name, lt_find(name, "\""));
			learn(j, name, true);
			value = lt_from(value, open + name.n + 2);
		}
	}
}

void journal_sent(struct journal *j, const char *line, size_t n, mono_t now)
{
	struct logtext t = lt_trim((struct logtext){line, n});

	if (!t.n)
		return;
	learn_command(j, t);
	journal_add(j, JOURNAL_SENT, false, now, "%.*s", (int)(t.n < 230 ? t.n : 230), t.p);
}

/* ---- joins ------------------------------------------------------------------------------------------ */

static int net_of(struct journal *j, struct logtext ssid)
{
	struct journal_net *n;

	if (!ssid.n || ssid.n >= JOURNAL_NAME)
		return -1;
	for (unsigned i = 0; i < j->nets; i++)
		if (logtext_is(ssid, j->net[i].ssid))
			return (int)i;
	if (j->nets == JOURNAL_NETS)
		return -1;
	n = &j->net[j->nets];
	memset(n, 0, sizeof(*n));
	(void)str_copy_n(n->ssid, sizeof(n->ssid), ssid.p, ssid.n);
	return (int)j->nets++;
}

static void seen(struct journal *j, struct logtext ssid)
{
	j->scanned = true;
	learn(j, ssid, false);
	for (unsigned i = 0; i < j->nets; i++)
		if (logtext_is(ssid, j->net[i].ssid))
			j->net[i].in_scan = true;
}

/* The end of a join; some releases repeat it every second: only the first one counts. */
static void ended(struct journal *j, enum logline_kind kind)
{
	struct journal_net *n = j->trying >= 0 ? &j->net[j->trying] : NULL;

	if (!n)
		return;
	j->trying = -1;
	n->good = kind == LOGLINE_CONNECTED || kind == LOGLINE_IPV4;
	n->joined += n->good;
	n->not_found += kind == LOGLINE_NOT_REACHED;
	n->timeout += kind == LOGLINE_TIMEOUT;
	n->refused += kind == LOGLINE_WRONG_PASSWORD || kind == LOGLINE_FAILED;
	n->no_ip += kind == LOGLINE_NO_IP;
}

void journal_event(struct journal *j, const struct logline *ev)
{
	switch (ev->kind) {
	case LOGLINE_CONNECTING:
		learn(j, ev->text, true);
		j->trying = net_of(j, ev->text);
		break;
	case LOGLINE_TESTING:
		learn(j, ev->text, true);
		break;
	case LOGLINE_SCANNED:
		seen(j, ev->text);
		break;
	case LOGLINE_ECHO:
		learn_command(j, ev->text);
		break;
	case LOGLINE_RESULT:
		learn_json(j, ev->text2);
		break;
	case LOGLINE_CONNECTED:
	case LOGLINE_IPV4:
	case LOGLINE_TIMEOUT:
	case LOGLINE_NOT_REACHED:
	case LOGLINE_WRONG_PASSWORD:
	case LOGLINE_FAILED:
	case LOGLINE_NO_IP:
		ended(j, ev->kind);
		break;
	case LOGLINE_ROM8266:
	case LOGLINE_ROM32:
	case LOGLINE_PROJECT:
		j->trying = -1;
		break;
	default:
		break;
	}
}

void journal_rewritten(struct journal *j)
{
	j->nets = 0;
	j->trying = -1;
	j->scanned = false;
}

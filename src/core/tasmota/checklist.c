/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known of a device, as a list. */
#include "tasmite/core/tasmota/checklist.h"

#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/utf8.h"

/* A network's name in the label is no wider than this. */
#define LABEL_WIDTH 14

static const struct {
	const char *word, *label;
} names[CHECKLIST_KEYS] = {
#define CHECKLIST_ROW(id, word, label) [id] = {word, label},
    CHECKLIST_TABLE(CHECKLIST_ROW)
#undef CHECKLIST_ROW
};

const char *checklist_word(enum checklist_key key)
{
	return names[key].word;
}

enum checklist_key checklist_find(const char *word)
{
	int key = 0;

	while (key < CHECKLIST_KEYS && str_casecmp(names[key].word, word) != 0)
		key++;
	return (enum checklist_key)key;
}

/* ---- reasons in words ------------------------------------------------------------------------------ */

static const struct {
	enum doctor_key key;
	const char *reason, *words;
} words[] = {
    {DOCTOR_BOOT, "boot_loop", "starts again and again"},
    {DOCTOR_BOOT, "no_app", "nothing that can start"},
    {DOCTOR_BOOT, "download_mode", "in the boot loader"},
    {DOCTOR_BOOT, "crash", "crashed"},
    {DOCTOR_BOOT, "garbage", "unreadable: another rate"},
    {DOCTOR_WIFI, "connected", "connected"},
    {DOCTOR_WIFI, "connecting", "connecting"},
    {DOCTOR_WIFI, "no_ssid", "no network is set"},
    {DOCTOR_WIFI, "ap_not_found", "AP not found"},
    {DOCTOR_WIFI, "timeout", "the join timed out"},
    {DOCTOR_WIFI, "wrong_password", "refused: wrong key?"},
    {DOCTOR_WIFI, "no_ip", "joined, got no address"},
    {DOCTOR_WIFI, "failed", "join failed: wrong key?"},
    {DOCTOR_AP, "started", "open"},
    {DOCTOR_AP, "asked_not_started", "asked for, not started"},
    {DOCTOR_AP, "ip_unset", "started without an address"},
    {DOCTOR_AP, "mode_opens_none", "this mode opens none"},
    {DOCTOR_AP, "crashed", "crashed when it started"},
    {DOCTOR_WEB, "active", "active"},
    {DOCTOR_MQTT, "connected", "connected"},
    {DOCTOR_MQTT, "refused", "refused"},
    {DOCTOR_MQTT, "unreachable", "not reached"},
    {DOCTOR_MQTT, "attempting", "connecting"},
    {DOCTOR_MQTT, "disabled_or_no_host", "off, or no host is set"},
    {DOCTOR_UPGRADE, "running", "runs"},
    {DOCTOR_UPGRADE, "ok", "done"},
    {DOCTOR_UPGRADE, "failed", "failed"},
};

static const char *reason_words(enum doctor_key key, const char *reason)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].key == key && !strcmp(words[i].reason, reason))
			return words[i].words;
	return "";
}

/* PubSubClient's states (facts: MQTT rc). */
static const char *rc_words(int rc)
{
	switch (rc) {
	case -5:
		return "name not resolved";
	case -4:
		return "no answer";
	case -3:
		return "connection lost";
	case -2:
		return "no connection";
	case 1:
		return "protocol";
	case 2:
		return "client name";
	case 3:
		return "unavailable";
	case 4:
		return "user or password";
	case 5:
		return "not authorised";
	default:
		return "";
	}
}

static void add(struct checklist_row *c, const char *text)
{
	(void)str_cat(c->text, sizeof(c->text), text);
}

static void from_verdict(struct checklist_row *c, const struct doctor_view *v, enum doctor_key key)
{
	const struct doctor_verdict *o = &v->verdict[key];

	c->state = o->state;
	c->line = o->line;
	add(c, reason_words(key, o->reason));
}

/* ---- rows ------------------------------------------------------------------------------------------ */

static void boots(struct checklist_row *c, const struct doctor_view *v, const struct facts *f)
{
	const char *cause = facts_cause_text(f->reset_cause);
	char times[32];

	from_verdict(c, v, DOCTOR_BOOT);
	if (c->state != DOCTOR_BAD && f->boots)
		add(c, cause ? cause : f->reset_cause >= 0 ? "unknown cause" : "seen");
	else if (c->state == DOCTOR_OK)
		add(c, "runs");
	if (c->state != DOCTOR_BAD && f->boot_mode >= 0 && f->boots)
		add(c, f->boot_mode == 3   ? ", from flash"
		       : f->boot_mode == 1 ? ", boot loader"
					   : ", odd straps");
	if (!strcmp(v->verdict[DOCTOR_BOOT].reason, "crash") &&
	    v->finding[DOCTOR_F_EXCEPTION].count && v->finding[DOCTOR_F_EXCEPTION].cause >= 0) {
		(void)str_fmt(
		    times, sizeof(times), ": exception %d", v->finding[DOCTOR_F_EXCEPTION].cause);
		add(c, times);
	}
	if (f->boots > 1) {
		(void)str_fmt(times, sizeof(times), " (%u times)", (unsigned)f->boots);
		add(c, times);
	}
}

static void firmware(struct checklist_row *c, const struct doctor_view *v, const struct facts *f)
{
	const struct doctor_finding *bad = &v->finding[DOCTOR_F_KNOWN_BAD];

	if (!f->firmware[0]) {
		add(c, f->not_tasmota ? "an application that is no Tasmota" : "");
		c->line = f->not_tasmota && v->finding[DOCTOR_F_NOT_TASMOTA].kept
			      ? v->finding[DOCTOR_F_NOT_TASMOTA].lines[0]
			      : 0;
		return;
	}
	c->state = bad->count ? DOCTOR_BAD : DOCTOR_OK;
	c->line = bad->kept ? bad->lines[0] : v->project_line;
	add(c, f->firmware);
	if (f->variant[0]) {
		add(c, " ");
		add(c, f->variant);
	}
	if (f->core[0]) {
		add(c, ", core ");
		add(c, f->core);
	}
	if (bad->count)
		add(c, ": known for failed joins");
}

static void wifi(struct checklist_row *c, const struct doctor_view *v)
{
	const struct doctor_verdict *o = &v->verdict[DOCTOR_WIFI];
	char text[80];

	from_verdict(c, v, DOCTOR_WIFI);
	if (o->state == DOCTOR_BAD && o->tries > 1 && strcmp(o->reason, "no_ssid") != 0) {
		(void)str_fmt(text, sizeof(text), ", %u tries", o->tries);
		add(c, text);
	}
	if (!v->ssid[0] || o->state == DOCTOR_UNKNOWN || !strcmp(o->reason, "no_ssid"))
		return;
	(void)str_fmt(text, sizeof(text), "%s \"%s\"", names[CHECKLIST_WIFI].label, v->ssid);
	if (utf8_str_width(text) <= LABEL_WIDTH && strlen(text) < sizeof(c->label)) {
		(void)str_copy(c->label, sizeof(c->label), text);
		return;
	}
	(void)str_fmt(text, sizeof(text), " \"%s\"", v->ssid);
	add(c, text);
}

static void mqtt(struct checklist_row *c, const struct doctor_view *v)
{
	const struct doctor_verdict *o = &v->verdict[DOCTOR_MQTT];
	char text[64];

	from_verdict(c, v, DOCTOR_MQTT);
	if (o->state != DOCTOR_BAD || !o->has_rc)
		return;
	if (rc_words(o->rc)[0])
		(void)str_fmt(text, sizeof(text), ": %s (rc %d)", rc_words(o->rc), o->rc);
	else
		(void)str_fmt(text, sizeof(text), " (rc %d)", o->rc);
	add(c, text);
}

static void upgrade(struct checklist_row *c, const struct doctor_view *v)
{
	const struct doctor_verdict *o = &v->verdict[DOCTOR_UPGRADE];

	from_verdict(c, v, DOCTOR_UPGRADE);
	/* A start ends it (but that of safeboot, which does it), and in a gap it may have ended. */
	if (o->state == DOCTOR_TRYING && v->start_line > o->line &&
	    !strstr(v->variant, "safeboot")) {
		c->state = DOCTOR_UNKNOWN;
		(void)str_copy(c->text, sizeof(c->text), "began; its end was not seen");
	}
	if (!o->text[0])
		return;
	add(c, ": ");
	add(c, o->text);
}

static void console(struct checklist_row *c, const struct doctor_view *v)
{
	static const struct {
		enum doctor_finding_id id;
		const char *words;
	} bad[] = {{DOCTOR_F_SERIAL_TAKEN, "a driver took the pins"},
	    {DOCTOR_F_SERIAL_OFF, "log switched off: SerialLog 2"},
	    {DOCTOR_F_WRONG_BAUD, "unreadable: another rate"}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct doctor_finding *f = &v->finding[bad[i].id];

		if (!f->count)
			continue;
		c->state = DOCTOR_BAD;
		c->line = f->lines[f->kept - 1];
		add(c, bad[i].words);
		return;
	}
	if (v->verdict[DOCTOR_BOOT].state != DOCTOR_OK || !v->version[0])
		return;
	c->state = DOCTOR_OK;
	c->line = v->verdict[DOCTOR_BOOT].line;
	add(c, "speaks");
}

void checklist(
    const struct doctor_view *v, const struct facts *f, struct checklist_row rows[CHECKLIST_KEYS])
{
	for (int k = 0; k < CHECKLIST_KEYS; k++) {
		memset(&rows[k], 0, sizeof(rows[k]));
		rows[k].key = (enum checklist_key)k;
		(void)str_copy(rows[k].label, sizeof(rows[k].label), names[k].label);
	}
	boots(&rows[CHECKLIST_BOOTS], v, f);
	firmware(&rows[CHECKLIST_FIRMWARE], v, f);
	wifi(&rows[CHECKLIST_WIFI], v);
	from_verdict(&rows[CHECKLIST_AP], v, DOCTOR_AP);
	from_verdict(&rows[CHECKLIST_IP], v, DOCTOR_IP);
	add(&rows[CHECKLIST_IP], v->verdict[DOCTOR_IP].text);
	if (v->verdict[DOCTOR_IP].state == DOCTOR_BAD)
		add(&rows[CHECKLIST_IP], "none was given");
	else if (rows[CHECKLIST_IP].text[0] && f->hostname[0]) {
		add(&rows[CHECKLIST_IP], " ");
		add(&rows[CHECKLIST_IP], f->hostname);
	}
	from_verdict(&rows[CHECKLIST_WEB], v, DOCTOR_WEB);
	mqtt(&rows[CHECKLIST_MQTT], v);
	upgrade(&rows[CHECKLIST_UPGRADE], v);
	console(&rows[CHECKLIST_CONSOLE], v);
}

/* ---- lines ----------------------------------------------------------------------------------------- */

struct line_set {
	uint64_t *lines;
	unsigned n, max;
};

static void put(struct line_set *s, uint64_t line)
{
	unsigned i = 0;

	while (i < s->n && s->lines[i] < line)
		i++;
	if (!line || (i < s->n && s->lines[i] == line) || s->n == s->max)
		return;
	memmove(s->lines + i + 1, s->lines + i, (s->n - i) * sizeof(s->lines[0]));
	s->lines[i] = line;
	s->n++;
}

/* What a finding is about; some that concern no verdict belong to a row all the same. */
static enum checklist_key row_of(enum doctor_finding_id id)
{
	static const enum checklist_key rows[DOCTOR_KEYS] = {CHECKLIST_BOOTS, CHECKLIST_WIFI,
	    CHECKLIST_AP, CHECKLIST_IP, CHECKLIST_WEB, CHECKLIST_MQTT, CHECKLIST_UPGRADE};

	switch (id) {
	case DOCTOR_F_KNOWN_BAD:
	case DOCTOR_F_NOT_TASMOTA:
	case DOCTOR_F_MINIMAL:
	case DOCTOR_F_SAFEBOOT:
		return CHECKLIST_FIRMWARE;
	case DOCTOR_F_WEAK:
		return CHECKLIST_WIFI;
	case DOCTOR_F_SERIAL_TAKEN:
	case DOCTOR_F_SERIAL_OFF:
	case DOCTOR_F_WRONG_BAUD:
		return CHECKLIST_CONSOLE;
	default:
		return doctor_finding_key(id) < DOCTOR_KEYS ? rows[doctor_finding_key(id)]
							    : CHECKLIST_KEYS;
	}
}

/* A trouble that is over is no proof of what is good by now. */
static bool holds(enum doctor_finding_id id, enum doctor_state state)
{
	return state != DOCTOR_OK || doctor_finding_key(id) == DOCTOR_KEYS;
}

unsigned checklist_lines(
    const struct doctor_view *v, enum checklist_key key, uint64_t *lines, unsigned max)
{
	struct facts none;
	struct checklist_row rows[CHECKLIST_KEYS];
	struct line_set set = {lines, 0, max};

	facts_init(&none);
	checklist(v, &none, rows);
	put(&set, rows[key].line);
	if (key == CHECKLIST_FIRMWARE)
		put(&set, v->project_line);
	for (enum doctor_finding_id id = 0; id < DOCTOR_FINDINGS; id++)
		if (row_of(id) == key && holds(id, rows[key].state))
			for (unsigned i = 0; i < v->finding[id].kept; i++)
				put(&set, v->finding[id].lines[i]);
	return set.n;
}

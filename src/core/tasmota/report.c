/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page for a forum. */
#include "tasmite/core/tasmota/report.h"

#include <string.h>

#include "tasmite/core/session.h"
#include "tasmite/core/tasmota/advice.h"

#define PROOF_LINES 5

struct page {
	const struct session *s;
	const struct report_more *more;
	struct sbuf *out;
};

static const char *mark(enum doctor_state state)
{
	return state == DOCTOR_OK ? "✔" : state == DOCTOR_BAD ? "✘" : "…";
}

static void clock_text(const struct session *s, mono_t t, char *dst, size_t size)
{
	int64_t day = 86400, sec = (t + s->wall_offset_us) / MONO_S(1) + (int64_t)s->utc_offset_s;

	sec = (sec % day + day) % day;
	(void)str_fmt(
	    dst, size, "%02d:%02d:%02d", (int)(sec / 3600), (int)(sec / 60 % 60), (int)(sec % 60));
}

static void private_text(
    const struct session *s, const struct secrets *secrets, const char *text, struct sbuf *out)
{
	report_private(&s->journal, secrets, text, strlen(text), out);
}

/* ---- the marks ------------------------------------------------------------------------------------ */

static void separate(struct sbuf *out, size_t from)
{
	if (out->len > from)
		sbuf_add(out, " · ");
}

/* "AP not found (3), timeout (1)" */
static void failures(const struct journal_net *n, struct sbuf *out)
{
	const struct {
		const char *words;
		unsigned count;
	} kinds[] = {{"AP not found", n->not_found}, {"timeout", n->timeout},
	    {"refused", n->refused}, {"no address", n->no_ip}};
	bool any = false;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!kinds[i].count)
			continue;
		sbuf_fmt(out, "%s%s (%u)", any ? ", " : " ", kinds[i].words, kinds[i].count);
		any = true;
	}
}

static void net_mark(const struct session *s, const struct journal_net *n, struct sbuf *out)
{
	char name[JOURNAL_NAME + 8];
	unsigned failed = n->not_found + n->timeout + n->refused + n->no_ip;

	report_ssid(n->ssid, name, sizeof(name));
	sbuf_fmt(out, "Joins %s\"%s\" %s",
	    n->in_scan		 ? "visible "
	    : s->journal.scanned ? "hidden "
				 : "",
	    name,
	    n->good  ? "✔"
	    : failed ? "✘"
		     : "…");
	if (failed && n->good)
		sbuf_add(out, " after");
	if (failed)
		failures(n, out);
}

static void ap_mark(const struct session *s, struct sbuf *out)
{
	const struct doctor_verdict *v = &s->device.view->verdict[DOCTOR_AP];
	const struct session_proof *proof = &s->device.proof[CHECKLIST_AP];
	char at[16];

	sbuf_fmt(out, "Access point %s ", mark(v->state));
	if (!strcmp(v->reason, "asked_not_started") && proof->known) {
		clock_text(s, proof->time, at, sizeof(at));
		sbuf_fmt(out, "asked for %s, not started", at);
	} else {
		sbuf_add(out, s->device.checks[CHECKLIST_AP].text);
	}
}

static void row_mark(const struct session *s, const struct secrets *secrets, enum checklist_key key,
    size_t from, struct sbuf *out)
{
	const struct checklist_row *row = &s->device.checks[key];

	if (row->state == DOCTOR_UNKNOWN)
		return;
	separate(out, from);
	sbuf_fmt(out, "%s %s", row->label, mark(row->state));
	if (row->state == DOCTOR_OK && key != CHECKLIST_IP)
		return;
	sbuf_add_char(out, ' ');
	private_text(s, secrets, row->text, out);
}

void report_marks(const struct session *s, const struct secrets *secrets, struct sbuf *out)
{
	const struct doctor_view *v = s->device.view;
	const struct journal *j = &s->journal;
	const struct doctor_verdict *boot = &v->verdict[DOCTOR_BOOT];
	size_t from = out->len;

	if (j->written[0])
		sbuf_fmt(out, "Device flashed %s", j->written_bad ? "✘" : "✔");
	separate(out, from);
	sbuf_fmt(out, "Firmware runs %s", mark(boot->state));
	if (boot->state == DOCTOR_BAD)
		sbuf_fmt(out, " %s", s->device.checks[CHECKLIST_BOOTS].text);
	if (v->verdict[DOCTOR_AP].state != DOCTOR_UNKNOWN) {
		separate(out, from);
		ap_mark(s, out);
	}
	for (unsigned i = 0; i < j->nets; i++) {
		separate(out, from);
		net_mark(s, &j->net[i], out);
	}
	if (!j->nets && v->verdict[DOCTOR_WIFI].state != DOCTOR_UNKNOWN) {
		separate(out, from);
		sbuf_fmt(out, "Joins Wi-Fi %s ", mark(v->verdict[DOCTOR_WIFI].state));
		private_text(s, secrets, s->device.checks[CHECKLIST_WIFI].text, out);
	}
	row_mark(s, secrets, CHECKLIST_IP, from, out);
	row_mark(s, secrets, CHECKLIST_MQTT, from, out);
	row_mark(s, secrets, CHECKLIST_UPGRADE, from, out);
	if (s->device.checks[CHECKLIST_CONSOLE].state == DOCTOR_BAD)
		row_mark(s, secrets, CHECKLIST_CONSOLE, from, out);
}

/* ---- the head ------------------------------------------------------------------------------------- */

static void item(const struct page *p, const char *name, const char *text)
{
	if (!text[0])
		return;
	sbuf_fmt(p->out, "- %s: ", name);
	private_text(p->s, p->more->secrets, text, p->out);
	sbuf_add_char(p->out, '\n');
}

/* What is odd of a name that joins fail with: not its letters. */
static void network(const struct page *p, const char *ssid)
{
	size_t n = strlen(ssid);
	bool plain = true;
	char name[60];

	for (size_t i = 0; i < n; i++)
		plain = plain && ssid[i] > 0x20 && ssid[i] < 0x7f;
	report_ssid(ssid, name, sizeof(name));
	sbuf_fmt(p->out, "- Network: \"%s\", %zu bytes%s%s%s\n", name, n,
	    n && (ssid[0] == ' ' || ssid[n - 1] == ' ') ? ", with a blank at its edge" : "",
	    plain || !strchr(ssid, ' ') ? "" : ", with blanks", plain ? ", plain characters" : "");
}

static void head(const struct page *p)
{
	const struct session *s = p->s;
	char text[400], at[16];

	clock_text(s, p->more->now, at, sizeof(at));
	sbuf_fmt(p->out, "# Device report\n\n- Made by: tasmite %s at %s\n", p->more->version, at);
	(void)str_fmt(text, sizeof(text), "%s%s%s%s%s", s->port.about, s->port.about[0] ? ", " : "",
	    s->port.name, s->port.name[0] ? ", " : "", s->port.line);
	item(p, "Adapter", text);
	item(p, "Chip",
	    s->flash.chip[0] ? s->flash.chip
	    : s->chip[0]     ? s->chip
			     : s->device.view->chip);
	if (s->journal.written[0]) {
		clock_text(s, s->journal.written_at, at, sizeof(at));
		(void)str_fmt(text, sizeof(text), "%s (%s%s)", s->journal.written, at,
		    s->journal.written_bad ? ", went wrong" : "");
		item(p, "Written", text);
	}
	item(p, "Firmware", s->device.checks[CHECKLIST_FIRMWARE].text);
	if (s->device.view->ssid[0])
		network(p, s->device.view->ssid);
	sbuf_add_char(p->out, '\n');
	report_marks(s, p->more->secrets, p->out);
	sbuf_add_char(p->out, '\n');
}

/* ---- findings ---------------------------------------------------------------------------------------- */

/* A line of the log in a block of code; where the log has dropped it, what was kept of it. */
static void proof_line(const struct page *p, enum doctor_finding_id id, uint64_t number)
{
	const struct session_proof *kept = &p->s->device.found[id];
	struct line_ref ref;
	char at[16];

	if (lines_get(p->s->log, number - 1, &ref)) {
		clock_text(p->s, ref.time, at, sizeof(at));
		sbuf_fmt(p->out, "   %s  ", at);
		report_private(&p->s->journal, p->more->secrets, (const char *)ref.bytes,
		    ref.len < 400 ? ref.len : 400, p->out);
	} else if (kept->known && kept->line == number) {
		clock_text(p->s, kept->time, at, sizeof(at));
		sbuf_fmt(p->out, "   %s  ", at);
		private_text(p->s, p->more->secrets, kept->text, p->out);
	} else {
		sbuf_fmt(
		    p->out, "   line %llu: the log has dropped it", (unsigned long long)number);
	}
	sbuf_add_char(p->out, '\n');
}

/* What it is about works since. */
static bool over(const struct doctor_view *v, enum doctor_finding_id id)
{
	enum doctor_key key = doctor_finding_key(id);

	return key != DOCTOR_KEYS && v->verdict[key].state == DOCTOR_OK;
}

static void finding(const struct page *p, unsigned n, enum doctor_finding_id id)
{
	const struct doctor_finding *f = &p->s->device.view->finding[id];
	char text[300];

	advice_finding_text(p->s->device.view, id, text, sizeof(text));
	sbuf_fmt(p->out, "%u. ", n);
	private_text(p->s, p->more->secrets, text, p->out);
	if (over(p->s->device.view, id))
		sbuf_add(p->out, " (over by now)");
	if (f->count > 1)
		sbuf_fmt(p->out, " (%llu lines)", (unsigned long long)f->count);
	sbuf_add(p->out, "\n   ```\n");
	/* The first ones and the last. */
	for (unsigned i = 0; i < f->kept; i++)
		if (i < PROOF_LINES - 1 || i == f->kept - 1)
			proof_line(p, id, f->lines[i]);
	sbuf_add(p->out, "   ```\n");
}

static void findings(const struct page *p)
{
	unsigned n = 0;

	for (enum doctor_finding_id id = 0; id < DOCTOR_FINDINGS; id++) {
		if (!p->s->device.view->finding[id].count)
			continue;
		if (!n++)
			sbuf_add(p->out, "\n## Found\n\n");
		finding(p, n, id);
	}
	if (!n)
		sbuf_add(p->out, "\nNothing wrong was found in the log.\n");
}

static void next_steps(const struct page *p)
{
	struct advice_step steps[ADVICE_STEPS];
	unsigned n = advice_steps(p->s->device.view, steps);

	if (steps[0].action == ADVICE_NONE)
		return;
	sbuf_add(p->out, "\n## Next\n\n");
	for (unsigned i = 0; i < n; i++) {
		sbuf_fmt(p->out, "%u. %s", i + 1, steps[i].text);
		if (steps[i].command[0])
			sbuf_fmt(p->out, ": `%s`", steps[i].command);
		sbuf_fmt(p->out, " (%d %%: %s)\n", steps[i].likelihood, steps[i].cause);
	}
}

/* ---- what was tried ---------------------------------------------------------------------------------- */

static void tried(const struct page *p)
{
	const struct journal *j = &p->s->journal;
	const struct journal_entry *e;

	if (!j->count)
		return;
	sbuf_add(p->out, "\n## Tried\n\n");
	if (j->left_out)
		sbuf_fmt(p->out, "- (%llu earlier ones are left out)\n",
		    (unsigned long long)j->left_out);
	for (unsigned i = 0; (e = journal_at(j, i)) != NULL; i++) {
		char at[16];

		clock_text(p->s, e->time, at, sizeof(at));
		sbuf_fmt(p->out, "- %s %s", at,
		    e->kind == JOURNAL_SENT    ? "sent `"
		    : e->kind == JOURNAL_STATE ? "so far: "
		    : e->bad		       ? "✘ "
					       : "");
		private_text(p->s, p->more->secrets, e->text, p->out);
		sbuf_add(p->out, e->kind == JOURNAL_SENT ? "`" : "");
		if (e->times > 1)
			sbuf_fmt(p->out, " (%u times)", e->times);
		sbuf_add_char(p->out, '\n');
	}
}

/* ---- a crash ------------------------------------------------------------------------------------------- */

void report_crash(const struct session *s, const struct report_more *more, struct sbuf *out)
{
	enum crash_chip chip = crash_chip_of(s->chip[0] ? s->chip : s->device.view->chip);
	struct sbuf text;

	if (!more->crash || !more->crash->any)
		return;
	sbuf_init(&text, REPORT_MAX / 2);
	crash_describe(more->crash, chip, more->symbols, &text);
	for (const char *p = sbuf_str(&text); *p;) {
		size_t n = strcspn(p, "\n");

		report_private(&s->journal, more->secrets, p, n, out);
		sbuf_add_char(out, '\n');
		p += n + (p[n] == '\n');
	}
	sbuf_fini(&text);
	if (more->symbols && more->elf)
		sbuf_fmt(out, "functions by %s (%s): right only for the build that ran\n",
		    more->elf, symbols_kind(more->symbols));
}

void report_write(const struct session *s, const struct report_more *more, struct sbuf *out)
{
	const struct page p = {s, more, out};

	head(&p);
	findings(&p);
	next_steps(&p);
	if (more->crash && more->crash->any) {
		sbuf_add(out, "\n## Crash\n\n```\n");
		report_crash(s, more, out);
		sbuf_add(out, "```\n");
	}
	tried(&p);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of the device. Each line is read once; the event goes to the doctor, and with what
 * the doctor knows then to facts, timeline and status. What all that means is worked out when it is
 * to be seen, not for each line: a flood shall not pay for it.
 */
#include <string.h>

#include "tasmite/base/utf8.h"
#include "tasmite/core/session.h"

void session_device_init(struct session_device *d)
{
	memset(d, 0, sizeof(*d));
	d->doctor = doctor_new();
	d->view = doctor_view(d->doctor);
	timeline_init(&d->timeline);
	status_init(&d->status);
	d->revision = 1;
	d->fresh = true;
}

void session_device_line(
    struct session *s, const uint8_t *line, size_t n, uint64_t number, mono_t time)
{
	struct session_device *d = &s->device;
	const struct doctor_view *told = doctor_told(d->doctor);
	const struct logtext text = {(const char *)line, n};
	uint64_t boots = told->boots;
	const struct logline *ev;

	ev = doctor_read(d->doctor, line, n, number + 1);
	d->fresh = true;
	if (told->boots != boots)
		status_new_boot(&d->status);
	facts_event(&s->facts, ev, text, told, time);
	journal_event(&s->journal, ev);
	timeline_event(&d->timeline, ev, told, number + 1, time);
	if (ev->kind == LOGLINE_RESULT)
		(void)status_event(&d->status, ev, time);
}

void session_device_reset(struct session *s, mono_t now)
{
	doctor_restarted(s->device.doctor);
	timeline_reset(&s->device.timeline, now);
}

void session_device_gap(struct session *s, bool away)
{
	doctor_gap(s->device.doctor);
	if (away)
		doctor_restarted(s->device.doctor);
	s->device.fresh = true;
}

void session_device_rewritten(struct session *s)
{
	doctor_forget_firmware(s->device.doctor);
	facts_forget_firmware(&s->facts);
	journal_rewritten(&s->journal);
	status_new_boot(&s->device.status);
	s->device.fresh = true;
}

void session_device_written(struct session *s, const char *variant)
{
	doctor_written(s->device.doctor, variant);
}

/* ---- proofs --------------------------------------------------------------------------------------- */

/* As long as the line is in the log: a verdict outlives it. */
static void keep_proof(const struct lines *log, struct session_proof *p, uint64_t line)
{
	struct line_ref ref;

	if (p->line == line)
		return;
	memset(p, 0, sizeof(*p));
	p->line = line;
	if (!line || !lines_get(log, line - 1, &ref))
		return;
	p->known = true;
	p->time = ref.time;
	(void)str_copy_n(p->text, sizeof(p->text), (const char *)ref.bytes,
	    ref.len < sizeof(p->text) ? ref.len : sizeof(p->text) - 1);
}

static void keep_proofs(struct session *s)
{
	struct session_device *d = &s->device;

	for (int k = 0; k < CHECKLIST_KEYS; k++)
		keep_proof(s->log, &d->proof[k], d->checks[k].line);
	for (int i = 0; i < DOCTOR_FINDINGS; i++) {
		const struct doctor_finding *f = &d->view->finding[i];

		keep_proof(s->log, &d->found[i], f->count ? f->lines[0] : 0);
	}
}

/* Word by word: what stands behind the end of a text does not count. */
static bool same_checks(
    const struct checklist_row a[CHECKLIST_KEYS], const struct checklist_row b[CHECKLIST_KEYS])
{
	for (int k = 0; k < CHECKLIST_KEYS; k++)
		if (a[k].state != b[k].state || a[k].line != b[k].line ||
		    strcmp(a[k].label, b[k].label) != 0 || strcmp(a[k].text, b[k].text) != 0)
			return false;
	return true;
}

static uint64_t found_count(const struct doctor_view *v)
{
	uint64_t n = 0;

	for (int i = 0; i < DOCTOR_FINDINGS; i++)
		n += v->finding[i].count;
	return n;
}

bool session_judge(struct session *s)
{
	struct session_device *d = &s->device;
	uint64_t seen = s->facts.revision + d->timeline.revision + d->status.revision;
	uint64_t found = found_count(d->view);
	struct checklist_row checks[CHECKLIST_KEYS];
	bool changed = seen != d->seen;

	if (!d->fresh && !changed)
		return false;
	d->fresh = false;
	d->seen = seen;
	d->view = doctor_view(d->doctor);
	checklist(d->view, &s->facts, checks);
	changed = changed || !same_checks(checks, d->checks) || found_count(d->view) != found;
	memcpy(d->checks, checks, sizeof(checks));
	keep_proofs(s);
	d->revision += changed;
	return changed;
}

/* ---- marked lines --------------------------------------------------------------------------------- */

bool session_is_marked(const struct session *s, uint64_t number)
{
	for (unsigned i = 0; i < s->marked.count; i++)
		if (s->marked.line[i] == number)
			return true;
	return false;
}

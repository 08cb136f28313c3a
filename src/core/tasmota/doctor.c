/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The doctor: lines in, what is known out. Who judges what: doctor_boot.c, doctor_net.c,
 * doctor_host.c. */
#include "tasmite/core/tasmota/doctor.h"

#include <stdlib.h>

#include "doctor_int.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

static const struct {
	const char *name;
	enum doctor_key key;
	bool trouble;
} findings[DOCTOR_FINDINGS] = {
#define DOCTOR_FINDING_ROW(id, name, key, trouble) [DOCTOR_F_##id] = {name, key, trouble},
    DOCTOR_FINDINGS_TABLE(DOCTOR_FINDING_ROW)
#undef DOCTOR_FINDING_ROW
};

const char *doctor_finding_name(enum doctor_finding_id id)
{
	return findings[id].name;
}

enum doctor_key doctor_finding_key(enum doctor_finding_id id)
{
	return findings[id].key;
}

const char *doctor_key_name(enum doctor_key key)
{
	static const char *const names[] = {
	    "boot", "wifi", "access_point", "ip", "web", "mqtt", "upgrade", "none"};

	return names[key];
}

const char *doctor_state_name(enum doctor_state state)
{
	static const char *const names[] = {"unknown", "ok", "bad", "trying"};

	return names[state];
}

bool doctor_has_problem(const struct doctor_view *v)
{
	for (unsigned k = 0; k < DOCTOR_KEYS; k++)
		if (v->verdict[k].state == DOCTOR_BAD)
			return true;
	for (unsigned i = 0; i < DOCTOR_FINDINGS; i++)
		if (findings[i].trouble && v->finding[i].count)
			return true;
	return false;
}

/* ---- for who judges ------------------------------------------------------------------------------ */

void doctor_text(char *dst, size_t size, struct logtext t)
{
	char tmp[160];
	size_t n = 0;

	for (size_t i = 0; i < t.n && n + 1 < sizeof(tmp); i++)
		if ((unsigned char)t.p[i] >= 0x20 && t.p[i] != 0x7f)
			tmp[n++] = t.p[i];
	tmp[n] = 0;
	(void)str_copy(dst, size, tmp);
}

void doctor_note_line(struct doctor *d, enum doctor_finding_id id, uint64_t line)
{
	struct doctor_finding *f = &d->view.finding[id];

	if (!line)
		return;
	for (unsigned i = 0; i < f->kept; i++)
		if (f->lines[i] == line)
			return;
	f->count++;
	if (f->kept < DOCTOR_LINES) {
		f->lines[f->kept++] = line;
		return;
	}
	/* The first half stays, the newest go through the second. */
	memmove(f->lines + DOCTOR_LINES / 2, f->lines + DOCTOR_LINES / 2 + 1,
	    (DOCTOR_LINES / 2 - 1) * sizeof(f->lines[0]));
	f->lines[DOCTOR_LINES - 1] = line;
}

struct doctor_finding *doctor_note(struct doctor *d, enum doctor_finding_id id)
{
	struct doctor_finding *f = &d->view.finding[id];

	doctor_note_line(d, id, d->number);
	doctor_text(f->quote, sizeof(f->quote), d->raw);
	return f;
}

void doctor_forget(struct doctor *d, enum doctor_finding_id id)
{
	memset(&d->view.finding[id], 0, sizeof(d->view.finding[id]));
	d->view.finding[id].cause = -1;
}

struct doctor_verdict *doctor_say(
    struct doctor *d, enum doctor_key key, enum doctor_state state, const char *reason)
{
	struct doctor_verdict *v = &d->view.verdict[key];
	unsigned tries = v->state == state && v->reason == reason ? v->tries : 0;

	memset(v, 0, sizeof(*v));
	v->state = state;
	v->reason = reason;
	v->line = state == DOCTOR_UNKNOWN && !d->number ? 0 : d->number;
	v->tries = tries + 1;
	return v;
}

/* "known" since 7.0 by its present name. */
void doctor_firmware(
    struct doctor *d, struct logtext version, struct logtext variant, struct logtext core)
{
	struct doctor_view *v = &d->view;

	if (!version.n)
		return;
	doctor_text(v->version, sizeof(v->version), version);
	if (variant.n)
		doctor_text(v->variant, sizeof(v->variant), variant);
	else
		(void)str_copy(v->variant, sizeof(v->variant), d->written);
	if (core.n || d->ev->kind == LOGLINE_PROJECT)
		doctor_text(v->core, sizeof(v->core), core);
	v->name = atoi(v->version) < 7 ? "sonoff" : "tasmota";
	if (!v->chip[0] && str_starts(v->variant, "tasmota32"))
		(void)str_copy(v->chip, sizeof(v->chip), "ESP32");
}

/* ---- lines ---------------------------------------------------------------------------------------- */

/* Unreadable characters are counted since the last line that was understood. */
static void garbage(struct doctor *d, const struct logline *ev)
{
	if (ev->kind == LOGLINE_GARBAGE) {
		if (!d->garbage)
			d->garbage_first = d->number;
		d->garbage += (uint64_t)ev->num;
		d->garbage_all += (uint64_t)ev->num;
		d->garbage_line = d->number;
		doctor_text(d->garbage_quote, sizeof(d->garbage_quote), d->raw);
	} else if (ev->kind != LOGLINE_NONE && ev->kind != LOGLINE_BLANK &&
		   ev->kind != LOGLINE_LOCAL_ECHO &&
		   (ev->kind != LOGLINE_RESULT || ev->tagged || ev->text.n)) {
		d->garbage = 0;
		d->known_lines++;
		d->view.recognised = true;
	} else if (ev->kind == LOGLINE_NONE) {
		d->odd_lines++;
	}
}

const struct logline *doctor_read(struct doctor *d, const uint8_t *line, size_t n, uint64_t number)
{
	struct logline *ev = &d->event;

	d->number = number;
	d->view.lines = number;
	d->raw.p = (const char *)line;
	d->raw.n = n;
	logline_read(d->reader, line, n, ev);
	d->ev = ev;
	garbage(d, ev);
	if (!doctor_boot_event(d, ev)) {
		if (ev->tagged || (ev->kind == LOGLINE_RESULT && ev->text.n))
			doctor_alive(d, ev);
		doctor_net_event(d, ev);
		doctor_host_event(d, ev);
	}
	d->ev = NULL;
	return ev;
}

void doctor_line(struct doctor *d, const uint8_t *line, size_t n, uint64_t number)
{
	(void)doctor_read(d, line, n, number);
}

static void line_end(struct doctor *d)
{
	if (d->len)
		doctor_line(d, d->buf, d->len, d->number);
	d->len = 0;
}

/* NUL bytes are left out: noise of a reset, and every other byte of what some shells write. */
static void add(struct doctor *d, const uint8_t *p, size_t n)
{
	size_t room = sizeof(d->buf) - d->len;

	n = n < room ? n : room;
	if (!memchr(p, 0, n)) {
		memcpy(d->buf + d->len, p, n);
		d->len += n;
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (p[i])
			d->buf[d->len++] = p[i];
}

void doctor_bytes(struct doctor *d, const uint8_t *bytes, size_t n)
{
	const uint8_t *end = bytes + n;

	while (bytes < end) {
		const uint8_t *lf = memchr(bytes, '\n', (size_t)(end - bytes));
		const uint8_t *stop = lf ? lf : end;
		const uint8_t *cr;

		if (!d->number)
			d->number = 1;
		while ((cr = memchr(bytes, '\r', (size_t)(stop - bytes))) != NULL) {
			add(d, bytes, (size_t)(cr - bytes));
			line_end(d);
			bytes = cr + 1;
		}
		add(d, bytes, (size_t)(stop - bytes));
		if (!lf)
			return;
		line_end(d);
		d->number++;
		bytes = lf + 1;
	}
}

void doctor_end(struct doctor *d)
{
	line_end(d);
}

/* ---- what is known --------------------------------------------------------------------------------- */

/* Before the log of an application tens of unreadable bytes are usual: the ROM's text at another
 * speed. */
#define GARBAGE_USUAL 100
#define GARBAGE_LEAST 8

static void judge_garbage(struct doctor *d)
{
	struct doctor_verdict *v = &d->view.verdict[DOCTOR_BOOT];
	bool only = !d->known_lines && d->garbage >= GARBAGE_LEAST;

	if (!only && d->garbage < GARBAGE_USUAL &&
	    (d->garbage_all < GARBAGE_USUAL || d->garbage_all < 60 * d->known_lines))
		return;
	doctor_forget(d, DOCTOR_F_WRONG_BAUD);
	doctor_note_line(d, DOCTOR_F_WRONG_BAUD, d->garbage_first);
	doctor_note_line(d, DOCTOR_F_WRONG_BAUD, d->garbage_line);
	(void)str_copy(d->view.finding[DOCTOR_F_WRONG_BAUD].quote, sizeof(d->view.finding[0].quote),
	    d->garbage_quote);
	d->view.recognised = true;
	if (!only && d->garbage < GARBAGE_USUAL)
		return;
	memset(v, 0, sizeof(*v));
	v->state = DOCTOR_BAD;
	v->reason = "garbage";
	v->line = d->garbage_line;
}

/* What follows from the state of things is told, but not kept: with the next line it may be otherwise. */
const struct doctor_view *doctor_view(struct doctor *d)
{
	struct doctor_view *kept = xmemdup(&d->view, sizeof(d->view));

	doctor_judge_boot(d);
	doctor_judge_net(d);
	judge_garbage(d);
	d->shown = d->view;
	d->view = *kept;
	free(kept);
	return &d->shown;
}

const struct doctor_view *doctor_told(const struct doctor *d)
{
	return &d->view;
}

/* ---- what somebody else did --------------------------------------------------------------------------- */

void doctor_gap(struct doctor *d)
{
	d->garbage = d->garbage_all = d->garbage_line = d->garbage_first = 0;
	d->view.start_line = d->number + 1;
}

void doctor_restarted(struct doctor *d)
{
	d->boot.deliberate = true;
}

static void begin(struct doctor *d)
{
	d->view.name = "unknown";
	d->boot.last = -1;
	for (unsigned i = 0; i < DOCTOR_FINDINGS; i++)
		d->view.finding[i].cause = -1;
	for (enum doctor_key k = 0; k < DOCTOR_KEYS; k++)
		(void)doctor_say(d, k, DOCTOR_UNKNOWN,
		    k == DOCTOR_BOOT ? "silent"
		    : k == DOCTOR_IP ? "none"
				     : "not_seen");
}

struct doctor *doctor_new(void)
{
	struct doctor *d = xcalloc(1, sizeof(*d));

	d->reader = loglines_new();
	d->secrets = secrets_new();
	begin(d);
	return d;
}

void doctor_written(struct doctor *d, const char *variant)
{
	(void)str_copy(d->written, sizeof(d->written), variant);
	if (d->view.version[0] && !d->view.variant[0])
		(void)str_copy(d->view.variant, sizeof(d->view.variant), variant);
}

void doctor_forget_firmware(struct doctor *d)
{
	struct loglines *reader = d->reader;
	struct secrets *secrets = d->secrets;
	uint64_t number = d->number, boots = d->view.boots;
	char chip[sizeof(d->view.chip)];

	memcpy(chip, d->view.chip, sizeof(chip));
	memset(d, 0, sizeof(*d));
	d->reader = reader;
	d->secrets = secrets;
	begin(d);
	d->number = d->view.lines = number;
	d->view.boots = boots;
	memcpy(d->view.chip, chip, sizeof(chip));
}

void doctor_free(struct doctor *d)
{
	if (!d)
		return;
	loglines_free(d->reader);
	secrets_free(d->secrets);
	free(d);
}

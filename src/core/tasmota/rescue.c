/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recovery ladder. */
#include "tasmite/core/tasmota/rescue.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/advice.h"

/* Joins that have failed since the rung, after which it did not help. */
#define STILL_JOINS 2
/* Starts without an end. */
#define STILL_BOOTS 3

const char *rescue_rung_name(enum rescue_rung rung)
{
	static const char *const names[] = {
#define RESCUE_NAME(id, name) name,
	    RESCUE_TABLE(RESCUE_NAME)
#undef RESCUE_NAME
	};

	return names[rung];
}

/* ---- files ------------------------------------------------------------------------------------------ */

static int version_order(const char *a, const char *b)
{
	for (int part = 0; part < 4; part++) {
		char *ea, *eb;
		long x = strtol(a, &ea, 10), y = strtol(b, &eb, 10);

		if (x != y)
			return x < y ? -1 : 1;
		a = *ea == '.' ? ea + 1 : ea;
		b = *eb == '.' ? eb + 1 : eb;
	}
	return 0;
}

static bool minimal(const struct rescue_file *f)
{
	return strstr(f->variant, "minimal") || strstr(f->variant, "safeboot");
}

static bool same_build(const struct rescue *r, const struct rescue_file *f)
{
	return !version_order(f->version, r->version) && !minimal(f) && !f->classic &&
	       (!strstr(r->variant, "lite") == !strstr(f->variant, "lite"));
}

static bool suits(const struct rescue *r, const struct rescue_file *f, enum rescue_rung rung)
{
	if (!f->fits || f->bad)
		return false;
	switch (rung) {
	case RUNG_CURRENT:
		return !minimal(f) && !f->classic && version_order(f->version, r->version) > 0;
	case RUNG_CLASSIC:
		return f->classic;
	case RUNG_SAME:
		return same_build(r, f);
	case RUNG_MINIMAL:
		return minimal(f);
	case RUNG_OTHER:
		return !minimal(f) && !same_build(r, f);
	default:
		return false;
	}
}

static void choose(struct rescue *r)
{
	r->chosen = -1;
	if (r->at >= r->count)
		return;
	for (unsigned i = 0; i < r->files; i++)
		if (suits(r, &r->file[i], r->plan[r->at]) &&
		    (r->chosen < 0 ||
			version_order(r->file[i].version, r->file[r->chosen].version) > 0))
			r->chosen = (int)i;
}

void rescue_files_changed(struct rescue *r)
{
	choose(r);
}

/* ---- the plan ----------------------------------------------------------------------------------------- */

static bool writes(enum advice_action action)
{
	return action == ADVICE_FLASH_OTHER || action == ADVICE_ERASE_FLASH ||
	       action == ADVICE_FLASH_FULL || action == ADVICE_FREE_SPACE ||
	       action == ADVICE_USE_FACTORY || action == ADVICE_USE_DOUT;
}

/* What is wrong: the most important finding about start or joins. */
static bool fault_of(struct rescue *r, const struct doctor_view *v)
{
	const struct doctor_verdict *boot = &v->verdict[DOCTOR_BOOT],
				    *wifi = &v->verdict[DOCTOR_WIFI];

	r->goal = boot->state == DOCTOR_BAD ? RESCUE_STARTS : RESCUE_JOINS;
	if (boot->state != DOCTOR_BAD && wifi->state != DOCTOR_BAD &&
	    !v->finding[DOCTOR_F_KNOWN_BAD].count && !v->finding[DOCTOR_F_NOT_TASMOTA].count)
		return false;
	for (enum doctor_finding_id id = 0; id < DOCTOR_FINDINGS; id++) {
		enum doctor_key key = doctor_finding_key(id);

		if (!v->finding[id].count ||
		    (key != (r->goal == RESCUE_STARTS ? DOCTOR_BOOT : DOCTOR_WIFI) &&
			id != DOCTOR_F_NOT_TASMOTA))
			continue;
		advice_finding_text(v, id, r->fault, sizeof(r->fault));
		return true;
	}
	advice_verdict_text(
	    v, r->goal == RESCUE_STARTS ? DOCTOR_BOOT : DOCTOR_WIFI, r->fault, sizeof(r->fault));
	return true;
}

static void plan(struct rescue *r, const struct doctor_view *v)
{
	static const enum rescue_rung known[] = {
	    RUNG_CURRENT, RUNG_CLASSIC, RUNG_POWER, RUNG_MINIMAL};
	static const enum rescue_rung usual[] = {
	    RUNG_BACKUP, RUNG_POWER, RUNG_SAME, RUNG_MINIMAL, RUNG_OTHER};
	const enum rescue_rung *rungs = r->known_bad ? known : usual;
	size_t n =
	    r->known_bad ? sizeof(known) / sizeof(known[0]) : sizeof(usual) / sizeof(usual[0]);
	struct advice_step steps[ADVICE_STEPS];

	(void)advice_steps(v, steps);
	if (!r->known_bad && steps[0].action != ADVICE_NONE && !writes(steps[0].action) &&
	    steps[0].action != ADVICE_CHECK_POWER) {
		r->plan[r->count++] = RUNG_FIRST;
		(void)str_copy(r->first, sizeof(r->first), steps[0].text);
		(void)str_copy(r->first_command, sizeof(r->first_command), steps[0].command);
	}
	for (size_t i = 0; i < n; i++)
		r->plan[r->count++] = rungs[i];
}

bool rescue_begin(struct rescue *r, const struct doctor_view *v, const char **why)
{
	r->state = RESCUE_IDLE;
	r->count = r->at = r->tries = 0;
	r->first[0] = r->first_command[0] = r->fault[0] = r->backup[0] = '\0';
	r->wifi_told = false;
	if (!v->recognised) {
		*why = "nothing was heard of the device yet: power it, or /reset, and look at the "
		       "log";
		return false;
	}
	if (!fault_of(r, v)) {
		*why = "no fault of start or Wi-Fi is in the log that a ladder would mend: F6 "
		       "shows what is known";
		return false;
	}
	r->known_bad = v->finding[DOCTOR_F_KNOWN_BAD].count > 0;
	(void)str_copy(r->version, sizeof(r->version), v->version);
	(void)str_copy(r->variant, sizeof(r->variant), v->variant);
	(void)str_copy(r->ssid, sizeof(r->ssid), v->ssid);
	plan(r, v);
	choose(r);
	r->state = RESCUE_ASKS;
	return true;
}

/* ---- in words ------------------------------------------------------------------------------------------ */

static void add(struct rescue_words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct rescue_words *w, const char *fmt, ...)
{
	va_list ap;

	if (w->count == (int)(sizeof(w->text) / sizeof(w->text[0])))
		return;
	va_start(ap, fmt);
	(void)str_vfmt(w->text[w->count++], sizeof(w->text[0]), fmt, ap);
	va_end(ap);
}

static bool is_write(enum rescue_rung rung)
{
	return rung == RUNG_CURRENT || rung == RUNG_CLASSIC || rung == RUNG_SAME ||
	       rung == RUNG_MINIMAL || rung == RUNG_OTHER;
}

static const char *quoted(const char *path, char *dst, size_t size)
{
	size_t n = 0;

	/* As the commands read words: a backslash before what would end one. */
	for (; *path && n + 2 < size; path++) {
		if (strchr(" \t'\"\\", *path))
			dst[n++] = '\\';
		dst[n++] = *path;
	}
	dst[n] = '\0';
	return dst;
}

static void why_write(const struct rescue *r, enum rescue_rung rung, struct rescue_words *w)
{
	switch (rung) {
	case RUNG_CURRENT:
		add(w, "Neither new credentials nor an erase cure this build: write the current "
		       "one.");
		break;
	case RUNG_CLASSIC:
		add(w, "sonoff-classic of that time and 5.14.0 join where this build does not.");
		break;
	case RUNG_SAME:
		add(w,
		    "The whole flash is erased, with leftovers of settings and radio, and %s is "
		    "written again.",
		    r->version[0] ? r->version : "the same build");
		break;
	case RUNG_MINIMAL:
		add(w, "The minimal build has next to nothing in it: if it works, the hardware is "
		       "sound.");
		break;
	default:
		add(w, "Another build: an older core, or lite.");
		break;
	}
}

static const char *file_to_get(enum rescue_rung rung)
{
	switch (rung) {
	case RUNG_CURRENT:
		return "tasmota.bin (http://ota.tasmota.com/tasmota/release/tasmota.bin)";
	case RUNG_CLASSIC:
		return "sonoff-classic.bin of 6.1.1, or sonoff.bin of 5.14.0 (releases of Tasmota "
		       "on "
		       "GitHub)";
	case RUNG_MINIMAL:
		return "tasmota-minimal.bin";
	case RUNG_OTHER:
		return "tasmota-lite.bin, or a release before this one";
	default:
		return "the file of this build";
	}
}

static void write_words(const struct rescue *r, enum rescue_rung rung, struct rescue_words *w)
{
	char path[600];

	why_write(r, rung, w);
	if (r->chosen < 0) {
		add(w,
		    "No such file is at hand. Put it into this folder, Downloads or firmware-dir:");
		add(w, "%s", file_to_get(rung));
		(void)str_copy(w->yes, sizeof(w->yes), "y  it is there now: look again");
		w->again = true;
		return;
	}
	add(w, "%s", r->file[r->chosen].path);
	add(w, "%s", r->file[r->chosen].about);
	add(w, "Lost: what is in the flash, Wi-Fi and all settings with it.");
	if (r->backup[0])
		add(w, "Undone by: /flash %s", r->backup);
	else
		add(w, "Not undone: the flash was not copied (Esc, /backup FILE, /rescue again).");
	(void)str_copy(w->yes, sizeof(w->yes), "y  erase and write");
	(void)str_fmt(w->command, sizeof(w->command), "/flash --erase --yes %s",
	    quoted(r->file[r->chosen].path, path, sizeof(path)));
}

void rescue_words(const struct rescue *r, struct rescue_words *out)
{
	enum rescue_rung rung = r->plan[r->at];
	static const char *const titles[RUNGS] = {"The simple thing first",
	    "Write the current build", "Write classic or 5.14", "Copy the flash", "Power",
	    "Erase, and the same build again", "The minimal build", "Another build"};

	memset(out, 0, sizeof(*out));
	(void)str_fmt(out->title, sizeof(out->title), "Rescue, step %u of %u: %s", r->at + 1,
	    r->count, titles[rung]);
	add(out, "Fault: %s", r->fault);
	if (is_write(rung)) {
		write_words(r, rung, out);
	} else if (rung == RUNG_BACKUP) {
		add(out, "The whole flash goes into a file: what comes later can be undone by it.");
		(void)str_copy(out->yes, sizeof(out->yes), "y  copy it");
		(void)str_copy(out->command, sizeof(out->command), "/backup ");
	} else if (rung == RUNG_POWER) {
		add(out, "3.3 V that hold 500 mA for a moment: not from the 3V3 pin of an FT232 "
			 "(50 mA).");
		add(out, "Short wires, a capacitor of 100 uF or more at the board, GND connected.");
		add(out, "Then switch the board off and on. Nothing is changed in it.");
		(void)str_copy(out->yes, sizeof(out->yes), "y  it is so, and was restarted");
	} else {
		add(out, "%s", r->first);
		add(out, "Nothing is written for that.");
		if (r->first_command[0])
			add(out, "Command: %s (it comes into the edit line)", r->first_command);
		(void)str_copy(out->command, sizeof(out->command), r->first_command);
		(void)str_copy(
		    out->yes, sizeof(out->yes), r->first_command[0] ? "y  do it" : "y  it is done");
	}
}

/* ---- going on ------------------------------------------------------------------------------------------- */

static void next(struct rescue *r)
{
	r->at++;
	r->state = r->at < r->count ? RESCUE_ASKS : RESCUE_ENDED;
	choose(r);
}

void rescue_works(struct rescue *r)
{
	r->state = RESCUE_WORKS;
}

void rescue_skip(struct rescue *r)
{
	next(r);
}

void rescue_done(struct rescue *r, bool bad, const struct doctor_view *v)
{
	if (bad) {
		r->state = RESCUE_ASKS;
		return;
	}
	if (r->plan[r->at] == RUNG_BACKUP) {
		next(r);
		return;
	}
	r->boots = v->boots;
	r->tries = v->verdict[DOCTOR_WIFI].state == DOCTOR_BAD && !is_write(r->plan[r->at])
		       ? v->verdict[DOCTOR_WIFI].tries
		       : 0;
	r->wifi_told = false;
	r->state = RESCUE_LOOKS;
}

/* It runs as far as its network. */
static bool has_started(const struct doctor_view *v)
{
	return v->verdict[DOCTOR_BOOT].state == DOCTOR_OK &&
	       (v->verdict[DOCTOR_WIFI].state != DOCTOR_UNKNOWN ||
		   v->verdict[DOCTOR_AP].state == DOCTOR_OK);
}

static enum rescue_sight see(const struct rescue *r, const struct doctor_view *v)
{
	const struct doctor_verdict *wifi = &v->verdict[DOCTOR_WIFI];
	uint64_t boots = v->boots - (v->boots < r->boots ? v->boots : r->boots);

	if (wifi->state == DOCTOR_OK)
		return SIGHT_GONE;
	if (v->verdict[DOCTOR_BOOT].state == DOCTOR_BAD)
		return boots >= STILL_BOOTS ? SIGHT_STILL : SIGHT_NOTHING;
	if (r->goal == RESCUE_STARTS)
		return boots && has_started(v) ? SIGHT_GONE : SIGHT_NOTHING;
	if (wifi->state != DOCTOR_BAD)
		return SIGHT_NOTHING;
	if (!strcmp(wifi->reason, "no_ssid"))
		return SIGHT_NEEDS_WIFI;
	/* The count begins anew with another reason or another start. */
	return wifi->tries >= r->tries + STILL_JOINS || (boots && wifi->tries >= STILL_JOINS)
		   ? SIGHT_STILL
		   : SIGHT_NOTHING;
}

enum rescue_sight rescue_look(struct rescue *r, const struct doctor_view *v)
{
	enum rescue_sight sight = r->state == RESCUE_LOOKS ? see(r, v) : SIGHT_NOTHING;

	/* Minimal is no end but a proof. */
	if (sight == SIGHT_GONE && r->plan[r->at] == RUNG_MINIMAL && r->at + 1 < r->count)
		next(r);
	else if (sight == SIGHT_GONE)
		r->state = RESCUE_GONE;
	else if (sight == SIGHT_STILL)
		next(r);
	else if (sight == SIGHT_NEEDS_WIFI && r->wifi_told)
		sight = SIGHT_NOTHING;
	else if (sight == SIGHT_NEEDS_WIFI)
		r->wifi_told = true;
	return sight;
}

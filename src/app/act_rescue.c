/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /rescue: asks for each rung of the ladder, has its command run, and looks at the log for whether
 * the fault went with it. Nothing is written without an answer; Esc puts the ladder off.
 */
#include "app_int.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/rescue.h"
#include "tasmite/proto/image.h"

static void ask_rung(struct app *a);

/* ---- files at hand ---------------------------------------------------------------------------------- */

static bool for_chip(const struct image_info *info, const char *chip)
{
	if (str_starts(chip, "ESP32"))
		return info->kind == IMAGE_ESP32_FACTORY;
	return info->kind == IMAGE_ESP8266 && info->fault == IMAGE_FAULT_NONE;
}

static bool file_found(void *ctx, const char *path, const struct image_info *info)
{
	struct app *a = ctx;
	struct rescue *r = a->rescue;
	const char *chip = a->session->chip[0] ? a->session->chip : a->session->device.view->chip;
	struct rescue_file *f = &r->file[r->files];
	char text[200];

	if (info->id.firmware != IMAGE_FW_TASMOTA || info->fault != IMAGE_FAULT_NONE)
		return true;
	memset(f, 0, sizeof(*f));
	str_copy(f->path, sizeof(f->path), path);
	image_summary(info, f->about, sizeof(f->about));
	str_copy(f->variant, sizeof(f->variant), info->id.variant);
	str_copy(f->core, sizeof(f->core), info->id.core);
	if (info->id.version)
		image_version_text(info->id.version, f->version, sizeof(f->version));
	else
		str_copy(f->version, sizeof(f->version), info->id.name_version);
	/* Only its name tells a classic build; 5.14 has all of its virtues (facts: 2018). */
	f->classic = strstr(info->name, "classic") || str_starts(f->version, "5.14");
	f->bad = !f->classic && image_known_bad(&info->id, text, sizeof(text)) == IMAGE_BAD_YES;
	f->fits = for_chip(info, chip);
	return ++r->files < RESCUE_FILES;
}

static void gather(struct app *a, void (*then)(struct app *a))
{
	a->rescue->files = 0;
	app_look_firmware(a, file_found, then, a);
}

/* Something else was begun or asked while the files were looked into. */
static bool is_late(struct app *a)
{
	const struct session *s = a->session;
	bool late = a->task || s->ask.open || s->list.open || s->form.open || s->page.open;

	if (late)
		session_notice(a->session, false, "put off: /rescue goes on");
	return late;
}

/* ---- a rung ------------------------------------------------------------------------------------------- */

static void tell(struct app *a, bool bad, const char *text)
{
	struct rescue *r = a->rescue;

	if (bad)
		session_warn(a->session, a->now, "rescue: %s", text);
	else
		session_say(a->session, a->now, "rescue: %s", text);
	journal_add(&a->session->journal, JOURNAL_STEP, bad, a->now, "rescue, %s: %s",
	    r->at < r->count ? rescue_rung_name(r->plan[r->at]) : "end", text);
}

static void run_backup(struct app *a)
{
	struct rescue *r = a->rescue;
	char stamp[24], line[600];

	act_wall_name(a, stamp, sizeof(stamp));
	str_fmt(r->backup, sizeof(r->backup), "rescue-backup-%s.bin", stamp);
	str_fmt(line, sizeof(line), "/backup %s", r->backup);
	app_bound(a, line);
}

/* The command of the rung runs; what is no work with the flash is done by it at once. */
static void run(struct app *a, const struct rescue_words *w)
{
	struct rescue *r = a->rescue;
	enum rescue_rung rung = r->plan[r->at];

	rescue_works(r);
	if (rung == RUNG_BACKUP)
		run_backup(a);
	else if (rung != RUNG_FIRST && w->command[0])
		app_bound(a, w->command);
	if (rung == RUNG_FIRST || rung == RUNG_POWER) {
		if (w->command[0])
			tui_edit_set(a->tui, w->command);
		rescue_done(r, false, a->session->device.view);
		tell(a, false, "done by hand: the log will tell");
	} else if (!a->task) {
		/* It could not begin, and has said why. */
		rescue_done(r, true, a->session->device.view);
		if (rung == RUNG_BACKUP)
			r->backup[0] = '\0';
	}
}

static void ask_again(struct app *a)
{
	if (is_late(a))
		return;
	rescue_files_changed(a->rescue);
	ask_rung(a);
}

static void rung_answered(struct app *a, bool yes)
{
	struct rescue *r = a->rescue;
	struct rescue_words w;

	if (!r)
		return;
	if (a->third) {
		tell(a, false, "left out");
		rescue_skip(r);
		ask_rung(a);
		return;
	}
	if (!yes) {
		session_notice(a->session, false, "put off: /rescue goes on");
		return;
	}
	rescue_words(r, &w);
	if (w.again) {
		gather(a, ask_again);
		return;
	}
	run(a, &w);
}

static void ask_rung(struct app *a)
{
	struct session_ask *ask = &a->session->ask;
	struct rescue *r = a->rescue;
	struct rescue_words w;

	if (r->state == RESCUE_ENDED) {
		tell(a, true, "there is no other step: /report makes a page to ask others with");
		return;
	}
	rescue_words(r, &w);
	memset(ask, 0, sizeof(*ask));
	str_copy(ask->title, sizeof(ask->title), w.title);
	for (int i = 0; i < w.count; i++)
		str_copy(ask->text[i], sizeof(ask->text[i]), w.text[i]);
	ask->text_count = w.count;
	str_copy(ask->yes, sizeof(ask->yes), w.yes);
	str_copy(ask->no, sizeof(ask->no), "Esc  not now");
	str_copy(ask->third, sizeof(ask->third), "s  leave this step out");
	app_ask(a, rung_answered);
}

/* ---- the log --------------------------------------------------------------------------------------------- */

static void say_sight(struct app *a, enum rescue_sight sight, enum rescue_rung rung)
{
	struct rescue *r = a->rescue;
	char line[100];

	switch (sight) {
	case SIGHT_GONE:
		tell(a, false,
		    rung == RUNG_MINIMAL
			? "with minimal it works: the hardware is sound, the other "
			  "build was at fault"
			: "the fault went with it");
		session_notice(a->session, false, "rescue: the fault is gone");
		break;
	case SIGHT_NEEDS_WIFI:
		tell(a, false, "it runs; set the network again: the line stands in the edit line");
		str_fmt(line, sizeof(line), "Backlog SSID1 %s; Password1 ",
		    r->ssid[0] ? r->ssid : "NAME");
		tui_edit_set(a->tui, line);
		break;
	case SIGHT_STILL:
		tell(a, true, "the fault is still there");
		break;
	case SIGHT_NOTHING:
		break;
	}
}

/* Nothing else is being asked or shown: a question must not come over what is being read or typed. */
static bool free_screen(const struct app *a)
{
	const struct session *s = a->session;

	return !s->ask.open && !s->page.open && !s->list.open && !s->form.open && !s->direct &&
	       !tui_typing(a->tui);
}

void app_rescue_turn(struct app *a)
{
	struct rescue *r = a->rescue;
	enum rescue_rung rung;
	enum rescue_sight sight;

	if (!r || r->state != RESCUE_LOOKS || a->task || !free_screen(a))
		return;
	session_judge(a->session);
	if (a->rescue_seen == a->session->device.revision)
		return;
	a->rescue_seen = a->session->device.revision;
	rung = r->plan[r->at];
	sight = rescue_look(r, a->session->device.view);
	say_sight(a, sight, rung);
	if (r->state == RESCUE_ASKS || r->state == RESCUE_ENDED)
		ask_rung(a);
}

void app_rescue_task_ended(struct app *a, bool done)
{
	struct rescue *r = a->rescue;
	bool backup;

	if (!r || r->state != RESCUE_WORKS)
		return;
	/* Firmware that was written is forgotten by now, and the boots so far are not. */
	session_judge(a->session);
	backup = r->plan[r->at] == RUNG_BACKUP;
	if (backup && !done)
		r->backup[0] = '\0';
	tell(a, !done,
	    done ? backup ? "the flash is copied" : "written: start the device"
		 : "it did not work");
	rescue_done(r, !done, a->session->device.view);
	a->rescue_seen = 0;
	if (r->state == RESCUE_ASKS && done)
		ask_rung(a);
	else if (!done)
		session_notice(
		    a->session, true, "rescue: that step did not work: /rescue asks again");
}

/* ---- /rescue ---------------------------------------------------------------------------------------------- */

static void begin(struct app *a)
{
	const char *why;

	if (is_late(a))
		return;
	session_judge(a->session);
	if (rescue_begin(a->rescue, a->session->device.view, &why))
		ask_rung(a);
	else
		session_notice(a->session, false, "%s", why);
}

void act_rescue(struct app *a, const struct cmd_line *c)
{
	struct rescue *r;

	(void)c;
	if (app_flashing(a) || a->task) {
		session_notice(a->session, true, "the flash panel is at work: /cancel stops it");
		return;
	}
	session_judge(a->session);
	if (!a->rescue)
		a->rescue = xcalloc(1, sizeof(*a->rescue));
	r = a->rescue;
	if (r->state == RESCUE_ASKS) {
		gather(a, ask_again);
		return;
	}
	if (r->state == RESCUE_LOOKS) {
		/* Whoever asks does not want to wait for the log. */
		rescue_skip(r);
		ask_rung(a);
		return;
	}
	gather(a, begin);
}

void app_rescue_fini(struct app *a)
{
	if (a->rescue)
		app_look_stop(a); /* it may be the ladder that looks */
	free(a->rescue);
	a->rescue = NULL;
}

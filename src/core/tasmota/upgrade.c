/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Follows an upgrade from the first question to the version that has come up. Each state has one thing
 * that it waits for and a time after which it asks again or gives up; the device's own order of things
 * is in no hurry (four attempts, two boots, Wi-Fi joined twice), so these times are long.
 */
#include "upgrade_int.h"

#include <stdlib.h>
#include <string.h>

#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"

void upgrade_enter(struct upgrade *u, enum upgrade_state s, mono_t by)
{
	u->v.state = s;
	u->by = by;
	u->late_at = u->ask_at = MONO_NEVER;
	u->v.late = false;
	u->v.revision++;
}

/* Of a server of the user's nothing is seen: all of the download passes in this state. */
void upgrade_awaits(struct upgrade *u, mono_t now)
{
	upgrade_enter(u, UPGRADE_AWAITS, mono_add(now, u->own_server ? UNSEEN : REQUEST));
	if (!u->own_server && !u->v.requests)
		u->late_at = mono_add(now, LATE);
}

void upgrade_say(struct upgrade *u, const char *command, mono_t now)
{
	(void)str_copy(u->command, sizeof(u->command), command);
	u->send = true;
	u->tries = 0;
	u->answer_by = now > u->hold ? now : u->hold;
	u->answer_by = mono_add(u->answer_by, ANSWER);
}

void upgrade_answered(struct upgrade *u)
{
	u->command[0] = '\0';
	u->send = false;
	u->answer_by = MONO_NEVER;
}

/* ---- the end ----------------------------------------------------------------------------------- */

void upgrade_over(struct upgrade *u)
{
	upgrade_answered(u);
	if (!u->v.changed)
		u->v.restored = true;
	upgrade_enter(u, UPGRADE_ENDED, MONO_NEVER);
	u->v.end = u->v.outcome;
}

/* "0" clears it (6.2 and later); the older ones take "1", their default. */
const char *upgrade_old_value(const struct upgrade *u)
{
	if (u->old_url[0])
		return u->old_url;
	return u->v.now >= 0x06020000 ? "0" : "1";
}

void upgrade_put_back(struct upgrade *u, mono_t now)
{
	char line[280];

	(void)str_fmt(line, sizeof(line), "OtaUrl %s", upgrade_old_value(u));
	upgrade_say(u, line, now);
	if (u->v.away)
		u->answer_by = MONO_NEVER;
}

/* Told to stop while the device is at work: it reads OtaUrl anew for each attempt, so the old one
 * must wait until it has given up. */
bool upgrade_still_may(enum upgrade_end end)
{
	return end == UPGRADE_END_CANCELLED || end == UPGRADE_END_PORT;
}

static bool still_tries(const struct upgrade *u, enum upgrade_end end)
{
	if (end == UPGRADE_END_CUT && u->v.state == UPGRADE_SENDS)
		return true; /* it stalls: nobody has seen it give up */
	if (!upgrade_still_may(end))
		return false;
	return u->v.state > UPGRADE_STARTS || (u->v.state == UPGRADE_STARTS && !u->send);
}

/* The outcome is known; what was changed is put back. */
void upgrade_finish(struct upgrade *u, enum upgrade_end end, mono_t now)
{
	bool tries = still_tries(u, end);

	if (u->v.state == UPGRADE_RESTORES || u->v.state == UPGRADE_ENDED)
		return;
	u->v.outcome = end;
	upgrade_answered(u);
	if (!u->v.changed || !u->old_known) {
		upgrade_over(u);
		return;
	}
	upgrade_enter(u, UPGRADE_RESTORES, MONO_NEVER);
	u->v.quiet = tries;
	u->hold = mono_add(now, tries ? GIVE_UP : SETTLE);
	upgrade_put_back(u, now);
}

/* RESTORES: the device has given up, or started. */
void upgrade_gave_up(struct upgrade *u, mono_t now)
{
	if (u->v.state != UPGRADE_RESTORES || !u->v.quiet)
		return;
	u->v.quiet = false;
	u->v.revision++;
	u->hold = mono_add(now, SETTLE);
	upgrade_put_back(u, now);
}

/* ---- beginning --------------------------------------------------------------------------------- */

bool upgrade_replan(struct upgrade *u, bool insist)
{
	if (u->own_server) { /* the file is not here: only the device can be looked at */
		memset(&u->plan, 0, sizeof(u->plan));
		u->plan.stranded =
		    !strcmp(u->dev.variant, "minimal") || strstr(u->dev.variant, "safeboot");
		return true;
	}
	return upgrade_plan(u->file, &u->dev, insist, &u->plan);
}

struct upgrade *upgrade_new(const struct upgrade_file *file, const char *url,
    const struct upgrade_device *known, mono_t now)
{
	struct upgrade *u = xcalloc(1, sizeof(*u));

	if (file)
		memcpy(u->file, file, sizeof(u->file));
	u->dev = *known;
	u->v.part = u->v.free_space = -1;
	u->hold = now;
	u->own_server = url != NULL;
	if (url)
		(void)str_copy(u->url, sizeof(u->url), url);
	upgrade_enter(u, UPGRADE_ASKS, MONO_NEVER);
	upgrade_ask(u, Q_VERSION, now);
	return u;
}

void upgrade_take_files(struct upgrade *u, const struct upgrade_file *file)
{
	memcpy(u->file, file, sizeof(u->file));
	if (u->v.state == UPGRADE_READY)
		(void)upgrade_replan(u, false);
	u->v.revision++;
}

void upgrade_free(struct upgrade *u)
{
	free(u);
}

const struct upgrade_device *upgrade_device(const struct upgrade *u)
{
	return &u->dev;
}

const struct upgrade_plan *upgrade_planned(const struct upgrade *u)
{
	return &u->plan;
}

bool upgrade_insist(struct upgrade *u, bool insist)
{
	u->v.revision++;
	return upgrade_replan(u, insist);
}

bool upgrade_go(struct upgrade *u, const char *url, mono_t now)
{
	char line[280];

	if (u->v.state != UPGRADE_READY || u->plan.reason != UPGRADE_GOOD)
		return false;
	if (url)
		(void)str_copy(u->url, sizeof(u->url), url);
	if (strlen(u->url) > upgrade_url_max(u->dev.version)) {
		u->plan.reason = UPGRADE_NO_NAME;
		(void)str_fmt(u->plan.text, sizeof(u->plan.text),
		    "the address is longer than the %zu characters of OtaUrl",
		    upgrade_url_max(u->dev.version));
		(void)str_copy(u->plan.advice, sizeof(u->plan.advice), "Give a shorter one");
		return false;
	}
	u->v.from = u->v.now = u->dev.version;
	(void)str_copy(u->v.variant, sizeof(u->v.variant), u->dev.variant);
	upgrade_enter(u, UPGRADE_SETS, MONO_NEVER);
	u->v.changed = true;
	(void)str_fmt(line, sizeof(line), "OtaUrl %s", u->url);
	upgrade_say(u, line, now);
	return true;
}

void upgrade_cancel(struct upgrade *u, mono_t now)
{
	upgrade_finish(u, UPGRADE_END_CANCELLED, now);
}

/* ---- the port ---------------------------------------------------------------------------------- */

void upgrade_port_away(struct upgrade *u, mono_t now)
{
	if (u->v.away || u->v.state == UPGRADE_ENDED)
		return;
	u->v.away = u->v.was_away = true;
	u->v.revision++;
	if (u->v.state <= UPGRADE_READY) { /* nothing has begun */
		upgrade_finish(u, UPGRADE_END_PORT, now);
		return;
	}
	u->answer_by = MONO_NEVER;
	if (u->v.state == UPGRADE_SETS || u->v.state == UPGRADE_STARTS ||
	    u->v.state == UPGRADE_WRITES || u->v.state == UPGRADE_RESTARTS)
		u->by = mono_add(now, AWAY);
}

/* Many boards get their power from the adapter: they start now, too early to be heard. */
void upgrade_port_back(struct upgrade *u, mono_t now)
{
	if (!u->v.away || u->v.state == UPGRADE_ENDED)
		return;
	u->v.away = false;
	u->v.revision++;
	if (u->hold < mono_add(now, SETTLE))
		u->hold = mono_add(now, SETTLE);
	switch (u->v.state) {
	case UPGRADE_SETS:
		upgrade_finish(u, UPGRADE_END_PORT, now);
		break;
	case UPGRADE_STARTS: /* was it told, or not? */
		if (u->send) {
			upgrade_finish(u, UPGRADE_END_PORT, now);
			break;
		}
		upgrade_answered(u);
		upgrade_awaits(u, now);
		break;
	case UPGRADE_WRITES:
		u->by = mono_add(now, WRITTEN);
		break;
	case UPGRADE_RESTARTS:
		upgrade_answered(u);
		u->by = mono_add(now, BACK);
		u->ask_at = u->hold;
		break;
	case UPGRADE_RESTORES:
		upgrade_put_back(u, now);
		break;
	default:
		break;
	}
}

void upgrade_port_gone(struct upgrade *u)
{
	if (u->v.state == UPGRADE_ENDED)
		return;
	if (u->v.state != UPGRADE_RESTORES)
		u->v.outcome = UPGRADE_END_PORT;
	upgrade_over(u);
}

/* ---- what the server saw ----------------------------------------------------------------------- */

static void note_request(struct upgrade *u, const struct upgrade_request *r)
{
	u->v.requests++;
	u->v.revision++;
	if (r->free_space >= 0)
		u->v.free_space = r->free_space;
	if (r->part < 0)
		u->v.refused++;
}

void upgrade_asked(struct upgrade *u, const struct upgrade_request *r, mono_t now)
{
	if (!upgrade_under_way(u))
		return;
	note_request(u, r);
	if (r->part < 0 || r->head || !r->total) {
		u->late_at = MONO_NEVER;
		u->v.late = false;
		return;
	}
	/* Its answer to Upgrade 1 may come late or not at all: this says as much. */
	upgrade_answered(u);
	u->v.attempts++;
	u->v.part = r->part;
	u->v.sent = u->v.rate = 0;
	u->v.total = r->total;
	u->v.said[0] = '\0';
	u->began = now;
	upgrade_enter(u, UPGRADE_SENDS, mono_add(now, STALL));
}

void upgrade_sent(struct upgrade *u, uint32_t n, mono_t now)
{
	if (u->v.state != UPGRADE_SENDS || !n)
		return;
	u->v.sent += n < u->v.total - u->v.sent ? n : u->v.total - u->v.sent;
	if (now > u->began)
		u->v.rate = (uint32_t)((uint64_t)u->v.sent * 1000000 / (uint64_t)(now - u->began));
	u->by = mono_add(now, STALL);
	u->v.revision++;
}

void upgrade_closed(struct upgrade *u, bool whole, mono_t now)
{
	if (whole && (u->v.part == UPGRADE_MAIN || u->v.part == UPGRADE_MAIN_GZ))
		u->main_out = true;
	if (u->v.state != UPGRADE_SENDS)
		return;
	if (whole) {
		u->v.sent = u->v.total;
		upgrade_enter(u, UPGRADE_WRITES, mono_add(now, WRITING));
		return;
	}
	u->v.broken++;
	upgrade_awaits(u, now);
}

bool upgrade_served(const struct upgrade *u)
{
	return u->v.state == UPGRADE_RESTORES || u->v.state == UPGRADE_ENDED;
}

/* ---- time -------------------------------------------------------------------------------------- */

static void no_answer(struct upgrade *u, mono_t now)
{
	if (++u->tries < TRIES) {
		u->send = true;
		u->answer_by = mono_add(now, ANSWER);
		return;
	}
	switch (u->v.state) {
	case UPGRADE_ASKS:
		/* Free is not told by every build: the device will judge. */
		if (u->q == Q_SPACE || u->q == Q_ADDRESS)
			upgrade_next_question(u, now);
		else
			upgrade_finish(u, UPGRADE_END_MUTE, now);
		break;
	case UPGRADE_SETS:
		upgrade_finish(u, UPGRADE_END_NOT_TAKEN, now);
		break;
	case UPGRADE_STARTS: /* it may be at work all the same: its log may be off */
		upgrade_answered(u);
		upgrade_awaits(u, now);
		break;
	case UPGRADE_RESTORES:
		upgrade_over(u);
		break;
	default:
		upgrade_answered(u);
		break;
	}
}

static enum upgrade_end overdue(const struct upgrade *u)
{
	if (u->v.away)
		return UPGRADE_END_PORT;
	switch (u->v.state) {
	case UPGRADE_SENDS:
		return UPGRADE_END_CUT;
	case UPGRADE_BETWEEN:
		return UPGRADE_END_HALF;
	case UPGRADE_AWAITS:
		if (u->own_server)
			return UPGRADE_END_NOT_BACK;
		if (u->v.broken)
			return UPGRADE_END_CUT;
		return u->v.requests ? UPGRADE_END_REFUSED : UPGRADE_END_NO_REQUEST;
	default:
		return UPGRADE_END_NOT_BACK;
	}
}

void upgrade_tick(struct upgrade *u, mono_t now)
{
	if (u->answer_by <= now)
		no_answer(u, now);
	if (u->late_at <= now) {
		u->late_at = MONO_NEVER;
		u->v.late = true;
		u->v.revision++;
	}
	if (u->v.state == UPGRADE_RESTARTS && u->ask_at <= now && !u->command[0] && !u->v.away) {
		upgrade_ask(u, Q_VERSION, now);
		u->tries = TRIES - 1; /* as long as the state lasts */
		u->ask_at = mono_add(now, ASK_AFTER);
	}
	if (u->by <= now) {
		if (u->v.state == UPGRADE_WRITES &&
		    !u->v.away) { /* its word was not heard: is it back? */
			upgrade_restarts(u, now);
			u->ask_at = now;
		} else {
			upgrade_finish(u, overdue(u), now);
		}
	}
}

mono_t upgrade_deadline(const struct upgrade *u)
{
	mono_t at = mono_min(u->answer_by, mono_min(u->by, u->late_at));

	if (u->v.away)
		return at;
	if (u->v.state == UPGRADE_RESTARTS && !u->command[0])
		at = mono_min(at, u->ask_at);
	return u->send ? mono_min(at, u->hold) : at;
}

const char *upgrade_command(struct upgrade *u, mono_t now)
{
	if (!u->send || now < u->hold || u->v.away)
		return NULL;
	u->send = false;
	if (u->v.state == UPGRADE_RESTORES && u->v.quiet) {
		u->v.quiet = false;
		u->v.revision++;
	}
	return u->command;
}

const char *upgrade_old_url(const struct upgrade *u)
{
	return u->old_known ? u->old_url : NULL;
}

const struct upgrade_view *upgrade_view(const struct upgrade *u)
{
	return &u->v;
}

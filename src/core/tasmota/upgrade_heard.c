/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The follower's ear: the device's answers, its restarts, its own words for what went wrong. */
#include "upgrade_int.h"

#include <string.h>

#include "logline_int.h"
#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/catalog.h"
#include "tasmite/core/words.h"

/* ---- the device's answers ---------------------------------------------------------------------- */

/* The value of a member; empty: there is none. Of `in`, when given: then that must come before. */
static struct logtext member(struct logtext json, const char *in, const char *name)
{
	struct logtext key, value, none = {"", 0};
	bool inside = !in;
	size_t at = 0;

	while (logline_member(json, &at, &key, &value))
		if (in && logtext_is(key, in))
			inside = true;
		else if (inside && logtext_is(key, name))
			return value;
	return none;
}

static bool has(struct logtext t)
{
	return t.n > 0;
}

void upgrade_ask(struct upgrade *u, enum question q, mono_t now)
{
	static const char *const questions[QUESTIONS] = {
	    "Status 2", "Status 4", "Status 5", "OtaUrl"};

	upgrade_say(u, questions[q], now);
}

void upgrade_next_question(struct upgrade *u, mono_t now)
{
	if (++u->q < QUESTIONS) {
		upgrade_ask(u, u->q, now);
		u->v.revision++;
		return;
	}
	upgrade_answered(u);
	upgrade_enter(u, UPGRADE_READY, MONO_NEVER);
	u->v.from = u->v.now = u->dev.version;
	(void)upgrade_replan(u, false);
}

/* "6.1.1", "6.1.1-minimal", "14.2.0(release-tasmota)", "9.1.0(minimal)": the word behind it is the
 * build. Where there is none, what was known of it stays. */
static void read_version(struct logtext t, struct upgrade_device *d)
{
	char text[64], *word, *end;

	(void)str_copy_n(text, sizeof(text), t.p, t.n);
	d->version = catalog_version(text);
	word = strpbrk(text, "(-");
	if (!word)
		return;
	end = strchr(word, ')');
	if (end)
		*end = '\0';
	word++;
	if (str_starts(word, "release-"))
		word += strlen("release-");
	(void)str_copy(d->variant, sizeof(d->variant), word);
}

static void came_up(struct upgrade *u, const struct upgrade_device *d, mono_t now);

static void answer_version(struct upgrade *u, struct logtext json, mono_t now)
{
	struct logtext version = member(json, "StatusFWR", "Version");
	struct logtext chip = member(json, "StatusFWR", "Hardware");
	struct upgrade_device d = u->dev;

	if (!has(version))
		return;
	if (u->v.state == UPGRADE_RESTARTS)
		d.variant[0] = '\0';
	read_version(version, &d);
	if (u->v.state == UPGRADE_ASKS && u->q == Q_VERSION) {
		u->dev = d;
		if (has(chip))
			(void)str_copy_n(u->dev.chip, sizeof(u->dev.chip), chip.p, chip.n);
		upgrade_next_question(u, now);
	} else if (u->v.state == UPGRADE_RESTARTS && u->ask_at != MONO_NEVER) {
		came_up(u, &d, now);
	}
}

static void answer_space(struct upgrade *u, struct logtext json, mono_t now)
{
	struct logtext free_kb = member(json, "StatusMEM", "Free");

	if (!has(free_kb) || u->v.state != UPGRADE_ASKS || u->q != Q_SPACE)
		return;
	u->dev.free_kb = logtext_number(free_kb, -1);
	u->dev.flash_kb = logtext_number(member(json, "StatusMEM", "FlashSize"), -1);
	upgrade_next_question(u, now);
}

static void answer_address(struct upgrade *u, struct logtext json, mono_t now)
{
	struct logtext ip = member(json, "StatusNET", "IPAddress");

	if (!has(ip) || u->v.state != UPGRADE_ASKS || u->q != Q_ADDRESS)
		return;
	u->dev.address[0] = '\0';
	if (logtext_is_address(ip) && !logtext_is(ip, "0.0.0.0"))
		(void)str_copy_n(u->dev.address, sizeof(u->dev.address), ip.p, ip.n);
	else if (u->tries < TRIES - 1)
		return; /* it may be joining right now: it is asked again */
	upgrade_next_question(u, now);
}

static void answer_url(struct upgrade *u, struct logtext json, mono_t now)
{
	size_t at = 0;
	struct logtext key, value;
	char text[256];

	/* {"OtaUrl":""} is an answer too; Status 1 tells it among others. */
	if (!logline_member(json, &at, &key, &value) || !logtext_is(key, "OtaUrl"))
		return;
	if (!str_copy_n(text, sizeof(text), value.p, value.n))
		return;
	if (u->v.state == UPGRADE_ASKS && u->q == Q_URL) {
		(void)str_copy(u->old_url, sizeof(u->old_url), text);
		/* Masked, or damaged on its way: that must not be written. */
		u->old_known = !strstr(text, "***") && words_printable(text);
		upgrade_next_question(u, now);
	} else if (u->v.state == UPGRADE_SETS) {
		if (strcmp(text, u->url)) /* cut, or damaged on its way: once more */
			return;
		upgrade_enter(u, UPGRADE_STARTS, MONO_NEVER);
		upgrade_say(u, "Upgrade 1", now);
	} else if (u->v.state == UPGRADE_RESTORES && !u->send) {
		/* A late answer to SETS names ours still. */
		u->v.restored =
		    u->old_url[0] ? !strcmp(text, u->old_url) : strcmp(text, u->url) != 0;
		if (u->v.restored)
			upgrade_over(u);
	}
}

static void answer_upgrade(struct upgrade *u, struct logtext json, mono_t now)
{
	struct logtext t = member(json, NULL, "Upgrade");

	if (!has(t))
		t = member(json, NULL, "Upload");
	if (!has(t) || u->v.state != UPGRADE_STARTS)
		return;
	if (lt_starts(t, "Version")) {
		upgrade_answered(u);
		upgrade_awaits(u, now);
	} else {
		(void)str_copy_n(u->v.said, sizeof(u->v.said), t.p, t.n);
		upgrade_finish(u, UPGRADE_END_NOT_TAKEN, now);
	}
}

static void result(struct upgrade *u, const struct logline *ev, mono_t now)
{
	answer_version(u, ev->text2, now);
	answer_space(u, ev->text2, now);
	answer_address(u, ev->text2, now);
	answer_url(u, ev->text2, now);
	answer_upgrade(u, ev->text2, now);
}

/* ---- restarts ---------------------------------------------------------------------------------- */

/* Between Upgrade 1 and the version that comes up. */
bool upgrade_under_way(const struct upgrade *u)
{
	return u->v.state >= UPGRADE_STARTS && u->v.state <= UPGRADE_BETWEEN;
}

void upgrade_restarts(struct upgrade *u, mono_t now)
{
	if (!upgrade_under_way(u) || u->v.state == UPGRADE_STARTS)
		return;
	if (u->v.state != UPGRADE_RESTARTS) {
		upgrade_enter(u, UPGRADE_RESTARTS, mono_add(now, BACK));
		u->boot_seen = false;
	}
	u->ask_at = mono_add(now, ASK_AFTER);
}

/* The banner of a boot, counted once a boot. */
static void booted(struct upgrade *u, mono_t now)
{
	if (!upgrade_under_way(u) || u->v.state == UPGRADE_STARTS)
		return;
	upgrade_restarts(u, now);
	if (!u->boot_seen) {
		u->boot_seen = true;
		u->v.restarts++;
		u->v.revision++;
	}
}

static bool is_between(const char *variant)
{
	return !strcmp(variant, "minimal") || strstr(variant, "safeboot");
}

/* One that was there before has only come back: it has forgotten what it was to fetch. A safeboot
 * that was told to upgrade may restart before it asks. */
static bool half_way(const struct upgrade *u, const char *variant)
{
	if (u->main_out || !is_between(variant))
		return false;
	return !u->plan.stranded || (strstr(variant, "safeboot") && !u->v.requests);
}

static bool as_expected(const struct upgrade *u, const struct upgrade_device *d)
{
	bool small = is_between(d->variant);

	if (u->own_server)
		return !small;
	if (u->plan.expect_variant[0] ? strcmp(d->variant, u->plan.expect_variant) : small)
		return false;
	if (u->plan.expect)
		return d->version == u->plan.expect;
	return !u->plan.at_least || d->version >= u->plan.at_least;
}

/* Which version has come up, and what that means. */
static void came_up(struct upgrade *u, const struct upgrade_device *d, mono_t now)
{
	bool out = u->main_out || u->own_server;

	u->v.now = d->version;
	(void)str_copy(u->v.variant, sizeof(u->v.variant), d->variant);
	upgrade_answered(u);
	u->v.revision++;
	if (out && (u->said_done || d->version != u->v.from || u->plan.stranded) &&
	    as_expected(u, d)) {
		upgrade_finish(u, UPGRADE_END_DONE, now);
	} else if (half_way(u, d->variant)) {
		u->said_done = false;
		upgrade_enter(u, UPGRADE_BETWEEN, mono_add(now, BETWEEN));
		u->late_at = mono_add(now, BETWEEN / 2);
	} else if (u->main_out) {
		upgrade_finish(u, UPGRADE_END_SAME, now);
	} else {
		upgrade_finish(u, u->v.said[0] ? UPGRADE_END_REFUSED : UPGRADE_END_RESET, now);
	}
}

/* Told to stop on the way: minimal goes on by itself after its start, all else has forgotten what it
 * was to fetch. */
static void starts_after_stop(struct upgrade *u, const char *variant, mono_t now)
{
	u->v.revision++;
	if (half_way(u, variant)) {
		u->v.quiet = true;
		u->hold = mono_add(now, MINIMAL_TRIES);
		upgrade_put_back(u, now);
	} else {
		upgrade_gave_up(u, now);
	}
}

static void project(struct upgrade *u, const struct logline *ev, mono_t now)
{
	struct upgrade_device d = u->dev;
	char version[32];

	(void)str_copy_n(version, sizeof(version), ev->version.p, ev->version.n);
	d.version = catalog_version(version);
	(void)str_copy_n(d.variant, sizeof(d.variant), ev->variant.p, ev->variant.n);
	if (u->v.state == UPGRADE_RESTORES && u->v.quiet) {
		u->v.now = d.version;
		(void)str_copy(u->v.variant, sizeof(u->v.variant), d.variant);
		starts_after_stop(u, d.variant, now);
	}
	if (!upgrade_under_way(u) || u->v.state == UPGRADE_STARTS)
		return;
	booted(u, now);
	came_up(u, &d, now);
}

/* The device's own words for it. */
static void failed(struct upgrade *u, struct logtext reason, mono_t now)
{
	upgrade_gave_up(u, now);
	if (!upgrade_under_way(u))
		return;
	(void)str_copy_n(u->v.said, sizeof(u->v.said), reason.p, reason.n);
	if (!u->v.said[0])
		(void)str_copy(u->v.said, sizeof(u->v.said), "Failed");
	upgrade_finish(u,
	    !u->v.requests && !u->own_server ? UPGRADE_END_NO_REQUEST : UPGRADE_END_REFUSED, now);
}

/* Some project lines don't name the build: this warning behind them does. */
static void minimal_speaks(struct upgrade *u, mono_t now)
{
	bool restores = u->v.state == UPGRADE_RESTORES && u->send;
	bool judged = restores && u->boot_seen && !u->main_out &&
		      (u->v.outcome == UPGRADE_END_RESET || u->v.outcome == UPGRADE_END_REFUSED);

	if (restores && upgrade_still_may(u->v.outcome))
		starts_after_stop(u, "minimal", now);
	if (!judged || is_between(u->v.variant) || !half_way(u, "minimal"))
		return;
	upgrade_answered(u);
	u->v.outcome = UPGRADE_END_NONE;
	(void)str_copy(u->v.variant, sizeof(u->v.variant), "minimal");
	upgrade_enter(u, UPGRADE_BETWEEN, mono_add(now, BETWEEN));
	u->late_at = mono_add(now, BETWEEN / 2);
}

void upgrade_line(struct upgrade *u, const struct logline *ev, mono_t now)
{
	switch (ev->kind) {
	case LOGLINE_RESULT:
		result(u, ev, now);
		break;
	case LOGLINE_UPGRADE_OK:
		if (upgrade_under_way(u)) {
			u->said_done = true;
			upgrade_restarts(u, now);
		}
		break;
	case LOGLINE_UPGRADE_FAILED:
		failed(u, ev->text, now);
		break;
	case LOGLINE_UPGRADE_ERROR:
		if (upgrade_under_way(u))
			(void)str_copy_n(u->v.said, sizeof(u->v.said), ev->text.p, ev->text.n);
		break;
	case LOGLINE_RESTARTING:
		upgrade_restarts(u, now);
		break;
	case LOGLINE_ROM8266:
	case LOGLINE_RST32:
		booted(u, now);
		break;
	case LOGLINE_PROJECT:
		project(u, ev, now);
		break;
	case LOGLINE_MINIMAL:
		minimal_speaks(u, now);
		break;
	case LOGLINE_WEB:
		if (u->v.state == UPGRADE_BETWEEN && ev->text.n)
			u->by = mono_min(u->by, mono_add(now, IN_NETWORK));
		break;
	default:
		break;
	}
}

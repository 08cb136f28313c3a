/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Follows an upgrade from the first question to the version that has come up. Each state has one thing
 * that it waits for and a time after which it asks again or gives up; the device's own order of things
 * is in no hurry (four attempts, two boots, Wi-Fi joined twice), so these times are long.
 */
#include "tasmite/core/tasmota/upgrade.h"

#include <stdlib.h>
#include <string.h>

#include "logline_int.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/catalog.h"

#define ANSWER	  MONO_S(5)  /* to a command */
#define TRIES	  3	     /* of a command */
#define LATE	  MONO_S(20) /* then causes are shown */
#define REQUEST	  MONO_S(75) /* four attempts of a device that reaches nobody take about a minute */
#define UNSEEN	  MONO_S(300) /* ... a whole download from a server that isn't ours */
#define STALL	  MONO_S(45)  /* nothing goes out any more */
#define WRITING	  MONO_S(60)
#define BACK	  MONO_S(90)  /* until its version is heard after a restart */
#define ASK_AFTER MONO_S(15)  /* it is asked for it then: its log may be off */
#define BETWEEN	  MONO_S(180) /* minimal joins the network first */
#define SETTLE	  MONO_S(4)   /* after a boot or a failure, before OtaUrl is put back */

/* What is asked at the beginning, in this order. */
enum question { Q_VERSION, Q_SPACE, Q_ADDRESS, Q_URL, QUESTIONS };

static const char *const questions[QUESTIONS] = {"Status 2", "Status 4", "Status 5", "OtaUrl"};

struct upgrade {
	struct upgrade_file file[UPGRADE_PARTS];
	struct upgrade_device dev;
	struct upgrade_plan plan;
	struct upgrade_view v;
	bool own_server; /* the user's: what it does is not seen here */
	char url[256], old_url[256];
	bool old_known, changed; /* OtaUrl: what it was; it was set to another */
	enum question q;
	char command[280]; /* that awaits its answer */
	bool send;	   /* ... it is to be sent (again) */
	int tries;
	mono_t answer_by;   /* MONO_NEVER: none is awaited */
	mono_t by, late_at; /* of the state */
	mono_t ask_at;	    /* RESTARTS: Status 2 */
	mono_t began;	    /* of the transfer */
	mono_t hold;	    /* nothing is sent before */
	bool main_out;	    /* the main file went out as a whole */
	bool said_done;	    /* "Successful" */
	bool boot_seen;	    /* ROM or project line since the state began */
};

static void enter(struct upgrade *u, enum upgrade_state s, mono_t by)
{
	u->v.state = s;
	u->by = by;
	u->late_at = u->ask_at = MONO_NEVER;
	u->v.late = false;
	u->v.revision++;
}

/* Of a server of the user's nothing is seen: all of the download passes in this state. */
static void awaits(struct upgrade *u, mono_t now)
{
	enter(u, UPGRADE_AWAITS, mono_add(now, u->own_server ? UNSEEN : REQUEST));
	if (!u->own_server)
		u->late_at = mono_add(now, LATE);
}

static void say(struct upgrade *u, const char *command, mono_t now)
{
	(void)str_copy(u->command, sizeof(u->command), command);
	u->send = true;
	u->tries = 0;
	u->answer_by = now > u->hold ? now : u->hold;
	u->answer_by = mono_add(u->answer_by, ANSWER);
}

static void answered(struct upgrade *u)
{
	u->command[0] = '\0';
	u->send = false;
	u->answer_by = MONO_NEVER;
}

/* ---- the end ----------------------------------------------------------------------------------- */

static void ended(struct upgrade *u)
{
	answered(u);
	enter(u, UPGRADE_ENDED, MONO_NEVER);
	u->v.end = u->v.outcome;
}

/* "0" clears it (6.2 and later); the older ones take "1", their default. */
static const char *old_value(const struct upgrade *u)
{
	if (u->old_url[0])
		return u->old_url;
	return u->v.now >= 0x06020000 ? "0" : "1";
}

/* The outcome is known; what was changed is put back. */
static void finish(struct upgrade *u, enum upgrade_end end, mono_t now)
{
	char line[280];

	if (u->v.state == UPGRADE_RESTORES || u->v.state == UPGRADE_ENDED)
		return;
	u->v.outcome = end;
	answered(u);
	if (!u->changed || !u->old_known) {
		u->v.restored = !u->changed;
		ended(u);
		return;
	}
	enter(u, UPGRADE_RESTORES, MONO_NEVER);
	u->hold = mono_add(now, SETTLE);
	(void)str_fmt(line, sizeof(line), "OtaUrl %s", old_value(u));
	say(u, line, now);
}

/* ---- beginning --------------------------------------------------------------------------------- */

static bool replan(struct upgrade *u, bool insist)
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
	enter(u, UPGRADE_ASKS, MONO_NEVER);
	say(u, questions[Q_VERSION], now);
	return u;
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
	return replan(u, insist);
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
	enter(u, UPGRADE_SETS, MONO_NEVER);
	u->changed = true;
	(void)str_fmt(line, sizeof(line), "OtaUrl %s", u->url);
	say(u, line, now);
	return true;
}

void upgrade_cancel(struct upgrade *u, mono_t now)
{
	finish(u, UPGRADE_END_CANCELLED, now);
}

void upgrade_port_gone(struct upgrade *u)
{
	if (u->v.state == UPGRADE_ENDED)
		return;
	if (u->v.state != UPGRADE_RESTORES)
		u->v.outcome = UPGRADE_END_PORT;
	ended(u);
}

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

static void next_question(struct upgrade *u, mono_t now)
{
	if (++u->q < QUESTIONS) {
		say(u, questions[u->q], now);
		u->v.revision++;
		return;
	}
	answered(u);
	enter(u, UPGRADE_READY, MONO_NEVER);
	u->v.from = u->v.now = u->dev.version;
	(void)replan(u, false);
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
		next_question(u, now);
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
	next_question(u, now);
}

static void answer_address(struct upgrade *u, struct logtext json, mono_t now)
{
	struct logtext ip = member(json, "StatusNET", "IPAddress");

	if (!has(ip) || u->v.state != UPGRADE_ASKS || u->q != Q_ADDRESS)
		return;
	u->dev.address[0] = '\0';
	if (logtext_is_address(ip) && !logtext_is(ip, "0.0.0.0"))
		(void)str_copy_n(u->dev.address, sizeof(u->dev.address), ip.p, ip.n);
	next_question(u, now);
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
		u->old_known = !strstr(text, "***"); /* masked: that must not be written */
		next_question(u, now);
	} else if (u->v.state == UPGRADE_SETS) {
		if (strcmp(text, u->url)) /* cut, or damaged on its way: once more */
			return;
		enter(u, UPGRADE_STARTS, MONO_NEVER);
		say(u, "Upgrade 1", now);
	} else if (u->v.state == UPGRADE_RESTORES) {
		u->v.restored = !u->old_url[0] || !strcmp(text, u->old_url);
		if (u->v.restored)
			ended(u);
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
		answered(u);
		awaits(u, now);
	} else {
		(void)str_copy_n(u->v.said, sizeof(u->v.said), t.p, t.n);
		finish(u, UPGRADE_END_NOT_TAKEN, now);
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
static bool under_way(const struct upgrade *u)
{
	return u->v.state >= UPGRADE_STARTS && u->v.state <= UPGRADE_BETWEEN;
}

static void restarts(struct upgrade *u, mono_t now)
{
	if (!under_way(u) || u->v.state == UPGRADE_STARTS)
		return;
	if (u->v.state != UPGRADE_RESTARTS) {
		enter(u, UPGRADE_RESTARTS, mono_add(now, BACK));
		u->boot_seen = false;
	}
	u->ask_at = mono_add(now, ASK_AFTER);
}

/* The banner of a boot, counted once a boot. */
static void booted(struct upgrade *u, mono_t now)
{
	if (!under_way(u) || u->v.state == UPGRADE_STARTS)
		return;
	restarts(u, now);
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
	answered(u);
	u->v.revision++;
	if (out && (u->said_done || d->version != u->v.from || u->plan.stranded) &&
	    as_expected(u, d)) {
		finish(u, UPGRADE_END_DONE, now);
	} else if (half_way(u, d->variant)) {
		u->said_done = false;
		enter(u, UPGRADE_BETWEEN, mono_add(now, BETWEEN));
		u->late_at = mono_add(now, BETWEEN / 2);
	} else if (u->main_out) {
		finish(u, UPGRADE_END_SAME, now);
	} else {
		finish(u, u->v.said[0] ? UPGRADE_END_REFUSED : UPGRADE_END_RESET, now);
	}
}

static void project(struct upgrade *u, const struct logline *ev, mono_t now)
{
	struct upgrade_device d = u->dev;
	char version[32];

	if (!under_way(u) || u->v.state == UPGRADE_STARTS)
		return;
	booted(u, now);
	(void)str_copy_n(
	    version, sizeof(version), ev->version.p ? ev->version.p : "", ev->version.n);
	d.version = catalog_version(version);
	(void)str_copy_n(
	    d.variant, sizeof(d.variant), ev->variant.p ? ev->variant.p : "", ev->variant.n);
	came_up(u, &d, now);
}

/* The device's own words for it. */
static void failed(struct upgrade *u, struct logtext reason, mono_t now)
{
	if (!under_way(u))
		return;
	(void)str_copy_n(u->v.said, sizeof(u->v.said), reason.p ? reason.p : "", reason.n);
	if (!u->v.said[0])
		(void)str_copy(u->v.said, sizeof(u->v.said), "Failed");
	finish(u, !u->v.requests && !u->own_server ? UPGRADE_END_NO_REQUEST : UPGRADE_END_REFUSED,
	    now);
}

/* Some project lines don't name the build: this warning behind them does. */
static void minimal_speaks(struct upgrade *u, mono_t now)
{
	bool judged = u->v.state == UPGRADE_RESTORES && u->send && u->boot_seen && !u->main_out &&
		      (u->v.outcome == UPGRADE_END_RESET || u->v.outcome == UPGRADE_END_REFUSED);

	if (!judged || is_between(u->v.variant) || !half_way(u, "minimal"))
		return;
	answered(u);
	u->v.outcome = UPGRADE_END_NONE;
	(void)str_copy(u->v.variant, sizeof(u->v.variant), "minimal");
	enter(u, UPGRADE_BETWEEN, mono_add(now, BETWEEN));
	u->late_at = mono_add(now, BETWEEN / 2);
}

void upgrade_line(struct upgrade *u, const struct logline *ev, mono_t now)
{
	switch (ev->kind) {
	case LOGLINE_RESULT:
		result(u, ev, now);
		break;
	case LOGLINE_UPGRADE_OK:
		if (under_way(u)) {
			u->said_done = true;
			restarts(u, now);
		}
		break;
	case LOGLINE_UPGRADE_FAILED:
		failed(u, ev->text, now);
		break;
	case LOGLINE_UPGRADE_ERROR:
		if (under_way(u))
			(void)str_copy_n(
			    u->v.said, sizeof(u->v.said), ev->text.p ? ev->text.p : "", ev->text.n);
		break;
	case LOGLINE_RESTARTING:
		restarts(u, now);
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
	default:
		break;
	}
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
	if (!under_way(u))
		return;
	note_request(u, r);
	if (r->part < 0 || r->head || !r->total) {
		u->late_at = MONO_NEVER;
		u->v.late = false;
		return;
	}
	/* Its answer to Upgrade 1 may come late or not at all: this says as much. */
	answered(u);
	u->v.attempts++;
	u->v.part = r->part;
	u->v.sent = u->v.rate = 0;
	u->v.total = r->total;
	u->v.said[0] = '\0';
	u->began = now;
	enter(u, UPGRADE_SENDS, mono_add(now, STALL));
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
		enter(u, UPGRADE_WRITES, mono_add(now, WRITING));
		return;
	}
	u->v.broken++;
	awaits(u, now);
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
			next_question(u, now);
		else
			finish(u, UPGRADE_END_MUTE, now);
		break;
	case UPGRADE_SETS:
		finish(u, UPGRADE_END_NOT_TAKEN, now);
		break;
	case UPGRADE_STARTS: /* it may be at work all the same: its log may be off */
		answered(u);
		awaits(u, now);
		break;
	case UPGRADE_RESTORES:
		ended(u);
		break;
	default:
		answered(u);
		break;
	}
}

static enum upgrade_end overdue(const struct upgrade *u)
{
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
	if (u->v.state == UPGRADE_RESTARTS && u->ask_at <= now && !u->command[0]) {
		say(u, questions[Q_VERSION], now);
		u->tries = TRIES - 1; /* as long as the state lasts */
		u->ask_at = mono_add(now, ASK_AFTER);
	}
	if (u->by <= now) {
		if (u->v.state == UPGRADE_WRITES) { /* its word was not heard: is it back? */
			restarts(u, now);
			u->ask_at = now;
		} else {
			finish(u, overdue(u), now);
		}
	}
}

mono_t upgrade_deadline(const struct upgrade *u)
{
	mono_t at = mono_min(u->answer_by, mono_min(u->by, u->late_at));

	if (u->v.state == UPGRADE_RESTARTS && !u->command[0])
		at = mono_min(at, u->ask_at);
	return u->send ? mono_min(at, u->hold) : at;
}

const char *upgrade_command(struct upgrade *u, mono_t now)
{
	if (!u->send || now < u->hold)
		return NULL;
	u->send = false;
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

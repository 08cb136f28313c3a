/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Follows an upload to the device's page. What runs in the end comes from the log where there is one;
 * else from the page, which must have been gone in between when it names the version of before.
 */
#include "tasmite/core/tasmota/upload.h"

#include <stdlib.h>
#include <string.h>

#include "logline_int.h"
#include "tasmite/base/str.h"
#include "tasmite/base/xalloc.h"
#include "tasmite/core/tasmota/catalog.h"

#define ANSWER	   MONO_S(4) /* of the console */
#define TRIES	   2
#define POLL	   MONO_S(2)
#define LOOK_AGAIN 2 /* times, when it broke off at once: its one client may have been another */
#define LOG_FIRST  MONO_S(25)  /* so long the log alone is waited for */
#define BACK	   MONO_S(150) /* boot, Wi-Fi, and safeboot's boot before */
#define CHECK	   MONO_S(45)
#define STAYS	   MONO_S(20)	/* who has not restarted by then does not */
#define SETTLE	   MONO_MS(700) /* the warning of a minimal build follows its project line */
#define MANAGER_IP "192.168.4.1"

/* What the page is asked for, in this order; without a console all, else the first alone. */
enum look { LOOK_PAGE, LOOK_VERSION, LOOK_SPACE, LOOKS };

static const char *const look_path[LOOKS] = {"/up", "/cm?cmnd=Status%202", "/cm?cmnd=Status%204"};
static const char *const questions[] = {"Status 2", "Status 4", "Status 5"};
#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

struct upload {
	struct upgrade_file file[UPGRADE_PARTS];
	struct upgrade_device dev;
	struct upgrade_plan plan;
	struct upload_view v;
	bool console, insist;
	bool other; /* the console is another device's */
	size_t q;
	int tries;
	bool ask;	  /* the question is to be sent */
	mono_t answer_by; /* MONO_NEVER: none is awaited */
	enum look look;
	int looks;	 /* at the page that broke off */
	mono_t look_due; /* the newest */
	int part, next;	 /* that goes now, and then; -1 none */
	enum upload_want want;
	char path[48];
	mono_t want_at;	       /* not before */
	bool busy;	       /* a request is out */
	mono_t by;	       /* of the state */
	mono_t began, took_at; /* the file went, and its answer came */
	uint32_t before;       /* what ran when the file went */
	bool before_small;
	mono_t judge_at;  /* a boot was seen: what its lines say is judged then; MONO_NEVER: none */
	bool gone, still; /* since the file went the page was away; it answers as before */
	bool unsure;	  /* the page's words for what became of it are not known */
	bool small_ran;	  /* minimal's boot was seen: its page is awaited */
	enum upload_end failed; /* CHECKS: what it will be */
};

static void enter(struct upload *u, enum upload_state s, mono_t by)
{
	u->v.state = s;
	u->by = by;
	u->v.revision++;
}

static void get(struct upload *u, const char *path, mono_t at)
{
	(void)str_copy(u->path, sizeof(u->path), path);
	u->want = UPLOAD_WANT_GET;
	u->want_at = at;
}

static void end(struct upload *u, enum upload_end e)
{
	if (u->v.state == UPLOAD_ENDED)
		return;
	u->want = UPLOAD_WANT_NOTHING;
	u->answer_by = MONO_NEVER;
	u->ask = false;
	u->v.end = e;
	u->busy = false;
	u->judge_at = MONO_NEVER;
	enter(u, UPLOAD_ENDED, MONO_NEVER);
}

/* ---- what it is --------------------------------------------------------------------------------- */

static bool is_small(const char *variant)
{
	return !strcmp(variant, "minimal") || strstr(variant, "safeboot");
}

/* The value of a member of the object `in`; empty: there is none. */
static struct logtext member(struct logtext json, const char *in, const char *name)
{
	struct logtext key, value, none = {"", 0};
	bool inside = false;
	size_t at = 0;

	while (logline_member(json, &at, &key, &value))
		if (logtext_is(key, in))
			inside = true;
		else if (inside && logtext_is(key, name))
			return value;
	return none;
}

/* "6.1.1-minimal", "14.2.0(release-tasmota)", "9.1.0(minimal)": the word behind it is the build. */
static void take_version(struct upload *u, struct logtext t)
{
	char text[64], *word, *close;

	(void)str_copy_n(text, sizeof(text), t.p, t.n);
	u->dev.version = catalog_version(text);
	word = strpbrk(text, "(-");
	close = word ? strchr(word, ')') : NULL;
	if (close)
		*close = '\0';
	if (word && str_starts(++word, "release-"))
		word += strlen("release-");
	if (word)
		(void)str_copy(u->dev.variant, sizeof(u->dev.variant), word);
}

static bool take_firmware(struct upload *u, struct logtext json)
{
	struct logtext version = member(json, "StatusFWR", "Version");
	struct logtext chip = member(json, "StatusFWR", "Hardware");

	if (version.n)
		take_version(u, version);
	if (chip.n)
		(void)str_copy_n(u->dev.chip, sizeof(u->dev.chip), chip.p, chip.n);
	return version.n > 0;
}

static bool take_space(struct upload *u, struct logtext json)
{
	struct logtext room = member(json, "StatusMEM", "Free");

	if (!room.n)
		return false;
	u->dev.free_kb = logtext_number(room, -1);
	u->dev.flash_kb = logtext_number(member(json, "StatusMEM", "FlashSize"), -1);
	return true;
}

static bool take_address(struct upload *u, struct logtext json)
{
	struct logtext ip = member(json, "StatusNET", "IPAddress");

	if (!ip.n)
		return false;
	if (logtext_is_address(ip) && !logtext_is(ip, "0.0.0.0"))
		(void)str_copy_n(u->dev.address, sizeof(u->dev.address), ip.p, ip.n);
	else /* in no network: then it can be reached as an access point only */
		(void)str_copy(u->dev.address, sizeof(u->dev.address), MANAGER_IP);
	return true;
}

/* ---- the plan ----------------------------------------------------------------------------------- */

/* The updater of an ESP8266's page begins with what is free less a sector. */
static void plan(struct upload *u)
{
	struct upgrade_device d = u->dev;

	if (d.free_kb >= 4)
		d.free_kb -= 4;
	if (!d.address[0])
		(void)str_copy(d.address, sizeof(d.address), MANAGER_IP);
	(void)upgrade_plan(u->file, &d, u->insist, &u->plan);
}

static void ready(struct upload *u)
{
	plan(u);
	u->v.from = u->v.now = u->dev.version;
	(void)str_copy(u->v.variant, sizeof(u->v.variant), u->dev.variant);
	u->answer_by = MONO_NEVER;
	enter(u, UPLOAD_READY, MONO_NEVER);
}

static void look_at(struct upload *u, enum look l, mono_t now)
{
	u->look = l;
	u->looks = 0;
	u->look_due = now;
	get(u, look_path[l], now);
}

static void look_on(struct upload *u, mono_t now)
{
	if (!u->console && u->look + 1 < LOOKS)
		look_at(u, u->look + 1, now);
	else
		ready(u);
}

/* ---- the console -------------------------------------------------------------------------------- */

static void question(struct upload *u, size_t q, mono_t now)
{
	u->q = q;
	u->tries = 0;
	u->ask = q < QUESTIONS;
	u->answer_by = u->ask ? mono_add(now, ANSWER) : MONO_NEVER;
	if (u->ask)
		return;
	enter(u, UPLOAD_LOOKS, MONO_NEVER);
	look_at(u, LOOK_PAGE, now);
}

static void result(struct upload *u, struct logtext json, mono_t now)
{
	static bool (*const take[])(struct upload *, struct logtext) = {
	    take_firmware, take_space, take_address};

	if (u->v.state == UPLOAD_ASKS && u->q < QUESTIONS && take[u->q](u, json))
		question(u, u->q + 1, now);
}

static void no_answer(struct upload *u, mono_t now)
{
	if (++u->tries < TRIES) {
		u->ask = true;
		u->answer_by = mono_add(now, ANSWER);
		return;
	}
	if (!u->q) /* it is mute: the page must tell all */
		u->console = false;
	question(u, u->console ? u->q + 1 : QUESTIONS, now);
}

void upload_mute(struct upload *u, mono_t now)
{
	u->console = false;
	if (u->v.state == UPLOAD_ASKS)
		question(u, QUESTIONS, now);
	else if (u->v.state == UPLOAD_RESTARTS && u->want != UPLOAD_WANT_NOTHING)
		u->want_at = mono_min(u->want_at, mono_add(now, POLL));
}

const char *upload_command(struct upload *u)
{
	if (!u->ask)
		return NULL;
	u->ask = false;
	return questions[u->q];
}

/* ---- the way ------------------------------------------------------------------------------------ */

static void post(struct upload *u, mono_t now)
{
	u->want = UPLOAD_WANT_POST;
	u->want_at = now;
	u->v.part = u->part;
	u->v.sent = u->v.rate = 0;
	u->v.total = u->file[u->part].size;
	u->gone = u->still = u->unsure = u->small_ran = false;
	u->before = u->v.now;
	u->before_small = is_small(u->v.variant);
	u->judge_at = MONO_NEVER;
	u->began = now;
	enter(u, UPLOAD_SENDS, MONO_NEVER);
}

bool upload_go(struct upload *u, mono_t now)
{
	if (u->v.state != UPLOAD_READY || u->plan.reason != UPGRADE_GOOD)
		return false;
	u->part = (int)(u->plan.via_minimal ? u->plan.small : u->plan.first);
	u->next = u->plan.via_minimal ? (int)u->plan.first : -1;
	if (!u->plan.esp32) {
		post(u, now);
		return true;
	}
	get(u, "/u4?u4=fct&api=", now);
	enter(u, UPLOAD_SAFEBOOT, mono_add(now, BACK));
	return true;
}

/* It failed while the file went: what does the device run now? */
static void check(struct upload *u, enum upload_end e, mono_t now)
{
	u->failed = e;
	get(u, look_path[LOOK_PAGE], mono_add(now, POLL));
	enter(u, UPLOAD_CHECKS, mono_add(now, CHECK));
}

static void restarts(struct upload *u, mono_t now)
{
	u->took_at = now;
	get(u, look_path[LOOK_PAGE], mono_add(now, u->console ? LOG_FIRST : POLL / 2));
	enter(u, UPLOAD_RESTARTS, mono_add(now, BACK));
}

static bool as_expected(const struct upload *u)
{
	if (u->plan.expect_variant[0] && strcmp(u->v.variant, u->plan.expect_variant))
		return false;
	if (!u->plan.expect_variant[0] && is_small(u->v.variant))
		return false;
	if (u->plan.expect)
		return u->v.now == u->plan.expect;
	return !u->plan.at_least || u->v.now >= u->plan.at_least;
}

/* Minimal was uploaded on the way, and its page is there. */
static bool goes_on(struct upload *u, bool page, mono_t now)
{
	if (u->next < 0 || !is_small(u->v.variant))
		return false;
	if (!page) { /* it has booted; its web server takes a while */
		if (!u->small_ran)
			get(u, look_path[LOOK_PAGE], mono_add(now, POLL));
		u->small_ran = true;
		return true;
	}
	u->part = u->next;
	u->next = -1;
	post(u, now);
	return true;
}

/* Which version runs after the file went, and what that means. */
static void runs(struct upload *u, bool page, mono_t now)
{
	u->v.by_page = page;
	u->v.revision++;
	if (goes_on(u, page, now))
		return;
	if (as_expected(u) && u->next < 0)
		end(u, UPLOAD_END_DONE);
	else
		end(u, is_small(u->v.variant) ? UPLOAD_END_HALF : UPLOAD_END_SAME);
}

/* ---- the log ------------------------------------------------------------------------------------ */

/* A boot while the file went: unless all of it was there and it is what runs now, it broke off. */
static void booted_early(struct upload *u, mono_t now)
{
	bool other = u->v.now != u->before || u->before_small != is_small(u->v.variant);

	u->busy = false;
	u->want = UPLOAD_WANT_NOTHING;
	if (u->v.sent != u->v.total || !other || (u->next < 0 && !as_expected(u))) {
		end(u, UPLOAD_END_RESET);
		return;
	}
	restarts(u, now);
	runs(u, false, now);
}

static void judge(struct upload *u, mono_t now)
{
	u->judge_at = MONO_NEVER;
	if (u->v.state == UPLOAD_SENDS || u->v.state == UPLOAD_CHECKS)
		booted_early(u, now);
	else if (u->v.state == UPLOAD_RESTARTS)
		runs(u, false, now);
}

static void project(struct upload *u, const struct logline *ev, mono_t now)
{
	char version[32];

	if (u->v.state < UPLOAD_SAFEBOOT || u->v.state == UPLOAD_ENDED)
		return;
	(void)str_copy_n(version, sizeof(version), ev->version.p, ev->version.n);
	u->v.now = catalog_version(version);
	(void)str_copy_n(u->v.variant, sizeof(u->v.variant), ev->variant.p, ev->variant.n);
	if (u->v.state != UPLOAD_SAFEBOOT)
		u->judge_at = mono_add(now, SETTLE);
}

void upload_line(struct upload *u, const struct logline *ev, mono_t now)
{
	if (u->other)
		return;
	if (ev->kind == LOGLINE_RESULT)
		result(u, ev->text2, now);
	else if (ev->kind == LOGLINE_PROJECT)
		project(u, ev, now);
	else if (ev->kind == LOGLINE_MINIMAL && u->judge_at != MONO_NEVER &&
		 !is_small(u->v.variant))
		(void)str_copy(u->v.variant, sizeof(u->v.variant), "minimal");
}

/* ---- the page's answers ------------------------------------------------------------------------- */

static void say(struct upload *u, const char *said, const char *advice)
{
	(void)str_copy(u->v.said, sizeof(u->v.said), said);
	(void)str_copy(u->v.advice, sizeof(u->v.advice), advice ? advice : "");
}

static void looked(struct upload *u, unsigned status, const char *page, size_t n, mono_t now)
{
	char said[200], variant[32];
	const char *advice;
	uint32_t version;
	enum upload_result r = upload_page_read(status, page, n, said, sizeof(said), &advice);
	struct logtext json = {page, n};

	if (u->look == LOOK_VERSION) {
		(void)take_firmware(u, json);
		look_on(u, now);
	} else if (u->look == LOOK_SPACE) {
		(void)take_space(u, json);
		look_on(u, now);
	} else if (r == UPLOAD_LOGIN) {
		say(u, said, advice);
		end(u, UPLOAD_END_LOGIN);
	} else if (r == UPLOAD_NO_PAGE || !upload_page_form(page)) {
		say(u, r == UPLOAD_NO_PAGE ? said : "there is no form for uploads on it",
		    "Is this address the device's, and is its web server on (Webserver 2)?");
		end(u, UPLOAD_END_NO_PAGE);
	} else {
		if (!u->dev.version &&
		    upload_page_version(page, &version, variant, sizeof(variant))) {
			u->dev.version = version;
			(void)str_copy(u->dev.variant, sizeof(u->dev.variant), variant);
		}
		look_on(u, now);
	}
}

/* "false": it restarts into safeboot; "true": it is there; "none", or no such page: not needed. */
static void prepared(struct upload *u, unsigned status, const char *page, mono_t now)
{
	if (status == 200 && str_starts(page, "false"))
		get(u, u->path, mono_add(now, POLL));
	else
		post(u, now);
}

static void posted(struct upload *u, unsigned status, const char *page, size_t n, mono_t now)
{
	const char *advice;
	char said[200];

	switch (upload_page_read(status, page, n, said, sizeof(said), &advice)) {
	case UPLOAD_UNKNOWN: /* another language: whether it restarts tells */
		u->unsure = true;
		say(u, said, NULL);
		restarts(u, now);
		return;
	case UPLOAD_TAKEN:
		restarts(u, now);
		return;
	case UPLOAD_REFUSED:
		say(u, said, advice);
		end(u, UPLOAD_END_REFUSED);
		return;
	case UPLOAD_LOGIN:
		say(u, said, advice);
		end(u, UPLOAD_END_LOGIN);
		return;
	case UPLOAD_NO_PAGE:
		say(u, said, advice);
		end(u, UPLOAD_END_NO_PAGE);
		return;
	}
}

/* The page of after the file; of the version of before it counts only when it was away meanwhile. */
static void seen(struct upload *u, const char *page, mono_t now)
{
	char variant[32];
	uint32_t version;
	bool same;

	get(u, look_path[LOOK_PAGE], mono_add(now, POLL));
	if (!upload_page_version(page, &version, variant, sizeof(variant)))
		return;
	same = version == u->v.now && is_small(variant) == is_small(u->v.variant);
	if (same && !u->gone && !u->small_ran && u->v.state == UPLOAD_RESTARTS) {
		u->still = true;
		if (u->unsure && mono_add(u->took_at, STAYS) <= now)
			end(u, UPLOAD_END_REFUSED);
		return;
	}
	if (!same || u->gone)
		(void)str_copy(u->v.variant, sizeof(u->v.variant), variant);
	u->v.now = version;
	if (u->v.state == UPLOAD_RESTARTS)
		runs(u, true, now);
	else
		end(u, u->failed);
}

void upload_answered(struct upload *u, unsigned status, const char *page, size_t n, mono_t now)
{
	u->busy = false;
	switch (u->v.state) {
	case UPLOAD_LOOKS:
		looked(u, status, page, n, now);
		break;
	case UPLOAD_SAFEBOOT:
		prepared(u, status, page, now);
		break;
	case UPLOAD_SENDS:
		posted(u, status, page, n, now);
		break;
	case UPLOAD_RESTARTS:
	case UPLOAD_CHECKS:
		seen(u, page, now);
		break;
	default:
		break;
	}
}

static bool look_again(struct upload *u, mono_t now)
{
	mono_t at = mono_add(now, POLL);

	if (now >= mono_add(u->look_due, POLL) || u->looks == LOOK_AGAIN)
		return false;
	u->looks++;
	u->look_due = at;
	get(u, look_path[u->look], at);
	return true;
}

void upload_broken(struct upload *u, bool connected, const char *why, mono_t now)
{
	u->busy = false;
	switch (u->v.state) {
	case UPLOAD_LOOKS:
		if (u->look != LOOK_PAGE) { /* it may have no such command */
			look_on(u, now);
			break;
		}
		if (connected && look_again(u, now))
			break;
		say(u, why, NULL);
		end(u, UPLOAD_END_AWAY);
		break;
	case UPLOAD_SENDS:
		say(u, why, NULL);
		check(u, connected ? UPLOAD_END_CUT : UPLOAD_END_AWAY, now);
		break;
	case UPLOAD_SAFEBOOT:
	case UPLOAD_RESTARTS:
	case UPLOAD_CHECKS:
		u->gone = true;
		get(u, u->path, mono_add(now, POLL));
		break;
	default:
		break;
	}
}

void upload_sent(struct upload *u, uint32_t sent, mono_t now)
{
	if (u->v.state != UPLOAD_SENDS)
		return;
	u->v.sent = sent < u->v.total ? sent : u->v.total;
	if (now > u->began)
		u->v.rate = (uint32_t)((uint64_t)sent * 1000000 / (uint64_t)(now - u->began));
	u->v.revision++;
}

enum upload_want upload_next(struct upload *u, const char **path, int *part, mono_t now)
{
	enum upload_want w = u->want;

	if (u->busy || w == UPLOAD_WANT_NOTHING || now < u->want_at)
		return UPLOAD_WANT_NOTHING;
	u->want = UPLOAD_WANT_NOTHING;
	u->busy = true;
	*path = u->path;
	*part = u->part;
	return w;
}

/* ---- time, beginning and end -------------------------------------------------------------------- */

void upload_tick(struct upload *u, mono_t now)
{
	if (u->answer_by <= now)
		no_answer(u, now);
	if (u->judge_at <= now)
		judge(u, now);
	if (u->by > now)
		return;
	switch (u->v.state) {
	case UPLOAD_RESTARTS: /* it answers still, as what it was: it has not even restarted */
		end(u, u->still ? UPLOAD_END_SAME : UPLOAD_END_NOT_BACK);
		break;
	case UPLOAD_SAFEBOOT:
		end(u, UPLOAD_END_NOT_BACK);
		break;
	case UPLOAD_CHECKS:
		u->v.now = 0; /* not known any more */
		end(u, u->failed);
		break;
	default:
		break;
	}
}

bool upload_waits(const struct upload *u)
{
	return u->busy;
}

mono_t upload_deadline(const struct upload *u)
{
	mono_t at = mono_min(mono_min(u->answer_by, u->by), u->judge_at);

	return u->want != UPLOAD_WANT_NOTHING && !u->busy ? mono_min(at, u->want_at) : at;
}

struct upload *upload_new(const struct upgrade_file *file, bool console, bool insist, mono_t now)
{
	struct upload *u = xcalloc(1, sizeof(*u));

	if (file)
		memcpy(u->file, file, sizeof(u->file));
	u->dev.free_kb = u->dev.flash_kb = -1;
	u->console = console;
	u->insist = insist;
	u->v.part = u->part = u->next = -1;
	u->judge_at = MONO_NEVER;
	enter(u, UPLOAD_ASKS, MONO_NEVER);
	question(u, console ? 0 : QUESTIONS, now);
	return u;
}

void upload_take_files(struct upload *u, const struct upgrade_file *file)
{
	memcpy(u->file, file, sizeof(u->file));
	if (u->v.state == UPLOAD_READY)
		plan(u);
	u->v.revision++;
}

void upload_other(struct upload *u)
{
	u->other = true;
	u->console = false;
	memset(&u->dev, 0, sizeof(u->dev));
	u->dev.free_kb = u->dev.flash_kb = -1;
}

void upload_free(struct upload *u)
{
	free(u);
}

void upload_cancel(struct upload *u)
{
	end(u, UPLOAD_END_CANCELLED);
}

void upload_refuse(struct upload *u)
{
	end(u, UPLOAD_END_PLAN);
}

const struct upgrade_device *upload_device(const struct upload *u)
{
	return &u->dev;
}

const struct upgrade_plan *upload_planned(const struct upload *u)
{
	return &u->plan;
}

const struct upload_view *upload_view(const struct upload *u)
{
	return &u->v;
}

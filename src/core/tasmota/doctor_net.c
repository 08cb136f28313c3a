/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wi-Fi, access point, address, web server, MQTT. While the firmware tries the same network again
 * after a failure the verdict stays what the failure said; a new start or another network is a new
 * attempt.
 */
#include "doctor_int.h"
#include "tasmite/base/str.h"
#include "tasmite/core/tasmota/advice.h"

/* An address of its own: the set-up access point's. */
#define AP_ADDRESS "192.168.4.1"
/* The set-up access point is closed after 180 s; what restarts before has not kept it open. */
#define AP_SECONDS 150
#define AP_WAIT_S  5
/* Quality in percent is twice the distance to -100 dBm; joins get unsure from here. */
#define WEAK_DBM (-80)

static enum doctor_state state(const struct doctor *d, enum doctor_key key)
{
	return d->view.verdict[key].state;
}

/* ---- joins ------------------------------------------------------------------------------------------- */

/* A fresh device opens its access point within seconds, without a join before (facts: Wi-Fi). */
static void no_ssid(struct doctor *d)
{
	(void)doctor_say(d, DOCTOR_WIFI, DOCTOR_BAD, "no_ssid");
	(void)doctor_note(d, DOCTOR_F_NO_SSID);
	d->ssid_empty = true;
}

/* It tries again, after a word that no table has: whatever that said, the join did not work. */
static void unknown_end(struct doctor *d)
{
	if (!d->attempt || !d->attempt_word || d->boot.up - d->attempt_up < 5 ||
	    state(d, DOCTOR_WIFI) != DOCTOR_TRYING)
		return;
	doctor_say(d, DOCTOR_WIFI, DOCTOR_BAD, "failed")->line = d->attempt_word;
	d->boot.join_failed = true;
}

static void connecting(struct doctor *d, const struct logline *ev)
{
	char ssid[sizeof(d->view.ssid)];

	d->joined = false;
	if (ev->num >= 255) {
		/* Slots are 1 and 2: what else stands there is no setting but garbage. */
		(void)doctor_note(d, DOCTOR_F_SETTINGS_LOST);
		if (!ev->text.n)
			return;
	}
	if (!ev->text.n) {
		/* The other slot is empty: nothing new. */
		if (ev->num2 && (ev->num != 2 || !d->view.ssid[0] || d->ssid_empty))
			no_ssid(d);
		return;
	}
	doctor_text(ssid, sizeof(ssid), ev->text);
	d->had_settings = true;
	d->ssid_empty = false;
	unknown_end(d);
	d->attempt = true;
	d->attempt_up = d->boot.up;
	d->attempt_word = 0;
	(void)str_copy(d->view.ssid, sizeof(d->view.ssid), ssid);
	/* Within one boot it is the same network again, or that of the other slot. */
	if (state(d, DOCTOR_WIFI) == DOCTOR_BAD && d->boot.join_failed)
		return;
	(void)doctor_say(d, DOCTOR_WIFI, DOCTOR_TRYING, "connecting");
}

static void known_bad(struct doctor *d)
{
	if (d->joins_failed < ADVICE_BAD_JOINS ||
	    !advice_known_bad(d->view.version, d->view.core, d->view.variant))
		return;
	if (d->view.project_line)
		doctor_note_line(d, DOCTOR_F_KNOWN_BAD, d->view.project_line);
	for (unsigned i = 0; i < 8 && i < d->joins_failed; i++)
		doctor_note_line(d, DOCTOR_F_KNOWN_BAD, d->failed_lines[i]);
}

static void join_failed(struct doctor *d, const struct logline *ev)
{
	static const struct {
		enum logline_kind kind;
		const char *reason;
		enum doctor_finding_id id; /* DOCTOR_FINDINGS: none */
	} how[] = {
	    {LOGLINE_TIMEOUT, "timeout", DOCTOR_FINDINGS},
	    {LOGLINE_NOT_REACHED, "ap_not_found", DOCTOR_F_NOT_FOUND},
	    {LOGLINE_WRONG_PASSWORD, "wrong_password", DOCTOR_F_WRONG_PASSWORD},
	    /* Since 8.3 the same without the word: mostly a wrong key. */
	    {LOGLINE_FAILED, "failed", DOCTOR_F_WRONG_PASSWORD},
	    {LOGLINE_NO_IP, "no_ip", DOCTOR_F_NO_IP},
	};

	d->joined = false;
	d->boot.join_failed = true;
	if (d->ssid_empty) /* nothing can be reached without a name */
		return;
	for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		struct doctor_finding *f;

		if (how[i].kind != ev->kind)
			continue;
		(void)doctor_say(d, DOCTOR_WIFI, DOCTOR_BAD, how[i].reason);
		if (how[i].id == DOCTOR_FINDINGS)
			continue;
		f = doctor_note(d, how[i].id);
		(void)str_copy(f->detail, sizeof(f->detail), d->view.ssid);
	}
	if (ev->kind == LOGLINE_NO_IP) {
		(void)doctor_say(d, DOCTOR_IP, DOCTOR_BAD, "none");
		return;
	}
	/* Some releases repeat the line every second until the next attempt. */
	if (!d->view.ssid[0] || (d->boot.connect_seen && !d->attempt))
		return;
	d->attempt = false;
	d->failed_lines[d->joins_failed < 8 ? d->joins_failed : 7] = d->number;
	d->joins_failed++;
	known_bad(d);
}

void doctor_connected(struct doctor *d)
{
	(void)doctor_say(d, DOCTOR_WIFI, DOCTOR_OK, "connected");
	d->joins_failed = 0;
	d->boot.join_failed = false;
	d->ssid_empty = false;
	d->had_settings = true;
	doctor_forget(d, DOCTOR_F_KNOWN_BAD); /* it joins: it is not the build */
}

/* What can't be without a network. */
static void implied(struct doctor *d)
{
	if (state(d, DOCTOR_WIFI) != DOCTOR_OK && !d->boot.join_failed)
		doctor_connected(d);
}

void doctor_wifi_signal(struct doctor *d, int dbm)
{
	struct doctor_finding *f;

	if (dbm > WEAK_DBM || dbm < -120)
		return;
	f = doctor_note(d, DOCTOR_F_WEAK);
	(void)str_fmt(f->detail, sizeof(f->detail), "%d dBm", dbm);
}

void doctor_address(struct doctor *d, struct logtext address)
{
	struct doctor_verdict *v;

	/* All ones is what a station without an address told in 2017. */
	if (!address.n || logtext_is(address, "0.0.0.0") || logtext_is(address, AP_ADDRESS) ||
	    logtext_is(address, "255.255.255.255"))
		return;
	if (!logtext_is_address(address))
		return;
	v = doctor_say(d, DOCTOR_IP, DOCTOR_OK, "assigned");
	doctor_text(v->text, sizeof(v->text), address);
}

/* ---- the set-up access point ---------------------------------------------------------------------------- */

void doctor_ask_ap(struct doctor *d)
{
	if (!d->ap_asked) {
		d->ap_asked = d->number;
		d->ap_asked_up = d->boot.up;
	}
	d->ap_up = false;
}

static void claim_ap(struct doctor *d)
{
	d->ap_claimed = d->number;
	d->ap_claimed_up = d->boot.up;
	d->ap_up = false;
	if (!d->boot.connect_seen && !d->ap_asked && d->boot.line && d->boot.up <= 8 &&
	    state(d, DOCTOR_WIFI) != DOCTOR_OK)
		no_ssid(d);
	(void)doctor_say(d, DOCTOR_AP, DOCTOR_OK, "started");
}

static void ap_is_up(struct doctor *d)
{
	d->ap_up = true;
	d->ap_asked = 0;
	(void)doctor_say(d, DOCTOR_AP, DOCTOR_OK, "started");
}

/* It was asked for or even told, and the firmware restarts. */
static void ap_broken(struct doctor *d, const char *reason)
{
	if (d->ap_up || (!d->ap_asked && !d->ap_claimed))
		return;
	if (!d->ap_asked && d->boot.up - d->ap_claimed_up >= AP_SECONDS)
		return;
	(void)doctor_say(d, DOCTOR_AP, DOCTOR_BAD, reason);
	d->view.verdict[DOCTOR_AP].line = d->ap_asked ? d->ap_asked : d->ap_claimed;
	d->ap_asked = d->ap_claimed = 0;
}

/* WPS, SmartConfig, Serial, Retry, Wait, Restart: none opens an access point. */
static void no_ap_mode(struct doctor *d)
{
	(void)doctor_say(d, DOCTOR_AP, DOCTOR_BAD, "mode_opens_none");
	(void)doctor_note(d, DOCTOR_F_FALLBACK);
}

/* The mode that the firmware falls back to is told; it matters where joins fail. */
void doctor_wifi_mode(struct doctor *d, int mode)
{
	if (mode == 2) {
		doctor_ask_ap(d);
		return;
	}
	if (mode == 7 || !d->boot.join_failed)
		return;
	no_ap_mode(d);
}

/* "(IP unset)": told, and not really there (#7562). */
static void web(struct doctor *d, const struct logline *ev)
{
	if (!ev->text.n) {
		(void)doctor_say(d, DOCTOR_AP, DOCTOR_BAD, "ip_unset");
		(void)doctor_note(d, DOCTOR_F_AP_IP_UNSET);
		d->ap_asked = d->ap_claimed = 0;
		return;
	}
	(void)doctor_say(d, DOCTOR_WEB, DOCTOR_OK, "active");
	if (logtext_is(ev->text, AP_ADDRESS)) {
		ap_is_up(d);
		return;
	}
	doctor_address(d, ev->text);
	if (!logtext_is(ev->text, "255.255.255.255"))
		implied(d);
}

/* ---- MQTT ------------------------------------------------------------------------------------------------- */

static void mqtt_failed(struct doctor *d, const struct logline *ev)
{
	bool refused = ev->num > 0, nowhere = !ev->text.n || logtext_is(ev->text, "domus1");
	struct doctor_verdict *v;
	struct doctor_finding *f;

	implied(d);
	/* domus1 is the default of a host that was never set. */
	v = doctor_say(d, DOCTOR_MQTT, nowhere && !refused ? DOCTOR_UNKNOWN : DOCTOR_BAD,
	    nowhere && !refused ? "disabled_or_no_host"
	    : refused		? "refused"
				: "unreachable");
	v->has_rc = true;
	v->rc = ev->num;
	if (!ev->text.n)
		return;
	f = doctor_note(d, refused ? DOCTOR_F_MQTT_REFUSED : DOCTOR_F_MQTT_UNREACHABLE);
	doctor_text(f->detail, sizeof(f->detail), ev->text);
	f->cause = ev->num;
}

static void mqtt(struct doctor *d, const struct logline *ev)
{
	switch (ev->kind) {
	case LOGLINE_MQTT_TRY:
		implied(d);
		if (state(d, DOCTOR_MQTT) != DOCTOR_BAD)
			(void)doctor_say(d, DOCTOR_MQTT, DOCTOR_TRYING, "attempting");
		break;
	case LOGLINE_MQTT_OK:
		implied(d);
		(void)doctor_say(d, DOCTOR_MQTT, DOCTOR_OK, "connected");
		break;
	case LOGLINE_MQTT_FAILED:
		mqtt_failed(d, ev);
		break;
	case LOGLINE_MQTT_TLS:
		(void)doctor_say(d, DOCTOR_MQTT, DOCTOR_BAD, "unreachable");
		(void)doctor_note(d, DOCTOR_F_MQTT_UNREACHABLE);
		break;
	case LOGLINE_MQTT_SEARCH:
		if (state(d, DOCTOR_MQTT) == DOCTOR_UNKNOWN ||
		    state(d, DOCTOR_MQTT) == DOCTOR_TRYING)
			(void)doctor_say(d, DOCTOR_MQTT, DOCTOR_UNKNOWN, "disabled_or_no_host");
		break;
	default:
		break;
	}
}

/* "MQT: tele/x/STATE = ...": what is published stands behind this tag only while the broker has the
 * device, else it is RSL (facts: grammar of the log). */
static void published(struct doctor *d)
{
	size_t tag = lt_find(d->raw, "MQT: ");
	struct logtext topic = lt_from(d->raw, tag + 5);

	topic = lt_upto(topic, lt_find(topic, " = "));
	if (tag == d->raw.n || tag > 120 || !topic.n || lt_has(topic, " ") || !lt_has(topic, "/"))
		return;
	if (strcmp(d->view.verdict[DOCTOR_MQTT].reason, "not_seen") != 0)
		return;
	implied(d);
	(void)doctor_say(d, DOCTOR_MQTT, DOCTOR_OK, "connected");
}

/* ---- events ------------------------------------------------------------------------------------------------- */

static void wifi(struct doctor *d, const struct logline *ev)
{
	switch (ev->kind) {
	case LOGLINE_CONNECTING:
		connecting(d, ev);
		d->boot.connect_seen = true;
		break;
	case LOGLINE_WIFI:
		if (!ev->num && d->attempt)
			d->attempt_word = d->number;
		if (ev->num && state(d, DOCTOR_WIFI) == DOCTOR_UNKNOWN)
			(void)doctor_say(d, DOCTOR_WIFI, DOCTOR_TRYING, "connecting");
		break;
	case LOGLINE_TIMEOUT:
	case LOGLINE_NOT_REACHED:
	case LOGLINE_WRONG_PASSWORD:
	case LOGLINE_FAILED:
	case LOGLINE_NO_IP:
		join_failed(d, ev);
		break;
	case LOGLINE_CONNECTED:
		doctor_connected(d);
		d->joined = true;
		d->joined_line = d->number;
		break;
	case LOGLINE_TESTING:
		ap_is_up(d); /* its page was used */
		break;
	case LOGLINE_TEST_OK:
		ap_is_up(d);
		doctor_connected(d);
		doctor_address(d, ev->text);
		break;
	case LOGLINE_IPV4:
		doctor_connected(d);
		doctor_address(d, ev->text);
		break;
	case LOGLINE_SCANNED:
		if (ev->text.n && ev->text.n < sizeof(d->view.ssid) &&
		    !strncmp(d->view.ssid, ev->text.p, ev->text.n) && !d->view.ssid[ev->text.n])
			doctor_wifi_signal(d, ev->num);
		break;
	default:
		break;
	}
}

void doctor_net_event(struct doctor *d, const struct logline *ev)
{
	if (ev->kind == LOGLINE_RESULT || ev->kind == LOGLINE_UPGRADE_OK ||
	    ev->kind == LOGLINE_UPGRADE_FAILED)
		published(d);
	switch (ev->kind) {
	case LOGLINE_MANAGER:
		claim_ap(d);
		break;
	case LOGLINE_MANAGER_FAILED:
		(void)doctor_say(d, DOCTOR_AP, DOCTOR_BAD, "asked_not_started");
		break;
	case LOGLINE_NO_AP_MODE:
		no_ap_mode(d);
		break;
	case LOGLINE_CAPTIVE:
		ap_is_up(d);
		break;
	case LOGLINE_WEB:
		web(d, ev);
		break;
	case LOGLINE_WEB_STOPPED:
		(void)doctor_say(d, DOCTOR_WEB, DOCTOR_UNKNOWN, "not_seen");
		break;
	case LOGLINE_RESTARTING:
		ap_broken(d, "asked_not_started");
		break;
	case LOGLINE_TIME:
		if (state(d, DOCTOR_WIFI) == DOCTOR_UNKNOWN)
			implied(d);
		break;
	default:
		wifi(d, ev);
		mqtt(d, ev);
		break;
	}
}

/* What held before a start holds no more; what failed is still the last that is known. */
void doctor_net_new_boot(struct doctor *d)
{
	static const enum doctor_key keys[] = {DOCTOR_WIFI, DOCTOR_IP, DOCTOR_WEB, DOCTOR_MQTT};

	if (d->boot_crashed)
		ap_broken(d, "crashed");
	else
		ap_broken(d, "asked_not_started");
	d->ap_asked = d->ap_claimed = 0;
	d->joined = false;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (state(d, keys[i]) != DOCTOR_OK && state(d, keys[i]) != DOCTOR_TRYING)
			continue;
		doctor_say(d, keys[i], DOCTOR_UNKNOWN, keys[i] == DOCTOR_IP ? "none" : "not_seen")
		    ->line = 0;
	}
}

void doctor_judge_net(struct doctor *d)
{
	struct doctor_verdict *ip = &d->view.verdict[DOCTOR_IP];
	bool network = state(d, DOCTOR_MQTT) == DOCTOR_OK;

	/* Asked for, and the device has had time for it. */
	if (d->ap_asked && !d->ap_claimed && d->boot.up - d->ap_asked_up >= AP_WAIT_S) {
		(void)doctor_say(d, DOCTOR_AP, DOCTOR_BAD, "asked_not_started");
		d->view.verdict[DOCTOR_AP].line = d->ap_asked;
	}
	known_bad(d);
	if (ip->state == DOCTOR_OK)
		return;
	/* Joined, and neither an address nor anything that needs one. */
	if (d->joined && !network) {
		ip->state = DOCTOR_BAD;
		ip->line = d->joined_line;
	} else if (state(d, DOCTOR_WIFI) == DOCTOR_OK) {
		ip->state = DOCTOR_UNKNOWN;
	}
}

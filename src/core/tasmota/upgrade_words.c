/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An upgrade in words: states, ends, and why a device asks for nothing. */
#include "upgrade_int.h"

#include <string.h>

#include "tasmite/base/str.h"

const char *upgrade_state_words(enum upgrade_state s)
{
	static const char *const words[] = {
	    [UPGRADE_ASKS] = "asks the device",
	    [UPGRADE_READY] = "ready",
	    [UPGRADE_SETS] = "sets OtaUrl",
	    [UPGRADE_STARTS] = "starts the upgrade",
	    [UPGRADE_AWAITS] = "waits for the device's request",
	    [UPGRADE_SENDS] = "sends",
	    [UPGRADE_WRITES] = "all sent; the device writes",
	    [UPGRADE_RESTARTS] = "the device restarts",
	    [UPGRADE_BETWEEN] = "half way: waits for its next request",
	    [UPGRADE_RESTORES] = "puts the old OtaUrl back",
	    [UPGRADE_ENDED] = "ended",
	};

	return words[s];
}

void upgrade_now_words(const struct upgrade_view *v, char *dst, size_t size)
{
	if (v->state == UPGRADE_RESTORES && v->away)
		(void)str_copy(dst, size, "the port is away: OtaUrl is put back when it returns");
	else if (v->state == UPGRADE_RESTORES && v->quiet)
		(void)str_copy(
		    dst, size, "waits until the device tries no more, then puts OtaUrl back");
	else
		(void)str_fmt(dst, size, "%s%s", upgrade_state_words(v->state),
		    v->away ? "; the port is away" : "");
}

const char *upgrade_end_name(enum upgrade_end e)
{
	static const char *const names[] = {
	    [UPGRADE_END_NONE] = "none",
	    [UPGRADE_END_DONE] = "done",
	    [UPGRADE_END_CANCELLED] = "cancelled",
	    [UPGRADE_END_MUTE] = "mute",
	    [UPGRADE_END_NOT_TAKEN] = "not-taken",
	    [UPGRADE_END_NO_REQUEST] = "no-request",
	    [UPGRADE_END_REFUSED] = "refused",
	    [UPGRADE_END_CUT] = "cut",
	    [UPGRADE_END_RESET] = "reset",
	    [UPGRADE_END_SAME] = "other-version",
	    [UPGRADE_END_HALF] = "half-way",
	    [UPGRADE_END_NOT_BACK] = "not-back",
	    [UPGRADE_END_PORT] = "port-gone",
	};

	return names[e];
}

/* ---- why no request came ----------------------------------------------------------------------- */

static void cause(
    struct upgrade_cause *c, enum upgrade_cause_id id, enum upgrade_likely likely, const char *text)
{
	c->id = id;
	c->likely = likely;
	(void)str_copy(c->text, sizeof(c->text), text);
}

static void isolation(const struct upgrade_reach *r, struct upgrade_cause *c)
{
	if (r->answers)
		cause(c, UPGRADE_CAUSE_ISOLATION, UPGRADE_UNLIKELY,
		    "the device is reached from here");
	else if (r->silent)
		cause(c, UPGRADE_CAUSE_ISOLATION, UPGRADE_LIKELY,
		    "the device is not reached from here: the access point keeps its clients "
		    "apart (AP or guest isolation)");
	else
		cause(c, UPGRADE_CAUSE_ISOLATION, UPGRADE_UNKNOWN,
		    "the access point may keep its clients apart (AP or guest isolation)");
}

static void firewall(const struct upgrade_reach *r, struct upgrade_cause *c)
{
	char text[160];

	if (!strcmp(r->filter, "ufw"))
		(void)str_fmt(text, sizeof(text),
		    "ufw is on here: sudo ufw allow from %s to any port %u proto tcp", r->device,
		    r->port);
	else if (r->filter[0])
		(void)str_fmt(text, sizeof(text), "%s is on here: let %s come in to port %u (TCP)",
		    r->filter, r->device, r->port);
	else
		(void)str_fmt(text, sizeof(text),
		    "a firewall of this machine may keep %s out of port %u (TCP)", r->device,
		    r->port);
	cause(c, UPGRADE_CAUSE_FIREWALL, r->filter[0] ? UPGRADE_LIKELY : UPGRADE_UNKNOWN, text);
}

static void address(const struct upgrade_reach *r, struct upgrade_cause *c)
{
	char text[160];

	(void)str_copy(
	    text, sizeof(text), "the device may have another address than it told: see Status 5");
	if (r->stranger[0])
		(void)str_fmt(text, sizeof(text),
		    "%s came for the file, but the device told %s: /set upgrade-source %s",
		    r->stranger, r->device, r->stranger);
	cause(c, UPGRADE_CAUSE_ADDRESS, r->stranger[0] ? UPGRADE_LIKELY : UPGRADE_UNKNOWN, text);
}

static void fill(const struct upgrade_reach *r, struct upgrade_cause *c)
{
	cause(&c[0], UPGRADE_CAUSE_NETWORK, r->same_network ? UPGRADE_UNLIKELY : UPGRADE_LIKELY,
	    r->same_network ? "this machine has an address in the device's network"
			    : "this machine has no address in the device's network: join it");
	isolation(r, &c[1]);
	firewall(r, &c[2]);
	address(r, &c[3]);
}

/* What speaks for it goes up, what speaks against it down; else the order is what people meet. */
void upgrade_causes(const struct upgrade_reach *r, struct upgrade_cause *out)
{
	static const enum upgrade_likely order[] = {
	    UPGRADE_LIKELY, UPGRADE_UNKNOWN, UPGRADE_UNLIKELY};
	struct upgrade_cause all[UPGRADE_CAUSES];
	unsigned n = 0;

	fill(r, all);
	for (size_t o = 0; o < sizeof(order) / sizeof(order[0]); o++)
		for (size_t i = 0; i < UPGRADE_CAUSES; i++)
			if (all[i].likely == order[o])
				out[n++] = all[i];
}

/* ---- the end ----------------------------------------------------------------------------------- */

/* What the device is in now, as far as it is known. */
static void now_runs(const struct upgrade_view *v, char *dst, size_t size)
{
	char text[24];

	if (!v->now) {
		(void)str_copy(dst, size, "Which version runs is not known.");
		return;
	}
	(void)upgrade_version_text(v->now, text, sizeof(text));
	(void)str_fmt(dst, size, "%s%s%s%s%s.",
	    upgrade_still_may(v->outcome) && v->requests ? "What it told last was " : "It runs ",
	    text, v->variant[0] ? " (" : "", v->variant, v->variant[0] ? ")" : "");
}

static void refused(const struct upgrade_view *v, char *dst, size_t size)
{
	if (v->said[0])
		(void)str_fmt(dst, size, "The device did not take it: %s.", v->said);
	else
		(void)str_copy(dst, size, "The device asked, and took none of the files.");
}

static const char *what(enum upgrade_end e)
{
	static const char *const words[] = {
	    [UPGRADE_END_NONE] = "Not ended.",
	    [UPGRADE_END_DONE] = "Done.",
	    [UPGRADE_END_CANCELLED] = "Cancelled.",
	    [UPGRADE_END_MUTE] = "The console does not answer: SerialLog 2, speed, and whether "
				 "Tasmota runs are worth a look.",
	    [UPGRADE_END_NOT_TAKEN] = "The device did not take the command.",
	    [UPGRADE_END_NO_REQUEST] = "The device never asked for the file.",
	    [UPGRADE_END_CUT] = "The transfer broke off, and the device asked no more. Try again "
				"nearer to the access point.",
	    [UPGRADE_END_RESET] = "The device restarted in the middle and has the old version: its "
				  "supply, or its Wi-Fi. Nothing was changed; try again.",
	    [UPGRADE_END_SAME] = "The file went out, but the version that came up is not known to "
				 "be the new one.",
	    [UPGRADE_END_HALF] = "Half of the way: it fetched no more. Say /upgrade again for the "
				 "rest.",
	    [UPGRADE_END_NOT_BACK] = "Nothing was heard after the restart. If its light or network "
				     "stays dead, write by wire: /flash.",
	    [UPGRADE_END_PORT] = "The port went away in the middle; the device may have gone on by "
				 "itself.",
	};

	return words[e];
}

void upgrade_end_words(const struct upgrade *u, char *dst, size_t size)
{
	const struct upgrade_view *v = upgrade_view(u);
	char runs[80], command[300];

	if (v->outcome == UPGRADE_END_REFUSED)
		refused(v, dst, size);
	else if (v->outcome == UPGRADE_END_PORT && !v->changed)
		(void)str_copy(dst, size, "The port went away before anything was begun.");
	else
		(void)str_copy(dst, size, what(v->outcome));
	if (v->outcome == UPGRADE_END_NOT_TAKEN && v->said[0]) {
		(void)str_cat(dst, size, " It said: ");
		(void)str_cat(dst, size, v->said);
	}
	if (v->outcome != UPGRADE_END_MUTE && v->outcome != UPGRADE_END_NOT_BACK) {
		now_runs(v, runs, sizeof(runs));
		(void)str_cat(dst, size, " ");
		(void)str_cat(dst, size, runs);
	}
	if (v->was_away && v->outcome != UPGRADE_END_PORT && v->outcome != UPGRADE_END_DONE)
		(void)str_cat(dst, size, " The port was away for a while: not all was heard.");
	if (v->end == UPGRADE_END_NONE || v->restored)
		return;
	(void)str_cat(dst, size, " Its OtaUrl was not put back: ");
	if (upgrade_restore_words(u, command, sizeof(command))) {
		(void)str_cat(dst, size, "type ");
		(void)str_cat(dst, size, command);
	} else {
		(void)str_cat(dst, size, "what it was is not known (OtaUrl 1 sets the default)");
	}
}

/* "http://user:word@host/x" is shown with stars for the login. */
bool upgrade_restore_words(const struct upgrade *u, char *dst, size_t size)
{
	const char *url = upgrade_old_url(u), *host, *at = NULL;

	if (!url)
		return false;
	if (!url[0]) {
		(void)str_fmt(dst, size, "OtaUrl %s", upgrade_old_value(u));
		return true;
	}
	host = strstr(url, "://");
	host = host ? host + 3 : url;
	for (const char *p = host; *p && *p != '/'; p++)
		if (*p == '@')
			at = p;
	(void)str_fmt(dst, size, "OtaUrl %.*s%s%s", at ? (int)(host - url) : 0, url,
	    at ? "****" : "", at ? at : url);
	return true;
}

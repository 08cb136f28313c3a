/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An upgrade in words: states, ends, and why a device asks for nothing. */
#include "tasmite/core/tasmota/upgrade.h"

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

static void fill(const struct upgrade_reach *r, struct upgrade_cause *c)
{
	cause(&c[0], UPGRADE_CAUSE_NETWORK, r->same_network ? UPGRADE_UNLIKELY : UPGRADE_LIKELY,
	    r->same_network ? "this machine has an address in the device's network"
			    : "this machine has no address in the device's network: join it");
	cause(&c[1], UPGRADE_CAUSE_ISOLATION, r->answers ? UPGRADE_UNLIKELY : UPGRADE_UNKNOWN,
	    r->answers ? "the device is reached from here"
		       : "the access point may keep its clients apart (AP or guest isolation)");
	cause(&c[2], UPGRADE_CAUSE_FIREWALL, r->filtered ? UPGRADE_LIKELY : UPGRADE_UNKNOWN,
	    r->filtered ? "a packet filter is active here: let the port in, from the device"
			: "a firewall of this machine may keep the device out");
	cause(&c[3], UPGRADE_CAUSE_ADDRESS, UPGRADE_UNKNOWN,
	    "the device may have another address than it told: see Status 5");
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
	if (v->variant[0])
		(void)str_fmt(dst, size, "It runs %s (%s).", text, v->variant);
	else
		(void)str_fmt(dst, size, "It runs %s.", text);
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
	    [UPGRADE_END_PORT] = "The port went away; the device may go on by itself.",
	};

	return words[e];
}

void upgrade_end_words(const struct upgrade *u, char *dst, size_t size)
{
	const struct upgrade_view *v = upgrade_view(u);
	char runs[80];

	if (v->outcome == UPGRADE_END_REFUSED)
		refused(v, dst, size);
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
	if (v->end != UPGRADE_END_NONE && !v->restored)
		(void)str_cat(dst, size, " Its OtaUrl was not put back.");
}

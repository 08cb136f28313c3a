/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An upload in words: states and ends. */
#include "tasmite/core/tasmota/upload.h"

#include "tasmite/base/str.h"

const char *upload_state_words(enum upload_state s)
{
	static const char *const words[] = {
	    [UPLOAD_ASKS] = "asks the device",
	    [UPLOAD_LOOKS] = "looks at its page",
	    [UPLOAD_READY] = "ready",
	    [UPLOAD_SAFEBOOT] = "waits for its safeboot",
	    [UPLOAD_SENDS] = "sends",
	    [UPLOAD_RESTARTS] = "the device took it and restarts",
	    [UPLOAD_CHECKS] = "it broke off: looks what runs",
	    [UPLOAD_ENDED] = "ended",
	};

	return words[s];
}

const char *upload_end_name(enum upload_end e)
{
	static const char *const names[] = {
	    [UPLOAD_END_NONE] = "none",
	    [UPLOAD_END_DONE] = "done",
	    [UPLOAD_END_CANCELLED] = "cancelled",
	    [UPLOAD_END_PLAN] = "not-begun",
	    [UPLOAD_END_AWAY] = "unreachable",
	    [UPLOAD_END_NO_PAGE] = "no-page",
	    [UPLOAD_END_LOGIN] = "password",
	    [UPLOAD_END_REFUSED] = "refused",
	    [UPLOAD_END_CUT] = "cut",
	    [UPLOAD_END_RESET] = "reset",
	    [UPLOAD_END_SAME] = "other-version",
	    [UPLOAD_END_HALF] = "half-way",
	    [UPLOAD_END_NOT_BACK] = "not-back",
	};

	return names[e];
}

static const char *what(enum upload_end e)
{
	static const char *const words[] = {
	    [UPLOAD_END_NONE] = "Not ended.",
	    [UPLOAD_END_DONE] = "Done.",
	    [UPLOAD_END_CANCELLED] = "Cancelled.",
	    [UPLOAD_END_PLAN] = "Not begun.",
	    [UPLOAD_END_AWAY] = "The device is not there:",
	    [UPLOAD_END_NO_PAGE] = "The device has no page for uploads:",
	    [UPLOAD_END_LOGIN] = "The device's page wants its password, or another one.",
	    [UPLOAD_END_REFUSED] = "The page did not take it:",
	    [UPLOAD_END_CUT] = "The upload broke off:",
	    [UPLOAD_END_RESET] =
		"The device restarted in the middle: its supply, or its Wi-Fi. Try "
		"again.",
	    [UPLOAD_END_SAME] = "The page took the file, but what runs is not known to be the new "
				"version.",
	    [UPLOAD_END_HALF] = "Half of the way: only minimal or safeboot runs. Say /upload again "
				"for the rest.",
	    [UPLOAD_END_NOT_BACK] = "Nothing was heard after the restart. If its light or network "
				    "stays dead, write by wire: /flash.",
	};

	return words[e];
}

static bool has_reason(enum upload_end e)
{
	return e == UPLOAD_END_AWAY || e == UPLOAD_END_NO_PAGE || e == UPLOAD_END_REFUSED ||
	       e == UPLOAD_END_CUT;
}

/* What the device is in now, as far as it is known. */
static void add_runs(const struct upload_view *v, char *dst, size_t size)
{
	char text[24], runs[120];

	if (v->end == UPLOAD_END_NOT_BACK || (!v->now && !v->from))
		return;
	if (!v->now) {
		(void)str_cat(dst, size, " Which version runs is not known.");
		return;
	}
	(void)str_fmt(runs, sizeof(runs), " It runs %s%s%s%s%s.",
	    upgrade_version_text(v->now, text, sizeof(text)), v->variant[0] ? " (" : "", v->variant,
	    v->variant[0] ? ")" : "",
	    v->end == UPLOAD_END_DONE && v->by_page ? ", says its page" : "");
	(void)str_cat(dst, size, runs);
}

void upload_end_words(const struct upload *u, char *dst, size_t size)
{
	const struct upload_view *v = upload_view(u);

	(void)str_copy(dst, size, what(v->end));
	if (has_reason(v->end)) {
		(void)str_cat(dst, size, " ");
		(void)str_cat(dst, size, v->said);
		(void)str_cat(dst, size, ".");
	}
	if (v->end == UPLOAD_END_REFUSED || v->end == UPLOAD_END_NO_PAGE) {
		(void)str_cat(dst, size, v->advice[0] ? " " : "");
		(void)str_cat(dst, size, v->advice);
		(void)str_cat(dst, size, v->advice[0] ? "." : "");
	}
	if (v->end == UPLOAD_END_AWAY)
		(void)str_cat(dst, size,
		    " Is this machine in its network? For 192.168.4.1 it must have joined the "
		    "device's own access point.");
	add_runs(v, dst, size);
}

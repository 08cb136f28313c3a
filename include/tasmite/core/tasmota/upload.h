/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An upload to the device's own web page, as a model: what the device is (from its console, where there
 * is one, else from its page), whether the file may go, what is asked of the page and in which order,
 * and what runs in the end. It sends nothing, reads no clock. Facts: Tasmota's source, the web server
 * of 6.1.1, 9.4 and 15.2:
 *   - /up is asked for first. It tells at once whether a password is wanted (/u2 tells at the end, when
 *     the file has gone), names the version, and up to 9.3 it alone clears the failure of an earlier
 *     upload, without which /u2 refuses everything.
 *   - An ESP32 with one place for its application takes files in safeboot only: /u4 makes it go there.
 *   - It does not fetch minimal by itself on this way: that goes first, as an upload of its own.
 */
#ifndef TASMITE_CORE_TASMOTA_UPLOAD_H
#define TASMITE_CORE_TASMOTA_UPLOAD_H

#include "tasmite/core/tasmota/upgrade.h"
#include "tasmite/core/tasmota/uploadpage.h"

enum upload_state {
	UPLOAD_ASKS,	 /* the console */
	UPLOAD_LOOKS,	 /* at the page */
	UPLOAD_READY,	 /* upload_go or upload_cancel is awaited */
	UPLOAD_SAFEBOOT, /* it is to restart into safeboot */
	UPLOAD_SENDS,
	UPLOAD_RESTARTS, /* the version is awaited */
	UPLOAD_CHECKS,	 /* it failed: what runs now? */
	UPLOAD_ENDED
};

enum upload_end {
	UPLOAD_END_NONE,
	UPLOAD_END_DONE, /* the new version has been read, from the log or the page */
	UPLOAD_END_CANCELLED,
	UPLOAD_END_PLAN, /* upload_refuse */
	UPLOAD_END_AWAY, /* its page can't be reached */
	UPLOAD_END_NO_PAGE,
	UPLOAD_END_LOGIN,   /* it wants a password, or another one */
	UPLOAD_END_REFUSED, /* by the page, in its words */
	UPLOAD_END_CUT,	    /* the connection broke off */
	UPLOAD_END_RESET,   /* the device restarted in the middle */
	UPLOAD_END_SAME,    /* it took the file, and something else runs */
	UPLOAD_END_HALF,    /* safeboot or minimal runs */
	UPLOAD_END_NOT_BACK /* nothing was heard after its restart */
};

enum upload_want { UPLOAD_WANT_NOTHING, UPLOAD_WANT_GET, UPLOAD_WANT_POST };

struct upload_view {
	enum upload_state state;
	enum upload_end end;
	int part;	      /* enum upgrade_part on its way, or last; -1 none yet */
	uint32_t sent, total; /* bytes of it */
	uint32_t rate;	      /* bytes per second; 0 not known */
	uint32_t from, now;   /* versions: before, and the last one read; 0 not known */
	char variant[32];     /* of the last one; "" full or not known */
	bool by_page;	      /* what runs was read from the page */
	char said[200];	      /* the page's words, or why the connection failed */
	char advice[160];
	uint64_t revision;
};

struct upload;

/* file has UPGRADE_PARTS entries; NULL: they are still looked through, see upload_take_files. console:
 * its lines come and commands can be sent. insist: on what may be overridden. */
struct upload *upload_new(const struct upgrade_file *file, bool console, bool insist, mono_t now);
/* The files (UPGRADE_PARTS entries), when they are known: a plan that is there is made anew. Before
 * upload_go. */
void upload_take_files(struct upload *u, const struct upgrade_file *file);
void upload_free(struct upload *u); /* NULL allowed */
/* LOOKS: the file goes to another device than the console's: the page alone counts. */
void upload_other(struct upload *u);

/* What is known of it by now. address: its own; "192.168.4.1" when it is in no network, so that it can
 * only be its own access point; "" not known. */
const struct upgrade_device *upload_device(const struct upload *u);
/* READY and later: whether the file may go, and through minimal or not. */
const struct upgrade_plan *upload_planned(const struct upload *u);
/* READY: goes. False: the plan refuses it. */
bool upload_go(struct upload *u, mono_t now);
void upload_cancel(struct upload *u);
/* Ends it as not begun, for a reason of the caller's. */
void upload_refuse(struct upload *u);

/* The next command for the console, once each; NULL: none now. */
const char *upload_command(struct upload *u);
/* What is asked of the page, once each: GET path, or POST part (enum upgrade_part). One at a time: each
 * ends in upload_answered or upload_broken. */
enum upload_want upload_next(struct upload *u, const char **path, int *part, mono_t now);
/* Its answer is awaited; when no more, what is still under way can go. */
bool upload_waits(const struct upload *u);
void upload_sent(struct upload *u, uint32_t sent, mono_t now);
void upload_answered(struct upload *u, unsigned status, const char *page, size_t n, mono_t now);
/* It could not be reached (connected false), or the connection ended without an answer. */
void upload_broken(struct upload *u, bool connected, const char *why, mono_t now);
void upload_line(struct upload *u, const struct logline *ev, mono_t now);
/* The console is away: it is not asked any more, the page tells what it would have. Lines that come all
 * the same count. */
void upload_mute(struct upload *u, mono_t now);
void upload_tick(struct upload *u, mono_t now);
mono_t upload_deadline(const struct upload *u);

/* What it has come to. Valid as long as u. */
const struct upload_view *upload_view(const struct upload *u);
/* The state in a few words. */
const char *upload_state_words(enum upload_state s);
/* The end: what happened, what state the device is in, what to do. */
void upload_end_words(const struct upload *u, char *dst, size_t size);
/* For machines: "done", "no-page" ... */
const char *upload_end_name(enum upload_end e);

#endif
